"""Nothing of the inside reaches a provider: many call flows with phones that
talk about themselves in every header and line, and then every byte that the
provider got is searched."""

import re
import socket
import struct
from urllib.parse import quote

import pytest

from harness.office import OFFICE_SIP
from harness.phone import Call
from harness.provider import Provider
from harness.sip import sdp
from harness.talk import both_talk

INSIDE = "127.0.0.77"           # the phones
OURS = "127.0.0.1"              # what the provider may know: Tandem
FAR = "127.0.0.9"               # the provider

PLAN = """\
[office]
exten => _0.,1,Dial(SIP/line/${EXTEN:1},20)
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => 600,1,Answer()
 same => n,Echo()
[incoming]
exten => 100,1,Dial(SIP/1001,20)
exten => 200,1,Dial(SIP/1002,20)
exten => 600,1,Answer()
 same => n,Echo()
exten => 700,1,Queue(inner.example)
"""

LINE = """
[line]
type=peer
host=127.0.0.9
port={port}
remotesecret=kiefer-Rad-31
insecure=invite
context=incoming
qualify=yes
fromuser=720431
sendrpid=pai
trustrpid=yes
allowtransfer=yes
"""

GENERAL = """
realm=pbx
register => 720431:kiefer-Rad-31@127.0.0.9:{port}/100
"""

GOSSIP = [
    ("User-Agent", "InnerPhone/1.0 (anna@127.0.0.77)"),
    ("Server", "InnerPhone/1.0"),
    ("Organization", "inner.example"),
    ("Record-Route", "<sip:proxy.inner.example;lr>"),
    ("Warning", '399 inner.example "anna at 127.0.0.77"'),
    ("P-Asserted-Identity", "<sip:anna@inner.example>"),
    ("P-Preferred-Identity", "<sip:anna@inner.example>"),
    ("Remote-Party-ID", "<sip:anna@inner.example>;party=calling"),
    ("Diversion", "<sip:boss@inner.example>;reason=user-busy"),
    ("History-Info", "<sip:boss@inner.example>;index=1"),
    ("Referred-By", "<sip:anna@inner.example>"),
    ("Call-Info", "<http://127.0.0.77/anna.jpg>;purpose=icon"),
    ("Alert-Info", "<http://127.0.0.77/ring.wav>"),
    ("Error-Info", "<sip:anna@127.0.0.77>"),
    ("Reply-To", "<sip:anna@inner.example>"),
    ("Geolocation", "<cid:inner.example>"),
    ("P-Access-Network-Info", "IEEE-802.11; inner.example"),
    ("P-Charging-Vector", "icid-value=inner.example"),
    ("X-Inner", "inner.example"),
    ("Subject", "inner.example"),
    ("Reason", 'Q.850;cause=16;text="anna at inner.example"'),
]


def body(call, direction="sendrecv"):
    """A description that tells all."""
    text = sdp(call.rtp.host, call.rtp.port, call.payloads, direction,
               call.version)
    call.version += 1
    text = text.replace("o=- ", "o=anna.inner.example ")
    text = text.replace("s=-", "s=inner.example\r\ni=inner.example\r\n"
                        "u=http://inner.example/\r\n"
                        "e=anna@inner.example\r\np=+49 127.0.0.77")
    return text + (
        f"a=rtcp:{call.rtp.port + 1} IN IP4 {INSIDE}\r\n"
        f"a=candidate:1 1 UDP 1 {INSIDE} {call.rtp.port} typ host\r\n"
        "a=ice-ufrag:inner.example\r\na=tool:inner.example\r\n"
        "a=ssrc:1 cname:anna@inner.example\r\n"
        "a=cname:inner.example\r\na=x-inner:inner.example\r\n")


def rtcp(call):
    """A sender report with the phone's name."""
    name = b"anna@inner.example@127.0.0.77"
    sdes = struct.pack("!I", call.rtp.ssrc) + bytes([1, len(name)]) + name
    sdes += bytes(4 - len(sdes) % 4)
    data = struct.pack("!BBHIIIIII", 0x80, 200, 6, call.rtp.ssrc, 1, 1,
                       call.rtp.ts, 10, 1600)
    data += struct.pack("!BBH", 0x81, 202, len(sdes) // 4) + sdes
    host, port = call.remote_sdp.address
    call.rtp.rtcp.sendto(data, (host, port + 1))


class Outside(Provider):
    """All that it got, of its calls too."""

    def everything(self):
        got = [m.wire for m in self.log]
        for call in self.calls:
            got += [p.payload for p in call.rtp.packets if p.pt > 90]
            call.rtp.rtcp.setblocking(False)
            while True:
                try:
                    got.append(call.rtp.rtcp.recv(2048))
                except OSError:
                    break
        return got


@pytest.fixture
def world(make_tandem, slot, phones):
    """(Tandem, provider, anna, bert)"""
    port = slot.take()
    tandem = make_tandem(
        OFFICE_SIP.replace("[phone](!)", "[phone](!)\nhasvoicemail=no") +
        LINE.format(port=port), PLAN, general=GENERAL.format(port=port),
        start=False)
    line = Outside((OURS, tandem.port), port, FAR)
    tandem.start()
    line.registrar("720431")
    anna, bert = phones(tandem, "1001", "1002", host=INSIDE,
                        domain="inner.example")
    yield tandem, line, anna, bert
    line.close()


def out_and_talk(phone, line, number="0555"):
    call = start_out(phone, line, number)
    incoming = line.incoming()
    incoming.ring()
    incoming.accept()
    call.answered()
    both_talk(call, incoming)
    return call, incoming


def start_out(phone, line, number):
    """An INVITE of the phone with all its gossip."""
    probe = Call(phone)
    message = phone.build(
        "INVITE", f"sip:{number}@inner.example", GOSSIP, body(probe), **{
            "Call-ID": probe.call_id + "@inner.example",
            "From": f'"Anna" <sip:{phone.user}@inner.example>'
                    f";tag={probe.tag}"})
    probe.call_id += "@inner.example"
    probe.start_out(message)
    first = probe.wait(lambda m: m.status != 0)
    if first.status == 401:
        probe.start_out(phone.with_credentials(message, first))
    return probe


def call_in(line, number="100"):
    return line.call_in(f"sip:{number}@{OURS}", caller="015112345",
                        headers=[("P-Asserted-Identity",
                                  "<sip:015112345@far.example>")])


def check(world_, calls):
    """Search all that came; the needles are checked to be good ones."""
    tandem, line, anna, bert = world_
    secrets = [INSIDE, "inner.example", "InnerPhone", str(tandem.dir),
               "anna@", "boss@"]
    for phone in (anna, bert):
        secrets += [phone.call_id, phone.from_tag]
        for call in phone.calls:
            secrets += [call.call_id, call.tag]
    if len(socket.gethostname()) > 6:
        secrets.append(socket.gethostname())
    secrets = [s.encode() for s in secrets]
    got = line.everything()
    assert len(got) > calls
    for data in got:
        for secret in secrets:
            at = data.find(secret)
            assert at < 0, f"{secret} in:\n{data.decode(errors='replace')}"


def test_calls_out(world):
    """Talk, hold, digits, RTCP, BYE; CANCEL; a refusal; a challenge."""
    tandem, line, anna, bert = world
    call, incoming = out_and_talk(anna, line)
    rtcp(call)
    for direction in ("sendonly", "sendrecv"):
        assert call.request("INVITE", GOSSIP,
                            body(call, direction)).status == 200
        line.reply(request := incoming.expect_reinvite(), 200,
                   body=incoming.offer(), contact=True)
        incoming.wait("ACK")
        assert request.sdp().host == OURS
    call.request("INFO", [*GOSSIP,
                          ("Content-Type", "application/dtmf-relay")],
                 "Signal=5\r\nDuration=100\r\n")
    call.request("OPTIONS", GOSSIP)
    call.request("UPDATE", GOSSIP, body(call))
    call.request("MESSAGE", [*GOSSIP, ("Content-Type", "text/plain")],
                 "inner.example")
    rtcp(call)
    call.bye(GOSSIP)
    incoming.gone()

    call = start_out(anna, line, "0556")
    incoming = line.incoming()
    incoming.ring()
    call.wait(180)
    call.cancel(GOSSIP)
    incoming.wait("CANCEL")
    call.final()

    call = start_out(anna, line, "0557")
    line.challenge(line.expect("INVITE"), 407)
    incoming = line.incoming()
    incoming.refuse(486)
    call.final()
    check(world, 3)


def test_calls_in(world):
    """Answered with all that a phone can say; refused; not there; the phone
    hangs up; a number that does not exist; a request of each kind."""
    tandem, line, anna, bert = world
    call = call_in(line)
    incoming = anna.incoming()
    quiet = [h for h in GOSSIP if h[0] != "Record-Route"]
    incoming.ring(180, headers=quiet)
    incoming.ring(183, body=body(incoming), headers=quiet)
    anna.reply(incoming.invite, 200, to_tag=incoming.tag, headers=quiet,
               body=body(incoming))
    incoming.wait("ACK")
    call.answered()
    incoming.talk(400)
    call.talk(1000)
    call.rtp.wait_tone(400)
    rtcp(incoming)
    assert incoming.request("INVITE", quiet,
                            body(incoming, "inactive")).status == 200
    line.reply(call.expect_reinvite(), 200, body=call.offer(), contact=True)
    call.wait("ACK")
    incoming.bye(GOSSIP)
    call.gone()

    for status in (486, 480, 488, 500, 603, 404, 480):
        call = call_in(line)
        incoming = anna.incoming()
        incoming.refuse(status, "anna@inner.example is away", GOSSIP)
        assert call.final().status >= 400
    for number in ("999", "chef", "700", "1001"):
        assert call_in(line, number).final().status >= 400
    for method in ("OPTIONS", "MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY",
                   "REFER", "INFO", "BOGUS"):
        request = line.build(method, f"sip:100@{OURS}")
        assert line.request(request, auth=False).status >= 200
    line.wire.send(b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 1;branch=x\r\n"
                   b"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
                   b"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", line.server)
    check(world, 10)


def test_forwards_and_transfers(world):
    """302 to the provider; a blind transfer there, an attended one between
    two calls of it."""
    tandem, line, anna, bert = world
    call = call_in(line)
    incoming = anna.incoming()
    incoming.refuse(302, headers=[
        ("Contact", f"<sip:0777@{INSIDE}>"), *GOSSIP])
    out = line.incoming()
    assert out.invite.uri == f"sip:777@{FAR}:{line.port}"
    out.accept()
    call.answered()
    call.bye()
    out.gone()

    call, incoming = out_and_talk(anna, line)
    response = call.request("REFER", [
        ("Refer-To", "<sip:0888@inner.example>"), *GOSSIP])
    assert response.status == 202
    third = line.incoming()
    assert third.invite.uri.startswith("sip:888@")
    third.accept()
    while call.phone.reply(call.wait("NOTIFY"), 200) and \
            "200" not in call.phone.got("NOTIFY")[-1].text:
        pass
    call.bye(GOSSIP)
    third.bye()
    incoming.gone()

    one, far_one = out_and_talk(anna, line, "0501")
    two, far_two = out_and_talk(anna, line, "0502")
    ours = re.search(r"tag=([^;>]+)", two.local)[1]
    theirs = re.search(r"tag=([^;>]+)", two.remote)[1]
    replaces = quote(f"{two.call_id};to-tag={theirs};from-tag={ours}",
                     safe="")
    response = one.request("REFER", [
        ("Refer-To", f"<sip:0502@inner.example?Replaces={replaces}>"),
        *GOSSIP])
    assert response.status == 202
    far_one.talk(700)
    far_two.rtp.wait_tone(700)
    far_one.bye()
    far_two.gone()
    check(world, 5)
