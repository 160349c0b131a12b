/**
 * @file media/tap.c  A recording on a stream
 */
#include "media/tap.h"
#include "media/record.h"


struct tap {
	struct le le;
	uint32_t tag;
	struct record *rec;
	struct media_record prm; /* path is not kept */
	bool running;
	bool beep;               /* not heard yet */
	bool silence_told, limit_told;
	uint64_t voice_us;       /* when it was not silent */
};


static void destructor(void *arg)
{
	struct tap *tap = arg;

	list_unlink(&tap->le);
	mem_deref(tap->rec);
}


int tap_alloc(struct tap **tp, struct writer *w, const struct rec_params *prm,
	      const struct media_record *rec)
{
	struct tap *tap;
	int err;

	if (!tp || !w || !prm || !rec)
		return EINVAL;

	tap = mem_zalloc(sizeof(*tap), destructor);
	if (!tap)
		return ENOMEM;

	tap->tag      = rec->tag;
	tap->beep     = rec->beep;
	tap->prm      = *rec;
	tap->prm.path = NULL;
	tap->prm.rate = prm->rate ? prm->rate : CODEC_SRATE;

	err = record_alloc(&tap->rec, w, prm);
	if (err)
		mem_deref(tap);
	else
		*tp = tap;

	return err;
}


static void tap_start(struct tap *tap, uint64_t now_us)
{
	tap->running  = true;
	tap->voice_us = now_us;
	record_start(tap->rec, now_us);
}


static void pause_if_alone(const struct stream *s, struct tap *tap)
{
	if (tap->prm.bridged_only)
		record_pause(tap->rec, !s->partner);
}


void tap_add(struct stream *s, struct tap *tap, uint64_t now_us)
{
	list_append(&s->taps, &tap->le, tap);
	pause_if_alone(s, tap);

	/* a room has no party of its own to hear the beep */
	if (s->mixer)
		tap->beep = false;
	if (!tap->beep)
		tap_start(tap, now_us);

	stream_update_tick(s);
}


static void tap_end(struct tap *tap, uint64_t now_us)
{
	record_end(tap->rec, now_us);
	mem_deref(tap);
}


void tap_remove(struct stream *s, uint32_t tag, uint64_t now_us)
{
	struct le *le = s->taps.head;

	while (le) {
		struct tap *tap = le->data;

		le = le->next;
		if (tap->tag == tag)
			tap_end(tap, now_us);
	}

	stream_update_tick(s);
}


void tap_remove_all(struct stream *s, uint64_t now_us)
{
	while (s->taps.head)
		tap_end(s->taps.head->data, now_us);
}


void tap_update(struct stream *s)
{
	for (struct le *le = s->taps.head; le; le = le->next)
		pause_if_alone(s, le->data);
}


/* True if a payload is loud enough to be somebody */
static bool is_voice(enum codec codec, const struct pkt *pkt)
{
	if (codec == CODEC_CN || codec == CODEC_TELEV)
		return false;

	return !codec_is_plain(codec) ||
	       codec_level(codec, pkt->payload, pkt->plen) >= TAP_SILENCE;
}


/* A recording counts in samples at 8 kHz */
static uint32_t ts_of(enum codec codec, const struct pkt *pkt)
{
	return pkt->ts / (codec_clock(codec) / CODEC_SRATE);
}


void tap_rx(struct stream *s, enum codec codec, const struct pkt *pkt,
	    uint64_t now_us)
{
	for (struct le *le = s->taps.head; le; le = le->next) {
		struct tap *tap = le->data;

		if (!tap->running || tap->prm.tx_only)
			continue;

		if (tap->prm.silence_ms && is_voice(codec, pkt))
			tap->voice_us = now_us;

		record_rx(tap->rec, REC_SAYS_CH, codec, pkt->payload,
			  pkt->plen, pkt->seq, ts_of(codec, pkt), pkt->ssrc,
			  now_us);
	}
}


/* A file of one side has one channel */
static unsigned hears_ch(const struct tap *tap)
{
	return tap->prm.tx_only ? REC_SAYS_CH : REC_HEARS_CH;
}


void tap_tx(struct stream *s, enum codec codec, const struct pkt *pkt,
	    uint64_t now_us)
{
	for (struct le *le = s->taps.head; le; le = le->next) {
		struct tap *tap = le->data;

		if (tap->running && !tap->prm.rx_only)
			record_rx(tap->rec, hears_ch(tap), codec, pkt->payload,
				  pkt->plen, pkt->seq, ts_of(codec, pkt),
				  pkt->ssrc, now_us);
	}
}


bool tap_has_rate(const struct stream *s, uint32_t rate)
{
	for (struct le *le = s->taps.head; le; le = le->next) {
		const struct tap *tap = le->data;

		if (tap->prm.rate == rate)
			return true;
	}

	return false;
}


void tap_pcm(struct stream *s, uint32_t rate, const int16_t *pcm, size_t n,
	     uint64_t now_us)
{
	for (struct le *le = s->taps.head; le; le = le->next) {
		struct tap *tap = le->data;

		if (tap->running && tap->prm.rate == rate)
			record_pcm(tap->rec, hears_ch(tap), pcm, n, now_us);
	}
}


static void tell(const struct stream *s, const struct tap *tap,
		 enum media_event ev)
{
	struct media_up *up = stream_event(s, ev);

	if (!up)
		return;

	up->rep.tag         = tap->tag;
	up->rep.duration_ms = (uint32_t)record_duration(tap->rec);
	stream_send_event(s, up);
}


static bool is_silent(const struct tap *tap, uint64_t now_us)
{
	return tap->prm.silence_ms && now_us > tap->voice_us &&
	       now_us - tap->voice_us >= tap->prm.silence_ms * 1000ull;
}


static void tap_watch(const struct stream *s, struct tap *tap, uint64_t now_us)
{
	if (!tap->silence_told && is_silent(tap, now_us)) {
		tap->silence_told = true;
		tell(s, tap, MEDIA_EV_SILENCE);
	}

	if (tap->prm.max_ms && !tap->limit_told &&
	    record_duration(tap->rec) >= tap->prm.max_ms) {
		tap->limit_told = true;
		tell(s, tap, MEDIA_EV_LIMIT);
	}
}


void tap_tick(struct stream *s, uint64_t now_us)
{
	for (struct le *le = s->taps.head; le; le = le->next) {
		struct tap *tap = le->data;

		if (!tap->running)
			continue;

		record_tick(tap->rec, now_us);
		tap_watch(s, tap, now_us);
	}
}


bool tap_wants_beep(const struct stream *s)
{
	for (struct le *le = s->taps.head; le; le = le->next) {
		const struct tap *tap = le->data;

		if (tap->beep)
			return true;
	}

	return false;
}


void tap_beeped(struct stream *s, uint64_t now_us)
{
	for (struct le *le = s->taps.head; le; le = le->next) {
		struct tap *tap = le->data;

		if (!tap->beep)
			continue;

		tap->beep = false;
		tap_start(tap, now_us);
	}
}
