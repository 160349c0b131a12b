/**
 * @file tests/unit/stream_peer.h  Streams without threads, with time handed in
 *
 * A stream and the peer that it talks to, both with real sockets.  What the
 * peer sends is given to the stream by the test, what the stream sends is read
 * from the peer's sockets.
 */
#ifndef TANDEM_TESTS_STREAM_PEER_H
#define TANDEM_TESTS_STREAM_PEER_H

#include <sched.h>
#include <stdlib.h>
#include "rtp_peer.h"
#include "media/stream.h"

enum {
	MS         = 1000,
	START_US   = 1000000000,
	FRAME_US   = 20 * MS,
};

/** A stream with its peer */
struct end {
	struct stream *s;
	struct peer peer;
	struct port_pair pair;
	uint32_t sent, octets; /* by the peer */
};

static uint64_t now_us;
static struct chan *end_up;
static unsigned end_events[MEDIA_EV_CLOSED + 1];
static struct got end_got;
static int end_last = -1; /* a packet to it comes after all others */
static struct sa end_last_addr;


static inline void end_up_handler(struct chan_msg *msg, void *arg)
{
	struct media_up *up = (struct media_up *)(void *)msg;

	(void)arg;
	assert_int_equal(UP_EVENT, msg->type);
	++end_events[up->rep.ev];
	mem_deref(up);
}


/* On one processor the kernel delivers packets in the order of their sending */
static inline void end_pin(void)
{
	const int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : cpu, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}


static inline int ends_setup(void **state)
{
	(void)state;
	now_us = START_US;
	clock_fake(&now_us);
	end_pin();
	assert_int_equal(0, sa_set_str(&end_last_addr, "127.0.0.1", 0));
	end_last = peer_socket(&end_last_addr);

	return libre_init() || chan_alloc(&end_up, 0, end_up_handler, NULL);
}


static inline int ends_teardown(void **state)
{
	(void)state;
	(void)close(end_last);
	mem_deref(end_up);
	clock_fake(NULL);
	libre_close();

	return 0;
}


/* What the stream said since */
static inline unsigned end_event(enum media_event ev)
{
	unsigned n;

	(void)chan_poll(end_up);
	n              = end_events[ev];
	end_events[ev] = 0;

	return n;
}


static inline void end_forget_events(void)
{
	(void)chan_poll(end_up);
	memset(end_events, 0, sizeof(end_events));
}


/* The plain agreement: PCMU with the address that the peer has */
static inline struct media_flow end_flow(const struct end *e)
{
	return (struct media_flow){
		.sdp_rtp       = e->peer.addr,
		.sip_src       = e->peer.addr,
		.authenticated = true,
		.send          = true,
		.recv          = true,
		.codec         = MEDIA_PCMU,
		.dtmf_pt       = 101,
		.dtmf_pt_tx    = 101,
		.ptime_ms      = 20,
	};
}


static inline void end_set(struct end *e, const struct media_flow *flow)
{
	stream_set_flow(e->s, flow, now_us);
}


/* A stream with sockets on `local` and a peer on `ip` */
static inline void end_open(struct end *e, const char *ip, const char *local)
{
	static media_id id;
	struct stats_box *box = stats_box_alloc();
	struct media_flow flow;
	struct peer ours;

	memset(e, 0, sizeof(*e));
	peer_open(&e->peer, ip);
	peer_open(&ours, local);
	e->pair = (struct port_pair){
		.port = sa_port(&ours.addr),
		.rtp  = ours.rtp,
		.rtcp = ours.rtcp,
	};

	assert_non_null(box);
	assert_int_equal(0, stream_alloc(&e->s, ++id, &e->pair, box, end_up));
	stats_box_unref(box);
	flow = end_flow(e);
	end_set(e, &flow);
}


static inline void end_close(struct end *e)
{
	stream_close(e->s, now_us);
	assert_int_equal(1, end_event(MEDIA_EV_CLOSED));
	peer_close(&e->peer);
}


/* --- from the peer ------------------------------------------------------- */

/* A frame from anywhere */
static inline void end_rtp_from(struct end *e, const struct sa *src,
				uint8_t pt)
{
	uint8_t buf[PKT_HDR + PEER_FRAME];
	struct pkt pkt = {
		.ts      = e->peer.ts,
		.ssrc    = e->peer.ssrc,
		.seq     = e->peer.seq++,
		.pt      = pt,
		.payload = buf + PKT_HDR,
		.plen    = PEER_FRAME,
	};

	memset(pkt.payload, 0x55, PEER_FRAME);
	e->peer.ts += PEER_FRAME;
	e->sent++;
	e->octets += PEER_FRAME;
	stream_recv(e->s, pkt_encode(&pkt), sizeof(buf), src, now_us);
}


static inline void end_rtp(struct end *e)
{
	end_rtp_from(e, &e->peer.addr, 0);
}


static inline struct sa end_rtcp_addr(const struct end *e)
{
	struct sa sa = e->peer.addr;

	sa_set_port(&sa, (uint16_t)(sa_port(&sa) + 1));

	return sa;
}


static inline void end_rtcp_raw(struct end *e, const void *p, size_t len)
{
	const struct sa src = end_rtcp_addr(e);
	uint8_t *copy       = malloc(len ? len : 1);

	assert_non_null(copy);
	if (len)
		memcpy(copy, p, len);
	report_recv(e->s, copy, len, &src, now_us);
	free(copy);
}


static inline void end_rtcp(struct end *e, const struct ctl_out *out)
{
	uint8_t buf[CTL_MAX];
	const size_t len = ctl_encode(buf, out);

	end_rtcp_raw(e, buf, len);
}


/* --- at the peer --------------------------------------------------------- */

/* On a busy machine the kernel puts off what goes over loopback: wait until
 * all that was sent so far is there */
static inline void end_settle(void)
{
	struct pollfd pfd = {.fd = end_last, .events = POLLIN};
	char c            = 0;

	send_raw(end_last, &end_last_addr, &c, 1);
	assert_int_equal(1, poll(&pfd, 1, PEER_WAIT_MS));
	assert_int_equal(1, recv(end_last, &c, 1, 0));
}


/* False if nothing is there */
static inline bool end_try(const struct peer *p, struct got *g)
{
	if (try_rtp(p, g))
		return true;

	end_settle();

	return try_rtp(p, g);
}


static inline bool end_got_rtp(const struct end *e)
{
	return end_try(&e->peer, &end_got);
}


static inline unsigned end_drain(const struct end *e)
{
	unsigned n = 0;

	while (end_got_rtp(e))
		++n;

	return n;
}


/* A report, as the source of e's peer reads it */
static inline bool end_got_rtcp(const struct end *e, struct ctl_in *in)
{
	end_settle();
	if (!try_recv(e->peer.rtcp, &end_got))
		return false;

	assert_int_equal(0, ctl_decode(in, end_got.buf, end_got.len,
				       e->peer.ssrc));
	assert_false(in->reduced);
	assert_int_equal(0, in->skipped);

	return true;
}


static inline uint64_t drops(enum media_drop why)
{
	uint64_t n = 0;

	assert_true(media_drop_get(why, NULL, &n));

	return n;
}

#endif
