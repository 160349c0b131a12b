"""Phones that we did not write in the cases of the NAT matrix: baresip, with
and without RFC 5626, and SIPp.  The number of the case is in the name."""

import re
import time

import pytest

from harness.lines import until
from harness.natcase import SECRETS, idle, place
from harness.natlab import FAR3, FAR6, SERVER, SERVER6
from harness.natprog import (AUTO, SippPhone, bare_case, bare_holds,
                             bare_is_called, bare_maker, both_talk,
                             has_heard, need, sipp_case)

whole_matrix = pytest.mark.whole_matrix


@pytest.fixture
def baresip(lab, tmp_path, slot, request):
    need("baresip")
    request.node.tandems = [lab.tandem]
    made = []
    yield bare_maker(lab, tmp_path, slot, made)
    for phone in made:
        phone.stop(patience=0.5)


STUN = f';medianat=stun;stunserver="stun:{SERVER}:5060"'
ICE = f';medianat=ice;stunserver="stun:{SERVER}:5060"'
OUTBOUND = f';sipnat=outbound;outbound="sip:{SERVER}:5060"'


def rows(*given, every_day=()):
    """(case, where, ...) with an id that has them; the rest in NAT=all."""
    made = []
    for row in given:
        name = "-".join(str(x) for x in row[:3] if x is not None)
        made.append(pytest.param(
            *row, id=name,
            marks=[] if name in every_day else whole_matrix))
    return made


@pytest.mark.parametrize("case,where,transport,extra", rows(
    ("c01", None, "udp", ""),
    ("c02", "full", "udp", ""), ("c02", "addr", "udp", ""),
    ("c02", "port", "udp", ""), ("c02", "symmetric", "udp", ""),
    ("c04", "full", "udp", STUN), ("c04", "port", "udp", STUN),
    ("c04", "symmetric", "udp", STUN),
    ("c14", "alg", "udp", ""), ("c16", "port", "tcp", ""),
    ("c17", "alg", "tls", ""), ("c22", "symmetric", "udp", ICE),
    every_day=("c02-symmetric-udp",)))
def test_baresip(baresip, office, case, where, transport, extra):
    modules = [x for x in ("stun", "ice") if f"={x};" in extra]
    bare = baresip(where, "1001", transport=transport, extra=AUTO + extra,
                   modules=modules)
    bare_case(bare, office, idle)


@pytest.mark.parametrize("case,where,rport", rows(
    ("c01", None, True), ("c02", "full", True), ("c02", "addr", True),
    ("c02", "port", True), ("c02", "symmetric", True),
    ("c03", "full", False), ("c03", "addr", False), ("c03", "port", False),
    ("c03", "symmetric", False), ("c14", "alg", True),
    every_day=("c03-symmetric-False",)))
def test_sipp(lab, ring, office, tmp_path, slot, case, where, rport):
    """It registers, speaks, and echoes what it hears."""
    need("sipp")
    space = lab.street if where is None else lab.router(where).home
    host = FAR3 if where is None else lab.router(where).address()
    sipp_case(SippPhone(lab.tandem, tmp_path, slot, "1001", host, space,
                        rport), office, idle)
