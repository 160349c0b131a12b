/**
 * @file tests/unit/stream_pair.h  Two ends of a call whose streams are bridged
 */
#ifndef TANDEM_TESTS_STREAM_PAIR_H
#define TANDEM_TESTS_STREAM_PAIR_H

#include "stream_peer.h"

static struct end a, b;


static inline void open_both(void)
{
	end_open(&a, "127.0.1.1", "127.0.0.1");
	end_open(&b, "127.0.1.2", "127.0.0.1");
	stream_bridge(a.s, b.s);
	end_forget_events();
}


static inline void close_both(void)
{
	end_close(&a);
	end_close(&b);
}

#endif
