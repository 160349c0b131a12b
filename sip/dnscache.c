/**
 * @file sip/dnscache.c  Questions to name servers, and their answers
 *
 *   want --on--> entry (name, type)
 *
 * An entry is the cache and, while its question is under way, the question:
 * all who want the same wait on the same.
 *
 * Each attempt has a socket of its own, connected to the server: a random port
 * and a random id, and answers from elsewhere do not arrive.
 *
 * Old answers are good for a day if no new one can be had (RFC 8767): who
 * waits gets the old one after the first second without a word from the
 * server, and for half a minute nobody waits again.
 */
#include "sip/dnscache.h"
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/timer.h"


enum {
	TABLE_SIZE  = 256,
	CACHE_MAX   = 1024,
	ATTEMPTS    = 4,
	ATTEMPT1_MS = 1000,
	ATTEMPT_MS  = 2000,
	TTL_MIN_S   = 5,
	TTL_MAX_S   = 86400,
	NEG_MS      = 30000, /* no such name */
	FAIL_MS     = 5000,  /* no answer, and no old one */
	RETRY_MS    = 30000, /* no answer, but an old one (RFC 8767 5) */
	STALE_MS    = 86400000,
};

struct dns_cache {
	const struct dns_conf *conf; /* the resolver's */
	struct hash *ht_entry;
	struct list entryl; /* most recently used last */
	uint32_t entryc;
	uint32_t asked, answered, failed;
};


static void attempt_handler(void *arg);
static int attempt(struct dns_entry *e);


/* ---- entries ---------------------------------------------------------- */

static void question_end(struct dns_entry *e)
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
	struct dns_entry *e = data;

	question_end(e);
	list_clear(&e->wantl);
	hash_unlink(&e->le);
	list_unlink(&e->le_lru);
	mem_deref(e->recv);
	mem_deref(e->name);
}


static void entry_drop(struct dns_entry *e)
{
	hash_unlink(&e->le);
	list_unlink(&e->le_lru);
	question_end(e);
	list_clear(&e->wantl);
	--e->c->entryc;
	mem_deref(e);
}


/* The one that was not used for longest and is not under way */
static void evict(struct dns_cache *c)
{
	struct le *le;

	LIST_FOREACH (&c->entryl, le) {
		struct dns_entry *e = le->data;

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


static struct dns_entry *entry_find(const struct dns_cache *c,
				    const char *name, uint16_t type)
{
	struct le *le;

	LIST_FOREACH (hash_list(c->ht_entry, entry_key(name, type)), le) {
		struct dns_entry *e = le->data;

		if (e->type == type && !str_casecmp(e->name, name))
			return e;
	}

	return NULL;
}


static int entry_get(struct dns_entry **ep, struct dns_cache *c,
		     const char *name, uint16_t type)
{
	struct dns_entry *e = entry_find(c, name, type);
	int err;

	if (e) {
		list_unlink(&e->le_lru);
		list_append(&c->entryl, &e->le_lru, e);
		*ep = e;
		return 0;
	}

	if (c->entryc >= CACHE_MAX)
		evict(c);

	e = mem_zalloc(sizeof(*e), entry_destructor);
	if (!e)
		return ENOMEM;

	e->fd   = -1;
	e->c    = c;
	e->type = type;
	err     = str_dup(&e->name, name);
	if (err) {
		mem_deref(e);
		return err;
	}

	hash_append(c->ht_entry, entry_key(name, type), &e->le, e);
	list_append(&c->entryl, &e->le_lru, e);
	++c->entryc;
	*ep = e;

	return 0;
}


/* An answer that may be used, though it may be old */
static bool is_known(const struct dns_entry *e)
{
	return e->stale_ms > clock_ms();
}


bool dns_has_records(const struct dns_entry *e)
{
	return e->recc && is_known(e);
}


/* No need to wait for it: there is an old answer, or it is only about IPv6 and
 * the IPv4 addresses are known */
static bool can_do_without(const struct dns_entry *e)
{
	const struct dns_entry *a;

	if (is_known(e))
		return true;

	a = e->type == RR_AAAA ? entry_find(e->c, e->name, RR_A) : NULL;

	return a && dns_has_records(a);
}


/* Everyone who waits on the entry goes on.  They may be gone after it, and so
 * may the entry */
static void entry_tell(struct dns_entry *e)
{
	mem_ref(e);

	while (e->wantl.head) {
		struct dns_want *w = e->wantl.head->data;

		list_unlink(&w->le);
		w->h(w->arg);
	}

	mem_deref(e);
}


static void entry_good(struct dns_entry *e, const struct dns_rec *recv,
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


static void entry_none(struct dns_entry *e)
{
	e->recv     = mem_deref(e->recv);
	e->recc     = 0;
	e->err      = ENOENT;
	e->fresh_ms = clock_ms() + NEG_MS;
	e->stale_ms = e->fresh_ms + STALE_MS;
}


static void entry_failed(struct dns_entry *e, int err)
{
	++e->c->failed;
	e->err      = err;
	e->fresh_ms = clock_ms() + (can_do_without(e) ? RETRY_MS : FAIL_MS);

	log_warning("dns", "%s %s: no answer (%m)%s", e->name,
		    dns_rr_typename(e->type), err,
		    is_known(e) ? ", the old one is used" : "");
}


/* ---- questions -------------------------------------------------------- */

static void question_failed(struct dns_entry *e, int err)
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
	struct dns_entry *e = mem_ref(arg);

	/* who waits need not wait for more attempts */
	if (can_do_without(e)) {
		e->fresh_ms = clock_ms() + RETRY_MS;
		entry_tell(e);
	}

	question_failed(e, ETIMEDOUT);
	mem_deref(e);
}


static void answer(struct dns_entry *e, const uint8_t *p, size_t n)
{
	struct dns_rec recv[RECORDS_MAX];
	uint32_t ttl;
	size_t recc;
	int err;

	err = dns_answer_read(recv, &recc, &ttl, p, n, e->id, e->name,
			      e->type);

	switch (err) {

	case 0: entry_good(e, recv, recc, ttl); break;

	case ENOENT: entry_none(e); break;

	case EAGAIN: question_failed(e, EPROTO); return;

	default: return; /* not ours: the right one may follow */
	}

	++e->c->answered;
	question_end(e);
	entry_tell(e);
}


static void read_handler(int flags, void *arg)
{
	struct dns_entry *e = mem_ref(arg);
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


static int question_send(struct dns_entry *e)
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


static int attempt(struct dns_entry *e)
{
	const struct dns_conf *conf = e->c->conf;
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


int dns_ask(struct dns_want *w, struct dns_cache *c, const char *name,
	    uint16_t type)
{
	struct dns_entry *e;
	int err;

	err = entry_get(&e, c, name, type);
	if (err)
		return err;

	w->e = mem_ref(e);

	/* also true while a server that was silent is asked again */
	if (e->fresh_ms > clock_ms())
		return 0;

	list_append(&e->wantl, &w->le, w);

	if (e->fd < 0) {
		++c->asked;
		e->attempt = 0;
		if (attempt(e))
			question_failed(e, ENETUNREACH);
	}

	/* it may have failed on the spot, and w was told then */
	return EINPROGRESS;
}


void dns_want_drop(struct dns_want *w)
{
	list_unlink(&w->le);
	w->e = mem_deref(w->e);
}


/* ---- cache ------------------------------------------------------------ */

static bool drop_handler(struct le *le, void *arg)
{
	(void)arg;
	entry_drop(le->data);

	return false;
}


static void cache_destructor(void *data)
{
	struct dns_cache *c = data;

	if (c->ht_entry)
		(void)hash_apply(c->ht_entry, drop_handler, NULL);

	mem_deref(c->ht_entry);
}


int dns_cache_alloc(struct dns_cache **cp, const struct dns_conf *conf)
{
	struct dns_cache *c = mem_zalloc(sizeof(*c), cache_destructor);
	int err;

	if (!c)
		return ENOMEM;

	c->conf = conf;
	err     = hash_alloc(&c->ht_entry, TABLE_SIZE);
	if (err)
		mem_deref(c);
	else
		*cp = c;

	return err;
}


int dns_cache_debug(struct re_printf *pf, const struct dns_cache *c)
{
	uint64_t now = clock_ms();
	struct le *le;
	int err;

	err = re_hprintf(pf, "asked %u, answered %u, failed %u; names: %u\n",
			 c->asked, c->answered, c->failed, c->entryc);

	LIST_FOREACH (&c->entryl, le) {
		const struct dns_entry *e = le->data;
		uint64_t left = e->fresh_ms > now ? e->fresh_ms - now : 0;

		err |= re_hprintf(pf, "%s %s: %u records, %u s", e->name,
				  dns_rr_typename(e->type), (unsigned)e->recc,
				  (unsigned)(left / 1000));
		err |= e->err ? re_hprintf(pf, ", %m\n", e->err)
			      : re_hprintf(pf, "\n");
	}

	return err;
}
