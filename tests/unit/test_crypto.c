/**
 * @file tests/unit/test_crypto.c  a=crypto lines, and texts without their keys
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <re.h>
#include "b2bua/sdp.h"


#define S80 "AES_CM_128_HMAC_SHA1_80"
#define S32 "AES_CM_128_HMAC_SHA1_32"
#define KEY "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" /* RFC 4568 */
#define INL " inline:" KEY

#define SUITE "its suite is neither AES_CM_128_HMAC_SHA1_80 nor _32"
#define BASE "its key is not 30 bytes in base64"
#define LIFE "its lifetime is not 1 to 2^48"
#define PARAM "it asks for a session parameter that we do not have"

static const struct {
	const char *line;
	uint32_t tag;
	enum media_suite suite;
	uint8_t mki_len;
	uint64_t mki;
} taken[] = {
	{"1 " S80 INL, 1, MEDIA_AES_CM_80, 0, 0},
	{"2 " S32 INL, 2, MEDIA_AES_CM_32, 0, 0},
	{"999999999  " S80 "\t" INL " ", 999999999, MEDIA_AES_CM_80, 0, 0},
	{"1 aes_cm_128_hmac_sha1_80 INLINE:" KEY, 1, MEDIA_AES_CM_80, 0, 0},

	/* lifetime and MKI */
	{"1 " S80 INL "|2^20", 1, MEDIA_AES_CM_80, 0, 0},
	{"1 " S80 INL "|2^48", 1, MEDIA_AES_CM_80, 0, 0},
	{"1 " S80 INL "|1048576", 1, MEDIA_AES_CM_80, 0, 0},
	{"1 " S80 INL "|2^20|1:4", 1, MEDIA_AES_CM_80, 4, 1},
	{"1 " S80 INL "|66051:3", 1, MEDIA_AES_CM_80, 3, 66051},

	/* session parameters */
	{"1 " S80 INL " WSH=128", 1, MEDIA_AES_CM_80, 0, 0},
	{"1 " S80 INL " -X=1 -Y", 1, MEDIA_AES_CM_80, 0, 0},
};

static const struct {
	const char *line, *why;
} refused[] = {
	/* lifetime and MKI */
	{"1 " S80 INL "|2^49", LIFE},
	{"1 " S80 INL "|0", LIFE},
	{"1 " S80 INL "|2^", LIFE},
	{"1 " S80 INL "|", LIFE},
	{"1 " S80 INL "|1:4|2^20", LIFE},
	{"1 " S80 INL "|2^20|2^20", LIFE},
	{"1 " S80 INL "|1:4|1:4", "it has two MKIs"},
	{"1 " S80 INL "|256:1", "its MKI is no number of that length"},
	{"1 " S80 INL "|x:1", "its MKI is no number of that length"},
	{"1 " S80 INL "|1:0", "the length of its MKI is not 1 to 128"},
	{"1 " S80 INL "|1:129", "the length of its MKI is not 1 to 128"},
	{"1 " S80 INL "|1:9", "its MKI is longer than 8 bytes"},

	/* session parameters */
	{"1 " S80 INL " WSH=63", PARAM},
	{"1 " S80 INL " KDR=1", PARAM},
	{"1 " S80 INL " UNENCRYPTED_SRTP", PARAM},
	{"1 " S80 INL " UNENCRYPTED_SRTCP", PARAM},
	{"1 " S80 INL " UNAUTHENTICATED_SRTP", PARAM},

	/* what is no line at all */
	{"", "it is not: tag, suite, key"},
	{"1", "it is not: tag, suite, key"},
	{"1 " S80, "it is not: tag, suite, key"},
	{"x " S80 INL, "its tag is not 1 to 9 digits"},
	{"-1 " S80 INL, "its tag is not 1 to 9 digits"},
	{"1000000000 " S80 INL, "its tag is not 1 to 9 digits"},
	{"1 F8_128_HMAC_SHA1_80" INL, SUITE},
	{"1 AES_256_CM_HMAC_SHA1_80" INL, SUITE},
	{"1 " S80 "x" INL, SUITE},

	/* the key */
	{"1 " S80 " uri:https://x", "its key is not inline:"},
	{"1 " S80 " inline", "its key is not inline:"},
	{"1 " S80 " inline:", BASE},
	{"1 " S80 " inline:|2^20", BASE},
	{"1 " S80 INL "A", BASE},
	{"1 " S80 " inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGV", BASE},
	{"1 " S80 " inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGU=", BASE},
	{"1 " S80 " inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubG-_", BASE},
	{"1 " S80 INL ";inline:" KEY, "it has several keys"},
};


static void test_lines_that_are_taken(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		struct sdp_crypto c;
		const char *why;
		struct pl pl;

		pl_set_str(&pl, taken[i].line);
		why = crypto_decode(&c, &pl);
		if (why)
			fail_msg("%s: %s", taken[i].line, why);
		assert_int_equal(taken[i].suite, c.suite);
		assert_int_equal(taken[i].tag, c.tag);
		assert_int_equal(taken[i].mki_len, c.key.mki_len);
		assert_int_equal(taken[i].mki, c.key.mki);
		assert_memory_equal("YS___semctl () {\t220;}\n}\nunles",
				    c.key.key, MEDIA_KEY_LEN);
	}
}


static void test_lines_that_are_refused(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct sdp_crypto c;
		const char *why;
		struct pl pl;

		pl_set_str(&pl, refused[i].line);
		why = crypto_decode(&c, &pl);
		if (!why || strcmp(why, refused[i].why))
			fail_msg("%s: %s", refused[i].line,
				 why ? why : "taken");
		assert_int_equal(MEDIA_CLEAR, c.suite);
	}
}


static void test_what_we_print_is_what_we_read(void **state)
{
	struct media_key before = {.mki_len = 0};

	(void)state;

	for (unsigned i = 0; i < 100; i++) {
		struct sdp_crypto c = {.tag = i, .suite = MEDIA_AES_CM_32};
		struct sdp_crypto back;
		char *text = NULL;
		struct pl pl;

		crypto_new_key(&c.key);
		assert_false(crypto_same_key(&c.key, &before));
		before = c.key;
		assert_int_equal(0, re_sdprintf(&text, "%H", crypto_print,
						&c));
		pl_set_str(&pl, text + strlen("a=crypto:"));
		pl.l -= 2;
		assert_null(crypto_decode(&back, &pl));
		assert_int_equal(i, back.tag);
		assert_int_equal(c.suite, back.suite);
		assert_true(crypto_same_key(&c.key, &back.key));
		mem_deref(text);
	}
}


static void test_hidden_keys(void **state)
{
	static const struct {
		const char *text, *shown;
	} texts[] = {
		{"a=crypto:1 " S80 INL "|2^20 X\r\na=crypto:2 " S32 INL
		 "\r\nb",
		 "a=crypto:1 " S80 " inline:***|2^20 X\r\na=crypto:2 " S32
		 " inline:***\r\nb"},
		{"INLINE:abc;inline:def", "INLINE:***;inline:***"},
		{"inline:", "inline:***"},
		{"inline", "inline"},
		{"", ""},
		{"inlineinline:x\n", "inlineinline:***\n"},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct mbuf *mb = mbuf_alloc(16);

		assert_int_equal(0, crypto_hide(mb, texts[i].text,
						strlen(texts[i].text)));
		assert_int_equal(strlen(texts[i].shown), mb->end);
		if (mb->end)
			assert_memory_equal(texts[i].shown, mb->buf, mb->end);
		mem_deref(mb);
	}
}


/* --- descriptions -------------------------------------------------------- */

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\n" \
	     "c=IN IP4 192.0.2.7\r\nt=0 0\r\n"
#define SAVP "m=audio 4002 RTP/SAVP 8\r\n"
#define AVP "m=audio 4000 RTP/AVP 8\r\n"
#define GOOD "a=crypto:7 " S80 INL "\r\n"


static struct sdpm *parse(const char *text)
{
	struct sdpm *s = NULL;
	const char *why;
	struct pl pl;

	pl_set_str(&pl, text);
	assert_int_equal(0, sdpm_parse(&s, &pl, &why));

	return s;
}


static void test_audio_line(void **state)
{
	static const struct {
		const char *text;
		int any, secure; /* port, -1 none */
		uint32_t tag;
		const char *why;
	} sdps[] = {
		{HEAD SAVP GOOD, 4002, 4002, 7, NULL},
		{HEAD AVP SAVP GOOD, 4000, 4002, 7, NULL},
		{HEAD SAVP GOOD AVP, 4002, 4002, 7, NULL},
		{HEAD SAVP AVP, 4000, -1, 0, NULL},
		{HEAD SAVP, -1, -1, 0, NULL},
		/* a key over RTP/AVP is no encryption */
		{HEAD AVP GOOD, 4000, -1, 0, NULL},
		{HEAD "m=audio 4002 RTP/SAVPF 8\r\n" GOOD, 4002, 4002, 7,
		 NULL},
		{HEAD "m=audio 4002 UDP/TLS/RTP/SAVP 8\r\n" GOOD, -1, -1, 0,
		 NULL},
		{HEAD "m=audio 0 RTP/SAVP 8\r\n" GOOD AVP, 4000, -1, 0, NULL},
		/* the first that we can do */
		{HEAD SAVP "a=crypto:1 AES_256_CM_HMAC_SHA1_80" INL "\r\n"
		 "a=crypto:2 " S80 " inline:!\r\na=crypto:3 " S32 INL "\r\n"
		 GOOD, 4002, 4002, 3, SUITE},
		{HEAD SAVP "a=crypto:2 " S80 " inline:!\r\n", -1, -1, 0, BASE},
		/* before any line it is nobody's */
		{HEAD GOOD SAVP, -1, -1, 0, NULL},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(sdps); i++) {
		struct sdpm *s = parse(sdps[i].text);
		const struct sdpm_media *m = sdpm_audio(s);

		if ((m ? m->port : -1) != sdps[i].any)
			fail_msg("row %u: any", (unsigned)i);
		s->secure = true;
		m	  = sdpm_audio(s);
		if ((m ? m->port : -1) != sdps[i].secure)
			fail_msg("row %u: secure", (unsigned)i);
		if (m)
			assert_int_equal(sdps[i].tag, m->crypto.tag);
		if (sdps[i].why)
			assert_string_equal(sdps[i].why,
					    s->mediav[0].crypto_why);
		mem_deref(s);
	}
}


static const struct config_codec *alaw(void)
{
	struct pl pl;

	pl_set_str(&pl, "alaw");
	return config_codec_find(&pl);
}


static char *say(struct sdp_local *l, const struct sdp_crypto *c,
		 const struct sdpm *offer)
{
	struct sdp_desc d = {.dir = SDPM_SENDRECV, .crypto = c,
			     .offer = offer};
	struct mbuf *mb = mbuf_alloc(256);
	char *text;

	assert_int_equal(0, sa_set_str(&d.rtp, "192.0.2.1", 10000));
	assert_int_equal(0, sdp_say_add(&d, alaw(), 8,
					NULL));
	assert_int_equal(0, sdp_local_print(mb, l, &d));
	mb->pos = 0;
	assert_int_equal(0, mbuf_strdup(mb, &text, mbuf_get_left(mb)));
	mem_deref(mb);

	return text;
}


/* Offer and answer; the version changes with the key alone */
static void test_our_side(void **state)
{
	struct sdp_crypto c = {.tag = 7, .suite = MEDIA_AES_CM_80};
	struct sdp_local l  = {0};
	struct sdpm *offer;
	uint64_t version;
	char *text;

	(void)state;

	memcpy(c.key.key, "YS___semctl () {\t220;}\n}\nunles", MEDIA_KEY_LEN);
	text = say(&l, &c, NULL);
	assert_non_null(strstr(text, "m=audio 10000 RTP/SAVP 8\r\n"));
	assert_non_null(strstr(text, "\r\n" GOOD));
	mem_deref(text);
	version = l.version;

	text = say(&l, &c, NULL);
	assert_int_equal(version, l.version);
	mem_deref(text);

	c.key.key[0] ^= 1;
	text = say(&l, &c, NULL);
	assert_int_equal(version + 1, l.version);
	mem_deref(text);

	offer	      = parse(HEAD AVP "m=audio 4002 RTP/SAVPF 8\r\n" GOOD);
	offer->secure = true;
	text	      = say(&l, &c, offer);
	assert_non_null(strstr(text, "m=audio 0 RTP/AVP 8\r\n"
				     "m=audio 10000 RTP/SAVPF 8\r\n"));
	mem_deref(text);
	mem_deref(offer);
	sdp_local_reset(&l);
}


/* A text with a key does not stay in memory that was given back: the next one
 * takes its place, or the leg goes */
static void test_our_side_is_wiped(void **state)
{
	static const char none[64];
	struct sdp_crypto c = {.tag = 7, .suite = MEDIA_AES_CM_80};
	struct sdp_local l  = {0};
	char *held[2];

	(void)state;

	mem_deref(say(&l, &c, NULL));
	held[0] = mem_ref(l.last);
	assert_non_null(strstr(held[0], "a=crypto:7 "));

	c.key.key[0] ^= 1;
	mem_deref(say(&l, &c, NULL));
	held[1] = mem_ref(l.last);
	assert_ptr_not_equal(held[0], held[1]);
	assert_memory_equal(held[0], none, sizeof(none));
	assert_non_null(strstr(held[1], "a=crypto:7 "));

	sdp_local_reset(&l);
	assert_memory_equal(held[1], none, sizeof(none));
	mem_deref(held[0]);
	mem_deref(held[1]);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_that_are_taken),
		cmocka_unit_test(test_lines_that_are_refused),
		cmocka_unit_test(test_what_we_print_is_what_we_read),
		cmocka_unit_test(test_hidden_keys),
		cmocka_unit_test(test_audio_line),
		cmocka_unit_test(test_our_side),
		cmocka_unit_test(test_our_side_is_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
