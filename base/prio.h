/**
 * @file base/prio.h  Threads that must run as soon as they can
 *
 * A thread that relays audio works for some microseconds and then waits; one
 * that parses works as long as there is something to parse.  Where both share
 * a processor, the first must not wait for the second's turn to end.
 */
#ifndef TANDEM_BASE_PRIO_H
#define TANDEM_BASE_PRIO_H

enum { PRIO_GAIN = 10 }; /* steps of nice(2) */

/**
 * Let the process raise a thread later, when root's rights are gone
 *
 * While it still has them, before a thread starts.  Without the right nothing
 * happens: the limit is then the service manager's (LimitNICE=).
 */
void prio_permit(void);

/**
 * Raise the calling thread
 *
 * It asks the kernel for short turns, for which Linux 6.12 lets it go first,
 * and for a nice value that is PRIO_GAIN lower, as far as RLIMIT_NICE or
 * CAP_SYS_NICE allows.  A policy that the operator has chosen (the unit's
 * CPUSchedulingPolicy=) stays as it is.
 *
 * @return 0, EPERM if there are short turns alone, or another errno
 */
int prio_raise(void);

#endif
