/**
 * @file b2bua/leg_out.c  The UAC side of a leg: an INVITE that we send
 *
 * RFC 3261 13.2, several early dialogs 13.2.2.4, next server RFC 3263 4.3.
 */
#include "b2bua/call.h"
#include "b2bua/cause.h"
#include "b2bua/leg_priv.h"
#include "b2bua/transp.h"
#include "base/clock.h"
#include "base/text.h"

/** An early dialog beside the first (forked INVITE) */
struct early {
	struct le le;
	struct sx_dialog *dlg;
	struct mbuf *ack; /* its 2xx was ACKed by this, and BYEd */
};

static void response_handler(int err, const struct sx_msg *msg, void *arg);
static int send_invite(struct leg *leg);


/* ---- the copy of what was asked for ------------------------------------- */

static void dial_destructor(void *data)
{
	struct leg_dial *d = data;

	mem_deref((void *)d->user);
	mem_deref((void *)d->host);
	mem_deref((void *)d->uri);
	mem_deref((void *)d->reason_lost);
}


static int text_copy(const char **dst, const char *src)
{
	char *str = NULL;
	int err;

	*dst = NULL;
	if (!src)
		return 0;

	err = str_dup(&str, src);
	*dst = str;
	return err;
}


/* Further headers are checked: a value can't begin a header of its own */
static int extra_headers(struct leg *leg, const struct list *headers)
{
	leg->extra = mbuf_alloc(256);
	if (!leg->extra)
		return ENOMEM;

	for (struct le *le = list_head(headers); le; le = le->next) {
		const struct var_def *v = le->data;
		int err;

		if (strpbrk(v->name, "\r\n: ") || strpbrk(v->value, "\r\n")) {
			log_warning("leg", "%s: header %s is malformed and "
				    "was left out", leg->name, v->name);
			continue;
		}

		err = mbuf_printf(leg->extra, "%s: %s\r\n", v->name, v->value);
		if (err)
			return err;
	}

	return 0;
}


static int dial_copy(struct leg *leg, const struct leg_dial *dial)
{
	struct leg_dial *d;
	int err;

	d = mem_zalloc(sizeof(*d), dial_destructor);
	if (!d)
		return ENOMEM;

	*d	   = *dial;
	d->headers = NULL;
	d->user = d->host = d->uri = d->reason_lost = NULL;
	leg->dial = d;

	err = text_copy(&d->user, dial->user);
	err |= text_copy(&d->host, dial->host);
	err |= text_copy(&d->uri, dial->uri);
	err |= text_copy(&d->reason_lost, dial->reason_lost);
	if (!err)
		err = extra_headers(leg, dial->headers);

	return err;
}


/* ---- failure ------------------------------------------------------------ */

static void failed_handler(void *arg)
{
	struct leg *leg = arg;
	struct leg_event ev = leg->failed;

	if (leg->state == LEG_ENDING || leg->state == LEG_GONE)
		return;

	mem_ref(leg);
	leg_finish(leg);
	leg_report_ev(leg, &ev);
	mem_deref(leg);
}


static void fail(struct leg *leg, const struct leg_event *what)
{
	struct leg_event ev = *what;

	ev.type = LEG_EV_FAILED;

	if (leg->state == LEG_ENDING) {
		leg_sig_done(leg);
		return;
	}

	if (leg->starting) {
		/* texts of it must be static */
		leg->failed = ev;
		timer_start(&leg->end_timer, 0, failed_handler, leg);
		return;
	}

	mem_ref(leg);
	leg_finish(leg);
	leg_report_ev(leg, &ev);
	mem_deref(leg);
}


static void fail_err(struct leg *leg, int err)
{
	struct leg_event ev = {
		.err   = err,
		.scode = cause_sip_from_err(err),
		.cause = err == ETIMEDOUT ? CAUSE_NO_RESPONSE
					  : CAUSE_DEST_OUT_OF_ORDER,
	};

	log_info("leg", "call %s %s: no way there: %m",
		 leg->call ? leg->call->id : "-", leg->name, err);
	fail(leg, &ev);
}


/* ---- placing ------------------------------------------------------------ */

static int print_ruri(const struct leg *leg, struct mbuf *mb)
{
	const struct leg_dial *d = leg->dial;
	const struct peer *peer	 = leg->peer;
	const char *host = d->host ? d->host : peer->host.host;
	uint16_t port	 = d->host ? d->port : peer->host.port;
	struct pl user;
	int err = 0;

	if (d->uri)
		return mbuf_write_str(mb, d->uri);

	err |= mbuf_write_str(mb, "sip:");
	if (d->user && d->user[0]) {
		pl_set_str(&user, d->user);
		err |= mbuf_printf(mb, "%H@", sx_escape_user, &user);
	}

	if (!host)
		err |= mbuf_printf(mb, "%J", &leg->targetv[0].dst);
	else if (strchr(host, ':') && host[0] != '[')
		err |= mbuf_printf(mb, "[%s]", host);
	else
		err |= mbuf_write_str(mb, host);
	if (host && port)
		err |= mbuf_printf(mb, ":%u", port);

	if (leg->targetv[0].tp == SX_TCP)
		err |= mbuf_write_str(mb, ";transport=tcp");
	if (peer->usereqphone && d->user && d->user[0])
		err |= mbuf_write_str(mb, ";user=phone");

	return err;
}


static int text_of(char **strp, int err, struct mbuf *mb)
{
	return err ? err : mbuf_str(strp, mb);
}


static int make_dialog(struct leg *leg)
{
	struct mbuf *from = mbuf_alloc(128), *uri = mbuf_alloc(128);
	struct mbuf *ruri = mbuf_alloc(128), *to = mbuf_alloc(128);
	char *from_s = NULL, *uri_s = NULL, *ruri_s = NULL, *to_s = NULL;
	char host[64];
	struct sx_uri luri;
	struct pl pl;
	struct sa our;
	int err;

	if (!from || !uri || !ruri || !to) {
		err = ENOMEM;
		goto out;
	}

	err = sx_public_addr(server()->sx, &our, &leg->targetv[0]);
	if (err)
		goto out;

	err = text_of(&from_s, leg_from_print(leg, from, uri, &our), from);
	err |= text_of(&uri_s, 0, uri);
	err |= text_of(&ruri_s, print_ruri(leg, ruri), ruri);
	if (err)
		goto out;

	/* the To is the R-URI without parameters of its own */
	err = text_of(&to_s, mbuf_printf(to, "<%s>", ruri_s), to);
	if (err)
		goto out;

	(void)re_snprintf(host, sizeof(host), "%j", &our);
	err = sx_dialog_uac(&leg->dlg, from_s, uri_s, to_s, ruri_s,
			    &leg->targetv[0], host);
	if (err)
		goto out;

	leg->dlg->maxfwd = leg->dial->maxfwd;
	pl_set_str(&pl, leg->dlg->luri);
	if (!sx_uri_parse(&luri, &pl))
		(void)pl_strcpy(&luri.user, leg->contact_user,
				sizeof(leg->contact_user));
	leg_hash_add(leg);

out:
	mem_deref(from);
	mem_deref(uri);
	mem_deref(ruri);
	mem_deref(to);
	mem_deref(from_s);
	mem_deref(uri_s);
	mem_deref(ruri_s);
	mem_deref(to_s);
	return err;
}


static int make_offer(struct leg *leg)
{
	const struct codec_prefs *prefs = &leg->dial->offer;

	leg->offer = mem_deref(leg->offer);
	leg->offer = mbuf_alloc(512);
	if (!leg->offer)
		return ENOMEM;

	if (!prefs->n)
		prefs = &leg->peer->codecs;

	leg->offered = *prefs;
	return leg_print_offer_prefs(leg, leg->offer, prefs);
}


static int print_invite(struct leg *leg, struct mbuf *mb)
{
	const bool timers = leg->peer->session_timers != SESSION_REFUSE;
	int err;

	err = sx_dialog_head(leg->dlg, mb, SX_INVITE, 0);
	leg->invite_cseq = leg->dlg->lseq;
	err |= leg_contact(leg, mb, &leg->dlg->hop);
	err |= mbuf_printf(mb, "Allow: %s\r\n%s", server_allow,
			   timers ? "Supported: timer\r\n" : "");
	err |= leg_session_out_print(leg, mb);
	err |= leg_identity_print(leg, mb);
	err |= leg_auth_print(leg, mb, SX_INVITE, sx_dialog_ruri(leg->dlg));
	if (leg->extra->end)
		err |= mbuf_write_mem(mb, leg->extra->buf, leg->extra->end);
	leg->offer->pos = 0;
	err |= sx_head_end(server()->sx, mb, "application/sdp", leg->offer);

	return err;
}


static int send_invite(struct leg *leg)
{
	struct mbuf *mb = mbuf_alloc(1500);
	int err;

	if (!mb)
		return ENOMEM;

	err = sx_dialog_reset(leg->dlg);
	if (!err)
		err = print_invite(leg, mb);
	if (err)
		goto out;

	leg->ct = mem_deref(leg->ct);
	mb->pos = 0;
	err = sx_request(&leg->ct, server()->sx, &leg->dlg->hop, SX_INVITE,
			 sx_dialog_ruri(leg->dlg), mb, response_handler, leg);
	if (!err)
		sx_ctrans_set_timers(leg->ct, leg_t1(leg),
				     leg->peer->timerb_ms);

out:
	mem_deref(mb);
	return err;
}


/* To the next of the places that the name stands for, if there is one */
static bool next_target(struct leg *leg)
{
	while (++leg->targeti < leg->targetc) {
		leg->dlg->hop = leg->targetv[leg->targeti];
		if (!send_invite(leg))
			return true;
	}

	return false;
}


static void place(struct leg *leg)
{
	int err;

	err = leg_media_open(leg, &leg->targetv[0], leg->dial->media_near);
	if (!err)
		err = make_dialog(leg);
	if (!err)
		err = make_offer(leg);
	if (!err)
		err = send_invite(leg);
	if (!err || (leg->dlg && leg->offer && next_target(leg)))
		return;

	if (err == ENOENT) {
		fail(leg, &(struct leg_event){
				  .scode  = 488,
				  .cause  = CAUSE_BEARER,
				  .reason = "no codec in common"});
		return;
	}

	fail_err(leg, err);
}


static int set_targets(struct leg *leg, const struct sx_target *tv, size_t n)
{
	leg->targetv = mem_zalloc(n * sizeof(*tv), NULL);
	if (!leg->targetv)
		return ENOMEM;

	memcpy(leg->targetv, tv, n * sizeof(*tv));
	leg->targetc = n;

	return 0;
}


static void resolve_handler(int err, const struct sx_target *tv, size_t n,
			    void *arg)
{
	struct leg *leg = arg;

	if (!leg->starting)
		leg->query = mem_deref(leg->query);
	if (leg->state == LEG_ENDING)
		return;

	if (!err)
		err = set_targets(leg, tv, n);
	if (err) {
		fail_err(leg, err);
		return;
	}

	place(leg);
}


static enum sx_tp transport(const struct leg *leg, int transp)
{
	return transp < 0 ? transp_peer_tp(leg->peer) : transp_to_tp(transp);
}


/* Where to send it: the registered place, the outbound proxy or the host */
static int find_target(struct leg *leg)
{
	const struct leg_dial *d = leg->dial;
	const struct host_port *hp;
	struct host_port plain = {0};

	if (d->target_known) {
		int err = set_targets(leg, &d->target, 1);

		if (err)
			return err;
		place(leg);
		return 0;
	}

	if (leg->peer->outboundproxy.host)
		hp = &leg->peer->outboundproxy;
	else if (d->host) {
		plain.host   = (char *)d->host;
		plain.port   = d->port;
		plain.transp = -1;
		hp	     = &plain;
	}
	else {
		hp = &leg->peer->host;
	}

	if (!hp->host)
		return EHOSTUNREACH;

	return sx_resolve(&leg->query, server()->resolver, hp->host, hp->port,
			  transport(leg, hp->transp),
			  leg->cfg->general.srvlookup, resolve_handler, leg);
}


int leg_outgoing(struct leg **legp, struct call *call,
		 const struct leg_dial *dial)
{
	const struct peer *peer;
	struct leg *leg;
	int err;

	if (!legp || !call || !dial || (!dial->peer && !dial->host))
		return EINVAL;

	peer = dial->peer ? dial->peer : call->cfg->defaults;
	err  = leg_alloc(&leg, call, call->cfg, peer,
			 dial->peer ? peer->name : dial->host, true);
	if (err)
		return err;

	err = dial_copy(leg, dial);
	if (err) {
		mem_deref(leg);
		return err;
	}

	(void)leg_set_state(leg, LEG_CALLING);
	*legp	      = leg;
	leg->starting = true;
	err	      = find_target(leg);
	if (err)
		fail_err(leg, err);
	leg->starting = false;

	return 0;
}


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
	}
	else if (msg->ttag.l && !is_ours(leg, msg)) {
		struct early *e = early_get(leg, msg);

		if (e)
			prack(leg, e->dlg, msg);
		return;
	}

	prack(leg, leg->dlg, msg);
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
	if (sx_dialog_establish(leg->dlg, msg))
		log_info("leg", "%s: malformed 2xx", leg->name);
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

	if (!sx_msg_contact(msg, &addr) && !addr.star)
		(void)pl_strdup(&uri, &addr.auri);

	ev.contact = uri;
	fail(leg, &ev);
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
	fail(leg, &ev);
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
		if (leg_may_authenticate(leg, msg) && !send_invite(leg))
			return;
		log_warning("leg", "call %s %s: %u and no credentials that "
			    "help (remotesecret=, secret=, defaultuser=)",
			    leg->call ? leg->call->id : "-", leg->name,
			    msg->scode);
		break;

	case 422:
		if (leg_session_raise(leg, msg) && !send_invite(leg))
			return;
		break;

	case 503:
		if (next_target(leg))
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


static void response_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct leg *leg = arg;

	mem_ref(leg);

	if (err) {
		if (leg->state == LEG_ENDING)
			leg_sig_done(leg);
		else if (leg->state != LEG_CALLING || !next_target(leg))
			fail_err(leg, err);
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


/* ---- giving up ---------------------------------------------------------- */

/* Phones leave a call that was answered elsewhere out of the missed ones when
 * they are told so by a SIP cause (RFC 3326 2) */
static void cancel_reason(char *str, size_t size, uint8_t cause,
			  const char *text)
{
	struct pl pl;

	pl_set_str(&pl, text ? text : cause_text(cause));
	(void)re_snprintf(str, size, "%s;cause=%u;text=%H",
			  cause == CAUSE_ELSEWHERE ? "SIP" : "Q.850",
			  cause == CAUSE_ELSEWHERE ? 200 : cause, sx_quote,
			  &pl);
}


void leg_out_cancel(struct leg *leg, uint8_t cause, const char *text)
{
	char reason[160];

	if (!leg->ct) {
		/* nothing has left yet */
		leg->query = mem_deref(leg->query);
		leg_finish(leg);
		return;
	}

	cancel_reason(reason, sizeof(reason), cause, text);
	leg->bye_cause = cause;
	str_ncpy(leg->bye_text, text ? text : "", sizeof(leg->bye_text));
	leg_ending(leg);
	if (sx_ctrans_cancel(leg->ct, reason))
		leg_sig_done(leg);
}
