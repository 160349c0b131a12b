/**
 * @file b2bua/guard_look.c  A first look at a message, before it is parsed
 *
 * Folded lines are not put together: their first line is looked at.
 */
#include "b2bua/guard_look.h"
#include "base/text.h"


enum {
	VALUE_MAX = 1024, /* what stands behind is not looked at */
	WORD_MAX  = 128,
};


static const char *find(const struct pl *pl, const char *what)
{
	return memmem(pl->p, pl->l, what, strlen(what));
}


/* Case ignored; for short texts */
static const char *find_ci(const struct pl *pl, const struct pl *what)
{
	for (size_t i = 0; what->l && i + what->l <= pl->l; i++) {
		if (!strncasecmp(pl->p + i, what->p, what->l))
			return pl->p + i;
	}

	return NULL;
}


static bool is_end(char c)
{
	return c == ';' || c == ',' || c == ' ' || c == '\t' || c == '>' ||
	       c == '"' || c == '\r' || c == '\n';
}


/* Value behind "name=", quoted or up to the end of the parameter */
static struct pl param(const struct pl *val, const char *name)
{
	struct pl what, pl = PL_INIT;
	const char *p, *end = val->p + val->l;

	pl_set_str(&what, name);
	p = find_ci(val, &what);
	if (!p)
		return pl;

	p += what.l;
	if (p < end && *p == '"') {
		pl.p = ++p;
		while (p < end && *p != '"')
			++p;
	}
	else {
		pl.p = p;
		while (p < end && !is_end(*p))
			++p;
	}
	pl.l = (size_t)(p - pl.p);

	return pl;
}


/* Between "sip:" and '@' */
static struct pl user(const struct pl *val)
{
	struct pl pl  = PL_INIT;
	const char *p = find(val, "sip:");
	const char *at, *end = val->p + val->l;

	if (!p)
		p = find(val, "sips:");
	if (!p)
		return pl;

	p  = memchr(p, ':', (size_t)(end - p)) + 1;
	at = memchr(p, '@', (size_t)(end - p));
	if (!at)
		return pl;

	pl.p = p;
	pl.l = (size_t)(at - p);

	return pl;
}


static struct pl tag(const struct pl *val)
{
	return param(val, ";tag=");
}


static bool is_name(const struct pl *name, const char *full, char compact)
{
	if (name->l == 1)
		return compact && (name->p[0] | 0x20) == compact;

	return !pl_strcasecmp(name, full);
}


static void take(struct pl *dst, const struct pl *src)
{
	if (!dst->p)
		*dst = *src;
}


static void take_auth(struct guard_look *l, const struct pl *val)
{
	if (l->auth_nonce.p)
		return;

	l->auth_user  = param(val, "username=");
	l->auth_realm = param(val, "realm=");
	l->auth_nonce = param(val, " nonce=");
	if (!l->auth_nonce.p)
		l->auth_nonce = param(val, ",nonce=");
}


/* By the first letter, which sorts out most lines */
static void header(struct guard_look *l, const struct pl *name,
		   const struct pl *val)
{
	struct pl pl;

	switch (name->l ? name->p[0] | 0x20 : 0) {

	case 'v':
		if (is_name(name, "Via", 'v') && !l->branch.p)
			l->branch = param(val, "branch=");
		break;

	case 'f':
		if (is_name(name, "From", 'f') && !l->from_user.p) {
			l->from_user = user(val);
			l->ftag	     = tag(val);
		}
		break;

	case 't':
		if (is_name(name, "To", 't') && !l->to_user.p) {
			l->to_user = user(val);
			l->ttag	   = tag(val);
		}
		break;

	case 'i':
	case 'c':
		if (is_name(name, "Call-ID", 'i'))
			take(&l->callid, val);
		break;

	case 'u':
		if (is_name(name, "User-Agent", 0))
			take(&l->agent, val);
		break;

	case 's':
		if (is_name(name, "Server", 0) && l->response)
			take(&l->agent, val);
		break;

	case 'a':
	case 'p':
		pl = *name;
		if (is_name(&pl, "Authorization", 0) ||
		    is_name(&pl, "Proxy-Authorization", 0))
			take_auth(l, val);
		break;

	default:
		break;
	}
}


static void line(struct guard_look *l, const struct pl *ln)
{
	const char *colon = memchr(ln->p, ':', ln->l);
	struct pl name, val;

	if (!colon || ln->p[0] == ' ' || ln->p[0] == '\t')
		return;

	name.p = ln->p;
	name.l = (size_t)(colon - ln->p);
	val.p  = colon + 1;
	val.l  = ln->l - name.l - 1;
	name   = pl_trim(name);
	val    = pl_trim(val);
	if (val.l > VALUE_MAX)
		val.l = VALUE_MAX;
	header(l, &name, &val);
}


static void first_line(struct guard_look *l, const struct pl *ln)
{
	static const char version[] = "SIP/2.0";
	const size_t n = sizeof(version) - 1;
	const char *sp;

	if (ln->l > n && !memcmp(ln->p, version, n) && ln->p[n] == ' ') {
		l->sip = l->response = true;
		return;
	}

	sp = memchr(ln->p, ' ', ln->l);
	if (!sp)
		return;

	l->met.p = ln->p;
	l->met.l = (size_t)(sp - ln->p);
	l->sip	 = memmem(sp, ln->l - l->met.l, "SIP/", 4) != NULL;
}


/* The next line without its end; false if it is empty: the head is over */
static bool next_line(struct pl *ln, struct pl *rest)
{
	const char *nl = rest->l ? memchr(rest->p, '\n', rest->l) : NULL;

	*ln = *rest;
	if (nl) {
		ln->l = (size_t)(nl - rest->p);
		pl_advance(rest, (ssize_t)ln->l + 1);
	}
	else {
		pl_advance(rest, (ssize_t)rest->l);
	}

	if (ln->l && ln->p[ln->l - 1] == '\r')
		--ln->l;

	return ln->l > 0;
}


void guard_look(struct guard_look *l, const void *p, size_t n)
{
	struct pl rest = {p, n < GUARD_LOOK_MAX ? n : GUARD_LOOK_MAX}, ln;

	memset(l, 0, sizeof(*l));
	if (!p)
		return;

	/* what phones send to keep a way open may stand in front */
	while (rest.l && (*rest.p == '\r' || *rest.p == '\n'))
		pl_advance(&rest, 1);

	if (!next_line(&ln, &rest))
		return;

	first_line(l, &ln);
	while (l->sip && next_line(&ln, &rest))
		line(l, &ln);
}


bool guard_has_word(const struct pl *text, const char *words)
{
	struct pl part, rest, head;

	if (!text || !text->l || !words)
		return false;

	head = *text;
	if (head.l > WORD_MAX)
		head.l = WORD_MAX;

	pl_set_str(&rest, words);
	while (pl_next(&part, &rest, ',')) {
		part = pl_trim(part);
		if (part.l && find_ci(&head, &part))
			return true;
	}

	return false;
}
