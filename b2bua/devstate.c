/**
 * @file b2bua/devstate.c  Device states: computed, combined, watched
 *
 * A device is kept as long as it has legs or watchers.  A change is noted on a
 * list and looked at from a timer of 0 ms: whoever reports it is in the middle
 * of something, and three changes in a row are one.
 */
#include "b2bua/devstate.h"
#include "b2bua/location.h"
#include "b2bua/server.h"
#include "base/rand.h"
#include "base/timer.h"
#include "store/store.h"

#define CUSTOM_FAMILY "CustomDevstate"

enum {
	DEVICE_BUCKETS = 4096,
	PROVIDERS_MAX = 16,
};

/** A device with legs or watchers */
struct device {
	struct le hle;
	struct le dle;            /* dirty */
	char *name;
	uint32_t ringing, inuse, holds; /* legs; inuse without holds */
	enum devstate told;
	struct list watches;      /* struct devstate_watch */
};

struct devstate_watch {
	struct le le;
	struct device *dev;       /* no reference; NULL at the end */
	devstate_h *h;
	void *arg;
};

static struct hash *devices;
static struct list dirty;         /* struct device */
static struct timer dirty_timer;
static uint32_t customs;

static struct {
	const char *kind;
	devstate_get_h *h;
	void *arg;
} providers[PROVIDERS_MAX];
static size_t providerc;


/* ---- names -------------------------------------------------------------- */

static const char *const names[] = {
#define X(s) #s,
	DEVSTATES(X)
#undef X
};


const char *devstate_name(enum devstate st)
{
	return (size_t)st < ARRAY_SIZE(names) ? names[st] : "UNKNOWN";
}


bool devstate_decode(enum devstate *stp, const struct pl *pl)
{
	for (size_t i = 0; pl && i < ARRAY_SIZE(names); i++) {
		if (pl_strcasecmp(pl, names[i]))
			continue;

		*stp = (enum devstate)i;
		return true;
	}

	return false;
}


/* "Custom:x" or "SIP/x": the part behind the kind; NULL if of another one */
static const char *of_kind(const char *device, const char *kind)
{
	size_t n = strlen(kind);

	if (strncasecmp(device, kind, n) ||
	    (device[n] != '/' && device[n] != ':') || !device[n + 1])
		return NULL;

	return device + n + 1;
}


/* One spelling of each device: "sip/1001" is "SIP/1001" */
static const char *canonical(char *buf, size_t n, const char *device)
{
	const char *name = of_kind(device, "SIP");

	if (name)
		return re_snprintf(buf, n, "SIP/%s", name) > 0 ? buf : device;

	name = of_kind(device, "Custom");
	if (name && re_snprintf(buf, n, "Custom:%s", name) > 0)
		return buf;

	for (size_t i = 0; i < providerc; i++) {
		name = of_kind(device, providers[i].kind);
		if (name && re_snprintf(buf, n, "%s:%s", providers[i].kind,
					name) > 0)
			return buf;
	}

	return device;
}


/* ---- the table ---------------------------------------------------------- */

static void device_destructor(void *data)
{
	struct device *d = data;

	hash_unlink(&d->hle);
	list_unlink(&d->dle);
	for (struct le *le = list_head(&d->watches); le; le = le->next)
		((struct devstate_watch *)le->data)->dev = NULL;
	list_clear(&d->watches);
	mem_deref(d->name);
}


static bool name_handler(struct le *le, void *arg)
{
	const struct device *d = le->data;

	return !strcmp(d->name, arg);
}


static struct device *device_find(const char *name)
{
	return list_ledata(hash_lookup(devices, hash_key(name, strlen(name)),
				       name_handler, (void *)name));
}


static struct device *device_get(const char *name)
{
	struct device *d = device_find(name);

	if (d || !devices)
		return d;

	d = mem_zalloc(sizeof(*d), device_destructor);
	if (!d || str_dup(&d->name, name))
		return mem_deref(d);

	hash_append(devices, hash_key(name, strlen(name)), &d->hle, d);

	return d;
}


/* Nobody wants it any more */
static void device_put(struct device *d)
{
	if (!d->ringing && !d->inuse && !d->holds && !d->watches.head)
		mem_deref(d);
}


static void count_custom(const char *family, const char *key,
			 const char *value, void *arg)
{
	(void)family;
	(void)key;
	(void)value;
	(void)arg;
	++customs;
}


int devstate_init(void)
{
	list_init(&dirty);
	providerc = 0;
	customs = 0;
	(void)store_db_scan(CUSTOM_FAMILY, NULL, count_custom, NULL);

	return hash_alloc(&devices, DEVICE_BUCKETS);
}


void devstate_close(void)
{
	timer_cancel(&dirty_timer);
	hash_flush(devices);
	devices = mem_deref(devices);
	providerc = 0;
}


/* ---- changes ------------------------------------------------------------ */

static void tell(struct device *d)
{
	enum devstate st = devstate_get(d->name);

	if (st == d->told)
		return;

	d->told = st;
	log_debug("devstate", "%s is %s", d->name, devstate_name(st));

	for (struct le *le = list_head(&d->watches); le; le = le->next) {
		const struct devstate_watch *w = le->data;

		w->h(d->name, st, w->arg);
	}
}


static void dirty_handler(void *arg)
{
	struct le *le;

	(void)arg;

	while ((le = list_head(&dirty)) != NULL) {
		struct device *d = le->data;

		list_unlink(le);
		tell(d);
	}
}


static void mark(struct device *d)
{
	if (!d->watches.head)
		return;

	if (!d->dle.list)
		list_append(&dirty, &d->dle, d);
	if (!timer_runs(&dirty_timer))
		timer_start(&dirty_timer, 0, dirty_handler, NULL);
}


void devstate_changed(const char *device)
{
	char buf[DEVSTATE_NAME_MAX];
	struct device *d;

	if (!device || !devices)
		return;

	d = device_find(canonical(buf, sizeof(buf), device));
	if (d)
		mark(d);
}


static bool sip_name(char *buf, size_t n, const char *peer)
{
	return re_snprintf(buf, n, "SIP/%s", peer) > 0;
}


void devstate_peer_changed(const char *peer)
{
	char name[DEVSTATE_NAME_MAX];

	if (peer && sip_name(name, sizeof(name), peer))
		devstate_changed(name);
}


static bool mark_handler(struct le *le, void *arg)
{
	(void)arg;
	mark(le->data);

	return false;
}


void devstate_all_changed(void)
{
	if (devices)
		(void)hash_apply(devices, mark_handler, NULL);
}


static uint32_t *counter(struct device *d, enum devlamp lamp)
{
	switch (lamp) {

	case DEVLAMP_RINGING: return &d->ringing;
	case DEVLAMP_INUSE: return &d->inuse;
	case DEVLAMP_HOLDS: return &d->holds;
	case DEVLAMP_OFF:
	default: return NULL;
	}
}


void devstate_leg(const char *peer, enum devlamp was, enum devlamp now)
{
	char name[DEVSTATE_NAME_MAX];
	struct device *d;
	uint32_t *n;

	if (!peer || was == now || !devices ||
	    !sip_name(name, sizeof(name), peer))
		return;

	d = device_get(name);
	if (!d)
		return;

	n = counter(d, was);
	if (n && *n)
		--*n;
	n = counter(d, now);
	if (n)
		++*n;

	mark(d);
	device_put(d);
}


/* ---- watchers ----------------------------------------------------------- */

static void watch_destructor(void *data)
{
	struct devstate_watch *w = data;

	list_unlink(&w->le);
	if (w->dev)
		device_put(w->dev);
}


int devstate_watch(struct devstate_watch **wp, const char *device,
		   devstate_h *h, void *arg)
{
	char buf[DEVSTATE_NAME_MAX];
	struct devstate_watch *w;
	struct device *d;

	if (!wp || !device || !h)
		return EINVAL;
	if (strlen(device) >= DEVSTATE_NAME_MAX)
		return E2BIG;

	device = canonical(buf, sizeof(buf), device);
	d = device_get(device);
	w = d ? mem_zalloc(sizeof(*w), watch_destructor) : NULL;
	if (!w) {
		if (d)
			device_put(d);
		return ENOMEM;
	}

	/* no change from here on is missed, none before it is told */
	if (!d->watches.head)
		d->told = devstate_get(device);
	w->dev = d;
	w->h = h;
	w->arg = arg;
	list_append(&d->watches, &w->le, w);
	*wp = w;

	return 0;
}


int devstate_provide(const char *kind, devstate_get_h *h, void *arg)
{
	if (!kind || !h)
		return EINVAL;
	if (providerc == ARRAY_SIZE(providers))
		return ENOBUFS;

	providers[providerc].kind = kind;
	providers[providerc].h = h;
	providers[providerc].arg = arg;
	++providerc;

	return 0;
}


/* ---- states ------------------------------------------------------------- */

enum devstate devstate_sip(uint32_t ringing, uint32_t inuse, uint32_t holds,
			   bool reachable, uint32_t busylevel, uint32_t limit)
{
	uint32_t talks = inuse + holds, all = ringing + talks;

	if (!all)
		return reachable ? DEV_NOT_INUSE : DEV_UNAVAILABLE;

	if (ringing)
		return talks ? DEV_RINGINUSE : DEV_RINGING;
	if ((busylevel && all >= busylevel) || (limit && all >= limit))
		return DEV_BUSY;

	return inuse ? DEV_INUSE : DEV_ONHOLD;
}


/* As Dial would find it, except that one which answers slowly is there */
static bool is_reachable(const struct peer *peer)
{
	const struct place *pl = location_find(peer->name);

	if (pl && peer->qualify_ms && pl->state == QUALIFY_UNREACHABLE)
		return false;
	if (!peer->dynamic)
		return peer->host.host != NULL;

	return (pl && list_head(&pl->bindings)) ||
	       sa_isset(&peer->defaultip, SA_ADDR);
}


static enum devstate sip_state(const char *device, const char *name)
{
	const struct server *srv = server();
	const struct device *d = devices ? device_find(device) : NULL;
	const struct peer *peer;

	peer = srv && srv->cfg ? config_peer(srv->cfg, name) : NULL;
	if (!peer)
		return DEV_INVALID;

	return devstate_sip(d ? d->ringing : 0, d ? d->inuse : 0,
			    d ? d->holds : 0, is_reachable(peer),
			    peer->busylevel, peer->call_limit);
}


static enum devstate custom_state(const char *name)
{
	const char *val = store_db_get(CUSTOM_FAMILY, name);
	enum devstate st;
	struct pl pl;

	if (!val)
		return DEV_UNKNOWN;

	pl_set_str(&pl, val);

	return devstate_decode(&st, &pl) ? st : DEV_UNKNOWN;
}


enum devstate devstate_get(const char *device)
{
	char buf[DEVSTATE_NAME_MAX];
	const char *name;

	if (!device)
		return DEV_INVALID;

	device = canonical(buf, sizeof(buf), device);
	name = of_kind(device, "SIP");
	if (name)
		return sip_state(device, name);

	name = of_kind(device, "Custom");
	if (name)
		return custom_state(name);

	for (size_t i = 0; i < providerc; i++) {
		name = of_kind(device, providers[i].kind);
		if (name)
			return providers[i].h(name, providers[i].arg);
	}

	return DEV_UNKNOWN;
}


int devstate_set(const char *device, enum devstate st)
{
	const char *name = device ? of_kind(device, "Custom") : NULL;
	bool fresh;
	int err;

	if (!name || strlen(device) >= DEVSTATE_NAME_MAX)
		return EINVAL;

	fresh = !store_db_get(CUSTOM_FAMILY, name);
	if (fresh && customs >= DEVSTATE_CUSTOM_MAX)
		return ENOBUFS;

	err = store_db_put(CUSTOM_FAMILY, name, devstate_name(st));
	if (err)
		return err;

	customs += fresh;
	devstate_changed(device);

	return 0;
}


enum devstate devstate_combine(const enum devstate *v, size_t n)
{
	uint32_t has[DEV_ONHOLD + 1] = {0};
	bool rings, talks;

	for (size_t i = 0; i < n; i++) {
		if ((size_t)v[i] < ARRAY_SIZE(has))
			++has[v[i]];
	}

	rings = has[DEV_RINGING] || has[DEV_RINGINUSE];
	talks = has[DEV_INUSE] || has[DEV_BUSY] || has[DEV_ONHOLD];

	if (rings)
		return talks || has[DEV_RINGINUSE] ? DEV_RINGINUSE
						   : DEV_RINGING;
	if (has[DEV_BUSY] && !has[DEV_NOT_INUSE] && !has[DEV_INUSE] &&
	    !has[DEV_ONHOLD])
		return DEV_BUSY;
	if (has[DEV_INUSE] || has[DEV_BUSY])
		return DEV_INUSE;
	if (has[DEV_ONHOLD])
		return DEV_ONHOLD;
	if (has[DEV_NOT_INUSE])
		return DEV_NOT_INUSE;
	if (has[DEV_UNAVAILABLE])
		return DEV_UNAVAILABLE;

	return has[DEV_INVALID] ? DEV_INVALID : DEV_UNKNOWN;
}
