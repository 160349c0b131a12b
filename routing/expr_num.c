/**
 * @file routing/expr_num.c  Numbers, truth and the functions of expressions
 */
#include "routing/expr_priv.h"
#include <math.h>
#include <stdio.h>


enum { DIGITS_MAX = 64 };


static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}


bool expr_num(long double *nump, const struct pl *val)
{
	long double num = 0, scale = 1;
	bool minus, point = false;
	size_t i = 0;

	if (!nump || !pl_isset(val) || val->l > DIGITS_MAX)
		return false;

	minus = val->p[0] == '-';
	if (minus)
		++i;

	/* digits at both ends, so ".5", "5." and "-" are text */
	if (i == val->l || !is_digit(val->p[i]) ||
	    !is_digit(val->p[val->l - 1]))
		return false;

	for (; i < val->l; i++) {
		char c = val->p[i];

		if (is_digit(c)) {
			num = num * 10 + (c - '0');
			if (point)
				scale *= 10;
		}
		else if (c == '.' && !point) {
			point = true;
		}
		else {
			return false;
		}
	}

	num /= scale;
	*nump = minus ? -num : num;

	return true;
}


int expr_print_num(struct mbuf *out, long double num)
{
	char buf[64];
	int n;

	if (!out)
		return EINVAL;

	/* -0 looks like a fault */
	n = snprintf(buf, sizeof(buf), "%.18Lg", num == 0 ? 0.0L : num);
	if (n < 0 || (size_t)n >= sizeof(buf))
		return EOVERFLOW;

	return mbuf_write_mem(out, (uint8_t *)buf, (size_t)n);
}


bool expr_is_true(const struct pl *val)
{
	size_t i = 0, digits;
	bool nonzero = false;

	if (!pl_isset(val))
		return false;

	while (i < val->l && (val->p[i] == ' ' ||
			      (val->p[i] >= '\t' && val->p[i] <= '\r')))
		++i;

	if (i < val->l && (val->p[i] == '-' || val->p[i] == '+'))
		++i;

	/* a leading whole number decides, whatever follows: "0.5" is false */
	for (digits = i; i < val->l && is_digit(val->p[i]); i++)
		nonzero |= val->p[i] != '0';

	return i == digits || nonzero;
}


struct func {
	const char *name;
	long double (*f1)(long double);
	long double (*f2)(long double, long double);
};


/* clang-format off */
static const struct func funcv[] = {
	{"abs",    fabsl,      NULL},
	{"acos",   acosl,      NULL},
	{"asin",   asinl,      NULL},
	{"atan",   atanl,      NULL},
	{"atan2",  NULL,       atan2l},
	{"ceil",   ceill,      NULL},
	{"cos",    cosl,       NULL},
	{"exp",    expl,       NULL},
	{"exp10",  exp10l,     NULL},
	{"exp2",   exp2l,      NULL},
	{"floor",  floorl,     NULL},
	{"log",    logl,       NULL},
	{"log10",  log10l,     NULL},
	{"log2",   log2l,      NULL},
	{"pow",    NULL,       powl},
	{"remainder", NULL,    remainderl},
	{"rint",   rintl,      NULL},
	{"round",  roundl,     NULL},
	{"sin",    sinl,       NULL},
	{"sqrt",   sqrtl,      NULL},
	{"tan",    tanl,       NULL},
	{"trunc",  truncl,     NULL},
};
/* clang-format on */


int expr_func(long double *resp, const struct pl *name, const long double *v,
	      size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(funcv); i++) {
		const struct func *f = &funcv[i];

		if (pl_strcasecmp(name, f->name))
			continue;

		if (n != (f->f1 ? 1u : 2u))
			return EINVAL;

		*resp = f->f1 ? f->f1(v[0]) : f->f2(v[0], v[1]);

		return 0;
	}

	return ENOENT;
}
