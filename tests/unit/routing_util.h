/**
 * @file routing_util.h  What the tests of routing/ share
 *
 * A seeded generator of numbers, so that a failure comes again, and a few
 * shorthands.
 */
#ifndef TANDEM_TEST_ROUTING_UTIL_H
#define TANDEM_TEST_ROUTING_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/compat.h"


static uint64_t rnd_state = 1;


static inline void rnd_seed(uint64_t seed)
{
	rnd_state = seed * 2 + 1;
}


/* A number in 0..n-1 (xorshift64*) */
static inline uint32_t rnd(uint32_t n)
{
	rnd_state ^= rnd_state >> 12;
	rnd_state ^= rnd_state << 25;
	rnd_state ^= rnd_state >> 27;

	return (uint32_t)((rnd_state * 2685821657736338717u) >> 33) % n;
}


static inline char rnd_of(const char *chars)
{
	return chars[rnd((uint32_t)strlen(chars))];
}


/* Up to max characters of a set, with a NUL */
static inline size_t rnd_str(char *buf, size_t max, const char *chars)
{
	size_t n = rnd((uint32_t)max + 1);

	for (size_t i = 0; i < n; i++)
		buf[i] = rnd_of(chars);
	buf[n] = '\0';

	return n;
}


static inline struct pl pl_of(const char *str)
{
	struct pl pl = {str, strlen(str)};

	return pl;
}


static inline void assert_pl(const struct pl *pl, const char *expected)
{
	if (pl_strcmp(pl, expected)) {
		fail_msg("got '%.*s', expected '%s'", (int)pl->l, pl->p,
			 expected);
	}
}

#endif
