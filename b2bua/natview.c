/**
 * @file b2bua/natview.c  What a phone's messages tell of the way between us
 *
 * A phone writes the address that it has; a NAT changes the one that its
 * packets come from.  So Via, Contact and SDP all name the phone's own
 * address, or, if the phone asked a STUN server, all the public one.  A mix is
 * the work of something on the way that "helps", or of a phone that has read
 * its public address out of an answer of ours (then its first REGISTER had the
 * private one).  None of this proves anything: these are suspicions, and they
 * are called so.
 */
#include "b2bua/natview.h"
#include "b2bua/sdp.h"
#include "base/addr.h"
#include "base/log.h"
#include "base/text.h"


static bool is_set(const struct sa *sa)
{
	return sa_isset(sa, SA_ADDR);
}


/* The sender itself, as we see it */
static bool is_public(const struct sa *sa, const struct sa *src)
{
	return is_set(sa) && sa_cmp(sa, src, SA_ADDR);
}


/* An address of the inside, written by the phone */
static bool is_inside(const struct sa *sa, const struct sa *src)
{
	return is_set(sa) && addr_is_private(sa) && !addr_is_private(src);
}


/* ---- reading ------------------------------------------------------------ */

static void read_host(struct sa *sa, const struct pl *host, uint16_t port)
{
	if (sa_set(sa, host, port))
		sa_init(sa, AF_UNSPEC);
}


static void read_callid(struct sa *sa, const struct pl *callid)
{
	const char *at = memchr(callid->p, '@', callid->l);
	struct pl host = PL_INIT;

	if (at) {
		host.p = at + 1;
		host.l = callid->l - (size_t)(host.p - callid->p);
	}

	read_host(sa, &host, 0);
}


void nat_reg_read(struct nat_reg *r, const struct sx_msg *msg,
		  const struct sx_uri *contact)
{
	const uint16_t def = msg->tp == SX_TLS ? 5061 : 5060;

	memset(r, 0, sizeof(*r));
	r->any	    = true;
	r->tp	    = msg->tp;
	r->src	    = msg->src;
	r->rport    = msg->via.rport;
	r->received = sx_param(&msg->via.params, "received", NULL);
	r->vias	    = msg->nvia;
	read_host(&r->via, &msg->via.host,
		  msg->via.port ? msg->via.port : def);
	read_host(&r->contact, &contact->host,
		  contact->port ? contact->port : def);
	read_callid(&r->callid, &msg->callid);
}


void nat_seen_register(struct nat_seen *seen, const struct nat_reg *r)
{
	const struct nat_reg *was = &seen->reg;

	if (was->any && !sa_cmp(&was->src, &r->src, SA_ALL))
		++seen->moves;
	if (was->any && !is_public(&was->contact, &was->src) &&
	    is_public(&r->contact, &r->src))
		seen->learned = true;

	seen->reg = *r;
}


/* ---- questions ---------------------------------------------------------- */

bool nat_reg_is_natted(const struct nat_reg *r)
{
	return !is_public(&r->via, &r->src) ||
	       !is_public(&r->contact, &r->src);
}


/* Something told the phone a port that is not the one seen here */
static bool is_symmetric(const struct nat_seen *seen)
{
	const struct nat_reg *r = &seen->reg;
	const struct nat_sdp *s = &seen->sdp;

	if (!seen->learned && is_public(&r->contact, &r->src) &&
	    sa_port(&r->contact) != sa_port(&r->src))
		return true;

	return s->any && is_set(&seen->rtp) && is_public(&s->c, &s->src) &&
	       sa_cmp(&seen->rtp, &s->c, SA_ADDR) &&
	       sa_port(&seen->rtp) != sa_port(&s->c);
}


enum nat_kind nat_kind(const struct nat_seen *seen)
{
	const struct nat_reg *r = &seen->reg;

	if (r->tp == SX_UDP && is_symmetric(seen))
		return NAT_KIND_SYMMETRIC;
	if (!nat_reg_is_natted(r))
		return NAT_KIND_NONE;
	if (r->tp != SX_UDP)
		return NAT_KIND_STREAM;

	return is_set(&r->via) && sa_port(&r->via) == sa_port(&r->src)
		       ? NAT_KIND_KEEPS
		       : NAT_KIND_CHANGES;
}


static uint32_t reg_signs(const struct nat_seen *seen)
{
	const struct nat_reg *r = &seen->reg;
	bool via     = is_public(&r->via, &r->src);
	bool contact = is_public(&r->contact, &r->src);
	uint32_t signs = 0;

	if (contact && is_inside(&r->via, &r->src) && !seen->learned)
		signs |= NAT_SIGN_CONTACT;
	if (via && is_inside(&r->contact, &r->src))
		signs |= NAT_SIGN_VIA;
	if (via && contact && is_inside(&r->callid, &r->src))
		signs |= NAT_SIGN_CALLID;
	if (r->received || r->vias > 1)
		signs |= NAT_SIGN_PROXY;

	return signs;
}


static uint32_t sdp_signs(const struct nat_seen *seen)
{
	const struct nat_reg *r = &seen->reg;
	const struct nat_sdp *s = &seen->sdp;
	uint32_t signs = 0;

	if (!s->any)
		return 0;

	if (is_public(&s->c, &s->src) && is_inside(&r->contact, &r->src) &&
	    is_inside(&r->via, &r->src))
		signs |= NAT_SIGN_SDP;
	if (is_inside(&s->c, &s->src) && is_public(&r->contact, &r->src) &&
	    is_public(&r->via, &r->src))
		signs |= NAT_SIGN_HEADERS;
	if ((is_public(&s->c, &s->src) && is_inside(&s->o, &s->src)) ||
	    (is_inside(&s->c, &s->src) && is_public(&s->o, &s->src)))
		signs |= NAT_SIGN_ORIGIN;

	return signs;
}


uint32_t nat_signs(const struct nat_seen *seen)
{
	return reg_signs(seen) | sdp_signs(seen) |
	       (seen->echo ? NAT_SIGN_ECHO : 0) |
	       (seen->bad ? NAT_SIGN_BAD : 0);
}


const char *nat_sign_text(enum nat_sign sign)
{
	switch (sign) {

	case NAT_SIGN_CONTACT:
		return "its Contact has the public address, its Via the "
		       "private one";
	case NAT_SIGN_VIA:
		return "its Via has the public address, its Contact the "
		       "private one";
	case NAT_SIGN_CALLID:
		return "its headers have the public address, its Call-ID the "
		       "private one";
	case NAT_SIGN_SDP:
		return "its session description has the public address, its "
		       "headers the private one";
	case NAT_SIGN_HEADERS:
		return "its headers have the public address, its session "
		       "description the private one";
	case NAT_SIGN_ORIGIN:
		return "the o= and c= lines of its session description have "
		       "one the public, one the private address";
	case NAT_SIGN_PROXY:
		return "its requests come with a Via of something that stands "
		       "between";
	case NAT_SIGN_ECHO:
		return "its answers do not have the To that was sent to it";
	case NAT_SIGN_BAD:
		return "damaged messages come from its address";
	}

	return "?";
}


void nat_suspect(struct nat_seen *seen, const char *peer, const struct sa *at)
{
	const uint32_t signs = nat_signs(seen) & ~(uint32_t)NAT_SIGN_PROXY;

	if (seen->told || !signs)
		return;

	seen->told = true;
	log_notice("nat", "%s: ALG suspected at %j, %s; switch it off in the "
		   "router there, or let the phone register over TLS "
		   "(\"nat report %s\")", peer, at,
		   nat_sign_text((enum nat_sign)(signs & -signs)), peer);
}
