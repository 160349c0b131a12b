/**
 * @file apps/func_math.c  MATH, INC, DEC, RAND: numbers
 */
#include <math.h>
#include "apps/apps.h"
#include "base/rand.h"
#include "base/text.h"
#include "routing/expr.h"


struct math {
	const char *op;
	long double (*f)(long double a, long double b);
};


static long double m_add(long double a, long double b)
{
	return a + b;
}


static long double m_sub(long double a, long double b)
{
	return a - b;
}


static long double m_mul(long double a, long double b)
{
	return a * b;
}


static long double m_div(long double a, long double b)
{
	return b != 0 ? a / b : 0;
}


static long double m_mod(long double a, long double b)
{
	return b != 0 ? fmodl(a, b) : 0;
}


static long double m_pow(long double a, long double b)
{
	return powl(a, b);
}


static long double m_gt(long double a, long double b)
{
	return a > b;
}


static long double m_lt(long double a, long double b)
{
	return a < b;
}


static long double m_ge(long double a, long double b)
{
	return a >= b;
}


static long double m_le(long double a, long double b)
{
	return a <= b;
}


static long double m_eq(long double a, long double b)
{
	return !(a < b) && !(a > b);
}

/* clang-format off */
static const struct math ops[] = { /* longer ones first */
	{"**", m_pow}, {">=", m_ge}, {"<=", m_le}, {"==", m_eq},
	{"+", m_add}, {"-", m_sub}, {"*", m_mul}, {"/", m_div},
	{"%", m_mod}, {">", m_gt},  {"<", m_lt},
};
/* clang-format on */


/* The operator behind the first number; a sign is part of it */
static const struct math *find_op(struct pl *a, struct pl *b,
				  const struct pl *text)
{
	for (size_t i = 1; i < text->l; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(ops); k++) {
			size_t n = strlen(ops[k].op);

			if (i + n >= text->l ||
			    strncmp(text->p + i, ops[k].op, n))
				continue;

			a->p = text->p;
			a->l = i;
			b->p = text->p + i + n;
			b->l = text->l - i - n;
			*a = pl_trim(*a);
			*b = pl_trim(*b);
			return &ops[k];
		}
	}

	return NULL;
}


static bool is_small(long double v)
{
	return v > -9e15L && v < 9e15L;
}


/* libre has no long double: whole part and six digits */
static int print_float(struct mbuf *out, long double v)
{
	long double mag = v < 0 ? -v : v;
	uint64_t whole = (uint64_t)mag;
	uint64_t frac = (uint64_t)((mag - (long double)whole) * 1000000 +
				   0.5L);

	if (frac >= 1000000) {
		++whole;
		frac -= 1000000;
	}

	return mbuf_printf(out, "%s%llu.%06llu", v < 0 ? "-" : "", whole,
			   frac);
}


static int print_result(struct mbuf *out, long double v, const char *fmt)
{
	if (!is_small(v))
		return ERANGE;
	if (!fmt[0] || !strcasecmp(fmt, "float") || !strcasecmp(fmt, "f"))
		return print_float(out, v);
	if (!strcasecmp(fmt, "hex") || !strcasecmp(fmt, "h"))
		return mbuf_printf(out, "%llx", (uint64_t)(int64_t)v);
	if (!strcasecmp(fmt, "char") || !strcasecmp(fmt, "c"))
		return v >= 32 && v < 256 ? mbuf_write_u8(out, (uint8_t)v)
					  : EINVAL;

	return mbuf_printf(out, "%lld", (int64_t)v);
}


static int math_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *text)
{
	const struct math *op;
	struct pl expr, a, b;
	long double x, y;
	struct args args;
	int err;

	err = args_split(&args, text, 2);
	if (err)
		goto out;

	expr = args_pl(&args, 0);
	op = find_op(&a, &b, &expr);
	if (!op || !expr_num(&x, &a) || !expr_num(&y, &b)) {
		call_warning(call, "MATH(%s): not understood", text->str);
		err = EINVAL;
		goto out;
	}

	*tainted = false;
	err = print_result(out, op->f(x, y), args_str(&args, 1));

out:
	args_reset(&args);

	return err == ERANGE ? EINVAL : err;
}


const struct func func_math = {
	.name = "MATH",
	.usage = "MATH(number op number[,int|float|hex|char])  arithmetic",
	.read = math_read,
};


/* Count a variable up or down, and give what it is now */
static int count(struct mbuf *out, bool *tainted, struct call *call,
		 const struct ttext *args, int by)
{
	const char *text = call_var(call, args->str);
	long double v;
	struct pl pl;
	char buf[32];

	pl_set_str(&pl, text);
	if (!pl.l)
		v = 0;
	else if (!expr_num(&v, &pl) || !is_small(v))
		return EINVAL;

	*tainted = false;
	(void)re_snprintf(buf, sizeof(buf), "%lld", (int64_t)v + by);

	return call_set_var(call, args->str, buf, false)
		       ? EINVAL
		       : mbuf_write_str(out, buf);
}


static int inc_read(struct mbuf *out, bool *tainted, struct call *call,
		    const struct ttext *args)
{
	return count(out, tainted, call, args, 1);
}


static int dec_read(struct mbuf *out, bool *tainted, struct call *call,
		    const struct ttext *args)
{
	return count(out, tainted, call, args, -1);
}


const struct func func_inc = {
	.name = "INC",
	.usage = "INC(variable)  count it up",
	.read = inc_read,
};

const struct func func_dec = {
	.name = "DEC",
	.usage = "DEC(variable)  count it down",
	.read = dec_read,
};


static int rand_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *text)
{
	uint64_t min = 0, max = INT32_MAX;
	struct args a;
	struct pl pl;
	int err;

	err = args_split(&a, text, 2);
	if (!err && args_has(&a, 0)) {
		pl = args_pl(&a, 0);
		err = num_decode(&min, &pl, INT32_MAX) ? EINVAL : 0;
	}
	if (!err && args_has(&a, 1)) {
		pl = args_pl(&a, 1);
		err = num_decode(&max, &pl, INT32_MAX) ? EINVAL : 0;
	}
	args_reset(&a);

	if (err || max < min)
		return EINVAL;

	*tainted = false;

	return mbuf_printf(out, "%llu",
			   min + rand_below((uint32_t)(max - min + 1)));
}


const struct func func_rand = {
	.name = "RAND",
	.usage = "RAND([min][,max])  a random number",
	.read = rand_read,
};
