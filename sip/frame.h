/**
 * @file sip/frame.h  Cut a byte stream into SIP messages (RFC 3261 18.3)
 *
 * Private to sip/.  Knows neither sockets nor clocks: bytes go in as they
 * come, whole messages come out, however the stream was cut.  Each byte is
 * looked at a fixed number of times.  Messages borrow the buffer that they
 * came in.
 */
#ifndef TANDEM_SIP_FRAME_H
#define TANDEM_SIP_FRAME_H

#include "sip/msg.h"

/** All zero is a valid, empty one */
struct sx_frame {
	struct mbuf *mb;  /* what has come; pos is where the next begins */
	size_t seen;      /* bytes from pos on without the end of a head */
	size_t need;      /* length of the message at pos, 0 unknown */
	unsigned newlines;/* in the CRLFs before the next message */
	unsigned pings;   /* CRLF CRLF seen; the user takes them */
};

void sx_frame_reset(struct sx_frame *f);

/** Room for bytes to come: at least 2 KB.  Then sx_frame_add() */
int sx_frame_space(struct sx_frame *f, uint8_t **pp, size_t *np);
void sx_frame_add(struct sx_frame *f, size_t n);

/**
 * Take the next message
 *
 * @return 0; EAGAIN if it has not come in full; EBADMSG if the stream can't go
 *         on: *msgp is then the message to answer before the end, or NULL
 */
int sx_frame_next(struct sx_frame *f, struct sx_msg **msgp);

/** True if a message has begun and not ended */
bool sx_frame_pending(const struct sx_frame *f);

#endif
