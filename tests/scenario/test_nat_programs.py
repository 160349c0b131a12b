"""Phones that we did not write behind NATs: baresip, with and without
RFC 5626, and SIPp."""

import re
import shutil

import pytest

from harness import audio
from harness.baresip import Baresip
from harness.lines import until
from harness.natcase import SECRETS, place
from harness.sipp import Sipp

whole_matrix = pytest.mark.whole_matrix


def need(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")


@pytest.fixture
def baresip(lab, tmp_path, slot):
    need("baresip")
    made = []

    def make(kind, user, freq, **kwargs):
        router = lab.router(kind) if isinstance(kind, str) else kind
        phone = Baresip(tmp_path / f"baresip{len(made)}", slot, lab.tandem,
                        user, SECRETS[user], freq, host=router.address(),
                        space=router.home, **kwargs)
        made.append(phone)
        return phone.start()

    yield make
    for phone in made:
        phone.stop()


AUTO = ";answermode=auto"
OUTBOUND = ';sipnat=outbound;outbound="sip:{}:{}"'


def calls_both_ways(tandem, bare, office):
    """In, hold, and out; audio by its content."""
    call = office.call(bare.user, freq=400)
    call.rtp.wait_tone(1000, 0.3)
    assert call.reinvite("sendonly").status == 200
    assert call.reinvite("sendrecv").status == 200
    call.rtp.wait_tone(1000, 0.3)
    call.bye()
    bare.wait("CALL_CLOSED")
    bare.dial(office.user)
    incoming = office.pick_up(400)
    bare.wait("CALL_ESTABLISHED")
    mark = incoming.rtp.mark()
    incoming.rtp.wait_tone(1000, 0.3, since=mark)
    incoming.rtp.wait_sent(50)
    bare.command("hangup")
    incoming.gone()
    tandem.idle()
    bare.stop(patience=0.5)
    assert audio.seconds_of(bare.heard(), 400) > 0.5


@pytest.mark.parametrize("kind,transport", [
    ("symmetric", "udp"),
    *(pytest.param(k, t, marks=whole_matrix) for k, t in (
        ("full", "udp"), ("addr", "udp"), ("port", "udp"), ("alg", "udp"),
        ("port", "tcp"), ("symmetric", "tls")))])
def test_baresip_behind_a_nat(lab, baresip, office, kind, transport):
    bare = baresip(kind, "1001", 1000, transport=transport, extra=AUTO)
    calls_both_ways(lab.tandem, bare, office)


@whole_matrix
def test_baresip_keeps_a_flow(lab, baresip, office):
    """RFC 5626: it finds out by itself (STUN) that its router started anew,
    waits for the 30 s that it always waits, and registers."""
    router = lab.router("port", "flow")
    # what was learned of its NAT is what it is told to keep
    lab.tandem.console("database put NAT/Keepalive 1003 5")
    bare = baresip(router, "1003", 1000, extra=AUTO + OUTBOUND.format(
        lab.tandem.host, lab.tandem.port))
    shown = lab.tandem.console("sip show peer 1003")
    assert re.search(r"Instance +: <urn:uuid:[0-9a-f-]+>, flow 1", shown)
    was = place(lab.tandem, "1003")
    assert len(was) == 1
    router.reboot()
    until(lambda: place(lab.tandem, "1003") not in ([], was),
          "another place", 100, 0.3)
    assert len(place(lab.tandem, "1003")) == 1
    calls_both_ways(lab.tandem, bare, office)


def test_sipp_behind_a_nat(lab, tmp_path, slot):
    """Registers and calls; the answers go where it sent from."""
    need("sipp")
    router = lab.router("symmetric")
    sipp = Sipp(tmp_path, slot)
    there = {"user": "1001", "secret": SECRETS["1001"],
             "host": router.address(), "space": router.home}
    sipp.run(lab.tandem, "register.xml", **there)
    sipp.run(lab.tandem, "call_auth.xml", number="600", calls=5, **there)
