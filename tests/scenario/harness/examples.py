"""Two Tandems as config/examples has them, each in a network namespace of its
own, and a phone at each of them."""

import contextlib
import shutil

import pytest

from . import netns, server
from .phone import Phone

EXAMPLES = server.ROOT / "config" / "examples"

DIRS = """\
[general]
loglevel=debug
threads=1
[directories]
run=run
state=state
spool=spool
moh=moh
"""


class Side:
    """A namespace with a Tandem, and a phone at an address beside it."""

    def __init__(self, space, folder, example, address):
        self.space, self.address = space, address
        shutil.copytree(EXAMPLES / example, folder)
        (folder / "tandem.conf").write_text(DIRS)
        for name in ("run", "state", "spool"):
            (folder / name).mkdir()
        self.tandem = server.Tandem(folder, host=address,
                                    prefix=space.prefix)
        # who is early need not wait 20 s
        self.tandem.edit("sip.conf", "[general]\n",
                         "[general]\nregistertimeout=1\n", 1)

    def connect(self, user, secret, host):
        with self.space.inside():
            self.phone = Phone((self.address, 5060), user, secret, host=host)
            self.phone.registered()
        return self.phone

    def invite(self, number):
        with self.space.inside():
            return self.phone.invite(number)

    def incoming(self, timeout=10):
        with self.space.inside():
            return self.phone.incoming(timeout)


@contextlib.contextmanager
def both_sides(folder, left, right):
    """(example, address, user, secret, phone's address) twice."""
    if not netns.usable():
        pytest.skip("network namespaces need root: two servers are not "
                    "tested")
    with contextlib.ExitStack() as stack:
        one, other = (stack.enter_context(netns.Namespace())
                      for _ in range(2))
        netns.link(one, other, (left[1], left[4]), (right[1], right[4]))
        sides = [Side(space, folder / name, *row[:2])
                 for space, name, row in ((one, "left", left),
                                          (other, "right", right))]
        for side in sides:
            side.tandem.start()
            stack.callback(side.tandem.stop)
        for side, row in zip(sides, (left, right)):
            stack.callback(side.connect(*row[2:]).close)
        yield sides
