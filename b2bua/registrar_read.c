/**
 * @file b2bua/registrar_read.c  A REGISTER taken apart: Contacts, flow, place
 *
 * Nothing here changes a binding.  chan_sip's ways where they show: the header
 * Expires counts before the Contact's parameter; too short is made longer.
 */
#include "b2bua/registrar_priv.h"
#include "b2bua/server.h"
#include "base/addr.h"
#include "base/text.h"

enum { INSTANCE_MAX = 256 };


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

	if (r->contactc == REG_CONTACTS_MAX) {
		r->bad = "Too many Contacts";
		return true;
	}

	r->contactv[r->contactc++] = addr;
	return false;
}


int reg_req_decode(struct reg_req *r)
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


uint16_t reg_flow_decode(struct reg_req *r)
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


/* ---- what may be bound -------------------------------------------------- */

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


bool reg_contact_allowed(const struct reg_req *r, const struct sx_addr *c)
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


/* ---- as it will be known ------------------------------------------------ */

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


void reg_entry_reset(struct reg_entry *e)
{
	struct reg_strings *s = &e->s;

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


static int strings_take(struct reg_strings *s, const struct reg_req *r,
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


int reg_entry_take(struct reg_entry *e, const struct reg_req *r,
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
