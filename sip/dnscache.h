/**
 * @file sip/dnscache.h  Questions to name servers, and their answers
 *
 * Private to the resolver; signalling thread only.  The cache owns the
 * entries; a want holds a reference to its entry until dns_want_drop().
 */
#ifndef TANDEM_SIP_DNSCACHE_H
#define TANDEM_SIP_DNSCACHE_H

#include "base/timer.h"
#include "sip/dns.h"

struct dns_cache;

/** What is known, or being asked, about a name and a type.  Users read recv,
 *  recc (if dns_has_records()), name, type and err */
struct dns_entry {
	struct le le;
	struct le le_lru;
	struct dns_cache *c;    /* no reference */
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

/** Someone who waits; all zero but h and arg is a valid one */
struct dns_want {
	struct le le;           /* in the entry's list while it waits */
	struct dns_entry *e;    /* reference */
	void (*h)(void *arg);   /* the entry knows now, or has given up */
	void *arg;
};

int dns_cache_alloc(struct dns_cache **cp, const struct dns_conf *conf);
int dns_cache_debug(struct re_printf *pf, const struct dns_cache *c);

/**
 * Ask
 *
 * @return 0 if the entry knows already; EINPROGRESS if the handler is (or was,
 *         when nothing could be sent) called; else an error, without an entry
 */
int dns_ask(struct dns_want *w, struct dns_cache *c, const char *name,
	    uint16_t type);
void dns_want_drop(struct dns_want *w);

/** True if there is an answer with records, which may be old */
bool dns_has_records(const struct dns_entry *e);

#endif
