/**
 * @file routing/regex.c  Regular expressions within limits
 *
 * The C library compiles and matches.  Its cost grows with the size of the
 * expression after repetitions have been written out (a{200} is two hundred
 * positions, and nesting multiplies), so this size is computed before, and
 * back references, which make matching exponential, are refused.
 */
#include "routing/expr.h"
#include <regex.h>


enum { NEST_MAX = 32, COUNT_MAX_DIGITS = 5 };


/* One open group: what it holds so far, and its last piece */
struct level {
	uint32_t total;
	uint32_t last;
};


struct measure {
	const char *p;
	struct level v[NEST_MAX];
	size_t n; /* index of the innermost level */
};


static void set_err(char *err, const char *text)
{
	if (err)
		(void)re_snprintf(err, EXPR_ERR_SIZE, "%s", text);
}


static uint32_t limited(uint64_t n)
{
	return n > EXPR_REGEX_SIZE ? EXPR_REGEX_SIZE + 1 : (uint32_t)n;
}


static void piece(struct measure *ms, uint32_t size)
{
	struct level *l = &ms->v[ms->n];

	l->total = limited((uint64_t)l->total + size);
	l->last  = size;
}


/* The last piece is there `times` times */
static void repeat(struct measure *ms, uint32_t times)
{
	struct level *l = &ms->v[ms->n];
	uint32_t size   = limited((uint64_t)l->last * times);

	if (times < 2)
		return;

	l->total = limited((uint64_t)l->total - l->last + size);
	l->last  = size;
}


/* Behind '[': skip to the ']' that closes the set */
static void skip_set(struct measure *ms)
{
	const char *p = ms->p;

	if (*p == '^')
		++p;

	if (*p == ']')
		++p;

	for (; *p && *p != ']'; p++) {
		char kind = p[1];
		const char *q;

		if (*p != '[' || !kind || !strchr(":.=", kind))
			continue;

		/* [:alpha:] and the like */
		for (q = p + 2; *q && !(q[0] == kind && q[1] == ']'); q++)
			;

		if (!*q)
			break;

		p = q + 1;
	}

	ms->p = *p ? p + 1 : p;
}


static uint32_t read_count(const char **pp)
{
	uint32_t n = 0;
	unsigned digits;

	for (digits = 0; **pp >= '0' && **pp <= '9'; ++*pp) {
		if (digits++ < COUNT_MAX_DIGITS)
			n = n * 10 + (uint32_t)(**pp - '0');
		else
			n = EXPR_REGEX_SIZE + 1;
	}

	return n;
}


/* Behind '{': {m} {m,} {m,n} {,n}; anything else is the compiler's business */
static void read_interval(struct measure *ms)
{
	const char *p = ms->p;
	uint32_t min, max;

	min = max = read_count(&p);

	if (*p == ',') {
		++p;
		max = *p == '}' ? min + 1 : read_count(&p);
	}

	if (*p != '}')
		return;

	ms->p = p + 1;
	repeat(ms, max > min ? max : min);
}


/* One step; a constant text if the expression is refused */
static const char *measure_step(struct measure *ms)
{
	uint32_t size;

	switch (*ms->p++) {

	case '\\':
		if (*ms->p >= '1' && *ms->p <= '9')
			return "back references are not allowed";
		if (*ms->p)
			++ms->p;
		piece(ms, 1);
		break;

	case '(':
		if (ms->n + 1 == NEST_MAX)
			return "groups too deep";
		ms->v[++ms->n] = (struct level){0, 0};
		break;

	case ')':
		if (ms->n) {
			size = ms->v[ms->n--].total;
			piece(ms, size ? size : 1);
		}
		break;

	case '[':
		skip_set(ms);
		piece(ms, 1);
		break;

	case '{': read_interval(ms); break;
	case '+': repeat(ms, 2);     break;
	case '*':
	case '?': break;
	default:  piece(ms, 1);      break;
	}

	return NULL;
}


static const char *regex_fault(const char *regex)
{
	struct measure ms = {.p = regex};
	const char *fault = NULL;

	if (strlen(regex) > EXPR_REGEX_MAX)
		return "regular expression too long";

	while (*ms.p && !fault) {
		fault = measure_step(&ms);

		if (ms.v[ms.n].total > EXPR_REGEX_SIZE)
			fault = "too many repetitions";
	}

	return fault;
}


static int compile(regex_t *re, const char *regex, bool icase, char *err)
{
	const char *fault = regex_fault(regex);
	int r;

	if (fault) {
		set_err(err, fault);
		return EINVAL;
	}

	r = regcomp(re, regex, REG_EXTENDED | (icase ? REG_ICASE : 0));
	if (!r)
		return 0;

	if (err)
		(void)regerror(r, NULL, err, EXPR_ERR_SIZE);

	return r == REG_ESPACE ? ENOMEM : EINVAL;
}


static int subject_copy(char *buf, const struct pl *subject, char *err)
{
	if (subject->l > EXPR_SUBJECT_MAX) {
		set_err(err, "text too long for a regular expression");
		return EINVAL;
	}

	/* behind a NUL, "^[0-9]+$" would not see what follows */
	if (subject->l && memchr(subject->p, 0, subject->l)) {
		set_err(err, "NUL in the text of a regular expression");
		return EINVAL;
	}

	if (subject->l)
		memcpy(buf, subject->p, subject->l);
	buf[subject->l] = '\0';

	return 0;
}


int expr_match(struct expr_match *m, const char *regex,
	       const struct pl *subject, bool icase, char *err)
{
	char buf[EXPR_SUBJECT_MAX + 1];
	regmatch_t rm[2];
	regex_t re;
	int ret;

	if (!m || !regex || !subject)
		return EINVAL;

	memset(m, 0, sizeof(*m));
	set_err(err, "");

	ret = subject_copy(buf, subject, err);
	if (ret)
		return ret;

	ret = compile(&re, regex, icase, err);
	if (ret)
		return ret;

	m->groups = re.re_nsub;

	ret = regexec(&re, buf, ARRAY_SIZE(rm), rm, 0);
	if (!ret) {
		m->hit     = true;
		m->start   = (size_t)rm[0].rm_so;
		m->end     = (size_t)rm[0].rm_eo;
		m->has_sub = m->groups && rm[1].rm_so >= 0;
	}

	if (m->has_sub) {
		m->sub_start = (size_t)rm[1].rm_so;
		m->sub_end   = (size_t)rm[1].rm_eo;
	}

	regfree(&re);

	return ret == REG_ESPACE ? ENOMEM : 0;
}


int expr_regex(bool *matchp, struct pl *sub, const char *regex,
	       const char *subject, bool icase, char *err)
{
	struct expr_match m;
	struct pl pl;
	int ret;

	if (!matchp || !regex || !subject)
		return EINVAL;

	pl_set_str(&pl, subject);

	ret = expr_match(&m, regex, &pl, icase, err);
	if (ret)
		return ret;

	*matchp = m.hit;

	if (sub) {
		sub->p = subject + (m.has_sub ? m.sub_start : m.start);
		sub->l = m.has_sub ? m.sub_end - m.sub_start
				   : m.end - m.start;
	}

	return 0;
}
