/**
 * @file b2bua/keepalive.c  Empty packets that keep a peer's NAT open
 *
 * keepalive= sends CRLF (RFC 5626 4.4.1) to every place of a peer, or over its
 * connection while that is open.  No answer is awaited, and none is a reason
 * to stop: qualify= is there for that.
 */
#include "b2bua/location.h"
#include "b2bua/server.h"
#include "b2bua/transp.h"

static const char crlf[] = "\r\n\r\n";

static void handler(void *arg);


static void send_to(const struct sx_target *t)
{
	/* a connection is not opened for this */
	if (t->tp != SX_UDP && !sx_conn_is_open(t->conn))
		return;

	(void)sx_send_raw(server()->sx, t, crlf, sizeof(crlf) - 1);
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

	send_to(&t);
}


static void send_all(const struct peer *peer, const struct place *pl)
{
	if (!peer->dynamic) {
		send_static(peer, pl);
		return;
	}

	for (struct le *le = list_head(&pl->bindings); le; le = le->next) {
		const struct binding *b = le->data;

		send_to(&b->target);
	}
}


static void handler(void *arg)
{
	struct place *pl	= arg;
	const struct peer *peer = config_peer(server()->cfg, pl->name);

	if (!peer || !peer->keepalive_s)
		return;

	send_all(peer, pl);
	timer_start(&pl->keepalive, peer->keepalive_s * 1000ULL, handler, pl);
}


void keepalive_config(const struct config *cfg)
{
	uint64_t spread = 0;

	for (struct le *le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;
		struct place *pl;

		if (!peer->keepalive_s || !(peer->type & PEER_TYPE_PEER))
			continue;

		pl = location_get(peer->name);
		if (!pl)
			continue;

		/* not all of them at once */
		timer_start(&pl->keepalive,
			    (peer->keepalive_s * 1000ULL + spread) %
					    (peer->keepalive_s * 1000ULL) + 1,
			    handler, pl);
		spread += 100;
	}
}
