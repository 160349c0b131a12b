"""The files beside the program: service, fail2ban, man pages."""

import contextlib
import ctypes
import os
import re
import shutil
import socket

import pytest

from harness.lines import Process, run
from harness.server import ROOT, binary

DIST = ROOT / "dist"


def test_fail2ban_counts_refusals(make_tandem, phones, tmp_path):
    """Wrong passwords and refused calls, with the address they came from."""
    if not shutil.which("fail2ban-regex"):
        pytest.skip("fail2ban is not installed")
    tandem = make_tandem(tandem="logformat=asterisk")
    phone = phones(tandem, "1001", register=False, secret="wrong-Wort-77")
    assert phone.register().status in (401, 403)
    stranger = phones(tandem, "4999", register=False, secret="wrong")
    assert stranger.invite("600").final().status in (401, 403)
    tandem.log.wait(r"4999.*No matching (peer|endpoint) found")
    log = tmp_path / "tandem.log"
    log.write_text(tandem.log.text + "\n")

    jail = (DIST / "fail2ban" / "jail.local").read_text()
    name = re.search(r"^filter *= *(\w+)$", jail, re.M).group(1)
    status, text = run(["fail2ban-regex", "--print-all-matched", log, name])
    assert status == 0, text
    matched = re.search(r"(\d+) matched", text)
    assert matched and int(matched.group(1)) >= 2, text
    assert "Registration from" in text and "'INVITE'" in text


def test_service_is_confined():
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing (package systemd): the score "
                    "of the unit is NOT known")
    status, text = run(["systemd-analyze", "security", "--offline=true",
                        "--no-pager", DIST / "tandem.service"])
    assert status == 0, text
    level = re.search(r"exposure level for tandem.service: ([\d.]+)", text)
    assert float(level.group(1)) <= 2.0, text


def test_service_manager_is_told(make_tandem, tmp_path):
    """READY after the ports are open, the watchdog fed, STOPPING at the
    end."""
    tandem = make_tandem(start=False)
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(path))

        def start():
            return Process([binary(), "-f", "-C", tandem.dir], env={
                "NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "400000"})

        # not ready without its port
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((tandem.host, tandem.port))
            assert start().end() != 0
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.recv(200)

        sock.settimeout(5)
        proc = start()
        try:
            told = [sock.recv(200).decode()]
            while told.count("WATCHDOG=1") < 3:
                told.append(sock.recv(200).decode())
            assert "READY=1" in told
            tandem.console("core show version")
        finally:
            status = proc.terminate()
        while "STOPPING=1" not in told:
            told.append(sock.recv(200).decode())
    assert status == 0, proc.text


PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207


@contextlib.contextmanager
def standing(thread):
    """This one thread stands still, the others of its process run."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    if libc.ptrace(PTRACE_SEIZE, thread, 0, 0):
        pytest.skip(f"no ptrace here: {os.strerror(ctypes.get_errno())}")
    assert not libc.ptrace(PTRACE_INTERRUPT, thread, 0, 0)
    assert os.waitpid(thread, 0x40000000)[0] == thread      # __WALL
    try:
        yield
    finally:
        libc.ptrace(PTRACE_DETACH, thread, 0, 0)


def test_watchdog_is_fed_by_the_signalling_loop(make_tandem, phones,
                                                tmp_path):
    """While the loop hangs nobody feeds the watchdog, though the threads with
    audio run; systemd would start the service anew."""
    tandem = make_tandem(start=False)
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(path))
        tandem.environ = {"NOTIFY_SOCKET": str(path),
                          "WATCHDOG_USEC": "200000"}
        tandem.start()
        call = phones(tandem, "1001").call("600", freq=500)
        call.rtp.wait_tone(500)
        pid = tandem.proc.proc.pid
        with standing(pid):
            sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    sock.recv(200)
            mark = call.rtp.mark()
            call.rtp.wait_packets(50, since=mark)       # a second
            with pytest.raises(BlockingIOError):
                sock.recv(200)
        sock.settimeout(5)
        assert sock.recv(200) == b"WATCHDOG=1"
        call.bye()
    unit = (DIST / "tandem.service").read_text()
    assert re.search(r"^Type=notify$", unit, re.M)
    assert re.search(r"^WatchdogSec=\d+$", unit, re.M)


def test_man_pages_are_sound():
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    pages = sorted((binary().parent / "docs").glob("*.[58]"))
    if not pages:
        pytest.skip("this build has no man pages")
    assert len(pages) == 4
    for page in pages:
        status, text = run(["groff", "-man", "-Tutf8", "-wmac", "-wsyntax",
                            "-Wbreak", "-z", page])
        assert (status, text) == (0, ""), page
        text = page.read_text()
        assert ".SH NAME\n" in text and f"{page.stem} \\- " in text


def test_help_names_every_option_of_the_manual():
    status, text = run([binary(), "-h"])
    assert status == 0
    options = re.findall(r'doc_item\(d, "(-\w)',
                         (ROOT / "docs/gen/pages.c").read_text())
    assert len(options) > 5
    for option in options:
        assert option in text, option
    assert os.access(binary(), os.X_OK)
    assert run([binary(), "--help"]) == (0, text)
    assert run([binary(), "--version"]) == run([binary(), "-V"])
