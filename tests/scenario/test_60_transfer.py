"""Transfers by the phone: blind and attended by REFER, takeover and pickup by
INVITE with Replaces.  What was said on the way, and who hears whom after."""

import re
from urllib.parse import quote

import pytest

from harness.office import OFFICE_PLAN, OFFICE_SIP, phone_conf
from harness.phone import Call

FREQ = {"anna": 400, "bert": 1000, "carl": 1600, "dora": 2200}

SIP = OFFICE_SIP + phone_conf("1004")


def hear(call, freq, seconds=0.3):
    """From now on it hears this tone alone."""
    call.rtp.wait_tone(freq, seconds, since=call.rtp.mark())


def talk(caller, callee, exten=None, freqs=None):
    """Two phones talk: (caller's call, callee's call)"""
    one, two = freqs or (400, 1000)
    out = caller.invite(exten or callee.user)
    back = callee.pick_up(two)
    out.answered()
    out.talk(one)
    hear(back, one)
    hear(out, two)
    return out, back


def refer(call, to, headers=()):
    return call.request("REFER", [("Refer-To", to), *headers])


def blind(call, exten, headers=()):
    response = refer(call, f"<sip:{exten}@{call.phone.domain}>", headers)
    assert response.status == 202, response
    return response


def replaces(call):
    """What another one would write to take the place of `call`."""
    ours = re.search(r"tag=([^;>]+)", call.local)[1]
    theirs = re.search(r"tag=([^;>]+)", call.remote)[1]
    return f"{call.call_id};to-tag={theirs};from-tag={ours}"


def attended(call, consult, exten):
    to = (f"<sip:{exten}@{call.phone.domain}"
          f"?Replaces={quote(replaces(consult), safe='')}>")
    response = refer(call, to)
    assert response.status == 202, response
    return response


def notified(call, status):
    """The next NOTIFY about the transfer; its status must be this."""
    notify = call.wait("NOTIFY")
    call.phone.reply(notify, 200)
    assert notify["Event"].startswith("refer"), notify
    assert notify["Content-Type"].startswith("message/sipfrag"), notify
    assert notify.text.startswith(f"SIP/2.0 {status} "), notify
    state = notify["Subscription-State"]
    assert state.startswith("terminated" if status >= 200 else "active"), \
        notify
    return notify


def gone(call):
    call.gone()


# ------------------------------------------------------------------- blind

def test_blind_by_callee(make_tandem, phones):
    """Anna calls Bert, Bert sends her to Carl."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    blind(back, "1003", [("Referred-By", "<sip:1002@office.test>")])
    notified(back, 100)
    third = carl.incoming()
    assert third.invite["Referred-By"] == "<sip:1002@office.test>"
    assert re.match(r'"?Anna"? <sip:1001@', third.invite["From"])
    third.ring()
    notified(back, 180)
    third.accept()
    third.talk(FREQ["carl"])
    notified(back, 200)
    gone(back)
    hear(out, FREQ["carl"])
    hear(third, 400)
    out.bye()
    third.gone()
    tandem.idle()


def test_blind_by_caller(make_tandem, phones):
    """Anna calls Bert and sends him to Carl."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    blind(out, "1003")
    notified(out, 100)
    third = carl.incoming()
    assert "sip:1002@" in third.invite["From"]
    third.ring()
    notified(out, 180)
    third.accept()
    third.talk(FREQ["carl"])
    notified(out, 200)
    gone(out)
    hear(back, FREQ["carl"])
    hear(third, 1000)
    third.bye()
    back.gone()
    tandem.idle()


def test_blind_from_hold(make_tandem, phones):
    """The usual way: the phone holds, then refers; the held one talks again."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    assert back.reinvite("sendonly").status == 200
    held = out.expect_reinvite()
    assert held.sdp().direction == "sendonly"
    out.answer_reinvite(held, "recvonly")
    blind(back, "1003")
    resumed = out.expect_reinvite()
    assert resumed.sdp().direction == "sendrecv"
    out.answer_reinvite(resumed)
    notified(back, 100)
    third = carl.pick_up(FREQ["carl"])
    notified(back, 180)
    notified(back, 200)
    gone(back)
    hear(out, FREQ["carl"])
    hear(third, 400)
    out.bye()
    third.gone()
    tandem.idle()


def test_blind_to_an_application(make_tandem, phones):
    tandem = make_tandem(sip=SIP)
    anna, bert = phones(tandem, "1001", "1002")
    out, back = talk(anna, bert)
    blind(back, "600")
    notified(back, 100)
    notified(back, 200)
    gone(back)
    hear(out, 400)
    out.bye()
    tandem.idle()


def test_blind_variables(make_tandem, phones):
    tandem = make_tandem(sip=SIP, plan=OFFICE_PLAN + """
exten => 700,1,Set(CDR(userfield)=${BLINDTRANSFER}|${TRANSFERERNAME}|${SIPREFERRINGCONTEXT}|${SIPREFERREDBYHDR})
 same => n,Echo()
""")
    anna, bert = phones(tandem, "1001", "1002")
    out, back = talk(anna, bert)
    blind(back, "700", [("Referred-By", "Bert <sip:1002@office.test>;x=1")])
    notified(back, 100)
    notified(back, 200)
    gone(back)
    out.bye()
    field = tandem.cdr()[0]["userfield"].split("|")
    assert re.fullmatch(r"SIP/1002-[0-9a-f]{8}", field[0])
    assert field[1:] == [field[0], "office", "<sip:1002@office.test>"]


def test_transfer_context(make_tandem, phones):
    """TRANSFER_CONTEXT wins over the context of the one who transfers."""
    tandem = make_tandem(sip=SIP, plan="""
[office]
exten => _100X,1,Set(__TRANSFER_CONTEXT=inside)
 same => n,Dial(SIP/${EXTEN},20)
[inside]
exten => 77,1,Dial(SIP/1003)
""")
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    blind(back, "77")
    notified(back, 100)
    third = carl.pick_up(FREQ["carl"])
    notified(back, 180)
    notified(back, 200)
    gone(back)
    hear(out, FREQ["carl"])
    out.bye()
    third.gone()


def test_blind_to_nowhere(make_tandem, phones):
    """404 in the NOTIFY, and the call goes on."""
    tandem = make_tandem(sip=SIP)
    anna, bert = phones(tandem, "1001", "1002")
    out, back = talk(anna, bert)
    for exten in ("999", "1003%0d%0aX", "1003&1001", ""):
        refused = refer(back, f"<sip:{exten}{'@' if exten else ''}"
                        f"{bert.domain}>")
        assert refused.status == 202
        notified(back, 100)
        notified(back, 404)
    hear(back, 400)
    hear(out, 1000)
    out.bye()
    back.gone()
    tandem.idle()


@pytest.mark.parametrize("by", ["callee", "caller"])
def test_blind_comes_back(make_tandem, phones, by):
    """Nobody takes it: both talk again, and the NOTIFY says why."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    call = back if by == "callee" else out
    blind(call, "1003")
    notified(call, 100)
    third = carl.incoming()
    third.ring()
    notified(call, 180)
    third.refuse(486)
    notified(call, 486)
    hear(back, 400)
    hear(out, 1000)
    # and once more: now it is taken
    blind(call, "1003")
    notified(call, 100)
    third = carl.pick_up(FREQ["carl"])
    notified(call, 180)
    notified(call, 200)
    gone(call)
    other = out if by == "callee" else back
    hear(other, FREQ["carl"])
    other.bye()
    third.gone()
    tandem.idle()


@pytest.mark.parametrize("by", ["callee", "caller"])
def test_blind_and_gone(make_tandem, phones, by):
    """The phone hangs up at once: the transfer goes on without it."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    call = back if by == "callee" else out
    other = out if by == "callee" else back
    blind(call, "1003")
    notified(call, 100)
    call.bye()
    third = carl.pick_up(FREQ["carl"])
    hear(other, FREQ["carl"])
    hear(third, 400 if by == "callee" else 1000)
    other.bye()
    third.gone()
    tandem.idle()


@pytest.mark.parametrize("by", ["callee", "caller"])
def test_blind_party_gives_up(make_tandem, phones, by):
    """Who was sent hangs up while it rings."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    call = back if by == "callee" else out
    other = out if by == "callee" else back
    blind(call, "1003")
    notified(call, 100)
    third = carl.incoming()
    third.ring()
    notified(call, 180)
    other.bye()
    carl.expect("CANCEL")
    notified(call, 487)
    gone(call)
    tandem.idle()


def test_busy_tone_is_no_success(make_tandem, phones):
    tandem = make_tandem(sip=SIP, plan=OFFICE_PLAN + """
exten => 701,1,Busy()
exten => 702,1,Congestion()
exten => 703,1,Hangup(1)
""")
    anna, bert = phones(tandem, "1001", "1002")
    out, back = talk(anna, bert)
    for exten, status in (("701", 486), ("702", 503), ("703", 404)):
        blind(back, exten)
        notified(back, 100)
        notified(back, status)
    hear(back, 400)
    hear(out, 1000)
    out.bye()
    back.gone()
    tandem.idle()


def test_refer_sub_false(make_tandem, phones):
    """RFC 4488: no subscription, so no NOTIFY."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    response = blind(back, "1003", [("Refer-Sub", "false")])
    assert response["Refer-Sub"] == "false"
    third = carl.pick_up(FREQ["carl"])
    gone(back)
    hear(out, FREQ["carl"])
    assert not bert.got("NOTIFY")
    out.bye()
    third.gone()


# ------------------------------------------------------------ who may not

def test_refer_refused(make_tandem, phones):
    tandem = make_tandem(sip=SIP.replace(
        'callerid="Bert" <1002>', 'allowtransfer=no'))
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    assert refer(back, f"<sip:1003@{bert.domain}>").status == 603
    assert out.request("REFER").status == 400
    assert out.request("REFER", [("Refer-To", "<sip:1003@x>"),
                                 ("Refer-To", "<sip:1003@x>")]).status == 400
    assert refer(out, "<http://example.com>").status == 416
    assert not carl.got("INVITE")
    hear(back, 400)
    out.bye()
    back.gone()


def test_refer_outside_of_a_call(make_tandem, phones):
    tandem = make_tandem(sip=SIP)
    anna = phones(tandem, "1001")
    message = anna.build("REFER", f"sip:1002@{anna.domain}",
                         [("Refer-To", f"<sip:1003@{anna.domain}>")])
    assert anna.request(message).status in (403, 405)


def test_second_refer_waits(make_tandem, phones):
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    blind(back, "1003")
    notified(back, 100)
    third = carl.incoming()
    assert refer(back, f"<sip:600@{bert.domain}>").status == 491
    third.accept()
    third.talk(FREQ["carl"])
    notified(back, 200)
    gone(back)
    hear(out, FREQ["carl"])
    out.bye()
    third.gone()


def test_refer_from_elsewhere(make_tandem, phones):
    """Who knows the dialog's names but is not its peer is refused."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    thief = phones(tandem, "thief", register=False, host="127.0.0.9")
    message = back.build("REFER", [("Refer-To", f"<sip:1003@{bert.domain}>")],
                         cseq=77)
    for i, (name, value) in enumerate(message.headers):
        if name == "Via":
            message.headers[i] = ("Via", thief.via())
    assert thief.request(message).status in (401, 403, 481)
    hear(back, 400)
    assert not carl.got("INVITE")
    out.bye()
    back.gone()


# ---------------------------------------------------------------- attended

def test_attended_called_then_calls(make_tandem, phones):
    """Anna calls Bert; Bert asks Carl and connects both."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    consult, third = talk(bert, carl, freqs=(1000, FREQ["carl"]))
    attended(back, consult, "1003")
    notified(back, 100)
    notified(back, 200)
    gone(back)
    gone(consult)
    hear(out, FREQ["carl"])
    hear(third, 400)
    third.bye()
    out.gone()
    tandem.idle()


def test_attended_from_hold(make_tandem, phones):
    """Both are held while the phone connects them: both are taken back."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    assert back.reinvite("sendonly").status == 200
    out.answer_reinvite(out.expect_reinvite(), "recvonly")
    consult, third = talk(bert, carl, freqs=(1000, FREQ["carl"]))
    assert consult.reinvite("inactive").status == 200
    third.answer_reinvite(third.expect_reinvite(), "recvonly")
    attended(back, consult, "1003")
    for call in (out, third):
        resumed = call.expect_reinvite()
        assert resumed.sdp().direction == "sendrecv"
        call.answer_reinvite(resumed)
    notified(back, 100)
    notified(back, 200)
    gone(back)
    gone(consult)
    hear(out, FREQ["carl"])
    hear(third, 400)
    out.bye()
    third.gone()
    tandem.idle()


def test_attended_calls_both(make_tandem, phones):
    """Bert has called both."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, first = talk(bert, anna, freqs=(1000, 400))
    consult, third = talk(bert, carl, freqs=(1000, FREQ["carl"]))
    attended(out, consult, "1003")
    notified(out, 100)
    notified(out, 200)
    gone(out)
    gone(consult)
    hear(first, FREQ["carl"])
    hear(third, 400)
    first.bye()
    third.gone()
    tandem.idle()


def test_attended_both_have_called(make_tandem, phones):
    """Anna and Carl have both called Bert."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    one, back = talk(anna, bert)
    two, second = talk(carl, bert, freqs=(FREQ["carl"], 1000))
    attended(back, second, "1003")
    notified(back, 100)
    notified(back, 200)
    gone(back)
    gone(second)
    hear(one, FREQ["carl"])
    hear(two, 400)
    two.bye()
    one.gone()
    tandem.idle()


def test_attended_calls_then_called(make_tandem, phones):
    """Bert has called Anna, then Carl calls him."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, first = talk(bert, anna, freqs=(1000, 400))
    two, second = talk(carl, bert, freqs=(FREQ["carl"], 1000))
    attended(out, second, "1003")
    notified(out, 100)
    notified(out, 200)
    gone(out)
    gone(second)
    hear(first, FREQ["carl"])
    hear(two, 400)
    first.bye()
    two.gone()
    tandem.idle()


@pytest.mark.parametrize("called", [True, False])
def test_attended_to_an_application(make_tandem, phones, called):
    """Bert listens to the echo, and puts Anna there."""
    tandem = make_tandem(sip=SIP)
    anna, bert = phones(tandem, "1001", "1002")
    if called:
        other, own = talk(anna, bert)
    else:
        own, other = talk(bert, anna, freqs=(1000, 400))
    echo = bert.call("600", freq=1000)
    hear(echo, 1000)
    attended(own, echo, "600")
    notified(own, 100)
    notified(own, 200)
    gone(own)
    gone(echo)
    hear(other, 400)
    other.bye()
    tandem.idle()


@pytest.mark.parametrize("called", [True, False])
def test_attended_while_it_rings(make_tandem, phones, called):
    """Carl has not answered yet: Anna hears it ring, then Carl."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    if called:
        other, own = talk(anna, bert)
    else:
        own, other = talk(bert, anna, freqs=(1000, 400))
    consult = bert.invite("1003")
    third = carl.incoming()
    third.ring()
    consult.remote = consult.wait(180)["To"]
    attended(own, consult, "1003")
    notified(own, 100)
    notified(own, 200)
    gone(own)
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
    third.talk(FREQ["carl"])
    hear(other, FREQ["carl"])
    hear(third, 400)
    other.bye()
    third.gone()
    tandem.idle()


def test_attended_with_unknown_call(make_tandem, phones):
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    fake = Call(bert)
    fake.local, fake.remote = "<sip:x>;tag=a", "<sip:y>;tag=b"
    attended(back, fake, "1003")
    notified(back, 100)
    notified(back, 481)
    # a call of others is not Bert's to give away
    dora = phones(tandem, "1004")
    theirs, _ = talk(carl, dora, freqs=(FREQ["carl"], FREQ["dora"]))
    attended(back, theirs, "1003")
    notified(back, 100)
    notified(back, 403)
    hear(back, 400)
    hear(theirs, FREQ["dora"])
    out.bye()
    back.gone()
    theirs.bye()


# ------------------------------------------------------- INVITE, Replaces

def test_takeover(make_tandem, phones):
    """Carl's phone takes Bert's place in a call."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = talk(anna, bert)
    call = carl.invite("1002", headers=[("Replaces", replaces(back)),
                                        ("Require", "replaces")])
    call.answered()
    call.talk(FREQ["carl"])
    gone(back)
    hear(out, FREQ["carl"])
    hear(call, 400)
    # and now somebody takes the caller's place
    dora = phones(tandem, "1004")
    fourth = dora.invite("1001", headers=[("Replaces", replaces(out))])
    fourth.answered()
    fourth.talk(FREQ["dora"])
    gone(out)
    hear(call, FREQ["dora"])
    hear(fourth, FREQ["carl"])
    fourth.bye()
    call.gone()
    tandem.idle()


def test_pickup_by_replaces(make_tandem, phones):
    """A lamp key: what rings at Bert is answered by Carl."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out = anna.invite("1002")
    rings = bert.incoming()
    rings.ring()
    out.wait(180)
    call = carl.invite("1002", headers=[
        ("Replaces", replaces(rings) + ";early-only")])
    call.answered()
    call.talk(FREQ["carl"])
    out.answered()
    out.talk(400)
    cancel = bert.expect("CANCEL")
    assert "Call completed elsewhere" in cancel["Reason"]
    hear(out, FREQ["carl"])
    hear(call, 400)
    out.bye()
    call.gone()
    tandem.idle()


def test_replaces_refused(make_tandem, phones):
    tandem = make_tandem(
        sip=SIP + phone_conf("1005", "context=other"),
        plan=OFFICE_PLAN + "[other]\nexten => 1,1,Hangup()\n")
    anna, bert, carl, emil = phones(tandem, "1001", "1002", "1003", "1005")
    out, back = talk(anna, bert)

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
    third.talk(FREQ["carl"])
    notified(back, 100)
    notified(back, 200)
    gone(back)
    gone(consult)
    hear(out, FREQ["carl"])
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
    notified(back, 100)
    notified(back, 200)
    gone(back)
    gone(consult)
    out.bye()
    third.gone()
    tandem.idle()


# ------------------------------------------------------------------ who pays

def test_transferrer_pays(make_tandem, phones, slot):
    """Anna may call abroad, Bert may not: who transfers decides."""
    port = slot.take()
    tandem = make_tandem(sip=SIP.replace(
        'callerid="Anna" <1001>', "international=yes") + f"""
[out]
type=peer
host=127.0.0.1
port={port}
insecure=port,invite
""", plan=OFFICE_PLAN + "exten => _00X.,1,Dial(SIP/${EXTEN}@out,20)\n")
    anna, bert = phones(tandem, "1001", "1002")
    provider = phones(tandem, "out", register=False, port=port)
    out, back = talk(anna, bert)
    blind(back, "0044123456789")
    notified(back, 100)
    notified(back, 403)
    hear(back, 400)
    hear(out, 1000)
    assert not provider.got("INVITE")
    blind(out, "0044123456789")
    notified(out, 100)
    third = provider.pick_up(FREQ["carl"])
    notified(out, 180)
    notified(out, 200)
    gone(out)
    hear(back, FREQ["carl"])
    third.bye()
    back.gone()
    tandem.idle()
