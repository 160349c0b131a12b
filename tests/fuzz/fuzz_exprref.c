/**
 * @file fuzz_exprref.c  Expressions against an independent reference
 *
 * The input is chance: it grows a tree whose value is computed in C, and what
 * $[...] makes of its text must be the same.
 */
#include "fuzz.h"
#include "routing/expr.h"
#include "../unit/expr_naive.h"

struct bytes {
	const uint8_t *p;
	size_t n;
};


static uint32_t below(uint32_t n, void *arg)
{
	struct bytes *b = arg;

	if (!b->n)
		return 0;

	--b->n;

	return *b->p++ % n;
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b		   = {data, size};
	const struct naive_src src = {below, &b};
	struct naive *n		   = mem_zalloc(sizeof(*n), NULL);
	struct mbuf *out	   = mbuf_alloc(64);
	char err[EXPR_ERR_SIZE], want[NAIVE_VAL + 8];
	struct pl text;

	HOLDS(n && out);
	naive_tree(n, &src, 5, NAIVE_COND, true);
	if (n->bad)
		goto out;

	naive_print(want, sizeof(want), n);
	pl_set_str(&text, n->text);
	HOLDS(!expr_eval_pl(out, &text, err));
	if (out->end != strlen(want) || memcmp(out->buf, want, out->end)) {
		(void)fprintf(stderr, "%s: %.*s, not %s\n", n->text,
			      (int)out->end, (char *)out->buf, want);
		abort();
	}

out:
	mem_deref(out);
	mem_deref(n);

	return 0;
}
