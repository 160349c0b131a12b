/**
 * @file b2bua/leg_resp.c  Answers to the INVITE that we sent
 *
 * RFC 3261 13.2, several early dialogs 13.2.2.4, PRACK RFC 3262 4.
 */
#include "b2bua/call.h"
#include "b2bua/cause.h"
#include "b2bua/leg_priv.h"
#include "b2bua/redirect.h"
#include "base/clock.h"

/** An early dialog beside the first (forked INVITE) */
struct early {
	struct le le;
	struct sx_dialog *dlg;
	struct mbuf *ack; /* its 2xx was ACKed by this, and BYEd */
};

/* ---- provisional responses ---------------------------------------------- */

static struct early *early_find(const struct leg *leg, const struct sx_msg *msg)
{
	for (struct le *le = list_head(&leg->earlies); le; le = le->next) {
		struct early *e = le->data;

		if (!pl_strcmp(&msg->ttag, e->dlg->rtag))
			return e;
	}

	return NULL;
}


static void early_destructor(void *data)
{
	struct early *e = data;

	list_unlink(&e->le);
	mem_deref(e->dlg);
	mem_deref(e->ack);
}


/* Another dialog of the same INVITE: a proxy has forked it */
static struct early *early_get(struct leg *leg, const struct sx_msg *msg)
{
	struct early *e = early_find(leg, msg);

	if (e || list_count(&leg->earlies) >= LEG_MAX_EARLY)
		return e;

	e = mem_zalloc(sizeof(*e), early_destructor);
	if (!e || sx_dialog_fork(&e->dlg, leg->dlg, msg))
		return mem_deref(e);

	list_append(&leg->earlies, &e->le, e);
	return e;
}


static bool is_ours(const struct leg *leg, const struct sx_msg *msg)
{
	return leg->dlg->rtag && !pl_strcmp(&msg->ttag, leg->dlg->rtag);
}


/* PRACK of a reliable 1xx (RFC 3262 4) */
static void prack(struct leg *leg, struct sx_dialog *dlg,
		  const struct sx_msg *msg)
{
	struct mbuf *mb;
	uint32_t rseq;

	if (!sx_msg_has_token(msg, SX_HDR_REQUIRE, "100rel") ||
	    sx_msg_u32(msg, SX_HDR_RSEQ, &rseq))
		return;
	if (dlg == leg->dlg) {
		if (leg->rx_rseq && rseq != leg->rx_rseq + 1)
			return; /* a repeat, or out of order */
		leg->rx_rseq = rseq;
	}

	mb = mbuf_alloc(512);
	if (!mb)
		return;

	if (!sx_dialog_head(dlg, mb, SX_PRACK, 0) &&
	    !mbuf_printf(mb, "RAck: %u %u INVITE\r\n", rseq, msg->cseq) &&
	    !leg_auth_print(leg, mb, SX_PRACK, sx_dialog_ruri(dlg)) &&
	    !sx_head_end(server()->sx, mb, NULL, NULL)) {
		mb->pos = 0;
		(void)sx_request(NULL, server()->sx, &dlg->hop, SX_PRACK,
				 sx_dialog_ruri(dlg), mb, NULL, NULL);
	}

	mem_deref(mb);
}


static void early_media(struct leg *leg, const struct sx_msg *msg)
{
	const char *why = NULL;
	int err;

	if (!msg->body.l)
		return;

	err = leg_take_answer(leg, msg, &why);
	if (err) {
		log_info("leg", "call %s %s: early media not taken: %s",
			 leg->call ? leg->call->id : "-", leg->name, why);
		return;
	}

	leg->early_media = true;
}


static void rx_1xx(struct leg *leg, const struct sx_msg *msg)
{
	struct leg_event ev = {.type = LEG_EV_RINGING, .scode = msg->scode};

	if (msg->scode == 100) {
		ev.type = LEG_EV_TRYING;
		if (leg->state == LEG_CALLING)
			leg_report_ev(leg, &ev);
		return;
	}

	if (!leg->dlg->rtag && msg->ttag.l) {
		if (sx_dialog_establish(leg->dlg, msg))
			return;
		leg->dlg->peer_src = msg->src;
		leg_follow(leg, leg->dlg);
	}
	else if (msg->ttag.l && !is_ours(leg, msg)) {
		struct early *e = early_get(leg, msg);

		if (e)
			prack(leg, e->dlg, msg);
		return;
	}

	prack(leg, leg->dlg, msg);
	(void)leg_take_identity(leg, msg); /* goes with the event */
	if (leg->state == LEG_CALLING)
		(void)leg_set_state(leg, LEG_EARLY);
	if (leg->state != LEG_EARLY)
		return;

	if (!leg->early_media)
		early_media(leg, msg);
	if (leg->early_media && msg->body.l)
		ev.type = LEG_EV_PROGRESS;
	else if (msg->scode != 180 && msg->scode != 183)
		return;

	leg_report_ev(leg, &ev);
}


/* ---- success ------------------------------------------------------------ */

int leg_send_ack(struct leg *leg, struct sx_dialog *dlg, uint32_t cseq,
		 struct mbuf **keep)
{
	struct mbuf *mb = mbuf_alloc(512);
	int err;

	if (!mb)
		return ENOMEM;

	err = sx_dialog_head(dlg, mb, SX_ACK, cseq);
	err |= leg_auth_print(leg, mb, SX_ACK, sx_dialog_ruri(dlg));
	err |= sx_head_end(server()->sx, mb, NULL, NULL);
	if (err) {
		mem_deref(mb);
		return err;
	}

	mb->pos = 0;
	mem_deref(*keep);
	*keep = mb;

	return sx_send_ack(server()->sx, &dlg->hop, sx_dialog_ruri(dlg), mb);
}


static void repeat_ack(const struct sx_dialog *dlg, struct mbuf *ack)
{
	ack->pos = 0;
	(void)sx_send_ack(server()->sx, &dlg->hop, sx_dialog_ruri(dlg), ack);
}


/* A 2xx of a dialog that lost, or that came too late: ACK, then BYE */
static void refuse_2xx(struct leg *leg, const struct sx_msg *msg)
{
	struct early *e = early_get(leg, msg);

	if (!e)
		return;

	if (e->ack) {
		repeat_ack(e->dlg, e->ack);
		return;
	}

	(void)sx_dialog_establish(e->dlg, msg);
	leg_follow(leg, e->dlg);
	if (!leg_send_ack(leg, e->dlg, msg->cseq, &e->ack))
		leg_bye_fork(leg, e->dlg);
}


static void confirm(struct leg *leg, const struct sx_msg *msg)
{
	const char *why = NULL;
	int err;

	err = leg_take_answer(leg, msg, &why);
	if (err == ENOENT && leg->early_media)
		err = 0; /* the answer came with the 183 */

	leg->answered_ms = clock_ms();
	(void)leg_set_state(leg, LEG_CONFIRMED);

	if (err) {
		struct leg_event ev = {.type   = LEG_EV_FAILED,
				       .scode  = 488,
				       .cause  = CAUSE_BEARER,
				       .reason = why};

		log_warning("leg", "call %s %s: %s",
			    leg->call ? leg->call->id : "-", leg->name, why);
		leg_bye(leg, CAUSE_BEARER, why);
		leg_report_ev(leg, &ev);
		return;
	}

	/* what was needed to place it is not any more */
	leg->targetv = mem_deref(leg->targetv);
	leg->targetc = 0;
	leg->offer   = mem_deref(leg->offer);
	leg->extra   = mem_deref(leg->extra);
	leg->dial    = mem_deref(leg->dial);

	(void)leg_apply_flow(leg);
	leg_session_take(leg, msg);
	leg_session_start(leg);
	leg_connected_again(leg);
	leg_report_ev(leg, &(struct leg_event){.type  = LEG_EV_ANSWERED,
					       .scode = msg->scode});
}


/* The first 2xx of the leg; is it one of another branch? */
static void adopt_dialog(struct leg *leg, const struct sx_msg *msg)
{
	struct early *e = is_ours(leg, msg) ? NULL : early_find(leg, msg);

	if (e) {
		struct sx_dialog *lost = leg->dlg;

		leg->dlg = e->dlg;
		e->dlg	 = lost;
		leg->early_media = false;
	}
	else if (leg->dlg->rtag && !is_ours(leg, msg)) {
		struct sx_dialog *d;

		if (sx_dialog_fork(&d, leg->dlg, msg))
			return;
		mem_deref(leg->dlg);
		leg->dlg	 = d;
		leg->early_media = false;
	}
}


static void rx_2xx(struct leg *leg, const struct sx_msg *msg)
{
	if (msg->cseq != leg->invite_cseq)
		return;

	if (leg->answered_ms || leg->state == LEG_CONFIRMED) {
		if (!is_ours(leg, msg))
			refuse_2xx(leg, msg);
		else if (leg->ack)
			repeat_ack(leg->dlg, leg->ack);
		return;
	}

	adopt_dialog(leg, msg);
	(void)leg_take_identity(leg, msg);
	if (sx_dialog_establish(leg->dlg, msg))
		log_info("leg", "%s: malformed 2xx", leg->name);
	leg_follow(leg, leg->dlg);
	leg->dlg->peer_src = msg->src;
	(void)leg_send_ack(leg, leg->dlg, msg->cseq, &leg->ack);

	if (leg->state == LEG_ENDING) {
		/* our CANCEL crossed it (RFC 3261 15) */
		leg->answered_ms = clock_ms();
		leg_bye(leg, leg->bye_cause, leg->bye_text);
		return;
	}

	confirm(leg, msg);
}


void leg_out_stray(struct leg *leg, const struct sx_msg *msg)
{
	if (!leg->outgoing || msg->cseq_method != SX_INVITE ||
	    msg->scode < 200 || msg->scode > 299)
		return;

	mem_ref(leg);
	rx_2xx(leg, msg);
	mem_deref(leg);
}


/* ---- failure responses -------------------------------------------------- */

static void rx_3xx(struct leg *leg, const struct sx_msg *msg)
{
	struct leg_event ev = {.scode = msg->scode,
			       .cause = CAUSE_NO_ROUTE};
	struct sx_addr addr;
	char *uri = NULL;
	char why[24];

	if (!sx_msg_contact(msg, &addr) && !addr.star)
		(void)pl_strdup(&uri, &addr.auri);

	ev.contact = uri;
	ev.why = redirect_decode_reason(why, sizeof(why), msg);
	leg_fail(leg, &ev);
	mem_deref(uri);
}


static void rx_failure(struct leg *leg, const struct sx_msg *msg)
{
	const struct pl *why = sx_msg_hdr(msg, SX_HDR_REASON, 0);
	struct leg_event ev  = {.scode = msg->scode};
	char *reason	     = NULL;

	ev.cause = cause_from_sip(msg->scode);
	if (why && leg->cfg->general.use_q850_reason &&
	    cause_from_reason(why))
		ev.cause = cause_from_reason(why);

	(void)sx_msg_u32(msg, SX_HDR_RETRY_AFTER, &ev.retry_after_s);
	(void)pl_strdup(&reason, &msg->reason);
	ev.reason = reason;
	leg_fail(leg, &ev);
	mem_deref(reason);
}


static void rx_final(struct leg *leg, const struct sx_msg *msg)
{
	if (leg->state == LEG_ENDING) {
		leg_sig_done(leg);
		return;
	}

	switch (msg->scode) {

	case 401:
	case 407:
		if (leg_may_authenticate(leg, msg) && !leg_send_invite(leg))
			return;
		log_warning("leg", "call %s %s: %u and no credentials that "
			    "help (remotesecret=, secret=, defaultuser=)",
			    leg->call ? leg->call->id : "-", leg->name,
			    msg->scode);
		break;

	case 421: /* RFC 3261 8.1.3.5: what it asks for, once */
		if (!leg->rel &&
		    sx_msg_has_token(msg, SX_HDR_REQUIRE, "100rel")) {
			leg->rel = true;
			if (!leg_send_invite(leg))
				return;
		}
		break;

	case 422:
		if (leg_session_raise(leg, msg) && !leg_send_invite(leg))
			return;
		break;

	case 503:
		leg_place_failed(leg, 0, msg);
		if (leg_next_target(leg))
			return;
		break;

	default:
		break;
	}

	if (msg->scode < 400)
		rx_3xx(leg, msg);
	else
		rx_failure(leg, msg);
}


void leg_response(int err, const struct sx_msg *msg, void *arg)
{
	struct leg *leg = arg;

	mem_ref(leg);
	if (!err)
		leg_place_answered(leg);

	if (err) {
		timer_cancel(&leg->ring_timer);
		if (leg->state == LEG_CALLING)
			leg_place_failed(leg, err, NULL);
		if (leg->state == LEG_ENDING)
			leg_sig_done(leg);
		else if (leg->state != LEG_CALLING || !leg_next_target(leg))
			leg_fail_err(leg, err);
	}
	else if (msg->scode < 200) {
		if (leg->state != LEG_ENDING)
			rx_1xx(leg, msg);
	}
	else if (msg->scode < 300) {
		rx_2xx(leg, msg);
	}
	else {
		rx_final(leg, msg);
	}

	mem_deref(leg);
}
