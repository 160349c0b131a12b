/**
 * @file apps/func_logic.c  IF, IFTIME, EXISTS, ISNULL, SET, MATH, INC, DEC,
 *                          RAND, EVAL, STRFTIME, VALID_EXTEN, DIALPLAN_EXISTS
 */
#include <math.h>
#include "apps/apps.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "routing/expr.h"
#include "routing/strftime.h"


static int print_text(struct mbuf *out, bool *tainted, const struct ttext *t)
{
	struct pl pl;

	*tainted = t && ttext_tainted(t);
	if (!t)
		return 0;

	pl = ttext_pl(t);

	return mbuf_write_pl(out, &pl);
}


static int if_read(struct mbuf *out, bool *tainted, struct call *call,
		   const struct ttext *args)
{
	struct ttext *part = NULL;
	int err = choose(&part, args);

	if (!err)
		err = print_text(out, tainted, part);
	mem_deref(part);

	return err;
}


const struct func func_if = {
	.name = "IF",
	.usage = "IF(condition?a[:b])  a if the condition holds, else b",
	.read = if_read,
};


static int iftime_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	size_t quest = find_outside(args, 0, '?');
	struct pl spec = {args->str, quest};
	struct ttext *part = NULL;
	int err;

	if (quest >= args->len)
		return EINVAL;

	err = choose_part(&part, args, quest + 1, time_holds(call, &spec));
	if (!err)
		err = print_text(out, tainted, part);
	mem_deref(part);

	return err;
}


const struct func func_iftime = {
	.name = "IFTIME",
	.usage = "IFTIME(times,weekdays,days,months[,zone]?a[:b])  a at these "
		 "times, else b",
	.read = iftime_read,
};


static int put_bool(struct mbuf *out, bool *tainted, bool value)
{
	*tainted = false;

	return mbuf_write_u8(out, value ? '1' : '0');
}


static int exists_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	return put_bool(out, tainted, args->len > 0);
}


static int isnull_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	return put_bool(out, tainted, args->len == 0);
}


const struct func func_exists = {
	.name = "EXISTS",
	.usage = "EXISTS(text)  1 if it is not empty, else 0",
	.read = exists_read,
};

const struct func func_isnull = {
	.name = "ISNULL",
	.usage = "ISNULL(text)  1 if it is empty, else 0",
	.read = isnull_read,
};


static int set_read(struct mbuf *out, bool *tainted, struct call *call,
		    const struct ttext *args)
{
	size_t eq = find_outside(args, 0, '=');
	struct ttext *name = NULL, *value = NULL;
	int err;

	if (!eq || eq >= args->len)
		return EINVAL;

	err = ttext_slice(&name, args, 0, eq);
	if (!err)
		err = ttext_slice(&value, args, eq + 1, args->len - eq - 1);
	if (!err)
		err = call_assign(call, name, value, false);
	if (!err)
		err = print_text(out, tainted, value);

	mem_deref(name);
	mem_deref(value);

	return err == ENOENT || err == EPERM ? EINVAL : err;
}


const struct func func_set = {
	.name = "SET",
	.usage = "SET(name=value)  set it, and give the value",
	.read = set_read,
};


/* --- numbers -------------------------------------------------------------- */

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


/* What came from the wire is never a text to expand */
static int eval_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *args)
{
	struct ttext *t = NULL;
	struct pl pl = ttext_pl(args);
	int err;

	if (ttext_tainted(args)) {
		if (pl_strchr(&pl, '$'))
			call_warning(call, "EVAL: a text from outside is not "
					   "expanded");
		return mbuf_write_pl(out, &pl);
	}

	err = call_expand_text(call, &t, &pl);
	if (!err)
		err = print_text(out, tainted, t);
	mem_deref(t);

	return err;
}


const struct func func_eval = {
	.name = "EVAL",
	.usage = "EVAL(text)  expanded once more",
	.read = eval_read,
};


/* --- time ----------------------------------------------------------------- */

static int strftime_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *text)
{
	uint64_t us = clock_wall_us(), ms;
	struct pl epoch, fmt;
	struct args a;
	int err;

	err = args_split(&a, text, 3);
	if (err)
		goto out;

	epoch = args_pl(&a, 0);
	fmt = args_pl(&a, 2);
	epoch = pl_trim(epoch);
	if (!fmt.l)
		pl_set_str(&fmt, "%c");
	if (epoch.l) {
		if (num_decode_milli(&ms, &epoch, UINT64_MAX / 1000000)) {
			err = EINVAL;
			goto out;
		}
		us = ms * 1000;
	}

	*tainted = ttext_tainted(text);
	err = strftime_us(out, &fmt, us, args_str(&a, 1));
	if (err == ENOENT) {
		call_warning(call, "STRFTIME: no time zone \"%s\"",
			     args_str(&a, 1));
		err = 0;
	}

out:
	args_reset(&a);

	return err;
}


const struct func func_strftime = {
	.name = "STRFTIME",
	.usage = "STRFTIME([epoch][,[zone][,format]])  date and time",
	.read = strftime_read,
};


/* --- plan ----------------------------------------------------------------- */

static bool plan_has(struct call *call, const struct ttext *text, int *errp)
{
	struct dp_target t;
	struct dp_query q;
	char context[128];
	struct args a;
	bool found = false;
	int err;

	err = args_split(&a, text, 3);
	if (!err && !a.n)
		err = EINVAL;
	if (!err) {
		memset(&t, 0, sizeof(t));
		memset(&q, 0, sizeof(q));
		str_ncpy(context, call->context, sizeof(context));
		if (args_has(&a, 0))
			str_ncpy(context, args_str(&a, 0), sizeof(context));

		q.context = context;
		q.exten = args_pl(&a, 1);
		q.now_s = (int64_t)clock_wall_s();
		pl_set_str(&q.cid, call->cid_num);
		t.prio = args_pl(&a, 2);
		if (!t.prio.l)
			pl_set_str(&t.prio, "1");

		if (!call->plan)
			found = false;
		else if (a.n == 1)
			found = dp_has_context(call->plan, context);
		else
			found = !dp_target_find(NULL, call->plan, &t, &q, 1);
	}

	args_reset(&a);
	*errp = err;

	return found;
}


static int valid_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	int err;
	bool found = plan_has(call, args, &err);

	return err ? err : put_bool(out, tainted, found);
}


const struct func func_valid_exten = {
	.name = "VALID_EXTEN",
	.usage = "VALID_EXTEN([context],extension[,priority])  1 if it is in "
		 "the dialplan",
	.read = valid_read,
};

const struct func func_dialplan_exists = {
	.name = "DIALPLAN_EXISTS",
	.usage = "DIALPLAN_EXISTS(context[,extension[,priority]])  1 if it is "
		 "in the dialplan",
	.read = valid_read,
};
