/**
 * @file control/dialplan_show.h  dialplan show, as Asterisk prints it
 *
 * Signalling thread.
 */
#ifndef TANDEM_CONTROL_DIALPLAN_SHOW_H
#define TANDEM_CONTROL_DIALPLAN_SHOW_H

#include "control/command.h"

/**
 * dialplan show [[EXTEN@]CONTEXT]
 *
 * With EXTEN only what would be looked at when that number is dialled: also
 * patterns that it fits, and included contexts.
 */
int dialplan_show_run(struct cmd_ctx *ctx, int argc, const char *const *argv);

/** Names of contexts */
void dialplan_show_complete(struct cmd_ctx *ctx, unsigned idx,
			    const char *prefix);

#endif
