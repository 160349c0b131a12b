"""A new process takes over while calls go on: none of them is cut, no request
is lost.  (The phones here never repeat a request: one that is lost shows.)"""

import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from harness.lines import Process, until
from harness.office import OFFICE_PLAN, OFFICE_SIP
from harness.server import alive, binary
from harness.talk import both_talk, pair, ring

RECORDED = OFFICE_PLAN.replace(
    "exten => _100X,1,Dial", "exten => _100X,1,MixMonitor(${EXTEN}.wav)\n"
    " same => n,Dial") + """\
exten => 700,1,Answer()
 same => n,Read(X,,4,,1,20)
 same => n,Set(DB(upgrade/after)=${DB(upgrade/before)}-${X})
 same => n,Dial(SIP/1002,10)
exten => 701,1,Set(DB(upgrade/before)=seen)
 same => n,Answer()
 same => n,Set(DB(upgrade/now)=${DB(upgrade/after)})
 same => n,Hangup()
"""

EVERY_TRANSPORT = OFFICE_SIP.replace("type=friend",
                                     "type=friend\ntransport=udp,tcp,tls")


def test_call_goes_on_and_ends_well(make_tandem, phones):
    """Audio without a gap, re-INVITE, BYE, record and recording of a call that
    began in the process before."""
    tandem = make_tandem(plan=RECORDED)
    old = tandem.proc.proc
    out, back = pair(phones, tandem, (500, 700))
    before = back.rtp.mark()
    tandem.upgraded()
    assert "has 1 calls left" in tandem.wait_console(
        "core show takeover", "has 1 calls left").string
    assert re.search("^0 active channels",
                     tandem.console("core show channels"), re.M)
    mark = back.rtp.mark()
    back.rtp.wait_tone(500, since=mark)
    numbers = [p.seq for p in back.rtp.voice(before)]
    assert all((b - a) & 0xffff == 1 for a, b in zip(numbers, numbers[1:]))

    assert out.reinvite().status == 200
    mark = out.rtp.mark()
    out.rtp.wait_tone(700, since=mark)
    back.bye()
    out.gone()
    row = tandem.cdr()[0]
    assert row["disposition"] == "ANSWERED"
    assert row["rec_state"] == "complete", row["rec_why"]
    until(lambda: old.poll() is not None, "the old process ends", 10)
    assert old.returncode == 0
    tandem.log.wait(rf"the process before this one, {old.pid}, has ended")
    assert tandem.console("core show takeover", 1) == "No other process"


def test_call_that_rings(make_tandem, phones):
    """CANCEL, the answer and DTMF find the process that has the call."""
    tandem = make_tandem()
    one, two = phones(tandem, "1001", "1002")
    first, ringing = ring(one, two)
    second, other = ring(one, two)
    tandem.upgraded()
    first.cancel()
    assert first.final().status == 487
    other.accept()
    second.answered()
    both_talk(other, second, 600, 900)
    second.bye()
    other.gone()


def answered(phone):
    """A REGISTER with the answer to the challenge that it got."""
    message = phone.build("REGISTER", f"sip:{phone.domain}",
                          To=f"<sip:{phone.user}@{phone.domain}>")
    return phone.with_credentials(message, phone.request(message, auth=False))


def test_phones_are_known_and_nothing_is_asked_again(make_tandem, phones):
    """The new process reaches the phones, takes their credentials, and what
    one process puts into DB() the other one reads."""
    tandem = make_tandem(plan=RECORDED)
    one, two = phones(tandem, "1001", "1002")
    menu = one.invite("700")
    menu.answered()
    menu.talk()
    asked, used = (answered(phone) for phone in (one, two))
    assert two.request(used, auth=False).status == 200
    tandem.upgraded()
    call = two.invite("1001")
    ringing = one.incoming()
    ringing.refuse(486)
    assert call.final().status == 486

    # a nonce of the old process is good in the new one, once in both
    assert one.request(asked, auth=False).status == 200
    again = two.build("REGISTER", f"sip:{two.domain}", [
        ("Authorization", used["Authorization"])], To=used["To"])
    assert two.request(again, auth=False).status == 401
    probe = two.invite("701")
    probe.answered()
    probe.gone()
    menu.rtp.press("1234")
    back = two.pick_up(freq=800)
    menu.rtp.wait_tone(800)
    until(lambda: tandem.console("database get upgrade after"),
          "the value")
    assert "seen-1234" in tandem.console("database get upgrade after")
    menu.bye()
    back.gone()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_phone_moves_meanwhile(make_tandem, phones, transport):
    """A call that is still in its menu finds the phone's new place, even if
    that is a connection to the new process."""
    tandem = make_tandem(plan=RECORDED, sip=EVERY_TRANSPORT)
    one, two = phones(tandem, "1001", "1002")
    menu = one.invite("700")
    menu.answered()
    menu.talk()
    tandem.upgraded()
    moved = phones(tandem, "1002", transport=transport)
    menu.rtp.press("1234")
    back = moved.pick_up(freq=800)
    menu.rtp.wait_tone(800)
    back.bye()
    menu.gone()


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_phone_on_a_connection(make_tandem, phones, transport, cert):
    """Its connection stays with the old process and is used by both."""
    tandem = make_tandem(tls=True, sip=EVERY_TRANSPORT)
    one = phones(tandem, "1001", transport=transport, ca=cert)
    two = phones(tandem, "1002")
    talking = two.invite("1001")
    back = one.pick_up(freq=700)
    talking.answered()
    talking.talk(500)
    talking.rtp.wait_tone(700)
    tandem.upgraded()

    call = two.invite("1001")                  # the new one calls over it
    one.incoming().refuse(486)
    assert call.final().status == 486
    assert one.register().status == 200        # and answers
    out = one.invite("1002")
    other = two.pick_up(freq=600)
    out.answered()
    out.talk(400)
    out.rtp.wait_tone(600)
    out.bye()
    other.gone()
    back.bye()                                 # the old one has this
    talking.gone()
    one.wait_end(10)                           # with it the connection ends
    again = phones(tandem, "1001", transport=transport, ca=cert)
    call = two.invite("1001")
    again.incoming().refuse(486)
    assert call.final().status == 486


class Load(threading.Thread):
    """One phone that registers, asks and calls, one after the other."""

    def __init__(self, phone, stop):
        super().__init__(daemon=True)
        self.phone, self.stop = phone, stop
        self.done, self.rounds, self.bad = 0, 0, []

    def run(self):
        try:
            while not self.stop.is_set():
                self.once()
                self.done += 1
                self.rounds += 1
                self.stop.wait(0.1)     # a used port rests: they are few
        except Exception as exc:    # whatever it is, the test shows it
            self.bad.append(exc)

    def once(self):
        phone = self.phone
        assert phone.register().status == 200
        options = phone.build("OPTIONS", f"sip:{phone.domain}")
        assert phone.request(options).status == 200
        call = phone.invite("600")
        call.answered()
        call.bye()


def test_no_request_is_lost(make_tandem, phones):
    """Registrations, questions and calls without a pause, three upgrades; a
    talk from before the first goes on through all of them, and no packet of it
    is missing."""
    users = [f"20{i:02}" for i in range(6)]
    tandem = make_tandem(sip=OFFICE_SIP + "".join(
        f"[{user}](phone)\nsecret=birke-Tasse-{user}\n" for user in users))
    out, back = pair(phones, tandem, (500, 700))
    marks = out.rtp.mark(), back.rtp.mark()
    stop = threading.Event()
    load = [Load(phones(tandem, user, secret=f"birke-Tasse-{user}"), stop)
            for user in users]
    for one in load:
        one.start()
    try:
        for _ in range(3):
            until(lambda: min(one.done for one in load) > 2 or
                  any(one.bad for one in load), "some rounds", 20)
            for one in load:
                one.done = 0
            tandem.upgraded()
        until(lambda: min(one.done for one in load) > 2 or
              any(one.bad for one in load), "some rounds", 20)
    finally:
        stop.set()
        for one in load:
            one.join(20)
    assert [str(exc) for one in load for exc in one.bad] == []
    rounds = sum(one.rounds for one in load)
    assert rounds >= 4 * 3 * len(users)
    for rtp, mark in zip((out.rtp, back.rtp), marks):
        rtp.wait_packets(20, since=rtp.mark())
        numbers = [p.seq for p in rtp.voice(mark)]
        assert len(numbers) > 40
        assert all((b - a) & 0xffff == 1
                   for a, b in zip(numbers, numbers[1:])), numbers
    out.bye()
    back.gone()
    until(lambda: tandem.sql("SELECT count(*) AS n FROM cdr")[0]["n"]
          == rounds + 1, f"{rounds} call records", 10)


def test_three_processes(make_tandem, phones):
    """Each of three processes has a call; each call ends in its own."""
    tandem = make_tandem()
    pids = [tandem.proc.proc.pid]
    calls = []
    for _ in range(2):
        calls.append(pair(phones, tandem, (500, 700)))
        pids.append(tandem.upgraded())
    calls.append(pair(phones, tandem, (500, 700)))
    for out, back in calls:
        mark = back.rtp.mark()
        back.rtp.wait_tone(500, since=mark)
        out.bye()
        back.gone()
    until(lambda: not alive(pids[1]) and tandem.proc.proc.poll() == 0,
          "the older ones end", 10)
    assert alive(pids[2])
    assert len(tandem.cdr(3)) == 3


def test_lamps_move_over(make_tandem, phones):
    """Subscriptions end as "deactivated": the phone subscribes anew."""
    tandem = make_tandem(sip=OFFICE_SIP.replace(
        "context=office", "context=office\nsubscribecontext=office"),
        plan=OFFICE_PLAN + "exten => 1002,hint,SIP/1002\n")
    one, two = phones(tandem, "1001", "1002")
    talking = two.invite("600")
    talking.answered()

    def subscribe(name):
        message = one.build("SUBSCRIBE", f"sip:1002@{one.domain}",
                            [("Event", "dialog"), ("Expires", "600"),
                             ("Accept", "application/dialog-info+xml")],
                            **{"Call-ID": name})
        assert one.request(message).status == 200
        one.reply(one.expect("NOTIFY"), 200)

    subscribe("lamp-1")
    tandem.upgraded()
    notify = one.expect(
        lambda m: m.first.startswith("NOTIFY")
        and "terminated" in m["Subscription-State"])
    assert "deactivated" in notify["Subscription-State"]
    one.reply(notify, 200)
    subscribe("lamp-2")
    talking.bye()


def test_new_one_that_cannot_start(make_tandem, phones):
    """An error in the configuration: the old process goes on."""
    tandem = make_tandem()
    one = phones(tandem, "1001")
    good = (tandem.dir / "sip.conf").read_text()
    tandem.write("sip.conf", good + "[1001\nsecret=x\n")
    tandem.console("core restart gracefully")
    tandem.log.wait(r"sip.conf:\d+:\d+: error", 15)
    tandem.log.wait("the new process has ended before it took over")
    tandem.write("sip.conf", good)
    call = one.call("600", freq=500)
    call.rtp.wait_tone(500)
    call.bye()


def test_new_one_that_dies(make_tandem, phones):
    """The old process still has the sockets and serves again."""
    tandem = make_tandem()
    out, back = pair(phones, tandem, (500, 700))
    pid = tandem.upgraded()
    os.kill(pid, signal.SIGKILL)
    tandem.log.wait("this one serves again")
    tandem.newer.remove(pid)
    three = phones(tandem, "1003")
    call = three.invite("1001")
    out.phone.incoming().refuse(486)
    assert call.final().status == 486
    assert "1003" in tandem.console("sip show peers")
    pid = tandem.upgraded()
    assert alive(pid)
    mark = back.rtp.mark()
    back.rtp.wait_tone(500, since=mark)
    back.bye()
    out.gone()


def test_stop_ends_both(make_tandem, phones):
    """Stopped, the new process takes the old one along."""
    tandem = make_tandem()
    old = tandem.proc
    out, back = pair(phones, tandem, (500, 700))
    pid = tandem.upgraded()
    tandem.console("core stop now")
    for call in (out, back):
        call.phone.reply(call.phone.expect("BYE"), 200)
    until(lambda: not alive(pid), "the new process ends", 10)
    proc, tandem.proc = tandem.proc, None
    tandem.newer.clear()
    assert proc.end(10) == 0
    assert "serves again" not in old.text


def test_restart_now(make_tandem, phones):
    """Calls end with BYE, but no request goes unanswered."""
    tandem = make_tandem()
    old = tandem.proc.proc
    out, back = pair(phones, tandem, (500, 700))
    tandem.upgraded("core restart now")
    for call in (out, back):
        call.phone.reply(call.phone.expect("BYE"), 200)
    assert out.phone.register().status == 200
    until(lambda: old.poll() is not None, "the old process ends", 10)


def test_restart_when_convenient(make_tandem, phones):
    """It serves on until there is no call."""
    tandem = make_tandem()
    out, back = pair(phones, tandem, (500, 700))
    tandem.console("core restart when convenient")
    call = out.phone.call("600")
    call.bye()
    mark = tandem.log.mark()
    out.bye()
    back.gone()
    found = tandem.log.wait(r"process (\d+) has taken over", 15, since=mark)
    tandem.newer.append(int(found.group(1)))
    tandem.log.wait("is ready", since=mark)
    assert out.phone.register().status == 200


def test_stop_gracefully(make_tandem, phones):
    """New calls and OPTIONS get 503 with Retry-After, phones register, the
    call ends by itself, and then the program; abort takes it back."""
    tandem = make_tandem()
    one, two, three = phones(tandem, "1001", "1002", "1003")
    out = one.invite("1002")
    back = two.pick_up(freq=700)
    out.answered()
    tandem.console("core stop gracefully")

    refused = three.invite("600").final()
    assert refused.status == 503 and int(refused["Retry-After"]) > 0
    options = three.build("OPTIONS", f"sip:600@{three.domain}")
    refused = three.request(options)
    assert refused.status == 503 and int(refused["Retry-After"]) > 0
    assert three.register().status == 200

    tandem.console("core abort shutdown")
    call = three.call("600")
    call.bye()
    assert "Nothing" in tandem.console("core abort shutdown", 1)

    tandem.console("core stop gracefully")
    out.rtp.wait_tone(700)
    out.bye()
    back.gone()
    proc, tandem.proc = tandem.proc, None
    assert proc.end(10) == 0


def test_takeover_of_nobody(make_tandem, phones):
    """--takeover where nobody runs is an ordinary start."""
    tandem = make_tandem(start=False)
    tandem.proc = Process([binary(), "-f", "--takeover", "-C", tandem.dir],
                          cwd=tandem.dir)
    tandem.log.wait("is ready", 15)
    call = phones(tandem, "1001").call("600", freq=500)
    call.rtp.wait_tone(500)
    call.bye()


# ----------------------------------------------------------- service manager

class Manager:
    """What systemd is told."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(self.path))
        self.sock.settimeout(10)
        self.told, self.fds = [], []

    def wait(self, what):
        """Read until it was said."""
        while not any(what in text for text in self.told):
            data, fds, _, _ = socket.recv_fds(self.sock, 500, 4)
            self.told.append(data.decode())
            self.fds += fds
        return self

    def close(self):
        self.sock.close()
        for fd in self.fds:
            os.close(fd)


@pytest.fixture
def manager(tmp_path):
    made = Manager(tmp_path)
    yield made
    made.close()


def test_service_manager_follows(make_tandem, manager):
    """It keeps the sockets, and learns which process is the main one before
    the new one speaks to it."""
    tandem = make_tandem(start=False)
    tandem.environ = {"NOTIFY_SOCKET": str(manager.path)}
    tandem.start()
    manager.wait("READY=1")
    kept = [socket.socket(fileno=os.dup(fd)) for fd in manager.fds]
    try:
        assert {(s.type, s.getsockname()) for s in kept} >= {
            (kind, (tandem.host, tandem.port))
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)}
    finally:
        for sock in kept:
            sock.close()
    manager.told.clear()
    pid = tandem.upgraded()
    manager.wait("READY=1")
    assert manager.told.index(f"MAINPID={pid}") < manager.told.index(
        "READY=1")


def test_sockets_of_the_service_manager(make_tandem, phones):
    """What came while nobody was there is answered."""
    tandem = make_tandem(start=False, general="auth_options_requests=no")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((tandem.host, tandem.port))
        phone = phones(tandem, "1001", register=False)
        question = phone.send(phone.build("OPTIONS", f"sip:{phone.domain}"))
        number = sock.fileno()
        proc = subprocess.Popen(
            ["bash", "-c", f"exec 3<&{number}; LISTEN_PID=$$ LISTEN_FDS=1 "
             'exec "$0" -f -C "$1"', binary(), tandem.dir],
            pass_fds=[number], cwd=tandem.dir, stderr=subprocess.PIPE,
            text=True)
    try:
        answer = phone.expect(lambda m: m.status == 200
                              and m.branch == question.branch, 15)
        assert answer["CSeq"] == question["CSeq"]
        assert "Tandem" in tandem.console("core show version")
        assert phone.register().status == 200
    finally:
        proc.terminate()
        _, text = proc.communicate(timeout=15)
    assert proc.returncode == 0, text


@pytest.mark.parametrize("sent", [b"", b"\xff\xff\xff\xff\0\0\0\0", b"x" * 99,
                                  b"\4\0\0\0\0\0\0\0\x63\0\0\0"])
def test_nonsense_at_the_door(tandem, phones, sent):
    """Whoever says nothing, nonsense, or another version to the socket of the
    takeover, and goes, changes nothing."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(tandem.dir / "run" / "takeover.ctl"))
        sock.sendall(sent)
        if sent.endswith(b"\x63\0\0\0"):
            assert b"another version" in sock.recv(4096)
    tandem.log.wait("gone before it took over")
    assert phones(tandem, "1001").register().status == 200
