/**
 * @file b2bua/registrar.c  The registrar: who may bind what, and the answer
 *
 * chan_sip's ways where they show: one contact per peer (maxcontacts= allows
 * more), the Expires header before the Contact's parameter, never 423.
 */
#include <time.h>
#include "b2bua/registrar.h"
#include "b2bua/auth.h"
#include "b2bua/caller.h"
#include "b2bua/domain.h"
#include "b2bua/location.h"
#include "b2bua/server.h"
#include "b2bua/transp.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/text.h"

enum {
	CONTACTS_MAX	 = 16,
	INSTANCE_MAX	 = 256,
	FLOW_TIMER_TCP_S = 30,
};

/** What a REGISTER asks for */
struct reg_req {
	const struct sx_msg *msg;
	const struct peer *peer;
	struct sx_addr contactv[CONTACTS_MAX];
	size_t contactc;
	bool star;
	bool has_expires;    /* header */
	bool outbound;       /* a flow is kept (RFC 5626) */
	uint32_t reg_id;
	uint32_t expires_s;
	const char *bad;
};


/* ---- reading ------------------------------------------------------------ */

static bool contact_handler(const struct pl *val, void *arg)
{
	struct reg_req *r = arg;
	struct sx_addr addr;

	if (sx_addr_parse(&addr, val)) {
		r->bad = "Malformed Contact";
		return true;
	}

	if (addr.star) {
		r->star = true;
		return false;
	}

	if (r->contactc == CONTACTS_MAX) {
		r->bad = "Too many Contacts";
		return true;
	}

	r->contactv[r->contactc++] = addr;
	return false;
}


static int req_decode(struct reg_req *r)
{
	uint32_t n;

	if (!sx_msg_u32(r->msg, SX_HDR_EXPIRES, &n)) {
		r->has_expires = true;
		r->expires_s   = n;
	}

	(void)sx_msg_values(r->msg, SX_HDR_CONTACT, contact_handler, r);
	if (r->bad)
		return EBADMSG;

	if (r->star && (r->contactc || !r->has_expires || r->expires_s)) {
		r->bad = "Contact * needs Expires: 0 and no other Contact";
		return EBADMSG;
	}

	return 0;
}


/* Life of a binding: Expires, else the Contact's parameter, else default */
static uint32_t contact_expires(const struct reg_req *r,
				const struct sx_addr *c)
{
	const struct general *g = &server()->cfg->general;
	uint64_t s = g->defaultexpiry_s;
	struct pl val;
	uint64_t n;

	if (r->has_expires)
		s = r->expires_s;
	else if (sx_param(&c->params, "expires", &val) &&
		 !num_decode(&n, &val, UINT32_MAX))
		s = n;

	if (!s)
		return 0;

	if (s > g->maxexpiry_s)
		s = g->maxexpiry_s;
	if (s < g->minexpiry_s)
		s = g->minexpiry_s;

	return keepalive_grant_s(r->peer, (uint32_t)s);
}


/* ---- flows (RFC 5626) --------------------------------------------------- */

static bool has_option(const struct sx_msg *msg, enum sx_hdrid id,
		       const char *option)
{
	const struct pl *val;
	struct pl tag;

	for (size_t i = 0; (val = sx_msg_hdr(msg, id, i)); i++) {
		struct pl rest = *val;

		while (pl_next(&tag, &rest, ',')) {
			tag = pl_trim(tag);
			if (!pl_strcasecmp(&tag, option))
				return true;
		}
	}

	return false;
}


/* The first proxy, whose Path is the last, keeps the flow (6) */
static bool first_hop_keeps(const struct sx_msg *msg)
{
	const struct pl *val, *last = NULL;
	struct sx_addr addr;

	if (msg->nvia <= 1)
		return true;

	for (size_t i = 0; (val = sx_msg_hdr(msg, SX_HDR_PATH, i)); i++)
		last = val;

	return last && !sx_addr_parse(&addr, last) &&
	       sx_param(&addr.uri.params, "ob", NULL);
}


/* 0, or the status that refuses it */
static uint16_t flow_decode(struct reg_req *r)
{
	struct pl inst, id;
	uint64_t n;

	if (r->contactc != 1 ||
	    !sx_param(&r->contactv[0].params, "reg-id", &id) ||
	    !sx_param(&r->contactv[0].params, "+sip.instance", &inst) ||
	    num_decode(&n, &id, INT32_MAX) || !n)
		return 0;

	if (!has_option(r->msg, SX_HDR_SUPPORTED, "outbound"))
		return 0;
	if (!first_hop_keeps(r->msg))
		return 439;

	r->outbound = true;
	r->reg_id   = (uint32_t)n;

	return 0;
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


/* ---- where the phone is ------------------------------------------------- */

static bool behind_nat(const struct peer *peer, const struct sx_msg *msg)
{
	struct sa via;

	/* behind a proxy: it knows the way (RFC 3327) */
	if (peer->supportpath && sx_msg_hdr(msg, SX_HDR_PATH, 0))
		return true;

	if ((peer->nat & NAT_FORCE_RPORT) || msg->via.rport ||
	    msg->tp != SX_UDP)
		return true;

	/* auto: the Via names another place than the packet came from */
	if (!(peer->nat & NAT_AUTO_FORCE_RPORT))
		return false;

	return sa_set(&via, &msg->via.host, 0) ||
	       !sa_cmp(&via, &msg->src, SA_ADDR);
}


static void find_place(struct binding_params *prm, const struct reg_req *r,
		       const struct sx_addr *c)
{
	struct sa sa;

	sx_target_of(&prm->target, r->msg);
	prm->via_src = r->msg->src;

	if (behind_nat(r->peer, r->msg))
		return;

	/* a name in the Contact of a phone: where it came from is as good */
	if (sa_set(&sa, &c->uri.host, c->uri.port ? c->uri.port : 5060))
		return;

	prm->target.dst = sa;
}


/* A phone elsewhere that says it is here would make us call ourselves */
static bool is_ourselves(const struct sx_msg *msg, const struct sx_addr *c)
{
	struct sa sa;
	uint16_t port;

	if (sa_set(&sa, &c->uri.host, 0))
		return false;
	if (addr_is_loopback(&sa) && !addr_is_loopback(&msg->src))
		return true;

	port = c->uri.port ? c->uri.port : msg->tp == SX_TLS ? 5061 : 5060;

	return sa_cmp(&sa, &msg->dst, SA_ADDR) && port == sa_port(&msg->dst);
}


/* A phone takes nobody else's address; a static host that registers, as a
 * second trunk or another account of it does, has its own */
static bool takes_static(const struct reg_req *r, const struct sa *sa)
{
	return server()->cfg->general.dynamic_exclude_static &&
	       !sa_cmp(sa, &r->msg->src, SA_ADDR) &&
	       ident_has_static(server()->ident, sa);
}


static bool contact_allowed(const struct reg_req *r, const struct sx_addr *c)
{
	struct sa sa;

	if (is_ourselves(r->msg, c))
		return false;

	if (sa_set(&sa, &c->uri.host, 0))
		sa = r->msg->src;
	else if (takes_static(r, &sa))
		return false;

	return acl_allows(&r->peer->contactacl, &sa);
}


/* Values of Path as one line: folds become blanks */
static int path_print(struct mbuf *mb, const struct sx_msg *msg)
{
	const struct pl *val;
	int err = 0;

	for (size_t i = 0; (val = sx_msg_hdr(msg, SX_HDR_PATH, i)); i++) {
		err |= mbuf_write_str(mb, i ? ", " : "");
		for (size_t k = 0; k < val->l; k++) {
			uint8_t c = (uint8_t)val->p[k];

			err |= mbuf_write_u8(mb, c < ' ' ? ' ' : c);
		}
	}

	return err;
}


struct strings {
	char *contact, *agent, *callid, *instance, *path;
	char user[256];
};


static void strings_free(struct strings *s)
{
	mem_deref(s->contact);
	mem_deref(s->agent);
	mem_deref(s->callid);
	mem_deref(s->instance);
	mem_deref(s->path);
}


/* A URN in angle brackets (RFC 5626 4.1): what has anything else in it would
 * not be the same when we say it again */
static bool instance_ok(const struct pl *inst)
{
	for (size_t i = 0; i < inst->l; i++) {
		const char ch = inst->p[i];

		if (ch <= ' ' || ch > '~' || ch == '"' || ch == '\\')
			return false;
	}

	return inst->l > 0 && inst->l <= INSTANCE_MAX;
}


static int strings_take(struct strings *s, const struct reg_req *r,
			const struct sx_addr *c)
{
	const struct pl *agent = sx_msg_hdr(r->msg, SX_HDR_USER_AGENT, 0);
	struct mbuf *mb;
	struct pl inst;
	int err;

	memset(s, 0, sizeof(*s));
	err = pl_strdup(&s->contact, &c->auri);
	err |= pl_strdup(&s->callid, &r->msg->callid);
	if (agent)
		err |= pl_strdup(&s->agent, agent);
	if (sx_param(&c->params, "+sip.instance", &inst) &&
	    instance_ok(&inst))
		err |= pl_strdup(&s->instance, &inst);
	if (sx_unescape(s->user, sizeof(s->user), &c->uri.user))
		s->user[0] = '\0';

	if (r->peer->supportpath && sx_msg_hdr(r->msg, SX_HDR_PATH, 0)) {
		mb = mbuf_alloc(128);
		if (!mb)
			return ENOMEM;
		err |= path_print(mb, r->msg);
		err |= mbuf_str(&s->path, mb);
		mem_deref(mb);
	}

	return err;
}


/** One Contact, as it will be known */
struct entry {
	struct strings s;
	struct binding_params prm;
};


static int entry_take(struct entry *e, const struct reg_req *r,
		      const struct sx_addr *c)
{
	struct binding_params *prm = &e->prm;
	int err;

	memset(prm, 0, sizeof(*prm));
	err = strings_take(&e->s, r, c);
	if (err)
		return err;

	prm->contact	= e->s.contact;
	prm->user	= e->s.user;
	prm->path	= e->s.path;
	prm->user_agent = e->s.agent;
	prm->callid	= e->s.callid;
	prm->instance	= e->s.instance;
	prm->reg_id	= r->outbound ? r->reg_id : 0;
	prm->cseq	= r->msg->cseq;
	prm->expires_s	= contact_expires(r, c);
	prm->alone	= r->contactc == 1;
	find_place(prm, r, c);
	location_contact(prm);
	nat_reg_read(&prm->reg, r->msg, &c->uri);
	prm->natted = nat_reg_is_natted(&prm->reg);

	return 0;
}


/* Without a life: remove it */
static int entry_apply(const struct entry *e, const struct peer *peer)
{
	if (e->prm.expires_s)
		return location_bind(peer, &e->prm);

	location_unbind(peer->name, &e->prm);

	return 0;
}


/* One REGISTER is one change of the database as well: between a phone's old
 * place and its new one it is never in none */
static int entries_apply(const struct entry *v, size_t n,
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
static int entries_check(const struct entry *v, size_t n,
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
	struct entry v[CONTACTS_MAX];
	size_t n = 0;
	int err	 = 0;

	while (n < r->contactc && !err) {
		err = entry_take(&v[n], r, &r->contactv[n]);
		++n;
	}

	if (!err)
		err = entries_check(v, n, r->peer);
	if (!err)
		err = entries_apply(v, n, r->peer);

	while (n)
		strings_free(&v[--n].s);

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

	if (req_decode(r)) {
		(void)sx_reply(st, 400, r->bad, NULL);
		return;
	}

	scode = flow_decode(r);
	if (scode) {
		(void)sx_reply(st, scode, NULL, NULL);
		return;
	}

	for (size_t i = 0; i < r->contactc; i++) {
		if (!contact_allowed(r, &r->contactv[i])) {
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
