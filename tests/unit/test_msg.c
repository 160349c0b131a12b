/**
 * @file test_msg.c  The parser of SIP messages: rows of text and what it must
 * make of them
 */
#include "sip_util.h"
#include "sip/lex.h"


/* ---- classes of characters -------------------------------------------- */

static unsigned class_of(unsigned c)
{
	bool digit = c >= '0' && c <= '9';
	bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	bool hex   = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
	unsigned m = 0;

	if (digit || alpha || (c && c < 128 && strchr("-.!%*_+`'~", (int)c)))
		m |= LEX_TOKEN;
	if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		m |= LEX_LWS;
	if ((c < 32 && c != '\t') || c == 127)
		m |= LEX_CTL;
	if (digit)
		m |= LEX_DIGIT;
	if (hex)
		m |= LEX_HEX;
	if (digit || alpha || (c && c < 128 && strchr("-._", (int)c)))
		m |= LEX_HOST;
	if (c <= 32 || c == 127 || c == '<' || c == '>' || c == '"')
		m |= LEX_NOURI;
	if (alpha)
		m |= LEX_ALPHA;

	return m;
}


static void test_classes_follow_the_grammar(void **state)
{
	(void)state;

	for (unsigned c = 0; c < 256; c++) {
		if (lex_class[c] != class_of(c))
			fail_msg("character 0x%02x: 0x%02x, want 0x%02x", c,
				 lex_class[c], class_of(c));
	}
}


/* ---- first line ------------------------------------------------------- */

struct first_row {
	const char *line;
	int err;
	uint16_t bad;
	const char *met;
	const char *ruri;
	const char *version;
	uint16_t scode;
	const char *reason;
};

static const struct first_row firstv[] = {
	{"INVITE sip:a@b SIP/2.0", 0, 0, "INVITE", "sip:a@b", "SIP/2.0", 0, ""},
	{"FOO.-!%*_+`'~1 sip:b SIP/2.0", 0, 0, "FOO.-!%*_+`'~1", "sip:b",
	 "SIP/2.0", 0, ""},
	{"INVITE tel:+4930;x=y sip/2.0", 0, 0, "INVITE", "tel:+4930;x=y",
	 "sip/2.0", 0, ""},
	{"INVITE  sip:a@b SIP/2.0", 0, 400, "INVITE", "sip:a@b", "SIP/2.0", 0, ""},
	{"INVITE sip:a@b  SIP/2.0", 0, 400, "INVITE", "sip:a@b", "SIP/2.0", 0, ""},
	{"INVITE sip:a@b SIP/2.0 ", 0, 400, "INVITE", "sip:a@b", "SIP/2.0", 0, ""},
	{"INVITE\tsip:a@b\tSIP/2.0", 0, 400, "INVITE", "sip:a@b", "SIP/2.0", 0, ""},
	{"INVITE sip:a b SIP/2.0", 0, 400, "INVITE", "sip:a b", "SIP/2.0", 0, ""},
	{"INVITE <sip:a@b> SIP/2.0", 0, 400, "INVITE", "<sip:a@b>", "SIP/2.0", 0, ""},
	{"INVITE SIP/2.0", 0, 400, "INVITE", "", "SIP/2.0", 0, ""},
	{"INVITE sip: SIP/2.0", 0, 400, "INVITE", "sip:", "SIP/2.0", 0, ""},
	{"INVITE sip:a@b", 0, 400, "INVITE", "sip:a@b", "", 0, ""},
	{"INVITE sip:a@b HTTP/1.1", 0, 400, "INVITE", "sip:a@b HTTP/1.1", "", 0, ""},
	{"IN<VITE sip:a@b SIP/2.0", 0, 400, "IN<VITE", "sip:a@b", "SIP/2.0", 0, ""},
	{" sip:a@b SIP/2.0", 0, 400, "", "sip:a@b", "SIP/2.0", 0, ""},
	{"INVITE sip:a@b SIP/3.0", 0, 505, "INVITE", "sip:a@b", "SIP/3.0", 0, ""},
	{"INVITE sip:a@b SIP/2.00", 0, 505, "INVITE", "sip:a@b", "SIP/2.00", 0, ""},
	{"INVITE sip:a@b SIP/2", 0, 400, "INVITE", "sip:a@b", "SIP/2", 0, ""},
	{"INVITE sip:a@b SIP/2.x", 0, 400, "INVITE", "sip:a@b", "SIP/2.x", 0, ""},
	{"INVITE sip:a@b SIP/", 0, 400, "INVITE", "sip:a@b", "SIP/", 0, ""},
	{"invite sip:a@b SIP/2.0", 0, 0, "invite", "sip:a@b", "SIP/2.0", 0, ""},
	{"GET / HTTP/1.1", EBADMSG, 0, NULL, NULL, NULL, 0, NULL},
	{"hello", EBADMSG, 0, NULL, NULL, NULL, 0, NULL},
	{"\x16\x03\x01\x02", EBADMSG, 0, NULL, NULL, NULL, 0, NULL},
	{"SIP", EBADMSG, 0, NULL, NULL, NULL, 0, NULL},
	{"SIP/2.0 200 OK", 0, 0, "", "", "SIP/2.0", 200, "OK"},
	{"SIP/2.0 100 ", 0, 0, "", "", "SIP/2.0", 100, ""},
	{"SIP/2.0 100", 0, 0, "", "", "SIP/2.0", 100, ""},
	{"SIP/2.0 486 Busy  Here ", 0, 0, "", "", "SIP/2.0", 486, "Busy  Here "},
	{"SIP/2.0 200OK", 0, 400, "", "", "SIP/2.0", 0, ""},
	{"SIP/2.0 2000 OK", 0, 400, "", "", "SIP/2.0", 0, ""},
	{"SIP/2.0 4294967301 x", 0, 400, "", "", "SIP/2.0", 0, ""},
	{"SIP/2.0 099 x", 0, 400, "", "", "SIP/2.0", 0, ""},
	{"SIP/2.0 700 x", 0, 400, "", "", "SIP/2.0", 0, ""},
	{"SIP/2.0 -20 x", 0, 400, "", "", "SIP/2.0", 0, ""},
	{"SIP/2.0  200 x", 0, 400, "", "", "SIP/2.0", 0, ""},
	{"SIP/7.0 200 x", 0, 505, "", "", "SIP/7.0", 200, "x"},
	{"SIP/2.0", 0, 400, "", "", "SIP/2.0", 0, ""},
};


static void first_check(const struct first_row *row)
{
	char text[1024];
	int err, n = snprintf(text, sizeof(text), "%s\r\n%s\r\n", row->line,
			      HEAD("INVITE"));
	struct sx_msg *m = parse_mem(text, (size_t)n, false, &err);

	if (err != row->err)
		fail_msg("\"%s\": error %d", row->line, err);
	if (err)
		return;

	if (m->bad != row->bad || m->scode != row->scode)
		fail_msg("\"%s\": bad %u (%s), code %u", row->line, m->bad,
			 m->bad_why ? m->bad_why : "", m->scode);

	assert_int_equal(m->req, row->scode == 0 && *row->met != '\0' ?
			 true : m->req);
	assert_pl(&m->met, row->met);
	assert_pl(&m->ruri, row->ruri);
	assert_pl(&m->version, row->version);
	assert_pl(&m->reason, row->reason);

	/* whatever the first line is like, the answer can be made */
	assert_int_equal(1, m->nvia);
	assert_pl(&m->callid, "c1@192.0.2.1");
	assert_pl(&m->ftag, "f1");
	assert_int_equal(7, m->cseq);
	mem_deref(m);
}


static void test_first_line(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(firstv); i++)
		first_check(&firstv[i]);
}


/* ---- a usual message -------------------------------------------------- */

static void usual_parts(const struct sx_msg *m)
{
	assert_true(m->req);
	assert_int_equal(SX_INVITE, m->method);
	assert_int_equal(SX_INVITE, m->cseq_method);
	assert_pl(&m->uri.user, "600");
	assert_pl(&m->uri.host, "pbx.example.org");
	assert_int_equal(5070, m->uri.port);
	assert_pl(&m->uri.params, ";transport=udp");
	assert_int_equal(3, m->nvia);
	assert_pl(&m->via.tp_text, "UDP");
	assert_pl(&m->via.host, "192.0.2.7");
	assert_int_equal(5062, m->via.port);
	assert_pl(&m->via.branch, "z9hG4bK776");
	assert_true(m->via.rport);
	assert_int_equal(69, m->maxfwd);
	assert_pl(&m->from.dname, "A. \\\"Bell\\\"");
	assert_pl(&m->from.auri, "sip:1001@pbx.example.org;x=1");
	assert_pl(&m->ftag, "1928");
	assert_pl(&m->to.auri, "sip:600@pbx.example.org");
	assert_pl(&m->ttag, "");
	assert_pl(&m->callid, "a84b4c76@192.0.2.7");
	assert_int_equal(314159, m->cseq);
}


static void test_usual_message(void **state)
{
	struct pl odd = PL("X-odd"), compact = PL("I"), none = PL("X-Od");
	struct sx_addr contact;
	struct sx_msg *m = parse(USUAL);
	(void)state;

	assert_int_equal(0, m->bad);
	usual_parts(m);

	assert_pl(&m->ctype, "application/sdp");
	assert_pl(&m->body, "v=0\r\n");
	assert_int_equal(5, m->clen);
	assert_int_equal(strlen(USUAL) - strlen("v=0\r\nmore"), m->hlen);

	assert_int_equal(2, m->counts[SX_HDR_SUPPORTED]);
	assert_pl(sx_msg_hdr(m, SX_HDR_SUPPORTED, 1), "replaces");
	assert_null(sx_msg_hdr(m, SX_HDR_SUPPORTED, 2));
	assert_null(sx_msg_hdr(m, SX_HDR_EXPIRES, 0));
	assert_pl(sx_msg_hdr(m, SX_HDR_SUBJECT, 0), "a\r\n b\r\n\tc");
	assert_pl(sx_msg_hdr_name(m, &odd, 0), "1");
	assert_pl(sx_msg_hdr_name(m, &odd, 1), "2");
	assert_null(sx_msg_hdr_name(m, &odd, 2));
	assert_null(sx_msg_hdr_name(m, &none, 0));
	assert_pl(sx_msg_hdr_name(m, &compact, 0), "a84b4c76@192.0.2.7");

	assert_true(sx_msg_has_token(m, SX_HDR_SUPPORTED, "100REL"));
	assert_true(sx_msg_has_token(m, SX_HDR_SUPPORTED, "replaces"));
	assert_false(sx_msg_has_token(m, SX_HDR_SUPPORTED, "100"));
	assert_false(sx_msg_has_token(m, SX_HDR_REQUIRE, "timer"));

	assert_int_equal(0, sx_msg_contact(m, &contact));
	assert_pl(&contact.uri.user, "1001");
	mem_deref(m);
}


/* One parser, any line end: LF alone, and empty lines before the message */
static void test_line_ends(void **state)
{
	struct sx_msg *m;
	char text[1024] = "\r\n\n\r\n";
	size_t n = 5;
	(void)state;

	for (const char *p = USUAL; *p; p++) {
		if (*p != '\r')
			text[n++] = *p;
	}

	text[n] = '\0';
	m = parse(text);
	assert_int_equal(0, m->bad);
	usual_parts(m);
	mem_deref(m);
}


static void test_response(void **state)
{
	struct sx_msg *m = parse(
		"SIP/2.0 180 Ringing\r\n" HEAD("INVITE")
		"RSeq: 12 ;x\r\nRetry-After: 120 (later)\r\n\r\n");
	uint32_t n = 0;
	(void)state;

	assert_false(m->req);
	assert_int_equal(180, m->scode);
	assert_int_equal(SX_INVITE, m->method);
	assert_int_equal(0, sx_msg_u32(m, SX_HDR_RSEQ, &n));
	assert_int_equal(12, n);
	assert_int_equal(0, sx_msg_u32(m, SX_HDR_RETRY_AFTER, &n));
	assert_int_equal(120, n);
	assert_int_equal(ENOENT, sx_msg_u32(m, SX_HDR_EXPIRES, &n));
	assert_int_equal(ENOENT, sx_msg_contact(m, &(struct sx_addr){0}));
	mem_deref(m);
}


/* ---- header lines ----------------------------------------------------- */

/* More lines in a good OPTIONS, and what they make of it */
static const struct {
	const char *lines;
	uint16_t bad;
} linev[] = {
	{"", 0},
	{"Y: y\r\n", 0},
	{"Y:\r\n", 0},
	{"Y \t : y\r\n", 0},
	{"Y: y\r\n z\r\n", 0},
	{"Y: y\r\n \r\n", 0},
	{"Y: \xff\xfe\xc3\r\n", 0},
	{"Y y\r\n", 400},
	{": y\r\n", 400},
	{"Y\x01: y\r\n", 400},
	{"Y@: y\r\n", 400},
	{"Y(: y\r\n", 400},
	{"Y\r\n : y\r\n", 400},
	{"Y: a\rb\r\n", 400},
	{"Y: a\r\r\n", 400},
	{"Max-Forwards: 0\r\n", 0},
	{"Max-Forwards: 0068\r\n", 0},
	{"Max-Forwards: 255\r\n", 0},
	{"Max-Forwards: 256\r\n", 0},
	{"Max-Forwards: 99999999999999999999999999\r\n", 0},
	{"Max-Forwards: -1\r\n", 400},
	{"Max-Forwards: +1\r\n", 400},
	{"Max-Forwards:\r\n", 400},
	{"Max-Forwards: 7 8\r\n", 400},
	{"Max-Forwards: 7,8\r\n", 400},
	{"Max-Forwards: 0x10\r\n", 400},
	{"Content-Type: text/plain\r\n", 0},
	{"Content-Type: text\r\n", 400},
	{"Content-Type:\r\n", 400},
	{"Via: SIP/2.0/UDP x, , SIP/2.0/UDP y\r\n", 0},
	{"From: <sip:x@y>;tag=2\r\n", 400},
	{"f: <sip:x@y>;tag=2\r\n", 400},
	{"To: <sip:x@y>\r\n", 400},
	{"t: <sip:x@y>\r\n", 400},
	{"Call-ID: c1@192.0.2.1\r\n", 400},
	{"i: z\r\n", 400},
	{"CSeq: 7 OPTIONS\r\n", 400},
	{"Content-Length: 0\r\n", 400},
	{"l: 0\r\n", 400},
	{"Max-Forwards: 7\r\nMax-Forwards: 7\r\n", 400},
	{"Content-Type: a/b\r\nc: a/b\r\n", 400},
	{"Expires: 7\r\nExpires: 7\r\n", 400},
	{"Event: a\r\no: a\r\n", 400},
	{"Session-Expires: 90\r\nx: 90\r\n", 400},
	{"Min-SE: 90\r\nMin-SE: 90\r\n", 400},
	{"Refer-To: <sip:a>\r\nr: <sip:b>\r\n", 400},
	{"Replaces: a\r\nReplaces: a\r\n", 400},
	{"User-Agent: a\r\nUser-Agent: b\r\n", 0},
	{"Contact: <sip:a>\r\nm: <sip:b>\r\n", 0},
	{"Route: <sip:a>\r\nRoute: <sip:b>\r\n", 0},
	{"jzu: <sip:a>\r\n", 0},
	{"\r\n", 0}, /* ends the head: the rest is body */
};


static void test_header_lines(void **state)
{
	char text[1024];
	int err;
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(linev); i++) {

		int n = snprintf(text, sizeof(text), "%s%s%s",
				 "OPTIONS sip:a@b SIP/2.0\r\n"
				 HEAD("OPTIONS") "Content-Length: 0\r\n",
				 linev[i].lines, "\r\n");
		struct sx_msg *m = parse_mem(text, (size_t)n, false, &err);

		assert_int_equal(0, err);
		if (m->bad != linev[i].bad)
			fail_msg("\"%s\": %u (%s)", linev[i].lines, m->bad,
				 m->bad_why ? m->bad_why : "");
		mem_deref(m);
	}
}


/* One needed header replaced by something else */
static const struct {
	const char *name;
	const char *line;
	uint16_t bad;
} neededv[] = {
	{"Via", "", 400},
	{"Via", "Via:\r\n", 400},
	{"Via", "Via: SIP/2.0/UDP\r\n", 400},
	{"Via", "Via: SIP/2.0/UDP ;branch=z\r\n", 400},
	{"Via", "Via: SIP/2.0/UDP x:0\r\n", 400},
	{"Via", "Via: SIP/2.0/UDP x:65536\r\n", 400},
	{"Via", "Via: SIP/2.0/UDP x:65535\r\n", 0},
	{"Via", "Via: SIP/2.0/UDP [::1\r\n", 400},
	{"Via", "Via: SIP/2.0/UDP x;;\r\n", 400},
	{"Via", "Via: HTTP/2.0/UDP x\r\n", 400},
	{"Via", "Via: SIP/2.0 x\r\n", 400},
	{"Via", "Via: SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;branch=z\r\n", 0},
	{"Via", "Via: SIP/2.0/UDP x;received=[2001:db8::1]\r\n", 0},
	{"Via", "Via: , SIP/2.0/UDP x\r\n", 400},
	{"From", "", 400},
	{"From", "From:\r\n", 400},
	{"From", "From: *\r\n", 400},
	{"From", "From: \"x <sip:a@b>;tag=1\r\n", 400},
	{"From", "From: a, b <sip:a@b>;tag=1\r\n", 400},
	{"From", "From: <sip:a@b>;tag=1, <sip:c@d>\r\n", 400},
	{"From", "From: <sip:a@b;tag=1\r\n", 400},
	{"From", "From: <sip:a@b>;tag=\r\n", 400},
	{"From", "From: <sip:a@b>;tag\r\n", 400},
	{"From", "From: <sip:a@b>;tag=\"a;b\"\r\n", 400},
	{"From", "From: <sip:a@b> x ;tag=1\r\n", 400},
	{"From", "From: sip:a@b\r\n", 0},
	{"From", "From: anonymous <sip:a@b>;tag=1\r\n", 0},
	{"To", "", 400},
	{"To", "To: < sip:a@b >\r\n", 400},
	{"To", "To: sip:a@b?x=y\r\n", 400},
	{"To", "To: isbn:2983792873\r\n", 0},
	{"Call-ID", "", 400},
	{"Call-ID", "Call-ID:\r\n", 400},
	{"Call-ID", "Call-ID: a b\r\n", 400},
	{"Call-ID", "Call-ID: a\x01\r\n", 400},
	{"Call-ID", "Call-ID: )(><:\\/\"][?}{\r\n", 0},
	{"CSeq", "", 400},
	{"CSeq", "CSeq: 7\r\n", 400},
	{"CSeq", "CSeq: OPTIONS\r\n", 400},
	{"CSeq", "CSeq: 7OPTIONS\r\n", 400},
	{"CSeq", "CSeq: -7 OPTIONS\r\n", 400},
	{"CSeq", "CSeq: 7 OPTIONS x\r\n", 400},
	{"CSeq", "CSeq: 7 OPT<IONS\r\n", 400},
	{"CSeq", "CSeq: 2147483647 OPTIONS\r\n", 0},
	{"CSeq", "CSeq: 2147483648 OPTIONS\r\n", 400},
	{"CSeq", "CSeq: 4294967303 OPTIONS\r\n", 400},
	{"CSeq", "CSeq: 18446744073709551623 OPTIONS\r\n", 400},
	{"CSeq", "CSeq: 0007\r\n  OPTIONS\r\n", 0},
};


/* HEAD with the line `name` replaced */
static void head_replace(char *dst, size_t size, const char *name,
			 const char *line)
{
	const char *p = HEAD("OPTIONS");
	size_t n = (size_t)snprintf(dst, size, "OPTIONS sip:a@b SIP/2.0\r\n");

	while (*p) {
		size_t len = (size_t)(strchr(p, '\n') + 1 - p);
		bool hit   = !strncmp(p, name, strlen(name)) &&
			     p[strlen(name)] == ':';

		n += (size_t)snprintf(dst + n, size - n, "%.*s",
				      hit ? (int)strlen(line) : (int)len,
				      hit ? line : p);
		p += len;
	}

	(void)snprintf(dst + n, size - n, "\r\n");
}


static void test_needed_headers(void **state)
{
	char text[1024];
	int err;
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(neededv); i++) {

		head_replace(text, sizeof(text), neededv[i].name,
			     neededv[i].line);

		struct sx_msg *m = parse_mem(text, strlen(text), false, &err);

		assert_int_equal(0, err);
		if (m->bad != neededv[i].bad)
			fail_msg("%s -> \"%s\": %u (%s)", neededv[i].name,
				 neededv[i].line, m->bad,
				 m->bad_why ? m->bad_why : "");
		mem_deref(m);
	}
}


/* Nothing but SP and HTAB may stand between a name and its colon */
static void test_every_byte_before_the_colon(void **state)
{
	char text[512];
	int err;
	(void)state;

	for (unsigned c = 0; c < 256; c++) {

		int n = snprintf(text, sizeof(text),
				 "OPTIONS sip:a@b SIP/2.0\r\n" HEAD("OPTIONS")
				 "Contact%c: <sip:evil@x>\r\n\r\n", (char)c);
		struct sx_msg *m = parse_mem(text, (size_t)n, false, &err);
		bool blank	 = c == ' ' || c == '\t';

		assert_int_equal(0, err);
		assert_int_equal(blank || c == ':' ? 1 : 0,
				 m->counts[SX_HDR_CONTACT]);

		/* a token character makes another name; ':' another value */
		bool ok = blank || c == ':' || (class_of(c) & LEX_TOKEN);

		if ((m->bad == 0) != ok)
			fail_msg("byte 0x%02x: %u", c, m->bad);
		mem_deref(m);
	}
}


static const char *const namev[] = {
#define X(id, name, compact) name,
	SX_HEADERS(X)
#undef X
};


/* Every name in every case is found, and nothing that differs by one letter */
static void test_header_names(void **state)
{
	char buf[64];
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(namev); i++) {

		size_t n = strlen(namev[i]);

		for (size_t k = 0; k <= n; k++) {

			str_ncpy(buf, namev[i], sizeof(buf));
			if (buf[k] >= 'a' && buf[k] <= 'z')
				buf[k] = (char)(buf[k] - 32);

			struct pl pl = {buf, n};

			assert_int_equal(i + 1, lex_hdrid(&pl));

			buf[k] = '~';
			if (k < n)
				assert_int_equal(0, lex_hdrid(&pl));
		}

		assert_string_equal(namev[i],
				    sx_hdr_name((enum sx_hdrid)(i + 1)));
	}

	assert_string_equal("", sx_hdr_name(SX_HDR_MAX));
}


static void test_compact_names(void **state)
{
	static const struct {
		enum sx_hdrid id;
		char c;
	} rowv[] = {
#define X(id, name, compact) {SX_HDR_##id, compact},
		SX_HEADERS(X)
#undef X
	};
	char known[64] = "";
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		char c = rowv[i].c, up = (char)(c - 32);

		if (!c)
			continue;

		assert_int_equal(rowv[i].id, lex_hdrid(&(struct pl){&c, 1}));
		assert_int_equal(rowv[i].id, lex_hdrid(&(struct pl){&up, 1}));
		known[strlen(known)] = c;
	}

	for (char c = 'a'; c <= 'z'; c++) {
		if (!strchr(known, c))
			assert_int_equal(0, lex_hdrid(&(struct pl){&c, 1}));
	}
}


/* ---- lists ------------------------------------------------------------ */

static bool join(const struct pl *val, void *arg)
{
	char *buf = arg;
	size_t n  = strlen(buf);

	(void)snprintf(buf + n, 256 - n, "[%.*s]", (int)val->l, val->p);

	return false;
}


static void test_values(void **state)
{
	static const struct {
		const char *lines;
		const char *want;
	} rowv[] = {
		{"Route: <sip:a>\r\n", "[<sip:a>]"},
		{"Route: <sip:a>,<sip:b>\r\n", "[<sip:a>][<sip:b>]"},
		{"Route: <sip:a;x=1,2> , <sip:b>\r\nRoute: <sip:c>\r\n",
		 "[<sip:a;x=1,2>][<sip:b>][<sip:c>]"},
		{"Route: \"a, \\\", b\" <sip:a>, x\r\n",
		 "[\"a, \\\", b\" <sip:a>][x]"},
		{"Route: ,, a ,\r\n , b,\r\n", "[a][b]"},
		{"Route:\r\n", ""},
		{"Route: <sip:a,\r\n", "[<sip:a,]"},
		{"Route: \"a, b\r\n", "[\"a, b]"},
		{"Route: <sip:a\"b>, c\r\n", "[<sip:a\"b>][c]"},
	};
	char text[512], got[256];
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		(void)snprintf(text, sizeof(text), "%s%s\r\n",
			       "OPTIONS sip:a@b SIP/2.0\r\n" HEAD("OPTIONS"),
			       rowv[i].lines);

		struct sx_msg *m = parse(text);

		*got = '\0';
		assert_false(sx_msg_values(m, SX_HDR_ROUTE, join, got));
		assert_string_equal(rowv[i].want, got);
		mem_deref(m);
	}
}


static void test_numbers(void **state)
{
	static const struct {
		const char *val;
		int err;
		uint32_t n;
	} rowv[] = {
		{"0", 0, 0}, {"90", 0, 90}, {"4294967295", 0, UINT32_MAX},
		{"4294967296", ERANGE, 0}, {"90;refresher=uac", 0, 90},
		{"90 ;x", 0, 90}, {"18000 (comment)", 0, 18000},
		{"", EINVAL, 0}, {"-1", EINVAL, 0}, {"+1", EINVAL, 0},
		{"12 34", EINVAL, 0}, {"12,13", EINVAL, 0},
		{"five", EINVAL, 0}, {"0x10", EINVAL, 0},
		{"280297596632815", ERANGE, 0},
	};
	char text[512];
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		uint32_t n = 0;

		(void)snprintf(text, sizeof(text), "%sExpires: %s\r\n\r\n",
			       "OPTIONS sip:a@b SIP/2.0\r\n" HEAD("OPTIONS"),
			       rowv[i].val);

		struct sx_msg *m = parse(text);

		assert_int_equal(0, m->bad);
		assert_int_equal(rowv[i].err,
				 sx_msg_u32(m, SX_HDR_EXPIRES, &n));
		assert_int_equal(rowv[i].n, n);
		mem_deref(m);
	}
}


/* ---- Content-Length --------------------------------------------------- */

/* A body of four bytes.  dgram and stream: the fault, 1 for none */
static const struct {
	const char *line;
	uint16_t dgram, stream;
	size_t clen; /* of the stream */
} lengthv[] = {
	{"", 1, 400, 0},
	{"Content-Length: 4\r\n", 1, 1, 4},
	{"l:4\r\n", 1, 1, 4},
	{"Content-Length: 0\r\n", 1, 1, 0},
	{"Content-Length: 3\r\n", 1, 1, 3},
	{"Content-Length: 0004\r\n", 1, 1, 4},
	{"Content-Length: 5\r\n", 400, 1, 5},
	{"Content-Length: 1048576\r\n", 400, 1, 1048576},
	{"Content-Length: 1048577\r\n", 400, 413, 0},
	{"Content-Length: 2147483647\r\n", 400, 413, 0},
	{"Content-Length: 2147483648\r\n", 400, 413, 0},
	{"Content-Length: 4294967295\r\n", 400, 413, 0},
	{"Content-Length: 4294967296\r\n", 400, 400, 0},
	{"Content-Length: 4294967300\r\n", 400, 400, 0},
	{"Content-Length: 9223372036854775808\r\n", 400, 400, 0},
	{"Content-Length: 18446744073709551620\r\n", 400, 400, 0},
	{"Content-Length: -1\r\n", 400, 400, 0},
	{"Content-Length: -999\r\n", 400, 400, 0},
	{"Content-Length: +4\r\n", 400, 400, 0},
	{"Content-Length: five\r\n", 400, 400, 0},
	{"Content-Length: 4 4\r\n", 400, 400, 0},
	{"Content-Length: 4,4\r\n", 400, 400, 0},
	{"Content-Length: 0x4\r\n", 400, 400, 0},
	{"Content-Length:\r\n", 400, 400, 0},
	{"Content-Length: 4\r\nl: 4\r\n", 400, 400, 0},
	{"Content-Length: 4\r\nContent-Length: 2\r\n", 400, 400, 0},
};


static void length_check(const char *text, size_t i, bool stream)
{
	uint16_t want = stream ? lengthv[i].stream : lengthv[i].dgram;
	int err;
	struct sx_msg *m = parse_mem(text, strlen(text), stream, &err);

	assert_int_equal(0, err);

	if ((m->bad ? m->bad : 1) != want)
		fail_msg("\"%s\"%s: %u %s", lengthv[i].line,
			 stream ? " on a stream" : "", m->bad,
			 m->bad_why ? m->bad_why : "");

	assert_int_equal(m->bad != 0, m->noframe);
	assert_int_equal(strlen(text) - 4, m->hlen);

	if (stream)
		assert_int_equal(lengthv[i].clen, m->clen);

	/* never more than there is */
	assert_true(m->body.l <= 4);
	if (!m->bad)
		assert_int_equal(m->clen < 4 ? m->clen : 4, m->body.l);

	mem_deref(m);
}


static void test_content_length(void **state)
{
	char text[512];
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(lengthv); i++) {

		(void)snprintf(text, sizeof(text), "%s%s\r\nbody",
			       "OPTIONS sip:a@b SIP/2.0\r\n" HEAD("OPTIONS"),
			       lengthv[i].line);
		length_check(text, i, false);
		length_check(text, i, true);
	}
}


/* The head of a stream is found at the same place, however it comes in */
static void test_head_of_a_stream(void **state)
{
	static const char text[] = "\r\n\r\nA: b\r\nC: d\r\n\r\nbody\r\n\r\n";
	const uint8_t *p = (const uint8_t *)text;
	size_t n = strlen(text), want = n - strlen("body\r\n\r\n");
	(void)state;

	for (size_t i = 0; i <= n; i++) {
		assert_int_equal(i < want ? 0 : want, sx_msg_head(p, i, 0));

		for (size_t seen = 0; seen <= i && seen < want; seen++)
			assert_int_equal(i < want ? 0 : want,
					 sx_msg_head(p, i, seen));
	}

	assert_int_equal(6, sx_msg_head((const uint8_t *)"A: b\n\nx", 7, 0));
	assert_int_equal(7, sx_msg_head((const uint8_t *)"A: b\n\r\n", 7, 0));
	assert_int_equal(0, sx_msg_head((const uint8_t *)"\r\n\r\n", 4, 0));
	assert_int_equal(0, sx_msg_head(p, 0, 0));
}


/* ---- multipart -------------------------------------------------------- */

#define MIXED "multipart/mixed;boundary=x1"
#define SDP "Content-Type: application/sdp\r\n\r\n"

static const struct {
	const char *ctype;
	const char *body;
	const char *want; /* NULL: not found, body stays */
} partv[] = {
	{MIXED, "--x1\r\n" SDP "v=0\r\n--x1--\r\n", "v=0"},
	{MIXED, "pre\r\n--x1\r\n" SDP "v=0\r\n\r\n--x1--\r\n", "v=0\r\n"},
	{MIXED, "--x1\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x1\r\n" SDP
		"v=1\r\n--x1\r\n" SDP "v=2\r\n--x1--", "v=1"},
	{MIXED, "--x1\r\n" SDP "v=0\r\n", "v=0\r\n"}, /* never closed */
	{MIXED, "--x1\n" "content-type:application/SDP\n\nv=0\n--x1--", "v=0"},
	{MIXED, "--x1\r\n" SDP "\r\n--x1--", ""},
	{MIXED, "--x1\r\n" SDP "--x1--", ""},
	{MIXED, "--x1\r\nContent-Type: application/sdp\r\n--x1--", ""},
	{"multipart/mixed;boundary=\"x1\"", "--x1 \r\n" SDP "v\r\n--x1--", "v"},
	{MIXED, "--x1\r\n" SDP "v=0\r\n--x12\r\nb\r\n--x1--", "v=0\r\n--x12\r\nb"},
	{MIXED, "--x1\r\nContent-Type: multipart/alternative;boundary=y\r\n\r\n"
		"--y\r\n" SDP "v=3\r\n--y--\r\n--x1--", "v=3"},
	{MIXED, "--x1\r\nContent-Type: multipart/mixed;boundary=y\r\n\r\n"
		"--y\r\nContent-Type: multipart/mixed;boundary=z\r\n\r\n"
		"--z\r\n" SDP "v=4\r\n--z--\r\n--y--\r\n--x1--", NULL},
	{MIXED, "--x1--\r\n" SDP "v=0", NULL},
	{MIXED, "--x1\r\n\r\nv=0\r\n--x1--", NULL},
	{MIXED, "", NULL},
	{MIXED, "--x1", NULL},
	{"multipart/mixed", "--\r\n" SDP "v=0\r\n----", NULL},
	{"multipart/mixed;boundary=", "--\r\n" SDP "v=0\r\n----", NULL},
	{"multipart/mixed;boundary=x2", "--x1\r\n" SDP "v\r\n--x1--", NULL},
};


static void test_multipart(void **state)
{
	char text[1024];
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(partv); i++) {

		(void)snprintf(text, sizeof(text),
			       "%sContent-Type: %s\r\n\r\n%s",
			       "OPTIONS sip:a@b SIP/2.0\r\n" HEAD("OPTIONS"), partv[i].ctype,
			       partv[i].body);

		struct sx_msg *m = parse(text);

		if (!partv[i].want) {
			assert_pl(&m->body, partv[i].body);
			assert_pl(&m->ctype, "multipart/mixed");
		}
		else {
			assert_pl(&m->body, partv[i].want);
			assert_pl(&m->ctype, "application/sdp");
		}
		mem_deref(m);
	}
}


static void test_multipart_limits(void **state)
{
	struct pl found, body, ctype;
	char *text;
	(void)state;

	for (size_t parts = 7; parts < 10; parts++) {

		struct mbuf *mb = mbuf_alloc(1024);

		for (size_t i = 1; i < parts; i++)
			(void)mbuf_write_str(mb, "--x1\r\n\r\nnothing\r\n");
		(void)mbuf_write_str(mb, "--x1\r\n" SDP "v=0\r\n--x1--");

		pl_set_mbuf(&body, (mb->pos = 0, mb));
		pl_set_str(&ctype, MIXED);
		assert_int_equal(parts <= 8, sx_multipart_find(
				 &found, &body, &ctype, "application/sdp"));
		mem_deref(mb);
	}

	text = stretch("multipart/mixed;boundary=", 'x', 71, "");
	pl_set_str(&ctype, text);
	pl_set_str(&body, "--x\r\n" SDP "v=0");
	assert_false(sx_multipart_find(&found, &body, &ctype,
				       "application/sdp"));
	mem_deref(text);
}


/* ---- names ------------------------------------------------------------ */

static void test_names(void **state)
{
	(void)state;

	for (int i = SX_UNKNOWN + 1; i <= SX_PUBLISH; i++) {

		struct pl pl;

		pl_set_str(&pl, sx_method_name((enum sx_method)i));
		assert_int_equal(i, sx_method_decode(&pl));
		--pl.l;
		assert_int_equal(SX_UNKNOWN, sx_method_decode(&pl));
	}

	assert_int_equal(SX_UNKNOWN, sx_method_decode(&(struct pl)PL("invite")));
	assert_int_equal(SX_UNKNOWN, sx_method_decode(&(struct pl)PL("UNKNOWN")));
	assert_string_equal("UNKNOWN", sx_method_name((enum sx_method)99));
	assert_string_equal("TLS", sx_tp_name(SX_TLS));
	assert_string_equal("Busy Here", sx_reason(486));
	assert_string_equal("Bad Request", sx_reason(499));
	assert_string_equal("Trying", sx_reason(150));
	assert_string_equal("Unknown", sx_reason(999));
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes_follow_the_grammar),
		cmocka_unit_test(test_first_line),
		cmocka_unit_test(test_usual_message),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_response),
		cmocka_unit_test(test_header_lines),
		cmocka_unit_test(test_needed_headers),
		cmocka_unit_test(test_every_byte_before_the_colon),
		cmocka_unit_test(test_header_names),
		cmocka_unit_test(test_compact_names),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_content_length),
		cmocka_unit_test(test_head_of_a_stream),
		cmocka_unit_test(test_multipart),
		cmocka_unit_test(test_multipart_limits),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
