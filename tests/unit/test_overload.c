/**
 * @file tests/unit/test_overload.c  New calls wait behind all else
 */
#include "tests/unit/sip_test.h"
#include "base/count.h"
#include "base/text.h"

enum { CALLS = 60 };

struct fixture {
	struct sx *sx;
	struct peer peer;
	struct sa dst;
	char order[512];   /* one letter for each request, as it is served */
	size_t n;
	unsigned cost_ms;  /* of a new call */
	unsigned refused, busy;
	uint32_t pausev[CALLS];
	bool seenv[CALLS]; /* answers are repeated as time passes */
};


static void request_handler(struct sx_strans *st, const struct sx_msg *msg,
			    void *arg)
{
	struct fixture *f = arg;

	assert_true(f->n < sizeof(f->order));
	if (msg->method == SX_INVITE) {
		now_us += f->cost_ms * 1000;
		f->order[f->n++] = msg->ttag.l ? 'r' : 'I';
		(void)sx_reply(st, 486, NULL, NULL);
	}
	else if (msg->method == SX_ACK) {
		f->order[f->n++] = 'A';
	}
	else {
		f->order[f->n++] = msg->met.p[0];
		(void)sx_reply(st, 200, NULL, NULL);
	}
}


static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sx_listener *lis;
	struct sa sa;

	assert_non_null(f);
	assert_int_equal(0, sx_alloc(&f->sx, NULL, request_handler, f));
	loopback(&sa, "127.0.0.1");
	assert_int_equal(0, sx_listen(f->sx, &lis, SX_UDP, &sa));
	f->dst = *sx_listener_addr(lis);
	peer_open(&f->peer, "127.0.0.1");
	*state = f;

	return 0;
}


static int teardown(void **state)
{
	struct fixture *f = *state;

	mem_deref(f->sx);
	peer_close(&f->peer);
	assert_int_equal(0, timers_count());
	free(f);

	return 0;
}


static void request(struct fixture *f, const char *method, unsigned id,
		    const char *tag)
{
	peer_send(&f->peer, &f->dst,
		  "%s sip:x SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP %J;branch=z9hG4bK%u%s;rport\r\n"
		  "From: <sip:a@b>;tag=%u\r\nTo: <sip:x>%s\r\n"
		  "Call-ID: %u\r\nCSeq: 1 %s\r\nMax-Forwards: 9\r\n"
		  "Contact: <sip:a@%J>\r\nContent-Length: 0\r\n\r\n",
		  method, &f->peer.addr, id,
		  str_cmp(method, "CANCEL") ? method : "INVITE", id, tag, id,
		  method, &f->peer.addr);
}


static bool served(void *arg)
{
	struct fixture *f = arg;

	return f->n >= 7;
}


/* These datagrams are one read: a call and what belongs to others */
static void test_what_came_with_it_is_first(void **state)
{
	struct fixture *f = *state;

	request(f, "INVITE", 1, "");
	request(f, "BYE", 2, ";tag=t");
	request(f, "INVITE", 3, ";tag=t");
	request(f, "OPTIONS", 4, "");
	request(f, "INVITE", 5, "");
	request(f, "REGISTER", 6, "");
	request(f, "ACK", 7, ";tag=t");
	assert_true(run_until(served, f));
	assert_memory_equal(f->order, "BrORAII", 7);
}


/* A call and the CANCEL that follows at once: not the other way round */
static void test_cancel_does_not_overtake(void **state)
{
	struct fixture *f = *state;

	request(f, "INVITE", 1, "");
	request(f, "CANCEL", 1, "");
	while (!peer_has(&f->peer) || !strstr(f->peer.buf, "CANCEL"))
		pump();
	assert_memory_equal(f->peer.buf, "SIP/2.0 200", 11);
	assert_memory_equal(f->order, "I", 1);
}


static uint32_t number(const struct peer *p, const char *name)
{
	struct pl pl;
	uint64_t n;

	pl_set_str(&pl, peer_hdr(p, name));
	assert_int_equal(0, num_decode(&n, &pl, UINT32_MAX));

	return (uint32_t)n;
}


static bool all_answered(void *arg)
{
	struct fixture *f = arg;

	while (peer_has(&f->peer)) {
		const bool late = starts(f->peer.buf, "SIP/2.0 503 ");
		uint32_t id;

		if (!late && !starts(f->peer.buf, "SIP/2.0 486 "))
			continue;

		id = number(&f->peer, "Call-ID");
		assert_true(id < CALLS);
		if (f->seenv[id])
			continue;

		f->seenv[id] = true;
		if (late)
			f->pausev[f->refused++] = number(&f->peer,
							 "Retry-After");
		else
			++f->busy;
	}

	return f->busy + f->refused >= CALLS;
}


/* Each takes 20 ms here: who would wait for more than 250 ms is refused, and
 * told to come back at a time of its own */
static void test_late_calls_are_refused(void **state)
{
	struct fixture *f = *state;
	const uint64_t before = count_get(COUNT_SIP_OVERLOAD);
	unsigned differ = 0;

	f->cost_ms = 20;
	for (unsigned i = 0; i < CALLS; i++)
		request(f, "INVITE", i, "");

	assert_true(run_until(all_answered, f));
	assert_true(f->busy >= 16);
	assert_true(f->refused >= CALLS / 2);
	assert_int_equal(CALLS, f->busy + f->refused);
	assert_int_equal(f->refused, count_get(COUNT_SIP_OVERLOAD) - before);

	for (unsigned i = 0; i < f->refused; i++) {
		assert_in_range(f->pausev[i], 5, 30);
		differ += f->pausev[i] != f->pausev[0];
	}
	assert_true(differ > f->refused / 2);
}


/* Sent again while it waits: that is the same call */
static void test_repeat_of_one_that_waits(void **state)
{
	struct fixture *f = *state;
	unsigned answers  = 0;

	for (unsigned i = 0; i < 3; i++)
		request(f, "INVITE", 1, "");
	request(f, "INVITE", 2, "");
	request(f, "BYE", 3, ";tag=t");

	while (answers < 3) {
		pump();
		while (peer_has(&f->peer))
			answers += starts(f->peer.buf, "SIP/2.0 486 ") ||
				   starts(f->peer.buf, "SIP/2.0 200 ");
	}

	assert_int_equal(3, f->n);
	assert_memory_equal(f->order, "BII", 3);
}


/* One that has been answered gets its answer again, however many wait */
static void test_repeat_is_not_refused(void **state)
{
	struct fixture *f = *state;
	unsigned same	  = 0;

	request(f, "INVITE", 9000, "");
	while (!peer_has(&f->peer) || !starts(f->peer.buf, "SIP/2.0 486 "))
		pump();

	f->cost_ms = 20;
	for (unsigned i = 0; i < CALLS; i++) {
		request(f, "INVITE", i, "");
		request(f, "INVITE", 9000, "");
	}

	while (f->n < 1 + 16) {
		pump();
		while (peer_has(&f->peer)) {
			if (number(&f->peer, "Call-ID") != 9000)
				continue;
			assert_true(starts(f->peer.buf, "SIP/2.0 486 "));
			++same;
		}
	}
	assert_true(same >= 16);
}


/* Held up for a second once: few wait, so none is refused */
static void test_a_machine_that_was_held_up_refuses_nobody(void **state)
{
	struct fixture *f = *state;

	f->cost_ms = 1000;
	for (unsigned i = 0; i < 7; i++)
		request(f, "INVITE", i, "");
	assert_true(run_until(served, f));
	assert_memory_equal(f->order, "IIIIIII", 7);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_what_came_with_it_is_first, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_cancel_does_not_overtake, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_late_calls_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_repeat_of_one_that_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_repeat_is_not_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_machine_that_was_held_up_refuses_nobody, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, test_init, test_close);
}
