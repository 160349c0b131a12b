/**
 * @file b2bua/location_store.c  Bindings: written behind, read at the start
 *
 * Each change is given to the store, whose thread writes it.  What was written
 * by the last run, or comes from another process, is bound again like a
 * REGISTER, without a password and without an answer.
 */
#include "b2bua/location_priv.h"
#include "b2bua/transp.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store.h"


/* ---- written ------------------------------------------------------------ */

static struct store_location store_key(const struct binding *b)
{
	return (struct store_location){
		.aor	  = b->place->name,
		.contact  = b->contact,
		.instance = b->instance,
		.reg_id	  = b->reg_id,
	};
}


void binding_del(const struct binding *b)
{
	struct store_location loc = store_key(b);

	if (location_is_passive())
		return;

	(void)store_location_del(&loc);
	location_tell_del(&loc);
}


struct store_location binding_row(char received[RECEIVED_SIZE],
				  const struct binding *b)
{
	struct store_location loc = store_key(b);

	(void)re_snprintf(received, RECEIVED_SIZE, "%J", &b->target.dst);

	loc.received   = received;
	loc.transport  = config_transp_name(transp_of_tp(b->target.tp));
	loc.user_agent = b->user_agent;
	loc.call_id    = b->callid;
	loc.path       = b->path;
	loc.def_user   = b->user;
	loc.cseq       = b->cseq;
	loc.expires_at = clock_wall_s() + binding_left_s(b);

	return loc;
}


void binding_put(const struct binding *b)
{
	char received[RECEIVED_SIZE];
	const struct store_location loc = binding_row(received, b);

	if (location_is_passive())
		return;

	if (store_location_put(&loc))
		log_warning("registrar", "%s: binding not stored",
			    b->place->name);
	location_tell_put(&loc);
}


unsigned location_store_all(void)
{
	unsigned n = 0;

	for (struct le *le = list_head(location_list()); le; le = le->next) {
		const struct place *pl = le->data;

		for (struct le *l = list_head(&pl->bindings); l; l = l->next) {
			binding_put(l->data);
			++n;
		}
	}

	return n;
}


void registry_put(const struct binding *b)
{
	char val[1024];

	if (re_snprintf(val, sizeof(val), "%j:%u:%u:%s:%s", &b->target.dst,
			sa_port(&b->target.dst), binding_left_s(b), b->user,
			b->contact) > 0)
		(void)store_db_put("SIP/Registry", b->place->name, val);
}


void registry_del(const struct place *pl)
{
	if (!location_is_passive())
		(void)store_db_del("SIP/Registry", pl->name);
}


/* ---- read --------------------------------------------------------------- */

bool location_take(const struct config *cfg, const struct store_location *loc,
		   bool quiet)
{
	struct bind_change change  = {0};
	struct binding_params prm  = {0};
	const struct general *g	   = &cfg->general;
	uint64_t now = clock_wall_s();
	const struct peer *peer;
	struct binding *b;
	struct pl pl;
	int err;

	peer = config_peer(cfg, loc->aor);
	if (!peer || !peer->dynamic ||
	    (loc->expires_at <= now && !g->ignoreregexpire))
		return false;

	prm.contact    = loc->contact;
	prm.user       = loc->def_user;
	prm.path       = loc->path && *loc->path ? loc->path : NULL;
	prm.user_agent = loc->user_agent;
	prm.callid     = loc->call_id;
	prm.instance   = loc->instance && *loc->instance ? loc->instance : NULL;
	prm.reg_id     = loc->reg_id;
	prm.cseq       = loc->cseq;
	prm.expires_s  = loc->expires_at > now
				 ? (uint32_t)(loc->expires_at - now)
				 : 1;
	prm.target.tp  = !strcmp(loc->transport, "tcp")	  ? SX_TCP
			 : !strcmp(loc->transport, "tls") ? SX_TLS
							  : SX_UDP;
	pl_set_str(&pl, loc->received);
	if (sa_decode(&prm.target.dst, pl.p, pl.l))
		return false;

	prm.via_src = prm.target.dst;
	location_contact(&prm);
	err = location_bind_quiet(peer, &prm, &b, &change);
	if (err)
		goto out;

	if (!quiet)
		binding_follow(b, &change);
	change.how.loaded = true;
	if (!location_is_passive())
		keepalive_bound(b, peer, &change.how);

out:
	mem_deref(change.was.conn);

	return !err;
}


struct load {
	const struct config *cfg;
	unsigned n;
};


static void load_handler(const struct store_location *loc, void *arg)
{
	struct load *load = arg;

	if (location_take(load->cfg, loc, true))
		++load->n;
}


int location_load(const struct config *cfg)
{
	struct load load = {cfg, 0};
	int err;

	err = store_location_load(clock_wall_s(), load_handler, &load);
	if (!err && load.n)
		log_info("registrar", "%u registrations from the last run",
			 load.n);

	return err;
}
