"""What is heard: prompts, recordings, transcoding, digits, early media."""

import os
import re
import shutil
import time
from pathlib import Path

import pytest

from harness import audio
from harness.lines import run, until
from harness.office import OFFICE_SIP
from harness.rtp import Rtp
from harness.talk import pair, talk_early


def plan(*lines):
    return "[office]\n" + "\n".join(lines) + "\n"


# ------------------------------------------------------------------ prompts

@pytest.mark.parametrize("rate", [8000, 16000])
def test_playback(make_tandem, phones, rate):
    tandem = make_tandem(plan=plan(
        "exten => 1,1,Playback(first&second)",
        " same => n,Set(CDR(userfield)=${PLAYBACKSTATUS})"))
    for name, freq in (("first", 500), ("second", 900)):
        audio.write_wav(tandem.dir / f"sounds/en/{name}.wav",
                        audio.tone(freq, rate * 6 // 10, rate=rate), rate)
    call = phones(tandem, "1001").call("1")
    call.gone()
    heard = call.rtp.heard()
    assert audio.seconds_of(heard, 500) == pytest.approx(0.6, abs=0.11)
    assert audio.seconds_of(heard, 900) == pytest.approx(0.6, abs=0.11)
    assert tandem.cdr()[0]["userfield"] == "SUCCESS"


@pytest.mark.parametrize("ending", ["ulaw", "alaw", "sln", "gsm"])
def test_playback_formats(make_tandem, phones, ending):
    tandem = make_tandem(plan=plan("exten => 1,1,Playback(tone)"))
    samples = audio.tone(500, 8000)
    raw = tandem.dir / "sounds" / "en" / f"tone.{ending}"
    raw.parent.mkdir()
    if ending == "ulaw":
        raw.write_bytes(audio.encode(0, samples))
    elif ending == "alaw":
        raw.write_bytes(audio.encode(8, samples))
    elif ending == "sln":
        raw.write_bytes(b"".join(s.to_bytes(2, "little", signed=True)
                                 for s in samples))
    else:
        sox = shutil.which("sox")
        if not sox:
            pytest.skip("sox is not installed: no GSM file to play")
        wav = audio.write_wav(tandem.dir / "tone.wav", samples)
        status, text = run([sox, wav, raw])
        assert status == 0, text
    call = phones(tandem, "1001").call("1")
    call.gone()
    assert audio.seconds_of(call.rtp.heard(), 500) > 0.8


def test_missing_prompt_is_named_and_the_call_goes_on(make_tandem, phones):
    tandem = make_tandem(plan=plan(
        "exten => 1,1,Answer()", " same => n,Playback(not-there)",
        " same => n,Playback(there)"))
    tandem.tones({"there": 500}, 3200)
    call = phones(tandem, "1001").call("1")
    tandem.log.wait(r"warning.*not-there")
    call.rtp.wait_tone(500)
    call.gone()


def test_language_of_the_peer(make_tandem, phones):
    tandem = make_tandem(
        sip=OFFICE_SIP + "[1009](phone)\nsecret=weide-Fass-1009\n"
                         "language=ru\n",
        plan=plan("exten => 1,1,Playback(word)"))
    tandem.tones({"word": 500}, 3200)
    tandem.tones({"word": 900}, 3200, "sounds/ru")
    call = phones(tandem, "1009", secret="weide-Fass-1009").call("1")
    call.rtp.wait_tone(900)
    call.gone()
    call = phones(tandem, "1001").call("1")
    call.rtp.wait_tone(500)
    call.gone()


def test_say_digits(make_tandem, phones):
    """Each digit is its own file of the prompt set."""
    tandem = make_tandem(plan=plan("exten => 1,1,SayDigits(27)"))
    tandem.tones({"digits/2": 500, "digits/7": 900}, 3200)
    call = phones(tandem, "1001").call("1")
    call.gone()
    assert audio.seconds_of(call.rtp.heard(), 500) > 0.25
    assert audio.seconds_of(call.rtp.heard(), 900) > 0.25


def test_debian_prompts(make_tandem, phones):
    """The packages of Asterisk's voices work as they are."""
    if not Path("/usr/share/asterisk/sounds/en_US_f_Allison").is_dir():
        pytest.skip("asterisk-core-sounds-en-wav is not installed")
    tandem = make_tandem(plan=plan("exten => 1,1,Playback(hello-world)"))
    tandem.edit("tandem.conf", "sounds=sounds",
                "sounds=/usr/share/asterisk/sounds")
    tandem.stop()
    tandem.start()
    call = phones(tandem, "1001").call("1")
    call.gone(8)
    heard = call.rtp.heard()
    assert audio.level(heard) > 0.02
    assert 1 < len(heard) / 8000 < 4


def test_music_on_hold(make_tandem, phones):
    tandem = make_tandem(plan=plan("exten => 1,1,Answer()",
                                   " same => n,MusicOnHold(soft)"))
    tandem.write("musiconhold.conf", "[soft]\nmode=files\n"
                                     f"directory={tandem.dir}/moh/soft\n")
    tandem.tones({"one": 600}, 4000, "moh/soft")
    tandem.console("core reload")
    call = phones(tandem, "1001").call("1")
    call.rtp.wait_tone(600, 1.5)            # longer than the file
    call.bye()


# --------------------------------------------------------------- recordings

def test_record_then_playback(make_tandem, phones):
    tandem = make_tandem(plan=plan(
        "exten => 1,1,Answer()",
        " same => n,Record(${CALLERID(num)}-note.wav,0,10,q)",
        " same => n,Wait(0.2)",
        " same => n,Playback(${RECORDED_FILE})",
        " same => n,Set(CDR(userfield)=${RECORD_STATUS})"))
    call = phones(tandem, "1001").call("1", freq=650)
    call.rtp.wait_sent(60)
    since = call.rtp.mark()
    call.rtp.press("#")
    call.rtp.play(None)
    call.gone(8)
    assert 0.9 < audio.seconds_of(call.rtp.heard(since), 650) < 2
    assert tandem.cdr()[0]["userfield"] == "DTMF"


def mixed(make_tandem, phones, step, seconds=1.0, name="call.wav"):
    """A recorded call with 400 Hz of the caller, 1000 Hz of the callee."""
    tandem = make_tandem(plan=plan(
        f"exten => 1002,1,{step}", " same => n,Dial(SIP/1002,10)"))
    call, back = pair(phones, tandem)
    call.rtp.wait_tone(1000, seconds, seconds + 5)
    call.bye()
    back.gone()
    tandem.idle()
    return tandem, call, audio.read_wav(tandem.recording(name))


def test_mixmonitor_stereo(make_tandem, phones):
    """The caller is on the left, the callee on the right."""
    tandem, _, (rate, channels) = mixed(make_tandem, phones,
                                        "MixMonitor(call.wav)")
    assert rate == 8000 and len(channels) == 2
    left, right = channels
    assert audio.seconds_of(left, 400) > 0.8
    assert audio.seconds_of(right, 1000) > 0.8
    assert audio.seconds_of(left, 1000) < 0.1
    assert audio.seconds_of(right, 400) < 0.1
    row = tandem.cdr()[0]
    assert row["rec_state"] == "complete"
    assert row["rec_path"].endswith("/call.wav")


def test_mixmonitor_mono(make_tandem, phones):
    _, _, (_, channels) = mixed(
        lambda **kw: make_tandem(tandem="recordmono=yes", **kw), phones,
        "MixMonitor(call.wav)")
    assert len(channels) == 1
    middle = channels[0][len(channels[0]) // 3:2 * len(channels[0]) // 3]
    assert audio.share(middle, 400) > 0.3
    assert audio.share(middle, 1000) > 0.3


def test_mixmonitor_bridged_only(make_tandem, phones):
    """Option b: what the caller says while it rings is silence in the file;
    the time goes on."""
    tandem = make_tandem(plan=plan(
        "exten => 1002,1,Answer()",
        " same => n,MixMonitor(${STRFTIME(${EPOCH},,%Y)}-call.wav,b)",
        " same => n,Dial(SIP/1002,10)"))
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.call("1002", freq=400)
    incoming = bert.incoming()
    incoming.ring()
    call.rtp.wait_sent(35)
    call.rtp.play(650)
    incoming.accept()
    incoming.talk(1000)
    incoming.rtp.wait_tone(650, 0.6)
    call.bye()
    incoming.gone()
    tandem.idle()
    _, (left, right) = audio.read_wav(tandem.recording(
        time.strftime("%Y") + "-call.wav"))
    assert audio.seconds_of(left, 400) < 0.1
    assert audio.seconds_of(left, 650) > 0.4
    assert audio.seconds_of(right, 1000) > 0.4
    assert len(left) / 8000 > 1.2


def test_stopmixmonitor(make_tandem, phones):
    tandem = make_tandem(plan=plan(
        "exten => 1,1,Answer()", " same => n,MixMonitor(part.wav)",
        " same => n,Wait(0.6)", " same => n,StopMixMonitor()",
        " same => n,Wait(0.6)"))
    call = phones(tandem, "1001").call("1", freq=400)
    call.gone()
    tandem.idle()
    _, channels = audio.read_wav(tandem.recording("part.wav"))
    assert len(channels[0]) / 8000 == pytest.approx(0.6, abs=0.1)


def test_lost_packets_become_silence(make_tandem, phones):
    """Second 1.5 of the recording is second 1.5 of the call."""
    tandem = make_tandem(plan=plan(
        "exten => 1,1,Answer()", " same => n,MixMonitor(gap.wav)",
        " same => n,Echo()"))
    call = phones(tandem, "1001").call("1")
    rtp = call.rtp
    rtp.play(400)
    rtp.wait_sent(26)
    rtp.frame = None                        # half a second is lost
    before = rtp.sent
    with rtp.news:
        rtp.seq = (rtp.seq + 25) & 0xffff
        rtp.ts = (rtp.ts + 25 * 160) & 0xffffffff
    begin = time.monotonic()
    until(lambda: time.monotonic() - begin > 0.48, "half a second")
    rtp.play(1000)
    rtp.wait_sent(before + 26)
    call.bye()
    tandem.idle()
    _, (left, _) = audio.read_wav(tandem.recording("gap.wav"))
    first = [i for i in range(0, len(left) - 160, 160)
             if audio.share(left[i:i + 160], 400) > 0.8]
    later = [i for i in range(0, len(left) - 160, 160)
             if audio.share(left[i:i + 160], 1000) > 0.8]
    distance = (later[0] - first[0]) / 8000
    assert distance == pytest.approx(1.0, abs=0.1)
    quiet = left[first[-1] + 480:later[0] - 320]
    assert len(quiet) > 2400 and audio.level(quiet) < 0.01


def test_recording_after_kill_opens(make_tandem, phones):
    """kill -9 costs at most a second, and the file is a good WAV."""
    tandem = make_tandem(plan=plan(
        "exten => 1,1,Answer()", " same => n,MixMonitor(cut.wav)",
        " same => n,Echo()"))
    call = phones(tandem, "1001").call("1", freq=400)
    call.rtp.wait_tone(400, 2.0)
    tandem.kill()
    rate, channels = audio.read_wav(tandem.recording("cut.wav"))
    assert rate == 8000 and len(channels) == 2
    assert audio.seconds_of(channels[0], 400) > 0.9
    tandem.start()


def talk_while_recording(tandem, phones, seconds):
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    back = bert.pick_up(1000)
    call.answered()
    call.talk(400)
    back.rtp.wait_tone(400, seconds, seconds + 5)
    call.rtp.wait_tone(1000, seconds)
    call.bye()
    back.gone()
    return tandem.cdr()[0]


def test_recording_that_cannot_begin(make_tandem, phones):
    """It is said why; both still hear each other."""
    tandem = make_tandem(plan=plan(
        "exten => 1002,1,MixMonitor(/dev/full/x/call.wav)",
        " same => n,Dial(SIP/1002,10)"))
    row = talk_while_recording(tandem, phones, 0.3)
    assert row["rec_state"] == "failed" and row["rec_why"]


def test_full_disk_does_not_disturb_the_call(make_tandem, phones):
    """A disk of 64 KB: 2 s of stereo fill it."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    tandem = make_tandem(plan=plan(
        "exten => 1002,1,MixMonitor(call.wav)",
        " same => n,Dial(SIP/1002,10)"), start=False)
    tandem.prefix = [
        "unshare", "-m", "--propagation", "private", "sh", "-c",
        f"mount -t tmpfs -o size=64k none {tandem.dir}/spool "
        '&& exec "$0" "$@"']
    tandem.start()
    tandem.prefix = []
    row = talk_while_recording(tandem, phones, 3)
    assert row["rec_state"] in ("gap", "failed")
    assert "space" in row["rec_why"].lower(), row["rec_why"]
    assert row["disposition"] == "ANSWERED"


# -------------------------------------------------------------- transcoding

@pytest.mark.parametrize("caller,callee", [(0, 8), (8, 0)])
def test_transcoding(make_tandem, phones, caller, callee):
    """One phone speaks only ulaw, the other only alaw."""
    tandem = make_tandem()
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002", payloads=(caller, 101))
    back = bert.pick_up(1000, payloads=(callee, 101))
    answer = call.answered().sdp()
    assert answer.payloads[0] == caller and callee not in answer.payloads
    call.talk(400)
    back.rtp.wait_tone(400, 0.4)
    call.rtp.wait_tone(1000, 0.4)
    assert {p.pt for p in call.rtp.packets} == {caller}
    assert {p.pt for p in back.rtp.packets} == {callee}
    call.bye()
    back.gone()


def test_allow_order_decides(make_tandem, phones):
    tandem = make_tandem(sip=OFFICE_SIP.replace("allow=ulaw,alaw",
                                                "allow=alaw"))
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002", payloads=(0, 8, 101))
    incoming = bert.incoming()
    assert [p for p in incoming.invite.sdp().payloads if p < 20] == [8]
    incoming.accept()
    assert [p for p in call.answered().sdp().payloads if p < 20] == [8]
    call.bye()
    incoming.gone()


def test_no_common_codec(make_tandem, phones):
    tandem = make_tandem(sip=OFFICE_SIP.replace("allow=ulaw,alaw",
                                                "allow=alaw"))
    anna = phones(tandem, "1001")
    assert anna.invite("600", payloads=(0, 101)).final().status == 488


def test_volume_of_a_recording(make_tandem, phones):
    """v and V of MixMonitor: what the caller says, what he hears; what is no
    volume is left out."""
    tandem = make_tandem(plan="""\
[office]
exten => 1,1,MixMonitor(loud.wav,v(-2)V(1)t(heard.wav))
 same => n,MixMonitor(odd.wav,W(5))
 same => n,Dial(SIP/1002,5)
""")
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1")
    back = bert.pick_up(1000)
    call.answered()
    call.talk(400)
    call.rtp.wait_tone(1000, 0.4)
    back.rtp.wait_tone(400, 0.4)
    call.bye()
    back.gone()
    tandem.idle()
    tandem.log.wait(r"W\(5\) is left out, expected a number from -4 to 4")
    for name, want in (("loud.wav", (0.1, 0.8)), ("heard.wav", (0.8,)),
                       ("odd.wav", (0.4, 0.4))):
        _, sides = audio.read_wav(tandem.recording(name))
        peaks = [max(side) / 32768 for side in sides]
        assert peaks == pytest.approx(want, rel=0.06), name


def kinds(message):
    return [p for p in message.sdp().payloads if p < 20]


def test_codecs_of_the_plan(make_tandem, phones):
    """SIP_CODEC and its companions choose for the caller, the callee or both;
    what cannot be had is left out, and the call goes on."""
    tandem = make_tandem(plan="""\
[office]
exten => 1,1,Set(SIP_CODEC=alaw)
 same => n,Goto(d,1)
exten => 2,1,Set(SIP_CODEC_INBOUND=ulaw)
 same => n,Set(SIP_CODEC_OUTBOUND=alaw)
 same => n,Goto(d,1)
exten => 3,1,Set(_SIP_CODEC=g729, alaw)
 same => n,Goto(d,1)
exten => 4,1,Set(SIP_CODEC=g722)
 same => n,Set(SIP_CODEC_OUTBOUND=g729)
 same => n,Goto(d,1)
exten => 5,1,Dial(SIP/1002,5,b(one^s^1))
exten => 6,1,Set(SIP_CODEC=alaw)
 same => n,Answer()
 same => n,Echo()
exten => d,1,Dial(SIP/1002,5)
[one]
exten => s,1,Set(SIP_CODEC=alaw)
 same => n,Return()
""")
    anna, bert = phones(tandem, "1001", "1002")
    for exten, offered, answered in (
            ("1", [8, 0], [8]), ("2", [8], [0]), ("3", [8], [8]),
            ("4", [0, 8], [0]), ("5", [8], [8])):
        call = anna.invite(exten)
        back = bert.incoming()
        assert kinds(back.invite) == offered, exten
        back.accept()
        assert kinds(call.answered()) == answered, exten
        if exten == "2":
            call.talk(400)
            back.talk(1000, payload=8)
            back.rtp.wait_tone(400, 0.3)
            call.rtp.wait_tone(1000, 0.3)
        call.bye()
        back.gone()
    for names in ("g722", "g729"):
        tandem.log.wait(f'SIP_CODEC "{names}" is left out', 5)
    call = anna.invite("6", body="")
    assert kinds(call.final()) == [8]
    call.bye()


# ------------------------------------------------------------------- digits

def test_dtmf_relayed(tandem, phones):
    """RFC 4733 events pass with their length, each once."""
    call, back = pair(phones, tandem)
    for digit in "5#A":
        since = back.rtp.mark()
        call.rtp.press(digit, 120)
        events = back.rtp.wait_digit(digit, since)
        assert len({p.ts for p in events}) == 1
        assert events[0].marker
        last = events[-1].payload
        assert int.from_bytes(last[2:], "big") == 960
    since = call.rtp.mark()
    back.rtp.press("9")
    call.rtp.wait_digit("9", since)
    call.bye()
    back.gone()


READ_PLAN = plan("exten => 1,1,Answer()",
                 " same => n,Read(GOT,,3,,1,4)",
                 " same => n,Set(CDR(userfield)=${GOT})")


def test_dtmf_detected(make_tandem, phones):
    tandem = make_tandem(plan=READ_PLAN)
    call = phones(tandem, "1001").call("1", freq=400)
    call.rtp.press("1*7")
    call.gone(8)
    assert tandem.cdr()[0]["userfield"] == "1*7"


@pytest.mark.parametrize("kind", ["dtmf-relay", "dtmf"])
def test_dtmf_by_info(make_tandem, phones, kind):
    tandem = make_tandem(plan=READ_PLAN)
    call = phones(tandem, "1001").call("1")
    for digit in "49*":
        body = (f"Signal={digit}\r\nDuration=160\r\n"
                if kind == "dtmf-relay" else digit)
        response = call.request("INFO", body=body, headers=[
            ("Content-Type", f"application/{kind}")])
        assert response.status == 200
    call.gone(8)
    assert tandem.cdr()[0]["userfield"] == "49*"


def test_dtmf_rfc4733_to_info(make_tandem, phones):
    """A phone with dtmfmode=info gets INFO for the other's events."""
    tandem = make_tandem(sip=OFFICE_SIP.replace(
        "[1002](phone)", "[1002](phone)\ndtmfmode=info"))
    call, back = pair(phones, tandem)
    call.rtp.press("8")
    info = back.wait("INFO")
    assert re.search(r"Signal\s*=\s*8", info.text)
    back.phone.reply(info, 200)
    call.bye()
    back.gone()


def test_menu(make_tandem, phones):
    """Background and WaitExten: the digit interrupts and chooses."""
    tandem = make_tandem(plan=plan(
        "exten => 1,1,Answer()", " same => n,Goto(menu,s,1)",
        "[menu]", "exten => s,1,Background(long)",
        " same => n,WaitExten(2)",
        "exten => 5,1,Playback(five)",
        "exten => i,1,Playback(wrong)",
        "exten => t,1,Playback(late)"))
    tandem.tones({"long": 400}, 64000)
    tandem.tones({"five": 600, "wrong": 800}, 3200)
    anna = phones(tandem, "1001")
    for digit, freq in (("5", 600), ("8", 800)):
        call = anna.call("1", freq=1500)
        call.rtp.wait_tone(400)
        call.rtp.press(digit)
        call.rtp.wait_tone(freq)
        call.gone()


# -------------------------------------------------------------- early media

def test_early_media(tandem, phones):
    """183: the caller hears the callee before the answer."""
    call, incoming, said = talk_early(*phones(tandem, "1001", "1002"), 400)
    incoming.accept()
    answer = call.answered()
    assert answer.tag("To") == said.tag("To")
    assert answer.sdp().port == said.sdp().port
    incoming.rtp.wait_tone(400)
    call.bye()
    incoming.gone()


def test_early_media_then_refused(tandem, phones):
    """The announcement of the other side is heard, then its refusal."""
    call, incoming, _ = talk_early(*phones(tandem, "1001", "1002"))
    incoming.refuse(404)
    assert call.final().status in (404, 603)


def test_playback_without_answer(make_tandem, phones):
    tandem = make_tandem(plan=plan(
        "exten => 1,1,Progress()", " same => n,Playback(word,noanswer)",
        " same => n,Hangup(1)"))
    tandem.tones({"word": 500}, 4800)
    call = phones(tandem, "1001").invite("1")
    early = call.wait(183)
    call.remote_sdp = early.sdp()
    call.talk()
    call.rtp.wait_tone(500)
    assert call.final().status == 404
    assert tandem.cdr()[0]["disposition"] != "ANSWERED"


def test_ring_tone_for_the_caller(make_tandem, phones):
    """Option m: music until the answer."""
    tandem = make_tandem(plan=plan("exten => 1002,1,Dial(SIP/1002,10,m)"))
    tandem.tones({"one": 600}, 4000, "moh")
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    incoming = bert.incoming()
    incoming.ring()
    early = call.wait(183)
    call.remote_sdp = early.sdp()
    call.talk(400)
    call.rtp.wait_tone(600)
    incoming.accept()
    incoming.talk(1000)
    call.answered()
    call.rtp.wait_tone(1000)
    call.bye()
    incoming.gone()


# ----------------------------------------------------------------- strangers

def test_stranger_hears_and_says_nothing(tandem, phones, closing):
    """Packets to the ports of a call from elsewhere change nothing."""
    call, back = pair(phones, tandem)
    stranger = closing(Rtp("127.0.0.3"))
    since = back.rtp.mark()
    stranger.start(call.remote_sdp.address, 0, 2000)
    stranger.wait_sent(30)
    back.rtp.wait_tone(400, 0.3, since=since)
    assert audio.seconds_of(back.rtp.heard(since), 2000) == 0
    assert not stranger.packets
    call.bye()
    back.gone()
