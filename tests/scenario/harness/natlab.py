"""A network with routers in it: a street of public addresses, and behind each
kind of NAT a home with phones (the words are those of RFC 4787).

    street  203.0.113.0/24    a bridge; its own addresses are the far hosts
      srv   .10               Tandem
      NAT   .30, .31, ...     a router of one kind; home 192.168.n.0/24 behind

The NATs are the kernel's own (conntrack, nftables):

    full       the same port for all, and anybody may answer
    addr       ... whoever was sent to, from any port
    port       ... from the port that was sent to (Linux as it is)
    symmetric  another port for each destination
    alg        port, and the kernel's SIP helper rewrites port 5060
    none       a router that translates nothing

In every kind an unknown packet from outside is dropped, or Linux would take
the port for it that a phone has.
"""

import contextlib
import re
import socket
import threading

from . import server
from .lines import run
from .netns import Namespace, ip
from .phone import Phone
from .rtp import Rtp
from .sip import param, token

STREET = "203.0.113."
SERVER = STREET + "10"
FAR, FAR2, FAR3 = STREET + "20", STREET + "21", STREET + "22"
SERVER6, FAR6 = "2001:db8:a::10", "2001:db8:a::20"

DROP = """
 chain drp {
  type filter hook input priority 0;
  iifname "w0" meta l4proto udp ct state new drop
 }
"""

MASQUERADE = """
 chain post {
  type nat hook postrouting priority srcnat;
  oifname "w0" %s
 }
"""

MAP = """
 map seen {
  type inet_service%(key)s : ipv4_addr
  flags dynamic,timeout
  timeout %(life)ds
  size 4096
 }
 chain track {
  type filter hook forward priority 0;
  iifname "l0" oifname "w0" meta l4proto udp \
    update @seen { udp sport%(out)s : ip saddr }
 }
 chain pre {
  type nat hook prerouting priority dstnat;
  iifname "w0" meta l4proto udp dnat to udp dport%(in)s map @seen
 }
"""

ALG = """
 ct helper sipu {
  type "sip" protocol udp
 }
 chain alg {
  type filter hook prerouting priority 0;
  udp dport 5060 ct helper set "sipu"
 }
"""

SYMMETRIC = MASQUERADE % "masquerade random,fully-random"


def rules(kind, life=60):
    """What nft shall read."""
    if kind == "none":
        return ""
    text = DROP
    if kind == "full":
        text += MAP % {"key": "", "out": "", "in": "", "life": life}
    elif kind == "addr":
        text += MAP % {"key": " . ipv4_addr", "out": " . ip daddr",
                       "in": " . ip saddr", "life": life}
    elif kind == "alg":
        text += ALG
    text += SYMMETRIC if kind == "symmetric" else MASQUERADE % "masquerade"
    return "table ip nat {" + text + "}\n"


def sysctl(space, **values):
    status, text = run([*space.prefix, "sysctl", "-qw",
                        *(f"{k.replace('__', '.')}={v}"
                          for k, v in values.items())])
    assert status == 0, text


class Router:
    """A NAT with its home network, and the phones there."""

    def __init__(self, street, kind, number, life=None, wan=None, lan=None,
                 parent=None):
        """parent: the router that this one stands behind (two in a row)."""
        self.street, self.kind, self.life = street, kind, life
        self.wan = wan or f"{STREET}{30 + number}"
        self.net = lan or f"192.168.{number + 1}."
        self.parent = parent
        self.space, self.home = Namespace(), Namespace()
        self.next = 11

    def __enter__(self):
        self.space.__enter__()
        self.home.__enter__()
        sysctl(self.space, net__ipv4__ip_forward=1,
               net__ipv4__conf__all__rp_filter=0)
        self._cable(self.space, "l0", self.home, "e0")
        self.space.ip("addr", "add", self.net + "1/24", "dev", "l0")
        for last in range(11, 19):
            self.home.ip("addr", "add", f"{self.net}{last}/24", "dev", "e0")
        self.home.ip("route", "add", "default", "via", self.net + "1")
        outside = self.parent.home if self.parent else self.street
        if self.parent:
            gateway = self.parent.net + "1"
            self.wan = self.parent.net + "2"
            self._cable(self.parent.space, "l1", self.space, "w0")
            self.parent.space.ip("link", "set", "l1", "up")
            self.space.ip("addr", "add", self.wan + "/32", "dev", "w0")
            self.space.ip("route", "add", gateway, "dev", "w0")
            self.space.ip("route", "add", "default", "via", gateway)
            self.parent.space.ip("route", "add", self.wan, "dev", "l1")
        else:
            plug(outside, self.space, "w0", self.wan)
            self.space.ip("route", "add", "default", "via", FAR)
        self.set(self.kind)
        if self.life:
            self.forget_after(self.life)
        return self

    def __exit__(self, *exc):
        self.home.__exit__(*exc)
        self.space.__exit__(*exc)

    @staticmethod
    def _cable(one, name, other, peer):
        ip("link", "add", name, "netns", one.name, "type", "veth",
           "peer", "name", peer, "netns", other.name)
        one.ip("link", "set", name, "up")
        other.ip("link", "set", peer, "up")

    # --------------------------------------------------------- its nature

    def nft(self, text):
        proc = run([*self.space.prefix, "nft", text])
        assert proc[0] == 0, f"nft {text}: {proc[1]}"

    def set(self, kind):
        """Be this kind from now on; flows that are known stay."""
        self.kind = kind
        run([*self.space.prefix, "nft", "delete table ip nat"])
        text = rules(kind, self.life or 60)
        if text:
            self.nft(text)

    def forget_after(self, seconds):
        """Forget a flow that is idle for so long."""
        self.life = seconds
        sysctl(self.space,
               net__netfilter__nf_conntrack_udp_timeout=seconds,
               net__netfilter__nf_conntrack_udp_timeout_stream=seconds)

    def forget_tcp_after(self, seconds):
        sysctl(self.space,
               net__netfilter__nf_conntrack_tcp_timeout_established=seconds)

    def reboot(self, kind="symmetric"):
        """All flows are forgotten and get other ports; connections are not
        picked up in their middle."""
        self.set(kind)
        sysctl(self.space, net__netfilter__nf_conntrack_tcp_loose=0)
        status, text = run([*self.space.prefix, "conntrack", "-F"])
        assert status == 0, text

    def forward(self, proto, ports, host, to=""):
        """What comes for these ports of the public address goes inside,
        from the inside, too ("hairpin")."""
        self.nft("add chain ip nat door "
                 "{ type nat hook prerouting priority dstnat; }")
        self.nft(f"add rule ip nat door ip daddr {self.wan} {proto} dport "
                 f"{ports} dnat to {host}{to}")

    def block(self, rule):
        """Drop what crosses the router and fits, as 'udp dport 5060'."""
        self.nft("add table ip block")
        self.nft("add chain ip block cross "
                 "{ type filter hook forward priority -10; }")
        self.nft(f"add rule ip block cross {rule} drop")

    def move(self, address):
        """Another public address; the old one is gone with its flows."""
        self.space.ip("addr", "del", self.wan + "/24", "dev", "w0")
        self.space.ip("addr", "add", address + "/24", "dev", "w0")
        self.wan = address
        # the default route went with the old address's network
        run([*self.space.prefix, "ip", "route", "replace", "default", "via",
             FAR])
        status, text = run([*self.space.prefix, "conntrack", "-F"])
        assert status == 0, text

    # ---------------------------------------------------------- its phones

    def address(self):
        """An address of the home that no other phone has."""
        last, self.next = self.next, self.next + 1
        if self.next > 18:
            self.next = 11
        return f"{self.net}{last}"

    def phone(self, user, secret, server=(SERVER, 5060), cls=None, **kwargs):
        host = kwargs.pop("host", None) or self.address()
        return (cls or HomePhone)(self.home, server, user, secret,
                                  host=host, **kwargs)


class HomePhone(Phone):
    """A phone whose sockets are in a namespace."""

    rport = True                # it asks for answers at its source

    def __init__(self, space, *args, **kwargs):
        self.space = space
        with space.inside():
            super().__init__(*args, **kwargs)

    def via(self):
        value = super().via()
        return value if self.rport else value.replace(";rport", "")

    def build(self, *args, **kwargs):
        """Real phones say who they are, and what they can.  (A shorter
        REGISTER than any real one would get no answer: none to a stranger
        is longer than its question.)"""
        message = super().build(*args, **kwargs)
        message.headers += [
            ("User-Agent", "Hausapparat 3.1"),
            ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER")]
        return message

    def _request(self, message):
        """A phone that is held, and taken back, says yes by itself."""
        again = super()._request(message)
        if again or not message.first.startswith("INVITE") \
                or not param(message["To"], "tag"):
            return again
        for call in self.calls:
            if call.call_id == message["Call-ID"]:
                there = message.sdp()
                call.remote_sdp = there
                self.reply(message, 200, body=call.offer(
                    {"sendonly": "recvonly", "recvonly": "sendonly"}.get(
                        there.direction, there.direction)))
        return True

    def new_rtp(self):
        with self.space.inside():
            return Rtp(self.wire.local[0])


class StunPhone(HomePhone):
    """Says its public addresses, as somebody else in the street sees them."""

    def __init__(self, space, *args, finder, **kwargs):
        self.finder = finder
        super().__init__(space, *args, **kwargs)
        self.host, self.port = finder.ask(self.wire.sock)

    def new_rtp(self):
        rtp = super().new_rtp()
        rtp.host, rtp.port = self.finder.ask(rtp.sock)
        return rtp


class Finder:
    """Tells a socket its public address, as a STUN server would."""

    def __init__(self, street):
        with street.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.bind((FAR2, 0))
        self.sock.settimeout(3)

    def ask(self, sock):
        """The answer needs no way back: both are in this process."""
        question = token("who").encode()
        sock.sendto(question, self.sock.getsockname())
        while True:
            data, source = self.sock.recvfrom(99)
            if data == question:
                return source

    def close(self):
        self.sock.close()


def plug(street, space, name, address):
    """Connect a namespace to the street."""
    port = f"p{address.rsplit('.', 1)[1]}"
    ip("link", "add", port, "netns", street.name, "type", "veth",
       "peer", "name", name, "netns", space.name)
    street.ip("link", "set", port, "master", "br0", "up")
    space.ip("addr", "add", f"{address}/24", "dev", name)
    space.ip("link", "set", name, "up")


class Lab:
    """The street, with the routers that were asked for."""

    def __init__(self, life=None):
        """life: so long the routers that tests share remember a flow."""
        self.stack, self.life = contextlib.ExitStack(), life
        self.routers, self.lock = {}, threading.Lock()
        self.phones = contextlib.ExitStack()    # those that stay
        self.count = 0

    def __enter__(self):
        enter = self.stack.enter_context
        self.street = enter(Namespace())
        # else its address changes whenever a router is plugged in
        self.street.ip("link", "add", "br0", "address", "02:00:00:00:00:01",
                       "type", "bridge")
        self.street.ip("link", "set", "br0", "up")
        for address in (FAR, FAR2, FAR3):
            self.street.ip("addr", "add", address + "/24", "dev", "br0")
        self.finder = Finder(self.street)
        self.stack.callback(self.finder.close)
        self.srv = enter(Namespace())
        plug(self.street, self.srv, "e0", SERVER)
        self.srv.ip("route", "add", "default", "via", FAR)
        for space, wire, address in ((self.srv, "e0", SERVER6),
                                     (self.street, "br0", FAR6)):
            space.ip("addr", "add", f"{address}/64", "dev", wire, "nodad")
        return self

    def __exit__(self, *exc):
        return self.stack.__exit__(*exc)

    def router(self, kind, name=None, **kwargs):
        """One of a kind, made when it is first asked for."""
        if not name:
            kwargs.setdefault("life", self.life)
        name = name or kind
        with self.lock:
            if name not in self.routers:
                self.count += 1
                self.routers[name] = self.stack.enter_context(
                    Router(self.street, kind, self.count, **kwargs))
            return self.routers[name]

    @contextlib.contextmanager
    def watch_connects(self, host):
        """Counts the connects of the server's machine to a host."""
        nft = [*self.srv.prefix, "nft"]
        for text in ("add table ip watch", "add chain ip watch out "
                     "{ type filter hook output priority 0; }",
                     f"add rule ip watch out ip daddr {host} "
                     "tcp flags syn counter"):
            status, said = run([*nft, text])
            assert status == 0, said
        try:
            yield lambda: int(re.search(
                r"packets (\d+)", run([*nft, "list table ip watch"])[1])[1])
        finally:
            run([*nft, "delete table ip watch"])

    def far(self, user="1000", secret=None, host=FAR,
            server=(SERVER, 5060), **kwargs):
        """A phone in the street: no NAT."""
        return HomePhone(self.street, server, user, secret, host=host,
                         **kwargs)


# ----------------------------------------------------- what kind is it really

def probe(lab, router):
    """(mapping, filtering) as RFC 4787 has them, found by packets."""
    with router.home.inside():
        phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        phone.bind((router.address(), 0))
    with lab.street.inside():
        socks = []
        for host in (FAR, FAR, FAR2):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((host, 0))
            sock.settimeout(2)
            socks.append(sock)
    one, same, other = socks
    try:
        phone.settimeout(2)
        phone.sendto(b"a", one.getsockname())
        seen = one.recvfrom(99)[1]
        mine = phone.getsockname()

        def gets_in(sock):
            sock.sendto(b"b", seen)
            phone.settimeout(0.3)
            try:
                phone.recvfrom(99)
                return True
            except socket.timeout:
                return False

        filtering = "endpoint" if gets_in(other) else \
            "address" if gets_in(same) else "port"
        phone.sendto(b"a", other.getsockname())
        again = other.recvfrom(99)[1]
        mapping = "same" if again[1] == seen[1] else "other"
        return mapping, filtering, seen[1] == mine[1]
    finally:
        for sock in (phone, *socks):
            sock.close()


KINDS = {"full": ("same", "endpoint"), "addr": ("same", "address"),
         "port": ("same", "port"), "symmetric": ("other", "port"),
         "alg": ("same", "port")}


class LabTandem(server.Tandem):
    """Tandem at the server's address, port 5060, TLS at 5061."""

    def __init__(self, folder, lab, cert=None, host=SERVER, prefix=None):
        super().__init__(folder, host=host, cert=cert,
                         prefix=prefix or lab.srv.prefix)
        if cert:
            self.tls_port = 5061


__all__ = ["Lab", "Router", "HomePhone", "StunPhone", "LabTandem", "probe",
           "KINDS", "SERVER", "FAR", "FAR2", "FAR3", "SERVER6", "FAR6",
           "STREET"]
