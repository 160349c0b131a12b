/**
 * @file tests/unit/test_direct.c  A connected socket for a source that stays
 *
 * Streams without threads: what arrives on which socket is read by the test
 * and given to the stream, as the thread does it.
 */
#include "stream_pair.h"


/* n frames each way, all of which arrive, with a beat each second */
static void talk(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		now_us += FRAME_US;
		end_rtp(&a);
		end_rtp(&b);
		assert_int_equal(1, end_drain(&a));
		assert_true(end_got_rtp(&b));
		assert_int_equal(b.pair.port, sa_port(&end_got.src));
	}

	stream_beat(a.s, now_us);
	stream_beat(b.s, now_us);
}


static void begin(void)
{
	open_both();
	talk(40);
	assert_true(a.s->direct < 0);
	talk(60);
	assert_true(a.s->direct >= 0);
	assert_true(b.s->direct >= 0);
}


static struct sa ours(const struct end *e)
{
	struct sa sa;

	assert_int_equal(0, sa_set_str(&sa, "127.0.0.1", e->pair.port));

	return sa;
}


/* What a socket of the stream got goes to the stream; false if it is empty */
static bool serve(struct end *e, int fd)
{
	static struct got g;

	end_settle();
	if (!try_recv(fd, &g))
		return false;

	stream_recv(e->s, g.buf, g.len, &g.src, now_us);

	return true;
}


static void test_only_a_source_that_stays(void **state)
{
	(void)state;
	begin();
	talk(10);
	close_both();
}


/* Strangers still come by the first socket, and are counted */
static void test_strangers_are_seen(void **state)
{
	struct peer evil;
	struct sa to;

	(void)state;
	begin();
	to = ours(&a);
	peer_open(&evil, "127.0.1.1");
	peer_send(&evil, &to, 0, 1);
	assert_false(serve(&a, a.s->direct));
	assert_true(serve(&a, a.pair.rtp));
	assert_int_equal(1, a.s->strangers);

	peer_send(&a.peer, &to, 0, 2);
	assert_false(serve(&a, a.pair.rtp));
	assert_true(serve(&a, a.s->direct));
	assert_true(end_got_rtp(&b));
	assert_int_equal(2, end_got.pkt.payload[0]);
	end_settle();
	assert_nothing(&evil);
	peer_close(&evil);
	close_both();
}


/* Who got into the queue before it was connected is not believed either */
static void test_source_is_looked_at(void **state)
{
	struct sa evil;

	(void)state;
	begin();
	assert_int_equal(0, sa_set_str(&evil, "127.0.9.9", 4000));
	end_rtp_from(&a, &evil, 0);
	assert_int_equal(1, a.s->strangers);
	assert_int_equal(0, end_drain(&b));
	close_both();
}


static void test_nat_moves_the_port(void **state)
{
	struct peer moved;
	struct sa to;
	unsigned n = 0;

	(void)state;
	begin();
	to = ours(&a);
	peer_open(&moved, "127.0.1.1");
	moved.ssrc = a.peer.ssrc;
	moved.seq  = a.peer.seq;
	moved.ts   = a.peer.ts;

	while (!sa_cmp(&a.s->learn.src, &moved.addr, SA_ALL)) {
		assert_true(++n < 100);
		now_us += FRAME_US;
		peer_send(&moved, &to, 0, 3);
		assert_true(serve(&a, a.pair.rtp));
	}

	assert_in_range(n, 75, 90);
	assert_true(a.s->direct < 0);

	/* it is not for ever */
	for (unsigned i = 0; i < 100; i++)
		end_rtp(&b);
	stream_beat(a.s, now_us);
	assert_true(a.s->direct >= 0);
	peer_close(&moved);
	close_both();
}


static void test_new_address_of_the_peer(void **state)
{
	struct media_flow flow;
	struct peer other;

	(void)state;
	begin();
	peer_open(&other, "127.0.1.5");
	flow         = end_flow(&a);
	flow.sdp_rtp = other.addr;
	end_set(&a, &flow);
	assert_true(a.s->direct < 0);
	end_rtp(&b);
	assert_true(end_try(&other, &end_got));
	assert_int_equal(0, end_drain(&a));

	/* the same agreement again changes nothing */
	flow = end_flow(&b);
	end_set(&b, &flow);
	assert_true(b.s->direct >= 0);
	peer_close(&other);
	close_both();
}


/* Nobody listens there for a moment: later packets arrive all the same */
static void test_port_that_is_closed(void **state)
{
	struct sa sa;

	(void)state;
	begin();
	(void)close(a.peer.rtp);
	for (unsigned i = 0; i < 20; i++)
		end_rtp(&b);
	assert_true(a.s->direct >= 0);

	sa         = a.peer.addr;
	a.peer.rtp = peer_socket(&sa);
	assert_true(a.peer.rtp >= 0);
	for (unsigned i = 0; i < 20; i++)
		end_rtp(&b);
	assert_int_equal(20, end_drain(&a));
	close_both();
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_a_source_that_stays),
		cmocka_unit_test(test_strangers_are_seen),
		cmocka_unit_test(test_source_is_looked_at),
		cmocka_unit_test(test_nat_moves_the_port),
		cmocka_unit_test(test_new_address_of_the_peer),
		cmocka_unit_test(test_port_that_is_closed),
	};

	return cmocka_run_group_tests(tests, ends_setup, ends_teardown);
}
