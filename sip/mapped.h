/**
 * @file sip/mapped.h  STUN keep-alives of phones (RFC 5626 4.4.2)
 *
 * Pure; any thread.
 */
#ifndef TANDEM_SIP_MAPPED_H
#define TANDEM_SIP_MAPPED_H

#include "base/compat.h"

enum { MAPPED_MAX = 44 }; /* bytes of an answer */

/**
 * The answer to a STUN Binding Request (RFC 5389): where it came from
 *
 * @param buf Room for MAPPED_MAX bytes
 * @param p   The datagram
 * @param n   Its bytes
 * @param src Where it came from
 *
 * @return Bytes of the answer; 0 if this is no such request, or one that
 *         must not be answered: it has an attribute that we would have to
 *         understand
 */
size_t sx_mapped_answer(uint8_t buf[MAPPED_MAX], const uint8_t *p, size_t n,
			const struct sa *src);

#endif
