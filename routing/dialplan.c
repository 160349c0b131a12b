/**
 * @file routing/dialplan.c  Where does a number go
 *
 * The index holds, per context, its extensions in the order of search (the
 * literals first, so that they are found by bisection), the steps of each as
 * an array, and its includes resolved to contexts with their times compiled.
 *
 * One search visits a context at most once, however often it is included: a
 * stamp per context says in which search it was seen last.  So a search costs
 * no more than one look at every pattern, and circles end by themselves.
 */
#include "routing/dialplan.h"
#include <stdlib.h>
#include "base/text.h"
#include "config/config.h"
#include "routing/args.h"
#include "routing/pattern.h"
#include "routing/schedule.h"


enum { PRIO_MAX = 1000000000 };


struct ext {
	const struct dp_exten *exten;
	const struct dp_prio **stepv; /* ascending; mem_alloc'd */
	size_t stepc;
	size_t pos; /* in the file */
};


struct incl {
	const struct ctx *ctx; /* NULL if it does not exist */
	struct schedule *sch;  /* NULL: always */
	bool never;            /* wrong time specification */
};


struct ctx {
	const struct dp_context *dpc;
	struct ext *extv;
	size_t extc;
	size_t literals; /* how many of extv are no patterns */
	struct incl *inclv;
	size_t inclc;
	size_t nr;
};


/* Which search saw which context; the only part that changes */
struct seen {
	uint64_t search;
	uint64_t stampv[];
};


struct dialplan_index {
	struct dialplan *dp;
	struct ctx *ctxv; /* ordered by name */
	size_t ctxc;
	struct seen *seen;
};


/* --- building ------------------------------------------------------------ */

static void index_destructor(void *arg)
{
	struct dialplan_index *ix = arg;

	for (size_t i = 0; i < ix->ctxc; i++) {
		struct ctx *c = &ix->ctxv[i];

		for (size_t j = 0; j < c->extc; j++)
			mem_deref(c->extv[j].stepv);

		for (size_t j = 0; j < c->inclc; j++)
			mem_deref(c->inclv[j].sch);

		mem_deref(c->extv);
		mem_deref(c->inclv);
	}

	mem_deref(ix->ctxv);
	mem_deref(ix->seen);
	mem_deref(ix->dp);
}


static int pl_order(const struct pl *a, const struct pl *b)
{
	size_t n = a->l < b->l ? a->l : b->l;
	int r    = n ? memcmp(a->p, b->p, n) : 0;

	return r ? r : (a->l > b->l) - (a->l < b->l);
}


static int ctx_order(const void *x, const void *y)
{
	const struct ctx *a = x, *b = y;
	int r = strcmp(a->dpc->name, b->dpc->name);

	return r ? r : (a->nr > b->nr) - (a->nr < b->nr);
}


/* Extensions for one caller come before the same for any caller */
static int cid_order(const char *a, const char *b)
{
	struct pl pa, pb;

	if (!a || !b)
		return (a == NULL) - (b == NULL);

	pl_set_str(&pa, a);
	pl_set_str(&pb, b);

	return pattern_cmp(&pa, &pb);
}


static int ext_order(const void *x, const void *y)
{
	const struct ext *a = x, *b = y;
	struct pl na, nb;
	int r;

	pl_set_str(&na, a->exten->name);
	pl_set_str(&nb, b->exten->name);

	r = pattern_cmp(&na, &nb);
	if (!r)
		r = cid_order(a->exten->cid, b->exten->cid);

	return r ? r : (a->pos > b->pos) - (a->pos < b->pos);
}


static int array_alloc(void *vp, size_t n, size_t size)
{
	void *v;

	if (n > SIZE_MAX / 2 / size)
		return ENOMEM;

	/* never empty, so that NULL means out of memory */
	v = mem_zalloc(n ? n * size : 1, NULL);
	if (!v)
		return ENOMEM;

	memcpy(vp, &v, sizeof(v));

	return 0;
}


static int ext_init(struct ext *e, const struct dp_exten *exten, size_t pos)
{
	struct le *le;
	int err;

	e->exten = exten;
	e->pos   = pos;

	err = array_alloc(&e->stepv, list_count(&exten->prios),
			  sizeof(*e->stepv));
	if (err)
		return err;

	for (le = list_head(&exten->prios); le; le = le->next)
		e->stepv[e->stepc++] = le->data;

	return 0;
}


static int ctx_init(struct ctx *c)
{
	struct le *le;
	int err;

	err = array_alloc(&c->extv, list_count(&c->dpc->extens),
			  sizeof(*c->extv));
	if (err)
		return err;

	for (le = list_head(&c->dpc->extens); le; le = le->next) {
		const struct dp_exten *exten = le->data;
		struct pl name;

		err = ext_init(&c->extv[c->extc], exten, c->extc);
		++c->extc;
		if (err)
			return err;

		pl_set_str(&name, exten->name);
		if (!pattern_is(&name))
			++c->literals;
	}

	qsort(c->extv, c->extc, sizeof(*c->extv), ext_order);

	return 0;
}


/* First context of that name */
static const struct ctx *ctx_find(const struct dialplan_index *ix,
				  const char *name)
{
	size_t lo = 0, hi = ix->ctxc;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(ix->ctxv[mid].dpc->name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}

	if (lo == ix->ctxc || strcmp(ix->ctxv[lo].dpc->name, name))
		return NULL;

	return &ix->ctxv[lo];
}


struct warner {
	dp_warn_h *h;
	void *arg;
};


static void warn(const struct warner *w, const struct dp_context *dpc,
		 const struct dp_include *inc, const char *why,
		 const struct pl *part)
{
	char *text = NULL;

	if (!w->h)
		return;

	if (!re_sdprintf(&text, "context '%s': include => %s: %s '%r'",
			 dpc->name, inc->name, why, part))
		w->h(text, w->arg);

	mem_deref(text);
}


static int incl_times(struct incl *in, const struct dp_context *dpc,
		      const struct dp_include *inc, const struct warner *w)
{
	struct pl spec, bad = pl_null;
	int err;

	if (!inc->timespec)
		return 0;

	in->sch = mem_zalloc(sizeof(*in->sch), NULL);
	if (!in->sch)
		return ENOMEM;

	pl_set_str(&spec, inc->timespec);
	err = schedule_decode(in->sch, &spec, &bad);
	if (err) {
		in->never = true;
		warn(w, dpc, inc, "wrong time specification", &bad);
	}

	return 0;
}


static int ctx_includes(struct ctx *c, const struct dialplan_index *ix,
			const struct warner *w)
{
	struct le *le;
	int err;

	err = array_alloc(&c->inclv, list_count(&c->dpc->includes),
			  sizeof(*c->inclv));
	if (err)
		return err;

	for (le = list_head(&c->dpc->includes); le; le = le->next) {
		const struct dp_include *inc = le->data;
		struct incl *in = &c->inclv[c->inclc++];

		in->ctx = ctx_find(ix, inc->name);
		if (!in->ctx) {
			struct pl name;

			pl_set_str(&name, inc->name);
			warn(w, c->dpc, inc, "no such context", &name);
		}

		err = incl_times(in, c->dpc, inc, w);
		if (err)
			return err;
	}

	return 0;
}


static int index_build(struct dialplan_index *ix, const struct warner *w)
{
	size_t n = list_count(&ix->dp->contexts);
	struct le *le;
	int err;

	err = array_alloc(&ix->ctxv, n, sizeof(*ix->ctxv));
	if (err)
		return err;

	for (le = list_head(&ix->dp->contexts); le; le = le->next) {
		struct ctx *c = &ix->ctxv[ix->ctxc];

		c->dpc = le->data;
		c->nr  = ix->ctxc++;

		err = ctx_init(c);
		if (err)
			return err;
	}

	qsort(ix->ctxv, ix->ctxc, sizeof(*ix->ctxv), ctx_order);

	for (size_t i = 0; i < ix->ctxc; i++) {
		err = ctx_includes(&ix->ctxv[i], ix, w);
		if (err)
			return err;
	}

	ix->seen = mem_zalloc(sizeof(*ix->seen) + n * sizeof(uint64_t), NULL);

	return ix->seen ? 0 : ENOMEM;
}


int dialplan_index_alloc(struct dialplan_index **ixp,
			 const struct dialplan *dp, dp_warn_h *warnh,
			 void *arg)
{
	const struct warner w = {warnh, arg};
	struct dialplan_index *ix;
	int err;

	if (!ixp || !dp)
		return EINVAL;

	ix = mem_zalloc(sizeof(*ix), index_destructor);
	if (!ix)
		return ENOMEM;

	ix->dp = mem_ref((void *)dp);

	err = index_build(ix, &w);
	if (err)
		mem_deref(ix);
	else
		*ixp = ix;

	return err;
}


/* --- searching ----------------------------------------------------------- */

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

	if (search_literals(s, c) || search_patterns(s, c))
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

	c = ctx_find(ix, q->context);
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
	return ix && context && ctx_find(ix, context);
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

	c = ctx_find(ix, context);

	for (size_t i = 0; c && i < c->extc; i++) {
		if (h(c->extv[i].exten, arg))
			return true;
	}

	return false;
}


/* --- targets ------------------------------------------------------------- */

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
