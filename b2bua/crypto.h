/**
 * @file b2bua/crypto.h  a=crypto: keys of SRTP in a description (RFC 4568)
 *
 * Signalling thread; pure.
 */
#ifndef TANDEM_B2BUA_CRYPTO_H
#define TANDEM_B2BUA_CRYPTO_H

#include "media/media.h"

/** What a line says */
struct sdp_crypto {
	uint32_t tag;            /* of the line, 0..999999999 */
	enum media_suite suite;  /* MEDIA_CLEAR: there is none */
	struct media_key key;
};

/**
 * Decode the value of an a=crypto line
 *
 * A lifetime is checked and otherwise left to the sender of the key, who has
 * to change it.
 *
 * @return NULL if we can do it, else a static text that says why not
 */
const char *crypto_decode(struct sdp_crypto *c, const struct pl *val);

/** Print the line (RFC 4568 9.1), for %H */
int crypto_print(struct re_printf *pf, const struct sdp_crypto *c);

/** A key that nobody has had before */
void crypto_new_key(struct media_key *key);

/** Same key?  Takes the same time whatever differs */
bool crypto_same_key(const struct media_key *a, const struct media_key *b);

/** Name of a suite, "none" for MEDIA_CLEAR */
const char *crypto_suite_name(enum media_suite suite);

/** Append SIP to mb with "***" for the keys of a=crypto lines, for logs and
 *  consoles */
int crypto_hide(struct mbuf *mb, const char *text, size_t n);

#endif
