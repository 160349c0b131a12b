/**
 * @file sip/hdr.c  Header names, values and parameters
 *
 * Everything here walks its input once.  A name is found by its first letter
 * and length and then compared in full: nothing is decided by a hash, so no
 * other word can pass for a header (RFC 3261 7.3.1).
 *
 * Inside a value CR and LF can only be a fold, because the lines were split
 * before; both count as white space.
 */
#include "base/text.h"
#include "sip/lex.h"

/* One byte of class bits per character; test_msg checks it against the
 * grammar.  What is not ASCII has no class. */
const uint8_t lex_class[256] = {
	0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x42, 0x46, 0x44,
	0x44, 0x46, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44,
	0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x42, 0x01, 0x40, 0x00,
	0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x01, 0x01, 0x00, 0x21, 0x21, 0x00,
	0x39, 0x39, 0x39, 0x39, 0x39, 0x39, 0x39, 0x39, 0x39, 0x39, 0x00, 0x00,
	0x40, 0x00, 0x40, 0x00, 0x00, 0xb1, 0xb1, 0xb1, 0xb1, 0xb1, 0xb1, 0xa1,
	0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
	0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0x00, 0x00, 0x00, 0x00, 0x21,
	0x01, 0xb1, 0xb1, 0xb1, 0xb1, 0xb1, 0xb1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
	0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
	0xa1, 0xa1, 0xa1, 0x00, 0x00, 0x00, 0x01, 0x44, 0x00, 0x00, 0x00, 0x00,};

static const struct pl namev[SX_HDR_MAX] = {
	[SX_HDR_OTHER] = PL_LIT(""),
#define X(id, name, compact) [SX_HDR_##id] = PL_LIT(name),
	SX_HEADERS(X)
#undef X
};

/* SX_HEADERS is sorted by first letter: where each letter starts and ends */
static const struct {
	uint8_t first, last;
} letterv[26] = {
	['a' - 'a'] = {SX_HDR_ACCEPT, SX_HDR_AUTHORIZATION},
	['c' - 'a'] = {SX_HDR_CALL_ID, SX_HDR_CSEQ},
	['d' - 'a'] = {SX_HDR_DATE, SX_HDR_DIVERSION},
	['e' - 'a'] = {SX_HDR_EVENT, SX_HDR_EXPIRES},
	['f' - 'a'] = {SX_HDR_FROM, SX_HDR_FROM},
	['h' - 'a'] = {SX_HDR_HISTORY_INFO, SX_HDR_HISTORY_INFO},
	['m' - 'a'] = {SX_HDR_MAX_FORWARDS, SX_HDR_MIN_SE},
	['p' - 'a'] = {SX_HDR_P_ASSERTED_ID, SX_HDR_PROXY_REQUIRE},
	['r' - 'a'] = {SX_HDR_RACK, SX_HDR_RSEQ},
	['s' - 'a'] = {SX_HDR_SERVER, SX_HDR_SUPPORTED},
	['t' - 'a'] = {SX_HDR_TO, SX_HDR_TO},
	['u' - 'a'] = {SX_HDR_UNSUPPORTED, SX_HDR_USER_AGENT},
	['v' - 'a'] = {SX_HDR_VIA, SX_HDR_VIA},
	['w' - 'a'] = {SX_HDR_WARNING, SX_HDR_WWW_AUTHENTICATE},
};


static enum sx_hdrid compact_id(char c)
{
	switch (c) {

	case 'u': return SX_HDR_ALLOW_EVENTS;
	case 'i': return SX_HDR_CALL_ID;
	case 'm': return SX_HDR_CONTACT;
	case 'e': return SX_HDR_CONTENT_ENC;
	case 'l': return SX_HDR_CONTENT_LENGTH;
	case 'c': return SX_HDR_CONTENT_TYPE;
	case 'o': return SX_HDR_EVENT;
	case 'f': return SX_HDR_FROM;
	case 'r': return SX_HDR_REFER_TO;
	case 'b': return SX_HDR_REFERRED_BY;
	case 'x': return SX_HDR_SESSION_EXPIRES;
	case 's': return SX_HDR_SUBJECT;
	case 'k': return SX_HDR_SUPPORTED;
	case 't': return SX_HDR_TO;
	case 'v': return SX_HDR_VIA;
	default: return SX_HDR_OTHER;
	}
}


enum sx_hdrid lex_hdrid(const struct pl *name)
{
	if (!name->l || !lex_is(*name->p, LEX_ALPHA))
		return SX_HDR_OTHER;

	char c = (char)(*name->p | 0x20);

	if (name->l == 1)
		return compact_id(c);

	unsigned id   = letterv[c - 'a'].first;
	unsigned last = letterv[c - 'a'].last;

	for (; id && id <= last; ++id) {

		if (namev[id].l == name->l &&
		    !strncasecmp(namev[id].p, name->p, name->l))
			return (enum sx_hdrid)id;
	}

	return SX_HDR_OTHER;
}


const char *sx_hdr_name(enum sx_hdrid id)
{
	return (unsigned)id < SX_HDR_MAX ? namev[id].p : "";
}


const char *lex_quoted(const char *p, const char *end)
{
	for (++p; p < end; ++p) {

		if (*p == '"')
			return p + 1;

		if (*p == '\\')
			++p;
	}

	return NULL;
}


const char *lex_value_end(const char *p, const char *end)
{
	bool angle = false;

	for (; p < end; ++p) {

		switch (*p) {

		case '<': angle = true; break;
		case '>': angle = false; break;

		case ',':
			if (!angle)
				return p;
			break;

		case '"':
			if (angle)
				break;

			p = lex_quoted(p, end);
			if (!p)
				return end;
			--p;
			break;

		default: break;
		}
	}

	return end;
}


/* One ";name=value" at *pp.  The value comes without quotes; NULL if there is
 * none.  EBADMSG if malformed. */
static int param_next(const char **pp, const char *end, struct pl *name,
		      struct pl *val)
{
	const char *p = lex_skip(*pp, end, LEX_LWS);

	if (p == end || *p != ';')
		return EBADMSG;

	p = lex_skip(p + 1, end, LEX_LWS);

	const char *q = p;

	while (p < end && !lex_is(*p, LEX_LWS | LEX_NOURI) && *p != '=' &&
	       *p != ';' && *p != ',')
		++p;

	if (p == q)
		return EBADMSG;

	*name = lex_pl(q, p);
	*val  = pl_null;
	p     = lex_skip(p, end, LEX_LWS);

	if (p < end && *p == '=') {

		q = p = lex_skip(p + 1, end, LEX_LWS);

		if (p < end && *p == '"') {

			p = lex_quoted(p, end);
			if (!p)
				return EBADMSG;

			*val = lex_pl(q + 1, p - 1);
		}
		else {
			while (p < end && !lex_is(*p, LEX_NOURI) &&
			       *p != ';' && *p != ',')
				++p;

			*val = lex_pl(q, p);
		}

		p = lex_skip(p, end, LEX_LWS);
	}

	*pp = p;

	return p < end && *p != ';' ? EBADMSG : 0;
}


int lex_params_check(const struct pl *params)
{
	const char *p = params->p, *end = params->p + params->l;
	struct pl name, val;

	while (p < end) {

		int err = param_next(&p, end, &name, &val);
		if (err)
			return err;
	}

	return 0;
}


bool sx_param(const struct pl *params, const char *name, struct pl *value)
{
	struct pl n, v;

	if (!params || !params->p || !name)
		return false;

	const char *p = params->p, *end = params->p + params->l;

	while (p < end && !param_next(&p, end, &n, &v)) {

		if (pl_strcasecmp(&n, name))
			continue;

		if (value)
			*value = v;

		return true;
	}

	return false;
}


/* "SIP / 2.0 / UDP": each part a token.  NULL if malformed. */
static const char *via_protocol(const char *p, const char *end,
				struct pl *tp)
{
	for (int i = 0; i < 3; i++) {

		const char *q = lex_skip(p, end, LEX_LWS);

		p = lex_skip(q, end, LEX_TOKEN);
		if (p == q)
			return NULL;

		*tp = lex_pl(q, p);

		if (i == 0 && pl_strcasecmp(tp, "SIP"))
			return NULL;

		if (i == 2)
			break;

		p = lex_skip(p, end, LEX_LWS);
		if (p == end || *p != '/')
			return NULL;
		++p;
	}

	/* LWS before the host is not optional */
	return p < end && lex_is(*p, LEX_LWS) ? p : NULL;
}


int sx_via_parse(struct sx_via *via, const struct pl *pl)
{
	if (!via || !pl || !pl->p)
		return EINVAL;

	memset(via, 0, sizeof(*via));

	const char *end = lex_value_end(pl->p, pl->p + pl->l);

	via->value = lex_trim(pl->p, end);
	end	   = via->value.p + via->value.l;

	const char *p = via_protocol(via->value.p, end, &via->tp_text);
	if (!p)
		return EBADMSG;

	p = lex_hostport(lex_skip(p, end, LEX_LWS), end, &via->host,
			 &via->host_ip6, &via->port, true);
	if (!p)
		return EBADMSG;

	via->params = lex_trim(p, end);

	if (lex_params_check(&via->params))
		return EBADMSG;

	(void)sx_param(&via->params, "branch", &via->branch); /* RFC 2543 */
	via->rport = sx_param(&via->params, "rport", NULL);

	return 0;
}


const struct pl *sx_msg_hdr(const struct sx_msg *m, enum sx_hdrid id,
			    size_t n)
{
	if (!m || (unsigned)id >= SX_HDR_MAX || n >= m->counts[id])
		return NULL;

	for (size_t i = m->first[id] - 1u; i < m->hdrc; i++) {

		if (m->hdrv[i].id == id && !n--)
			return &m->hdrv[i].val;
	}

	return NULL;
}


const struct pl *sx_msg_hdr_name(const struct sx_msg *m, const struct pl *name,
				 size_t n)
{
	if (!m || !name || !name->p)
		return NULL;

	enum sx_hdrid id = lex_hdrid(name);

	if (id != SX_HDR_OTHER)
		return sx_msg_hdr(m, id, n);

	for (size_t i = 0; i < m->hdrc; i++) {

		const struct sx_hdr *h = &m->hdrv[i];

		if (h->id == SX_HDR_OTHER && !pl_casecmp(&h->name, name) &&
		    !n--)
			return &h->val;
	}

	return NULL;
}


/* The values of one line; empty ones ("a,,b") are passed over */
static bool line_values(const struct pl *line, sx_value_h *h, void *arg)
{
	const char *p = line->p, *end = line->p + line->l;

	while (p < end) {

		const char *q = lex_value_end(p, end);
		struct pl val = lex_trim(p, q);

		if (val.l && h(&val, arg))
			return true;

		if (q == end)
			break;

		p = q + 1;
	}

	return false;
}


bool sx_msg_values(const struct sx_msg *m, enum sx_hdrid id, sx_value_h *h,
		   void *arg)
{
	if (!m || !h || (unsigned)id >= SX_HDR_MAX || !m->counts[id])
		return false;

	for (size_t i = m->first[id] - 1u; i < m->hdrc; i++) {

		if (m->hdrv[i].id == id &&
		    line_values(&m->hdrv[i].val, h, arg))
			return true;
	}

	return false;
}


struct wanted {
	const char *token;
};


static bool token_handler(const struct pl *val, void *arg)
{
	const struct wanted *want = arg;
	const char *end		  = val->p + val->l;
	struct pl tok = lex_pl(val->p, lex_skip(val->p, end, LEX_TOKEN));

	return !pl_strcasecmp(&tok, want->token);
}


bool sx_msg_has_token(const struct sx_msg *m, enum sx_hdrid id,
		      const char *token)
{
	struct wanted want = {token};

	return token && sx_msg_values(m, id, token_handler, &want);
}


int sx_msg_u32(const struct sx_msg *m, enum sx_hdrid id, uint32_t *np)
{
	const struct pl *val = sx_msg_hdr(m, id, 0);
	uint64_t n;

	if (!np)
		return EINVAL;

	if (!val)
		return ENOENT;

	const char *end = val->p + val->l;
	const char *p	= lex_skip(val->p, end, LEX_DIGIT);
	const char *q	= lex_skip(p, end, LEX_LWS);
	struct pl num	= lex_pl(val->p, p);

	if (q < end && *q != ';' && *q != '(')
		return EINVAL;

	int err = num_decode(&n, &num, UINT32_MAX);
	if (err)
		return err;

	*np = (uint32_t)n;

	return 0;
}


int sx_msg_contact(const struct sx_msg *m, struct sx_addr *addr)
{
	const struct pl *val = sx_msg_hdr(m, SX_HDR_CONTACT, 0);

	if (!addr)
		return EINVAL;

	if (!val || !val->l)
		return ENOENT;

	struct pl one = lex_trim(val->p,
				 lex_value_end(val->p, val->p + val->l));

	return sx_addr_parse(addr, &one);
}
