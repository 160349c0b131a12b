/**
 * @file b2bua/guard_tab.c  A bounded table with the oldest going first
 *
 * Records, buckets and the order of use are arrays; links are places in them.
 * Nothing is allocated once it stands, whatever comes in.
 */
#include <stdlib.h>
#include "b2bua/guard_tab.h"
#include "base/rand.h"

enum {
	NET_BITS4 = 24,
	NET_BYTES4 = 3,
	NET_BYTES6 = 8,
	TEXT_MAX = 128,
};

struct guard_tab {
	struct guard_rec *v;
	uint32_t *headv;       /* place + 1 */
	uint32_t max, n;
	uint32_t newest, oldest; /* place + 1 */
	uint8_t secret[16];
};


static void destructor(void *data)
{
	struct guard_tab *t = data;

	free(t->v);
	free(t->headv);
}


int guard_tab_alloc(struct guard_tab **tp, uint32_t max)
{
	struct guard_tab *t;

	if (!tp || !max || (max & (max - 1)))
		return EINVAL;

	t = mem_zalloc(sizeof(*t), destructor);
	if (!t)
		return ENOMEM;

	/* calloc: pages that nobody has used yet cost nothing */
	t->max	 = max;
	t->v	 = calloc(max, sizeof(*t->v));
	t->headv = calloc(max, sizeof(*t->headv));
	if (!t->v || !t->headv) {
		mem_deref(t);
		return ENOMEM;
	}

	rand_fill(t->secret, sizeof(t->secret));
	*tp = t;

	return 0;
}


uint64_t guard_key(const struct guard_tab *t, enum guard_kind kind,
		   const struct sa *sa, const struct pl *text)
{
	uint8_t buf[2 + 16 + TEXT_MAX];
	uint64_t key;
	uint32_t in;
	size_t n = 2;

	buf[0] = (uint8_t)kind;
	buf[1] = (uint8_t)sa_af(sa);

	if (sa_af(sa) == AF_INET6) {
		uint8_t in6[16];

		sa_in6(sa, in6);
		memcpy(buf + n, in6, NET_BYTES6);
		n += NET_BYTES6;
	}
	else {
		in = sa_in(sa);
		if (kind == GUARD_KIND_NET)
			in &= 0xffffffffu << (32 - NET_BITS4);
		memcpy(buf + n, &in, sizeof(in));
		n += sizeof(in);
	}

	if (text) {
		size_t l = text->l < TEXT_MAX ? text->l : TEXT_MAX;

		if (l)
			memcpy(buf + n, text->p, l);
		n += l;
	}

	key = siphash24(t->secret, buf, n);

	return key ? key : 1;
}


/* ---- order of use ------------------------------------------------------- */

static void unlink_use(struct guard_tab *t, struct guard_rec *r)
{
	if (r->newer)
		t->v[r->newer - 1].older = r->older;
	else
		t->newest = r->older;

	if (r->older)
		t->v[r->older - 1].newer = r->newer;
	else
		t->oldest = r->newer;
}


static void link_newest(struct guard_tab *t, struct guard_rec *r)
{
	uint32_t place = (uint32_t)(r - t->v) + 1;

	r->newer = 0;
	r->older = t->newest;
	if (t->newest)
		t->v[t->newest - 1].newer = place;
	else
		t->oldest = place;
	t->newest = place;
}


/* ---- buckets ------------------------------------------------------------ */

static uint32_t *head(const struct guard_tab *t, uint64_t key)
{
	return &t->headv[key & (t->max - 1)];
}


static void unlink_bucket(struct guard_tab *t, const struct guard_rec *r)
{
	uint32_t place = (uint32_t)(r - t->v) + 1;
	uint32_t *at   = head(t, r->key);

	while (*at && *at != place)
		at = &t->v[*at - 1].next;
	if (*at)
		*at = r->next;
}


struct guard_rec *guard_tab_find(const struct guard_tab *t, uint64_t key)
{
	if (!t)
		return NULL;

	for (uint32_t at = *head(t, key); at; at = t->v[at - 1].next) {
		if (t->v[at - 1].key == key)
			return &t->v[at - 1];
	}

	return NULL;
}


struct guard_rec *guard_tab_get(struct guard_tab *t, uint64_t key)
{
	struct guard_rec *r = guard_tab_find(t, key);
	uint32_t *at;

	if (r) {
		unlink_use(t, r);
		link_newest(t, r);
		return r;
	}

	if (t->n < t->max) {
		r = &t->v[t->n++];
	}
	else {
		r = &t->v[t->oldest - 1];
		unlink_bucket(t, r);
		unlink_use(t, r);
	}

	memset(r, 0, sizeof(*r));
	r->key	= key;
	at	= head(t, key);
	r->next = *at;
	*at	= (uint32_t)(r - t->v) + 1;
	link_newest(t, r);

	return r;
}


uint32_t guard_tab_count(const struct guard_tab *t)
{
	return t ? t->n : 0;
}


/* ---- what a record tells ------------------------------------------------ */

bool guard_could_take(uint64_t tat_us, uint64_t now_us, uint32_t rate,
		      uint32_t burst)
{
	uint64_t step = 1000000 / (rate ? rate : 1);
	uint64_t span = step * (burst ? burst : 1);

	return tat_us <= now_us || tat_us - now_us + step <= span;
}


bool guard_take(uint64_t *tat_us, uint64_t now_us, uint32_t rate,
		uint32_t burst)
{
	uint64_t step = 1000000 / (rate ? rate : 1);

	if (!guard_could_take(*tat_us, now_us, rate, burst))
		return false;

	if (*tat_us < now_us)
		*tat_us = now_us;
	*tat_us += step;

	return true;
}


bool guard_rec_user(struct guard_rec *r, const struct guard_tab *t,
		    const struct pl *user)
{
	uint64_t hash = siphash24(t->secret, user->p, user->l);
	uint16_t h    = (uint16_t)(hash ? hash : 1);
	size_t n      = r->userc < GUARD_USERS ? r->userc : GUARD_USERS;

	for (size_t i = 0; i < n; i++) {
		if (r->userv[i] == h)
			return false;
	}

	r->userv[r->userc % GUARD_USERS] = h;
	if (r->userc < UINT16_MAX)
		++r->userc;

	return true;
}


void guard_rec_reset(struct guard_rec *r)
{
	r->first_us = r->last_us = 0;
	r->points = r->proven = r->dropped = 0;
	r->userc = 0;
}
