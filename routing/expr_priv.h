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

#endif
