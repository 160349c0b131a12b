/**
 * @file tests/unit/sip_test.h  A SIP stack, its clock and peers with sockets
 *
 * The stack's timers follow `now_us`, which only advance() moves; sockets are
 * real ones on 127.0.0.1.  run_until() turns the loop until a condition holds:
 * nothing here sleeps.
 */
#ifndef TANDEM_TESTS_SIP_TEST_H
#define TANDEM_TESTS_SIP_TEST_H

#include <setjmp.h>
#include <stdlib.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/compat.h"
#include "base/timer.h"
#include "sip/sip.h"

enum { WAIT_MS = 3000 };

static uint64_t now_us;

typedef bool(cond_h)(void *arg);

struct wait {
	cond_h *h;
	void *arg;
	bool ok;
	uint64_t end;
	struct tmr tmr;
};


static inline void wait_handler(void *arg)
{
	struct wait *w = arg;

	w->ok = w->h && w->h(w->arg);
	if (w->ok || tmr_jiffies() >= w->end)
		re_cancel();
	else
		tmr_start(&w->tmr, 1, wait_handler, w);
}


/** Turn the loop until the condition holds; false if it never did */
static inline bool run_until(cond_h *h, void *arg)
{
	struct wait w = {.h = h, .arg = arg};

	if (h && h(arg))
		return true;

	tmr_init(&w.tmr);
	w.end = tmr_jiffies() + (h ? WAIT_MS : 0);
	tmr_start(&w.tmr, 1, wait_handler, &w);
	(void)re_main(NULL);
	tmr_cancel(&w.tmr);

	return w.ok;
}


/** Turn the loop once: what is in the sockets is handled */
static inline void pump(void)
{
	(void)run_until(NULL, NULL);
}


/** Let time pass for the stack */
static inline void advance(uint64_t ms)
{
	now_us += ms * 1000;
	(void)timers_poll();
}


/* ---- peers ------------------------------------------------------------ */

struct peer {
	int fd;
	bool stream;
	struct sa addr;
	char buf[65536]; /* last message, NUL behind it */
	size_t n;
	bool eof;
};


static inline void peer_open(struct peer *p, const char *addr)
{
	struct sa sa;

	memset(p, 0, sizeof(*p));
	assert_int_equal(0, sa_set_str(&sa, addr, 0));
	p->fd = socket(sa_af(&sa), SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(p->fd >= 0);
	assert_int_equal(0, bind(p->fd, &sa.u.sa, sa.len));
	p->addr.len = sizeof(p->addr.u);
	assert_int_equal(0, getsockname(p->fd, &p->addr.u.sa, &p->addr.len));
}


static inline void peer_connect(struct peer *p, const struct sa *dst)
{
	memset(p, 0, sizeof(*p));
	p->stream = true;
	p->fd     = socket(sa_af(dst), SOCK_STREAM, 0);
	assert_true(p->fd >= 0);
	assert_int_equal(0, connect(p->fd, &dst->u.sa, dst->len));
	p->addr.len = sizeof(p->addr.u);
	assert_int_equal(0, getsockname(p->fd, &p->addr.u.sa, &p->addr.len));
	assert_int_equal(0, fcntl(p->fd, F_SETFL, O_NONBLOCK));
}


static inline void peer_close(struct peer *p)
{
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
}


static inline void peer_send(struct peer *p, const struct sa *dst,
			     const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	ssize_t n;

	va_start(ap, fmt);
	assert_int_equal(0, re_vsdprintf(&s, fmt, ap));
	va_end(ap);

	n = p->stream ? send(p->fd, s, strlen(s), MSG_NOSIGNAL)
		      : sendto(p->fd, s, strlen(s), 0, &dst->u.sa, dst->len);
	assert_int_equal(n, strlen(s));
	mem_deref(s);
}


static inline bool peer_has(void *arg)
{
	struct peer *p = arg;
	struct sa src;
	ssize_t n;

	src.len = sizeof(src.u);
	n = recvfrom(p->fd, p->buf, sizeof(p->buf) - 1, 0, &src.u.sa,
		     &src.len);
	if (n < 0)
		return false;

	if (!n && p->stream)
		p->eof = true;
	p->n      = (size_t)n;
	p->buf[n] = '\0';

	return true;
}


/** The next message for the peer; fails the test if none comes */
static inline const char *peer_recv(struct peer *p)
{
	if (!run_until(peer_has, p))
		fail_msg("the peer waits for a message that does not come");

	return p->buf;
}


/** Nothing may come */
static inline void peer_silent(struct peer *p)
{
	pump();
	if (peer_has(p))
		fail_msg("the peer got what it should not:\n%s", p->buf);
}


/** The value of the first header of this name in the last message */
static inline const char *peer_hdr(const struct peer *p, const char *name)
{
	static char val[8][1024];
	static unsigned slot;
	size_t n     = strlen(name);
	char *out    = val[slot++ % 8];
	const char *s = p->buf;

	while ((s = strstr(s, "\r\n"))) {
		const char *e;

		s += 2;
		if (strncasecmp(s, name, n) || s[n] != ':')
			continue;

		s += n + 1;
		s += strspn(s, " ");
		e = strstr(s, "\r\n");
		assert_non_null(e);
		assert_true((size_t)(e - s) < sizeof(val[0]));
		memcpy(out, s, (size_t)(e - s));
		out[e - s] = '\0';
		return out;
	}

	fail_msg("no %s in:\n%s", name, p->buf);
	return NULL;
}


static inline bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}


#define assert_starts(s, with)                                               \
	do {                                                                 \
		const char *s_ = (s);                                        \
		if (!starts(s_, (with)))                                     \
			fail_msg("expected \"%s\", got:\n%s", (with), s_);   \
	} while (0)

#define assert_has(s, what)                                                  \
	do {                                                                 \
		const char *h_ = (s);                                        \
		if (!strstr(h_, (what)))                                     \
			fail_msg("no \"%s\" in:\n%s", (what), h_);           \
	} while (0)

#define assert_hasnt(s, what)                                                \
	do {                                                                 \
		const char *h_ = (s);                                        \
		if (strstr(h_, (what)))                                      \
			fail_msg("\"%s\" in:\n%s", (what), h_);              \
	} while (0)


/* ---- the program ------------------------------------------------------ */

static inline int test_init(void **state)
{
	(void)state;
	now_us = 1000000000;
	clock_fake(&now_us);

	if (libre_init())
		return -1;

	return timers_init();
}


static inline int test_close(void **state)
{
	(void)state;
	timers_close();
	libre_close();
	clock_fake(NULL);

	return 0;
}


static inline void loopback(struct sa *sa, const char *addr)
{
	assert_int_equal(0, sa_set_str(sa, addr, 0));
}

#endif
