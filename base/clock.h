/**
 * @file base/clock.h  Clocks
 *
 * Any thread.  The monotonic clock drives every timer; the wall clock is only
 * for people (CDR, log, STRFTIME).  Tests hand their own time in.
 */
#ifndef TANDEM_BASE_CLOCK_H
#define TANDEM_BASE_CLOCK_H

#include <stdint.h>

/** Monotonic time in [us]; never goes back, not changed by clock steps */
uint64_t clock_us(void);

/** Monotonic time in [ms] */
uint64_t clock_ms(void);

/** Wall clock in [us] since 1970 UTC */
uint64_t clock_wall_us(void);

/** Wall clock in [s] since 1970 UTC */
uint64_t clock_wall_s(void);

/**
 * Replace the monotonic clock (tests only)
 *
 * @param us  Address of the time in [us], NULL for the real clock again
 */
void clock_fake(const uint64_t *us);

#endif
