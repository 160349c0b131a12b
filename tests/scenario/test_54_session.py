"""Session timers against the clock, reliable provisional answers, lines of a
description that are not audio: toward a provider and from it."""

import time

import pytest

from harness.office import OFFICE_SIP, line_conf
from harness.provider import Provider
from harness.sip import sdp

PLAN = """\
[office]
exten => _0.,1,Dial(SIP/line/${EXTEN:1},20)
exten => _2.,1,Dial(SIP/quiet/${EXTEN:1},20)
exten => 600,1,Answer()
 same => n,Echo()
[incoming]
exten => 600,1,Answer()
 same => n,Echo()
exten => _1X.,1,Dial(SIP/1001,20)
exten => 183,1,Progress()
 same => n,Wait(30)
"""

TIMERS = "session-minse=4\nsession-expires=8\nsession-timers="


@pytest.fixture
def office(make_tandem, slot, closing):
    """office(more): (Tandem, line: originates timers, quiet: accepts)"""
    def make(more=""):
        ports = slot.take(), slot.take()
        tandem = make_tandem(
            OFFICE_SIP
            + line_conf(ports[0], f"{TIMERS}originate\n{more}")
            + line_conf(ports[1], f"{TIMERS}accept\n{more}", "quiet"), PLAN)
        return tandem, *(closing(Provider(("127.0.0.1", tandem.port), port))
                         for port in ports)
    return make


def answered_out(phone, provider, number, expires, timer="timer"):
    """A call to the provider, answered with this Session-Expires."""
    call = phone.invite(number)
    incoming = provider.incoming()
    headers = [("Session-Expires", expires)] if expires else []
    incoming.accept(headers=[*headers, ("Supported", timer)])
    call.answered()
    return call, incoming, time.monotonic()


def bye_of(provider, call, since):
    """Seconds until the BYE of a call, with its Reason."""
    bye = call.gone(15)
    return bye.at - since, bye


def test_both_roles_against_the_clock(office, phones):
    """Interval 8 s.  Who refreshes does so at 4 s; who waits for the other
    gives up at 8 - 8/3 s (RFC 4028 10), with BYE to both sides; an UPDATE in
    time keeps it."""
    tandem, line, quiet = office()
    anna, bert = phones(tandem, "1001", "1002")

    # we refresh what we sent, and what came in
    _, ours, at_ours = answered_out(anna, line, "01", "8;refresher=uac")
    theirs = line.invite("600", auth=False, headers=[
        ("Supported", "timer"), ("Session-Expires", "8;refresher=uas")])
    ok = theirs.answered()
    assert ok["Session-Expires"] == "8;refresher=uas"
    assert "Require" not in ok
    at_theirs = time.monotonic()

    # the other side should, and does not
    idle, lazy, at_lazy = answered_out(bert, line, "02", "8;refresher=uas")
    lost = line.invite("600", auth=False, headers=[
        ("Supported", "timer"), ("Session-Expires", "8;refresher=uac")])
    ok = lost.answered()
    assert ok["Session-Expires"] == "8;refresher=uac"
    assert ok["Require"] == "timer"
    at_lost = time.monotonic()

    # this one does, by UPDATE
    kept = line.invite("600", auth=False, headers=[
        ("Supported", "timer"), ("Session-Expires", "8;refresher=uac")])
    kept.answered()

    # no timer at all, and one that does not know what we asked for
    _, free, _ = answered_out(bert, quiet, "23", None, "replaces")
    plain, alone, at_alone = answered_out(anna, line, "03", None, "replaces")

    for call, at, who in ((ours, at_ours, "uac"), (theirs, at_theirs, "uac"),
                          (alone, at_alone, "uac")):
        again = call.expect_reinvite(8)
        assert 3.8 < again.at - at < 7.9
        assert again["Session-Expires"] == f"8;refresher={who}"
        assert "timer" in again["Supported"]
        assert again.sdp().version == call.remote_sdp.version
        call.phone.reply(again, 200, body=call.offer(), contact=True,
                         headers=[("Session-Expires", "8;refresher=uac"),
                                  ("Require", "timer")])

    response = kept.request("UPDATE", headers=[
        ("Supported", "timer"), ("Session-Expires", "8;refresher=uac")])
    assert response.status == 200 and not response.body
    assert response["Session-Expires"] == "8;refresher=uac"

    for call, at in ((lazy, at_lazy), (lost, at_lost)):
        seconds, bye = bye_of(line, call, at)
        assert seconds > 5.2
        assert "timer" in bye["Reason"].lower()
    idle.gone()

    again = ours.expect_reinvite(8)
    line.reply(again, 481)
    ours.gone()
    assert not [m for m in quiet.log if m.cseq[1] == "BYE"]
    assert not [m for m in line.got("BYE") if m["Call-ID"] == kept.call_id]
    for call in (free, theirs, kept, plain):
        call.bye()
    alone.gone()


def test_hold_while_a_refresh_is_under_way(office, phones):
    """The hold has to wait for the answer to our refresh, and then goes."""
    tandem, line, _ = office()
    anna = phones(tandem, "1001")
    call, there, _ = answered_out(anna, line, "01", "4;refresher=uac")
    refresh = there.expect_reinvite(8)
    assert call.reinvite("sendonly").status == 200
    there.phone.reply(refresh, 200, body=there.offer(), contact=True,
                      headers=[("Session-Expires", "90;refresher=uac"),
                               ("Require", "timer")])
    hold = there.expect_reinvite(8)
    assert hold.sdp().direction in ("sendonly", "inactive")
    there.answer_reinvite(hold, "recvonly")
    call.bye()
    there.gone()


def test_a_change_without_a_word_on_timers(office):
    """Who was to refresh sends a re-INVITE that knows no timers: it is not
    asked to (RFC 4028 9), else its call would end."""
    _, _, quiet = office()
    call = quiet.invite("600", auth=False, headers=[
        ("Supported", "timer"), ("Session-Expires", "8;refresher=uac")])
    assert call.answered()["Session-Expires"] == "8;refresher=uac"
    again = call.reinvite()
    assert again["Session-Expires"] == "8;refresher=uas"
    assert "Require" not in again
    call.bye()


def test_too_small_both_ways(office, phones):
    """422 to them with our Min-SE; theirs is taken and asked for again."""
    tandem, line, quiet = office()
    anna = phones(tandem, "1001")
    for provider in (line, quiet):
        response = provider.invite("600", auth=False, headers=[
            ("Supported", "timer"), ("Session-Expires", "3")]).final()
        assert (response.status, response["Min-SE"]) == (422, "4")

    call = anna.invite("01")
    first = line.expect("INVITE")
    assert first["Session-Expires"].startswith("8")
    assert first["Min-SE"] == "4"
    line.reply(first, 422, headers=[("Min-SE", "300")])
    line.expect("ACK")
    incoming = line.incoming()
    assert incoming.invite["Min-SE"] == "300"
    assert incoming.invite["Session-Expires"].split(";")[0] == "300"
    assert incoming.invite.cseq[0] == first.cseq[0] + 1
    incoming.accept(headers=[("Session-Expires", "300;refresher=uas"),
                             ("Require", "timer")])
    call.answered()
    call.bye()
    incoming.gone()


def test_nonsense_interval_is_no_storm(office, phones):
    """Session-Expires: 1, 0 and what is no number."""
    tandem, line, _ = office()
    anna = phones(tandem, "1001")
    calls = [answered_out(anna, line, f"0{n}", value)[:2] for n, value in
             enumerate(("1;refresher=uac", "0;refresher=uac", "x",
                        "99999999999999999999;refresher=uas"))]
    line.quiet("BYE", 1)
    assert len(line.got("INVITE")) == len(calls)
    for call, incoming in calls:
        call.bye()
        incoming.gone()


# ------------------------------------------------------------------- 100rel

def test_provider_requires_100rel(office, phones):
    """421 with Require: asked again with Supported; its reliable 183 gets a
    PRACK each, in order, and its tone is heard."""
    tandem, line, quiet = office()
    anna = phones(tandem, "1001")
    call = anna.invite("201")
    first = quiet.expect("INVITE")
    assert "100rel" not in first["Supported"]
    quiet.reply(first, 421, "Extension Required",
                headers=[("Require", "100rel")])
    incoming = quiet.incoming()
    assert "100rel" in incoming.invite["Supported"]
    incoming.ring(183, body=incoming.offer(), headers=[
        ("Require", "100rel"), ("RSeq", "4711")])
    prack = incoming.wait("PRACK")
    assert prack["RAck"] == f"4711 {incoming.invite.cseq[0]} INVITE"
    quiet.reply(prack, 200)
    call.take(call.wait(183))
    incoming.talk(700)
    call.rtp.wait_tone(700)
    incoming.ring(180, headers=[("Require", "100rel"), ("RSeq", "4713")])
    incoming.ring(180, headers=[("Require", "100rel"), ("RSeq", "4712")])
    prack = incoming.wait("PRACK")
    assert prack["RAck"] == f"4712 {incoming.invite.cseq[0]} INVITE"
    quiet.reply(prack, 200)
    incoming.accept()
    call.answered()
    call.bye()
    incoming.gone()


def test_call_in_requires_100rel(office, phones):
    """The provider's INVITE requires it: the phone's 180 is reliable."""
    tandem, line, quiet = office()
    anna = phones(tandem, "1001")
    call = line.invite("12345", auth=False, headers=[("Require", "100rel")])
    incoming = anna.incoming()
    incoming.ring()
    ringing = call.wait(180)
    assert ringing["Require"] == "100rel"
    call.take(ringing)
    assert call.request("PRACK", headers=[
        ("RAck", f"{ringing['RSeq']} {ringing['CSeq']}")]).status == 200
    incoming.accept()
    call.answered()
    call.talk(400)
    incoming.rtp.wait_tone(400)
    call.bye()
    incoming.gone()


def test_answer_waits_for_the_prack(office, phones):
    """RFC 3262 3: no 200 before the reliable 183 was acknowledged; what is
    acknowledged has to be ours."""
    tandem, line, quiet = office()
    anna = phones(tandem, "1001")
    call = line.invite("12345", auth=False, headers=[("Require", "100rel")])
    incoming = anna.incoming()
    incoming.ring(183, body=incoming.offer())
    early = call.wait(183)
    incoming.accept()
    call.take(early)
    rseq, cseq = int(early["RSeq"]), early["CSeq"]
    for wrong in (f"{rseq + 1} {cseq}", f"{rseq} 4711 INVITE", ""):
        headers = [("RAck", wrong)] if wrong else []
        assert call.request("PRACK", headers=headers).status == 481
    assert all(m.method != "INVITE" for m in line.got(200))
    assert call.request("PRACK", headers=[
        ("RAck", f"{rseq} {cseq}")]).status == 200
    call.answered()
    call.talk(400)
    incoming.rtp.wait_tone(400)
    call.bye()
    incoming.gone()


def test_nobody_acknowledges_it(office, phones):
    """No PRACK for 64*T1: the call ends, on both sides."""
    tandem, line, quiet = office("timert1=100")
    anna = phones(tandem, "1001")
    call = line.invite("12345", auth=False, headers=[("Require", "100rel")])
    incoming = anna.incoming()
    incoming.ring()
    call.wait(180)
    assert call.final(12).status == 504
    incoming.wait("CANCEL")


# --------------------------------------------- what is not audio is declined

VIDEO = """m=video 40002 RTP/AVP 31 34\r
a=rtpmap:31 H261/90000\r
a=rtpmap:34 H263/90000\r
"""
IMAGE = """m=image 40004 udptl t38\r
a=T38FaxVersion:0\r
a=T38MaxBitRate:14400\r
a=T38FaxUdpEC:t38UDPRedundancy\r
"""
TEXT = "m=text 40006 RTP/AVP 98\r\na=rtpmap:98 t140/1000\r\n"


def test_lines_that_are_declined(office):
    """Video, text and T.38 beside audio, in an offer of the provider: each
    answered with port 0 in its place, audio as ever."""
    tandem, line, _ = office()
    call = line.invite("600", auth=False, body=sdp_of(line, VIDEO, TEXT,
                                                      IMAGE))
    ok = call.answered()
    media = [x.split()[:3] for x in ok.text.split("\r\n")
             if x.startswith("m=")]
    assert [m[0] for m in media] == ["m=audio", "m=video", "m=text",
                                     "m=image"]
    assert media[0][1] != "0" and [m[1] for m in media[1:]] == ["0"] * 3
    assert [m[2] for m in media] == ["RTP/AVP", "RTP/AVP", "RTP/AVP",
                                     "udptl"]
    call.bye()


def sdp_of(phone, *more):
    return sdp("127.0.0.1", 40000, (0, 8, 101)) + "".join(more)


def test_video_first(office):
    """The audio line is the second one: so it is in the answer."""
    tandem, line, _ = office()
    head, audio = sdp_of(line).split("m=audio")
    call = line.invite("600", auth=False,
                       body=head + VIDEO + "m=audio" + audio)
    ok = call.answered()
    assert [x.split()[0] for x in ok.text.split("\r\n")
            if x.startswith("m=")] == ["m=video", "m=audio"]
    call.bye()


def test_no_audio_at_all(office, phones):
    """Only video, or only T.38: 488, and nothing rings."""
    tandem, line, _ = office()
    anna = phones(tandem, "1001")
    head = sdp_of(line).split("m=audio")[0]
    for part in (VIDEO, IMAGE):
        response = line.invite("12345", auth=False, body=head + part).final()
        assert response.status == 488
    assert not anna.got("INVITE")


def test_fax_in_a_call(office, phones):
    """re-INVITE to T.38 from either side: 488, and the audio goes on."""
    tandem, line, quiet = office()
    anna = phones(tandem, "1001")
    call, incoming, _ = answered_out(anna, quiet, "21", None)
    call.talk(400)
    incoming.talk(1000)
    call.rtp.wait_tone(1000)
    for side in (incoming, call):
        head = side.offer().split("m=audio")[0]
        for body in (head + IMAGE, head + "m=audio 0 RTP/AVP 0\r\n" + IMAGE):
            response = side.request("INVITE", body=body)
            assert response.status == 488, body
    here, there = call.rtp.mark(), incoming.rtp.mark()
    call.rtp.wait_tone(1000, since=here)
    incoming.rtp.wait_tone(400, since=there)
    response = incoming.reinvite()
    assert response.status == 200
    call.bye()
    incoming.gone()
