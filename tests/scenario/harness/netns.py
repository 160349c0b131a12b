"""Network namespaces: machines of their own for Tandems and phones.

A socket stays in the namespace in which it was made, so a phone of another
namespace is made inside of `with ns.inside()` and used from anywhere.
"""

import contextlib
import ctypes
import itertools
import os

from .lines import run

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_count = itertools.count()


def usable():
    """May namespaces be made here?"""
    if os.geteuid() != 0:
        return False
    try:
        with Namespace():
            return True
    except (AssertionError, OSError):
        return False


def ip(*args):
    status, text = run(["ip", *args])
    assert status == 0, f"ip {' '.join(args)}: {text}"


class Namespace:
    """Has a loopback; ends with its `with`."""

    def __init__(self):
        self.name = f"tandem-{os.getpid()}-{next(_count)}"

    def __enter__(self):
        ip("netns", "add", self.name)
        self.ip("link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        run(["ip", "netns", "del", self.name])

    def ip(self, *args):
        ip("-n", self.name, *args)

    @property
    def prefix(self):
        """Before a command that shall run there."""
        return ["ip", "netns", "exec", self.name]

    @contextlib.contextmanager
    def inside(self):
        """Sockets that this thread makes belong there."""
        with open("/proc/thread-self/ns/net", "rb") as home, \
                open(f"/run/netns/{self.name}", "rb") as there:
            enter(there)
            try:
                yield
            finally:
                enter(home)


def enter(file):
    if _libc.setns(file.fileno(), CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def link(one, other, addresses, peers, bits=24):
    """A cable between two namespaces, with the addresses of its ends."""
    ip("link", "add", "wire", "netns", one.name, "type", "veth",
       "peer", "name", "wire", "netns", other.name)
    for space, mine in ((one, addresses), (other, peers)):
        for address in mine:
            space.ip("addr", "add", f"{address}/{bits}", "dev", "wire")
        space.ip("link", "set", "wire", "up")
