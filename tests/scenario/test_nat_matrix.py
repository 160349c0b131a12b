"""Phones behind NATs: the cases of the matrix, by number.

Each NAT is the kernel's (harness/natlab.py) and each case makes the same
calls (harness/natcase.py): in, hold, BYE of the one; out, hold, BYE of the
other; idle; in again; audio known by its tone in both directions.

NAT=all runs all of them; without it those that every change has to pass.
More of them: test_nat_server.py (the server is behind a NAT), test_nat_alg.py
(something rewrites messages), test_nat_media.py (audio).
"""

import re
import socket
import struct
import time
from pathlib import Path

import pytest

from harness import srtp
from harness.lines import until
from harness.natcase import (CASES, WHOLE, answered_quietly, both_hear,
                             connect, hold_and_resume, place, registered,
                             the_rest, whole_case)
from harness.natfix import meanwhile, stays
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


def report(lab, user):
    """What Tandem says of the phone's NAT."""
    return lab.tandem.console(f"nat report {user}")


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
def test_c02_rtcp_is_found_by_itself(lab, ring, office, kind):
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
def test_c03_where_an_answer_goes(lab, ring, user, at_source):
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
def test_c06_two_phones_behind_one_nat(lab, ring, users):
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


def forgetful(lab, life):
    """A router that forgets what is idle for so long."""
    return lab.router("port", f"short{life}", life=life)


def test_c09_short_binding_is_kept_open(lab, ring, office):
    """keepalive=1 keeps a NAT open that forgets after 3 s; a phone without
    is not reached (else the test would prove nothing)."""
    router = forgetful(lab, 3)
    kept, lost = ring(router, "3001"), ring(router, "3002")
    dead = []

    def idle_for_long():
        time.sleep(5)           # idle is the case
        dead.append(office.invite("3002"))
    whole_case(kept, office, idle_for_long)
    dead, = dead
    assert not lost.got("INVITE")
    dead.cancel()
    assert dead.final().status == 487
    assert "keepalive=no" in report(lab, "3002")


@meanwhile("test_c09_the_interval_adapts")
def interval_adapts(lab):
    """keepalive=8 is too seldom: the first call is lost, the phone registers
    again and is asked more often from then on."""
    office = stays(lab, None, "3008")
    phone = stays(lab, lab.router("port", "short6", life=6), "3003")
    phone.wait_log(lambda log: [m for m in log if m.first.startswith(
        "OPTIONS")], "first question", 5)
    # four packets later comes a question, into a NAT that has forgotten
    until(lambda: "did not answer" in report(lab, "3003"),
          "a question that was not answered", 60, 0.5)
    registered(phone)
    lab.tandem.log.wait(r"3003: its NAT forgot it within 8 s; it is asked "
                        r"every 5 s")
    assert "every 5 s" in report(lab, "3003")
    # granted for two minutes at most, so that a loss is short
    assert int(registered(phone, expires=3600)["Expires"]) <= 120
    time.sleep(15)
    call, incoming = connect(office, phone)
    call.bye()
    incoming.gone()
    # it is remembered, and can be forgotten
    assert "5" in lab.tandem.console("database show NAT")
    lab.tandem.console("nat forget 3003")
    assert int(registered(phone, expires=3600)["Expires"]) > 120


@whole_matrix
def test_c09_the_interval_adapts(lab):
    lab.meanwhile["test_c09_the_interval_adapts"].result()


def test_c10_another_port_at_the_next_register(lab, ring, office):
    """It replaces the old place: one phone, which rings once."""
    router = lab.router("symmetric", "moving")
    phone = ring(router, "4001")
    was = place(lab.tandem, "4001")
    router.reboot()
    registered(phone)
    now = place(lab.tandem, "4001")
    assert len(now) == 1 and now != was
    # a phone that writes what it learns into its Contact
    for port in (40001, 40002):
        registered(phone, contact=f"<sip:4001@{router.wan}:{port}>")
        assert len(place(lab.tandem, "4001")) == 1
    # ... or says who it is
    instance = '+sip.instance="<urn:uuid:0a0b0c0d-1111-2222-3333-abcdef>"'
    for port, callid in ((40003, "a"), (40004, "b")):
        registered(phone, contact=f"<sip:4001@{router.wan}:{port}>;"
                   + instance, **{"Call-ID": f"{callid}-{phone.call_id}"})
    assert len(place(lab.tandem, "4001")) == 2
    call, incoming = connect(office, phone)
    call.bye()
    incoming.gone()
    # it rang at its other place, too
    phone.incoming().refuse(486)
    registered(phone, contact="*", expires=0)
    registered(phone)
    the_rest(phone, office)


def test_c11_n2_rebinding_in_a_call(lab, ring, office):
    """Audio is back within 2 s; what goes to the phone goes there once it has
    proved who it is."""
    router = lab.router("port", "moved-in-call")
    phone = ring(router, "1001")
    call, incoming = connect(office, phone)
    router.reboot()
    marks, sent = (call.rtp.mark(), incoming.rtp.mark()), incoming.rtp.sent
    call.rtp.wait_tone(1000, since=marks[0] + 5, timeout=10)
    incoming.rtp.pause()

    def lost():
        return incoming.rtp.sent - sent - len(call.rtp.voice(marks[0]))
    # 2 s; every day on machines that are busy with other things
    until(lambda: lost() <= (100 if WHOLE else 200), f"{lost()} packets lost")
    assert lost() > 50          # it has moved, or this would prove nothing
    incoming.talk(1000)
    incoming.rtp.wait_tone(400, since=marks[1], timeout=10)
    # a re-INVITE from the new port is challenged before it moves anything
    first = incoming.reinvite()
    assert first.status == 401, first
    message = incoming.build("INVITE", body=incoming.offer())
    again = phone.with_credentials(message, first)
    incoming.cseq = again.cseq[0]
    response = incoming.transact(again)
    assert response.status == 200, response
    both_hear(call, incoming)
    call.bye()
    incoming.gone()


def test_c11_register_moves_its_calls(lab, ring, office):
    """The same phone from another port: BYE goes there."""
    router = lab.router("port", "moved-in-call")
    router.set("port")
    phone = ring(router, "1001")
    call, incoming = connect(office, phone)
    router.reboot()
    registered(phone)
    both_hear(call, incoming, timeout=10)
    call.bye()
    incoming.gone()
    the_rest(phone, office)


def test_c11_another_phone_moves_nothing(lab, ring, office):
    """A second phone of the account takes its calls, not the one it is in."""
    phone = ring("port", "1001")
    call, incoming = connect(office, phone)
    thief = ring("symmetric", "1001")
    assert not thief.got("BYE")
    both_hear(call, incoming)
    call.bye()
    incoming.gone()
    assert not thief.got("BYE")


@whole_matrix
@pytest.mark.parametrize("user,most", [("3004", 5), ("3005", 15)])
def test_c12_router_starts_anew(lab, ring, office, user, most):
    """A call before the phone is back fails soon, sooner with timerb=2000, and
    the dialplan goes on (with voicemail, in an office; here with an echo); it
    is seen to be away."""
    router = lab.router("port", f"rebooted{user}")
    phone = ring(router, user)
    lab.tandem.wait_console(f"sip show peer {user}", r"Status +: OK")
    router.reboot()
    begin = time.monotonic()
    call = office.invite(user)
    call.answered(20)
    assert time.monotonic() - begin < most
    call.talk(400)
    call.rtp.wait_tone(400)
    call.bye()
    lab.tandem.wait_console(f"sip show peer {user}",
                            r"Status +: UNREACHABLE")
    registered(phone)
    lab.tandem.wait_console(f"sip show peer {user}", r"Status +: OK")
    whole_case(phone, office)


@pytest.mark.parametrize("how", ["register", "reinvite"])
@whole_matrix
def test_c13_n3_another_public_address(lab, ring, office, how):
    """The call goes on as soon as the phone has proved who it is."""
    router = lab.router("port", f"moved-{how}")
    phone = ring(router, "1001")
    call, incoming = connect(office, phone)
    router.move(router.wan.rsplit(".", 1)[0] + (
        ".77" if how == "register" else ".78"))
    if how == "register":
        registered(phone)
        assert place(lab.tandem, "1001")[0].startswith(router.wan + ":")
    else:
        first = incoming.reinvite()
        assert first.status == 401, first
        again = phone.with_credentials(
            incoming.build("INVITE", body=incoming.offer()), first)
        incoming.cseq = again.cseq[0]
        assert incoming.transact(again).status == 200
    both_hear(call, incoming, timeout=10)
    call.bye()
    incoming.gone()
    if how == "register":
        the_rest(phone, office)


def over_its_connection(lab, ring, office, transport, kind):
    """Called over the connection that it opened; when that has gone nobody
    connects to the phone's private Contact."""
    port = 5061 if transport == "tls" else 5060
    phone = ring(kind, "1001", transport=transport, server=(SERVER, port))
    whole_case(phone, office)
    text = report(lab, "1001")
    assert f"over the {transport.upper()} connection" in text
    assert f"it says {phone.host}:{phone.port}" in text
    phone.wire.send(b"\r\n\r\n")
    until(lambda: phone.wire.pongs, "a pong (RFC 5626 4.4.1)")
    mark = lab.tandem.log.mark()
    phone.wire.close()
    lab.tandem.log.wait(r"1001: the connection from .* has gone", since=mark)
    # the place is kept, and what it lacks is said
    assert place(lab.tandem, "1001")
    begin = time.monotonic()
    with lab.watch_connects(phone.host) as connects:
        assert office.invite("1001").final().status in (480, 503)
        assert connects() == 0
    assert time.monotonic() - begin < 3
    assert "until it registers again" in report(lab, "1001")
    back = ring(kind, "1001", transport=transport, server=(SERVER, port))
    call, incoming = connect(office, back)
    call.bye()
    incoming.gone()


def test_c16_tcp_phone(lab, ring, office):
    over_its_connection(lab, ring, office, "tcp", "symmetric")


def test_c16_the_watch_sees_a_connect(lab):
    """(Else it would prove nothing.)"""
    with lab.watch_connects("192.168.99.1") as connects, \
            lab.srv.inside(), socket.socket() as sock:
        sock.setblocking(False)
        sock.connect_ex(("192.168.99.1", 5060))
        until(connects, "a SYN")


def test_c17_srtp_through_an_alg(lab, ring, office):
    """The keys are in what the ALG cannot read; audio is encrypted as far as
    Tandem, which finds its place in the NAT by packets that have the key."""
    phone = ring("alg", "4201", transport="tls", server=(SERVER, 5061),
                 suite=srtp.SHA80)
    inside, out = whole_case(phone, office)
    for call in (inside, out):
        assert "RTP/SAVP" in call.remote_sdp.text


def test_c17_tls_phone_and_an_alg(lab, ring, office):
    """The ALG cannot read it, and so cannot change it."""
    over_its_connection(lab, ring, office, "tls", "alg")
    assert "suspected" not in report(lab, "1001")


@meanwhile("test_c18_tcp_nat_that_forgets")
def tcp_forgotten(lab):
    """Kept open by TCP itself; one that was dropped is noticed."""
    office = stays(lab, None, "3007")
    router = lab.router("port", "tcp20")
    router.forget_tcp_after(20)
    phone = stays(lab, router, "3006", transport="tcp")
    whole_case(phone, office, lambda: time.sleep(25))
    mark = lab.tandem.log.mark()
    router.block("meta l4proto tcp")
    lab.tandem.log.wait(r"3006: the connection from .* has gone", 33,
                        since=mark)         # 30 s, and a busy machine


@whole_matrix
def test_c18_tcp_nat_that_forgets(lab):
    lab.meanwhile["test_c18_tcp_nat_that_forgets"].result()


def test_c19_two_phones_of_one_account(ring, office):
    """Behind one NAT: both ring."""
    phones = [ring("port", "4001") for _ in range(2)]
    call = office.invite("4001")
    one, other = (phone.incoming() for phone in phones)
    for incoming in (one, other):
        incoming.ring()
    one.accept()
    call.answered()
    phones[1].expect("CANCEL")
    call.talk(400)
    one.talk(1000)
    both_hear(call, one)
    hold_and_resume(one, call)
    call.bye()
    one.gone()
    for phone in phones:
        out, there = connect(phone, office)
        hold_and_resume(out, there)
        out.bye()
        there.gone()


def test_c19_two_phones_with_the_same_private_address(lab, ring, office):
    """... and behind two NATs: each says who it is."""
    phones = []
    for i, kind in enumerate(("port", "full")):
        phone = ring(kind, "4001", register=False)
        registered(phone, contact="<sip:4001@192.168.9.9:5060>;+sip.instance="
                   f'"<urn:uuid:0000000{i}-1111-2222-3333-444444444444>"')
        phones.append(phone)
    assert len(place(lab.tandem, "4001")) >= 2
    call = office.invite("4001")
    for phone in phones:
        phone.incoming().refuse(486)
    assert call.final().status == 486


# --------------------------------------------------------------- RFC 5626

INSTANCE = "<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"


def flow(phone, number, **over):
    """Register a flow of a phone; the answer."""
    contact = phone.contact.replace(">", ";ob>")
    return phone.register(
        contact=f'{contact};+sip.instance="{INSTANCE}";reg-id={number}',
        Supported="path, outbound", **over)


def test_c10_flows_of_one_phone(lab, ring, office):
    """Two ways to one phone: it rings once, over the newer one; over the
    other when that has gone."""
    udp = ring("port", "4002", register=False)
    tcp = ring("symmetric", "4002", transport="tcp", register=False)
    for phone, number in ((udp, 1), (tcp, 2)):
        response = flow(phone, number)
        assert response.status == 200, response
        assert response["Require"] == "outbound"
        assert int(response["Flow-Timer"]) <= 30
        assert f"reg-id={number}" in str(response)
    shown = lab.tandem.console("sip show peer 4002")
    assert "flow 1" in shown and "flow 2" in shown
    call, incoming = connect(office, tcp)
    call.bye()
    incoming.gone()
    assert not udp.got("INVITE")
    mark = lab.tandem.log.mark()
    tcp.wire.close()
    lab.tandem.log.wait(r"4002: the connection from .* has gone", since=mark)
    call, incoming = connect(office, udp)
    call.bye()
    incoming.gone()
    # a keep-alive tells where it came from (4.4.2)
    with udp.space.inside():
        question = bytes.fromhex("000100002112a442") + b"tandem-tests"
        heard = []
        receive = udp.wire.receive
        udp.wire.receive = lambda: heard.append(receive()) or heard[-1]
        udp.wire.send(question, udp.server)     # wakes the reader
        udp.wire.send(question, udp.server)
        got = until(lambda: [x for x in heard if x and x[0][:2] == b"\1\1"],
                    "a binding response")[0][0]
    port = int.from_bytes(got[26:28], "big") ^ 0x2112
    assert place(lab.tandem, "4002")[-1].endswith(f":{port}")


@pytest.mark.parametrize("path,status", [
    (None, 439), ("<sip:192.168.77.7;lr>", 439),
    ("<sip:192.168.77.7;lr;ob>", 200)])
def test_c10_flow_behind_a_proxy(ring, path, status):
    """6: only a first proxy that keeps the flow (;ob in its Path) will do."""
    phone = ring("port", "4002", register=False)
    message = phone.build("REGISTER", f"sip:{phone.domain}", [
        ("Expires", "300"), ("Supported", "path, outbound"),
        *([("Path", path)] if path else [])], **{
            "To": f"<sip:4002@{phone.domain}>",
            "Contact": f'{phone.contact};+sip.instance="{INSTANCE}";reg-id=1'})
    first = phone.request(message, auth=False)
    again = phone.with_credentials(message, first)
    again.headers = [
        (n, f"{v}, SIP/2.0/UDP 192.168.77.7:5060;branch=z9hG4bKproxied")
        if n == "Via" else (n, v) for n, v in again.headers]
    phone.send(again)
    branch = again.branch
    answer = phone.expect(lambda m: m.branch == branch and m.status >= 200)
    assert answer.status == status, answer


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
    x if x in ("2004", "2009") else pytest.param(x, marks=whole_matrix)
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


@pytest.mark.parametrize("text", ['<urn:a\\"b>', "<urn:x\r\n evil: 1>",
                                  "<urn:" + 300 * "x" + ">"])
def test_c10_instance_that_is_none(ring, text):
    """It is left out: what cannot be said again the same is no name."""
    phone = ring("port", "4002", register=False)
    response = registered(
        phone, contact=f'{phone.contact};+sip.instance="{text}"')
    assert "instance" not in str(response)
    assert "evil" not in str(response)
