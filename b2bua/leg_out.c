/**
 * @file b2bua/leg_out.c  The UAC side of a leg: an INVITE that we send
 *
 * Where it goes, the next server when one fails (RFC 3263 4.3), giving up.
 * The answers are in leg_resp.c.
 */
#include "b2bua/call.h"
#include "b2bua/cause.h"
#include "b2bua/leg_priv.h"
#include "b2bua/transp.h"
#include "base/text.h"

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


void leg_fail(struct leg *leg, const struct leg_event *what)
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


void leg_fail_err(struct leg *leg, int err)
{
	struct leg_event ev = {
		.err   = err,
		.scode = cause_sip_from_err(err),
		.cause = err == ETIMEDOUT ? CAUSE_NO_RESPONSE
					  : CAUSE_DEST_OUT_OF_ORDER,
	};

	log_info("leg", "call %s %s: no way there: %m",
		 leg->call ? leg->call->id : "-", leg->name, err);
	leg_fail(leg, &ev);
}

/* ---- placing ------------------------------------------------------------ */

static int text_of(char **strp, int err, struct mbuf *mb)
{
	return err ? err : mbuf_str(strp, mb);
}


static int make_dialog(struct leg *leg)
{
	struct mbuf *from = mbuf_alloc(128), *uri = mbuf_alloc(128);
	struct mbuf *ruri = mbuf_alloc(128), *to = mbuf_alloc(128);
	char *from_s = NULL, *uri_s = NULL, *ruri_s = NULL, *to_s = NULL;
	char host[256];
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
	err |= text_of(&ruri_s, leg_ruri_print(leg, ruri), ruri);
	if (err)
		goto out;

	/* the To is the R-URI without parameters of its own */
	err = text_of(&to_s, mbuf_printf(to, "<%s>", ruri_s), to);
	if (err)
		goto out;

	if (leg->peer->fromdomain)
		str_ncpy(host, leg->peer->fromdomain, sizeof(host));
	else
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
	err |= mbuf_printf(mb, "Allow: %s\r\nSupported: replaces%s%s\r\n",
			   server_allow, timers ? ", timer" : "",
			   leg->rel ? ", 100rel" : "");
	err |= leg_session_out_print(leg, mb);
	err |= leg_identity_print(leg, mb);
	err |= leg_diversion_print(leg, mb);
	err |= leg_auth_print(leg, mb, SX_INVITE, sx_dialog_ruri(leg->dlg));
	if (leg->dial->path && !leg->dlg->routec)
		err |= mbuf_printf(mb, "Route: %s\r\n", leg->dial->path);
	if (leg->extra->end)
		err |= mbuf_write_mem(mb, leg->extra->buf, leg->extra->end);
	leg->offer->pos = 0;
	err |= sx_head_end(server()->sx, mb, "application/sdp", leg->offer);

	return err;
}


int leg_send_invite(struct leg *leg)
{
	struct mbuf *mb = mbuf_alloc(1500);
	int err;

	if (!mb)
		return ENOMEM;

	err = sx_dialog_reset(leg->dlg);
	leg_set_hop(leg->dlg, &leg->targetv[leg->targeti]);
	leg->rx_rseq = 0;
	if (!err)
		err = print_invite(leg, mb);
	if (err)
		goto out;

	leg->ct = mem_deref(leg->ct);
	mb->pos = 0;
	err = sx_request(&leg->ct, server()->sx, &leg->dlg->hop, SX_INVITE,
			 sx_dialog_ruri(leg->dlg), mb, leg_response, leg);
	if (!err) {
		sx_ctrans_set_timers(leg->ct, leg_t1(leg), leg_timer_b(leg));
		leg_place_asked(leg);
	}

out:
	mem_deref(mb);
	return err;
}


/* To the next of the places that the name stands for, if there is one */
bool leg_next_target(struct leg *leg)
{
	while (++leg->targeti < leg->targetc) {
		if (!leg_send_invite(leg))
			return true;
	}

	return false;
}


static void place(struct leg *leg)
{
	int err;

	if (!leg_crypto_bridge(leg)) {
		leg_fail(leg, &(struct leg_event){
				  .scode  = 488,
				  .cause  = CAUSE_BEARER,
				  .reason = "secure_bridge_signaling: there "
					    "is no TLS"});
		return;
	}

	err = leg_media_open(leg, &leg->targetv[0], leg->dial->media_near);
	if (!err)
		err = make_dialog(leg);
	if (!err)
		err = make_offer(leg);
	if (!err)
		err = leg_send_invite(leg);
	if (!err || (leg->dlg && leg->offer && leg_next_target(leg)))
		return;

	if (err == ENOENT) {
		leg_fail(leg, &(struct leg_event){
				  .scode  = 488,
				  .cause  = CAUSE_BEARER,
				  .reason = "no codec in common"});
		return;
	}

	leg_fail_err(leg, err);
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
		err = leg_places(leg, tv, n);
	if (err) {
		leg_fail_err(leg, err);
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

	if (d->target_known && !leg->peer->outboundproxy.host) {
		int err = leg_places(leg, &d->target, 1);

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

	err = leg_dial_copy(leg, dial);
	if (err) {
		mem_deref(leg);
		return err;
	}

	(void)leg_set_state(leg, LEG_CALLING);
	*legp	      = leg;
	leg->starting = true;
	err	      = find_target(leg);
	if (err)
		leg_fail_err(leg, err);
	leg->starting = false;

	return 0;
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
