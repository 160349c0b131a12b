"""RTP bleed and injection (CVE-2017-14099, CVE-2017-14100, CVE-2025-53399):
whoever sprays the ports of the media gets nothing and is not heard, whenever
the spray begins, RTP or RTCP, from another host or from the same one."""

import socket
import struct
import time

import pytest

from harness import audio
from harness.office import phones_conf
from harness.spray import (LOUD, PLAN, THIEF, Spray, go_on,
                           recording_is_clean, through_a_call)
from harness.talk import both_hear, connect, ring

OFFICE = phones_conf(["1001", "1002"], "disallow=all\nallow=ulaw\nnat={nat}")


def begin(make_tandem, phones, nat):
    tandem = make_tandem(sip=OFFICE.format(nat=nat), plan=PLAN)
    anna, bert = phones(tandem, "1001", "1002")
    call, there = ring(anna, bert)
    return tandem, call, there


@pytest.mark.parametrize("kind", ["rtp", "rtcp", "rtcp-sr"])
@pytest.mark.parametrize("nat", ["force_rport,comedia", "no"])
def test_cve_2017_14099_cve_2025_53399_rtp_bleed(make_tandem, phones,
                                                 closing, nat, kind):
    """The spray runs through all six moments of one call: before and while it
    rings, between the 200 and the first packet, in the talk, in a re-INVITE,
    and while the caller sends nothing."""
    tandem, call, there = begin(make_tandem, phones, nat)
    thief = closing(Spray(tandem, THIEF, kind))
    through_a_call(call, there, thief)
    recording_is_clean(tandem, call, there)


@pytest.mark.parametrize("kind", ["rtp", "rtcp-sr"])
def test_rtp_bleed_from_the_same_address(make_tandem, phones, closing, kind):
    """A neighbour behind the phone's own router: from its first packet on the
    phone is what is listened to."""
    tandem, call, there = begin(make_tandem, phones, "force_rport,comedia")
    there.accept(wait_ack=False)
    call.answered()
    call.talk(300)
    there.talk(400)
    both_hear(call, there, 300, 400)
    thief = closing(Spray(tandem, "127.0.0.1", kind))
    go_on(call, there, thief)
    recording_is_clean(tandem, call, there)


@pytest.mark.parametrize("host", [THIEF, "127.0.0.1"])
def test_rtp_bleed_of_one_who_knows_the_ssrc(make_tandem, phones, host):
    """An oracle: the caller's own SSRC and next number, while she speaks."""
    tandem = make_tandem(sip=OFFICE.format(nat="force_rport,comedia"),
                         plan=PLAN)
    anna, bert = phones(tandem, "1001", "1002")
    call, there = connect(anna, bert, freqs=(300, 400))
    mark = there.rtp.mark()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        for _ in range(60):
            sock.sendto(struct.pack(
                "!BBHII", 0x80, 0, (call.rtp.seq + 1) & 0xffff,
                (call.rtp.ts + 160) & 0xffffffff, call.rtp.ssrc) + LOUD,
                call.remote_sdp.address)
            there.rtp.wait_packets(1, since=there.rtp.mark())
        sock.settimeout(0.2)
        with pytest.raises(socket.timeout):
            sock.recv(2048)
    assert audio.share(there.rtp.heard(mark), 1000) < 0.01
    both_hear(call, there, 300, 400)


def test_old_packets_of_one_call_are_not_heard_in_the_next(make_tandem,
                                                           phones):
    """AST-2017-012: what is under way still when a call ends does not enter
    the next call on that port; the port rests."""
    tandem = make_tandem(sip=OFFICE.format(nat="force_rport,comedia"),
                         plan=PLAN)
    anna, bert = phones(tandem, "1001", "1002")
    call, there = connect(anna, bert, freqs=(300, 400))
    old = call.remote_sdp.address
    call.bye()
    there.gone()
    call.talk(300)                      # it goes on sending
    again = anna.invite("1002")
    there = bert.pick_up(400)
    again.answered()
    again.talk(350)
    assert again.remote_sdp.address != old
    there.rtp.wait_tone(350)
    assert audio.share(there.rtp.heard(), 300) < 0.01


REST_S = 5                      # of a port that a call has had


def test_ports_of_a_call_rest(make_tandem, phones):
    """No call gets a port within five seconds of another one that had it,
    though there are but eight pairs to draw from."""
    tandem = make_tandem(sip=OFFICE.format(nat="no"), plan=PLAN, start=False)
    first = tandem.slot.rtp[0] + (tandem.slot.rtp[0] & 1)
    tandem.write("rtp.conf", f"[general]\nrtpstart={first}\n"
                             f"rtpend={first + 15}\n")
    tandem.start()
    anna, bert = phones(tandem, "1001", "1002")
    before = {}                 # port: when its call ended, or earlier
    for _ in range(4):
        call = anna.invite("1002")
        there = bert.pick_up(400)
        call.answered()
        ports = {call.remote_sdp.port, there.remote_sdp.port}
        now = time.monotonic()
        assert not [port for port in ports
                    if now - before.get(port, -REST_S) < REST_S], before
        before.update(dict.fromkeys(ports, time.monotonic()))
        call.bye()
        there.gone()
