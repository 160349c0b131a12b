/**
 * @file routing/explain.h  Why a number goes where it goes
 *
 * Signalling thread, or any without a running server.  Prints what the search
 * of routing/dialplan.h has looked at, in its order, and why the others lost.
 */
#ifndef TANDEM_ROUTING_EXPLAIN_H
#define TANDEM_ROUTING_EXPLAIN_H

#include "routing/dialplan.h"

/**
 * Explain one look-up
 *
 * Lines "  '_0X.'  no: position 2 is 5, expected X", one per extension that
 * was looked at; literals that do not begin alike are counted only.
 *
 * @param mb    Gets the text
 * @param prio  Priority that is looked for
 *
 * @return 0 if it was found, ENOENT if not, ENOMEM
 */
int dp_explain(struct mbuf *mb, const struct dialplan_index *ix,
	       const struct dp_query *q, uint32_t prio);

#endif
