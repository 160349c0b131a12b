"""Providers that do things their own way, played by SIPp, and by a provider
that answers from somewhere else."""

import shutil
import socket

import pytest

from harness.office import OFFICE_SIP, line_conf
from harness.provider import Provider
from harness.sip import param
from harness.sipp import Sipp
from harness.talk import both_talk, ring

PLAN = """\
[office]
exten => _0X.,1,Dial(SIP/line/${EXTEN:1},20)
 same => n,Hangup(${HANGUPCAUSE})
"""

REPLY = """
  <send{retrans}>
    <![CDATA[

      SIP/2.0 {status}
      [last_Via:]
      {route}[last_From:]
      [last_To:];tag={tag}
      [last_Call-ID:]
      [last_CSeq:]
      {contact}{body}

    ]]>
  </send>
"""

SDP = """Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=odd 53 1 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP {payloads}
      a=rtpmap:0 PCMU/8000
      a=rtpmap:8 PCMA/8000
      a=rtpmap:101 telephone-event/8000"""

NO_BODY = "Content-Length: 0\n"
CONTACT = "Contact: <sip:odd@[local_ip]:[local_port]>\n      "


def reply(status, tag="a", contact=True, payloads="0 8 101", body=True,
          route=""):
    return REPLY.format(
        status=status, tag=tag, contact=CONTACT if contact else "",
        retrans=' retrans="500"' if status.startswith("200") else "",
        route=f"Record-Route: {route}\n      " if route else "",
        body=SDP.format(payloads=payloads) if body else NO_BODY)


# what ACK and BYE of the other side have to say
CHECK = """
  <recv request="{method}">
    <action>
      <ereg regexp="^{method} sip:{uri}" search_in="msg" check_it="true"
            assign_to="1"/>
      <ereg regexp=";tag={tag}" search_in="hdr" header="To:" check_it="true"
            assign_to="2"/>
      {route}
    </action>
  </recv>
"""

ROUTE = """<ereg regexp="Route: .*{route}" search_in="msg" check_it="true"
            assign_to="3"/>"""


def scenario(*replies, tag="a", uri="odd@", route=""):
    """INVITE, these, ACK, then BYE of the other side, to the tag of the last
    reply, its Contact and by its routes."""
    ack, bye = (CHECK.format(method=method, uri=uri, tag=tag,
                             route=route and ROUTE.format(route=route))
                for method in ("ACK", "BYE"))
    return """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="odd">
  <recv request="INVITE"/>
""" + "".join(replies) + ack + bye + """
  <send>
    <![CDATA[

      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0


    ]]>
  </send>
  <Reference variables="1,2""" + (",3" if route else "") + """"/>
</scenario>
"""


RINGING = reply("180 Ringing", body=False)

# name: what the provider does, and which answers the caller sees before 200
ODD = {
    "200 without Contact": (scenario(
        RINGING, reply("200 OK", contact=False)), [180]),
    "no Contact at all": (scenario(
        RINGING.replace(CONTACT, ""), reply("200 OK", contact=False),
        uri="555@"), [180]),
    "183 without description": (scenario(
        reply("183 Session Progress", body=False), reply("200 OK")), [180]),
    "codecs in another order": (scenario(
        RINGING, reply("200 OK", payloads="101 8 0")), [180]),
    "one codec, not our first": (scenario(
        reply("200 OK", payloads="8")), []),
    "another To tag each time": (scenario(
        RINGING, reply("183 Session Progress", "b"), reply("200 OK", "c"),
        tag="c"), [180]),
    "200 of the second early dialog": (scenario(
        RINGING, reply("180 Ringing", "b", body=False), reply("200 OK", "b"),
        tag="b"), [180]),
    "183 with a description, 200 without": (scenario(
        reply("183 Session Progress"), reply("200 OK", body=False)), [183]),
    "Record-Route of a proxy": (scenario(
        RINGING, reply("200 OK",
                       route="<sip:127.0.0.1:[local_port];lr;did=1.2>"),
        route=";lr;did=1.2"), [180]),
    "Record-Route of two proxies": (scenario(
        reply("200 OK", route="<sip:127.0.0.1:9;lr;far>, "
                              "<sip:127.0.0.1:[local_port];lr;near>"),
        route=";lr;near>.*;lr;far"), []),
    "Record-Route of a strict router": (scenario(
        reply("200 OK", route="<sip:127.0.0.1:[local_port]>"),
        uri="127.0.0.1", route="sip:odd@"), []),
    "100 with tag and Contact": (scenario(
        reply("100 Trying", "x", body=False), RINGING, reply("200 OK")),
        [180]),
    "no tag in 180": (scenario(
        RINGING.replace(";tag=a", ""), reply("200 OK")), [180]),
    "answered at once": (scenario(reply("200 OK")), []),
}


@pytest.mark.parametrize("name", ODD)
def test_sipp(make_tandem, phones, slot, tmp_path, name):
    """It rings, is answered, the tone comes back (SIPp's echo), and ACK and
    BYE find their way."""
    if not shutil.which("sipp"):
        pytest.skip("sipp is not installed")
    port = slot.take()
    tandem = make_tandem(OFFICE_SIP + line_conf(port), PLAN)
    path = tmp_path / "odd.xml"
    text, before = ODD[name]
    path.write_text(text)
    sipp = Sipp(tmp_path, slot)
    provider = sipp.start(tandem, str(path), port=port, more=("-rtp_echo",))
    anna = phones(tandem, "1001")
    call = anna.invite("0555")
    call.answered()
    assert [m.status for m in anna.log
            if m.method == "INVITE" and 100 < m.status < 200] == before
    call.talk(400)
    call.rtp.wait_tone(400)
    call.bye()
    assert provider.end(10) == 0, provider.text[-2000:]
    tandem.idle()
    assert tandem.cdr()[0]["disposition"] == "ANSWERED"


# ---------------------------------------------------------- in Python

@pytest.fixture
def office(make_tandem, slot, closing):
    port = slot.take()
    tandem = make_tandem(OFFICE_SIP + line_conf(port), PLAN)
    return tandem, closing(Provider(("127.0.0.1", tandem.port), port))


def answers_from(host, line, closing):
    """What the provider says comes from a port that nobody knows."""
    other = closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    other.bind((host, 0))
    line.wire.send = other.sendto


def ring_and_accept(anna, line):
    call, incoming = ring(anna, line, "0555")
    incoming.accept()
    call.answered()
    return call, incoming


def test_answers_from_another_port(office, closing, phones):
    """Requests go where its Contact says."""
    tandem, line = office
    answers_from("127.0.0.1", line, closing)
    anna = phones(tandem, "1001")
    call, incoming = ring_and_accept(anna, line)
    both_talk(call, incoming)
    call.bye()
    bye = incoming.gone()
    assert bye.source == ("127.0.0.1", tandem.port)
    tandem.idle()

    # and when it refuses
    call = anna.invite("0556")
    line.incoming().refuse(486)
    assert call.final().status == 486


def test_answers_from_another_host(office, closing, phones):
    tandem, line = office
    answers_from("127.0.0.44", line, closing)
    call, incoming = ring_and_accept(phones(tandem, "1001"), line)
    call.bye()
    incoming.gone()


def test_forked_at_the_provider(office, phones):
    """Two phones behind the provider ring, both accept: the first 200 wins,
    the second gets ACK and BYE."""
    tandem, line = office
    anna = phones(tandem, "1001")
    call = anna.invite("0555")
    incoming = line.incoming()
    for tag in ("one", "two"):
        line.reply(incoming.invite, 180, to_tag=tag)
    call.wait(180)
    line.reply(incoming.invite, 200, to_tag="two", body=incoming.offer())
    line.reply(incoming.invite, 200, to_tag="one", body=incoming.offer())
    acks = [line.expect("ACK"), line.expect("ACK")]
    assert {param(a["To"], "tag") for a in acks} == {"one", "two"}
    bye = line.expect("BYE")
    assert param(bye["To"], "tag") == "one"
    line.reply(bye, 200)
    call.answered()
    call.bye()
    bye = line.expect("BYE")
    assert param(bye["To"], "tag") == "two"
    line.reply(bye, 200)


def test_forked_and_reliable(office, phones):
    """The second phone's 183 gets its PRACK, and the numbers of the dialog go
    on from there."""
    tandem, line = office
    anna = phones(tandem, "1001")
    call = anna.invite("0555")
    incoming = line.incoming()
    line.reply(incoming.invite, 180, to_tag="one")
    line.reply(incoming.invite, 183, to_tag="two", headers=[
        ("Require", "100rel"), ("RSeq", "7")])
    prack = line.expect("PRACK")
    assert param(prack["To"], "tag") == "two"
    line.reply(prack, 200)
    line.reply(incoming.invite, 200, to_tag="two", body=incoming.offer())
    assert param(line.expect("ACK")["To"], "tag") == "two"
    call.answered()
    call.bye()
    bye = line.expect("BYE")
    assert param(bye["To"], "tag") == "two"
    assert bye.cseq[0] > prack.cseq[0]
    line.reply(bye, 200)


def test_200_again(office, phones):
    """The 200 comes three times: each gets the same ACK, the call goes on."""
    tandem, line = office
    anna = phones(tandem, "1001")
    call = anna.invite("0555")
    incoming = line.incoming()
    ack = incoming.accept()
    call.answered()
    for _ in range(2):
        line.wire.send(*line.answers[incoming.invite.branch,
                                     incoming.invite["CSeq"],
                                     incoming.invite["Call-ID"]])
    line.wait_log(lambda log: sum(m.first.startswith("ACK")
                                  for m in log) == 3, "ACKs")
    assert {m.wire for m in line.got("ACK")} == {ack.wire}
    call.bye()
    incoming.gone()


@pytest.mark.parametrize("contact", [
    "<sip:1002@127.0.0.1>", "<sip:0666@evil.example>",
    "sip:1002@127.0.0.1;x=y, <sip:1003@x>;q=0.1", "<tel:1002>"])
def test_redirect_of_a_provider(make_tandem, slot, closing, phones,
                                contact):
    """302 from a line: only its number counts, and the plan of the line's
    own context decides: here it may reach 1002, and no line."""
    port = slot.take()
    tandem = make_tandem(
        OFFICE_SIP + line_conf(port),
        PLAN + "[incoming]\nexten => 1002,1,Dial(SIP/1002,20)\n")
    line = closing(Provider(("127.0.0.1", tandem.port), port))
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("0555")
    line.incoming().refuse(302, headers=[("Contact", contact)])
    if "1002" in contact:
        incoming = bert.incoming()
        incoming.accept()
        call.answered()
        call.bye()
        incoming.gone()
    else:
        assert call.final().status >= 400
        assert len(line.got("INVITE")) == 1


@pytest.mark.parametrize("where", ["there", "nowhere"])
def test_promiscredir(make_tandem, slot, closing, phones, where):
    """promiscredir=yes: the URI as it is, with Diversion, and no password of
    the first one, nor one of [authentication]."""
    port, second = slot.take(), slot.take()
    tandem = make_tandem(
        OFFICE_SIP + line_conf(
            port, "promiscredir=yes\nremotesecret=kiefer-Rad-31",
            context="nowhere") +
        "[authentication]\nauth=720431:kiefer-Rad-31@provider.example\n",
        PLAN)
    line = closing(Provider(("127.0.0.1", tandem.port), port))
    other = closing(Provider(("127.0.0.1", tandem.port), second))
    anna = phones(tandem, "1001")
    call = anna.invite("0555")
    target = f"<sip:777@127.0.0.1:{second}>" if where == "there" else \
        "<sip:777@127.0.0.1:1>"
    line.incoming().refuse(302, headers=[("Contact", target)])
    if where == "there":
        incoming = other.incoming()
        assert incoming.invite.uri == f"sip:777@127.0.0.1:{second}"
        incoming.refuse(401, headers=[(
            "WWW-Authenticate", f'Digest realm="{line.realm}", nonce="x"')])
        assert incoming.invite["Diversion"].endswith(
            ";reason=unconditional;counter=1")
    assert call.final().status >= 400
    assert len(other.got("INVITE")) == (where == "there")
    assert len(line.got("INVITE")) == 1
