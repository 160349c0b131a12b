/**
 * @file store/db.h  Inside the store: connection, statements, queue
 *
 * A request is a prepared statement and its values, copied into one piece of
 * memory.  queue.c keeps the requests in order, store.c is the thread that
 * takes them, sqlite.c runs a batch in one transaction, migrate.c owns the
 * schema; location.c, cdr.c and kv.c only translate.
 */
#ifndef TANDEM_STORE_DB_H
#define TANDEM_STORE_DB_H

#include "base/compat.h"

struct sqlite3;
struct sqlite3_stmt;

/* clang-format off */
#define DB_STATEMENTS(X)                                                     \
	X(LOCATION_PUT,                                                      \
	  "INSERT OR REPLACE INTO location (aor,contact,received,transport," \
	  "user_agent,call_id,instance,path,def_user,reg_id,cseq,"            \
	  "expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)")                    \
	X(LOCATION_DEL,                                                      \
	  "DELETE FROM location WHERE aor=? AND contact=? AND instance=? "    \
	  "AND reg_id=?")                                                    \
	X(LOCATION_DEL_AOR,                                                  \
	  "DELETE FROM location WHERE aor=?")                                \
	X(LOCATION_EXPIRE,                                                   \
	  "DELETE FROM location WHERE expires_at<=?")                        \
	X(CDR_PUT,                                                           \
	  "INSERT INTO cdr (accountcode,src,dst,dcontext,clid,channel,"      \
	  "dstchannel,lastapp,lastdata,start,answer,\"end\",duration,"       \
	  "billsec,disposition,amaflags,userfield,uniqueid,linkedid,"        \
	  "peeraccount,sequence,call_id,rec_state,rec_path,rec_why,"         \
	  "hangup_cause,sip_code,hangup_by,trace,start_us,trunk) VALUES "    \
	  "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)") \
	X(RECORDING_PUT,                                                     \
	  "INSERT OR REPLACE INTO recording (uniqueid,path,state,why,"       \
	  "duration_ms) VALUES (?,?,?,?,?)")                                 \
	X(RECORDING_DEL,                                                     \
	  "DELETE FROM recording WHERE uniqueid=? AND path=?")               \
	X(CALL_OPEN,                                                         \
	  "INSERT OR REPLACE INTO call_open (uniqueid,run,linkedid,call_id," \
	  "accountcode,src,dst,dcontext,clid,channel,dstchannel,amaflags,"   \
	  "userfield,peeraccount,start_us,answer_us) "                       \
	  "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")                        \
	X(RUN_ALIVE,                                                         \
	  "INSERT OR REPLACE INTO run (id,alive_us) VALUES (?,?)")           \
	X(INTERRUPTED_REC,                                                   \
	  "INSERT OR REPLACE INTO recording SELECT uniqueid,path,'gap',"     \
	  "'the program ended: what came after is missing',duration_ms "     \
	  "FROM recording WHERE state='recording' AND uniqueid IN "          \
	  "(SELECT uniqueid FROM call_open WHERE instr(?,','||run||',')=0)") \
	X(INTERRUPTED,                                                       \
	  "INSERT INTO cdr (accountcode,src,dst,dcontext,clid,channel,"      \
	  "dstchannel,lastapp,lastdata,start,answer,\"end\",duration,"       \
	  "billsec,disposition,amaflags,userfield,uniqueid,linkedid,"        \
	  "peeraccount,sequence,call_id,rec_state,rec_path,rec_why,"         \
	  "hangup_cause,sip_code,hangup_by,trace,start_us) "                 \
	  "SELECT accountcode,src,dst,dcontext,clid,channel,dstchannel,"     \
	  "'','',strftime('%Y-%m-%d %H:%M:%S',start_us/1000000,"             \
	  "'unixepoch','localtime'),strftime('%Y-%m-%d %H:%M:%S',"           \
	  "answer_us/1000000,'unixepoch','localtime'),"                      \
	  "strftime('%Y-%m-%d %H:%M:%S',e/1000000,'unixepoch',"              \
	  "'localtime'),(e-start_us)/1000000,(e-answer_us)/1000000,"         \
	  "'ANSWERED',amaflags,userfield,uniqueid,linkedid,peeraccount,0,"   \
	  "call_id,'','','',0,0,'interrupted','',start_us FROM "             \
	  "(SELECT call_open.*,max(answer_us,coalesce(alive_us,0)) AS e "    \
	  "FROM call_open LEFT JOIN run ON run.id=call_open.run "            \
	  "WHERE instr(?,','||run||',')=0)")                                 \
	X(RUN_FORGET,                                                        \
	  "DELETE FROM run WHERE instr(?,','||id||',')=0")                   \
	X(QUEUE_LOG_PUT,                                                     \
	  "INSERT INTO queue_log (time,callid,queuename,agent,event,data1,"  \
	  "data2,data3,data4,data5) VALUES (?,?,?,?,?,?,?,?,?,?)")           \
	X(KV_PUT,                                                            \
	  "INSERT OR REPLACE INTO kv (name,family,key,value) "               \
	  "VALUES (?,?,?,?)")                                                \
	X(KV_DEL,                                                            \
	  "DELETE FROM kv WHERE name=?")
/* clang-format on */

enum db_stmt {
#define X(id, sql) DB_##id,
	DB_STATEMENTS(X)
#undef X
	DB_STMT_MAX
};

/** One value: a text (NULL is "") or, with `is_num`, a number */
struct db_val {
	const char *str;
	int64_t num;
	bool is_num;
};

#define DB_TEXT(s) ((struct db_val){.str = (s)})
#define DB_NUM(n) ((struct db_val){.num = (int64_t)(n), .is_num = true})

/** A request; one allocation, the texts follow it */
struct db_req {
	struct le le; /* queue, or the batch being written */
	struct le he; /* queued requests by key, if it has one */
	enum db_stmt stmt;
	uint32_t hash;
	const char *key; /* a newer one with this key replaces it, or NULL */
	size_t keylen;
	size_t n;
	struct db_val v[];
};

/** A connection and its prepared statements; one thread at a time */
struct db {
	struct sqlite3 *h;
	struct sqlite3_stmt *stmt[DB_STMT_MAX];
};

typedef int(db_row_h)(struct sqlite3_stmt *row, void *arg);


/* --- queue.c: no locks of its own, no threads ---------------------------- */

/** Requests in order */
struct queue_part {
	struct list l;
	struct hash *h; /* those with a key */
	size_t n;
	size_t n_cdr;
};

/** What waits, and the batch that the thread has (`out`) */
struct queue {
	struct queue_part *wait;
	size_t n;          /* that wait; of a batch that is not out, too */
	size_t n_cdr;
	size_t flying;     /* that are out */
	size_t flying_cdr;
	bool out;

	/* the thread's while it is out */
	struct queue_part *taken; /* not in the batch yet */
	struct queue_part *batch;

	struct queue_part partv[3];
};

int queue_init(struct queue *q);
void queue_reset(struct queue *q);

/** Copy a request into one allocation */
int queue_req(struct db_req **reqp, enum db_stmt stmt, const char *key,
	      size_t keylen, const struct db_val *v, size_t n);

/** Append; an older one with its key goes.  @return 0, ENOBUFS if full */
int queue_put(struct queue *q, struct db_req *req);

/** All that waits is out.  As queue_return(), the same work however much */
void queue_take(struct queue *q);

/** What is out, in order (its thread alone, as the next two, without a lock
 *  that queue_put() needs) */
struct list *queue_batch(struct queue *q);

/** Give up what db_run() took off the batch.  @return call records in it */
size_t queue_drop(struct queue *q, struct list *bad);

/** The batch is on the disk.  @return call records in it */
size_t queue_written(struct queue *q);

/** Nothing is out any more: what was not written waits before all else */
void queue_return(struct queue *q);


/* --- store.c ------------------------------------------------------------- */

/**
 * Queue a write (signalling thread)
 *
 * @param key     Identity of what is written, NULL if never replaced
 * @param keylen  Bytes of it
 * @return 0, ENOTCONN if the store is closed, ENOMEM, ENOBUFS
 */
int db_request(enum db_stmt stmt, const char *key, size_t keylen,
	       const struct db_val *v, size_t n);

/** Path of the open database, NULL if closed */
const char *db_path(void);


/* --- sqlite.c ------------------------------------------------------------ */

/**
 * Open a file for writing, schema up to date, corrupt files moved aside
 *
 * @param check  Look through the pages as well (start)
 * @param fresh  Set to true if a new file was begun in place of another
 */
int db_connect(struct db *db, const char *path, bool check, bool *fresh,
	       struct mbuf *why);
void db_disconnect(struct db *db);

/**
 * Run requests in one transaction
 *
 * @param bad  Gets the requests that no retry can save (taken off the batch)
 * @return 0 if committed; else nothing is written and `why` says it: EBADMSG
 *         if the file is corrupt, EBUSY if another program holds it, ...
 */
int db_run(struct db *db, struct list *batch, struct list *bad,
	   struct mbuf *why);

/** True if the file is not at its path any more */
bool db_has_moved(struct db *db);

/** Read with a connection of its own; `h` returns non-zero to stop */
int db_query(const char *path, const char *sql, db_row_h *h, void *arg);

/** Text of a column, never NULL */
const char *db_col(struct sqlite3_stmt *row, int col);

/** errno for an SQLite result */
int db_errno(int rc);
bool db_is_corrupt(int rc);


/* --- migrate.c ----------------------------------------------------------- */

/** Bring the schema up to date.  @return an SQLite result, or SQLITE_MISMATCH
 *  if it is newer than we know or not ours, then `why` is filled */
int migrate_run(struct sqlite3 *h, const char *path, struct mbuf *why);

/** Check the pages of the tables read at start.
 *  @return SQLITE_OK or SQLITE_CORRUPT */
int migrate_check(struct sqlite3 *h);

/** Move the file and its log aside; says so in the log */
int migrate_set_aside(const char *path, const char *reason);


/* --- kv.c ---------------------------------------------------------------- */

int kv_load(const char *path);
void kv_close(void);

/** Queue all of the mirror again: the file was begun anew (store thread) */
void kv_requeue(void);

#endif
