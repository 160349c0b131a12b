"""Listening to calls and speaking into them; paging."""

import re

import pytest

from harness import audio
from harness.mixed import SIP, hears, silent

PLAN = """\
[office]
exten => _100X,1,Set(SPYGROUP=sales:all)
 same => n,Dial(SIP/${EXTEN},20,g)
 same => n,Hangup()
exten => 830,1,ChanSpy(SIP/1001,qd)
exten => 831,1,ChanSpy(SIP/1001,qbES)
 same => n,Set(CDR(userfield)=went on)
exten => 832,1,ChanSpy(SIP/1001,qow)
exten => 833,1,ChanSpy(SIP/1001,qg(boss)S)
 same => n,Hangup()
exten => 834,1,ChanSpy(SIP/1001,qg(all)e(1002:1001))
exten => 835,1,ExtenSpy(1002@office,qW)
exten => 840,1,Page(SIP/1002&SIP/1003,q)
exten => 841,1,Page(SIP/1002&SIP/1003&SIP/1009,dqA(ping))
exten => 842,1,Page(SIP/1002,r)
"""
A, B, SPY = 300, 700, 1100


@pytest.fixture
def office(make_tandem):
    tandem = make_tandem(sip=SIP, plan=PLAN, start=False)
    tandem.tones({"beep": 450, "ping": 2500}, 3200)
    return tandem.start()


def connect(anna, bert):
    call = anna.invite("1002")
    other = bert.pick_up(B)
    call.answered()
    call.talk(A)
    hears(call, B, but=[A])
    hears(other, A, but=[B])
    return call, other


def test_listen_whisper_barge(office, phones):
    """The same listener in all three ways (option d); the call goes on by
    itself, and its audio without a break."""
    anna, bert, carl = phones(office, "1001", "1002", "1003")
    one, two = connect(anna, bert)
    first = one.rtp.voice()[0].ssrc
    spy = carl.call("830", SPY)
    hears(spy, A, B, but=[SPY])
    silent(one, SPY)
    silent(two, SPY)
    assert office.log.wait(r"notice chanspy: .*SIP/1003-\w+ listens to "
                           r"SIP/1001-\w+")

    spy.rtp.press("5")              # whisper: 1001 alone hears it
    hears(one, B, SPY, but=[A])
    silent(two, SPY)
    hears(two, A, but=[B])
    hears(spy, A, B, but=[SPY])

    spy.rtp.press("6")              # barge: both do
    hears(one, B, SPY, but=[A])
    hears(two, A, SPY, but=[B])

    spy.rtp.press("4")
    hears(one, B, but=[A, SPY])
    hears(two, A, but=[B, SPY])
    spy.rtp.press("5")
    hears(one, B, SPY, but=[A])
    spy.bye()
    hears(one, B, but=[A, SPY])
    hears(two, A, but=[B, SPY])
    assert {p.ssrc for p in one.rtp.voice()} == {first}
    one.bye()
    two.gone()


def test_ends_with_the_call(office, phones):
    """E: the listener goes on in its plan."""
    anna, bert, carl = phones(office, "1001", "1002", "1003")
    one, two = connect(anna, bert)
    spy = carl.call("831")
    hears(spy, A, B)
    two.bye()
    one.gone()
    spy.gone()
    rows = {r["src"]: r for r in office.cdr(2)}
    assert rows["1003"]["userfield"] == "went on"

    # nobody there: S leaves at once
    carl.call("831").gone()


def test_one_side_and_whisper(office, phones):
    """o: the target alone is heard; w: it alone hears the listener."""
    anna, bert, carl = phones(office, "1001", "1002", "1003")
    one, two = connect(anna, bert)
    spy = carl.call("832", SPY)
    hears(spy, A, but=[B, SPY])
    hears(one, B, SPY, but=[A])
    silent(two, SPY)


def test_groups_and_extensions(office, phones):
    anna, bert, carl = phones(office, "1001", "1002", "1003")
    one, two = connect(anna, bert)
    carl.call("833").gone()         # not of its group
    spy = carl.call("834")
    hears(spy, A, B)
    spy.bye()
    # ExtenSpy, private: it speaks and hears nothing
    spy = carl.call("835", SPY)
    hears(one, B, SPY, but=[A])
    silent(spy, A, B)
    assert re.search(r"whispers to SIP/1001", office.log.text)


def answers_itself(phone, freq):
    """A phone that does as Call-Info asks."""
    call = phone.incoming()
    assert "answer-after=0" in call.invite["Call-Info"]
    assert "autoanswer" in call.invite["Alert-Info"]
    call.accept()
    call.talk(freq)
    return call


def test_page_two_phones(office, phones):
    """One way: both hear the caller, who hears nobody."""
    anna, bert, carl = phones(office, "1001", "1002", "1003")
    call = anna.call("840", A)
    two, three = answers_itself(bert, B), answers_itself(carl, SPY)
    hears(two, A, but=[B, SPY])
    hears(three, A, but=[B, SPY])
    silent(call, B, SPY)
    assert "page-" not in office.console("confbridge list")
    three.bye()                     # one may leave
    hears(two, A)
    call.bye()
    two.gone()
    office.idle()
    assert len(office.cdr(1)) == 1


def test_page_duplex(office, phones):
    """d: all hear all; one that is not there does not matter; A: the prompt
    comes first, for the caller, too."""
    anna, bert, carl = phones(office, "1001", "1002", "1003")
    call = anna.call("841", A)
    two, three = answers_itself(bert, B), answers_itself(carl, SPY)
    hears(call, 2500, seconds=0.2)
    hears(two, 2500, seconds=0.2)
    hears(call, B, SPY, but=[A])
    hears(two, A, SPY, but=[B])
    hears(three, A, B, but=[SPY])
    call.bye()
    two.gone()
    three.gone()


def test_page_is_recorded(office, phones):
    """r; and a phone that refuses ends nothing."""
    anna, bert = phones(office, "1001", "1002")
    call = anna.call("842", A)
    hears(call, 450, seconds=0.2)   # the beep
    bert.incoming().refuse(486)
    call.rtp.wait_sent(call.rtp.sent + 50)
    call.bye()
    office.log.wait(r"recording .*confbridge-page-.*complete")
    row = office.wait_rows("SELECT * FROM cdr WHERE rec_state = 'complete'")
    _, (samples,) = audio.read_wav(row[0]["rec_path"]) if \
        row[0]["rec_path"].startswith("/") else audio.read_wav(
            office.dir / row[0]["rec_path"])
    assert audio.seconds_of(samples, A) > 0.6
