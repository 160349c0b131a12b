"""With programs that we did not write: baresip, SIPp, sipsak."""

import re
import shutil

import pytest

from harness import audio
from harness.lines import run
from harness.office import OFFICE_SIP, SECRETS
from harness.sipp import Sipp

ALL = OFFICE_SIP.replace("host=dynamic",
                         "host=dynamic\ntransport=udp,tcp,tls")


def need(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")


# ------------------------------------------------------------------ baresip

def baresips_talk(tandem, anna, bert):
    anna.dial(bert.user)
    anna.wait("CALL_ESTABLISHED")
    bert.wait("CALL_ESTABLISHED")
    tandem.wait_media(2, 75)


def have_talked(tandem, anna, bert):
    """They hang up: real audio, Anna's 400 Hz and Bert's 1000, in the
    recording and in what the other one has written."""
    anna.command("hangup")
    bert.wait("CALL_CLOSED")
    tandem.idle()
    row = tandem.cdr()[0]
    assert (row["disposition"], row["rec_state"]) == ("ANSWERED", "complete")
    left, right = audio.read_wav(tandem.recording("call.wav"))[1]
    assert audio.seconds_of(left, 400) > 0.8
    assert audio.seconds_of(right, 1000) > 0.8
    assert audio.seconds_of(left, 1000) < 0.1
    assert audio.seconds_of(right, 400) < 0.1
    anna.stop()
    bert.stop()
    assert audio.seconds_of(anna.heard(), 1000) > 0.8
    assert audio.seconds_of(bert.heard(), 400) > 0.8


@pytest.mark.parametrize("one,other", [("udp", "udp"), ("tcp", "tls")])
def test_baresip_to_baresip(make_tandem, baresip, one, other):
    """Real audio: a tone played by one is found in the other's dump and in
    the right channel of the recording."""
    tandem = make_tandem(sip=ALL, tls=True, plan="""
[office]
exten => _100X,1,MixMonitor(call.wav)
 same => n,Dial(SIP/${EXTEN},20)
""")
    anna = baresip(tandem, "1001", 400, transport=one)
    bert = baresip(tandem, "1002", 1000, transport=other,
                   codec="PCMA", extra=";answermode=auto")
    baresips_talk(tandem, anna, bert)
    have_talked(tandem, anna, bert)


def test_baresip_srtp(make_tandem, baresip):
    """Two that demand SRTP over TLS: no audio is refused as forged (their
    first RTCP is in the clear)."""
    tandem = make_tandem(sip=OFFICE_SIP.replace(
        "host=dynamic", "host=dynamic\ntransport=tls\nencryption=yes")
        + "encryption_taglen=32\n", tls=True, plan="""
[office]
exten => _100X,1,MixMonitor(call.wav)
 same => n,Dial(SIP/${EXTEN},20)
""")
    secure = ";mediaenc=srtp-mand"
    anna = baresip(tandem, "1001", 400, transport="tls", extra=secure,
                   modules=("srtp",))
    bert = baresip(tandem, "1003", 1000, transport="tls",
                   extra=secure + ";answermode=auto", modules=("srtp",))
    baresips_talk(tandem, anna, bert)
    call = re.search(r"^\d+ +(\S+) ", tandem.console("call list"), re.M)[1]
    trace = tandem.console(f"call trace {call}")
    assert len(re.findall("SRTP AES_CM_128_HMAC_SHA1_[83].*wrong tags [0-3],",
                          trace)) == 2, trace
    have_talked(tandem, anna, bert)


def test_baresip_and_our_phone(make_tandem, baresip, phones):
    tandem = make_tandem()
    anna = phones(tandem, "1001")
    bert = baresip(tandem, "1002", 1000, extra=";answermode=auto")
    call = anna.call("1002", freq=400)
    call.rtp.wait_tone(1000, 0.5)
    assert call.reinvite("sendonly").status == 200
    assert call.reinvite("sendrecv").status == 200
    call.talk(400)
    call.rtp.wait_tone(1000, 0.5, since=call.rtp.mark())
    call.bye()
    bert.wait("CALL_CLOSED")
    bert.stop()
    assert audio.seconds_of(bert.heard(), 400) > 0.3


def test_baresip_echo(make_tandem, baresip):
    tandem = make_tandem()
    anna = baresip(tandem, "1001", 650)
    anna.dial("600")
    anna.wait("CALL_ESTABLISHED")
    tandem.wait_media(1, 60)
    anna.command("hangup")
    tandem.idle()
    anna.stop()
    assert audio.seconds_of(anna.heard(), 650) > 0.5


def test_baresip_wrong_password(make_tandem, baresip):
    tandem = make_tandem()
    baresip(tandem, "1001", 400, "falsch-Wort-99", answer=r"403|401")
    assert "(Unspecified)" in tandem.console("sip show peers")


# --------------------------------------------------------------------- SIPp

@pytest.fixture
def sipp(tmp_path, slot):
    need("sipp")
    return Sipp(tmp_path, slot)


def test_sipp_phone_registers_and_calls(make_tandem, sipp):
    """SIPp as phone: REGISTER with digest, then 20 calls to 600."""
    tandem = make_tandem(sip=OFFICE_SIP.replace("call-limit=8",
                                                "call-limit=50"))
    sipp.run(tandem, "register.xml", user="1001", calls=1)
    assert re.search(r"^1001.*127\.0\.0\.1", tandem.console(
        "sip show peers"), re.M)
    sipp.run(tandem, "call_auth.xml", user="1001", number="600", calls=20,
             rate=20, limit=10)
    tandem.idle()
    rows = tandem.cdr(20)
    assert {r["disposition"] for r in rows} == {"ANSWERED"}
    assert {r["hangup_by"] for r in rows} == {"caller"}


PROVIDER = """
[provider]
type=peer
host=127.0.0.1
port={port}
context=incoming
insecure=invite
[1001]
type=friend
host=dynamic
secret=linde-Besen-1001
context=office
call-limit=50
maxcallsperminute=0
"""

PROVIDER_PLAN = """
[office]
exten => _0X.,1,Dial(SIP/provider/${EXTEN:1},10)
[incoming]
exten => _X.,1,Dial(SIP/provider/${EXTEN},10)
exten => 4930123,1,Answer()
 same => n,Echo()
"""


def test_sipp_as_provider(make_tandem, sipp):
    """Phone SIPp, Tandem, provider SIPp: 25 calls in 1.3 s, none fails."""
    port = sipp.slot.take()
    tandem = make_tandem(sip=PROVIDER.format(port=port), plan=PROVIDER_PLAN)
    provider = sipp.start(tandem, "answer.xml", port=port, calls=25)
    sipp.run(tandem, "call_auth.xml", user="1001", number="0301234",
             calls=25, rate=20, limit=20)
    assert provider.end(10) == 0, provider.text
    tandem.idle()
    rows = tandem.cdr(25)
    assert {r["disposition"] for r in rows} == {"ANSWERED"}
    assert {r["dst"] for r in rows} == {"0301234"}


def test_sipp_provider_calls_in(make_tandem, sipp):
    """By address, without a password."""
    port = sipp.slot.take()
    tandem = make_tandem(sip=PROVIDER.format(port=port), plan=PROVIDER_PLAN)
    sipp.run(tandem, "call.xml", user="015112345", number="4930123",
             calls=20, rate=20, limit=20, port=port)
    tandem.idle()
    rows = tandem.cdr(20)
    assert {(r["src"], r["dst"], r["disposition"]) for r in rows} == {
        ("015112345", "4930123", "ANSWERED")}


@pytest.mark.parametrize("scenario,disposition", [
    ("busy.xml", "BUSY"), ("cancelled.xml", "NO ANSWER")])
def test_sipp_provider_refuses(make_tandem, sipp, phones, scenario,
                               disposition):
    port = sipp.slot.take()
    tandem = make_tandem(sip=PROVIDER.format(port=port), plan=PROVIDER_PLAN)
    provider = sipp.start(tandem, scenario, port=port, calls=1)
    anna = phones(tandem, "1001")
    call = anna.invite("0301234")
    if scenario == "cancelled.xml":
        call.wait(180)
        call.cancel()
    assert call.final().status == (487 if "cancel" in scenario else 486)
    assert provider.end(10) == 0, provider.text
    assert tandem.cdr()[0]["disposition"] == disposition


# ------------------------------------------------------------------- sipsak

def sipsak(tandem, *args):
    need("sipsak")
    return run(["sipsak", "-vv", *args], timeout=20)


def test_sipsak_options(make_tandem):
    """The usual probe of a monitoring system."""
    tandem = make_tandem(general="auth_options_requests=no")
    status, text = sipsak(tandem, "-s",
                          f"sip:127.0.0.1:{tandem.port}")
    assert status == 0, text
    assert "200 OK" in text


def sipsak_registers(tandem, secret):
    return sipsak(
        tandem, "-U", "-i", "-C", "sip:1001@127.0.0.1:9", "-x", "60", "-u",
        "1001", "-a", secret, "-s", f"sip:1001@127.0.0.1:{tandem.port}")


def test_sipsak_registers(make_tandem):
    tandem = make_tandem()
    status, text = sipsak_registers(tandem, SECRETS["1001"])
    assert status == 0, text
    assert re.search(r"^1001.*127\.0\.0\.1", tandem.console(
        "sip show peers"), re.M)


def test_sipsak_wrong_password(make_tandem):
    tandem = make_tandem()
    status, text = sipsak_registers(tandem, "falsch-Wort-99")
    assert status != 0, text
    assert "(Unspecified)" in tandem.console("sip show peers")
