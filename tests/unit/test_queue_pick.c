/**
 * @file test_queue_pick.c  Which member rings next, against a naive reference
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/compat.h"
#include "b2bua/queue_pick.h"
#include "base/rand.h"

enum { N = 6, NOW = 5000 };

static uint32_t fixed[N], fixed_at;


/* The draws that the reference knows as well */
static uint32_t fixed_rand(uint32_t limit)
{
	return fixed[fixed_at++ % N] % limit;
}


/* --- rows ---------------------------------------------------------------- */

struct row {
	enum queue_strategy strategy;
	const char *members; /* "penalty/calls/last[/x busy][/t tried]", ... */
	int max, min;
	uint32_t raise;
	size_t start;
	const char *want;    /* places */
};

/* clang-format off */
static const struct row rows[] = {
	/* all that are free and have the lowest penalty */
	{QUEUE_RINGALL, "0 0 0",                -1, -1, 0, 0, "0 1 2"},
	{QUEUE_RINGALL, "0 1 0",                -1, -1, 0, 0, "0 2"},
	{QUEUE_RINGALL, "0x 1 2",               -1, -1, 0, 0, "1"},
	{QUEUE_RINGALL, "0x 1x 2",              -1, -1, 0, 0, "2"},
	{QUEUE_RINGALL, "0x 0x",                -1, -1, 0, 0, ""},
	{QUEUE_RINGALL, "",                     -1, -1, 0, 0, ""},

	/* penalties: what the caller takes */
	{QUEUE_RINGALL, "0 1 2 3",               0, -1, 0, 0, "0"},
	{QUEUE_RINGALL, "0 1 2 3",              -1,  2, 0, 0, "2"},
	{QUEUE_RINGALL, "0 1 2 3",               1,  1, 0, 0, "1"},
	{QUEUE_RINGALL, "3 3",                   2, -1, 0, 0, ""},
	{QUEUE_RINGALL, "0 1 2",                -1, -1, 1, 0, "0 1"},
	{QUEUE_RINGALL, "0 1 2",                 1, -1, 2, 0, ""},
	{QUEUE_LINEAR,  "2 0 1",                -1, -1, 0, 0, "1"},

	/* who was free longest; never is longest */
	{QUEUE_LEASTRECENT, "0/0/90 0/0/80 0/0/95", -1, -1, 0, 0, "1"},
	{QUEUE_LEASTRECENT, "0/0/90 0/9 0/0/95",    -1, -1, 0, 0, "1"},
	{QUEUE_LEASTRECENT, "1/0/10 0/0/4999",      -1, -1, 0, 0, "1"},
	{QUEUE_LEASTRECENT, "0/0/90 0/0/80x 0/0/95", -1, -1, 0, 0, "0"},

	/* fewest calls; the first of equals */
	{QUEUE_FEWESTCALLS, "0/3 0/1 0/2",      -1, -1, 0, 0, "1"},
	{QUEUE_FEWESTCALLS, "0/2 0/1 0/1",      -1, -1, 0, 0, "1"},
	{QUEUE_FEWESTCALLS, "0/2 0/1t 0/1",     -1, -1, 0, 0, "2"},
	{QUEUE_FEWESTCALLS, "0/9 1/0",          -1, -1, 0, 0, "0"},

	/* in turn */
	{QUEUE_RRMEMORY, "0 0 0",               -1, -1, 0, 0, "0"},
	{QUEUE_RRMEMORY, "0 0 0",               -1, -1, 0, 1, "1"},
	{QUEUE_RRMEMORY, "0 0 0x",              -1, -1, 0, 2, "0"},
	{QUEUE_RRMEMORY, "0 0t 0x",             -1, -1, 0, 1, "0"},
	{QUEUE_RRORDERED, "0 0 0",              -1, -1, 0, 2, "2"},
	{QUEUE_RRMEMORY, "0 1 1",               -1, -1, 0, 1, "0"},
	{QUEUE_RRMEMORY, "0x 1 1",              -1, -1, 0, 2, "2"},
	{QUEUE_LINEAR, "0x 0 0",                -1, -1, 0, 0, "1"},
};
/* clang-format on */


static uint64_t number(const char **p)
{
	uint64_t n = 0;

	while (**p >= '0' && **p <= '9')
		n = n * 10 + (uint64_t)(*(*p)++ - '0');

	return n;
}


static size_t members(struct cq_cand *v, const char *p)
{
	size_t n = 0;

	while (*p) {
		struct cq_cand *c = &v[n++];

		memset(c, 0, sizeof(*c));
		c->free = true;
		c->penalty = (uint32_t)number(&p);
		if (*p == '/' && p++)
			c->calls = (uint32_t)number(&p);
		if (*p == '/' && p++)
			c->last_s = number(&p);
		for (; *p && *p != ' '; p++) {
			c->free = c->free && *p != 'x';
			c->tried = c->tried || *p == 't';
		}
		while (*p == ' ')
			++p;
	}

	return n;
}


static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		const struct cq_pick p = {
			.strategy = r->strategy, .penalties = true,
			.max = r->max, .min = r->min, .raise = r->raise,
			.start = r->start, .now_s = NOW, .rand = fixed_rand,
		};
		char got[64] = "";
		struct cq_cand v[N];
		size_t idxv[N], n, found;

		n = members(v, r->members);
		found = cq_pick(idxv, N, &p, v, n);
		for (size_t k = 0; k < found; k++) {
			size_t len = strlen(got);

			(void)re_snprintf(got + len, sizeof(got) - len,
					  "%s%u", k ? " " : "",
					  (unsigned)idxv[k]);
		}

		if (strcmp(got, r->want))
			fail_msg("row %u (%s): %s, not %s", (unsigned)i,
				 r->members, got, r->want);
	}
}


/* --- the reference ------------------------------------------------------- */

/* Is a before b? By the words of the manual, not by a metric */
static int before(const struct cq_pick *p, const struct cq_cand *v, size_t a,
		  size_t b, const uint32_t *draw)
{
	uint32_t pa = v[a].penalty, pb = v[b].penalty;
	size_t ta = a, tb = b;

	if (pa < p->raise)
		pa = p->raise;
	if (pb < p->raise)
		pb = p->raise;
	if (p->strategy == QUEUE_WRANDOM)
		return (int)(draw[a] % ((pa + 1) * 1000) <
			     draw[b] % ((pb + 1) * 1000));
	if (p->penalties && pa != pb)
		return pa < pb;

	switch (p->strategy) {

	case QUEUE_LEASTRECENT:
		if (!v[a].last_s || !v[b].last_s)
			return !v[a].last_s && v[b].last_s;
		return v[a].last_s < v[b].last_s;

	case QUEUE_FEWESTCALLS:
		return v[a].calls < v[b].calls;

	case QUEUE_RANDOM:
		return draw[a] % 1000 < draw[b] % 1000;

	case QUEUE_RRMEMORY:
	case QUEUE_RRORDERED:
	case QUEUE_LINEAR:
		/* go round from start until one of both comes */
		for (size_t i = p->start;; i = (i + 1) % N) {
			if (i == ta)
				return 1;
			if (i == tb)
				return 0;
		}

	case QUEUE_RINGALL:
	case QUEUE_WRANDOM:
	default:
		return 0;
	}
}


static bool may(const struct cq_pick *p, const struct cq_cand *c)
{
	uint32_t pen = c->penalty < p->raise ? p->raise : c->penalty;

	if (!c->free || c->tried)
		return false;
	if (!p->penalties)
		return true;
	if (p->max >= 0 && pen > (uint32_t)p->max)
		return false;

	return p->min < 0 || pen >= (uint32_t)p->min;
}


static size_t naive(size_t *idxv, const struct cq_pick *p,
		    const struct cq_cand *v, const uint32_t *draw)
{
	size_t n = 0;

	for (size_t i = 0; i < N; i++) {
		bool best = may(p, &v[i]);

		for (size_t k = 0; k < N && best; k++) {
			if (k == i || !may(p, &v[k]))
				continue;
			if (before(p, v, k, i, draw))
				best = false;
			/* the first of equals */
			if (k < i && !before(p, v, i, k, draw) &&
			    p->strategy != QUEUE_RINGALL)
				best = false;
		}

		if (best)
			idxv[n++] = i;
	}

	return n;
}


/* The draws go to the members that may be rung, in their order */
static void spread(uint32_t *draw, const struct cq_pick *p,
		   const struct cq_cand *v)
{
	size_t at = 0;

	for (size_t i = 0; i < N; i++)
		draw[i] = may(p, &v[i]) ? fixed[at++ % N] : 0;
}


static void random_case(struct cq_pick *p, struct cq_cand *v)
{
	for (size_t i = 0; i < N; i++) {
		v[i].penalty = rand_below(3);
		v[i].calls = rand_below(4);
		v[i].last_s = rand_below(3) ? 1 + rand_below(NOW) : 0;
		v[i].free = rand_below(4) > 0;
		v[i].tried = rand_below(5) == 0;
		fixed[i] = rand_num();
	}

	p->strategy = (enum queue_strategy)rand_below(QUEUE_WRANDOM + 1);
	p->penalties = rand_below(3) > 0;
	p->max = (int)rand_below(5) - 1;
	p->min = (int)rand_below(3) - 1;
	p->raise = rand_below(4) ? 0 : rand_below(3);
	p->start = rand_below(N);
	p->now_s = NOW;
	p->rand = fixed_rand;
	fixed_at = 0;
}


static void test_against_reference(void **state)
{
	for (unsigned t = 0; t < 20000; t++) {
		size_t got[N], want[N], n, m;
		struct cq_cand v[N];
		struct cq_pick p;
		uint32_t draw[N];

		random_case(&p, v);
		spread(draw, &p, v);
		n = cq_pick(got, N, &p, v, N);
		m = naive(want, &p, v, draw);
		if (n != m || memcmp(got, want, n * sizeof(*got)))
			fail_msg("%s: %u of %u, first %u, not %u",
				 queue_strategy_name(p.strategy), (unsigned)n,
				 (unsigned)m, n ? (unsigned)got[0] : 99,
				 m ? (unsigned)want[0] : 99);
	}
}


/* Each comes as often as it should */
static void test_chances(void **state)
{
	struct cq_cand v[2] = {{.free = true}, {.free = true}};
	struct cq_pick p = {.strategy = QUEUE_RANDOM, .max = -1, .min = -1,
			    .rand = rand_below};
	unsigned first = 0;
	size_t i;

	for (unsigned t = 0; t < 4000; t++)
		first += cq_pick(&i, 1, &p, v, 2) && i == 0;
	assert_in_range(first, 1700, 2300);

	/* a penalty of 3 loses 7 of 8 times */
	p.strategy = QUEUE_WRANDOM;
	v[1].penalty = 3;
	first = 0;
	for (unsigned t = 0; t < 4000; t++)
		first += cq_pick(&i, 1, &p, v, 2) && i == 0;
	assert_in_range(first, 3300, 3700);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_against_reference),
		cmocka_unit_test(test_chances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
