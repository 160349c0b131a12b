/**
 * @file config/check_flow.c  Check of where a plan goes: steps that nothing
 *                            reaches, circles, numbers that an include never
 *                            gets, contexts without use, guests and trunks
 *
 * Only literal jumps are followed.  Where a target is made of variables the
 * check says nothing rather than something wrong.
 */
#include "config/check.h"
#include "base/rand.h"
#include "base/text.h"

enum {
	CIRCLE_MAX = 200,  /* steps of a circle that is looked for */
	HIDDEN_MAX = 3,    /* findings per include */
	TAKERS_MAX = 256,  /* patterns of a context that are compared */
	VISIT_MAX = 2000,  /* contexts that guests may reach */
};


static bool is_app(const struct dp_prio *p, const char *const *names)
{
	for (; *names; names++) {
		if (!str_casecmp(p->app, *names))
			return true;
	}

	return false;
}


/* What follows in the file is not what comes next */
static bool ends_here(const struct dp_prio *p)
{
	static const char *const names[] = {"Goto", "Hangup", "Return",
					    "MacroExit", "Busy", "Congestion",
					    "EndWhile", "ExitWhile",
					    "ContinueWhile", NULL};

	/* EndWhile is passed by While when the condition is over */
	return is_app(p, names) && str_casecmp(p->app, "EndWhile");
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


static const struct dp_prio *prio_at(const struct dp_exten *e, uint32_t n)
{
	for (struct le *le = e->prios.head; le; le = le->next) {
		const struct dp_prio *p = le->data;

		if (p->prio == n)
			return p;
	}

	return NULL;
}


/* --- steps that nothing reaches ------------------------------------------ */

/* Could any jump of the plan lead to a step by its number?  Labels are not
 * asked: a step with one is always reachable */
static bool jumps_to(const struct dp_context *ctx, uint32_t prio)
{
	for (struct le *el = ctx->extens.head; el; el = el->next) {
		const struct dp_exten *e = el->data;

		for (struct le *le = e->prios.head; le; le = le->next) {
			const struct dp_prio *p = le->data;

			if (step_may_jump_to(p, prio))
				return true;
		}
	}

	return false;
}


static bool others_have(const struct dp_context *ctx, const struct dp_exten *e,
			uint32_t prio)
{
	for (struct le *le = ctx->extens.head; le; le = le->next) {
		const struct dp_exten *o = le->data;

		if (o != e && (o->pattern || e->pattern || o->cid || e->cid) &&
		    prio_at(o, prio))
			return true;
	}

	return false;
}


static void check_reached(struct loader *ld, const struct dp_context *ctx,
			  const struct dp_exten *e)
{
	const struct dp_prio *last = NULL;

	for (struct le *le = e->prios.head; le; le = le->next) {
		const struct dp_prio *p = le->data;

		if (last && ends_here(last) && p->prio == last->prio + 1 &&
		    !p->label && !others_have(ctx, e, last->prio) &&
		    !jumps_to(ctx, p->prio))
			find_warning(ld->f, &p->pos, "extension '%s': "
				     "priority %u is never reached, %s before "
				     "it does not go on to it", e->name,
				     p->prio, last->app);
		last = p;
	}
}


/* --- circles ------------------------------------------------------------- */

/* The step that a Goto leads to; NULL if that is not certain */
static const struct dp_prio *goto_target(const struct dialplan *dp,
					 const struct dp_context **ctxp,
					 const struct dp_exten **extp,
					 const struct dp_prio *p)
{
	const struct dp_context *ctx = *ctxp;
	const struct dp_exten *e = *extp;
	struct jump_target t;
	struct pl text;

	pl_set_str(&text, p->args);
	if (!jump_target_decode(&t, &text) || !t.prio_lit ||
	    (t.has_ctx && !t.ctx_lit) || (t.has_ext && !t.ext_lit))
		return NULL;

	if (t.has_ctx)
		ctx = dialplan_context(dp, t.ctx);
	if (t.has_ext)
		e = ctx ? dp_exten_first(ctx, t.ext) : NULL;
	if (!ctx || !e || e->pattern || e->cid)
		return NULL;

	*ctxp = ctx;
	*extp = e;

	return jump_target_step(e, &t, p->prio);
}


/* From a Goto on: does it come back to itself by steps that only think? */
static bool is_circle(const struct dialplan *dp, const struct dp_context *ctx,
		      const struct dp_exten *e, const struct dp_prio *start)
{
	const struct dp_prio *p = start;

	for (unsigned i = 0; i < CIRCLE_MAX; i++) {
		if (!str_casecmp(p->app, "Goto"))
			p = goto_target(dp, &ctx, &e, p);
		else if (only_thinks(p))
			p = prio_at(e, p->prio + 1);
		else
			return false;

		if (p == start)
			return true;
		if (!p)
			return false;
	}

	return false;
}


static void check_circles(struct loader *ld, const struct dp_context *ctx,
			  const struct dp_exten *e)
{
	if (e->pattern || e->cid)
		return;

	for (struct le *le = e->prios.head; le; le = le->next) {
		const struct dp_prio *p = le->data;

		if (!str_casecmp(p->app, "Goto") &&
		    is_circle(ld->cfg->dialplan, ctx, e, p))
			find_warning(ld->f, &p->pos, "extension '%s' runs in "
				     "circles: on the way back here nothing "
				     "waits, asks or leaves", e->name);
	}
}


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

		q = prio_at(e, p->prio + 1);
		while (q && only_thinks(q))
			q = prio_at(e, q->prio + 1);
		if (q && !str_casecmp(q->app, "EndWhile"))
			find_warning(ld->f, &p->pos, "extension '%s': "
				     "While(1) never ends, nothing in it "
				     "waits, asks or leaves", e->name);
	}
}


/* --- numbers that an include never gets ---------------------------------- */

/** Patterns of a context that any caller may dial */
struct takers {
	const struct dp_exten *v[TAKERS_MAX];
	size_t n;
};


static void takers_find(struct takers *tk, const struct dp_context *ctx)
{
	tk->n = 0;
	for (struct le *le = ctx->extens.head; le && tk->n < TAKERS_MAX;
	     le = le->next) {
		const struct dp_exten *e = le->data;

		if (e->pattern && !e->cid && prio_at(e, 1))
			tk->v[tk->n++] = e;
	}
}


/* The extension of a context that takes every number of another one */
static const struct dp_exten *taker_of(const struct loader *ld,
				       const struct takers *tk,
				       const struct dp_context *ctx,
				       const struct dp_exten *e)
{
	const struct dp_exten *same = dp_exten_first(ctx, e->name);
	struct pl a, b;

	if (same && !same->cid && prio_at(same, 1))
		return same;

	pl_set_str(&b, e->name);
	for (size_t i = 0; i < tk->n; i++) {
		pl_set_str(&a, tk->v[i]->name);
		if (ld->names->covers(&a, &b))
			return tk->v[i];
	}

	return NULL;
}


static void check_hidden(struct loader *ld, const struct dp_context *ctx,
			 const struct dp_include *inc)
{
	const struct dp_context *in = dialplan_context(ld->cfg->dialplan,
						       inc->name);
	struct takers tk;
	unsigned n = 0;

	if (!in || in == ctx || !ld->names || !ld->names->covers)
		return;

	takers_find(&tk, ctx);
	for (struct le *le = in->extens.head; le && n < HIDDEN_MAX;
	     le = le->next) {
		const struct dp_exten *e = le->data;
		const struct dp_exten *taker;

		if (list_isempty(&e->prios) || !str_casecmp(e->name, "s") ||
		    !str_casecmp(e->name, "i") || !str_casecmp(e->name, "t") ||
		    !str_casecmp(e->name, "h"))
			continue;

		taker = taker_of(ld, &tk, ctx, e);
		if (!taker)
			continue;

		++n;
		find_warning(ld->f, &inc->pos, "include: '%s' of context '%s' "
			     "is never reached from '%s', whose own '%s' on "
			     "line %u takes the number (an include is looked "
			     "at last)", e->name, in->name, ctx->name,
			     taker->name, taker->pos.line);
	}
}


/* --- contexts without use ------------------------------------------------ */

/* Every word of the arguments of the plan: what may name a context */
static int add_words(struct hash *words, const char *text)
{
	int err = 0;

	while (*text && !err) {
		const char *start;
		struct pl pl;

		while (*text && strchr(" \t,()|&@/?:=\"{}$[]^", *text))
			++text;
		start = text;
		while (*text && !strchr(" \t,()|&@/?:=\"{}$[]^", *text))
			++text;
		pl.p = start;
		pl.l = (size_t)(text - start);
		if (pl.l)
			err = vars_add(words, pl);
	}

	return err;
}


static int add_opt(struct hash *words, const char *text)
{
	return text ? add_words(words, text) : 0;
}


static int collect_config(struct hash *words, const struct config *cfg)
{
	int err = 0;

	err |= add_opt(words, cfg->general.regcontext);
	err |= add_opt(words, cfg->general.outofcall_message_context);
	for (struct le *le = cfg->general.domains.head; le; le = le->next)
		err |= add_opt(words,
			       ((struct config_domain *)le->data)->context);
	if (cfg->defaults) {
		err |= add_opt(words, cfg->defaults->context);
		err |= add_opt(words, cfg->defaults->subscribecontext);
	}

	for (struct le *le = cfg->peers.head; le; le = le->next) {
		const struct peer *peer = le->data;

		err |= add_opt(words, peer->context);
		err |= add_opt(words, peer->subscribecontext);
		err |= add_opt(words, peer->messagecontext);
		for (struct le *v = peer->setvars.head; v; v = v->next)
			err |= add_opt(words,
				       ((struct var_def *)v->data)->value);
	}

	return err;
}


static int collect_plan(struct hash *words, const struct dialplan *dp)
{
	int err = 0;

	for (struct le *le = dp->globals.head; le; le = le->next)
		err |= add_words(words, ((struct var_def *)le->data)->value);

	for (struct le *cl = dp->contexts.head; cl; cl = cl->next) {
		const struct dp_context *ctx = cl->data;

		for (struct le *le = ctx->includes.head; le; le = le->next)
			err |= add_words(words,
					 ((struct dp_include *)le->data)
						 ->name);
		for (struct le *el = ctx->extens.head; el; el = el->next) {
			const struct dp_exten *e = el->data;

			for (struct le *le = e->prios.head; le; le = le->next)
				err |= add_words(
					words,
					((struct dp_prio *)le->data)->args);
		}
	}

	return err;
}


static bool is_used(const struct hash *words, const char *name)
{
	struct pl pl;

	pl_set_str(&pl, name);
	while (pl.l && pl.p[0] == '_') /* as vars_add() keeps it */
		pl_advance(&pl, 1);
	if (vars_has(words, &pl))
		return true;

	/* Macro(x) runs macro-x */
	if (!strncmp(name, "macro-", 6)) {
		pl_set_str(&pl, name + 6);
		return vars_has(words, &pl);
	}

	return false;
}


static void check_unused(struct loader *ld)
{
	const struct dialplan *dp = ld->cfg->dialplan;
	struct hash *words = NULL;

	if (hash_alloc(&words, 4096) || collect_config(words, ld->cfg) ||
	    collect_plan(words, dp)) {
		ld->f->out_of_memory = true;
		goto out;
	}

	for (struct le *le = dp->contexts.head; le; le = le->next) {
		const struct dp_context *ctx = le->data;

		if (!is_used(words, ctx->name))
			find_info(ld->f, &ctx->pos, "context '%s' is used by "
				  "no peer, include or jump", ctx->name);
	}

out:
	if (words)
		hash_flush(words);
	mem_deref(words);
}


/* --- guests -------------------------------------------------------------- */

struct visit {
	struct le le;
	const struct dp_context *ctx;
};


static bool visited(const struct list *seen, const struct dp_context *ctx)
{
	for (struct le *le = seen->head; le; le = le->next) {
		if (((struct visit *)le->data)->ctx == ctx)
			return true;
	}

	return false;
}


static void visit_destructor(void *data)
{
	struct visit *v = data;

	list_unlink(&v->le);
}


static void visit_add(struct list *seen, const struct dp_context *ctx)
{
	struct visit *v;

	if (!ctx || list_count(seen) >= VISIT_MAX || visited(seen, ctx))
		return;

	v = mem_zalloc(sizeof(*v), visit_destructor);
	if (!v)
		return;

	v->ctx = ctx;
	list_append(seen, &v->le, v);
}


struct guest {
	struct loader *ld;
	struct list seen; /* struct visit; grows while it is walked */
	const char *context;
};


static void guest_device(const struct step_ref *sr, const struct peer *peer,
			 void *arg)
{
	const struct guest *g = arg;

	/* a phone may be rung; what costs goes to a host that is no phone */
	if (peer->dynamic || !peer->host.host)
		return;

	find_warning(sr->ld->f, &sr->prio->pos, "guests (allowguest=yes, "
		     "context '%s') come to this line and so to the trunk "
		     "'%s': whoever finds this machine calls at your expense",
		     g->context, peer->name);
}


static void guest_jump(const struct jump_target *t, void *arg)
{
	struct guest *g = arg;

	if (t->has_ctx && t->ctx_lit)
		visit_add(&g->seen, dialplan_context(g->ld->cfg->dialplan,
						     t->ctx));
}


static void guest_context(struct guest *g, const struct dp_context *ctx)
{
	struct step_ref sr = {.ld = g->ld, .ctx = ctx};

	for (struct le *le = ctx->includes.head; le; le = le->next)
		visit_add(&g->seen,
			  dialplan_context(g->ld->cfg->dialplan,
					   ((struct dp_include *)le->data)
						   ->name));

	for (struct le *el = ctx->extens.head; el; el = el->next) {
		sr.ext = el->data;
		for (struct le *le = sr.ext->prios.head; le; le = le->next) {
			sr.prio = le->data;
			step_jumps(sr.prio, guest_jump, g);
			step_devices(&sr, guest_device, g);
		}
	}
}


static void check_guests(struct loader *ld)
{
	const struct peer *def = ld->cfg->defaults;
	struct guest g = {.ld = ld};

	if (!ld->cfg->general.allowguest || !def || !def->context)
		return;

	g.context = def->context;
	visit_add(&g.seen, dialplan_context(ld->cfg->dialplan, def->context));
	for (struct le *le = g.seen.head; le; le = le->next)
		guest_context(&g, ((struct visit *)le->data)->ctx);

	list_flush(&g.seen);
}


void check_flow(struct loader *ld)
{
	const struct dialplan *dp = ld->cfg->dialplan;

	for (struct le *cl = dp->contexts.head; cl; cl = cl->next) {
		const struct dp_context *ctx = cl->data;

		for (struct le *le = ctx->includes.head; le; le = le->next)
			check_hidden(ld, ctx, le->data);

		for (struct le *le = ctx->extens.head; le; le = le->next) {
			check_reached(ld, ctx, le->data);
			check_circles(ld, ctx, le->data);
			check_while(ld, le->data);
		}
	}

	check_unused(ld);
	check_guests(ld);
}
