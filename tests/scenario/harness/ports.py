"""Ports of the loopback that no other test has at the same time.

A test takes a slot of 200 ports.  The lowest port of a slot is bound as long
as the slot is in use, so that several test runs keep out of each other's way.
Slots lie below the range from which Linux takes ports by itself, and above
the one that rtp.conf has by default (other programs may use that).
"""

import random
import socket
import time

FIRST, LAST, SIZE = 20200, 32000, 200
PATIENCE = 60           # s, while others flood every port that there is
RTP = 120               # the upper ports of a slot are for Tandem's media


class Slot:
    """200 ports: signalling and programs below, Tandem's RTP above."""

    def __init__(self):
        end = time.monotonic() + PATIENCE
        while not self._any():
            if time.monotonic() > end:
                raise RuntimeError("no free ports for another test")
            time.sleep(0.2)

    def _any(self):
        """Take the best slot that there is."""
        bases = list(range(FIRST, LAST, SIZE))
        random.shuffle(bases)
        return any(self._lock(base, busy)
                   for busy in (0, 10, 40) for base in bases)

    def _lock(self, base, busy):
        """Take this one if not more of its ports are busy."""
        lock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            lock.bind(("127.0.0.1", base))
        except OSError:
            lock.close()
            return False
        if sum(not is_free(socket.SOCK_DGRAM, base + i)
               for i in range(1, SIZE)) > busy:
            lock.close()
            return False
        self.lock, self.base, self.used = lock, base, 0
        return True

    def take(self):
        """A port, even and free for UDP and TCP, with the next one."""
        while True:
            self.used += 2
            if self.used >= SIZE - RTP:
                raise RuntimeError("this test takes too many ports")
            port = self.base + self.used
            if all(is_free(kind, port + i) for i in (0, 1)
                   for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
                return port

    @property
    def rtp(self):
        return self.base + SIZE - RTP, self.base + SIZE - 1

    def close(self):
        self.lock.close()


def is_free(kind, port, host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as sock:
        try:
            sock.bind((host, port))
        except OSError:
            return False
    return True
