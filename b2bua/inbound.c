/**
 * @file b2bua/inbound.c  Requests outside of dialogs: who calls, and where to
 */
#include "b2bua/auth.h"
#include "b2bua/caller.h"
#include "b2bua/domain.h"
#include "b2bua/guard.h"
#include "b2bua/location.h"
#include "b2bua/pickup.h"
#include "b2bua/registrar.h"
#include "b2bua/server.h"
#include "b2bua/subscribe.h"
#include "b2bua/transfer.h"
#include "b2bua/transp.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/text.h"
#include "config/number.h"
#include "routing/dialplan.h"
#include "routing/ident.h"

/** What a new request tells about its sender */
struct sender {
	char from_user[256], auth_user[256], ruri_user[256], to_user[256];
	char pai_user[256];
	struct ident_result res;
};


/* ---- who ---------------------------------------------------------------- */

static void identify(struct sender *s, const struct sx_msg *msg)
{
	struct server *srv = server();
	struct ident_req req = {0};
	struct sx_auth_resp r;
	struct sx_addr pai;
	struct pl empty = PL_INIT;

	req.method = msg->met;
	req.src	   = msg->src;
	req.transp = transp_of_tp(msg->tp);
	req.from_user = caller_uri(s->from_user, sizeof(s->from_user),
				   &msg->from.uri);
	req.ruri_user = caller_uri(s->ruri_user, sizeof(s->ruri_user),
				   &msg->uri);
	req.to_user = caller_uri(s->to_user, sizeof(s->to_user),
				 &msg->to.uri);
	req.auth_user = !sx_uas_auth_find(&r, msg, server_realm(msg))
				? caller_user(s->auth_user, sizeof(s->auth_user),
					  &r.user)
				: empty;
	req.pai_user = sx_msg_values(msg, SX_HDR_P_ASSERTED_ID, caller_addr_handler,
				     &pai)
			       ? caller_uri(s->pai_user, sizeof(s->pai_user),
					    &pai.uri)
			       : empty;

	ident_find(&s->res, srv->ident, &req);
}


const struct peer *inbound_sender(const struct sx_msg *msg)
{
	struct sender s;

	identify(&s, msg);

	return s.res.verdict == IDENT_PEER ? s.res.peer : NULL;
}


static bool is_inside(const struct sa *src)
{
	struct sa sa = *src;

	addr_unmap(&sa);

	return addr_is_private(&sa) || addr_is_loopback(&sa) ||
	       nat_in_localnet(&server()->cfg->general, &sa);
}


/* A weak secret is good for the inside only */
static bool weak_outside(const struct peer *peer, const struct sx_msg *msg)
{
	if (!peer->weak || is_inside(&msg->src))
		return false;

	if (guard_log(&msg->src))
		log_warning("auth", "%s (%J): its secret is weak (%s); from "
			    "outside it is refused, weaksecret=yes allows it",
			    peer->name, &msg->src, peer->weak);
	return true;
}


bool inbound_refuses(const struct peer *peer, const struct sx_msg *msg)
{
	return peer && weak_outside(peer, msg);
}


/* Decide on the sender; false: it has been answered */
static bool admit(const struct sender *s, struct sx_strans *st,
		  const struct sx_msg *msg)
{
	const char *why = "No matching peer found";

	switch (s->res.verdict) {

	case IDENT_PEER:
		why = "Device does not match ACL";
		if (weak_outside(s->res.peer, msg))
			break;
		if (s->res.needs_auth)
			return auth_request(st, msg, s->res.peer, "Call");
		if (msg->conn)
			sx_conn_trust(msg->conn);
		return true;

	case IDENT_GUEST:
		return true;

	case IDENT_DENIED:
		why = "Device does not match ACL";
		break;

	case IDENT_UNKNOWN:
		break;
	}

	auth_refuse(st, msg, "Call", why, 403);

	return false;
}


/* Where it is registered, or configured to be */
static bool at_home(const struct peer *peer, const struct sa *src)
{
	struct ident_addr addr;

	if (!peer->dynamic && sa_isset(&peer->host.sa, SA_ADDR) &&
	    sa_cmp(&peer->host.sa, src, SA_ADDR))
		return true;

	for (uint32_t i = 0; location_ident_addr(peer, i, &addr, NULL); i++) {
		if (sa_cmp(&addr.sa, src, SA_ADDR))
			return true;
	}

	return false;
}


static const char *not_proven(const struct sender *s, const struct sx_msg *msg)
{
	const struct peer *peer = s->res.peer;

	if (s->res.verdict == IDENT_DENIED)
		return "Device does not match ACL";
	if (s->res.verdict != IDENT_PEER)
		return "No matching peer found";
	if (weak_outside(peer, msg))
		return "Device does not match ACL";
	if (!auth_has_secret(peer) && !at_home(peer, &msg->src))
		return "No password, and not at its address";

	return NULL;
}


const struct peer *inbound_prove(struct sx_strans *st,
				 const struct sx_msg *msg, const char *what)
{
	struct sender s;
	const char *why;

	identify(&s, msg);
	why = not_proven(&s, msg);
	if (why) {
		auth_refuse(st, msg, what, why, 403);
		return NULL;
	}

	if (auth_has_secret(s.res.peer) &&
	    !auth_request(st, msg, s.res.peer, what))
		return NULL;

	return s.res.peer;
}


/* ---- INVITE ------------------------------------------------------------- */

/* More than we or the peer may have; false: it has been answered */
static bool has_room(const struct peer *peer, struct sx_strans *st)
{
	const struct server *srv = server();
	uint32_t max = srv->cfg->tandem.maxcalls;

	if (srv->draining || (max && list_count(calls_list()) >= max)) {
		count_inc(COUNT_CALLS_REFUSED);
		(void)sx_reply(st, 503, NULL, "Retry-After: 30\r\n");
		return false;
	}

	if (peer->name && peer->call_limit &&
	    calls_of_peer(peer->name) >= peer->call_limit) {
		count_inc(COUNT_CALLS_REFUSED);
		log_notice("call", "%s has reached call-limit=%u", peer->name,
			   peer->call_limit);
		(void)sx_reply(st, 480, "Call limit reached", NULL);
		return false;
	}

	return true;
}


/* Star codes: for phones, and behind all that their plan has */
static bool has_code(struct dp_query *q, const struct peer *peer)
{
	q->context = CONFIG_STAR_CONTEXT;

	return peer->name && peer->dynamic && dp_exists(server()->plan, q);
}


/* Does the plan know the number?  false: it has been answered */
static bool has_exten(const struct peer *peer, struct sx_strans *st,
		      const struct sx_msg *msg, const char **contextp,
		      const char *exten)
{
	const struct server *srv = server();
	const char *context = *contextp;
	struct dp_query q = {.context = context,
			     .now_s   = (int64_t)clock_wall_s()};
	char cid[256];
	uint16_t scode = 404;

	pl_set_str(&q.exten, exten);
	q.cid = caller_number(cid, sizeof(cid), peer, msg);

	if (dp_exists(srv->plan, &q))
		return true;

	if (dp_can_match_more(srv->plan, &q)) {
		if (peer->allowoverlap != OVERLAP_NO)
			scode = 484;
	}
	else if (has_code(&q, peer)) {
		*contextp = q.context;
		return true;
	}

	if (peer->name) {
		log_notice("call", "%s (%J) calls '%s', which is not in "
			   "context '%s'", peer->name, &msg->src, exten,
			   context);
		(void)sx_reply(st, scode, NULL, NULL);
	}
	else {
		auth_log_extension(msg, exten, context);
		(void)sx_reply_stateless(srv->sx, msg, scode, NULL, NULL);
	}

	return false;
}


/* The context for a call; NULL: its domain is not ours, it has been refused */
static const char *context_for(const struct peer *peer, struct sx_strans *st,
			       const struct sx_msg *msg)
{
	const struct general *g = &server()->cfg->general;
	const char *context = NULL;

	if (!domain_checked(g))
		return peer->context;

	if (!domain_is_ours(g, &msg->uri.host, &msg->dst, &context) &&
	    !g->allowexternaldomains) {
		log_notice("call", "Call from '%s' (%J) to domain '%r', which "
			   "no domain= lists", peer->name ? peer->name : "",
			   &msg->src, &msg->uri.host);
		(void)sx_reply(st, 403, NULL, NULL);
		return NULL;
	}

	return context && !peer->context_said ? context : peer->context;
}


/* A takeover: the call that it joins is there already */
static void rx_replaces(struct sx_strans *st, const struct sx_msg *msg,
			const struct sender *s)
{
	const struct peer *peer = s->res.peer;
	struct call *call;

	if (s->res.verdict != IDENT_PEER) {
		(void)sx_reply(st, 403, NULL, NULL);
		return;
	}
	if (!has_room(peer, st))
		return;
	if (call_alloc(&call, server()->cfg)) {
		(void)sx_reply(st, 500, NULL, NULL);
		return;
	}

	caller_fill(call, peer, msg, s->ruri_user, true);
	replaces_invite(call, st, msg, peer);
}


/* A line may write numbers in another form than the plan: indialformat */
static void dialled_number(struct sender *s, const struct peer *peer)
{
	char buf[sizeof(s->ruri_user)];

	if (peer->name && !number_dialled_in(buf, sizeof(buf), server()->cfg,
					     peer, s->ruri_user))
		str_ncpy(s->ruri_user, buf, sizeof(s->ruri_user));
}


static void rx_invite(struct sx_strans *st, const struct sx_msg *msg)
{
	struct server *srv = server();
	const struct peer *peer;
	struct call *call;
	struct sender s;
	struct leg *leg;
	const char *exten, *context;
	bool trusted, picks;

	identify(&s, msg);
	if (!admit(&s, st, msg))
		return;
	if (sx_msg_hdr(msg, SX_HDR_REPLACES, 0)) {
		rx_replaces(st, msg, &s);
		return;
	}

	peer = s.res.verdict == IDENT_PEER ? s.res.peer : srv->cfg->defaults;
	dialled_number(&s, peer);
	exten = s.ruri_user[0] ? s.ruri_user : "s";
	context = context_for(peer, st, msg);
	if (!context || !has_room(peer, st))
		return;

	picks = pickup_is_exten(peer, context, exten);
	if (!picks && !has_exten(peer, st, msg, &context, exten))
		return;

	if (call_alloc(&call, srv->cfg)) {
		(void)sx_reply(st, 500, NULL, NULL);
		return;
	}

	trusted = s.res.verdict == IDENT_PEER;
	caller_fill(call, peer, msg, exten, trusted);

	if (leg_incoming(&leg, call, st, msg, peer, trusted)) {
		call_end(call, 0);
		return;
	}

	log_info("call", "call %s from %s (%J, known by %s%s) to %s@%s",
		 call->id, peer->name ? peer->name : "a guest", &msg->src,
		 ident_how_name(s.res.how),
		 s.res.ambiguous ? ", the first of several" : "", exten,
		 context);
	if (picks)
		pickup_invite(call, leg);
	else
		call_run(call, leg, context, exten);
}


/* ---- the others --------------------------------------------------------- */

/* Alive, and is there such a number?  Providers and phones ask by this */
static void rx_options(struct sx_strans *st, const struct sx_msg *msg)
{
	const struct server *srv = server();
	struct dp_query q = {.context = srv->cfg->defaults->context,
			     .now_s   = (int64_t)clock_wall_s()};
	char exten[256];
	struct sender s;

	if (srv->cfg->general.auth_options_requests) {
		identify(&s, msg);
		if (!admit(&s, st, msg))
			return;
	}

	q.exten = caller_user(exten, sizeof(exten), &msg->uri.user);
	if (srv->draining) {
		/* who balances the load looks elsewhere */
		(void)sx_reply(st, 503, NULL, "Retry-After: 30\r\n");
		return;
	}

	(void)sx_reply(st,
		       !q.exten.l || dp_exists(srv->plan, &q) ? 200 : 404, NULL,
		       "Allow: %s\r\nAccept: application/sdp\r\n"
		       "Supported: replaces, timer\r\n", server_allow);
}


void inbound_request(struct sx_strans *st, const struct sx_msg *msg)
{
	struct sx *sx = server()->sx;

	switch ((int)msg->method) {

	case SX_INVITE:
		rx_invite(st, msg);
		break;

	case SX_REGISTER:
		registrar_request(st, msg);
		break;

	case SX_OPTIONS:
		rx_options(st, msg);
		break;

	case SX_SUBSCRIBE:
		subs_request(st, msg);
		break;

	case SX_NOTIFY:
	case SX_PUBLISH:
		(void)sx_reply_stateless(sx, msg, 489, NULL, NULL);
		break;

	case SX_BYE:
	case SX_INFO:
	case SX_UPDATE:
	case SX_PRACK:
		(void)sx_reply_stateless(sx, msg, 481, NULL, NULL);
		break;

	case SX_REFER: /* outside of a call there is nobody to transfer */
		(void)sx_reply_stateless(sx, msg, 403,
					 "REFER outside of a call", NULL);
		break;

	default:
		(void)sx_reply_stateless(sx, msg, 405, NULL, "Allow: %s\r\n",
					 server_allow);
		break;
	}
}
