"""Features by keys: blind and attended transfer, parking, hang-up, recording,
applications.  Who hears whom, and which digits the other one gets."""

import pytest

from harness import audio
from harness.office import OFFICE_SIP
from harness.talk import connect, hear, seen_by
from test_69_parking import MUSIC, hears_slot, slots

SIP = OFFICE_SIP + 'callerid="Carl" <1003>\n'

PLAN = """\
[globals]
DYNAMIC_FEATURES=
[office]
include => parkedcalls
exten => _100X,1,Dial(SIP/${EXTEN},20,tTkKxXhH)
exten => _200X,1,Dial(SIP/${EXTEN:1:0}1${EXTEN:1},20)
exten => _5100X,1,Set(__DYNAMIC_FEATURES=clap#mine)
 same => n,Set(WHO=me)
 same => n,Dial(SIP/${EXTEN:1},20)
exten => 700,hint,park:701
exten => 88,1,Busy()
exten => 89,1,Answer()
 same => n,Echo()
"""

FEATURES = """\
[general]
featuredigittimeout = 5000
transferdigittimeout = 5
atxfernoanswertimeout = 8
atxferloopdelay = 0
xfersound = done
xferfailsound = failed
[featuremap]
blindxfer => #
atxfer => *2
disconnect => *0
parkcall => *5
automixmon => *3
[applicationmap]
clap => *7,peer/caller,Playback(clap)
mine => *8,self,Playback(clap-${WHO})
"""

PARKING = "[default]\nparkpos => 701-702\n"
DIGITS = {"7": 700, "0": 500, "1": 1100}
SOUNDS = {"pbx-transfer": 1900, "pbx-invalid": 2900, "done": 2600,
          "failed": 2700, "clap": 2300, "clap-me": 2400}


@pytest.fixture
def office(make_tandem):
    def make(features=FEATURES, plan=PLAN, **kwargs):
        tandem = make_tandem(sip=SIP, plan=plan, start=False, **kwargs)
        sounds = {**SOUNDS, **{f"digits/{k}": v for k, v in DIGITS.items()}}
        tandem.tones(sounds, 1600, "sounds")
        tandem.tones({"music": MUSIC}, 16000, "moh")
        tandem.write("features.conf", features)
        tandem.write("res_parking.conf", PARKING)
        return tandem.start()
    return make


def press(call, keys):
    call.rtp.press(keys, 60)


def events(call, since=0):
    """Digits that a phone has got as events."""
    with call.rtp.news:
        return [p for p in call.rtp.packets[since:] if p.pt == 101]


def tone(call, name, since=0):
    call.rtp.wait_sound(SOUNDS[name], since=since)


def dial(call, keys, number):
    """Keys of a transfer, the prompt, the number."""
    mark = call.rtp.mark()
    press(call, keys)
    tone(call, "pbx-transfer", mark)
    press(call, number)


# --------------------------------------------------------------------- blind

@pytest.mark.parametrize("by", ["callee", "caller"])
def test_blind(office, phones, by):
    """The party hears music, then the third; the keys are nobody's business.
    First a wrong number, then one that is busy: back; then one that answers.
    """
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = connect(anna, bert)
    one, other, freq, own = seen_by(by, out, back)
    mark, start = other.rtp.mark(), one.rtp.mark()
    dial(one, "#", "9")
    tone(one, "pbx-invalid", start)
    hear(other, MUSIC)
    press(one, "1003")
    third = carl.incoming()
    third.refuse(486)
    tone(one, "failed", start)
    hear(one, freq)
    hear(other, own)
    dial(one, "#", "1003")
    third = carl.pick_up(1600)
    one.gone()
    hear(other, 1600)
    hear(third, freq)
    assert not events(other, mark)
    third.bye()
    other.gone()
    tandem.idle()


def test_other_digits_pass(office, phones):
    """What is no feature reaches the other one, also the beginning of one."""
    tandem = office(FEATURES.replace("timeout = 5000", "timeout = 500"))
    anna, bert = phones(tandem, "1001", "1002")
    out, back = connect(anna, bert)
    mark = back.rtp.mark()
    press(out, "5")
    back.rtp.wait_digit("5", mark)
    mark = back.rtp.mark()
    press(out, "*4")
    back.rtp.wait_digit("*", mark)
    back.rtp.wait_digit("4", mark)
    mark = out.rtp.mark()
    press(back, "*")
    out.rtp.wait_digit("*", mark)
    out.bye()
    back.gone()
    tandem.idle()


# ------------------------------------------------------------------ attended

@pytest.mark.parametrize("by", ["callee", "caller"])
def test_attended(office, phones, by):
    """Ask Carl, go back and forth, connect."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = connect(anna, bert)
    one, other, freq, own = seen_by(by, out, back)
    dial(one, "*2", "1003")
    third = carl.pick_up(1600)
    assert f"sip:{one.phone.user}@" in third.invite["From"]
    hear(one, 1600)
    hear(third, own)
    hear(other, MUSIC)
    # *4: the party, and back again
    press(one, "*4")
    hear(one, freq)
    hear(other, own)
    hear(third, MUSIC)
    press(one, "*4")
    hear(third, own)
    hear(other, MUSIC)
    mark = other.rtp.mark()
    press(one, "*2")
    one.gone()
    tone(other, "done", mark)
    hear(other, 1600)
    hear(third, freq)
    assert not events(third)
    third.bye()
    other.gone()
    tandem.idle()


def test_attended_by_hanging_up(office, phones):
    """While both talk, and from the other side of a swap."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    for by, swap in (("callee", False), ("caller", True)):
        out, back = connect(anna, bert)
        one, other, freq, _ = seen_by(by, out, back)
        dial(one, "*2", "1003")
        third = carl.pick_up(1600)
        hear(one, 1600)
        if swap:
            press(one, "*4")
            hear(one, freq)
        one.bye()
        hear(other, 1600)
        hear(third, freq)
        other.bye()
        third.gone()
        tandem.idle()


@pytest.mark.parametrize("by", ["callee", "caller"])
def test_attended_returns(office, phones, by):
    """Nobody there; *1; the third hangs up; the party hangs up."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = connect(anna, bert)
    one, other, freq, own = seen_by(by, out, back)
    start = one.rtp.mark()
    dial(one, "*2", "1003")
    carl.incoming().refuse(486)
    tone(one, "failed", start)
    hear(one, freq)
    hear(other, own)
    dial(one, "*2", "1003")
    third = carl.incoming()
    third.ring()
    press(one, "*1")
    third.wait("CANCEL")
    hear(one, freq)
    hear(other, own)
    dial(one, "*2", "1003")
    third = carl.pick_up(1600)
    hear(one, 1600)
    third.bye()
    hear(one, freq)
    hear(other, own)
    dial(one, "*2", "1003")
    third = carl.pick_up(1600)
    hear(one, 1600)
    other.bye()
    hear(one, 1600)
    hear(third, own)
    one.bye()
    third.gone()
    tandem.idle()


def test_three(office, phones):
    """*3: all three hear each other; then who asked leaves."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = connect(anna, bert)
    dial(back, "*2", "1003")
    third = carl.pick_up(1600)
    hear(back, 1600)
    press(back, "*3")
    for call, freqs in ((out, (1000, 1600)), (back, (400, 1600)),
                        (third, (400, 1000))):
        hears_both(call, freqs)
    back.bye()
    hear(out, 1600)
    hear(third, 400)
    third.bye()
    out.gone()
    tandem.idle()


def hears_both(call, freqs):
    mark = call.rtp.mark()

    def both(packets):
        last = [p for p in packets[mark:] if p.pt in audio.DECODE][-10:]
        sound = [s for p in last for s in audio.decode(p.pt, p.payload)]
        return len(last) == 10 and \
            all(0.3 < audio.share(sound, f) < 0.7 for f in freqs)
    call.rtp.wait(both, f"tones of {freqs}")


def test_hang_up_while_it_rings(office, phones):
    """Bert leaves before Carl answers: Anna gets Carl.  Once more, and Carl
    does not answer: Bert is called back, with her number."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = connect(anna, bert)
    dial(back, "*2", "1003")
    third = carl.incoming()
    third.ring()
    back.bye()
    third.accept()
    third.talk(1600)
    hear(out, 1600)
    hear(third, 400)
    out.bye()
    third.gone()
    tandem.idle()
    out, back = connect(anna, bert)
    dial(back, "*2", "1003")
    third = carl.incoming()
    third.ring()
    back.bye()
    third.refuse(486)
    again = bert.incoming()
    assert "sip:1001@" in again.invite["From"]
    again.ring()
    again.accept()
    again.talk(1000)
    hear(out, 1000)
    hear(again, 400)
    again.bye()
    out.gone()
    tandem.idle()


def test_drop(office, phones):
    """atxferdropcall=yes: all is over."""
    tandem = office(FEATURES.replace("[featuremap]",
                                     "atxferdropcall = yes\n[featuremap]"))
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = connect(anna, bert)
    dial(back, "*2", "1003")
    third = carl.incoming()
    third.ring()
    back.bye()
    third.wait("CANCEL")
    out.gone()
    tandem.idle()


def test_attended_to_applications(office, phones):
    """Busy: back at once.  The parking lot: the slot is said, and kept."""
    tandem = office()
    anna, bert = phones(tandem, "1001", "1002")
    out, back = connect(anna, bert)
    start = back.rtp.mark()
    dial(back, "*2", "88")
    tone(back, "failed", start)
    hear(back, 400)
    hear(out, 1000)
    mark = back.rtp.mark()
    dial(back, "*2", "700")
    hears_slot(back, "701", mark)
    back.bye()
    hear(out, MUSIC)
    assert list(slots(tandem)) == ["701"]
    out.bye()
    tandem.idle()


# ------------------------------------------------------------ the other keys

@pytest.mark.parametrize("by", ["callee", "caller"])
def test_park_key(office, phones, by):
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, back = connect(anna, bert)
    one, other, freq, _ = seen_by(by, out, back)
    mark = one.rtp.mark()
    press(one, "*5")
    hears_slot(one, "701", mark)
    one.gone()
    hear(other, MUSIC)
    call = carl.call("701", 1600)
    hear(call, freq)
    hear(other, 1600)
    call.bye()
    other.gone()
    tandem.idle()


def test_record_key(office, phones):
    tandem = office()
    anna, bert = phones(tandem, "1001", "1002")
    out, back = connect(anna, bert)
    folder = tandem.dir / "spool" / "monitor"
    press(back, "*3")
    tandem.log.wait("recorded by a key to")
    hear(out, 1000, 0.4)
    press(back, "*3")
    tandem.log.wait(r"recording .* complete")
    path, = folder.glob("auto-*-1001-1002.wav")
    rate, (left, right) = audio.read_wav(path)
    assert rate == 8000
    assert audio.seconds_of(left, 400) > 0.3
    assert audio.seconds_of(right, 1000) > 0.3
    hear(out, 1000)
    press(back, "*0")
    out.gone()
    back.gone()
    tandem.idle()


def test_applications(office, phones):
    """*7 of the caller is heard by the other side, *8 by who has pressed it;
    *7 is not the callee's."""
    tandem = office()
    anna, bert = phones(tandem, "1001", "1002")
    out, back = connect(anna, bert, "51002")
    mark = back.rtp.mark()
    press(out, "*7")
    tone(back, "clap", mark)
    hear(out, 1000)
    hear(back, 400)
    mark = out.rtp.mark()
    press(out, "*8")
    tone(out, "clap-me", mark)
    hear(out, 1000)
    hear(back, 400)
    mark = out.rtp.mark()
    press(back, "*7")
    out.rtp.wait_digit("7", mark)
    out.bye()
    back.gone()
    tandem.idle()
