/**
 * @file routing/subst.c  Expansion of ${...} and $[...]
 *
 * One pass from left to right: a reference opens a text of its own, is filled
 * up to the bracket that closes it (references inside are expanded on the
 * way), evaluated, and its value appended to the text around it.  Values are
 * never read again, so what a caller sends cannot become a reference.
 *
 * Brackets are counted as Asterisk does: inside ${ } every brace, inside $[ ]
 * every square bracket, whatever stands between them.
 */
#include "routing/subst.h"
#include "base/text.h"
#include "routing/expr.h"


enum { WARN_SIZE = 256, SLICE_MAX = 1 << 30 };


struct expansion {
	const char *p; /* next byte of the administrator's text */
	const char *end;
	unsigned depth;
	const struct subst_ops *ops;
	void *arg;
};


/* What stands between ${ and } */
struct ref {
	struct pl name;
	bool func;
	const char *fault; /* of the parentheses */
	size_t args; /* position and length of the arguments */
	size_t argsl;
	struct pl slice; /* behind the first ':' */
	bool sliced;
	bool sep_found;
	struct pl len; /* behind the second ':' */
};


static void warn(const struct expansion *x, const char *why,
		 const struct pl *part)
{
	char buf[WARN_SIZE];
	struct pl pl = *part;

	if (!x->ops->warn)
		return;

	if (pl.l > WARN_SIZE / 2)
		pl.l = WARN_SIZE / 2;

	(void)re_snprintf(buf, sizeof(buf), "%s: '%r'", why, &pl);
	x->ops->warn(buf, x->arg);
}


/* --- slices -------------------------------------------------------------- */

struct pl subst_slice(const struct pl *val, int64_t off, int64_t len)
{
	struct pl res = {"", 0};
	int64_t n, left;

	if (!val || !val->l)
		return res;

	n = (int64_t)val->l;

	/* further back than the text is long: from its beginning */
	if (off < 0)
		off = off < -n ? 0 : n + off;

	if (off >= n)
		return res;

	left = n - off;

	if (len < 0)
		len = len < -left ? 0 : left + len;

	res.p = val->p + off;
	res.l = (size_t)(len < left ? len : left);

	return res;
}


/* A whole number as it begins the text.  False if there is none, or something
   else behind it */
static bool number_read(int64_t *np, const struct pl *pl)
{
	struct pl s = pl_trim(*pl);
	bool minus;
	size_t i = 0;
	int64_t n = 0;

	minus = s.l && s.p[0] == '-';
	if (s.l && (s.p[0] == '-' || s.p[0] == '+'))
		pl_advance(&s, 1);

	for (; i < s.l && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		n = n * 10 + (s.p[i] - '0');
		if (n > SLICE_MAX)
			n = SLICE_MAX;
	}

	if (i)
		*np = minus ? -n : n;

	return i && i == s.l;
}


/* Without an offset Asterisk reads no length either */
static struct pl ref_slice(const struct expansion *x, const struct ref *r,
			   const struct pl *val)
{
	int64_t off = 0, len = SLICE_MAX;

	if (!r->sliced)
		return *val;

	if (!number_read(&off, &r->slice)) {
		warn(x, "offset is no number", &r->slice);
		return subst_slice(val, off, len);
	}

	if (r->sep_found && pl_trim(r->len).l && !number_read(&len, &r->len))
		warn(x, "length is no number", &r->len);

	return subst_slice(val, off, len);
}


/* --- references ---------------------------------------------------------- */

/* Only literal bytes are looked at; `name` is what goes before the first
   literal '(' or ':' */
static void ref_decode(struct ref *r, const struct ttext *t)
{
	size_t name = t->len, close = t->len, depth = 0;
	size_t seps[2] = {t->len, t->len}, n = 0, end;

	memset(r, 0, sizeof(*r));

	for (size_t i = 0; i < t->len; i++) {
		char c = t->str[i];

		if (!strchr("():", c) || !c || ttext_tainted_at(t, i))
			continue;

		if (c == '(') {
			++depth;
			if (!n && !r->func) {
				r->func = true;
				name    = i;
			}
		}
		else if (c == ')') {
			if (depth)
				--depth;
			if (!n)
				close = i;
		}
		else if (!depth && n < 2) {
			seps[n++] = i;
		}
	}

	end = seps[0];
	if (!r->func)
		name = end;

	r->name = (struct pl){t->str, name};

	if (r->func) {
		if (close >= end || close < name) {
			r->fault = "missing ')'";
			close    = end;
		}
		else if (close + 1 != end) {
			r->fault = "text behind ')'";
		}

		r->args  = name + 1;
		r->argsl = close - r->args;
	}

	if (!n)
		return;

	r->sliced    = true;
	r->sep_found = n > 1;
	r->slice = (struct pl){t->str + seps[0] + 1, seps[1] - seps[0] - 1};

	if (n > 1)
		r->len = (struct pl){t->str + seps[1] + 1,
				     t->len - seps[1] - 1};
}


static int ref_call(const struct expansion *x, const struct ref *r,
		    const struct ttext *t, struct mbuf *out, bool *tainted)
{
	struct ttext *args = NULL;
	int err;

	/* which function runs is not for a caller to say */
	if (ttext_tainted_in(t, 0, r->name.l)) {
		warn(x, "name of a function comes from outside", &r->name);
		return 0;
	}

	if (r->fault)
		warn(x, r->fault, &r->name);

	err = ttext_slice(&args, t, r->args, r->argsl);
	if (err)
		return err;

	*tainted = ttext_tainted(args);

	err = x->ops->func ? x->ops->func(out, &r->name, args, tainted, x->arg)
			   : ENOENT;
	mem_deref(args);

	if (err == ENOENT || err == EINVAL) {
		warn(x, err == ENOENT ? "unknown function"
				      : "wrong arguments of function",
		     &r->name);
		mbuf_rewind(out);
		err = 0;
	}

	return err;
}


static int ref_var(const struct expansion *x, const struct ref *r,
		   struct mbuf *out, bool *tainted)
{
	int err;

	if (!r->name.l) {
		warn(x, "variable without a name", &r->name);
		return 0;
	}

	err = x->ops->var ? x->ops->var(out, &r->name, tainted, x->arg)
			  : ENOENT;
	if (err == ENOENT) {
		mbuf_rewind(out);
		err = 0;
	}

	return err;
}


/* ${...} */
static int eval_ref(const struct expansion *x, const struct ttext *t,
		    struct ttext *out)
{
	struct mbuf *mb = mbuf_alloc(128);
	bool tainted    = false;
	struct ref r;
	struct pl val;
	int err;

	if (!mb)
		return ENOMEM;

	ref_decode(&r, t);

	err = r.func ? ref_call(x, &r, t, mb, &tainted)
		     : ref_var(x, &r, mb, &tainted);
	if (!err) {
		val = (struct pl){(char *)mb->buf, mb->end};
		val = ref_slice(x, &r, &val);
		err = ttext_append(out, &val, tainted);
	}

	mem_deref(mb);

	return err;
}


/* $[...]: what was computed with outside values is from outside, but not the
   answer to a question */
static int eval_expr(const struct expansion *x, const struct ttext *t,
		     struct ttext *out)
{
	struct mbuf *mb = mbuf_alloc(64);
	char why[EXPR_ERR_SIZE];
	bool tainted = ttext_tainted(t);
	struct pl pl = ttext_pl(t);
	int err;

	if (!mb)
		return ENOMEM;

	err = expr_eval(mb, t, why);
	if (why[0])
		warn(x, why, &pl);

	if (err == EINVAL || err == E2BIG) {
		err     = 0;
		mb->end = 0;
	}

	if (mb->end == 1 && (mb->buf[0] == '0' || mb->buf[0] == '1'))
		tainted = false;

	if (!err) {
		pl  = (struct pl){(char *)mb->buf, mb->end};
		err = ttext_append(out, &pl, tainted);
	}

	mem_deref(mb);

	return err;
}


/* --- walking ------------------------------------------------------------- */

static int expand(struct expansion *x, struct ttext *out, char open,
		  char close, bool *closed);


/* Behind ${ or $[ */
static int expand_ref(struct expansion *x, struct ttext *out, bool expr)
{
	struct pl rest = {x->p - 2, (size_t)(x->end - x->p) + 2};
	struct ttext *t = NULL;
	bool closed     = false;
	int err;

	if (x->depth == SUBST_DEPTH_MAX) {
		warn(x, "nested too deep", &rest);
		return ENOBUFS;
	}

	err = ttext_alloc(&t);
	if (err)
		return err;

	++x->depth;
	err = expr ? expand(x, t, '[', ']', &closed)
		   : expand(x, t, '{', '}', &closed);
	--x->depth;

	if (!err && !closed)
		warn(x, expr ? "missing ']'" : "missing '}'", &rest);
	else if (!err)
		err = expr ? eval_expr(x, t, out) : eval_ref(x, t, out);

	mem_deref(t);

	return err;
}


static bool ref_at(const struct expansion *x)
{
	return *x->p == '$' && x->end - x->p > 1 &&
	       (x->p[1] == '{' || x->p[1] == '[');
}


/* Up to the bracket that closes, or to the end with `open` 0 */
static int expand(struct expansion *x, struct ttext *out, char open,
		  char close, bool *closed)
{
	size_t level = 1;
	int err      = 0;

	while (x->p < x->end && !err) {
		const char *start = x->p;

		for (; x->p < x->end && !ref_at(x); x->p++) {

			if (!open)
				continue;

			if (*x->p == open)
				++level;
			else if (*x->p == close && !--level)
				break;
		}

		struct pl plain = {start, (size_t)(x->p - start)};

		err = ttext_append(out, &plain, false);

		if (err || x->p == x->end)
			break;

		if (!level) {
			++x->p;
			*closed = true;
			break;
		}

		bool expr = x->p[1] == '[';

		x->p += 2;
		err = expand_ref(x, out, expr);
	}

	return err;
}


int subst_expand(struct ttext **tp, const struct pl *text,
		 const struct subst_ops *ops, void *arg)
{
	struct expansion x = {.ops = ops, .arg = arg};
	struct ttext *t    = NULL;
	bool closed        = false;
	int err;

	if (!tp || !text || !ops)
		return EINVAL;

	err = ttext_alloc(&t);
	if (err)
		return err;

	x.p   = text->p;
	x.end = text->p + text->l;

	err = expand(&x, t, 0, 0, &closed);
	if (err)
		mem_deref(t);
	else
		*tp = t;

	return err;
}
