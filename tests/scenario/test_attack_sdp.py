"""Session descriptions that broke others, in every message that can carry one
(AST-2018-002, AST-2018-003, CVE-2021-32686, CVE-2022-31001, CVE-2022-31003,
CVE-2026-41416 and what lies beside them).

Each is answered, with success or a 4xx; none is met with silence, and the call
beside it goes on."""

import pytest

from harness.office import phones_conf

OFFICE = phones_conf(["1001", "1002", "1003"], "call-limit=0")

PLAN = """[office]
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => 600,1,Answer()
 same => n,Echo()
"""

HEAD = ["v=0", "o=- 1 1 IN IP4 {host}", "s=-", "c=IN IP4 {host}", "t=0 0"]
AUDIO = ["m=audio {port} RTP/AVP 0 8 101", "a=rtpmap:0 PCMU/8000",
         "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000",
         "a=fmtp:101 0-16", "a=ptime:20", "a=sendrecv"]
GOOD = HEAD + AUDIO


def without(start):
    return [line for line in GOOD if not line.startswith(start)]


def with_audio(*lines):
    return HEAD + list(lines)


def more(*lines):
    return GOOD + list(lines)


def instead(start, text):
    return [text if line.startswith(start) else line for line in GOOD]


def table():
    """name: lines or a whole text"""
    t = {
        "empty": "",
        "nothing but an end of line": "\r\n",
        "one byte": "v",
        "no equals sign": "v\r\no\r\n",
        "not a description": "hello, world\r\n" * 20,
        "LF only": "\n".join(GOOD) + "\n",
        "CR only": "\r".join(GOOD) + "\r",
        "no end of line": "\r\n".join(GOOD),
        "NUL inside": "\r\n".join(instead("s=", "s=a\0b")) + "\r\n",
        "NUL in fmtp, AST-2018-003": "\r\n".join(
            more("a=fmtp\0:101", "a=fmtp:\0")) + "\r\n",
        "spaces": "\r\n".join(" " + line for line in GOOD) + "\r\n",
        "version 1": instead("v=", "v=1"),
        "version twice": ["v=0", *GOOD],
        "no m": HEAD,
        "c in the medium only": without("c=") + ["c=IN IP4 {host}"],
        "IPv6 in IP4": instead("c=", "c=IN IP4 ::1"),
        "IPv4 in IP6": instead("c=", "c=IN IP6 {host}"),
        "c of another net": instead("c=", "c=ATM IP4 {host}"),
        "c with a name": instead("c=", "c=IN IP4 host.invalid"),
        "c with a ttl": instead("c=", "c=IN IP4 224.2.1.1/127/3"),
        "c long": instead("c=", "c=IN IP4 " + "1" * 4000),
        "c short": instead("c=", "c=IN"),
        "c empty": instead("c=", "c="),
        "o empty": instead("o=", "o="),
        "o numbers": instead("o=", "o=- 99999999999999999999999 -1 IN IP4 x"),
        "m after its end": more("m="),
        "m long type": more("m=" + "x" * 1024 + " 9 RTP/AVP 0"),
        "m no formats": with_audio("m=audio {port} RTP/AVP"),
        "m no protocol": with_audio("m=audio {port}"),
        "m of letters": with_audio("m=audio port RTP/AVP 0"),
        "m two ports": with_audio("m=audio {port}/2 RTP/AVP 0"),
        "m ports without number": with_audio("m=audio {port}/ RTP/AVP 0"),
        "m ports beyond": with_audio("m=audio 65535/65535 RTP/AVP 0"),
        "only secure audio": with_audio("m=audio {port} RTP/SAVP 0"),
        "feedback": with_audio("m=audio {port} RTP/AVPF 0"),
        "video alone": with_audio("m=video {port} RTP/AVP 96",
                                  "a=rtpmap:96 H264/90000"),
        "image": with_audio("m=image {port} udptl t38"),
        "audio and image": more("m=image {port} udptl t38",
                                "a=T38FaxMaxBuffer:4294967296"),
        "audio twice": GOOD + AUDIO,
        "unknown formats": with_audio("m=audio {port} RTP/AVP 120 121"),
        "format of letters, AST-2018-002": with_audio(
            "m=audio {port} RTP/AVP 0 x y z"),
        "format 128": with_audio("m=audio {port} RTP/AVP 0 128"),
        "format 255": with_audio("m=audio {port} RTP/AVP 255"),
        "format below zero": with_audio("m=audio {port} RTP/AVP -1"),
        "rtpmap 128": more("a=rtpmap:128 PCMU/8000"),
        "rtpmap none": more("a=rtpmap:"),
        "rtpmap no rate": more("a=rtpmap:0 PCMU"),
        "rtpmap long": more("a=rtpmap:0 " + "P" * 3000 + "/8000"),
        "rtpmap other name": instead("a=rtpmap:0", "a=rtpmap:0 opus/48000/2"),
        "fmtp of nothing": more("a=fmtp:99 x=y"),
        "fmtp long": more("a=fmtp:101 " + "0-15," * 1000),
        "fmtp empty": more("a=fmtp:", "a=fmtp:101", "a=fmtp:101 "),
        "attributes, many": more(*["a=x:y"] * 3000),
        "attribute empty": more("a=", "a=:", "a=:x"),
        "candidates": more(*["a=candidate:1 1 UDP 1 127.0.8.8 9 typ host"]
                           * 200),
        "crypto": more("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA"),
        "crypto broken": more("a=crypto:", "a=crypto:99999999999 x"),
        "formats, many": with_audio("m=audio {port} RTP/AVP " +
                                    " ".join(map(str, range(128)))),
        "formats, more": with_audio("m=audio {port} RTP/AVP " +
                                    "0 " * 5000),
        "media, 8": HEAD + AUDIO + ["m=video 0 RTP/AVP 96"] * 7,
        "media, 9": HEAD + AUDIO + ["m=video 0 RTP/AVP 96"] * 8,
        "media, many": HEAD + ["m=audio {port} RTP/AVP 0"] * 1000,
        "bandwidth": more("b=AS:-1", "b=AS:99999999999", "b=", "b=X"),
        "times": instead("t=", "t=-1 99999999999999999999"),
        "keys": more("k=clear:x", "k=", "z=1 2 3"),
        "line of 1024": more("a=" + "x" * 1022),
        "line of 1025": more("a=" + "x" * 1023),
        "line of 30000": more("a=" + "x" * 29998),
        "high bytes": instead("s=", "s=\xff\xfe\x80"),
    }
    for port in (-1, 0, 1, 9, 65535, 65536, 4294967296, 10 ** 30):
        t[f"port {port}"] = with_audio(f"m=audio {port} RTP/AVP 0")
    for ms in (-1, 0, 1, 9, 10, 200, 201, 4294967295, "x", ""):
        t[f"ptime {ms}"] = instead("a=ptime", f"a=ptime:{ms}")
        t[f"maxptime {ms}"] = more(f"a=maxptime:{ms}")
    for rate in (-8000, 0, 1, 384000, 384001, 4294967296):
        t[f"rate {rate}"] = with_audio("m=audio {port} RTP/AVP 96 0",
                                       f"a=rtpmap:96 L16/{rate}")
    for channels in (-1, 0, 8, 9, 4294967296):
        t[f"channels {channels}"] = with_audio(
            "m=audio {port} RTP/AVP 96 0",
            f"a=rtpmap:96 L16/8000/{channels}")
    for port in (-1, 0, 65535, 65536, 2 ** 64):
        t[f"rtcp {port}"] = more(f"a=rtcp:{port}")
    for where in ("0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1",
                  "999.1.1.1", "1.2.3", "1.2.3.4.5"):
        t[f"address {where}"] = instead("c=", f"c=IN IP4 {where}")
    return t


TABLE = table()
assert len(TABLE) >= 115


def text(lines, rtp):
    if isinstance(lines, list):
        lines = "\r\n".join(lines) + "\r\n"
    return lines.replace("{host}", rtp.host).replace("{port}", str(rtp.port))


@pytest.fixture
def office(make_tandem, phones):
    """A Tandem with three phones, and a call that goes on beside it all."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN, start=False)
    # a hundred calls in the time that a port rests
    tandem.write("rtp.conf", "[general]\nrtpstart=12000\nrtpend=19999\n")
    tandem.start()
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    call = anna.invite("600")
    call.answered()
    call.talk(300)
    call.rtp.wait_tone(300)
    yield tandem, bert, carl
    call.rtp.wait_tone(300, since=call.rtp.mark())
    call.bye()
    tandem.idle()


def fair(status):
    """Success, or the sender's fault; nothing of ours."""
    return 200 <= status < 300 or 400 <= status < 500


def goes_on(call):
    """It has its audio, by a description that is good."""
    assert call.reinvite().status == 200
    call.talk(400)
    call.rtp.wait_tone(400, since=call.rtp.mark())
    call.bye()


def test_sdp_in_an_invite(office):
    _, bert, _ = office
    rtp = bert.new_rtp()
    for name, lines in TABLE.items():
        call = bert.invite("600", body=text(lines, rtp))
        response = call.wait(lambda m: m.status >= 200
                             and m.status not in (401, 407))
        assert fair(response.status), (name, response)
        if response.status < 300:
            call.remote = response["To"]
            call.target = response.target()
            call.ack(call.offer() if not lines else "")
            call.bye()
        call.rtp.close()
    rtp.close()


def test_sdp_in_a_reinvite(office):
    _, bert, _ = office
    call = bert.invite("600")
    call.answered()
    for name, lines in TABLE.items():
        message = call.build("INVITE", body=text(lines, call.rtp))
        bert.invites[message.branch] = message
        bert.send(message)
        response = bert.expect(lambda m, b=message.branch:
                               m.status >= 200 and m.branch == b)
        assert fair(response.status), (name, response)
        if response.status < 300:
            call.invite = message
            call.ack(call.offer() if not lines else "")
    goes_on(call)


def test_sdp_in_an_update(office):
    _, bert, _ = office
    call = bert.invite("600")
    call.answered()
    for name, lines in TABLE.items():
        response = call.request("UPDATE", body=text(lines, call.rtp))
        assert fair(response.status), (name, response)
    goes_on(call)


@pytest.mark.parametrize("status", [183, 200])
def test_sdp_in_an_answer(office, status):
    """The caller gets an answer, the callee is told that it is over."""
    _, bert, carl = office
    for name, lines in TABLE.items():
        call = bert.invite("1003")
        there = carl.incoming()
        body = text(lines, there.rtp)
        carl.reply(there.invite, status, body=body, to_tag=there.tag,
                   contact=True)
        if status == 183:
            there.refuse(486)
            assert call.final().status in (480, 486, 488), name
        else:
            there.wait("ACK")
            response = call.final()
            if response.status == 200:
                call.bye()
                there.gone()
            else:
                assert fair(response.status) or response.status in (
                    500, 502, 503), (name, response)
                there.gone()
        call.rtp.close()
        there.rtp.close()


def test_sdp_in_an_ack(office):
    """An INVITE without a description: ours is in the 200, this in the ACK."""
    _, bert, _ = office
    rtp = bert.new_rtp()
    for name, lines in TABLE.items():
        call = bert.invite("600", body="")
        response = call.wait(lambda m: m.status >= 200
                             and m.status not in (401, 407))
        assert response.status == 200, (name, response)
        call.take(response)
        call.ack(text(lines, rtp))
        ended = bert.expect(
            lambda m, c=call: m.get("Call-ID") == c.call_id
            and m.is_request and m.first.startswith("BYE")) \
            if not usable(bert, call) else None
        if ended:
            bert.reply(ended, 200)
        call.rtp.close()
    rtp.close()


def usable(phone, call):
    """Ends the call; false if the server is about to end it itself."""
    response = call.request("BYE")
    assert response.status in (200, 481), response
    return response.status == 200
