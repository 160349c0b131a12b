"""What is there is used up: descriptors, ports, memory; and reloads under
load."""

import os
import re
import threading

from harness.lines import until
from harness.load import PLAN as LOAD_PLAN
from harness.office import OFFICE_PLAN, OFFICE_SIP

FULL = bool(os.environ.get("FULL"))
WIDE = "[general]\nrtpstart=12000\nrtpend=18000\n"


# ------------------------------------------------------------------------ D5

def fill_up(phone, exten="600", most=60):
    """Calls until one is refused: those that are up, and the refusal."""
    up = []
    while len(up) < most:
        call = phone.invite(exten)
        final = call.final()
        if final.status != 200:
            return up, final
        call.take(final)
        call.ack()
        up.append(call)
    raise AssertionError(f"{most} calls and none refused")


def test_d5_audio_ports_run_out(make_tandem, phones):
    """20 ports are five calls of two parties; the next one gets a 503, and
    when one has ended, and its ports have rested, there is room again."""
    tandem = make_tandem(start=False, sip=OFFICE_SIP.replace(
        "call-limit=8", "call-limit=0"))
    first = tandem.slot.rtp[0] + (tandem.slot.rtp[0] & 1)
    tandem.write("rtp.conf", f"[general]\nrtpstart={first}\n"
                             f"rtpend={first + 19}\n")
    tandem.start()
    phone = phones(tandem, "1001")
    up, refused = fill_up(phone)
    assert len(up) == 10 and refused.status == 503, (len(up), refused)
    up.pop().bye()
    assert phone.register().status == 200

    def again():
        call = phone.invite("600")
        final = call.final()
        if final.status != 200:
            return False
        call.take(final)
        call.ack()
        call.bye()
        return True
    until(again, "room for a call", 10, 0.5)
    for call in up:
        call.bye()
    tandem.idle()


def test_d5_descriptors_run_out(make_tandem, phones):
    """With 64 descriptors calls are refused with 503, phones still register,
    the console says so, and afterwards all is as before."""
    tandem = make_tandem(start=False, sip=OFFICE_SIP.replace(
        "call-limit=8", "call-limit=0"))
    tandem.prefix = ["prlimit", "--nofile=64:64"]
    if os.geteuid() == 0:       # root would raise it again
        tandem.prefix = ["setpriv", "--bounding-set", "-sys_resource",
                         "--inh-caps", "-sys_resource", *tandem.prefix]
    tandem.start()
    tandem.prefix = []
    phone = phones(tandem, "1001")
    up, refused = fill_up(phone)
    assert up and refused.status == 503, refused
    assert phone.register().status == 200
    for call in up:
        call.bye()
    tandem.idle()
    call = phone.call("600", freq=500)
    call.rtp.wait_tone(500)
    call.bye()


# ------------------------------------------------------------------------ H1

def test_h1_reloads_under_load(make_tandem, phones, load):
    """A hundred reloads, every fifth one with an error, peers coming and
    going, during fifty calls with audio, and phones that register: no packet
    is lost, no call, no registration."""
    reloads = 100 if FULL else 20
    sip = OFFICE_SIP + load.sip()
    tandem = make_tandem(sip=sip, plan=LOAD_PLAN + OFFICE_PLAN, start=False)
    tandem.write("rtp.conf", WIDE)
    tandem.start()
    one = phones(tandem, "1001")
    load.start(tandem, 50, rate=100, window=60 if FULL else 5)
    until(lambda: re.search("^100 active channels", tandem.console(
        "core show channels"), re.M), "50 calls", 20, 0.1)

    good = (tandem.dir / "sip.conf").read_text()
    stop = threading.Event()
    failures = []

    def registers():
        while not stop.is_set():
            try:
                if one.register().status != 200:
                    failures.append("refused")
            except AssertionError as exc:
                failures.append(f"{exc}\n"
                                + tandem.console("core show counters"))
            stop.wait(0.1)
    thread = threading.Thread(target=registers)
    thread.start()
    try:
        for number in range(reloads):
            bad = number % 5 == 4
            tandem.write("sip.conf", good + (
                "[broken\nsecret=x\n" if bad else
                f"[extra{number}](phone)\nsecret=birke-Tasse-{number}\n"))
            text = tandem.console("core reload", 1 if bad else 0)
            if bad:
                assert re.search(r"sip.conf:\d+:\d+: error", text), text
            else:
                assert "Taken" in text
                assert f"extra{number} " in tandem.console("sip show peers")
            assert f"extra{number - 2} " not in \
                tandem.console("sip show peers")
    finally:
        stop.set()
        thread.join()
    tandem.write("sip.conf", good)
    figures = load.result(90)
    assert figures["status"] == 0, figures["text"]
    assert figures["answered"] == 50 and figures["failed"] == 0
    assert figures["rtp_sent"] > 50 * 2 * 50 * 4
    assert figures["rtp_lost"] == 0, figures["text"]
    assert not failures, failures[0]
    tandem.idle()
