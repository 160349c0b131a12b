"""SRTP with keys in the SDP (RFC 3711, RFC 4568), made apart from Tandem's:
AES of python3-cryptography, HMAC of Python."""

import base64
import hashlib
import hmac
import re
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import (Cipher, algorithms,
                                                    modes)

SUITES = {"AES_CM_128_HMAC_SHA1_80": 10, "AES_CM_128_HMAC_SHA1_32": 4}
SHA80, SHA32 = SUITES
CTL_TAG = 10


def new_key():
    return secrets.token_bytes(30)


def line(tag, suite, key, tail=""):
    """a=crypto"""
    return f"a=crypto:{tag} {suite} inline:" \
           f"{base64.b64encode(key).decode()}{tail}"


def lines_of(text):
    """[(tag, suite, key)] of the a=crypto lines of a description."""
    return [(int(m[1]), m[2], base64.b64decode(m[3])) for m in re.finditer(
        r"^a=crypto:(\d+) (\S+) inline:([^|\s;]+)", text, re.M)]


def stream(key, iv, data):
    """XOR with the key stream of AES in counter mode."""
    return Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor().update(data)


def header(data):
    """Length of an RTP header with CSRCs and extension."""
    size = 12 + 4 * (data[0] & 15)
    if data[0] & 16:
        size += 4 + 4 * struct.unpack("!H", data[size + 2:size + 4])[0]
    return size


class Keys:
    """Session keys of one direction."""

    def __init__(self, master, label):
        key, salt = master[:16], master[16:]

        def derive(number, size):
            iv = bytearray(salt + b"\0\0")
            iv[7] ^= number
            return stream(key, bytes(iv), bytes(size))
        self.key = derive(label, 16)
        self.auth = derive(label + 1, 20)
        self.salt = derive(label + 2, 14)

    def crypt(self, ssrc, index, data):
        iv = int.from_bytes(self.salt + b"\0\0", "big") \
            ^ ssrc << 64 ^ index << 16
        return stream(self.key, iv.to_bytes(16, "big"), data)

    def sign(self, data, size):
        return hmac.new(self.auth, data, hashlib.sha1).digest()[:size]


class Context:
    """One direction of a call."""

    def __init__(self, master, suite=SHA80):
        self.master, self.tag = master, SUITES[suite]
        self.rtp, self.ctl = Keys(master, 0), Keys(master, 3)
        self.top, self.ctl_index = {}, 0

    def index(self, ssrc, seq):
        top = self.top.get(ssrc, seq)
        roc = top >> 16
        near = [r << 16 | seq for r in (roc - 1, roc, roc + 1) if r >= 0]
        return min(near, key=lambda i: abs(i - top))

    def protect(self, data):
        size = header(data)
        seq, = struct.unpack("!H", data[2:4])
        ssrc, = struct.unpack("!I", data[8:12])
        index = self.index(ssrc, seq)
        self.top[ssrc] = max(index, self.top.get(ssrc, 0))
        data = data[:size] + self.rtp.crypt(ssrc, index, data[size:])
        return data + self.rtp.sign(
            data + struct.pack("!I", index >> 16), self.tag)

    def unprotect(self, data):
        """The packet; None if its tag is wrong."""
        data, tag = data[:-self.tag], data[-self.tag:]
        if len(data) < 12:
            return None
        size = header(data)
        seq, = struct.unpack("!H", data[2:4])
        ssrc, = struct.unpack("!I", data[8:12])
        index = self.index(ssrc, seq)
        if tag != self.rtp.sign(data + struct.pack("!I", index >> 16),
                                self.tag):
            return None
        self.top[ssrc] = max(index, self.top.get(ssrc, 0))
        return data[:size] + self.rtp.crypt(ssrc, index, data[size:])

    def protect_rtcp(self, data):
        ssrc, = struct.unpack("!I", data[4:8])
        data = data[:8] + self.ctl.crypt(ssrc, self.ctl_index, data[8:])
        data += struct.pack("!I", 1 << 31 | self.ctl_index)
        self.ctl_index += 1
        return data + self.ctl.sign(data, CTL_TAG)

    def unprotect_rtcp(self, data):
        data, tag = data[:-CTL_TAG], data[-CTL_TAG:]
        if len(data) < 12 or tag != self.ctl.sign(data, CTL_TAG):
            return None
        ssrc, = struct.unpack("!I", data[4:8])
        word, = struct.unpack("!I", data[-4:])
        if not word >> 31:
            return None
        return data[:8] + self.ctl.crypt(ssrc, word & 0x7fffffff, data[8:-4])
