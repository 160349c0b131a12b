"""Options of sip.conf and tandem.conf: calls of a peer."""

import re
import socket
import time

import pytest

from harness.audio import read_wav
from harness.office import OFFICE_SIP
from harness.sip import credentials, param
from harness.talk import ring

PLAN = """\
[office]
exten => _100X,1,Dial(SIP/${EXTEN},5)
 same => n,Hangup()
exten => 600,1,Answer()
 same => n,Echo()
exten => 12345,1,Hangup(17)
"""


def with_line(line, user="1001", sip=OFFICE_SIP):
    return sip.replace(f"[{user}](phone)", f"[{user}](phone)\n{line}")


# ------------------------------------------------------------- who may

@pytest.mark.parametrize("insecure,status", [
    ("no", 401), ("port", 401), ("invite", 401), ("port,invite", 486),
    ("port, invite", 486), ("very", 486)])
def test_insecure(make_tandem, phones, slot, insecure, status):
    """A trunk whose calls come from another port."""
    tandem = make_tandem(
        general="context=office",
        plan="[office]\nexten => 5,1,Hangup(17)\n",
        sip=f"[trunk]\ntype=peer\nhost=127.0.0.1\nport={slot.take()}\n"
            f"secret=birke-Fenster-9\ninsecure={insecure}\n")
    trunk = phones(tandem, "0301", register=False)
    assert trunk.invite("5", auth=False).final().status == status


@pytest.mark.parametrize("lines,status", [
    ("permit=192.0.2.0/24", 200),
    ("deny=0.0.0.0/0.0.0.0", 401),
    ("deny=0.0.0.0/0\npermit=127.0.0.0/8", 200),
    ("permit=127.0.0.0/8\ndeny=0.0.0.0/0", 401),
    ("contactdeny=127.0.0.0/8", 603),
    ("contactdeny=0.0.0.0/0\ncontactpermit=127.0.0.1", 200),
    ("transport=tcp", 403),
    ("transport=tcp,udp", 200),
])
def test_where_a_phone_may_register(make_tandem, phones, lines, status):
    tandem = make_tandem(sip=with_line(lines))
    phone = phones(tandem, "1001", register=False)
    response = phone.register()
    # a refusal by address looks as a wrong password does
    assert response.status == (403 if status == 401 else status)


@pytest.mark.parametrize("general,answer", [
    ("", 401), ("alwaysauthreject=no", 403), ("allowguest=yes", 404)])
def test_stranger(make_tandem, phones, general, answer):
    tandem = make_tandem(general=general, plan=PLAN + "[nowhere]\n")
    phone = phones(tandem, "stranger", register=False)
    assert phone.invite("600").final().status == answer


@pytest.mark.parametrize("ask,status", [("yes", 401), ("no", 404)])
def test_auth_options_requests(make_tandem, phones, ask, status):
    tandem = make_tandem(general=f"auth_options_requests={ask}")
    phone = phones(tandem, "stranger", register=False)
    message = phone.build("OPTIONS", "sip:nobody@127.0.0.1",
                          To="<sip:nobody@127.0.0.1>")
    assert phone.request(message, auth=False).status == status


def test_limits(make_tandem, phones):
    """call-limit= of the caller, of the callee, and maxcalls=."""
    tandem = make_tandem(
        plan=PLAN, tandem="maxcalls=3\n",
        sip=OFFICE_SIP.replace("call-limit=8", "call-limit=1"))
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    one = anna.call("600")
    refused = anna.invite("600").final()
    assert refused.status == 480 and "limit" in refused.reason.lower()
    # the callee has one call
    assert carl.invite("1001").final().status in (486, 480, 503)
    two = bert.call("600")
    three = carl.call("600")
    dave = phones(tandem, "1003", register=False)
    last = dave.invite("600").final()
    assert last.status in (480, 503)
    for call in (one, two, three):
        call.bye()
    tandem.idle()


def test_call_waiting(make_tandem, phones):
    """A phone that talks rings with a second call, whose caller hears 180; a
    third one is beyond its call-limit: 486."""
    tandem = make_tandem(sip=OFFICE_SIP.replace("call-limit=8",
                                                "call-limit=2"))
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    one = anna.invite("1003")
    first = carl.pick_up(1000)
    one.answered()
    two, second = ring(bert, carl)
    assert anna.invite("1003").final().status == 486
    second.accept()
    two.answered()
    for call in (one, two):
        call.bye()
    first.gone()
    second.gone()
    tandem.idle()


@pytest.mark.parametrize("overlap,exten,status", [
    ("yes", "123", 484), ("no", "123", 404), ("yes", "99", 404),
    ("yes", "12345", 486), ("dtmf", "123", 484)])
def test_allowoverlap(make_tandem, phones, overlap, exten, status):
    tandem = make_tandem(plan=PLAN, sip=with_line(f"allowoverlap={overlap}"))
    assert phones(tandem, "1001").invite(exten).final().status == status


# ---------------------------------------------------------- who it is

@pytest.mark.parametrize("trust,headers,number,pres", [
    ("yes", [("P-Asserted-Identity", '"Zoe" <sip:777@x>')], "Zoe 777",
     "allowed"),
    ("yes", [("P-Asserted-Identity", "<tel:+49777>")], " +49777", "allowed"),
    ("yes", [("P-Asserted-Identity", "<sip:777@x>"), ("Privacy", "id")],
     " 777", "prohib"),
    ("yes", [("Remote-Party-ID", '"Zoe" <sip:778@x>;party=calling;'
              'privacy=full;screen=yes')], "Zoe 778", "prohib"),
    ("no", [("P-Asserted-Identity", '"Zoe" <sip:777@x>')], "Anna 1001",
     "allowed"),
])
def test_trustrpid(make_tandem, phones, trust, headers, number, pres):
    """The identity is believed, and wins over callerid= then only."""
    tandem = make_tandem(
        sip=with_line(f"trustrpid={trust}"),
        plan="[office]\nexten => 5,1,Set(CDR(userfield)=${CALLERID(name)} "
             "${CALLERID(num)}/${CALLERID(pres)})\n same => n,Hangup(17)\n")
    call = phones(tandem, "1001").invite("5", headers=headers)
    assert call.final().status == 486
    who, _, how = tandem.cdr()[0]["userfield"].partition("/")
    assert who.strip() == number.strip()
    assert how.startswith(pres)


@pytest.mark.parametrize("promisc", ["yes", "no"])
def test_promiscredir(make_tandem, phones, promisc):
    """302 to another host: followed as it is, or its user is dialled."""
    tandem = make_tandem(plan=PLAN, sip=with_line(f"promiscredir={promisc}",
                                                  "1002"))
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    far = phones(tandem, "far", register=False)
    call = anna.invite("1002")
    bert.incoming().refuse(302, headers=[
        ("Contact", f"<sip:1003@127.0.0.1:{far.port}>")])
    incoming = (far if promisc == "yes" else carl).incoming()
    incoming.refuse(486)
    assert call.final().status == 486


def test_general_callerid(make_tandem, phones):
    """The user of From if there is no number."""
    tandem = make_tandem(
        general="callerid=board",
        plan="[office]\nexten => 5,1,Set(CALLERID(all)=)\n"
             " same => n,Dial(SIP/1002)\n")
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("5")
    incoming = bert.incoming()
    assert "<sip:board@127.0.0.1" in incoming.invite["From"]
    incoming.refuse(486)
    call.final()


def test_language_and_music(make_tandem, phones):
    tandem = make_tandem(
        sip=with_line("language=ru\nmohinterpret=jazz\naccountcode=7"),
        plan="[office]\nexten => 5,1,Set(CDR(userfield)="
             "${CHANNEL(language)} ${CHANNEL(musicclass)} "
             "${CHANNEL(accountcode)})\n same => n,Hangup(17)\n")
    phones(tandem, "1001").invite("5").final()
    assert tandem.cdr()[0]["userfield"] == "ru jazz 7"


@pytest.mark.parametrize("holder,held,heard", [
    ("", "mohinterpret=low", 300), ("mohsuggest=high", "mohinterpret=low",
                                    900)])
def test_music_on_hold(make_tandem, phones, holder, held, heard):
    """What the holder suggests, else what the held side is to hear."""
    tandem = make_tandem(
        plan=PLAN, start=False,
        sip=with_line(holder, "1002", with_line(held)))
    for name, freq in (("low", 300), ("high", 900)):
        tandem.tones({"one": freq}, 8000, name)
    tandem.write("musiconhold.conf", "".join(
        f"[{name}]\nmode=files\ndirectory={tandem.dir / name}\n"
        for name in ("low", "high")))
    tandem.start()
    anna, bert = phones(tandem, "1001", "1002")
    out = anna.invite("1002")
    back = bert.pick_up(500)
    out.answered()
    out.talk(700)
    # the re-INVITE to the held side is answered by its phone
    back.phone.send(back.build("INVITE", body=back.offer("sendonly")))
    request = out.expect_reinvite()
    out.answer_reinvite(request, "recvonly")
    response = back.wait(lambda m: m.status == 200 and m.method == "INVITE")
    back.invite, back.cseq = None, response.cseq[0]
    back.take(response)
    out.rtp.wait_tone(heard, 0.3)


# ------------------------------------------------------------- signalling

@pytest.mark.parametrize("mode,statuses,heard", [
    ("never", [180], False), ("no", [180], False), ("yes", [180, 183], True),
])
def test_progressinband(make_tandem, phones, mode, statuses, heard):
    tandem = make_tandem(
        sip=with_line(f"progressinband={mode}"),
        plan="[office]\nexten => 5,1,Ringing()\n same => n,Wait(3)\n"
             "exten => 6,1,Progress()\n same => n,Ringing()\n"
             " same => n,Wait(3)\n")
    phone = phones(tandem, "1001")
    call = phone.invite("5")
    for status in statuses:
        got = call.wait(status)
    if heard:
        call.take(got)
        call.talk()
        call.rtp.wait_packets(10)
    time.sleep(0.3)
    assert not [m for m in phone.inbox if m.status in (180, 183)]
    call.cancel()
    assert call.wait(487)
    # after Progress(): a tone, unless never
    call = phone.invite("6")
    got = call.wait(183)
    if mode == "never":
        call.wait(180)
    else:
        call.take(got)
        call.talk()
        call.rtp.wait_packets(10)
        assert not [m for m in phone.inbox if m.status == 180]
    call.cancel()
    assert call.wait(487)


TIMERS = "session-minse=101\nsession-expires=199\n"


@pytest.mark.parametrize("lines,headers,status,expires", [
    ("session-timers=originate", {}, 200, 199),
    ("session-timers=originate", {"Min-SE": "240"}, 200, 240),
    ("", {"Session-Expires": "150"}, 200, 150),
    ("", {"Session-Expires": "250"}, 200, 199),
    ("", {"Session-Expires": "250", "Min-SE": "240"}, 200, 250),
    ("", {"Session-Expires": "100"}, 422, None),
    ("", {}, 200, None),
    ("session-timers=refuse", {"Session-Expires": "150"}, 200, None),
    ("session-timers=refuse", {"Require": "timer"}, 420, None),
])
def test_session_timers(make_tandem, phones, lines, headers, status, expires):
    """What chan_sip answers (trap 26)."""
    tandem = make_tandem(plan=PLAN, sip=with_line(TIMERS + lines))
    headers = [("Supported", "timer"), *headers.items()]
    response = phones(tandem, "1001").invite("600", headers=headers).final()
    assert response.status == status
    if status == 422:
        assert response["Min-SE"] == "101"
    elif expires:
        assert response["Session-Expires"].split(";")[0] == str(expires)
    else:
        assert "Session-Expires" not in response


@pytest.mark.parametrize("refresher", ["uas", "uac"])
def test_session_refresher(make_tandem, phones, refresher):
    tandem = make_tandem(plan=PLAN, sip=with_line(
        f"session-refresher={refresher}"))
    response = phones(tandem, "1001").invite(
        "600", headers=[("Supported", "timer"),
                        ("Session-Expires", "600")]).final()
    assert param(response["Session-Expires"], "refresher") == refresher


@pytest.mark.parametrize("lines,sent", [
    ("session-timers=originate\nsession-expires=300", "300"),
    ("session-timers=accept", None), ("session-timers=refuse", None)])
def test_session_timers_out(make_tandem, phones, lines, sent):
    tandem = make_tandem(plan=PLAN, sip=with_line(lines, "1002"))
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    incoming = bert.incoming()
    got = incoming.invite.get("Session-Expires")
    assert (got and got.split(";")[0]) == sent
    assert ("timer" in incoming.invite.get("Supported", "")) == \
        ("refuse" not in lines)
    incoming.refuse(486)
    call.final()


@pytest.mark.parametrize("mode,ctype,body", [
    ("info", "application/dtmf-relay", r"Signal=5\r\nDuration=\d+\r\n"),
    ("shortinfo", "application/dtmf", r"5\r\n"),
])
def test_digits_by_info(make_tandem, phones, mode, ctype, body):
    """dtmfmode= of the callee: the caller's event becomes an INFO."""
    tandem = make_tandem(plan=PLAN, sip=with_line(f"dtmfmode={mode}",
                                                  "1002"))
    anna, bert = phones(tandem, "1001", "1002")
    out = anna.invite("1002")
    back = bert.pick_up(500)
    assert "telephone-event" not in back.invite.body.decode()
    out.answered()
    out.talk(700)
    back.rtp.wait_tone(700, 0.2)
    out.rtp.press("5")
    info = back.wait("INFO")
    bert.reply(info, 200)
    assert info["Content-Type"] == ctype
    assert re.fullmatch(body, info.text)


@pytest.mark.parametrize("mode,offered", [
    ("rfc2833", True), ("auto", True), ("inband", False)])
def test_dtmfmode_offers(make_tandem, phones, mode, offered):
    tandem = make_tandem(plan=PLAN, sip=with_line(f"dtmfmode={mode}",
                                                  "1002"))
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    incoming = bert.incoming()
    assert ("telephone-event" in incoming.invite.body.decode()) == offered
    incoming.refuse(486)
    call.final()


@pytest.mark.parametrize("line,payloads", [
    ("", ["0", "8"]), ("preferred_codec_only=yes", ["0"]),
    ("disallow=ulaw", ["8"]), ("disallow=all\nallow=alaw,ulaw", None)])
def test_codecs(make_tandem, phones, line, payloads):
    tandem = make_tandem(plan=PLAN, sip=with_line(line, "1002"))
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("1002")
    incoming = bert.incoming()
    got = re.search(r"m=audio \d+ RTP/AVP ([\d ]+)",
                    incoming.invite.body.decode()).group(1).split()
    audio = [p for p in got if p in ("0", "8")]
    if payloads is None:
        assert sorted(audio) == ["0", "8"]
    else:
        assert audio == payloads
    incoming.refuse(486)
    call.final()


def test_static_host_by_tcp(make_tandem, phones, slot):
    """The first of transport= is how it is called."""
    listener = socket.create_server(("127.0.0.1", slot.take()))
    port = listener.getsockname()[1]
    tandem = make_tandem(
        plan="[office]\nexten => 5,1,Dial(SIP/5@trunk)\n",
        sip=OFFICE_SIP + "[trunk]\ntype=peer\nhost=127.0.0.1\n"
                         f"port={port}\ntransport=tcp,udp\n")
    phones(tandem, "1001").invite("5")
    listener.settimeout(3)
    conn, _ = listener.accept()
    conn.settimeout(3)
    text = conn.recv(4000).decode()
    assert text.startswith("INVITE sip:5@127.0.0.1")
    assert "\r\nVia: SIP/2.0/TCP " in text
    conn.close()
    listener.close()


def test_defaultip(make_tandem, phones, slot):
    """Called there until it registers, by its defaultuser."""
    port = slot.take()
    tandem = make_tandem(plan=PLAN, sip=with_line(
        f"defaultip=127.0.0.1\nport={port}\ndefaultuser=desk", "1002"))
    bert = phones(tandem, "1002", register=False, port=port)
    call = phones(tandem, "1001").invite("1002")
    incoming = bert.incoming()
    assert incoming.invite.uri.startswith("sip:desk@127.0.0.1")
    incoming.refuse(486)
    call.final()


@pytest.mark.parametrize("lines,user,secret", [
    ("secret=one-Wort-11", "trunk", "one-Wort-11"),
    ("secret=one-Wort-11\ndefaultuser=joe", "joe", "one-Wort-11"),
    ("secret=one-Wort-11\nusername=joe\nremotesecret=two-Wort-22", "joe",
     "two-Wort-22"),
])
def test_credentials_of_a_trunk(make_tandem, phones, slot, lines, user,
                                secret):
    port = slot.take()
    tandem = make_tandem(
        plan="[office]\nexten => 5,1,Dial(SIP/5@trunk)\n",
        sip=OFFICE_SIP + f"[trunk]\ntype=peer\nhost=127.0.0.1\nport={port}\n"
                         + lines + "\n")
    trunk = phones(tandem, "trunk", register=False, port=port)
    call = phones(tandem, "1001").invite("5")
    first = trunk.incoming()
    header = 'Digest realm="r", nonce="n", algorithm=MD5'
    trunk.reply(first.invite, 401, headers=[("WWW-Authenticate", header)])
    again = trunk.incoming()
    want = credentials(header, "INVITE", again.invite.uri, user, secret)
    response = re.search(r'response="(\w+)"', want).group(1)
    assert f'response="{response}"' in again.invite["Authorization"]
    again.refuse(486)
    call.final()


@pytest.mark.parametrize("on,cause", [("yes", "21"), ("no", "17")])
def test_use_q850_reason(make_tandem, phones, on, cause):
    tandem = make_tandem(
        general=f"use_q850_reason={on}",
        plan="[office]\nexten => 5,1,Dial(SIP/1002)\n"
             " same => n,Set(CDR(userfield)=${HANGUPCAUSE})\n")
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("5")
    bert.incoming().refuse(486, headers=[("Reason", "Q.850;cause=21")])
    call.final()
    assert tandem.cdr()[0]["userfield"] == cause


def test_lagged_is_not_called(make_tandem, phones):
    tandem = make_tandem(plan=PLAN, sip=with_line("qualify=1", "1002"))
    anna = phones(tandem, "1001")
    bert = phones(tandem, "1002", register=False)
    bert.answer_options = False
    bert.registered()
    question = bert.expect("OPTIONS")
    time.sleep(0.1)
    bert.reply(question, 200)
    tandem.wait_console("sip show peers", r"^1002.*LAGGED \(\d+ ms\)")
    assert anna.invite("1002").final().status >= 400
    assert not [m for m in bert.log if "INVITE" in m.first]


def test_rtpkeepalive(make_tandem, phones):
    tandem = make_tandem(
        sip=with_line("rtpkeepalive=1"),
        plan="[office]\nexten => 5,1,Answer()\n same => n,Wait(5)\n")
    phone = phones(tandem, "1001")
    call = phone.invite("5")
    call.answered()
    call.talk()
    call.rtp.wait_packets(1, timeout=4)
    call.bye()


def test_names_of_this_machine(make_tandem, phones):
    tandem = make_tandem(plan=PLAN, tandem="systemname=north\n")
    phones(tandem, "1001").invite("12345").final()
    assert tandem.cdr()[0]["uniqueid"].startswith("north-")


@pytest.mark.parametrize("mono,channels", [("yes", 1), ("no", 2)])
def test_recordmono(make_tandem, phones, mono, channels):
    tandem = make_tandem(
        tandem=f"recordmono={mono}\n",
        plan="[office]\nexten => 5,1,Answer()\n"
             " same => n,MixMonitor(x.wav)\n same => n,Echo()\n")
    call = phones(tandem, "1001").call("5", freq=400)
    call.rtp.wait_tone(400, 0.5)
    call.bye()
    tandem.idle()
    tandem.wait_rows("SELECT * FROM cdr WHERE rec_state = 'complete'")
    _, heard = read_wav(tandem.recording("x.wav"))
    assert len(heard) == channels
