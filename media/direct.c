/**
 * @file media/direct.c  A connected socket for a source that stays
 *
 * Most of what a relayed packet costs is the kernel's, and an eighth of that
 * is the search for a route, which a connected socket keeps.  Connecting the
 * stream's own socket would hide everybody else from us, a NAT that moved the
 * port among them, so a stream whose source has stayed for a while gets a
 * second socket on the same port, connected to that source.  Whatever comes
 * from anywhere else still comes by the first one.
 *
 * The source of a packet is looked at on both: one that the kernel put into
 * the queue while the second socket was not connected yet may be a stranger's.
 *
 * It ends when the source changes or may change, and with the stream.  Without
 * one (descriptors are scarce, an old kernel) everything works as well.
 */
#include "media/stream.h"
#include "media/thread.h"
#include <unistd.h>


enum { PACKETS_MIN = 50 }; /* short calls do not pay for it */


void stream_undirect(struct stream *s)
{
	s->direct_from = s->tx.packets;
	if (s->direct < 0)
		return;

	/* epoll forgets what is closed */
	(void)close(s->direct);
	s->direct = -1;
}


void stream_check_direct(struct stream *s)
{
	if (s->direct >= 0) {
		if (!learn_is_verified(&s->learn))
			stream_undirect(s);
		return;
	}

	if (s->tx.packets - s->direct_from < PACKETS_MIN ||
	    !learn_is_verified(&s->learn))
		return;

	/* if it cannot be had: again after as many packets */
	s->direct_from = s->tx.packets;
	if (port_connect(&s->direct, &s->pair, &s->learn.src))
		return;

	if (s->mt && mthread_watch_direct(s->mt, s))
		stream_undirect(s);
}
