/**
 * @file tests/unit/test_strans.c  Server transactions over UDP
 */
#include "tests/unit/trans_util.h"


static void test_reply_copies_what_it_must(void **state)
{
	struct fixture *f = *state;
	char want[64];

	f->reply = 200;
	REQUEST(f, "OPTIONS", "z9hG4bKa1",
		.more = "Record-Route: <sip:p1;lr>\r\n");

	assert_starts(peer_recv(&f->peer),
		      "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP ");
	assert_string_equal(peer_hdr(&f->peer, "Call-ID"), "call1");
	assert_string_equal(peer_hdr(&f->peer, "CSeq"), "1 OPTIONS");
	assert_string_equal(peer_hdr(&f->peer, "From"),
			    "<sip:a@127.0.0.1>;tag=from1");
	assert_starts(peer_hdr(&f->peer, "To"), "<sip:600@127.0.0.1>;tag=");
	assert_string_equal(peer_hdr(&f->peer, "Server"), "Test");
	assert_string_equal(peer_hdr(&f->peer, "Content-Length"), "0");
	assert_string_equal(peer_hdr(&f->peer, "Record-Route"), "<sip:p1;lr>");

	(void)re_snprintf(want, sizeof(want), ";received=127.0.0.1;rport=%u",
			  sa_port(&f->peer.addr));
	assert_has(peer_hdr(&f->peer, "Via"), want);
	assert_has(peer_hdr(&f->peer, "Via"), ";branch=z9hG4bKa1");
	assert_hasnt(peer_hdr(&f->peer, "Via"), ";rport;");
}


static void test_non_invite_repeats_its_response(void **state)
{
	struct fixture *f = *state;
	char first[2048];

	f->reply = 404;
	REQUEST(f, "OPTIONS", "z9hG4bKa1");
	str_ncpy(first, peer_recv(&f->peer), sizeof(first));

	REQUEST(f, "OPTIONS", "z9hG4bKa1");
	assert_string_equal(first, peer_recv(&f->peer));
	assert_int_equal(f->nreq, 1);
	assert_int_equal(nstrans(f), 1);
	assert_null(sx_strans_msg(f->st));
	assert_true(sx_strans_answered(f->st));
	assert_int_equal(EALREADY, sx_reply(f->st, 200, NULL, NULL));

	advance(31999);
	assert_int_equal(nstrans(f), 1);
	advance(1);
	assert_int_equal(nstrans(f), 0);
	assert_int_equal(ENOTCONN, sx_reply(f->st, 200, NULL, NULL));
}


static void test_invite_sends_trying_by_itself(void **state)
{
	struct fixture *f = *state;

	REQUEST(f, "INVITE", "z9hG4bKa1", .more = "Timestamp: 54\r\n");
	peer_silent(&f->peer);
	advance(200);
	assert_starts(peer_recv(&f->peer), "SIP/2.0 100 Trying\r\n");
	assert_hasnt(peer_hdr(&f->peer, "To"), "tag=");
	assert_string_equal(peer_hdr(&f->peer, "Timestamp"), "54");

	REQUEST(f, "INVITE", "z9hG4bKa1");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 100 ");
	assert_int_equal(f->nreq, 1);
	advance(100000);
	peer_silent(&f->peer);
}


static void test_invite_refused_repeats_until_ack(void **state)
{
	static const unsigned stepv[] = {500, 1000, 2000, 4000, 4000};
	struct fixture *f             = *state;

	f->reply = 486;
	REQUEST(f, "INVITE", "z9hG4bKa1");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 486 Busy Here");

	for (size_t i = 0; i < ARRAY_SIZE(stepv); i++) {
		advance(stepv[i] - 1);
		peer_silent(&f->peer);
		advance(1);
		assert_starts(peer_recv(&f->peer), "SIP/2.0 486");
	}

	REQUEST(f, "ACK", "z9hG4bKa1", .to = "x");
	assert_int_equal(f->nack, 0);
	advance(4999);
	peer_silent(&f->peer);
	assert_int_equal(nstrans(f), 1);
	advance(1);
	assert_int_equal(nstrans(f), 0);
	assert_int_equal(f->nerr, 0);
}


static void test_invite_refused_gives_up_without_ack(void **state)
{
	struct fixture *f = *state;

	f->reply = 603;
	REQUEST(f, "INVITE", "z9hG4bKa1");
	advance(32000);
	assert_int_equal(f->nerr, 1);
	assert_int_equal(f->err, ETIMEDOUT);
	assert_int_equal(nstrans(f), 0);
}


static void test_invite_accepted_absorbs_and_repeats_on_demand(void **state)
{
	struct fixture *f = *state;

	f->reply = 200;
	REQUEST(f, "INVITE", "z9hG4bKa1");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 200 OK");

	/* RFC 6026: the INVITE again is not answered by the transaction */
	REQUEST(f, "INVITE", "z9hG4bKa1");
	peer_silent(&f->peer);

	assert_int_equal(0, sx_strans_repeat(f->st));
	assert_starts(peer_recv(&f->peer), "SIP/2.0 200 OK");

	/* the ACK to a 2xx is the user's, whatever its branch */
	REQUEST(f, "ACK", "z9hG4bKother", .to = "x");
	REQUEST(f, "ACK", "z9hG4bKa1", .to = "x");
	assert_int_equal(f->nack, 2);

	advance(32000);
	assert_int_equal(nstrans(f), 0);
	assert_int_equal(ENOTCONN, sx_strans_repeat(f->st));
}


static void test_cancel(void **state)
{
	struct fixture *f = *state;

	f->reply = 180;
	REQUEST(f, "INVITE", "z9hG4bKa1");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 180 Ringing");

	const char *tag = strstr(peer_hdr(&f->peer, "To"), "tag=");

	REQUEST(f, "CANCEL", "z9hG4bKa1",
		.more = "Reason: SIP;cause=200\r\n");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 200 OK");
	assert_string_equal(peer_hdr(&f->peer, "CSeq"), "1 CANCEL");
	assert_string_equal(strstr(peer_hdr(&f->peer, "To"), "tag="), tag);
	assert_int_equal(f->ncancel, 1);
	assert_string_equal(f->reason, "SIP;cause=200");

	/* repeated: answered, told once */
	REQUEST(f, "CANCEL", "z9hG4bKa1");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 200 OK");
	assert_int_equal(f->ncancel, 1);

	assert_int_equal(0, sx_reply(f->st, 487, NULL, NULL));
	assert_starts(peer_recv(&f->peer), "SIP/2.0 487");
}


static void test_cancel_of_nothing_is_481(void **state)
{
	struct fixture *f = *state;

	REQUEST(f, "CANCEL", "z9hG4bKnone");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 481");

	f->reply = 200;
	REQUEST(f, "OPTIONS", "z9hG4bKo");
	peer_recv(&f->peer);
	REQUEST(f, "CANCEL", "z9hG4bKo");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 481");
}


static void test_cancel_from_elsewhere_is_481(void **state)
{
	struct fixture *f = *state;
	struct peer mine  = f->peer;

	f->reply = 180;
	REQUEST(f, "INVITE", "z9hG4bKa1");
	peer_recv(&f->peer);

	mine = f->peer;
	peer_open(&f->peer, "127.0.0.2");
	REQUEST(f, "CANCEL", "z9hG4bKa1",
		.via = "SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bKa1;rport");
	(void)mine;
	assert_starts(peer_recv(&f->peer), "SIP/2.0 481");
	assert_int_equal(f->ncancel, 0);
	close(mine.fd);
}


static void test_cancel_without_handler_ends_the_invite(void **state)
{
	struct fixture *f = *state;

	f->reply = 180;
	REQUEST(f, "INVITE", "z9hG4bKa1");
	peer_recv(&f->peer);
	sx_strans_detach(f->st);
	REQUEST(f, "CANCEL", "z9hG4bKa1");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 200");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 487");
}


static void test_merged_request_is_482(void **state)
{
	struct fixture *f = *state;

	REQUEST(f, "INVITE", "z9hG4bKa1");
	REQUEST(f, "INVITE", "z9hG4bKa2");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 482");
	assert_int_equal(f->nreq, 1);

	/* inside a dialog there is no such thing */
	f->take = false;
	f->reply = 200;
	REQUEST(f, "INVITE", "z9hG4bKa3", .to = "t");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 200");
}


static void test_2543_request_without_cookie(void **state)
{
	struct fixture *f = *state;

	f->reply = 486;
	REQUEST(f, "INVITE", "1");
	peer_recv(&f->peer);
	REQUEST(f, "INVITE", "1");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 486");
	assert_int_equal(f->nreq, 1);

	REQUEST(f, "ACK", "1", .to = "x");
	assert_int_equal(f->nack, 0);
	advance(500);
	peer_silent(&f->peer);

	/* another CSeq is another request, though the branch is the same */
	f->take = false;
	REQUEST(f, "INVITE", "1", .cseq = 2);
	assert_starts(peer_recv(&f->peer), "SIP/2.0 486");
	assert_int_equal(f->nreq, 2);
}


static void test_unanswered_request_gets_500(void **state)
{
	struct fixture *f = *state;

	f->take = false;
	REQUEST(f, "MESSAGE", "z9hG4bKa1");
	assert_starts(peer_recv(&f->peer), "SIP/2.0 500");
}


static void test_stateless_answer_keeps_nothing(void **state)
{
	struct fixture *f = *state;
	char first[2048];

	f->stateless = true;
	REQUEST(f, "REGISTER", "z9hG4bKa1");
	str_ncpy(first, peer_recv(&f->peer), sizeof(first));
	assert_starts(first, "SIP/2.0 401 Unauthorized");
	assert_has(first, "\r\nX-A: 1\r\n");
	assert_hasnt(first, "\r\nServer:");
	assert_int_equal(nstrans(f), 0);

	/* the same again: same tag (RFC 3261 8.2.7) */
	REQUEST(f, "REGISTER", "z9hG4bKa1");
	assert_string_equal(first, peer_recv(&f->peer));
	assert_int_equal(f->nreq, 2);
}


static void test_too_many_open_are_503(void **state)
{
	struct fixture *f = *state;
	struct sx_strans *stv[4];
	char branch[32];

	for (unsigned i = 0; i < 4; i++) {
		(void)re_snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		REQUEST(f, "INVITE", branch, .cseq = i + 1);
		stv[i] = f->st;
	}
	f->st = NULL;

	REQUEST(f, "INVITE", "z9hG4bKlast", .cseq = 9);
	assert_starts(peer_recv(&f->peer), "SIP/2.0 503");
	assert_non_null(peer_hdr(&f->peer, "Retry-After"));

	/* one answered makes room */
	assert_int_equal(0, sx_reply(stv[0], 200, NULL, NULL));
	peer_recv(&f->peer);
	REQUEST(f, "INVITE", "z9hG4bKlast", .cseq = 9);
	assert_int_equal(f->nreq, 5);

	for (unsigned i = 0; i < 4; i++)
		mem_deref(stv[i]);
}


static void test_waiting_ones_end_early_under_load(void **state)
{
	struct fixture *f = *state;
	char branch[32];

	f->take  = false;
	f->reply = 200;
	for (unsigned i = 0; i < 40; i++) {
		(void)re_snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		REQUEST(f, "OPTIONS", branch, .cseq = i + 1);
		peer_recv(&f->peer);
	}

	assert_int_equal(nstrans(f), 16);
}


static void test_response_goes_where_via_says(void **state)
{
	struct fixture *f = *state;
	struct peer other;
	char via[128];

	peer_open(&other, "127.0.0.1");
	f->reply = 200;

	/* no rport: source address, port of Via (18.2.2) */
	(void)re_snprintf(via, sizeof(via),
			  "SIP/2.0/UDP h.example:%u;branch=z9hG4bKa1;received=9",
			  sa_port(&other.addr));
	REQUEST(f, "OPTIONS", "", .via = via);
	peer_recv(&other);
	assert_has(peer_hdr(&other, "Via"), ";received=127.0.0.1");
	assert_hasnt(peer_hdr(&other, "Via"), "received=9");
	assert_hasnt(peer_hdr(&other, "Via"), "rport");
	peer_silent(&f->peer);

	/* behind a NAT without asking */
	f->take  = false;
	f->rport = true;
	(void)re_snprintf(via, sizeof(via),
			  "SIP/2.0/UDP h.example:%u;branch=z9hG4bKa2",
			  sa_port(&other.addr));
	REQUEST(f, "OPTIONS", "", .via = via, .cseq = 2);
	peer_recv(&f->peer);
	peer_close(&other);
}


static void test_via_list_and_folds_come_back(void **state)
{
	struct fixture *f = *state;

	f->reply = 200;
	REQUEST(f, "OPTIONS", "",
		.via = "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa1 ; rport,\r\n"
		       " SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKb",
		.more = "Via: SIP/2.0/UDP c;branch=1\r\n");
	peer_recv(&f->peer);
	assert_has(peer_hdr(&f->peer, "Via"),
		   ";received=127.0.0.1;rport=");
	assert_has(peer_hdr(&f->peer, "Via"),
		   ",   SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKb");
	assert_has(f->peer.buf, "\r\nVia: SIP/2.0/UDP c;branch=1\r\n");
}


static void test_tag_can_be_chosen(void **state)
{
	struct fixture *f = *state;

	REQUEST(f, "INVITE", "z9hG4bKa1");
	sx_strans_set_tag(f->st, "chosen");
	assert_string_equal(sx_strans_tag(f->st), "chosen");
	assert_int_equal(0, sx_reply(f->st, 183, "Go on", "X-B: %u\r\n", 7));
	assert_starts(peer_recv(&f->peer), "SIP/2.0 183 Go on");
	assert_has(peer_hdr(&f->peer, "To"), ";tag=chosen");
	assert_string_equal(peer_hdr(&f->peer, "X-B"), "7");
}


static void test_reply_with_body(void **state)
{
	struct fixture *f  = *state;
	struct mbuf *body  = mbuf_alloc(8);
	struct mbuf *hdrs  = mbuf_alloc(32);

	assert_int_equal(0, mbuf_write_str(body, "v=0\r\n"));
	assert_int_equal(0, mbuf_write_str(hdrs, "Contact: <sip:x>\r\n"));
	REQUEST(f, "INVITE", "z9hG4bKa1");
	assert_int_equal(0, sx_reply_body(f->st, 200, NULL, hdrs,
					  "application/sdp", body));
	peer_recv(&f->peer);
	assert_string_equal(peer_hdr(&f->peer, "Content-Type"),
			    "application/sdp");
	assert_string_equal(peer_hdr(&f->peer, "Content-Length"), "5");
	assert_string_equal(peer_hdr(&f->peer, "Contact"), "<sip:x>");
	assert_has(f->peer.buf, "\r\n\r\nv=0\r\n");
	mem_deref(body);
	mem_deref(hdrs);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		TRANS_TEST(test_reply_copies_what_it_must),
		TRANS_TEST(test_non_invite_repeats_its_response),
		TRANS_TEST(test_invite_sends_trying_by_itself),
		TRANS_TEST(test_invite_refused_repeats_until_ack),
		TRANS_TEST(test_invite_refused_gives_up_without_ack),
		TRANS_TEST(test_invite_accepted_absorbs_and_repeats_on_demand),
		TRANS_TEST(test_cancel),
		TRANS_TEST(test_cancel_of_nothing_is_481),
		TRANS_TEST(test_cancel_from_elsewhere_is_481),
		TRANS_TEST(test_cancel_without_handler_ends_the_invite),
		TRANS_TEST(test_merged_request_is_482),
		TRANS_TEST(test_2543_request_without_cookie),
		TRANS_TEST(test_unanswered_request_gets_500),
		TRANS_TEST(test_stateless_answer_keeps_nothing),
		TRANS_TEST(test_too_many_open_are_503),
		TRANS_TEST(test_waiting_ones_end_early_under_load),
		TRANS_TEST(test_response_goes_where_via_says),
		TRANS_TEST(test_via_list_and_folds_come_back),
		TRANS_TEST(test_tag_can_be_chosen),
		TRANS_TEST(test_reply_with_body),
	};

	return cmocka_run_group_tests(tests, test_init, test_close);
}
