"""RTP bleed and injection (CVE-2017-14099, CVE-2017-14100, CVE-2025-53399):
whoever sprays the ports of the media gets nothing and is not heard, whenever
the spray begins, RTP or RTCP, from another host or from the same one."""

import socket
import struct
import threading

import pytest

from harness import audio
from harness.office import phones_conf

THIEF = "127.0.9.66"
SSRC = 0x0badf00d

OFFICE = phones_conf(["1001", "1002"], "disallow=all\nallow=ulaw\nnat={nat}")

PLAN = """[office]
exten => _100X,1,MixMonitor(talk.wav,b)
 same => n,Dial(SIP/${EXTEN},20)
"""

LOUD = audio.encode(0, audio.tone(1000))


class Spray:
    """Sends to all media ports of a Tandem, again and again."""

    def __init__(self, tandem, host, kind):
        low, high = tandem.slot.rtp
        self.ports, self.kind = range(low, high + 1), kind
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.got, self.rounds, self.seq = [], 0, 0
        self.closed = False
        self.news = threading.Condition()
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self._send, self._receive)]
        for thread in self.threads:
            thread.start()

    def packet(self):
        self.seq += 1
        if self.kind == "rtcp":
            return b"\x80\xc8\x00\x00"      # four bytes: CVE-2017-14100
        if self.kind == "rtcp-sr":
            return struct.pack("!BBHIQIII", 0x80, 200, 6, SSRC, 1, 2, 3, 4)
        return struct.pack("!BBHII", 0x80, 0, self.seq & 0xffff,
                           self.seq * 160 & 0xffffffff, SSRC) + LOUD

    def _send(self):
        while not self.closed:
            packet = self.packet()
            for port in self.ports:
                try:
                    self.sock.sendto(packet, ("127.0.0.1", port))
                except OSError:             # nobody has that port
                    pass
            with self.news:
                self.rounds += 1
                self.news.notify_all()
                self.news.wait_for(lambda: self.closed, 0.01)

    def _receive(self):
        self.sock.settimeout(0.2)
        while not self.closed:
            try:
                self.got.append(self.sock.recv(2048))
            except OSError:                 # time-out, or nobody there
                pass

    def wait(self, rounds=30):
        with self.news:
            goal = self.rounds + rounds
            assert self.news.wait_for(lambda: self.rounds >= goal, 20)

    def close(self):
        with self.news:
            self.closed = True
            self.news.notify_all()
        for thread in self.threads:
            thread.join(5)
        self.sock.close()


@pytest.fixture
def spray():
    made = []

    def make(*args):
        made.append(Spray(*args))
        return made[-1]

    yield make
    for one in made:
        one.close()


def still_talking(call, there):
    a, b = call.rtp.mark(), there.rtp.mark()
    call.rtp.wait_tone(400, since=a)
    there.rtp.wait_tone(300, since=b)


def begin(make_tandem, phones, nat):
    tandem = make_tandem(sip=OFFICE.format(nat=nat), plan=PLAN)
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    there = bert.incoming()
    there.ring()
    call.wait(180)
    return tandem, call, there


def go_on(call, there, thief):
    """The rest of the moments, then what the thief has of it."""
    thief.wait()                                        # in the talk
    still_talking(call, there)
    assert call.reinvite().status == 200
    thief.wait()                                        # in a re-INVITE
    still_talking(call, there)
    call.rtp.pause()
    thief.wait(120)                                     # in a gap
    call.talk(300)
    still_talking(call, there)
    assert not thief.got, f"{len(thief.got)} packets for the thief"
    for rtp in (call.rtp, there.rtp):
        assert all(p.ssrc != SSRC for p in rtp.packets)
        assert not audio.seconds_of(rtp.heard(), 1000)


def recording_is_clean(tandem, call, there):
    call.bye()
    there.gone()
    row = tandem.cdr()[0]
    assert row["rec_state"] in ("complete", "gap")
    left, right = audio.read_wav(tandem.recording("talk.wav"))[1]
    for channel, freq in (left, 300), (right, 400):
        assert audio.seconds_of(channel, freq) > 0.5
        assert not audio.seconds_of(channel, 1000)


@pytest.mark.parametrize("kind", ["rtp", "rtcp", "rtcp-sr"])
@pytest.mark.parametrize("nat", ["force_rport,comedia", "no"])
def test_cve_2017_14099_cve_2025_53399_rtp_bleed(make_tandem, phones, spray,
                                                 nat, kind):
    """The spray runs through all six moments of one call: before and while it
    rings, between the 200 and the first packet, in the talk, in a re-INVITE,
    and while the caller sends nothing."""
    tandem, call, there = begin(make_tandem, phones, nat)
    thief = spray(tandem, THIEF, kind)
    thief.wait()                                        # unanswered
    there.accept(wait_ack=False)
    call.answered()
    thief.wait()                                        # answered, silent
    call.talk(300)
    there.talk(400)
    still_talking(call, there)
    go_on(call, there, thief)
    recording_is_clean(tandem, call, there)


@pytest.mark.parametrize("kind", ["rtp", "rtcp-sr"])
def test_rtp_bleed_from_the_same_address(make_tandem, phones, spray, kind):
    """A neighbour behind the phone's own router: from its first packet on the
    phone is what is listened to."""
    tandem, call, there = begin(make_tandem, phones, "force_rport,comedia")
    there.accept(wait_ack=False)
    call.answered()
    call.talk(300)
    there.talk(400)
    still_talking(call, there)
    thief = spray(tandem, "127.0.0.1", kind)
    go_on(call, there, thief)
    recording_is_clean(tandem, call, there)


def test_rtp_bleed_of_one_who_knows_the_ssrc(make_tandem, phones):
    """An oracle: the caller's own SSRC and next number, while she speaks."""
    tandem = make_tandem(sip=OFFICE.format(nat="force_rport,comedia"),
                         plan=PLAN)
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    there = bert.pick_up(400)
    call.answered()
    call.talk(300)
    still_talking(call, there)
    mark = there.rtp.mark()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((THIEF, 0))
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
    still_talking(call, there)


def test_old_packets_of_one_call_are_not_heard_in_the_next(make_tandem,
                                                           phones):
    """AST-2017-012: what is under way still when a call ends does not enter
    the next call on that port; the port rests."""
    tandem = make_tandem(sip=OFFICE.format(nat="force_rport,comedia"),
                         plan=PLAN)
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    there = bert.pick_up(400)
    call.answered()
    call.talk(300)
    still_talking(call, there)
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
