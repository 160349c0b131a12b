/**
 * @file control/stop.h  Stopping, restarting, being taken over from
 *
 * Signalling thread.
 *
 *   RUNNING --stop now, SIGTERM--> ENDING     BYE to all, then the end
 *           --gracefully---------> DRAINING   503 to new calls; ends empty
 *           --when convenient----> WAITING    serves on; ends when empty
 *           --restart------------> RUNNING    a new process was started
 *           --taken over---------> LEAVING    ends when empty
 *   DRAINING, WAITING --abort----> RUNNING
 *   LEAVING --new one died-------> RUNNING
 *
 * "core restart now" and "gracefully" start a new process at once, which takes
 * over the sockets (b2bua/takeover.h); "now" ends the calls of the old one
 * then, "gracefully" lets them end by themselves.  "when convenient" waits for
 * a moment without calls first.
 */
#ifndef TANDEM_CONTROL_STOP_H
#define TANDEM_CONTROL_STOP_H

#include "control/console.h"

struct stop_params {
	const char *rundir;   /* of the console and the takeover */
	char *const *restart; /* arguments of the program that takes over, with
				 its path first, ended by NULL; kept */
};

/** After server_start(): open the console, be ready for who takes over; takes
 *  over itself if takeover_begin() was successful */
int stop_init(const struct stop_params *prm, struct mbuf *why);
void stop_close(void);

/** What the operator asks for (struct core_hooks).  ENOENT: there is nothing
 *  to abort; EALREADY */
int stop_hook(enum core_stop how, void *arg);

/** SIGTERM: end the calls, then the program; a second one ends it now */
void stop_signal(void);

/** True once another process has taken over: no reload here any more */
bool stop_has_left(void);

#endif
