/**
 * @file b2bua/guard_known.c  Addresses of the peers
 *
 * Two tables: peers by name, each with the addresses that it had last time;
 * addresses with the number of peers at each.
 */
#include "b2bua/guard_known.h"
#include "base/addr.h"
#include "base/rand.h"

enum {
	BUCKETS	 = 4096,
	PER_PEER = 64, /* addresses of one peer */
};

struct place {
	struct le le;
	struct sa sa;
	struct guard_known k;
};

struct owner {
	struct le le;
	char *name;
	bool trunk;
	bool seen;      /* in the configuration that is being taken */
	struct sa *sav;
	size_t sac;
};

static struct {
	struct hash *places, *owners;
	ident_addr_h *h;
} known;


/* ---- addresses ---------------------------------------------------------- */

static uint32_t sa_key(const struct sa *sa)
{
	uint8_t in6[16];
	uint32_t in;

	if (sa_af(sa) == AF_INET6) {
		sa_in6(sa, in6);
		return hash_key(in6, sizeof(in6));
	}

	in = sa_in(sa);
	return hash_key(&in, sizeof(in));
}


static bool place_cmp(struct le *le, void *arg)
{
	const struct place *p = le->data;

	return sa_cmp(&p->sa, arg, SA_ADDR);
}


static struct place *place_find(const struct sa *sa)
{
	struct sa addr = *sa;

	addr_unmap(&addr);

	return list_ledata(hash_lookup(known.places, sa_key(&addr), place_cmp,
				       &addr));
}


static void place_destructor(void *data)
{
	struct place *p = data;

	hash_unlink(&p->le);
}


static int place_add(const struct sa *sa, bool trunk)
{
	struct place *p = place_find(sa);

	if (!p) {
		p = mem_zalloc(sizeof(*p), place_destructor);
		if (!p)
			return ENOMEM;

		p->sa = *sa;
		addr_unmap(&p->sa);
		hash_append(known.places, sa_key(&p->sa), &p->le, p);
	}

	++*(trunk ? &p->k.trunks : &p->k.phones);

	return 0;
}


static void place_del(const struct sa *sa, bool trunk)
{
	struct place *p = place_find(sa);

	if (!p)
		return;

	--*(trunk ? &p->k.trunks : &p->k.phones);
	if (!p->k.trunks && !p->k.phones)
		mem_deref(p);
}


void guard_known_find(struct guard_known *k, const struct sa *sa)
{
	const struct place *p = known.places ? place_find(sa) : NULL;

	*k = p ? p->k : (struct guard_known){0, 0};
}


/* ---- peers -------------------------------------------------------------- */

static void owner_clear(struct owner *o)
{
	for (size_t i = 0; i < o->sac; i++)
		place_del(&o->sav[i], o->trunk);

	o->sav = mem_deref(o->sav);
	o->sac = 0;
}


static void owner_destructor(void *data)
{
	struct owner *o = data;

	owner_clear(o);
	hash_unlink(&o->le);
	mem_deref(o->name);
}


static bool owner_cmp(struct le *le, void *arg)
{
	const struct owner *o = le->data;

	return !strcmp(o->name, arg);
}


static struct owner *owner_get(const char *name)
{
	uint32_t key	= hash_key(name, strlen(name));
	struct owner *o = list_ledata(hash_lookup(known.owners, key, owner_cmp,
						  (void *)(uintptr_t)name));

	if (o)
		return o;

	o = mem_zalloc(sizeof(*o), owner_destructor);
	if (!o)
		return NULL;
	if (str_dup(&o->name, name))
		return mem_deref(o);

	hash_append(known.owners, key, &o->le, o);

	return o;
}


static void collect(struct sa v[PER_PEER], size_t *n, const struct sa *sa)
{
	if (*n < PER_PEER && sa_isset(sa, SA_ADDR))
		v[(*n)++] = *sa;
}


int guard_known_update(const struct peer *peer)
{
	struct sa v[PER_PEER];
	struct ident_addr addr;
	struct owner *o;
	size_t n = 0;
	int err = 0;

	if (!peer || !peer->name || !known.owners)
		return 0;

	o = owner_get(peer->name);
	if (!o)
		return ENOMEM;

	collect(v, &n, &peer->host.sa);
	collect(v, &n, &peer->outboundproxy.sa);
	for (uint32_t i = 0; known.h && i < PER_PEER &&
			     known.h(peer, i, &addr, NULL); i++)
		collect(v, &n, &addr.sa);

	owner_clear(o);
	o->seen	 = true;
	o->trunk = !peer->dynamic;
	if (!n)
		return 0;

	o->sav = mem_alloc(n * sizeof(v[0]), NULL);
	if (!o->sav)
		return ENOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		err = place_add(&v[i], o->trunk);
		if (!err)
			o->sav[o->sac++] = v[i];
	}

	return err;
}


static bool unsee_handler(struct le *le, void *arg)
{
	struct owner *o = le->data;

	(void)arg;
	o->seen = false;

	return false;
}


static bool unseen_handler(struct le *le, void *arg)
{
	struct owner *o = le->data;

	(void)arg;
	if (!o->seen)
		mem_deref(o);

	return false;
}


int guard_known_config(const struct config *cfg)
{
	int err = 0;

	(void)hash_apply(known.owners, unsee_handler, NULL);
	for (struct le *le = list_head(&cfg->peers); le; le = le->next)
		err |= guard_known_update(le->data);
	(void)hash_apply(known.owners, unseen_handler, NULL);

	return err ? ENOMEM : 0;
}


int guard_known_init(ident_addr_h *h)
{
	int err;

	known.h = h;
	err	= hash_alloc(&known.places, BUCKETS);
	if (!err)
		err = hash_alloc(&known.owners, BUCKETS);

	return err;
}


void guard_known_close(void)
{
	if (known.owners)
		(void)hash_apply(known.owners, unsee_handler, NULL);
	if (known.owners)
		(void)hash_apply(known.owners, unseen_handler, NULL);

	known.owners = mem_deref(known.owners);
	known.places = mem_deref(known.places);
	known.h	     = NULL;
}
