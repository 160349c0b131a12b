"""Forwards: kept here by star codes, over a restart; by the phone's 302."""

import re

import pytest

from harness.office import OFFICE_SIP, line_conf
from harness.provider import Provider

PLAN = """\
[office]
exten => _100X,1,Dial(SIP/${EXTEN},20)
 same => n,Hangup()
exten => _0X.,1,Dial(SIP/${EXTEN:1}@trunk)
exten => *79,1,Answer()
 same => n,Playback(mine)
[in]
exten => 4711,1,Dial(SIP/1002,20)
"""
TONES = {"call-fwd-unconditional": 450, "is-set-to": 550, "digits/1": 650,
         "digits/0": 750, "digits/3": 850, "call-forwarding": 950,
         "de-activated": 1050, "mine": 1150, "do-not-disturb": 1250,
         "activated": 1350, "invalid": 1450}


def dial_code(phone, code, *heard):
    """A star code, and what it says."""
    call = phone.call(code)
    since = 0
    for name in heard:
        call.rtp.wait_tone(TONES[name], 0.15, 6, since)
        since = call.rtp.mark()
    call.gone()


def test_star_code_is_kept_over_a_restart(make_tandem, phones):
    tandem = make_tandem(plan=PLAN, start=False)
    tandem.tones(TONES)
    tandem.start()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    dial_code(bert, "*721003", "call-fwd-unconditional", "is-set-to",
              "digits/1", "digits/0", "digits/3")
    assert re.search(r"^1002 +all +1003$", tandem.console("forward show"),
                     re.M)
    tandem.stop()
    tandem.start()

    call = anna.invite("1002")
    other = carl.pick_up(freq=1800)
    assert re.search(r"<sip:1002@[^>]+>;reason=unconditional;counter=1",
                     other.invite["Diversion"]), other.invite
    assert re.search(r"<sip:1002@[^>]+>;index=1, "
                     r"<sip:1003@[^>]*;cause=302>;index=1.1;mp=1$",
                     other.invite["History-Info"]), other.invite
    call.answered()
    call.talk(freq=1900)
    call.rtp.wait_tone(1800)
    other.rtp.wait_tone(1900)
    call.bye()
    other.gone()
    assert not bert.got("INVITE")

    # the phone's own context wins: *79 is the office's
    dial_code(bert, "*79", "mine")
    dial_code(bert, "*73", "call-forwarding", "de-activated")
    call = anna.invite("1002")
    bert.pick_up()
    call.answered()
    call.bye()


def test_do_not_disturb_and_busy_target(make_tandem, phones):
    tandem = make_tandem(plan=PLAN, start=False)
    tandem.tones(TONES)
    tandem.start()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    dial_code(bert, "*78", "do-not-disturb", "activated")
    assert anna.invite("1002").final().status == 486
    assert not bert.got("INVITE")

    tandem.console("forward set 1002 busy 1003")
    call = anna.invite("1002")
    other = carl.pick_up()
    assert "reason=do-not-disturb" in other.invite["Diversion"]
    call.answered()
    call.bye()
    other.gone()

    # awake again: rings, is busy, goes on
    tandem.console("dnd cancel 1002")
    call = anna.invite("1002")
    bert.incoming().refuse(486)
    other = carl.pick_up()
    assert "reason=user-busy" in other.invite["Diversion"]
    call.answered()
    call.bye()
    other.gone()


@pytest.fixture
def trunk(make_tandem, slot, closing):
    """A Tandem and its provider."""
    port = slot.take()
    tandem = make_tandem(OFFICE_SIP + line_conf(port, "", "trunk", "in"),
                         PLAN, start=False)
    provider = closing(Provider(("127.0.0.1", tandem.port), port))
    return tandem.start(), provider


def test_forwarder_pays_and_a_302_goes_through_the_plan(trunk, phones):
    """A call from outside goes out again as the phone's own."""
    tandem, provider = trunk
    bert = phones(tandem, "1002")

    call = provider.call_in("4711")
    bert.incoming().refuse(302, headers=[
        ("Contact", "<sip:0123456@192.0.2.1>"),
        ("Diversion", "<sip:1002@192.0.2.1>;reason=no-answer")])
    out = provider.pick_up()
    assert out.invite.uri.startswith("sip:123456@")
    assert re.search(r"<sip:4711@[^>]+>;reason=no-answer",
                     out.invite["Diversion"])
    call.answered()
    call.bye()
    out.gone()

    # what the phone may not call, nobody reaches through it
    call = provider.call_in("4711")
    bert.incoming().refuse(302, headers=[
        ("Contact", "<sip:4711@192.0.2.1>")])
    assert call.final().status == 503


def test_who_is_no_phone_sets_nothing(trunk):
    tandem, provider = trunk
    assert provider.call_in("*721003").final().status == 404
    assert "0 forwards" in tandem.console("forward show")
