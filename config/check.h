/**
 * @file config/check.h  Inside of the check
 *
 * One thread.  check.c has sip.conf, check_dp.c the dialplan's structure,
 * check_app.c what stands in the arguments of applications.
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
	const struct dp_context *ctx;
	const struct dp_exten *ext;
	const struct dp_prio *prio;
};

/** Check application and arguments of one step */
void check_step(const struct step_ref *sr);

/** Devices of a hint or a Dial: SIP/a&SIP/b */
void check_devices(struct loader *ld, const struct conf_pos *pos,
		   const struct pl *devices);

/** Remember the variable that a step sets */
int vars_collect(struct hash *vars, const struct dp_prio *prio);
int vars_add(struct hash *vars, struct pl name);

/** Mailboxes of VoiceMail */
void check_voicemail(const struct step_ref *sr);

/** Check ${...} and $[...] in a text */
void check_refs(const struct step_ref *sr, const char *text);

/** Cut the next argument at `sep` outside of brackets and quotes */
bool arg_next(struct pl *part, struct pl *rest, char sep);

#endif
