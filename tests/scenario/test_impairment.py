"""A bad line (harness/impair.py): what comes through it is right, and in a
recording each piece is in its place."""

import time

import pytest

from harness import audio
from harness.impair import Impairment, Line
from harness.lines import until
from harness.rtp import Rtp

PLAN = """\
[office]
exten => 1,1,Answer()
 same => n,MixMonitor(line.wav)
 same => n,Dial(SIP/1002,20)
"""

# loud levels, no two neighbours alike, whose codes are far apart
CODES = [c for c in range(0x00, 0x30, 3)] + [c for c in range(0x80, 0xb0, 3)]


class Numbered(Rtp):
    """Every 20 ms have a level of their own, so that they are known again."""

    def __init__(self, *args):
        self.said = {}              # by RTP time
        super().__init__(*args)

    def _packet(self, pt, ts, payload, marker):
        if payload and pt == 0:
            code = CODES[len(self.said) * 7 % len(CODES)]
            self.said[ts & 0xffffffff] = code
            payload = bytes([code]) * len(payload)
        super()._packet(pt, ts, payload, marker)


def call_over(phone, line, number):
    """Begin a call whose description names the far end of the line."""
    rtp = Numbered(phone.host)

    class Shown:
        """What the description says in place of the socket's port."""

        def __getattr__(self, name):
            return getattr(rtp, name)
        host, port = line.far

    shown = Shown()
    phone.new_rtp = lambda: shown
    call = phone.invite(number)
    call.rtp = rtp
    return call


LINES = {
    "jitter": dict(delay=0.04, jitter=0.06),
    "reorder": dict(delay=0.01, swap=0.15),
    "loss": dict(loss=0.08),
    "burst": dict(loss=0.02, burst=5),
    "twice": dict(twice=0.2),
    "all": dict(delay=0.03, jitter=0.05, swap=0.05, loss=0.04, twice=0.05),
}
EVERY_DAY = ("all",)


def levels(samples):
    """Of each 20 ms."""
    return [samples[i + 80] for i in range(0, len(samples) - 159, 160)]


@pytest.mark.parametrize("name", [
    pytest.param(x, marks=[] if x in EVERY_DAY
                 else pytest.mark.whole_matrix) for x in LINES])
def test_n1_bad_line(make_tandem, phones, name):
    """The other phone gets every piece that was not lost, numbered as it was
    sent; the recording has each in its place and silence for the lost."""
    tandem = make_tandem(plan=PLAN)
    one, other = phones(tandem, "1001", "1002")
    line = Impairment(Line(seed=7, **LINES[name]), Line(seed=9, **LINES[name]))
    try:
        call = call_over(one, line, "1")
        incoming = other.pick_up(1000)
        call.answered()
        line.connect((call.rtp.host, call.rtp.port), call.remote_sdp.address)
        call.rtp.start(line.near, 0, 400)
        # the way back is as bad, and a tone is a tone
        call.rtp.wait_tone(1000)
        call.rtp.wait_sent(120, 15)
        call.rtp.pause()
        last = max(call.rtp.said)
        time.sleep(0.3)             # what is still on the line
        call.bye()
        incoming.gone()
        check_far_end(call.rtp, incoming.rtp, line.up)
        tandem.idle()
        until(lambda: tandem.recording("line.wav").exists(), "recording")
        tandem.cdr()
        check_recording(tandem, call.rtp, line.up, last)
    finally:
        line.close()


def check_far_end(sender, receiver, line):
    """By the numbers that it has, each piece once and in its place."""
    first = min(sender.said)
    got = {}
    for p in receiver.voice():
        if p.payload[0] == p.payload[-1]:   # ours; not the silence before
            got[p.ts] = p.payload[0]
    start = min(got)
    offsets = {ts - start: code for ts, code in got.items()}
    # where the first that came lies in what was said
    for shift in sorted(sender.said):
        want = {ts - shift: c for ts, c in sender.said.items()
                if ts >= shift}
        if all(want.get(k) == c for k, c in offsets.items()):
            break
    else:
        raise AssertionError(f"{len(got)} pieces are not in their place")
    assert len(got) >= 0.97 * line.passed, (len(got), line.passed)
    assert shift - first <= 5 * 160


def check_recording(tandem, sender, line, last):
    """Levels at the places that RTP time gives them."""
    rate, (left, _) = audio.read_wav(tandem.recording("line.wav"))
    assert rate == 8000
    said = [sender.said[ts] for ts in sorted(sender.said)]
    want = [audio.ULAW[c] for c in said]
    # the first piece that was heard fixes where the others must be, to the
    # sample
    begin = next(i for i, s in enumerate(left) if abs(s) > 1000)
    for skip in range(0, 8):        # the first ones may be lost
        if abs(left[begin + 80] - want[skip]) < 200:
            have = levels(left[begin:])
            right = sum(abs(h - w) < 200 for h, w in
                        zip(have, want[skip:]))
            silent = sum(abs(h) < 100 for h, w in
                         zip(have, want[skip:]))
            if right >= 0.97 * (len(want) - skip) - line.lost:
                break
    else:
        raise AssertionError("the pieces are not in their place")
    wrong = len(want) - skip - right - silent
    assert wrong <= 2, (right, silent, line.lost, len(want))
