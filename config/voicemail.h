/**
 * @file config/voicemail.h  voicemail.conf
 *
 * As in config.h: read once, checked, read-only; a text that is not set is
 * NULL.
 */
#ifndef TANDEM_CONFIG_VOICEMAIL_H
#define TANDEM_CONFIG_VOICEMAIL_H

#include "base/compat.h"
#include "config/finding.h"

struct config;
struct hash;


/** What [general] says for all mailboxes and a mailbox for itself */
struct vm_opts {
	bool attach;          /* the message goes with the mail */
	bool del;             /* delete=: mailed messages are not kept */
	bool saycid;          /* the caller's number before a message */
	bool envelope;        /* date and time before a message */
	bool review;          /* callers may listen and record again */
	bool oper;            /* operator=: 0 leads to extension o */
	bool hidefromdir;     /* Directory() does not find it */
	bool forcename, forcegreetings; /* a new owner must record them */
	bool tempgreetwarn;   /* tell the owner of a temporary greeting */
	bool sayduration;     /* say how long a message is ... */
	bool nextaftercmd;    /* 7 and 9 go on with the next message */
	bool messagewrap;     /* ... after the last one the first */
	uint32_t saydurationm; /* ... from so many minutes on */
	uint32_t maxmsg;      /* of a folder */
	uint32_t maxsecs;     /* of a message; 0 = no limit */
	uint32_t minsecs;
	char *tz;             /* a zone of [zonemessages], or of the system;
				 NULL = the system's own */
	char *serveremail;
	char *exitcontext;    /* of the extensions o and a; NULL = the call's */
	char *language;       /* of the mailbox's owner; NULL = the call's */
	char *dialout;        /* context of calls from the menu; NULL none */
	char *callback;       /* ... to who left a message; NULL none */
};

/** One mailbox */
struct vm_box {
	struct le le;    /* vm_conf->boxes, in file order */
	struct le hle;
	char *context;
	char *name;      /* "100"; as context a plain word, safe in a path */
	char *pin;       /* "" = nobody may log in */
	bool pin_fixed;  /* written as -1234: its owner may not change it */
	char *fullname;  /* NULL */
	char *email;     /* several with '|' between; NULL */
	char *pager;     /* a short mail without attachment; NULL */
	struct vm_opts opts;
	struct conf_pos pos;
};

struct vm_conf {
	bool said;              /* there is a voicemail.conf */
	struct vm_opts opts;    /* of [general] */
	uint32_t maxsilence_s;  /* ends a message; 0 = off */
	uint32_t maxgreet_s;    /* 0 = no limit */
	uint32_t maxlogins;
	uint32_t minpin;        /* digits of a new PIN */
	bool moveheard;         /* heard messages go to Old */
	char *mailcmd;          /* program and arguments; no shell reads it */
	char *externnotify;     /* as mailcmd; NULL = none */
	char *fromstring;
	char *subject;          /* NULL = ours */
	char *body;
	char *dateformat;
	struct list zones;      /* struct var_def: name, "TZ|format" */
	struct list boxes;      /* struct vm_box */
	struct hash *hash;      /* the same by name; use config_vm_box() */
};

/** Find a mailbox (case-sensitive); context NULL or "": default.  NULL if
 *  there is none */
const struct vm_box *config_vm_box(const struct config *cfg, const char *name,
				   const char *context);

/** As config_vm_box() for "name[@context]" */
const struct vm_box *config_vm_box_pl(const struct config *cfg,
				      const struct pl *mailbox);

/** Time zone of the system's data base for a mailbox; NULL = the system's */
const char *config_vm_tz(const struct config *cfg, const struct vm_box *box,
			 char *buf, size_t n);

/** How the mailbox's zone says a time (as SayUnixTime does), NULL = in the
 *  language's way */
const char *config_vm_format(const struct config *cfg,
			     const struct vm_box *box);

#endif
