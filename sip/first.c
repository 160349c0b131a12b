/**
 * @file sip/first.c  First line of a message (RFC 3261 7.1, 7.2)
 *
 * Read so that a line with faults still tells what it is: a request whose line
 * is malformed gets an answer, and only what does not look like SIP at all
 * goes without.
 */
#include "base/text.h"
#include "sip/lex.h"

static const struct pl sip2 = PL_LIT("SIP/2.0");


void lex_fault(struct sx_msg *m, uint16_t scode, const char *why)
{
	if (m->bad)
		return;

	m->bad	   = scode;
	m->bad_why = why;
}


static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}


static void version_check(struct sx_msg *m)
{
	const char *end = m->version.p + m->version.l;

	if (!pl_casecmp(&m->version, &sip2))
		return;

	const char *p = m->version.p + 4;
	const char *q = lex_skip(p, end, LEX_DIGIT);

	if (p < q && q < end && *q == '.' && q + 1 < end &&
	    lex_skip(q + 1, end, LEX_DIGIT) == end)
		lex_fault(m, 505, "Version Not Supported");
	else
		lex_fault(m, 400, "Malformed SIP Version");
}


static void ruri_parse(struct sx_msg *m)
{
	if (m->ruri.l > SX_MAX_URI)
		lex_fault(m, 414, "Request-URI Too Long");

	if (sx_uri_parse(&m->uri, &m->ruri))
		lex_fault(m, 400, "Malformed Request-URI");
}


/* "METHOD uri SIP/2.0".  The method is the first word and the version the
 * last one, so that a line with faults between them still tells what it is. */
static int request_line(struct sx_msg *m, const struct pl *line)
{
	const char *p = line->p, *end = line->p + line->l, *e = end;

	while (e > p && is_blank(e[-1]))
		--e;

	const char *v = e;

	while (v > p && !is_blank(v[-1]))
		--v;

	const char *sp = lex_find(p, v, LEX_LWS);

	m->req	  = true;
	m->met	  = lex_pl(p, v > p ? sp : e);
	m->method = sx_method_decode(&m->met);

	if (v == p || e - v < 4 || strncasecmp(v, "SIP/", 4)) {

		if (!m->method)
			return EBADMSG;

		lex_fault(m, 400, "Malformed Request Line");
		m->version = lex_pl(e, e);
		m->ruri	   = lex_trim(m->met.p + m->met.l, e);
		return 0;
	}

	m->version = lex_pl(v, e);
	m->ruri	   = lex_trim(sp, v);
	version_check(m);

	if (!m->met.l || m->met.l > SX_MAX_TOKEN ||
	    lex_skip(p, sp, LEX_TOKEN) != sp)
		lex_fault(m, 400, "Malformed Method");

	/* one SP on each side and nothing behind (RFC 3261 7.1) */
	if (e != end || *sp != ' ' || v[-1] != ' ' || m->ruri.p != sp + 1 ||
	    m->ruri.p + m->ruri.l + 1 != v)
		lex_fault(m, 400, "Malformed Request Line");

	ruri_parse(m);

	return 0;
}


/* "SIP/2.0 200 reason"; a missing SP behind the code is forgiven */
static void status_line(struct sx_msg *m, const struct pl *line)
{
	const char *p = line->p, *end = line->p + line->l;
	const char *q = lex_find(p, end, LEX_LWS);
	uint64_t n;

	m->version = lex_pl(p, q);
	version_check(m);

	p = q < end ? q + 1 : q;
	q = lex_skip(p, end, LEX_DIGIT);

	struct pl num = lex_pl(p, q);

	if (num.l != 3 || num_decode(&n, &num, 699) || n < 100 ||
	    (q < end && *q != ' ')) {
		lex_fault(m, 400, "Malformed Status Line");
		return;
	}

	m->scode  = (uint16_t)n;
	m->reason = lex_pl(q < end ? q + 1 : q, end);
}


int lex_first_line(struct sx_msg *m, const struct pl *line)
{
	if (line->l < 4 || strncasecmp(line->p, "SIP/", 4))
		return request_line(m, line);

	status_line(m, line);

	return 0;
}
