/**
 * @file test_strftime.c  Dates in any zone
 *
 * The C library's own zone code, with TZ set, is the reference.
 */
#include "routing_util.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "routing/strftime.h"
#include "routing/tz.h"
#include "routing/tz_rule.h"


/* clang-format off */
/* 2026-07-01 12:34:56.123456 UTC */
static const uint64_t noon = 1782909296123456u;

static const struct {
	const char *fmt;
	const char *tz;
	const char *result;
	int err;
} formats[] = {
	{"%Y%m%d-%H%M%S",    "UTC",              "20260701-123456", 0},
	{"%Y%m%d-%H%M%S",    "GMT",              "20260701-123456", 0},
	{"%H:%M %Z %z",      "Europe/Riga",      "15:34 EEST +0300", 0},
	{"%H:%M %Z %z",      "America/New_York", "08:34 EDT -0400", 0},
	{"%H:%M %z",         "Asia/Kolkata",     "18:04 +0530", 0},
	{"%A, %d %B",        "Pacific/Auckland", "Thursday, 02 July", 0},
	{"%S.%q",            "UTC",              "56.123", 0},
	{"%1q %2q %3q %6q %9q", "UTC",           "1 12 123 123456 123456000",
									0},
	{"%%q %%",           "UTC",              "%q %", 0},
	{"%s",               "Europe/Riga",      "1782909296", 0},
	{"%e %-d %j",        "UTC",              " 1 1 182", 0},
	{"",                 "UTC",              "", 0},
	{"plain",            "UTC",              "plain", 0},
	{"100%",             "UTC",              "100%", 0},
	{"%p",               "UTC",              "PM", 0},
	{"%H",               "Nowhere/Land",     "12", ENOENT},
	{"%H",               "../UTC",           "12", ENOENT},
	{"%H",               "/etc/passwd",      "12", ENOENT},
	{"%H",               "Europe",           "12", ENOENT},
	{"%H",               "zone.tab",         "12", ENOENT},
	{"%H",               "tzdata.zi",        "12", ENOENT},
	{"%9999d",           "UTC",              "", EOVERFLOW},
};


static const char *const zone_names[] = {
	"UTC", "Europe/Riga", "Europe/London", "Europe/Dublin",
	"Europe/Moscow", "America/New_York", "America/Sao_Paulo",
	"America/St_Johns", "Africa/Casablanca", "Africa/Cairo",
	"Asia/Kolkata", "Asia/Tehran", "Asia/Tokyo", "Asia/Gaza",
	"Australia/Lord_Howe", "Australia/Sydney", "Pacific/Auckland",
	"Pacific/Chatham", "Pacific/Apia", "America/Nuuk", "Etc/GMT+12",
	"Antarctica/Troll", "EST5EDT", "CET",
};


static const struct {
	const char *rule;
	int err;
} rules[] = {
	{"UTC0", 0},
	{"EST5EDT,M3.2.0,M11.1.0", 0},
	{"CET-1CEST,M3.5.0,M10.5.0/3", 0},
	{"<+0330>-3:30", 0},
	{"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 0},
	{"IST-1GMT0,M10.5.0,M3.5.0/1", 0},
	{"A1B,J60,J300", EINVAL},
	{"AAA1BBB,J60,J300", 0},
	{"AAA1BBB,59,299/25:00:00", 0},
	{"", EINVAL},
	{"UTC", EINVAL},
	{"UTC0x", EINVAL},
	{"EST5EDT,M3.2.0", EINVAL},
	{"EST5EDT,M13.2.0,M11.1.0", EINVAL},
	{"EST5EDT,M3.6.0,M11.1.0", EINVAL},
	{"EST5EDT,M3.2.7,M11.1.0", EINVAL},
	{"EST5EDT,J0,J366", EINVAL},
	{"EST5EDT,M3.2.0,M11.1.0,", EINVAL},
	{"<+03", EINVAL},
	{"EST999", EINVAL},
	{"ABCDEFGHIJKLMNOPQRSTUVWXYZ0", EINVAL},
};
/* clang-format on */


static int format(char *buf, size_t size, const char *fmt, uint64_t us,
		  const char *tz)
{
	struct mbuf *mb = mbuf_alloc(32);
	struct pl pl    = pl_of(fmt);
	int err         = strftime_us(mb, &pl, us, tz);

	assert_true(mb->end < size);
	memcpy(buf, mb->buf, mb->end);
	buf[mb->end] = '\0';
	mem_deref(mb);

	return err;
}


static void test_format(void **state)
{
	char buf[1200];

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		int err = format(buf, sizeof(buf), formats[i].fmt, noon,
				 formats[i].tz);

		if (err != formats[i].err || strcmp(buf, formats[i].result))
			fail_msg("%s %s: %d '%s'", formats[i].fmt,
				 formats[i].tz, err, buf);
	}
}


static void test_format_limits(void **state)
{
	char fmt[1200], buf[1200];

	(void)state;
	memset(fmt, 'x', sizeof(fmt));
	fmt[1024] = '\0';
	assert_int_equal(format(buf, sizeof(buf), fmt, noon, "UTC"), 0);
	assert_string_equal(buf, fmt);

	memcpy(fmt, "%Y", 2);
	assert_int_equal(format(buf, sizeof(buf), fmt, noon, "UTC"),
			 EOVERFLOW);
	fmt[1024] = 'x';
	fmt[1025] = '\0';
	assert_int_equal(format(buf, sizeof(buf), fmt, noon, "UTC"),
			 EOVERFLOW);
	assert_string_equal(buf, "");
}


static void set_zone(const char *tz)
{
	char buf[80];

	/* the colon: a file, not a rule */
	(void)snprintf(buf, sizeof(buf), ":%s", tz);
	assert_int_equal(setenv("TZ", buf, 1), 0);
	tzset();
}


static void same_as_libc(const char *tz, int64_t t)
{
	time_t tt = (time_t)t;
	struct tm a, b;

	assert_non_null(localtime_r(&tt, &a));
	assert_int_equal(tz_time(&b, t, tz), 0);

	if (a.tm_gmtoff != b.tm_gmtoff || a.tm_isdst != b.tm_isdst ||
	    a.tm_hour != b.tm_hour || a.tm_min != b.tm_min ||
	    a.tm_sec != b.tm_sec || a.tm_mday != b.tm_mday ||
	    a.tm_mon != b.tm_mon || a.tm_year != b.tm_year ||
	    a.tm_wday != b.tm_wday || a.tm_yday != b.tm_yday ||
	    strcmp(a.tm_zone, b.tm_zone))
		fail_msg("%s %lld: libc %ld %s, ours %ld %s", tz,
			 (long long)t, a.tm_gmtoff, a.tm_zone, b.tm_gmtoff,
			 b.tm_zone);
}


static long libc_offset(int64_t t)
{
	time_t tt = (time_t)t;
	struct tm tm;

	assert_non_null(localtime_r(&tt, &tm));

	return tm.tm_gmtoff;
}


/* The first second with the offset that goes at `t`, later than `from` */
static int64_t libc_change(int64_t from, int64_t t)
{
	long off = libc_offset(t);

	while (t - from > 1) {
		int64_t mid = from + (t - from) / 2;

		if (libc_offset(mid) == off)
			t = mid;
		else
			from = mid;
	}

	return t;
}


/* Times from 1900 to 2400, and both sides of every change of the clock */
static void test_against_libc(void **state)
{
	enum { DAY = 24 * 3600, STEP = 6 * DAY };
	const int64_t first = -2208988800, last = 13569465600;

	(void)state;
	rnd_seed(6);

	for (size_t i = 0; i < ARRAY_SIZE(zone_names); i++) {
		const char *tz = zone_names[i];
		long off;

		set_zone(tz);
		off = libc_offset(first);

		for (int n = 0; n < 500; n++)
			same_as_libc(tz, first + (int64_t)rnd(182500) * DAY +
						 (int64_t)rnd(DAY));

		for (int64_t t = first + STEP; t < last; t += STEP) {
			int64_t change;

			if (libc_offset(t) == off)
				continue;

			off    = libc_offset(t);
			change = libc_change(t - STEP, t);

			for (int64_t d = -2; d <= 2; d++)
				same_as_libc(tz, change + d);
		}
	}

	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}


static void test_system_zone(void **state)
{
	struct tm tm;

	(void)state;
	set_zone("Asia/Tokyo");
	assert_int_equal(tz_time(&tm, 0, NULL), 0);
	assert_int_equal(tm.tm_hour, 9);
	assert_int_equal(tz_time(&tm, 0, ""), 0);
	assert_int_equal(tm.tm_hour, 9);
	assert_int_equal(tz_time(&tm, 0, "UTC"), 0);
	assert_int_equal(tm.tm_hour, 0);
	assert_string_equal(tm.tm_zone, "UTC");
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();

	assert_int_equal(tz_time(&tm, INT64_MAX, "UTC"), EINVAL);
	assert_int_equal(tz_time(&tm, INT64_MIN, "Europe/Riga"), EINVAL);
	assert_int_equal(tz_time(NULL, 0, "UTC"), EINVAL);
}


static void test_rule_decode(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct pl pl = pl_of(rules[i].rule);
		struct tz_rule rule;
		int err = tz_rule_decode(&rule, &pl);

		if (rules[i].err != err)
			fail_msg("%s: %d", rules[i].rule, err);
	}
}


/* The C library understands rules too, in TZ itself */
static void test_rule_against_libc(void **state)
{
	(void)state;
	rnd_seed(7);

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct pl pl = pl_of(rules[i].rule);
		struct tz_rule rule;

		if (tz_rule_decode(&rule, &pl) || !rule.dst[0])
			continue;

		assert_int_equal(setenv("TZ", rules[i].rule, 1), 0);
		tzset();

		for (int n = 0; n < 3000; n++) {
			time_t t = (time_t)rnd(2000000000) * 2;
			struct tm tm;
			bool dst = tz_rule_is_dst(&rule, (int64_t)t);

			assert_non_null(localtime_r(&t, &tm));
			assert_int_equal(dst ? rule.dst_off_s : rule.std_off_s,
					 tm.tm_gmtoff);
		}
	}

	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}


static void test_days(void **state)
{
	(void)state;
	assert_int_equal(tz_days(1970, 1, 1), 0);
	assert_int_equal(tz_days(1969, 12, 31), -1);
	assert_int_equal(tz_days(2000, 2, 29), 11016);
	assert_int_equal(tz_days(2000, 3, 1), 11017);
	assert_int_equal(tz_days(2026, 7, 1), 20635);

	for (int64_t year = -800, days = tz_days(year, 1, 1); year < 2800;
	     year++) {
		int64_t next = tz_days(year + 1, 1, 1);
		bool leap    = year % 4 == 0 &&
			    (year % 100 != 0 || year % 400 == 0);

		assert_int_equal(next - days, leap ? 366 : 365);
		days = next;
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_limits),
		cmocka_unit_test(test_against_libc),
		cmocka_unit_test(test_system_zone),
		cmocka_unit_test(test_rule_decode),
		cmocka_unit_test(test_rule_against_libc),
		cmocka_unit_test(test_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
