"""What an office is made of: phones that register, and lines to providers,
as they stand in sip.conf."""

SECRETS = {"1001": "linde-Besen-1001", "1002": "eiche-Kanne-1002",
           "1003": "ahorn-Tasse-1003", "1004": "birke-Gabel-1004",
           "1005": "pappel-Teller-1005"}

PHONE = """\
[phone](!)
type=friend
host=dynamic
context=office
"""


def phones_conf(users, common=""):
    """Phones with what they have in common; users: their names, or
    {name: options of its own}.  An option that is added behind it all is the
    last one's."""
    own = users if isinstance(users, dict) else dict.fromkeys(users, "")
    return PHONE + ended(common) + "".join(
        phone_conf(user, options) for user, options in own.items())


def phone_conf(user, options=""):
    """One more, behind phones_conf()."""
    return f"\n[{user}](phone)\nsecret={SECRETS[user]}\n{ended(options)}"


def line_conf(port, more="", name="line", context="incoming",
              insecure="invite"):
    """A provider at this port, who proves itself by its address."""
    return (f"\n[{name}]\ntype=peer\nhost=127.0.0.1\nport={port}\n"
            f"insecure={insecure}\ncontext={context}\n{ended(more)}")


def ended(text):
    """Its last line has an end, if there is a line."""
    return text if not text or text.endswith("\n") else text + "\n"


OFFICE_SIP = phones_conf({"1001": 'callerid="Anna" <1001>',
                          "1002": 'callerid="Bert" <1002>', "1003": ""},
                         "call-limit=8\ndisallow=all\nallow=ulaw,alaw")

OFFICE_PLAN = """\
[office]
exten => _100X,1,Dial(SIP/${EXTEN},20)
 same => n,Hangup()
exten => 600,1,Answer()
 same => n,Echo()
"""
