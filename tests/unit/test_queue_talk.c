/**
 * @file tests/unit/test_queue_talk.c  Queues: what is said before a talk, who
 *                                     talks, what is kept of it
 */
#include "queue_util.h"


/* --- what the sides are told ---------------------------------------------- */

/* To the member: delay, announcement, the time the caller has waited */
static void test_member_is_told(void **state)
{
	queue("announce=sales\nreportholdtime=yes\nmemberdelay=2",
	      members, "");
	(void)dial_in("c", "1");
	run(65000);
	run(6000);
	pick_up(live("1002"));
	forget_notes();
	forget_log();
	run(1900);
	expect("");
	run(200);
	expect("play 1002 sales&queue-reporthold&digits/1&queue-minute&"
	       "digits/11&queue-seconds");
	logged("");
	run(1000);
	expect("quiet 1001; 200 1001; bridge 1001 1002");
	log_has("CONNECT Ann 71|");
}


/* It hangs up while it is told: the caller waits on */
static void test_member_leaves_early(void **state)
{
	queue("announce=sales\nretry=2", members, "");
	(void)dial_in("c", "1");
	run(10);
	pick_up(live("1002"));
	run(500);
	forget_notes();
	forget_log();
	bye(live("1002"));
	run(10);
	logged("AGENTDUMP Ann ");
	expect("loop 1001 ~/moh/a.gsm&~/moh/b.wav");
	run(2000);
	assert_true(rings("1002") && rings("1003"));
}


/* The caller is told as well, and both wait for it */
static void test_caller_is_told(void **state)
{
	queue("queue-callerannounce=agent-comes", members, "");
	(void)dial_in("c", "1");
	run(10);
	forget_notes();
	pick_up(live("1002"));
	expect("hangup 1003 26 elsewhere; play 1001 agent-comes");
	run(1000);
	expect("200 1001; bridge 1001 1002");
}


static void sub_plan(const char *args)
{
	planf("[c]\nexten => 1,1,Queue(q%s)\n"
	      "[sub]\nexten => s,1,Playback(${ARG1}-${MEMBERNAME})\n"
	      "exten => s,2,Return()\n"
	      "[macro-mac]\nexten => s,1,Playback(mac-${ARG1})\n", args);
	queues_config(srv.cfg);
}


/* Its side runs a piece of the plan before the talk */
static void test_member_runs_a_subroutine(void **state)
{
	struct call *call;

	queue("setinterfacevar=yes\nretry=2", members, "");
	sub_plan(",,,,,,mac^one,sub^two");
	(void)dial_in("c", "1");
	run(3000);
	forget_notes();
	pick_up(live("1002"));
	run(1);
	expect("hangup 1003 26 elsewhere; play 1002 mac-one");
	run(1000);
	expect("play 1002 two-Ann");
	assert_null(strstr(queue_lines, "CONNECT"));
	run(1100);
	noted("200 1001; bridge 1001 1002");
	log_has("CONNECT Ann 3|");
	run(1000);
	bye(live("1002"));
	run(10);

	/* it hangs up meanwhile: the caller waits on */
	call = dial_in("c", "1");
	run(10);
	pick_up(live("1002"));
	run(500);
	forget_log();
	bye(live("1002"));
	run(10);
	logged("AGENTDUMP Ann ");
	run(2100);
	assert_true(rings("1002") && rings("1003"));

	/* the caller does */
	pick_up(live("1003"));
	run(10);
	forget_log();
	cancel(call->caller);
	run(10);
	logged("ABANDON NONE 1|1|2");
	assert_true(list_isempty(calls_list()));
}


static void test_membergosub_of_the_queue(void **state)
{
	queue("membergosub=sub,two", members, "");
	sub_plan("");
	(void)dial_in("c", "1");
	run(10);
	forget_notes();
	pick_up(live("1002"));
	run(1);
	noted("play 1002 two-");
	run(1100);
	noted("bridge 1001 1002");
}


/* --- who takes the caller ------------------------------------------------- */

/* The plan behind a Local/ member takes the caller itself */
static void test_local_member_takes_the_caller(void **state)
{
	queue("", "member => Local/7@office/n,0,Desk\n", "");
	queue_plan("[c]\nexten => 1,1,Queue(q)\n"
		   "[office]\nexten => 7,1,Playback(hello)\n"
		   "exten => 7,2,Wait(5)\n");
	(void)dial_in("c", "1");
	run(100);
	noted("play 1001 hello");
	log_has("CONNECT Desk 0|");
	log_has("BLINDTRANSFER Desk 7|office|");
	assert_null(cq_caller_next(cq_find("q"), NULL));
}


/* ... or rings a phone, whose answer is the member's */
static void test_local_member_dials(void **state)
{
	queue("", "member => Local/8@office/n,0,Desk\n", "");
	queue_plan("[c]\nexten => 1,1,Queue(q)\n"
		   "[office]\nexten => 8,1,Dial(SIP/1002,20)\n");
	(void)dial_in("c", "1");
	run(10);
	ring(live("1002"));
	pick_up(live("1002"));
	run(10);
	noted("bridge 1001 1002");
	log_has("CONNECT Desk 0|");
	run(3000);
	bye(live("1002"));
	run(10);
	log_has("COMPLETEAGENT Desk 0|3|1");
}


/* Somebody else picks it up while it rings */
static void test_picked_up(void **state)
{
	struct call *call, *other;
	struct leg *leg;

	queue("", members, "");
	call = dial_in("c", "1");
	run(2000);
	assert_int_equal(call_alloc(&other, srv.cfg), 0);
	leg = leg_new(other, "trunk", config_peer(srv.cfg, "trunk"), false);
	leg->st = LEG_CONFIRMED;
	forget_notes();
	assert_int_equal(fork_pickup(call->fork, leg), 0);
	run(10);
	noted("bridge 1001 trunk");
	log_has("CONNECT SIP/trunk-");
	bye(leg);
	run(10);
	log_has("COMPLETEAGENT SIP/trunk-");
	call_end(other, 0);
}


/* --- variables, recording ------------------------------------------------ */

static void test_variables(void **state)
{
	queue_files("[q]\nsetinterfacevar=yes\nsetqueueentryvar=yes\n"
		    "setqueuevar=yes\nmaxlen=7\nservicelevel=30\n"
		    "member => SIP/1002,3,Ann,Custom:ann\n",
		    "[c]\nexten => 1,1,Queue(q,c)\n"
		    "exten => 1,2,NoOp(${MEMBERINTERFACE} ${MEMBERNAME} "
		    "${MEMBERPENALTY} ${MEMBERDYNAMIC} ${QEHOLDTIME} "
		    "${QEORIGINALPOS} ${QUEUENAME} ${QUEUEMAX} ${QUEUESTRATEGY})\n"
		    "exten => 1,3,NoOp(${QUEUE_MEMBER(q,count)} "
		    "${QUEUE_MEMBER(q,penalty,SIP/1002)} "
		    "${QUEUE_MEMBER_LIST(q)} ${QUEUE_WAITING_COUNT(q)} "
		    "${QUEUE_EXISTS(q)}${QUEUE_EXISTS(x)} ${QUEUE_VARIABLES(q)} "
		    "${QUEUECOMPLETED} ${QUEUESRVLEVELPERF})\n"
		    "exten => 1,4,Wait(9)\n");
	(void)dial_in("c", "1");
	run(4000);
	talk_with("1002", 1000, 10000);
	trace_has("NoOp(SIP/1002 Ann 3 0 4 1 q 7 ringall)");
	trace_has("NoOp(1 3 SIP/1002 0 10 0 1 "
			       "100.0)");
}


static void test_recorded(void **state)
{
	queue("monitor-format=wav49|gsm", members, ",c");
	plan("[c]\nexten => 1,1,Set(MONITOR_FILENAME=sales/${EXTEN})\n"
	     "exten => 1,2,Queue(q,c)\nexten => 1,3,Wait(5)\n");
	(void)dial_in("c", "1");
	run(10);
	pick_up(live("1002"));
	noted("/monitor/sales/1.wav stereo tag 1");
	run(1000);
	forget_notes();
	bye(live("1002"));
	run(10);
	noted("stop 1001 tag 1");
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		QUEUE_TEST(test_member_is_told),
		QUEUE_TEST(test_member_leaves_early),
		QUEUE_TEST(test_caller_is_told),
		QUEUE_TEST(test_member_runs_a_subroutine),
		QUEUE_TEST(test_membergosub_of_the_queue),
		QUEUE_TEST(test_local_member_takes_the_caller),
		QUEUE_TEST(test_local_member_dials),
		QUEUE_TEST(test_picked_up),
		QUEUE_TEST(test_variables),
		QUEUE_TEST(test_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
