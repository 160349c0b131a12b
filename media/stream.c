/**
 * @file media/stream.c  A stream: one peer's audio
 */
#include "media/stream.h"
#include <stdlib.h>
#include <sys/socket.h>
#include "base/log.h"
#include "base/rand.h"
#include "media/mixer.h"
#include "media/play.h"
#include "media/tap.h"
#include "media/thread.h"


enum {
	PTIME_DEFAULT = 20,
	PTIME_MIN     = 10,
	GSM_FRAME_MS  = 20,

	/* where nobody speaks */
	QUIET_US      = 500000, /* after so long ... */
	HUSH_MS       = 60,     /* so much silence is sent, once a second ... */
	HUSHES        = 3,      /* and so many times */
};


/* --- statistics ---------------------------------------------------------- */

struct stats_box *stats_box_alloc(void)
{
	struct stats_box *box = calloc(1, sizeof(*box));

	if (!box)
		return NULL;

	(void)pthread_mutex_init(&box->lock, NULL);
	box->refs = 2; /* one for each side */

	return box;
}


void stats_box_unref(struct stats_box *box)
{
	if (!box || atomic_fetch_sub(&box->refs, 1) != 1)
		return;

	(void)pthread_mutex_destroy(&box->lock);
	free(box);
}


void stats_box_get(struct stats_box *box, struct media_stats *stats)
{
	(void)pthread_mutex_lock(&box->lock);
	*stats = box->stats;
	(void)pthread_mutex_unlock(&box->lock);
}


static void stats_now(const struct stream *s, struct media_stats *st)
{
	*st = (struct media_stats){
		.rx_packets = s->rx_packets,
		.rx_bytes   = s->rx_bytes,
		.tx_packets = s->tx.packets,
		.tx_bytes   = s->tx.octets + s->tx.packets * PKT_HDR,
		.rx_lost    = rxs_lost(&s->rx),
		.rx_dropped = s->dropped,
		.stranger   = s->strangers,
		.tx_lost    = report_lost(s),
		.jitter_us  = rxs_jitter_us(&s->rx, s->tx.khz * 1000u),
		.rtt_us     = s->rep.rtt_us,
		.suite      = s->sec.suite,
		.rx_forged  = s->sec.forged,
		.rx_replayed = s->sec.replayed,
	};

	if (learn_is_verified(&s->learn))
		st->peer = s->learn.src;
}


static void stats_publish(struct stream *s)
{
	struct media_stats st;

	stats_now(s, &st);

	(void)pthread_mutex_lock(&s->box->lock);
	s->box->stats = st;
	(void)pthread_mutex_unlock(&s->box->lock);
}


/* --- life ---------------------------------------------------------------- */

static void destructor(void *arg)
{
	struct stream *s = arg;

	stream_unbridge(s);
	mixer_leave(s);
	mem_deref(s->mixer);
	own_close(s);
	list_flush(&s->taps);
	mem_deref(s->ear);
	mem_deref(s->listener);
	list_unlink(&s->le);
	list_unlink(&s->beat_le);
	list_unlink(&s->tick_le);
	stream_undirect(s);
	secure_close(&s->sec);
	port_pair_close(&s->pair);
	mem_deref(s->det);
	stats_box_unref(s->box);

	/* CLOSED is the last word, however the stream ended */
	if (s->closed)
		chan_send_always(s->up, &s->closed->msg);
}


int stream_alloc(struct stream **sp, media_id id, const struct port_pair *pair,
		 struct stats_box *box, struct chan *up)
{
	struct media_up *closed;
	struct stream *s;

	if (!sp || !pair || !box || !up)
		return EINVAL;

	closed = up_alloc(UP_EVENT, id);
	s      = mem_zalloc(sizeof(*s), destructor);
	if (s)
		s->direct = -1;
	if (!closed || !s) {
		mem_deref(closed);
		mem_deref(s);
		return ENOMEM;
	}

	closed->rep.ev = MEDIA_EV_CLOSED;
	s->id          = id;
	s->pair        = *pair;
	s->box         = box;
	s->up          = up;
	s->closed      = closed;
	s->ptime_ms    = PTIME_DEFAULT;
	s->tx.khz      = STREAM_CLOCK / 1000;
	s->tx.ssrc     = rand_num();
	s->tx.ts       = rand_num();
	s->tx.seq      = tx_first_seq();
	rand_hex(s->rep.cname, sizeof(s->rep.cname));

	*sp = s;

	return 0;
}


void stream_close(struct stream *s, uint64_t now_us)
{
	report_leave(s, now_us);
	tap_remove_all(s, now_us);
	stats_publish(s);
	stats_now(s, &s->closed->rep.stats);
	mem_deref(s);
}


/* --- agreement ----------------------------------------------------------- */

static uint32_t ptime_of(const struct media_flow *flow)
{
	uint32_t ms = flow->ptime_ms ? flow->ptime_ms : PTIME_DEFAULT;

	if (ms < PTIME_MIN)
		ms = PTIME_MIN;
	if (ms > FRAME_MAX_MS)
		ms = FRAME_MAX_MS;

	/* opus has frames of 10, 20, 40 and 60 ms */
	if (flow->codec == MEDIA_GSM || (flow->codec == MEDIA_OPUS && ms > 20))
		ms = (ms + GSM_FRAME_MS - 1) / GSM_FRAME_MS * GSM_FRAME_MS;
	else if (flow->codec == MEDIA_OPUS)
		ms = ms < 20 ? 10 : 20;

	return ms;
}


/* Both directions of a bridge depend on both agreements */
static void compile(struct stream *s)
{
	relay_compile(s);
	if (s->partner)
		relay_compile(s->partner);
}


static void update_detector(struct stream *s)
{
	const bool want = s->flow.inband && !s->flow.dtmf_pt;

	if (want == !!s->det)
		return;

	s->det = mem_deref(s->det);
	if (!want)
		return;

	s->det = mem_zalloc(sizeof(*s->det), NULL);
	if (s->det)
		dtmf_det_init(s->det);
	else
		log_error("media", "stream %llu: no memory to find digits",
			  (unsigned long long)s->id);
}


void stream_set_flow(struct stream *s, const struct media_flow *flow,
		     uint64_t now_us)
{
	struct media_flow *f = &s->flow;

	*f = *flow;
	if (f->npass > ARRAY_SIZE(f->pass_pt))
		f->npass = ARRAY_SIZE(f->pass_pt);
	if (f->nalt > ARRAY_SIZE(f->alt_pt))
		f->nalt = ARRAY_SIZE(f->alt_pt);

	s->agreed   = true;
	s->open     = f->recv;
	s->tx.open  = f->send;
	s->codec    = relay_codec(f->codec);
	s->tx.khz   = (uint8_t)(codec_clock(s->codec) / 1000);
	s->ptime_ms = ptime_of(f);
	s->alive_us = now_us;
	s->silent   = false;
	if (!s->tx.last_us)
		s->tx.last_us = now_us;

	secure_set(s, f, now_us);
	learn_rules(&s->learn, f, now_us);
	if (!learn_is_verified(&s->learn))
		stream_undirect(s);
	update_detector(s);
	compile(s);
	own_update(s);
	mixer_update(s);
}


void stream_bridge(struct stream *a, struct stream *b)
{
	if (a == b)
		return;

	stream_unbridge(a);
	stream_unbridge(b);

	a->partner = b;
	b->partner = a;
	compile(a);
	tap_update(a);
	tap_update(b);
}


void stream_unbridge(struct stream *s)
{
	struct stream *p = s->partner;

	if (!p)
		return;

	s->partner = NULL;
	p->partner = NULL;
	s->keep = p->keep = false;

	/* nobody will end a digit that is held down now */
	own_digit_end(s);
	own_digit_end(p);

	relay_compile(s);
	relay_compile(p);
	tap_update(s);
	tap_update(p);
}


void stream_set_echo(struct stream *s, bool on)
{
	s->echo = on;
	relay_compile(s);
}


/* --- time ---------------------------------------------------------------- */

void stream_update_tick(struct stream *s)
{
	const bool want = (s->tx.replaced & TX_OWN) || s->evt.active ||
			  s->taps.head || s->mixer || own_wants(s);

	if (s->mt)
		mthread_set_tick(s->mt, s, want);
}


void stream_tick(struct stream *s, uint32_t ms, uint64_t now_us)
{
	if (s->mixer)
		mixer_tick(s, ms, now_us);
	else if ((s->tx.replaced & TX_OWN) || own_wants(s))
		own_tick(s, ms, now_us);

	if (s->evt.active)
		stream_poll_event(s, now_us);

	if (s->taps.head)
		tap_tick(s, now_us);

	stream_update_tick(s);
}


void stream_slept(struct stream *s, uint64_t us, uint64_t now_us)
{
	const uint64_t since = now_us > s->alive_us ? now_us - s->alive_us : 0;

	s->alive_us += us < since ? us : since;
}


static void check_timeout(struct stream *s, uint64_t now_us)
{
	struct media_up *up;

	if (!s->flow.timeout_ms || s->silent || now_us < s->alive_us ||
	    now_us - s->alive_us < s->flow.timeout_ms * 1000ull)
		return;

	up = stream_event(s, MEDIA_EV_TIMEOUT);
	if (!up)
		return; /* said a second later */

	s->silent           = true;
	up->rep.duration_ms = (uint32_t)((now_us - s->alive_us) / 1000u);
	stream_send_event(s, up);
}


static void check_keepalive(struct stream *s, uint64_t now_us)
{
	enum media_drop why;

	if (!s->flow.keepalive_s ||
	    now_us - s->tx.last_us < s->flow.keepalive_s * 1000000ull)
		return;

	why = relay_keepalive(s, now_us);
	if (why != DROP_NONE)
		(void)drop(why);
}


/* There are phones that speak only when they have heard something, and nobody
 * else has spoken to this one: begin */
static void check_quiet(struct stream *s, uint64_t now_us)
{
	if (s->hushes >= HUSHES || !s->flow.send || s->rx.any ||
	    s->tx.packets > s->hushes * (HUSH_MS / PTIME_MIN) ||
	    now_us < s->alive_us || now_us - s->alive_us < QUIET_US)
		return;

	++s->hushes;
	own_hush(s, HUSH_MS);
}


void stream_beat(struct stream *s, uint64_t now_us)
{
	if (s->agreed) {
		check_quiet(s, now_us);
		check_timeout(s, now_us);
		check_keepalive(s, now_us);
		stream_check_direct(s);
	}

	report_beat(s, now_us);
	stats_publish(s);
}


/* --- events -------------------------------------------------------------- */

struct media_up *stream_event(const struct stream *s, enum media_event ev)
{
	struct media_up *up = up_alloc(UP_EVENT, s->id);

	if (up)
		up->rep.ev = ev;

	return up;
}


void stream_send_event(const struct stream *s, struct media_up *up)
{
	chan_send_always(s->up, &up->msg);
}
