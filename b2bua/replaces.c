/**
 * @file b2bua/replaces.c  INVITE with Replaces (RFC 3891): takeover and pickup
 *
 *   the dialog is       what comes of it
 *   unknown             481
 *   over                603
 *   answered            the new leg takes its place; with early-only 486
 *   ringing, by us      the new leg answers the call that rings there
 *   ringing, to us      481 (RFC 3891 3: only who has sent the INVITE)
 *
 * Only a peer that has proved who it is may do so, and only with calls of its
 * own, of its pickup group, or of its own context.
 */
#include "b2bua/cause.h"
#include "b2bua/fork.h"
#include "b2bua/pickup.h"
#include "b2bua/transfer.h"
#include "base/text.h"


/* ---- the header --------------------------------------------------------- */

static int take_param(struct replaces *r, struct pl part)
{
	struct pl name;

	part = pl_trim(part);
	if (!pl_strcasecmp(&part, "early-only")) {
		r->early_only = true;
		return 0;
	}

	if (!pl_next(&name, &part, '=') || !part.p)
		return 0; /* a parameter that we don't know */

	name = pl_trim(name);
	part = pl_trim(part);
	if (!pl_strcasecmp(&name, "to-tag"))
		return pl_copy(r->to_tag, sizeof(r->to_tag), &part);
	if (!pl_strcasecmp(&name, "from-tag"))
		return pl_copy(r->from_tag, sizeof(r->from_tag), &part);

	return 0;
}


int replaces_decode(struct replaces *r, const struct pl *val, bool escaped)
{
	struct pl rest, part;
	char buf[1024];
	int err;

	if (!r || !val)
		return EINVAL;

	memset(r, 0, sizeof(*r));
	err = escaped ? sx_unescape(buf, sizeof(buf), val)
		      : pl_copy(buf, sizeof(buf), val);
	if (err)
		return EBADMSG;

	pl_set_str(&rest, buf);
	if (!pl_next(&part, &rest, ';'))
		return EBADMSG;

	part = pl_trim(part);
	err = pl_copy(r->callid, sizeof(r->callid), &part);
	while (!err && pl_next(&part, &rest, ';'))
		err = take_param(r, part);

	return err || !r->callid[0] || !r->to_tag[0] || !r->from_tag[0]
		       ? EBADMSG
		       : 0;
}


struct leg *replaces_find(const struct replaces *r)
{
	struct leg *leg;

	leg = leg_find_dialog(r->callid, r->to_tag, r->from_tag);

	return leg ? leg : leg_find_dialog(r->callid, r->from_tag, r->to_tag);
}


/* ---- who may ------------------------------------------------------------ */

bool replaces_may_pickup(const struct peer *who, const struct peer *whose)
{
	if (!who || !whose || !who->name)
		return false;

	if (pickup_groups_meet(who, whose))
		return true;

	/* without groups a context is one */
	return !whose->callgroup && !whose->namedcallgroup &&
	       !str_cmp(who->context, whose->context);
}


static bool is_own(const struct peer *who, const struct peer *whose)
{
	return whose->name && !str_cmp(who->name, whose->name);
}


static bool may_take(const struct peer *who, const struct leg *old)
{
	const struct peer *whose = leg_peer(old);

	if (!who->name)
		return false;
	if (is_own(who, whose))
		return true;
	if (!leg_is_answered(old))
		return replaces_may_pickup(who, whose);

	return whose->allowtransfer && !str_cmp(who->context, whose->context);
}


/* ---- what is done ------------------------------------------------------- */

/* Status that refuses it, 0 if it may go on */
static uint16_t refusal(const struct replaces *r, const struct leg *old,
			const struct peer *peer)
{
	enum leg_state st = old ? leg_state(old) : LEG_GONE;

	if (!old || !leg_call(old))
		return 481;
	if (st >= LEG_ENDING)
		return 603;
	if (!may_take(peer, old)) {
		log_notice("call", "'%s' may not take over %s", peer->name,
			   leg_name(old));
		return 403;
	}
	if (st == LEG_CONFIRMED && r->early_only)
		return 486;
	if (st == LEG_CONFIRMED)
		return call_has_place(leg_call(old), old) ? 0 : 481;

	return leg_is_outgoing(old) && leg_call(old)->fork ? 0 : 481;
}


static int take_call(struct leg *old, struct leg *leg)
{
	struct call *call = leg_call(old);
	struct leg *with = call_partner(call, old);
	int err;

	err = leg_answer(leg, with ? leg_audio(with) : NULL);

	return err ? err : call_swap(call, old, leg, NULL);
}


/* The record is that of the call it joins */
static void drop(struct call *call)
{
	call->cdr = mem_deref(call->cdr);
	call_end(call, CAUSE_NORMAL);
}


void replaces_invite(struct call *call, struct sx_strans *st,
		     const struct sx_msg *msg, const struct peer *peer)
{
	const struct pl *val = sx_msg_hdr(msg, SX_HDR_REPLACES, 0);
	struct replaces r;
	struct leg *old, *leg;
	uint16_t scode;
	int err;

	if (msg->counts[SX_HDR_REPLACES] > 1 ||
	    replaces_decode(&r, val, false)) {
		(void)sx_reply(st, 400, "Bad Replaces", NULL);
		drop(call);
		return;
	}

	old = replaces_find(&r);
	scode = refusal(&r, old, peer);
	if (scode) {
		(void)sx_reply(st, scode, NULL, NULL);
		drop(call);
		return;
	}

	err = leg_incoming(&leg, call, st, msg, peer, true);
	if (!err)
		err = leg_state(old) == LEG_CONFIRMED ? take_call(old, leg)
						      : pickup_take(leg, old);
	if (err)
		call_warning(call, "takeover of %s: %m", leg_name(old), err);

	drop(call); /* hangs up what could not go elsewhere */
}
