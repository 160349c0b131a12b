"""Fixtures of the NAT tests: the street with one Tandem, made when the first
test asks; phones end with their test."""

import pytest

from . import netns
from .natcase import SECRETS, registered
from .natlab import Lab, LabTandem

SIP = """\
[general]
context=nowhere
allowguest=no
srvlookup=no
minexpiry=5
udpbindaddr=0.0.0.0:5060
tcpenable=yes
tcpbindaddr=0.0.0.0:5060
tlsenable=yes
tlsbindaddr=0.0.0.0:5061
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
"""

# user: its options.  The first ones are as an office has them
PHONES = {
    "1001": "", "1002": "", "1003": "", "1004": "",
}


def sip_conf(cert, phones=None):
    return SIP.format(cert=cert, phones="".join(
        f"[{user}](phone)\nsecret={SECRETS[user]}\n{options}\n"
        for user, options in (phones or PHONES).items()))


@pytest.fixture(scope="session")
def lab(tmp_path_factory, cert):
    """A street; lab.tandem stands in it."""
    if not netns.usable():
        pytest.skip("network namespaces need root: no NAT is tested")
    with Lab() as lab:
        folder = tmp_path_factory.mktemp("nat") / "tandem"
        folder.mkdir()
        tandem = LabTandem(folder, lab, cert)
        tandem.configure("", PLAN)
        tandem.write("sip.conf", sip_conf(cert)).chmod(0o640)
        tandem.start()
        lab.tandem = tandem
        try:
            yield lab
        finally:
            tandem.stop()


@pytest.fixture
def ring(lab, request):
    """ring(where, "1001", ...): a registered phone behind a router (its
    kind's name), or in the street (None)."""
    made = []
    request.node.tandems = [lab.tandem]

    def make(where, user, register=True, **kwargs):
        if where is None:
            phone = lab.far(user, SECRETS[user], **kwargs)
        else:
            router = lab.router(where) if isinstance(where, str) else where
            phone = router.phone(user, SECRETS[user], **kwargs)
        made.append(phone)
        if register:
            registered(phone)
        return phone

    yield make
    for phone in made:
        phone.close()


@pytest.fixture
def office(ring):
    """A phone without a NAT."""
    return ring(None, "1002")
