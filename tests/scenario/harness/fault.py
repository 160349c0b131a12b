"""Faults inside of a Tandem: memory, disk, clock (tests/fault/faultlib.c)."""

import contextlib
import ctypes
import mmap

import pytest

from . import server
from .lines import until

DISK_OK, DISK_HANG, DISK_FAIL, DISK_SLOW = range(4)


class Control(ctypes.Structure):
    """As struct control of the library."""
    _fields_ = [(name, ctypes.c_uint64) for name in (
        "allocs", "first", "last", "failed", "threads", "disk",
        "disk_errno", "disk_ms", "disk_hits", "stuck")] + [
        ("clock_us", ctypes.c_int64), ("path", ctypes.c_char * 256)]


def library():
    return server.binary().parent / "tests" / "fault" / "libfault.so"


class Faults:
    """Makes a Tandem (not started yet) have faults when asked for."""

    def __init__(self, tandem):
        if not library().exists():
            pytest.skip(f"{library()} is not built")
        path = tandem.dir / "fault.ctl"
        path.write_bytes(bytes(ctypes.sizeof(Control)))
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 0)
        self.ctl = Control.from_buffer(self.map)
        tandem.environ = {"LD_PRELOAD": str(library()), "FAULT_CTL": str(path)}

    # --------------------------------------------------------------- disk

    @contextlib.contextmanager
    def disk(self, path, mode, errno=0, ms=0):
        """What writes to files whose path begins so has this fault."""
        self.ctl.path = str(path).encode()
        self.ctl.disk_errno, self.ctl.disk_ms = errno, ms
        self.ctl.disk_hits = 0
        self.ctl.disk = mode
        try:
            yield self
        finally:
            self.ctl.disk = DISK_OK

    def wait_hit(self, count=1, timeout=10):
        until(lambda: self.ctl.disk_hits >= count,
              f"{count} calls that the fault has hit", timeout)

    # ------------------------------------------------------------- memory

    @contextlib.contextmanager
    def no_memory(self, skip, count=1, all_threads=False):
        """After `skip` allocations the next `count` fail."""
        self.ctl.threads = 1 if all_threads else 0
        self.ctl.failed = 0
        first = self.ctl.allocs + skip + 1
        self.ctl.last = first + count - 1
        self.ctl.first = first
        try:
            yield self
        finally:
            self.ctl.first = 0

    # -------------------------------------------------------------- clock

    def jump(self, seconds):
        """The wall clock is so far off from now on."""
        self.ctl.clock_us = int(seconds * 1e6)

    def close(self):
        self.ctl.disk = DISK_OK
        self.ctl.first = 0
        del self.ctl
        self.map.close()
        self.file.close()
