/**
 * @file base/timer.h  Timers
 *
 * A binary heap per thread on the monotonic clock, driven by one timer of
 * libre's main loop; precise to a millisecond.  Start and cancel cost O(log n).  A timer belongs to the
 * thread that started it and is embedded in the object that it serves; it
 * holds no reference.
 */
#ifndef TANDEM_BASE_TIMER_H
#define TANDEM_BASE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void(timer_h)(void *arg);

/** One timer; all zero is a valid, stopped timer */
struct timer {
	uint64_t due_us; /* monotonic time of expiry in [us] */
	size_t pos;      /* place in the heap + 1, 0 if stopped */
	timer_h *h;
	void *arg;
};

/** Attach this thread's timers to its libre loop; call once per thread after
 *  re_thread_init()/libre_init().  Returns 0 or errno. */
int timers_init(void);

/** Detach and forget all timers of this thread */
void timers_close(void);

/** (Re)start a timer to fire once in `ms` milliseconds */
void timer_start(struct timer *t, uint64_t ms, timer_h *h, void *arg);

/** (Re)start a timer to fire once in `us` microseconds */
void timer_start_us(struct timer *t, uint64_t us, timer_h *h, void *arg);

/** Stop a timer; does nothing if it does not run */
void timer_cancel(struct timer *t);

/** True while the timer waits to fire */
bool timer_runs(const struct timer *t);

/** Milliseconds until the timer fires, 0 if stopped or due */
uint64_t timer_left_ms(const struct timer *t);

/** Fire everything that is due by now.  The loop calls it; tests with a fake
 *  clock call it themselves.  Returns the number of handlers called. */
size_t timers_poll(void);

/** Number of timers that run on this thread */
size_t timers_count(void);

#endif
