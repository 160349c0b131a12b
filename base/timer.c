/**
 * @file base/timer.c  Timers
 *
 * A binary heap in an array, ordered by (due, seq).  The sequence number makes
 * timers that are due at the same moment fire in the order in which they were
 * started, and it ends a poll: what a handler starts while the poll runs has a
 * later number, so a handler that restarts itself with 0 ms cannot keep the
 * loop.  The keys are kept in the array beside the pointers, so that a sift
 * does not touch the timers it only compares with.
 *
 * The loop sleeps until one timer of libre's, which is this heap's alarm: that
 * costs no system call, while a timerfd set several times a call took a sixth
 * of the signalling thread.  The alarm is set forward only when the earliest
 * timer becomes earlier; if that one is cancelled it is left as it is, the
 * wake-up then finds nothing due and sets it anew.  It is set relative to
 * clock_us(), so a fake clock that stands still does not make the loop spin.
 *
 * What is due at once fires at the end of the turn (base/turn.h), at most
 * ROUNDS times in a row, so that a chain of such timers cannot keep the loop.
 * Beyond that and outside of turns an eventfd announces it: libre counts in
 * milliseconds and sleeps at least one.
 */
#include "base/timer.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/compat.h"
#include "base/turn.h"


enum {
	HEAP_MIN = 256,
	ALARM_MAX_MS = 3600000, /* longer ones wake up in between */
	ROUNDS = 8,
};

struct entry {
	uint64_t due;
	uint64_t seq;
	struct timer *t;
};

struct heap {
	struct entry *ev;
	size_t n;
	size_t size;
	uint64_t seq;
	uint64_t armed; /* when the loop wakes up for us [us], 0 if it does not */
	struct tmr alarm;
	bool rung;      /* the eventfd is readable */
	bool polling;   /* arm() comes at the end */
	struct turn_job job;
	int fd;
};

static _Thread_local struct heap th = {.fd = -1};

static void end_of_turn(void *arg);


static bool earlier(const struct entry *a, const struct entry *b)
{
	return a->due != b->due ? a->due < b->due : a->seq < b->seq;
}


static void place(size_t i, struct entry e)
{
	th.ev[i]  = e;
	e.t->pos = i + 1;
}


static void sift_up(size_t i, struct entry e)
{
	while (i > 0) {
		size_t up = (i - 1) / 2;

		if (!earlier(&e, &th.ev[up]))
			break;

		place(i, th.ev[up]);
		i = up;
	}

	place(i, e);
}


static void sift_down(size_t i, struct entry e)
{
	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= th.n)
			break;

		if (c + 1 < th.n && earlier(&th.ev[c + 1], &th.ev[c]))
			++c;

		if (!earlier(&th.ev[c], &e))
			break;

		place(i, th.ev[c]);
		i = c;
	}

	place(i, e);
}


static void sift(size_t i, struct entry e)
{
	if (i > 0 && earlier(&e, &th.ev[(i - 1) / 2]))
		sift_up(i, e);
	else
		sift_down(i, e);
}


static int grow(void)
{
	size_t size = th.size ? th.size * 2 : HEAP_MIN;
	struct entry *ev;

	ev = realloc(th.ev, size * sizeof(*ev));
	if (!ev)
		return ENOMEM;

	th.ev   = ev;
	th.size = size;

	return 0;
}


static void alarm_handler(void *arg)
{
	(void)arg;
	(void)timers_poll();
}


static void ring(void)
{
	const uint64_t one = 1;

	if (!th.rung)
		th.rung = write(th.fd, &one, sizeof(one)) == sizeof(one);
}


/* Have the loop come back when the earliest timer is due */
static void arm(void)
{
	uint64_t now, us, ms;

	if (th.fd < 0 || th.polling)
		return;

	if (!th.n) {
		th.armed = 0;
		return;
	}

	if (th.armed && th.armed <= th.ev[0].due)
		return;

	now = clock_us();
	us  = th.ev[0].due > now ? th.ev[0].due - now : 0;

	th.armed = th.ev[0].due ? th.ev[0].due : 1;

	if (us) {
		ms = us / 1000u + (us % 1000u != 0);
		tmr_start(&th.alarm, ms < ALARM_MAX_MS ? ms : ALARM_MAX_MS,
			  alarm_handler, NULL);
	}
	else if (!turn_defer(&th.job)) {
		ring();
	}
}


static void remove_at(size_t i)
{
	struct entry last;

	th.ev[i].t->pos = 0;

	last = th.ev[--th.n];
	if (i < th.n)
		sift(i, last);
}


static void fd_handler(int flags, void *arg)
{
	uint64_t n;

	(void)flags;
	(void)arg;

	th.rung = false;
	if (read(th.fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		return;

	(void)timers_poll();
}


int timers_init(void)
{
	int err;

	if (th.fd >= 0)
		return EALREADY;

	if (!th.size) {
		err = grow();
		if (err)
			return err;
	}

	th.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (th.fd < 0)
		return errno;

	err = fd_listen(th.fd, FD_READ, fd_handler, NULL);
	if (err) {
		(void)close(th.fd);
		th.fd = -1;
		return err;
	}

	th.job.h = end_of_turn;
	th.armed = 0;
	arm();

	return 0;
}


void timers_close(void)
{
	for (size_t i = 0; i < th.n; i++)
		th.ev[i].t->pos = 0;

	if (th.fd >= 0) {
		turn_forget(&th.job);
		tmr_cancel(&th.alarm);
		fd_close(th.fd);
		(void)close(th.fd);
	}

	free(th.ev);
	th = (struct heap){.fd = -1};
}


void timer_start_us(struct timer *t, uint64_t us, timer_h *h, void *arg)
{
	uint64_t now = clock_us();
	struct entry e;

	if (!t)
		return;

	t->h      = h;
	t->arg    = arg;
	t->due_us = us > UINT64_MAX - now ? UINT64_MAX : now + us;

	e = (struct entry){.due = t->due_us, .seq = ++th.seq, .t = t};

	if (t->pos) {
		sift(t->pos - 1, e);
	}
	else {
		/* A timer that is lost would leave a call hanging for ever;
		 * better to end and be started again */
		if (th.n == th.size && grow()) {
			(void)fputs("timer: out of memory\n", stderr);
			abort();
		}

		sift_up(th.n++, e);
	}

	arm();
}


void timer_start(struct timer *t, uint64_t ms, timer_h *h, void *arg)
{
	timer_start_us(t, ms > UINT64_MAX / 1000u ? UINT64_MAX : ms * 1000u,
		       h, arg);
}


void timer_cancel(struct timer *t)
{
	if (t && t->pos)
		remove_at(t->pos - 1);
}


bool timer_runs(const struct timer *t)
{
	return t && t->pos;
}


uint64_t timer_left_ms(const struct timer *t)
{
	uint64_t now;

	if (!timer_runs(t))
		return 0;

	now = clock_us();

	return t->due_us > now ? (t->due_us - now + 999u) / 1000u : 0;
}


/* Fire what is due and was started before */
static size_t fire(void)
{
	const uint64_t now = clock_us();
	const uint64_t end = th.seq;
	size_t n           = 0;

	while (th.n && th.ev[0].due <= now && th.ev[0].seq <= end) {
		struct timer *t = th.ev[0].t;
		timer_h *h      = t->h;
		void *arg       = t->arg;

		remove_at(0);
		++n;

		/* the handler may free the timer */
		if (h)
			h(arg);
	}

	return n;
}


/* A handler that starts a timer finds the alarm off (th.polling): it is set
 * once for all of them.  One that polls itself is a poll inside of ours. */
static size_t poll_rounds(unsigned rounds)
{
	const bool outer = !th.polling;
	size_t n = 0, got;

	th.polling = true;
	do {
		got = fire();
		n += got;
	} while (got && --rounds);

	if (outer) {
		th.polling = false;
		th.armed   = 0;
	}

	return n;
}


static void end_of_turn(void *arg)
{
	(void)arg;

	(void)poll_rounds(ROUNDS);
	if (th.fd >= 0 && th.n && th.ev[0].due <= clock_us()) {
		th.armed = th.ev[0].due ? th.ev[0].due : 1;
		ring();
		return;
	}

	arm();
}


size_t timers_poll(void)
{
	size_t n;

	turn_begin();
	n = poll_rounds(1);
	arm();
	turn_end();

	return n;
}


size_t timers_count(void)
{
	return th.n;
}
