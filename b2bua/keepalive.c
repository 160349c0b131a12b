/**
 * @file b2bua/keepalive.c  What keeps a phone's NAT open, and how often
 *
 * A NAT forgets who is behind it when nothing passes for a while: two minutes
 * are asked of it (RFC 4787), thirty seconds are common, less is seen.  Then
 * no call reaches the phone until it registers again.
 *
 * keepalive=auto sends CRLF (RFC 5626 4.4.1) every 25 s to phones behind a
 * NAT, or with a public address, that have registered over UDP; a number does
 * so for every place of the peer.  Connections are kept by the kernel (sip/conn.c).
 *
 *   CRLF, 25 s ──forgotten──► OPTIONS, 12 s ──forgotten──► 6 s ──► 5 s
 *
 * Every fourth packet is an OPTIONS, whose answer proves that the NAT is open.
 * One is sent just after a REGISTER: a phone that does not answer that one
 * does not know OPTIONS, and is not asked again.
 *
 * That the NAT forgot a phone is seen when the phone comes back with its next
 * REGISTER, of the same Call-ID, so it was not switched off: from another
 * port, or after a question that it did not answer.  The interval is halved
 * then, and OPTIONS asked instead of CRLF sent, as many a NAT counts only what
 * comes from inside.  Answers are proof: an address that held for
 * twenty intervals was not lost for want of packets but in a restart of the
 * router, and nothing changes.  The value is kept by peer in the database, and
 * such a phone is granted two minutes of registration at most: if it is lost
 * again, it is not for long.
 */
#include "b2bua/location.h"
#include "b2bua/probe.h"
#include "b2bua/server.h"
#include "b2bua/transp.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "store/store.h"

enum {
	PROVEN	  = 20,   /* intervals that an address must hold */
	ANSWER_MS = 4000, /* patience with a question */
	AWAY_S	  = 30,   /* while it does not answer */
	FIRST_MS  = 1000, /* from a REGISTER to the first question */
	SPREAD_MS = 4000, /* of the first ones, after a start */
	TURNS	  = 4,    /* one of so many packets is a question */
};

static const char crlf[]   = "\r\n\r\n";
static const char family[] = "NAT/Keepalive";

static void handler(void *arg);


/* ---- how often ---------------------------------------------------------- */

static const struct peer *peer_of(const struct binding *b)
{
	return config_peer(server()->cfg, b->place->name);
}


static bool is_qualified(const struct binding *b, const struct peer *peer)
{
	return peer->qualify_ms &&
	       list_ledata(list_head(&b->place->bindings)) == b;
}


/* A router that hides itself (ALG), or a firewall, may stand before what has
 * a public address */
static bool is_away(const struct binding *b)
{
	const struct sa *sa = &b->target.dst;

	return b->natted || !(addr_is_private(sa) || addr_is_loopback(sa));
}


/* Before anything was learned */
static uint32_t wanted_s(const struct binding *b, const struct peer *peer)
{
	if (peer->keepalive_s != KEEPALIVE_AUTO)
		return peer->keepalive_s;

	return b->target.tp == SX_UDP && is_away(b) ? KEEPALIVE_AUTO_S : 0;
}


uint32_t keepalive_every_s(const struct binding *b, const struct peer *peer,
			   bool *asks)
{
	uint32_t s = wanted_s(b, peer);

	*asks = s && b->keep.learned_s && b->target.tp == SX_UDP;

	return s && b->keep.learned_s ? min(s, b->keep.learned_s) : s;
}


uint32_t keepalive_qualify_s(const struct place *pl, const struct peer *peer)
{
	const struct binding *b = list_ledata(list_head(&pl->bindings));
	uint32_t s = peer->qualifyfreq_s;

	return b && b->keep.learned_s && b->target.tp == SX_UDP
		       ? min(s, b->keep.learned_s)
		       : s;
}


/* ---- what was learned ---------------------------------------------------- */

static uint32_t learned_s(const char *name)
{
	const char *val = store_db_get(family, name);
	struct pl pl;
	uint64_t n;

	if (!val)
		return 0;

	pl_set_str(&pl, val);
	if (num_decode(&n, &pl, 86400))
		return 0;

	return (uint32_t)n;
}


uint32_t keepalive_grant_s(const struct peer *peer, uint32_t s)
{
	uint32_t least = server()->cfg->general.minexpiry_s;

	if (s <= KEEPALIVE_GRANT_S || !learned_s(peer->name))
		return s;

	return max((uint32_t)KEEPALIVE_GRANT_S, least);
}


static void keep(const struct binding *b)
{
	char val[16];

	(void)re_snprintf(val, sizeof(val), "%u", b->keep.learned_s);
	(void)store_db_put(family, b->place->name, val);
}


/* The longest that nothing may have passed for */
static uint32_t idle_s(const struct binding *b, const struct peer *peer)
{
	bool asks;
	uint32_t s = keepalive_every_s(b, peer, &asks);

	if (is_qualified(b, peer)) {
		uint32_t q = keepalive_qualify_s(b->place, peer);

		s = s ? min(s, q) : q;
	}

	return s;
}


/* Its address held so long under questions that they were enough */
static bool was_proven(const struct keep *k, uint32_t s)
{
	return k->heard_ms - k->since_ms >= PROVEN * 1000ULL * s;
}


static void forgotten(struct binding *b, const struct peer *peer)
{
	uint32_t s = idle_s(b, peer), was = b->keep.learned_s;

	++b->keep.losses;
	if (!s || was_proven(&b->keep, s)) {
		log_info("keepalive", "%s: its NAT has forgotten it; "
			 "the interval stays", peer->name);
		return;
	}

	b->keep.learned_s = max(s / 2, (uint32_t)KEEPALIVE_LEAST_S);
	if (b->keep.learned_s == was)
		return;

	log_notice("keepalive", "%s: its NAT forgot it within %u s; it is "
		   "asked every %u s from now on", peer->name, s,
		   b->keep.learned_s);
	keep(b);
}


void keepalive_forget(const char *name)
{
	struct place *pl = location_find(name);
	struct le *le	 = pl ? list_head(&pl->bindings) : NULL;

	(void)store_db_del(family, name);
	for (; le; le = le->next) {
		struct binding *b = le->data;

		b->keep.learned_s = 0;
		b->keep.losses	  = 0;
	}
}


void keepalive_heard(struct binding *b)
{
	if (!b)
		return;

	b->keep.missed	 = false;
	b->keep.answers	 = true;
	b->keep.heard_ms = clock_ms();
}


void keepalive_missed(struct binding *b)
{
	if (b && b->keep.answers)
		b->keep.missed = true;
}


/* ---- sending ------------------------------------------------------------ */

static void send_empty(const struct sx_target *t)
{
	/* a connection is not opened for this */
	if (t->tp != SX_UDP && !sx_conn_is_open(t->conn))
		return;

	(void)sx_send_raw(server()->sx, t, crlf, sizeof(crlf) - 1);
}


static void answer_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct binding *b = arg;

	if (!err && msg->scode < 200)
		return;

	b->keep.ct = mem_deref(b->keep.ct);
	if (err) {
		keepalive_missed(b);
		return;
	}

	keepalive_heard(b);
	nat_note_echo(b->place->name, msg);
}


static void ask(struct binding *b, const struct peer *peer)
{
	/* it is still waited for: the patience is shorter than the interval */
	if (b->keep.ct)
		return;

	if (probe_send(&b->keep.ct, peer, &b->target, b->contact,
			    answer_handler, b))
		keepalive_missed(b);
	else
		sx_ctrans_set_timers(b->keep.ct, 500, ANSWER_MS);
}


/* qualify= asks as often */
static bool is_question(const struct binding *b, const struct peer *peer,
			bool asks)
{
	const struct keep *k = &b->keep;

	if (b->target.tp != SX_UDP || is_qualified(b, peer))
		return false;

	return !k->turn || (k->answers && (asks || k->turn % TURNS == 0));
}


static void start(struct binding *b, uint32_t ms)
{
	if (ms)
		timer_start(&b->keep.tmr, ms, handler, b);
	else
		timer_cancel(&b->keep.tmr);
}


/* Not all of them at once, but soon: when the last one was is not known, and
 * the NAT may have waited for a whole interval already */
static uint32_t spread_ms(uint32_t s)
{
	return s ? FIRST_MS + rand_below(min(s * 1000, (uint32_t)SPREAD_MS))
		 : 0;
}


static void handler(void *arg)
{
	struct binding *b	= arg;
	const struct peer *peer = peer_of(b);
	uint32_t s;
	bool asks;

	if (!peer)
		return;

	s = keepalive_every_s(b, peer, &asks);
	if (!s)
		return;

	if (is_question(b, peer, asks))
		ask(b, peer);
	else
		send_empty(&b->target);
	++b->keep.turn;

	/* it will come back by itself */
	if (b->keep.missed)
		s = max(s, (uint32_t)AWAY_S);
	start(b, s * 1000);
}


/* ---- registrations ------------------------------------------------------ */

static bool was_forgotten(const struct binding *b, const struct bound *how)
{
	return how->old && how->same && b->target.tp == SX_UDP &&
	       (how->port_moved || (b->keep.missed && !how->moved));
}


void keepalive_bound(struct binding *b, const struct peer *peer,
		     const struct bound *how)
{
	uint32_t s;
	bool asks;

	if (!how->old)
		b->keep.learned_s = learned_s(peer->name);
	else if (was_forgotten(b, how))
		forgotten(b, peer);

	b->keep.ct	 = mem_deref(b->keep.ct);
	b->keep.missed	 = false;
	b->keep.heard_ms = clock_ms();
	if (!how->old || how->moved)
		b->keep.since_ms = b->keep.heard_ms;
	if (!how->same) {
		b->keep.turn	= 0;
		b->keep.answers = false;
	}

	s = keepalive_every_s(b, peer, &asks);
	if (how->loaded)
		start(b, spread_ms(s));
	else
		start(b, s && !b->keep.turn ? FIRST_MS : s * 1000);
}


void keepalive_stop(struct binding *b)
{
	timer_cancel(&b->keep.tmr);
	b->keep.ct = mem_deref(b->keep.ct);
}


/* ---- configured hosts --------------------------------------------------- */

static uint32_t static_s(const struct peer *peer)
{
	return peer && !peer->dynamic && (peer->type & PEER_TYPE_PEER) &&
			       peer->keepalive_s != KEEPALIVE_AUTO
		       ? peer->keepalive_s
		       : 0;
}


static void send_static(const struct peer *peer, const struct place *pl)
{
	struct sx_target t = {.tp = transp_peer_tp(peer)};

	if (t.tp != SX_UDP)
		return;

	if (sa_isset(&peer->host.sa, SA_ADDR))
		t.dst = peer->host.sa;
	else if (pl->dnsc)
		t.dst = pl->dnsv[0];
	else
		return;

	send_empty(&t);
}


static void static_handler(void *arg)
{
	struct place *pl	= arg;
	const struct peer *peer = config_peer(server()->cfg, pl->name);
	uint32_t s		= static_s(peer);

	if (!s)
		return;

	send_static(peer, pl);
	timer_start(&pl->keepalive, s * 1000ULL, static_handler, pl);
}


static void config_bindings(const struct place *pl, const struct peer *peer)
{
	bool asks;

	for (struct le *le = list_head(&pl->bindings); le; le = le->next) {
		struct binding *b = le->data;
		uint32_t s	  = keepalive_every_s(b, peer, &asks);

		if (!s || !timer_runs(&b->keep.tmr))
			start(b, spread_ms(s));
	}
}


void keepalive_config(const struct config *cfg)
{
	uint64_t spread = 0;

	for (struct le *le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;
		const uint32_t s	= static_s(peer);
		struct place *pl	= location_find(peer->name);

		if (s && !pl)
			pl = location_get(peer->name);
		if (!pl)
			continue;

		config_bindings(pl, peer);
		if (!s)
			continue;

		/* not all of them at once */
		timer_start(&pl->keepalive,
			    (s * 1000ULL + spread) % (s * 1000ULL) + 1,
			    static_handler, pl);
		spread += 100;
	}
}
