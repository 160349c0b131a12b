/**
 * @file config/config.h  The configuration as checked, read-only structs
 *
 * Signalling thread.  config_load() reads sip.conf, extensions.conf and their
 * companions once into a `struct config`; nobody changes it afterwards.  A
 * reload builds a second one.  It is refcounted: whoever keeps a pointer into
 * it (a call keeps its peers, a plan its dialplan) holds a reference to the
 * struct config.
 *
 * Conventions: a text that is not set is NULL.  Peers have their defaults from
 * [general] already merged in, so nobody looks in two places.  Times carry
 * their unit in the name.  Lists are libre's, in the order of the file.
 */
#ifndef TANDEM_CONFIG_CONFIG_H
#define TANDEM_CONFIG_CONFIG_H

#include "base/compat.h"
#include "config/codec.h"
#include "config/dialplan.h"
#include "config/features.h"
#include "config/finding.h"
#include "config/followme.h"
#include "config/general.h"
#include "config/peer.h"
#include "config/queues.h"
#include "config/tandem.h"
#include "config/voicemail.h"

struct hash;
struct conf_file;
struct sipd_conf;


struct config {
	char *dir;             /* where it was read from */
	struct general general;
	struct peer *defaults; /* a peer without name: what guests get */
	struct list peers;     /* struct peer, in file order */
	struct hash *peer_hash;
	struct list regs;      /* struct reg_line; callbackextension= too */
	struct list trunks;    /* struct trunk */
	struct rtp_conf rtp;
	struct list moh;       /* struct moh_class */
	struct dirs dirs;
	struct tandem_conf tandem;
	struct guard_conf guard;
	struct forward_conf forward;
	struct followme_conf followme;
	struct vm_conf vm;
	struct queues_conf queues;
	struct features_conf features;
	struct list lots;      /* struct park_lot; "default" is always there */
	struct sipd_opts sipd_opts;
	struct sipd_conf *sipd; /* config/sipd.h; NULL: sip.conf is
				   chan_sip's */
	struct room_conf *rooms; /* config/confbridge.h */
	struct dialplan *dialplan;
	struct list files;     /* struct conf_file: keeps all pos alive */
};

/** Names that the program knows, for the check; all may be NULL: then they
 *  are not checked.  Case is ignored. */
struct config_names {
	const char *const *apps;
	size_t napps;
	const char *const *funcs;
	size_t nfuncs;

	/** 0, or EINVAL with *why set: routing's pattern_check() */
	int (*pattern)(const struct pl *ext, const char **why);

	/** True if every number of b is one of a: routing's
	 *  pattern_covers() */
	bool (*covers)(const struct pl *a, const struct pl *b);

	/** What to use in place of an application or function that Asterisk
	 *  has and we have not; NULL if Asterisk has none of that name */
	const char *(*instead)(const char *name, bool func);

	/** Letters of the options of an application, and which argument they
	 *  are, from 0; NULL if that is not known */
	const char *(*options)(const char *app, unsigned *arg);

	/** 0, or EINVAL with a text in err (128 bytes): routing's
	 *  expr_eval_pl() */
	int (*expr)(const struct pl *text, char *err);

	/** 0, or EINVAL with *bad set: routing's schedule_decode() */
	int (*timespec)(const struct pl *spec, struct pl *bad);
};

/**
 * Read and check a configuration directory
 *
 * Every finding goes to `f`.  sip.conf and extensions.conf must exist;
 * rtp.conf, musiconhold.conf and tandem.conf may.
 *
 * @param cfgp   Result; set only on success
 * @param dir    Directory
 * @param f      Findings, may be NULL
 * @param names  Known applications and functions, may be NULL
 *
 * @return 0 if success, ENOENT if a needed file is missing, EBADMSG if a
 *         finding of level error refuses it, ENOMEM
 */
int config_load(struct config **cfgp, const char *dir, struct findings *f,
		const struct config_names *names);

/**
 * As config_load(), for a look at what somebody has: not to be run
 *
 * What is refused is given all the same, with EBADMSG, as long as it could be
 * read.  The texts of the files stay in cfg->files.  If sip.conf or
 * extensions.conf is missing, the parts that FreePBX writes are read in its
 * place.
 */
int config_look(struct config **cfgp, const char *dir, struct findings *f,
		const struct config_names *names);

/** What is read in place of a missing file of FreePBX: text of "sip.conf" or
 *  "extensions.conf", NULL for others */
const char *config_parts(const char *name);

/**
 * The run directory alone, where the console's socket is
 *
 * The console must reach a running Tandem though the files have been broken
 * since, so only tandem.conf is read.
 *
 * @param runp  Allocated text
 */
int config_run_dir(char **runp, const char *dir);

/**
 * As config_load(), from memory: sip.conf and extensions.conf only
 *
 * For tests and fuzzing.  #include is refused; relative directories count from
 * "/".
 *
 * @param sip  Text of sip.conf
 * @param ext  Text of extensions.conf
 */
int config_load_text(struct config **cfgp, const struct pl *sip,
		     const struct pl *ext, struct findings *f,
		     const struct config_names *names);

/**
 * Compare two configurations that are meant to register at each other
 *
 * A register line of one whose user names a section of the other must carry
 * that section's secret; so must a trunk's defaultuser and secret.  Both
 * directions.  Findings name the two places, never the secrets.
 */
void config_check_pair(const struct config *a, const struct config *b,
		       struct findings *f);

/** Print the option table as text for the manual, for %H (arg unused) */
int config_table_print(struct re_printf *pf, void *arg);

#endif
