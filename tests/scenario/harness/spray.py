"""Whoever sprays the ports of the media while others talk: what he gets and
what is heard of him."""

import socket
import struct
import threading
import time

from . import audio, srtp
from .talk import both_hear

THIEF = "127.0.9.66"
SSRC = 0x0badf00d
LOUD = audio.encode(0, audio.tone(1000))

PLAN = """[office]
exten => _100X,1,MixMonitor(talk.wav,b)
 same => n,Dial(SIP/${EXTEN},20)
"""


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

    def wait(self, rounds=30, seconds=0):
        """So many times over all ports, for so long at least."""
        with self.news:
            goal, end = self.rounds + rounds, time.monotonic() + seconds
            assert self.news.wait_for(lambda: self.rounds >= goal
                                      and time.monotonic() >= end, 20)

    def close(self):
        with self.news:
            self.closed = True
            self.news.notify_all()
        for thread in self.threads:
            thread.join(5)
        self.sock.close()


class SecureSpray(Spray):
    """SRTP, but under a key of the thief's own."""

    def __init__(self, *args):
        self.keys = srtp.Context(srtp.new_key())
        super().__init__(*args)

    def packet(self):
        if self.kind == "srtcp":
            return self.keys.protect_rtcp(struct.pack(
                "!BBHIQIII", 0x80, 200, 6, SSRC, 1, 2, 3, 4))
        return self.keys.protect(super().packet())


def through_a_call(call, there, thief):
    """What rings is answered, and goes on: all six moments of the call."""
    thief.wait()                                        # unanswered
    there.accept(wait_ack=False)
    call.answered()
    thief.wait()                                        # answered, silent
    call.talk(300)
    there.talk(400)
    both_hear(call, there, 300, 400)
    go_on(call, there, thief)


def go_on(call, there, thief):
    """The rest of the moments, then what the thief has of it."""
    thief.wait()                                        # in the talk
    both_hear(call, there, 300, 400)
    assert call.reinvite().status == 200
    thief.wait()                                        # in a re-INVITE
    both_hear(call, there, 300, 400)
    call.rtp.pause()
    thief.wait(seconds=2)           # in a gap that a router would explain
    call.talk(300)
    both_hear(call, there, 300, 400)
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
