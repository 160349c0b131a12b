/**
 * @file apps/dial_screen.h  What Dial does with the callee before both talk
 *
 * Signalling thread; embedded in Dial's state.  Options P and p (the callee
 * hears who calls and chooses), n and N with them, M (a macro runs for him)
 * and U (a subroutine does).
 */
#ifndef TANDEM_APPS_DIAL_SCREEN_H
#define TANDEM_APPS_DIAL_SCREEN_H

#include "apps/intro.h"
#include "b2bua/fork.h"

#define DIAL_SCREEN_OPTS "PpnNMU"

struct dial_screen {
	struct call *call;
	struct args macro;    /* M: name and arguments */
	struct args target, argv; /* U */
	bool ask;             /* P or p */
	bool remember;        /* P */
	bool forget_name;     /* n */
	char key[80];         /* P: of the database; "" no number */
	struct intro *intro;
	bool named;
	const char *status;   /* TORTURE, DONTCALL in place of NOANSWER */
	bool jumped;          /* a result GOTO: of the macro */
	void (*ready)(struct dial_screen *ds);
};

int dial_screen_init(struct dial_screen *ds, struct call *call,
		     const struct opts *opts);
void dial_screen_reset(struct dial_screen *ds);

/** Who is known needs no dialogue.  False: he is not wanted, ds->status says
 *  the DIALSTATUS */
bool dial_screen_admits(struct dial_screen *ds);

/**
 * Let the caller say his name, if somebody shall hear it
 *
 * @param ready  Called later, unless the return is false: nothing to wait for
 */
bool dial_screen_begin(struct dial_screen *ds,
		       void (*ready)(struct dial_screen *ds));

/** Handler for the fork, NULL if there is nothing to do */
fork_screen_h *dial_screen_handler(const struct dial_screen *ds);

/** What the handler gets: the fork's arg must be the struct whose first
 *  member is this one */
void dial_screen_answered(struct call *callee, size_t dev, void *arg);

#endif
