/**
 * @file test_keys.c  Keys during a call: which sequence means what
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "b2bua/keys.h"

static struct key_set fixed;
static char out[64];     /* passed: digits; features: <action> */


static void say(const char *fmt, ...)
{
	size_t n = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	(void)re_vsnprintf(out + n, sizeof(out) - n, fmt, ap);
	va_end(ap);
}


static void set_handler(struct key_set *set, void *arg)
{
	(void)arg;
	*set = fixed;
}


static void run_handler(const struct key_feature *feat, void *arg)
{
	(void)arg;
	say("<%u>", (unsigned)feat->action);
}


static void pass_handler(const struct key *key, void *arg)
{
	(void)arg;
	say("%c%s", key->digit, key->inband ? "!" : "");
}


static struct keys collector(void)
{
	return (struct keys){.timeout_ms = 50, .seth = set_handler,
			     .runh = run_handler, .passh = pass_handler};
}


static void press(struct keys *k, const char *digits)
{
	for (; *digits; digits++) {
		struct leg_event ev = {.type = LEG_EV_DTMF, .digit = *digits,
				       .duration_ms = 100};

		keys_press(k, &ev);
	}
}


static void stop_handler(void *arg)
{
	(void)arg;
	re_cancel();
}


/* The time-out of the collector passes */
static void wait_out(void)
{
	struct timer tmr = {0};

	timer_start(&tmr, 120, stop_handler, NULL);
	assert_int_equal(re_main(NULL), 0);
}


static void use(const char *blind, const char *at, const char *off)
{
	memset(&fixed, 0, sizeof(fixed));
	keys_add(&fixed, blind, KEY_BLINDXFER, NULL);
	keys_add(&fixed, at, KEY_ATXFER, NULL);
	keys_add(&fixed, off, KEY_DISCONNECT, NULL);
}


static void test_rows(void **state)
{
	static const struct {
		const char *blind, *at, *off, *pressed, *now, *later;
	} rows[] = {
		{"#", NULL, NULL, "12#", "12<0>", "12<0>"},
		{"#", "*2", "*0", "*2", "<1>", "<1>"},
		{"#", "*2", "*0", "*", "", "*"},
		{"#", "*2", "*0", "*9", "*9", "*9"},
		{"#", "*2", "*0", "**2", "*<1>", "*<1>"},
		{"#", "*2", "*0", "*#", "*<0>", "*<0>"},
		{"##", "*2", NULL, "#", "", "#"},
		{"##", "*2", NULL, "#1#2##", "#1#2<0>", "#1#2<0>"},
		{"#1", "#12", NULL, "#1", "", "<0>"},
		{"#1", "#12", NULL, "#12", "<1>", "<1>"},
		{"#1", "#12", NULL, "#13", "<0>3", "<0>3"},
		{"#", "#72", NULL, "#10", "<0>10", "<0>10"},
		{"#", "#72", NULL, "#7", "", "<0>7"},
		{"#", "#72", "#7", "#71", "<2>1", "<2>1"},
		{"", "*2", NULL, "#", "#", "#"},
		{NULL, NULL, NULL, "*#", "*#", "*#"},
		{"12345678901", NULL, NULL, "1234567890", "", "1234567890"},
		{"12345678901", NULL, NULL, "12345678901", "<0>", "<0>"},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct keys k = collector();

		out[0] = '\0';
		use(rows[i].blind, rows[i].at, rows[i].off);
		press(&k, rows[i].pressed);
		assert_string_equal(out, rows[i].now);
		if (timer_runs(&k.tmr))
			wait_out();
		assert_string_equal(out, rows[i].later);
		keys_reset(&k);
	}
}


/* "#13" of "#1" and "#12": the feature was meant if a pause came first */
static void test_pause(void **state)
{
	struct keys k = collector();

	(void)state;
	out[0] = '\0';
	use("#1", "#12", NULL);
	press(&k, "#1");
	wait_out();
	press(&k, "3");
	assert_string_equal(out, "<0>3");
}


static void test_kinds(void **state)
{
	const struct media_report tone = {.info = 1}, event = {.info = 0};
	struct leg_event ev = {.type = LEG_EV_DTMF, .digit = '5'};
	struct keys k = collector();

	(void)state;
	out[0] = '\0';
	use("#", NULL, NULL);
	ev.ev = &tone;
	keys_press(&k, &ev);
	ev.ev = &event;
	keys_press(&k, &ev);
	assert_string_equal(out, "5!5");
}


/* --- DYNAMIC_FEATURES ---------------------------------------------------- */

static void test_dynamic(void **state)
{
	struct config cfg;
	struct feature_app a = {.name = (char *)"clap", .keys = (char *)"#9",
				.by = FEATURE_BOTH};
	struct feature_app b = {.name = (char *)"mine", .keys = (char *)"#8",
				.by = FEATURE_CALLER};
	struct var_def m1 = {.name = (char *)"clap", .value = (char *)"*7"};
	struct var_def m2 = {.name = (char *)"mine", .value = (char *)""};
	struct feature_group g = {.name = (char *)"both"};
	struct key_set set = {.n = 0};

	(void)state;
	memset(&cfg, 0, sizeof(cfg));
	list_append(&cfg.features.apps, &a.le, &a);
	list_append(&cfg.features.apps, &b.le, &b);
	list_append(&g.members, &m1.le, &m1);
	list_append(&g.members, &m2.le, &m2);
	list_append(&cfg.features.groups, &g.le, &g);

	keys_add_dynamic(&set, &cfg, "clap#mine#nobody", FEATURE_CALLEE);
	assert_int_equal(set.n, 1);
	assert_string_equal(set.v[0].keys, "#9");

	set.n = 0;
	keys_add_dynamic(&set, &cfg, "Both", FEATURE_CALLER);
	assert_int_equal(set.n, 2);
	assert_string_equal(set.v[0].keys, "*7");
	assert_ptr_equal(set.v[0].app, &a);
	assert_string_equal(set.v[1].keys, "#8");
}


static int setup(void **state)
{
	(void)state;

	return libre_init() || timers_init();
}


static int teardown(void **state)
{
	(void)state;
	timers_close();
	libre_close();

	return 0;
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_dynamic),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
