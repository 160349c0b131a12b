"""Options of sip.conf: registrar, registrations, qualify, keep-alive."""

import re
import time

import pytest

from harness.lines import until
from harness.office import OFFICE_SIP

REGS = """\
[office]
include => regs
exten => _X!,n(x),NoOp()
[regs]
exten => 1002,2,Hangup(17)
exten => 77,2,Hangup(17)
"""


def test_regexten(make_tandem, phones):
    """A number exists while its phone is registered, also after a reload."""
    tandem = make_tandem(
        general="regcontext=regs", plan=REGS,
        sip=OFFICE_SIP.replace("[1003](phone)",
                               "[1003](phone)\nregexten=77&78"))
    anna = phones(tandem, "1001")
    assert anna.invite("1002").final().status == 404
    assert anna.invite("77").final().status == 404
    bert, carl = phones(tandem, "1002", "1003")
    assert anna.invite("1002").final().status == 486
    assert anna.invite("77").final().status == 486
    assert re.search(r"'78' =>\s+1\. NoOp\(1003\)",
                     tandem.console("dialplan show regs"))
    tandem.console("core reload")
    assert anna.invite("77").final().status == 486
    carl.register(expires=0)
    assert anna.invite("77").final().status == 404
    assert anna.invite("1002").final().status == 486


def test_regcontext_need_not_be_written(make_tandem, phones):
    """It is included, but nobody wrote it: that is no fault."""
    tandem = make_tandem(general="regcontext=regs",
                         plan="[office]\ninclude => regs\n")
    status, text = tandem.check()
    assert status == 0 and "no such context" not in text, text
    anna, _ = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    assert call.final().status != 404


@pytest.mark.parametrize("on,status", [("yes", 404), ("no", 486)])
def test_regextenonqualify(make_tandem, phones, on, status):
    tandem = make_tandem(
        general=f"regcontext=regs\nregextenonqualify={on}", plan=REGS,
        sip=OFFICE_SIP.replace("[1002](phone)",
                               "[1002](phone)\nqualify=100\n"
                               "qualifyfreq=1"))
    anna, bert = phones(tandem, "1001", "1002")
    tandem.wait_console("sip show peers", r"^1002.* OK \(")
    assert anna.invite("1002").final().status == 486
    bert.answer_options = False
    tandem.wait_console("sip show peers", r"^1002.*UNREACHABLE")
    assert anna.invite("1002").final().status == status


@pytest.mark.parametrize("ignore", ["yes", "no"])
def test_ignoreregexpire(make_tandem, phones, ignore):
    """A binding that has ended goes on being used, or is gone."""
    tandem = make_tandem(general=f"minexpiry=1\nignoreregexpire={ignore}")
    anna = phones(tandem, "1001")
    bert = phones(tandem, "1002", register=False)
    assert bert.register(expires=1).status == 200
    # ten seconds of grace for a late refresh
    if ignore == "yes":
        tandem.log.wait("has expired and stays", 14)
        call = anna.invite("1002")
        bert.incoming().refuse(486)
        assert call.final().status == 486
    else:
        tandem.log.wait("1002: .* has expired", 14)
        assert anna.invite("1002").final().status >= 400
        assert not bert.inbox


@pytest.mark.parametrize("kind", ["phone", "static"])
def test_keepalive(make_tandem, phones, slot, kind):
    port = slot.take()
    host = "host=dynamic" if kind == "phone" else "host=127.0.0.1"
    tandem = make_tandem(
        sip=f"[p]\ntype=friend\n{host}\n"
            + (f"port={port}\n" if kind == "static" else "")
            + "secret=birke-Fenster-9\nkeepalive=1\n")
    phone = phones(tandem, "p", secret="birke-Fenster-9", port=port,
                   register=False)
    seen = []
    receive = phone.wire.receive

    def spy():
        got = receive()
        if got:
            seen.append(got[0])
        return got
    phone.wire.receive = spy
    if kind == "phone":
        phone.registered()
    until(lambda: b"\r\n\r\n" in seen, "an empty packet", 4)


def test_qualify_as_often_as_the_nat_needs(make_tandem, phones):
    """What was learned of its NAT counts for qualify=, too."""
    tandem = make_tandem(
        sip="[p]\ntype=friend\nhost=dynamic\nsecret=birke-Fenster-9\n"
            "qualify=yes\nqualifyfreq=600\n")
    tandem.console("database put NAT/Keepalive p 1")
    phone = phones(tandem, "p", secret="birke-Fenster-9")
    phone.wait_log(lambda log: sum(m.first.startswith("OPTIONS")
                                   for m in log) >= 3, "OPTIONS")


def registrar(make_tandem, phones, slot, line="", general="", peer=""):
    """Tandem registers at a phone that plays the registrar."""
    port = slot.take()
    tandem = make_tandem(
        general=general + "\n" + (line or "register => joe:pass-Wort-1@"
                                  "127.0.0.1:{port}/4711")
        .format(port=port), sip=peer.format(port=port),
        plan="[nowhere]\nexten => 4711,1,NoOp()\n", start=False)
    there = phones(tandem, "registrar", register=False, port=port)
    tandem.start()
    return tandem, there


@pytest.mark.parametrize("line,uri,aor,contact,expires", [
    ("register => joe@127.0.0.1:{port}", "sip:127.0.0.1:{port}",
     "sip:joe@127.0.0.1", "s", "120"),
    ("register => joe:x-Wort-1@127.0.0.1:{port}/4711~600",
     "sip:127.0.0.1:{port}", "sip:joe@127.0.0.1", "4711", "600"),
    ("register => joe@far.example:x-Wort-1:auth@127.0.0.1:{port}/9",
     "sip:far.example", "sip:joe@far.example", "9", "120"),
    ("register => joe@far.example:5090:x-Wort-1:auth@127.0.0.1:{port}",
     "sip:far.example:5090", "sip:joe@far.example:5090", "s", "120"),
    ("register => udp://joe:x@y/z:auth@127.0.0.1:{port}/7",
     "sip:127.0.0.1:{port}", None, "7", "120"),
])
def test_register_lines(make_tandem, phones, slot, line, uri, aor,
                        contact, expires):
    _, there = registrar(make_tandem, phones, slot, line)
    got = there.expect("REGISTER")
    assert got.uri == uri.format(port=there.port)
    if aor:
        assert f"<{aor}>" in got["To"] and f"<{aor}>" in got["From"]
    assert got["Contact"].startswith(f"<sip:{contact}@")
    assert got["Expires"] == expires


def test_register_with_credentials_of_the_realm(make_tandem, phones, slot):
    """auth= of [authentication] comes before the line's secret."""
    _, there = registrar(
        make_tandem, phones, slot,
        peer="[authentication]\nauth=ann:other-Wort-9@far.example\n")
    got = there.expect("REGISTER")
    there.reply(got, 401, headers=[
        ("WWW-Authenticate", 'Digest realm="far.example", nonce="a"')])
    again = there.expect("REGISTER")
    assert 'username="ann"' in again["Authorization"]
    there.reply(again, 200, headers=[("Contact", again["Contact"])])


def test_callbackextension(make_tandem, phones, slot):
    """Register there with it, and know the calls by it."""
    tandem, there = registrar(
        make_tandem, phones, slot, line=" ", peer="""
[other]
type=peer
host=127.0.0.1
port={port}
insecure=port,invite
context=wrong
[prov]
type=peer
host=127.0.0.1
port={port}
defaultuser=joe
secret=pass-Wort-1
insecure=invite
callbackextension=4711
context=nowhere
""")
    got = there.expect("REGISTER")
    assert got["Contact"].startswith("<sip:4711@")
    there.reply(got, 401, headers=[
        ("WWW-Authenticate", 'Digest realm="x", nonce="a"')])
    again = there.expect("REGISTER")
    assert 'username="joe"' in again["Authorization"]
    there.reply(again, 200, headers=[("Contact", again["Contact"]),
                                     ("Expires", "120")])
    tandem.wait_console("sip show registry", "Registered")
    there.user = "0301234"
    call = there.invite(again.target(), auth=False)
    call.final()
    tandem.log.wait(r"from prov .*to 4711@nowhere")


@pytest.mark.parametrize("timeout", [1, 2])
def test_registertimeout(make_tandem, phones, slot, timeout):
    """A registrar that says nothing is asked again after so long."""
    _, there = registrar(make_tandem, phones, slot,
                         general=f"registertimeout={timeout}")
    first = there.expect("REGISTER")
    again = there.expect(lambda m: m.is_request and "REGISTER" in m.first
                         and m.cseq[0] > first.cseq[0], timeout + 2)
    assert timeout - 0.2 < again.at - first.at < timeout + 1


@pytest.mark.parametrize("retry", ["yes", "no"])
def test_register_retry_403(make_tandem, phones, slot, retry):
    """As after a timeout; otherwise with growing pauses, never not at all."""
    tandem, there = registrar(
        make_tandem, phones, slot,
        general=f"registertimeout=1\nregister_retry_403={retry}")
    first = there.expect("REGISTER")
    there.reply(first, 403)
    tandem.log.wait(r"register: .*: No Authentication, 403 Forbidden")
    if retry == "yes":
        there.expect(lambda m: m.is_request and "REGISTER" in m.first
                     and m.cseq[0] > first.cseq[0], 3)
    else:
        time.sleep(2.5)
        assert not [m for m in there.inbox if "REGISTER" in m.first
                    and m.cseq[0] > first.cseq[0]]


def test_registerattempts(make_tandem, phones, slot):
    tandem, there = registrar(
        make_tandem, phones, slot,
        general="registertimeout=1\nregisterattempts=2")
    tandem.wait_console("sip show registry", "Failed", 6)
    assert len({m.cseq[0] for m in there.got("REGISTER")}) == 2


def test_register_through_outboundproxy(make_tandem, phones, slot):
    port = slot.take()
    tandem = make_tandem(
        general=f"outboundproxy=127.0.0.1:{port}\n"
                "register => joe:x-Wort-1@192.0.2.55", start=False)
    proxy = phones(tandem, "proxy", register=False, port=port)
    tandem.start()
    assert proxy.expect("REGISTER").uri == "sip:192.0.2.55"


def test_sipdebug(make_tandem, phones):
    tandem = make_tandem(general="sipdebug=yes")
    phones(tandem, "1001")
    tandem.log.wait(r"REGISTER sip:127\.0\.0\.1 SIP/2\.0")
    tandem.log.wait(r"SIP/2\.0 401 Unauthorized")
