"""What a plan asks of phones (Transfer, SendText, Originate), two files of one
recording (Monitor), one call at a time (MacroExclusive), digits in every way;
and the console that explains, shows and keeps the database."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from harness import audio
from harness.office import OFFICE_SIP, phone_conf

SIP = OFFICE_SIP + phone_conf("1004", "dtmfmode=info")
PLAN = """\
[general]
autofallthrough=yes
[globals]
DAY=${ENV(HOME)}
[office]
include => night,22:00-6:00,*,*,*
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => 300,1,Transfer(SIP/4711@b.example:5070)
exten => 301,1,Answer()
 same => n,Transfer(4711)
 same => n,Set(CDR(userfield)=${TRANSFERSTATUS} ${TRANSFERSTATUSPROTOCOL})
exten => 302,1,Answer()
 same => n,SendText(door open, come in)
 same => n,Set(CDR(userfield)=${SENDTEXTSTATUS})
exten => 303,1,Answer()
 same => n,Originate(SIP/1002,exten,later,s,1,10,c(555)n(Bell)v(word=hi))
 same => n,Set(CDR(userfield)=${ORIGINATE_STATUS})
exten => 304,1,Answer()
 same => n,Originate(SIP/1002,app,Playback,prompt,,10)
 same => n,Set(CDR(userfield)=${ORIGINATE_STATUS})
exten => 305,1,Answer()
 same => n,Monitor(wav,talk)
 same => n,Playback(prompt)
 same => n,StopMonitor()
 same => n,Wait(1)
exten => 306,1,Answer()
 same => n,MacroExclusive(door)
 same => n,Playback(after)
exten => 307,1,Answer()
 same => n,SendDTMF(19#)
 same => n,Wait(1)
exten => 307/1002,1,Hangup(21)
exten => 308,1,AMD()
 same => n,Set(CDR(userfield)=${AMDSTATUS} ${CUT(AMDCAUSE,-,1)})
exten => 309,1,BackgroundDetect(long,300)
 same => n,Set(CDR(userfield)=nothing)
exten => talk,1,Playback(after)
exten => 310,1,Set(CURLOPT(userpwd)=anna:geheim)
 same => n,Set(CURLOPT(httptimeout)=5)
 same => n,Set(CDR(userfield)=${CURL(http://127.0.0.1:{web}/who?n=\
${CALLERID(name)})})
 same => n,Set(said=${CURL(http://127.0.0.1:{web}/post,a=1&b=${SIP_HEADER(\
X-Data)})})
 same => n,Set(CDR(userfield)=${CDR(userfield)}/${said})
 same => n,Set(said=${CURL(http://127.0.0.1:{web}/lines,\
${URIDECODE(a%0Ab%09c)})})
 same => n,Set(bad=${CURL(http://${SIP_HEADER(X-Data)}/)})
exten => 311,1,Dial(SIP/1002,10,o(4711)I)
exten => 312,1,Dial(SIP/1002,10,f)
[later]
exten => s,1,Set(CDR(userfield)=${word} ${CALLERID(num)})
 same => n,Playback(prompt)
[macro-door]
exten => s,1,Playback(prompt)
 same => n,WaitExten(20)
exten => 1,1,NoOp(left)
[night]
exten => 700,1,Playback(prompt)
exten => 700,2,Hangup()
"""
TONES = {"prompt": 500, "after": 900, "long": 1300}


class Web(BaseHTTPRequestHandler):
    """Says what it was asked."""

    def do_GET(self):
        size = int(self.headers.get("Content-Length") or 0)
        self.server.asked.append((self.path, self.rfile.read(size).decode(),
                                  self.headers.get("Authorization")))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Carla\n")

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def web(slot):
    server = HTTPServer(("127.0.0.1", slot.take()), Web)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def office(make_tandem, web):
    tandem = make_tandem(sip=SIP, plan=PLAN.replace(
        "{web}", str(web.server_port)), start=False)
    tandem.tones(TONES, 6400)
    tandem.tones({"long": TONES["long"]}, 64000)
    return tandem.start()


def notify(call, status):
    """What the phone tells of the call that it was sent to."""
    body = f"SIP/2.0 {status} So\r\n"
    reply = call.request("NOTIFY", [
        ("Event", "refer"), ("Content-Type", "message/sipfrag"),
        ("Subscription-State", "active" if status < 200 else "terminated")],
        body)
    assert reply.status == 200, reply


def test_transfer(office, phones):
    """302 before the answer; REFER after it, and how the phone fared."""
    anna = phones(office, "1001")
    response = anna.invite("300").final()
    assert response.status == 302
    assert response["Contact"] == "<sip:4711@b.example:5070>"

    for heard, told in ((200, "SUCCESS 0"), (486, "FAILURE 486")):
        call = anna.call("301")
        refer = call.wait("REFER")
        assert refer["Refer-To"].startswith("<sip:4711@127.0.0.1")
        anna.reply(refer, 202)
        notify(call, 100)
        notify(call, heard)
        call.gone()
        office.wait_rows("select 1 from cdr where userfield=?", args=(told,))

    call = anna.call("301")
    anna.reply(call.wait("REFER"), 405)
    call.gone()
    office.wait_rows("select 1 from cdr where userfield='UNSUPPORTED 405'")
    # nobody was asked about a call that is over
    assert call.request("NOTIFY", [("Event", "refer")]).status == 481


def test_text(office, phones):
    call = phones(office, "1001").call("302")
    message = call.wait("MESSAGE")
    assert message["Content-Type"].startswith("text/plain")
    assert message.text == "door open, come in"
    call.phone.reply(message, 200)
    call.gone()
    assert office.cdr()[0]["userfield"] == "SUCCESS"


def test_originate(office, phones):
    """Bert rings and runs the extension, or the application."""
    anna, bert = phones(office, "1001", "1002")
    call = anna.call("303")
    back = bert.pick_up()
    assert back.invite["From"].startswith('"Bell" <sip:555@')
    back.rtp.wait_tone(TONES["prompt"])
    back.gone()
    call.gone()
    office.wait_rows("select 1 from cdr where userfield='hi 555'")
    office.wait_rows("select 1 from cdr where userfield='SUCCESS'")

    call = anna.call("304")
    bert.incoming().refuse(486)
    call.gone()
    office.wait_rows("select 1 from cdr where userfield='BUSY'")
    call = anna.call("304")
    back = bert.pick_up()
    back.rtp.wait_tone(TONES["prompt"])
    back.gone()
    call.gone()


def test_shown_number(office, phones):
    """Options o and f of Dial: another number than the caller's; f is for
    those to whom the callee forwards."""
    anna, bert, carl = phones(office, "1001", "1002", "1003")
    call = anna.invite("311")
    back = bert.incoming()
    assert "<sip:4711@" in back.invite["From"]
    back.refuse(486)
    call.final()
    call = anna.invite("312")
    back = bert.incoming()
    assert "<sip:1001@" in back.invite["From"]
    back.refuse(302, headers=[("Contact", f"<sip:1003@{bert.domain}>")])
    back = carl.incoming()
    assert "<sip:312@" in back.invite["From"]
    back.refuse(486)
    call.final()


def test_monitor(office, phones):
    """What he says in one file, what he hears in the other."""
    call = phones(office, "1001").call("305", freq=650)
    call.gone(8)
    office.idle()
    _, (said,) = audio.read_wav(office.recording("talk-in.wav"))
    _, (heard,) = audio.read_wav(office.recording("talk-out.wav"))
    assert audio.seconds_of(said, 650) > 0.5
    assert audio.seconds_of(said, 500) < 0.1
    assert audio.seconds_of(heard, 500) > 0.5
    assert audio.seconds_of(heard, 650) < 0.1


def test_one_at_a_time(office, phones):
    """Bert's turn comes when Anna's macro is over, Carl's when Bert leaves
    in it."""
    anna, bert, carl = phones(office, "1001", "1002", "1003")
    one = anna.call("306")
    one.rtp.wait_tone(TONES["prompt"])
    two = bert.call("306")
    office.log.wait("MacroExclusive.door.: waits for its turn")
    three = carl.call("306")
    one.rtp.press("1")
    one.rtp.wait_tone(TONES["after"])
    two.rtp.wait_tone(TONES["prompt"])
    assert audio.seconds_of(three.rtp.heard(), TONES["prompt"]) < 0.1
    two.bye()
    three.rtp.wait_tone(TONES["prompt"])
    three.bye()
    one.gone()


def test_digits_in_every_way(office, phones):
    """As INFO; in the audio, if the phone takes no events (those of RFC 4733
    are in test_69_people.py)."""
    dora = phones(office, "1004", secret="birke-Gabel-1004")
    call = dora.call("307")
    for digit in "19#":
        info = call.wait("INFO")
        assert f"Signal={digit}" in info.text
        dora.reply(info, 200)
    call.gone()

    call = phones(office, "1001").call("307", payloads=(0,))
    call.gone()
    for freq in (697, 1209, 852, 1477, 941):    # two of them make a digit
        assert audio.seconds_of(call.rtp.heard(), freq, least=0.35) > 0.03


def test_who_talks(office, phones):
    """A word, and silence: somebody.  He talks on: a machine.  Speech stops a
    prompt."""
    anna = phones(office, "1001")
    for speaks, told in ((True, "MACHINE LONGGREETING"),
                         (False, "MACHINE INITIALSILENCE")):
        anna.call("308", freq=650 if speaks else None).gone(8)
        office.wait_rows("select 1 from cdr where userfield=?", args=(told,))

    call = anna.call("308")
    call.rtp.wait_sent(20)
    call.rtp.play(650)
    call.rtp.wait_sent(call.rtp.sent + 20)
    call.rtp.play(None)
    call.gone(8)
    office.wait_rows("select 1 from cdr where userfield='HUMAN HUMAN'")

    call = anna.call("309")
    call.rtp.wait_tone(TONES["long"])
    call.rtp.play(650)
    call.rtp.wait_sent(call.rtp.sent + 20)
    call.rtp.play(None)
    call.rtp.wait_tone(TONES["after"])
    call.gone()


def test_curl(office, phones, web):
    """What a caller sends is data of the address, and never its host."""
    call = phones(office, "1001").invite(
        "310", headers=[("X-Data", 'x&c=2"/#@h')])
    call.final()
    row = office.cdr()[0]
    assert row["userfield"] == "Carla/Carla"
    assert [a[:2] for a in web.asked] == [
        ("/who?n=Anna", ""), ("/post", 'a=1&b=x&c=2"/#@h'),
        ("/lines", "a\nb\tc")]
    assert all(a[2] == "Basic " + base64.b64encode(b"anna:geheim").decode()
               for a in web.asked)
    office.log.wait("expected http://HOST/")


EXPLAINED = [
    ("1002", ["_100X", "Dial(SIP/1002,20)"]),
    ("307", ["SendDTMF(19#)"]),
    ("307 from 1002", ["Hangup(21)"]),
    ("700 at 2026-01-05 23:00", ["night", "Playback(prompt)"]),
]


def test_console(office):
    for words, parts in EXPLAINED:
        text = office.console(f"dialplan explain office {words}")
        for part in parts:
            assert part in text, text
    text = office.console("dialplan explain office 700 at 2026-01-05 12:00",
                          status=None)
    assert "night" in text and "Playback" not in text, text

    text = office.console("dialplan show night")
    assert "[ Context 'night' created by 'pbx_config' ]" in text, text
    assert "'700' =>" in text and "1. Playback(prompt)" in text, text
    text = office.console("dialplan show 1002@office")
    assert "'_100X' =>" in text and "Dial(SIP/${EXTEN},20)" in text, text
    assert "-= 1 extension (1 priority) in 1 context. =-" in text, text

    office.console("database put cidname 0777 Carla")
    assert "Carla" in office.console("database get cidname 0777")
    text = office.console("database show cidname")
    assert "/cidname/0777" in text and ": Carla" in text, text
    office.console("database del cidname 0777")
    assert "Carla" not in office.console("database show")
