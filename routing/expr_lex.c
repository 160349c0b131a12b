/**
 * @file routing/expr_lex.c  Tokens of expressions
 *
 * Only bytes that the administrator wrote make operators, quotes and white
 * space; bytes from the wire are always part of an operand.
 */
#include "routing/expr_priv.h"


struct op {
	char str[3];
	enum expr_tok tok;
};


/* clang-format off */
/* longer ones first */
static const struct op opv[] = {
	{"||", TOK_OR},    {"&&", TOK_AND},  {"=~", TOK_MATCH},
	{"==", TOK_EQ},    {"!=", TOK_NE},   {">=", TOK_GE},
	{"<=", TOK_LE},    {"::", TOK_ELSE}, {"~~", TOK_CAT},
	{"|",  TOK_OR},    {"&",  TOK_AND},  {"=",  TOK_EQ},
	{">",  TOK_GT},    {"<",  TOK_LT},   {"+",  TOK_PLUS},
	{"-",  TOK_MINUS}, {"*",  TOK_MUL},  {"/",  TOK_DIV},
	{"%",  TOK_MOD},   {"!",  TOK_NOT},  {":",  TOK_COLON},
	{"?",  TOK_COND},  {"(",  TOK_OPEN}, {")",  TOK_CLOSE},
	{",",  TOK_COMMA},
};
/* clang-format on */


/* The byte at `pos` if we wrote it, else 0 */
static char literal(const struct ttext *t, size_t pos)
{
	if (pos >= t->len || ttext_tainted_at(t, pos))
		return 0;

	return t->str[pos];
}


static const struct op *op_at(const struct ttext *t, size_t pos)
{
	char a = literal(t, pos), b;

	if (!a)
		return NULL;

	b = literal(t, pos + 1);

	for (size_t i = 0; i < ARRAY_SIZE(opv); i++) {
		const char *s = opv[i].str;

		if (s[0] == a && (!s[1] || s[1] == b))
			return &opv[i];
	}

	return NULL;
}


static bool space_at(const struct ttext *t, size_t pos)
{
	char c = literal(t, pos);

	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


static void lex_quoted(struct expr_lex *lx)
{
	const struct ttext *t = lx->t;
	size_t start = lx->pos + 1, end = ttext_find(t, start, '"');

	if (end == t->len) {
		lx->tok = TOK_BAD;
		lx->pos = end;
		return;
	}

	lx->tok    = TOK_OPERAND;
	lx->quoted = true;
	lx->off    = start;
	lx->len    = end - start;
	lx->pos    = end + 1;
}


static void lex_plain(struct expr_lex *lx)
{
	const struct ttext *t = lx->t;

	lx->tok = TOK_OPERAND;
	lx->off = lx->pos;

	while (lx->pos < t->len && !space_at(t, lx->pos) &&
	       literal(t, lx->pos) != '"' && !op_at(t, lx->pos))
		++lx->pos;

	lx->len = lx->pos - lx->off;
}


void expr_lex_next(struct expr_lex *lx)
{
	const struct op *op;

	lx->quoted = false;

	while (space_at(lx->t, lx->pos))
		++lx->pos;

	if (lx->pos >= lx->t->len) {
		lx->tok = TOK_END;
		return;
	}

	op = op_at(lx->t, lx->pos);

	if (op) {
		lx->tok = op->tok;
		lx->pos += op->str[1] ? 2 : 1;
	}
	else if (literal(lx->t, lx->pos) == '"') {
		lex_quoted(lx);
	}
	else {
		lex_plain(lx);
	}
}
