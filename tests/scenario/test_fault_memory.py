"""Every allocation fails once: a clean error, and then all is as before.

The ordinary run lets some tenth of them fail; FULL=1 all, and then several in
a row."""

import os

import pytest

from harness.lines import Process, until
from harness.office import OFFICE_PLAN, OFFICE_SIP
from harness.server import binary

FULL = bool(os.environ.get("FULL"))
STEPS = 14              # of the ordinary run
PLAN = OFFICE_PLAN + """\
exten => 601,1,Set(X=${CALLERID(num)})
 same => n,Set(DB(fault/x)=$[1 + 2])
 same => n,Answer()
 same => n,MixMonitor(call.wav)
 same => n,Gosub(sub,1(a,b))
 same => n,Echo()
exten => sub,1,Return(${ARG1})
"""


class Script:
    """What is done while memory fails; it may fail, but not for ever."""

    def __init__(self, tandem, phones):
        self.tandem = tandem
        self.one, self.two = phones(tandem, "1001", "1002")

    def try_to(self, what):
        try:
            return what()
        except AssertionError:
            return None     # no answer in time, or not that one

    def register(self):
        self.try_to(lambda: self.one.register(timeout=0.2))

    def options(self):
        message = self.one.build("OPTIONS", f"sip:{self.one.domain}")
        self.try_to(lambda: self.one.request(message, timeout=0.2))

    def subscribe(self):
        message = self.one.build("SUBSCRIBE", f"sip:1002@{self.one.domain}",
                                 [("Event", "dialog"), ("Expires", "60")])
        self.try_to(lambda: self.one.request(message, timeout=0.2))

    def call(self, exten="601"):
        """Call, talk for a moment, hang up, whatever comes."""
        call = self.try_to(lambda: self.invite(exten))
        if not call:
            return
        final = self.try_to(lambda: call.final(0.3))
        if not final:
            self.try_to(call.cancel)
            return
        if final.status == 200:
            call.take(final)
            call.ack()
            self.try_to(lambda: call.transact(call.build("BYE"), 0.2))
        call.rtp.close()

    def invite(self, exten):
        self.one.calls.clear()
        call = self.one.invite(exten, auth=False)
        first = call.wait(lambda m: m.status != 0, 0.3)
        if first.status in (401, 407):
            call.start_out(self.one.with_credentials(call.invite, first))
        return call

    def dial(self):
        """A call between two phones, refused by the other one."""
        call = self.try_to(lambda: self.invite("1002"))
        if not call:
            return
        other = self.try_to(lambda: self.two.incoming(0.3))
        if other:
            self.refuse(other)
            other.rtp.close()
        if not self.try_to(lambda: call.final(0.3)):
            self.try_to(call.cancel)
        call.rtp.close()

    def refuse(self, call):
        """An answer that found no memory comes again (RFC 3261 17.2.1), and
        has its ACK then."""
        for wait in (0.5, 1, 2, 4):
            if self.try_to(lambda: call.refuse(486, timeout=wait)):
                return
        raise AssertionError("no ACK for 486")

    def reload(self):
        self.tandem.console("core reload", None)

    def console(self):
        for command in ("sip show peers", "core show channels", "call list",
                        "dialplan show", "sip show channelstats"):
            self.tandem.console(command, None)

    def works(self):
        """As on any other day, though it may have to wait for what failed."""
        def fine():
            try:
                assert self.one.register().status == 200
                call = self.one.call("601", freq=500, timeout=3)
                call.rtp.wait_tone(500, timeout=3)
                call.bye()
                call.rtp.close()
                return True
            except AssertionError:
                return False
        until(fine, "a registration and a call", 60, 0.5)
        for phone in (self.one, self.two):
            phone.inbox.clear()
            phone.log.clear()


def points(total):
    """After how many allocations one fails."""
    if FULL:
        return range(total + 2)
    step = max(1, total // STEPS)
    return range(0, total + 2, step)


@pytest.mark.parametrize("name", ["register", "options", "subscribe", "call",
                                  "dial", "reload", "console"])
def test_d5_memory_runs_out(make_faulty, phones, name):
    tandem, faults = make_faulty(sip=OFFICE_SIP.replace(
        "call-limit=8", "call-limit=0\nsubscribecontext=office"),
        plan=PLAN + "exten => 1002,hint,SIP/1002\n")
    script = Script(tandem, phones)
    what = getattr(script, name)
    what()                          # what is made once is made
    with faults.no_memory(1 << 40):
        before = faults.ctl.allocs
        what()
        total = faults.ctl.allocs - before
    failed = 0
    for count in ((1, 3, 1000) if FULL else (1, 4)):
        for skip in points(total):
            with faults.no_memory(skip, count):
                what()
                failed += faults.ctl.failed
            assert tandem.proc.proc.poll() is None, \
                f"{name}: allocation {skip} of {total} failed, " \
                f"{count} in a row: status {tandem.proc.proc.returncode}"
    assert failed > 0
    script.works()


def test_d5_memory_runs_out_at_the_start(make_faulty):
    """It starts, or says why not and ends; it does not crash."""
    tandem, faults = make_faulty(start=False)

    def start(skip, count=1):
        faults.ctl.allocs = 0
        with faults.no_memory(skip, count):
            proc = Process([binary(), "-f", "-C", tandem.dir], cwd=tandem.dir,
                           env=tandem.environ)
            try:
                proc.wait("is ready", 10)
            except AssertionError:
                pass
            total = faults.ctl.allocs
            if proc.proc.poll() is None:
                proc.proc.terminate()
            return proc.end(20), proc.text, total

    status, text, total = start(1 << 40)
    assert status == 0 and total > 1000
    for skip in range(0, total, 1 if FULL else total // 12):
        status, text, _ = start(skip)
        assert status is not None and status >= 0, \
            f"allocation {skip} of {total}: signal {-status}\n{text[-2000:]}"
