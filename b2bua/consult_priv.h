/**
 * @file b2bua/consult_priv.h  The inside of consultations, for consult*.c only
 *
 * Signalling thread.
 */
#ifndef TANDEM_B2BUA_CONSULT_PRIV_H
#define TANDEM_B2BUA_CONSULT_PRIV_H

#include "b2bua/fork_priv.h"

enum consult_state {
	CONSULT_ASK,
	CONSULT_HOME,
	CONSULT_THREE,
	CONSULT_BLONDE,
	CONSULT_APP,
};

struct consult {
	enum consult_state state;
	struct fork *home;     /* no reference; NULL gone, or BLONDE */
	struct call *ask;      /* no reference; NULL gone */
	struct leg *by;        /* reference */
	bool by_caller;        /* he is the caller of home */
	bool hangup;           /* APP: it ends the call */
	struct timer tmr;      /* nobody answers; the next call back */
	struct keys keys;      /* pressed in ask */
	media_id room;         /* THREE */

	/* BLONDE */
	char device[96];       /* to call back */
	struct leg_identity party; /* who waits */
	unsigned tries;
	struct fork *recall;
};

/* consult.c */

/** Who is left at home; NULL if there is none any more */
struct leg *consult_party(const struct consult *c);

/** Nobody has answered the one who asks, and it still rings */
bool consult_still_rings(const struct call *ask);

/* consult_recall.c */

/** BLONDE, and nobody answers: call back who has transferred.  False: the plan
 *  goes on */
bool consult_recall(struct consult *c);

#endif
