/**
 * @file routing/ident.h  Who sent this request
 *
 * Signalling thread.  struct ident is refcounted and holds a reference to its
 * configuration; build a new one after a reload.  Pure: it decides and says
 * why, the caller challenges and answers.
 */
#ifndef TANDEM_ROUTING_IDENT_H
#define TANDEM_ROUTING_IDENT_H

#include "base/compat.h"

struct config;
struct peer;
struct ident;

/** What a request says, and where it came from */
struct ident_req {
	struct pl method;    /* upper case: "INVITE" */
	struct pl from_user; /* unescaped user of From */
	struct pl auth_user; /* digest username, empty if none */
	struct pl ruri_user;
	struct pl to_user;
	struct pl pai_user; /* P-Asserted-Identity, empty if none */
	struct sa src;      /* source address and port */
	int transp;         /* enum config_transp */
};

enum ident_verdict {
	IDENT_PEER = 0, /* a known user, peer or friend */
	IDENT_DENIED,   /* known, but its permit/deny refuse the source */
	IDENT_GUEST,    /* nobody known; guests may call */
	IDENT_UNKNOWN,  /* nobody known; challenge a made-up peer */
};

/** How it was recognised */
enum ident_how {
	IDENT_HOW_NONE = 0,
	IDENT_HOW_FROM,     /* name of the From user */
	IDENT_HOW_AUTHUSER, /* digest username: match_auth_username, or one of
			       several peers at the address */
	IDENT_HOW_TO,       /* name of the To user (REGISTER) */
	IDENT_HOW_EXTEN,    /* address, and callbackextension or the extension
			       of its register line is the request URI's */
	IDENT_HOW_RURI,     /* address, and the account is the R-URI's user */
	IDENT_HOW_TO_USER,  /* address, and the account is the To user */
	IDENT_HOW_PAI,      /* address, and it is P-Asserted-Identity's */
	IDENT_HOW_FROM_USER, /* address, and the account is the From user */
	IDENT_HOW_ADDR, /* address, port and transport; first in the file */
	IDENT_HOW_IP,       /* address without port; first in the file */
};

struct ident_result {
	enum ident_verdict verdict;
	enum ident_how how;
	const struct peer *peer; /* PEER and DENIED; else the guests' defaults
				    (GUEST) or NULL.  No reference */
	bool needs_auth;    /* it has a secret and is not insecure=invite */
	uint32_t ambiguous; /* other peers at that address that were as good;
			       file order decided */
};

/** One address of a peer */
struct ident_addr {
	struct sa sa; /* with port */
	int transp;   /* enum config_transp, -1 for any */
};

/**
 * Deliver the addresses of a peer: registered bindings, or the resolved ones
 * of its host
 *
 * @param addr  Set to address number `i` (from 0)
 *
 * @return False if there are no more
 */
typedef bool(ident_addr_h)(const struct peer *peer, uint32_t i,
			   struct ident_addr *addr, void *arg);

/**
 * Build the index
 *
 * @param idp    Result
 * @param cfg    Configuration; a reference is kept
 * @param addrh  Registered and resolved addresses; may be NULL.  A host given
 *               as an address and defaultip need not be delivered
 */
int ident_alloc(struct ident **idp, const struct config *cfg,
		ident_addr_h *addrh, void *arg);

/** Read the addresses of one peer anew; call it after each registration,
 *  unregistration, expiry and DNS answer.  0 or ENOMEM */
int ident_update(struct ident *id, const struct peer *peer);

/** True if a peer with a static host has this address, whatever the port
 *  (dynamic_exclude_static).  Linear in the peers at that very address */
bool ident_has_static(const struct ident *id, const struct sa *sa);

/**
 * Decide who sent a request
 *
 * chan_sip's order: the From user among users and friends (never a peer by
 * name), then the source address among peers and friends (never a user by
 * address): first with port and transport, then the address alone, which UDP
 * peers allow by insecure=port, and TCP and TLS unless a phone's binding is
 * held to its NAT mapping (force_rport).
 *
 * chan_sip leaves open who wins among several peers at one address, but for
 * callbackextension.  Here, best first: the digest username names it (its
 * password will prove that); its callbackextension, or the extension of its
 * register line, is the request URI's user; and, among those that match with
 * port before those that match without: the account is the user of the
 * request URI, of To (both only for a static host: a phone's request URI names
 * whom it calls), of P-Asserted-Identity, of From; the first in the file.  An
 * account goes by its section name, defaultuser, fromuser and the user of its
 * register line.
 *
 * SUBSCRIBE: by name only, any type.  REGISTER: the To user among peers and
 * friends, by name only, always needs_auth if there is a secret, never a
 * guest.
 *
 * Cost: linear in the peers at that very address.
 */
void ident_find(struct ident_result *res, const struct ident *id,
		const struct ident_req *req);

/** "From user", "source address" ... for logs */
const char *ident_how_name(enum ident_how how);

#endif
