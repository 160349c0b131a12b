"""Processes whose output is read as it comes, so that a test can wait for a
line instead of sleeping."""

import os
import re
import signal
import subprocess
import threading
import time


class Process:
    """A program; its output is kept as lines."""

    def __init__(self, argv, env=None, cwd=None, prefix=()):
        self.lines = []
        self.news = threading.Condition()
        self.name = os.path.basename(str(argv[0]))
        self.proc = subprocess.Popen(
            [*prefix, *(str(arg) for arg in argv)], cwd=cwd,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={**os.environ, **(env or {})},
            start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        with self.proc.stdout as out:
            for line in out:
                with self.news:
                    self.lines.append(
                        line.decode(errors="replace").rstrip("\n"))
                    self.news.notify_all()
        with self.news:
            self.news.notify_all()

    @property
    def text(self):
        with self.news:
            return "\n".join(self.lines)

    def mark(self):
        """Where the output is now, for wait(since=...)."""
        with self.news:
            return len(self.lines)

    def wait(self, pattern, timeout=5, since=0):
        """The match of the first line that has the pattern."""
        regex = re.compile(pattern)
        end = time.monotonic() + timeout
        at = since
        with self.news:
            while True:
                while at < len(self.lines):
                    match = regex.search(self.lines[at])
                    if match:
                        return match
                    at += 1
                left = end - time.monotonic()
                if left <= 0 or not self.reader.is_alive():
                    break
                self.news.wait(min(left, 0.5))
        tail = "\n".join(self.lines[-40:])
        raise AssertionError(
            f"{self.name} did not say {pattern!r}; it said:\n{tail}")

    def end(self, timeout=10):
        """Wait for the end; the exit status."""
        try:
            status = self.proc.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"{self.name} did not end in {timeout} s:\n"
                + "\n".join(self.lines[-40:])) from None
        self.reader.join(5)
        return status

    def terminate(self, timeout=10):
        if self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
        return self.end(timeout)

    def kill(self):
        if self.proc.poll() is None:
            os.killpg(self.proc.pid, signal.SIGKILL)
        self.proc.wait()
        self.reader.join(5)


def run(argv, timeout=30, **kwargs):
    """Run to the end; (status, output)."""
    proc = Process(argv, **kwargs)
    return proc.end(timeout), proc.text


def until(question, what, timeout=5, step=0.02):
    """Ask again until the answer is not empty; for what tells no event."""
    end = time.monotonic() + timeout
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not in {timeout} s: {what} ({answer!r})")
        time.sleep(step)
