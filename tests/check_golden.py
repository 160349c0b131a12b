#!/usr/bin/env python3
"""Every application and function of the dialplan has a golden row: a line
{"Name", ... in one of the tests below, or a test of its own; `tandem -t` knows
every variable that one of them sets; and none is missing of those that plans
use.

Each finding is a line "name: what".
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROWS = ("test_golden.c", "test_golden_func.c", "test_apps_plan.c")
# Those with more to them than a row can show have tests of their own.
OWN = {
    "test_queue_members.c": "AddQueueMember PauseQueueMember Queue QueueLog "
    "RemoveQueueMember UnpauseQueueMember QUEUE_EXISTS QUEUE_MEMBER "
    "QUEUE_MEMBER_LIST QUEUE_MEMBER_PENALTY QUEUE_VARIABLES "
    "QUEUE_WAITING_COUNT QUEUE_MEMBER_COUNT QUEUE_GET_CHANNEL",
    "test_confbridge.c": "ConfBridge ConfKick CONFBRIDGE CONFBRIDGE_INFO "
    "CONFBRIDGE_CHANNELS",
    "test_sipd.c": "SIPD",
    "test_meetme.c": "MeetMe MeetMeAdmin MeetMeCount",
    "test_spy.c": "ChanSpy ExtenSpy Page",
}


def table(kind):
    text = (ROOT / "apps/apps.h").read_text()
    start = text.index(f"#define {kind}(X)")
    return set(re.findall(r"X\((\w+)\)",
                          text[start + 15:text.index("\n\n", start)]))


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


# What plans use; of the rest `tandem -t` says what to use instead
# (apps/rare.c).
USED = {
    "APPS": """
    Answer Hangup Wait WaitExten Goto GotoIf GotoIfTime Gosub Return StackPop
    GosubIf Macro MacroExit MacroIf MacroExclusive Set MSet SetGlobalVar
    ImportVar ClearHash NoOp Verbose Log DumpChan ExecIf ExecIfTime Exec
    TryExec While EndWhile ExitWhile ContinueWhile RaiseException Incomplete
    Proceeding Progress Ringing Busy Congestion Transfer Originate System
    TrySystem AGI EAGI FastAGI DeadAGI UserEvent SendDTMF SendText
    ChannelRedirect SoftHangup ChanIsAvail Pickup PickupChan ResetCDR NoCDR
    SetAMAFlags SetCallerPres Playback Background BackgroundDetect Read
    ReadExten Record MusicOnHold StartMusicOnHold StopMusicOnHold Echo
    Milliwatt SayDigits SayNumber SayAlpha SayPhonetic SayUnixTime DateTime
    Playtones StopPlaytones MixMonitor StopMixMonitor Monitor StopMonitor
    ChangeMonitor PauseMonitor UnpauseMonitor ChanSpy ExtenSpy Directory AMD
    Dial Queue AddQueueMember RemoveQueueMember PauseQueueMember
    UnpauseQueueMember QueueLog FollowMe VoiceMail VoiceMailMain
    VMAuthenticate MailboxExists VoiceMailPlayMsg ConfBridge MeetMe Park
    ParkedCall ParkAndAnnounce Page DISA Authenticate PrivacyManager
    Zapateller LookupBlacklist DBput DBget DBdel DBdeltree SetCallerID
    SetCIDNum SetCIDName Cut StripLSD Prefix Suffix SetLanguage SetAccount
    SetMusicOnHold SetGroup CheckGroup SetVar SIPAddHeader SIPRemoveHeader""",
    "FUNCS": """
    CALLERID CONNECTEDLINE REDIRECTING CHANNEL CDR CDR_PROP HANGUPCAUSE
    HANGUPCAUSE_KEYS DB DB_DELETE DB_EXISTS DB_KEYS EVAL FIELDQTY FIELDNUM CUT
    LEN REPLACE STRREPLACE TOUPPER TOLOWER FILTER PASSTHRU QUOTE CSV_QUOTE
    URIENCODE URIDECODE BASE64_ENCODE BASE64_DECODE MD5 SHA1 KEYPADHASH REGEX
    STRFTIME STRPTIME SORT SHIFT POP PUSH UNSHIFT LISTFILTER IF IFTIME
    IFMODULE ISNULL EXISTS SET RAND MATH INC DEC SPRINTF VERSION ENV STAT FILE
    GLOBAL ARRAY HASH HASHKEYS MASTER_CHANNEL SHARED IMPORT LOCAL STACK_PEEK
    GROUP GROUP_COUNT GROUP_MATCH_COUNT GROUP_LIST TIMEOUT CURL CURLOPT SHELL
    DEVICE_STATE EXTENSION_STATE HINT SIPPEER SIP_HEADER SIP_HEADERS
    SIPCHANINFO CHECKSIPDOMAIN VMCOUNT MAILBOX_EXISTS VM_INFO BLACKLIST
    VALID_EXTEN DIALPLAN_EXISTS DIALGROUP QUEUE_MEMBER QUEUE_WAITING_COUNT
    QUEUE_EXISTS QUEUE_VARIABLES EXCEPTION CONFBRIDGE CONFBRIDGE_INFO""",
}
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
    missing = sorted((table("APPS") | table("FUNCS")) - covered())
    for name in missing:
        print(f"{name}: no row in tests/unit/test_golden*.c, and no test of "
              "its own that tests/check_golden.py knows")
    unknown = sorted(set(unknown_variables()))
    print("\n".join(unknown), end="\n" if unknown else "")
    absent = [name for kind, names in USED.items() for name in names.split()
              if name.lower() not in table(kind)]
    for name in absent:
        print(f"{name}: plans use it, apps/apps.h has it not")
    return bool(missing or unknown or absent)


if __name__ == "__main__":
    sys.exit(main())
