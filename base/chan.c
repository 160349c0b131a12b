/**
 * @file base/chan.c  A channel of messages between two threads
 *
 * The eventfd is written only when the list was empty.  The reader first
 * clears the eventfd and then takes the whole list: a message put in between
 * is taken too and leaves at most one needless wake-up behind, never a message
 * without one.  The handler runs without the lock and may send on any channel,
 * this one included.
 */
#include "base/chan.h"
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/compat.h"
#include "base/turn.h"


struct chan {
	/* set once */
	chan_recv_h *recvh;
	void *arg;
	size_t max;
	int fd;

	/* under lock */
	pthread_mutex_t lock;
	struct chan_msg *head;
	struct chan_msg **tail;
	size_t n;
};


static struct chan_msg *take_all(struct chan *ch)
{
	struct chan_msg *msg;

	(void)pthread_mutex_lock(&ch->lock);
	msg      = ch->head;
	ch->head = NULL;
	ch->tail = &ch->head;
	ch->n    = 0;
	(void)pthread_mutex_unlock(&ch->lock);

	return msg;
}


static size_t deliver(struct chan *ch)
{
	struct chan_msg *msg = take_all(ch);
	size_t n             = 0;

	while (msg) {
		struct chan_msg *next = msg->next;

		msg->next = NULL;
		++n;
		ch->recvh(msg, ch->arg);
		msg = next;
	}

	return n;
}


static void destructor(void *arg)
{
	struct chan *ch = arg;

	if (ch->fd >= 0) {
		fd_close(ch->fd);
		(void)close(ch->fd);
	}

	if (ch->recvh)
		(void)deliver(ch);

	(void)pthread_mutex_destroy(&ch->lock);
}


static void fd_handler(int flags, void *arg)
{
	(void)flags;
	(void)chan_poll(arg);
}


int chan_alloc(struct chan **chp, size_t max, chan_recv_h *h, void *arg)
{
	struct chan *ch;
	int err;

	if (!chp || !h)
		return EINVAL;

	ch = mem_zalloc(sizeof(*ch), destructor);
	if (!ch)
		return ENOMEM;

	ch->recvh = h;
	ch->arg   = arg;
	ch->max   = max;
	ch->tail  = &ch->head;
	(void)pthread_mutex_init(&ch->lock, NULL);

	ch->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ch->fd < 0) {
		err = errno;
		goto out;
	}

	err = fd_listen(ch->fd, FD_READ, fd_handler, ch);

out:
	if (err)
		mem_deref(ch);
	else
		*chp = ch;

	return err;
}


static void wake(struct chan *ch)
{
	const uint64_t one = 1;

	/* EAGAIN would mean that the reader has a wake-up waiting already */
	while (write(ch->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}


static int put(struct chan *ch, struct chan_msg *msg, bool always)
{
	bool first;

	msg->next = NULL;

	(void)pthread_mutex_lock(&ch->lock);

	if (!always && ch->max && ch->n >= ch->max) {
		(void)pthread_mutex_unlock(&ch->lock);
		return ENOBUFS;
	}

	first     = !ch->n++;
	*ch->tail = msg;
	ch->tail  = &msg->next;

	(void)pthread_mutex_unlock(&ch->lock);

	if (first)
		wake(ch);

	return 0;
}


int chan_send(struct chan *ch, struct chan_msg *msg)
{
	if (!ch || !msg)
		return EINVAL;

	return put(ch, msg, false);
}


void chan_send_always(struct chan *ch, struct chan_msg *msg)
{
	if (ch && msg)
		(void)put(ch, msg, true);
}


size_t chan_poll(struct chan *ch)
{
	uint64_t v;
	size_t n;

	if (!ch)
		return 0;

	/* the handler may let the channel go; EAGAIN: called by a test */
	mem_ref(ch);
	if (read(ch->fd, &v, sizeof(v)) < 0 && errno != EAGAIN)
		v = 0;

	turn_begin();
	n = deliver(ch);
	mem_deref(ch);
	turn_end();

	return n;
}


size_t chan_count(struct chan *ch)
{
	size_t n;

	if (!ch)
		return 0;

	(void)pthread_mutex_lock(&ch->lock);
	n = ch->n;
	(void)pthread_mutex_unlock(&ch->lock);

	return n;
}
