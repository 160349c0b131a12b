"""Attended transfers by the phone: REFER with Replaces, takeover and pickup by
INVITE with Replaces.  Who hears whom after."""

import re

import pytest

from harness.office import OFFICE_PLAN, phone_conf
from harness.phone import Call
from harness.talk import connect, ring
from harness.transfer import (CARL, DORA, SIP, attended, handed_over, hear,
                              notified, replaces, talk_of)


@pytest.mark.parametrize("carl_called", [False, True])
@pytest.mark.parametrize("anna_called", [True, False])
def test_attended(make_tandem, phones, anna_called, carl_called):
    """Bert connects Anna and Carl, whoever has called whom."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    hers, own = talk_of(anna, bert, anna_called)
    his, consult = talk_of(carl, bert, carl_called, CARL)
    handed_over(own, consult, "1003")
    hear(hers, CARL)
    hear(his, 400)
    first, last = (his, hers) if anna_called else (hers, his)
    first.bye()
    last.gone()
    tandem.idle()


def test_attended_from_hold(talking):
    """Both are held while the phone connects them: both are taken back."""
    _, carl, out, back = talking
    bert = back.phone
    assert back.reinvite("sendonly").status == 200
    out.answer_reinvite(out.expect_reinvite(), "recvonly")
    consult, third = connect(bert, carl, freqs=(1000, CARL))
    assert consult.reinvite("inactive").status == 200
    third.answer_reinvite(third.expect_reinvite(), "recvonly")
    attended(back, consult, "1003")
    for call in (out, third):
        resumed = call.expect_reinvite()
        assert resumed.sdp().direction == "sendrecv"
        call.answer_reinvite(resumed)
    notified(back, 100, 200)
    back.gone()
    consult.gone()
    hear(out, CARL)
    hear(third, 400)
    out.bye()
    third.gone()


@pytest.mark.parametrize("called", [True, False])
def test_attended_to_an_application(make_tandem, phones, called):
    """Bert listens to the echo, and puts Anna there."""
    tandem = make_tandem(sip=SIP)
    anna, bert = phones(tandem, "1001", "1002")
    other, own = talk_of(anna, bert, called)
    echo = bert.call("600", freq=1000)
    hear(echo, 1000)
    handed_over(own, echo, "600")
    hear(other, 400)
    other.bye()
    tandem.idle()


@pytest.mark.parametrize("called", [True, False])
def test_attended_while_it_rings(make_tandem, phones, called):
    """Carl has not answered yet: Anna hears it ring, then Carl."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    other, own = talk_of(anna, bert, called)
    consult = bert.invite("1003")
    third = carl.incoming()
    third.ring()
    consult.remote = consult.wait(180)["To"]
    attended(own, consult, "1003")
    notified(own, 100, 200)
    own.gone()
    assert consult.final().status in (487, 603)
    if called:      # the step begins again for Anna
        carl.expect("CANCEL")
        carl.expect("ACK")
        third = carl.incoming()
        assert "sip:1001@" in third.invite["From"]
        third.ring()
    hear_ring = other.rtp.mark()
    other.rtp.wait(lambda p: len(p) > hear_ring + 10, "ring tone")
    third.accept()
    third.talk(CARL)
    hear(other, CARL)
    hear(third, 400)
    other.bye()
    third.gone()
    tandem.idle()


def test_attended_with_unknown_call(talking, phones):
    tandem, carl, out, back = talking
    bert = back.phone
    fake = Call(bert)
    fake.local, fake.remote = "<sip:x>;tag=a", "<sip:y>;tag=b"
    attended(back, fake, "1003")
    notified(back, 100, 481)
    # a call of others is not Bert's to give away
    dora = phones(tandem, "1004")
    theirs, hers = connect(carl, dora, freqs=(CARL, DORA))
    attended(back, theirs, "1003")
    notified(back, 100, 403)
    hear(back, 400)
    hear(theirs, DORA)
    out.bye()
    back.gone()
    theirs.bye()
    hers.gone()


# ------------------------------------------------------- INVITE, Replaces

def test_takeover(talking, phones):
    """Carl's phone takes Bert's place in a call."""
    tandem, carl, out, back = talking
    call = carl.invite("1002", headers=[("Replaces", replaces(back)),
                                        ("Require", "replaces")])
    call.answered()
    call.talk(CARL)
    back.gone()
    hear(out, CARL)
    hear(call, 400)
    # and now somebody takes the caller's place
    dora = phones(tandem, "1004")
    fourth = dora.invite("1001", headers=[("Replaces", replaces(out))])
    fourth.answered()
    fourth.talk(DORA)
    out.gone()
    hear(call, DORA)
    hear(fourth, CARL)
    fourth.bye()
    call.gone()


def test_pickup_by_replaces(make_tandem, phones):
    """A lamp key: what rings at Bert is answered by Carl."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, rings = ring(anna, bert)
    call = carl.invite("1002", headers=[
        ("Replaces", replaces(rings) + ";early-only")])
    call.answered()
    call.talk(CARL)
    out.answered()
    out.talk(400)
    cancel = bert.expect("CANCEL")
    assert "Call completed elsewhere" in cancel["Reason"]
    hear(out, CARL)
    hear(call, 400)
    out.bye()
    call.gone()
    tandem.idle()


def test_replaces_refused(make_tandem, phones):
    tandem = make_tandem(
        sip=SIP + phone_conf("1005", "context=other"),
        plan=OFFICE_PLAN + "[other]\nexten => 1,1,Hangup()\n")
    anna, bert, carl, emil = phones(tandem, "1001", "1002", "1003", "1005")
    out, back = connect(anna, bert)

    def status(value, phone=carl):
        return phone.invite("1002",
                            headers=[("Replaces", value)]).final().status

    assert status("nothing;to-tag=a;from-tag=b") == 481
    assert status("nothing") == 400
    assert status(replaces(back) + ";early-only") == 486
    assert status(replaces(back), emil) == 403
    wrong = re.sub("from-tag=.*", "from-tag=wrong", replaces(back))
    assert status(wrong) == 481
    assert carl.invite("1002", headers=[
        ("Replaces", replaces(back)),
        ("Replaces", replaces(back))]).final().status == 400
    guest = phones(tandem, "stranger", register=False)
    assert guest.invite("1002", auth=False, headers=[
        ("Replaces", replaces(back))]).final().status == 401
    hear(back, 400)
    hear(out, 1000)
    # Anna's INVITE is ours to answer, not to be taken over
    out.bye()
    back.gone()
    ringing = anna.invite("1002")
    rings = bert.incoming()
    rings.ring()
    ringing.remote = ringing.wait(180)["To"]
    assert status(replaces(ringing)) == 481
    assert status(replaces(rings), emil) == 403
    rings.refuse(486)
    assert ringing.final().status == 486


# ------------------------------------------------------------------- codecs

WIDE_SIP = SIP.replace("allow=ulaw,alaw", "allow=g722,alaw")


def test_attended_with_other_codecs(make_tandem, phones):
    """Anna speaks A-law with Bert, Carl G.722: Carl is asked to change."""
    tandem = make_tandem(sip=WIDE_SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out = anna.invite("1002", payloads=(8, 101))
    back = bert.incoming()
    back.payloads = (8, 101)
    back.accept()
    out.answered()
    out.talk(400)
    consult = bert.invite("1003", payloads=(9, 8, 101))
    third = carl.incoming()
    third.payloads = (9, 101)
    third.accept()
    assert consult.answered().sdp().payloads[0] == 9
    attended(back, consult, "1003")
    asked = third.expect_reinvite()
    assert asked.sdp().payloads == [8, 101]
    third.payloads = (8, 101)
    third.answer_reinvite(asked)
    third.talk(CARL)
    notified(back, 100, 200)
    back.gone()
    consult.gone()
    hear(out, CARL)
    hear(third, 400)
    out.bye()
    third.gone()
    tandem.idle()


def test_codec_refused_by_one(make_tandem, phones):
    """Carl does not change: then Anna is asked, who can do both."""
    tandem = make_tandem(sip=WIDE_SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out = anna.invite("1002", payloads=(8, 9, 101))
    back = bert.incoming()
    back.payloads = (8, 101)
    back.accept()
    out.answered()
    consult = bert.invite("1003", payloads=(9, 8, 101))
    third = carl.incoming()
    third.payloads = (9, 101)
    third.accept()
    consult.answered()
    attended(back, consult, "1003")
    asked = third.expect_reinvite()
    third.answer_reinvite(asked, status=488)
    asked = out.expect_reinvite()
    assert asked.sdp().payloads == [9, 101]
    out.payloads = (9, 101)
    out.answer_reinvite(asked)
    notified(back, 100, 200)
    back.gone()
    consult.gone()
    out.bye()
    third.gone()
    tandem.idle()
