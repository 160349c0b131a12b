"""Several voices at once: five phones, and who hears whose tone."""

from . import audio
from .office import phones_conf

NAMES = ["1001", "1002", "1003", "1004", "1005"]
SIP = phones_conf(NAMES, "disallow=all\nallow=ulaw,alaw")


def hears(call, *freqs, but=(), seconds=0.3, timeout=10):
    """Hear these tones together for so long, and none of the others."""
    count = round(seconds * 50)
    since = getattr(call, "since", 0)

    def good(packets):
        last = [p for p in packets[since:] if p.pt in audio.DECODE][-count:]
        if len(last) < count:
            return False
        samples = [s for p in last for s in audio.decode(p.pt, p.payload)]
        shares = {f: audio.share(samples, f) for f in (*freqs, *but)}
        return all(shares[f] > 0.5 / len(freqs) for f in freqs) and \
            all(shares[f] < 0.05 for f in but)

    call.rtp.wait(good, f"tones {freqs} without {but}", timeout)
    call.since = call.rtp.mark()


def silent(call, *freqs, timeout=8):
    """None of these tones for a while."""
    since = call.rtp.mark()

    def good(packets):
        last = [p for p in packets[since:] if p.pt in audio.DECODE][-15:]
        samples = [s for p in last for s in audio.decode(p.pt, p.payload)]
        return len(last) == 15 and \
            all(audio.share(samples, f) < 0.05 for f in freqs)
    call.rtp.wait(good, f"silence at {freqs}", timeout)
