/**
 * @file routing/strftime.h  Dates as the dialplan formats them
 *
 * Any thread.
 */
#ifndef TANDEM_ROUTING_STRFTIME_H
#define TANDEM_ROUTING_STRFTIME_H

#include "base/compat.h"

/**
 * Format a time
 *
 * strftime(3) plus Asterisk's %q: %1q to %9q is the fraction of the second
 * with that many digits, %q has three.
 *
 * @param out  Text is appended here
 * @param fmt  Format; at most 1 KiB comes out
 * @param us   Time in [us] since 1970 UTC
 * @param tz   Zone as in tz_time(); NULL or "" for the system's
 *
 * @return 0, ENOENT for an unknown zone (formatted in UTC), EOVERFLOW if the
 *         result is too long
 */
int strftime_us(struct mbuf *out, const struct pl *fmt, uint64_t us,
		const char *tz);

#endif
