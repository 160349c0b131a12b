/**
 * @file b2bua/domain.c  Which domains are ours (domain=, autodomain=)
 */
#include <unistd.h>
#include "b2bua/domain.h"


bool domain_checked(const struct general *g)
{
	return g->autodomain || !list_isempty(&g->domains);
}


static bool is_addr(const struct pl *host, const struct sa *addr)
{
	struct sa sa;

	return sa_isset(addr, SA_ADDR) && !sa_set(&sa, host, 0) &&
	       sa_cmp(&sa, addr, SA_ADDR);
}


static bool is_hostname(const struct pl *host)
{
	char name[256];

	if (gethostname(name, sizeof(name)))
		return false;

	name[sizeof(name) - 1] = '\0';
	return !pl_strcasecmp(host, name);
}


static bool is_named(const struct pl *host, const struct host_port *hp)
{
	return hp->host && (!pl_strcasecmp(host, hp->host) ||
			    is_addr(host, &hp->sa));
}


/* What chan_sip would add by itself */
static bool is_auto(const struct general *g, const struct pl *host,
		    const struct sa *local)
{
	return is_addr(host, local) || is_addr(host, &g->udp) ||
	       is_addr(host, &g->tcp) || is_addr(host, &g->tls) ||
	       is_named(host, &g->externaddr) ||
	       is_named(host, &g->externhost) || is_hostname(host);
}


bool domain_is_ours(const struct general *g, const struct pl *host,
		    const struct sa *local, const char **context)
{
	if (context)
		*context = NULL;

	for (const struct le *le = list_head(&g->domains); le; le = le->next) {
		const struct config_domain *d = le->data;

		if (pl_strcasecmp(host, d->name))
			continue;
		if (context)
			*context = d->context;
		return true;
	}

	return g->autodomain && is_auto(g, host, local);
}
