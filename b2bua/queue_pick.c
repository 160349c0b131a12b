/**
 * @file b2bua/queue_pick.c  Which member rings next: a pure decision
 */
#include "b2bua/queue_pick.h"

#define PENALTY_WEIGHT UINT64_C(1000000000000)

enum {
	RANDOM_STEPS = 1000,
	EVER_S = 1000000000, /* longer ago than any call */
};


static uint32_t raised(const struct cq_pick *p, uint32_t penalty)
{
	return penalty < p->raise ? p->raise : penalty;
}


bool cq_penalty_fits(const struct cq_pick *p, uint32_t penalty)
{
	if (!p->penalties)
		return true;

	penalty = raised(p, penalty);

	return (p->max == CQ_PICK_ANY || penalty <= (uint32_t)p->max) &&
	       (p->min == CQ_PICK_ANY || penalty >= (uint32_t)p->min);
}


/* Places from `start` on, then those before it */
static uint64_t turn(const struct cq_pick *p, size_t i, size_t n)
{
	return i < p->start ? i + n : i;
}


static uint64_t least_recent(const struct cq_pick *p, uint64_t last_s)
{
	uint64_t ago;

	if (!last_s)
		return 0;

	ago = p->now_s > last_s ? p->now_s - last_s : 0;

	return ago < EVER_S ? EVER_S - ago : 1;
}


static uint64_t metric(const struct cq_pick *p, const struct cq_cand *c,
		       size_t i, size_t n)
{
	uint32_t penalty = raised(p, c->penalty);
	uint64_t m = 0;

	switch (p->strategy) {

	case QUEUE_RINGALL: break;
	case QUEUE_LEASTRECENT: m = least_recent(p, c->last_s); break;
	case QUEUE_FEWESTCALLS: m = c->calls; break;
	case QUEUE_RANDOM: m = p->rand(RANDOM_STEPS); break;
	case QUEUE_RRMEMORY:
	case QUEUE_RRORDERED:
	case QUEUE_LINEAR: m = turn(p, i, n); break;
	case QUEUE_WRANDOM:
		return p->rand(penalty < UINT32_MAX / RANDOM_STEPS - 1
				       ? (penalty + 1) * RANDOM_STEPS
				       : UINT32_MAX);
	}

	return m + (p->penalties ? penalty * PENALTY_WEIGHT : 0);
}


size_t cq_pick(size_t *idxv, size_t max, const struct cq_pick *p,
	       const struct cq_cand *v, size_t n)
{
	bool all = p->strategy == QUEUE_RINGALL;
	uint64_t best = UINT64_MAX;
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t m;

		if (!v[i].free || v[i].tried ||
		    !cq_penalty_fits(p, v[i].penalty))
			continue;

		m = metric(p, &v[i], i, n);
		if (found && m > best)
			continue;
		if (found && m == best && !all)
			continue;

		if (m < best)
			found = 0;
		best = m;
		if (found < max)
			idxv[found++] = i;
	}

	return found;
}
