/**
 * @file tests/unit/test_srtp.c  SRTP: RFC 3711's vectors, malice, no memory
 */
#include "srtp_util.h"


/* --- vectors ------------------------------------------------------------- */

/* Sealed it is `sealed` (as far as that goes), opened it is `plain` again;
 * returns what was sealed, until the next call */
static const uint8_t *there_and_back(const struct pair *q, bool ctl,
				     const char *plain, const char *sealed_as)
{
	static uint8_t p[64];
	uint8_t in[64], buf[64];
	const size_t n = strlen(plain) / 2;
	size_t len     = n;

	hex(in, plain);
	assert_int_equal(DROP_NONE, (ctl ? seal_rtcp : seal_rtp)(q->tx, p, in,
								 &len));
	if (sealed_as[0])
		assert_int_equal(strlen(sealed_as) / 2, len);
	is_hex(p, sealed_as);

	memcpy(buf, p, len);
	assert_int_equal(DROP_NONE,
			 (ctl ? unseal_rtcp : unseal_rtp)(q->rx, buf, &len));
	assert_int_equal(n, len);
	assert_memory_equal(buf, in, n);

	return p;
}


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
	there_and_back(*state, false,
		       "800f1234decafbadcafebabeabababababababababababababababab",
		       "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402"
		       "b78d6acc99ea179b8dbb");
}


static void test_known_report(void **state)
{
	static const char plain[] =
		"81c8000bcafebabeabababababababababababababababab";
	const uint8_t *p;

	/* the first one (RFC 3711 3.4) */
	p = there_and_back(*state, true, plain, "");
	is_hex(p + 24, "80000000");

	there_and_back(*state, true, plain,
		       "81c8000bcafebabe7128035be487b9bdbef89041f977a5a8"
		       "80000001993e08cd54d6c1230798");
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
	const struct pair *q = *state;
	struct seal *tx = q->tx, *rx = q->rx;
	uint8_t old[ROOM], p[ROOM];
	size_t old_len = 0, len;

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
}


/* We come when the number has gone over its end already */
static void test_late_listener(void **state)
{
	const struct pair *q = *state;
	struct seal *tx = q->tx, *rx = q->rx;
	uint8_t p[ROOM];
	uint64_t index;
	size_t len;

	(void)sealed(tx, p, SSRC, 65535);
	len = sealed(tx, p, SSRC, 3);
	assert_int_equal(DROP_NONE, unsealed(rx, p, len));
	assert_true(seal_index(rx, SSRC, &index));
	assert_true(index == 0x10003);
	assert_false(seal_index(rx, SSRC + 1, &index));
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


/* Two other keys, and nothing but a report, or not even that, under the first
 * of them: a phone on hold.  The counter that it carried on is still known */
static void test_new_key_twice(void **state)
{
	struct media_key second = rfc_key, third = rfc_key;

	(void)state;
	second.key[3] ^= 1;
	third.key[3] ^= 2;

	for (unsigned report = 0; report < 2; report++) {
		struct seal *tx = make(MEDIA_AES_CM_80);
		struct seal *rx = make(MEDIA_AES_CM_80);
		struct seal *tx2 = NULL, *rx2 = NULL, *tx3 = NULL, *rx3 = NULL;
		uint8_t p[ROOM] = {0x80, 200, 0, 1};
		size_t len	= 8;

		for (unsigned seq = 0; seq < 3 * 65536u; seq += 10000)
			assert_int_equal(DROP_NONE,
					 unsealed(rx, p, sealed(tx, p, SSRC,
							(uint16_t)seq)));
		assert_int_equal(0, seal_alloc(&tx2, MEDIA_AES_CM_80, &second));
		assert_int_equal(0, seal_alloc(&rx2, MEDIA_AES_CM_80, &second));
		assert_int_equal(0, seal_alloc(&tx3, MEDIA_AES_CM_80, &third));
		assert_int_equal(0, seal_alloc(&rx3, MEDIA_AES_CM_80, &third));
		seal_succeed(rx2, rx);
		if (report) {
			put_be32(p, 0x80c80001);
			put_be32(p + 4, SSRC);
			assert_int_equal(DROP_NONE,
					 seal_rtcp(tx2, p, p, &len));
			assert_int_equal(DROP_NONE, unseal_rtcp(rx2, p, &len));
		}
		seal_succeed(rx3, rx2);

		for (unsigned seq = 0; seq < 3 * 65536u; seq += 10000)
			len = sealed(tx3, p, SSRC, (uint16_t)seq);
		assert_int_equal(DROP_NONE, unsealed(rx3, p, len));

		mem_deref(tx);
		mem_deref(rx);
		mem_deref(tx2);
		mem_deref(rx2);
		mem_deref(tx3);
		mem_deref(rx3);
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
	const struct pair *q = *state;
	struct seal *tx = q->tx, *rx = q->rx;
	uint8_t p[ROOM] = {0x80, 201, 0, 1, 0xca, 0xfe, 0xba, 0xbe}, buf[64];
	struct seal before = *rx;
	size_t len	   = 28;

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
}


/* Cut ones, long ones, headers that promise more than there is */
static void test_odd_lengths(void **state)
{
	const struct pair *q = *state;
	struct seal *tx = q->tx, *rx = q->rx;
	uint8_t p[ROOM];
	size_t len;

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
}


/* Many SSRCs with a wrong tag change nothing; the right ones find room */
static void test_many_sources(void **state)
{
	const struct pair *q = *state;
	struct seal *tx = q->tx, *rx = q->rx;
	struct seal before;
	uint8_t p[ROOM];
	uint64_t index;
	size_t len;

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
	const struct pair *q = *state;
	struct seal *tx = q->tx, *rx = q->rx;
	unsigned n = 0, lost = 0;
	bool fired;
	uint8_t p[ROOM], buf[ROOM];
	size_t len;
	int err;

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
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_stream),
		cmocka_unit_test(test_derivation),
		PAIR_TEST(test_known_packet, CM_80),
		PAIR_TEST(test_known_report, CM_32),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_replay),
		PAIR_TEST(test_replay_later, CM_80),
		PAIR_TEST(test_late_listener, CM_32),
		cmocka_unit_test(test_new_key),
		cmocka_unit_test(test_new_key_twice),
		cmocka_unit_test(test_sender_repeats),
		cmocka_unit_test(test_key_used_up),
		cmocka_unit_test(test_changed_bits),
		PAIR_TEST(test_changed_report, CM_32),
		PAIR_TEST(test_odd_lengths, CM_80),
		PAIR_TEST(test_many_sources, CM_80),
		cmocka_unit_test(test_mki),
		PAIR_TEST(test_no_memory, CM_80),
	};

	if (!CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free))
		return 1;

	return cmocka_run_group_tests(tests, NULL, NULL);
}
