/**
 * @file base/perlre.c  Perl's regular expressions (PCRE2), within limits
 *
 * Backtracking is exponential in the worst case: (a+)+$ against a long row of
 * a.  So PCRE2 counts its steps: MATCH_MAX of them take some milliseconds at
 * most, however long the subject.  No expression of an office comes near it.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "base/perlre.h"

enum {
	MATCH_MAX = 20000,
	DEPTH_MAX = 1000,
	HEAP_MAX_KB = 512,
	NEST_MAX = 50,
};

struct perlre {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};


static void destructor(void *data)
{
	struct perlre *r = data;

	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->limits);
	pcre2_code_free(r->code);
}


static void say(char *why, size_t n, int code, size_t at)
{
	unsigned char text[120] = "";

	if (!why)
		return;

	(void)pcre2_get_error_message(code, text, sizeof(text));
	(void)re_snprintf(why, n, "%s, at character %u", (char *)text,
			  (unsigned)at + 1);
}


static int compile(struct perlre *r, const char *pattern, char *why, size_t n)
{
	pcre2_compile_context *ctx = pcre2_compile_context_create(NULL);
	size_t at = 0;
	int code = 0;

	if (!ctx)
		return ENOMEM;

	(void)pcre2_set_parens_nest_limit(ctx, NEST_MAX);
	r->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
				PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF,
				&code, &at, ctx);
	pcre2_compile_context_free(ctx);
	if (r->code)
		return 0;

	if (code == PCRE2_ERROR_HEAP_FAILED)
		return ENOMEM;

	say(why, n, code, at);

	return EINVAL;
}


int perlre_alloc(struct perlre **rp, const char *pattern, char *why, size_t n)
{
	struct perlre *r;
	int err;

	if (!rp || !pattern)
		return EINVAL;

	if (strlen(pattern) > PERLRE_LEN_MAX) {
		if (why)
			(void)re_snprintf(why, n, "longer than %u characters",
					  (unsigned)PERLRE_LEN_MAX);
		return EINVAL;
	}

	r = mem_zalloc(sizeof(*r), destructor);
	if (!r)
		return ENOMEM;

	err = compile(r, pattern, why, n);
	if (err)
		goto out;

	r->data = pcre2_match_data_create_from_pattern(r->code, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (!r->data || !r->limits) {
		err = ENOMEM;
		goto out;
	}

	(void)pcre2_set_match_limit(r->limits, MATCH_MAX);
	(void)pcre2_set_depth_limit(r->limits, DEPTH_MAX);
	(void)pcre2_set_heap_limit(r->limits, HEAP_MAX_KB);

out:
	if (err)
		mem_deref(r);
	else
		*rp = r;

	return err;
}


int perlre_match(bool *hit, const struct perlre *r, const struct pl *subject)
{
	int n;

	if (!hit || !r || !subject)
		return EINVAL;

	*hit = false;
	if (subject->l > PERLRE_SUBJECT_MAX)
		return E2BIG;

	n = pcre2_match(r->code, (PCRE2_SPTR)(subject->l ? subject->p : ""),
			subject->l, 0, 0, r->data, r->limits);
	if (n == PCRE2_ERROR_NOMATCH)
		return 0;
	if (n < 0)
		return E2BIG;

	*hit = true;

	return 0;
}
