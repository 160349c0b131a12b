/**
 * @file b2bua/trunk.h  Trunk groups at work: which line is next
 *
 * Signalling thread.  What a line has carried and why it failed is kept by
 * the names of group and line, so it outlives a reload.
 */
#ifndef TANDEM_B2BUA_TRUNK_H
#define TANDEM_B2BUA_TRUNK_H

#include "config/config.h"
#include "sip/sip.h"

struct trunk_try;

/** How a try of a line ended */
enum trunk_end {
	TRUNK_ANSWERED,
	TRUNK_REFUSED,  /* a final answer that is the callee's */
	TRUNK_FAILED,   /* the line's own failure: leads on */
	TRUNK_LEFT_OUT, /* it is away, nothing was sent */
};

/** Calls that a line may have in this group, 0 without limit: its limit= or
 *  the peer's call-limit=, whichever is smaller */
uint32_t trunk_limit(const struct trunk_member *m);

/** Begin with a group; the configuration must live as long as the try */
int trunk_try_alloc(struct trunk_try **tp, const struct trunk *trunk);

const struct trunk *trunk_try_group(const struct trunk_try *t);

/**
 * The next line: not tried yet, of the lowest order, below its limits, by
 * weight among several (each gets its exact share in a row)
 *
 * When all were tried, those that were left out because they are away have
 * another chance: then *last is set.
 *
 * @return NULL if there is none
 */
const struct peer *trunk_next(struct trunk_try *t, bool *last);

/** The present line's try is over */
void trunk_ended(struct trunk_try *t, enum trunk_end end, const char *why);

/** A line's record, for the console */
struct trunk_line {
	uint32_t tried, answered, refused, failed, left_out;
	const char *why;   /* of its last failure, "" none */
	uint64_t why_s;    /* seconds ago */
};
void trunk_line_get(struct trunk_line *line, const struct trunk *trunk,
		    const struct trunk_member *m);

void trunk_close(void);

#endif
