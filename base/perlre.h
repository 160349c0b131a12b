/**
 * @file base/perlre.h  Perl's regular expressions (PCRE2), within limits
 *
 * Any thread; an expression is used by one thread at a time and is
 * refcounted.  Matching is cut off where it would take long, whatever the
 * expression: a restriction that cannot be decided is not passed.
 */
#ifndef TANDEM_BASE_PERLRE_H
#define TANDEM_BASE_PERLRE_H

#include "base/compat.h"

enum {
	PERLRE_LEN_MAX = 1000,    /* bytes of an expression */
	PERLRE_SUBJECT_MAX = 1024, /* bytes that are looked at */
};

struct perlre;

/**
 * Compile an expression
 *
 * @param why  Set to what is wrong if EINVAL, with the place; may be NULL
 * @param n    Size of why
 *
 * @return 0, EINVAL, ENOMEM
 */
int perlre_alloc(struct perlre **rp, const char *pattern, char *why,
		 size_t n);

/**
 * Does it match anywhere in the subject?
 *
 * @return 0 with *hit set, E2BIG if it would take too long (*hit is false)
 */
int perlre_match(bool *hit, const struct perlre *r, const struct pl *subject);

#endif
