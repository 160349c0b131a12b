"""Phones behind NATs and how they are reached: over the connection that they
opened, one of several phones of an account, one of several flows of a phone
(RFC 5626); cases 10 and 16 to 19 of the matrix, test_nat_matrix.py."""

import socket
import time

import pytest

from harness import srtp
from harness.lines import until
from harness.natcase import (both_hear, connect, hold_and_resume, place,
                             registered, report, whole_case)
from harness.natfix import meanwhile, stays
from harness.natlab import SERVER

whole_matrix = pytest.mark.whole_matrix


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


def test_c17_srtp_through_an_alg(ring, office):
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


@pytest.mark.parametrize("text", ['<urn:a\\"b>', "<urn:x\r\n evil: 1>",
                                  "<urn:" + 300 * "x" + ">"])
def test_c10_instance_that_is_none(ring, text):
    """It is left out: what cannot be said again the same is no name."""
    phone = ring("port", "4002", register=False)
    response = registered(
        phone, contact=f'{phone.contact};+sip.instance="{text}"')
    assert "instance" not in str(response)
    assert "evil" not in str(response)
