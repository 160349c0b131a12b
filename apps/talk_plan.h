/**
 * @file apps/talk_plan.h  Options b, B, F and G: pieces of the plan before and
 *                         behind a talk
 *
 * Signalling thread.  Dial and Queue share them.
 */
#ifndef TANDEM_APPS_TALK_PLAN_H
#define TANDEM_APPS_TALK_PLAN_H

#include "apps/apps.h"
#include "b2bua/fork.h"

/**
 * "context^extension^priority", seen from the call's step; nothing is gone to
 *
 * @return 0, EINVAL malformed, ENOENT no such label (warned), ENOMEM
 */
int talk_plan_goto(struct call *call, const struct ttext *text,
		   char **contextp, char **extenp, uint32_t *priop);

/** Options b and F; *tpp is NULL without them.  What is wrong is warned of and
 *  left out.  ENOMEM */
int talk_plan_take(struct talk_plan **tpp, struct call *call,
		   const struct opts *opts);

/** Option B: a subroutine that the caller runs first */
struct before {
	struct call *call;
	struct timer tmr;
	struct args target, argv;
	void (*h)(void *arg);
	void *arg;
	bool done;
};

int before_take(struct before *b, struct call *call, const struct opts *opts);

/** Run it once: true if `h` comes later, from the main loop, and never if the
 *  caller leaves.  For a step that waits */
bool before_begin(struct before *b, void (*h)(void *arg), void *arg);
void before_reset(struct before *b);

#endif
