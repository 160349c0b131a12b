"""Interoperation of three Tandems: a branch that has accounts at two others,
as providers, and a trunk group of both.  One falls over, comes back."""

import pytest

from harness.office import OFFICE_SIP
from harness.talk import both_talk

PROVIDER = """
[720{n}]
type=friend
host=dynamic
secret=kiefer-Rad-720{n}
context=customers
callerid="Branch" <720{n}>
sendrpid=pai
qualify=yes
qualifyfreq=1

[8001]
type=friend
host=dynamic
secret=linde-Besen-8001
context=house
"""

SECRET = "linde-Besen-8001"


PROVIDER_PLAN = """\
[customers]
exten => _X.,1,Dial(SIP/8001,20)
[house]
exten => _X.,1,Dial(SIP/720{n}/4711,20)
"""

BRANCH = OFFICE_SIP + """
[line](!)
type=peer
host=127.0.0.1
context=from-line
trustrpid=yes
sendrpid=pai
session-timers=originate
[first](line)
port={one.port}
username=7201
fromuser=7201
remotesecret=kiefer-Rad-7201
[second](line)
port={two.port}
username=7202
fromuser=7202
remotesecret=kiefer-Rad-7202
[out](trunk)
member=first
member=second
timeout=8
probe=1
ramp=0
"""

REGISTER = """
registertimeout=1
register => 7201:kiefer-Rad-7201@127.0.0.1:{one.port}/4711
register => 7202:kiefer-Rad-7202@127.0.0.1:{two.port}/4711
"""

BRANCH_PLAN = """\
[office]
exten => _0X.,1,Dial(SIP/out/${EXTEN:1},30)
 same => n,Hangup(${HANGUPCAUSE})
[from-line]
exten => 4711,1,Dial(SIP/1001,20)
"""


@pytest.fixture
def offices(make_tandem, phones):
    """[branch, first, second], the branch's phone, theirs."""
    both = [make_tandem(PROVIDER.format(n=n), PROVIDER_PLAN.format(n=n),
                        start=False) for n in (1, 2)]
    branch = make_tandem(BRANCH.format(one=both[0], two=both[1]),
                         BRANCH_PLAN, start=False,
                         general=REGISTER.format(one=both[0], two=both[1]))
    all_ = [*both, branch]
    low, high = branch.slot.rtp
    step = (high + 1 - low) // 3 & ~1
    for i, tandem in enumerate(all_):
        tandem.write("rtp.conf", "[general]\nrtpstart={}\nrtpend={}\n".format(
            low + i * step, low + (i + 1) * step - 1))
        tandem.start()
    for n in (1, 2):
        branch.log.wait(rf"720{n} at .*: registered", 20)
    return [branch, *both], phones(branch, "1001"), \
        [phones(tandem, "8001", secret=SECRET) for tandem in both]


def talk(caller, callee, number, seen):
    """Both hear each other through two Tandems; hold and resume."""
    call = caller.invite(number)
    there = callee.incoming()
    assert seen in there.invite["From"]
    there.ring()
    call.wait(180)
    there.accept()
    call.answered()
    both_talk(call, there)
    assert call.reinvite("sendonly").status == 200
    there.answer_reinvite(there.expect_reinvite(), "recvonly")
    assert call.reinvite().status == 200
    there.answer_reinvite(there.expect_reinvite())
    mark = there.rtp.mark()
    there.rtp.wait_tone(400, since=mark)
    there.bye()
    call.gone()


def test_one_of_two_falls_over(offices, phones):
    (branch, one, two), anna, (first, second) = offices
    talk(anna, first, "0301234", "<sip:7201@")
    row = one.cdr()[0]
    assert row["src"] == "7201" and row["disposition"] == "ANSWERED"
    # and in, by the account that has registered
    talk(first, anna, "999", "<sip:8001@")

    one.kill()
    talk(anna, second, "0301234", "<sip:7202@")
    # the second is the first choice now, nobody waits for the other
    call = anna.invite("0555")
    there = second.incoming(6)
    there.refuse(486)
    assert call.final().status == 486

    one.start()
    branch.log.wait(r"first at \S+ is back", 20)
    back = phones(one, "8001", secret=SECRET)
    talk(anna, back, "0301234", "<sip:7201@")
    # its registrations have outlived it
    talk(back, anna, "999", "<sip:8001@")
