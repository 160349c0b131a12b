/**
 * @file base/linefile.c  Lines for a file that other programs read
 *
 * Callers append to `fill` under the lock, the thread takes it whole and
 * writes without the lock.  What a write has left over stays in `out`, which
 * is the thread's alone, and is tried again every RETRY_MS.
 *
 * A thread that hangs in the disk cannot be ended: linefile_close() leaves it
 * behind with its own struct, which it frees when the disk answers.
 */
#include "base/linefile.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"

enum { RETRY_MS = 1000 };

struct piece {
	char *p;
	size_t n, size;
};

struct linefile {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	pthread_t thread;
	char *path;

	/* under lock */
	struct piece fill;
	uint64_t lost;
	bool stop;
	bool orphan;   /* nobody waits for the thread any more */
	bool finished; /* the thread touches the struct no more */

	/* thread only */
	struct piece out;
	size_t pos;    /* of out, written */
	int fd;        /* -1 not open */
	int err;       /* of the last attempt */
};


static void lf_free(struct linefile *lf)
{
	if (lf->fd >= 0)
		(void)close(lf->fd);
	(void)pthread_cond_destroy(&lf->cond);
	(void)pthread_mutex_destroy(&lf->lock);
	free(lf->fill.p);
	free(lf->out.p);
	free(lf->path);
	free(lf);
}


/* --- the thread ---------------------------------------------------------- */

static bool was_moved(const struct linefile *lf)
{
	struct stat at, open_one;

	return stat(lf->path, &at) || fstat(lf->fd, &open_one) ||
	       at.st_ino != open_one.st_ino || at.st_dev != open_one.st_dev;
}


static int file_ready(struct linefile *lf)
{
	if (lf->fd >= 0 && was_moved(lf)) {
		(void)close(lf->fd);
		lf->fd = -1;
	}
	if (lf->fd < 0)
		lf->fd = open(lf->path,
			      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
				      O_NOCTTY,
			      0640);

	return lf->fd < 0 ? errno : 0;
}


static int write_out(struct linefile *lf)
{
	int err = file_ready(lf);

	while (!err && lf->pos < lf->out.n) {
		ssize_t r = write(lf->fd, lf->out.p + lf->pos,
				  lf->out.n - lf->pos);

		if (r > 0)
			lf->pos += (size_t)r;
		else if (r < 0 && errno != EINTR)
			err = errno;
		else if (!r)
			err = EIO;
	}

	return err;
}


static void tell(struct linefile *lf, int err, uint64_t lost)
{
	if (err && err != lf->err)
		log_error("file", "%s: not written: %m; lines wait", lf->path,
			  err);
	else if (!err && lf->err)
		log_info("file", "%s: written again", lf->path);
	if (lost)
		log_error("file", "%s: %llu lines lost", lf->path,
			  (unsigned long long)lost);

	lf->err = err;
}


/* Sleep until there is work; under lock.  False: end */
static bool lf_wait(struct linefile *lf)
{
	struct timespec end;

	if (lf->out.n && !lf->stop) { /* failed before */
		(void)clock_gettime(CLOCK_MONOTONIC, &end);
		end.tv_sec += RETRY_MS / 1000;
		(void)pthread_cond_timedwait(&lf->cond, &lf->lock, &end);
		return true;
	}

	while (!lf->fill.n && !lf->out.n && !lf->stop)
		(void)pthread_cond_wait(&lf->cond, &lf->lock);

	return lf->fill.n || lf->out.n;
}


/* One turn; the lock is held at entry and at return.  False: end */
static bool lf_turn(struct linefile *lf)
{
	bool last = lf->stop, go = lf_wait(lf);
	uint64_t lost = lf->lost;
	int err;

	if (!go)
		return false;

	lf->lost = 0;
	if (!lf->out.n) {
		struct piece tmp = lf->out;

		lf->out = lf->fill;
		lf->fill = tmp;
		lf->pos = 0;
	}
	(void)pthread_mutex_unlock(&lf->lock);

	err = write_out(lf);
	tell(lf, err, lost);
	if (!err)
		lf->out.n = 0;

	(void)pthread_mutex_lock(&lf->lock);

	return !(err && last);
}


static void *lf_thread(void *arg)
{
	struct linefile *lf = arg;
	bool orphan;

	(void)pthread_mutex_lock(&lf->lock);
	while (lf_turn(lf))
		;
	lf->finished = true;
	orphan = lf->orphan;
	(void)pthread_mutex_unlock(&lf->lock);

	if (orphan)
		lf_free(lf);

	return NULL;
}


/* --- callers ------------------------------------------------------------- */

int linefile_open(struct linefile **lfp, const char *path)
{
	pthread_condattr_t attr;
	struct linefile *lf;
	int err;

	if (!lfp || !path)
		return EINVAL;

	lf = calloc(1, sizeof(*lf));
	if (!lf)
		return ENOMEM;

	lf->fd = -1;
	(void)pthread_mutex_init(&lf->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&lf->cond, &attr);
	(void)pthread_condattr_destroy(&attr);

	lf->path = strdup(path);
	err = lf->path ? pthread_create(&lf->thread, NULL, lf_thread, lf)
		       : ENOMEM;
	if (err)
		lf_free(lf);
	else
		*lfp = lf;

	return err;
}


static int reserve(struct piece *p, size_t n)
{
	size_t size = p->size ? p->size : 4096;
	char *np;

	if (p->n + n <= p->size)
		return 0;
	if (p->n + n > LINEFILE_WAITING)
		return ENOBUFS;

	while (size < p->n + n)
		size *= 2;

	np = realloc(p->p, size);
	if (!np)
		return ENOMEM;

	p->p = np;
	p->size = size;

	return 0;
}


int linefile_add(struct linefile *lf, const char *line, size_t n)
{
	int err;

	if (!lf || !line || memchr(line, '\n', n))
		return EINVAL;

	(void)pthread_mutex_lock(&lf->lock);
	err = reserve(&lf->fill, n + 1);
	if (err) {
		++lf->lost;
	}
	else {
		memcpy(lf->fill.p + lf->fill.n, line, n);
		lf->fill.n += n;
		lf->fill.p[lf->fill.n++] = '\n';
	}
	(void)pthread_cond_signal(&lf->cond);
	(void)pthread_mutex_unlock(&lf->lock);

	return err;
}


void linefile_close(struct linefile *lf, uint32_t ms)
{
	struct timespec end;
	pthread_t thread;
	bool finished;

	if (!lf)
		return;

	thread = lf->thread;
	(void)pthread_mutex_lock(&lf->lock);
	lf->stop = true;
	(void)pthread_cond_signal(&lf->cond);
	(void)pthread_mutex_unlock(&lf->lock);

	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += ms / 1000;
	end.tv_nsec += (long)(ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		++end.tv_sec;
	}
	if (!pthread_timedjoin_np(thread, NULL, &end)) {
		lf_free(lf);
		return;
	}

	/* it hangs: from here on the struct is the thread's alone */
	(void)pthread_mutex_lock(&lf->lock);
	lf->orphan = true;
	finished = lf->finished;
	(void)pthread_mutex_unlock(&lf->lock);
	(void)pthread_detach(thread);
	if (finished)
		lf_free(lf);
}
