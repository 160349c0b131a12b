/**
 * @file routing/pattern.h  Extension patterns and their order
 *
 * Pure.  Any thread.  Owns nothing.
 *
 * A pattern starts with '_'.  Behind it X is 0-9, Z is 1-9, N is 2-9 (case
 * ignored), [1-5a-c#*] is a set, '.' is one or more of anything, '!' is zero
 * or more and matches as soon as possible, '-' outside a set is ignored, and
 * every other character stands for itself.  Text without the leading '_' is a
 * literal and matches only itself.
 */
#ifndef TANDEM_ROUTING_PATTERN_H
#define TANDEM_ROUTING_PATTERN_H

#include "base/compat.h"

/** Longest pattern and longest number, in bytes */
enum { PATTERN_MAX = 256 };

/** How a dialled text relates to a pattern; the flags combine */
enum pattern_result {
	PATTERN_NO = 0,
	PATTERN_FULL = 1 << 0, /* matches as it stands */
	PATTERN_MORE = 1 << 1, /* can match (again) if digits are added */
	PATTERN_EARLY = 1 << 2, /* with FULL: by "!", wait for no more */
	PATTERN_FULL_MORE = PATTERN_FULL | PATTERN_MORE,
};

/** True if `ext` is a pattern (starts with '_') and not a literal */
bool pattern_is(const struct pl *ext);

/**
 * Match dialled digits against a literal or a pattern
 *
 * @param ext     Literal or pattern as written in the configuration
 * @param digits  Dialled text, may be empty
 *
 * @return Flags: FULL if it matches now, MORE if it can match when digits are
 *         added.  '.' gives FULL_MORE from its first character on; '!' gives
 *         FULL only, because it wants no more ("as soon as possible")
 */
enum pattern_result pattern_match(const struct pl *ext,
				  const struct pl *digits);

/**
 * Where dialled digits and a literal or pattern part (for an explanation)
 *
 * @param elem  Set to the element that did not fit ("[1-5]", "X"), empty if
 *              the pattern ends before the digits do
 *
 * @return Index of the first digit that does not fit; digits->l if digits are
 *         missing.  Only of use if pattern_match() has not found FULL
 */
size_t pattern_parts_at(const struct pl *ext, const struct pl *digits,
			struct pl *elem);

/** True if every number that fits `b` fits `a` as well; false also if that
 *  cannot be told easily */
bool pattern_covers(const struct pl *a, const struct pl *b);

/**
 * Match a caller number against the part behind '/' of an extension
 *
 * Blanks and the punctuation ( ) - . are left out of the number, except if it
 * contains letters.  An empty `cid` matches only a missing or empty number.
 */
bool pattern_match_cid(const struct pl *cid, const struct pl *number);

/**
 * Order of search within one context
 *
 * Literals before patterns (byte order); patterns position by position: the
 * smaller character set first, equal sizes by the lowest character, sets
 * before '.', that before '!', and of a pattern and its extension the longer
 * one first.
 *
 * @return <0, 0 or >0 as strcmp(); 0 only for patterns that mean the same
 */
int pattern_cmp(const struct pl *a, const struct pl *b);

/**
 * Check a pattern
 *
 * @param ext  Literal or pattern
 * @param why  Set to a constant text naming the fault, may be NULL
 *
 * @return 0, or EINVAL (open set, empty set, reversed range, something behind
 *         '.' or '!', too long)
 */
int pattern_check(const struct pl *ext, const char **why);

#endif
