/**
 * @file media/writer.c  Threads that write recordings
 *
 * Each thread has a list of jobs under a lock: open, blocks and close of its
 * recordings, in order.  A sender only appends to the list, so it never waits
 * for a disk.  The jobs "open" and "close" are members of the recording and
 * cannot fail to be queued; blocks count against the cap.
 *
 * To bring many files to the disk one by one costs a commit of the file system
 * for each.  So a thread does it for all of its files in one round, per file
 * system at once where there are several: 50 files take 11 ms instead of
 * 256 ms.
 *
 * A recording goes to the thread with the least waiting at its start, so one
 * hung disk does not take the others along.
 */
#include "media/writer.h"
#include "media/rec_file.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/log.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
	THREADS_MAX = 64,
	QUEUE_MAX   = 64 * 1024 * 1024,
	SYNC_MS	    = 500,
	SYNC_QUEUE  = 1024 * 1024, /* [bytes], more: no time to sync */
	SYNC_EACH   = 3,	   /* files; more: the whole file system */
};

struct worker {
	struct writer *w; /* no reference */
	pthread_t tid;

	/* under lock */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct rec_block *head;
	struct rec_block **tail;
	bool stop;

	_Atomic size_t bytes; /* that wait */

	/* its thread */
	struct list files;
	uint64_t sync_us; /* when the next round is due */
};

struct writer {
	struct writer_params prm;
	_Atomic size_t bytes; /* that wait, of all workers */
	_Atomic uint64_t dropped;
	_Atomic unsigned turn;
	unsigned nworkers;
	struct worker workerv[];
};

struct rec_file {
	struct worker *worker;
	struct chan *report; /* no reference */
	struct rec_report *rep;
	struct rec_report *first; /* NULL: nobody asks, or it is told */

	struct rec_block open;	/* job */
	struct rec_block close; /* job; pos is the end */

	/* writer thread */
	struct le le;
	struct rec_out out;
};


static void report_destructor(void *arg)
{
	struct rec_report *rep = arg;

	mem_deref(rep->path);
}


void rec_report_free(struct rec_report *rep)
{
	mem_deref(rep);
}


const char *rec_state_name(enum rec_state st)
{
	switch (st) {

	case REC_COMPLETE: return "complete";
	case REC_GAP: return "gap";
	case REC_FAILED: return "failed";
	case REC_BEGUN: return "begun";
	case REC_REFUSED: return "refused";
	}

	return "?";
}


static size_t chunk_size(const struct rec_chunk *c)
{
	if (!c)
		return 0;

	return sizeof(*c) +
	       (c->codec == CODEC_L16 ? 2 * REC_BLOCK : REC_BLOCK);
}


static size_t block_size(const struct rec_block *b)
{
	return sizeof(*b) + chunk_size(b->ch[0]) + chunk_size(b->ch[1]);
}


void rec_block_free(struct rec_block *b)
{
	if (!b)
		return;

	free(b->ch[0]);
	free(b->ch[1]);
	free(b);
}


/* Append to the worker's list */
static void push(struct worker *wk, struct rec_block *job)
{
	bool first;

	job->next = NULL;

	(void)pthread_mutex_lock(&wk->lock);
	first	  = !wk->head;
	*wk->tail = job;
	wk->tail  = &job->next;
	if (first)
		(void)pthread_cond_signal(&wk->wake);
	(void)pthread_mutex_unlock(&wk->lock);
}


/* Next job; NULL to end */
static struct rec_block *pop(struct worker *wk)
{
	struct rec_block *job;

	(void)pthread_mutex_lock(&wk->lock);

	while (!wk->head && !wk->stop)
		(void)pthread_cond_wait(&wk->wake, &wk->lock);

	job = wk->head;
	if (job) {
		wk->head = job->next;
		if (!wk->head)
			wk->tail = &wk->head;
	}

	(void)pthread_mutex_unlock(&wk->lock);

	return job;
}


static void file_destructor(void *arg)
{
	struct rec_file *f = arg;

	rec_out_reset(&f->out);
	rec_report_free(f->rep);
	rec_report_free(f->first);
}


/* The first job of a recording */
static void run_open(struct worker *wk, struct rec_file *f)
{
	list_append(&wk->files, &f->le, f);
	rec_out_open(&f->out, clock_us());

	if (!f->first)
		return;

	if (f->out.fd < 0) {
		f->first->state = REC_REFUSED;
		f->first->why	= rec_out_why(&f->out);
		f->first->err	= f->out.err;
	}
	chan_send_always(f->report, &f->first->msg);
	f->first = NULL; /* given away */
}


/* The last job of a recording */
static void run_close(struct rec_file *f)
{
	struct rec_report *rep = f->rep;

	list_unlink(&f->le);
	rec_out_close(&f->out, f->close.pos, clock_us());

	if (rep->state != REC_COMPLETE)
		log_warning("record", "%s: %s: %s, %llu ms of %llu ms missing",
			    rep->path, rec_state_name(rep->state), rep->why,
			    (unsigned long long)rep->gap_ms,
			    (unsigned long long)rep->duration_ms);

	if (f->report) {
		f->rep = NULL; /* given away */
		chan_send_always(f->report, &rep->msg);
	}

	mem_deref(f);
}


/* One call for all of the file system that `first` lies on */
static void sync_fs(struct worker *wk, struct rec_file *first)
{
	bool each = rec_out_sync_fs(&first->out) != 0;
	struct le *le;

	LIST_FOREACH(&wk->files, le) {
		struct rec_file *f = le->data;

		if (!rec_out_is_dirty(&f->out) ||
		    f->out.dev != first->out.dev)
			continue;

		if (each) /* whose error is it? */
			rec_out_sync(&f->out);
		else
			rec_out_synced(&f->out);
	}
}


static void sync_round(struct worker *wk)
{
	unsigned dirty = 0;
	struct le *le;

	LIST_FOREACH(&wk->files, le) {
		const struct rec_file *f = le->data;

		dirty += rec_out_is_dirty(&f->out);
	}

	LIST_FOREACH(&wk->files, le) {
		struct rec_file *f = le->data;

		if (!rec_out_is_dirty(&f->out))
			continue;
		if (dirty <= SYNC_EACH)
			rec_out_sync(&f->out);
		else
			sync_fs(wk, f);
	}
}


/* A slow disk gets at least as much time to write as to sync */
static void sync_if_due(struct worker *wk, uint64_t now)
{
	uint32_t ms = wk->w->prm.sync_ms;
	uint64_t end;

	if (ms == UINT32_MAX || now < wk->sync_us ||
	    atomic_load(&wk->bytes) > SYNC_QUEUE)
		return;

	sync_round(wk);

	end	    = clock_us();
	wk->sync_us = now + ms * UINT64_C(1000);
	if (wk->sync_us < end + (end - now))
		wk->sync_us = end + (end - now);
}


static void run_block(struct worker *wk, struct rec_block *b)
{
	struct rec_file *f = b->file;
	size_t size	   = block_size(b);
	uint64_t now	   = clock_us();

	rec_out_block(&f->out, b, now);
	rec_out_refresh(&f->out, now, wk->w->prm.header_ms);

	rec_block_free(b);
	atomic_fetch_sub(&wk->bytes, size);
	atomic_fetch_sub(&wk->w->bytes, size);

	sync_if_due(wk, now);
}


static void *worker_run(void *arg)
{
	struct worker *wk = arg;
	struct rec_block *job;

	while ((job = pop(wk))) {
		struct rec_file *f = job->file;

		if (job == &f->open)
			run_open(wk, f);
		else if (job == &f->close)
			run_close(f);
		else
			run_block(wk, job);
	}

	return NULL;
}


/* Signals are the main thread's; SIGXFSZ becomes EFBIG of the write */
static int start_thread(struct worker *wk)
{
	sigset_t all, old;
	int err;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&wk->tid, NULL, worker_run, wk);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);

	return err;
}


static int worker_start(struct writer *w)
{
	struct worker *wk = &w->workerv[w->nworkers];
	int err;

	wk->w	 = w;
	wk->tail = &wk->head;
	(void)pthread_mutex_init(&wk->lock, NULL);
	(void)pthread_cond_init(&wk->wake, NULL);

	err = start_thread(wk);
	if (err) {
		(void)pthread_cond_destroy(&wk->wake);
		(void)pthread_mutex_destroy(&wk->lock);
	}
	else
		++w->nworkers;

	return err;
}


int writer_start(struct writer **wp, const struct writer_params *prm)
{
	struct writer_params p = {0};
	struct writer *w;
	int err = 0;

	if (!wp)
		return EINVAL;

	if (prm)
		p = *prm;
	if (!p.threads)
		p.threads = 2;
	if (!p.queue_max)
		p.queue_max = QUEUE_MAX;
	if (!p.sync_ms)
		p.sync_ms = SYNC_MS;
	if (p.threads > THREADS_MAX)
		return EINVAL;

	w = mem_zalloc(sizeof(*w) + p.threads * sizeof(struct worker), NULL);
	if (!w)
		return ENOMEM;

	w->prm = p;
	for (unsigned i = 0; i < p.threads && !err; i++)
		err = worker_start(w);

	if (err)
		(void)writer_stop(w, UINT32_MAX);
	else
		*wp = w;

	return err;
}


static void deadline(struct timespec *ts, uint32_t ms)
{
	/* pthread_timedjoin_np() knows only this clock */
	(void)clock_gettime(CLOCK_REALTIME, ts);

	ts->tv_sec += ms / 1000;
	ts->tv_nsec += (long)(ms % 1000) * 1000000;
	if (ts->tv_nsec >= 1000000000) {
		ts->tv_nsec -= 1000000000;
		++ts->tv_sec;
	}
}


int writer_stop(struct writer *w, uint32_t ms)
{
	struct timespec ts;
	bool hung = false;

	if (!w)
		return 0;

	for (unsigned i = 0; i < w->nworkers; i++) {
		struct worker *wk = &w->workerv[i];

		(void)pthread_mutex_lock(&wk->lock);
		wk->stop = true;
		(void)pthread_cond_signal(&wk->wake);
		(void)pthread_mutex_unlock(&wk->lock);
	}

	deadline(&ts, ms);

	for (unsigned i = 0; i < w->nworkers; i++) {
		struct worker *wk = &w->workerv[i];

		if (pthread_timedjoin_np(wk->tid, NULL, &ts)) {
			(void)pthread_detach(wk->tid);
			hung = true;
			continue;
		}

		(void)pthread_cond_destroy(&wk->wake);
		(void)pthread_mutex_destroy(&wk->lock);
	}

	if (hung)
		return ETIMEDOUT;

	mem_deref(w);
	return 0;
}


size_t writer_queued(const struct writer *w)
{
	return w ? atomic_load(&w->bytes) : 0;
}


uint64_t writer_dropped(const struct writer *w)
{
	return w ? atomic_load(&w->dropped) : 0;
}


static struct worker *choose(struct writer *w)
{
	unsigned first	    = atomic_fetch_add(&w->turn, 1);
	struct worker *best = NULL;
	size_t least	    = SIZE_MAX;

	for (unsigned i = 0; i < w->nworkers; i++) {
		struct worker *wk = &w->workerv[(first + i) % w->nworkers];
		size_t bytes	  = atomic_load(&wk->bytes);

		if (bytes < least) {
			least = bytes;
			best  = wk;
		}
	}

	return best;
}


static struct rec_report *report_new(const struct rec_params *prm,
				     enum rec_state state)
{
	struct rec_report *rep = mem_zalloc(sizeof(*rep), report_destructor);

	if (!rep)
		return NULL;

	rep->msg.type = prm->msg_type;
	rep->id	      = prm->id;
	rep->state    = state;
	rep->why      = "";

	return rep;
}


int rec_file_alloc(struct rec_file **fp, struct writer *w,
		   const struct rec_params *prm)
{
	struct rec_file *f;
	int err;

	if (!fp || !w || !prm || !prm->path)
		return EINVAL;

	f = mem_zalloc(sizeof(*f), file_destructor);
	if (!f)
		return ENOMEM;

	f->out.fd = -1;
	f->rep	  = report_new(prm, REC_COMPLETE);
	if (prm->must && prm->report)
		f->first = report_new(prm, REC_BEGUN);
	if (!f->rep || (prm->must && prm->report && !f->first)) {
		err = ENOMEM;
		goto out;
	}

	f->report	 = prm->report;
	f->open.file	 = f;
	f->close.file	 = f;

	err = rec_out_init(&f->out, prm, f->rep);
	if (err)
		goto out;

	f->worker = choose(w);
	push(f->worker, &f->open);

out:
	if (err)
		mem_deref(f);
	else
		*fp = f;

	return err;
}


int rec_file_write(struct rec_file *f, struct rec_block *b)
{
	struct worker *wk;
	size_t size;

	if (!f || !b) {
		rec_block_free(b);
		return EINVAL;
	}

	wk   = f->worker;
	size = block_size(b);

	if (atomic_fetch_add(&wk->w->bytes, size) + size >
	    wk->w->prm.queue_max) {
		atomic_fetch_sub(&wk->w->bytes, size);
		atomic_fetch_add(&wk->w->dropped, 1);
		rec_block_free(b);
		return ENOBUFS;
	}

	atomic_fetch_add(&wk->bytes, size);
	b->file = f;
	push(wk, b);

	return 0;
}


void rec_file_close(struct rec_file *f, uint64_t end)
{
	if (!f)
		return;

	f->close.pos = end;
	push(f->worker, &f->close);
}
