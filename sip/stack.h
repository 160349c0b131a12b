/**
 * @file sip/stack.h  Inside of the SIP stack
 *
 * Private to sip/; signalling thread only.
 *
 *   udp.c, stream.c (+ tls.c) -> sx_receive() in stack.c
 *        -> strans.c (requests) or ctrans.c (responses) -> the user
 *   strans.c, ctrans.c -> transport.c -> udp.c, stream.c
 *
 * Buffers that a user hands in (headers, bodies) are taken whole, from byte 0
 * to their end, wherever their position is.
 */
#ifndef TANDEM_SIP_STACK_H
#define TANDEM_SIP_STACK_H

#include "base/compat.h"
#include "base/timer.h"
#include "base/turn.h"

#include "sip/handover.h"
#include "sip/rport.h"
#include "sip/sip.h"

struct udp_batch;
struct sx_tls;

enum {
	T2_MS          = 4000,   /* RFC 3261 17.1.2.2 */
	T4_MS          = 5000,
	SPAN_T1        = 64,     /* timers B, F, H, J, L, M in units of T1 */
	TRYING_MS      = 200,    /* 100 by itself (17.2.1) */
	ROUTE_CACHE    = 256,
	ROUTE_CACHE_MS = 10000,
	BRANCH_DIGITS  = 16,
	BRANCH_SIZE    = 24,     /* z9hG4bK, digits, NUL */
	STATELESS_TAG  = 17,
};

#define SX_COOKIE "z9hG4bK"

/** Local address toward a destination, as the kernel said it */
struct sx_route {
	struct sa dst;
	struct sa local;
	uint64_t until_ms;
};

struct sx {
	struct sx_params prm;
	char *agent;
	bool compact;             /* short header names are sent */
	uint8_t tos;              /* of all sockets */

	sx_request_h *reqh;
	sx_stray_h *strayh;
	sx_conn_h *connh;
	sx_trace_h *traceh;
	sx_guard_h *guardh;
	sx_bad_h *badh;
	sx_stranger_h *strangerh;
	sx_public_h *pubh;
	sx_rport_h *rporth;
	void *arg;

	/* another process with the same sockets, see handover.h */
	sx_other_h *otherh;
	sx_other_icmp_h *other_icmph;
	void *other_arg;
	bool injecting;           /* this message came from there */

	/* listeners; closed ones stay until the end, since messages and
	 * targets point at them without a reference */
	struct list lisl;
	struct list closedl;
	struct udp_batch *batch;
	struct sx_route routev[ROUTE_CACHE];

	/* new calls that wait, see queue.c */
	struct list newl;
	struct hash *newh; /* of them by key, new calls alone */
	bool unread;       /* the last read has left something */
	uint32_t newc;
	struct turn_job new_job;
	struct timer new_tmr;
	uint64_t full_us;         /* since when they wait for long, 0 no */
	uint64_t new_turn;        /* when they got their time last */
	uint64_t late_ms;         /* when it was said last that some are late */

	/* server transactions */
	struct hash *ht_strans;
	struct hash *ht_merge;
	struct list donel;        /* those that only wait, oldest first */
	struct list latel;        /* those that let their request go */
	struct timer tmr_late;
	uint32_t nstrans;
	uint32_t nwait;           /* of them in donel */
	struct sx_strans *cur;    /* its request is with the user now */

	/* client transactions */
	struct hash *ht_ctrans;
	uint32_t nctrans;

	/* connections */
	struct hash *ht_conn;     /* by id */
	struct hash *ht_peer;     /* by peer's address and port */
	struct hash *ht_ip;       /* by peer's address */
	uint64_t conn_id;
	uint32_t nconns;
	uint32_t nstrangers;
	uint32_t nhandshakes;
	int spare_fd;             /* given up to refuse at EMFILE */

	struct sx_tls *tls;
};

struct sx_listener {
	struct le le;
	struct sx *sx;            /* no reference */
	enum sx_tp tp;
	struct sa addr;
	bool wild;                /* bound to 0.0.0.0 or :: */
	int fd;                   /* -1: closed */
};

/** Where a response goes */
struct sx_dst {
	enum sx_tp tp;
	struct sa dst;
	struct sa src;            /* UDP: our address that the peer knows */
	struct sx_conn *conn;     /* reference */
	struct sx_listener *lis;
};

/* ---- queue.c ---------------------------------------------------------- */

/** Let a new call wait until what came with it is done.  False: work on it
 *  now */
bool sx_queue_put(struct sx *sx, struct sx_msg *msg);
int sx_queue_init(struct sx *sx);
void sx_queue_close(struct sx *sx);

/* ---- stack.c ---------------------------------------------------------- */

/** A whole message has come.  Takes no reference on mb but through msg */
void sx_receive(struct sx *sx, struct sx_msg *msg);

/** Fill in where a message came from */
void sx_msg_origin(struct sx_msg *msg, struct sx_listener *lis,
		   struct sx_conn *conn, const struct sa *src,
		   const struct sa *dst);
void sx_trace(const struct sx *sx, bool tx, enum sx_tp tp,
	      const struct sa *local, const struct sa *peer, const void *p,
	      size_t n);
bool sx_guard(const struct sx *sx, enum sx_tp tp, const struct sa *src,
	      const void *p, size_t n);

void sx_bad(const struct sx *sx, enum sx_tp tp, const struct sa *src,
	    const char *why);

/** "a.b.c.d:port" or "[v6]:port" */
enum { ADDR_TEXT = 64 };
void sx_addr_text(char buf[ADDR_TEXT], const struct sa *sa);

/* ---- transport.c ------------------------------------------------------ */

/** Local address toward dst (no port), from a cache of the kernel's answers */
int sx_route(struct sx *sx, struct sa *local, const struct sa *dst);
uint16_t sx_default_port(enum sx_tp tp);

/**
 * Send a request
 *
 * @param connp Stream: the connection used (reference); may be NULL
 */
int sx_send_request(struct sx *sx, const struct sx_target *t,
		    struct sx_conn **connp, const struct mbuf *mb);

void sx_dst_of(struct sx *sx, struct sx_dst *d, const struct sx_msg *msg);
void sx_dst_reset(struct sx_dst *d);
int sx_send_reply(struct sx *sx, struct sx_dst *d, const struct mbuf *mb);

/* ---- wire.c ----------------------------------------------------------- */

/** IP TOS or IPv6 traffic class of a socket, best effort */
void sx_socket_tos(int fd, int af, uint8_t tos);

/** A copy of a message with short header names */
int sx_compact(struct mbuf **mbp, const struct mbuf *msg);

/* ---- reply.c ---------------------------------------------------------- */

/** Start a response: status line and the headers that come from the request.
 *  tag NULL: no To tag is added */
int sx_reply_head(struct mbuf **mbp, const struct sx_msg *msg, uint16_t scode,
		  const char *reason, const char *tag);

/** Content-Type, Content-Length, empty line, body */
int sx_body_end(struct mbuf *mb, const char *ctype, const struct mbuf *body);

/** Send a response that is not kept, once */
int sx_reply_once(struct sx *sx, const struct sx_msg *msg,
		  const struct mbuf *mb);

/** Print a value without its line folds */
int sx_unfolded(struct mbuf *mb, const struct pl *pl);

/** True if the topmost Via names the address that the request came from */
bool sx_via_is_source(const struct sx_msg *msg);

/* ---- shrink.c --------------------------------------------------------- */

/** The same response without a body in fewer bytes */
int sx_reply_shrink(struct mbuf **mbp, const struct mbuf *mb,
		    const struct sx_msg *msg);

/* ---- request.c -------------------------------------------------------- */

/** Request line, Via and the rest (headers, empty line, body) */
int sx_request_write(struct mbuf **mbp, struct sx *sx,
		     const struct sx_target *dst, const char *met,
		     const char *ruri, const char *branch,
		     const struct mbuf *rest);

/** The ACK (with the response that it is for) or CANCEL for a request */
int sx_follow_write(struct mbuf **mbp, const struct mbuf *req, const char *met,
		    const struct sx_msg *resp, const char *reason);

/* ---- key.c ------------------------------------------------------------ */

/** The transaction that a request belongs to (17.2.3); an ACK and a CANCEL
 *  have the key of their INVITE */
uint64_t sx_strans_key(const struct sx_msg *msg);

/** The same for all copies of a request that came by several ways (8.2.2.2) */
uint64_t sx_merge_key(const struct sx_msg *msg);

/** A stateless To tag is the same for each repeat of a request (8.2.7) */
void sx_stateless_tag(char tag[STATELESS_TAG], const struct sx_msg *msg);

/* ---- udp.c ------------------------------------------------------------ */

int sx_udp_listen(struct sx_listener *lis, const struct sa *laddr);
int sx_udp_read(struct sx_listener *lis); /* from the loop */
int sx_udp_send(struct sx_listener *lis, const struct sa *src,
		const struct sa *dst, const void *p, size_t n);

/* ---- handover.c ------------------------------------------------------- */

/** A socket of that type and address that was given to us; -1 none */
int sx_given_take(int type, const struct sa *addr);

/* ---- conn.c, accept.c, stream.c --------------------------------------- */

int sx_tcp_listen(struct sx_listener *lis, const struct sa *laddr);
int sx_tcp_accept(struct sx_listener *lis); /* from the loop */
int sx_streams_init(struct sx *sx);
void sx_streams_close(struct sx *sx);

/** The connection for a target: the one it names, one that is open to the same
 *  place, or a new one (then it connects; what is sent waits) */
int sx_conn_get(struct sx_conn **connp, struct sx *sx,
		const struct sx_target *t);
int sx_conn_send(struct sx_conn *conn, const void *p, size_t n);
const struct sa *sx_conn_laddr(const struct sx_conn *conn);

/** Client transactions that hear of the end of their connection */
void sx_conn_attach(struct sx_conn *conn, struct le *le, void *ctrans);
int sx_conns_debug(struct re_printf *pf, const struct sx *sx);

/* ---- tls.c ------------------------------------------------------------ */

/** True if there is a certificate to show to who connects */
bool sx_tls_serves(const struct sx *sx);

/* ---- strans.c --------------------------------------------------------- */

int sx_strans_init(struct sx *sx);
void sx_strans_close(struct sx *sx);
void sx_strans_recv(struct sx *sx, const struct sx_msg *msg);

/** 503 without a transaction, and when to come again: a time of its own for
 *  each, so that they do not come back together */
void sx_refuse_full(struct sx *sx, const struct sx_msg *msg);

/** A transaction that this request belongs to or repeats is here */
bool sx_strans_has(const struct sx *sx, const struct sx_msg *msg);
bool sx_strans_busy(const struct sx *sx);
void sx_strans_invites(const struct sx *sx, sx_callid_h *h, void *arg);

/** This request was answered without state */
void sx_strans_stateless(struct sx *sx, const struct sx_msg *msg);

/* ---- ctrans.c --------------------------------------------------------- */

int sx_ctrans_init(struct sx *sx);
void sx_ctrans_close(struct sx *sx);
void sx_ctrans_recv(struct sx *sx, const struct sx_msg *msg);

/** An ICMP error with the first bytes of what we had sent; false if that is
 *  no request of ours that waits */
bool sx_ctrans_icmp(struct sx *sx, int err, const void *p, size_t n);

/** One of them waits for an answer */
bool sx_ctrans_busy(const struct sx *sx);

/** The connection that a request went by is gone */
void sx_ctrans_conn_lost(struct sx_ctrans *ct, int err);

#endif
