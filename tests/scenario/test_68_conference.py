"""Conferences: who hears whom, leaders, PINs, menus, recording."""

import re

import pytest

from harness import audio
from harness.lines import until
from harness.mixed import NAMES, SIP, hears, silent
from harness.transfer import attended

WIDE = SIP.replace("[1005](phone)", "[1005](phone)\nallow=!all,g722")

PLAN = """\
[office]
exten => 800,1,ConfBridge(sales,,guest,menu)
 same => n,Hangup()
exten => 801,1,ConfBridge(sales,,leader,menu)
 same => n,Set(CDR(userfield)=${CONFBRIDGE_RESULT})
 same => n,Hangup()
exten => 810,1,ConfBridge(open,quick,,menu)
 same => n,Hangup()
exten => 811,1,ConfBridge(open,quick,admin,menu)
 same => n,Hangup()
exten => 812,1,ConfBridge(open,quick,secret)
 same => n,Hangup()
exten => 813,1,ConfBridge(open,recorded)
exten => 814,1,ConfBridge(open,,named)
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => 820,1,MeetMe(600,s)
 same => n,Hangup()
exten => 821,1,MeetMe(601)
exten => 822,hint,confbridge:open
"""
CONFBRIDGE = """\
[quick]
type=bridge
sound_join=
sound_leave=
[recorded](quick)
record_conference=yes
record_file=meeting.wav
record_file_timestamp=no
record_file_append=no
[default_user]
type=user
announce_only_user=no
[leader]
type=user
marked=yes
admin=yes
quiet=yes
[guest]
type=user
wait_marked=yes
end_marked=yes
quiet=yes
music_on_hold_when_empty=yes
[admin]
type=user
admin=yes
quiet=yes
[secret]
type=user
pin=4711
announce_only_user=no
[named]
type=user
announce_join_leave=yes
announce_only_user=no
[menu]
type=menu
*1=toggle_mute
2=admin_toggle_conference_lock
3=admin_kick_last
8=leave_conference
0=participant_count
"""
MEETME = "[rooms]\nconf => 600\nconf => 601,12,34\n"
PROMPTS = {"conf-getpin": 450, "conf-invalidpin": 550, "conf-locked": 650,
           "conf-kicked": 750, "conf-muted": 850, "conf-unmuted": 950,
           "conf-lockednow": 1050, "confbridge-conf-begin": 1150,
           "conf-onlyone": 1250, "conf-onlyperson": 1350, "vm-rec-name": 1450,
           "conf-hasjoin": 1550, "conf-hasleft": 1650,
           "conf-leaderhasleft": 1750, "conf-usermenu": 1850}
MUSIC = 2950
TONES = [300, 700, 1100, 1600, 2200]


@pytest.fixture
def office(make_tandem):
    def make(sip=SIP, plan=PLAN, **kwargs):
        tandem = make_tandem(sip=sip, plan=plan, start=False, **kwargs)
        tandem.write("confbridge.conf", CONFBRIDGE)
        tandem.write("meetme.conf", MEETME)
        tandem.tones(PROMPTS, 3200)
        tandem.tones({"music": MUSIC}, 16000, "moh")
        tandem.start()
        return tandem
    return make


def prompt(call, name, timeout=8):
    hears(call, PROMPTS[name], seconds=0.2, timeout=timeout)


def test_five_with_a_leader(office, phones):
    """Guests hear music until the leader comes, then all hear each other and
    nobody hears himself; when the leader goes they go, too."""
    tandem = office()
    people = phones(tandem, *NAMES)
    guests = [p.call("800", f) for p, f in zip(people[1:], TONES[1:])]
    for call in guests:
        hears(call, MUSIC, but=TONES)
    assert re.search(r"^sales +4 +0 No +No$",
                     tandem.console("confbridge list"), re.M)

    leader = people[0].call("801", TONES[0])
    calls = [leader, *guests]
    for i, call in enumerate(calls):
        others = [f for k, f in enumerate(TONES) if k != i]
        hears(call, *others, but=[TONES[i], MUSIC])
    text = tandem.console("confbridge list sales")
    assert re.search(r"^SIP/1001-\w+ +AM +leader +default_bridge +menu",
                     text, re.M), text
    assert len(re.findall(r"^SIP/100[2-5]-\w+ +WE +guest ", text, re.M)) == 4

    leader.rtp.press("8")
    leader.gone()
    for call in guests:
        call.gone()
    tandem.idle()
    assert sorted(r["userfield"] or "" for r in tandem.cdr(5)) == \
        ["", "", "", "", "DTMF"]
    assert "sales" not in tandem.console("confbridge list")


def test_pin(office, phones):
    tandem = office()
    anna, bert = phones(tandem, "1001", "1002")
    inside = bert.call("810", 700)
    call = anna.call("812", 300)
    prompt(call, "conf-getpin")
    call.rtp.press("1234")
    prompt(call, "conf-invalidpin")
    prompt(call, "conf-getpin")
    silent(inside, 300)
    call.rtp.press("4711")
    hears(call, 700, but=[300])
    hears(inside, 300, but=[700])

    carl = phones(tandem, "1003")
    call = carl.call("812")
    for _ in range(3):
        prompt(call, "conf-getpin")
        call.rtp.press("99#")
    prompt(call, "conf-invalidpin")
    call.gone()
    assert "4711" not in tandem.log.text
    assert tandem.console("confbridge list open").count("SIP/") == 2


@pytest.mark.parametrize("called", [True, False])
def test_transferred_into_it(office, phones, called):
    """Bert has said the PIN and transfers Anna into the conference: she is in
    it at once, whoever of them has called the other one."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    inside = carl.call("810", 700)
    if called:
        other = anna.invite("1002")
        own = bert.pick_up(1100)
        other.answered()
        other.talk(300)
    else:
        own = bert.invite("1001")
        other = anna.pick_up(300)
        own.answered()
        own.talk(1100)
    consult = bert.call("812", 1100)
    prompt(consult, "conf-getpin")
    consult.rtp.press("4711")
    hears(inside, 1100)
    mark = other.rtp.mark()
    attended(own, consult, "812")
    hears(other, 700, but=[1100])
    hears(inside, 300, but=[1100])
    assert not audio.seconds_of(other.rtp.heard(mark), PROMPTS["conf-getpin"])
    own.gone()
    consult.gone()
    assert tandem.console("confbridge list open").count("SIP/") == 2
    other.bye()
    inside.bye()
    tandem.idle()


def test_mute_kick_lock(office, phones):
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    boss = anna.call("811", 300)
    call = bert.call("810", 700)
    hears(boss, 700)

    # muted from the keypad and back
    call.rtp.press("*1")
    prompt(call, "conf-muted")
    silent(boss, 700)
    assert re.search(r"^SIP/1002-\w+ +m ", tandem.console(
        "confbridge list open"), re.M)
    hears(call, 300)
    call.rtp.press("*1")
    prompt(call, "conf-unmuted")
    hears(boss, 700)

    # muted from the console
    name = re.search(r"SIP/1002-\w+",
                     tandem.console("confbridge list open"))[0]
    assert "Muting" in tandem.console(f"confbridge mute open {name}")
    silent(boss, 700)
    assert "Unmuting" in tandem.console(f"confbridge unmute open {name}")
    hears(boss, 700)

    # locked: nobody comes in
    boss.rtp.press("2")
    prompt(boss, "conf-lockednow")
    late = carl.call("810")
    prompt(late, "conf-locked")
    late.gone()
    assert "is unlocked" in tandem.console("confbridge unlock open")

    # removed, by the menu and by the console
    boss.rtp.press("3")
    prompt(call, "conf-kicked")
    call.gone()
    late = carl.call("810")
    name = re.search(r"SIP/1003-\w+",
                     tandem.console("confbridge list open"))[0]
    assert "Kicked" in tandem.console(f"confbridge kick open {name}")
    prompt(late, "conf-kicked")
    late.gone()
    assert "found" in tandem.console("confbridge kick nowhere all", 1)
    boss.bye()
    tandem.idle()


def test_recording_has_all(office, phones):
    """One file of all voices, with its state in the record of each call."""
    tandem = office()
    anna, bert = phones(tandem, "1001", "1002")
    one = anna.call("813", 300)
    two = bert.call("813", 1100)
    hears(one, 1100)
    hears(two, 300)
    one.rtp.wait_sent(one.rtp.sent + 60)
    one.bye()
    hears(two, but=[300], seconds=0.2)
    two.bye()
    tandem.log.wait(r"open: recording .*meeting.wav complete")
    rows = tandem.cdr(2)
    until(lambda: all(r["rec_state"] == "complete" for r in tandem.sql(
        "SELECT * FROM cdr")), "the state of the recording")
    assert all(r["rec_path"].endswith("monitor/meeting.wav")
               for r in tandem.sql("SELECT * FROM cdr")), rows
    rate, channels = audio.read_wav(tandem.recording("meeting.wav"))
    assert rate == 8000 and len(channels) == 1
    both = [channels[0][i:i + 800] for i in range(0, len(channels[0]), 800)]
    assert sum(audio.share(part, 300) > 0.3 and audio.share(part, 1100) > 0.3
               for part in both) >= 8
    assert tandem.console("core show channels")


def test_names_are_announced(office, phones):
    """A name is recorded, heard when he comes and goes, and then deleted."""
    tandem = office()
    anna, bert = phones(tandem, "1001", "1002")
    inside = anna.call("810")
    call = bert.call("814")
    prompt(call, "vm-rec-name")
    call.rtp.play(2500)
    tandem.wait_console("core show channels", r"ConfBridge")
    call.rtp.wait_sent(call.rtp.sent + 60)
    call.rtp.press("#")
    hears(inside, 2500)
    call.rtp.play(None)
    hears(inside, PROMPTS["conf-hasjoin"], seconds=0.2)
    call.bye()
    hears(inside, 2500)
    hears(inside, PROMPTS["conf-hasleft"], seconds=0.2)
    until(lambda: not list((tandem.dir / "spool/confbridge").glob("*")),
          "no name left behind")
    inside.bye()
    row = next(r for r in tandem.cdr(2) if r["src"] == "1002")
    assert row["rec_state"] in ("", None), row


def test_g722_in_an_8_khz_conference(office, phones, baresip):
    """A wide-band phone (baresip) and two of G.711 hear each other."""
    tandem = office(sip=WIDE)
    anna, bert = phones(tandem, "1001", "1002")
    one = anna.call("810", 300)
    two = bert.call("810", 1100)
    wide = baresip(tandem, "1005", 2200, codec="G722/16000", rate=16000)
    wide.dial("810")
    wide.wait("CALL_ESTABLISHED")
    hears(one, 1100, 2200, but=[300])
    hears(two, 300, 2200, but=[1100])
    assert "g722" in tandem.console("sip show channels").lower()
    one.rtp.wait_sent(one.rtp.sent + 60)
    wide.command("hangup")
    wide.wait("CALL_CLOSED")
    wide.stop()
    heard = wide.heard()
    parts = [heard[i:i + 800] for i in range(0, len(heard), 800)]
    assert sum(audio.share(p, 300, wide.rate) > 0.25
               and audio.share(p, 1100, wide.rate) > 0.25
               and audio.share(p, 2200, wide.rate) < 0.05
               for p in parts) >= 5


def test_wide_band(office, phones, baresip):
    """48, 16 and 8 kHz: what the wide ones say above 4 kHz the other wide one
    and the recording have, the narrow one has neither that nor an image."""
    tandem = office(sip=WIDE.replace("[1004](phone)",
                                     "[1004](phone)\nallow=!all,opus"))
    anna = phones(tandem, "1001")
    wide = [baresip(tandem, "1005", 6000, codec="G722/16000", rate=16000),
            baresip(tandem, "1004", 5000, codec="opus/48000/2", rate=48000)]
    for phone in wide:
        phone.dial("813")
        phone.wait("CALL_ESTABLISHED")
    call = anna.call("813", 700)
    tandem.wait_console("confbridge list open", r"(?s)1004.*1001")
    call.rtp.wait_sent(call.rtp.sent + 75)
    mark = call.rtp.mark()
    call.rtp.wait_packets(75, mark)
    for phone in wide:
        phone.command("hangup")
        phone.wait("CALL_CLOSED")
        phone.stop()
    call.bye()

    def has(samples, rate, *freqs):
        parts = [samples[i:i + rate // 10]
                 for i in range(0, len(samples), rate // 10)]
        return sum(all(audio.share(p, f, rate) > 0.25 for f in freqs)
                   for p in parts)
    for phone, freq in zip(wide, (5000, 6000)):
        heard = phone.heard()
        assert phone.rate > 8000
        assert has(heard, phone.rate, 700, freq) >= 5
    heard = call.rtp.heard(mark)
    for freq in range(1000, 4000, 500):
        assert audio.share(heard, freq) < 0.01, freq
    tandem.log.wait(r"open: recording .*meeting.wav complete")
    rate, (mixed,) = audio.read_wav(tandem.recording("meeting.wav"))
    assert rate == 16000
    assert has(mixed, rate, 700, 5000, 6000) >= 5


def test_lamp_of_a_conference(office, phones):
    tandem = office()
    anna = phones(tandem, "1001")
    assert "Idle" in tandem.console("core show hints")
    call = anna.call("810")
    tandem.wait_console("core show hints", r"822@office.*InUse")
    call.bye()
    tandem.wait_console("core show hints", r"822@office.*Idle")


def test_meetme(office, phones):
    """Rooms of meetme.conf, with the old menu and both PINs."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    one = anna.call("820", 300)
    prompt(one, "conf-onlyperson")
    two = bert.call("820", 700)
    hears(one, 700, but=[300])
    hears(two, 300, but=[700])
    two.rtp.press("*")
    prompt(two, "conf-usermenu")
    two.rtp.press("1")
    prompt(two, "conf-muted")
    silent(one, 700)
    boss = carl.call("821")
    prompt(boss, "conf-getpin")
    boss.rtp.press("34")
    prompt(boss, "conf-onlyperson")
    assert re.search(r"^SIP/1003-\w+ +A ",
                     tandem.console("confbridge list 601"), re.M)
