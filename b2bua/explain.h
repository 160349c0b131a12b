/**
 * @file b2bua/explain.h  Where would this number go?
 *
 * Signalling thread, or a program without a running server.  The plan is
 * walked by a call that is nowhere listed and has nobody in it: steps that
 * only think (Set, GotoIf, Gosub, While ...) are taken, the others are named
 * and passed by as if nobody answered or typed.  Nothing is changed outside of
 * that call: no global variable, no database, no program.
 */
#ifndef TANDEM_B2BUA_EXPLAIN_H
#define TANDEM_B2BUA_EXPLAIN_H

#include "b2bua/app.h"

struct explain_params {
	struct config *cfg;
	struct dialplan_index *plan;
	const char *context, *exten;
	const char *cid;     /* caller's number; NULL or "" none */
	uint64_t at_s;       /* seconds since 1970 UTC; 0 now */
};

/**
 * Explain a number
 *
 * @param mb  Gets the text
 *
 * @return 0, ENOENT if nothing in the plan takes it, ENOMEM, EINVAL
 */
int plan_explain(struct mbuf *mb, const struct explain_params *prm);

/**
 * Words as they are typed: CONTEXT NUMBER [from CALLER] [at TIME]
 *
 * TIME is "10:30" (today), "mon 10:30" (the next Monday) or
 * "2026-12-31 10:30", in one word or two, in local time.
 *
 * @return 0, EINVAL: *why says what is wrong
 */
int explain_decode(struct explain_params *prm, int argc,
		   const char *const *argv, const char **why);

/** exec.c: a step that only names itself in a dry run */
void explain_skip(struct call *call, const struct app *app);

#endif
