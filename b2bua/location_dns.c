/**
 * @file b2bua/location_dns.c  Addresses of static hosts by name
 *
 * Asked at the start, after a reload, and every minute.  They are what a
 * caller is known by; a call that goes out resolves by itself.
 */
#include "b2bua/guard.h"
#include "b2bua/keepalive.h"
#include "b2bua/location_priv.h"
#include "b2bua/server.h"
#include "b2bua/transp.h"

enum { DNS_REFRESH_MS = 60000 };

static void dns_ask(struct place *pl);


static void dns_timer(void *arg)
{
	dns_ask(arg);
}


static bool same_addrs(const struct place *pl, const struct sx_target *tv,
		       size_t n)
{
	if (pl->dnsc != n)
		return false;

	for (size_t i = 0; i < n; i++) {
		if (!sa_cmp(&pl->dnsv[i], &tv[i].dst, SA_ALL))
			return false;
	}

	return true;
}


static void dns_handler(int err, const struct sx_target *tv, size_t n,
			void *arg)
{
	struct place *pl = arg;

	pl->dnsq = mem_deref(pl->dnsq);
	timer_start(&pl->dns, DNS_REFRESH_MS, dns_timer, pl);
	if (n > ARRAY_SIZE(pl->dnsv))
		n = ARRAY_SIZE(pl->dnsv);

	if (err) {
		log_warning("dns", "%s: its host does not resolve: %m",
			    pl->name, err);
		return;
	}

	if (same_addrs(pl, tv, n))
		return;

	pl->dnsc = n;
	for (size_t i = 0; i < n; i++)
		pl->dnsv[i] = tv[i].dst;
	location_changed(pl->name);
}


static void dns_ask(struct place *pl)
{
	const struct server *srv = server();
	const struct peer *peer	 = config_peer(srv->cfg, pl->name);
	struct sx_query *q = NULL;

	if (!peer || peer->dynamic || !peer->host.host ||
	    sa_isset(&peer->host.sa, SA_ADDR))
		return;

	if (sx_resolve(&q, srv->resolver, peer->host.host, peer->host.port,
		       transp_peer_tp(peer), srv->cfg->general.srvlookup, dns_handler,
		       pl))
		timer_start(&pl->dns, DNS_REFRESH_MS, dns_timer, pl);
	else if (q)
		pl->dnsq = q;
}


static bool needs_place(const struct peer *peer)
{
	return peer->qualify_ms || (!peer->dynamic && peer->host.host) ||
	       (peer->keepalive_s && peer->keepalive_s != KEEPALIVE_AUTO);
}


int location_prepare(const struct config *cfg)
{
	for (struct le *le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;

		if (needs_place(peer) && !location_get(peer->name))
			return ENOMEM;
	}

	return 0;
}


void location_config(const struct config *cfg)
{
	struct le *le;

	for (le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;
		struct place *pl;

		if (peer->dynamic || !peer->host.host ||
		    sa_isset(&peer->host.sa, SA_ADDR))
			continue;

		pl = location_get(peer->name);
		if (!pl || pl->dnsq)
			continue;
		pl->dnsc = 0;
		dns_ask(pl);
	}

	qualify_config(cfg);
	keepalive_config(cfg);
}
