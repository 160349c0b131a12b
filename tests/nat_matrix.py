#!/usr/bin/env python3
"""All 26 cases of the NAT matrix (docs/nat.md), as root.

    tests/nat_matrix.py [-j N] [-k WORDS] [PROGRAM]

PROGRAM is build/tandem.  The tests are those of tests/scenario/test_nat_*.py
with NAT=all, in N processes (2), each with networks of its own; most of the
time they wait.  At the end comes a table: runs as expected, of how many, with
our own phones, baresip and SIPp.  The exit status is 0 if all went well.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

SCENARIO = Path(__file__).resolve().parent / "scenario"
sys.path.insert(0, str(SCENARIO))

from harness import nattable  # noqa: E402


def start(args, folder, number):
    """One process, for its share."""
    return subprocess.Popen(
        ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         f"--junit-xml={folder}/{number}.xml", "-k", args.k,
         *sorted(str(x) for x in SCENARIO.glob("test_nat_*.py"))],
        cwd=SCENARIO, stdout=open(f"{folder}/{number}.txt", "w"),
        stderr=subprocess.STDOUT, env={
            **os.environ, "NAT": "all", "TANDEM": str(args.program),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SHARD": f"{number}/{args.jobs}"})


def reports(path):
    """What was run, as pytest's own reports are read."""
    for case in ET.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        if "skipped" in kinds:
            print(f"skipped: {case.get('name')}: "
                  f"{case.find('skipped').get('message')}")
            continue
        yield SimpleNamespace(
            nodeid=f"{case.get('classname')}::{case.get('name')}",
            outcome="failed" if kinds & {"failure", "error"} else "passed",
            duration=float(case.get("time")))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("-k", default="", metavar="WORDS",
                        help="only tests with these words in their names")
    parser.add_argument("program", nargs="?", type=Path, metavar="PROGRAM",
                        default=SCENARIO.parent.parent / "build/tandem")
    args = parser.parse_args()
    args.program = args.program.resolve()
    if os.geteuid():
        parser.error("network namespaces need root")

    begin, bad, found = time.monotonic(), False, []
    with tempfile.TemporaryDirectory() as folder:
        procs = [start(args, folder, n + 1) for n in range(args.jobs)]
        for number, proc in enumerate(procs, 1):
            if proc.wait() not in (0, 5):       # 5: no test of this name
                bad = True
                print(Path(f"{folder}/{number}.txt").read_text())
            found += reports(f"{folder}/{number}.xml")
    for text in nattable.lines(found):
        print(text)
    print(f"{len(found)} runs in {time.monotonic() - begin:.0f} s")
    return int(bad or not found)


if __name__ == "__main__":
    sys.exit(main())
