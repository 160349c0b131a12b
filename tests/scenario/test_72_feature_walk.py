"""As test_66, with keys, parking and pickup: phones that press anything at
any moment.  Nothing may be left over, and nothing may break."""

import os

import pytest

from harness.lines import until
from harness.transfer import SIP
from test_66_transfer_walk import Pilot, run_pilots

SEEDS = [int(s) for s in os.environ.get("WALK_SEEDS", "1").split(",")]

PLAN = """\
[office]
include => parkedcalls
exten => _100X,1,Set(__DYNAMIC_FEATURES=clap#bye)
 same => n,MixMonitor(${UNIQUEID}-${EXTEN}.wav)
 same => n,Dial(SIP/${EXTEN},20,tTkKhHxXwW)
exten => 500,1,Dial(SIP/1001&SIP/1002&Local/1003@office,3,tTkK)
exten => 501,1,Busy()
exten => 502,1,Answer()
 same => n,Wait(1)
 same => n,Dial(SIP/1003,1,tT)
 same => n,Congestion()
exten => 510,1,ConfBridge(walk,,,menu)
exten => 511,1,ParkAndAnnounce(,t(1),beep:PARKED,SIP/1004)
exten => 512,1,Queue(walk,tTF(office^600^1)b(first^s^1)B(first^s^1),,,3)
exten => 513,1,Page(SIP/1002&SIP/1003,,1)
exten => 600,1,Answer()
 same => n,Echo()
exten => _*7.,1,Pickup(${EXTEN:2})
exten => h,1,NoOp(${DIALSTATUS})
[first]
exten => s,1,SIPAddHeader(X-First: yes)
 same => n,Return()
"""

CONFBRIDGE = """[default_bridge]
type=bridge
record_conference=yes
[menu]
type=menu
1=toggle_mute
*=leave_conference
*1=dialplan_exec(first,s,1)
"""

QUEUES = """[walk]
strategy=ringall
timeout=1
retry=1
monitor-format=wav
member => SIP/1002
member => SIP/1003
"""

FEATURES = """\
[general]
featuredigittimeout = 100
transferdigittimeout = 1
atxfernoanswertimeout = 1
atxferloopdelay = 0
[featuremap]
blindxfer => #
atxfer => *2
disconnect => *0
parkcall => #72
automixmon => *3
automon => *1
[applicationmap]
clap => *7,peer,Wait(0.2)
bye => *9,self,Hangup()
"""

PARKING = """\
[default]
parkpos => 701-704
parkingtime => 1
comebackdialtime => 1
parkinghints => yes
parkedcalltransfers => both
parkedcallreparking => both
"""

KEYS = ["#510", "*2510", "*2512", "#", "#1003", "#700", "#600", "#9", "*2", "*21003", "*2700", "*2600",
        "*2501", "*21002", "*1", "*2", "*3", "*4", "*4", "#72", "*7", "*9",
        "*0", "1", "*", "*2", "*1"]


class Presser(Pilot):
    """Presses keys, parks and picks up as well."""

    eager = 0.5

    actions = ["dial", "dial", "pick_up", "pick_up", "bye", "blind",
               "attended", "hold", "takeover"] + 12 * ["press"]
    extens = ["1001", "1002", "1003", "1004", "500", "502", "600", "700",
              "510", "510", "511", "512", "512", "513",
              "701", "702", "*8", "*8", "*71002", "*71003"]

    def press(self, calls):
        call = self.one(calls)
        if not call:
            return
        for key in self.random.choice(KEYS):
            self.say(call, "INFO",
                     [("Content-Type", "application/dtmf-relay")],
                     f"Signal={key}\r\nDuration=60\r\n")


@pytest.mark.parametrize("seed", SEEDS)
def test_walk(make_tandem, phones, seed):
    tandem = make_tandem(
        sip=SIP.replace("call-limit=8",
                        "call-limit=12\ncallgroup=1\npickupgroup=1\n"
                        "dtmfmode=info"), plan=PLAN, start=False)
    tandem.write("features.conf", FEATURES)
    tandem.write("res_parking.conf", PARKING)
    tandem.write("confbridge.conf", CONFBRIDGE)
    tandem.write("queues.conf", QUEUES)
    tandem.start()
    run_pilots(tandem, Presser,
               phones(tandem, "1001", "1002", "1003", "1004"), seed)
    assert "0 parked calls" in tandem.console("parkedcalls show")
    assert "walk" not in tandem.console("confbridge list")
    until(lambda: not tandem.sql(
        "SELECT * FROM cdr WHERE rec_state = 'recording'"),
          "the end of every recording")
