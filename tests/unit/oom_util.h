/**
 * @file tests/unit/oom_util.h  The n-th allocation fails
 *
 * Between oom_begin() and oom_end() the allocations of all threads are counted,
 * and one of them fails.  Not under a sanitizer, which has its own malloc: then
 * OOM_WORKS is not defined.
 */
#ifndef TANDEM_TESTS_OOM_UTIL_H
#define TANDEM_TESTS_OOM_UTIL_H

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define OOM_WORKS 1
#define VISIBLE __attribute__((visibility("default")))

static atomic_bool counting;
static atomic_uint_fast64_t calls, fail_at; /* from 1 on; 0: none fails */
static atomic_int_fast64_t blocks;	    /* that were not freed yet */

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void __libc_free(void *p);

VISIBLE void *malloc(size_t n);
VISIBLE void *calloc(size_t n, size_t size);
VISIBLE void *realloc(void *p, size_t n);
VISIBLE void free(void *p);


static bool refuse_block(void)
{
	if (!counting || atomic_fetch_add(&calls, 1) + 1 != fail_at)
		return false;

	errno = ENOMEM;

	return true;
}


void *malloc(size_t n)
{
	if (refuse_block())
		return NULL;

	blocks += counting;
	return __libc_malloc(n);
}


void *calloc(size_t n, size_t size)
{
	if (refuse_block())
		return NULL;

	blocks += counting;
	return __libc_calloc(n, size);
}


void *realloc(void *p, size_t n)
{
	if (refuse_block())
		return NULL;

	blocks += counting && !p;
	return __libc_realloc(p, n);
}


void free(void *p)
{
	blocks -= counting && p;
	__libc_free(p);
}


/** Count from here on; the n-th fails */
static inline void oom_begin(uint64_t n)
{
	calls	 = 0;
	blocks	 = 0;
	fail_at	 = n;
	counting = true;
}


static inline void oom_end(void)
{
	counting = false;
}

#endif

#endif
