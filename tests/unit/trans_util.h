/**
 * @file tests/unit/trans_util.h  A stack on loopback, its user, and a peer
 */
#ifndef TANDEM_TESTS_TRANS_UTIL_H
#define TANDEM_TESTS_TRANS_UTIL_H

#include "tests/unit/sip_test.h"
#include "base/count.h"
#include "sip/rport.h"

#define TRANS_TEST(name)                                                     \
	cmocka_unit_test_setup_teardown(name, setup, teardown)

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


static inline void cancel_handler(const struct sx_msg *cancel, void *arg)
{
	struct fixture *f    = arg;
	const struct pl *val = sx_msg_hdr(cancel, SX_HDR_REASON, 0);

	++f->ncancel;
	if (val)
		(void)pl_strcpy(val, f->reason, sizeof(f->reason));
}


static inline void err_handler(int err, void *arg)
{
	struct fixture *f = arg;

	++f->nerr;
	f->err = err;
}


static inline void request_handler(struct sx_strans *st,
				   const struct sx_msg *msg, void *arg)
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


static inline void stray_handler(const struct sx_msg *msg, void *arg)
{
	struct fixture *f = arg;

	++f->nstray;
	f->scode = msg->scode;
}


static inline void response_handler(int err, const struct sx_msg *msg,
				    void *arg)
{
	struct fixture *f = arg;

	++f->nresp;
	f->err   = err;
	f->scode = msg ? msg->scode : 0;
	if (f->drop)
		f->ct = mem_deref(f->ct);
}


static inline bool rport_handler(const struct sx_msg *msg, void *arg)
{
	const struct fixture *f = arg;

	(void)msg;
	return f->rport;
}


static inline int setup(void **state)
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


static inline int teardown(void **state)
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


static inline void request(struct fixture *f, struct req r)
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


static inline uint32_t nstrans(const struct fixture *f)
{
	struct sx_stats stats;

	sx_get_stats(f->sx, &stats);
	return stats.nstrans;
}


static inline uint32_t nctrans(const struct fixture *f)
{
	struct sx_stats stats;

	sx_get_stats(f->sx, &stats);
	return stats.nctrans;
}

#endif
