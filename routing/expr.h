/**
 * @file routing/expr.h  Expressions $[...]
 *
 * Pure.  Any thread.  Owns nothing.
 *
 * Operators, low to high: ? ::  |  &  = == > >= < <= !=  + -  * / %
 * unary - !  : =~ ~~  ( )
 */
#ifndef TANDEM_ROUTING_EXPR_H
#define TANDEM_ROUTING_EXPR_H

#include "routing/taint.h"

enum {
	EXPR_DEPTH_MAX = 64,
	EXPR_STEPS_MAX = 10000,
	EXPR_REGEX_MAX = 256,  /* longest regular expression [bytes] */
	EXPR_SUBJECT_MAX = 4096, /* longest text matched against one */
	EXPR_ERR_SIZE = 128,
};

/**
 * Evaluate the inside of $[...], already expanded
 *
 * Two numbers are compared and computed as numbers (floating), everything
 * else as text.  Double quotes are part of the text.  Bytes from the wire are
 * operands and never operators, quotes or parts of a regular expression
 * (there they stand for themselves).  Arithmetic on text gives 0.
 *
 * @param out   Result is appended here (nothing for an empty expression)
 * @param text  Expression
 * @param err   EXPR_ERR_SIZE bytes: what is wrong, "" if nothing.  May be set
 *              with a result as well (division by zero, arithmetic on text)
 *
 * @return 0 if success, EINVAL for a syntax error, E2BIG beyond the limits,
 *         ENOMEM
 */
int expr_eval(struct mbuf *out, const struct ttext *text, char *err);

/** As expr_eval() for a text of our own (MATH, tests) */
int expr_eval_pl(struct mbuf *out, const struct pl *text, char *err);

/** Truth of GotoIf, ExecIf, IF: empty or "0" is false, a leading number is
 *  true unless zero, other text is true */
bool expr_is_true(const struct pl *val);

/** Number as Asterisk prints it; 18 digits, no trailing zeros */
int expr_print_num(struct mbuf *out, long double num);

/** -?digits[.digits], whole text; false if it is anything else */
bool expr_num(long double *nump, const struct pl *val);

/**
 * Match a regular expression (REG_EXTENDED) within our limits
 *
 * No back references, repetition counts of at most 255 in all.
 *
 * @param matchp  Set to true if it matches
 * @param sub     Set to the first sub-expression, or the whole match without
 *                one; may be NULL
 *
 * @return 0, EINVAL with a bad or refused expression (text in err)
 */
int expr_regex(bool *matchp, struct pl *sub, const char *regex,
	       const char *subject, bool icase, char *err);

#endif
