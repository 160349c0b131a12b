#!/usr/bin/env python3
"""The folders are layers: fail on an #include that goes upwards, and on a
function that the house does not use.

    tests/check_layers.py [layers] [banned]

Each finding is a line "file:line: what".
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Whose headers each folder may include.
LAYERS = {
    "base": {"base"},
    "sip": {"base", "sip"},
    "config": {"base", "config"},
    "media": {"base", "media"},
    "routing": {"base", "config", "routing"},
    "store": {"base", "store"},
    "b2bua": {"base", "sip", "config", "media", "routing", "store", "b2bua"},
    "apps": {"base", "config", "routing", "b2bua", "apps"},
    "control": {"base", "sip", "config", "media", "routing", "store", "b2bua",
                "apps", "control"},
}

# main.c ties the layers together, so it may see all of them.
MAIN = "b2bua/main.c"

# Media keeps its inside to itself: the layers above see only these.
MEDIA_PUBLIC = {"media/media.h", "media/msg.h"}
MEDIA_USERS = {"b2bua", "apps", "control"}

BANNED = ("strcpy strncpy strcat strncat sprintf vsprintf gets atoi atol atoll "
          "atof strtol strtoll strtoul strtoull scanf sscanf fscanf strtok "
          "alloca system popen mktemp tmpnam rand srand random").split()

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]')
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")[ \t]*\(")
NOISE = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
                   r'|//[^\n]*|/\*.*?\*/', re.S)


def sources(folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(
                encoding="utf-8", errors="replace")


def blank(match):
    """Comments and strings become blanks; the lines stay where they are."""
    return re.sub(r"[^\n]", " ", match.group(0))


def forbidden(name, folder, target):
    if name == MAIN:
        return None
    top = target.split("/")[0]
    if top in LAYERS and top not in LAYERS[folder]:
        return f"{folder}/ may not include {top}/"
    if top == "media" and folder in MEDIA_USERS and \
            target not in MEDIA_PUBLIC:
        return f"{folder}/ sees only {', '.join(sorted(MEDIA_PUBLIC))}"
    return None


def check_include(name, folder, kind, target):
    if kind == '"' and "/" not in target:
        return f'"{target}": includes are written from the root'
    if target == "re.h" and name != "base/compat.h":
        return "libre is included through base/compat.h"
    if kind == '"' and target.split("/")[0] not in LAYERS:
        return f'"{target}" belongs to no layer'
    return forbidden(name, folder, target)


def check_layers():
    for name, text in sources(LAYERS):
        folder = name.split("/")[0]
        for no, line in enumerate(text.splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            bad = check_include(name, folder, *match.groups())
            if bad:
                yield f"{name}:{no}: {bad}"


def check_banned():
    for name, text in sources([*LAYERS, "tests"]):
        for no, line in enumerate(NOISE.sub(blank, text).splitlines(), 1):
            for match in CALL.finditer(line):
                yield f"{name}:{no}: {match.group(1)}() is not used here"


def main(args):
    checks = {"layers": check_layers, "banned": check_banned}
    bad = [arg for arg in args if arg not in checks]
    if bad:
        print(__doc__, file=sys.stderr)
        return 2

    found = [line for arg in args or checks for line in checks[arg]()]
    for line in found:
        print(line)

    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
