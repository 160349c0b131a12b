/**
 * @file b2bua/location_priv.h  The inside of location, for location_*.c only
 *
 * Signalling thread.
 */
#ifndef TANDEM_B2BUA_LOCATION_PRIV_H
#define TANDEM_B2BUA_LOCATION_PRIV_H

#include "b2bua/location.h"

/** Tell all who know callers and lamps by where a peer is */
void location_changed(const char *name);

/** True if both are contacts of one device (RFC 5626: +sip.instance) */
bool binding_same_device(const struct binding *a, const struct binding *b);

/** True if no newer binding of its place is one of the same device */
bool binding_is_newest(const struct binding *b);

#endif
