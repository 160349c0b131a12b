"""tandem import: what becomes of a directory of Asterisk, FreePBX, sipd."""

import os
import re

import pytest

from harness import server
from harness.lines import run

SIP = """\
[general]
bindport=5060
allowguest=yes
context=public
canreinvite=yes
[phone](!)
type=friend
host=dynamic
context=office
secret=1234
canreinvite=yes
[1001](phone)
[1002](phone)
[1003](phone)
[1004](phone)
[1005](phone)
"""

PLAN = """\
[general]
static=yes
[public]
exten => s,1,Hangup()
[office]
exten => 600,1,dila(SIP/1001)
exten => 601,1,Playback(our-greeting)
exten => 601,n,AGI(lookup.py,${EXTEN})
exten => 601,n,AGI(agi://127.0.0.1/x)
exten => 601,n,SendFAX(x)
exten => 601,n,Set(x=${REALTIME(a,b,c)}${LEN(abc)})
exten => _1XXX,1,Dial(SIP/${EXTEN},20)
exten => 700,1,Dial(IAX2/x/1)
#include "more.d/a.conf"
"""

PEERS = """\
[ast_provider]
username=199
type=peer
secret=199pass
insecure=very
host=192.168.1.1
fromuser=199
context=from-trunk
[201]
deny=0.0.0.0/0.0.0.0
secret=kanne-Fluss-201
context=from-internal
host=dynamic
type=friend
dial=SIP/201
permit=0.0.0.0/0.0.0.0
callerid=Anna <201>
"""

ROUTES = """\
[from-internal]
include => outbound-allroutes
exten => 201,1,Dial(SIP/201)
[outbound-allroutes]
include => outbound-allroutes-custom
exten => _012.,1,Macro(dialout-trunk,1,${EXTEN:3},,on)
[macro-dialout-trunk]
exten => s,1,Set(OUTNUM=${ARG2})
exten => s,n,Dial(SIP/ast_provider/${OUTNUM},300)
exten => s,n,Goto(s-${DIALSTATUS},1)
exten => _s-.,1,Congestion(20)
[from-trunk]
exten => ast_provider_reg,1,Goto(from-internal,201,1)
"""


def write(folder, files):
    folder.mkdir()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


def listing(folder):
    return sorted((str(path.relative_to(folder)), path.stat().st_mtime_ns)
                  for path in folder.rglob("*"))


def imported(folder, *more):
    return run([server.binary(), "import", folder, *more])


def part(page, title):
    """The lines of one section."""
    assert f". {title}\n" in page, page
    return page.split(f". {title}\n", 1)[1].split("\n## ", 1)[0]


@pytest.fixture
def asterisk(tmp_path):
    return write(tmp_path / "asterisk", {
        "sip.conf": SIP, "extensions.conf": PLAN, "iax.conf": "[general]\n",
        "cdr_mysql.conf": "[global]\n", "ours.conf": "[x]\n",
        "more.d/a.conf": "[more]\nexten => 1,1,Hangup()\n"})


def test_page(asterisk):
    """Each thing once, with its places, in the section that it belongs to."""
    before = listing(asterisk)
    status, page = imported(asterisk)
    assert status == 0
    assert listing(asterisk) == before
    assert "- 5 phones" in part(page, "In short")

    missing = part(page, "Not done here")
    assert "`extensions.conf:10`:\n      application 'SendFAX'" in missing
    assert "function 'REALTIME' is not done here" in missing
    assert "'IAX2/' is not spoken" in missing
    assert "`iax.conf`:\n      is not read: IAX2 is not spoken" in missing

    other = part(page, "Does something else")
    # the template's line once, and that of [general]
    assert "`sip.conf:5`, `sip.conf:11`:\n      canreinvite" in other

    assert "rtptimeout=0" in part(page, "Safer defaults")

    wrong = part(page, "Was wrong before")
    assert "did you mean 'Dial'" in wrong
    assert "allowguest=yes" in wrong
    assert "`sip.conf:12`, `sip.conf:13`, `sip.conf:14`, `sip.conf:15` and " \
        "1 more:\n      [...] has a weak secret" in wrong

    elsewhere = part(page, "Files that lie elsewhere")
    assert "program `lookup.py` of AGI (`extensions.conf:8`)" in elsewhere
    assert "server `agi://127.0.0.1/x`" in elsewhere
    assert "prompt `our-greeting`" in elsewhere

    honoured = part(page, "What is honoured")
    assert "| `type` | 1 | honoured |" in honoured
    assert "| `Dial` | 2 | works |" in honoured
    assert "| `LEN()` | 1 | works |" in honoured
    assert "| `SendFAX` | 1 | **is not here**, first in " \
        "`extensions.conf:10`; instead: a fax machine" in honoured

    files = part(page, "Files")
    assert "| `sip.conf` | read |" in files
    assert "| `cdr_mysql.conf` | not read: call records" in files
    assert "| `ours.conf` | not read |" in files
    assert "1234" not in page


def test_write(asterisk, tmp_path):
    """A new folder that Tandem reads alike; an old one is left alone."""
    out = tmp_path / "out"
    status, page = imported(asterisk, "--write", out)
    assert status == 0
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*.*")) == [
        "MOVING.md", "extensions.conf", "more.d", "more.d/a.conf",
        "sip.conf", "tandem.conf"]
    assert (out / "MOVING.md").read_text().strip() == page.strip()
    for name in ("sip.conf", "extensions.conf", "more.d/a.conf"):
        assert (out / name).read_text() == (asterisk / name).read_text()
    assert (out / "sip.conf").stat().st_mode & 0o777 == 0o640
    status, text = run([server.binary(), "-t", "-C", out])
    assert status == 0 and "0 errors" in text

    before = listing(out)
    status, text = imported(asterisk, "--write", out)
    assert status == 1
    assert "expected a folder that is not there yet" in text
    assert listing(out) == before


def test_freepbx_parts_alone(tmp_path):
    """What FreePBX writes, without the files that include it."""
    folder = write(tmp_path / "freepbx", {
        "sip_additional.conf": PEERS,
        "sip_registrations.conf":
            "register=199:199pass@192.168.1.1/ast_provider_reg\n",
        "sip_general_additional.conf": "allowguest=no\n",
        "extensions_additional.conf": ROUTES})
    status, page = imported(folder)
    assert status == 0, page
    short = part(page, "In short")
    assert "- 1 phone (" in short and "- 1 registration" in short
    assert "`sip_additional.conf`" in part(page, "Files")
    assert "Not done here" not in page
    assert "-custom" not in page.split("## ", 3)[2]

    # what is written runs as it stands
    out = tmp_path / "out"
    assert imported(folder, "--write", out)[0] == 0
    status, text = run([server.binary(), "-t", "-C", out, "--explain",
                        "from-internal", "012101"])
    assert status == 0 and "SIP/ast_provider/101" in text, text
    status, text = run([server.binary(), "-t", "-C", out, "--explain",
                        "from-trunk", "ast_provider_reg"])
    assert status == 0 and "Dial(SIP/201)" in text, text


def test_sipd(tmp_path):
    folder = tmp_path / "sipd"
    folder.mkdir()
    text = (server.ROOT / "config/examples/groups/sip.conf").read_text()
    (folder / "sip.conf").write_text(text)
    status, page = imported(folder)
    assert status == 0
    safer = part(page, "Safer defaults")
    assert "prove each call by their secret" in safer
    assert "permit= of 2 clients" in safer


def test_refused(asterisk):
    """What has to be mended first stands first; the rest is told as well."""
    sip = asterisk / "sip.conf"
    sip.write_text(SIP.replace("[1003]", "[1003") + "[a]\ntype=peer\n"
                   "host=dynamic\ndeny=x\n")
    status, page = imported(asterisk)
    assert status == 78
    assert "refuses this directory** until the 2 errors" in page
    first = part(page, "Mend first")
    assert "section without end" in first and "deny" in first
    assert "SendFAX" in part(page, "Not done here")


def test_links_into_nothing(tmp_path):
    """/etc/asterisk of FreePBX links into its modules: a copy without them
    says so, first of all."""
    folder = write(tmp_path / "copied", {
        "sip_additional.conf": PEERS,
        "extensions_additional.conf": ROUTES})
    for name in ("extensions.conf", "features.conf", "sip_notify.conf"):
        (folder / name).symlink_to(f"/var/www/nowhere/{name}")
    status, page = imported(folder)
    assert status == 0, page
    links = part(page, "Links into nothing")
    assert "`cp -rL`" in links
    for name in ("extensions.conf", "features.conf"):
        assert f"- [ ] `{name}`:\n      is a link to '/var/www/nowhere/" \
            f"{name}', which is not here" in links
    assert "sip_notify" not in links
    assert "| `features.conf` | not read: a link into nothing |" in \
        part(page, "Files")


def test_many_places_are_one_item(tmp_path):
    """Two hundred phones with the same fault: one item, with what differs
    left out and the first places."""
    peers = "".join(f"[{n}]\ntype=friend\nhost=dynamic\n"
                    f"secret=linde-Besen-{n}\ncontext=from-internal\n"
                    f"mailbox={n}@device\ncall-limit=2\n"
                    for n in range(1000, 1200))
    plan = "[ext]\n" + "".join(
        f"exten => {n},1,Goto(ext,{n},9)\nexten => {n},2,NoOp()\n"
        f"exten => {n},9,Hangup()\n" for n in range(1000, 1200))
    folder = write(tmp_path / "many", {
        "sip.conf": peers, "extensions.conf": plan,
        "voicemail.conf": "[default]\n"})
    status, page = imported(folder)
    assert status == 0
    assert len(page.splitlines()) < 150, len(page.splitlines())
    wrong = part(page, "Was wrong before")
    assert re.search(r"`sip.conf:\d+`, `sip.conf:\d+`, `sip.conf:\d+`, "
                     r"`sip.conf:\d+` and 196 more:\n      calls of "
                     r"\[\.\.\.\] fail: context 'from-internal' does not "
                     "exist", wrong), wrong[:2000]
    assert "[...]: there is no mailbox ...@device in voicemail.conf" in wrong
    assert "extension ...: priority 2 is never reached" in wrong


@pytest.mark.parametrize("words", [[], ["--write"], ["a", "b"], ["-x", "a"],
                                   ["a", "--write"]])
def test_usage(words):
    status, text = run([server.binary(), "import", *words])
    assert status == 2 and "usage: tandem import DIR" in text


def test_no_directory(tmp_path):
    status, page = imported(tmp_path / "none")
    assert status == 78
    assert "no directory that Tandem can read" in page
    assert os.listdir(tmp_path) == []
