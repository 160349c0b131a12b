"""Idle for three minutes behind NATs that forget after 30 s, with the options
that an office has; then a call comes in and rings within a second.

The phones register when the first test of the matrix begins, and are called
after the last one.
"""

import time

import pytest

from harness.natcase import connect, place
from harness.natfix import meanwhile, stays
from harness.natlab import FAR6, SERVER, SERVER6, StunPhone
from harness.natprog import bare_is_called, bare_stays, need

pytestmark = [pytest.mark.whole_matrix, pytest.mark.at_the_end]

IDLE_S = 180

# name: (user, router, options of the phone)
OURS = {
    "c01": ("3100", None, {}),
    "c02-full": ("3101", "full", {}),
    "c02-addr": ("3102", "addr", {}),
    "c02-port": ("3103", "port", {}),
    "c02-symmetric": ("3104", "symmetric", {}),
    "c03": ("3105", "symmetric", {"rport": False}),
    "c04": ("3106", "symmetric", {"cls": StunPhone}),
    "c06": ("3107", "two", {}),
    "c14": ("3108", "alg", {}),
    "c16": ("3109", "symmetric", {"transport": "tcp"}),
    "c17": ("3110", "alg", {"transport": "tls", "server": (SERVER, 5061)}),
    "c21": ("3111", None, {"host": FAR6, "server": (SERVER6, 5060)}),
}
BARESIP = {
    "c02-baresip": ("3112", "symmetric", {}),
    "c16-baresip": ("3113", "port", {"transport": "tcp"}),
    "c17-baresip": ("3114", "alg", {"transport": "tls"}),
}


def router_of(lab, kind):
    """One that forgets UDP after 30 s, and TCP after 60."""
    if kind is None:
        return None
    if kind == "two":
        router = lab.router("port", "idle-two", life=30,
                            parent=router_of(lab, "symmetric"))
    else:
        router = lab.router(kind, f"idle-{kind}", life=30)
    router.forget_tcp_after(60)
    return router


@meanwhile("test_idle")
def begin(lab):
    """{name: (phone, since when it is idle)}"""
    phones = {}
    for name, (user, kind, options) in OURS.items():
        options = dict(options)
        rport = options.pop("rport", True)
        if options.get("cls") is StunPhone:
            options["finder"] = lab.finder
        phone = stays(lab, router_of(lab, kind), user, register=False,
                      **options)
        phone.rport = rport
        assert phone.register(expires=1800).status == 200
        phones[name] = phone, time.monotonic()
    return phones


@meanwhile("test_idle_baresip")
def begin_baresip(lab):
    need("baresip")
    return {name: (bare_stays(lab, router_of(lab, kind), user, regint=1800,
                              **options), time.monotonic())
            for name, (user, kind, options) in BARESIP.items()}


def wait(lab, test, name):
    """The phone, when it has been idle for long enough."""
    phone, since = lab.meanwhile[test].result()[name]
    time.sleep(max(0, since + IDLE_S - time.monotonic()))
    return phone


@pytest.mark.parametrize("name", OURS)
def test_idle(lab, office, name):
    phone = wait(lab, "test_idle", name)
    assert len(place(lab.tandem, phone.user)) == 1
    assert not phone.got("INVITE")
    begin = time.monotonic()
    call, incoming = connect(office, phone)
    assert incoming.invite.at - begin < 1
    incoming.bye()
    call.gone()


@pytest.mark.parametrize("name", BARESIP)
def test_idle_baresip(lab, office, name):
    bare_is_called(wait(lab, "test_idle_baresip", name), office, ends="bare")
