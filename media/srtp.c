/**
 * @file media/srtp.c  Packets that nobody else can read or make (RFC 3711)
 *
 * AES-128 in counter mode and HMAC-SHA1 of OpenSSL.  A context has the six
 * session keys of one master key (4.3; the key derivation rate is 0), so that
 * its sources share the ciphers and differ in the IV only.
 *
 *   RTP:   header | payload, encrypted | [MKI] | tag
 *          tag = HMAC(header | encrypted | rollover counter)
 *   RTCP:  first 8 bytes | rest, encrypted | E, index | [MKI] | tag
 *          tag = HMAC(all before the MKI)
 *
 * The index of a packet is 2^16 * rollover counter + sequence number; the
 * counter is not in the packet.  It is guessed from the highest index so far
 * (3.3.1), and a guess that was wrong shows in the tag.  Of a source that is
 * new it is 0; or 1, if the first packets went by before we listened; or goes
 * on as it was under the key before.
 *
 * Replay (3.3.2): a window of SEAL_WINDOW bits per source below the highest
 * index, for RTP and for RTCP.  The sender has one as well: whoever speaks on
 * the plain side could otherwise make us encrypt two payloads under one
 * number.
 */
#include "media/srtp.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "media/rtp.h"


enum {
	KEY_LEN   = 16,
	SALT_LEN  = 14,
	MAC_KEY   = 20,
	MAC_LEN   = 20,
	BLOCK     = 16,
	CTL_HDR   = 8,
	CTL_INDEX = 4,
	MKI_MAX   = MEDIA_MKI_MAX,
	CANDS     = 3,  /* guesses of a rollover counter */

	/* of key derivation, RFC 3711 4.3.1 */
	LABEL_RTP = 0,
	LABEL_CTL = 3,
};

#define INDEX_MAX 0xffffffffffffull
#define CTL_MAX_INDEX 0x7fffffffu
#define CTL_E 0x80000000u

/** Numbers of one source that passed */
struct window {
	bool any;
	uint64_t max;
	uint64_t bits[SEAL_WINDOW / 64]; /* bit i: max - i passed */
};

struct source {
	uint64_t used;        /* 0: free; else the later the larger */
	uint32_t ssrc;
	struct window rtp, ctl;
};

/** RTP or RTCP */
struct half {
	EVP_CIPHER_CTX *aes;
	EVP_MAC_CTX *mac;
	uint8_t salt[SALT_LEN];
	size_t tag;
};

struct seal {
	struct half rtp, ctl;
	enum media_suite suite;
	struct media_key key;
	uint64_t clock;
	struct source srcv[SEAL_SOURCES];
	struct source beforev[SEAL_SOURCES]; /* of the key before */
};


/* --- ciphers ------------------------------------------------------------- */

static void half_close(struct half *h)
{
	EVP_CIPHER_CTX_free(h->aes);
	EVP_MAC_CTX_free(h->mac);
}


static void destructor(void *arg)
{
	struct seal *s = arg;

	half_close(&s->rtp);
	half_close(&s->ctl);
	OPENSSL_cleanse(s, sizeof(*s));
}


/* XOR the key stream that begins at iv onto the text */
static bool crypt_text(EVP_CIPHER_CTX *aes, const uint8_t iv[BLOCK],
		       uint8_t *out, const uint8_t *in, size_t len)
{
	int n;

	return EVP_EncryptInit_ex(aes, NULL, NULL, NULL, iv) &&
	       EVP_EncryptUpdate(aes, out, &n, in, (int)len);
}


/* Session key of a label (RFC 3711 4.3.1, 4.3.3) */
static bool derive(EVP_CIPHER_CTX *kdf, const uint8_t *salt, unsigned label,
		   uint8_t *out, size_t len)
{
	uint8_t iv[BLOCK] = {0};

	memcpy(iv, salt, SALT_LEN);
	iv[7] ^= (uint8_t)label;
	memset(out, 0, len);

	return crypt_text(kdf, iv, out, out, len);
}


static bool mac_open(EVP_MAC_CTX **macp, const uint8_t key[MAC_KEY])
{
	char digest[] = "SHA1";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
						 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	*macp = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	EVP_MAC_free(hmac);

	return *macp && EVP_MAC_init(*macp, key, MAC_KEY, params);
}


static bool half_open(struct half *h, EVP_CIPHER_CTX *kdf, unsigned label,
		      const uint8_t *salt, size_t tag)
{
	uint8_t key[KEY_LEN], mac[MAC_KEY];
	bool ok;

	h->tag = tag;
	h->aes = EVP_CIPHER_CTX_new();
	ok     = h->aes && derive(kdf, salt, label, key, sizeof(key)) &&
	     derive(kdf, salt, label + 1, mac, sizeof(mac)) &&
	     derive(kdf, salt, label + 2, h->salt, sizeof(h->salt)) &&
	     EVP_EncryptInit_ex(h->aes, EVP_aes_128_ctr(), NULL, key, NULL) &&
	     mac_open(&h->mac, mac);

	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(mac, sizeof(mac));

	return ok;
}


static bool open_halves(struct seal *s)
{
	EVP_CIPHER_CTX *kdf = EVP_CIPHER_CTX_new();
	const uint8_t *salt = s->key.key + KEY_LEN;
	bool ok;

	ok = kdf &&
	     EVP_EncryptInit_ex(kdf, EVP_aes_128_ctr(), NULL, s->key.key,
				NULL) &&
	     half_open(&s->rtp, kdf, LABEL_RTP, salt,
		       s->suite == MEDIA_AES_CM_32 ? 4 : SEAL_CTL_TAG) &&
	     half_open(&s->ctl, kdf, LABEL_CTL, salt, SEAL_CTL_TAG);
	EVP_CIPHER_CTX_free(kdf);

	return ok;
}


int seal_alloc(struct seal **sp, enum media_suite suite,
	       const struct media_key *key)
{
	struct seal *s;

	if (!sp || !key || key->mki_len > MKI_MAX ||
	    (suite != MEDIA_AES_CM_80 && suite != MEDIA_AES_CM_32))
		return EINVAL;

	s = mem_zalloc(sizeof(*s), destructor);
	if (!s)
		return ENOMEM;

	s->suite = suite;
	s->key	 = *key;
	if (!open_halves(s)) {
		mem_deref(s);
		return ENOMEM;
	}

	*sp = s;

	return 0;
}


bool seal_is(const struct seal *s, enum media_suite suite,
	     const struct media_key *key)
{
	return s && key && s->suite == suite &&
	       s->key.mki_len == key->mki_len && s->key.mki == key->mki &&
	       !CRYPTO_memcmp(s->key.key, key->key, sizeof(key->key));
}


/* First 14 bytes: salt ^ SSRC ^ index (RFC 3711 4.1.1) */
static bool crypt_at(const struct half *h, uint32_t ssrc, uint64_t index,
		     uint8_t *out, const uint8_t *in, size_t len)
{
	uint8_t iv[BLOCK] = {0};

	if (!len)
		return true;

	memcpy(iv, h->salt, SALT_LEN);
	for (unsigned i = 0; i < 4; i++)
		iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
	for (unsigned i = 0; i < 6; i++)
		iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));

	return crypt_text(h->aes, iv, out, in, len);
}


/* Tag of a text, and of the rollover counter behind it if there is one */
static bool sign(const struct half *h, uint8_t mac[MAC_LEN],
		 const uint8_t *text, size_t len, const uint32_t *roc)
{
	uint8_t be[4];
	size_t n;

	if (!EVP_MAC_init(h->mac, NULL, 0, NULL) ||
	    !EVP_MAC_update(h->mac, text, len))
		return false;

	if (roc) {
		put_be32(be, *roc);
		if (!EVP_MAC_update(h->mac, be, sizeof(be)))
			return false;
	}

	return EVP_MAC_final(h->mac, mac, &n, MAC_LEN) && n == MAC_LEN;
}


/* --- numbers ------------------------------------------------------------- */

/* False: it passed already, or nobody can tell any more */
static bool window_free(const struct window *w, uint64_t index)
{
	uint64_t age;

	if (!w->any || index > w->max)
		return true;

	age = w->max - index;
	if (age >= SEAL_WINDOW)
		return false;

	return !(w->bits[age / 64] >> (age % 64) & 1);
}


static void window_shift(struct window *w, uint64_t by)
{
	if (by >= SEAL_WINDOW) {
		w->bits[0] = w->bits[1] = 0;
	}
	else if (by >= 64) {
		w->bits[1] = w->bits[0] << (by - 64);
		w->bits[0] = 0;
	}
	else if (by) {
		w->bits[1] = w->bits[1] << by | w->bits[0] >> (64 - by);
		w->bits[0] <<= by;
	}
}


static void window_add(struct window *w, uint64_t index)
{
	uint64_t age = 0;

	if (!w->any) {
		*w = (struct window){.any = true, .max = index};
	}
	else if (index > w->max) {
		window_shift(w, index - w->max);
		w->max = index;
	}
	else {
		age = w->max - index;
	}

	w->bits[age / 64] |= 1ull << (age % 64);
}


/* The index next to the highest so far (RFC 3711 3.3.1) */
static uint64_t guess(uint64_t max, uint16_t seq)
{
	const uint64_t roc = max >> 16;
	const uint16_t top = (uint16_t)max;

	if (top < 0x8000 && seq - top > 0x8000 && roc)
		return (roc - 1) << 16 | seq;
	if (top >= 0x8000 && top - 0x8000 > seq)
		return (roc + 1) << 16 | seq;

	return roc << 16 | seq;
}


static struct source *find_in(struct source *v, uint32_t ssrc)
{
	for (unsigned i = 0; i < SEAL_SOURCES; i++) {
		if (v[i].used && v[i].ssrc == ssrc)
			return &v[i];
	}

	return NULL;
}


/* The source of a packet that is a good one */
static struct source *take(struct seal *s, struct source *src, uint32_t ssrc)
{
	if (!src) {
		src = &s->srcv[0];
		for (unsigned i = 1; i < SEAL_SOURCES; i++) {
			if (s->srcv[i].used < src->used)
				src = &s->srcv[i];
		}

		*src = (struct source){.ssrc = ssrc};
	}

	src->used = ++s->clock;

	return src;
}


/* What is known of a source from before the key before; of RTP, as a phone on
 * hold may have sent reports alone */
static void remember(struct source *v, const struct source *src)
{
	struct source *now = find_in(v, src->ssrc);

	for (unsigned i = 0; !now && i < SEAL_SOURCES; i++) {
		if (!v[i].used)
			now = &v[i];
	}

	if (now && !now->rtp.any)
		*now = *src;
}


void seal_succeed(struct seal *s, const struct seal *old)
{
	if (!s || !old)
		return;

	memcpy(s->beforev, old->srcv, sizeof(s->beforev));
	for (unsigned i = 0; i < SEAL_SOURCES; i++) {
		if (old->beforev[i].used)
			remember(s->beforev, &old->beforev[i]);
	}
}


bool seal_index(const struct seal *s, uint32_t ssrc, uint64_t *index)
{
	for (unsigned i = 0; s && i < SEAL_SOURCES; i++) {
		const struct source *src = &s->srcv[i];

		if (!src->used || src->ssrc != ssrc || !src->rtp.any)
			continue;

		*index = src->rtp.max;
		return true;
	}

	return false;
}


/* What the index may be, the most likely first */
static unsigned guesses(struct seal *s, const struct source *src,
			uint32_t ssrc, uint16_t seq, uint64_t v[CANDS])
{
	const struct source *before;
	unsigned n = 0;

	if (src && src->rtp.any) {
		v[n++] = guess(src->rtp.max, seq);
		return n;
	}

	v[n++] = seq;
	if (seq < 0x8000)
		v[n++] = 0x10000u | seq;

	before = find_in(s->beforev, ssrc);
	if (before && before->rtp.max >> 16)
		v[n++] = guess(before->rtp.max, seq);

	return n;
}


/* --- RTP ----------------------------------------------------------------- */

/* Header with CSRCs and extension, which are not encrypted; 0: cut */
static size_t header_len(const uint8_t *p, size_t len)
{
	size_t n;

	if (len < PKT_HDR)
		return 0;

	n = PKT_HDR + 4u * (p[0] & 0x0f);
	if (p[0] & 0x10) {
		if (len < n + 4)
			return 0;
		n += 4 + 4u * get_be16(p + n + 2);
	}

	return n <= len ? n : 0;
}


enum media_drop seal_rtp(struct seal *s, uint8_t *out, const uint8_t *in,
			 size_t *len)
{
	const size_t head = header_len(in, *len);
	uint8_t mac[MAC_LEN];
	struct source *src;
	uint64_t index;
	uint32_t ssrc, roc;

	if (!head)
		return DROP_SHORT;

	ssrc  = get_be32(in + 8);
	src   = find_in(s->srcv, ssrc);
	index = get_be16(in + 2);
	if (src && src->rtp.any) {
		index = guess(src->rtp.max, (uint16_t)index);
		if (!window_free(&src->rtp, index) ||
		    index > src->rtp.max + 0x8000u)
			return DROP_SRTP_REPLAY;
	}
	if (index > INDEX_MAX)
		return DROP_SRTP_SPENT;

	if (out != in)
		memcpy(out, in, head);
	roc = (uint32_t)(index >> 16);
	if (!crypt_at(&s->rtp, ssrc, index, out + head, in + head,
		      *len - head) ||
	    !sign(&s->rtp, mac, out, *len, &roc))
		return DROP_SRTP_FAIL;

	window_add(&take(s, src, ssrc)->rtp, index);
	memcpy(out + *len, mac, s->rtp.tag);
	*len += s->rtp.tag;

	return DROP_NONE;
}


static bool mki_right(const struct seal *s, const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < s->key.mki_len; i++)
		v = v << 8 | p[i];

	return v == s->key.mki;
}


/* Find the index under which the tag is right.  A packet that passed before
 * is not checked again */
static enum media_drop check_rtp(struct seal *s, const struct source *src,
				 const uint8_t *p, size_t len,
				 const uint8_t *tag, uint64_t *index)
{
	enum media_drop why = DROP_SRTP_TAG;
	uint64_t v[CANDS];
	const unsigned n = guesses(s, src, get_be32(p + 8), get_be16(p + 2),
				   v);

	for (unsigned i = 0; i < n; i++) {
		const uint32_t roc = (uint32_t)(v[i] >> 16);
		uint8_t mac[MAC_LEN];

		if (v[i] > INDEX_MAX)
			continue;
		if (src && !window_free(&src->rtp, v[i])) {
			why = DROP_SRTP_REPLAY;
			continue;
		}
		if (!sign(&s->rtp, mac, p, len, &roc))
			return DROP_SRTP_FAIL;
		if (CRYPTO_memcmp(mac, tag, s->rtp.tag))
			continue;

		*index = v[i];
		return DROP_NONE;
	}

	return why;
}


enum media_drop unseal_rtp(struct seal *s, uint8_t *buf, size_t *len)
{
	const size_t trailer = s->rtp.tag + s->key.mki_len;
	struct source *src;
	enum media_drop why;
	uint64_t index = 0;
	size_t n, head;
	uint32_t ssrc;

	if (*len > PKT_MAX)
		return DROP_OVERSIZE;
	if (*len < PKT_HDR + trailer)
		return DROP_SHORT;
	if (buf[0] >> 6 != 2)
		return DROP_VERSION;

	n    = *len - trailer;
	head = header_len(buf, n);
	if (!head)
		return DROP_SHORT;
	if (!mki_right(s, buf + n))
		return DROP_SRTP_TAG;

	ssrc = get_be32(buf + 8);
	src  = find_in(s->srcv, ssrc);
	why  = check_rtp(s, src, buf, n, buf + n + s->key.mki_len, &index);
	if (why != DROP_NONE)
		return why;

	if (!crypt_at(&s->rtp, ssrc, index, buf + head, buf + head, n - head))
		return DROP_SRTP_FAIL;

	window_add(&take(s, src, ssrc)->rtp, index);
	*len = n;

	return DROP_NONE;
}


/* --- RTCP ---------------------------------------------------------------- */

enum media_drop seal_rtcp(struct seal *s, uint8_t *out, const uint8_t *in,
			  size_t *len)
{
	uint8_t mac[MAC_LEN];
	struct source *src;
	uint32_t ssrc;
	uint64_t index;

	if (*len < CTL_HDR)
		return DROP_SHORT;

	ssrc  = get_be32(in + 4);
	src   = find_in(s->srcv, ssrc);
	index = src && src->ctl.any ? src->ctl.max + 1 : 0;
	if (index > CTL_MAX_INDEX)
		return DROP_SRTP_SPENT;

	if (out != in)
		memcpy(out, in, CTL_HDR);
	if (!crypt_at(&s->ctl, ssrc, index, out + CTL_HDR, in + CTL_HDR,
		      *len - CTL_HDR))
		return DROP_SRTP_FAIL;

	put_be32(out + *len, CTL_E | (uint32_t)index);
	if (!sign(&s->ctl, mac, out, *len + CTL_INDEX, NULL))
		return DROP_SRTP_FAIL;

	window_add(&take(s, src, ssrc)->ctl, index);
	memcpy(out + *len + CTL_INDEX, mac, s->ctl.tag);
	*len += CTL_INDEX + s->ctl.tag;

	return DROP_NONE;
}


enum media_drop unseal_rtcp(struct seal *s, uint8_t *buf, size_t *len)
{
	const size_t trailer = CTL_INDEX + s->key.mki_len + s->ctl.tag;
	uint8_t mac[MAC_LEN];
	struct source *src;
	uint32_t ssrc, word;
	size_t n;

	if (*len < CTL_HDR + trailer || *len > PKT_MAX || buf[0] >> 6 != 2)
		return DROP_RTCP_BAD;

	n    = *len - trailer;
	word = get_be32(buf + n);
	ssrc = get_be32(buf + 4);
	src  = find_in(s->srcv, ssrc);
	if (!(word & CTL_E) || !mki_right(s, buf + n + CTL_INDEX))
		return DROP_SRTCP_TAG;
	if (src && !window_free(&src->ctl, word & CTL_MAX_INDEX))
		return DROP_SRTCP_REPLAY;

	if (!sign(&s->ctl, mac, buf, n + CTL_INDEX, NULL))
		return DROP_SRTP_FAIL;
	if (CRYPTO_memcmp(mac, buf + *len - s->ctl.tag, s->ctl.tag))
		return DROP_SRTCP_TAG;

	if (!crypt_at(&s->ctl, ssrc, word & CTL_MAX_INDEX, buf + CTL_HDR,
		      buf + CTL_HDR, n - CTL_HDR))
		return DROP_SRTP_FAIL;

	window_add(&take(s, src, ssrc)->ctl, word & CTL_MAX_INDEX);
	*len = n;

	return DROP_NONE;
}
