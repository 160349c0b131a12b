/**
 * @file tests/unit/proc_util.h  A call beside programs that are really run
 */
#ifndef TANDEM_TESTS_PROC_UTIL_H
#define TANDEM_TESTS_PROC_UTIL_H

#include "base/proc.h"
#include "call_util.h"

enum {
	TICK_MS = 5, /* the two clocks are apart by so much at most */
};


static void stop_loop(void *arg)
{
	(void)arg;
	re_cancel();
}


/** Programs run in real time, the call in ours */
static inline void spin(unsigned ms)
{
	struct tmr tmr;

	tmr_init(&tmr);
	for (unsigned i = 0; i < ms / TICK_MS; i++) {
		tmr_start(&tmr, TICK_MS, stop_loop, NULL);
		(void)re_main(NULL);
		run(TICK_MS);
	}
	tmr_cancel(&tmr);
}


static inline void spin_until_gone(unsigned max_ms)
{
	for (unsigned i = 0; i < max_ms / TICK_MS; i++) {
		if (list_isempty(calls_list()) && !proc_count())
			return;
		spin(TICK_MS);
	}
}

#endif
