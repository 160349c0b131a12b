/**
 * @file b2bua/guard_nft.h  Bans into a set of nftables, so that the kernel
 *                          drops
 *
 * Signalling thread.  The program `nft` is run with fixed arguments, one at a
 * time, and not waited for; what comes meanwhile goes along with the next one.
 * The set must be there, with the flag timeout; its IPv6 sister has a 6 at
 * the end of its name.
 */
#ifndef TANDEM_B2BUA_GUARD_NFT_H
#define TANDEM_B2BUA_GUARD_NFT_H

#include "base/compat.h"

/** Use this set ("inet filter banned"), or none (NULL) */
void guard_nft_config(const char *set);

/** Put an address (IPv6: its /64) in for so long, or take it out */
void guard_nft_change(const struct sa *sa, bool banned, uint32_t ttl_s);

/** Runs that failed, and the last complaint's exit status */
uint32_t guard_nft_failures(void);

void guard_nft_close(void);

#endif
