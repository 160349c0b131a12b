/**
 * @file media/member.c  A party of a mixer: what it says, what it hears
 *
 * Somebody talks from the first loud frame on until there was none for
 * silence_ms.  With drop_silence a party is in the sums only while it talks,
 * so that the noise of a hundred quiet rooms is not added up, and those who
 * are quiet share what is encoded once.
 *
 * A party that has put us on hold plays its music to nobody.
 */
#include "media/member.h"
#include "base/log.h"


enum {
	FIFO_MS    = MIX_MS_MAX + FRAME_MAX_MS,
	TALK_LEVEL = 160,  /* if nothing was said */
	SILENCE_MS = 2500,
};


static void destructor(void *arg)
{
	struct member *m = arg;

	list_unlink(&m->le);
	intake_reset(&m->intake);
	mem_deref(m->enc);
	mem_deref(m->fifo);
}


static void take_params(struct member *m, const struct media_member *prm)
{
	m->prm = *prm;
	if (!m->prm.talk_level)
		m->prm.talk_level = TALK_LEVEL;
	if (!m->prm.silence_ms)
		m->prm.silence_ms = SILENCE_MS;
}


int member_alloc(struct member **mp, media_id room,
		 const struct media_member *prm)
{
	struct member *m;

	if (!mp || !prm)
		return EINVAL;

	m = mem_zalloc(sizeof(*m), destructor);
	if (!m)
		return ENOMEM;

	m->room = room;
	take_params(m, prm);
	*mp = m;

	return 0;
}


media_id member_room(const struct member *m)
{
	return m->room;
}


void member_set(struct member *m, const struct media_member *prm)
{
	take_params(m, prm);
}


/* What the partner of a bridge says is in the mix, or nowhere */
void member_begin(struct member *m)
{
	struct stream *s = m->s;

	if (m->prm.hears)
		s->tx.replaced |= TX_MIX;
	else
		s->tx.replaced &= (uint8_t)~TX_MIX;

	m->sending = false;
	m->failed  = false;
}


/* --- what it says -------------------------------------------------------- */

static bool wants_voice(const struct media_member *prm)
{
	return prm->says || prm->talk_events;
}


void mixer_rx(struct stream *s, enum codec codec, const struct pkt *pkt)
{
	struct member *m = s->member;

	/* one that cannot be decoded is not heard; whoever let it in knows */
	if (m && wants_voice(&m->prm))
		(void)intake_put(&m->intake, codec, pkt);
}


static void tell(struct member *m)
{
	struct media_up *up;

	if (!m->prm.talk_events || m->told == m->talks)
		return;

	up = stream_event(m->s, MEDIA_EV_TALK);
	if (!up)
		return; /* said with the next frame */

	m->told      = m->talks;
	up->rep.id   = m->room;
	up->rep.tag  = m->prm.tag;
	up->rep.info = m->talks;
	stream_send_event(m->s, up);
}


static void watch(struct member *m, bool voice, size_t n, uint64_t now_us)
{
	if (voice && mix_level(m->pcm, n) >= m->prm.talk_level) {
		m->talks   = true;
		m->loud_us = now_us;
	}
	else if (m->talks && now_us > m->loud_us &&
		 now_us - m->loud_us >= m->prm.silence_ms * 1000ull) {
		m->talks = false;
	}

	tell(m);
}


bool member_listen(struct member *m, uint32_t ms, uint64_t now_us)
{
	const struct stream *s = m->s;
	bool voice;
	size_t n;

	m->live = false;
	m->rate = intake_rate(&m->intake);
	if (!m->rate || !wants_voice(&m->prm))
		return false;

	n     = (size_t)ms * (m->rate / 1000);
	voice = intake_get(&m->intake, m->pcm, n) && s->open && s->tx.open;

	if (m->prm.drop_silence || m->prm.talk_events)
		watch(m, voice, n, now_us);

	if (!voice || !m->prm.says || (m->prm.drop_silence && !m->talks))
		return false;

	if (m->prm.talk_gain)
		mix_gain(m->pcm, n, m->prm.talk_gain);
	m->live = true;

	return true;
}


/* --- what it hears ------------------------------------------------------- */

static void fail_once(struct member *m)
{
	if (!m->failed)
		log_warning("media", "stream %llu: cannot mix for codec %s",
			    (unsigned long long)m->s->id,
			    codec_name(m->s->codec));

	m->failed = true;
}


static struct codec_enc *encoder(struct member *m)
{
	const enum codec c = m->s->codec;

	if (m->enc && m->enc_codec == c)
		return m->enc;

	m->enc = mem_deref(m->enc);
	if (codec_enc_alloc_at(&m->enc, c, codec_rate(c))) {
		fail_once(m);
		return NULL;
	}

	m->enc_codec = c;

	return m->enc;
}


/* Timestamps go on by what was sent, so that our jitter is not theirs */
static void send_payload(struct member *m, uint8_t *payload, size_t len,
			 uint64_t now_us)
{
	struct stream *s    = m->s;
	const uint32_t step = s->ptime_ms * s->tx.khz;
	struct pkt pkt      = {
		.pt      = s->flow.pt_tx & PKT_PT_MAX,
		.payload = payload,
		.plen    = len,
	};
	enum media_drop why;

	pkt.ts = m->sending && s->tx.own ? s->tx.ts + s->tx.step
					 : tx_next_ts(&s->tx, now_us);

	why = relay_own(s, &pkt, s->codec, step, now_us);
	if (why != DROP_NONE)
		(void)drop(why);

	m->sending = why == DROP_NONE;
}


static void send_pcm(struct member *m, const int16_t *pcm, size_t n,
		     uint64_t now_us)
{
	uint8_t buf[PKT_HDR + MIX_PAYLOAD_MAX] MIX_SCRATCH;
	struct codec_enc *enc = encoder(m);
	size_t len;

	if (!enc)
		return;

	len = codec_enc_run(enc, buf + PKT_HDR, MIX_PAYLOAD_MAX, pcm, n);
	if (len)
		send_payload(m, buf + PKT_HDR, len, now_us);
}


static void shared_destructor(void *arg)
{
	struct mix_shared *sh = arg;

	mem_deref(sh->enc);
}


static struct mix_shared *shared_get(struct mix_group *g, enum codec c)
{
	struct mix_shared *sh = g->sharedv[c];

	if (sh)
		return sh;

	sh = mem_zalloc(sizeof(*sh), shared_destructor);
	if (sh && codec_enc_alloc_at(&sh->enc, c, codec_rate(c)))
		sh = mem_deref(sh);

	g->sharedv[c] = sh;

	return sh;
}


/* The frame that all get who only listen */
static bool send_shared(struct member *m, const int32_t *mix, size_t n,
			uint64_t now_us)
{
	struct mix_shared *sh = shared_get(m->group, m->s->codec);
	uint8_t buf[PKT_HDR + MIX_PAYLOAD_MAX] MIX_SCRATCH;
	int16_t pcm[MIX_FRAME_MAX] MIX_SCRATCH;

	if (!sh)
		return false;

	if (!sh->done) {
		mix_clip(pcm, mix, n);
		sh->len  = codec_enc_run(sh->enc, sh->buf, sizeof(sh->buf),
					 pcm, n);
		sh->done = true;
	}

	/* a recording or another user of the buffer may write into it */
	memcpy(buf + PKT_HDR, sh->buf, sh->len);
	if (sh->len)
		send_payload(m, buf + PKT_HDR, sh->len, now_us);

	return true;
}


/* Frames that are not as long as its packets */
static void send_cut(struct member *m, const int16_t *pcm, size_t n,
		     uint64_t now_us)
{
	const size_t per = codec_rate(m->s->codec) / 1000;
	const size_t len = m->s->ptime_ms * per;
	const size_t max = FIFO_MS * CODEC_RATE_MAX / 1000;

	if (!m->fifo)
		m->fifo = mem_zalloc(max * sizeof(*m->fifo), NULL);
	if (!m->fifo || m->fifo_n + n > max) {
		m->fifo_n = 0;
		return;
	}

	memcpy(m->fifo + m->fifo_n, pcm, n * sizeof(*pcm));
	m->fifo_n += n;

	while (m->fifo_n >= len) {
		send_pcm(m, m->fifo, len, now_us);
		m->fifo_n -= len;
		memmove(m->fifo, m->fifo + len, m->fifo_n * sizeof(*m->fifo));
	}
}


static void send_own(struct member *m, const int32_t *mix, size_t n,
		     uint32_t ms, uint64_t now_us)
{
	int16_t pcm[MIX_FRAME_MAX] MIX_SCRATCH;

	if (m->live && (m->prm.says & m->prm.hears))
		mix_minus(pcm, mix, m->pcm, n);
	else
		mix_clip(pcm, mix, n);

	if (m->prm.hear_gain)
		mix_gain(pcm, n, m->prm.hear_gain);

	if (m->s->ptime_ms == ms && !m->fifo_n)
		send_pcm(m, pcm, n, now_us);
	else
		send_cut(m, pcm, n, now_us);
}


bool member_hear(struct member *m, uint32_t ms, uint64_t now_us)
{
	struct stream *s = m->s;
	const int rate   = mix_rate_index(codec_rate(s->codec));
	const int32_t *mix;
	size_t n;

	if (!m->group || !s->agreed)
		return false;

	if (rate < 0) {
		fail_once(m);
		return false;
	}

	/* a digit or a prompt of our own goes first; nothing of a mix that
	   was not sent then is heard later */
	mix = m->group->lanev[rate].mix;
	if (!mix || (s->tx.replaced & TX_OWN) || own_wants(s) ||
	    !s->tx.open) {
		m->sending = false;
		m->fifo_n  = 0;
		return false;
	}

	n = (size_t)ms * (codec_rate(s->codec) / 1000);
	if (!m->live && !m->prm.hear_gain && !m->fifo_n && s->ptime_ms == ms &&
	    send_shared(m, mix, n, now_us))
		return false;

	send_own(m, mix, n, ms, now_us);

	return true;
}
