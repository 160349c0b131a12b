/**
 * @file tests/unit/test_ctrans.c  Client transactions over UDP, and the ACK
 *                                 that belongs to none
 */
#include "tests/unit/trans_util.h"


static void client(struct fixture *f, enum sx_method met)
{
	struct sx_target dst = {.tp = SX_UDP, .dst = f->peer.addr};
	struct mbuf *mb      = mbuf_alloc(512);

	assert_int_equal(
		0, mbuf_printf(mb,
			       "Max-Forwards: 70\r\n"
			       "Route: <sip:r1;lr>\r\n"
			       "From: <sip:me@127.0.0.1>;tag=m\r\n"
			       "To: <sip:you@127.0.0.1>\r\n"
			       "Call-ID: c2\r\nCSeq: 7 %s\r\n"
			       "X-Private: 1\r\n",
			       sx_method_name(met)));
	assert_int_equal(0, sx_head_end(f->sx, mb, NULL, NULL));
	assert_int_equal(0, sx_request(&f->ct, f->sx, &dst, met,
				       "sip:you@127.0.0.1", mb,
				       response_handler, f));
	mem_deref(mb);
}


static void answer(struct fixture *f, const char *via, const char *status,
		   const char *cseq, const char *tag)
{
	peer_send(&f->peer, &f->addr,
		  "SIP/2.0 %s\r\nVia: %s\r\n"
		  "From: <sip:me@127.0.0.1>;tag=m\r\n"
		  "To: <sip:you@127.0.0.1>%s%s\r\n"
		  "Call-ID: c2\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n",
		  status, via, tag ? ";tag=" : "", tag ? tag : "", cseq);
	pump();
}


static void test_client_request_is_well_formed(void **state)
{
	struct fixture *f = *state;
	char want[128];

	client(f, SX_OPTIONS);
	assert_starts(peer_recv(&f->peer),
		      "OPTIONS sip:you@127.0.0.1 SIP/2.0\r\n");
	(void)re_snprintf(want, sizeof(want), "SIP/2.0/UDP %J;branch=%s;rport",
			  &f->addr, sx_ctrans_branch(f->ct));
	assert_string_equal(peer_hdr(&f->peer, "Via"), want);
	assert_string_equal(peer_hdr(&f->peer, "User-Agent"), "Test");

	answer(f, peer_hdr(&f->peer, "Via"), "200 OK", "7 OPTIONS", "t");
	assert_int_equal(f->nresp, 1);
	assert_int_equal(f->scode, 200);
	advance(5000);
	assert_int_equal(nctrans(f), 0);
	peer_silent(&f->peer);
}


static void test_client_repeats_then_times_out(void **state)
{
	/* RFC 3261 17.1.2.2: T1, 2*T1, 4*T1, then T2 */
	static const unsigned stepv[] = {500, 1000, 2000, 4000, 4000};
	struct fixture *f             = *state;
	char first[2048];

	client(f, SX_OPTIONS);
	str_ncpy(first, peer_recv(&f->peer), sizeof(first));
	for (size_t i = 0; i < ARRAY_SIZE(stepv); i++) {
		advance(stepv[i]);
		assert_string_equal(peer_recv(&f->peer), first);
	}

	assert_int_equal(f->nresp, 0);
	advance(32000);
	assert_int_equal(f->nresp, 1);
	assert_int_equal(f->err, ETIMEDOUT);
	assert_int_equal(nctrans(f), 0);
}


static void test_client_invite_repeats_until_1xx(void **state)
{
	struct fixture *f = *state;

	client(f, SX_INVITE);
	peer_recv(&f->peer);
	advance(500);
	peer_recv(&f->peer);
	advance(1000);
	peer_recv(&f->peer);
	answer(f, peer_hdr(&f->peer, "Via"), "100 Trying", "7 INVITE", NULL);
	advance(60000);
	peer_silent(&f->peer);
	assert_int_equal(f->nresp, 1);
	assert_int_equal(nctrans(f), 1);
}


static void test_client_acks_a_refusal(void **state)
{
	struct fixture *f = *state;
	char via[256], ack[2048];

	client(f, SX_INVITE);
	peer_recv(&f->peer);
	str_ncpy(via, peer_hdr(&f->peer, "Via"), sizeof(via));
	answer(f, via, "486 Busy", "7 INVITE", "t9");
	assert_int_equal(f->scode, 486);

	str_ncpy(ack, peer_recv(&f->peer), sizeof(ack));
	assert_starts(ack, "ACK sip:you@127.0.0.1 SIP/2.0\r\n");
	assert_string_equal(peer_hdr(&f->peer, "Via"), via);
	assert_string_equal(peer_hdr(&f->peer, "CSeq"), "7 ACK");
	assert_string_equal(peer_hdr(&f->peer, "To"),
			    "<sip:you@127.0.0.1>;tag=t9");
	assert_string_equal(peer_hdr(&f->peer, "Route"), "<sip:r1;lr>");
	assert_string_equal(peer_hdr(&f->peer, "Content-Length"), "0");
	assert_hasnt(ack, "X-Private");

	answer(f, via, "486 Busy", "7 INVITE", "t9");
	assert_string_equal(peer_recv(&f->peer), ack);
	assert_int_equal(f->nresp, 1);
	advance(32000);
	assert_int_equal(nctrans(f), 0);
}


static void test_client_gives_every_2xx(void **state)
{
	struct fixture *f = *state;
	char via[256];

	client(f, SX_INVITE);
	peer_recv(&f->peer);
	str_ncpy(via, peer_hdr(&f->peer, "Via"), sizeof(via));
	answer(f, via, "200 OK", "7 INVITE", "a");
	answer(f, via, "200 OK", "7 INVITE", "b");
	answer(f, via, "200 OK", "7 INVITE", "a");
	assert_int_equal(f->nresp, 3);
	peer_silent(&f->peer);

	/* a refusal after it is late */
	answer(f, via, "486 Busy", "7 INVITE", "c");
	assert_int_equal(f->nresp, 3);

	/* the user is gone: someone else must hear of a 2xx */
	f->ct = mem_deref(f->ct);
	answer(f, via, "200 OK", "7 INVITE", "d");
	assert_int_equal(f->nresp, 3);
	assert_int_equal(f->nstray, 1);

	advance(32000);
	assert_int_equal(nctrans(f), 0);
	answer(f, via, "200 OK", "7 INVITE", "d");
	assert_int_equal(f->nstray, 2);
}


static void test_client_let_go_in_its_handler(void **state)
{
	struct fixture *f = *state;

	f->drop = true;
	client(f, SX_INVITE);
	peer_recv(&f->peer);
	answer(f, peer_hdr(&f->peer, "Via"), "486 Busy", "7 INVITE", "a");
	assert_starts(peer_recv(&f->peer), "ACK ");
	assert_int_equal(f->nresp, 1);
	advance(32000);
	assert_int_equal(nctrans(f), 0);
}


static void test_client_cancel_waits_for_1xx(void **state)
{
	struct fixture *f = *state;
	char via[256];

	client(f, SX_INVITE);
	peer_recv(&f->peer);
	str_ncpy(via, peer_hdr(&f->peer, "Via"), sizeof(via));
	assert_int_equal(0, sx_ctrans_cancel(f->ct, "SIP;cause=200"));
	peer_silent(&f->peer);

	answer(f, via, "180 Ringing", "7 INVITE", "a");
	assert_starts(peer_recv(&f->peer),
		      "CANCEL sip:you@127.0.0.1 SIP/2.0\r\n");
	assert_string_equal(peer_hdr(&f->peer, "Via"), via);
	assert_string_equal(peer_hdr(&f->peer, "CSeq"), "7 CANCEL");
	assert_string_equal(peer_hdr(&f->peer, "To"), "<sip:you@127.0.0.1>");
	assert_string_equal(peer_hdr(&f->peer, "Reason"), "SIP;cause=200");

	answer(f, via, "200 OK", "7 CANCEL", "a");
	assert_int_equal(f->nresp, 1);
	answer(f, via, "487 Gone", "7 INVITE", "a");
	assert_int_equal(f->nresp, 2);
	assert_int_equal(f->scode, 487);
	assert_starts(peer_recv(&f->peer), "ACK ");
	assert_int_equal(EALREADY, sx_ctrans_cancel(f->ct, NULL));
}


static void test_client_cancelled_and_no_answer(void **state)
{
	struct fixture *f = *state;

	client(f, SX_INVITE);
	peer_recv(&f->peer);
	answer(f, peer_hdr(&f->peer, "Via"), "180 Ringing", "7 INVITE", "a");
	assert_int_equal(0, sx_ctrans_cancel(f->ct, NULL));
	assert_starts(peer_recv(&f->peer), "CANCEL ");
	advance(31999);
	assert_int_equal(f->nresp, 1);
	advance(1);
	assert_int_equal(f->nresp, 2);
	assert_int_equal(f->err, ETIMEDOUT);
	assert_int_equal(nctrans(f), 0);
}


static void test_client_timer_c(void **state)
{
	struct fixture *f = *state;
	char via[256];

	client(f, SX_INVITE);
	peer_recv(&f->peer);
	str_ncpy(via, peer_hdr(&f->peer, "Via"), sizeof(via));
	answer(f, via, "180 Ringing", "7 INVITE", "a");
	advance(179000);
	answer(f, via, "180 Ringing", "7 INVITE", "a");
	advance(179000);
	peer_silent(&f->peer);
	advance(1000);
	assert_starts(peer_recv(&f->peer), "CANCEL ");
}


static bool has_failed(void *arg)
{
	const struct fixture *f = arg;

	return f->err != 0;
}


static void test_client_hears_of_icmp(void **state)
{
	struct fixture *f = *state;

	/* nobody is at that port any more */
	peer_close(&f->peer);
	client(f, SX_INVITE);
	assert_true(run_until(has_failed, f));
	assert_int_equal(f->err, ECONNREFUSED);
	assert_int_equal(f->nresp, 1);
	assert_int_equal(nctrans(f), 0);

	/* and the socket still works for others */
	f->ct = mem_deref(f->ct);
	peer_open(&f->peer, "127.0.0.1");
	client(f, SX_OPTIONS);
	assert_starts(peer_recv(&f->peer), "OPTIONS ");
}


static void test_client_ignores_what_is_not_its_answer(void **state)
{
	struct fixture *f = *state;
	char via[256];

	client(f, SX_OPTIONS);
	peer_recv(&f->peer);
	str_ncpy(via, peer_hdr(&f->peer, "Via"), sizeof(via));

	answer(f, via, "200 OK", "7 INVITE", "a");
	answer(f, "SIP/2.0/UDP h;branch=z9hG4bK0000000000000000", "200 OK",
	       "7 OPTIONS", "a");
	answer(f, "SIP/2.0/UDP h;branch=z9hG4bKxyz", "200 OK", "7 OPTIONS",
	       "a");
	assert_int_equal(f->nresp, 0);
	assert_int_equal(f->nstray, 3);
	answer(f, via, "200 OK", "7 OPTIONS", "a");
	assert_int_equal(f->nresp, 1);
}


static void test_ack_outside_transactions(void **state)
{
	struct fixture *f    = *state;
	struct sx_target dst = {.tp = SX_UDP, .dst = f->peer.addr};
	struct mbuf *mb      = mbuf_alloc(64);

	assert_int_equal(0, mbuf_write_str(mb, "Call-ID: 1\r\n\r\n"));
	assert_int_equal(0, sx_send_ack(f->sx, &dst, "sip:x@y", mb));
	assert_starts(peer_recv(&f->peer), "ACK sip:x@y SIP/2.0\r\nVia: ");
	assert_has(peer_hdr(&f->peer, "Via"), ";branch=z9hG4bK");
	assert_int_equal(nctrans(f), 0);
	mem_deref(mb);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		TRANS_TEST(test_client_request_is_well_formed),
		TRANS_TEST(test_client_repeats_then_times_out),
		TRANS_TEST(test_client_invite_repeats_until_1xx),
		TRANS_TEST(test_client_acks_a_refusal),
		TRANS_TEST(test_client_gives_every_2xx),
		TRANS_TEST(test_client_let_go_in_its_handler),
		TRANS_TEST(test_client_cancel_waits_for_1xx),
		TRANS_TEST(test_client_cancelled_and_no_answer),
		TRANS_TEST(test_client_timer_c),
		TRANS_TEST(test_client_hears_of_icmp),
		TRANS_TEST(test_client_ignores_what_is_not_its_answer),
		TRANS_TEST(test_ack_outside_transactions),
	};

	return cmocka_run_group_tests(tests, test_init, test_close);
}
