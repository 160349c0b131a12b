/**
 * @file sip/handover.h  Two processes that share the sockets
 *
 * Signalling thread.  While a new Tandem takes over from an old one, both have
 * the listening sockets: the new one reads them, both send through them.
 * Connections stay with the process that accepted them.  What comes to one
 * process and belongs to the other is told by the handlers here and put back
 * in with sx_inject(); how it gets there is the user's (b2bua/takeover.h).
 */
#ifndef TANDEM_SIP_HANDOVER_H
#define TANDEM_SIP_HANDOVER_H

#include "sip/sip.h"

struct sx_uas_auth;

/* ---- sockets ------------------------------------------------------------ */

enum { SX_GIVEN_MAX = 32 };

/**
 * A socket that sx_listen() shall use in place of a new one
 *
 * Before listeners are opened.  It is recognised by its type and address.
 *
 * @return 0 (it is ours now), EINVAL if it is no listening internet socket,
 *         ENOBUFS
 */
int sx_give_socket(int fd);

/** Close what no listener wanted.  Returns how many */
unsigned sx_given_close(void);

typedef void(sx_socket_h)(enum sx_tp tp, int fd, void *arg);

/** The sockets of all listeners */
void sx_sockets_apply(const struct sx *sx, sx_socket_h *h, void *arg);

/** Stop reading (accepting), or go on.  Sending goes on in any case */
int sx_listeners_pause(struct sx *sx, bool pause);

/* ---- messages ----------------------------------------------------------- */

/** A sane message is here: true if it belongs to the other process and was
 *  sent there */
typedef bool(sx_other_h)(const struct sx_msg *msg, void *arg);

/** As sx_other_h for an ICMP error with the first bytes of what was sent */
typedef void(sx_other_icmp_h)(int err, const void *p, size_t n, void *arg);

void sx_set_other(struct sx *sx, sx_other_h *h, sx_other_icmp_h *icmph,
		  void *arg);

/** True if a transaction of ours waits for this message, or repeats it */
bool sx_transaction_is_ours(const struct sx *sx, const struct sx_msg *msg);

/** Where a message came from, as the other process has to know it */
struct sx_origin {
	enum sx_tp tp;
	struct sa src, dst;
	struct sx_conn *conn;  /* stream; borrowed */
};

/** Process a message as if it had come to us; nobody else is asked.  EBADMSG,
 *  ENOMEM */
int sx_inject(struct sx *sx, const struct sx_origin *o, const void *p,
	      size_t n);
void sx_inject_icmp(struct sx *sx, int err, const void *p, size_t n);

/** True while a client transaction, or an INVITE that was not answered or
 *  whose refusal was not acknowledged, is under way */
bool sx_is_busy(const struct sx *sx);

/** Call-IDs of the INVITEs that were sent to us and whose transactions live */
typedef void(sx_callid_h)(const struct pl *callid, void *arg);
void sx_invites_apply(const struct sx *sx, sx_callid_h *h, void *arg);

/* ---- connections -------------------------------------------------------- */

/** What is done with a connection that the other process has */
struct sx_relay {
	int (*send)(uint64_t id, const void *p, size_t n, void *arg);
	void (*trust)(uint64_t id, void *arg);
	void (*close)(uint64_t id, void *arg);
	void *arg;
};

struct sx_conn_info {
	uint64_t id;           /* in the process that has it */
	enum sx_tp tp;
	struct sa peer, local;
	bool trusted;
};

typedef void(sx_conn_info_h)(const struct sx_conn_info *info, void *arg);

/** Connections of our own that others have opened and that carry messages */
void sx_conns_apply(const struct sx *sx, sx_conn_info_h *h, void *arg);
void sx_conn_info_get(struct sx_conn_info *info, const struct sx_conn *conn);

/** An open connection with that peer; NULL */
struct sx_conn *sx_conn_find(const struct sx *sx, enum sx_tp tp,
			     const struct sa *peer);

/** A connection that the other process has: found, used and closed like any
 *  other.  The stack holds it; relay must outlive it */
int sx_conn_relayed(struct sx_conn **connp, struct sx *sx,
		    const struct sx_conn_info *info,
		    const struct sx_relay *relay);

/** One of those, by its id over there; NULL if unknown */
struct sx_conn *sx_conn_relayed_find(const struct sx *sx,
				     const struct sx_relay *relay,
				     uint64_t id);

/** Its id over there; 0 if it is our own */
uint64_t sx_conn_relay_id(const struct sx_conn *conn);

/** Close one: our own, or a relayed one whose other half has gone */
void sx_conn_end(struct sx_conn *conn);

/** Close all that are relayed so */
void sx_conns_relayed_close(struct sx *sx, const struct sx_relay *relay);

/** Write to a connection of our own */
int sx_conn_put(struct sx_conn *conn, const void *p, size_t n);

/* ---- digest ------------------------------------------------------------- */

/** Keys of the nonces, and the counts that were used, as bytes for the other
 *  process on the same machine since the same boot */
int sx_uas_auth_export(const struct sx_uas_auth *a, struct mbuf *mb);
int sx_uas_auth_import(struct sx_uas_auth *a, struct mbuf *mb);

#endif
