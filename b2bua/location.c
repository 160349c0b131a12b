/**
 * @file b2bua/location.c  Bindings in memory, written behind to the store
 */
#include "b2bua/guard.h"
#include "b2bua/location.h"
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
	DNS_REFRESH_MS = 60000,
};

static struct hash *places;
static struct list placel;


static void binding_destructor(void *data)
{
	struct binding *b = data;

	list_unlink(&b->le);
	timer_cancel(&b->expiry);
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
static void changed(const char *name)
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

static void store_put(const struct binding *b)
{
	struct store_location loc = {0};
	char received[80];

	(void)re_snprintf(received, sizeof(received), "%J", &b->target.dst);

	loc.aor	       = b->place->name;
	loc.contact    = b->contact;
	loc.received   = received;
	loc.transport  = config_transp_name(transp_of_tp(b->target.tp));
	loc.user_agent = b->user_agent;
	loc.call_id    = b->callid;
	loc.instance   = b->instance;
	loc.path       = b->path;
	loc.def_user   = b->user;
	loc.cseq       = b->cseq;
	loc.expires_at = clock_wall_s() + binding_left_s(b);

	if (store_location_put(&loc))
		log_warning("registrar", "%s: binding not stored",
			    b->place->name);
}


void location_store_all(void)
{
	unsigned n = 0;

	for (struct le *le = list_head(&placel); le; le = le->next) {
		const struct place *pl = le->data;

		for (struct le *l = list_head(&pl->bindings); l; l = l->next) {
			store_put(l->data);
			++n;
		}
	}

	log_notice("registrar", "%u registrations are written into the new "
		   "file", n);
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
	(void)store_location_del(pl->name, b->contact);
	mem_deref(b);

	if (!list_head(&pl->bindings)) {
		(void)store_db_del("SIP/Registry", pl->name);
		qualify_stop(pl);
		subs_peer_gone(pl->name);
	}
}


static void expiry_handler(void *arg)
{
	struct binding *b = arg;
	struct place *pl  = b->place;

	if (server()->cfg->general.ignoreregexpire) {
		log_info("registrar", "%s: %s has expired and stays "
			 "(ignoreregexpire)", pl->name, b->contact);
		return;
	}

	drop(b, "has expired");
	changed(pl->name);
}


static struct binding *binding_find(const struct place *pl,
				    const struct binding_params *prm)
{
	for (struct le *le = list_head(&pl->bindings); le; le = le->next) {
		struct binding *b = le->data;

		if (!strcmp(b->contact, prm->contact))
			return b;
		if (prm->instance && b->instance &&
		    !strcmp(prm->instance, b->instance))
			return b;
	}

	return NULL;
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
	b->via_src = prm->via_src;

	b->expires_ms = clock_ms() + prm->expires_s * 1000ULL;
	timer_start(&b->expiry, prm->expires_s * 1000ULL + EXPIRY_GRACE_MS,
		    expiry_handler, b);

	return 0;
}


/* More than the peer may keep: the oldest go */
static void trim(struct place *pl, uint32_t max)
{
	while (list_count(&pl->bindings) > (max ? max : 1))
		drop(list_ledata(list_tail(&pl->bindings)),
		     "was replaced by a newer registration");
}


static int bind_quiet(const struct peer *peer,
		      const struct binding_params *prm, struct binding **bp)
{
	struct place *pl = location_get(peer->name);
	struct binding *b;
	int err;

	if (!pl)
		return ENOMEM;

	b = binding_find(pl, prm);
	if (b && b->callid && prm->callid && !strcmp(b->callid, prm->callid) &&
	    prm->cseq < b->cseq)
		return EALREADY;

	if (!b) {
		b = mem_zalloc(sizeof(*b), binding_destructor);
		if (!b)
			return ENOMEM;
		b->place = pl;
	}
	else {
		/* known by its instance under another URI */
		if (strcmp(b->contact, prm->contact))
			(void)store_location_del(pl->name, b->contact);
		list_unlink(&b->le);
	}

	err = binding_fill(b, prm);
	if (err) {
		mem_deref(b);
		return err;
	}

	list_prepend(&pl->bindings, &b->le, b);
	trim(pl, peer->maxcontacts);
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


int location_bind(const struct peer *peer, const struct binding_params *prm)
{
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
	err	= bind_quiet(peer, prm, &b);
	if (err)
		return err;

	if (fresh)
		log_info("registrar", "%s: registered at %J for %u s (%s)",
			 peer->name, &b->target.dst, prm->expires_s,
			 b->user_agent ? b->user_agent : "no User-Agent");

	store_put(b);
	registry_put(b);
	changed(peer->name);
	if (fresh)
		qualify_now(peer);
	if (started)
		mwi_registered(peer);

	return 0;
}


void location_unbind(const char *name, const char *contact)
{
	struct place *pl = location_find(name);
	struct le *le	 = pl ? list_head(&pl->bindings) : NULL;

	while (le) {
		struct binding *b = le->data;

		le = le->next;
		if (!contact || !strcmp(b->contact, contact))
			drop(b, "was unregistered");
	}

	if (pl)
		changed(name);
}


/* ---- load --------------------------------------------------------------- */

struct load {
	const struct config *cfg;
	unsigned n;
};


static void load_handler(const struct store_location *loc, void *arg)
{
	struct load *load	   = arg;
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
	if (!bind_quiet(peer, &prm, &b))
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


/* ---- questions ---------------------------------------------------------- */

static bool reachable(const struct place *pl)
{
	return !pl || (pl->state != QUALIFY_UNREACHABLE &&
		       pl->state != QUALIFY_LAGGED);
}


static uint16_t default_port(enum sx_tp tp)
{
	return tp == SX_TLS ? 5061 : 5060;
}


static const struct binding *binding_at(const struct place *pl, uint32_t i)
{
	struct le *le = pl ? list_head(&pl->bindings) : NULL;

	while (le && i--)
		le = le->next;

	return list_ledata(le);
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

	if (b) {
		*t = b->target;
		if (t->conn && !sx_conn_is_open(t->conn))
			t->conn = NULL;
		*uri   = b->contact;
		*known = true;
		return 0;
	}

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


void location_conn_gone(const struct sx_conn *conn)
{
	for (struct le *le = list_head(&placel); le; le = le->next) {
		struct place *pl = le->data;

		for (struct le *l = list_head(&pl->bindings); l; l = l->next) {
			struct binding *b = l->data;

			if (b->target.conn == conn)
				b->target.conn = mem_deref(b->target.conn);
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


/* ---- addresses of hosts by name ----------------------------------------- */

static void dns_ask(struct place *pl);


static void dns_timer(void *arg)
{
	dns_ask(arg);
}


static bool same_addrs(const struct place *pl, const struct sx_target *tv,
		       size_t n)
{
	if (pl->dnsc != n)
		return false;

	for (size_t i = 0; i < n; i++) {
		if (!sa_cmp(&pl->dnsv[i], &tv[i].dst, SA_ALL))
			return false;
	}

	return true;
}


static void dns_handler(int err, const struct sx_target *tv, size_t n,
			void *arg)
{
	struct place *pl = arg;

	pl->dnsq = mem_deref(pl->dnsq);
	timer_start(&pl->dns, DNS_REFRESH_MS, dns_timer, pl);
	if (n > ARRAY_SIZE(pl->dnsv))
		n = ARRAY_SIZE(pl->dnsv);

	if (err) {
		log_warning("dns", "%s: its host does not resolve: %m",
			    pl->name, err);
		return;
	}

	if (same_addrs(pl, tv, n))
		return;

	pl->dnsc = n;
	for (size_t i = 0; i < n; i++)
		pl->dnsv[i] = tv[i].dst;
	changed(pl->name);
}


static void dns_ask(struct place *pl)
{
	const struct server *srv = server();
	const struct peer *peer	 = config_peer(srv->cfg, pl->name);
	struct sx_query *q = NULL;

	if (!peer || peer->dynamic || !peer->host.host ||
	    sa_isset(&peer->host.sa, SA_ADDR))
		return;

	if (sx_resolve(&q, srv->resolver, peer->host.host, peer->host.port,
		       transp_peer_tp(peer), srv->cfg->general.srvlookup, dns_handler,
		       pl))
		timer_start(&pl->dns, DNS_REFRESH_MS, dns_timer, pl);
	else if (q)
		pl->dnsq = q;
}


static bool needs_place(const struct peer *peer)
{
	return peer->qualify_ms || peer->keepalive_s ||
	       (!peer->dynamic && peer->host.host);
}


int location_prepare(const struct config *cfg)
{
	for (struct le *le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;

		if (needs_place(peer) && !location_get(peer->name))
			return ENOMEM;
	}

	return 0;
}


void location_config(const struct config *cfg)
{
	struct le *le;

	for (le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;
		struct place *pl;

		if (peer->dynamic || !peer->host.host ||
		    sa_isset(&peer->host.sa, SA_ADDR))
			continue;

		pl = location_get(peer->name);
		if (!pl || pl->dnsq)
			continue;
		pl->dnsc = 0;
		dns_ask(pl);
	}

	qualify_config(cfg);
	keepalive_config(cfg);
}
