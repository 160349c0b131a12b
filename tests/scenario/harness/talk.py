"""Calls (harness/phone.py) in which two talk: each sends a tone of its own
and hears the other's."""

import contextlib


def hear(call, freq, seconds=0.12):
    """From now on it hears this tone alone."""
    call.rtp.wait_tone(freq, seconds, since=call.rtp.mark())


def both_hear(one, other, low=400, high=1000, seconds=0.2, timeout=6):
    """From now on each hears the other's tone alone; `one` sends the low
    one."""
    here, there = one.rtp.mark(), other.rtp.mark()
    other.rtp.wait_tone(low, seconds, timeout, there)
    one.rtp.wait_tone(high, seconds, timeout, here)


@contextlib.contextmanager
def before_packets(rtp, count):
    """It is done before so many packets of a running call have come: the
    audio is the clock, which is as slow as the machine is."""
    mark = rtp.mark()
    yield
    came = rtp.mark() - mark
    assert came < count, f"{came} packets came meanwhile"


def both_talk(one, other, low=400, high=1000):
    """They begin to talk, and hear each other."""
    one.talk(low)
    other.talk(high)
    both_hear(one, other, low, high)


def ring(caller, callee, exten=None):
    """The callee's phone rings, and the caller knows: (caller's call,
    callee's call)"""
    out = caller.invite(exten or callee.user)
    back = callee.incoming()
    back.ring()
    out.wait(180)
    return out, back


def talk_early(caller, callee, low=None):
    """The callee talks before it answers, and the caller hears it: (caller's
    call, callee's call, the 183)"""
    out = caller.invite(callee.user)
    back = callee.incoming()
    back.progress()
    back.talk(1000)
    said = out.wait(183)
    out.remote_sdp = said.sdp()
    out.talk(low)
    out.rtp.wait_tone(1000, 0.4)
    return out, back, said


def connect(caller, callee, exten=None, freqs=(400, 1000)):
    """The callee picks up, and both talk: (caller's call, callee's call)"""
    out = caller.invite(exten or callee.user)
    back = callee.pick_up(freqs[1])
    out.answered()
    out.talk(freqs[0])
    both_hear(out, back, *freqs, seconds=0.3)
    return out, back


def pair(phones, tandem, freqs=(400, 1000)):
    """1001 and 1002 talk: (caller's call, callee's call)"""
    return connect(*phones(tandem, "1001", "1002"), freqs=freqs)


def seen_by(who, out, back, freqs=(400, 1000)):
    """Of the "caller" or the "callee" of connect(): (its call, the other's,
    the tone that it hears, its own)"""
    low, high = freqs
    return (out, back, high, low) if who == "caller" else \
        (back, out, low, high)


def hang_up(one, other):
    one.bye()
    other.gone()
