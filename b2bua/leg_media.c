/**
 * @file b2bua/leg_media.c  Offers and answers of a leg, and what they mean
 *
 * RFC 3264.  A peer's description is parsed into a model; what we say is
 * printed from our own.  The agreement is compiled into a struct media_flow.
 */
#include <openssl/crypto.h>
#include "b2bua/call.h"
#include "b2bua/leg_priv.h"
#include "b2bua/natview.h"
#include "base/addr.h"
#include "base/text.h"

enum { DTMF_PT = 101 };


static bool wants_dtmf(const struct leg *leg)
{
	return leg->peer->dtmfmode == DTMF_MODE_RFC2833 ||
	       leg->peer->dtmfmode == DTMF_MODE_AUTO;
}


/* ---- what the peer says ------------------------------------------------- */

/*
 * Take the offer of an INVITE.  Without a description the offer is ours: 0
 * with leg->offer_rx NULL.
 */
int leg_take_offer(struct leg *leg, const struct sx_msg *msg, const char **why)
{
	const struct sdpm_media *m;
	struct sdpm *sdp = NULL;
	int err;

	if (!msg->body.l) {
		leg_offer_prefs(&leg->offered, NULL, leg->peer);
		return 0;
	}

	if (pl_strcasecmp(&msg->ctype, "application/sdp")) {
		*why = "the body is not application/sdp";
		return ENOTSUP;
	}

	err = leg_read_sdp(leg, &sdp, msg, why);
	if (err)
		return err;

	m = sdpm_audio(sdp);
	if (!m) {
		*why = leg_no_audio(leg, sdp);
		mem_deref(sdp);
		return ENOMSG;
	}

	leg_note_offered(leg, m);
	if (!leg->offered.n) {
		*why = "no codec that this peer may use";
		mem_deref(sdp);
		return ENOMSG;
	}

	mem_deref(leg->offer_rx);
	leg->offer_rx = sdp;

	return 0;
}


/* Address, direction and packet time of the peer */
void leg_note_remote(struct leg *leg, const struct sdpm_media *m)
{
	struct leg_audio *a = &leg->audio;

	a->remote      = m->rtp;
	a->remote_rtcp = m->rtcp;
	a->ptime_ms    = m->ptime_ms ? m->ptime_ms : 20;
	a->dtmf_pt_tx  = wants_dtmf(leg) ? m->dtmf_pt : 0;
	a->dir	       = sdpm_dir_reverse(m->dir);
	if (m->hold_zero)
		a->dir = SDPM_RECVONLY;
}


/* ---- what we say -------------------------------------------------------- */

/* Our addresses as the peer sees them: that of signalling for o=, and where it
 * shall send its media, with the port of our socket */
static int describe_addr(struct leg *leg, struct sdp_desc *d)
{
	const struct general *g	  = &leg->cfg->general;
	const struct sx_target *t = &leg->dlg->hop;
	int err;

	err = sx_public_addr(server()->sx, &d->origin, t);
	if (sa_isset(&g->media_address, SA_ADDR)) {
		d->rtp = g->media_address;
	}
	else if (sa_isset(&g->rtpbindaddr, SA_ADDR) &&
		 !sa_is_any(&g->rtpbindaddr)) {
		d->rtp = g->rtpbindaddr;
		nat_public(&d->rtp, t->tp, &t->dst, NULL);
	}
	else {
		d->rtp = d->origin;
	}

	sa_set_port(&d->rtp, sa_port(&leg->media_addr));
	return err;
}


static int describe_start(struct leg *leg, struct sdp_desc *d,
			  enum sdpm_dir dir)
{
	const struct general *g = &leg->cfg->general;

	memset(d, 0, sizeof(*d));
	d->owner   = g->sdpowner;
	d->session = g->sdpsession;
	d->dir	   = dir;

	return describe_addr(leg, d);
}


/* Remember what was said: its payload types are what we get from now on */
static int say(struct leg *leg, struct mbuf *mb, const struct sdp_desc *d)
{
	struct leg_said *said = &leg->said;
	int err;

	err = sdp_local_print(mb, &leg->local, d);
	if (err)
		return err;

	said->n	      = 0;
	said->dtmf_pt = d->dtmf_pt;
	said->dir     = d->dir;
	for (size_t i = 0; i < d->sayc && i < ARRAY_SIZE(said->v); i++) {
		said->v[i].no = config_codec_no(d->sayv[i].codec);
		said->v[i].pt = d->sayv[i].pt;
		++said->n;
	}

	return 0;
}


int leg_print_offer_prefs(struct leg *leg, struct mbuf *mb,
			  const struct codec_prefs *prefs)
{
	struct sdp_desc d;
	int err;

	err = describe_start(leg, &d, SDPM_SENDRECV);
	if (err)
		return err;

	for (size_t i = 0; i < prefs->n; i++) {
		const struct config_codec *c = codec_prefs_at(prefs, i);

		if (c->media != CODEC_AUDIO || !c->rtpname)
			continue;

		err = sdp_say_add(&d, c, -1, NULL);
		if (err)
			break;
		if (!d.ptime_ms)
			d.ptime_ms = prefs->v[i].ptime_ms;
		if (leg->peer->preferred_codec_only)
			break;
	}

	if (!d.sayc)
		return ENOENT;

	if (wants_dtmf(leg))
		d.dtmf_pt = DTMF_PT;
	if (!d.ptime_ms)
		d.ptime_ms = 20;
	leg_crypto_offer(leg, &d);

	return say(leg, mb, &d);
}


/* The offer in our 200 to a caller who has described nothing */
int leg_print_offer_late(struct leg *leg, struct mbuf *mb)
{
	struct codec_prefs prefs;

	leg_answer_prefs(&prefs, leg);

	return leg_print_offer_prefs(leg, mb, &prefs);
}


/* Offer the agreed codec anew with this direction */
int leg_print_offer(struct leg *leg, struct mbuf *mb, enum sdpm_dir dir)
{
	struct leg_audio *a = &leg->audio;
	struct sdp_desc d;
	struct pl fmtp;
	int err;

	if (!a->agreed)
		return leg_print_offer_prefs(leg, mb, &leg->peer->codecs);

	err = describe_start(leg, &d, dir);
	if (err)
		return err;

	pl_set_str(&fmtp, a->fmtp);
	err = sdp_say_add(&d, a->codec, a->pt_rx, &fmtp);
	if (err)
		return err;

	d.dtmf_pt  = a->dtmf_pt_rx;
	d.ptime_ms = a->ptime_ms;
	d.offer	   = leg->remote; /* RFC 3264 8: the m-lines stay */
	leg_crypto_offer(leg, &d);

	return say(leg, mb, &d);
}


/* Ask for another codec; its payload type is the peer's, if it has named one */
int leg_print_offer_codec(struct leg *leg, struct mbuf *mb, enum sdpm_dir dir,
			  const struct config_codec *codec)
{
	const struct sdpm_media *m = sdpm_audio(leg->remote);
	const struct sdpm_fmt *f = m ? sdpm_find(m, codec) : NULL;
	struct sdp_desc d;
	int err;

	err = describe_start(leg, &d, dir);
	if (err)
		return err;

	err = sdp_say_add(&d, codec, f ? f->pt : -1, f ? &f->fmtp : NULL);
	if (err)
		return err;

	d.dtmf_pt  = leg->audio.dtmf_pt_rx;
	d.ptime_ms = leg->audio.ptime_ms;
	d.offer	   = leg->remote; /* RFC 3264 8: the m-lines stay */
	leg_crypto_offer(leg, &d);

	return say(leg, mb, &d);
}


/* What was said last, for a refresh: same version (RFC 4028 7.4) */
int leg_print_repeat(struct leg *leg, struct mbuf *mb)
{
	if (!leg->local.last)
		return leg_print_offer(leg, mb, leg->audio.dir);

	leg_crypto_repeat(leg);
	return sdp_local_repeat(mb, &leg->local);
}


/* Agree on this format; pt_rx: what it shall send to us */
static void agree(struct leg *leg, const struct sdpm_fmt *f, uint8_t pt_rx)
{
	struct leg_audio *a = &leg->audio;

	a->agreed = true;
	a->codec  = f->codec;
	a->mcodec = leg_media_codec(f->codec);
	a->pt_rx  = pt_rx;
	a->pt_tx  = f->pt;
	a->fmtp[0] = '\0';
	if (f->fmtp.l)
		(void)pl_copy(a->fmtp, sizeof(a->fmtp), &f->fmtp);
}


/*
 * Answer an offer: one codec, the one of the other side if it can be had.
 * ENOMSG if no codec will do.
 */
int leg_print_answer(struct leg *leg, struct mbuf *mb, struct sdpm *offer,
		     const struct leg_audio *far, enum sdpm_dir dir)
{
	const struct sdpm_media *m = sdpm_audio(offer);
	const struct sdpm_fmt *f;
	struct sdp_desc d;
	int err;

	f = m ? leg_choose_codec(leg, m, far) : NULL;
	if (!f)
		return ENOMSG;

	err = describe_start(leg, &d, SDPM_SENDRECV);
	if (err)
		return err;

	agree(leg, f, f->pt);
	leg_note_remote(leg, m);
	leg->audio.dir &= dir;
	leg->audio.dtmf_pt_rx = leg->audio.dtmf_pt_tx;

	err = sdp_say_add(&d, f->codec, f->pt, &f->fmtp);
	if (err)
		return err;

	d.dtmf_pt  = leg->audio.dtmf_pt_rx;
	d.ptime_ms = leg->audio.ptime_ms;
	d.dir	   = leg->audio.dir;
	d.offer	   = offer;
	leg_crypto_answer(leg, &d, m);

	if (leg->remote != offer) {
		mem_deref(leg->remote);
		leg->remote = mem_ref(offer);
	}

	err = say(leg, mb, &d);
	if (err)
		return err;

	return leg_apply_flow(leg);
}


/* The format of the answer that is best and that we offered */
static const struct sdpm_fmt *answered_fmt(const struct leg *leg,
					   const struct sdpm_media *m,
					   uint8_t *pt_rx)
{
	for (size_t i = 0; i < m->fmtc; i++) {
		for (size_t k = 0; k < leg->said.n; k++) {
			if (config_codec_no(m->fmtv[i].codec) !=
			    leg->said.v[k].no)
				continue;

			*pt_rx = leg->said.v[k].pt;
			return &m->fmtv[i];
		}
	}

	return NULL;
}


/* Take the answer to our offer.  ENOENT: no description in the message */
int leg_take_answer(struct leg *leg, const struct sx_msg *msg,
		    const char **why)
{
	const struct sdpm_media *m;
	const struct sdpm_fmt *f = NULL;
	const char *refused = NULL;
	struct sdpm *sdp = NULL;
	uint8_t pt_rx = 0;
	int err;

	if (!msg->body.l || pl_strcasecmp(&msg->ctype, "application/sdp")) {
		*why = "no answer to our offer";
		return ENOENT;
	}

	err = leg_read_sdp(leg, &sdp, msg, why);
	if (err)
		return err;

	m = sdpm_audio(sdp);
	refused = leg_crypto_refused(leg, m);
	if (m && !refused)
		f = answered_fmt(leg, m, &pt_rx);
	if (!f) {
		*why = refused ? refused : "the answer takes none of the "
					   "codecs that we offered";
		mem_deref(sdp);
		return ENOMSG;
	}

	leg_crypto_answered(leg, m);
	agree(leg, f, pt_rx);
	leg_note_remote(leg, m);
	leg->audio.dtmf_pt_rx = leg->audio.dtmf_pt_tx ? leg->said.dtmf_pt : 0;
	leg->audio.dir &= leg->said.dir;

	mem_deref(leg->remote);
	leg->remote = sdp;

	return leg_apply_flow(leg);
}


/* ---- to the media thread ------------------------------------------------ */

/* True if the peer says that it is behind a NAT, or looks like it */
static bool comedia(const struct leg *leg)
{
	const struct sa *src = leg_peer_addr(leg);
	uint32_t nat = leg->peer->nat;

	if (nat & NAT_COMEDIA)
		return true;
	if (!(nat & NAT_AUTO_COMEDIA))
		return false;

	return src && sa_isset(&leg->audio.remote, SA_ADDR) &&
	       !sa_cmp(src, &leg->audio.remote, SA_ADDR);
}


/* A phone may be anywhere, and its account stolen; what it describes is
 * believed where its signalling comes from.  A configured host goes on having
 * its media where it says, and so does who was told nat=no.  A guest has shown
 * nothing */
static enum media_wait wait_of(const struct leg *leg)
{
	if (!leg->authenticated && !leg->outgoing)
		return MEDIA_WAIT_ALWAYS;

	return leg->peer->dynamic && leg->peer->nat ? MEDIA_WAIT_ELSEWHERE
						    : MEDIA_WAIT_NO;
}


/* Passing other payloads on: comfort noise (RFC 3389) if both sides know it */
static void pass_cn(const struct leg *leg, struct media_flow *flow)
{
	const struct sdpm_media *m = sdpm_audio(leg->remote);

	for (size_t i = 0; m && i < m->fmtc; i++) {
		if (m->fmtv[i].pt != 13)
			continue;

		flow->pass_pt[0]    = 13;
		flow->pass_pt_tx[0] = 13;
		flow->npass	    = 1;
	}
}


/* Both of us named the codec */
static bool is_mutual(const struct leg *leg, const struct sdpm_fmt *f)
{
	for (size_t i = 0; i < leg->said.n; i++) {
		if (leg->said.v[i].no == config_codec_no(f->codec) &&
		    leg->said.v[i].pt == f->pt)
			return true;
	}

	return false;
}


/* One who answers an offer with both kinds of G.711 may send either (RFC 3264
 * 6.1), whichever of them we took */
static void accept_g711(const struct leg *leg, struct media_flow *flow)
{
	const struct sdpm_media *m = sdpm_audio(leg->remote);

	for (size_t i = 0; m && i < m->fmtc; i++) {
		const struct sdpm_fmt *f = &m->fmtv[i];

		if (leg_is_g711(f->codec) && f->pt == f->codec->pt &&
		    f->codec != leg->audio.codec && is_mutual(leg, f) &&
		    flow->nalt < ARRAY_SIZE(flow->alt_pt))
			flow->alt_pt[flow->nalt++] = f->pt;
	}
}


int leg_apply_flow(struct leg *leg)
{
	const struct leg_audio *a = &leg->audio;
	const struct sa *src	  = leg_peer_addr(leg);
	struct media_flow flow	  = {0};
	uint32_t timeout_s;
	int err;

	if (!leg->media || !a->agreed)
		return 0;

	nat_note_sdp(leg->peer->name, src, leg->remote);
	flow.sdp_rtp	   = a->remote;
	flow.sdp_rtcp	   = a->remote_rtcp;
	flow.comedia	   = comedia(leg);
	flow.wait	   = wait_of(leg);
	flow.authenticated = leg->authenticated || leg->outgoing;
	flow.send	   = a->dir & SDPM_SENDONLY;
	flow.recv	   = a->dir & SDPM_RECVONLY;
	flow.codec	   = a->mcodec;
	flow.pt		   = a->pt_rx;
	flow.pt_tx	   = a->pt_tx;
	flow.dtmf_pt	   = a->dtmf_pt_rx;
	flow.dtmf_pt_tx	   = a->dtmf_pt_tx;
	flow.ptime_ms	   = (uint16_t)a->ptime_ms;
	flow.inband	   = leg->peer->dtmfmode == DTMF_MODE_INBAND ||
		      (leg->peer->dtmfmode == DTMF_MODE_AUTO && !a->dtmf_pt_rx);
	pass_cn(leg, &flow);
	accept_g711(leg, &flow);

	if (src)
		flow.sip_src = *src;
	else
		sa_init(&flow.sip_src, AF_UNSPEC);

	flow.keepalive_s = leg->peer->rtpkeepalive_s;
	timeout_s = flow.recv ? leg->peer->rtptimeout_s
			      : leg->peer->rtpholdtimeout_s;
	if (leg->answered_ms)
		flow.timeout_ms = timeout_s * 1000;

	leg_crypto_flow(leg, &flow);
	err = media_set_flow(leg->media, &flow);
	OPENSSL_cleanse(&flow, sizeof(flow));

	return err;
}
