/**
 * @file routing/dialplan.c  Where does a number go
 *
 * One search visits a context at most once, however often it is included: a
 * stamp per context says in which search it was seen last.  So a search costs
 * no more than one look at every pattern, and circles end by themselves.
 */
#include "routing/dialplan_priv.h"
#include "config/config.h"
#include "routing/overlay.h"
#include "routing/pattern.h"
#include "routing/schedule.h"


enum wanted {
	WANT_PRIO,
	WANT_LABEL,
	WANT_HINT,
	WANT_MORE, /* more digits lead somewhere */
};


struct search {
	const struct dialplan_index *ix;
	const struct dp_query *q;
	enum wanted wanted;
	uint32_t prio;
	struct pl label;
	struct dp_match m;
	bool final; /* a "!" has the last word: there is nothing to find */
};


static const struct dp_prio *step_at(const struct ext *e, uint32_t prio)
{
	size_t lo = 0, hi = e->stepc;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (e->stepv[mid]->prio < prio)
			lo = mid + 1;
		else
			hi = mid;
	}

	if (lo == e->stepc || e->stepv[lo]->prio != prio)
		return NULL;

	return e->stepv[lo];
}


static const struct dp_prio *step_label(const struct ext *e,
					const struct pl *label)
{
	for (size_t i = 0; i < e->stepc; i++) {
		const char *name = e->stepv[i]->label;

		if (name && !pl_strcmp(label, name))
			return e->stepv[i];
	}

	return NULL;
}


static bool caller_fits(const struct search *s, const struct ext *e)
{
	struct pl cid;

	if (s->wanted == WANT_HINT || !e->exten->cid)
		return true;

	pl_set_str(&cid, e->exten->cid);

	return pattern_match_cid(&cid, &s->q->cid);
}


/* The name fits: is what is wanted there? */
static bool ext_has(struct search *s, const struct ctx *c, const struct ext *e)
{
	const struct dp_prio *prio = NULL;

	if (!caller_fits(s, e))
		return false;

	switch (s->wanted) {

	case WANT_PRIO:
	case WANT_MORE:
		prio = step_at(e, s->prio);
		if (!prio)
			return false;
		break;

	case WANT_LABEL:
		prio = step_label(e, &s->label);
		if (!prio)
			return false;
		break;

	case WANT_HINT:
		if (!e->exten->hint)
			return false;
		break;
	}

	s->m.ctx   = c->dpc;
	s->m.exten = e->exten;
	s->m.prio  = prio;

	return true;
}


static int pl_order(const struct pl *a, const struct pl *b)
{
	size_t n = a->l < b->l ? a->l : b->l;
	int r    = n ? memcmp(a->p, b->p, n) : 0;

	return r ? r : (a->l > b->l) - (a->l < b->l);
}


/* First literal that is not before `name` */
static size_t literal_lower(const struct ctx *c, const struct pl *name)
{
	size_t lo = 0, hi = c->literals;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct pl n;

		pl_set_str(&n, c->extv[mid].exten->name);

		if (pl_order(&n, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}

	return lo;
}


/* Literals that begin with the dialled text stand side by side */
static bool search_literals(struct search *s, const struct ctx *c)
{
	const struct pl *dialled = &s->q->exten;

	for (size_t i = literal_lower(c, dialled); i < c->literals; i++) {
		enum pattern_result r;
		struct pl name;

		pl_set_str(&name, c->extv[i].exten->name);

		r = pattern_match(&name, dialled);
		if (r == PATTERN_NO)
			break;

		if (s->wanted != WANT_MORE && !(r & PATTERN_FULL))
			break;

		if (s->wanted == WANT_MORE && !(r & PATTERN_MORE))
			continue;

		if (ext_has(s, c, &c->extv[i]))
			return true;
	}

	return false;
}


static bool search_patterns(struct search *s, const struct ctx *c)
{
	for (size_t i = c->literals; i < c->extc; i++) {
		const struct ext *e = &c->extv[i];
		enum pattern_result r;
		struct pl name;

		pl_set_str(&name, e->exten->name);
		r = pattern_match(&name, &s->q->exten);

		if (s->wanted == WANT_MORE && r & PATTERN_EARLY) {

			/* it would take the longer number as well */
			s->final = ext_has(s, c, e);
			if (s->final)
				return false;
		}

		if (!(r & (s->wanted == WANT_MORE ? PATTERN_MORE
						  : PATTERN_FULL)))
			continue;

		if (ext_has(s, c, e))
			return true;
	}

	return false;
}


/* What has priority 1 only because its phone is registered */
static bool search_overlay(struct search *s, const struct ctx *c)
{
	const struct dp_overlay *ov  = s->ix->overlay;
	const struct dp_exten *exten = NULL;

	if (!ov || s->prio != 1)
		return false;

	if (s->wanted == WANT_PRIO)
		exten = overlay_find(ov, c->dpc->name, &s->q->exten);
	else if (s->wanted == WANT_MORE)
		exten = overlay_longer(ov, c->dpc->name, &s->q->exten);
	if (!exten)
		return false;

	s->m.ctx   = c->dpc;
	s->m.exten = exten;
	s->m.prio  = list_ledata(list_head(&exten->prios));

	return true;
}


static bool incl_valid(const struct search *s, const struct incl *in)
{
	if (!in->ctx || in->never)
		return false;

	return !in->sch || schedule_has_time(in->sch, s->q->now_s);
}


static bool search_ctx(struct search *s, const struct ctx *c, unsigned depth)
{
	struct seen *seen = s->ix->seen;

	if (depth > DP_DEPTH_MAX || seen->stampv[c->nr] == seen->search)
		return false;

	seen->stampv[c->nr] = seen->search;

	if (search_literals(s, c) || search_overlay(s, c) ||
	    search_patterns(s, c))
		return true;

	for (size_t i = 0; i < c->inclc && !s->final; i++) {

		if (incl_valid(s, &c->inclv[i]) &&
		    search_ctx(s, c->inclv[i].ctx, depth + 1))
			return true;
	}

	return false;
}


static bool search(struct search *s, const struct dialplan_index *ix,
		   const struct dp_query *q)
{
	const struct ctx *c;

	if (!ix || !q || !q->context)
		return false;

	c = dialplan_ctx(ix, q->context);
	if (!c)
		return false;

	s->ix = ix;
	s->q  = q;
	++ix->seen->search;

	return search_ctx(s, c, 1);
}


static int search_to(struct dp_match *m, struct search *s,
		     const struct dialplan_index *ix,
		     const struct dp_query *q)
{
	if (!ix || !q)
		return EINVAL;

	if (!search(s, ix, q))
		return ENOENT;

	if (m)
		*m = s->m;

	return 0;
}


int dp_find(struct dp_match *m, const struct dialplan_index *ix,
	    const struct dp_query *q, uint32_t prio)
{
	struct search s = {.wanted = WANT_PRIO, .prio = prio};

	return search_to(m, &s, ix, q);
}


int dp_label(struct dp_match *m, const struct dialplan_index *ix,
	     const struct dp_query *q, const struct pl *label)
{
	struct search s = {.wanted = WANT_LABEL};

	if (!label)
		return EINVAL;

	s.label = *label;

	return search_to(m, &s, ix, q);
}


bool dp_exists(const struct dialplan_index *ix, const struct dp_query *q)
{
	return 0 == dp_find(NULL, ix, q, 1);
}


bool dp_can_match_more(const struct dialplan_index *ix,
		       const struct dp_query *q)
{
	struct search s = {.wanted = WANT_MORE, .prio = 1};

	return search(&s, ix, q);
}


bool dp_has_context(const struct dialplan_index *ix, const char *context)
{
	return ix && context && dialplan_ctx(ix, context);
}


const char *dp_hint(const struct dialplan_index *ix, const struct dp_query *q)
{
	struct search s = {.wanted = WANT_HINT};

	return search(&s, ix, q) ? s.m.exten->hint : NULL;
}


bool dp_apply(const struct dialplan_index *ix, const char *context,
	      dp_exten_h *h, void *arg)
{
	const struct ctx *c;

	if (!ix || !context || !h)
		return false;

	c = dialplan_ctx(ix, context);

	for (size_t i = 0; c && i < c->extc; i++) {
		if (h(c->extv[i].exten, arg))
			return true;
	}

	return false;
}
