#!/usr/bin/env python3
"""Floods against a Tandem at work, and what the office notices of them.

    tests/bench/flood.py [--build DIR] [--seconds S] [FLOOD ...]

50 calls talk, one call a second begins, a phone registers ten times a second;
then strangers flood.  The server has the first core, everyone else the last.
What is asked and what came stand beside each other; "short" says that the
flood did not reach its rate on this machine.  Without names all floods run:
F1 to F10 and F12 of docs/security.md; F11, the console, is a scenario test.
"""

import argparse
import hashlib
import os
import re
import resource
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

from run import (CORES, ROOT, RTP_FIRST, RTP_LAST, SIP, SIP_CONF, Bench,
                 Failed, free_ports, load_conf, pin)

UAC2, UAS2, TLS = free_ports(3)

STREAMS = f"""[general]
tcpenable=yes
tcpbindaddr=127.0.0.1:{SIP}
tlsenable=yes
tlsbindaddr=127.0.0.1:{TLS}
tlscertfile=both.pem
"""

MORE = load_conf(UAC2, UAS2, "2") + """\
[phone]
type=friend
host=dynamic
secret=linde-Besen-77
transport=udp,tcp,tls
context=nowhere
"""

PLAN2 = """[load2]
exten => _X.,1,Dial(SIP/${EXTEN}@callee2,30)
"""

# a record of 512 bytes of a handshake, of which there are nine
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"

# kind, datagrams a second, sources, the first port to the last
FLOODS = {
    "F1": ("REGISTER", 20000, 1),
    "F2": ("REGISTER", 20000, 10000),
    "F3": ("INVITE", 5000, 1),
    "F3 many": ("INVITE", 5000, 10000),
    "F4": ("phone", 2000, 1),
    "F5": ("garbage", 50000, 1),
    "F6": ("rtp", 100000, 1),
    "F7 OPTIONS": ("OPTIONS", 10000, 1),
    "F7 SUBSCRIBE": ("SUBSCRIBE", 10000, 1),
    "F7 MESSAGE": ("MESSAGE", 10000, 1),
    "F8": ("streams", 500, 1),
    "F8 TLS": ("hellos", 500, 20),
    "F9": ("guess", 5000, 1),
    "F10 200": ("response", 10000, 1),
    "F10 BYE": ("BYE", 10000, 1),
}


class Phone(threading.Thread):
    """Registers again and again, repeating what is lost."""

    def __init__(self, host="127.0.3.1"):
        super().__init__(daemon=True)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.host, self.port = self.sock.getsockname()
        self.times, self.lost, self.ended = [], 0, False

    def ask(self, method, extra="", cseq=1):
        """The status of the final answer and the answer; None if lost."""
        branch = secrets.token_hex(8)
        text = (f"{method} sip:127.0.0.1 SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self.host}:{self.port};"
                f"branch=z9hG4bK{branch};rport\r\nMax-Forwards: 70\r\n"
                "From: <sip:phone@127.0.0.1>;tag=1\r\n"
                "To: <sip:phone@127.0.0.1>\r\n"
                f"Call-ID: {self.port}\r\nCSeq: {cseq} {method}\r\n"
                f"Contact: <sip:phone@{self.host}:{self.port}>\r\n"
                "User-Agent: a telephone of the office\r\n"
                f"{extra}Content-Length: 0\r\n\r\n").encode()
        end, pause = time.monotonic() + 4, 0.5
        while time.monotonic() < end:
            self.sock.sendto(text, ("127.0.0.1", SIP))
            self.sock.settimeout(pause)
            pause *= 2
            try:
                while True:
                    answer = self.sock.recv(65536).decode()
                    if branch in answer and not answer.startswith(
                            "SIP/2.0 1"):
                        return int(answer[8:11]), answer
            except socket.timeout:
                continue
        return None, ""

    def credentials(self, answer, secret, method="REGISTER"):
        ask = dict(re.findall(r'(\w+)="?([^",\r]+)', re.search(
            r"WWW-Authenticate: Digest (.*)", answer)[1]))

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()
        one = md5(f"phone:{ask['realm']}:{secret}")
        two = md5(f"{method}:sip:127.0.0.1")
        cnonce = secrets.token_hex(4)
        reply = md5(f"{one}:{ask['nonce']}:00000001:{cnonce}:auth:{two}")
        return (f'Authorization: Digest username="phone", '
                f'realm="{ask["realm"]}", nonce="{ask["nonce"]}", '
                f'uri="sip:127.0.0.1", qop=auth, nc=00000001, '
                f'cnonce="{cnonce}", response="{reply}"\r\n')

    def register(self, cseq=1, secret="linde-Besen-77"):
        status, answer = self.ask("REGISTER", cseq=cseq)
        if status == 401:
            status, _ = self.ask("REGISTER",
                                 self.credentials(answer, secret), cseq + 1)
        return status

    def run(self):
        cseq = 11                   # after the first one
        while not self.ended:
            start = time.monotonic()
            status = self.register(cseq)
            cseq += 2
            if status == 200:
                self.times.append(time.monotonic() - start)
            else:
                self.lost += 1
            time.sleep(0.1)


class StreamPhone(Phone):
    """Registers again and again, each time through a new connection."""

    def __init__(self, tls, host="127.0.5.1"):
        threading.Thread.__init__(self, daemon=True)
        self.host, self.port, self.tls = host, 5060, tls
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.sock = None
        self.times, self.lost, self.ended = [], 0, False

    def ask(self, method, extra="", cseq=1):
        name = "TLS" if self.tls else "TCP"
        self.sock.sendall(
            (f"{method} sip:127.0.0.1 SIP/2.0\r\n"
             f"Via: SIP/2.0/{name} {self.host}:{self.port};"
             f"branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
             "Max-Forwards: 70\r\nFrom: <sip:phone@127.0.0.1>;tag=1\r\n"
             f"To: <sip:phone@127.0.0.1>\r\nCall-ID: {id(self)}\r\n"
             f"CSeq: {cseq} {method}\r\nContact: <sip:phone@{self.host}:"
             f"{self.port};transport={name.lower()}>\r\n"
             f"User-Agent: a telephone of the office\r\n{extra}"
             "Content-Length: 0\r\n\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = self.sock.recv(65536)
            if not more:
                raise OSError("closed")
            answer += more
        answer = answer.decode()
        return int(answer[8:11]), answer

    def register(self, cseq=1, secret="linde-Besen-77"):
        """None if the connection did not come about or broke."""
        try:
            self.sock = socket.create_connection(
                ("127.0.0.1", TLS if self.tls else SIP), 4, (self.host, 0))
            if self.tls:
                self.sock = self.context.wrap_socket(self.sock)
            return super().register(cseq, secret)
        except OSError:
            return None
        finally:
            if self.sock:
                self.sock.close()


class Flood(Bench):
    def configure(self):
        super().configure()
        (self.dir / "sip.conf").write_text(
            SIP_CONF.replace("[general]\n", STREAMS, 1) + MORE)
        key, both = self.dir / "key.pem", self.dir / "both.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
             "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out",
             both], check=True, stderr=subprocess.DEVNULL)
        with open(both, "ab") as f:
            f.write(key.read_bytes())
        with open(self.dir / "extensions.conf", "a", encoding="ascii") as f:
            f.write(PLAN2)

    def start(self, name, *args):
        """The flood must not take the time of those who measure beside it."""
        def prepare():
            pin(CORES[-1])()
            os.nice(5 if name == "blast" else 0)
        return subprocess.Popen(
            [str(self.bin / name), *map(str, args)], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=prepare)

    @staticmethod
    def figures(proc):
        out = proc.communicate(timeout=300)[0]
        if proc.returncode not in (0, 1):
            raise Failed(out.strip())
        return {k: float(v) for k, v in
                re.findall(r"^(\w+) ([-\d.e+]+)$", out, re.M)}

    def strangers(self, kind, rate, sources, seconds):
        """What the flood says at its end."""
        if kind == "rtp":
            proc = self.start("blast", "--kind", kind, "--target", RTP_FIRST,
                              "--last", RTP_LAST, "--rate", rate,
                              "--seconds", seconds)
        elif kind in ("streams", "hellos", "guess", "phone"):
            return getattr(self, kind)(rate, seconds)
        else:
            proc = self.start("blast", "--kind", kind, "--target", SIP,
                              "--rate", rate, "--seconds", seconds,
                              "--sources", sources)
        return self.figures(proc)

    @staticmethod
    def paced(rate, seconds, act):
        sent = 0
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            if sent > rate * (time.monotonic() - begin):
                time.sleep(0.0005)
                continue
            act(sent)
            sent += 1
        return {"sent": sent, "bytes": 1, "back_bytes": 0}

    def streams(self, rate, seconds):
        """2000 connections that say nothing, and more that come and go."""
        def one(n, kept):
            s = socket.create_connection(("127.0.0.1", SIP), 1,
                                         ("127.0.9.1", 0))
            if n < 2000:
                s.send(b"OPTIONS sip:x SIP/2.0\r\n")
                kept.append(s)
            else:
                s.close()
        return self.connections(rate, seconds, one)

    def hellos(self, rate, seconds):
        """TLS connections from 20 addresses, each with the beginning of a
        ClientHello; nothing follows."""
        def one(n, kept):
            s = socket.socket()
            s.setblocking(False)
            s.bind((f"127.0.9.{n % 20 + 1}", 0))
            s.connect_ex(("127.0.0.1", TLS))
            kept.append(s)
            kept[max(n - 5, 0)].send(HELLO)     # it is connected by now
        return self.connections(rate, seconds, one)

    def connections(self, rate, seconds, one):
        """Those that one(n, kept) opens; who is refused is not missed."""
        kept = []

        def counted(n):
            if n % 50 == 0:     # the most descriptors that the server had
                self.files = max(self.files, len(os.listdir(
                    f"/proc/{self.pid}/fd")))
            try:
                one(n, kept)
            except OSError:
                pass
        got = self.paced(rate, seconds, counted)
        for s in kept:
            s.close()
        return got

    def guess(self, rate, seconds):
        """Wrong passwords for an account that is there, from elsewhere."""
        thief = Phone("127.0.10.1")     # F8's addresses are banned by now
        _, answer = thief.ask("REGISTER")
        extra = thief.credentials(answer, "wrong")

        def one(n):
            thief.sock.sendto(
                (f"REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
                 f"{thief.host}:{thief.port};branch=z9hG4bK{n};rport\r\n"
                 "From: <sip:phone@127.0.0.1>;tag=1\r\n"
                 f"To: <sip:phone@127.0.0.1>\r\nCall-ID: g{n}\r\n"
                 f"CSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n{extra}"
                 "Content-Length: 0\r\n\r\n").encode(), ("127.0.0.1", SIP))
        return self.paced(rate, seconds, one)

    def phone(self, rate, seconds):
        """An account that has gone wild: INVITEs from where it registered."""
        wild = Phone("127.0.4.1")
        if wild.register() != 200:
            raise Failed("the wild phone could not register")

        def one(n):
            wild.sock.sendto(
                (f"INVITE sip:{n}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
                 f"127.0.4.1:{wild.port};branch=z9hG4bKw{n};rport\r\n"
                 f"From: <sip:phone@127.0.0.1>;tag={n}\r\n"
                 f"To: <sip:{n}@127.0.0.1>\r\nCall-ID: w{n}\r\n"
                 "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: "
                 f"<sip:phone@127.0.4.1:{wild.port}>\r\n"
                 "Content-Length: 0\r\n\r\n").encode(), ("127.0.0.1", SIP))
        return self.paced(rate, seconds, one)

    @staticmethod
    def rss_kb(pid):
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1])

    def flood(self, name, seconds):
        kind, rate, sources = FLOODS[name]
        self.files, stream = 0, None
        with self.server() as self.pid:
            pid = self.pid
            phone = Phone()
            if phone.register() != 200:
                raise Failed("the phone could not register")
            if name.startswith("F8"):
                stream = StreamPhone(kind == "hellos")
                if stream.register() != 200:
                    raise Failed("no phone could register over a stream")
            talk = self.start("load", "--target", SIP, "--uac", self.ports[0],
                              "--uas", self.ports[1], "--prefix", 1, "--calls",
                              50, "--rate", 100, "--window", seconds + 1,
                              "--rtp")
            time.sleep(2)
            before = self.rss_kb(pid)
            files = len(os.listdir(f"/proc/{pid}/fd"))
            lines = self.log_lines()
            calls = self.start("load", "--target", SIP, "--uac", UAC2,
                               "--uas", UAS2, "--prefix", 4, "--calls",
                               seconds, "--rate", 1, "--hold", 500)
            phone.start()
            if stream:
                stream.start()
            got = self.strangers(kind, rate, sources, seconds)
            grown = self.rss_kb(pid) - before
            talk, calls = self.figures(talk), self.figures(calls)
            phone.ended = True
            phone.join()
            if stream:
                stream.ended = True
                stream.join()
            lines = (self.log_lines() - lines) / seconds
        more = self.of_streams(stream, self.files - files) if stream else []
        self.judge(name, rate * seconds, got, talk, calls, phone, grown, lines,
                   more)

    @staticmethod
    def of_streams(stream, files):
        """100 strangers are let in (tcpauthlimit), and there are calls."""
        tried = max(len(stream.times) + stream.lost, 1)
        return [
            ("... over a new connection, %", 100 * stream.lost / tried, 1),
            ("slowest of these, s", max(stream.times, default=99), 2),
            ("descriptors more", files, 150),
        ]

    def log_lines(self):
        """Lines of the log that are of strangers' doing."""
        text = (self.dir / "log").read_text(errors="replace")
        return len(re.findall(r"(?m)^.*? (?:error|warning|notice) ", text))

    def judge(self, name, due, got, talk, calls, phone, grown, lines, more):
        loss = 100 * talk["rtp_lost"] / max(talk["rtp_sent"], 1)
        registered = 100 * len(phone.times) / max(
            len(phone.times) + phone.lost, 1)
        rows = [
            ("audio lost, %", loss, 0.1),
            ("delay of audio p99, ms", talk["delay_p99_us"] / 1000, 5),
            ("REGISTER not answered, %", 100 - registered, 1),
            ("slowest REGISTER, s", max(phone.times, default=99), 2),
            ("new calls failed, %", 100 * calls["failed"] / calls["calls"], 1),
            ("set-up of a call p99, ms", calls["setup_p99_us"] / 1000, 500),
            ("memory grown, MB", grown / 1024, 16),
            ("lines in the log, 1/s", lines,
             {"F2": 50, "F6": 20}.get(name, 10)),
            ("bytes answered per byte", got["back_bytes"] /
             max(got["bytes"], 1), 1),
            *more,
        ]
        short = "" if got["sent"] > 0.9 * due else \
            f"  short: {got['sent']:.0f} of {due}"
        print(f"{name}{short}")
        for what, value, limit in rows:
            print(f"  {what:<28}{value:>10.2f}{limit:>10.2f}"
                  f"{'  ok' if value <= limit else '  OVER'}", flush=True)
        self.good = self.good and all(v <= m for _, v, m in rows)

    def overload(self, seconds):
        """F12: twice the calls that one core can carry, beside 50 that
        talk."""
        best = best_cpu = 0
        for rate in range(1000, 10000, 500):
            got, _, cpu = self.burst(rate, seconds)
            done = self.done(got, seconds)
            if done > best:
                best, best_cpu = done, done * seconds / cpu
            if done < 0.8 * rate:       # more does not come of more
                break
        over, talk, cpu = self.burst(int(2 * best), seconds)
        over_cpu = self.done(over, seconds) * seconds / cpu
        rows = [
            ("of the best under twice the load, %",
             100 * self.done(over, seconds) / best, 90, True),
            ("refused by 503 and Retry-After, %",
             100 * over["told_later"] / max(over["failed"], 1), 90, True),
            ("audio lost, %",
             100 * talk["rtp_lost"] / max(talk["rtp_sent"], 1), 0.1, False),
        ]
        print(f"F12  best: {best:.0f} calls/s; then {2 * best:.0f} came, "
              f"{over['failed'] / seconds:.0f} of them were refused")
        print(f"  calls for a second of CPU: {best_cpu:.0f} at its best, "
              f"{over_cpu:.0f} then")
        for what, value, limit, more in rows:
            ok = value >= limit if more else value <= limit
            print(f"  {what:<37}{value:>8.2f}{limit:>8.2f}"
                  f"{'  ok' if ok else '  OVER'}", flush=True)
            self.good = self.good and ok

    @staticmethod
    def done(got, seconds):
        """Calls a second that were answered, and ended when they should."""
        return (got["calls"] - got["failed"]) / seconds

    def burst(self, rate, seconds):
        """What came of the calls, and of those that talked all the while."""
        with self.server() as pid:
            talk = self.start("load", "--target", SIP, "--uac", self.ports[0],
                              "--uas", self.ports[1], "--prefix", 1, "--calls",
                              50, "--rate", 100, "--window", seconds + 1,
                              "--rtp")
            time.sleep(2)
            calls = self.start("load", "--target", SIP, "--uac", UAC2,
                               "--uas", UAS2, "--prefix", 4, "--calls",
                               rate * seconds, "--rate", rate, "--hold", 200)
            before = self.cpu(pid)
            calls = self.figures(calls)
            return calls, self.figures(talk), self.cpu(pid) - before

    @staticmethod
    def cpu(pid):
        """Seconds that a process has used."""
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
        ticks = text.rpartition(")")[2].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")

    good = True
    ports = ()
    pid = files = 0


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build-test")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("names", nargs="*", metavar="FLOOD")
    args = parser.parse_args()

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    bench = Flood(args.build.resolve(), 1, False)
    bench.ports = [re.search(r"port=(\d+)", part)[1] for part in
                   SIP_CONF.split("[")[2:]]
    print(f"{'flood':<30}{'came':>10}{'asked':>10}")
    try:
        for name in args.names or [*FLOODS, "F12"]:
            try:
                if name == "F12":
                    bench.overload(args.seconds)
                else:
                    bench.flood(name, args.seconds)
            except Failed as exc:
                print(f"{name}: {exc}")
                bench.good = False
    finally:
        shutil.rmtree(bench.dir, ignore_errors=True)
    return 0 if bench.good else 1


if __name__ == "__main__":
    sys.exit(main())
