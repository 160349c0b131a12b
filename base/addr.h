/**
 * @file base/addr.h  Network addresses and access lists
 *
 * Any thread.  Addresses are libre's struct sa; IPv4-mapped IPv6 counts as
 * IPv4 everywhere (RFC 5118 4.9).
 */
#ifndef TANDEM_BASE_ADDR_H
#define TANDEM_BASE_ADDR_H

#include "base/compat.h"

/** A network: 10.0.0.0/8, 192.168/16, 10.1.2.3/255.255.0.0, 2001:db8::/32 */
struct net {
	struct sa sa;
	uint8_t bits;
};

/** One permit or deny line */
struct acl_rule {
	struct le le;
	struct net net;
	bool permit;
};

/** Parse a network; a bare address is a host.  EINVAL if malformed */
int net_decode(struct net *net, const struct pl *pl);
bool net_has(const struct net *net, const struct sa *sa);
int net_print(struct re_printf *pf, const struct net *net);

/** Append the comma separated networks of `val` to an ordered list.  A leading
 *  '!' turns one around.  Entries are mem_alloc'd: list_flush() ends them.
 *  @return 0, or EINVAL with *bad set to the malformed part */
int acl_add(struct list *acl, const struct pl *val, bool permit,
	    struct pl *bad);

/** True if allowed: verdict starts with allow, every matching rule overrides,
 *  so that the last match wins (chan_sip's rule) */
bool acl_allows(const struct list *acl, const struct sa *sa);

/** RFC 1918, RFC 6598, unique local (RFC 4193), link local */
bool addr_is_private(const struct sa *sa);
bool addr_is_loopback(const struct sa *sa);
bool addr_is_multicast(const struct sa *sa);

/** Unmap ::ffff:a.b.c.d in place */
void addr_unmap(struct sa *sa);

/** The local address that the kernel's routing would use toward dst */
int addr_local_for(struct sa *local, const struct sa *dst);

uint32_t addr_hash(const struct sa *sa, bool with_port);

#endif
