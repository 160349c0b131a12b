/**
 * @file base/turn.h  Work that waits for the end of a turn
 *
 * A turn is what a thread does in one go: the datagrams of one read, the
 * timers that are due, the messages of a channel.  Waking another thread once
 * at its end costs less than once for each command.  Each thread has its own
 * turns; a job belongs to the thread that defers it.
 */
#ifndef TANDEM_BASE_TURN_H
#define TANDEM_BASE_TURN_H

#include <stdbool.h>
#include <stdint.h>

/** Embedded in what it serves; all zero but h and arg is a valid job */
struct turn_job {
	struct turn_job *next;
	bool queued;
	void (*h)(void *arg);
	void *arg;
};

/** Begin and end a turn; they may be nested, only the outermost end counts */
void turn_begin(void);
void turn_end(void);

/** Number of the turn that this thread is in, or was in last */
uint64_t turn_number(void);

/** Run the job once at the end of this turn.  False if the thread is in no
 *  turn: then the caller does it now */
bool turn_defer(struct turn_job *job);

/** Forget a job that may be queued */
void turn_forget(struct turn_job *job);

#endif
