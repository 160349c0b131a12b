/**
 * @file tests/unit/test_frame.c  Framing: messages out of a stream of bytes
 */
#include "tests/unit/sip_test.h"
#include "sip/frame.h"


static const char two[] =
	"\r\n\r\n"
	"MESSAGE sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n"
	"From: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: 1\r\n"
	"CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Type: text/plain\r\n"
	"Content-Length: 5\r\n\r\nhello"
	"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK2\r\n"
	"From: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: 2\r\n"
	"CSeq: 2 OPTIONS\r\nMax-Forwards: 70\r\nl: 0\r\n\r\n";


static int feed(struct sx_frame *f, const char *p, size_t n)
{
	while (n) {
		uint8_t *space;
		size_t room;
		int err = sx_frame_space(f, &space, &room);

		if (err)
			return err;

		assert_true(room >= 2048);
		room = min(room, n);
		memcpy(space, p, room);
		sx_frame_add(f, room);
		p += room;
		n -= room;
	}

	return 0;
}


/* Takes what is complete; returns the last result */
static int take(struct sx_frame *f, unsigned *n, struct sx_msg **keep)
{
	struct sx_msg *msg;
	int err;

	for (;;) {
		err = sx_frame_next(f, &msg);
		if (err)
			break;

		if (*n == 0) {
			assert_int_equal(msg->method, SX_MESSAGE);
			assert_int_equal(0, pl_strcmp(&msg->body, "hello"));
		}
		else {
			assert_int_equal(msg->method, SX_OPTIONS);
			assert_int_equal(msg->body.l, 0);
		}

		if (keep)
			keep[*n] = msg;
		else
			mem_deref(msg);
		++*n;
	}

	mem_deref(msg);

	return err;
}


static void test_frame_cut_anywhere(void **state)
{
	const size_t len = sizeof(two) - 1;

	(void)state;

	for (size_t cut = 0; cut <= len; cut++) {
		struct sx_frame f = {0};
		unsigned n        = 0;

		assert_int_equal(0, feed(&f, two, cut));
		assert_int_equal(EAGAIN, take(&f, &n, NULL));
		assert_int_equal(0, feed(&f, two + cut, len - cut));
		assert_int_equal(EAGAIN, take(&f, &n, NULL));
		assert_int_equal(n, 2);
		assert_int_equal(f.pings, 1);
		assert_false(sx_frame_pending(&f));
		sx_frame_reset(&f);
	}
}


static void test_frame_byte_by_byte_and_kept(void **state)
{
	struct sx_msg *keep[2] = {NULL};
	struct sx_frame f      = {0};
	unsigned n             = 0;

	(void)state;

	for (size_t i = 0; i < sizeof(two) - 1; i++) {
		assert_int_equal(0, feed(&f, two + i, 1));
		assert_int_equal(EAGAIN, take(&f, &n, keep));
	}

	/* what was taken stays whole while more comes in */
	for (unsigned i = 0; i < 2000; i++) {
		unsigned m = 0;

		assert_int_equal(0, feed(&f, two, sizeof(two) - 1));
		assert_int_equal(EAGAIN, take(&f, &m, NULL));
		assert_int_equal(m, 2);
	}

	assert_int_equal(n, 2);
	assert_int_equal(0, pl_strcmp(&keep[0]->body, "hello"));
	assert_int_equal(0, pl_strcmp(&keep[1]->callid, "2"));
	mem_deref(keep[0]);
	mem_deref(keep[1]);
	sx_frame_reset(&f);
}


static void test_frame_that_cannot_go_on(void **state)
{
	static const char *const rowv[] = {
		"",
		"Content-Length: -1\r\n",
		"Content-Length: 1\r\nContent-Length: 1\r\n",
		"Content-Length: 1\r\nl: 2\r\n",
		"Content-Length: 12 34\r\n",
		"Content-Length: five\r\n",
		"Content-Length: 1048577\r\n",
		"Content-Length: 4294967296\r\n",
		"Content-Length: 18446744073709551617\r\n",
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {
		struct sx_frame f = {0};
		struct sx_msg *msg;
		char buf[512];
		int n;

		n = re_snprintf(buf, sizeof(buf),
				"OPTIONS sip:a SIP/2.0\r\n"
				"Via: SIP/2.0/TCP h\r\n%s\r\n",
				rowv[i]);
		assert_int_equal(0, feed(&f, buf, (size_t)n));
		assert_int_equal(EBADMSG, sx_frame_next(&f, &msg));
		assert_non_null(msg);
		mem_deref(msg);
		sx_frame_reset(&f);
	}
}


static void test_frame_limits(void **state)
{
	struct sx_frame f = {0};
	struct sx_msg *msg;
	char line[1024];
	size_t n = 0;
	int err;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "X: ", 3);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);

	assert_int_equal(0, feed(&f, "OPTIONS sip:a SIP/2.0\r\n", 23));
	do {
		assert_int_equal(0, feed(&f, line, sizeof(line)));
		n += sizeof(line);
		err = sx_frame_next(&f, &msg);
	} while (err == EAGAIN && n < 1000000);

	assert_int_equal(err, EBADMSG);
	assert_in_range(n, SX_MAX_HEAD - 2048, SX_MAX_HEAD + 2048);
	mem_deref(msg);
	sx_frame_reset(&f);

	/* not SIP: no message at all */
	assert_int_equal(0, feed(&f, "GET / HTTP/1.1\r\n\r\n", 18));
	assert_int_equal(EBADMSG, sx_frame_next(&f, &msg));
	assert_null(msg);
	sx_frame_reset(&f);
}


static void test_frame_big_body(void **state)
{
	struct sx_frame f = {0};
	struct sx_msg *msg;
	char *body = malloc(1000000);

	(void)state;
	memset(body, 'b', 1000000);
	assert_int_equal(0, feed(&f,
				 "MESSAGE sip:a SIP/2.0\r\n"
				 "Content-Length: 1000000\r\n\r\n",
				 50));
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(EAGAIN, sx_frame_next(&f, &msg));
		assert_int_equal(0, feed(&f, body + i * 1000, 1000));
	}
	assert_int_equal(0, sx_frame_next(&f, &msg));
	assert_int_equal(msg->body.l, 1000000);
	mem_deref(msg);
	sx_frame_reset(&f);
	free(body);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame_cut_anywhere),
		cmocka_unit_test(test_frame_byte_by_byte_and_kept),
		cmocka_unit_test(test_frame_that_cannot_go_on),
		cmocka_unit_test(test_frame_limits),
		cmocka_unit_test(test_frame_big_body),
	};

	return cmocka_run_group_tests(tests, test_init, test_close);
}
