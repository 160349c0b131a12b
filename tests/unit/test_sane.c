/**
 * @file test_sane.c  Validity of messages: the answer that each fault gets,
 * and the messages of RFC 4475 and RFC 5118 where their folder is given by
 * TANDEM_SHARED
 */
#include "sip_util.h"
#include "sip/sane.h"

#define PARTIES(from, to, met)                                               \
	"Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: " from "\r\nTo: " to   \
	"\r\nCall-ID: c\r\nCSeq: 7 " met "\r\nContent-Length: 0\r\n\r\n"
#define SDP(n) "Content-Type: application/sdp\r\nContent-Length: " #n "\r\n\r\n"


static void judge(struct sx_verdict *v, const void *p, size_t n)
{
	int err;
	struct sx_msg *m = parse_mem(p, n, false, &err);

	assert_int_equal(0, err);
	memset(v, 0xff, sizeof(*v));
	sx_sane(v, m);
	mem_deref(m);
}


static const struct {
	const char *text;
	uint16_t scode;
	const char *hdr;
} rowv[] = {
	/* clang-format off */
	/* good ones */
	{REQ("OPTIONS", ""), 0, ""},
	{REQ("INVITE", CONTACT), 0, ""},
	{REQ("REGISTER", CONTACT), 0, ""},
	{REQ("REGISTER", CONTACT CONTACT), 0, ""},
	{REQ("REGISTER", ""), 0, ""},
	{REQ("REGISTER", "Contact: *\r\nExpires: 0\r\n"), 0, ""},
	{REQ("REGISTER", "Contact: <tel:+49>\r\n"), 0, ""},
	{REQ("CANCEL", "Require: x\r\n"), 0, ""},
	{REQ("BYE", ""), 0, ""},
	{REQ("NOTIFY", ""), 0, ""},
	{REQ("INVITE", CONTACT "Require: timer, 100rel\r\n"), 0, ""},
	{REQ("INVITE", CONTACT "Require: TIMER\r\n"), 0, ""},
	{REQ("OPTIONS", "Proxy-Require: whatever\r\n"), 0, ""},
	{REQ("OPTIONS", "Max-Forwards: 0\r\n"), 0, ""},
	{REQ("INVITE", CONTACT "Accept: text/plain, application/*;q=0.5\r\n"), 0, ""},
	{REQ("INVITE", CONTACT "Accept: */*\r\n"), 0, ""},
	{REQ("INVITE", CONTACT "Accept: application/SDP;level=1\r\n"), 0, ""},
	{REQ("OPTIONS", "Accept: text/plain\r\n"), 0, ""},

	/* method */
	{REQ("NEWMETHOD", ""), 501, "Allow: " SX_ALLOW "\r\n"},
	{REQ("invite", CONTACT), 501, "Allow: " SX_ALLOW "\r\n"},
	{REQ("INVITEX", CONTACT), 501, "Allow: " SX_ALLOW "\r\n"},
	{REQ("PUBLISH", ""), 405, "Allow: " SX_ALLOW "\r\n"},
	{"OPTIONS sip:a@b SIP/2.0\r\n" HEAD("INVITE") "\r\n", 400, ""},
	{"OPTIONS sip:a@b SIP/2.0\r\n" HEAD("Options") "\r\n", 400, ""},

	/* Request-URI */
	{"OPTIONS isbn:12 SIP/2.0\r\n" HEAD("OPTIONS") "\r\n", 416, ""},
	{"OPTIONS http://x/ SIP/2.0\r\n" HEAD("OPTIONS") "\r\n", 416, ""},
	{"OPTIONS tel:112 SIP/2.0\r\n" HEAD("OPTIONS") "\r\n", 0, ""},
	{"OPTIONS sips:a@b SIP/2.0\r\n" HEAD("OPTIONS") "\r\n", 0, ""},
	{"OPTIONS sip:a@b?x=y SIP/2.0\r\n" HEAD("OPTIONS") "\r\n", 400, ""},
	{"OPTIONS sip:a%00@b SIP/2.0\r\n" HEAD("OPTIONS") "\r\n", 400, ""},
	{"OPTIONS sip:a%2500@b SIP/2.0\r\n" HEAD("OPTIONS") "\r\n", 0, ""},
	{"OPTIONS sip:a@b SIP/7.0\r\n" HEAD("OPTIONS") "\r\n", 505, ""},

	/* From and To */
	{"OPTIONS sip:a@b SIP/2.0\r\n" PARTIES("<sip:a@b>", "<sip:b@b>", "OPTIONS"), 400, ""},
	{"OPTIONS sip:a@b SIP/2.0\r\n" PARTIES("<sip:a@b>;tag=1", "<sip:b@b>", "OPTIONS"), 0, ""},
	{"OPTIONS sip:a@b SIP/2.0\r\n" PARTIES("<sip:a%00@b>;tag=1", "<sip:b@b>", "OPTIONS"), 400, ""},
	{"OPTIONS sip:a@b SIP/2.0\r\n" PARTIES("<sip:a@b>;tag=1", "<sip:b%00@b>", "OPTIONS"), 400, ""},
	{"REGISTER sip:b SIP/2.0\r\n" PARTIES("<sip:a@b>;tag=1", "<isbn:12>", "REGISTER"), 400, ""},

	/* Contact */
	{REQ("INVITE", ""), 400, ""},
	{REQ("SUBSCRIBE", ""), 400, ""},
	{REQ("REFER", ""), 400, ""},
	{REQ("INVITE", CONTACT CONTACT), 400, ""},
	{REQ("INVITE", "Contact: <sip:a>, <sip:b>\r\n"), 400, ""},
	{REQ("INVITE", "Contact: *\r\n"), 400, ""},
	{REQ("INVITE", "Contact: None\r\n"), 400, ""},
	{REQ("INVITE", "Contact: <tel:+49>\r\n"), 400, ""},
	{REQ("INVITE", "Contact:\r\n"), 400, ""},
	{REQ("REGISTER", "Contact: None\r\n"), 400, ""},
	{REQ("REGISTER", "Contact: *\r\n"), 400, ""},
	{REQ("REGISTER", "Contact: *\r\nExpires: 60\r\n"), 400, ""},
	{REQ("REGISTER", "Contact: *, <sip:a>\r\nExpires: 0\r\n"), 400, ""},
	{REQ("REGISTER", "Contact: sip:u@h?Route=%3Csip:x%3E\r\n"), 400, ""},
	{REQ("REGISTER", CONTACT "Contact: \"x <sip:a>\r\n"), 400, ""},

	/* hops, extensions */
	{REQ("INVITE", CONTACT "Max-Forwards: 0\r\n"), 483, ""},
	{REQ("MESSAGE", "Max-Forwards: 0\r\n"), 483, ""},
	{REQ("OPTIONS", "Require: a, timer, b\r\n"), 420, "Unsupported: a, b\r\n"},
	{REQ("OPTIONS", "Require: a\r\nRequire: b\r\n"), 420, "Unsupported: a, b\r\n"},
	{REQ("OPTIONS", "Require: a b\r\n"), 420, ""},
	{REQ("OPTIONS", "Require: tim\r\n"), 420, "Unsupported: tim\r\n"},

	/* body */
	{"INVITE sip:a@b SIP/2.0\r\n" HEAD("INVITE") CONTACT SDP(3) "v=0", 0, ""},
	{"INVITE sip:a@b SIP/2.0\r\n" HEAD("INVITE") CONTACT
	 "Content-Type: text/plain\r\n\r\nhi", 415, "Accept: application/sdp\r\n"},
	{"INVITE sip:a@b SIP/2.0\r\n" HEAD("INVITE") CONTACT
	 "Content-Type: text/plain\r\nContent-Disposition: x;handling=optional\r\n\r\nhi", 0, ""},
	{"INVITE sip:a@b SIP/2.0\r\n" HEAD("INVITE") CONTACT "\r\nhi", 400, ""},
	{"INVITE sip:a@b SIP/2.0\r\n" HEAD("INVITE") CONTACT
	 "Content-Encoding: gzip\r\n" SDP(2) "hi", 415, "Accept-Encoding: identity\r\n"},
	{"INVITE sip:a@b SIP/2.0\r\n" HEAD("INVITE") CONTACT
	 "e: identity\r\n" SDP(2) "hi", 0, ""},
	{"INVITE sip:a@b SIP/2.0\r\n" HEAD("INVITE") CONTACT
	 "c: multipart/mixed;boundary=x\r\n\r\n--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--", 0, ""},
	{"INVITE sip:a@b SIP/2.0\r\n" HEAD("INVITE") CONTACT
	 "c: multipart/mixed;boundary=x\r\n\r\n--x\r\nContent-Type: a/b\r\n\r\nv=0\r\n--x--", 415, "Accept: application/sdp\r\n"},
	{"INFO sip:a@b SIP/2.0\r\n" HEAD("INFO")
	 "Content-Type: application/dtmf-relay\r\n\r\nSignal=1", 0, ""},
	{REQ("INVITE", CONTACT "Accept: text/plain\r\n"), 406, ""},
	{REQ("INVITE", CONTACT "Accept:\r\n"), 406, ""},
	/* clang-format on */
};


static void test_verdicts(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		struct sx_verdict v;

		judge(&v, rowv[i].text, strlen(rowv[i].text));

		if (v.scode != rowv[i].scode || strcmp(v.hdr, rowv[i].hdr))
			fail_msg("row %u: %u %s \"%s\"\n%s", (unsigned)i,
				 v.scode, v.scode ? v.reason : "", v.hdr,
				 rowv[i].text);

		assert_false(v.drop);
		if (v.scode)
			assert_true(v.reason && *v.reason);
	}
}


/* What can't be answered: no way back, or nobody waits for it */
static void test_dropped(void **state)
{
	static const char *const text[] = {
		"OPTIONS sip:a@b SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\n"
		"To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"ACK sip:a@b SIP/2.0\r\n" HEAD("INVITE") "\r\n",
		"ACK isbn:1 SIP/2.0\r\n" HEAD("ACK") "\r\n",
		"ACK sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x\r\n\r\n",
		"SIP/2.0 200 OK\r\n" HEAD("INVITE")
		"Via: SIP/2.0/UDP 255.255.255.255\r\n\r\n",
		"SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n",
		"SIP/2.0 4294967301 x\r\n" HEAD("INVITE") "\r\n",
		"SIP/3.0 200 OK\r\n" HEAD("INVITE") "\r\n",
		"SIP/2.0 200 OK\r\n" HEAD("INVITE") "Content-Length: 9\r\n\r\n",
	};
	struct sx_verdict v;
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(text); i++) {
		judge(&v, text[i], strlen(text[i]));
		if (!v.drop || !v.scode)
			fail_msg("row %u: %u", (unsigned)i, v.scode);
	}

	sx_sane(&v, NULL);
	assert_true(v.drop);
}


/* An ACK and a response are taken although a request like it would not be */
static void test_lenient(void **state)
{
	static const char *const text[] = {
		"ACK sip:a@b SIP/2.0\r\n" HEAD("ACK")
		"Require: x\r\nMax-Forwards: 0\r\n\r\n",
		"ACK sip:a@b SIP/2.0\r\n" HEAD("ACK") "\r\nbody",
		"SIP/2.0 200 OK\r\n" HEAD("INVITE") "\r\n",
		"SIP/2.0 183 x\r\n" HEAD("INVITE") "Require: 100rel\r\n\r\n",
	};
	struct sx_verdict v;
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(text); i++) {
		judge(&v, text[i], strlen(text[i]));
		assert_int_equal(0, v.scode);
		assert_false(v.drop);
	}
}


/* Each header that an answer is made of taken away in turn, from each method */
static void test_each_header_missing(void **state)
{
	static const char *const needv[] = {"From", "To", "Call-ID", "CSeq"};
	(void)state;

	for (int met = SX_INVITE; met <= SX_PUBLISH; met++) {
		for (size_t i = 0; i < ARRAY_SIZE(needv); i++) {

			char text[1024];
			struct sx_verdict v;
			const char *name = sx_method_name((enum sx_method)met);

			(void)re_snprintf(text, sizeof(text),
				"%s sip:a@b SIP/2.0\r\n"
				"Via: SIP/2.0/UDP x;branch=z9hG4bK1\r\n"
				"%s <sip:a@b>;tag=1\r\n%s <sip:b@b>\r\n"
				"%s c\r\n%s 1 %s\r\n\r\n", name,
				i == 0 ? "A:" : "From:", i == 1 ? "A:" : "To:",
				i == 2 ? "A:" : "Call-ID:",
				i == 3 ? "A:" : "CSeq:", name);

			judge(&v, text, strlen(text));
			assert_int_equal(400, v.scode);
			assert_int_equal(met == SX_ACK, v.drop);
		}
	}
}


/* The line that lists what is not supported stays whole */
static void test_many_unsupported(void **state)
{
	char line[4096] = "Require: ", text[8192];
	struct sx_verdict v;
	size_t n = strlen(line);
	(void)state;

	for (int i = 0; i < 200; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n,
				      "tag%03d, ", i);

	(void)snprintf(text, sizeof(text), "%s%s\r\n\r\n",
		       "OPTIONS sip:a@b SIP/2.0\r\n" HEAD("OPTIONS"), line);
	judge(&v, text, strlen(text));

	assert_int_equal(420, v.scode);
	n = strlen(v.hdr);
	assert_true(n > 450 && n < sizeof(v.hdr));
	assert_string_equal("\r\n", v.hdr + n - 2);
	assert_non_null(strstr(v.hdr, "Unsupported: tag000, tag001"));
	assert_ptr_equal(v.hdr + n - 2, strstr(v.hdr, "\r\n"));

	/* each of them whole */
	assert_int_equal(0, (n - strlen("Unsupported: ")) %
			    strlen("tag000, "));
}


/* One long token that does not fit at all */
static void test_long_unsupported(void **state)
{
	char *text = stretch("OPTIONS sip:a@b SIP/2.0\r\n" HEAD("OPTIONS")
			     "Require: ", 'x', 2000, ", y\r\n\r\n");
	struct sx_verdict v;
	(void)state;

	judge(&v, text, strlen(text));
	assert_int_equal(420, v.scode);
	assert_string_equal("", v.hdr);
	mem_deref(text);
}


/* ---- RFC 4475, RFC 5118 ----------------------------------------------- */

enum { DROP = 1 };

/* scode: 0 goes on to the transactions, DROP: not answered */
static const struct {
	const char *file;
	uint16_t scode;
} torturev[] = {
	/* clang-format off */
	{"rfc4475/wsinv.dat", 0},        {"rfc4475/intmeth.dat", 501},
	{"rfc4475/esc01.dat", 0},        {"rfc4475/escnull.dat", 400},
	{"rfc4475/esc02.dat", 501},      {"rfc4475/lwsdisp.dat", 0},
	{"rfc4475/longreq.dat", 0},      {"rfc4475/dblreq.dat", 0},
	{"rfc4475/semiuri.dat", 0},      {"rfc4475/transports.dat", 0},
	{"rfc4475/mpart01.dat", 0},      {"rfc4475/unreason.dat", 0},
	{"rfc4475/noreason.dat", 0},     {"rfc4475/badinv01.dat", 400},
	{"rfc4475/clerr.dat", 400},      {"rfc4475/ncl.dat", 400},
	{"rfc4475/scalar02.dat", 400},   {"rfc4475/scalarlg.dat", DROP},
	{"rfc4475/quotbal.dat", 400},    {"rfc4475/ltgtruri.dat", 400},
	{"rfc4475/lwsruri.dat", 400},    {"rfc4475/lwsstart.dat", 400},
	{"rfc4475/trws.dat", 400},       {"rfc4475/escruri.dat", 400},
	{"rfc4475/baddate.dat", 0},      {"rfc4475/regbadct.dat", 400},
	{"rfc4475/badaspec.dat", 400},   {"rfc4475/baddn.dat", 400},
	{"rfc4475/badvers.dat", 505},    {"rfc4475/mismatch01.dat", 400},
	{"rfc4475/mismatch02.dat", 501}, {"rfc4475/bigcode.dat", DROP},
	{"rfc4475/badbranch.dat", 0},    {"rfc4475/insuf.dat", 400},
	{"rfc4475/unkscm.dat", 416},     {"rfc4475/novelsc.dat", 416},
	{"rfc4475/unksm2.dat", 400},     {"rfc4475/bext01.dat", 420},
	{"rfc4475/invut.dat", 415},      {"rfc4475/regaut01.dat", 0},
	{"rfc4475/multi01.dat", 400},    {"rfc4475/mcl01.dat", 400},
	{"rfc4475/bcast.dat", DROP},     {"rfc4475/zeromf.dat", 0},
	{"rfc4475/cparam01.dat", 0},     {"rfc4475/cparam02.dat", 0},
	{"rfc4475/regescrt.dat", 0},     {"rfc4475/sdp01.dat", 406},
	{"rfc4475/inv2543.dat", 400},
	{"rfc5118/ipv6-good", 0},        {"rfc5118/ipv6-bad", 400},
	{"rfc5118/port-ambiguous", 0},   {"rfc5118/port-unambiguous", 0},
	{"rfc5118/via-received-param-with-delim", 0},
	{"rfc5118/via-received-param-no-delim", 0},
	{"rfc5118/ipv6-in-sdp", 0},      {"rfc5118/mult-ip-in-header", 0},
	{"rfc5118/mult-ip-in-sdp", 0},   {"rfc5118/ipv4-mapped-ipv6", 0},
	{"rfc5118/ipv6-bug-abnf-3-colons", 0},
	{"rfc5118/ipv6-correct-abnf-2-colons", 0},
	/* clang-format on */
};


/* The file below $TANDEM_SHARED/torture; false if it is not there */
static bool torture_read(uint8_t *buf, size_t size, size_t *n,
			 const char *name)
{
	const char *dir = getenv("TANDEM_SHARED");
	char path[512];

	if (!dir)
		return false;

	(void)snprintf(path, sizeof(path), "%s/torture/%s", dir, name);

	FILE *f = fopen(path, "rb");
	if (!f)
		return false;

	*n = fread(buf, 1, size, f);
	(void)fclose(f);

	return *n > 0;
}


static void test_torture(void **state)
{
	static uint8_t buf[65536];
	size_t n;
	(void)state;

	if (!torture_read(buf, sizeof(buf), &n, torturev[0].file)) {
		print_message("TANDEM_SHARED has no torture messages\n");
		skip();
	}

	for (size_t i = 0; i < ARRAY_SIZE(torturev); i++) {

		struct sx_verdict v;

		assert_true(torture_read(buf, sizeof(buf), &n,
					 torturev[i].file));
		judge(&v, buf, n);

		if ((v.drop ? DROP : v.scode) != torturev[i].scode)
			fail_msg("%s: %u %s%s", torturev[i].file, v.scode,
				 v.scode ? v.reason : "",
				 v.drop ? " (dropped)" : "");
	}
}


/* Every prefix of each, with nothing readable behind or before it */
static void test_torture_cut(void **state)
{
	static uint8_t buf[65536];
	struct guarded g;
	size_t n;
	(void)state;

	if (!torture_read(buf, sizeof(buf), &n, torturev[0].file))
		skip();

	guarded_open(&g, 8192);

	for (size_t i = 0; i < ARRAY_SIZE(torturev); i++) {

		assert_true(torture_read(buf, g.size, &n, torturev[i].file));

		for (size_t len = 0; len <= n; len++) {

			struct sx_msg *m = NULL;
			struct sx_verdict v;
			uint8_t *p = guarded_put(&g, buf, len, len & 1);
			struct mbuf *mb = mb_over(p, len);

			if (!sx_msg_parse(&m, mb, len & 2))
				sx_sane(&v, m);

			mem_deref(m);
			mem_deref(mb);
		}
	}

	guarded_close(&g);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_each_header_missing),
		cmocka_unit_test(test_many_unsupported),
		cmocka_unit_test(test_long_unsupported),
		cmocka_unit_test(test_torture),
		cmocka_unit_test(test_torture_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
