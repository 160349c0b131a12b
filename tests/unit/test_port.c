/**
 * @file tests/unit/test_port.c  Pairs of UDP ports
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "media/port.h"


enum {
	MIN   = 7000, /* the kernel hands out those from 32768 on */
	MAX   = 7039,
	PAIRS = (MAX - MIN + 1) / 2,
	REST  = 5000,
	SEC   = 1000000,
};

static struct sa laddr;


static struct ports *ports_new(uint16_t min, uint16_t max)
{
	struct ports *p = NULL;

	(void)sa_set_str(&laddr, "127.0.0.1", 0);
	assert_int_equal(0, ports_alloc(&p));
	assert_int_equal(0, ports_range(p, min, max, REST));

	return p;
}


static void test_range(void **state)
{
	static const struct {
		uint16_t min, max;
		int err;
		size_t pairs;
	} rows[] = {
		{10000, 20000, 0, 5000},  {10000, 10001, 0, 1},
		{10001, 10003, 0, 1},     {10001, 10002, EINVAL, 0},
		{10000, 10000, EINVAL, 0},{10002, 10001, EINVAL, 0},
		{0, 10, EINVAL, 0},       {65534, 65535, 0, 1},
		{65535, 65535, EINVAL, 0},{2, 65535, 0, 32767},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ports *p = NULL;

		assert_int_equal(0, ports_alloc(&p));
		assert_int_equal(rows[i].err, ports_range(p, rows[i].min,
							  rows[i].max, REST));
		assert_int_equal(rows[i].pairs, ports_free(p, 0));
		mem_deref(p);
	}
}


static uint16_t bound_port(int fd)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	assert_int_equal(0, getsockname(fd, (struct sockaddr *)&in, &len));

	return ntohs(in.sin_port);
}


static void test_all_are_drawn_once(void **state)
{
	struct ports *p = ports_new(MIN, MAX);
	struct port_pair v[PAIRS], more;
	uint64_t seen = 0;
	bool sorted   = true;

	(void)state;

	for (size_t i = 0; i < PAIRS; i++) {
		assert_int_equal(0, ports_open(p, &v[i], &laddr, 0, 0));
		assert_int_equal(0, v[i].port % 2);
		assert_in_range(v[i].port, MIN, MAX - 1);
		assert_int_equal(v[i].port, bound_port(v[i].rtp));
		assert_int_equal(v[i].port + 1, bound_port(v[i].rtcp));
		assert_false(seen >> ((v[i].port - MIN) / 2) & 1);
		seen |= 1ull << ((v[i].port - MIN) / 2);
		if (i && v[i].port < v[i - 1].port)
			sorted = false;
	}

	/* 1 of 20! orders is sorted */
	assert_false(sorted);
	assert_int_equal(EMFILE, ports_open(p, &more, &laddr, 0, 0));

	for (size_t i = 0; i < PAIRS; i++)
		port_pair_close(&v[i]);
	mem_deref(p);
}


static void test_used_pair_rests(void **state)
{
	struct ports *p = ports_new(MIN, MIN + 1);
	struct port_pair pair;

	(void)state;
	assert_int_equal(0, ports_open(p, &pair, &laddr, 0, SEC));
	port_pair_close(&pair);
	ports_rest(p, &pair, 2 * SEC);

	assert_int_equal(0, ports_free(p, 2 * SEC));
	assert_int_equal(EMFILE,
			 ports_open(p, &pair, &laddr, 0, 7 * SEC - 1));
	assert_int_equal(0, ports_open(p, &pair, &laddr, 0, 7 * SEC));
	port_pair_close(&pair);
	mem_deref(p);
}


static void test_pair_of_another_program_is_left_out(void **state)
{
	struct ports *p = ports_new(MIN, MIN + 3);
	const int fd    = socket(AF_INET, SOCK_DGRAM, 0);
	struct port_pair pair, more;
	struct sa sa;

	(void)state;

	/* the RTCP port of the first pair */
	(void)sa_set_str(&sa, "127.0.0.1", MIN + 1);
	assert_int_equal(0, bind(fd, &sa.u.sa, sa.len));

	assert_int_equal(0, ports_open(p, &pair, &laddr, 0, 0));
	assert_int_equal(MIN + 2, pair.port);
	assert_int_equal(EMFILE, ports_open(p, &more, &laddr, 0, 0));

	/* it is not lost */
	(void)close(fd);
	assert_int_equal(0, ports_open(p, &more, &laddr, 0, 0));
	assert_int_equal(MIN, more.port);

	port_pair_close(&pair);
	port_pair_close(&more);
	mem_deref(p);
}


static void test_address_that_is_not_ours(void **state)
{
	struct ports *p = ports_new(MIN, MAX);
	struct port_pair pair;
	struct sa sa;

	(void)state;
	(void)sa_set_str(&sa, "192.0.2.1", 0);
	assert_int_equal(EADDRNOTAVAIL, ports_open(p, &pair, &sa, 0, 0));
	assert_int_equal(PAIRS, ports_free(p, 0));
	mem_deref(p);
}


static void test_new_range_forgets_pairs_of_the_old(void **state)
{
	struct ports *p = ports_new(MIN, MIN + 1);
	struct port_pair pair;

	(void)state;
	assert_int_equal(0, ports_open(p, &pair, &laddr, 0, 0));
	assert_int_equal(0, ports_range(p, MIN + 10, MIN + 13, REST));
	port_pair_close(&pair);
	ports_rest(p, &pair, 0);
	assert_int_equal(2, ports_free(p, 60 * SEC));
	mem_deref(p);
}


/* --- a socket that is connected ------------------------------------------ */

static int peer_socket(struct sa *sa, const char *ip)
{
	int fd;

	assert_int_equal(0, sa_set_str(sa, ip, 0));
	fd = socket(sa_af(sa), SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	if (bind(fd, &sa->u.sa, sa->len)) {
		(void)close(fd);
		return -1;
	}

	sa->len = sizeof(sa->u);
	assert_int_equal(0, getsockname(fd, &sa->u.sa, &sa->len));

	return fd;
}


static void say(int fd, const struct sa *to, char c)
{
	assert_int_equal(1, sendto(fd, &c, 1, 0, &to->u.sa, to->len));
}


/* What came, 0 if nothing did */
static char hear(int fd)
{
	char c = 0;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 1 ? c : 0;
}


static void connect_beside(const char *ip)
{
	struct ports *p = ports_new(MIN, MAX);
	struct sa peer, other, us;
	struct port_pair pair;
	const int on = 1;
	int fp, fo, fd = -1, third;

	(void)sa_set_str(&us, ip, 0);
	fp = peer_socket(&peer, ip);
	if (fp < 0)
		skip();
	fo = peer_socket(&other, ip);
	assert_int_equal(0, ports_open(p, &pair, &us, 0xb8, 0));
	sa_set_port(&us, pair.port);
	assert_int_equal(0, port_connect(&fd, &pair, &peer));

	/* the peer's come there, all others here */
	say(fp, &us, 'a');
	say(fo, &us, 'b');
	assert_int_equal('a', hear(fd));
	assert_int_equal('b', hear(pair.rtp));
	assert_int_equal(0, hear(fd));
	assert_int_equal(0, hear(pair.rtp));
	assert_int_equal(1, send(fd, "c", 1, 0));
	assert_int_equal('c', hear(fp));

	/* nobody can join, not even one who would share */
	third = socket(sa_af(&us), SOCK_DGRAM, 0);
	assert_true(third >= 0);
	assert_int_equal(0, setsockopt(third, SOL_SOCKET, SO_REUSEPORT, &on,
				       sizeof(on)));
	assert_int_equal(0, setsockopt(third, SOL_SOCKET, SO_REUSEADDR, &on,
				       sizeof(on)));
	assert_int_equal(-1, bind(third, &us.u.sa, us.len));
	assert_int_equal(EADDRINUSE, errno);

	/* without it all is as before; and it can be had again */
	(void)close(fd);
	say(fp, &us, 'd');
	assert_int_equal('d', hear(pair.rtp));
	assert_int_equal(0, port_connect(&fd, &pair, &other));
	say(fp, &us, 'e');
	say(fo, &us, 'f');
	assert_int_equal('e', hear(pair.rtp));
	assert_int_equal('f', hear(fd));

	(void)close(fd);
	(void)close(third);
	(void)close(fp);
	(void)close(fo);
	port_pair_close(&pair);
	mem_deref(p);
}


static void test_connected_beside(void **state)
{
	(void)state;
	connect_beside("127.0.0.1");
}


static void test_connected_beside_ipv6(void **state)
{
	(void)state;
	connect_beside("::1");
}


static void test_connected_leaves_descriptors_for_calls(void **state)
{
	struct ports *p = ports_new(MIN, MAX);
	struct port_pair pair;
	struct rlimit old, few;
	struct sa peer;
	int fd = -1;

	(void)state;
	assert_int_equal(0, ports_open(p, &pair, &laddr, 0, 0));
	assert_int_equal(0, sa_set_str(&peer, "127.0.0.1", 4000));
	assert_int_equal(0, getrlimit(RLIMIT_NOFILE, &old));
	few          = old;
	few.rlim_cur = (rlim_t)pair.rtcp + 2;
	assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &few));
	assert_int_equal(EMFILE, port_connect(&fd, &pair, &peer));
	assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &old));
	assert_int_equal(-1, fd);
	assert_int_equal(0, port_connect(&fd, &pair, &peer));
	(void)close(fd);
	port_pair_close(&pair);
	mem_deref(p);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_all_are_drawn_once),
		cmocka_unit_test(test_used_pair_rests),
		cmocka_unit_test(test_pair_of_another_program_is_left_out),
		cmocka_unit_test(test_address_that_is_not_ours),
		cmocka_unit_test(test_new_range_forgets_pairs_of_the_old),
		cmocka_unit_test(test_connected_beside),
		cmocka_unit_test(test_connected_beside_ipv6),
		cmocka_unit_test(test_connected_leaves_descriptors_for_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
