/**
 * @file tests/unit/rtp_peer.h  RTP peers on 127.x.x.x for the tests of media/
 *
 * A peer is a pair of sockets that the test itself reads and writes.  Waiting
 * is for a packet or an event, never for a time; a wait that is not over after
 * PEER_WAIT_MS fails.
 */
#ifndef TANDEM_TESTS_RTP_PEER_H
#define TANDEM_TESTS_RTP_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/timer.h"
#include "media/media_priv.h"

enum {
	PEER_WAIT_MS  = 5000,
	PEER_EVENTS   = 64,
	PEER_PORT_MIN = 7100,
	PEER_PORT_MAX = 7499,
	PEER_FRAME    = 160,
};

struct peer {
	int rtp, rtcp;
	struct sa addr; /* of rtp */
	uint32_t ssrc, ts;
	uint16_t seq;
};

/** A packet that came */
struct got {
	uint8_t buf[2048];
	size_t len;
	struct pkt pkt;
	struct sa src;
};

/** A stream of ours with the peer that it talks to, and its events */
struct side {
	media_id id;
	struct sa addr; /* ours */
	struct peer peer;
	struct media_report evv[PEER_EVENTS];
	size_t evc;
	char path[256], why[128]; /* of the latest REC_DONE */
};


/* --- sockets ------------------------------------------------------------- */

static inline int peer_socket(struct sa *sa)
{
	const int fd = socket(sa_af(sa), SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	if (bind(fd, &sa->u.sa, sa->len)) {
		(void)close(fd);
		return -1;
	}

	sa->len = sizeof(sa->u);
	assert_int_equal(0, getsockname(fd, &sa->u.sa, &sa->len));

	return fd;
}


/* Two neighbouring ports at an address */
static inline void peer_open(struct peer *p, const char *ip)
{
	struct sa next;

	memset(p, 0, sizeof(*p));
	p->rtcp = -1;

	while (p->rtcp < 0) {
		assert_int_equal(0, sa_set_str(&p->addr, ip, 0));
		p->rtp = peer_socket(&p->addr);
		assert_true(p->rtp >= 0);
		next = p->addr;
		sa_set_port(&next, (uint16_t)(sa_port(&next) + 1));
		p->rtcp = peer_socket(&next);
		if (p->rtcp < 0)
			(void)close(p->rtp);
	}

	p->ssrc = 0x1000u + (uint32_t)p->rtp;
	p->seq  = 65530; /* wraps soon */
	p->ts   = 0xfffffc00;
}


static inline void peer_close(struct peer *p)
{
	(void)close(p->rtp);
	(void)close(p->rtcp);
}


static inline void send_raw(int fd, const struct sa *to, const void *p,
			    size_t len)
{
	assert_int_equal(len, sendto(fd, p, len, 0, &to->u.sa, to->len));
}


/* A frame of 20 ms, filled with one byte */
static inline void peer_send(struct peer *p, const struct sa *to, uint8_t pt,
			     uint8_t fill)
{
	uint8_t buf[PKT_HDR + PEER_FRAME];
	struct pkt pkt = {
		.ts      = p->ts,
		.ssrc    = p->ssrc,
		.seq     = p->seq++,
		.pt      = pt,
		.payload = buf + PKT_HDR,
		.plen    = PEER_FRAME,
	};

	memset(pkt.payload, fill, PEER_FRAME);
	p->ts += PEER_FRAME;
	send_raw(p->rtp, to, pkt_encode(&pkt), sizeof(buf));
}


/* A telephone-event packet; ts stays */
static inline void peer_send_event(struct peer *p, const struct sa *to,
				   uint8_t pt, uint8_t event, bool end,
				   uint16_t duration)
{
	uint8_t buf[PKT_HDR + 4];
	struct pkt pkt = {
		.ts      = p->ts,
		.ssrc    = p->ssrc,
		.seq     = p->seq++,
		.pt      = pt,
		.payload = buf + PKT_HDR,
		.plen    = 4,
	};

	buf[PKT_HDR]     = event;
	buf[PKT_HDR + 1] = end ? 0x8a : 0x0a;
	put_be16(buf + PKT_HDR + 2, duration);
	send_raw(p->rtp, to, pkt_encode(&pkt), sizeof(buf));
}


static inline bool try_recv(int fd, struct got *g)
{
	ssize_t n;

	g->src.len = sizeof(g->src.u);
	n = recvfrom(fd, g->buf, sizeof(g->buf), MSG_DONTWAIT, &g->src.u.sa,
		     &g->src.len);
	if (n < 0)
		return false;

	g->len = (size_t)n;

	return true;
}


static inline bool try_rtp(const struct peer *p, struct got *g)
{
	if (!try_recv(p->rtp, g))
		return false;

	assert_int_equal(DROP_NONE, pkt_decode(&g->pkt, g->buf, g->len));

	return true;
}


/* --- waiting ------------------------------------------------------------- */

typedef bool(cond_h)(void *arg);

struct wait {
	cond_h *cond;
	void *arg;
	uint64_t until_ms;
	bool met;
	struct timer timer;
};


static inline void wait_handler(void *arg)
{
	struct wait *w = arg;

	w->met = w->cond(w->arg);

	if (w->met || clock_ms() > w->until_ms)
		re_cancel();
	else
		timer_start(&w->timer, 1, wait_handler, w);
}


/* Run the loop until a condition is met */
static inline bool wait_for(cond_h *cond, void *arg)
{
	struct wait w = {.cond     = cond,
			 .arg      = arg,
			 .until_ms = clock_ms() + PEER_WAIT_MS};

	timer_start(&w.timer, 0, wait_handler, &w);
	(void)re_main(NULL);
	timer_cancel(&w.timer);

	return w.met;
}


struct rtp_wait {
	const struct peer *p;
	struct got *g;
};


static inline bool rtp_cond(void *arg)
{
	struct rtp_wait *w = arg;

	return try_rtp(w->p, w->g);
}


/* The next RTP packet of a peer */
static inline void peer_recv(const struct peer *p, struct got *g)
{
	struct rtp_wait w = {p, g};

	if (!wait_for(rtp_cond, &w))
		fail_msg("no packet came");
}


static inline void assert_nothing(const struct peer *p)
{
	static struct got g;

	assert_false(try_recv(p->rtp, &g));
	assert_false(try_recv(p->rtcp, &g));
}


/* A report may come at any time */
static inline void assert_no_rtp(const struct peer *p)
{
	static struct got g;

	assert_false(try_recv(p->rtp, &g));
}


struct event_wait {
	struct side *s;
	enum media_event ev;
	const struct media_report *found;
	size_t from;
};


static inline bool event_cond(void *arg)
{
	struct event_wait *w = arg;

	for (size_t i = w->from; i < w->s->evc; i++) {
		if (w->s->evv[i].ev == w->ev) {
			w->found = &w->s->evv[i];
			return true;
		}
	}

	return false;
}


/* The first event of a kind, after the first `from` events */
static inline const struct media_report *event_wait_from(struct side *s,
							 enum media_event ev,
							 size_t from)
{
	struct event_wait w = {s, ev, NULL, from};

	if (!wait_for(event_cond, &w))
		fail_msg("no event %s", media_event_name(ev));

	return w.found;
}


static inline const struct media_report *event_wait(struct side *s,
						    enum media_event ev)
{
	return event_wait_from(s, ev, 0);
}


static inline unsigned event_count(const struct side *s, enum media_event ev)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->evc; i++)
		n += s->evv[i].ev == ev;

	return n;
}


/* Wait until the threads have done all that they were told: a packet may
 * overtake a command */
static inline void media_sync(void)
{
	for (unsigned i = 0; i < media_state.threads; i++)
		assert_null(mthread_take(media_state.threadv[i], 0));
}


/* --- streams ------------------------------------------------------------- */

static inline void side_handler(const struct media_report *ev, void *arg)
{
	struct side *s = arg;

	assert_true(s->evc < PEER_EVENTS);
	assert_int_equal(s->id, ev->id);
	s->evv[s->evc++] = *ev;

	if (ev->path)
		str_ncpy(s->path, ev->path, sizeof(s->path));
	if (ev->why)
		str_ncpy(s->why, ev->why, sizeof(s->why));
}


static inline void side_open_at(struct side *s, const char *ip,
				const char *local, media_id near)
{
	memset(s, 0, sizeof(*s));
	peer_open(&s->peer, ip);
	assert_int_equal(0, sa_set_str(&s->addr, local, 0));
	assert_int_equal(0, media_open(&s->id, &s->addr, near, side_handler,
				       s));
}


static inline void side_open(struct side *s, const char *ip, media_id near)
{
	side_open_at(s, ip, "127.0.0.1", near);
}


/* The plain agreement with the peer of a side */
static inline struct media_flow side_flow(const struct side *s,
					  enum media_codec codec)
{
	const uint8_t pt       = codec == MEDIA_PCMA   ? 8
				 : codec == MEDIA_GSM  ? 3
				 : codec == MEDIA_G722 ? 9
						       : 0;
	struct media_flow flow = {
		.sdp_rtp       = s->peer.addr,
		.sip_src       = s->peer.addr,
		.authenticated = true,
		.send          = true,
		.recv          = true,
		.codec         = codec,
		.pt            = pt,
		.pt_tx         = pt,
		.dtmf_pt       = 101,
		.dtmf_pt_tx    = 101,
		.ptime_ms      = 20,
	};

	return flow;
}


static inline void side_set(const struct side *s,
			    const struct media_flow *flow)
{
	assert_int_equal(0, media_set_flow(s->id, flow));
	media_sync();
}


static inline void side_agree(const struct side *s, enum media_codec codec)
{
	const struct media_flow flow = side_flow(s, codec);

	side_set(s, &flow);
}


static inline void side_bridge(const struct side *a, const struct side *b)
{
	assert_int_equal(0, media_bridge(a->id, b->id));
	media_sync();
}


static inline void side_close(struct side *s)
{
	media_close_stream(s->id);
	(void)event_wait(s, MEDIA_EV_CLOSED);
	assert_int_equal(MEDIA_EV_CLOSED, s->evv[s->evc - 1].ev);
	peer_close(&s->peer);
}


/* --- set-up -------------------------------------------------------------- */

static inline void peers_params(struct media_params *prm)
{
	*prm = (struct media_params){
		.threads      = 2,
		.port_min     = PEER_PORT_MIN,
		.port_max     = PEER_PORT_MAX,
		.port_rest_ms = 5000,
		.sound_path   = "/nonexistent",
		.country      = "us",
	};
}


static inline int peers_setup(void **state)
{
	struct media_params prm;

	(void)state;
	peers_params(&prm);

	return libre_init() || timers_init() || media_init(&prm);
}


static inline int peers_teardown(void **state)
{
	(void)state;
	media_close(30000);
	timers_close();
	libre_close();

	return 0;
}

#endif
