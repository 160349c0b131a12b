/**
 * @file media/tick.h  The clock of a media thread
 *
 * Media thread.  Embedded in struct mthread.
 */
#ifndef TANDEM_MEDIA_TICK_H
#define TANDEM_MEDIA_TICK_H

#include "media/stream.h"

enum {
	TICK_MS = 20,
	BEATS   = 1000 / TICK_MS, /* a stream's beat comes once a second */
};

struct tick {
	int fd;                    /* timerfd, readable at each tick */
	bool armed;
	struct list beatv[BEATS];
	unsigned pos;              /* list that is next */
	unsigned fill;             /* list that the next stream joins */
	struct list ticking;
};

/** The timer runs while there are streams */
int tick_open(struct tick *t);
void tick_close(struct tick *t);

void tick_add(struct tick *t, struct stream *s);

/** Also done by the stream's destructor */
void tick_remove(struct stream *s);

/** Call stream_tick() for this stream, or no longer */
void tick_set(struct tick *t, struct stream *s, bool on);

/** The timer was readable */
void tick_run(struct tick *t, uint64_t now_us);

#endif
