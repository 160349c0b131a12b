"""Connections that are held, cut and filled: TCP and TLS as they were used to
stop others.  Phones go on, and nothing of it is left (docs/security.md)."""

import random
import re
import socket
import ssl
import struct
import subprocess
import time

import pytest

from harness.lines import until
from harness.office import phones_conf
from harness.phone import Phone

OFFICE = phones_conf(["1001", "1002"], "transport=tcp,tls,udp")

PLAN = "[office]\nexten => 600,1,Answer()\n same => n,Echo()\n"


@pytest.fixture
def office(make_tandem, phones):
    """Tandem with TLS; a phone of each kind goes on to be served."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN, tls=True,
                         general="tcpauthtimeout=2")
    memory, files = tandem.resources()
    yield tandem
    for transport in ("tcp", "tls", "udp"):
        phone = phones(tandem, "1002", transport=transport)
        begin = time.monotonic()
        assert phone.register().status == 200
        assert time.monotonic() - begin < 3
        phone.close()
    until(lambda: tandem.resources()[1] <= files + 3, "descriptors back", 20)
    assert tandem.resources()[0] <= memory + 16384


def connect(tandem, port=None, host="127.0.0.1"):
    return socket.create_connection((tandem.host, port or tandem.port), 5,
                                    (host, 0))


def ends(sock, seconds):
    """It is closed by the other side within that time."""
    sock.settimeout(seconds)
    try:
        while sock.recv(65536):
            pass
    except (ConnectionError, ssl.SSLError):
        pass


def request(text="", more=""):
    return (f"OPTIONS sip:600@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP x"
            f";branch=z9hG4bK{random.getrandbits(60):x}\r\n"
            "From: <sip:1001@a>;tag=1\r\nTo: <sip:600@a>\r\nCall-ID: "
            f"{random.getrandbits(60):x}\r\nCSeq: 1 OPTIONS\r\n"
            f"Max-Forwards: 9\r\n{more}Content-Length: {len(text)}\r\n\r\n"
            f"{text}").encode()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.9.7"])
def test_reader_that_never_reads(office, phones, host):
    """It asks and asks and takes no answer, at a phone's address or a
    stranger's: what waits for it is bounded, it is cut, and the others do not
    notice."""
    phone = phones(office, "1001", transport="tcp")
    before = office.resources()[0]
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.bind((host, 0))
        lazy.connect((office.host, office.port))
        lazy.setblocking(False)
        data, end = b"", time.monotonic() + 15
        while time.monotonic() < end:
            data = data or request(more="X: " + "y" * 200 + "\r\n") * 20
            try:
                data = data[lazy.send(data):]
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                break
        else:
            raise AssertionError("it is still open")
    assert office.resources()[0] <= before + 8192
    assert phone.register().status == 200


def test_stall_reset_and_garbage_ast_2014_007(office):
    """Nine bytes of a body of ten, a reset at each place of a message, noise
    after a message."""
    socks = [connect(office)]
    socks[0].sendall(request("1234567890")[:-1])
    for noise in (b"\x00" * 5000, b"\xff" * 5000, b"GET / HTTP/1.0\r\n\r\n",
                  b"\r\n" * 20000, b"A" * 100000, bytes(range(256)) * 20):
        socks.append(connect(office))
        try:
            socks[-1].sendall(request() + noise)
        except OSError:
            pass
    rng = random.Random(7)
    data = request("hello world")
    for _ in range(100):
        sock = connect(office)
        sock.sendall(data[:rng.randrange(1, len(data))])
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        sock.close()                                # RST
    for sock in socks:
        ends(sock, 6)
        sock.close()


# ---------------------------------------------------------------------- TLS

def hello():
    """The first flight of a client."""
    out = ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="x")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


def test_handshakes_that_never_end(office, phones):
    """Sixty clients say hello, or half of it, and nothing more: they are
    closed when their time is over; a phone gets in beside them."""
    first = hello()
    socks = []
    for i in range(60):
        sock = connect(office, office.tls_port, f"127.0.9.{i % 6 + 1}")
        try:
            sock.sendall(first if i % 2 else first[:len(first) // 2])
        except OSError:
            pass
        socks.append(sock)
    phone = phones(office, "1001", transport="tls")
    assert phone.register().status == 200
    for sock in socks:
        ends(sock, 15)
        sock.close()
    assert phone.register().status == 200


def test_cut_handshakes_ast_2021_009(office):
    """A reset at each place of a handshake, while others are under way."""
    first = hello()
    for n in list(range(0, len(first), 9)) + [len(first)] * 20:
        sock = connect(office, office.tls_port)
        sock.sendall(first[:n])
        if n == len(first):
            sock.recv(1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        sock.close()
    for record in (b"\x16\x03\x01\xff\xff" + b"\0" * 100,
                   b"\x15\x03\x03\x00\x02\x02\x28",     # an alert
                   b"\x18\x03\x02\x00\x03\x01\x40\x00",     # heartbeat
                   b"\x80\x2e\x01\x00\x02" + b"\0" * 50,    # SSL 2
                   request()):
        with connect(office, office.tls_port) as sock:
            try:
                sock.sendall(record)
            except OSError:
                pass
            ends(sock, 6)


def s_client(tandem, *words, data=b""):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{tandem.tls_port}",
         *words], input=data, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=20, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def test_old_versions_and_renegotiation_ast_2014_011(office):
    """TLS 1.0 and 1.1 are refused, 1.2 and 1.3 are not; a client that wants
    to begin anew in the middle gets no second handshake."""
    for version in ("-tls1", "-tls1_1"):
        status, text = s_client(office, version, "-cipher",
                                "ALL:@SECLEVEL=0")
        assert "Cipher is (NONE)" in text, text
    for version in ("-tls1_2", "-tls1_3"):
        status, text = s_client(office, version)
        assert re.search(r"Cipher is [A-Z0-9_-]{9,}", text), text
    status, text = s_client(office, "-tls1_2", data=b"R\n" * 3)
    assert "RENEGOTIATING" in text
    assert "no renegotiation" in text.lower(), text


def test_phones_with_the_wrong_idea_of_tls(office):
    """Plain text at the TLS port and TLS at the plain one: both end."""
    with connect(office, office.tls_port) as sock:
        sock.sendall(request())
        ends(sock, 6)
    with connect(office) as sock:
        sock.sendall(hello())
        ends(sock, 6)
    wrong = Phone((office.host, office.tls_port), "1001", "linde-Besen-1001",
                  "tcp")
    wrong.send(wrong.build("OPTIONS", "sip:127.0.0.1"))
    wrong.wait_end(6)
    wrong.close()
