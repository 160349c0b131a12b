"""A bad line: datagrams late, early, twice or not at all.

    phone --- near [ line ] far --- Tandem

The phone sends to `near`, which comes out of `far`; what comes to `far` comes
out of `near`.  The dice have a seed: a test sees the same line each time.
"""

import heapq
import itertools
import random
import select
import socket
import threading
import time


class Line:
    """One direction's faults.  Times in seconds, chances from 0 to 1."""

    def __init__(self, delay=0.0, jitter=0.0, loss=0.0, twice=0.0,
                 swap=0.0, burst=1, seed=1):
        self.delay, self.jitter = delay, jitter
        self.loss, self.twice, self.swap = loss, twice, swap
        self.burst = burst          # packets that are lost together
        self.dice = random.Random(seed)
        self.losing = 0
        self.passed = self.lost = self.doubled = self.swapped = 0

    def times(self):
        """When a packet comes out: delays, none if it is lost."""
        if self.losing:
            self.losing -= 1
            self.lost += 1
            return []
        if self.dice.random() < self.loss:
            self.losing = self.burst - 1
            self.lost += 1
            return []
        late = self.delay + self.dice.uniform(0, self.jitter)
        if self.dice.random() < self.swap:
            late += 0.03            # behind the one that follows it
            self.swapped += 1
        self.passed += 1
        if self.dice.random() < self.twice:
            self.doubled += 1
            return [late, late + 0.005]
        return [late]


class Impairment:
    """Between a phone's RTP socket and Tandem.

    near, far: addresses; the description that Tandem gets has `far`, and the
    phone sends to `near`.
    """

    def __init__(self, up=None, down=None, host="127.0.0.1"):
        self.up, self.down = up or Line(), down or Line()
        self.socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                      for _ in range(2)]
        for sock in self.socks:
            sock.bind((host, 0))
        self.near, self.far = (s.getsockname() for s in self.socks)
        self.phone = self.server = None
        self.queue, self.count = [], itertools.count()
        self.done = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def connect(self, phone, server):
        """Addresses of both ends, as soon as they are known."""
        self.phone, self.server = phone, server

    def _run(self):
        while not self.done:
            wait = 0.1
            if self.queue:
                wait = max(0, min(wait, self.queue[0][0] - time.monotonic()))
            for sock in select.select(self.socks, [], [], wait)[0]:
                self._take(sock)
            while self.queue and self.queue[0][0] <= time.monotonic():
                _, _, sock, data, dst = heapq.heappop(self.queue)
                sock.sendto(data, dst)

    def _take(self, sock):
        data, _ = sock.recvfrom(2048)
        near, far = self.socks
        line, out, dst = (self.up, far, self.server) if sock is near else \
            (self.down, near, self.phone)
        if not dst:
            return
        now = time.monotonic()
        for late in line.times():
            heapq.heappush(self.queue, (now + late, next(self.count), out,
                                        data, dst))

    def close(self):
        self.done = True
        self.thread.join(3)
        for sock in self.socks:
            sock.close()
