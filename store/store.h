/**
 * @file store/store.h  What must outlive a restart
 *
 * One SQLite file holds the location of phones, the call records and the
 * key/value database.  One thread of the store's own writes it, behind:
 * requests are copied, queued and committed together at most every 200 ms, so
 * that a slow or hung disk never delays a call and a `kill -9` costs at most
 * one second.  While the file cannot be written the requests wait in memory
 * and are tried again; the limits and what happens beyond them stand at each
 * function.
 *
 * Signalling thread: every function here, unless it says otherwise.  Texts
 * are copied before a function returns; a NULL text is stored as "".
 */
#ifndef TANDEM_STORE_STORE_H
#define TANDEM_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mbuf;

enum {
	STORE_FLUSH_MS = 200,   /* longest wait of a request for its commit */
	STORE_RETRY_MS = 1000,  /* between two tries while it cannot write */
	STORE_CDR_MAX  = 10000, /* call records that may wait */
	STORE_REQ_MAX  = 65536, /* other requests that may wait */
	STORE_DB_MAX   = 65536, /* entries of the key/value database */
	STORE_DB_TEXT  = 4096,  /* longest "/family/key", longest value */
};

/**
 * Open the database and start the store thread
 *
 * A missing file (and its last folder) is created, an older schema migrated.
 * A file that SQLite cannot read any more is moved to
 * `path`.corrupt-YYYYMMDD-HHMMSS, said in the log as an error, and a new one
 * begun.
 *
 * @param path  Database file, normally STATE/tandem.db
 * @param why   Gets one sentence for the operator on failure; may be NULL
 *
 * @return 0, ENOTSUP if the file was written by a newer Tandem, EALREADY if
 *         open, or the errno of the file system
 */
int store_open(const char *path, struct mbuf *why);

/**
 * Write out what waits, for at most `wait_ms`, and stop
 *
 * Call records that could not be written are counted as lost and logged.
 */
void store_close(uint32_t wait_ms);

/**
 * Be told when a file that was corrupt or deleted was replaced by a new one
 * while in use: what is not kept by the store itself has to be put again.
 *
 * @param h  Called on the store's thread; NULL to hear no more.  After this
 *           returns the one before is not called any more
 */
void store_set_fresh(void (*h)(void *arg), void *arg);

/**
 * What is queued from here to store_end() is one change (signalling thread)
 *
 * It is committed whole or not at all: killed at any moment, the file has the
 * state before it or after it, but for a request of it that was refused.  The
 * thread waits for the end, so nothing may wait in between; store_close() does
 * not, it writes what is there.  Nests.
 */
void store_begin(void);

/** The change is complete */
void store_end(void);

/** Wait until everything queued so far is on disk
 *  @return 0, ETIMEDOUT, EINVAL if not open */
int store_sync(uint32_t wait_ms);

/** True while the last attempt to write succeeded (any thread) */
bool store_is_writable(void);

/** Requests that wait to be written (any thread) */
size_t store_pending(void);


/* --- location: where a registered phone is ------------------------------- */

/** One binding of an address of record; the key is (aor, contact, instance,
 *  reg_id): two phones may have the same private address behind two NATs, and
 *  one phone may keep several flows (RFC 5626) */
struct store_location {
	const char *aor;        /* peer name, or user@domain */
	const char *contact;    /* contact URI as it came, no parameters */
	const char *received;   /* source address "ip:port", libre's %J */
	const char *transport;  /* udp, tcp, tls, ws, wss */
	const char *user_agent;
	const char *call_id;    /* of the REGISTER */
	const char *instance;   /* +sip.instance (RFC 5626) */
	const char *path;       /* Path header values (RFC 3327) */
	const char *def_user;   /* user part of the contact */
	uint32_t reg_id;        /* of a flow (RFC 5626), 0 none */
	uint32_t cseq;          /* of the REGISTER */
	uint64_t expires_at;    /* wall clock [s since 1970 UTC] */
};

typedef void(store_location_h)(const struct store_location *loc, void *arg);

/** Add or replace a binding.  Newer writes of one key replace older ones that
 *  still wait.  @return 0, EINVAL, ENOMEM, ENOBUFS if STORE_REQ_MAX wait */
int store_location_put(const struct store_location *loc);

/** Remove one binding: what its key says, the other members are not read */
int store_location_del(const struct store_location *loc);

/** Remove all bindings of an AOR */
int store_location_clear(const char *aor);

/**
 * Read every binding that has not expired (10 000 rows in < 100 ms)
 *
 * Synchronous, for the start.  Expired rows are removed from the database.
 *
 * @param now_s  Wall clock [s]
 * @param h      Called per binding; the texts live during the call only
 */
int store_location_load(uint64_t now_s, store_location_h *h, void *arg);


/* --- call detail records ------------------------------------------------- */

/** One call record: Asterisk's 21 columns, then ours */
struct store_cdr {
	const char *accountcode;
	const char *src;
	const char *dst;
	const char *dcontext;
	const char *clid;       /* "Name" <number> */
	const char *channel;
	const char *dstchannel;
	const char *lastapp;
	const char *lastdata;
	uint64_t start_us;      /* wall clock [us since 1970 UTC] */
	uint64_t answer_us;     /* 0 if never answered */
	uint64_t end_us;
	uint32_t duration;      /* [s], start to end */
	uint32_t billsec;       /* [s], answer to end */
	const char *disposition; /* ANSWERED, NO ANSWER, BUSY, FAILED, ... */
	const char *amaflags;   /* DOCUMENTATION, BILLING, OMIT, DEFAULT */
	const char *userfield;
	const char *uniqueid;
	const char *linkedid;
	const char *peeraccount;
	uint32_t sequence;

	const char *call_id;    /* our id of the call, as in the log */
	const char *rec_state;  /* "", recording, complete, gap, failed */
	const char *rec_path;
	const char *rec_why;
	uint32_t hangup_cause;  /* Q.850, 0 if none */
	uint32_t sip_code;      /* final SIP status, 0 if none */
	const char *hangup_by;  /* caller, callee, tandem */
	const char *trace;      /* steps taken in the dialplan, a line each */
	const char *trunk;      /* line that carried it: "provider", or
				   "group/provider"; NULL none */
};

/**
 * Write a call record (table `cdr`, times as local "YYYY-MM-DD HH:MM:SS")
 *
 * Up to STORE_CDR_MAX wait while the file cannot be written.
 * COUNT_CDR_WRITTEN is raised when it is on disk, COUNT_CDR_LOST when it never
 * will be.
 *
 * @return 0, ENOMEM, ENOBUFS if too many wait (counted as lost, logged)
 */
int store_cdr_put(const struct store_cdr *cdr);

enum { STORE_RUN_ID = 17 };

/** A call is answered: its record, as far as it is known, for the case that
 *  this run ends before it.  ENOBUFS, ENOMEM */
int store_call_open(const struct store_cdr *cdr);

/** This run is alive: to be said every few seconds while there are calls */
int store_alive(void);

/** The id of this run: 16 hex digits */
const char *store_run_id(void);

/**
 * Write the records of calls that an earlier run did not end
 *
 * Once, after store_open().
 *
 * @param others  Ids of runs that go on, with commas in between; NULL none
 */
int store_interrupted(const char *others);

/**
 * Note the state of a recording (table `recording`)
 *
 * The call's `cdr` row shows the worst state of its recordings, whichever of
 * the two is written first.  May be called again for the same path.
 *
 * @param uniqueid    The call record's uniqueid
 * @param state       recording, complete, gap or failed
 * @param path        File, the recording's key within the call
 * @param why         Gap or failure in words, NULL if none
 * @param duration_ms Length of the recording [ms]
 */
int store_cdr_recording(const char *uniqueid, const char *state,
			const char *path, const char *why,
			uint64_t duration_ms);

/** The file got another name than was asked for (it was taken): forget what
 *  was noted under the first one */
int store_cdr_recording_moved(const char *uniqueid, const char *path);


/* --- queue_log ----------------------------------------------------------- */

enum { STORE_QUEUE_DATA = 5 };

/** Something happened in a queue */
struct store_queue_log {
	uint64_t at_us;         /* wall clock [us since 1970 UTC] */
	const char *callid;     /* uniqueid, or NONE */
	const char *queue;      /* or NONE */
	const char *agent;      /* or NONE */
	const char *event;      /* "ENTERQUEUE" */
	const char *data[STORE_QUEUE_DATA]; /* NULL: "" */
};

/** Write it (table `queue_log`, times as local "YYYY-MM-DD HH:MM:SS.ffffff")
 *  @return 0, EINVAL, ENOMEM, ENOBUFS if STORE_REQ_MAX wait */
int store_queue_log_put(const struct store_queue_log *ql);


/* --- key/value database (Asterisk's AstDB) ------------------------------- */

typedef void(store_db_h)(const char *family, const char *key,
			 const char *value, void *arg);

/* All of it is mirrored in memory: reads never touch the disk.  A family may
 * contain '/' ("SIP/Registry"), names are case sensitive. */

/** Told of each change made by put and del; value NULL: removed */
void store_db_watch(store_db_h *h, void *arg);

/** Another process has changed the file: the mirror follows, nothing is
 *  written.  value NULL: removed; family NULL: forget all */
int store_db_follow(const char *family, const char *key, const char *value);

/** @return 0, EINVAL (empty name, or longer than STORE_DB_TEXT), ENOBUFS */
int store_db_put(const char *family, const char *key, const char *value);

/** The value, valid until the next put or del; NULL if there is none */
const char *store_db_get(const char *family, const char *key);

/** @return 0, ENOENT if there is none */
int store_db_del(const char *family, const char *key);

/** Remove a family and all below it, or only what is below `key` in it: one
 *  change, as store_begin() has it
 *  @return entries removed */
size_t store_db_deltree(const char *family, const char *key);

/** Call `h` for each entry below family (NULL: all) and key (NULL: all of the
 *  family), in the order of their names.  `h` must not put or delete.
 *  @return entries shown */
size_t store_db_scan(const char *family, const char *key, store_db_h *h,
		     void *arg);

#endif
