"""Started as root, Tandem gives away what it does not need."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from harness import server
from harness.lines import Process, run, until
from harness.office import OFFICE_PLAN, OFFICE_SIP, SECRETS
from harness.phone import Phone

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root")

NOBODY = 65534
RECORDED = OFFICE_PLAN + """\
exten => 601,1,Answer()
 same => n,MixMonitor(call.wav)
 same => n,Echo()
"""


def status(tandem):
    """/proc/PID/status of every thread as [{name: value}]"""
    rows = []
    for path in Path(f"/proc/{tandem.proc.proc.pid}/task").iterdir():
        rows.append(dict(re.findall(r"^(\w+):\s*(.*)$",
                                    (path / "status").read_text(), re.M)))
    return rows


def assert_is(tandem, uid, caps=0):
    rows = status(tandem)
    assert len(rows) > 4
    for row in rows:
        assert set(row["Uid"].split()) == {str(uid)}, row
        for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            want = caps if name in ("CapEff", "CapPrm") else 0
            assert int(row[name], 16) == want, (name, row)
        assert int(row["CapBnd"], 16) == caps
        assert row["NoNewPrivs"] == "1"


@pytest.fixture
def open_tandem(slot):
    """A Tandem in a folder that everybody may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="tandem-"))
    folder.chmod(0o755)
    tandem = server.Tandem(folder, slot)
    yield tandem
    tandem.stop()
    shutil.rmtree(folder)


def talk(tandem, exten="601"):
    phone = Phone((tandem.host, tandem.port), "1001", SECRETS["1001"])
    try:
        phone.registered()
        call = phone.call(exten, freq=600)
        call.rtp.wait_tone(600)
        call.bye()
        return tandem.cdr()[0]
    finally:
        phone.close()


def test_root_keeps_no_right(make_tandem):
    """Where everything is root's: its files, but none of its rights."""
    tandem = make_tandem(plan=RECORDED)
    assert_is(tandem, 0)
    tandem.log.wait("running as root without its rights")
    assert talk(tandem)["rec_state"] == "complete"
    tandem.hangup_signal()
    assert "Taken" in tandem.console("core reload")


def test_becomes_the_owner_of_the_state(open_tandem):
    """The owner of the state directory runs it; what it writes is his."""
    tandem = open_tandem
    tandem.configure(OFFICE_SIP, RECORDED)
    for name in ("sip.conf", "state"):
        os.chown(tandem.dir / name, NOBODY, NOBODY)
    tandem.start()
    assert_is(tandem, NOBODY)
    assert all(row["Groups"].split() in ([], [str(NOBODY)])
               for row in status(tandem))
    tandem.log.wait("running as nobody, not as root")
    assert talk(tandem)["rec_state"] == "complete"
    for path in (tandem.recording("call.wav"), tandem.dir / "run",
                 tandem.dir / "state" / "tandem.db"):
        assert path.stat().st_uid == NOBODY, path
    assert "Taken" in tandem.console("core reload")


def test_runuser_and_rungroup(open_tandem):
    """Directories that are missing are made for them; others' stay."""
    tandem = open_tandem
    tandem.configure(OFFICE_SIP, RECORDED,
                     tandem="runuser=nobody\nrungroup=daemon")
    os.chown(tandem.dir / "sip.conf", NOBODY, NOBODY)
    shutil.rmtree(tandem.dir / "state")
    shutil.rmtree(tandem.dir / "run")
    outside = tandem.dir / "outside"
    outside.mkdir()
    (tandem.dir / "run").symlink_to(outside)
    os.chown(outside, NOBODY, NOBODY)
    (tandem.dir / "spool").chmod(0o755)
    tandem.start()
    assert_is(tandem, NOBODY)
    state = (tandem.dir / "state").stat()
    assert (state.st_uid, state.st_gid) == (NOBODY, 1)
    assert state.st_mode & 0o777 == 0o750
    assert all(row["Gid"].split()[0] == "1" for row in status(tandem))
    talk(tandem)


def test_audio_goes_first(make_tandem):
    """Media threads have short turns, and a nice value that is ten better as
    far as the limit lets them; nobody else has."""
    tandem = make_tandem()
    pid = tandem.proc.proc.pid
    limit = int(re.search(r"Max nice priority +(\d+)", Path(
        f"/proc/{pid}/limits").read_text())[1])
    def threads():
        """{name: (nice, turn [ns], None where the kernel does not say)}"""
        found = {}
        for path in Path(f"/proc/{pid}/task").iterdir():
            sched = path / "sched"
            turn = re.search(r"se.slice +: +(\d+)", sched.read_text()) \
                if sched.exists() else None
            nice = (path / "stat").read_text().rpartition(")")[2].split()[16]
            found[(path / "comm").read_text().strip()] = \
                int(nice), turn and int(turn[1])
        return found
    own = threads()["tandem"]
    want = max(own[0] - 10, -20)
    if 20 - want > limit:   # a container: not even root may raise the limit
        tandem.log.wait("no better nice value")
        want = own[0]
    until(lambda: threads()["media-0"][0] == want, "the nice value")
    found = threads()
    media = found.pop("media-0")
    assert {nice for nice, _ in found.values()} == {own[0]}
    kernel = tuple(int(n) for n in os.uname().release.split(".")[:2])
    if kernel >= (6, 12) and media[1]:
        assert media[1] == 200000 != own[1]


def test_link_is_not_given_away(open_tandem):
    """A directory that is a link keeps the owner of what it leads to."""
    tandem = open_tandem
    tandem.configure(OFFICE_SIP, RECORDED, tandem="runuser=nobody")
    os.chown(tandem.dir / "sip.conf", NOBODY, NOBODY)
    (tandem.dir / "spool").rmdir()
    outside = tandem.dir / "outside"
    outside.mkdir()
    (tandem.dir / "spool").symlink_to(outside)
    tandem.start()
    assert_is(tandem, NOBODY)
    assert outside.stat().st_uid == 0
    assert talk(tandem)["rec_state"] == "failed"


def test_command_line_wins(open_tandem):
    tandem = open_tandem
    tandem.configure(OFFICE_SIP, RECORDED, tandem="runuser=daemon")
    os.chown(tandem.dir / "sip.conf", NOBODY, NOBODY)
    tandem.proc = Process([server.binary(), "-f", "-C", tandem.dir, "-U",
                           "nobody", "-G", "daemon"], cwd=tandem.dir)
    tandem.proc.wait("is ready", 15)
    assert_is(tandem, NOBODY)


@pytest.mark.parametrize("line,what", [
    ("runuser=niemand77", "name of a user"),
    ("rungroup=niemand77", "name of a group")])
def test_nobody_of_that_name(make_tandem, line, what):
    tandem = make_tandem(start=False, tandem=line)
    status, text = tandem.check()
    assert status == 78
    assert re.search(rf"tandem.conf:\d+:\d+: error: .*{what}", text), text
    status, text = run([server.binary(), "-f", "-C", tandem.dir])
    assert status == 78, text


def test_ports_below_1024_keep_one_right(open_tandem):
    """A reload can open another such port; nothing else is kept."""
    tandem = open_tandem
    tandem.port = 506
    tandem.prefix = ["unshare", "-n", "sh", "-c",
                     'ip link set lo up && exec "$0" "$@"']
    tandem.configure(OFFICE_SIP, OFFICE_PLAN, tandem="runuser=nobody")
    for name in ("sip.conf",):
        os.chown(tandem.dir / name, NOBODY, NOBODY)
    tandem.start()
    assert_is(tandem, NOBODY, 1 << 10)
    tandem.port = 507
    tandem.configure(OFFICE_SIP, OFFICE_PLAN, tandem="runuser=nobody")
    os.chown(tandem.dir / "sip.conf", NOBODY, NOBODY)
    mark = tandem.log.mark()
    tandem.prefix = []
    assert "Taken" in tandem.console("core reload")
    tandem.log.wait("listening on UDP 127.0.0.1:507", since=mark)


def test_bans_reach_nftables(open_tandem):
    """As another user too: nft gets the one right that it needs."""
    if not shutil.which("nft"):
        pytest.skip("nft is not installed")
    tandem = open_tandem
    tandem.prefix = [
        "unshare", "-n", "sh", "-c", "ip link set lo up && nft add table "
        "inet t && nft add set inet t banned '{type ipv4_addr; flags "
        "timeout;}' && exec \"$0\" \"$@\""]
    tandem.configure(OFFICE_SIP, OFFICE_PLAN, tandem="runuser=nobody\n"
                     "[guard]\nnftset=inet t banned\n")
    os.chown(tandem.dir / "sip.conf", NOBODY, NOBODY)
    tandem.start()
    tandem.prefix = []
    assert int(status(tandem)[0]["CapEff"], 16) == 1 << 12
    tandem.console("guard ban 192.0.2.99")
    inside = ["nsenter", "-n", "-t", str(tandem.proc.proc.pid)]
    until(lambda: "192.0.2.99" in run(
        [*inside, "nft", "list", "set", "inet", "t", "banned"])[1],
        "the ban in nftables", 10, 0.1)
