"""What changes in a call is carried to the other side: who is there
(re-INVITE, UPDATE, 180), and what is spoken."""

import re
from urllib.parse import quote

import pytest

from harness.lines import until
from harness.office import OFFICE_SIP, line_conf
from harness.provider import Provider
from harness.sip import user_of
from harness.talk import both_talk

PLAN = """\
[office]
exten => _0.,1,Dial(SIP/line/${EXTEN:1},20)
exten => _100X,1,Dial(SIP/${EXTEN},20)
[incoming]
exten => _100X,1,Dial(SIP/${EXTEN},20)
"""

LINE = "trustrpid=yes\nsendrpid=pai\ndisallow=all\nallow={codecs}\n{more}"

PAI = "P-Asserted-Identity"
ALLOW = ("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE")


@pytest.fixture
def office(make_tandem, slot, closing):
    """office(more of the line, general of all): (Tandem, provider)"""
    def make(more="", general="sendrpid=rpid", codecs="ulaw,alaw"):
        port = slot.take()
        line = line_conf(port, LINE.format(more=more, codecs=codecs))
        tandem = make_tandem(OFFICE_SIP + line, PLAN, general=general)
        return tandem, closing(Provider(("127.0.0.1", tandem.port), port))
    return make


def asserted(number, name="Boss"):
    return PAI, f'"{name}" <sip:{number}@provider.example>'


def shown(message):
    """Number and name of Remote-Party-ID."""
    value = message["Remote-Party-ID"]
    assert ";party=" in value
    return user_of(value), re.match('"(.*?)"', value)[1]


def test_answers_say_who_is_there(office, phones):
    """The provider's 180 and 200 assert who was reached; the phone sees it in
    its 180 and 200.  Without trustrpid it sees the number it dialled."""
    tandem, line = office()
    anna = phones(tandem, "1001")
    call = anna.invite("0555")
    incoming = line.incoming()
    incoming.ring(headers=[asserted("4930111", "Desk")])
    assert shown(call.wait(180)) == ("4930111", "Desk")
    incoming.accept(headers=[asserted("4930222", "Cell")])
    assert shown(call.answered()) == ("4930222", "Cell")
    call.bye()
    incoming.gone()

    tandem, line = office("trustrpid=no")
    anna = phones(tandem, "1001")
    call = anna.invite("0555")
    incoming = line.incoming()
    incoming.accept(headers=[asserted("4930222", "Cell")])
    assert shown(call.answered()) == ("555", "555")
    call.bye()
    incoming.gone()


@pytest.mark.parametrize("update", [False, True])
def test_change_in_a_call(office, phones, update):
    """The provider's re-INVITE or UPDATE says that somebody else is there
    now: the phone is told by re-INVITE, or by UPDATE if it allows that and
    rpid_update=yes; and the other way round by P-Asserted-Identity."""
    tandem, line = office("rpid_update=no",
                          "sendrpid=rpid\ntrustrpid=yes\nrpid_update="
                          + ("yes" if update else "no"))
    anna = phones(tandem, "1001")
    call = anna.invite("0555", headers=[ALLOW])
    incoming = line.incoming()
    assert user_of(incoming.invite[PAI]) == "1001"
    incoming.accept(headers=[asserted("4930111", "Desk")])
    call.answered()

    if update:
        response = incoming.request("UPDATE", [asserted("4930222", "Cell")])
    else:
        response = incoming.request("INVITE", [asserted("4930222", "Cell")],
                                    incoming.offer())
    assert response.status == 200
    told = call.expect_reinvite()
    assert told.first.startswith("UPDATE" if update else "INVITE")
    assert shown(told) == ("4930222", "Cell")
    assert bool(told.body) == (not update)
    call.answer_reinvite(told) if told.body else anna.reply(told, 200,
                                                            contact=True)

    response = call.request("INVITE", [
        ("Remote-Party-ID", '"Chef" <sip:1009@x>;party=calling')],
        call.offer())
    assert response.status == 200
    told = incoming.expect_reinvite()
    assert told.first.startswith("INVITE")
    assert user_of(told[PAI]) == "1009" and '"Chef"' in told[PAI]
    incoming.answer_reinvite(told)

    # the same again tells nothing
    response = incoming.request("INVITE", [asserted("4930222", "Cell")],
                                incoming.offer())
    assert response.status == 200
    both_talk(call, incoming)
    assert len(anna.got("INVITE")) + len(anna.got("UPDATE")) == 1
    call.bye()
    incoming.gone()


def test_change_while_it_rings(office, phones):
    """Before the answer: by UPDATE where the phone allows it, by the same 180
    again with rpid_immediate=yes, else not before the 200."""
    for general, allow, want in (
            ("rpid_update=yes", True, "UPDATE"),
            ("rpid_update=yes", False, None),
            ("rpid_immediate=yes", True, 180),
            ("", True, None)):
        tandem, line = office("", "sendrpid=rpid\n" + general)
        anna = phones(tandem, "1001")
        call = anna.invite("0555", headers=[ALLOW] if allow else [])
        incoming = line.incoming()
        incoming.ring(headers=[asserted("4930111", "Desk"), ALLOW])
        assert shown(call.wait(180)) == ("4930111", "Desk")
        call.take(anna.got(180)[-1])
        response = incoming.request("UPDATE", [asserted("4930222", "Cell")])
        assert response.status == 200
        if want == "UPDATE":
            told = call.wait("UPDATE")
            assert shown(told) == ("4930222", "Cell") and not told.body
            anna.reply(told, 200, contact=True)
        elif want:
            anna.wait_log(lambda log: [m for m in log if m.status == 180 and
                                       shown(m) == ("4930222", "Cell")],
                          "180 with the new name")
        incoming.accept()
        assert shown(call.answered()) == ("4930222", "Cell")
        call.bye()
        incoming.gone()
        assert len(anna.got("UPDATE")) == (want == "UPDATE")
        tandem.stop()


def test_update_refused_is_followed_by_reinvite(office, phones):
    """405 to UPDATE though Allow had it; 491 is tried again."""
    tandem, line = office("", "sendrpid=rpid\nrpid_update=yes")
    anna = phones(tandem, "1001")
    call = anna.invite("0555", headers=[ALLOW])
    incoming = line.incoming()
    incoming.accept()
    call.answered()
    incoming.request("UPDATE", [asserted("4930222", "Cell")])
    told = call.wait("UPDATE")
    anna.reply(told, 491)
    told = call.wait("UPDATE")
    assert shown(told) == ("4930222", "Cell")
    anna.reply(told, 405)
    told = call.expect_reinvite()
    assert told.first.startswith("INVITE")
    assert shown(told) == ("4930222", "Cell")
    call.answer_reinvite(told)
    call.bye()
    incoming.gone()


def test_transfer_tells_both(office, phones):
    """An attended transfer: the provider sees who is there now, and the
    phone sees the provider's party."""
    tandem, line = office()
    anna, bert = phones(tandem, "1001", "1002")
    call = line.call_in("sip:1001@127.0.0.1", headers=[
        asserted("015112345", "Max")])
    first = anna.pick_up()
    assert user_of(call.answered()[PAI]) == "1001"
    consult = anna.invite("1002")
    second = bert.pick_up()
    consult.answered()
    ours = re.search(r"tag=([^;>]+)", consult.local)[1]
    theirs = re.search(r"tag=([^;>]+)", consult.remote)[1]
    replaces = quote(f"{consult.call_id};to-tag={theirs};from-tag={ours}",
                     safe="")
    assert first.request("REFER", [(
        "Refer-To", f"<sip:1002@127.0.0.1?Replaces={replaces}>")]
    ).status == 202
    told = call.expect_reinvite()
    assert user_of(told[PAI]) == "1002"
    call.answer_reinvite(told)
    told = second.expect_reinvite()
    assert shown(told) == ("015112345", "Max")
    second.answer_reinvite(told)
    call.talk(400)
    second.rtp.wait_tone(400)
    call.bye()
    second.gone()


def test_codec_change_is_carried(office, phones):
    """The provider goes on in a codec that cannot be converted: the phone is
    asked to speak it too."""
    tandem, line = office(codecs="ulaw,gsm")
    tandem.edit("sip.conf", "allow=ulaw,alaw\n", "allow=ulaw,alaw,gsm\n", 1)
    tandem.console("sip reload")
    anna = phones(tandem, "1001")
    call = anna.invite("0555", payloads=(0, 8, 3, 101))
    incoming = line.incoming()
    incoming.payloads = (0, 101)
    incoming.accept()
    call.answered()
    assert call.remote_sdp.payloads[0] == 0

    incoming.payloads = (3, 101)
    response = incoming.reinvite(payloads=(3, 101))
    assert response.status == 200
    assert response.sdp().payloads[0] == 3
    asked = call.expect_reinvite()
    assert asked.sdp().payloads[0] == 3
    call.payloads = (3, 101)
    call.answer_reinvite(asked)
    mark = incoming.rtp.mark()
    call.rtp.remote = call.remote_sdp.address
    frame = b"\xd0" + bytes(range(32))

    def arrives():
        call.rtp._packet(3, 160 * call.rtp.seq, frame, False)
        return any(p.pt == 3 and p.payload == frame
                   for p in incoming.rtp.packets[mark:])
    until(arrives, "GSM as it is")
    call.bye()
    incoming.gone()
