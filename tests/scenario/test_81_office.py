"""start.sh --office: the whole small office, in Russian and in English."""

import math
import re
from pathlib import Path

import pytest

from harness import audio, server
from harness.lines import Process, run, until
from harness.talk import both_talk
from test_80_demo import START, Office

PACKAGED = Path("/usr/share/asterisk/sounds")
VOICE = {"ru": PACKAGED / "ru_RU_f_IvrvoiceRU",
         "en": PACKAGED / "en_US_f_Allison"}
USERS = ("1001", "1002", "1003", "1004")


class SmallOffice(Office):
    """As ./start.sh --office LANGUAGE runs it."""

    def __init__(self, folder, slot, language):
        super().__init__(folder, slot)
        self.language = language

    def start(self):
        self.proc = Process(["bash", START, "--office", self.language],
                            env=self.env())
        self.proc.wait(r"Ctrl-C +end", 120)
        self.greeting = self.proc.text
        return self

    def pin(self, file, pattern):
        return re.search(pattern, (self.dir / file).read_text()).group(1)


@pytest.fixture(params=["ru", "en"])
def office(request, tmp_path, slot):
    if not VOICE[request.param].is_dir():
        pytest.skip(f"asterisk-core-sounds-{request.param}-wav is not "
                    "installed")
    office = SmallOffice(tmp_path / "demo", slot, request.param)
    office.start()
    office.stop()
    # media within the ports of this test; nobody waits for long
    office.write("rtp.conf",
                 "[general]\nrtpstart={}\nrtpend={}\n".format(*slot.rtp))
    for name, old, new in (("extensions.conf", "WaitExten(5)",
                            "WaitExten(1)"),
                           ("queues.conf", "wrapuptime=5", "wrapuptime=0")):
        text = (office.dir / name).read_text()
        assert old in text
        office.write(name, text.replace(old, new))
    office.start()
    yield office
    office.stop()


def similar(a, b):
    """Correlation of two rows, -1 to 1."""
    top = sum(x * y for x, y in zip(a, b))
    return top / (math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
                  or 1)


def loudest(samples, size):
    """Where a stretch of so many samples begins that is worth hearing."""
    step = audio.FRAME
    return max(range(0, len(samples) - size, step),
               key=lambda i: sum(abs(s) for s in samples[i:i + size]))


def alaw(sample):
    """As G.711 has it: a negative one is the mirror of -1 - sample."""
    return audio.alaw_encode(sample) if sample >= 0 else \
        audio.alaw_encode(-1 - sample) ^ 0x80


def wait_says(call, path, what, timeout=12):
    """The caller hears this file, byte by byte, if it is one of 8 kHz."""
    rate, (samples,) = audio.read_wav(path)
    assert rate == 8000
    size = 4 * audio.FRAME
    at = loudest(samples, size)
    part = bytes(alaw(s) for s in samples[at:at + size])
    call.rtp.wait(lambda _: part in b"".join(
        p.payload for p in call.rtp.voice() if p.pt == 8), what, timeout)


def loudness(samples, window):
    return [math.sqrt(sum(s * s for s in samples[i:i + window]) / window)
            for i in range(0, len(samples) - window + 1, window)]


def wait_rhythm_of(call, path, what, timeout=15):
    """As wait_says(), for a file of another rate: loud and soft as in it."""
    rate, (samples,) = audio.read_wav(path)
    part = loudness(samples, rate // 50)[10:90]
    mean = sum(part) / len(part)
    part = [x - mean for x in part]
    heard, seen = [], 0

    def hears(_):
        nonlocal seen
        new = call.rtp.heard()[len(heard) * audio.FRAME:]
        heard.extend(loudness(new, audio.FRAME))
        while seen + len(part) <= len(heard):
            here = [x - mean for x in heard[seen:seen + len(part)]]
            seen += 1
            if similar(part, here) > 0.9:
                return True
        return False
    call.rtp.wait(hears, what, timeout)


@pytest.fixture
def desk(office, phones):
    return [phones(office, user, secret=office.secret(user))
            for user in USERS]


def test_office(office, desk):
    """One start for all of it: starting takes its time."""
    check_files(office)
    check_menu(office, desk)
    if office.language != "ru":
        return                      # what follows differs in words alone
    check_queue(office, desk)
    check_voicemail(office, desk)
    check_conference(office, desk)
    check_parking(office, desk)
    check_recordings(office)


def check_files(office):
    """Secrets of its own, and nothing that -t warns of."""
    secrets = {office.secret(user) for user in USERS}
    assert len(secrets) == 4
    assert all(re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", s)
               for s in secrets)
    assert "@SECRET" not in (office.dir / "sip.conf").read_text()
    for name in ("voicemail.conf", "confbridge.conf"):
        assert not re.search(r"\b48(0000|100\d)\b",
                             (office.dir / name).read_text())
    status, text = office.check()
    assert status == 0
    assert re.search(r"0 errors, 0 warnings: good", text), text


def check_menu(office, desk):
    """A wrong digit is told in the caller's language; 2 rings a person."""
    voice = VOICE[office.language]
    anna, bert = desk[:2]
    call = anna.call("7777", payloads=(8, 101))
    menu = office.dir / f"sounds/{office.language}/office/menu.wav"
    if menu.exists():               # espeak-ng is there
        wait_rhythm_of(call, menu, "the menu")
    call.rtp.press("9")
    wait_says(call, voice / "pbx-invalid.wav", "that 9 is wrong")
    call.rtp.press("2")
    incoming = bert.incoming(10)
    incoming.ring()
    incoming.accept()
    both_talk(call, incoming)
    incoming.rtp.wait_packets(50)
    call.bye()
    incoming.gone()
    office.idle()
    row = office.cdr()[0]
    assert row["rec_state"] == "complete"
    rate, (left, right) = audio.read_wav(row["rec_path"])
    assert audio.seconds_of(left, 400) > 0.3
    assert audio.seconds_of(right, 1000) > 0.3


def check_queue(office, desk):
    """Nothing dialled: an operator rings, the other one if he is busy."""
    anna, bert, vera = desk[:3]
    call = vera.call("7777", payloads=(8, 101))
    call.rtp.press("3")
    first = anna.incoming(10)
    first.refuse(486)
    second = bert.incoming(15)
    second.accept()
    both_talk(call, second)
    call.bye()
    second.gone()
    office.idle()


def check_voicemail(office, desk):
    """Busy: the mailbox takes a message, which its owner hears."""
    voice = VOICE[office.language]
    anna, bert = desk[:2]
    call = anna.invite("1002", payloads=(8, 101))
    bert.incoming().refuse(486)
    call.answered()
    call.talk()
    wait_says(call, voice / "vm-intro.wav", "what to do", 20)
    call.rtp.press("#")
    call.bye()
    office.idle()

    call = bert.call("700", payloads=(8, 101))
    wait_says(call, voice / "vm-password.wav", "the question for the PIN")
    call.rtp.press("000001#")
    wait_says(call, voice / "vm-incorrect.wav", "that it is wrong", 15)
    call.bye()
    office.idle()


def check_conference(office, desk):
    """Who is there waits for the leader, who comes in by PIN."""
    pin = office.pin("confbridge.conf", r"pin=(\d+)")
    vera, grigory, anna = desk[2], desk[3], desk[0]
    one, other = (phone.call("100", payloads=(8, 101))
                  for phone in (vera, grigory))
    leader = anna.call("200", payloads=(8, 101))
    wait_says(leader, VOICE[office.language] / "conf-getpin.wav",
              "the question for the PIN")
    leader.rtp.press(pin + "#")
    one.talk(400)
    other.talk(1000)
    leader.talk()
    other.rtp.wait_tone(400, 0.2, 20)
    one.rtp.wait_tone(1000, 0.2, 20)
    for call in (one, other, leader):
        call.bye()
    office.idle()


def check_parking(office, desk):
    """#900: the place is told; who dials it has the call."""
    anna, bert, vera = desk[:3]
    call = anna.invite("1002", payloads=(8, 101))
    incoming = bert.pick_up(1000, payloads=(8, 101))
    call.answered()
    call.talk(400)
    incoming.rtp.wait_tone(400)
    call.rtp.pause()
    incoming.rtp.pause()
    incoming.rtp.press("#900")
    office.log.wait(r"parked in slot 901", 10)
    incoming.gone(10)
    other = vera.call("901", 1000, payloads=(8, 101))
    call.rtp.wait_tone(1000, 0.2, 10)
    other.bye()
    call.gone()
    office.idle()


def check_recordings(office):
    """Every talk is in a file, also those behind a queue, in a conference and
    from a parking slot."""
    def ended():
        rows = office.sql("SELECT * FROM cdr")
        return None if any(r["rec_state"] == "recording" for r in rows) \
            else rows
    talks = [r for r in until(ended, "end of the recordings")
             if r["disposition"] == "ANSWERED"
             and r["lastapp"] in ("Dial", "Queue", "ConfBridge", "Park",
                                  "ParkedCall")]
    assert {r["lastapp"] for r in talks} >= {"Dial", "Queue", "ConfBridge",
                                             "ParkedCall"}
    for row in talks:
        assert row["rec_state"] == "complete", row
        assert Path(row["rec_path"]).stat().st_size > 80, row


@pytest.mark.parametrize("words", [["--office"], ["--office", "de"], ["x"]])
def test_usage(words):
    status, text = run(["bash", START, *words], 20)
    assert status == 2 and "usage: ./start.sh [--office en|ru]" in text


@pytest.mark.parametrize("language", ["ru", "en"])
def test_example_as_it_lies_there(language):
    """-t of the folder in config/examples says nothing that matters."""
    status, text = run([server.binary(), "-t", "-C", server.ROOT /
                        f"config/examples/office-{language}"])
    assert status == 0 and "0 errors, 0 warnings: good" in text, text
