"""Two Tandems with four trunks between them, each in a network namespace of
its own: every trunk works or refuses in just the directions that the
configuration (config/examples/two-offices) is written for."""

import pytest

from harness.examples import both_sides
from harness.phone import Phone
from harness.talk import both_talk

NORTH, SOUTH = "172.16.8.88", "172.16.8.61"
NORTH_PHONE, SOUTH_PHONE = "172.16.8.188", "172.16.8.161"


@pytest.fixture(scope="module")
def offices(tmp_path_factory):
    with both_sides(tmp_path_factory.mktemp("offices"),
                    ("two-offices/north", NORTH, "88001", "garten-Lampe-88",
                     NORTH_PHONE),
                    ("two-offices/south", SOUTH, "61001", "birke-Fenster-61",
                     SOUTH_PHONE)) as (north, south):
        # south registers 10002 and 10003 here, north 10004 there; who was
        # first to start tries again
        for office, users in ((south, ("10002", "10003")),
                              (north, ("10004",))):
            for user in users:
                office.tandem.log.wait(rf"{user} at .*: registered", 30)
        yield {"north": north, "south": south}


def test_registrations(offices):
    """Who has registered is known at the other side's address."""
    peers = offices["north"].tandem.console("sip show peers")
    for user in ("10002", "10003"):
        line = [x for x in peers.splitlines() if x.startswith(user)][0]
        assert SOUTH in line, peers
    peers = offices["south"].tandem.console("sip show peers")
    line = [x for x in peers.splitlines() if x.startswith("10004")][0]
    assert NORTH in line, peers


WORKS = [("north", 1), ("south", 1), ("north", 2), ("south", 2),
         ("north", 3), ("south", 4)]
REFUSES = [("south", 3), ("north", 4)]


def other(side):
    return {"north": "south", "south": "north"}[side]


@pytest.mark.parametrize("side,trunk", WORKS)
def test_trunk_works(offices, side, trunk):
    """The other office's phone rings, both hear each other."""
    here, there = offices[side], offices[other(side)]
    call = here.invite(f"{trunk}5551")
    incoming = there.incoming()
    assert incoming.invite.uri.startswith("sip:5551@")
    incoming.ring()
    incoming.accept()
    call.answered()
    both_talk(call, incoming)
    # the media passes both Tandems: nobody learns the far phone's address
    assert call.remote_sdp.host == here.address
    assert incoming.remote_sdp.host == there.address
    call.bye()
    incoming.gone()
    here.tandem.idle()
    there.tandem.idle()
    row = here.tandem.wait_rows(
        "SELECT * FROM cdr WHERE dst = ? AND dstchannel LIKE ?",
        args=(f"{trunk}5551", f"SIP/1000{trunk}-%"))[0]
    assert row["disposition"] == "ANSWERED"
    there.tandem.wait_rows(
        "SELECT 1 FROM cdr WHERE dst = '5551' AND dcontext = 'sip-sip' "
        "AND disposition = 'ANSWERED'")


@pytest.mark.parametrize("side,trunk", REFUSES)
def test_trunk_refuses(offices, side, trunk):
    """type=user cannot be called: the call never leaves."""
    here, there = offices[side], offices[other(side)]
    before = len(there.phone.got("INVITE"))
    call = here.invite(f"{trunk}5551")
    assert call.final().status in (404, 480, 503, 603)
    here.tandem.idle()
    assert len(there.phone.got("INVITE")) == before
    row = here.tandem.wait_rows(
        "SELECT * FROM cdr WHERE dst = ? ORDER BY rowid DESC",
        args=(f"{trunk}5551",))[0]
    assert row["disposition"] in ("FAILED", "NO ANSWER")


def test_check_names_what_cannot_work(offices):
    """tandem -t says which Dial cannot reach anybody."""
    for side, peer in (("north", "10004"), ("south", "10003")):
        status, text = offices[side].tandem.check()
        assert status == 0, text
        line = [x for x in text.splitlines()
                if peer in x and "extensions.conf" in x]
        assert line and "user" in line[0], text


def test_stranger_is_refused(offices):
    """A third address of the same network is nobody's trunk."""
    south = offices["south"]
    with south.space.inside():
        stranger = Phone((SOUTH, 5060), "10003", host=SOUTH_PHONE)
        try:
            call = stranger.invite("5551", auth=False)
            assert call.final().status == 401
        finally:
            stranger.close()
