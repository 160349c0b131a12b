"""SIPp with the scenarios of the folder sipp/."""

import contextlib
import socket
import struct
from pathlib import Path

from . import audio
from .lines import Process, until
from .ports import is_free

FOLDER = Path(__file__).resolve().parent.parent / "sipp"


def write_pcap(path, freq, packets):
    """What a phone says: a tone, as packets that were caught.  Only their
    payload counts, and when they were caught."""
    frame = audio.encode(0, audio.tone(freq))
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i in range(packets):
            data = struct.pack("!BBHII", 0x80, 0, i, i * audio.FRAME,
                               0x51555050) + frame
            data = struct.pack("!HHHH", 4000, 4000, 8 + len(data), 0) + data
            data = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), i,
                               0, 64, 17, 0, b"\x7f\0\0\1",
                               b"\x7f\0\0\1") + data
            data = bytes(12) + b"\x08\0" + data
            out.write(struct.pack("<IIII", 0, i * 20000, len(data),
                                  len(data)) + data)


class Sipp:
    """Runs scenarios in a folder of the test."""

    def __init__(self, folder, slot):
        self.dir, self.slot = Path(folder), slot
        self.count = 0

    def start(self, tandem, scenario, user="guest", number="600", calls=1,
              rate=10, limit=10, port=None, more=(), host="127.0.0.1",
              space=None, secret=None, rport=False):
        self.count += 1
        if scenario.endswith("_whole.xml"):     # speaks, then echoes
            write_pcap(self.dir / "tone.pcap", 1000, 30)
            more = ("-rtp_echo", *more)
        secrets = {"1001": "linde-Besen-1001", "1002": "eiche-Kanne-1002"}
        data = self.dir / f"sipp{self.count}.csv"
        data.write_text(
            f"SEQUENTIAL\n{user};[authentication username={user} "
            f"password={secret or secrets.get(user, 'none')}];{number};\n")
        port, self.media = port or self.slot.take(), self.slot.take()
        proc = Process([
            "sipp", f"{tandem.host}:{tandem.port}", "-sf", FOLDER / scenario,
            "-inf", data, "-i", host, "-p", port, "-mi", host,
            "-mp", self.media,
            # its own choice of the digest's uri lacks the user
            *(("-auth_uri", f"{number}@{tandem.host}:{tandem.port}")
              if scenario.startswith("call") else ()),
            "-key", "rport", ";rport" if rport else "",
            *more, "-m", calls, "-r", rate, "-l", limit, "-nostdin",
            "-timeout", "30s", "-timeout_error", "-trace_err",
            "-error_file", self.dir / f"sipp{self.count}.err"],
            env={"TERM": "dumb"}, cwd=self.dir,
            prefix=space.prefix if space else ())
        with space.inside() if space else contextlib.nullcontext():
            until(lambda: proc.proc.poll() is not None or not is_free(
                socket.SOCK_DGRAM, port, host), "SIPp listens")
        return proc

    def run(self, tandem, scenario, **kwargs):
        """To the end; every call must have gone as written."""
        proc = self.start(tandem, scenario, **kwargs)
        status = proc.end(40)
        errors = self.dir / f"sipp{self.count}.err"
        assert status == 0, proc.text[-2000:] + (
            errors.read_text() if errors.exists() else "")
