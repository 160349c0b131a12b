"""Messages that broke others, class by class and named after the advisories
where they were first told of: each gets its answer or none, and afterwards
the office is as it was: it answers, no leg and no transaction is left, its
memory and its descriptors are what they were (docs/security.md)."""

import itertools
import re
import socket

import pytest

from harness.attack import OURS, head, office, says  # noqa: F401
from harness.phone import Call
from harness.sip import Message, token

# ------------------------------------------------------- headers that miss

METHODS = ("INVITE", "REGISTER", "OPTIONS", "SUBSCRIBE", "MESSAGE", "NOTIFY",
           "REFER", "INFO", "BYE", "CANCEL", "UPDATE", "PRACK", "PUBLISH")


def test_missing_header_ast_2017_014(office):
    """Each header taken away from each request: told, or not missed."""
    tandem, *_ = office
    need = ("From", "To", "Call-ID", "CSeq")
    for method in METHODS:
        for name in need:
            assert says(tandem, head(method, **{name: None})) == 400, \
                (method, name)
        assert says(tandem, head(method, From="<sip:1001@127.0.0.1>")) == (
            405 if method == "PUBLISH" else 400), method
        assert says(tandem, head(method, **{"Max-Forwards": None})) in OURS
    for method in ("INVITE", "SUBSCRIBE", "REFER"):
        assert says(tandem, head(method, **{"Contact": None})) == 400
    assert says(tandem, head("OPTIONS", Via=None), 0.2) is None


def test_missing_header_in_a_response(office):
    """Each header taken away from each class of response to an INVITE: it is
    no answer, or one that needs no more; the call goes on to its end."""
    tandem, anna, bert = office

    for status in (100, 180, 183, 200, 302, 404, 486, 503, 600):
        for without in ("Via", "From", "To", "Call-ID", "CSeq", "Contact",
                        "Content-Type"):
            bert.answers.clear()
            call = anna.invite("1002")
            incoming = bert.incoming()
            reply = Message(f"SIP/2.0 {status} x", [
                h for h in [
                    ("Via", incoming.invite["Via"]),
                    ("From", incoming.invite["From"]),
                    ("To", f"{incoming.invite['To']};tag={incoming.tag}"),
                    ("Call-ID", incoming.invite["Call-ID"]),
                    ("CSeq", incoming.invite["CSeq"]),
                    ("Contact", "<sip:9999@x>" if status == 302
                     else bert.contact),
                    ("Content-Type", "application/sdp")]
                if h[0] != without], incoming.offer())
            bert.wire.send(reply.encode(), incoming.invite.source)
            if without in ("Via", "From", "To", "Call-ID", "CSeq"):
                # the true one is still waited for
                incoming.refuse(486)
                assert call.final().status == 486, (status, without)
                continue
            if status < 200:
                incoming.refuse(486)
            final = call.final()
            if final.status == 200:
                incoming.wait("ACK")
                call.bye()
                incoming.gone()
            else:
                assert final.status >= 400, (status, without)
                if status == 200:
                    incoming.gone()


# ------------------------------------------------------------ long tokens

def test_long_token_ast_2017_002_ast_2016_004_cve_2018_8828(office):
    """Each value that other servers copied into a buffer of some bytes, at
    300, 3 000 and 60 000 characters, by datagram and by stream."""
    tandem, anna, bert = office
    places = {
        "method": lambda x: (f"{x} sip:600@127.0.0.1 SIP/2.0", {}),
        "cseq method": lambda x: (None, {"CSeq": f"7 {x}"}),
        "uri": lambda x: (f"OPTIONS sip:{x}@127.0.0.1 SIP/2.0", {}),
        "host": lambda x: (f"OPTIONS sip:{x} SIP/2.0", {}),
        "version": lambda x: (f"OPTIONS sip:600@a {x}", {}),
        "from tag": lambda x: (None, {"From": f"<sip:a@b>;tag={x}"}),
        "to user": lambda x: (None, {"To": f"<sip:{x}@b>"}),
        "display": lambda x: (None, {"From": f'"{x}" <sip:a@b>;tag=1'}),
        "contact": lambda x: (None, {"Contact": f'"{x}" <sip:a@b>'}),
        "contacts": lambda x: (None, {"Contact": ",".join(
            ["<sip:a@b>"] * (len(x) // 8))}),
        "call-id": lambda x: (None, {"Call-ID": x}),
        "branch": lambda x: (None, {
            "Via": f"SIP/2.0/UDP {{me}};rport;branch=z9hG4bK{x}"}),
        "via": lambda x: (None, {
            "Via": "SIP/2.0/UDP {me};rport;branch=z9hG4bK1" +
                   ", SIP/2.0/UDP a" * (len(x) // 15)}),
        "accept, AST-2018-004": lambda x: (None, {
            "Accept": ",".join(["a/b"] * (len(x) // 4))}),
        "event": lambda x: (None, {"Event": x}),
        "agent": lambda x: (None, {"User-Agent": x}),
        "authorization": lambda x: (None, {
            "Authorization": f'Digest username="{x}", realm="{x[:9]}"'}),
        "message account, GHSA-589g": lambda x: (None, {
            "Message-Account": f"sip:{x}"}),
        "route": lambda x: (None, {"Route": f"<sip:{x};lr>"}),
        "unknown": lambda x: (None, {"X-" + x: "1"}),
    }
    for (name, make), n in itertools.product(places.items(),
                                             (300, 3000, 60000)):
        first, over = make("9" * n)
        for method in ("OPTIONS", "REGISTER") if n < 60000 else ("OPTIONS",):
            data = head(method, **over)
            if first:
                data = first.encode() + data[data.index(b"\r\n"):]
            status = says(tandem, data[:60000], 0.5)
            assert status is None or status in OURS, (name, n, status)
            if name not in ("via", "branch") and n < 60000:
                assert status is not None, (name, n)
    for n in (70000, 131072):
        with socket.create_connection((tandem.host, tandem.port), 5) as sock:
            try:
                sock.sendall(head("OPTIONS", **{"X": "y" * n}))
                answer = sock.recv(4096)
            except ConnectionError:
                answer = b""
            assert answer[:11] in (b"", b"SIP/2.0 513", b"SIP/2.0 400")


# ---------------------------------------------------------------- numbers

def test_numbers_ast_2017_009_ghsa_j5j8(office):
    """Every number of a message: below zero, beyond 32 and 64 bits, words,
    two of them."""
    tandem, *_ = office
    values = ("-1", "-999", "five", str(2 ** 31), str(2 ** 32),
              str(2 ** 32 + 4), str(2 ** 63), str(2 ** 64), "12 34", "12,13",
              "0x10", "+5", "", "1e3", "\xb2")
    for name, value in itertools.product(
            ("CSeq", "Content-Length", "Expires", "Max-Forwards",
             "Session-Expires", "Min-SE", "Min-Expires", "Retry-After",
             "RSeq", "Contact"), values):
        method = "SUBSCRIBE" if name == "Expires" else "INVITE"
        text = {"CSeq": f"{value} {method}",
                "Contact": f"<sip:1001@{{me}}>;expires={value};q={value}"
                }.get(name, value)
        status = says(tandem, head(method, **{name: text}), 1)
        assert status in OURS, (name, value, status)
        if name in ("CSeq", "Content-Length"):
            assert status == 400, (name, value)
    for name, value in itertools.product(("rport", "ttl", "received"),
                                         values):
        status = says(tandem, head("OPTIONS", Via=(
            f"SIP/2.0/UDP {{me}};branch={token('z9hG4bK')};{name}={value}")),
            0.3)
        assert status is None or status in OURS, (name, value)
    # a length that lies, in a stream: the connection ends, nothing is guessed
    for value in values[:8]:
        with socket.create_connection((tandem.host, tandem.port), 5) as sock:
            sock.sendall(head("OPTIONS", **{"Content-Length": value})
                         + head("OPTIONS"))
            sock.settimeout(3)
            got = b""
            try:
                while chunk := sock.recv(4096):
                    got += chunk
            except (ConnectionError, socket.timeout) as exc:
                assert not isinstance(exc, socket.timeout), value
            assert got.count(b"SIP/2.0 ") - got.count(b"Via: SIP/2.0") <= 1


def test_conflicting_headers(office):
    """Twice what there is once, in both spellings: another hop might read the
    other one."""
    tandem, *_ = office
    pairs = {"From": "f", "To": "t", "Call-ID": "i", "CSeq": "CSeq",
             "Content-Length": "l", "Max-Forwards": "Max-Forwards"}
    for (name, other), method in itertools.product(
            pairs.items(), ("INVITE", "REGISTER", "OPTIONS")):
        good = re.search(rb"\r\n" + name.encode() + rb": ([^\r]*)",
                         head(method))[1].decode()
        for value in ("8 " + method if name == "CSeq" else "8",
                      good.replace("127.0.0.1", "127.0.0.2") + "1"):
            data = head(method, more=f"{other}: {value}\r\n")
            assert says(tandem, data) == 400, (name, method, value)


def test_multipart_ast_2017_003_cve_2022_21723(office):
    """Parts that are empty, have no end, no name, or parts of their own a
    hundred deep.  What holds a description is a call."""
    tandem, anna, bert = office
    call = Call(anna)
    part = "Content-Type: application/sdp\r\n\r\n" + call.offer()
    rows = [
        ("boundary=x", f"--x\r\n{part}\r\n--x--\r\n", True),
        ('boundary="x y"', f"--x y\r\n{part}\r\n--x y--\r\n", True),
        ("boundary=x", "preamble\r\n--x\r\nContent-Type: text/plain\r\n\r\n"
                       f"\r\n--x\r\n{part}\r\n--x--\r\nepilogue", True),
        ("boundary=x", f"--x\r\n\r\n\r\n--x\r\n{part}\r\n--x--", True),
        ("boundary=" + "b" * 70, "--" + "b" * 70 + f"\r\n{part}\r\n--"
         + "b" * 70 + "--", True),
        ("boundary=" + "b" * 71, "--" + "b" * 71 + f"\r\n{part}\r\n--"
         + "b" * 71 + "--", False),
        ("boundary=", f"--\r\n{part}\r\n----", False),
        ("", f"--x\r\n{part}\r\n--x--", False),
        ("boundary=x", "", True),      # no description at all
        ("boundary=x", "--x", False),
        ("boundary=x", "--x--", False),
        ("boundary=x", "--x\r\n--x\r\n--x--", False),
        ("boundary=x", "--x\r\nContent-Type\r\n\r\n--x--", False),
        ("boundary=x", "--x" * 5000, False),
        ("boundary=x", "".join(
            f"--x{i}\r\nContent-Type: multipart/mixed;boundary=x{i + 1}"
            "\r\n\r\n" for i in range(100)), False),
        ("boundary=x0", "".join(
            f"--x{i}\r\nContent-Type: multipart/mixed;boundary=x{i + 1}"
            "\r\n\r\n" for i in range(100)) + f"--x100\r\n{part}", False)]
    for i, (params, body, good) in enumerate(rows):
        one = Call(anna)
        message = anna.build("INVITE", "sip:600@127.0.0.1", [
            ("Content-Type", "multipart/mixed" + (params and ";" + params))],
            **{"Call-ID": one.call_id,
               "From": f"<sip:1001@127.0.0.1>;tag={one.tag}"})
        message.body = body.encode()
        one.start_out(message)
        first = one.wait(lambda m: m.status >= 200)
        if first.status == 401:
            one.start_out(anna.with_credentials(message, first))
            first = one.final()
        assert (first.status == 200) == good, (i, first)
        assert first.status < 500
        if first.status == 200:
            one.bye()


# ----------------------------------------------------- without a password

PACKAGES = ("presence", "dialog", "message-summary", "refer", "reg",
            "conference", "winfo", "kpml", "ua-profile", "as-feature-event",
            "call-info", "x-broadworks-hoteling", "presence.winfo")


def test_unauthenticated_methods_cve_2021_37624_cve_2021_41157(office):
    """A stranger's MESSAGE, SUBSCRIBE, PUBLISH, NOTIFY, REFER ... does
    nothing; none of thirteen packages sends a NOTIFY; OPTIONS is the same as
    all the others."""
    tandem, anna, bert = office
    before = len(bert.log), len(anna.log)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.9.80", 0))
        host, port = sock.getsockname()
        me = f"{host}:{port}".encode()

        def ask(data):
            sock.settimeout(2)
            sock.sendto(data.replace(b"{me}", me), (tandem.host, tandem.port))
            return Message.parse(sock.recv(65536))

        for event in PACKAGES:
            answer = ask(head("SUBSCRIBE", Event=event, Expires="600"))
            assert answer.status == 401, (event, answer)
        for method in METHODS:
            if method in ("CANCEL", "BYE", "UPDATE", "PRACK"):
                expect = (481,)
            elif method == "PUBLISH":
                expect = (401, 405)
            else:
                expect = (401, 403, 405, 481, 489)
            answer = ask(head(method, body="hello", **{
                "Content-Type": "text/plain" if method != "INVITE" else None,
                "Event": "message-summary", "Refer-To": "<sip:00900@x>",
                "Subscription-State": "active"}).replace(
                    b"hello", b"hello" if method != "INVITE" else b"v=0\r\n"))
            assert answer.status in expect + (400, 415), (method, answer)
        sock.settimeout(0.3)
        with pytest.raises(socket.timeout):
            sock.recv(65536)
    assert (len(bert.log), len(anna.log)) == before
    assert "0 active SIP" in tandem.console("sip show subscriptions")


def test_subscription_flood_and_its_contact(office):
    """A phone's subscriptions are bounded; each NOTIFY goes to where the phone
    is, not to where its Contact points."""
    tandem, anna, bert = office
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
        victim.bind(("127.0.9.77", 0))
        contact = "<sip:1001@{}:{}>".format(*victim.getsockname())
        statuses = []
        for i in range(203):
            message = anna.build("SUBSCRIBE", f"sip:{3000 + i}@127.0.0.1", [
                ("Event", "dialog"), ("Expires", "300")],
                **{"Call-ID": token(), "Contact": contact,
                   "From": f"<sip:1001@127.0.0.1>;tag={token()}"})
            statuses.append(anna.request(message).status)
            if statuses[-1] == 200:
                anna.reply(anna.expect("NOTIFY"), 200)
        assert statuses.count(200) == 200 and statuses[-1] == 403
        victim.setblocking(False)
        with pytest.raises(BlockingIOError):
            victim.recv(65536)


# ------------------------------------------------------- session timers

def test_session_expires_abuse_ast_2014_002(office):
    """What is too short is refused with our limit, what is nonsense is not
    obeyed; no storm of refreshes, no port left open."""
    tandem, anna, _ = office
    for value, status in (("0", 422), ("1", 422), ("89", 422), ("90", 200),
                          ("90;refresher=foo", (200, 400)),
                          ("4294967296", (200, 400)), ("-1", (200, 400)),
                          ("", (200, 400)), ("90, 1", (200, 400, 422))):
        call = anna.invite("600", headers=[("Session-Expires", value),
                                           ("Supported", "timer")])
        answer = call.final()
        assert answer.status in (status if isinstance(status, tuple)
                                 else (status,)), (value, answer)
        if answer.status == 422:
            assert answer["Min-SE"] == "90"
        if answer.status == 200:
            call.bye()
    assert not [m for m in anna.log if m.is_request
                and m.first.split()[0] in ("INVITE", "UPDATE")]


# ------------------------------------------------- values that are stored

EVIL = ["<img src=a onerror=alert(1)>", "'; DROP TABLE cdr; --",
        "'||(SELECT 1)||'", "=HYPERLINK(\"http://x\")", "@SUM(1)", "%s%n%x",
        "\\x00", "${SHELL(id)}", "a\tb"]


def test_stored_values_cve_2021_1000004(office):
    """What a caller writes is in its record as it was written, and is
    nothing but that."""
    tandem, anna, _ = office
    for i, text in enumerate(EVIL):
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        call = anna.invite("601", headers=[("X-Note", text),
                                           ("User-Agent", text)], **{
            "From": f'"{quoted}" <sip:1001@127.0.0.1>;tag={token()}'})
        assert call.final().status >= 400
        row = tandem.cdr(i + 1)[-1]
        assert row["userfield"] == text, row
        assert row["clid"] == f'"{text}" <1001>', row
    assert not re.search(r"uid=\d", tandem.log.text)


# --------------------------------------------------- STUN, the SIP port

def test_stun_reflection_es2021_01(office):
    """A Binding Request of a stranger gets no more bytes than it has; what is
    no request, or broken, gets none."""
    tandem, anna, _ = office
    cookie = b"\x21\x12\xa4\x42" + b"t" * 12
    rows = [b"\x00\x01\x00\x00" + cookie,
            b"\x00\x01\x00\x08" + cookie + b"\x00\x06\x00\x04user",
            b"\x00\x01\xff\xff" + cookie, b"\x00\x01\x00\x04" + cookie,
            b"\x00\x01\x00\x04" + cookie + b"\x00\x06\xff\xff",
            b"\x01\x01\x00\x00" + cookie, b"\x00\x01", b"\x00\x03\x00\x00"
            + cookie, b"\x00\x01\x05\xdc" + cookie + b"\x80\x22\x05\xd8"
            + b"x" * 1496]
    for data in rows:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.9.81", 0))
            sock.settimeout(0.2)
            sock.sendto(data, (tandem.host, tandem.port))
            try:
                got = sock.recv(2048)
            except socket.timeout:
                got = b""
            assert len(got) <= len(data)
            # the last one alone is good and long enough
            assert got[:2] == (b"\1\1" if data is rows[-1] else b""), data
