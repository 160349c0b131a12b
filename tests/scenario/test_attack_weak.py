"""Weak secrets: the old file runs in the office, and the internet can't guess
its way in.  A server with a public and a private address, phones at both."""

import re

import pytest

from harness import netns, server
from harness.phone import Phone

PUBLIC, PRIVATE = "198.51.100.1", "192.168.7.1"
FAR, BRANCH, DESK = "198.51.100.9", "203.0.113.9", "192.168.7.9"

SIP = """
[phone](!)
type=friend
host=dynamic
context=office
[1001](phone)
secret=1001
[1002](phone)
secret=changeme123
[1003](phone)
secret=4321
weaksecret=yes
[1004](phone)
secret=welcome1004
[1005](phone)
secret=linde-Besen-1005
"""

PLAN = "[office]\nexten => 600,1,Answer()\n same => n,Echo()\n"

SECRETS = {"1001": "1001", "1002": "changeme123", "1003": "4321",
           "1004": "welcome1004", "1005": "linde-Besen-1005",
           "4999": "4999"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The server, and register(user, host, secret): the answers in turn."""
    if not netns.usable():
        pytest.skip("network namespaces need root: weak secrets are not "
                    "tested")
    with netns.Namespace() as inside, netns.Namespace() as outside:
        netns.link(inside, outside, (PUBLIC, PRIVATE, "203.0.113.1"),
                   (FAR, DESK, BRANCH))
        tandem = server.Tandem(tmp_path_factory.mktemp("weak"),
                               host="0.0.0.0", prefix=inside.prefix)
        tandem.configure(SIP, PLAN, general="localnet=203.0.113.0/24\n"
                                            "localnet=192.168.7.0/24")
        # no bans: many tries
        tandem.append("tandem.conf", f"[guard]\nallow={FAR}\n")
        tandem.start()
        phones = []

        def phone(user, host, secret=None):
            to = {FAR: PUBLIC, DESK: PRIVATE,
                  BRANCH: "203.0.113.1"}[host]
            with outside.inside():
                phones.append(Phone((to, tandem.port), user,
                                    secret or SECRETS[user], host=host))
            return phones[-1]

        def invite(one):
            with outside.inside():
                return one.invite("600")

        phone.invite = invite
        yield tandem, phone
        for one in phones:
            one.close()
        tandem.stop()


@pytest.mark.parametrize("user,host,status", [
    ("1001", DESK, 200), ("1002", DESK, 200), ("1003", DESK, 200),
    ("1004", DESK, 200), ("1005", DESK, 200),
    ("1001", BRANCH, 200), ("1004", BRANCH, 200),
    ("1001", FAR, 403), ("1002", FAR, 403), ("1004", FAR, 403),
    ("1003", FAR, 200), ("1005", FAR, 200)])
def test_where_a_weak_secret_is_good(house, user, host, status):
    """REGISTER and INVITE: from private addresses and localnet, not from
    elsewhere; weaksecret=yes and a good one from everywhere."""
    tandem, phone = house
    it = phone(user, host)
    if status == 200:
        it.registered()
        call = phone.invite(it)
        call.answered()
        call.bye()
        assert it.register(expires=0).status == 200
        return
    assert it.register().status == status
    call = phone.invite(it)
    assert call.final().status == status
    tandem.log.wait(rf"{re.escape(host)}.*its secret is weak")


def test_it_is_refused_as_a_wrong_password_is(house):
    """Byte by byte: who guesses does not learn that it was right, nor that
    there is such an account."""
    tandem, phone = house

    def answers(user, secret):
        it = phone(user, FAR, secret)
        message = it.build("REGISTER", f"sip:{PUBLIC}",
                           [("User-Agent", "x" * 200)],
                           To=f"<sip:{user}@{PUBLIC}>")
        out = []
        for _ in range(2):
            response = it.request(message, auth=False)
            out.append(re.sub(
                r'nonce="[^"]*"|(branch|tag|received|rport)=[^;\r\n]*|'
                r"Call-ID: .*|Via: SIP/2.0/UDP [0-9.:]+|" + user, "",
                str(response)))
            message = it.with_credentials(message, response) \
                if response.status == 401 else message
        return out

    right = answers("1001", "1001")
    assert right == answers("1001", "9999") == answers("4999", "4999")
    assert right == answers("1002", "changeme123")


def test_the_check_names_each(house):
    """tandem -t: which, why, and what to do; the office runs on."""
    tandem, _ = house
    status, text = tandem.check()
    assert status == 0
    for user, why in (("1001", "it is the name"),
                      ("1002", "it is a well-known one"),
                      ("1004", "it is little more than the name")):
        assert re.search(rf"warning: \[{user}\] has a weak secret "
                         rf"\({why}\): .* private addresses and localnet "
                         "only", text), text
    assert "[1003] has" not in text and "[1005] has" not in text
    assert "changeme" not in text
