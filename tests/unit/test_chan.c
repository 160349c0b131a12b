/**
 * @file test_chan.c  A channel of messages between threads
 */
#include "routing_util.h"
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include "base/chan.h"
#include "base/timer.h"


struct message {
	struct chan_msg head;
	unsigned sender;
	unsigned n;
};


/* What the receiver saw */
struct inbox {
	struct chan *ch;
	unsigned got;
	unsigned next[8]; /* number expected of each sender */
	unsigned want;    /* ends the loop */
	unsigned echo;    /* send on from the handler */
	bool close;       /* let the channel go in the handler */
};


static struct message *message(unsigned sender, unsigned n)
{
	struct message *m = calloc(1, sizeof(*m));

	m->head.type = 7;
	m->sender    = sender;
	m->n         = n;

	return m;
}


static void receive(struct chan_msg *msg, void *arg)
{
	struct message *m = (struct message *)msg;
	struct inbox *in  = arg;

	assert_int_equal(msg->type, 7);
	assert_null(msg->next);
	assert_int_equal(m->n, in->next[m->sender]);
	++in->next[m->sender];
	++in->got;

	if (in->echo) {
		--in->echo;
		m->n = in->next[m->sender];
		assert_int_equal(chan_send(in->ch, msg), 0);
	}
	else {
		free(m);
	}

	if (in->close) {
		in->close = false;
		in->ch    = mem_deref(in->ch);
	}

	if (in->want && in->got == in->want)
		re_cancel();
}


static int setup(void **state)
{
	(void)state;

	return libre_init();
}


static int teardown(void **state)
{
	(void)state;
	libre_close();

	return 0;
}


static void test_order_and_limit(void **state)
{
	struct inbox in = {.ch = NULL};
	struct message *m;

	(void)state;
	assert_int_equal(chan_alloc(&in.ch, 3, receive, &in), 0);
	assert_int_equal(chan_poll(in.ch), 0);

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(chan_send(in.ch, &message(0, i)->head), 0);

	/* full: the message is still ours */
	m = message(0, 3);
	assert_int_equal(chan_send(in.ch, &m->head), ENOBUFS);
	assert_int_equal(chan_count(in.ch), 3);
	chan_send_always(in.ch, &m->head);
	assert_int_equal(chan_count(in.ch), 4);

	assert_int_equal(chan_poll(in.ch), 4);
	assert_int_equal(in.got, 4);
	assert_int_equal(chan_count(in.ch), 0);
	assert_int_equal(chan_poll(in.ch), 0);

	assert_int_equal(chan_send(NULL, NULL), EINVAL);
	assert_int_equal(chan_alloc(NULL, 0, receive, NULL), EINVAL);
	assert_int_equal(chan_alloc(&in.ch, 0, NULL, NULL), EINVAL);
	mem_deref(in.ch);
}


/* What still waits is handed over when the channel ends */
static void test_free_delivers(void **state)
{
	struct inbox in = {.ch = NULL};

	(void)state;
	assert_int_equal(chan_alloc(&in.ch, 0, receive, &in), 0);

	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(chan_send(in.ch, &message(0, i)->head), 0);

	mem_deref(in.ch);
	assert_int_equal(in.got, 5);
}


/* A message that the handler sends waits for the next round */
static void test_send_in_handler(void **state)
{
	struct inbox in = {.echo = 3};

	(void)state;
	assert_int_equal(chan_alloc(&in.ch, 0, receive, &in), 0);
	assert_int_equal(chan_send(in.ch, &message(0, 0)->head), 0);

	for (unsigned i = 1; i <= 4; i++) {
		assert_int_equal(chan_poll(in.ch), 1);
		assert_int_equal(in.got, i);
	}

	assert_int_equal(chan_poll(in.ch), 0);
	mem_deref(in.ch);
}


static void test_free_in_handler(void **state)
{
	struct inbox in = {.close = true};
	struct chan *ch;

	(void)state;
	assert_int_equal(chan_alloc(&in.ch, 0, receive, &in), 0);
	ch = in.ch;

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(chan_send(ch, &message(0, i)->head), 0);

	assert_int_equal(chan_poll(ch), 3);
	assert_null(in.ch);
	assert_int_equal(in.got, 3);
}


/* --- threads ------------------------------------------------------------- */

enum { SENDERS = 4, PER_SENDER = 20000 };

struct sender {
	pthread_t thread;
	struct chan *ch;
	unsigned id;
};


static void *send_thread(void *arg)
{
	struct sender *s = arg;

	for (unsigned i = 0; i < PER_SENDER; i++) {
		struct message *m = message(s->id, i);

		while (chan_send(s->ch, &m->head))
			sched_yield();
	}

	return NULL;
}


static void give_up(void *arg)
{
	(void)arg;
	re_cancel();
}


/* Through the loop: nothing is lost, each sender's order is kept */
static void test_threads(void **state)
{
	struct inbox in = {.want = SENDERS * PER_SENDER};
	struct sender sv[SENDERS];
	struct timer guard = {0};

	(void)state;
	assert_int_equal(timers_init(), 0);
	assert_int_equal(chan_alloc(&in.ch, 1000, receive, &in), 0);

	for (unsigned i = 0; i < SENDERS; i++) {
		sv[i].ch = in.ch;
		sv[i].id = i;
		assert_int_equal(pthread_create(&sv[i].thread, NULL,
						send_thread, &sv[i]),
				 0);
	}

	timer_start(&guard, 60000, give_up, NULL);
	assert_int_equal(re_main(NULL), 0);
	assert_true(timer_runs(&guard));

	for (unsigned i = 0; i < SENDERS; i++) {
		assert_int_equal(pthread_join(sv[i].thread, NULL), 0);
		assert_int_equal(in.next[i], PER_SENDER);
	}

	assert_int_equal(chan_count(in.ch), 0);
	timers_close();
	mem_deref(in.ch);
}


/* Sent before the loop runs, seen when it does */
static void test_wakes_loop(void **state)
{
	struct inbox in    = {.want = 2};
	struct timer guard = {0};

	(void)state;
	assert_int_equal(timers_init(), 0);
	assert_int_equal(chan_alloc(&in.ch, 0, receive, &in), 0);
	assert_int_equal(chan_send(in.ch, &message(0, 0)->head), 0);
	assert_int_equal(chan_send(in.ch, &message(0, 1)->head), 0);
	timer_start(&guard, 10000, give_up, NULL);
	assert_int_equal(re_main(NULL), 0);
	assert_int_equal(in.got, 2);
	timers_close();
	mem_deref(in.ch);
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_order_and_limit),
		CASE(test_free_delivers),
		CASE(test_send_in_handler),
		CASE(test_free_in_handler),
		CASE(test_threads),
		CASE(test_wakes_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
