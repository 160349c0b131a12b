/**
 * @file expr_naive.h  Expressions whose value is known before they are written
 *
 * An independent reference: a tree is made, its value computed in C as it
 * grows, and the text printed with all parentheses that it needs and some that
 * it does not.  The source of chance is handed in, so that a test and a fuzz
 * target use the same.
 */
#ifndef TANDEM_TESTS_EXPR_NAIVE_H
#define TANDEM_TESTS_EXPR_NAIVE_H

#include <math.h>
#include <stdio.h>
#include "base/compat.h"

enum naive_kind {
	NAIVE_NUM,
	NAIVE_WORD,   /* letters, never a number */
	NAIVE_QUOTED, /* "..." */
};

/* lowest to highest */
enum naive_level {
	NAIVE_COND,
	NAIVE_OR,
	NAIVE_AND,
	NAIVE_CMP,
	NAIVE_ADD,
	NAIVE_MUL,
	NAIVE_UNARY,
	NAIVE_CAT,
};

enum { NAIVE_TEXT = 4096, NAIVE_VAL = 512 };

struct naive {
	enum naive_kind kind;
	double num;
	char str[NAIVE_VAL];  /* of a word or between the quotes */
	char text[NAIVE_TEXT];
	bool bad;             /* became too long: not used */
};

struct naive_src {
	uint32_t (*below)(uint32_t n, void *arg); /* 0 .. n-1 */
	void *arg;
};


static inline uint32_t naive_rnd(const struct naive_src *src, uint32_t n)
{
	return src->below(n, src->arg);
}


static inline void naive_put(char *buf, size_t size, struct naive *n,
			     const char *fmt, ...)
{
	va_list ap;
	int k;

	va_start(ap, fmt);
	k = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	n->bad = n->bad || k < 0 || (size_t)k >= size;
}


/** The value as $[...] prints it */
static inline void naive_print(char *buf, size_t size, const struct naive *n)
{
	if (n->kind == NAIVE_NUM)
		(void)snprintf(buf, size, "%.15g", n->num + 0.0);
	else
		(void)snprintf(buf, size, n->kind == NAIVE_QUOTED ? "\"%s\""
								  : "%s",
			       n->str);
}


/* Without the quotes, as comparisons and ~~ see it */
static inline void naive_bare(char *buf, size_t size, const struct naive *n)
{
	if (n->kind == NAIVE_NUM)
		(void)snprintf(buf, size, "%.15g", n->num + 0.0);
	else
		(void)snprintf(buf, size, "%s", n->str);
}


static inline bool naive_true(const struct naive *n)
{
	return n->kind != NAIVE_NUM || n->num != 0;
}


static inline double naive_num(const struct naive *n)
{
	return n->kind == NAIVE_NUM ? n->num : 0;
}


static inline void naive_set(struct naive *n, double num)
{
	n->kind = NAIVE_NUM;
	n->num	= num;
}


static inline void naive_leaf(struct naive *n, const struct naive_src *src,
			      bool quoted)
{
	const uint32_t what = naive_rnd(src, quoted ? 5 : 4);

	if (what < 3) {
		naive_set(n, naive_rnd(src, 20));
		naive_put(n->text, sizeof(n->text), n, "%d", (int)n->num);
		return;
	}

	n->kind	  = what == 3 ? NAIVE_WORD : NAIVE_QUOTED;
	n->num	  = 0;
	size_t l  = naive_rnd(src, 3) + (n->kind == NAIVE_WORD);
	size_t i;

	for (i = 0; i < l; i++)
		n->str[i] = n->kind == NAIVE_WORD
				    ? "abc"[naive_rnd(src, 3)]
				    : "ab1 0|"[naive_rnd(src, 6)];
	n->str[i] = '\0';
	naive_put(n->text, sizeof(n->text), n,
		  n->kind == NAIVE_WORD ? "%s" : "\"%s\"", n->str);
}


static inline int naive_cmp(const struct naive *a, const struct naive *b)
{
	char x[NAIVE_VAL], y[NAIVE_VAL];

	if (a->kind == NAIVE_NUM && b->kind == NAIVE_NUM)
		return a->num < b->num ? -1 : a->num > b->num;

	naive_bare(x, sizeof(x), a);
	naive_bare(y, sizeof(y), b);

	return strcmp(x, y);
}


static inline void naive_tree(struct naive *n, const struct naive_src *src,
			      unsigned depth, enum naive_level least,
			      bool quoted);


static inline void naive_join(struct naive *n, const struct naive_src *src,
			      const struct naive *a, const char *op,
			      const struct naive *b, bool paren)
{
	const char *gap = naive_rnd(src, 2) ? " " : "";

	/* letters and words would grow together, "- -1" is clearer apart */
	if (b->text[0] == '-' || b->text[0] == '!')
		gap = " ";

	naive_put(n->text, sizeof(n->text), n, "%s%s%s%s%s%s%s",
		  paren ? "(" : "", a->text, gap, op, gap, b->text,
		  paren ? ")" : "");
	n->bad = n->bad || a->bad || b->bad;
}


static inline void naive_compare(struct naive *n, const struct naive_src *src,
				 unsigned depth, bool paren)
{
	static const char *const ops[] = {"=", "==", "!=", ">", "<", ">=",
					  "<="};
	const uint32_t op = naive_rnd(src, ARRAY_SIZE(ops));
	struct naive *a = mem_zalloc(2 * sizeof(*a), NULL), *b = a + 1;
	int c;

	naive_tree(a, src, depth, NAIVE_CMP, true);
	naive_tree(b, src, depth, NAIVE_CMP + 1, true);
	c = naive_cmp(a, b);
	naive_set(n, op < 2    ? c == 0
		     : op == 2 ? c != 0
		     : op == 3 ? c > 0
		     : op == 4 ? c < 0
		     : op == 5 ? c >= 0
			       : c <= 0);
	naive_join(n, src, a, ops[op], b, paren);
	mem_deref(a);
}


static inline void naive_logic(struct naive *n, const struct naive_src *src,
			       unsigned depth, bool paren, bool both)
{
	const enum naive_level l = both ? NAIVE_AND : NAIVE_OR;
	struct naive *a = mem_zalloc(2 * sizeof(*a), NULL), *b = a + 1;
	const struct naive *take;
	const char *op;

	naive_tree(a, src, depth, l, false);
	naive_tree(b, src, depth, l + 1, false);
	if (both)
		take = naive_true(a) && naive_true(b) ? a : NULL;
	else
		take = naive_true(a) ? a : b;

	if (take) {
		n->kind = take->kind;
		n->num	= take->num;
		memcpy(n->str, take->str, sizeof(n->str));
	}
	else {
		naive_set(n, 0);
	}

	op = both ? naive_rnd(src, 2) ? "&" : "&&" : naive_rnd(src, 2) ? "|"
								      : "||";
	naive_join(n, src, a, op, b, paren);
	mem_deref(a);
}


static inline void naive_arith(struct naive *n, const struct naive_src *src,
			       unsigned depth, bool paren, bool mul)
{
	const enum naive_level l = mul ? NAIVE_MUL : NAIVE_ADD;
	struct naive *a = mem_zalloc(2 * sizeof(*a), NULL), *b = a + 1;
	const uint32_t what = naive_rnd(src, 3);
	const char *op;
	double x, y;

	naive_tree(a, src, depth, l, false);
	naive_tree(b, src, depth, l + 1, false);
	x = naive_num(a);
	y = naive_num(b);

	/* text makes the whole of it 0 */
	const bool text = a->kind != NAIVE_NUM || b->kind != NAIVE_NUM;

	if (!mul) {
		op = what ? "+" : "-";
		naive_set(n, text ? 0 : what ? x + y : x - y);
	}
	else if (what == 1 && y != 0 && !text && fmod(x, y) == 0) {
		op = "/";
		naive_set(n, x / y);
	}
	else if (what == 2 && y != 0 && !text) {
		op = "%";
		naive_set(n, fmod(x, y));
	}
	else {
		op = "*";
		naive_set(n, text ? 0 : x * y);
	}

	naive_join(n, src, a, op, b, paren);
	n->bad = n->bad || fabs(n->num) > 1e12;
	mem_deref(a);
}


static inline void naive_unary(struct naive *n, const struct naive_src *src,
			       unsigned depth, bool paren)
{
	struct naive *a = mem_zalloc(sizeof(*a), NULL);
	const bool neg = naive_rnd(src, 2);

	naive_tree(a, src, depth, NAIVE_UNARY, false);
	if (neg)
		naive_set(n, -naive_num(a));
	else
		naive_set(n, !naive_true(a));
	naive_put(n->text, sizeof(n->text), n, "%s%s %s%s", paren ? "(" : "",
		  neg ? "-" : "!", a->text, paren ? ")" : "");
	n->bad = n->bad || a->bad;
	mem_deref(a);
}


static inline void naive_cat(struct naive *n, const struct naive_src *src,
			     unsigned depth, bool paren)
{
	struct naive *a = mem_zalloc(2 * sizeof(*a), NULL), *b = a + 1;
	char x[NAIVE_VAL], y[NAIVE_VAL];

	naive_tree(a, src, depth, NAIVE_CAT, true);
	naive_tree(b, src, depth, NAIVE_CAT + 1, true);
	naive_bare(x, sizeof(x), a);
	naive_bare(y, sizeof(y), b);

	/* a letter in front keeps it from becoming a number again */
	naive_put(n->str, sizeof(n->str), n, "c%s%s", x, y);
	n->kind = NAIVE_WORD;
	naive_put(n->text, sizeof(n->text), n, "(c ~~ %s ~~ %s)", a->text,
		  b->text);
	(void)paren;
	n->bad = n->bad || a->bad || b->bad;
	mem_deref(a);
}


static inline void naive_cond(struct naive *n, const struct naive_src *src,
			      unsigned depth, bool paren)
{
	struct naive *v = mem_zalloc(3 * sizeof(*v), NULL);
	const struct naive *take;

	naive_tree(&v[0], src, depth, NAIVE_OR, false);
	naive_tree(&v[1], src, depth, NAIVE_COND, false);
	naive_tree(&v[2], src, depth, NAIVE_COND, false);
	take	= naive_true(&v[0]) ? &v[1] : &v[2];
	n->kind = take->kind;
	n->num	= take->num;
	memcpy(n->str, take->str, sizeof(n->str));
	naive_put(n->text, sizeof(n->text), n, "%s%s ? %s :: %s%s",
		  paren ? "(" : "", v[0].text, v[1].text, v[2].text,
		  paren ? ")" : "");
	n->bad = n->bad || v[0].bad || v[1].bad || v[2].bad;
	mem_deref(v);
}


/**
 * Make a tree
 *
 * @param n       Zeroed by the caller
 * @param least   What binds looser gets parentheses
 * @param quoted  A text in quotes may stand here
 */
static inline void naive_tree(struct naive *n, const struct naive_src *src,
			      unsigned depth, enum naive_level least,
			      bool quoted)
{
	enum naive_level l;
	bool paren;

	if (!depth || !naive_rnd(src, 4)) {
		naive_leaf(n, src, quoted);
		return;
	}

	l     = (enum naive_level)naive_rnd(src, NAIVE_CAT + 1);
	paren = l < least || !naive_rnd(src, 5);
	--depth;

	switch (l) {

	case NAIVE_COND: naive_cond(n, src, depth, paren); break;
	case NAIVE_OR: naive_logic(n, src, depth, paren, false); break;
	case NAIVE_AND: naive_logic(n, src, depth, paren, true); break;
	case NAIVE_CMP: naive_compare(n, src, depth, paren); break;
	case NAIVE_ADD: naive_arith(n, src, depth, paren, false); break;
	case NAIVE_MUL: naive_arith(n, src, depth, paren, true); break;
	case NAIVE_UNARY: naive_unary(n, src, depth, paren); break;
	case NAIVE_CAT: naive_cat(n, src, depth, paren); break;
	}
}

#endif
