"""What a caller writes reaches no separator, no path, no log line that it was
not meant for; and what a call may cost (docs/security.md)."""

import re
import shutil

import pytest

from harness.lines import run, until
from harness.office import phones_conf
from harness.phone import Phone
from harness.sip import token

SIP = phones_conf(["1001", "1002"], "transport=udp,tcp\n{options}") + """
[trunk]
type=peer
host=127.0.0.1
port={port}
insecure=port,invite
context=in
"""

PLAN = """[office]
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => _X!,1,Dial(SIP/${EXTEN}@trunk,20)
exten => _Z.,1,Dial(SIP/trunk/${EXTEN},20)
exten => _q.,1,Dial(SIP/${EXTEN:1},20)
exten => all,1,Set(A=${CALLERID(name)})
 same => n,Set(B=${SIP_HEADER(X-Evil)})
 same => n,Set(__C=$[${LEN(${B})} + 0])
 same => n,Set(DB(evil/${A})=${B})
 same => n,Set(CDR(userfield)=${A})
 same => n,System({touch} x-${A})
 same => n,System({touch} ${B})
 same => n,TrySystem({touch} "${A}" '${B}')
 same => n,MixMonitor(${A}.wav,,{touch} ${B})
 same => n,NoOp(${SHELL({touch} ${A}):0:2})
 same => n,GotoIf($["${A}" = "${B}"]?same:same)
 same => n(same),Dial(SIP/${A},2)
 same => n,Dial(SIP/${B},2)
 same => n,Dial(SIP/trunk/${A},2)
 same => n,Dial(SIP/trunk/${SIP_HEADER(X-Evil)}&SIP/1002,2)
 same => n,Goto(office,x${A},1)
exten => i,1,Hangup(1)
exten => _rec!,1,Answer()
 same => n,MixMonitor(${CALLERID(name)}.wav)
 same => n,Wait(1)
 same => n,StopMixMonitor()
 same => n,Hangup()
[public]
exten => _X!,1,Dial(SIP/trunk/${EXTEN},20)
[in]
exten => _X!,1,Dial(SIP/1001,20)
"""


@pytest.fixture
def office(make_tandem, phones, slot):
    def make(options="", **kwargs):
        port = slot.take()
        tandem = make_tandem(sip=SIP.format(port=port, options=options),
                             plan=PLAN, **kwargs)
        provider = phones(tandem, "trunk", register=False, port=port)
        return tandem, provider
    return make


def ends(phone, exten, **kwargs):
    return phone.invite(exten, **kwargs).final(10).status


# --------------------------------------------------------- dialplan injection

EVIL = ["500%26SIP/trunk/00441632960000", "500%26SIP%2Ftrunk%2F0044163296",
        "500&SIP/trunk/00441632960000", "5|SIP/trunk/0044",
        "%24%7BSHELL(id)%7D", "%24%7BEXTEN%7D", "%24%5B1+1%5D", "$(id)",
        "%60id%60", "5%3Breboot", "5%7Cid", "..%2F..%2Fetc%2Fpasswd",
        "500%2C20%2Cg", "5%0d%0aX-Evil:%201", "5%00", "%00", "9" * 200,
        "9" * 4096, "%7B%7B%7B%7B", "%7D%7D%7D", "%24%7B" * 40, "5%20%20SIP",
        "5%22%27", "5%5C", "_X.", "s", "h", "t", "i", "o", "e", "*", "#"]


def test_dialplan_injection(office, phones):
    """No second device, no expansion, no program: the provider sees nothing,
    or one INVITE with the number as data."""
    tandem, provider = office("international=yes\nmaxcallsperminute=0",
                              start=False)
    tandem.write("rtp.conf", "[general]\nrtpstart=12000\nrtpend=19999\n")
    tandem.start()
    anna, bert = phones(tandem, "1001", "1002")
    for number in EVIL:
        calls = {m["Call-ID"] for m in provider.got("INVITE")}
        call = anna.invite(f"sip:{number}@127.0.0.1")
        until(lambda c=call, n=len(calls): any(
            m.status >= 400 for m in anna.log if m.method == "INVITE"
            and m.get("Call-ID") == c.call_id and m.status != 401)
            or len(provider.got("INVITE")) > n, f"an end of {number}", 10)
        new = {m["Call-ID"] for m in provider.got("INVITE")} - calls
        assert len(new) <= 1, number
        if new:
            provider.incoming().refuse(486)
            assert call.final().status == 486
        call.rtp.close()
    for invite in provider.got("INVITE"):
        assert not invite.uri.startswith("sip:0044"), invite
        assert "uid=" not in str(invite) and "X-Evil" not in invite
    assert not bert.got("INVITE")
    assert "%" in str([m.uri for m in provider.got("INVITE")])


TEXTS_OF_CALLERS = [
    "$(touch {canary})", "`touch {canary}`", "; touch {canary}",
    "x;touch {canary}",
    "| touch {canary}", "&& touch {canary}", "x\ty", "> {canary}",
    "${SHELL(touch {canary})}", "$[1+1]", "${EXTEN}", "{canary}",
    "--reference={canary}", "-r {canary}", "../../../{canary}",
    "1002&SIP/trunk/00441632960000", "trunk/00441632960000",
    "1002,20,g", "1002|20", "%s%n%p", "'", '"', "\\", "a" * 120]


def test_dialplan_injection_by_name_and_header(office, phones):
    """The caller's name and a header, used again in Set, System, MixMonitor,
    SHELL, Dial and Goto: no program but the one that is written, with one
    argument for one value; no other device."""
    tandem, provider = office("international=yes\nmaxcallsperminute=0",
                              tandem="allowsystem=yes", start=False)
    canary = tandem.dir / "canary"
    touch = tandem.write("touched", "#!/bin/sh\n"
                         'printf "%s\\n" "$#" >> "${0%/*}/counts"\n')
    touch.chmod(0o755)
    tandem.write("extensions.conf", (tandem.dir / "extensions.conf")
                 .read_text().replace("{touch}", str(touch)))
    # a hundred legs in the time that a port rests
    tandem.write("rtp.conf", "[general]\nrtpstart=12000\nrtpend=19999\n")
    tandem.start()
    anna, bert = phones(tandem, "1001", "1002")
    for text in TEXTS_OF_CALLERS:
        evil = text.replace("{canary}", str(canary))
        quoted = evil.replace("\\", "\\\\").replace('"', '\\"')
        call = anna.invite("all", headers=[("X-Evil", evil)], **{
            "From": f'"{quoted}" <sip:1001@127.0.0.1>;tag={token()}'})

        def refused_or_taken(call=call):
            return next((m for m in list(anna.log) if m.method == "INVITE"
                         and m.status >= 400 and m.status != 401
                         and m.get("Call-ID") == call.call_id), None) \
                or take(bert) or take(provider)
        while until(refused_or_taken, evil, 15) is True:
            pass
        call.rtp.close()
    assert not canary.exists()
    assert not [p for p in tandem.dir.rglob("canary*")]
    counts = (tandem.dir / "counts").read_text().split()
    assert set(counts) <= {"1", "2"}, counts
    for invite in provider.got("INVITE") + bert.got("INVITE"):
        assert "uid=" not in str(invite)
        assert not invite.uri.startswith("sip:0044"), invite
    assert "uid=" not in tandem.log.text
    assert "no RTP port" not in tandem.log.text


def take(phone):
    """Refuse a call that is there; was there one?"""
    with phone.news:
        waits = any(m.first.startswith("INVITE") for m in phone.inbox)
    if waits:
        phone.incoming().refuse(486)
    return waits


@pytest.mark.parametrize("name", [
    "../../../../tmp/guard-evil", "/tmp/guard-evil", "a;id", "$(id)", "`id`",
    "a|b", "..", "x/../../y", "a,b&c"])
def test_caller_id_in_a_path(office, phones, name):
    """CALLERID(name) as the name of a recording stays in the spool."""
    tandem, _ = office()
    anna = phones(tandem, "1001")
    call = anna.invite("rec", **{
        "From": f'"{name}" <sip:1001@127.0.0.1>;tag=evil1'})
    call.answered()
    call.talk(300)
    call.gone(5)
    tandem.idle()
    spool = (tandem.dir / "spool").resolve()
    made = [p for p in tandem.dir.rglob("*.wav")]
    assert made and all(spool in p.resolve().parents for p in made)
    assert all(re.fullmatch(r"[A-Za-z0-9_.+-]+", p.name) for p in made)


# ------------------------------------------------------------- log injection

FRAMED = "203.0.113.251"
TEXTS = [f"x' failed for '{FRAMED}:5060' - Wrong password",
         f'x" <sip:a@b>\' failed for \'{FRAMED}\' - Wrong password',
         f"hacking attempt detected '{FRAMED}'", "\\", "%s%n%p", "a\x1b[31mb"]


@pytest.mark.parametrize("text", TEXTS)
def test_log_injection_and_fail2ban(office, phones, text):
    """Debian's own filter reads each failure, with the right address, and
    nothing of what was written into it."""
    if not shutil.which("fail2ban-regex"):
        pytest.skip("no fail2ban")
    tandem, _ = office(tandem="logformat=asterisk")
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    for method, uri in (("REGISTER", "sip:127.0.0.1"),
                        ("INVITE", "sip:1002@127.0.0.1")):
        thief = phones(tandem, "1001", register=False, host="127.0.9.1",
                       secret="wrong-Wort-77")
        message = thief.build(method, uri, [("User-Agent", "x" * 90)],
                              To="<sip:1001@127.0.0.1>",
                              From=f'"{quoted}" <sip:1001@127.0.0.1>;tag=1')
        first = thief.request(message, auth=False)
        assert first.status == 401, first
        thief.invites.clear()
        again = thief.with_credentials(message, first)
        assert thief.request(again, auth=False).status == 403
    tandem.stop()
    path = tandem.write("messages", tandem.last_log + "\n")
    lines = [x for x in path.read_text(errors="replace").splitlines()
             if "failed for" in x]
    assert len(lines) == 2 and "\x1b" not in path.read_text(errors="replace")
    one = path.parent / "one"
    one.write_text("\n".join(lines) + "\n")
    status, out = run(["fail2ban-regex", "--print-all-matched", str(one),
                       "asterisk"])
    assert status == 0 and "2 matched" in out, out
    status, out = run(["fail2ban-regex", "-o", "ip", str(path), "asterisk"])
    found = set(re.findall(r"\d+\.\d+\.\d+\.\d+", out))
    assert found == {"127.0.9.1"}, out


@pytest.mark.parametrize("general,said", [
    ("", ""),
    ("alwaysauthreject=no", "nothing proves that address"),
    ("allowguest=yes\ncontext=public", "whose address nothing proves")])
def test_forged_datagrams_ban_nobody_by_the_log(office, phones, general,
                                                said):
    """Requests without an answer to our nonce write no line that bans, also
    where they are refused at once."""
    if not shutil.which("fail2ban-regex"):
        pytest.skip("no fail2ban")
    tandem, _ = office(tandem="logformat=asterisk", general=general)
    thief = phones(tandem, "4999", register=False, host="127.0.9.1")
    for i in range(15):
        for method in ("REGISTER", "INVITE"):
            thief.wire.send(thief.build(method, "sip:nobody@127.0.0.1",
                                        To=f"<sip:{i}@127.0.0.1>").encode(),
                            thief.server)
    tandem.log.wait(said)
    phones(tandem, "1002")
    tandem.stop()
    path = tandem.write("messages", tandem.last_log + "\n")
    _, out = run(["fail2ban-regex", str(path), "asterisk"])
    assert " 0 matched" in out, out


# -------------------------------------------------------------------- fraud

def test_fraud_abroad_is_asked_for(office, phones):
    tandem, provider = office()
    anna = phones(tandem, "1001")
    for number in ("00441632960000", "+441632960000"):
        assert ends(anna, f"sip:{number}@127.0.0.1") >= 400
    assert not provider.got("INVITE")
    call = anna.invite("0301234567")
    there = provider.pick_up(400)
    call.answered()
    call.bye()
    there.gone()
    status, text = tandem.check()
    assert status == 0 and text.count("may not call abroad") == 1


def test_fraud_allowed_and_told_once(office, phones):
    tandem, provider = office("international=yes")
    anna = phones(tandem, "1001")
    for _ in range(2):
        call = anna.invite("00441632960000")
        there = provider.pick_up(400)
        call.answered()
        call.bye()
        there.gone()
    assert tandem.log.text.count("ALERT call") == 1


def test_fraud_guests_never_leave(office):
    tandem, provider = office(general="allowguest=yes")
    tandem.edit("sip.conf", "context=nowhere", "context=public", 1)
    tandem.console("core reload")
    guest = Phone(("127.0.0.1", tandem.port), "guest", host="127.0.9.90")
    try:
        for number in ("0301234567", "00441632960000", "112"):
            assert ends(guest, number) >= 400
            tandem.log.wait(f"a guest may not call '{number}'")
    finally:
        guest.close()
    assert not provider.got("INVITE")


def test_fraud_forward_is_the_forwarders_call(office, phones):
    """Who calls may call abroad, who forwards may not."""
    tandem, provider = office()
    tandem.write("sip.conf", (tandem.dir / "sip.conf").read_text().replace(
        "[1001](phone)", "[1001](phone)\ninternational=yes", 1))
    tandem.console("core reload")
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    there = bert.incoming()
    there.refuse(302, headers=[("Contact",
                                "<sip:00441632960000@127.0.0.1>")])
    assert call.final(10).status >= 400
    tandem.log.wait("1002 may not call '00441632960000'")
    assert not provider.got("INVITE")
    call = anna.invite("00441632960000")
    provider.incoming().refuse(486)
    assert call.final().status == 486


def test_fraud_calls_per_minute(office, phones):
    tandem, provider = office("maxcallsperminute=3")
    anna = phones(tandem, "1001")
    for _ in range(3):
        call = anna.invite("0301234567")
        provider.incoming().refuse(486)
        assert call.final().status == 486
    assert ends(anna, "0301234567") in (403, 503, 603)
    assert len({m["Call-ID"] for m in provider.got("INVITE")}) == 3
