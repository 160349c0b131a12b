#!/usr/bin/env python3
"""Every application and function of the dialplan has a golden row: a line
{"Name", ... in one of the tests below, or a test of its own; and `tandem -t`
knows every variable that one of them sets.

Each finding is a line "name: what".
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROWS = ("test_golden.c", "test_apps_plan.c")
# Those with more to them than a row can show have tests of their own.
OWN = {
    "test_queue_calls.c": "AddQueueMember PauseQueueMember Queue QueueLog "
    "RemoveQueueMember UnpauseQueueMember QUEUE_EXISTS QUEUE_MEMBER "
    "QUEUE_MEMBER_LIST QUEUE_MEMBER_PENALTY QUEUE_VARIABLES "
    "QUEUE_WAITING_COUNT QUEUE_MEMBER_COUNT QUEUE_GET_CHANNEL",
    "test_confbridge.c": "ConfBridge ConfKick CONFBRIDGE CONFBRIDGE_INFO "
    "CONFBRIDGE_CHANNELS",
    "test_sipd.c": "SIPD",
    "test_meetme.c": "MeetMe MeetMeAdmin MeetMeCount",
    "test_spy.c": "ChanSpy ExtenSpy Page",
}


def table():
    text = (ROOT / "apps/apps.h").read_text()
    for kind in ("APPS", "FUNCS"):
        start = text.index(f"#define {kind}(X)")
        yield from re.findall(r"X\((\w+)\)",
                              text[start + 15:text.index("\n\n", start)])


def covered():
    names = set()
    for file in ROWS:
        text = (ROOT / "tests/unit" / file).read_text()
        names |= {n.lower() for n in re.findall(r'\{"(\w+)",', text)}
    for file, words in OWN.items():
        path = ROOT / "tests/unit" / file
        if path.exists():
            names |= {word.lower() for word in words.split()}
    return names


SETS = (r'(?:call_set_var|vars_set_str|vars_printf)\(\s*[\w>.-]+,\s*'
        r'"([A-Z][A-Z0-9_]+)"')
FAMILIES = ("QUEUE", "QE", "VM_", "MEMBER", "SIPADDHEADER")


def unknown_variables():
    """What is set, and would be reported as set by nobody."""
    known = "".join((ROOT / file).read_text() for file in
                    ("config/check_ref.c", "b2bua/expand.c"))
    for file in sorted(ROOT.glob("apps/*.c")):
        for name in re.findall(SETS, file.read_text()):
            if f'"{name}"' not in known and not name.startswith(FAMILIES):
                yield f"{name}: {file.name} sets it, config/check_ref.c does "\
                    "not know it"


def main():
    missing = sorted(set(table()) - covered())
    for name in missing:
        print(f"{name}: no row in tests/unit/test_golden.c, and no test of "
              "its own that tests/check_golden.py knows")
    unknown = sorted(set(unknown_variables()))
    print("\n".join(unknown), end="\n" if unknown else "")
    return bool(missing or unknown)


if __name__ == "__main__":
    sys.exit(main())
