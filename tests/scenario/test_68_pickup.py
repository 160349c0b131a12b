"""Pickup: by group with *8, directed, by mark and channel, by the lamp key's
Replaces.  Who hears whom, what the phone that rang is told, the record."""

import re

from harness.office import phones_conf
from harness.talk import hear, ring

SIP = phones_conf({
    "1001": 'callerid="Anna" <1001>',
    "1002": 'callerid="Bert" <1002>\ncallgroup=2,5-6',
    "1003": 'callerid="Carl" <1003>\npickupgroup=1,6',
    "1004": 'callerid="Dora" <1004>\ncallgroup=1\nnamedpickupgroup=sales'},
    "call-limit=8\ndisallow=all\nallow=ulaw,alaw\nsendrpid=pai")

PLAN = """\
[office]
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => 1002,hint,SIP/1002
exten => 50,1,Set(__PICKUPMARK=red)
 same => n,Dial(Local/1002@office,20)
exten => 55,1,Goto(elsewhere,s,1)
exten => _*7X.,1,Pickup(${EXTEN:2})
 same => n,Hangup(20)
exten => *91,1,Pickup(none@office&red@PICKUPMARK)
exten => *92,1,PickupChan(SIP/1009&SIP/1002)
exten => *93,1,PickupChan(SIP/10,p)
exten => *94,1,Answer()
 same => n,Pickup()
 same => n,Playback(beep)
[elsewhere]
exten => s,1,Dial(SIP/1002,20)
"""


def picked(tandem, out, rings, call, records=1):
    """Carl's `call` has taken what Anna's `out` had begun and `rings` rang
    for; its record, of so many."""
    shown = call.answered()
    assert "sip:1001@" in shown["P-Asserted-Identity"]
    call.talk(1600)
    shown = out.answered()
    assert "sip:1003@" in shown["P-Asserted-Identity"]
    out.talk(400)
    cancel = rings.wait("CANCEL")
    assert "Call completed elsewhere" in cancel["Reason"]
    hear(out, 1600)
    hear(call, 400)
    out.bye()
    call.gone()
    tandem.idle()
    row, = (row for row in tandem.cdr(records)
            if row["disposition"] == "ANSWERED")
    assert row["src"] == "1001"
    assert row["dstchannel"].startswith("SIP/1003-"), row
    return row


def test_group(make_tandem, phones):
    """*8: the groups 6 meet; those of Dora do not."""
    tandem = make_tandem(sip=SIP, plan=PLAN)
    anna, bert, carl, dora = phones(tandem, "1001", "1002", "1003", "1004")
    out, rings = ring(anna, bert)
    assert dora.invite("*8").final().status == 480
    assert anna.invite("*8").final().status == 480
    row = picked(tandem, out, rings, carl.invite("*8"), 3)
    assert row["dst"] == "1002"


def test_longest_and_named(make_tandem, phones):
    """Named groups; of two calls the one that rings longer."""
    tandem = make_tandem(
        sip=SIP.replace("callgroup=2,5-6", "namedcallgroup=shop, sales"),
        plan=PLAN, general="pickupgroup=", )
    anna, bert, carl, dora = phones(tandem, "1001", "1002", "1003", "1004")
    first, one = ring(anna, bert)
    second, two = ring(carl, bert, "55")
    call = dora.call("*8", 2200)
    first.answered()
    first.talk(400)
    one.wait("CANCEL")
    hear(call, 400)
    again = dora.call("*8", 2200)
    second.answered()
    second.talk(1600)
    two.wait("CANCEL")
    hear(again, 1600)
    call.bye()
    first.gone()
    again.bye()
    second.gone()
    tandem.idle()


def test_directed(make_tandem, phones):
    tandem = make_tandem(sip=SIP, plan=PLAN)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, rings = ring(anna, bert)
    assert carl.invite("*71009").final().status == 480
    picked(tandem, out, rings, carl.invite("*71002"), 2)


def test_directed_by_hint(make_tandem, phones):
    """Anna has dialled 55, which goes elsewhere; 1002's lamp rings."""
    tandem = make_tandem(sip=SIP, plan=PLAN)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, rings = ring(anna, bert, "55")
    picked(tandem, out, rings, carl.invite("*71002"))


def test_mark_and_local(make_tandem, phones):
    """PICKUPMARK; the phone rings behind a Local/ plan."""
    tandem = make_tandem(sip=SIP, plan=PLAN)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, rings = ring(anna, bert, "50")
    picked(tandem, out, rings, carl.invite("*91"))


def test_channel(make_tandem, phones):
    tandem = make_tandem(sip=SIP, plan=PLAN)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, rings = ring(anna, bert)
    picked(tandem, out, rings, carl.invite("*92"))


def test_channel_prefix(make_tandem, phones):
    tandem = make_tandem(sip=SIP, plan=PLAN)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, rings = ring(anna, bert)
    picked(tandem, out, rings, carl.invite("*93"))


def test_by_replaces(make_tandem, phones):
    """The lamp key: both are shown whom they talk to."""
    tandem = make_tandem(sip=SIP, plan=PLAN)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    out, rings = ring(anna, bert)
    ours = re.search(r"tag=([^;>]+)", rings.local)[1]
    theirs = re.search(r"tag=([^;>]+)", rings.remote)[1]
    call = carl.invite("1002", headers=[
        ("Replaces", f"{rings.call_id};to-tag={theirs};from-tag={ours}"
                     ";early-only")])
    picked(tandem, out, rings, call)


def test_nothing(make_tandem, phones):
    """The sound, then the end; in a plan the next step."""
    tandem = make_tandem(sip=SIP, plan=PLAN, start=False)
    tandem.write("features.conf", "[general]\npickupexten = *08\n"
                                  "pickupfailsound = nobody\n")
    tandem.tones({"nobody": 700, "beep": 900}, 2000, "sounds")
    tandem.start()
    carl = phones(tandem, "1003")
    assert carl.invite("*8").final().status in (404, 484)
    call = carl.call("*08")
    call.rtp.wait_sound(700)
    call.gone()
    call = carl.call("*94")
    call.rtp.wait_sound(900)
    call.gone()
    tandem.idle()
