/**
 * @file routing/expr_priv.h  Expressions: tokens, numbers and functions
 *
 * Only for routing/expr*.c.
 */
#ifndef TANDEM_ROUTING_EXPR_PRIV_H
#define TANDEM_ROUTING_EXPR_PRIV_H

#include "routing/expr.h"

enum expr_tok {
	TOK_END = 0,
	TOK_OPERAND,
	TOK_BAD, /* quote without end */
	TOK_COND,
	TOK_ELSE, /* "::" */
	TOK_OR,
	TOK_AND,
	TOK_EQ,
	TOK_NE,
	TOK_GT,
	TOK_GE,
	TOK_LT,
	TOK_LE,
	TOK_PLUS,
	TOK_MINUS,
	TOK_MUL,
	TOK_DIV,
	TOK_MOD,
	TOK_NOT,
	TOK_COLON, /* anchored match */
	TOK_MATCH, /* "=~" */
	TOK_CAT,   /* "~~" */
	TOK_OPEN,
	TOK_CLOSE,
	TOK_COMMA,
};

/** A place in the text, and the token that ends there */
struct expr_lex {
	const struct ttext *t;
	size_t pos; /* behind the token */
	enum expr_tok tok;
	size_t off; /* of an operand, without its quotes */
	size_t len;
	bool quoted;
};

/** Read the next token */
void expr_lex_next(struct expr_lex *lx);

/** Call a function by name; `v` are its `n` arguments.
 *  ENOENT if there is no such function, EINVAL for a wrong number of
 *  arguments */
int expr_func(long double *resp, const struct pl *name, const long double *v,
	      size_t n);

enum { EXPR_ARGS_MAX = 2 };

#define EXPR_NO_NUMBER "arithmetic on text that is no number"

/** A value; all zero is one too (the empty text is not: it has a `t`) */
struct expr_val {
	struct ttext *t; /* NULL for a computed number */
	bool quoted;     /* written in quotes; they are not part of t */
	bool isnum;      /* computed, or a plain text that reads as a number */
	long double num;
};

/** Say what is wrong, unless something was said before.  `err` has
 *  EXPR_ERR_SIZE bytes */
void expr_complain(char *err, const char *text);

void expr_val_reset(struct expr_val *v);
void expr_val_set_num(struct expr_val *v, long double num);

/** Takes over the reference to `t` */
void expr_val_set_text(struct expr_val *v, struct ttext *t);

/** As the condition of ?:, where quotes alone are nothing */
bool expr_val_is_true(const struct expr_val *v);

/** Append what a result looks like */
int expr_val_print(struct mbuf *out, const struct expr_val *v);

/** Apply an operator; the result is left in `a`.  0 or ENOMEM */
int expr_apply(char *err_text, enum expr_tok op, struct expr_val *a,
	       struct expr_val *b);

/** Apply TOK_NOT or TOK_MINUS */
void expr_unary(char *err_text, enum expr_tok op, struct expr_val *v);

#endif
