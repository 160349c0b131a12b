/**
 * @file routing/dialplan.h  Where does a number go
 *
 * Signalling thread.  A struct dialplan_index is refcounted, built once per
 * loaded dialplan and holds a reference to it; who keeps a struct dp_match
 * keeps the index (or the configuration) too.
 *
 * Search: the context's extensions in Asterisk's order (pattern_cmp(), those
 * with a caller number before the same one without); the first that matches
 * and has the wanted priority or label wins; then each include in file order,
 * depth first, if its times say so now.
 */
#ifndef TANDEM_ROUTING_DIALPLAN_H
#define TANDEM_ROUTING_DIALPLAN_H

#include "base/compat.h"

struct dialplan;
struct dp_context;
struct dp_exten;
struct dp_prio;
struct args;
struct dialplan_index;

enum { DP_DEPTH_MAX = 128 };

struct dp_overlay;

/** What is looked for */
struct dp_query {
	const char *context;
	struct pl exten; /* dialled text, "s", "h" ... */
	struct pl cid;   /* caller number, empty if none */
	int64_t now_s;   /* wall clock in [s], for timed includes */
};

/** What was found; all belong to the dialplan */
struct dp_match {
	const struct dp_context *ctx; /* where it stands (maybe included) */
	const struct dp_exten *exten;
	const struct dp_prio *prio;
};

/** Called with a sentence about an include that could not be used */
typedef void(dp_warn_h)(const char *text, void *arg);

/**
 * Compile the index of a dialplan
 *
 * @param ixp    Result
 * @param dp     Dialplan; a reference is kept
 * @param warnh  Told about includes of missing contexts and wrong time
 *               specifications (these never hold); may be NULL
 */
int dialplan_index_alloc(struct dialplan_index **ixp,
			 const struct dialplan *dp, dp_warn_h *warnh,
			 void *arg);

/** Also look into an overlay (routing/overlay.h); a reference is kept */
void dialplan_index_set_overlay(struct dialplan_index *ix,
				struct dp_overlay *overlay);

/**
 * Find a step
 *
 * @param m   Result, may be NULL
 * @param ix  Index
 * @param q   Context, extension and caller
 * @param prio  Priority from 1
 *
 * @return 0, ENOENT if there is none
 */
int dp_find(struct dp_match *m, const struct dialplan_index *ix,
	    const struct dp_query *q, uint32_t prio);

/** Find the step behind a label of an extension; 0 or ENOENT */
int dp_label(struct dp_match *m, const struct dialplan_index *ix,
	     const struct dp_query *q, const struct pl *label);

/** True if a call to it has somewhere to begin (priority 1) */
bool dp_exists(const struct dialplan_index *ix, const struct dp_query *q);

/** True if more digits can lead to another match: Background, WaitExten and
 *  overlap dialling wait for them */
bool dp_can_match_more(const struct dialplan_index *ix,
		       const struct dp_query *q);

/** True if the context exists */
bool dp_has_context(const struct dialplan_index *ix, const char *context);

/** Devices of an extension's hint; NULL if it has none.  `q->cid` is not
 *  looked at */
const char *dp_hint(const struct dialplan_index *ix,
		    const struct dp_query *q);

/** Extensions of a context in the order of search, for 'dialplan show' */
typedef bool(dp_exten_h)(const struct dp_exten *exten, void *arg);
bool dp_apply(const struct dialplan_index *ix, const char *context,
	      dp_exten_h *h, void *arg);

/** A step named by an application: [[context,]extension,]priority|label */
struct dp_target {
	struct pl context; /* empty: stay */
	struct pl exten;   /* empty: stay */
	struct pl prio;    /* number, label, "n", "+1", "-1" */
};

/**
 * Take a target from arguments
 *
 * @param t     Result; points into args
 * @param args  Arguments of Goto, or those of one branch of GotoIf
 *
 * @return 0, EINVAL for none or more than three, or an empty priority
 */
int dp_target_decode(struct dp_target *t, const struct args *args);

/**
 * Find the step of a target
 *
 * "s" in place of an unknown extension is the caller's business.
 *
 * @param m     Result, may be NULL
 * @param ix    Index
 * @param t     Target
 * @param cur   Where the call is now; its caller and time are used
 * @param prio  Priority where the call is now (for n, +1, -1)
 *
 * @return 0, ENOENT if there is no such step, EINVAL for a bad number
 */
int dp_target_find(struct dp_match *m, const struct dialplan_index *ix,
		   const struct dp_target *t, const struct dp_query *cur,
		   uint32_t prio);

#endif
