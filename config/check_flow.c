/**
 * @file config/check_flow.c  Check of where a plan goes: steps that nothing
 *                            reaches, numbers that an include never gets,
 *                            contexts without use, guests and trunks
 *
 * Only literal jumps are followed.  Where a target is made of variables the
 * check says nothing rather than something wrong.
 */
#include "config/check.h"
#include "base/rand.h"
#include "base/text.h"

enum {
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


const struct dp_prio *exten_prio(const struct dp_exten *e, uint32_t n)
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


bool exten_others_have(const struct dp_context *ctx, const struct dp_exten *e,
		       uint32_t prio)
{
	for (struct le *le = ctx->extens.head; le; le = le->next) {
		const struct dp_exten *o = le->data;

		if (o != e && (o->pattern || e->pattern || o->cid || e->cid) &&
		    exten_prio(o, prio))
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
		    !p->label && !exten_others_have(ctx, e, last->prio) &&
		    !jumps_to(ctx, p->prio))
			find_warning(ld->f, &p->pos, "extension '%s': "
				     "priority %u is never reached, %s before "
				     "it does not go on to it", e->name,
				     p->prio, last->app);
		last = p;
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

		if (e->pattern && !e->cid && exten_prio(e, 1))
			tk->v[tk->n++] = e;
	}
}


/* Two patterns of a context that mean the same: _NXX and _[2-9]XX */
static void check_twins(struct loader *ld, const struct dp_context *ctx)
{
	struct takers tk;
	struct pl a, b;

	if (!ld->names || !ld->names->covers)
		return;

	takers_find(&tk, ctx);
	for (size_t i = 1; i < tk.n; i++) {
		pl_set_str(&b, tk.v[i]->name);
		for (size_t k = 0; k < i; k++) {
			pl_set_str(&a, tk.v[k]->name);
			if (!ld->names->covers(&a, &b) ||
			    !ld->names->covers(&b, &a))
				continue;

			find_warning(ld->f, &tk.v[i]->pos, "pattern '%s' is "
				     "never reached: '%s' on line %u takes "
				     "the same numbers", tk.v[i]->name,
				     tk.v[k]->name, tk.v[k]->pos.line);
			break;
		}
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

	if (same && !same->cid && exten_prio(same, 1))
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
	err |= add_opt(words, CONFIG_STAR_CONTEXT);
	for (struct le *le = cfg->followme.list.head; le; le = le->next)
		err |= add_opt(words,
			       ((struct followme *)le->data)->opts.context);
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


/* Local/number@context goes on there */
static void guest_local(struct guest *g, const struct dp_prio *prio)
{
	struct pl devs, rest, dev, tech, ctx;
	char name[128];

	pl_set_str(&rest, prio->args);
	if (str_casecmp(prio->app, "Dial") || !arg_next(&devs, &rest, ','))
		return;

	while (arg_next(&dev, &devs, '&')) {
		const char *at;

		dev = pl_trim(dev);
		(void)pl_next(&tech, &dev, '/');
		at = dev.p && dev.l ? pl_strrchr(&dev, '@') : NULL;
		if (!at || pl_strcasecmp(&tech, "Local"))
			continue;

		dev.l -= (size_t)(at + 1 - dev.p);
		dev.p = at + 1;
		(void)pl_next(&ctx, &dev, '/');
		if (!pl_copy(name, sizeof(name), &ctx))
			visit_add(&g->seen, dialplan_context(
				g->ld->cfg->dialplan, name));
	}
}


static void guest_step(const struct dp_prio *prio, void *arg)
{
	struct guest *g = arg;
	const struct step_ref sr = {.ld = g->ld, .prio = prio};

	step_jumps(prio, guest_jump, g);
	step_devices(&sr, guest_device, g);
	guest_local(g, prio);
}


static void guest_context(struct guest *g, const struct dp_context *ctx)
{
	for (struct le *le = ctx->includes.head; le; le = le->next)
		visit_add(&g->seen,
			  dialplan_context(g->ld->cfg->dialplan,
					   ((struct dp_include *)le->data)
						   ->name));

	for (struct le *el = ctx->extens.head; el; el = el->next) {
		const struct dp_exten *e = el->data;

		for (struct le *le = e->prios.head; le; le = le->next) {
			guest_step(le->data, g);
			step_inner(g->ld, le->data, guest_step, g);
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

		check_twins(ld, ctx);
		for (struct le *le = ctx->includes.head; le; le = le->next)
			check_hidden(ld, ctx, le->data);

		for (struct le *le = ctx->extens.head; le; le = le->next) {
			check_reached(ld, ctx, le->data);
			check_loops(ld, ctx, le->data);
		}
	}

	check_unused(ld);
	check_guests(ld);
}
