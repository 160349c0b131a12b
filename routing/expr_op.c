/**
 * @file routing/expr_op.c  Values and operators of expressions
 *
 * A value is a number that was computed, or a text with its map of bytes from
 * the wire.  The text of a quoted operand is kept without its quotes, and a
 * flag says that they are there: whether the text *contains* quotes at its
 * ends is never asked, as those may have come from the wire.
 */
#include "routing/expr_priv.h"
#include <limits.h>
#include <math.h>


/* --- values -------------------------------------------------------------- */

/* The first complaint stays */
void expr_complain(char *err, const char *text)
{
	if (!err[0])
		(void)re_snprintf(err, EXPR_ERR_SIZE, "%s", text);
}


void expr_val_reset(struct expr_val *v)
{
	mem_deref(v->t);
	*v = (struct expr_val){NULL, false, false, 0};
}


void expr_val_set_num(struct expr_val *v, long double num)
{
	expr_val_reset(v);
	v->isnum = true;
	v->num   = num;
}


void expr_val_set_text(struct expr_val *v, struct ttext *t)
{
	struct pl pl = ttext_pl(t);

	expr_val_reset(v);
	v->t     = t;
	v->isnum = expr_num(&v->num, &pl);
}


/* Make sure that a value has its text */
static int val_text(struct expr_val *v)
{
	struct mbuf *mb;
	struct pl pl;
	int err;

	if (v->t)
		return 0;

	mb = mbuf_alloc(64);
	if (!mb)
		return ENOMEM;

	err = expr_print_num(mb, v->num);
	if (!err) {
		pl  = (struct pl){(char *)mb->buf, mb->end};
		err = ttext_create(&v->t, &pl, false);
	}

	mem_deref(mb);

	return err;
}


/* Neither empty nor zero; quotes alone are something */
static bool val_is_set(const struct expr_val *v)
{
	if (v->isnum && !v->quoted)
		return v->num != 0;

	return v->quoted || v->t->len;
}


/* As the condition of ?:, where quotes alone are nothing */
bool expr_val_is_true(const struct expr_val *v)
{
	return v->quoted ? v->t->len != 0 : val_is_set(v);
}


/* Quotes become text again */
int expr_val_print(struct mbuf *out, const struct expr_val *v)
{
	int err = 0;

	if (!v->t)
		return expr_print_num(out, v->num);

	if (v->quoted)
		err |= mbuf_write_u8(out, '"');

	if (v->t->len)
		err |= mbuf_write_mem(out, (uint8_t *)v->t->str, v->t->len);

	if (v->quoted)
		err |= mbuf_write_u8(out, '"');

	return err;
}


/* --- operators ----------------------------------------------------------- */

static int text_order(const struct ttext *a, const struct ttext *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int r    = memcmp(a->str, b->str, n);

	return r ? r : (a->len > b->len) - (a->len < b->len);
}


static int apply_compare(enum expr_tok op, struct expr_val *a,
			 struct expr_val *b)
{
	bool lt, eq;
	bool res = false;
	int err;

	if (a->isnum && b->isnum) {
		lt = a->num < b->num;
		eq = a->num == b->num;
	}
	else {
		err = val_text(a);
		if (!err)
			err = val_text(b);
		if (err)
			return err;

		lt = text_order(a->t, b->t) < 0;
		eq = !text_order(a->t, b->t);
	}

	switch ((int)op) {

	case TOK_EQ: res = eq;         break;
	case TOK_NE: res = !eq;        break;
	case TOK_GT: res = !lt && !eq; break;
	case TOK_GE: res = !lt;        break;
	case TOK_LT: res = lt;         break;
	case TOK_LE: res = lt || eq;   break;
	}

	expr_val_set_num(a, res);

	return 0;
}


static long double divide(char *err_text, bool rest, long double a,
			  long double b)
{
	if (b == 0) {
		expr_complain(err_text, "division by zero");
		return INT_MAX;
	}

	return rest ? fmodl(a, b) : a / b;
}


static void apply_arith(char *err_text, enum expr_tok op, struct expr_val *a,
			const struct expr_val *b)
{
	long double res = 0;

	if (!a->isnum || !b->isnum) {
		expr_complain(err_text, EXPR_NO_NUMBER);
		expr_val_set_num(a, 0);
		return;
	}

	switch ((int)op) {

	case TOK_PLUS:  res = a->num + b->num;                   break;
	case TOK_MINUS: res = a->num - b->num;                   break;
	case TOK_MUL:   res = a->num * b->num;                   break;
	case TOK_DIV:   res = divide(err_text, false, a->num, b->num);  break;
	case TOK_MOD:   res = divide(err_text, true, a->num, b->num);   break;
	}

	expr_val_set_num(a, res);
}


/* "|" gives the first if it is set, else the second; "&" the first if both are
   set, else 0 */
static void apply_logic(enum expr_tok op, struct expr_val *a,
			struct expr_val *b)
{
	if (op == TOK_AND) {
		if (!val_is_set(a) || !val_is_set(b))
			expr_val_set_num(a, 0);
	}
	else if (!val_is_set(a)) {
		struct expr_val tmp = *a;

		*a = *b;
		*b = tmp;
	}
}


static int apply_cat(struct expr_val *a, struct expr_val *b)
{
	struct ttext *t = NULL;
	int err;

	err = val_text(a);
	if (!err)
		err = val_text(b);
	if (!err)
		err = ttext_alloc(&t);
	if (err)
		return err;

	err = ttext_append_part(t, a->t, 0, a->t->len);
	if (!err)
		err = ttext_append_part(t, b->t, 0, b->t->len);

	if (err)
		mem_deref(t);
	else
		expr_val_set_text(a, t);

	return err;
}


/* Position behind the set [...] that begins at `i` */
static size_t set_end(const struct ttext *t, size_t i)
{
	const char *s = t->str;

	i += i + 1 < t->len && s[i + 1] == '^' ? 2 : 1;

	/* as the first one, ']' is a member */
	if (i < t->len && s[i] == ']')
		++i;

	for (; i < t->len && s[i] != ']'; i++) {
		char kind = i + 1 < t->len && s[i] == '[' ? s[i + 1] : 0;

		if (!kind || !strchr(":.=", kind))
			continue;

		/* [:alpha:] and the like */
		for (i += 2; i + 1 < t->len; i++) {
			if (s[i] == kind && s[i + 1] == ']')
				break;
		}

		++i;
	}

	return i < t->len ? i + 1 : t->len;
}


/* Append what begins at `i`, return where the next begins: a byte from the
   wire, escaped so that it stands for itself; or a literal escape, set, or
   byte as it is.  Inside a set nothing can be escaped */
static size_t regex_piece(int *err, struct ttext *out, const struct ttext *t,
			  size_t i)
{
	size_t n = 1;
	char c   = t->str[i];

	if (ttext_tainted_at(t, i)) {
		if (strchr("\\^$.[]()*+?{}|", c))
			*err |= ttext_putc(out, '\\', false);
	}
	else if (c == '\\') {
		n = i + 1 < t->len ? 2 : 1;

		/* the next one stands for itself anyway */
		if (n == 2 && ttext_tainted_at(t, i + 1))
			return i + 1;
	}
	else if (c == '[') {
		n = set_end(t, i) - i;

		if (ttext_tainted_in(t, i, n))
			*err = EINVAL;
	}

	*err |= ttext_append_part(out, t, i, n);

	return i + n;
}


static int regex_source(char *err_text, struct ttext *out,
			const struct ttext *t)
{
	int err = 0;

	if (memchr(t->str, 0, t->len)) {
		expr_complain(err_text, "NUL in a regular expression");
		return EINVAL;
	}

	for (size_t i = 0; i < t->len && !err;)
		i = regex_piece(&err, out, t, i);

	if (err == EINVAL)
		expr_complain(err_text, "text from outside inside [...] of a "
					"regular expression");

	return err;
}


static int set_match(struct expr_val *a, const struct expr_match *m, bool hit)
{
	struct ttext *t = NULL;
	int err;

	if (!m->groups || (hit && !m->has_sub)) {
		expr_val_set_num(a, hit ? (long double)(m->end - m->start)
					: 0);
		return 0;
	}

	err = ttext_slice(&t, a->t, m->sub_start,
			  hit ? m->sub_end - m->sub_start : 0);
	if (!err)
		expr_val_set_text(a, t);

	return err;
}


static int apply_regex(char *err_text, enum expr_tok op, struct expr_val *a,
		       struct expr_val *b)
{
	struct ttext *source = NULL;
	char why[EXPR_ERR_SIZE] = "";
	struct expr_match m;
	struct pl subject;
	int err;

	memset(&m, 0, sizeof(m));

	err = val_text(a);
	if (!err)
		err = val_text(b);
	if (!err)
		err = ttext_alloc(&source);
	if (err)
		return err;

	subject = ttext_pl(a->t);

	err = regex_source(err_text, source, b->t);
	if (!err)
		err = expr_match(&m, source->str, &subject, false, why);

	if (why[0])
		expr_complain(err_text, why);

	mem_deref(source);

	/* ':' looks at the start only */
	if (!err)
		return set_match(a, &m,
				 m.hit && (op == TOK_MATCH || !m.start));

	if (err != EINVAL)
		return err;

	/* a bad expression matches nothing, the rest goes on */
	source = NULL;
	err    = ttext_alloc(&source);
	if (!err)
		expr_val_set_text(a, source);

	return err;
}


int expr_apply(char *err_text, enum expr_tok op, struct expr_val *a,
		 struct expr_val *b)
{
	switch ((int)op) {

	case TOK_OR:
	case TOK_AND:
		apply_logic(op, a, b);
		return 0;

	case TOK_PLUS:
	case TOK_MINUS:
	case TOK_MUL:
	case TOK_DIV:
	case TOK_MOD:
		apply_arith(err_text, op, a, b);
		return 0;

	case TOK_COLON:
	case TOK_MATCH:
		return apply_regex(err_text, op, a, b);

	case TOK_CAT:
		return apply_cat(a, b);

	default:
		return apply_compare(op, a, b);
	}
}


void expr_unary(char *err_text, enum expr_tok op, struct expr_val *v)
{
	bool set;

	if (op == TOK_NOT) {
		set = val_is_set(v);
		expr_val_set_num(v, !set);
	}
	else if (v->isnum) {
		expr_val_set_num(v, -v->num);
	}
	else {
		expr_complain(err_text, EXPR_NO_NUMBER);
		expr_val_set_num(v, 0);
	}
}
