"""Packets that broke others, from the very address and stream that is
listened to: what is wrong in RTP and RTCP is dropped, the rest of the call,
its digits and its recording are as they would be (docs/security.md)."""

import itertools
import re
import socket
import struct
import threading
import time

import pytest

from harness import audio
from harness.lines import until
from harness.office import phones_conf
from harness.sip import sdp
from harness.talk import both_hear, connect

OFFICE = phones_conf(["1001", "1002"], "disallow=all\nallow=ulaw")

PLAN = """[office]
exten => _100X,1,MixMonitor(talk.wav,b)
 same => n,Dial(SIP/${EXTEN},20)
exten => 600,1,Answer()
 same => n,Echo()
"""

THIEF = "127.0.9.66"


@pytest.fixture
def talk(make_tandem, phones):
    tandem = make_tandem(sip=OFFICE, plan=PLAN)
    anna, bert = phones(tandem, "1001", "1002")
    call, there = connect(anna, bert, freqs=(300, 400))
    begin = time.monotonic()
    yield tandem, call, there
    both_hear(call, there, 300, 400)
    mark = there.rtp.mark()
    call.rtp.press("7")
    there.rtp.wait_digit("7", mark)
    call.bye()
    there.gone()
    # nothing of it is heard or makes the recording longer than the call was
    seconds = time.monotonic() - begin
    row = tandem.cdr()[0]
    assert row["rec_state"] in ("complete", "gap")
    left, right = audio.read_wav(tandem.recording("talk.wav"))[1]
    assert len(left) / 8000 < seconds + 3
    assert audio.seconds_of(left, 300) > 0.4
    assert audio.seconds_of(right, 400) > 0.4


def matrix(rtp):
    """Beginnings of packets that say more than they hold."""
    ssrc = struct.pack("!I", rtp.ssrc)

    def packet(first, second, rest=b"", seq=None, ts=None):
        return struct.pack("!BBHI", first, second,
                           (rtp.seq if seq is None else seq) & 0xffff,
                           (rtp.ts if ts is None else ts) & 0xffffffff) \
            + ssrc + rest

    for n, version in itertools.product(range(16), range(4)):
        yield packet(version << 6, 0, b"\xff" * 4)[:n]
    for cc in range(16):                            # sources that are not
        yield packet(0x80 | cc, 0)
        yield packet(0x80 | cc, 0, b"x" * (4 * cc - 1 if cc else 0))
    for length in (0, 1, 2, 0x7fff, 0xffff):        # an extension too long
        yield packet(0x90, 0, b"\xbe\xde" + struct.pack("!H", length))
        yield packet(0x90, 0, b"\xbe\xde" + struct.pack("!H", length)
                     + b"\x10\xff\x00\x00")
    for pad in (0, 1, 4, 161, 255):                 # more padding than packet
        yield packet(0xa0, 0, b"\xff" * 159 + bytes([pad]))
        yield packet(0xbf, 0, bytes([pad]))
    for payload in range(128):                      # what was not agreed on
        if payload not in (0, 101):
            yield packet(0x80, payload, b"\x80\x00\x3f\xff\x00" * 4)
    for n in range(4):                              # events cut short
        yield packet(0x80, 101, b"\x05\x8a\xff\xff"[:n])
    for event in (16, 17, 64, 255):
        yield packet(0x80, 101, bytes([event, 0x8a, 0xff, 0xff]))
    yield packet(0x80, 0, b"\xff" * 1400)           # longer than any frame
    yield packet(0x80, 0, b"\xff" * 60000)
    yield b"\x80" * 65000


def rtcp_matrix(rtp):
    """The same for RTCP, each type with lengths that lie."""
    ssrc = struct.pack("!I", rtp.ssrc)
    report = struct.pack("!BBH", 0x80, 200, 6) + ssrc + b"\0" * 20
    for kind, count, length in itertools.product(
            range(200, 208), (0, 1, 31), (0, 1, 2, 0x7fff, 0xffff)):
        one = struct.pack("!BBH", 0x80 | count, kind, length)
        yield one
        yield one + ssrc
        yield one + ssrc + b"\xff" * 40
        yield report + one + ssrc + b"\xff" * 8
    yield b"\x80\xc8\x00\x00"                       # CVE-2017-14100
    yield report + b"\x81\xcb\x00\x01" + ssrc       # BYE
    yield report + b"\x81\xcb\x00\x02" + ssrc + b"\xffxyz"  # CVE-2021-43804
    yield report + b"\x81\xca\x00\x02" + ssrc + b"\x01\xffab"   # SDES
    yield report + b"\x81\xcd\xff\xff" + ssrc * 2 + b"\0\1\0\0"  # NACK
    yield report + b"\x80\xcf\x00\x02" + ssrc + b"\x04\0\xff\xff"   # XR
    yield report + b"\xa0\xc9\x00\x01" + ssrc[:3] + b"\xff"     # padding
    for n in range(40):
        yield (report + b"\x81\xca\x00\x03" + ssrc + b"\x01\x04abcd\0\0")[:n]


def test_malformed_rtp_cve_2022_21722_cve_2022_24786(talk):
    """From the caller's own socket with its own SSRC."""
    tandem, call, there = talk
    host, port = call.remote_sdp.address
    rows = list(matrix(call.rtp))
    assert len(rows) > 250
    for i, data in enumerate(rows):
        call.rtp.sock.sendto(data, (host, port))
        if i % 20 == 0:
            time.sleep(0.002)
    rows = list(rtcp_matrix(call.rtp))
    assert len(rows) > 480
    for i, data in enumerate(rows):
        call.rtp.rtcp.sendto(data, (host, port + 1))
        call.rtp.sock.sendto(data, (host, port))    # and on the wrong port
        if i % 20 == 0:
            time.sleep(0.002)
    both_hear(call, there, 300, 400)
    assert "BYE" not in [m.first.split()[0] for m in there.phone.log]


def test_jumps_of_the_clock_and_endless_keys(talk):
    """A time stamp that jumps by half its range and back, numbers that wrap,
    one key that lasts for ever and two thousand keys at once."""
    tandem, call, there = talk
    host, port = call.remote_sdp.address

    def send(seq, ts, payload=0, data=b"\xff" * 160, marker=0):
        call.rtp.sock.sendto(struct.pack(
            "!BBHII", 0x80, payload | marker, seq & 0xffff, ts & 0xffffffff,
            call.rtp.ssrc) + data, (host, port))

    for jump in (2 ** 31, 2 ** 31 - 1, -2 ** 31, 2 ** 32 - 1, 1, -1):
        send(call.rtp.seq + 1, call.rtp.ts + jump)
        send(call.rtp.seq + 32768, call.rtp.ts + jump, marker=0x80)
    for seq in (65534, 65535, 0, 1, 32767, 32768):
        send(seq, call.rtp.ts)
    both_hear(call, there, 300, 400)
    for i in range(2000):
        send(call.rtp.seq, call.rtp.ts, 101, b"\x05\x0a\xff\xff")
        if i % 50 == 0:
            time.sleep(0.002)
    for i in range(500):
        send(call.rtp.seq + i, call.rtp.ts + i * 10, 101,
             bytes([i % 16, 0x8a, 0, 80]), 0x80)
        if i % 50 == 0:
            time.sleep(0.002)
    both_hear(call, there, 300, 400)


CLIENT_HELLO = bytes.fromhex(
    "16fefd000000000000000000360100002a000000000000002afefd") + b"\0" * 32 \
    + bytes.fromhex("000000020000" "0100")
BINDING = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"t" * 12
ALLOCATE = b"\x00\x03\x00\x08\x21\x12\xa4\x42" + b"t" * 12 \
    + b"\x00\x19\x00\x04\x11\0\0\0"


def test_dtls_and_stun_on_media_ports_cve_2023_49786_es2021_01(talk):
    """A ClientHello, a Binding Request and a TURN Allocate on every port of
    the media, from a stranger and from the phone's own port: no answer, and
    the call goes on."""
    tandem, call, there = talk
    low, high = tandem.slot.rtp
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.bind((THIEF, 0))
        for _ in range(20):
            for data in (CLIENT_HELLO, BINDING, ALLOCATE):
                for port in range(low, high + 1):
                    try:
                        thief.sendto(data, ("127.0.0.1", port))
                    except OSError:         # nobody has that port
                        pass
                call.rtp.sock.sendto(data, call.remote_sdp.address)
        both_hear(call, there, 300, 400)
        thief.settimeout(0.2)
        with pytest.raises(OSError):
            thief.recv(2048)
    assert not [p for p in call.rtp.packets if p.pt > 101]


def test_candidates_are_no_targets_rfc_8445_19_5_1(make_tandem, phones):
    """An offer with two hundred candidates at a third one's: it gets not one
    packet."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN)
    anna = phones(tandem, "1001")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
        victim.bind(("127.0.8.8", 0))
        port = victim.getsockname()[1]
        call = anna.invite("600", body=sdp(anna.host, 40000, extra=[
            "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv",
            "a=setup:actpass", "a=rtcp-mux",
            "a=fingerprint:sha-1 " + ":".join(["AB"] * 20), *(
                f"a=candidate:{i} 1 UDP {i} 127.0.8.8 {port} typ host"
                for i in range(200))]))
        ok = call.answered()
        assert "ice-ufrag" not in ok.text and "candidate" not in ok.text
        call.rtp.start(call.remote_sdp.address, 0, 300)
        call.rtp.wait_sent(50)
        victim.setblocking(False)
        with pytest.raises(BlockingIOError):
            victim.recv(2048)
    call.bye()


def test_garbage_ends_no_call_cve_2021_41105(talk):
    """Ten thousand packets a second of a stranger and bad ones from the
    phone's own port, for two seconds: no BYE, no line of the log for each of
    them, the good audio goes on."""
    tandem, call, there = talk
    stop = threading.Event()
    address = call.remote_sdp.address
    sent = [0]

    def flood():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((THIEF, 0))
            while not stop.is_set():
                for _ in range(50):
                    sock.sendto(b"\x80\x00\x70\x28" + b"x" * 10, address)
                    call.rtp.sock.sendto(b"\x40" * 14, address)
                sent[0] += 100
                stop.wait(0.01)

    lines = len(tandem.log.text.splitlines())
    thread = threading.Thread(target=flood)
    thread.start()
    try:
        until(lambda: sent[0] > 10000, "ten thousand packets", 20)
        both_hear(call, there, 300, 400)
    finally:
        stop.set()
        thread.join()
    new = tandem.log.text.splitlines()[lines:]
    assert len([x for x in new if re.search("media|rtp", x)]) < 20, new
    assert not there.phone.got("BYE")
