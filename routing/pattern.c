/**
 * @file routing/pattern.c  Extension patterns and their order
 *
 * A pattern is read element by element.  An element is a set of bytes (one
 * byte, X, Z, N or [...]), or a tail: "." or "!".  Matching walks
 * the elements beside the digits; ordering walks those of two patterns beside
 * each other.  Both are linear and allocate nothing.
 */
#include "routing/pattern.h"


enum elem_type {
	ELEM_END = 0,
	ELEM_SET,
	ELEM_MANY,  /* '.' */
	ELEM_EARLY, /* '!' */
	ELEM_BAD,   /* open or empty set */
};


/** One position of a pattern */
struct elem {
	enum elem_type type;
	uint64_t set[4]; /* a bit per byte value */
	size_t n;        /* number of bits */
	unsigned lowest;
};


static void elem_add(struct elem *el, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++) {
		uint64_t bit = 1ULL << (c & 63);

		if (el->set[c >> 6] & bit)
			continue;

		el->set[c >> 6] |= bit;
		if (!el->n++ || c < el->lowest)
			el->lowest = c;
	}
}


static bool elem_has(const struct elem *el, char c)
{
	unsigned u = (unsigned char)c;

	return (el->set[u >> 6] >> (u & 63)) & 1;
}


/* The inside of [...]; a reversed range adds nothing */
static void elem_read_set(struct elem *el, const char *p, const char *end)
{
	while (p < end) {
		unsigned from = (unsigned char)*p;

		if (end - p > 2 && p[1] == '-') {
			elem_add(el, from, (unsigned char)p[2]);
			p += 3;
		}
		else {
			elem_add(el, from, from);
			++p;
		}
	}
}


/* Next element; *pos moves behind it */
static void elem_next(struct elem *el, const struct pl *ext, size_t *pos)
{
	const char *p = ext->p + *pos, *end = ext->p + ext->l, *close;

	memset(el, 0, sizeof(*el));

	while (p < end && (*p == '-' || *p == ' '))
		++p;

	if (p == end) {
		*pos = ext->l;
		return;
	}

	el->type = ELEM_SET;

	switch (*p) {

	case 'x': case 'X': elem_add(el, '0', '9');        break;
	case 'z': case 'Z': elem_add(el, '1', '9');        break;
	case 'n': case 'N': elem_add(el, '2', '9');        break;
	case '.':           el->type = ELEM_MANY;          break;
	case '!':           el->type = ELEM_EARLY;         break;

	case '[':
		close = memchr(p, ']', (size_t)(end - p));
		if (close)
			elem_read_set(el, p + 1, close);
		if (!el->n)
			el->type = ELEM_BAD;
		p = close ? close : end - 1;
		break;

	default:
		elem_add(el, (unsigned char)*p, (unsigned char)*p);
		break;
	}

	*pos = (size_t)(p + 1 - ext->p);
}


bool pattern_is(const struct pl *ext)
{
	return ext && ext->l && ext->p[0] == '_';
}


static enum pattern_result literal_match(const struct pl *ext,
					 const struct pl *digits)
{
	if (digits->l > ext->l)
		return PATTERN_NO;

	if (digits->l && memcmp(ext->p, digits->p, digits->l))
		return PATTERN_NO;

	return digits->l == ext->l ? PATTERN_FULL : PATTERN_MORE;
}


/* A '-' among the digits is a separator, but not as the last one */
static size_t skip_separators(const struct pl *digits, size_t i)
{
	while (i + 1 < digits->l && digits->p[i] == '-')
		++i;

	return i;
}


/* The digits have run out */
static enum pattern_result match_at_end(const struct pl *ext, size_t pos)
{
	struct elem el;

	elem_next(&el, ext, &pos);

	switch (el.type) {

	case ELEM_END:   return PATTERN_FULL;
	case ELEM_EARLY: return PATTERN_FULL | PATTERN_EARLY;
	case ELEM_SET:
	case ELEM_MANY:  return PATTERN_MORE;
	case ELEM_BAD:   break;
	}

	return PATTERN_NO;
}


enum pattern_result pattern_match(const struct pl *ext,
				  const struct pl *digits)
{
	size_t pos = 1, i;
	struct elem el;

	if (!ext || !digits || ext->l > PATTERN_MAX)
		return PATTERN_NO;

	if (!pattern_is(ext))
		return literal_match(ext, digits);

	for (i = 0; i < digits->l; i++) {

		i = skip_separators(digits, i);

		elem_next(&el, ext, &pos);

		switch (el.type) {

		case ELEM_MANY:  return PATTERN_FULL_MORE;
		case ELEM_EARLY: return PATTERN_FULL | PATTERN_EARLY;
		case ELEM_END:
		case ELEM_BAD:   return PATTERN_NO;
		case ELEM_SET:   break;
		}

		if (!elem_has(&el, digits->p[i]))
			return PATTERN_NO;
	}

	return match_at_end(ext, pos);
}


static size_t literal_parts_at(const struct pl *ext, const struct pl *digits,
			       struct pl *elem)
{
	size_t i = 0;

	while (i < ext->l && i < digits->l && ext->p[i] == digits->p[i])
		++i;

	elem->p = ext->p + i;
	elem->l = i < ext->l ? 1 : 0;

	return i;
}


size_t pattern_parts_at(const struct pl *ext, const struct pl *digits,
			struct pl *elem)
{
	size_t pos = 1, from, i;
	struct elem el;

	if (!ext || !digits || !elem)
		return 0;
	if (!pattern_is(ext))
		return literal_parts_at(ext, digits, elem);

	for (i = 0;; i++) {
		if (i < digits->l)
			i = skip_separators(digits, i);

		from = pos;
		elem_next(&el, ext, &pos);
		while (from < pos && (ext->p[from] == '-' ||
				      ext->p[from] == ' '))
			++from;
		elem->p = ext->p + from;
		elem->l = pos - from;

		if (i >= digits->l || el.type != ELEM_SET ||
		    !elem_has(&el, digits->p[i]))
			return i;
	}
}


/* Everything that b's element allows, a's allows */
static bool elem_covers(const struct elem *a, const struct elem *b)
{
	for (size_t i = 0; i < 4; i++) {
		if (b->set[i] & ~a->set[i])
			return false;
	}

	return true;
}


/* An element of a literal is a byte */
static void next_of(struct elem *el, const struct pl *ext, size_t *pos)
{
	if (pattern_is(ext)) {
		if (!*pos)
			*pos = 1;
		elem_next(el, ext, pos);
		return;
	}

	memset(el, 0, sizeof(*el));
	if (*pos >= ext->l)
		return;

	el->type = ELEM_SET;
	elem_add(el, (unsigned char)ext->p[*pos], (unsigned char)ext->p[*pos]);
	++*pos;
}


bool pattern_covers(const struct pl *a, const struct pl *b)
{
	size_t pa = 0, pb = 0;
	struct elem ea, eb;

	if (!a || !b)
		return false;

	do {
		next_of(&ea, a, &pa);
		next_of(&eb, b, &pb);

		if (ea.type == ELEM_EARLY)
			return eb.type != ELEM_BAD;
		if (ea.type == ELEM_MANY)
			return eb.type == ELEM_SET || eb.type == ELEM_MANY;
		if (ea.type != eb.type || !elem_covers(&ea, &eb))
			return false;
	} while (ea.type == ELEM_SET);

	return ea.type == ELEM_END;
}


/* Without "(555) 123-45.67"'s decoration; numbers with letters as they are */
static struct pl plain_number(char *buf, size_t size, const struct pl *number)
{
	struct pl res = {buf, 0};

	for (size_t i = 0; i < number->l; i++) {
		char c = number->p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    res.l == size)
			return *number;

		if (!strchr(" ()-.", c) || !c)
			buf[res.l++] = c;
	}

	return res;
}


bool pattern_match_cid(const struct pl *cid, const struct pl *number)
{
	char buf[PATTERN_MAX], cbuf[PATTERN_MAX];

	if (!cid)
		return true;

	if (!number || !number->l)
		return !cid->l;

	if (!cid->l)
		return false;

	struct pl num = plain_number(buf, sizeof(buf), number);
	struct pl ext = *cid;

	if (!pattern_is(cid))
		ext = plain_number(cbuf, sizeof(cbuf), cid);

	return pattern_match(&ext, &num) & PATTERN_FULL;
}


static int pl_order(const struct pl *a, const struct pl *b)
{
	size_t n = a->l < b->l ? a->l : b->l;
	int r = n ? memcmp(a->p, b->p, n) : 0;

	if (r)
		return r;

	return (a->l > b->l) - (a->l < b->l);
}


/* Sets, then '.', '!', broken ones, and the end: so the longer comes first */
static int elem_rank(const struct elem *el)
{
	switch (el->type) {

	case ELEM_SET:   return 0;
	case ELEM_MANY:  return 1;
	case ELEM_EARLY: return 2;
	case ELEM_BAD:   return 3;
	case ELEM_END:   break;
	}

	return 4;
}


static int elem_cmp(const struct elem *a, const struct elem *b)
{
	int ra = elem_rank(a), rb = elem_rank(b);

	if (ra != rb)
		return ra - rb;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;

	if (a->lowest != b->lowest)
		return a->lowest < b->lowest ? -1 : 1;

	/* any fixed order will do: the one with the first lower character */
	for (size_t i = 0; i < 4; i++) {
		uint64_t diff = a->set[i] ^ b->set[i];

		if (diff)
			return a->set[i] & (diff & -diff) ? -1 : 1;
	}

	return 0;
}


int pattern_cmp(const struct pl *a, const struct pl *b)
{
	size_t pa = 1, pb = 1;
	struct elem ea, eb;
	int r;

	if (!a || !b)
		return (a != NULL) - (b != NULL);

	if (!pattern_is(a) || !pattern_is(b)) {

		if (pattern_is(a) != pattern_is(b))
			return pattern_is(a) ? 1 : -1;

		return pl_order(a, b);
	}

	do {
		elem_next(&ea, a, &pa);
		elem_next(&eb, b, &pb);

		r = elem_cmp(&ea, &eb);

	} while (!r && ea.type != ELEM_END);

	return r;
}


static const char *set_fault(const char *p, const char *end)
{
	const char *close = memchr(p, ']', (size_t)(end - p));

	if (!close)
		return "'[' without ']'";

	if (close == p + 1)
		return "empty set '[]'";

	for (++p; p < close; p++) {
		if (close - p <= 2 || p[1] != '-')
			continue;

		if ((unsigned char)p[0] > (unsigned char)p[2])
			return "range from high to low";

		p += 2;
	}

	return NULL;
}


static const char *pattern_fault(const struct pl *ext)
{
	const char *end = ext->p + ext->l;

	for (const char *p = ext->p + 1; p < end; p++) {
		const char *fault;

		if ((*p == '.' || *p == '!') && p + 1 < end)
			return "nothing may follow '.' or '!'";

		if (*p != '[')
			continue;

		fault = set_fault(p, end);
		if (fault)
			return fault;

		p = memchr(p, ']', (size_t)(end - p));
	}

	return NULL;
}


int pattern_check(const struct pl *ext, const char **why)
{
	const char *fault = NULL;

	if (!ext || !ext->l)
		fault = "empty";
	else if (ext->l > PATTERN_MAX)
		fault = "too long";
	else if (pattern_is(ext) && ext->l == 1)
		fault = "nothing behind '_'";
	else if (pattern_is(ext))
		fault = pattern_fault(ext);

	if (fault && why)
		*why = fault;

	return fault ? EINVAL : 0;
}
