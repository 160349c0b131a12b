/**
 * @file tests/unit/test_srtp.c  SRTP: RFC 3711's vectors, libsrtp2, malice
 *
 * The file itself is included for the vectors of what is inside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "media/srtp.c"
#include "base/rand.h"

#ifdef HAVE_SRTP2
#include <srtp2/srtp.h>
#endif


enum {
	ROOM = 2048,
	SSRC = 0xcafebabe,
};

/* RFC 3711 B.3 */
static const struct media_key rfc_key = {
	.key = {0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0,
		0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39,
		0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb,
		0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6},
};

static const enum media_suite suites[] = {MEDIA_AES_CM_80, MEDIA_AES_CM_32};


static struct seal *make(enum media_suite suite)
{
	struct seal *s = NULL;

	assert_int_equal(0, seal_alloc(&s, suite, &rfc_key));

	return s;
}


static void hex(uint8_t *out, const char *text)
{
	const size_t n = strlen(text) / 2;

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(ch_hex(text[2 * i]) << 4 |
				   ch_hex(text[2 * i + 1]));
}


static void is_hex(const uint8_t *p, const char *text)
{
	uint8_t want[256];

	assert_true(strlen(text) / 2 <= sizeof(want));
	hex(want, text);
	assert_memory_equal(p, want, strlen(text) / 2);
}


/* 20 ms of G.711 */
static size_t packet(uint8_t *p, uint32_t ssrc, uint16_t seq)
{
	const size_t len = PKT_HDR + 160;

	p[0] = 0x80;
	p[1] = 0;
	put_be16(p + 2, seq);
	put_be32(p + 4, seq * 160u);
	put_be32(p + 8, ssrc);
	for (size_t i = PKT_HDR; i < len; i++)
		p[i] = (uint8_t)(i * 7 + seq);

	return len;
}


static size_t sealed(struct seal *s, uint8_t *p, uint32_t ssrc, uint16_t seq)
{
	size_t len = packet(p, ssrc, seq);

	assert_int_equal(DROP_NONE, seal_rtp(s, p, p, &len));

	return len;
}


static enum media_drop unsealed(struct seal *s, const uint8_t *p, size_t len)
{
	uint8_t buf[ROOM];

	memcpy(buf, p, len);

	return unseal_rtp(s, buf, &len);
}


/* --- vectors ------------------------------------------------------------- */

static void test_key_stream(void **state)
{
	EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
	struct half h       = {.aes = aes};
	uint8_t key[KEY_LEN], text[3 * BLOCK] = {0};

	(void)state;

	/* B.2: SSRC and index are 0 */
	hex(key, "2b7e151628aed2a6abf7158809cf4f3c");
	hex(h.salt, "f0f1f2f3f4f5f6f7f8f9fafbfcfd");
	assert_true(EVP_EncryptInit_ex(aes, EVP_aes_128_ctr(), NULL, key,
				       NULL));
	assert_true(crypt_at(&h, 0, 0, text, text, sizeof(text)));
	is_hex(text, "e03ead0935c95e80e166b16dd92b4eb4"
		     "d23513162b02d0f72a43a2fe4a5f97ab"
		     "41e95b3bb0a2e8dd477901e4fca894c0");
	half_close(&h);
}


static void test_derivation(void **state)
{
	EVP_CIPHER_CTX *kdf = EVP_CIPHER_CTX_new();
	const uint8_t *salt = rfc_key.key + KEY_LEN;
	uint8_t key[94];

	(void)state;

	/* B.3 */
	assert_true(EVP_EncryptInit_ex(kdf, EVP_aes_128_ctr(), NULL,
				       rfc_key.key, NULL));
	assert_true(derive(kdf, salt, 0, key, 16));
	is_hex(key, "c61e7a93744f39ee10734afe3ff7a087");
	assert_true(derive(kdf, salt, 2, key, 14));
	is_hex(key, "30cbbc08863d8c85d49db34a9ae1");
	assert_true(derive(kdf, salt, 1, key, 94));
	is_hex(key, "cebe321f6ff7716b6fd4ab49af256a15"
		    "6d38baa48f0a0acf3c34e2359e6cdbce"
		    "e049646c43d9327ad175578ef7227098"
		    "6371c10c9a369ac2f94a8c5fbcdddc25"
		    "6d6e919a48b610ef17c2041e4740");
	EVP_CIPHER_CTX_free(kdf);
}


/* A packet that other implementations test themselves with */
static void test_known_packet(void **state)
{
	struct seal *tx = make(MEDIA_AES_CM_80), *rx = make(MEDIA_AES_CM_80);
	uint8_t p[64], plain[28];
	size_t len = sizeof(plain);

	(void)state;

	hex(plain, "800f1234decafbadcafebabeabababababababababababababababab");
	assert_int_equal(DROP_NONE, seal_rtp(tx, p, plain, &len));
	assert_int_equal(38, len);
	is_hex(p, "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402"
		  "b78d6acc99ea179b8dbb");
	assert_int_equal(DROP_NONE, unseal_rtp(rx, p, &len));
	assert_int_equal(28, len);
	assert_memory_equal(p, plain, len);
	mem_deref(tx);
	mem_deref(rx);
}


static void test_known_report(void **state)
{
	struct seal *tx = make(MEDIA_AES_CM_32), *rx = make(MEDIA_AES_CM_32);
	uint8_t p[64], plain[24];
	size_t len = sizeof(plain);

	(void)state;

	hex(plain, "81c8000bcafebabeabababababababababababababababab");
	assert_int_equal(DROP_NONE, seal_rtcp(tx, p, plain, &len));
	is_hex(p + 24, "80000000"); /* the first one (RFC 3711 3.4) */
	assert_int_equal(DROP_NONE, unseal_rtcp(rx, p, &len));

	len = sizeof(plain);
	assert_int_equal(DROP_NONE, seal_rtcp(tx, p, plain, &len));
	assert_int_equal(24 + 4 + 10, len);
	is_hex(p, "81c8000bcafebabe7128035be487b9bdbef89041f977a5a8"
		  "80000001993e08cd54d6c1230798");
	assert_int_equal(DROP_NONE, unseal_rtcp(rx, p, &len));
	assert_int_equal(24, len);
	assert_memory_equal(p, plain, len);
	mem_deref(tx);
	mem_deref(rx);
}


/* --- numbers ------------------------------------------------------------- */

static void test_guess(void **state)
{
	static const struct {
		uint64_t max;
		uint16_t seq;
		uint64_t index;
	} rows[] = {
		{0x00000, 0x0001, 0x00001},
		{0x0ffff, 0x0000, 0x10000},
		{0x08000, 0x0000, 0x00000},
		{0x08001, 0x0000, 0x10000},
		{0x10000, 0xffff, 0x0ffff},
		{0x17fff, 0xffff, 0x1ffff},
		{0x17ffe, 0xffff, 0x0ffff},
		{0x00005, 0xfff0, 0x0fff0}, /* nothing is before the first */
		{0xffffffff7fffull, 0x8000, 0xffffffff8000ull},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_true(guess(rows[i].max, rows[i].seq) == rows[i].index);
}


static void test_replay(void **state)
{
	static const struct {
		uint16_t seq;
		enum media_drop why;
	} rows[] = {
		{1000, DROP_NONE},	  {1000, DROP_SRTP_REPLAY},
		{1002, DROP_NONE},	  {1001, DROP_NONE},
		{1001, DROP_SRTP_REPLAY}, {1065, DROP_NONE},
		{1002, DROP_SRTP_REPLAY}, {1128, DROP_NONE},
		{1003, DROP_NONE},	  {1001, DROP_SRTP_REPLAY},
		{1000, DROP_SRTP_REPLAY}, {2000, DROP_NONE},
		{1873, DROP_NONE},	  {1872, DROP_SRTP_REPLAY},
		{1128, DROP_SRTP_REPLAY},
	};
	struct seal *rx = make(MEDIA_AES_CM_80);

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seal *tx = make(MEDIA_AES_CM_80);
		uint8_t p[ROOM];
		const size_t len = sealed(tx, p, SSRC, rows[i].seq);

		if (unsealed(rx, p, len) != rows[i].why)
			fail_msg("row %u", (unsigned)i);
		mem_deref(tx);
	}
	mem_deref(rx);
}


/* A captured packet is of no use an hour later, whatever the counter says */
static void test_replay_later(void **state)
{
	struct seal *tx = make(MEDIA_AES_CM_80), *rx = make(MEDIA_AES_CM_80);
	uint8_t old[ROOM], p[ROOM];
	size_t old_len = 0, len;

	(void)state;

	for (unsigned i = 0; i < 180000; i++) {
		len = sealed(tx, p, SSRC, (uint16_t)(60000 + i));
		assert_int_equal(DROP_NONE, unsealed(rx, p, len));
		if (!i) {
			memcpy(old, p, len);
			old_len = len;
		}
		if (i == 50 || i == 65536 || i == 131072 || i == 179999)
			assert_int_not_equal(DROP_NONE,
					     unsealed(rx, old, old_len));
	}
	mem_deref(tx);
	mem_deref(rx);
}


/* We come when the number has gone over its end already */
static void test_late_listener(void **state)
{
	struct seal *tx = make(MEDIA_AES_CM_32), *rx = make(MEDIA_AES_CM_32);
	uint8_t p[ROOM];
	uint64_t index;
	size_t len;

	(void)state;

	(void)sealed(tx, p, SSRC, 65535);
	len = sealed(tx, p, SSRC, 3);
	assert_int_equal(DROP_NONE, unsealed(rx, p, len));
	assert_true(seal_index(rx, SSRC, &index));
	assert_true(index == 0x10003);
	assert_false(seal_index(rx, SSRC + 1, &index));
	mem_deref(tx);
	mem_deref(rx);
}


/* Another key: the counter goes on, or begins again */
static void test_new_key(void **state)
{
	struct media_key other = rfc_key;

	(void)state;
	other.key[3] ^= 1;

	for (unsigned carry = 0; carry < 2; carry++) {
		struct seal *tx = make(MEDIA_AES_CM_80);
		struct seal *rx = make(MEDIA_AES_CM_80);
		struct seal *tx2 = NULL, *rx2 = NULL;
		uint8_t p[ROOM];
		size_t len;

		for (uint16_t seq = 60000; seq != 10000; seq += 1000)
			assert_int_equal(DROP_NONE,
					 unsealed(rx, p, sealed(tx, p, SSRC,
								seq)));
		assert_int_equal(0, seal_alloc(&tx2, MEDIA_AES_CM_80, &other));
		assert_int_equal(0, seal_alloc(&rx2, MEDIA_AES_CM_80, &other));
		assert_true(seal_is(rx2, MEDIA_AES_CM_80, &other));
		assert_false(seal_is(rx2, MEDIA_AES_CM_32, &other));
		assert_false(seal_is(rx2, MEDIA_AES_CM_80, &rfc_key));
		seal_succeed(rx2, rx);
		if (carry) {
			(void)sealed(tx2, p, SSRC, 65000);
			(void)sealed(tx2, p, SSRC, 500);
		}
		len = sealed(tx2, p, SSRC, 10001);
		assert_int_equal(DROP_SRTP_TAG, unsealed(rx, p, len));
		assert_int_equal(DROP_NONE, unsealed(rx2, p, len));
		mem_deref(tx);
		mem_deref(rx);
		mem_deref(tx2);
		mem_deref(rx2);
	}
}


/* The plain side repeats a number with other contents */
static void test_sender_repeats(void **state)
{
	struct seal *tx = make(MEDIA_AES_CM_80);
	uint8_t p[ROOM];
	size_t len;

	(void)state;

	(void)sealed(tx, p, SSRC, 7);
	len = packet(p, SSRC, 7);
	assert_int_equal(DROP_SRTP_REPLAY, seal_rtp(tx, p, p, &len));
	assert_int_equal(PKT_HDR + 160, len);

	/* one that is before the first would be one that is to come */
	len = packet(p, SSRC, 65530);
	assert_int_equal(DROP_SRTP_REPLAY, seal_rtp(tx, p, p, &len));
	(void)sealed(tx, p, SSRC, 9);
	(void)sealed(tx, p, SSRC, 8);
	(void)sealed(tx, p, SSRC + 1, 7);
	mem_deref(tx);
}


static void test_key_used_up(void **state)
{
	struct seal *tx = make(MEDIA_AES_CM_80);
	uint8_t p[ROOM];
	size_t len;

	(void)state;

	(void)sealed(tx, p, SSRC, 0xfffe);
	tx->srcv[0].rtp.max = INDEX_MAX - 1;
	(void)sealed(tx, p, SSRC, 0xffff);
	len = packet(p, SSRC, 0);
	assert_int_equal(DROP_SRTP_SPENT, seal_rtp(tx, p, p, &len));

	hex(p, "80c80001cafebabe");
	tx->srcv[0].ctl = (struct window){.any = true, .max = 0x7ffffffe};
	len = 8;
	assert_int_equal(DROP_NONE, seal_rtcp(tx, p, p, &len));
	is_hex(p + 8, "ffffffff");
	len = 8;
	assert_int_equal(DROP_SRTP_SPENT, seal_rtcp(tx, p, p, &len));
	mem_deref(tx);
}


/* --- malice -------------------------------------------------------------- */

/* Whatever bit is changed: dropped, and nothing else is */
static void test_changed_bits(void **state)
{
	(void)state;

	for (size_t k = 0; k < ARRAY_SIZE(suites); k++) {
		struct seal *tx = make(suites[k]), *rx = make(suites[k]);
		struct seal before;
		uint8_t p[ROOM], buf[ROOM];
		const size_t len = sealed(tx, p, SSRC, 100);

		before = *rx;
		for (size_t bit = 0; bit < len * 8; bit++) {
			size_t n = len;

			memcpy(buf, p, len);
			buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_not_equal(DROP_NONE,
					     unseal_rtp(rx, buf, &n));
			buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(len, n);
			assert_memory_equal(p, buf, len);
		}
		assert_memory_equal(&before, rx, sizeof(before));
		assert_int_equal(DROP_NONE, unsealed(rx, p, len));
		mem_deref(tx);
		mem_deref(rx);
	}
}


static void test_changed_report(void **state)
{
	struct seal *tx = make(MEDIA_AES_CM_32), *rx = make(MEDIA_AES_CM_32);
	uint8_t p[ROOM] = {0x80, 201, 0, 1, 0xca, 0xfe, 0xba, 0xbe}, buf[64];
	struct seal before = *rx;
	size_t len	   = 28;

	(void)state;

	assert_int_equal(DROP_NONE, seal_rtcp(tx, p, p, &len));
	for (size_t bit = 0; bit < len * 8; bit++) {
		size_t n = len;

		memcpy(buf, p, len);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(DROP_NONE, unseal_rtcp(rx, buf, &n));
	}
	for (size_t n = 0; n < len; n++) {
		size_t cut = n;

		memcpy(buf, p, len);
		assert_int_not_equal(DROP_NONE, unseal_rtcp(rx, buf, &cut));
	}
	assert_memory_equal(&before, rx, sizeof(before));

	memcpy(buf, p, len);
	assert_int_equal(DROP_NONE, unseal_rtcp(rx, buf, &(size_t){len}));
	memcpy(buf, p, len);
	assert_int_equal(DROP_SRTCP_REPLAY,
			 unseal_rtcp(rx, buf, &(size_t){len}));
	mem_deref(tx);
	mem_deref(rx);
}


/* Cut ones, long ones, headers that promise more than there is */
static void test_odd_lengths(void **state)
{
	struct seal *rx = make(MEDIA_AES_CM_80), *tx = make(MEDIA_AES_CM_80);
	uint8_t p[ROOM];
	size_t len;

	(void)state;

	for (size_t n = 0; n < 60; n++) {
		uint8_t *exact = mem_alloc(n ? n : 1, NULL);

		memset(exact, 0x9f, n); /* 15 CSRCs and an extension */
		len = n;
		assert_int_not_equal(DROP_NONE, unseal_rtp(rx, exact, &len));
		len = n;
		assert_int_not_equal(DROP_NONE, unseal_rtcp(rx, exact, &len));
		mem_deref(exact);
	}

	len = PKT_MAX + 1;
	assert_int_equal(DROP_OVERSIZE, unseal_rtp(rx, p, &len));

	/* an empty one is a packet */
	len = packet(p, SSRC, 1);
	len = PKT_HDR;
	assert_int_equal(DROP_NONE, seal_rtp(tx, p, p, &len));
	assert_int_equal(DROP_NONE, unseal_rtp(rx, p, &len));
	assert_int_equal(PKT_HDR, len);

	len = 11;
	assert_int_equal(DROP_SHORT, seal_rtp(tx, p, p, &len));
	len = 7;
	assert_int_equal(DROP_SHORT, seal_rtcp(tx, p, p, &len));
	mem_deref(tx);
	mem_deref(rx);
}


/* Many SSRCs with a wrong tag change nothing; the right ones find room */
static void test_many_sources(void **state)
{
	struct seal *rx = make(MEDIA_AES_CM_80), *tx = make(MEDIA_AES_CM_80);
	struct seal before;
	uint8_t p[ROOM];
	uint64_t index;
	size_t len;

	(void)state;

	len = sealed(tx, p, SSRC, 1);
	assert_int_equal(DROP_NONE, unsealed(rx, p, len));
	before = *rx;
	for (uint32_t i = 0; i < 65536; i++) {
		len = packet(p, i, (uint16_t)i) + 10;
		assert_int_equal(DROP_SRTP_TAG, unsealed(rx, p, len));
	}
	assert_memory_equal(&before, rx, sizeof(before));

	for (uint32_t i = 0; i < 100; i++) {
		len = sealed(tx, p, 1000 + i, 5);
		assert_int_equal(DROP_NONE, unsealed(rx, p, len));
		len = sealed(tx, p, SSRC, (uint16_t)(2 + i));
		assert_int_equal(DROP_NONE, unsealed(rx, p, len));
	}
	assert_true(seal_index(rx, SSRC, &index));
	assert_true(index == 101);
	assert_true(seal_index(rx, 1099, &index));
	assert_false(seal_index(rx, 1000, &index));
	mem_deref(tx);
	mem_deref(rx);
}


static void test_mki(void **state)
{
	struct media_key key = rfc_key;
	struct seal *tx	     = make(MEDIA_AES_CM_80), *rx = NULL;
	uint8_t p[ROOM], buf[ROOM];
	size_t len, n;

	(void)state;

	key.mki_len = 4;
	key.mki	    = 0x01020304;
	assert_int_equal(0, seal_alloc(&rx, MEDIA_AES_CM_80, &key));

	/* as its sender writes it: between the text and the tag */
	len = sealed(tx, p, SSRC, 9);
	memcpy(buf, p, len - 10);
	put_be32(buf + len - 10, 0x01020304);
	memcpy(buf + len - 6, p + len - 10, 10);
	n = len;
	assert_int_equal(DROP_SRTP_TAG, unseal_rtp(rx, p, &n));
	buf[len - 7] ^= 1;
	n = len + 4;
	assert_int_equal(DROP_SRTP_TAG, unseal_rtp(rx, buf, &n));
	buf[len - 7] ^= 1;
	n = len + 4;
	assert_int_equal(DROP_NONE, unseal_rtp(rx, buf, &n));
	assert_int_equal(len - 10, n);

	key.mki_len = MEDIA_MKI_MAX + 1;
	mem_deref(tx);
	assert_int_equal(EINVAL, seal_alloc(&tx, MEDIA_AES_CM_80, &key));
	assert_int_equal(EINVAL, seal_alloc(&tx, MEDIA_CLEAR, &rfc_key));
	mem_deref(rx);
}


/* --- memory -------------------------------------------------------------- */

static unsigned fail_at; /* allocation of OpenSSL that fails, 0 none */

static bool fails(void)
{
	return fail_at && !--fail_at;
}


static void *ssl_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;

	return fails() ? NULL : malloc(n);
}


static void *ssl_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;

	return fails() ? NULL : realloc(p, n);
}


static void ssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}


/* Each allocation of OpenSSL fails once: no context, or a packet that goes no
 * further, and the context works on afterwards */
static void test_no_memory(void **state)
{
	struct seal *tx = make(MEDIA_AES_CM_80), *rx = make(MEDIA_AES_CM_80);
	unsigned n = 0, lost = 0;
	bool fired;
	uint8_t p[ROOM], buf[ROOM];
	size_t len;
	int err;

	(void)state;

	do {
		struct seal *s = NULL;

		fail_at = ++n;
		err	= seal_alloc(&s, MEDIA_AES_CM_80, &rfc_key);
		fired	= !fail_at;
		fail_at = 0;
		lost += err != 0;
		assert_true(!err == (s != NULL));
		assert_true(!err || err == ENOMEM);
		mem_deref(s);
	} while (fired);
	assert_true(lost > 4);
	lost = 0;

	for (n = 1; n < 20; n++) {
		enum media_drop why;

		len	= packet(p, SSRC, (uint16_t)n);
		fail_at = n;
		why	= seal_rtp(tx, buf, p, &len);
		fail_at = 0;
		lost += why != DROP_NONE;
		if (why != DROP_NONE) {
			assert_int_equal(DROP_SRTP_FAIL, why);
			len = packet(p, SSRC, (uint16_t)n);
			assert_int_equal(DROP_NONE,
					 seal_rtp(tx, buf, p, &len));
		}

		memcpy(p, buf, len);
		fail_at = n;
		why	= unseal_rtp(rx, p, &len);
		fail_at = 0;
		if (why != DROP_NONE) {
			assert_int_equal(DROP_SRTP_FAIL, why);
			assert_memory_equal(p, buf, len);
			assert_int_equal(DROP_NONE, unseal_rtp(rx, p, &len));
		}
	}
	assert_true(lost < 19);
	mem_deref(tx);
	mem_deref(rx);
}


/* --- libsrtp2 ------------------------------------------------------------ */

#ifdef HAVE_SRTP2

static srtp_t ref_make(enum media_suite suite, bool in)
{
	srtp_policy_t pol;
	uint8_t key[MEDIA_KEY_LEN];
	srtp_t ref;

	memset(&pol, 0, sizeof(pol));
	memcpy(key, rfc_key.key, sizeof(key));
	if (suite == MEDIA_AES_CM_32)
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&pol.rtp);
	else
		srtp_crypto_policy_set_rtp_default(&pol.rtp);
	srtp_crypto_policy_set_rtcp_default(&pol.rtcp);
	pol.ssrc.type	= in ? ssrc_any_inbound : ssrc_any_outbound;
	pol.key		= key;
	pol.window_size = SEAL_WINDOW;
	assert_int_equal(srtp_err_status_ok, srtp_create(&ref, &pol));

	return ref;
}


/* A header with everything, and any length */
static size_t any_packet(uint8_t *p, uint32_t ssrc, uint16_t seq)
{
	const unsigned csrcs = rand_below(4) ? 0 : rand_below(16);
	size_t len	     = PKT_HDR + 4 * csrcs;
	unsigned body	     = rand_below(1300);

	(void)packet(p, ssrc, seq);
	p[0] = (uint8_t)(0x80 | csrcs);
	p[1] = (uint8_t)rand_num();
	if (!rand_below(3)) {
		const unsigned words = rand_below(9);

		p[0] |= 0x10;
		put_be32(p + len, 0xbede0000u | words);
		len += 4 + 4 * words;
	}
	while (body--)
		p[len++] = (uint8_t)rand_num();

	return len;
}


/* Ours is theirs, byte for byte; each reads the other */
static void test_same_packets(void **state)
{
	(void)state;

	for (size_t k = 0; k < ARRAY_SIZE(suites); k++) {
		struct seal *tx = make(suites[k]), *rx = make(suites[k]);
		srtp_t rtx = ref_make(suites[k], false);
		srtp_t rrx = ref_make(suites[k], true);
		uint16_t seq = (uint16_t)rand_num();

		for (unsigned i = 0; i < 6000; i++) {
			uint8_t p[ROOM], a[ROOM], b[ROOM];
			size_t len = any_packet(p, SSRC + i % 3, seq), n = len;
			int rn = (int)len;

			memcpy(b, p, len);
			assert_int_equal(DROP_NONE, seal_rtp(tx, a, p, &n));
			assert_int_equal(0, srtp_protect(rtx, b, &rn));
			assert_int_equal(rn, n);
			assert_memory_equal(a, b, n);

			assert_int_equal(DROP_NONE, unseal_rtp(rx, b, &n));
			assert_int_equal(len, n);
			assert_memory_equal(p, b, n);
			assert_int_equal(0, srtp_unprotect(rrx, a, &rn));
			assert_memory_equal(p, a, n);

			/* losses; goes over the end ten times */
			seq = (uint16_t)(seq + 1 + rand_below(200));
		}

		(void)srtp_dealloc(rtx);
		(void)srtp_dealloc(rrx);
		mem_deref(tx);
		mem_deref(rx);
	}
}


static void test_same_reports(void **state)
{
	struct seal *tx = make(MEDIA_AES_CM_32), *rx = make(MEDIA_AES_CM_32);
	srtp_t rtx = ref_make(MEDIA_AES_CM_32, false);
	srtp_t rrx = ref_make(MEDIA_AES_CM_32, true);

	(void)state;

	for (unsigned i = 0; i < 2000; i++) {
		uint8_t p[ROOM], a[ROOM], b[ROOM];
		const size_t len = 8 + 4 * rand_below(40);
		size_t n	 = len;
		int rn		 = (int)len;

		for (size_t c = 0; c < len; c++)
			p[c] = (uint8_t)rand_num();
		p[0] = 0x80;
		p[1] = 200;
		put_be32(p + 4, SSRC);

		memcpy(b, p, len);
		assert_int_equal(DROP_NONE, seal_rtcp(tx, a, p, &n));
		if (!i) /* theirs begin with 1 */
			assert_int_equal(DROP_NONE,
					 seal_rtcp(tx, a, p, &(size_t){len}));
		assert_int_equal(0, srtp_protect_rtcp(rtx, b, &rn));
		assert_int_equal(rn, n);
		assert_memory_equal(a, b, n);

		assert_int_equal(DROP_NONE, unseal_rtcp(rx, b, &n));
		assert_int_equal(len, n);
		assert_memory_equal(p, b, n);
		assert_int_equal(0, srtp_unprotect_rtcp(rrx, a, &rn));
		assert_memory_equal(p, a, n);
	}

	(void)srtp_dealloc(rtx);
	(void)srtp_dealloc(rrx);
	mem_deref(tx);
	mem_deref(rx);
}


/* A bad network with a bad neighbour: both take and refuse the same */
static void test_same_verdicts(void **state)
{
	enum { KEEP = 200 };
	static struct {
		uint8_t p[256];
		size_t len;
	} old[KEEP];

	(void)state;

	for (size_t k = 0; k < ARRAY_SIZE(suites); k++) {
		struct seal *tx = make(suites[k]), *rx = make(suites[k]);
		srtp_t rrx = ref_make(suites[k], true);
		unsigned sent = 0, took = 0, seq = 64000;

		while (sent < 30000) {
			uint8_t a[256], b[256];
			unsigned slot;
			size_t n;
			int rn, err;
			bool ok;

			/* the newest; sometimes an older one, or again */
			if (!sent || rand_below(10) < 7) {
				slot	      = sent++ % KEEP;
				old[slot].len = sealed(tx, old[slot].p, SSRC,
						       (uint16_t)seq++);
				if (sent > 10 && rand_below(10) == 0)
					continue; /* on the way for a while */
			}
			else {
				slot = rand_below(sent < KEEP ? sent : KEEP);
			}

			n = old[slot].len;
			memcpy(a, old[slot].p, n);
			if (rand_below(20) == 0)
				a[rand_below((uint32_t)n)] ^=
					(uint8_t)(1 << rand_below(8));
			memcpy(b, a, n);
			rn  = (int)n;
			ok  = unseal_rtp(rx, a, &n) == DROP_NONE;
			err = srtp_unprotect(rrx, b, &rn);
			if (ok != !err)
				fail_msg("packet %u: ours %d, theirs %d", sent,
					 ok, err);
			if (ok)
				assert_memory_equal(a, b, n);
			took += ok;
		}
		assert_true(took > 20000);

		(void)srtp_dealloc(rrx);
		mem_deref(tx);
		mem_deref(rx);
	}
}


static int group_setup(void **state)
{
	(void)state;

	return srtp_init();
}

#else

static void test_same_packets(void **state)
{
	(void)state;
	skip();
}

static void test_same_reports(void **state)
{
	(void)state;
	skip();
}

static void test_same_verdicts(void **state)
{
	(void)state;
	skip();
}

#define group_setup NULL

#endif


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_stream),
		cmocka_unit_test(test_derivation),
		cmocka_unit_test(test_known_packet),
		cmocka_unit_test(test_known_report),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_replay_later),
		cmocka_unit_test(test_late_listener),
		cmocka_unit_test(test_new_key),
		cmocka_unit_test(test_sender_repeats),
		cmocka_unit_test(test_key_used_up),
		cmocka_unit_test(test_changed_bits),
		cmocka_unit_test(test_changed_report),
		cmocka_unit_test(test_odd_lengths),
		cmocka_unit_test(test_many_sources),
		cmocka_unit_test(test_mki),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_same_packets),
		cmocka_unit_test(test_same_reports),
		cmocka_unit_test(test_same_verdicts),
	};

	if (!CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free))
		return 1;

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
