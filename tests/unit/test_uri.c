/**
 * @file test_uri.c  URIs and addresses: rows of text and their parts; what is
 * written into a message can't leave its place
 */
#include "sip_util.h"

#define SIP SX_SCHEME_SIP
#define SIPS SX_SCHEME_SIPS
#define TEL SX_SCHEME_TEL
#define OTHER SX_SCHEME_OTHER


/* ---- URI -------------------------------------------------------------- */

static const struct {
	const char *text;
	enum sx_scheme scheme;
	const char *user, *password, *host;
	bool ip6;
	uint16_t port;
	const char *params, *headers;
} uriv[] = {
	/* clang-format off */
	{"sip:b",              SIP, "", "", "b", false, 0, "", ""},
	{"SIP:a@b",            SIP, "a", "", "b", false, 0, "", ""},
	{"sips:a@b:5061",      SIPS, "a", "", "b", false, 5061, "", ""},
	{"sip:a:pw@b:1",       SIP, "a", "pw", "b", false, 1, "", ""},
	{"sip:a:p:w@b",        SIP, "a", "p:w", "b", false, 0, "", ""},
	{"sip:a:@b",           SIP, "a", "", "b", false, 0, "", ""},
	{"sip:a@b;c;d=e",      SIP, "a", "", "b", false, 0, ";c;d=e", ""},
	{"sip:a@b:5060;c?d=e", SIP, "a", "", "b", false, 5060, ";c", "?d=e"},
	{"sip:a@b?d=e;f",      SIP, "a", "", "b", false, 0, "", "?d=e;f"},
	{"sip:a@192.0.2.1",    SIP, "a", "", "192.0.2.1", false, 0, "", ""},
	{"sip:[2001:db8::1]",  SIP, "", "", "2001:db8::1", true, 0, "", ""},
	{"sip:a@[::1]:5060;x", SIP, "a", "", "::1", true, 5060, ";x", ""},
	{"sip:[2001:db8::10:5070]", SIP, "", "", "2001:db8::10:5070", true, 0, "", ""},
	{"sip:a@[2001:db8:::192.0.2.1]", SIP, "a", "", "2001:db8:::192.0.2.1", true, 0, "", ""},
	{"sip:a@[::ffff:192.0.2.1]", SIP, "a", "", "::ffff:192.0.2.1", true, 0, "", ""},
	{"sip:a;b=c@d",        SIP, "a;b=c", "", "d", false, 0, "", ""},
	{"sip:a?b@d",          SIP, "a?b", "", "d", false, 0, "", ""},
	{"sip:+49(30)1#*@d",   SIP, "+49(30)1#*", "", "d", false, 0, "", ""},
	{"sip:a%40b%2541@d",   SIP, "a%40b%2541", "", "d", false, 0, "", ""},
	{"sip:%00@d",          SIP, "%00", "", "d", false, 0, "", ""},
	{"sip:\xc3\xa4@d",     SIP, "\xc3\xa4", "", "d", false, 0, "", ""},
	{"sip:a@my_host.x-y",  SIP, "a", "", "my_host.x-y", false, 0, "", ""},
	{"tel:+49-30.1(2)",    TEL, "+49-30.1(2)", "", "", false, 0, "", ""},
	{"tel:123;phone-context=+1;x", TEL, "123", "", "", false, 0, ";phone-context=+1;x", ""},
	{"tel:*21#",           TEL, "*21#", "", "", false, 0, "", ""},
	{"soap.beep://1:3",    OTHER, "", "", "", false, 0, "", ""},
	{"urn:service:sos",    OTHER, "", "", "", false, 0, "", ""},
	/* clang-format on */
};


static void test_uri_parts(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(uriv); i++) {

		struct sx_uri uri;
		struct pl pl;

		pl_set_str(&pl, uriv[i].text);
		if (sx_uri_parse(&uri, &pl))
			fail_msg("\"%s\" refused", uriv[i].text);

		assert_int_equal(uriv[i].scheme, uri.scheme);
		assert_pl(&uri.user, uriv[i].user);
		assert_pl(&uri.password, uriv[i].password);
		assert_pl(&uri.host, uriv[i].host);
		assert_int_equal(uriv[i].ip6, uri.host_ip6);
		assert_int_equal(uriv[i].port, uri.port);
		assert_pl(&uri.params, uriv[i].params);
		assert_pl(&uri.headers, uriv[i].headers);
	}
}


static void test_uri_malformed(void **state)
{
	static const char *const rowv[] = {
		"", "sip", "sip:", ":a@b", "1sip:a@b", "sip:@b", "sip:a@",
		"sip:a@@b", "sip:a@b@c", "sip: a@b", "sip:a b@c", "sip:a@b ",
		" sip:a@b", "<sip:a@b>", "sip:a@\"b\"", "sip:a@b\r\n",
		"sip:a@b\x7f", "sip:a@b:", "sip:a@b:0", "sip:a@b:65536",
		"sip:a@b:-1", "sip:a@b:5060x", "sip:a@b:99999999999999999999",
		"sip:a@b;", "sip:a@b;;c", "sip:a@b;=c", "sip:a@b,c",
		"sip:a@b;c,d", "sip:a%@b", "sip:a%4@b", "sip:a%zz@b",
		"sip:a:%4@b", "sip:a@[::1", "sip:a@[]", "sip:a@[1234]",
		"sip:a@[::g]", "sip:a@::1", "sip:2001:db8::10", "sip:a@b/c",
		"sip:a@[::1]x", "tel:", "tel:;x", "tel:12x4", "tel:+1;;",
		"tel:1 2", "si/p:a@b",
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		struct sx_uri uri;
		struct pl pl;

		pl_set_str(&pl, rowv[i]);
		if (sx_uri_parse(&uri, &pl) != EBADMSG)
			fail_msg("\"%s\" taken", rowv[i]);
	}

	assert_int_equal(EINVAL, sx_uri_parse(NULL, NULL));
}


/* ---- addresses -------------------------------------------------------- */

static const struct {
	const char *text;
	const char *dname, *auri, *params;
} addrv[] = {
	{"<sip:a@b>", "", "sip:a@b", ""},
	{"Bob<sip:a@b>;tag=1", "Bob", "sip:a@b", ";tag=1"},
	{"Bob  B. <sip:a@b> ; tag=1", "Bob  B.", "sip:a@b", "; tag=1"},
	{"\"B, \\\"<x>\\\"\" <sip:a@b>", "B, \\\"<x>\\\"", "sip:a@b", ""},
	{"\"\" <sip:a@b>", "", "sip:a@b", ""},
	{"\"B\"\r\n <sip:a@b>", "B", "sip:a@b", ""},
	{"sip:a@b", "", "sip:a@b", ""},
	{"sip:a@b;tag=1", "", "sip:a@b", ";tag=1"},
	{"sip:a@b ; tag = 1", "", "sip:a@b", "; tag = 1"},
	{"<sip:a@b;x=1?h=i>;tag=1", "", "sip:a@b;x=1?h=i", ";tag=1"},
	{"<sip:a@b>;x=\"a;b,c>\";y", "", "sip:a@b", ";x=\"a;b,c>\";y"},
	{"  <tel:+1>  ", "", "tel:+1", ""},
	{"\xc3\x84 <sip:a@b>", "\xc3\x84", "sip:a@b", ""},
};


static void test_addresses(void **state)
{
	struct sx_addr addr;
	struct pl pl = PL(" * ");
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(addrv); i++) {

		pl_set_str(&pl, addrv[i].text);
		if (sx_addr_parse(&addr, &pl))
			fail_msg("\"%s\" refused", addrv[i].text);

		assert_pl(&addr.dname, addrv[i].dname);
		assert_pl(&addr.auri, addrv[i].auri);
		assert_pl(&addr.params, addrv[i].params);
		assert_false(addr.star);
	}

	pl_set_str(&pl, " * ");
	assert_int_equal(0, sx_addr_parse(&addr, &pl));
	assert_true(addr.star);
}


static void test_addresses_malformed(void **state)
{
	static const char *const rowv[] = {
		"", " ", "<>", "<sip:a@b", "sip:a@b>", "\"B <sip:a@b>",
		"\"B\" sip:a@b", "\"B\"", "\"B\\", "a, b <sip:a@b>",
		"< sip:a@b>", "<sip:a@b >", "<sip:a@b> x", "<sip:a@b>;",
		"<sip:a@b>;;a", "<sip:a@b>,<sip:c@d>", "sip:a@b?h=i",
		"sip:a@b, sip:c@d", "a \"b\" <sip:a@b>", "<sip:a@b>;x=\"y",
		"**", "<sip:a@b>;x=y z", "bob",
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		struct sx_addr addr;
		struct pl pl;

		pl_set_str(&pl, rowv[i]);
		if (sx_addr_parse(&addr, &pl) != EBADMSG)
			fail_msg("\"%s\" taken", rowv[i]);
	}
}


/* RFC 4475 3.3.12 and 3.3.13: whose parameter it is */
static void test_parameter_belongs_to_whom(void **state)
{
	struct sx_addr addr;
	struct pl pl = PL("sip:a@b;unknownparam");
	(void)state;

	assert_int_equal(0, sx_addr_parse(&addr, &pl));
	assert_pl(&addr.uri.params, "");
	assert_true(sx_param(&addr.params, "unknownparam", NULL));

	pl_set_str(&pl, "<sip:a@b;unknownparam>");
	assert_int_equal(0, sx_addr_parse(&addr, &pl));
	assert_pl(&addr.uri.params, ";unknownparam");
	assert_false(sx_param(&addr.params, "unknownparam", NULL));
}


/* ---- parameters ------------------------------------------------------- */

static void test_params(void **state)
{
	static const struct {
		const char *params, *name, *want; /* NULL: not there */
	} rowv[] = {
		{";a=1;b=2", "a", "1"},
		{";a=1;b=2", "B", "2"},
		{"; a = 1 ; b", "a", "1"},
		{"; a = 1 ; b", "b", ""},
		{";ab=1", "a", NULL},
		{";a=\"b;a=2\";c=3", "c", "3"},
		{";a=\"b;d=2\"", "d", NULL},
		{";a=\"q\"", "a", "q"},
		{";a=\"\"", "a", ""},
		{";a=", "a", ""},
		{";a=\"x", "a", NULL},
		{";a=1;a=2", "a", "1"},
		{";received=2001:db8::9:255", "received", "2001:db8::9:255"},
		{";received=[2001:db8::1]", "received", "[2001:db8::1]"},
		{"", "a", NULL},
		{"a=1", "a", NULL},
		{";;a=1", "a", NULL},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		struct pl pl, val = pl_null;

		pl_set_str(&pl, rowv[i].params);
		if (sx_param(&pl, rowv[i].name, &val) !=
		    (rowv[i].want != NULL))
			fail_msg("\"%s\" has %s?", rowv[i].params,
				 rowv[i].name);
		if (rowv[i].want)
			assert_pl(&val, rowv[i].want);
	}

	assert_false(sx_param(NULL, "a", NULL));
	assert_false(sx_param(&pl_null, "a", NULL));
}


/* ---- escapes ---------------------------------------------------------- */

static void test_unescape(void **state)
{
	static const struct {
		const char *text;
		int err;
		const char *want;
	} rowv[] = {
		{"", 0, ""},
		{"abc", 0, "abc"},
		{"%75se%72", 0, "user"},
		{"sips%3Auser%40example.com", 0, "sips:user@example.com"},
		{"%2541", 0, "%41"}, /* once, not twice */
		{"%c3%A4", 0, "\xc3\xa4"},
		{"null-%00-null", EINVAL, ""},
		{"%", EINVAL, ""},
		{"a%4", EINVAL, ""},
		{"%4g", EINVAL, ""},
		{"12345678901", 0, "12345678901"},
		{"123456789012345678901234567890123", ENOBUFS, ""},
	};
	char buf[32];
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		struct pl pl;

		pl_set_str(&pl, rowv[i].text);
		assert_int_equal(rowv[i].err,
				 sx_unescape(buf, sizeof(buf), &pl));
		assert_string_equal(rowv[i].want, buf);
	}

	assert_int_equal(EINVAL, sx_unescape(buf, 0, &pl_null));
}


static void test_unquote(void **state)
{
	static const struct {
		const char *text, *want;
	} rowv[] = {
		{"", ""},
		{"Bob", "Bob"},
		{"a\\\"b\\\\c", "a\"b\\c"},
		{"a\\", "a\\"},
		{"a\r\n b\x01\x7f", "a b"},
		{"0123456789", "0123456"}, /* cut to the buffer */
	};
	char buf[8];
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		struct pl pl;

		pl_set_str(&pl, rowv[i].text);
		sx_unquote(buf, sizeof(buf), &pl);
		assert_string_equal(rowv[i].want, buf);
	}
}


/* All 256 bytes through the printers and back: what comes out is one
 * address, with the name that went in */
static void test_nothing_leaves_its_place(void **state)
{
	char name[260], text[2048], back[512];
	struct sx_addr addr;
	(void)state;

	for (unsigned c = 0; c < 256; c++) {

		char raw[] = {'x', (char)c, '\r', '\n', '"', '>', (char)c};
		struct pl in = {raw, sizeof(raw)}, out;

		(void)re_snprintf(text, sizeof(text), "%H <sip:%H@h>;tag=t",
				  sx_quote, &in, sx_escape_user, &in);

		pl_set_str(&out, text);
		assert_int_equal(0, sx_addr_parse(&addr, &out));
		assert_pl(&addr.uri.host, "h");
		assert_pl(&addr.params, ";tag=t");
		assert_null(strpbrk(text, "\r\n"));

		if (!c)
			continue;

		assert_int_equal(0, sx_unescape(back, sizeof(back),
						&addr.uri.user));
		assert_int_equal(sizeof(raw), strlen(back));
		assert_memory_equal(raw, back, sizeof(raw));

		sx_unquote(name, sizeof(name), &addr.dname);
		assert_int_equal('x', name[0]);
		assert_non_null(strstr(name, "\">"));
	}
}


/* ---- memory ----------------------------------------------------------- */

static void test_every_prefix_at_a_guard_page(void **state)
{
	static const char *const rowv[] = {
		"sip:a%40b:pw@[2001:db8::1]:5060;x=y?h=i",
		"\"B, \\\"x\\\"\" <sip:a@b:5060;x=1?h=i>;tag=\"q\\\"\";y",
		"tel:+49-30;phone-context=x",
		"SIP / 2.0 / UDP [::1]:5060 ;branch=z9hG4bK;rport",
		";a=\"b\\\"c\" ; d = e ;f",
	};
	struct guarded g;
	(void)state;

	guarded_open(&g, 4096);

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {
		for (size_t n = 0; n <= 2 * strlen(rowv[i]); n++) {

			struct pl pl = {NULL, n / 2};
			struct sx_uri uri;
			struct sx_addr addr;
			struct sx_via via;
			char buf[256];

			pl.p = (const char *)guarded_put(&g, rowv[i], pl.l,
							 n & 1);
			(void)sx_uri_parse(&uri, &pl);
			(void)sx_addr_parse(&addr, &pl);
			(void)sx_via_parse(&via, &pl);
			(void)sx_param(&pl, "f", NULL);
			(void)sx_unescape(buf, sizeof(buf), &pl);
			sx_unquote(buf, sizeof(buf), &pl);
		}
	}

	guarded_close(&g);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uri_parts),
		cmocka_unit_test(test_uri_malformed),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_addresses_malformed),
		cmocka_unit_test(test_parameter_belongs_to_whom),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_unquote),
		cmocka_unit_test(test_nothing_leaves_its_place),
		cmocka_unit_test(test_every_prefix_at_a_guard_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
