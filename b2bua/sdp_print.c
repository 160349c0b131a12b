/**
 * @file b2bua/sdp_print.c  Session descriptions: print our side
 *
 * Nothing of the peer's text reaches the other side but the formats'
 * parameters up to the first control character and, in an answer, the type,
 * transport and first format of what we reject.  What we have said may hold a
 * key of SRTP: it is wiped when it is not needed any more.
 */
#include "b2bua/sdp_priv.h"
#include <openssl/crypto.h>
#include "base/rand.h"
#include "base/text.h"


static bool pt_taken(const struct sdp_desc *d, int pt)
{
	for (size_t i = 0; i < d->sayc; i++) {
		if (d->sayv[i].pt == pt)
			return true;
	}

	return d->dtmf_pt && pt == d->dtmf_pt;
}


/* The other side's parameters, up to the first control character; too long
 * for us they are better not said than cut */
static void say_fmtp(struct sdp_say *say, const struct pl *fmtp)
{
	struct pl text = {NULL, 0};

	if (fmtp) {
		text.p = fmtp->p;
		while (text.l < fmtp->l && !sdpm_is_ctl(fmtp->p[text.l]))
			++text.l;
	}

	(void)pl_copy(say->fmtp, sizeof(say->fmtp), &text);
}


int sdp_say_add(struct sdp_desc *d, const struct config_codec *codec, int pt,
		const struct pl *fmtp)
{
	struct sdp_say *say;

	if (!d || !codec)
		return EINVAL;
	if (d->sayc == ARRAY_SIZE(d->sayv))
		return ENOSPC;

	if (pt < 0)
		pt = codec->pt;
	for (int dyn = 96; pt < 0 || pt_taken(d, pt); pt = dyn++) {
		if (dyn > 127)
			return ENOSPC;
	}

	say	   = &d->sayv[d->sayc];
	say->codec = codec;
	say->pt	   = (uint8_t)pt;
	say_fmtp(say, fmtp);
	++d->sayc;

	return 0;
}


static int print_audio(struct mbuf *mb, const struct sdp_desc *d,
		       const struct sdpm_media *offer)
{
	const char *proto = !d->crypto ? "RTP/AVP"
			    : offer && !pl_strcasecmp(&offer->proto,
						      "RTP/SAVPF")
				    ? "RTP/SAVPF" : "RTP/SAVP";
	int err;

	err = mbuf_printf(mb, "m=audio %u %s", sa_port(&d->rtp), proto);
	for (size_t i = 0; i < d->sayc; i++)
		err |= mbuf_printf(mb, " %u", d->sayv[i].pt);
	if (d->dtmf_pt)
		err |= mbuf_printf(mb, " %u", d->dtmf_pt);
	err |= mbuf_write_str(mb, "\r\n");

	for (size_t i = 0; i < d->sayc; i++) {
		const struct sdp_say *say = &d->sayv[i];

		err |= mbuf_printf(mb, "a=rtpmap:%u %s/%u", say->pt,
				   say->codec->rtpname, say->codec->srate);
		if (say->codec->ch > 1)
			err |= mbuf_printf(mb, "/%u", say->codec->ch);
		err |= mbuf_write_str(mb, "\r\n");
		if (say->fmtp[0])
			err |= mbuf_printf(mb, "a=fmtp:%u %s\r\n", say->pt,
					   say->fmtp);
	}

	if (d->dtmf_pt)
		err |= mbuf_printf(mb,
				   "a=rtpmap:%u telephone-event/8000\r\n"
				   "a=fmtp:%u 0-16\r\n",
				   d->dtmf_pt, d->dtmf_pt);
	if (d->ptime_ms)
		err |= mbuf_printf(mb, "a=ptime:%u\r\n", d->ptime_ms);
	if (d->crypto)
		err |= mbuf_printf(mb, "%H", crypto_print, d->crypto);

	return err | mbuf_printf(mb, "a=%s\r\n", sdpm_dir_name(d->dir));
}


/* An m-line of the offer that we don't take: same type, port 0 */
static int print_rejected(struct mbuf *mb, const struct pl *line)
{
	struct pl rest = *line, type, port, proto, fmt;

	if (!sdpm_word(&type, &rest) || !sdpm_word(&port, &rest) ||
	    !sdpm_word(&proto, &rest) || !sdpm_word(&fmt, &rest))
		return EBADMSG;

	return mbuf_printf(mb, "m=%r 0 %r %r\r\n", &type, &proto, &fmt);
}


/* Everything but o= */
static int print_body(struct mbuf *mb, const struct sdp_desc *d)
{
	const struct sdpm_media *audio = sdpm_audio(d->offer);
	int err;

	err = mbuf_printf(mb, "s=%s\r\nc=IN IP%c %j\r\nt=0 0\r\n",
			  d->session ? d->session : "-",
			  sa_af(&d->rtp) == AF_INET6 ? '6' : '4', &d->rtp);
	if (!d->offer)
		return err | print_audio(mb, d, NULL);

	for (size_t i = 0; i < d->offer->lines; i++) {
		const struct pl *line = &d->offer->linev[i];

		if (audio && line->p == audio->line.p)
			err |= print_audio(mb, d, audio);
		else
			err |= print_rejected(mb, line);
	}

	return err;
}


/* Only of a text that nobody else holds */
static char *text_free(char *text)
{
	if (text)
		OPENSSL_cleanse(text, strlen(text));

	return mem_deref(text);
}


int sdp_local_repeat(struct mbuf *mb, const struct sdp_local *l)
{
	if (!mb || !l)
		return EINVAL;
	if (!l->last || !l->origin)
		return ENOENT;

	return mbuf_printf(mb, "v=0\r\n%s\r\n%s", l->origin, l->last);
}


int sdp_local_print(struct mbuf *mb, struct sdp_local *l,
		    const struct sdp_desc *d)
{
	const struct sa *origin;
	struct mbuf *body;
	char *text = NULL;
	int err;

	if (!mb || !l || !d)
		return EINVAL;

	origin = sa_isset(&d->origin, SA_ADDR) ? &d->origin : &d->rtp;

	body = mbuf_alloc(512);
	if (!body)
		return ENOMEM;

	err = print_body(body, d);
	if (!err)
		err = mbuf_str(&text, body);
	if (err)
		goto out;

	if (!l->id)
		l->id = rand_num() & 0x7fffffff;
	if (!l->last || strcmp(l->last, text)) {
		l->version = l->version ? l->version + 1 : l->id;
		(void)text_free(l->last);
		l->last = text;
		text	= NULL;
	}

	l->origin = mem_deref(l->origin);
	err = re_sdprintf(&l->origin, "o=%s %llu %llu IN IP%c %j",
			  d->owner ? d->owner : "-", l->id, l->version,
			  sa_af(origin) == AF_INET6 ? '6' : '4', origin);
	if (!err)
		err = sdp_local_repeat(mb, l);

out:
	(void)text_free(text);
	OPENSSL_cleanse(body->buf, body->end);
	mem_deref(body);
	return err;
}


void sdp_local_reset(struct sdp_local *l)
{
	if (!l)
		return;

	l->last	   = text_free(l->last);
	l->origin  = mem_deref(l->origin);
	l->version = 0;
	l->id	   = 0;
}
