/**
 * @file base/count.c  Counters
 *
 * One relaxed atomic each; a reader may see them a moment apart.
 */
#include "base/count.h"
#include <stddef.h>


_Atomic uint64_t count_tab[COUNT_MAX];


static const char *const names[COUNT_MAX] = {
#define X(id, name) [COUNT_##id] = name,
	COUNTERS(X)
#undef X
};


const char *count_name(enum counter c)
{
	if ((size_t)c >= COUNT_MAX)
		return "?";

	return names[c];
}
