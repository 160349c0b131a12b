/**
 * @file base/log.c  Log
 *
 * Two buffers of LOG_QUEUE bytes: callers append whole lines to one under a
 * lock, the writer thread takes it, gives back the empty other one, and writes
 * without the lock.  So a caller never waits for the disk and the queue is
 * bounded; when it is full the line is dropped and counted, and the writer
 * says how many were lost as soon as it can.  Lines of level info and debug
 * wait up to BATCH_MS for company: waking the thread for each of them cost
 * more than the line.
 *
 * A writer that hangs in write(2) cannot be ended: log_close() then leaves it
 * behind with its own struct, which it frees when the disk comes back.
 *
 * Before log_open() and after log_close() a line goes to stderr at once, from
 * level warning up, so that early errors and unit tests are not silent.
 */
#include "base/log.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/compat.h"
#include "base/count.h"


enum {
	LOG_QUEUE = 512 * 1024, /* [bytes] that may wait */
	BATCH_MS  = 20,         /* longest wait of a line for others */
	TEXT_MAX  = 2048,       /* [bytes] of one line, escaped */
	LINE_MAX_ = 2 * TEXT_MAX + 256,
};

/** Where a line is put together; what does not fit is cut off */
struct line {
	char *buf;
	size_t size;
	size_t n;
	bool cut;
};

struct buffer {
	char *p;
	size_t n;
};

/** One writer; shared by the callers and its thread under `lock` */
struct writer {
	struct buffer fill; /* callers append here */
	struct buffer spare;
	char *path; /* NULL is stderr */
	int fd;
	pthread_t thread;
	pthread_cond_t cond;
	bool stop;
	bool reopen;
	bool urgent; /* something waits that is to be written at once */
	bool orphan;   /* nobody waits for the thread any more */
	bool finished; /* the thread touches the struct no more */
	uint64_t lost; /* lines dropped and not yet spoken of */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct writer *writer; /* under lock */
static pthread_mutex_t tap_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static log_tap_h *tap_handler; /* under tap_lock */
static void *tap_arg;
static _Atomic bool tapped;
static _Atomic int cur_level = LOG_LEVEL_WARNING;
static _Atomic int cur_format = LOG_FORMAT_PLAIN;


/* clang-format off */
static const struct {
	const char *name;
	const char *asterisk;
	unsigned syslog;
} levels[] = {
	[LOG_LEVEL_ERROR]   = {"error",   "ERROR",   3},
	[LOG_LEVEL_WARNING] = {"warning", "WARNING", 4},
	[LOG_LEVEL_NOTICE]  = {"notice",  "NOTICE",  5},
	[LOG_LEVEL_INFO]    = {"info",    "VERBOSE", 6},
	[LOG_LEVEL_DEBUG]   = {"debug",   "DEBUG",   7},
};

static const char *const formats[] = {
	[LOG_FORMAT_PLAIN]    = "plain",
	[LOG_FORMAT_ASTERISK] = "asterisk",
	[LOG_FORMAT_JOURNAL]  = "journal",
	[LOG_FORMAT_JSON]     = "json",
};
/* clang-format on */


static void put(struct line *l, const char *p, size_t n)
{
	if (l->cut || n > l->size - l->n) {
		l->cut = true;
		return;
	}

	memcpy(l->buf + l->n, p, n);
	l->n += n;
}


static void put_hex(struct line *l, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		const char esc[4] = {'\\', 'x', digits[p[i] >> 4],
				     digits[p[i] & 0xf]};

		put(l, esc, sizeof(esc));
	}
}


/* Length of the well-formed UTF-8 sequence at p (RFC 3629), 0 if none; its
 * code point is what decides whether it may be shown */
static size_t utf8_len(const uint8_t *p, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len;

	if (p[0] < 0x80)
		len = 1;
	else if (p[0] >= 0xc2 && p[0] < 0xe0)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] < 0xf0)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] < 0xf5)
		len = 4;
	else
		return 0;

	if (len > n)
		return 0;

	*cp = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3fu);
	}

	if (*cp < least[len] || *cp > 0x10ffff ||
	    (*cp >= 0xd800 && *cp < 0xe000))
		return 0;

	return len;
}


/* Control characters, also those of C1, and what turns the direction of
 * writing: a line must look like what it says */
static bool is_hidden(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
	       (cp >= 0x200e && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069);
}


static int text_handler(const char *p, size_t size, void *arg)
{
	const uint8_t *u = (const uint8_t *)p;
	struct line *l   = arg;

	for (size_t i = 0; i < size && !l->cut;) {
		uint32_t cp = 0;
		size_t n    = utf8_len(&u[i], size - i, &cp);

		if (!n || is_hidden(cp)) {
			n = n ? n : 1;
			put_hex(l, &u[i], n);
		}
		else {
			put(l, &p[i], n);
		}

		i += n;
	}

	return 0;
}


static int raw_handler(const char *p, size_t size, void *arg)
{
	put(arg, p, size);

	return 0;
}


/* Never fails: what does not fit is cut off */
static void print(struct line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)re_vhprintf(fmt, ap, raw_handler, l);
	va_end(ap);
}


static void put_json(struct line *l, const struct line *text)
{
	for (size_t i = 0; i < text->n; i++) {
		char c = text->buf[i];

		if (c == '"' || c == '\\')
			put(l, "\\", 1);
		put(l, &c, 1);
	}
}


/* "2026-11-21 08:00:00", local time: put together once a second on each
 * thread, because localtime_r() is slow */
static void put_second(struct line *l, uint64_t sec)
{
	static _Thread_local char text[24];
	static _Thread_local size_t n;
	static _Thread_local uint64_t at = UINT64_MAX;

	if (sec != at) {
		struct line t	  = {text, sizeof(text), 0, false};
		const time_t when = (time_t)sec;
		struct tm tm	  = {0};

		(void)localtime_r(&when, &tm);
		print(&t, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900,
		      tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		      tm.tm_sec);
		n  = t.n;
		at = sec;
	}

	put(l, text, n);
}


static void put_time(struct line *l, uint64_t us, bool ms)
{
	const unsigned part = (unsigned)(us / 1000u % 1000u);
	const char text[]   = {'.', (char)('0' + part / 100),
			       (char)('0' + part / 10 % 10),
			       (char)('0' + part % 10)};

	put_second(l, us / 1000000u);
	if (ms)
		put(l, text, sizeof(text));
}


static void format(struct line *l, enum log_level level, const char *mod,
		   const struct line *text)
{
	const uint64_t us = clock_wall_us();

	switch ((enum log_format)atomic_load(&cur_format)) {

	case LOG_FORMAT_PLAIN:
		put_time(l, us, true);
		print(l, " %s %s: ", levels[level].name, mod);
		put(l, text->buf, text->n);
		break;

	case LOG_FORMAT_ASTERISK:
		put(l, "[", 1);
		put_time(l, us, false);
		print(l, "] %s[%d] %s: ", levels[level].asterisk,
		      (int)getpid(), mod);
		put(l, text->buf, text->n);
		break;

	case LOG_FORMAT_JOURNAL:
		print(l, "<%u>%s: ", levels[level].syslog, mod);
		put(l, text->buf, text->n);
		break;

	case LOG_FORMAT_JSON:
		print(l, "{\"ts\":%llu.%03u,\"level\":\"%s\",\"mod\":\"%s\","
			 "\"msg\":\"",
		      us / 1000000u, (unsigned)(us / 1000u % 1000u),
		      levels[level].name, mod);
		put_json(l, text);
		put(l, "\"}", 2);
		break;
	}
}


/* True if all was written */
static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t r = write(fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;

		p += r;
		n -= (size_t)r;
	}

	return true;
}


static uint64_t lines_in(const struct buffer *b)
{
	uint64_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->p[i] == '\n';

	return n;
}


static int file_open(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
		    0640);
}


/* The old file stays in use if the new one cannot be opened */
static void writer_reopen(struct writer *w)
{
	int fd;

	if (!w->path)
		return;

	fd = file_open(w->path);
	if (fd < 0)
		return;

	(void)close(w->fd);
	w->fd = fd;
}


static void writer_free(struct writer *w)
{
	if (!w)
		return;

	if (w->path && w->fd >= 0)
		(void)close(w->fd);
	(void)pthread_cond_destroy(&w->cond);
	free(w->path);
	free(w->fill.p);
	free(w->spare.p);
	free(w);
}


static void say_lost(struct writer *w, uint64_t lost)
{
	char tbuf[96], buf[LINE_MAX_];
	struct line text = {tbuf, sizeof(tbuf), 0, false};
	struct line l    = {buf, sizeof(buf) - 1, 0, false};

	print(&text, "%llu lines lost: the log was too slow", lost);
	format(&l, LOG_LEVEL_WARNING, "log", &text);
	buf[l.n++] = '\n';
	(void)write_all(w->fd, buf, l.n);
}


/* Take what waits and write it; the lock is held at entry and at return */
static void writer_flush(struct writer *w)
{
	struct buffer b = w->fill;
	uint64_t lost   = w->lost;
	bool reopen     = w->reopen;

	w->fill   = w->spare;
	w->spare  = (struct buffer){NULL, 0};
	w->lost   = 0;
	w->reopen = false;
	w->urgent = false;
	(void)pthread_mutex_unlock(&lock);

	if (reopen)
		writer_reopen(w);

	if (!write_all(w->fd, b.p, b.n))
		count_add(COUNT_LOG_DROPPED, lines_in(&b));

	if (lost)
		say_lost(w, lost);

	b.n = 0;
	(void)pthread_mutex_lock(&lock);
	w->spare = b;
}


/* Let lines come together.  Who adds a line to some signals only if it is
 * urgent, so this sleeps to its end as a rule */
static void writer_gather(struct writer *w)
{
	struct timespec end;

	/* not clock_us(): a test may have stopped that one */
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += BATCH_MS * 1000000l;
	if (end.tv_nsec >= 1000000000l) {
		end.tv_nsec -= 1000000000l;
		++end.tv_sec;
	}

	while (!w->urgent && !w->stop && !w->reopen) {
		if (pthread_cond_timedwait(&w->cond, &lock, &end))
			break;
	}
}


static void *writer_thread(void *arg)
{
	struct writer *w = arg;
	bool orphan;

	(void)pthread_mutex_lock(&lock);

	for (;;) {
		if (w->fill.n || w->lost || w->reopen) {
			writer_gather(w);
			writer_flush(w);
		}
		else if (w->stop)
			break;
		else
			(void)pthread_cond_wait(&w->cond, &lock);
	}

	orphan      = w->orphan;
	w->finished = true;
	(void)pthread_mutex_unlock(&lock);

	if (orphan)
		writer_free(w);

	return NULL;
}


/* cannot fail with this clock */
static void cond_init_monotonic(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &attr);
	(void)pthread_condattr_destroy(&attr);
}


static int writer_alloc(struct writer **wp, const char *path)
{
	struct writer *w = calloc(1, sizeof(*w));
	int err          = ENOMEM;

	if (!w)
		return ENOMEM;

	w->fd = STDERR_FILENO;
	cond_init_monotonic(&w->cond);

	w->fill.p  = malloc(LOG_QUEUE);
	w->spare.p = malloc(LOG_QUEUE);
	if (!w->fill.p || !w->spare.p)
		goto out;

	if (path) {
		w->path = strdup(path);
		if (!w->path)
			goto out;

		w->fd = file_open(path);
		if (w->fd < 0) {
			err = errno;
			goto out;
		}
	}

	err = pthread_create(&w->thread, NULL, writer_thread, w);

out:
	if (err)
		writer_free(w);
	else
		*wp = w;

	return err;
}


int log_open(const char *path, enum log_format fmt, enum log_level level)
{
	struct writer *w;
	int err;

	if ((size_t)fmt >= ARRAY_SIZE(formats) ||
	    (size_t)level >= ARRAY_SIZE(levels))
		return EINVAL;

	err = writer_alloc(&w, path);
	if (err)
		return err;

	log_close(1000);

	atomic_store(&cur_format, (int)fmt);
	atomic_store(&cur_level, (int)level);

	(void)pthread_mutex_lock(&lock);
	writer = w;
	(void)pthread_mutex_unlock(&lock);

	return 0;
}


void log_close(uint32_t ms)
{
	struct timespec end;
	struct writer *w;
	pthread_t thread;
	uint64_t us;
	bool finished;

	(void)pthread_mutex_lock(&lock);
	w      = writer;
	writer = NULL;
	if (!w) {
		(void)pthread_mutex_unlock(&lock);
		return;
	}

	thread  = w->thread;
	w->stop = true;
	(void)pthread_cond_signal(&w->cond);
	(void)pthread_mutex_unlock(&lock);

	us          = clock_wall_us() + (uint64_t)ms * 1000u;
	end.tv_sec  = (time_t)(us / 1000000u);
	end.tv_nsec = (long)(us % 1000000u) * 1000;
	if (!pthread_timedjoin_np(thread, NULL, &end)) {
		writer_free(w);
		return;
	}

	/* it hangs: from here on the struct is the thread's alone */
	(void)pthread_mutex_lock(&lock);
	w->orphan = true;
	finished  = w->finished;
	(void)pthread_mutex_unlock(&lock);

	(void)pthread_detach(thread);
	if (finished)
		writer_free(w);
}


void log_reopen(void)
{
	(void)pthread_mutex_lock(&lock);
	if (writer) {
		writer->reopen = true;
		(void)pthread_cond_signal(&writer->cond);
	}
	(void)pthread_mutex_unlock(&lock);
}


void log_set_level(enum log_level level)
{
	if ((size_t)level < ARRAY_SIZE(levels))
		atomic_store(&cur_level, (int)level);
}


enum log_level log_get_level(void)
{
	return (enum log_level)atomic_load_explicit(&cur_level,
						    memory_order_relaxed);
}


bool log_level_decode(enum log_level *levelp, const char *name)
{
	for (size_t i = 0; levelp && i < ARRAY_SIZE(levels); i++) {
		if (!str_casecmp(levels[i].name, name)) {
			*levelp = (enum log_level)i;
			return true;
		}
	}

	return false;
}


bool log_format_decode(enum log_format *fmtp, const char *name)
{
	for (size_t i = 0; fmtp && i < ARRAY_SIZE(formats); i++) {
		if (!str_casecmp(formats[i], name)) {
			*fmtp = (enum log_format)i;
			return true;
		}
	}

	return false;
}


void log_set_tap(log_tap_h *h, void *arg)
{
	(void)pthread_mutex_lock(&tap_lock);
	tap_handler = h;
	tap_arg     = arg;
	atomic_store(&tapped, h != NULL);
	(void)pthread_mutex_unlock(&tap_lock);
}


uint64_t log_dropped(void)
{
	return count_get(COUNT_LOG_DROPPED);
}


static void enqueue(enum log_level level, const char *buf, size_t n)
{
	struct writer *w;
	bool first, urgent;

	(void)pthread_mutex_lock(&lock);

	w = writer;
	if (!w) {
		(void)pthread_mutex_unlock(&lock);
		(void)write_all(STDERR_FILENO, buf, n);
		return;
	}

	first = !w->fill.n;
	if (w->fill.p && n <= LOG_QUEUE - w->fill.n) {
		memcpy(w->fill.p + w->fill.n, buf, n);
		w->fill.n += n;
	}
	else {
		++w->lost;
		count_inc(COUNT_LOG_DROPPED);
	}

	urgent = !w->urgent && (level <= LOG_LEVEL_NOTICE ||
				w->fill.n > LOG_QUEUE / 2);
	if (urgent)
		w->urgent = true;
	if (first || urgent)
		(void)pthread_cond_signal(&w->cond);

	(void)pthread_mutex_unlock(&lock);
}


/* A tap that logs would call itself for ever; its own lines are not tapped.
 * The lock is held while it runs, so that nobody is inside any more when
 * log_set_tap() returns and its argument may go; a tap may end itself */
static void tap(enum log_level level, const char *mod, const char *text)
{
	static _Thread_local bool inside;

	if (inside || !atomic_load_explicit(&tapped, memory_order_relaxed))
		return;

	(void)pthread_mutex_lock(&tap_lock);

	if (tap_handler) {
		inside = true;
		tap_handler(level, mod, text, tap_arg);
		inside = false;
	}

	(void)pthread_mutex_unlock(&tap_lock);
}


void log_write(enum log_level level, const char *mod, const char *fmt, ...)
{
	char tbuf[TEXT_MAX + 4], buf[LINE_MAX_];
	struct line text = {tbuf, TEXT_MAX, 0, false};
	struct line l    = {buf, sizeof(buf) - 1, 0, false};
	va_list ap;

	if ((size_t)level >= ARRAY_SIZE(levels) || level > log_get_level() ||
	    !mod || !fmt)
		return;

	va_start(ap, fmt);
	(void)re_vhprintf(fmt, ap, text_handler, &text);
	va_end(ap);

	if (text.cut) {
		memcpy(tbuf + text.n, "...", 3);
		text.n += 3;
	}

	tbuf[text.n] = '\0';
	tap(level, mod, tbuf);

	format(&l, level, mod, &text);
	buf[l.n++] = '\n';
	enqueue(level, buf, l.n);
}
