/**
 * @file sip/resolve.c  Names to places (RFC 3263)
 *
 *   query: a name someone wants --has--> wants --on--> entries: (name, type)
 *
 * An entry is the cache and, while its question is under way, the question:
 * all who want the same wait on the same.  A query asks for SRV first, then for
 * A and AAAA of up to eight hosts at once, and calls back when the last answer
 * has come.  The transport is given by the caller, so there is no NAPTR to ask
 * for (RFC 3263 4.1).
 *
 * Each attempt has a socket of its own, connected to the server: a random port
 * and a random id, and answers from elsewhere do not arrive.
 *
 * Old answers are good for a day if no new one can be had (RFC 8767): who
 * waits gets the old one after the first second without a word from the
 * server, and for half a minute nobody waits again.
 */
#include "sip/resolve.h"
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/text.h"
#include "base/timer.h"
#include "sip/dns.h"
#include "sip/stack.h"


enum {
	TABLE_SIZE  = 256,
	CACHE_MAX   = 1024,
	PLACES_MAX  = 8,
	TARGETS_MAX = 32,
	WANTS_MAX   = 2 * PLACES_MAX,
	ATTEMPTS    = 4,
	ATTEMPT1_MS = 1000,
	ATTEMPT_MS  = 2000,
	FILES_MS    = 5000,
	TTL_MIN_S   = 5,
	TTL_MAX_S   = 86400,
	NEG_MS      = 30000,  /* no such name */
	FAIL_MS     = 5000,   /* no answer, and no old one */
	RETRY_MS    = 30000,  /* no answer, but an old one (RFC 8767 5) */
	STALE_MS    = 86400000,
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
	bool fixed;             /* servers were given */
	uint64_t files_ms;      /* when to look at the files again */
	struct timespec conf_time;
	struct timespec hosts_time;
	struct hash *hosts;

	struct hash *ht_entry;
	struct list entryl;     /* most recently used last */
	uint32_t entryc;
	uint32_t asked, answered, failed;
};

struct entry {
	struct le le;
	struct le le_lru;
	struct sx_resolver *r;  /* no reference */
	char *name;
	uint16_t type;

	struct dns_rec *recv;   /* last good answer */
	size_t recc;
	int err;                /* of the last question */
	uint64_t fresh_ms;      /* until when it is not asked again */
	uint64_t stale_ms;      /* until when recv may be used */

	int fd;                 /* -1: nothing under way */
	unsigned attempt;
	uint16_t id;
	struct timer tmr;
	struct list wantl;
};

struct want {
	struct le le;           /* in the entry's list while it waits */
	struct sx_query *q;
	struct entry *e;        /* reference */
};

struct place {
	char name[NAME_SIZE];
	uint16_t port;
};

struct sx_query {
	struct sx_resolver *r;  /* no reference */
	char host[NAME_SIZE];
	uint16_t port;
	enum sx_tp tp;
	bool srv;
	size_t candidate;       /* search domains tried */
	char name[NAME_SIZE];   /* as asked now */

	bool srv_phase;
	struct place placev[PLACES_MAX];
	size_t placec;
	struct want wantv[WANTS_MAX];
	size_t wantc;
	unsigned open;          /* wants without an answer */
	bool done;

	sx_resolve_h *h;
	void *arg;
};


static void query_advance(struct sx_query *q);
static void attempt_handler(void *arg);
static int attempt(struct entry *e);


/* ---- entries ---------------------------------------------------------- */

static void question_end(struct entry *e)
{
	timer_cancel(&e->tmr);

	if (e->fd < 0)
		return;

	fd_close(e->fd);
	(void)close(e->fd);
	e->fd = -1;
}


static void entry_destructor(void *data)
{
	struct entry *e = data;

	question_end(e);
	list_clear(&e->wantl);
	hash_unlink(&e->le);
	list_unlink(&e->le_lru);
	mem_deref(e->recv);
	mem_deref(e->name);
}


static void entry_drop(struct entry *e)
{
	hash_unlink(&e->le);
	list_unlink(&e->le_lru);
	question_end(e);
	list_clear(&e->wantl);
	--e->r->entryc;
	mem_deref(e);
}


/* The one that was not used for longest and is not under way */
static void evict(struct sx_resolver *r)
{
	struct le *le;

	LIST_FOREACH (&r->entryl, le) {
		struct entry *e = le->data;

		if (e->fd < 0 && !e->wantl.head) {
			entry_drop(e);
			return;
		}
	}
}


static uint32_t entry_key(const char *name, uint16_t type)
{
	return hash_key_ci(name, strlen(name)) ^ type;
}


static struct entry *entry_find(const struct sx_resolver *r, const char *name,
				uint16_t type)
{
	struct le *le;

	LIST_FOREACH (hash_list(r->ht_entry, entry_key(name, type)), le) {
		struct entry *e = le->data;

		if (e->type == type && !str_casecmp(e->name, name))
			return e;
	}

	return NULL;
}


static int entry_get(struct entry **ep, struct sx_resolver *r,
		     const char *name, uint16_t type)
{
	struct entry *e = entry_find(r, name, type);
	int err;

	if (e) {
		list_unlink(&e->le_lru);
		list_append(&r->entryl, &e->le_lru, e);
		*ep = e;
		return 0;
	}

	if (r->entryc >= CACHE_MAX)
		evict(r);

	e = mem_zalloc(sizeof(*e), entry_destructor);
	if (!e)
		return ENOMEM;

	e->fd   = -1;
	e->r    = r;
	e->type = type;
	err     = str_dup(&e->name, name);
	if (err) {
		mem_deref(e);
		return err;
	}

	hash_append(r->ht_entry, entry_key(name, type), &e->le, e);
	list_append(&r->entryl, &e->le_lru, e);
	++r->entryc;
	*ep = e;

	return 0;
}


/* An answer that may be used, though it may be old */
static bool is_known(const struct entry *e)
{
	return e->stale_ms > clock_ms();
}


static bool has_records(const struct entry *e)
{
	return e->recc && is_known(e);
}


/* No need to wait for it: there is an old answer, or it is only about IPv6 and
 * the IPv4 addresses are known */
static bool can_do_without(const struct entry *e)
{
	const struct entry *a;

	if (is_known(e))
		return true;

	a = e->type == RR_AAAA ? entry_find(e->r, e->name, RR_A) : NULL;

	return a && has_records(a);
}


/* Everyone who waits on the entry goes on.  They may be gone after it, and so
 * may the entry */
static void entry_tell(struct entry *e)
{
	mem_ref(e);

	while (e->wantl.head) {
		struct want *w     = e->wantl.head->data;
		struct sx_query *q = w->q;

		list_unlink(&w->le);
		if (--q->open == 0)
			query_advance(q);
	}

	mem_deref(e);
}


static void entry_good(struct entry *e, const struct dns_rec *recv,
		       size_t recc, uint32_t ttl)
{
	struct dns_rec *copy = mem_alloc(recc * sizeof(*copy), NULL);
	uint64_t now         = clock_ms();

	if (!copy)
		return;

	memcpy(copy, recv, recc * sizeof(*copy));
	mem_deref(e->recv);
	e->recv = copy;
	e->recc = recc;
	e->err  = 0;

	ttl         = max(min(ttl, (uint32_t)TTL_MAX_S), (uint32_t)TTL_MIN_S);
	e->fresh_ms = now + ttl * 1000ull;
	e->stale_ms = e->fresh_ms + STALE_MS;
}


static void entry_none(struct entry *e)
{
	e->recv     = mem_deref(e->recv);
	e->recc     = 0;
	e->err      = ENOENT;
	e->fresh_ms = clock_ms() + NEG_MS;
	e->stale_ms = e->fresh_ms + STALE_MS;
}


static void entry_failed(struct entry *e, int err)
{
	++e->r->failed;
	e->err      = err;
	e->fresh_ms = clock_ms() + (can_do_without(e) ? RETRY_MS : FAIL_MS);

	log_warning("dns", "%s %s: no answer (%m)%s", e->name,
		    dns_rr_typename(e->type), err,
		    is_known(e) ? ", the old one is used" : "");
}


/* ---- questions -------------------------------------------------------- */

static void question_failed(struct entry *e, int err)
{
	question_end(e);

	while (++e->attempt < ATTEMPTS) {
		if (!attempt(e))
			return;
	}

	entry_failed(e, err);
	entry_tell(e);
}


static void attempt_handler(void *arg)
{
	struct entry *e = mem_ref(arg);

	/* who waits need not wait for more attempts */
	if (can_do_without(e)) {
		e->fresh_ms = clock_ms() + RETRY_MS;
		entry_tell(e);
	}

	question_failed(e, ETIMEDOUT);
	mem_deref(e);
}


static void answer(struct entry *e, const uint8_t *p, size_t n)
{
	struct dns_rec recv[RECORDS_MAX];
	uint32_t ttl;
	size_t recc;
	int err;

	err = dns_answer_read(recv, &recc, &ttl, p, n, e->id, e->name,
			      e->type);

	switch (err) {

	case 0:
		entry_good(e, recv, recc, ttl);
		break;

	case ENOENT:
		entry_none(e);
		break;

	case EAGAIN:
		question_failed(e, EPROTO);
		return;

	default:
		return; /* not ours: the right one may follow */
	}

	++e->r->answered;
	question_end(e);
	entry_tell(e);
}


static void read_handler(int flags, void *arg)
{
	struct entry *e = mem_ref(arg);
	uint8_t buf[DNS_UDP_SIZE];
	ssize_t n;

	(void)flags;

	n = recv(e->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n >= 0)
		answer(e, buf, (size_t)n);
	else if (errno != EAGAIN && errno != EINTR)
		question_failed(e, errno);

	mem_deref(e);
}


static int question_send(struct entry *e)
{
	struct mbuf *mb = mbuf_alloc(NAME_SIZE + 64);
	int err;

	if (!mb)
		return ENOMEM;

	/* half of the attempts without EDNS, which old servers refuse */
	err = dns_question_write(mb, e->id, e->name, e->type,
				 e->attempt < ATTEMPTS / 2);
	if (!err && send(e->fd, mb->buf, mb->end, MSG_NOSIGNAL) < 0)
		err = errno;

	mem_deref(mb);

	return err;
}


static int attempt(struct entry *e)
{
	const struct dns_conf *conf = &e->r->conf;
	const struct sa *srv;
	int err = 0;

	if (!conf->srvc)
		return ENOTCONN;

	srv   = &conf->srvv[e->attempt % conf->srvc];
	e->id = (uint16_t)rand_num();
	e->fd = socket(sa_af(srv), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0);
	if (e->fd < 0)
		return errno;

	if (connect(e->fd, &srv->u.sa, srv->len) < 0)
		err = errno;
	if (!err)
		err = question_send(e);
	if (!err)
		err = fd_listen(e->fd, FD_READ, read_handler, e);

	if (err) {
		(void)close(e->fd);
		e->fd = -1;
		return err;
	}

	timer_start(&e->tmr, e->attempt ? ATTEMPT_MS : ATTEMPT1_MS,
		    attempt_handler, e);

	return 0;
}


static void ask(struct sx_query *q, const char *name, uint16_t type)
{
	struct want *w = &q->wantv[q->wantc];
	struct entry *e;

	if (q->wantc == WANTS_MAX || entry_get(&e, q->r, name, type))
		return;

	w->q = q;
	w->e = mem_ref(e);
	++q->wantc;

	/* also true while the server that was silent is asked again */
	if (e->fresh_ms > clock_ms())
		return;

	list_append(&e->wantl, &w->le, w);
	++q->open;

	if (e->fd >= 0)
		return;

	++q->r->asked;
	e->attempt = 0;
	if (attempt(e))
		question_failed(e, ENETUNREACH);
}


/* ---- queries ---------------------------------------------------------- */

static void wants_drop(struct sx_query *q)
{
	for (size_t i = 0; i < q->wantc; i++) {
		list_unlink(&q->wantv[i].le);
		q->wantv[i].e = mem_deref(q->wantv[i].e);
	}

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
	    re_snprintf(name, sizeof(name), "%s%s", prefixv[q->tp],
			q->name) < 0 ||
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
	const struct entry *e = q->wantc ? q->wantv[0].e : NULL;
	size_t n              = e && has_records(e) ? e->recc : 0;

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
			const struct entry *e = q->wantv[k].e;

			if (str_casecmp(e->name, q->placev[i].name) ||
			    !has_records(e))
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
				target_add(tv, &n, q, &host->addr,
					   port_of(q));
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

	files_check(r);
	resolve_now(q, literal ? &sa : NULL);

	if (q->done)
		mem_deref(q);
	else
		*qp = q;

	return 0;
}


static bool drop_handler(struct le *le, void *arg)
{
	(void)arg;
	entry_drop(le->data);

	return false;
}


static void resolver_destructor(void *data)
{
	struct sx_resolver *r = data;

	if (r->ht_entry)
		(void)hash_apply(r->ht_entry, drop_handler, NULL);
	if (r->hosts)
		hash_flush(r->hosts);

	mem_deref(r->ht_entry);
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

	err = hash_alloc(&r->ht_entry, TABLE_SIZE);
	if (!err)
		err = hash_alloc(&r->hosts, TABLE_SIZE);
	if (err)
		mem_deref(r);
	else
		*rp = r;

	return err;
}


int sx_resolver_set_server(struct sx_resolver *r, const struct sa *srv)
{
	if (!r || !srv)
		return EINVAL;

	r->fixed = true;
	memset(&r->conf, 0, sizeof(r->conf));
	r->conf.srvv[r->conf.srvc++] = *srv;

	return 0;
}


int sx_resolver_debug(struct re_printf *pf, const struct sx_resolver *r)
{
	uint64_t now = clock_ms();
	struct le *le;
	int err;

	if (!r)
		return 0;

	err = re_hprintf(pf, "asked %u, answered %u, failed %u; names: %u\n",
			 r->asked, r->answered, r->failed, r->entryc);

	for (size_t i = 0; i < r->conf.srvc; i++)
		err |= re_hprintf(pf, "server %J\n", &r->conf.srvv[i]);

	LIST_FOREACH (&r->entryl, le) {
		const struct entry *e = le->data;
		uint64_t left = e->fresh_ms > now ? e->fresh_ms - now : 0;

		err |= re_hprintf(pf, "%s %s: %u records, %u s%s%m\n",
				  e->name, dns_rr_typename(e->type),
				  (unsigned)e->recc, (unsigned)(left / 1000),
				  e->err ? ", " : "", e->err);
	}

	return err;
}
