/**
 * @file tests/unit/test_trans.c  Server and client transactions over UDP
 */
#include "tests/unit/sip_test.h"
#include "base/count.h"
#include "sip/rport.h"


struct fixture {
	struct sx *sx;
	struct sx_listener *lis;
	struct sa addr;
	struct peer peer;

	/* what the user of the stack saw and does */
	struct sx_strans *st;
	unsigned nreq, nack, ncancel, nerr, nresp, nstray;
	uint16_t reply;      /* answer at once with this, 0: keep */
	bool stateless;
	bool take;
	char met[16];
	char reason[64];
	int err;
	uint16_t scode;
	struct sx_ctrans *ct;
	bool drop;           /* let go of ct in its handler */
	bool rport;
};


static void cancel_handler(const struct sx_msg *cancel, void *arg)
{
	struct fixture *f    = arg;
	const struct pl *val = sx_msg_hdr(cancel, SX_HDR_REASON, 0);

	++f->ncancel;
	if (val)
		(void)pl_strcpy(val, f->reason, sizeof(f->reason));
}


static void err_handler(int err, void *arg)
{
	struct fixture *f = arg;

	++f->nerr;
	f->err = err;
}


static void request_handler(struct sx_strans *st, const struct sx_msg *msg,
			    void *arg)
{
	struct fixture *f = arg;

	(void)pl_strcpy(&msg->met, f->met, sizeof(f->met));

	if (!st) {
		++f->nack;
		return;
	}

	++f->nreq;
	if (f->stateless) {
		assert_int_equal(0, sx_reply_stateless(f->sx, msg, 401, NULL,
						       "X-A: 1\r\n"));
		return;
	}

	if (f->take) {
		f->st = mem_ref(st);
		sx_strans_set_handlers(st, cancel_handler, err_handler, f);
	}

	if (f->reply)
		assert_int_equal(0, sx_reply(st, f->reply, NULL, NULL));

	/* the request does not go under the handler's hands */
	assert_ptr_equal(sx_strans_msg(st), msg);
}


static void stray_handler(const struct sx_msg *msg, void *arg)
{
	struct fixture *f = arg;

	++f->nstray;
	f->scode = msg->scode;
}


static void response_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct fixture *f = arg;

	++f->nresp;
	f->err   = err;
	f->scode = msg ? msg->scode : 0;
	if (f->drop)
		f->ct = mem_deref(f->ct);
}


static bool rport_handler(const struct sx_msg *msg, void *arg)
{
	const struct fixture *f = arg;

	(void)msg;
	return f->rport;
}


static int setup(void **state)
{
	static const struct sx_params prm = {.agent = "Test", .max_strans = 4};
	struct fixture *f                 = calloc(1, sizeof(*f));
	struct sa any;

	assert_non_null(f);
	loopback(&any, "127.0.0.1");
	assert_int_equal(0, sx_alloc(&f->sx, &prm, request_handler, f));
	assert_int_equal(0, sx_listen(f->sx, &f->lis, SX_UDP, &any));
	f->addr = *sx_listener_addr(f->lis);
	sx_set_stray(f->sx, stray_handler);
	sx_set_rport(f->sx, rport_handler);
	peer_open(&f->peer, "127.0.0.1");
	f->take = true;
	*state  = f;

	return 0;
}


static int teardown(void **state)
{
	struct fixture *f = *state;

	mem_deref(f->st);
	mem_deref(f->ct);
	mem_deref(f->sx);
	peer_close(&f->peer);
	assert_int_equal(0, timers_count());
	free(f);

	return 0;
}


struct req {
	const char *met, *branch, *to, *more;
	unsigned cseq;
	const char *via;
};


static void request(struct fixture *f, struct req r)
{
	char via[128];

	(void)re_snprintf(via, sizeof(via), "SIP/2.0/UDP %J;branch=%s;rport",
			  &f->peer.addr, r.branch);

	peer_send(&f->peer, &f->addr,
		  "%s sip:600@127.0.0.1 SIP/2.0\r\n"
		  "Via: %s\r\n"
		  "Max-Forwards: 70\r\n"
		  "From: <sip:a@127.0.0.1>;tag=from1\r\n"
		  "To: <sip:600@127.0.0.1>%s%s\r\n"
		  "Call-ID: call1\r\n"
		  "CSeq: %u %s\r\n"
		  "Contact: <sip:a@127.0.0.1>\r\n"
		  "%s"
		  "Content-Length: 0\r\n\r\n",
		  r.met, r.via ? r.via : via, r.to ? ";tag=" : "",
		  r.to ? r.to : "", r.cseq ? r.cseq : 1, r.met,
		  r.more ? r.more : "");
	pump();
}


#define REQUEST(f, m, b, ...)                                                \
	request((f), (struct req){.met = (m), .branch = (b), __VA_ARGS__})


static uint32_t nstrans(const struct fixture *f)
{
	struct sx_stats stats;

	sx_get_stats(f->sx, &stats);
	return stats.nstrans;
}


static uint32_t nctrans(const struct fixture *f)
{
	struct sx_stats stats;

	sx_get_stats(f->sx, &stats);
	return stats.nctrans;
}


/* ---- server ----------------------------------------------------------- */

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


/* ---- client ----------------------------------------------------------- */

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


#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_reply_copies_what_it_must),
		T(test_non_invite_repeats_its_response),
		T(test_invite_sends_trying_by_itself),
		T(test_invite_refused_repeats_until_ack),
		T(test_invite_refused_gives_up_without_ack),
		T(test_invite_accepted_absorbs_and_repeats_on_demand),
		T(test_cancel),
		T(test_cancel_of_nothing_is_481),
		T(test_cancel_from_elsewhere_is_481),
		T(test_cancel_without_handler_ends_the_invite),
		T(test_merged_request_is_482),
		T(test_2543_request_without_cookie),
		T(test_unanswered_request_gets_500),
		T(test_stateless_answer_keeps_nothing),
		T(test_too_many_open_are_503),
		T(test_waiting_ones_end_early_under_load),
		T(test_response_goes_where_via_says),
		T(test_via_list_and_folds_come_back),
		T(test_tag_can_be_chosen),
		T(test_reply_with_body),
		T(test_client_request_is_well_formed),
		T(test_client_repeats_then_times_out),
		T(test_client_invite_repeats_until_1xx),
		T(test_client_acks_a_refusal),
		T(test_client_gives_every_2xx),
		T(test_client_let_go_in_its_handler),
		T(test_client_cancel_waits_for_1xx),
		T(test_client_cancelled_and_no_answer),
		T(test_client_timer_c),
		T(test_client_hears_of_icmp),
		T(test_client_ignores_what_is_not_its_answer),
		T(test_ack_outside_transactions),
	};

	return cmocka_run_group_tests(tests, test_init, test_close);
}
