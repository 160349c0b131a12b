"""Strangers and the calls of others: requests with stolen dialog ids, media
that is to go to a third one (docs/security.md)."""

import re
import socket
import struct
import time

import pytest

from harness.office import phones_conf
from harness.sip import Message, credentials, param, sdp, token
from harness.talk import both_hear, connect, ring

THIEF = "127.0.9.66"
VICTIM = "127.0.9.77"

OFFICE = phones_conf(["1001", "1002"])

PLAN = """[office]
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => 600,1,Answer()
 same => n,Echo()
exten => 601,1,Answer()
 same => n,Playback(long)
 same => n,Wait(5)
[public]
exten => 700,1,Answer()
 same => n,Playback(long)
 same => n,Wait(5)
exten => 701,1,Progress()
 same => n,Playback(long,noanswer)
 same => n,Wait(5)
exten => 702,1,Answer()
 same => n,Echo()
"""


class Thief:
    """Knows everything of a dialog, but is somewhere else."""

    def __init__(self, tandem, call, host=THIEF):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.host, self.port = self.sock.getsockname()
        self.server = ("127.0.0.1", tandem.port)
        self.call = call

    def send(self, method, headers=(), body="", cseq=None, via=None):
        call = self.call
        head = [("Via", via or f"SIP/2.0/UDP {self.host}:{self.port};branch="
                               f"{token('z9hG4bK')};rport"),
                ("Max-Forwards", "70"), ("From", call.local),
                ("To", call.remote), ("Call-ID", call.call_id),
                ("CSeq", f"{cseq or call.cseq + 50} {method}"),
                ("Contact", f"<sip:thief@{self.host}:{self.port}>"),
                *headers]
        if body:
            head.append(("Content-Type", "application/sdp"))
        self.sock.sendto(Message(f"{method} {call.target} SIP/2.0", head,
                                 body).encode(), self.server)

    def answer(self, seconds=2):
        self.sock.settimeout(seconds)
        try:
            while True:
                answer = Message.parse(self.sock.recv(65536))
                if answer.status >= 200:
                    return answer
        except socket.timeout:
            return None

    def close(self):
        self.sock.close()


@pytest.fixture
def talk(make_tandem, phones, closing):
    tandem = make_tandem(sip=OFFICE, plan=PLAN)
    anna, bert = phones(tandem, "1001", "1002")
    call, there = connect(anna, bert, freqs=(300, 400))
    return tandem, call, there, closing(Thief(tandem, call))


@pytest.mark.parametrize("method,headers,body", [
    ("BYE", (), False),
    ("INVITE", (), True),
    ("UPDATE", (), True),
    ("INFO", (("Content-Type", "application/dtmf-relay"),), False),
    ("REFER", (("Refer-To", "<sip:600@127.0.0.1>"),), False),
    ("SUBSCRIBE", (("Event", "refer"),), False),
    ("NOTIFY", (("Event", "refer"),
                ("Subscription-State", "active")), False),
    ("PRACK", (("RAck", "1 1 INVITE"),), False),
    ("MESSAGE", (), False)])
def test_spoofed_request_in_a_dialog(talk, method, headers, body):
    """CVE-2021-37624 and its kind: the right Call-ID, tags and a higher CSeq,
    from another address: challenged or refused; the call does not notice."""
    tandem, call, there, thief = talk
    media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    media.bind((VICTIM, 0))
    thief.send(method, headers, sdp(VICTIM, media.getsockname()[1],
                                    version=9) if body else "")
    answer = thief.answer()
    assert answer is None or answer.status in (
        401, 403, 405, 481, 489, 501), answer
    both_hear(call, there, 300, 400)
    media.settimeout(0.3)
    with media, pytest.raises(socket.timeout):
        media.recv(2048)
    assert all(not m.is_request or m.first.split()[0] in ("INVITE", "ACK",
                                                          "OPTIONS")
               for m in there.phone.log)
    call.bye()
    there.gone()


def test_spoofed_bye_with_a_wrong_password(talk):
    tandem, call, there, thief = talk
    thief.send("BYE")
    first = thief.answer()
    assert first.status == 401
    for _ in range(5):
        thief.send("BYE", [("Authorization",
                            'Digest username="1001", realm="asterisk", '
                            f'nonce="{"0" * 40}", uri="sip:a", '
                            f'response="{"0" * 32}"')])
        assert thief.answer().status in (401, 403)

    # to our own challenge, too
    thief.send("BYE", [("Authorization", credentials(
        first["WWW-Authenticate"], "BYE", call.target, "1001",
        "wrong-Wort-77"))])
    assert thief.answer().status == 403
    both_hear(call, there, 300, 400)


def test_spoofed_request_to_a_line_without_a_secret(make_tandem, phones,
                                                    slot, closing):
    """Who cannot be asked for a password is believed by address alone."""
    port = slot.take()
    tandem = make_tandem(
        sip=OFFICE + f"[line]\ntype=peer\nhost=127.0.0.1\nport={port}\n",
        plan=PLAN.replace("exten => 600", "exten => _0X.,1,"
                          "Dial(SIP/${EXTEN:1}@line,20)\nexten => 600", 1))
    line = phones(tandem, "line", register=False, port=port)
    call, there = connect(phones(tandem, "1001"), line, "0123",
                          freqs=(300, 400))
    thief = closing(Thief(tandem, there))
    for method in ("BYE", "INVITE", "UPDATE", "INFO", "REFER"):
        thief.send(method, [("Refer-To", "<sip:600@127.0.0.1>")],
                   sdp(VICTIM, 4000, version=9)
                   if method in ("INVITE", "UPDATE") else "")
        assert thief.answer().status == 481, method
    both_hear(call, there, 300, 400)
    there.bye()
    call.gone()


def test_spoofed_cancel(make_tandem, phones, closing):
    """The Via of the INVITE, from elsewhere (RFC 3261 9.1)."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN)
    anna, bert = phones(tandem, "1001", "1002")
    call, there = ring(anna, bert)
    thief = closing(Thief(tandem, call))
    thief.send("CANCEL", cseq=call.invite.cseq[0],
               via=call.invite["Via"])
    assert thief.answer().status == 481
    there.accept()
    call.answered()
    assert not bert.got("CANCEL")


def test_replaces_of_a_guest(make_tandem, phones):
    """Guests are let in, but none takes over a call of which it knows all."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN,
                         general="allowguest=yes\ncontext=public")
    anna, bert = phones(tandem, "1001", "1002")
    guest = phones(tandem, "stranger", register=False, host=THIEF)
    call = anna.invite("1002")
    there = bert.incoming()
    there.ring()
    call.wait(180)

    def takes(side):
        value = (f"{side.call_id};to-tag={param(side.remote, 'tag')}"
                 f";from-tag={param(side.local, 'tag')}")
        return guest.invite("700", headers=[("Replaces", value)]).final()

    assert takes(there).status == 403
    there.accept()
    call.answered()
    call.talk(300)
    there.talk(400)
    assert takes(call).status == takes(there).status == 403
    both_hear(call, there, 300, 400)


def test_spoofed_ack_and_bye_of_no_dialog(make_tandem, phones, closing):
    """F10: answers to nothing are dropped without a word."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN)
    anna = phones(tandem, "1001")
    call = anna.call("600", 300)
    call.rtp.wait_tone(300)
    thief = closing(Thief(tandem, call))
    call.call_id, keep = token("other"), call.call_id
    thief.send("ACK")
    assert thief.answer(0.3) is None
    thief.send("BYE")
    assert thief.answer().status == 481
    call.call_id = keep
    call.bye()


def test_a_stale_cseq_is_refused(talk):
    """500 for an older number (RFC 3261 12.2.2), also from the right place."""
    tandem, call, there, thief = talk
    call.cseq = 10
    assert call.request("INFO").status != 500
    message = call.build("BYE", cseq=3)
    assert call.transact(message).status == 500
    both_hear(call, there, 300, 400)


# ------------------------------------------------- media for a third one

def listen():
    """A victim who listens: RTP and RTCP."""
    while True:
        rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                     for _ in range(2))
        rtp.bind((VICTIM, 0))
        port = rtp.getsockname()[1]
        try:
            if port % 2 == 0:
                rtcp.bind((VICTIM, port + 1))
                return rtp, rtcp, port
        except OSError:
            pass
        rtp.close()
        rtcp.close()


def nothing_comes(rtp, rtcp, seconds=1.5):
    time.sleep(seconds)
    for sock in (rtp, rtcp):
        sock.setblocking(False)
        with sock, pytest.raises(BlockingIOError):
            sock.recv(2048)


def long_prompt(tandem):
    """Ten seconds of tone."""
    tandem.tones({"long": 400}, 80000, "sounds")


@pytest.mark.parametrize("exten", ["700", "701", "702"])
def test_sdp_of_a_guest_names_a_victim(make_tandem, phones, exten):
    """Guests are let in, and a guest's description points at a third one: not
    one packet goes there, early or answered, played or echoed."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN,
                         general="allowguest=yes\ncontext=public")
    long_prompt(tandem)
    guest = phones(tandem, "stranger", register=False, host=THIEF)
    rtp, rtcp, port = listen()
    call = guest.invite(exten, body=sdp(VICTIM, port))
    if exten == "701":
        call.wait(183)
    else:
        call.answered()
    nothing_comes(rtp, rtcp)


@pytest.mark.parametrize("exten", ["601", "600"])
def test_sdp_of_a_phone_names_a_victim(make_tandem, phones, exten):
    """A stolen account: the same."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN)
    long_prompt(tandem)
    phone = phones(tandem, "1001", host=THIEF)
    rtp, rtcp, port = listen()
    call = phone.invite(exten, body=sdp(VICTIM, port))
    call.answered()
    if exten == "600":                  # what it sends is echoed to itself
        call.rtp.start(call.remote_sdp.address, 0, 300)
    nothing_comes(rtp, rtcp)


def test_sdp_of_a_reinvite_names_a_victim(talk):
    tandem, call, there, thief = talk
    rtp, rtcp, port = listen()
    response = call.request("INVITE", body=sdp(VICTIM, port, version=7))
    assert response.status in (200, 403, 488)
    nothing_comes(rtp, rtcp)


def test_phone_that_hears_first_still_gets_audio(make_tandem, phones):
    """The other side of it: a phone at its own address needs to send nothing
    to hear."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN)
    long_prompt(tandem)
    phone = phones(tandem, "1001", host=THIEF)
    call = phone.invite("601")
    call.answered()
    call.rtp.wait_tone(400)


@pytest.mark.parametrize("where", ["224.0.0.1", "255.255.255.255",
                                   "0.0.0.0"])
def test_sdp_names_no_host(make_tandem, phones, where):
    tandem = make_tandem(sip=OFFICE, plan=PLAN)
    long_prompt(tandem)
    phone = phones(tandem, "1001", host=THIEF)
    call = phone.invite("601", body=sdp(where, 4000))
    assert call.final().status in (200, 488)
    assert phones(tandem, "1002").register().status == 200


def test_own_ports_in_the_sdp_make_no_loop(make_tandem, phones):
    """A description that points at our own media ports."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN)
    phone = phones(tandem, "1001")
    one = phone.call("600", 300)
    one.rtp.wait_tone(300)
    own = one.remote_sdp
    two = phone.invite("600", body=sdp(own.host, own.port))
    assert two.final().status in (200, 488)
    head = struct.pack("!BBHII", 0x80, 0, 1, 160, 7)
    one.rtp.sock.sendto(head + b"\xff" * 160, own.address)
    time.sleep(1)
    text = tandem.console("sip show channelstats")
    packets = [int(n) for n in re.findall(r"\b\d{10}\b", text)]
    assert packets and max(packets) < 1000, text


# ---------------------------------------------------- media of strangers

def test_rtp_of_a_stranger_moves_nothing(talk):
    """RTP bleed and injection: a spray over all ports from elsewhere hears
    nothing, and nobody hears it."""
    tandem, call, there, thief = talk
    spray = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    spray.bind((THIEF, 0))
    low, high = tandem.slot.rtp
    mark = there.rtp.mark()
    for seq in range(40):
        for port in range(low, high + 1):
            data = struct.pack("!BBHII", 0x80, 0, seq, seq * 160, 0x11111111)
            spray.sendto(data + b"\x00" * 160, ("127.0.0.1", port))
            spray.sendto(b"\x80\xc8\x00\x00", ("127.0.0.1", port))
        time.sleep(0.01)
    both_hear(call, there, 300, 400)
    assert all(p.ssrc != 0x11111111 for p in there.rtp.packets[mark:])
    spray.settimeout(0.2)
    with spray, pytest.raises(socket.timeout):
        spray.recv(2048)
