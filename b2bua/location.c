/**
 * @file b2bua/location.c  Bindings in memory, written behind to the store
 *
 * A binding is known again by +sip.instance and reg-id (RFC 5626), by its
 * Contact, or, as a phone behind a NAT that writes what it learns of its
 * address into its Contact, by the Call-ID of its only Contact.  Where it has
 * moved to, its calls follow.
 */
#include "b2bua/guard.h"
#include "b2bua/leg.h"
#include "b2bua/location_priv.h"
#include "b2bua/devstate.h"
#include "b2bua/mwi.h"
#include "b2bua/regexten.h"
#include "b2bua/server.h"
#include "b2bua/subscribe.h"
#include "b2bua/transp.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "store/store.h"

enum {
	PLACE_BUCKETS = 4096,
	EXPIRY_GRACE_MS = 10000, /* a refresh that is late finds it still */
	FLOWS_MAX = 4,           /* of one device (RFC 5626) */
};

static struct hash *places;
static struct list placel;
static const struct location_watch *watch;
static bool passive; /* another process has them now */


static void binding_destructor(void *data)
{
	struct binding *b = data;

	list_unlink(&b->le);
	timer_cancel(&b->expiry);
	keepalive_stop(b);
	mem_deref(b->contact);
	mem_deref(b->user);
	mem_deref(b->target.conn);
	mem_deref(b->path);
	mem_deref(b->user_agent);
	mem_deref(b->callid);
	mem_deref(b->instance);
}


static void place_destructor(void *data)
{
	struct place *pl = data;

	qualify_stop(pl);
	timer_cancel(&pl->dns);
	timer_cancel(&pl->keepalive);
	mem_deref(pl->dnsq);
	hash_unlink(&pl->hle);
	list_unlink(&pl->le);
	list_flush(&pl->bindings);
	mem_deref(pl->name);
}


int location_init(void)
{
	list_init(&placel);
	return hash_alloc(&places, PLACE_BUCKETS);
}


void location_close(void)
{
	list_flush(&placel);
	places = mem_deref(places);
}


static bool name_handler(struct le *le, void *arg)
{
	const struct place *pl = le->data;

	return !strcmp(pl->name, arg);
}


struct place *location_find(const char *name)
{
	return list_ledata(hash_lookup(places, hash_key(name, strlen(name)),
				       name_handler, (void *)name));
}


struct place *location_get(const char *name)
{
	struct place *pl = location_find(name);

	if (pl)
		return pl;

	pl = mem_zalloc(sizeof(*pl), place_destructor);
	if (!pl || str_dup(&pl->name, name))
		return mem_deref(pl);

	hash_append(places, hash_key(name, strlen(name)), &pl->hle, pl);
	list_append(&placel, &pl->le, pl);

	return pl;
}


struct list *location_list(void)
{
	return &placel;
}


uint32_t binding_left_s(const struct binding *b)
{
	uint64_t now = clock_ms();

	return b->expires_ms > now
		       ? (uint32_t)((b->expires_ms - now + 500) / 1000)
		       : 0;
}


/* The registrations are also where who calls us is known from */
void location_changed(const char *name)
{
	const struct server *srv = server();
	const struct peer *peer	 = srv->cfg ? config_peer(srv->cfg, name)
					    : NULL;

	if (peer && srv->ident)
		(void)ident_update(srv->ident, peer);
	if (peer)
		guard_peer(peer);

	devstate_peer_changed(name);
	regexten_update(name);
}


/* ---- the store ---------------------------------------------------------- */

static struct store_location store_key(const struct binding *b)
{
	return (struct store_location){
		.aor	  = b->place->name,
		.contact  = b->contact,
		.instance = b->instance,
		.reg_id	  = b->reg_id,
	};
}


static void store_del(const struct binding *b)
{
	struct store_location loc = store_key(b);

	if (passive)
		return;

	(void)store_location_del(&loc);
	if (watch)
		watch->del(&loc, watch->arg);
}


enum { RECEIVED_SIZE = 80 };


static struct store_location store_row(char received[RECEIVED_SIZE],
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


static void store_put(const struct binding *b)
{
	char received[RECEIVED_SIZE];
	const struct store_location loc = store_row(received, b);

	if (passive)
		return;

	if (store_location_put(&loc))
		log_warning("registrar", "%s: binding not stored",
			    b->place->name);
	if (watch)
		watch->put(&loc, watch->arg);
}


unsigned location_store_all(void)
{
	unsigned n = 0;

	for (struct le *le = list_head(&placel); le; le = le->next) {
		const struct place *pl = le->data;

		for (struct le *l = list_head(&pl->bindings); l; l = l->next) {
			store_put(l->data);
			++n;
		}
	}

	return n;
}


/* Scripts of the office read SIP/Registry */
static void registry_put(const struct binding *b)
{
	char val[1024];

	if (re_snprintf(val, sizeof(val), "%j:%u:%u:%s:%s", &b->target.dst,
			sa_port(&b->target.dst), binding_left_s(b), b->user,
			b->contact) > 0)
		(void)store_db_put("SIP/Registry", b->place->name, val);
}


/* ---- binding ------------------------------------------------------------ */

static void drop(struct binding *b, const char *why)
{
	struct place *pl = b->place;

	log_info("registrar", "%s: %s %s", pl->name, b->contact, why);
	store_del(b);
	mem_deref(b);

	if (!list_head(&pl->bindings)) {
		if (!passive)
			(void)store_db_del("SIP/Registry", pl->name);
		qualify_stop(pl);
		subs_peer_gone(pl->name);
	}
}


static void expiry_handler(void *arg)
{
	struct binding *b = arg;
	struct place *pl  = b->place;

	if (passive)
		return; /* whoever has them now says so */

	if (server()->cfg->general.ignoreregexpire) {
		log_info("registrar", "%s: %s has expired and stays "
			 "(ignoreregexpire)", pl->name, b->contact);
		return;
	}

	drop(b, "has expired");
	location_changed(pl->name);
}


static bool is_same(const struct binding *b, const struct binding_params *prm)
{
	if (b->instance && prm->instance)
		return b->reg_id == prm->reg_id &&
		       !strcmp(b->instance, prm->instance);

	return !strcmp(b->contact, prm->contact);
}


static bool same_call(const struct binding *b,
		      const struct binding_params *prm)
{
	return b->callid && prm->callid && !strcmp(b->callid, prm->callid);
}


/* The one Contact of a phone, under another address than before */
static bool has_moved(const struct binding *b,
		      const struct binding_params *prm)
{
	return prm->alone && !b->reg_id && !prm->reg_id &&
	       same_call(b, prm) && prm->cseq > b->cseq &&
	       !strcmp(b->user, prm->user ? prm->user : "");
}


static struct binding *binding_find(const struct place *pl,
				    const struct binding_params *prm)
{
	struct binding *moved = NULL;

	for (struct le *le = list_head(&pl->bindings); le; le = le->next) {
		struct binding *b = le->data;

		if (is_same(b, prm))
			return b;
		if (!moved && has_moved(b, prm))
			moved = b;
	}

	return moved;
}


static int replace(char **dst, const char *src)
{
	char *str = NULL;

	if (src && str_dup(&str, src))
		return ENOMEM;

	mem_deref(*dst);
	*dst = str;
	return 0;
}


static int binding_fill(struct binding *b, const struct binding_params *prm)
{
	int err;

	err = replace(&b->contact, prm->contact);
	err |= replace(&b->user, prm->user ? prm->user : "");
	err |= replace(&b->path, prm->path);
	err |= replace(&b->user_agent, prm->user_agent);
	err |= replace(&b->callid, prm->callid);
	err |= replace(&b->instance, prm->instance);
	if (err)
		return err;

	mem_ref(prm->target.conn);
	mem_deref(b->target.conn);
	b->target  = prm->target;
	b->cseq	   = prm->cseq;
	b->reg_id  = prm->reg_id;
	b->via_src = prm->via_src;
	b->natted  = prm->natted;
	b->listens = prm->listens;
	if (prm->reg.any) {
		nat_seen_register(&b->nat, &prm->reg);
		nat_suspect(&b->nat, b->place->name, &b->target.dst);
	}

	b->expires_ms = clock_ms() + prm->expires_s * 1000ULL;
	timer_start(&b->expiry, prm->expires_s * 1000ULL + EXPIRY_GRACE_MS,
		    expiry_handler, b);

	return 0;
}


static uint32_t devices(const struct place *pl)
{
	uint32_t n = 0;

	for (struct le *le = list_head(&pl->bindings); le; le = le->next)
		n += binding_is_newest(le->data);

	return n;
}


/* The oldest flow of a device that has too many of them */
static struct binding *surplus_flow(const struct binding *newest)
{
	struct binding *last = NULL;
	uint32_t n = 0;

	for (const struct le *le = &newest->le; le; le = le->next) {
		struct binding *b = le->data;

		if (b == newest || binding_same_device(b, newest)) {
			last = b;
			++n;
		}
	}

	return n > FLOWS_MAX ? last : NULL;
}


/* All flows of the device that has not registered for longest */
static void drop_oldest(struct place *pl, const char *why)
{
	struct le *le	    = list_tail(&pl->bindings);
	struct binding *old = le->data;

	while (!binding_is_newest(old)) {
		le  = le->prev;
		old = le->data;
	}

	while (le) {
		struct binding *b = le->data;

		le = le->next;
		if (b != old && binding_same_device(b, old))
			drop(b, why);
	}

	drop(old, why);
}


/* More than the peer may keep: the oldest go */
static void trim(struct place *pl, const struct binding *newest, uint32_t max)
{
	struct binding *b = surplus_flow(newest);

	if (b)
		drop(b, "was replaced by a newer flow");

	while (devices(pl) > (max ? max : 1))
		drop_oldest(pl, "was replaced by a newer registration");
}


/* How a REGISTER found the phone: what changed since the one before */
struct change {
	struct sx_target was; /* conn: a reference */
	struct bound how;
};


static void note_change(struct change *c, const struct binding *b,
			const struct binding_params *prm)
{
	c->was	    = b->target;
	c->was.conn = mem_ref(b->target.conn);
	c->how.old  = true;
	c->how.same = same_call(b, prm);
	c->how.port_moved =
		b->target.tp == SX_UDP && prm->target.tp == SX_UDP &&
		sa_cmp(&b->target.dst, &prm->target.dst, SA_ADDR) &&
		sa_port(&b->target.dst) != sa_port(&prm->target.dst);
	c->how.device = c->how.same ||
			(b->instance && prm->instance &&
			 !strcmp(b->instance, prm->instance));
	c->how.moved = c->how.port_moved ||
		       b->target.tp != prm->target.tp ||
		       b->target.conn != prm->target.conn ||
		       !sa_cmp(&b->target.dst, &prm->target.dst, SA_ALL);
}


static int bind_quiet(const struct peer *peer,
		      const struct binding_params *prm, struct binding **bp,
		      struct change *change)
{
	struct place *pl = location_get(peer->name);
	struct binding *b;
	int err;

	if (!pl)
		return ENOMEM;

	b = binding_find(pl, prm);
	if (b && same_call(b, prm) && prm->cseq < b->cseq)
		return EALREADY;

	if (!b) {
		b = mem_zalloc(sizeof(*b), binding_destructor);
		if (!b)
			return ENOMEM;
		b->place = pl;
	}
	else {
		/* known again under another key */
		if (strcmp(b->contact, prm->contact) ||
		    strcmp(b->instance ? b->instance : "",
			   prm->instance ? prm->instance : ""))
			store_del(b);
		note_change(change, b, prm);
		list_unlink(&b->le);
	}

	err = binding_fill(b, prm);
	if (err) {
		mem_deref(b);
		return err;
	}

	list_prepend(&pl->bindings, &b->le, b);
	trim(pl, b, peer->maxcontacts);
	*bp = b;

	return 0;
}


/* A phone that starts uses another Call-ID (RFC 3261 10.2) */
static bool has_started(const struct peer *peer,
			const struct binding_params *prm)
{
	const struct place *pl = location_find(peer->name);
	const struct binding *b = pl ? binding_find(pl, prm) : NULL;

	return !b || !b->callid || !prm->callid ||
	       strcmp(b->callid, prm->callid) != 0;
}


/* Its dialogs go on where the same phone is now */
static void follow(const struct binding *b, const struct change *c)
{
	const char *name = b->place->name;

	if (!c->how.moved || !c->how.device)
		return;

	log_info("registrar", "%s: was at %J, is at %J now", name,
		 &c->was.dst, &b->target.dst);
	legs_follow(name, &c->was, &b->target);
	subs_follow(name, &c->was, &b->target);
}


int location_bind(const struct peer *peer, const struct binding_params *prm)
{
	struct change change = {0};
	struct place *pl;
	struct binding *b;
	bool fresh, started;
	int err;

	if (!peer || !prm || !prm->contact || !prm->expires_s)
		return EINVAL;

	pl = location_get(peer->name);
	if (!pl)
		return ENOMEM;

	fresh	= !list_head(&pl->bindings);
	started = has_started(peer, prm);
	err	= bind_quiet(peer, prm, &b, &change);
	if (err)
		goto out;

	if (fresh)
		log_info("registrar", "%s: registered at %J for %u s (%s)",
			 peer->name, &b->target.dst, prm->expires_s,
			 b->user_agent ? b->user_agent : "no User-Agent");

	store_put(b);
	registry_put(b);
	location_changed(peer->name);
	if (fresh || change.how.moved || pl->state == QUALIFY_UNREACHABLE)
		qualify_now(peer);
	if (started)
		mwi_registered(peer);

	follow(b, &change);
	keepalive_bound(b, peer, &change.how);

out:
	mem_deref(change.was.conn);
	return err;
}


static bool fits(const struct binding *b, const struct binding_params *which)
{
	if (strcmp(b->contact, which->contact))
		return false;
	if (which->instance && b->instance &&
	    strcmp(which->instance, b->instance))
		return false;

	return !which->reg_id || !b->reg_id || which->reg_id == b->reg_id;
}


bool location_is_stale(const char *name, const struct binding_params *prm)
{
	const struct place *pl = location_find(name);
	struct le *le	       = pl ? list_head(&pl->bindings) : NULL;

	for (; le; le = le->next) {
		const struct binding *b = le->data;

		if ((!prm->contact || is_same(b, prm) || fits(b, prm)) &&
		    same_call(b, prm) && prm->cseq < b->cseq)
			return true;
	}

	return false;
}


void location_unbind(const char *name, const struct binding_params *which)
{
	struct place *pl = location_find(name);
	struct le *le	 = pl ? list_head(&pl->bindings) : NULL;

	while (le) {
		struct binding *b = le->data;

		le = le->next;
		if (!which || fits(b, which))
			drop(b, "was unregistered");
	}

	if (pl)
		location_changed(name);
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


/* ---- load --------------------------------------------------------------- */

struct load {
	const struct config *cfg;
	unsigned n;
	bool quiet; /* nobody is asked or told there yet */
};


static void load_handler(const struct store_location *loc, void *arg)
{
	struct load *load	   = arg;
	struct change change	   = {0};
	struct binding_params prm  = {0};
	const struct general *g	   = &load->cfg->general;
	uint64_t now = clock_wall_s();
	const struct peer *peer;
	struct binding *b;
	struct pl pl;

	peer = config_peer(load->cfg, loc->aor);
	if (!peer || !peer->dynamic ||
	    (loc->expires_at <= now && !g->ignoreregexpire))
		return;

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
		return;

	prm.via_src = prm.target.dst;
	location_contact(&prm);
	if (bind_quiet(peer, &prm, &b, &change))
		return;

	if (!load->quiet)
		follow(b, &change);
	change.how.loaded = true;
	if (!passive)
		keepalive_bound(b, peer, &change.how);
	mem_deref(change.was.conn);
	++load->n;
}


int location_load(const struct config *cfg)
{
	struct load load = {cfg, 0, true};
	int err;

	err = store_location_load(clock_wall_s(), load_handler, &load);
	if (!err && load.n)
		log_info("registrar", "%u registrations from the last run",
			 load.n);

	return err;
}


/* ---- another process ---------------------------------------------------- */

void location_export(store_location_h *h, void *arg)
{
	for (struct le *le = list_head(&placel); le; le = le->next) {
		const struct place *pl = le->data;

		/* the oldest first: each becomes the newest */
		for (struct le *l = list_tail(&pl->bindings); l; l = l->prev) {
			char received[RECEIVED_SIZE];
			const struct store_location loc = store_row(received,
								    l->data);

			h(&loc, arg);
		}
	}
}


void location_import(const struct store_location *loc)
{
	struct load load = {server()->cfg, 0, false};

	load_handler(loc, &load);
	if (load.n)
		location_changed(loc->aor);
}


void location_import_gone(const struct store_location *loc)
{
	const struct binding_params which = {
		.contact  = loc->contact,
		.instance = loc->instance && *loc->instance ? loc->instance
							    : NULL,
		.reg_id	  = loc->reg_id,
	};

	location_unbind(loc->aor, &which);
}


void location_watch(const struct location_watch *w)
{
	watch = w;
}


void location_passive(bool on)
{
	passive = on;

	for (struct le *le = list_head(&placel); on && le; le = le->next) {
		struct place *pl = le->data;

		qualify_stop(pl);
		timer_cancel(&pl->keepalive);
		for (struct le *l = list_head(&pl->bindings); l; l = l->next)
			keepalive_stop(l->data);
	}
}
