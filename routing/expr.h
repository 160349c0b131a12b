/**
 * @file routing/expr.h  Expressions $[...]
 *
 * Pure.  Any thread.  Owns nothing.
 *
 * Operators, low to high: ? ::  |  &  = == > >= < <= !=  + -  * / %
 * unary - !  : =~ ~~  ( )
 * and the functions of <math.h> by name: sqrt(2) pow(2,8) floor(1.5) ...
 */
#ifndef TANDEM_ROUTING_EXPR_H
#define TANDEM_ROUTING_EXPR_H

#include "routing/taint.h"

enum {
	EXPR_DEPTH_MAX = 64,
	EXPR_STEPS_MAX = 10000,
	EXPR_REGEX_MAX = 256,  /* longest regular expression [bytes] */
	EXPR_REGEX_SIZE = 1000, /* ... with its repetitions written out */
	EXPR_SUBJECT_MAX = 4096, /* longest text matched against one */
	EXPR_ERR_SIZE = 128,
};

/**
 * Evaluate the inside of $[...], already expanded
 *
 * Two numbers are compared and computed as numbers (floating), everything
 * else as text.  Double quotes are part of the text, so "5" is no number; only
 * comparisons, ':', '=~' and '~~' look behind them.  Bytes from the wire are
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

/** Where a regular expression matched; offsets in the subject [bytes] */
struct expr_match {
	bool hit;
	size_t groups; /* sub-expressions that the expression has */
	size_t start, end;
	bool has_sub; /* the first sub-expression took part */
	size_t sub_start, sub_end;
};

/**
 * Match a regular expression (REG_EXTENDED) within our limits
 *
 * No back references.  The size with every repetition written out ("a{3}" is
 * 3, "(ab){2}" is 4, "a+" is 2) is limited, because that is what the memory
 * and time of a match grow with.
 *
 * @param m        Result, cleared first
 * @param regex    Regular expression
 * @param subject  Text to look in
 * @param icase    Ignore case
 * @param err      EXPR_ERR_SIZE bytes: what is wrong; may be NULL
 *
 * @return 0 (also without a hit), EINVAL with a bad or refused expression or
 *         subject, ENOMEM
 */
int expr_match(struct expr_match *m, const char *regex,
	       const struct pl *subject, bool icase, char *err);

/**
 * As expr_match(), for functions (REGEX)
 *
 * @param matchp  Set to true if it matches
 * @param sub     Set to the first sub-expression, or the whole match without
 *                one; may be NULL
 */
int expr_regex(bool *matchp, struct pl *sub, const char *regex,
	       const char *subject, bool icase, char *err);

#endif
