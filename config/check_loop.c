/**
 * @file config/check_loop.c  Check of a plan that goes round without an end
 *
 * Only steps that take no time, ask nobody and lead nowhere else are passed:
 * what plays, waits or rings gives the caller a chance to leave.  A pattern is
 * followed by its own steps: a more exact one may take some of its numbers to
 * somewhere else, the others go round.
 */
#include "config/check.h"
#include "base/text.h"

enum { CIRCLE_MAX = 200 };  /* steps of a circle that is looked for */


static bool is_app(const struct dp_prio *p, const char *const *names)
{
	for (; *names; names++) {
		if (!str_casecmp(p->app, *names))
			return true;
	}

	return false;
}


/* Takes no time, asks nobody, leads nowhere else */
static bool only_thinks(const struct dp_prio *p)
{
	static const char *const names[] = {
		"Set", "SetVar", "MSet", "SetGlobalVar", "NoOp", "Verbose",
		"Log",	"SIPAddHeader", "SIPRemoveHeader", "SetLanguage",
		"SetCallerID", "SetCIDNum", "SetCIDName", NULL};

	return is_app(p, names);
}


/* --- Goto ---------------------------------------------------------------- */

struct place {
	const struct dp_context *ctx;
	const struct dp_exten *e;
};


/* "${EXTEN}": stays where it is */
static bool same_exten(const struct jump_target *t)
{
	return !strcmp(t->ext_text, "${EXTEN}");
}


/* The step that a Goto leads to; NULL if that is not certain */
static const struct dp_prio *goto_target(const struct dialplan *dp,
					 struct place *pl,
					 const struct dp_prio *p)
{
	struct place to = *pl;
	struct jump_target t;
	struct pl text;

	pl_set_str(&text, p->args);
	if (!jump_target_decode(&t, &text) || !t.prio_lit ||
	    (t.has_ctx && !t.ctx_lit))
		return NULL;

	if (t.has_ctx)
		to.ctx = dialplan_context(dp, t.ctx);
	if (t.has_ext && same_exten(&t)) {
		if (to.ctx != pl->ctx)
			return NULL;
	}
	else if (t.has_ext) {
		to.e = t.ext_lit && to.ctx ? dp_exten_first(to.ctx, t.ext)
					   : NULL;
		if (to.e && (to.e->pattern || to.e->cid))
			return NULL;
	}
	if (!to.ctx || !to.e)
		return NULL;

	*pl = to;

	return jump_target_step(to.e, &t, p->prio);
}


/* From a Goto on: does it come back to itself by steps that only think? */
static bool is_circle(const struct dialplan *dp, struct place pl,
		      const struct dp_prio *start)
{
	const struct dp_prio *p = start;

	for (unsigned i = 0; i < CIRCLE_MAX; i++) {
		if (!str_casecmp(p->app, "Goto"))
			p = goto_target(dp, &pl, p);
		else if (only_thinks(p))
			p = exten_prio(pl.e, p->prio + 1);
		else
			return false;

		if (!p)
			return false;
		if (p == start)
			return true;
	}

	return false;
}


static void check_circles(struct loader *ld, const struct dp_context *ctx,
			  const struct dp_exten *e)
{
	const struct place pl = {ctx, e};

	for (struct le *le = e->prios.head; le; le = le->next) {
		const struct dp_prio *p = le->data;

		if (!str_casecmp(p->app, "Goto") &&
		    is_circle(ld->cfg->dialplan, pl, p))
			find_warning(ld->f, &p->pos, "extension '%s' runs in "
				     "circles: on the way back here nothing "
				     "waits, asks or leaves", e->name);
	}
}


/* --- Local/ -------------------------------------------------------------- */

/* Dial(Local/100@office) of extension 100 in office */
static bool dials_itself(const struct dp_context *ctx,
			 const struct dp_exten *e, const struct dp_prio *p)
{
	struct pl devs, rest, tech, num;
	const char *at;

	pl_set_str(&rest, p->args);
	if (str_casecmp(p->app, "Dial") || !arg_next(&devs, &rest, ',') ||
	    pl_strchr(&devs, '&'))
		return false;

	devs = pl_trim(devs);
	(void)pl_next(&tech, &devs, '/');
	at = devs.p && devs.l ? pl_strrchr(&devs, '@') : NULL;
	if (!at || pl_strcasecmp(&tech, "Local"))
		return false;

	num.p = devs.p;
	num.l = (size_t)(at - devs.p);
	rest.p = at + 1;
	rest.l = devs.l - num.l - 1;
	(void)pl_next(&devs, &rest, '/'); /* Local/1@c/n */

	return !pl_strcmp(&devs, ctx->name) &&
	       (!pl_strcmp(&num, "${EXTEN}") || !pl_strcmp(&num, e->name));
}


static void check_itself(struct loader *ld, const struct dp_context *ctx,
			 const struct dp_exten *e)
{
	for (struct le *le = e->prios.head; le; le = le->next) {
		const struct dp_prio *p = le->data;

		if (dials_itself(ctx, e, p)) {
			find_warning(ld->f, &p->pos, "extension '%s' calls "
				     "itself by Local/ without an end",
				     e->name);
			return;
		}
		if (!only_thinks(p))
			return;
	}
}


/* --- While --------------------------------------------------------------- */

/* While(1) with nothing in it that waits or leaves */
static void check_while(struct loader *ld, const struct dp_exten *e)
{
	for (struct le *le = e->prios.head; le; le = le->next) {
		const struct dp_prio *p = le->data, *q;
		struct pl cond;

		pl_set_str(&cond, p->args);
		cond = pl_trim(cond);
		if (str_casecmp(p->app, "While") || pl_strcmp(&cond, "1"))
			continue;

		q = exten_prio(e, p->prio + 1);
		while (q && only_thinks(q))
			q = exten_prio(e, q->prio + 1);
		if (q && !str_casecmp(q->app, "EndWhile"))
			find_warning(ld->f, &p->pos, "extension '%s': "
				     "While(1) never ends, nothing in it "
				     "waits, asks or leaves", e->name);
	}
}


static bool has_app(const struct dp_exten *e, const char *app)
{
	for (struct le *le = e->prios.head; le; le = le->next) {
		if (!str_casecmp(((struct dp_prio *)le->data)->app, app))
			return true;
	}

	return false;
}


static bool context_has_app(const struct dp_context *ctx, const char *app)
{
	for (struct le *le = ctx->extens.head; le; le = le->next) {
		if (has_app(le->data, app))
			return true;
	}

	return !list_isempty(&ctx->includes);
}


/* Each needs the other, in steps of the same number at least */
static void check_pairs(struct loader *ld, const struct dp_context *ctx,
			const struct dp_exten *e)
{
	static const char *const pairs[][2] = {
		{"While", "EndWhile"},
		{"EndWhile", "While"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (!has_app(e, pairs[i][0]) || has_app(e, pairs[i][1]) ||
		    ((e->pattern || e->cid) &&
		     context_has_app(ctx, pairs[i][1])))
			continue;

		find_warning(ld->f, &e->pos, "extension '%s' has %s without "
			     "%s", e->name, pairs[i][0], pairs[i][1]);
	}
}


void check_loops(struct loader *ld, const struct dp_context *ctx,
		 const struct dp_exten *e)
{
	check_circles(ld, ctx, e);
	check_itself(ld, ctx, e);
	check_while(ld, e);
	check_pairs(ld, ctx, e);
}
