/**
 * @file tests/unit/queue_util.h  A queue, its members and those who wait
 *
 * Members are the phones 1002, 1003 and trunk; their state is a Custom: device
 * each, so that the test says who is in use.
 */
#ifndef TANDEM_TESTS_QUEUE_UTIL_H
#define TANDEM_TESTS_QUEUE_UTIL_H

#include "b2bua/queue.h"
#include "call_util.h"

#define QUEUE_TEST(name)                                                     \
	cmocka_unit_test_setup_teardown(name, queue_set_up, queue_tear_down)

/* Ann and Bob */
static const char members[] =
	"member => SIP/1002,0,Ann,Custom:ann\n"
	"member => SIP/1003,0,Bob,Custom:bob\n";


static inline int queue_set_up(void **state)
{
	int err = set_up(state);

	if (!err)
		err = devstate_init();

	return err ? err : queues_init();
}


static inline int queue_tear_down(void **state)
{
	calls_close();
	queues_close();
	devstate_close();

	return tear_down(state);
}


/** What the queue log has until now is of no interest */
static inline void forget_log(void)
{
	queue_lines[0] = '\0';
}


/** One queue "q" with options and members, and a plan that waits in it */
static inline void queue(const char *options, const char *mem,
			 const char *args)
{
	char conf[2048];

	(void)re_snprintf(conf, sizeof(conf), "[q]\n%s\n%s", options, mem);
	put_file("queues.conf", conf);
	planf("[c]\nexten => 1,1,Queue(q%s)\n"
	      "exten => 1,2,NoOp(=${QUEUESTATUS}=)\n"
	      "exten => 1,3,Wait(9)\n"
	      "[office]\nexten => 5,1,NoOp(five)\n"
	      "exten => 5,2,Wait(9)\n"
	      "exten => 7,1,NoOp(local)\nexten => 7,2,Wait(9)\n", args);
	queues_config(srv.cfg);
	run(1);
	forget_log();
}


static inline void busy(const char *custom, bool yes)
{
	assert_int_equal(devstate_set(custom, yes ? DEV_INUSE : DEV_NOT_INUSE),
			 0);
	run(1);
}


/** The phone that we have called, as long as it is in the call */
static inline struct leg *live(const char *name)
{
	struct leg *leg = find(name);

	assert_true(leg->st < LEG_ENDING);

	return leg;
}


/** Is it called, and has not answered? */
static inline bool rings(const char *name)
{
	for (size_t i = legc; i >= 1; i--) {
		if (legv[i]->outgoing && legv[i]->st < LEG_CONFIRMED &&
		    !strcmp(tail(legv[i]), name))
			return true;
	}

	return false;
}


/** It picks up, hangs up after that time, and time passes */
static inline void talk_with(const char *name, uint64_t talk_ms,
			     uint64_t after_ms)
{
	pick_up(live(name));
	run(talk_ms);
	bye(live(name));
	run(after_ms);
}


/** All that the queue log has since the last time */
static inline void logged(const char *want)
{
	assert_string_equal(queue_lines, want);
	forget_log();
}


/** A part of what the queue log has since the last time */
static inline void log_has(const char *part)
{
	if (!strstr(queue_lines, part))
		fail_msg("no \"%s\" in\n%s", part, queue_lines);
}


/** The files as they are on the disk */
static inline void queue_files(const char *queues, const char *extensions)
{
	put_file("queues.conf", queues);
	plan(extensions);
	queues_config(srv.cfg);
}


/** Another plan for the queues that there are */
static inline void queue_plan(const char *extensions)
{
	plan(extensions);
	queues_config(srv.cfg);
}

#endif
