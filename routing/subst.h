/**
 * @file routing/subst.h  Expansion of ${...} and $[...]
 *
 * Signalling thread.  The result is owned by the caller (mem_deref).
 *
 * ${NAME}, ${NAME:off}, ${NAME:off:len} (both may be negative), ${FUNC(args)}
 * with or without a slice, $[expression], all nested.  What a variable or a
 * function delivers is never expanded again.
 */
#ifndef TANDEM_ROUTING_SUBST_H
#define TANDEM_ROUTING_SUBST_H

#include "routing/taint.h"

/** Deepest nesting of ${ and $[ */
enum { SUBST_DEPTH_MAX = 32 };

/** Where values come from */
struct subst_ops {
	/**
	 * Append the value of a variable to `out`
	 *
	 * @param tainted  false on entry; set if the value is from the wire
	 *
	 * @return 0, ENOENT if it is not defined (counts as empty), or an
	 *         error that ends the expansion
	 */
	int (*var)(struct mbuf *out, const struct pl *name, bool *tainted,
		   void *arg);

	/**
	 * Append the value of a function to `out`
	 *
	 * @param name     Name as written; function names ignore case
	 * @param args     Expanded arguments with their map, see args_split()
	 * @param tainted  On entry true if any byte of args is from the wire;
	 *                 what it is on return goes for the whole value
	 *
	 * @return 0, ENOENT for an unknown function (warned, empty), EINVAL
	 *         for bad arguments (warned, empty), or an error that ends the
	 *         expansion
	 */
	int (*func)(struct mbuf *out, const struct pl *name,
		    const struct ttext *args, bool *tainted, void *arg);

	/** Told what is wrong in the text, one sentence; may be NULL */
	void (*warn)(const char *text, void *arg);
};

/**
 * Expand a text
 *
 * @param tp    Set to the result
 * @param text  Text as the administrator wrote it
 * @param ops   Where values come from
 * @param arg   Handed to the callbacks
 *
 * @return 0, ENOBUFS if the result is beyond TTEXT_MAX or too deeply nested,
 *         ENOMEM, or what a callback returned.  Faults in the text are warned
 *         about and give an empty value
 */
int subst_expand(struct ttext **tp, const struct pl *text,
		 const struct subst_ops *ops, void *arg);

/**
 * Cut a value: offset and length as in ${X:off:len}
 *
 * A negative offset counts from the end, a negative length cuts from the end.
 *
 * @return Part of `val`, empty if out of range
 */
struct pl subst_slice(const struct pl *val, int64_t off, int64_t len);

#endif
