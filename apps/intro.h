/**
 * @file apps/intro.h  The caller says his name, for the one who is asked
 *
 * Signalling thread.  A prompt, a beep, and what the caller says until he
 * presses a key, is silent or has said enough.
 */
#ifndef TANDEM_APPS_INTRO_H
#define TANDEM_APPS_INTRO_H

#include "b2bua/call.h"

struct intro;

/** It is recorded, or could not be.  Once, from the main loop */
typedef void(intro_h)(struct intro *in, bool good, void *arg);

/**
 * Ask for the name
 *
 * The caller has answered.  mem_deref() ends it and removes the file.
 *
 * @param prompt  What is played before
 * @param keep    Name of a file below SPOOL/priv-callerintros that stays; NULL
 *                the file goes with it
 */
int intro_start(struct intro **inp, struct call *call, const char *prompt,
		const char *keep, intro_h *h, void *arg);

/** One that was kept is there already: the handler is not called.  ENOENT */
int intro_find(struct intro **inp, struct call *call, const char *keep);

/** For a list of prompts: the path without ending */
const char *intro_prompt(const struct intro *in);

#endif
