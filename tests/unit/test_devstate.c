/**
 * @file tests/unit/test_devstate.c  States of devices: computed and combined
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "b2bua/devstate.h"


static void test_sip_from_counts(void **state)
{
	static const struct {
		uint32_t ringing, inuse, holds;
		bool reachable;
		uint32_t busylevel, limit;
		enum devstate want;
	} rows[] = {
		{0, 0, 0, true, 0, 0, DEV_NOT_INUSE},
		{0, 0, 0, false, 0, 0, DEV_UNAVAILABLE},
		{1, 0, 0, true, 0, 0, DEV_RINGING},
		{2, 0, 0, true, 1, 1, DEV_RINGING},
		{1, 1, 0, true, 0, 0, DEV_RINGINUSE},
		{1, 0, 1, true, 0, 0, DEV_RINGINUSE},
		{0, 1, 0, true, 0, 0, DEV_INUSE},
		{0, 0, 1, true, 0, 0, DEV_ONHOLD},
		{0, 1, 1, true, 0, 0, DEV_INUSE},
		/* busylevel and call-limit, whichever comes first */
		{0, 1, 0, true, 1, 0, DEV_BUSY},
		{0, 1, 0, true, 2, 0, DEV_INUSE},
		{0, 1, 1, true, 2, 0, DEV_BUSY},
		{0, 2, 0, true, 0, 2, DEV_BUSY},
		{0, 1, 0, true, 5, 2, DEV_INUSE},
		/* a call goes on though the registration is lost */
		{0, 1, 0, false, 0, 0, DEV_INUSE},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(
			devstate_name(devstate_sip(
				rows[i].ringing, rows[i].inuse, rows[i].holds,
				rows[i].reachable, rows[i].busylevel,
				rows[i].limit)),
			devstate_name(rows[i].want));
}


static void test_combine(void **state)
{
	static const struct {
		enum devstate v[3];
		size_t n;
		enum devstate want;
	} rows[] = {
		{{0}, 0, DEV_UNKNOWN},
		{{DEV_UNKNOWN}, 1, DEV_UNKNOWN},
		{{DEV_INVALID}, 1, DEV_INVALID},
		{{DEV_NOT_INUSE, DEV_NOT_INUSE}, 2, DEV_NOT_INUSE},
		{{DEV_NOT_INUSE, DEV_UNAVAILABLE}, 2, DEV_NOT_INUSE},
		{{DEV_UNAVAILABLE, DEV_INVALID}, 2, DEV_UNAVAILABLE},
		{{DEV_UNAVAILABLE, DEV_UNKNOWN}, 2, DEV_UNAVAILABLE},
		{{DEV_INUSE, DEV_NOT_INUSE}, 2, DEV_INUSE},
		{{DEV_BUSY, DEV_NOT_INUSE}, 2, DEV_INUSE},
		{{DEV_BUSY, DEV_INUSE}, 2, DEV_INUSE},
		{{DEV_BUSY, DEV_BUSY}, 2, DEV_BUSY},
		{{DEV_BUSY, DEV_UNAVAILABLE}, 2, DEV_BUSY},
		{{DEV_RINGING, DEV_NOT_INUSE}, 2, DEV_RINGING},
		{{DEV_RINGING, DEV_INUSE}, 2, DEV_RINGINUSE},
		{{DEV_RINGING, DEV_BUSY}, 2, DEV_RINGINUSE},
		{{DEV_RINGING, DEV_ONHOLD}, 2, DEV_RINGINUSE},
		{{DEV_RINGINUSE, DEV_NOT_INUSE}, 2, DEV_RINGINUSE},
		{{DEV_ONHOLD, DEV_NOT_INUSE}, 2, DEV_ONHOLD},
		{{DEV_ONHOLD, DEV_INUSE, DEV_UNKNOWN}, 3, DEV_INUSE},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(
			devstate_name(devstate_combine(rows[i].v, rows[i].n)),
			devstate_name(rows[i].want));
}


static void test_words(void **state)
{
	static const char *const words[] = {
		"UNKNOWN", "NOT_INUSE", "INUSE", "BUSY", "INVALID",
		"UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD",
	};
	enum devstate st;
	struct pl pl;

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		pl_set_str(&pl, words[i]);
		assert_true(devstate_decode(&st, &pl));
		assert_string_equal(devstate_name(st), words[i]);
	}

	pl_set_str(&pl, "ringing");
	assert_true(devstate_decode(&st, &pl));
	assert_int_equal(st, DEV_RINGING);
	pl_set_str(&pl, "RING");
	assert_false(devstate_decode(&st, &pl));
	pl_set_str(&pl, "");
	assert_false(devstate_decode(&st, &pl));
}


static enum devstate park(const char *name, void *arg)
{
	(void)arg;

	return !strcmp(name, "701@parkedcalls") ? DEV_INUSE : DEV_NOT_INUSE;
}


static void test_kinds(void **state)
{
	static const struct {
		const char *device;
		enum devstate want;
	} rows[] = {
		{"park:701@parkedcalls", DEV_INUSE},
		{"Park:702@parkedcalls", DEV_NOT_INUSE},
		{"parked:701", DEV_UNKNOWN},
		{"park:", DEV_UNKNOWN},
		{"SIP/nobody", DEV_INVALID}, /* there is no configuration */
		{"SIP/", DEV_UNKNOWN},
		{"", DEV_UNKNOWN},
		{"IAX2/x", DEV_UNKNOWN},
	};

	(void)state;

	assert_int_equal(devstate_init(), 0);
	assert_int_equal(devstate_provide("park", park, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(
			devstate_name(devstate_get(rows[i].device)),
			devstate_name(rows[i].want));

	assert_int_equal(devstate_set("SIP/1001", DEV_INUSE), EINVAL);
	assert_int_equal(devstate_set("Custom:", DEV_INUSE), EINVAL);
	devstate_close();
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sip_from_counts),
		cmocka_unit_test(test_combine),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
