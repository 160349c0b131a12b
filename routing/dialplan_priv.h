/**
 * @file routing/dialplan_priv.h  The index of a dialplan
 *
 * Only for routing/dialplan*.c.
 */
#ifndef TANDEM_ROUTING_DIALPLAN_PRIV_H
#define TANDEM_ROUTING_DIALPLAN_PRIV_H

#include "routing/dialplan.h"

struct dp_overlay;
struct schedule;

struct ext {
	const struct dp_exten *exten;
	const struct dp_prio **stepv; /* ascending; mem_alloc'd */
	size_t stepc;
	size_t pos; /* in the file */
};


struct incl {
	const struct ctx *ctx; /* NULL if it does not exist */
	struct schedule *sch;  /* NULL: always */
	bool never;            /* wrong time specification */
};


struct ctx {
	const struct dp_context *dpc;
	struct ext *extv; /* in the order of search */
	size_t extc;
	size_t literals; /* how many of extv are no patterns */
	struct incl *inclv;
	size_t inclc;
	size_t nr; /* in the file */
};


/** Which search saw which context; the only part that changes */
struct seen {
	uint64_t search;
	uint64_t stampv[]; /* by ctx->nr */
};


struct dialplan_index {
	struct dialplan *dp;
	struct ctx *ctxv; /* ordered by name */
	size_t ctxc;
	struct seen *seen;
	struct dp_overlay *overlay; /* may be NULL */
};


/** First context of that name; NULL if there is none */
const struct ctx *dialplan_ctx(const struct dialplan_index *ix,
			       const char *name);

#endif
