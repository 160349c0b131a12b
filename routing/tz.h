/**
 * @file routing/tz.h  Local time in any time zone
 *
 * Any thread.  Reads the system's zone files itself, because changing TZ
 * would change it for all threads.  Read files are cached (a lock inside).
 */
#ifndef TANDEM_ROUTING_TZ_H
#define TANDEM_ROUTING_TZ_H

#include <stdint.h>
#include <time.h>

/**
 * Broken-down time in a zone
 *
 * @param tm  Result; tm_gmtoff and tm_zone are set (tm_zone stays valid)
 * @param t   Time in [s] since 1970 UTC
 * @param tz  "Europe/Riga", "UTC", "GMT"; NULL or "" for the system's zone
 *
 * @return 0, ENOENT for an unknown zone (tm is UTC then), EINVAL
 */
int tz_time(struct tm *tm, int64_t t, const char *tz);

#endif
