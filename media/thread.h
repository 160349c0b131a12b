/**
 * @file media/thread.h  Media threads
 *
 * Called on the signalling thread unless said otherwise.
 */
#ifndef TANDEM_MEDIA_THREAD_H
#define TANDEM_MEDIA_THREAD_H

#include "media/stream.h"

/** A stream that changes its thread; lives on the stack of who waits */
struct handover {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool done;
	struct stream *stream; /* NULL: it was not there any more */
};

/** Start a thread.  `up` outlives it */
int mthread_alloc(struct mthread **mtp, unsigned no, struct chan *up);

/** Close all of its streams, end and wait for it, free it */
void mthread_stop(struct mthread *mt);

/** Give a command away */
void mthread_send(struct mthread *mt, struct media_cmd *cmd);

/** Take a stream away from a thread; NULL if it is not there.  Waits for the
 *  thread, which never blocks */
struct stream *mthread_take(struct mthread *mt, media_id id);

/** Media thread: call stream_tick() every 20 ms, or no longer */
void mthread_set_tick(struct mthread *mt, struct stream *s, bool on);

/** Media thread: read the stream's connected socket, too */
int mthread_watch_direct(struct mthread *mt, struct stream *s);

#endif
