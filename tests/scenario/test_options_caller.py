"""Options of sip.conf: who calls, what the dialplan sees of it."""

import hashlib

import pytest

from harness.lines import run
from harness.office import OFFICE_SIP
from harness.server import binary
from harness.sip import challenge_of

# the answer of each call goes into its record
SEE = """\
[office]
exten => _X!,1,Set(CDR(userfield)={what})
 same => n,Hangup(17)
[other]
exten => _X!,1,Set(CDR(userfield)=other)
 same => n,Hangup(17)
"""


def seen(make_tandem, phones, what, general="", peer="", sip=None, exten="55",
         **kwargs):
    """What the dialplan saw of a call of 1001."""
    tandem = make_tandem(
        general=general, plan=SEE.format(what=what),
        sip=sip or OFFICE_SIP.replace("[1001](phone)",
                                      "[1001](phone)\n" + peer))
    call = phones(tandem, "1001").invite(exten, **kwargs)
    assert call.final().status == 486
    return tandem.cdr()[0]["userfield"]


def plain(sip):
    """Without callerid= of its own."""
    return sip.replace('callerid="Anna" <1001>', "")


@pytest.mark.parametrize("user,general,number", [
    ("(1-00) 1.7", "", "10017"),
    ("(1-00) 1.7", "shrinkcallerid=no", "(1-00) 1.7"),
    ("a-b", "", "a-b"),
])
def test_shrinkcallerid(make_tandem, phones, user, general, number):
    quoted = user.replace(" ", "%20")
    # known by its digest, not by its From
    got = seen(make_tandem, phones, "${CALLERID(num)}",
               "match_auth_username=yes\n" + general, sip=plain(OFFICE_SIP),
               From=f"<sip:{quoted}@127.0.0.1>;tag=a")
    assert got == number


@pytest.mark.parametrize("pedantic,number", [("yes", "1 2"), ("no", "1%202")])
def test_pedantic(make_tandem, phones, pedantic, number):
    got = seen(make_tandem, phones, "${CALLERID(num)}",
               f"match_auth_username=yes\nshrinkcallerid=no\n"
               f"pedantic={pedantic}", sip=plain(OFFICE_SIP),
               From="<sip:1%202@127.0.0.1>;tag=a")
    assert got == number


@pytest.mark.parametrize("legacy,exten", [
    ("no", "55;phone-context=x"), ("yes", "55")])
def test_legacy_useroption_parsing(make_tandem, phones, legacy, exten):
    got = seen(make_tandem, phones, "${EXTEN}",
               f"legacy_useroption_parsing={legacy}",
               exten="sip:55;phone-context=x@127.0.0.1")
    assert got == exten


def test_diversion(make_tandem, phones):
    got = seen(make_tandem, phones,
               "${CALLERID(rdnis)}/${SIPREDIRECTREASON}/${SIPRDNISDOMAIN}",
               headers=[("Diversion", "<sip:4711@far.example>"
                                      ";reason=no-answer")])
    assert got == "4711/no-answer/far.example"


def test_setvar_and_accounting(make_tandem, phones):
    tandem = make_tandem(
        plan=SEE.format(what="${ROOM}-${_FLOOR}${FLOOR}"),
        sip=OFFICE_SIP.replace("[1001](phone)", """[1001](phone)
setvar=ROOM=12
setvar=__FLOOR=3
accountcode=sales
amaflags=billing
"""))
    call = phones(tandem, "1001").invite("55")
    call.final()
    row = tandem.cdr()[0]
    assert row["userfield"] == "12-3"
    assert row["accountcode"] == "sales"
    assert row["amaflags"].upper() == "BILLING"


@pytest.mark.parametrize("general,uri,answer", [
    ("domain=us.example", "sip:55@them.example", 486),
    ("domain=us.example\nallowexternaldomains=no", "sip:55@them.example",
     403),
    ("domain=us.example\nallowexternaldomains=no", "sip:55@US.example", 486),
    ("domain=us.example,other\nallowexternaldomains=no",
     "sip:55@us.example", 486),
    ("autodomain=yes\nallowexternaldomains=no", "sip:55@127.0.0.1", 486),
    ("autodomain=yes\nallowexternaldomains=no", "sip:55@127.0.0.2", 403),
])
def test_domain(make_tandem, phones, general, uri, answer):
    tandem = make_tandem(general=general, plan=SEE.format(what="office"))
    domain = "us.example" if "us.example" in general else None
    phone = phones(tandem, "1001", domain=domain)
    assert phone.invite(uri).final().status == answer
    if answer == 486:
        assert tandem.cdr()[0]["userfield"] == "office"


def test_domain_context(make_tandem, phones):
    """domain=name,context is for peers without context= of their own."""
    tandem = make_tandem(
        general="domain=us.example,other",
        plan=SEE.format(what="office") + "[nowhere]\nexten => s,1,NoOp()\n",
        sip=OFFICE_SIP.replace("context=office\n", ""))
    phone = phones(tandem, "1001", domain="us.example")
    assert phone.invite("sip:55@us.example").final().status == 486
    assert tandem.cdr()[0]["userfield"] == "other"


@pytest.mark.parametrize("reject,answer", [("no", 404), ("yes", 401)])
def test_register_to_foreign_domain(make_tandem, phones, reject, answer):
    tandem = make_tandem(general=f"domain=us.example\n"
                                 f"alwaysauthreject={reject}")
    phone = phones(tandem, "1001", register=False)
    message = phone.build("REGISTER", "sip:them.example",
                          To="<sip:1001@them.example>")
    assert phone.request(message, auth=False).status == answer


def ha1(algorithm, realm="asterisk"):
    text = f"1001:{realm}:linde-Besen-1001".encode()
    return getattr(hashlib, algorithm)(text).hexdigest()


@pytest.mark.parametrize("line,algorithm,status", [
    ("md5secret=" + ha1("md5"), "MD5", 200),
    ("md5secret=" + ha1("md5", "elsewhere"), "MD5", 403),
    ("sha256secret=" + ha1("sha256"), "SHA-256", 200),
    ("secret=another-One-77\nmd5secret=" + ha1("md5"), "MD5", 200),
])
def test_hashed_secret(make_tandem, phones, line, algorithm, status):
    tandem = make_tandem(sip=f"[1001]\ntype=friend\nhost=dynamic\n{line}\n")
    phone = phones(tandem, "1001", register=False)
    message = phone.build("REGISTER", f"sip:{phone.domain}",
                          To=f"<sip:1001@{phone.domain}>")
    first = phone.request(message, auth=False)
    assert first.status == 401
    fits = [v for v in first.all("WWW-Authenticate")
            if challenge_of(v).get("algorithm", "MD5") == algorithm]
    assert fits, first
    first.headers = [h for h in first.headers if h[0] != "WWW-Authenticate"]
    first.headers.append(("WWW-Authenticate", fits[0]))
    again = phone.with_credentials(message, first)
    assert phone.request(again, auth=False).status == status


@pytest.mark.parametrize("exclude,status", [("yes", 603), ("no", 200)])
def test_dynamic_exclude_static(make_tandem, phones, exclude, status):
    tandem = make_tandem(general=f"dynamic_exclude_static={exclude}",
                         sip=OFFICE_SIP + "[trunk]\ntype=peer\n"
                                          "host=192.0.2.9\n")
    phone = phones(tandem, "1001", register=False)
    response = phone.register(contact="<sip:1001@192.0.2.9:5070>")
    assert response.status == status


@pytest.mark.parametrize("general,domain,realm", [
    ("", "127.0.0.1", "asterisk"),
    ("realm=office.example", "127.0.0.1", "office.example"),
    ("domain=us.example\ndomainsasrealm=yes", "us.example", "us.example"),
    ("domain=us.example\ndomainsasrealm=yes\nalwaysauthreject=yes",
     "them.example", "asterisk"),
])
def test_realm(make_tandem, phones, general, domain, realm):
    tandem = make_tandem(general=general)
    phone = phones(tandem, "1001", register=False, domain=domain)
    message = phone.build("REGISTER", f"sip:{domain}",
                          To=f"<sip:1001@{domain}>")
    first = phone.request(message, auth=False)
    assert challenge_of(first["WWW-Authenticate"])["realm"] == realm


def test_bad_tlscipher(make_tandem):
    """A list that OpenSSL does not take is named, and nothing starts."""
    tandem = make_tandem(tls=True, start=False,
                         general="tlscipher=NO-SUCH-CIPHER")
    status, text = run([binary(), "-f", "-C", tandem.dir])
    assert status != 0
    assert "cipher list NO-SUCH-CIPHER" in text
