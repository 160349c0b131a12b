/**
 * @file sip/uri.c  URIs and addresses (RFC 3261 19.1, 25.1; RFC 3966)
 *
 * Parts are found, not changed: escapes stay as written, so that "%2541" is
 * never unescaped twice.  Strict where a slip would change who is called
 * (white space, second '@', port, unquoted comma), tolerant in the characters
 * of a user part, which phones do not escape as they should.  IPv6 hosts with
 * three colons are let through (RFC 5118 4.10).
 */
#include "base/text.h"
#include "sip/lex.h"


static const char *host6(const char *p, const char *end, struct pl *host)
{
	const char *q = ++p;
	bool colon    = false;

	for (; p < end && *p != ']'; ++p) {

		if (*p == ':')
			colon = true;
		else if (!lex_is(*p, LEX_HEX) && *p != '.')
			return NULL;
	}

	if (p == end || !colon)
		return NULL;

	*host = lex_pl(q, p);

	return p + 1;
}


const char *lex_hostport(const char *p, const char *end, struct pl *host,
			 bool *ip6, uint16_t *port, bool lws)
{
	unsigned space = lws ? LEX_LWS : 0;
	uint64_t n;

	*ip6  = p < end && *p == '[';
	*port = 0;

	if (*ip6) {
		p = host6(p, end, host);
		if (!p)
			return NULL;
	}
	else {
		const char *q = p;

		p = lex_skip(p, end, LEX_HOST);
		if (p == q)
			return NULL;

		*host = lex_pl(q, p);
	}

	const char *q = lex_skip(p, end, space);

	if (q == end || *q != ':')
		return p;

	q = lex_skip(q + 1, end, space);
	p = lex_skip(q, end, LEX_DIGIT);

	struct pl num = lex_pl(q, p);

	if (num_decode(&n, &num, UINT16_MAX) || !n)
		return NULL;

	*port = (uint16_t)n;

	return p;
}


/* "scheme:".  Returns the place behind the colon, NULL if malformed */
static const char *scheme_parse(struct sx_uri *uri, const char *p,
				const char *end)
{
	const char *q = p;

	if (p == end || !lex_is(*p, LEX_ALPHA))
		return NULL;

	while (p < end && (lex_is(*p, LEX_ALPHA | LEX_DIGIT) || *p == '+' ||
			   *p == '-' || *p == '.'))
		++p;

	if (p == end || *p != ':')
		return NULL;

	uri->scheme_text = lex_pl(q, p);

	if (!pl_strcasecmp(&uri->scheme_text, "sip"))
		uri->scheme = SX_SCHEME_SIP;
	else if (!pl_strcasecmp(&uri->scheme_text, "sips"))
		uri->scheme = SX_SCHEME_SIPS;
	else if (!pl_strcasecmp(&uri->scheme_text, "tel"))
		uri->scheme = SX_SCHEME_TEL;

	return p + 1;
}


/* Number of a tel URI (RFC 3966 3): digits and visual separators */
static int tel_parse(struct sx_uri *uri, const char *p, const char *end)
{
	const char *q = p;

	while (p < end && *p != ';') {

		if (!lex_is(*p, LEX_HEX) && !strchr("+*#-.()", *p))
			return EBADMSG;
		++p;
	}

	if (p == q)
		return EBADMSG;

	uri->user   = lex_pl(q, p);
	uri->params = lex_pl(p, end);

	return lex_params_check(&uri->params);
}


/* Each '%' of the user part starts an escape */
static bool escapes_ok(const char *p, const char *end)
{
	for (; p < end; ++p) {

		if (*p != '%')
			continue;

		if (end - p < 3 || !lex_is(p[1], LEX_HEX) ||
		    !lex_is(p[2], LEX_HEX))
			return false;

		p += 2;
	}

	return true;
}


/* "user:password@", if there is an '@'.  Returns the place behind, NULL if
 * malformed.  The user may hold ';' and '?', so the '@' is looked for first. */
static const char *userinfo_parse(struct sx_uri *uri, const char *p,
				  const char *end)
{
	const char *at = memchr(p, '@', (size_t)(end - p));

	if (!at)
		return p;

	const char *colon = memchr(p, ':', (size_t)(at - p));

	uri->user = lex_pl(p, colon ? colon : at);
	if (colon)
		uri->password = lex_pl(colon + 1, at);

	return uri->user.l && escapes_ok(p, at) ? at + 1 : NULL;
}


static int sip_parse(struct sx_uri *uri, const char *p, const char *end)
{
	p = userinfo_parse(uri, p, end);
	if (!p)
		return EBADMSG;

	p = lex_hostport(p, end, &uri->host, &uri->host_ip6, &uri->port,
			 false);
	if (!p)
		return EBADMSG;

	const char *q = p < end ? memchr(p, '?', (size_t)(end - p)) : NULL;

	uri->params = lex_pl(p, q ? q : end);
	if (q)
		uri->headers = lex_pl(q, end);

	return lex_params_check(&uri->params);
}


int sx_uri_parse(struct sx_uri *uri, const struct pl *pl)
{
	if (!uri || !pl || !pl->p)
		return EINVAL;

	const char *end = pl->p + pl->l;

	memset(uri, 0, sizeof(*uri));

	if (lex_find(pl->p, end, LEX_NOURI) != end)
		return EBADMSG;

	const char *p = scheme_parse(uri, pl->p, end);
	if (!p || p == end)
		return EBADMSG;

	switch (uri->scheme) {

	case SX_SCHEME_SIP:
	case SX_SCHEME_SIPS: return sip_parse(uri, p, end);
	case SX_SCHEME_TEL: return tel_parse(uri, p, end);
	case SX_SCHEME_OTHER: break;
	}

	return 0;
}


/* '<' of a name-addr and the display name before it: NULL with *err 0 for an
 * addr-spec */
static const char *angle_find(struct sx_addr *addr, const char *p,
			      const char *end, int *err)
{
	*err = 0;

	if (*p == '"') {

		const char *q = lex_quoted(p, end);

		addr->dname = q ? lex_pl(p + 1, q - 1) : pl_null;
		q	    = q ? lex_skip(q, end, LEX_LWS) : NULL;

		if (q && q < end && *q == '<')
			return q;

		*err = EBADMSG;
		return NULL;
	}

	const char *q = p;

	while (q < end && *q != '<' && *q != ';' && *q != ',' && *q != '"')
		++q;

	if (q == end || *q == ';')
		return NULL;

	if (*q != '<') {
		*err = EBADMSG;
		return NULL;
	}

	addr->dname = lex_trim(p, q);

	return q;
}


/* Without <> a ',', '?' or ';' can't belong to the URI (RFC 3261 20) */
static const char *addr_spec_end(const char *p, const char *end, int *err)
{
	const char *q = p;

	while (q < end && *q != ';' && *q != '?' && !lex_is(*q, LEX_LWS))
		++q;

	*err = q < end && *q == '?' ? EBADMSG : 0;

	return q;
}


int sx_addr_parse(struct sx_addr *addr, const struct pl *pl)
{
	int err;

	if (!addr || !pl || !pl->p)
		return EINVAL;

	memset(addr, 0, sizeof(*addr));

	struct pl val	= lex_trim(pl->p, pl->p + pl->l);
	const char *end = val.p + val.l;

	if (!val.l)
		return EBADMSG;

	if (val.l == 1 && *val.p == '*') {
		addr->star = true;
		return 0;
	}

	const char *p = angle_find(addr, val.p, end, &err);
	const char *q = NULL;

	if (p) {
		++p;
		q = memchr(p, '>', (size_t)(end - p));
		if (!q)
			return EBADMSG;

		addr->auri   = lex_pl(p, q);
		addr->params = lex_trim(q + 1, end);
	}
	else if (!err) {
		q	     = addr_spec_end(val.p, end, &err);
		addr->auri   = lex_pl(val.p, q);
		addr->params = lex_trim(q, end);
	}

	if (!err)
		err = sx_uri_parse(&addr->uri, &addr->auri);
	if (!err)
		err = lex_params_check(&addr->params);

	return err;
}


static unsigned hex_value(char c)
{
	if (lex_is(c, LEX_DIGIT))
		return (unsigned)(c - '0');

	return (unsigned)((c | 0x20) - 'a') + 10;
}


int sx_unescape(char *buf, size_t n, const struct pl *pl)
{
	size_t len = 0;

	if (!buf || !n || !pl)
		return EINVAL;

	*buf = '\0';

	if (!pl->l)
		return 0;

	if (!escapes_ok(pl->p, pl->p + pl->l))
		return EINVAL;

	for (size_t i = 0; i < pl->l; i++) {

		char c = pl->p[i];

		if (c == '%') {
			c = (char)(hex_value(pl->p[i + 1]) << 4 |
				   hex_value(pl->p[i + 2]));
			i += 2;
		}

		if (!c || len + 1 >= n) {
			*buf = '\0';
			return c ? ENOBUFS : EINVAL;
		}

		buf[len++] = c;
		buf[len]   = '\0';
	}

	return 0;
}


void sx_unquote(char *buf, size_t n, const struct pl *pl)
{
	size_t len = 0;

	if (!buf || !n)
		return;

	for (size_t i = 0; pl && i < pl->l && len + 1 < n; i++) {

		if (pl->p[i] == '\\' && i + 1 < pl->l)
			++i;

		if (!lex_is(pl->p[i], LEX_CTL))
			buf[len++] = pl->p[i];
	}

	buf[len] = '\0';
}


int sx_escape_user(struct re_printf *pf, const struct pl *pl)
{
	int err = 0;

	for (size_t i = 0; pl && i < pl->l && !err; i++) {

		char c = pl->p[i];

		if (lex_is(c, LEX_ALPHA | LEX_DIGIT) ||
		    (c && strchr("-_.!~*'()&=+$", c)))
			err = pf->vph(&c, 1, pf->arg);
		else
			err = re_hprintf(pf, "%%%02x", (uint8_t)c);
	}

	return err;
}


int sx_quote(struct re_printf *pf, const struct pl *pl)
{
	int err = pf->vph("\"", 1, pf->arg);

	for (size_t i = 0; pl && i < pl->l && !err; i++) {

		char c = pl->p[i];

		if (lex_is(c, LEX_CTL))
			continue;

		if (c == '"' || c == '\\')
			err = pf->vph("\\", 1, pf->arg);

		err |= pf->vph(&c, 1, pf->arg);
	}

	return err | pf->vph("\"", 1, pf->arg);
}
