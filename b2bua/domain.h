/**
 * @file b2bua/domain.h  Which domains are ours (domain=, autodomain=)
 *
 * Signalling thread; pure.
 */
#ifndef TANDEM_B2BUA_DOMAIN_H
#define TANDEM_B2BUA_DOMAIN_H

#include "config/config.h"

/** True if the configuration restricts domains at all */
bool domain_checked(const struct general *g);

/**
 * Is this host of a URI one of ours?
 *
 * @param host     As it stands in the URI, without port
 * @param local    Address that the request came to, for autodomain=yes
 * @param context  Set to the context of domain=name,context, NULL if it has
 *                 none; may be NULL
 */
bool domain_is_ours(const struct general *g, const struct pl *host,
		    const struct sa *local, const char **context);

#endif
