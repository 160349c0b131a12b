/**
 * @file sip/digest.h  Digest authentication, both ways (RFC 7616, 8760)
 *
 * Signalling thread; no state but the keys and a bounded table of nonce
 * counts.  MD5 and SHA-256, qop=auth.
 */
#ifndef TANDEM_SIP_DIGEST_H
#define TANDEM_SIP_DIGEST_H

#include "sip/msg.h"

enum sx_alg {
	SX_ALG_MD5 = 0,
	SX_ALG_SHA256,
};

/** Parsed Authorization / Proxy-Authorization */
struct sx_auth_resp {
	struct pl user, realm, nonce, uri, response, cnonce, nc, opaque;
	enum sx_alg alg;
	bool qop_auth;
};

/** Parsed WWW-Authenticate / Proxy-Authenticate */
struct sx_auth_chal {
	struct pl realm, nonce, opaque;
	enum sx_alg alg;
	bool qop_auth;
	bool stale;
};

/** EBADMSG if malformed, ENOTSUP if another scheme or algorithm */
int sx_auth_resp_parse(struct sx_auth_resp *r, const struct pl *hval);
int sx_auth_chal_parse(struct sx_auth_chal *c, const struct pl *hval);

/** HA1 in hex (33 or 65 bytes with NUL) of user:realm:secret */
void sx_ha1(char ha1[65], enum sx_alg alg, const struct pl *user,
	    const struct pl *realm, const char *secret);

/** What goes into a response besides HA1; nc and cnonce count with qop only */
struct sx_digest {
	enum sx_alg alg;
	bool qop_auth;
	struct pl met, uri, nonce, nc, cnonce;
};

/** The response in hex (RFC 7616 3.4.1); "" if the hash is not to be had */
void sx_digest_response(char resp[65], const struct sx_digest *d,
			const char *ha1);

enum sx_auth_result {
	SX_AUTH_OK = 0,
	SX_AUTH_NONE,    /* no usable credentials for our realm, or wrong ones
			    for a nonce that is not ours: challenge.  Proves
			    nothing about the source, so nothing to ban for */
	SX_AUTH_STALE,   /* right password, old nonce: challenge, stale=true */
	SX_AUTH_WRONG,   /* wrong password, from the address that we challenged */
	SX_AUTH_REPLAY,  /* nonce count used before: challenge, stale=true */
};

struct sx_uas_auth; /* keys and used nonces of a server */

/** A nonce lives nonce_ttl_s seconds, 1..3600 */
int sx_uas_auth_alloc(struct sx_uas_auth **ap, uint32_t nonce_ttl_s);

/** Parse the credentials for `realm` of a request; ENOENT if none */
int sx_uas_auth_find(struct sx_auth_resp *r, const struct sx_msg *msg,
		     const char *realm);

/**
 * Verify (constant time).  `secret` plain, or NULL with `ha1` in hex, which
 * must be one of the response's algorithm.
 * The digest uri must be the request's (scheme, user, host and port), the
 * nonce ours for this source address, the count unused.  Without qop a nonce
 * is good once.
 *
 * For a user that does not exist pass NULL twice: the same work is done, and
 * the result is what a wrong password gives.
 */
enum sx_auth_result sx_uas_auth_verify(struct sx_uas_auth *a,
				       const struct sx_msg *msg,
				       const struct sx_auth_resp *r,
				       const char *secret,
				       const char *ha1);

/** True if the nonce is one that we gave to this address for this realm: who
 *  has it receives what we send there.  Says nothing of passwords */
bool sx_uas_auth_is_ours(const struct sx_uas_auth *a, const struct sa *src,
			 const struct pl *realm, const struct pl *nonce);

/** Print WWW-Authenticate lines (SHA-256 first if sha256, MD5) with a fresh
 *  stateless nonce for the message's source */
int sx_uas_auth_challenge(struct sx_uas_auth *a, struct mbuf *mb,
			  const struct sx_msg *msg, const char *realm,
			  bool stale, bool sha256);

/** Our side: credentials kept per peer or registration */
struct sx_uac_auth {
	char *user, *secret;   /* borrowed from config while in use */
	char *realm;           /* only for this realm; NULL any */
};

/** The challenge that we answer; all zero at first.  nc counts per nonce.  Who
 *  is challenged by proxy and server alike keeps one for each */
struct sx_uac_state {
	char nonce[256], realm[128], opaque[128];
	enum sx_alg alg;
	bool qop, proxy;
	bool md5_only;  /* set by the owner who knows nothing but an MD5 HA1 */
	uint32_t nc;
	unsigned tries; /* challenges answered for this request; the owner sets
			   it to 0 for a new request */
};

/** Remember the strongest challenge of a 401 or 407 that we can answer.
 *  ENOENT if there is none, EACCES if our answer was refused (same nonce and
 *  not stale) or two have been given */
int sx_uac_auth_challenge(struct sx_uac_state *st, const struct sx_msg *resp);

/** Print (Proxy-)Authorization for a request out of the remembered challenge;
 *  nothing if there is none yet.  ha1 (hex, MD5 only) wins over secret;
 *  ENOTSUP if neither fits the challenge */
int sx_uac_auth_print(struct sx_uac_state *st, struct mbuf *mb,
		      const char *user, const char *secret, const char *ha1,
		      enum sx_method met, const char *uri);

#endif
