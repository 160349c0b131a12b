/**
 * @file sip/request.c  Requests: the lines above the user's, and what follows
 * a request (ACK, CANCEL)
 */
#include "base/rand.h"
#include "sip/stack.h"


enum {
	LINES_SIZE = 512
};


static int put_request_line(struct mbuf *mb, const char *met, const char *ruri,
			    size_t len)
{
	int err;

	err = mbuf_write_str(mb, met);
	err |= mbuf_write_u8(mb, ' ');
	err |= mbuf_write_mem(mb, (const uint8_t *)ruri, len);

	return err | mbuf_write_str(mb, " SIP/2.0\r\n");
}


static int put_via(struct mbuf *mb, struct sx *sx, const struct sx_target *dst,
		   const char *branch)
{
	char text[ADDR_TEXT];
	struct sa sa;
	int err;

	err = sx_public_addr(sx, &sa, dst);
	if (err)
		return err;

	sx_addr_text(text, &sa);

	err = mbuf_write_str(mb, "Via: SIP/2.0/");
	err |= mbuf_write_str(mb, sx_tp_name(dst->tp));
	err |= mbuf_write_u8(mb, ' ');
	err |= mbuf_write_str(mb, text);
	err |= mbuf_write_str(mb, ";branch=");
	err |= mbuf_write_str(mb, branch);

	return err | mbuf_write_str(mb, ";rport\r\n");
}


int sx_request_write(struct mbuf **mbp, struct sx *sx,
		     const struct sx_target *dst, const char *met,
		     const char *ruri, const char *branch,
		     const struct mbuf *rest)
{
	struct mbuf *mb = mbuf_alloc(LINES_SIZE + rest->end);
	int err;

	if (!mb)
		return ENOMEM;

	err = put_request_line(mb, met, ruri, strlen(ruri));
	if (!err)
		err = put_via(mb, sx, dst, branch);
	if (!err)
		err = mbuf_write_mem(mb, rest->buf, rest->end);

	if (err)
		mem_deref(mb);
	else
		*mbp = mb;

	return err;
}


static bool line_next(struct pl *line, struct pl *rest)
{
	const char *nl = rest->l ? memchr(rest->p, '\n', rest->l) : NULL;

	if (!nl)
		return false;

	line->p = rest->p;
	line->l = (size_t)(nl + 1 - rest->p);
	pl_advance(rest, (ssize_t)line->l);

	return line->l > 2;
}


static bool line_is(const struct pl *line, const char *name)
{
	size_t n = strlen(name);

	return line->l > n && !strncasecmp(line->p, name, n) &&
	       line->p[n] == ':';
}


/* ACK and CANCEL repeat these lines of the request (9.1, 17.1.1.3); To comes
 * from the response if there is one */
static int put_lines(struct mbuf *mb, struct pl rest, const char *met,
		     const struct sx_msg *resp)
{
	const struct pl *to = resp ? sx_msg_hdr(resp, SX_HDR_TO, 0) : NULL;
	bool via            = false;
	struct pl line;
	int err = 0;

	while (!err && line_next(&line, &rest)) {

		if (line_is(&line, "Via")) {
			if (!via)
				err = mbuf_write_pl(mb, &line);
			via = true;
		}
		else if (line_is(&line, "CSeq")) {
			const char *sp = pl_strrchr(&line, ' ');

			line.l = sp ? (size_t)(sp - line.p) : line.l - 2;
			err    = mbuf_write_pl(mb, &line);
			err |= mbuf_printf(mb, " %s\r\n", met);
		}
		else if (to && line_is(&line, "To")) {
			err = mbuf_write_str(mb, "To: ");
			err |= sx_unfolded(mb, to);
			err |= mbuf_write_str(mb, "\r\n");
		}
		else if (line_is(&line, "From") || line_is(&line, "To") ||
			 line_is(&line, "Call-ID") ||
			 line_is(&line, "Route") ||
			 line_is(&line, "Max-Forwards")) {
			err = mbuf_write_pl(mb, &line);
		}
	}

	return err;
}


int sx_follow_write(struct mbuf **mbp, const struct mbuf *req, const char *met,
		    const struct sx_msg *resp, const char *reason)
{
	struct pl line, rest, uri;
	struct mbuf *mb;
	int err;

	if (!req)
		return ENOENT;

	rest.p = (const char *)req->buf;
	rest.l = req->end;
	if (!line_next(&line, &rest))
		return EINVAL;

	uri.p = memchr(line.p, ' ', line.l);
	if (!uri.p)
		return EINVAL;
	++uri.p;
	uri.l = (size_t)(line.p + line.l - uri.p) - strlen(" SIP/2.0\r\n");

	mb = mbuf_alloc(LINES_SIZE);
	if (!mb)
		return ENOMEM;

	err = put_request_line(mb, met, uri.p, uri.l);
	err |= put_lines(mb, rest, met, resp);
	if (reason)
		err |= mbuf_printf(mb, "Reason: %s\r\n", reason);
	err |= sx_body_end(mb, NULL, NULL);

	if (err)
		mem_deref(mb);
	else
		*mbp = mb;

	return err ? ENOMEM : 0;
}


/* The same ACK again has the same branch (RFC 3261 13.2.2.4: what is sent for
 * a repeated 2xx is the ACK of the first): it is drawn from the message under
 * the keys of this process */
static void ack_branch(char branch[BRANCH_SIZE], const struct mbuf *mb)
{
	const char *p = (const char *)mb->buf;

	(void)re_snprintf(branch, BRANCH_SIZE, SX_COOKIE "%08x%08x",
			  hash_key(p, mb->end), hash_key_ci(p, mb->end));
}


int sx_send_ack(struct sx *sx, const struct sx_target *dst, const char *ruri,
		const struct mbuf *mb)
{
	char branch[BRANCH_SIZE];
	struct mbuf *req;
	int err;

	if (!sx || !dst || !ruri || !mb)
		return EINVAL;

	ack_branch(branch, mb);

	err = sx_request_write(&req, sx, dst, "ACK", ruri, branch, mb);
	if (err)
		return err;

	err = sx_send_request(sx, dst, NULL, req);
	mem_deref(req);

	return err;
}
