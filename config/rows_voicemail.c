/**
 * @file config/rows_voicemail.c  Options of voicemail.conf
 */
#include "config/rows.h"
#include "config/voicemail.h"


/* clang-format off */

#define V(m)  .scope = OPT_VM, .off = offsetof(struct vm_conf, m)
#define B(m)  .scope = OPT_VMBOX, .off = offsetof(struct vm_opts, m)

/* reasons that several rows share */
#define NO_VMPROG   "no program is run, phones and watchers are told at once"
#define NO_VMIMAP   "messages are files below the spool directory"

static const struct opt rows[] = {

/* --- voicemail.conf [general] ------------------------------------------- */
NONE("format", OPT_VM, "Formats of messages.",
     "messages are kept as 16-bit wav, which every mail program plays"),
U32(0, 86400, "maxsilence", NULL, V(maxsilence_s), "10",
    "Seconds of silence that end a message; 0 is never."),
NONE("silencethreshold", OPT_VM, "What counts as silence.",
     "the level is found by itself"),
U32(0, 86400, "maxgreet", NULL, V(maxgreet_s), "60",
    "Longest greeting in seconds; 0 is without limit (chan_sip: 0)."),
U32(1, 100, "maxlogins", NULL, V(maxlogins), "3",
    "Attempts at a PIN in a call."),
U32(0, 64, "minpassword", NULL, V(minpin), "4",
    "Digits that a new PIN needs (chan_sip: 0)."),
BOOL("moveheard", NULL, V(moveheard), "yes",
     "Messages that were heard go to the folder Old."),
FN(set_mailcmd, "mailcmd", NULL, V(mailcmd), "/usr/sbin/sendmail -t",
   "Program that gets each mail on its standard input; words are separated "
   "by blanks, no shell reads them."),
STR("fromstring", NULL, V(fromstring), "Tandem",
    "Name of the sender of mails."),
STR("emailsubject", NULL, V(subject), NULL,
    "Subject of mails, with ${VM_NAME}, ${VM_DUR}, ${VM_MSGNUM}, "
    "${VM_MAILBOX}, ${VM_CALLERID}, ${VM_CIDNUM}, ${VM_CIDNAME}, "
    "${VM_DATE}, ${VM_MESSAGEFILE}."),
STR("emailbody", NULL, V(body), NULL,
    "Text of mails, with the same variables; \\n is a new line."),
STR("emaildateformat", NULL, V(dateformat), "%A, %B %d, %Y at %r",
    "Date in mails, as strftime writes it."),
NONE("pagersubject", OPT_VM, "Subject of mails to a pager.",
     "emailsubject is used"),
NONE("pagerbody", OPT_VM, "Text of mails to a pager.",
     "emailbody is used, without attachment"),
NONE("pagerfromstring", OPT_VM, "Sender of mails to a pager.",
     "fromstring is used"),
NONE("pagerdateformat", OPT_VM, "Date in mails to a pager.",
     "emaildateformat is used"),
NONE("charset", OPT_VM, "Character set of mails.", "it is UTF-8"),
NONE("skipms", OPT_VM, "Step of skipping inside a message.",
     "a message is played as a whole, 5 repeats it"),
FN(set_mailcmd, "externnotify", NULL, V(externnotify), NULL,
   "Program that is run after every change of a mailbox, without a shell, "
   "with the context, the mailbox, and the number of new, old and urgent "
   "messages."),
NONE("externpass", OPT_VM, "Program run for a new PIN.", NO_VMPROG),
NONE("externpassnotify", OPT_VM, "Program run for a new PIN.", NO_VMPROG),
NONE("externpasscheck", OPT_VM, "Program that judges a new PIN.", NO_VMPROG),
NONE("smdienable", OPT_VM, "Message lamps over SMDI.", "SIP is used"),
NONE("pollmailboxes", OPT_VM, "Look for changes of others.",
     "a reload reads the folders again"),
NONE("pollfreq", OPT_VM, "Seconds between two looks.",
     "a reload reads the folders again"),
NONE("usedirectory", OPT_VM, "Choose a mailbox by name when forwarding.",
     "its number is dialled"),
NONE("searchcontexts", OPT_VM, "Look for a mailbox in all contexts.",
     "default is meant without @context"),
NONE("directoryintro", OPT_VM, "Prompt of the directory.",
     "the stock one is played"),
NONE("imapserver", OPT_VM, "Messages at an IMAP server.", NO_VMIMAP),
NONE("imapport", OPT_VM, "Messages at an IMAP server.", NO_VMIMAP),
NONE("imapfolder", OPT_VM, "Messages at an IMAP server.", NO_VMIMAP),
NONE("imapflags", OPT_VM, "Messages at an IMAP server.", NO_VMIMAP),
NONE("odbcstorage", OPT_VM, "Messages in a database.", NO_VMIMAP),
NONE("odbctable", OPT_VM, "Messages in a database.", NO_VMIMAP),

/* --- voicemail.conf [general] and mailboxes ----------------------------- */
BOOL("attach", NULL, B(attach), "yes",
     "The message goes with the mail."),
NONE("attachfmt", OPT_VMBOX, "Format of the attachment.",
     "it is the file as it is kept: wav"),
BOOL("delete", NULL, B(del), "no",
     "Messages that were handed to the mail program are not kept."),
BOOL("saycid", NULL, B(saycid), "no",
     "Say the caller's number before a message."),
BOOL("envelope", NULL, B(envelope), "yes",
     "Say date and time before a message."),
BOOL("review", NULL, B(review), "no",
     "Callers may listen to their message and record it again."),
BOOL("operator", NULL, B(oper), "no",
     "Callers reach extension o with 0."),
U32(1, 9999, "maxmsg", NULL, B(maxmsg), "100",
    "Messages that a folder holds."),
U32(0, 86400, "maxsecs", "maxmessage", B(maxsecs), "600",
    "Longest message in seconds; 0 is without limit (chan_sip: 0)."),
U32(0, 3600, "minsecs", "minmessage", B(minsecs), "0",
    "Shorter messages are not kept."),
STR("tz", NULL, B(tz), NULL,
    "Zone of [zonemessages] that dates are said in."),
STR("serveremail", NULL, B(serveremail), "tandem",
    "Address of the sender of mails."),
STR("exitcontext", NULL, B(exitcontext), NULL,
    "Context of the extensions o and a."),
STR("language", NULL, B(language), NULL,
    "Language that the owner's menu speaks."),
NONE("locale", OPT_VMBOX, "Language of dates in mails.",
     "they are English"),
NONE("volgain", OPT_VMBOX, "Louder mails.", "recordings stay as they are"),
BOOL("nextaftercmd", NULL, B(nextaftercmd), "no",
     "Deleting or saving a message goes on with the next one."),
BOOL("forcename", NULL, B(forcename), "no",
     "A new owner, whose PIN is the mailbox's number, must choose a PIN and "
     "record the name."),
BOOL("forcegreetings", NULL, B(forcegreetings), "no",
     "... and both greetings."),
BOOL("tempgreetwarn", NULL, B(tempgreetwarn), "yes",
     "Tell the owner that there is a temporary greeting."),
BOOL("hidefromdir", "hidefromdirectory", B(hidefromdir), "no",
     "Directory() does not find the owner."),
BOOL("sayduration", NULL, B(sayduration), "yes",
     "Say the length of a message in minutes before it ..."),
U32(0, 1440, "saydurationm", NULL, B(saydurationm), "2",
    "... if it has so many."),
STR("dialout", NULL, B(dialout), NULL,
    "Context in which the owner may call somebody from the menu (3, 4)."),
STR("callback", NULL, B(callback), NULL,
    "Context in which the owner may call who left a message (3, 2)."),
NONE("backupdeleted", OPT_VMBOX, "Keep deleted messages.",
     "deleted messages are removed when the menu is left"),
NONE("passwordlocation", OPT_VMBOX, "Where a new PIN is kept.",
     "in the spool directory; voicemail.conf is never written"),
BOOL("messagewrap", NULL, B(messagewrap), "no",
     "After the last message comes the first one."),
NONE("imapuser", OPT_VMBOX, "Messages at an IMAP server.", NO_VMIMAP),
NONE("imappassword", OPT_VMBOX, "Messages at an IMAP server.", NO_VMIMAP),
};
/* clang-format on */

const struct opt_rows opt_rows_voicemail = {rows, ARRAY_SIZE(rows)};
