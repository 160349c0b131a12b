"""What every case of the NAT matrix does: calls in both directions, hold,
audio known by its tone, and who may hear it."""

import os
import re
import time

from . import talk

CASES = {
    1: "no NAT", 2: "each kind of NAT, the phone asks for rport",
    3: "... and does not", 4: "phone with STUN", 5: "phone in the office",
    6: "both phones behind one NAT; two NATs in a row",
    7: "behind NATs of different kinds", 8: "Tandem behind a NAT",
    9: "short binding", 10: "another port at the next REGISTER",
    11: "another port in a call", 12: "NAT starts anew",
    13: "another public address", 14: "the kernel's SIP ALG",
    15: "damaged ALGs", 16: "TCP", 17: "TLS and an ALG",
    18: "TCP and a NAT that forgets", 19: "two phones of one account",
    20: "200 phones behind one address", 21: "IPv6, NAT64", 22: "ICE",
    23: "early media", 24: "phone that is silent", 25: "another port by SDP",
    26: "T.38, video, digits",
}

# In the whole matrix NATs forget what is idle for LIFE_S, and every case is
# idle for longer than that
WHOLE = os.environ.get("NAT") == "all"
LIFE_S, IDLE_S = 3, 4


class Secrets(dict):
    """The secret of any user."""

    def __missing__(self, user):
        return f"eiche-Kanne-{user}"


SECRETS = Secrets()


def registered(phone, **kwargs):
    response = phone.register(**kwargs)
    assert response.status == 200, response
    return response


def both_hear(one, other, low=400, high=1000, timeout=6):
    """Each hears the other's tone, and only that."""
    one.rtp.play(low)
    other.rtp.play(high)
    talk.both_hear(one, other, low, high, timeout=timeout)


def connect(caller, callee, number=None, timeout=6):
    """A call that both talk in."""
    call = caller.invite(number or callee.user)
    incoming = callee.incoming(timeout)
    incoming.ring()
    incoming.accept()
    call.answered()
    # audio passes Tandem, who says where it listens
    call.talk(400)
    incoming.talk(1000)
    both_hear(call, incoming)
    return call, incoming


def answered_quietly(office, phone):
    """The office talks, the phone says nothing."""
    call = office.invite(phone.user)
    incoming = phone.incoming()
    incoming.ring()
    incoming.accept()
    call.answered()
    call.talk(400)
    return call, incoming


def hold_and_resume(holder, other):
    """The holder's tone is gone for the other one, and comes back."""
    assert holder.reinvite("sendonly").status == 200
    holder.rtp.pause()
    assert holder.reinvite("sendrecv").status == 200
    both_hear(holder, other)


def idle():
    """In the whole matrix: a while in which nobody says anything, longer than
    its NATs remember, which is why something has to keep them open.  (Three
    minutes: test_nat_idle.py.)"""
    if WHOLE:
        time.sleep(IDLE_S)


def whole_case(phone, office, idle=idle):
    """Call in, hold, BYE of the office; call out, hold, BYE of the phone;
    idle, call in again, BYE of the phone.  The two calls of the phone."""
    call, inside = connect(office, phone)
    hold_and_resume(inside, call)
    call.bye()
    inside.gone()
    out, office_end = connect(phone, office)
    hold_and_resume(out, office_end)
    out.bye()
    office_end.gone()
    idle()
    again, late = connect(office, phone)
    late.bye()
    again.gone()
    return inside, out


def the_rest(phone, office):
    """In the whole matrix: what every case does, of one that has shown its
    own already."""
    if WHOLE:
        whole_case(phone, office)


def place(tandem, user):
    """Where Tandem has it, the newest first: ['ip:port', ...]"""
    return re.findall(r"^  Addr->IP +: (\S+)$",
                      tandem.console(f"sip show peer {user}"), re.M)


def report(lab, user="1001"):
    """What Tandem says of the phone's NAT."""
    return lab.tandem.console(f"nat report {user}")
