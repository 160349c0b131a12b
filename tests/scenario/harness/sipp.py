"""SIPp with the scenarios of the folder sipp/."""

import socket
from pathlib import Path

from .lines import Process, until
from .ports import is_free

FOLDER = Path(__file__).resolve().parent.parent / "sipp"


class Sipp:
    """Runs scenarios in a folder of the test."""

    def __init__(self, folder, slot):
        self.dir, self.slot = Path(folder), slot
        self.count = 0

    def start(self, tandem, scenario, user="guest", number="600", calls=1,
              rate=10, limit=10, port=None, more=(), host="127.0.0.1",
              space=None, secret=None):
        self.count += 1
        secrets = {"1001": "linde-Besen-1001", "1002": "eiche-Kanne-1002"}
        data = self.dir / f"sipp{self.count}.csv"
        data.write_text(
            f"SEQUENTIAL\n{user};[authentication username={user} "
            f"password={secret or secrets.get(user, 'none')}];{number};\n")
        port = port or self.slot.take()
        proc = Process([
            "sipp", f"{tandem.host}:{tandem.port}", "-sf", FOLDER / scenario,
            "-inf", data, "-i", host, "-p", port, "-mi", host,
            "-mp", self.slot.take(),
            # its own choice of the digest's uri lacks the user
            *(("-auth_uri", f"{number}@{tandem.host}:{tandem.port}")
              if scenario.startswith("call") else ()),
            *more, "-m", calls, "-r", rate, "-l", limit, "-nostdin",
            "-timeout", "30s", "-timeout_error", "-trace_err",
            "-error_file", self.dir / f"sipp{self.count}.err"],
            env={"TERM": "dumb"}, cwd=self.dir,
            prefix=space.prefix if space else ())
        until(lambda: proc.proc.poll() is not None or space
              or not is_free(socket.SOCK_DGRAM, port), "SIPp listens")
        return proc

    def run(self, tandem, scenario, **kwargs):
        """To the end; every call must have gone as written."""
        proc = self.start(tandem, scenario, **kwargs)
        status = proc.end(40)
        errors = self.dir / f"sipp{self.count}.err"
        assert status == 0, proc.text[-2000:] + (
            errors.read_text() if errors.exists() else "")
