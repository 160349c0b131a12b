"""Voicemail: left, announced by the lamp, mailed, heard by keypad, deleted."""

import email
import email.policy
import io
import re
import stat
import wave

import pytest

from harness import audio
from harness.lines import until
from harness.office import OFFICE_SIP

SIP = OFFICE_SIP.replace("[1001](phone)",
                         "[1001](phone)\nmailbox=1001@default")
PLAN = """\
[office]
exten => 500,1,VoiceMail(1001@default,u)
 same => n,Set(CDR(userfield)=${VMSTATUS})
 same => n,Playback(after)
exten => 501,1,VoiceMail(1001&1002,s)
exten => 502,1,VoiceMail(4711)
 same => n,Set(CDR(userfield)=${VMSTATUS})
exten => 503,1,VoiceMail(1002,bs)
exten => 505,1,VoiceMail(1001,eg(-12))
exten => 700,1,VoiceMailMain(1001@default)
exten => 701,1,VoiceMailMain()
exten => 702,1,VoiceMailMain(1002,s)
exten => 703,1,Set(CDR(userfield)=${VMCOUNT(1001)}/${VMCOUNT(1001,Old)}/\
${MAILBOX_EXISTS(1001)}${MAILBOX_EXISTS(9)}/${VM_INFO(1001,fullname)}/\
${VM_INFO(1001,count,Old)})
 same => n,Hangup()
exten => 704,1,VoiceMailMain(1003)
exten => _100X,1,Dial(SIP/${EXTEN},10)
exten => o,1,Playback(operator)
exten => a,1,Playback(star)
"""
VOICEMAIL = """\
[general]
mailcmd={mailcmd}
maxsilence=0
envelope=no
{general}
[default]
1001 => 4711,Anna Ä,anna@example.org
1002 => 2580,Bert
"""
# what is said, as tones: only what the tests listen to
TONES = {"vm-intro": 450, "auth-thankyou": 550, "vm-password": 650,
         "vm-incorrect": 750, "vm-goodbye": 850, "vm-opts": 950,
         "vm-deleted": 1150, "vm-passchanged": 1250, "vm-review": 1350,
         "vm-msgsaved": 1450, "vm-login": 1550, "after": 1650,
         "star": 1750, "vm-isonphone": 1850, "operator": 1950,
         "vm-mailboxfull": 2050, "vm-options": 2150, "vm-delete": 2250,
         "vm-tooshort": 2350, "vm-msgforwarded": 2450,
         "vm-incorrect-mailbox": 2550, "vm-newuser": 500,
         "vm-reenterpassword": 600, "vm-rec-name": 700, "vm-duration": 800,
         "vm-tocallback": 900, "vm-num-i-have": 1050, "vm-tocallnum": 1100,
         "vm-enter-num-to-call": 1200, "vm-tempgreetactive": 2650,
         "vm-nomore": 2750, "vm-undelete": 2850}
SAID = 1000                     # the message


@pytest.fixture
def office(make_tandem):
    def make(general=""):
        tandem = make_tandem(sip=SIP, plan=PLAN, start=False)
        script = tandem.write("sendmail", '#!/bin/sh\ncat > "$2.part" && '
                              'mv "$2.part" "$2"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        tandem.mail = tandem.dir / "mail.eml"
        tandem.write("voicemail.conf", VOICEMAIL.format(
            mailcmd=f"{script} -t {tandem.mail}", general=general))
        tandem.tones(TONES, 3200)
        tandem.start()
        return tandem
    return make


def folder(tandem, name="INBOX", box="1001"):
    path = tandem.dir / "spool/voicemail/default" / box / name
    return sorted(p.name for p in path.glob("*"))


def hears(call, prompt, timeout=8):
    """Wait for a prompt; what is heard counts from now on."""
    call.rtp.wait_tone(TONES.get(prompt, prompt), 0.2, timeout,
                       getattr(call, "since", 0))
    call.since = call.rtp.mark()


def press(call, keys, *prompts):
    """Keys, and what is said then."""
    call.rtp.press(keys)
    for prompt in prompts:
        hears(call, prompt)


def speak(call, seconds=1.0):
    call.rtp.play(SAID)
    call.rtp.wait_sent(call.rtp.sent + int(seconds * 50) + 25)


def leave(phone, exten="500", seconds=1.0):
    call = phone.call(exten)
    hears(call, "vm-intro")
    speak(call, seconds)
    press(call, "#", "auth-thankyou")
    return call


def lamp(phone, timeout=5):
    notify = phone.expect("NOTIFY", timeout)
    phone.reply(notify, 200)
    assert notify["Event"] == "message-summary"
    return re.search(r"Voice-Message: (\d+/\d+)", notify.text)[1]


def log_in(phone, exten="700", pin="4711"):
    call = phone.call(exten)
    hears(call, "vm-password")
    call.rtp.press(f"{pin}#")
    return call


def test_left_waited_heard_deleted(office, phones):
    tandem = office()
    anna, bert = phones(tandem, "1001", "1002")
    call = leave(bert)
    hears(call, "after")
    call.gone()
    while lamp(anna) != "1/0":
        pass
    assert tandem.cdr()[0]["userfield"] == "SUCCESS"
    assert folder(tandem) == ["msg0000.txt", "msg0000.wav"]
    text = (tandem.dir / "spool/voicemail/default/1001/INBOX/msg0000.txt") \
        .read_text()
    assert 'callerid="Bert" <1002>\n' in text
    assert re.search(r"^duration=[12]$", text, re.M), text
    assert re.search(r"default +1001 +Anna Ä +1$",
                     tandem.console("voicemail show users"), re.M)

    call = log_in(anna)
    hears(call, "vm-opts")
    press(call, "1", SAID, "vm-delete")
    press(call, "7", "vm-deleted")
    press(call, "#", "vm-goodbye")
    call.gone()
    assert lamp(anna) == "0/0"
    assert folder(tandem) == [] and folder(tandem, "Old") == []


def test_heard_moves_to_old_when_hung_up(office, phones):
    tandem = office()
    anna, bert = phones(tandem, "1001", "1002")
    leave(bert).bye()
    call = log_in(anna)
    hears(call, "vm-opts")
    press(call, "1", SAID)
    call.bye()
    until(lambda: folder(tandem, "Old") == ["msg0000.txt", "msg0000.wav"],
          "the message in Old")
    assert folder(tandem) == []
    anna.invite("703").final()
    row = tandem.cdr(3)[-1]
    assert row["userfield"] == "0/1/10/Anna Ä/1"


def test_hung_up_while_speaking(office, phones):
    """Nothing is lost, and nothing remains in tmp."""
    tandem = office()
    bert = phones(tandem, "1002")
    call = bert.call("500")
    hears(call, "vm-intro")
    speak(call)
    call.bye()
    until(lambda: folder(tandem) == ["msg0000.txt", "msg0000.wav"],
          "the message")
    until(lambda: not folder(tandem, "tmp"), "an empty tmp")
    _, (samples,) = audio.read_wav(
        tandem.dir / "spool/voicemail/default/1001/INBOX/msg0000.wav")
    assert audio.seconds_of(samples, SAID) > 0.6


def test_wrong_pin(office, phones):
    tandem = office()
    anna = phones(tandem, "1001")
    call = log_in(anna, pin="1111")
    hears(call, "vm-incorrect")
    hears(call, "vm-password")
    press(call, "2222#", "vm-password")
    press(call, "#", "vm-goodbye")
    call.gone()
    assert len(re.findall("wrong PIN or mailbox", tandem.log.text)) == 3
    assert "1111" not in tandem.console("voicemail show users")


def test_unknown_mailbox_is_refused_as_a_wrong_pin(office, phones):
    tandem = office()
    anna = phones(tandem, "1001")
    call = anna.call("701")
    hears(call, "vm-login")
    press(call, "9999#", "vm-password")
    press(call, "4711#", "vm-incorrect-mailbox")
    press(call, "1001#", "vm-password")
    press(call, "4711#", "vm-opts")
    call.bye()


def test_pin_changed_by_its_owner(office, phones):
    """It outlives a restart and does not change the configuration."""
    tandem = office()
    anna = phones(tandem, "1001")
    before = (tandem.dir / "voicemail.conf").read_text()
    call = log_in(anna)
    hears(call, "vm-opts")
    press(call, "0", "vm-options")
    press(call, "59753#9753#", "vm-passchanged")
    call.bye()
    assert (tandem.dir / "voicemail.conf").read_text() == before
    secret = tandem.dir / "spool/voicemail/default/1001/secret.conf"
    assert secret.stat().st_mode & 0o777 == 0o600
    call = log_in(anna, pin="4711")
    hears(call, "vm-incorrect")
    hears(call, "vm-password")
    press(call, "9753#", "vm-opts")
    call.bye()


def test_own_greeting(office, phones):
    tandem = office()
    bert = phones(tandem, "1002")
    call = bert.call("702")
    hears(call, "vm-opts")
    press(call, "0", "vm-options")
    call.rtp.press("2")
    call.rtp.play(1100)
    tandem.log.wait(r"vm-rec-busy")
    call.rtp.wait_sent(call.rtp.sent + 100)
    press(call, "#", "vm-review")
    press(call, "1", "vm-msgsaved")
    call.bye()
    call = bert.call("503")
    hears(call, 1100)
    call.bye()


def test_mail(office, phones):
    tandem = office()
    bert = phones(tandem, "1002")
    leave(bert).bye()
    until(tandem.mail.exists, "the mail")
    mail = email.message_from_bytes(tandem.mail.read_bytes(),
                                    policy=email.policy.default)
    assert mail["To"] == "anna@example.org"
    assert mail["Subject"] == "[Tandem]: New message 1 in mailbox 1001"
    assert "MIME-Version" in mail and "Date" in mail
    body = mail.get_body().get_content()
    assert "Dear Anna Ä," in body and '"Bert" <1002>' in body
    (part,) = mail.iter_attachments()
    assert part.get_filename() == "msg0000.wav"
    sound = part.get_content()
    assert sound == (tandem.dir / "spool/voicemail/default/1001/INBOX"
                     / "msg0000.wav").read_bytes()
    with wave.open(io.BytesIO(sound)) as wav:
        data = wav.readframes(wav.getnframes())
    samples = [int.from_bytes(data[i:i + 2], "little", signed=True)
               for i in range(0, len(data), 2)]
    assert audio.seconds_of(samples, SAID) > 0.6


def test_mailed_and_deleted(office, phones):
    tandem = office("delete=yes")
    bert = phones(tandem, "1002")
    leave(bert).bye()
    until(tandem.mail.exists, "the mail")
    until(lambda: not folder(tandem), "an empty INBOX")


def test_mail_program_that_fails(office, phones):
    """The message stays, the log says why."""
    tandem = office("delete=yes")
    (tandem.dir / "sendmail").write_text("#!/bin/sh\nexit 75\n")
    leave(phones(tandem, "1002")).bye()
    tandem.log.wait(r"warning.*1001@default: not mailed: .*status 75")
    assert folder(tandem) == ["msg0000.txt", "msg0000.wav"]


def test_two_mailboxes(office, phones):
    tandem = office()
    bert = phones(tandem, "1002")
    call = bert.call("501")
    speak(call)
    press(call, "#", "auth-thankyou")
    assert len(folder(tandem)) == len(folder(tandem, box="1002")) == 2
    call.gone()


def test_star_leaves(office, phones):
    tandem = office()
    tandem.tones({"vm-intro": 450}, 16000)
    call = phones(tandem, "1003").call("500")
    hears(call, "vm-intro")
    press(call, "*", "star")
    call.gone()


def test_no_such_mailbox(office, phones):
    tandem = office()
    call = phones(tandem, "1002").invite("502")
    call.final()
    assert tandem.cdr()[0]["userfield"] == "FAILED"


def test_full(office, phones):
    tandem = office("maxmsg=1")
    bert = phones(tandem, "1002")
    leave(bert).bye()
    call = bert.call("500")
    hears(call, "vm-mailboxfull")
    call.gone()
    assert len(folder(tandem)) == 2


def test_new_owner(office, phones):
    """Whose PIN is the mailbox's number chooses one and says his name."""
    tandem = office("forcename=yes\n[default]\n1003 => 1003,Carl")
    carl = phones(tandem, "1003")
    call = log_in(carl, "704", "1003")
    hears(call, "vm-newuser")
    press(call, "24680#", "vm-reenterpassword")
    press(call, "24680#", "vm-passchanged", "vm-rec-name")
    speak(call)
    press(call, "#", "vm-review")
    press(call, "1", "vm-opts")
    call.bye()
    assert folder(tandem, "", "1003")[:1] == ["greet.wav"]
    call = log_in(carl, "704", "24680")     # once
    hears(call, "vm-opts")
    call.bye()


def test_calls_from_the_menu(office, phones):
    """3, 2 calls who has left the message, 3, 4 a number; a program is told
    of every change, and a long message tells how long it is."""
    tandem = office("callback=office\ndialout=office\nsaydurationm=0\n"
                    "externnotify=EXTERN")
    told = tandem.dir / "told"
    script = tandem.write("extern", f'#!/bin/sh\necho "$@" >> {told}\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    path = tandem.dir / "voicemail.conf"
    path.write_text(path.read_text().replace("EXTERN", str(script)))
    tandem.console("core reload")
    anna, bert = phones(tandem, "1001", "1002")
    leave(bert).gone()
    until(lambda: told.exists() and told.read_text() ==
          "default 1001 1 0 0\n", "externnotify")

    call = log_in(anna)
    hears(call, "vm-opts")
    press(call, "1", "vm-duration", SAID)
    press(call, "3", "vm-tocallback")
    press(call, "2", "vm-num-i-have", "vm-tocallnum")
    call.rtp.press("1")
    other = bert.pick_up(SAID)
    hears(call, SAID)
    call.bye()
    other.gone()
    until(lambda: told.read_text().endswith("default 1001 0 1 0\n"),
          "externnotify")

    call = log_in(anna)
    hears(call, "vm-opts")
    press(call, "1", SAID)
    press(call, "34", "vm-enter-num-to-call")
    press(call, "1002*#", "vm-delete")      # not that one
    press(call, "34", "vm-enter-num-to-call")
    call.rtp.press("1002#")
    bert.pick_up().bye()
    call.gone()


def put(tandem, *freqs):
    """Messages that are there already."""
    inbox = tandem.dir / "spool/voicemail/default/1001/INBOX"
    for i, freq in enumerate(freqs):
        audio.write_wav(inbox / f"msg{i:04}.wav", audio.tone(freq, 3200))
        (inbox / f"msg{i:04}.txt").write_text(
            "[message]\norigmailbox=1001\norigtime=1700000000\n"
            'callerid="Bert" <1002>\nduration=1\n')


def warned(call):
    return audio.seconds_of(call.rtp.heard(), TONES["vm-tempgreetactive"])


def test_from_message_to_message(office, phones):
    """nextaftercmd, messagewrap, tempgreetwarn: with them and without."""
    tandem = office("nextaftercmd=yes\nmessagewrap=yes")
    put(tandem, SAID, 2950)
    audio.write_wav(tandem.dir / "spool/voicemail/default/1001/temp.wav",
                    audio.tone(400, 3200))
    anna = phones(tandem, "1001")
    call = log_in(anna)
    hears(call, "vm-opts")
    assert warned(call)
    press(call, "1", SAID)
    press(call, "7", "vm-deleted")
    hears(call, 2950)               # by itself
    call.rtp.press("6")
    hears(call, SAID)               # the last one is behind
    call.bye()
    tandem.idle()
    assert len(folder(tandem)) == 0

    put(tandem, SAID, 2950)
    path = tandem.dir / "voicemail.conf"
    path.write_text(path.read_text().replace(
        "nextaftercmd=yes\nmessagewrap=yes", "tempgreetwarn=no"))
    tandem.console("core reload")
    call = log_in(anna)
    hears(call, "vm-opts")
    assert not warned(call)
    press(call, "1", SAID)
    press(call, "7", "vm-deleted")
    hears(call, "vm-undelete")      # still the same message
    press(call, "6", 2950)
    press(call, "6", "vm-nomore")
    call.bye()


def test_greeting_before_the_answer(office, phones):
    """Option e: who hears the greeting is not answered yet; g: how loud."""
    tandem = office()
    bert = phones(tandem, "1002")
    call = bert.invite("505")
    call.take(call.wait(183))
    call.talk()
    hears(call, "vm-intro")
    call.answered()
    speak(call)
    press(call, "#", "auth-thankyou")
    call.gone()
    _, (said,) = audio.read_wav(
        tandem.dir / "spool/voicemail/default/1001/INBOX/msg0000.wav")
    assert 0.09 < max(said) / 32768 < 0.11      # it was 0.4
