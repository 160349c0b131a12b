"""Orders of messages that go wrong in the field: races, losses, glare."""

import re
import time

import pytest

from harness.lines import until
from harness.rtp import Rtp
from harness.sip import token
from harness.talk import both_talk, hang_up, pair, ring


# ------------------------------------------------------------------- CANCEL

def test_cancel_before_anything_rings(tandem, phones):
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    call.wait(100)
    incoming = bert.incoming()
    call.cancel()
    assert call.final().status == 487
    # a CANCEL may only follow a provisional answer (RFC 3261 9.1)
    assert not bert.got("CANCEL")
    incoming.ring()
    bert.expect("CANCEL")
    bert.expect("ACK")
    tandem.idle()


def test_p4_cancel_crosses_200(tandem, phones):
    """The callee answers while the CANCEL is on its way: it gets ACK and
    BYE, and the caller 487."""
    anna, bert = phones(tandem, "1001", "1002")
    bert.auto_cancel = False
    call, incoming = ring(anna, bert)
    call.cancel()
    cancel = bert.expect("CANCEL")
    incoming.accept(wait_ack=False)     # 200 to INVITE instead of 487
    bert.reply(cancel, 200)
    incoming.wait("ACK")
    incoming.gone()
    assert call.final().status == 487
    tandem.idle()


def test_cancel_after_answer_changes_nothing(tandem, phones):
    out, back = pair(phones, tandem)
    out.cancel()
    response = out.wait(lambda m: m.method == "CANCEL")
    assert response.status in (200, 481)
    back.rtp.wait_tone(400, since=back.rtp.mark())
    hang_up(out, back)


def test_cancel_of_a_stranger(tandem, phones):
    """CANCEL from another address does not end a call."""
    anna, bert = phones(tandem, "1001", "1002")
    stranger = phones(tandem, "x", register=False, host="127.0.0.4")
    call, incoming = ring(anna, bert)
    invite = call.invite
    stranger.send(type(invite)(
        f"CANCEL {invite.uri} SIP/2.0",
        [(n, v) for n, v in invite.headers
         if n in ("Via", "From", "To", "Call-ID", "Max-Forwards")]
        + [("CSeq", f"{invite.cseq[0]} CANCEL")]))
    got = until(lambda: anna.got(481) + stranger.got(481), "481")
    assert got[0].method == "CANCEL"
    incoming.accept()
    call.answered()
    hang_up(call, incoming)


# ------------------------------------------------------------------- losses

def test_p4_lost_200(tandem, phones):
    """Our 200 is repeated until the ACK comes (RFC 3261 13.3.1.4)."""
    anna = phones(tandem, "1001")
    call = anna.invite("600")
    anna.wait_log(lambda log: sum(m.status == 200 and m.method == "INVITE"
                                  for m in log) >= 3, "third 200")
    call.answered()
    since = len(anna.got(200))
    call.talk(650)
    call.rtp.wait_tone(650, 1.0)
    assert len(anna.got(200)) == since
    times = [m.at for m in anna.got(200) if m.method == "INVITE"]
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert gaps[0] == pytest.approx(0.5, abs=0.15)
    assert gaps[1] == pytest.approx(1.0, abs=0.2)
    call.bye()


def test_p4_lost_ack(tandem, phones):
    """The callee repeats its 200: each gets an ACK, and only an ACK."""
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    incoming = bert.incoming()
    incoming.accept()
    call.answered()
    for count in (2, 3):
        key = (incoming.invite.branch, incoming.invite["CSeq"],
               incoming.call_id)
        bert.wire.send(*bert.answers[key])
        bert.wait_log(lambda log, n=count: sum(
            m.is_request and m.first.startswith("ACK") for m in log) >= n,
            f"ACK number {count}")
    acks = bert.got("ACK")
    assert len({m["CSeq"] for m in acks}) == 1
    hang_up(call, incoming)


def test_lost_invite_and_bye(tandem, phones):
    """Tandem repeats what is not answered, we see the copies."""
    anna, bert = phones(tandem, "1001", "1002")
    bert.auto_again = False
    call = anna.invite("1002")
    incoming = bert.incoming()
    bert.wait_log(lambda log: sum(m.is_request and m.first.startswith(
        "INVITE") for m in log) >= 3, "third INVITE")
    invites = bert.got("INVITE")
    assert len({m.wire for m in invites}) == 1
    incoming.ring()
    incoming.accept()
    call.answered()
    call.bye()
    bert.wait_log(lambda log: sum(m.is_request and m.first.startswith(
        "BYE") for m in log) >= 2, "second BYE")
    incoming.gone()
    tandem.idle()


def test_repeated_invite_is_one_call(tandem, phones):
    """The same INVITE twice: the same answer twice, one call."""
    anna, bert = phones(tandem, "1001", "1002")
    call, incoming = ring(anna, bert)
    anna.send(call.invite)
    anna.wait_log(lambda log: sum(m.status == 180 for m in log) == 2,
                  "second 180")
    incoming.accept()
    call.answered()
    assert len({m["Call-ID"] for m in bert.got("INVITE")}) == 1
    hang_up(call, incoming)


def test_merged_request(tandem, phones):
    """The same request by another way: 482 (RFC 3261 8.2.2.2)."""
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    bert.incoming().ring()
    call.wait(180)
    headers = [("Via", anna.via()) if n == "Via" else (n, v)
               for n, v in call.invite.headers]
    other = type(call.invite)(call.invite.first, headers, call.invite.body)
    anna.invites[other.branch] = other
    assert anna.request(other, auth=False).status == 482
    call.cancel()
    assert call.final().status == 487


def test_p4_ack_never_comes(make_tandem, phones):
    """Without an ACK the 200 is repeated, and after 64*T1 the call ends with
    BYE, not when it would be repeated next."""
    tandem = make_tandem(general="timert1=100")
    anna = phones(tandem, "1001")
    call = anna.invite("600")
    call.wait(200)
    bye = call.gone(12)
    answers = [m.at for m in anna.got(200) if m.method == "INVITE"]
    assert len(answers) > 5
    assert bye.at - answers[-1] < answers[-1] - answers[-2]
    tandem.idle()


# ------------------------------------------------------------- forked 200s

def test_two_answers_of_one_fork(tandem, phones):
    """A proxy behind the callee forks: the second 200 gets ACK and BYE."""
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    incoming = bert.incoming()
    incoming.ring()
    incoming.accept()
    call.answered()
    other = token()
    bert.reply(incoming.invite, 200, to_tag=other, body=incoming.offer())
    ack = bert.expect(lambda m: m.is_request and m.method == "ACK"
                      and m.tag("To") == other)
    bye = bert.expect(lambda m: m.is_request and m.method == "BYE"
                      and m.tag("To") == other)
    assert ack and bye
    bert.reply(bye, 200)
    incoming.talk(1000)
    call.talk()
    call.rtp.wait_tone(1000)
    hang_up(call, incoming)


def test_two_early_dialogs(tandem, phones):
    """180 from one, 183 from the other: the one that answers counts."""
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    incoming = bert.incoming()
    bert.reply(incoming.invite, 180, to_tag=token())
    incoming.progress()
    incoming.accept()
    answer = call.answered()
    tags = {m.tag("To") for m in anna.log
            if m.get("Call-ID") == call.call_id and m.status > 100
            and m.method == "INVITE" and m.status != 401}
    assert tags == {answer.tag("To")}       # the caller sees one dialog
    hang_up(call, incoming)


# -------------------------------------------------------------- re-INVITEs

@pytest.mark.parametrize("how", ["sendonly", "inactive", "0.0.0.0"])
def test_hold_and_resume(make_tandem, phones, how):
    """Hold goes to the other side, music is heard, resume comes back."""
    tandem = make_tandem()
    tandem.tones({"one": 600}, 8000, "moh")
    out, back = pair(phones, tandem)
    body = out.offer("sendonly" if how == "0.0.0.0" else how)
    if how == "0.0.0.0":
        body = re.sub(r"c=IN IP4 \S+", "c=IN IP4 0.0.0.0", body)
        body = body.replace("a=sendonly\r\n", "")
    message = out.build("INVITE", body=body)
    out.phone.invites[message.branch] = message
    out.rtp.pause()
    response = out.transact(message)
    assert response.status == 200
    assert response.sdp().direction in ("recvonly", "inactive")
    offer = back.expect_reinvite()
    assert offer.sdp().direction == "sendonly"
    back.answer_reinvite(offer, "recvonly")
    back.rtp.wait_tone(600, 0.3, since=back.rtp.mark())

    response = out.reinvite()
    assert response.status == 200
    assert response.sdp().direction == "sendrecv"
    out.talk(400)
    offer = back.expect_reinvite()
    assert offer.sdp().direction == "sendrecv"
    back.answer_reinvite(offer)
    back.talk(1000)
    back.rtp.wait_tone(400, since=back.rtp.mark())
    out.rtp.wait_tone(1000, since=out.rtp.mark())
    hang_up(out, back)


def test_reinvite_moves_audio(tandem, phones):
    """A new address of the media: from then on audio goes there."""
    out, back = pair(phones, tandem)
    old, out.rtp = out.rtp, Rtp()
    try:
        assert out.reinvite().status == 200
        out.talk(650)
        out.rtp.wait_tone(1000)
        back.rtp.wait_tone(650)
        since = old.mark()
        out.rtp.wait_tone(1000, 0.4, since=out.rtp.mark())
        assert old.mark() == since
    finally:
        old.close()
    hang_up(out, back)


def test_reinvite_unchanged_keeps_version(tandem, phones):
    """The same offer again: our answer is byte for byte the same."""
    out, back = pair(phones, tandem)
    first = out.remote_sdp
    body = out.offer()
    responses = [out.request("INVITE", body=body) for _ in range(2)]
    texts = [r.text for r in responses]
    assert texts[0] == texts[1]
    assert responses[1].sdp().version - first.version <= 1
    hang_up(out, back)


def test_reinvite_without_offer(tandem, phones):
    """Delayed offer: ours is in the 200, the answer in the ACK."""
    out, back = pair(phones, tandem)
    message = out.build("INVITE")
    out.phone.send(message)
    response = out.wait(lambda m: m.status == 200
                        and m.branch == message.branch)
    assert response.sdp().port
    out.invite = message
    out.ack(body=out.offer())
    back.rtp.wait_tone(400, since=back.rtp.mark())
    out.rtp.wait_tone(1000, since=out.rtp.mark())
    hang_up(out, back)


def test_delayed_offer_call(tandem, phones):
    """An INVITE without SDP."""
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002", body="")
    incoming = bert.incoming()
    incoming.ring()
    incoming.accept(wait_ack=False)
    response = call.wait(200)
    call.take(response)
    assert call.remote_sdp.payloads
    call.ack(body=call.offer())
    ack = incoming.wait("ACK")
    if ack.body:
        incoming.remote_sdp = ack.sdp()
    both_talk(call, incoming)
    hang_up(call, incoming)


def test_reinvite_during_another(tandem, phones):
    """A second re-INVITE before the first is answered: 500 with
    Retry-After (RFC 3261 14.2)."""
    out, back = pair(phones, tandem)
    first = out.build("INVITE", body=out.offer("sendonly"))
    second = out.build("INVITE", body=out.offer())
    for message in (first, second):
        out.phone.invites[message.branch] = message
        out.phone.send(message)
    answer = out.wait(lambda m: m.status >= 200
                      and m.branch == second.branch)
    if answer.status == 500:
        assert "Retry-After" in answer
    else:
        assert answer.status in (200, 491)
    final = out.wait(lambda m: m.status >= 200 and m.branch == first.branch)
    assert final.status == 200
    out.invite = first
    out.take(final)
    out.ack()
    out.rtp.pause()
    response = out.request("BYE")
    assert response.status == 200
    back.gone()


def test_p4_glare(tandem, phones):
    """Both sides change at once.  Ours waits for an answer that is 491: it
    is tried again after the RFC's time, 0 to 2 s for the one who did not
    make the Call-ID, 2.1 to 4 s for the other."""
    out, back = pair(phones, tandem)
    message = out.build("INVITE", body=out.offer("sendonly"))
    out.phone.invites[message.branch] = message
    out.phone.send(message)
    theirs = back.expect_reinvite()
    mine = back.build("INVITE", body=back.offer())
    back.phone.invites[mine.branch] = mine
    back.phone.send(mine)
    crossed = back.wait(lambda m: m.status >= 200
                        and m.branch == mine.branch)
    assert crossed.status == 491
    back.phone.reply(theirs, 491)
    back.wait(lambda m: m.is_request and m.method == "ACK"
              and m.branch == theirs.branch)
    begin = time.monotonic()
    again = back.expect_reinvite(6)
    assert 2.0 <= time.monotonic() - begin <= 4.3   # we made the Call-ID
    assert again.cseq[0] > theirs.cseq[0]
    back.answer_reinvite(again, "recvonly")
    out.take(out.wait(lambda m: m.status == 200
                      and m.branch == message.branch))
    out.invite = message
    out.ack()
    hang_up(out, back)


def test_low_cseq(tandem, phones):
    """An old number inside of a dialog: 500 (RFC 3261 12.2.2)."""
    out, back = pair(phones, tandem)
    assert out.request("INFO", headers=[("Content-Type", "text/x-none")]
                       ).status in (200, 415)
    message = out.build("INFO", cseq=1)
    assert out.transact(message).status == 500
    hang_up(out, back)


def test_bye_crosses_reinvite(tandem, phones):
    """BYE while our re-INVITE is open at the other side."""
    out, back = pair(phones, tandem)
    message = out.build("INVITE", body=out.offer("sendonly"))
    out.phone.invites[message.branch] = message
    out.phone.send(message)
    out.wait(lambda m: m.branch == message.branch and m.status >= 100)
    bye = back.build("BYE")
    back.rtp.pause()
    assert back.transact(bye).status == 200
    out.gone()
    tandem.idle()


def test_bye_from_both_sides(tandem, phones):
    out, back = pair(phones, tandem)
    byes = [(call, call.build("BYE")) for call in (out, back)]
    for call, bye in byes:
        call.phone.send(bye)
    for call, bye in byes:
        answer = call.wait(lambda m, b=bye: m.branch == b.branch
                           and m.status >= 200)
        assert answer.status in (200, 481)
    tandem.idle()
    assert len(tandem.cdr()) == 1


def test_requests_of_no_dialog(tandem, phones):
    """What belongs to no dialog: 481, ACK: nothing."""
    anna = phones(tandem, "1001")
    for method in ("BYE", "INFO", "UPDATE", "PRACK", "NOTIFY"):
        message = anna.build(method, "sip:x@127.0.0.1",
                             To="<sip:x@127.0.0.1>;tag=nobody",
                             **{"Call-ID": token()})
        assert anna.request(message, auth=False).status == 481, method


def test_bye_of_a_stranger(tandem, phones):
    """Right ids from a wrong address: the call stays (security 1.3)."""
    out, back = pair(phones, tandem)
    stranger = phones(tandem, "x", register=False, host="127.0.0.5")
    bye = out.build("BYE")
    bye.headers = [("Via", stranger.via()) if n == "Via" else (n, v)
                   for n, v in bye.headers]
    assert stranger.request(bye, auth=False).status in (401, 481)
    back.rtp.wait_tone(400, since=back.rtp.mark())
    hang_up(out, back)


# ------------------------------------------------------------------- timers

def test_session_timer(make_tandem, phones):
    """session-timers=originate: we refresh at half of the time."""
    tandem = make_tandem(general="session-timers=originate\n"
                                 "session-expires=90\nsession-minse=90\n"
                                 "session-refresher=uac")
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    incoming = bert.incoming()
    assert incoming.invite["Session-Expires"].startswith("90")
    assert incoming.invite["Min-SE"] == "90"
    assert "timer" in incoming.invite["Supported"]
    incoming.accept(headers=[("Require", "timer"), ("Supported", "timer"),
                             ("Session-Expires", "90;refresher=uac")])
    call.answered()
    hang_up(call, incoming)


def test_session_interval_too_small(tandem, phones):
    anna = phones(tandem, "1001")
    call = anna.invite("600", headers=[("Supported", "timer"),
                                       ("Session-Expires", "30")])
    response = call.final()
    assert response.status == 422
    assert response["Min-SE"] == "90"


def test_session_timer_accepted(tandem, phones):
    """session-timers=accept: what the caller asks for is in the 200."""
    anna = phones(tandem, "1001")
    call = anna.invite("600", headers=[
        ("Supported", "timer"), ("Session-Expires", "120;refresher=uac")])
    response = call.answered()
    assert response["Session-Expires"] == "120;refresher=uac"
    assert "timer" in response["Require"]
    call.bye()


def test_session_timer_refused(make_tandem, phones):
    tandem = make_tandem(general="session-timers=refuse")
    anna = phones(tandem, "1001")
    call = anna.invite("600", headers=[("Require", "timer"),
                                       ("Supported", "timer"),
                                       ("Session-Expires", "120")])
    response = call.final()
    assert response.status == 420
    assert "timer" in response["Unsupported"]


def test_n5_rtptimeout(make_tandem, phones):
    """A leg whose media died is hung up, the other one too."""
    tandem = make_tandem(general="rtptimeout=1\nrtpholdtimeout=60")
    out, back = pair(phones, tandem)
    out.rtp.pause()
    begin = time.monotonic()
    assert "Q.850" in out.gone(6)["Reason"]
    assert time.monotonic() - begin >= 0.9
    assert "Q.850" in back.gone()["Reason"]
    tandem.idle()
    assert tandem.cdr()[0]["hangup_by"] == "tandem"


def test_n5_rtptimeout_not_while_on_hold(make_tandem, phones):
    tandem = make_tandem(general="rtptimeout=1\nrtpholdtimeout=3")
    out, back = pair(phones, tandem)
    out.rtp.pause()
    begin = time.monotonic()
    assert out.reinvite("inactive").status == 200
    out.gone(10)
    assert time.monotonic() - begin >= 2.7
    back.gone()


# -------------------------------------------------------------- reliability

def test_prack(make_tandem, phones):
    """The caller requires 100rel: 183 comes again and again until PRACK."""
    tandem = make_tandem(plan="""
[office]
exten => 1,1,Progress()
 same => n,Wait(3)
 same => n,Answer()
 same => n,Echo()
""")
    anna = phones(tandem, "1001")
    call = anna.invite("1", headers=[("Require", "100rel"),
                                     ("Supported", "100rel")])
    early = call.wait(183)
    assert early["Require"] == "100rel" and early.body
    anna.wait_log(lambda log: sum(m.status == 183 for m in log) >= 2,
                  "second 183")
    call.take(early)
    response = call.request("PRACK", headers=[
        ("RAck", f"{early['RSeq']} {early['CSeq']}")])
    assert response.status == 200
    seen = len(anna.got(183))
    call.answered()
    assert len(anna.got(183)) == seen
    call.talk(650)
    call.rtp.wait_tone(650)
    call.bye()


def test_phone_behind_a_proxy(tandem, phones):
    """Record-Route of both sides is kept and followed."""
    anna, bert = phones(tandem, "1001", "1002")
    route = f"<sip:127.0.0.1:{bert.port};lr;x=proxy>"
    call = anna.invite("1002")
    incoming = bert.incoming()
    incoming.ring()
    bert.reply(incoming.invite, 200, headers=[("Record-Route", route)],
               to_tag=incoming.tag, body=incoming.offer())
    ack = incoming.wait("ACK")
    assert ack["Route"] == route
    call.answered()
    call.bye()
    assert incoming.gone()["Route"] == route
