/**
 * @file b2bua/leg_in.c  The UAS side of a leg: an INVITE that came in
 *
 * RFC 3261 13.3, reliable provisional responses RFC 3262.
 */
#include "b2bua/call.h"
#include "b2bua/cause.h"
#include "b2bua/leg_priv.h"
#include "base/clock.h"

enum {
	RING_REPEAT_MS = 60000, /* RFC 3261 13.3.1.1 */
	T2_MS	       = 4000,
};

static int send_1xx(struct leg *leg, uint16_t scode, bool sdp);
static int send_200(struct leg *leg);


void leg_in_stop(struct leg *leg)
{
	timer_cancel(&leg->ring_timer);
	timer_cancel(&leg->ack_timer);
	timer_cancel(&leg->rel_timer);
}


/* The transaction is over for us */
static void drop_st(struct leg *leg)
{
	sx_strans_detach(leg->st);
	leg->st = mem_deref(leg->st);
}


static void take_st(struct leg *leg, struct sx_strans *st,
		    const struct sx_msg *msg)
{
	drop_st(leg);
	leg->st	     = mem_ref(st);
	leg->st_cseq = msg->cseq;
}


/* ---- birth -------------------------------------------------------------- */

static void cancel_handler(const struct sx_msg *cancel, void *arg)
{
	const struct pl *why = sx_msg_hdr(cancel, SX_HDR_REASON, 0);
	struct leg_event ev = {.type  = LEG_EV_CANCELLED,
			       .cause = CAUSE_NORMAL};
	struct leg *leg = arg;

	if (leg->state != LEG_CALLING && leg->state != LEG_EARLY)
		return;

	if (why && cause_from_reason(why))
		ev.cause = cause_from_reason(why);

	mem_ref(leg);
	(void)leg_in_reject(leg, 487, 0, NULL);
	leg_report_ev(leg, &ev);
	mem_deref(leg);
}


static void strans_err_handler(int err, void *arg)
{
	struct leg *leg = arg;

	log_info("leg", "call %s %s: transaction ended: %m",
		 leg->call ? leg->call->id : "-", leg->name, err);

	if (leg->state == LEG_CALLING || leg->state == LEG_EARLY) {
		struct leg_event ev = {.type  = LEG_EV_CANCELLED,
				       .cause = CAUSE_FAILURE,
				       .err   = err};

		mem_ref(leg);
		leg_finish(leg);
		leg_report_ev(leg, &ev);
		mem_deref(leg);
	}
}


static const char *label_of(const struct peer *peer, const struct sx_msg *msg,
			    char *buf, size_t n)
{
	if (peer->name)
		return peer->name;

	(void)re_snprintf(buf, n, "%j", &msg->src);
	return buf;
}


/* An offer that can't be taken: 400, 415 or 488 (RFC 3261 13.3.1.3) */
static void refuse_offer(struct sx_strans *st, const struct leg *leg, int err,
			 const char *why)
{
	struct pl text;

	log_info("leg", "call %s %s: offer refused: %s",
		 leg->call ? leg->call->id : "-", leg->name,
		 why ? why : "no memory");

	pl_set_str(&text, why ? why : "no memory");

	if (err == ENOMSG)
		(void)sx_reply(st, 488, NULL, "Warning: 304 tandem %H\r\n",
			       sx_quote, &text);
	else if (err == ENOTSUP)
		(void)sx_reply(st, 415, NULL, "Accept: application/sdp\r\n");
	else if (err == ENOMEM)
		(void)sx_reply(st, 500, NULL, NULL);
	else
		(void)sx_reply(st, 400, "Bad Session Description",
			       "Warning: 399 tandem %H\r\n", sx_quote, &text);
}


/* Session timer; false if the request was refused for it (RFC 4028 9) */
static bool take_session(struct leg *leg, struct sx_strans *st,
			 const struct sx_msg *msg)
{
	uint32_t minse = 0;
	uint16_t scode = leg_session_in(leg, msg, &minse);

	if (scode == 422)
		(void)sx_reply(st, 422, NULL, "Min-SE: %u\r\n", minse);
	else if (scode == 420)
		(void)sx_reply(st, 420, NULL, "Unsupported: timer\r\n");

	return !scode;
}


static int setup(struct leg *leg, struct sx_strans *st,
		 const struct sx_msg *msg)
{
	const struct pl *user = &msg->uri.user;
	const char *why	      = NULL;
	int err;

	(void)pl_strcpy(user, leg->contact_user, sizeof(leg->contact_user));
	leg->invite = mem_ref((struct sx_msg *)msg);
	leg->rel    = sx_msg_has_token(msg, SX_HDR_REQUIRE, "100rel");
	(void)leg_take_identity(leg, msg);

	err = leg_take_offer(leg, msg, &why);
	if (err) {
		refuse_offer(st, leg, err, why);
		return err;
	}

	if (!take_session(leg, st, msg))
		return EPROTO;

	err = sx_dialog_uas(&leg->dlg, msg, sx_strans_tag(st));
	if (!err)
		err = leg_media_open(leg, &leg->dlg->hop, 0);
	if (!err)
		leg_follow(leg, leg->dlg);
	if (err) {
		if (err == EMFILE)
			log_warning("leg", "%s: no RTP port is free; the range "
				    "is rtpstart to rtpend of rtp.conf",
				    leg->name);
		else
			log_warning("leg", "%s: %m", leg->name, err);
		(void)sx_reply(st, err == EMFILE ? 503 : 500, NULL,
			       err == EMFILE ? "Retry-After: 5\r\n" : NULL);
		return err;
	}

	return 0;
}


int leg_incoming(struct leg **legp, struct call *call, struct sx_strans *st,
		 const struct sx_msg *msg, const struct peer *peer,
		 bool authenticated)
{
	struct leg *leg;
	char host[64];
	int err;

	err = leg_alloc(&leg, call, call->cfg, peer,
			label_of(peer, msg, host, sizeof(host)), false);
	if (err) {
		(void)sx_reply(st, 500, NULL, NULL);
		return err;
	}

	leg->authenticated = authenticated;
	err = setup(leg, st, msg);
	if (err) {
		mem_deref(leg);
		return err;
	}

	take_st(leg, st, msg);
	sx_strans_set_handlers(st, cancel_handler, strans_err_handler, leg);
	leg_hash_add(leg);
	(void)leg_set_state(leg, LEG_CALLING);
	(void)sx_reply(st, 100, NULL, NULL);
	*legp = leg;

	return 0;
}


/* ---- provisional responses ---------------------------------------------- */

static void ring_handler(void *arg)
{
	struct leg *leg = arg;

	(void)send_1xx(leg, 180, false);
	timer_start(&leg->ring_timer, RING_REPEAT_MS, ring_handler, leg);
}


/* A reliable response goes on until its PRACK (RFC 3262 3) */
static void rel_handler(void *arg)
{
	struct leg *leg = arg;

	leg->rel_ms = leg->rel_ms * 2;
	if (leg->rel_left_ms < leg->rel_ms) {
		log_info("leg", "call %s %s: no PRACK",
			 leg->call ? leg->call->id : "-", leg->name);
		(void)leg_in_reject(leg, 504, CAUSE_TIMER, "No PRACK");
		leg_report_ev(leg, &(struct leg_event){
					   .type  = LEG_EV_CANCELLED,
					   .cause = CAUSE_TIMER});
		return;
	}

	leg->rel_left_ms -= leg->rel_ms;
	(void)sx_strans_repeat(leg->st);
	timer_start(&leg->rel_timer, leg->rel_ms, rel_handler, leg);
}


static int rel_print(struct leg *leg, struct mbuf *mb)
{
	leg->rseq	 = leg->rseq ? leg->rseq + 1 : 1 + leg->id % 65536;
	leg->rel_pending = true;
	leg->rel_ms	 = leg_t1(leg);
	leg->rel_left_ms = 64 * leg->rel_ms;
	timer_start(&leg->rel_timer, leg->rel_ms, rel_handler, leg);

	return mbuf_printf(mb, "Require: 100rel\r\nRSeq: %u\r\n", leg->rseq);
}


static int send_1xx(struct leg *leg, uint16_t scode, bool sdp)
{
	struct mbuf *mb = mbuf_alloc(512), *body = sdp ? mbuf_alloc(512) : NULL;
	int err;

	if (!mb || (sdp && !body)) {
		err = ENOMEM;
		goto out;
	}

	err = leg_contact(leg, mb, &leg->dlg->hop);
	err |= mbuf_printf(mb, "Allow: %s\r\n", server_allow);
	err |= leg_identity_print(leg, mb);
	if (sdp && !err)
		err = leg_print_answer(leg, body, leg->offer_rx,
				       leg->far_set ? &leg->far : NULL,
				       leg->cap);
	if (!err && leg->rel)
		err = rel_print(leg, mb);
	if (err)
		goto out;

	if (leg->state == LEG_CALLING)
		(void)leg_set_state(leg, LEG_EARLY);
	if (body)
		body->pos = 0;

	err = sx_reply_body(leg->st, scode, NULL, mb,
			    sdp ? "application/sdp" : NULL, body);

out:
	mem_deref(mb);
	mem_deref(body);
	return err;
}


static bool before_answer(const struct leg *leg)
{
	return leg && !leg->outgoing && leg->st &&
	       (leg->state == LEG_CALLING || leg->state == LEG_EARLY);
}


/* The last one again, with what has changed in its headers */
int leg_repeat_1xx(struct leg *leg)
{
	if (!before_answer(leg) || leg->state != LEG_EARLY || leg->rel_pending)
		return EINVAL;

	return send_1xx(leg, leg->early_media ? 183 : 180, leg->early_media);
}


int leg_ringing(struct leg *leg)
{
	if (!before_answer(leg))
		return EINVAL;
	if (timer_runs(&leg->ring_timer) || leg->rel_pending)
		return 0;

	timer_start(&leg->ring_timer, RING_REPEAT_MS, ring_handler, leg);

	return send_1xx(leg, 180, false);
}


static void note_far(struct leg *leg, const struct leg_audio *far)
{
	if (!far || !far->codec)
		return;

	leg->far     = *far;
	leg->far_set = true;
}


int leg_progress(struct leg *leg, const struct leg_audio *far)
{
	if (!before_answer(leg))
		return EINVAL;

	/* without an offer there is nothing to answer in a 183 */
	if (!leg->offer_rx)
		return leg_ringing(leg);

	if (!leg->audio.agreed)
		note_far(leg, far);
	timer_cancel(&leg->ring_timer);

	if (leg->rel_pending) {
		leg->rel_progress = true;
		return 0;
	}

	leg->early_media = true;
	return send_1xx(leg, 183, true);
}


void leg_in_prack(struct leg *leg, struct sx_strans *st,
		  const struct sx_msg *msg)
{
	const struct pl *rack = sx_msg_hdr(msg, SX_HDR_RACK, 0);
	char want[64];
	size_t n;

	(void)re_snprintf(want, sizeof(want), "%u %u INVITE", leg->rseq,
			  leg->st_cseq);
	n = strlen(want);

	if (!leg->rel_pending || !rack || rack->l < n ||
	    strncmp(rack->p, want, n)) {
		(void)sx_reply(st, 481, NULL, NULL);
		return;
	}

	leg->rel_pending = false;
	timer_cancel(&leg->rel_timer);
	(void)sx_reply(st, 200, NULL, NULL);

	if (leg->rel_answer) {
		leg->rel_answer = false;
		(void)send_200(leg);
	}
	else if (leg->rel_progress) {
		leg->rel_progress = false;
		(void)leg_progress(leg, NULL);
	}
}


/* ---- the answer --------------------------------------------------------- */

/* The 2xx goes on until its ACK, whatever the transport (13.3.1.4) */
static void ack_handler(void *arg)
{
	struct leg *leg = arg;
	uint32_t ms	= leg->ack_ms;

	if (leg->ack_left_ms <= ms) {
		leg->acked = true;
		drop_st(leg);
		if (leg->state == LEG_ENDING)
			leg_bye(leg, leg->bye_cause, NULL);
		else
			leg_dead(leg, CAUSE_TIMER, "no ACK to our 200");
		return;
	}

	leg->ack_left_ms -= ms;
	leg->ack_ms = ms * 2 < T2_MS ? ms * 2 : T2_MS;
	(void)sx_strans_repeat(leg->st);
	timer_start(&leg->ack_timer, min(leg->ack_ms, leg->ack_left_ms),
		    ack_handler, leg); /* not after 64*T1 (13.3.1.4) */
}


/* Answer an INVITE, re-INVITE or UPDATE with 200 */
int leg_reply_2xx(struct leg *leg, struct sx_strans *st,
		  const struct sx_msg *msg, const struct mbuf *body)
{
	struct mbuf *mb = mbuf_alloc(256);
	int err;

	if (!mb)
		return ENOMEM;

	err = leg_contact(leg, mb, &leg->dlg->hop);
	err |= mbuf_printf(mb, "Allow: %s\r\nSupported: replaces, timer\r\n",
			   server_allow);
	err |= leg_session_print(leg, mb);
	if (!leg->outgoing)
		err |= leg_identity_print(leg, mb);
	if (err)
		goto out;

	err = sx_reply_body(st, 200, NULL, mb,
			    body ? "application/sdp" : NULL, body);
	if (err || msg->method != SX_INVITE)
		goto out;

	if (leg->st != st)
		take_st(leg, st, msg);
	leg->acked	 = false;
	leg->ack_ms	 = leg_t1(leg);
	leg->ack_left_ms = 64 * leg->ack_ms;
	timer_start(&leg->ack_timer, leg->ack_ms, ack_handler, leg);

out:
	mem_deref(mb);
	return err;
}


static int send_200(struct leg *leg)
{
	struct mbuf *body = mbuf_alloc(512);
	int err;

	if (!body)
		return ENOMEM;

	if (leg->offer_rx) {
		err = leg_print_answer(leg, body, leg->offer_rx,
				       leg->far_set ? &leg->far : NULL,
				       leg->cap);
	}
	else {
		leg->we_offered = true;
		err = leg_print_offer_late(leg, body);
	}

	if (err == ENOMSG) {
		(void)leg_in_reject(leg, 488, CAUSE_BEARER,
				    "No codec in common");
		goto out;
	}

	if (err)
		goto out;

	timer_cancel(&leg->ring_timer);
	leg->answered_ms = clock_ms();
	(void)leg_set_state(leg, LEG_CONFIRMED);
	body->pos = 0;
	err = leg_reply_2xx(leg, leg->st, leg->invite, body);
	if (!err)
		err = leg_apply_flow(leg);
	leg_session_start(leg);

out:
	mem_deref(body);
	return err;
}


int leg_answer(struct leg *leg, const struct leg_audio *far)
{
	if (!before_answer(leg))
		return EINVAL;

	if (!leg->audio.agreed)
		note_far(leg, far);

	if (leg->rel_pending) {
		leg->rel_answer = true;
		return 0;
	}

	return send_200(leg);
}


/* An ACK with the answer to our offer in the 2xx */
static bool ack_answer(struct leg *leg, const struct sx_msg *msg)
{
	const char *why = NULL;

	if (!leg->we_offered)
		return true;

	leg->we_offered = false;
	if (!leg_take_answer(leg, msg, &why)) {
		leg_report(leg, LEG_EV_CHANGED);
		return true;
	}

	leg_dead(leg, CAUSE_BEARER, why);
	return false;
}


void leg_in_ack(struct leg *leg, const struct sx_msg *msg)
{
	bool first = !leg->confirmed;

	if (leg->acked || msg->cseq != leg->st_cseq)
		return;

	/* RFC 3261 13.3.1.4: whoever can't prove its place in the dialog must
	   not stop the repeats */
	if (!leg_source_ok(leg, NULL, msg))
		return;

	leg->acked     = true;
	leg->confirmed = true;
	leg->dlg->peer_src = msg->src;
	timer_cancel(&leg->ack_timer);
	drop_st(leg);

	if (leg->bye_wish) {
		leg->bye_wish = false;
		leg_bye(leg, leg->bye_cause, leg->bye_text);
		return;
	}

	if (!ack_answer(leg, msg))
		return;

	leg_connected_again(leg);
	if (first && !leg->outgoing)
		leg_report(leg, LEG_EV_CONFIRMED);
	else
		leg_tell_free(leg);
}


/* ---- refusal ------------------------------------------------------------ */

int leg_in_refuse(struct leg *leg, uint16_t scode, struct mbuf *headers)
{
	int err;

	if (!before_answer(leg))
		return EINVAL;

	err = sx_reply_body(leg->st, scode, NULL, headers, NULL, NULL);
	drop_st(leg);
	leg_finish(leg);

	return err;
}


int leg_in_reject(struct leg *leg, uint16_t scode, uint8_t cause,
		  const char *reason)
{
	struct mbuf *mb = mbuf_alloc(128);
	int err;

	if (!mb)
		return ENOMEM;

	if (cause && leg_reason(mb, cause, reason))
		mb->end = 0; /* it is refused, without the reason */
	mb->pos = mb->end;
	if (scode == 503 && leg->retry_after_s)
		(void)mbuf_printf(mb, "Retry-After: %u\r\n",
				  leg->retry_after_s);
	mb->pos = 0;
	err = leg_in_refuse(leg, scode, mb);
	mem_deref(mb);

	return err;
}


void leg_retry_after(struct leg *leg, uint32_t s)
{
	if (leg)
		leg->retry_after_s = s;
}


int leg_reject(struct leg *leg, uint16_t scode, uint8_t cause,
	       const char *reason)
{
	if (scode < 300 || scode > 699)
		return EINVAL;

	return leg_in_reject(leg, scode, cause, reason);
}
