/**
 * @file test_schedule.c  Time specifications
 */
#include "routing_util.h"
#include <stdio.h>
#include "routing/schedule.h"


/* clang-format off */
static const struct {
	const char *spec;
	const char *bad; /* the part that is wrong; NULL: fine */
} specs[] = {
	{"*,*,*,*",                          NULL},
	{"",                                 NULL},
	{"9:00-17:00",                       NULL},
	{"9:00-17:00,mon-fri",               NULL},
	{"9:00-17:00,mon-fri,*,*,UTC",       NULL},
	{"09:00-17:00|mon-fri|*|*",          NULL},
	{" 9:00 - 17:00 , mon - fri , 1 , jan ", NULL},
	{"9:00-12:00&13:00-17:00,mon&wed-fri,1&15-20,jan&jun-aug", NULL},
	{"*,1-7,*,1-12",                     NULL},
	{"*,Monday-FRI,*,January",           NULL},
	{"17:00-24:00,*,*,*",                NULL},
	{"12:30,*,*,*",                      NULL},
	{"*,*,*,*,*",                        NULL},
	{"25:00-26:00,*,*,*",                "25:00-26:00"},
	{"9:60-10:00,*,*,*",                 "9:60-10:00"},
	{"9-17,*,*,*",                       "9-17"},
	{"9:00-17:0,*,*,*",                  "9:00-17:0"},
	{"24:00-1:00,*,*,*",                 "24:00-1:00"},
	{"24:01-1:00,*,*,*",                 "24:01-1:00"},
	{"9:00-,*,*,*",                      "9:00-"},
	{"009:00-10:00,*,*,*",               "009:00-10:00"},
	{"*,mon-fir,*,*",                    "mon-fir"},
	{"*,mo,*,*",                         "mo"},
	{"*,mon&,*,*",                       ""},
	{"*,8,*,*",                          "8"},
	{"*,0,*,*",                          "0"},
	{"*,*,0,*",                          "0"},
	{"*,*,32,*",                         "32"},
	{"*,*,1-x,*",                        "1-x"},
	{"*,*,*,13",                         "13"},
	{"*,*,*,janu",                       "janu"},
	{"*,*,*,*,Nowhere/Land",             "Nowhere/Land"},
	{"*,*,*,*,../../../etc/passwd",      "../../../etc/passwd"},
	{"*,*,*,*,UTC,x",                    "x"},
};


/* Broken-down time: hour, minute, day of the month, month 1-12, weekday */
static const struct {
	const char *spec;
	int hour, min, mday, mon, wday;
	bool inside;
} moments[] = {
	{"9:00-17:00,mon-fri,*,*",  9,  0,  1, 6, 1, true},
	{"9:00-17:00,mon-fri,*,*",  8, 59,  1, 6, 1, false},
	{"9:00-17:00,mon-fri,*,*", 17,  0,  1, 6, 1, true},
	{"9:00-17:00,mon-fri,*,*", 17,  1,  1, 6, 1, false},
	{"9:00-17:00,mon-fri,*,*", 12,  0,  1, 6, 0, false},
	{"9:00-17:00,mon-fri,*,*", 12,  0,  1, 6, 6, false},
	{"22:00-6:00,*,*,*",       23, 59,  1, 6, 1, true},
	{"22:00-6:00,*,*,*",        0,  0,  1, 6, 1, true},
	{"22:00-6:00,*,*,*",        6,  0,  1, 6, 1, true},
	{"22:00-6:00,*,*,*",        6,  1,  1, 6, 1, false},
	{"22:00-6:00,*,*,*",       21, 59,  1, 6, 1, false},
	{"17:00-24:00,*,*,*",      23, 59,  1, 6, 1, true},
	{"17:00-24:00,*,*,*",       0,  0,  1, 6, 1, false},
	{"12:30,*,*,*",            12, 30,  1, 6, 1, true},
	{"12:30,*,*,*",            12, 31,  1, 6, 1, false},
	{"*,sat-mon,*,*",          12,  0,  1, 6, 6, true},
	{"*,sat-mon,*,*",          12,  0,  1, 6, 0, true},
	{"*,sat-mon,*,*",          12,  0,  1, 6, 1, true},
	{"*,sat-mon,*,*",          12,  0,  1, 6, 2, false},
	{"*,mon&wed-fri,*,*",      12,  0,  1, 6, 2, false},
	{"*,mon&wed-fri,*,*",      12,  0,  1, 6, 4, true},
	{"*,1,*,*",                12,  0,  1, 6, 0, true},
	{"*,7,*,*",                12,  0,  1, 6, 6, true},
	{"*,*,24-26,dec",          12,  0, 25, 12, 1, true},
	{"*,*,24-26,dec",          12,  0, 25, 11, 1, false},
	{"*,*,24-26,dec",          12,  0, 27, 12, 1, false},
	{"*,*,30-2,*",             12,  0, 31, 1, 1, true},
	{"*,*,30-2,*",             12,  0,  1, 1, 1, true},
	{"*,*,30-2,*",             12,  0,  3, 1, 1, false},
	{"*,*,*,nov-feb",          12,  0,  1, 1, 1, true},
	{"*,*,*,nov-feb",          12,  0,  1, 3, 1, false},
	{"*,*,*,1",                12,  0,  1, 1, 1, true},
	{"*,*,*,1",                12,  0,  1, 2, 1, false},
};


/* 2026-07-01 12:00:00 UTC, a Wednesday, is 1782907200 */
static const struct {
	const char *spec;
	int64_t t;
	bool inside;
} zones[] = {
	{"12:00-12:59,wed,1,jul,UTC",              1782907200, true},
	{"15:00-15:59,wed,1,jul,Europe/Riga",      1782907200, true},
	{"12:00-12:59,*,*,*,Europe/Riga",          1782907200, false},
	{"5:00-5:59,*,*,*,America/Los_Angeles",    1782907200, true},
	{"1:00-1:59,thu,2,jul,Pacific/Auckland",   1782907200 + 3600, true},
	{"*,*,*,*,UTC",                            INT64_MAX, false},
};
/* clang-format on */


static void decode(struct schedule *sch, const char *spec)
{
	struct pl pl = pl_of(spec), bad = pl_null;
	int err      = schedule_decode(sch, &pl, &bad);

	if (err)
		fail_msg("%s: '%.*s'", spec, (int)bad.l, bad.p);
}


static void test_decode(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct pl pl = pl_of(specs[i].spec), bad = pl_null;
		struct schedule sch;
		int err = schedule_decode(&sch, &pl, &bad);

		if (err != (specs[i].bad ? EINVAL : 0))
			fail_msg("'%s': %d", specs[i].spec, err);

		if (specs[i].bad)
			assert_pl(&bad, specs[i].bad);
	}

	assert_int_equal(schedule_decode(NULL, NULL, NULL), EINVAL);
}


static void test_has(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		struct schedule sch;
		struct tm tm = {
			.tm_hour = moments[i].hour,
			.tm_min  = moments[i].min,
			.tm_mday = moments[i].mday,
			.tm_mon  = moments[i].mon - 1,
			.tm_wday = moments[i].wday,
		};

		decode(&sch, moments[i].spec);

		if (schedule_has(&sch, &tm) != moments[i].inside)
			fail_msg("row %zu: %s", i, moments[i].spec);
	}
}


static void test_zones(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		struct schedule sch;

		decode(&sch, zones[i].spec);

		if (schedule_has_time(&sch, zones[i].t) != zones[i].inside)
			fail_msg("%s", zones[i].spec);
	}
}


/* Out of range is outside, not out of bounds */
static void test_bad_moment(void **state)
{
	struct schedule sch;
	struct tm tm = {.tm_mday = 1};

	(void)state;
	decode(&sch, "*,*,*,*");
	assert_true(schedule_has(&sch, &tm));
	tm.tm_hour = 24;
	assert_false(schedule_has(&sch, &tm));
	tm.tm_hour = -1;
	assert_false(schedule_has(&sch, &tm));
	tm.tm_hour = 0;
	tm.tm_mday = 0;
	assert_false(schedule_has(&sch, &tm));
	tm.tm_mday = 1;
	tm.tm_wday = 7;
	assert_false(schedule_has(&sch, &tm));
	assert_false(schedule_has(&sch, NULL));
	assert_false(schedule_has(NULL, &tm));
}


/* --- against inequalities ------------------------------------------------ */

/* Inside from..to, both included, round the end if to < from */
static bool within(int x, int from, int to)
{
	return from <= to ? x >= from && x <= to : x >= from || x <= to;
}


static void test_random(void **state)
{
	static const char *const wd[] = {"sun", "mon", "tue", "wed",
					 "thu", "fri", "sat"};
	static const char *const mn[] = {"jan", "feb", "mar", "apr",
					 "may", "jun", "jul", "aug",
					 "sep", "oct", "nov", "dec"};

	(void)state;
	rnd_seed(3);

	for (int round = 0; round < 500; round++) {
		int t1 = (int)rnd(1440), t2 = (int)rnd(1440);
		int w1 = (int)rnd(7), w2 = (int)rnd(7);
		int d1 = 1 + (int)rnd(31), d2 = 1 + (int)rnd(31);
		int m1 = (int)rnd(12), m2 = (int)rnd(12);
		char spec[128];
		struct schedule sch;

		(void)snprintf(spec, sizeof(spec),
			       "%d:%02d-%02d:%02d,%s-%s,%d-%d,%s-%s", t1 / 60,
			       t1 % 60, t2 / 60, t2 % 60, wd[w1], wd[w2], d1,
			       d2, mn[m1], mn[m2]);
		decode(&sch, spec);

		for (int i = 0; i < 200; i++) {
			int min = rnd(5) ? (int)rnd(1440) : t2;
			struct tm tm = {
				.tm_hour = min / 60,
				.tm_min  = min % 60,
				.tm_wday = (int)rnd(7),
				.tm_mday = 1 + (int)rnd(31),
				.tm_mon  = (int)rnd(12),
			};
			bool want = within(min, t1, t2) &&
				    within(tm.tm_wday, w1, w2) &&
				    within(tm.tm_mday, d1, d2) &&
				    within(tm.tm_mon, m1, m2);

			if (schedule_has(&sch, &tm) != want)
				fail_msg("%s: %d:%d %d %d %d", spec,
					 tm.tm_hour, tm.tm_min, tm.tm_wday,
					 tm.tm_mday, tm.tm_mon);
		}
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_bad_moment),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
