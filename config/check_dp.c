/**
 * @file config/check_dp.c  Check of the dialplan's structure
 *
 * Priorities that are missing, includes that lead nowhere, hints.  What the
 * applications are given is in check_app.c.
 */
#include "config/check.h"
#include "base/rand.h"
#include "base/text.h"

enum { PRIO_SEEN = 1024, PRIO_JUMP = 101 };


/** Priorities that the patterns of a context have: a number that matches
 *  several finds each step in another one (_X.,1 and _XXXX,2) */
struct prio_set {
	uint8_t bits[PRIO_SEEN / 8];
};


static void prios_of_patterns(struct prio_set *set,
			      const struct dp_context *ctx)
{
	memset(set, 0, sizeof(*set));

	for (struct le *le = ctx->extens.head; le; le = le->next) {
		const struct dp_exten *e = le->data;

		if (!e->pattern && !e->cid)
			continue;

		for (struct le *p = e->prios.head; p; p = p->next) {
			const uint32_t n = ((struct dp_prio *)p->data)->prio;

			if (n < PRIO_SEEN)
				set->bits[n / 8] |= (uint8_t)(1u << (n % 8));
		}
	}
}


static bool set_has(const struct prio_set *set, uint32_t n)
{
	return n < PRIO_SEEN && (set->bits[n / 8] & (1u << (n % 8)));
}


/* An include may have the steps before, too */
static void check_first(struct loader *ld, const struct dp_context *ctx,
			const struct dp_exten *e, const struct prio_set *set)
{
	const struct dp_prio *p = e->prios.head->data;

	if (p->prio == 1 || p->prio >= PRIO_JUMP || set_has(set, 1) ||
	    !list_isempty(&ctx->includes))
		return;

	find_warning(ld->f, &p->pos, "extension '%s' begins with priority %u "
		     "and is never reached, expected 1 (n goes on from the "
		     "line above, whatever its extension)", e->name, p->prio);
}


static void check_gaps(struct loader *ld, const struct dp_exten *e,
		       const struct prio_set *set)
{
	const struct dp_prio *last = NULL;

	for (struct le *le = e->prios.head; le; le = le->next) {
		const struct dp_prio *p = le->data;

		if (last && p->prio != last->prio + 1 &&
		    p->prio < PRIO_JUMP && !p->label &&
		    !set_has(set, last->prio + 1))
			find_warning(ld->f, &p->pos, "extension '%s' has no "
				     "priority %u, so this line is reached "
				     "by a jump only, expected %u instead of "
				     "%u", e->name, last->prio + 1,
				     last->prio + 1, p->prio);
		last = p;
	}
}


static void check_labels(struct loader *ld, const struct dp_exten *e)
{
	for (struct le *a = e->prios.head; a; a = a->next) {
		const struct dp_prio *p = a->data;

		for (struct le *b = e->prios.head; p->label && b != a;
		     b = b->next) {
			const struct dp_prio *q = b->data;

			if (q->label && !strcmp(p->label, q->label))
				find_warning(ld->f, &p->pos, "label '%s' is "
					     "at priority %u already, jumps "
					     "go there", p->label, q->prio);
		}
	}
}


static void check_exten(struct loader *ld, struct hash *vars, bool unsure,
			const struct dp_context *ctx,
			const struct dp_exten *e, const struct prio_set *set)
{
	struct step_ref sr = {.ld = ld, .vars = vars, .ctx = ctx, .ext = e,
			      .unsure = unsure};

	if (e->hint) {
		struct pl hint;

		pl_set_str(&hint, e->hint);
		check_devices(ld, &e->pos, &hint);
	}

	if (list_isempty(&e->prios))
		return;

	check_first(ld, ctx, e, set);
	check_gaps(ld, e, set);
	check_labels(ld, e);

	for (struct le *le = e->prios.head; le; le = le->next) {
		sr.prio = le->data;
		check_step(&sr);
	}
}


static void check_includes(struct loader *ld, const struct dp_context *ctx)
{
	for (struct le *le = ctx->includes.head; le; le = le->next) {
		const struct dp_include *inc = le->data;

		if (!strcmp(inc->name, ctx->name))
			find_warning(ld->f, &inc->pos,
				     "context '%s' includes itself",
				     inc->name);
		else if (!dialplan_context(ld->cfg->dialplan, inc->name))
			context_missing(ld, &inc->pos, "include", inc->name);
	}
}


static void check_context(struct loader *ld, struct hash *vars, bool unsure,
			  const struct dp_context *ctx)
{
	struct prio_set set;

	prios_of_patterns(&set, ctx);
	check_includes(ld, ctx);

	for (struct le *le = ctx->extens.head; le; le = le->next)
		check_exten(ld, vars, unsure, ctx, le->data, &set);
}


/* --- names of variables -------------------------------------------------- */

static int collect_defs(struct hash *vars, const struct list *defs)
{
	int err = 0;

	for (struct le *le = defs->head; le && !err; le = le->next) {
		struct pl name;

		pl_set_str(&name, ((struct var_def *)le->data)->name);
		err = vars_add(vars, name);
	}

	return err;
}


static void collect_inner(const struct dp_prio *prio, void *arg)
{
	(void)vars_collect(arg, prio); /* a name less is known */
}


static int collect_context(struct loader *ld, struct hash *vars,
			   const struct dp_context *ctx)
{
	int err = 0;

	for (struct le *le = ctx->extens.head; le; le = le->next) {
		const struct dp_exten *e = le->data;

		for (struct le *p = e->prios.head; p && !err; p = p->next)
			err = vars_collect(vars, p->data);
		for (struct le *p = e->prios.head; p && !err; p = p->next)
			step_inner(ld, p->data, collect_inner, vars);
	}

	return err;
}


static int collect(struct loader *ld, struct hash *vars,
		   const struct config *cfg)
{
	int err = collect_defs(vars, &cfg->dialplan->globals);

	for (struct le *le = cfg->peers.head; le && !err; le = le->next)
		err = collect_defs(vars, &((struct peer *)le->data)->setvars);

	for (struct le *le = cfg->dialplan->contexts.head; le && !err;
	     le = le->next)
		err = collect_context(ld, vars, le->data);

	return err;
}


void check_dialplan(struct loader *ld)
{
	const struct dialplan *dp = ld->cfg->dialplan;
	struct hash *vars	  = NULL;
	const bool unsure	  = vars_unsure(dp);

	if (hash_alloc(&vars, 1024) || collect(ld, vars, ld->cfg)) {
		ld->f->out_of_memory = true;
		goto out;
	}

	for (struct le *le = dp->contexts.head; le; le = le->next)
		check_context(ld, vars, unsure, le->data);

	check_flow(ld);

out:
	if (vars)
		hash_flush(vars);
	mem_deref(vars);
}
