"""A line over TLS, whose certificate must be for its name; a call between
IPv6 phones and between IPv6 and IPv4; reports of quality that pass."""

import re
import socket
import ssl
import struct

import pytest

from harness.dns import A, NameServer
from harness.lines import run, until
from harness.office import OFFICE_SIP, SECRETS
from harness.phone import Phone
from harness.provider import Provider
from harness.talk import both_talk
from harness.wire import Listener

PLAN = """\
[office]
exten => _0X.,1,Dial(SIP/out/${EXTEN:1},20)
 same => n,Hangup(${HANGUPCAUSE})
[incoming]
exten => _X.,1,Dial(SIP/1001,20)
"""

LINES = """
[secure]
type=peer
host={host}
port={port}
transport=tls
insecure=port,invite
context=incoming
[plain]
type=peer
host=127.0.0.1
port={plain}
[out](trunk)
timeout=30
member=secure
member=plain
"""

NAME = "sip.provider.example"

CA = """\
[ca]
default_ca=it
[it]
dir={dir}
database={dir}/index
serial={dir}/serial
new_certs_dir={dir}
certificate={dir}/ca.crt
private_key={dir}/ca.key
default_md=sha256
policy=any
unique_subject=no
copy_extensions=copy
[any]
commonName=supplied
"""


class Authority:
    """Signs certificates, good ones and bad ones."""

    def __init__(self, folder):
        self.dir = folder
        folder.mkdir()
        (folder / "ca.cnf").write_text(CA.format(dir=folder))
        (folder / "index").write_text("")
        (folder / "serial").write_text("01\n")
        self.cert = folder / "ca.crt"
        self._run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                  "30", "-subj", "/CN=authority", "-keyout",
                  folder / "ca.key", "-out", self.cert)

    @staticmethod
    def _run(*argv):
        status, text = run(["openssl", *argv])
        assert status == 0, text

    def context(self, name, begin="20200101000000Z", end="20400101000000Z"):
        """For a server of that name."""
        base = self.dir / re.sub(r"\W", "_", name + end)
        self._run("req", "-newkey", "rsa:2048", "-nodes", "-subj",
                  f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                  "-keyout", f"{base}.key", "-out", f"{base}.csr")
        self._run("ca", "-batch", "-config", self.dir / "ca.cnf", "-in",
                  f"{base}.csr", "-out", f"{base}.crt", "-notext",
                  "-startdate", begin, "-enddate", end)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{base}.crt", f"{base}.key")
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca") / "ca")


@pytest.fixture
def office(make_tandem, slot, closing, authority):
    """office(context, general): (Tandem, secure, plain)"""
    def make(context, general="", host=NAME):
        dns = closing(NameServer())
        dns.set(NAME, A, "127.0.0.1")
        port, plain = slot.take(), slot.take()
        wire = Listener("127.0.0.1", port, context)
        tandem = make_tandem(
            OFFICE_SIP + LINES.format(host=host, port=port, plain=plain),
            PLAN, general=general, tls=True,
            tandem=f"nameserver={dns.address}\n", start=False)
        text = (tandem.dir / "sip.conf").read_text()
        tandem.write("sip.conf", re.sub("tlscafile=.*",
                                        f"tlscafile={authority.cert}", text))
        tandem.start()
        secure = closing(Provider(("127.0.0.1", tandem.tls_port), port,
                                  transport="tls", wire=wire))
        return tandem, secure, closing(
            Provider(("127.0.0.1", tandem.port), plain))
    return make


def test_good_certificate(office, phones, authority):
    """Signed by tlscafile, for the name that is called, which it is told
    (SNI): the call is there, with audio; the next one by the same
    connection."""
    tandem, secure, plain = office(authority.context(NAME))
    anna = phones(tandem, "1001")
    for _ in range(2):
        call = anna.invite("030123")
        incoming = secure.incoming()
        assert incoming.invite.uri.startswith(f"sip:30123@{NAME}")
        assert incoming.invite["Via"].startswith("SIP/2.0/TLS ")
        assert ";transport=tls" in incoming.invite["Contact"]
        incoming.accept()
        call.answered()
        both_talk(call, incoming)
        call.bye()
        incoming.gone()
    assert secure.wire.names == [NAME] and secure.wire.taken == 1
    assert tandem.cdr(2)[0]["trunk"] == "out/secure"


@pytest.mark.parametrize("name,end,why", [
    ("other.example", "20400101000000Z", "hostname mismatch"),
    ("example", "20400101000000Z", "hostname mismatch"),
    (NAME, "20210101000000Z", "expired")])
def test_bad_certificate(office, phones, authority, name, end, why):
    """Another name, a name above, one that is over: no INVITE is sent, the
    log says why, and the call goes by the next line."""
    tandem, secure, plain = office(authority.context(name, end=end))
    anna = phones(tandem, "1001")
    call = anna.invite("030123")
    incoming = plain.incoming()
    incoming.refuse(486)
    assert call.final().status == 486
    assert not secure.got("INVITE")
    tandem.log.wait(f"(?i){why}")
    assert re.search(r"^secure .* away .*TLS failed",
                     tandem.console("trunk show"), re.M)


def test_unknown_authority(office, phones, tmp_path):
    """Signed by somebody else; tlsdontverifyserver=yes takes it."""
    stranger = Authority(tmp_path / "stranger")
    tandem, secure, plain = office(stranger.context(NAME))
    anna = phones(tandem, "1001")
    call = anna.invite("030123")
    plain.incoming().refuse(486)
    assert call.final().status == 486
    assert not secure.got("INVITE")
    tandem.stop()

    tandem, secure, plain = office(stranger.context(NAME),
                                   "tlsdontverifyserver=yes")
    anna = phones(tandem, "1001")
    call = anna.invite("030123")
    secure.incoming().refuse(486)
    assert call.final().status == 486


def test_plain_text_where_tls_should_be(office, phones):
    """The far end does not speak TLS at all."""
    tandem, secure, plain = office(None)
    anna = phones(tandem, "1001")
    call = anna.invite("030123")
    secure.wire.messages.put(None)
    until(lambda: secure.wire.taken, "connection")
    for stream in list(secure.wire.conns.values()):
        stream.sock.sendall(b"SIP/2.0 400 What?\r\n\r\n")
    plain.incoming(15).refuse(486)
    assert call.final().status == 486


# --------------------------------------------------------------------- IPv6

def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
@pytest.mark.parametrize("other", ["::1", "127.0.0.1"])
def test_ipv6_call(make_tandem, closing, other):
    """A phone at [::1] calls one there, and one with IPv4: audio both ways,
    each is told an address of its own kind."""
    tandem = make_tandem(start=False)
    tandem.edit("sip.conf", f"udpbindaddr=127.0.0.1:{tandem.port}",
                f"udpbindaddr=[::]:{tandem.port}")
    tandem.edit("sip.conf", "tcpenable=yes", "tcpenable=no")
    tandem.start()
    anna, bert = (
        closing(Phone((host, tandem.port), user, SECRETS[user], host=host))
        .registered() for user, host in (("1001", "::1"), ("1002", other)))
    call = anna.invite("1002")
    incoming = bert.incoming()
    kind = "IP6" if ":" in other else "IP4"
    assert f"c=IN {kind} {other}" in incoming.invite.text
    assert incoming.remote_sdp.host == other
    incoming.ring()
    incoming.accept()
    ok = call.answered()
    assert "c=IN IP6 ::1" in ok.text
    assert re.search(rf"<sip:[^@>]*@?\[::1\]:{tandem.port}>",
                     ok["Contact"])
    both_talk(call, incoming)
    assert call.reinvite("sendonly").status == 200
    incoming.answer_reinvite(incoming.expect_reinvite(), "recvonly")
    incoming.bye()
    call.gone()


# --------------------------------------------------------------------- RTCP

def sender_report(rtp, about, lost):
    """SR with a block about the SSRC that it hears."""
    block = struct.pack("!IBBBBIIII", about.ssrc, lost, 0, 0, 7, about.seq,
                        80, 0, 0)
    return struct.pack("!BBHIIIIII", 0x81, 200, 12, rtp.ssrc, 0x12345678,
                       0x9abcdef0, rtp.ts, rtp.sent, 160 * rtp.sent) + block


def reports(sock):
    """What came as RTCP: (type, body) of each report."""
    sock.settimeout(0.2)
    try:
        data = sock.recv(2048)
    except socket.timeout:
        return []
    found = []
    while len(data) >= 8:
        _, kind, words = struct.unpack("!BBH", data[:4])
        found.append((kind, data[4:4 + 4 * words]))
        data = data[4 + 4 * words:]
    return found


def test_rtcp_is_relayed(tandem, phones):
    """A's sender report reaches B in our words: the NTP time as it was, the
    SSRC that B hears, A's loss as it saw it."""
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    incoming = bert.pick_up(1000)
    call.answered()
    call.talk(400)
    incoming.rtp.wait_tone(400)
    call.rtp.wait_tone(1000)
    heard = call.rtp.packets[-1]
    ours = incoming.rtp.packets[-1].ssrc
    host, port = call.remote_sdp.address

    def passed():
        call.rtp.rtcp.sendto(sender_report(call.rtp, heard, 64),
                             (host, port + 1))
        for kind, body in reports(incoming.rtp.rtcp):
            if kind == 200 and body[4:12] == bytes.fromhex(
                    "123456789abcdef0"):
                return body
        return None
    body = until(passed, "report of the other phone", 15)
    assert struct.unpack("!I", body[:4])[0] == ours
    about, lost = struct.unpack("!IB", body[24:29])
    assert about == incoming.rtp.ssrc
    assert lost == 64
    call.bye()
    incoming.gone()
