"""Phones that we did not write in the cases of the NAT matrix: baresip, with
and without RFC 5626, and SIPp.  The number of the case is in the name."""

import re
import time

import pytest

from harness.lines import until
from harness.natcase import idle, place
from harness.natfix import meanwhile, stays
from harness.natlab import FAR3, FAR6, SERVER, SERVER6
from harness.natprog import (AUTO, SippPhone, bare_case, bare_is_called,
                             bare_stays, both_talk, has_heard, hears, need,
                             sipp_case)
from test_nat_media import Storm

whole_matrix = pytest.mark.whole_matrix


STUN = f';medianat=stun;stunserver="stun:{SERVER}:5060"'
OUTBOUND = f';sipnat=outbound;outbound="sip:{SERVER}:5060"'


def rows(*given, every_day=()):
    """(case, where, ...) with an id that has them; the rest in NAT=all."""
    made = []
    for row in given:
        name = "-".join(str(x) for x in row[:3] if x is not None)
        made.append(pytest.param(
            *row, id=name,
            marks=[] if name in every_day else whole_matrix))
    return made


@pytest.mark.parametrize("case,where,transport,extra", rows(
    ("c01", None, "udp", ""),
    ("c02", "full", "udp", ""), ("c02", "addr", "udp", ""),
    ("c02", "port", "udp", ""), ("c02", "symmetric", "udp", ""),
    ("c04", "full", "udp", STUN), ("c04", "port", "udp", STUN),
    ("c04", "symmetric", "udp", STUN),
    ("c14", "alg", "udp", ""), ("c16", "port", "tcp", ""),
    ("c17", "alg", "tls", ""),
    every_day=("c02-symmetric-udp",)))
def test_baresip(bare_phone, office, case, where, transport, extra):
    bare = bare_phone(where, "1001", transport=transport, extra=AUTO + extra,
                      modules=["stun"] if extra == STUN else [])
    bare_case(bare, office, idle)


@pytest.mark.parametrize("case,where,rport", rows(
    ("c01", None, True), ("c02", "full", True), ("c02", "addr", True),
    ("c02", "port", True), ("c02", "symmetric", True),
    ("c03", "full", False), ("c03", "addr", False), ("c03", "port", False),
    ("c03", "symmetric", False), ("c14", "alg", True),
    every_day=("c03-symmetric-False",)))
def test_sipp(lab, office, tmp_path, case, where, rport):
    """It registers, speaks, and echoes what it hears."""
    need("sipp")
    space = lab.street if where is None else lab.router(where).home
    host = FAR3 if where is None else lab.router(where).address()
    sipp_case(SippPhone(lab.tandem, tmp_path, "1001", host, space, rport),
              office, idle)


@whole_matrix
def test_c17_baresip_with_srtp(bare_phone, office):
    bare = bare_phone("alg", "4201", transport="tls", modules=["srtp"],
                      extra=AUTO + ";mediaenc=srtp-mand")
    bare_case(bare, office, idle)


@meanwhile("test_c10_c12_baresip_keeps_a_flow")
def flow_is_kept(lab):
    """RFC 5626: it finds out by itself (STUN) that its router started anew,
    waits for the 30 s that it always waits, and registers."""
    office = stays(lab, None, "3010")
    router = lab.router("port", "flow")
    # what was learned of its NAT is what it is told to keep
    lab.tandem.console("database put NAT/Keepalive 3009 5")
    bare = bare_stays(lab, router, "3009", extra=AUTO + OUTBOUND)
    shown = lab.tandem.console("sip show peer 3009")
    assert re.search(r"Instance +: <urn:uuid:[0-9a-f-]+>, flow 1", shown)
    was = place(lab.tandem, "3009")
    assert len(was) == 1
    router.reboot()
    until(lambda: place(lab.tandem, "3009") not in ([], was),
          "another place", 100, 0.3)
    assert len(place(lab.tandem, "3009")) == 1
    bare_case(bare, office)


@whole_matrix
def test_c10_c12_baresip_keeps_a_flow(lab):
    need("baresip")
    lab.meanwhile["test_c10_c12_baresip_keeps_a_flow"].result()


# ------------------------------------------------ cases that need more words

@whole_matrix
def test_c06_two_baresips_behind_one_nat(bare_phone):
    """Their audio passes Tandem, and each hears the other's tone."""
    bares_talk(bare_phone("port", "1001", 400),
               bare_phone("port", "1003", 1000))


@whole_matrix
@pytest.mark.parametrize("outer,inner", [("symmetric", "port"),
                                         ("full", "alg")])
def test_c06_baresip_behind_two_nats(lab, bare_phone, office, outer, inner):
    router = lab.router(inner, f"{inner}-in-{outer}",
                        parent=lab.router(outer))
    bare_case(bare_phone(router, "1001"), office, idle)


def bares_talk(one, other):
    """One calls; both hear the other."""
    one.dial(other.user)
    one.wait("CALL_ESTABLISHED")
    other.wait("CALL_ESTABLISHED")
    time.sleep(1)               # what they hear is only seen afterwards
    one.command("hangup")
    other.wait("CALL_CLOSED")
    has_heard(one, other.freq)
    has_heard(other, one.freq)


@whole_matrix
@pytest.mark.parametrize("one,other", [
    ("full", "symmetric"), ("symmetric", "symmetric"), ("addr", "port"),
    ("port", "full")])
def test_c07_baresips_behind_different_nats(bare_phone, one, other):
    """(All 16 pairs: test_nat_matrix.py.)"""
    bares_talk(bare_phone(one, "1001", 400), bare_phone(other, "1003", 1000))


@whole_matrix
def test_c09_baresip_behind_a_short_binding(lab, bare_phone, office):
    """Open for twice as long as the NAT remembers; rings within a second."""
    router = lab.router("port", "short3", life=3)
    bare = bare_phone(router, "3001")
    time.sleep(6)
    begin = time.monotonic()
    bare_is_called(bare, office, at=lambda: until(
        lambda: time.monotonic() - begin < 1, "an answer in 1 s", 0))


@whole_matrix
@pytest.mark.parametrize("case", ["c11", "c13"])
def test_baresip_is_moved_in_a_call(lab, bare_phone, office, case):
    """c11: its NAT gives its audio another port, and it is heard again within
    2 s; c13: another address, and it is heard when it says so,
    which it does with its password."""
    router = lab.router("port", f"bare-{case}")
    bare = bare_phone(router, "1001")
    call = office.call("1001", freq=400)
    both_talk(bare, call)
    if case == "c11":
        router.reboot()
        mark = call.rtp.mark()
        hears(call, bare, mark + 20, timeout=10)
        gap = max(b.at - a.at for a, b in zip(
            call.rtp.voice(mark - 1), call.rtp.voice(mark)))
        assert 1 < gap < 2, gap
    else:
        router.move(router.wan.rsplit(".", 1)[0] + ".79")
        bare.command("hold")
        bare.command("resume")
        hears(call, bare, call.rtp.mark(), timeout=10)
    both_talk(bare, call)
    bare.command("hangup")
    call.gone()
    has_heard(bare, 400)


@whole_matrix
def test_c19_two_baresips_of_one_account(bare_phone, office):
    """Both ring, one answers, the other one stops."""
    one, other = (bare_phone("port", "4001", freq, extra="")
                     for freq in (1000, 600))
    call = office.invite("4001")
    one.wait("CALL_INCOMING")
    other.wait("CALL_INCOMING")
    other.command("accept")
    call.answered()
    one.wait("CALL_CLOSED")
    call.talk(400)
    both_talk(other, call, 600)
    call.bye()
    has_heard(other, 400)


@whole_matrix
def test_c20_baresip_among_two_hundred(lab, closing, bare_phone, office):
    router = lab.router("port", "hotel")
    storm = closing(Storm(router, [str(5000 + i) for i in range(200)]))
    assert storm.register(30) == 200
    bare_case(bare_phone(router, "1001"), office, idle)


@whole_matrix
def test_c21_baresip_over_ipv6(bare_phone, ring):
    """... and a phone behind an IPv4 NAT."""
    bare = bare_phone(None, "1001", host=FAR6, server=f"[{SERVER6}]:5060")
    bare_case(bare, ring("symmetric", "1003"), idle)


@whole_matrix
def test_c23_baresip_hears_early_media(bare_phone, office):
    """Before the answer, through a NAT that nobody else could open."""
    bare = bare_phone("symmetric", "1001")
    bare.dial("1002")
    incoming = office.incoming()
    incoming.progress()
    bare.wait("CALL_PROGRESS")
    incoming.talk(600)
    incoming.rtp.wait_tone(1000)
    incoming.rtp.wait_sent(50)
    incoming.accept()
    bare.wait("CALL_ESTABLISHED")
    incoming.talk(400)
    incoming.rtp.wait_sent(100)
    incoming.bye()
    bare.wait("CALL_CLOSED")
    has_heard(bare, 600)
    has_heard(bare, 400)


@whole_matrix
def test_c24_sipp_that_only_echoes(lab, office, tmp_path):
    """It sends nothing before it has heard something; a port is opened for
    it, as its user would, and Tandem begins."""
    need("sipp")
    router = lab.router("port", "opened")
    host = router.address()
    phone = SippPhone(lab.tandem, tmp_path, "1001", host, router.home)
    phone.run("register.xml")
    proc = phone.sipp.start(lab.tandem, "answer.xml", more=("-rtp_echo",),
                            **phone.there)
    call = office.invite("1001")
    response = call.answered()
    router.forward("udp", phone.sipp.media, host)
    call.talk(400)
    call.rtp.wait_tone(400)
    call.bye()
    assert proc.end(10) == 0, (response, proc.text[-2000:])


@whole_matrix
def test_c26_digits_and_video_of_baresip(bare_phone, office):
    """Its line of video is declined, its digits pass."""
    bare = bare_phone("symmetric", "1001", modules=["vp8", "fakevideo"],
                      config="video_source fakevideo,nil\n"
                             "video_display fakevideo,nil\n")
    bare.dial("1002")
    call = office.pick_up(400)
    assert "m=video" not in call.invite.text
    bare.wait("CALL_ESTABLISHED")
    both_talk(bare, call)
    mark = call.rtp.mark()
    bare.command("sndcode", "5")
    call.rtp.wait_digit("5", mark)
    bare.command("hangup")
    call.gone()
    has_heard(bare, 400)
