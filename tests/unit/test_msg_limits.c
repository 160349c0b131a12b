/**
 * @file test_msg_limits.c  The parser of SIP messages: limits, memory that must
 * not be touched, failing allocations, cost
 */
#include "sip_util.h"
#include <time.h>
#include "sip/lex.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif


/* ---- limits ----------------------------------------------------------- */

static void limit_check(const char *head, const char *tail, size_t max,
			uint16_t bad)
{
	static const struct {
		size_t mul, add;
		bool over;
	} rowv[] = {{1, 0, false}, {1, 1, true}, {10, 0, true}};
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		size_t n  = max * rowv[i].mul + rowv[i].add;
		char *text = stretch(head, 'a', n, tail);
		struct sx_msg *m = parse_mem(text, strlen(text), false, &err);

		assert_int_equal(0, err);
		if (m->bad != (rowv[i].over ? bad : 0))
			fail_msg("%.40s... + %u: %u %s", head, (unsigned)n,
				 m->bad, m->bad_why ? m->bad_why : "");
		mem_deref(m);
		mem_deref(text);
	}
}


#define REST(lines) " SIP/2.0\r\n" lines "\r\n"
#define VIA "Via: SIP/2.0/UDP x;branch=z9hG4bKx1\r\n"
#define FROM "From: <sip:a@b>;tag=1\r\n"
#define TO "To: <sip:a@b>\r\n"
#define ID "Call-ID: c\r\n"
#define SEQ "CSeq: 1 OPTIONS\r\n"
#define LINE "OPTIONS sip:a@b SIP/2.0\r\n"

static void test_limits(void **state)
{
	(void)state;

	limit_check("OPTIONS sip:", REST(VIA FROM TO ID SEQ), SX_MAX_URI - 4,
		    414);
	limit_check(LINE VIA FROM TO SEQ "Call-ID: ", "\r\n\r\n",
		    SX_MAX_TOKEN, 400);
	limit_check(LINE VIA TO SEQ ID "From: <sip:a@b>;tag=", "\r\n\r\n",
		    SX_MAX_TOKEN, 400);
	limit_check(LINE VIA FROM SEQ ID "To: <sip:a@b>;tag=", "\r\n\r\n",
		    SX_MAX_TOKEN, 400);
	limit_check(LINE TO FROM SEQ ID "Via: SIP/2.0/UDP x;branch=",
		    "\r\n\r\n", SX_MAX_TOKEN, 400);
	limit_check(LINE VIA FROM ID SEQ "To: <sip:", ">\r\n\r\n",
		    SX_MAX_URI - 4, 400);
	limit_check(LINE VIA FROM TO ID SEQ "Y: ", "\r\n\r\n",
		    SX_MAX_HDR_VALUE, 400);
	limit_check(LINE VIA FROM TO ID SEQ "Y", ": y\r\n\r\n",
		    SX_MAX_TOKEN - 1, 400);
	limit_check(LINE VIA FROM TO ID "CSeq: 1 ", "\r\n\r\n", SX_MAX_TOKEN,
		    400);
	limit_check("", " sip:a@b" REST(VIA FROM TO ID SEQ), SX_MAX_TOKEN,
		    400);
}


/* The first line, the headers of each kind, and n times one more line */
static uint16_t repeat_check(const char *line, size_t n)
{
	struct mbuf *mb = mbuf_alloc(4096);
	struct sx_msg *m;
	uint16_t bad;
	int err;

	assert_int_equal(0, mbuf_write_str(mb, LINE FROM TO ID SEQ));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(0, mbuf_write_str(mb, line));
	assert_int_equal(0, mbuf_write_str(mb, "\r\n"));

	m = parse_mem(mb->buf, mb->end, false, &err);
	assert_int_equal(0, err);
	assert_true(m->hdrc <= SX_MAX_HEADERS);
	bad = m->bad;
	mem_deref(m);
	mem_deref(mb);

	return bad;
}


static void test_limits_of_number(void **state)
{
	(void)state;

	assert_int_equal(0, repeat_check(VIA, SX_MAX_VIA));
	assert_int_equal(400, repeat_check(VIA, SX_MAX_VIA + 1));
	assert_int_equal(0, repeat_check(VIA "Y: y\r\nY: y\r\nY: y\r\n", 63));
	assert_int_equal(400, repeat_check("Contact: <sip:a>\r\n", 253));
	assert_int_equal(400, repeat_check("Y: y\r\n", 5000));
}


static void test_head_larger_than_the_limit(void **state)
{
	struct mbuf *mb = mbuf_alloc(SX_MAX_HEAD + 8192);
	struct sx_msg *m;
	int err;
	(void)state;

	assert_int_equal(0, mbuf_write_str(mb, LINE VIA FROM TO ID SEQ));
	while (mb->end <= SX_MAX_HEAD)
		assert_int_equal(0, mbuf_printf(mb, "Y: %0400d\r\n", 1));
	assert_int_equal(0, mbuf_write_str(mb, "l: 0\r\n\r\n"));

	m = parse_mem(mb->buf, mb->end, true, &err);
	assert_int_equal(0, err);
	assert_int_equal(513, m->bad);
	assert_true(m->noframe);
	mem_deref(m);
	mem_deref(mb);
}


/* ---- memory ----------------------------------------------------------- */

static const char *const samplev[] = {
	USUAL,
	REQ("OPTIONS", ""),
	REQ("REGISTER", "Contact: *\r\nExpires: 0\r\n"),
	"SIP/2.0 200 OK\r\n" HEAD("INVITE") "Contact: <sip:a@[::1]:5>;q=\"\\\"\"\r\n\r\n",
	"OPTIONS sip:[2001:db8::1]:5060;a=b?c SIP/2.0\r\nVia: SIP/2.0/UDP [::1]",
	"To: \"\\",
	"\r\n\r\n",
	"SIP/2.0 200",
	"INVITE sip:a%4",
};


/* Each prefix parses without a look at the byte behind or before it, and
 * none of the parts of the message is outside */
static void prefix_check(struct guarded *g, const char *text, size_t n,
			 bool before, bool stream)
{
	uint8_t *p	 = guarded_put(g, text, n, before);
	struct mbuf *mb	 = mb_over(p, n);
	struct sx_msg *m = NULL;
	int err		 = sx_msg_parse(&m, mb, stream);

	assert_true(!err || err == EBADMSG);
	(void)sx_msg_head(p, n, n / 2);

	if (m) {
		struct sx_addr addr;
		struct pl v;

		assert_true((const uint8_t *)m->body.p >= p &&
			    (const uint8_t *)m->body.p + m->body.l <= p + n);
		assert_true(m->hlen <= n);

		(void)sx_msg_contact(m, &addr);
		(void)sx_param(&m->via.params, "received", &v);
		(void)sx_msg_has_token(m, SX_HDR_SUPPORTED, "x");
	}

	mem_deref(m);
	mem_deref(mb);
}


static void test_every_prefix_at_a_guard_page(void **state)
{
	struct guarded g;
	(void)state;

	guarded_open(&g, 4096);

	for (size_t i = 0; i < ARRAY_SIZE(samplev); i++) {
		for (size_t n = 0; n <= strlen(samplev[i]); n++) {
			prefix_check(&g, samplev[i], n, false, false);
			prefix_check(&g, samplev[i], n, true, false);
			prefix_check(&g, samplev[i], n, false, true);
		}
	}

	guarded_close(&g);
}


/* Every byte in turn replaced by the bytes that mean something */
static void test_every_byte_replaced(void **state)
{
	static const char bytes[] = "\0\r\n \t\"<>,;:=?@%\\/[]*0aZ\x7f\x80\xff";
	struct guarded g;
	char text[1024];
	size_t n = strlen(USUAL);
	(void)state;

	guarded_open(&g, 4096);
	memcpy(text, USUAL, n);

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < sizeof(bytes) - 1; k++) {
			text[i] = bytes[k];
			prefix_check(&g, text, n, false, false);
		}
		text[i] = USUAL[i];
	}

	guarded_close(&g);
}


static void test_arguments(void **state)
{
	struct sx_msg *m = NULL;
	struct mbuf *mb	 = mbuf_alloc(8);
	(void)state;

	assert_int_equal(EINVAL, sx_msg_parse(NULL, mb, false));
	assert_int_equal(EINVAL, sx_msg_parse(&m, NULL, false));
	assert_int_equal(EBADMSG, sx_msg_parse(&m, mb, false));
	assert_null(m);
	assert_null(sx_msg_hdr(NULL, SX_HDR_VIA, 0));
	assert_false(sx_msg_has_token(NULL, SX_HDR_VIA, "x"));
	mem_deref(mb);
}


#if !SANITIZED

/* The n-th allocation fails.  libre's are reached through the program's own
 * malloc, so that nothing of the library has to be replaced. */
extern void *__libc_malloc(size_t n);
extern void *__libc_realloc(void *p, size_t n);
__attribute__((visibility("default"))) void *malloc(size_t n);
__attribute__((visibility("default"))) void *realloc(void *p, size_t n);

static size_t fail_at; /* 0: never */
static size_t failed;


static bool fail_now(void)
{
	if (!fail_at || --fail_at)
		return false;

	++failed;

	return true;
}


void *malloc(size_t n)
{
	return fail_now() ? NULL : __libc_malloc(n);
}


void *realloc(void *p, size_t n)
{
	return fail_now() ? NULL : __libc_realloc(p, n);
}


static void test_failing_malloc(void **state)
{
	struct mbuf *mb = mbuf_alloc(4096);
	size_t ok = 0;
	(void)state;

	/* enough lines for the array to grow twice */
	assert_int_equal(0, mbuf_write_str(mb, LINE VIA FROM TO ID SEQ));
	for (size_t i = 0; i < 60; i++)
		assert_int_equal(0, mbuf_write_str(mb, "Y: y\r\n"));
	assert_int_equal(0, mbuf_write_str(mb, "\r\n"));
	mb->pos = 0;

	for (size_t n = 1; n < 10; n++) {

		struct sx_msg *m = NULL;

		failed	= 0;
		fail_at = n;

		int err = sx_msg_parse(&m, mb, false);

		fail_at = 0;
		assert_int_equal(failed ? ENOMEM : 0, err);
		assert_int_equal(failed ? 0 : 1, m != NULL);
		ok += !err;
		mem_deref(m);
		assert_int_equal(1, mem_nrefs(mb));
	}

	/* two allocations to begin with, and one each time it grows */
	assert_int_equal(9 - 4, ok);
	mem_deref(mb);
}

#endif


/* ---- cost ------------------------------------------------------------- */

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}


/* Least of several runs: what else the machine does only adds */
static uint64_t cost_ns(const char *head, const char *unit, size_t size)
{
	struct mbuf *mb = mbuf_alloc(size + 64);
	uint64_t best	= UINT64_MAX;

	assert_int_equal(0, mbuf_write_str(mb, head));
	while (mb->end < size)
		assert_int_equal(0, mbuf_write_str(mb, unit));

	for (int i = 0; i < 9; i++) {

		struct sx_msg *m = NULL;
		struct sx_addr addr;

		mb->pos	   = 0;
		uint64_t t = cpu_ns();

		(void)sx_msg_parse(&m, mb, false);
		if (m) {
			(void)sx_msg_contact(m, &addr);
			(void)sx_msg_has_token(m, SX_HDR_SUPPORTED, "x");
		}
		mem_deref(m);

		t = cpu_ns() - t;
		if (t < best)
			best = t;
	}

	mem_deref(mb);

	return best;
}


/* What an attacker can repeat.  Four times the bytes cost about four times
 * the work; a loop inside a loop would make sixteen of it. */
static void test_cost_is_linear(void **state)
{
	static const struct {
		const char *head, *unit;
	} rowv[] = {
		{LINE VIA FROM TO ID SEQ, "Y: y\r\n"},
		{LINE VIA FROM TO ID SEQ, "Contact: <sip:a>\r\n"},
		{LINE FROM TO ID SEQ "Via: SIP/2.0/UDP x", ";a=b"},
		{LINE FROM TO ID SEQ, VIA},
		{LINE FROM TO ID SEQ "Via: SIP/2.0/UDP x", ",SIP/2.0/UDP x"},
		{LINE VIA TO ID SEQ "From: <sip:a@b>", ";x=\"\\\"\""},
		{LINE VIA TO ID SEQ "From: ", "\""},
		{LINE VIA TO ID SEQ "From: ", "<"},
		{LINE VIA TO ID SEQ "From: sip:", "a@"},
		{LINE VIA FROM TO ID SEQ "Supported: ", "a,"},
		{LINE VIA FROM TO ID SEQ "Supported: ", "\","},
		{LINE VIA FROM TO ID SEQ "Y: ", "\r\n "},
		{LINE VIA FROM TO ID SEQ "Max-Forwards: ", "9"},
		{LINE VIA FROM TO ID SEQ, ":\r\n"},
		{LINE VIA FROM TO ID SEQ, "\r"},
		{"OPTIONS ", " "},
		{"OPTIONS sip:", "%41"},
		{"", "\r\n"},
		{LINE VIA FROM TO ID SEQ
		 "Content-Type: multipart/mixed;boundary=a\r\n\r\n", "\r\n--a"},
		{LINE VIA FROM TO ID SEQ
		 "Content-Type: multipart/mixed;boundary=a\r\n\r\n--a\r\n"
		 "Content-Type: multipart/mixed;boundary=b\r\n\r\n",
		 "--b\r\n--"},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {

		uint64_t a = cost_ns(rowv[i].head, rowv[i].unit, 16000);
		uint64_t b = cost_ns(rowv[i].head, rowv[i].unit, 64000);

		/* below 20 us it is too little to tell */
		if (b > 20000 && b > 9 * a)
			fail_msg("row %u \"%s\": %u ns for 16 KB, %u for 64",
				 (unsigned)i, rowv[i].unit, (unsigned)a,
				 (unsigned)b);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
#if !SANITIZED
		cmocka_unit_test(test_failing_malloc),
#endif
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_limits_of_number),
		cmocka_unit_test(test_head_larger_than_the_limit),
		cmocka_unit_test(test_every_prefix_at_a_guard_page),
		cmocka_unit_test(test_every_byte_replaced),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_cost_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
