/**
 * @file base/rand.c  Random numbers, keyed hash, constant-time compare
 *
 * getrandom() costs a system call, so each thread draws 256 bytes at a time
 * (which the kernel hands out whole, without EINTR) and wipes what it gave
 * away.  A forked child must not repeat its parent's numbers: it throws the
 * rest of the buffer away.
 */
#include "base/rand.h"
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>


enum { POOL_SIZE = 256 };

struct pool {
	uint8_t buf[POOL_SIZE];
	size_t left; /* fresh bytes, at the end of buf */
};

static _Thread_local struct pool pool;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint8_t table_key[16];


static void draw(void *buf, size_t n)
{
	uint8_t *p = buf;

	while (n) {
		ssize_t r = getrandom(p, n, 0);

		if (r < 0 && errno == EINTR)
			continue;

		/* without random numbers nothing we send would be safe */
		if (r <= 0) {
			perror("getrandom");
			abort();
		}

		p += r;
		n -= (size_t)r;
	}
}


static void child_handler(void)
{
	memset(&pool, 0, sizeof(pool));
}


static void init(void)
{
	draw(table_key, sizeof(table_key));
	(void)pthread_atfork(NULL, NULL, child_handler);
}


void rand_fill(void *buf, size_t n)
{
	uint8_t *p = buf;

	if (!buf)
		return;

	(void)pthread_once(&once, init);

	if (n > POOL_SIZE) {
		draw(buf, n);
		return;
	}

	while (n) {
		if (!pool.left) {
			draw(pool.buf, sizeof(pool.buf));
			pool.left = sizeof(pool.buf);
		}

		size_t m     = n < pool.left ? n : pool.left;
		uint8_t *src = pool.buf + POOL_SIZE - pool.left;

		memcpy(p, src, m);
		explicit_bzero(src, m);
		pool.left -= m;
		p += m;
		n -= m;
	}
}


uint32_t rand_num(void)
{
	uint32_t v;

	rand_fill(&v, sizeof(v));

	return v;
}


/* Numbers below 2^32 mod limit are drawn again, so that none is favoured */
uint32_t rand_below(uint32_t limit)
{
	uint32_t min, v;

	if (limit < 2)
		return 0;

	min = (0u - limit) % limit;

	do {
		v = rand_num();
	} while (v < min);

	return v % limit;
}


void rand_hex(char *str, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t v[16];

	if (!str || !n)
		return;

	for (size_t i = 0; i < n - 1; i++) {
		const size_t k = i % (2 * sizeof(v));

		if (!k)
			rand_fill(v, n - i < 2 * sizeof(v) ? (n - i) / 2
							   : sizeof(v));

		str[i] = digits[v[k / 2] >> (k % 2 ? 4 : 0) & 0xf];
	}

	str[n - 1] = '\0';
}


struct siphash {
	uint64_t v0, v1, v2, v3;
};


static inline uint64_t rotl(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}


static inline void sip_round(struct siphash *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}


static inline void absorb(struct siphash *s, uint64_t m)
{
	s->v3 ^= m;
	sip_round(s);
	sip_round(s);
	s->v0 ^= m;
}


static inline uint64_t le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));

	return le32toh(v);
}


/* Up to eight bytes, the first one lowest.  Two halves of four or more may
 * overlap: a byte in both has the same place in both */
static inline uint64_t load(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	if (n >= 4)
		return le32(p) | le32(p + n - 4) << (8 * (n - 4));

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);

	return v;
}


/* ASCII letters of eight bytes to lower case, the others as they are */
static inline uint64_t fold(uint64_t v)
{
	const uint64_t ones  = 0x0101010101010101u;
	const uint64_t seven = v & 0x7f * ones;
	const uint64_t from  = seven + (0x80 - 'A') * ones;
	const uint64_t above = seven + (0x7f - 'Z') * ones;
	const uint64_t upper = from & ~above & ~v & 0x80 * ones;

	return v | upper >> 2;
}


static inline uint64_t hash24(const uint8_t key[16], const uint8_t *p,
			      size_t n, bool ci)
{
	const uint64_t k0 = load(key, 8);
	const uint64_t k1 = load(key + 8, 8);
	const uint64_t len = (uint64_t)n << 56;
	struct siphash s  = {
		 k0 ^ 0x736f6d6570736575u,
		 k1 ^ 0x646f72616e646f6du,
		 k0 ^ 0x6c7967656e657261u,
		 k1 ^ 0x7465646279746573u,
	};
	uint64_t v;

	for (; n >= 8; n -= 8, p += 8) {
		v = load(p, 8);
		absorb(&s, ci ? fold(v) : v);
	}

	v = load(p, n);
	absorb(&s, len | (ci ? fold(v) : v));

	s.v2 ^= 0xff;
	for (unsigned i = 0; i < 4; i++)
		sip_round(&s);

	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}


uint64_t siphash24(const uint8_t key[16], const void *p, size_t n)
{
	return hash24(key, p, n, false);
}


uint32_t hash_key(const void *p, size_t n)
{
	uint64_t h;

	(void)pthread_once(&once, init);
	h = hash24(table_key, p, n, false);

	return (uint32_t)(h ^ h >> 32);
}


uint32_t hash_key_ci(const char *p, size_t n)
{
	uint64_t h;

	(void)pthread_once(&once, init);
	h = hash24(table_key, (const uint8_t *)p, n, true);

	return (uint32_t)(h ^ h >> 32);
}


bool mem_equal_ct(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= x[i] ^ y[i];

	return diff == 0;
}
