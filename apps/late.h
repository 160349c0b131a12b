/**
 * @file apps/late.h  Values of functions that a program brings: SHELL(), CURL()
 *
 * Signalling thread.  The step waits for the program and is expanded again
 * when it has ended (b2bua/exec_late.c).
 */
#ifndef TANDEM_APPS_LATE_H
#define TANDEM_APPS_LATE_H

#include "base/proc.h"
#include "b2bua/call.h"

/** Start the program; as proc_start() with `output` */
typedef int(late_start_h)(struct proc **pp, proc_end_h *h, void *arg,
			  struct call *call, const struct ttext *args);

/**
 * Value of "NAME(args)": what its program wrote, started now if it was not in
 * this step
 *
 * @param chomp  Without the end of its last line
 *
 * @return 0, EINPROGRESS: the function returns that; EINVAL (said): not run
 */
int late_read(struct mbuf *out, struct call *call, const char *name,
	      const struct ttext *args, bool chomp, late_start_h *start);

#endif
