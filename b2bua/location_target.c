/**
 * @file b2bua/location_target.c  How to reach what has registered
 *
 * A device that keeps several flows (RFC 5626) is one place to call: the
 * newest flow that can carry a request is taken (5.3).  What came over a
 * connection is reached over it; when that has gone a new one is opened only
 * to a device that is where its Contact says, never towards a NAT.
 */
#include "b2bua/location_priv.h"
#include "b2bua/server.h"
#include "b2bua/transp.h"


bool binding_same_device(const struct binding *a, const struct binding *b)
{
	return a->instance && b->instance && !strcmp(a->instance, b->instance);
}


bool binding_is_newest(const struct binding *b)
{
	struct le *le = list_head(&b->place->bindings);

	for (; le && le->data != b; le = le->next) {
		if (binding_same_device(le->data, b))
			return false;
	}

	return true;
}


bool binding_is_open(const struct binding *b)
{
	if (b->target.tp == SX_UDP)
		return !b->keep.missed;

	return sx_conn_is_open(b->target.conn) ||
	       sa_isset(&b->listens, SA_ADDR);
}


bool location_is_natted(const char *name)
{
	const struct place *pl = location_find(name);
	struct le *le	       = pl ? list_head(&pl->bindings) : NULL;

	for (; le; le = le->next) {
		if (((struct binding *)le->data)->natted)
			return true;
	}

	return false;
}


static bool reachable(const struct place *pl)
{
	return !pl || (pl->state != QUALIFY_UNREACHABLE &&
		       pl->state != QUALIFY_LAGGED);
}


static uint16_t default_port(enum sx_tp tp)
{
	return tp == SX_TLS ? 5061 : 5060;
}


/* The flow to use of the device that this is the newest binding of */
static const struct binding *best_flow(const struct binding *newest)
{
	const struct le *le = &newest->le;

	for (; le; le = le->next) {
		const struct binding *b = le->data;

		if ((b == newest || binding_same_device(b, newest)) &&
		    binding_is_open(b))
			return b;
	}

	return newest;
}


/* Device number i, NULL beyond the last */
static const struct binding *binding_at(const struct place *pl, uint32_t i)
{
	struct le *le = pl ? list_head(&pl->bindings) : NULL;

	for (; le; le = le->next) {
		const struct binding *b = le->data;

		if (binding_is_newest(b) && !i--)
			return best_flow(b);
	}

	return NULL;
}


static int bound_target(const struct binding *b, struct sx_target *t,
			const char **uri, bool *known)
{
	*t = b->target;

	if (t->tp != SX_UDP && !sx_conn_is_open(t->conn)) {
		if (!sa_isset(&b->listens, SA_ADDR))
			return EHOSTUNREACH;
		t->conn = NULL;
		t->dst  = b->listens;
	}

	*uri   = b->contact;
	*known = true;

	return 0;
}


int location_target(const struct peer *peer, struct sx_target *t,
		    const char **uri, bool *known)
{
	return location_target_at(peer, 0, t, uri, known);
}


int location_target_at(const struct peer *peer, uint32_t i,
		       struct sx_target *t, const char **uri, bool *known)
{
	const struct place *pl	= location_find(peer->name);
	const struct binding *b = binding_at(pl, i);

	*uri   = NULL;
	*known = false;
	memset(t, 0, sizeof(*t));

	if (!reachable(pl))
		return EHOSTUNREACH;

	if (i && !b)
		return ENOENT;

	if (!peer->dynamic)
		return peer->host.host ? 0 : ENOENT;

	if (b)
		return bound_target(b, t, uri, known);

	if (!sa_isset(&peer->defaultip, SA_ADDR))
		return ENOENT;

	t->tp  = transp_peer_tp(peer);
	t->dst = peer->defaultip;
	if (!sa_port(&t->dst))
		sa_set_port(&t->dst, peer->host.port ? peer->host.port
						     : default_port(t->tp));
	*known = true;

	return 0;
}


const char *location_path(const struct peer *peer, uint32_t i)
{
	const struct binding *b = binding_at(location_find(peer->name), i);

	return b && peer->supportpath ? b->path : NULL;
}


static void conn_gone(struct binding *b)
{
	b->target.conn = mem_deref(b->target.conn);

	if (!sa_isset(&b->listens, SA_ADDR))
		log_info("registrar", "%s: the connection from %J has gone; "
			 "it is reached again when it registers",
			 b->place->name, &b->target.dst);
}


void location_conn_gone(const struct sx_conn *conn)
{
	for (struct le *le = list_head(location_list()); le; le = le->next) {
		struct place *pl = le->data;

		for (struct le *l = list_head(&pl->bindings); l; l = l->next) {
			struct binding *b = l->data;

			if (b->target.conn == conn)
				conn_gone(b);
		}
	}
}


bool location_ident_addr(const struct peer *peer, uint32_t i,
			 struct ident_addr *addr, void *arg)
{
	const struct place *pl = location_find(peer->name);
	uint32_t n = 0;

	(void)arg;

	if (!pl)
		return false;

	if (!peer->dynamic) {
		if (i >= pl->dnsc)
			return false;
		addr->sa     = pl->dnsv[i];
		addr->transp = -1;
		return true;
	}

	for (struct le *le = list_head(&pl->bindings); le; le = le->next) {
		const struct binding *b = le->data;

		if (n++ != i)
			continue;

		addr->sa     = b->target.dst;
		addr->transp = transp_of_tp(b->target.tp);
		return true;
	}

	return false;
}


/* ---- what a Contact says ------------------------------------------------ */

void location_contact(struct binding_params *prm)
{
	const enum sx_tp tp = prm->target.tp;
	struct sx_uri uri;
	struct pl pl;
	struct sa sa;

	prm->natted = true;
	sa_init(&prm->listens, AF_UNSPEC);

	pl_set_str(&pl, prm->contact);
	if (sx_uri_parse(&uri, &pl) || sa_set(&sa, &uri.host, uri.port) ||
	    !sa_cmp(&sa, &prm->via_src, SA_ADDR))
		return;

	prm->natted = false;
	if (tp == SX_UDP)
		return;

	if (!uri.port)
		sa_set_port(&sa, tp == SX_TLS ? 5061 : 5060);
	prm->listens = sa;
}
