/**
 * @file sip/conn.h  One connection: TCP, with or without TLS on it
 *
 * Private to the files named below; signalling thread only.  conn.c has its
 * life, its limits of time and the tables, accept.c the limits of number,
 * stream.c moves bytes, tls.c turns those of the socket into SIP and back.
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
	bool next;                /* ... and its first message was taken */
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

	/* one that another process has; see handover.c */
	const struct sx_relay *relay; /* no reference; NULL: our own */
	uint64_t relay_id;

	struct list ctransl;      /* client transactions that wait on it */
	struct timer tmr;
	uint64_t born_ms;
	uint64_t last_ms;         /* last bytes, either way */
	uint64_t msg_ms;          /* since when a message is incomplete */
};

/* ---- conn.c ----------------------------------------------------------- */

/** Takes over fd, also when it fails */
int sx_conn_alloc(struct sx_conn **connp, struct sx *sx, enum sx_tp tp,
		  int fd, const struct sa *peer);

/** Into the tables, which take the first reference */
void sx_conn_enter(struct sx_conn *conn);

/** End it now, or (fail) from the loop */
void sx_conn_close(struct sx_conn *conn, int err);
void sx_conn_fail(struct sx_conn *conn, int err);

/** Its deadlines have changed */
void sx_conn_timer(struct sx_conn *conn);

/** Before its state changes */
void sx_conn_leave(struct sx_conn *conn);
void sx_conn_laddr_get(struct sx_conn *conn);

/* ---- stream.c --------------------------------------------------------- */

/** Listen for what matters now: reading, and writing if something waits */
int sx_conn_events(struct sx_conn *conn);

/** The TCP connection stands */
int sx_conn_established(struct sx_conn *conn);

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
