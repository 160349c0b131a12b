/**
 * @file test_overlay.c  Extensions that come and go while it runs
 */
#include "routing_util.h"
#include "config/config.h"
#include "routing/dialplan.h"
#include "routing/overlay.h"


static const char plan[] =
	"[office]\n"
	"include => regs\n"
	"exten => 100,1,NoOp(file)\n"
	"exten => _2XX,2,NoOp(two)\n"
	"[regs]\n"
	"exten => 100,1,NoOp(regs)\n"
	"exten => 200,2,NoOp(second)\n"
	"[far]\n"
	"exten => 9,1,NoOp()\n";

struct world {
	struct config *cfg;
	struct dialplan_index *ix;
	struct dp_overlay *ov;
};


static void world_make(struct world *w)
{
	const struct pl sip = PL_LIT("[general]\n");
	struct pl ext;

	pl_set_str(&ext, plan);
	assert_int_equal(0, config_load_text(&w->cfg, &sip, &ext, NULL, NULL));
	assert_int_equal(0, dialplan_index_alloc(&w->ix, w->cfg->dialplan,
						 NULL, NULL));
	assert_int_equal(0, overlay_alloc(&w->ov));
	dialplan_index_set_overlay(w->ix, w->ov);
}


static void world_end(struct world *w)
{
	mem_deref(w->ov);
	mem_deref(w->ix);
	mem_deref(w->cfg);
}


static int add(struct world *w, const char *context, const char *exten)
{
	struct pl pl;

	pl_set_str(&pl, exten);
	return overlay_add(w->ov, context, &pl, "NoOp", "phone");
}


static const char *step(struct world *w, const char *context,
			const char *exten, uint32_t prio)
{
	struct dp_query q = {.context = context};
	struct dp_match m;

	pl_set_str(&q.exten, exten);
	return dp_find(&m, w->ix, &q, prio) ? NULL : m.prio->args;
}


static bool more(struct world *w, const char *context, const char *digits)
{
	struct dp_query q = {.context = context};

	pl_set_str(&q.exten, digits);
	return dp_can_match_more(w->ix, &q);
}


static void test_priority_one_comes_and_goes(void **state)
{
	const struct pl two = PL_LIT("200");
	struct world w;

	(void)state;
	world_make(&w);

	assert_null(step(&w, "office", "200", 1));
	assert_int_equal(0, add(&w, "regs", "200"));

	/* by its context, and by one that includes it; the file has the rest */
	assert_string_equal("phone", step(&w, "regs", "200", 1));
	assert_string_equal("phone", step(&w, "office", "200", 1));
	assert_string_equal("second", step(&w, "regs", "200", 2));
	assert_null(step(&w, "far", "200", 1));

	assert_true(overlay_del(w.ov, "regs", &two));
	assert_false(overlay_del(w.ov, "regs", &two));
	assert_null(step(&w, "office", "200", 1));

	world_end(&w);
}


static void test_the_file_wins(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	assert_int_equal(0, add(&w, "regs", "100"));
	assert_string_equal("regs", step(&w, "regs", "100", 1));
	assert_string_equal("file", step(&w, "office", "100", 1));
	world_end(&w);
}


static void test_more_digits(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	assert_false(more(&w, "regs", "77"));
	assert_int_equal(0, add(&w, "regs", "7788"));
	assert_true(more(&w, "regs", "77"));
	assert_true(more(&w, "office", "778"));
	assert_false(more(&w, "regs", "7788"));
	assert_false(more(&w, "far", "77"));
	overlay_flush(w.ov);
	assert_false(more(&w, "regs", "77"));
	world_end(&w);
}


static void test_what_is_refused(void **state)
{
	const struct pl exten = PL_LIT("200");
	struct world w;

	(void)state;
	world_make(&w);
	assert_int_equal(EINVAL, add(&w, "regs", ""));
	assert_int_equal(EINVAL, add(&w, "regs", "_2XX"));
	assert_int_equal(EINVAL, overlay_add(NULL, "regs", &exten, "NoOp",
					     ""));

	/* again: the new step */
	assert_int_equal(0, add(&w, "regs", "200"));
	assert_int_equal(0, overlay_add(w.ov, "regs", &exten, "NoOp", "new"));
	assert_string_equal("new", step(&w, "regs", "200", 1));
	world_end(&w);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_priority_one_comes_and_goes),
		cmocka_unit_test(test_the_file_wins),
		cmocka_unit_test(test_more_digits),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
