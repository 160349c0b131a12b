"""Phones register: digest, refusals that tell nothing, location."""

import hashlib
import re

import pytest

from harness.office import OFFICE_SIP
from harness.sip import challenge_of, credentials
from harness.talk import ring


def test_register_and_show(tandem, phones):
    phone = phones(tandem, "1001", register=False)
    response = phone.register(expires=300)
    assert response.status == 200
    assert re.search(r"expires=300|^300$", response["Contact"]
                     if "expires=" in response["Contact"]
                     else response["Expires"])
    line = [x for x in tandem.console("sip show peers").splitlines()
            if x.startswith("1001")][0]
    assert "127.0.0.1" in line and str(phone.port) in line
    rows = tandem.wait_rows("SELECT * FROM location")
    assert [r["aor"] for r in rows] == ["1001"]


@pytest.mark.parametrize("transport", ["udp", "tls"])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_each_algorithm(make_tandem, phones, transport, algorithm):
    """With a sha256secret SHA-256 is offered first; a phone may take
    either."""
    proof = hashlib.sha256(
        b"1001:asterisk:linde-Besen-1001").hexdigest()
    tandem = make_tandem(tls=transport == "tls", sip=OFFICE_SIP.replace(
        "host=dynamic", "host=dynamic\ntransport=udp,tls").replace(
        "[1001](phone)", f"[1001](phone)\nsha256secret={proof}"))
    phone = phones(tandem, "1001", register=False, transport=transport)
    message = phone.build("REGISTER", f"sip:{phone.domain}",
                          To=f"<sip:1001@{phone.domain}>")
    first = phone.request(message, auth=False)
    assert first.status == 401
    offered = [v for v in first.all("WWW-Authenticate")
               if challenge_of(v).get("algorithm", "MD5") == algorithm]
    assert offered, first
    first.headers = [h for h in first.headers
                     if h[0] != "WWW-Authenticate"]
    first.headers.append(("WWW-Authenticate", offered[0]))
    again = phone.with_credentials(message, first)
    assert phone.request(again, auth=False).status == 200


def test_only_md5_is_offered_by_default(tandem, phones):
    """Debian's baresip gives up when SHA-256 is in the list."""
    phone = phones(tandem, "1001", register=False)
    first = phone.request(phone.build(
        "REGISTER", f"sip:{phone.domain}", To="<sip:1001@127.0.0.1>"),
        auth=False)
    assert [challenge_of(v)["algorithm"]
            for v in first.all("WWW-Authenticate")] == ["MD5"]


def test_clamped_expiry(make_tandem, phones):
    tandem = make_tandem(general="maxexpiry=600\nminexpiry=60\n"
                                 "defaultexpiry=120")
    phone = phones(tandem, "1001", register=False)
    for asked, granted in ((10, 60), (100, 100), (9999, 600), (None, 120)):
        headers = [("Expires", str(asked))] if asked is not None else []
        response = phone.request(phone.build(
            "REGISTER", f"sip:{phone.domain}", headers,
            To=f"<sip:1001@{phone.domain}>"))
        assert response.status == 200
        assert f"expires={granted}" in response["Contact"], response


def test_unregister(tandem, phones):
    phone = phones(tandem, "1001")
    response = phone.register(expires=0)
    assert response.status == 200
    assert "Contact" not in response
    assert "(Unspecified)" in tandem.console("sip show peers")
    tandem.wait_rows("SELECT 1 WHERE NOT EXISTS (SELECT * FROM location)")


def test_star_unregisters(make_tandem, phones):
    """All phones of the account; with a time it is no sense and does
    nothing."""
    tandem = make_tandem(general="maxcontacts=2")
    phone, other = phones(tandem, "1001", "1001")
    assert phone.register(expires=60, contact="*").status == 400
    assert len(phone.register().all("Contact")) == 2
    response = phone.register(expires=0, contact="*")
    assert response.status == 200 and "Contact" not in response
    assert phones(tandem, "1002").invite("1001").final().status >= 480
    assert not other.got("INVITE")


@pytest.mark.parametrize("supported,is_flow", [
    ("path, outbound", True), ("path", False)])
def test_flow_is_for_who_knows_it(tandem, phones, supported, is_flow):
    """RFC 5626 6: reg-id counts with Supported: outbound alone."""
    phone = phones(tandem, "1001", register=False)
    response = phone.register(
        contact=f'{phone.contact};+sip.instance="<urn:uuid:1-2-3>";reg-id=1',
        Supported=supported)
    assert response.status == 200
    assert ("outbound" in response.get("Require", "")) == is_flow
    assert ("reg-id=1" in response["Contact"]) == is_flow
    assert ("Flow-Timer" in response) == is_flow


def refused_sequence(tandem, phones, user, secret):
    """Answers to a REGISTER with a wrong password, without what is random."""
    phone = phones(tandem, user, register=False, secret=secret)
    message = phone.build("REGISTER", f"sip:{phone.domain}",
                          To=f"<sip:{user}@{phone.domain}>")
    first = phone.request(message, auth=False)
    second = phone.request(phone.with_credentials(message, first),
                           auth=False)
    return [mask(m, phone) for m in (first, second)]


def mask(message, phone):
    text = str(message).replace(phone.user, "USER")
    text = re.sub(r"(nonce|opaque)=\"[^\"]*\"", r'\1=""', text)
    text = re.sub(r"(branch|tag|received|rport)=[^;\r\n]*", r"\1=", text)
    text = re.sub(r"Date: [^\r]*", "Date:", text)
    text = text.replace(phone.call_id, "CALLID")
    return re.sub(rf"127\.0\.0\.1:{phone.port}", "ADDR", text)


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_unknown_user_looks_like_wrong_password(make_tandem, phones, method):
    """Nobody learns which extensions there are."""
    tandem = make_tandem(sip="""
[1001]
type=friend
host=dynamic
secret=linde-Besen-1001
[1004]
type=friend
host=127.0.0.1
port=9
secret=linde-Besen-1004
[1005]
type=friend
host=dynamic
secret=linde-Besen-1005
deny=0.0.0.0/0
""", plan="[nowhere]\n")
    answers = {}
    for user in ("1001", "1004", "1005", "4999"):
        phone = phones(tandem, user, register=False, secret="wrong-Wort-77")
        uri = f"sip:{user if method == 'REGISTER' else '600'}@127.0.0.1"
        message = phone.build(method, uri,
                              To=f"<sip:{user}@127.0.0.1>")
        out = []
        for _ in range(2):
            phone.invites[message.branch] = message
            response = phone.request(message, auth=False)
            out.append(response)
            if response.status in (401, 407):
                message = phone.with_credentials(message, response)
        answers[user] = [mask(m, phone) for m in out]
    assert answers["1001"] == answers["4999"]
    assert answers["1001"] == answers["1004"]
    assert answers["1001"] == answers["1005"]
    codes = [int(m.split()[1]) for m in answers["4999"]]
    assert codes[0] == 401 and codes[1] in (401, 403)


def test_wrong_password_is_logged_for_fail2ban(make_tandem, phones):
    tandem = make_tandem(tandem="logformat=asterisk")
    mark = tandem.log.mark()
    refused_sequence(tandem, phones, "1001", "wrong-Wort-77")
    line = tandem.log.wait(
        r"NOTICE\[\d+\].*Registration from '.*' failed for "
        r"'127\.0\.0\.1:\d+' - Wrong password", since=mark)
    assert "wrong-Wort" not in line.string


def test_replayed_credentials_are_refused(tandem, phones):
    """The same nonce with the same count again is not accepted."""
    phone = phones(tandem, "1001", register=False)
    message = phone.build("REGISTER", f"sip:{phone.domain}",
                          To=f"<sip:1001@{phone.domain}>")
    first = phone.request(message, auth=False)
    again = phone.with_credentials(message, first)
    assert phone.request(again, auth=False).status == 200

    stolen = phone.build("REGISTER", f"sip:{phone.domain}",
                         [("Authorization", again["Authorization"])],
                         **{"To": f"<sip:1001@{phone.domain}>",
                            "Call-ID": "stolen-1"})
    assert phone.request(stolen, auth=False).status == 401


def test_nonce_serves_several_requests(tandem, phones):
    """nc=2 with the same nonce is good: a refresh costs one message."""
    phone = phones(tandem, "1001", register=False)
    uri = f"sip:{phone.domain}"
    message = phone.build("REGISTER", uri,
                          To=f"<sip:1001@{phone.domain}>")
    challenge = phone.request(message, auth=False)["WWW-Authenticate"]
    for count in (1, 2, 3):
        message = phone.build("REGISTER", uri, [(
            "Authorization", credentials(challenge, "REGISTER", uri, "1001",
                                         phone.secret, count))],
            To=f"<sip:1001@{phone.domain}>")
        assert phone.request(message, auth=False).status == 200


def test_two_phones_last_wins(tandem, phones):
    first = phones(tandem, "1001")
    second = phones(tandem, "1001")
    caller = phones(tandem, "1002")
    call, incoming = ring(caller, second, "1001")
    call.cancel()
    assert call.final().status == 487
    assert not first.got("INVITE")


def test_two_bindings(make_tandem, phones):
    tandem = make_tandem(sip="""
[1001]
type=friend
host=dynamic
secret=linde-Besen-1001
maxcontacts=2
context=office
[1002]
type=friend
host=dynamic
secret=eiche-Kanne-1002
context=office
""")
    one, two = phones(tandem, "1001"), phones(tandem, "1001")
    caller = phones(tandem, "1002")
    call = caller.invite("1001")
    ringing = [phone.incoming() for phone in (one, two)]
    for incoming in ringing:
        incoming.ring()
    ringing[1].accept()
    call.answered()
    one.expect("CANCEL")
    call.bye()
    ringing[1].gone()


def test_a_register_counts_whole_or_not_at_all(make_tandem, phones):
    """RFC 3261 10.3: one Contact that is older than what is known, and
    nothing of the request counts; nor does an old one that unregisters."""
    tandem = make_tandem(sip=OFFICE_SIP.replace(
        "[1001](phone)", "[1001](phone)\nmaxcontacts=3"))
    phone = phones(tandem, "1001", register=False)

    def contact(name, more=""):
        return f"<sip:{name}@{phone.host}:{phone.port}>{more}"

    def register(cseq, contacts, expires=None):
        headers = [("Expires", str(expires))] if expires is not None else []
        return phone.request(phone.build(
            "REGISTER", f"sip:{phone.domain}", headers, cseq=cseq,
            To=f"<sip:1001@{phone.domain}>", Contact=contacts))

    def known(response):
        return sorted(re.findall("<sip:(\\w+)@", ", ".join(
            response.all("Contact"))))

    assert known(register(10, contact("a"))) == ["a"]
    assert known(register(30, contact("b"))) == ["a", "b"]
    for cseq, contacts, expires in (
            (12, f"{contact('new')}, {contact('b')}", None),
            (14, f"{contact('a', ';expires=0')}, {contact('b')}", None),
            (16, contact("b"), 0),
            (18, "*", 0)):
        assert register(cseq, contacts, expires).status == 400, contacts
        assert known(register(50 + cseq, None)) == ["a", "b"], contacts
    assert known(register(40, contact("b"), 0)) == ["a"]
    assert known(register(90, "*", 0)) == []


def test_location_survives_restart(tandem, phones):
    phone = phones(tandem, "1001")
    tandem.wait_rows("SELECT * FROM location")
    tandem.stop()
    tandem.start()
    is_reached(phone, phones(tandem, "1002"))


def is_reached(phone, caller):
    call = caller.invite(phone.user)
    phone.incoming().refuse(486)
    assert call.final().status == 486


def test_location_survives_kill(tandem, phones):
    phone = phones(tandem, "1001")
    tandem.wait_rows("SELECT * FROM location")
    tandem.kill()
    tandem.start()
    is_reached(phone, phones(tandem, "1002"))


def test_acl_refuses_source(make_tandem, phones):
    tandem = make_tandem(sip="""
[1001]
type=friend
host=dynamic
secret=linde-Besen-1001
deny=0.0.0.0/0
permit=192.0.2.0/24
[1002]
type=friend
host=dynamic
secret=eiche-Kanne-1002
deny=0.0.0.0/0
permit=127.0.0.0/8
""")
    assert phones(tandem, "1001", register=False).register().status in (
        401, 403)
    assert phones(tandem, "1002", register=False).register().status == 200


def test_contact_acl(make_tandem, phones):
    tandem = make_tandem(sip="""
[1001]
type=friend
host=dynamic
secret=linde-Besen-1001
contactdeny=192.0.2.0/24
""")
    phone = phones(tandem, "1001", register=False)
    assert phone.register(contact="<sip:1001@192.0.2.7:5060>").status == 603
    assert phone.register().status == 200
