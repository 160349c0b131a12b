"""Something on the way rewrites SIP (cases 14 and 15): the kernel's own ALG,
and damaged ones of our own, which change what a phone sends and, where they
keep count, what it gets."""

import re
import socket
import threading
from types import SimpleNamespace

import pytest

from harness.lines import until
from harness.natcase import (both_hear, connect, idle, place, registered,
                             report, whole_case)
from harness.natlab import SERVER, HomePhone
from harness.natprog import bare_case
from harness.wire import wake

whole_matrix = pytest.mark.whole_matrix


# ---------------------------------------------------------- the kernel's ALG

def test_c14_alg_of_the_kernel(lab, ring, office):
    """It makes the phone look as if it had no NAT, and its calls work."""
    phone = ring("alg", "1001", register=False)
    router = lab.router("alg")
    # many phones have their address in it, and the ALG leaves it alone
    phone.call_id += f"@{phone.host}"
    registered(phone)
    whole_case(phone, office)
    # the ALG was at work: the Contact that came is the router's
    assert place(lab.tandem, "1001")[0].startswith(router.wan + ":")
    shown = lab.tandem.console("sip show peer 1001")
    assert re.search(rf"Reg. Contact *: sip:1001@{router.wan}", shown)
    text = report(lab)
    assert "No NAT is seen" in text
    assert "(ALG suspected): its headers have the public address, its " \
        "Call-ID the private one" in text
    assert 'Switch "SIP ALG"' in text


# --------------------------------------------------------------- damaged ones

class Mangler(HomePhone):
    """A phone whose messages are changed on their way out, and what is for it
    on its way in."""

    def __init__(self, space, *args, router, out, back=None, **kwargs):
        self.router, self.change, self.restore = router, out, back
        self.changing = threading.Event()
        super().__init__(space, *args, **kwargs)
        self.changing.wait(5)

    def _read(self):
        """The thread that reads; it has just begun."""
        send, receive = self.wire.send, self.wire.receive

        def send_changed(data, remote):
            send(self.change(self, data), remote)

        def receive_restored():
            got = receive()
            if got and self.restore:
                return self.restore(self, got[0]), got[1]
            return got
        self.wire.send, self.wire.receive = send_changed, receive_restored
        self.changing.set()
        super()._read()


def head_body(data):
    head, _, body = data.partition(b"\r\n\r\n")
    return head, body


def lines_changed(data, pattern, repl):
    """In the head alone."""
    head, body = head_body(data)
    return re.sub(pattern, repl, head, flags=re.M) + b"\r\n\r\n" + body


def inner(phone):
    return phone.wire.local[0].encode()


def outer(phone):
    return phone.router.wan.encode()


def contact_out(phone, data):
    return lines_changed(data, rb"^(Contact: .*)" + re.escape(inner(phone)),
                         rb"\g<1>" + outer(phone))


def contact_back(phone, data):
    return data.replace(b"@" + outer(phone), b"@" + inner(phone))


def with_length(head, body):
    return re.sub(rb"(?im)^(Content-Length: )\d+",
                  rb"\g<1>%d" % len(body), head) + b"\r\n\r\n" + body


def sdp_out(phone, data):
    head, body = head_body(data)
    return with_length(head, body.replace(b"IP4 " + inner(phone),
                                          b"IP4 " + outer(phone)))


def sdp_half(phone, data):
    """c= but not o="""
    head, body = head_body(data)
    return with_length(head, body.replace(b"c=IN IP4 " + inner(phone),
                                          b"c=IN IP4 " + outer(phone)))


def via_out(phone, data):
    if b" SIP/2.0\r\n" not in data[:200]:
        return data             # an answer has our Via
    return lines_changed(data, rb"^(Via: SIP/2.0/UDP )" +
                         re.escape(inner(phone)), rb"\g<1>" + outer(phone))


def via_back(phone, data):
    if not data.startswith(b"SIP/2.0"):
        return data
    return data.replace(b"UDP " + outer(phone), b"UDP " + inner(phone))


def callid_out(phone, data):
    return lines_changed(data, rb"^(Call-ID: .*)" + re.escape(inner(phone)),
                         rb"\g<1>" + outer(phone))


def callid_back(phone, data):
    return lines_changed(data, rb"^(Call-ID: .*)" + re.escape(outer(phone)),
                         rb"\g<1>" + inner(phone))


def strip_rport(_, data):
    return lines_changed(data, rb";rport(?=\r|;|$)", b"")


def branch_out(_, data):
    if b" SIP/2.0\r\n" not in data[:200]:
        return data
    return lines_changed(data, rb"^(Via: .*branch=z9hG4bK)", rb"\1alg")


def branch_back(_, data):
    if not data.startswith(b"SIP/2.0"):
        return data
    return data.replace(b"branch=z9hG4bKalg", b"branch=z9hG4bK")


def params_upper(_, data):
    """;TAG=, ;BRANCH= and blanks around the semicolons"""
    return lines_changed(data, rb";(tag|branch|rport|expires)",
                         lambda m: b" ; " + m[1].upper())


def params_back(_, data):
    return re.sub(rb" ; (TAG|BRANCH|RPORT|EXPIRES)",
                  lambda m: b";" + m[1].lower(), data)


def to_host(phone, data):
    """The To of an answer has another host than the request's."""
    if not data.startswith(b"SIP/2.0"):
        return data
    return lines_changed(data, rb"^(To: <sip:1001@)" +
                         re.escape(inner(phone)), rb"\g<1>10.9.8.7")


def cut_1460(_, data):
    return data[:1460]


def twice(name):
    """A header appears a second time."""
    def change(_, data):
        return lines_changed(data, rb"^(" + name + rb": .*)\r$",
                             rb"\g<1>\r\n\g<1>\r")
    return change


def to_out(_, data):
    """The host of the To of its requests, but for those in a call: there it
    was said by us."""
    if b" SIP/2.0\r\n" not in data[:200]:
        return data
    return lines_changed(data, rb"^(To: <sip:[^>@]*@)[0-9.]+(>\r?)$",
                         rb"\g<1>10.9.8.7\g<2>")


def second_via(phone, data):
    """A proxy in the home adds its Via, and the ALG drops the phone's, the
    second one.  (What it answers goes by ours, which is not touched.)"""
    if b" SIP/2.0\r\n" not in data[:200]:
        return data
    branch = re.search(rb"branch=(z9hG4bK[^;\r]+)", data)[1]
    return lines_changed(data, rb"^Via: .*\r?$",
                         b"Via: SIP/2.0/UDP " + inner(phone) + b":5999;rport;"
                         b"branch=z9hG4bKproxy-" + branch)


def second_via_back(_, data):
    return data.replace(b"branch=z9hG4bKproxy-", b"branch=")


def no_pause():
    """Those with words are idle, too: that is enough of them."""


WORKS = {
    # what is changed: out, back, what the report says
    "contact": (contact_out, contact_back,
                "its Contact has the public address, its Via the private one"),
    "via": (via_out, via_back,
            "its Via has the public address, its Contact the private"),
    "sdp": (sdp_out, None, "its session description has the public address"),
    "sdp-half": (sdp_half, None, "the o= and c= lines"),
    "call-id": (callid_out, callid_back, None),
    "rport": (strip_rport, None, None),
    "branch": (branch_out, branch_back, None),
    "params": (params_upper, params_back, None),
    "to-host": (to_out, None, None),
    "second-via": (second_via, second_via_back, None),
    "allow-twice": (twice(b"Allow"), None, None),
}
EVERY_DAY = ("contact",)


@pytest.mark.parametrize("name", [
    pytest.param(x, marks=[] if x in EVERY_DAY else whole_matrix)
    for x in WORKS])
def test_c15_damaged_alg_works(lab, ring, office, name):
    """Half rewritten, and all calls go."""
    out, back, words = WORKS[name]
    router, mark = lab.router("port"), lab.tandem.log.mark()
    phone = ring("port", "1001", cls=Mangler, router=router, out=out,
                 back=back)
    whole_case(phone, office, idle if words else no_pause)
    text = report(lab)
    if words:
        assert f"(ALG suspected): {words}" in text, text
        assert "or let it register over TLS" in text
        lab.tandem.log.wait(rf"notice nat: 1001: ALG suspected at {router.wan}"
                            ", .*register over TLS", since=mark)
    else:
        assert "may rewrite" not in text, text


class MangleBox:
    """An ALG for programs: what they send to port 5060 is turned aside to it,
    in their router, and goes on from there with its changes."""

    def __init__(self, router, host, out, back):
        self.router = router
        self.wire = SimpleNamespace(local=(host,))
        with router.space.inside():
            self.inner, self.outer = (socket.socket(
                socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
            self.inner.bind(("0.0.0.0", 5070))
            self.outer.bind((router.wan, 0))
            self.outer.connect((SERVER, 5060))
        self.client, self.damaged = None, 0
        self.threads = [threading.Thread(target=self.run, args=args,
                                         daemon=True)
                        for args in ((self.inner, self.outward, out),
                                     (self.outer, self.inward, back))]
        for thread in self.threads:
            thread.start()
        router.nft("add chain ip nat aside "
                   "{ type nat hook prerouting priority dstnat; }")
        router.nft("add rule ip nat aside iifname l0 udp dport 5060 "
                   "redirect to :5070")

    def run(self, sock, onward, change):
        while True:
            try:
                data, source = sock.recvfrom(9999)
            except OSError:
                return
            if not source:
                return          # close() has woken it
            changed = change(self, data) if change and b"SIP/2.0" in data \
                else data
            self.damaged += changed != data
            onward(changed, source)

    def outward(self, data, source):
        self.client = source
        self.outer.send(data)

    def inward(self, data, _):
        if self.client:
            self.inner.sendto(data, self.client)

    def close(self):
        for sock in (self.inner, self.outer):
            wake(sock)
        for thread, sock in zip(self.threads, (self.inner, self.outer)):
            thread.join(3)
            sock.close()


@whole_matrix
@pytest.mark.parametrize("name", ["contact", "via", "sdp", "sdp-half",
                                  "params", "branch"])
def test_c15_baresip_and_a_damaged_alg(lab, closing, bare_phone, office, name):
    out, back, words = WORKS[name]
    router = lab.router("port", f"alg-{name}")
    host = router.address()
    box = closing(MangleBox(router, host, out, back))
    bare_case(bare_phone(router, "1001", host=host), office)
    assert box.damaged > 10
    assert f"(ALG suspected): {words or ''}" in report(lab) or not words


def test_c15_answers_with_another_to(lab, ring):
    """Seen by the answers to our questions."""
    ring("port", "1001", cls=Mangler, router=lab.router("port"),
         out=to_host)
    until(lambda: "do not have the To" in report(lab), "a sign", 5, 0.2)


@pytest.mark.parametrize("off", [8, -8])
def test_c15_wrong_content_length(lab, ring, office, off):
    """Longer than the datagram: 400, and the report names it.  Shorter: the
    rest of the description is cut, which is what RFC 3261 18.3 orders."""
    def wrong(_, data):
        head, body = head_body(data)
        if not body:
            return data
        return re.sub(rb"(?im)^(Content-Length: )\d+",
                      rb"\g<1>%d" % (len(body) + off), head) \
            + b"\r\n\r\n" + body

    mark = lab.tandem.log.mark()
    phone = ring("port", "1001", cls=Mangler, router=lab.router("port"),
                 out=wrong)
    call = phone.invite("1002", auth=False)
    if off > 0:
        assert call.final().status == 400
    else:
        phone.expect(401)
    until(lambda: "damaged messages come from its address" in report(lab),
          "a sign", 5, 0.2)
    assert ("Content-Length Beyond Datagram" if off > 0 else
            "more bytes than Content-Length says") in report(lab)
    lab.tandem.log.wait(r"1001: ALG suspected at [\d.]+, damaged messages",
                        since=mark)
    # it does not matter to others behind the same NAT
    other = ring("port", "1003")
    call, incoming = connect(office, other)
    both_hear(call, incoming)
    call.bye()
    incoming.gone()


@whole_matrix
def test_c15_cut_at_1460(lab, ring):
    """A long INVITE arrives without its end: 400 says so."""
    phone = ring("port", "1001", cls=Mangler, router=lab.router("port"),
                 out=cut_1460)
    call = phone.invite("1002", headers=[
        (f"X-Long-{i}", 60 * "long ") for i in range(3)], auth=False)
    assert call.final().status == 400
    until(lambda: "Content-Length Beyond Datagram" in report(lab), "a sign")


def test_c15_two_call_ids(lab, ring):
    """What must be there once is there twice: 400, and a sign."""
    change = twice(b"Call-ID")
    phone = ring("port", "1001", cls=Mangler, router=lab.router("port"),
                 out=lambda p, d: d if p.clean else change(p, d),
                 register=False)
    phone.clean = True
    registered(phone)
    phone.clean = False
    message = phone.build("OPTIONS", f"sip:{phone.domain}")
    phone.send(message)
    assert phone.expect(lambda m: m.branch == message.branch).status == 400
    until(lambda: "damaged messages" in report(lab), "a sign", 5, 0.2)
