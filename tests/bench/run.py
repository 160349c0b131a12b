#!/usr/bin/env python3
"""Measure Tandem against the floors of this machine and print a table.

    tests/bench/run.py [--build DIR] [--rounds N] [--smoke] [BENCH ...]

Each figure stands beside its floor, the system calls alone doing the same
work in the same minute; compare ratios, not times.  The server and the floors
run on the first core, the load on the last.  Without names all benches run:
parse, trans, call, rate, peer, relay, delay, memory, prompt, record, mix,
restart.  `peer` needs Kamailio: the same calls through it as a stateful proxy,
in turn.

--smoke runs most of them with a few calls, says "ok NAME" or "not ok NAME" for
each and judges no time.
"""

import argparse
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "scenario"))

from harness.load import load_conf                      # noqa: E402

CORES = sorted(os.sched_getaffinity(0))

RTP_FIRST, RTP_LAST = 10000, 65534
BARE_PORTS = 24000, 12000, 46000, 18000     # tried in turn

DELAY_MAX = 700     # calls; more is too much for the load on its core

# what the figures are held against
TARGETS = {
    "parse": 3.0,       # us
    "worst": 1000.0,    # us
    "call": 390.0,      # us of CPU
    "relay": 1.15,      # ratio
    "delay": 1000.0,    # us, p99
    "memory": 25.0,     # KB
    "record": 0.16,     # ms of CPU per call-second
    "restart": 500.0,   # ms to the first answer
    "mix": 2.0,         # ratio, with G.711
    "srtp": 1.0,        # ratio to libsrtp2
}

EXTENSIONS_CONF = """[nowhere]
exten => s,1,Hangup
[load]
exten => _1.,1,Dial(SIP/${EXTEN}@callee,30)
exten => _2.,1,Answer
exten => _2.,n(again),Playback(hum)
exten => _2.,n,Goto(again)
exten => _3.,1,MixMonitor(${EXTEN}.wav)
exten => _3.,n,Dial(SIP/${EXTEN}@callee,30)
"""

TANDEM_CONF = """[directories]
run=run
state=state
spool=spool
sounds=sounds
"""


def free_ports(count):
    """UDP ports of 127.0.0.1 that nobody has just now."""
    socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
             for _ in range(count)]
    for sock in socks:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return ports


SIP, UAC, UAS, FLOOR_PORT = free_ports(4)

SIP_CONF = f"""[general]
udpbindaddr=127.0.0.1:{SIP}
context=nowhere
""" + load_conf(UAC, UAS)


KAMAILIO_CFG = f"""debug=-1
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:{FLOOR_PORT}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
request_route {{
	if (!mf_process_maxfwd_header("70")) {{
		sl_send_reply("483", "Too Many Hops");
		exit;
	}}
	if (has_totag() && loose_route()) {{
		t_relay();
		exit;
	}}
	if (is_method("INVITE"))
		record_route();
	$du = "sip:127.0.0.1:{UAS}";
	t_relay();
}}
"""


class Failed(Exception):
    """A bench could not be run; its text says why."""


def pin(core):
    return lambda: os.sched_setaffinity(0, {core})


class Server:
    """A program on the first core, ended with the `with` block."""

    def __init__(self, argv, ready=None, log=None):
        self.argv, self.ready, self.log = argv, ready, log
        self.proc = None

    def begin(self):
        out = open(self.log, "wb") if self.log else subprocess.PIPE
        self.proc = subprocess.Popen(
            [str(arg) for arg in self.argv], stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT, preexec_fn=pin(CORES[0]))
        if self.log:
            out.close()

    def __enter__(self):
        self.begin()
        if self.log:
            self.wait_for_log()
        else:
            line = self.proc.stdout.readline().decode()
            if line != "ready\n":
                raise Failed(line.strip() or f"{self.argv[0]} did not start")
        return self.proc.pid

    def wait_for_log(self):
        end = time.monotonic() + 10
        while time.monotonic() < end and self.proc.poll() is None:
            if self.ready in Path(self.log).read_text(errors="replace"):
                return
            time.sleep(0.05)
        self.__exit__()
        raise Failed("did not start: " +
                     Path(self.log).read_text(errors="replace")[-500:])

    def __exit__(self, *_exc):
        self.proc.send_signal(signal.SIGTERM)
        try:
            self.proc.wait(10)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
        if self.proc.stdout:
            self.proc.stdout.close()


class Bench:
    def __init__(self, build, rounds, smoke):
        self.bin = build / "tests/bench"
        self.tandem = build / "tandem"
        self.rounds = 1 if smoke else rounds
        self.smoke = smoke
        self.rows = []
        self.dir = Path(tempfile.mkdtemp(prefix="tandem-bench-"))
        self.configure()

    def configure(self):
        for name, text in (("sip.conf", SIP_CONF),
                           ("extensions.conf", EXTENSIONS_CONF),
                           ("tandem.conf", TANDEM_CONF),
                           ("rtp.conf", f"[general]\nrtpstart={RTP_FIRST}\n"
                                        f"rtpend={RTP_LAST}\n")):
            (self.dir / name).write_text(text)
        sounds = self.dir / "sounds"
        sounds.mkdir()
        # 20 s of a quiet hum in mu-law
        (sounds / "hum.ulaw").write_bytes(bytes([0xf0, 0x70] * 80000))

    # -- programs ---------------------------------------------------------

    def run(self, name, *args, timeout=300):
        """The figures that a bench program prints, by name."""
        proc = subprocess.run(
            [str(self.bin / name), *map(str, args)], timeout=timeout,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            preexec_fn=pin(CORES[-1]), check=False)
        if proc.returncode == 2 or proc.returncode < 0:
            raise Failed(f"{name}: {proc.stderr.strip()}")

        figures = {}
        for line in proc.stdout.splitlines():
            key, value = line.split()
            figures[key] = float(value)
        return figures

    def server(self):
        log = self.dir / "log"
        return Server([self.tandem, "-f", "-C", self.dir], " is ready", log)

    def floor(self, *args):
        return Server([self.bin / "floor", *args])

    def load(self, pid, *args, prefix=1, target=SIP):
        return self.run("load", "--target", target, "--uac", UAC, "--uas",
                        UAS, "--prefix", prefix, "--pid", pid, *args)

    def row(self, name, unit, value, floor=None, target=None, note=""):
        self.rows.append((name, unit, value, floor, target, note))

    # -- benches ----------------------------------------------------------

    def parse(self):
        got = self.run("bench_parse", "--count", 200 if self.smoke else 20000)
        self.row("parse an INVITE", "us", got["parse_us"], got["floor_us"],
                 TARGETS["parse"], "floor: memchr")
        self.row("64 KB of anything", "us", got["worst_us"], None,
                 TARGETS["worst"])

    def trans(self):
        got = self.run("bench_trans", "--count", 200 if self.smoke else 10000)
        if got["failed"]:
            raise Failed(f"{got['failed']:.0f} transactions failed")
        self.row("transaction, both ends", "us", got["transaction_us"],
                 got["floor_us"], None, "floor: sendmsg, recvmsg")

    def calls_at(self, rate, seconds):
        """(ours, floor) of one round; the first second warms up."""
        calls = rate * seconds
        args = ("--calls", calls, "--rate", rate, "--hold", 200,
                "--skip", rate if seconds > 1 else 0)
        with self.server() as pid:
            ours = self.load(pid, *args)
        with self.floor("reflect", "--port", FLOOR_PORT, "--uac", UAC,
                        "--uas", UAS) as pid:
            bare = self.load(pid, *args, target=FLOOR_PORT)
        if ours["failed"] or bare["failed"]:
            raise Failed(f"{ours['failed']:.0f} calls failed at {rate}/s")
        return ours, bare

    def call_row(self, name, rate, seconds, target):
        got = [self.calls_at(rate, seconds) for _ in range(self.rounds)]
        self.row(f"{name}, {rate} calls/s", "us CPU",
                 median(o["cpu_us_per_call"] for o, _ in got),
                 median(b["cpu_us_per_call"] for _, b in got), target,
                 "floor: 6 datagrams in, 7 out")
        self.row("  INVITE in to INVITE out, p50", "us",
                 median(o["forward_p50_us"] for o, _ in got),
                 median(b["forward_p50_us"] for _, b in got))

    def call(self):
        if self.smoke:
            self.call_row("call", 50, 1, None)
        else:
            self.call_row("call", 400, 8, TARGETS["call"])

    def rate(self):
        if self.smoke:
            self.call_row("call", 100, 1, None)
        else:
            self.call_row("call", 2000, 8, TARGETS["call"])

    def peer(self):
        """The calls of `call` through Kamailio, which keeps no media."""
        path = shutil.which("kamailio", path="/usr/sbin:/usr/bin")
        if not path:
            raise Failed("Kamailio is not installed")
        (self.dir / "kamailio.cfg").write_text(KAMAILIO_CFG)
        args = ("--calls", 3200, "--rate", 400, "--hold", 200, "--skip", 400)
        ours, theirs = [], []
        for _ in range(self.rounds):
            with self.server() as pid:
                ours.append(self.checked(self.load(pid, *args)))
            with Server([path, "-DD", "-E", "-f", self.dir / "kamailio.cfg",
                         "-Y", self.dir, "-w", self.dir],
                        "udp: 127.0.0.1", self.dir / "log") as pid:
                theirs.append(self.checked(
                    self.load(pid, *args, target=FLOOR_PORT)))
        cost = [median(one["cpu_us_per_call"] for one in got)
                for got in (ours, theirs)]
        self.row("call, 400 calls/s, and Kamailio's", "us CPU", *cost,
                 cost[1], "beside it: a proxy, no media")

    def audio(self, calls, seconds, prefix=1, rtp=True):
        args = ["--calls", calls, "--rate", 100, "--window", seconds]
        with self.server() as pid:
            got = self.load(pid, *args, *(["--rtp"] if rtp else []),
                            prefix=prefix)
        return self.checked(got)

    def bare(self, calls, seconds, *more):
        for port in BARE_PORTS:
            try:
                return self.bare_at(port, calls, seconds, *more)
            except Failed as exc:
                if "in use" not in str(exc) or port == BARE_PORTS[-1]:
                    raise
        return {}

    def bare_at(self, port, calls, seconds, *more):
        with self.floor("relay", "--port", port, "--count", calls,
                        *more) as pid:
            return self.checked(self.run(
                "load", "--bare", port, "--calls", calls, "--window",
                seconds, "--rtp", "--pid", pid))

    @staticmethod
    def checked(got):
        if got["failed"]:
            raise Failed(f"{got['failed']:.0f} calls failed")
        if "rtp_sent" in got and not got["rtp_sent"] > got["rtp_lost"]:
            raise Failed("no audio came through")
        return got

    def relay(self):
        calls, seconds = (4, 1) if self.smoke else (200, 5)
        ours, bare, linked = [], [], []
        for _ in range(self.rounds):
            ours.append(self.audio(calls, seconds))
            bare.append(self.bare(calls, seconds))
            linked.append(self.bare(calls, seconds, "--connected"))

        def cpu(got):
            return median(one["cpu_us_per_packet"] for one in got)

        self.row(f"relayed packet, {calls} calls", "us CPU", cpu(ours),
                 cpu(bare), TARGETS["relay"] * cpu(bare),
                 "floor: recvfrom, sendto")
        self.row("  the same", "us CPU", cpu(ours), cpu(linked), None,
                 "floor: connected sockets")

    def delay(self):
        """At 70 % of a core, by what a packet costs at 200 calls."""
        seconds = 1 if self.smoke else 5
        calls = 4
        if not self.smoke:
            packet = self.audio(200, 3)["cpu_us_per_packet"]
            calls = min(DELAY_MAX, int(0.7 * 1e6 / packet / 100))
        direct = self.checked(self.run(
            "load", "--direct", "--calls", calls, "--window", seconds,
            "--rtp"))
        ours, bare = [], []
        for _ in range(self.rounds):
            ours.append(self.audio(calls, seconds))
            bare.append(self.bare(calls, seconds))

        note = f"{median(o['core'] for o in ours):.0%} of a core"
        lost = sum(o["rtp_lost"] for o in ours)
        if lost:
            note += f", {lost:.0f} lost"
        if any(one["rtp_skipped"] for one in [direct, *ours, *bare]):
            note += "; the load had too little time: says nothing"

        for share in ("p50", "p99"):
            name = f"delay_{share}_us"
            self.row(f"added delay {share}, {calls} calls", "us",
                     median(o[name] for o in ours) - direct[name],
                     median(b[name] for b in bare) - direct[name],
                     TARGETS["delay"] if share == "p99" else None,
                     note)

    def restart(self):
        """From the start of the process to its first answer, with as many
        phones in the file of places; then a call to one of them."""
        phones = 100 if self.smoke else 10000
        where = self.dir / "restart"
        where.mkdir(exist_ok=True)
        for name in ("tandem.conf", "rtp.conf", "extensions.conf"):
            shutil.copy(self.dir / name, where)
        (where / "sounds").mkdir(exist_ok=True)
        (where / "sip.conf").write_text(
            SIP_CONF + "".join(
                f"[{n}]\ntype=friend\nhost=dynamic\n"
                f"secret=linde-{n}-Besen\ncontext=load\n"
                for n in range(100000, 100000 + phones)))
        argv = [self.tandem, "-f", "-C", where]
        with Server(argv, " is ready", where / "log"):
            pass                        # makes the file
        with sqlite3.connect(where / "state/tandem.db") as db:
            names = [row[1] for row in
                     db.execute("pragma table_info(location)")]
            fill = {"transport": "UDP", "reg_id": 0, "cseq": 1,
                    "expires_at": int(time.time()) + 3600}
            db.executemany(
                f"insert into location values ({','.join('?' * len(names))})",
                ([{"aor": str(n), "contact": f"sip:{n}@127.0.0.1:{UAS}",
                   "received": f"127.0.0.1:{UAS}", **fill}.get(k, "")
                  for k in names] for n in range(100000, 100000 + phones)))
        db.close()
        took = [self.first_answer(argv, where, phones)
                for _ in range(self.rounds)]
        self.row(f"restart with {phones} phones", "ms", 1000 * median(took),
                 None, TARGETS["restart"])

    def first_answer(self, argv, where, phones):
        text = (f"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
                "127.0.0.1;branch=z9hG4bK1;rport\r\nFrom: <sip:a@b>;tag=1\r\n"
                "To: <sip:127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
                "Max-Forwards: 70\r\nUser-Agent: a telephone\r\n"
                f"X: {'x' * 200}\r\nContent-Length: 0\r\n\r\n").encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.01)
            begin = time.monotonic()
            server = Server(argv, " is ready", where / "log")
            server.begin()
            try:
                while time.monotonic() - begin < 20:
                    try:
                        sock.sendto(text, ("127.0.0.1", SIP))
                        if sock.recv(2048).startswith(b"SIP/2.0 "):
                            break
                    except OSError:
                        continue
                else:
                    raise Failed("no answer within 20 s")
                took = time.monotonic() - begin
                out = subprocess.run(
                    [self.tandem, "-C", where, "-rx", "sip show peers"],
                    capture_output=True, text=True, check=True).stdout
                there = out.count("127.0.0.1")
                if there < phones:
                    raise Failed(f"{there} of {phones} phones are known")
            finally:
                server.__exit__()
        return took

    def memory(self):
        """Of a fresh process, after a few calls to warm up."""
        calls = 10 if self.smoke else 1000
        with self.server() as pid:
            self.load(pid, "--calls", 20, "--rate", 50, "--hold", 100)
            got = self.checked(self.load(
                pid, "--calls", calls, "--rate", 200, "--window", 1))
        self.row(f"memory of a call, {calls} calls", "KB",
                 got["kb_per_call"], None, TARGETS["memory"])

    def prompt(self):
        calls, seconds = (4, 1) if self.smoke else (100, 5)
        ours, bare = [], []
        for _ in range(self.rounds):
            with self.server() as pid:
                got = self.load(pid, "--calls", calls, "--rate", 100,
                                "--window", seconds, "--alone", prefix=2)
            if self.checked(got)["heard"] < calls * seconds * 45:
                raise Failed("the prompt was not heard")
            ours.append(got)
            bare.append(self.run("floor", "send", "--count", calls,
                                 "--seconds", seconds))
        self.row(f"prompt, {calls} calls", "ms CPU/s",
                 median(o["cpu_ms_per_call_second"] for o in ours),
                 median(b["cpu_ms_per_call_second"] for b in bare), None,
                 "floor: sendto every 20 ms")

    def record(self):
        calls, seconds = (4, 1) if self.smoke else (100, 6)
        extra, bare = [], []
        for _ in range(self.rounds):
            with_it = self.audio(calls, seconds, prefix=3)
            without = self.audio(calls, seconds)
            files = [path for path in (self.dir / "spool").rglob("*.wav")
                     if path.stat().st_size > 16000]
            if len(files) < calls:
                raise Failed(f"{len(files)} recordings of {calls}")
            for path in files:
                path.unlink()
            extra.append(with_it["cpu_ms_per_call_second"] -
                         without["cpu_ms_per_call_second"])
            bare.append(self.run("floor", "record", "--count", calls,
                                 "--seconds", seconds, "--path",
                                 self.dir / "floor.wav"))
        self.row(f"recording, {calls} calls, on top", "ms CPU/s",
                 median(extra),
                 median(b["cpu_ms_per_call_second"] for b in bare),
                 TARGETS["record"], "floor: decode, write every 0.5 s")


    def mix(self):
        """A conference: what a party costs a second."""
        count, seconds = (6, 1) if self.smoke else (100, 5)
        for name, more in (("G.711", ("--codec", "ulaw")),
                           ("G.722", ("--codec", "g722", "--drop")),
                           ("opus", ("--codec", "opus", "--drop")),
                           ("a third each", ("--codec", "all", "--drop"))):
            got = [self.run("bench_mix", "--count", count, "--talkers",
                            count // 10 + 1, "--seconds", seconds, *more)
                   for _ in range(self.rounds)]
            if any(g["packets_missing"] > count * seconds * 25 for g in got):
                raise Failed(f"{name}: packets are missing")
            floor = median(g["floor_us_per_party_second"] for g in got)
            core = median(g["core_percent"] for g in got)
            self.row(f"conference of {count}, {name}", "us CPU/s",
                     median(g["cpu_us_per_party_second"] for g in got),
                     floor,
                     TARGETS["mix"] * floor if name == "G.711" else None,
                     f"{core:.1f} % of a core; floor: recvfrom, sendto")


    def srtp(self):
        """A packet that is protected: the cipher, and the whole way."""
        count = 10000 if self.smoke else 200000
        got = [self.run("bench_srtp", "--count", count)
               for _ in range(self.rounds)]
        for name, ours, ref in (
                ("SRTP, seal and open, 1 call", "seal_open_ns",
                 "libsrtp2_ns"),
                ("SRTP, seal and open, 500 calls", "seal_open_many_ns",
                 "libsrtp2_many_ns")):
            floor = median(g[ref] for g in got) if ref in got[0] else None
            self.row(name, "ns CPU", median(g[ours] for g in got), floor,
                     floor and TARGETS["srtp"] * floor, "floor: libsrtp2")
        self.row("relay, SRTP both sides", "ns CPU",
                 median(g["relay_srtp_ns"] for g in got),
                 median(g["relay_plain_ns"] for g in got), None,
                 "floor: the same packet plain")


BENCHES = ("parse", "trans", "call", "rate", "peer", "relay", "delay",
           "memory", "prompt", "record", "mix", "srtp", "restart")
SMOKE = ("parse", "trans", "call", "relay", "memory", "prompt", "record",
         "mix", "srtp", "restart")


def print_table(rows):
    print(f"{'figure':<38}{'unit':>9}{'ours':>10}{'floor':>10}{'ratio':>7}"
          f"{'target':>10}")
    for name, unit, value, floor, target, note in rows:
        ratio = f"{value / floor:.2f}" if floor and floor > 0 else "-"
        mark = "" if target is None else "  ok" if value <= target else \
            "  OVER"
        print(f"{name:<38}{unit:>9}{value:>10.2f}"
              f"{'-' if floor is None else format(floor, '.2f'):>10}"
              f"{ratio:>7}"
              f"{'-' if target is None else format(target, '.2f'):>10}"
              f"{mark}{'  (' + note + ')' if note else ''}", flush=True)


def run_one(bench, name, smoke):
    """True if it ran."""
    bench.rows.clear()
    try:
        getattr(bench, name)()
        if not bench.rows:
            raise Failed("no figure")
        if any(row[2] != row[2] for row in bench.rows):
            raise Failed("a figure is no number")
    except (Failed, KeyError, subprocess.TimeoutExpired) as exc:
        print(f"not ok {name}: {exc}", flush=True)
        return False
    if smoke:
        print(f"ok {name}", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build-test")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("names", nargs="*", metavar="BENCH")
    args = parser.parse_args()
    for name in args.names:
        if name not in BENCHES:
            parser.error(f"no bench {name}; there are {', '.join(BENCHES)}")

    bench = Bench(args.build.resolve(), args.rounds, args.smoke)
    rows, good = [], True
    try:
        for name in args.names or (SMOKE if args.smoke else BENCHES):
            good = run_one(bench, name, args.smoke) and good
            rows += bench.rows
    finally:
        shutil.rmtree(bench.dir, ignore_errors=True)

    if not args.smoke:
        print_table(rows)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
