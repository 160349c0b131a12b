/**
 * @file sip/resolve.h  Names to places (RFC 3263)
 *
 * Signalling thread; the questions are asked asynchronously, so a name never
 * blocks a call.  Answers are cached for their TTL; when the resolver is down
 * the last good answer is used (up to a day).
 */
#ifndef TANDEM_SIP_RESOLVE_H
#define TANDEM_SIP_RESOLVE_H

#include "sip/sip.h"

struct sx_resolver;
struct sx_query;

int sx_resolver_alloc(struct sx_resolver **rp);

/** Use these servers, in this order, in place of resolv.conf; 0: resolv.conf
 *  again */
int sx_resolver_set_servers(struct sx_resolver *r, const struct sa *srvv,
			    size_t n);
int sx_resolver_set_server(struct sx_resolver *r, const struct sa *srv);

/** err 0 with n >= 1 targets in the order to try; else ENOENT, ETIMEDOUT */
typedef void(sx_resolve_h)(int err, const struct sx_target *tv, size_t n,
			   void *arg);

/**
 * Resolve
 *
 * A literal address, or a name found in the cache, calls back before this
 * returns.
 *
 * @param qp   Query; mem_deref to give up (no call back); NULL'd on return if
 *             the answer was immediate.  May not be NULL
 * @param host Name or address (IPv6 with or without brackets)
 * @param port 0: SRV is asked (if srv), else default 5060/5061
 * @param tp   Transport wanted
 */
int sx_resolve(struct sx_query **qp, struct sx_resolver *r, const char *host,
	       uint16_t port, enum sx_tp tp, bool srv, sx_resolve_h *h,
	       void *arg);

int sx_resolver_debug(struct re_printf *pf, const struct sx_resolver *r);

#endif
