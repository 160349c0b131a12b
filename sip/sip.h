/**
 * @file sip/sip.h  The SIP stack: transports and transactions
 *
 * Signalling thread only.  The stack owns listeners, connections and
 * transactions; users hold references to server transactions that they have
 * not answered and to client transactions that they may cancel.
 *
 *   sx_alloc -> sx_listen ... -> request handler -> sx_reply / sx_request
 *
 * Requests reach the handler only after sip/sane.h: what is malformed has
 * been answered stateless.  Retransmissions, CANCEL matching (481), merged
 * requests (482) and ACK to non-2xx are handled here; ACK to a 2xx is given to
 * the request handler with st == NULL.
 */
#ifndef TANDEM_SIP_SIP_H
#define TANDEM_SIP_SIP_H

#include "sip/msg.h"

struct sx;
struct sx_strans; /* server transaction */
struct sx_ctrans; /* client transaction */

/** A place to send to: resolved address, transport and, for streams, the
 *  connection to reuse and the name that a TLS certificate must carry */
struct sx_target {
	enum sx_tp tp;
	struct sa dst;
	struct sx_conn *conn;      /* reuse if still open; may be NULL */
	struct sx_listener *lis;   /* send from here; NULL: choose */
	char name[256];            /* TLS: server name to verify; "" none */
};

struct sx_params {
	uint32_t t1_ms;            /* 500 */
	uint32_t timer_b_ms;       /* 32000 */
	uint32_t timer_c_ms;       /* 180000 */
	const char *agent;         /* Server / User-Agent; NULL none */
	uint32_t max_strans;       /* cap of server transactions, 20000 */
	uint32_t max_conns;        /* connections in all, 1000 */
	uint32_t max_conns_ip;     /* per source, 64 */
	uint32_t auth_timeout_ms;  /* unauthenticated connection, 30000 */
	uint32_t max_strangers;    /* of them at a time, 0: 3/4 of max_conns */
	uint32_t idle_ms;          /* idle connection, 900000 */
};

/** A new request.  For ACK to a 2xx, st is NULL.  For anything else the
 *  handler must reply (now or later) through st; it takes its own reference
 *  with mem_ref() if it answers later. */
typedef void(sx_request_h)(struct sx_strans *st, const struct sx_msg *msg,
			   void *arg);

/** A response that belongs to no client transaction (late 2xx of a fork, 2xx
 *  repeated because our ACK was lost) */
typedef void(sx_stray_h)(const struct sx_msg *msg, void *arg);

/** A connection has gone; bindings that use it are told */
typedef void(sx_conn_h)(struct sx_conn *conn, void *arg);

/** See each message as it is read or written ("sip set debug", traces) */
typedef void(sx_trace_h)(bool tx, enum sx_tp tp, const struct sa *local,
			 const struct sa *peer, const uint8_t *p, size_t n,
			 void *arg);

/** Look at a datagram, or at what a stranger's stream brings, before anything
 *  is parsed; false: drop without a word, and the connection (guard).  Of a
 *  stream it sees the first bytes that come and then each further message */
typedef bool(sx_guard_h)(enum sx_tp tp, const struct sa *src, const uint8_t *p,
			 size_t n, void *arg);

/** Something malformed came: why is one sentence, never the peer's text */
typedef void(sx_bad_h)(enum sx_tp tp, const struct sa *src, const char *why,
		       void *arg);

/** True if a datagram from src may have come from anybody: then no answer
 *  without state is longer than its request.  Asked only for those that are */
typedef bool(sx_stranger_h)(const struct sa *src, void *arg);

int sx_alloc(struct sx **sxp, const struct sx_params *prm, sx_request_h *reqh,
	     void *arg);
void sx_set_stray(struct sx *sx, sx_stray_h *h);
void sx_set_conn(struct sx *sx, sx_conn_h *h);
void sx_set_trace(struct sx *sx, sx_trace_h *h);
void sx_set_guard(struct sx *sx, sx_guard_h *h);
void sx_set_bad(struct sx *sx, sx_bad_h *h);
void sx_set_stranger(struct sx *sx, sx_stranger_h *h);

/** True if a request of ours with this Via branch waits for a response */
bool sx_waits_for(const struct sx *sx, const struct pl *branch);

/** What may change while it runs */
struct sx_wire {
	const char *agent;         /* Server, User-Agent; NULL or "" none */
	bool compact;              /* send short header names */
	uint8_t tos;               /* IP TOS byte of all we send */
	uint32_t max_strangers;    /* connections not authenticated; 0: three
				      quarters of max_conns */
	uint32_t auth_timeout_ms;  /* ... and how long each may last; 0 keeps */
};
int sx_set_wire(struct sx *sx, const struct sx_wire *w);

struct sx_tls_params {
	const char *cert;    /* PEM certificate chain */
	const char *key;     /* PEM key; NULL: in cert */
	const char *cafile;  /* NULL: system store */
	const char *capath;
	const char *ciphers; /* OpenSSL list up to TLS 1.2; NULL: its own */
	bool verify;         /* verify servers that we call, by name */
};

/** TLS context for the listeners and outgoing connections (1.2 and newer) */
int sx_set_tls(struct sx *sx, const struct sx_tls_params *prm,
	       struct mbuf *why);

/** The same in two steps: load everything, then serve with it.  *tlsp gets
 *  what was before (NULL if nothing), for mem_deref() or the way back */
struct sx_tls;
int sx_tls_alloc(struct sx_tls **tlsp, const struct sx_tls_params *prm,
		 struct mbuf *why);
void sx_tls_swap(struct sx *sx, struct sx_tls **tlsp);

/**
 * Listen on an address
 *
 * @param lisp  Listener, owned by the stack; may be NULL
 * @param laddr Local address; port 0 takes a free one (see sx_listener_addr)
 * @return 0, EADDRINUSE, EACCES ...
 */
int sx_listen(struct sx *sx, struct sx_listener **lisp, enum sx_tp tp,
	      const struct sa *laddr);
void sx_listener_close(struct sx_listener *lis);
const struct sa *sx_listener_addr(const struct sx_listener *lis);
enum sx_tp sx_listener_tp(const struct sx_listener *lis);

/** The listener that requests to dst leave from; NULL if none fits */
struct sx_listener *sx_listener_for(const struct sx *sx, enum sx_tp tp,
				    const struct sa *dst);

/** What to write into Via and Contact toward dst: asked for every request.
 *  The default is the address that the kernel would use with the listener's
 *  port; externaddr/localnet plug in here. */
typedef void(sx_public_h)(struct sa *addr, enum sx_tp tp,
			  const struct sa *dst, void *arg);
void sx_set_public(struct sx *sx, sx_public_h *h);

/** Our address as the far end sees it (for Contact, SDP, From) */
int sx_public_addr(struct sx *sx, struct sa *addr,
		   const struct sx_target *dst);

/* ---- server side ------------------------------------------------------ */

/**
 * Reply (RFC 3261 8.2.6, 17.2)
 *
 * Via, From, To (our tag added above 100), Call-ID, CSeq, Record-Route (1xx
 * with tag and 2xx) and Server are written here.
 *
 * @param st    Transaction; a final response ends the user's say in it
 * @param fmt   More headers, each ended by \r\n, libre format; NULL none
 *              For a body print Content-Type and leave Content-Length and the
 *              body to sx_reply_body()
 */
int sx_reply(struct sx_strans *st, uint16_t scode, const char *reason,
	     const char *fmt, ...);

/** Reply with a body; hdrs may be NULL */
int sx_reply_body(struct sx_strans *st, uint16_t scode, const char *reason,
		  const struct mbuf *hdrs, const char *ctype,
		  const struct mbuf *body);

/** Our To tag for this transaction (fixed at birth); set before the first
 *  reply to expose another early dialog, at most 31 characters */
const char *sx_strans_tag(const struct sx_strans *st);
void sx_strans_set_tag(struct sx_strans *st, const char *tag);
const struct sx_msg *sx_strans_msg(const struct sx_strans *st);
bool sx_strans_answered(const struct sx_strans *st);

/** Handler of CANCEL: called with the CANCEL itself (Reason).  The stack has
 *  answered it 200; the user then replies 487 to the INVITE.
 *  And the failure of a final response to be ACKed (Timer H) or of transport */
typedef void(sx_cancel_h)(const struct sx_msg *cancel, void *arg);
typedef void(sx_strans_err_h)(int err, void *arg);
void sx_strans_set_handlers(struct sx_strans *st, sx_cancel_h *cancelh,
			    sx_strans_err_h *errh, void *arg);

/** NULL handlers: a dead user is deaf */
void sx_strans_detach(struct sx_strans *st);

/** Repeat the last answer, the same bytes: the user of an INVITE owns the
 *  repeats of a 2xx until the ACK comes (RFC 3261 13.3.1.4), and those of a
 *  reliable 1xx until the PRACK (RFC 3262 3).  ENOTCONN after another final
 *  answer, ENOENT if there was none yet */
int sx_strans_repeat(struct sx_strans *st);

/** Reply to a request for which no state is kept (once, to its source).  To a
 *  stranger over UDP never more bytes than came: headers in their short form
 *  then, and nothing at all (0) if that is still too long */
int sx_reply_stateless(struct sx *sx, const struct sx_msg *msg,
		       uint16_t scode, const char *reason, const char *fmt,
		       ...);

/* ---- client side ------------------------------------------------------ */

/**
 * A response, or the end without one
 *
 * @param err  0 with msg; ETIMEDOUT (Timer B/F), ECONNREFUSED (ICMP, RST),
 *             EPROTO (TLS) ... with msg NULL
 * For INVITE the handler is called for every provisional and for each 2xx
 * (several To tags; RFC 6026): ACKs to 2xx are the user's, to others ours.
 */
typedef void(sx_response_h)(int err, const struct sx_msg *msg, void *arg);

/**
 * Send a request in a new client transaction (RFC 3261 17.1)
 *
 * @param ctp   Transaction (reference for the caller: mem_deref = deaf from
 *              now on, the transaction itself lives its RFC life); may be NULL
 * @param dst   Where to; a name has been resolved before (sip/resolve.h)
 * @param met   Method
 * @param ruri  Request URI
 * @param mb    Everything after the Via line: headers each ended by \r\n, an
 *              empty line, the body.  Max-Forwards, Content-Length and
 *              User-Agent included by the caller (see sx_head_end)
 */
int sx_request(struct sx_ctrans **ctp, struct sx *sx,
	       const struct sx_target *dst, enum sx_method met,
	       const char *ruri, const struct mbuf *mb, sx_response_h *resph,
	       void *arg);

/** Timers of one request that has just been sent and has no answer: T1 and
 *  Timer B (F) in [ms], 0 for 64*T1 */
void sx_ctrans_set_timers(struct sx_ctrans *ct, uint32_t t1_ms,
			  uint32_t b_ms);

/** From now on another user hears of it */
void sx_ctrans_set_handler(struct sx_ctrans *ct, sx_response_h *resph,
			   void *arg);

/** CANCEL it (RFC 3261 9.1): sent at once after a 1xx, else kept until one
 *  comes.  reason: value of a Reason header or NULL */
int sx_ctrans_cancel(struct sx_ctrans *ct, const char *reason);

/** The Via branch, for matching ACK of non-2xx in traces */
const char *sx_ctrans_branch(const struct sx_ctrans *ct);

/** Where the request went (source address of responses may differ) */
const struct sx_target *sx_ctrans_target(const struct sx_ctrans *ct);

/** Send a request outside transactions: the ACK of a 2xx */
int sx_send_ack(struct sx *sx, const struct sx_target *dst, const char *ruri,
		const struct mbuf *mb);

/** Send raw bytes (CRLF keep-alive) */
int sx_send_raw(struct sx *sx, const struct sx_target *dst, const void *p,
		size_t n);

/** Finish a header block: User-Agent, Content-Type/Length, empty line, body */
int sx_head_end(struct sx *sx, struct mbuf *mb, const char *ctype,
		const struct mbuf *body);

/** Where responses and later requests to the sender of msg go: its source
 *  address and connection */
void sx_target_of(struct sx_target *t, const struct sx_msg *msg);

/** Connections */
bool sx_conn_is_open(const struct sx_conn *conn);
uint64_t sx_conn_id(const struct sx_conn *conn);
struct sx_conn *sx_conn_by_id(const struct sx *sx, uint64_t id);
/** The peer has authenticated: no longer counted as a stranger's */
void sx_conn_trust(struct sx_conn *conn);

/** State for the console */
struct sx_stats {
	uint32_t nstrans, nctrans, nconns;
};
void sx_get_stats(const struct sx *sx, struct sx_stats *stats);
int sx_debug(struct re_printf *pf, const struct sx *sx);

#endif
