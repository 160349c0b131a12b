/**
 * @file b2bua/leg_codec.c  Which codecs a leg offers, and which it answers
 *                            with
 *
 * A call is carried in one codec where both sides have one; else G.711, whose
 * two laws the relay converts, is offered beside it.  SIP_CODEC_* of a plan
 * chooses among what would be possible without.
 */
#include "b2bua/call.h"
#include "b2bua/leg_priv.h"


enum media_codec leg_media_codec(const struct config_codec *codec)
{
	if (!codec)
		return MEDIA_NONE;
	if (codec->pt == 0)
		return MEDIA_PCMU;
	if (codec->pt == 8)
		return MEDIA_PCMA;
	if (codec->pt == 3)
		return MEDIA_GSM;
	if (codec->pt == 9)
		return MEDIA_G722;
	if (!str_casecmp(codec->name, "opus"))
		return MEDIA_OPUS;

	return MEDIA_OTHER;
}


bool leg_can_mix(const struct config_codec *codec)
{
	return media_can_mix(leg_media_codec(codec));
}


bool leg_is_g711(const struct config_codec *codec)
{
	enum media_codec c = leg_media_codec(codec);

	return c == MEDIA_PCMU || c == MEDIA_PCMA;
}


static bool prefs_has(const struct codec_prefs *p,
		      const struct config_codec *codec)
{
	for (size_t i = 0; i < p->n; i++) {
		if (codec_prefs_at(p, i) == codec)
			return true;
	}

	return false;
}


static bool prefs_has_g711(const struct codec_prefs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (leg_is_g711(codec_prefs_at(p, i)))
			return true;
	}

	return false;
}


static void prefs_add(struct codec_prefs *p, const struct codec_prefs *from,
		      size_t i)
{
	if (p->n < ARRAY_SIZE(p->v) && !prefs_has(p, codec_prefs_at(from, i)))
		p->v[p->n++] = from->v[i];
}


/* What the plan wants us to answer a caller with, "" what is best */
static const char *plan_codecs(const struct leg *leg)
{
	const char *names;

	if (!leg->call || leg->outgoing || leg->audio.agreed)
		return "";

	names = call_var(leg->call, "SIP_CODEC_INBOUND");

	return names[0] ? names : call_var(leg->call, "SIP_CODEC");
}


/* What a caller may be answered with: what it offered, or of that what the
 * plan wants */
void leg_answer_prefs(struct codec_prefs *prefs, const struct leg *leg)
{
	const char *names = plan_codecs(leg);

	*prefs = leg->offered;
	if (names[0] && !codec_prefs_narrow(prefs, names))
		call_warning(leg->call, "SIP_CODEC \"%s\" is left out: none "
			     "that %s may use and offers", names,
			     leg->peer->name);
}


static void offer_prefs(struct codec_prefs *prefs,
			const struct codec_prefs *offered,
			const struct peer *peer)
{
	const struct codec_prefs *allow = &peer->codecs;

	memset(prefs, 0, sizeof(*prefs));

	for (size_t i = 0; offered && i < offered->n; i++) {
		if (prefs_has(allow, codec_prefs_at(offered, i)))
			prefs_add(prefs, offered, i);
	}

	for (size_t i = 0; i < allow->n; i++) {
		const struct config_codec *c = codec_prefs_at(allow, i);

		if (c->media != CODEC_AUDIO || !c->rtpname)
			continue;
		if (!offered || (leg_is_g711(c) && prefs_has_g711(offered)))
			prefs_add(prefs, allow, i);
	}
}


void leg_offer_prefs(struct codec_prefs *prefs, const struct leg *caller,
		     const struct peer *peer)
{
	struct codec_prefs wanted;

	if (!caller) {
		offer_prefs(prefs, NULL, peer);
		return;
	}

	/* the relay carries what both sides take: a wish that the callee cannot
	 * meet must not cost the call */
	leg_answer_prefs(&wanted, caller);
	offer_prefs(prefs, &wanted, peer);
	if (!prefs->n)
		offer_prefs(prefs, &caller->offered, peer);
}


/* What the peer offers and we allow, in our order */
void leg_note_offered(struct leg *leg, const struct sdpm_media *m)
{
	const struct codec_prefs *allow = &leg->peer->codecs;

	leg->offered.n = 0;
	for (size_t i = 0; i < allow->n; i++) {
		if (sdpm_find(m, codec_prefs_at(allow, i)))
			prefs_add(&leg->offered, allow, i);
	}
}


bool leg_takes_codec(const struct leg *leg, const struct config_codec *codec)
{
	if (!leg || !codec || !prefs_has(&leg->peer->codecs, codec))
		return false;

	/* one that we called has told only what it took */
	return leg->outgoing || prefs_has(&leg->offered, codec);
}


/* Could the other side of the talk change to it? */
static bool far_may(const struct leg *leg, const struct config_codec *codec)
{
	const struct leg *other = call_partner(leg->call, leg);

	return other && other->state == LEG_CONFIRMED &&
	       leg_takes_codec(other, codec);
}


/* The codec that the plan wants, if the other side can be carried in it */
static const struct sdpm_fmt *wanted(const struct leg *leg,
				     const struct sdpm_media *m,
				     const struct leg_audio *far)
{
	const struct config_codec *theirs = far ? far->codec : NULL;
	struct codec_prefs prefs;

	if (!plan_codecs(leg)[0])
		return NULL;

	leg_answer_prefs(&prefs, leg);
	for (size_t i = 0; i < prefs.n; i++) {
		const struct config_codec *c = codec_prefs_at(&prefs, i);
		const struct sdpm_fmt *f = sdpm_find(m, c);

		if (f && (!theirs || theirs == c ||
			  (leg_is_g711(theirs) && leg_is_g711(c))))
			return f;
	}

	return NULL;
}


/* The codec to answer with, NULL if none will do */
const struct sdpm_fmt *leg_choose_codec(const struct leg *leg,
					const struct sdpm_media *m,
					const struct leg_audio *far)
{
	const struct codec_prefs *allow = &leg->peer->codecs;
	const struct sdpm_fmt *f = NULL;
	const struct config_codec *want;

	f = wanted(leg, m, far);
	if (f)
		return f;

	/* what is agreed stays, if it is offered again */
	want = far && far->codec ? far->codec
				 : leg->audio.agreed ? leg->audio.codec : NULL;
	if (want && prefs_has(allow, want))
		f = sdpm_find(m, want);
	if (f)
		return f;

	for (size_t i = 0; i < allow->n; i++) {
		f = sdpm_find(m, codec_prefs_at(allow, i));
		if (f && leg_is_g711(f->codec) && (!want || leg_is_g711(want)))
			return f;
	}

	for (size_t i = 0; i < allow->n; i++) {
		f = sdpm_find(m, codec_prefs_at(allow, i));
		if (f && (!want || far_may(leg, f->codec)))
			return f;
	}

	return NULL;
}
