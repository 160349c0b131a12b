/**
 * @file store/store.c  The thread that writes, and its start and end
 *
 * Everything shared stands in one struct under `lock`, which nobody holds
 * while the disk works: a hung disk never delays a caller.  The thread sleeps
 * until a request waits, gives others STORE_FLUSH_MS to come along, takes a
 * batch, all that waits, and commits it: each commit is the state at one
 * moment, and never one in the middle of a change (store_begin()).  After an
 * error the batch goes back to the front of the queue and is tried again every
 * STORE_RETRY_MS, on a new connection.
 *
 *     IDLE --request--> GATHER --200 ms, sync, close--> WRITE --ok--> IDLE
 *                                                        | error
 *                                    RETRY (1 s) <-------+
 *
 * A file found corrupt while it runs is moved aside, and one that was deleted
 * or replaced under us is opened anew; in both cases the key/value mirror is
 * queued again, and the batch goes to the new file.
 *
 * A thread that hangs in the disk when the store is closed cannot be ended: it
 * is left behind with its own struct, which it frees when the disk answers.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include "base/compat.h"
#include "base/count.h"
#include "base/log.h"
#include "store/db.h"
#include "store/store.h"


enum {
	CLOSE_TRY_MS = 100,    /* between two tries while closing */
	GIVE_UP_MS   = 100,    /* for the thread to notice that we gave up */
	REMIND_MS    = 300000, /* between two errors about the same trouble */
};

struct store {
	/* thread only */
	struct db db;
	bool fresh; /* a new file was begun: the mirror must go there */
	struct mbuf *why;

	/* set once */
	char *path;
	pthread_t thread;

	/* under lock */
	struct queue q;
	pthread_cond_t wake;  /* to the thread */
	pthread_cond_t moved; /* from the thread: something was settled */
	uint64_t first_ms;    /* when the queue began to fill */
	uint64_t since_ms;    /* when it failed first */
	uint64_t tried_ms;    /* when the last attempt failed */
	uint64_t told_ms;     /* when that was last logged */
	int err;              /* of the last attempt */
	unsigned changes;     /* store_begin() without its store_end() */
	bool held;            /* the thread waits for the last of them */
	bool hurry;           /* somebody waits */
	bool stop;            /* write what is there, then end */
	bool give_up;         /* end now */
	bool orphan;          /* nobody waits for the thread any more */
	bool finished;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct store *cur; /* under lock; NULL if closed */

static struct {
	pthread_mutex_t lock; /* held while it is called */
	void (*h)(void *arg);
	void *arg;
} on_fresh = {.lock = PTHREAD_MUTEX_INITIALIZER};


/* The condition variables count in this clock, which tests do not replace */
static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);

	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}


static bool wait_until(pthread_cond_t *cond, uint64_t due_ms)
{
	const struct timespec ts = {
		.tv_sec  = (time_t)(due_ms / 1000),
		.tv_nsec = (long)(due_ms % 1000) * 1000000,
	};

	return !pthread_cond_timedwait(cond, &lock, &ts);
}


static int cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int err = pthread_condattr_init(&attr);

	if (err)
		return err;

	err = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!err)
		err = pthread_cond_init(cond, &attr);

	(void)pthread_condattr_destroy(&attr);

	return err;
}


/* --- the thread ---------------------------------------------------------- */

static uint64_t due_ms(const struct store *st)
{
	if (st->err)
		return st->tried_ms +
		       (st->stop ? CLOSE_TRY_MS : STORE_RETRY_MS);

	return st->stop || st->hurry ? 0 : st->first_ms + STORE_FLUSH_MS;
}


/* Under lock.  False if the thread has to end */
static bool wait_for_work(struct store *st)
{
	while (!st->give_up) {
		uint64_t now, due;

		if (!st->q.n) {
			if (st->stop)
				return false;

			(void)pthread_cond_wait(&st->wake, &lock);
			continue;
		}

		now	 = now_ms();
		due	 = due_ms(st);
		st->held = now >= due && st->changes && !st->stop;
		if (st->held)
			(void)pthread_cond_wait(&st->wake, &lock);
		else if (now < due)
			(void)wait_until(&st->wake, due);
		else
			return true;
	}

	return false;
}


static int reconnect(struct store *st)
{
	bool fresh = false;
	int err    = db_connect(&st->db, st->path, false, &fresh, st->why);

	if (fresh)
		st->fresh = true;

	return err;
}


static int run(struct store *st, struct list *batch, struct list *bad)
{
	int err = 0;

	st->why->pos = st->why->end = 0;

	if (db_has_moved(&st->db)) {
		log_error("store", "%s was deleted or replaced while in use: "
			  "a new file is opened, what was in the old one is "
			  "gone with it", st->path);
		db_disconnect(&st->db);
	}

	if (!st->db.h)
		err = reconnect(st);
	if (!err)
		err = db_run(&st->db, batch, bad, st->why);

	/* a new connection tells whether the trouble is gone */
	if (err && err != EBUSY)
		db_disconnect(&st->db);

	return err;
}


static void tell_fresh(void)
{
	(void)pthread_mutex_lock(&on_fresh.lock);
	if (on_fresh.h)
		on_fresh.h(on_fresh.arg);
	(void)pthread_mutex_unlock(&on_fresh.lock);
}


/* Without the lock */
static int write_batch(struct store *st, struct list *bad)
{
	struct list *batch = queue_batch(&st->q);
	int err		   = run(st, batch, bad);

	if (err == EBADMSG) {
		err = migrate_set_aside(st->path, "found while writing");
		if (!err)
			err = run(st, batch, bad);
	}

	if (!err && st->fresh) {
		st->fresh = false;
		kv_requeue();
		tell_fresh();
	}

	return err;
}


/* Under lock */
static void on_written(struct store *st)
{
	if (st->err)
		log_warning("store", "%s can be written again after %u s",
			    st->path,
			    (unsigned)((now_ms() - st->since_ms) / 1000));

	st->err = 0;
}


static void on_failed(struct store *st, int err)
{
	const bool news = err != st->err;

	st->tried_ms = now_ms();
	st->since_ms = st->err ? st->since_ms : st->tried_ms;
	st->err      = err;
	st->hurry    = false;

	if (!news && st->tried_ms - st->told_ms < REMIND_MS)
		return;

	st->told_ms = st->tried_ms;
	log_error("store", "cannot write %s (%m: %b): %u requests, %u of them "
		  "call records, wait in memory and are tried again",
		  st->path, err, st->why->buf, st->why->end, (unsigned)st->q.n,
		  (unsigned)st->q.n_cdr);
}


/* Under lock, given back for the time of the write */
static void write_once(struct store *st)
{
	struct list bad = LIST_INIT;
	int err;

	queue_take(&st->q);

	(void)pthread_mutex_unlock(&lock);
	err = write_batch(st, &bad);
	count_add(COUNT_CDR_LOST, queue_drop(&st->q, &bad));
	if (!err)
		count_add(COUNT_CDR_WRITTEN, queue_written(&st->q));
	(void)pthread_mutex_lock(&lock);

	queue_return(&st->q);
	if (err)
		on_failed(st, err);
	else
		on_written(st);

	if (!st->q.n)
		st->hurry = false;

	(void)pthread_cond_broadcast(&st->moved);
}


static void store_free(struct store *st)
{
	queue_reset(&st->q);
	(void)pthread_cond_destroy(&st->wake);
	(void)pthread_cond_destroy(&st->moved);
	mem_deref(st->path);
	mem_deref(st->why);
	free(st);
}


static void *thread_main(void *arg)
{
	struct store *st = arg;
	bool orphan;

	(void)pthread_mutex_lock(&lock);

	while (wait_for_work(st))
		write_once(st);

	(void)pthread_mutex_unlock(&lock);

	db_disconnect(&st->db); /* empties the write-ahead log */

	(void)pthread_mutex_lock(&lock);
	st->finished = true;
	orphan       = st->orphan;
	(void)pthread_cond_broadcast(&st->moved);
	(void)pthread_mutex_unlock(&lock);

	if (orphan)
		store_free(st);

	return NULL;
}


/* --- start and end ------------------------------------------------------- */

static int store_alloc(struct store **stp, const char *path)
{
	struct store *st = calloc(1, sizeof(*st));
	int err;

	if (!st)
		return ENOMEM;

	err = cond_init(&st->wake);
	if (err)
		goto free_it;

	err = cond_init(&st->moved);
	if (err)
		goto free_wake;

	st->why = mbuf_alloc(256);
	err     = st->why ? str_dup(&st->path, path) : ENOMEM;
	if (!err)
		err = queue_init(&st->q);

	if (err)
		store_free(st);
	else
		*stp = st;

	return err;

free_wake:
	(void)pthread_cond_destroy(&st->wake);
free_it:
	free(st);

	return err;
}


int store_open(const char *path, struct mbuf *why)
{
	struct store *st;
	int err;

	if (!path || !*path)
		return EINVAL;

	if (cur)
		return EALREADY;

	err = store_alloc(&st, path);
	if (err)
		return err;

	err = db_connect(&st->db, path, true, NULL, why);
	if (!err)
		err = kv_load(path);
	if (!err)
		err = pthread_create(&st->thread, NULL, thread_main, st);
	if (err)
		goto out;

	(void)pthread_mutex_lock(&lock);
	cur = st;
	(void)pthread_mutex_unlock(&lock);

out:
	if (err) {
		if (why && !why->end)
			(void)mbuf_printf(why, "%s: %m", path, err);
		kv_close();
		db_disconnect(&st->db);
		store_free(st);
	}

	return err;
}


/* Under lock.  True if the thread ended by then */
static bool wait_finished(struct store *st, uint32_t wait_ms)
{
	const uint64_t due = now_ms() + wait_ms;

	(void)pthread_cond_signal(&st->wake);

	while (!st->finished && now_ms() < due)
		(void)wait_until(&st->moved, due);

	return st->finished;
}


static void count_lost(struct store *st)
{
	const size_t cdrs = st->q.n_cdr + st->q.flying_cdr;
	const size_t all  = st->q.n + st->q.flying;

	if (!all)
		return;

	count_add(COUNT_CDR_LOST, cdrs);
	log_error("store", "closed while %s could not be written: %u call "
		  "records and %u other changes are lost", st->path,
		  (unsigned)cdrs, (unsigned)(all - cdrs));
}


void store_close(uint32_t wait_ms)
{
	struct store *st = cur;
	bool finished;

	if (!st)
		return;

	(void)pthread_mutex_lock(&lock);

	cur      = NULL;
	st->stop = true;

	finished = wait_finished(st, wait_ms);
	if (!finished) {
		st->give_up = true;
		finished    = wait_finished(st, GIVE_UP_MS);
	}

	count_lost(st);

	/* a thread that hangs in the disk owns st from here on */
	if (!finished) {
		st->orphan = true;
		(void)pthread_detach(st->thread);
	}

	(void)pthread_mutex_unlock(&lock);

	if (finished) {
		(void)pthread_join(st->thread, NULL);
		store_free(st);
	}

	kv_close();
}


/* --- for the signalling thread ------------------------------------------- */

const char *db_path(void)
{
	return cur ? cur->path : NULL;
}


void store_set_fresh(void (*h)(void *arg), void *arg)
{
	(void)pthread_mutex_lock(&on_fresh.lock);
	on_fresh.h	  = h;
	on_fresh.arg = arg;
	(void)pthread_mutex_unlock(&on_fresh.lock);
}


static int put(struct db_req *req)
{
	struct store *st = cur;
	const bool idle  = st && !st->q.n;
	int err;

	if (!st)
		return ENOTCONN;

	err = queue_put(&st->q, req);
	if (err || !idle)
		return err;

	st->first_ms = now_ms();
	(void)pthread_cond_signal(&st->wake);

	return 0;
}


int db_request(enum db_stmt stmt, const char *key, size_t keylen,
	       const struct db_val *v, size_t n)
{
	struct db_req *req;
	int err;

	err = queue_req(&req, stmt, key, keylen, v, n);
	if (err)
		return err;

	(void)pthread_mutex_lock(&lock);
	err = put(req);
	(void)pthread_mutex_unlock(&lock);

	if (err)
		mem_deref(req);

	return err;
}


void store_begin(void)
{
	(void)pthread_mutex_lock(&lock);
	if (cur)
		++cur->changes;
	(void)pthread_mutex_unlock(&lock);
}


void store_end(void)
{
	(void)pthread_mutex_lock(&lock);
	if (cur && cur->changes && !--cur->changes && cur->held)
		(void)pthread_cond_signal(&cur->wake);
	(void)pthread_mutex_unlock(&lock);
}


int store_sync(uint32_t wait_ms)
{
	const uint64_t due = now_ms() + wait_ms;
	struct store *st   = cur;
	int err            = 0;

	if (!st)
		return EINVAL;

	(void)pthread_mutex_lock(&lock);

	while (st->q.n + st->q.flying) {
		if (now_ms() >= due) {
			err = ETIMEDOUT;
			break;
		}

		st->hurry = true;
		(void)pthread_cond_signal(&st->wake);
		(void)wait_until(&st->moved, due);
	}

	(void)pthread_mutex_unlock(&lock);

	return err;
}


bool store_is_writable(void)
{
	bool ok;

	(void)pthread_mutex_lock(&lock);
	ok = cur && !cur->err;
	(void)pthread_mutex_unlock(&lock);

	return ok;
}


size_t store_pending(void)
{
	size_t n;

	(void)pthread_mutex_lock(&lock);
	n = cur ? cur->q.n + cur->q.flying : 0;
	(void)pthread_mutex_unlock(&lock);

	return n;
}
