/**
 * @file routing/target.c  Targets of Goto and its kin
 */
#include "routing/dialplan.h"
#include "base/text.h"
#include "routing/args.h"


enum { PRIO_MAX = 1000000000 };


int dp_target_decode(struct dp_target *t, const struct args *args)
{
	if (!t || !args || !args->n || args->n > 3)
		return EINVAL;

	*t = (struct dp_target){.prio = pl_trim(args_pl(args, args->n - 1))};

	if (args->n > 1)
		t->exten = pl_trim(args_pl(args, args->n - 2));

	if (args->n > 2)
		t->context = pl_trim(args_pl(args, 0));

	return t->prio.l ? 0 : EINVAL;
}


/* "+1" and "-1" count from where the call is */
static int prio_relative(uint32_t *resp, const struct pl *pl, uint32_t prio)
{
	struct pl num = *pl;
	bool minus = pl->p[0] == '-';
	uint64_t n;

	pl_advance(&num, 1);

	if (num_decode(&n, &num, PRIO_MAX))
		return EINVAL;

	if (minus ? n >= prio : n > PRIO_MAX - prio)
		return EINVAL;

	*resp = minus ? prio - (uint32_t)n : prio + (uint32_t)n;

	return 0;
}


static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}


static int prio_find(struct dp_match *m, const struct dialplan_index *ix,
		     const struct dp_query *q, const struct pl *pl,
		     uint32_t cur)
{
	uint32_t prio;
	uint64_t n;
	int err;

	if (pl->p[0] == '+' || pl->p[0] == '-') {
		err = prio_relative(&prio, pl, cur);

		return err ? err : dp_find(m, ix, q, prio);
	}

	if (!num_decode(&n, pl, PRIO_MAX))
		return n ? dp_find(m, ix, q, (uint32_t)n) : EINVAL;

	err = dp_label(m, ix, q, pl);
	if (err != ENOENT)
		return err;

	if (is_digit(pl->p[0]))
		return EINVAL;

	/* a label of that name goes first */
	if (!pl_strcmp(pl, "n") && cur < PRIO_MAX)
		return dp_find(m, ix, q, cur + 1);

	return ENOENT;
}


int dp_target_find(struct dp_match *m, const struct dialplan_index *ix,
		   const struct dp_target *t, const struct dp_query *cur,
		   uint32_t prio)
{
	struct dp_query q;
	char *context = NULL;
	int err = 0;

	if (!ix || !t || !cur || !t->prio.l || prio > PRIO_MAX)
		return EINVAL;

	q = *cur;

	if (t->exten.l)
		q.exten = t->exten;

	if (t->context.l) {
		err = pl_strdup(&context, &t->context);
		if (err)
			return err;

		q.context = context;
	}

	err = prio_find(m, ix, &q, &t->prio, prio);
	mem_deref(context);

	return err;
}
