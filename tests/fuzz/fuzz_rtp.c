/**
 * @file fuzz_rtp.c  RTP and RTCP packets to two bridged streams
 *
 * The input is a list of steps, each two bytes and what they say: what is done
 * and by whom, the length, the packet.  Time is part of the input.
 *
 * Besides memory: a stranger is never counted as the peer, never locked on and
 * gets nothing; a locked source is one that the agreement allows; every packet
 * is either counted as received or dropped with a reason.
 */
#include "fuzz.h"
#include "base/clock.h"
#include "media/stream.h"


enum {
	STEP_MS   = 4,
	SOURCES   = 4, /* the last one is a stranger to both */
	PT_EVENT  = 101,
};

enum what {
	DO_RTP,
	DO_RTCP,
	DO_WAIT,
	DO_FLOW,
};

static struct chan *up;
static uint64_t now_us;


static void up_handler(struct chan_msg *msg, void *arg)
{
	struct media_up *ev = (struct media_up *)(void *)msg;

	(void)arg;
	HOLDS(msg->type == UP_EVENT);
	if (ev->rep.ev == MEDIA_EV_DTMF)
		HOLDS(dtmf_event(ev->rep.digit) >= 0);
	mem_deref(ev);
}


int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;

	HOLDS(!libre_init());
	HOLDS(!chan_alloc(&up, 0, up_handler, NULL));

	return 0;
}


static struct sa source(unsigned i)
{
	static const struct {
		const char *ip;
		uint16_t port;
	} v[SOURCES] = {
		{"192.168.1.5", 4000},
		{"198.51.100.7", 61000},
		{"198.51.100.7", 61002},
		{"203.0.113.66", 4000},
	};
	struct sa sa;

	HOLDS(!sa_set_str(&sa, v[i % SOURCES].ip, v[i % SOURCES].port));

	return sa;
}


/* The first peer is behind a NAT, the second one is not */
static void agree(struct stream *s, unsigned i, unsigned kind)
{
	struct media_flow f = {
		.sdp_rtp    = source(i),
		.sip_src    = source(1), /* of both */
		.comedia    = !i,
		.send       = !(kind & 8),
		.recv       = !(kind & 16),
		.codec      = kind & 1 ? MEDIA_PCMA : MEDIA_PCMU,
		.pt         = kind & 1 ? 8 : 0,
		.pt_tx      = kind & 1 ? 8 : 0,
		.dtmf_pt    = kind & 2 ? 0 : PT_EVENT,
		.dtmf_pt_tx = kind & 2 ? 0 : PT_EVENT,
		.inband     = kind & 2,
		.pass_pt    = {13, 97, 8},
		.npass      = kind & 4 ? 3 : 0,
	};

	stream_set_flow(s, &f, now_us);
}


static struct stream *open_stream(media_id id)
{
	const struct port_pair none = {.port = 2, .rtp = -1, .rtcp = -1};
	struct stats_box *box       = stats_box_alloc();
	struct stream *s            = NULL;

	HOLDS(box);
	HOLDS(!stream_alloc(&s, id, &none, box, up));
	stats_box_unref(box); /* the half of signalling */
	agree(s, (unsigned)id - 1, 0);

	return s;
}


static void rtp(struct stream *s, const struct sa *src, bool stranger,
		const uint8_t *p, size_t len)
{
	const uint64_t rx = s->rx_packets, lost = s->dropped;
	uint8_t *buf = malloc(len ? len : 1);

	HOLDS(buf);
	if (len)
		memcpy(buf, p, len);
	stream_recv(s, buf, len, src, now_us);
	free(buf);

	HOLDS(s->rx_packets - rx + s->dropped - lost >= 1);
	HOLDS(!stranger || s->rx_packets == rx);
}


static void rtcp(struct stream *s, const struct sa *src, const uint8_t *p,
		 size_t len)
{
	uint8_t *buf = malloc(len ? len : 1);

	HOLDS(buf);
	if (len)
		memcpy(buf, p, len);
	report_recv(s, buf, len, src, now_us);
	free(buf);
}


static void check(const struct stream *s)
{
	const struct learn *l = &s->learn;
	const struct sa evil  = source(SOURCES - 1);

	HOLDS(!l->locked || !sa_cmp(&l->src, &evil, SA_ADDR) || l->comedia);
	HOLDS(s->tx.unverified <= UNVERIFIED_MAX);
	HOLDS(s->own.digits.str[DIGITS_MAX] == '\0');
}


/* One step; bytes used of p */
static size_t step(struct stream *sv[2], const uint8_t *p, size_t len)
{
	struct stream *s      = sv[p[0] & 1];
	const unsigned who    = p[0] >> 1 & 3;
	const struct sa src   = source(who);
	const bool stranger   = who == SOURCES - 1 && (p[0] & 1);
	const size_t n        = p[1] < len - 2 ? p[1] : len - 2;

	switch ((enum what)(p[0] >> 3 & 3)) {

	case DO_RTP:  rtp(s, &src, stranger, p + 2, n); break;
	case DO_RTCP: rtcp(s, &src, p + 2, n); break;

	case DO_WAIT:
		now_us += p[1] * STEP_MS * 1000u;
		stream_tick(s, 20, now_us);
		stream_beat(s, now_us);
		return 2;

	case DO_FLOW:
		agree(s, p[0] & 1, p[1]);
		return 2;
	}

	return 2 + n;
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream *sv[2];

	now_us = 1000000000;
	clock_fake(&now_us);
	sv[0] = open_stream(1);
	sv[1] = open_stream(2);
	stream_bridge(sv[0], sv[1]);

	while (size >= 2) {
		const size_t n = step(sv, data, size);

		check(sv[0]);
		check(sv[1]);
		now_us += 5000;
		data += n;
		size -= n;
	}

	stream_close(sv[0], now_us);
	stream_close(sv[1], now_us);
	(void)chan_poll(up);

	return 0;
}
