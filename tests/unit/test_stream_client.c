/**
 * @file tests/unit/test_stream_client.c  Connections that we open, their
 *                                        reuse; peers that do not read
 */
#include "tests/unit/stream_util.h"


static void server_open(struct fixture *f)
{
	struct sa any;

	loopback(&any, "127.0.0.1");
	f->lfd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(0, bind(f->lfd, &any.u.sa, any.len));
	assert_int_equal(0, listen(f->lfd, 5));
	f->laddr.len = sizeof(f->laddr.u);
	assert_int_equal(0, getsockname(f->lfd, &f->laddr.u.sa,
					&f->laddr.len));
}


static bool has_accepted(void *arg)
{
	struct fixture *f = arg;

	f->peer.fd = accept4(f->lfd, NULL, NULL, SOCK_NONBLOCK);
	f->peer.stream = true;

	return f->peer.fd >= 0;
}


static int call(struct fixture *f, const struct sx_target *dst)
{
	struct mbuf *mb = mbuf_alloc(256);
	int err;

	(void)mbuf_write_str(mb, "From: <sip:a>;tag=1\r\nTo: <sip:b>\r\n"
				 "Call-ID: 9\r\nCSeq: 1 OPTIONS\r\n");
	assert_int_equal(0, sx_head_end(f->sx, mb, NULL, NULL));
	f->ct = mem_deref(f->ct);
	err   = sx_request(&f->ct, f->sx, dst, SX_OPTIONS, "sip:b", mb,
			   response_handler, f);
	mem_deref(mb);

	return err;
}


static bool has_response(void *arg)
{
	const struct fixture *f = arg;

	return f->nresp > 0;
}


static void respond(struct fixture *f)
{
	peer_send(&f->peer, NULL,
		  "SIP/2.0 200 OK\r\nVia: %s\r\nFrom: <sip:a>;tag=1\r\n"
		  "To: <sip:b>;tag=2\r\nCall-ID: 9\r\nCSeq: 1 OPTIONS\r\n"
		  "Content-Length: 0\r\n\r\n",
		  peer_hdr(&f->peer, "Via"));
	f->nresp = 0;
	assert_true(run_until(has_response, f));
}


static void test_client_opens_and_reuses(void **state)
{
	struct fixture *f    = *state;
	struct sx_target dst = {.tp = SX_TCP};
	char via[64];

	server_open(f);
	dst.dst = f->laddr;
	assert_int_equal(0, call(f, &dst));
	assert_true(run_until(has_accepted, f));
	assert_starts(peer_recv(&f->peer), "OPTIONS sip:b SIP/2.0\r\n");

	/* where we listen, not where the connection ends */
	(void)re_snprintf(via, sizeof(via), "SIP/2.0/TCP %J;branch=",
			  &f->addr);
	assert_starts(peer_hdr(&f->peer, "Via"), via);
	respond(f);
	assert_int_equal(f->err, 0);
	assert_int_equal(f->scode, 200);

	/* the second goes by the same connection */
	assert_int_equal(0, call(f, &dst));
	assert_starts(peer_recv(&f->peer), "OPTIONS ");
	respond(f);
	assert_int_equal(nconns(f), 1);

	/* no repeats on a stream */
	assert_int_equal(0, call(f, &dst));
	assert_starts(peer_recv(&f->peer), "OPTIONS ");
	advance(20000);
	peer_silent(&f->peer);
	f->nresp = 0;
	advance(12000);
	assert_int_equal(f->nresp, 1);
	assert_int_equal(f->err, ETIMEDOUT);
}


/* A phone that came in by TCP is called by its own connection */
static void test_client_uses_the_connection_of_the_phone(void **state)
{
	struct fixture *f = *state;

	peer_connect(&f->peer, &f->addr);
	options(&f->peer, 1);
	peer_recv(&f->peer);

	assert_ptr_equal(f->from.conn, f->conn);
	assert_int_equal(0, call(f, &f->from));
	assert_starts(peer_recv(&f->peer), "OPTIONS sip:b SIP/2.0\r\n");
	respond(f);
	assert_int_equal(f->scode, 200);

	/* found by its address, too */
	f->from.conn = NULL;
	assert_int_equal(0, call(f, &f->from));
	assert_starts(peer_recv(&f->peer), "OPTIONS ");
	respond(f);
	assert_int_equal(nconns(f), 1);
}


static void test_client_refused_connection(void **state)
{
	struct fixture *f    = *state;
	struct sx_target dst = {.tp = SX_TCP};

	server_open(f);
	dst.dst = f->laddr;
	close(f->lfd);
	f->lfd = -1;

	/* on this machine the refusal may come at once or with the event */
	f->err = call(f, &dst);
	if (!f->err)
		assert_true(run_until(has_response, f));
	assert_int_equal(f->err, ECONNREFUSED);
	assert_int_equal(nconns(f), 0);
}


static void test_client_connection_breaks(void **state)
{
	struct fixture *f    = *state;
	struct sx_target dst = {.tp = SX_TCP};

	server_open(f);
	dst.dst = f->laddr;
	assert_int_equal(0, call(f, &dst));
	assert_true(run_until(has_accepted, f));
	peer_recv(&f->peer);
	peer_close(&f->peer);
	assert_true(run_until(has_response, f));
	assert_int_equal(f->err, ENOTCONN);
}


static void test_client_connect_that_hangs(void **state)
{
	struct fixture *f    = *state;
	struct sx_target dst = {.tp = SX_TCP};

	/* a full backlog leaves the connection open without an answer; what
	 * counts is that its timer runs */
	server_open(f);
	dst.dst = f->laddr;
	assert_int_equal(0, call(f, &dst));
	advance(10000);
	assert_int_equal(f->nresp, 1);
	assert_int_equal(f->err, ETIMEDOUT);
	assert_int_equal(nconns(f), 0);
}


static void test_peer_that_does_not_read(void **state)
{
	struct fixture *f = *state;
	char *big         = malloc(65536);
	int err           = 0;

	memset(big, '\n', 65536);
	peer_connect(&f->peer, &f->addr);
	options(&f->peer, 1);
	peer_recv(&f->peer);

	for (unsigned i = 0; i < 1000 && !err; i++)
		err = sx_send_raw(f->sx, &f->from, big, 65536);

	assert_int_equal(err, ENOBUFS);
	assert_false(sx_conn_is_open(f->conn));
	assert_int_equal(f->ngone, 0);
	advance(0);
	assert_int_equal(f->ngone, 1);
	f->from.conn = NULL;
	free(big);
}


static bool has_all(void *arg)
{
	struct peer *p = arg;
	static size_t sum;

	while (peer_has(p))
		sum += p->n;

	return sum >= 20u * 65536;
}


/* What the socket does not take at once goes out later, whole */
static void test_queue_is_flushed(void **state)
{
	struct fixture *f = *state;
	char *big         = malloc(65536);
	unsigned sent     = 0;

	memset(big, '\n', 65536);
	peer_connect(&f->peer, &f->addr);
	options(&f->peer, 1);
	peer_recv(&f->peer);

	while (sent < 20) {
		assert_int_equal(0,
				 sx_send_raw(f->sx, &f->from, big, 65536));
		if (++sent % 3 == 0)
			(void)has_all(&f->peer);
		pump();
	}

	assert_true(run_until(has_all, &f->peer));
	assert_true(sx_conn_is_open(f->conn));
	f->from.conn = NULL;
	free(big);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		STREAM_TEST(test_client_opens_and_reuses),
		STREAM_TEST(test_client_uses_the_connection_of_the_phone),
		STREAM_TEST(test_client_refused_connection),
		STREAM_TEST(test_client_connection_breaks),
		STREAM_TEST(test_client_connect_that_hangs),
		STREAM_TEST(test_peer_that_does_not_read),
		STREAM_TEST(test_queue_is_flushed),
	};

	return cmocka_run_group_tests(tests, test_init, test_close);
}
