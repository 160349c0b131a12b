"""Phones behind NATs: the cases of the matrix, by number.

Each NAT is the kernel's (harness/natlab.py) and each case makes the same
calls (harness/natcase.py): in, hold, BYE of the one; out, hold, BYE of the
other; idle; in again; audio known by its tone in both directions.
"""

import pytest

from harness.natcase import place, whole_case
from harness.natlab import KINDS, probe


def first_uri(phone):
    """Request URI of the first call that it got."""
    return phone.got("INVITE")[0].uri


@pytest.mark.parametrize("kind", KINDS)
def test_the_nats_are_what_they_say(lab, kind):
    """Else the cases would prove nothing."""
    mapping, filtering, _ = probe(lab, lab.router(kind))
    assert (mapping, filtering) == KINDS[kind]


def test_c01_no_nat(lab, ring, office):
    """Nothing is changed in what the phone says."""
    phone = ring(None, "1001")
    whole_case(phone, office)
    assert place(lab.tandem, "1001") == [f"{phone.host}:{phone.port}"]
    assert first_uri(phone) == f"sip:1001@{phone.host}:{phone.port}"


@pytest.mark.parametrize("kind", ["full", "addr", "port", "symmetric"])
def test_c02_phone_asks_for_rport(lab, ring, office, kind):
    """What goes to the phone goes to where it came from."""
    phone = ring(kind, "1001")
    router = lab.router(kind)
    whole_case(phone, office)
    seen = place(lab.tandem, "1001")[0]
    assert seen.startswith(router.wan + ":")
    assert (seen == f"{router.wan}:{phone.port}") == (kind != "symmetric")
    # its own words, and no address of ours in place of them
    assert first_uri(phone) == f"sip:1001@{phone.host}:{phone.port}"
