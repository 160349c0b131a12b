#!/usr/bin/env python3
"""An office at work for a long time: does anything grow, or get lost?

    tests/soak/run.py [--minutes 45] [--rate 20] [--out DIR] [--build DIR]

Calls of three seconds with audio both ways, three in ten of them recorded,
phones that register, a scanner, reloads.  A line of figures every few seconds
goes to DIR/soak.csv: memory, descriptors, threads, ports, calls, records.  At
the end stands a verdict, a line for each question, and the exit status is 1 if
one of them is answered with no:

    every call was answered and ended; each has its record; each recording is
    complete, as long as its call, and opens; no packet was lost; at the end
    there are as many ports and descriptors as at the beginning, no call and
    nothing that waits; memory does not grow (least squares over the time after
    the first third: below 2 % of it, and below 0.1 MiB an hour where the run
    is longer than three hours).

TANDEM names another program than build/tandem.
"""

import argparse
import csv
import os
import random
import re
import socket
import sys
import tempfile
import threading
import time
import wave
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "scenario"))

from harness import server                              # noqa: E402
from harness.lines import until                         # noqa: E402
from harness.load import Load, PLAN                     # noqa: E402
from harness.office import phones_conf                  # noqa: E402
from harness.phone import Phone                         # noqa: E402
from harness.ports import Slot                          # noqa: E402

HOLD_MS = 3000
PHONES = 10
SETTLE_S = 8            # ports rest for 5 s
SHORT_S = 300           # memory of a shorter run says nothing
LONG_S = 3 * 3600

COLUMNS = ("seconds", "rss_kib", "descriptors", "threads", "channels",
           "port_pairs_free", "records", "recordings", "waiting",
           "cpu_seconds")


class Office:
    """The Tandem, and what is asked of it while it runs."""

    def __init__(self, folder, rate, seconds):
        self.folder, self.rate, self.seconds = folder, rate, seconds
        self.slots = [Slot(), Slot()]
        self.loads = [Load(slot) for slot in self.slots]
        self.tandem = server.Tandem(folder, self.slots[0])
        self.stop = threading.Event()
        self.errors, self.registered, self.reloads = [], 0, 0
        self.last_row, self.recordings, self.bad = 0, 0, []
        self.calls = [0, 0]

    def configure(self):
        sip = phones_conf((), "disallow=all\nallow=ulaw\ncall-limit=0")
        sip += "".join(
            f"[90{n:02}](phone)\nsecret=birke-Tasse-90{n:02}\n"
            for n in range(PHONES)) + self.loads[0].sip()
        plan = PLAN + PLAN.replace("[load]", "[load2]").replace(
            "@callee", "@callee2") + (
            "[office]\nexten => 600,1,Answer()\n same => n,Echo()\n")
        self.tandem.configure(sip + self.loads[1].sip("2"), plan,
                              tandem="loglevel=warning")
        self.tandem.edit("tandem.conf", "loglevel=debug\n", "")
        self.tandem.write("rtp.conf",
                          "[general]\nrtpstart=10000\nrtpend=19998\n")

    def begin_load(self):
        """Seven in ten are relayed, three are recorded as well."""
        for i, (share, prefix) in enumerate(((0.7, "1"), (0.3, "3"))):
            rate = max(1, round(self.rate * share))
            self.calls[i] = int(rate * self.seconds)
            self.loads[i].start(self.tandem, self.calls[i], rate=rate,
                                hold=HOLD_MS, prefix=prefix)

    # -------------------------------------------------------- what happens

    def guarded(self, what):
        def body():
            try:
                what()
            except Exception as exc:    # the verdict shows it
                self.errors.append(f"{what.__name__}: {exc!r}"[:300])
        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        return thread

    def register(self):
        made = [Phone((self.tandem.host, self.tandem.port), f"90{n:02}",
                      f"birke-Tasse-90{n:02}") for n in range(PHONES)]
        try:
            while not self.stop.wait(0.5):
                phone = random.choice(made)
                status = phone.register(expires=60).status
                if status != 200:
                    self.errors.append(f"registration: {status}")
                self.registered += 1
                phone.log.clear()
                phone.answers.clear()
        finally:
            for phone in made:
                phone.close()

    def scan(self):
        """Five questions a second from a stranger."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.9.9", 0))
            where = "127.0.9.9:%d" % sock.getsockname()[1]
            while not self.stop.wait(0.2):
                user = random.randrange(100, 9999)
                sock.sendto((
                    f"OPTIONS sip:{user}@127.0.0.1 SIP/2.0\r\n"
                    f"Via: SIP/2.0/UDP {where};branch=z9hG4bK{user}"
                    f"{time.monotonic_ns()}\r\nFrom: <sip:{user}@x>;tag=1\r\n"
                    f"To: <sip:{user}@x>\r\nCall-ID: {time.monotonic_ns()}"
                    "\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
                    "Content-Length: 0\r\n\r\n").encode(),
                    (self.tandem.host, self.tandem.port))

    def reload(self):
        """Ten times, at least every ten minutes."""
        while not self.stop.wait(min(self.seconds / 10, 600)):
            self.tandem.console("core reload")
            self.reloads += 1

    # --------------------------------------------------------------- figures

    def sample(self):
        pid = self.tandem.proc.proc.pid
        proc = Path(f"/proc/{pid}")
        status = (proc / "status").read_text()
        number = lambda name: int(re.search(         # noqa: E731
            rf"^{name}:\s+(\d+)", status, re.M).group(1))
        channels = int(re.search(r"^(\d+) active channel", self.tandem.console(
            "core show channels"), re.M).group(1))
        free = int(re.search(r"port pairs free: (\d+)", self.tandem.console(
            "rtp show stats")).group(1))
        store = self.tandem.console("core show store", None)
        ticks = (proc / "stat").read_text().rpartition(")")[2].split()
        return {
            "rss_kib": number("VmRSS"), "threads": number("Threads"),
            "descriptors": len(os.listdir(proc / "fd")),
            "channels": channels, "port_pairs_free": free,
            "records": int(re.search(r"written: (\d+)", store).group(1)),
            "waiting": int(re.search(r"wait: +(\d+)", store).group(1)),
            "recordings": self.recordings,
            "cpu_seconds": (int(ticks[11]) + int(ticks[12])) /
            os.sysconf("SC_CLK_TCK")}

    def check_records(self):
        """Look at each record once; a recording that is good is removed, so
        that a night fits on the disk."""
        rows = self.tandem.sql(
            "SELECT * FROM cdr WHERE id>? ORDER BY id", self.last_row)
        for row in rows:
            self.last_row = row["id"]
            if row["disposition"] != "ANSWERED":
                self.bad.append(f"{row['dst']}: {row['disposition']}")
            if row["dst"].startswith("3"):
                self.check_recording(row)

    def check_recording(self, row):
        try:
            with wave.open(row["rec_path"]) as w:
                frames = w.getnframes()
                whole = len(w.readframes(frames)) == 4 * frames
        except (OSError, EOFError, wave.Error) as exc:
            self.bad.append(f"{row['rec_path']}: {exc!r}")
            return
        length = frames / 8000
        if row["rec_state"] != "complete" or not whole or \
                not HOLD_MS / 1000 - 0.2 < length < HOLD_MS / 1000 + 3:
            self.bad.append(f"{row['rec_path']}: {row['rec_state']} "
                            f"{row['rec_why']}, {length:.2f} s")
            return
        self.recordings += 1
        Path(row["rec_path"]).unlink()

    def close(self):
        self.stop.set()
        for load in self.loads:
            load.kill()
        self.tandem.stop()
        for slot in self.slots:
            slot.close()


def slope(points):
    """Least squares: change of y for one of x."""
    n = len(points)
    mx = sum(x for x, _ in points) / n
    my = sum(y for _, y in points) / n
    below = sum((x - mx) ** 2 for x, _ in points)
    return sum((x - mx) * (y - my) for x, y in points) / below if below else 0


class Verdict:
    def __init__(self):
        self.good = True

    def say(self, ok, text):
        self.good = self.good and ok
        print(("yes  " if ok else "NO   ") + text, flush=True)


def watch(office, seconds, out):
    """Sample until both loads have ended; the rows."""
    rows, begun = [], time.monotonic()
    step = max(1, min(10, seconds / 60))
    with open(out, "w", newline="", encoding="ascii") as f:
        writer = csv.DictWriter(f, COLUMNS)
        writer.writeheader()
        while any(load.proc.poll() is None for load in office.loads):
            if time.monotonic() - begun > seconds + 120:
                office.errors.append("the load does not end")
                break
            row = {"seconds": round(time.monotonic() - begun, 1),
                   **office.sample()}
            rows.append(row)
            writer.writerow(row)
            f.flush()
            office.check_records()
            time.sleep(step)
    return rows


def judge_memory(verdict, rows, seconds):
    late = [(row["seconds"], row["rss_kib"]) for row in rows
            if row["seconds"] > seconds / 3]
    if seconds < SHORT_S or len(late) < 10:
        print("     memory: too short a run to say", flush=True)
        return
    per_hour = slope(late) * 3600 / 1024
    grown = slope(late) * (late[-1][0] - late[0][0]) / late[0][1]
    verdict.say(grown < 0.02 and (seconds < LONG_S or per_hour < 0.1),
                f"memory: {late[0][1] / 1024:.1f} MiB, then "
                f"{late[-1][1] / 1024:.1f} MiB; {per_hour:+.2f} MiB an hour, "
                f"{grown * 100:+.2f} % in all")


def judge(office, begin, end, rows, results):
    verdict = Verdict()
    calls = sum(office.calls)
    failed = sum(int(r.get("failed", 1)) for r in results)
    verdict.say(failed == 0 and all(r["status"] == 0 for r in results),
                f"{calls} calls, {failed} failed")
    verdict.say(end["records"] == calls,
                f"{end['records']} records of {calls} calls")
    verdict.say(office.recordings == office.calls[1] and not office.bad,
                f"{office.recordings} of {office.calls[1]} recordings are "
                f"complete {office.bad[:3] or ''}")
    verdict.say(end["channels"] == 0 and end["waiting"] == 0,
                f"{end['channels']} calls and {end['waiting']} changes are "
                "left")
    verdict.say(end["port_pairs_free"] == begin["port_pairs_free"],
                f"{end['port_pairs_free']} of {begin['port_pairs_free']} "
                "port pairs are free")
    verdict.say(abs(end["descriptors"] - begin["descriptors"]) <= 5,
                f"{begin['descriptors']} descriptors, then "
                f"{end['descriptors']}")
    verdict.say(not office.errors,
                f"{office.registered} registrations, {office.reloads} "
                f"reloads {office.errors[:3] or ''}")
    judge_memory(verdict, rows, office.seconds)
    if rows:
        used = rows[-1]["cpu_seconds"] - rows[0]["cpu_seconds"]
        print(f"     {used / max(1, rows[-1]['seconds']) * 100:.1f} % of a "
              "processor", flush=True)
    return verdict.good


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.
                                 RawDescriptionHelpFormatter)
    ap.add_argument("--minutes", type=float, default=45)
    ap.add_argument("--rate", type=float, default=20, help="calls a second")
    ap.add_argument("--out", type=Path, help="keep everything there")
    ap.add_argument("--build", type=Path, default=ROOT / "build")
    args = ap.parse_args()
    args.build = args.build.resolve()

    os.environ.setdefault("TANDEM", str(args.build / "tandem"))
    temp = tempfile.TemporaryDirectory(prefix="soak-")
    out = args.out or Path(temp.name)
    (out / "office").mkdir(parents=True, exist_ok=True)
    office = Office(out / "office", args.rate, args.minutes * 60)
    office.configure()
    try:
        office.tandem.start(silent=True)     # it logs warnings
        begin = office.sample()
        office.begin_load()
        threads = [office.guarded(what) for what in
                   (office.register, office.scan, office.reload)]
        rows = watch(office, office.seconds, out / "soak.csv")
        results = [load.result(30) for load in office.loads]
        office.stop.set()
        for thread in threads:
            thread.join(20)
        office.tandem.idle(30)
        time.sleep(SETTLE_S)
        until(lambda: office.sample()["waiting"] == 0, "nothing waits", 10)
        office.check_records()
        good = judge(office, begin, office.sample(), rows, results)
    finally:
        office.close()
        temp.cleanup()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
