/**
 * @file tests/unit/test_queue_members.c  Queues: members that come and go, reloads, lamps
 */
#include "queue_util.h"


/* --- members that are added ---------------------------------------------- */

static void test_members_are_kept(void **state)
{
	struct cq_member_params prm = {.iface = "SIP/1003", .name = "Bob",
				       .state_iface = "Custom:bob",
				       .penalty = 4, .wrapup_s = -1};
	struct cq_member_info info;

	queue("", "member => SIP/1002\n", "");
	assert_int_equal(cq_member_add(cq_find("q"), &prm, "CLI"), 0);
	assert_int_equal(cq_member_add(cq_find("q"), &prm, "CLI"), EALREADY);
	logged("ADDMEMBER SIP/1003 ");
	assert_int_equal(cq_member_pause(NULL, "SIP/1003", true, "tea"), 0);
	assert_string_equal(store_db_get("Queue/PersistentMembers", "q"),
			    "SIP/1003;4;1;Bob;Custom:bob;tea;-1");
	prm.iface = "SIP/10;03";
	assert_int_equal(cq_member_add(cq_find("q"), &prm, NULL), EINVAL);
	prm.iface = "Agent/7";
	assert_int_equal(cq_member_add(cq_find("q"), &prm, NULL), EINVAL);
	assert_int_equal(cq_member_remove(cq_find("q"), "SIP/1002", NULL),
			 EPERM);

	/* another start */
	queues_close();
	assert_int_equal(queues_init(), 0);
	queues_config(srv.cfg);
	cq_member_get(&info, cq_member_find(cq_find("q"), "SIP/1003"));
	assert_string_equal(info.name, "Bob");
	assert_string_equal(info.state_iface, "Custom:bob");
	assert_string_equal(info.reason, "tea");
	assert_int_equal(info.penalty, 4);
	assert_true(info.dynamic && info.paused);

	/* a reload leaves it, and takes what the file no longer has */
	queue("", "member => trunk\n", "");
	assert_non_null(cq_member_find(cq_find("q"), "SIP/1003"));
	assert_null(cq_member_find(cq_find("q"), "SIP/1002"));
	assert_int_equal(cq_member_remove(cq_find("q"), "SIP/1003", NULL), 0);
	assert_null(store_db_get("Queue/PersistentMembers", "q"));
}


/* More than one value holds */
static void test_many_members_are_kept(void **state)
{
	queue("", "", "");
	for (unsigned i = 0; i < 300; i++) {
		struct cq_member_params prm = {.wrapup_s = -1};
		char dev[32], name[64];

		(void)re_snprintf(dev, sizeof(dev), "Local/%u@office", i);
		(void)re_snprintf(name, sizeof(name), "A name of some length "
				  "that is the %uth", i);
		prm.iface = dev;
		prm.name = name;
		assert_int_equal(cq_member_add(cq_find("q"), &prm, NULL), 0);
	}

	assert_non_null(store_db_get("Queue/PersistentMembers", "q/2"));
	queues_close();
	assert_int_equal(queues_init(), 0);
	queues_config(srv.cfg);
	assert_non_null(cq_member_find(cq_find("q"), "Local/299@office"));
	for (unsigned i = 0; i < 300; i++) {
		char dev[32];

		(void)re_snprintf(dev, sizeof(dev), "Local/%u@office", i);
		assert_int_equal(cq_member_remove(cq_find("q"), dev, NULL),
				 0);
	}
	assert_int_equal(store_db_scan("Queue/PersistentMembers", NULL,
				       (store_db_h *)NULL, NULL), 0);
}


static void test_applications(void **state)
{
	struct call *guest;

	queue("", "", "");
	plan("[c]\nexten => 1,1,AddQueueMember(q)\n"
	     "exten => 1,2,NoOp(${AQMSTATUS})\n"
	     "exten => 1,3,AddQueueMember(q,SIP/1001,2,,Ann)\n"
	     "exten => 1,4,NoOp(${AQMSTATUS})\n"
	     "exten => 1,5,PauseQueueMember(,SIP/1001,,tea)\n"
	     "exten => 1,6,NoOp(${PQMSTATUS} "
	     "${QUEUE_MEMBER(q,paused,SIP/1001)})\n"
	     "exten => 1,7,UnpauseQueueMember(q,SIP/1001)\n"
	     "exten => 1,8,NoOp(${UPQMSTATUS} "
	     "${QUEUE_MEMBER(q,paused,SIP/1001)})\n"
	     "exten => 1,9,Set(QUEUE_MEMBER(q,penalty,SIP/1001)=7)\n"
	     "exten => 1,10,NoOp(${QUEUE_MEMBER_PENALTY(q,SIP/1001)})\n"
	     "exten => 1,11,RemoveQueueMember(q)\n"
	     "exten => 1,12,NoOp(${RQMSTATUS})\n"
	     "exten => 1,13,RemoveQueueMember(q,SIP/1001)\n"
	     "exten => 1,14,NoOp(${RQMSTATUS})\n"
	     "exten => 1,15,RemoveQueueMember(x)\n"
	     "exten => 1,16,NoOp(${RQMSTATUS})\n"
	     "exten => 1,17,QueueLog(q,id,me,DID,a|b)\n"
	     "exten => 1,18,AddQueueMember(q,SIP/trunk/${CALLERID(num)})\n"
	     "exten => 1,19,NoOp(${AQMSTATUS})\n"
	     "exten => 1,20,AddQueueMember(q,Local/${CALLERID(num)}@office)\n"
	     "exten => 1,21,NoOp(${AQMSTATUS})\n"
	     "exten => 2,1,AddQueueMember(q)\n"
	     "exten => 2,2,NoOp(${AQMSTATUS})\n");
	(void)dial_in("c", "1");
	run(100);
	trace_has(":2] NoOp(ADDED)");
	trace_has(":4] NoOp(MEMBERALREADY)");
	trace_has(":6] NoOp(PAUSED 1)");
	trace_has(":8] NoOp(UNPAUSED 0)");
	trace_has(":10] NoOp(7)");
	trace_has(":12] NoOp(REMOVED)");
	trace_has(":14] NoOp(NOTINQUEUE)");
	trace_has(":16] NoOp(NOSUCHQUEUE)");
	log_has("DID me a|b");

	/* a number that came from outside chooses no trunk */
	trace_has(":19] NoOp(NOTADDED)");
	trace_has(":21] NoOp(ADDED)");

	/* a stranger is nobody who could be rung */
	assert_int_equal(call_alloc(&guest, srv.cfg), 0);
	call_run(guest, leg_new(guest, "192.0.2.1", srv.cfg->defaults, false),
		 "c", "2");
	run(100);
	trace_has(":2] NoOp(NOTADDED)");
}


/* --- reload, lamps ------------------------------------------------------- */

static void test_reload_keeps_callers(void **state)
{
	queue("", "member => SIP/1002,0,Ann,Custom:ann\n", "");
	busy("Custom:ann", true);
	assert_int_equal(cq_member_pause(NULL, "SIP/1002", true, NULL), 0);
	(void)dial_in("c", "1");
	run(2000);
	assert_false(rings("1002"));

	queue("timeout=7", members, "");
	run(10);
	assert_int_equal(list_count(calls_list()), 1);
	assert_true(rings("1003") && !rings("1002"));

	/* the queue is gone: who waits in it is served on */
	queue_files("[other]\n",
		    "[c]\n");
	assert_null(cq_find("q"));
	run(10);
	assert_true(rings("1003"));
	pick_up(live("1003"));
	run(100);
	log_has("CONNECT Bob");
	bye(live("1003"));
	run(100);
	assert_true(list_isempty(calls_list()));
}


static char told[128];


static void lamp_handler(const char *device, enum devstate st, void *arg)
{
	size_t n = strlen(told);

	(void)arg;
	(void)re_snprintf(told + n, sizeof(told) - n, "%s=%s ", device,
			  devstate_name(st));
}


static void test_lamps(void **state)
{
	struct devstate_watch *w, *wa;

	queue("", members, "");
	told[0] = '\0';
	assert_int_equal(devstate_watch(&w, "Queue:q", lamp_handler, NULL),
			 0);
	assert_int_equal(devstate_watch(&wa, "Queue:q_avail", lamp_handler,
					NULL), 0);
	assert_int_equal(devstate_get("Queue:q"), DEV_NOT_INUSE);
	assert_int_equal(devstate_get("Queue:q_avail"), DEV_NOT_INUSE);
	(void)cq_member_pause(NULL, "SIP/1002", true, NULL);
	(void)cq_member_pause(NULL, "SIP/1003", true, NULL);
	assert_int_equal(devstate_get("Queue:q_avail"), DEV_INUSE);
	assert_int_equal(devstate_get("Queue:q_pause_SIP/1002"), DEV_INUSE);
	run(10);
	(void)dial_in("c", "1");
	assert_int_equal(devstate_get("Queue:q"), DEV_RINGING);
	assert_int_equal(devstate_get("Queue:nobody"), DEV_INVALID);
	run(10);
	cancel(newest());
	run(10);
	assert_string_equal(told, "Queue:q_avail=INUSE Queue:q=RINGING "
			    "Queue:q=NOT_INUSE ");
	mem_deref(w);
	mem_deref(wa);
}


/* What a caller sends makes no fields and no lines */
static void test_log_is_clean(void **state)
{
	struct call *call;

	queue("", "", "");
	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	str_ncpy(call->cid_num, "1|2\n3", sizeof(call->cid_num));
	call_run(call, leg_new(call, "1001", config_peer(srv.cfg, "1001"),
			       false), "c", "1");
	logged("ENTERQUEUE NONE |1_2_3|1");
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		QUEUE_TEST(test_members_are_kept),
		QUEUE_TEST(test_many_members_are_kept),
		QUEUE_TEST(test_applications),
		QUEUE_TEST(test_reload_keeps_callers),
		QUEUE_TEST(test_lamps),
		QUEUE_TEST(test_log_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
