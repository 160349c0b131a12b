/**
 * @file sip/digest_uac.c  Digest as a client: answer challenges
 *
 * Who asked is the caller's to check: a challenge is answered only if it came
 * back for a request that we sent to the peer whose secret it is.
 */
#include <openssl/crypto.h>
#include "base/rand.h"
#include "base/text.h"
#include "sip/digest.h"

enum { MAX_TRIES = 2 };


/* The strongest challenge that we understand: SHA-256 before MD5 */
static int best_challenge(struct sx_auth_chal *best, const struct sx_msg *resp,
			  enum sx_hdrid id, bool md5_only)
{
	struct sx_auth_chal c;
	const struct pl *val;
	int err = ENOENT;

	for (size_t i = 0; (val = sx_msg_hdr(resp, id, i)); i++) {

		if (sx_auth_chal_parse(&c, val) ||
		    (md5_only && c.alg != SX_ALG_MD5))
			continue;

		if (err || c.alg > best->alg)
			*best = c;

		err = 0;
	}

	return err;
}


static bool same_nonce(const struct sx_uac_state *st,
		       const struct sx_auth_chal *c)
{
	return *st->nonce && !pl_strcmp(&c->nonce, st->nonce);
}


static int remember(struct sx_uac_state *st, const struct sx_auth_chal *c)
{
	int err = pl_copy(st->nonce, sizeof(st->nonce), &c->nonce);

	err |= pl_copy(st->realm, sizeof(st->realm), &c->realm);
	err |= pl_copy(st->opaque, sizeof(st->opaque), &c->opaque);

	if (err) {
		*st->nonce = '\0';
		return ENOBUFS;
	}

	st->alg = c->alg;
	st->qop = c->qop_auth;
	st->nc	= 0;

	return 0;
}


int sx_uac_auth_challenge(struct sx_uac_state *st, const struct sx_msg *resp)
{
	struct sx_auth_chal c = {0};

	if (!st || !resp || (resp->scode != 401 && resp->scode != 407))
		return EINVAL;

	bool proxy = resp->scode == 407;
	int err	   = best_challenge(&c, resp,
				    proxy ? SX_HDR_PROXY_AUTHENTICATE :
					    SX_HDR_WWW_AUTHENTICATE,
				    st->md5_only);
	if (err)
		return err;

	if (st->tries >= MAX_TRIES ||
	    (st->tries && same_nonce(st, &c) && !c.stale))
		return EACCES;

	err = remember(st, &c);
	if (err)
		return err;

	st->proxy = proxy;
	++st->tries;

	return 0;
}


static int ha1_make(char ha1[65], const struct sx_uac_state *st,
		    const char *user, const char *secret, const char *given)
{
	struct pl u, r;

	pl_set_str(&u, user);
	pl_set_str(&r, st->realm);

	if (given && st->alg == SX_ALG_MD5)
		(void)str_ncpy(ha1, given, 65);
	else if (secret)
		sx_ha1(ha1, st->alg, &u, &r, secret);
	else
		return ENOTSUP;

	return *ha1 ? 0 : ENOTSUP;
}


static int line_print(const struct sx_uac_state *st, struct mbuf *mb,
		      const char *user, const struct sx_digest *d,
		      const char *resp)
{
	struct pl u;

	pl_set_str(&u, user);

	/* realm, nonce and opaque go back as they came */
	int err = mbuf_printf(mb,
			      "%s: Digest username=%H, realm=\"%s\", "
			      "nonce=\"%s\", uri=\"%r\", response=\"%s\", "
			      "algorithm=%s",
			      st->proxy ? "Proxy-Authorization" :
					  "Authorization",
			      sx_quote, &u, st->realm, st->nonce, &d->uri,
			      resp,
			      st->alg == SX_ALG_SHA256 ? "SHA-256" : "MD5");

	if (d->qop_auth)
		err |= mbuf_printf(mb, ", cnonce=\"%r\", qop=auth, nc=%r",
				   &d->cnonce, &d->nc);
	if (*st->opaque)
		err |= mbuf_printf(mb, ", opaque=\"%s\"", st->opaque);

	return err | mbuf_write_str(mb, "\r\n");
}


int sx_uac_auth_print(struct sx_uac_state *st, struct mbuf *mb,
		      const char *user, const char *secret, const char *ha1,
		      enum sx_method met, const char *uri)
{
	char h[65], resp[65], nc[9], cnonce[17];

	if (!st || !mb || !user || !uri)
		return EINVAL;

	if (!*st->nonce)
		return 0;

	int err = ha1_make(h, st, user, secret, ha1);
	if (err)
		return err;

	(void)re_snprintf(nc, sizeof(nc), "%08x", ++st->nc);
	rand_hex(cnonce, sizeof(cnonce));

	struct sx_digest d = {.alg = st->alg, .qop_auth = st->qop};

	pl_set_str(&d.met, sx_method_name(met));
	pl_set_str(&d.uri, uri);
	pl_set_str(&d.nonce, st->nonce);
	pl_set_str(&d.nc, nc);
	pl_set_str(&d.cnonce, cnonce);

	sx_digest_response(resp, &d, h);
	OPENSSL_cleanse(h, sizeof(h));

	return *resp ? line_print(st, mb, user, &d, resp) : ENOTSUP;
}
