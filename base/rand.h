/**
 * @file base/rand.h  Random numbers, keyed hash, constant-time compare
 *
 * Any thread.  All random values come from the kernel's CSPRNG, buffered per
 * thread.  Tables whose key a peer chooses are hashed with hash_key(), a
 * SipHash-2-4 under a key drawn at process start.
 */
#ifndef TANDEM_BASE_RAND_H
#define TANDEM_BASE_RAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void rand_fill(void *buf, size_t n);
uint32_t rand_num(void);

/** Uniform number in 0..limit-1; limit > 0 */
uint32_t rand_below(uint32_t limit);

/** Fill `str` with n-1 random characters of [0-9a-f] and a NUL */
void rand_hex(char *str, size_t n);

/** SipHash-2-4 under a key of the caller's */
uint64_t siphash24(const uint8_t key[16], const void *p, size_t n);

uint32_t hash_key(const void *p, size_t n);
uint32_t hash_key_ci(const char *p, size_t n); /* ASCII case ignored */

/** Compare without telling by the time taken where the first difference is */
bool mem_equal_ct(const void *a, const void *b, size_t n);

#endif
