"""Disks that are full, hang, fail, are slow or lose what they had: neither
audio nor signalling notices, and what became of a recording is told."""

import errno
import os
import shutil
import sqlite3
import subprocess
import wave
from pathlib import Path

import pytest

from harness.fault import DISK_FAIL, DISK_HANG, DISK_SLOW
from harness.lines import run, until
from harness.office import OFFICE_PLAN, OFFICE_SIP
from harness.server import put_on
from harness.talk import before_packets, connect, hang_up, pair

RECORDED = OFFICE_PLAN.replace(
    "exten => _100X,1,Dial",
    "exten => _100X,1,MixMonitor(call.wav)\n same => n,Dial")


def places(tandem):
    return {(row["aor"], row["call_id"]) for row in
            tandem.sql("SELECT aor, call_id FROM location")}


def without_gap(rtp, mark):
    """No packet that came since the mark is missing; how many came."""
    numbers = [p.seq for p in rtp.voice(mark)]
    assert all((b - a) & 0xffff == 1 for a, b in zip(numbers, numbers[1:])), \
        numbers
    return len(numbers)


def serves(tandem, phones, user):
    """A phone registers, calls and is answered, as on any other day."""
    phone = phones(tandem, user)
    options = phone.build("OPTIONS", f"sip:{phone.domain}")
    assert phone.request(options).status == 200
    call = phone.call("600", freq=900)
    call.rtp.wait_tone(900)
    call.bye()


def promptly(tandem, phones, out):
    """Fifty requests, while a call that is recorded begins and ends.  None
    waits for as long as two seconds of the audio of the call that runs."""
    with before_packets(out.rtp, 100):
        phone = phones(tandem, "1003")
    for number in range(50):
        with before_packets(out.rtp, 100):
            if number == 10:
                call = phone.invite("1001")
                out.phone.incoming().ring()
                call.wait(180)
            elif number == 40:
                call.cancel()
                call.wait(487)
            elif number % 2:
                options = phone.build("OPTIONS", f"sip:{phone.domain}")
                assert phone.request(options).status == 200
            else:
                assert phone.register(contact=f"<sip:{number}@{phone.host}:"
                                      f"{phone.port}>").status == 200


def read_wave(tandem, name="call.wav"):
    """Frames of a recording that any program can open."""
    with wave.open(str(tandem.recording(name))) as w:
        frames = w.getnframes()
        assert len(w.readframes(frames)) == 4 * frames
        return frames


# ------------------------------------------------------------------ database

def test_database_gone_bad_keeps_the_registrations(tandem, phones):
    """A corrupt file is moved aside; the new one gets every place that is
    known, not only the next phone's."""
    one, two = phones(tandem, "1001", "1002")
    until(lambda: len(places(tandem)) == 2, "two places")
    before = places(tandem)

    db = tandem.dir / "state" / "tandem.db"
    other = sqlite3.connect(db)
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    with open(db, "r+b") as f:
        f.write(b"\xa5" * 8192)
    phones(tandem, "1003")
    tandem.log.wait("is corrupt .* a new database begins")
    tandem.log.wait("registrations are written into the new file")
    until(lambda: len(places(tandem)) == 3, "three places in the new file")
    assert before <= places(tandem)
    assert list(db.parent.glob("tandem.db.corrupt-*"))

    tandem.stop()
    tandem.start()
    tandem.log.wait("3 registrations from the last run")
    call = one.invite("1002")
    two.incoming().refuse(486)
    assert call.final().status == 486


# ------------------------------------------- D1, D3: full, failing, read-only

@pytest.mark.parametrize("code,word", [
    (errno.ENOSPC, "space"), (errno.EIO, "input/output"),
    (errno.EROFS, "read-only")])
def test_d1_d3_failing_disk(make_faulty, phones, code, word):
    """Recordings and the database cannot be written: the call has its audio,
    others call and register, and when the disk is well again the recording
    goes on and every record is written."""
    tandem, faults = make_faulty(plan=RECORDED)
    out, back = pair(phones, tandem)
    marks = out.rtp.mark(), back.rtp.mark()
    with faults.disk(tandem.dir, DISK_FAIL, errno=code):
        faults.wait_hit(3)
        serves(tandem, phones, "1003")
        assert "Database writable:    no" in \
            tandem.wait_console_any("core show store", "writable:    no")
        tandem.log.wait("store: cannot write")
    tandem.wait_console_any("core show store", "writable:    yes")
    mark = back.rtp.mark()
    back.rtp.wait_packets(60, since=mark)
    assert without_gap(out.rtp, marks[0]) > 50
    assert without_gap(back.rtp, marks[1]) > 50
    hang_up(out, back)

    rows = tandem.cdr(2)
    row = next(row for row in rows if row["dst"] == "1002")
    assert row["rec_state"] == "gap" and word in row["rec_why"], row
    assert read_wave(tandem) == pytest.approx(
        row["rec_ms"] * 8, abs=80)
    assert len(places(tandem)) == 3


def test_d1_full_disk_from_the_start(make_faulty, phones):
    """A recording that cannot begin is "failed"; the call goes on, and the
    next one is recorded when there is room."""
    tandem, faults = make_faulty(plan=RECORDED)
    with faults.disk(tandem.dir / "spool", DISK_FAIL, errno=errno.ENOSPC):
        out, back = pair(phones, tandem)
        faults.wait_hit()
        hang_up(out, back)
        row = tandem.cdr()[0]
        assert row["rec_state"] == "failed" and "space" in row["rec_why"]
    out, back = pair(phones, tandem)
    hang_up(out, back)
    assert tandem.cdr(2)[1]["rec_state"] == "complete"


SMALL_PLAN = """\
[office]
exten => _100X,1,MixMonitor(${UNIQUEID}.wav)
 same => n,Dial(SIP/${EXTEN},20)
exten => 700,1,Answer()
 same => n,MixMonitor(late.wav)
 same => n,Echo()
"""


def ended(tandem, number, dst):
    """The record of the latest call to somebody."""
    return [row for row in tandem.cdr(number) if row["dst"] == dst][-1]


def test_d1_low_water(make_tandem, phones):
    """Less than recordlowwater= is free: what runs goes on, a new recording
    does not begin, and who must be recorded is refused, or hung up on."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    tandem = make_tandem(
        sip=OFFICE_SIP + "recordmandatory=yes\n",      # 1003
        plan=SMALL_PLAN, tandem="recordlowwater=50\n", start=False)
    spool = tandem.dir / "spool"
    tandem.prefix = [
        "unshare", "-m", "--propagation", "private", "sh", "-c",
        f"mount -t tmpfs -o size=8m none {spool} && exec \"$0\" \"$@\""]
    tandem.start()
    tandem.prefix = []
    disk = Path(f"/proc/{tandem.proc.proc.pid}/root{spool}")
    one, two, three = phones(tandem, "1001", "1002", "1003")

    runs = connect(one, two)
    (disk / "full").write_bytes(bytes(5 << 20))
    mark = runs[0].rtp.mark()
    hang_up(*connect(one, two))
    row = ended(tandem, 1, "1002")
    assert row["rec_state"] == "failed", row
    assert "recordlowwater" in row["rec_why"], row

    refused = three.invite("1002").final()
    assert refused.status == 503 and int(refused["Retry-After"]) > 0
    assert "cause=34" in refused["Reason"]
    row = ended(tandem, 2, "1002")
    assert (row["rec_state"], row["dstchannel"]) == ("failed", ""), row
    assert "recordlowwater" in row["rec_why"], row
    tandem.log.wait("is mandatory and cannot begin: less space is free")

    out = three.invite("700")
    out.answered()
    assert "cause=34" in out.gone()["Reason"]
    row = ended(tandem, 3, "700")
    assert row["rec_state"] == "failed", row
    assert "calls_ended_without_recording" in \
        tandem.console("core show counters like without_recording")

    runs[1].rtp.wait_packets(50)
    assert without_gap(runs[0].rtp, mark) > 0
    hang_up(*runs)
    assert ended(tandem, 4, "1002")["rec_state"] == "complete"
    (disk / "full").unlink()
    hang_up(*connect(three, two))
    assert ended(tandem, 5, "1002")["rec_state"] == "complete"
    called = {m["Call-ID"] for m in two.got("INVITE")}
    assert len(called) == 3     # not by whom nobody would have recorded


def test_d1_mandatory_for_all(make_tandem, phones):
    """recordmandatory= of tandem.conf, where the folder cannot be made."""
    tandem = make_tandem(plan=SMALL_PLAN, tandem="recordmandatory=yes\n")
    (tandem.dir / "spool" / "monitor").write_text("not a folder")
    refused = phones(tandem, "1001").invite("1002").final()
    assert refused.status == 503 and "Retry-After" in refused
    row = tandem.cdr()[0]
    assert row["rec_state"] == "failed" and "directory" in row["rec_why"], row


# ------------------------------------------------------------- D2: hung, slow

def nothing_is_missing(tandem, out, back, marks):
    """Of a call while the disk hung: no packet, and nothing of the two
    seconds in the recording.  The call of promptly() has its record too."""
    assert without_gap(out.rtp, marks[0]) >= 100
    assert without_gap(back.rtp, marks[1]) >= 100
    hang_up(out, back)
    rows = tandem.cdr(3)
    row = next(row for row in rows if row["dst"] == "1002")
    assert row["rec_state"] == "complete", row
    assert read_wave(tandem) > 2 * 8000
    assert "1001" in [row["dst"] for row in rows]


def test_d2_hung_disk(make_faulty, phones):
    """Every write blocks: audio without a gap, calls and registrations as
    ever; then all that waited is written."""
    tandem, faults = make_faulty(plan=RECORDED, tandem="logfile=tandem.log",
                                 start=False)
    tandem.start(silent=True)
    out, back = pair(phones, tandem)
    marks = out.rtp.mark(), back.rtp.mark()
    with faults.disk(tandem.dir, DISK_HANG):
        until(lambda: faults.ctl.stuck >= 1, "a thread that hangs")
        promptly(tandem, phones, out)
        serves(tandem, phones, "1003")
        out.rtp.wait_packets(100, since=marks[0])
        back.rtp.wait_packets(100, since=marks[1])
    nothing_is_missing(tandem, out, back, marks)
    assert len(places(tandem)) == 3


def test_d2_mandatory_on_a_hung_disk(make_faulty, phones):
    """Who must be recorded is refused after three seconds, and nobody was
    called for him; when the disk is back he can call."""
    tandem, faults = make_faulty(plan=SMALL_PLAN,
                                 tandem="recordmandatory=yes\n")
    one, two = phones(tandem, "1001", "1002")
    with faults.disk(tandem.dir / "spool", DISK_HANG):
        refused = one.invite("1002").final()
        assert refused.status == 503 and "Retry-After" in refused
        assert not two.got("INVITE")
    row = tandem.cdr()[0]
    assert row["hangup_cause"] == 34, row
    out = one.invite("1002")
    back = two.pick_up()
    out.answered()
    hang_up(out, back)
    assert tandem.cdr(2)[1]["rec_state"] == "complete"


def test_d2_disk_that_hangs_at_the_end(make_faulty, phones):
    """Asked to stop while the disk hangs, it stops all the same."""
    tandem, faults = make_faulty(plan=RECORDED)
    out, back = pair(phones, tandem)
    with faults.disk(tandem.dir / "spool", DISK_HANG):
        until(lambda: faults.ctl.stuck >= 1, "a thread that hangs")
        proc, tandem.proc = tandem.proc, None
        proc.proc.terminate()
        for call in (out, back):
            call.phone.reply(call.phone.expect("BYE"), 200)
        assert proc.end(20) == 0
        assert "recordings were not finished" in proc.text


def test_d2_slow_disk(make_faulty, phones):
    """Each write takes 50 ms: nothing is missing."""
    tandem, faults = make_faulty(plan=RECORDED)
    with faults.disk(tandem.dir, DISK_SLOW, ms=50):
        out, back = pair(phones, tandem)
        mark = back.rtp.mark()
        back.rtp.wait_packets(100, since=mark)
        assert without_gap(back.rtp, mark) >= 100
        hang_up(out, back)
        row = tandem.cdr(timeout=15)[0]
    assert row["rec_state"] == "complete", row


# ---------------------------------------- the same with a real file system

class Ext4:
    """A file system in a file."""

    def __init__(self, folder, megabytes=16):
        self.image, self.at = folder / "disk.img", folder / "disk"
        self.at.mkdir()
        with open(self.image, "wb") as f:
            f.truncate(megabytes << 20)
        for argv in (["mkfs.ext4", "-q", "-O", "^has_journal"
                      if megabytes < 4 else "has_journal", self.image],
                     ["mount", "-o", "loop", self.image, self.at]):
            status, text = run(argv)
            if status:
                pytest.skip(f"no file system in a file here: {text[-200:]}")
        self.mounted = True

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.at], check=False)


@pytest.fixture
def ext4(memory_dir):
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("only root can mount a file system")
    disk = Ext4(memory_dir)
    yield disk
    disk.close()


def on_disk(make_tandem, ext4):
    tandem = make_tandem(plan=RECORDED, start=False)
    return put_on(ext4.at, tandem, "spool", "state").start()


def test_d2_frozen_file_system(ext4, make_tandem, phones):
    """fsfreeze for two seconds: what it really is to hang."""
    tandem = on_disk(make_tandem, ext4)
    out, back = pair(phones, tandem)
    marks = out.rtp.mark(), back.rtp.mark()
    # whatever becomes of this test, somebody else thaws it
    guard = subprocess.Popen(["sh", "-c", f"sleep 20; fsfreeze -u {ext4.at}"],
                             stderr=subprocess.DEVNULL)
    try:
        subprocess.run(["fsfreeze", "-f", ext4.at], check=True)
        promptly(tandem, phones, out)
        serves(tandem, phones, "1003")
        out.rtp.wait_packets(100, since=marks[0])
        back.rtp.wait_packets(100, since=marks[1])
    finally:
        subprocess.run(["fsfreeze", "-u", ext4.at], check=True)
        guard.kill()
        guard.wait()
    nothing_is_missing(tandem, out, back, marks)
    tandem.stop()


def test_d4_power_cut(ext4, make_tandem, phones, tmp_path):
    """D4: what lies on the disk at some instant, as after a power cut, can be
    read, and lacks a second of the recording at the most."""
    tandem = on_disk(make_tandem, ext4)
    out, back = pair(phones, tandem)
    mark = back.rtp.mark()
    after = tmp_path / "after"
    after.mkdir()
    for number in range(2):
        back.rtp.wait_packets(75 * (number + 1), since=mark)
        taken = len(back.rtp.voice())
        image = tmp_path / f"cut{number}.img"
        # what the kernel has not written yet is not in there
        shutil.copyfile(ext4.image, image)
        assert run(["e2fsck", "-fy", image])[0] in (0, 1)
        subprocess.run(["mount", "-o", "loop", image, after], check=True)
        try:
            path = after / "spool" / "monitor" / "call.wav"
            with wave.open(str(path)) as w:
                # a copy is no instant: its header may be newer than its end
                frames = len(w.readframes(w.getnframes())) // 4
            missing = taken * 160 - frames
            assert missing < 8000 * 1.5, missing
            db = sqlite3.connect(after / "state" / "tandem.db")
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            count = db.execute("SELECT count(*) FROM location").fetchone()
            assert count == (2,)
            db.close()
        finally:
            subprocess.run(["umount", "-l", after], check=True)
        image.unlink()
    hang_up(out, back)
    tandem.cdr()
    tandem.stop()
