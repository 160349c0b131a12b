/**
 * @file sip/msg.h  SIP messages: parse, look at, write
 *
 * Signalling thread (the parser itself is pure and runs anywhere).  A parsed
 * message borrows everything from the buffer that it holds one reference to;
 * nothing is copied.  The parser makes one pass and no decision: validity is
 * sip/sane.h's.
 */
#ifndef TANDEM_SIP_MSG_H
#define TANDEM_SIP_MSG_H

#include "base/compat.h"

/* clang-format off */
#define SX_METHODS(X) \
	X(INVITE) X(ACK) X(BYE) X(CANCEL) X(REGISTER) X(OPTIONS) X(INFO) \
	X(UPDATE) X(PRACK) X(REFER) X(NOTIFY) X(SUBSCRIBE) X(MESSAGE) X(PUBLISH)
/* clang-format on */

enum sx_method {
	SX_UNKNOWN = 0,
#define X(m) SX_##m,
	SX_METHODS(X)
#undef X
};

/** Header names that we look at; all others are SX_HDR_OTHER */
/* clang-format off */
#define SX_HEADERS(X)                                                        \
	X(ACCEPT, "Accept", 0)            X(ACCEPT_ENC, "Accept-Encoding", 0) \
	X(ALERT_INFO, "Alert-Info", 0)    X(ALLOW, "Allow", 0)               \
	X(ALLOW_EVENTS, "Allow-Events", 'u')                                 \
	X(AUTHORIZATION, "Authorization", 0)                                 \
	X(CALL_ID, "Call-ID", 'i')        X(CONTACT, "Contact", 'm')         \
	X(CONTENT_ENC, "Content-Encoding", 'e')                              \
	X(CONTENT_LENGTH, "Content-Length", 'l')                             \
	X(CONTENT_TYPE, "Content-Type", 'c')                                 \
	X(CONTENT_DISP, "Content-Disposition", 0)                            \
	X(CSEQ, "CSeq", 0)                X(DATE, "Date", 0)                 \
	X(DIVERSION, "Diversion", 0)      X(EVENT, "Event", 'o')             \
	X(EXPIRES, "Expires", 0)          X(FROM, "From", 'f')               \
	X(HISTORY_INFO, "History-Info", 0) X(MAX_FORWARDS, "Max-Forwards", 0) \
	X(MIN_EXPIRES, "Min-Expires", 0)  X(MIN_SE, "Min-SE", 0)             \
	X(P_ASSERTED_ID, "P-Asserted-Identity", 0)                           \
	X(P_PREFERRED_ID, "P-Preferred-Identity", 0)                         \
	X(PATH, "Path", 0)                X(PRIVACY, "Privacy", 0)           \
	X(PROXY_AUTHENTICATE, "Proxy-Authenticate", 0)                       \
	X(PROXY_AUTHORIZATION, "Proxy-Authorization", 0)                     \
	X(PROXY_REQUIRE, "Proxy-Require", 0)                                 \
	X(RACK, "RAck", 0)                X(REASON, "Reason", 0)             \
	X(RECORD_ROUTE, "Record-Route", 0) X(REFER_TO, "Refer-To", 'r')      \
	X(REFERRED_BY, "Referred-By", 'b') X(REMOTE_PARTY_ID, "Remote-Party-ID", 0) \
	X(REPLACES, "Replaces", 0)        X(REQUIRE, "Require", 0)           \
	X(RETRY_AFTER, "Retry-After", 0)  X(ROUTE, "Route", 0)               \
	X(RSEQ, "RSeq", 0)                X(SERVER, "Server", 0)             \
	X(SERVICE_ROUTE, "Service-Route", 0)                                 \
	X(SESSION_EXPIRES, "Session-Expires", 'x')                           \
	X(SUBJECT, "Subject", 's')        X(SUBSCRIPTION_STATE, "Subscription-State", 0) \
	X(SUPPORTED, "Supported", 'k')    X(TO, "To", 't')                   \
	X(UNSUPPORTED, "Unsupported", 0)  X(USER_AGENT, "User-Agent", 0)     \
	X(VIA, "Via", 'v')                X(WARNING, "Warning", 0)           \
	X(WWW_AUTHENTICATE, "WWW-Authenticate", 0)
/* clang-format on */

enum sx_hdrid {
	SX_HDR_OTHER = 0,
#define X(id, name, compact) SX_HDR_##id,
	SX_HEADERS(X)
#undef X
	SX_HDR_MAX
};

enum sx_scheme {
	SX_SCHEME_OTHER = 0,
	SX_SCHEME_SIP,
	SX_SCHEME_SIPS,
	SX_SCHEME_TEL,
};

enum sx_tp {
	SX_UDP = 0,
	SX_TCP,
	SX_TLS,
	SX_TP_MAX,
};

/** A URI (RFC 3261 19.1, RFC 3966); all parts as written, not unescaped */
struct sx_uri {
	enum sx_scheme scheme;
	struct pl scheme_text;
	struct pl user;     /* tel: the number; empty if none */
	struct pl password;
	struct pl host;     /* IPv6 without brackets */
	bool host_ip6;
	uint16_t port;      /* 0 if not written */
	struct pl params;   /* from the first ';' on, with it */
	struct pl headers;  /* from '?' on, with it */
};

/** name-addr or addr-spec with header parameters (From, To, Contact ...) */
struct sx_addr {
	struct pl dname;    /* display name, without quotes, escapes kept */
	struct pl auri;     /* the URI as written */
	struct sx_uri uri;
	struct pl params;   /* header parameters, with first ';' */
	bool star;          /* Contact: * */
};

/** One Via value (RFC 3261 20.42) */
struct sx_via {
	struct pl value;    /* as written */
	struct pl tp_text;  /* "UDP" */
	struct pl host;
	bool host_ip6;
	uint16_t port;      /* 0 if not written */
	struct pl params;
	struct pl branch;
	bool rport;         /* the parameter is there */
};

/** One header line; a line of several values stays one entry here */
struct sx_hdr {
	enum sx_hdrid id;
	struct pl name;     /* as written */
	struct pl val;      /* trimmed; folded lines still contain CRLF LWS */
};

struct sx_listener;
struct sx_conn;

/** A parsed message; mem_ref to keep it beyond the handler */
struct sx_msg {
	/* first line */
	bool req;
	struct pl met;          /* request: method as written */
	enum sx_method method;  /* request: method; response: CSeq's method */
	struct pl ruri;
	struct sx_uri uri;      /* request: parsed R-URI (if well formed) */
	uint16_t scode;         /* response 100-699 */
	struct pl reason;
	struct pl version;      /* "SIP/2.0" */

	/* headers */
	struct sx_hdr *hdrv;
	size_t hdrc;
	uint16_t first[SX_HDR_MAX]; /* index + 1 of the first of its kind */
	uint16_t counts[SX_HDR_MAX];
	struct sx_via via;      /* topmost */
	struct sx_addr from;
	struct sx_addr to;
	struct pl ftag;
	struct pl ttag;         /* empty if none */
	struct pl callid;
	uint32_t cseq;
	struct pl cseq_met;
	enum sx_method cseq_method;
	uint32_t maxfwd;        /* 70 if absent */
	struct pl ctype;        /* "application/sdp" without parameters */
	struct pl body;         /* cut to Content-Length; of a multipart body
				   with SDP in it both are those of the first
				   SDP part */

	/* framing */
	size_t hlen;            /* head with its empty line, leading CRLFs */
	size_t clen;            /* Content-Length; datagram: bytes of body */
	uint16_t nvia;          /* Via values on all lines */
	bool surplus;           /* datagram: more follows than Content-Length
				   says; left alone (RFC 3261 18.3) */
	bool noframe;           /* the length is not known: answer, then close
				   the stream */

	/* what is wrong with it; see sip/sane.h */
	uint16_t bad;           /* 0, or the SIP status that describes it */
	const char *bad_why;

	/* where it came from */
	struct mbuf *mb;
	struct pl raw;          /* all of its bytes, as they came */
	enum sx_tp tp;
	struct sa src;
	struct sa dst;          /* our local address */
	struct sx_listener *lis; /* no reference */
	struct sx_conn *conn;   /* stream it came on, NULL for UDP; reference */
};

/** Limits of the parser (reference figures: RFC 4475 must fit) */
enum {
	SX_MAX_HEADERS   = 256,
	SX_MAX_HDR_VALUE = 8192,
	SX_MAX_URI       = 2048,
	SX_MAX_TOKEN     = 256, /* Call-ID, tag, branch */
	SX_MAX_VIA       = 70,
	SX_MAX_UDP       = 65535,
	SX_MAX_HEAD      = 65536,
	SX_MAX_BODY      = 1048576,
};

/**
 * Parse a message
 *
 * Also returns a message when it is malformed but can be answered: then
 * `bad` holds 400, 413, 414, 505 ... and the raw Via/From/To/Call-ID/CSeq
 * lines that exist are in hdrv.
 *
 * @param msgp   Message (refcounted)
 * @param mb     Buffer from pos to end; the message takes a reference
 * @param stream True if framed by Content-Length, which must be there: the
 *               message is hlen + clen bytes long; a body that has not come
 *               in full yet is no error, `body` is then what is there
 *
 * @return 0; EBADMSG if it is not SIP at all (drop), ENOMEM
 */
int sx_msg_parse(struct sx_msg **msgp, struct mbuf *mb, bool stream);

/**
 * Length of the head at p with its empty line and what empty lines come
 * before it: when a stream has that much, it can be parsed
 *
 * @param seen  Bytes of these that an earlier call has already looked at
 *
 * @return 0 if the head is not complete yet
 */
size_t sx_msg_head(const uint8_t *p, size_t n, size_t seen);

/** Value of the n-th header line (from 0) of a kind, NULL if none */
const struct pl *sx_msg_hdr(const struct sx_msg *m, enum sx_hdrid id,
			    size_t n);

/** Value of the n-th header with this name (case ignored, long or compact) */
const struct pl *sx_msg_hdr_name(const struct sx_msg *m, const struct pl *name,
				 size_t n);

/** Iterate over the comma separated values of all headers of a kind (quotes,
 *  angle brackets respected).  Handler returns true to stop */
typedef bool(sx_value_h)(const struct pl *val, void *arg);
bool sx_msg_values(const struct sx_msg *m, enum sx_hdrid id, sx_value_h *h,
		   void *arg);

/** True if a list header (Supported, Require, Allow ...) has the token */
bool sx_msg_has_token(const struct sx_msg *m, enum sx_hdrid id,
		      const char *token);

/** Number that a header starts with (parameters or a comment may follow): 0,
 *  ENOENT if absent, EINVAL/ERANGE if not a number of 32 bits */
int sx_msg_u32(const struct sx_msg *m, enum sx_hdrid id, uint32_t *np);

/** First Contact; ENOENT if none, EBADMSG if malformed */
int sx_msg_contact(const struct sx_msg *m, struct sx_addr *addr);

/** Find the first part of this type in a multipart body (at most two levels,
 *  eight parts each); ctype is the whole value with its boundary */
bool sx_multipart_find(struct pl *part, const struct pl *body,
		       const struct pl *ctype, const char *want);

int sx_uri_parse(struct sx_uri *uri, const struct pl *pl);
int sx_addr_parse(struct sx_addr *addr, const struct pl *pl);
int sx_via_parse(struct sx_via *via, const struct pl *pl);

/** Find ";name" or ";name=value" in params; quoted values are unquoted.
 *  value may be NULL.  True if there */
bool sx_param(const struct pl *params, const char *name, struct pl *value);

/** Unescape %HH of a URI's user into buf; EINVAL on %00 or a bad escape */
int sx_unescape(char *buf, size_t n, const struct pl *pl);

/** Take the backslashes (and control characters) out of a display name;
 *  cut to fit into n - 1 bytes */
void sx_unquote(char *buf, size_t n, const struct pl *pl);

/** Print plain text escaped for a URI's user part, or as a quoted string with
 *  its quotes: a value can never leave its place ("%H") */
int sx_escape_user(struct re_printf *pf, const struct pl *pl);
int sx_quote(struct re_printf *pf, const struct pl *pl);

enum sx_method sx_method_decode(const struct pl *pl);
const char *sx_method_name(enum sx_method m);
const char *sx_hdr_name(enum sx_hdrid id);
const char *sx_tp_name(enum sx_tp tp); /* "UDP" */
const char *sx_reason(uint16_t scode); /* standard reason phrase */

#endif
