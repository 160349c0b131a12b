"""Options of sip.conf: how a call leaves."""

import re
import socket
import time

import pytest

from harness.office import OFFICE_SIP

PLAN = """\
[office]
exten => _X!,1,Dial(SIP/${EXTEN}@trunk,20)
[back]
exten => _X!,1,Answer()
 same => n,Echo()
"""

TRUNK = """
[trunk]
type=peer
host=127.0.0.1
port={port}
context=back
disallow=all
allow=alaw,ulaw
{lines}
"""


def world(make_tandem, phones, slot, lines="", general="", number="0301234",
          caller="", plan=PLAN, headers=()):
    """1001 calls a number through a trunk: (caller's call, what arrives)"""
    port = slot.take()
    tandem = make_tandem(
        plan=plan, general=general,
        sip=OFFICE_SIP.replace("[1001](phone)", "[1001](phone)\n" + caller)
        + TRUNK.format(port=port, lines=lines))
    trunk = phones(tandem, "trunk", register=False, port=port)
    anna = phones(tandem, "1001")
    call = anna.invite(number, headers=headers)
    return tandem, anna, trunk, call, trunk.incoming()


def refused(call, incoming):
    incoming.refuse(486)
    call.final()


@pytest.mark.parametrize("lines,number,phone", [
    ("usereqphone=yes", "0301234", True),
    ("usereqphone=yes", "030*1", False),
    ("", "0301234", False),
])
def test_usereqphone(make_tandem, phones, slot, lines, number, phone):
    *_, call, incoming = world(make_tandem, phones, slot, lines,
                               number=number)
    invite = incoming.invite
    for text in (invite.uri, invite["To"]):
        assert (";user=phone" in text) == phone
    # 1001 is a number, too
    assert (";user=phone" in invite["From"]) == (lines != "")
    refused(call, incoming)


def test_header_and_setvar(make_tandem, phones, slot):
    *_, call, incoming = world(
        make_tandem, phones, slot, "header=X-Line: 7\nheader=X-Two: b, c=1\n"
        "header=Via: nonsense\nsetvar=SIPADDHEADER01=X-Three: d\n")
    invite = incoming.invite
    assert invite["X-Line"] == "7" and invite["X-Two"] == "b, c=1"
    assert invite["X-Three"] == "d"
    assert len(invite.all("Via")) == 1
    refused(call, incoming)


@pytest.mark.parametrize("lines,expected", [
    ("", None),
    ("sendrpid=yes", ("Remote-Party-ID", r'"Anna" <sip:1001@127.0.0.1:\d+>;'
                      r'party=calling;privacy=off;screen=no')),
    ("sendrpid=pai\nfromdomain=pbx.example",
     ("P-Asserted-Identity", r'"Anna" <sip:1001@pbx\.example>$')),
])
def test_sendrpid(make_tandem, phones, slot, lines, expected):
    *_, call, incoming = world(make_tandem, phones, slot, lines)
    for name in ("Remote-Party-ID", "P-Asserted-Identity"):
        if expected and name == expected[0]:
            assert re.match(expected[1], incoming.invite[name])
        else:
            assert name not in incoming.invite
    refused(call, incoming)


@pytest.mark.parametrize("lines,header,expected", [
    ("sendrpid=pai\ntrust_id_outbound=no", "P-Asserted-Identity", None),
    ("sendrpid=pai", "P-Asserted-Identity",
     '"Anonymous" <sip:anonymous@anonymous.invalid>'),
    ("sendrpid=pai\ntrust_id_outbound=yes", "P-Asserted-Identity",
     r'"Anna" <sip:1001@'),
    ("sendrpid=rpid\ntrust_id_outbound=no", "Remote-Party-ID", None),
    ("sendrpid=rpid", "Remote-Party-ID",
     r'"Anna" <sip:1001@anonymous.invalid>;party=calling;privacy=full'),
    ("sendrpid=rpid\ntrust_id_outbound=yes", "Remote-Party-ID",
     r'"Anna" <sip:1001@127.0.0.1:\d+>;party=calling;privacy=full'),
])
def test_hidden_number(make_tandem, phones, slot, lines, header, expected):
    """callingpres= of the caller, trust_id_outbound= of the trunk."""
    *_, call, incoming = world(make_tandem, phones, slot, lines,
                               caller="callingpres=prohib")
    invite = incoming.invite
    assert re.match(r'"?Anonymous"? <sip:anonymous@anonymous\.invalid',
                    invite["From"])
    if expected is None:
        assert header not in invite
    else:
        assert re.match(expected, invite[header]), invite[header]
    assert ("Privacy" in invite) == ("pai" in lines and "yes" in lines)
    refused(call, incoming)


def test_fromuser_fromdomain(make_tandem, phones, slot):
    """They are the account: a hidden caller does not hide them."""
    *_, call, incoming = world(
        make_tandem, phones, slot, "fromuser=5550\nfromdomain=pbx.example",
        caller="callingpres=prohib")
    invite = incoming.invite
    assert "<sip:5550@pbx.example>" in invite["From"]
    assert invite["Call-ID"].endswith("@pbx.example")
    refused(call, incoming)


@pytest.mark.parametrize("caller,lines,sent", [
    ("trustrpid=yes", "", True),
    ("trustrpid=yes", "send_diversion=no", False),
    ("", "", False),            # a phone may say what it likes
])
def test_diversion_passes(make_tandem, phones, slot, caller, lines, sent):
    *_, call, incoming = world(
        make_tandem, phones, slot, lines, caller=caller,
        headers=[("Diversion", "<sip:4711@far.example>;reason=no-answer")])
    got = incoming.invite.get("Diversion", "")
    assert got.startswith("<sip:4711@127.0.0.1") == sent
    assert (";reason=no-answer" in got) == sent
    refused(call, incoming)


def test_diversion_of_a_forward(make_tandem, phones, slot):
    """302 of a phone: the trunk is told who sent the call to it."""
    port = slot.take()
    tandem = make_tandem(
        plan="[office]\nexten => 1002,1,Dial(SIP/1002)\n"
             "exten => _0X!,1,Dial(SIP/${EXTEN}@trunk)\n",
        sip=OFFICE_SIP + TRUNK.format(port=port, lines=""))
    trunk = phones(tandem, "trunk", register=False, port=port)
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    bert.incoming().refuse(302, headers=[("Contact", "<sip:0777@x>")])
    incoming = trunk.incoming()
    assert incoming.invite.uri.startswith("sip:0777@")
    assert re.match(r"<sip:1002@127\.0\.0\.1:\d+>;reason=unconditional",
                    incoming.invite["Diversion"])
    refused(call, incoming)


@pytest.mark.parametrize("value,left", [("70", 69), ("12", 11)])
def test_max_forwards_counts_down(make_tandem, phones, slot, value, left):
    port = slot.take()
    tandem = make_tandem(plan=PLAN, sip=OFFICE_SIP + TRUNK.format(
        port=port, lines=""))
    trunk = phones(tandem, "trunk", register=False, port=port)
    anna = phones(tandem, "1001")
    call = anna.invite("0301234", **{"Max-Forwards": value})
    incoming = trunk.incoming()
    assert incoming.invite["Max-Forwards"] == str(left)
    refused(call, incoming)


def test_loop_ends(make_tandem, phones):
    """A trunk to ourselves: Max-Forwards ends what the dialplan would not."""
    tandem = make_tandem(start=False)
    tandem.configure(
        OFFICE_SIP + f"[trunk]\ntype=friend\nhost=127.0.0.1\nport="
        f"{tandem.port}\ninsecure=port,invite\ncontext=office\n",
        "[office]\nexten => _X!,1,Dial(SIP/${EXTEN}@trunk)\n")
    tandem.start()
    anna = phones(tandem, "1001")
    response = anna.invite("55", **{"Max-Forwards": "9"}).final(20)
    assert response.status >= 400
    tandem.idle()


def test_authentication_realm(make_tandem, phones, slot):
    """[authentication] answers a challenge of its realm."""
    *_, trunk, call, incoming = world(
        make_tandem, phones, slot, "secret=another-One-9\n"
        "[authentication]\nauth=joe:very-Secret-1@far.example\n")
    for header, realm, user in (("407", "far.example", "joe"),):
        incoming.phone.reply(
            incoming.invite, 407, headers=[
                ("Proxy-Authenticate", f'Digest realm="{realm}", '
                 'nonce="abc", algorithm=MD5')])
        again = trunk.incoming()
        assert f'username="{user}"' in again.invite["Proxy-Authorization"]
    refused(call, again)


def test_compactheaders(make_tandem, phones, slot):
    *_, anna, trunk, call, incoming = world(make_tandem, phones, slot,
                                            general="compactheaders=yes")
    text = incoming.invite.wire.decode()
    head = text.split("\r\n\r\n")[0]
    for short in "vftimlck":
        assert re.search(rf"\r\n{short}: ", head), short
    assert not re.search(r"\r\n(Via|From|To|Call-ID|Contact|Content-\w+):",
                         head)
    assert incoming.invite.body.startswith(b"v=0\r\n")
    back = incoming
    back.ring()
    back.accept()
    answer = call.answered()
    assert "\r\nv: SIP/2.0/UDP" in answer.wire.decode()
    call.bye()
    back.gone()


@pytest.mark.parametrize("line,agent", [
    ("useragent=Office 7", "Office 7"), ("useragent=", None),
    ("", "Tandem")])
def test_useragent(make_tandem, phones, slot, line, agent):
    tandem, anna, _, call, incoming = world(make_tandem, phones, slot,
                                            general=line)
    assert incoming.invite.get("User-Agent") == agent
    refused(call, incoming)
    response = anna.register()
    assert response.get("Server") == agent
    if line:
        tandem.edit("sip.conf", line, "useragent=New")
        tandem.console("sip reload")
        assert anna.register()["Server"] == "New"


def test_sdp_names(make_tandem, phones, slot):
    *_, call, incoming = world(
        make_tandem, phones, slot,
        general="sdpsession=Main Office\nsdpowner=clerk\n"
                "media_address=198.51.100.7")
    text = incoming.invite.body.decode()
    assert "\r\ns=Main Office\r\n" in text
    assert re.search(r"\r\no=clerk \d+ \d+ IN IP4 127\.0\.0\.1\r\n", text)
    assert "\r\nc=IN IP4 198.51.100.7\r\n" in text
    refused(call, incoming)


def test_contact_is_where_requests_go(make_tandem, phones, slot):
    """A trunk that answers with a Contact elsewhere gets ACK and BYE there,
    unless force_rport, or the Contact itself (;ob, RFC 5626 4.3), says that
    it is where its packets come from."""
    for nat, flow in (("no", ""), ("force_rport", ""), ("no", ";ob")):
        _, anna, trunk, call, incoming = world(make_tandem, phones, slot,
                                               f"nat={nat}")
        other = phones(anna_tandem(trunk), "other", register=False)
        incoming.phone.reply(
            incoming.invite, 200, to_tag=incoming.tag,
            body=incoming.offer(),
            headers=[("Contact", f"<sip:x@127.0.0.1:{other.port}{flow}>")])
        call.answered()
        there = other if nat == "no" and not flow else trunk
        assert there.expect("ACK").uri.startswith("sip:")
        call.bye()
        bye = there.expect("BYE")
        there.reply(bye, 200)


def test_contact_of_a_phone(make_tandem, phones):
    """What is for it goes where it has registered, whatever its answer has."""
    tandem = make_tandem()
    anna, bert = phones(tandem, "1001", "1002")
    other = phones(tandem, "other", register=False)
    call = anna.invite("1002")
    incoming = bert.incoming()
    bert.reply(incoming.invite, 200, to_tag=incoming.tag,
               body=incoming.offer(),
               headers=[("Contact", f"<sip:1002@127.0.0.1:{other.port}>")])
    bert.expect("ACK")
    call.answered()
    call.bye()
    incoming.gone()


def anna_tandem(phone):
    class Server:
        host, port = phone.server
    return Server


def test_record_route_is_followed(make_tandem, phones, slot):
    _, anna, trunk, call, incoming = world(make_tandem, phones, slot)
    proxy = phones(anna_tandem(trunk), "proxy", register=False)
    incoming.phone.reply(
        incoming.invite, 200, to_tag=incoming.tag, body=incoming.offer(),
        headers=[("Record-Route", f"<sip:127.0.0.1:{proxy.port};lr>"),
                 ("Contact", f"<sip:x@127.0.0.1:{trunk.port}>")])
    call.answered()
    ack = proxy.expect("ACK")
    assert ack["Route"] == f"<sip:127.0.0.1:{proxy.port};lr>"
    assert ack.uri == f"sip:x@127.0.0.1:{trunk.port}"
    call.bye()
    bye = proxy.expect("BYE")
    proxy.reply(bye, 200)


@pytest.mark.parametrize("registered", [False, True])
def test_outboundproxy(make_tandem, phones, slot, registered):
    """Everything goes to the proxy, named as its destination."""
    port, proxy_port = slot.take(), slot.take()
    host = "dynamic" if registered else f"127.0.0.1\nport={port}"
    tandem = make_tandem(
        sip=OFFICE_SIP + f"""[far]
type=friend
host={host}
secret=birke-Fenster-9
outboundproxy=127.0.0.1:{proxy_port}
disallow=all
allow=ulaw
""", plan="[office]\nexten => 77,1,Dial(SIP/far)\n")
    proxy = phones(tandem, "proxy", register=False, port=proxy_port)
    if registered:
        phones(tandem, "far", secret="birke-Fenster-9", port=port)
    call = phones(tandem, "1001").invite("77")
    incoming = proxy.incoming()
    assert f"127.0.0.1:{port}" in incoming.invite.uri
    # it does not stay in the dialog by Record-Route, and is asked all the same
    proxy.reply(incoming.invite, 200, to_tag=incoming.tag,
                body=incoming.offer(),
                headers=[("Contact", f"<sip:far@127.0.0.1:{port}>")])
    proxy.expect("ACK")
    call.answered()
    call.bye()
    incoming.gone()


def test_path(make_tandem, phones):
    """supportpath=: a call to the phone takes the way of its Path."""
    tandem = make_tandem(sip=OFFICE_SIP.replace("[1002](phone)",
                                                "[1002](phone)\n"
                                                "supportpath=yes"))
    anna = phones(tandem, "1001")
    edge = phones(tandem, "1002", register=False)
    path = f"<sip:127.0.0.1:{edge.port};lr>"
    message = edge.build("REGISTER", "sip:127.0.0.1",
                         [("Path", path), ("Supported", "path"),
                          ("Expires", "300")],
                         To="<sip:1002@127.0.0.1>",
                         Contact="<sip:1002@192.0.2.77:5070>")
    assert edge.request(message)["Path"] == path
    call = anna.invite("1002")
    incoming = edge.incoming()
    assert incoming.invite["Route"] == path
    assert incoming.invite.uri == "sip:1002@192.0.2.77:5070"
    refused(call, incoming)


def copies_of(request, count=1):
    """For wait_log(): repetitions of a request, as soon as so many came."""
    def look(log):
        copies = [m for m in log if m.is_request and m is not request
                  and m.branch == request.branch]
        return copies if len(copies) >= count else None
    return look


@pytest.mark.parametrize("lines,first,end", [
    ("timert1=100\nqualify=no", 0.1, None),
    ("timert1=200\ntimerb=900", 0.2, 0.9),
])
def test_timers(make_tandem, phones, slot, lines, first, end):
    """timert1=, timerb= of a trunk that says nothing."""
    *_, trunk, call, incoming = world(make_tandem, phones, slot,
                                      "qualify=no\n" + lines)
    began = incoming.invite.at
    copies = trunk.wait_log(copies_of(incoming.invite, 2), "it twice again")
    assert copies[0].at - began == pytest.approx(first, abs=0.08)
    assert copies[1].at - began == pytest.approx(3 * first, abs=0.08)
    if end:
        response = call.final()
        assert response.status >= 400
        assert time.monotonic() - began == pytest.approx(end, abs=0.3)
    else:
        refused(call, incoming)


def test_t1_is_what_qualify_measures(make_tandem, phones, slot):
    tandem, anna, trunk, call, incoming = world(
        make_tandem, phones, slot, "qualify=yes", general="t1min=150")
    refused(call, incoming)
    tandem.wait_console("sip show peers", r"^trunk.* OK \(")
    call = anna.invite("0305")
    incoming = trunk.incoming()
    copy = trunk.wait_log(copies_of(incoming.invite), "it again")[0]
    assert copy.at - incoming.invite.at == pytest.approx(0.15, abs=0.08)
    refused(call, incoming)


def test_tos(make_tandem, slot):
    """The marks are on the sockets."""
    port = slot.take()
    tandem = make_tandem(
        general="tos_sip=cs3\ntos_audio=ef", plan=PLAN,
        sip=OFFICE_SIP + TRUNK.format(port=slot.take(), lines=""))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    sock.bind(("127.0.0.1", port))
    sock.settimeout(3)
    sock.sendto(
        f"OPTIONS sip:127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK1;rport\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:127.0.0.1>\r\n"
        "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n".encode(),
        ("127.0.0.1", tandem.port))
    _, ancillary, _, _ = sock.recvmsg(2000, 100)
    assert [d[0] for _, kind, d in ancillary
            if kind == socket.IP_TOS] == [0x60]
    sock.close()


@pytest.mark.parametrize("line,header,text", [
    ("sendrpid=pai", "P-Asserted-Identity", r'"Bert" <sip:1002@127\.0\.0\.1'),
    ("sendrpid=yes", "Remote-Party-ID", r'"Bert" <sip:1002@127\.0\.0\.1:\d+>;'
     r'party=called;privacy=off;screen=no'),
    ("", None, None)])
def test_caller_is_told_whom_it_reaches(make_tandem, phones, line, header,
                                        text):
    tandem = make_tandem(sip=OFFICE_SIP.replace("[1001](phone)",
                                                "[1001](phone)\n" + line))
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    back = bert.incoming()
    back.ring()
    ringing = call.wait(180)
    back.accept()
    answer = call.answered()
    for message in (ringing, answer):
        if header:
            assert re.match(text, message[header])
        else:
            assert "Remote-Party-ID" not in message
            assert "P-Asserted-Identity" not in message
    call.bye()
    back.gone()
