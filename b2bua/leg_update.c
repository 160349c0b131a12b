/**
 * @file b2bua/leg_update.c  Who talks to whom, told inside of a dialog
 *
 * A peer with trustrpid= says who it is in its answers, re-INVITEs and
 * UPDATEs; the call tells the other side, if that one has sendrpid=:
 *
 *   before the answer  with the next 180, 183 or 200; at once by UPDATE
 *                      (rpid_update=, and the peer allows it) or by the same
 *                      180 or 183 again (rpid_immediate=)
 *   after it           by UPDATE under the same conditions, else by a
 *                      re-INVITE with the description in force
 *
 * UPDATE (RFC 3311) is sent without a description, so it is no offer and
 * crosses with none; but one change at a time all the same.  What could not be
 * told now is tried again soon.
 */
#include "b2bua/call.h"
#include "b2bua/caller.h"
#include "b2bua/cause.h"
#include "b2bua/leg_priv.h"
#include "config/number.h"

enum {
	AGAIN_MS  = 300,
	TRIES_MAX = 20,
};

/** What a peer shall know of the other side */
struct leg_connected {
	struct leg *leg;    /* no reference: it owns this */
	struct leg_identity id;
	bool told;
	unsigned tries;
	struct timer tmr;
};

static void tell(void *arg);


static bool same(const struct leg_identity *a, const struct leg_identity *b)
{
	return !strcmp(a->num, b->num) && !strcmp(a->name, b->name) &&
	       a->pres == b->pres;
}


/* ---- what the peer says ------------------------------------------------- */

/* A message of the peer: what it allows, and who it says it is.  True if that
 * has changed */
bool leg_take_identity(struct leg *leg, const struct sx_msg *msg)
{
	struct leg_identity id;

	if (sx_msg_hdr(msg, SX_HDR_ALLOW, 0))
		leg->allows_update =
			sx_msg_has_token(msg, SX_HDR_ALLOW, "UPDATE");

	if (!caller_asserted(&id, leg->peer, msg))
		return false;
	if (leg->theirs && same(leg->theirs, &id))
		return false;

	if (!leg->theirs)
		leg->theirs = mem_alloc(sizeof(*leg->theirs), NULL);
	if (!leg->theirs)
		return false;

	*leg->theirs = id;
	return true;
}


/* ... inside of the dialog: the call hears of it */
void leg_identity_changed(struct leg *leg, const struct sx_msg *msg)
{
	if (leg_take_identity(leg, msg))
		leg_report(leg, LEG_EV_IDENTITY);
}


const struct leg_identity *leg_their_identity(const struct leg *leg)
{
	return leg ? leg->theirs : NULL;
}


/* As the peer asserts it, as the file has it, or as the dialog began */
void leg_party(const struct leg *leg, struct leg_identity *id)
{
	const struct peer *peer = leg->peer;
	struct sx_uri uri;
	struct pl pl;

	memset(id, 0, sizeof(*id));
	id->pres = peer->callingpres;
	if (leg->theirs) {
		*id = *leg->theirs;
		return;
	}

	if (peer->name && peer->dynamic) {
		str_ncpy(id->num, peer->cid_num ? peer->cid_num : peer->name,
			 sizeof(id->num));
		str_ncpy(id->name, peer->cid_name ? peer->cid_name : "",
			 sizeof(id->name));
		return;
	}

	pl_set_str(&pl, leg->dlg && leg->dlg->ruri ? leg->dlg->ruri : "");
	if (!sx_uri_parse(&uri, &pl))
		(void)caller_uri(id->num, sizeof(id->num), &uri);
}


/* ---- what it is told ---------------------------------------------------- */

static void connected_destructor(void *arg)
{
	struct leg_connected *c = arg;

	timer_cancel(&c->tmr);
}


const struct leg_identity *leg_connected_id(const struct leg *leg)
{
	return leg->connected ? &leg->connected->id : NULL;
}


void leg_connected_told(struct leg *leg)
{
	if (!leg->connected)
		return;

	leg->connected->told = true;
	timer_cancel(&leg->connected->tmr);
}


/* Now it may be possible */
void leg_connected_again(struct leg *leg)
{
	if (leg->connected && !leg->connected->told)
		timer_start(&leg->connected->tmr, 0, tell, leg->connected);
}


void leg_set_connected(struct leg *leg, const struct leg_identity *id)
{
	struct leg_connected *c;
	struct leg_identity form;

	if (!leg || !id || leg->peer->sendrpid == SENDRPID_NO ||
	    leg->state >= LEG_ENDING)
		return;

	form = *id;
	leg_form_number(leg, &form);

	c = leg->connected;
	if (c && same(&c->id, &form))
		return;
	if (!c) {
		c = mem_zalloc(sizeof(*c), connected_destructor);
		if (!c)
			return;
		c->leg	       = leg;
		leg->connected = c;
	}

	/* the next message may go out in this very turn and tell it */
	c->id	 = form;
	c->told	 = false;
	c->tries = 0;
	timer_start(&c->tmr, 0, tell, c);
}


/* ---- UPDATE ------------------------------------------------------------- */

static int send_update(struct leg *leg);


static void not_told(struct leg *leg, uint64_t ms)
{
	struct leg_connected *c = leg->connected;

	if (!c || ++c->tries >= TRIES_MAX)
		return;

	c->told = false;
	timer_start(&c->tmr, ms, tell, c);
}


static void update_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct leg *leg = arg;

	if (!err && msg->scode < 200)
		return;

	mem_ref(leg);
	leg->chg.ct = mem_deref(leg->chg.ct);

	if (!err && msg->scode < 300) {
		(void)sx_dialog_refresh(leg->dlg, msg);
		leg_follow(leg, leg->dlg);
		if (leg->state == LEG_CONFIRMED) {
			leg_session_take(leg, msg);
			leg_session_start(leg);
		}
	}
	else if (leg->state == LEG_CONFIRMED &&
		 (err == ETIMEDOUT ||
		  (!err && (msg->scode == 481 || msg->scode == 408)))) {
		leg_dead(leg, CAUSE_TIMER, "the peer has lost the session");
	}
	else if (!err && (msg->scode == 401 || msg->scode == 407) &&
		 leg_may_authenticate(leg, msg)) {
		(void)send_update(leg);
	}
	else if (!err && (msg->scode == 405 || msg->scode == 501)) {
		leg->allows_update = false;
		not_told(leg, 0);
	}
	else if (!err && msg->scode == 491) {
		not_told(leg, AGAIN_MS);
	}

	mem_deref(leg);
}


static int send_update(struct leg *leg)
{
	struct mbuf *mb = mbuf_alloc(512);
	int err;

	if (!mb)
		return ENOMEM;

	err = sx_dialog_head(leg->dlg, mb, SX_UPDATE, 0);
	err |= leg_contact(leg, mb, &leg->dlg->hop);
	err |= mbuf_printf(mb, "Allow: %s\r\nSupported: replaces, timer\r\n",
			   server_allow);
	if (leg->state == LEG_CONFIRMED)
		err |= leg_session_out_print(leg, mb);
	err |= leg_identity_print(leg, mb);
	err |= leg_auth_print(leg, mb, SX_UPDATE, sx_dialog_ruri(leg->dlg));
	err |= sx_head_end(server()->sx, mb, NULL, NULL);
	if (!err) {
		mb->pos = 0;
		err = sx_request(&leg->chg.ct, server()->sx, &leg->dlg->hop,
				 SX_UPDATE, sx_dialog_ruri(leg->dlg), mb,
				 update_handler, leg);
	}

	mem_deref(mb);
	return err;
}


/* Is there a dialog in which the peer takes it? */
static bool may_update(const struct leg *leg)
{
	return leg->peer->rpid_update && leg->allows_update && leg->dlg &&
	       leg->dlg->rtag && leg->dlg->target;
}


/* Before the answer; what cannot be told now goes with the next message */
static void tell_early(struct leg *leg)
{
	if (may_update(leg) && !leg->chg.ct) {
		leg_auth_again(leg);
		(void)send_update(leg);
	}
	else if (!leg->outgoing && leg->peer->rpid_immediate) {
		(void)leg_repeat_1xx(leg);
	}
}


static void tell(void *arg)
{
	struct leg_connected *c = arg;
	struct leg *leg		= c->leg;
	int err			= 0;

	if (c->told || leg->state >= LEG_ENDING)
		return;

	if (leg->state != LEG_CONFIRMED) {
		if (leg->state == LEG_EARLY)
			tell_early(leg);
		return;
	}

	if (leg_is_busy(leg)) {
		err = EALREADY;
	}
	else if (may_update(leg)) {
		leg_auth_again(leg);
		err = send_update(leg);
	}
	else {
		err = leg_refresh(leg);
	}

	if (err && ++c->tries < TRIES_MAX)
		timer_start(&c->tmr, AGAIN_MS, tell, c);
}
