/**
 * @file store/interrupted.c  Calls that a crash or a power cut has ended
 *
 * An answered call has a row in `call_open` until its record is written (a
 * trigger removes it then), and each run of the program says every few seconds
 * in `run` that it is alive.  At the start what a run left behind that is over
 * becomes call records: the call ended when that run was last alive, and
 * `hangup_by` says "interrupted".  Its recordings are "gap": the rest of them
 * is missing.
 */
#include <sqlite3.h>
#include "base/clock.h"
#include "base/compat.h"
#include "base/log.h"
#include "base/rand.h"
#include "store/db.h"
#include "store/store.h"


enum { COLUMNS = 16, ALIVE_MAX = 512 };

static char run[STORE_RUN_ID];


const char *store_run_id(void)
{
	if (!run[0])
		rand_hex(run, sizeof(run));

	return run;
}


int store_call_open(const struct store_cdr *cdr)
{
	char *key;
	int err;

	if (!cdr || !cdr->uniqueid || !*cdr->uniqueid)
		return EINVAL;

	const struct db_val v[] = {
		DB_TEXT(cdr->uniqueid),
		DB_TEXT(store_run_id()),
		DB_TEXT(cdr->linkedid),
		DB_TEXT(cdr->call_id),
		DB_TEXT(cdr->accountcode),
		DB_TEXT(cdr->src),
		DB_TEXT(cdr->dst),
		DB_TEXT(cdr->dcontext),
		DB_TEXT(cdr->clid),
		DB_TEXT(cdr->channel),
		DB_TEXT(cdr->dstchannel),
		DB_TEXT(cdr->amaflags),
		DB_TEXT(cdr->userfield),
		DB_TEXT(cdr->peeraccount),
		DB_NUM(cdr->start_us),
		DB_NUM(cdr->answer_us),
	};

	_Static_assert(ARRAY_SIZE(v) == COLUMNS, "columns of call_open");

	err = re_sdprintf(&key, "O%s", cdr->uniqueid);
	if (err)
		return err;

	err = db_request(DB_CALL_OPEN, key, strlen(key), v, ARRAY_SIZE(v));
	mem_deref(key);

	return err;
}


int store_alive(void)
{
	const struct db_val v[] = {DB_TEXT(store_run_id()),
				   DB_NUM(clock_wall_us())};

	return db_request(DB_RUN_ALIVE, "H", 1, v, ARRAY_SIZE(v));
}


static int count_handler(struct sqlite3_stmt *row, void *arg)
{
	*(unsigned *)arg = (unsigned)sqlite3_column_int(row, 0);

	return 0;
}


/* ",a,b,": which runs go on.  Hex digits and commas, nothing to escape */
static int alive_list(char list[ALIVE_MAX], const char *others)
{
	return re_snprintf(list, ALIVE_MAX, ",%s,%s,", store_run_id(),
			   others ? others : "") < 0 ? ENOBUFS : 0;
}


static void say(const char *list)
{
	char sql[ALIVE_MAX + 128];
	unsigned n = 0;

	if (re_snprintf(sql, sizeof(sql), "SELECT count(*) FROM call_open "
			"WHERE instr('%s',','||run||',')=0", list) < 0 ||
	    db_query(db_path(), sql, count_handler, &n) || !n)
		return;

	log_warning("store", "%u calls were cut off when the run before this "
		    "one ended: their records say \"interrupted\"", n);
}


int store_interrupted(const char *others)
{
	char list[ALIVE_MAX];
	struct db_val v[1];
	int err;

	if (!db_path())
		return ENOTCONN;

	err = alive_list(list, others);
	if (err)
		return err;

	say(list);
	v[0] = DB_TEXT(list);
	err  = db_request(DB_INTERRUPTED_REC, NULL, 0, v, 1);
	if (!err)
		err = db_request(DB_INTERRUPTED, NULL, 0, v, 1);
	if (!err)
		err = db_request(DB_RUN_FORGET, NULL, 0, v, 1);

	return err ? err : store_alive();
}
