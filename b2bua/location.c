/**
 * @file b2bua/location.c  Bindings in memory: places, and what a REGISTER does
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
#include "base/clock.h"
#include "base/rand.h"

enum {
	PLACE_BUCKETS = 4096,
	EXPIRY_GRACE_MS = 10000, /* a refresh that is late finds it still */
	FLOWS_MAX = 4,           /* of one device (RFC 5626) */
};

static struct hash *places;
static struct list placel;


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


/* ---- binding ------------------------------------------------------------ */

static void drop(struct binding *b, const char *why)
{
	struct place *pl = b->place;

	log_info("registrar", "%s: %s %s", pl->name, b->contact, why);
	binding_del(b);
	mem_deref(b);

	if (!list_head(&pl->bindings)) {
		registry_del(pl);
		qualify_stop(pl);
		subs_peer_gone(pl->name);
	}
}


static void expiry_handler(void *arg)
{
	struct binding *b = arg;
	struct place *pl  = b->place;

	if (location_is_passive())
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


static void note_change(struct bind_change *c, const struct binding *b,
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


int location_bind_quiet(const struct peer *peer,
			const struct binding_params *prm, struct binding **bp,
			struct bind_change *change)
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
			binding_del(b);
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


void binding_follow(const struct binding *b, const struct bind_change *c)
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
	struct bind_change change = {0};
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
	err	= location_bind_quiet(peer, prm, &b, &change);
	if (err)
		goto out;

	if (fresh)
		log_info("registrar", "%s: registered at %J for %u s (%s)",
			 peer->name, &b->target.dst, prm->expires_s,
			 b->user_agent ? b->user_agent : "no User-Agent");

	binding_put(b);
	registry_put(b);
	location_changed(peer->name);
	if (fresh || change.how.moved || pl->state == QUALIFY_UNREACHABLE)
		qualify_now(peer);
	if (started)
		mwi_registered(peer);

	binding_follow(b, &change);
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
