/**
 * @file serve_util.h  The console's server here, its client in a child
 */
#ifndef TANDEM_TESTS_SERVE_UTIL_H
#define TANDEM_TESTS_SERVE_UTIL_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/compat.h"
#include "base/log.h"
#include "base/timer.h"
#include "control/console.h"
#include "control/protocol.h"

enum { GOT_MAX = 16 << 20, SERVE_MS = 20000 };

/** What a client on a terminal waits for, and what is typed then */
struct step {
	const char *expect;
	const char *type;
};

static char run_dir[64];
static char *got;    /* what the child printed */
static size_t got_n;
static size_t step_from; /* expect only after this */
static const struct step *steps;
static int child_fd;
static bool timed_out;


static inline void run_dir_file(char *buf, size_t size, const char *name)
{
	(void)re_snprintf(buf, size, "%s/%s", run_dir, name);
}


static inline int serve_setup(void **state)
{
	(void)state;
	got = malloc(GOT_MAX);
	(void)re_snprintf(run_dir, sizeof(run_dir), "/tmp/tandem-XXXXXX");
	if (!got || !mkdtemp(run_dir) || libre_init() || timers_init())
		return -1;

	return setenv("HOME", run_dir, 1);
}


static inline int serve_teardown(void **state)
{
	char path[128];

	(void)state;
	console_close();
	timers_close();
	libre_close();
	free(got);
	run_dir_file(path, sizeof(path), ".tandem_history");
	(void)unlink(path);

	return rmdir(run_dir);
}


static inline void serve_open(void)
{
	struct mbuf *why = mbuf_alloc(64);
	const int err    = console_open(run_dir, why);

	if (err)
		fail_msg("console_open: %d %.*s", err, (int)why->end,
			 (char *)why->buf);
	mem_deref(why);
}


static inline void type_next(void)
{
	const char *at;

	if (!steps || !steps->expect)
		return;

	at = strstr(got + step_from, steps->expect);
	if (!at)
		return;

	step_from = got_n;
	assert_true(write(child_fd, steps->type, strlen(steps->type)) > 0);
	++steps;
}


static inline void child_output(int flags, void *arg)
{
	ssize_t n = read(child_fd, got + got_n, GOT_MAX - 1 - got_n);

	if (n <= 0) {
		re_cancel();
		return;
	}

	/* some terminals are given time by NUL bytes */
	for (ssize_t i = 0; i < n; i++) {
		if (got[got_n + (size_t)i])
			continue;

		memmove(got + got_n + i, got + got_n + i + 1,
			(size_t)(n - i - 1));
		--i;
		--n;
	}

	got_n += (size_t)n;
	got[got_n] = '\0';
	type_next();
}


static inline void on_timeout(void *arg)
{
	timed_out = true;
	re_cancel();
}


/** Run the loop until the child has ended.  @return its exit status */
static inline int serve(pid_t pid, int fd)
{
	struct timer tmr = {0};
	int status;

	got_n = step_from = 0;
	got[0]    = '\0';
	child_fd  = fd;
	timed_out = false;
	assert_int_equal(fd_listen(fd, FD_READ, child_output, NULL), 0);
	timer_start(&tmr, SERVE_MS, on_timeout, NULL);

	(void)re_main(NULL);

	timer_cancel(&tmr);
	fd_close(fd);
	(void)close(fd);
	if (timed_out)
		(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (timed_out)
		fail_msg("the client hangs; so far: %s", got);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}


/** Run h in a child whose stdout and stderr we read, stdin is `input` */
static inline int serve_child(int (*h)(const char *arg), const char *arg,
			      const char *input)
{
	int out[2], in[2];
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(in), 0);
	(void)fflush(stdout);

	pid = fork();
	if (!pid) {
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)dup2(out[1], STDERR_FILENO);
		(void)close(out[1]);
		(void)close(in[1]);
		_exit(h(arg));
	}

	(void)close(out[1]);
	(void)close(in[0]);
	assert_int_equal(write(in[1], input, strlen(input)), strlen(input));
	(void)close(in[1]);
	steps = NULL;

	return serve(pid, out[0]);
}


/** Be the client on a terminal, and type */
static inline int serve_terminal(const struct step *typed)
{
	struct winsize ws = {.ws_row = 24, .ws_col = 80};
	pid_t pid;
	int fd;

	(void)fflush(stdout);
	pid = forkpty(&fd, NULL, NULL, &ws);
	if (!pid) {
		(void)setenv("TERM", "xterm", 1);
		_exit(client_main(run_dir, NULL));
	}

	steps = typed;

	return serve(pid, fd);
}


static inline void got_has(const char *text)
{
	if (!strstr(got, text))
		fail_msg("no \"%s\" in \"%s\"", text, got);
}

#endif
