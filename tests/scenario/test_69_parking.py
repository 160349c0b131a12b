"""Parking: by transfer and by hand, the slot that is said, the music, taking
it back, the time-out, lamps, the console.  Who hears what."""

import re

import pytest

from harness import audio
from harness.lines import until
from harness.office import OFFICE_SIP
from harness.talk import connect, hear
from harness.transfer import attended, blind, handed_over, notified, talk_of

SIP = OFFICE_SIP.replace("[phone](!)", "[phone](!)\nsendrpid=pai") \
    + 'callerid="Carl" <1003>\n'

PLAN = """\
[office]
include => parkedcalls
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => 790,1,Park(default,s)
exten => 791,1,Park(,st(0.2)c(office^792^1))
exten => 792,1,Playback(back)
exten => 793,1,Park(nowhere)
 same => n,Playback(back)
exten => 794,1,Playback(tone)
 same => n,Park()
exten => 795,1,ParkAndAnnounce(,c(office^792^1)t(3),beep:PARKED,SIP/1003)
exten => 796,1,ParkAndAnnounce(PARKED:beep,3,SIP/1003,office,792,1)
exten => _5100X,1,MixMonitor(talk.wav)
 same => n,Dial(SIP/${EXTEN:1},20)
exten => _60X,hint,park:7${EXTEN:1}@parkedcalls
[parkedcallstimeout]
exten => SIP_1002,1,Playback(back)
"""

PARKING = """\
[default]
parkext => 700
parkpos => 701-702
parkingtime => 30
parkinghints => yes
comebackdialtime => 5
courtesytone => tone
parkedplay => both
"""

MUSIC = 300
DIGITS = {"7": 700, "0": 500, "1": 1100, "2": 1250}


@pytest.fixture
def office(make_tandem):
    """make(parking=...): a Tandem with sounds that are tones."""
    def make(parking=PARKING, plan=PLAN, **kwargs):
        tandem = make_tandem(sip=SIP, plan=plan, start=False, **kwargs)
        sounds = {"back": 2000, "tone": 2500, "pbx-parkingfailed": 2700,
                  "pbx-invalidpark": 2800, "pbx-transfer": 1900,
                  "pbx-invalid": 2900, "beep": 3000, "beeperr": 3100,
                  **{f"digits/{k}": v for k, v in DIGITS.items()}}
        tandem.tones(sounds, 1600, "sounds")
        tandem.tones({"music": MUSIC}, 16000, "moh")
        tandem.write("res_parking.conf", parking)
        for name, text in kwargs.get("files", {}).items():
            tandem.write(name, text)
        return tandem.start()
    return make


def hears_slot(call, number, since=0):
    """The digits one after the other, each for most of its 0.2 s."""
    freqs = [DIGITS[d] for d in number]

    def said(packets):
        last = 0
        for freq in freqs:
            found = None
            for i in range(last, len(packets) - 5):
                part = [p for p in packets[i:i + 6]
                        if p.pt in audio.DECODE]
                if audio.share([s for p in part for s in
                                audio.decode(p.pt, p.payload)], freq) > 0.8:
                    found = i + 6
                    break
            if found is None:
                return False
            last = found
        return True
    call.rtp.wait(lambda p: said(p[since:]), f"slot {number}", 8)


def slots(tandem):
    """{slot: channel} of parking show"""
    text = tandem.console("parking show default")
    return dict(re.findall(r"^ +(70\d) +(SIP/\S+)", text, re.M))


# -------------------------------------------------------------- how it parks

def test_blind_to_parkext(office, phones):
    """Anna calls Bert, he sends her to 700 and hears the slot; Carl takes
    her."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = connect(anna, bert)
    mark = back.rtp.mark()
    blind(back, "700")
    notified(back, 100)
    hears_slot(back, "701", mark)
    notified(back, 200)
    back.gone()
    hear(out, MUSIC)
    assert list(slots(tandem)) == ["701"]
    call = carl.invite("701")
    shown = call.answered()
    assert "sip:1001@" in shown["P-Asserted-Identity"]
    call.talk(1600)
    call.rtp.wait_sound(2500)       # courtesytone, both
    hear(out, 1600)
    hear(call, 400)
    assert slots(tandem) == {}
    call.bye()
    out.gone()
    tandem.idle()


def test_blind_by_caller(office, phones):
    """Bert calls Anna and parks her; she hangs up, the slot is free."""
    tandem = office()
    anna, bert = phones(tandem, "1001", "1002")
    out, back = connect(bert, anna, freqs=(1000, 400))
    mark = out.rtp.mark()
    blind(out, "700")
    notified(out, 100)
    hears_slot(out, "701", mark)
    notified(out, 200)
    out.gone()
    hear(back, MUSIC)
    assert list(slots(tandem)) == ["701"]
    back.bye()
    tandem.idle()
    assert slots(tandem) == {}


@pytest.mark.parametrize("called", [True, False])
def test_attended_to_parkext(office, phones, called):
    """Bert holds Anna, calls 700, hears the slot, and puts her there; the
    slot stays the one that was said, and comes back to him."""
    tandem = office(PARKING.replace("parkingtime => 30",
                                    "parkingtime => 1\nfindslot => next"))
    anna, bert = phones(tandem, "1001", "1002")
    other, own = talk_of(anna, bert, called)
    consult = bert.call("700", freq=1000)
    hears_slot(consult, "701")
    handed_over(own, consult, "700")
    hear(other, MUSIC)
    assert list(slots(tandem)) == ["701"]
    third = bert.incoming()
    assert "sip:1001@" in third.invite["From"]
    third.ring()
    third.accept()
    third.talk(1000)
    hear(other, 1000)
    hear(third, 400)
    other.bye()
    third.gone()
    tandem.idle()


# ------------------------------------------------------------------ time-out

def test_timeout_back_to_the_parker(office, phones):
    """Nobody takes Anna: it rings at Bert with her number; he does not
    answer, and it goes to comebackcontext."""
    tandem = office(PARKING.replace("parkingtime => 30", "parkingtime => 1")
                    .replace("dialtime => 5", "dialtime => 1"))
    anna, bert = phones(tandem, "1001", "1002")
    out, back = connect(anna, bert)
    blind(back, "700")
    notified(back, 100, 200)
    back.gone()
    third = bert.incoming(8)
    assert re.match(r'"?Anna"? <sip:1001@', third.invite["From"])
    third.ring()
    third.wait("CANCEL")
    out.rtp.wait_sound(2000)
    out.gone()
    tandem.idle()


def test_parker_after_a_prompt(office, phones):
    """What the plan says to Anna before Park has ended the transfer: it still
    comes back to Bert, who has sent her, and not to herself."""
    tandem = office(PARKING.replace("parkingtime => 30", "parkingtime => 1"))
    anna, bert = phones(tandem, "1001", "1002")
    out, back = connect(anna, bert)
    blind(back, "794")
    back.gone()
    tandem.log.wait(r"SIP/1001-\S+ parked in slot 701 .* by SIP/1002-")
    third = bert.incoming(8)
    third.ring()
    third.accept()
    third.talk(1600)
    hear(out, 1600)
    hear(third, 400)
    out.bye()
    third.gone()
    tandem.idle()


@pytest.mark.parametrize("exten", ["795", "796"])
def test_announced_elsewhere(office, phones, exten):
    """ParkAndAnnounce: Carl's phone says the slot, Bert hears nothing of it;
    then it comes back where the step says."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = connect(anna, bert)
    blind(back, exten)
    loud = carl.pick_up(1600)
    assert "sip:1001@" in loud.invite["From"]
    hears_slot(loud, "701")
    loud.rtp.wait_sound(3000, 0.08)
    loud.gone()
    back.gone()
    hear(out, MUSIC)
    out.rtp.wait_sound(2000)
    out.gone()
    tandem.idle()


def test_announced_to_nobody(office, phones):
    """It is taken while Carl's phone rings, which then stops; his phone is
    busy: the call stands there all the same."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    call = anna.call("795")
    loud = carl.incoming()
    loud.ring()
    other = bert.call("701", 1000)
    loud.wait("CANCEL")
    hear(call, 1000)
    other.bye()
    call.gone()
    call = anna.call("795")
    carl.incoming().refuse(486)
    tandem.log.wait("the slot is not announced: BUSY")
    hear(call, MUSIC)
    call.bye()
    tandem.idle()


def test_timeout_elsewhere(office, phones):
    """comebacktoorigin=no: SIP_1002@parkedcallstimeout; option c wins."""
    tandem = office(PARKING.replace(
        "parkingtime => 30", "parkingtime => 1\ncomebacktoorigin = no"))
    anna, bert = phones(tandem, "1001", "1002")
    out, back = connect(anna, bert)
    blind(back, "700")
    notified(back, 100, 200)
    back.gone()
    out.rtp.wait_sound(2000)
    out.gone()
    call = anna.call("791")
    call.rtp.wait_sound(2000)
    call.gone()
    tandem.idle()


# ----------------------------------------------------------------- recording

def recorded(tandem, name, left, right):
    """These tones are in the file, each for a while, and in their order."""
    rate, channels = audio.read_wav(tandem.recording(name))
    for channel, freqs in zip(channels, (left, right)):
        for freq in freqs:
            assert audio.seconds_of(channel, freq, rate) > 0.15, (name, freq)


def states(tandem):
    """Until every recording of the records has ended: {dst: state}"""
    def all_over():
        rows = tandem.sql("SELECT * FROM cdr")
        return {r["dst"]: r["rec_state"] for r in rows} if all(
            r["rec_state"] != "recording" for r in rows) else None
    return until(all_over, "end of all recordings")


def test_recording_of_a_parked_call(office, phones):
    """It goes on with who takes the call, and what became of it is in the
    record of the call that began it as well."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out = anna.invite("51002")
    back = bert.pick_up(1000)
    out.answered()
    out.talk(400)
    hear(back, 400)
    hear(out, 1000, 0.3)
    blind(back, "700")
    back.gone()
    call = carl.call("701", 1600)
    hear(out, 1600, 0.3)
    call.bye()
    out.gone()
    tandem.idle()
    tandem.cdr(2)
    assert states(tandem) == {"700": "complete", "701": "complete"}
    recorded(tandem, "talk.wav", [400], [1000, 1600])


def test_recording_goes_on_with_another_caller(office, phones):
    """Bert calls Anna and, recorded, Carl, and joins them: they are recorded
    too, in a file of their own."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    one = bert.invite("1001")
    at_anna = anna.pick_up(400)
    one.answered()
    one.talk(1000)
    other = bert.invite("51003")
    at_carl = carl.pick_up(1600)
    other.answered()
    other.talk(1000)
    hear(other, 1600, 0.3)
    attended(one, other, "51003")
    hear(at_anna, 1600, 0.3)
    hear(at_carl, 400, 0.3)
    one.gone()
    other.gone()
    at_anna.bye()
    at_carl.gone()
    tandem.idle()
    assert states(tandem)["51003"] == "complete"
    recorded(tandem, "talk.wav", [1000], [1600])
    recorded(tandem, "talk-1.wav", [400], [1600])


# ------------------------------------------------------------------- details

def test_full_and_empty(office, phones):
    """No slot is left: the party comes back; an empty slot says so."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    one, two = carl.call("790"), carl.call("790")
    hear(one, MUSIC)
    hear(two, MUSIC)
    assert list(slots(tandem)) == ["701", "702"]
    out, back = connect(anna, bert)
    blind(back, "700")
    notified(back, 100, 480)
    hear(back, 400)
    hear(out, 1000)
    third = carl.call("700")
    third.rtp.wait_sound(2700)
    third.gone()
    one.bye()
    until(lambda: list(slots(tandem)) == ["702"], "slot 701 free")
    fourth = anna.call("701")
    fourth.rtp.wait_sound(2800)
    fourth.gone()
    fifth = anna.call("793")
    fifth.rtp.wait_sound(2000)
    fifth.gone()
    two.bye()
    out.bye()
    back.gone()
    tandem.idle()


@pytest.mark.parametrize("number", ["701", "601"])
def test_lamp_and_console(office, phones, number):
    """The lamp of parkinghints=yes, and the plan's own with a pattern."""
    tandem = office()
    anna, bert = phones(tandem, "1001", "1002")
    bert.answer_options = True
    sub = bert.build("SUBSCRIBE", f"sip:{number}@{bert.domain}",
                     [("Event", "dialog"), ("Expires", "300"),
                      ("Accept", "application/dialog-info+xml")])
    assert bert.request(sub).status == 200

    def lamp(word):
        notify = bert.expect("NOTIFY")
        bert.reply(notify, 200)
        assert f"<state>{word}</state>" in notify.text, notify
    lamp("terminated")
    call = anna.call("790")
    lamp("confirmed")
    if number != "701":
        call.bye()
        lamp("terminated")
        tandem.idle()
        return
    text = tandem.console("parking show default")
    assert re.search(r"^Parking Lot: default$", text, re.M), text
    assert re.search(r"Parking Extension +: +700", text), text
    assert re.search(r"Spaces +: +701-702", text), text
    text = tandem.console("parkedcalls show")
    assert re.search(r"701 +SIP/1001-\w+ ", text), text
    assert "1 parked call" in text
    text = tandem.console("core show hints")
    assert re.search(r"701@parkedcalls +: park:701@parkedcalls +"
                     "State:InUse", text), text
    text = tandem.console("features show")
    assert re.search(r"Pickup +\*8 +\*8", text), text
    assert re.search(r"Blind Transfer +# +#", text), text
    call.bye()
    lamp("terminated")
    tandem.idle()
