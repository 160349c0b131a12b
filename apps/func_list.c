/**
 * @file apps/func_list.c  Lists in a variable: PUSH, POP, SHIFT, UNSHIFT,
 *                         SORT, LISTFILTER, FIELDNUM
 *
 * The list is named, not given: ${POP(mylist)} takes from the variable mylist.
 * Separated by ',' unless told otherwise.
 */
#include <stdlib.h>
#include "apps/apps.h"
#include "base/text.h"
#include "routing/expr.h"

enum { SORT_MAX = 1024 };


/* The delimiter in argument i */
static char delimiter(const struct args *a, size_t i)
{
	const char *s = args_str(a, i);

	if (s[0] == '\\' && s[1] == 't')
		return '\t';
	if (s[0] == '\\' && s[1] == 'n')
		return '\n';

	return s[0] ? s[0] : ',';
}


static int set_list(struct call *call, const struct pl *name, const char *p,
		    size_t n, bool tainted)
{
	struct pl val = {p, n};

	return vars_set(call->vars, name, &val, tainted);
}


/* --- POP, SHIFT ---------------------------------------------------------- */

static int take(struct mbuf *out, bool *tainted, struct call *call,
		const struct ttext *text, bool first)
{
	struct mbuf *mb = NULL;
	struct pl name, val, part, rest;
	const char *sep;
	struct args a;
	char delim;
	int err;

	err = args_split(&a, text, 2);
	if (err || !args_has(&a, 0)) {
		args_reset(&a);
		return err ? err : EINVAL;
	}

	name = args_pl(&a, 0);
	delim = delimiter(&a, 1);
	err = var_value(&mb, tainted, call, &name);
	if (err || !mb->end)
		goto out;

	val.p = (const char *)mb->buf;
	val.l = mb->end;
	part = rest = val;
	sep = first ? memchr(val.p, delim, val.l) : memrchr(val.p, delim, val.l);
	if (!sep) {
		rest.l = 0;
	}
	else if (first) {
		part.l = (size_t)(sep - val.p);
		rest.p = sep + 1;
		rest.l = val.l - part.l - 1;
	}
	else {
		rest.l = (size_t)(sep - val.p);
		part.p = sep + 1;
		part.l = val.l - rest.l - 1;
	}

	err = mbuf_write_pl(out, &part);
	if (!err)
		err = set_list(call, &name, rest.p, rest.l, *tainted);

out:
	args_reset(&a);
	mem_deref(mb);

	return err;
}


static int pop_read(struct mbuf *out, bool *tainted, struct call *call,
		    const struct ttext *args)
{
	return take(out, tainted, call, args, false);
}


static int shift_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	return take(out, tainted, call, args, true);
}


const struct func func_pop = {
	.name = "POP",
	.usage = "POP(variable[,delimiter])  take the last part of a list",
	.read = pop_read,
};

const struct func func_shift = {
	.name = "SHIFT",
	.usage = "SHIFT(variable[,delimiter])  take the first part of a list",
	.read = shift_read,
};


/* --- PUSH, UNSHIFT ------------------------------------------------------- */

static int add(struct call *call, const struct ttext *text,
	       const struct ttext *value, bool front)
{
	struct mbuf *old = NULL, *mb = mbuf_alloc(64);
	bool tainted = false;
	struct pl name, val;
	struct args a;
	char delim[2] = "";
	int err;

	err = args_split(&a, text, 2);
	if (!err && (!mb || !args_has(&a, 0)))
		err = mb ? EINVAL : ENOMEM;
	if (err)
		goto out;

	name = args_pl(&a, 0);
	delim[0] = delimiter(&a, 1);
	err = var_value(&old, &tainted, call, &name);
	if (err)
		goto out;

	val = ttext_pl(value);
	if (!old->end)
		err = mbuf_write_pl(mb, &val);
	else if (front)
		err = mbuf_printf(mb, "%r%s%b", &val, delim, old->buf,
				  old->end);
	else
		err = mbuf_printf(mb, "%b%s%r", old->buf, old->end, delim,
				  &val);
	if (!err)
		err = set_list(call, &name, (const char *)mb->buf, mb->end,
			       tainted || ttext_tainted(value));

out:
	args_reset(&a);
	mem_deref(old);
	mem_deref(mb);

	return err;
}


static int push_write(struct call *call, const struct ttext *args,
		      const struct ttext *value)
{
	return add(call, args, value, false);
}


static int unshift_write(struct call *call, const struct ttext *args,
			 const struct ttext *value)
{
	return add(call, args, value, true);
}


const struct func func_push = {
	.name = "PUSH",
	.usage = "PUSH(variable[,delimiter])=text  put behind a list",
	.write = push_write,
	.write_local = true,
};

const struct func func_unshift = {
	.name = "UNSHIFT",
	.usage = "UNSHIFT(variable[,delimiter])=text  put before a list",
	.write = unshift_write,
	.write_local = true,
};


/* --- LISTFILTER, FIELDNUM ------------------------------------------------ */

/* Call h for each part of the list named by argument 0 */
static int each(bool *tainted, struct call *call, const struct ttext *text,
		void (*h)(const struct pl *part, unsigned n, char delim,
			  const struct pl *wanted, struct mbuf *out),
		struct mbuf *out)
{
	struct pl name, wanted, rest, part;
	struct mbuf *mb = NULL;
	struct args a;
	unsigned n = 0;
	int err;

	err = args_split(&a, text, 3);
	if (!err && a.n < 3)
		err = EINVAL;
	if (!err) {
		name = args_pl(&a, 0);
		err = var_value(&mb, tainted, call, &name);
	}
	if (!err && mb->end) {
		wanted = args_pl(&a, 2);
		rest.p = (const char *)mb->buf;
		rest.l = mb->end;
		while (pl_next(&part, &rest, delimiter(&a, 1)))
			h(&part, ++n, delimiter(&a, 1), &wanted, out);
	}

	args_reset(&a);
	mem_deref(mb);

	return err;
}


static void keep_others(const struct pl *part, unsigned n, char delim,
			const struct pl *wanted, struct mbuf *out)
{
	(void)n;
	if (!pl_cmp(part, wanted))
		return;
	if (out->end)
		(void)mbuf_write_u8(out, (uint8_t)delim);
	(void)mbuf_write_pl(out, part);
}


static int listfilter_read(struct mbuf *out, bool *tainted, struct call *call,
			   const struct ttext *args)
{
	return each(tainted, call, args, keep_others, out);
}


const struct func func_listfilter = {
	.name = "LISTFILTER",
	.usage = "LISTFILTER(variable,delimiter,text)  the list without the "
		 "parts that are this text",
	.read = listfilter_read,
};


static void number_of(const struct pl *part, unsigned n, char delim,
		      const struct pl *wanted, struct mbuf *out)
{
	(void)delim;
	if (!out->end && !pl_cmp(part, wanted))
		(void)mbuf_printf(out, "%u", n);
}


static int fieldnum_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *args)
{
	int err = each(tainted, call, args, number_of, out);

	*tainted = false;
	if (!err && !out->end)
		err = mbuf_write_u8(out, '0');

	return err;
}


const struct func func_fieldnum = {
	.name = "FIELDNUM",
	.usage = "FIELDNUM(variable,delimiter,text)  which part of the list "
		 "this text is, 0 if none",
	.read = fieldnum_read,
};


/* --- SORT ---------------------------------------------------------------- */

struct pair {
	struct pl key;
	long double num;
	size_t pos;
};


static int by_num(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->num < y->num || x->num > y->num)
		return x->num < y->num ? -1 : 1;

	return x->pos < y->pos ? -1 : 1;
}


/* SORT(key:number,...): the keys in the order of their numbers */
static int sort_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *args)
{
	struct pair *v = mem_zalloc(SORT_MAX * sizeof(*v), NULL);
	struct pl rest = ttext_pl(args), part, num;
	size_t n = 0;
	int err = v ? 0 : ENOMEM;

	while (!err && rest.p && pl_next(&part, &rest, ',')) {
		const char *colon = pl_strrchr(&part, ':');

		if (!colon || n == SORT_MAX) {
			err = EINVAL;
			break;
		}

		v[n].key.p = part.p;
		v[n].key.l = (size_t)(colon - part.p);
		num.p = colon + 1;
		num.l = part.l - v[n].key.l - 1;
		num = pl_trim(num);
		if (!expr_num(&v[n].num, &num))
			v[n].num = 0;
		v[n].pos = n;
		++n;
	}

	if (!err && n)
		qsort(v, n, sizeof(*v), by_num);
	for (size_t i = 0; i < n && !err; i++)
		err = mbuf_printf(out, "%s%r", i ? "," : "", &v[i].key);

	mem_deref(v);

	return err;
}


const struct func func_sort = {
	.name = "SORT",
	.usage = "SORT(key:number[,key:number...])  the keys in the order of "
		 "their numbers",
	.read = sort_read,
};
