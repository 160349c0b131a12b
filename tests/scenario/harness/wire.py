"""Sockets that carry whole SIP messages: UDP, TCP, TLS."""

import queue
import socket
import ssl
import threading


def wake(sock):
    """Who reads from it stops."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass                # it does so although it says ENOTCONN


class Udp:
    """One socket; remembers nothing."""

    name = "UDP"

    def __init__(self, host="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.bind((host, port))
        self.local = self.sock.getsockname()[:2]

    def send(self, data, remote):
        self.sock.sendto(data, remote)

    def receive(self):
        """(bytes, source), None at the end"""
        try:
            data, source = self.sock.recvfrom(65536)
        except OSError:
            return None
        return (data, source[:2]) if source else None

    def close(self):
        wake(self.sock)
        self.sock.close()


def in_uri(host):
    """As it stands in a URI."""
    return f"[{host}]" if ":" in host else host


class Stream:
    """One connection, to the server."""

    def __init__(self, remote, tls=False, host="127.0.0.1", ca=None):
        self.name = "TLS" if tls else "TCP"
        self.remote = remote
        sock = socket.create_connection(remote, 5, (host, 0))
        sock.settimeout(None)
        if tls:
            context = ssl.create_default_context(cafile=ca)
            if not ca:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            sock = context.wrap_socket(sock, server_hostname=remote[0])
        self.sock = sock
        self.local = sock.getsockname()[:2]
        self.rest = b""
        self.pongs = 0
        self.lock = threading.Lock()

    def send(self, data, _remote=None):
        with self.lock:
            self.sock.sendall(data)

    def receive(self):
        while True:
            message = self._framed()
            if message:
                return message, self.remote
            try:
                data = self.sock.recv(65536)
            except (OSError, ValueError):
                return None
            if not data:
                return None
            self.rest += data

    def _framed(self):
        while self.rest[:2] == b"\r\n":
            self.rest, self.pongs = self.rest[2:], self.pongs + 1
        head, blank, body = self.rest.partition(b"\r\n\r\n")
        if not blank:
            return None
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() in (b"content-length", b"l"):
                length = int(value)
        if len(body) < length:
            return None
        size = len(head) + 4 + length
        message, self.rest = self.rest[:size], self.rest[size:]
        return message

    def close(self):
        wake(self.sock)
        self.sock.close()


class Listener:
    """Takes connections; a message's source is its connection's address.
    context: an ssl.SSLContext, or None for TCP"""

    def __init__(self, host="127.0.0.1", port=0, context=None):
        self.name = "TLS" if context else "TCP"
        self.context = context
        self.sock = socket.create_server((host, port))
        self.local = self.sock.getsockname()[:2]
        self.messages, self.conns = queue.Queue(), {}
        self.taken, self.names = 0, []      # connections; names indicated
        if context:
            context.sni_callback = \
                lambda sock, name, _: self.names.append(name)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, source = self.sock.accept()
            except OSError:
                break
            self.taken += 1
            threading.Thread(target=self._serve, args=(sock, source[:2]),
                             daemon=True).start()
        self.messages.put(None)

    def _serve(self, sock, source):
        try:
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
        except (OSError, ssl.SSLError):
            return                      # the other side did not like us
        stream = Stream.__new__(Stream)
        stream.remote, stream.sock, stream.rest = source, sock, b""
        stream.pongs, stream.lock = 0, threading.Lock()
        self.conns[source] = stream
        while (got := stream.receive()) is not None:
            self.messages.put(got)

    def send(self, data, remote):
        self.conns[remote].send(data)

    def receive(self):
        return self.messages.get()

    def close(self):
        wake(self.sock)
        self.sock.close()
        for stream in list(self.conns.values()):
            stream.close()
