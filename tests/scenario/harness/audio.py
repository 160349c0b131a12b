"""Tones: made, coded as G.711, found again (Goertzel)."""

import math
import struct
import wave

RATE = 8000
FRAME = 160                     # samples of 20 ms


def tone(freq, samples=FRAME, level=0.4, start=0, rate=RATE):
    """Samples of a sine; with multiples of 50 Hz each 20 ms look the same."""
    top = level * 32767
    return [int(top * math.sin(2 * math.pi * freq * (start + i) / rate))
            for i in range(samples)]


def ulaw_encode(sample):
    sign = 0x80 if sample < 0 else 0
    value = min(abs(sample), 32635) + 132
    exponent = max(value.bit_length() - 8, 0)
    mantissa = (value >> (exponent + 3)) & 0x0f
    return ~(sign | exponent << 4 | mantissa) & 0xff


def ulaw_decode(byte):
    byte = ~byte & 0xff
    value = (((byte & 0x0f) << 3) + 132 << ((byte >> 4) & 7)) - 132
    return -value if byte & 0x80 else value


def alaw_encode(sample):
    sign = 0x80 if sample >= 0 else 0
    value = min(abs(sample), 32767) >> 4
    exponent = max(value.bit_length() - 4, 0)
    if exponent > 1:
        mantissa = (value >> (exponent - 1)) & 0x0f
    else:
        exponent, mantissa = (1 if value > 15 else 0), value & 0x0f
    return (sign | exponent << 4 | mantissa) ^ 0x55


def alaw_decode(byte):
    byte ^= 0x55
    exponent, value = (byte >> 4) & 7, ((byte & 0x0f) << 4) + 8
    if exponent:
        value = (value + 0x100) << (exponent - 1)
    return value if byte & 0x80 else -value


ULAW = [ulaw_decode(i) for i in range(256)]
ALAW = [alaw_decode(i) for i in range(256)]
ENCODE = {0: ulaw_encode, 8: alaw_encode}
DECODE = {0: ULAW, 8: ALAW}


def encode(payload, samples):
    return bytes(ENCODE[payload](s) for s in samples)


def decode(payload, data):
    table = DECODE[payload]
    return [table[b] for b in data]


def share(samples, freq, rate=RATE):
    """How much of the power is this frequency: 0 to 1."""
    total = sum(s * s for s in samples)
    if not samples or total < len(samples) * 100:
        return 0.0
    coeff = 2 * math.cos(2 * math.pi * freq / rate)
    one = two = 0.0
    for s in samples:
        one, two = s + coeff * one - two, one
    power = one * one + two * two - coeff * one * two
    return min(2 * power / (len(samples) * total), 1.0)


def level(samples):
    """Mean amplitude, 0 to 1."""
    if not samples:
        return 0.0
    return math.sqrt(sum(s * s for s in samples) / len(samples)) / 32768


def seconds_of(samples, freq, rate=RATE, window=400, least=0.8):
    """Seconds of the sound in which the tone is heard."""
    hits = sum(share(samples[i:i + window], freq, rate) > least
               for i in range(0, len(samples) - window + 1, window))
    return hits * window / rate


def write_wav(path, samples, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path


def read_wav(path):
    """(rate, [samples of each channel])"""
    with wave.open(str(path), "rb") as wav:
        assert wav.getsampwidth() == 2, path
        count, channels = wav.getnframes(), wav.getnchannels()
        data = wav.readframes(count)
        samples = struct.unpack(f"<{len(data) // 2}h", data)
        return wav.getframerate(), [list(samples[i::channels])
                                    for i in range(channels)]
