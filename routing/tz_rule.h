/**
 * @file routing/tz_rule.h  The rule of a zone: "CET-1CEST,M3.5.0,M10.5.0/3"
 *
 * Pure.  Any thread.  The last line of a zone file says in this form what goes
 * for all times behind its list (POSIX.1-2017 8.3, RFC 8536 3.3).
 */
#ifndef TANDEM_ROUTING_TZ_RULE_H
#define TANDEM_ROUTING_TZ_RULE_H

#include "base/compat.h"

enum { TZ_ABBR_SIZE = 16 };

enum tz_day_kind {
	TZ_DAY_OF_MONTH = 0, /* Mm.w.d */
	TZ_DAY_JULIAN,       /* Jn: 1-365, no 29 February */
	TZ_DAY_ZERO,         /* n: 0-365 */
};

struct tz_day {
	enum tz_day_kind kind;
	unsigned month, week, wday; /* 1-12, 1-5 (5 is the last), 0-6 */
	unsigned n;
	int32_t time_s; /* of the day, may be negative or beyond it */
};

struct tz_rule {
	char std[TZ_ABBR_SIZE];
	char dst[TZ_ABBR_SIZE]; /* "" if there is no summer time */
	int32_t std_off_s;      /* east of Greenwich */
	int32_t dst_off_s;
	struct tz_day start; /* of summer time */
	struct tz_day end;
};

/** Parse a rule.  EINVAL if malformed */
int tz_rule_decode(struct tz_rule *rule, const struct pl *pl);

/** True if it is summer time at `t` [s since 1970 UTC] */
bool tz_rule_is_dst(const struct tz_rule *rule, int64_t t);

/** Days from 1970-01-01 to a date of the Gregorian calendar; month 1-12 */
int64_t tz_days(int64_t year, unsigned month, unsigned day);

#endif
