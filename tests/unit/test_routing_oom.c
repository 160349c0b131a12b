/**
 * @file test_routing_oom.c  Routing while memory runs out
 *
 * The n-th allocation of a step fails, n = 1, 2, 3 ... until it needs no more:
 * each run has to end with 0 or ENOMEM and leave no block behind.  Not under a
 * sanitizer, which has its own malloc.
 */
#include "routing_util.h"
#include "oom_util.h"

#ifdef OOM_WORKS

#include <regex.h>
#include "config/config.h"
#include "routing/args.h"
#include "routing/dialplan.h"
#include "routing/expr.h"
#include "routing/ident.h"
#include "routing/strftime.h"
#include "routing/subst.h"
#include "routing/vars.h"

/* --- steps --------------------------------------------------------------- */

static int get_var(struct mbuf *out, const struct pl *name, bool *tainted,
		   void *arg)
{
	(void)arg;
	*tainted = name->l == 1;

	return mbuf_write_pl(out, name);
}


static int call_func(struct mbuf *out, const struct pl *name,
		     const struct ttext *text, bool *tainted, void *arg)
{
	struct args args;
	int err;

	(void)name;
	(void)tainted;
	(void)arg;

	err = args_split(&args, text, 0);
	if (err)
		return err;

	err = mbuf_write_str(out, args_str(&args, 1));
	args_reset(&args);

	return err;
}


static int run_subst(void)
{
	static const struct subst_ops ops = {get_var, call_func, NULL};
	struct pl pl = PL_LIT("a${X}b${LONGNAME:2:3}${F(x,${Y}z):1}"
			      "$[${Z} + 1 > 2 & \"${A}${B}\" = \"\"]"
			      "$[a ~~ ${Q} ~~ 1]$[sqrt(4) ? 5 :: 6]");
	struct ttext *t = NULL;
	int err         = subst_expand(&t, &pl, &ops, NULL);

	mem_deref(t);

	return err;
}


static int run_regex(void)
{
	struct pl pl    = PL_LIT("\"0123\" : \"0([0-9]+)\" ~~ x");
	struct mbuf *mb = mbuf_alloc(4);
	char err[EXPR_ERR_SIZE];
	int ret;

	if (!mb)
		return ENOMEM;

	ret = expr_eval_pl(mb, &pl, err);
	mem_deref(mb);

	return ret;
}


static int run_args(void)
{
	struct pl pl    = PL_LIT("a,b(c,d),\"e\"");
	struct pl opt   = PL_LIT("tm(class)L(1:2)");
	struct ttext *t = NULL;
	struct args args;
	struct opts opts;
	int err;

	err = args_split_pl(&args, &pl, true, 0);
	if (!err)
		args_reset(&args);

	err = ttext_create(&t, &opt, false);
	if (!err)
		err = opts_decode(&opts, t, "tmL", NULL, NULL);
	if (!err)
		opts_reset(&opts);

	mem_deref(t);

	return err;
}


static int run_vars(void)
{
	struct vars *a = NULL, *b = NULL;
	int err;

	err = vars_alloc(&a);
	if (!err)
		err = vars_alloc(&b);
	if (!err)
		err = vars_set_str(a, "__X", "1");
	if (!err)
		err = vars_set_str(a, "X", "2");
	if (!err)
		err = vars_printf(a, "_Y", "%u", 5);
	if (!err)
		err = vars_inherit(b, a);
	if (!err)
		err = vars_copy(b, a);

	mem_deref(a);
	mem_deref(b);

	return err;
}


static int run_strftime(void)
{
	struct pl pl    = PL_LIT("%Y-%m-%d %3q");
	struct mbuf *mb = mbuf_alloc(4);
	int err;

	if (!mb)
		return ENOMEM;

	err = strftime_us(mb, &pl, 1782909296123456u, "UTC");
	mem_deref(mb);

	return err;
}


static struct dialplan *plan;
static struct config *cfg;


static void warned(const char *text, void *arg)
{
	(void)text;
	(void)arg;
}


static int run_index(void)
{
	struct dialplan_index *ix = NULL;
	struct dp_query q = {"a", PL_LIT("100"), PL_LIT(""), 0};
	struct dp_target t = {PL_LIT("a"), PL_LIT("100"), PL_LIT("1")};
	int err;

	err = dialplan_index_alloc(&ix, plan, warned, NULL);
	if (!err)
		err = dp_target_find(NULL, ix, &t, &q, 1);

	mem_deref(ix);

	return err;
}


static bool one_binding(const struct peer *peer, uint32_t i,
			struct ident_addr *addr, void *arg)
{
	(void)peer;
	(void)arg;

	sa_set_in(&addr->sa, 0x0a000001 + i, 5060);

	return i < 3;
}


static int run_ident(void)
{
	struct ident *id = NULL;
	int err = ident_alloc(&id, cfg, one_binding, NULL);

	if (!err)
		err = ident_update(id, list_head(&cfg->peers)->data);

	mem_deref(id);

	return err;
}


/* --- running them -------------------------------------------------------- */

static void data_setup(void)
{
	static struct dp_context ctx     = {.name = (char *)"a"};
	static struct dp_exten exten     = {.name = (char *)"100"};
	static struct dp_prio prio       = {.prio = 1};
	static struct dp_include inc     = {
		    .name = (char *)"b", .timespec = (char *)"9:00-x"};
	static struct peer peer = {.name = (char *)"p",
				   .type = PEER_TYPE_PEER};
	static struct reg_line reg = {.peer  = (char *)"p",
				      .user  = (char *)"u",
				      .exten = (char *)"1"};

	plan = mem_zalloc(sizeof(*plan), NULL);
	list_append(&plan->contexts, &ctx.le, &ctx);
	list_append(&ctx.extens, &exten.le, &exten);
	list_append(&ctx.includes, &inc.le, &inc);
	list_append(&exten.prios, &prio.le, &prio);

	cfg          = mem_zalloc(sizeof(*cfg), NULL);
	peer.dynamic = true;
	list_append(&cfg->peers, &peer.le, &peer);
	list_append(&cfg->regs, &reg.le, &reg);
}


static void fails_cleanly(int (*run)(void), const char *name, int64_t left)
{
	uint64_t n;
	int err;

	/* what is allocated once and kept */
	assert_int_equal(run(), 0);

	for (n = 1;; n++) {
		oom_begin(n);
		err      = run();
		oom_end();

		if (blocks < 0 || blocks > left)
			fail_msg("%s: allocation %u: %d blocks left", name,
				 (unsigned)n, (int)blocks);

		if (calls < n)
			break;

		if (err && err != ENOMEM)
			fail_msg("%s: allocation %u: error %d", name,
				 (unsigned)n, err);
	}

	assert_int_equal(err, 0);
	assert_true(n > 2);
}


#define FAILS(f) fails_cleanly(f, #f, 0)

static void test_all(void **state)
{
	(void)state;
	data_setup();
	FAILS(run_subst);

	/* regcomp() of glibc itself leaves up to two blocks behind */
	fails_cleanly(run_regex, "run_regex", 2);
	FAILS(run_args);
	FAILS(run_vars);
	FAILS(run_strftime);
	FAILS(run_index);
	FAILS(run_ident);
	mem_deref(plan);
	mem_deref(cfg);
}

#else

static void test_all(void **state)
{
	(void)state;
	skip();
}

#endif


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
