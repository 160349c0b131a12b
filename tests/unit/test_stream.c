/**
 * @file tests/unit/test_stream.c  Framing, connections, their limits and reuse
 */
#include "tests/unit/sip_test.h"
#include "base/count.h"
#include "sip/frame.h"


/* ---- framing alone ---------------------------------------------------- */

static const char two[] =
	"\r\n\r\n"
	"MESSAGE sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n"
	"From: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: 1\r\n"
	"CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Type: text/plain\r\n"
	"Content-Length: 5\r\n\r\nhello"
	"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK2\r\n"
	"From: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: 2\r\n"
	"CSeq: 2 OPTIONS\r\nMax-Forwards: 70\r\nl: 0\r\n\r\n";


static int feed(struct sx_frame *f, const char *p, size_t n)
{
	while (n) {
		uint8_t *space;
		size_t room;
		int err = sx_frame_space(f, &space, &room);

		if (err)
			return err;

		assert_true(room >= 2048);
		room = min(room, n);
		memcpy(space, p, room);
		sx_frame_add(f, room);
		p += room;
		n -= room;
	}

	return 0;
}


/* Takes what is complete; returns the last result */
static int take(struct sx_frame *f, unsigned *n, struct sx_msg **keep)
{
	struct sx_msg *msg;
	int err;

	for (;;) {
		err = sx_frame_next(f, &msg);
		if (err)
			break;

		if (*n == 0) {
			assert_int_equal(msg->method, SX_MESSAGE);
			assert_int_equal(0, pl_strcmp(&msg->body, "hello"));
		}
		else {
			assert_int_equal(msg->method, SX_OPTIONS);
			assert_int_equal(msg->body.l, 0);
		}

		if (keep)
			keep[*n] = msg;
		else
			mem_deref(msg);
		++*n;
	}

	mem_deref(msg);

	return err;
}


static void test_frame_cut_anywhere(void **state)
{
	const size_t len = sizeof(two) - 1;

	(void)state;

	for (size_t cut = 0; cut <= len; cut++) {
		struct sx_frame f = {0};
		unsigned n        = 0;

		assert_int_equal(0, feed(&f, two, cut));
		assert_int_equal(EAGAIN, take(&f, &n, NULL));
		assert_int_equal(0, feed(&f, two + cut, len - cut));
		assert_int_equal(EAGAIN, take(&f, &n, NULL));
		assert_int_equal(n, 2);
		assert_int_equal(f.pings, 1);
		assert_false(sx_frame_pending(&f));
		sx_frame_reset(&f);
	}
}


static void test_frame_byte_by_byte_and_kept(void **state)
{
	struct sx_msg *keep[2] = {NULL};
	struct sx_frame f      = {0};
	unsigned n             = 0;

	(void)state;

	for (size_t i = 0; i < sizeof(two) - 1; i++) {
		assert_int_equal(0, feed(&f, two + i, 1));
		assert_int_equal(EAGAIN, take(&f, &n, keep));
	}

	/* what was taken stays whole while more comes in */
	for (unsigned i = 0; i < 2000; i++) {
		unsigned m = 0;

		assert_int_equal(0, feed(&f, two, sizeof(two) - 1));
		assert_int_equal(EAGAIN, take(&f, &m, NULL));
		assert_int_equal(m, 2);
	}

	assert_int_equal(n, 2);
	assert_int_equal(0, pl_strcmp(&keep[0]->body, "hello"));
	assert_int_equal(0, pl_strcmp(&keep[1]->callid, "2"));
	mem_deref(keep[0]);
	mem_deref(keep[1]);
	sx_frame_reset(&f);
}


static void test_frame_that_cannot_go_on(void **state)
{
	static const char *const rowv[] = {
		"",
		"Content-Length: -1\r\n",
		"Content-Length: 1\r\nContent-Length: 1\r\n",
		"Content-Length: 1\r\nl: 2\r\n",
		"Content-Length: 12 34\r\n",
		"Content-Length: five\r\n",
		"Content-Length: 1048577\r\n",
		"Content-Length: 4294967296\r\n",
		"Content-Length: 18446744073709551617\r\n",
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {
		struct sx_frame f = {0};
		struct sx_msg *msg;
		char buf[512];
		int n;

		n = re_snprintf(buf, sizeof(buf),
				"OPTIONS sip:a SIP/2.0\r\n"
				"Via: SIP/2.0/TCP h\r\n%s\r\n",
				rowv[i]);
		assert_int_equal(0, feed(&f, buf, (size_t)n));
		assert_int_equal(EBADMSG, sx_frame_next(&f, &msg));
		assert_non_null(msg);
		mem_deref(msg);
		sx_frame_reset(&f);
	}
}


static void test_frame_limits(void **state)
{
	struct sx_frame f = {0};
	struct sx_msg *msg;
	char line[1024];
	size_t n = 0;
	int err;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "X: ", 3);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);

	assert_int_equal(0, feed(&f, "OPTIONS sip:a SIP/2.0\r\n", 23));
	do {
		assert_int_equal(0, feed(&f, line, sizeof(line)));
		n += sizeof(line);
		err = sx_frame_next(&f, &msg);
	} while (err == EAGAIN && n < 1000000);

	assert_int_equal(err, EBADMSG);
	assert_in_range(n, SX_MAX_HEAD - 2048, SX_MAX_HEAD + 2048);
	mem_deref(msg);
	sx_frame_reset(&f);

	/* not SIP: no message at all */
	assert_int_equal(0, feed(&f, "GET / HTTP/1.1\r\n\r\n", 18));
	assert_int_equal(EBADMSG, sx_frame_next(&f, &msg));
	assert_null(msg);
	sx_frame_reset(&f);
}


static void test_frame_big_body(void **state)
{
	struct sx_frame f = {0};
	struct sx_msg *msg;
	char *body = malloc(1000000);

	(void)state;
	memset(body, 'b', 1000000);
	assert_int_equal(0, feed(&f,
				 "MESSAGE sip:a SIP/2.0\r\n"
				 "Content-Length: 1000000\r\n\r\n",
				 50));
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(EAGAIN, sx_frame_next(&f, &msg));
		assert_int_equal(0, feed(&f, body + i * 1000, 1000));
	}
	assert_int_equal(0, sx_frame_next(&f, &msg));
	assert_int_equal(msg->body.l, 1000000);
	mem_deref(msg);
	sx_frame_reset(&f);
	free(body);
}


/* ---- connections ------------------------------------------------------ */

struct fixture {
	struct sx *sx;
	struct sa addr;
	struct peer peer;
	int lfd;               /* a server of ours */
	struct sa laddr;

	unsigned nreq, ngone, nresp, nguard;
	int err;
	uint16_t scode;
	bool refuse;
	bool keep;
	struct sx_conn *conn;  /* of the last request */
	struct sx_strans *st;
	struct sx_target from;
	struct sx_ctrans *ct;
};


static void request_handler(struct sx_strans *st, const struct sx_msg *msg,
			    void *arg)
{
	struct fixture *f = arg;

	++f->nreq;
	assert_int_equal(msg->tp, SX_TCP);
	assert_non_null(msg->conn);
	mem_deref(f->conn);
	f->conn = mem_ref(msg->conn);
	sx_target_of(&f->from, msg);

	if (!st)
		return;
	if (f->keep)
		f->st = mem_ref(st);
	else
		assert_int_equal(0, sx_reply(st, 200, NULL, NULL));
}


static void conn_handler(struct sx_conn *conn, void *arg)
{
	struct fixture *f = arg;

	assert_false(sx_conn_is_open(conn));
	++f->ngone;
}


static bool guard_handler(enum sx_tp tp, const struct sa *src,
			  const uint8_t *p, size_t n, void *arg)
{
	struct fixture *f = arg;

	(void)src;
	(void)p;
	(void)n;
	assert_int_equal(tp, SX_TCP);
	++f->nguard;

	return !f->refuse;
}


static void response_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct fixture *f = arg;

	++f->nresp;
	f->err   = err;
	f->scode = msg ? msg->scode : 0;
}


static int setup(void **state)
{
	static const struct sx_params prm = {.max_conns = 12,
					     .max_conns_ip = 4};
	struct fixture *f                 = calloc(1, sizeof(*f));
	struct sx_listener *lis;
	struct sa any;

	assert_non_null(f);
	f->lfd = f->peer.fd = -1;
	loopback(&any, "127.0.0.1");
	assert_int_equal(0, sx_alloc(&f->sx, &prm, request_handler, f));
	assert_int_equal(0, sx_listen(f->sx, &lis, SX_TCP, &any));
	f->addr = *sx_listener_addr(lis);
	sx_set_conn(f->sx, conn_handler);
	*state = f;

	return 0;
}


static int teardown(void **state)
{
	struct fixture *f = *state;

	mem_deref(f->ct);
	mem_deref(f->st);
	mem_deref(f->sx);
	mem_deref(f->conn);
	if (f->lfd >= 0)
		(void)close(f->lfd);
	peer_close(&f->peer);
	assert_int_equal(0, timers_count());
	free(f);

	return 0;
}


static uint32_t nconns(const struct fixture *f)
{
	struct sx_stats stats;

	sx_get_stats(f->sx, &stats);
	return stats.nconns;
}


static void options(struct peer *p, unsigned n)
{
	peer_send(p, NULL,
		  "OPTIONS sip:x SIP/2.0\r\n"
		  "Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK%u;rport\r\n"
		  "From: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: %u\r\n"
		  "CSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\n"
		  "Content-Length: 0\r\n\r\n",
		  n, n);
}


static bool is_eof(void *arg)
{
	struct peer *p = arg;

	return p->eof || (peer_has(p) && p->eof) || errno == ECONNRESET;
}


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


/* ---- as a client ------------------------------------------------------ */

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


#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame_cut_anywhere),
		cmocka_unit_test(test_frame_byte_by_byte_and_kept),
		cmocka_unit_test(test_frame_that_cannot_go_on),
		cmocka_unit_test(test_frame_limits),
		cmocka_unit_test(test_frame_big_body),
		T(test_request_and_reply),
		T(test_ping_is_answered),
		T(test_bad_framing_is_answered_and_closed),
		T(test_malformed_but_framed_goes_on),
		T(test_message_that_does_not_end),
		T(test_stranger_and_idle),
		T(test_limits_of_connections),
		T(test_room_for_a_newcomer),
		T(test_guard_sees_the_first_bytes),
		T(test_peer_that_goes),
		T(test_client_opens_and_reuses),
		T(test_client_uses_the_connection_of_the_phone),
		T(test_client_refused_connection),
		T(test_client_connection_breaks),
		T(test_client_connect_that_hangs),
		T(test_peer_that_does_not_read),
		T(test_queue_is_flushed),
	};

	return cmocka_run_group_tests(tests, test_init, test_close);
}
