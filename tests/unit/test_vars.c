/**
 * @file test_vars.c  Channel and global variables, text with its taint map
 */
#include "routing_util.h"
#include <stdio.h>
#include "routing/taint.h"
#include "routing/vars.h"


static struct vars *vars_new(void)
{
	struct vars *vars = NULL;

	assert_int_equal(vars_alloc(&vars), 0);

	return vars;
}


static void set(struct vars *vars, const char *name, const char *val)
{
	assert_int_equal(vars_set_str(vars, name, val), 0);
}


static void push(struct vars *vars, const char *name, const char *val)
{
	struct pl n = pl_of(name), v = pl_of(val);

	assert_int_equal(vars_push(vars, &n, &v, false), 0);
}


static bool pop(struct vars *vars, const char *name)
{
	struct pl n = pl_of(name);

	return vars_pop(vars, &n);
}


static void test_set_get(void **state)
{
	struct vars *vars = vars_new();

	(void)state;
	set(vars, "A", "1");
	set(vars, "cNum ", "5"); /* blanks belong to the name */
	set(vars, "A", "2");

	assert_string_equal(vars_str(vars, "A"), "2");
	assert_string_equal(vars_str(vars, "a"), "");
	assert_string_equal(vars_str(vars, "cNum"), "");
	assert_string_equal(vars_str(vars, "cNum "), "5");
	assert_null(vars_get_str(vars, "B"));
	assert_int_equal(vars_count(vars), 2);

	assert_int_equal(vars_printf(vars, "P", "%u-%s", 7, "x"), 0);
	assert_string_equal(vars_str(vars, "P"), "7-x");

	vars_flush(vars);
	assert_int_equal(vars_count(vars), 0);
	assert_string_equal(vars_str(vars, "A"), "");
	mem_deref(vars);
}


static void test_set_own_value(void **state)
{
	struct vars *vars = vars_new();
	struct pl name    = pl_of("A");
	const struct vval *val;
	struct pl part;

	(void)state;
	set(vars, "A", "hello");
	val  = vars_get_str(vars, "A");
	part = (struct pl){val->str + 1, 3};

	assert_int_equal(vars_set(vars, &name, &part, false), 0);
	assert_string_equal(vars_str(vars, "A"), "ell");
	mem_deref(vars);
}


static void test_instances(void **state)
{
	struct vars *vars = vars_new();
	struct pl name    = pl_of("ARG1");

	(void)state;
	set(vars, "ARG1", "outer");
	push(vars, "ARG1", "inner");
	assert_string_equal(vars_str(vars, "ARG1"), "inner");

	set(vars, "ARG1", "changed");
	assert_true(pop(vars, "ARG1"));
	assert_string_equal(vars_str(vars, "ARG1"), "outer");
	assert_true(pop(vars, "ARG1"));
	assert_false(pop(vars, "ARG1"));

	push(vars, "ARG1", "1");
	push(vars, "ARG1", "2");
	vars_unset(vars, &name);
	assert_int_equal(vars_count(vars), 0);
	mem_deref(vars);
}


static void test_inherit(void **state)
{
	struct vars *a = vars_new(), *b = vars_new(), *c = vars_new();

	(void)state;
	set(a, "OWN", "1");
	set(a, "_CHILD", "2");
	set(a, "__EVER", "3");
	assert_string_equal(vars_str(a, "CHILD"), "2");
	assert_string_equal(vars_str(a, "EVER"), "3");

	assert_int_equal(vars_inherit(b, a), 0);
	assert_string_equal(vars_str(b, "OWN"), "");
	assert_string_equal(vars_str(b, "CHILD"), "2");
	assert_string_equal(vars_str(b, "EVER"), "3");

	assert_int_equal(vars_inherit(c, b), 0);
	assert_string_equal(vars_str(c, "CHILD"), "");
	assert_string_equal(vars_str(c, "EVER"), "3");

	/* set again without the prefix it is inherited no more */
	set(a, "EVER", "4");
	vars_flush(b);
	assert_int_equal(vars_inherit(b, a), 0);
	assert_string_equal(vars_str(b, "EVER"), "");

	mem_deref(a);
	mem_deref(b);
	mem_deref(c);
}


static bool list_one(const char *name, const struct vval *val,
		     enum var_inherit inherit, void *arg)
{
	(void)mbuf_printf(arg, "%s=%s/%d ", name, val->str, (int)inherit);

	return false;
}


static void apply_is(const struct vars *vars, const char *expected)
{
	struct mbuf *mb = mbuf_alloc(64);

	assert_false(vars_apply(vars, list_one, mb));
	assert_int_equal(mbuf_write_u8(mb, 0), 0);
	assert_string_equal((char *)mb->buf, expected);
	mem_deref(mb);
}


static void test_order_and_copy(void **state)
{
	struct vars *a = vars_new(), *b = vars_new();

	(void)state;
	set(a, "A", "1");
	set(a, "__B", "2");
	set(a, "C", "3");
	apply_is(a, "C=3/0 B=2/2 A=1/0 ");

	set(a, "A", "4");
	apply_is(a, "A=4/0 C=3/0 B=2/2 ");

	assert_int_equal(vars_copy(b, a), 0);
	apply_is(b, "A=4/0 C=3/0 B=2/2 ");
	assert_int_equal(vars_copy(a, a), EINVAL);

	mem_deref(a);
	mem_deref(b);
}


static void test_taint_and_limits(void **state)
{
	static char big[VARS_VALUE_MAX + 2], name[VARS_NAME_MAX + 2];
	struct vars *vars = vars_new(), *copy = vars_new();
	struct pl n = pl_of("__W"), v = pl_of("wire"), x;

	(void)state;
	assert_int_equal(vars_set(vars, &n, &v, true), 0);
	assert_true(vars_get_str(vars, "W")->tainted);
	assert_int_equal(vars_inherit(copy, vars), 0);
	assert_true(vars_get_str(copy, "W")->tainted);
	set(vars, "W", "ours");
	assert_false(vars_get_str(vars, "W")->tainted);

	x = (struct pl)PL_LIT("");
	assert_int_equal(vars_set(vars, &x, &v, false), EINVAL);
	x = (struct pl)PL_LIT("__");
	assert_int_equal(vars_set(vars, &x, &v, false), EINVAL);

	memset(big, 'x', sizeof(big));
	memset(name, 'n', sizeof(name));
	x = (struct pl){big, VARS_VALUE_MAX + 1};
	assert_int_equal(vars_set(vars, &n, &x, false), E2BIG);
	x.l = VARS_VALUE_MAX;
	assert_int_equal(vars_set(vars, &n, &x, false), 0);
	x = (struct pl){name, VARS_NAME_MAX + 1};
	assert_int_equal(vars_set(vars, &x, &v, false), E2BIG);

	mem_deref(copy);
	mem_deref(vars);
}


static void test_too_many(void **state)
{
	struct vars *vars = vars_new();
	char name[16];

	(void)state;

	for (unsigned i = 0; i < VARS_MAX; i++) {
		(void)re_snprintf(name, sizeof(name), "V%u", i);
		set(vars, name, "x");
	}

	assert_int_equal(vars_set_str(vars, "one", "more"), ENOBUFS);
	assert_int_equal(vars_set_str(vars, "V7", "changed"), 0);
	assert_true(pop(vars, "V8"));
	assert_int_equal(vars_set_str(vars, "one", "more"), 0);
	assert_string_equal(vars_str(vars, "V4095"), "x");
	mem_deref(vars);
}


/* --- against a plain array ----------------------------------------------- */

enum { MODEL_MAX = 64 };

struct model {
	struct {
		char name[4];
		int val;
	} v[MODEL_MAX];
	size_t n;
};


static int model_top(const struct model *m, const char *name)
{
	for (size_t i = m->n; i > 0; i--) {
		if (!strcmp(m->v[i - 1].name, name))
			return (int)(i - 1);
	}

	return -1;
}


static void model_add(struct model *m, const char *name, int val)
{
	memcpy(m->v[m->n].name, name, 2);
	m->v[m->n++].val = val;
}


static void model_remove(struct model *m, int i)
{
	--m->n;
	memmove(&m->v[i], &m->v[i + 1], (m->n - (size_t)i) * sizeof(m->v[0]));
}


static void model_step(struct model *m, struct vars *vars, int val)
{
	char name[4] = {rnd_of("abcdef"), 0}, text[16];
	int top      = model_top(m, name);

	(void)snprintf(text, sizeof(text), "%d", val);

	switch (rnd(3)) {

	case 0:
		if (top < 0 && m->n == MODEL_MAX)
			break;
		set(vars, name, text);
		if (top >= 0)
			m->v[top].val = val;
		else
			model_add(m, name, val);
		break;

	case 1:
		if (m->n == MODEL_MAX)
			break;
		push(vars, name, text);
		model_add(m, name, val);
		break;

	default:
		assert_int_equal(pop(vars, name), top >= 0);
		if (top >= 0)
			model_remove(m, top);
		break;
	}
}


static void test_random(void **state)
{
	struct vars *vars = vars_new();
	struct model m    = {.n = 0};

	(void)state;
	rnd_seed(2);

	for (int i = 0; i < 5000; i++) {
		model_step(&m, vars, i);

		assert_int_equal(vars_count(vars), m.n);

		for (const char *c = "abcdef"; *c; c++) {
			char name[2] = {*c, 0}, text[16] = "";
			int top      = model_top(&m, name);

			if (top >= 0)
				(void)snprintf(text, sizeof(text), "%d",
					       m.v[top].val);

			assert_string_equal(vars_str(vars, name), text);
		}
	}

	mem_deref(vars);
}


/* --- taint map ----------------------------------------------------------- */

static void taint_is(const struct ttext *t, const char *text, const char *map)
{
	assert_string_equal(t->str, text);
	assert_int_equal(t->len, strlen(text));

	for (size_t i = 0; i < t->len; i++)
		assert_int_equal(ttext_tainted_at(t, i), map[i] == 'w');
}


static void test_ttext(void **state)
{
	struct pl a = PL_LIT("SIP/"), w = PL_LIT("1&2");
	struct ttext *t = NULL, *s = NULL;

	(void)state;
	assert_int_equal(ttext_create(&t, &a, false), 0);
	assert_int_equal(ttext_append(t, &w, true), 0);
	assert_int_equal(ttext_putc(t, '&', true), 0);
	assert_int_equal(ttext_putc(t, '&', false), 0);
	assert_int_equal(ttext_append(t, &w, true), 0);
	taint_is(t, "SIP/1&2&&1&2", "....wwww.www");
	assert_int_equal(t->taint.n, 2);

	assert_int_equal(ttext_find(t, 0, '&'), 8);
	assert_int_equal(ttext_find(t, 9, '&'), t->len);
	assert_int_equal(ttext_find(t, 0, '/'), 3);
	assert_true(ttext_tainted_in(t, 0, 5));
	assert_false(ttext_tainted_in(t, 0, 4));
	assert_false(ttext_tainted_in(t, 8, 1));
	assert_false(ttext_tainted_in(t, 5, 0));

	assert_int_equal(ttext_slice(&s, t, 2, 8), 0);
	taint_is(s, "P/1&2&&1", "..wwww.w");
	assert_int_equal(ttext_append_part(s, t, 0, t->len + 1), EINVAL);
	assert_int_equal(ttext_append_part(s, s, 0, 1), EINVAL);
	mem_deref(s);
	mem_deref(t);
}


static void test_ttext_random(void **state)
{
	(void)state;
	rnd_seed(5);

	for (int round = 0; round < 300; round++) {
		char text[512] = "", map[512] = "";
		struct ttext *t = NULL, *s = NULL;
		size_t n = 0, off, len;

		assert_int_equal(ttext_alloc(&t), 0);

		for (unsigned i = rnd(30); i > 0; i--) {
			bool wire = rnd(2);
			char buf[12];
			size_t l = rnd_str(buf, 10, "ab,&");
			struct pl pl = {buf, l};

			assert_int_equal(ttext_append(t, &pl, wire), 0);
			memcpy(text + n, buf, l);
			memset(map + n, wire ? 'w' : '.', l);
			n += l;
		}

		text[n] = map[n] = '\0';
		taint_is(t, text, map);

		off = rnd((uint32_t)n + 1);
		len = rnd((uint32_t)(n - off) + 1);
		assert_int_equal(ttext_slice(&s, t, off, len), 0);
		text[off + len] = '\0';
		taint_is(s, text + off, map + off);

		mem_deref(s);
		mem_deref(t);
	}
}


static void test_ttext_limit(void **state)
{
	static char big[TTEXT_MAX];
	struct pl pl    = {big, sizeof(big)};
	struct ttext *t = NULL;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(ttext_create(&t, &pl, true), 0);
	assert_int_equal(ttext_putc(t, 'y', false), ENOBUFS);
	assert_int_equal(t->len, TTEXT_MAX);
	mem_deref(t);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_get),
		cmocka_unit_test(test_set_own_value),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_inherit),
		cmocka_unit_test(test_order_and_copy),
		cmocka_unit_test(test_taint_and_limits),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_ttext),
		cmocka_unit_test(test_ttext_random),
		cmocka_unit_test(test_ttext_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
