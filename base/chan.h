/**
 * @file base/chan.h  A channel of messages between two threads
 *
 * Any number of threads send, one thread receives: the one that allocated the
 * channel, through its libre loop.  A locked list carries the messages, an
 * eventfd wakes the reader.  A message belongs to one side at a time.
 */
#ifndef TANDEM_BASE_CHAN_H
#define TANDEM_BASE_CHAN_H

#include <stddef.h>
#include <stdint.h>

struct chan;

/** Put as first member into every message; `type` is the receiver's */
struct chan_msg {
	struct chan_msg *next;
	uint32_t type;
};

typedef void(chan_recv_h)(struct chan_msg *msg, void *arg);

/** Create a channel read by the calling thread's loop.
 *  @param max  Messages that may wait, 0 for no limit
 *  Free it with mem_deref() on the same thread; what still waits is given to
 *  `h` first. */
int chan_alloc(struct chan **chp, size_t max, chan_recv_h *h, void *arg);

/** Give a message away (any thread).  ENOBUFS if full: then it is still the
 *  caller's. */
int chan_send(struct chan *ch, struct chan_msg *msg);

/** As chan_send(), but never refuses: for messages that may not be lost */
void chan_send_always(struct chan *ch, struct chan_msg *msg);

/** Receive what waits now; the loop calls it, tests may.  Returns count */
size_t chan_poll(struct chan *ch);

size_t chan_count(struct chan *ch);

#endif
