"""A provider with a name: SRV records, several places, places that are away,
a name server that is away."""

import re

import pytest

from harness.dns import A, AAAA, NameServer
from harness.office import OFFICE_SIP
from harness.provider import Provider

PLAN = """\
[office]
exten => _0X.,1,Dial(SIP/line/${EXTEN:1},30)
 same => n,Hangup(${HANGUPCAUSE})
[incoming]
exten => 4930123,1,Hangup(17)
"""

LINE = """
[line]
type=peer
host=sip.provider.example
insecure=invite,port
context=incoming
timerb=3000
{more}
"""

GENERAL = """\
srvlookup=yes
"""

REGISTER = "register => 720431:kiefer-Rad-31@sip.provider.example/4930123\n"


@pytest.fixture
def world(make_tandem, slot, closing):
    """world(more, general): (Tandem, name server, providers a, b)"""
    def make(more="", general=""):
        dns = closing(NameServer())
        ports = slot.take(), slot.take()
        dns.set("one.provider.example", A, "127.0.0.1")
        dns.set("two.provider.example", A, "127.0.0.1")
        dns.srv("sip.provider.example",
                (20, 0, ports[1], "two.provider.example"),
                (10, 0, ports[0], "one.provider.example"))
        tandem = make_tandem(
            OFFICE_SIP + LINE.format(more=more), PLAN,
            general=GENERAL + general,
            tandem=f"nameserver={dns.address}\n", start=False)
        lines = [closing(Provider(("127.0.0.1", tandem.port), p))
                 for p in ports]
        tandem.start()
        return tandem, dns, *lines
    return make


def carried_by(phone, line, number="030123"):
    call = phone.invite(number)
    incoming = line.incoming()
    assert incoming.invite.uri == f"sip:{number[1:]}@sip.provider.example"
    incoming.refuse(486)
    assert call.final().status == 486


def test_by_priority(world, phones):
    """The lower number first, whatever the order of the records."""
    tandem, dns, a, b = world()
    anna = phones(tandem, "1001")
    carried_by(anna, a)
    carried_by(anna, a)
    assert not b.got("INVITE")


def test_place_that_is_away(world, phones):
    """Nobody at the first place: the second, at once; the next call does not
    even try; the first comes back when it answers OPTIONS."""
    tandem, dns, a, b = world()
    anna = phones(tandem, "1001")
    a.close()
    carried_by(anna, b)
    assert re.search(r"line +127\.0\.0\.1:\d+ UDP +away .*connection refused",
                     tandem.console("trunk show"))
    mark = tandem.log.mark()
    carried_by(anna, b)
    assert "connection refused" not in "\n".join(
        tandem.log.lines[mark:]).lower()


def test_place_that_says_nothing(world, phones):
    """It has 4 s to say something, not Timer B, if there is another place;
    then it is known to be away."""
    tandem, dns, a, b = world("timerb=30000")
    anna = phones(tandem, "1001")
    a.auto_again = a.answer_options = False
    call = anna.invite("030123")
    asked = a.incoming().invite.at
    incoming = b.incoming(10)
    assert incoming.invite.at - asked > 3.9
    incoming.refuse(486)
    assert call.final().status == 486
    carried_by(anna, b)
    assert len({m["Call-ID"] for m in a.got("INVITE")}) == 1


def test_place_that_says_503(world, phones):
    """503: the next place; with Retry-After it is left alone."""
    tandem, dns, a, b = world()
    anna = phones(tandem, "1001")
    for header, again in (([], True), ([("Retry-After", "60")], True),
                          (None, False)):
        call = anna.invite("030123")
        if header is not None:
            incoming = a.incoming()
            incoming.refuse(503, headers=header)
        incoming = b.incoming()
        incoming.refuse(486)
        assert call.final().status == 486
    assert len({m["Call-ID"] for m in a.got("INVITE")}) == 2
    assert "asked for a pause" in tandem.console("trunk show")


def test_other_answers_stay(world, phones):
    """A busy callee is busy at all places."""
    tandem, dns, a, b = world()
    anna = phones(tandem, "1001")
    for status in (486, 404, 500, 603):
        call = anna.invite("030123")
        a.incoming().refuse(status)
        assert call.final().status >= 400
    assert not b.got("INVITE")


def test_several_addresses_of_a_name(world, phones):
    """No SRV: all addresses of the name, on the port of the file."""
    tandem, dns, a, b = world()
    dns.records.clear()
    dns.set("sip.provider.example", A, "127.0.0.88", "127.0.0.1")
    dns.set("sip.provider.example", AAAA)
    tandem.edit("sip.conf", "insecure=invite,port",
                f"insecure=invite,port\nport={a.port}")
    tandem.console("sip reload")
    anna = phones(tandem, "1001")
    call = anna.invite("030123")
    a.incoming().refuse(486)
    assert call.final().status == 486


def test_registration_and_calls_in(world):
    """REGISTER goes to the places in turn; calls come from any of them."""
    tandem, dns, a, b = world(general=REGISTER + "registertimeout=3")
    a.close()
    b.registrar("720431")
    tandem.wait_console("sip show registry", " Registered")
    mark = tandem.log.mark()
    call = b.call_in("sip:4930123@127.0.0.1")
    assert call.final().status == 486
    tandem.log.wait(r"from line .*registered extension", since=mark)


def test_qualify_asks_all_places(world, phones):
    """Reachable as long as one place answers; what is away is known before a
    call meets it."""
    tandem, dns, a, b = world("qualify=500\nqualifyfreq=1")
    tandem.wait_console("sip show peers", r"^line.*OK")
    a.answer_options = False
    a.auto_again = False
    tandem.wait_console("trunk show", r"^line .* away ", 15)
    tandem.wait_console("sip show peers", r"^line.*OK", 15)
    anna = phones(tandem, "1001")
    carried_by(anna, b)
    assert not a.got("INVITE")
    b.answer_options = False
    b.auto_again = False
    tandem.wait_console("sip show peers", r"^line.*UNREACHABLE", 15)


def test_name_server_that_is_away(world, phones):
    """What is known is not asked again for each call."""
    tandem, dns, a, b = world()
    anna = phones(tandem, "1001")
    dns.ttl = 1
    carried_by(anna, a)
    dns.mute = True
    carried_by(anna, a, "030124")


def test_name_that_does_not_exist(world, phones):
    tandem, dns, a, b = world()
    dns.records.clear()
    tandem.edit("sip.conf", "sip.provider.example", "nowhere.example")
    tandem.console("sip reload")
    anna = phones(tandem, "1001")
    assert anna.invite("030123").final().status >= 400
    assert ("_sip._udp.nowhere.example", 33) in dns.asked
    tandem.log.wait("no way there: No such file")


def test_group_of_names(world, phones):
    """A line whose places are all away leads on to the next line."""
    tandem, dns, a, b = world()
    dns.srv("other.example", (1, 0, b.port, "two.provider.example"))
    dns.srv("third.example", (1, 0, a.port, "one.provider.example"),
            (2, 0, a.port + 1, "one.provider.example"))
    text = (tandem.dir / "sip.conf").read_text().replace(
        "sip.provider.example", "third.example") + """
[other]
type=peer
host=other.example
[out](trunk)
member=line
member=other
"""
    tandem.write("sip.conf", text)
    tandem.write("extensions.conf", PLAN.replace("SIP/line", "SIP/out"))
    tandem.console("core reload")
    a.close()
    anna = phones(tandem, "1001")
    call = anna.invite("030123")
    incoming = b.incoming()
    assert incoming.invite.uri == "sip:30123@other.example"
    incoming.accept()
    call.answered()
    call.bye()
    incoming.gone()
    assert tandem.cdr()[0]["trunk"] == "out/other"
