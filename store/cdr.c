/**
 * @file store/cdr.c  Call records and the state of their recordings
 */
#include <time.h>
#include "base/compat.h"
#include "base/count.h"
#include "base/log.h"
#include "store/db.h"
#include "store/store.h"


enum { STAMP_SIZE = 32, COLUMNS = 31 };


/* Local time as Asterisk writes it; "" for a call never answered */
static const char *stamp(char buf[STAMP_SIZE], uint64_t us)
{
	const time_t sec = (time_t)(us / 1000000);
	struct tm tm;

	buf[0] = '\0';

	if (us && localtime_r(&sec, &tm) &&
	    !strftime(buf, STAMP_SIZE, "%Y-%m-%d %H:%M:%S", &tm))
		buf[0] = '\0';

	return buf;
}


static void say_lost(const struct store_cdr *cdr, int err)
{
	count_inc(COUNT_CDR_LOST);

	log_error("store", "call record %s (%s to %s, %u s, %s) is lost: %m",
		  cdr->uniqueid, cdr->src, cdr->dst, cdr->duration,
		  cdr->disposition, err);
}


int store_cdr_put(const struct store_cdr *cdr)
{
	char start[STAMP_SIZE], answer[STAMP_SIZE], end[STAMP_SIZE];
	int err;

	if (!cdr)
		return EINVAL;

	const struct db_val v[] = {
		DB_TEXT(cdr->accountcode),
		DB_TEXT(cdr->src),
		DB_TEXT(cdr->dst),
		DB_TEXT(cdr->dcontext),
		DB_TEXT(cdr->clid),
		DB_TEXT(cdr->channel),
		DB_TEXT(cdr->dstchannel),
		DB_TEXT(cdr->lastapp),
		DB_TEXT(cdr->lastdata),
		DB_TEXT(stamp(start, cdr->start_us)),
		DB_TEXT(stamp(answer, cdr->answer_us)),
		DB_TEXT(stamp(end, cdr->end_us)),
		DB_NUM(cdr->duration),
		DB_NUM(cdr->billsec),
		DB_TEXT(cdr->disposition),
		DB_TEXT(cdr->amaflags),
		DB_TEXT(cdr->userfield),
		DB_TEXT(cdr->uniqueid),
		DB_TEXT(cdr->linkedid),
		DB_TEXT(cdr->peeraccount),
		DB_NUM(cdr->sequence),
		DB_TEXT(cdr->call_id),
		DB_TEXT(cdr->rec_state),
		DB_TEXT(cdr->rec_path),
		DB_TEXT(cdr->rec_why),
		DB_NUM(cdr->hangup_cause),
		DB_NUM(cdr->sip_code),
		DB_TEXT(cdr->hangup_by),
		DB_TEXT(cdr->trace),
		DB_NUM(cdr->start_us),
		DB_TEXT(cdr->trunk),
	};

	_Static_assert(ARRAY_SIZE(v) == COLUMNS, "columns of cdr");

	err = db_request(DB_CDR_PUT, NULL, 0, v, ARRAY_SIZE(v));
	if (err)
		say_lost(cdr, err);

	return err;
}


static bool is_state(const char *state)
{
	static const char *const states[] = {"recording", "complete", "gap",
					     "failed"};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (!strcmp(states[i], state))
			return true;
	}

	return false;
}


int store_cdr_recording(const char *uniqueid, const char *state,
			const char *path, const char *why,
			uint64_t duration_ms)
{
	const struct db_val v[] = {DB_TEXT(uniqueid), DB_TEXT(path),
				   DB_TEXT(state), DB_TEXT(why),
				   DB_NUM(duration_ms)};
	char *key;
	int err;

	if (!uniqueid || !*uniqueid || !path || !state || !is_state(state))
		return EINVAL;

	err = re_sdprintf(&key, "R%s\n%s", uniqueid, path);
	if (err)
		return err;

	err = db_request(DB_RECORDING_PUT, key, strlen(key), v,
			 ARRAY_SIZE(v));
	mem_deref(key);

	if (err)
		log_error("store", "state of recording %s (%s) is lost: %m",
			  path, state, err);

	return err;
}


int store_cdr_recording_moved(const char *uniqueid, const char *path)
{
	const struct db_val v[] = {DB_TEXT(uniqueid), DB_TEXT(path)};
	char *key;
	int err;

	if (!uniqueid || !*uniqueid || !path)
		return EINVAL;

	/* the same key as the note's: it replaces one that still waits */
	err = re_sdprintf(&key, "R%s\n%s", uniqueid, path);
	if (err)
		return err;

	err = db_request(DB_RECORDING_DEL, key, strlen(key), v,
			 ARRAY_SIZE(v));
	mem_deref(key);

	return err;
}
