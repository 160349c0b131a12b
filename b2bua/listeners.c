/**
 * @file b2bua/listeners.c  The sockets that the configuration asks for
 */
#include "b2bua/listeners.h"
#include "b2bua/server.h"
#include "b2bua/transp.h"
#include "base/addr.h"
#include "base/log.h"

enum {
	LISTENERS  = 6, /* UDP, TCP, TLS; again over IPv4 for "::" */
	TRANSPORTS = 3,
};

struct listeners {
	struct sa want[LISTENERS];
	struct sx_listener *fresh[LISTENERS]; /* NULL: open, or not wanted */
	struct sx_tls *tls;                   /* what was before; NULL none */
	bool tls_changed;
	bool taken;
};

static struct {
	struct sx_listener *v[LISTENERS];
	struct sa addr[LISTENERS];
} lis;


static void wanted(const struct config *cfg, struct sa v[LISTENERS])
{
	const struct general *g = &cfg->general;

	for (size_t i = 0; i < LISTENERS; i++)
		sa_init(&v[i], AF_UNSPEC);

	if (sa_af(&g->udp) != AF_UNSPEC)
		v[SX_UDP] = g->udp;
	if (g->tcpenable)
		v[SX_TCP] = g->tcp;
	if (g->tlsenable)
		v[SX_TLS] = g->tls;

	/* "::" means everything, but an IPv6 socket takes IPv6 alone */
	for (size_t i = 0; i < TRANSPORTS; i++) {
		if (sa_af(&v[i]) == AF_INET6 && sa_is_any(&v[i]))
			(void)sa_set_str(&v[i + TRANSPORTS], "0.0.0.0",
					 sa_port(&v[i]));
	}
}


static enum sx_tp listener_tp(size_t i)
{
	return (enum sx_tp)(i % TRANSPORTS);
}


static bool same_listener(const struct sa *a, const struct sa *b)
{
	if (sa_af(a) != sa_af(b))
		return false;

	return sa_af(a) == AF_UNSPEC || sa_cmp(a, b, SA_ALL);
}


/* Does anybody speak TLS, be it only toward others? */
static bool needs_tls(const struct config *cfg)
{
	struct le *le;

	if (cfg->general.tlsenable)
		return true;

	for (le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;

		if (transp_peer_tp(peer) == SX_TLS)
			return true;
	}

	for (le = list_head(&cfg->regs); le; le = le->next) {
		const struct reg_line *line = le->data;

		if (line->transp == CONFIG_TLS)
			return true;
	}

	return false;
}


static int open_tls(struct listeners *l, const struct config *cfg,
		    struct mbuf *why)
{
	const struct general *g = &cfg->general;
	const struct sx_tls_params prm = {
		.cert	= g->tlscertfile,
		.key	= g->tlsprivatekey,
		.cafile = g->tlscafile,
		.capath = g->tlscapath,
		.ciphers = g->tlscipher,
		.verify = !g->tlsdontverifyserver,
	};
	int err;

	err = sx_tls_alloc(&l->tls, &prm, why);
	if (err)
		return err;

	/* a listener of TLS opens only where there is a certificate */
	sx_tls_swap(server()->sx, &l->tls);
	l->tls_changed = true;

	return 0;
}


static int open_one(struct listeners *l, size_t i, struct mbuf *why)
{
	const enum sx_tp tp = listener_tp(i);
	int err;

	if (same_listener(&l->want[i], &lis.addr[i]) ||
	    sa_af(&l->want[i]) == AF_UNSPEC)
		return 0;

	err = sx_listen(server()->sx, &l->fresh[i], tp, &l->want[i]);
	if (err)
		(void)mbuf_printf(why, "cannot listen on %s %J: %m",
				  sx_tp_name(tp), &l->want[i], err);

	return err;
}


static void destructor(void *data)
{
	struct listeners *l = data;
	const struct server *srv = server();

	for (size_t i = 0; !l->taken && i < LISTENERS; i++)
		sx_listener_close(l->fresh[i]);

	if (!l->taken && l->tls_changed && srv)
		sx_tls_swap(srv->sx, &l->tls);

	mem_deref(l->tls);
}


int listeners_open(struct listeners **lp, const struct config *cfg,
		   struct mbuf *why)
{
	struct listeners *l;
	int err = 0;

	if (!lp || !cfg)
		return EINVAL;

	l = mem_zalloc(sizeof(*l), destructor);
	if (!l)
		return ENOMEM;

	wanted(cfg, l->want);
	if (needs_tls(cfg))
		err = open_tls(l, cfg, why);
	for (size_t i = 0; i < LISTENERS && !err; i++)
		err = open_one(l, i, why);

	if (err)
		mem_deref(l);
	else
		*lp = l;

	return err;
}


static void take_one(const struct listeners *l, size_t i)
{
	if (same_listener(&l->want[i], &lis.addr[i]))
		return;

	sx_listener_close(lis.v[i]);
	lis.v[i]    = l->fresh[i];
	lis.addr[i] = l->want[i];
	if (lis.v[i])
		log_info("sip", "listening on %s %J",
			 sx_tp_name(listener_tp(i)),
			 sx_listener_addr(lis.v[i]));
}


void listeners_take(struct listeners *l)
{
	if (!l)
		return;

	for (size_t i = 0; i < LISTENERS; i++)
		take_one(l, i);

	l->taken = true;
	mem_deref(l);
}


void listeners_close(void)
{
	memset(&lis, 0, sizeof(lis));
	for (size_t i = 0; i < LISTENERS; i++)
		sa_init(&lis.addr[i], AF_UNSPEC);
}
