/**
 * @file media/prompt.c  Store of prompts
 *
 * Two worker threads look files up, read and decode them; the answers come
 * back through a channel.  A job has two halves: the handler and the caller's
 * request belong to the store's thread all the time, the rest to whoever has
 * the job at the moment.
 *
 * Decoded prompts are kept, the least used ones go first.  A kept prompt is
 * used only while the file still is what it was read from.
 *
 * What the workers share with the store (struct loader) outlives it if a disk
 * hangs: the last of them frees it.
 */
#include "media/prompt.h"
#include "base/chan.h"
#include "base/rand.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum {
	WORKERS	  = 2,
	JOBS_MAX  = 1000,
	CACHE_MAX = 64 * 1024 * 1024,
	BUCKETS	  = 256,
	STOP_NS	  = 100000000, /* wait for a busy worker */
};

struct job {
	struct chan_msg msg; /* first */
	struct job *next;    /* in the loader's list */

	/* the worker's, then in the answer */
	char *name;
	char *lang;
	char *dirs;
	struct prompt *prompt;
	char *text;
	int err;

	/* store's thread */
	struct le le;
	prompt_h *h;
	void *arg;
	struct prompt_req *req; /* no reference */
};

struct prompt_req {
	struct job *job; /* no reference; NULL when answered */
};

struct entry {
	struct le he; /* by path */
	struct le le; /* the latest used last */
	struct prompt *prompt;
	struct stat st;
};

/** Shared; malloc'd */
struct loader {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	unsigned users; /* store and workers */
	bool stop;
	struct chan *ch; /* no reference; valid until stop */

	struct job *head;
	struct job **tail;

	struct list lru;
	struct list bucketv[BUCKETS];
	size_t bytes;
	size_t bytes_max;
};

struct prompts {
	struct loader *ld;
	struct chan *ch;
	struct list jobs; /* that are not answered */
	unsigned njobs;
	char *dirs;
	pthread_t tidv[WORKERS];
	unsigned ntid;
};


static size_t cost(const struct prompt *p)
{
	return sizeof(struct entry) + sizeof(*p) + 2 * p->n + strlen(p->path);
}


static void entry_remove(struct loader *ld, struct entry *e)
{
	ld->bytes -= cost(e->prompt);
	list_unlink(&e->he);
	list_unlink(&e->le);
	prompt_unref(e->prompt);
	free(e);
}


static struct list *bucket(struct loader *ld, const char *path)
{
	return &ld->bucketv[hash_key(path, strlen(path)) % BUCKETS];
}


static struct entry *entry_find(struct loader *ld, const char *path)
{
	struct le *le;

	LIST_FOREACH(bucket(ld, path), le) {
		struct entry *e = le->data;

		if (!strcmp(e->prompt->path, path))
			return e;
	}

	return NULL;
}


static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}


/* A reference to the kept prompt, NULL if there is none or the file changed */
static struct prompt *cache_get(struct loader *ld, const char *path,
				const struct stat *st)
{
	struct prompt *p = NULL;
	struct entry *e;

	(void)pthread_mutex_lock(&ld->lock);

	e = entry_find(ld, path);
	if (e && !same_file(&e->st, st)) {
		entry_remove(ld, e);
		e = NULL;
	}

	if (e) {
		p = prompt_ref(e->prompt);
		list_unlink(&e->le);
		list_append(&ld->lru, &e->le, e);
	}

	(void)pthread_mutex_unlock(&ld->lock);

	return p;
}


static void cache_put(struct loader *ld, struct prompt *p,
		      const struct stat *st)
{
	struct entry *e, *old;

	if (cost(p) > ld->bytes_max / 2)
		return; /* one long piece must not push out all others */

	e = calloc(1, sizeof(*e));
	if (!e)
		return;

	e->prompt = prompt_ref(p);
	e->st	  = *st;

	(void)pthread_mutex_lock(&ld->lock);

	old = entry_find(ld, p->path);
	if (old)
		entry_remove(ld, old);

	list_append(bucket(ld, p->path), &e->he, e);
	list_append(&ld->lru, &e->le, e);
	ld->bytes += cost(p);

	while (ld->bytes > ld->bytes_max)
		entry_remove(ld, ld->lru.head->data);

	(void)pthread_mutex_unlock(&ld->lock);
}


/* Needs the lock, or nobody else left */
static void cache_flush(struct loader *ld)
{
	while (ld->lru.head)
		entry_remove(ld, ld->lru.head->data);
}


static void job_destructor(void *arg)
{
	struct job *job = arg;

	prompt_unref(job->prompt);
	mem_deref(job->name);
	mem_deref(job->lang);
	mem_deref(job->dirs);
	mem_deref(job->text);
}


static int job_load(struct loader *ld, struct job *job)
{
	char *path = NULL;
	struct stat st;
	int err;

	err = prompt_find(&path, job->dirs, job->name, job->lang);
	if (err == ENOENT)
		(void)re_sdprintf(&job->text, "%s: not found, tried %s",
				  job->name, path);
	else if (err)
		(void)re_sdprintf(&job->text, "%s: %s", job->name,
				  err == EINVAL ? "not a name of a prompt"
						: "out of memory");
	if (err)
		goto out;

	if (stat(path, &st)) {
		err = errno;
		(void)re_sdprintf(&job->text, "%s: %m", path, err);
		goto out;
	}

	job->prompt = cache_get(ld, path, &st);
	if (job->prompt)
		goto out;

	err = prompt_read(&job->prompt, path, &job->text);
	if (!err)
		cache_put(ld, job->prompt, &st);

out:
	mem_deref(path);
	return err;
}


static struct job *job_next(struct loader *ld)
{
	struct job *job = NULL;

	(void)pthread_mutex_lock(&ld->lock);

	while (!ld->head && !ld->stop)
		(void)pthread_cond_wait(&ld->wake, &ld->lock);

	if (!ld->stop) {
		job	 = ld->head;
		ld->head = job->next;
		if (!ld->head)
			ld->tail = &ld->head;
	}

	(void)pthread_mutex_unlock(&ld->lock);

	return job;
}


/* Under the lock, so that the channel cannot go away meanwhile */
static void job_answer(struct loader *ld, struct job *job)
{
	bool stop;

	(void)pthread_mutex_lock(&ld->lock);
	stop = ld->stop;
	if (!stop)
		chan_send_always(ld->ch, &job->msg);
	(void)pthread_mutex_unlock(&ld->lock);

	if (stop)
		mem_deref(job);
}


static void loader_leave(struct loader *ld)
{
	unsigned users;

	(void)pthread_mutex_lock(&ld->lock);
	users = --ld->users;
	(void)pthread_mutex_unlock(&ld->lock);

	if (users)
		return;

	cache_flush(ld);
	(void)pthread_cond_destroy(&ld->wake);
	(void)pthread_mutex_destroy(&ld->lock);
	free(ld);
}


static void *worker(void *arg)
{
	struct loader *ld = arg;
	struct job *job;

	while ((job = job_next(ld))) {
		job->err = job_load(ld, job);
		job_answer(ld, job);
	}

	loader_leave(ld);

	return NULL;
}


static void answer_handler(struct chan_msg *msg, void *arg)
{
	struct job *job = (struct job *)(void *)msg;
	struct prompts *ps = arg;
	prompt_h *h	   = job->h;

	--ps->njobs;
	list_unlink(&job->le);
	if (job->req)
		job->req->job = NULL;

	if (h)
		h(job->err, job->prompt, job->text ? job->text : "",
		  job->arg);

	mem_deref(job);
}


/* Nobody is to be told any more */
static void job_forget(struct job *job)
{
	list_unlink(&job->le);
	if (job->req)
		job->req->job = NULL;
	job->req = NULL;
	job->h	 = NULL;
}


static void stop_workers(struct prompts *ps)
{
	struct loader *ld = ps->ld;
	struct job *job;
	struct timespec ts;

	(void)pthread_mutex_lock(&ld->lock);
	ld->stop = true;
	job	 = ld->head;
	ld->head = NULL;
	ld->tail = &ld->head;
	(void)pthread_cond_broadcast(&ld->wake);
	(void)pthread_mutex_unlock(&ld->lock);

	while (job) {
		struct job *next = job->next;

		mem_deref(job);
		job = next;
	}

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += STOP_NS;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		++ts.tv_sec;
	}

	for (unsigned i = 0; i < ps->ntid; i++) {
		if (pthread_timedjoin_np(ps->tidv[i], NULL, &ts))
			(void)pthread_detach(ps->tidv[i]);
	}
}


static void destructor(void *arg)
{
	struct prompts *ps = arg;

	while (ps->jobs.head)
		job_forget(ps->jobs.head->data);

	if (ps->ld)
		stop_workers(ps);

	/* answers that wait are freed, their handlers are gone */
	mem_deref(ps->ch);
	mem_deref(ps->dirs);

	if (ps->ld)
		loader_leave(ps->ld);
}


static struct loader *loader_new(struct chan *ch, size_t bytes_max)
{
	struct loader *ld = calloc(1, sizeof(*ld));

	if (!ld)
		return NULL;

	(void)pthread_mutex_init(&ld->lock, NULL);
	(void)pthread_cond_init(&ld->wake, NULL);
	ld->users     = 1;
	ld->ch	      = ch;
	ld->tail      = &ld->head;
	ld->bytes_max = bytes_max ? bytes_max : CACHE_MAX;

	return ld;
}


static int start_worker(struct prompts *ps)
{
	sigset_t all, old;
	int err;

	(void)pthread_mutex_lock(&ps->ld->lock);
	++ps->ld->users;
	(void)pthread_mutex_unlock(&ps->ld->lock);

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&ps->tidv[ps->ntid], NULL, worker, ps->ld);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);

	if (err)
		loader_leave(ps->ld);
	else
		++ps->ntid;

	return err;
}


int prompts_alloc(struct prompts **pp, const struct prompts_params *prm)
{
	struct prompts *ps;
	int err;

	if (!pp || !prm)
		return EINVAL;

	ps = mem_zalloc(sizeof(*ps), destructor);
	if (!ps)
		return ENOMEM;

	err = str_dup(&ps->dirs, prm->path ? prm->path : "");
	if (!err)
		err = chan_alloc(&ps->ch, 0, answer_handler, ps);
	if (err)
		goto out;

	ps->ld = loader_new(ps->ch, prm->cache_max);
	if (!ps->ld) {
		err = ENOMEM;
		goto out;
	}

	for (int i = 0; i < WORKERS && !err; i++)
		err = start_worker(ps);

out:
	if (err)
		mem_deref(ps);
	else
		*pp = ps;

	return err;
}


void prompts_flush(struct prompts *ps)
{
	if (!ps)
		return;

	(void)pthread_mutex_lock(&ps->ld->lock);
	cache_flush(ps->ld);
	(void)pthread_mutex_unlock(&ps->ld->lock);
}


static void req_destructor(void *arg)
{
	struct prompt_req *req = arg;

	if (req->job) {
		req->job->h   = NULL;
		req->job->req = NULL;
	}
}


static int job_alloc(struct job **jobp, const struct prompts *ps,
		     const char *name, const char *lang)
{
	struct job *job = mem_zalloc(sizeof(*job), job_destructor);
	int err;

	if (!job)
		return ENOMEM;

	err = str_dup(&job->name, name);
	if (!err)
		err = str_dup(&job->lang, lang ? lang : "");
	if (!err)
		err = str_dup(&job->dirs, ps->dirs);

	if (err)
		mem_deref(job);
	else
		*jobp = job;

	return err;
}


static void job_push(struct loader *ld, struct job *job)
{
	(void)pthread_mutex_lock(&ld->lock);
	job->next = NULL;
	*ld->tail = job;
	ld->tail  = &job->next;
	(void)pthread_cond_signal(&ld->wake);
	(void)pthread_mutex_unlock(&ld->lock);
}


int prompt_load(struct prompt_req **reqp, struct prompts *ps, const char *name,
		const char *lang, prompt_h *h, void *arg)
{
	struct prompt_req *req = NULL;
	struct job *job;
	int err;

	if (!ps || !name || !h)
		return EINVAL;

	if (ps->njobs >= JOBS_MAX)
		return ENOBUFS;

	err = job_alloc(&job, ps, name, lang);
	if (err)
		return err;

	if (reqp) {
		req = mem_zalloc(sizeof(*req), req_destructor);
		if (!req) {
			mem_deref(job);
			return ENOMEM;
		}
		req->job = job;
		*reqp	 = req;
	}

	job->h	 = h;
	job->arg = arg;
	job->req = req;
	list_append(&ps->jobs, &job->le, job);
	++ps->njobs;
	job_push(ps->ld, job);

	return 0;
}
