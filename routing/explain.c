/**
 * @file routing/explain.c  Why a number goes where it goes
 *
 * The walk is that of dialplan.c, but over everything, and it says why an
 * extension is not the one.  What it says is what the search did: the winner
 * is taken from the search itself.
 */
#include "routing/explain.h"
#include "config/config.h"
#include "routing/dialplan_priv.h"
#include "routing/pattern.h"
#include "routing/schedule.h"

enum { OTHERS_MAX = 200 }; /* lines of one explanation */

struct walk {
	const struct dialplan_index *ix;
	const struct dp_query *q;
	uint32_t prio;
	struct dp_match m; /* what the search has found */
	bool found;
	bool passed;       /* the winner has been shown */
	unsigned lines;
	struct mbuf *mb;
	int err;
};

static void walk_ctx(struct walk *w, const struct ctx *c, unsigned depth);


static const char *base_name(const char *file)
{
	const char *slash = file ? strrchr(file, '/') : NULL;

	return slash ? slash + 1 : file ? file : "";
}


static void indent(struct walk *w, unsigned depth)
{
	w->err |= mbuf_fill(w->mb, ' ', 2 * depth);
}


static void print_name(struct walk *w, const struct ext *e, unsigned depth)
{
	char name[64];

	(void)re_snprintf(name, sizeof(name), "'%s%s%s'", e->exten->name,
			  e->exten->cid ? "/" : "",
			  e->exten->cid ? e->exten->cid : "");
	indent(w, depth);
	w->err |= mbuf_printf(w->mb, "%-18s ", name);
}


static bool has_prio(const struct ext *e, uint32_t prio)
{
	for (size_t i = 0; i < e->stepc; i++) {
		if (e->stepv[i]->prio == prio)
			return true;
	}

	return false;
}


/* The number does not fit */
static void print_parts(struct walk *w, const struct pl *name)
{
	const struct pl *dialled = &w->q->exten;
	struct pl elem;
	size_t at = pattern_parts_at(name, dialled, &elem);

	if (at >= dialled->l && elem.l)
		w->err |= mbuf_printf(w->mb, "no: wants more digits, %r is "
				      "next\n", &elem);
	else if (!elem.l)
		w->err |= mbuf_printf(w->mb, "no: ends before digit %u, "
				      "which is %c\n", (unsigned)at + 1,
				      dialled->p[at]);
	else
		w->err |= mbuf_printf(w->mb, "no: digit %u is %c, expected "
				      "%r\n", (unsigned)at + 1,
				      dialled->p[at], &elem);
}


static void print_ext(struct walk *w, const struct ext *e, unsigned depth)
{
	bool winner = w->found && w->m.exten == e->exten;
	struct pl name, cid;

	if (++w->lines > OTHERS_MAX)
		return;

	pl_set_str(&name, e->exten->name);
	print_name(w, e, depth);

	if (winner && !w->passed) {
		w->passed = true;
		w->err |= mbuf_printf(w->mb, "YES: the first that fits "
				      "(%s:%u)\n",
				      base_name(e->exten->pos.file),
				      e->exten->pos.line);
		return;
	}

	if (!(pattern_match(&name, &w->q->exten) & PATTERN_FULL)) {
		print_parts(w, &name);
		return;
	}

	if (e->exten->cid) {
		pl_set_str(&cid, e->exten->cid);
		if (!pattern_match_cid(&cid, &w->q->cid)) {
			w->err |= mbuf_printf(w->mb, "no: fits, but the "
					      "caller is \"%r\"\n",
					      &w->q->cid);
			return;
		}
	}

	if (!has_prio(e, w->prio))
		w->err |= mbuf_printf(w->mb, "no: fits, but has no priority "
				      "%u\n", w->prio);
	else if (w->passed)
		w->err |= mbuf_printf(w->mb, "no: fits too, but comes "
				      "later\n");
	else
		w->err |= mbuf_printf(w->mb, "no\n");
}


/* Literals: the one dialled, or how many others there are */
static void walk_literals(struct walk *w, const struct ctx *c, unsigned depth)
{
	unsigned others = 0;

	for (size_t i = 0; i < c->literals; i++) {
		const struct ext *e = &c->extv[i];

		if (!pl_strcmp(&w->q->exten, e->exten->name))
			print_ext(w, e, depth);
		else
			++others;
	}

	if (others) {
		indent(w, depth);
		w->err |= mbuf_printf(w->mb, "(%u other number%s without a "
				      "pattern)\n", others,
				      others == 1 ? "" : "s");
	}
}


static void print_include(struct walk *w, const struct incl *in,
			  const char *name, const char *times, unsigned depth)
{
	const char *why = NULL;

	if (!in->ctx)
		why = "there is no such context";
	else if (in->never)
		why = "its times are not understood";
	else if (in->sch && !schedule_has_time(in->sch, w->q->now_s))
		why = "not at this time";
	else if (w->passed)
		why = "not looked at: there is a match already";
	else if (depth > DP_DEPTH_MAX)
		why = "included too deep";

	indent(w, depth);
	w->err |= mbuf_printf(w->mb, "include %s%s%s%s%s\n", name,
			      times ? ", " : "", times ? times : "",
			      why ? ": " : ":", why ? why : "");
	if (!why)
		walk_ctx(w, in->ctx, depth + 1);
}


static void walk_ctx(struct walk *w, const struct ctx *c, unsigned depth)
{
	struct seen *seen = w->ix->seen;
	struct le *le = c->dpc->includes.head;

	if (seen->stampv[c->nr] == seen->search) {
		indent(w, depth);
		w->err |= mbuf_printf(w->mb, "(looked at before)\n");
		return;
	}
	seen->stampv[c->nr] = seen->search;

	walk_literals(w, c, depth);
	for (size_t i = c->literals; i < c->extc; i++)
		print_ext(w, &c->extv[i], depth);

	for (size_t i = 0; i < c->inclc && le; i++, le = le->next) {
		const struct dp_include *inc = le->data;

		print_include(w, &c->inclv[i], inc->name, inc->timespec,
			      depth);
	}
}


int dp_explain(struct mbuf *mb, const struct dialplan_index *ix,
	       const struct dp_query *q, uint32_t prio)
{
	struct walk w = {.ix = ix, .q = q, .prio = prio, .mb = mb};
	const struct ctx *c;

	if (!mb || !ix || !q || !q->context)
		return EINVAL;

	w.found = !dp_find(&w.m, ix, q, prio);
	c = dialplan_ctx(ix, q->context);
	if (!c) {
		w.err = mbuf_printf(mb, "There is no context '%s'.\n",
				    q->context);
		return w.err ? w.err : ENOENT;
	}

	w.err = mbuf_printf(mb, "Extension %r in context %s:\n", &q->exten,
			    c->dpc->name);
	++ix->seen->search;
	walk_ctx(&w, c, 1);
	if (w.lines > OTHERS_MAX)
		w.err |= mbuf_printf(mb, "  ... and %u more\n",
				     w.lines - OTHERS_MAX);
	if (!w.found)
		w.err |= mbuf_printf(mb, "  nothing fits\n");
	else if (!w.passed)
		w.err |= mbuf_printf(mb, "  '%s' YES: of a phone that is "
				     "registered\n", w.m.exten->name);

	return w.err ? ENOMEM : w.found ? 0 : ENOENT;
}
