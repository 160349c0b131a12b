/**
 * @file tests/unit/test_udp.c  UDP: listeners, addresses, what is no message
 */
#include "tests/unit/sip_test.h"
#include "base/count.h"


struct fixture {
	struct sx *sx;
	struct peer peer;
	unsigned nreq, nguard, ntrace;
	struct sa src, dst, seen;
	bool pass;
};


static void request_handler(struct sx_strans *st, const struct sx_msg *msg,
			    void *arg)
{
	struct fixture *f = arg;

	++f->nreq;
	f->src = msg->src;
	f->dst = msg->dst;
	assert_int_equal(msg->tp, SX_UDP);
	assert_int_equal(0, sx_reply(st, 200, NULL, NULL));
}


static bool guard_handler(enum sx_tp tp, const struct sa *src,
			  const uint8_t *p, size_t n, void *arg)
{
	struct fixture *f = arg;

	(void)src;
	assert_int_equal(tp, SX_UDP);
	assert_true(n > 0 && p);
	++f->nguard;

	return f->pass;
}


static void trace_handler(bool tx, enum sx_tp tp, const struct sa *local,
			  const struct sa *peer, const uint8_t *p, size_t n,
			  void *arg)
{
	struct fixture *f = arg;

	(void)tp;
	(void)local;
	assert_memory_equal(p, tx ? "SIP/2.0 " : "OPTIONS ", 8);
	assert_true(n > 8);
	f->seen = *peer;
	++f->ntrace;
}


static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(0, sx_alloc(&f->sx, NULL, request_handler, f));
	*state = f;

	return 0;
}


static int teardown(void **state)
{
	struct fixture *f = *state;

	mem_deref(f->sx);
	if (f->peer.addr.len)
		peer_close(&f->peer);
	assert_int_equal(0, timers_count());
	free(f);

	return 0;
}


static struct sx_listener *listen_on(struct fixture *f, const char *addr)
{
	struct sx_listener *lis = NULL;
	struct sa sa;

	loopback(&sa, addr);
	assert_int_equal(0, sx_listen(f->sx, &lis, SX_UDP, &sa));
	assert_int_not_equal(0, sa_port(sx_listener_addr(lis)));
	assert_int_equal(SX_UDP, sx_listener_tp(lis));

	return lis;
}


static void options(struct fixture *f, const struct sa *dst, unsigned n)
{
	peer_send(&f->peer, dst,
		  "OPTIONS sip:x SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP %J;branch=z9hG4bK%u;rport\r\n"
		  "From: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: %u\r\n"
		  "CSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\n"
		  "Content-Length: 0\r\n\r\n",
		  &f->peer.addr, n, n);
}


/* The reply comes from the address that was asked, though the socket is bound
 * to all of them */
static void test_wildcard_answers_from_where_it_was_asked(void **state)
{
	static const char *const rowv[][3] = {
		{"0.0.0.0", "127.0.0.1", "127.0.0.7"},
		{"::", "::1", "::1"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {
		struct sx_listener *lis = listen_on(f, rowv[i][0]);
		struct sa dst, src;
		char text[64];

		peer_open(&f->peer, rowv[i][1]);
		assert_int_equal(0, sa_set_str(&dst, rowv[i][2],
					       sa_port(sx_listener_addr(lis))));
		options(f, &dst, (unsigned)i);
		pump();
		assert_int_equal(f->nreq, i + 1);
		assert_true(sa_cmp(&f->dst, &dst, SA_ALL));
		assert_true(sa_cmp(&f->src, &f->peer.addr, SA_ALL));

		src.len = sizeof(src.u);
		assert_true(recvfrom(f->peer.fd, f->peer.buf, 100, 0,
				     &src.u.sa, &src.len) > 0);
		assert_true(sa_cmp(&src, &dst, SA_ALL));
		(void)re_snprintf(text, sizeof(text), ";received=%j;rport=%u",
				  &f->peer.addr, sa_port(&f->peer.addr));
		assert_has(f->peer.buf, text);
		peer_close(&f->peer);
	}
}


static void test_keepalives_and_junk(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		bool bad;
	} rowv[] = {
		{"", 0, false},
		{"\r\n", 2, false},
		{"\r\n\r\n", 4, false},
		{"\0\0\0\0", 4, false},
		{"\0\1\0\0\x21\x12\xa4\x42", 8, false}, /* STUN */
		{"hello", 5, true},
		{"GET / HTTP/1.1\r\n\r\n", 18, true},
	};
	struct fixture *f     = *state;
	const struct sa *addr = sx_listener_addr(listen_on(f, "127.0.0.1"));

	peer_open(&f->peer, "127.0.0.1");

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {
		uint64_t bad = count_get(COUNT_SIP_BAD);

		assert_int_equal(rowv[i].n,
				 sendto(f->peer.fd, rowv[i].p, rowv[i].n, 0,
					&addr->u.sa, addr->len));
		peer_silent(&f->peer);
		assert_int_equal(count_get(COUNT_SIP_BAD), bad + rowv[i].bad);
	}

	assert_int_equal(f->nreq, 0);
}


static void test_malformed_request_is_answered(void **state)
{
	struct fixture *f     = *state;
	const struct sa *addr = sx_listener_addr(listen_on(f, "127.0.0.1"));

	peer_open(&f->peer, "127.0.0.1");
	peer_send(&f->peer, addr,
		  "OPTIONS sip:x SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP %J;branch=z9hG4bKx;rport\r\n"
		  "To: \"x <sip:x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
		  &f->peer.addr);
	assert_starts(peer_recv(&f->peer), "SIP/2.0 400 ");
	assert_string_equal(peer_hdr(&f->peer, "To"), "\"x <sip:x>");
	assert_string_equal(peer_hdr(&f->peer, "CSeq"), "1 OPTIONS");

	/* a response or an ACK never is */
	peer_send(&f->peer, addr, "SIP/2.0 200 OK\r\nTo: \"x\r\n\r\n");
	peer_send(&f->peer, addr,
		  "ACK sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nTo: \"\r\n\r\n");
	peer_silent(&f->peer);
	assert_int_equal(f->nreq, 0);
}


static void test_big_datagram(void **state)
{
	struct fixture *f     = *state;
	const struct sa *addr = sx_listener_addr(listen_on(f, "127.0.0.1"));
	char *fill            = malloc(60001);

	peer_open(&f->peer, "127.0.0.1");
	memset(fill, 'x', 60000);
	fill[60000] = '\0';
	peer_send(&f->peer, addr,
		  "OPTIONS sip:x SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP %J;branch=z9hG4bKx;rport\r\n"
		  "From: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: 1\r\n"
		  "CSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\n"
		  "Content-Type: text/plain\r\nContent-Length: 60000\r\n\r\n%s",
		  &f->peer.addr, fill);
	assert_starts(peer_recv(&f->peer), "SIP/2.0 200 ");
	assert_int_equal(f->nreq, 1);
	free(fill);
}


static void test_guard_and_trace(void **state)
{
	struct fixture *f     = *state;
	const struct sa *addr = sx_listener_addr(listen_on(f, "127.0.0.1"));

	peer_open(&f->peer, "127.0.0.1");
	sx_set_guard(f->sx, guard_handler);
	sx_set_trace(f->sx, trace_handler);

	options(f, addr, 1);
	peer_silent(&f->peer);
	assert_int_equal(f->nguard, 1);
	assert_int_equal(f->nreq, 0);
	assert_int_equal(f->ntrace, 0);

	f->pass = true;
	options(f, addr, 1);
	assert_starts(peer_recv(&f->peer), "SIP/2.0 200 ");
	assert_int_equal(f->ntrace, 2);
	assert_true(sa_cmp(&f->seen, &f->peer.addr, SA_ALL));
}


static void test_port_that_is_taken(void **state)
{
	struct fixture *f       = *state;
	struct sx_listener *lis = listen_on(f, "127.0.0.1"), *again = NULL;
	struct sa addr          = *sx_listener_addr(lis);

	assert_int_equal(EADDRINUSE,
			 sx_listen(f->sx, &again, SX_UDP, &addr));
	assert_null(again);

	/* closed, it is free again; the old pointer stays good */
	sx_listener_close(lis);
	assert_int_equal(0, sx_listen(f->sx, &again, SX_UDP, &addr));
	assert_true(sa_cmp(sx_listener_addr(lis), &addr, SA_ALL));
	sx_listener_close(lis);
}


static void test_listener_for(void **state)
{
	struct fixture *f      = *state;
	struct sx_listener *l1 = listen_on(f, "127.0.0.1");
	struct sx_listener *l6 = listen_on(f, "::1");
	struct sa dst;

	loopback(&dst, "127.0.0.1");
	assert_ptr_equal(l1, sx_listener_for(f->sx, SX_UDP, &dst));
	assert_null(sx_listener_for(f->sx, SX_TCP, &dst));
	loopback(&dst, "::1");
	assert_ptr_equal(l6, sx_listener_for(f->sx, SX_UDP, &dst));

	/* the one that has the address which the kernel would take */
	loopback(&dst, "127.0.0.1");
	(void)listen_on(f, "0.0.0.0");
	assert_ptr_equal(l1, sx_listener_for(f->sx, SX_UDP, &dst));
	sx_listener_close(l1);
	assert_int_equal(
		0, sa_in(sx_listener_addr(
			   sx_listener_for(f->sx, SX_UDP, &dst))));
}


static void public_handler(struct sa *addr, enum sx_tp tp,
			   const struct sa *dst, void *arg)
{
	(void)tp;
	(void)dst;
	(void)arg;
	sa_set_in(addr, 0xc0000201, 999);
}


static void test_public_address(void **state)
{
	struct fixture *f       = *state;
	struct sx_listener *lis = listen_on(f, "0.0.0.0");
	struct sx_target t      = {.tp = SX_UDP};
	struct sa addr;
	char text[64];

	assert_int_equal(0, sa_set_str(&t.dst, "127.0.0.1", 5060));
	assert_int_equal(0, sx_public_addr(f->sx, &addr, &t));
	assert_int_equal(sa_in(&addr), INADDR_LOOPBACK);
	assert_int_equal(sa_port(&addr), sa_port(sx_listener_addr(lis)));

	sx_set_public(f->sx, public_handler);
	assert_int_equal(0, sx_public_addr(f->sx, &addr, &t));
	(void)re_snprintf(text, sizeof(text), "%J", &addr);
	assert_string_equal(text, "192.0.2.1:999");
}


static void test_raw_and_wrong_arguments(void **state)
{
	struct fixture *f  = *state;
	struct sx_target t = {.tp = SX_UDP};
	struct sa any;

	loopback(&any, "127.0.0.1");
	assert_int_equal(EINVAL, sx_listen(NULL, NULL, SX_UDP, &any));
	assert_int_equal(EINVAL, sx_listen(f->sx, NULL, SX_UDP, NULL));
	assert_int_equal(EINVAL, sx_listen(f->sx, NULL, SX_TP_MAX, &any));
	assert_int_equal(ENOTSUP, sx_listen(f->sx, NULL, SX_TLS, &any));

	peer_open(&f->peer, "127.0.0.1");
	t.dst = f->peer.addr;
	assert_int_equal(EAFNOSUPPORT, sx_send_raw(f->sx, &t, "\r\n", 2));
	(void)listen_on(f, "127.0.0.1");
	assert_int_equal(0, sx_send_raw(f->sx, &t, "\r\n\r\n", 4));
	assert_string_equal(peer_recv(&f->peer), "\r\n\r\n");
}


static void test_many_in_one_wakeup(void **state)
{
	struct fixture *f     = *state;
	const struct sa *addr = sx_listener_addr(listen_on(f, "127.0.0.1"));

	peer_open(&f->peer, "127.0.0.1");
	for (unsigned i = 0; i < 50; i++)
		options(f, addr, i);
	for (unsigned i = 0; i < 50; i++)
		assert_starts(peer_recv(&f->peer), "SIP/2.0 200 ");
	assert_int_equal(f->nreq, 50);
}


#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_wildcard_answers_from_where_it_was_asked),
		T(test_keepalives_and_junk),
		T(test_malformed_request_is_answered),
		T(test_big_datagram),
		T(test_guard_and_trace),
		T(test_port_that_is_taken),
		T(test_listener_for),
		T(test_public_address),
		T(test_raw_and_wrong_arguments),
		T(test_many_in_one_wakeup),
	};

	return cmocka_run_group_tests(tests, test_init, test_close);
}
