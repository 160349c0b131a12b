/**
 * @file base/addr.c  Network addresses and access lists
 */
#include "base/addr.h"
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/rand.h"
#include "base/text.h"


enum { IP4_BITS = 32, IP6_BITS = 128, MAPPED_BITS = 96 };


static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0,    0,
					  0, 0, 0, 0, 0xff, 0xff};


static bool is_mapped(const struct sa *sa)
{
	return sa_af(sa) == AF_INET6 &&
	       !memcmp(&sa->u.in6.sin6_addr, mapped_prefix,
		       sizeof(mapped_prefix));
}


void addr_unmap(struct sa *sa)
{
	uint32_t v4;

	if (!sa || !is_mapped(sa))
		return;

	memcpy(&v4, (const uint8_t *)&sa->u.in6.sin6_addr + 12, sizeof(v4));
	sa_set_in(sa, ntohl(v4), sa_port(sa));
}


static size_t addr_bytes(uint8_t out[16], const struct sa *sa)
{
	switch (sa_af(sa)) {

	case AF_INET:
		memcpy(out, &sa->u.in.sin_addr, 4);
		return 4;

	case AF_INET6:
		memcpy(out, &sa->u.in6.sin6_addr, 16);
		return 16;

	default:
		return 0;
	}
}


static bool prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	const unsigned n = bits / 8, rest = bits % 8;

	if (memcmp(a, b, n))
		return false;

	return !rest || !((a[n] ^ b[n]) >> (8 - rest));
}


/* 192.168/16: the missing numbers are 0 */
static int short_decode(struct sa *sa, const struct pl *pl)
{
	struct pl part, rest = *pl;
	uint32_t v = 0;
	unsigned n = 0;

	while (pl_next(&part, &rest, '.')) {
		uint64_t num;

		if (++n > 4 || num_decode(&num, &part, 255))
			return EINVAL;

		v = v << 8 | (uint32_t)num;
	}

	sa_set_in(sa, n < 4 ? v << (8 * (4 - n)) : v, 0);

	return 0;
}


static int host_decode(struct sa *sa, struct pl pl, bool may_be_short)
{
	if (pl.l > 2 && pl.p[0] == '[' && pl.p[pl.l - 1] == ']') {
		pl_advance(&pl, 1);
		--pl.l;
		if (!memchr(pl.p, ':', pl.l))
			return EINVAL;
	}

	if (!pl.l)
		return EINVAL;

	if (may_be_short && !memchr(pl.p, ':', pl.l))
		return short_decode(sa, &pl);

	return sa_set(sa, &pl, 0) ? EINVAL : 0;
}


/* "16" or "255.255.0.0" (without holes) */
static int mask_decode(uint8_t *bits, const struct pl *pl, int af)
{
	const uint64_t max = af == AF_INET ? IP4_BITS : IP6_BITS;
	struct sa sa;
	uint64_t n;
	uint32_t v;

	if (!num_decode(&n, pl, max)) {
		*bits = (uint8_t)n;
		return 0;
	}

	if (af != AF_INET || sa_set(&sa, pl, 0) || sa_af(&sa) != AF_INET)
		return EINVAL;

	v = ~sa_in(&sa);
	if (v & (v + 1))
		return EINVAL;

	*bits = IP4_BITS;
	while (v) {
		--*bits;
		v >>= 1;
	}

	return 0;
}


int net_decode(struct net *net, const struct pl *pl)
{
	struct pl host, mask;
	struct net res = {0};
	const char *slash;
	bool mapped;
	int err;

	if (!net || !pl || !pl->p)
		return EINVAL;

	host  = pl_trim(*pl);
	mask  = pl_null;
	slash = host.l ? memchr(host.p, '/', host.l) : NULL;
	if (slash) {
		mask.p = slash + 1;
		mask.l = host.l - (size_t)(slash - host.p) - 1;
		host.l = (size_t)(slash - host.p);
	}

	sa_init(&res.sa, AF_UNSPEC);
	err = host_decode(&res.sa, host, slash != NULL);
	if (err)
		return err;

	/* ::ffff:10.0.0.0/104 is 10.0.0.0/8; libre unmaps by itself */
	addr_unmap(&res.sa);
	mapped = sa_af(&res.sa) == AF_INET && memchr(host.p, ':', host.l);

	res.bits = sa_af(&res.sa) == AF_INET ? IP4_BITS : IP6_BITS;
	if (slash) {
		err = mask_decode(&res.bits, &mask,
				  mapped ? AF_INET6 : sa_af(&res.sa));
		if (err)
			return err;
	}

	if (slash && mapped) {
		if (res.bits < MAPPED_BITS)
			return EINVAL;

		res.bits -= MAPPED_BITS;
	}

	*net = res;

	return 0;
}


bool net_has(const struct net *net, const struct sa *sa)
{
	uint8_t a[16], b[16];
	struct sa host;

	if (!net || !sa)
		return false;

	host = *sa;
	addr_unmap(&host);

	if (sa_af(&net->sa) != sa_af(&host) || !addr_bytes(b, &host))
		return false;

	(void)addr_bytes(a, &net->sa);

	return prefix_equal(a, b, net->bits);
}


int net_print(struct re_printf *pf, const struct net *net)
{
	if (!net)
		return 0;

	return re_hprintf(pf, "%j/%u", &net->sa, (unsigned)net->bits);
}


static int rule_add(struct list *acl, struct pl part, bool permit)
{
	struct acl_rule *rule;
	struct net net;
	int err;

	part = pl_trim(part);
	if (part.l && part.p[0] == '!') {
		permit = !permit;
		pl_advance(&part, 1);
	}

	err = net_decode(&net, &part);
	if (err)
		return err;

	rule = mem_zalloc(sizeof(*rule), NULL);
	if (!rule)
		return ENOMEM;

	rule->net    = net;
	rule->permit = permit;
	list_append(acl, &rule->le, rule);

	return 0;
}


int acl_add(struct list *acl, const struct pl *val, bool permit,
	    struct pl *bad)
{
	struct list fresh = LIST_INIT;
	struct pl part, rest;

	if (!acl || !val || !val->p)
		return EINVAL;

	rest = *val;
	while (pl_next(&part, &rest, ',')) {
		int err = rule_add(&fresh, part, permit);

		if (err) {
			if (bad)
				*bad = pl_trim(part);
			list_flush(&fresh);
			return err;
		}
	}

	while (fresh.head) {
		struct le *le = fresh.head;

		list_unlink(le);
		list_append(acl, le, le->data);
	}

	return 0;
}


bool acl_allows(const struct list *acl, const struct sa *sa)
{
	bool verdict = true;
	struct le *le;

	if (!sa)
		return false;

	LIST_FOREACH (acl, le) {
		const struct acl_rule *rule = le->data;

		if (net_has(&rule->net, sa))
			verdict = rule->permit;
	}

	return verdict;
}


struct prefix {
	uint8_t addr[16];
	uint8_t len; /* of the address in [bytes] */
	uint8_t bits;
};


static bool in_prefixes(const struct sa *sa, const struct prefix *pv, size_t n)
{
	uint8_t addr[16];
	struct sa host;
	size_t len;

	if (!sa)
		return false;

	host = *sa;
	addr_unmap(&host);
	len = addr_bytes(addr, &host);

	for (size_t i = 0; i < n; i++) {
		if (len == pv[i].len &&
		    prefix_equal(addr, pv[i].addr, pv[i].bits))
			return true;
	}

	return false;
}


bool addr_is_private(const struct sa *sa)
{
	/* clang-format off */
	static const struct prefix pv[] = {
		{{10},          4,   8},  /* RFC 1918 */
		{{172, 16},     4,  12},
		{{192, 168},    4,  16},
		{{100, 64},     4,  10},  /* RFC 6598 */
		{{169, 254},    4,  16},  /* RFC 3927 */
		{{0xfc},        16,  7},  /* RFC 4193 */
		{{0xfe, 0x80},  16, 10},  /* RFC 4291 2.5.6 */
	};
	/* clang-format on */

	return in_prefixes(sa, pv, ARRAY_SIZE(pv));
}


bool addr_is_loopback(const struct sa *sa)
{
	static const struct prefix pv[] = {
		{{127}, 4, 8},
		{{[15] = 1}, 16, 128},
	};

	return in_prefixes(sa, pv, ARRAY_SIZE(pv));
}


bool addr_is_multicast(const struct sa *sa)
{
	static const struct prefix pv[] = {
		{{224}, 4, 4},
		{{0xff}, 16, 8},
	};

	return in_prefixes(sa, pv, ARRAY_SIZE(pv));
}


/* A connected UDP socket has asked the routing table, and sends nothing */
int addr_local_for(struct sa *local, const struct sa *dst)
{
	struct sa peer, me;
	int err = 0;
	int fd;

	if (!local || !dst || !sa_isset(dst, SA_ADDR))
		return EINVAL;

	peer = *dst;
	addr_unmap(&peer);
	if (!sa_port(&peer))
		sa_set_port(&peer, 9);

	fd = socket(sa_af(&peer), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;

	sa_init(&me, AF_UNSPEC);
	me.len = sizeof(me.u);

	if (connect(fd, &peer.u.sa, peer.len) < 0 ||
	    getsockname(fd, &me.u.sa, &me.len) < 0)
		err = errno;

	(void)close(fd);

	if (err)
		return err;

	sa_set_port(&me, 0);
	*local = me;

	return 0;
}


uint32_t addr_hash(const struct sa *sa, bool with_port)
{
	uint8_t buf[18];
	struct sa host;
	size_t n;

	if (!sa)
		return 0;

	host = *sa;
	addr_unmap(&host);
	n = addr_bytes(buf, &host);

	if (with_port) {
		uint16_t port = sa_port(&host);

		buf[n++] = (uint8_t)(port >> 8);
		buf[n++] = (uint8_t)port;
	}

	return hash_key(buf, n);
}
