"""start.sh: the demo office is made, kept, and does what it prints."""

import os
import re

import pytest

from harness import audio, server
from harness.lines import Process, run, until

START = server.ROOT / "start.sh"


class Office(server.Tandem):
    """Tandem as start.sh runs it."""

    def __init__(self, folder, slot):
        super().__init__(folder, slot)
        self.greeting = None

    def env(self, **over):
        return {"DEMO": str(self.dir), "BIND": self.host,
                "PORT": str(self.port),
                "BUILD": str(server.binary().parent), **over}

    def start(self):
        self.proc = Process(["bash", START], env=self.env())
        self.proc.wait(r"Ctrl-C +end", 120)
        self.greeting = self.proc.text
        return self

    def secret(self, user):
        """As a person reads it from the screen."""
        return re.search(rf"user +{user} +password (\S+)",
                         self.greeting).group(1)


@pytest.fixture
def office(tmp_path, slot):
    office = Office(tmp_path / "demo", slot)
    office.start()
    office.stop()
    # media within the ports of this test
    office.write("rtp.conf",
                 "[general]\nrtpstart={}\nrtpend={}\n".format(*slot.rtp))
    office.first = office.greeting
    office.start()
    yield office
    office.stop()


@pytest.fixture
def desk(office, phones):
    """The two phones of the greeting."""
    return [phones(office, user, secret=office.secret(user))
            for user in ("1001", "1002")]


def test_secrets_are_made_once(office):
    secrets = [office.secret(user) for user in ("1001", "1002")]
    assert secrets[0] != secrets[1]
    assert all(re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", s)
               for s in secrets)
    assert all(s in office.first for s in secrets)
    assert (office.dir / "sip.conf").stat().st_mode & 0o077 == 0


def test_greeting_names_the_server(office):
    assert re.search(rf"server +127\.0\.0\.1 +port {office.port}\b",
                     office.greeting)


def test_check_has_no_findings(office):
    status, text = office.check()
    assert status == 0
    assert re.search(r"0 errors, 0 warnings: good", text), text


def test_provider_uncommented(office):
    """Taking one ';' away as the file says leaves a good configuration."""
    for name in ("sip.conf", "extensions.conf"):
        text = (office.dir / name).read_text()
        head, provider = text.split("a provider --", 1) \
            if name == "sip.conf" else text.split("the provider: ", 1)
        provider = re.sub(r"^;(?! )", "", provider, flags=re.M)
        provider = re.sub(r"^; (?=same )", " ", provider, flags=re.M)
        head = head.replace(";include =>", "include =>")
        office.write(name, head + (
            "a provider --" if name == "sip.conf" else "the provider: ")
            + provider)
    status, text = office.check()
    assert status == 0, text
    assert "0 errors, 0 warnings" in text, text
    office.console("core reload")
    assert "sip.provider.example" in office.console("sip show registry")
    assert "_0." in office.console("dialplan show to-provider")
    assert "4930123456" in office.console("dialplan show from-provider")


def test_call_is_recorded_in_stereo(office, desk):
    call = desk[0].invite("1002")
    other = desk[1].pick_up(freq=1000)
    call.answered()
    call.talk(450)
    call.rtp.wait_tone(1000, 1)
    other.rtp.wait_tone(450, 1)
    call.bye()
    other.gone()
    row = office.cdr()[0]
    assert (row["src"], row["dst"], row["disposition"],
            row["rec_state"]) == ("1001", "1002", "ANSWERED", "complete")
    rate, (left, right) = audio.read_wav(row["rec_path"])
    assert rate == 8000
    assert audio.seconds_of(left, 450) >= 0.8
    assert audio.seconds_of(right, 1000) >= 0.8
    assert audio.seconds_of(left, 1000) == 0


def test_nobody_answers(office, desk):
    call = desk[0].invite("1002")
    desk[1].incoming().refuse(404)
    call.answered()
    call.talk()
    call.gone(15)
    assert audio.level(call.rtp.heard()) > 0.01


def test_echo_600(office, desk):
    call = desk[0].call("600", 450)
    call.rtp.wait_tone(450, 0.5, 15)
    call.rtp.press("#")
    call.gone(10)


def test_record_and_hear_601(office, desk):
    call = desk[0].call("601", 450)
    trace = "core show channels"
    office.wait_console(trace, r"601@office:3 +Up +Record", 15)
    begin = call.rtp.sent
    call.rtp.wait_sent(begin + 75)
    mark = call.rtp.mark()
    call.rtp.press("#")
    call.rtp.wait_tone(450, 0.5, 15, since=mark)
    call.bye()
    row = office.cdr()[0]
    assert row["rec_state"] == "complete"
    _, (channel,) = audio.read_wav(row["rec_path"])
    assert audio.seconds_of(channel, 450) >= 1


def test_digits_602(office, desk):
    call = desk[0].call("602")
    office.wait_console("core show channels", r"602@office:4 +Up +Read", 15)
    call.rtp.press("42#")
    office.wait_console("core show channels", r"Up +SayDigits\(42\)", 10)
    office.wait_console("core show channels", r"602@office:4 +Up +Read", 15)
    call.rtp.press("#")
    call.gone(10)
    assert audio.level(call.rtp.heard()) > 0.01


def test_music_603(office, desk):
    call = desk[0].call("603")
    until(lambda: audio.level(call.rtp.heard()) > 0.01, "music", 10, 0.2)
    call.bye()


def test_port_taken(office, tmp_path):
    other = Office(tmp_path / "other", None)
    status, text = run(["bash", START], 60,
                       env=other.env(PORT=str(office.port)))
    assert status == 69
    assert f"port {office.port} is taken" in text
    assert re.search(r"PORT=\d+ \./start\.sh", text)


def test_bad_port_is_said(office):
    status, text = run(["bash", START], 60, env=office.env(PORT="70000"))
    assert status == 1 and "PORT=70000 is no port" in text


def test_second_start_of_the_same_office(office):
    status, text = run(["bash", START], 60, env=office.env())
    assert status == 1 and "is running already" in text
    assert office.console("core show version")


def test_speaks_without_espeak_and_packages(tmp_path):
    """Tones take the place of words, digits and music."""
    script = (server.ROOT / "dist/demo/sounds.sh").read_text()
    assert script.count("/usr/share/asterisk") == 2
    alone = tmp_path / "sounds.sh"
    alone.write_text(script.replace("/usr/share/asterisk", str(tmp_path))
                     .replace("espeak-ng", "no-such-program"))
    assert run(["bash", alone, tmp_path]) == (0, "")
    files = sorted(path.relative_to(tmp_path).as_posix()
                   for path in tmp_path.rglob("*.ulaw"))
    assert "moh/chords.ulaw" in files
    assert all(f"sounds/en/digits/{i}.ulaw" in files for i in range(10))
    one = (tmp_path / "sounds/en/digits/1.ulaw").read_bytes()
    assert audio.share(audio.decode(0, one[160:800]), 1000) > 0.95
    three = audio.decode(0, (tmp_path / "sounds/en/digits/3.ulaw")
                         .read_bytes())
    assert audio.seconds_of(three, 1000, window=80) == \
        pytest.approx(0.36, abs=0.1)
    assert not list(tmp_path.rglob("*.part"))
    assert os.listdir(tmp_path / "moh") == ["chords.ulaw"]
