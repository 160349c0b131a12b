/**
 * @file b2bua/qualify.c  Is the peer there?  OPTIONS in regular intervals
 *
 * Any final answer counts as alive.  Slower than qualify= is lagged, none at
 * all is unreachable: both may not be dialled.  If this process stood still
 * meanwhile (a machine that was paused) that says nothing: it is asked anew.
 */
#include "b2bua/location.h"
#include "b2bua/devstate.h"
#include "b2bua/health.h"
#include "b2bua/probe.h"
#include "b2bua/regexten.h"
#include "b2bua/server.h"
#include "b2bua/transp.h"
#include "base/clock.h"

enum {
	RETRY_MS = 10000, /* while it is unreachable */
	LATE_MS  = 1000,  /* no busy machine's timer is so late */
};

static void poke(void *arg);
static bool next_place(struct place *pl, const struct peer *peer);


const char *qualify_state_name(enum qualify_state st)
{
	static const char *const names[] = {
		"Unmonitored", "UNKNOWN", "OK", "LAGGED", "UNREACHABLE"};

	return (size_t)st < ARRAY_SIZE(names) ? names[st] : "?";
}


static const struct peer *peer_of(const struct place *pl)
{
	return config_peer(server()->cfg, pl->name);
}


static void set_state(struct place *pl, enum qualify_state st, uint32_t ms)
{
	enum qualify_state was = pl->state;

	pl->state  = st;
	pl->rtt_ms = ms;
	if (was == st)
		return;

	pl->changed_ms = clock_ms();
	devstate_peer_changed(pl->name);
	regexten_update(pl->name);

	if (st == QUALIFY_UNREACHABLE)
		log_notice("qualify", "Peer '%s' is now UNREACHABLE!",
			   pl->name);
	else if (st == QUALIFY_LAGGED || was == QUALIFY_LAGGED ||
		 was == QUALIFY_UNREACHABLE)
		log_notice("qualify", "Peer '%s' is now %s. (%u ms)",
			   pl->name,
			   st == QUALIFY_LAGGED ? "Lagged" : "Reachable", ms);
}


static void again(struct place *pl, const struct peer *peer)
{
	uint64_t ms = pl->state == QUALIFY_UNREACHABLE
			      ? RETRY_MS
			      : keepalive_qualify_s(pl, peer) * 1000ULL;

	timer_start(&pl->qualify, ms, poke, pl);
}


static void forget_places(struct place *pl)
{
	pl->askedv = mem_deref(pl->askedv);
	pl->askedc = pl->askedi = 0;
}


/* No answer.  Of a name with several places all must be silent */
static void lost(struct place *pl, int err)
{
	const struct peer *peer = peer_of(pl);

	pl->ct = mem_deref(pl->ct);
	if (!peer)
		return;

	if (err && pl->askedc)
		health_failed(&pl->askedv[pl->askedi],
			      &(struct health_failure){.peer = peer,
						       .err  = err});
	if (next_place(pl, peer))
		return;

	forget_places(pl);
	keepalive_missed(list_ledata(list_head(&pl->bindings)));
	set_state(pl, QUALIFY_UNREACHABLE, 0);
	again(pl, peer);
}


/* chan_sip's patience: twice what is still good, 1 s at least */
static uint32_t patience_ms(const struct peer *peer)
{
	return peer->qualify_ms * 2 > 1000 ? peer->qualify_ms * 2 : 1000;
}


/* The question should have been given up long ago, but nobody was awake */
static bool slept(const struct place *pl, const struct peer *peer)
{
	return clock_ms() - pl->sent_ms >= patience_ms(peer) + LATE_MS;
}


static void response_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct place *pl	= arg;
	const struct peer *peer = peer_of(pl);
	uint32_t ms;

	if (err) {
		lost(pl, err);
		return;
	}

	if (msg->scode < 200 || !peer)
		return;

	ms     = (uint32_t)(clock_ms() - pl->sent_ms);
	pl->ct = mem_deref(pl->ct);
	if (pl->askedc && msg->scode != 503)
		health_answered(&pl->askedv[pl->askedi]);
	forget_places(pl);
	keepalive_heard(list_ledata(list_head(&pl->bindings)));
	if (list_head(&pl->bindings))
		nat_note_echo(pl->name, msg);
	if (slept(pl, peer)) {
		timer_start(&pl->qualify, 0, poke, pl);
		return;
	}

	set_state(pl, ms > peer->qualify_ms ? QUALIFY_LAGGED : QUALIFY_OK, ms);
	again(pl, peer);
}


static void wait_handler(void *arg)
{
	struct place *pl	= arg;
	const struct peer *peer = peer_of(pl);

	if (peer && slept(pl, peer))
		poke(pl);
	else
		lost(pl, ETIMEDOUT);
}


static int send_options(struct place *pl, const struct peer *peer,
			const struct sx_target *t, const char *ruri)
{
	int err;

	pl->sent_ms = clock_ms();
	err = probe_send(&pl->ct, peer, t, ruri, response_handler, pl);
	if (err)
		return err;

	timer_start(&pl->qualify, patience_ms(peer), wait_handler, pl);

	return 0;
}


static void send_to(struct place *pl, const struct peer *peer,
		    const struct sx_target *t, const char *uri)
{
	if (send_options(pl, peer, t, uri))
		lost(pl, ENOTCONN);
}


/* The next of the places that its name stands for; false after the last */
static bool next_place(struct place *pl, const struct peer *peer)
{
	if (pl->askedi + 1 >= pl->askedc)
		return false;

	send_to(pl, peer, &pl->askedv[++pl->askedi], NULL);

	return true;
}


static void resolve_handler(int err, const struct sx_target *tv, size_t n,
			    void *arg)
{
	struct place *pl	= arg;
	const struct peer *peer = peer_of(pl);

	pl->query = mem_deref(pl->query);
	forget_places(pl);
	if (err || !n || !peer) {
		lost(pl, 0);
		return;
	}

	pl->askedv = mem_zalloc(n * sizeof(*tv), NULL);
	if (pl->askedv) {
		memcpy(pl->askedv, tv, n * sizeof(*tv));
		pl->askedc = n;
	}
	send_to(pl, peer, &tv[0], NULL);
}


/* Where it is, whatever qualify thought of it before */
static int target(const struct peer *peer, struct place *pl,
		  struct sx_target *t, const char **uri, bool *known)
{
	enum qualify_state st = pl->state;
	int err;

	pl->state = QUALIFY_UNKNOWN;
	err	  = location_target(peer, t, uri, known);
	pl->state = st;

	return err;
}


static void poke(void *arg)
{
	struct place *pl	= arg;
	const struct peer *peer = peer_of(pl);
	const struct host_port *hp;
	struct sx_query *q = NULL;
	struct sx_target t;
	const char *uri;
	bool known;
	int err;

	if (!peer || !peer->qualify_ms) {
		qualify_stop(pl);
		return;
	}

	err = target(peer, pl, &t, &uri, &known);
	if (err == EHOSTUNREACH) {
		lost(pl, 0); /* its connection has gone */
		return;
	}
	if (err) {
		qualify_stop(pl); /* not registered: nothing to ask */
		return;
	}

	if (pl->state == QUALIFY_UNMONITORED)
		pl->state = QUALIFY_UNKNOWN;
	pl->ct = mem_deref(pl->ct);
	forget_places(pl);

	if (known) {
		send_to(pl, peer, &t, uri);
		return;
	}

	hp = peer->outboundproxy.host ? &peer->outboundproxy : &peer->host;
	if (sx_resolve(&q, server()->resolver, hp->host, hp->port,
		       transp_peer_tp(peer), server()->cfg->general.srvlookup,
		       resolve_handler, pl))
		lost(pl, 0);
	else if (q)
		pl->query = q;
}


void qualify_now(const struct peer *peer)
{
	struct place *pl = location_get(peer->name);

	if (pl && peer->qualify_ms)
		timer_start(&pl->qualify, 0, poke, pl);
}


void qualify_stop(struct place *pl)
{
	timer_cancel(&pl->qualify);
	pl->ct	  = mem_deref(pl->ct);
	pl->query = mem_deref(pl->query);
	forget_places(pl);
	pl->state = QUALIFY_UNMONITORED;
	devstate_peer_changed(pl->name);
}


void qualify_config(const struct config *cfg)
{
	uint32_t gap = cfg->general.qualifygap_ms ? cfg->general.qualifygap_ms
						  : 100;
	uint32_t group = cfg->general.qualifypeers, n = 0;
	uint64_t at = gap;

	for (struct le *le = list_head(location_list()); le; le = le->next) {
		struct place *pl	= le->data;
		const struct peer *peer = config_peer(cfg, pl->name);

		if (!peer || !peer->qualify_ms)
			qualify_stop(pl);
	}

	for (struct le *le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;
		struct place *pl;

		if (!peer->qualify_ms || !(peer->type & PEER_TYPE_PEER))
			continue;

		pl = location_get(peer->name);
		if (!pl || timer_runs(&pl->qualify))
			continue;

		timer_start(&pl->qualify, at, poke, pl);
		if (++n >= group) {
			at += gap;
			n = 0;
		}
	}
}
