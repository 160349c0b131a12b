/**
 * @file base/prio.c  Threads that must run as soon as they can
 *
 * Two requests in one system call: the nice value, which decides on older
 * kernels who may interrupt whom, and the length of a turn, by which kernels
 * with EEVDF do.  There a thread of any nice value would have to wait until
 * the turn of the running one is over, which at 250 ticks a second takes 4 ms.
 * Kernels that know nothing of turns take no notice of the number.
 *
 * Not a real-time policy: a media thread that went wild would stop the
 * machine, and the right to such a policy is one that a service should not
 * have.
 */
#include <errno.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/prio.h"

enum {
	NICE_BEST = -20,
	TURN_NS   = 200000,
};


static int own_nice(void)
{
	int n;

	errno = 0;
	n = getpriority(PRIO_PROCESS, 0);

	return n == -1 && errno ? 0 : n;
}


static int wish(void)
{
	const int n = own_nice() - PRIO_GAIN;

	return n < NICE_BEST ? NICE_BEST : n;
}


void prio_permit(void)
{
	const rlim_t need = (rlim_t)(20 - wish()); /* getrlimit(2) */
	struct rlimit lim;

	if (getrlimit(RLIMIT_NICE, &lim) || lim.rlim_cur >= need)
		return;

	lim.rlim_cur = need;
	if (lim.rlim_max < need)
		lim.rlim_max = need;
	(void)setrlimit(RLIMIT_NICE, &lim); /* prio_raise() says what it got */
}


static int set(int nice_value)
{
	struct sched_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.size	   = sizeof(attr);
	attr.sched_nice	   = nice_value;
	attr.sched_runtime = TURN_NS;

	return syscall(SYS_sched_setattr, 0, &attr, 0) ? errno : 0;
}


int prio_raise(void)
{
	const long policy = syscall(SYS_sched_getscheduler, 0);
	const int now	  = own_nice();
	int err;

	if (policy >= 0 && (policy & ~(long)SCHED_RESET_ON_FORK))
		return 0;

	err = set(wish());
	if (err == EPERM || err == EACCES)
		err = set(now) ? errno : EPERM;

	return err;
}
