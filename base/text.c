/**
 * @file base/text.c  Small text helpers
 */
#include "base/text.h"


static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}


static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}


static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}


int num_decode(uint64_t *np, const struct pl *pl, uint64_t max)
{
	uint64_t n = 0;
	bool large = false;

	if (!np || !pl || !pl->p || !pl->l)
		return EINVAL;

	for (size_t i = 0; i < pl->l; i++) {
		uint64_t d;

		if (!is_digit(pl->p[i]))
			return EINVAL;

		d = (uint64_t)(pl->p[i] - '0');

		/* read on: "99999x" is no number at all */
		if (d > max || n > (max - d) / 10)
			large = true;
		else
			n = n * 10 + d;
	}

	if (large)
		return ERANGE;

	*np = n;

	return 0;
}


/* Up to three digits count, more are cut off */
static int frac_decode(uint64_t *milli, const struct pl *pl)
{
	static const uint64_t scale[] = {100, 10, 1};
	uint64_t n                    = 0;

	if (!pl->l)
		return EINVAL;

	for (size_t i = 0; i < pl->l; i++) {
		if (!is_digit(pl->p[i]))
			return EINVAL;

		if (i < ARRAY_SIZE(scale))
			n += scale[i] * (uint64_t)(pl->p[i] - '0');
	}

	*milli = n;

	return 0;
}


int num_decode_milli(uint64_t *np, const struct pl *pl, uint64_t max_milli)
{
	uint64_t n = 0, milli = 0;
	struct pl whole, frac;
	const char *dot;
	int err;

	if (!np || !pl || !pl->p || !pl->l)
		return EINVAL;

	dot     = memchr(pl->p, '.', pl->l);
	whole.p = pl->p;
	whole.l = dot ? (size_t)(dot - pl->p) : pl->l;

	if (dot) {
		frac.p = dot + 1;
		frac.l = pl->l - whole.l - 1;
		err    = frac_decode(&milli, &frac);
		if (err)
			return err;
	}

	/* ".5" is fine */
	if (whole.l || !dot) {
		err = num_decode(&n, &whole, max_milli / 1000u);
		if (err)
			return err;
	}

	if (milli > max_milli - n * 1000u)
		return ERANGE;

	*np = n * 1000u + milli;

	return 0;
}


bool bool_decode(bool *bp, const struct pl *pl)
{
	static const char *const words[2][6] = {
		{"no", "false", "n", "f", "0", "off"},
		{"yes", "true", "y", "t", "1", "on"},
	};

	if (!bp || !pl || !pl->p)
		return false;

	for (size_t v = 0; v < 2; v++) {
		for (size_t i = 0; i < ARRAY_SIZE(words[v]); i++) {
			if (pl_strcasecmp(pl, words[v][i]))
				continue;

			*bp = v != 0;
			return true;
		}
	}

	return false;
}


struct pl pl_trim(struct pl pl)
{
	while (pl.l && is_space(pl.p[0]))
		pl_advance(&pl, 1);

	while (pl.l && is_space(pl.p[pl.l - 1]))
		--pl.l;

	return pl;
}


bool pl_next(struct pl *part, struct pl *rest, char sep)
{
	const char *p;

	if (!part || !rest || !rest->p)
		return false;

	p = rest->l ? memchr(rest->p, sep, rest->l) : NULL;
	if (!p) {
		*part = *rest;
		*rest = pl_null;
		return true;
	}

	part->p = rest->p;
	part->l = (size_t)(p - rest->p);
	pl_advance(rest, (ssize_t)part->l + 1);

	return true;
}


int pl_copy(char *buf, size_t n, const struct pl *pl)
{
	if (!buf || !n || !pl)
		return EINVAL;

	buf[0] = '\0';

	if (pl->l >= n)
		return ENOBUFS;

	if (pl->l)
		memcpy(buf, pl->p, pl->l);
	buf[pl->l] = '\0';

	return 0;
}


enum { WORD_MAX = 64 };


static size_t min2(size_t a, size_t b)
{
	return a < b ? a : b;
}


/* Edit distance where a swap of two neighbours counts one, case ignored */
static size_t distance(const char *a, size_t an, const char *b, size_t bn)
{
	size_t row[3][WORD_MAX + 1];
	size_t *prev = row[0], *cur = row[1], *old = row[2];

	for (size_t j = 0; j <= bn; j++)
		prev[j] = j;

	for (size_t i = 1; i <= an; i++) {
		size_t *tmp = old;
		char x      = lower(a[i - 1]);

		cur[0] = i;
		for (size_t j = 1; j <= bn; j++) {
			char y = lower(b[j - 1]);

			cur[j] = min2(min2(prev[j], cur[j - 1]) + 1,
				      prev[j - 1] + (x != y));

			if (i > 1 && j > 1 && x == lower(b[j - 2]) &&
			    y == lower(a[i - 2]))
				cur[j] = min2(cur[j], old[j - 2] + 1);
		}

		old  = prev;
		prev = cur;
		cur  = tmp;
	}

	return prev[bn];
}


const char *text_nearest(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t best_d    = 3;
	size_t len;

	if (!word || !words)
		return NULL;

	len = strlen(word);
	if (!len || len > WORD_MAX)
		return NULL;

	for (size_t i = 0; i < n; i++) {
		size_t wl = words[i] ? strlen(words[i]) : 0;
		size_t d;

		if (!wl || wl > WORD_MAX || wl > len + 2 || len > wl + 2)
			continue;

		d = distance(word, len, words[i], wl);
		if (d < best_d && (!d || d * 2 < len)) {
			best   = words[i];
			best_d = d;
		}
	}

	return best;
}


int mbuf_str(char **strp, const struct mbuf *mb)
{
	char *str;

	if (!strp || !mb)
		return EINVAL;

	str = mem_alloc(mb->end + 1, NULL);
	if (!str)
		return ENOMEM;

	if (mb->end)
		memcpy(str, mb->buf, mb->end);
	str[mb->end] = '\0';

	*strp = str;

	return 0;
}
