#!/usr/bin/env python3
"""Each promise of docs/security.md names its test: all of them exist.

    tests/check_promises.py

Each finding is a line "file:line: what".
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/security.md"
NAME = r"(?:test|fuzz)_\w+"
IN_FILE = re.compile(rf"({NAME}): ((?:`[\w*]+`(?:, )?)+)")


def files():
    """{file without ending: the tests in it}"""
    found = {}
    for path in ROOT.glob("tests/*/*"):
        if path.suffix in (".py", ".c") and re.match(NAME, path.stem):
            found[path.stem] = set(re.findall(
                rf"^(?:def|static void) ({NAME})\(", path.read_text(), re.M))
    return found


def has(names, word):
    """Is there such a test?  It may end in *."""
    want = re.compile(word.replace("*", r"\w*"))
    return any(want.fullmatch(name) for name in names)


def missing(line, found):
    """What of this line does not exist."""
    for word in re.findall(rf"(?<![\w`])({NAME})\b", line):
        if word not in found:
            yield f"there is no {word}"
    for file, words in IN_FILE.findall(line):
        for word in re.findall(r"`([\w*]+)`", words):
            if word.startswith("test_") and \
                    not has(found.get(file, ()), word):
                yield f"there is no {word} in {file}"
    every = set().union(*found.values())
    for word in re.findall(r"`(test_[\w*]+)`", IN_FILE.sub("", line)):
        if not has(every, word):
            yield f"there is no {word}"


def main():
    found, bad = files(), 0
    for number, line in enumerate(
            (ROOT / PAGE).read_text().splitlines(), 1):
        for what in missing(line, found):
            print(f"{PAGE}:{number}: {what}")
            bad += 1
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
