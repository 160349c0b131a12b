/**
 * @file tests/unit/test_srtp_ref.c  SRTP: what libsrtp2 makes, takes, refuses
 */
#include "srtp_util.h"

#ifdef HAVE_SRTP2
#include <srtp2/srtp.h>


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
	const struct pair *q = *state;
	struct seal *tx = q->tx, *rx = q->rx;
	srtp_t rtx = ref_make(MEDIA_AES_CM_32, false);
	srtp_t rrx = ref_make(MEDIA_AES_CM_32, true);

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
		cmocka_unit_test(test_same_packets),
		PAIR_TEST(test_same_reports, CM_32),
		cmocka_unit_test(test_same_verdicts),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
