"""Tandem as a process of its own, with a configuration of its own."""

import os
import re
import signal
import sqlite3
from pathlib import Path

from . import audio
from .lines import Process, run, until

ROOT = Path(__file__).resolve().parents[3]
SANITIZER = re.compile(
    r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:")

GENERAL = """\
[general]
context=nowhere
allowguest=no
srvlookup=no
dynamic_exclude_static=no
udpbindaddr={host}:{udp}
tcpenable=yes
tcpbindaddr={host}:{udp}
{tls}{general}
"""

TLS = """\
tlsenable=yes
tlsbindaddr={host}:{tls}
tlscertfile={cert}
tlscafile={cert}
"""

TANDEM_CONF = """\
[general]
loglevel=debug
threads=1
{general}
[directories]
run=run
state=state
spool=spool
sounds=sounds
moh=moh
"""


def binary():
    """The program under test."""
    return Path(os.environ.get("TANDEM", ROOT / "build-test" / "tandem"))


def alive(pid):
    """True unless it has ended (nobody may have waited for it yet)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def end_pid(pid, timeout=15):
    """SIGTERM to a process that is not our child; it must end."""
    if alive(pid):
        os.kill(pid, signal.SIGTERM)
    until(lambda: not alive(pid), f"process {pid} ends", timeout)


def put_on(place, tandem, *names):
    """The folders of a Tandem, not started yet, lie in `place`."""
    for name in names:
        (tandem.dir / name).rmdir()
        (place / name).mkdir()
        (tandem.dir / name).symlink_to(place / name)
    return tandem


class Tandem:
    """Start with start(), end with stop(); both say what went wrong."""

    def __init__(self, folder, slot=None, host="127.0.0.1", cert=None,
                 prefix=()):
        self.dir = Path(folder)
        self.slot, self.host, self.cert = slot, host, cert
        self.prefix = list(prefix)
        self.environ = {}
        self.port = slot.take() if slot else 5060
        self.tls_port = slot.take() if slot and cert else None
        self.proc = None
        self.newer = []     # processes that have taken over, the last one
                            # serves; their output is that of proc, too

    # ---------------------------------------------------- configuration

    def configure(self, sip="", extensions="", general="", tandem=""):
        """Write the directory; what is not given is not written again."""
        for name in ("run", "state", "spool", "sounds", "moh"):
            (self.dir / name).mkdir(exist_ok=True)
        tls = TLS.format(host=self.host, tls=self.tls_port,
                         cert=self.cert) if self.cert else ""
        head = GENERAL.format(host=self.host, udp=self.port, tls=tls,
                              general=general.strip())
        self.write("sip.conf", head + sip).chmod(0o640)
        self.write("extensions.conf", extensions)
        self.write("tandem.conf", TANDEM_CONF.format(general=tandem))
        if self.slot:
            self.write("rtp.conf", "[general]\nrtpstart={}\nrtpend={}\n"
                       .format(*self.slot.rtp))

    def write(self, name, text):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def edit(self, name, old, new, count=-1):
        """Replace what stands in a file, as it must."""
        text = (self.dir / name).read_text()
        assert old in text, f"no {old!r} in {name}:\n{text}"
        self.write(name, text.replace(old, new, count))

    def append(self, name, text):
        self.write(name, (self.dir / name).read_text() + text)

    def tones(self, freqs, samples=2400, folder="sounds/en"):
        """Sounds that are tones, so that they are known: {name: Hz}"""
        for name, freq in freqs.items():
            audio.write_wav(self.dir / folder / f"{name}.wav",
                            audio.tone(freq, samples))

    # ---------------------------------------------------------- process

    def start(self, silent=False):
        """Start and wait until it answers on its console.  silent: its log,
        which says so, does not come here."""
        self.proc = Process([binary(), "-f", "-C", self.dir], cwd=self.dir,
                            prefix=self.prefix, env=self.environ)
        if silent:
            until(lambda: self.console("core show version", None)
                  .startswith("Tandem"), "its console", 15, 0.1)
        else:
            self.proc.wait(r"is ready", 15)
        return self

    def stop(self):
        """SIGTERM: it must end well."""
        if self.proc is None:
            return
        proc, self.proc = self.proc, None
        for pid in reversed(self.newer):
            end_pid(pid)
        self.newer.clear()
        status = proc.terminate(15)
        self.last_log = proc.text
        assert not SANITIZER.search(proc.text), proc.text[-6000:]
        assert status == 0, f"exit status {status}\n{proc.text[-3000:]}"

    def kill(self):
        """SIGKILL, as a power cut."""
        self.proc.kill()
        self.proc = None

    def hangup_signal(self):
        """SIGHUP, which reloads; waits until that was done."""
        mark = self.log.mark()
        self.proc.proc.send_signal(signal.SIGHUP)
        self.log.wait(r"configuration taken|reload refused", since=mark)

    def upgraded(self, command="core restart gracefully", taken=True):
        """Start another process that takes over; its id."""
        mark = self.log.mark()
        if command:
            self.console(command)
        found = self.log.wait(
            r"takeover: process (\d+) "
            + ("has taken over" if taken else "is about to take over"), 20,
            since=mark)
        pid = int(found.group(1))
        self.newer.append(pid)
        if taken:
            self.log.wait("is ready", 15, since=mark)
        return pid

    @property
    def log(self):
        return self.proc

    # ----------------------------------------------------- its own words

    def resources(self):
        """(kilobytes of memory, descriptors); 0 kilobytes under a sanitizer,
        which keeps what is freed."""
        proc = Path(f"/proc/{self.proc.proc.pid}")
        files = len(list((proc / "fd").iterdir()))
        if "libasan" in (proc / "maps").read_text():
            return 0, files
        status = (proc / "status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]), files

    def console(self, command, status=0):
        """What the console answers."""
        got, text = run([binary(), "-C", self.dir, "-rx", command],
                        prefix=self.prefix)
        if status is not None:
            assert got == status, f"{command}: status {got}\n{text}"
        return text

    def check(self):
        """tandem -t: (exit status, findings)"""
        return run([binary(), "-t", "-C", self.dir])

    def wait_console(self, command, pattern, timeout=10):
        """Ask until the answer has the pattern; its match."""
        return until(lambda: re.search(pattern, self.console(command), re.M),
                     f"{command}: {pattern}", timeout, 0.1)

    def wait_console_any(self, command, pattern, timeout=10):
        """As wait_console(), whatever status it has; the whole answer."""
        def ask():
            text = self.console(command, None)
            return text if re.search(pattern, text, re.M) else None
        return until(ask, f"{command}: {pattern}", timeout, 0.1)

    def wait_media(self, legs, packets, timeout=10):
        """Wait until so many legs have got so many packets each."""
        def enough():
            rows = re.findall(r"\d\d:\d\d:\d\d (\d{10}) ",
                              self.console("sip show channelstats"))
            return len(rows) >= legs and \
                all(int(row) >= packets for row in rows)
        until(enough, f"{packets} packets on {legs} legs", timeout, 0.1)

    def idle(self, timeout=10):
        """Wait until there is no call."""
        self.wait_console("core show channels", r"^0 active channels",
                          timeout)

    def sql(self, query, *args):
        path = self.dir / "state" / "tandem.db"
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query, args)]
        finally:
            db.close()

    def wait_rows(self, query, timeout=5, args=()):
        """The rows of a query, as soon as there are any."""
        return until(lambda: self.sql(query, *args), query, timeout, 0.05)

    def cdr(self, count=1, timeout=8):
        """The call records, as soon as there are so many."""
        def look():
            rows = self.sql("SELECT * FROM cdr ORDER BY rowid")
            return rows if len(rows) >= count else None
        rows = until(look, f"{count} call records", timeout, 0.05)
        assert len(rows) == count, rows
        return rows

    def recording(self, name):
        return self.dir / "spool" / "monitor" / name
