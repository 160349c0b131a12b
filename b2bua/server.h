/**
 * @file b2bua/server.h  The running server: what everything hangs on
 *
 * Signalling thread.  One per process; main.c makes it, the others reach it by
 * server().
 */
#ifndef TANDEM_B2BUA_SERVER_H
#define TANDEM_B2BUA_SERVER_H

#include <stdatomic.h>
#include "base/chan.h"
#include "base/timer.h"
#include "config/config.h"
#include "sip/digest.h"
#include "sip/resolve.h"

struct dialplan_index;
struct dp_overlay;
struct ident;
struct vars;

struct server {
	struct sx *sx;
	struct sx_resolver *resolver;
	struct sx_uas_auth *auth;
	struct config *cfg;            /* newest snapshot */
	struct dialplan_index *plan;   /* of cfg */
	struct dp_overlay *overlay;    /* of every plan: regexten.c */
	struct ident *ident;           /* of cfg */
	struct vars *globals;
	bool sha256;                   /* SHA-256 is offered, first */
	uint64_t started_ms;
	bool draining;                 /* no new calls */
	struct timer settle;           /* see server_config.c */

	/* the store's file was begun anew */
	struct chan *rewrite;
	struct chan_msg rewrite_msg;
	atomic_bool rewrite_sent;
};

/** The server, NULL before server_start() */
struct server *server(void);

/** Allow header value of everything we serve */
extern const char server_allow[];

/** Start everything below the console: store, media, SIP, registrations.
 *  cfg is kept.  On failure `why` says which step, in one sentence */
int server_start(struct config *cfg, struct mbuf *why);
void server_stop(void);

/** Take a new configuration (server_config.c): all or nothing.  Calls in
 *  progress keep theirs.  On failure nothing has changed and `why` says what
 *  was in the way */
int server_reload(struct config *cfg, struct mbuf *why);

/** End every call with BYE */
void server_end_calls(void);

/** Challenge a request (401) */
int server_challenge(struct sx_strans *st, const struct sx_msg *msg,
		     bool stale);

/** Digest realm of a request */
const char *server_realm(const struct sx_msg *msg);

/** "sip set debug": show messages on the attached consoles.  addr NULL: all
 *  peers; h is called with each one as text */
typedef void(server_trace_h)(const char *text, size_t n);
void server_trace(bool on, const struct sa *addr, server_trace_h *h);

/* inbound.c */

/** A request outside of dialogs */
void inbound_request(struct sx_strans *st, const struct sx_msg *msg);

/** True if this peer may not come from there: weak secret, public address */
bool inbound_refuses(const struct peer *peer, const struct sx_msg *msg);

/**
 * Who sends a request, proven: by its password, or by its address if it has
 * none.  Guests are nobody here
 *
 * @param what  "Subscription": for the log
 *
 * @return The peer; NULL: the request has been answered
 */
const struct peer *inbound_prove(struct sx_strans *st,
				 const struct sx_msg *msg, const char *what);

/** The peer that sent a request, as far as it says; NULL if unknown */
const struct peer *inbound_sender(const struct sx_msg *msg);

/* nat.c: our address as others see it (externaddr, externhost, localnet) */
void nat_config(const struct config *cfg);
void nat_public(struct sa *addr, enum sx_tp tp, const struct sa *dst,
		void *arg);
/** Is it in one of the networks of localnet=? */
bool nat_in_localnet(const struct general *g, const struct sa *sa);
void nat_close(void);

#endif
