/**
 * @file routing/dialplan_index.c  Compiling a dialplan for searches
 *
 * The index holds, per context, its extensions in the order of search (the
 * literals first, so that they are found by bisection), the steps of each as
 * an array, and its includes resolved to contexts with their times compiled.
 */
#include "routing/dialplan_priv.h"
#include <stdlib.h>
#include "config/config.h"
#include "routing/pattern.h"
#include "routing/schedule.h"


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
	mem_deref(ix->overlay);
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
const struct ctx *dialplan_ctx(const struct dialplan_index *ix,
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

		in->ctx = dialplan_ctx(ix, inc->name);
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


void dialplan_index_set_overlay(struct dialplan_index *ix,
				struct dp_overlay *overlay)
{
	if (!ix)
		return;

	mem_ref(overlay);
	mem_deref(ix->overlay);
	ix->overlay = overlay;
}
