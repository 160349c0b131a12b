"""A phone that says nothing by itself beyond what the RFC orders, so that a
test decides on the order of messages.

By itself it only: answers a repeated request with the same answer, sends ACK
for a final answer that is not 2xx, sends the ACK of a repeated 2xx again,
answers OPTIONS (qualify) with 200, and a CANCEL with 200 and the INVITE with
487 (auto_cancel).
"""

import threading
import time

from . import srtp
from .rtp import Rtp
from .sip import Message, credentials, param, sdp, token
from .wire import Stream, Udp, in_uri


class Phone:
    """A user agent named `user` that talks to a server.

    patient: repeats what is not answered, as RFC 3261 asks for over UDP; the
    others say everything once.
    """

    def __init__(self, server, user="guest", secret=None, transport="udp",
                 host="127.0.0.1", port=0, domain=None, ca=None,
                 patient=False, suite=None,
                 wire=None):
        self.server, self.user, self.secret = server, user, secret
        self.transport = transport
        self.suite = suite          # of srtp.py: calls are SRTP
        self.domain = domain or in_uri(server[0])
        if wire:
            self.wire = wire
        elif transport == "udp":
            self.wire = Udp(host, port)
        else:
            self.wire = Stream(server, transport == "tls", host, ca)
        self.host, self.port = self.wire.local
        self.call_id, self.from_tag, self.cseq = token(), token(), 0
        self.inbox, self.log = [], []
        self.answers, self.acks, self.invites = {}, {}, {}
        self.answer_options = True
        self.auto_ack = True
        self.auto_cancel = True
        self.auto_again = True      # answer a repeated request again
        self.calls = []
        self.news = threading.Condition()
        self.ended = False
        self.patient, self.waiting = patient, {}
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if patient:
            threading.Thread(target=self._repeat, daemon=True).start()

    # ------------------------------------------------------------ receive

    closing = False

    def _read(self):
        try:
            self._read_all()
        except OSError:
            if not self.closing:
                raise               # else it was about to answer
        with self.news:
            self.ended = True
            self.news.notify_all()

    def _read_all(self):
        while True:
            got = self.wire.receive()
            if got is None:
                break
            data, source = got
            if b"SIP/2.0" not in data:
                continue        # keep-alives; audio for who had this port
            message = Message.parse(data)
            message.source, message.wire = source, data
            message.at = time.monotonic()
            with self.news:
                self.log.append(message)
                if not self._by_itself(message):
                    self.inbox.append(message)
                self.news.notify_all()

    def _repeat(self):
        """T1, then twice as long each time, until it is answered."""
        while not self.ended:
            with self.news:
                self.news.wait(0.05)
                now = time.monotonic()
                due = [key for key, what in self.waiting.items()
                       if what[2] <= now]
                for key in due:
                    data, remote, _, pause = self.waiting[key]
                    self.waiting[key] = data, remote, now + pause, 2 * pause
                    self.wire.send(data, remote)

    def _answered(self, message):
        """Nothing more to repeat: a response, or the ACK of a 200."""
        if not message.is_request:
            self.waiting.pop((message.branch, message.method), None)
        elif message.first.startswith("ACK"):
            self.waiting.pop((message["Call-ID"], message.cseq[0]), None)

    def _until_answered(self, key, data, remote):
        if self.patient:
            with self.news:
                self.waiting[key] = (data, remote, time.monotonic() + 0.5, 1)

    def _by_itself(self, message):
        self._answered(message)
        if message.is_request:
            return self._request(message)
        branch, cseq = message.branch, message["CSeq"]
        key = (branch, cseq, message.status, message.tag("To"))
        if message.method == "INVITE" and message.status >= 300 \
                and self.auto_ack and branch in self.invites:
            self._ack_failure(self.invites[branch], message)
        repeated = key in self.answers
        self.answers[key] = True
        if repeated and message.method == "INVITE" \
                and 200 <= message.status < 300:
            ack = self.acks.get((message["Call-ID"], message.cseq[0],
                                 message.tag("To")))
            if ack:
                self.wire.send(*ack)
        return repeated

    def _request(self, message):
        method = message.first.split()[0]
        if method == "OPTIONS" and self.answer_options:
            self.reply(message, 200)
            return True
        if method == "ACK":
            key = ("ACK", message.branch, message["CSeq"])
            repeated = key in self.answers
            self.answers[key] = True
            return repeated
        key = (message.branch, message["CSeq"], message["Call-ID"])
        if key not in self.answers:
            self.answers[key] = None
            if method == "CANCEL" and self.auto_cancel:
                self._cancelled(message)
            return False
        if self.answers[key] and self.auto_again:
            self.wire.send(*self.answers[key])
        return True

    def _cancelled(self, cancel):
        self.reply(cancel, 200)
        for call in self.calls:
            if not call.outgoing and call.call_id == cancel["Call-ID"]:
                self.reply(call.invite, 487, to_tag=call.tag)

    def expect(self, what, timeout=5):
        """Take the first message that fits out of the inbox.

        what: a method, a status, a class as "2xx", or a function.
        """
        fits = matcher(what)
        end = time.monotonic() + timeout
        with self.news:
            while True:
                for i, message in enumerate(self.inbox):
                    if fits(message):
                        return self.inbox.pop(i)
                left = end - time.monotonic()
                if left <= 0 or self.ended:
                    raise AssertionError(
                        f"{self.user} waited for {what}; the inbox:\n"
                        + "\n".join(str(m) for m in self.inbox) + "\nall: "
                        + ", ".join(brief(m) for m in self.log))
                self.news.wait(left)

    def wait_log(self, question, what, timeout=5):
        """Wait until question(all messages ever) is true; its answer."""
        end = time.monotonic() + timeout
        with self.news:
            while True:
                answer = question(self.log)
                if answer:
                    return answer
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        f"{self.user}: no {what}: "
                        + ", ".join(brief(m) for m in self.log))
                self.news.wait(left)

    def quiet(self, what, seconds):
        """Nothing of the kind comes for so long."""
        try:
            message = self.expect(what, seconds)
        except AssertionError:
            return
        raise AssertionError(f"came, but should not:\n{message}")

    def wait_end(self, timeout=5):
        """The connection is closed by the other side."""
        end = time.monotonic() + timeout
        with self.news:
            while not self.ended:
                left = end - time.monotonic()
                assert left > 0, f"{self.user}: connection still open"
                self.news.wait(left)

    def got(self, what):
        """All messages of a kind that ever came, repeated ones too."""
        fits = matcher(what)
        with self.news:
            return [m for m in self.log if fits(m)]

    # --------------------------------------------------------------- send

    @property
    def contact(self):
        tail = "" if self.transport == "udp" else \
            f";transport={self.transport}"
        return (f"<sip:{self.user}@{in_uri(self.host)}:{self.port}"
                f"{tail}>")

    def via(self):
        return (f"SIP/2.0/{self.wire.name} {in_uri(self.host)}:{self.port}"
                f";branch={token('z9hG4bK')};rport")

    def send(self, message, remote=None):
        data, remote = message.encode(), remote or self.server
        if message.is_request and not message.first.startswith("ACK"):
            self._until_answered((message.branch, message.method), data,
                                 remote)
        self.wire.send(data, remote)
        return message

    def build(self, method, uri, headers=(), body="", **over):
        """A request outside of a dialog; `over` replaces parts of it."""
        self.cseq += 1
        head = {
            "Via": self.via(), "Max-Forwards": "70",
            "From": f"<sip:{self.user}@{self.domain}>;tag={self.from_tag}",
            "To": f"<{uri}>", "Call-ID": self.call_id,
            "CSeq": f"{over.pop('cseq', self.cseq)} {method}",
            "Contact": self.contact, **over}
        if body:
            head["Content-Type"] = "application/sdp"
        return Message(f"{method} {uri} SIP/2.0",
                       [*((k, v) for k, v in head.items() if v),
                        *headers], body)

    def request(self, message, auth=True, timeout=5, remote=None):
        """Send and wait for the final answer; answers one challenge."""
        response = self._transact(message, timeout, remote)
        if response.status in (401, 407) and auth and self.secret:
            message = self.with_credentials(message, response)
            response = self._transact(message, timeout, remote)
        return response

    def _transact(self, message, timeout, remote):
        self.send(message, remote)
        branch = message.branch
        return self.expect(lambda m: not m.is_request and m.status >= 200
                           and m.branch == branch, timeout)

    def with_credentials(self, message, response, secret=None, user=None,
                         **more):
        """The same request again, with an answer to the challenge."""
        header, reply = (("WWW-Authenticate", "Authorization")
                         if response.status == 401 else
                         ("Proxy-Authenticate", "Proxy-Authorization"))
        method = message.first.split()[0]
        number = message.cseq[0] + 1
        self.cseq = max(self.cseq, number)
        headers = [h for h in message.headers
                   if h[0] not in ("Via", "CSeq", reply)]
        return Message(message.first, [
            ("Via", self.via()), *headers, ("CSeq", f"{number} {method}"),
            (reply, credentials(pick(response.all(header)), method,
                                message.uri, user or self.user,
                                secret or self.secret, **more))],
            message.body)

    def reply(self, request, status, reason=None, headers=(), body="",
              to_tag=None, contact=False):
        """Answer a request; kept for its repetitions."""
        to = request["To"]
        if status > 100 and not param(to, "tag"):
            to += f";tag={to_tag or token()}"
        head = [("Via", v) for v in request.all("Via")]
        head += [("Record-Route", v) for v in request.all("Record-Route")]
        head += [("From", request["From"]), ("To", to),
                 ("Call-ID", request["Call-ID"]),
                 ("CSeq", request["CSeq"])]
        if (contact or body or request.first.startswith("INVITE")) \
                and "Contact" not in [h[0] for h in headers]:
            head.append(("Contact", self.contact))
        if body:
            head.append(("Content-Type", "application/sdp"))
        message = Message(f"SIP/2.0 {status} {reason or REASONS[status]}",
                          [*head, *headers], body)
        data = (message.encode(), request.source)
        key = (request.branch, request["CSeq"], request["Call-ID"])
        self.answers[key] = data
        if request.first.startswith("INVITE") and 200 <= status < 300:
            self._until_answered((request["Call-ID"], request.cseq[0]), *data)
        self.wire.send(*data)
        return message

    def _ack_failure(self, invite, response):
        head = [("Via", invite["Via"]), ("Max-Forwards", "70"),
                ("From", invite["From"]), ("To", response["To"]),
                ("Call-ID", invite["Call-ID"]),
                ("CSeq", f"{invite.cseq[0]} ACK")]
        head += [("Route", r) for r in invite.all("Route")]
        self.wire.send(Message(f"ACK {invite.uri} SIP/2.0", head).encode(),
                       self.server)

    # -------------------------------------------------------------- phone

    def register(self, expires=300, contact=None, timeout=5, **over):
        """Register; the final answer."""
        contact = contact or self.contact
        message = self.build(
            "REGISTER", f"sip:{self.domain}",
            [("Expires", str(expires))],
            **{"To": f"<sip:{self.user}@{self.domain}>",
               "Contact": contact, **over})
        response = self.request(message, timeout=timeout)
        return response

    def registered(self):
        response = self.register()
        assert response.status == 200, response
        return self

    def invite(self, exten, payloads=(0, 8, 101), headers=(), body=None,
               auth=True, **over):
        """Begin a call; returns it as soon as the INVITE that counts has
        gone (with the answer to a challenge)."""
        call = Call(self)
        call.payloads = payloads
        uri = exten if ":" in exten else f"sip:{exten}@{self.domain}"
        if body is None:
            body = call.offer()
        message = self.build("INVITE", uri, headers, body, **{
            "Call-ID": call.call_id,
            "From": f"<sip:{self.user}@{self.domain}>;tag={call.tag}",
            **over})
        call.start_out(message)
        if auth and self.secret:
            first = call.wait(lambda m: m.status != 0)
            if first.status in (401, 407):
                again = self.with_credentials(message, first)
                call.start_out(again)
            else:
                with self.news:
                    self.inbox.insert(0, first)
        return call

    def call(self, exten, freq=None, timeout=8, **kwargs):
        """A call until it is answered, with audio."""
        call = self.invite(exten, **kwargs)
        call.answered(timeout)
        call.talk(freq)
        return call

    def incoming(self, timeout=5):
        """Wait for a call that comes in."""
        invite = self.expect(
            lambda m: m.is_request and m.first.startswith("INVITE")
            and not param(m["To"], "tag"), timeout)
        return Call(self, invite)

    def pick_up(self, freq=None, payloads=(0, 8, 101), timeout=5):
        """Wait for a call, let it ring, answer it."""
        call = self.incoming(timeout)
        call.payloads = payloads
        call.ring()
        call.accept()
        call.talk(freq)
        return call

    def new_rtp(self):
        return Rtp(self.host)

    def close(self):
        self.closing = True
        for call in self.calls:
            call.rtp.close()
        self.wire.close()
        self.reader.join(3)


class Call:
    """A dialog of a phone, with its audio."""

    def __init__(self, phone, invite=None):
        self.phone, self.rtp = phone, phone.new_rtp()
        self.payloads = (0, 8, 101)
        self.version = 0
        self.tag = token()
        self.routes = []
        self.suite, self.crypto_tag = phone.suite, 1
        self.key = srtp.new_key()
        self.remote_sdp = None
        self.invite = invite
        self.cseq = 0
        self.direction = "sendrecv"
        if invite:
            self.call_id = invite["Call-ID"]
            self.local = f"{invite['To']};tag={self.tag}"
            self.remote = invite["From"]
            self.target = invite.target()
            self.routes = invite.all("Record-Route")
            self.outgoing = False
            if invite.body:
                self.remote_sdp = invite.sdp()
        else:
            self.call_id = token()
            self.outgoing = True
        phone.calls.append(self)    # the reader looks at it from now on

    @property
    def remote_sdp(self):
        return self._remote_sdp

    @remote_sdp.setter
    def remote_sdp(self, said):
        """What the other side said last; its key is what it sends with."""
        self._remote_sdp = said
        if not said or not self.suite:
            return
        for tag, suite, key in srtp.lines_of(said.text):
            if suite == self.suite:
                self.crypto_tag = tag
                if not self.rtp.rx or self.rtp.rx.master != key:
                    self.rtp.rx = srtp.Context(key, suite)
                return

    # ------------------------------------------------------------- caller

    def start_out(self, message):
        self.invite, self.cseq = message, message.cseq[0]
        self.local, self.remote = message["From"], message["To"]
        self.target = message.uri
        self.phone.invites[message.branch] = message
        self.phone.send(message)

    def wait(self, what, timeout=5):
        """A message of this call."""
        fits = matcher(what)
        return self.phone.expect(
            lambda m: m.get("Call-ID") == self.call_id and fits(m), timeout)

    def final(self, timeout=8):
        """The final answer to the INVITE; ACKed if it is a 2xx."""
        response = self.wait(
            lambda m: m.status >= 200 and m.method == "INVITE"
            and m.cseq[0] == self.invite.cseq[0], timeout)
        if response.status < 300:
            self.take(response)
            self.ack()
        return response

    def answered(self, timeout=8):
        response = self.final(timeout)
        assert response.status == 200, response
        return response

    def take(self, response):
        """Learn the dialog from an answer to the INVITE."""
        self.remote = response["To"]
        if "Contact" in response:
            self.target = response.target()
        self.routes = list(reversed(response.all("Record-Route")))
        if response.body:
            self.remote_sdp = response.sdp()

    def ack(self, body=""):
        message = self.build("ACK", body=body, cseq=self.invite.cseq[0])
        data = (message.encode(), self.phone.server)
        key = (self.call_id, self.invite.cseq[0],
               param(self.remote, "tag"))
        self.phone.acks[key] = data
        self.phone.wire.send(*data)
        return message

    def cancel(self, headers=()):
        invite = self.invite
        head = [("Via", invite["Via"]), ("Max-Forwards", "70"),
                ("From", invite["From"]), ("To", invite["To"]),
                ("Call-ID", invite["Call-ID"]),
                ("CSeq", f"{invite.cseq[0]} CANCEL"), *headers]
        self.phone.send(Message(f"CANCEL {invite.uri} SIP/2.0", head))

    # ------------------------------------------------------------- callee

    def ring(self, status=180, body="", headers=()):
        return self.phone.reply(self.invite, status, body=body,
                                to_tag=self.tag, headers=headers)

    def progress(self):
        """183 with media."""
        self.ring(183, body=self.offer())

    def accept(self, wait_ack=True, headers=(), body=None):
        """200; the ACK, if it is waited for."""
        self.phone.reply(self.invite, 200, headers=headers, to_tag=self.tag,
                         body=self.offer() if body is None else body)
        if wait_ack:
            ack = self.wait("ACK")
            if ack.body:
                self.remote_sdp = ack.sdp()
            return ack
        return None

    def refuse(self, status, reason=None, headers=(), timeout=5):
        self.phone.reply(self.invite, status, reason, to_tag=self.tag,
                         headers=headers)
        return self.wait("ACK", timeout)

    # --------------------------------------------------------- in the call

    def offer(self, direction=None, payloads=None):
        """Our session description, with a new version each time."""
        self.version += 1
        self.direction = direction or "sendrecv"
        more = {}
        if self.suite:
            if not self.rtp.tx or self.rtp.tx.master != self.key:
                self.rtp.tx = srtp.Context(self.key, self.suite)
            more = {"proto": "RTP/SAVP", "extra": [srtp.line(
                self.crypto_tag, self.suite, self.key)]}
        return sdp(self.rtp.host, self.rtp.port, payloads or self.payloads,
                   self.direction, self.version, **more)

    def talk(self, freq=None, payload=None):
        """Send audio to where the other side wants it."""
        if payload is None:
            payload = next(p for p in self.remote_sdp.payloads
                           if p in self.payloads and p in (0, 8))
        self.rtp.event_payload = 101
        self.rtp.start(self.remote_sdp.address, payload, freq)

    def build(self, method, headers=(), body="", cseq=None):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        head = [("Via", self.phone.via()), ("Max-Forwards", "70"),
                ("From", self.local), ("To", self.remote),
                ("Call-ID", self.call_id), ("CSeq", f"{cseq} {method}"),
                *(("Route", r) for r in self.routes),
                ("Contact", self.phone.contact)]
        names = [h[0].lower() for h in headers]
        if body and "content-type" not in names:
            head.append(("Content-Type", "application/sdp"))
        return Message(f"{method} {self.target} SIP/2.0",
                       [*head, *headers], body)

    def request(self, method, headers=(), body="", timeout=5):
        """In the dialog; the final answer, ACKed if it is an INVITE's."""
        message = self.build(method, headers, body)
        return self.transact(message, timeout)

    def transact(self, message, timeout=5):
        method = message.first.split()[0]
        if method == "INVITE":
            self.phone.invites[message.branch] = message
        self.phone.send(message)
        response = self.phone.expect(
            lambda m: m.status >= 200 and m.branch == message.branch,
            timeout)
        if method == "INVITE" and response.status < 300:
            self.invite = message
            self.take(response)
            self.ack()
        return response

    def reinvite(self, direction="sendrecv", payloads=None):
        return self.request("INVITE", body=self.offer(direction, payloads))

    def expect_reinvite(self, timeout=5):
        """A re-INVITE or UPDATE that comes; not yet answered."""
        return self.wait(lambda m: m.is_request and m.first.split()[0] in
                         ("INVITE", "UPDATE") and param(m["To"], "tag"),
                         timeout)

    def answer_reinvite(self, request, direction="sendrecv", status=200):
        """Answer it and take its ACK."""
        if request.body:
            self.remote_sdp = request.sdp()
        body = self.offer(direction) if status == 200 else ""
        self.phone.reply(request, status, body=body, contact=True)
        if request.first.startswith("INVITE"):
            ack = self.wait(lambda m: m.is_request
                            and m.first.startswith("ACK")
                            and m.cseq[0] == request.cseq[0])
            if ack.body:
                self.remote_sdp = ack.sdp()
            return ack
        return None

    def bye(self, headers=()):
        self.rtp.pause()
        response = self.request("BYE", headers)
        assert response.status == 200, response
        return response

    def gone(self, timeout=5, status=200):
        """The other side hangs up; its BYE."""
        request = self.wait("BYE", timeout)
        self.rtp.pause()
        self.phone.reply(request, status)
        return request


REASONS = {100: "Trying", 180: "Ringing", 181: "Forwarded", 182: "Queued",
           183: "Session Progress", 200: "OK", 202: "Accepted",
           301: "Moved", 302: "Moved Temporarily", 400: "Bad Request",
           401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
           405: "Method Not Allowed", 407: "Proxy Authentication Required",
           408: "Request Timeout", 410: "Gone", 415: "Unsupported",
           422: "Session Interval Too Small", 423: "Interval Too Brief",
           480: "Temporarily Unavailable", 481: "No Such Call",
           484: "Address Incomplete", 486: "Busy Here",
           487: "Request Terminated", 488: "Not Acceptable Here",
           491: "Request Pending", 500: "Server Error",
           503: "Service Unavailable", 600: "Busy Everywhere",
           603: "Decline"}


def matcher(what):
    if callable(what):
        return what
    if isinstance(what, int):
        return lambda m: m.status == what
    if what.endswith("xx"):
        return lambda m: m.status // 100 == int(what[0])
    return lambda m: m.is_request and m.first.split()[0] == what


def brief(message):
    return message.first.split(" SIP/2.0")[0] + "(" + \
        message.get("CSeq", "?") + ")"


def pick(challenges):
    """The first challenge that we can answer: MD5 or SHA-256."""
    for value in challenges:
        if "digest" in value.lower():
            return value
    raise AssertionError(f"no Digest challenge: {challenges}")
