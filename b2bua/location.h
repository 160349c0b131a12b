/**
 * @file b2bua/location.h  Where a peer is: registered bindings, qualify state
 *
 * Signalling thread.  Bindings are kept by peer name, so that they outlive a
 * reload, and are written behind to the store.  A peer keeps `maxcontacts`
 * of them (1: the newest wins).  The addresses of all other peers are their
 * host= or defaultip=.
 */
#ifndef TANDEM_B2BUA_LOCATION_H
#define TANDEM_B2BUA_LOCATION_H

#include "b2bua/keepalive.h"
#include "b2bua/natview.h"
#include "base/timer.h"
#include "config/config.h"
#include "routing/ident.h"
#include "sip/sip.h"
#include "store/store.h"

struct place;

/** One registered contact; owned by its place */
struct binding {
	struct le le;            /* place->bindings, newest first */
	struct place *place;
	char *contact;           /* URI as it came: the R-URI of requests */
	char *user;              /* its user part, "" if none */
	struct sx_target target; /* where requests go; conn is a reference */
	char *path;              /* Path values, NULL */
	char *user_agent;
	char *callid;
	uint32_t cseq;
	char *instance;          /* +sip.instance, NULL */
	uint32_t reg_id;         /* of a flow (RFC 5626), 0 none */
	struct sa via_src;       /* source of the REGISTER */
	bool natted;             /* its Contact names another host than it
				    came from */
	struct sa listens;       /* of a stream: where a new connection may be
				    opened; unset: nowhere */
	uint64_t expires_ms;     /* clock_ms */
	struct timer expiry;
	struct keep keep;
	struct nat_seen nat;
};

enum qualify_state {
	QUALIFY_UNMONITORED,
	QUALIFY_UNKNOWN,
	QUALIFY_OK,
	QUALIFY_LAGGED,
	QUALIFY_UNREACHABLE,
};

/** What we know of one peer, found by name; lives as long as the process */
struct place {
	struct le hle;
	struct le le;            /* all */
	char *name;
	struct list bindings;    /* struct binding */

	/* qualify.c */
	enum qualify_state state;
	uint32_t rtt_ms;         /* of the last answer */
	uint64_t changed_ms;
	struct timer qualify;
	struct sx_ctrans *ct;
	struct sx_query *query;
	uint64_t sent_ms;
	struct sx_target *askedv; /* a static host: the places of its name ... */
	size_t askedc, askedi;    /* ... and the one that is asked */

	struct timer keepalive;  /* keepalive.c */

	/* addresses of a static host by name, from DNS */
	struct sa dnsv[8];
	size_t dnsc;
	struct timer dns;
	struct sx_query *dnsq;
};

int location_init(void);
void location_close(void);

/** Read what the store has; call after store_open() and the configuration */
int location_load(const struct config *cfg);

/** Told of each change, as it goes to the store */
struct location_watch {
	void (*put)(const struct store_location *loc, void *arg);
	void (*del)(const struct store_location *loc, void *arg);
	void *arg;
};
void location_watch(const struct location_watch *w); /* NULL: no more */

/** All bindings; and one that another process has, or had */
void location_export(store_location_h *h, void *arg);
void location_import(const struct store_location *loc);
void location_import_gone(const struct store_location *loc);

/** Another process looks after them: nothing is stored, asked or expires
 *  here.  Back with location_config() */
void location_passive(bool on);

/** Put every binding into the store again.  Returns how many */
unsigned location_store_all(void);

/** The place of a peer, made if needed; NULL without memory */
struct place *location_get(const char *name);
struct place *location_find(const char *name); /* NULL if there is none */
struct list *location_list(void); /* struct place */

/**
 * How to reach a peer for a new dialog
 *
 * @param t    Where; only if *known
 * @param uri  R-URI of the registered contact (borrowed), NULL if the host is
 *             the configured one
 * @param known False: resolve host= (outboundproxy=) first
 *
 * @return 0; ENOENT not registered, EHOSTUNREACH qualify says that it is
 *         unreachable or lagged
 */
int location_target(const struct peer *peer, struct sx_target *t,
		    const char **uri, bool *known);

/** As location_target() for device number i (from 0, newest first) of a peer
 *  with maxcontacts= above 1; ENOENT beyond the last.  Flows of one device
 *  (RFC 5626) count as one: the newest that is open is given */
int location_target_at(const struct peer *peer, uint32_t i,
		       struct sx_target *t, const char **uri, bool *known);

/** Path of device number i, NULL if it has none (supportpath=) */
const char *location_path(const struct peer *peer, uint32_t i);

/** Bind or refresh.  cseq and callid order the REGISTERs (RFC 3261 10.3);
 *  EALREADY for an older one */
struct binding_params {
	const char *contact, *user, *path, *user_agent, *callid, *instance;
	uint32_t cseq;
	uint32_t reg_id;
	struct sx_target target;
	struct sa via_src;
	bool natted;
	struct sa listens;
	struct nat_reg reg;      /* any: false if it is not known */
	bool alone;              /* the REGISTER has no other Contact */
	uint32_t expires_s;
};

/** Fill in `natted` and `listens` from `contact`, `via_src` and `target` */
void location_contact(struct binding_params *prm);
int location_bind(const struct peer *peer, const struct binding_params *prm);

/** True if a binding is known from a later request of the same phone: same
 *  Call-ID, higher CSeq.  Nothing of this one may count then (RFC 3261 10.3).
 *  contact NULL: any binding of the peer */
bool location_is_stale(const char *name, const struct binding_params *prm);

/** Remove all bindings, or those that fit: contact, and +sip.instance and
 *  reg-id where both have them */
void location_unbind(const char *name, const struct binding_params *which);

/** Seconds that a binding still has */
uint32_t binding_left_s(const struct binding *b);

/** True if a device of the peer is behind a NAT */
bool location_is_natted(const char *name);

/** True if, as far as is known, a request can be sent over it now */
bool binding_is_open(const struct binding *b);

/** A connection has gone: what used it is reached where it listens, if it is
 *  not behind a NAT, or when it has registered again */
void location_conn_gone(const struct sx_conn *conn);

/** For ident_alloc() */
bool location_ident_addr(const struct peer *peer, uint32_t i,
			 struct ident_addr *addr, void *arg);

/** Make the places that location_config() will need.  ENOMEM */
int location_prepare(const struct config *cfg);

/** After a reload: names to resolve, places of removed peers */
void location_config(const struct config *cfg);

/* qualify.c */

/** Start, stop or change the OPTIONS of every peer with qualify= */
void qualify_config(const struct config *cfg);
void qualify_now(const struct peer *peer);
void qualify_stop(struct place *pl);
const char *qualify_state_name(enum qualify_state st);

#endif
