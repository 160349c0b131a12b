/**
 * @file test_rand.c  Random numbers, keyed hash, constant-time compare
 */
#include "routing_util.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/rand.h"


/* The reference vectors of SipHash-2-4: key 00..0f, input 00..n-1 */
static void test_siphash_vectors(void **state)
{
	static const struct {
		size_t n;
		uint64_t hash;
	} rows[] = {
		{0, 0x726fdb47dd0e0e31u},  {1, 0x74f839c593dc67fdu},
		{7, 0xab0200f58b01d137u},  {8, 0x93f5f5799a932462u},
		{15, 0xa129ca6149be45e5u}, {63, 0x958a324ceb064572u},
	};
	uint8_t key[16], in[64];

	(void)state;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;

	memcpy(key, in, sizeof(key));

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(siphash24(key, in, rows[i].n), rows[i].hash);
}


static void test_hash_key(void **state)
{
	(void)state;
	assert_int_equal(hash_key("abc", 3), hash_key("abcd", 3));
	assert_int_not_equal(hash_key("abc", 3), hash_key("abd", 3));
	assert_int_not_equal(hash_key("abc", 3), hash_key("abc", 4));
	assert_int_equal(hash_key_ci("AbC[", 4), hash_key_ci("aBc[", 4));
	assert_int_equal(hash_key_ci("abc", 3), hash_key("abc", 3));

	/* only letters have two cases */
	assert_int_not_equal(hash_key_ci("[", 1), hash_key_ci("{", 1));
	assert_int_not_equal(hash_key_ci("@", 1), hash_key_ci("`", 1));
}


/* Names that a peer would choose fill the buckets evenly */
static void test_hash_spread(void **state)
{
	enum { BUCKETS = 64, PER = 64 };
	unsigned count[BUCKETS] = {0};
	char name[32];

	(void)state;

	for (unsigned i = 0; i < BUCKETS * PER; i++) {
		int n = re_snprintf(name, sizeof(name), "call-%08x", i);

		++count[hash_key(name, (size_t)n) % BUCKETS];
	}

	/* 8 standard deviations */
	for (unsigned i = 0; i < BUCKETS; i++)
		assert_in_range(count[i], PER - 64, PER + 64);
}


/* Chi-square over bytes, at a threshold that chance does not reach */
static void test_fill(void **state)
{
	enum { N = 256 * 400 };
	static uint8_t buf[N];
	double chi = 0;
	unsigned count[256] = {0};

	(void)state;

	/* pieces of all sizes, so that the pool's ends are crossed */
	for (size_t off = 0, n = 1; off < N; off += n, n = n % 700 + 1) {
		if (n > N - off)
			n = N - off;
		rand_fill(buf + off, n);
	}

	for (size_t i = 0; i < N; i++)
		++count[buf[i]];

	for (size_t i = 0; i < 256; i++)
		chi += (count[i] - 400.0) * (count[i] - 400.0) / 400.0;

	assert_true(chi > 130 && chi < 450);
	rand_fill(NULL, 5);
}


static void test_fill_bounds(void **state)
{
	uint8_t buf[300];

	(void)state;

	for (size_t n = 0; n < sizeof(buf) - 2; n++) {
		memset(buf, 0, sizeof(buf));
		rand_fill(buf + 1, n);
		assert_int_equal(buf[0], 0);
		assert_int_equal(buf[n + 1], 0);
	}
}


static void test_below(void **state)
{
	unsigned seen[7] = {0};

	(void)state;
	assert_int_equal(rand_below(0), 0);
	assert_int_equal(rand_below(1), 0);

	for (int i = 0; i < 7000; i++) {
		uint32_t v = rand_below(7);

		assert_true(v < 7);
		++seen[v];
	}

	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		assert_in_range(seen[i], 700, 1300);

	/* where a plain modulo would favour the lower third */
	for (int i = 0, low = 0; i < 3000; i++) {
		low += rand_below(3221225472u) < 1073741824u;
		if (i == 2999)
			assert_in_range(low, 800, 1200);
	}
}


static void test_hex(void **state)
{
	char a[33], b[33], one[1] = {'x'};

	(void)state;
	rand_hex(a, sizeof(a));
	rand_hex(b, sizeof(b));
	assert_int_equal(strlen(a), 32);
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	assert_string_not_equal(a, b);
	rand_hex(one, 1);
	assert_int_equal(one[0], 0);
	rand_hex(NULL, 5);
}


static void test_fork(void **state)
{
	uint8_t mine[16], child[16];
	int fd[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	rand_fill(mine, 1); /* a half used pool */

	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		rand_fill(child, sizeof(child));
		_exit(write(fd[1], child, sizeof(child)) != sizeof(child));
	}

	rand_fill(mine, sizeof(mine));
	assert_int_equal(read(fd[0], child, sizeof(child)), sizeof(child));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_memory_not_equal(mine, child, sizeof(mine));
	(void)close(fd[0]);
	(void)close(fd[1]);
}


static void *draw_thread(void *arg)
{
	rand_fill(arg, 64);

	return NULL;
}


static void test_threads(void **state)
{
	uint8_t a[64], b[64];
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, draw_thread, a), 0);
	rand_fill(b, sizeof(b));
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_memory_not_equal(a, b, sizeof(a));
}


static void test_equal_ct(void **state)
{
	(void)state;
	assert_true(mem_equal_ct("abc", "abc", 3));
	assert_true(mem_equal_ct("abc", "abd", 2));
	assert_true(mem_equal_ct("a", "b", 0));
	assert_false(mem_equal_ct("abc", "abd", 3));
	assert_false(mem_equal_ct("xbc", "abc", 3));
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash_vectors),
		cmocka_unit_test(test_hash_key),
		cmocka_unit_test(test_hash_spread),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_fill_bounds),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_equal_ct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
