/**
 * @file routing/ident_addr.c  Who is at this address
 *
 * All peers at the source's IP are ranked by how well they fit; the lowest
 * rank wins, and of equal ones the first in the file.
 */
#include "routing/ident_priv.h"
#include "base/addr.h"
#include "config/config.h"


enum { PORT_PLAIN = 5060, PORT_TLS = 5061 };


/* Lower is better */
enum rank {
	RANK_AUTHUSER = 0,
	RANK_EXTEN,
	RANK_EXTEN_IP,
	RANK_EXACT, /* + enum trait */
	RANK_IP = RANK_EXACT + 5,
	RANK_NONE = RANK_IP + 5,
};


/* What tells a peer from others at its address */
enum trait {
	TRAIT_RURI = 0,
	TRAIT_TO,
	TRAIT_PAI,
	TRAIT_FROM,
	TRAIT_NONE,
};


static bool pl_is(const struct pl *pl, const char *str)
{
	return str && pl_isset(pl) && !pl_strcmp(pl, str);
}


/* As pl_is(), and "+4930" is "4930" */
static bool is_number(const struct pl *pl, const char *str)
{
	struct pl user = *pl;

	if (!str)
		return false;
	if (pl_isset(pl) && user.p[0] == '+')
		pl_advance(&user, 1);
	if (str[0] == '+')
		++str;

	return pl_is(&user, str);
}


/* As is_number(), case ignored */
static bool is_same(const struct pl *pl, const char *str)
{
	struct pl user = *pl;

	if (!str || !pl_isset(pl))
		return false;

	if (user.p[0] == '+')
		pl_advance(&user, 1);
	if (str[0] == '+')
		++str;

	return user.l && !pl_strcasecmp(&user, str);
}


/* Is it the name of an account of this peer? */
static bool bears(const struct known *k, const struct pl *user)
{
	struct le *le;

	if (!pl_isset(user))
		return false;

	if (pl_is(user, k->peer->name) ||
	    is_number(user, k->peer->defaultuser) ||
	    is_number(user, k->peer->fromuser))
		return true;

	for (le = list_head(&k->accounts); le; le = le->next) {
		const struct account *a = le->data;

		if (is_number(user, a->user))
			return true;
	}

	return false;
}


/* Did we ask to be called by this user of the request URI? */
static bool asked_for(const struct known *k, const struct pl *ruri_user)
{
	struct le *le;

	if (!pl_isset(ruri_user))
		return false;

	if (is_same(ruri_user, k->peer->callbackextension))
		return true;

	for (le = list_head(&k->accounts); le; le = le->next) {
		const struct account *a = le->data;

		if (is_same(ruri_user, a->exten))
			return true;
	}

	return false;
}


static enum trait trait_of(const struct known *k, const struct ident_req *req)
{
	if (!k->peer->dynamic && bears(k, &req->ruri_user))
		return TRAIT_RURI;

	if (!k->peer->dynamic && bears(k, &req->to_user))
		return TRAIT_TO;

	if (bears(k, &req->pai_user))
		return TRAIT_PAI;

	if (bears(k, &req->from_user))
		return TRAIT_FROM;

	return TRAIT_NONE;
}


static bool is_stream(int transp)
{
	return transp != CONFIG_UDP;
}


static bool transp_allowed(const struct known_addr *a, int transp)
{
	const struct peer *p = a->known->peer;

	if (a->transp >= 0)
		return a->transp == transp;

	for (size_t i = 0; i < p->transportc; i++) {
		if (p->transports[i] == transp)
			return true;
	}

	return !p->transportc;
}


static uint16_t addr_port(const struct known_addr *a, int transp)
{
	uint16_t port = sa_port(&a->sa);

	if (port)
		return port;

	return transp == CONFIG_TLS || transp == CONFIG_WSS ? PORT_TLS
							     : PORT_PLAIN;
}


static bool port_may_differ(const struct peer *p, int transp)
{
	if (p->insecure & INSECURE_PORT)
		return true;

	return is_stream(transp) &&
	       (!p->dynamic || !(p->nat & NAT_FORCE_RPORT));
}


static enum rank rank_of(const struct known_addr *a,
			 const struct ident_req *req, const struct sa *src)
{
	const struct known *k = a->known;
	bool exact;

	if (!(k->peer->type & PEER_TYPE_PEER) ||
	    !sa_cmp(&a->sa, src, SA_ADDR) || !transp_allowed(a, req->transp))
		return RANK_NONE;

	exact = addr_port(a, req->transp) == sa_port(src);
	if (!exact && !port_may_differ(k->peer, req->transp))
		return RANK_NONE;

	/* only if the password will be asked for */
	if (ident_has_secret(k->peer) &&
	    !(k->peer->insecure & INSECURE_INVITE) &&
	    pl_is(&req->auth_user, k->peer->name))
		return RANK_AUTHUSER;

	if (asked_for(k, &req->ruri_user))
		return exact ? RANK_EXTEN : RANK_EXTEN_IP;

	return (enum rank)((exact ? RANK_EXACT : RANK_IP) + trait_of(k, req));
}


static enum ident_how rank_how(enum rank rank)
{
	static const enum ident_how traits[] = {
		[TRAIT_RURI] = IDENT_HOW_RURI,
		[TRAIT_TO]   = IDENT_HOW_TO_USER,
		[TRAIT_PAI]  = IDENT_HOW_PAI,
		[TRAIT_FROM] = IDENT_HOW_FROM_USER,
	};
	unsigned trait;

	if (rank == RANK_AUTHUSER)
		return IDENT_HOW_AUTHUSER;

	if (rank < RANK_EXACT)
		return IDENT_HOW_EXTEN;

	trait = ((unsigned)rank - RANK_EXACT) % (TRAIT_NONE + 1);

	if (trait == TRAIT_NONE)
		return rank < RANK_IP ? IDENT_HOW_ADDR : IDENT_HOW_IP;

	return traits[trait];
}


struct choice {
	struct known *known;
	enum rank rank;
	uint32_t ambiguous;
};


static void choose(struct choice *c, struct known *k, enum rank rank)
{
	if (rank >= RANK_NONE || rank > c->rank)
		return;

	if (rank < c->rank) {
		*c = (struct choice){k, rank, 0};
		return;
	}

	++c->ambiguous;

	if (k->pos < c->known->pos)
		c->known = k;
}


/* The addresses of one peer stand side by side in a bucket, because they are
   always added together: so it enters once, with its best rank */
struct known *ident_by_address(struct ident_result *res,
			       const struct ident *id,
			       const struct ident_req *req)
{
	struct choice c    = {NULL, RANK_NONE, 0};
	struct known *last = NULL;
	enum rank best     = RANK_NONE;
	struct sa src      = req->src;
	struct le *le;

	addr_unmap(&src);

	for (le = list_head(ident_bucket(id, &src)); le; le = le->next) {
		const struct known_addr *a = le->data;
		enum rank rank = rank_of(a, req, &src);

		if (a->known != last) {
			choose(&c, last, best);
			last = a->known;
			best = RANK_NONE;
		}

		if (rank < best)
			best = rank;
	}

	choose(&c, last, best);

	if (c.known) {
		res->how       = rank_how(c.rank);
		res->ambiguous = c.ambiguous;
	}

	return c.known;
}
