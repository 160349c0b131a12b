/**
 * @file b2bua/leg_crypto.c  SRTP of a leg: whether, and with which keys
 *
 * RFC 4568.  Each leg and each direction has a key of its own, so that what
 * one side says cannot be taken for what the other does:
 *
 *   peer ──its key──► leg A │ leg B ──our key for B──► other peer
 *        ◄─our key─         │       ◄──its key───────
 *
 * encryption=yes: our offers are RTP/SAVP, and an offer or an answer that is
 * not is refused.  encryption=no: our offers are RTP/AVP; RTP/SAVP that the
 * peer offers is taken, as chan_sip does.  What was agreed on as SRTP stays
 * SRTP until the end of the call, whoever asks.
 *
 * CHANNEL(secure_bridge_media)=1 of a plan is encryption=yes for whom the call
 * is put through to, CHANNEL(secure_bridge_signaling)=1 wants TLS there.
 *
 * Our key stays through holds and refreshes.  It changes when the peer's does
 * (which may then be another device, that knows nothing of ours), when the
 * suite does, and with the next offer if a forked INVITE gave it to several
 * (RFC 4568 7.3).
 */
#include <openssl/crypto.h>
#include "b2bua/call.h"
#include "b2bua/leg_priv.h"
#include "base/text.h"


enum { OUR_TAG = 1 };


bool leg_wants_crypto(const struct leg *leg)
{
	return leg->peer->encryption || leg->crypto.must || leg->crypto.on;
}


static bool asked(const struct leg *leg, const char *name)
{
	struct pl pl;
	bool on;

	pl_set_str(&pl, call_var(leg->call, name));

	return bool_decode(&on, &pl) && on;
}


/* What the plan asks of the other side, by CHANNEL(secure_bridge_*); false if
 * it cannot be had */
bool leg_crypto_bridge(struct leg *leg)
{
	leg->crypto.must = asked(leg, "SECURE_BRIDGE_MEDIA");

	for (size_t i = 0; i < leg->targetc; i++) {
		if (leg->targetv[i].tp != SX_TLS)
			return !asked(leg, "SECURE_BRIDGE_SIGNALING");
	}

	return true;
}


bool leg_has_secure_media(const struct leg *leg)
{
	const struct sdpm_media *m;

	if (!leg || leg->crypto.on)
		return leg != NULL;

	m = sdpm_audio(leg->offer_rx);

	return m && m->savp;
}


static enum media_suite want_suite(const struct leg *leg)
{
	if (leg->crypto.on)
		return leg->crypto.ours.suite;

	return leg->peer->encryption_32 ? MEDIA_AES_CM_32 : MEDIA_AES_CM_80;
}


/* --- what the peer says -------------------------------------------------- */

/* Lines that are passed over although another one will do */
static void tell_ignored(const struct leg *leg, const struct sdpm *s)
{
	for (size_t i = 0; i < s->mediac; i++) {
		if (s->mediav[i].crypto_why)
			log_debug("leg", "call %s %s: a=crypto is passed over:"
				  " %s",
				  leg->call ? leg->call->id : "-", leg->name,
				  s->mediav[i].crypto_why);
	}
}


int leg_read_sdp(const struct leg *leg, struct sdpm **sp,
		 const struct sx_msg *msg, const char **why)
{
	int err = sdpm_parse(sp, &msg->body, why);

	if (err)
		return err;

	(*sp)->secure = leg_wants_crypto(leg);
	tell_ignored(leg, *sp);

	return 0;
}


/* Why sdpm_audio() found nothing */
const char *leg_no_audio(const struct leg *leg, const struct sdpm *s)
{
	const char *why = "no audio over RTP/AVP or RTP/SAVP in the "
			  "description";

	for (size_t i = 0; i < s->mediac; i++) {
		const struct sdpm_media *m = &s->mediav[i];

		if (m->savp)
			return m->crypto_why ? m->crypto_why
			     : m->crypto.suite ? why
			     : "RTP/SAVP without a=crypto";
		if (leg_wants_crypto(leg))
			why = leg->crypto.on ? "this call is encrypted and "
					       "stays so"
			    : leg->crypto.must ? "secure_bridge_media: only "
						 "RTP/SAVP will do"
			    : "encryption=yes: only RTP/SAVP will do";
	}

	return why;
}


/* --- what we say --------------------------------------------------------- */

static void make_key(struct sdp_crypto *c, enum media_suite suite)
{
	c->suite = suite;
	crypto_new_key(&c->key);
}


/* The key in force stays until the answer is there */
void leg_crypto_offer(struct leg *leg, struct sdp_desc *d)
{
	struct leg_crypto *c = &leg->crypto;

	c->offered = leg_wants_crypto(leg);
	if (!c->offered)
		return;

	if (!c->on)
		make_key(&c->said, want_suite(leg));
	else if (c->shared)
		make_key(&c->said, c->ours.suite);
	else
		c->said = c->ours;

	c->said.tag = OUR_TAG;
	d->crypto   = &c->said;
}


/* Our last description goes out again, as an offer */
void leg_crypto_repeat(struct leg *leg)
{
	leg->crypto.offered = leg->crypto.on;
}


void leg_crypto_answer(struct leg *leg, struct sdp_desc *d,
		       const struct sdpm_media *m)
{
	struct leg_crypto *c = &leg->crypto;

	if (!m->savp)
		return;

	if (!c->on || c->ours.suite != m->crypto.suite ||
	    c->shared || !crypto_same_key(&c->theirs.key, &m->crypto.key))
		make_key(&c->ours, m->crypto.suite);

	c->on	    = true;
	c->shared   = false;
	c->theirs   = m->crypto;
	c->ours.tag = m->crypto.tag;
	c->said	    = c->ours;
	d->crypto   = &c->said;
}


/* --- an answer ----------------------------------------------------------- */

const char *leg_crypto_refused(const struct leg *leg,
			       const struct sdpm_media *m)
{
	const struct leg_crypto *c = &leg->crypto;

	if (!c->offered)
		return m && m->savp ? "the answer is RTP/SAVP to our RTP/AVP"
				    : NULL;
	if (!m)
		return "the answer is not SRTP with a key that we can do";
	if (m->crypto.tag != c->said.tag || m->crypto.suite != c->said.suite)
		return "the answer takes an a=crypto that we did not offer";
	if (crypto_same_key(&m->crypto.key, &c->said.key))
		return "the answer has our own key";

	return NULL;
}


void leg_crypto_answered(struct leg *leg, const struct sdpm_media *m)
{
	struct leg_crypto *c = &leg->crypto;

	if (!m->savp)
		return;

	if (!crypto_same_key(&c->said.key, &c->ours.key))
		c->shared = false;

	/* one INVITE, several who know our key by now */
	if (!leg->answered_ms &&
	    (leg->earlies.head ||
	     (c->on && !crypto_same_key(&c->theirs.key, &m->crypto.key))))
		c->shared = true;

	c->on	  = true;
	c->ours	  = c->said;
	c->theirs = m->crypto;
}


/* --- to the media thread ------------------------------------------------- */

void leg_crypto_flow(const struct leg *leg, struct media_flow *flow)
{
	const struct leg_crypto *c = &leg->crypto;

	if (!c->on)
		return;

	flow->suite  = c->ours.suite;
	flow->key_rx = c->theirs.key;
	flow->key_tx = c->ours.key;
}


void leg_crypto_wipe(struct leg *leg)
{
	OPENSSL_cleanse(&leg->crypto, sizeof(leg->crypto));
}
