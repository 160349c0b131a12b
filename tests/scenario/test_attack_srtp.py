"""Attacks on an encrypted call: bleed and injection at all moments, floods of
junk (CVE-2021-41105: 100 bad packets ended a call), SSRCs without end,
packets that come again."""

import re
import secrets
import socket
import struct

import pytest

from harness import audio, srtp
from harness.lines import until
from harness.spray import (LOUD, PLAN, THIEF, SecureSpray, Spray,
                           recording_is_clean, through_a_call)
from harness.talk import both_hear, ring
from test_62_srtp import OFFICE, keys, no_key_in

NOT_OURS = "packets are not SRTP with the agreed key or come again"


@pytest.fixture
def pair(make_tandem, phones):
    """(Tandem, the ringing call, its other end), both SRTP."""
    tandem = make_tandem(OFFICE, PLAN, tls=True)
    anna = phones(tandem, "1001", transport="tls", suite=srtp.SHA80)
    carl = phones(tandem, "1003", transport="tls", suite=srtp.SHA32)
    call, there = ring(anna, carl)
    return tandem, call, there


def talking(pair):
    tandem, call, there = pair
    there.accept(wait_ack=False)
    call.answered()
    call.talk(300)
    there.talk(400)
    both_hear(call, there, 300, 400)
    return pair


def trace(tandem):
    number = re.search(r"^\d+ +(\S+) ", tandem.console("call list"), re.M)
    return tandem.console(f"call trace {number[1]}")


def counts(tandem, what, enough):
    """The sum over both legs, which is told once a second."""
    def look():
        return sum(int(n) for n in re.findall(rf"{what} (\d+)",
                                              trace(tandem))) >= enough
    until(look, f"{enough} {what}", 10, 0.1)


def end(tandem, call, there):
    """Nobody has hung up but us, and the audio is whole; how many lines the
    log has: one a stream, in a minute."""
    there.rtp.wait_tone(300, 1, 10)     # enough for recording_is_clean()
    call.rtp.wait_tone(400, 1, 10)
    assert not call.phone.got("BYE") and not there.phone.got("BYE")
    assert not call.rtp.bad and not there.rtp.bad
    said = tandem.log.text.count(NOT_OURS)
    recording_is_clean(tandem, call, there)
    return said


@pytest.mark.parametrize("host,kind", [
    (THIEF, "rtp"), (THIEF, "srtp"), (THIEF, "srtcp"),
    ("127.0.0.1", "srtp")])
def test_srtp_bleed_and_injection(pair, closing, host, kind):
    """All six moments of one call: nothing reaches the thief, nothing of his
    is heard or recorded.  He sits at the phone's own address as well."""
    tandem, call, there = pair
    kind_of = SecureSpray if kind.startswith("s") else Spray
    thief = closing(kind_of(tandem, host, kind))
    through_a_call(call, there, thief)
    counts(tandem, "wrong tags", 100)
    assert end(tandem, call, there) <= 4    # two a minute
    no_key_in(tandem, keys(call.invite.text, there.invite.text,
                           call.remote_sdp.text) + [there.key])


def unbroken(rtp, since):
    """No number is missing or comes twice; ours begin below 32768."""
    with rtp.news:
        seqs = [p.seq for p in rtp.packets[since:]]
    return len(set(seqs)) == len(seqs) == max(seqs) - min(seqs) + 1


def pour(sock, packets, address, there):
    """A hundred for three good packets that arrive, so that no socket
    overflows on a busy machine."""
    since = there.rtp.mark()
    for i, packet in enumerate(packets):
        if i % 100 == 0:
            there.rtp.wait_packets(3, since=there.rtp.mark())
        sock.sendto(packet, address)
    there.rtp.wait_packets(2, since=there.rtp.mark())
    assert unbroken(there.rtp, since)


def test_junk_ends_nothing(pair):
    """FreeSWITCH CVE-2021-41105: thousands of 14 bytes on RTP and RTCP.  No
    good packet is lost, nobody hangs up, the log has one line."""
    tandem, call, there = talking(pair)
    host, port = call.remote_sdp.address
    junk = [bytes.fromhex("80007028") + secrets.token_bytes(10)
            for _ in range(2000)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((THIEF, 0))
        pour(sock, junk, (host, port), there)
        pour(sock, junk[:200], (host, port + 1), there)
    pour(call.rtp.sock, junk[:500], (host, port), there)
    both_hear(call, there, 300, 400)
    dropped = re.search(r"rtp_truncated +(\d+)",
                        tandem.console("rtp show stats"))
    assert int(dropped[1]) > 1000
    assert end(tandem, call, there) <= 4


def test_ssrcs_without_end(pair):
    """A tag that is wrong makes no state: memory stays as it is."""
    tandem, call, there = talking(pair)
    address = call.remote_sdp.address
    packets = [struct.pack("!BBHII", 0x80, 0, i & 0xffff, i * 160,
                           i * 0x10001) + LOUD + secrets.token_bytes(10)
               for i in range(4000)]
    pour(call.rtp.sock, packets[:1000], address, there)
    before = tandem.resources()[0]
    pour(call.rtp.sock, packets, address, there)
    assert tandem.resources()[0] - before < 1024
    both_hear(call, there, 300, 400)
    counts(tandem, "wrong tags", 3000)
    assert end(tandem, call, there) <= 4


def test_packets_that_come_again(pair):
    """Captured good packets, at once and later, from the thief's address and
    with the phone's own: none passes a second time."""
    tandem, call, there = talking(pair)
    address = call.remote_sdp.address
    first = list(call.rtp.wired)
    mark = there.rtp.mark()
    pour(call.rtp.sock, first, address, there)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((THIEF, 0))
        pour(sock, first + list(call.rtp.wired)[:-1], address, there)
        there.rtp.wait_packets(60, since=there.rtp.mark())
        pour(sock, first, address, there)
        sock.settimeout(0.2)
        with pytest.raises(socket.timeout):
            sock.recv(2048)
    assert unbroken(there.rtp, mark)
    counts(tandem, "replayed", 3 * len(first))
    both_hear(call, there, 300, 400)
    assert end(tandem, call, there) <= 4


def test_reports_in_the_clear(pair):
    """RTCP that is not SRTCP, BYE among it, from the phone's own port: not
    believed.  SRTCP is."""
    tandem, call, there = talking(pair)
    host, port = call.remote_sdp.address
    bye = struct.pack("!BBHI24x", 0x81, 201, 7, call.rtp.ssrc) + \
        struct.pack("!BBHI", 0x81, 203, 1, call.rtp.ssrc)
    for _ in range(20):
        call.rtp.rtcp.sendto(bye, (host, port + 1))
    tandem.wait_console("rtp show stats", r"srtcp_wrong_tag +20\b")
    both_hear(call, there, 300, 400)
    before = re.search(r"rtcp_malformed +(\d+)",
                       tandem.console("rtp show stats"))[1]
    call.rtp.rtcp.sendto(call.rtp.tx.protect_rtcp(struct.pack(
        "!BBHI", 0x80, 201, 1, call.rtp.ssrc)), (host, port + 1))
    both_hear(call, there, 300, 400)
    stats = tandem.console("rtp show stats")
    assert re.search(r"srtcp_wrong_tag +20\b", stats)
    assert re.search(rf"rtcp_malformed +{before}\b", stats)
    assert end(tandem, call, there) <= 4


def test_clear_audio_to_an_encrypted_call(pair):
    """The phone itself, without encryption: silence at the other end."""
    tandem, call, there = talking(pair)
    mark = there.rtp.mark()
    tx, call.rtp.tx = call.rtp.tx, None
    call.rtp.play(1000)
    call.rtp.wait_sent(call.rtp.sent + 60)
    call.rtp.play(300)
    call.rtp.wait_sent(call.rtp.sent + 2)
    call.rtp.tx = tx
    # what comes after it has come: of what was in the clear nothing has
    both_hear(call, there, 300, 400)
    for packet in there.rtp.voice(mark):
        assert audio.share(audio.decode(packet.pt, packet.payload),
                           300) > 0.9
    assert end(tandem, call, there) <= 4
