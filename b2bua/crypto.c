/**
 * @file b2bua/crypto.c  a=crypto: keys of SRTP in a description (RFC 4568)
 *
 *   a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:<base64>|2^31|1:4 WSH=128
 *            tag suite                 key   lifetime  MKI     parameters
 */
#include "b2bua/crypto.h"
#include <openssl/crypto.h>
#include "base/rand.h"
#include "base/text.h"


enum {
	BASE64_LEN = MEDIA_KEY_LEN / 3 * 4, /* 30 bytes need no padding */
	TAG_MAX	   = 999999999,
	LIFE_EXP   = 48,
	WSH_MIN	   = 64,
};

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

static const struct {
	const char *name;
	enum media_suite suite;
} suites[] = {
	{"AES_CM_128_HMAC_SHA1_80", MEDIA_AES_CM_80},
	{"AES_CM_128_HMAC_SHA1_32", MEDIA_AES_CM_32},
};


const char *crypto_suite_name(enum media_suite suite)
{
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		if (suites[i].suite == suite)
			return suites[i].name;
	}

	return "none";
}


/* --- decoding ------------------------------------------------------------ */

static bool word(struct pl *w, struct pl *rest)
{
	while (rest->l && (*rest->p == ' ' || *rest->p == '\t'))
		pl_advance(rest, 1);

	*w = *rest;
	for (w->l = 0; w->l < rest->l && rest->p[w->l] != ' ' &&
		       rest->p[w->l] != '\t';)
		++w->l;

	pl_advance(rest, (ssize_t)w->l);
	return w->l != 0;
}


static const char *decode_suite(enum media_suite *suite, const struct pl *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		if (pl_strcasecmp(w, suites[i].name))
			continue;

		*suite = suites[i].suite;
		return NULL;
	}

	return "its suite is neither AES_CM_128_HMAC_SHA1_80 nor _32";
}


static bool decode_base64(uint8_t *out, const struct pl *text)
{
	for (size_t i = 0; i < BASE64_LEN; i += 4) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 4; k++) {
			const char *at = text->p[i + k]
				? strchr(base64, text->p[i + k]) : NULL;

			if (!at)
				return false;
			bits = bits << 6 | (uint32_t)(at - base64);
		}

		*out++ = (uint8_t)(bits >> 16);
		*out++ = (uint8_t)(bits >> 8);
		*out++ = (uint8_t)bits;
	}

	return true;
}


/* 2^n or a number */
static bool lifetime_ok(const struct pl *w)
{
	struct pl exp = *w;
	uint64_t n;

	if (w->l > 2 && w->p[0] == '2' && w->p[1] == '^') {
		pl_advance(&exp, 2);
		return !num_decode(&n, &exp, LIFE_EXP);
	}

	return !num_decode(&n, w, 1ull << LIFE_EXP) && n;
}


/* value:length */
static const char *decode_mki(struct media_key *key, const struct pl *w)
{
	const char *colon = pl_strchr(w, ':');
	const struct pl value = {w->p, (size_t)(colon - w->p)};
	const struct pl len   = {colon + 1, w->l - value.l - 1};
	uint64_t n;

	if (num_decode(&n, &len, 128) || !n)
		return "the length of its MKI is not 1 to 128";
	if (n > MEDIA_MKI_MAX)
		return "its MKI is longer than 8 bytes";
	key->mki_len = (uint8_t)n;

	if (num_decode(&key->mki, &value, UINT64_MAX >> 1) ||
	    (n < 8 && key->mki >> (8 * n)))
		return "its MKI is no number of that length";

	return NULL;
}


/* inline:key[|lifetime][|MKI:length] */
static const char *decode_key(struct media_key *key, const struct pl *w)
{
	struct pl rest = *w, part;
	const char *why = NULL;

	if (w->l < 7 || strncasecmp(w->p, "inline:", 7))
		return "its key is not inline:";
	if (pl_strchr(w, ';'))
		return "it has several keys";

	pl_advance(&rest, 7);
	if (!pl_next(&part, &rest, '|') || part.l != BASE64_LEN ||
	    !decode_base64(key->key, &part))
		return "its key is not 30 bytes in base64";

	for (unsigned i = 0; !why && pl_next(&part, &rest, '|'); i++) {
		if (pl_strchr(&part, ':'))
			why = key->mki_len ? "it has two MKIs"
					   : decode_mki(key, &part);
		else if (i || !lifetime_ok(&part))
			why = "its lifetime is not 1 to 2^48";
	}

	return why;
}


/* Parameters with a dash may be passed over (RFC 4568 6.3.7) */
static const char *check_params(struct pl rest)
{
	struct pl w;

	while (word(&w, &rest)) {
		struct pl val = {w.p + 4, w.l - 4};
		uint64_t n;

		if (w.p[0] == '-')
			continue;
		if (w.l > 4 && !strncasecmp(w.p, "WSH=", 4) &&
		    !num_decode(&n, &val, 1u << 30) && n >= WSH_MIN)
			continue;

		return "it asks for a session parameter that we do not have";
	}

	return NULL;
}


const char *crypto_decode(struct sdp_crypto *c, const struct pl *val)
{
	struct pl rest, tag, suite, key;
	const char *why;
	uint64_t n;

	if (!c || !val)
		return "there is none";

	rest = *val;
	memset(c, 0, sizeof(*c));
	if (!word(&tag, &rest) || !word(&suite, &rest) || !word(&key, &rest))
		return "it is not: tag, suite, key";
	if (num_decode(&n, &tag, TAG_MAX))
		return "its tag is not 1 to 9 digits";

	c->tag = (uint32_t)n;
	why    = decode_suite(&c->suite, &suite);
	if (!why)
		why = decode_key(&c->key, &key);
	if (!why)
		why = check_params(rest);
	if (why)
		OPENSSL_cleanse(c, sizeof(*c));

	return why;
}


/* --- ours ---------------------------------------------------------------- */

int crypto_print(struct re_printf *pf, const struct sdp_crypto *c)
{
	char text[BASE64_LEN + 1];
	const uint8_t *p;
	char *out = text;
	int err;

	if (!c)
		return 0;

	p = c->key.key;
	for (size_t i = 0; i < MEDIA_KEY_LEN; i += 3) {
		const uint32_t bits = (uint32_t)p[i] << 16 |
				      (uint32_t)p[i + 1] << 8 | p[i + 2];

		for (unsigned k = 0; k < 4; k++)
			*out++ = base64[bits >> (18 - 6 * k) & 0x3f];
	}
	*out = '\0';

	err = re_hprintf(pf, "a=crypto:%u %s inline:%s\r\n", c->tag,
			 crypto_suite_name(c->suite), text);
	OPENSSL_cleanse(text, sizeof(text));

	return err;
}


void crypto_new_key(struct media_key *key)
{
	if (!key)
		return;

	memset(key, 0, sizeof(*key));
	rand_fill(key->key, sizeof(key->key));
}


bool crypto_same_key(const struct media_key *a, const struct media_key *b)
{
	return a && b && a->mki_len == b->mki_len && a->mki == b->mki &&
	       !CRYPTO_memcmp(a->key, b->key, sizeof(a->key));
}


/* --- logs ---------------------------------------------------------------- */

static bool ends_key(char c)
{
	return (unsigned char)c <= ' ' || c == '|' || c == ';';
}


int crypto_hide(struct mbuf *mb, const char *text, size_t n)
{
	static const char word_inline[] = "inline:";
	const size_t len = sizeof(word_inline) - 1;
	size_t from = 0, i = 0;
	int err = 0;

	if (!mb || (!text && n))
		return EINVAL;

	while (i + len <= n) {
		if (strncasecmp(text + i, word_inline, len)) {
			++i;
			continue;
		}

		i += len;
		err |= mbuf_write_mem(mb, (const uint8_t *)text + from,
				      i - from);
		err |= mbuf_write_str(mb, "***");
		while (i < n && !ends_key(text[i]))
			++i;
		from = i;
	}

	if (from < n)
		err |= mbuf_write_mem(mb, (const uint8_t *)text + from,
				      n - from);

	return err;
}
