/**
 * @file config/set_addr.c  Options that hold addresses, names and networks
 */
#include "config/config.h"
#include "config/opt.h"
#include "base/addr.h"
#include "base/text.h"


void hostport_reset(struct host_port *hp)
{
	mem_deref(hp->host);
	memset(hp, 0, sizeof(*hp));
	hp->transp = -1;
}


static bool host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}


static bool host_valid(const struct pl *pl)
{
	if (!pl->l || pl->l > 253)
		return false;

	for (size_t i = 0; i < pl->l; i++) {
		if (!host_char(pl->p[i]))
			return false;
	}

	return true;
}


/* Split into host and port text; port.p is NULL if there is none */
static int split_port(struct pl *host, struct pl *port, const struct pl *pl)
{
	const char *end = pl->p + pl->l;
	const char *colon;

	*host	= *pl;
	port->p = NULL;
	port->l = 0;

	if (pl->p[0] == '[') {
		const char *close = pl_strchr(pl, ']');
		if (!close)
			return EINVAL;

		host->p = pl->p + 1;
		host->l = close - host->p;
		colon	= close + 1;
		if (colon == end)
			return 0;
		if (*colon != ':')
			return EINVAL;
	}
	else {
		colon = pl_strchr(pl, ':');
		if (!colon || pl_strrchr(pl, ':') != colon)
			return 0; /* no port, or a bare IPv6 address */

		host->l = colon - host->p;
	}

	port->p = colon + 1;
	port->l = end - port->p;
	return 0;
}


int hostport_decode(struct host_port *hp, const struct pl *pl)
{
	struct pl host, port;
	uint64_t n = 0;
	struct sa sa;

	if (!hp || !pl || !pl->p || !pl->l)
		return EINVAL;

	int err = split_port(&host, &port, pl);
	if (err)
		return err;

	if (port.p && (num_decode(&n, &port, 65535) || !n))
		return EINVAL;

	if (sa_set(&sa, &host, (uint16_t)n)) {
		sa_init(&sa, AF_UNSPEC);
		if (!host_valid(&host))
			return EINVAL;
	}

	hostport_reset(hp);
	hp->sa	 = sa;
	hp->port = (uint16_t)n;
	addr_unmap(&hp->sa);

	return pl_strdup(&hp->host, &host);
}


int set_hostport(struct opt_ctx *ctx, void *field)
{
	int err = 0;

	if (!ctx->val.l)
		hostport_reset(field);
	else
		err = hostport_decode(field, &ctx->val);

	if (err == EINVAL) {
		opt_bad_value(ctx, "a name or address, with :port if needed");
		err = 0;
	}

	return err;
}


/* bindaddr = IP[:port]; the port stays if there is none */
int set_bindaddr(struct opt_ctx *ctx, void *field)
{
	struct host_port hp = {.transp = -1};
	struct sa *sa	    = field;

	int err = hostport_decode(&hp, &ctx->val);
	if (!err && !sa_isset(&hp.sa, SA_ADDR)) {
		/* 0.0.0.0 counts as not set to libre: look at the family */
		if (sa_af(&hp.sa) == AF_UNSPEC)
			err = EINVAL;
	}
	if (!err) {
		const uint16_t port = hp.port ? hp.port : sa_port(sa);

		*sa = hp.sa;
		sa_set_port(sa, port);
	}
	else if (err == EINVAL) {
		find_error(ctx->f, &ctx->pos,
			   "%s: '%r' is no address, expected IP or IP:port",
			   ctx->key, &ctx->val);
		err = 0;
	}

	mem_deref(hp.host);
	return err;
}


/* [transport://]host[:port][,force] */
int set_outboundproxy(struct opt_ctx *ctx, void *field)
{
	struct host_port *hp = field;
	struct pl rest	     = ctx->val, part, addr;
	int transp	     = -1, err;

	if (!ctx->val.l) {
		hostport_reset(hp);
		return 0;
	}

	(void)pl_next(&part, &rest, ',');
	addr = pl_trim(part);

	for (int i = 0; i < CONFIG_TRANSP_MAX; i++) {
		const char *name = config_transp_name(i);
		const size_t n	 = strlen(name);

		if (addr.l > n + 3 && !strncasecmp(addr.p, name, n) &&
		    !strncmp(addr.p + n, "://", 3)) {
			pl_advance(&addr, (ssize_t)n + 3);
			transp = i;
			break;
		}
	}

	err = hostport_decode(hp, &addr);
	if (err == EINVAL) {
		opt_bad_value(ctx, "[transport://]host[:port][,force]");
		return 0;
	}
	if (err)
		return err;

	hp->transp = transp;

	while (pl_next(&part, &rest, ',')) {
		part = pl_trim(part);
		if (!pl_strcasecmp(&part, "force"))
			hp->force = true;
		else
			opt_bad_value(ctx, "nothing but 'force' after ','");
	}

	return 0;
}


static int acl_set(struct opt_ctx *ctx, struct list *acl, bool permit)
{
	struct pl bad = PL_INIT;

	int err = acl_add(acl, &ctx->val, permit, &bad);
	if (err != EINVAL)
		return err;

	/* a rule that is left out could let a stranger in */
	find_error(ctx->f, &ctx->pos,
		   "%s: '%r' is no network, expected such as 192.168.1.0/24, "
		   "10.0.0.0/255.0.0.0 or 2001:db8::/32", ctx->key,
		   bad.l ? &bad : &ctx->val);
	return 0;
}


int set_permit(struct opt_ctx *ctx, void *field)
{
	(void)field;
	return acl_set(ctx, &ctx->peer->acl, true);
}


int set_deny(struct opt_ctx *ctx, void *field)
{
	(void)field;
	return acl_set(ctx, &ctx->peer->acl, false);
}


int set_contactpermit(struct opt_ctx *ctx, void *field)
{
	(void)field;
	return acl_set(ctx, &ctx->peer->contactacl, true);
}


int set_contactdeny(struct opt_ctx *ctx, void *field)
{
	(void)field;
	return acl_set(ctx, &ctx->peer->contactacl, false);
}


int set_dmpermit(struct opt_ctx *ctx, void *field)
{
	(void)field;
	return acl_set(ctx, &ctx->peer->directmediaacl, true);
}


int set_dmdeny(struct opt_ctx *ctx, void *field)
{
	(void)field;
	return acl_set(ctx, &ctx->peer->directmediaacl, false);
}


int set_localnet(struct opt_ctx *ctx, void *field)
{
	return acl_set(ctx, field, true);
}


int set_transport(struct opt_ctx *ctx, void *field)
{
	struct peer *peer = ctx->peer;
	struct pl part, rest = ctx->val;
	size_t n = 0;
	uint8_t v[CONFIG_TRANSP_MAX];

	(void)field;

	while (pl_next(&part, &rest, ',')) {
		int tp = -1;

		part = pl_trim(part);
		for (int i = 0; i < CONFIG_TRANSP_MAX; i++) {
			if (!pl_strcasecmp(&part, config_transp_name(i)))
				tp = i;
		}

		if (tp < 0) {
			find_warning(ctx->f, &ctx->pos,
				     "transport '%r' is left out, expected "
				     "udp, tcp, tls, ws or wss", &part);
			continue;
		}

		if (n < CONFIG_TRANSP_MAX && !memchr(v, tp, n))
			v[n++] = (uint8_t)tp;
	}

	if (n) {
		memcpy(peer->transports, v, n);
		peer->transportc = n;
	}

	return 0;
}


const char *config_transp_name(enum config_transp tp)
{
	switch (tp) {
	case CONFIG_UDP: return "udp";
	case CONFIG_TCP: return "tcp";
	case CONFIG_TLS: return "tls";
	case CONFIG_WS: return "ws";
	case CONFIG_WSS: return "wss";
	case CONFIG_TRANSP_MAX: break;
	}

	return "?";
}
