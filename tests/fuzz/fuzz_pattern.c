/**
 * @file fuzz_pattern.c  Patterns against an independent reference
 *
 * The input is lines: a pattern, another one, and a number.  The reference
 * takes a pattern apart into sets of bytes and compares one by one.
 */
#include "fuzz.h"
#include "routing/pattern.h"

enum { ELEMS = PATTERN_MAX + 1 };

enum tail {
	TAIL_NONE,
	TAIL_SOME, /* . */
	TAIL_ANY,  /* ! */
};

struct ref {
	uint8_t set[ELEMS][256];
	size_t n;
	enum tail tail;
};


static void range(uint8_t *set, unsigned a, unsigned b)
{
	for (; a <= b; a++)
		set[a] = 1;
}


/* What stands between [ and ] */
static size_t take_set(uint8_t *set, const char *p, size_t n)
{
	size_t i = 1;

	for (; i < n && p[i] != ']'; i++) {
		if (i + 2 < n && p[i + 1] == '-' && p[i + 2] != ']') {
			range(set, (uint8_t)p[i], (uint8_t)p[i + 2]);
			i += 2;
		}
		else {
			set[(uint8_t)p[i]] = 1;
		}
	}

	return i;
}


static void take(struct ref *r, const struct pl *pat)
{
	memset(r, 0, sizeof(*r));

	for (size_t i = 1; i < pat->l; i++) {
		const char c = pat->p[i];
		uint8_t *set;

		if (c == '-' || c == ' ')
			continue;
		if (c == '.' || c == '!') {
			r->tail = c == '.' ? TAIL_SOME : TAIL_ANY;
			return;
		}

		set = r->set[r->n++];
		if (c == 'X' || c == 'x')
			range(set, '0', '9');
		else if (c == 'Z' || c == 'z')
			range(set, '1', '9');
		else if (c == 'N' || c == 'n')
			range(set, '2', '9');
		else if (c == '[')
			i += take_set(set, pat->p + i, pat->l - i);
		else
			set[(uint8_t)c] = 1;
	}
}


/* A hyphen in a number separates, unless it is the last character */
static void without_hyphens(char *buf, struct pl *num)
{
	size_t n = 0;

	for (size_t i = 0; i < num->l; i++) {
		if (num->p[i] != '-' || i + 1 == num->l)
			buf[n++] = num->p[i];
	}

	num->p = buf;
	num->l = n;
}


static bool fits(const struct ref *r, const struct pl *num)
{
	if (num->l < r->n)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		if (!r->set[i][(uint8_t)num->p[i]])
			return false;
	}

	return r->tail == TAIL_ANY ||
	       (r->tail == TAIL_SOME ? num->l > r->n : num->l == r->n);
}


static bool good(const struct pl *pat)
{
	return pat->l > 1 && pat->l <= PATTERN_MAX && pat->p[0] == '_' &&
	       !pattern_check(pat, NULL);
}


static void one(struct ref *r, const struct pl *pat, const struct pl *num)
{
	const bool hit = pattern_match(pat, num) & PATTERN_FULL;
	char buf[PATTERN_MAX];
	struct pl plain = *num;

	take(r, pat);
	without_hyphens(buf, &plain);
	HOLDS(hit == fits(r, &plain));
	HOLDS(!pattern_cmp(pat, pat));
}


static struct pl line(struct pl *rest)
{
	struct pl l = {rest->p, 0};

	while (l.l < rest->l && rest->p[l.l] != '\n')
		++l.l;
	pl_advance(rest, (ssize_t)l.l + (l.l < rest->l));

	return l;
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mbuf *mb = fuzz_mbuf(data, size < 2048 ? size : 2048);
	struct pl rest	= {(const char *)mb->buf, mb->end};
	struct pl a = line(&rest), b = line(&rest), num = line(&rest);
	struct ref *r = mem_zalloc(sizeof(*r), NULL);
	struct pl elem;

	HOLDS(r);
	if (num.l > PATTERN_MAX || memchr(data, 0, size))
		goto out;

	if (good(&a))
		one(r, &a, &num);
	if (good(&b))
		one(r, &b, &num);

	if (good(&a) && good(&b)) {
		const int ab = pattern_cmp(&a, &b), ba = pattern_cmp(&b, &a);

		HOLDS((ab > 0) == (ba < 0) && (ab < 0) == (ba > 0));
		/* what covers takes every number of the other one */
		if (pattern_covers(&a, &b) &&
		    (pattern_match(&b, &num) & PATTERN_FULL))
			HOLDS(pattern_match(&a, &num) & PATTERN_FULL);
	}

	if (!(pattern_match(&a, &num) & PATTERN_FULL))
		HOLDS(pattern_parts_at(&a, &num, &elem) <= num.l);

out:
	mem_deref(r);
	mem_deref(mb);

	return 0;
}
