/**
 * @file b2bua/bridge.c  Two legs talk: audio, hold, digits
 *
 * A hold travels as Asterisk users expect and as the far end can see it: the
 * side that is held gets music and an offer that says "you only listen"
 * (sendonly, RFC 3264 8.4); a resume takes both back.  What a side shall be
 * offered is a wish (want); only one offer is under way at a time, and when
 * it ends the wish is looked at again.
 *
 * Digits as events (RFC 4733) and tones pass in the audio itself; only what
 * the relay cannot carry is sent again by leg_send_dtmf(): SIP INFO, and
 * events toward a side that did not agree to any.
 */
#include "b2bua/fork.h"
#include "b2bua/transfer.h"


struct call_hold *bridge_hold(struct call *call, const struct leg *leg)
{
	return leg == call->caller ? &call->hold_caller : &call->hold_bridged;
}


static void recode(struct call *call);


static void hold_reset(struct call_hold *hold)
{
	memset(hold, 0, sizeof(*hold));
	hold->want = hold->told = SDPM_SENDRECV;
}


static int join(struct call *call, struct leg *with)
{
	if (!call->caller || !leg_media(call->caller) || !leg_media(with))
		return ENOTCONN;

	return media_bridge(leg_media(call->caller), leg_media(with));
}


int call_bridge_early(struct call *call, struct leg *with)
{
	if (!call || !with)
		return EINVAL;

	return join(call, with);
}


static int bridge(struct call *call, struct leg *with)
{
	int err;

	call_stop_play(call);
	call->digits[0] = '\0';

	err = join(call, with);
	if (err)
		return err;

	call->bridged = with;
	hold_reset(&call->hold_bridged);
	call_info(call, "%s talks to %s", leg_name(call->caller),
		  leg_name(with));
	if (call->xfer)
		xfer_joined(call);
	if (call->consult)
		consult_joined(call);
	if (call->consult && consult_keeps(call))
		(void)media_keep_digits(leg_media(call->caller), true);
	fork_keys_tell(call->fork);
	call_talk_changed(call);

	return 0;
}


int call_bridge(struct call *call, struct leg *with)
{
	int err;

	if (!call || !with || with == call->caller)
		return EINVAL;

	err = bridge(call, with);
	if (err)
		return err;

	call->hold_caller.recoded = false;
	recode(call);

	return 0;
}


void call_unbridge(struct call *call)
{
	struct leg *with;

	if (!call || !call->bridged)
		return;

	with = call->bridged;
	call->bridged = NULL;

	if (call->caller && leg_media(call->caller)) {
		/* it may be closed already */
		(void)media_unbridge(leg_media(call->caller));
		(void)media_stop_play(leg_media(call->caller));
	}
	else if (leg_media(with)) {
		(void)media_unbridge(leg_media(with));
	}

	call_talk_changed(call);
}


/* --- hold ---------------------------------------------------------------- */

/* Offer the wish, unless an offer is under way */
static void hold_push(struct call *call, struct leg *leg)
{
	struct call_hold *hold = bridge_hold(call, leg);
	int err;

	if (hold->busy || (hold->want == hold->told && !hold->codec))
		return;
	if (leg_state(leg) != LEG_CONFIRMED)
		return;

	err = hold->codec ? leg_modify_codec(leg, hold->want, hold->codec)
			  : leg_modify(leg, hold->want);
	if (err != EALREADY)
		hold->codec = NULL;
	if (err && err != EALREADY) {
		call_warning(call, "%s: cannot offer %s: %m", leg_name(leg),
			     sdpm_dir_name(hold->want), err);
		return;
	}

	hold->busy = true;
	if (!err)
		hold->told = hold->want;
}


/* ---- codecs ------------------------------------------------------------- */

static bool is_g711(const struct leg_audio *a)
{
	return a->mcodec == MEDIA_PCMU || a->mcodec == MEDIA_PCMA;
}


static bool can_relay(const struct leg_audio *a, const struct leg_audio *b)
{
	if (!a || !b || !a->agreed || !b->agreed)
		return true; /* not known yet */

	return a->codec == b->codec || (is_g711(a) && is_g711(b));
}


static bool ask(struct call *call, struct leg *leg, const struct leg *other)
{
	struct call_hold *hold = bridge_hold(call, leg);
	const struct config_codec *codec = leg_audio(other)->codec;

	if (hold->recoded || !leg_takes_codec(leg, codec))
		return false;

	hold->recoded = true;
	hold->codec = codec;
	hold_push(call, leg);

	return true;
}


/* Two who agreed on different codecs before they met: one of them is asked to
 * change, each at most once */
static void recode(struct call *call)
{
	struct leg *a = call->caller, *b = call->bridged;

	if (!a || !b || can_relay(leg_audio(a), leg_audio(b)))
		return;
	if (ask(call, b, a) || ask(call, a, b))
		return;

	call_warning(call, "%s and %s have no codec in common: %s, %s",
		     leg_name(a), leg_name(b), leg_audio(a)->codec->name,
		     leg_audio(b)->codec->name);
}


/* ---- music -------------------------------------------------------------- */

static const char *music_of(const struct leg *holder, const struct leg *held)
{
	const struct peer *a = leg_peer(holder), *b = leg_peer(held);

	if (a && a->mohsuggest)
		return a->mohsuggest;

	return b ? b->mohinterpret : NULL;
}


static void music_stop(struct call *call, struct leg *leg)
{
	if (leg == call->caller)
		call_stop_play(call);
	else if (leg_media(leg))
		(void)media_stop_play(leg_media(leg)); /* may be over */
}


static void hold_changed(struct call *call, struct leg *leg,
			 struct leg *other, bool held)
{
	call_info(call, "%s %s %s", leg_name(leg),
		  held ? "holds" : "takes back", leg_name(other));

	/* without music the held side hears silence; moh.c has said why */
	if (held)
		(void)call_music(call, other, music_of(leg, other));
	else
		music_stop(call, other);

	bridge_hold(call, other)->want = held ? SDPM_SENDONLY : SDPM_SENDRECV;
	hold_push(call, other);
}


/* What a side hears and may do follows from the other one: music while that
 * one holds, a talk if not */
void bridge_settle(struct call *call, struct leg *leg)
{
	struct leg *other = call_partner(call, leg);
	bool held = other && bridge_hold(call, other)->held;

	if (held)
		(void)call_music(call, leg, music_of(other, leg));

	bridge_hold(call, leg)->want = held ? SDPM_SENDONLY : SDPM_SENDRECV;
	hold_push(call, leg);
}


/* A party was exchanged: who is there now (sendrpid=) */
static void bridge_tell(struct leg *leg, const struct leg *other)
{
	struct leg_identity id;

	leg_party(other, &id);
	if (id.num[0])
		leg_set_connected(leg, &id);
}


void bridge_identity(struct call *call, struct leg *leg)
{
	struct leg *other = call_partner(call, leg);

	if (other)
		bridge_tell(other, leg);
}


/* Its codec may be another one now: the other side is asked to follow */
void bridge_changed(struct call *call, struct leg *leg)
{
	struct leg *other = call_partner(call, leg);

	call->hold_caller.recoded = call->hold_bridged.recoded = false;
	if (!other || can_relay(leg_audio(leg), leg_audio(other)) ||
	    ask(call, other, leg))
		return;

	recode(call);
}


int bridge_again(struct call *call, struct leg *with,
		 const struct call_hold *caller, const struct call_hold *other)
{
	struct call_hold c = *caller, o = *other; /* may be the call's own */
	int err;

	err = bridge(call, with);
	if (err)
		return err;

	(void)media_stop_play(leg_media(with)); /* music of the one before */
	call->hold_caller = c;
	call->hold_bridged = o;
	call->hold_caller.recoded = call->hold_bridged.recoded = false;
	recode(call);
	bridge_settle(call, call->caller);
	bridge_settle(call, with);
	bridge_tell(call->caller, with);
	bridge_tell(with, call->caller);

	return 0;
}


void bridge_reoffer(struct call *call, struct leg *leg,
		    const struct leg_event *ev)
{
	struct leg *other = call_partner(call, leg);
	bool other_holds = other && bridge_hold(call, other)->held;
	int err;

	err = leg_accept_reoffer(leg, other_holds ? SDPM_SENDONLY
						  : SDPM_SENDRECV);
	if (err) {
		call_warning(call, "%s: re-offer refused: %m", leg_name(leg),
			     err);
		(void)leg_refuse_reoffer(leg, 488); /* if still open */
		return;
	}

	/* it has just heard our direction */
	bridge_hold(call, leg)->told = bridge_hold(call, leg)->want;

	if (!other || bridge_hold(call, leg)->held == ev->held)
		return;

	bridge_hold(call, leg)->held = ev->held;
	hold_changed(call, leg, other, ev->held);
}


void bridge_modified(struct call *call, struct leg *leg,
		     const struct leg_event *ev)
{
	struct call_hold *hold = bridge_hold(call, leg);

	hold->busy = false;
	if (ev->err || ev->scode >= 300) {
		call_info(call, "%s did not take our offer: %u %m",
			  leg_name(leg), ev->scode, ev->err);
		hold->told = hold->want; /* it keeps what it has */
		recode(call);
		return;
	}

	hold_push(call, leg);
}


/* What could not be offered before the ACK can be now */
void bridge_confirmed(struct call *call, struct leg *leg)
{
	if (leg != call->caller && leg != call->bridged)
		return;

	bridge_hold(call, leg)->busy = false;
	hold_push(call, leg);
}


/* --- digits -------------------------------------------------------------- */

static bool by_info(const struct leg *leg)
{
	const struct peer *peer = leg_peer(leg);

	return peer && (peer->dtmfmode == DTMF_MODE_INFO ||
			peer->dtmfmode == DTMF_MODE_SHORTINFO);
}


/* Does the relay carry it by itself?  A digit that was heard in the media
 * says so (ev->ev); without that the sender's configuration decides */
static bool is_relayed(const struct call *call, const struct leg *from,
		       const struct leg *to, const struct leg_event *ev)
{
	bool heard = ev->ev || !by_info(from), caller = from == call->caller;
	bool inband = ev->ev && ev->ev->info == 1;

	if (!heard || by_info(to))
		return false;
	if (!inband && (fork_keeps(call->fork, caller) ||
			(caller && consult_keeps(call))))
		return false;

	/* in band is audio; an event needs an agreement at the far side */
	return inband || leg_audio(to)->dtmf_pt_tx;
}


void bridge_digit(struct call *call, struct leg *leg,
		  const struct leg_event *ev)
{
	struct leg *other = call_partner(call, leg);
	int err;

	if (!other || is_relayed(call, leg, other, ev))
		return;

	err = leg_send_dtmf(other, ev->digit,
			    ev->duration_ms ? ev->duration_ms : 100);
	if (err)
		call_warning(call, "%s: digit %c not sent: %m",
			     leg_name(other), ev->digit, err);
}
