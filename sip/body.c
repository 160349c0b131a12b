/**
 * @file sip/body.c  Bodies of several parts (RFC 2046 5.1, RFC 5621)
 *
 * We look for one part of a type that we know and leave the others.  The
 * body is read line by line, once per level; levels and parts are bounded.
 * What has no closing delimiter ends with the body.
 */
#include "sip/lex.h"

enum {
	MAX_DEPTH    = 2,
	MAX_PARTS    = 8,
	MAX_BOUNDARY = 70,
};

static bool part_find(struct pl *found, const struct pl *body,
		      const struct pl *ctype, const char *want,
		      unsigned depth);


/* Behind the line at p */
static const char *line_skip(const char *p, const char *end)
{
	const char *nl = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;

	return nl ? nl + 1 : end;
}


/* If the line at p is "--boundary" or "--boundary--": the place behind it */
static const char *delimiter(const char *p, const char *end,
			     const struct pl *boundary, bool *last)
{
	if ((size_t)(end - p) < boundary->l + 2 || p[0] != '-' ||
	    p[1] != '-' || memcmp(p + 2, boundary->p, boundary->l))
		return NULL;

	p += boundary->l + 2;

	*last = end - p >= 2 && p[0] == '-' && p[1] == '-';
	if (*last)
		p += 2;

	const char *q = lex_skip(p, end, LEX_LWS);
	const char *n = line_skip(p, end);

	/* nothing but white space up to the end of the line */
	return q >= n || q == end ? n : NULL;
}


/* The part at p: up to the line end before the next delimiter.  Returns the
 * place behind that, NULL after the last part */
static const char *part_cut(struct pl *part, const char *p, const char *end,
			    const struct pl *boundary)
{
	const char *start = p;
	bool last	  = true;

	while (p < end) {

		const char *next = delimiter(p, end, boundary, &last);

		if (next) {
			if (p > start && p[-1] == '\n')
				--p;
			if (p > start && p[-1] == '\r')
				--p;

			*part = lex_pl(start, p);

			return last ? NULL : next;
		}

		p = line_skip(p, end);
	}

	*part = lex_pl(start, end);

	return NULL;
}


/* Content-Type of a part, pl_null if it has none; *body is what follows the
 * empty line */
static struct pl part_head(const struct pl *part, struct pl *body)
{
	const char *p = part->p, *end = part->p + part->l;
	struct pl ctype = pl_null;

	while (p < end && *p != '\r' && *p != '\n') {

		const char *next = line_skip(p, end);

		while (next < end && (*next == ' ' || *next == '\t'))
			next = line_skip(next, end);

		const char *colon = memchr(p, ':', (size_t)(next - p));
		struct pl name	  = lex_trim(p, colon ? colon : p);

		if (colon && !pl_strcasecmp(&name, "Content-Type"))
			ctype = lex_trim(colon + 1, next);

		p = next;
	}

	*body = lex_pl(line_skip(p, end), end);

	return ctype;
}


static bool type_is(const struct pl *ctype, const char *want)
{
	const char *p  = ctype->l ? memchr(ctype->p, ';', ctype->l) : NULL;
	struct pl type = lex_trim(ctype->p, p ? p : ctype->p + ctype->l);

	return !pl_strcasecmp(&type, want);
}


static bool part_matches(struct pl *found, const struct pl *part,
			 const char *want, unsigned depth)
{
	struct pl body;
	struct pl ctype = part_head(part, &body);

	if (!ctype.l)
		return false;

	if (type_is(&ctype, want)) {
		*found = body;
		return true;
	}

	return part_find(found, &body, &ctype, want, depth + 1);
}


static bool part_find(struct pl *found, const struct pl *body,
		      const struct pl *ctype, const char *want,
		      unsigned depth)
{
	const char *p = memchr(ctype->p, ';', ctype->l);
	const char *end = body->p + body->l;
	struct pl boundary, part;

	if (depth >= MAX_DEPTH || !p || ctype->l < 10 ||
	    strncasecmp(ctype->p, "multipart/", 10))
		return false;

	struct pl params = lex_pl(p, ctype->p + ctype->l);

	if (!sx_param(&params, "boundary", &boundary) || !boundary.l ||
	    boundary.l > MAX_BOUNDARY)
		return false;

	/* the preamble belongs to nobody */
	p = part_cut(&part, body->p, end, &boundary);

	for (unsigned i = 0; p && i < MAX_PARTS; i++) {

		p = part_cut(&part, p, end, &boundary);

		if (part_matches(found, &part, want, depth))
			return true;
	}

	return false;
}


bool sx_multipart_find(struct pl *part, const struct pl *body,
		       const struct pl *ctype, const char *want)
{
	if (!part || !body || !body->l || !ctype || !ctype->l || !want)
		return false;

	return part_find(part, body, ctype, want, 0);
}
