/**
 * @file console_util.h  For the tests of control/: run a line, see its output
 */
#ifndef TANDEM_TESTS_CONSOLE_UTIL_H
#define TANDEM_TESTS_CONSOLE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/compat.h"
#include "control/console.h"

static char shown[65536];
static size_t shown_n;
static int last_status;
static unsigned ends;


static inline void out_handler(const char *p, size_t n, void *arg)
{
	if (n > sizeof(shown) - 1 - shown_n)
		n = sizeof(shown) - 1 - shown_n;

	memcpy(shown + shown_n, p, n);
	shown_n += n;
	shown[shown_n] = '\0';
}


static inline void end_handler(int status, void *arg)
{
	last_status = status;
	++ends;
}


static inline struct cmd_ctx *exec_line(const char *line)
{
	struct cmd_ctx *ctx = NULL;

	shown[0]    = '\0';
	shown_n     = 0;
	last_status = -99;
	ends        = 0;
	assert_int_equal(console_exec(&ctx, line, out_handler, end_handler,
				      NULL), 0);

	return ctx;
}


/** The line's status and all that it prints */
static inline void exec_is(const char *line, int status, const char *text)
{
	assert_null(exec_line(line));
	assert_int_equal(ends, 1);
	assert_string_equal(shown, text);
	assert_int_equal(last_status, status);
}


/** The line's status and something that it prints */
static inline void exec_has(const char *line, int status, const char *text)
{
	assert_null(exec_line(line));
	if (!strstr(shown, text))
		fail_msg("%s: no \"%s\" in \"%s\"", line, text, shown);
	assert_int_equal(last_status, status);
}


static inline void complete_is(const char *line, const char *text)
{
	struct mbuf *mb = mbuf_alloc(64);

	assert_int_equal(console_complete(mb, line), 0);
	assert_int_equal(mbuf_write_u8(mb, 0), 0);
	assert_string_equal((char *)mb->buf, text);
	mem_deref(mb);
}

#endif
