/**
 * @file sip/digest.c  Digest: header values and the hash (RFC 7616, 8760)
 *
 * Values are hashed as written between their quotes, as every implementation
 * does.  A parameter that comes twice is an error: which one counts would be
 * a matter of opinion.
 */
#include <openssl/evp.h>
#include "sip/digest.h"
#include "sip/lex.h"

enum { HASH_MAX = 32 };


/* ---- "Digest name=value, name="value"" -------------------------------- */

struct slot {
	const char *name;
	struct pl *val;
};


/* Behind the scheme; NULL with *err set if it is another one */
static const char *scheme_skip(const struct pl *hval, int *err)
{
	const char *end	 = hval->p + hval->l;
	const char *p	 = lex_skip(hval->p, end, LEX_LWS);
	const char *q	 = lex_skip(p, end, LEX_TOKEN);
	struct pl scheme = lex_pl(p, q);

	if (!scheme.l || q == end || !lex_is(*q, LEX_LWS))
		*err = EBADMSG;
	else if (pl_strcasecmp(&scheme, "Digest"))
		*err = ENOTSUP;
	else
		*err = 0;

	return *err ? NULL : q;
}


/* The value at *pp, without quotes.  One that came without them has no
 * backslash: between ours it would take the last quote with it */
static int value_read(const char **pp, const char *end, struct pl *val)
{
	const char *p = *pp, *q;

	if (p < end && *p == '"') {

		q = lex_quoted(p, end);
		if (!q)
			return EBADMSG;

		*val = lex_pl(p + 1, q - 1);
	}
	else {
		q = p;
		while (q < end && *q != ',' && *q != '"' && *q != '\\' &&
		       !lex_is(*q, LEX_LWS))
			++q;

		*val = lex_pl(p, q);
	}

	/* what is echoed may not end a line */
	if (q == p || lex_find(p, q, LEX_CTL) != q)
		return EBADMSG;

	*pp = q;

	return 0;
}


static int slot_set(const struct slot *slotv, size_t n, const struct pl *name,
		    const struct pl *val)
{
	for (size_t i = 0; i < n; i++) {

		if (pl_strcasecmp(name, slotv[i].name))
			continue;

		if (slotv[i].val->p)
			return EBADMSG;

		*slotv[i].val = *val;
		break;
	}

	return 0;
}


/* Comma separated parameters; unknown ones are passed over */
static int params_read(const char *p, const char *end,
		       const struct slot *slotv, size_t n)
{
	struct pl name, val;

	for (;;) {

		while (p < end && (*p == ',' || lex_is(*p, LEX_LWS)))
			++p;

		if (p == end)
			return 0;

		const char *q = lex_skip(p, end, LEX_TOKEN);

		name = lex_pl(p, q);
		p    = lex_skip(q, end, LEX_LWS);

		if (!name.l || p == end || *p != '=')
			return EBADMSG;

		p = lex_skip(p + 1, end, LEX_LWS);

		if (value_read(&p, end, &val) ||
		    slot_set(slotv, n, &name, &val))
			return EBADMSG;

		p = lex_skip(p, end, LEX_LWS);
		if (p < end && *p != ',')
			return EBADMSG;
	}
}


static int alg_decode(enum sx_alg *alg, const struct pl *val)
{
	if (!val->p || !pl_strcasecmp(val, "MD5"))
		*alg = SX_ALG_MD5;
	else if (!pl_strcasecmp(val, "SHA-256"))
		*alg = SX_ALG_SHA256;
	else
		return ENOTSUP;

	return 0;
}


int sx_auth_resp_parse(struct sx_auth_resp *r, const struct pl *hval)
{
	struct pl alg = pl_null, qop = pl_null;
	const struct slot slotv[] = {
		{"username", &r->user}, {"realm", &r->realm},
		{"nonce", &r->nonce},	{"uri", &r->uri},
		{"response", &r->response}, {"cnonce", &r->cnonce},
		{"nc", &r->nc},		{"opaque", &r->opaque},
		{"algorithm", &alg},	{"qop", &qop},
	};
	int err;

	if (!r || !hval || !hval->p)
		return EINVAL;

	memset(r, 0, sizeof(*r));

	const char *p = scheme_skip(hval, &err);
	if (!p)
		return err;

	if (params_read(p, hval->p + hval->l, slotv, ARRAY_SIZE(slotv)) ||
	    !r->user.l || !r->realm.p || !r->nonce.l || !r->uri.l ||
	    !r->response.l)
		return EBADMSG;

	r->qop_auth = qop.p != NULL;

	if (r->qop_auth && pl_strcasecmp(&qop, "auth"))
		return ENOTSUP;

	if (r->qop_auth && (!r->nc.l || !r->cnonce.l))
		return EBADMSG;

	return alg_decode(&r->alg, &alg);
}


/* "auth,auth-int" has auth */
static bool qop_has_auth(const struct pl *qop)
{
	const char *p = qop->p, *end = qop->p + qop->l;

	while (p < end) {

		while (p < end && (*p == ',' || lex_is(*p, LEX_LWS)))
			++p;

		const char *q = p;

		while (p < end && *p != ',' && !lex_is(*p, LEX_LWS))
			++p;

		struct pl one = lex_pl(q, p);

		if (!pl_strcasecmp(&one, "auth"))
			return true;
	}

	return false;
}


int sx_auth_chal_parse(struct sx_auth_chal *c, const struct pl *hval)
{
	struct pl alg = pl_null, qop = pl_null, stale = pl_null;
	const struct slot slotv[] = {
		{"realm", &c->realm}, {"nonce", &c->nonce},
		{"opaque", &c->opaque}, {"algorithm", &alg},
		{"qop", &qop},	      {"stale", &stale},
	};
	int err;

	if (!c || !hval || !hval->p)
		return EINVAL;

	memset(c, 0, sizeof(*c));

	const char *p = scheme_skip(hval, &err);
	if (!p)
		return err;

	if (params_read(p, hval->p + hval->l, slotv, ARRAY_SIZE(slotv)) ||
	    !c->realm.p || !c->nonce.l)
		return EBADMSG;

	c->stale    = stale.p && !pl_strcasecmp(&stale, "true");
	c->qop_auth = qop.p && qop_has_auth(&qop);

	if (qop.p && !c->qop_auth)
		return ENOTSUP;

	return alg_decode(&c->alg, &alg);
}


/* ---- hash ------------------------------------------------------------- */

/* Hex of the hash of parts joined by ':'; "" if OpenSSL refuses (an MD5 that
 * is switched off) */
static void hash_hex(char hex[65], enum sx_alg alg, const struct pl *partv,
		     size_t n)
{
	const EVP_MD *md = alg == SX_ALG_SHA256 ? EVP_sha256() : EVP_md5();
	EVP_MD_CTX *ctx	 = EVP_MD_CTX_new();
	uint8_t out[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	bool ok = ctx && EVP_DigestInit_ex(ctx, md, NULL) == 1;

	for (size_t i = 0; ok && i < n; i++) {
		ok = (!i || EVP_DigestUpdate(ctx, ":", 1) == 1) &&
		     EVP_DigestUpdate(ctx, partv[i].p, partv[i].l) == 1;
	}

	ok = ok && EVP_DigestFinal_ex(ctx, out, &len) == 1 && len <= HASH_MAX;

	EVP_MD_CTX_free(ctx);

	for (unsigned i = 0; ok && i < len; i++) {
		hex[2 * i]     = "0123456789abcdef"[out[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[out[i] & 15];
	}

	hex[ok ? 2 * len : 0] = '\0';
}


void sx_ha1(char ha1[65], enum sx_alg alg, const struct pl *user,
	    const struct pl *realm, const char *secret)
{
	struct pl partv[] = {*user, *realm, {secret, strlen(secret)}};

	hash_hex(ha1, alg, partv, ARRAY_SIZE(partv));
}


void sx_digest_response(char resp[65], const struct sx_digest *d,
			const char *ha1)
{
	const struct pl a2v[] = {d->met, d->uri};
	char ha2[65];

	hash_hex(ha2, d->alg, a2v, ARRAY_SIZE(a2v));

	const struct pl a1 = {ha1, strlen(ha1)};
	const struct pl a2 = {ha2, strlen(ha2)};

	if (d->qop_auth) {
		const struct pl partv[] = {a1, d->nonce, d->nc, d->cnonce,
					   PL_LIT("auth"), a2};

		hash_hex(resp, d->alg, partv, ARRAY_SIZE(partv));
	}
	else {
		const struct pl partv[] = {a1, d->nonce, a2};

		hash_hex(resp, d->alg, partv, ARRAY_SIZE(partv));
	}

	if (!a1.l || !a2.l)
		*resp = '\0';
}
