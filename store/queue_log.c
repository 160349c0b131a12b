/**
 * @file store/queue_log.c  What happens in queues, a row an event
 */
#include <time.h>
#include "base/compat.h"
#include "store/db.h"
#include "store/store.h"

enum { STAMP_SIZE = 40, COLUMNS = 5 + STORE_QUEUE_DATA };


/* Local time with microseconds, as Asterisk writes it */
static void stamp(char buf[STAMP_SIZE], uint64_t us)
{
	const time_t sec = (time_t)(us / 1000000);
	char day[STAMP_SIZE] = "";
	struct tm tm;

	if (!localtime_r(&sec, &tm) ||
	    !strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S", &tm))
		day[0] = '\0';

	(void)re_snprintf(buf, STAMP_SIZE, "%s.%06u", day,
			  (unsigned)(us % 1000000));
}


int store_queue_log_put(const struct store_queue_log *ql)
{
	struct db_val v[COLUMNS];
	char time[STAMP_SIZE];

	if (!ql || !ql->event)
		return EINVAL;

	stamp(time, ql->at_us);
	v[0] = DB_TEXT(time);
	v[1] = DB_TEXT(ql->callid);
	v[2] = DB_TEXT(ql->queue);
	v[3] = DB_TEXT(ql->agent);
	v[4] = DB_TEXT(ql->event);
	for (size_t i = 0; i < STORE_QUEUE_DATA; i++)
		v[5 + i] = DB_TEXT(ql->data[i]);

	return db_request(DB_QUEUE_LOG_PUT, NULL, 0, v, ARRAY_SIZE(v));
}
