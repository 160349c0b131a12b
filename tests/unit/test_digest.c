/**
 * @file test_digest.c  Digest both ways: vectors of the RFCs, header values,
 * nonces, counts; a client and a server of ours against each other
 */
#include "sip_util.h"
#include "base/clock.h"
#include "sip/digest.h"

#define CHAL "Digest realm=\"r\", nonce=\"n\""
#define RESP "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:b\""

static uint64_t now_us;


static struct pl pl_of(const char *str)
{
	struct pl pl;

	pl_set_str(&pl, str);

	return pl;
}


/* ---- vectors ---------------------------------------------------------- */

static const struct {
	enum sx_alg alg;
	bool qop;
	const char *user, *realm, *secret, *met, *uri, *nonce, *cnonce;
	const char *want;
} vectorv[] = {
	/* RFC 7616 3.9.1 */
	{SX_ALG_MD5, true, "Mufasa", "http-auth@example.org",
	 "Circle of Life", "GET", "/dir/index.html",
	 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
	 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
	 "8ca523f5e9506fed4657c9700eebdbec"},
	{SX_ALG_SHA256, true, "Mufasa", "http-auth@example.org",
	 "Circle of Life", "GET", "/dir/index.html",
	 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
	 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
	 "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
	/* RFC 2617 3.5, and the same without qop (RFC 2069) */
	{SX_ALG_MD5, true, "Mufasa", "testrealm@host.com", "Circle Of Life",
	 "GET", "/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093",
	 "0a4f113b", "6629fae49393a05397450978507c4ef1"},
	{SX_ALG_MD5, false, "Mufasa", "testrealm@host.com", "Circle Of Life",
	 "GET", "/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "",
	 "670fd8c2df070c60b045671b8b24ff02"},
};


static void test_vectors(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(vectorv); i++) {

		struct pl user = pl_of(vectorv[i].user);
		struct pl realm = pl_of(vectorv[i].realm);
		char ha1[65], resp[65];
		const struct sx_digest d = {
			vectorv[i].alg, vectorv[i].qop, pl_of(vectorv[i].met),
			pl_of(vectorv[i].uri), pl_of(vectorv[i].nonce),
			pl_of("00000001"), pl_of(vectorv[i].cnonce),
		};

		sx_ha1(ha1, vectorv[i].alg, &user, &realm, vectorv[i].secret);
		sx_digest_response(resp, &d, ha1);
		assert_string_equal(vectorv[i].want, resp);

		sx_digest_response(resp, &d, "");
		assert_string_equal("", resp);
	}
}


/* ---- header values ---------------------------------------------------- */

static void test_challenge_values(void **state)
{
	static const struct {
		const char *val;
		int err;
		enum sx_alg alg;
		bool qop, stale;
	} rowv[] = {
		{CHAL, 0, SX_ALG_MD5, false, false},
		{"digest realm=\"r\",nonce=\"n\"", 0, SX_ALG_MD5, false, false},
		{CHAL ", algorithm=MD5, qop=\"auth\"", 0, SX_ALG_MD5, true, false},
		{CHAL ", algorithm=\"md5\", qop=auth", 0, SX_ALG_MD5, true, false},
		{CHAL ", algorithm=SHA-256, qop=\"auth,auth-int\"", 0, SX_ALG_SHA256, true, false},
		{CHAL ", qop=\"auth-int, auth\"", 0, SX_ALG_MD5, true, false},
		{CHAL ", stale=TRUE", 0, SX_ALG_MD5, false, true},
		{CHAL ", stale=\"true\"", 0, SX_ALG_MD5, false, true},
		{CHAL ", stale=false,, x=y,", 0, SX_ALG_MD5, false, false},
		{"Digest\r\n realm = \"r\" ,\r\n nonce = n", 0, SX_ALG_MD5, false, false},
		{"Digest realm=\"\", nonce=\"n\"", 0, SX_ALG_MD5, false, false},
		{CHAL ", qop=\"auth-int\"", ENOTSUP, 0, false, false},
		{CHAL ", qop=\"author\"", ENOTSUP, 0, false, false},
		{CHAL ", algorithm=MD5-sess", ENOTSUP, 0, false, false},
		{CHAL ", algorithm=SHA-512-256", ENOTSUP, 0, false, false},
		{"Basic realm=\"r\"", ENOTSUP, 0, false, false},
		{"NoOneKnowsThisScheme opaque-data=here", ENOTSUP, 0, false, false},
		{"", EBADMSG, 0, false, false},
		{"Digest", EBADMSG, 0, false, false},
		{"Digest ", EBADMSG, 0, false, false},
		{"Digest realm=\"r\"", EBADMSG, 0, false, false},
		{"Digest nonce=\"n\"", EBADMSG, 0, false, false},
		{"Digest realm=\"r\", nonce=\"\"", EBADMSG, 0, false, false},
		{"Digest realm=\"r, nonce=\"n\"", EBADMSG, 0, false, false},
		{CHAL ", nonce=\"m\"", EBADMSG, 0, false, false},
		{CHAL " x=y", EBADMSG, 0, false, false},
		{CHAL ", x", EBADMSG, 0, false, false},
		{CHAL ", =y", EBADMSG, 0, false, false},
		{CHAL ", x=", EBADMSG, 0, false, false},
		{CHAL ", opaque=\"a\r\n b\"", EBADMSG, 0, false, false},
		{CHAL ", opaque=a\\", EBADMSG, 0, false, false},
		{CHAL ", opaque=\"a\x01\"", EBADMSG, 0, false, false},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		struct sx_auth_chal c;
		struct pl pl = pl_of(rowv[i].val);

		if (sx_auth_chal_parse(&c, &pl) != rowv[i].err)
			fail_msg("\"%s\"", rowv[i].val);
		if (rowv[i].err)
			continue;

		assert_int_equal(rowv[i].alg, c.alg);
		assert_int_equal(rowv[i].qop, c.qop_auth);
		assert_int_equal(rowv[i].stale, c.stale);
		assert_pl(&c.nonce, "n");
	}
}


static void test_credential_values(void **state)
{
	static const struct {
		const char *val;
		int err;
	} rowv[] = {
		{RESP ", response=\"0\"", 0},
		{RESP ", response=\"0\", qop=auth, nc=00000001, cnonce=\"c\"", 0},
		{RESP ", response=\"0\", qop=\"auth\", nc=1, cnonce=\"c\"", 0},
		{RESP ", response=\"0\", algorithm=SHA-256", 0},
		{RESP ", response=\"0\", username*=UTF-8''x", 0},
		{RESP, EBADMSG},
		{RESP ", response=\"\"", EBADMSG},
		{RESP ", response=\"0\", qop=auth", EBADMSG},
		{RESP ", response=\"0\", qop=auth, nc=1", EBADMSG},
		{RESP ", response=\"0\", response=\"1\"", EBADMSG},
		{RESP ", response=\"0\", USERNAME=\"v\"", EBADMSG},
		{RESP ", response=\"0\", qop=auth-int, nc=1, cnonce=c", ENOTSUP},
		{RESP ", response=\"0\", algorithm=x", ENOTSUP},
		{"Digest realm=\"r\", nonce=\"n\", uri=\"u\", response=\"0\"", EBADMSG},
		{"Bearer abc", ENOTSUP},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		struct sx_auth_resp r;
		struct pl pl = pl_of(rowv[i].val);

		if (sx_auth_resp_parse(&r, &pl) != rowv[i].err)
			fail_msg("\"%s\"", rowv[i].val);
	}
}


static void test_every_prefix_at_a_guard_page(void **state)
{
	static const char text[] =
		RESP ", response=\"0\\\"\" , qop=auth, nc=00000001, "
		"cnonce=\"c\",algorithm=SHA-256, opaque = \"x\"";
	struct guarded g;
	(void)state;

	guarded_open(&g, 4096);

	for (size_t n = 0; n < 2 * sizeof(text); n++) {

		struct pl pl = {NULL, n / 2};
		struct sx_auth_resp r;
		struct sx_auth_chal c;

		pl.p = (const char *)guarded_put(&g, text, pl.l, n & 1);
		(void)sx_auth_resp_parse(&r, &pl);
		(void)sx_auth_chal_parse(&c, &pl);
	}

	guarded_close(&g);
}


/* ---- both sides ------------------------------------------------------- */

struct talk {
	struct sx_uas_auth *uas;
	struct sx_uac_state uac;
	char line[1024];  /* the Authorization line of the client */
	const char *src;
	const char *met;
	const char *ruri;
};


static void talk_open(struct talk *t)
{
	memset(t, 0, sizeof(*t));
	now_us = 5000000000u;
	clock_fake(&now_us);
	t->src	= "192.0.2.1";
	t->met	= "REGISTER";
	t->ruri = "sip:pbx";
	assert_int_equal(0, sx_uas_auth_alloc(&t->uas, 60));
}


static void talk_close(struct talk *t)
{
	mem_deref(t->uas);
	clock_fake(NULL);
}


static struct sx_msg *request(const struct talk *t)
{
	char text[2048];
	struct sx_msg *m;

	(void)snprintf(text, sizeof(text), "%s %s SIP/2.0\r\n%s%s\r\n",
		       t->met, t->ruri, HEAD("REGISTER"), t->line);
	m = parse(text);
	assert_int_equal(0, sa_set_str(&m->src, t->src, 5060));

	return m;
}


/* The server asks, the client remembers */
static int challenge(struct talk *t, bool stale, bool sha256, uint16_t code)
{
	struct sx_msg *req = request(t), *resp;
	struct mbuf *mb	   = mbuf_alloc(512);
	int err;

	assert_int_equal(0, mbuf_printf(mb, "SIP/2.0 %u x\r\n" HEAD("INVITE"),
					code));
	assert_int_equal(0, sx_uas_auth_challenge(t->uas, mb, req, "office",
						  stale, sha256));
	assert_int_equal(0, mbuf_write_str(mb, "\r\n"));

	resp = parse_mem(mb->buf, mb->end, false, &err);
	assert_non_null(resp);
	assert_int_equal(sha256 ? 2 : 1,
			 resp->counts[SX_HDR_WWW_AUTHENTICATE]);
	err = sx_uac_auth_challenge(&t->uac, resp);

	mem_deref(resp);
	mem_deref(mb);
	mem_deref(req);

	return err;
}


/* The client answers, the server judges */
static int answer(struct talk *t, const char *secret, const char *ha1)
{
	struct mbuf *mb = mbuf_alloc(512);
	struct pl met	= pl_of(t->met);
	int err = sx_uac_auth_print(&t->uac, mb, "1001", secret, ha1,
				    sx_method_decode(&met), t->ruri);

	assert_true(mb->end < sizeof(t->line));
	memcpy(t->line, mb->buf, mb->end);
	t->line[mb->end] = '\0';
	mem_deref(mb);

	return err;
}


static enum sx_auth_result verify(struct talk *t, const char *secret,
				  const char *ha1)
{
	struct sx_msg *req = request(t);
	enum sx_auth_result res = SX_AUTH_NONE;
	struct sx_auth_resp r;

	if (!sx_uas_auth_find(&r, req, "office"))
		res = sx_uas_auth_verify(t->uas, req, &r, secret, ha1);

	mem_deref(req);

	return res;
}


static void test_password(void **state)
{
	struct talk t;
	(void)state;

	for (int sha256 = 0; sha256 < 2; sha256++) {

		talk_open(&t);
		assert_int_equal(SX_AUTH_NONE, verify(&t, "pw", NULL));
		assert_int_equal(0, challenge(&t, false, sha256, 401));
		assert_int_equal(sha256 ? SX_ALG_SHA256 : SX_ALG_MD5,
				 t.uac.alg);

		assert_int_equal(0, answer(&t, "pw", NULL));
		assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));

		assert_int_equal(0, answer(&t, "pw", NULL));
		assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));

		assert_int_equal(0, answer(&t, "pW", NULL));
		assert_int_equal(SX_AUTH_WRONG, verify(&t, "pw", NULL));

		/* a user that does not exist looks the same */
		assert_int_equal(SX_AUTH_WRONG, verify(&t, NULL, NULL));
		talk_close(&t);
	}
}


static void test_md5secret(void **state)
{
	struct pl user = PL("1001"), realm = PL("office");
	char ha1[65], upper[65];
	struct talk t;
	(void)state;

	sx_ha1(ha1, SX_ALG_MD5, &user, &realm, "pw");
	for (size_t i = 0; i <= strlen(ha1); i++)
		upper[i] = ha1[i] >= 'a' ? (char)(ha1[i] - 32) : ha1[i];

	talk_open(&t);
	assert_int_equal(0, challenge(&t, false, false, 401));
	assert_int_equal(0, answer(&t, NULL, ha1));
	assert_int_equal(SX_AUTH_OK, verify(&t, NULL, upper));
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_OK, verify(&t, NULL, ha1));
	assert_int_equal(0, answer(&t, "no", NULL));
	assert_int_equal(SX_AUTH_WRONG, verify(&t, NULL, ha1));

	/* who knows an MD5 HA1 only must not choose SHA-256 */
	t.uac	       = (struct sx_uac_state){.md5_only = true};
	assert_int_equal(0, challenge(&t, false, true, 401));
	assert_int_equal(SX_ALG_MD5, t.uac.alg);
	t.uac = (struct sx_uac_state){0};
	assert_int_equal(0, challenge(&t, false, true, 401));
	assert_int_equal(ENOTSUP, answer(&t, NULL, ha1));
	talk_close(&t);
}


static void test_replay(void **state)
{
	char first[1024], third[1024];
	struct talk t;
	(void)state;

	talk_open(&t);
	assert_int_equal(0, challenge(&t, false, true, 401));

	assert_int_equal(0, answer(&t, "pw", NULL));
	memcpy(first, t.line, sizeof(first));
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(0, answer(&t, "pw", NULL));
	memcpy(third, t.line, sizeof(third));

	/* counts may come out of order, each of them once */
	assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_REPLAY, verify(&t, "pw", NULL));
	memcpy(t.line, first, sizeof(first));
	assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_REPLAY, verify(&t, "pw", NULL));
	memcpy(t.line, third, sizeof(third));
	assert_int_equal(SX_AUTH_REPLAY, verify(&t, "pw", NULL));

	/* 63 behind the highest can still be told, 64 can't */
	t.uac.nc = 1 + 64;
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));
	t.uac.nc = 2;
	assert_int_equal(0, answer(&t, "pw", NULL)); /* 3: used */
	assert_int_equal(SX_AUTH_REPLAY, verify(&t, "pw", NULL));
	t.uac.nc = 3;
	assert_int_equal(0, answer(&t, "pw", NULL)); /* 4: free */
	assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));
	t.uac.nc = 1;
	assert_int_equal(0, answer(&t, "pw", NULL)); /* 2: too old */
	assert_int_equal(SX_AUTH_REPLAY, verify(&t, "pw", NULL));
	t.uac.nc = UINT32_MAX;
	assert_int_equal(0, answer(&t, "pw", NULL)); /* 0: no count */
	assert_int_equal(SX_AUTH_REPLAY, verify(&t, "pw", NULL));
	talk_close(&t);
}


static void test_without_qop_once(void **state)
{
	struct talk t;
	(void)state;

	talk_open(&t);
	assert_int_equal(0, challenge(&t, false, false, 401));
	t.uac.qop = false;
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_null(strstr(t.line, "qop"));
	assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_REPLAY, verify(&t, "pw", NULL));
	talk_close(&t);
}


static void test_stale(void **state)
{
	struct talk t;
	(void)state;

	talk_open(&t);
	assert_int_equal(0, challenge(&t, false, true, 401));
	now_us += 60 * 1000000u;
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));

	now_us += 1000000u;
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_STALE, verify(&t, "pw", NULL));
	assert_int_equal(0, answer(&t, "no", NULL));
	assert_int_equal(SX_AUTH_WRONG, verify(&t, "pw", NULL));

	/* the key changes in between, a fresh nonce is good all the same */
	assert_int_equal(0, challenge(&t, true, true, 401));
	now_us += 30 * 1000000u;
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));
	talk_close(&t);
}


static void test_key_rotation(void **state)
{
	struct talk t;
	(void)state;

	talk_open(&t);
	now_us += 3590 * 1000000ull;
	assert_int_equal(0, challenge(&t, false, true, 401));
	now_us += 20 * 1000000ull; /* another key, this one is kept */
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));

	now_us += 3600 * 1000000ull;
	(void)verify(&t, "pw", NULL);
	now_us += 3600 * 1000000ull; /* two keys later it is anybody's */
	assert_int_equal(0, answer(&t, "no", NULL));
	assert_int_equal(SX_AUTH_NONE, verify(&t, "pw", NULL));
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_STALE, verify(&t, "pw", NULL));
	talk_close(&t);
}


/* Wrong credentials for a nonce that we never gave to this address prove
 * nothing about it: nobody may be banned by forged packets */
static void test_foreign_nonce(void **state)
{
	struct talk t;
	(void)state;

	talk_open(&t);
	assert_int_equal(0, challenge(&t, false, true, 401));
	t.src = "192.0.2.2";
	assert_int_equal(0, answer(&t, "no", NULL));
	assert_int_equal(SX_AUTH_NONE, verify(&t, "pw", NULL));
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_STALE, verify(&t, "pw", NULL));
	t.src = "192.0.2.1";
	assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));

	/* IPv4 in IPv6 is the same address (RFC 5118 4.9) */
	t.src = "::ffff:192.0.2.1";
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));

	/* every character counts */
	for (size_t i = 0; t.uac.nonce[i]; i++) {

		char c = t.uac.nonce[i];

		t.uac.nonce[i] = c == '0' ? '1' : '0';
		assert_int_equal(0, answer(&t, "no", NULL));
		if (verify(&t, "pw", NULL) != SX_AUTH_NONE)
			fail_msg("character %u of the nonce", (unsigned)i);
		t.uac.nonce[i] = c;
	}
	talk_close(&t);
}


static void test_digest_uri(void **state)
{
	static const struct {
		const char *digest, *ruri;
		enum sx_auth_result want;
	} rowv[] = {
		{"sip:pbx", "sip:pbx", SX_AUTH_OK},
		{"sip:pbx", "sip:PBX:5060;transport=udp", SX_AUTH_OK},
		{"sip:600@pbx", "sip:600@pbx;user=phone", SX_AUTH_OK},
		{"sip:pbx", "sip:pbx:5070", SX_AUTH_WRONG},
		{"sip:601@pbx", "sip:600@pbx", SX_AUTH_WRONG},
		{"sip:pbx", "sip:600@pbx", SX_AUTH_OK},
		{"sip:600@pbx", "sip:pbx", SX_AUTH_WRONG},
		{"sip:evil", "sip:600@pbx", SX_AUTH_WRONG},
		{"sip:pbx", "sips:pbx", SX_AUTH_WRONG},
		{"sip:pbx", "sip:pbx2", SX_AUTH_WRONG},
		{"pbx", "sip:pbx", SX_AUTH_WRONG},
	};
	struct talk t;
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {
		talk_open(&t);
		assert_int_equal(0, challenge(&t, false, true, 401));
		t.ruri = rowv[i].digest;
		assert_int_equal(0, answer(&t, "pw", NULL));
		t.ruri = rowv[i].ruri;
		if (verify(&t, "pw", NULL) != rowv[i].want)
			fail_msg("%s for %s", rowv[i].digest, rowv[i].ruri);
		talk_close(&t);
	}
}


static void test_other_realm_and_method(void **state)
{
	struct talk t;
	(void)state;

	talk_open(&t);
	assert_int_equal(0, challenge(&t, false, true, 401));
	str_ncpy(t.uac.realm, "Office", sizeof(t.uac.realm));
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_NONE, verify(&t, "pw", NULL));

	str_ncpy(t.uac.realm, "office", sizeof(t.uac.realm));
	assert_int_equal(0, answer(&t, "pw", NULL));
	t.met = "INVITE"; /* what was signed was a REGISTER */
	assert_int_equal(SX_AUTH_WRONG, verify(&t, "pw", NULL));
	talk_close(&t);
}


/* The table is bounded.  What was pushed out of it can't be used again */
static void test_table_is_bounded(void **state)
{
	char first[1024];
	struct talk t;
	(void)state;

	talk_open(&t);

	for (unsigned i = 0; i < 32768 + 10; i++) {

		t.line[0] = '\0';
		t.uac	  = (struct sx_uac_state){0};
		if (i % 1000 == 1)
			now_us += 1000000u;

		assert_int_equal(0, challenge(&t, false, false, 401));
		assert_int_equal(0, answer(&t, "pw", NULL));
		assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));
		if (!i)
			memcpy(first, t.line, sizeof(first));
	}

	/* its entry has gone, and it is still no good */
	memcpy(t.line, first, sizeof(first));
	assert_int_equal(SX_AUTH_STALE, verify(&t, "pw", NULL));

	/* the next second all is well */
	now_us += 1000000u;
	t.line[0] = '\0';
	t.uac	  = (struct sx_uac_state){0};
	assert_int_equal(0, challenge(&t, false, false, 401));
	assert_int_equal(0, answer(&t, "pw", NULL));
	assert_int_equal(SX_AUTH_OK, verify(&t, "pw", NULL));
	talk_close(&t);
}


static void test_uas_arguments(void **state)
{
	struct sx_uas_auth *a = NULL;
	(void)state;

	assert_int_equal(EINVAL, sx_uas_auth_alloc(NULL, 60));
	assert_int_equal(EINVAL, sx_uas_auth_alloc(&a, 0));
	assert_int_equal(EINVAL, sx_uas_auth_alloc(&a, 3601));
	assert_int_equal(SX_AUTH_NONE,
			 sx_uas_auth_verify(NULL, NULL, NULL, NULL, NULL));
}


/* ---- client ----------------------------------------------------------- */

static int uac_got(struct sx_uac_state *st, uint16_t code, const char *lines)
{
	char text[4096];
	struct sx_msg *m;
	int err;

	(void)snprintf(text, sizeof(text), "SIP/2.0 %u x\r\n%s%s\r\n", code,
		       HEAD("INVITE"), lines);
	m   = parse(text);
	err = sx_uac_auth_challenge(st, m);
	mem_deref(m);

	return err;
}


#define WWW "WWW-Authenticate: " CHAL
#define PRX "Proxy-Authenticate: " CHAL

static void test_client_chooses(void **state)
{
	static const struct {
		uint16_t code;
		const char *lines;
		int err;
		enum sx_alg alg;
	} rowv[] = {
		{401, WWW "\r\n", 0, SX_ALG_MD5},
		{407, PRX "\r\n", 0, SX_ALG_MD5},
		{401, PRX "\r\n", ENOENT, 0},
		{407, WWW "\r\n", ENOENT, 0},
		{401, "", ENOENT, 0},
		{401, WWW ", algorithm=MD5\r\n" WWW ", algorithm=SHA-256\r\n", 0, SX_ALG_SHA256},
		{401, WWW ", algorithm=SHA-256\r\n" WWW "\r\n", 0, SX_ALG_SHA256},
		{401, WWW ", algorithm=SHA-512\r\n" WWW "\r\n", 0, SX_ALG_MD5},
		{401, WWW ", qop=\"auth-int\"\r\n", ENOENT, 0},
		{401, "WWW-Authenticate: Basic realm=\"r\"\r\n", ENOENT, 0},
		{200, WWW "\r\n", EINVAL, 0},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		struct sx_uac_state st = {.tries = 0};

		assert_int_equal(rowv[i].err,
				 uac_got(&st, rowv[i].code, rowv[i].lines));
		if (rowv[i].err)
			continue;

		assert_int_equal(rowv[i].alg, st.alg);
		assert_int_equal(rowv[i].code == 407, st.proxy);
	}
}


static void test_client_gives_up(void **state)
{
	struct sx_uac_state st = {.tries = 0};
	(void)state;

	assert_int_equal(0, uac_got(&st, 401, WWW "\r\n"));

	/* the same nonce again: our password is wrong */
	assert_int_equal(EACCES, uac_got(&st, 401, WWW "\r\n"));

	/* stale: one more try, then no more */
	assert_int_equal(0, uac_got(&st, 401, WWW ", stale=true\r\n"));
	assert_int_equal(EACCES, uac_got(&st, 401, WWW ", stale=true\r\n"));

	/* a new request */
	st.tries = 0;
	assert_int_equal(0, uac_got(&st, 401, WWW "\r\n"));
}


static void test_client_header(void **state)
{
	struct sx_uac_state st = {.tries = 0};
	struct mbuf *mb = mbuf_alloc(512);
	char line[1024];
	(void)state;

	/* nothing asked for, nothing said */
	assert_int_equal(0, sx_uac_auth_print(&st, mb, "u", "pw", NULL,
					      SX_INVITE, "sip:b"));
	assert_int_equal(0, mb->end);

	assert_int_equal(0, uac_got(&st, 407, PRX ", opaque=\"o\\\"p\", "
				    "qop=\"auth\"\r\n"));
	assert_int_equal(0, sx_uac_auth_print(&st, mb, "u\"v", "pw", NULL,
					      SX_INVITE, "sip:b"));
	memcpy(line, mb->buf, mb->end);
	line[mb->end] = '\0';

	assert_ptr_equal(line, strstr(line, "Proxy-Authorization: Digest "
				      "username=\"u\\\"v\", realm=\"r\", "
				      "nonce=\"n\", uri=\"sip:b\", response="));
	assert_non_null(strstr(line, ", opaque=\"o\\\"p\"\r\n"));
	assert_non_null(strstr(line, "nc=00000001"));
	assert_non_null(strstr(line, "qop=auth,"));

	mbuf_rewind(mb);
	assert_int_equal(0, sx_uac_auth_print(&st, mb, "u", "pw", NULL,
					      SX_ACK, "sip:b"));
	memcpy(line, mb->buf, mb->end);
	line[mb->end] = '\0';
	assert_non_null(strstr(line, "nc=00000002"));

	assert_int_equal(ENOTSUP, sx_uac_auth_print(&st, mb, "u", NULL, NULL,
						    SX_INVITE, "sip:b"));
	mem_deref(mb);
}


/* What does not fit is not cut, it is refused */
static void test_client_long_values(void **state)
{
	struct sx_uac_state st = {.tries = 0};
	char *line = stretch("WWW-Authenticate: Digest realm=\"r\", nonce=\"",
			     'n', 255, "\"\r\n");
	(void)state;

	assert_int_equal(0, uac_got(&st, 401, line));
	mem_deref(line);

	line = stretch("WWW-Authenticate: Digest realm=\"r\", nonce=\"", 'n',
		       256, "\"\r\n");
	assert_int_equal(ENOBUFS, uac_got(&st, 401, line));
	assert_string_equal("", st.nonce);
	mem_deref(line);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_challenge_values),
		cmocka_unit_test(test_credential_values),
		cmocka_unit_test(test_every_prefix_at_a_guard_page),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_md5secret),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_without_qop_once),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_key_rotation),
		cmocka_unit_test(test_foreign_nonce),
		cmocka_unit_test(test_digest_uri),
		cmocka_unit_test(test_other_realm_and_method),
		cmocka_unit_test(test_table_is_bounded),
		cmocka_unit_test(test_uas_arguments),
		cmocka_unit_test(test_client_chooses),
		cmocka_unit_test(test_client_gives_up),
		cmocka_unit_test(test_client_header),
		cmocka_unit_test(test_client_long_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
