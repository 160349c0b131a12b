/**
 * @file sip/digest_uas.c  Digest as a server: challenge and verify
 *
 * A nonce carries what is needed to know it again: the second it was made in,
 * a serial number, and an HMAC of these with the source's address and the
 * realm.  So a challenge costs no memory, however many are asked for.
 *
 *     TTTTTTTT SSSSSSSS HHHHHHHHHHHHHHHHHHHHHHHH    (hex, without spaces)
 *
 * Only a nonce that was used with the right password gets an entry, in which
 * a window of 64 nonce counts is marked.  The table is bounded: the oldest
 * entry goes first, and every nonce made in its second or before counts as
 * old from then on, unless it has an entry.  So a forgotten count can never be
 * used again; the worst that happens is one more challenge.
 *
 * The key changes every hour, the one before is still good.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "base/addr.h"
#include "base/clock.h"
#include "base/rand.h"
#include "sip/digest.h"
#include "sip/handover.h"
#include "sip/lex.h"

enum {
	KEY_SIZE   = 32,
	KEY_LIFE   = 3600, /* [s] */
	HEAD_LEN   = 16,   /* time and serial */
	MAC_LEN	   = 12,   /* bytes of the HMAC that are sent */
	NONCE_LEN  = HEAD_LEN + 2 * MAC_LEN,
	USED_MAX   = 32768,
	USED_BSIZE = 4096,
	WINDOW	   = 64,
};

/** A nonce that was used with success */
struct used {
	struct le le;    /* in the hash table */
	struct le order; /* in order of first use */
	uint32_t time, serial;
	uint32_t top;    /* highest count */
	uint64_t seen;   /* bit n: count top - n */
};

struct sx_uas_auth {
	uint8_t key[2][KEY_SIZE]; /* now, and the hour before */
	uint64_t key_s;
	uint32_t ttl_s;
	uint32_t serial;
	uint32_t floor; /* [s]: a nonce from before needs an entry */
	struct hash *used;
	struct list order;
	size_t nused;
};

enum nonce_state { FOREIGN, EXPIRED, FRESH };


static uint64_t now_s(void)
{
	return clock_ms() / 1000;
}


static void used_destructor(void *data)
{
	struct used *u = data;

	hash_unlink(&u->le);
	list_unlink(&u->order);
}


static void destructor(void *data)
{
	struct sx_uas_auth *a = data;

	list_flush(&a->order);
	mem_deref(a->used);
	OPENSSL_cleanse(a->key, sizeof(a->key));
}


int sx_uas_auth_alloc(struct sx_uas_auth **ap, uint32_t nonce_ttl_s)
{
	if (!ap || !nonce_ttl_s || nonce_ttl_s > KEY_LIFE)
		return EINVAL;

	struct sx_uas_auth *a = mem_zalloc(sizeof(*a), destructor);
	if (!a)
		return ENOMEM;

	list_init(&a->order);
	rand_fill(a->key, sizeof(a->key));
	a->key_s = now_s();
	a->ttl_s = nonce_ttl_s;

	int err = hash_alloc(&a->used, USED_BSIZE);

	if (err)
		mem_deref(a);
	else
		*ap = a;

	return err;
}


/* ---- nonce ------------------------------------------------------------ */

static void key_rotate(struct sx_uas_auth *a)
{
	if (now_s() - a->key_s < KEY_LIFE)
		return;

	memcpy(a->key[1], a->key[0], KEY_SIZE);
	rand_fill(a->key[0], KEY_SIZE);
	a->key_s = now_s();
}


/* Address without port: a NAT may give a connection another one */
static size_t source_bytes(uint8_t buf[16], const struct sa *src)
{
	struct sa sa = *src;
	uint32_t in;

	addr_unmap(&sa);

	if (sa_af(&sa) == AF_INET6) {
		sa_in6(&sa, buf);
		return 16;
	}

	in = sa_in(&sa);
	memcpy(buf, &in, sizeof(in));

	return sizeof(in);
}


/* HMAC of head, source and realm in hex; "" if OpenSSL refuses */
static void mac_hex(char hex[2 * MAC_LEN + 1], const uint8_t key[KEY_SIZE],
		    const char *head, const struct sa *src,
		    const struct pl *realm)
{
	uint8_t buf[HEAD_LEN + 16 + 256], out[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	size_t n     = HEAD_LEN;

	memcpy(buf, head, HEAD_LEN);
	n += source_bytes(buf + n, src);

	size_t l = realm->l < sizeof(buf) - n ? realm->l : sizeof(buf) - n;

	if (l)
		memcpy(buf + n, realm->p, l);
	n += l;

	*hex = '\0';

	if (HMAC(EVP_sha256(), key, KEY_SIZE, buf, n, out, &len) &&
	    len >= MAC_LEN)
		(void)re_snprintf(hex, 2 * MAC_LEN + 1, "%w", out,
				  (size_t)MAC_LEN);
}


static void nonce_make(char nonce[NONCE_LEN + 1], struct sx_uas_auth *a,
		       const struct sa *src, const struct pl *realm)
{
	key_rotate(a);

	(void)re_snprintf(nonce, HEAD_LEN + 1, "%08x%08x", (uint32_t)now_s(),
			  ++a->serial);

	mac_hex(nonce + HEAD_LEN, a->key[0], nonce, src, realm);
}


static bool hex_decode(uint32_t *np, const char *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++) {

		if (!lex_is(p[i], LEX_HEX))
			return false;

		v = v << 4 | (lex_is(p[i], LEX_DIGIT) ?
				      (uint32_t)(p[i] - '0') :
				      (uint32_t)((p[i] | 0x20) - 'a') + 10);
	}

	*np = v;

	return n > 0;
}


static bool mac_ok(const struct sx_uas_auth *a, const struct sa *src,
		   const struct sx_auth_resp *r)
{
	char mac[2 * MAC_LEN + 1];
	bool ok = false;

	for (size_t i = 0; i < ARRAY_SIZE(a->key); i++) {

		mac_hex(mac, a->key[i], r->nonce.p, src, &r->realm);

		ok |= *mac && mem_equal_ct(mac, r->nonce.p + HEAD_LEN,
					   2 * MAC_LEN);
	}

	return ok;
}


bool sx_uas_auth_is_ours(const struct sx_uas_auth *a, const struct sa *src,
			 const struct pl *realm, const struct pl *nonce)
{
	struct sx_auth_resp r = {0};

	if (!a || !src || !realm || !nonce || nonce->l != NONCE_LEN)
		return false;

	r.realm = *realm;
	r.nonce = *nonce;

	return mac_ok(a, src, &r);
}


static enum nonce_state nonce_check(struct sx_uas_auth *a, struct used *id,
				    const struct sa *src,
				    const struct sx_auth_resp *r)
{
	key_rotate(a);

	if (r->nonce.l != NONCE_LEN ||
	    !hex_decode(&id->time, r->nonce.p, 8) ||
	    !hex_decode(&id->serial, r->nonce.p + 8, 8) || !mac_ok(a, src, r))
		return FOREIGN;

	return (uint32_t)now_s() - id->time > a->ttl_s ? EXPIRED : FRESH;
}


/* ---- nonce counts ----------------------------------------------------- */

static bool used_cmp(struct le *le, void *arg)
{
	const struct used *u = le->data, *id = arg;

	return u->serial == id->serial && u->time == id->time;
}


/* Make room: what has expired, and the oldest if that is not enough */
static void used_prune(struct sx_uas_auth *a)
{
	while (a->order.head) {

		struct used *u = a->order.head->data;
		bool old       = (uint32_t)now_s() - u->time > a->ttl_s;

		if (!old && a->nused < USED_MAX)
			break;

		if (!old && u->time >= a->floor)
			a->floor = u->time + 1;

		mem_deref(u);
		--a->nused;
	}
}


static struct used *used_add(struct sx_uas_auth *a, const struct used *id)
{
	used_prune(a);

	struct used *u = mem_zalloc(sizeof(*u), used_destructor);
	if (!u)
		return NULL;

	u->time	  = id->time;
	u->serial = id->serial;

	hash_append(a->used, id->serial, &u->le, u);
	list_append(&a->order, &u->order, u);
	++a->nused;

	return u;
}


/* Mark a count.  False if it was there, or may have been */
static bool count_take(struct used *u, uint32_t nc)
{
	if (nc > u->top) {

		uint32_t step = nc - u->top;

		u->seen = step < WINDOW ? u->seen << step : 0;
		u->seen |= 1;
		u->top = nc;

		return true;
	}

	uint32_t back = u->top - nc;

	if (back >= WINDOW || (u->seen & 1ull << back))
		return false;

	u->seen |= 1ull << back;

	return true;
}


/* The password was right; is the nonce still good for this count? */
static enum sx_auth_result nonce_use(struct sx_uas_auth *a,
				     struct used *id, uint32_t nc)
{
	struct le *le  = hash_lookup(a->used, id->serial, used_cmp, id);
	struct used *u = le ? le->data : NULL;

	if (!nc)
		return SX_AUTH_REPLAY;

	if (!u && id->time < a->floor)
		return SX_AUTH_STALE;

	if (!u)
		u = used_add(a, id);

	/* without memory: nothing that could not be refused later */
	if (!u)
		return SX_AUTH_STALE;

	return count_take(u, nc) ? SX_AUTH_OK : SX_AUTH_REPLAY;
}


/* ---- another process -------------------------------------------------- */

/* Both run since the same boot: their seconds are the same */
int sx_uas_auth_export(const struct sx_uas_auth *a, struct mbuf *mb)
{
	struct le *le;
	int err;

	if (!a || !mb)
		return EINVAL;

	err = mbuf_write_mem(mb, (const uint8_t *)a->key, sizeof(a->key));
	err |= mbuf_write_u64(mb, a->key_s);
	err |= mbuf_write_u32(mb, a->serial);
	err |= mbuf_write_u32(mb, a->floor);
	err |= mbuf_write_u32(mb, (uint32_t)a->nused);

	LIST_FOREACH(&a->order, le) {
		const struct used *u = le->data;

		err |= mbuf_write_u32(mb, u->time);
		err |= mbuf_write_u32(mb, u->serial);
		err |= mbuf_write_u32(mb, u->top);
		err |= mbuf_write_u64(mb, u->seen);
	}

	return err;
}


static int import_used(struct sx_uas_auth *a, struct mbuf *mb)
{
	struct used id = {.time = mbuf_read_u32(mb)};
	struct used *u;

	id.serial = mbuf_read_u32(mb);
	u	  = used_add(a, &id);
	if (!u)
		return ENOMEM;

	u->top	= mbuf_read_u32(mb);
	u->seen = mbuf_read_u64(mb);

	return 0;
}


int sx_uas_auth_import(struct sx_uas_auth *a, struct mbuf *mb)
{
	enum { HEAD = 2 * KEY_SIZE + 20, ENTRY = 20 };
	uint32_t n;
	int err = 0;

	if (!a || !mb)
		return EINVAL;
	if (mbuf_get_left(mb) < HEAD)
		return EBADMSG;

	(void)mbuf_read_mem(mb, (uint8_t *)a->key, sizeof(a->key));
	a->key_s = mbuf_read_u64(mb);

	/* the other one goes on, too: never the same nonce twice */
	a->serial = mbuf_read_u32(mb) ^ 0x80000000;
	a->floor  = mbuf_read_u32(mb);

	n = mbuf_read_u32(mb);
	if (mbuf_get_left(mb) / ENTRY < n)
		return EBADMSG;

	while (n-- && !err)
		err = import_used(a, mb);

	return err;
}


/* ---- verify ----------------------------------------------------------- */

int sx_uas_auth_find(struct sx_auth_resp *r, const struct sx_msg *msg,
		     const char *realm)
{
	const struct pl *val;

	if (!r || !msg || !realm)
		return EINVAL;

	for (size_t i = 0; (val = sx_msg_hdr(msg, SX_HDR_AUTHORIZATION, i));
	     i++) {

		if (!sx_auth_resp_parse(r, val) &&
		    !pl_strcmp(&r->realm, realm))
			return 0;
	}

	memset(r, 0, sizeof(*r));

	return ENOENT;
}


static uint16_t port_of(const struct sx_uri *uri)
{
	if (uri->port)
		return uri->port;

	return uri->scheme == SX_SCHEME_SIPS ? 5061 : 5060;
}


/* Parameters may be lost on the way.  Some clients write only the host: that
 * is who is asked, which is what a stolen answer of a phone can't have right;
 * a user must be the one that is called */
static bool uri_matches(const struct sx_msg *msg, const struct pl *text)
{
	struct sx_uri uri;

	if (!pl_cmp(text, &msg->ruri))
		return true;

	return !sx_uri_parse(&uri, text) && uri.scheme == msg->uri.scheme &&
	       (!uri.user.l || !pl_cmp(&uri.user, &msg->uri.user)) &&
	       uri.host.l == msg->uri.host.l &&
	       (!uri.host.l || !pl_casecmp(&uri.host, &msg->uri.host)) &&
	       port_of(&uri) == port_of(&msg->uri);
}


/* Constant time; hex digits in any case */
static bool response_equal(const char *want, const struct pl *resp)
{
	char got[65] = "";
	size_t n     = strlen(want);

	if (!n || resp->l != n)
		return false;

	for (size_t i = 0; i < n; i++) {

		char c = resp->p[i];

		got[i] = c >= 'A' && c <= 'F' ? (char)(c | 0x20) : c;
	}

	return mem_equal_ct(want, got, n);
}


/* Does the response fit the secret?  Without one the work is the same */
static bool response_ok(const struct sx_msg *msg,
			const struct sx_auth_resp *r, const char *secret,
			const char *ha1_hex)
{
	const struct sx_digest d = {r->alg, r->qop_auth, msg->met, r->uri,
				    r->nonce, r->nc, r->cnonce};
	bool by_ha1 = !secret && ha1_hex;
	char ha1[65], want[65];

	sx_ha1(ha1, r->alg, &r->user, &r->realm, secret ? secret : "-");

	if (by_ha1)
		(void)str_ncpy(ha1, ha1_hex, sizeof(ha1));

	for (char *c = ha1; *c; c++) {
		if (*c >= 'A' && *c <= 'F')
			*c = (char)(*c | 0x20);
	}

	sx_digest_response(want, &d, ha1);

	bool ok = response_equal(want, &r->response) && (secret || by_ha1);

	OPENSSL_cleanse(ha1, sizeof(ha1));

	return ok;
}


enum sx_auth_result sx_uas_auth_verify(struct sx_uas_auth *a,
				       const struct sx_msg *msg,
				       const struct sx_auth_resp *r,
				       const char *secret,
				       const char *ha1)
{
	struct used id = {.time = 0};
	uint32_t nc    = 1;

	if (!a || !msg || !r || !r->nonce.p || !r->response.p)
		return SX_AUTH_NONE;

	/* 8LHEX, some write fewer */
	if (r->qop_auth &&
	    (r->nc.l > 8 || !hex_decode(&nc, r->nc.p, r->nc.l)))
		return SX_AUTH_NONE;

	enum nonce_state state = nonce_check(a, &id, &msg->src, r);
	bool ok = response_ok(msg, r, secret, ha1) &&
		  uri_matches(msg, &r->uri);

	if (!ok)
		return state == FOREIGN ? SX_AUTH_NONE : SX_AUTH_WRONG;

	return state == FRESH ? nonce_use(a, &id, nc) : SX_AUTH_STALE;
}


static int challenge_print(struct sx_uas_auth *a, struct mbuf *mb,
			   const struct sx_msg *msg, const struct pl *realm,
			   bool stale, const char *alg)
{
	char nonce[NONCE_LEN + 1];

	nonce_make(nonce, a, &msg->src, realm);

	return mbuf_printf(mb,
			   "WWW-Authenticate: Digest realm=%H, nonce=\"%s\", "
			   "algorithm=%s, qop=\"auth\"%s\r\n",
			   sx_quote, realm, nonce, alg,
			   stale ? ", stale=true" : "");
}


int sx_uas_auth_challenge(struct sx_uas_auth *a, struct mbuf *mb,
			  const struct sx_msg *msg, const char *realm,
			  bool stale, bool sha256)
{
	struct pl pl;
	int err = 0;

	if (!a || !mb || !msg || !realm)
		return EINVAL;

	pl_set_str(&pl, realm);

	/* the strongest first (RFC 8760 2.3) */
	if (sha256)
		err = challenge_print(a, mb, msg, &pl, stale, "SHA-256");

	return err ? err : challenge_print(a, mb, msg, &pl, stale, "MD5");
}
