"""Three accounts at one provider's address: a call finds its account by what
was registered, by the request URI, by To, by P-Asserted-Identity, in that
order, and never by chance."""

import re

import pytest

from harness.office import OFFICE_SIP
from harness.provider import Provider

ACCOUNTS = {"red": ("720431", "4930111"), "green": ("720432", "4930222"),
            "blue": ("720433", "4930333")}

LINE = """
[{name}]
type=peer
host=127.0.0.1
port={port}
defaultuser={user}
remotesecret=kiefer-Rad-31
insecure=port,invite
context=in-{name}
"""

PLAN = "".join(f"""
[in-{name}]
exten => _.,1,Hangup(17)
""" for name in ACCOUNTS) + """
[office]
exten => _X.,1,Hangup(17)
"""


@pytest.fixture
def shop(make_tandem, slot, closing):
    """(Tandem, provider); the three accounts are registered."""
    port = slot.take()
    register = "".join(
        f"register => {user}:kiefer-Rad-31@127.0.0.1:{port}/{number}\n"
        for user, number in ACCOUNTS.values())
    sip = OFFICE_SIP + "".join(
        LINE.format(name=name, port=port, user=user)
        for name, (user, _) in ACCOUNTS.items())
    tandem = make_tandem(sip, PLAN, general=register, start=False)
    provider = closing(Provider(("127.0.0.1", tandem.port), port))
    tandem.start()
    for _ in ACCOUNTS:
        request = provider.expect("REGISTER")
        provider.grant(request, 120)
    for user, _ in ACCOUNTS.values():
        tandem.wait_console("sip show registry", f"{user}.* Registered")
    return tandem, provider


# request URI, To, P-Asserted-Identity, From -> account and why
ROWS = [
    # what was registered wins over all else
    ("4930222", "720431", "720433", "720431", "green",
     "registered extension"),
    ("4930333", "4930111", "4930111", "x", "blue", "registered extension"),
    ("+4930222", "720431", "720433", "720431", "green",
     "registered extension"),
    # the account's name in the request URI
    ("720433", "720431", "720432", "x", "blue", "request URI"),
    ("720432", "4930111", "720431", "720431", "green", "request URI"),
    # a number of nobody: To
    ("4930999", "720431", "720432", "720433", "red", "To user"),
    ("4930999", "720433", "720431", "720431", "blue", "To user"),
    ("+4930999", "720432", None, "x", "green", "To user"),
    # nothing there: who is asserted
    ("4930999", "4930999", "720432", "720431", "green",
     "P-Asserted-Identity"),
    ("4930999", "4930999", "720433", "x", "blue", "P-Asserted-Identity"),
    # the last sign
    ("4930999", "4930999", None, "720432", "green", "From user"),
    # none: always the same one, the first in the file
    ("4930999", "4930999", None, "015112345", "red", "source address"),
    ("4930999", "4930999", "015112345", "015112345", "red",
     "source address"),
]


def test_order(shop):
    tandem, provider = shop
    count = 0
    for ruri, to, asserted, caller, account, why in ROWS:
        headers = [("P-Asserted-Identity",
                    f"<sip:{asserted}@provider.example>")] \
            if asserted else []
        mark = tandem.log.mark()
        call = provider.call_in(
            f"sip:{ruri}@127.0.0.1:{tandem.port}", caller=caller,
            headers=headers, To=f"<sip:{to}@provider.example>")
        assert call.final().status == 486
        line = tandem.log.wait(r"from (\w+) \(.*known by (.*)\) to",
                               since=mark)
        assert (line[1], why in line[2]) == (account, True), \
            (ruri, to, asserted, caller, line[0])
        count += 1
        row = tandem.cdr(count)[-1]
        assert row["dcontext"] == f"in-{account}"
        assert row["channel"].startswith(f"SIP/{account}-")


def test_from_another_port(shop, closing):
    """insecure=port: the same order from a port that no line names."""
    tandem, provider = shop
    other = closing(Provider(("127.0.0.1", tandem.port), 0))
    for name, (user, number) in ACCOUNTS.items():
        for ruri in (number, user):
            mark = tandem.log.mark()
            call = other.call_in(f"sip:{ruri}@127.0.0.1")
            assert call.final().status == 486
            tandem.log.wait(rf"from {name} \(", since=mark)


def test_the_file_says_so(shop):
    """tandem -t tells that nothing but the account tells them apart."""
    tandem, _ = shop
    text = tandem.check()[1]
    assert re.search(r"\[green\] has the address of \[red\]", text)
    assert re.search(r"\[blue\] has the address of \[red\]", text)
