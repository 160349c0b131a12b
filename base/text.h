/**
 * @file base/text.h  Small text helpers
 *
 * Any thread.  Wire numbers are read only by num_decode(): no atoi, strtol or
 * sscanf anywhere in the tree.
 */
#ifndef TANDEM_BASE_TEXT_H
#define TANDEM_BASE_TEXT_H

#include "base/compat.h"

/** Decimal digits only, value <= max.  EINVAL if not digits or empty,
 *  ERANGE if larger than max */
int num_decode(uint64_t *np, const struct pl *pl, uint64_t max);

/** As num_decode(), with optional fraction ("2.5"), in thousandths */
int num_decode_milli(uint64_t *np, const struct pl *pl, uint64_t max_milli);

/** Asterisk's booleans: yes true y t 1 on / no false n f 0 off.  False if the
 *  text is neither */
bool bool_decode(bool *bp, const struct pl *pl);

/** Remove white space at both ends */
struct pl pl_trim(struct pl pl);

/** Cut the next part of *rest at `sep` (not trimmed); false at the end.
 *  N separators make N+1 parts, so "" is one empty part; *rest becomes NULL
 *  with the last one, and a NULL *rest has no part at all. */
bool pl_next(struct pl *part, struct pl *rest, char sep);

/** Copy into a NUL-terminated buffer; ENOBUFS if too long, "" then */
int pl_copy(char *buf, size_t n, const struct pl *pl);

/** The candidate nearest to `word` (edit distance <= 2 and < half its length),
 *  NULL if none */
const char *text_nearest(const char *word, const char *const *words,
			 size_t n);

/** mbuf to a NUL-terminated mem_alloc'd string (from start to end) */
int mbuf_str(char **strp, const struct mbuf *mb);

#endif
