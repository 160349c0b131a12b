/**
 * @file routing/ident_priv.h  The tables of known peers
 *
 * Only for routing/ident*.c.
 */
#ifndef TANDEM_ROUTING_IDENT_PRIV_H
#define TANDEM_ROUTING_IDENT_PRIV_H

#include "routing/ident.h"

/** A known name, with what tells it from others at its address */
struct known {
	struct le hle;         /* by name */
	const struct peer *peer;
	uint32_t pos;          /* in the file */
	struct list addrs;     /* struct known_addr */
	struct list accounts;  /* struct account */
};


struct known_addr {
	struct le le;  /* known->addrs */
	struct le hle; /* by IP */
	struct known *known;
	struct sa sa;  /* port 0: the transport's default */
	int transp;    /* -1: any of the peer's */
};


/** What a register line says about a peer; texts belong to the config */
struct account {
	struct le le;
	const char *user;
	const char *exten;
};


struct ident {
	struct config *cfg;
	ident_addr_h *addrh;
	void *arg;
	struct known *knownv;
	size_t knownc;
	struct list *by_name;
	struct list *by_ip;
	uint32_t mask;
};


/** The peers that may be at that address (struct known_addr); IPv4 in IPv6
 *  must be unmapped */
struct list *ident_bucket(const struct ident *id, const struct sa *sa);

/** Find the best peer at the source address; NULL if there is none */
struct known *ident_by_address(struct ident_result *res,
			       const struct ident *id,
			       const struct ident_req *req);

/** True if a password can be asked for */
bool ident_has_secret(const struct peer *p);

#endif
