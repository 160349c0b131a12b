/**
 * @file fuzz_sdp.c  A session description of a peer, and what we say to it
 *
 * Besides memory: every part lies inside our copy of the text and in its
 * range; the answer and the offer that are made of it are descriptions that we
 * read ourselves, with as many m-lines as the rules of RFC 3264 want and
 * without a byte that ends a line.
 */
#include "fuzz.h"
#include "b2bua/sdp.h"


static void inside(const struct sdpm *s, const struct pl *pl)
{
	HOLDS(!pl->l || (pl->p >= s->text &&
			 pl->p + pl->l <= s->text + strlen(s->text)));
}


static void media_look(const struct sdpm *s, const struct sdpm_media *m)
{
	inside(s, &m->line);
	inside(s, &m->type);
	inside(s, &m->proto);
	inside(s, &m->fmts);

	HOLDS(m->fmtc <= SDPM_MAX_FMT);
	HOLDS(!m->ptime_ms || (m->ptime_ms >= 10 && m->ptime_ms <= 200));
	HOLDS(m->dtmf_pt < 128);
	HOLDS(m->crypto.suite <= MEDIA_AES_CM_32);
	HOLDS(m->crypto.key.mki_len <= MEDIA_MKI_MAX);
	HOLDS(m->dir <= SDPM_SENDRECV);
	HOLDS(!sa_isset(&m->rtp, SA_ADDR) || sa_port(&m->rtp) == m->port);

	for (size_t i = 0; i < m->fmtc; i++) {
		const struct sdpm_fmt *f = &m->fmtv[i];

		HOLDS(f->pt < 128);
		HOLDS(!f->codec || f->clock == f->codec->srate);
		inside(s, &f->fmtp);
		for (size_t k = 0; k < i; k++)
			HOLDS(m->fmtv[k].pt != f->pt);
	}
}


static void model_look(const struct sdpm *s)
{
	HOLDS(s->mediac <= SDPM_MAX_MEDIA);
	HOLDS(s->lines >= s->mediac && s->lines <= s->room);
	HOLDS(s->room <= SDPM_MAX_LINES);
	inside(s, &s->origin);

	for (size_t i = 0; i < s->mediac; i++)
		media_look(s, &s->mediav[i]);
	for (size_t i = 0; i < s->lines; i++)
		inside(s, &s->linev[i]);
}


/* All that we know of the peer's formats, with its own payload types */
static void say_all(struct sdp_desc *d, const struct sdpm_media *m)
{
	const struct config_codec *codec;

	for (size_t i = 0; (codec = config_codec_at(i)); i++) {
		const struct sdpm_fmt *f = sdpm_find(m, codec);

		if (codec->rtpname)
			(void)sdp_say_add(d, codec, f ? f->pt : -1,
					  f ? &f->fmtp : NULL);
	}

	for (size_t i = 0; i < d->sayc; i++) {
		HOLDS(d->sayv[i].pt < 128);
		for (size_t k = 0; k < i; k++)
			HOLDS(d->sayv[k].pt != d->sayv[i].pt);
	}
}


static void body_look(const struct mbuf *mb, size_t lines)
{
	struct pl text = {(const char *)mb->buf, mb->end};
	const char *why;
	struct sdpm *s;

	for (size_t i = 0; i < mb->end; i++) {
		const uint8_t c = mb->buf[i];

		HOLDS(c >= ' ' || c == '\r' || c == '\n' || c == '\t');
		HOLDS((c == '\r') == (i + 1 < mb->end &&
				      mb->buf[i + 1] == '\n'));
	}

	HOLDS(!sdpm_parse(&s, &text, &why));
	HOLDS(s->lines == lines);
	model_look(s);
	mem_deref(s);
}


static void print_look(const struct sdpm *s, const struct sdpm *offer)
{
	const struct sdpm_media *m = sdpm_audio(s);
	struct sdp_local local	   = {0};
	struct sdp_desc d	   = {
		     .offer = offer,
		     .dir   = sdpm_dir_reverse(m ? m->dir : SDPM_SENDRECV),
		     .dtmf_pt  = m ? m->dtmf_pt : 101,
		     .ptime_ms = m ? m->ptime_ms : 20,
		     .crypto   = m && m->savp ? &m->crypto : NULL,
	};
	struct mbuf *mb = mbuf_alloc(1024);

	HOLDS(!sa_set_str(&d.rtp, "192.0.2.1", 10000));
	say_all(&d, m);
	HOLDS(!sdp_local_print(mb, &local, &d));
	body_look(mb, offer ? offer->lines : 1);

	/* said again it is the same version */
	const uint64_t version = local.version;

	mbuf_rewind(mb);
	HOLDS(!sdp_local_print(mb, &local, &d));
	HOLDS(local.version == version);

	sdp_local_reset(&local);
	mem_deref(mb);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mbuf *mb	= fuzz_mbuf(data, size);
	struct pl text	= {(const char *)mb->buf, mb->end};
	const char *why = NULL;
	struct sdpm *s	= NULL;
	int err;

	err = sdpm_parse(&s, &text, &why);
	HOLDS(!err == (s != NULL));
	HOLDS(!err == (why == NULL));
	HOLDS(!err || err == EBADMSG || err == E2BIG);

	if (s) {
		model_look(s);
		print_look(s, s);
		print_look(s, NULL);
	}

	mem_deref(s);
	mem_deref(mb);

	return 0;
}
