"""Attackers that look for accounts and passwords (docs/security.md)."""

import os
import re
import shutil
import socket
import statistics
import time

import pytest

from harness import netns
from harness.lines import run, until
from harness.sip import Message, credentials, token

ATTACKER = "127.0.9.1"
SECRET = "linde-Besen-1001"

OFFICE = """
[1001]
type=friend
host=dynamic
context=office
secret=linde-Besen-1001
[1004]
type=friend
host=127.0.0.9
secret=linde-Besen-1004
[1005]
type=friend
host=dynamic
secret=linde-Besen-1005
deny=0.0.0.0/0
[1006]
type=friend
host=dynamic
secret=1006
"""

PLAN = """[office]
exten => 600,1,Answer()
 same => n,Echo()
"""


@pytest.fixture
def office(make_tandem):
    return make_tandem(sip=OFFICE, plan=PLAN + "[nowhere]\n",
                       tandem="logformat=asterisk")


class Raw:
    """A socket of a stranger: what goes out and comes in, byte by byte."""

    def __init__(self, tandem, host=ATTACKER):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.host, self.port = self.sock.getsockname()
        self.server = ("127.0.0.1", tandem.port)

    def send(self, data):
        self.sock.sendto(data, self.server)

    def take(self, seconds=1.0):
        """Everything that comes until it is quiet for so long."""
        got = []
        self.sock.settimeout(seconds)
        try:
            while True:
                got.append(self.sock.recv(65536))
        except socket.timeout:
            return got

    def ask(self, data, seconds=1.0):
        self.send(data)
        self.sock.settimeout(seconds)
        try:
            return self.sock.recv(65536)
        except socket.timeout:
            return None

    def request(self, method="REGISTER", user="1001", headers=(), agent=None,
                uri="sip:127.0.0.1", body=""):
        head = [("Via", f"SIP/2.0/UDP {self.host}:{self.port}"
                        f";branch={token('z9hG4bK')};rport"),
                ("Max-Forwards", "70"),
                ("From", f"<sip:{user}@127.0.0.1>;tag={token()}"),
                ("To", f"<sip:{user}@127.0.0.1>"),
                ("Call-ID", token()), ("CSeq", f"1 {method}"),
                ("Contact", f"<sip:{user}@{self.host}:{self.port}>"),
                ("Supported", "replaces, timer, path, outbound, gruu"),
                ("Allow", "INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, OPTIONS"),
                *headers]
        if agent:
            head.append(("User-Agent", agent))
        return Message(f"{method} {uri} SIP/2.0", head, body).encode()

    def close(self):
        self.sock.close()


@pytest.fixture
def raw(office, closing):
    def make(host=ATTACKER, tandem=office):
        return closing(Raw(tandem, host))
    return make


def alive(tandem):
    """It answers OPTIONS within a second."""
    sock = Raw(tandem, "127.0.0.1")
    try:
        assert sock.ask(sock.request("OPTIONS")) is not None
    finally:
        sock.close()


def counter(tandem, name):
    text = tandem.console("core show counters")
    return int(re.search(rf"^{name}\s+(\d+)", text, re.M)[1])


# -------------------------------------------------------------- enumeration

def mask(message, user):
    text = str(message).replace(user, "USER")
    text = re.sub(r'nonce="[^"]*"', 'nonce=""', text)
    text = re.sub(r"(branch|tag|received|rport)=[^;\r\n]*", r"\1=", text)
    text = re.sub(r"Call-ID: [^\r]*", "Call-ID:", text)
    return re.sub(r"Via: SIP/2.0/UDP [0-9.:]+", "Via:", text)


USERS = ("1001", "1004", "1005", "1006", "4999", "no'b", "9" * 120)


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "OPTIONS",
                                    "SUBSCRIBE", "MESSAGE"])
def test_enumeration_same_bytes(office, phones, method):
    """A good account, a static host, one with an ACL, a weak one and none:
    a stranger sees the same answers."""
    seen = {}
    for i, user in enumerate(USERS):
        phone = phones(office, user, register=False, secret="wrong-Wort-77",
                       host=f"127.0.9.{10 + i}")
        uri = "sip:127.0.0.1" if method == "REGISTER" else \
            "sip:600@127.0.0.1"
        message = phone.build(method, uri, [
            ("User-Agent", "x" * 80), ("Event", "dialog")],
            To=f"<sip:{user}@127.0.0.1>")
        out = []
        for _ in range(3):
            phone.invites[message.branch] = message
            response = phone.request(message, auth=False)
            out.append(mask(response, user))
            if response.status not in (401, 407):
                break
            message = phone.with_credentials(message, response)
        seen[user] = out
    for user in USERS:
        assert seen[user] == seen["4999"], user


def closer_than_20us(measure, users, count):
    """Medians of the times for each user, measured by turns; on a machine
    that does other things too the best of three counts."""
    for _ in range(3):
        times = {user: [] for user in users}
        for i in range(count * len(users)):
            user = users[i % len(users)]
            times[user].append(measure(user))
        medians = {u: statistics.median(t[count // 10:])
                   for u, t in times.items()}
        if max(medians.values()) - min(medians.values()) < 20e-6:
            return
    raise AssertionError(medians)


def test_enumeration_takes_the_same_time(raw):
    """Median of the answers to a known, a static, a refused and an unknown
    name: 20 us."""
    sock = raw("127.0.0.1")         # no rate limit for this machine

    def ask(user):
        data = sock.request(user=user)
        start = time.perf_counter()
        assert sock.ask(data)
        return time.perf_counter() - start

    closer_than_20us(ask, ("1001", "1004", "1005", "4999"), 300)


def test_enumeration_by_wrong_passwords_takes_the_same_time(make_tandem,
                                                            closing):
    """The answer to our challenge with a wrong password: known and unknown
    names take as long, SHA-256 or MD5."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN + "[nowhere]\n", start=False)
    tandem.append("tandem.conf", "[guard]\nallow=127.0.0.0/8\n")
    tandem.start()
    sock = closing(Raw(tandem, "127.0.0.1"))

    def guess(user):
        challenge = Message.parse(sock.ask(sock.request(user=user)))
        data = sock.request(user=user, headers=[("Authorization", credentials(
            challenge["WWW-Authenticate"], "REGISTER", "sip:127.0.0.1", user,
            "wrong-Wort-77"))])
        start = time.perf_counter()
        answer = sock.ask(data)
        took = time.perf_counter() - start
        assert b" 403 " in answer[:20], answer
        return took

    closer_than_20us(guess, ("1001", "1005", "4999"), 150)


# ------------------------------------------------------------------- replay

def test_nonce_replay(office, phones):
    """AST: the same credentials again, with another Call-ID, another method,
    from another address, with an older count: challenged, never served."""
    victim = phones(office, "1001", register=False, host="127.0.9.20",
                    secret=SECRET)
    message = victim.build("REGISTER", "sip:127.0.0.1",
                           [("User-Agent", "x" * 80)],
                           To="<sip:1001@127.0.0.1>")
    first = victim.request(message, auth=False)
    good = victim.with_credentials(message, first)
    stolen = good["Authorization"]

    def again(host, method="REGISTER", header=stolen, uri="sip:127.0.0.1"):
        thief = phones(office, "1001", register=False, host=host)
        return thief.request(thief.build(method, uri, [
            ("Authorization", header), ("User-Agent", "x" * 80),
            ("Expires", "0")], To="<sip:1001@127.0.0.1>"), auth=False)

    # never used, but not where it was asked for, or for something else
    assert again("127.0.9.21").status == 401
    assert again("127.0.9.20", "INVITE").status == 403
    assert victim.request(good, auth=False).status == 200
    assert again("127.0.9.20").status == 401
    assert again("127.0.9.21").status == 401
    assert again("127.0.9.20", "INVITE").status in (401, 403)
    assert "stale=true" in again("127.0.9.20")["WWW-Authenticate"].lower()
    for algorithm in ("MD5-sess", "SHA-512-256"):
        answer = again("127.0.9.20", header=stolen.replace(
            "algorithm=MD5", f"algorithm={algorithm}"))
        assert answer.status == 401
    assert "127.0.9.20" in office.console("sip show peers")


# ----------------------------------------------------------------- scanners

@pytest.mark.parametrize("agent", ["friendly-scanner", "sipvicious",
                                   "sipcli/v1.8", "VaxSIPUserAgent/3.1",
                                   "pplsip"])
def test_scanner_by_name_hears_nothing(office, raw, agent):
    sock = raw()
    for method in ("OPTIONS", "REGISTER", "INVITE"):
        assert sock.ask(sock.request(method, agent=agent), 0.3) is None
    assert sock.ask(sock.request(agent="Yealink SIP-T46")) is not None
    assert counter(office, "guard_dropped_scanner") == 3


def test_scanner_words_of_the_operator(make_tandem, closing):
    tandem = make_tandem(sip=OFFICE, plan=PLAN)
    tandem.append("tandem.conf", "[guard]\nscanners=badphone\n")
    tandem.console("core reload")
    sock = closing(Raw(tandem))
    assert sock.ask(sock.request(agent="BadPhone 2"), 0.3) is None
    assert sock.ask(sock.request(agent="sipvicious")) is not None


def test_scanner_by_what_it_does(office, raw):
    """One account after the other: banned within ten seconds, though all of
    it could be forged; then silence, and the evidence."""
    sock = raw()
    start = time.monotonic()

    def scan():
        sock.send(sock.request(user=str(100 + int(time.monotonic() * 20)
                                        % 900)))
        return "is banned" in office.log.text

    until(scan, "a ban", 15, 0.1)
    assert time.monotonic() - start > 4     # never on one burst
    sock.take(0.3)
    for method in ("OPTIONS", "INVITE"):
        assert sock.ask(sock.request(method), 0.3) is None
    text = office.console(f"guard why {ATTACKER}")
    assert "Banned for" in text and "many users" in text
    office.log.wait(rf"hacking attempt detected '{ATTACKER}'")


# -------------------------------------------------------------- brute force

def guess(phones, office, host, user="1001", secret="wrong-Wort-77",
          transport="tcp"):
    phone = phones(office, user, register=False, secret=secret, host=host,
                   transport=transport)
    return phone.register(timeout=3)


def test_brute_force_ends_in_a_ban(office, phones):
    """Ten wrong passwords; the phone at another address goes on working."""
    owner = phones(office, "1001", host="127.0.9.50", secret=SECRET)
    codes = []
    for _ in range(40):
        try:
            codes.append(guess(phones, office, ATTACKER).status)
        except (AssertionError, OSError):
            break
    assert len(codes) < 40 and set(codes) <= {401, 403, 503}
    assert codes.count(403) <= 10
    assert owner.register().status == 200
    assert "Banned for" in office.console(f"guard why {ATTACKER}")
    sock = socket.create_connection((office.host, office.port), 1,
                                    (ATTACKER, 0))
    with sock:
        sock.sendall(b"OPTIONS sip:a SIP/2.0\r\n")
        try:
            assert sock.recv(1) == b""
        except ConnectionResetError:
            pass


def test_brute_force_over_udp_is_slowed(office, raw):
    """Thousands of guesses with answers to our nonce: twenty are looked at."""
    sock = raw()
    evaluated = 0
    end = time.monotonic() + 3
    while time.monotonic() < end:
        answer = sock.ask(sock.request(), 0.2)
        if answer is None:
            continue
        challenge = Message.parse(answer)
        if challenge.status != 401:
            continue
        value = credentials(challenge["WWW-Authenticate"], "REGISTER",
                            "sip:127.0.0.1", "1001", token("guess"))
        for _ in range(20):
            answer = sock.ask(sock.request(headers=[("Authorization",
                                                     value)]), 0.05)
            if answer and b" 403 " in answer[:20]:
                evaluated += 1
    assert 0 < evaluated <= 20, evaluated
    alive(office)


def test_ban_is_never_for_who_belongs_here(office, phones):
    """A registered phone's address, this machine, a static host."""
    phones(office, "1001", host="127.0.9.60", secret=SECRET)
    for _ in range(15):
        guess(phones, office, "127.0.9.60", "4999")
    assert "registered phone" in office.console("guard why 127.0.9.60")
    assert "0 banned" in office.console("guard show")
    for address in ("127.0.9.60", "127.0.0.1", "127.0.0.9", "192.168.1.1"):
        text = office.console(f"guard ban {address}", status=1)
        assert "Not banned" in text, text


# ----------------------------------------------------------------- console

def test_bans_by_hand_and_over_a_restart(office, raw):
    sock = raw()
    assert sock.ask(sock.request())
    assert "banned for 600" in office.console(f"guard ban {ATTACKER}")
    assert sock.ask(sock.request(), 0.3) is None
    assert "1 banned" in office.console("guard show")
    until(lambda: office.sql("SELECT * FROM kv WHERE name LIKE '/guard/%'"),
          "the ban in the store")
    office.stop()
    office.start()
    assert sock.ask(sock.request(), 0.3) is None
    assert "by the operator" in office.console(f"guard why {ATTACKER}")
    office.console(f"guard unban {ATTACKER}")
    assert sock.ask(sock.request())

    office.console("guard allow 127.0.9.0/24")
    assert "allowed" in office.console(f"guard why {ATTACKER}")
    assert "Not banned" in office.console(f"guard ban {ATTACKER}", status=1)
    office.console("guard disallow 127.0.9.0/24")
    office.console("guard ban nonsense", status=1)
    office.console("guard disallow 127.0.9.0/24", status=1)


def test_allow_of_the_configuration(make_tandem, closing):
    tandem = make_tandem(sip=OFFICE, plan=PLAN)
    tandem.append("tandem.conf", "[guard]\nallow=127.0.9.0/28\n")
    tandem.console("core reload")
    sock = closing(Raw(tandem))
    got = sum(sock.ask(sock.request(agent="sipcli"), 0.2) is not None
              for _ in range(100))
    assert got == 100


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nft"),
                    reason="needs root and nft")
def test_bans_go_to_nftables(make_tandem):
    """Into a set of the kernel, by nft with fixed arguments, in a namespace
    of its own: there the kernel drops who is banned, also when the server
    says nothing any more."""
    if not netns.usable():
        pytest.skip("no network namespaces here")
    with netns.Namespace() as space:
        def nft(*words):
            status, text = run([*space.prefix, "nft", *words])
            if status:
                pytest.skip(f"no nftables here: {text}")
            return text

        nft("add table inet edge; "
            "add set inet edge banned { type ipv4_addr; flags timeout; }; "
            "add chain inet edge in { type filter hook input priority 0; }; "
            "add rule inet edge in ip saddr @banned counter drop")
        tandem = make_tandem(sip=OFFICE, plan=PLAN, start=False)
        tandem.prefix = space.prefix
        tandem.append("tandem.conf", "[guard]\nnftset=inet edge banned\n")
        tandem.start()

        def listed():
            return nft("list", "set", "inet", "edge", "banned")

        def dropped():
            return int(re.search(r"packets (\d+)",
                                 nft("list", "chain", "inet", "edge",
                                     "in"))[1])

        with space.inside():
            sock = Raw(tandem)
        try:
            assert sock.ask(sock.request()) is not None
            tandem.console(f"guard ban {ATTACKER} 900")
            tandem.console("guard ban 198.18.0.2")
            until(lambda: f"{ATTACKER} timeout 15m" in listed()
                  and "198.18.0.2" in listed(), "the addresses in the set")
            seen = counter(tandem, "guard_dropped_banned")
            assert sock.ask(sock.request(), 0.3) is None
            assert dropped() == 1
            assert counter(tandem, "guard_dropped_banned") == seen
            tandem.console(f"guard unban {ATTACKER}")
            until(lambda: ATTACKER not in listed(), "one left the set")
            assert sock.ask(sock.request()) is not None
            assert "nft failed" not in tandem.console("guard show")

            # a kernel that has forgotten them is told again at the start
            until(lambda: [row for row in tandem.sql(
                "SELECT name FROM kv WHERE name LIKE '/guard/ban/%'")],
                "the ban in the store")
            tandem.stop()
            nft("flush", "set", "inet", "edge", "banned")
            tandem.start()
            until(lambda: "198.18.0.2 timeout" in listed(),
                  "the address in the set again")
            assert ATTACKER not in listed()
        finally:
            sock.close()
        tandem.stop()


# ------------------------------------------------------------- amplification

@pytest.mark.parametrize("method", [
    "INVITE", "OPTIONS", "REGISTER", "SUBSCRIBE", "MESSAGE", "NOTIFY",
    "PUBLISH", "BYE", "CANCEL", "REFER", "INFO", "UPDATE", "PRACK", "BOGUS"])
@pytest.mark.parametrize("guests", ["no", "yes"])
def test_amplification(make_tandem, closing, method, guests):
    """To an address that proves nothing: not more bytes than came, and not
    more packets, for the shortest request and for a usual one."""
    tandem = make_tandem(sip="[1001]\ntype=friend\nhost=dynamic\n"
                             f"secret={SECRET}\n",
                         general=f"allowguest={guests}",
                         plan="[nowhere]\nexten => 700,1,Hangup()\n")
    sock = closing(Raw(tandem))
    for extra in ("", "X: " + "y" * 40 + "\r\n",
                  "X: " + "y" * 300 + "\r\n"):
        data = (f"{method} sip:1@a SIP/2.0\r\nv:SIP/2.0/UDP {sock.host}:"
                f"{sock.port};branch=z9hG4bK{token()}\r\nf:<sip:1001@a>"
                f";tag=1\r\nt:<sip:1001@a>\r\ni:{token()}\r\nCSeq:1 "
                f"{method}\r\nm:<sip:1@a>\r\nMax-Forwards:9\r\n"
                f"{extra}\r\n").encode()
        sock.send(data)
        got = sock.take(1.2 if method == "INVITE" else 0.3)
        assert len(got) <= 1, got
        assert sum(map(len, got)) <= len(data), (data, got)
        if len(extra) > 200:
            assert got, "a usual request is answered"


def test_amplification_of_what_is_malformed(office, raw):
    sock = raw()
    for data in (b"REGISTER sip:a SIP/2.0\r\n\r\n",
                 b"INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n",
                 b"OPTIONS sip:a SIP/7.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK"
                 b"1\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nFrom: <sip:a>;tag=1"
                 b"\r\nTo: <sip:b>\r\n\r\n"):
        sock.send(data)
        assert sum(map(len, sock.take(0.3))) <= len(data)


# ---------------------------------------------------------- header smuggling

def test_header_smuggling(make_tandem, phones):
    """CVE-2020-28361, AST-2016-009: each of the 256 bytes between the name of
    a header and its colon.  What is answered as good was read as that header
    by us, too; nothing of it is ever on the other side."""
    tandem = make_tandem(sip=OFFICE + """
[1002]
type=friend
host=dynamic
context=office
secret=linde-Besen-1002
""", plan="[office]\nexten => 1002,1,Dial(SIP/1002)\n")
    bert = phones(tandem, "1002", secret="linde-Besen-1002")
    anna = phones(tandem, "1001", secret=SECRET)
    passed = 0
    for byte in range(256):
        mark = len(bert.log)
        data = anna.build("OPTIONS", "sip:1002@127.0.0.1").encode()
        data = data.replace(b"\r\n\r\n", b"\r\nX-Bypass" + bytes([byte])
                            + b": evil\r\nP-Asserted-Identity"
                            + bytes([byte]) + b": <sip:boss@x>\r\n\r\n", 1)
        branch = re.search(rb"branch=([^;\r]+)", data)[1].decode()
        anna.wire.send(data, anna.server)
        answer = anna.expect(lambda m, b=branch: not m.is_request
                             and m.branch == b)
        if byte in (0x20, 0x09):
            assert answer.status == 401, byte
            passed += 1
        elif not chr(byte).isalnum() and byte < 0x80 \
                and chr(byte) not in "-.!%*_+`'~:":
            assert answer.status == 400, (byte, answer.first)
        assert all(b"evil" not in m.wire for m in bert.log[mark:])
    assert passed == 2

    for name in (b"X-Bypass ", b"X-Bypass\t", b"X-Bypass"):
        call = anna.invite("1002", headers=[(name.decode(), "evil")])
        there = bert.incoming()
        there.ring()
        invite = there.invite
        assert b"evil" not in invite.wire and b"Bypass" not in invite.wire
        call.wait(180)
        call.cancel()
        assert call.final().status == 487
    tandem.idle()
