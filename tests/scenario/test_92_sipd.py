"""A sip.conf of sipd: groups, short numbers, limits, gateways, star codes."""

import socket

import pytest

from harness import audio
from harness.provider import Provider
from harness.talk import both_talk, ring

SIP = """
[client](!)
disallow=all
allow=ulaw
weaksecret=yes

[foo](client)
accountcode=SHOP
context=local
secret=abc
permit=127/8,10/8
callerid=4951112233
exten=1001

[bar](client)
accountcode=SHOP
context=international
secret=cba
exten=4951112244#1002(3)

[tom](client)
accountcode=SHOP
dialplan=.+
secret=tomtom
exten=1003~4951112277

[siphone1](client)
accountcode=HOME
dialplan=^49[59]|^\\*
secret=12345
exten=1001

[siphone2](client)
accountcode=HOME
secret=4321
permit=10/8
exten=4999876543#1002

[GATE1]
accountcode=gateways
host=127.0.0.1:{gate}
exten=9995999 ; gateway prefix
"""

MEDIAGATE = """
[MEDIAGATE]
accountcode=mediagates
host=127.0.0.1:{media}
"""

SECRETS = {"foo": "abc", "bar": "cba", "tom": "tomtom", "siphone1": "12345",
           "siphone2": "4321"}


@pytest.fixture
def house(make_tandem, phones, slot, closing):
    """house("foo", ..., mediagate=False): (Tandem, gateway, phones)"""
    def make(*users, mediagate=False):
        gate, media = slot.take(), slot.take()
        tandem = make_tandem(
            (SIP + (MEDIAGATE if mediagate else "")).format(gate=gate,
                                                            media=media),
            "", start=False)
        (tandem.dir / "extensions.conf").unlink()
        tandem.tones(PROMPTS)
        tandem.start()
        gates = [closing(Provider(("127.0.0.1", tandem.port), port))
                 for port in ([gate, media] if mediagate else [gate])]
        return (tandem, *gates,
                *(phones(tandem, user, secret=SECRETS[user])
                  for user in users))

    return make


DIGITS = {str(i): 500 + 150 * i for i in range(10)}
PROMPTS = {f"digits/{i}": freq for i, freq in DIGITS.items()}
PROMPTS.update({"call-fwd-unconditional": 300, "call-fwd-no-ans": 350,
                "is-set-to": 400, "call-forwarding": 300,
                "de-activated": 450, "invalid": 430})


def talk(call, incoming):
    incoming.accept()
    call.answered()
    both_talk(call, incoming)
    call.bye()
    incoming.gone()


def test_check_says_what_was_closed(house):
    tandem = house()[0]
    status, text = tandem.check()
    assert status == 0
    for part in ("is read as a file of sipd",
                 "5 clients prove each call by their secret",
                 "a nonce is signed",
                 "permit= of 2 clients, the first here, is obeyed",
                 "3 phones, the first here, may call abroad and premium "
                 "numbers for 60 minutes a day"):
        assert part in text, text


def test_agigate_is_not_asked(house):
    """A server that sipd asked for the way of a call is left out, said so,
    and gets not a byte; who has no callerid= calls with its own number."""
    tandem, gate, bar = house("bar")
    with socket.socket() as agi:
        agi.bind(("127.0.0.1", 0))
        agi.listen()
        tandem.append("sip.conf", "[AGI]\naccountcode=agigates\n"
                      f"host=127.0.0.1:{agi.getsockname()[1]}\n")
        status, text = tandem.check()
        assert status == 0
        assert "[AGI] is left out: servers of accountcode=agigates" in text
        tandem.console("core reload")
        call = bar.invite("84951234567")
        incoming = gate.incoming()
        assert "<sip:4951112244@" in incoming.invite["From"]
        incoming.refuse(486)
        assert call.final().status == 486
        agi.setblocking(False)
        with pytest.raises(BlockingIOError):
            agi.accept()


def goes_to(gate, phone, number):
    """What becomes of 84957654321."""
    call = phone.invite("84957654321")
    incoming = gate.incoming()
    assert incoming.invite.uri.startswith(f"sip:{number}@")
    incoming.refuse(486)
    assert call.final().status == 486


def test_gateways_of_their_own(house, slot, closing):
    """exten=9: the number as it was dialled; SHOPGW12 calls out by GW12 with
    the prefix of private gateways."""
    tandem, gate, foo, bar = house("foo", "bar")
    own, plain = (closing(Provider(("127.0.0.1", tandem.port), slot.take()))
                  for _ in range(2))
    text = (tandem.dir / "sip.conf").read_text()
    private = text.replace("[foo](client)\naccountcode=SHOP\n",
                           "[foo](client)\naccountcode=SHOPGW12\n") + f"""
[GW12]
accountcode=gateways
host=127.0.0.1:{own.port}
exten=1
"""
    tandem.write("sip.conf", private)
    tandem.console("core reload")
    goes_to(own, foo, "66659874957654321")

    tandem.write("sip.conf", text.replace(
        "exten=9995999 ; gateway prefix", "exten=9").replace(
            f":{gate.port}", f":{plain.port}"))
    tandem.console("core reload")
    goes_to(plain, bar, "984957654321")


def test_groups(house):
    """A short number is the group's own; a public one is everybody's."""
    tandem, gate, foo, bar, home = house("foo", "bar", "siphone1")
    call = foo.invite("1002")
    incoming = bar.incoming()
    assert "<sip:1001@" in incoming.invite["From"]
    talk(call, incoming)
    call = home.invite("84951112244")
    incoming = bar.incoming()
    assert "<sip:siphone1@" in incoming.invite["From"]
    talk(call, incoming)
    # 1001 is itself there, 1003 nobody
    assert home.invite("1003").final().status == 403
    assert not gate.got("INVITE")


def test_what_was_open_is_closed(house, phones):
    """No call without the secret; no registration from elsewhere."""
    tandem, gate, foo, bar = house("foo", "bar")
    stranger = phones(tandem, "foo", secret="wrong", register=False)
    call = stranger.invite("84951112244", auth=False)
    assert call.final().status == 401
    far = phones(tandem, "siphone2", secret="4321", register=False)
    assert far.register().status == 403
    assert not bar.got("INVITE")


def test_gateway(house):
    """Country and city codes, the prefix, the caller's number."""
    tandem, gate, foo, bar = house("foo", "bar")
    for dialled, number in (("84957654321", "74957654321"),
                            ("4957654321", "74957654321"),
                            ("+74957654321", "74957654321"),
                            ("112", "7495112")):
        call = foo.invite(dialled)
        incoming = gate.incoming()
        assert incoming.invite.uri.startswith(f"sip:9995999{number}@")
        assert "<sip:4951112233@" in incoming.invite["From"]
        incoming.refuse(486)
        assert call.final().status == 486
    # local: neither mobiles nor abroad
    for dialled in ("89161234567", "8104930123456", "+4930123456"):
        assert foo.invite(dialled).final().status == 403
    call = bar.invite("8104930123456")
    incoming = gate.incoming()
    assert incoming.invite.uri.startswith("sip:99959994930123456@")
    assert "<sip:4951112244@" in incoming.invite["From"]
    talk(call, incoming)


def test_call_in(house):
    """A gateway reaches public numbers, not short ones, not the world."""
    tandem, gate, bar = house("bar")
    for number in ("4951112244", "74951112244", "+74951112244"):
        call = gate.call_in(number)
        incoming = bar.incoming()
        assert "<sip:015112345@" in incoming.invite["From"]
        talk(call, incoming)
    for number in ("1002", "84957654321", "*11"):
        assert gate.call_in(number).final().status == 404


def test_next_by_serial_number(house):
    """bar(3) is busy: the third client of the group by name is tom."""
    tandem, gate, foo, bar, tom = house("foo", "bar", "tom")
    call = foo.invite("1002")
    bar.incoming().refuse(486)
    incoming = tom.incoming()
    talk(call, incoming)


def test_forward_of_the_file(house):
    """~F when busy; the one who forwards pays and is limited."""
    tandem, gate, foo, tom = house("foo", "tom")
    call = foo.invite("1003")
    tom.incoming().refuse(486)
    incoming = gate.incoming()
    assert incoming.invite.uri.startswith("sip:999599974951112277@")
    talk(call, incoming)


def spoken(call, first, digits):
    """The prompt and the digits, in their order."""
    at = call.rtp.wait_tone(first, 0.15)
    call.rtp.wait_tone(PROMPTS["is-set-to"], 0.15, since=0)
    call.gone(15)
    heard = call.rtp.heard()
    step, order = 400, []
    tones = {freq: digit for digit, freq in DIGITS.items()}
    for i in range(0, len(heard) - step, step):
        for freq, digit in tones.items():
            if audio.share(heard[i:i + step], freq) > 0.8:
                if not order or order[-1][0] != digit or \
                        order[-1][1] < i - step:
                    order.append([digit, i])
                order[-1][1] = i
    assert "".join(d for d, _ in order) == digits, (at, order)


def test_star_codes(house):
    """Forwards by the phone: spoken back, obeyed, kept, taken away."""
    tandem, gate, foo, bar = house("foo", "bar")
    call = bar.invite("*724951357902")
    call.answered()
    call.talk()
    spoken(call, PROMPTS["call-fwd-unconditional"], "4951357902")

    call = foo.invite("1002")
    incoming = gate.incoming()
    assert incoming.invite.uri.startswith("sip:999599974951357902@")
    incoming.refuse(486)
    assert call.final().status == 486
    assert not bar.got("INVITE")

    # kept over a restart
    tandem.stop()
    tandem.start()
    assert "=4951357902" in tandem.console("database show sipd")
    bar.registered()
    call = bar.invite("*73")
    call.answered()
    call.talk()
    call.rtp.wait_tone(PROMPTS["de-activated"], 0.15)
    call.gone(10)
    foo.registered()
    call = foo.invite("1002")
    talk(call, bar.incoming())

    # `local` does not take such long codes
    assert foo.invite("*724951357902").final().status == 503


def test_media_gateway_speaks(house):
    """It gets the code with the number in force."""
    tandem, gate, media, bar = house("bar", mediagate=True)
    for dialled, code in (("*714951357902", "*714951357902"),
                          ("*71", "*714951357902"), ("*72",
                          "*714951357902"), ("*73", "*73"), ("*55", "*55"),
                          ("*77", "*70"), ("*90", "*00")):
        call = bar.invite(dialled)
        incoming = media.incoming()
        assert incoming.invite.uri.startswith(f"sip:{code}@"), dialled
        incoming.accept()
        call.answered()
        call.bye()
        incoming.gone()


def test_pickup(house):
    """*11 takes a call that rings in the own group, not in another one."""
    tandem, gate, foo, bar, tom, home = house("foo", "bar", "tom", "siphone1")
    call, ringing = ring(bar, tom, "1003")
    assert home.invite("*11").final().status >= 400
    picked = foo.invite("*11")
    picked.answered()
    call.answered()
    tom.expect("CANCEL")
    both_talk(call, picked)
    call.bye()
    picked.gone()
