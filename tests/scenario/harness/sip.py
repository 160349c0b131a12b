"""SIP messages: read, write, digest."""

import hashlib
import itertools
import re
import secrets

COMPACT = {"v": "Via", "f": "From", "t": "To", "i": "Call-ID",
           "m": "Contact", "l": "Content-Length", "c": "Content-Type",
           "e": "Content-Encoding", "k": "Supported", "s": "Subject",
           "x": "Session-Expires", "r": "Refer-To", "b": "Referred-By"}

_counter = itertools.count(1)


def token(prefix=""):
    return f"{prefix}{secrets.token_hex(6)}{next(_counter)}"


class Message:
    """One request or response; headers in their order."""

    def __init__(self, first, headers=(), body=b""):
        self.first = first
        self.headers = [tuple(h) for h in headers]
        self.body = body if isinstance(body, bytes) else body.encode()
        self.source = None
        self.wire = None

    @classmethod
    def parse(cls, data):
        head, _, body = data.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ",
                       head.decode("utf-8", "replace")).split("\r\n")
        headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name = name.strip()
            headers.append((COMPACT.get(name.lower(), name), value.strip()))
        return cls(lines[0], headers, body)

    def encode(self):
        headers = [h for h in self.headers
                   if h[0].lower() != "content-length"]
        headers.append(("Content-Length", str(len(self.body))))
        head = "\r\n".join([self.first, *(f"{n}: {v}" for n, v in headers)])
        return head.encode() + b"\r\n\r\n" + self.body

    # ---------------------------------------------------------- questions

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def __getitem__(self, name):
        value = self.get(name)
        assert value is not None, f"no {name} in:\n{self}"
        return value

    def __contains__(self, name):
        return self.get(name) is not None

    @property
    def is_request(self):
        return not self.first.startswith("SIP/2.0 ")

    @property
    def status(self):
        return 0 if self.is_request else int(self.first.split()[1])

    @property
    def reason(self):
        return self.first.split(" ", 2)[2]

    @property
    def method(self):
        """Of the request, or of the request that this answers."""
        return self.cseq[1]

    @property
    def uri(self):
        return self.first.split()[1]

    @property
    def cseq(self):
        number, method = self["CSeq"].split()
        return int(number), method

    @property
    def branch(self):
        return param(self["Via"], "branch")

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def tag(self, name):
        return param(self[name], "tag")

    def target(self):
        """URI of Contact."""
        return uri_of(self["Contact"])

    def sdp(self):
        return Sdp(self.text)

    def __str__(self):
        return self.encode().decode("utf-8", "replace")

    __repr__ = __str__


class Sdp:
    """The facts of a session description."""

    def __init__(self, text):
        self.text = text
        self.lines = text.replace("\r\n", "\n").strip().split("\n")
        self.session = [x for x in self.lines if x.startswith("o=")][0]
        self.version = int(self.session[2:].split()[2])
        audio = [x for x in self.lines if x.startswith("m=audio")]
        fields = audio[0].split()
        self.port, self.proto = int(fields[1]), fields[2]
        self.payloads = [int(x) for x in fields[3:]]
        self.host = [x for x in self.lines
                     if x.startswith("c=")][-1].split()[2]
        self.maps = {int(m[1]): m[2].lower() for m in
                     re.finditer(r"a=rtpmap:(\d+) (\S+)", text)}
        found = re.findall(r"^a=(sendrecv|sendonly|recvonly|inactive)",
                           text.replace("\r", ""), re.M)
        self.direction = found[-1] if found else "sendrecv"

    @property
    def address(self):
        return self.host, self.port

    def payload(self, name):
        for number, what in self.maps.items():
            if what.split("/")[0] == name:
                return number
        return None


def param(value, name):
    match = re.search(rf";\s*{name}=([^;>\s,]+)", value)
    return match[1] if match else None


def uri_of(value):
    match = re.search(r"<([^>]+)>", value)
    return match[1] if match else value.split(";")[0].strip()


def user_of(value):
    match = re.search(r"sips?:([^@;>]+)@", value)
    return match[1] if match else None


# -------------------------------------------------------------------- digest

def challenge_of(value):
    assert value.lower().startswith("digest "), value
    pairs = re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', value[7:])
    return {k.lower(): a or b for k, a, b in pairs}


def credentials(value, method, uri, user, secret, count=1, cnonce=None):
    """Value of Authorization for the challenge `value` (RFC 7616)."""
    ask = challenge_of(value)
    algorithm = ask.get("algorithm", "MD5")
    name = {"MD5": "md5", "SHA-256": "sha256"}[algorithm.upper()]

    def digest(text):
        return hashlib.new(name, text.encode()).hexdigest()

    ha1 = digest(f"{user}:{ask['realm']}:{secret}")
    ha2 = digest(f"{method}:{uri}")
    out = (f'Digest username="{user}", realm="{ask["realm"]}", '
           f'nonce="{ask["nonce"]}", uri="{uri}", algorithm={algorithm}')
    if "auth" in re.split(r"[,\s]+", ask.get("qop", "")):
        cnonce = cnonce or token()
        nc = f"{count:08x}"
        answer = digest(f"{ha1}:{ask['nonce']}:{nc}:{cnonce}:auth:{ha2}")
        out += f', qop=auth, nc={nc}, cnonce="{cnonce}"'
    else:
        answer = digest(f"{ha1}:{ask['nonce']}:{ha2}")
    if "opaque" in ask:
        out += f', opaque="{ask["opaque"]}"'
    return out + f', response="{answer}"'


def right_credentials(value, method, secret):
    """Does Authorization prove that the sender knows the secret?"""
    said = challenge_of(value)
    name = {"MD5": "md5", "SHA-256": "sha256"}[
        said.get("algorithm", "MD5").upper()]

    def digest(text):
        return hashlib.new(name, text.encode()).hexdigest()

    ha1 = digest(f"{said['username']}:{said['realm']}:{secret}")
    ha2 = digest(f"{method}:{said['uri']}")
    middle = ""
    if "qop" in said:
        middle = f":{said['nc']}:{said['cnonce']}:{said['qop']}"
    want = digest(f"{ha1}:{said['nonce']}{middle}:{ha2}")
    return said["response"] == want


# ----------------------------------------------------------------------- SDP

NAMES = {0: "PCMU/8000", 8: "PCMA/8000", 3: "GSM/8000", 9: "G722/8000",
         101: "telephone-event/8000"}


def sdp(host, port, payloads=(0, 8, 101), direction="sendrecv", version=1,
        session=4711, extra=(), proto="RTP/AVP"):
    kind = "IP6" if ":" in host else "IP4"
    lines = ["v=0", f"o=- {session} {version} IN {kind} {host}", "s=-",
             f"c=IN {kind} {host}", "t=0 0",
             "m=audio {} {} {}".format(
                 port, proto, " ".join(str(p) for p in payloads))]
    lines += [f"a=rtpmap:{p} {NAMES[p]}" for p in payloads]
    if 101 in payloads:
        lines.append("a=fmtp:101 0-16")
    lines += ["a=ptime:20", f"a={direction}", *extra]
    return "\r\n".join(lines) + "\r\n"
