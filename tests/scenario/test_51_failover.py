"""A trunk group: which line carries a call, what leads on to the next one,
lines that are away and come back."""

import re
import time

import pytest

from harness.lines import until
from harness.office import OFFICE_SIP, line_conf
from harness.provider import Provider
from harness.talk import both_talk, ring

PLAN = """\
[office]
exten => _0X.,1,Dial(SIP/out/${EXTEN:1},30)
 same => n,Set(CDR(userfield)=${DIALSTATUS})
 same => n,Hangup(${HANGUPCAUSE})
exten => _9X.,1,Dial(SIP/${EXTEN:1}@out,30)
exten => _8X.,1,Dial(SIP/a/${EXTEN:1},30)
exten => _7X.,1,Dial(SIP/a/${EXTEN:1},30)
 same => n,Goto(s-${DIALSTATUS},1)
exten => s-CHANUNAVAIL,1,Dial(SIP/b/again,30)
exten => s-CONGESTION,1,Goto(s-CHANUNAVAIL,1)
exten => _s-.,1,Hangup(17)
exten => _6X.,1,Dial(SIP/a/${EXTEN:1}&SIP/b/${EXTEN:1},30)
"""

ULAW = "disallow=all\nallow=ulaw\n"

GROUP = """
[out](trunk)
timeout=30
probe=1
ramp=2
"""


class Line(Provider):
    """A provider that answers every call as it was told to."""

    def __init__(self, server, port, name):
        super().__init__(server, port)
        self.name = name

    def numbers(self):
        """Dialled numbers of the calls that came, in order."""
        return [m.uri.split("@")[0][4:] for m in self.calls_in()]

    def calls_in(self):
        seen = {}
        for message in self.got("INVITE"):
            seen.setdefault(message["Call-ID"], message)
        return list(seen.values())

    def silence(self):
        self.answer_options = False
        self.auto_again = False


@pytest.fixture
def office(make_tandem, slot, closing):
    """office(members, group): (Tandem, lines a, b, c)"""
    def make(members="member=a\nmember=b\nmember=c\n", group=GROUP, more=""):
        ports = [slot.take() for _ in "abc"]
        sip = OFFICE_SIP + "".join(
            line_conf(p, ULAW + more, n, "nowhere")
            for n, p in zip("abc", ports))
        tandem = make_tandem(sip + group + members, PLAN,
                             general="maxcallsperminute=0")
        return tandem, *(closing(Line(("127.0.0.1", tandem.port), p, n))
                         for n, p in zip("abc", ports))
    return make


def carried(tandem, count=1):
    return tandem.cdr(count)[-1]["trunk"]


def through(phone, line, number="030123"):
    """A short call that this line carries, with audio both ways."""
    call = phone.invite(number)
    incoming = line.incoming()
    assert incoming.invite.uri.startswith(f"sip:{number[1:]}@")
    incoming.accept()
    call.answered()
    both_talk(call, incoming)
    call.bye()
    incoming.gone()


def test_first_line_carries(office, phones):
    """In order; both spellings; the record names group and line."""
    tandem, a, b, c = office()
    anna = phones(tandem, "1001")
    through(anna, a)
    assert carried(tandem) == "out/a"
    call = anna.invite("930123")
    incoming = a.incoming()
    assert incoming.invite.uri == f"sip:30123@127.0.0.1:{a.port}"
    incoming.refuse(486)
    assert call.final().status == 486
    assert not b.got("INVITE") and not c.got("INVITE")


def test_p2_what_leads_on(office, phones):
    """503, 408, 5xx and a password that is not ours lead on, each to the
    next line with a Call-ID of its own; busy, unknown and declined do not."""
    tandem, a, b, c = office("member=a\nmember=b\n")
    anna = phones(tandem, "1001")
    number = 0
    for status in (503, 408, 500, 502, 407, 401):
        number += 1
        call = anna.invite(f"030{number}")
        first = a.incoming()
        headers = [("Proxy-Authenticate" if status == 407 else
                    "WWW-Authenticate", 'Digest realm="x", nonce="y"')] \
            if status in (401, 407) else []
        first.refuse(status, "Failed", headers)
        second = b.incoming()
        assert second.invite["Call-ID"] != first.invite["Call-ID"]
        assert second.invite.tag("From") != first.invite.tag("From")
        second.refuse(486)
        assert call.final().status == 486, status
    for status in (486, 404, 603, 480, 403):
        number += 1
        call = anna.invite(f"030{number}")
        a.incoming().refuse(status)
        assert call.final().status >= 400
    assert b.numbers() == [f"30{n}" for n in range(1, 7)]


def test_sequence_of_the_plan(office, phones):
    """Without a group: the plan goes by DIALSTATUS, as FreePBX's macros do."""
    tandem, a, b, c = office()
    anna = phones(tandem, "1001")
    for status, leads_on in ((503, True), (500, True), (486, False),
                             (603, False)):
        call = anna.invite("730123")
        a.incoming().refuse(status, "Failed")
        if leads_on:
            second = b.incoming()
            assert second.invite.uri.startswith("sip:again@")
            second.refuse(486)
        assert call.final().status == 486
    assert b.numbers() == ["again", "again"]


def test_two_lines_at_once(office, phones):
    """SIP/a&SIP/b is forking: both ring, one answers, the other is told to
    stop; that one line fails does not matter."""
    tandem, a, b, c = office()
    anna = phones(tandem, "1001")
    call = anna.invite("630123")
    first, second = a.incoming(), b.incoming()
    first.ring()
    second.accept()
    first.wait("CANCEL")
    call.answered()
    call.talk(400)
    second.rtp.wait_tone(400)
    call.bye()
    second.gone()
    call = anna.invite("630123")
    a.incoming().refuse(503)
    second = b.incoming()
    second.accept()
    call.answered()
    call.bye()
    second.gone()


def test_all_fail(office, phones):
    """What the last one said counts; each was tried once."""
    tandem, a, b, c = office()
    anna = phones(tandem, "1001")
    call = anna.invite("0301")
    for line in (a, b, c):
        line.incoming().refuse(503)
    assert call.final().status == 503
    row = tandem.cdr()[0]
    assert row["userfield"] == "CONGESTION"
    assert row["trunk"] == ""
    assert [len(x.calls_in()) for x in (a, b, c)] == [1, 1, 1]


def test_p1_silent_line_is_left_out_until_it_is_back(office, phones):
    """No answer within `timeout`: the next line.  Then it gets OPTIONS, not
    calls, until it answers one of them."""
    tandem, a, b, c = office("member=a\nmember=b\n",
                             GROUP.replace("timeout=30", "timeout=3"))
    a.silence()
    anna = phones(tandem, "1001")
    begin = time.monotonic()
    call = anna.invite("0301")
    a.incoming()
    b.incoming().refuse(486)
    assert call.final().status == 486
    assert time.monotonic() - begin > 2.9
    assert re.search(r"^  a +1 +1 away .*Connection timed out, \d+ s ago",
                     tandem.console("trunk show out"), re.M)

    call = anna.invite("0302")
    b.incoming().refuse(486)
    assert call.final().status == 486
    assert a.numbers() == ["301"]

    a.expect("OPTIONS")
    a.answer_options = True
    tandem.log.wait(r"a at 127\.0\.0\.1:\d+ is back")
    through(anna, a, "0303")
    tandem.wait_console("trunk show", r"^  a +1 +1 ok ")


def test_p2_refused_connection_leads_on_at_once(office, phones):
    """Nobody listens on the port (ICMP)."""
    tandem, a, b, c = office("member=a\nmember=b\n")
    a.close()
    anna = phones(tandem, "1001")
    through(anna, b)
    assert carried(tandem) == "out/b"
    assert re.search("connection refused", tandem.console("trunk show"))


def test_p2_a_line_that_fails_leads_on_whatever_is_in_failover(office,
                                                               phones):
    """failover=none is about answers: 503 is the caller's then, but a line
    that cannot be reached is no answer."""
    tandem, a, b, c = office("member=a\nmember=b\n",
                             GROUP + "failover=none\n")
    anna = phones(tandem, "1001")
    call = anna.invite("0301")
    a.incoming().refuse(503)
    assert call.final().status == 503
    assert not b.got("INVITE")
    a.close()
    call = anna.invite("0302")
    b.incoming().refuse(486)
    assert call.final().status == 486


def test_trying_is_an_answer(office, phones):
    """100 within `timeout`: the line is there, and may take its time."""
    tandem, a, b, c = office("member=a\nmember=b\n",
                             GROUP.replace("timeout=30", "timeout=1"))
    anna = phones(tandem, "1001")
    call = anna.invite("0301")
    incoming = a.incoming()
    a.reply(incoming.invite, 100)
    b.quiet("INVITE", 1.5)
    incoming.ring()
    call.wait(180)
    incoming.refuse(486)
    assert call.final().status == 486
    assert " ok " in tandem.console("trunk show")


def test_a_question_refused_by_503(office, phones):
    """OPTIONS answered by 503: it is not back; with Retry-After it is left
    alone for so long."""
    tandem, a, b, c = office("member=a\nmember=b\n")
    port = a.port
    a.close()
    anna = phones(tandem, "1001")
    call = anna.invite("0301")
    b.incoming().refuse(486)
    assert call.final().status == 486
    again = Line(("127.0.0.1", tandem.port), port, "a")
    again.answer_options = False
    try:
        again.reply(again.expect("OPTIONS"), 503)
        question = again.expect("OPTIONS", 8)
        assert "is back" not in tandem.log.text
        again.reply(question, 503, headers=[("Retry-After", "1")])
        tandem.wait_console("trunk show", "asked for a pause")
        question = again.expect("OPTIONS", 8)
        assert "is back" not in tandem.log.text
        again.reply(question, 404)
        tandem.log.wait(r"a at .* is back")
    finally:
        again.close()


def test_p2_retry_after_is_honoured(office, phones):
    """503 with Retry-After: no call and no question before it is over."""
    tandem, a, b, c = office("member=a\nmember=b\n")
    anna = phones(tandem, "1001")
    call = anna.invite("0301")
    a.incoming().refuse(503, headers=[("Retry-After", "2")])
    said = time.monotonic()
    b.incoming().refuse(486)
    call.final()
    assert "asked for a pause" in tandem.console("trunk show")
    call = anna.invite("0302")
    b.incoming().refuse(486)
    call.final()
    question = a.wait_log(
        lambda log: [m for m in log if m.first.startswith("OPTIONS")],
        "OPTIONS", 8)[0]
    assert question.at - said > 1.9
    tandem.log.wait(r"a at .* is back")
    through(anna, a, "0303")
    assert a.numbers() == ["301", "303"]


def test_last_resort(office, phones):
    """All lines are away: each is tried again rather than none; but who
    asked for a pause is not."""
    tandem, a, b, c = office("member=a\nmember=b\n",
                             GROUP.replace("probe=1", "probe=60"))
    anna = phones(tandem, "1001")
    a.close()
    b.close()
    assert anna.invite("03001").final().status >= 400
    again = Line(("127.0.0.1", tandem.port), a.port, "a")
    call = anna.invite("03002")
    again.incoming().refuse(503, headers=[("Retry-After", "60")])
    assert call.final().status >= 400
    other = Line(("127.0.0.1", tandem.port), b.port, "b")
    call = anna.invite("03003")
    other.incoming().refuse(486)
    assert call.final().status == 486
    assert again.numbers() == ["3002"]

    # an emergency is tried everywhere
    call = anna.invite("0112")
    other.incoming().refuse(503)
    again.incoming().refuse(486)
    assert call.final().status == 486
    again.close()
    other.close()


def test_p1_no_storm_when_it_comes_back(office, phones):
    """A line that is back gets a few calls at first: of 12 at once one or
    two, the others go on by the next line."""
    tandem, a, b, c = office("member=a\nmember=b\n",
                             GROUP.replace("ramp=2", "ramp=60"))
    anna = phones(tandem, "1001")
    a.answer_options = False
    call = anna.invite("0301")
    a.incoming().refuse(503, headers=[("Retry-After", "1")])
    b.incoming().refuse(486)
    call.final()
    a.reply(a.expect("OPTIONS"), 200)
    tandem.log.wait(r"a at .* is back")
    back = time.monotonic()
    calls = [anna.invite(f"04{n:02}") for n in range(8)]
    until(lambda: len(a.calls_in()) + len(b.calls_in()) == 10, "calls")
    took = time.monotonic() - back
    assert 1 <= len(a.calls_in()) - 1 <= 2 + took + took * took
    for line in (a, b):
        while True:
            try:
                line.incoming(0.2).refuse(486)
            except AssertionError:
                break
    for call in calls:
        assert call.final().status == 486


def test_p1_no_storm_when_qualify_has_found_it_away(office, phones):
    """It was seen to be away before any call was: a few at first, too."""
    tandem, a, b, c = office("member=a\nmember=b\n",
                             GROUP.replace("ramp=2", "ramp=60"),
                             more="qualify=100\nqualifyfreq=1\n")
    tandem.wait_console("sip show peers", r"^a .* OK ")
    a.answer_options = False
    tandem.log.wait("Peer 'a' is now UNREACHABLE")
    mark = tandem.log.mark()
    a.answer_options = True
    tandem.log.wait(r"a at .* is back", since=mark)
    back = time.monotonic()
    tandem.log.wait("Peer 'a' is now Reachable", since=mark)
    anna = phones(tandem, "1001")
    calls = [anna.invite(f"04{n:02}") for n in range(8)]
    until(lambda: len(a.calls_in()) + len(b.calls_in()) == 8, "calls")
    took = time.monotonic() - back
    assert 1 <= len(a.calls_in()) <= 2 + took + took * took
    for line in (a, b):
        for _ in line.calls_in():
            line.incoming().refuse(486)
    for call in calls:
        assert call.final().status == 486


def test_weights_and_orders(office, phones):
    """3 to 1 exactly, and the third only when both have failed."""
    tandem, a, b, c = office("member=a,order=1,weight=3\n"
                             "member=b,order=1\nmember=c,order=2\n")
    anna = phones(tandem, "1001")
    for n in range(8):
        call = anna.invite(f"03{n}")
        until(lambda: len(a.calls_in()) + len(b.calls_in()) == n + 1, "call")
        line = a if f"3{n}" in a.numbers() else b
        line.incoming().refuse(486)
        assert call.final().status == 486
    assert len(a.calls_in()) == 6 and len(b.calls_in()) == 2
    call = anna.invite("039")
    until(lambda: len(a.calls_in()) + len(b.calls_in()) == 9, "call")
    one, two = (a, b) if "39" in a.numbers() else (b, a)
    one.incoming().refuse(503)
    two.incoming().refuse(503)
    c.incoming().refuse(486)
    assert call.final().status == 486


@pytest.mark.parametrize("limit,more", [
    (",limit=1", ""), (",limit=5", "call-limit=1")])
def test_limit_of_a_line(office, phones, limit, more):
    """A full line is passed over; all full is congestion.  The smaller one
    counts, of the group's and the peer's own."""
    tandem, a, b, c = office(f"member=a{limit}\nmember=b{limit}\n",
                             more=more)
    anna = phones(tandem, "1001")
    one = anna.invite("0301")
    in_a = a.incoming()
    in_a.accept()
    one.answered()
    two = anna.invite("0302")
    in_b = b.incoming()
    in_b.accept()
    two.answered()
    assert re.search(r"^  a .* full +1/1", tandem.console("trunk show"),
                     re.M)
    assert anna.invite("0303").final().status == 503
    one.bye()
    in_a.gone()
    four = anna.invite("0304")
    a.incoming().refuse(486)
    assert four.final().status == 486
    two.bye()
    in_b.gone()


def test_who_rang_is_not_rung_by_another_line(office, phones):
    """After 180 nothing leads on: the callee has heard the phone."""
    tandem, a, b, c = office()
    anna = phones(tandem, "1001")
    call, incoming = ring(anna, a, "0301")
    incoming.refuse(503)
    assert call.final().status == 503
    assert not b.got("INVITE")


def test_announcement_and_then_the_next_line(office, phones):
    """183 with a tone, 503, and the next line's 183 with another tone."""
    tandem, a, b, c = office()
    anna = phones(tandem, "1001")
    call = anna.invite("0301")
    first = a.incoming()
    first.progress()
    progress = call.wait(183)
    call.take(progress)
    first.talk(400)
    call.rtp.wait_tone(400)
    first.refuse(503)
    second = b.incoming()
    second.progress()
    second.talk(1000)
    call.rtp.wait_tone(1000)
    second.accept()
    call.answered()
    call.talk(700)
    second.rtp.wait_tone(700)
    call.bye()
    second.gone()
    assert carried(tandem) == "out/b"


def test_p4_late_answer_of_a_line_that_was_given_up(office, phones):
    """It accepts when the call is elsewhere: ACK and BYE, nobody is left in
    a call alone.  One that rings late is cancelled."""
    tandem, a, b, c = office(group=GROUP.replace("timeout=30", "timeout=2"))
    a.auto_again = b.auto_again = False
    anna = phones(tandem, "1001")
    call = anna.invite("0301")
    late = a.incoming()
    ringing = b.incoming()
    last = c.incoming()
    last.ring()
    late.accept()
    late.gone()
    ringing.ring()
    ringing.wait("CANCEL")
    last.accept()
    call.answered()
    call.bye()
    last.gone()
    assert carried(tandem) == "out/c"


def test_caller_gives_up_meanwhile(office, phones):
    """CANCEL while the second line is tried: no third one."""
    tandem, a, b, c = office()
    anna = phones(tandem, "1001")
    call = anna.invite("0301")
    a.incoming().refuse(503)
    incoming = b.incoming()
    incoming.ring()
    call.wait(180)
    call.cancel()
    incoming.wait("CANCEL")
    assert call.final().status == 487
    tandem.idle()
    assert not c.got("INVITE")


def test_reload_keeps_the_records(office, phones):
    tandem, a, b, c = office()
    anna = phones(tandem, "1001")
    call = anna.invite("0301")
    a.incoming().refuse(503)
    b.incoming().refuse(486)
    call.final()
    tandem.console("sip reload")
    text = tandem.console("trunk show out")
    assert re.search(r"^  a +1 +1 ok +0 +1 +0 +0 +1  503 Service Unavailable",
                     text, re.M), text
    assert re.search(r"^  b +2 +1 ok +0 +1 +0 +1 +0", text, re.M), text


def test_a_line_alone(office, phones):
    """Without a group the record names the line."""
    tandem, a, b, c = office()
    anna = phones(tandem, "1001")
    through(anna, a, "830123")
    assert carried(tandem) == "a"
