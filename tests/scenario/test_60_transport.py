"""Phones over TCP and TLS, the framing of streams, IPv6."""

import contextlib
import re
import socket
import ssl
import time

import pytest

from harness.office import OFFICE_SIP, SECRETS
from harness.phone import Phone
from harness.talk import both_talk

SIP = OFFICE_SIP.replace("host=dynamic",
                         "host=dynamic\ntransport=udp,tcp,tls")


@pytest.fixture
def tandem(make_tandem):
    return make_tandem(sip=SIP, tls=True)


def option(phone):
    return phone.build("OPTIONS", f"sip:600@{phone.domain}",
                       **{"Call-ID": f"o{time.monotonic_ns()}@x"})


# -------------------------------------------------------------------- calls

@pytest.mark.parametrize("one,other", [
    ("tcp", "udp"), ("udp", "tcp"), ("tls", "udp"), ("udp", "tls"),
    ("tcp", "tls"), ("tls", "tls")])
def test_call(tandem, phones, one, other):
    """The connection that a phone opened is the way back to it."""
    anna = phones(tandem, "1001", transport=one)
    bert = phones(tandem, "1002", transport=other)
    call = anna.invite("1002")
    incoming = bert.incoming()
    assert incoming.invite["Via"].startswith(f"SIP/2.0/{other.upper()} ")
    if other != "udp":
        assert f"transport={other}" in incoming.invite["Contact"]
    incoming.ring()
    incoming.accept()
    call.answered()
    both_talk(call, incoming)
    incoming.bye()
    call.gone()


def test_transport_of_the_peer(make_tandem, phones):
    """transport=udp: a registration over TCP is refused."""
    tandem = make_tandem(sip=OFFICE_SIP.replace(
        "host=dynamic", "host=dynamic\ntransport=udp"))
    assert phones(tandem, "1001", register=False,
                  transport="tcp").register().status == 403


def test_tls_certificate(tandem, cert):
    """The name in the certificate is checked by a phone that knows the CA;
    old versions are not spoken."""
    context = ssl.create_default_context(cafile=str(cert))
    with socket.create_connection(("127.0.0.1", tandem.tls_port), 5) as raw:
        with context.wrap_socket(raw, server_hostname="127.0.0.1") as sock:
            assert sock.version() in ("TLSv1.2", "TLSv1.3")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", tandem.tls_port), 5) as raw:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(raw).close()


def test_connection_lost(tandem, phones):
    """A phone whose connection has gone is not called into the void."""
    bert = phones(tandem, "1002", transport="tcp")
    anna = phones(tandem, "1001")
    bert.close()
    call = anna.invite("1002")
    assert call.final().status >= 480


def test_connection_lost_of_one_of_three(make_tandem, phones):
    """The other phones of the account ring, the older and the newer one."""
    tandem = make_tandem(sip=SIP.replace("[1002](phone)",
                                         "[1002](phone)\nmaxcontacts=3"))
    anna, old = phones(tandem, "1001", "1002")
    lost = phones(tandem, "1002", register=False, transport="tcp")
    assert lost.register(
        contact="<sip:1002@192.0.2.9:5060;transport=tcp>").status == 200
    new = phones(tandem, "1002")
    mark = tandem.log.mark()
    lost.wire.close()
    tandem.log.wait("1002: the connection from .* has gone", since=mark)
    call = anna.invite("1002")
    for phone in (old, new):
        phone.incoming().refuse(486)
    assert call.final().status == 486


# ------------------------------------------------------------------ framing

def raw(tandem, tls=False):
    sock = socket.create_connection(
        ("127.0.0.1", tandem.tls_port if tls else tandem.port), 5)
    if tls:
        context = ssl._create_unverified_context()
        sock = context.wrap_socket(sock)
    sock.settimeout(5)
    return sock


def read_message(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length:\s*(\d+)", head)[1])
    while len(body) < length:
        body += sock.recv(65536)
    return head


def text_of(tandem, call_id="frame", length="Content-Length: 0\r\n",
            more=""):
    return (f"OPTIONS sip:600@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK{call_id};rport\r\n"
            "Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\n"
            f"To: <sip:600@127.0.0.1>\r\nCall-ID: {call_id}\r\n"
            f"CSeq: 1 OPTIONS\r\n{more}{length}\r\n").encode()


@pytest.mark.parametrize("tls", [False, True], ids=["tcp", "tls"])
def test_message_in_pieces(tandem, tls):
    """One byte at a time."""
    with raw(tandem, tls) as sock:
        if not tls:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in text_of(tandem):
            sock.sendall(bytes([byte]))
        assert b"SIP/2.0 " in read_message(sock)


def test_two_messages_in_one_piece(tandem):
    with raw(tandem) as sock:
        sock.sendall(text_of(tandem, "one") + text_of(tandem, "two"))
        data = b""
        while data.count(b"\r\n\r\n") < 2:
            data += sock.recv(65536)
        assert re.findall(rb"Call-ID: (\w+)", data) == [b"one", b"two"]


def test_keepalive_is_answered(tandem):
    """RFC 5626 3.5.1: CRLF CRLF gets CRLF."""
    with raw(tandem) as sock:
        sock.sendall(b"\r\n\r\n")
        assert sock.recv(16) == b"\r\n"


@pytest.mark.parametrize("length", [
    "Content-Length: -1\r\n", "Content-Length: five\r\n",
    "Content-Length: 4294967296\r\n", "Content-Length: 99999999\r\n",
    "Content-Length: 1\r\nContent-Length: 2\r\n", ""])
def test_bad_framing_ends_the_connection(tandem, length):
    """An answer if there can be one, then the end: never read on."""
    with raw(tandem) as sock:
        sock.sendall(text_of(tandem, "bad", length) + text_of(tandem, "2nd"))
        data = b""
        try:
            while True:
                more = sock.recv(65536)
                if not more:
                    break
                data += more
        except ConnectionError:
            pass
        assert re.match(rb"SIP/2\.0 4\d\d ", data), data
        assert b"2nd" not in data
    with raw(tandem) as sock:
        sock.sendall(text_of(tandem, "good"))
        assert b"SIP/2.0 " in read_message(sock)


def test_slow_client_is_closed(make_tandem):
    """tcpauthtimeout: who does not finish a message goes."""
    tandem = make_tandem(general="tcpauthtimeout=1")
    with raw(tandem) as sock:
        sock.sendall(b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: ")
        begin = time.monotonic()
        try:
            assert sock.recv(100) == b""
        except ConnectionError:
            pass
        assert time.monotonic() - begin < 4


def test_many_idle_connections_do_not_stop_phones(make_tandem, phones):
    """A stranger opens all he may; a phone still registers over TCP."""
    tandem = make_tandem(sip=SIP)
    idle = []
    try:
        for i in range(120):
            sock = socket.socket()
            sock.bind(("127.0.0.9", 0))
            sock.settimeout(2)
            try:
                sock.connect(("127.0.0.1", tandem.port))
            except OSError:
                sock.close()
                continue
            idle.append(sock)
        phone = phones(tandem, "1001", transport="tcp")
        assert phone.register().status == 200
    finally:
        for sock in idle:
            sock.close()


def test_large_message(tandem, phones):
    """An INVITE of 20 KB over TCP."""
    anna = phones(tandem, "1001", transport="tcp")
    call = anna.invite("600", headers=[
        (f"X-Header-{i}", "x" * 190) for i in range(100)])
    call.answered()
    call.bye()


# ---------------------------------------------------------------------- IPv6

def test_ipv6_phone(make_tandem):
    """Bound to [::1]: a phone there registers and calls."""
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 on this machine")
    tandem = make_tandem(start=False)
    tandem.edit("sip.conf", f"udpbindaddr=127.0.0.1:{tandem.port}",
                f"udpbindaddr=[::1]:{tandem.port}")
    tandem.start()
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.bind(("::1", 0))
    sock.settimeout(5)
    with sock:
        port = sock.getsockname()[1]
        sock.sendto((
            f"REGISTER sip:[::1] SIP/2.0\r\nVia: SIP/2.0/UDP [::1]:{port}"
            ";branch=z9hG4bKv6;rport\r\nMax-Forwards: 70\r\n"
            "From: <sip:1001@[::1]>;tag=1\r\nTo: <sip:1001@[::1]>\r\n"
            f"Call-ID: v6\r\nCSeq: 1 REGISTER\r\nContact: <sip:1001@[::1]:"
            f"{port}>\r\nContent-Length: 0\r\n\r\n").encode(),
            ("::1", tandem.port))
        answer = sock.recv(65536).decode()
    assert answer.startswith("SIP/2.0 401 ")
    assert f"[::1]:{port}" in answer


# ----------------------------------------------------------- datagram oddities

def test_rport_and_received(tandem, phones):
    """RFC 3581: the answer goes to the source and says which it was."""
    phone = phones(tandem, "1001", register=False)
    message = option(phone)
    message.headers[0] = ("Via", f"SIP/2.0/UDP 192.0.2.9:5999"
                                 f";branch=z9hG4bKr{phone.port};rport")
    response = phone.request(message, auth=False)
    assert f"rport={phone.port}" in response["Via"]
    assert "received=127.0.0.1" in response["Via"]


class OldPhone(Phone):
    """It does not ask for rport."""

    def via(self):
        return super().via().replace(";rport", "")


def test_phone_that_sends_from_another_port(tandem, phones, closing):
    """It has registered where it listens, and sends from elsewhere all the
    time: that is no move, and what is for it goes where it listens."""
    anna = phones(tandem, "1001")
    bert = closing(OldPhone(("127.0.0.1", tandem.port), "1002",
                            SECRETS["1002"]))
    bert.registered()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        bert.wire.send = other.sendto
        call = anna.invite("1002")
        incoming = bert.incoming()
        incoming.accept()
        call.answered()
        assert incoming.reinvite().status == 200
        call.bye()
        incoming.gone()
        tandem.idle()


@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.9"])
def test_without_rport(make_tandem, closing, host):
    """nat=no and no rport: the answer goes to the port of the Via, at the
    address that the request came from."""
    tandem = make_tandem(general="nat=no")
    listener = closing(Phone(("127.0.0.1", tandem.port), "l"))
    sender = closing(Phone(("127.0.0.1", tandem.port), "s"))
    message = option(sender)
    message.headers[0] = (
        "Via", f"SIP/2.0/UDP {host}:{listener.port}"
               ";branch=z9hG4bKnorport")
    sender.send(message)
    answer = listener.expect(lambda m: m.status >= 200)
    assert ";rport" not in answer["Via"]


def test_junk_is_not_answered(tandem, phones):
    """Keep-alives and noise; then a good request is served."""
    phone = phones(tandem, "1001", register=False)
    for data in (b"\r\n\r\n", b"\0" * 4, b"\r\n", b"hello", b"x" * 65000,
                 b"SIP/2.0 200 OK\r\n\r\n", b"\xff\xfe"):
        phone.wire.send(data, phone.server)
    assert phone.register().status == 200
    assert all(m.method == "REGISTER" for m in phone.log)


def test_answer_is_not_larger_than_the_request(tandem):
    """Nobody can use us to flood a third one (security 1.3): one packet for
    one packet, and not more bytes.  From a stranger's address: this machine
    and the house get whole answers."""
    methods = ("INVITE", "OPTIONS", "REGISTER", "SUBSCRIBE")
    with contextlib.ExitStack() as stack:
        reflect(tandem, methods, stack)


def reflect(tandem, methods, stack):
    socks, sizes = {}, {}
    for method in methods:
        sock = stack.enter_context(
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sock.bind(("127.0.9.1", 0))
        socks[method] = sock
        text = (f"{method} sip:1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
                f"127.0.0.1;branch=z9hG4bK{method};rport\r\nFrom: <sip:1@a>"
                ";tag=1\r\nTo: <sip:1@a>\r\nCall-ID: 1\r\nCSeq: 1 "
                f"{method}\r\nContact: <sip:1@a>\r\nMax-Forwards: 9\r\n"
                "Content-Length: 0\r\n\r\n")
        sizes[method] = len(text)
        sock.sendto(text.encode(), ("127.0.0.1", tandem.port))
    for method, sock in socks.items():
        got = []
        sock.settimeout(2 if method == "INVITE" else 0.1)
        try:
            while True:
                got.append(len(sock.recv(65536)))
        except socket.timeout:
            pass                        # silent for so long
        assert len(got) <= 1 and sum(got) <= sizes[method], (
            method, got, sizes[method])
