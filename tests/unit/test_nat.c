/**
 * @file tests/unit/test_nat.c  Phones behind a NAT, and silence
 *
 * One call between a phone that moves and a partner that stays, with time
 * handed in: how long each is without audio, and what nobody may get.
 */
#include "stream_pair.h"


/* Where a phone is that moved */
static struct peer phone;


/* 20 ms of both; a's packet comes from `src` */
static void frame(const struct sa *src)
{
	now_us += FRAME_US;
	if (src)
		end_rtp_from(&a, src, 0);
	end_rtp(&b);
}


/* Frames until the partner hears it and it hears the partner, in [ms] */
static unsigned until_heard(const struct peer *p)
{
	struct got g;
	bool out = false, in = false;
	unsigned ms = 0;

	while (!out || !in) {
		assert_true(ms < 5000);
		frame(&p->addr);
		ms += 20;
		out |= end_drain(&b) > 0;
		while (end_try(p, &g))
			in = true;
	}

	return ms;
}


/* a sits behind a NAT: the SDP's address leads nowhere */
static struct media_flow nat_flow(uint16_t port)
{
	struct media_flow flow = end_flow(&a);

	flow.comedia = true;
	flow.sip_src = phone.addr;
	assert_int_equal(0, sa_set_str(&flow.sdp_rtp, "255.255.255.255",
				       port));

	return flow;
}


/* --- a phone that waits -------------------------------------------------- */

static void open_nat(void)
{
	struct media_flow flow;

	open_both();
	peer_open(&phone, "127.0.1.7");
	flow = nat_flow(sa_port(&phone.addr));
	end_set(&a, &flow);
}


static unsigned phone_drain(void)
{
	struct got g;
	unsigned n = 0;

	while (end_try(&phone, &g))
		++n;

	return n;
}


static void test_silent_phone_hears_a_second(void **state)
{
	const uint64_t before = drops(DROP_UNVERIFIED);

	(void)state;
	open_nat();
	for (unsigned i = 0; i < 500; i++)
		frame(NULL);

	assert_int_equal(UNVERIFIED_MAX, phone_drain());
	assert_int_equal(before + 500 - UNVERIFIED_MAX,
			 drops(DROP_UNVERIFIED));

	/* the same again in another offer: no more */
	end_set(&a, &a.s->flow);
	frame(NULL);
	assert_int_equal(0, phone_drain());

	/* it speaks from anywhere behind its address: all is well */
	assert_int_equal(80, until_heard(&phone));
	frame(&phone.addr);
	assert_int_equal(1, phone_drain());
	peer_close(&phone);
	close_both();
}


/* It answers to the first packets that it hears, nothing is lost meanwhile */
static void test_silent_phone_is_woken(void **state)
{
	unsigned n = 0;

	(void)state;
	open_nat();
	for (unsigned i = 0; i < 40; i++) {
		frame(n ? &phone.addr : NULL);
		assert_int_equal(1, phone_drain());
		++n;
	}

	assert_int_equal(2, end_event(MEDIA_EV_LEARNED)); /* b, too */
	peer_close(&phone);
	close_both();
}


static void test_nobody_guesses_for_a_stranger(void **state)
{
	static const struct {
		bool comedia, authenticated;
		unsigned sent;
	} rows[] = {
		{false, false, 0},
		{false, true, 0},
		{true, false, 0},
		{true, true, 1},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct media_flow flow;

		open_nat();
		flow               = nat_flow(sa_port(&phone.addr));
		flow.comedia       = rows[i].comedia;
		flow.authenticated = rows[i].authenticated;
		end_set(&a, &flow);
		frame(NULL);
		if (phone_drain() != rows[i].sent)
			fail_msg("row %zu", i);
		peer_close(&phone);
		close_both();
	}
}


/* The place of before gets nothing any more; the end of a test */
static void end_moved(struct peer *moved)
{
	(void)phone_drain();
	frame(&moved->addr);
	assert_int_equal(0, phone_drain());
	peer_close(moved);
	peer_close(&phone);
	close_both();
}


/* --- a phone that moves -------------------------------------------------- */

static void test_rebinding_within_two_seconds(void **state)
{
	struct peer moved;

	(void)state;
	open_nat();
	assert_int_equal(80, until_heard(&phone));
	for (unsigned i = 0; i < 50; i++)
		frame(&phone.addr);

	/* its NAT gives it another port in mid call */
	peer_open(&moved, "127.0.1.7");
	assert_true(until_heard(&moved) <= 1600);
	assert_int_equal(3, end_event(MEDIA_EV_LEARNED));

	/* and the port of before gets nothing any more */
	end_moved(&moved);
}


/* Another address: not before signalling came from there */
static void test_new_address_by_signalling(void **state)
{
	struct media_flow flow;
	struct peer moved;

	(void)state;
	open_nat();
	assert_int_equal(80, until_heard(&phone));
	peer_open(&moved, "127.0.1.8");
	for (unsigned i = 0; i < 500; i++) {
		struct got g;

		frame(&moved.addr);
		assert_false(end_try(&moved, &g));
		assert_int_equal(0, end_drain(&b));
	}

	flow         = nat_flow(sa_port(&moved.addr));
	flow.sip_src = moved.addr;
	end_set(&a, &flow);
	assert_true(until_heard(&moved) <= 80);
	end_moved(&moved);
}


/* The same SDP from another address, which its NAT got: the phone went from
 * one network to another */
static void test_new_address_with_the_same_sdp(void **state)
{
	struct media_flow flow;
	struct peer moved;

	(void)state;
	open_nat();
	assert_int_equal(80, until_heard(&phone));
	peer_open(&moved, "127.0.1.8");
	flow         = nat_flow(sa_port(&phone.addr));
	flow.sip_src = moved.addr;
	end_set(&a, &flow);
	assert_true(until_heard(&moved) <= 80);
	peer_close(&moved);
	peer_close(&phone);
	close_both();
}


/* --- keepalive ----------------------------------------------------------- */

static void keepalive_set(struct end *e, uint32_t s, bool cn, bool send)
{
	struct media_flow flow = end_flow(e);

	flow.keepalive_s = s;
	flow.send        = send;
	if (cn) {
		flow.npass         = 1;
		flow.pass_pt[0]    = 13;
		flow.pass_pt_tx[0] = 13;
	}

	end_set(e, &flow);
}


static unsigned beats(struct end *e, unsigned n)
{
	const struct peer *p = &e->peer;
	unsigned got         = 0;

	while (n--) {
		now_us += 1000 * MS;
		stream_beat(e->s, now_us);
		while (end_try(p, &end_got))
			++got;
	}

	return got;
}


static void test_keepalive_in_silence(void **state)
{
	static const struct {
		const char *what;
		uint32_t s;
		bool cn, send;
		unsigned got; /* in a minute */
	} rows[] = {
		{"off", 0, true, true, 0},
		{"comfort noise", 10, true, true, 6},
		{"empty", 15, false, true, 4},
		{"on hold, too", 20, true, false, 3},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned n;

		open_both();
		keepalive_set(&b, rows[i].s, rows[i].cn, rows[i].send);
		n = beats(&b, 60);
		if (n != rows[i].got)
			fail_msg("%s: %u", rows[i].what, n);

		if (n) {
			assert_int_equal(rows[i].cn ? 13 : 127,
					 end_got.pkt.pt);
			assert_int_equal(rows[i].cn, end_got.pkt.plen);
			assert_int_equal(b.s->tx.ssrc, end_got.pkt.ssrc);
		}

		close_both();
	}
}


/* --- phones that wait to hear something ----------------------------------- */

/* So many packets come to an end in some seconds in which nobody speaks */
static unsigned quiet(struct end *e, unsigned seconds)
{
	unsigned got = 0;

	while (seconds--) {
		got += beats(e, 1);
		for (unsigned i = 0; i < 50; i++) {
			now_us += 20 * MS;
			stream_tick(e->s, 20, now_us);
		}
		while (end_try(&e->peer, &end_got))
			++got;
	}

	return got;
}


static void test_two_phones_that_wait(void **state)
{
	struct media_flow flow;

	(void)state;
	open_both();
	assert_int_equal(3, quiet(&b, 1));
	assert_int_equal(b.s->flow.pt_tx, end_got.pkt.pt);
	assert_int_equal(160, end_got.pkt.plen);
	assert_int_equal(3 + 3, quiet(&b, 10));

	/* one of them speaks: nothing is ours to say */
	close_both();
	open_both();
	end_rtp(&a);
	assert_true(end_got_rtp(&b));
	assert_int_equal(0, quiet(&b, 5));

	/* it spoke itself */
	close_both();
	open_both();
	end_rtp(&b);
	assert_int_equal(0, quiet(&b, 5));

	/* it is on hold */
	close_both();
	open_both();
	flow	  = end_flow(&b);
	flow.send = false;
	end_set(&b, &flow);
	assert_int_equal(0, quiet(&b, 5));
	close_both();
}


/* One stream, without a break in numbers or time */
static void test_keepalive_between_packets(void **state)
{
	uint16_t seq;
	uint32_t ts;

	(void)state;
	open_both();
	keepalive_set(&b, 5, true, true);
	end_rtp(&a);
	assert_true(end_got_rtp(&b));
	seq = end_got.pkt.seq;
	ts  = end_got.pkt.ts;

	assert_int_equal(0, beats(&b, 4));
	assert_int_equal(1, beats(&b, 1));
	assert_int_equal((uint16_t)(seq + 1), end_got.pkt.seq);
	assert_int_equal(ts + 5 * 8000u, end_got.pkt.ts);
	assert_int_equal(127, end_got.pkt.payload[0]);

	now_us += FRAME_US;
	end_rtp(&a);
	assert_true(end_got_rtp(&b));
	assert_int_equal((uint16_t)(seq + 2), end_got.pkt.seq);
	assert_int_equal(ts + 5 * 8000u + 160, end_got.pkt.ts);
	assert_true(end_got.pkt.marker);

	/* none while somebody speaks */
	for (unsigned i = 0; i < 1000; i++) {
		now_us += FRAME_US;
		end_rtp(&a);
		assert_int_equal(1, end_drain(&b));
		if (i % 50 == 0)
			stream_beat(b.s, now_us);
		assert_int_equal(0, end_drain(&b));
	}

	close_both();
}


static void test_keepalive_avoids_agreed_types(void **state)
{
	struct media_flow flow;

	(void)state;
	open_both();
	flow               = end_flow(&b);
	flow.keepalive_s   = 1;
	flow.codec         = MEDIA_OTHER;
	flow.pt_tx         = 127;
	flow.dtmf_pt_tx    = 126;
	flow.npass         = 2;
	flow.pass_pt_tx[0] = 125;
	flow.pass_pt_tx[1] = 123;
	end_set(&b, &flow);
	assert_int_equal(1, beats(&b, 1));
	assert_int_equal(124, end_got.pkt.pt);
	close_both();
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silent_phone_hears_a_second),
		cmocka_unit_test(test_silent_phone_is_woken),
		cmocka_unit_test(test_nobody_guesses_for_a_stranger),
		cmocka_unit_test(test_rebinding_within_two_seconds),
		cmocka_unit_test(test_new_address_by_signalling),
		cmocka_unit_test(test_new_address_with_the_same_sdp),
		cmocka_unit_test(test_keepalive_in_silence),
		cmocka_unit_test(test_two_phones_that_wait),
		cmocka_unit_test(test_keepalive_between_packets),
		cmocka_unit_test(test_keepalive_avoids_agreed_types),
	};

	return cmocka_run_group_tests(tests, ends_setup, ends_teardown);
}
