"""SRTP with keys in the SDP: a phone that demands it, one that does not know
it, offers that are refused, holds and new keys, recordings, and programs of
the field."""

import re

import pytest

from harness import audio, srtp
from harness.office import phones_conf
from harness.phone import Call
from harness.talk import both_hear

OFFICE = phones_conf({
    "1001": "transport=tls\nencryption=yes", "1002": "",
    "1003": "transport=tls\nencryption=yes\nencryption_taglen=32"},
    "disallow=all\nallow=ulaw\ncall-limit=8")

PLAN = """[office]
exten => _100X,1,MixMonitor(talk.wav,b)
 same => n,Dial(SIP/${EXTEN},20,tT)
exten => 600,1,Answer()
 same => n,Echo()
exten => 601,1,Answer()
 same => n,Playback(hello)
 same => n,Echo()
exten => _21003,1,Set(CHANNEL(secure_bridge_signaling)=1)
 same => n,Dial(SIP/1003,20)
exten => _2100[2],1,Set(CHANNEL(secure_bridge_signaling)=1)
 same => n,Dial(SIP/1002,20)
 same => n,Verbose(1,status ${DIALSTATUS} cause ${HANGUPCAUSE})
 same => n,Hangup(${HANGUPCAUSE})
exten => _3100X,1,Verbose(1,is ${CHANNEL(secure_media)},${CHANNEL(secure_signaling)}.)
 same => n,Set(CHANNEL(secure_bridge_media)=1)
 same => n,Dial(SIP/${EXTEN:1},20)
 same => n,Hangup(${HANGUPCAUSE})
exten => 602,1,Answer()
 same => n,MusicOnHold(,20)
exten => 604,1,Answer()
 same => n,ConfBridge(open)
exten => 603,1,Answer()
 same => n,Read(DIGITS,,4)
 same => n,UserEvent(read)
 same => n,Verbose(1,got ${DIGITS} digits)
 same => n,Hangup()
"""


@pytest.fixture
def secure(make_tandem):
    return make_tandem(OFFICE, PLAN, tls=True)


@pytest.fixture
def anna(secure, phones):
    return phones(secure, "1001", transport="tls", suite=srtp.SHA80)


def keys(*texts):
    return [key for text in texts for _, _, key in srtp.lines_of(text)]


def no_key_in(tandem, found):
    """Neither what we have logged nor the call records know a key."""
    assert found
    said = tandem.log.text + str(tandem.sql("SELECT * FROM cdr"))
    assert not re.search(r"inline:(?!\*\*\*)", said)
    for key in found:
        assert srtp.line(1, srtp.SHA80, key).split("inline:")[1] not in said
        assert key.hex() not in said


def test_srtp_to_rtp(secure, anna, phones):
    """The caller is encrypted, the other is not; tone both ways and in the
    recording; digits pass; RTCP is SRTCP."""
    bert = phones(secure, "1002")
    call = anna.invite("1002")
    there = bert.incoming()
    assert there.remote_sdp.proto == "RTP/AVP"
    assert "crypto" not in there.invite.text
    there.accept()
    there.talk(400)
    answer = call.answered()
    assert answer.sdp().proto == "RTP/SAVP"
    (tag, suite, key), = srtp.lines_of(answer.text)
    assert (tag, suite) == (1, srtp.SHA80) and key != call.key
    call.talk(300)
    both_hear(call, there, 300, 400)
    mark = there.rtp.mark()
    call.rtp.press("5")
    there.rtp.wait_digit("5", since=mark)

    call.rtp.rtcp.settimeout(10)
    report = call.rtp.rtcp.recv(2048)
    plain = call.rtp.rx.unprotect_rtcp(report)
    assert plain and plain[1] in (200, 201)
    assert b"\x01\x10" in plain             # the name of its SDES
    call.bye()
    there.gone()
    assert not call.rtp.bad
    while not re.search(rb"^.\xcb", plain[-8:], re.S):     # BYE
        plain = call.rtp.rx.unprotect_rtcp(call.rtp.rtcp.recv(2048))
        assert plain, "RTCP in the clear"
    assert secure.cdr()[0]["rec_state"] == "complete"
    left, right = audio.read_wav(secure.recording("talk.wav"))[1]
    assert audio.seconds_of(left, 300) > 0.1
    assert audio.seconds_of(right, 400) > 0.1
    no_key_in(secure, [call.key, key])


def test_srtp_to_srtp(secure, anna, phones):
    """Both are encrypted, with two suites and four keys; `sip set debug`
    shows none of them."""
    carl = phones(secure, "1003", transport="tls", suite=srtp.SHA32)
    call = anna.invite("1003")
    there = carl.incoming()
    assert there.remote_sdp.proto == "RTP/SAVP"
    (tag, suite, _), = srtp.lines_of(there.invite.text)
    assert (tag, suite) == (1, srtp.SHA32)
    there.accept()
    there.talk(400)
    answer = call.answered()
    call.talk(300)
    both_hear(call, there, 300, 400)
    found = keys(call.invite.text, answer.text, there.invite.text)
    found.append(there.key)
    assert len(set(found)) == 4
    number = re.search(r"^\d+ +(\S+) ", secure.console("call list"), re.M)[1]
    for suite in srtp.SUITES:           # told once a second
        secure.wait_console(f"call trace {number}",
                            rf"SRTP {suite}, wrong tags \d+, replayed 0")
    call.bye()
    there.gone()
    no_key_in(secure, found)


def test_keys_are_not_in_a_trace(make_tandem, phones):
    """sipdebug=yes writes every message into the log, without the keys."""
    tandem = make_tandem(OFFICE, PLAN, tls=True, general="sipdebug=yes")
    anna = phones(tandem, "1001", transport="tls", suite=srtp.SHA80)
    call = anna.call("600", 300)
    call.rtp.wait_tone(300)
    call.bye()
    assert len(re.findall(r"inline:\*\*\*", tandem.log.text)) >= 2
    no_key_in(tandem, keys(call.invite.text, call.remote_sdp.text))


@pytest.mark.parametrize("what,why", [
    ("RTP/AVP", "encryption=yes: only RTP/SAVP will do"),
    ("RTP/AVP with a key", "encryption=yes: only RTP/SAVP will do"),
    ("no key", "RTP/SAVP without a=crypto"),
    ("bad key", "its key is not 30 bytes in base64"),
    ("suite", "its suite is neither AES_CM_128_HMAC_SHA1_80 nor _32"),
    ("KDR", "it asks for a session parameter that we do not have")])
def test_refused(secure, anna, what, why):
    """488 with the reason, and nothing rings."""
    call = Call(anna)
    offer = call.offer()
    good = srtp.line(1, srtp.SHA80, call.key)
    assert good in offer
    if what.startswith("RTP/AVP"):
        offer = offer.replace("RTP/SAVP", "RTP/AVP")
    offer = offer.replace(good, {
        "RTP/AVP": "a=x", "no key": "a=x", "bad key": good[:-1] + "!",
        "suite": good.replace("AES_CM_128", "F8_128"),
        "KDR": good + " KDR=2"}.get(what, good))
    call = anna.invite("600", body=offer)
    response = call.final()
    assert response.status == 488
    assert why in response["Warning"]
    secure.log.wait(re.escape(f"offer refused: {why}"))


def test_the_first_line_that_will_do(anna):
    """Several a=crypto: what we cannot do is passed over, the tag of the one
    that we can comes back; MKI and lifetime are taken."""
    call = Call(anna)
    mine = srtp.new_key()
    good = srtp.line(1, srtp.SHA80, call.key)
    offer = call.offer().replace(good, "\r\n".join([
        srtp.line(4, "AES_256_CM_HMAC_SHA1_80", mine),
        good[:-1] + "!", good + ";inline:x",
        srtp.line(9, srtp.SHA80, call.key, "|2^31"),
        srtp.line(5, srtp.SHA32, mine)]))
    again = anna.invite("600", body=offer)
    again.rtp.tx = srtp.Context(call.key)
    answer = again.answered()
    (tag, suite, key), = srtp.lines_of(answer.text)
    assert (tag, suite) == (9, srtp.SHA80) and key not in (mine, call.key)
    again.talk(300)
    again.rtp.remote = answer.sdp().address
    call.rtp.close()
    again.rtp.wait_packets(1)
    again.bye()


def test_a_phone_that_may(secure, phones):
    """encryption=no and RTP/SAVP: taken, as chan_sip does; then it stays so,
    a re-INVITE with RTP/AVP gets 488 and the talk goes on."""
    bert = phones(secure, "1002", suite=srtp.SHA80)
    call = bert.call("600", 300)
    assert call.remote_sdp.proto == "RTP/SAVP"
    call.rtp.wait_tone(300)
    call.suite = None
    assert call.request("INVITE", body=call.offer()).status == 488
    mark = call.rtp.mark()
    call.rtp.wait_tone(300, since=mark)
    secure.log.wait("this call is encrypted and stays so")
    call.bye()


@pytest.mark.parametrize("what", ["RTP/AVP", "tag", "our key", "suite"])
def test_wrong_answer(secure, anna, phones, what):
    """An answer that is not SRTP as we offered it ends that leg."""
    carl = phones(secure, "1003", transport="tls", suite=srtp.SHA32)
    call = anna.invite("1003")
    there = carl.incoming()
    ours, = keys(there.invite.text)
    body = there.offer()
    good = srtp.line(1, srtp.SHA32, there.key)
    assert good in body
    body = {
        "RTP/AVP": body.replace("RTP/SAVP", "RTP/AVP"),
        "tag": body.replace(good, srtp.line(2, srtp.SHA32, there.key)),
        "our key": body.replace(good, srtp.line(1, srtp.SHA32, ours)),
        "suite": body.replace(good, srtp.line(1, srtp.SHA80, there.key)),
    }[what]
    there.accept(body=body, wait_ack=False)
    there.wait("ACK")
    there.gone()
    assert call.final().status >= 400


def test_hold_and_new_keys(secure, anna, phones):
    """A hold keeps our key and the counters; a new key of the phone in a
    re-INVITE gives a new one of ours; a new SSRC is heard."""
    bert = phones(secure, "1002")
    call = anna.invite("1002")
    there = bert.pick_up(400)
    answer = call.answered()
    call.talk(300)
    both_hear(call, there, 300, 400)
    before = keys(answer.text)
    assert call.reinvite("sendonly").status == 200
    assert keys(call.remote_sdp.text) == before
    held = there.expect_reinvite()
    there.answer_reinvite(held, "recvonly")
    ok = call.reinvite()
    assert ok.status == 200 and keys(ok.text) == before
    there.answer_reinvite(there.expect_reinvite())
    both_hear(call, there, 300, 400)

    call.key = srtp.new_key()
    ok = call.reinvite()
    assert ok.status == 200 and keys(ok.text) != before
    both_hear(call, there, 300, 400)
    call.rtp.bad.clear()        # what had the new key before its 200 was read
    call.rtp.ssrc ^= 0x5555
    both_hear(call, there, 300, 400)
    assert not call.rtp.bad
    call.bye()
    there.gone()


def test_hold_of_the_other(secure, anna, phones):
    """Our re-INVITE offers SRTP with the key that is in force."""
    bert = phones(secure, "1002")
    call = anna.invite("1002")
    there = bert.pick_up(400)
    before = keys(call.answered().text)
    call.talk(300)
    both_hear(call, there, 300, 400)
    assert there.reinvite("sendonly").status == 200
    request = call.expect_reinvite()
    assert "RTP/SAVP" in request.text and keys(request.text) == before
    call.answer_reinvite(request, "recvonly")
    assert there.reinvite().status == 200
    call.answer_reinvite(call.expect_reinvite())
    both_hear(call, there, 300, 400)
    call.bye()
    there.gone()


def test_prompt_music_and_digits(secure, anna):
    """What we make ourselves is encrypted, what we detect was decrypted."""
    secure.tones({"hello": 700}, 8000, "sounds")
    secure.tones({"one": 600}, 8000, "moh")
    call = anna.call("602")
    call.rtp.wait_tone(600)
    call.bye()
    call = anna.call("601")
    call.rtp.wait_sound(700)
    call.bye()
    call = anna.call("603")
    call.rtp.press("4711")
    secure.log.wait("got 4711 digits")
    call.gone()
    assert not call.rtp.bad


def test_conference(secure, anna, phones):
    """Three in a room: two suites and none."""
    carl = phones(secure, "1003", transport="tls", suite=srtp.SHA32)
    bert = phones(secure, "1002")
    calls = [phone.call("604", freq) for phone, freq in
             ((anna, 300), (bert, 400), (carl, 500))]
    for quiet in calls:
        quiet.rtp.play(None)
    for talker, freq in zip(calls, (300, 400, 500)):
        talker.rtp.play(freq)
        for other in calls:
            if other is not talker:
                other.rtp.wait_tone(freq, since=other.rtp.mark())
        talker.rtp.play(None)
    for call in calls:
        assert not call.rtp.bad
        call.bye()


def test_the_plan_demands_it(secure, anna, phones):
    """CHANNEL(secure_bridge_media) and (secure_bridge_signaling)."""
    bert = phones(secure, "1002", suite=srtp.SHA80)
    call = anna.invite("31002")
    there = bert.incoming()
    assert there.remote_sdp.proto == "RTP/SAVP"
    there.accept()
    there.talk(400)
    call.answered()
    call.talk(300)
    both_hear(call, there, 300, 400)
    call.bye()
    there.gone()
    secure.log.wait(r"is 1,1\.")
    call = bert.invite("31002")
    secure.log.wait(r"is 1,0\.")
    bert.incoming().refuse(486)
    assert call.final().status == 486

    call = anna.invite("21002")
    secure.log.wait("status CHANUNAVAIL cause 58|secure_bridge_signaling: ")
    assert call.final().status == 488
    bert.quiet("INVITE", 0.1)
    carl = phones(secure, "1003", transport="tls", suite=srtp.SHA32)
    call = anna.invite("21003")
    carl.incoming().refuse(486)
    assert call.final().status == 486


def test_forked_answers(secure, anna, phones):
    """Two devices behind a proxy answer one INVITE with a key each: the one
    that picks up is heard, and the next offer has a new key."""
    carl = phones(secure, "1003", transport="tls", suite=srtp.SHA32)
    call = anna.invite("1003")
    there = carl.incoming()
    first = there.key
    there.ring(183, body=there.offer())
    call.wait(lambda m: m.status in (180, 183))
    there.key, there.tag = srtp.new_key(), there.tag + "b"
    there.local = f"{there.invite['To']};tag={there.tag}"
    there.accept()
    there.talk(400)
    call.answered()
    call.talk(300)
    both_hear(call, there, 300, 400)
    assert first != there.key
    before = keys(there.invite.text)
    assert call.reinvite("sendonly").status == 200
    request = there.expect_reinvite()
    assert keys(request.text) != before
    there.answer_reinvite(request, "recvonly")
    assert call.reinvite().status == 200
    request = there.expect_reinvite()
    there.answer_reinvite(request)
    both_hear(call, there, 300, 400)
    call.bye()
    there.gone()
