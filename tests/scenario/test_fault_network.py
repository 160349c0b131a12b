"""Networks that lose messages, cut them into pieces, or forget their phones;
name servers that say nothing."""

import os
import re
import shutil
import time

import pytest

from harness import netns
from harness.dns import A, NameServer
from harness.lines import Process, run, until
from harness.office import OFFICE_PLAN, OFFICE_SIP, SECRETS, line_conf
from harness.phone import Phone
from harness.provider import Provider
from harness.server import Tandem
from harness.sipp import FOLDER, Sipp
from harness.talk import before_packets, connect

FULL = bool(os.environ.get("FULL"))


@pytest.fixture
def space():
    if not netns.usable():
        pytest.skip("only root may make a network")
    with netns.Namespace() as one:
        yield one


# ------------------------------------------------------------------------ N1

@pytest.mark.parametrize("loss,least", [(20, 0.99)] + (
    [(5, 0.99), (40, 0.9)] if FULL else []))
def test_n1_messages_are_lost(tmp_path, slot, space, loss, least):
    """Of a hundred messages so many never arrive, either way: the calls come
    about all the same, each of them once.  By chance with FULL, else in turn:
    what is asked of forty calls must not depend on luck."""
    if not shutil.which("sipp") or not shutil.which("nft"):
        pytest.skip("sipp or nft is not installed")
    calls = 100 if FULL else 40
    number = ["random", "mod", "100"] if FULL else ["inc", "mod", "5"]
    folder = tmp_path / "tandem"
    folder.mkdir()
    tandem = Tandem(folder, slot, prefix=space.prefix)
    sipp = Sipp(tmp_path, slot)
    port = slot.take()
    tandem.configure(
        f"[line]\ntype=peer\nhost=127.0.0.1\nport={port}\n"
        "insecure=port,invite\ncontext=office\nallow=ulaw\ncall-limit=0\n",
        "[office]\nexten => 600,1,Answer()\n same => n,Echo()\n")
    tandem.write("rtp.conf", "[general]\nrtpstart=12000\nrtpend=18000\n")
    tandem.start()
    try:
        for argv in (["add", "table", "ip", "t"],
                     ["add", "chain", "ip", "t", "in", "{ type filter hook "
                      "input priority 0 ; }"],
                     ["add", "rule", "ip", "t", "in", "udp", "dport",
                      f"{{ {tandem.port}, {port} }}", "numgen", *number,
                      "<", str(loss * int(number[-1]) // 100), "drop"]):
            status, text = run([*space.prefix, "nft", *argv])
            assert status == 0, text
        more = ["-timeout", "90s"]
        proc = sipp_in(space, sipp, tandem, port, calls, more)
        proc.end(120)
        done = int(re.findall(r"Successful call +\| +\d+ +\| +(\d+)",
                              proc.text)[-1])
        assert done >= calls * least, (done, calls)
        until(lambda: tandem.sql("SELECT count(*) AS n FROM cdr")[0]["n"]
              >= done, "the records", 45, 0.2)
        begun = tandem.log.text.count("to 600@office")
        assert done <= begun <= calls, f"{begun} of {calls} calls"
    finally:
        tandem.stop()


def sipp_in(space, sipp, tandem, port, calls, more):
    """SIPp beside Tandem, in the same network."""
    data = sipp.dir / "loss.csv"
    data.write_text("SEQUENTIAL\nline;x;600;\n")
    return Process([
        *space.prefix, "sipp", f"127.0.0.1:{tandem.port}", "-sf",
        FOLDER / "call.xml", "-inf", data, "-i", "127.0.0.1", "-p", port,
        "-mi", "127.0.0.1", "-mp", sipp.slot.take(), "-m", calls, "-r", 20,
        "-l", calls, "-nostdin", *more], env={"TERM": "dumb"}, cwd=sipp.dir)


# ------------------------------------------------------------------------ N4

def test_n4_phone_that_starts_anew_in_a_call(make_tandem, phones):
    """It has forgotten its call: registered again it calls at once, and who
    it had talked to is hung up."""
    tandem = make_tandem(general="rtptimeout=1")
    one, two = phones(tandem, "1001", "1002")
    out, back = connect(one, two, freqs=(500, 700))
    out.rtp.close()
    one.close()

    again = phones(tandem, "1001")
    call = again.call("600", freq=900)
    call.rtp.wait_tone(900)
    back.gone(15)
    call.bye()
    new = two.invite("1001")
    again.incoming().refuse(486)
    assert new.final().status == 486


# ------------------------------------------------------------------------ N6

def test_n6_small_packets_only(tmp_path, space):
    """A way that carries 576 bytes: messages that are longer go in pieces,
    both ways, and audio flows."""
    with netns.Namespace() as other:
        netns.link(space, other, ["192.0.2.1"], ["192.0.2.2"])
        for one in (space, other):
            one.ip("link", "set", "wire", "mtu", "576")
        folder = tmp_path / "tandem"
        folder.mkdir()
        tandem = Tandem(folder, host="192.0.2.1", prefix=space.prefix)
        tandem.configure(OFFICE_SIP, OFFICE_PLAN)
        tandem.start()
        made = []
        try:
            with other.inside():
                made = [Phone(("192.0.2.1", 5060), user, SECRETS[user],
                              host="192.0.2.2") for user in ("1001", "1002")]
                one, two = (phone.registered() for phone in made)
                filler = [("Subject", "x" * 180)] * 10
                out = one.invite("1002", headers=filler)
                assert len(out.invite.encode()) > 2000
                back = two.pick_up(freq=700)
                out.answered()
                out.talk(500)
                assert len(back.invite.wire) > 576
                out.rtp.wait_tone(700)
                back.rtp.wait_tone(500)
                out.bye()
                back.gone()
        finally:
            for phone in made:
                phone.close()
            tandem.stop()


# ---------------------------------------------------------------------- DNS1

def test_dns1_name_server_says_nothing(make_tandem, phones, closing):
    """Thirty lines whose names are asked for in vain: phones are served as if
    nothing was."""
    dns = closing(NameServer())
    dns.mute = True
    lines = "".join(f"[line{n}]\ntype=peer\nhost=line{n}.example\n"
                    "qualify=yes\ncontext=office\n" for n in range(30))
    tandem = make_tandem(
        sip=OFFICE_SIP.replace("limit=8", "limit=40") + lines,
        tandem=f"nameserver={dns.address}",
        plan=OFFICE_PLAN + "".join(
            f"exten => 0{n},1,Dial(SIP/1@far{n}.example,20)\n"
            for n in range(20)),
        general="".join(f"register => a:secret-{n}@line{n}.example\n"
                        for n in range(5)))
    one, two = phones(tandem, "1001", "1002")
    assert "UNREACHABLE" not in tandem.log.text     # they are waited for
    call = two.call("600", freq=500)
    call.rtp.wait_tone(500)
    mark = call.rtp.mark()
    with before_packets(call.rtp, 100):     # two seconds, all together
        waiting = []
        for number in range(20):
            # a name that nobody has asked for, and behind it a phone
            waiting.append(one.invite(f"0{number}"))
            assert one.register().status == 200
    for number in range(20):
        until(lambda name=f"far{number}.example": name in
              [asked for asked, _ in dns.asked], f"a question for {number}")
    for other in waiting:
        other.cancel()
        assert other.final().status >= 400
    call.rtp.wait_tone(500, since=mark)
    call.bye()


def test_dns1_last_good_address(make_tandem, phones, slot, closing):
    """A name whose answer has expired, and nobody to ask any more: calls go to
    the last good address, at once."""
    dns = closing(NameServer())
    dns.ttl = 1
    port = slot.take()
    dns.set("line.example", A, "127.0.0.1")
    tandem = make_tandem(
        sip=OFFICE_SIP + "[line]\ntype=peer\nhost=line.example\n"
        f"port={port}\nallow=ulaw\n",
        plan="[office]\nexten => _0X.,1,Dial(SIP/${EXTEN:1}@line,20)\n",
        tandem=f"nameserver={dns.address}")
    line = closing(Provider(("127.0.0.1", tandem.port), port))
    one = phones(tandem, "1001")

    def reaches():
        begin = time.monotonic()
        call = one.invite("0123")
        line.incoming().refuse(486)
        assert call.final().status == 486
        assert time.monotonic() - begin < 4

    reaches()
    dns.mute, dns.asked = True, []
    # it is asked again when its answer is no longer valid, after five seconds
    until(lambda: reaches() or dns.asked, "a question", 20, 0.5)
    for _ in range(3):
        reaches()


# ------------------------------------------------------------------------ P3

def test_p3_provider_falls_silent(make_tandem, phones, slot):
    """It answers, and then nothing comes from it any more, no packet and no
    message: both sides end, though it answers no BYE either."""
    port = slot.take()
    tandem = make_tandem(
        sip=OFFICE_SIP + line_conf(port, "allow=ulaw\nrtptimeout=1"),
        plan="[office]\nexten => _0X.,1,Dial(SIP/${EXTEN:1}@line,20)\n")
    line = Provider(("127.0.0.1", tandem.port), port)
    try:
        call = phones(tandem, "1001").invite("0123")
        there = line.incoming()
        there.accept()
        call.answered()
        there.talk(700)
        call.talk(500)
        call.rtp.wait_tone(700)
    finally:
        line.close()
    there.rtp.close()
    call.gone(15)
    tandem.idle(45)
    row = tandem.cdr()[0]
    assert row["disposition"] == "ANSWERED"
    assert row["hangup_by"] == "tandem" and row["billsec"] < 15
