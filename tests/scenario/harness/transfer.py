"""Transfers: REFER, its NOTIFYs, Replaces."""

import re
from urllib.parse import quote

import pytest

from . import talk
from .office import OFFICE_SIP, phone_conf

SIP = OFFICE_SIP + phone_conf("1004")

# of a third and a fourth one, beside the 400 and 1000 Hz of connect()
CARL, DORA = 1600, 2200


@pytest.fixture
def talking(make_tandem, phones):
    """Anna has called Bert, and Carl is there: (Tandem, Carl, Anna's call,
    Bert's); afterwards there is no call."""
    tandem = make_tandem(sip=SIP)
    anna, bert, carl = phones(tandem, "1001", "1002", "1003")
    yield tandem, carl, *talk.connect(anna, bert)
    tandem.idle()


def hear(call, freq):
    """From now on it hears this tone alone, and not for a moment only."""
    talk.hear(call, freq, 0.3)


def refer(call, to, headers=()):
    return call.request("REFER", [("Refer-To", to), *headers])


def blind(call, exten, headers=()):
    response = refer(call, f"<sip:{exten}@{call.phone.domain}>", headers)
    assert response.status == 202, response
    return response


def replaces(call):
    """What another one would write to take the place of `call`."""
    ours = re.search(r"tag=([^;>]+)", call.local)[1]
    theirs = re.search(r"tag=([^;>]+)", call.remote)[1]
    return f"{call.call_id};to-tag={theirs};from-tag={ours}"


def attended(call, consult, exten):
    to = (f"<sip:{exten}@{call.phone.domain}"
          f"?Replaces={quote(replaces(consult), safe='')}>")
    response = refer(call, to)
    assert response.status == 202, response
    return response


def handed_over(call, consult, exten):
    """attended(), and it is done: both calls end."""
    attended(call, consult, exten)
    notified(call, 100, 200)
    call.gone()
    consult.gone()


def talk_of(one, bert, called, freq=400):
    """One with this tone talks to Bert with 1000 Hz, and has called him or was
    called: (one's call, Bert's)"""
    if called:
        return talk.connect(one, bert, freqs=(freq, 1000))
    return talk.connect(bert, one, freqs=(1000, freq))[::-1]


def notified(call, *statuses):
    """The next NOTIFYs about the transfer; they must say this."""
    for status in statuses:
        notify = call.wait("NOTIFY")
        call.phone.reply(notify, 200)
        assert notify["Event"].startswith("refer"), notify
        assert notify["Content-Type"].startswith("message/sipfrag"), notify
        assert notify.text.startswith(f"SIP/2.0 {status} "), notify
        state = notify["Subscription-State"]
        assert state.startswith("terminated" if status >= 200
                                else "active"), notify
