"""Phones behind NATs of every kind: cases of the matrix, by number.

Each NAT is the kernel's (harness/natlab.py) and each case makes the same
calls (harness/natcase.py): in, hold, BYE of the one; out, hold, BYE of the
other; idle; in again; audio known by its tone in both directions.

NAT=all runs all of them; without it those that every change has to pass.
Here are phones where they are; more of them: test_nat_change.py (something
changes), test_nat_flows.py (connections, several phones of one account),
test_nat_server.py (the server is behind a NAT), test_nat_alg.py (something
rewrites messages), test_nat_media.py (audio).
"""

import re
import socket
import struct
import time
from pathlib import Path

import pytest

from harness.lines import until
from harness.natcase import (CASES, answered_quietly, both_hear, connect,
                             place, registered, report, whole_case)
from harness.natlab import KINDS, SERVER, StunPhone, probe
from harness.natprog import tone_packets

whole_matrix = pytest.mark.whole_matrix
CONES = ["full", "addr", "port"]
EVERY_DAY = ("port", "symmetric")


def kinds(names):
    """Of every kind; the rare ones only in the whole matrix."""
    return [x if x in EVERY_DAY else pytest.param(x, marks=whole_matrix)
            for x in names]


def first_uri(phone):
    """Request URI of the first call that it got."""
    return phone.got("INVITE")[0].uri


def test_every_case_is_there():
    """By its number in the name, and twelve of them every day."""
    cases, every_day = set(), set()
    for path in Path(__file__).parent.glob("test_nat_*.py"):
        for head, name in re.findall(
                r"((?:^@.*\n(?:^ .*\n)*)*)^def test_((?:c\d\d_)+)",
                path.read_text(), re.M):
            numbers = {int(x) for x in re.findall(r"\d\d", name)}
            cases |= numbers
            if "@whole_matrix" not in head:
                every_day |= numbers
    assert cases == set(CASES)
    assert len(every_day) >= 12


@pytest.mark.parametrize("kind", kinds(KINDS))
def test_the_nats_are_what_they_say(lab, kind):
    """Else the cases would prove nothing."""
    mapping, filtering, _ = probe(lab, lab.router(kind))
    assert (mapping, filtering) == KINDS[kind]


def test_c01_no_nat(lab, ring, office):
    """Nothing is changed in what the phone says."""
    phone = ring(None, "1001")
    whole_case(phone, office)
    assert place(lab.tandem, "1001") == [f"{phone.host}:{phone.port}"]
    assert first_uri(phone) == f"sip:1001@{phone.host}:{phone.port}"
    text = report(lab, "1001")
    assert "No NAT is seen" in text and "Nothing to do." in text


def test_c01_audio_from_the_first_packet(ring, office):
    """To where its description says, although it has sent nothing yet."""
    phone = ring(None, "1001")
    call, incoming = answered_quietly(office, phone)
    call.rtp.wait_sent(15)
    call.rtp.pause()
    # those of the first moment may come before the call is connected
    until(lambda: tone_packets(incoming.rtp, 400) >= call.rtp.sent - 3,
          f"nearly all of {call.rtp.sent} packets")
    call.bye()
    incoming.gone()


@pytest.mark.parametrize("kind", kinds([*CONES, "symmetric"]))
def test_c02_phone_asks_for_rport(lab, ring, office, kind):
    """What goes to the phone goes to where it came from."""
    phone = ring(kind, "1001", register=False)
    router = lab.router(kind)
    via = registered(phone)["Via"]
    inside, _ = whole_case(phone, office)
    seen = place(lab.tandem, "1001")[0]
    # its answers go there and say so (RFC 3581 4)
    host, port = seen.split(":")
    assert f";received={host}" in via and f";rport={port}" in via
    assert seen.startswith(router.wan + ":")
    assert (seen == f"{router.wan}:{phone.port}") == (kind != "symmetric")
    # its own words, and no address of ours in place of them
    assert first_uri(phone) == f"sip:1001@{phone.host}:{phone.port}"
    text = report(lab, "1001")
    assert f"it says {phone.host}:{phone.port} and comes from {seen}" in text
    assert ("gives it another port" in text) == (kind == "symmetric")
    assert "may rewrite" not in text
    assert "Nothing to do." in text
    # the same sentences at the end of the peer's page
    page = lab.tandem.console("sip show peer 1001").splitlines()
    assert [x.strip() for x in page[-4:]] == [
        x.strip() for x in text.splitlines()[-4:]]


@whole_matrix
@pytest.mark.parametrize("kind", [*CONES, "symmetric"])
def test_c02_rtcp_is_found_by_itself(ring, office, kind):
    """Its port has a place of its own in the NAT: reports come back to it."""
    phone = ring(kind, "1001")
    call, incoming = connect(office, phone)
    host, port = incoming.remote_sdp.address
    sock, ssrc = incoming.rtp.rtcp, incoming.rtp.ssrc
    sock.settimeout(0.5)
    heard = []

    def report_comes():
        """Ours is a receiver report without anything in it."""
        sock.sendto(struct.pack("!BBHI", 0x80, 201, 1, ssrc),
                    (host, port + 1))
        try:
            heard.append(sock.recv(999))
        except socket.timeout:
            return False
        return heard[-1][1] in (200, 201)
    until(report_comes, "a report of Tandem", 12, 0)
    call.bye()
    incoming.gone()


@pytest.mark.parametrize("kind", ["symmetric"])
def test_c02_few_packets_are_lost_at_the_start(ring, office, kind):
    """Audio is locked on within five packets, and comes back from there."""
    phone = ring(kind, "1001")
    call = office.invite("1001")
    inside = phone.pick_up()
    call.answered()
    call.talk()
    mark = call.rtp.mark()
    inside.rtp.play(1000)
    inside.rtp.wait_sent(inside.rtp.sent + 20)
    inside.rtp.pause()
    call.rtp.wait_tone(1000, since=mark)
    until(lambda: inside.rtp.sent - len(call.rtp.voice()) <= 5,
          f"all but five of {inside.rtp.sent} packets, "
          f"{len(call.rtp.voice())}")
    call.bye()
    inside.gone()


@whole_matrix
@pytest.mark.parametrize("kind", [*CONES, "symmetric"])
def test_c02_audio_in_200_ms(ring, office, kind):
    """After the phone's first packet."""
    phone = ring(kind, "1001")
    call = office.invite("1001")
    incoming = phone.incoming()
    incoming.ring()
    incoming.accept()
    call.answered()
    call.talk(400)
    mark = incoming.rtp.mark()
    begin = time.monotonic()
    incoming.talk(1000)
    incoming.rtp.wait_packets(1, since=mark)
    assert incoming.rtp.packets[mark].at - begin < 0.2
    incoming.rtp.wait_tone(400)
    call.bye()
    incoming.gone()


@pytest.mark.parametrize("user,kind", [
    ("1001", "symmetric"),
    *(pytest.param("1001", x, marks=whole_matrix) for x in CONES),
    pytest.param("2005", "symmetric", marks=whole_matrix),
    pytest.param("2003", "port", marks=whole_matrix)])
def test_c03_phone_without_rport(lab, ring, office, user, kind):
    """The source counts if force_rport, or auto and the Via differs."""
    phone = ring(kind, user, register=False)
    phone.rport = False
    registered(phone)
    router = lab.router(kind)
    assert place(lab.tandem, user)[0].startswith(router.wan + ":")
    if user == "2005":          # comedia is not in its nat=
        call = office.invite(user)
        incoming = phone.incoming()
        incoming.refuse(486)
        assert call.final().status == 486
        return
    whole_case(phone, office)


def test_c03_nat_no_is_honoured(lab, ring, office):
    """A call goes where the Contact says, which is nowhere; Tandem knows it.
    (An answer to somebody who is not known yet goes as to anybody else: it
    must not tell whether there is such a name.)"""
    phone = ring(lab.router("symmetric", "nat-no"), "2001", register=False)
    phone.rport = False
    registered(phone)
    assert place(lab.tandem, "2001") == [f"{phone.host}:{phone.port}"]
    assert "its nat= has no force_rport" in report(lab, "2001")
    call = office.invite("2001")
    phone.quiet("INVITE", 0.3)
    call.cancel()
    assert call.final().status == 487


@pytest.mark.parametrize("user,at_source", [("2001", False), ("2005", True)])
def test_c03_where_an_answer_goes(ring, user, at_source):
    """A known phone without rport, whose Via has another port than it sends
    from: there, with nat=no; back, with force_rport."""
    phone, there = ring(None, user), ring(None, "1004", register=False)
    phone.rport = False
    phone.port = there.port
    message = phone.build("OPTIONS", f"sip:{phone.domain}", **{
        "From": f"<sip:{user}@{phone.domain}>;tag=1"})
    phone.send(message)
    answer = (phone if at_source else there).expect(
        lambda m: m.branch == message.branch)
    assert answer.status in (200, 401)


@whole_matrix
@pytest.mark.parametrize("kind", ["full", "port", "symmetric"])
def test_c04_phone_with_stun(lab, ring, office, kind):
    """Right as it is; behind a symmetric NAT wrong, and it works as well."""
    phone = ring(kind, "1001", cls=StunPhone, finder=lab.finder)
    whole_case(phone, office)
    text = report(lab, "1001")
    if kind == "symmetric":
        assert "(symmetric), and the phone uses STUN" in text
        assert "Switch STUN off" in text
    else:
        assert "No NAT is seen" in text


@pytest.mark.parametrize("users", [
    ("1001", "1003"),
    pytest.param(("4101", "4102"), marks=whole_matrix, id="nonat")])
def test_c06_two_phones_behind_one_nat(ring, users):
    """Their audio passes Tandem, not the router's inside, with
    directmedia=nonat, too."""
    one, other = (ring("port", user) for user in users)
    inside, out = whole_case(one, other)
    assert inside.remote_sdp.host == out.remote_sdp.host == SERVER


@pytest.mark.parametrize("outer,inner", [
    ("symmetric", "port"),
    pytest.param("port", "symmetric", marks=whole_matrix),
    pytest.param("full", "alg", marks=whole_matrix)])
def test_c06_two_nats_in_a_row(lab, ring, office, outer, inner):
    """A router behind a carrier's: as behind one."""
    router = lab.router(inner, f"{inner}-in-{outer}",
                        parent=lab.router(outer))
    phone = ring(router, "1001")
    whole_case(phone, office)
    assert place(lab.tandem, "1001")[0].startswith(
        lab.router(outer).wan + ":")


PAIRS = [(a, b) for a in (*CONES, "symmetric")
         for b in (*CONES, "symmetric")]


@whole_matrix
@pytest.mark.parametrize("one,other", PAIRS)
def test_c07_different_nats(ring, one, other):
    """16 pairs: both hear each other."""
    whole_case(ring(one, "1001"), ring(other, "1003"))


# ------------------------------------------------------------- every spelling

SPELLINGS = {
    # user (harness/natfix.py): place is where it came from, audio follows
    "2001": ("no", False, False), "2002": ("never", False, False),
    "2003": ("yes", True, True), "2004": ("route", True, True),
    "2005": ("force_rport", True, False), "2006": ("comedia", False, True),
    "2007": ("force_rport,comedia", True, True),
    "2008": ("auto_force_rport", True, False),
    "2009": ("auto_comedia", False, True),
    "2010": ("auto_force_rport,auto_comedia", True, True),
}


@pytest.mark.parametrize("user", [
    x if x in ("2004", "2005", "2009")
    else pytest.param(x, marks=whole_matrix)
    for x in SPELLINGS])
def test_spelling_of_nat(lab, ring, office, user):
    """Of a phone that does not ask for rport where it is registered, and what
    becomes of its audio when it does ask."""
    _, place_moves, audio_follows = SPELLINGS[user]
    router = lab.router("symmetric", f"spelling-{user}")
    phone = ring(router, user, register=False)
    phone.rport = False
    registered(phone)
    assert place(lab.tandem, user)[0].startswith(
        router.wan if place_moves else phone.host)
    phone.rport = True
    registered(phone)
    assert place(lab.tandem, user)[0].startswith(router.wan)
    call = phone.invite("1002")
    incoming = office.incoming()
    incoming.ring()
    incoming.accept()
    call.answered()
    call.talk(400)
    incoming.talk(1000)
    if audio_follows:
        both_hear(call, incoming)
    else:
        call.rtp.wait_sent(25)
        assert not incoming.rtp.voice()
        assert "its nat= has no comedia" in report(lab, user)
    call.bye()
    incoming.gone()
