"""kill -9, a crash, a machine that stops for a while, a clock that jumps."""

import contextlib
import os
import random
import re
import signal
import sqlite3
import threading
import time
import wave

import pytest

from harness.fault import DISK_SLOW
from harness.lines import run, until
from harness.load import PLAN as LOAD_PLAN
from harness.office import OFFICE_PLAN, OFFICE_SIP, SECRETS
from harness.phone import Phone
from harness.server import put_on
from harness.talk import both_hear, connect

FULL = bool(os.environ.get("FULL"))     # the figures asked for, minutes
RECORDED = OFFICE_PLAN + """\
exten => 601,1,Answer()
 same => n,MixMonitor(call.wav)
 same => n,Echo()
"""
WIDE = "[general]\nrtpstart=12000\nrtpend=18000\n"


# ------------------------------------------------------------------- K1 - K3

def test_k1_killed_while_it_records_fifty_calls(make_tandem, load):
    """K1: each file opens, with header and data in agreement, and lacks a
    second at the most; each call has its record."""
    tandem = make_tandem(sip=load.sip(), plan=LOAD_PLAN, start=False)
    tandem.write("rtp.conf", WIDE)
    tandem.start()
    load.start(tandem, 50, rate=100, window=30, prefix="4", alone=True)
    tandem.wait_media(50, 150, timeout=30)
    # answered calls are noted within 200 ms, and so is how long they were
    until(lambda: tandem.sql("SELECT count(*) AS n FROM call_open")[0]["n"]
          == 50, "50 open calls")
    before = min(int(packets) for packets in re.findall(
        r"^.*?(\d{10}) .*$", tandem.console("sip show channelstats"), re.M))
    tandem.kill()
    load.kill()
    paths = sorted((tandem.dir / "spool" / "monitor").glob("*.wav"))
    assert len(paths) == 50
    for path in paths[::2]:     # killed before its header was written anew
        lag(path)
        assert not whole(path)

    tandem.start()
    tandem.log.wait("50 calls were cut off when the run before")
    until(lambda: len(tandem.sql(
        "SELECT * FROM cdr WHERE hangup_by='interrupted'")) == 50,
        "50 records")
    for row in tandem.sql("SELECT * FROM cdr"):
        assert row["disposition"] == "ANSWERED"
        assert row["rec_state"] == "gap" and row["rec_path"]
    until(lambda: all(whole(path) for path in paths), "mended headers")
    for path in paths:
        with wave.open(str(path)) as w:
            frames = w.getnframes()
            assert len(w.readframes(frames)) == 4 * frames
            assert frames >= (before - 50) * 160, (path, frames, before)


def whole(path):
    """The header says as much as there is."""
    size = path.stat().st_size
    head = path.read_bytes()[:256]
    at = head.index(b"data") + 4
    return int.from_bytes(head[4:8], "little") == size - 8 and \
        int.from_bytes(head[at:at + 4], "little") == size - at - 4


def lag(path):
    """The header says half as much as there is."""
    size = path.stat().st_size
    with open(path, "r+b") as f:
        at = f.read(256).index(b"data") + 4
        there = (size - at - 4) // 8 * 4
        f.seek(at)
        f.write(there.to_bytes(4, "little"))
        f.seek(4)
        f.write((at + there - 4).to_bytes(4, "little"))


class Register(threading.Thread):
    """A phone that registers again and again, each time from another
    Contact; remembers when which one was accepted."""

    def __init__(self, tandem, user, stop):
        super().__init__(daemon=True)
        self.phone = Phone((tandem.host, tandem.port), user, SECRETS[user])
        self.stop, self.accepted, self.count = stop, [], 0

    def run(self):
        while not self.stop.is_set():
            self.count += 1
            contact = f"<sip:{self.phone.user}-{self.count}@" \
                      f"{self.phone.host}:{self.phone.port}>"
            try:
                if self.phone.register(contact=contact,
                                       timeout=1).status == 200:
                    self.accepted.append((time.monotonic(), self.count))
            except AssertionError:
                pass    # it was killed


def contacts(tandem):
    """The number in the contact of each user who is in the database."""
    db = sqlite3.connect(tandem.dir / "state" / "tandem.db")
    try:
        rows = db.execute("SELECT aor, contact FROM location").fetchall()
    except sqlite3.OperationalError:    # not made yet, or locked
        rows = []
    finally:
        db.close()
    return {aor: int(re.search(r"-(\d+)@", contact).group(1))
            for aor, contact in rows}


@contextlib.contextmanager
def registering(tandem):
    """All phones of the office register as fast as they can."""
    stop = threading.Event()
    load = [Register(tandem, user, stop) for user in ("1001", "1002", "1003")]
    for one in load:
        one.start()
    try:
        yield load
    finally:
        stop.set()
        for one in load:
            one.join(10)
            one.phone.close()


@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGSEGV])
def test_k2_k3_killed_at_any_moment(memory_dir, make_tandem, sig):
    """K2, K3: started again it serves within a second, no database is
    corrupt, nothing that was in it is lost, and no registration older than a
    second is forgotten."""
    tandem = make_tandem(start=False)
    put_on(memory_dir, tandem, "state").start()
    for _ in range(100 if FULL else 3):
        with registering(tandem) as load:
            time.sleep(random.uniform(0.2, 1.4))
            before = contacts(tandem)
            killed = time.monotonic()
            os.kill(tandem.proc.proc.pid, sig)
            tandem.proc.proc.wait(10)
        db = sqlite3.connect(tandem.dir / "state" / "tandem.db")
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()
        after = contacts(tandem)
        for one in load:
            old = [n for at, n in one.accepted if at < killed - 1]
            must = max([before.get(one.phone.user, 0), *old])
            assert after.get(one.phone.user, 0) >= must, (one.phone.user, old)
        begun = time.monotonic()
        tandem.proc.kill()
        tandem.start()
        assert time.monotonic() - begun < (1 if FULL else 10)
        assert not list((tandem.dir / "state").glob("*.corrupt-*"))


def test_k2_slow_disk_never_shows_a_phone_without_a_place(make_faulty):
    """A second for each commit while the places change a thousand times:
    what is in the database at any moment is where every phone was."""
    tandem, faults = make_faulty()
    with registering(tandem) as load:
        until(lambda: len(contacts(tandem)) == len(load), "all phones", 20)
        with faults.disk(tandem.dir / "state", DISK_SLOW, ms=200):
            seen = contacts(tandem)
            end = time.monotonic() + 4
            moved = 0
            while time.monotonic() < end or moved < 2:
                now = contacts(tandem)
                for one in load:
                    assert now.get(one.phone.user, 0) >= \
                        seen[one.phone.user]
                moved += now != seen
                seen = now
    assert sum(len(one.accepted) for one in load) > 100


def test_rg1_restart_with_a_thousand_phones(make_tandem):
    """RG1: killed and started again, a call reaches any of them."""
    users = [f"5{i:03}" for i in range(1000)]
    tandem = make_tandem(sip=OFFICE_SIP + "".join(
        f"[{user}](phone)\nsecret=birke-Tasse-{user}\n" for user in users),
        plan="[office]\nexten => _X.,1,Dial(SIP/${EXTEN},5)\n")
    phone = Phone((tandem.host, tandem.port), "1001", SECRETS["1001"])
    try:
        phone.registered()
        for user in users:
            other = {"From": f"<sip:{user}@{phone.domain}>;tag={user}",
                     "To": f"<sip:{user}@{phone.domain}>",
                     "Call-ID": f"register-{user}",
                     "Contact": f"<sip:{user}@{phone.host}:{phone.port}>"}
            message = phone.build("REGISTER", f"sip:{phone.domain}",
                                  [("Expires", "600")], **other)
            response = phone._transact(message, 5, None)
            message = phone.with_credentials(
                message, response, secret=f"birke-Tasse-{user}", user=user)
            assert phone._transact(message, 5, None).status == 200
        until(lambda: tandem.sql("SELECT count(*) AS n FROM location")[0]["n"]
              == 1001, "1001 places")
        tandem.kill()
        tandem.start()
        tandem.log.wait("1001 registrations from the last run")
        for user in random.sample(users, 10):
            call = phone.invite(user)
            invite = phone.expect(
                lambda m: m.first.startswith("INVITE sip:" + user))
            phone.reply(invite, 486)
            assert call.final().status == 486
    finally:
        phone.close()


# -------------------------------------------------------------------- C1, C2

JUMPS = [3600, -3600, 10 * 365 * 86400, -10 * 365 * 86400, -1, -2, -3, 0]


def test_c1_wall_clock_jumps(make_faulty, phones):
    """An hour, ten years, back and forth, a second back again and again: calls
    and registrations stay, phones authenticate, lengths are right."""
    tandem, faults = make_faulty(plan=RECORDED, tandem="loglevel=debug")
    one, two = phones(tandem, "1001", "1002")
    call = one.call("601", freq=500)
    for seconds in JUMPS:
        faults.jump(seconds)
        mark = call.rtp.mark()
        call.rtp.wait_tone(500, since=mark)
        assert two.register().status == 200
        assert "1001" in tandem.console("sip show peers")
        other = two.invite("1001")
        one.incoming().refuse(486)
        assert other.final().status == 486
    began = time.monotonic()
    talked = (call.rtp.packets[-1].at - call.rtp.packets[0].at)
    call.bye()
    row = next(r for r in tandem.cdr(1 + len(JUMPS)) if r["dst"] == "601")
    assert abs(row["billsec"] - talked) <= 1.5 + time.monotonic() - began
    assert row["rec_state"] == "complete", row
    with wave.open(str(tandem.recording("call.wav"))) as w:
        assert abs(w.getnframes() / 8000 - talked) < 1.5


def test_c1_start_with_a_clock_of_1970(make_faulty, phones):
    """A machine without a battery: registrations of before are not in use,
    new ones work, and when the clock is set nothing expires."""
    tandem, faults = make_faulty(start=False)
    faults.jump(-time.time() + 1000)
    tandem.start()
    one = phones(tandem, "1001")
    faults.jump(0)
    assert one.register().status == 200
    call = one.call("600", freq=500)
    call.rtp.wait_tone(500)
    call.bye()


PAUSED_SIP = OFFICE_SIP.replace(
    "type=friend", "type=friend\nqualify=yes\nqualifyfreq=1\nrtptimeout=6")
PAUSED_PLAN = OFFICE_PLAN + "exten => 700,1,Dial(SIP/1001,4)\n"


def asked_again(phone, since, count=2):
    """So many questions of qualify= came since then."""
    phone.wait_log(lambda log: sum(
        m.is_request and m.first.startswith("OPTIONS") and m.at > since
        for m in log) >= count, f"{count} OPTIONS", 10)


@pytest.mark.parametrize("seconds", [1, 10, 60] if FULL else [7])
def test_c2_process_stands_still(make_tandem, phones, seconds):
    """SIGSTOP and SIGCONT, as a laptop's lid or a virtual machine that moves
    and that nothing reaches meanwhile.  The call goes on, though it is silent
    for longer than rtptimeout=; what was due meanwhile is done, and what
    comes later too; a question that went before is asked anew."""
    tandem = make_tandem(sip=PAUSED_SIP, plan=PAUSED_PLAN)
    one, two, three = phones(tandem, "1001", "1002", "1003")
    out, back = connect(one, two, freqs=(500, 700))
    rings = three.invite("700")
    one.incoming().ring()
    rings.wait(180)
    two.answer_options = False
    asked = two.expect("OPTIONS")
    for call in (out, back):
        call.rtp.pause()
    tandem.proc.proc.send_signal(signal.SIGSTOP)
    two.reply(asked, 200)
    two.answer_options = True
    time.sleep(seconds)
    tandem.proc.proc.send_signal(signal.SIGCONT)
    went_on = time.monotonic()
    assert rings.final().status == 480
    one.expect("CANCEL")
    for phone in (one, two):    # a beat of each stream, without audio
        asked_again(phone, went_on)
    assert not one.got("BYE") and not two.got("BYE")
    for call, freq in ((out, 500), (back, 700)):
        call.rtp.play(freq)
    both_hear(out, back, 500, 700)
    for word in ("Lagged", "UNREACHABLE", "no media"):
        assert word not in tandem.log.text
    other = two.invite("1001")
    one.incoming().refuse(486)
    assert other.final().status == 486
    out.bye()
    back.gone()


def test_c2_other_monotonic_clock(make_tandem, phones):
    """Started an hour, and a month, after boot."""
    if os.geteuid() != 0:
        pytest.skip("only root may have a clock of its own")
    if run(["unshare", "-T", "--boottime", "3600", "true"])[0]:
        pytest.skip("the kernel has no time namespaces")
    tandem = make_tandem(start=False)
    tandem.prefix = ["unshare", "-T", "--fork", "--kill-child", "--boottime",
                     "2592000", "--monotonic", "2592000"]
    tandem.start()
    tandem.prefix = []
    call = phones(tandem, "1001").call("600", freq=500)
    call.rtp.wait_tone(500)
    call.bye()
    tandem.cdr()
    tandem.console("core stop now")     # a signal would reach unshare
    proc, tandem.proc = tandem.proc, None
    assert proc.end(15) == 0
