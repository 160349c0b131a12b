/**
 * @file b2bua/leg_modify.c  Changes inside a session, both ways
 *
 * re-INVITE (RFC 3261 14) and UPDATE (RFC 3311).  What changes the state of
 * hold is the call's to answer, all else is answered here.  One change at a
 * time: glare is 491 and a second try (14.1).
 */
#include "b2bua/call.h"
#include "b2bua/cause.h"
#include "b2bua/leg_priv.h"
#include "base/rand.h"

enum { MAX_TRIES = 5 };

static int send_change(struct leg *leg);


static void drop_rx(struct leg *leg)
{
	leg->chg.offer = mem_deref(leg->chg.offer);
	leg->chg.st    = mem_deref(leg->chg.st);
}


void leg_modify_stop(struct leg *leg)
{
	timer_cancel(&leg->chg.glare);
	leg->chg.ct = mem_deref(leg->chg.ct);
	if (leg->chg.st)
		(void)sx_reply(leg->chg.st, 487, NULL, NULL);
	drop_rx(leg);
}


/* ---- from the peer ------------------------------------------------------ */

static bool peer_holds(const struct sdpm_media *m)
{
	return m->hold_zero || !(m->dir & SDPM_RECVONLY);
}


bool leg_peer_holds(const struct leg *leg)
{
	const struct sdpm_media *m = sdpm_audio(leg->remote);

	return m && peer_holds(m);
}


/* 2xx without or with our offer; the session timer starts over */
static void reply_ok(struct leg *leg, struct sx_strans *st,
		     const struct sx_msg *msg, struct mbuf *body)
{
	if (body)
		body->pos = 0;
	(void)leg_reply_2xx(leg, st, msg, body);
	leg_session_start(leg);
}


/* No description: an INVITE wants our offer, an UPDATE only refreshes */
static void rx_empty(struct leg *leg, struct sx_strans *st,
		     const struct sx_msg *msg)
{
	struct mbuf *body;

	if (msg->method == SX_UPDATE) {
		reply_ok(leg, st, msg, NULL);
		return;
	}

	body = mbuf_alloc(512);
	if (!body || leg_print_offer(leg, body, leg->cap)) {
		(void)sx_reply(st, 500, NULL, NULL);
		mem_deref(body);
		return;
	}

	leg->we_offered = true;
	reply_ok(leg, st, msg, body);
	mem_deref(body);
}


/* What the other side speaks, so that nothing need be converted */
static const struct leg_audio *far_audio(const struct leg *leg)
{
	const struct leg_audio *far =
		leg_audio(call_partner(leg->call, leg));

	return far && far->agreed ? far : NULL;
}


static void answer_offer(struct leg *leg, struct sx_strans *st,
			 const struct sx_msg *msg, struct sdpm *offer,
			 enum sdpm_dir dir)
{
	struct mbuf *body = mbuf_alloc(512);
	int err;

	err = body ? leg_print_answer(leg, body, offer, far_audio(leg), dir)
		   : ENOMEM;
	if (err)
		(void)sx_reply(st, err == ENOMSG ? 488 : 500, NULL, NULL);
	else
		reply_ok(leg, st, msg, body);

	leg_lamp(leg);
	mem_deref(body);
}


static void rx_offer(struct leg *leg, struct sx_strans *st,
		     const struct sx_msg *msg)
{
	struct leg_event ev = {.type = LEG_EV_REOFFER};
	const struct sdpm_media *m;
	struct sdpm *sdp = NULL;
	const char *why	 = NULL;
	int err;

	err = leg_read_sdp(leg, &sdp, msg, &why);
	if (err) {
		(void)sx_reply(st, 400, "Bad Session Description", NULL);
		return;
	}

	m = sdpm_audio(sdp);
	if (!m) {
		struct pl text;

		pl_set_str(&text, leg_no_audio(leg, sdp));
		log_info("leg", "call %s %s: new offer refused: %r",
			 leg->call ? leg->call->id : "-", leg->name, &text);
		(void)sx_reply(st, 488, NULL, "Warning: 304 tandem %H\r\n",
			       sx_quote, &text);
		mem_deref(sdp);
		return;
	}

	if (leg->state == LEG_CONFIRMED &&
	    peer_holds(m) != leg_peer_holds(leg)) {
		leg->chg.st    = mem_ref(st);
		leg->chg.offer = sdp;
		ev.held	       = peer_holds(m);
		leg_report_ev(leg, &ev);
		return;
	}

	answer_offer(leg, st, msg, sdp, leg->cap);
	mem_deref(sdp);
	leg_report(leg, LEG_EV_CHANGED);
}


/* True if the request came at a bad moment and was refused */
static bool refused(struct leg *leg, struct sx_strans *st,
		    const struct sx_msg *msg)
{
	uint32_t minse = 0;
	uint16_t scode;

	if (leg->chg.st) {
		(void)sx_reply(st, 500, NULL, "Retry-After: %u\r\n",
			       rand_below(10));
		return true;
	}

	/* an offer of ours is open, or a 2xx of ours without its ACK */
	if (leg->chg.ct || !leg->acked || leg->we_offered ||
	    (leg->state != LEG_CONFIRMED && msg->body.l &&
	     !leg->audio.agreed)) {
		(void)sx_reply(st, 491, NULL, NULL);
		return true;
	}

	if (leg->state != LEG_CONFIRMED && msg->method == SX_INVITE) {
		(void)sx_reply(st, 491, NULL, NULL);
		return true;
	}

	scode = leg_session_in(leg, msg, &minse);
	if (scode == 422)
		(void)sx_reply(st, 422, NULL, "Min-SE: %u\r\n", minse);
	else if (scode)
		(void)sx_reply(st, scode, NULL, "Unsupported: timer\r\n");

	return scode != 0;
}


void leg_rx_reinvite(struct leg *leg, struct sx_strans *st,
		     const struct sx_msg *msg)
{
	if (refused(leg, st, msg))
		return;

	timer_cancel(&leg->chg.glare);
	(void)sx_dialog_refresh(leg->dlg, msg);
	leg_follow(leg, leg->dlg);
	leg_identity_changed(leg, msg);

	if (!msg->body.l)
		rx_empty(leg, st, msg);
	else if (pl_strcasecmp(&msg->ctype, "application/sdp"))
		(void)sx_reply(st, 415, NULL, "Accept: application/sdp\r\n");
	else
		rx_offer(leg, st, msg);
}


int leg_accept_reoffer(struct leg *leg, enum sdpm_dir dir)
{
	struct sx_strans *st;
	struct sdpm *offer;

	if (!leg || !leg->chg.st || !leg->chg.offer)
		return EINVAL;

	st    = mem_ref(leg->chg.st);
	offer = mem_ref(leg->chg.offer);
	drop_rx(leg);

	leg->cap = dir;
	answer_offer(leg, st, sx_strans_msg(st), offer, dir);

	mem_deref(offer);
	mem_deref(st);
	return 0;
}


int leg_refuse_reoffer(struct leg *leg, uint16_t scode)
{
	int err;

	if (!leg || !leg->chg.st)
		return EINVAL;

	err = sx_reply(leg->chg.st, scode, NULL, NULL);
	drop_rx(leg);
	leg_tell_free(leg);

	return err;
}


/* ---- to the peer -------------------------------------------------------- */

static void modified(struct leg *leg, int err, uint16_t scode)
{
	struct leg_event ev = {
		.type = LEG_EV_MODIFIED, .err = err, .scode = scode};
	bool refresh = leg->chg.refresh;

	leg->chg.refresh = false;
	if (refresh) {
		leg_tell_free(leg);
	}
	else {
		leg->chg.asked = false;
		leg_report_ev(leg, &ev);
	}
}


/* Whoever had to wait for a change that was not its own may try again */
void leg_tell_free(struct leg *leg)
{
	const struct leg_event ev = {.type = LEG_EV_MODIFIED};

	if (!leg->chg.asked || leg->state != LEG_CONFIRMED ||
	    leg_is_busy(leg))
		return;

	leg->chg.asked = false;
	leg_report_ev(leg, &ev);
}


static void glare_handler(void *arg)
{
	struct leg *leg = arg;

	if (leg->state != LEG_CONFIRMED)
		return;

	if (leg->chg.st || !leg->acked)
		timer_start(&leg->chg.glare, 500, glare_handler, leg);
	else if (send_change(leg))
		modified(leg, ENOMEM, 0);
}


/* RFC 3261 14.1: 2.1 to 4 s if we own the Call-ID, else 0 to 2 s, steps of
 * 10 ms */
static void glare(struct leg *leg)
{
	uint32_t ms = leg->outgoing ? 2100 + 10 * rand_below(191)
				    : 10 * rand_below(201);

	timer_start(&leg->chg.glare, ms, glare_handler, leg);
}


static void rx_change_ok(struct leg *leg, const struct sx_msg *msg)
{
	const char *why = NULL;
	int err;

	(void)sx_dialog_refresh(leg->dlg, msg);
	leg_follow(leg, leg->dlg);
	(void)leg_send_ack(leg, leg->dlg, msg->cseq, &leg->ack);

	err = leg_take_answer(leg, msg, &why);
	if (err)
		log_info("leg", "call %s %s: answer to our re-INVITE: %s",
			 leg->call ? leg->call->id : "-", leg->name, why);

	leg_lamp(leg);
	leg_session_take(leg, msg);
	leg_session_start(leg);
	modified(leg, err, msg->scode);
}


static void change_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct leg *leg = arg;
	bool again = false;

	if (!err && msg->scode < 200)
		return;

	mem_ref(leg);
	leg->chg.ct = mem_deref(leg->chg.ct);

	if (!err && msg->scode < 300) {
		rx_change_ok(leg, msg);
		goto out;
	}

	/* RFC 3261 12.2.1.2, 14.1 */
	if (err == ETIMEDOUT || (!err && (msg->scode == 481 ||
					  msg->scode == 408))) {
		leg_dead(leg, CAUSE_TIMER, "the peer has lost the session");
		goto out;
	}

	if (!err && ++leg->chg.tries < MAX_TRIES) {
		if (msg->scode == 491) {
			glare(leg);
			goto out;
		}

		again = (msg->scode == 401 || msg->scode == 407)
				? leg_may_authenticate(leg, msg)
			: msg->scode == 422 ? leg_session_raise(leg, msg)
					    : false;
		if (again && !send_change(leg))
			goto out;
	}

	modified(leg, err ? err : EPROTO, err ? 0 : msg->scode);

out:
	mem_deref(leg);
}


static int send_change(struct leg *leg)
{
	struct mbuf *mb = mbuf_alloc(1024), *body = mbuf_alloc(512);
	int err;

	if (!mb || !body) {
		err = ENOMEM;
		goto out;
	}

	err = leg->chg.refresh ? leg_print_repeat(leg, body)
	      : leg->chg.codec ? leg_print_offer_codec(leg, body,
						       leg->chg.want,
						       leg->chg.codec)
			       : leg_print_offer(leg, body, leg->chg.want);
	if (err)
		goto out;

	err = sx_dialog_head(leg->dlg, mb, SX_INVITE, 0);
	leg->invite_cseq = leg->dlg->lseq;
	err |= leg_contact(leg, mb, &leg->dlg->hop);
	err |= mbuf_printf(mb, "Allow: %s\r\nSupported: replaces, timer\r\n",
			   server_allow);
	err |= leg_session_out_print(leg, mb);
	err |= leg_identity_print(leg, mb);
	err |= leg_auth_print(leg, mb, SX_INVITE, sx_dialog_ruri(leg->dlg));
	body->pos = 0;
	err |= sx_head_end(server()->sx, mb, "application/sdp", body);
	if (err)
		goto out;

	mb->pos = 0;
	err = sx_request(&leg->chg.ct, server()->sx, &leg->dlg->hop, SX_INVITE,
			 sx_dialog_ruri(leg->dlg), mb, change_handler, leg);

out:
	mem_deref(mb);
	mem_deref(body);
	return err;
}


bool leg_is_busy(const struct leg *leg)
{
	return leg->chg.ct || leg->chg.st || !leg->acked ||
	       timer_runs(&leg->chg.glare);
}


static int change(struct leg *leg, enum sdpm_dir dir,
		  const struct config_codec *codec)
{
	if (!leg || leg->state != LEG_CONFIRMED || !leg->audio.agreed)
		return EINVAL;
	if (leg_is_busy(leg)) {
		leg->chg.asked = true;
		return EALREADY;
	}

	leg->chg.refresh = false;
	leg->chg.want	 = dir;
	leg->chg.codec	 = codec;
	leg->chg.tries	 = 0;
	leg_auth_again(leg);
	leg->cap	 = dir;

	return send_change(leg);
}


int leg_modify(struct leg *leg, enum sdpm_dir dir)
{
	return change(leg, dir, NULL);
}


int leg_modify_codec(struct leg *leg, enum sdpm_dir dir,
		     const struct config_codec *codec)
{
	return leg_takes_codec(leg, codec) ? change(leg, dir, codec) : ENOTSUP;
}


/* Refresh the session timer; EALREADY if a change is under way */
int leg_refresh(struct leg *leg)
{
	if (leg_is_busy(leg))
		return EALREADY;

	leg->chg.refresh = true;
	leg->chg.tries	 = 0;
	leg_auth_again(leg);

	return send_change(leg);
}


/* ---- digits ------------------------------------------------------------- */

static int send_info(struct leg *leg, char digit, uint32_t ms)
{
	struct mbuf *mb = mbuf_alloc(512), *body = mbuf_alloc(64);
	bool brief = leg->peer->dtmfmode == DTMF_MODE_SHORTINFO;
	int err;

	if (!mb || !body) {
		err = ENOMEM;
		goto out;
	}

	err = brief ? mbuf_printf(body, "%c\r\n", digit)
		    : mbuf_printf(body, "Signal=%c\r\nDuration=%u\r\n", digit,
				  ms);
	err |= sx_dialog_head(leg->dlg, mb, SX_INFO, 0);
	err |= leg_auth_print(leg, mb, SX_INFO, sx_dialog_ruri(leg->dlg));
	body->pos = 0;
	err |= sx_head_end(server()->sx, mb,
			   brief ? "application/dtmf" : "application/dtmf-relay",
			   body);
	if (err)
		goto out;

	mb->pos = 0;
	err = sx_request(NULL, server()->sx, &leg->dlg->hop, SX_INFO,
			 sx_dialog_ruri(leg->dlg), mb, NULL, NULL);

out:
	mem_deref(mb);
	mem_deref(body);
	return err;
}


int leg_send_dtmf(struct leg *leg, char digit, uint32_t ms)
{
	char digits[2] = {digit, '\0'};

	if (!leg || !digit || !strchr("0123456789*#ABCDabcd", digit))
		return EINVAL;
	if (leg->state == LEG_ENDING || leg->state == LEG_GONE)
		return EINVAL;

	if (leg->state == LEG_CONFIRMED &&
	    (leg->peer->dtmfmode == DTMF_MODE_INFO ||
	     leg->peer->dtmfmode == DTMF_MODE_SHORTINFO))
		return send_info(leg, digit, ms);

	return media_send_dtmf(leg->media, digits, ms, 50);
}
