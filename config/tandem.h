/**
 * @file config/tandem.h  tandem.conf, rtp.conf, musiconhold.conf
 *
 * As in config.h: read once, checked, read-only; a text that is not set is
 * NULL.
 */
#ifndef TANDEM_CONFIG_TANDEM_H
#define TANDEM_CONFIG_TANDEM_H

#include "base/compat.h"
#include "base/log.h"
#include "config/finding.h"

struct config;


/** rtp.conf */
struct rtp_conf {
	uint16_t start;      /* first port */
	uint16_t end;        /* last port */
	bool strictrtp;      /* no = ranks are the same, see media/learn.c */
	uint32_t probation;  /* packets */
	uint32_t dtmftimeout; /* [RTP clock units] */
	struct conf_pos pos;
};

/** A class of musiconhold.conf */
struct moh_class {
	struct le le;
	char *name;
	char *mode;        /* "files", "playlist", "custom" ... */
	char *directory;   /* as written; relative to sounds/.. by the user */
	char *sort;        /* "random", "alpha", "randstart"; NULL = as found */
	char *application; /* of mode=custom: never executed */
	char *format;
	struct list entries; /* struct var_def: entry= of mode=playlist */
	struct conf_pos pos;
};

/** tandem.conf; paths are absolute or start at the configuration directory,
 *  already joined */
struct dirs {
	char *run;    /* console socket, pid */
	char *state;  /* tandem.db */
	char *spool;  /* recordings, voicemail */
	char *sounds; /* prompts, one folder per language; several directories
			 may stand here with ':' between, first hit wins */
	char *moh;    /* default directory of music on hold */
	char *agi;    /* programs of AGI() */
	char *log;    /* log file of loglevel; NULL = stderr */
};

/** tandem.conf, [sipd]: for a sip.conf of sipd */
struct sipd_opts {
	char *country;   /* digits */
	char *city;
	uint32_t ring_s;
};

enum { NAMESERVERS_MAX = 4 };

struct tandem_conf {
	enum log_level loglevel;
	enum log_format logformat;
	char *logfile;         /* joined with dirs.log; NULL = stderr */
	uint32_t threads;      /* media threads; 0 = by the machine */
	uint32_t maxcalls;     /* 0 = no limit */
	bool record_mono;      /* recordings mixed to one channel */
	uint32_t record_lowwater; /* [%] free, else none begins; 0 off */
	bool record_mandatory; /* no call without its recording */
	bool allowsystem;      /* System, SHELL ... may run programs */
	uint32_t systemtimeout_s; /* ... for so long */
	char *systemname;
	char *runuser, *rungroup; /* started as root: become them; NULL the
				     owner of dirs.state */
	struct sa nameservers[NAMESERVERS_MAX]; /* with port */
	size_t nameserverc;    /* 0 = those of the system */
};

enum { GUARD_BANS_MAX = 4 };

/** tandem.conf, [guard] */
struct guard_conf {
	bool enable;
	struct list allow;     /* struct acl_rule: never limited or banned */
	char *scanners;        /* comma list: parts of a User-Agent */
	uint32_t rate;         /* of a stranger's address [1/s] */
	uint32_t rate_net;     /* of its network, /24 or /64 [1/s] */
	uint32_t rate_all;     /* of all strangers [1/s] */
	uint32_t failures;     /* in a minute, then a ban */
	uint32_t ban_s[GUARD_BANS_MAX]; /* first, second ... ban */
	size_t banc;
	char *nft;             /* "family table set"; NULL = off */
	char *country;         /* for what is international; NULL = not said */
	char *premium;         /* comma list of prefixes; NULL = country's */
};

/** tandem.conf, [forward] */
struct forward_conf {
	bool codes;            /* star codes of phones */
	char *all;             /* "*72"; NULL = none */
	char *missed;          /* busy and no answer */
	char *busy;
	char *noanswer;
	char *cancel;          /* all of them */
	char *dnd;
	char *dnd_off;
	uint32_t noanswer_s;   /* a phone rings so long before it */
};

/** Context of the star codes: a phone reaches it with what its own context
 *  does not have */
#define CONFIG_STAR_CONTEXT "tandem-star"

/** Find a class of music on hold; NULL if there is none */
const struct moh_class *config_moh(const struct config *cfg, const char *name);

#endif
