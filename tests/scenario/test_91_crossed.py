"""Two servers that call each other by prefixes (config/examples/
crossed-prefixes), a branch with routes as FreePBX has them (provider), and
trunks that are tried one after the other."""

from harness import server
from harness.examples import EXAMPLES, both_sides
from harness.lines import run
from harness.office import OFFICE_SIP
from harness.provider import Provider
from harness.talk import both_talk


def talk(here, there, number, target):
    """The other phone rings for `target`; both hear each other."""
    call = here.invite(number)
    incoming = there.incoming()
    assert incoming.invite.uri.startswith(f"sip:{target}@")
    incoming.ring()
    incoming.accept()
    call.answered()
    both_talk(call, incoming)
    call.bye()
    incoming.gone()
    here.tandem.idle()
    there.tandem.idle()


def test_crossed_prefixes(tmp_path):
    """90 and a number calls the other server, which takes 91 and it."""
    left = ("crossed-prefixes/left", "192.168.1.21", "201",
            "kanne-Fluss-201", "192.168.1.121")
    right = ("crossed-prefixes/right", "192.168.1.22", "301",
             "kanne-Ufer-301", "192.168.1.122")
    with both_sides(tmp_path, left, right) as (west, east):
        for side, user in ((west, "EAST21"), (east, "EAST22")):
            side.tandem.log.wait(rf"{user}: registered at", 30)
            status, text = side.tandem.check()
            assert status == 0 and "0 warnings" in text, text
        talk(west, east, "90301", "301")
        talk(east, west, "90201", "201")
        # the number travelled as 91 and itself, as the user of the trunk
        for side, user, number in ((east, "EAST22", "91301"),
                                   (west, "EAST21", "91201")):
            row = side.tandem.wait_rows(
                "SELECT * FROM cdr WHERE dst = ?", args=(number,))[0]
            assert row["channel"].startswith(f"SIP/{user}-")
            assert row["disposition"] == "ANSWERED"
        # the other's number alone is nobody's here
        assert west.invite("301").final().status == 404


def test_branch_of_a_provider(tmp_path):
    """A word as the extension of a registration, 012|. outwards."""
    head = ("provider/head", "192.168.1.1", "101", "eiche-Kessel-101",
            "192.168.1.101")
    branch = ("provider/branch", "192.168.1.2", "201", "linde-Besen-201",
              "192.168.1.102")
    with both_sides(tmp_path, head, branch) as (office, shop):
        office.tandem.log.wait(r"199: registered at", 30)
        talk(shop, office, "012101", "101")
        # whoever calls the branch comes to where its route leads
        talk(office, shop, "199", "201")
        row = shop.tandem.wait_rows(
            "SELECT * FROM cdr WHERE dcontext = 'from-internal' AND "
            "dst = '201'")[0]
        assert row["channel"].startswith("SIP/head-")
        # the head office does not see the branch's phones
        assert office.invite("201").final().status == 404


def test_faults_of_the_text_are_told():
    """What does not work in the text, with place and what was meant."""
    left, right = (EXAMPLES / "prefix-trunks" / side
                   for side in ("left", "right"))
    status, text = run([server.binary(), "-t", "-C", right, "--pair", left])
    assert status == 0
    for part in ("extensions.conf:2:17: warning: application 'dila' is "
                 "unknown, a call ends here (did you mean 'Dial'?)",
                 "variable '${exten:2}' is always empty",
                 "sip.conf:11:7: warning: allow: ';' begins a comment",
                 "[21TRUNK] has another secret for 'EAST21' at "
                 "'192.168.1.21' than the register line 3",
                 "trunk [21TRUNK] has another secret than [EAST21]"):
        assert part in text, text


TRUNKS = """
[{name}]
type=peer
host=127.0.0.1
port={port}
context=from-trunk
"""

ROUTES = """\
[out]
type=outbound
pattern = 012|.
pattern = 7+9|XXX/1002
trunks = first, SIP/second
timeout = 20

[in]
type=inbound
did=shop
destination=1001
"""


def test_trunk_sequence(make_tandem, phones, slot, closing):
    """The second trunk is asked if the first cannot, not if it is busy."""
    ports = [slot.take() for _ in range(2)]
    tandem = make_tandem(
        OFFICE_SIP.replace("context=office", "context=from-internal")
        + "".join(TRUNKS.format(name=name, port=port)
                  for name, port in zip(("first", "second"), ports)),
        "[from-internal]\ninclude => outbound-allroutes\n"
        "exten => _100X,1,Dial(SIP/${EXTEN},20)\n", start=False)
    tandem.write("routes.conf", ROUTES)
    tandem.start()
    anna, bert = phones(tandem, "1001", "1002")
    first, second = (closing(Provider(("127.0.0.1", tandem.port), port))
                     for port in ports)
    call = anna.invite("01223456")
    incoming = first.incoming()
    assert incoming.invite.uri.startswith("sip:23456@")
    incoming.refuse(503)
    incoming = second.incoming()
    assert incoming.invite.uri.startswith("sip:23456@")
    incoming.accept()
    call.answered()
    call.bye()
    incoming.gone()

    call = anna.invite("01223456")
    first.incoming().refuse(486)
    assert call.final().status == 486
    assert len(second.got("INVITE")) == 1

    # a route of one caller, with a prefix of its own
    assert anna.invite("9123").final().status == 404
    call = bert.invite("9123")
    incoming = first.incoming()
    assert incoming.invite.uri.startswith("sip:7123@")
    incoming.refuse(480)
    assert call.final().status == 480

    # the word is an extension for the trunk, and nothing else is
    call = first.call_in("shop")
    incoming = anna.incoming()
    incoming.accept()
    call.answered()
    call.bye()
    incoming.gone()
    assert first.call_in("1002").final().status == 404
