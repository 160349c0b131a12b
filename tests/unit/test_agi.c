/**
 * @file tests/unit/test_agi.c  A program drives the call
 *
 * The programs are shell scripts: a list of commands is sent, one after the
 * reply to the one before, and what came is written to a file that the test
 * reads.
 */
#include "call_util.h"
#include "b2bua/transfer.h"
#include <signal.h>
#include "apps/apps.h"
#include "proc_util.h"

static char script[128], replies[128];


/* --- the world ------------------------------------------------------------ */

static void write_script(const char *body)
{
	FILE *f = fopen(script, "w");

	assert_non_null(f);
	assert_true(fprintf(f,
			    "#!/bin/sh\n"
			    "R=%s\n: > $R\n"
			    "while read l && [ -n \"$l\" ]; do "
			    "echo \"$l\" >> $R.env; done\n"
			    "say() { echo \"$*\"; read r; "
			    "printf '%%s\\n' \"$r\" >> $R; }\n"
			    "%s\n",
			    replies, body) > 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(script, 0700), 0);
}


static char *read_file(const char *path)
{
	static char buf[8192];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, sizeof(buf) - 1, f);
	buf[n] = '\0';
	(void)fclose(f);

	return buf;
}


static void expect_replies(const char *want)
{
	assert_string_equal(read_file(replies), want);
}


static struct call *start(const char *args)
{
	planf("[c]\nexten => 1,1,AGI(%s%s)\n"
	      "exten => 1,2,NoOp(status ${AGISTATUS} V ${V})\n"
	      "exten => s,1,NoOp(sub ${ARG1})\n"
	      "exten => s,2,Return(back)\n"
	      "exten => 7,2,NoOp(seven two)\n"
	      "exten => h,1,NoOp(h ${AGISTATUS})\n",
	      script, args);

	return dial_in("c", "1");
}


/* --- what it is told ------------------------------------------------------ */

static void test_environment(void **state)
{
	char path[140], *env;

	write_script("echo \"args $*\" >> $R");
	(void)start(",a b,c");
	spin_until_gone(3000);
	expect_replies("args a b c\n");

	(void)re_snprintf(path, sizeof(path), "%s.env", replies);
	env = read_file(path);
	assert_non_null(strstr(env, "agi_request: /"));
	assert_non_null(strstr(env, "agi_channel: SIP/1001-00000001\n"));
	assert_non_null(strstr(env, "agi_callerid: 1001\n"));
	assert_non_null(strstr(env, "agi_calleridname: Ann\n"));
	assert_non_null(strstr(env, "agi_context: c\n"));
	assert_non_null(strstr(env, "agi_extension: 1\n"));
	assert_non_null(strstr(env, "agi_priority: 1\n"));
	assert_non_null(strstr(env, "agi_enhanced: 0.0\n"));
	assert_non_null(strstr(env, "agi_arg_1: a b\n"));
	assert_non_null(strstr(env, "agi_arg_2: c\n"));
	trace_has("NoOp(status SUCCESS V )");
	(void)unlink(path);
}


/* A caller's name makes no second line */
static void test_name_is_one_line(void **state)
{
	struct call *call;
	char path[140];

	write_script("");
	planf("[c]\nexten => 1,1,AGI(%s)\n", script);
	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	str_ncpy(call->cid_name, "A\nagi_request: evil\r\n\n",
		 sizeof(call->cid_name));
	call_run(call, leg_new(call, "1001", NULL, false), "c", "1");
	spin_until_gone(3000);
	(void)re_snprintf(path, sizeof(path), "%s.env", replies);
	assert_non_null(strstr(read_file(path),
			       "agi_calleridname: A agi_request: evil"));
	(void)unlink(path);
}


/* --- commands ------------------------------------------------------------- */

struct row {
	const char *send;
	const char *want;
};

/* clang-format off */
static const struct row rows[] = {
	{"NOOP", "200 result=0"},
	{"noop anything at all", "200 result=0"},
	{"ANSWER", "200 result=0"},
	{"CHANNEL STATUS", "200 result=6"},
	{"CHANNEL STATUS SIP/none-1", "200 result=-1"},
	{"SET VARIABLE V \"a b\"", "200 result=1"},
	{"GET VARIABLE V", "200 result=1 (a b)"},
	{"GET VARIABLE NONE", "200 result=0"},
	{"GET VARIABLE CALLERID(num)", "200 result=1 (1001)"},
	{"GET FULL VARIABLE '${V}-${EXTEN}'", "200 result=1 ('a b-1')"},
	{"GET FULL VARIABLE ${NONE}", "200 result=0"},
	{"SET CALLERID \"Bob <55>\"", "200 result=1"},
	{"GET VARIABLE CALLERID(num)", "200 result=1 (55)"},
	{"DATABASE PUT f k \"v w\"", "200 result=1"},
	{"DATABASE GET f k", "200 result=1 (v w)"},
	{"DATABASE DEL f k", "200 result=1"},
	{"DATABASE DEL f k", "200 result=0"},
	{"DATABASE GET f k", "200 result=0"},
	{"DATABASE PUT f a 1", "200 result=1"},
	{"DATABASE DELTREE f", "200 result=1"},
	{"EXEC Set V=7", "200 result=0"},
	{"GET VARIABLE V", "200 result=1 (7)"},
	{"EXEC Nonsense x", "200 result=-2"},
	{"EXEC Wait 0.01", "200 result=0"},
	{"GOSUB c s 1 xyz", "200 result=0"},
	{"GET VARIABLE GOSUB_RETVAL", "200 result=1 (back)"},
	{"GOSUB none s 1", "200 result=0"}, /* and the call ends */
	{NULL, NULL},
};

static const struct row more[] = {
	{"VERBOSE \"hello there\" 3", "200 result=1"},
	{"SET AUTOHANGUP 0", "200 result=0"},
	{"SET MUSIC on", "200 result=0"},
	{"SET MUSIC off", "200 result=0"},
	{"SEND TEXT hello", "200 result=0"},
	{"RECEIVE CHAR 100", "200 result=-1"},
	{"ASYNCAGI BREAK", "200 result=0"},
	{"TDD MODE on", "200 result=-1"},
	{"FLY", "510 Invalid or unknown command"},
	{"GET", "510 Invalid or unknown command"},
	{"STREAM FILE welcome \"\"", "200 result=0 endpos=8000"},
	{"SAY NUMBER 42 \"\"", "200 result=0"},
	{"SAY DIGITS 12 \"\"", "200 result=0"},
	{"SAY ALPHA ab \"\"", "200 result=0"},
	{"SAY PHONETIC ab \"\"", "200 result=0"},
	{"SAY DATE 0 \"\"", "200 result=0"},
	{"SAY TIME 0 \"\"", "200 result=0"},
	{"SAY DATETIME 0 \"\" Y UTC", "200 result=0"},
	{"SAY NUMBER x \"\"", "200 result=-1"},
	{"WAIT FOR DIGIT 20", "200 result=0"},
	{"GET DATA beep 100 2", "200 result= (timeout)"},
	{"GET OPTION beep 12 50", "200 result=0 endpos=8400"},
	{"HANGUP SIP/none-1", "200 result=-1"},
	{"SET CONTEXT c", "200 result=0"},
	{"SET EXTENSION 7", "200 result=0"},
	{NULL, NULL},
};
/* clang-format on */


static void run_rows(const struct row *r)
{
	static char body[8192], want[8192];
	size_t n = 0, k = 0;

	for (; r->send; r++) {
		n += (size_t)re_snprintf(body + n, sizeof(body) - n,
					 "say '");
		for (const char *p = r->send; *p; p++)
			n += (size_t)re_snprintf(body + n, sizeof(body) - n,
						 *p == '\'' ? "'\\''" : "%c",
						 *p);
		n += (size_t)re_snprintf(body + n, sizeof(body) - n, "'\n");
		k += (size_t)re_snprintf(want + k, sizeof(want) - k, "%s\n",
					 r->want);
	}

	write_script(body);
	(void)start("");
	spin_until_gone(20000);
	expect_replies(want);
}


static void test_commands(void **state)
{
	struct row part[ARRAY_SIZE(rows)];
	size_t n = ARRAY_SIZE(rows) - 2;

	memcpy(part, rows, sizeof(part));
	part[n].send = NULL;
	run_rows(part);
	trace_has("NoOp(sub xyz)");
	trace_has("NoOp(status SUCCESS V 7)");
	trace_has("NoOp(h SUCCESS)");
}


static void test_more_commands(void **state)
{
	run_rows(more);
	/* SET EXTENSION: the next priority of the other one */
	trace_has("NoOp(seven two)");
	trace_lacks("NoOp(status");
}


static void test_usage(void **state)
{
	write_script("echo 'SET VARIABLE x'; read a; read b; read c; "
		     "printf '%s|%s|%s\\n' \"$a\" \"$b\" \"$c\" >> $R");
	(void)start("");
	spin_until_gone(3000);
	expect_replies("520-Invalid command syntax.  Proper usage follows:|"
		       "SET VARIABLE name value|"
		       "520 End of proper usage.\n");
}


/* --- digits --------------------------------------------------------------- */

static void test_digits(void **state)
{
	struct call *call;

	write_script("say 'STREAM FILE a 12'\n"
		     "say 'GET DATA b 5000 3'\n"
		     "say 'GET DATA c 5000'\n"
		     "say 'WAIT FOR DIGIT -1'\n"
		     "say 'SAY NUMBER 5 #'\n"
		     "say 'GET OPTION d 9 5000'");
	call = start("");
	spin(200);
	press(call->caller, "3"); /* not one that ends it */
	spin(50);
	press(call->caller, "2");
	spin(200);
	press(call->caller, "456");
	spin(200);
	press(call->caller, "78#");
	spin(200);
	press(call->caller, "*");
	spin(200);
	press(call->caller, "#");
	spin(1500);
	press(call->caller, "9");
	spin_until_gone(3000);
	assert_non_null(strstr(read_file(replies), "200 result=50 endpos="));
	assert_non_null(strstr(read_file(replies),
			       "\n200 result=456\n200 result=78\n"
			       "200 result=42\n200 result=35\n"
			       "200 result=57 endpos="));
}


static void test_record(void **state)
{
	struct call *call;

	write_script("say 'ANSWER'\n"
		     "say 'RECORD FILE msg wav \"#\" 10000 BEEP s=3'\n"
		     "say 'RECORD FILE msg wav \"\" -1'\n");
	call = start("");
	spin(300);
	press(call->caller, "#");
	spin(20);
	rec_end(call->caller, MEDIA_EV_REC_DONE, 1, MEDIA_REC_COMPLETE);
	spin(300);
	rec_end(call->caller, MEDIA_EV_REC_DONE, 2, MEDIA_REC_FAILED);
	spin_until_gone(3000);
	expect_replies("200 result=0\n200 result=35 (dtmf) endpos=16000\n"
		       "200 result=-1 (writefile) endpos=16000\n");
}


/* --- other applications --------------------------------------------------- */

static void test_exec_dial(void **state)
{
	struct call *call;

	write_script("say 'EXEC Dial SIP/1002,20,g'\n"
		     "say 'GET VARIABLE DIALSTATUS'");
	call = start("");
	spin(300);
	pick_up(newest());
	spin(50);
	bye(newest());
	(void)call;
	spin_until_gone(3000);
	expect_replies("200 result=0\n200 result=1 (ANSWER)\n");
	trace_has("NoOp(status SUCCESS V )");
}


/* --- the caller leaves ---------------------------------------------------- */

static void test_hangup_is_told(void **state)
{
	struct call *call;

	write_script("trap 'echo HUP >> $R' HUP\n"
		     "say 'STREAM FILE a \"\"'\n"
		     "say 'GET VARIABLE EXTEN'\n"
		     "say 'STREAM FILE b \"\"'\n"
		     "say 'SET VARIABLE V late'\n");
	call = start("");
	spin(200);
	cancel(call->caller);
	spin_until_gone(3000);
	assert_non_null(strstr(read_file(replies), "HUP\n"));
	assert_non_null(strstr(read_file(replies), "200 result=-1 endpos="));
	assert_non_null(strstr(read_file(replies), "200 result=1 (1)"));
	assert_non_null(strstr(read_file(replies),
			       "511 Command Not Permitted on a dead channel"));
	trace_has("NoOp(h HANGUP)");
}


static void test_exit_on_hangup(void **state)
{
	struct call *call;

	write_script("trap '' HUP\nsay 'SET VARIABLE AGIEXITONHANGUP yes'\n"
		     "sleep 0.5\n");
	call = start("");
	spin(200);
	cancel(call->caller);
	spin(20);
	assert_true(list_isempty(calls_list()));
	spin_until_gone(3000);
	trace_has("NoOp(h HANGUP)");
}


/* One that never ends is left alone after a while */
static void test_lingers_too_long(void **state)
{
	struct call *call;

	write_script("trap '' HUP\nsay NOOP\nexec sleep 1\n");
	call = start("");
	spin(200);
	cancel(call->caller);
	spin(50);
	assert_false(list_isempty(calls_list()));
	run(61000);
	assert_true(list_isempty(calls_list()));
	spin_until_gone(3000);
}


static void test_hangup_command(void **state)
{
	write_script("trap '' HUP\nsay HANGUP\nsay 'GET VARIABLE EXTEN'\n"
		     "say ANSWER\n");
	(void)start("");
	spin_until_gone(3000);
	expect_replies("200 result=1\n200 result=1 (1)\n511 Command Not "
		       "Permitted on a dead channel or intercept routine\n");
	trace_has("NoOp(h HANGUP)");
}


static void test_exec_hangup(void **state)
{
	struct call *call;

	write_script("trap '' HUP\nsay 'EXEC Wait 100'\n"
		     "say 'EXEC Wait 1'\nsay 'EXEC Set V=1'\n");
	call = start("");
	spin(300);
	cancel(call->caller);
	spin_until_gone(3000);
	expect_replies("200 result=-1\n200 result=-1\n200 result=0\n");
	trace_has("NoOp(h HANGUP)");
}


static void test_in_h(void **state)
{
	write_script("say 'GET VARIABLE EXTEN'\nsay ANSWER\n");
	planf("[c]\nexten => 1,1,Hangup()\n"
	      "exten => h,1,AGI(%s)\n"
	      "exten => h,2,NoOp(after ${AGISTATUS})\n", script);
	(void)dial_in("c", "1");
	spin_until_gone(3000);
	expect_replies("200 result=1 (h)\n511 Command Not Permitted on a dead "
		       "channel or intercept routine\n");
	trace_has("NoOp(after HANGUP)");
}


/* --- what cannot be run --------------------------------------------------- */

static void test_not_found(void **state)
{
	plan("[c]\nexten => _X,1,AGI(/none/at/all)\n"
	     "exten => _X,2,NoOp(a ${AGISTATUS})\n"
	     "exten => _X,3,AGI(x${EXTEN})\n"
	     "exten => _X,4,NoOp(b ${AGISTATUS})\n"
	     "exten => _X,5,AGI(agi:async)\n"
	     "exten => _X,6,NoOp(c ${AGISTATUS})\n"
	     "exten => _X,7,AGI(agi://127.0.0.1:1/x)\n"
	     "exten => _X,8,NoOp(d ${AGISTATUS})\n");
	(void)dial_in("c", "1");
	spin_until_gone(3000);
	trace_has("NoOp(a NOTFOUND)");
	trace_has("NoOp(b FAILURE)");
	trace_has("NoOp(c FAILURE)");
	trace_has("NoOp(d FAILURE)");
}


/* What is sent without end is no line */
static void test_long_line(void **state)
{
	write_script("head -c 200000 /dev/zero | tr '\\0' x");
	(void)start("");
	spin_until_gone(3000);
	trace_has("NoOp(status FAILURE V )");
}


/* --- FastAGI -------------------------------------------------------------- */

static struct {
	struct tcp_sock *ts;
	struct tcp_conn *tc;
	uint16_t port;
	struct mbuf *got;
	bool greeted;
} net;


static void net_send(const char *text)
{
	struct mbuf *mb = mbuf_alloc(128);

	(void)mbuf_write_str(mb, text);
	mbuf_set_pos(mb, 0);
	(void)tcp_send(net.tc, mb);
	mem_deref(mb);
}


static void net_recv(struct mbuf *mb, void *arg)
{
	(void)arg;
	(void)mbuf_write_mem(net.got, mbuf_buf(mb), mbuf_get_left(mb));
	if (net.greeted || net.got->end < 2 ||
	    memcmp(net.got->buf + net.got->end - 2, "\n\n", 2))
		return;

	net.greeted = true;
	/* two commands in three pieces */
	net_send("GET VARI");
	net_send("ABLE EXTEN\r\nSET VARIABLE V ");
	net_send("net\n");
}


static void net_conn(const struct sa *peer, void *arg)
{
	(void)peer;
	(void)arg;
	assert_int_equal(tcp_accept(&net.tc, net.ts, NULL, net_recv, NULL,
				    NULL),
			 0);
}


static void test_fastagi(void **state)
{
	char *got;
	struct call *call;
	struct sa sa;

	memset(&net, 0, sizeof(net));
	net.got = mbuf_alloc(512);
	assert_int_equal(sa_set_str(&sa, "127.0.0.1", 0), 0);
	assert_int_equal(tcp_listen(&net.ts, &sa, net_conn, NULL), 0);
	assert_int_equal(tcp_sock_local_get(net.ts, &sa), 0);
	planf("[c]\nexten => 1,1,AGI(agi://127.0.0.1:%u/my/s?a=b,"
	      "x)\nexten => 1,2,NoOp(v ${V} ${AGISTATUS})\n",
	      sa_port(&sa));
	call = dial_in("c", "1");
	spin(200);
	(void)mbuf_write_u8(net.got, 0);
	got = (char *)net.got->buf;
	assert_non_null(strstr(got, "agi_network: yes\n"));
	assert_non_null(strstr(got, "agi_network_script: my/s?a=b\n"));
	assert_non_null(strstr(got, "agi_arg_1: x\n"));
	assert_non_null(strstr(got, "200 result=1 (1)\n200 result=1\n"));

	/* it goes: the plan goes on */
	net.tc = mem_deref(net.tc);
	spin(100);
	assert_true(list_isempty(calls_list()));
	trace_has("NoOp(v net SUCCESS)");

	/* the caller goes: it is told */
	mbuf_rewind(net.got);
	net.greeted = false;
	call = dial_in("c", "1");
	spin(100);
	cancel(call->caller);
	spin(100);
	(void)mbuf_write_u8(net.got, 0);
	assert_non_null(strstr((char *)net.got->buf, "\nHANGUP\n"));
	net.tc = mem_deref(net.tc);
	spin(50);
	assert_true(list_isempty(calls_list()));

	mem_deref(net.ts);
	mem_deref(net.got);
}


static int begin(void **state)
{
	if (set_up(state))
		return -1;

	(void)re_snprintf(script, sizeof(script), "%s/s.agi", tmp_dir);
	(void)re_snprintf(replies, sizeof(replies), "%s/replies", tmp_dir);

	return 0;
}


static int end(void **state)
{
	char path[140];

	(void)unlink(script);
	(void)unlink(replies);
	(void)re_snprintf(path, sizeof(path), "%s.env", replies);
	(void)unlink(path);

	return tear_down(state);
}


static int start_all(void **state)
{
	return libre_init();
}


static int stop_all(void **state)
{
	proc_close();
	say_flush();
	libre_close();

	return 0;
}


/* The phone answers when another one has taken its place */
static void test_text_to_who_has_gone(void **state)
{
	struct leg *old, *other;
	struct call *call;

	(void)state;
	slow_phones = true;
	write_script("say 'ANSWER'\nsay 'SEND TEXT hello'\n");
	call = start("");
	for (unsigned i = 0; i < 600 && !call->caller->askh; i++)
		spin(5);
	old = call->caller;
	assert_non_null(old->askh);

	other = leg_new(call, "1002", config_peer(srv.cfg, "1002"), true);
	other->st = LEG_CONFIRMED;
	assert_int_equal(0, call_swap(call, old, other, NULL));
	assert_null(old->askh);
	slow_phones = false;
	bye(other);
	spin_until_gone(3000);
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(test_environment),
		T(test_name_is_one_line),
		T(test_commands),
		T(test_more_commands),
		T(test_usage),
		T(test_digits),
		T(test_record),
		T(test_exec_dial),
		T(test_hangup_is_told),
		T(test_exit_on_hangup),
		T(test_lingers_too_long),
		T(test_hangup_command),
		T(test_exec_hangup),
		T(test_in_h),
		T(test_not_found),
		T(test_long_line),
		T(test_fastagi),
		T(test_text_to_who_has_gone),
	};

	(void)signal(SIGPIPE, SIG_IGN);

	return cmocka_run_group_tests(tests, start_all, stop_all);
}
