/**
 * @file b2bua/fraud.c  What a call through a trunk may cost
 *
 * Calls per minute are a bucket for each phone.  Minutes are counted while the
 * calls last: every two seconds the legs that cost are looked at, so a call
 * that is transferred or parked goes on counting, and when the minutes of the
 * day are used up it is ended.  They are added to what the store has
 * ("fraud/used"), as another process may still count calls of its own
 * (takeover.h).  Whether a phone has ever called abroad is there as well
 * ("fraud/first").
 */
#include <time.h>
#include "b2bua/call.h"
#include "b2bua/cause.h"
#include "b2bua/fraud.h"
#include "config/number.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/rand.h"
#include "base/text.h"
#include "store/store.h"

#define USED_FAMILY  "fraud/used"
#define FIRST_FAMILY "fraud/first"

enum {
	BUCKETS	  = 256,
	TICK_MS	  = 2000,
	WRITE_MS  = 60000,
	MINUTE_US = 60000000,
	ALERT_US  = 10000000, /* one refusal of a phone in so long is told */
};

/** A phone that has called through a trunk */
struct payer {
	struct le le;
	char *name;
	uint64_t tat_us;    /* bucket of calls; 0 full */
	uint32_t last_call; /* counted already */
	uint32_t day;       /* yyyymmdd of unsaved_ms */
	uint64_t unsaved_ms; /* used, and not in the store yet */
	uint64_t alert_us;
	uint32_t untold;
};

/** A leg that costs */
struct charge {
	struct le le;
	struct payer *payer; /* no reference: lives longer */
	uint32_t leg;
	uint64_t max_ms;     /* of the day */
	bool found, answered;
	uint64_t last_ms;    /* counted up to here */
};

static struct {
	struct hash *payers;
	struct list charges;
	struct timer tick;
	uint64_t written_ms;
} fraud;


const char *fraud_text(enum fraud_reason r)
{
	static const char *const v[] = {
#define X(name, text) [FRAUD_##name] = text,
		FRAUD_REASONS(X)
#undef X
	};

	return (size_t)r < ARRAY_SIZE(v) ? v[r] : "";
}


/* ---- numbers ------------------------------------------------------------ */

static const struct country *country_of(const struct fraud_req *req)
{
	const struct country *c = number_country(req->cfg, NULL);

	return c ? c : req->country;
}


/* "+49" or "0049" written in the plan: its author chose the country */
static bool says_country(const char *number, size_t own)
{
	size_t skip = number[0] == '+' ? 1 : !strncmp(number, "00", 2) ? 2 : 0;

	return skip && own > skip;
}


static enum number_kind real_kind(const struct fraud_req *req)
{
	return number_kind(country_of(req), req->cfg->guard.premium,
			   req->number);
}


enum number_kind fraud_kind(const struct fraud_req *req)
{
	enum number_kind kind;

	if (req->own >= strlen(req->number))
		return NUMBER_PLAIN;

	kind = real_kind(req);
	if (kind == NUMBER_ABROAD && !country_of(req) &&
	    says_country(req->number, req->own))
		return NUMBER_PLAIN;

	return kind;
}


/* ---- phones ------------------------------------------------------------- */

static void payer_destructor(void *data)
{
	struct payer *p = data;

	hash_unlink(&p->le);
	mem_deref(p->name);
}


static bool name_handler(struct le *le, void *arg)
{
	const struct payer *p = le->data;

	return !strcmp(p->name, arg);
}


static uint32_t today(void)
{
	time_t t = (time_t)clock_wall_s();
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return 0;

	return (uint32_t)((tm.tm_year + 1900) * 10000 +
			  (tm.tm_mon + 1) * 100 + tm.tm_mday);
}


/* "yyyymmdd seconds" */
static uint64_t saved_ms(const struct payer *p)
{
	const char *val = store_db_get(USED_FAMILY, p->name);
	struct pl day, rest;
	uint64_t d, s;

	if (!val)
		return 0;

	pl_set_str(&rest, val);
	if (!pl_next(&day, &rest, ' ') || !rest.p ||
	    num_decode(&d, &day, 99991231) || d != p->day ||
	    num_decode(&s, &rest, UINT32_MAX))
		return 0;

	return s * 1000;
}


static void new_day(struct payer *p)
{
	uint32_t day = today();

	if (p->day == day)
		return;

	p->day	      = day;
	p->unsaved_ms = 0;
}


static uint64_t used_ms(struct payer *p)
{
	new_day(p);

	return saved_ms(p) + p->unsaved_ms;
}


static void save_used(struct payer *p)
{
	const uint64_t used = used_ms(p);
	char val[64];

	if (p->unsaved_ms < 1000)
		return;

	(void)re_snprintf(val, sizeof(val), "%u %llu", p->day,
			  (unsigned long long)(used / 1000));
	if (store_db_put(USED_FAMILY, p->name, val))
		log_warning("fraud", "%s: its minutes are not stored",
			    p->name);
	else
		p->unsaved_ms = used % 1000;
}


static struct payer *payer_get(const char *name)
{
	uint32_t key = hash_key(name, strlen(name));
	struct payer *p;

	if (!fraud.payers)
		return NULL;

	p = list_ledata(hash_lookup(fraud.payers, key, name_handler,
				    (void *)(uintptr_t)name));
	if (p)
		return p;

	p = mem_zalloc(sizeof(*p), payer_destructor);
	if (!p || str_dup(&p->name, name))
		return mem_deref(p);

	hash_append(fraud.payers, key, &p->le, p);

	return p;
}


uint32_t fraud_used_s(const char *peer)
{
	struct payer *p = peer ? payer_get(peer) : NULL;

	return p ? (uint32_t)(used_ms(p) / 1000) : 0;
}


/* ---- may it go out? ----------------------------------------------------- */

static bool take_call(struct payer *p, uint32_t per_minute, uint32_t call)
{
	uint64_t now = clock_us(), step;

	if (!per_minute || (call && p->last_call == call))
		return true;

	step = MINUTE_US / per_minute;
	if (p->tat_us > now && p->tat_us - now + step > MINUTE_US)
		return false;

	p->tat_us    = (p->tat_us > now ? p->tat_us : now) + step;
	p->last_call = call;

	return true;
}


static enum fraud_reason number_reason(const struct fraud_req *req)
{
	const struct peer *payer = req->payer;

	switch (fraud_kind(req)) {

	case NUMBER_ABROAD:
		return payer->international ? FRAUD_OK : FRAUD_ABROAD;
	case NUMBER_PREMIUM:
		return payer->premium ? FRAUD_OK : FRAUD_PREMIUM;
	case NUMBER_ODD:
		return payer->international ? FRAUD_OK : FRAUD_ODD;
	case NUMBER_PLAIN:
		break;
	}

	return FRAUD_OK;
}


static bool has_minutes(const struct fraud_req *req, struct payer *p)
{
	uint64_t max = req->payer->minutes_per_day;

	return !max || real_kind(req) == NUMBER_PLAIN ||
	       used_ms(p) < max * 60000;
}


static enum fraud_reason decide(const struct fraud_req *req, struct payer **pp)
{
	enum fraud_reason r;
	struct payer *p;

	if (!req->payer || !req->payer->name)
		return FRAUD_GUEST;

	r = number_reason(req);
	if (r != FRAUD_OK)
		return r;

	/* without memory there is nothing to count with */
	p = *pp = payer_get(req->payer->name);
	if (!p)
		return FRAUD_OK;
	if (!has_minutes(req, p))
		return FRAUD_MINUTES;

	return take_call(p, req->payer->calls_per_minute, req->call)
		       ? FRAUD_OK
		       : FRAUD_RATE;
}


static void count_refusal(enum fraud_reason r)
{
	switch (r) {

	case FRAUD_GUEST: count_inc(COUNT_FRAUD_GUEST); break;
	case FRAUD_ABROAD:
	case FRAUD_PREMIUM:
	case FRAUD_ODD: count_inc(COUNT_FRAUD_NUMBER); break;
	case FRAUD_RATE: count_inc(COUNT_FRAUD_RATE); break;
	case FRAUD_MINUTES: count_inc(COUNT_FRAUD_MINUTES); break;
	case FRAUD_OK: break;
	}
}


/* One line for each burst of refusals */
static void tell_refusal(const struct fraud_req *req, enum fraud_reason r)
{
	const char *name = req->payer ? req->payer->name : NULL;
	struct payer *p	 = name ? payer_get(name) : NULL;
	uint64_t now	 = clock_us();

	count_refusal(r);
	if (p && p->alert_us && now - p->alert_us < ALERT_US) {
		++p->untold;
		return;
	}

	log_warning("fraud", "call %s: %s may not call '%s' through %s: %s "
		    "(%u more since the last line)", req->call_id,
		    name ? name : "a guest", req->number, req->trunk,
		    fraud_text(r), p ? p->untold : 0);
	if (p) {
		p->alert_us = now;
		p->untold   = 0;
	}
}


static void tell_first(const struct fraud_req *req)
{
	const char *name = req->payer->name;

	if (!req->payer->dynamic || real_kind(req) == NUMBER_PLAIN ||
	    store_db_get(FIRST_FAMILY, name))
		return;

	log_warning("fraud", "ALERT call %s: the first call of %s that is %s: "
		    "'%s' through %s", req->call_id, name,
		    number_kind_name(real_kind(req)), req->number,
		    req->trunk);
	(void)store_db_put(FIRST_FAMILY, name, req->number);
}


enum fraud_reason fraud_check(const struct fraud_req *req)
{
	struct payer *p = NULL;
	enum fraud_reason r;

	if (!req || !req->cfg || !req->number || !req->trunk)
		return FRAUD_GUEST;

	r = decide(req, &p);
	if (r == FRAUD_OK)
		tell_first(req);
	else
		tell_refusal(req, r);

	return r;
}


/* ---- minutes ------------------------------------------------------------ */

static void charge_destructor(void *data)
{
	struct charge *c = data;

	list_unlink(&c->le);
}


static struct charge *charge_find(uint32_t leg)
{
	for (struct le *le = fraud.charges.head; le; le = le->next) {
		struct charge *c = le->data;

		if (c->leg == leg)
			return c;
	}

	return NULL;
}


static void count_time(struct charge *c)
{
	uint64_t now = clock_ms();

	new_day(c->payer);
	if (c->answered)
		c->payer->unsaved_ms += now - c->last_ms;
	c->last_ms = now;
}


static void look_at(struct leg *leg)
{
	struct charge *c = charge_find(leg_id(leg));

	if (!c || leg_state(leg) >= LEG_ENDING)
		return;

	c->found = true;
	count_time(c);
	c->answered = leg_is_answered(leg);

	if (!c->answered || used_ms(c->payer) < c->max_ms)
		return;

	log_warning("fraud", "%s is ended: %s has used its minutes of today",
		    leg_name(leg), c->payer->name);
	count_inc(COUNT_FRAUD_MINUTES);
	leg_hangup(leg, CAUSE_REJECTED, NULL);
}


/* Hanging up changes the lists later, from the loop */
static void look_at_all(void)
{
	for (struct le *le = list_head(calls_list()); le; le = le->next) {
		const struct call *call = le->data;
		struct le *l = list_head(&call->legs);

		while (l) {
			struct leg *leg = l->data;

			l = l->next;
			look_at(leg);
		}
	}
}


static void tick_handler(void *arg)
{
	struct le *le = fraud.charges.head;
	bool write = clock_ms() - fraud.written_ms >= WRITE_MS;

	(void)arg;
	while (le) {
		struct charge *c = le->data;

		le	 = le->next;
		c->found = false;
	}

	look_at_all();

	le = fraud.charges.head;
	while (le) {
		struct charge *c = le->data;

		le = le->next;
		if (!c->found)
			count_time(c);
		if (write || !c->found)
			save_used(c->payer);
		if (!c->found)
			mem_deref(c);
	}

	if (write)
		fraud.written_ms = clock_ms();
	if (fraud.charges.head)
		timer_start(&fraud.tick, TICK_MS, tick_handler, NULL);
}


void fraud_placed(const struct fraud_req *req, uint32_t leg)
{
	struct payer *p = req->payer ? payer_get(req->payer->name) : NULL;
	struct charge *c;

	if (!p || !req->payer->minutes_per_day ||
	    real_kind(req) == NUMBER_PLAIN)
		return;

	c = mem_zalloc(sizeof(*c), charge_destructor);
	if (!c) {
		log_warning("fraud", "%s: no memory to count its minutes",
			    p->name);
		return;
	}

	c->payer   = p;
	c->leg	   = leg;
	c->max_ms  = req->payer->minutes_per_day * 60000ULL;
	c->last_ms = clock_ms();
	list_append(&fraud.charges, &c->le, c);
	if (!timer_runs(&fraud.tick))
		timer_start(&fraud.tick, TICK_MS, tick_handler, NULL);
}


void fraud_pays(struct call *call, const struct leg *by)
{
	const struct peer *peer = by ? leg_peer(by) : NULL;

	if (call && peer && peer->name)
		str_ncpy(call->payer, peer->name, sizeof(call->payer));
}


/* ---- start -------------------------------------------------------------- */

int fraud_init(void)
{
	list_init(&fraud.charges);
	fraud.written_ms = clock_ms();

	return hash_alloc(&fraud.payers, BUCKETS);
}


static bool flush_handler(struct le *le, void *arg)
{
	(void)arg;
	mem_deref(le->data);

	return false;
}


void fraud_close(void)
{
	struct le *le = fraud.charges.head;

	timer_cancel(&fraud.tick);
	while (le) {
		struct charge *c = le->data;

		le = le->next;
		count_time(c);
		save_used(c->payer);
		mem_deref(c);
	}

	if (fraud.payers)
		(void)hash_apply(fraud.payers, flush_handler, NULL);
	fraud.payers = mem_deref(fraud.payers);
}
