/**
 * @file tests/unit/stream_util.h  A stack that listens on TCP, its user, and a
 *                                 peer
 */
#ifndef TANDEM_TESTS_STREAM_UTIL_H
#define TANDEM_TESTS_STREAM_UTIL_H

#include "tests/unit/sip_test.h"
#include "base/count.h"

#define STREAM_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, setup, teardown)

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


static inline void request_handler(struct sx_strans *st,
				   const struct sx_msg *msg, void *arg)
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


static inline void conn_handler(struct sx_conn *conn, void *arg)
{
	struct fixture *f = arg;

	assert_false(sx_conn_is_open(conn));
	++f->ngone;
}


static inline bool guard_handler(enum sx_tp tp, const struct sa *src,
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


static inline void response_handler(int err, const struct sx_msg *msg,
				    void *arg)
{
	struct fixture *f = arg;

	++f->nresp;
	f->err   = err;
	f->scode = msg ? msg->scode : 0;
}


static inline int setup(void **state)
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


static inline int teardown(void **state)
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


static inline uint32_t nconns(const struct fixture *f)
{
	struct sx_stats stats;

	sx_get_stats(f->sx, &stats);
	return stats.nconns;
}


static inline void options(struct peer *p, unsigned n)
{
	peer_send(p, NULL,
		  "OPTIONS sip:x SIP/2.0\r\n"
		  "Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK%u;rport\r\n"
		  "From: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: %u\r\n"
		  "CSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\n"
		  "Content-Length: 0\r\n\r\n",
		  n, n);
}


static inline bool is_eof(void *arg)
{
	struct peer *p = arg;

	return p->eof || (peer_has(p) && p->eof) || errno == ECONNRESET;
}

#endif
