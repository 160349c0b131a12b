"""A provider's trunk: registration, calls out and in, what the provider
sees."""

import re
import time

import pytest

from harness.lines import until
from harness.office import OFFICE_SIP, SECRETS, line_conf
from harness.provider import Provider
from harness.sip import right_credentials, user_of
from harness.talk import both_talk

PLAN = """\
[office]
exten => _0X.,1,Dial(SIP/trunk/${EXTEN:1},20)
 same => n,Set(CDR(userfield)=${DIALSTATUS})
 same => n,Hangup(${HANGUPCAUSE})
exten => _9X.,1,Dial(SIP/${EXTEN:1}@trunk,20)
exten => _100X,1,Dial(SIP/${EXTEN},20)
[incoming]
exten => 4930123,1,Dial(SIP/1001,20)
exten => s,1,Answer()
 same => n,Echo()
"""

ACCOUNT = "defaultuser=720431\nremotesecret=kiefer-Rad-31\n"

REGISTER = "register => 720431:kiefer-Rad-31@127.0.0.1:{port}/4930123\n"


@pytest.fixture
def office(make_tandem, slot, closing):
    """office(more, general): (Tandem, provider)"""
    def make(more="", general="", register=False, start=True, plan=PLAN,
             sip=OFFICE_SIP, tandem=""):
        port = slot.take()
        if register:
            general += "\n" + REGISTER.format(port=port)
        it = make_tandem(sip + line_conf(port, ACCOUNT + more, "trunk"), plan,
                         general=general, start=False, tandem=tandem)
        provider = closing(Provider(("127.0.0.1", it.port), port))
        if start:
            it.start()
        return it, provider
    return make


# ------------------------------------------------------------- registration

def test_register(office):
    """REGISTER, challenge, credentials; shown in the table."""
    tandem, provider = office(register=True)
    request = provider.registrar("720431")
    assert request.uri == f"sip:127.0.0.1:{provider.port}"
    assert re.search(r"sip:720431@127\.0\.0\.1", request["To"])
    assert re.match(rf"<sip:4930123@127\.0\.0\.1:{tandem.port}",
                    request["Contact"])
    line = tandem.wait_console("sip show registry", r".*720431.*Registered")
    assert f"127.0.0.1:{provider.port}" in line[0]
    first, second = provider.got("REGISTER")
    assert first["Call-ID"] == second["Call-ID"]
    assert first.tag("From") == second.tag("From")
    assert second.cseq[0] == first.cseq[0] + 1


def test_register_refreshes(office):
    """A short grant: refreshed before it ends, nonce used again."""
    tandem, provider = office(register=True)
    provider.registrar("720431", expires=2)
    at = time.monotonic()
    again = provider.registrar("720431", expires=2, timeout=4)
    assert time.monotonic() - at < 2
    assert again["Call-ID"] == provider.got("REGISTER")[0]["Call-ID"]


def test_register_among_others(office):
    """The registrar lists all of the account: another number's grant is not
    ours, nor a longer one of another server with our number."""
    tandem, provider = office(register=True)
    provider.challenge(provider.expect("REGISTER"))
    request = provider.expect("REGISTER")
    user = user_of(request["Contact"])
    provider.reply(request, 200, headers=[
        ("Contact", "<sip:other@192.0.2.7>;expires=3600"),
        ("Contact", f"<sip:{user}@192.0.2.8>;expires=3600, "
                    f"{request['Contact']};expires=2"),
        ("Contact", "<sip:other@192.0.2.9>;expires=1"),
        ("Contact", f"<sip:{user}@192.0.2.10>;expires=0"),
        ("Expires", "3600")])
    at = time.monotonic()
    provider.registrar("720431", timeout=4)
    assert time.monotonic() - at > 1.3


def test_register_follows_423(office):
    tandem, provider = office(register=True)
    request = provider.expect("REGISTER")
    assert request["Expires"] == "120"
    provider.reply(request, 423, headers=[("Min-Expires", "900")])
    request = provider.expect("REGISTER")
    assert request["Expires"] == "900"
    provider.grant(request, 900)
    tandem.wait_console("sip show registry", "Registered")


def test_register_heals(office):
    """A failure is not the end: it tries again by itself."""
    tandem, provider = office(register=True,
                              general="registertimeout=1")
    provider.reply(provider.expect("REGISTER"), 500)
    tandem.log.wait("Unregistered, 500")
    provider.registrar("720431", timeout=8)
    tandem.wait_console("sip show registry", " Registered")


@pytest.mark.parametrize("status,state", [(403, "No Authentication"),
                                          (404, "Rejected")])
def test_register_refused(office, status, state):
    """Retry-After says when it is tried again; else after a minute."""
    tandem, provider = office(register=True)
    request = provider.expect("REGISTER")
    provider.reply(request, status, headers=[("Retry-After", "1")])
    tandem.wait_console("sip show registry", state)
    provider.registrar("720431", timeout=8)
    tandem.wait_console("sip show registry", " Registered")


def test_wrong_secret_is_not_tried_for_ever(office):
    """Two answers to a challenge, then a pause."""
    tandem, provider = office(register=True)
    for _ in range(3):
        provider.challenge(provider.expect("REGISTER"))
    tandem.wait_console("sip show registry", "No Authentication")
    provider.quiet("REGISTER", 1)
    assert len(provider.got("REGISTER")) == 3


def test_registration_ends_with_the_program(office):
    """What was registered is taken back, or not: but the stop is good."""
    tandem, provider = office(register=True)
    provider.registrar("720431")
    tandem.wait_console("sip show registry", "Registered")
    tandem.stop()


# ------------------------------------------------------------------ calls out

def test_call_out(office, phones):
    """INVITE, 407, INVITE with credentials; tones both ways."""
    tandem, provider = office()
    anna = phones(tandem, "1001")
    call = anna.invite("0301234")
    first = provider.expect("INVITE")
    assert first.uri == f"sip:301234@127.0.0.1:{provider.port}"
    provider.challenge(first, 407)
    provider.expect("ACK")
    incoming = provider.incoming()
    assert provider.proves(incoming.invite, "720431")
    assert incoming.invite["Call-ID"] == first["Call-ID"]
    assert incoming.invite.cseq[0] == first.cseq[0] + 1
    incoming.ring()
    call.wait(180)
    incoming.accept()
    call.answered()
    both_talk(call, incoming)
    call.bye()
    incoming.gone()
    row = tandem.cdr()[0]
    assert row["dstchannel"].startswith("SIP/trunk-")
    assert (row["dst"], row["disposition"]) == ("0301234", "ANSWERED")


def test_call_out_by_the_other_spelling(office, phones):
    tandem, provider = office()
    anna = phones(tandem, "1001")
    call = anna.invite("9301234")
    incoming = provider.incoming()
    assert incoming.invite.uri == f"sip:301234@127.0.0.1:{provider.port}"
    incoming.refuse(404)
    assert call.final().status == 503       # the plan ends: CHANUNAVAIL


def test_fromuser_fromdomain(office, phones):
    """The provider sees the account, whoever calls."""
    tandem, provider = office("fromuser=720431\n"
                              "fromdomain=sip.provider.example")
    anna = phones(tandem, "1001")
    call = anna.invite("0301234")
    invite = provider.incoming()
    assert re.match(r'("?Anna"? )?<sip:720431@sip\.provider\.example>;tag=',
                    invite.invite["From"])
    assert "P-Asserted-Identity" not in invite.invite
    assert "Remote-Party-ID" not in invite.invite
    invite.refuse(486)
    assert call.final().status == 486


@pytest.mark.parametrize("value,header,text", [
    ("yes", "Remote-Party-ID",
     r'"?Anna"? <sip:1001@[^>]+>;party=calling;privacy=off;screen=(yes|no)'),
    ("pai", "P-Asserted-Identity", r'"?Anna"? <sip:1001@[^>]+>$'),
])
def test_sendrpid(office, phones, value, header, text):
    tandem, provider = office(f"sendrpid={value}\nfromuser=720431")
    anna = phones(tandem, "1001")
    call = anna.invite("0301234")
    incoming = provider.incoming()
    assert re.match(text, incoming.invite[header]), incoming.invite
    assert "sip:720431@" in incoming.invite["From"]
    incoming.refuse(486)
    assert call.final().status == 486


def test_challenged_for_ever(office, phones):
    """A trunk that challenges each try gets two answers, not more."""
    tandem, provider = office()
    anna = phones(tandem, "1001")
    call = anna.invite("0301234")
    for _ in range(3):
        provider.challenge(provider.expect("INVITE"), 407)
    assert call.final().status == 403
    tandem.idle()
    assert len({m.cseq for m in provider.got("INVITE")}) == 3
    assert tandem.cdr()[0]["userfield"] == "CONGESTION"


def test_secret_is_not_given_to_a_phone(office, phones):
    """A callee that challenges INVITE and BYE with the trunk's realm does
    not get the trunk's credentials (digest leak)."""
    tandem, provider = office()
    anna, bert = phones(tandem, "1001", "1002")
    lure = (f'Digest realm="{provider.realm}", nonce="abc", '
            'algorithm=MD5, qop="auth"')

    call = anna.invite("1002")
    for _ in range(2):
        bert.reply(bert.expect("INVITE"), 407,
                   headers=[("Proxy-Authenticate", lure)])
    assert call.final().status >= 400

    call = anna.invite("1002")
    incoming = bert.incoming()
    incoming.accept()
    call.answered()
    call.bye()
    for _ in range(2):
        bert.reply(bert.expect("BYE"), 401,
                   headers=[("WWW-Authenticate", lure)])
    tandem.idle()
    proofs = [v for m in bert.log for v in m.all("Authorization")
              + m.all("Proxy-Authorization") if m.is_request]
    for proof in proofs:
        assert 'username="720431"' not in proof
        assert not any(right_credentials(proof, m, "kiefer-Rad-31")
                       for m in ("INVITE", "BYE", "ACK"))


def test_caller_that_challenges_gets_nothing(office, phones):
    """A leg that came to us never proves who we are."""
    tandem, provider = office()
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    incoming = bert.pick_up()
    call.answered()
    incoming.bye()
    bye = call.wait("BYE")
    anna.reply(bye, 401, headers=[(
        "WWW-Authenticate", f'Digest realm="{provider.realm}", '
                            'nonce="abc", algorithm=MD5, qop="auth"')])
    tandem.idle()
    assert all("Authorization" not in m for m in anna.got("BYE"))
    assert len({m.cseq for m in anna.got("BYE")}) == 1


def test_trunk_does_not_answer(office, phones):
    """Timer B: 32 s are long, timerb of the trunk decides."""
    tandem, provider = office("timerb=500")
    provider.auto_again = False
    anna = phones(tandem, "1001")
    call = anna.invite("0301234")
    provider.expect("INVITE")
    call.final(12)
    assert tandem.cdr()[0]["userfield"] == "CHANUNAVAIL"


def test_secret_is_never_printed(office):
    tandem, provider = office(register=True)
    provider.registrar("720431")
    text = "\n".join(tandem.console(c) for c in (
        "sip show peers", "sip show users", "sip show registry",
        "sip show peer trunk", "sip show peer 1001")) + tandem.log.text \
        + tandem.check()[1]
    for secret in ("kiefer-Rad-31", *SECRETS.values()):
        assert secret not in text


# ------------------------------------------------------------------- calls in

def test_call_in_by_address(office, phones):
    """Nothing but its address says who calls; the number is the one that
    was registered."""
    tandem, provider = office(register=True)
    contact = re.search(r"<([^>]+)>",
                        provider.registrar("720431")["Contact"])[1]
    anna = phones(tandem, "1001")
    call = provider.call_in(contact)
    incoming = anna.incoming()
    assert "015112345" in incoming.invite["From"]
    incoming.ring()
    incoming.accept()
    call.answered()
    both_talk(incoming, call)
    incoming.bye()
    call.gone()
    row = tandem.cdr()[0]
    assert row["channel"].startswith("SIP/trunk-")
    assert (row["src"], row["dst"], row["dcontext"]) == (
        "015112345", "4930123", "incoming")


def test_call_in_from_elsewhere(office, phones):
    """The same from another address: challenged as everybody."""
    tandem, provider = office()
    stranger = phones(tandem, "015112345", register=False,
                      host="127.0.0.6")
    assert stranger.invite("4930123", auth=False).final().status == 401


@pytest.mark.parametrize("insecure,status", [
    ("insecure=invite", 401), ("insecure=port,invite", 404),
    ("insecure=very", 404)])
def test_insecure_port(office, closing, insecure, status):
    """From another port of the trunk's address."""
    tandem, provider = office()
    tandem.edit("sip.conf", "insecure=invite", insecure)
    tandem.console("sip reload")
    other = closing(Provider(("127.0.0.1", tandem.port), 0))
    assert other.call_in("sip:777@127.0.0.1").final().status == status


def test_trunk_with_secret_is_challenged(office):
    """Without insecure=invite a call of the provider must authenticate."""
    tandem, provider = office()
    tandem.edit("sip.conf", "insecure=invite", "secret=kiefer-Rad-31")
    tandem.console("sip reload")
    assert provider.call_in("sip:s@127.0.0.1").final().status == 401


@pytest.mark.parametrize("trust,shown", [("yes", "0301111"),
                                         ("no", "015112345")])
def test_trustrpid(office, phones, trust, shown):
    tandem, provider = office(f"trustrpid={trust}")
    anna = phones(tandem, "1001")
    call = provider.call_in("sip:4930123@127.0.0.1", headers=[
        ("P-Asserted-Identity", '"Boss" <sip:0301111@provider.example>')])
    incoming = anna.incoming()
    assert f"sip:{shown}@" in incoming.invite["From"]
    incoming.refuse(486)
    assert call.final().status == 486


def test_hairpin_between_trunk_and_phone_keeps_callerid(office, phones):
    tandem, provider = office()
    anna = phones(tandem, "1001")
    call = provider.call_in("sip:4930123@127.0.0.1",
                            From='"M\\"ax" <sip:015112345@p>;tag=q')
    incoming = anna.incoming()
    assert incoming.invite["From"].startswith('"M\\"ax" <sip:015112345@')
    incoming.refuse(486)
    assert call.final().status == 486


# --------------------------------------------------------------------- qualify

def test_qualify(office, phones):
    """OK, then UNREACHABLE when it says nothing, then OK again; a trunk that
    does not answer is not dialled."""
    tandem, provider = office("qualify=300\nqualifyfreq=1")
    tandem.wait_console("sip show peers", r"^trunk.*OK \(\d+ ms\)")
    assert provider.got("OPTIONS")
    provider.answer_options = False
    provider.auto_again = False
    tandem.wait_console("sip show peers", r"^trunk.*UNREACHABLE", 15)
    anna = phones(tandem, "1001")
    assert anna.invite("0301234").final().status >= 480
    assert tandem.cdr()[0]["userfield"] == "CHANUNAVAIL"
    assert not provider.got("INVITE")
    provider.answer_options = True
    tandem.wait_console("sip show peers", r"^trunk.*OK \(\d+ ms\)", 15)


def test_qualify_lagged(office):
    """An answer that is later than the limit."""
    tandem, provider = office("qualify=50\nqualifyfreq=1")
    provider.answer_options = False
    request = provider.expect("OPTIONS")
    begin = time.monotonic()
    until(lambda: time.monotonic() - begin > 0.08, "80 ms")
    provider.reply(request, 200)
    tandem.wait_console("sip show peers", r"^trunk.*LAGGED \(\d+ ms\)")


def test_unmonitored(office):
    tandem, _ = office()
    assert re.search(r"^trunk.*Unmonitored", tandem.console(
        "sip show peers"), re.M)
