/**
 * @file tests/unit/test_stream.c  Connections that are accepted: their limits,
 *                                 their end
 */
#include "tests/unit/stream_util.h"


static void test_request_and_reply(void **state)
{
	struct fixture *f = *state;

	peer_connect(&f->peer, &f->addr);
	options(&f->peer, 1);
	assert_starts(peer_recv(&f->peer), "SIP/2.0 200 OK\r\n");
	assert_has(peer_hdr(&f->peer, "Via"), ";received=127.0.0.1;rport=");
	assert_int_equal(nconns(f), 1);
	assert_true(sx_conn_is_open(f->conn));
	assert_ptr_equal(f->conn, sx_conn_by_id(f->sx, sx_conn_id(f->conn)));

	/* nothing is kept for a stream (Timer J is 0) */
	options(&f->peer, 2);
	peer_recv(&f->peer);
	assert_int_equal(f->nreq, 2);
}


static void test_ping_is_answered(void **state)
{
	struct fixture *f = *state;

	peer_connect(&f->peer, &f->addr);
	peer_send(&f->peer, NULL, "\r\n");
	peer_silent(&f->peer);
	peer_send(&f->peer, NULL, "\r\n");
	assert_string_equal(peer_recv(&f->peer), "\r\n");
	peer_send(&f->peer, NULL, "\r\n\r\n");
	assert_string_equal(peer_recv(&f->peer), "\r\n");
}


static void test_bad_framing_is_answered_and_closed(void **state)
{
	struct fixture *f = *state;

	peer_connect(&f->peer, &f->addr);
	peer_send(&f->peer, NULL,
		  "OPTIONS sip:x SIP/2.0\r\n"
		  "Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK1;rport\r\n"
		  "From: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: 1\r\n"
		  "CSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\n\r\n"
		  "OPTIONS sip:never SIP/2.0\r\n");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 400 ");
	assert_true(run_until(is_eof, &f->peer));
	assert_int_equal(f->nreq, 0);

	/* it waits a moment for the peer to close, too */
	assert_int_equal(nconns(f), 1);
	advance(2000);
	assert_int_equal(nconns(f), 0);
	assert_int_equal(f->ngone, 1);
}


static void test_malformed_but_framed_goes_on(void **state)
{
	struct fixture *f = *state;

	peer_connect(&f->peer, &f->addr);
	peer_send(&f->peer, NULL,
		  "OPTIONS sip:x SIP/2.0\r\n"
		  "Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK1;rport\r\n"
		  "To: \"<sip:x>\r\nContent-Length: 2\r\n\r\nab");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 400 ");
	options(&f->peer, 2);
	assert_starts(peer_recv(&f->peer), "SIP/2.0 200 ");
}


static void test_message_that_does_not_end(void **state)
{
	struct fixture *f = *state;
	uint64_t before   = count_get(COUNT_SIP_CONN_TIMEOUT);

	peer_connect(&f->peer, &f->addr);
	options(&f->peer, 1);
	peer_recv(&f->peer);
	sx_conn_trust(f->conn);

	/* a byte now and then does not help */
	peer_send(&f->peer, NULL, "OPTIONS ");
	for (unsigned i = 0; i < 19; i++) {
		pump();
		advance(1000);
		peer_send(&f->peer, NULL, "x");
	}
	pump();
	assert_int_equal(nconns(f), 1);
	advance(1000);
	assert_int_equal(nconns(f), 0);
	assert_int_equal(count_get(COUNT_SIP_CONN_TIMEOUT), before + 1);
}


static void test_stranger_and_idle(void **state)
{
	struct fixture *f = *state;

	peer_connect(&f->peer, &f->addr);
	options(&f->peer, 1);
	peer_recv(&f->peer);
	advance(29999);
	assert_int_equal(nconns(f), 1);
	advance(1);
	assert_int_equal(nconns(f), 0);
	peer_close(&f->peer);

	peer_connect(&f->peer, &f->addr);
	options(&f->peer, 2);
	peer_recv(&f->peer);
	sx_conn_trust(f->conn);
	advance(600000);
	options(&f->peer, 3);
	peer_recv(&f->peer);

	/* somebody is reached over it: it stays, however quiet */
	advance(899999);
	advance(2000000);
	assert_int_equal(nconns(f), 1);

	f->conn = mem_deref(f->conn);
	advance(900000);
	assert_int_equal(nconns(f), 0);
}


static void test_limits_of_connections(void **state)
{
	static const char *const addrv[] = {"127.0.0.1", "127.0.0.2",
					    "127.0.0.3", "127.0.0.4"};
	struct fixture *f                = *state;
	int fdv[16];
	unsigned n = 0;

	/* four from each address, nine strangers in all, of twelve */
	for (size_t i = 0; i < ARRAY_SIZE(addrv); i++) {
		for (unsigned k = 0; k < 4; k++) {
			struct sa sa;

			loopback(&sa, addrv[i]);
			fdv[n] = socket(AF_INET, SOCK_STREAM, 0);
			assert_int_equal(0, bind(fdv[n], &sa.u.sa, sa.len));
			assert_int_equal(0, connect(fdv[n], &f->addr.u.sa,
						    f->addr.len));
			++n;
		}
		pump();
		pump();
		assert_int_equal(nconns(f), min(4 * (i + 1), 9));
	}

	for (unsigned i = 0; i < n; i++)
		close(fdv[i]);
	pump();
	pump();
	assert_int_equal(nconns(f), 0);

	/* per address */
	for (n = 0; n < 6; n++) {
		fdv[n] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(0, connect(fdv[n], &f->addr.u.sa,
					    f->addr.len));
	}
	pump();
	pump();
	assert_int_equal(nconns(f), 4);
	for (unsigned i = 0; i < n; i++)
		close(fdv[i]);
}


static int connect_from(struct fixture *f, const char *addr)
{
	struct sa sa;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	loopback(&sa, addr);
	assert_int_equal(0, bind(fd, &sa.u.sa, sa.len));
	assert_int_equal(0, connect(fd, &f->addr.u.sa, f->addr.len));
	pump();
	pump();

	return fd;
}


static bool is_closed(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}


static bool is_stranger(const struct sa *src, void *arg)
{
	struct sa known;

	(void)arg;
	loopback(&known, "127.0.0.99");

	return !sa_cmp(src, &known, SA_ADDR);
}


/* Whoever opens many keeps nobody out */
static void test_room_for_a_newcomer(void **state)
{
	struct fixture *f = *state;
	int fdv[32];
	unsigned n = 0;

	sx_set_stranger(f->sx, is_stranger);
	for (; n < 8; n++)
		fdv[n] = connect_from(f, n < 4 ? "127.0.0.1" : "127.0.0.2");
	fdv[n++] = connect_from(f, "127.0.0.3");
	assert_int_equal(nconns(f), 9);

	/* the oldest of who has most goes */
	fdv[n++] = connect_from(f, "127.0.0.4");
	assert_true(is_closed(fdv[0]));
	assert_false(is_closed(fdv[8]));
	assert_false(is_closed(fdv[9]));
	assert_int_equal(nconns(f), 9);
	fdv[n++] = connect_from(f, "127.0.0.5");
	assert_true(is_closed(fdv[4]));

	/* who has as many as others has to wait for their time to pass */
	for (unsigned i = 0; i < 4; i++)
		fdv[n++] = connect_from(f, i < 2 ? "127.0.0.6" : "127.0.0.7");
	assert_int_equal(nconns(f), 9);
	fdv[n++] = connect_from(f, "127.0.0.6");
	assert_true(is_closed(fdv[n - 1]));
	advance(1000);
	fdv[n++] = connect_from(f, "127.0.0.6");
	assert_false(is_closed(fdv[n - 1]));
	assert_int_equal(nconns(f), 9);

	/* known addresses have what is kept, and the strangers' when it is
	 * used up */
	for (unsigned i = 0; i < 5; i++) {
		fdv[n++] = connect_from(f, "127.0.0.99");
		assert_false(is_closed(fdv[n - 1]));
	}
	assert_true(nconns(f) <= 12);

	while (n--)
		close(fdv[n]);
}


/* ... of a stream, then each further message, until it is trusted */
static void test_guard_sees_the_first_bytes(void **state)
{
	struct fixture *f = *state;

	sx_set_guard(f->sx, guard_handler);
	peer_connect(&f->peer, &f->addr);
	options(&f->peer, 1);
	peer_recv(&f->peer);
	assert_int_equal(f->nguard, 1);
	options(&f->peer, 2);
	peer_recv(&f->peer);
	assert_int_equal(f->nguard, 2);
	peer_close(&f->peer);
	pump();

	f->refuse = true;
	peer_connect(&f->peer, &f->addr);
	options(&f->peer, 3);
	assert_true(run_until(is_eof, &f->peer));
	assert_int_equal(f->nreq, 2);
}


static void test_peer_that_goes(void **state)
{
	struct fixture *f = *state;

	f->keep = true;
	peer_connect(&f->peer, &f->addr);
	options(&f->peer, 1);
	pump();
	pump();
	assert_int_equal(f->nreq, 1);
	peer_close(&f->peer);
	pump();
	pump();
	assert_int_equal(f->ngone, 1);
	assert_int_equal(nconns(f), 0);
	assert_false(sx_conn_is_open(f->conn));

	/* there the answer tries the source and the port of rport: nobody is
	 * there, which harms nobody */
	assert_int_equal(0, sx_reply(f->st, 200, NULL, NULL));
	pump();
	pump();
	assert_int_equal(nconns(f), 0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		STREAM_TEST(test_request_and_reply),
		STREAM_TEST(test_ping_is_answered),
		STREAM_TEST(test_bad_framing_is_answered_and_closed),
		STREAM_TEST(test_malformed_but_framed_goes_on),
		STREAM_TEST(test_message_that_does_not_end),
		STREAM_TEST(test_stranger_and_idle),
		STREAM_TEST(test_limits_of_connections),
		STREAM_TEST(test_room_for_a_newcomer),
		STREAM_TEST(test_guard_sees_the_first_bytes),
		STREAM_TEST(test_peer_that_goes),
	};

	return cmocka_run_group_tests(tests, test_init, test_close);
}
