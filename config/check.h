/**
 * @file config/check.h  Inside of the check
 *
 * One thread.  check.c has sip.conf, check_dp.c the dialplan's structure,
 * check_app.c what stands in the arguments of applications, check_dev.c the
 * devices that they call, check_goto.c where they jump to.
 */
#ifndef TANDEM_CONFIG_CHECK_H
#define TANDEM_CONFIG_CHECK_H

#include "config/load.h"

/** The nearest name of a context, NULL */
const char *context_nearest(const struct dialplan *dp, const char *name);

/** Finding: context `name` does not exist; `what` is what follows */
void context_missing(struct loader *ld, const struct conf_pos *pos,
		     const char *what, const char *name);

/** Where a step stands */
struct step_ref {
	struct loader *ld;
	struct hash *vars; /* names that some line sets */
	bool unsure;       /* ... or something else may set */
	const struct dp_context *ctx;
	const struct dp_exten *ext;
	const struct dp_prio *prio;
};

/** Check application and arguments of one step */
void check_step(const struct step_ref *sr);

/** Where a plan goes: check_flow.c */
void check_flow(struct loader *ld);

/** Circles, While: check_loop.c */
void check_loops(struct loader *ld, const struct dp_context *ctx,
		 const struct dp_exten *e);

/** The step of that number; NULL */
const struct dp_prio *exten_prio(const struct dp_exten *e, uint32_t n);

/** Could a number of the extension find that step in another one? */
bool exten_others_have(const struct dp_context *ctx, const struct dp_exten *e,
		       uint32_t prio);

/** Each application in the arguments of ExecIf and its like, as a step at
 *  their place: check_inner.c */
typedef void(step_h)(const struct dp_prio *prio, void *arg);
void step_inner(struct loader *ld, const struct dp_prio *prio, step_h *h,
		void *arg);

/** Option letters that an application does not have */
void check_options(const struct step_ref *sr);

/** ${TRUNK}/number with TRUNK=SIP/provider in [globals]; `dev` itself if it
 *  begins with no known one.  buf is the room for the text */
struct pl device_expand(char *buf, size_t n, const struct dialplan *dp,
			struct pl dev);

/** [[context,]extension,]priority as it stands in a jump */
struct jump_target {
	char ctx[128], ext[128], prio[128];
	char ext_text[128];      /* as written, also with variables */
	bool has_ctx, has_ext;   /* false: where the line is */
	bool ctx_lit, ext_lit, prio_lit;
};

/** False if the text is no target */
bool jump_target_decode(struct jump_target *t, const struct pl *text);

/** The step of an extension that a target with a literal priority means, as
 *  seen from priority `from`; NULL */
const struct dp_prio *jump_target_step(const struct dp_exten *e,
				       const struct jump_target *t,
				       uint32_t from);

/** Each target that a step names: Goto, GotoIf, Gosub, Macro ... */
void step_jumps(const struct dp_prio *prio,
		void (*h)(const struct jump_target *t, void *arg), void *arg);

/** True if a jump of this step may lead to a priority by its number, or by
 *  one that is made of variables */
bool step_may_jump_to(const struct dp_prio *prio, uint32_t n);

/** Each peer that a step calls by name, also one in a global variable */
void step_devices(const struct step_ref *sr,
		  void (*h)(const struct step_ref *sr,
			    const struct peer *peer, void *arg),
		  void *arg);

/* --- check_dev.c --------------------------------------------------------- */

/** Devices of a hint or a Dial: SIP/a&SIP/b */
void check_devices(struct loader *ld, const struct conf_pos *pos,
		   const struct pl *devices);

/** Devices and options of Dial */
void check_dial(const struct step_ref *sr);

/** ParkAndAnnounce(lot,options,files,device), or (files,timeout,device,...) */
void check_announce(const struct step_ref *sr);

/** Devices of Page */
void check_page(const struct step_ref *sr);

/* --- check_goto.c -------------------------------------------------------- */

/** Goto: [[context,]extension,]priority */
void check_goto(const struct step_ref *sr);

/** GotoIf, GosubIf: condition?true:false, targets with (arguments) or not */
void check_gotoif(const struct step_ref *sr);

/** GotoIfTime, ExecIfTime: times?true:false; targets only of the former */
void check_gotoiftime(const struct step_ref *sr);

/** Gosub: a target, with (arguments) or not */
void check_gosub(const struct step_ref *sr);

/** Macro(name,...) runs [macro-name] */
void check_macro(const struct step_ref *sr);

/** The context of Background, whose extensions may be dialled meanwhile */
void check_background(const struct step_ref *sr);

/** Queue: its name, and targets in its options */
void check_queue_step(const struct step_ref *sr);

/** Targets in the options b, B, F and G.  Letter by letter; what stands in
 *  parentheses behind one is its argument */
void check_subs(const struct step_ref *sr, struct pl opts);

/* --- others -------------------------------------------------------------- */

/** Remember the variable that a step sets */
int vars_collect(struct hash *vars, const struct dp_prio *prio);
int vars_add(struct hash *vars, struct pl name);

/** True if names of variables are made while it runs (AGI, Set(${x}=...)) */
bool vars_unsure(const struct dialplan *dp);
bool vars_has(const struct hash *vars, const struct pl *name);

/** Options of Dial that let keys do what no key is set for */
void check_keys(const struct step_ref *sr, const struct pl *opts);

/** The lot of Park and ParkedCall */
void check_park(const struct step_ref *sr);

/** Mailboxes of VoiceMail */
void check_voicemail(const struct step_ref *sr);

/** Profiles that ConfBridge names */
void check_confbridge(const struct step_ref *sr);

/** The queue that Queue, AddQueueMember and their like name */
void check_queue(const struct step_ref *sr);
void check_member(const struct step_ref *sr);

/** Check ${...} and $[...] in a text */
void check_refs(const struct step_ref *sr, const char *text);

/** Cut the next argument at `sep` outside of brackets and quotes */
bool arg_next(struct pl *part, struct pl *rest, char sep);

/** Is it a text without variables and expressions?  Not if it is empty */
bool arg_literal(const struct pl *pl);

/** A copy of a literal text; false if it is none, or longer than names are */
bool arg_literal_copy(char *buf, size_t n, struct pl pl);

#endif
