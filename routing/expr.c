/**
 * @file routing/expr.c  Expressions $[...]
 *
 * Operators are applied as they are read (precedence climbing); nothing is
 * built.  All operands are evaluated, as nothing in an expression has an
 * effect of its own.
 *
 * A value is a number that was computed, or a text with its map of bytes from
 * the wire.  The text of a quoted operand is kept without its quotes, and a
 * flag says that they are there: whether the text *contains* quotes at its
 * ends is never asked, as those may have come from the wire.
 */
#include "routing/expr_priv.h"
#include <limits.h>
#include <math.h>


struct val {
	struct ttext *t; /* NULL for a computed number */
	bool quoted;
	bool isnum; /* computed, or a plain text that reads as a number */
	long double num;
};


struct parser {
	struct expr_lex lx;
	unsigned depth;
	unsigned steps;
	char *err; /* EXPR_ERR_SIZE bytes */
};


enum { LEVEL_OR = 1, LEVEL_REGEX = 6 };


static int parse_cond(struct parser *p, struct val *v);
static int parse_binary(struct parser *p, struct val *v, int min);


/* --- values -------------------------------------------------------------- */

/* The first complaint stays */
static void complain(struct parser *p, const char *text)
{
	if (!p->err[0])
		(void)re_snprintf(p->err, EXPR_ERR_SIZE, "%s", text);
}


static void val_reset(struct val *v)
{
	mem_deref(v->t);
	*v = (struct val){NULL, false, false, 0};
}


static void val_set_num(struct val *v, long double num)
{
	val_reset(v);
	v->isnum = true;
	v->num   = num;
}


static void val_set_text(struct val *v, struct ttext *t)
{
	struct pl pl = ttext_pl(t);

	val_reset(v);
	v->t     = t;
	v->isnum = expr_num(&v->num, &pl);
}


/* Quotes become text again, for what a result looks like */
static int append_shown(struct ttext *t, const struct val *v)
{
	int err = 0;

	if (v->quoted)
		err |= ttext_putc(t, '"', false);

	err |= ttext_append_part(t, v->t, 0, v->t->len);

	if (v->quoted)
		err |= ttext_putc(t, '"', false);

	return err;
}


/* Make sure that a value has its text */
static int val_text(struct val *v)
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
static bool val_is_set(const struct val *v)
{
	if (v->isnum && !v->quoted)
		return v->num != 0;

	return v->quoted || v->t->len;
}


/* As the condition of ?:, where quotes alone are nothing */
static bool val_is_true(const struct val *v)
{
	return v->quoted ? v->t->len != 0 : val_is_set(v);
}


/* --- operators ----------------------------------------------------------- */

static int text_order(const struct ttext *a, const struct ttext *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int r    = memcmp(a->str, b->str, n);

	return r ? r : (a->len > b->len) - (a->len < b->len);
}


static int apply_compare(enum expr_tok op, struct val *a, struct val *b)
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

	val_set_num(a, res);

	return 0;
}


static long double divide(struct parser *p, bool rest, long double a,
			  long double b)
{
	if (b == 0) {
		complain(p, "division by zero");
		return INT_MAX;
	}

	return rest ? fmodl(a, b) : a / b;
}


static void apply_arith(struct parser *p, enum expr_tok op, struct val *a,
			const struct val *b)
{
	long double res = 0;

	if (!a->isnum || !b->isnum) {
		complain(p, "arithmetic on text that is no number");
		val_set_num(a, 0);
		return;
	}

	switch ((int)op) {

	case TOK_PLUS:  res = a->num + b->num;                   break;
	case TOK_MINUS: res = a->num - b->num;                   break;
	case TOK_MUL:   res = a->num * b->num;                   break;
	case TOK_DIV:   res = divide(p, false, a->num, b->num);  break;
	case TOK_MOD:   res = divide(p, true, a->num, b->num);   break;
	}

	val_set_num(a, res);
}


/* "|" gives the first if it is set, else the second; "&" the first if both are
   set, else 0 */
static void apply_logic(enum expr_tok op, struct val *a, struct val *b)
{
	if (op == TOK_AND) {
		if (!val_is_set(a) || !val_is_set(b))
			val_set_num(a, 0);
	}
	else if (!val_is_set(a)) {
		struct val tmp = *a;

		*a = *b;
		*b = tmp;
	}
}


static int apply_cat(struct val *a, struct val *b)
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
		val_set_text(a, t);

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


static int regex_source(struct parser *p, struct ttext *out,
			const struct ttext *t)
{
	int err = 0;

	if (memchr(t->str, 0, t->len)) {
		complain(p, "NUL in a regular expression");
		return EINVAL;
	}

	for (size_t i = 0; i < t->len && !err;)
		i = regex_piece(&err, out, t, i);

	if (err == EINVAL)
		complain(p, "text from outside inside [...] of a regular "
			    "expression");

	return err;
}


static int set_match(struct val *a, const struct expr_match *m, bool hit)
{
	struct ttext *t = NULL;
	int err;

	if (!m->groups || (hit && !m->has_sub)) {
		val_set_num(a, hit ? (long double)(m->end - m->start) : 0);
		return 0;
	}

	err = ttext_slice(&t, a->t, m->sub_start,
			  hit ? m->sub_end - m->sub_start : 0);
	if (!err)
		val_set_text(a, t);

	return err;
}


static int apply_regex(struct parser *p, enum expr_tok op, struct val *a,
		       struct val *b)
{
	struct ttext *source = NULL;
	char err_text[EXPR_ERR_SIZE] = "";
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

	err = regex_source(p, source, b->t);
	if (!err)
		err = expr_match(&m, source->str, &subject, false, err_text);

	if (err_text[0])
		complain(p, err_text);

	mem_deref(source);

	/* ':' looks at the start only */
	if (!err)
		return set_match(a, &m, m.hit && (op == TOK_MATCH || !m.start));

	if (err != EINVAL)
		return err;

	/* a bad expression matches nothing, the rest goes on */
	source = NULL;
	err    = ttext_alloc(&source);
	if (!err)
		val_set_text(a, source);

	return err;
}


static int apply(struct parser *p, enum expr_tok op, struct val *a,
		 struct val *b)
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
		apply_arith(p, op, a, b);
		return 0;

	case TOK_COLON:
	case TOK_MATCH:
		return apply_regex(p, op, a, b);

	case TOK_CAT:
		return apply_cat(a, b);

	default:
		return apply_compare(op, a, b);
	}
}


static void apply_unary(struct parser *p, enum expr_tok op, struct val *v)
{
	bool set;

	if (op == TOK_NOT) {
		set = val_is_set(v);
		val_set_num(v, !set);
	}
	else if (v->isnum) {
		val_set_num(v, -v->num);
	}
	else {
		complain(p, "arithmetic on text that is no number");
		val_set_num(v, 0);
	}
}


/* --- grammar ------------------------------------------------------------- */

static int syntax_error(struct parser *p)
{
	static const char *const what[] = {"unexpected end",
					   "operator expected",
					   "missing closing quote"};

	if (p->lx.tok <= TOK_BAD)
		complain(p, what[p->lx.tok]);
	else
		complain(p, "operand expected");

	return EINVAL;
}


static int count_step(struct parser *p)
{
	if (++p->steps <= EXPR_STEPS_MAX)
		return 0;

	complain(p, "expression too long");

	return E2BIG;
}


/* Down one level of nesting */
static int enter(struct parser *p)
{
	if (++p->depth <= EXPR_DEPTH_MAX)
		return 0;

	complain(p, "expression too deep");

	return E2BIG;
}


static int level_of(enum expr_tok tok)
{
	switch ((int)tok) {

	case TOK_OR:
		return LEVEL_OR;

	case TOK_AND:
		return 2;

	case TOK_EQ:
	case TOK_NE:
	case TOK_GT:
	case TOK_GE:
	case TOK_LT:
	case TOK_LE:
		return 3;

	case TOK_PLUS:
	case TOK_MINUS:
		return 4;

	case TOK_MUL:
	case TOK_DIV:
	case TOK_MOD:
		return 5;

	case TOK_COLON:
	case TOK_MATCH:
	case TOK_CAT:
		return LEVEL_REGEX;

	default:
		return 0;
	}
}


/* "(" was read: arguments up to ")" */
static int parse_args(struct parser *p, long double *argv, size_t *argc)
{
	int err;

	expr_lex_next(&p->lx);

	for (;;) {
		struct val v = {NULL, false, false, 0};

		err = parse_cond(p, &v);
		if (!err && !v.isnum)
			complain(p, "arithmetic on text that is no number");

		if (!err && *argc == EXPR_ARGS_MAX) {
			complain(p, "too many arguments");
			err = EINVAL;
		}

		if (!err)
			argv[(*argc)++] = v.num;

		val_reset(&v);
		if (err)
			return err;

		if (p->lx.tok == TOK_CLOSE)
			return 0;

		if (p->lx.tok != TOK_COMMA)
			return syntax_error(p);

		expr_lex_next(&p->lx);
	}
}


static int parse_func(struct parser *p, struct val *v, const struct pl *name)
{
	long double argv[EXPR_ARGS_MAX], res;
	size_t argc = 0;
	int err;

	err = parse_args(p, argv, &argc);
	if (err)
		return err;

	err = expr_func(&res, name, argv, argc);
	if (err) {
		complain(p, err == ENOENT ? "unknown function"
					  : "wrong number of arguments");
		return EINVAL;
	}

	val_set_num(v, res);
	expr_lex_next(&p->lx);

	return 0;
}


/* An operand was read: a text, a number, or the name of a function */
static int parse_value(struct parser *p, struct val *v)
{
	const struct expr_lex tok = p->lx;
	struct ttext *t = NULL;
	struct pl name  = {tok.t->str + tok.off, tok.len};
	int err;

	expr_lex_next(&p->lx);

	if (p->lx.tok == TOK_OPEN && !tok.quoted &&
	    !ttext_tainted_in(tok.t, tok.off, tok.len))
		return parse_func(p, v, &name);

	err = ttext_slice(&t, tok.t, tok.off, tok.len);
	if (err)
		return err;

	val_set_text(v, t);
	v->quoted = tok.quoted;
	if (v->quoted)
		v->isnum = false;

	return 0;
}


static int parse_group(struct parser *p, struct val *v)
{
	int err;

	expr_lex_next(&p->lx);

	err = parse_cond(p, v);
	if (err)
		return err;

	if (p->lx.tok != TOK_CLOSE) {
		complain(p, "missing ')'");
		return EINVAL;
	}

	expr_lex_next(&p->lx);

	return 0;
}


static int parse_unary(struct parser *p, struct val *v)
{
	enum expr_tok op = p->lx.tok;
	int err;

	err = enter(p);
	if (err)
		return err;

	expr_lex_next(&p->lx);

	/* ':' binds closer than a sign */
	err = parse_binary(p, v, LEVEL_REGEX);
	if (!err)
		apply_unary(p, op, v);

	--p->depth;

	return err;
}


static int parse_operand(struct parser *p, struct val *v)
{
	int err;

	err = count_step(p);
	if (err)
		return err;

	switch ((int)p->lx.tok) {

	case TOK_OPERAND: return parse_value(p, v);
	case TOK_OPEN:    return parse_group(p, v);
	case TOK_MINUS:
	case TOK_NOT:     return parse_unary(p, v);
	default:          return syntax_error(p);
	}
}


static int parse_binary(struct parser *p, struct val *v, int min)
{
	int err = parse_operand(p, v);

	while (!err && level_of(p->lx.tok) >= min) {
		const enum expr_tok op = p->lx.tok;
		struct val b = {NULL, false, false, 0};

		expr_lex_next(&p->lx);

		err = parse_binary(p, &b, level_of(op) + 1);
		if (!err)
			err = apply(p, op, v, &b);

		val_reset(&b);
	}

	return err;
}


/* Behind "?": both branches are read, one is kept */
static int parse_branches(struct parser *p, struct val *v)
{
	struct val a = {NULL, false, false, 0}, b = {NULL, false, false, 0};
	bool yes = val_is_true(v);
	int err;

	expr_lex_next(&p->lx);

	err = parse_cond(p, &a);
	if (!err && p->lx.tok != TOK_ELSE) {
		complain(p, "'?' without '::'");
		err = EINVAL;
	}

	if (!err) {
		expr_lex_next(&p->lx);
		err = parse_binary(p, &b, LEVEL_OR);
	}

	if (!err) {
		val_reset(v);
		*v = yes ? a : b;
		val_reset(yes ? &b : &a);
		return 0;
	}

	val_reset(&a);
	val_reset(&b);

	return err;
}


static int parse_cond(struct parser *p, struct val *v)
{
	int err;

	err = enter(p);
	if (err)
		return err;

	err = parse_binary(p, v, LEVEL_OR);

	while (!err && p->lx.tok == TOK_COND)
		err = parse_branches(p, v);

	--p->depth;

	return err;
}


static int val_print(struct mbuf *out, const struct val *v)
{
	struct ttext *t = NULL;
	int err;

	if (!v->t)
		return expr_print_num(out, v->num);

	err = ttext_alloc(&t);
	if (!err)
		err = append_shown(t, v);
	if (!err && t->len)
		err = mbuf_write_mem(out, (uint8_t *)t->str, t->len);

	mem_deref(t);

	return err;
}


int expr_eval(struct mbuf *out, const struct ttext *text, char *err)
{
	struct val v = {NULL, false, false, 0};
	struct parser p = {.err = err};
	int ret;

	if (!out || !text || !err)
		return EINVAL;

	err[0]  = '\0';
	p.lx.t  = text;

	expr_lex_next(&p.lx);
	if (p.lx.tok == TOK_END)
		return 0;

	ret = parse_cond(&p, &v);
	if (!ret && p.lx.tok != TOK_END) {
		complain(&p, p.lx.tok == TOK_BAD ? "missing closing quote"
						 : "operator expected");
		ret = EINVAL;
	}

	if (!ret)
		ret = val_print(out, &v);

	val_reset(&v);

	return ret;
}


int expr_eval_pl(struct mbuf *out, const struct pl *text, char *err)
{
	struct ttext *t = NULL;
	int ret;

	if (!out || !text || !err)
		return EINVAL;

	err[0] = '\0';

	ret = ttext_create(&t, text, false);
	if (ret)
		return ret;

	ret = expr_eval(out, t, err);
	mem_deref(t);

	return ret;
}
