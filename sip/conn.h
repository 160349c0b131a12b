/**
 * @file sip/conn.h  One connection: TCP, with or without TLS on it
 *
 * Private to stream.c and tls.c; signalling thread only.  stream.c owns socket,
 * queues, limits and life; tls.c turns bytes of the socket into bytes of SIP
 * and back.
 */
#ifndef TANDEM_SIP_CONN_H
#define TANDEM_SIP_CONN_H

#include "sip/frame.h"
#include "sip/stack.h"

struct ssl_st;

enum sx_conn_state {
	CONN_CONNECTING,
	CONN_HANDSHAKE, /* TLS */
	CONN_OPEN,
	CONN_DRAINING,  /* we have said our last word, and read no more */
	CONN_CLOSED,
};

struct sx_conn {
	struct le le_id, le_peer, le_ip;
	struct sx *sx;            /* no reference; NULL once closed */
	uint64_t id;
	enum sx_tp tp;
	enum sx_conn_state state;
	bool out;                 /* we opened it */
	bool trusted;
	bool seen;                /* the guard has seen its first bytes */
	int fd;
	int err;                  /* why it will be closed in a moment */
	struct sa peer;
	struct sa laddr;
	struct sx_listener *lis;  /* where it came in; no reference */
	char *name;               /* TLS: the name that was verified */

	struct sx_frame frame;
	struct mbuf *tx;          /* for the socket, from pos on */
	struct mbuf *plain;       /* for TLS, until the handshake is over */
	struct ssl_st *ssl;

	struct list ctransl;      /* client transactions that wait on it */
	struct timer tmr;
	uint64_t born_ms;
	uint64_t last_ms;         /* last bytes, either way */
	uint64_t msg_ms;          /* since when a message is incomplete, or 0 */
};

/* ---- stream.c --------------------------------------------------------- */

/** Bytes for the socket, queued as far as it does not take them */
int sx_conn_write(struct sx_conn *conn, const void *p, size_t n);

/* ---- tls.c ------------------------------------------------------------ */

/** Begin the handshake */
int sx_tls_start(struct sx_conn *conn);

/** Bytes from the socket; what they say goes into conn->frame.  EPROTO if the
 *  peer or its certificate is not to be believed, ENOTCONN at its end */
int sx_tls_input(struct sx_conn *conn, const uint8_t *p, size_t n);
int sx_tls_send(struct sx_conn *conn, const void *p, size_t n);
void sx_tls_stop(struct sx_conn *conn);

/** True if connections that we open for a name must prove it */
bool sx_tls_verifies(const struct sx *sx);

#endif
