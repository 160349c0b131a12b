"""Fixtures of the scenario tests; see README."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from harness import lines, nattable, server
from harness.baresip import Baresip
from harness.fault import Faults
from harness.load import Load
from harness.natfix import bare_phone, lab, office, ring  # noqa: F401
from harness.office import OFFICE_PLAN, OFFICE_SIP, SECRETS
from harness.phone import Phone
from harness.ports import Slot
from harness.transfer import talking  # noqa: F401 (fixture)

def pytest_configure(config):
    if not server.binary().exists():
        pytest.exit(f"{server.binary()} is missing: build it, or name it "
                    "in TANDEM", 4)


def pytest_collection_modifyitems(config, items):
    """NAT=all: the whole NAT matrix, else the cases of every day.
    SHARD=1/2: the first half of the tests, every second one."""
    if os.environ.get("NAT") != "all":
        items[:] = [item for item in items
                    if not item.get_closest_marker("whole_matrix")]
    items.sort(key=lambda item: bool(item.get_closest_marker("at_the_end")))
    shard = os.environ.get("SHARD")
    if not shard:
        return
    number, count = (int(x) for x in shard.split("/"))
    items[:] = [item for i, item in enumerate(items)
                if i % count == number - 1]


def pytest_terminal_summary(terminalreporter):
    if os.environ.get("NAT") == "all":
        nattable.show(terminalreporter)


@pytest.fixture
def slot():
    slot = Slot()
    yield slot
    slot.close()


@pytest.fixture
def closing():
    """closing(thing): the thing, which is closed with the test."""
    with contextlib.ExitStack() as stack:
        def keep(thing):
            stack.callback(thing.close)
            return thing
        yield keep


@pytest.fixture(scope="session")
def cert(tmp_path_factory):
    """A certificate for 127.0.0.1 with its key, in one file."""
    path = tmp_path_factory.mktemp("cert") / "cert.pem"
    status, text = lines.run([
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
        "30", "-subj", "/CN=127.0.0.1", "-addext",
        "subjectAltName=IP:127.0.0.1,DNS:localhost",
        "-keyout", f"{path}.key", "-out", f"{path}.crt"])
    assert status == 0, text
    path.write_bytes(b"".join((path.parent / f"{path.name}.{end}")
                              .read_bytes() for end in ("crt", "key")))
    path.chmod(0o600)
    return path


@pytest.fixture
def memory_dir(tmp_path):
    """A folder in memory, where there is one: a test that asks how much of
    the last second is lost cannot wait for a disk that others keep busy."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as path:
        yield Path(path)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Show what Tandem logged in a test that failed."""
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        for tandem in getattr(item, "tandems", []):
            if tandem.proc:
                report.sections.append(
                    ("log of Tandem", tandem.proc.text[-8000:]))


@pytest.fixture
def make_tandem(tmp_path, slot, cert, request):
    """Make Tandems that end well with the test."""
    made = request.node.tandems = []

    def make(sip=OFFICE_SIP, plan=OFFICE_PLAN, start=True, tls=False,
             **kwargs):
        folder = tmp_path / f"tandem{len(made)}"
        folder.mkdir()
        tandem = server.Tandem(folder, slot, cert=cert if tls else None)
        made.append(tandem)
        tandem.configure(sip, plan, **kwargs)
        if start:
            tandem.start()
        return tandem

    yield make
    for tandem in made:
        tandem.stop()


@pytest.fixture
def make_faulty(make_tandem, closing):
    """make_tandem() with faults on demand: (tandem, faults)."""
    def make(start=True, **kwargs):
        tandem = make_tandem(start=False, **kwargs)
        faults = closing(Faults(tandem))
        if start:
            tandem.start()
        return tandem, faults
    return make


@pytest.fixture
def load(slot):
    """The load of tests/bench (harness/load.py)."""
    try:
        one = Load(slot)
    except FileNotFoundError as exc:
        pytest.skip(str(exc))
    yield one
    one.kill()


@pytest.fixture
def tandem(make_tandem):
    """An office: 1001, 1002, 1003, echo at 600."""
    return make_tandem()


@pytest.fixture
def phones(closing):
    """phones(tandem, "1001", ...): registered phones; one, or a list."""
    def make(tandem, *users, register=True, transport="udp", secret=None,
             **kwargs):
        port = tandem.tls_port if transport == "tls" else tandem.port
        new = []
        for user in users:
            phone = closing(Phone((tandem.host, port), user,
                                  secret or SECRETS.get(user), transport,
                                  **kwargs))
            new.append(phone.registered() if register else phone)
        return new[0] if len(new) == 1 else new
    return make


@pytest.fixture
def baresip(tmp_path, slot):
    """baresip(tandem, "1001", freq, secret, ...): started."""
    if not shutil.which("baresip"):
        pytest.skip("baresip is not installed")
    made = []

    def make(tandem, user, freq, secret=None, **kwargs):
        phone = Baresip(tmp_path / f"baresip{len(made)}", slot, tandem, user,
                        secret or SECRETS[user], freq, **kwargs)
        made.append(phone)
        return phone.start()

    yield make
    for phone in made:
        phone.stop()
