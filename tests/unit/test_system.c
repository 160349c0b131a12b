/**
 * @file tests/unit/test_system.c  System, SHELL, the command behind a
 *                                 recording: programs are really run
 */
#include "proc_util.h"
#include "apps/command.h"


static void plan_allowed(const char *steps)
{
	plan(steps);
	srv.cfg->tandem.allowsystem = true;
	srv.cfg->tandem.systemtimeout_s = 1;
}


/* --- taking a command apart ---------------------------------------------- */

struct row {
	const char *plan; /* argument of System; W is what a caller sent */
	const char *wire;
	const char *want; /* what `printf '%s|' ARGS` writes; NULL: refused */
};

/* clang-format off */
static const struct row rows[] = {
	{"printf '%s.' a  b", "", "a.b."},
	{"printf %s. ${W}", "x y", "x y."},
	{"printf %s. ${W}", "$(id)", "$(id)."},
	{"printf %s. ${W} z", "a;b|c&d`e`>f", "a;b|c&d`e`>f.z."},
	{"printf '%s.' \"${W}\" 'it''s'", "\"'\\", "\"'\\.its."},
	{"printf %s. a${W}b", "-x", "a-xb."},
	{"printf %s. \"\" ${W}", "1", ".1."},
	{"printf %s. \\$HOME ${W}", "1", "$HOME.1."},
	{"printf %s. '$HOME' ${W}", "1", "$HOME.1."},
	{"printf %s. ${W}", "-n", NULL},
	{"${W} a", "ls", NULL},
	{"printf %s. ${W} | cat", "1", NULL},
	{"printf %s. ${W} > /tmp/x", "1", NULL},
	{"printf %s. \"$HOME ${W}\"", "1", NULL},
	{"printf %s. `id` ${W}", "1", NULL},
	{"printf %s. ${W} 'open", "1", NULL},
	{"printf %s. $HOME | sed s/.*/none/ #${NONE}", "", "none"},
};
/* clang-format on */


/* What is taken apart is what SHELL runs: its output tells */
static void test_words(void **state)
{
	char text[1024];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct call *call;

		(void)re_snprintf(text, sizeof(text),
				  "[c]\nexten => _X,1,Set(R=<${SHELL(%s)}>)\n"
				  "exten => _X,2,NoOp(r ${R})\n",
				  rows[i].plan);
		plan_allowed(text);
		assert_int_equal(call_alloc(&call, srv.cfg), 0);
		assert_int_equal(call_set_var(call, "W", rows[i].wire, true),
				 0);
		call_run(call, leg_new(call, "1001", NULL, false), "c", "1");
		spin_until_gone(3000);

		(void)re_snprintf(text, sizeof(text), "NoOp(r <%s>)",
				  rows[i].want ? rows[i].want : "");
		if (!strstr(cdr_trace, text))
			fail_msg("%s with %s: no \"%s\" in\n%s", rows[i].plan,
				 rows[i].wire, text, cdr_trace);
		forget_legs();
	}
}


/* --- System --------------------------------------------------------------- */

static void test_system(void **state)
{
	plan_allowed("[c]\nexten => 1,1,System(true)\n"
		     "exten => 1,2,NoOp(a ${SYSTEMSTATUS})\n"
		     "exten => 1,3,System(exit 3)\n"
		     "exten => 1,4,NoOp(b ${SYSTEMSTATUS})\n"
		     "exten => 1,5,TrySystem(/none)\n"
		     "exten => 1,6,NoOp(c ${SYSTEMSTATUS})\n"
		     "exten => 1,7,System(sleep 60)\n"
		     "exten => 1,8,NoOp(d ${SYSTEMSTATUS})\n");
	(void)dial_in("c", "1");
	spin_until_gone(5000);
	trace_has("NoOp(a SUCCESS)");
	trace_has("exit 3");
	trace_has("NoOp(b APPERROR)");
	trace_has("NoOp(c FAILURE)");
	trace_has("took too long");
	trace_has("NoOp(d APPERROR)");
}


static void test_not_allowed(void **state)
{
	plan("[c]\nexten => 1,1,System(true)\n"
	     "exten => 1,2,NoOp(a ${SYSTEMSTATUS} ${SHELL(echo x)}.)\n");
	(void)dial_in("c", "1");
	spin_until_gone(1000);
	trace_has("NoOp(a FAILURE .)");
	assert_int_equal(proc_count(), 0);
}


/* The caller leaves: h runs a program too, the first one goes on */
static void test_hangup(void **state)
{
	char text[512];
	struct call *call;
	char path[128];

	(void)re_snprintf(path, sizeof(path), "%s/done", tmp_dir);
	(void)re_snprintf(text, sizeof(text),
			  "[c]\nexten => 1,1,System(sleep 0.2 && echo x > "
			  "%s)\nexten => h,1,System(exit 5)\n"
			  "exten => h,2,NoOp(h ${SYSTEMSTATUS})\n", path);
	plan_allowed(text);
	call = dial_in("c", "1");
	run(10);
	cancel(call->caller);
	spin_until_gone(3000);
	trace_has("NoOp(h APPERROR)");
	assert_int_equal(access(path, F_OK), 0);
	(void)unlink(path);
}


/* --- SHELL ---------------------------------------------------------------- */

static void test_shell(void **state)
{
	plan_allowed("[c]\nexten => 1,1,Set(N=0)\n"
		     "exten => 1,2,NoOp(${SHELL(printf one)} "
		     "${SHELL(printf two)} ${SHELL(printf one)})\n"
		     "exten => 1,3,NoOp(${IF($[\"${SHELL(printf 7)}\" = \"7\"]"
		     "?yes:no)})\n"
		     "exten => 1,4,NoOp(end ${SHELL(exit 1)}.)\n"
		     "exten => 1,5,NoOp(late ${SHELL(sleep 60)}.)\n");
	(void)dial_in("c", "1");
	spin_until_gone(5000);
	trace_has("NoOp(one two one)");
	trace_has("NoOp(yes)");
	trace_has("NoOp(end .)");
	trace_has("NoOp(late .)");
}


static void test_shell_hangup(void **state)
{
	struct call *call;

	plan_allowed("[c]\nexten => 1,1,NoOp(${SHELL(sleep 0.1)})\n"
		     "exten => h,1,NoOp(h runs)\n");
	call = dial_in("c", "1");
	run(10);
	assert_int_equal(proc_count(), 1);
	cancel(call->caller);
	run(10);
	trace_has("NoOp(h runs)");
	assert_true(list_isempty(calls_list()));
	spin_until_gone(3000);
	assert_int_equal(proc_count(), 0);
}


/* --- the command behind a recording --------------------------------------- */

static void test_mixmonitor_command(void **state)
{
	char text[512], path[128];
	struct call *call;
	FILE *f;

	(void)re_snprintf(path, sizeof(path), "%s/cmd", tmp_dir);
	(void)re_snprintf(text, sizeof(text),
			  "[c]\nexten => 1,1,Answer()\n"
			  "exten => 1,2,Set(A=first)\n"
			  "exten => 1,3,MixMonitor(/tmp/x.wav,,"
			  "echo ^{A} > %s)\n"
			  "exten => 1,4,Set(A=second)\n"
			  "exten => 1,5,Wait(1)\n", path);
	plan_allowed(text);
	call = dial_in("c", "1");
	run(100);
	assert_int_not_equal(access(path, F_OK), 0);
	rec_end(call->caller, MEDIA_EV_REC_DONE, 1, MEDIA_REC_COMPLETE);
	spin_until_gone(3000);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, "first\n");
	(void)unlink(path);
}


static int start(void **state)
{
	return libre_init();
}


static int stop(void **state)
{
	proc_close();
	libre_close();

	return 0;
}


/* MONITOR_EXEC runs when the files are finished: not in a pause, and when that
 * is how it ends */
static void test_monitor_command(void **state)
{
	char text[512], path[128];
	struct call *call;

	(void)state;
	(void)re_snprintf(path, sizeof(path), "%s/cmd", tmp_dir);
	for (unsigned i = 0; i < 2; i++) {
		(void)re_snprintf(text, sizeof(text),
				  "[c]\nexten => 1,1,Set(MONITOR_EXEC=echo)\n"
				  "exten => 1,2,Set(MONITOR_EXEC_ARGS=> %s)\n"
				  "exten => 1,3,Answer()\n"
				  "exten => 1,4,Monitor(wav,/tmp/m)\n"
				  "exten => 1,5,PauseMonitor()\n"
				  "exten => 1,6,UnpauseMonitor()\n"
				  "exten => 1,7,Wait(1)\n"
				  "exten => 1,8,PauseMonitor()\n"
				  "exten => 1,9,Wait(1)\n"
				  "exten => 1,10,%s\n"
				  "exten => 1,11,Wait(100)\n", path,
				  i ? "Wait(100)" : "StopMonitor()");
		plan_allowed(text);
		call = dial_in("c", "1");
		run(100);
		rec_end(call->caller, MEDIA_EV_REC_DONE, 1, MEDIA_REC_COMPLETE);
		rec_end(call->caller, MEDIA_EV_REC_DONE, 2, MEDIA_REC_COMPLETE);
		spin(200);
		assert_int_not_equal(access(path, F_OK), 0);
		run(1000);
		rec_end(call->caller, MEDIA_EV_REC_DONE, 3, MEDIA_REC_COMPLETE);
		rec_end(call->caller, MEDIA_EV_REC_DONE, 4, MEDIA_REC_COMPLETE);
		spin(200);
		assert_int_not_equal(access(path, F_OK), 0);
		run(1000);
		if (i)
			bye(call->caller);
		for (unsigned n = 0; n < 600 && access(path, F_OK); n++)
			spin(5);
		assert_int_equal(access(path, F_OK), 0);
		if (!i)
			bye(call->caller);
		spin_until_gone(3000);
		(void)unlink(path);
		legc = 0;
		forget_legs();
	}
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_words),
		T(test_system),
		T(test_not_allowed),
		T(test_hangup),
		T(test_shell),
		T(test_shell_hangup),
		T(test_mixmonitor_command),
		T(test_monitor_command),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
