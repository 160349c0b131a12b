"""Calls between two phones: audio both ways, records, what the dialplan sees
of a failure."""

import re
import time

import pytest

from harness.office import OFFICE_PLAN, OFFICE_SIP
from harness.talk import both_talk


def pair(phones, tandem, freqs=(400, 1000), **kwargs):
    """1001 calls 1002, both send a tone: (caller's call, callee's call)"""
    anna, bert = phones(tandem, "1001", "1002")
    out = anna.invite("1002", **kwargs)
    back = bert.pick_up(freqs[1])
    out.answered()
    out.talk(freqs[0])
    return out, back


def test_call_answered(tandem, phones):
    """Tones arrive at the other side both ways, and the record is exact."""
    begin = time.time()
    out, back = pair(phones, tandem)
    back.rtp.wait_tone(400, 0.5)
    out.rtp.wait_tone(1000, 0.5)
    shown = tandem.console("core show channels")
    assert "2 active channels" in shown and "1 active call" in shown
    assert re.search(r"SIP/1001-[0-9a-f]{8}\s+1002@office:1\s+Up\s+"
                     r"Dial\(SIP/1002,20\)", shown), shown
    out.bye()
    back.gone()
    tandem.idle()

    row = tandem.cdr()[0]
    assert row["src"] == "1001"
    assert row["dst"] == "1002"
    assert row["dcontext"] == "office"
    assert row["clid"] == '"Anna" <1001>'
    assert re.fullmatch(r"SIP/1001-[0-9a-f]{8}", row["channel"])
    assert re.fullmatch(r"SIP/1002-[0-9a-f]{8}", row["dstchannel"])
    assert row["lastapp"] == "Dial"
    assert row["lastdata"] == "SIP/1002,20"
    assert row["disposition"] == "ANSWERED"
    assert 0 <= row["duration"] - row["billsec"] <= 1
    assert row["duration"] <= time.time() - begin + 1
    for column in ("start", "answer", "end"):
        at = time.mktime(time.strptime(row[column], "%Y-%m-%d %H:%M:%S"))
        assert begin - 1 <= at <= time.time() + 1
    assert row["hangup_cause"] == 16
    assert row["hangup_by"] == "caller"


def test_callee_hangs_up(tandem, phones):
    out, back = pair(phones, tandem)
    back.bye()
    out.gone()
    tandem.idle()
    assert tandem.cdr()[0]["hangup_by"] == "callee"


def test_caller_id_is_shown(tandem, phones):
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002", From=f'"Somebody else" <sip:1001@'
                                    f'{anna.domain}>;tag=abc')
    incoming = bert.incoming()
    assert re.match(r'"?Anna"? <sip:1001@127\.0\.0\.1',
                    incoming.invite["From"])
    incoming.refuse(486)
    assert call.final().status == 486


def test_invite_of_our_own(tandem, phones):
    """A new dialog: nothing of the caller's leg shows on the other one."""
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002", headers=[("X-Secret", "caller"),
                                        ("User-Agent", "phone/1")])
    incoming = bert.incoming()
    invite = incoming.invite
    assert invite["Call-ID"] != call.call_id
    assert call.tag not in str(invite)
    assert str(anna.port) not in invite["Contact"] + invite["Via"]
    assert str(call.rtp.port) not in invite.text
    assert "X-Secret" not in invite and "phone/1" not in str(invite)
    assert len(invite.all("Via")) == 1
    assert int(invite["Max-Forwards"]) == 69
    sdp = invite.sdp()
    assert sdp.host == "127.0.0.1"
    assert tandem.slot.rtp[0] <= sdp.port <= tandem.slot.rtp[1]
    incoming.refuse(603)
    assert call.final().status in (403, 603, 486)


def test_echo(tandem, phones):
    anna = phones(tandem, "1001")
    call = anna.call("600", freq=650)
    call.rtp.wait_tone(650, 0.5)
    call.bye()
    tandem.idle()
    row = tandem.cdr()[0]
    assert (row["dst"], row["lastapp"], row["disposition"]) == (
        "600", "Echo", "ANSWERED")


def test_unknown_extension(tandem, phones):
    anna = phones(tandem, "1001")
    assert anna.invite("777").final().status == 404


def test_guests_are_refused(tandem, phones):
    """One answer for known and unknown numbers, and no call."""
    guest = phones(tandem, "stranger", register=False)
    seen = {guest.invite(number, auth=False).final().status
            for number in ("1001", "600", "777")}
    assert seen == {401}
    assert "0 active calls" in tandem.console("core show channels")


def test_guests_allowed(make_tandem, phones):
    tandem = make_tandem(general="allowguest=yes",
                         plan="[nowhere]\nexten => 600,1,Answer()\n"
                              " same => n,Echo()\n")
    guest = phones(tandem, "stranger", register=False)
    call = guest.call("600", freq=650)
    call.rtp.wait_tone(650)
    assert guest.invite("601").final().status == 404
    call.bye()


STATUS_PLAN = """\
[office]
exten => _100X,1,Dial(SIP/${EXTEN},%s)
 same => n,Set(CDR(userfield)=${DIALSTATUS}-${HANGUPCAUSE})
 same => n,Hangup(${HANGUPCAUSE})
"""


@pytest.mark.parametrize("answer,status,cause,back", [
    (486, "BUSY", 17, 486),
    (600, "BUSY", 17, 486),
    (603, "BUSY", 21, 403),
    (480, "BUSY", 19, 480),
    (503, "CONGESTION", 34, 503),
    (404, "CHANUNAVAIL", 1, 404),
    (488, "CHANUNAVAIL", 58, 488),
])
def test_dialstatus(make_tandem, phones, answer, status, cause, back):
    tandem = make_tandem(plan=STATUS_PLAN % 20)
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    bert.incoming().refuse(answer, "Because")
    assert call.final().status == back
    row = tandem.cdr()[0]
    assert row["userfield"] == f"{status}-{cause}"
    assert row["hangup_cause"] == cause
    assert row["disposition"] in {
        "BUSY": ("BUSY",), "CONGESTION": ("CONGESTION", "FAILED"),
        "CHANUNAVAIL": ("FAILED", "NO ANSWER")}[status]


def test_no_answer(make_tandem, phones):
    tandem = make_tandem(plan=STATUS_PLAN % "0.5")
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    bert.incoming().ring()
    bert.expect("CANCEL")
    bert.expect("ACK")
    assert call.final().status in (480, 603)
    row = tandem.cdr()[0]
    assert row["userfield"].startswith("NOANSWER-")
    assert row["disposition"] == "NO ANSWER"


def test_not_registered(make_tandem, phones):
    tandem = make_tandem(plan=STATUS_PLAN % 20)
    anna = phones(tandem, "1001")
    assert anna.invite("1002").final().status in (480, 503)
    assert tandem.cdr()[0]["userfield"] == "CHANUNAVAIL-20"


def test_busy_and_congestion_applications(make_tandem, phones):
    tandem = make_tandem(plan="""
[office]
exten => 1,1,Busy()
exten => 2,1,Congestion()
exten => 3,1,Hangup(1)
exten => 4,1,Hangup()
""")
    anna = phones(tandem, "1001")
    got = [anna.invite(str(n)).final().status for n in (1, 2, 3, 4)]
    assert got == [486, 503, 404, 603]


def test_call_limit(make_tandem, phones):
    tandem = make_tandem(sip=OFFICE_SIP.replace("call-limit=8",
                                                "call-limit=1"))
    anna = phones(tandem, "1001")
    call = anna.call("600")
    assert anna.invite("600").final().status == 480
    call.bye()
    tandem.idle()
    anna.call("600").bye()


def test_fork_first_answer_wins(make_tandem, phones):
    tandem = make_tandem(plan="""
[office]
exten => 700,1,Dial(SIP/1002&SIP/1003,20)
""")
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    call = anna.invite("700")
    one, two = bert.incoming(), carl.incoming()
    one.ring()
    two.ring()
    call.wait(180)
    two.accept()
    cancel = bert.expect("CANCEL")
    assert cancel["Reason"] == \
        'SIP;cause=200;text="Call completed elsewhere"'
    bert.expect("ACK")
    call.answered()
    both_talk(call, two)
    assert not one.rtp.packets
    call.bye()
    two.gone()
    row = tandem.cdr()[0]
    assert row["dstchannel"].startswith("SIP/1003-")


def test_fork_all_busy(make_tandem, phones):
    tandem = make_tandem(plan="""
[office]
exten => 700,1,Dial(SIP/1002&SIP/1003&SIP/1001,20)
 same => n,Set(CDR(userfield)=${DIALSTATUS})
 same => n,Hangup(${HANGUPCAUSE})
""")
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    call = anna.invite("700")
    bert.incoming().refuse(404)
    carl.incoming().refuse(486)
    anna.incoming().refuse(480)
    assert call.final().status == 486
    assert tandem.cdr()[0]["userfield"] == "BUSY"


def test_caller_gives_up(tandem, phones):
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    bert.incoming().ring()
    call.wait(180)
    call.cancel()
    assert call.final().status == 487
    assert bert.expect("CANCEL")["Reason"].startswith("Q.850;cause=16;")
    bert.expect("ACK")
    tandem.idle()
    row = tandem.cdr()[0]
    assert row["disposition"] == "NO ANSWER"
    assert row["hangup_by"] == "caller"


@pytest.mark.parametrize("said,passed", [
    ('SIP;cause=200;text="Call completed elsewhere"',
     'SIP;cause=200;text="Call completed elsewhere"'),
    ("Q.850;cause=31", 'Q.850;cause=31;')])
def test_cancel_carries_reason(tandem, phones, said, passed):
    """A call that was answered elsewhere is no missed call on the phone."""
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    bert.incoming().ring()
    call.wait(180)
    call.cancel(headers=[("Reason", said)])
    assert bert.expect("CANCEL")["Reason"].startswith(passed)
    bert.expect("ACK")
    assert call.final().status == 487


def test_bye_carries_reason(tandem, phones):
    out, back = pair(phones, tandem)
    out.bye(headers=[("Reason", 'Q.850;cause=31;text="normal"')])
    assert "cause=31" in " ".join(back.gone().all("Reason"))


def test_extension_h_runs(make_tandem, phones):
    tandem = make_tandem(plan=OFFICE_PLAN + """
exten => h,1,Set(CDR(userfield)=${DIALSTATUS}/${ANSWEREDTIME})
""")
    out, back = pair(phones, tandem)
    back.bye()
    out.gone()
    assert re.fullmatch(r"ANSWER/\d+", tandem.cdr()[0]["userfield"])


def test_call_trace(make_tandem, phones):
    """What was done for a call, with its arguments."""
    tandem = make_tandem(plan="""
[office]
exten => _6X.,1,Set(WHO=${CALLERID(num)})
 same => n,GotoIf($["${WHO}" = "1001"]?known:unknown)
 same => n(unknown),Hangup()
 same => n(known),Answer()
 same => n,Echo()
""")
    anna = phones(tandem, "1001")
    call = anna.call("6123")
    ident = re.search(r"SIP/1001-[0-9a-f]{8}",
                      tandem.console("core show channels"))[0]
    trace = tandem.console(f"call trace {ident}")
    call.bye()
    for part in ("6123", "_6X.", "WHO=1001", "GotoIf", "Answer", "Echo"):
        assert part in trace, trace
    assert "Hangup" not in trace
    row = tandem.cdr()[0]
    assert "Echo" in row["trace"] and "WHO=1001" in row["trace"]


def test_reload_keeps_calls(make_tandem, phones):
    tandem = make_tandem()
    out, back = pair(phones, tandem)
    tandem.configure(OFFICE_SIP, "[office]\nexten => 601,1,Answer()\n"
                                 " same => n,Echo()\n")
    tandem.hangup_signal()
    assert out.phone.invite("600").final().status == 404
    back.rtp.wait_tone(400, since=back.rtp.mark())
    out.rtp.wait_tone(1000, since=out.rtp.mark())
    fresh = out.phone.call("601")
    fresh.bye()
    out.bye()
    back.gone()


def test_bad_reload_changes_nothing(tandem, phones):
    out, back = pair(phones, tandem)
    tandem.write("sip.conf", "[general\n")
    text = tandem.console("core reload", status=None)
    assert "Refused" in text and "sip.conf:1" in text
    back.rtp.wait_tone(400, since=back.rtp.mark())
    out.phone.call("600").bye()
    assert out.phone.register().status == 200
    out.bye()
    back.gone()


def test_sigterm_ends_calls_with_bye(tandem, phones):
    out, back = pair(phones, tandem)
    tandem.proc.proc.terminate()
    out.gone()
    back.gone()
    tandem.stop()
    rows = tandem.sql("SELECT * FROM cdr")
    assert [r["hangup_by"] for r in rows] == ["tandem"]
    assert rows[0]["disposition"] == "ANSWERED"


def test_sigterm_while_ringing(tandem, phones):
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    bert.incoming().ring()
    call.wait(180)
    tandem.proc.proc.terminate()
    bert.expect("CANCEL")
    assert call.final().status >= 400
    tandem.stop()
    assert len(tandem.sql("SELECT * FROM cdr")) == 1


def test_stop_gracefully_waits_for_calls(tandem, phones):
    out, back = pair(phones, tandem)
    tandem.console("core stop gracefully")
    assert out.phone.invite("600").final().status == 503
    back.rtp.wait_tone(400, since=back.rtp.mark())
    out.bye()
    back.gone()
    proc, tandem.proc = tandem.proc, None
    assert proc.end(10) == 0


def test_hostile_numbers_dial_nobody(make_tandem, phones):
    """What the caller dialled never becomes a second device."""
    tandem = make_tandem(plan="""
[office]
exten => _X.,1,Dial(SIP/1002/${EXTEN},5)
""")
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    call = anna.invite("sip:5%26SIP%2F1003@127.0.0.1")
    incoming = bert.incoming()
    assert "&SIP/1003" not in incoming.invite.uri.split("@")[1]
    incoming.refuse(486)
    assert call.final().status == 486
    assert not carl.got("INVITE")


def test_outbound_group(make_tandem, phones):
    """Who is called counts in the group as long as it is there."""
    tandem = make_tandem(plan="""\
[office]
exten => 1,1,Set(OUTBOUND_GROUP=lines)
 same => n,Dial(SIP/1002,5)
exten => 7,1,Hangup(${IF($[${GROUP_COUNT(lines)}=1]?17:21)})
""")
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1")
    incoming = bert.incoming()
    incoming.accept()
    call.answered()
    assert anna.invite("7").final().status == 486
    call.bye()
    incoming.gone()
    tandem.idle()
    assert anna.invite("7").final().status == 403
