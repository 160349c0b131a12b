/**
 * @file apps/command.h  Programs that the dialplan runs
 *
 * Signalling thread.  A command of the administrator's own words goes to
 * /bin/sh.  One with anything that a caller sent is taken apart here and
 * started without a shell: blanks and quotes of the administrator separate
 * words, what the caller sent is data in a word, and the signs that only a
 * shell understands ( | > ; $( ) ... ) are refused.
 */
#ifndef TANDEM_APPS_COMMAND_H
#define TANDEM_APPS_COMMAND_H

#include "base/proc.h"
#include "b2bua/call.h"

/** A command ready to run; refcounted, independent of the call */
struct command;

/**
 * Take a command apart
 *
 * @param why  Set to a constant sentence on EPERM, EINVAL and E2BIG
 *
 * @return 0, EPERM (not allowed by tandem.conf, or needs a shell), EINVAL (no
 *         command, an open quote), E2BIG, ENOMEM
 */
int command_decode(struct command **cp, const struct call *call,
		   const struct ttext *text, const char **why);

/** Run it; as proc_start().  output: what it writes is collected */
int command_run(struct proc **pp, const struct command *cmd, bool output,
		proc_end_h *h, void *arg);

/** The text for the log */
const char *command_text(const struct command *cmd);

#endif
