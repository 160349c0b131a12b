/**
 * @file b2bua/guard_known.h  Addresses of the peers: trunks and registered
 *                            phones
 *
 * Signalling thread.  Kept up to date peer by peer: a registration costs what
 * that one peer has, however many there are.
 */
#ifndef TANDEM_B2BUA_GUARD_KNOWN_H
#define TANDEM_B2BUA_GUARD_KNOWN_H

#include "config/config.h"
#include "routing/ident.h"

/** How many peers are at an address */
struct guard_known {
	uint32_t trunks; /* static hosts */
	uint32_t phones; /* bindings */
};

/** h delivers registered and resolved addresses, as for ident_alloc() */
int guard_known_init(ident_addr_h *h);
void guard_known_close(void);

/** Take the peers of a configuration; others are forgotten.  ENOMEM */
int guard_known_config(const struct config *cfg);

/** The addresses of this peer have changed.  ENOMEM */
int guard_known_update(const struct peer *peer);

/** Who is at the address of sa (its port does not matter); all zero: nobody */
void guard_known_find(struct guard_known *k, const struct sa *sa);

#endif
