"""What a case of the NAT matrix asks of phones that we did not write: the
same calls as natcase.py makes, by baresip and by SIPp."""

import itertools
import shutil
import threading
import time
import wave

import pytest

from . import audio
from .baresip import Baresip
from .lines import until
from .natcase import SECRETS
from .natlab import FAR
from .sipp import Sipp

AUTO = ";answermode=auto"


class Ports:
    """As harness/ports.py, of namespaces in which there are no others."""

    next = itertools.count(20200, 2)

    def take(self):
        return next(self.next)


def need(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")


# ------------------------------------------------------------------ baresip

def bare_maker(lab, folder, made):
    """make(where, user, freq, ...): a registered baresip behind a router (or
    its kind's name), or in the street (None)."""
    def make(where, user, freq=1000, tandem=None, extra=AUTO, **kwargs):
        if where is None:
            there = {"host": FAR, "space": lab.street}
        else:
            router = lab.router(where) if isinstance(where, str) else where
            there = {"host": router.address(), "space": router.home}
        phone = Baresip(folder / f"baresip{len(made)}", Ports(),
                        tandem or lab.tandem, user, SECRETS[user], freq,
                        **{**there, "extra": extra, **kwargs})
        made.append(phone)
        return phone.start()
    return make


def bare_stays(lab, where, user, **kwargs):
    """A baresip that stays until the street ends."""
    made = []
    folder = lab.folder / f"bare{user}"
    folder.mkdir()
    try:
        return bare_maker(lab, folder, made)(where, user, **kwargs)
    finally:
        for phone in made:
            lab.phones.callback(phone.stop, 0.5)


def dumped(bare, freq):
    """Seconds of a tone in what it has heard in its last call."""
    try:
        return audio.seconds_of(bare.heard(), freq)
    except (wave.Error, EOFError, AssertionError):
        return 0                # the file is not complete yet


def has_heard(bare, freq):
    until(lambda: dumped(bare, freq) > 0.3, f"{freq} Hz in baresip's dump")


def is_quiet(rtp, freq):
    """The tone is not among what has come in the last 0.2 s."""
    now = time.monotonic()
    samples = [s for p in rtp.voice()[-12:] if p.at > now - 0.2
               for s in audio.decode(p.pt, p.payload)]
    return not samples or audio.share(samples, freq) < 0.1


def hears(end, bare, since, freq=1000, timeout=6):
    """The other end hears baresip; else what baresip said is shown."""
    try:
        end.rtp.wait_tone(freq, since=since, timeout=timeout)
    except AssertionError as exc:
        raise AssertionError(f"{exc}\n{bare.proc.text[-4000:]}") from None


def both_talk(bare, end, freq=1000):
    """The other end hears baresip, and sends it enough to be found."""
    hears(end, bare, end.rtp.mark(), freq)
    end.rtp.wait_sent(end.rtp.sent + 25)


def bare_holds(bare, end, freq=1000):
    """baresip's tone is gone for the other end, and comes back."""
    log = bare.tandem.log
    mark = log.mark()
    bare.command("hold")
    log.wait(rf"SIP/{bare.user}-\S+ holds ", since=mark)
    until(lambda: is_quiet(end.rtp, freq), "baresip's hold")
    bare.command("resume")
    log.wait(rf"SIP/{bare.user}-\S+ takes back ", since=mark)
    end.rtp.wait_tone(freq, since=end.rtp.mark())


def end_holds(end):
    held = end.reinvite("sendonly")
    assert held.status == 200, held
    assert end.reinvite("sendrecv").status == 200


def bare_is_called(bare, office, ends=None, freq=1000, at=None):
    """Hold by both; ends: who hangs up, else the office; at() when it has
    answered."""
    bare.forget()
    call = office.call(bare.user, freq=400)
    if at:
        at()
    both_talk(bare, call, freq)
    end_holds(call)
    bare_holds(bare, call, freq)
    both_talk(bare, call, freq)
    hang_up(bare, call, ends or "office")


def bare_calls(bare, office, ends=None, freq=1000):
    bare.forget()
    bare.dial(office.user)
    call = office.pick_up(400)
    bare.wait("CALL_ESTABLISHED")
    both_talk(bare, call, freq)
    bare_holds(bare, call, freq)
    end_holds(call)
    both_talk(bare, call, freq)
    hang_up(bare, call, ends or "bare")


def hang_up(bare, call, who):
    if who == "bare":
        bare.command("hangup")
        call.gone()
    else:
        call.bye()
        bare.wait("CALL_CLOSED")
    has_heard(bare, 400)


def bare_case(bare, office, idle=None, freq=1000):
    """Called, calls, idle, called again; audio by its content both ways."""
    bare_is_called(bare, office, freq=freq)
    bare_calls(bare, office, freq=freq)
    if idle:
        idle()
    bare_is_called(bare, office, ends="bare", freq=freq)


# --------------------------------------------------------------------- SIPp

def tone_packets(rtp, freq):
    """How many packets of a tone came."""
    return sum(audio.share(audio.decode(p.pt, p.payload), freq) > 0.9
               for p in rtp.voice())


def hear_and_be_heard(call):
    """SIPp's tone before and after its hold; then it echoes ours."""
    until(lambda: tone_packets(call.rtp, 1000) > 45, "two tones of SIPp", 10,
          0.1)
    call.talk(400)
    call.rtp.wait_tone(400, since=call.rtp.mark())


class SippPhone:
    """A phone of SIPp at one address and port; each thing it does is a run
    of its own."""

    def __init__(self, tandem, folder, user, host, space, rport=True):
        self.tandem, self.user = tandem, user
        self.sipp = Sipp(folder, Ports())
        self.there = {"user": user, "secret": SECRETS[user], "host": host,
                      "space": space, "port": next(Ports.next),
                      "rport": rport}

    def run(self, scenario, **kwargs):
        self.sipp.run(self.tandem, scenario, **self.there, **kwargs)

    def called(self):
        """Waits to be called, from now on."""
        return self.sipp.start(self.tandem, "answer_whole.xml", **self.there)

    def is_called(self, office, proc):
        call = office.invite(self.user)
        call.answered()
        hear_and_be_heard(call)
        call.bye()
        assert proc.end(10) == 0, proc.text[-2000:]

    def calls(self, office):
        errors = []

        def run():
            try:
                self.run("call_whole.xml", number=office.user)
            except AssertionError as exc:
                errors.append(exc)
        thread = threading.Thread(target=run)
        thread.start()
        call = office.incoming(10)
        call.ring()
        call.accept()
        hear_and_be_heard(call)
        call.gone(10)
        thread.join(30)
        assert not errors, errors


def sipp_case(phone, office, idle=None):
    """Registers, is called, calls, idle, is called again."""
    phone.run("register.xml")
    phone.is_called(office, phone.called())
    phone.calls(office)
    waits = phone.called()
    if idle:
        idle()
    phone.is_called(office, waits)


__all__ = ["AUTO", "Ports", "SippPhone", "bare_calls", "bare_case",
           "bare_holds", "bare_is_called", "bare_maker", "bare_stays",
           "both_talk", "dumped", "has_heard", "hears", "need", "sipp_case",
           "tone_packets"]
