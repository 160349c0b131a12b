/**
 * @file test_wire.c  Short header names
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/compat.h"
#include "sip/stack.h"


/* clang-format off */
static const struct {
	const char *in, *out;
} rows[] = {
	{"INVITE sip:a@b;To:x SIP/2.0\r\nVia: SIP/2.0/UDP c\r\nFrom: <sip:a>\r\n"
	 "To: <sip:b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:From:b>\r\n"
	 "Content-Type: application/sdp\r\nContent-Length: 9\r\n\r\n"
	 "To: v=0\r\n",
	 "INVITE sip:a@b;To:x SIP/2.0\r\nv: SIP/2.0/UDP c\r\nf: <sip:a>\r\n"
	 "t: <sip:b>\r\ni: 1\r\nCSeq: 1 INVITE\r\nm: <sip:From:b>\r\n"
	 "c: application/sdp\r\nl: 9\r\n\r\nTo: v=0\r\n"},
	/* any case; what is short already stays, and so does the unknown */
	{"SIP/2.0 200 OK\r\nvia: x\r\nSUPPORTED: timer\r\nf: y\r\nX-To: z\r\n\r\n",
	 "SIP/2.0 200 OK\r\nv: x\r\nk: timer\r\nf: y\r\nX-To: z\r\n\r\n"},
	/* a folded line is no header of its own */
	{"SIP/2.0 200 OK\r\nSubject: a\r\n To: b\r\n\r\n",
	 "SIP/2.0 200 OK\r\ns: a\r\n To: b\r\n\r\n"},
	/* keep-alive, nothing at all, no end of line */
	{"\r\n\r\n", "\r\n\r\n"},
	{"", ""},
	{"To: x", "To: x"},
};
/* clang-format on */


static void test_header_names_become_short(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mbuf *in = mbuf_alloc(1), *out = NULL;

		assert_int_equal(0, mbuf_write_str(in, rows[i].in));
		assert_int_equal(0, sx_compact(&out, in));
		assert_int_equal(strlen(rows[i].out), out->end);
		assert_memory_equal(rows[i].out, out->buf, out->end);
		mem_deref(in);
		mem_deref(out);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_names_become_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
