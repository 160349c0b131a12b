/**
 * @file routing/expr.c  Expressions $[...]
 *
 * Operators are applied as they are read (precedence climbing); nothing is
 * built.  All operands are evaluated, as nothing in an expression has an
 * effect of its own.
 */
#include "routing/expr_priv.h"


struct parser {
	struct expr_lex lx;
	unsigned depth;
	unsigned steps;
	char *err; /* EXPR_ERR_SIZE bytes */
};


enum { LEVEL_OR = 1, LEVEL_REGEX = 6 };


static int parse_cond(struct parser *p, struct expr_val *v);
static int parse_binary(struct parser *p, struct expr_val *v, int min);


static int syntax_error(struct parser *p)
{
	static const char *const what[] = {"unexpected end",
					   "operator expected",
					   "missing closing quote"};

	if (p->lx.tok <= TOK_BAD)
		expr_complain(p->err, what[p->lx.tok]);
	else
		expr_complain(p->err, "operand expected");

	return EINVAL;
}


static int count_step(struct parser *p)
{
	if (++p->steps <= EXPR_STEPS_MAX)
		return 0;

	expr_complain(p->err, "expression too long");

	return E2BIG;
}


/* Down one level of nesting */
static int enter(struct parser *p)
{
	if (++p->depth <= EXPR_DEPTH_MAX)
		return 0;

	expr_complain(p->err, "expression too deep");

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
		struct expr_val v = {NULL, false, false, 0};

		err = parse_cond(p, &v);
		if (!err && !v.isnum)
			expr_complain(p->err, EXPR_NO_NUMBER);

		if (!err && *argc == EXPR_ARGS_MAX) {
			expr_complain(p->err, "too many arguments");
			err = EINVAL;
		}

		if (!err)
			argv[(*argc)++] = v.num;

		expr_val_reset(&v);
		if (err)
			return err;

		if (p->lx.tok == TOK_CLOSE)
			return 0;

		if (p->lx.tok != TOK_COMMA)
			return syntax_error(p);

		expr_lex_next(&p->lx);
	}
}


static int parse_func(struct parser *p, struct expr_val *v,
		      const struct pl *name)
{
	long double argv[EXPR_ARGS_MAX], res;
	size_t argc = 0;
	int err;

	err = parse_args(p, argv, &argc);
	if (err)
		return err;

	err = expr_func(&res, name, argv, argc);
	if (err) {
		expr_complain(p->err, err == ENOENT ? "unknown function"
					  : "wrong number of arguments");
		return EINVAL;
	}

	expr_val_set_num(v, res);
	expr_lex_next(&p->lx);

	return 0;
}


/* An operand was read: a text, a number, or the name of a function */
static int parse_value(struct parser *p, struct expr_val *v)
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

	expr_val_set_text(v, t);
	v->quoted = tok.quoted;
	if (v->quoted)
		v->isnum = false;

	return 0;
}


static int parse_group(struct parser *p, struct expr_val *v)
{
	int err;

	expr_lex_next(&p->lx);

	err = parse_cond(p, v);
	if (err)
		return err;

	if (p->lx.tok != TOK_CLOSE) {
		expr_complain(p->err, "missing ')'");
		return EINVAL;
	}

	expr_lex_next(&p->lx);

	return 0;
}


static int parse_unary(struct parser *p, struct expr_val *v)
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
		expr_unary(p->err, op, v);

	--p->depth;

	return err;
}


static int parse_operand(struct parser *p, struct expr_val *v)
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


static int parse_binary(struct parser *p, struct expr_val *v, int min)
{
	int err = parse_operand(p, v);

	while (!err && level_of(p->lx.tok) >= min) {
		const enum expr_tok op = p->lx.tok;
		struct expr_val b = {NULL, false, false, 0};

		expr_lex_next(&p->lx);

		err = parse_binary(p, &b, level_of(op) + 1);
		if (!err)
			err = expr_apply(p->err, op, v, &b);

		expr_val_reset(&b);
	}

	return err;
}


/* Behind "?": both branches are read, one is kept.  What follows "::" goes to
 * the end: a ? b :: c ? d :: e is a ? b :: (c ? d :: e) */
static int parse_branches(struct parser *p, struct expr_val *v)
{
	struct expr_val a = {NULL, false, false, 0};
	struct expr_val b = {NULL, false, false, 0};
	bool yes = expr_val_is_true(v);
	int err;

	expr_lex_next(&p->lx);

	err = parse_cond(p, &a);
	if (!err && p->lx.tok != TOK_ELSE) {
		expr_complain(p->err, "'?' without '::'");
		err = EINVAL;
	}

	if (!err) {
		expr_lex_next(&p->lx);
		err = parse_cond(p, &b);
	}

	if (!err) {
		expr_val_reset(v);
		*v = yes ? a : b;
		expr_val_reset(yes ? &b : &a);
		return 0;
	}

	expr_val_reset(&a);
	expr_val_reset(&b);

	return err;
}


static int parse_cond(struct parser *p, struct expr_val *v)
{
	int err;

	err = enter(p);
	if (err)
		return err;

	err = parse_binary(p, v, LEVEL_OR);

	if (!err && p->lx.tok == TOK_COND)
		err = parse_branches(p, v);

	--p->depth;

	return err;
}


int expr_eval(struct mbuf *out, const struct ttext *text, char *err)
{
	struct expr_val v = {NULL, false, false, 0};
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
		if (p.lx.tok != TOK_BAD)
			p.lx.tok = TOK_OPERAND;
		ret = syntax_error(&p);
	}

	if (!ret)
		ret = expr_val_print(out, &v);

	expr_val_reset(&v);

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
