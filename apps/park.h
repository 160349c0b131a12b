/**
 * @file apps/park.h  What Park and ParkAndAnnounce share
 *
 * Signalling thread.
 */
#ifndef TANDEM_APPS_PARK_H
#define TANDEM_APPS_PARK_H

#include "apps/apps.h"

/** The call stands in a slot; once, from inside of the step */
typedef void(parked_h)(struct call *call, uint32_t slot, void *arg);

/**
 * The step Park
 *
 * @param args  As of Park(): lot, options
 * @param h     Told the slot; who has parked hears nothing then.  NULL: he
 *              does
 * @param arg   Refcounted: it is kept with the step
 */
enum app_result park_run(struct call *call, const struct args *args,
			 parked_h *h, void *arg);

/** app.cancel */
void park_cancel(struct call *call);

#endif
