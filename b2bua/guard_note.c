/**
 * @file b2bua/guard_note.c  What strangers did: evidence, bans, guessing, and
 *                           how many lines of the log it is worth
 */
#include "b2bua/guard_priv.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/log.h"
#include "base/timer.h"
#include "sip/digest.h"

enum {
	SPAN_US	    = 5000000, /* without proof it must go on for so long */
	LOG_RATE    = 10,
	LOG_ALL	    = 100,
	LOG_BANS    = 4,    /* [1/s], two lines each ... */
	LOG_BANS_MAX = 100, /* ... after so many at once */
	LOG_SLOTS   = 32,
	LOG_TICK_MS = 1000,
};

/** Lines that were not written */
static struct {
	uint64_t all_us, bans_us;
	struct {
		struct sa sa;
		uint32_t n;
	} v[LOG_SLOTS];
	size_t n;
	uint32_t more;
	struct timer tmr;
} quiet;

static void suppress(const struct sa *src);


/* ---- what they did ------------------------------------------------------ */

struct guard_rec *guard_rec_of(enum guard_kind kind, const struct sa *src,
			     const struct pl *text)
{
	return guard_tab_get(grd.tab, guard_key(grd.tab, kind, src, text));
}


struct guard_evidence *guard_evidence_of(uint64_t key)
{
	return &grd.evv[key % GUARD_EVIDENCES];
}


/* Two addresses may have the same place: the later one has it */
static void evidence_take(uint64_t key, enum guard_event ev, const char *text)
{
	struct guard_evidence *e = guard_evidence_of(key);
	uint32_t day_s = (uint32_t)(clock_wall_s() % 86400);
	char line[GUARD_LINE];

	if (e->key != key) {
		memset(e, 0, sizeof(*e));
		e->key = key;
	}

	(void)re_snprintf(line, sizeof(line), "%02u:%02u:%02u UTC %s%s%s",
			  day_s / 3600, day_s / 60 % 60, day_s % 60,
			  guard_event_text(ev), text && *text ? ": " : "",
			  text ? text : "");
	line[sizeof(line) - 1] = '\0';
	guard_evidence_add(e, line);
}


static void ban(const struct sa *src, struct guard_rec *r, bool proven,
		enum guard_event ev)
{
	struct guard_evidence *e = guard_evidence_of(r->key);
	char why[GUARD_LINE];

	(void)re_snprintf(why, sizeof(why), "%u failures in %u s, the last "
			  "one: %s", r->points,
			  (uint32_t)((r->last_us - r->first_us) / 1000000) + 1,
			  guard_event_text(ev));

	if (guard_ban_add(src, 0, proven, false, why,
			  e->key == r->key ? e : NULL))
		return;

	guard_rec_reset(r);

	/* thousands of forged sources are one flood */
	if (!guard_take(&quiet.bans_us, clock_us(), LOG_BANS, LOG_BANS_MAX)) {
		suppress(src);
		return;
	}

	log_notice("chan_sip.c", "hacking attempt detected '%j'", src);
	log_warning("guard", "%H is banned for %u s: %s", guard_net_print, src,
		    guard_ban_left_s(guard_ban_find(src)), why);
}


void guard_window(struct guard_rec *r, uint64_t now)
{
	if (!r->first_us || now - r->first_us > GUARD_WINDOW_US) {
		guard_rec_reset(r);
		r->first_us = now;
	}

	r->last_us = now;
}


void guard_note_src(const struct sa *src, enum guard_event ev, bool proven,
		 const char *text)
{
	struct guard_rec *r = guard_rec_of(GUARD_KIND_ADDR, src, NULL);
	uint32_t limit;

	guard_window(r, clock_us());
	evidence_take(r->key, ev, text);
	++r->points;
	if (proven)
		++r->proven;

	if (!grd.cfg || !grd.cfg->guard.enable ||
	    guard_class_of(src) != GUARD_STRANGER || guard_ban_find(src))
		return;

	limit = grd.cfg->guard.failures;
	if (r->proven >= limit)
		ban(src, r, true, ev);
	else if (r->points >= limit && r->last_us - r->first_us >= SPAN_US)
		ban(src, r, false, ev);
}


void guard_bad(enum sx_tp tp, const struct sa *src, const char *why, void *arg)
{
	(void)arg;

	if (grd.tab)
		guard_note_src(src, GUARD_EV_MALFORMED, tp != SX_UDP, why);
}


static bool has_nonce(const struct sx_msg *msg)
{
	const struct pl *val;
	struct sx_auth_resp r;

	for (size_t i = 0; (val = sx_msg_hdr(msg, SX_HDR_AUTHORIZATION, i));
	     i++) {
		if (!sx_auth_resp_parse(&r, val) && grd.hooks.nonce &&
		    grd.hooks.nonce(&msg->src, &r.realm, &r.nonce))
			return true;
	}

	return false;
}


bool guard_is_proven(const struct sx_msg *msg)
{
	return msg->tp != SX_UDP || has_nonce(msg);
}


/* ---- guessing ----------------------------------------------------------- */

static uint32_t ladder_ms(uint32_t failures)
{
	return failures < 3 ? 0 : failures < 5 ? 500 : failures < 8 ? 2000
								   : 8000;
}


uint32_t guard_wait_ms(const struct sa *src, const struct pl *user)
{
	const struct guard_rec *r;
	uint64_t now = clock_us(), due;

	if (!grd.tab || !user || !user->l)
		return 0;

	r = guard_tab_find(grd.tab, guard_key(grd.tab, GUARD_KIND_GUESS, src,
					    user));
	if (!r || !r->points || now - r->last_us > GUARD_WINDOW_US)
		return 0;
	if (guard_class_of(src) <= GUARD_TRUNK)
		return 0;

	due = r->last_us + ladder_ms(r->points) * 1000ULL;

	return due > now ? (uint32_t)((due - now + 999) / 1000) : 0;
}


static void guessed(const struct sa *src, const struct pl *user)
{
	struct guard_rec *r = guard_rec_of(GUARD_KIND_GUESS, src, user);
	uint64_t now = clock_us();

	if (r->last_us && now - r->last_us > GUARD_WINDOW_US)
		guard_rec_reset(r);

	r->last_us = now;
	++r->points;
}


void guard_note(const struct sx_msg *msg, enum guard_event ev,
		const struct pl *user, const char *text)
{
	if (!grd.tab)
		return;

	if (ev == GUARD_EV_PASSWORD && user)
		guessed(&msg->src, user);

	guard_note_src(&msg->src, ev, guard_is_proven(msg), text);
}


void guard_success(const struct sx_msg *msg, const struct pl *user)
{
	const struct guard_ban *b = guard_ban_find(&msg->src);

	if (!grd.tab)
		return;

	if (user)
		guard_rec_reset(guard_rec_of(GUARD_KIND_GUESS, &msg->src,
					     user));

	if (b && !b->proven && !b->manual) {
		log_info("guard", "%H is no longer banned: it has shown a "
			 "right password", guard_net_print, &msg->src);
		(void)guard_ban_del(&msg->src);
	}
}


/* ---- the log ------------------------------------------------------------ */

static void tick_handler(void *arg)
{
	(void)arg;

	for (size_t i = 0; i < quiet.n; i++)
		log_notice("guard", "%j: suppressed %u lines",
			   &quiet.v[i].sa, quiet.v[i].n);
	if (quiet.more)
		log_notice("guard", "other addresses: suppressed %u lines",
			   quiet.more);

	quiet.n     = 0;
	quiet.more = 0;
}


static void suppress(const struct sa *src)
{
	count_inc(COUNT_LOG_SUPPRESSED);
	if (!timer_runs(&quiet.tmr))
		timer_start(&quiet.tmr, LOG_TICK_MS, tick_handler, NULL);

	for (size_t i = 0; i < quiet.n; i++) {
		if (sa_cmp(&quiet.v[i].sa, src, SA_ADDR)) {
			++quiet.v[i].n;
			return;
		}
	}

	if (quiet.n >= LOG_SLOTS) {
		++quiet.more;
		return;
	}

	quiet.v[quiet.n].sa = *src;
	quiet.v[quiet.n].n  = 1;
	++quiet.n;
}


bool guard_log(const struct sa *src)
{
	uint64_t now = clock_us();
	struct guard_rec *r;

	if (!grd.tab)
		return true;

	r = guard_rec_of(GUARD_KIND_LOG, src, NULL);
	if (guard_take(&r->tat_us, now, LOG_RATE, LOG_RATE) &&
	    guard_take(&quiet.all_us, now, LOG_ALL, LOG_ALL))
		return true;

	suppress(src);

	return false;
}


void guard_log_close(void)
{
	timer_cancel(&quiet.tmr);
	memset(&quiet, 0, sizeof(quiet));
}
