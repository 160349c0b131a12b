"""What people use: dial by name, DISA, speed dials, black list, ring tones,
digits that a plan sends."""

import re

import pytest

from harness.office import OFFICE_SIP, line_conf
from harness.provider import Provider

PLAN = """\
[office]
exten => 411,1,Directory(default,office,e)
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => _0X.,1,Dial(SIP/${EXTEN:1}@trunk,20)
 same => n,Set(CDR(userfield)=${DIALSTATUS})
; speed dials, kept in the database
exten => _*0X,1,GotoIf($["${DB(speed/${CALLERID(num)}/${EXTEN:2})}" = ""]?none)
 same => n,Goto(${DB(speed/${CALLERID(num)}/${EXTEN:2})},1)
 same => n(none),Playback(speed-dial-empty)
; a ring of its own, for calls in the night of a year
exten => 800,1,GotoIfTime(*,*,*,*?ring)
 same => n,Hangup()
 same => n(ring),SIPAddHeader(Alert-Info: <http://localhost>\\;info=${IFTIME(\
*,*,*,*?night:day)})
 same => n,Dial(SIP/1002,20)
exten => 801,1,Answer()
 same => n,SendDTMF(19#)
 same => n,Wait(1)
[in]
exten => 1,1,LookupBlacklist()
 same => n,GotoIf($["${LOOKUPBLSTATUS}" = "FOUND"]?bad)
 same => n,LookupCIDName()
 same => n,Dial(SIP/1001,20)
 same => n(bad),Hangup(21)
exten => 2,1,Set(TIMEOUT(digit)=1)
 same => n,DISA(no-password,office)
exten => 3,1,DISA(4711,office,"Office" <4930555>,,p)
"""
VOICEMAIL = "[default]\n1001 => 4711,Anna Smith\n1002 => 4711,Bert Smythe\n"
TONES = {"dir-welcome": 450, "letters/a": 550, "letters/n": 650,
         "digits/1": 750, "dir-instr": 850, "speed-dial-empty": 950,
         "dir-usingkeypad": 1050}


@pytest.fixture
def office(make_tandem, slot, closing):
    """A Tandem and its provider."""
    port = slot.take()
    tandem = make_tandem(OFFICE_SIP + line_conf(port, "", "trunk", "in"),
                         PLAN, start=False)
    tandem.write("voicemail.conf", VOICEMAIL)
    tandem.tones(TONES)
    provider = closing(Provider(("127.0.0.1", tandem.port), port))
    return tandem.start(), provider


def hears(call, prompt):
    call.rtp.wait_tone(TONES[prompt], 0.15, 8, getattr(call, "since", 0))
    call.since = call.rtp.mark()


def test_directory(office, phones):
    """S-M-I on the keys is Anna Smith; 1 calls her."""
    tandem, _ = office
    anna, bert = phones(tandem, "1001", "1002")
    call = bert.call("411")
    hears(call, "dir-welcome")
    call.rtp.press("764")
    hears(call, "letters/a")
    hears(call, "letters/n")
    hears(call, "digits/1")
    hears(call, "dir-instr")
    call.rtp.press("1")
    other = anna.pick_up(freq=1800)
    call.rtp.wait_tone(1800)
    call.bye()
    other.gone()


def test_disa_without_a_passcode_reaches_no_trunk(office, phones):
    tandem, provider = office
    anna = phones(tandem, "1001")
    call = provider.call_in("2", caller="017612345")
    call.answered()
    call.talk()
    call.rtp.wait_packets(20)           # the dial tone
    call.rtp.press("0123456")
    tandem.log.wait("a guest's call does not leave through a trunk", 12)
    call.bye()
    assert tandem.cdr()[0]["userfield"] == "CHANUNAVAIL"
    assert not provider.got("INVITE")

    # but the phones of the house
    call = provider.call_in("2", caller="017612346")
    call.answered()
    call.talk()
    call.rtp.wait_packets(20)
    call.rtp.press("1001")
    other = anna.pick_up()
    call.bye()
    other.gone()


def test_disa_with_a_passcode(office):
    tandem, provider = office
    call = provider.call_in("3")
    call.answered()
    call.talk()
    call.rtp.wait_packets(20)
    call.rtp.press("4711#")
    call.rtp.wait_packets(20, call.rtp.mark())
    call.rtp.press("0123456#")
    other = provider.pick_up(timeout=12)
    assert other.invite.uri.startswith("sip:123456@")
    assert "4930555" in other.invite["From"]
    call.bye()
    other.gone()


def test_speed_dial_ring_and_black_list(office, phones):
    tandem, provider = office
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.call("*05")
    hears(call, "speed-dial-empty")
    call.gone()
    tandem.console("database put speed 1001/5 1002")
    call = anna.invite("*05")
    bert.incoming().refuse(486)
    assert call.final().status == 486

    call = anna.invite("800")
    other = bert.incoming()
    assert other.invite["Alert-Info"] == "<http://localhost>;info=night"
    other.refuse(486)
    call.final()

    tandem.console("database put blacklist 0666 1")
    assert provider.call_in("1", caller="0666").final().status == 403
    tandem.console("database put cidname 0777 Carla")
    call = provider.call_in("1", caller="0777")
    other = anna.incoming()
    assert re.match(r'"Carla" <sip:0777@', other.invite["From"])
    other.refuse(486)
    call.final()


def test_digits_on_the_wire(office, phones):
    tandem, _ = office
    call = phones(tandem, "1001").call("801")
    call.gone(8)
    events = [p for p in call.rtp.packets if p.pt == 101]
    assert [p.payload[0] for p in events if p.marker] == [1, 9, 11]
    ends = [p for p in events if p.payload[1] & 0x80]
    assert len(ends) == 9               # each end three times
    assert all(p.payload[2] << 8 | p.payload[3] >= 1600 for p in ends)
