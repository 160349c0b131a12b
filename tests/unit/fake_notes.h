/**
 * @file tests/unit/fake_notes.h  What the doubles were asked, and the clock
 *
 * Each double notes what it is asked in one line of text, and the test reads
 * them with expect().  Time is handed in: run(ms) lets it pass and fires the
 * timers.  Include it once, it is the program's own.
 */
#ifndef TANDEM_TESTS_FAKE_NOTES_H
#define TANDEM_TESTS_FAKE_NOTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <re.h>
#include "base/timer.h"

enum {
	STEP_US = 10000, /* the clock goes on by so much between two polls */
};

static char notes[16384]; /* what was asked, "; " between */
static uint64_t now_us;


static void note(const char *fmt, ...)
{
	size_t n = strlen(notes);
	va_list ap;

	if (n && n + 2 < sizeof(notes)) {
		memcpy(notes + n, "; ", 3);
		n += 2;
	}

	va_start(ap, fmt);
	(void)re_vsnprintf(notes + n, sizeof(notes) - n, fmt, ap);
	va_end(ap);
}


/* What was asked since the last time */
static inline void expect(const char *want)
{
	char got[sizeof(notes)];

	memcpy(got, notes, sizeof(notes));
	notes[0] = '\0';
	assert_string_equal(got, want);
}


/** What was asked until now is of no interest */
static inline void forget_notes(void)
{
	notes[0] = '\0';
}


/** A part of what was asked since the last time; the rest is not looked at */
static inline void noted(const char *part)
{
	if (!strstr(notes, part))
		fail_msg("no \"%s\" in %s", part, notes);
}


/** Both were asked since the last time, in this order */
static inline void noted_in_order(const char *first, const char *second)
{
	noted(first);
	noted(second);
	if (strstr(notes, first) > strstr(notes, second))
		fail_msg("\"%s\" behind \"%s\" in %s", first, second, notes);
}


/** Time passes */
static inline void run(uint64_t ms)
{
	uint64_t end = now_us + ms * 1000;

	while (timers_poll())
		;
	while (now_us < end) {
		now_us += end - now_us < STEP_US ? end - now_us : STEP_US;
		while (timers_poll())
			;
	}
}

#endif
