/**
 * @file config/sipd.h  The sip.conf of sipd, another small server
 *
 * One thread while loading, then read-only like all of struct config.
 *
 * Its sections have no type=; a client's numbers stand in exten=.  Such a file
 * is read as what it means: what its values say (sipd_val.c) makes clients
 * (sipd_client.c), sections become peers by the words of chan_sip
 * (sipd_sip.c), numbers, star codes and gateways a dialplan (sipd_plan.c).
 * What the plan cannot say in Asterisk's words it asks the function SIPD(),
 * which finds the client here.
 */
#ifndef TANDEM_CONFIG_SIPD_H
#define TANDEM_CONFIG_SIPD_H

#include "base/perlre.h"
#include "config/config.h"

enum sipd_kind {
	SIPD_CLIENT = 0,
	SIPD_GATEWAY,   /* accountcode=gateways: a trunk */
	SIPD_MEDIAGATE, /* accountcode=mediagates: speaks the answers */
	SIPD_AGIGATE,   /* accountcode=agigates: not asked */
};

/** How a client's calls are sent on */
enum sipd_fwd {
	SIPD_FWD_NONE = 0,
	SIPD_FWD_ALWAYS,  /* =F */
	SIPD_FWD_UNAVAIL, /* ~F: off, busy, refused, not answered */
};

enum {
	SIPD_CHAIN_MAX = 64,
	SIPD_TEXT_MAX = 64, /* a name or number */
};

/** exten=L#S(N)=F taken apart */
struct sipd_exten {
	struct pl number;  /* L: public */
	struct pl shortno; /* S: inside of the group */
	struct pl chain;   /* N: "1,3-5" */
	enum sipd_fwd how;
	struct pl target;  /* F */
};

/** One section */
struct sipd_client {
	struct le le;        /* sipd_conf->clients, in file order */
	char *name;          /* also the peer's */
	enum sipd_kind kind;
	char *group;         /* accountcode, "" if there is none */
	char *number;        /* L with more than 4 digits; NULL */
	char *shortno;       /* S, or L with up to 4 digits; NULL */
	enum sipd_fwd how;   /* as the file has it, before star codes */
	char *target;        /* F, NULL */
	const struct sipd_client *chainv[SIPD_CHAIN_MAX]; /* no reference */
	size_t chainc;
	char *chain;         /* N as written; NULL */
	struct perlre *limit; /* what may be dialled; NULL: everything */
	bool nothing;        /* ... cannot be read: nothing */
	char *prefix;        /* of a gateway; "" for a private one */
	bool plain;          /* gateway with prefix 9: numbers as dialled */
	char *callerid;      /* ten digits; NULL */
	bool has_secret, has_host, has_permit;
	struct conf_pos pos;
};

struct sipd_conf {
	const struct sipd_opts *opts; /* of tandem.conf */
	struct list clients; /* struct sipd_client */
};

/** Sections without type=, and at least one with exten=? */
bool sipd_is(const struct conf_file *cf);

/**
 * Take the value of exten= apart
 *
 * @param what  Set to what was expected if EINVAL
 */
int sipd_exten_decode(struct sipd_exten *x, const struct pl *text,
		      const char **what);

/** A value's first word: it ends at the first blank */
struct pl sipd_word(const char *value);

/** A network as sipd writes it ("10/8", "192.168.1.5/32") in full; EINVAL */
int sipd_net_print(char *buf, size_t n, const struct pl *net);

/** The regular expression of a word of context=; "" = everything.
 *  NULL if the word is unknown, which is everything too */
const char *sipd_class_regex(char *buf, size_t n, const struct sipd_opts *opts,
			     const char *word);

/** Find a client; NULL */
const struct sipd_client *sipd_client(const struct sipd_conf *sc,
				      const char *name);

/** "group-NAME", the context of a group; NAME is made safe */
void sipd_context(char *buf, size_t n, const struct sipd_conf *sc,
		  const char *group);

struct loader;
struct conf_section;

/** Is this section one of a client: no template, nor [general] or
 *  [authentication]? */
bool sipd_is_client(const struct conf_section *sec);

/** Read the clients of ld->sip into cfg->sipd, which is there, and find those
 *  that their serial numbers mean.  A section that is left out becomes a
 *  template.  ENOMEM; what is wrong is among the findings */
int sipd_clients_read(struct loader *ld);

/** Read ld->sip as sipd's and turn its sections into chan_sip's */
int sipd_load(struct loader *ld);

/** Their dialplan; cfg->dialplan is there */
int sipd_plan(struct loader *ld);

/** Can be mem_deref()ed as struct config's */
int sipd_conf_alloc(struct sipd_conf **scp, const struct sipd_opts *opts);

#endif
