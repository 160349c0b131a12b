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


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_all_are_drawn_once),
		cmocka_unit_test(test_used_pair_rests),
		cmocka_unit_test(test_pair_of_another_program_is_left_out),
		cmocka_unit_test(test_address_that_is_not_ours),
		cmocka_unit_test(test_new_range_forgets_pairs_of_the_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
