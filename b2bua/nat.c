/**
 * @file b2bua/nat.c  Our address as the far end sees it
 *
 * externaddr=, externhost= and localnet= of sip.conf: whoever is not in a
 * localnet sees the public address.
 */
#include "b2bua/server.h"
#include "base/addr.h"
#include "base/timer.h"

static struct {
	struct config *cfg;
	struct sa host;          /* externhost as resolved, unset: not yet */
	struct sx_query *query;
	struct timer tmr;
} nat;

static void ask(void *arg);


static void resolve_handler(int err, const struct sx_target *tv, size_t n,
			    void *arg)
{
	const struct general *g = &nat.cfg->general;

	(void)arg;
	nat.query = mem_deref(nat.query);

	if (err || !n) {
		log_warning("nat", "externhost=%s does not resolve: %m",
			    g->externhost.host, err);
	}
	else if (!sa_cmp(&nat.host, &tv[0].dst, SA_ADDR)) {
		log_info("nat", "externhost=%s is %j", g->externhost.host,
			 &tv[0].dst);
		nat.host = tv[0].dst;
	}

	timer_start(&nat.tmr,
		    (g->externrefresh_s ? g->externrefresh_s : 10) * 1000ULL,
		    ask, NULL);
}


static void ask(void *arg)
{
	const struct general *g = &nat.cfg->general;
	struct sx_query *q = NULL;

	(void)arg;

	if (sx_resolve(&q, server()->resolver, g->externhost.host, 5060,
		       SX_UDP, false, resolve_handler, NULL))
		timer_start(&nat.tmr, 10000, ask, NULL);
	else if (q)
		nat.query = q;
}


void nat_config(const struct config *cfg)
{
	const struct general *g = &cfg->general;

	timer_cancel(&nat.tmr);
	nat.query = mem_deref(nat.query);

	/* what is known is the other name's */
	if (!nat.cfg || str_casecmp(nat.cfg->general.externhost.host,
				    g->externhost.host))
		sa_init(&nat.host, AF_UNSPEC);

	mem_ref((struct config *)cfg);
	mem_deref(nat.cfg);
	nat.cfg = (struct config *)cfg;

	if (sa_isset(&g->externhost.sa, SA_ADDR))
		nat.host = g->externhost.sa;
	else if (g->externhost.host)
		ask(NULL);
}


void nat_close(void)
{
	timer_cancel(&nat.tmr);
	nat.query = mem_deref(nat.query);
	nat.cfg	  = mem_deref(nat.cfg);
}


static uint16_t public_port(const struct general *g, enum sx_tp tp)
{
	switch (tp) {

	case SX_TCP: return g->externtcpport;
	case SX_TLS: return g->externtlsport;
	case SX_UDP:
		return g->externaddr.host ? g->externaddr.port
					  : g->externhost.port;
	case SX_TP_MAX:
	default: return 0;
	}
}


bool nat_in_localnet(const struct general *g, const struct sa *sa)
{
	for (struct le *le = list_head(&g->localnet); le; le = le->next) {
		const struct acl_rule *rule = le->data;

		if (net_has(&rule->net, sa))
			return true;
	}

	return false;
}


/* In: the local address.  Out: what dst sees */
void nat_public(struct sa *addr, enum sx_tp tp, const struct sa *dst,
		void *arg)
{
	const struct general *g;
	const struct sa *ext;
	uint16_t port = sa_port(addr);

	(void)arg;

	if (!nat.cfg)
		return;

	g   = &nat.cfg->general;
	ext = sa_isset(&g->externaddr.sa, SA_ADDR) ? &g->externaddr.sa
						   : &nat.host;

	if (!sa_isset(ext, SA_ADDR) || sa_af(ext) != sa_af(dst) ||
	    !list_head(&g->localnet) || nat_in_localnet(g, dst) ||
	    addr_is_loopback(dst))
		return;
	if (g->matchexternaddrlocally && !nat_in_localnet(g, addr))
		return;

	*addr = *ext;
	sa_set_port(addr, public_port(g, tp) ? public_port(g, tp) : port);
}
