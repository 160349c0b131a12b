/**
 * @file tests/unit/srtp_util.h  Contexts of SRTP, and packets for them
 *
 * The file itself is included for the vectors of what is inside.
 */
#ifndef TANDEM_TESTS_SRTP_UTIL_H
#define TANDEM_TESTS_SRTP_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "media/srtp.c"
#include "base/rand.h"



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


static inline struct seal *make(enum media_suite suite)
{
	struct seal *s = NULL;

	assert_int_equal(0, seal_alloc(&s, suite, &rfc_key));

	return s;
}


static inline void hex(uint8_t *out, const char *text)
{
	const size_t n = strlen(text) / 2;

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(ch_hex(text[2 * i]) << 4 |
				   ch_hex(text[2 * i + 1]));
}


static inline void is_hex(const uint8_t *p, const char *text)
{
	uint8_t want[256];

	assert_true(strlen(text) / 2 <= sizeof(want));
	hex(want, text);
	assert_memory_equal(p, want, strlen(text) / 2);
}


/* 20 ms of G.711 */
static inline size_t packet(uint8_t *p, uint32_t ssrc, uint16_t seq)
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


static inline size_t sealed(struct seal *s, uint8_t *p, uint32_t ssrc,
			    uint16_t seq)
{
	size_t len = packet(p, ssrc, seq);

	assert_int_equal(DROP_NONE, seal_rtp(s, p, p, &len));

	return len;
}


static inline enum media_drop unsealed(struct seal *s, const uint8_t *p,
				       size_t len)
{
	uint8_t buf[ROOM];

	memcpy(buf, p, len);

	return unseal_rtp(s, buf, &len);
}


/** What one side seals and the other one opens: the state of a test */
struct pair {
	struct seal *tx, *rx;
};

enum {
	CM_80, /* places of suites[] */
	CM_32,
};

#define PAIR_TEST(f, suite)                                                  \
	cmocka_unit_test_prestate_setup_teardown(f, pair_setup, pair_teardown, \
						 (void *)&suites[suite])


static inline int pair_setup(void **state)
{
	const enum media_suite *suite = *state;
	struct pair *q		      = test_malloc(sizeof(*q));

	q->tx  = make(*suite);
	q->rx  = make(*suite);
	*state = q;

	return 0;
}


static inline int pair_teardown(void **state)
{
	struct pair *q = *state;

	mem_deref(q->tx);
	mem_deref(q->rx);
	test_free(q);

	return 0;
}

#endif
