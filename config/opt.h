/**
 * @file config/opt.h  One option of a configuration file
 *
 * Inside of config/.  A row of the table says everything about an option: its
 * names, where it may stand, how its text becomes a value, what Tandem does
 * with it and one sentence for the manual.  Defaults pass through the same
 * setter as the file's lines, so the manual cannot differ from the program.
 */
#ifndef TANDEM_CONFIG_OPT_H
#define TANDEM_CONFIG_OPT_H

#include "config/finding.h"
#include "config/parse.h"

struct auth_cred;
struct config;
struct followme_opts;
struct host_port;
struct moh_class;
struct park_lot;
struct peer;
struct queue_conf;
struct reg_line;
struct room_bridge;
struct room_user;
struct route;
struct trunk;
struct vm_opts;

/** Bits.  A section's lines look for their bit: a peer's for OPT_P, which
 *  OPT_GP has as well. */
enum opt_scope {
	OPT_G = 1,  /* [general]; lives in struct general */
	OPT_P = 2,  /* a peer's section; lives in struct peer */
	OPT_GP = 3, /* both; lives in struct peer, [general] is the default */
	OPT_SIP = 3, /* mask: any of sip.conf */
	OPT_RTP = 4, /* rtp.conf; struct rtp_conf */
	OPT_MOH = 8, /* a class of musiconhold.conf; struct moh_class */
	OPT_DIR = 16, /* [directories] of tandem.conf; struct dirs */
	OPT_TANDEM = 32, /* [general] of tandem.conf; struct tandem_conf */
	OPT_EXT = 64, /* [general] of extensions.conf; struct dialplan */
	OPT_GUARD = 128, /* [guard] of tandem.conf; struct guard_conf */
	OPT_VM = 256, /* [general] of voicemail.conf; struct vm_conf */
	OPT_VMBOX = 512, /* ... and mailboxes; struct vm_opts */
	OPT_QUEUES = 1024, /* [general] of queues.conf; struct queues_conf */
	OPT_QUEUE = 2048, /* a queue; struct queue_conf */
	OPT_SIPD = 1 << 19, /* [sipd] of tandem.conf; struct sipd_opts */
	OPT_RUSER = 1 << 26,   /* a user of confbridge.conf; room_user */
	OPT_RBRIDGE = 1 << 27, /* a bridge of it; struct room_bridge */
	OPT_MEET = 1 << 28,    /* meetme.conf; nothing is kept */
	OPT_ROUTE = 1 << 20, /* a route of routes.conf; struct route */
	OPT_TRUNK = 4096, /* a trunk group of sip.conf; struct trunk */
	OPT_FEAT = 1 << 22, /* [general] of features.conf; struct features_conf */
	OPT_FMAP = 1 << 23, /* ... [featuremap] */
	OPT_LOT = 1 << 24, /* a lot of res_parking.conf; struct park_lot */
	OPT_FOLLOW = 1 << 25, /* followme.conf; struct followme_opts */
	OPT_FWD = 1 << 29, /* [forward] of tandem.conf; struct forward_conf */
};

enum opt_type {
	OPT_NONE, /* not stored */
	OPT_STR,  /* char * */
	OPT_TEXT, /* char *, may be set empty */
	OPT_BOOL, /* bool */
	OPT_U32,  /* uint32_t, min..max */
	OPT_U16,  /* uint16_t, min..max */
	OPT_WORD, /* enum, one of `words` */
	OPT_SA,   /* struct sa: an address without port */
	OPT_FN,   /* seth does it */
};

/** What Tandem does with it */
enum opt_how {
	OPT_HONOURED,
	OPT_ACCEPTED, /* read, has no effect: `instead` says what happens */
	OPT_LEGACY,   /* read; has no effect in current Asterisk either */
	OPT_REFUSED,  /* yes-values are an error: `instead` says why */
};

struct opt_word {
	const char *name;
	int value;
};

struct opt;

/** What a setter works on */
struct opt_ctx {
	struct config *cfg;
	struct peer *peer;           /* target of OPT_P and OPT_GP */
	struct moh_class *moh;       /* target of OPT_MOH */
	struct vm_opts *vmopts;      /* target of OPT_VMBOX */
	struct followme_opts *followme; /* target of OPT_FOLLOW */
	struct room_user *room_user; /* target of OPT_RUSER */
	struct room_bridge *room_bridge; /* target of OPT_RBRIDGE */
	struct queue_conf *queue;    /* target of OPT_QUEUE */
	struct route *route;         /* target of OPT_ROUTE */
	struct trunk *trunk;         /* target of OPT_TRUNK */
	struct park_lot *lot;        /* target of OPT_LOT */
	const struct opt *opt;
	const struct conf_var *var;  /* NULL for a default */
	const char *key;             /* name as written */
	struct pl val;               /* trimmed value */
	struct conf_pos pos;         /* of the value */
	struct findings *f;
	bool general;                /* the line is in [general] */
};

/** @return 0 if success (a bad value is a finding), ENOMEM */
typedef int(opt_set_h)(struct opt_ctx *ctx, void *field);

struct opt {
	const char *name;
	const char *aliases; /* old names, separated by blanks; NULL */
	enum opt_type type;
	enum opt_scope scope;
	size_t off;          /* in the struct of its scope */
	const char *def;     /* default in the file's words; NULL = not set */
	enum opt_how how;
	const char *doc;     /* one sentence */
	const char *instead;
	uint32_t min, max;
	const struct opt_word *words; /* ends with a NULL name */
	opt_set_h *seth;
};

/** Row i of all files; NULL at the end.  Those of one scope follow the order of
 *  the manual */
const struct opt *opt_at(size_t i);
size_t opt_count(void);

/** The i of a row */
size_t opt_no(const struct opt *opt);

/** Set a value by a row: reads ctx->val, writes the field.  ENOMEM only */
int opt_set(struct opt_ctx *ctx);

/** Set a value by a row, and say so if Tandem does not use it */
int opt_apply(struct opt_ctx *ctx);

/** Apply the defaults of the rows whose scope is in `mask` (enum opt_scope);
 *  ctx names the targets */
int opt_defaults(struct opt_ctx *ctx, unsigned mask);

/** All names and aliases of the rows in `mask`, sorted */
struct opt_index;
int opt_index_alloc(struct opt_index **ixp, unsigned mask);

/** Find a row that may stand in one of the scopes by name or alias, case
 *  ignored; NULL */
const struct opt *opt_lookup(const struct opt_index *ix, const char *name,
			     unsigned mask);

/** The nearest name that may stand in one of the scopes; NULL */
const char *opt_nearest(const struct opt_index *ix, const char *name,
			unsigned mask);

/** Find the row, set the value.  An unknown name is a finding that begins
 *  with `where` ("[general]").  *optp (may be NULL) is set to the row. */
int opt_line(struct opt_ctx *ctx, const struct opt_index *ix, unsigned mask,
	     const struct conf_var *var, const char *where,
	     const struct opt **optp);

/** Words of a row, for %H */
int opt_words_print(struct re_printf *pf, const struct opt_word *w);

/* setters of particular options (set_*.c) */
opt_set_h set_bindaddr, set_bindport, set_hostport, set_localnet, set_domain,
	set_register, set_mwi, set_tos, set_notifyringing, set_notifycid;
opt_set_h set_type, set_host, set_md5secret, set_sha256secret, set_auth,
	set_callerid, set_trunkname, set_hasvoicemail, set_insecure,
	set_permit, set_deny, set_contactpermit, set_contactdeny,
	set_dmpermit, set_dmdeny, set_nat, set_transport, set_outboundproxy,
	set_qualify, set_keepalive, set_groups, set_setvar, set_header,
	set_callingpres, set_taglen;
opt_set_h set_allow, set_disallow, set_directmedia, set_t38, set_faxdetect,
	set_video;
opt_set_h set_runuser, set_rungroup;
opt_set_h set_loglevel, set_logformat, set_moh_random, set_moh_entry;
opt_set_h set_bantimes, set_nft, set_country, set_premium;
opt_set_h set_room_count;
opt_set_h set_room_rate, set_room_rate_max;
opt_set_h set_queue_empty;
opt_set_h set_route_pattern, set_sipd_code;
opt_set_h set_nameserver, set_trunk, set_member, set_failover;
opt_set_h set_keys, set_parkpos;
opt_set_h set_mailcmd, set_code, set_answer_keys;

/** Split host[:port], [v6]:port or a bare IPv6 address; EINVAL if it is none */
int hostport_decode(struct host_port *hp, const struct pl *pl);
void hostport_reset(struct host_port *hp);

/** Append "name=value" to a list of struct var_def */
int var_def_add(struct list *list, const struct pl *name,
		const struct pl *value, const struct conf_pos *pos);

/** Append user:secret@realm to a list of struct auth_cred; EINVAL if
 *  malformed */
int auth_cred_add(struct list *list, const struct pl *val);

/** Parse a register => line.  *what is set if EINVAL: what was expected */
int reg_line_decode(struct reg_line **rp, const struct pl *val,
		    uint32_t defexpiry_s, const char **what);

/** Add a warning that a value is not what the option takes */
void opt_bad_value(const struct opt_ctx *ctx, const char *expected);

/** A peer that is in no list yet; NULL if out of memory */
struct peer *config_peer_alloc(void);

/** A peer with the values of another one, without name and place; NULL if
 *  out of memory */
struct peer *config_peer_derive(const struct peer *defaults);

#endif
