"""Messages that come at a bad moment: requests and answers with something
wrong in each state of a call, connections that end in each, challenges that
lure a password out of us.  Afterwards the office is as it was
(docs/security.md)."""

import random
import re

import pytest

from harness.attack import OFFICE, OURS, PLAN, office  # noqa: F401
from harness.phone import Phone
from harness.sip import Message, token


def events(call, rng):
    """Each request there is, good and with something wrong in it."""
    for method in ("INVITE", "ACK", "PRACK", "UPDATE", "INFO", "REFER",
                   "NOTIFY", "MESSAGE", "SUBSCRIBE", "OPTIONS", "CANCEL",
                   "BYE", "REGISTER", "BOGUS"):
        for wrong in ("tag", "remote", "cseq", "call-id"):
            body = call.offer() if method in ("INVITE", "UPDATE") else ""
            message = call.build(method, [("Event", "refer"),
                                          ("Refer-To", "<sip:600@x>"),
                                          ("RAck", "1 1 INVITE")], body,
                                 cseq=rng.randrange(max(call.cseq, 1))
                                 if wrong == "cseq" else 900)
            swap = {"tag": ("From", re.sub("tag=.*", "tag=x", call.local)),
                    "remote": ("To", re.sub("tag=.*", "tag=x", call.remote)),
                    "call-id": ("Call-ID", token())}.get(wrong)
            if wrong == "cseq" and (method in ("ACK", "CANCEL")
                                    or not call.cseq):
                continue        # of an INVITE; nothing was said yet
            if swap:
                message.headers = [swap if h[0] == swap[0] else h
                                   for h in message.headers]
            yield method, message


def responses(call, rng):
    """Answers to nothing, and again to what was answered."""
    for status in (100, 180, 183, 200, 302, 401, 407, 408, 481, 500, 603,
                   699):
        for method in ("INVITE", "BYE", "PRACK"):
            yield Message(f"SIP/2.0 {status} x", [
                ("Via", f"SIP/2.0/UDP 127.0.0.1:{call.phone.server[1]}"
                        f";branch={token('z9hG4bK')}"),
                ("From", call.remote), ("To", call.local),
                ("Call-ID", rng.choice((call.call_id, token()))),
                ("CSeq", f"{rng.randrange(300)} {method}"),
                ("Contact", call.phone.contact)],
                call.offer() if status < 300 else "")


STATES = ("ringing", "early", "answered", "talking", "held", "changing",
          "ending", "ended")


def bring(state, anna, bert):
    """A call in that state."""
    call = anna.invite("1002")
    there = bert.incoming()
    if state == "early":
        there.progress()
        call.take(call.wait(183))
    else:
        there.ring()
        call.take(call.wait(180))
    if state in ("ringing", "early"):
        return call, there
    there.accept(wait_ack=False)
    ok = call.wait(200)
    call.take(ok)
    there.wait("ACK")
    if state == "answered":             # its ACK comes late
        return call, there
    call.ack()
    if state == "held":
        assert call.reinvite("sendonly").status == 200
        there.answer_reinvite(there.expect_reinvite(), "recvonly")
    elif state == "changing":           # the other side takes its time
        message = call.build("INVITE", body=call.offer("sendonly"))
        anna.invites[message.branch] = message
        anna.send(message)
        there.expect_reinvite()
    elif state in ("ending", "ended"):
        call.bye()
        if state == "ended":
            there.gone()
    return call, there


@pytest.mark.parametrize("state", STATES)
def test_bad_moment_es2020_02_cve_2022_23608_ghsa_g8q2(office, state):
    """In each state of a call every request and answer with a wrong tag, a
    wrong number or of another call, to either side: nothing moves."""
    tandem, anna, bert = office
    rng = random.Random(state)
    call, there = bring(state, anna, bert)
    for side in (call, there):
        phone = side.phone
        for method, message in events(side, rng):
            phone.send(message)
            if method == "ACK":
                continue
            answer = phone.expect(lambda m, b=message.branch:
                                  not m.is_request and m.status >= 200
                                  and m.branch == b)
            assert answer.status in OURS or (
                method == "OPTIONS" and answer.status == 200) or \
                method in ("MESSAGE", "REGISTER"), (message, answer)
        for message in responses(side, rng):
            phone.wire.send(message.encode(), phone.server)
    if state == "ended":
        return
    if state == "ending":
        there.gone()
        return
    if state in ("ringing", "early"):
        there.accept()
        call.answered()
    elif state == "answered":
        call.ack()
    call.talk(400)
    there.talk(300)
    if state not in ("held", "changing"):
        there.rtp.wait_tone(400, since=there.rtp.mark())
        call.rtp.wait_tone(300, since=call.rtp.mark())
    call.bye()
    there.gone()


def test_connection_closed_at_a_bad_time_ast_2020_001(office):
    """A phone on a stream that goes away in each state, and while an answer
    to it is on its way."""
    tandem, anna, bert = office
    for state in ("unproven", "ringing", "early", "talking", "held",
                  "ending"):
        carl = Phone((tandem.host, tandem.port), "1001",
                     "linde-Besen-1001", "tcp")
        if state == "unproven":
            carl.invite("1002", auth=False)
            carl.close()
            continue
        call, there = bring(state, carl, bert)
        carl.close()
        if state in ("ringing", "early"):
            there.refuse(486)           # it might have come back
        elif state != "ending":
            there.bye()
        else:
            there.gone()
        call.rtp.close()
    tandem.idle(20)


# ------------------------------------------------------------ digest leak

LEAK = OFFICE.replace("[1002](phone)", "[1002](phone)\nqualify=yes\n"
                      "qualifyfreq=1") + """
[trunk]
type=peer
host=127.0.0.9
defaultuser=720431
remotesecret=kiefer-Rad-31
[authentication]
auth=720432:kiefer-Rad-32@provider.example
"""


def test_digest_leak_cve_2021_41158(make_tandem, phones):
    """A phone that challenges INVITE, re-INVITE, BYE, OPTIONS and NOTIFY with
    the provider's realm is not told what the provider would be."""
    tandem = make_tandem(sip=LEAK, plan=PLAN)
    anna, bert = phones(tandem, "1001", "1002", register=False)
    bert.answer_options = False
    anna.registered()
    bert.registered()

    def lure(request, status):
        name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
        bert.reply(request, status, headers=[(
            name, 'Digest realm="provider.example", nonce="abc", '
                  'algorithm=MD5, qop="auth"')])

    def offered(method):
        return bert.expect(lambda m: m.is_request and
                           m.first.startswith(method))

    for status in (401, 407):
        lure(offered("OPTIONS"), status)
    bert.reply(offered("OPTIONS"), 200)
    bert.answer_options = True

    call = anna.invite("1002")
    for _ in range(2):                  # the second with its own secret
        lure(offered("INVITE"), 407)
    assert call.final().status >= 400
    call = anna.invite("1002")
    there = bert.pick_up()
    call.answered()
    hold = call.build("INVITE", body=call.offer("sendonly"))
    anna.invites[hold.branch] = hold
    anna.send(hold)
    for _ in range(2):
        lure(there.expect_reinvite(), 401)
    anna.expect(lambda m: m.branch == hold.branch and m.status >= 200)
    call.invite = hold
    call.ack()
    call.bye()
    lure(offered("BYE"), 407)
    bert.reply(offered("BYE"), 200)

    message = bert.build("SUBSCRIBE", "sip:3000@127.0.0.1", [
        ("Event", "dialog"), ("Expires", "300")], **{"Call-ID": token()})
    assert bert.request(message).status == 200
    lure(offered("NOTIFY"), 401)
    tandem.idle()
    asked = [m for m in bert.log if m.is_request]
    assert {"OPTIONS", "INVITE", "BYE", "NOTIFY"} <= {
        m.first.split()[0] for m in asked}
    for text in map(str, asked):
        assert "72043" not in text, text
