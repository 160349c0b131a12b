"""Lamps: SUBSCRIBE to dialog, presence and message-summary; what the NOTIFYs
say when a phone rings, talks, holds; who is told nothing."""

import re
import time
import xml.etree.ElementTree as ET

import pytest

from harness.office import OFFICE_PLAN, OFFICE_SIP, phone_conf
from harness.sip import param, token

PLAN = OFFICE_PLAN + """
exten => 1002,hint,SIP/1002
exten => 1003,hint,SIP/1003
exten => 77,hint,Custom:night
exten => 78,hint,SIP/1002&SIP/1003
exten => _8X,hint,Custom:lamp${EXTEN:1}
exten => *77,1,Set(DEVICE_STATE(Custom:night)=INUSE)
 same => n,Hangup(1)
exten => *78,1,Set(CDR(userfield)=${DEVICE_STATE(SIP/1003)}/${EXTENSION_STATE(1002@office)}/${HINT(78@office)}/${DEVICE_STATE(Custom:night)}/${DEVICE_STATE(SIP/nobody)})
 same => n,Hangup(1)
[inside]
exten => 90,hint,SIP/1003
"""
NS = {"d": "urn:ietf:params:xml:ns:dialog-info",
      "p": "urn:ietf:params:xml:ns:pidf",
      "dm": "urn:ietf:params:xml:ns:pidf:data-model",
      "r": "urn:ietf:params:xml:ns:pidf:rpid"}
ACCEPT = {"dialog": "application/dialog-info+xml",
          "presence": "application/pidf+xml",
          "message-summary": "application/simple-message-summary"}


class Watch:
    """A subscription of a phone."""

    def __init__(self, phone, exten, event="dialog", expires=600, headers=(),
                 accept=None, **over):
        self.phone, self.event = phone, event
        self.call_id, self.tag = token(), token()
        self.uri = f"sip:{exten}@{phone.domain}"
        message = phone.build(
            "SUBSCRIBE", self.uri,
            [("Event", event), ("Accept", accept or ACCEPT.get(
                event.split(";")[0], "*/*")),
             ("Expires", str(expires)), *headers],
            **{"Call-ID": self.call_id,
               "From": f"<sip:{phone.user}@{phone.domain}>;tag={self.tag}",
               **over})
        self.response = phone.request(message)
        self.status = self.response.status
        self.cseq = phone.cseq

    def next(self, timeout=5, status=200, headers=()):
        """The next NOTIFY of this subscription, answered."""
        notify = self.phone.expect(
            lambda m: m.is_request and m.first.startswith("NOTIFY")
            and m["Call-ID"] == self.call_id, timeout)
        self.phone.reply(notify, status, headers=headers)
        return notify

    def lamp(self, timeout=5):
        return Lamp(self.next(timeout))

    def again(self, expires=600, phone=None):
        """Refresh, or end it (0)."""
        phone = phone or self.phone
        to = self.response["To"]
        message = phone.build(
            "SUBSCRIBE", self.response.target(),
            [("Event", self.event), ("Expires", str(expires))],
            **{"Call-ID": self.call_id, "To": to,
               "From": f"<sip:{self.phone.user}@{self.phone.domain}>"
                       f";tag={self.tag}"})
        return phone.request(message)

    def quiet(self, seconds=0.4):
        time.sleep(seconds)     # what must not come tells no event
        assert not [m for m in self.phone.inbox
                    if m.is_request and m["Call-ID"] == self.call_id]


class Lamp:
    """What a dialog-info document says."""

    def __init__(self, notify):
        self.notify = notify
        root = ET.fromstring(notify.body)
        assert root.tag == "{%s}dialog-info" % NS["d"]
        assert root.get("state") == "full"
        self.version = int(root.get("version"))
        self.entity = root.get("entity")
        self.dialog = root.find("d:dialog", NS)
        self.state = self.dialog.find("d:state", NS).text
        self.direction = self.dialog.get("direction")
        self.held = self.dialog.find(
            "d:local/d:target/d:param[@pname='+sip.rendering']", NS) \
            is not None

    def caller(self):
        remote = self.dialog.find("d:remote/d:identity", NS)
        return None if remote is None else (remote.get("display"),
                                            remote.text)


def talk(caller, callee):
    out = caller.invite(callee.user)
    back = callee.pick_up()
    out.answered()
    out.talk()
    return out, back


# ------------------------------------------------------------------- dialog

def test_lamp_of_a_call(make_tandem, phones):
    """Rings, talks, ends; versions count up, every document is complete."""
    tandem = make_tandem(plan=PLAN)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    watch = Watch(carl, "1002")
    assert watch.status == 200
    assert watch.response["Expires"] == "600"
    lamp = watch.lamp()
    assert lamp.notify["Event"] == "dialog"
    assert lamp.notify["Content-Type"] == "application/dialog-info+xml"
    assert re.fullmatch(r"active;expires=(600|599)",
                        lamp.notify["Subscription-State"])
    assert lamp.notify.uri == f"sip:1003@{carl.host}:{carl.port}"
    assert "@" in lamp.notify["Contact"]
    assert (lamp.state, lamp.entity) == ("terminated", watch.uri)
    versions = [lamp.version]

    out = anna.invite("1002")
    ringing = bert.incoming()
    ringing.ring()
    lamp = watch.lamp()
    versions.append(lamp.version)
    assert (lamp.state, lamp.direction) == ("early", "recipient")
    assert lamp.caller() is None            # notifycid=no
    assert "call-id" not in lamp.dialog.attrib
    ringing.accept()
    out.answered()
    lamp = watch.lamp()
    versions.append(lamp.version)
    assert lamp.state == "confirmed" and not lamp.held
    out.bye()
    ringing.gone()
    lamp = watch.lamp()
    versions.append(lamp.version)
    assert lamp.state == "terminated"
    assert versions == [0, 1, 2, 3]
    watch.quiet()


def test_lamp_of_a_caller(make_tandem, phones):
    """Who calls is in use, from the first moment."""
    tandem = make_tandem(plan=PLAN)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    watch = Watch(anna, "1003")
    assert watch.lamp().state == "terminated"
    call = carl.invite("1002")
    rings = bert.incoming()
    assert watch.lamp().state == "confirmed"
    rings.refuse(486)
    assert call.final().status == 486
    assert watch.lamp().state == "terminated"


def test_lamp_hold_and_caller(make_tandem, phones):
    """notifyhold, notifycid: hold is shown, and who calls."""
    tandem = make_tandem(plan=PLAN, general="notifyhold=yes\nnotifycid=yes\n")
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    watch = Watch(carl, "1002")
    watch.lamp()
    out = anna.invite("1002")
    back = bert.incoming()
    back.ring()
    lamp = watch.lamp()
    assert lamp.caller()[0] == "Anna"
    assert lamp.caller()[1].startswith("sip:1001@")
    assert lamp.dialog.get("call-id") == back.call_id
    assert lamp.dialog.get("local-tag") == back.tag
    assert lamp.dialog.get("remote-tag") == param(back.invite["From"], "tag")
    back.accept()
    back.talk()
    out.answered()
    assert not watch.lamp().held
    assert back.reinvite("sendonly").status == 200
    out.answer_reinvite(out.expect_reinvite(), "recvonly")
    lamp = watch.lamp()
    assert lamp.state == "confirmed" and lamp.held
    assert tandem.console("core show hints").count("State:Hold") >= 1
    assert back.reinvite("sendrecv").status == 200
    out.answer_reinvite(out.expect_reinvite())
    lamp = watch.lamp(timeout=3)
    assert lamp.state == "confirmed" and not lamp.held
    out.bye()
    back.gone()
    assert watch.lamp(timeout=3).state == "terminated"


def test_pickup_by_what_the_lamp_says(make_tandem, phones):
    """A lamp key: Replaces made of the document alone."""
    tandem = make_tandem(plan=PLAN, general="notifycid=yes\n")
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    watch = Watch(carl, "1002")
    watch.lamp()
    out = anna.invite("1002")
    bert.incoming().ring()
    says = watch.lamp().dialog.attrib
    call = carl.invite("1002", headers=[("Replaces", "{};to-tag={};"
        "from-tag={};early-only".format(says["call-id"], says["local-tag"],
                                        says["remote-tag"]))])
    call.answered()
    call.talk(1600)
    out.answered()
    out.talk(400)
    bert.expect("CANCEL")
    out.rtp.wait_tone(1600)
    call.rtp.wait_tone(400)
    out.bye()
    call.gone()


def test_notifyringing_no(make_tandem, phones):
    tandem = make_tandem(plan=PLAN, general="notifyringing=no\n")
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    watch = Watch(carl, "1002")
    watch.lamp()
    out = anna.invite("1002")
    ringing = bert.incoming()
    ringing.ring()
    assert watch.lamp().state == "terminated"
    ringing.accept()
    out.answered()
    assert watch.lamp().state == "confirmed"
    out.bye()


def test_rate_is_limited(make_tandem, phones):
    """Fast changes are not told one by one; the last one always is."""
    tandem = make_tandem(plan=PLAN)
    carl = phones(tandem, "1003")
    watch = Watch(carl, "77")
    begin = time.monotonic()
    watch.lamp()
    for i in range(30):
        tandem.console("devstate change Custom:night "
                       + ("INUSE", "NOT_INUSE")[i % 2])
    tandem.console("devstate change Custom:night RINGING")
    lamps = []
    while not lamps or lamps[-1].state != "early":
        lamps.append(watch.lamp())
    took = time.monotonic() - begin
    assert len(lamps) <= 5 + took
    watch.quiet()


# ----------------------------------------------------------------- presence

def test_presence(make_tandem, phones):
    tandem = make_tandem(plan=PLAN)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    watch = Watch(carl, "1002", "presence;id=7")
    notify = watch.next()
    assert notify["Event"] == "presence;id=7"
    assert notify["Content-Type"] == "application/pidf+xml"

    def facts(message):
        root = ET.fromstring(message.body)
        assert root.get("entity") == watch.uri
        return (root.find("p:tuple/p:status/p:basic", NS).text,
                root.find("p:tuple/p:note", NS).text,
                root.find("dm:person/r:activities/r:on-the-phone", NS)
                is not None)

    assert facts(notify) == ("open", "Ready", False)
    out = anna.invite("1002")
    back = bert.incoming()
    back.ring()
    assert facts(watch.next()) == ("open", "Ringing", False)
    back.accept()
    out.answered()
    assert facts(watch.next()) == ("open", "On the phone", True)
    out.bye()
    back.gone()
    assert facts(watch.next()) == ("open", "Ready", False)
    assert bert.register(expires=0).status == 200
    assert facts(watch.next(timeout=3)) == ("closed", "Unavailable", False)


def test_presence_as_dialog_info(make_tandem, phones):
    """Accept decides on the document, as in chan_sip."""
    tandem = make_tandem(plan=PLAN)
    carl = phones(tandem, "1003")
    watch = Watch(carl, "1002", "presence",
                  accept="application/dialog-info+xml")
    assert watch.status == 200
    assert watch.next()["Content-Type"] == "application/dialog-info+xml"


# -------------------------------------------------------------- device states

def test_custom_states(make_tandem, phones):
    """Set by the plan, shown by a lamp, kept over a restart."""
    tandem = make_tandem(plan=PLAN)
    carl = phones(tandem, "1003")
    watch = Watch(carl, "77")
    assert watch.lamp().state == "terminated"
    assert carl.invite("*77").final().status == 404
    assert watch.lamp().state == "confirmed"
    pattern = Watch(carl, "85")
    assert pattern.lamp().state == "terminated"
    tandem.console("devstate change Custom:lamp5 RINGING")
    assert pattern.lamp().state == "early"
    tandem.console("devstate change SIP/1001 INUSE", status=1)
    assert "Custom:night" in tandem.console("devstate list")
    tandem.stop()
    tandem.start()
    shown = tandem.console("core show hint 77")
    assert "State:InUse" in shown and "1 hint matching" in shown


def test_functions(make_tandem, phones):
    tandem = make_tandem(plan=PLAN)
    bert, carl = phones(tandem, "1002", "1003")
    assert carl.invite("*78").final().status == 404
    assert tandem.cdr()[0]["userfield"] == (
        "INUSE/NOT_INUSE/SIP/1002&SIP/1003/UNKNOWN/INVALID")


def test_two_devices_and_busylevel(make_tandem, phones):
    tandem = make_tandem(plan=PLAN, sip=OFFICE_SIP.replace(
        "[1003](phone)", "[1003](phone)\nbusylevel=1"))
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")

    def state(exten):
        return re.search(r"State:(\S+)",
                         tandem.console(f"core show hint {exten}"))[1]

    assert state("78") == "Idle"
    out, back = talk(anna, carl)
    assert state("1003") == "Busy"
    assert state("78") == "InUse"       # the other one is free
    out.bye()
    back.gone()
    assert bert.register(expires=0).status == 200
    assert carl.register(expires=0).status == 200
    assert state("78") == "Unavailable"


def test_console(make_tandem, phones):
    tandem = make_tandem(plan=PLAN)
    anna, carl = phones(tandem, "1001", "1003")
    watch = Watch(carl, "1002")
    watch.next()
    shown = tandem.console("sip show subscriptions")
    assert re.search(r"127\.0\.0\.1 +1003 +\S+ +1002@office +UNAVAILABLE +"
                     r"dialog-info\+xml <none>", shown), shown
    assert "1 active SIP subscription\n" in shown + "\n"
    hints = tandem.console("core show hints")
    assert re.search(r"1002@office +: SIP/1002 +State:Unavailable +"
                     r"Watchers +1", hints), hints
    assert "6 hints registered" in hints
    tandem.console("core show hint 4711", status=1)


# ------------------------------------------------------------ life and death

def test_refresh_and_end(make_tandem, phones):
    tandem = make_tandem(plan=PLAN)
    carl = phones(tandem, "1003")
    watch = Watch(carl, "1002")
    watch.next()
    response = watch.again(300)
    assert (response.status, response["Expires"]) == (200, "300")
    assert watch.next()["Subscription-State"].startswith("active;expires=")
    assert watch.again(0).status == 200
    assert watch.next()["Subscription-State"] == "terminated;reason=timeout"
    assert watch.again(300).status == 481
    assert "0 active SIP" in tandem.console("sip show subscriptions")


def test_only_a_look(make_tandem, phones):
    """Expires: 0 at once: one NOTIFY with the state, nothing is kept."""
    tandem = make_tandem(plan=PLAN)
    carl = phones(tandem, "1003")
    watch = Watch(carl, "1002", expires=0)
    assert watch.status == 200
    lamp = watch.lamp()
    assert lamp.notify["Subscription-State"] == "terminated;reason=timeout"
    assert "0 active SIP" in tandem.console("sip show subscriptions")


def test_expires(make_tandem, phones):
    tandem = make_tandem(plan=PLAN,
                         general="subminexpiry=60\nsubmaxexpiry=120\n")
    carl = phones(tandem, "1003")
    short = Watch(carl, "1002", expires=10)
    assert (short.status, short.response["Min-Expires"]) == (423, "60")
    assert Watch(carl, "1002", expires=9999).response["Expires"] == "120"


def test_it_expires(make_tandem, phones):
    tandem = make_tandem(plan=PLAN, general="subminexpiry=1\n")
    carl = phones(tandem, "1003")
    watch = Watch(carl, "1002", expires=1)
    watch.next()
    assert watch.next()["Subscription-State"] == "terminated;reason=timeout"


def test_ends_with_the_registration(make_tandem, phones):
    tandem = make_tandem(plan=PLAN)
    carl = phones(tandem, "1003")
    watch = Watch(carl, "1002")
    watch.next()
    assert carl.register(expires=0).status == 200
    assert watch.next()["Subscription-State"] == \
        "terminated;reason=deactivated"
    assert "0 active SIP" in tandem.console("sip show subscriptions")


@pytest.mark.parametrize("status", [481, 408, 404])
def test_refused_notify_ends_it(make_tandem, phones, status):
    tandem = make_tandem(plan=PLAN)
    carl = phones(tandem, "1003")
    watch = Watch(carl, "1002")
    watch.next(status=status)
    tandem.wait_console("sip show subscriptions", "0 active SIP")
    tandem.console("devstate change Custom:night INUSE")
    assert len(carl.got("NOTIFY")) == 1


def test_a_phone_that_forgot(make_tandem, phones):
    """The same lamp again from the same Contact replaces the first."""
    tandem = make_tandem(plan=PLAN)
    carl = phones(tandem, "1003")
    first = Watch(carl, "1002")
    first.next()
    second = Watch(carl, "1002")
    second.next()
    other = Watch(carl, "1003")
    other.next()
    assert "2 active SIP" in tandem.console("sip show subscriptions")
    assert first.again().status == 481


def test_reload_takes_the_hint(make_tandem, phones):
    tandem = make_tandem(plan=PLAN)
    carl = phones(tandem, "1003")
    gone, stays = Watch(carl, "77"), Watch(carl, "1002")
    gone.next()
    stays.next()
    tandem.configure(OFFICE_SIP, PLAN.replace("exten => 77,hint", ";"))
    tandem.hangup_signal()
    assert gone.next()["Subscription-State"] == \
        "terminated;reason=noresource"
    assert "1 active SIP" in tandem.console("sip show subscriptions")


def test_record_route(make_tandem, phones):
    """NOTIFY goes the way that SUBSCRIBE came, to the phone's Contact."""
    tandem = make_tandem(plan=PLAN)
    carl = phones(tandem, "1003")
    watch = Watch(carl, "1002",
                  headers=[("Record-Route", "<sip:127.0.0.1:1;lr>")],
                  Contact="<sip:1003@192.168.77.7:5070>")
    assert watch.status == 200
    assert watch.response["Record-Route"] == "<sip:127.0.0.1:1;lr>"
    notify = watch.next()
    assert notify.uri == "sip:1003@192.168.77.7:5070"
    assert notify["Route"] == "<sip:127.0.0.1:1;lr>"


# -------------------------------------------------------------- who may not

def test_refused(make_tandem, phones):
    tandem = make_tandem(plan=PLAN, sip=OFFICE_SIP.replace(
        "[1003](phone)", "[1003](phone)\nsubscribecontext=inside")
        + phone_conf("1004", "allowsubscribe=no"))
    bert, carl = phones(tandem, "1002", "1003")
    dora = phones(tandem, "1004", secret="birke-Gabel-1004")
    assert Watch(bert, "1002").status == 200
    assert Watch(bert, "1001").status == 404        # has no hint
    assert Watch(carl, "1002").status == 404        # other context
    assert Watch(carl, "90").status == 200
    assert Watch(dora, "1002").status == 403
    unknown = Watch(bert, "1002", "conference")
    assert unknown.status == 489
    assert "dialog" in unknown.response["Allow-Events"]
    assert Watch(bert, "1002", accept="text/plain").status == 406
    assert Watch(bert, "x", "message-summary").status == 404


def test_strangers_see_nothing(make_tandem, phones):
    """Known or unknown lamp, known or unknown name: the same answer."""
    tandem = make_tandem(plan=PLAN, general="allowguest=yes\n")
    bert = phones(tandem, "1002")
    stranger = phones(tandem, "stranger", register=False)
    thief = phones(tandem, "1001", register=False, secret="wrong-wrong-1")
    assert {Watch(stranger, x).status for x in ("1002", "77", "4711")} == \
        {401}
    assert Watch(thief, "1002").status == 403
    watch = Watch(bert, "1002")
    watch.next()
    # somebody who knows the names of the dialog
    assert watch.again(0, phone=thief).status in (401, 403)
    assert "1 active SIP" in tandem.console("sip show subscriptions")
    assert not stranger.got("NOTIFY") and not thief.got("NOTIFY")


def test_too_many(make_tandem, phones):
    tandem = make_tandem(plan=PLAN.replace(
        "[inside]", "exten => _9XXX,hint,Custom:${EXTEN}\n[inside]"))
    carl = phones(tandem, "1003")
    seen = []
    for i in range(203):
        watch = Watch(carl, str(9000 + i))
        seen.append(watch.status)
        if watch.status == 200:
            watch.next()
    assert seen == [200] * 200 + [403] * 3
    assert "200 active SIP" in tandem.console("sip show subscriptions")


# --------------------------------------------------------- message-summary

MAIL_SIP = OFFICE_SIP.replace(
    "[1002](phone)", "[1002](phone)\nmailbox=1002@default,77@sales"
).replace("[1003](phone)",
          "[1003](phone)\nmailbox=1003\nsubscribemwi=yes\nvmexten=*98")


def spool(tandem, context, box, folder, count):
    for i in range(count):
        tandem.write(f"spool/voicemail/{context}/{box}/{folder}/"
                     f"msg{i:04}.txt", "x")
        tandem.write(f"spool/voicemail/{context}/{box}/{folder}/"
                     f"msg{i:04}.wav", "x")


def test_messages(make_tandem, phones):
    tandem = make_tandem(sip=MAIL_SIP, plan=PLAN, start=False)
    spool(tandem, "default", "1003", "INBOX", 2)
    spool(tandem, "default", "1003", "Old", 3)
    tandem.start()
    carl = phones(tandem, "1003")
    watch = Watch(carl, "1003", "message-summary")
    assert watch.status == 200
    notify = watch.next()
    assert notify["Event"] == "message-summary"
    assert notify["Content-Type"] == "application/simple-message-summary"
    assert notify.text == (
        "Messages-Waiting: yes\r\n"
        f"Message-Account: sip:*98@127.0.0.1:{tandem.port}\r\n"
        "Voice-Message: 2/3 (0/0)\r\n")
    # another one comes; a reload counts again
    spool(tandem, "default", "1003", "INBOX", 3)
    tandem.hangup_signal()
    assert "Voice-Message: 3/3 (0/0)" in watch.next().text
    assert len(carl.got("NOTIFY")) == 2


def test_messages_unasked(make_tandem, phones):
    """A phone with mailbox= is told when it registers, and of changes."""
    tandem = make_tandem(sip=MAIL_SIP, plan=PLAN, start=False)
    spool(tandem, "default", "1002", "INBOX", 1)
    spool(tandem, "sales", "77", "Old", 4)
    tandem.start()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    notify = bert.expect("NOTIFY")
    bert.reply(notify, 200)
    assert notify["Event"] == "message-summary"
    assert notify["Subscription-State"].startswith("terminated")
    assert "Messages-Waiting: yes" in notify.text
    assert "Voice-Message: 1/4 (0/0)" in notify.text
    assert f"sip:asterisk@127.0.0.1:{tandem.port}" in notify.text
    # a refresh of the registration is no news
    assert bert.register().status == 200
    spool(tandem, "sales", "77", "INBOX", 1)
    tandem.hangup_signal()
    notify = bert.expect("NOTIFY")
    bert.reply(notify, 200)
    assert "Voice-Message: 2/4 (0/0)" in notify.text
    assert len(bert.got("NOTIFY")) == 2
    assert not anna.got("NOTIFY") and not carl.got("NOTIFY")
