"""Fixtures of the NAT tests: the street with one Tandem, made when the first
test asks; phones end with their test."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from . import netns
from .natcase import LIFE_S, SECRETS, WHOLE, registered
from .natlab import Lab, LabTandem
from .natprog import bare_maker, need

SIP = """\
[general]
context=nowhere
allowguest=no
srvlookup=no
minexpiry=5
udpbindaddr=[::]:5060
tcpenable=yes
tcpbindaddr=[::]:5060
tlsenable=yes
tlsbindaddr=[::]:5061
tlscertfile={cert}
tlscafile={cert}

[phone](!)
type=friend
host=dynamic
context=office
transport=udp,tcp,tls
call-limit=8
disallow=all
allow=ulaw,alaw
{phones}
"""

PLAN = """\
[office]
exten => _X!,1,Dial(SIP/${EXTEN},20)
exten => 600,1,Answer()
 same => n,Echo()
exten => _300[45],1,Dial(SIP/${EXTEN},20)
 same => n,Answer()
 same => n,Echo()
"""

# user: its options.  The first ones are as an office has them
KEPT = "keepalive=1" if WHOLE else ""
PHONES = {
    "1001": KEPT, "1002": "", "1003": KEPT, "1004": "",
    # every spelling of nat=
    "2001": "nat=no", "2002": "nat=never", "2003": f"nat=yes\n{KEPT}",
    "2004": "nat=route", "2005": "nat=force_rport", "2006": "nat=comedia",
    "2007": "nat=force_rport,comedia", "2008": "nat=auto_force_rport",
    "2009": "nat=auto_comedia", "2010": "nat=auto_force_rport,auto_comedia",
    # what keeps a NAT open
    "3001": "keepalive=1", "3002": "keepalive=no",
    "3003": "keepalive=8",
    "3004": "keepalive=no\nqualify=500\nqualifyfreq=2\ntimerb=2000",
    "3005": "keepalive=no\nqualify=500\nqualifyfreq=2",
    # what takes long, beside the rest
    "3006": "keepalive=no", "3007": "", "3008": "", "3009": "", "3010": "",
    # idle for three minutes
    **{str(3100 + i): "" for i in range(20)},
    # several phones of one account
    "4001": "maxcontacts=4", "4002": "",
    "4101": f"directmedia=nonat\n{KEPT}", "4102": f"directmedia=nonat\n{KEPT}",
    # audio that nobody can read
    "4201": "transport=tls\nencryption=yes",
    # a house full of them
    **{str(5000 + i): "" for i in range(200)},
}


MEANWHILE = {}


def meanwhile(test):
    """A part of a test that takes long: it begins with the first test, in a
    thread; lab.meanwhile[test].result() is what it returns or raises."""
    def keep(function):
        MEANWHILE[test] = function
        return function
    return keep


def stays(lab, where, user, register=True, **kwargs):
    """A registered phone that stays until the street ends, behind a router or
    in the street (None)."""
    phone = lab.far(user, SECRETS[user], **kwargs) if where is None \
        else where.phone(user, SECRETS[user], **kwargs)
    lab.phones.callback(phone.close)
    if register:
        registered(phone, expires=1800)
    return phone


def sip_conf(cert, phones=None):
    return SIP.format(cert=cert, phones="".join(
        f"[{user}](phone)\nsecret={SECRETS[user]}\n{options}\n"
        for user, options in (phones or PHONES).items()))


@pytest.fixture(scope="session")
def lab(tmp_path_factory, cert, request):
    """A street; lab.tandem stands in it."""
    if not netns.usable():
        pytest.skip("network namespaces need root: no NAT is tested")
    with Lab(LIFE_S if WHOLE else None) as lab:
        folder = tmp_path_factory.mktemp("nat") / "tandem"
        folder.mkdir()
        tandem = LabTandem(folder, lab, cert)
        tandem.configure("", PLAN)
        tandem.write("sip.conf", sip_conf(cert)).chmod(0o640)
        tandem.start()
        lab.tandem, lab.folder = tandem, folder.parent
        wanted = {item.originalname for item in request.session.items}
        with ThreadPoolExecutor(len(MEANWHILE) or 1) as pool:
            lab.meanwhile = {name: pool.submit(function, lab) for
                             name, function in MEANWHILE.items()
                             if name in wanted}
            try:
                yield lab
            finally:
                pool.shutdown()
                lab.phones.close()
                tandem.stop()


@pytest.fixture
def ring(lab, closing, request):
    """ring(where, "1001", ...): a registered phone behind a router (its
    kind's name), or in the street (None)."""
    request.node.tandems = [lab.tandem]

    def make(where, user, register=True, **kwargs):
        if where is None:
            phone = lab.far(user, SECRETS[user], **kwargs)
        else:
            router = lab.router(where) if isinstance(where, str) else where
            phone = router.phone(user, SECRETS[user], **kwargs)
        closing(phone)
        if register:
            registered(phone)
        return phone
    return make


@pytest.fixture
def office(ring):
    """A phone without a NAT."""
    return ring(None, "1002")


@pytest.fixture
def bare_phone(lab, tmp_path, request):
    """bare_phone(where, "1001", ...): a baresip as ring() has phones."""
    need("baresip")
    request.node.tandems = [lab.tandem]
    made = []
    yield bare_maker(lab, tmp_path, made)
    for phone in made:
        phone.stop(patience=0.5)
