/**
 * @file b2bua/queue_pick.h  Which member rings next: a pure decision
 *
 * Signalling thread.  As Asterisk decides, so that reports and habits stay:
 * each member gets a metric, the lowest one wins, and the first of equals.
 *
 *   ringall       0; all with the lowest one ring together
 *   leastrecent   0 if it never had a call, else lower the longer ago
 *   fewestcalls   calls taken
 *   random        any of 1000
 *   rrmemory, rrordered, linear
 *                 its place, counted from `start`; those before it come last
 *   wrandom       any of 1000 * (penalty + 1)
 *
 * Except for wrandom a penalty weighs more than everything else.
 */
#ifndef TANDEM_B2BUA_QUEUE_PICK_H
#define TANDEM_B2BUA_QUEUE_PICK_H

#include "config/config.h"

enum { CQ_PICK_ANY = -1 };

/** A member as the decision sees it; its place is its index */
struct cq_cand {
	uint32_t penalty;
	uint32_t calls;
	uint64_t last_s; /* end of its last call, 0 never */
	bool free;       /* may be rung */
	bool tried;      /* in this round, already */
};

struct cq_pick {
	enum queue_strategy strategy;
	bool penalties;      /* they count (penaltymemberslimit) */
	int max, min;        /* of the caller; CQ_PICK_ANY none */
	uint32_t raise;      /* lower penalties count as this */
	size_t start;        /* round robin, linear */
	uint64_t now_s;
	uint32_t (*rand)(uint32_t limit); /* 0..limit-1 */
};

/** Does this caller's range take a member of that penalty, raised if need
 *  be? */
bool cq_penalty_fits(const struct cq_pick *p, uint32_t penalty);

/**
 * Choose
 *
 * @param idxv Gets the places of those to ring together
 * @param max  Room in idxv
 *
 * @return How many; 0 if nobody can be rung
 */
size_t cq_pick(size_t *idxv, size_t max, const struct cq_pick *p,
	       const struct cq_cand *v, size_t n);

#endif
