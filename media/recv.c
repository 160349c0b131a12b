/**
 * @file media/recv.c  A packet from a peer
 *
 *   decrypt ─► decode ─► agreed payload type? ─► may this source speak?
 *     ─► count ─► events, digits in the audio ─► recorders, ears, a room
 *     ─► relay_packet()
 *
 * Every packet that goes no further has a reason (MEDIA_DROPS) with a counter.
 * Nothing is allocated or logged per packet.
 */
#include "base/log.h"
#include "media/ear.h"
#include "media/mixer.h"
#include "media/stream.h"
#include "media/tap.h"


enum {
	RATE_MAX    = 1000,   /* packets in a window */
	RATE_WIN_US = 500000,
	DET_MAX     = 1600,   /* samples of one packet that are searched */
};


static void dropped(struct stream *s, enum media_drop why)
{
	(void)drop(why);
	++s->dropped;
}


/* --- digits -------------------------------------------------------------- */

static void tell_digit(const struct stream *s, const struct dtmf_report *rep,
		       bool inband)
{
	struct media_up *up = stream_event(s, MEDIA_EV_DTMF);

	if (!up)
		return;

	up->rep.digit       = rep->end;
	up->rep.duration_ms = rep->end_ms;
	up->rep.info        = inband;
	stream_send_event(s, up);
}


/* A partner without events hears the tone, when its length is known */
static void event_to_tone(struct stream *to, const struct dtmf_report *rep)
{
	struct digits d = {.str = {rep->end}, .on_ms = rep->end_ms};

	if (!to || !to->agreed || to->flow.dtmf_pt_tx || !to->tx.open)
		return;

	d.on_ms  = rep->end_ms < 60 ? 60 : rep->end_ms;
	d.off_ms = 60;
	own_digits(to, &d);
}


static void on_event(struct stream *s, const struct dtmf_report *rep)
{
	if (!rep->end)
		return;

	tell_digit(s, rep, false);
	if (!s->keep)
		event_to_tone(s->partner, rep);
}


void stream_poll_event(struct stream *s, uint64_t now_us)
{
	const struct dtmf_report rep =
		dtmf_evt_poll(&s->evt, STREAM_CLOCK, now_us);

	on_event(s, &rep);
}


static void recv_event(struct stream *s, const struct pkt *pkt,
		       uint64_t now_us)
{
	const bool was = s->evt.active;
	struct dtmf_report rep;
	struct dtmf_evt evt;

	if (dtmf_evt_decode(&evt, pkt->payload, pkt->plen))
		return;

	rep = dtmf_evt_recv(&s->evt, &evt, pkt->ts, STREAM_CLOCK, now_us);
	on_event(s, &rep);

	if (s->evt.active != was)
		stream_update_tick(s);
}


/* In the audio: a partner that wants events gets them instead of the tone */
static void on_tone(const struct dtmf_report *rep, void *arg)
{
	struct stream *s = arg;

	if (rep->end) {
		tell_digit(s, rep, true);
		if (s->partner)
			own_digit_end(s->partner);
	}

	if (rep->begin && s->partner && s->partner->agreed && !s->keep)
		own_digit_begin(s->partner, rep->begin);
}


static void detect(struct stream *s, enum codec codec, const struct pkt *pkt)
{
	int16_t pcm[DET_MAX];
	const size_t n = codec_decode(pcm, DET_MAX, codec, pkt->payload,
				      pkt->plen);

	if (n)
		dtmf_det_run(s->det, pcm, n, on_tone, s);
}


/* --- source -------------------------------------------------------------- */

static void on_stranger(struct stream *s, const struct sa *src)
{
	++s->strangers;

	if (s->warned)
		return;

	s->warned = true;
	log_warning("media", "stream %llu: media from unexpected source %J"
		    " dropped",
		    (unsigned long long)s->id, src);
}


static void on_locked(struct stream *s, const struct sa *src)
{
	struct media_up *up = stream_event(s, MEDIA_EV_LEARNED);

	log_debug("media", "stream %llu: locked on %J, %s; its SDP says %J",
		  (unsigned long long)s->id, src, learn_rank_name(s->learn.rank),
		  &s->learn.sdp);

	s->tx.unverified = 0;
	stream_undirect(s);
	if (!up)
		return;

	up->rep.addr = *src;
	stream_send_event(s, up);
}


static enum media_drop check_source(struct stream *s, const struct sa *src,
				    const struct pkt *pkt, uint64_t now_us)
{
	switch (learn_packet(&s->learn, src, pkt, now_us)) {

	case LEARN_LOCKED:    on_locked(s, src); break;
	case LEARN_PASS:      break;
	case LEARN_PROBATION: return DROP_PROBATION;
	case LEARN_STRANGER:
		on_stranger(s, src);
		return DROP_STRANGER;
	}

	return DROP_NONE;
}


/* More than any codec sends: a loop, or malice with the right address */
static bool is_flood(struct stream *s, uint64_t now_us)
{
	if (now_us - s->rate_us >= RATE_WIN_US) {
		s->rate_us = now_us;
		s->rate_n  = 0;
	}

	return ++s->rate_n > RATE_MAX;
}


static void on_alive(struct stream *s, uint64_t now_us)
{
	struct media_up *up;

	s->alive_us = now_us;
	if (!s->silent)
		return;

	s->silent = false;
	up        = stream_event(s, MEDIA_EV_RESUMED);
	if (up)
		stream_send_event(s, up);
}


static void count(struct stream *s, const struct pkt *pkt,
		  const struct fwd *f, size_t len, uint64_t now_us)
{
	++s->rx_packets;
	s->rx_bytes += len;
	rxs_packet(&s->rx, pkt->ssrc, pkt->seq, pkt->ts, f->kind == FWD_AUDIO,
		   s->tx.khz * 1000u, now_us);
	on_alive(s, now_us);
}


/* --- packet -------------------------------------------------------------- */

static enum codec tap_codec(const struct fwd *f)
{
	switch ((enum fwd_kind)f->kind) {

	case FWD_AUDIO: return (enum codec)f->codec;
	case FWD_EVENT: return CODEC_TELEV;
	case FWD_CN:    return CODEC_CN;
	case FWD_NONE:
	case FWD_OTHER: break;
	}

	return CODEC_NONE;
}


static void use_packet(struct stream *s, const struct pkt *pkt,
		       const struct fwd *f, uint64_t now_us)
{
	if (s->taps.head)
		tap_rx(s, tap_codec(f), pkt, now_us);

	if (f->kind == FWD_AUDIO) {
		ear_rx(s, s->ear, (enum codec)f->codec, pkt);
		ear_rx(s, s->listener, (enum codec)f->codec, pkt);
	}

	if (s->member && f->kind == FWD_AUDIO)
		mixer_rx(s, (enum codec)f->codec, pkt);

	if (f->kind == FWD_EVENT)
		recv_event(s, pkt, now_us);
	else if (s->det && f->kind == FWD_AUDIO)
		detect(s, (enum codec)f->codec, pkt);
}


static enum media_drop forward(struct stream *s, struct pkt *pkt,
			       const struct fwd *f, uint64_t now_us)
{
	struct stream *to = s->echo ? s : s->partner;

	if (!to)
		return s->member ? DROP_NONE : DROP_NO_PARTNER;
	if (s->keep && f->kind == FWD_EVENT)
		return DROP_KEPT;

	return relay_packet(to, pkt, f, now_us);
}


static enum media_drop process(struct stream *s, uint8_t *buf, size_t len,
			       const struct sa *src, uint64_t now_us)
{
	const struct fwd *f;
	enum media_drop why;
	struct pkt pkt;

	if (!s->agreed)
		return DROP_NO_FLOW;

	why = secure_rtp(s, buf, &len, src, now_us);
	if (why != DROP_NONE)
		return why;

	why = pkt_decode(&pkt, buf, len);
	if (why != DROP_NONE)
		return why;

	f = &s->fwd[pkt.pt];
	if (f->kind == FWD_NONE)
		return DROP_PT;

	why = check_source(s, src, &pkt, now_us);
	if (why != DROP_NONE)
		return why;

	if (is_flood(s, now_us))
		return DROP_FLOOD;

	count(s, &pkt, f, len, now_us);

	if (!s->open)
		return DROP_HELD;

	use_packet(s, &pkt, f, now_us);

	return forward(s, &pkt, f, now_us);
}


void stream_recv(struct stream *s, uint8_t *buf, size_t len,
		 const struct sa *src, uint64_t now_us)
{
	const enum media_drop why = process(s, buf, len, src, now_us);

	if (why != DROP_NONE)
		dropped(s, why);
}
