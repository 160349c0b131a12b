/**
 * @file b2bua/trunk.c  Trunk groups at work: which line is next
 *
 * Lines of one order share the calls by smooth weighted round robin: each
 * choice adds its weight to every candidate, the largest sum wins and pays the
 * total.  With weights 5, 1, 1 that is a a b a c a a, not a a a a a b c.
 */
#include "b2bua/trunk.h"
#include "b2bua/call.h"
#include "base/clock.h"

/** What is known of a line of a group */
struct line {
	struct le le;
	char *group, *peer;
	int64_t sum;
	struct trunk_line rec;
	char why[64];
	uint64_t why_ms;
};

enum tried {
	NOT_YET = 0,
	TRIED,
	LEFT_OUT,
};

struct trunk_try {
	const struct trunk *trunk;
	uint8_t *tried;            /* enum tried, by place in the group */
	size_t n;
	size_t now;                /* the present one; n: none */
	bool last;                 /* those that were left out */
};

static struct list lines = LIST_INIT;


static void line_destructor(void *arg)
{
	struct line *l = arg;

	list_unlink(&l->le);
	mem_deref(l->group);
	mem_deref(l->peer);
}


static struct line *line_find(const char *group, const char *peer)
{
	for (struct le *le = list_head(&lines); le; le = le->next) {
		struct line *l = le->data;

		if (!strcmp(l->peer, peer) && !strcmp(l->group, group))
			return l;
	}

	return NULL;
}


/* As many as the files name; NULL without memory */
static struct line *line_get(const char *group, const char *peer)
{
	struct line *l = line_find(group, peer);

	if (l)
		return l;

	l = mem_zalloc(sizeof(*l), line_destructor);
	if (!l || str_dup(&l->group, group) || str_dup(&l->peer, peer))
		return mem_deref(l);

	list_append(&lines, &l->le, l);

	return l;
}


static void try_destructor(void *arg)
{
	struct trunk_try *t = arg;

	mem_deref(t->tried);
}


int trunk_try_alloc(struct trunk_try **tp, const struct trunk *trunk)
{
	struct trunk_try *t;

	if (!tp || !trunk)
		return EINVAL;

	t = mem_zalloc(sizeof(*t), try_destructor);
	if (!t)
		return ENOMEM;

	t->trunk = trunk;
	t->n	 = list_count(&trunk->members);
	t->now	 = t->n;
	t->tried = mem_zalloc(t->n + 1, NULL);
	if (!t->tried) {
		mem_deref(t);
		return ENOMEM;
	}

	*tp = t;
	return 0;
}


const struct trunk *trunk_try_group(const struct trunk_try *t)
{
	return t ? t->trunk : NULL;
}


/* ---- choosing ----------------------------------------------------------- */

uint32_t trunk_limit(const struct trunk_member *m)
{
	const uint32_t peers = m->peer ? m->peer->call_limit : 0;

	return peers && (!m->limit || peers < m->limit) ? peers : m->limit;
}


static bool has_room(const struct trunk_member *m)
{
	const uint32_t limit = trunk_limit(m);

	return !limit || calls_of_peer(m->name) < limit;
}


static bool is_candidate(const struct trunk_try *t, size_t i,
			 const struct trunk_member *m)
{
	return t->tried[i] == (t->last ? LEFT_OUT : NOT_YET) && m->peer &&
	       has_room(m);
}


static const struct peer *take(struct trunk_try *t, size_t i,
			       const struct trunk_member *m)
{
	struct line *l = line_get(t->trunk->name, m->name);

	t->tried[i] = TRIED;
	t->now	    = i;
	if (l)
		++l->rec.tried;

	return m->peer;
}


/* The candidates of one order, from `le` on: a turn of the round robin */
static const struct peer *choose(struct trunk_try *t, struct le *le, size_t i)
{
	const uint32_t order = ((struct trunk_member *)le->data)->order;
	const struct trunk_member *best = NULL;
	struct line *best_l = NULL;
	size_t best_i	    = 0;
	int64_t total	    = 0;

	for (; le; le = le->next, i++) {
		const struct trunk_member *m = le->data;
		struct line *l;

		if (m->order != order)
			break;
		if (!is_candidate(t, i, m))
			continue;

		l = line_get(t->trunk->name, m->name);
		if (!l)
			continue;

		total += m->weight;
		l->sum += m->weight;
		if (!best || l->sum > best_l->sum) {
			best   = m;
			best_l = l;
			best_i = i;
		}
	}

	if (!best)
		return NULL;

	best_l->sum -= total;

	return take(t, best_i, best);
}


static const struct peer *pass(struct trunk_try *t)
{
	size_t i = 0;

	for (struct le *le = list_head(&t->trunk->members); le;
	     le = le->next, i++) {
		if (is_candidate(t, i, le->data))
			return choose(t, le, i);
	}

	return NULL;
}


const struct peer *trunk_next(struct trunk_try *t, bool *last)
{
	const struct peer *peer;

	if (!t || !last)
		return NULL;

	t->now = t->n;
	peer   = pass(t);
	if (!peer && !t->last) {
		t->last = true;
		peer	= pass(t);
	}

	*last = t->last;
	return peer;
}


/* ---- how it went -------------------------------------------------------- */

static const struct trunk_member *present(const struct trunk_try *t)
{
	struct le *le = list_head(&t->trunk->members);

	for (size_t i = 0; le && i < t->now; i++)
		le = le->next;

	return list_ledata(le);
}


void trunk_ended(struct trunk_try *t, enum trunk_end end, const char *why)
{
	const struct trunk_member *m = t && t->now < t->n ? present(t) : NULL;
	struct line *l = m ? line_get(t->trunk->name, m->name) : NULL;

	if (!l)
		return;

	switch (end) {

	case TRUNK_ANSWERED: ++l->rec.answered; break;
	case TRUNK_REFUSED: ++l->rec.refused; break;
	case TRUNK_FAILED: ++l->rec.failed; break;

	case TRUNK_LEFT_OUT:
		--l->rec.tried;
		if (!t->last)
			++l->rec.left_out;
		t->tried[t->now] = t->last ? TRIED : LEFT_OUT;
		break;
	}

	if (end == TRUNK_FAILED) {
		str_ncpy(l->why, why ? why : "", sizeof(l->why));
		l->why_ms = clock_ms();
	}

	t->now = t->n;
}


void trunk_line_get(struct trunk_line *line, const struct trunk *trunk,
		    const struct trunk_member *m)
{
	const struct line *l = line_find(trunk->name, m->name);

	memset(line, 0, sizeof(*line));
	line->why = "";
	if (!l)
		return;

	*line	    = l->rec;
	line->why   = l->why;
	line->why_s = (clock_ms() - l->why_ms) / 1000;
}


void trunk_close(void)
{
	list_flush(&lines);
}
