/**
 * @file routing/schedule.h  "Is it office hours": time specifications
 *
 * Pure.  Any thread.  Used by timed includes, GotoIfTime, ExecIfTime, IFTIME.
 *
 * times,days of week,days of month,months[,zone]: 9:00-17:00,mon-fri,*,*
 * Each field is '*' or values and ranges joined by '&'.  Ranges wrap
 * (22:00-6:00, sat-mon); the last minute belongs to it.  '|' separates the
 * fields in old files.
 */
#ifndef TANDEM_ROUTING_SCHEDULE_H
#define TANDEM_ROUTING_SCHEDULE_H

#include <time.h>
#include "base/compat.h"

enum { SCHEDULE_MINUTES = 24 * 60 };

struct schedule {
	uint8_t minutes[SCHEDULE_MINUTES / 8]; /* one bit a minute */
	uint32_t days;                         /* bit 1-31 */
	uint16_t months;                       /* bit 0-11 */
	uint8_t wdays;                         /* bit 0-6, Sunday is 0 */
	char tz[64];                           /* "" is the system's zone */
};

/**
 * Parse a time specification
 *
 * Missing fields count as '*'.
 *
 * @param sch  Result
 * @param pl   Text
 * @param bad  Set to the part that is wrong; may be NULL
 *
 * @return 0, EINVAL
 */
int schedule_decode(struct schedule *sch, const struct pl *pl,
		    struct pl *bad);

/** True if a broken-down time (in the schedule's zone) is inside */
bool schedule_has(const struct schedule *sch, const struct tm *tm);

/** True if a moment is inside, in the schedule's own zone.  `t` in [s] */
bool schedule_has_time(const struct schedule *sch, int64_t t);

#endif
