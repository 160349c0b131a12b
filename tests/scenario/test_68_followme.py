"""FollowMe: two phones ring, who presses the key has the call; Dial's P."""


PLAN = """\
[office]
exten => 500,1,FollowMe(anna,a)
 same => n,Set(CDR(userfield)=${FOLLOWMESTATUS})
exten => 501,1,Dial(SIP/1002,20,p)
 same => n,Set(CDR(userfield)=${DIALSTATUS})
exten => 502,1,Dial(SIP/1002,20,U(accept^5))
 same => n,Set(CDR(userfield)=${DIALSTATUS})
exten => _100X,1,Dial(SIP/${EXTEN},20)
[accept]
exten => s,1,Read(KEY,press-one,1)
 same => n,Set(GOSUB_RESULT=${IF($[${KEY} = ${ARG1}]?:CONTINUE)})
 same => n,Return()
"""
FOLLOWME = """\
[general]
featuredigittimeout => 8000
[anna]
context => office
number => 1002&1003,20
"""
TONES = {"vm-rec-name": 450, "followme/pls-hold-while-try": 550,
         "followme/call-from": 650, "followme/options": 750,
         "followme/no-recording": 850, "priv-recordintro": 950,
         "priv-callpending": 1050, "screen-callee-options": 1150,
         "press-one": 1250}
NAME = 1500


def start(make_tandem):
    tandem = make_tandem(plan=PLAN, start=False)
    tandem.write("followme.conf", FOLLOWME)
    tandem.tones(TONES, 3200)
    return tandem.start()


def hears(call, prompt):
    call.rtp.wait_tone(TONES.get(prompt, prompt), 0.2, 8,
                       getattr(call, "since", 0))
    call.since = call.rtp.mark()


def say_name(call, prompt):
    hears(call, prompt)
    call.rtp.play(NAME)
    call.rtp.wait_sent(call.rtp.sent + 75)
    call.rtp.press("#")


def test_followme_with_confirmation(make_tandem, phones):
    tandem = start(make_tandem)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    call = anna.call("500")
    say_name(call, "vm-rec-name")
    hears(call, "followme/pls-hold-while-try")

    for phone in (bert, carl):      # both ring, the second one longer
        other = phone.pick_up()
        assert "reason=follow-me" in other.invite["Diversion"]
        hears(other, "followme/call-from")
        hears(other, NAME)
        hears(other, "followme/options")
    first, second = bert.calls[-1], carl.calls[-1]
    first.rtp.press("2")            # declines: the other one goes on
    first.gone()
    second.rtp.press("1")
    call.rtp.play(1800)
    hears(second, 1800)
    second.rtp.play(1900)
    hears(call, 1900)
    second.bye()
    call.gone()
    row = tandem.cdr()[0]
    assert row["disposition"] == "ANSWERED"
    assert not list((tandem.dir / "spool/tmp").glob("*.wav"))


def test_screened(make_tandem, phones):
    """The callee hears the caller's name, and does not want him."""
    tandem = start(make_tandem)
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.call("501")
    say_name(call, "priv-recordintro")
    other = bert.pick_up()
    hears(other, "priv-callpending")
    hears(other, NAME)
    hears(other, "screen-callee-options")
    other.rtp.press("4")
    other.gone()
    call.gone()
    assert tandem.cdr()[0]["userfield"] == "DONTCALL"


def test_subroutine_of_the_callee(make_tandem, phones):
    tandem = start(make_tandem)
    anna, bert = phones(tandem, "1001", "1002")
    call = anna.invite("502")
    other = bert.pick_up()
    hears(other, "press-one")
    other.rtp.press("1")
    other.gone()
    assert call.final().status >= 400
    assert tandem.cdr()[0]["userfield"] == "ANSWER"

    call = anna.invite("502")
    other = bert.pick_up(freq=1800)
    hears(other, "press-one")
    other.rtp.press("5")
    call.answered()
    call.talk()
    hears(call, 1800)
    call.bye()
    other.gone()
