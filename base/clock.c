/**
 * @file base/clock.c  Clocks
 *
 * A test replaces the monotonic clock by a variable of its own; the pointer is
 * atomic because media threads read the clock too.
 */
#include "base/clock.h"
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>


static _Atomic(const uint64_t *) fake;


static uint64_t read_us(clockid_t id)
{
	struct timespec ts;

	/* cannot fail: both clocks exist on every Linux */
	(void)clock_gettime(id, &ts);

	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}


uint64_t clock_us(void)
{
	const uint64_t *us = atomic_load_explicit(&fake, memory_order_acquire);

	return us ? *us : read_us(CLOCK_MONOTONIC);
}


uint64_t clock_ms(void)
{
	return clock_us() / 1000u;
}


uint64_t clock_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}


uint64_t clock_wall_s(void)
{
	return clock_wall_us() / 1000000u;
}


void clock_fake(const uint64_t *us)
{
	atomic_store_explicit(&fake, us, memory_order_release);
}
