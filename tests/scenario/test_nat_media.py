"""Audio through NATs (cases 20 to 26), and phones that are not like others."""

import selectors
import socket
import time

import pytest

from harness.lines import until
from harness.natcase import (SECRETS, both_hear, connect, registered,
                             the_rest, whole_case)
from harness.natlab import FAR, FAR6, SERVER, SERVER6
from harness.sip import Message, credentials, sdp, token
from harness.talk import talk_early

whole_matrix = pytest.mark.whole_matrix


# ---------------------------------------------------------------- many phones

class Storm:
    """Phones that register, all from one thread."""

    def __init__(self, router, users):
        self.socks, self.pick = {}, selectors.DefaultSelector()
        host = router.address()
        with router.home.inside():
            for user in users:
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                sock.bind((host, 0))
                self.socks[user] = sock
                self.pick.register(sock, selectors.EVENT_READ, user)
        self.host, self.calls = host, {u: token() for u in users}
        self.cseq = 0

    def message(self, user, challenge=None):
        port = self.socks[user].getsockname()[1]
        uri, aor = f"sip:{SERVER}", f"<sip:{user}@{SERVER}>"
        head = [("Via", f"SIP/2.0/UDP {self.host}:{port};branch="
                        f"{token('z9hG4bK')};rport"), ("Max-Forwards", "70"),
                ("From", f"{aor};tag={token()}"), ("To", aor),
                ("Call-ID", self.calls[user]),
                ("CSeq", f"{self.cseq} REGISTER"),
                ("Contact", f"<sip:{user}@{self.host}:{port}>"),
                ("Expires", "300"), ("User-Agent", "Hausapparat 3.1"),
                ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY")]
        if challenge:
            head.append(("Authorization", credentials(
                challenge, "REGISTER", uri, user, SECRETS[user])))
        return Message(f"REGISTER {uri} SIP/2.0", head).encode()

    def register(self, timeout):
        """All of them at once; how many were registered in time."""
        self.cseq += 1
        waits, end = {}, time.monotonic() + timeout
        for user in self.socks:
            self.send(waits, user, self.message(user), 0.5)
        self.cseq += 1
        done = 0
        while waits and time.monotonic() < end:
            for key, _ in self.pick.select(0.05):
                done += self.answer(waits, key)
            for user, (due, step, data) in list(waits.items()):
                if due < time.monotonic():      # Timer E
                    self.send(waits, user, data, min(2 * step, 4))
        return done

    def send(self, waits, user, data, step):
        waits[user] = time.monotonic() + step, step, data
        self.socks[user].sendto(data, (SERVER, 5060))

    def answer(self, waits, key):
        answer = Message.parse(key.fileobj.recv(4096))
        if answer.is_request or key.data not in waits \
                or answer.cseq[0] != Message.parse(
                    waits[key.data][2]).cseq[0]:
            return 0
        if answer.status == 401:
            self.send(waits, key.data, self.message(
                key.data, answer["WWW-Authenticate"]), 0.5)
            return 0
        return int(waits.pop(key.data) is not None
                   and answer.status == 200)

    def close(self):
        self.pick.close()
        for sock in self.socks.values():
            sock.close()


def test_c20_two_hundred_phones_behind_one_nat(lab, ring, closing, office):
    """They register at once, and again after their router started anew;
    nobody is taken for an attacker."""
    router = lab.router("port", "hotel")
    storm = closing(Storm(router, [str(5000 + i) for i in range(200)]))
    assert storm.register(30) == 200
    router.reboot()
    begin = time.monotonic()
    assert storm.register(20) == 200
    assert time.monotonic() - begin < 10    # 0.03 s on a quiet machine
    assert router.wan not in lab.tandem.console("guard show")
    whole_case(ring(router, "1001"), office)


# ----------------------------------------------------------------- IPv6

@pytest.mark.parametrize("host,server", [
    (FAR6, SERVER6), pytest.param("::ffff:" + FAR, SERVER,
                                  marks=whole_matrix)])
def test_c21_ipv6_and_ipv4(ring, host, server):
    """A phone over IPv6 and one behind an IPv4 NAT hear each other, each by
    an address of its own kind; one that writes its IPv4 address as an IPv6
    one, too."""
    mapped = host.startswith("::ffff:")
    six = ring(None, "1002", host=FAR if mapped else host,
               server=(server, 5060))
    if mapped:
        rtp = six.new_rtp()
        rtp.host = host
        six.new_rtp = lambda: rtp
    four = ring("symmetric", "1001")
    call, incoming = connect(four, six)
    assert call.remote_sdp.host == SERVER
    assert incoming.remote_sdp.host == server
    call.bye()
    incoming.gone()
    the_rest(four, six)
    if not mapped:
        call, incoming = connect(six, four)
        assert call.remote_sdp.host == SERVER6
        incoming.bye()
        call.gone()


@whole_matrix
def test_c21_phone_behind_nat64(ring, office):
    """It knows IPv6 only, and its router makes IPv4 of that: it names IPv6
    addresses, its packets come from an IPv4 one, and it gets IPv4 ones."""
    phone = ring("symmetric", "1001", register=False)
    phone.host = "2001:db8:64::5"
    registered(phone)
    rtp_of = phone.new_rtp

    def new_rtp():
        rtp = rtp_of()
        rtp.host = phone.host
        return rtp
    phone.new_rtp = new_rtp
    inside, out = whole_case(phone, office)
    assert inside.remote_sdp.host == out.remote_sdp.host == SERVER
    assert "2001:db8:64" not in "".join(m.text for m in office.log)


# ---------------------------------------------------------- what is described

ICE = ("a=ice-ufrag:8hhY", "a=ice-pwd:asd88fgpdd777uzjYhagZg",
       "a=candidate:1 1 UDP 2130706431 192.168.9.9 4000 typ host",
       "a=candidate:2 1 UDP 1694498815 203.0.113.99 4001 typ srflx raddr "
       "192.168.9.9 rport 4000", "a=rtcp-mux")


@whole_matrix
def test_c22_phone_with_ice(ring, office):
    """Its candidates are not used, and its audio is found as that of any."""
    phone = ring("symmetric", "1001")
    rtp = phone.new_rtp()
    phone.new_rtp = lambda: rtp
    call = phone.invite("1002", body=sdp(rtp.host, rtp.port, extra=ICE))
    incoming = office.incoming()
    assert "candidate" not in incoming.invite.text
    incoming.ring()
    incoming.accept()
    call.answered()
    assert "candidate" not in call.remote_sdp.text
    call.talk(400)
    incoming.talk(1000)
    both_hear(call, incoming)
    call.bye()
    incoming.gone()
    the_rest(phone, office)


# ---------------------------------------------------------------- early media

def test_c23_early_media_through_a_nat(ring, office):
    """The caller hears what comes before the answer, as soon as its first
    packets have opened its NAT."""
    phone = ring("symmetric", "1001")
    call, incoming, _ = talk_early(phone, office)
    incoming.accept()
    call.answered()
    both_hear(call, incoming)
    call.bye()
    incoming.gone()
    the_rest(phone, office)


# --------------------------------------------------------------- quiet phones

def opened(lab, ring, office):
    """The office talks to a phone for whose audio its router has a port open:
    (phone, call, its other end)"""
    router = lab.router("port", "opened")
    phone = ring(router, "1001")
    call = office.invite("1001")
    incoming = phone.incoming()
    router.forward("udp", incoming.rtp.port, phone.host)
    incoming.ring()
    incoming.accept()
    call.answered()
    call.talk(400)
    return phone, call, incoming


def wait_then_talk(end, freq):
    """A phone that speaks when it has heard something."""
    end.rtp.wait_packets(1, timeout=5)
    end.talk(freq)


def test_c24_phone_that_waits_to_hear_something(lab, ring, office):
    """Behind a NAT with a port opened for it: audio goes there on trial, and
    stays when it speaks."""
    phone, call, incoming = opened(lab, ring, office)
    wait_then_talk(incoming, 1000)
    both_hear(call, incoming)
    call.bye()
    incoming.gone()
    the_rest(phone, office)


def test_c24_two_phones_that_wait(ring, office):
    """Neither speaks before it hears something: Tandem begins."""
    phone = ring(None, "1001")
    call = office.invite("1001")
    incoming = phone.incoming()
    incoming.ring()
    incoming.accept()
    call.answered()
    wait_then_talk(incoming, 1000)
    wait_then_talk(call, 400)
    both_hear(call, incoming)
    call.bye()
    incoming.gone()
    the_rest(phone, office)


@whole_matrix
def test_c24_phone_that_never_speaks(lab, ring, office):
    """It hears a second, no more: nobody can be made to send audio to one who
    has not asked for it."""
    _, call, incoming = opened(lab, ring, office)
    incoming.rtp.wait_tone(400)
    call.rtp.wait_sent(150)
    assert 40 <= len(incoming.rtp.voice()) <= 60
    call.bye()
    incoming.gone()


# ------------------------------------------------------------ another address

@whole_matrix
@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_c25_another_port_in_a_call(ring, office, method):
    """The phone opens another socket and says so: few packets are lost."""
    phone = ring("symmetric", "1001")
    call, incoming = connect(office, phone)
    old = incoming.rtp
    call.rtp.pause()
    heard = len(call.rtp.voice())
    sent = old.sent
    incoming.rtp = phone.new_rtp()
    try:
        response = incoming.request(method, body=incoming.offer())
        assert response.status == 200, response
        incoming.remote_sdp = response.sdp()
        old.pause()
        incoming.talk(1000)
        incoming.rtp.wait_sent(30)
        incoming.rtp.pause()
        until(lambda: (old.sent - sent + incoming.rtp.sent)
              - (len(call.rtp.voice()) - heard) <= 6, "all but a few packets")
        call.talk(400)
        incoming.talk(1000)
        both_hear(call, incoming)
        call.bye()
        incoming.gone()
    finally:
        old.close()


@whole_matrix
def test_c25_answer_differs_from_early_media(ring, office):
    """The 200 names another port than the 183 did."""
    phone = ring("port", "1001")
    call = office.invite("1001")
    incoming = phone.incoming()
    incoming.progress()
    incoming.talk(1000)
    early = call.wait(183)
    call.remote_sdp = early.sdp()
    call.talk(400)
    call.rtp.wait_tone(1000)
    old = incoming.rtp
    incoming.rtp = phone.new_rtp()
    try:
        incoming.accept()
        call.answered()
        old.pause()
        incoming.talk(1000)
        call.talk(400)
        both_hear(call, incoming)
        call.bye()
        incoming.gone()
    finally:
        old.close()
    the_rest(phone, office)


# ------------------------------------------------------------ more than audio

@whole_matrix
def test_c26_video_fax_and_digits(ring, office):
    """A line of video or fax is declined and the audio goes on; digits pass
    both ways."""
    phone = ring("symmetric", "1001")
    call, incoming = connect(office, phone)
    body = incoming.offer() + "m=video 40000 RTP/AVP 96\r\n" \
        "a=rtpmap:96 H264/90000\r\n"
    response = incoming.request("INVITE", body=body)
    assert response.status == 200
    assert "m=video 0 " in response.text
    both_hear(call, incoming)
    fax = f"v=0\r\no=- 1 9 IN IP4 {phone.host}\r\ns=-\r\n" \
        f"c=IN IP4 {phone.host}\r\nt=0 0\r\nm=image 40002 udptl t38\r\n"
    assert incoming.request("INVITE", body=fax).status == 488
    both_hear(call, incoming)
    for one, other, digit in ((call, incoming, "5"), (incoming, call, "7")):
        mark = other.rtp.mark()
        one.rtp.press(digit)
        other.rtp.wait_digit(digit, mark)
    call.bye()
    incoming.gone()
    the_rest(phone, office)
