"""Tandem behind a NAT (cases 5 and 8): with externaddr or externhost, and
ports forwarded to it.  Whoever is outside sees the public address, whoever is
inside the private one."""

import contextlib
import re
import socket
import struct
import threading
from pathlib import Path

import pytest

from harness.natcase import (SECRETS, answered_quietly, both_hear, connect,
                             idle, registered, whole_case)
from harness.natfix import KEPT, PLAN, sip_conf
from harness.natlab import FAR, LabTandem
from harness.natprog import bare_case
from harness.provider import Provider
from harness.sip import sdp
from harness.wire import wake

whole_matrix = pytest.mark.whole_matrix

GENERAL = """
[general]
localnet={net}0/24
localnet=10.8.0.0/255.255.255.0
{public}
externtcpport=6060
externtlsport=6061
externrefresh=1
register => line:kiefer-Rad-31@{far}:5070/777
[line]
type=peer
host={far}
port=5070
context=office
insecure=port,invite
"""


class Inside:
    """A Tandem in the home behind a router, which forwards its ports."""

    def __init__(self, stack, lab, folder, cert, public, name, start=True):
        self.lab, self.router = lab, lab.router("port", name)
        router = self.router
        self.host = router.address()
        folder.mkdir()
        self.tandem = LabTandem(folder, lab, cert, self.host,
                                router.home.prefix)
        self.tandem.configure("", PLAN + "exten => 900,1,Dial(SIP/123@line)\n"
                              "exten => 777,1,Dial(SIP/1002)\n")
        self.tandem.write("rtp.conf",
                          "[general]\nrtpstart=12000\nrtpend=12199\n")
        phones = {"1001": KEPT, "1002": "", "1003": KEPT, "1004": ""}
        self.tandem.write("sip.conf", sip_conf(cert, phones) + GENERAL.format(
            net=router.net, public=public.format(wan=router.wan),
            far=FAR)).chmod(0o640)
        for proto, ports, to in (("udp", "5060", ""), ("tcp", "6060", ":5060"),
                                 ("tcp", "6061", ":5061"),
                                 ("udp", "12000-12199", "")):
            router.forward(proto, ports, self.host, to)
        if start:
            self.tandem.start()
        stack.callback(self.tandem.stop)
        self.stack = stack

    def outside(self, user, space=None, port=5060, **kwargs):
        """A phone that knows the public address, in the street or behind
        another NAT."""
        if space is None:
            phone = self.lab.far(user, SECRETS[user],
                                 server=(self.router.wan, port), **kwargs)
        else:
            phone = space.phone(user, SECRETS[user],
                                (self.router.wan, port), **kwargs)
        return self.keep(phone)

    def inside(self, user, **kwargs):
        return self.keep(self.router.phone(user, SECRETS[user],
                                           (self.host, 5060), **kwargs))

    def keep(self, phone):
        self.stack.callback(phone.close)
        registered(phone)
        return phone


@pytest.fixture
def inside_of(lab, tmp_path, cert, request):
    with contextlib.ExitStack() as stack:
        def make(public, name, **kwargs):
            box = Inside(stack, lab, tmp_path / "inside", cert, public, name,
                         **kwargs)
            request.node.tandems = [box.tandem]
            return box
        yield make


def all_text(phone):
    """Every message that a phone got."""
    return b"\n".join(m.wire for m in phone.log).decode()


def test_c05_c08_externaddr(lab, closing, inside_of):
    """Phones inside and outside, in the street and behind another NAT, and a
    provider where Tandem registers."""
    with lab.street.inside():
        provider = closing(Provider(("0.0.0.0", 0), 5070, FAR))
    box = inside_of("externaddr={wan}", "server")
    public, private = box.router.wan, box.host
    register = provider.registrar("line")
    assert f"@{public}:5060" in register["Contact"]
    assert f" {public}:5060" in register["Via"]
    assert private not in str(register)

    out = box.outside("1001")
    far = box.outside("1003", lab.router("symmetric"))
    home = box.inside("1002")
    whole_case(out, home)
    whole_case(far, home)
    for phone in (out, far):
        text = all_text(phone)
        assert private not in text
        assert f"c=IN IP4 {public}" in text
        assert re.search(rf"^Contact: <sip:[^>]*{public}", text, re.M)
    # inside nobody hears of the public address, nor in a network that
    # is reached over a VPN and is named in localnet; in one that is not
    # named, as outside
    for address, outside in (("10.8.0.6", False), ("10.9.0.6", True)):
        box.router.home.ip("addr", "add", f"{address}/24", "dev", "e0")
        vpn = box.inside("1004", host=address)
        call, incoming = answered_quietly(home, vpn)
        assert (incoming.remote_sdp.host == public) == outside
        call.bye()
        incoming.gone()
        assert (public in all_text(vpn)) == outside
    text = all_text(home)
    assert public not in text
    assert f"c=IN IP4 {private}" in text

    # to the provider, and back
    provider.server = (public, 5060)
    call = home.invite("900")
    invite = provider.expect("INVITE")
    assert private not in str(invite)
    assert invite.sdp().host == public
    provider.reply(invite, 486)
    assert call.final().status == 486
    # its Contact is of its inside: requests go where it answers from
    for host in ("10.77.77.77", "127.0.0.1"):
        call = home.invite("900")
        provider.reply(provider.expect("INVITE"), 200, to_tag="t",
                       body=sdp(FAR, 40000),
                       headers=[("Contact", f"<sip:x@{host}:5060>")])
        call.answered()
        call.bye()
        provider.reply(provider.expect("BYE"), 200)
    with lab.street.inside():
        call = provider.call_in(register.target())
    incoming = home.pick_up(1000)
    call.answered()
    assert call.remote_sdp.host == public
    assert call.target == f"sip:777@{public}:5060"
    call.talk(400)
    both_hear(call, incoming)
    call.bye()
    incoming.gone()


@whole_matrix
@pytest.mark.parametrize("kind", ["symmetric", "port"])
def test_c05_c08_baresip_in_and_out(lab, inside_of, bare_phone, kind):
    """One baresip in the office and one behind a NAT of its own."""
    box = inside_of("externaddr={wan}", f"server-{kind}")
    out = bare_phone(kind, "1001", tandem=box.tandem,
                     server=f"{box.router.wan}:5060")
    # on the same machine, as the addresses of its namespace have it
    home = bare_phone(box.router, "1003", 600, tandem=box.tandem,
                      host=box.host)
    bare_case(out, box.inside("1002"), idle)
    bare_case(home, box.outside("1004", lab.router(kind)), idle, 600)


@whole_matrix
def test_c08_ports_of_connections(inside_of):
    """externtcpport and externtlsport are those of the Contact."""
    box = inside_of("externaddr={wan}", "server-tls")
    home = box.inside("1002")
    for transport, port in (("tcp", 6060), ("tls", 6061)):
        phone = box.outside("1001", port=port, transport=transport)
        call, incoming = connect(home, phone)
        assert f"{box.router.wan}:{port}" in incoming.invite["Contact"]
        assert incoming.remote_sdp.host == box.router.wan
        call.bye()
        incoming.gone()


class Dns:
    """Answers every question for an address, in a namespace."""

    def __init__(self, space, address):
        self.address, self.asked = address, 0
        with space.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.bind(("127.0.0.1", 53))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                data, source = self.sock.recvfrom(512)
            except OSError:
                return
            if not source:
                return
            self.asked += 1
            end = data.index(b"\0", 12) + 5
            good = data[end - 4:end] == b"\0\1\0\1"
            head = data[:2] + struct.pack("!HHHHH", 0x8180, 1, int(good), 0,
                                          0)
            answer = struct.pack("!HHHIH", 0xc00c, 1, 1, 0, 4) \
                + socket.inet_aton(self.address)
            self.sock.sendto(head + data[12:end] + (answer if good else b""),
                             source)

    def close(self):
        wake(self.sock)
        self.sock.close()
        self.thread.join(3)


@whole_matrix
def test_c08_externhost(lab, inside_of):
    """A name whose address changes: known within externrefresh."""
    name = "server-dns"
    router = lab.router("port", name)
    folder = Path("/etc/netns") / router.home.name
    folder.mkdir(parents=True)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    dns = Dns(router.home, router.wan)
    try:
        box = inside_of("externhost=office.example.net", name)
        box.tandem.log.wait(rf"externhost=office.example.net is {router.wan}")
        phone, home = box.outside("1001"), box.inside("1002")
        call, incoming = connect(home, phone)
        assert incoming.remote_sdp.host == router.wan
        call.bye()
        incoming.gone()
        # the line gets another address
        dns.address = "203.0.113.99"
        box.tandem.log.wait(r"externhost=office.example.net is 203.0.113.99",
                            10)
        call = home.invite("1001")
        assert phone.incoming().invite.sdp().host == "203.0.113.99"
        call.cancel()
        assert call.final().status == 487
    finally:
        dns.close()
        (folder / "resolv.conf").unlink()
        folder.rmdir()
