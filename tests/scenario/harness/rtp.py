"""An RTP end of a phone: sends tones and digits, keeps what it hears."""

import collections
import secrets
import socket
import struct
import threading
import time

from . import audio
from .wire import wake

EVENTS = "0123456789*#ABCD"


class Packet:
    """One RTP packet as it came."""

    def __init__(self, data, source):
        _, second, self.seq, self.ts, self.ssrc = struct.unpack(
            "!BBHII", data[:12])
        self.marker, self.pt = bool(second & 0x80), second & 0x7f
        self.payload = data[12 + 4 * (data[0] & 0x0f):]
        self.source = source
        self.at = time.monotonic()


class Rtp:
    """Sends 20 ms frames to `remote` while a tone is set."""

    def __init__(self, host="127.0.0.1"):
        self.sock, self.rtcp = self._pair(host)
        self.host, self.port = self.sock.getsockname()[:2]
        self.remote = None
        self.payload = 0            # codec that we send
        self.event_payload = 101
        self.frame = None
        self.digits = []
        self.packets = []
        self.news = threading.Condition()
        self.closed = False
        self.sent = 0
        self.tx = self.rx = None    # srtp.Context: SRTP
        self.bad = []               # from `remote`, with a wrong tag
        self.wired = collections.deque(maxlen=100)  # what we sent last
        self.seq = secrets.randbelow(30000)
        self.ts = secrets.randbelow(1 << 30)
        self.ssrc = secrets.randbits(32)
        self.wake = threading.Event()
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self._receive, self._send)]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def _pair(host):
        """An even port and the next one."""
        while True:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            rtp, rtcp = (socket.socket(family, socket.SOCK_DGRAM)
                         for _ in range(2))
            rtp.bind((host, 0))
            port = rtp.getsockname()[1]
            try:
                if port % 2 == 0:
                    rtcp.bind((host, port + 1))
                    return rtp, rtcp
            except OSError:
                pass
            rtp.close()
            rtcp.close()

    # ------------------------------------------------------------- receive

    def _receive(self):
        while not self.closed:
            try:
                data, source = self.sock.recvfrom(2048)
            except OSError:
                return
            if self.rx:
                plain = self.rx.unprotect(data)
                if plain is None:
                    if source and source[:2] == self.remote:
                        self.bad.append(data)
                    continue
                data = plain
            if len(data) < 12:
                continue
            with self.news:
                self.packets.append(Packet(data, source))
                self.news.notify_all()

    def wait(self, question, what, timeout=5):
        """Wait until question(packets) is true; its answer."""
        end = time.monotonic() + timeout
        with self.news:
            while True:
                answer = question(self.packets)
                if answer:
                    return answer
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        f"no {what} in {timeout} s, {len(self.packets)} "
                        f"packets came, {self.sent} went")
                self.news.wait(left)

    def mark(self):
        with self.news:
            return len(self.packets)

    def voice(self, since=0):
        with self.news:
            return [p for p in self.packets[since:] if p.pt in audio.DECODE]

    def heard(self, since=0, payload=None):
        """Samples heard since a mark."""
        return [s for p in self.voice(since)
                if payload is None or p.pt == payload
                for s in audio.decode(p.pt, p.payload)]

    def wait_tone(self, freq, seconds=0.2, timeout=6, since=0):
        """Hear a tone for so long, without another sound in it."""
        count = round(seconds * 50)

        def hears(packets):
            last = [p for p in packets[since:] if p.pt in audio.DECODE]
            last = last[-count:]
            return len(last) == count and audio.share(
                [s for p in last for s in audio.decode(p.pt, p.payload)],
                freq) > 0.9
        self.wait(hears, f"tone of {freq} Hz", timeout)

    def wait_sound(self, freq, seconds=0.1, timeout=6, since=0):
        """A sound that passes by (a prompt) was heard for so long, whenever
        one looks."""
        count, state = round(seconds * 50), {"next": 0}

        def heard(packets):
            voice = [p for p in packets[since:] if p.pt in audio.DECODE]
            while state["next"] + count <= len(voice):
                part = voice[state["next"]:state["next"] + count]
                state["next"] += 1
                if audio.share([s for p in part for s in
                                audio.decode(p.pt, p.payload)], freq) > 0.9:
                    return True
            return False
        self.wait(heard, f"sound of {freq} Hz", timeout)

    def wait_packets(self, count, since=0, timeout=6):
        return self.wait(lambda p: len(p) - since >= count,
                         f"{count} packets", timeout)

    def wait_sent(self, count, timeout=8):
        self.wait(lambda _: self.sent >= count, f"{count} packets sent",
                  timeout)

    def wait_digit(self, digit, since=0, timeout=5):
        """The end of an RFC 4733 event; its packets."""
        def done(packets):
            events = [p for p in packets[since:]
                      if p.pt == self.event_payload and len(p.payload) == 4
                      and p.payload[0] == EVENTS.index(digit)]
            return events if any(p.payload[1] & 0x80
                                 for p in events) else None
        return self.wait(done, f"digit {digit}", timeout)

    # ---------------------------------------------------------------- send

    def start(self, remote, payload=0, freq=None):
        """Send to this address; silence until play()."""
        self.payload, self.remote = payload, remote
        self.play(freq)

    def play(self, freq):
        """A multiple of 50 Hz; None is silence."""
        samples = audio.tone(freq) if freq else [0] * audio.FRAME
        self.frame = audio.encode(self.payload, samples)
        self.wake.set()

    def pause(self):
        """Send nothing at all."""
        self.frame = None

    def press(self, digits, ms=100):
        """RFC 4733, in place of the tone."""
        for digit in digits:
            self.digits.append((EVENTS.index(digit), ms))
        self.wake.set()

    def _send(self):
        due = time.monotonic()
        event = None
        while not self.closed:
            if self.remote is None or (self.frame is None
                                       and not self.digits and not event):
                self.wake.wait(0.2)
                self.wake.clear()
                due = time.monotonic()
                continue
            if not event and self.digits:
                code, ms = self.digits.pop(0)
                event = [code, 0, ms * 8, self.ts, 3]
            if event:
                event = self._send_event(event)
            elif self.frame is not None:
                self._packet(self.payload, self.ts, self.frame, False)
            self.ts = (self.ts + audio.FRAME) & 0xffffffff
            due += 0.02
            time.sleep(max(0, due - time.monotonic()))

    def _send_event(self, event):
        code, done, length, ts, ends = event
        done = min(done + audio.FRAME, length)
        last = done >= length
        self._packet(self.event_payload, ts, struct.pack(
            "!BBH", code, (0x80 if last else 0) | 10, done),
            done == audio.FRAME)
        if last:
            ends -= 1
        if ends:
            return [code, done, length, ts, ends]
        return None

    def _packet(self, pt, ts, payload, marker):
        head = struct.pack("!BBHII", 0x80, pt | (0x80 if marker else 0),
                           self.seq, ts & 0xffffffff, self.ssrc)
        self.seq = (self.seq + 1) & 0xffff
        data, tx = head + payload, self.tx
        try:
            self.wired.append(tx.protect(data) if tx else data)
            self.sock.sendto(self.wired[-1], self.remote)
        except OSError:
            pass
        with self.news:
            self.sent += 1
            self.news.notify_all()

    def close(self):
        if self.closed:
            return
        self.closed = True
        self.wake.set()
        wake(self.sock)
        for thread in self.threads:
            thread.join(2)
        self.sock.close()
        self.rtcp.close()
