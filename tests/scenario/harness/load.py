"""Calls in numbers, with audio whose packets are counted: the load of
tests/bench, which speaks for a peer `load` and answers for a peer `callee`."""

import re
import subprocess

from . import server


def load_conf(uac, uas, tail=""):
    """sip.conf of its two ends; another tail for a second load."""
    return "".join(
        f"[{name}{tail}]\ntype=peer\nhost=127.0.0.1\nport={port}\n{more}"
        "disallow=all\nallow=ulaw\ncall-limit=0\n" for name, port, more in (
            ("load", uac, f"insecure=port,invite\ncontext=load{tail}\n"),
            ("callee", uas, "")))


PLAN = """\
[load]
exten => _1.,1,Dial(SIP/${EXTEN}@callee,30)
exten => _3.,1,MixMonitor(${EXTEN}.wav)
exten => _3.,n,Dial(SIP/${EXTEN}@callee,30)
exten => _4.,1,MixMonitor(${EXTEN}.wav)
exten => _4.,n,Answer
exten => _4.,n,Echo
"""


class Load:
    """One run of the load against a Tandem that has sip() and PLAN."""

    def __init__(self, slot):
        self.program = server.binary().parent / "tests" / "bench" / "load"
        if not self.program.exists():
            raise FileNotFoundError(f"{self.program} is not built")
        self.uac, self.uas = slot.take(), slot.take()
        self.proc = None

    def sip(self, tail=""):
        return load_conf(self.uac, self.uas, tail)

    def start(self, tandem, calls, *, rate=50, window=None, hold=None,
              prefix="1", rtp=True, alone=False):
        """Begin; `window` seconds of audio, or calls of `hold` ms."""
        argv = [self.program, "--target", tandem.port, "--uac", self.uac,
                "--uas", self.uas, "--calls", calls, "--rate", rate,
                "--prefix", prefix]
        argv += ["--window", window] if window else ["--hold", hold]
        argv += ["--rtp"] if rtp else []
        argv += ["--alone"] if alone else []
        self.proc = subprocess.Popen(
            [str(arg) for arg in argv], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        return self

    def result(self, timeout=60):
        """{what: figure} once it has ended."""
        text, _ = self.proc.communicate(timeout=timeout)
        figures = {name: float(value) for name, value in
                   re.findall(r"^(\w+)[ =:]+([-\d.e+]+)$", text, re.M)}
        figures["status"], figures["text"] = self.proc.returncode, text
        return figures

    def kill(self):
        if self.proc and self.proc.poll() is None:
            self.proc.kill()
            self.proc.communicate()
