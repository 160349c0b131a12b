/**
 * @file media/own.c  Audio that we make ourselves: digits, beeps, prompts
 *
 * While there is any it replaces the partner's audio, in this order: a digit,
 * a beep before a recording, the player.  Time goes on in frames of the
 * agreement's ptime, whether or not there is something to send: a player whose
 * next piece is still being read leaves a gap in the packets, not in the
 * timestamps.  Without an agreement, or on hold, time goes on as well, so that
 * a prompt ends when it should.
 *
 * Silence is sent, too, for a moment, where two phones wait to hear something
 * before they speak (stream.c).
 */
#include "base/clock.h"
#include "base/log.h"
#include "media/play.h"
#include "media/stream.h"
#include "media/tap.h"


enum {
	LIVE_MS = 8000, /* longest digit that somebody holds down */
};


bool own_wants(const struct stream *s)
{
	const struct own *o = &s->own;

	return o->play || o->evt.active || o->toning || o->pause_ms ||
	       o->hush_ms || o->digits.str[o->digit_pos] || tap_wants_beep(s);
}


void own_hush(struct stream *s, uint32_t ms)
{
	s->own.hush_ms = ms;
	stream_update_tick(s);
}


static struct codec_enc *encoder(struct stream *s)
{
	struct own *o = &s->own;

	if (o->enc && o->enc_codec == s->codec)
		return o->enc;

	o->enc = mem_deref(o->enc);
	if (codec_enc_alloc(&o->enc, s->codec))
		return NULL;

	o->enc_codec = s->codec;

	return o->enc;
}


/* --- frames -------------------------------------------------------------- */

static void send_own(struct stream *s, struct pkt *pkt, enum codec codec,
		     uint32_t step, uint64_t now_us)
{
	const enum media_drop why = relay_own(s, pkt, codec, step, now_us);

	if (why != DROP_NONE)
		(void)drop(why);
}


/* Samples shorter than a frame end in silence */
static void send_pcm(struct stream *s, int16_t *pcm, size_t n, size_t frame,
		     uint64_t now_us)
{
	uint8_t buf[PKT_HDR + FRAME_MAX * 2];
	struct codec_enc *enc = encoder(s);
	struct pkt pkt        = {
                .pt      = s->flow.pt_tx & PKT_PT_MAX,
                .ts      = s->own.ts,
                .payload = buf + PKT_HDR,
        };

	if (!enc)
		return;

	memset(pcm + n, 0, (frame - n) * sizeof(*pcm));
	pkt.plen = codec_enc_run(enc, pkt.payload, sizeof(buf) - PKT_HDR, pcm,
				 frame);
	if (pkt.plen)
		send_own(s, &pkt, s->codec, s->ptime_ms * s->tx.khz, now_us);
}


static bool frame_event(struct stream *s, uint32_t step, uint64_t now_us)
{
	uint8_t buf[PKT_HDR + DTMF_EVT_SIZE];
	struct own *o  = &s->own;
	struct pkt pkt = {
		.pt      = s->flow.dtmf_pt_tx & PKT_PT_MAX,
		.ts      = o->evt.ts,
		.payload = buf + PKT_HDR,
		.plen    = DTMF_EVT_SIZE,
	};

	if (!dtmf_evt_next(&o->evt, pkt.payload, &pkt.marker, step))
		return false;

	send_own(s, &pkt, CODEC_TELEV,
		 o->ts + s->ptime_ms * s->tx.khz - o->evt.ts, now_us);

	return true;
}


static bool frame_tone(struct stream *s, size_t frame, uint64_t now_us)
{
	int16_t pcm[FRAME_MAX];
	struct own *o  = &s->own;
	const size_t n = tone_read(o->tone, pcm, frame);

	if (n)
		send_pcm(s, pcm, n, frame, now_us);

	if (n < frame) {
		o->toning = false;
		if (o->beeping)
			tap_beeped(s, now_us);
		o->beeping = false;
	}

	return n > 0;
}


static void frame_play(struct stream *s, size_t frame, uint64_t now_us)
{
	int16_t pcm[FRAME_MAX];
	const size_t n = play_read(s->own.play, pcm, frame);

	if (n)
		send_pcm(s, pcm, n, frame, now_us);

	if (play_is_over(s->own.play))
		own_stop_play(s, play_err(s->own.play));
}


static void frame_hush(struct stream *s, size_t frame, uint64_t now_us)
{
	int16_t pcm[FRAME_MAX];

	send_pcm(s, pcm, 0, frame, now_us);
}


/* Few calls make a tone: room for it comes with the first one */
static bool tone_begin(struct stream *s, const struct tone_def *def)
{
	struct own *o = &s->own;

	if (!o->tone)
		o->tone = mem_zalloc(sizeof(*o->tone), NULL);

	if (!o->tone) {
		log_error("media", "stream %llu: no memory for a tone",
			  (unsigned long long)s->id);
		return false;
	}

	tone_start(o->tone, def, 0);
	o->toning = true;

	return true;
}


/* Begin with the next digit; false if there is none */
static bool digit_start(struct stream *s)
{
	struct own *o    = &s->own;
	const char digit = o->digits.str[o->digit_pos];
	struct tone_def def;

	if (!digit)
		return false;

	++o->digit_pos;

	if (s->flow.dtmf_pt_tx) {
		o->pause_ms = o->digits.off_ms;
		return !dtmf_evt_start(&o->evt, digit, o->digits.on_ms, o->ts,
				       STREAM_CLOCK);
	}

	if (dtmf_tone(&def, digit, o->digits.on_ms, o->digits.off_ms))
		return false;

	return tone_begin(s, &def);
}


static void beep_start(struct stream *s, uint64_t now_us)
{
	struct tone_def def;

	/* any country's beep is the same */
	(void)tone_country(&def, "us", TONE_BEEP);
	s->own.beeping = tone_begin(s, &def);

	/* a recording without its beep is better than none */
	if (!s->own.beeping)
		tap_beeped(s, now_us);
}


static void frame(struct stream *s, uint32_t ms, uint64_t now_us)
{
	struct own *o     = &s->own;
	const size_t n    = ms * (STREAM_CLOCK / 1000);
	const bool events = o->evt.active;

	if (events && frame_event(s, (uint32_t)n, now_us))
		return;

	if (o->pause_ms && !o->toning) {
		o->pause_ms = o->pause_ms > ms ? o->pause_ms - ms : 0;
		return;
	}

	if (!o->toning && digit_start(s) && o->evt.active &&
	    frame_event(s, (uint32_t)n, now_us))
		return;

	if (!o->toning && tap_wants_beep(s))
		beep_start(s, now_us);

	if (o->toning && frame_tone(s, n, now_us))
		return;

	if (o->play)
		frame_play(s, n, now_us);
	else if (o->hush_ms)
		frame_hush(s, n, now_us);

	o->hush_ms = o->hush_ms > ms ? o->hush_ms - ms : 0;
}


void own_tick(struct stream *s, uint32_t ms, uint64_t now_us)
{
	struct own *o = &s->own;

	if (!(s->tx.replaced & TX_OWN)) {
		s->tx.replaced |= TX_OWN;
		o->ts        = tx_next_ts(&s->tx, now_us);
		o->credit_ms = s->ptime_ms;
	}
	else {
		o->credit_ms += ms;
	}

	while (o->credit_ms >= s->ptime_ms && own_wants(s)) {
		o->credit_ms -= s->ptime_ms;
		frame(s, s->ptime_ms, now_us);
		o->ts += s->ptime_ms * s->tx.khz;
	}

	if (!own_wants(s))
		s->tx.replaced &= (uint8_t)~TX_OWN;
}


/* --- what signalling asks ------------------------------------------------ */

static bool can_play(struct stream *s)
{
	return !s->agreed || s->flow.codec == MEDIA_NONE || encoder(s);
}


void own_play(struct stream *s, struct play *p)
{
	own_stop_play(s, ECANCELED);

	if (!can_play(s)) {
		log_warning("media", "stream %llu: cannot play to codec %s",
			    (unsigned long long)s->id, codec_name(s->codec));
		play_finish(p, ENOTSUP);
		return;
	}

	s->own.play = p;
	stream_update_tick(s);
}


void own_stop_play(struct stream *s, int err)
{
	struct play *p = s->own.play;

	s->own.play = NULL;
	play_finish(p, err);
	stream_update_tick(s);
}


void own_digits(struct stream *s, const struct digits *d)
{
	struct own *o     = &s->own;
	const size_t left = strlen(o->digits.str + o->digit_pos);
	size_t n          = strlen(d->str);

	memmove(o->digits.str, o->digits.str + o->digit_pos, left);
	if (n > DIGITS_MAX - left) {
		n = DIGITS_MAX - left;
		log_warning("media", "stream %llu: too many digits to send",
			    (unsigned long long)s->id);
	}

	memcpy(o->digits.str + left, d->str, n);
	o->digits.str[left + n] = '\0';
	o->digits.on_ms         = d->on_ms;
	o->digits.off_ms        = d->off_ms;
	o->digit_pos            = 0;
	stream_update_tick(s);
}


void own_digit_begin(struct stream *s, char digit)
{
	struct own *o = &s->own;

	if (o->evt.active || !s->flow.dtmf_pt_tx)
		return;

	if (!(s->tx.replaced & TX_OWN))
		o->ts = tx_next_ts(&s->tx, clock_us());

	o->live = !dtmf_evt_start(&o->evt, digit, LIVE_MS, o->ts,
				  STREAM_CLOCK);
	stream_update_tick(s);
}


void own_digit_end(struct stream *s)
{
	struct dtmf_evt_tx *evt = &s->own.evt;

	if (s->own.live && evt->active && !evt->ends)
		evt->total = evt->done ? evt->done : 1;

	s->own.live = false;
}


void own_update(struct stream *s)
{
	if (s->own.play && !can_play(s))
		own_stop_play(s, ENOTSUP);

	/* the peer does not want events any more */
	if (!s->flow.dtmf_pt_tx)
		s->own.evt.active = false;
}


void own_close(struct stream *s)
{
	own_stop_play(s, ECANCELED);
	memset(&s->own.digits, 0, sizeof(s->own.digits));
	s->own.enc  = mem_deref(s->own.enc);
	s->own.tone = mem_deref(s->own.tone);
}
