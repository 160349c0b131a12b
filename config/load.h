/**
 * @file config/load.h  Inside of config_load()
 *
 * One thread.  The steps of a load in their order, and what they share.
 */
#ifndef TANDEM_CONFIG_LOAD_H
#define TANDEM_CONFIG_LOAD_H

#include "config/config.h"
#include "config/opt.h"

enum {
	PHONE_CALL_LIMIT = 4,   /* of a phone without call-limit */
	PHONE_CALLS_PER_MINUTE = 5,  /* ... through trunks, times call-limit */
	PHONE_MINUTES_PER_DAY = 60,  /* ... abroad */
	SECRET_LEN_MIN	 = 10,
};

#define CALL_LIMIT_UNSAID UINT32_MAX /* while loading only */

struct loader {
	struct config *cfg;
	struct findings *f;
	const struct config_names *names; /* NULL: not checked */
	const struct pl *sip_text; /* from memory, not from cfg->dir */
	const struct pl *ext_text;
	bool look;              /* config_look() */
	bool checked;           /* all has been read and checked */
	struct conf_file *sip;  /* no reference */
	struct opt_index *ix;   /* of sip.conf */
	bool *general_said;     /* by opt_no(): [general] has it */
	struct conf_pos gpos;   /* of [general], or of the file */
	bool parking_said;      /* a file speaks of parking */

	/* where a default that differs from chan_sip's took effect first */
	struct {
		uint32_t n;
		const struct peer *first;
	} limited, transfer, abroad, metered;
};

/** Has [general] of sip.conf a line of this option? */
bool loader_general_said(const struct loader *ld, const char *name);

/** Read a file and keep it with the configuration.  *cfp is NULL if it does
 *  not exist and need not */
int loader_read(struct conf_file **cfp, struct loader *ld, const char *name,
		bool must);

/** Case is ignored */
struct conf_section;
bool conf_section_is(const struct conf_section *sec, const char *name);

/** Set what the lines of a section say.  ENOMEM */
int loader_lines(struct opt_ctx *ctx, const struct opt_index *ix,
		 const struct conf_section *sec, unsigned mask);

/** Warn of a section; expected: "[a] or [b]" */
void loader_unknown_section(struct loader *ld, const struct conf_section *sec,
			    const char *expected);

/** load_tandem.c */
int load_rtp(struct loader *ld);
int load_moh(struct loader *ld);
int load_tandem(struct loader *ld);

/** voicemail.conf; peers are read by then */
int load_voicemail(struct loader *ld);
void vm_conf_reset(struct vm_conf *vm);

/** confbridge.conf and meetme.conf */
int load_confbridge(struct loader *ld);
int load_room_menu(struct loader *ld, const struct conf_section *sec);
int load_meetme(struct loader *ld);

/** queues.conf and queuerules.conf; peers are read by then */
int load_queues(struct loader *ld);
void queues_conf_reset(struct queues_conf *qc);
/** features.conf and res_parking.conf */
int load_features(struct loader *ld);
int load_parking(struct loader *ld);
void features_reset(struct config *cfg);

/** The lot that is always there */
int parking_default(struct loader *ld);

/** Lines of a section into the lot `name`, which it makes */
int parking_section(struct loader *ld, const struct opt_index *ix,
		    const struct conf_section *sec, const char *name);

/** What the lots add to the dialplan, once that is read */
int parking_contexts(struct loader *ld);

/** sip.conf into general, defaults, peers and regs */
int load_sip(struct loader *ld);

/** A section of sip.conf that is a trunk group */
int load_trunk(struct loader *ld, const struct conf_section *sec,
	       const struct opt_index *ix);

/** Members of the groups, once the peers are read */
void trunks_finish(struct loader *ld);

/** What a peer's lines leave open: addresses, limits, the secret's strength */
int peer_finish(struct loader *ld, struct peer *peer);

/** Transports of register lines that name a peer; once the peers are read */
void regs_finish(struct config *cfg);

/** What [general]'s lines leave open */
int general_finish(struct loader *ld);

/** One finding for each default that is safer than chan_sip's and matters to
 *  this configuration */
void defaults_announce(struct loader *ld);

/** Why a secret is weak, NULL if it is not; `name` is the user's */
const char *secret_weak(const char *secret, const char *name);

int dialplan_alloc(struct dialplan **dpp);

/** Find or create a context */
int dialplan_context_get(struct dp_context **ctxp, struct dialplan *dp,
			 const char *name, const struct conf_pos *pos);

/** Sections of extensions.conf into contexts; ld->cfg->dialplan is set */
int ext_parse(struct loader *ld, const struct conf_file *cf);

/** A line of a context: exten, same, include ... */
struct ext_state {
	struct loader *ld;
	struct dp_context *ctx;
	struct dp_exten *last; /* for same => and s */
	uint32_t prio;	       /* last used priority, over extensions */
};
int ext_line(struct ext_state *st, const struct conf_var *var);

/** Replace ${NAME} of the globals that are known by now; *sp is mem_alloc'd */
int globals_expand(char **sp, const struct dialplan *dp,
		   const struct pl *text);

/** Find or create an extension; cid NULL: any caller */
int dp_exten_get(struct dp_exten **extp, struct dp_context *ctx,
		 const struct pl *name, const struct pl *cid,
		 const struct conf_pos *pos);

/** Put a step in its place.  EALREADY if the priority is taken */
int dp_prio_add(struct dp_exten *ext, uint32_t prio, const struct pl *label,
		const struct pl *app, const struct pl *args,
		const struct conf_pos *pos);

/** The context of star codes: it is there to be included, and gets what the
 *  file's own one lacks once the file is checked */
int star_begin(struct loader *ld);
int star_make(struct loader *ld);
void forward_conf_reset(struct forward_conf *fw);

/** followme.conf */
int load_followme(struct loader *ld);
void check_followme(struct loader *ld);
void followme_conf_reset(struct followme_conf *fc);

/** The whole, once all is read */
void check_config(struct loader *ld);
void check_peers(struct loader *ld);
void check_dialplan(struct loader *ld);

#endif
