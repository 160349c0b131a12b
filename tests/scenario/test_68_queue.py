"""Queues: members ring, one answers, the others wait and are told; what is
recorded, logged and kept."""

import re

import pytest

from harness import audio
from harness.lines import until
from harness.office import OFFICE_SIP, phone_conf

SIP = OFFICE_SIP + phone_conf("1004", "language=ru")
PLAN = """\
[office]
exten => 800,1,Queue(support,tc)
 same => n,Set(CDR(userfield)=${QUEUESTATUS})
 same => n,Playback(after)
exten => 801,1,Queue(support,,,,2)
 same => n,Set(CDR(userfield)=${QUEUESTATUS})
exten => 802,1,AddQueueMember(support,SIP/${CALLERID(num)},3)
 same => n,Set(CDR(userfield)=${AQMSTATUS})
exten => 803,1,Answer()
 same => n,Echo()
exten => 804,1,Queue(support,c,,,,before.sh)
 same => n,Set(CDR(userfield)=${MADE}/${QUEUESTATUS})
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => 805,1,Queue(support,F(office^806^1)b(first^s^1(one^two))B(own^s^1))
exten => 806,1,Playback(after)
exten => 807,1,Dial(SIP/1002&SIP/1003,20,Fb(first^s^1(one^two))B(own^s^1))
 same => n,Playback(after)
exten => 809,1,Queue(support,B(own^slow^1))
exten => 808,1,Dial(SIP/1002,20,b(first^dead^1))
 same => n,Set(CDR(userfield)=${DIALSTATUS})
[first]
exten => s,1,SIPAddHeader(X-First: ${ARG1} ${ARG2} for ${CALLERID(num)})
 same => n,Return()
exten => dead,1,NoOp()
[own]
exten => slow,1,Wait(30)
 same => n,Return()
exten => s,1,Wait(0.1)
 same => n,Set(CDR(userfield)=own)
 same => n,SIPAddHeader(X-Own: yes)
 same => n,Return()
"""
QUEUES = """\
[general]
persistentmembers=yes
[support]
ringinuse=no
retry=1
{options}
{members}
"""
BOTH = "member => SIP/1002,0,Bert\nmember => SIP/1003,0,Carl"
MUSIC = 600
TONES = {"queue-thereare": 750, "digits/2": 850, "queue-callswaiting": 950,
         "queue-youarenext": 1050, "queue-thankyou": 1150, "hello": 1250,
         "after": 1350}
RUSSIAN = {"digits/2": 1750, "queue-callswaiting": 1950,
           "queue-youarenext": 2050}
ANNA, BERT, CARL, DORA = 450, 1450, 1650, 1850


@pytest.fixture
def office(make_tandem):
    def make(options="", members=BOTH):
        tandem = make_tandem(sip=SIP, plan=PLAN, start=False,
                             tandem="[directories]\nagi=agi")
        tandem.tones({"one": MUSIC}, 8000, "moh")
        tandem.tones(TONES)
        tandem.tones(RUSSIAN, folder="sounds/ru")
        queues(tandem, options, members)
        return tandem.start()
    return make


def queues(tandem, options, members):
    tandem.write("queues.conf",
                 QUEUES.format(options=options, members=members))


def wait_in(phone, exten="800"):
    """A caller who hears the music."""
    call = phone.invite(exten)
    call.take(call.wait(183))
    call.talk(ANNA if phone.user == "1001" else DORA)
    return call


def hears(call, freq, since=None, seconds=0.15):
    call.rtp.wait_tone(freq, seconds, 8, call.rtp.mark() if since is None
                       else since)


def both_hear(caller, member, freq):
    """Audio goes both ways, from now on."""
    hears(member, ANNA if caller.phone.user == "1001" else DORA)
    hears(caller, freq)


def log(tandem):
    """queue_log without its times and ids."""
    path = tandem.dir / "state/queue_log"
    lines = path.read_text().splitlines() if path.exists() else []
    assert all(re.match(r"\d{10}\|", line) for line in lines), lines
    return ["|".join(line.split("|")[2:]) for line in lines]


def logged(tandem, pattern):
    """Wait for a line; its match."""
    return until(lambda: next((m for m in (re.fullmatch(pattern, line)
                                           for line in log(tandem)) if m),
                              None), f"queue_log: {pattern}", 8, 0.05)


# --------------------------------------------------------------- ringall

def test_all_ring_one_answers(office, phones):
    """Music, the others cancelled, both hear each other, the recording has
    both, the books are right."""
    tandem = office("monitor-format=wav\nwrapuptime=3600\nservicelevel=60")
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    caller = wait_in(anna)
    ring, other = bert.incoming(), carl.incoming()
    assert '"Anna"' in ring.invite["From"]
    ring.ring()
    other.ring()
    hears(caller, MUSIC)
    assert re.search(r"1\. SIP/1001-\w+ \(wait: \d+:\d\d, prio: 0\)",
                     tandem.console("queue show support"))

    ring.accept()
    ring.talk(BERT)
    caller.answered()
    cancel = other.wait("CANCEL")
    assert "elsewhere" in cancel["Reason"]
    both_hear(caller, ring, BERT)
    shown = tandem.console("queue show")
    assert re.search(r"support has 0 calls \(max unlimited\) in 'ringall' "
                     r"strategy \(\d+s holdtime, 0s talktime\), W:0, C:0, "
                     r"A:0, SL:0\.0%, SL2:0\.0% within 60s", shown)
    assert re.search(r"^      Bert \(SIP/1002\) \(ringinuse disabled\) "
                     r"\(in call\) \(In use\) has taken no calls yet$",
                     shown, re.M)
    assert "   No Callers" in shown

    ring.bye()
    caller.rtp.wait_tone(TONES["after"])      # c: the plan goes on
    caller.gone()
    logged(tandem, r"support\|Bert\|COMPLETEAGENT\|\d+\|\d+\|1")
    assert log(tandem)[:2] == ["NONE|NONE|QUEUESTART|",
                               "support|NONE|ENTERQUEUE||1001|1"]
    logged(tandem, r"support\|Bert\|CONNECT\|\d+\|[\d.]+\|\d+")
    shown = tandem.console("queue show support")
    assert "C:1, A:0, SL:100.0%, SL2:100.0% within 60s" in shown
    assert re.search(r"Bert \(SIP/1002\) .*\(Not in use\).* has taken 1 "
                     r"calls \(last was \d+ secs ago\)", shown)

    row = tandem.cdr()[0]
    assert (row["disposition"], row["lastapp"], row["userfield"]) == \
        ("ANSWERED", "Playback", "CONTINUE")
    assert row["dstchannel"].startswith("SIP/1002-")
    rows = tandem.wait_rows("SELECT * FROM queue_log WHERE "
                            "event='COMPLETEAGENT'")
    assert (rows[0]["queuename"], rows[0]["agent"], rows[0]["callid"]) == \
        ("support", "Bert", row["uniqueid"])

    name = f"{row['uniqueid']}.wav"
    until(lambda: tandem.sql("SELECT * FROM recording WHERE "
                             "state='complete'"), "the recording's state")
    _, (left, right) = audio.read_wav(tandem.recording(name))
    assert audio.seconds_of(left, ANNA) > 0.1
    assert audio.seconds_of(right, BERT) > 0.1
    assert audio.seconds_of(right, MUSIC) == 0   # not while it waited

    # Bert wraps up: Carl alone; then nobody, until that is forgotten
    caller = wait_in(anna)
    other = carl.incoming()
    assert not bert.got(lambda m: m.is_request and m.first.startswith(
        "INVITE") and m["Call-ID"] != ring.call_id)
    other.accept()
    second = wait_in(anna)
    hears(second, MUSIC)
    assert re.search(r"Bert .* \(wrapup 3600 secs\) has taken 1 calls",
                     tandem.console("queue show support"))
    tandem.console("queue reset stats support")
    ring = bert.incoming()
    ring.accept()
    ring.talk(BERT)
    second.answered()
    both_hear(second, ring, BERT)
    second.bye()
    ring.gone()
    caller.final()
    caller.bye()
    other.gone()
    assert logged(tandem, r"support\|Bert\|COMPLETECALLER\|\d+\|\d+\|1")


# -------------------------------------------------------------- rrmemory

def test_in_turn_busy_and_no_answer(office, phones):
    tandem = office("strategy=rrmemory\ntimeout=3")
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    caller = wait_in(anna)
    ring = bert.incoming()
    ring.ring()
    ring.wait("CANCEL")                  # not answered in time
    other = carl.incoming()              # the next round is the next one's
    other.ring()
    other.accept()
    other.talk(CARL)
    caller.answered()
    both_hear(caller, other, CARL)
    caller.bye()
    other.gone()
    logged(tandem, r"support\|Bert\|RINGNOANSWER\|\d{4}")

    # the next caller is the next one's turn; busy: the other one at once
    caller = wait_in(anna)
    bert.incoming().refuse(486)
    other = carl.incoming()
    other.accept()
    caller.answered()
    caller.bye()
    other.gone()


def test_member_in_a_call_is_not_rung(office, phones):
    """Its device is in use by a call of its own."""
    tandem = office("", "member => SIP/1002,0,Bert")
    anna, bert = phones(tandem, "1001", "1002")
    own = bert.call("803", BERT)
    assert "(In use) has taken no calls yet" in \
        tandem.console("queue show support")
    caller = wait_in(anna)
    hears(caller, MUSIC)
    assert not bert.got("INVITE")
    own.bye()
    ring = bert.incoming()
    ring.accept()
    caller.answered()
    caller.bye()
    ring.gone()


# -------------------------------------------------------------- waiting

def test_position_is_said(office, phones):
    """Bert is busy, the two who wait hear where they are, each in his own
    language; the one behind moves up."""
    tandem = office("announce-frequency=60\nmin-announce-frequency=1",
                    "member => SIP/1002,0,Bert")
    anna, bert, dora = phones(tandem, "1001", "1002", "1004")
    own = bert.call("803", BERT)
    first = wait_in(anna)
    hears(first, TONES["queue-youarenext"], 0)
    hears(first, TONES["queue-thankyou"], 0)
    hears(first, MUSIC)
    second = wait_in(dora)
    for tone in (TONES["queue-thereare"], RUSSIAN["digits/2"],
                 RUSSIAN["queue-callswaiting"], TONES["queue-thankyou"]):
        hears(second, tone, 0)
    mark = second.rtp.mark()
    first.cancel()
    first.final()
    hears(second, RUSSIAN["queue-youarenext"], mark)
    second.cancel()
    second.final()
    own.bye()


def test_caller_gives_up_while_it_rings(office, phones):
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    caller = wait_in(anna)
    rings = [bert.incoming(), carl.incoming()]
    for ring in rings:
        ring.ring()
    caller.cancel()
    assert caller.final().status == 487
    for ring in rings:
        ring.wait("CANCEL")
    logged(tandem, r"support\|NONE\|ABANDON\|1\|1\|\d+")
    row = tandem.cdr()[0]
    assert (row["disposition"], row["hangup_by"]) == ("NO ANSWER", "caller")
    assert "A:1" in tandem.console("queue show support")


def test_time_is_up(office, phones):
    """The plan goes on, and knows why."""
    tandem = office("timeout=20")
    anna, bert = phones(tandem, "1001", "1002")
    caller = wait_in(anna, "801")
    ring = bert.incoming()
    ring.ring()
    ring.wait("CANCEL")
    caller.final()
    assert tandem.cdr()[0]["userfield"] == "TIMEOUT"
    logged(tandem, r"support\|NONE\|EXITWITHTIMEOUT\|1\|1\|\d+")


def test_member_is_told_then_transfers(office, phones):
    """announce= to the member; '#' and a number send the caller on."""
    tandem = office("announce=hello", "member => SIP/1002,0,Bert")
    anna, bert, dora = phones(tandem, "1001", "1002", "1004")
    caller = wait_in(anna)
    ring = bert.incoming()
    ring.accept()
    ring.talk(BERT)
    hears(ring, TONES["hello"], 0)
    caller.answered()
    both_hear(caller, ring, BERT)
    ring.rtp.press("#1004")
    third = dora.incoming()
    third.accept()
    third.talk(DORA)
    ring.gone()
    hears(third, ANNA)
    hears(caller, DORA)
    caller.bye()
    third.gone()
    logged(tandem, r"support\|Bert\|BLINDTRANSFER\|1004\|office\|\d+\|\d+"
           r"\|1")


def test_script_before_the_talk(office, phones):
    """The agi argument: a program drives the caller while the member
    waits; who hangs up meanwhile is not connected."""
    tandem = office("setinterfacevar=yes", "member => SIP/1002,0,Bert")
    script = tandem.write("agi/before.sh", """\
#!/bin/sh
while read -r line && [ -n "$line" ]; do :; done
echo "STREAM FILE hello \\"\\""
read -r line
echo "GET VARIABLE MEMBERNAME"
read -r line
echo "SET VARIABLE MADE \\"for ${line#*(}\\""
read -r line
""")
    script.chmod(0o755)
    anna, bert = phones(tandem, "1001", "1002")
    caller = wait_in(anna, "804")
    ring = bert.incoming()
    ring.accept()
    ring.talk(BERT)
    hears(caller, TONES["hello"], 0)
    caller.answered()
    both_hear(caller, ring, BERT)
    ring.bye()
    caller.gone()
    assert tandem.cdr()[0]["userfield"] == "for Bert)/CONTINUE"

    caller = wait_in(anna, "804")
    ring = bert.incoming()
    ring.accept()
    hears(caller, TONES["hello"], 0)
    caller.cancel()
    caller.final()
    ring.gone()
    logged(tandem, r"support\|NONE\|ABANDON\|1\|1\|\d+")
    tandem.idle()


# --------------------------------------------------------- what is kept

def test_added_members_outlive_a_restart(office, phones):
    tandem = office("", "member => SIP/1002,0,Bert")
    carl = phones(tandem, "1003")
    carl.invite("802").final()
    assert tandem.cdr()[0]["userfield"] == "ADDED"
    said = tandem.console(
        "queue pause member SIP/1003 queue support reason lunch")
    assert said.strip() == ("paused interface 'SIP/1003' in queue 'support' "
                            "for reason 'lunch'")
    assert tandem.console("queue add member Local/7@office to support "
                          "penalty 2 as Desk").strip() == \
        "Added interface 'Local/7@office' to queue 'support'"
    assert "Already there" in tandem.console(
        "queue add member Local/7@office to support", 1)
    assert "not dynamic" in tandem.console(
        "queue remove member SIP/1002 from support", 1)
    tandem.wait_rows("SELECT * FROM kv WHERE family LIKE "
                     "'Queue/PersistentMembers%' AND value LIKE '%Desk%'")
    tandem.kill()
    tandem.start()
    shown = tandem.console("queue show support")
    assert re.search(r"SIP/1003 with penalty 3 \(ringinuse disabled\) "
                     r"\(dynamic\) \(paused:lunch was \d+ secs ago\)", shown)
    assert re.search(r"Desk \(Local/7@office\) with penalty 2 .*\(dynamic\)",
                     shown)
    assert tandem.console("queue remove member SIP/1003 from support")\
        .strip() == "Removed interface SIP/1003 from queue 'support'"
    assert "SIP/1003" not in tandem.console("queue show support")
    assert "No such queue: nobody." in tandem.console("queue show nobody",
                                                      1)
    logged(tandem, r"support\|SIP/1003\|ADDMEMBER\|")
    logged(tandem, r"support\|SIP/1003\|PAUSE\|lunch")
    logged(tandem, r"support\|SIP/1003\|REMOVEMEMBER\|")


def test_reload_keeps_callers(office, phones):
    """A member that a reload brings rings for who waits already."""
    tandem = office("", "")
    anna, bert = phones(tandem, "1001", "1002")
    caller = wait_in(anna)
    hears(caller, MUSIC)
    queues(tandem, "", "member => SIP/1002,0,Bert")
    assert tandem.console("queue reload").strip().endswith("Taken.")
    ring = bert.incoming()
    ring.accept()
    ring.talk(BERT)
    caller.answered()
    both_hear(caller, ring, BERT)
    caller.bye()
    ring.gone()


@pytest.mark.parametrize("exten", ["805", "807"])
def test_plan_before_and_behind(office, phones, exten):
    """B: the caller runs a piece of the plan first; b: one for each device,
    whose headers it alone gets; F: when the caller hangs up, who was called
    goes on in the plan."""
    tandem = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    call = anna.invite(exten)
    one, other = bert.incoming(), carl.incoming()
    for leg in (one, other):
        assert leg.invite.all("X-First") == ["one two for 1001"]
        assert leg.invite.all("X-Own") == ["yes"]
        leg.ring()
    one.accept()
    one.talk(BERT)
    other.wait("CANCEL")
    call.answered()
    call.talk(ANNA)
    both_hear(call, one, BERT)
    mark = one.rtp.mark()
    call.bye()
    one.rtp.wait_sound(TONES["after"], since=mark)
    one.gone()
    tandem.idle()
    row = next(r for r in tandem.cdr(2) if r["dst"] == exten)
    assert (row["userfield"], row["disposition"], row["hangup_by"]) == \
        ("own", "ANSWERED", "caller")
    if exten == "805":
        logged(tandem, r"support\|Bert\|COMPLETECALLER\|.*")


def test_plan_before_a_device_dies(office, phones):
    """It ends without a Return: the device has failed."""
    tandem = office()
    anna, _ = phones(tandem, "1001", "1002")
    assert anna.invite("808").final().status >= 400
    tandem.idle()
    assert tandem.cdr(1)[0]["userfield"] == "CHANUNAVAIL"


def test_caller_leaves_in_between(office, phones):
    """He hangs up while his own piece of the plan runs."""
    tandem = office()
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("809")
    tandem.wait_console("core show channels", r"own")
    call.cancel()
    assert call.final().status == 487
    tandem.idle()
    assert not bert.got("INVITE")


@pytest.mark.parametrize("by", ["caller", "callee"])
def test_put_into_the_queue_by_transfer(office, phones, by):
    """Dora, who talks to Anna, waits in the queue for her: Anna takes her
    place and keeps it, whoever of both has called."""
    tandem = office("", "member => SIP/1002,0,Bert")
    anna, bert, dora = phones(tandem, "1001", "1002", "1004")
    own = bert.call("803", BERT)
    if by == "callee":
        out = anna.invite("1004")
        back = dora.pick_up(DORA)
        out.answered()
        out.talk(ANNA)
    else:
        back = dora.invite("1001")
        out = anna.pick_up(ANNA)
        back.answered()
        back.talk(DORA)
    hears(out, DORA)
    waits = wait_in(dora)
    mark = out.rtp.mark()
    to = (f"<sip:800@{dora.domain}?Replaces={waits.call_id}"
          f"%3Bto-tag%3D{waits.remote.split('tag=')[1]}"
          f"%3Bfrom-tag%3D{waits.tag}>")
    assert back.request("REFER", [("Refer-To", to)]).status == 202
    hears(out, MUSIC, mark)
    back.gone()
    assert re.search(r"1\. SIP/1001-\w+ \(wait",
                     tandem.console("queue show support"))
    own.bye()
    ring = bert.incoming()
    ring.accept()
    ring.talk(BERT)
    both_hear(out, ring, BERT)
    out.bye()
    ring.gone()
    logged(tandem, r"support\|Bert\|COMPLETECALLER\|\d+\|\d+\|1")
    assert [x.split("|")[2] for x in log(tandem)] == \
        ["QUEUESTART", "ENTERQUEUE", "CONNECT", "COMPLETECALLER"]
