/**
 * @file apps/side_call.h  A call of ours that rings a device for another call
 *
 * Signalling thread.
 */
#ifndef TANDEM_APPS_SIDE_CALL_H
#define TANDEM_APPS_SIDE_CALL_H

#include "apps/apps.h"

/**
 * A call without a caller, for one fork: with the caller id, the language, the
 * inherited variables and the payer of another one, and no record of its own
 *
 * @return 0, ENOMEM.  The registry owns it; call_end() ends it
 */
int side_call_alloc(struct call **callp, struct call *parent);

#endif
