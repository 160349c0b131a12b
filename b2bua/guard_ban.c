/**
 * @file b2bua/guard_ban.c  Who is banned, for how long, and why
 *
 * Store, family "guard/ban", key the address:
 *
 *     level|until|since|flags|why|line|line|line
 *
 * until and since are wall clock [s], flags "p" (proven) and "m" (manual).
 * While the program runs the monotonic clock counts, so that a clock that is
 * set neither frees nor keeps anybody.
 */
#include "b2bua/guard_ban.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/rand.h"
#include "base/text.h"
#include "base/timer.h"
#include "store/store.h"

#define FAMILY "guard/ban"

enum {
	BUCKETS	 = 4096,
	MEMORY_S = 7 * 86400, /* a ban that is over still counts */
	SWEEP_MS = 60000,
	FIELDS	 = 5 + GUARD_EVIDENCE,
};

static struct {
	struct list all;
	struct hash *ht;
	uint32_t n;
	uint32_t ban_s[GUARD_BANS_MAX];
	size_t banc;
	guard_ban_h *h;
	struct timer sweep;
} bans;


/* ---- addresses ---------------------------------------------------------- */

/* What is banned for this address: it, or its /64 */
static void net_of(struct sa *net, const struct sa *sa)
{
	uint8_t in6[16];

	*net = *sa;
	addr_unmap(net);
	sa_set_port(net, 0);

	if (sa_af(net) != AF_INET6)
		return;

	sa_in6(net, in6);
	memset(in6 + 8, 0, 8);
	sa_set_in6(net, in6, 0);
}


int guard_net_print(struct re_printf *pf, const struct sa *sa)
{
	struct sa net;

	net_of(&net, sa);

	return re_hprintf(pf, "%j%s", &net,
			  sa_af(&net) == AF_INET6 ? "/64" : "");
}


static uint32_t hash_of(const struct sa *net)
{
	uint8_t in6[16];
	uint32_t in;

	if (sa_af(net) == AF_INET6) {
		sa_in6(net, in6);
		return hash_key(in6, 8);
	}

	in = sa_in(net);
	return hash_key(&in, sizeof(in));
}


static bool cmp_handler(struct le *le, void *arg)
{
	const struct guard_ban *b = le->data;

	return sa_cmp(&b->sa, arg, SA_ADDR);
}


struct guard_ban *guard_ban_memory(const struct sa *sa)
{
	struct sa net;

	if (!bans.ht || !sa || !bans.n)
		return NULL;

	net_of(&net, sa);

	return list_ledata(hash_lookup(bans.ht, hash_of(&net), cmp_handler,
				       &net));
}


uint32_t guard_ban_left_s(const struct guard_ban *b)
{
	uint64_t now = clock_ms();

	return b && b->until_ms > now
		       ? (uint32_t)((b->until_ms - now + 999) / 1000)
		       : 0;
}


struct guard_ban *guard_ban_find(const struct sa *sa)
{
	struct guard_ban *b = guard_ban_memory(sa);

	return b && b->until_ms > clock_ms() ? b : NULL;
}


const struct list *guard_bans(void)
{
	return &bans.all;
}


/* ---- evidence ----------------------------------------------------------- */

/* '|' separates the fields in the store */
static void clean(char *dst, size_t n, const char *src)
{
	size_t i = 0;

	for (; src && *src && i + 1 < n; src++) {
		unsigned char c = (unsigned char)*src;

		dst[i++] = c < ' ' || c > '~' || c == '|' ? '?' : (char)c;
	}

	dst[i] = '\0';
}


void guard_evidence_add(struct guard_evidence *ev, const char *line)
{
	size_t i = 0;

	if (!ev || !line)
		return;

	while (i < GUARD_EVIDENCE && ev->linev[i][0])
		++i;

	if (i == GUARD_EVIDENCE) {
		--i;
		memmove(ev->linev[0], ev->linev[1], i * GUARD_LINE);
	}

	clean(ev->linev[i], GUARD_LINE, line);
}


/* ---- the store ---------------------------------------------------------- */

static void key_of(char *buf, size_t n, const struct sa *net)
{
	(void)re_snprintf(buf, n, "%j", net);
}


static void store_put(const struct guard_ban *b)
{
	char key[64], val[1024];
	uint64_t until = clock_wall_s() + guard_ban_left_s(b);

	key_of(key, sizeof(key), &b->sa);
	if (re_snprintf(val, sizeof(val), "%u|%llu|%llu|%s%s|%s|%s|%s|%s",
			b->level, (unsigned long long)until,
			(unsigned long long)b->since_s, b->proven ? "p" : "",
			b->manual ? "m" : "", b->why, b->ev.linev[0],
			b->ev.linev[1], b->ev.linev[2]) > 0)
		(void)store_db_put(FAMILY, key, val); /* else it is short */
}


static void store_del(const struct guard_ban *b)
{
	char key[64];

	key_of(key, sizeof(key), &b->sa);
	(void)store_db_del(FAMILY, key);
}


/* ---- life --------------------------------------------------------------- */

static void destructor(void *data)
{
	struct guard_ban *b = data;

	list_unlink(&b->le);
	hash_unlink(&b->hle);
	--bans.n;
}


/* The one that is missed least: over for longest, else ending first */
static void make_room(void)
{
	struct guard_ban *worst = NULL;

	for (struct le *le = bans.all.head; le; le = le->next) {
		struct guard_ban *b = le->data;

		if (!worst || b->until_ms < worst->until_ms)
			worst = b;
		if (worst->until_ms <= clock_ms())
			break; /* in order of their coming: near enough */
	}

	if (!worst)
		return;

	store_del(worst);
	mem_deref(worst);
}


static struct guard_ban *ban_get(const struct sa *net)
{
	struct guard_ban *b = guard_ban_memory(net);

	if (b) {
		list_unlink(&b->le);
		list_append(&bans.all, &b->le, b);
		return b;
	}

	if (bans.n >= GUARD_BANS)
		make_room();

	b = mem_zalloc(sizeof(*b), destructor);
	if (!b)
		return NULL;

	++bans.n;
	b->sa = *net;
	list_append(&bans.all, &b->le, b);
	hash_append(bans.ht, hash_of(net), &b->hle, b);

	return b;
}


static uint32_t ttl_of(uint32_t level)
{
	size_t i = level ? level - 1 : 0;

	if (!bans.banc)
		return 600;

	return bans.ban_s[i < bans.banc ? i : bans.banc - 1];
}


int guard_ban_add(const struct sa *sa, uint32_t ttl_s, bool proven,
		  bool manual, const char *why,
		  const struct guard_evidence *ev)
{
	struct guard_ban *b;
	struct sa net;

	if (!sa || !bans.ht || (sa_af(sa) != AF_INET && sa_af(sa) != AF_INET6))
		return EINVAL;

	net_of(&net, sa);
	b = ban_get(&net);
	if (!b)
		return ENOMEM;

	if (!manual && b->level < UINT32_MAX)
		++b->level;
	if (!ttl_s)
		ttl_s = ttl_of(b->level);

	b->until_ms = clock_ms() + ttl_s * 1000ULL;
	b->since_s  = clock_wall_s();
	b->proven   = proven;
	b->manual   = manual;
	b->drops    = 0;
	clean(b->why, sizeof(b->why), why);
	if (ev)
		b->ev = *ev;

	count_inc(COUNT_GUARD_BANS);
	store_put(b);
	if (bans.h)
		bans.h(&b->sa, true, ttl_s);

	return 0;
}


int guard_ban_del(const struct sa *sa)
{
	struct guard_ban *b = guard_ban_memory(sa);

	if (!b)
		return ENOENT;

	if (guard_ban_left_s(b) && bans.h)
		bans.h(&b->sa, false, 0);

	store_del(b);
	mem_deref(b);

	return 0;
}


/* ---- start -------------------------------------------------------------- */

static bool fields(struct pl v[FIELDS], const char *text)
{
	struct pl rest;
	size_t n = 0;

	pl_set_str(&rest, text);
	while (n < FIELDS && pl_next(&v[n], &rest, '|'))
		++n;

	return n == FIELDS;
}


static void load_handler(const char *family, const char *key,
			 const char *value, void *arg)
{
	uint64_t level, until, since, now = clock_wall_s();
	struct pl v[FIELDS];
	struct guard_ban *b;
	struct sa net;

	(void)family;
	(void)arg;

	if (sa_set_str(&net, key, 0) || !fields(v, value) ||
	    num_decode(&level, &v[0], UINT32_MAX) ||
	    num_decode(&until, &v[1], UINT32_MAX) ||
	    num_decode(&since, &v[2], UINT32_MAX))
		return;

	if (until + MEMORY_S <= now || guard_ban_memory(&net))
		return;

	b = ban_get(&net);
	if (!b)
		return;

	b->level    = (uint32_t)level;
	b->since_s  = since;
	b->until_ms = until > now ? clock_ms() + (until - now) * 1000 : 0;
	b->proven   = pl_strchr(&v[3], 'p') != NULL;
	b->manual   = pl_strchr(&v[3], 'm') != NULL;
	(void)pl_copy(b->why, sizeof(b->why), &v[4]);
	for (size_t i = 0; i < GUARD_EVIDENCE; i++)
		(void)pl_copy(b->ev.linev[i], GUARD_LINE, &v[5 + i]);

	if (b->until_ms && bans.h)
		bans.h(&b->sa, true, guard_ban_left_s(b));
}


void guard_bans_load(void)
{
	(void)store_db_scan(FAMILY, NULL, load_handler, NULL);
}


/* Forget what was long ago */
static void sweep_handler(void *arg)
{
	uint64_t now  = clock_ms();
	struct le *le = bans.all.head;

	(void)arg;
	while (le) {
		struct guard_ban *b = le->data;

		le = le->next;
		if (b->until_ms + MEMORY_S * 1000ULL > now ||
		    b->since_s + MEMORY_S > clock_wall_s())
			continue;

		store_del(b);
		mem_deref(b);
	}

	timer_start(&bans.sweep, SWEEP_MS, sweep_handler, NULL);
}


int guard_bans_init(guard_ban_h *h)
{
	int err;

	list_init(&bans.all);
	bans.n = 0;
	bans.h = h;
	err    = hash_alloc(&bans.ht, BUCKETS);
	if (!err)
		timer_start(&bans.sweep, SWEEP_MS, sweep_handler, NULL);

	return err;
}


void guard_bans_config(const struct guard_conf *cfg)
{
	memcpy(bans.ban_s, cfg->ban_s, sizeof(bans.ban_s));
	bans.banc = cfg->banc;
}


void guard_bans_close(void)
{
	timer_cancel(&bans.sweep);
	list_flush(&bans.all);
	bans.ht = mem_deref(bans.ht);
	bans.h	= NULL;
}
