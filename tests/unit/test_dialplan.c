/**
 * @file test_dialplan.c  Where does a number go
 *
 * Dialplans are written as rows: a context, then its extensions and includes.
 */
#include "routing_util.h"
#include <stdio.h>
#include "config/config.h"
#include "routing/args.h"
#include "routing/dialplan.h"
#include "routing/pattern.h"
#include "routing/schedule.h"


/* --- building ------------------------------------------------------------ */

static void plan_destructor(void *arg)
{
	struct dialplan *dp = arg;

	list_flush(&dp->contexts);
}


static void ctx_destructor(void *arg)
{
	struct dp_context *ctx = arg;

	list_unlink(&ctx->le);
	list_flush(&ctx->extens);
	list_flush(&ctx->includes);
	mem_deref(ctx->name);
}


static void exten_destructor(void *arg)
{
	struct dp_exten *e = arg;

	list_unlink(&e->le);
	list_flush(&e->prios);
	mem_deref(e->name);
	mem_deref(e->cid);
	mem_deref(e->hint);
}


static void prio_destructor(void *arg)
{
	struct dp_prio *p = arg;

	list_unlink(&p->le);
	mem_deref(p->label);
}


static void include_destructor(void *arg)
{
	struct dp_include *inc = arg;

	list_unlink(&inc->le);
	mem_deref(inc->name);
	mem_deref(inc->timespec);
}


static char *dup_of(const char *str)
{
	char *dup = NULL;

	if (str)
		assert_int_equal(str_dup(&dup, str), 0);

	return dup;
}


static struct dp_context *add_ctx(struct dialplan *dp, const char *name)
{
	struct dp_context *ctx = mem_zalloc(sizeof(*ctx), ctx_destructor);

	ctx->name = dup_of(name);
	list_append(&dp->contexts, &ctx->le, ctx);

	return ctx;
}


static struct dp_exten *add_exten(struct dp_context *ctx, const char *name,
				  const char *cid)
{
	struct dp_exten *e = mem_zalloc(sizeof(*e), exten_destructor);

	e->name    = dup_of(name);
	e->cid     = dup_of(cid);
	e->pattern = name[0] == '_';
	list_append(&ctx->extens, &e->le, e);

	return e;
}


static void add_prio(struct dp_exten *e, uint32_t prio, const char *label)
{
	struct dp_prio *p = mem_zalloc(sizeof(*p), prio_destructor);

	p->prio  = prio;
	p->label = dup_of(label);
	list_append(&e->prios, &p->le, p);
}


static void add_include(struct dp_context *ctx, const char *name,
			const char *timespec)
{
	struct dp_include *inc = mem_zalloc(sizeof(*inc), include_destructor);

	inc->name     = dup_of(name);
	inc->timespec = dup_of(timespec);
	list_append(&ctx->includes, &inc->le, inc);
}


enum kind {
	CTX,  /* a: name */
	EXT,  /* a: name, b: caller, n: priorities 1..n */
	STEP, /* a: label or NULL, n: priority; adds to the last EXT */
	HINT, /* a: devices of the last EXT */
	INC,  /* a: name, b: times */
};

struct row {
	enum kind kind;
	const char *a;
	const char *b;
	uint32_t n;
};


static struct dialplan *build(const struct row *rows, size_t n)
{
	struct dialplan *dp = mem_zalloc(sizeof(*dp), plan_destructor);
	struct dp_context *ctx = NULL;
	struct dp_exten *e = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];

		switch (r->kind) {

		case CTX:  ctx = add_ctx(dp, r->a);         break;
		case INC:  add_include(ctx, r->a, r->b);    break;
		case STEP: add_prio(e, r->n, r->a);         break;
		case HINT: e->hint = dup_of(r->a);          break;
		case EXT:
			e = add_exten(ctx, r->a, r->b);
			for (uint32_t p = 1; p <= r->n; p++)
				add_prio(e, p, NULL);
			break;
		}
	}

	return dp;
}


static void count_warning(const char *text, void *arg)
{
	assert_true(strlen(text) > 20);
	++*(unsigned *)arg;
}


static struct dialplan_index *index_of(const struct row *rows, size_t n,
				       unsigned warnings)
{
	struct dialplan *dp = build(rows, n);
	struct dialplan_index *ix = NULL;
	unsigned count = 0;

	assert_int_equal(dialplan_index_alloc(&ix, dp, count_warning, &count),
			 0);
	assert_int_equal(count, warnings);
	mem_deref(dp); /* the index keeps it */

	return ix;
}


static struct dp_query query(const char *ctx, const char *exten,
			     const char *cid)
{
	struct dp_query q = {ctx, pl_of(exten), pl_of(cid), 0};

	return q;
}


/* "context/exten" of a match, "-" for none */
static const char *found(const struct dialplan_index *ix, const char *ctx,
			 const char *exten, const char *cid, uint32_t prio)
{
	static char buf[128];
	struct dp_query q = query(ctx, exten, cid);
	struct dp_match m;

	if (dp_find(&m, ix, &q, prio))
		return "-";

	assert_int_equal(m.prio->prio, prio);
	(void)snprintf(buf, sizeof(buf), "%s/%s%s%s", m.ctx->name,
		       m.exten->name, m.exten->cid ? "/" : "",
		       m.exten->cid ? m.exten->cid : "");

	return buf;
}


/* --- the office ---------------------------------------------------------- */

/* clang-format off */
static const struct row office[] = {
	{CTX, "phones", NULL, 0},
	{EXT, "_X.", NULL, 2},
	{EXT, "_1XX", NULL, 1},
	{EXT, "_1NX", NULL, 1},
	{EXT, "_1[23]X", NULL, 1},
	{EXT, "_1!", NULL, 1},
	{EXT, "120", NULL, 1},
	{EXT, "120", "5551234", 1},
	{EXT, "120", "_666X", 1},
	{EXT, "120", "", 1},
	{EXT, "s", NULL, 0},
	{STEP, NULL, NULL, 1},
	{STEP, "top", NULL, 2},
	{STEP, NULL, NULL, 5},
	{EXT, "_2XX", NULL, 1},
	{HINT, "SIP/two", NULL, 0},
	{EXT, "201", NULL, 0},
	{HINT, "SIP/201", NULL, 0},
	{INC, "outside", NULL, 0},

	{CTX, "outside", NULL, 0},
	{EXT, "999", NULL, 1},
	{EXT, "*8", NULL, 3},
	{STEP, "top", NULL, 4},
	{EXT, "_1XX", NULL, 3},
	{INC, "phones", NULL, 0},  /* a circle */
	{INC, "missing", NULL, 0},
	{INC, "day", "9:00-17:00,mon-fri,*,*,UTC", 0},
	{INC, "day", "9:00-25:00,*,*,*", 0},
	{INC, "night", NULL, 0},

	{CTX, "day", NULL, 0},
	{EXT, "#1", NULL, 1},

	{CTX, "night", NULL, 0},
	{EXT, "#1", NULL, 1},
	{EXT, "#2", NULL, 1},
	{HINT, "SIP/guard", NULL, 0},

	{CTX, "empty", NULL, 0},
};


static const struct {
	const char *ctx, *exten, *cid;
	uint32_t prio;
	const char *found;
} finds[] = {
	/* literals, then the narrower pattern */
	{"phones", "130",  "",        1, "phones/_1[23]X"},
	{"phones", "140",  "",        1, "phones/_1NX"},
	{"phones", "110",  "",        1, "phones/_1XX"},
	{"phones", "1",    "",        1, "phones/_1!"},
	{"phones", "1234", "",        1, "phones/_1!"},
	{"phones", "4",    "",        1, "-"},
	{"phones", "44",   "",        1, "phones/_X."},

	/* the caller's number */
	{"phones", "120",  "5551234", 1, "phones/120/5551234"},
	{"phones", "120",  "6667",    1, "phones/120/_666X"},
	{"phones", "120",  "",        1, "phones/120/"},
	{"phones", "120",  "77",      1, "phones/120"},

	/* a match without the wanted step is no match */
	{"phones", "110",  "",        2, "phones/_X."},
	{"phones", "120",  "77",      2, "phones/_X."},
	{"phones", "110",  "",        3, "outside/_1XX"},
	{"phones", "s",    "",        5, "phones/s"},
	{"phones", "s",    "",        3, "-"},
	{"phones", "s",    "",        0, "-"},

	/* own patterns go before what is included, even worse ones */
	{"phones", "999",  "",        1, "phones/_X."},
	{"outside", "999", "",        1, "outside/999"},
	{"phones", "*8",   "",        3, "outside/*8"},
	{"outside", "140", "",        1, "outside/_1XX"},
	{"outside", "s",   "",        5, "phones/s"},

	{"empty",   "s",   "",        1, "-"},
	{"nowhere", "s",   "",        1, "-"},
	{"phones",  "",    "",        1, "-"},
	{"Phones",  "110", "",        1, "-"},
};


/* Monday 2026-11-23 is 1795392000 */
static const struct {
	int64_t now_s;
	const char *found;
} times[] = {
	{1795392000 + 8 * 3600 + 3599,  "night"},
	{1795392000 + 9 * 3600,         "day"},
	{1795392000 + 17 * 3600 + 59,   "day"},
	{1795392000 + 17 * 3600 + 60,   "night"},
	{1795392000 - 12 * 3600,        "night"},
};


static const struct {
	const char *ctx, *exten;
	bool exists, more;
} mores[] = {
	{"phones",  "",     false, true},
	{"phones",  "1",    true,  true},  /* 120 before "!" */
	{"phones",  "11",   true,  true},  /* _1XX before "!" */
	{"phones",  "14",   true,  true},
	{"phones",  "12",   true,  true},
	{"phones",  "120",  true,  false}, /* "!" has the last word */
	{"phones",  "110",  true,  false},
	{"phones",  "19999", true, false},
	{"phones",  "4",    false, true},
	{"phones",  "44",   true,  true},
	{"phones",  "s",    true,  false},
	{"phones",  "x",    false, false},
	{"phones",  "*",    false, true},
	{"phones",  "*8",   true,  false},
	{"outside", "#",    false, true},
	{"outside", "99",   true,  true},
	{"empty",   "",     false, false},
	{"nowhere", "1",    false, false},
};


static const struct {
	const char *args; /* of Goto */
	int decode;
	int find;
	const char *found;
} targets[] = {
	{"1",               0,      0,      "phones/s:1"},
	{"top",             0,      0,      "phones/s:2"},
	{" top ",           0,      0,      "phones/s:2"},
	{"n",               0,      ENOENT, NULL},
	{"+1",              0,      ENOENT, NULL},
	{"+3",              0,      0,      "phones/s:5"},
	{"-1",              0,      0,      "phones/s:1"},
	{"-2",              0,      EINVAL, NULL},
	{"-x",              0,      EINVAL, NULL},
	{"+",               0,      EINVAL, NULL},
	{"0",               0,      EINVAL, NULL},
	{"9999999999",      0,      EINVAL, NULL},
	{"2nd",             0,      EINVAL, NULL},
	{"nolabel",         0,      ENOENT, NULL},
	{"110,1",           0,      0,      "phones/_1XX:1"},
	{"110,2",           0,      0,      "phones/_X.:2"},
	{"*8,top",          0,      0,      "outside/*8:4"},
	{"999,1",           0,      0,      "phones/_X.:1"},
	{"outside,999,1",   0,      0,      "outside/999:1"},
	{"outside,,top",    0,      0,      "phones/s:2"},
	{"nowhere,s,1",     0,      ENOENT, NULL},
	{"",                EINVAL, 0,      NULL},
	{"a,",              EINVAL, 0,      NULL},
	{"a,b,c,d",         EINVAL, 0,      NULL},
};
/* clang-format on */


static struct dialplan_index *office_index(void)
{
	return index_of(office, ARRAY_SIZE(office), 2);
}


static void test_find(void **state)
{
	struct dialplan_index *ix = office_index();

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(finds); i++) {
		const char *got = found(ix, finds[i].ctx, finds[i].exten,
					finds[i].cid, finds[i].prio);

		if (strcmp(got, finds[i].found))
			fail_msg("%s %s %s %u: %s", finds[i].ctx,
				 finds[i].exten, finds[i].cid, finds[i].prio,
				 got);
	}

	mem_deref(ix);
}


static void test_times(void **state)
{
	struct dialplan_index *ix = office_index();

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct dp_query q = query("phones", "#1", "");
		struct dp_match m;

		q.now_s = times[i].now_s;
		assert_int_equal(dp_find(&m, ix, &q, 1), 0);
		assert_string_equal(m.ctx->name, times[i].found);
	}

	mem_deref(ix);
}


static void test_more(void **state)
{
	struct dialplan_index *ix = office_index();

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(mores); i++) {
		struct dp_query q = query(mores[i].ctx, mores[i].exten, "7");

		if (dp_exists(ix, &q) != mores[i].exists)
			fail_msg("exists %s %s", mores[i].ctx,
				 mores[i].exten);

		if (dp_can_match_more(ix, &q) != mores[i].more)
			fail_msg("more %s %s", mores[i].ctx, mores[i].exten);
	}

	mem_deref(ix);
}


static void test_label_and_hint(void **state)
{
	struct dialplan_index *ix = office_index();
	struct dp_query q = query("phones", "s", "");
	struct pl label = PL_LIT("top"), no = PL_LIT("Top");
	struct dp_match m;

	(void)state;
	assert_int_equal(dp_label(&m, ix, &q, &label), 0);
	assert_int_equal(m.prio->prio, 2);
	assert_int_equal(dp_label(&m, ix, &q, &no), ENOENT);

	q = query("phones", "201", "");
	assert_string_equal(dp_hint(ix, &q), "SIP/201");
	q = query("phones", "202", "");
	assert_string_equal(dp_hint(ix, &q), "SIP/two");
	q = query("phones", "#2", "");
	assert_string_equal(dp_hint(ix, &q), "SIP/guard");
	q = query("phones", "110", "");
	assert_null(dp_hint(ix, &q));

	/* a hint alone is no step */
	q = query("phones", "201", "");
	assert_int_equal(dp_find(&m, ix, &q, 1), 0);
	assert_string_equal(m.exten->name, "_2XX");

	assert_true(dp_has_context(ix, "empty"));
	assert_false(dp_has_context(ix, "missing"));
	mem_deref(ix);
}


static bool list_exten(const struct dp_exten *exten, void *arg)
{
	assert_int_equal(mbuf_printf(arg, "%s ", exten->name), 0);

	return !strcmp(exten->name, "_X.");
}


static void test_apply(void **state)
{
	struct dialplan_index *ix = office_index();
	struct mbuf *mb = mbuf_alloc(128);

	(void)state;
	assert_true(dp_apply(ix, "phones", list_exten, mb));
	assert_false(dp_apply(ix, "empty", list_exten, mb));
	assert_false(dp_apply(ix, "nowhere", list_exten, mb));
	assert_int_equal(mbuf_write_u8(mb, 0), 0);
	assert_string_equal((char *)mb->buf,
			    "120 120 120 120 201 s _1[23]X _1NX _1XX _1! "
			    "_2XX _X. ");
	mem_deref(mb);
	mem_deref(ix);
}


static void test_targets(void **state)
{
	struct dialplan_index *ix = office_index();
	struct dp_query cur = query("phones", "s", "");

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		struct pl text = pl_of(targets[i].args);
		struct dp_target t;
		struct dp_match m;
		struct args args;
		char buf[64];
		int err;

		assert_int_equal(args_split_pl(&args, &text, false, 0), 0);
		err = dp_target_decode(&t, &args);
		assert_int_equal(err, targets[i].decode);

		if (!err) {
			err = dp_target_find(&m, ix, &t, &cur, 2);
			if (err != targets[i].find)
				fail_msg("%s: %d", targets[i].args, err);
		}

		if (!err && targets[i].found) {
			(void)snprintf(buf, sizeof(buf), "%s/%s:%u",
				       m.ctx->name, m.exten->name,
				       m.prio->prio);
			assert_string_equal(buf, targets[i].found);
		}

		args_reset(&args);
	}

	mem_deref(ix);
}


/* "n" is the next step, unless there is a label of that name */
static void test_target_n(void **state)
{
	static const struct row rows[] = {
		{CTX, "a", NULL, 0}, {EXT, "s", NULL, 3},
		{CTX, "b", NULL, 0}, {EXT, "s", NULL, 3},
		{STEP, "n", NULL, 9},
	};
	struct dialplan_index *ix = index_of(rows, ARRAY_SIZE(rows), 0);
	struct dp_target t = {pl_null, pl_null, PL_LIT("n")};
	struct dp_query q = query("a", "s", "");
	struct dp_match m;

	(void)state;
	assert_int_equal(dp_target_find(&m, ix, &t, &q, 2), 0);
	assert_int_equal(m.prio->prio, 3);
	assert_int_equal(dp_target_find(&m, ix, &t, &q, 3), ENOENT);
	q = query("b", "s", "");
	assert_int_equal(dp_target_find(&m, ix, &t, &q, 2), 0);
	assert_int_equal(m.prio->prio, 9);
	mem_deref(ix);
}


/* Every context includes all others: each is looked at once */
static void test_dense_includes(void **state)
{
	enum { N = 100 };
	struct dialplan *dp = mem_zalloc(sizeof(*dp), plan_destructor);
	struct dialplan_index *ix = NULL;
	char name[16];

	(void)state;

	for (int i = 0; i < N; i++) {
		struct dp_context *ctx;

		(void)snprintf(name, sizeof(name), "c%02d", i);
		ctx = add_ctx(dp, name);
		add_prio(add_exten(ctx, name, NULL), 1, NULL);

		for (int j = 0; j < N; j++) {
			(void)snprintf(name, sizeof(name), "c%02d", j);
			add_include(ctx, name, NULL);
		}
	}

	assert_int_equal(dialplan_index_alloc(&ix, dp, NULL, NULL), 0);
	mem_deref(dp);

	for (int i = 0; i < N; i++) {
		(void)snprintf(name, sizeof(name), "c%02d", i);
		assert_string_not_equal(found(ix, "c00", name, "", 1), "-");
		assert_string_equal(found(ix, name, "none", "", 1), "-");
	}

	mem_deref(ix);
}


/* A chain is followed DP_DEPTH_MAX contexts deep */
static void test_deep_includes(void **state)
{
	struct dialplan *dp = mem_zalloc(sizeof(*dp), plan_destructor);
	struct dialplan_index *ix = NULL;
	char name[16];

	(void)state;

	for (int i = 1; i <= DP_DEPTH_MAX + 10; i++) {
		struct dp_context *ctx;

		(void)snprintf(name, sizeof(name), "%d", i);
		ctx = add_ctx(dp, name);
		add_prio(add_exten(ctx, name, NULL), 1, NULL);
		(void)snprintf(name, sizeof(name), "%d", i + 1);
		add_include(ctx, name, NULL);
	}

	assert_int_equal(dialplan_index_alloc(&ix, dp, NULL, NULL), 0);
	mem_deref(dp);
	assert_string_equal(found(ix, "1", "128", "", 1), "128/128");
	assert_string_equal(found(ix, "1", "129", "", 1), "-");
	mem_deref(ix);
}


/* --- against a search without index -------------------------------------- */

struct naive {
	const struct dialplan *dp;
	struct dp_query q;
	uint32_t prio;
	bool more;
	const struct dp_exten *hit;
	bool final;
	const struct dp_context *seenv[64];
	size_t seenc;
};


static bool naive_has(const struct dp_exten *e, uint32_t prio)
{
	for (struct le *le = list_head(&e->prios); le; le = le->next) {
		if (((struct dp_prio *)le->data)->prio == prio)
			return true;
	}

	return false;
}


static bool naive_before(const struct dp_exten *a, const struct dp_exten *b)
{
	struct pl na = pl_of(a->name), nb = pl_of(b->name), ca, cb;
	int r = pattern_cmp(&na, &nb);

	if (r)
		return r < 0;

	if (!a->cid || !b->cid)
		return a->cid && !b->cid;

	ca = pl_of(a->cid);
	cb = pl_of(b->cid);

	return pattern_cmp(&ca, &cb) < 0;
}


/* Of all that fit, the one that no other goes before; the first in the file
   among equals */
static const struct dp_exten *naive_best(const struct naive *n,
					 const struct dp_context *ctx)
{
	const struct dp_exten *best = NULL;

	for (struct le *le = list_head(&ctx->extens); le; le = le->next) {
		const struct dp_exten *e = le->data;
		struct pl name = pl_of(e->name), cid = pl_null;
		int r = (int)pattern_match(&name, &n->q.exten);
		bool early = n->more && r & PATTERN_EARLY;

		if (e->cid)
			cid = pl_of(e->cid);

		if (!(r & (n->more ? PATTERN_MORE : PATTERN_FULL)) && !early)
			continue;

		if (!naive_has(e, n->prio) ||
		    !pattern_match_cid(e->cid ? &cid : NULL, &n->q.cid))
			continue;

		if (!best || naive_before(e, best))
			best = e;
	}

	return best;
}


static const struct dp_context *naive_ctx(const struct naive *n,
					  const char *name)
{
	for (struct le *le = list_head(&n->dp->contexts); le; le = le->next) {
		const struct dp_context *ctx = le->data;

		if (!strcmp(ctx->name, name))
			return ctx;
	}

	return NULL;
}


static void naive_search(struct naive *n, const struct dp_context *ctx)
{
	const struct dp_exten *e;
	struct pl name;

	if (!ctx || n->hit || n->final)
		return;

	for (size_t i = 0; i < n->seenc; i++) {
		if (n->seenv[i] == ctx)
			return;
	}

	n->seenv[n->seenc++] = ctx;

	e = naive_best(n, ctx);
	if (e) {
		name = pl_of(e->name);

		if (n->more &&
		    pattern_match(&name, &n->q.exten) & PATTERN_EARLY)
			n->final = true;
		else
			n->hit = e;

		return;
	}

	for (struct le *le = list_head(&ctx->includes); le; le = le->next) {
		const struct dp_include *inc = le->data;

		naive_search(n, naive_ctx(n, inc->name));
	}
}


static void random_ctx(struct dp_context *ctx, unsigned contexts)
{
	static const char *const cids[] = {NULL, NULL, NULL, "", "5", "_5X",
					   "_N."};
	char name[32];

	for (unsigned i = rnd(12); i > 0; i--) {
		struct dp_exten *e;

		bool pattern = rnd(3);
		size_t n;

		name[0] = '_';
		n = rnd_str(name + pattern, 4, "12XNZ") + pattern;
		if (!name[0])
			continue;

		if (pattern && !rnd(3)) {
			name[n]     = rnd_of(".!");
			name[n + 1] = '\0';
		}

		e = add_exten(ctx, name, cids[rnd(ARRAY_SIZE(cids))]);

		for (uint32_t p = 1; p <= 3; p++) {
			if (rnd(4))
				add_prio(e, p, NULL);
		}
	}

	for (unsigned i = rnd(4); i > 0; i--) {
		(void)snprintf(name, sizeof(name), "c%u", rnd(contexts));
		add_include(ctx, name, NULL);
	}
}


static void compare(const struct dialplan *dp,
		    const struct dialplan_index *ix)
{
	char ctx[16], exten[8], cid[4];
	struct naive n = {.dp = dp};
	struct dp_match m = {NULL, NULL, NULL};

	(void)snprintf(ctx, sizeof(ctx), "c%u", rnd(6));
	(void)rnd_str(exten, 4, "1123456");
	(void)rnd_str(cid, 2, "57");

	n.q    = query(ctx, exten, cid);
	n.prio = 1 + rnd(3);

	naive_search(&n, naive_ctx(&n, ctx));
	(void)dp_find(&m, ix, &n.q, n.prio);

	if (m.exten != n.hit)
		fail_msg("%s %s %s %u: %s, not %s", ctx, exten, cid, n.prio,
			 m.exten ? m.exten->name : "-",
			 n.hit ? n.hit->name : "-");

	n.more  = true;
	n.prio  = 1;
	n.hit   = NULL;
	n.seenc = 0;
	naive_search(&n, naive_ctx(&n, ctx));

	if (dp_can_match_more(ix, &n.q) != (n.hit != NULL))
		fail_msg("more %s %s %s", ctx, exten, cid);
}


static void test_random(void **state)
{
	(void)state;
	rnd_seed(1234);

	for (int round = 0; round < 150; round++) {
		struct dialplan *dp = mem_zalloc(sizeof(*dp),
						 plan_destructor);
		struct dialplan_index *ix = NULL;
		char name[16];

		for (unsigned i = 0; i < 6; i++) {
			(void)snprintf(name, sizeof(name), "c%u", i);
			random_ctx(add_ctx(dp, name), 6);
		}

		assert_int_equal(dialplan_index_alloc(&ix, dp, NULL, NULL),
				 0);

		for (int i = 0; i < 200; i++)
			compare(dp, ix);

		mem_deref(ix);
		mem_deref(dp);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_label_and_hint),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_target_n),
		cmocka_unit_test(test_dense_includes),
		cmocka_unit_test(test_deep_includes),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
