/**
 * @file sip/resolve.c  Names to places (RFC 3263)
 *
 * A query asks for SRV first, then for A and AAAA of up to eight hosts at once
 * (dnscache.c), and calls back when the last answer has come.  The transport
 * is given by the caller, so there is no NAPTR to ask for (RFC 3263 4.1).
 *
 * Literal addresses, localhost and /etc/hosts are answered on the spot.
 */
#include "sip/resolve.h"
#include <sys/stat.h>
#include "base/clock.h"
#include "base/rand.h"
#include "sip/dnscache.h"
#include "sip/stack.h"


enum {
	HOSTS_SIZE  = 256,
	PLACES_MAX  = 8,
	TARGETS_MAX = 32,
	WANTS_MAX   = 2 * PLACES_MAX,
	FILES_MS    = 5000,
};

static const char path_conf[]  = "/etc/resolv.conf";
static const char path_hosts[] = "/etc/hosts";

struct host {
	struct le le;
	char *name;
	struct sa addr;
};

struct sx_resolver {
	struct dns_conf conf;
	bool fixed;        /* servers were given */
	uint64_t files_ms; /* when to look at the files again */
	struct timespec conf_time;
	struct timespec hosts_time;
	struct hash *hosts;

	struct dns_cache *cache;
};

struct place {
	char name[NAME_SIZE];
	uint16_t port;
};

struct sx_query {
	struct sx_resolver *r; /* no reference */
	char host[NAME_SIZE];
	uint16_t port;
	enum sx_tp tp;
	bool srv;
	size_t candidate;     /* search domains tried */
	char name[NAME_SIZE]; /* as asked now */

	bool srv_phase;
	struct place placev[PLACES_MAX];
	size_t placec;
	struct dns_want wantv[WANTS_MAX];
	size_t wantc;
	unsigned open; /* wants without an answer */
	bool done;

	sx_resolve_h *h;
	void *arg;
};


static void query_advance(struct sx_query *q);


/* ---- queries ---------------------------------------------------------- */

static void want_handler(void *arg)
{
	struct sx_query *q = arg;

	if (--q->open == 0)
		query_advance(q);
}


/* While wants are made, `open` counts one more, so that it does not end under
 * our hands */
static void ask(struct sx_query *q, const char *name, uint16_t type)
{
	struct dns_want *w = &q->wantv[q->wantc];

	if (q->wantc == WANTS_MAX)
		return;

	*w = (struct dns_want){.h = want_handler, .arg = q};

	++q->open;
	if (dns_ask(w, q->r->cache, name, type) != EINPROGRESS)
		--q->open;
	if (w->e)
		++q->wantc;
}


static void wants_drop(struct sx_query *q)
{
	for (size_t i = 0; i < q->wantc; i++)
		dns_want_drop(&q->wantv[i]);

	q->wantc = 0;
}


static void query_destructor(void *data)
{
	wants_drop(data);
}


static void finish(struct sx_query *q, int err, const struct sx_target *tv,
		   size_t n)
{
	q->done = true;
	wants_drop(q);

	mem_ref(q);
	q->h(err, tv, n, q->arg);
	mem_deref(q);
}


static uint16_t port_of(const struct sx_query *q)
{
	return q->port ? q->port : sx_default_port(q->tp);
}


static void ask_addrs(struct sx_query *q)
{
	q->srv_phase = false;

	/* the wants of the SRV phase are done with */
	wants_drop(q);
	q->open = 1;

	for (size_t i = 0; i < q->placec; i++) {
		ask(q, q->placev[i].name, RR_A);
		ask(q, q->placev[i].name, RR_AAAA);
	}

	if (--q->open == 0)
		query_advance(q);
}


static void place_add(struct sx_query *q, const char *name, uint16_t port)
{
	struct place *pl = &q->placev[q->placec];

	if (q->placec == PLACES_MAX || !dns_name_valid(name))
		return;

	str_ncpy(pl->name, name, sizeof(pl->name));
	pl->port = port;
	++q->placec;
}


static void query_start(struct sx_query *q)
{
	static const char *const prefixv[SX_TP_MAX] = {
		[SX_UDP] = "_sip._udp.",
		[SX_TCP] = "_sip._tcp.",
		[SX_TLS] = "_sips._tcp.",
	};
	char name[NAME_SIZE];

	q->placec = 0;

	if (!q->srv || q->port ||
	    re_snprintf(name, sizeof(name), "%s%s", prefixv[q->tp], q->name) <
		    0 ||
	    !dns_name_valid(name)) {
		place_add(q, q->name, port_of(q));
		ask_addrs(q);
		return;
	}

	q->srv_phase = true;
	q->open      = 1;
	ask(q, name, RR_SRV);
	if (--q->open == 0)
		query_advance(q);
}


static void srv_done(struct sx_query *q)
{
	struct dns_rec recv[RECORDS_MAX];
	const struct dns_entry *e = q->wantc ? q->wantv[0].e : NULL;
	size_t n                  = e && dns_has_records(e) ? e->recc : 0;

	if (n)
		memcpy(recv, e->recv, n * sizeof(recv[0]));
	dns_srv_sort(recv, n);

	for (size_t i = 0; i < n; i++) {
		if (recv[i].port)
			place_add(q, recv[i].name, recv[i].port);
	}

	/* one record "." says that there is no such service (RFC 2782) */
	if (n == 1 && !recv[0].name[0]) {
		finish(q, ENOENT, NULL, 0);
		return;
	}

	if (!q->placec)
		place_add(q, q->name, port_of(q));

	ask_addrs(q);
}


static void target_add(struct sx_target *tv, size_t *n,
		       const struct sx_query *q, const struct sa *addr,
		       uint16_t port)
{
	struct sx_target *t = &tv[*n];

	if (*n == TARGETS_MAX)
		return;

	memset(t, 0, sizeof(*t));
	t->tp  = q->tp;
	t->dst = *addr;
	sa_set_port(&t->dst, port);

	/* the certificate is for the name that was called (RFC 5922 4) */
	if (q->tp == SX_TLS)
		str_ncpy(t->name, q->name, sizeof(t->name));
	++*n;
}


static size_t targets_make(struct sx_target *tv, const struct sx_query *q)
{
	size_t n = 0;

	for (size_t i = 0; i < q->placec; i++) {

		for (size_t k = 0; k < q->wantc; k++) {
			const struct dns_entry *e = q->wantv[k].e;

			if (str_casecmp(e->name, q->placev[i].name) ||
			    !dns_has_records(e))
				continue;

			/* IPv4 first: its want comes first */
			for (size_t j = 0; j < e->recc; j++)
				target_add(tv, &n, q, &e->recv[j].addr,
					   q->placev[i].port);
		}
	}

	return n;
}


/* Two SRV records may name one host with two ports: each want once only */
static void places_unique(struct sx_query *q)
{
	for (size_t i = 0; i < q->wantc; i++) {
		for (size_t k = i + 1; k < q->wantc; k++) {

			if (q->wantv[k].e != q->wantv[i].e)
				continue;

			mem_deref(q->wantv[k].e);
			--q->wantc;
			for (size_t j = k; j < q->wantc; j++)
				q->wantv[j].e = q->wantv[j + 1].e;
			--k;
		}
	}
}


/* ENOENT if the names do not exist, else why it is not known */
static int error_of(const struct sx_query *q)
{
	for (size_t i = 0; i < q->wantc; i++) {
		if (q->wantv[i].e->err && q->wantv[i].e->err != ENOENT)
			return ETIMEDOUT;
	}

	return ENOENT;
}


/* A name without a dot: with each search domain, then as it is */
static bool candidate_next(struct sx_query *q)
{
	const struct dns_conf *conf = &q->r->conf;
	int n;

	if (strchr(q->host, '.')) {
		if (q->candidate++)
			return false;

		str_ncpy(q->name, q->host, sizeof(q->name));
		return true;
	}

	while (q->candidate <= conf->searchc) {
		size_t i = q->candidate++;

		n = i < conf->searchc
			    ? re_snprintf(q->name, sizeof(q->name), "%s.%s",
					  q->host, conf->searchv[i])
			    : re_snprintf(q->name, sizeof(q->name), "%s",
					  q->host);
		if (n > 0 && dns_name_valid(q->name))
			return true;
	}

	return false;
}


static void query_advance(struct sx_query *q)
{
	struct sx_target tv[TARGETS_MAX];
	size_t n;
	int err;

	if (q->srv_phase) {
		srv_done(q);
		return;
	}

	places_unique(q);
	n = targets_make(tv, q);
	if (n) {
		finish(q, 0, tv, n);
		return;
	}

	err = error_of(q);
	if (err == ENOENT && candidate_next(q))
		query_start(q);
	else
		finish(q, err, NULL, 0);
}


/* ---- files ------------------------------------------------------------ */

static bool is_changed(struct timespec *seen, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		memset(&st, 0, sizeof(st));

	if (seen->tv_sec == st.st_mtim.tv_sec &&
	    seen->tv_nsec == st.st_mtim.tv_nsec)
		return false;

	*seen = st.st_mtim;

	return true;
}


static void host_destructor(void *data)
{
	struct host *host = data;

	hash_unlink(&host->le);
	mem_deref(host->name);
}


static void host_handler(const char *name, const struct sa *addr, void *arg)
{
	struct sx_resolver *r = arg;
	struct host *host     = mem_zalloc(sizeof(*host), host_destructor);

	if (!host)
		return;

	host->addr = *addr;
	if (str_dup(&host->name, name)) {
		mem_deref(host);
		return;
	}

	hash_append(r->hosts, hash_key_ci(name, strlen(name)), &host->le,
		    host);
}


/* Small local files, looked at every few seconds at most */
static void files_check(struct sx_resolver *r)
{
	uint64_t now = clock_ms();

	if (now < r->files_ms)
		return;

	r->files_ms = now + FILES_MS;

	if (is_changed(&r->hosts_time, path_hosts)) {
		hash_flush(r->hosts);
		(void)dns_hosts_read(path_hosts, host_handler, r);
	}

	/* without it the server is 127.0.0.1 */
	if (!r->fixed && is_changed(&r->conf_time, path_conf))
		(void)dns_conf_read(&r->conf, path_conf);
}


static bool is_localhost(const char *name)
{
	static const char tail[] = ".localhost";
	size_t n                 = strlen(name);

	return !str_casecmp(name, tail + 1) ||
	       (n > sizeof(tail) - 1 &&
		!str_casecmp(name + n - (sizeof(tail) - 1), tail));
}


/* RFC 6761 6.3 and /etc/hosts; IPv4 first */
static size_t local_names(struct sx_target *tv, const struct sx_query *q)
{
	static const int afv[] = {AF_INET, AF_INET6};
	uint32_t key           = hash_key_ci(q->host, strlen(q->host));
	size_t n               = 0;
	struct sa sa;
	struct le *le;

	if (is_localhost(q->host)) {
		sa_set_in(&sa, INADDR_LOOPBACK, 0);
		target_add(tv, &n, q, &sa, port_of(q));
		sa_set_in6(&sa, (const uint8_t *)&in6addr_loopback, 0);
		target_add(tv, &n, q, &sa, port_of(q));
		return n;
	}

	for (size_t i = 0; i < ARRAY_SIZE(afv); i++) {
		LIST_FOREACH (hash_list(q->r->hosts, key), le) {
			const struct host *host = le->data;

			if (sa_af(&host->addr) == afv[i] &&
			    !str_casecmp(host->name, q->host))
				target_add(tv, &n, q, &host->addr, port_of(q));
		}
	}

	return n;
}


/* ---- what users ask --------------------------------------------------- */

/* Without brackets and without the dot at the end */
static int host_copy(char *buf, size_t size, const char *host)
{
	size_t n = strlen(host);

	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		++host;
		n -= 2;
	}
	else if (n > 1 && host[n - 1] == '.') {
		--n;
	}

	if (!n || n >= size)
		return EINVAL;

	memcpy(buf, host, n);
	buf[n] = '\0';

	return 0;
}


static void resolve_now(struct sx_query *q, const struct sa *literal)
{
	struct sx_target tv[TARGETS_MAX];
	size_t n = 0;

	str_ncpy(q->name, q->host, sizeof(q->name));

	if (literal)
		target_add(tv, &n, q, literal, port_of(q));
	else
		n = local_names(tv, q);

	if (n)
		finish(q, 0, tv, n);
	else if (candidate_next(q))
		query_start(q);
	else
		finish(q, ENOENT, NULL, 0);
}


int sx_resolve(struct sx_query **qp, struct sx_resolver *r, const char *host,
	       uint16_t port, enum sx_tp tp, bool srv, sx_resolve_h *h,
	       void *arg)
{
	struct sx_query *q;
	struct sa sa;
	bool literal;

	if (!qp || !r || !host || !h || (unsigned)tp >= SX_TP_MAX)
		return EINVAL;

	*qp = NULL;

	q = mem_zalloc(sizeof(*q), query_destructor);
	if (!q)
		return ENOMEM;

	q->r    = r;
	q->port = port;
	q->tp   = tp;
	q->srv  = srv;
	q->h    = h;
	q->arg  = arg;

	literal = !host_copy(q->host, sizeof(q->host), host) &&
		  !sa_set_str(&sa, q->host, 0);
	if (!literal && !dns_name_valid(q->host)) {
		mem_deref(q);
		return EINVAL;
	}

	if (!literal)
		files_check(r);
	resolve_now(q, literal ? &sa : NULL);

	if (q->done)
		mem_deref(q);
	else
		*qp = q;

	return 0;
}


static void resolver_destructor(void *data)
{
	struct sx_resolver *r = data;

	if (r->hosts)
		hash_flush(r->hosts);

	mem_deref(r->cache);
	mem_deref(r->hosts);
}


int sx_resolver_alloc(struct sx_resolver **rp)
{
	struct sx_resolver *r;
	int err;

	if (!rp)
		return EINVAL;

	r = mem_zalloc(sizeof(*r), resolver_destructor);
	if (!r)
		return ENOMEM;

	err = dns_cache_alloc(&r->cache, &r->conf);
	if (!err)
		err = hash_alloc(&r->hosts, HOSTS_SIZE);
	if (err)
		mem_deref(r);
	else
		*rp = r;

	return err;
}


int sx_resolver_set_servers(struct sx_resolver *r, const struct sa *srvv,
			    size_t n)
{
	if (!r || (n && !srvv))
		return EINVAL;

	/* the same ones again, or none as before: nothing to forget */
	if (!n && !r->fixed)
		return 0;

	r->fixed = n > 0;
	memset(&r->conf, 0, sizeof(r->conf));
	memset(&r->conf_time, 0, sizeof(r->conf_time));
	r->files_ms = 0;
	for (size_t i = 0; i < n && i < SERVERS_MAX; i++)
		r->conf.srvv[r->conf.srvc++] = srvv[i];

	return 0;
}


int sx_resolver_set_server(struct sx_resolver *r, const struct sa *srv)
{
	return srv ? sx_resolver_set_servers(r, srv, 1) : EINVAL;
}


int sx_resolver_debug(struct re_printf *pf, const struct sx_resolver *r)
{
	int err = 0;

	if (!r)
		return 0;

	for (size_t i = 0; i < r->conf.srvc; i++)
		err |= re_hprintf(pf, "server %J\n", &r->conf.srvv[i]);

	return err | dns_cache_debug(pf, r->cache);
}
