/**
 * @file fuzz.h  What the fuzz targets have in common
 */
#ifndef TANDEM_TESTS_FUZZ_H
#define TANDEM_TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include "base/compat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A statement that must hold for every input */
#define HOLDS(x)                                                             \
	do {                                                                 \
		if (!(x)) {                                                  \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__,       \
				      __LINE__, #x);                         \
			abort();                                             \
		}                                                            \
	} while (0)


static inline void fuzz_forget_buf(void *data)
{
	struct mbuf *mb = data;

	free(mb->buf);
	mb->buf = NULL;
}


/** The input in memory of just its size, so that one byte too far is seen */
static inline struct mbuf *fuzz_mbuf(const uint8_t *data, size_t size)
{
	struct mbuf *mb = mem_zalloc(sizeof(*mb), fuzz_forget_buf);

	HOLDS(mb);
	mb->buf = malloc(size ? size : 1);
	HOLDS(mb->buf);
	if (size)
		memcpy(mb->buf, data, size);
	mb->size = mb->end = size;

	return mb;
}

#endif
