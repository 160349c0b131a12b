"""Five languages with the voices of Debian's asterisk-core-sounds packages:
what a phone hears, compared with the prompt files byte by byte."""

from pathlib import Path

import pytest

from harness import audio
from harness.office import OFFICE_SIP
from test_81_office import alaw, loudest

SOUNDS = Path("/usr/share/asterisk/sounds")
VOICE = {"en": "en_US_f_Allison", "ru": "ru_RU_f_IvrvoiceRU",
         "es": "es_MX_f_Allison", "fr": "fr_CA_f_June",
         "it": "it_IT_m_Carlo"}
PLAN = """\
[office]
exten => _7XX,1,VoiceMailMain(${EXTEN},s)
exten => _8.,1,Set(CHANNEL(language)=${EXTEN:1})
 same => n,SayNumber(201,f)
 same => n,SayNumber(2000)
 same => n,Hangup()
exten => _9.,1,Set(CHANNEL(language)=${EXTEN:1})
 same => n,Background(hello-world)
 same => n,WaitExten(5)
exten => 1,1,SayDigits(17)
 same => n,Hangup()
"""
BOX = {"en": "700", "ru": "701", "es": "702", "fr": "703", "it": "704"}
MESSAGES = {                    # 22 new ones
    "en": "vm-youhave digits/20 digits/2 vm-INBOX vm-messages",
    "ru": "vm-youhave digits/20 digits/2 vm-newx vm-messagex1",
    "es": "vm-youhave digits/22 vm-messages vm-INBOX",
    "fr": "vm-youhave digits/20 digits/2 vm-INBOX vm-messages",
    "it": "vm-youhave digits/20 digits/2 vm-nuovi vm-messages",
}
NUMBERS = {                     # 201 of feminine things, 2000
    "en": "digits/2 digits/hundred digits/1 digits/2 digits/thousand",
    "ru": "digits/2 digits/h-hundred digits/1 digits/2 digits/h-thousand",
    "es": "digits/200 digits/1F digits/2 digits/thousand",
    "fr": "digits/2 digits/hundred digits/1 digits/2 digits/thousand",
    "it": "digits/2 digits/hundred digits/1 digits/2 digits/thousands",
}


def voice(language):
    return SOUNDS / VOICE[language]


def missing(language):
    return not voice(language).is_dir()


def part_of(path):
    """Bytes of a file that are found again in what is heard."""
    rate, (samples,) = audio.read_wav(path)
    assert rate == 8000
    size = 4 * audio.FRAME
    at = loudest(samples, size)
    return bytes(alaw(s) for s in samples[at:at + size])


def hears(call, language, names):
    """These prompts, one behind the other, in the language's voice."""
    at = 0
    for name in names.split():
        part = part_of(voice(language) / f"{name}.wav")

        def found(_):
            heard = b"".join(p.payload for p in call.rtp.voice()
                             if p.pt == 8)
            where = heard.find(part, at)
            return where + len(part) if where >= 0 else 0
        at = call.rtp.wait(found, f"{name} in {language}", 15)


@pytest.fixture
def office(make_tandem, phones):
    tandem = make_tandem(sip=OFFICE_SIP.replace("call-limit=8",
                                                "call-limit=32"),
                         plan=PLAN, start=False)
    conf = tandem.dir / "tandem.conf"
    conf.write_text(conf.read_text().replace("sounds=sounds",
                                             f"sounds={SOUNDS}"))
    tandem.write("voicemail.conf", "[general]\nmaxmsg=100\n[default]\n" +
                 "".join(f"{box} => 4711,Anna,,,language={language}\n"
                         for language, box in BOX.items()))
    for box in BOX.values():
        for i in range(22):
            path = f"spool/voicemail/default/{box}/INBOX/msg{i:04}"
            tandem.write(f"{path}.txt", "[message]\norigtime=1795183509\n"
                         f"origmailbox={box}\nduration=2\n")
            audio.write_wav(tandem.dir / f"{path}.wav", audio.tone(500, 800))
    tandem.start()
    return phones(tandem, "1001")


def test_languages(office):
    """All of them at the same time."""
    calls = []
    for language in VOICE:
        if missing(language):
            continue
        calls += [(office.call(exten, payloads=(8, 101)), language, names)
                  for exten, names in (
                      (BOX[language], MESSAGES[language]),
                      (f"8{language}", NUMBERS[language]))]
    if not calls:
        pytest.skip("no asterisk-core-sounds package is installed")
    for call, language, names in calls:
        hears(call, language, names)


def test_menu_in_russian(office):
    """A key stops the menu's prompt, and the digits are Russian."""
    if missing("ru"):
        pytest.skip("asterisk-core-sounds-ru-wav is not installed")
    call = office.call("9ru", payloads=(8, 101))
    hears(call, "ru", "hello-world")
    call.rtp.press("1")
    hears(call, "ru", "digits/1 digits/7")
    call.gone()
