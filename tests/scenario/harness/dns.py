"""A name server on the loopback whose answers a test decides on."""

import ipaddress
import socket
import struct
import threading

from .wire import wake

A, AAAA, SRV = 1, 28, 33


def labels(name):
    return b"".join(bytes([len(x)]) + x.encode()
                    for x in name.rstrip(".").split(".")) + b"\0"


def data_of(kind, value):
    """srv: (priority, weight, port, host)"""
    if kind == SRV:
        return struct.pack("!HHH", *value[:3]) + labels(value[3])
    return ipaddress.ip_address(value).packed


class NameServer:
    """set(name, kind, values); `mute`: says nothing; asked: questions."""

    def __init__(self, host="127.0.0.1"):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.address = "{}:{}".format(*self.sock.getsockname())
        self.records, self.asked = {}, []
        self.mute = False
        self.ttl = 60
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def set(self, name, kind, *values):
        self.records[name.lower(), kind] = values

    def srv(self, domain, *targets, transport="udp"):
        """targets: (priority, weight, port, host)"""
        service = "_sips._tcp" if transport == "tls" else f"_sip._{transport}"
        self.set(f"{service}.{domain}", SRV, *targets)

    def _run(self):
        while True:
            try:
                data, source = self.sock.recvfrom(2048)
            except OSError:
                return
            if not data:
                return              # close()
            try:
                answer = self._answer(data)
            except (IndexError, struct.error, UnicodeDecodeError):
                continue            # no question
            if not self.mute:
                self.sock.sendto(answer, source)

    def _answer(self, data):
        at, parts = 12, []
        while data[at]:
            parts.append(data[at + 1:at + 1 + data[at]].decode().lower())
            at += 1 + data[at]
        kind = struct.unpack("!H", data[at + 1:at + 3])[0]
        question = data[12:at + 5]
        name = ".".join(parts)
        self.asked.append((name, kind))
        values = self.records.get((name, kind), ())
        known = any(n == name for n, _ in self.records)
        out = struct.pack("!HHHHHH", struct.unpack("!H", data[:2])[0],
                          0x8180 | (0 if known else 3), 1, len(values), 0, 0)
        out += question
        for value in values:
            body = data_of(kind, value)
            out += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, self.ttl,
                                             len(body)) + body
        return out

    def close(self):
        """Nobody is left who reads what comes to this port later."""
        wake(self.sock)
        self.thread.join()
        self.sock.close()
