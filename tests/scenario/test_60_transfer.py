"""Blind transfers by the phone: REFER, who may, who pays.  What was said on
the way, and who hears whom after."""

import re

import pytest

from harness.office import OFFICE_PLAN
from harness.talk import connect, seen_by
from harness.transfer import CARL, SIP, blind, hear, notified, refer


def test_blind_by_callee(talking):
    """Anna calls Bert, Bert sends her to Carl."""
    _, carl, out, back = talking
    blind(back, "1003", [("Referred-By", "<sip:1002@office.test>")])
    notified(back, 100)
    third = carl.incoming()
    assert third.invite["Referred-By"] == "<sip:1002@office.test>"
    assert re.match(r'"?Anna"? <sip:1001@', third.invite["From"])
    third.ring()
    notified(back, 180)
    third.accept()
    third.talk(CARL)
    notified(back, 200)
    back.gone()
    hear(out, CARL)
    hear(third, 400)
    out.bye()
    third.gone()


def test_blind_by_caller(talking):
    """Anna calls Bert and sends him to Carl."""
    _, carl, out, back = talking
    blind(out, "1003")
    notified(out, 100)
    third = carl.incoming()
    assert "sip:1002@" in third.invite["From"]
    third.ring()
    notified(out, 180)
    third.accept()
    third.talk(CARL)
    notified(out, 200)
    out.gone()
    hear(back, CARL)
    hear(third, 1000)
    third.bye()
    back.gone()


def test_blind_from_hold(talking):
    """The usual way: the phone holds, then refers; the held one talks
    again."""
    _, carl, out, back = talking
    assert back.reinvite("sendonly").status == 200
    held = out.expect_reinvite()
    assert held.sdp().direction == "sendonly"
    out.answer_reinvite(held, "recvonly")
    blind(back, "1003")
    resumed = out.expect_reinvite()
    assert resumed.sdp().direction == "sendrecv"
    out.answer_reinvite(resumed)
    notified(back, 100)
    third = carl.pick_up(CARL)
    notified(back, 180, 200)
    back.gone()
    hear(out, CARL)
    hear(third, 400)
    out.bye()
    third.gone()


def test_blind_to_an_application(talking):
    *_, out, back = talking
    blind(back, "600")
    notified(back, 100, 200)
    back.gone()
    hear(out, 400)
    out.bye()


def test_blind_variables(make_tandem, phones):
    tandem = make_tandem(sip=SIP, plan=OFFICE_PLAN + """
exten => 700,1,Set(CDR(userfield)=${BLINDTRANSFER}|${TRANSFERERNAME}|${SIPREFERRINGCONTEXT}|${SIPREFERREDBYHDR})
 same => n,Echo()
""")
    anna, bert = phones(tandem, "1001", "1002")
    out, back = connect(anna, bert)
    blind(back, "700", [("Referred-By", "Bert <sip:1002@office.test>;x=1")])
    notified(back, 100, 200)
    back.gone()
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
    out, back = connect(anna, bert)
    blind(back, "77")
    notified(back, 100)
    third = carl.pick_up(CARL)
    notified(back, 180, 200)
    back.gone()
    hear(out, CARL)
    out.bye()
    third.gone()


def test_blind_to_nowhere(talking):
    """404 in the NOTIFY, and the call goes on."""
    *_, out, back = talking
    bert = back.phone
    for exten in ("999", "1003%0d%0aX", "1003&1001", ""):
        refused = refer(back, f"<sip:{exten}{'@' if exten else ''}"
                        f"{bert.domain}>")
        assert refused.status == 202
        notified(back, 100, 404)
    hear(back, 400)
    hear(out, 1000)
    out.bye()
    back.gone()


@pytest.mark.parametrize("by", ["callee", "caller"])
def test_blind_comes_back(talking, by):
    """Nobody takes it: both talk again, and the NOTIFY says why."""
    _, carl, out, back = talking
    call, other, freq, own = seen_by(by, out, back)
    blind(call, "1003")
    notified(call, 100)
    third = carl.incoming()
    third.ring()
    notified(call, 180)
    third.refuse(486)
    notified(call, 486)
    hear(call, freq)
    hear(other, own)
    # and once more: now it is taken
    blind(call, "1003")
    notified(call, 100)
    third = carl.pick_up(CARL)
    notified(call, 180, 200)
    call.gone()
    hear(other, CARL)
    other.bye()
    third.gone()


@pytest.mark.parametrize("by", ["callee", "caller"])
def test_blind_and_gone(talking, by):
    """The phone hangs up at once: the transfer goes on without it."""
    _, carl, out, back = talking
    call, other, freq, _ = seen_by(by, out, back)
    blind(call, "1003")
    notified(call, 100)
    call.bye()
    third = carl.pick_up(CARL)
    hear(other, CARL)
    hear(third, freq)
    other.bye()
    third.gone()


@pytest.mark.parametrize("by", ["callee", "caller"])
def test_blind_party_gives_up(talking, by):
    """Who was sent hangs up while it rings."""
    _, carl, out, back = talking
    call, other, *_ = seen_by(by, out, back)
    blind(call, "1003")
    notified(call, 100)
    third = carl.incoming()
    third.ring()
    notified(call, 180)
    other.bye()
    carl.expect("CANCEL")
    notified(call, 487)
    call.gone()


def test_busy_tone_is_no_success(make_tandem, phones):
    tandem = make_tandem(sip=SIP, plan=OFFICE_PLAN + """
exten => 701,1,Busy()
exten => 702,1,Congestion()
exten => 703,1,Hangup(1)
""")
    anna, bert = phones(tandem, "1001", "1002")
    out, back = connect(anna, bert)
    for exten, status in (("701", 486), ("702", 503), ("703", 404)):
        blind(back, exten)
        notified(back, 100, status)
    hear(back, 400)
    hear(out, 1000)
    out.bye()
    back.gone()
    tandem.idle()


def test_refer_sub_false(talking):
    """RFC 4488: no subscription, so no NOTIFY."""
    _, carl, out, back = talking
    bert = back.phone
    response = blind(back, "1003", [("Refer-Sub", "false")])
    assert response["Refer-Sub"] == "false"
    third = carl.pick_up(CARL)
    back.gone()
    hear(out, CARL)
    assert not bert.got("NOTIFY")
    out.bye()
    third.gone()


# ------------------------------------------------------------ who may not

def test_refer_refused(make_tandem, phones):
    tandem = make_tandem(sip=SIP.replace(
        'callerid="Bert" <1002>', 'allowtransfer=no'))
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = connect(anna, bert)
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


def test_second_refer_waits(talking):
    _, carl, out, back = talking
    bert = back.phone
    blind(back, "1003")
    notified(back, 100)
    third = carl.incoming()
    assert refer(back, f"<sip:600@{bert.domain}>").status == 491
    third.accept()
    third.talk(CARL)
    notified(back, 200)
    back.gone()
    hear(out, CARL)
    out.bye()
    third.gone()


def test_refer_from_elsewhere(talking, phones):
    """Who knows the dialog's names but is not its peer is refused."""
    tandem, carl, out, back = talking
    bert = back.phone
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
    out, back = connect(anna, bert)
    blind(back, "0044123456789")
    notified(back, 100, 403)
    hear(back, 400)
    hear(out, 1000)
    assert not provider.got("INVITE")
    blind(out, "0044123456789")
    notified(out, 100)
    third = provider.pick_up(CARL)
    notified(out, 180, 200)
    out.gone()
    hear(back, CARL)
    third.bye()
    back.gone()
    tandem.idle()
