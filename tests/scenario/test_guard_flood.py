"""Floods of strangers while the office goes on talking (docs/security.md).

The flood comes from a process of its own, as fast as one core sends up to a
limit; what is measured is what the phones notice.
"""

import contextlib
import re
import socket
import subprocess
import sys
import threading
import time

import pytest

from harness.lines import until
from harness.office import phones_conf
from harness.phone import Phone
from harness.talk import both_talk, ring

OFFICE = phones_conf(["1001", "1002"], "transport=udp,tcp\ncall-limit=20")

PLAN = """[office]
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => 600,1,Answer()
 same => n,Echo()
"""

# arguments: kind, source ("*": a new one for each datagram), port, rate, s
BLASTER = r"""
import itertools, os, random, socket, sys, time
kind, source, port, rate, seconds = sys.argv[1:]
port, rate, seconds = int(port), int(rate), float(seconds)
rnd = random.Random(7)
SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.7.7\r\ns=-\r\nc=IN IP4 127.0.7.7\r\n"
       "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n")

def message(i, host):
    if kind == "garbage":
        return rnd.randbytes(rnd.randrange(1, 1400))
    if kind == "response":
        return ("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK"
                f"{i:016x}\r\nFrom: <sip:a@b>;tag={i}\r\nTo: <sip:a@b>;tag=1"
                f"\r\nCall-ID: {i}\r\nCSeq: 1 INVITE\r\n\r\n").encode()
    if kind == "ack":
        return (f"ACK sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {host};"
                f"branch=z9hG4bK{i}\r\nFrom: <sip:a@b>;tag={i}\r\nTo: <sip:a@"
                f"b>;tag=1\r\nCall-ID: {i}\r\nCSeq: 1 ACK\r\n\r\n").encode()
    body = SDP if kind == "INVITE" else ""
    more = "Content-Type: application/sdp\r\n" if body else ""
    return (f"{kind} sip:{i % 9000 + 1000}@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {host}:5060;branch=z9hG4bK{i};rport\r\n"
            f"From: <sip:{i % 9000 + 1000}@127.0.0.1>;tag={i}\r\n"
            f"To: <sip:{i % 9000 + 1000}@127.0.0.1>\r\nCall-ID: {i}\r\n"
            f"CSeq: 1 {kind}\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:a@{host}>\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

def sock(host):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((host, 0))
    s.setblocking(False)
    return s

hosts = [source] if source != "*" else [
    f"127.{a}.{b}.{c}" for a in (5, 6) for b in range(20)
    for c in range(1, 26)]
socks = [sock(h) for h in hosts]
start, sent, back, size = time.monotonic(), 0, 0, 0
for i in itertools.count():
    now = time.monotonic() - start
    if now > seconds:
        break
    if sent > rate * now:
        time.sleep(0.0005)
        continue
    s = socks[i % len(socks)]
    data = message(i, hosts[i % len(socks)])
    try:
        s.sendto(data, ("127.0.0.1", port))
        sent += 1
        size += len(data)
    except OSError:
        pass
    try:
        back += len(s.recv(65536))
    except OSError:
        pass
time.sleep(0.3)
for s in socks:
    try:
        while True:
            back += len(s.recv(65536))
    except OSError:
        pass
print(sent, size, back)
"""


class Blast:
    def __init__(self, tandem, kind, source="127.0.9.1", rate=8000,
                 seconds=3):
        self.proc = subprocess.Popen(
            [sys.executable, "-c", BLASTER, kind, source, str(tandem.port),
             str(rate), str(seconds)], stdout=subprocess.PIPE, text=True)

    def end(self):
        """(datagrams, bytes out, bytes back)"""
        text = self.proc.communicate(timeout=60)[0]
        assert self.proc.returncode == 0
        return [int(x) for x in text.split()]


def counters(tandem):
    text = tandem.console("core show counters")
    return {m[0]: int(m[1]) for m in re.findall(r"^(\w+)\s+(\d+)$", text,
                                                re.M)}


@pytest.fixture
def office(make_tandem):
    return make_tandem(sip=OFFICE, plan=PLAN,
                       tandem="threads=1\nloglevel=info")


def work(tandem, phones, seconds):
    """What an office does: registrations, calls with audio.  The slowest
    REGISTER and the slowest way to an answer."""
    anna, bert = phones(tandem, "1001", "1002", host="127.0.3.1",
                        patient=True)
    slow_register = slow_call = 0
    calls = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        assert anna.register().status == 200
        slow_register = max(slow_register, time.monotonic() - start)
        start = time.monotonic()
        call, there = ring(anna, bert)
        slow_call = max(slow_call, time.monotonic() - start)
        there.accept()
        call.answered()
        both_talk(call, there, 300, 400)
        call.bye()
        there.gone()
        calls += 1
    return calls, slow_register, slow_call


KINDS = ["REGISTER", "INVITE", "OPTIONS", "SUBSCRIBE", "MESSAGE", "garbage",
         "response", "ack"]


@pytest.mark.parametrize("kind", KINDS)
def test_flood_from_one_address(office, phones, kind):
    """F1, F3, F5, F7, F10: 8000 a second from one address.  A phone elsewhere
    goes on registering and calling; nothing is kept, little is answered and
    not more bytes than came; then the address is banned."""
    before, fds = office.resources()
    blast = Blast(office, kind)
    calls, slow_register, slow_call = work(office, phones, 3)
    sent, out, back = blast.end()

    assert sent > 4000, "the flood was none"
    assert calls >= 2
    assert slow_register < 2 and slow_call < 2, (slow_register, slow_call)
    assert back <= out
    assert office.resources()[0] - before < 16 << 10
    office.idle()
    assert office.resources()[1] <= fds + 8
    seen = counters(office)
    assert sum(v for k, v in seen.items() if k.startswith("guard_dropped")) \
        > sent / 2, seen
    text = office.log.text
    assert len(re.findall(r"127\.0\.9\.1", text)) < 10 * 6
    assert seen["calls_total"] == calls


def test_flood_goes_on_until_it_is_banned(office):
    blast = Blast(office, "REGISTER", rate=3000, seconds=8)
    office.log.wait(r"127\.0\.9\.1 is banned", 10)
    blast.end()
    assert "Banned for" in office.console("guard why 127.0.9.1")


@pytest.mark.parametrize("kind", ["REGISTER", "INVITE"])
def test_flood_from_many_addresses(office, phones, kind):
    """F2: a thousand forged sources: no one of them is over its rate, all of
    them together are."""
    before = office.resources()[0]
    blast = Blast(office, kind, "*", rate=8000)
    calls, slow_register, slow_call = work(office, phones, 3)
    sent, out, back = blast.end()
    assert sent > 4000 and calls >= 2
    assert slow_register < 2 and slow_call < 2, (slow_register, slow_call)
    assert back <= out
    assert office.resources()[0] - before < 24 << 10
    assert "0 banned" in office.console("guard show")


def test_flood_of_a_phone_that_has_gone_wild(office, phones):
    """F4: INVITEs of an account, as fast as it can: its call-limit and its
    rate hold; another phone does not notice."""
    wild = phones(office, "1002", host="127.0.4.1")
    anna = phones(office, "1001", host="127.0.3.1", patient=True)
    end = time.monotonic() + 3
    sent = 0
    first = wild.request(wild.build("INVITE", "sip:600@127.0.0.1"),
                         auth=False)
    assert first.status == 401
    while time.monotonic() < end:
        wild.wire.send(wild.build("INVITE", "sip:600@127.0.0.1", [
            ("Authorization", "Digest username=\"1002\"")]).encode(),
            wild.server)
        sent += 1
        if sent % 5000 == 0:
            assert anna.register().status == 200
    assert sent > 5000
    call = anna.call("600", 300)
    call.rtp.wait_tone(300)
    call.bye()
    assert counters(office)["guard_dropped_rate"] > 0


def test_flood_of_slow_streams(make_tandem, phones):
    """F8 in small: connections that say nothing or half a header; phones over
    TCP go on, and the connections are closed."""
    office = make_tandem(sip=OFFICE, plan=PLAN, general="tcpauthtimeout=2")
    socks = []
    for i in range(150):
        sock = socket.create_connection((office.host, office.port), 5,
                                        (f"127.0.9.{i % 5 + 1}", 0))
        if i % 2:
            sock.sendall(b"REGISTER sip:a SIP/2.0\r\nVia: ")
        socks.append(sock)
    phone = phones(office, "1001", transport="tcp", host="127.0.3.1")
    for _ in range(5):
        start = time.monotonic()
        assert phone.register().status == 200
        assert time.monotonic() - start < 0.5
    for sock in socks:
        with sock, contextlib.suppress(ConnectionError):
            sock.settimeout(10)
            assert sock.recv(1) == b""


def test_flood_over_a_stream_is_cut(office, phones):
    """A stranger who pumps requests through one connection loses it."""
    thief = Phone(("127.0.0.1", office.port), "1001", transport="tcp",
                  host="127.0.9.1")
    try:
        data = b"".join(
            thief.build("OPTIONS", f"sip:{i}@127.0.0.1").encode()
            for i in range(2000))
        try:
            thief.wire.send(data)
        except OSError:
            pass
        thief.wait_end(10)
        answered = len(thief.got("4xx"))
        assert answered < 100, answered
    finally:
        thief.close()
    phone = phones(office, "1001", transport="tcp", host="127.0.3.1")
    assert phone.register().status == 200


def test_wrong_passwords_do_not_cost_much(office, phones):
    """F9: answers to our nonce with wrong passwords, 4000 a second: few are
    looked at, and the owner at another address is served."""
    thief = phones(office, "1001", register=False, host="127.0.9.1",
                   secret="wrong-Wort-77")
    owner = phones(office, "1001", host="127.0.3.1", patient=True)
    first = thief.request(thief.build("REGISTER", "sip:127.0.0.1",
                                      [("User-Agent", "x" * 80)],
                                      To="<sip:1001@127.0.0.1>"), auth=False)
    end = time.monotonic() + 3
    sent = 0
    while time.monotonic() < end:
        message = thief.with_credentials(
            thief.build("REGISTER", "sip:127.0.0.1",
                        To="<sip:1001@127.0.0.1>"), first)
        thief.wire.send(message.encode(), thief.server)
        sent += 1
        if sent % 1000 == 0:
            assert owner.register().status == 200
    assert owner.register().status == 200
    seen = counters(office)
    assert seen["sip_authentications_failed"] <= 20, seen


def test_flood_of_the_console(office, phones):
    """F11: up to a thousand connections a second to the console's socket, half
    of them with a command, the others with nonsense (there is no manager
    interface and no HTTP): phones do not notice."""
    path = str(office.dir / "run" / "tandem.ctl")
    stop = threading.Event()
    made = [0]

    def pump():
        begin = time.monotonic()
        while not stop.is_set():
            if made[0] > 1000 * (time.monotonic() - begin):
                time.sleep(0.0005)
                continue
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(1)
                with contextlib.suppress(OSError):
                    sock.connect(path)
                    sock.sendall(b"core show version\n" if made[0] % 2
                                 else b"\xff\0\n" * 20)
                    made[0] += 1
    fds = office.resources()[1]
    thread = threading.Thread(target=pump)
    thread.start()
    try:
        calls, slow_register, slow_call = work(office, phones, 3)
    finally:
        stop.set()
        thread.join()
    assert made[0] > 300, "the flood was none"
    assert calls >= 2 and slow_register < 2 and slow_call < 2
    until(lambda: office.resources()[1] <= fds + 8, "connections are closed")
    assert "Tandem" in office.console("core show version")
