/**
 * @file store/location.c  Where a registered phone is
 *
 * A put and a del of one binding share a key, so that a phone that registers
 * every minute while the disk is away occupies one request.
 */
#include <sqlite3.h>
#include "base/compat.h"
#include "base/log.h"
#include "store/db.h"
#include "store/store.h"


enum { COLUMNS = 12 };

struct load {
	store_location_h *h;
	void *arg;
};


/* "L" aor newline contact newline instance newline reg-id */
static int request(enum db_stmt stmt, const struct store_location *loc,
		   const struct db_val *v, size_t n)
{
	char *key;
	int err;

	err = re_sdprintf(&key, "L%s\n%s\n%s\n%u", loc->aor, loc->contact,
			  loc->instance ? loc->instance : "", loc->reg_id);
	if (err)
		return err;

	err = db_request(stmt, key, strlen(key), v, n);
	mem_deref(key);

	return err;
}


int store_location_put(const struct store_location *loc)
{
	if (!loc || !loc->aor || !*loc->aor || !loc->contact)
		return EINVAL;

	const struct db_val v[] = {
		DB_TEXT(loc->aor),
		DB_TEXT(loc->contact),
		DB_TEXT(loc->received),
		DB_TEXT(loc->transport),
		DB_TEXT(loc->user_agent),
		DB_TEXT(loc->call_id),
		DB_TEXT(loc->instance),
		DB_TEXT(loc->path),
		DB_TEXT(loc->def_user),
		DB_NUM(loc->reg_id),
		DB_NUM(loc->cseq),
		DB_NUM(loc->expires_at),
	};

	_Static_assert(ARRAY_SIZE(v) == COLUMNS, "columns of location");

	return request(DB_LOCATION_PUT, loc, v, ARRAY_SIZE(v));
}


int store_location_del(const struct store_location *loc)
{
	if (!loc || !loc->aor || !*loc->aor || !loc->contact)
		return EINVAL;

	const struct db_val v[] = {
		DB_TEXT(loc->aor),
		DB_TEXT(loc->contact),
		DB_TEXT(loc->instance),
		DB_NUM(loc->reg_id),
	};

	return request(DB_LOCATION_DEL, loc, v, ARRAY_SIZE(v));
}


int store_location_clear(const char *aor)
{
	const struct db_val v[] = {DB_TEXT(aor)};
	char *key;
	int err;

	if (!aor || !*aor)
		return EINVAL;

	err = re_sdprintf(&key, "A%s", aor);
	if (err)
		return err;

	err = db_request(DB_LOCATION_DEL_AOR, key, strlen(key), v,
			 ARRAY_SIZE(v));
	mem_deref(key);

	return err;
}


static int row_handler(struct sqlite3_stmt *row, void *arg)
{
	const struct load *load = arg;

	const struct store_location loc = {
		.aor        = db_col(row, 0),
		.contact    = db_col(row, 1),
		.received   = db_col(row, 2),
		.transport  = db_col(row, 3),
		.user_agent = db_col(row, 4),
		.call_id    = db_col(row, 5),
		.instance   = db_col(row, 6),
		.path       = db_col(row, 7),
		.def_user   = db_col(row, 8),
		.reg_id     = (uint32_t)sqlite3_column_int64(row, 9),
		.cseq       = (uint32_t)sqlite3_column_int64(row, 10),
		.expires_at = (uint64_t)sqlite3_column_int64(row, 11),
	};

	load->h(&loc, load->arg);

	return 0;
}


int store_location_load(uint64_t now_s, store_location_h *h, void *arg)
{
	const struct db_val v[] = {DB_NUM(now_s)};
	struct load load        = {.h = h, .arg = arg};
	char sql[256];
	int err;

	if (!h || now_s > INT64_MAX)
		return EINVAL;

	if (!db_path())
		return ENOTCONN;

	if (re_snprintf(sql, sizeof(sql), "SELECT aor,contact,received,"
			"transport,user_agent,call_id,instance,path,def_user,"
			"reg_id,cseq,expires_at FROM location WHERE expires_at>%llu",
			(unsigned long long)now_s) < 0)
		return ENOBUFS;

	err = db_query(db_path(), sql, row_handler, &load);
	if (err)
		return err;

	return db_request(DB_LOCATION_EXPIRE, "E", 1, v, ARRAY_SIZE(v));
}
