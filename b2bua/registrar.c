/**
 * @file b2bua/registrar.c  The registrar: who may bind, and the answer
 *
 * chan_sip's ways where they show: one contact per peer (maxcontacts= allows
 * more), never 423.
 */
#include <time.h>
#include "b2bua/registrar.h"
#include "b2bua/auth.h"
#include "b2bua/caller.h"
#include "b2bua/domain.h"
#include "b2bua/registrar_priv.h"
#include "b2bua/server.h"
#include "b2bua/transp.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/count.h"

enum { FLOW_TIMER_TCP_S = 30 };


/* ---- applying ----------------------------------------------------------- */

/* Without a life: remove it */
static int entry_apply(const struct reg_entry *e, const struct peer *peer)
{
	if (e->prm.expires_s)
		return location_bind(peer, &e->prm);

	location_unbind(peer->name, &e->prm);

	return 0;
}


/* One REGISTER is one change of the database as well: between a phone's old
 * place and its new one it is never in none */
static int entries_apply(const struct reg_entry *v, size_t n,
			 const struct peer *peer)
{
	int err = 0;

	store_begin();
	for (size_t i = 0; i < n && !err; i++)
		err = entry_apply(&v[i], peer);
	store_end();

	return err;
}


/* All of it or nothing (RFC 3261 10.3) */
static int entries_check(const struct reg_entry *v, size_t n,
			 const struct peer *peer)
{
	for (size_t i = 0; i < n; i++) {
		if (location_is_stale(peer->name, &v[i].prm))
			return EALREADY;
	}

	return 0;
}


static int apply_contacts(const struct reg_req *r)
{
	struct reg_entry v[REG_CONTACTS_MAX];
	size_t n = 0;
	int err	 = 0;

	while (n < r->contactc && !err) {
		err = reg_entry_take(&v[n], r, &r->contactv[n]);
		++n;
	}

	if (!err)
		err = entries_check(v, n, r->peer);
	if (!err)
		err = entries_apply(v, n, r->peer);

	while (n)
		reg_entry_reset(&v[--n]);

	return err;
}


/* Contact: * */
static int apply_star(const struct reg_req *r)
{
	struct binding_params prm = {.cseq = r->msg->cseq};
	char *callid = NULL;
	int err	     = pl_strdup(&callid, &r->msg->callid);

	prm.callid = callid;
	if (!err && location_is_stale(r->peer->name, &prm))
		err = EALREADY;
	if (!err) {
		store_begin();
		location_unbind(r->peer->name, NULL);
		store_end();
	}
	mem_deref(callid);

	return err;
}


/* ---- answering ---------------------------------------------------------- */

static int print_date(struct mbuf *mb)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed",
					   "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
					     "May", "Jun", "Jul", "Aug",
					     "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)clock_wall_s();
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return EINVAL;

	return mbuf_printf(mb, "Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n",
			   days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
			   tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
			   tm.tm_sec);
}


static int print_flow(struct re_printf *pf, const struct binding *b)
{
	int err = 0;

	if (b->instance)
		err |= re_hprintf(pf, ";+sip.instance=\"%s\"", b->instance);
	if (b->reg_id)
		err |= re_hprintf(pf, ";reg-id=%u", b->reg_id);

	return err;
}


/* How long we wait for a sign of life; the phone sends one before that, and
 * so keeps its NAT open itself */
static uint32_t flow_timer_s(const struct reg_req *r)
{
	const struct place *pl	= location_find(r->peer->name);
	const struct binding *b = pl ? list_ledata(list_head(&pl->bindings))
				     : NULL;

	if (r->msg->tp != SX_UDP)
		return FLOW_TIMER_TCP_S;

	return b && b->keep.learned_s ? b->keep.learned_s : KEEPALIVE_AUTO_S;
}


static void reply_bindings(struct sx_strans *st, const struct reg_req *r)
{
	struct place *pl = location_get(r->peer->name);
	struct mbuf *mb	 = mbuf_alloc(512);
	const struct binding *first;
	int err;

	if (!mb || !pl) {
		mem_deref(mb);
		(void)sx_reply(st, 500, NULL, NULL);
		return;
	}

	first = list_ledata(list_head(&pl->bindings));
	err = mbuf_printf(mb, "Expires: %u\r\n",
			  first ? binding_left_s(first) : 0);

	for (struct le *le = list_head(&pl->bindings); le; le = le->next) {
		const struct binding *b = le->data;

		err |= mbuf_printf(mb, "Contact: <%s>;expires=%u%H\r\n",
				   b->contact, binding_left_s(b), print_flow,
				   b);
		if (b->path)
			err |= mbuf_printf(mb, "Path: %s\r\n", b->path);
	}

	if (r->outbound && first)
		err |= mbuf_printf(mb, "Require: outbound\r\n"
				       "Supported: outbound, path\r\n"
				       "Flow-Timer: %u\r\n",
				   flow_timer_s(r));

	err |= print_date(mb);
	mb->pos = 0;
	if (err)
		(void)sx_reply(st, 500, NULL, NULL);
	else
		(void)sx_reply_body(st, 200, NULL, mb, NULL, NULL);

	mem_deref(mb);
}


static void serve(struct sx_strans *st, struct reg_req *r)
{
	uint16_t scode;
	int err;

	if (reg_req_decode(r)) {
		(void)sx_reply(st, 400, r->bad, NULL);
		return;
	}

	scode = reg_flow_decode(r);
	if (scode) {
		(void)sx_reply(st, scode, NULL, NULL);
		return;
	}

	for (size_t i = 0; i < r->contactc; i++) {
		if (!reg_contact_allowed(r, &r->contactv[i])) {
			auth_log_failure(r->msg, "Registration",
					 "Contact is not allowed (contactdeny, "
					 "or the address of a static host)");
			(void)sx_reply(st, 603, "Denied", NULL);
			return;
		}
	}

	err = r->star ? apply_star(r) : apply_contacts(r);
	if (err == EALREADY) {
		(void)sx_reply(st, 400, "CSeq is older than the binding's",
			       NULL);
		return;
	}

	if (err) {
		(void)sx_reply(st, 500, NULL, NULL);
		return;
	}

	count_inc(COUNT_REG_OK);
	reply_bindings(st, r);
}


static bool transport_ok(const struct peer *peer, enum sx_tp tp)
{
	for (size_t i = 0; i < peer->transportc; i++) {
		if (peer->transports[i] == transp_of_tp(tp))
			return true;
	}

	return !peer->transportc && tp == SX_UDP;
}


/* Why this peer may not register at all; NULL if it may */
static const char *not_allowed(const struct peer *peer,
			       const struct sx_msg *msg)
{
	if (!peer || !(peer->type & PEER_TYPE_PEER))
		return "No matching peer found";
	if (!peer->dynamic)
		return "Peer is not supposed to register";
	if (!acl_allows(&peer->acl, &msg->src))
		return "Device does not match ACL";
	if (inbound_refuses(peer, msg))
		return "Device does not match ACL";

	return NULL;
}


static bool foreign_domain(const struct sx_msg *msg)
{
	const struct general *g = &server()->cfg->general;

	return domain_checked(g) &&
	       !domain_is_ours(g, &msg->to.uri.host, &msg->dst, NULL);
}


void registrar_request(struct sx_strans *st, const struct sx_msg *msg)
{
	const struct config *cfg = server()->cfg;
	struct reg_req r = {.msg = msg};
	const char *why;
	char name[128];

	(void)caller_user(name, sizeof(name), &msg->to.uri.user);
	if (!name[0]) {
		(void)sx_reply_stateless(server()->sx, msg, 400,
					 "No user in To", NULL);
		return;
	}

	r.peer = config_peer(cfg, name);
	why    = foreign_domain(msg) ? "Not a local domain"
				     : not_allowed(r.peer, msg);
	if (why) {
		count_inc(COUNT_REG_FAIL);
		auth_refuse(st, msg, "Registration", why,
			    r.peer && !foreign_domain(msg) ? 403 : 404);
		return;
	}

	if (auth_has_secret(r.peer) &&
	    !auth_request(st, msg, r.peer, "Registration"))
		return;

	if (!transport_ok(r.peer, msg->tp)) {
		auth_log_failure(msg, "Registration",
				 "Transport is not in transport=");
		(void)sx_reply(st, 403, NULL, NULL);
		return;
	}

	serve(st, &r);
}
