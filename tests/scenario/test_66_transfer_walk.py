"""Phones that do anything at any moment: transfers, takeovers, hang-ups that
cross each other.  Nothing may be left over, and nothing may break."""

import os
import random
import threading
import time
from urllib.parse import quote

import pytest

from harness.office import OFFICE_PLAN
from harness.phone import Call
from harness.sip import param
from harness.transfer import SIP

SECONDS = float(os.environ.get("WALK_SECONDS", 5))
PLAN = OFFICE_PLAN.replace("exten => 600", """\
exten => 500,1,Dial(SIP/1001&SIP/1002,2)
exten => 501,1,Busy()
exten => 502,1,Answer()
 same => n,Wait(1)
 same => n,Dial(SIP/1003,1)
 same => n,Congestion()
exten => h,1,NoOp(${DIALSTATUS})
exten => 600""")
EXTENS = ["1001", "1002", "1003", "1004", "500", "501", "502", "600", "999"]


class Pilot(threading.Thread):
    """Answers whatever comes, and does something from time to time."""

    actions = ["dial", "pick_up", "bye", "blind", "blind", "attended",
               "attended", "hold", "takeover"]
    extens = EXTENS
    eager = 0.15

    def __init__(self, phone, seed, until):
        super().__init__(daemon=True)
        self.phone, self.until = phone, until
        self.random = random.Random(seed)
        self.calls = {}             # Call-ID -> Call that is answered
        self.pending = {}           # ... or waits for an answer
        self.error = None

    def run(self):
        try:
            while time.monotonic() < self.until:
                self.serve()
                if self.random.random() < self.eager:
                    self.act()
        except Exception as error:     # shown by the test
            self.error = error

    def serve(self):
        with self.phone.news:
            if not self.phone.inbox:
                self.phone.news.wait(0.02)
            messages, self.phone.inbox[:] = list(self.phone.inbox), []
        for message in messages:
            if message.is_request:
                self.request(message)
            else:
                self.response(message)

    def request(self, message):
        method = message.first.split()[0]
        if method == "INVITE" and param(message["To"], "tag"):
            call = self.calls.get(message["Call-ID"])
            if call:
                self.phone.reply(message, 200, body=call.offer(),
                                 contact=True)
            else:
                self.phone.reply(message, 481)
        elif method == "INVITE":
            call = Call(self.phone, message)
            what = self.random.random()
            if what < 0.7:
                call.ring()
                self.pending[call.call_id] = call
            elif what < 0.8:
                self.phone.reply(message, 486, to_tag=call.tag)
            else:
                self.accept(call)
        elif method == "BYE":
            self.calls.pop(message["Call-ID"], None)
            self.phone.reply(message, 200)
        elif method == "NOTIFY":
            self.phone.reply(message, self.random.choice([200] * 9 + [481]))
        elif method == "CANCEL":
            self.pending.pop(message["Call-ID"], None)

    def accept(self, call):
        self.phone.reply(call.invite, 200, to_tag=call.tag,
                         body=call.offer())
        self.pending.pop(call.call_id, None)
        self.calls[call.call_id] = call

    def response(self, message):
        if message.method != "INVITE" or message.status < 200:
            return
        call = self.pending.get(message["Call-ID"])
        if message.status >= 300:
            if message.status == 401 and call:
                call.start_out(self.phone.with_credentials(call.invite,
                                                           message))
            else:
                self.pending.pop(message["Call-ID"], None)
            return
        if call is None:
            call = self.calls.get(message["Call-ID"])
        if call and call.outgoing:
            call.take(message)
            call.ack()
            self.pending.pop(call.call_id, None)
            self.calls[call.call_id] = call

    # ------------------------------------------------------------ actions

    def act(self):
        calls = list(self.calls.values())
        getattr(self, self.random.choice(self.actions))(calls)

    def one(self, calls):
        return self.random.choice(calls) if calls else None

    def say(self, call, method, headers=(), body=""):
        message = call.build(method, headers, body)
        if method == "INVITE":
            self.phone.invites[message.branch] = message
            call.invite = message
        self.phone.send(message)

    def dial(self, calls, headers=()):
        if len(calls) + len(self.pending) > 3:
            return
        call = Call(self.phone)
        uri = f"sip:{self.random.choice(self.extens)}@{self.phone.domain}"
        message = self.phone.build(
            "INVITE", uri, headers, call.offer(), **{
                "Call-ID": call.call_id,
                "From": f"<sip:{self.phone.user}@{self.phone.domain}>"
                        f";tag={call.tag}"})
        self.pending[call.call_id] = call
        call.start_out(message)

    def pick_up(self, _calls):
        waiting = [c for c in self.pending.values() if not c.outgoing]
        if waiting:
            self.accept(self.random.choice(waiting))

    def bye(self, calls):
        call = self.one(calls)
        if call:
            del self.calls[call.call_id]
            self.say(call, "BYE")

    def blind(self, calls):
        call = self.one(calls)
        if call:
            exten = self.random.choice(self.extens)
            self.say(call, "REFER",
                     [("Refer-To", f"<sip:{exten}@{self.phone.domain}>")])

    @staticmethod
    def replaces(call):
        return (f"{call.call_id};to-tag={param(call.remote, 'tag')}"
                f";from-tag={param(call.local, 'tag')}")

    def attended(self, calls):
        call = self.one(calls)
        other = self.one(calls + list(self.pending.values()))
        if call and other:
            value = quote(self.replaces(other), safe="")
            self.say(call, "REFER",
                     [("Refer-To", f"<sip:x@{self.phone.domain}"
                                   f"?Replaces={value}>")])

    def takeover(self, calls):
        shared = self.random.choice(Pilot.everybody)
        others = list(shared.calls.values()) + list(shared.pending.values())
        call = self.one(others)
        if call:
            self.dial(calls, [("Replaces", self.replaces(call))])

    def hold(self, calls):
        call = self.one(calls)
        if call:
            self.say(call, "INVITE", body=call.offer(
                self.random.choice(["sendonly", "sendrecv", "inactive"])))


def run_pilots(tandem, kind, phones, seed):
    """All of them fly for a while, then everything must end."""
    until = time.monotonic() + SECONDS
    pilots = [kind(phone, f"{seed}{phone.user}", until) for phone in phones]
    Pilot.everybody = pilots
    for pilot in pilots:
        pilot.start()
    for pilot in pilots:
        pilot.join(SECONDS + 10)
        assert pilot.error is None, pilot.error
    # everybody hangs up; what is left answers 200 to every BYE
    end = time.monotonic() + 15
    for pilot in pilots:
        pilot.until = end
        for call in list(pilot.calls.values()):
            pilot.say(call, "BYE")
        for call in list(pilot.pending.values()):
            if call.outgoing:
                call.cancel()
            else:
                pilot.phone.reply(call.invite, 480, to_tag=call.tag)
        pilot.calls.clear()
    while "0 active calls" not in tandem.console("core show channels"):
        for pilot in pilots:
            pilot.serve()
            for call in list(pilot.calls.values()):
                pilot.bye([call])
        assert time.monotonic() < end, tandem.console("core show channels")
    counts = tandem.console("sip show channels")
    assert "0 active SIP dialogs" in counts, counts


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_walk(make_tandem, phones, seed):
    tandem = make_tandem(sip=SIP, plan=PLAN)
    run_pilots(tandem, Pilot, phones(tandem, "1001", "1002", "1003", "1004"),
               seed)
