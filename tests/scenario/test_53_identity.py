"""What a line is told about numbers and who calls, and what it tells us."""

import re

import pytest

from harness.office import OFFICE_SIP, line_conf
from harness.provider import Provider
from harness.sip import user_of

PLAN = """\
[office]
exten => _0.,1,Dial(SIP/line/${EXTEN:1},20)
exten => _+X.,1,Dial(SIP/line/${EXTEN},20)
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => 701,1,SIPAddHeader(Alert-Info: <http://www.notused.com>\\;info=x)
 same => n,SIPAddHeader(X-Room: ${CALLERID(num)})
 same => n,SIPAddHeader(Via: SIP/2.0/UDP 192.0.2.1)
 same => n,Dial(SIP/line/555,20)
exten => 702,1,Set(CALLERPRES()=prohib)
 same => n,Dial(SIP/line/555,20)
exten => 704,1,Set(CALLERPRES()=allowed_not_screened)
 same => n,Dial(SIP/line/555,20)
exten => 705,1,Set(CALLERPRES()=allowed_passed_screen)
 same => n,Dial(SIP/line/555,20)
exten => 706,1,Set(CALLERPRES()=allowed_failed_screen)
 same => n,Dial(SIP/line/555,20)
exten => 707,1,Set(CALLERPRES()=prohib_passed_screen)
 same => n,Dial(SIP/line/555,20)
exten => 703,1,Set(CALLERID(rdnis)=030777)
 same => n,Dial(SIP/line/555,20)
[incoming]
exten => _X.,1,Set(CDR(userfield)=${EXTEN} ${CALLERID(num)} ${CALLERID(name)} \
${CALLERPRES()} ${SIP_HEADER(X-Line)})
 same => n,Dial(SIP/1001,20)
exten => s,1,Goto(0,1)
exten => _+X.,1,Goto(${EXTEN:1},1)
"""


@pytest.fixture
def office(make_tandem, slot, closing):
    """office(more): (Tandem, provider)"""
    def make(more="", general=""):
        port = slot.take()
        tandem = make_tandem(OFFICE_SIP + line_conf(port, more), PLAN,
                             general=general)
        return tandem, closing(Provider(("127.0.0.1", tandem.port), port))
    return make


def sent(phone, provider, number):
    """The INVITE that a dialled number becomes."""
    call = phone.invite(number)
    incoming = provider.incoming()
    incoming.refuse(486)
    call.final()
    return incoming.invite


def headers(message):
    """Who calls, as the message says it: From, RPID, PAI, Privacy."""
    return [message.get(n) and message[n].split(";tag")[0] for n in (
        "From", "Remote-Party-ID", "P-Asserted-Identity", "Privacy")]


# ------------------------------------------------------------- numbers out

PLAN_DE = "country=de\nareacode=30\n"


def test_numbers_out(office, phones):
    """E.164 by country and area code; the caller's extension behind the
    number of the house; short numbers stay."""
    tandem, provider = office(
        PLAN_DE + "dialformat=e164\ncallerformat=e164\n"
        "callerbase=+4930123\nsendrpid=pai\n", "weaksecret=no")
    phone = phones(tandem, "1001")
    for dialled, want in (("01234567", "+49301234567"),
                          ("001711234567", "+491711234567"),
                          ("0112", "112")):
        invite = sent(phone, provider, dialled)
        assert user_of(f"<{invite.uri}>") == want
        assert user_of(invite["To"]) == want
        assert user_of(invite["From"]) == "+49301231001"
        assert user_of(invite["P-Asserted-Identity"]) == "+49301231001"


def test_strip_and_prefix(office, phones):
    tandem, provider = office(
        PLAN_DE + "dialstrip=2\ndialprefix=77#\ndialformat=digits\n")
    phone = phones(tandem, "1001")
    invite = sent(phone, provider, "09901711234567")
    assert invite.uri.startswith("sip:77%23491711234567@")


def test_what_is_sent_counts_for_what_it_costs(office, phones):
    """A prefix that the line cuts hides no call abroad."""
    tandem, provider = office(PLAN_DE + "dialstrip=1\n")
    phone = phones(tandem, "1001")
    call = phone.invite("0900441234567")
    assert call.final().status >= 400
    assert not provider.got("INVITE")
    tandem.log.wait("calls abroad need international=yes")


def test_usereqphone(office, phones):
    """;user=phone for numbers alone."""
    tandem, provider = office("usereqphone=yes")
    phone = phones(tandem, "1001")
    invite = sent(phone, provider, "0301234")
    assert invite.uri.endswith(";user=phone")
    assert ";user=phone>" in invite["To"]
    assert ";user=phone>" in invite["From"]
    assert ";user=phone" not in sent(phone, provider, "0*21*5").uri


# -------------------------------------------------------------- numbers in

@pytest.mark.parametrize("ruri,caller,dialled,number", [
    ("+4930123", "+491711234567", "030123", "001711234567"),
    ("4930123456", "4917112345678", "030123456", "0017112345678"),
    ("030123", "00441234", "030123", "000441234"),
    ("030123", "anonymous", "030123", "anonymous"),
])
def test_numbers_in(office, phones, ruri, caller, dialled, number):
    """National, and a 0 in front so that they can be called back."""
    tandem, provider = office(
        PLAN_DE + "indialformat=national\nincallerformat=national\n"
        "incallerprefix=0\n")
    phone = phones(tandem, "1001")
    call = provider.call_in(f"sip:{ruri}@127.0.0.1", caller=caller)
    incoming = phone.incoming()
    assert user_of(incoming.invite["From"]) == number
    incoming.refuse(486)
    assert call.final().status == 486
    row = tandem.cdr()[0]
    assert (row["src"], row["userfield"].split()[0]) == (number, dialled)


@pytest.mark.parametrize("ruri,to", [
    ("tel:+49-30-123", "tel:+4930123"),
    ("tel:4930123;phone-context=+49", "tel:4930123;phone-context=+49"),
    ("sip:4930123@127.0.0.1;user=phone", "tel:+4930123"),
    ("sip:+4930123;npdi@127.0.0.1", "sip:+4930123@x")])
def test_tel_uris(office, phones, ruri, to):
    """tel: in the request, To, From and P-Asserted-Identity."""
    tandem, provider = office("trustrpid=yes",
                              "legacy_useroption_parsing=yes")
    phone = phones(tandem, "1001")
    call = provider.call_in(
        ruri, headers=[("P-Asserted-Identity", '"Max" <tel:+49171-55>')],
        To=f"<{to}>", From="<tel:+491715;phone-context=x>;tag=1")
    incoming = phone.incoming()
    assert incoming.invite["From"].startswith('"Max" <sip:+4917155@')
    incoming.refuse(486)
    assert call.final().status == 486
    assert tandem.cdr()[0]["userfield"].startswith("4930123 +4917155 Max")


# ----------------------------------------------------------------- identity

def test_hidden_number(office, phones):
    """Privacy of the caller, by each way of telling it."""
    for send, trust, want in (
            ("no", "legacy", ['"Anonymous" <sip:anonymous@anonymous.invalid>',
                              None, None, None]),
            ("pai", "legacy", [
                '"Anonymous" <sip:anonymous@anonymous.invalid>', None,
                '"Anonymous" <sip:anonymous@anonymous.invalid>', None]),
            ("pai", "yes", [
                '"Anonymous" <sip:anonymous@anonymous.invalid>', None,
                r'"Anna" <sip:1001@127.0.0.1:{}>', "id"]),
            ("pai", "no", [
                '"Anonymous" <sip:anonymous@anonymous.invalid>', None, None,
                None]),
            ("rpid", "legacy", [
                '"Anonymous" <sip:anonymous@anonymous.invalid>',
                '"Anna" <sip:1001@anonymous.invalid>;party=calling;'
                'privacy=full;screen=yes', None, None])):
        tandem, provider = office(
            f"sendrpid={send}\ntrust_id_outbound={trust}")
        phone = phones(tandem, "1001")
        got = headers(sent(phone, provider, "702"))
        want = [w and w.format(tandem.port) for w in want]
        if want[1]:
            got[1] = re.sub("screen=no", "screen=yes", got[1])
        assert got == want, (send, trust)
        tandem.stop()


def test_account_survives_privacy(office, phones):
    """fromuser and fromdomain are the account, hidden number or not."""
    tandem, provider = office("fromuser=7204\nfromdomain=p.example")
    phone = phones(tandem, "1001")
    assert headers(sent(phone, provider, "702"))[0] == \
        '"Anonymous" <sip:7204@p.example>'


def test_asserted_privacy_comes_in(office, phones):
    """Privacy: id of a trusted line hides the caller from the phone."""
    tandem, provider = office("trustrpid=yes")
    phone = phones(tandem, "1001")
    call = provider.call_in("sip:4930@127.0.0.1", headers=[
        ("P-Asserted-Identity", '"Boss" <sip:0301111@provider.example>'),
        ("Privacy", "id")])
    incoming = phone.incoming()
    assert "0301111" not in str(incoming.invite)
    assert incoming.invite["From"].startswith('"Anonymous" <sip:anonymous@')
    incoming.refuse(486)
    assert call.final().status == 486


def test_words_of_privacy(office, phones):
    """Each that hides who is asserted (RFC 3323 4.2, RFC 3325 9.3), and those
    that do not."""
    tandem, provider = office("trustrpid=yes")
    anna = phones(tandem, "1001")
    for n, (words, hidden) in enumerate((
            ("id", True), ("user", True), ("full", True),
            ("header;ID", True), ("user; critical", True),
            ("none", False), ("critical", False), ("session", False),
            (("critical", "id"), True), (("session", "none"), False))):
        call = provider.call_in("sip:4930@127.0.0.1", headers=[
            ("P-Asserted-Identity", "<sip:0301111@provider.example>"),
            *(("Privacy", line) for line in
              ([words] if isinstance(words, str) else words))])
        incoming = anna.incoming()
        assert ("0301111" not in incoming.invite["From"]) == hidden, words
        incoming.refuse(486)
        assert call.final().status == 486
        assert (" prohib" in tandem.cdr(n + 1)[n]["userfield"]) == hidden


def test_screening_is_told(office, phones):
    """screen= of Remote-Party-ID: who has looked at the number."""
    tandem, provider = office("sendrpid=rpid")
    anna = phones(tandem, "1001")
    for number, tail in (("704", "privacy=off;screen=no"),
                         ("705", "privacy=off;screen=yes"),
                         ("706", "privacy=off;screen=no"),
                         ("707", "privacy=full;screen=yes")):
        rpid = sent(anna, provider, number)["Remote-Party-ID"]
        assert rpid.endswith(";party=calling;" + tail), (number, rpid)


def test_identity_of_a_stranger_is_not_passed_on(office, phones):
    """A phone that says PAI, RPID, Diversion and History-Info is not
    believed, and the line does not see them."""
    tandem, provider = office("sendrpid=pai")
    phone = phones(tandem, "1001")
    call = phone.invite("0555", headers=[
        ("P-Asserted-Identity", "<sip:110@police.example>"),
        ("P-Preferred-Identity", "<sip:110@police.example>"),
        ("Remote-Party-ID", "<sip:110@police.example>;party=calling"),
        ("X-Secret", "of the house"), ("Subject", "of the house")])
    invite = provider.incoming()
    text = str(invite.invite)
    assert "110@" not in text and "of the house" not in text
    assert user_of(invite.invite["P-Asserted-Identity"]) == "1001"
    invite.refuse(486)
    call.final()


def test_headers_of_the_plan(office, phones):
    """SIPAddHeader: what it may, and what makes the message it may not."""
    tandem, provider = office("header=X-Line: ours")
    phone = phones(tandem, "1001")
    invite = sent(phone, provider, "701")
    assert invite["Alert-Info"] == "<http://www.notused.com>;info=x"
    assert invite["X-Room"] == "1001"
    assert invite["X-Line"] == "ours"
    assert "192.0.2.1" not in str(invite)


def test_headers_of_the_caller(office, phones):
    tandem, provider = office()
    phone = phones(tandem, "1001")
    call = provider.call_in("sip:4930@127.0.0.1",
                            headers=[("X-Line", "blue")])
    phone.incoming().refuse(486)
    assert call.final().status == 486
    assert tandem.cdr()[0]["userfield"].endswith(" blue")


def test_diversion_of_the_plan(office, phones):
    """CALLERID(rdnis) is told to the line, in its form of numbers."""
    tandem, provider = office()
    phone = phones(tandem, "1001")
    invite = sent(phone, provider, "703")
    assert re.match(r"<sip:030777@127\.0\.0\.1:\d+>;reason=",
                    invite["Diversion"])
    tandem, provider = office(
        "send_diversion=no\ncallerformat=e164\n" + PLAN_DE)
    phone = phones(tandem, "1001")
    invite = sent(phone, provider, "703")
    assert "Diversion" not in invite
    assert invite["History-Info"].startswith("<sip:+4930777@")
