"""An office under attack, which afterwards is as it was, and what a stranger
sends to it."""

import socket
import time

import pytest

from .lines import until
from .office import phones_conf
from .sip import Message, token

OFFICE = phones_conf(
    ["1001", "1002"],
    "call-limit=0\ntransport=udp,tcp\ndisallow=all\nallow=ulaw")

PLAN = """[office]
exten => _100X,1,Dial(SIP/${EXTEN},20)
exten => 600,1,Answer()
 same => n,Echo()
exten => 601,1,Set(CDR(userfield)=${SIP_HEADER(X-Note)})
 same => n,Hangup()
exten => _3XXX,hint,SIP/1002
"""

# what a refusal of ours may be
OURS = (400, 401, 403, 404, 405, 406, 413, 414, 415, 416, 420, 422, 423, 481,
        482, 483, 484, 487, 488, 489, 491, 494, 500, 501, 505, 513)


@pytest.fixture
def office(make_tandem, phones):
    """Tandem, anna, bert; afterwards nothing of it all is left."""
    tandem = make_tandem(sip=OFFICE, plan=PLAN, start=False)
    # a hundred calls in the time that a port rests
    tandem.write("rtp.conf", "[general]\nrtpstart=12000\nrtpend=19999\n")
    tandem.start()
    anna, bert = phones(tandem, "1001", "1002")
    memory, files = tandem.resources()
    yield tandem, anna, bert
    begin = time.monotonic()
    assert anna.request(anna.build("OPTIONS", "sip:127.0.0.1")).status == 200
    assert time.monotonic() - begin < 3
    call = anna.invite("600")
    call.answered()
    call.talk(300)
    call.rtp.wait_tone(300)
    call.bye()
    tandem.idle()
    until(lambda: tandem.resources()[1] <= files + 2, "descriptors back", 20)
    assert tandem.resources()[0] <= memory + 16384


def says(tandem, data, seconds=2.0, host="127.0.0.1"):
    """The status of the answer to a datagram; None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        sock.settimeout(seconds)
        port = sock.getsockname()[1]
        sock.sendto(data.replace(b"{me}", f"{host}:{port}".encode()),
                    ("127.0.0.1", tandem.port))
        try:
            while True:
                status = Message.parse(sock.recv(65536)).status
                if status >= 200:
                    return status
        except socket.timeout:
            return None


def head(method, more="", body="", **over):
    """A request of a stranger; over replaces headers, None leaves them out."""
    lines = {
        "Via": f"SIP/2.0/UDP {{me}};branch={token('z9hG4bK')};rport",
        "Max-Forwards": "70", "From": f"<sip:1001@127.0.0.1>;tag={token()}",
        "To": "<sip:600@127.0.0.1>", "Call-ID": token(),
        "CSeq": f"7 {method}", "Contact": "<sip:1001@{me}>",
        "Content-Length": str(len(body)), "User-Agent": "x" * 300, **over}
    text = "".join(f"{k.replace('_', '-')}: {v}\r\n"
                   for k, v in lines.items() if v is not None)
    return (f"{method} sip:600@127.0.0.1 SIP/2.0\r\n{text}{more}\r\n{body}"
            ).encode("latin1")
