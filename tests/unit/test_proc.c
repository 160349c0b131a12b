/**
 * @file test_proc.c  Programs that run beside us
 */
#include "routing_util.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/proc.h"
#include "base/timer.h"


static struct {
	unsigned n;
	enum proc_end end;
	int status;
	char out[256];
} got;


static void ended(enum proc_end end, int status, const struct mbuf *out,
		  void *arg)
{
	(void)arg;
	++got.n;
	got.end = end;
	got.status = status;
	got.out[0] = '\0';
	if (out)
		(void)re_snprintf(got.out, sizeof(got.out), "%b", out->buf,
				  out->end);
	re_cancel();
}


static void give_up(void *arg)
{
	(void)arg;
	re_cancel();
}


/* Run the loop until a handler cancels it */
static void loop(uint64_t ms)
{
	struct timer tmr = {0};

	timer_start(&tmr, ms, give_up, NULL);
	(void)re_main(NULL);
	timer_cancel(&tmr);
}


static int start(struct proc **pp, const char *script, uint32_t timeout_ms)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	const char *env[] = {"GREETING=hello", NULL};
	struct proc_params prm = {
		.argv = argv,
		.env = env,
		.timeout_ms = timeout_ms,
		.output = true,
	};

	memset(&got, 0, sizeof(got));

	return proc_start(pp, &prm, ended, NULL);
}


struct row {
	const char *script;
	uint32_t timeout_ms;
	enum proc_end end;
	int status;
	const char *out;
};

static const struct row rows[] = {
	{"echo $GREETING; exit 3", 5000, PROC_EXITED, 3, "hello\n"},
	{"true", 0, PROC_EXITED, 0, ""},
	{"kill -9 $$", 5000, PROC_SIGNAL, SIGKILL, ""},
	{"echo a; sleep 60", 100, PROC_TIMEOUT, SIGTERM, "a\n"},
	{"head -c 300000 /dev/zero | tr '\\0' x; exit 7", 5000, PROC_EXITED,
	 7, NULL},
	/* what is ours is not its own */
	{"ls /proc/self/fd | wc -l", 5000, PROC_EXITED, 0, "4\n"},
	{"cat; echo end", 5000, PROC_EXITED, 0, "end\n"},
};


static void test_ends(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct proc *p = NULL;

		assert_int_equal(start(&p, rows[i].script,
				       rows[i].timeout_ms),
				 0);
		loop(10000);
		assert_int_equal(got.n, 1);
		assert_int_equal(got.end, rows[i].end);
		assert_int_equal(got.status, rows[i].status);
		if (rows[i].out)
			assert_string_equal(got.out, rows[i].out);
		assert_int_equal(proc_count(), 0);
		mem_deref(p);
	}
}


/* The mask and the ignored signals of ours are not the child's */
static void test_signals_are_fresh(void **state)
{
	struct proc *p = NULL;
	sigset_t set, old;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, &old);
	(void)signal(SIGPIPE, SIG_IGN);

	/* signals 1 to 28: libc keeps a few high ones to itself */
	assert_int_equal(start(&p, "grep -E 'Sig(Blk|Ign)' /proc/self/status |"
				   " sed 's/:.*\\(.\\{7\\}\\)$/ \\1/'",
			       5000),
			 0);
	loop(10000);
	assert_string_equal(got.out, "SigBlk 0000000\nSigIgn 0000000\n");
	mem_deref(p);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
}


static void test_no_program(void **state)
{
	const char *argv[] = {"/no/such/program", NULL};
	struct proc_params prm = {.argv = argv};
	struct proc *p = NULL;

	assert_int_equal(proc_start(&p, &prm, ended, NULL), ENOENT);
	assert_null(p);
	argv[0] = NULL;
	assert_int_equal(proc_start(&p, &prm, ended, NULL), EINVAL);
	assert_int_equal(proc_count(), 0);
}


/* Who gives the handle up is told nothing; the child is collected */
static void test_given_up(void **state)
{
	struct proc *p = NULL;
	uint64_t end = clock_ms() + 5000;

	assert_int_equal(start(&p, "exit 1", 5000), 0);
	mem_deref(p);
	while (proc_count() && clock_ms() < end)
		loop(20);
	assert_int_equal(proc_count(), 0);
	assert_int_equal(got.n, 0);
}


static void test_kill(void **state)
{
	struct proc *p = NULL;

	assert_int_equal(start(&p, "trap 'exit 9' HUP; while :; do sleep "
				   "0.02; done", 0), 0);
	loop(200);
	assert_int_equal(got.n, 0);
	proc_signal(p, SIGHUP);
	loop(5000);
	assert_int_equal(got.end, PROC_EXITED);
	assert_int_equal(got.status, 9);
	mem_deref(p);

	assert_int_equal(start(&p, "sleep 60", 0), 0);
	proc_kill(p);
	loop(5000);
	assert_int_equal(got.end, PROC_SIGNAL);
	assert_int_equal(got.status, SIGTERM);
	mem_deref(p);
}


/* Pipes to and from it, and a third one */
static void test_pipes(void **state)
{
	const char *argv[] = {"sh", "-c", "read x; echo got $x; cat <&3; "
					  "ls /proc/self/fd | wc -l", NULL};
	struct proc_params prm = {.argv = argv, .pipes = true};
	struct proc *p = NULL;
	char buf[128] = "";
	int in, out, three[2];
	ssize_t n = 0, k;

	assert_int_equal(pipe(three), 0);
	assert_int_equal(write(three[1], "abc\n", 4), 4);
	assert_int_equal(close(three[1]), 0);
	prm.fd3 = three[0];
	memset(&got, 0, sizeof(got));
	assert_int_equal(proc_start(&p, &prm, ended, NULL), 0);
	assert_int_equal(close(three[0]), 0);

	proc_fds(p, &in, &out);
	assert_true(in >= 0 && out >= 0);
	assert_int_equal(write(in, "word\n", 5), 5);
	loop(5000);
	while ((k = read(out, buf + n, sizeof(buf) - 1 - (size_t)n)) > 0)
		n += k;
	assert_string_equal(buf, "got word\nabc\n5\n");
	assert_int_equal(got.n, 1);
	mem_deref(p);
}


static void test_close(void **state)
{
	struct proc *p = NULL;

	assert_int_equal(start(&p, "sleep 60", 0), 0);
	assert_int_equal(proc_count(), 1);
	proc_close();
	assert_int_equal(proc_count(), 0);
	proc_kill(p); /* it has gone */
	mem_deref(p);
}


static int set_up(void **state)
{
	return libre_init() || timers_init();
}


static int tear_down(void **state)
{
	timers_close();
	libre_close();

	return 0;
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_signals_are_fresh),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_close),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
