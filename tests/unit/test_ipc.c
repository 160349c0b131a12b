/**
 * @file test_ipc.c  Messages and descriptors between two processes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/ipc.h"


struct side {
	struct ipc *i;
	uint32_t typev[64];
	size_t lenv[64];
	uint8_t lastv[64]; /* last byte of each */
	unsigned n;
	unsigned closed;
	int err;
	bool give_up;      /* in the next message */
};

static struct side a, b;


static void recv_handler(uint32_t type, struct mbuf *mb, void *arg)
{
	struct side *s = arg;

	assert_true(s->n < ARRAY_SIZE(s->typev));
	s->typev[s->n] = type;
	s->lenv[s->n]  = mbuf_get_left(mb);
	s->lastv[s->n] = mb->end > mb->pos ? mb->buf[mb->end - 1] : 0;
	++s->n;

	if (s->give_up)
		s->i = mem_deref(s->i);
}


static void close_handler(int err, void *arg)
{
	struct side *s = arg;

	++s->closed;
	s->err = err;
}


static int setup(void **state)
{
	int fdv[2];

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fdv))
		return -1;

	return ipc_alloc(&a.i, fdv[0], recv_handler, close_handler, &a) |
	       ipc_alloc(&b.i, fdv[1], recv_handler, close_handler, &b);
}


static int teardown(void **state)
{
	(void)state;
	a.i = mem_deref(a.i);
	b.i = mem_deref(b.i);

	return 0;
}


static void send_bytes(struct ipc *i, uint32_t type, size_t n, int err)
{
	struct mbuf *mb = mbuf_alloc(n + 1);

	memset(mb->buf, 0x5a, n);
	mb->end = n;
	assert_int_equal(ipc_send(i, type, mb), err);
	mem_deref(mb);
}


/* Both sides take turns until b has got so many */
static void pump(unsigned n)
{
	for (unsigned k = 0; k < 1000 && b.n < n; k++) {
		(void)ipc_wait(a.i, 0);
		(void)ipc_wait(b.i, 1);
	}

	assert_int_equal(b.n, n);
}


static void test_messages_keep_their_order_and_bytes(void **state)
{
	static const size_t lenv[] = {0, 1, 8, 65535, 65536, 1000000,
				      IPC_FRAME_MAX, 3};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(lenv); k++)
		send_bytes(a.i, 100 + (uint32_t)k, lenv[k], 0);

	pump(ARRAY_SIZE(lenv));
	for (size_t k = 0; k < ARRAY_SIZE(lenv); k++) {
		assert_int_equal(b.typev[k], 100 + k);
		assert_int_equal(b.lenv[k], lenv[k]);
		assert_int_equal(b.lastv[k], lenv[k] ? 0x5a : 0);
	}
}


static void test_limits(void **state)
{
	(void)state;
	send_bytes(a.i, 1, IPC_FRAME_MAX + 1, EMSGSIZE);

	/* nobody reads: some of it waits, then no more is taken */
	for (unsigned k = 0; k < 17; k++)
		send_bytes(a.i, 2, IPC_FRAME_MAX - 8, 0);
	send_bytes(a.i, 2, 1, ENOBUFS);
	assert_int_equal(ipc_send(NULL, 1, NULL), EINVAL);
}


static void test_descriptors(void **state)
{
	struct stat one, other;
	int fdv[2], fd;

	(void)state;
	assert_int_equal(pipe(fdv), 0);
	assert_int_equal(ipc_send_fd(a.i, 1, NULL, fdv[0]), 0);
	assert_int_equal(ipc_send_fd(a.i, 2, NULL, fdv[1]), 0);
	assert_int_equal(ipc_send_fd(a.i, 3, NULL, 12345), EBADF);
	send_bytes(a.i, 4, 10, 0);
	pump(3);

	for (unsigned k = 0; k < 2; k++) {
		fd = ipc_take_fd(b.i);
		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &one), 0);
		assert_int_equal(fstat(fdv[k], &other), 0);
		assert_int_equal(one.st_ino, other.st_ino);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		(void)close(fd);
		(void)close(fdv[k]);
	}
	assert_int_equal(ipc_take_fd(b.i), -1);
}


static void test_other_side_goes(void **state)
{
	(void)state;
	send_bytes(a.i, 1, 10, 0);
	a.i = mem_deref(a.i);

	/* what was said before counts */
	assert_int_equal(ipc_wait(b.i, 1000), 0);
	assert_int_equal(ipc_wait(b.i, 1000), ENOTCONN);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.closed, 1);
	assert_int_equal(b.err, 0);
	assert_int_equal(ipc_send(b.i, 1, NULL), ENOTCONN);
}


static void test_handler_may_give_it_up(void **state)
{
	(void)state;
	send_bytes(a.i, 1, 10, 0);
	send_bytes(a.i, 2, 10, 0);
	b.give_up = true;
	(void)ipc_wait(b.i, 1000);
	assert_int_equal(b.n, 1);
	assert_null(b.i);
	assert_int_equal(b.closed, 0);
}


static void test_nonsense_ends_it(void **state)
{
	static const uint8_t junk[] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
	int fdv[2];

	(void)state;
	b.i = mem_deref(b.i);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fdv), 0);
	assert_int_equal(ipc_alloc(&b.i, fdv[0], recv_handler, close_handler,
				   &b), 0);
	assert_int_equal(write(fdv[1], junk, sizeof(junk)), sizeof(junk));
	assert_int_equal(ipc_wait(b.i, 1000), ENOTCONN);
	assert_int_equal(b.err, EBADMSG);
	assert_int_equal(b.n, 0);
	(void)close(fdv[1]);
}


static void test_timeout(void **state)
{
	(void)state;
	assert_int_equal(ipc_wait(b.i, 10), ETIMEDOUT);
	assert_int_equal(b.closed, 0);
}


static void test_values(void **state)
{
	struct mbuf *mb = mbuf_alloc(8);
	char *text	= NULL;
	struct sa sa, got;
	uint64_t big;
	uint32_t num;
	struct pl pl;

	(void)state;
	assert_int_equal(sa_set_str(&sa, "fe80::1", 5060), 0);
	assert_int_equal(ipc_put_str(mb, "name"), 0);
	assert_int_equal(ipc_put_str(mb, NULL), 0);
	assert_int_equal(ipc_put_sa(mb, &sa), 0);
	assert_int_equal(mbuf_write_u32(mb, 7), 0);
	assert_int_equal(mbuf_write_u64(mb, UINT64_C(1) << 40), 0);
	mb->pos = 0;

	assert_int_equal(ipc_get_str(&text, mb), 0);
	assert_string_equal(text, "name");
	text = mem_deref(text);
	assert_int_equal(ipc_get_str(&text, mb), 0);
	assert_string_equal(text, "");
	mem_deref(text);
	assert_int_equal(ipc_get_sa(&got, mb), 0);
	assert_true(sa_cmp(&sa, &got, SA_ALL));
	assert_int_equal(ipc_get_u32(&num, mb), 0);
	assert_int_equal(num, 7);
	assert_int_equal(ipc_get_u64(&big, mb), 0);
	assert_true(big == UINT64_C(1) << 40);

	/* there is no more; a length that lies */
	assert_int_equal(ipc_get_u32(&num, mb), EBADMSG);
	assert_int_equal(ipc_get_pl(&pl, mb), EBADMSG);
	mb->pos = mb->end = 0;
	assert_int_equal(mbuf_write_u32(mb, 1000), 0);
	mb->pos = 0;
	assert_int_equal(ipc_get_pl(&pl, mb), EBADMSG);
	mem_deref(mb);
}


static void test_paths(void **state)
{
	char dir[] = "/tmp/tandem-XXXXXX", path[64];
	struct stat st;
	int fd, other;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)re_snprintf(path, sizeof(path), "%s/x.ctl", dir);
	assert_int_equal(ipc_connect(&fd, path), ENOENT);
	assert_int_equal(ipc_listen(&fd, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(ipc_connect(&other, path), 0);
	(void)close(other);
	(void)close(fd);
	assert_int_equal(ipc_connect(&other, path), ECONNREFUSED);

	/* what an earlier one left is no obstacle */
	assert_int_equal(ipc_listen(&fd, path), 0);
	(void)close(fd);
	(void)unlink(path);
	(void)rmdir(dir);
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_messages_keep_their_order_and_bytes),
		CASE(test_limits),
		CASE(test_descriptors),
		CASE(test_other_side_goes),
		CASE(test_handler_may_give_it_up),
		CASE(test_nonsense_ends_it),
		CASE(test_timeout),
		CASE(test_values),
		CASE(test_paths),
	};
	int err = libre_init();

	if (err)
		return 1;
	err = cmocka_run_group_tests(tests, NULL, NULL);
	libre_close();

	return err;
}
