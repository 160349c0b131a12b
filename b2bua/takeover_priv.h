/**
 * @file b2bua/takeover_priv.h  Between the files of takeover*.c
 */
#ifndef TANDEM_B2BUA_TAKEOVER_PRIV_H
#define TANDEM_B2BUA_TAKEOVER_PRIV_H

#include "b2bua/server.h"
#include "b2bua/takeover.h"
#include "sip/handover.h"

struct ipc;

/* clang-format off */
#define TAKEOVER_MSGS(X)                                                     \
	X(HELLO)    /* new: version */                                       \
	X(SOCKET)   /* old: with a descriptor */                             \
	X(SOCKETS)  /* old: these were all; ids of its runs */               \
	X(REFUSED)  /* old: why */                                           \
	X(TAKE)     /* new */                                                \
	X(DIGEST)   /* old: keys and counts of nonces */                     \
	X(PLACE)    /* a binding of a phone */                               \
	X(NOPLACE)  /* is gone */                                            \
	X(VALUE)    /* of DB(): family, key, value */                        \
	X(NOVALUE)  /* is gone; family "": all of them */                    \
	X(CALLID)   /* old: of one of its dialogs */                         \
	X(CONN)     /* old: a connection that it has */                      \
	X(TAKEN)    /* old: that was all, the sockets are yours */           \
	X(MESSAGE)  /* a SIP message: origin, bytes */                       \
	X(RETURN)   /* old: one of those that is not mine either */          \
	X(ICMP)     /* new: an error and what it is about */                 \
	X(BYTES)    /* for a connection that you have */                     \
	X(TRUST)    /* who is there has authenticated */                     \
	X(CLOSE)    /* close it */                                           \
	X(GONE)     /* one that I had is closed */                           \
	X(STATUS)   /* old: calls that it has */                             \
	X(END)      /* new: end them */
/* clang-format on */

enum takeover_msg {
#define X(id) TO_##id,
	TAKEOVER_MSGS(X)
#undef X
	TO_MAX
};

const char *takeover_msg_name(enum takeover_msg type);

/* takeover.c */
struct ipc *takeover_older(void); /* NULL none */
struct ipc *takeover_newer(void);
void takeover_rx(struct ipc *i, enum takeover_msg type, struct mbuf *mb);

/** Send and let go of mb; an error so far is told instead */
int takeover_send(struct ipc *i, enum takeover_msg type, struct mbuf *mb,
		  int err);

/* takeover_state.c */
int takeover_state_init(void);
void takeover_state_close(void);
void takeover_watch(bool on);          /* tell each change */
void takeover_export(struct ipc *i);   /* tell everything, then TAKEN */
int takeover_rx_callid(struct mbuf *mb);
int takeover_rx_state(struct ipc *i, enum takeover_msg type, struct mbuf *mb);
struct mbuf *takeover_message(void);   /* an empty one; NULL without memory */
void takeover_send_texts(struct ipc *i, enum takeover_msg type,
			 const char *a, const char *b, const char *c);

/* takeover_msg.c */

/** Look at each SIP message from now on, or no more */
void takeover_messages(bool on);

/** MESSAGE and what comes behind it in the list.  EBADMSG */
int takeover_rx_message(struct ipc *i, enum takeover_msg type,
			struct mbuf *mb);
/** A neighbour has gone, and its connections */
void takeover_side_gone(bool older);

/** The connection that leads to a place, if there is one and it is ours */
struct store_location;
void takeover_send_conn(struct ipc *i, const struct store_location *loc);

int takeover_put_conn(struct mbuf *mb, const struct sx_conn_info *info);

#endif
