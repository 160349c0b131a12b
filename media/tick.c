/**
 * @file media/tick.c  The clock of a media thread
 *
 * Every 20 ms the streams that make audio, record or wait for the end of an
 * event are ticked.  Every stream has one beat a second: streams stand in
 * BEATS lists, and each tick takes the next one, which spreads the work.
 *
 * If the thread was held up, what was missed is made up for: audio in one go
 * up to TICKS_MAX, the rest is let go, so that a machine that slept does not
 * burst.  While it stood still for longer than ASLEEP nobody could be heard:
 * that is not counted as silence.
 */
#include "media/tick.h"
#include <sys/timerfd.h>
#include <unistd.h>


enum {
	TICKS_MAX = 5,
	ASLEEP    = BEATS, /* ticks: what no busy machine leaves out */
};


static void arm(struct tick *t, bool on)
{
	const struct timespec ts = {.tv_nsec = on ? TICK_MS * 1000000L : 0};
	const struct itimerspec its = {.it_interval = ts, .it_value = ts};

	if (on == t->armed)
		return;

	/* cannot fail: the descriptor is ours and the value in range */
	(void)timerfd_settime(t->fd, 0, &its, NULL);
	t->armed = on;
}


int tick_open(struct tick *t)
{
	t->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	return t->fd < 0 ? errno : 0;
}


void tick_close(struct tick *t)
{
	if (t->fd >= 0)
		(void)close(t->fd);

	t->fd = -1;
}


void tick_add(struct tick *t, struct stream *s)
{
	list_append(&t->beatv[t->fill], &s->beat_le, s);
	t->fill = (t->fill + 1) % BEATS;
	arm(t, true);
}


void tick_remove(struct stream *s)
{
	list_unlink(&s->beat_le);
	list_unlink(&s->tick_le);
}


void tick_set(struct tick *t, struct stream *s, bool on)
{
	if (on == !!s->tick_le.list)
		return;

	if (on)
		list_append(&t->ticking, &s->tick_le, s);
	else
		list_unlink(&s->tick_le);
}


static void run_beat(struct tick *t, uint64_t now_us)
{
	struct le *le = t->beatv[t->pos].head;

	t->pos = (t->pos + 1) % BEATS;

	for (; le; le = le->next)
		stream_beat(le->data, now_us);
}


static bool is_empty(const struct tick *t)
{
	for (unsigned i = 0; i < BEATS; i++) {
		if (t->beatv[i].head)
			return false;
	}

	return true;
}


static void slept(struct tick *t, uint64_t ticks, uint64_t now_us)
{
	for (unsigned i = 0; i < BEATS; i++) {
		for (struct le *le = t->beatv[i].head; le; le = le->next)
			stream_slept(le->data, ticks * TICK_MS * 1000u,
				     now_us);
	}
}


void tick_run(struct tick *t, uint64_t now_us)
{
	struct le *le = t->ticking.head;
	uint64_t n    = 0;

	if (read(t->fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return;

	if (n > ASLEEP)
		slept(t, n, now_us);
	if (n > TICKS_MAX)
		n = TICKS_MAX;

	while (le) {
		struct stream *s = le->data;

		/* a stream may leave the list, or others join at the end */
		le = le->next;
		stream_tick(s, (uint32_t)n * TICK_MS, now_us);
	}

	while (n--)
		run_beat(t, now_us);

	if (!t->pos && is_empty(t))
		arm(t, false);
}
