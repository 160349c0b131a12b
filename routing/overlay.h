/**
 * @file routing/overlay.h  Extensions that come and go while it runs
 *
 * Signalling thread.  What regexten= of a registered phone adds: an extension
 * with priority 1 alone, in a context of the dialplan.  The overlay is
 * refcounted and outlives reloads; each index that is built gets it by
 * dialplan_index_set_overlay() and looks into it wherever it looks for a step.
 * It never hides a step of the file: with priority 1 there too, the file's
 * wins.
 */
#ifndef TANDEM_ROUTING_OVERLAY_H
#define TANDEM_ROUTING_OVERLAY_H

#include "base/compat.h"

struct dp_exten;
struct dp_overlay;

enum { OVERLAY_MAX = 100000 };

int overlay_alloc(struct dp_overlay **ovp);

/**
 * Add an extension; one that is there gets the new step
 *
 * @param context  Context, which the dialplan must have to be searched
 * @param exten    No pattern
 * @param app      Application of priority 1, static text
 * @param args     Its arguments
 *
 * @return 0, EINVAL for an empty name or a pattern, ENOBUFS beyond
 *         OVERLAY_MAX, ENOMEM
 */
int overlay_add(struct dp_overlay *ov, const char *context,
		const struct pl *exten, const char *app, const char *args);

/** Remove it; false if there is none */
bool overlay_del(struct dp_overlay *ov, const char *context,
		 const struct pl *exten);
void overlay_flush(struct dp_overlay *ov);

/** Find an extension by its whole name; NULL */
const struct dp_exten *overlay_find(const struct dp_overlay *ov,
				    const char *context,
				    const struct pl *exten);

/** The first extension that begins with `digits` and is longer; NULL.  Linear
 *  in the overlay */
const struct dp_exten *overlay_longer(const struct dp_overlay *ov,
				      const char *context,
				      const struct pl *digits);

/** Is it one that may go while the dialplan stays? */
bool overlay_owns(const struct dp_exten *exten);

/** Extensions of a context; true stops */
typedef bool(overlay_h)(const struct dp_exten *exten, void *arg);
bool overlay_apply(const struct dp_overlay *ov, const char *context,
		   overlay_h *h, void *arg);

#endif
