/**
 * @file sip/shrink.c  Answers in few bytes
 *
 * Who sends a datagram in somebody else's name makes us send the answer to a
 * third party.  That must not be worth it: what goes to an address that has
 * proved nothing is no longer than what came.  Answers that are get their
 * headers in the short form (RFC 3261 7.3.3), no reason phrase, and no
 * parameters that say what is so anyway.
 */
#include "sip/stack.h"

enum { TAG_KEPT = 8 };


static bool begins(const struct pl *line, const char *text)
{
	size_t n = strlen(text);

	return line->l >= n && !memcmp(line->p, text, n);
}


static int put(struct mbuf *mb, const char *p, size_t n)
{
	return mbuf_write_mem(mb, (const uint8_t *)p, n);
}


/* "SIP/2.0 401 Unauthorized": the phrase may be empty */
static int put_status(struct mbuf *mb, const struct pl *line)
{
	size_t n = strlen("SIP/2.0 401 ");

	return put(mb, line->p, line->l < n ? line->l : n);
}


/* No blanks between the parts, no algorithm that is the default */
static int put_challenge(struct mbuf *mb, const struct pl *line)
{
	static const struct pl def = PL_LIT(", algorithm=MD5");
	bool quoted = false;
	int err	    = 0;

	for (size_t i = 0; i < line->l && !err; i++) {
		const char *p = line->p + i;

		if (*p == '\\' && quoted && i + 1 < line->l) {
			err = put(mb, p, 2);
			++i;
			continue;
		}
		if (*p == '"')
			quoted = !quoted;

		if (!quoted && line->l - i >= def.l &&
		    !memcmp(p, def.p, def.l) &&
		    (line->l - i == def.l || p[def.l] == ',')) {
			i += def.l - 1;
			continue;
		}

		err = put(mb, p, 1);
		if (!quoted && *p == ',' && i + 1 < line->l && p[1] == ' ')
			++i;
	}

	return err;
}


/* Without the address that the Via names itself, or that nobody asked for: the
 * answer goes to the source anyhow, and silence would help the sender less */
static int put_via(struct mbuf *mb, const struct pl *val,
		   const struct sx_msg *msg)
{
	const char *p = memmem(val->p, val->l, ";received=", 10);
	const char *q;
	size_t n;

	if (!p || (memmem(val->p, val->l, ";rport", 6) &&
		   !sx_via_is_source(msg)))
		return put(mb, val->p, val->l);

	n = (size_t)(p - val->p);
	q = memchr(p + 1, ';', val->l - n - 1);

	return put(mb, val->p, n) |
	       (q ? put(mb, q, val->l - (size_t)(q - val->p)) : 0);
}


static int put_to(struct mbuf *mb, const struct pl *val,
		  const struct sx_msg *msg)
{
	size_t n = val->l;

	/* the tag is ours, its last digits are given up */
	if (!pl_isset(&msg->ttag) && n > STATELESS_TAG - 1 + 5 &&
	    !memcmp(val->p + n - (STATELESS_TAG - 1) - 5, ";tag=", 5))
		n -= STATELESS_TAG - 1 - TAG_KEPT;

	return put(mb, val->p, n);
}


/* The value behind "Name: " */
static struct pl value(const struct pl *line, const char *name)
{
	struct pl val = *line;

	pl_advance(&val, (ssize_t)strlen(name));

	return val;
}


static int put_line(struct mbuf *mb, const struct pl *line,
		    const struct sx_msg *msg, bool *via)
{
	struct pl val;
	int err;

	if (begins(line, "Content-Length: 0"))
		return 0;

	if (begins(line, "Via: ")) {
		val = value(line, "Via: ");
		err = put(mb, "v:", 2);
		err |= *via ? put(mb, val.p, val.l) : put_via(mb, &val, msg);
		*via = true;
	}
	else if (begins(line, "From: ")) {
		val = value(line, "From: ");
		err = put(mb, "f:", 2) | put(mb, val.p, val.l);
	}
	else if (begins(line, "To: ")) {
		val = value(line, "To: ");
		err = put(mb, "t:", 2) | put_to(mb, &val, msg);
	}
	else if (begins(line, "Call-ID: ")) {
		val = value(line, "Call-ID: ");
		err = put(mb, "i:", 2) | put(mb, val.p, val.l);
	}
	else if (begins(line, "WWW-Authenticate: ")) {
		err = put_challenge(mb, line);
	}
	else {
		err = put(mb, line->p, line->l);
	}

	return err | put(mb, "\r\n", 2);
}


int sx_reply_shrink(struct mbuf **mbp, const struct mbuf *mb,
		    const struct sx_msg *msg)
{
	struct pl rest = {(const char *)mb->buf, mb->end}, line;
	struct mbuf *out = mbuf_alloc(mb->end);
	bool first = true, via = false;
	int err = out ? 0 : ENOMEM;

	while (!err && rest.l) {
		const char *end = memmem(rest.p, rest.l, "\r\n", 2);

		if (!end) {
			err = EBADMSG;
			break;
		}

		line.p = rest.p;
		line.l = (size_t)(end - rest.p);
		if (first)
			err = put_status(out, &line) | put(out, "\r\n", 2);
		else
			err = put_line(out, &line, msg, &via);

		first = false;
		pl_advance(&rest, (ssize_t)line.l + 2);
	}

	if (err)
		mem_deref(out);
	else
		*mbp = out;

	return err;
}
