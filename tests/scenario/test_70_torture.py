"""The messages of RFC 4475 and RFC 5118 over UDP, TCP and TLS: each gets the
answer that it deserves, none is met with silence, none does harm."""

import os
import random
import re
import socket
import ssl
from pathlib import Path

import pytest

from harness import server
from harness.ports import Slot
from harness.sip import Message, token

SHARED = Path(os.environ.get("TANDEM_SHARED", server.ROOT.parent / "shared"))

SIP = """
[open](!)
type=friend
host=dynamic
transport=udp,tcp,tls
[watson](open)
[user](open)
[j.user](open)
secret=erle-Gabel-4475
"""

# Who is asked for is busy, so that a message that is good gets 486
PLAN = """
[torture]
exten => _u.,1,Hangup(17)
exten => UserB,1,Hangup(17)
exten => _sips:.,1,Hangup(17)
"""

NONE = "none"           # not answered: a response, or nobody waits for it

# (over UDP, over streams if that differs)
EXPECT = {
    # valid ones
    "wsinv": ({481},), "intmeth": ({501, 405},), "esc01": ({486},),
    "escnull": ({400, 404},), "esc02": ({501},), "lwsdisp": ({200},),
    "longreq": ({486},), "dblreq": ({401},), "semiuri": ({200},),
    "transports": ({200},), "mpart01": ({405, 415, 404},),
    "unreason": (NONE,), "noreason": (NONE,),
    # invalid ones
    "badinv01": ({400},), "clerr": ({400}, NONE), "ncl": ({400},),
    "scalar02": ({400},), "scalarlg": (NONE,), "quotbal": ({400},),
    "ltgtruri": ({400},), "lwsruri": ({400},), "lwsstart": ({400},),
    "trws": ({400},), "escruri": ({400},), "baddate": ({486},),
    "regbadct": ({400},), "badaspec": ({400},), "baddn": ({400},),
    "badvers": ({505},), "mismatch01": ({400},),
    "mismatch02": ({501, 400},), "bigcode": (NONE,),
    # transactions and applications
    "badbranch": ({200, 400},), "insuf": ({400},), "unkscm": ({416},),
    "novelsc": ({416},), "unksm2": ({400},), "bext01": ({420},),
    "invut": ({415},), "regaut01": ({401},), "multi01": ({400},),
    "mcl01": ({400},), "bcast": (NONE,), "zeromf": ({200},),
    "cparam01": ({200},), "cparam02": ({200},), "regescrt": ({200, 400},),
    "sdp01": ({406, 400},), "inv2543": ({400, 486},),
    # RFC 5118
    "ipv6-good": ({200},), "ipv6-bad": ({400},), "port-ambiguous": ({200},),
    "port-unambiguous": ({200},),
    "via-received-param-no-delim": ({200},),
    "via-received-param-with-delim": ({481},),
    "ipv6-in-sdp": ({486, 488},), "mult-ip-in-header": ({481},),
    "mult-ip-in-sdp": ({486, 488},), "ipv4-mapped-ipv6": ({486, 488},),
    "ipv6-bug-abnf-3-colons": ({200},),
    "ipv6-correct-abnf-2-colons": ({200},),
}


def probe(transport):
    """A good request that goes behind a message."""
    return (f"OPTIONS sip:user@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} "
            f"127.0.0.1;branch={token('z9hG4bK')};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:p@a>;tag={token()}\r\n"
            "To: <sip:user@a>\r\nCall-ID: probe\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n").encode()


def unique(data):
    """Another transaction and dialog for each time it is sent."""
    mark = token().encode()
    data = re.sub(rb"(?i)(branch\s*=\s*z9hG4bK)(?=[^\s;])", rb"\g<1>" + mark,
                  data, count=1)
    return re.sub(rb"(?im)^((?:call-id|i)[ \t]*:\s*)", rb"\g<1>" + mark, data)


def messages():
    return {path.stem if path.suffix == ".dat" else path.name: path
            for folder in ("rfc4475", "rfc5118")
            for path in sorted((SHARED / "torture" / folder).glob("*"))}


FOUND = messages()


@pytest.fixture(scope="module")
def tandem(tmp_path_factory, request):
    """One program for all messages: none may harm the next."""
    cert = request.getfixturevalue("cert")
    slot = Slot()
    it = server.Tandem(tmp_path_factory.mktemp("torture"), slot, cert=cert)
    it.configure(SIP, PLAN, general="allowguest=yes\ncontext=torture\n"
                                    "tcpauthtimeout=2\n"
                                    "auth_options_requests=no")
    text = (it.dir / "sip.conf").read_text()
    it.write("sip.conf", text.replace("context=nowhere\nallowguest=no\n",
                                      ""))
    it.start()
    yield it
    it.stop()
    slot.close()


def test_the_folder_is_complete():
    if not FOUND:
        pytest.skip(f"{SHARED}/torture is absent: the messages of RFC 4475 "
                    "and 5118 are not tested (TANDEM_SHARED names it)")
    assert sorted(FOUND) == sorted(EXPECT) and len(FOUND) == 61


def source():
    """An address of the loopback that nobody else has."""
    return f"127.{random.randint(16, 250)}." \
           f"{random.randint(1, 250)}.{random.randint(1, 250)}"


def answers_udp(tandem, data, expect):
    """Answers to the message up to the answer to the probe behind it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source(), 0))
        sock.settimeout(5)
        sock.sendto(data, ("127.0.0.1", tandem.port))
        sock.sendto(probe("UDP"), ("127.0.0.1", tandem.port))
        got, probed = [], False
        while not probed or (expect != NONE and not finals(got)):
            try:
                message = Message.parse(sock.recv(65536))
            except socket.timeout:
                break
            if message.get("Call-ID") == "probe":
                probed = True
            else:
                got.append(message)
        assert probed, "the program does not answer any more"
        return got


def answers_stream(tandem, data, expect, tls):
    """Answers up to the one to the probe, or to the end of the
    connection: (answers, was it closed?)"""
    port = tandem.tls_port if tls else tandem.port
    sock = socket.create_connection(("127.0.0.1", port), 5, (source(), 0))
    if tls:
        sock = ssl._create_unverified_context().wrap_socket(sock)
    sock.settimeout(8)
    with sock:
        sock.sendall(data + probe("TLS" if tls else "TCP"))
        rest, got, probed = b"", [], False
        while not probed or (expect != NONE and not finals(got)):
            try:
                more = sock.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                return got, True
            rest += more
            found, rest = split(rest)
            for message in found:
                if message.get("Call-ID") == "probe":
                    probed = True
                else:
                    got.append(message)
        return got, False


def split(data):
    out = []
    while b"\r\n\r\n" in data:
        head, _, body = data.partition(b"\r\n\r\n")
        match = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
        size = int(match[1]) if match else 0
        if len(body) < size:
            break
        out.append(Message.parse(head + b"\r\n\r\n" + body[:size]))
        data = body[size:]
    return out, data


def finals(got):
    return [m for m in got if m.status >= 200]


def judge(name, got, expect):
    last = finals(got)
    if expect == NONE:
        assert not last, f"{name}: answered\n{last}"
        return
    assert last, f"{name}: silence"
    statuses = {m.status for m in last}
    assert statuses <= expect, f"{name}: not {expect}\n{last[0]}"


@pytest.mark.parametrize("name", EXPECT)
def test_udp(tandem, name):
    if name not in FOUND:
        pytest.skip(f"{SHARED}/torture is absent")
    expect = EXPECT[name][0]
    got = answers_udp(tandem, unique(FOUND[name].read_bytes()), expect)
    judge(name, got, expect)
    extra(name, got)


@pytest.mark.parametrize("tls", [False, True], ids=["tcp", "tls"])
@pytest.mark.parametrize("name", EXPECT)
def test_stream(tandem, name, tls):
    if name not in FOUND:
        pytest.skip(f"{SHARED}/torture is absent")
    data = unique(FOUND[name].read_bytes())
    expect, ends = EXPECT[name][-1], name in ("clerr", "ncl", "mcl01")
    if not re.search(rb"(?im)^(content-length|l)\s*:", data):
        # nobody knows where it ends (RFC 3261 18.3)
        expect, ends = ({400}, True) if expect != NONE else (NONE, True)
    if not data.endswith(b"\r\n\r\n") and b"\r\n\r\n" not in data:
        data += b"\r\n" if data.endswith(b"\r\n") else b"\r\n\r\n"
    got, closed = answers_stream(tandem, data, expect, tls)
    if name == "dblreq":
        # over a stream the second one is a message of its own
        got = [m for m in got if m.method == "REGISTER"]
    judge(name, got, expect)
    assert closed or not ends, f"{name}: the connection stays open"
    if not ends:
        extra(name, got)


def extra(name, got):
    """What the answer must say besides its status."""
    last = finals(got)
    if name == "bext01":
        listed = ", ".join(last[0].all("Unsupported"))
        assert "nothingSupportsThis" in listed
        assert "nothingSupportsThisEither" in listed
    elif name == "invut":
        assert "application/sdp" in last[0]["Accept"]
    elif name == "cparam01":
        # the parameter is the header's, not the URI's
        assert "gw1.example.net;unknownparam>" not in last[0]["Contact"]
    elif name == "cparam02":
        assert "gw1.example.net;unknownparam>" in last[0]["Contact"]
    elif name == "dblreq":
        assert all(m.method == "REGISTER" for m in last)
    elif name == "badvers":
        assert last[0].first.startswith("SIP/2.0 ")
    elif name == "regaut01":
        assert last[0]["WWW-Authenticate"].startswith("Digest ")


@pytest.mark.parametrize("name", ["wsinv", "longreq", "semiuri", "escnull",
                                  "mpart01", "lwsdisp"])
def test_stream_byte_by_byte(tandem, name):
    """The same answer however the stream is cut."""
    if name not in FOUND:
        pytest.skip(f"{SHARED}/torture is absent")
    data = unique(FOUND[name].read_bytes())
    sock = socket.create_connection(("127.0.0.1", tandem.port), 5,
                                    (source(), 0))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(8)
    with sock:
        for byte in data:
            sock.sendall(bytes([byte]))
        rest, got = b"", []
        while not finals(got):
            more = sock.recv(65536)
            assert more, f"{name}: closed without an answer"
            rest += more
            found, rest = split(rest)
            got += found
    judge(name, got, EXPECT[name][-1])


def test_torture_leaks_nothing(tandem):
    """All of it four hundred times, as a leak per message would show."""
    def send(rounds):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            for _ in range(rounds):
                for data in torture:
                    sock.sendto(data, ("127.0.0.1", tandem.port))
                sock.sendto(b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP "
                            b"127.0.0.1;rport;branch=z9hG4bK"
                            + token().encode() + b"\r\nFrom: <sip:a@b>;tag="
                            b"1\r\nTo: <sip:a@b>\r\nCall-ID: probe\r\n"
                            b"CSeq: 1 OPTIONS\r\n\r\n",
                            ("127.0.0.1", tandem.port))
                sock.settimeout(5)
                while b"probe" not in sock.recv(65536):
                    pass

    if not FOUND:
        pytest.skip(f"{SHARED}/torture is absent")
    torture = [path.read_bytes() for path in FOUND.values()]
    send(100)
    before = tandem.resources()[0]
    send(400)
    assert tandem.resources()[0] <= before + 4096


def test_still_well(tandem):
    """After all of it nothing is left."""
    text = tandem.console("core show channels")
    assert "0 active channels" in text
