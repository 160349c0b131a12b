/**
 * @file b2bua/guard.c  In front of the SIP layer
 *
 *   datagram ─► class of its source ─┬─ allowed, trunk ───────────────► pass
 *                                    ├─ phone, localnet ─► bucket ────► pass
 *                                    └─ stranger ─► first look (one pass)
 *        a dialog or transaction of ours ─► bucket ───────────────────► pass
 *        banned, or a scanner's name ─────────────────────────────────► drop
 *        answers our nonce ─► bucket ─────────────────────────────────► pass
 *        the rest ─► buckets of address, network, all strangers ──────► pass
 *
 * A stranger costs one record of a table that never grows; nothing of what it
 * sent is kept, but for three lines if it did something wrong.
 *
 * Bans.  What is counted is a failure of a minute: a wrong password, an
 * unknown extension, a malformed message, one more user after five, fifty
 * messages over the rate, a scanner's name.  Whoever writes another's address
 * into a datagram must not get him banned, so there are two ways to a ban:
 * enough failures that came with a proof (a stream, an answer to our nonce),
 * or enough of them that go on for five seconds.  The second kind of ban has a
 * door: a REGISTER every five seconds gets its challenge, and who then has the
 * right password is let in and the ban is lifted.  Trunks, registered phones,
 * localnet and private addresses, this machine and what `allow` names are
 * never banned.
 *
 * Guessing.  Wrong passwords from one address for one account make the next
 * try wait: 0.5 s after three, 2 s after five, 8 s after eight.  What comes
 * earlier is not looked at (a datagram is dropped, and the client repeats it).
 * The account itself is never locked: that would be a weapon.
 */
#include "b2bua/guard_priv.h"
#include "b2bua/guard_known.h"
#include "b2bua/guard_look.h"
#include "b2bua/guard_nft.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/count.h"
#include "store/store.h"

enum {
	TABLE	     = 65536,
	DOOR_US	     = 5000000,
	USERS_FREE   = 5,
	FLOOD_STEP   = 50,
	RATE_PHONE   = 1000,     /* [1/s] for each binding at the address */
	RATE_PHONES  = 20000,
	RATE_LOCAL   = 1000,
	RATE_OWN     = 1000,
	PROVEN_TIMES = 2,        /* of a stranger's rate */
};

struct guard_state grd;


/* ---- classes ------------------------------------------------------------ */

/* The last rule that fits decides; none: no */
static bool is_listed(const struct list *acl, const struct sa *sa)
{
	bool listed = false;

	for (struct le *le = list_head(acl); le; le = le->next) {
		const struct acl_rule *rule = le->data;

		if (net_has(&rule->net, sa))
			listed = rule->permit;
	}

	return listed;
}


/* Nobody else can come from there */
static bool is_this_machine(const struct sa *sa)
{
	uint8_t in6[16];

	if (sa_af(sa) == AF_INET)
		return sa_in(sa) == 0x7f000001;
	if (!addr_is_loopback(sa))
		return false;

	sa_in6(sa, in6);

	return in6[15] == 1;
}


enum guard_class guard_class_of(const struct sa *src)
{
	struct guard_known k;
	struct sa sa = *src;

	addr_unmap(&sa);
	if (is_this_machine(&sa))
		return GUARD_ALLOWED;
	if (grd.cfg && (is_listed(&grd.cfg->guard.allow, &sa) ||
		      is_listed(&grd.allow, &sa)))
		return GUARD_ALLOWED;

	guard_known_find(&k, &sa);
	if (k.trunks)
		return GUARD_TRUNK;
	if (k.phones)
		return GUARD_PHONE;
	if (addr_is_private(&sa) ||
	    (grd.cfg && is_listed(&grd.cfg->general.localnet, &sa)))
		return GUARD_LOCAL;

	return GUARD_STRANGER;
}


bool guard_is_stranger(const struct sa *src, void *arg)
{
	(void)arg;
	return guard_class_of(src) == GUARD_STRANGER;
}


/* ---- packets ------------------------------------------------------------ */

static bool drop(enum counter c)
{
	count_inc(c);

	return false;
}


static bool take(enum guard_kind kind, const struct sa *src, uint32_t rate)
{
	struct guard_rec *r = guard_rec_of(kind, src, NULL);

	return guard_take(&r->tat_us, clock_us(), rate, 2 * rate) ||
	       drop(COUNT_GUARD_RATE);
}


static bool is_own(const struct guard_look *l)
{
	if (l->response)
		return grd.hooks.waits(&l->branch) ||
		       (l->ftag.l && grd.hooks.dialog(&l->callid, &l->ftag));

	return l->ttag.l && grd.hooks.dialog(&l->callid, &l->ttag);
}


static bool has_proof(const struct sa *src, const struct guard_look *l)
{
	return l->auth_nonce.l &&
	       grd.hooks.nonce(src, &l->auth_realm, &l->auth_nonce);
}


/* The same account again, too early after a wrong password */
static bool guesses(const struct sa *src, const struct guard_look *l)
{
	return l->auth_nonce.l && guard_wait_ms(src, &l->auth_user) != 0;
}


/* Phones and the house: wide limits, for what has gone wild */
static bool known_passes(enum guard_class c, enum sx_tp tp,
			 const struct sa *src, const uint8_t *p, size_t n)
{
	struct guard_known k;
	struct guard_look l;
	uint32_t rate = RATE_LOCAL;

	if (c == GUARD_PHONE) {
		guard_known_find(&k, src);
		rate = k.phones > RATE_PHONES / RATE_PHONE
			       ? RATE_PHONES
			       : k.phones * RATE_PHONE;
	}

	if (!take(GUARD_KIND_KNOWN, src, rate))
		return false;
	if (tp != SX_UDP)
		return true;

	guard_look(&l, p, n);

	return !guesses(src, &l) || drop(COUNT_GUARD_GUESSING);
}


/* Who may have been framed gets a challenge now and then */
static bool banned_passes(struct guard_ban *b, const struct sa *src,
			  const struct guard_look *l)
{
	static const struct pl reg = PL_LIT("REGISTER");
	struct guard_rec *r;
	uint64_t now = clock_us();

	if (!b->proven && !b->manual && !pl_cmp(&l->met, &reg)) {
		if (has_proof(src, l))
			return take(GUARD_KIND_PROVEN, src,
				    grd.cfg->guard.rate) &&
			       (!guesses(src, l) ||
				drop(COUNT_GUARD_GUESSING));

		r = guard_rec_of(GUARD_KIND_DOOR, src, NULL);
		if (r->tat_us <= now) {
			r->tat_us = now + DOOR_US;
			return true;
		}
	}

	++b->drops;

	return drop(COUNT_GUARD_BANNED);
}


static bool over_rate(const struct sa *src, struct guard_rec *r, bool proven)
{
	guard_window(r, clock_us());
	if (++r->dropped % FLOOD_STEP == 0)
		guard_note_src(src, GUARD_EV_FLOOD, proven, NULL);

	return drop(COUNT_GUARD_RATE);
}


/* Who asks for one account after the other looks for accounts */
static void count_user(const struct sa *src, struct guard_rec *r,
		       const struct guard_look *l, bool proven)
{
	static const struct pl invite = PL_LIT("INVITE");
	struct pl who = l->to_user;
	char text[96];

	if (l->response || !who.l || l->ttag.l)
		return;
	if (grd.cfg->general.allowguest && !pl_cmp(&l->met, &invite))
		return;

	guard_window(r, clock_us());
	if (!guard_rec_user(r, grd.tab, &who) || r->userc <= USERS_FREE)
		return;

	if (who.l > 64)
		who.l = 64;
	(void)re_snprintf(text, sizeof(text), "%r after %u others", &who,
			  r->userc - 1);
	guard_note_src(src, GUARD_EV_USERS, proven, text);
}


static bool stranger_passes(enum sx_tp tp, const struct sa *src,
			    const struct guard_look *l)
{
	const struct guard_conf *cfg = &grd.cfg->guard;
	bool proven = tp != SX_UDP;
	uint64_t now = clock_us();
	struct guard_rec *r;

	if (has_proof(src, l)) {
		if (proven || !guesses(src, l))
			return take(GUARD_KIND_PROVEN, src,
				    PROVEN_TIMES * cfg->rate);
		return drop(COUNT_GUARD_GUESSING);
	}

	r = guard_rec_of(GUARD_KIND_ADDR, src, NULL);
	if (!guard_take(&r->tat_us, now, cfg->rate, 2 * cfg->rate))
		return over_rate(src, r, proven);

	if (!guard_take(&guard_rec_of(GUARD_KIND_NET, src, NULL)->tat_us, now,
			cfg->rate_net, 2 * cfg->rate_net))
		return drop(COUNT_GUARD_NETWORK);

	if (!guard_take(&grd.all_us, now, cfg->rate_all, cfg->rate_all))
		return drop(COUNT_GUARD_ALL);

	/* asked again: the other record may have taken its place */
	count_user(src, guard_rec_of(GUARD_KIND_ADDR, src, NULL), l, proven);

	return !guard_ban_find(src) || drop(COUNT_GUARD_BANNED);
}


static bool scanner(enum sx_tp tp, const struct sa *src,
		    const struct guard_look *l)
{
	char text[96];
	struct pl agent = l->agent;

	if (agent.l > 64)
		agent.l = 64;
	(void)re_snprintf(text, sizeof(text), "%r", &agent);
	guard_note_src(src, GUARD_EV_SCANNER, tp != SX_UDP, text);

	return drop(COUNT_GUARD_SCANNER);
}


bool guard_packet(enum sx_tp tp, const struct sa *src, const uint8_t *p,
		  size_t n, void *arg)
{
	enum guard_class c;
	struct guard_ban *b;
	struct guard_look l;

	(void)arg;
	if (!grd.cfg || !grd.tab || !grd.cfg->guard.enable)
		return true;

	c = guard_class_of(src);
	if (c <= GUARD_TRUNK)
		return true;
	if (c != GUARD_STRANGER)
		return known_passes(c, tp, src, p, n);

	guard_look(&l, p, n);
	if (is_own(&l))
		return take(GUARD_KIND_OWN, src, RATE_OWN);

	b = guard_ban_find(src);
	if (b && (b->proven || b->manual))
		return banned_passes(b, src, &l);
	if (guard_has_word(&l.agent, grd.cfg->guard.scanners))
		return scanner(tp, src, &l);
	if (b)
		return banned_passes(b, src, &l);

	return stranger_passes(tp, src, &l);
}


/* ---- start, configuration ----------------------------------------------- */

static void allow_load(const char *family, const char *key, const char *value,
		       void *arg)
{
	struct pl pl, bad;

	(void)family;
	(void)value;
	(void)arg;

	pl_set_str(&pl, key);
	(void)acl_add(&grd.allow, &pl, true, &bad);
}


int guard_init(const struct guard_hooks *hooks, ident_addr_h *h)
{
	int err;

	if (!hooks || !hooks->dialog || !hooks->waits || !hooks->nonce)
		return EINVAL;

	memset(&grd, 0, sizeof(grd));
	grd.hooks = *hooks;
	grd.evv = mem_zalloc(GUARD_EVIDENCES * sizeof(*grd.evv), NULL);
	err	= grd.evv ? guard_tab_alloc(&grd.tab, TABLE) : ENOMEM;
	if (!err)
		err = guard_known_init(h);
	if (!err)
		err = guard_bans_init(guard_nft_change);
	if (err) {
		guard_close();
		return err;
	}

	(void)store_db_scan(GUARD_ALLOW_FAMILY, NULL, allow_load, NULL);

	return 0;
}


void guard_close(void)
{
	guard_log_close();
	guard_nft_close();
	guard_bans_close();
	guard_known_close();
	list_flush(&grd.allow);
	grd.tab = mem_deref(grd.tab);
	grd.evv = mem_deref(grd.evv);
	grd.cfg = mem_deref(grd.cfg);
}


int guard_config(struct config *cfg)
{
	bool first = !grd.cfg;
	int err;

	if (!cfg || !grd.tab)
		return EINVAL;

	mem_ref(cfg);
	mem_deref(grd.cfg);
	grd.cfg = cfg;

	err = guard_known_config(cfg);
	guard_bans_config(&cfg->guard);
	guard_nft_config(cfg->guard.enable ? cfg->guard.nft : NULL);
	if (first)
		guard_bans_load();

	return err;
}


void guard_peer(const struct peer *peer)
{
	if (grd.tab && guard_known_update(peer))
		log_warning("guard", "%s: no memory for its addresses",
			    peer->name);
}
