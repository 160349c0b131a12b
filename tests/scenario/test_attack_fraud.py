"""Toll fraud: what is tried in the wild to get a call abroad out of somebody
else's server.  Of all of it the provider sees nothing, and everything that is
allowed goes on to work (docs/security.md)."""

import re

import pytest

from harness.lines import until
from harness.office import phones_conf
from harness.phone import Call
from harness.provider import Provider
from harness.sip import param, token

FAR = "127.0.0.9"               # the provider
ABROAD = "00441632960000"

SIP = phones_conf({"1001": "", "1002": "callgroup=1",
                   "1003": "international=yes\npickupgroup=1"},
                  "disallow=all\nallow=ulaw") + """
[trunk]
type=peer
host=127.0.0.9
port={port}
remotesecret=kiefer-Rad-31
insecure=port,invite
context=in
"""

PLAN = """[globals]
OUT=SIP/trunk
[office]
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => _X.,1,Dial(SIP/trunk/${EXTEN},20)
 same => n,Hangup(21)
exten => _+X.,1,Dial(SIP/${EXTEN}@trunk,20)
exten => _%X.,1,Dial(${OUT}/${EXTEN},20)
exten => _s.,1,Dial(SIP/trunk/${EXTEN:1},20)
exten => _L.,1,Dial(Local/${EXTEN:1}@office,20)
exten => _N.,1,Dial(Local/L${EXTEN:1}@office/n,20)
exten => _G.,1,Goto(office,${EXTEN:1},1)
exten => _S.,1,Gosub(sub,s,1(${EXTEN:1}))
exten => _V.,1,Set(NUM=${EXTEN:1})
 same => n,Set(DEV=SIP/trunk/${NUM})
 same => n,Dial(${DEV},20)
exten => _H.,1,Dial(SIP/trunk/${SIP_HEADER(X-Number)},20)
exten => _C.,1,Dial(SIP/trunk/${CALLERID(name)},20)
exten => _U.,1,Dial(SIP/${EXTEN:1}@127.0.0.9:{port},20)
exten => _O.,1,Originate(Local/${EXTEN:1}@office,app,Wait,1)
exten => _W.,1,Originate(SIP/trunk/${EXTEN:1},app,Wait,1)
exten => _Q.,1,AddQueueMember(sales,Local/${EXTEN:1}@office)
 same => n,Queue(sales,,,,2)
exten => _T.,1,Answer()
 same => n,Transfer(SIP/${EXTEN:1}@trunk)
exten => disa,1,Set(TIMEOUT(digit)=1)
 same => n,DISA(no-password,office)
exten => grant,1,Dial(SIP/1003,20)
exten => *8,1,Pickup()
[sub]
exten => s,1,Dial(SIP/trunk/${ARG1},20)
 same => n,Return()
[public]
include => office
[in]
exten => 4711,1,Dial(SIP/1002,20)
"""

QUEUES = "[sales]\nstrategy=ringall\ntimeout=2\n"


@pytest.fixture
def office(make_tandem, slot, closing):
    """office(general): (Tandem, provider)"""
    def make(general=""):
        port = slot.take()
        plan = PLAN.replace("{port}", str(port))
        tandem = make_tandem(sip=SIP.format(port=port), plan=plan,
                             general="dynamic_exclude_static=yes\n" + general,
                             start=False)
        tandem.write("queues.conf", QUEUES)
        tandem.start()
        return tandem, closing(
            Provider(("127.0.0.1", tandem.port), port, FAR))
    return make


def nothing_went(tandem, provider):
    """Of all that was tried: answered from here on, no INVITE is on its way
    any more."""
    until(lambda: re.search(r"^0 active channels", tandem.console(
        "core show channels"), re.M), "no calls", 15)
    assert not provider.got("INVITE"), provider.got("INVITE")[0]


# each as the user of the Request-URI, or all of it
NUMBERS = [
    ABROAD, "+441632960000", "%2B441632960000", "%30%3044163296",
    "0%30441632960000", "0-0441632960000", "0.0441632960000",
    "(00)441632960000", "00(0)441632960000", "00 441632960000",
    "00%20441632960000", "%2000441632960000", "00%09441632960000",
    "00441632960000;phone-context=+1", "00441632960000;isub=1",
    f"5&SIP/trunk/{ABROAD}", f"5%26SIP%2Ftrunk%2F{ABROAD}",
    f"1002&SIP/trunk/{ABROAD}", f"1002%2C20%2Cg%7CSIP/trunk/{ABROAD}",
    "%D9%A0%D9%A0441632960000", "%EF%BC%90%EF%BC%90441632960000",
    "00441632960000%00", "00441632960000#", "00441632960000*",
    f"sip:{ABROAD}@127.0.0.1;user=phone", f"sips:{ABROAD}@127.0.0.1",
    "tel:+441632960000", "tel:00441632960000;phone-context=example.com",
    f"sip:{ABROAD}@evil.example", f"sip:{ABROAD}@127.0.0.9",
    f"sip:1002@127.0.0.1;maddr={FAR}", f"sip:{ABROAD}:pass@127.0.0.1",
    f"s{ABROAD}", f"L{ABROAD}", f"N{ABROAD}", f"G{ABROAD}", f"S{ABROAD}",
    f"V{ABROAD}", f"U{ABROAD}", f"GG{ABROAD}", f"LG{ABROAD}", "H1", "C1",
    f"O{ABROAD}", f"W{ABROAD}", f"Q{ABROAD}", "0900123456", "118118"]


def test_fraud_by_number(office, phones):
    """A phone that may not call abroad: every way to say such a number, and
    every way through the plan."""
    tandem, provider = office()
    tandem.append("tandem.conf", "[guard]\ncountry=de\n")
    tandem.console("core reload")
    anna = phones(tandem, "1001")
    for number in NUMBERS:
        quick = number[0] in "OW"
        call = Call(anna)
        uri = number if re.match("sips?:|tel:", number) \
            else f"sip:{number}@127.0.0.1"
        message = anna.build(
            "INVITE", uri, [("X-Number", ABROAD)], call.offer(), **{
                "Call-ID": call.call_id, "To": "<sip:1002@127.0.0.1>",
                "From": f'"{ABROAD}" <sip:1001@127.0.0.1>'
                        f";tag={call.tag}"})
        call.start_out(message)
        answer = call.wait(lambda m: m.status >= 200)
        if answer.status == 401:
            call.start_out(anna.with_credentials(message, answer))
            answer = call.final(10)
        assert answer.status >= 400 or quick, (number, answer)
        if answer.status == 200:
            call.bye()
        call.rtp.close()
    nothing_went(tandem, provider)
    # and what is meant to go, goes
    call = anna.invite("0301234567")
    there = provider.incoming()
    there.refuse(486)
    call.final()


def test_fraud_by_detour(office, phones):
    """REFER, 302, a kept forward, FollowMe's and a queue's way, a spoofed
    identity, a Route, keys of DISA: all are the phone's own calls."""
    tandem, provider = office()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")

    # a Route to the provider is not followed (open relay)
    for route in (f"<sip:{FAR}:{provider.port};lr>",
                  f"<sip:127.0.0.1:{tandem.port};lr>, "
                  f"<sip:{FAR}:{provider.port};lr>"):
        call = anna.invite(f"sip:{ABROAD}@{FAR}",
                           headers=[("Route", route)])
        assert call.final().status >= 400

    # somebody else's name in every header that has one
    call = anna.invite(ABROAD, headers=[
        ("P-Asserted-Identity", "<sip:1003@127.0.0.1>"),
        ("P-Preferred-Identity", "<sip:1003@127.0.0.1>"),
        ("Remote-Party-ID", "<sip:1003@127.0.0.1>;party=calling"),
        ("Diversion", "<sip:1003@127.0.0.1>;reason=unconditional"),
        ("Referred-By", "<sip:1003@127.0.0.1>")])
    assert call.final().status >= 400
    thief = phones(tandem, "1003", secret="linde-Besen-1001",
                   register=False)
    call = thief.invite(ABROAD)     # the right secret of another
    assert call.final().status >= 400

    # 302, from a caller who may
    call = carl.invite("1002")
    bert.incoming().refuse(302, headers=[
        ("Contact", f"<sip:{ABROAD}@127.0.0.1>")])
    assert call.final().status >= 400
    call = carl.invite("1002")
    bert.incoming().refuse(302, headers=[
        ("Contact", f"<sip:{ABROAD}@{FAR}:{provider.port}>")])
    assert call.final().status >= 400

    # a forward that is kept here
    call = bert.invite(f"*72{ABROAD}")
    final = call.final()
    if final.status == 200:
        call.gone(10)
    tandem.console(f"forward set 1002 all {ABROAD}")
    assert carl.invite("1002").final().status >= 400
    tandem.console("forward cancel 1002 all")

    # REFER in a call of one who may, by one who may not
    call = carl.invite("1001")
    there = anna.pick_up()
    call.answered()
    assert there.request("REFER", [
        ("Refer-To", f"<sip:{ABROAD}@127.0.0.1>")]).status in (202, 403)
    while "SIP/2.0 1" in (said := anna.expect("NOTIFY")).text:
        anna.reply(said, 200)
    anna.reply(said, 200)
    assert re.search(r"SIP/2\.0 [4-6]", said.text)
    # ... out of a call, and by name of another
    for target in (f"<sip:{ABROAD}@127.0.0.1>",
                   f"<sip:{ABROAD}@{FAR}:{provider.port}>"):
        answer = anna.request(anna.build(
            "REFER", "sip:1003@127.0.0.1", [
                ("Refer-To", target),
                ("Referred-By", "<sip:1003@127.0.0.1>")],
            **{"Call-ID": token()}))
        assert answer.status >= 400
    call.bye()
    there.gone()

    # DISA with the plan of the office
    call = anna.invite("disa")
    call.answered()
    call.talk()
    call.rtp.press(f"{ABROAD}#")
    call.gone(15)
    nothing_went(tandem, provider)

    # who may: the same ways lead out, once each
    call = carl.invite(f"L{ABROAD}")
    there = provider.incoming()
    there.refuse(486)
    call.final()
    assert tandem.log.text.count("ALERT call") == 1
    assert param(there.invite["From"], "tag")


GUESTS = [ABROAD, "0301234567", "112", "110", f"s{ABROAD}", "s0301234567",
          "L0301234567", "N0301234567", "G0301234567", "S0301234567",
          "V0301234567", "U0301234567", "O0301234567", "W0301234567",
          "Q0301234567", "LG0301234567", "+49301234567",
          "tel:+49301234567", f"sip:0301234567@{FAR}"]


def test_fraud_by_guests(office, phones):
    """allowguest=yes and a context that holds the whole office: guests reach
    its phones, and never a line: not by a number, Local/, Goto, a forward, a
    transfer, DISA, a callback."""
    tandem, provider = office("allowguest=yes\ncontext=public")
    guest = phones(tandem, "guest", register=False, host="127.0.9.90")
    bert = phones(tandem, "1002")
    for number in GUESTS:
        call = guest.invite(number, headers=[
            ("P-Asserted-Identity", "<sip:1003@127.0.0.1>")])
        answer = call.final(10)
        if answer.status == 200:
            assert number[0] in "OW", number
            call.bye()
        call.rtp.close()
    call = guest.invite("disa")
    call.answered()
    call.talk()
    call.rtp.press("0301234567#")
    call.gone(15)

    # a phone that a guest rings forwards, and pays: abroad it may not
    call = guest.invite("1002")
    bert.incoming().refuse(302, headers=[
        ("Contact", f"<sip:{ABROAD}@127.0.0.1>")])
    assert call.final().status >= 400

    # the guest transfers whom it has called
    call = guest.invite("1002")
    there = bert.pick_up()
    call.answered()
    answer = call.request("REFER", [
        ("Refer-To", "<sip:0301234567@127.0.0.1>")])
    if answer.status == 202:
        while "SIP/2.0 1" in (said := guest.expect("NOTIFY")).text:
            guest.reply(said, 200)
        guest.reply(said, 200)
        assert re.search(r"SIP/2\.0 [4-6]", said.text)
    call.bye()
    there.gone()
    nothing_went(tandem, provider)


def test_fraud_by_registration(office, phones):
    """Register the provider's address, or ours, and have oneself called
    there; be the provider by its name."""
    tandem, provider = office()
    anna, bert = phones(tandem, "1001", "1002")
    for where in (f"{FAR}:{provider.port}", FAR, f"{FAR};transport=tcp",
                  f"127.0.0.1:{tandem.port}"):
        assert bert.register(
            contact=f"<sip:1002@{where}>").status == 603, where
    call = anna.invite("1002")      # it is called where it was
    bert.incoming().refuse(486)
    call.final()
    thief = phones(tandem, "trunk", register=False, host="127.0.9.91")
    call = thief.invite("4711", auth=False)
    assert call.final().status == 401
    nothing_went(tandem, provider)


def test_fraud_in_parallel(office, phones):
    """Fifty calls at once of one phone: call-limit of them."""
    tandem, provider = office()
    provider.auto_again = False
    anna = phones(tandem, "1001")
    calls = [anna.invite("0301234567", auth=False) for _ in range(50)]
    messages = [c.invite for c in calls]
    for call, message in zip(calls, messages):
        first = call.wait(401)
        call.start_out(anna.with_credentials(message, first))
    refused = []

    def count():
        refused.extend(c for c in calls if c not in refused and any(
            m.status >= 403 and m.get("Call-ID") == c.call_id
            and m.method == "INVITE" for m in list(anna.log)))
        return len(refused) >= 46

    until(count, "46 refusals", 15)
    provider.expect("INVITE")
    assert len({m["Call-ID"] for m in provider.got("INVITE")}) <= 4
    for call in calls:
        if call not in refused:
            call.cancel()
