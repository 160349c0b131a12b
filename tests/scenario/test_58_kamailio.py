"""Kamailio as the provider: registrar and proxy with digest authentication,
a subscriber of its own behind it; calls both ways with audio."""

import re
import shutil

import pytest

from harness.kamailio import Kamailio
from harness.office import OFFICE_SIP, line_conf
from harness.phone import Phone
from harness.talk import both_talk, ring

PLAN = """\
[office]
exten => _0X.,1,Dial(SIP/line/${EXTEN:1},20)
 same => n,Hangup(${HANGUPCAUSE})
[incoming]
exten => 4930123,1,Dial(SIP/1001,20)
"""

ACCOUNT = """\
fromuser=720431
fromdomain=provider.example
defaultuser=720431
remotesecret=kiefer-Rad-31
qualify=yes
"""

REGISTER = """\
register => 720431@provider.example:kiefer-Rad-31@127.0.0.1:{port}/4930123
"""


@pytest.fixture
def world(make_tandem, slot, phones, tmp_path):
    """(Tandem, Kamailio, our phone, the provider's subscriber 555)"""
    if not shutil.which("kamailio"):
        pytest.skip("kamailio is not installed")
    port = slot.take()
    kamailio = Kamailio(tmp_path / "kamailio", port,
                        {"720431": "kiefer-Rad-31", "555": "pappel-Tor-55"},
                        {"4930123": "720431"})
    far = Phone(("127.0.0.1", port), "555", "pappel-Tor-55",
                domain="provider.example")
    try:
        far.registered()
        tandem = make_tandem(OFFICE_SIP + line_conf(port, ACCOUNT), PLAN,
                             general=REGISTER.format(port=port))
        tandem.wait_console("sip show registry", r"720431.* Registered")
        tandem.wait_console("sip show peers", r"^line.*OK \(\d+ ms\)")
        yield tandem, kamailio, phones(tandem, "1001"), far
    finally:
        far.close()
        kamailio.stop()


def talk_and_hold(one, other):
    """Both hear each other, one holds, takes back."""
    both_talk(one, other)
    assert one.reinvite("sendonly").status == 200
    held = other.expect_reinvite()
    assert held.sdp().direction in ("sendonly", "inactive")
    other.answer_reinvite(held, "recvonly")
    assert one.reinvite("sendrecv").status == 200
    other.answer_reinvite(other.expect_reinvite())
    mark = other.rtp.mark()
    other.rtp.wait_tone(400, since=mark)


def test_call_out(world):
    """407 answered, Record-Route followed by ACK, re-INVITE and BYE."""
    tandem, kamailio, anna, far = world
    call = anna.invite("0555")
    incoming = far.incoming()
    assert "Proxy-Authorization" not in incoming.invite
    assert "<sip:720431@provider.example>" in incoming.invite["From"]
    incoming.ring()
    call.wait(180)
    incoming.accept()
    call.answered()
    talk_and_hold(call, incoming)
    call.bye()
    incoming.gone()
    tandem.idle()
    row = tandem.cdr()[0]
    assert (row["disposition"], row["trunk"]) == ("ANSWERED", "line")
    passed = re.findall(r"in dialog: (\w+)", kamailio.proc.text)
    assert passed.count("INVITE") == 2 and passed.count("BYE") == 1
    assert passed.count("ACK") == 3


def test_call_in(world):
    """To the number that was registered; the far end hangs up."""
    tandem, kamailio, anna, far = world
    call = far.invite("4930123")
    incoming = anna.incoming()
    assert "sip:555@" in incoming.invite["From"]
    incoming.ring()
    call.wait(180)
    incoming.accept()
    call.answered()
    talk_and_hold(incoming, call)
    call.bye()
    incoming.gone()
    row = tandem.cdr()[0]
    assert (row["src"], row["dst"]) == ("555", "4930123")


def test_endings(world):
    """Nobody there, busy, cancelled, hung up by us on a call that came in, a
    caller who gives up."""
    tandem, kamailio, anna, far = world
    assert anna.invite("0556").final().status == 404

    call = anna.invite("0555")
    far.incoming().refuse(486)
    assert call.final().status == 486

    for caller, callee, number in ((anna, far, "0555"),
                                   (far, anna, "4930123")):
        call, incoming = ring(caller, callee, number)
        call.cancel()
        incoming.wait("CANCEL")
        assert call.final().status == 487

    call = far.invite("4930123")
    incoming = anna.pick_up()
    call.answered()
    incoming.bye()
    call.gone()
    tandem.idle()


def test_wrong_password(world):
    """Refused by the proxy: the caller hears at once, and only two answers
    to a challenge are given."""
    tandem, kamailio, anna, far = world
    tandem.edit("sip.conf", "remotesecret=kiefer-Rad-31",
                "remotesecret=kiefer-Rad-32")
    tandem.console("sip reload")
    call = anna.invite("0555")
    assert call.final().status == 403
    assert not far.got("INVITE")
