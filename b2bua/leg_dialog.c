/**
 * @file b2bua/leg_dialog.c  Requests inside a dialog: found, believed, served
 */
#include "b2bua/auth.h"
#include "b2bua/call.h"
#include "b2bua/cause.h"
#include "b2bua/leg_priv.h"
#include "b2bua/transfer.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/rand.h"
#include "base/text.h"
#include "sip/digest.h"

enum { DIALOG_BUCKETS = 8192 };

static struct hash *dialogs; /* by Call-ID and our tag */


static uint32_t dialog_hash(const struct pl *callid, const struct pl *tag)
{
	return hash_key(callid->p, callid->l) ^ hash_key(tag->p, tag->l);
}


void leg_hash_add(struct leg *leg)
{
	struct pl callid, tag;

	if (!dialogs && hash_alloc(&dialogs, DIALOG_BUCKETS))
		return;

	pl_set_str(&callid, leg->dlg->callid);
	pl_set_str(&tag, leg->dlg->ltag);
	hash_append(dialogs, dialog_hash(&callid, &tag), &leg->hle, leg);
}


struct match {
	const struct pl *callid, *tag;
};


static bool match_handler(struct le *le, void *arg)
{
	const struct leg *leg = le->data;
	const struct match *m = arg;

	return leg->dlg && !pl_strcmp(m->callid, leg->dlg->callid) &&
	       !pl_strcmp(m->tag, leg->dlg->ltag);
}


static struct leg *find(const struct pl *callid, const struct pl *tag)
{
	struct match m = {callid, tag};

	if (!pl_isset(tag) || !dialogs)
		return NULL;

	return list_ledata(hash_lookup(dialogs, dialog_hash(callid, tag),
				       match_handler, &m));
}


/* The other side's tag is a part of the dialog's name, too (RFC 3261 12.2.2):
 * who knows but the others is somebody else */
struct leg *leg_find(const struct sx_msg *msg)
{
	struct leg *leg = find(&msg->callid, &msg->ttag);

	if (leg && server()->cfg->general.pedantic &&
	    !sx_dialog_match(leg->dlg, msg))
		return NULL;

	return leg;
}


void leg_dialog_ids(const struct leg *leg, const char **callid,
		    const char **our_tag, const char **their_tag)
{
	const struct sx_dialog *d = leg ? leg->dlg : NULL;

	*callid = d ? d->callid : NULL;
	*our_tag = d ? d->ltag : NULL;
	*their_tag = d ? d->rtag : NULL;
}


struct leg *leg_find_dialog(const char *callid, const char *our_tag,
			    const char *their_tag)
{
	struct pl id, tag;
	struct leg *leg;

	if (!callid || !our_tag || !their_tag)
		return NULL;

	pl_set_str(&id, callid);
	pl_set_str(&tag, our_tag);
	leg = find(&id, &tag);

	return leg && leg->dlg->rtag && !strcmp(leg->dlg->rtag, their_tag)
		       ? leg
		       : NULL;
}


bool leg_has_dialog(const struct pl *callid, const struct pl *tag)
{
	return find(callid, tag) != NULL;
}


void leg_stray_response(const struct sx_msg *msg)
{
	struct leg *leg = find(&msg->callid, &msg->ftag);

	if (leg)
		leg_out_stray(leg, msg);
	else
		count_inc(COUNT_SIP_STRAY_RESP);
}


void leg_each_dialog(leg_each_h *h, void *arg)
{
	struct le *le;

	for (uint32_t i = 0; dialogs && i < hash_bsize(dialogs); i++) {
		for (le = list_head(hash_list(dialogs, i)); le; le = le->next)
			h(le->data, arg);
	}
}


struct callids {
	leg_callid_h *h;
	void *arg;
};


static bool callid_handler(struct le *le, void *arg)
{
	const struct leg *leg	= le->data;
	const struct callids *c = arg;
	struct pl callid;

	if (leg->dlg) {
		pl_set_str(&callid, leg->dlg->callid);
		c->h(&callid, c->arg);
	}

	return false;
}


void leg_callids(leg_callid_h *h, void *arg)
{
	struct callids c = {h, arg};

	if (h && dialogs)
		(void)hash_apply(dialogs, callid_handler, &c);
}


static bool count_handler(struct le *le, void *arg)
{
	uint32_t *n = arg;

	(void)le;
	++*n;
	return false;
}


/* For the console: not kept, counted */
uint32_t legs_count(void)
{
	uint32_t n = 0;

	(void)hash_apply(dialogs, count_handler, &n);
	return n;
}


void legs_close(void)
{
	leg_giveup_close();
	dialogs = mem_deref(dialogs);
}


/* ---- whom to believe ---------------------------------------------------- */

static bool same_host(const struct sa *a, const struct sa *b)
{
	return sa_isset(a, SA_ADDR) && sa_isset(b, SA_ADDR) &&
	       sa_cmp(a, b, SA_ADDR);
}


static bool uri_is_host(const char *text, bool name_addr, const struct sa *src)
{
	struct sx_addr addr;
	struct sx_uri uri;
	struct pl pl;
	struct sa sa;

	pl_set_str(&pl, text);
	if (name_addr) {
		if (sx_addr_parse(&addr, &pl))
			return false;
		uri = addr.uri;
	}
	else if (sx_uri_parse(&uri, &pl)) {
		return false;
	}

	if (sa_set(&sa, &uri.host, 0))
		return false;

	return sa_cmp(&sa, src, SA_ADDR);
}


/* A known host of the dialog: where its messages came from or go to */
static bool known_source(const struct leg *leg, const struct sx_msg *msg)
{
	const struct sx_dialog *d = leg->dlg;

	if (same_host(&d->peer_src, &msg->src) ||
	    same_host(&d->hop.dst, &msg->src) ||
	    (msg->conn && msg->conn == d->hop.conn))
		return true;

	if (d->target && uri_is_host(d->target, false, &msg->src))
		return true;

	for (size_t i = 0; i < d->routec; i++) {
		if (uri_is_host(d->routev[i], true, &msg->src))
			return true;
	}

	return false;
}


static void move_hop(struct leg *leg, const struct sx_msg *msg)
{
	struct sx_target t;

	sx_target_of(&t, msg);
	log_info("leg", "call %s %s: goes on at %J",
		 leg->call ? leg->call->id : "-", leg->name, &t.dst);
	leg_set_hop(leg->dlg, &t);
}


static enum sx_auth_result check_digest(const struct leg *leg,
					const struct sx_msg *msg)
{
	const struct peer *peer = leg->peer;
	struct sx_auth_resp r;

	if (sx_uas_auth_find(&r, msg, server_realm(msg)))
		return SX_AUTH_NONE;

	if (pl_strcmp(&r.user, peer->name) &&
	    (!peer->defaultuser || pl_strcmp(&r.user, peer->defaultuser)))
		return SX_AUTH_NONE;

	return auth_verify(msg, &r, peer);
}


/* A phone whose requests came from where ours go to now sends from another
 * port, or over another connection as its own has gone: a router has given it
 * another one.  (One that never sent from there is not moved.) */
static bool has_moved(const struct leg *leg, const struct sx_msg *msg)
{
	const struct sx_target *hop = &leg->dlg->hop;
	struct sx_target t;

	if (!leg->peer->dynamic || leg->dlg->routec ||
	    (msg->method != SX_INVITE && msg->method != SX_UPDATE))
		return false;

	sx_target_of(&t, msg);
	if (target_same_flow(hop, &t))
		return false;
	if (hop->tp != SX_UDP)
		return !sx_conn_is_open(hop->conn);

	return sa_cmp(&leg->dlg->peer_src, &hop->dst, SA_ALL);
}


/*
 * True if the request may act on the dialog.  Whoever learned the identity of
 * a dialog elsewhere must not end it or move its media: from an unknown host
 * only who knows the peer's secret may, and only then what goes to the phone
 * goes to another port.
 */
bool leg_source_ok(struct leg *leg, struct sx_strans *st,
		   const struct sx_msg *msg)
{
	const struct peer *peer = leg->peer;
	const bool moved	= has_moved(leg, msg);
	const bool known	= known_source(leg, msg);
	enum sx_auth_result res;

	if (known && (!moved || !st || !auth_has_secret(peer)))
		return true;

	if (!st)
		return false;

	if (!auth_has_secret(peer)) {
		log_notice("leg", "%s: %r from %J, which has no part in this "
			   "dialog", leg->name, &msg->met, &msg->src);
		(void)sx_reply(st, 481, NULL, NULL);
		return false;
	}

	res = check_digest(leg, msg);
	if (res == SX_AUTH_OK) {
		leg->dlg->peer_src = msg->src;
		if (moved)
			move_hop(leg, msg);
		return true;
	}

	if (res == SX_AUTH_WRONG)
		(void)sx_reply(st, 403, NULL, NULL);
	else
		(void)server_challenge(st, msg, res != SX_AUTH_NONE);

	return false;
}


/* ---- methods ------------------------------------------------------------ */

static void rx_bye(struct leg *leg, struct sx_strans *st,
		   const struct sx_msg *msg)
{
	const struct pl *why = sx_msg_hdr(msg, SX_HDR_REASON, 0);
	struct leg_event ev = {.type = LEG_EV_HANGUP, .cause = CAUSE_NORMAL};
	enum leg_state was = leg->state;

	(void)sx_reply(st, 200, NULL, NULL);

	if (why && cause_from_reason(why))
		ev.cause = cause_from_reason(why);

	if (was == LEG_ENDING || was == LEG_GONE) {
		if (leg->confirmed || leg->outgoing)
			leg_sig_done(leg);
		return;
	}

	if (was != LEG_CONFIRMED) {
		/* RFC 3261 15.1.2: the caller may leave an early dialog by
		   BYE; the INVITE still needs its answer */
		ev.type = LEG_EV_CANCELLED;
		if (leg->outgoing)
			return;
		(void)leg_in_reject(leg, 487, ev.cause, NULL);
	}
	else {
		leg_finish(leg);
	}

	leg_report_ev(leg, &ev);
}


/* "Signal=5\r\nDuration=160" or the digit alone */
static bool dtmf_decode(const struct sx_msg *msg, char *digit, uint32_t *ms)
{
	struct pl body = pl_trim(msg->body), line, key;
	uint64_t n;

	*digit = 0;
	*ms    = 160;

	while (pl_next(&line, &body, '\n')) {
		line = pl_trim(line);
		if (!line.l)
			continue;

		if (line.l == 1 && !*digit) {
			*digit = *line.p;
			continue;
		}

		if (!pl_next(&key, &line, '='))
			continue;
		key  = pl_trim(key);
		line = pl_trim(line);

		if (!pl_strcasecmp(&key, "Signal")) {
			if (line.l == 1)
				*digit = *line.p;
			else if (!num_decode(&n, &line, 15) && n >= 10)
				*digit = "*#ABCD"[n - 10];
		}
		else if (!pl_strcasecmp(&key, "Duration") &&
			 !num_decode(&n, &line, 60000)) {
			*ms = (uint32_t)n;
		}
	}

	return *digit && strchr("0123456789*#ABCDabcd", *digit);
}


static void rx_info(struct leg *leg, struct sx_strans *st,
		    const struct sx_msg *msg)
{
	struct leg_event ev = {.type = LEG_EV_DTMF};

	if (!msg->body.l) {
		(void)sx_reply(st, 200, NULL, NULL);
		return;
	}

	if (pl_strcasecmp(&msg->ctype, "application/dtmf-relay") &&
	    pl_strcasecmp(&msg->ctype, "application/dtmf") &&
	    pl_strcasecmp(&msg->ctype, "application/vnd.nortelnetworks.digits")) {
		(void)sx_reply(st, 415, NULL,
			       "Accept: application/dtmf-relay\r\n");
		return;
	}

	if (!dtmf_decode(msg, &ev.digit, &ev.duration_ms)) {
		(void)sx_reply(st, 400, "No DTMF signal in the body", NULL);
		return;
	}

	(void)sx_reply(st, 200, NULL, NULL);
	leg_report_ev(leg, &ev);
}


static void rx_options(struct leg *leg, struct sx_strans *st,
		       const struct sx_msg *msg)
{
	(void)leg;
	(void)msg;
	(void)sx_reply(st, 200, NULL,
		       "Allow: %s\r\nAccept: application/sdp\r\n",
		       server_allow);
}


/* clang-format off */
static void (*const handlers[])(struct leg *, struct sx_strans *,
				const struct sx_msg *) = {
	[SX_BYE]       = rx_bye,
	[SX_INVITE]    = leg_rx_reinvite,
	[SX_UPDATE]    = leg_rx_reinvite,
	[SX_PRACK]     = leg_in_prack,
	[SX_INFO]      = rx_info,
	[SX_OPTIONS]   = rx_options,
	[SX_REFER]     = leg_rx_refer,
	[SX_SUBSCRIBE] = leg_rx_subscribe,
};
/* clang-format on */


static void dispatch(struct leg *leg, struct sx_strans *st,
		     const struct sx_msg *msg)
{
	size_t i = msg->method;

	if (i < ARRAY_SIZE(handlers) && handlers[i])
		handlers[i](leg, st, msg);
	else if (msg->method == SX_NOTIFY) {
		if (!leg_rx_notify(leg, st, msg))
			(void)sx_reply(st, 489, NULL, NULL);
	}
	else
		(void)sx_reply(st, 405, NULL, "Allow: %s\r\n",
			       server_allow);
}


void leg_request(struct leg *leg, struct sx_strans *st,
		 const struct sx_msg *msg)
{
	mem_ref(leg);

	if (msg->method == SX_ACK) {
		leg_in_ack(leg, msg);
		goto out;
	}

	if (!leg_source_ok(leg, st, msg))
		goto out;

	/* RFC 3261 12.2.2 */
	if (sx_dialog_rx(leg->dlg, msg)) {
		(void)sx_reply(st, 500, "CSeq is not higher than the last",
			       NULL);
		goto out;
	}

	/* the port as has_moved() compares it */
	if (!sa_cmp(&leg->dlg->peer_src, &msg->src, SA_ADDR))
		leg->dlg->peer_src = msg->src;

	if (leg->state == LEG_GONE ||
	    (leg->state == LEG_ENDING && msg->method != SX_BYE)) {
		(void)sx_reply(st, 481, NULL, NULL);
		goto out;
	}

	dispatch(leg, st, msg);

out:
	mem_deref(leg);
}
