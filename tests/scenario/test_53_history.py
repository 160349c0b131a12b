"""What a provider is told of a call that was forwarded: Diversion (RFC 5806)
and History-Info (RFC 7044), byte by byte."""

import re

import pytest

from harness.office import OFFICE_SIP, line_conf
from harness.provider import Provider

PLAN = """\
[office]
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => _0X.,1,Dial(SIP/${EXTEN:1}@line,20)
exten => 2001,1,Dial(Local/1002@office,20)
exten => 2002,1,Set(REDIRECTING(from-num)=2002)
 same => n,Set(REDIRECTING(reason)=cfb)
 same => n,Dial(Local/0777@office,20)
exten => 2003,1,Dial(Local/0777@office,20)
[incoming]
exten => 4711,1,Dial(SIP/1002,20)
"""


@pytest.fixture
def world(make_tandem, slot, closing, phones):
    """world(more): (Tandem, line, anna, bert, carl)"""
    def make(more=""):
        port = slot.take()
        tandem = make_tandem(OFFICE_SIP + line_conf(port, more), PLAN)
        line = closing(Provider(("127.0.0.1", tandem.port), port))
        return tandem, line, *phones(tandem, "1001", "1002", "1003")
    return make


def told(call, line):
    """The two headers of the call that comes out, without the host."""
    incoming = line.incoming()
    invite = incoming.invite
    incoming.refuse(486)
    call.final()
    out = []
    for name in ("Diversion", "History-Info"):
        text = ", ".join(invite.all(name))
        out.append(re.sub(r"@127\.0\.0\.1(:\d+)?", "@", text))
    return out


def test_forwards_are_told(world):
    """By the phone's 302 with each reason, by a forward that is kept here, by
    the plan through Local/, one after the other."""
    tandem, line, anna, bert, carl = world()

    # 302, directly and behind Local/: the number that was called
    for number in ("1002", "2001"):
        call = anna.invite(number)
        bert.incoming().refuse(302, headers=[("Contact", "<sip:0777@x>")])
        assert told(call, line) == [
            "<sip:1002@>;reason=unconditional;counter=1",
            "<sip:1002@>;index=1, <sip:777@;cause=302>;index=1.1;mp=1"]

    # the phone says why
    for why, cause in (("user-busy", 486), ("no-answer", 408),
                       ("time-of-day", 404), ("do-not-disturb", 486),
                       ("unavailable", 503), ("deflection", 480)):
        call = anna.invite("1002")
        bert.incoming().refuse(302, headers=[
            ("Contact", "<sip:0777@x>"),
            ("Diversion", f"<sip:1002@x>;reason={why}")])
        diversion, history = told(call, line)
        assert diversion == f"<sip:1002@>;reason={why};counter=1"
        if why in ("user-busy", "no-answer", "unavailable", "deflection"):
            assert f";cause={cause}>" in history, (why, history)

    # kept here: at once, when busy, when there is no answer
    for kind, status, why, cause in (("all", 0, "unconditional", 302),
                                     ("busy", 486, "user-busy", 486),
                                     ("noanswer", 480, "unavailable", 503)):
        tandem.console(f"forward set 1002 {kind} 0777")
        call = anna.invite("1002")
        if status:
            bert.incoming().refuse(status)
        assert told(call, line) == [
            f"<sip:1002@>;reason={why};counter=1",
            f"<sip:1002@>;index=1, <sip:777@;cause={cause}>;index=1.1;mp=1"]
        tandem.console(f"forward cancel 1002 {kind}")

    # the plan says so, and without a word of it nothing was forwarded
    assert told(anna.invite("2002"), line) == [
        "<sip:2002@>;reason=user-busy;counter=1",
        "<sip:2002@>;index=1, <sip:777@;cause=486>;index=1.1;mp=1"]
    assert told(anna.invite("2003"), line) == ["", ""]

    # two in a row
    tandem.console("forward set 1002 all 1003")
    call = anna.invite("1002")
    carl.incoming().refuse(302, headers=[
        ("Contact", "<sip:0777@x>"),
        ("Diversion", "<sip:1003@x>;reason=no-answer")])
    assert told(call, line) == [
        "<sip:1003@>;reason=no-answer;counter=1, "
        "<sip:1002@>;reason=unconditional;counter=1",
        "<sip:1002@>;index=1, <sip:1003@;cause=302>;index=1.1;mp=1, "
        "<sip:777@;cause=408>;index=1.1.1;mp=1.1"]


@pytest.mark.parametrize("header", [
    ("Diversion", "<sip:0309999@far.example>;reason=user-busy"),
    ("History-Info", "<sip:0309999@far.example>;index=1, "
                     "<sip:4711@far.example;cause=486>;index=1.1")])
def test_what_came_from_the_provider_goes_on(world, header):
    """A call that was forwarded to us, forwarded by us once more."""
    tandem, line, anna, bert, carl = world("trustrpid=yes")
    call = line.call_in("4711", headers=[header])
    bert.incoming().refuse(302, headers=[("Contact", "<sip:0777@x>")])
    diversion, history = told(call, line)
    assert diversion == ("<sip:4711@>;reason=unconditional;counter=1, "
                         "<sip:0309999@>;reason=user-busy;counter=1")
    assert history == (
        "<sip:0309999@>;index=1, <sip:4711@;cause=486>;index=1.1;mp=1, "
        "<sip:777@;cause=302>;index=1.1.1;mp=1.1")


def test_a_counter_goes_on(world):
    """Diversion's counter stands for those that were left out."""
    tandem, line, anna, bert, carl = world("trustrpid=yes")
    call = line.call_in("4711", headers=[
        ("Diversion", "<sip:0309999@far.example>;reason=no-answer;counter=3")])
    bert.incoming().refuse(302, headers=[("Contact", "<sip:0777@x>")])
    diversion, _ = told(call, line)
    assert diversion == ("<sip:4711@>;reason=unconditional;counter=3, "
                         "<sip:0309999@>;reason=no-answer;counter=1")


@pytest.mark.parametrize("more,sent", [
    ("send_diversion=no", [False, True]),
    ("send_history_info=no", [True, False]),
    ("send_diversion=no\nsend_history_info=no", [False, False])])
def test_a_line_that_wants_none(world, more, sent):
    tandem, line, anna, bert, carl = world(more)
    call = anna.invite("1002")
    bert.incoming().refuse(302, headers=[("Contact", "<sip:0777@x>")])
    assert [bool(x) for x in told(call, line)] == sent
