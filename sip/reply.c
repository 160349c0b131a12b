/**
 * @file sip/reply.c  Responses: what is copied from the request
 *
 * Works on the raw header lines, so that a request which is malformed in one
 * place gets its answer all the same.  Lines are unfolded on the way.
 */
#include "base/count.h"
#include "base/rand.h"
#include "sip/stack.h"


enum { REPLY_SIZE = 1024 };


static int put(struct mbuf *mb, const char *s, size_t n)
{
	return mbuf_write_mem(mb, (const uint8_t *)s, n);
}


#define PUT(mb, s) put((mb), (s), sizeof(s) - 1)


int sx_unfolded(struct mbuf *mb, const struct pl *pl)
{
	int err = 0;

	if (!pl->l)
		return 0;

	if (!memchr(pl->p, '\r', pl->l) && !memchr(pl->p, '\n', pl->l))
		return put(mb, pl->p, pl->l);

	for (size_t i = 0; i < pl->l && !err; i++) {
		char c = pl->p[i];

		err = mbuf_write_u8(mb, c == '\r' || c == '\n' ? ' '
							       : (uint8_t)c);
	}

	return err;
}


static int put_line(struct mbuf *mb, const char *name, const struct pl *val)
{
	int err;

	err = mbuf_write_str(mb, name);
	err |= PUT(mb, ": ");
	err |= sx_unfolded(mb, val);

	return err | PUT(mb, "\r\n");
}


static bool is_param(const struct pl *param, const char *name)
{
	struct pl pl   = *param;
	const char *eq = pl_strchr(&pl, '=');

	if (eq)
		pl.l = (size_t)(eq - pl.p);

	while (pl.l && (pl.p[pl.l - 1] == ' ' || pl.p[pl.l - 1] == '\t'))
		--pl.l;

	while (pl.l && (pl.p[0] == ' ' || pl.p[0] == '\t' ||
			pl.p[0] == '\r' || pl.p[0] == '\n'))
		pl_advance(&pl, 1);

	return !pl_strcasecmp(&pl, name);
}


/* The end of the parameter that starts at p; quotes are respected */
static const char *param_end(const char *p, const char *end)
{
	bool quoted = false;

	for (; p < end; ++p) {

		if (*p == '\\' && quoted && p + 1 < end)
			++p;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == ';' && !quoted)
			break;
	}

	return p;
}


/* The topmost Via without what only we may say: received and rport */
static int put_via_value(struct mbuf *mb, const struct sx_via *via)
{
	const char *end = via->value.p + via->value.l;
	const char *p   = pl_isset(&via->params) ? via->params.p : end;
	struct pl head  = {via->value.p, (size_t)(p - via->value.p)};
	int err;

	err = sx_unfolded(mb, &head);

	while (p < end) {
		struct pl param;
		const char *q = param_end(p + 1, end);

		param.p = p + 1;
		param.l = (size_t)(q - p - 1);

		if (!is_param(&param, "received") &&
		    !is_param(&param, "rport")) {
			err |= PUT(mb, ";");
			err |= sx_unfolded(mb, &param);
		}

		p = q;
	}

	return err;
}


bool sx_via_is_source(const struct sx_msg *msg)
{
	struct sa sa;

	if (sa_set(&sa, &msg->via.host, 0))
		return false;

	return sa_cmp(&sa, &msg->src, SA_ADDR);
}


/* The topmost Via (RFC 3261 18.2.1, RFC 3581 4) */
static int put_top_via(struct mbuf *mb, const struct sx_msg *msg,
		       const struct pl *line)
{
	const struct pl *v = &msg->via.value;
	struct pl rest;
	int err;

	if (!pl_isset(&msg->via.host) || v->p < line->p ||
	    v->p + v->l > line->p + line->l)
		return put_line(mb, "Via", line);

	err = PUT(mb, "Via: ");
	err |= put_via_value(mb, &msg->via);

	if (msg->via.rport || !sx_via_is_source(msg))
		err |= mbuf_printf(mb, ";received=%j", &msg->src);
	if (msg->via.rport)
		err |= mbuf_printf(mb, ";rport=%u", sa_port(&msg->src));

	rest.p = v->p + v->l;
	rest.l = (size_t)(line->p + line->l - rest.p);
	err |= sx_unfolded(mb, &rest);

	return err | PUT(mb, "\r\n");
}


static int put_vias(struct mbuf *mb, const struct sx_msg *msg)
{
	const struct pl *val;
	int err = 0;

	for (size_t i = msg->first[SX_HDR_VIA]; i && i <= msg->hdrc; i++) {
		const struct sx_hdr *hdr = &msg->hdrv[i - 1];

		if (hdr->id != SX_HDR_VIA)
			continue;

		val = &hdr->val;
		err |= i == msg->first[SX_HDR_VIA]
			       ? put_top_via(mb, msg, val)
			       : put_line(mb, "Via", val);
	}

	return err;
}


static int put_first(struct mbuf *mb, const struct sx_msg *msg,
		     enum sx_hdrid id, const char *name)
{
	const struct pl *val = sx_msg_hdr(msg, id, 0);

	return val ? put_line(mb, name, val) : 0;
}


static int put_to(struct mbuf *mb, const struct sx_msg *msg, const char *tag)
{
	const struct pl *val = sx_msg_hdr(msg, SX_HDR_TO, 0);
	int err;

	if (!val)
		return 0;

	/* where To could not be parsed, it is given back as it is */
	if (!tag || pl_isset(&msg->ttag) || !pl_isset(&msg->to.auri))
		return put_line(mb, "To", val);

	err = PUT(mb, "To: ");
	err |= sx_unfolded(mb, val);
	err |= PUT(mb, ";tag=");
	err |= mbuf_write_str(mb, tag);

	return err | PUT(mb, "\r\n");
}


static int put_record_routes(struct mbuf *mb, const struct sx_msg *msg)
{
	int err = 0;

	for (size_t n = 0; n < msg->counts[SX_HDR_RECORD_ROUTE]; n++)
		err |= put_line(mb, "Record-Route",
				sx_msg_hdr(msg, SX_HDR_RECORD_ROUTE, n));

	return err;
}


/* RFC 3261 8.2.6.1: a 100 gives the Timestamp back */
static int put_timestamp(struct mbuf *mb, const struct sx_msg *msg)
{
	static const struct pl name = PL_LIT("Timestamp");
	const struct pl *val        = sx_msg_hdr_name(msg, &name, 0);

	return val ? put_line(mb, "Timestamp", val) : 0;
}


int sx_reply_head(struct mbuf **mbp, const struct sx_msg *msg, uint16_t scode,
		  const char *reason, const char *tag)
{
	struct mbuf *mb = mbuf_alloc(REPLY_SIZE);
	int err;

	if (!mb)
		return ENOMEM;

	err = mbuf_printf(mb, "SIP/2.0 %u %s\r\n", scode,
			  reason ? reason : sx_reason(scode));
	err |= put_vias(mb, msg);
	err |= put_first(mb, msg, SX_HDR_FROM, "From");
	err |= put_to(mb, msg, scode > 100 ? tag : NULL);
	err |= put_first(mb, msg, SX_HDR_CALL_ID, "Call-ID");
	err |= put_first(mb, msg, SX_HDR_CSEQ, "CSeq");
	if (scode == 100)
		err |= put_timestamp(mb, msg);
	else if (tag && scode < 300)
		err |= put_record_routes(mb, msg);

	if (err)
		mem_deref(mb);
	else
		*mbp = mb;

	return err ? ENOMEM : 0;
}


int sx_body_end(struct mbuf *mb, const char *ctype, const struct mbuf *body)
{
	size_t n = body ? body->end : 0;
	int err  = 0;

	if (ctype && n)
		err |= mbuf_printf(mb, "Content-Type: %s\r\n", ctype);

	err |= mbuf_printf(mb, "Content-Length: %u\r\n\r\n", (unsigned)n);
	if (n)
		err |= mbuf_write_mem(mb, body->buf, n);

	return err ? ENOMEM : 0;
}


int sx_head_end(struct sx *sx, struct mbuf *mb, const char *ctype,
		const struct mbuf *body)
{
	int err = 0;

	if (!sx || !mb)
		return EINVAL;

	if (sx->agent)
		err = mbuf_printf(mb, "User-Agent: %s\r\n", sx->agent);

	return err ? ENOMEM : sx_body_end(mb, ctype, body);
}


int sx_reply_once(struct sx *sx, const struct sx_msg *msg,
		  const struct mbuf *mb)
{
	struct sx_dst dst;
	int err;

	sx_dst_of(sx, &dst, msg);
	err = sx_send_reply(sx, &dst, mb);
	sx_dst_reset(&dst);

	return err;
}


/* No longer than the request, if that may be somebody else's */
static int send_to_stranger(struct sx *sx, const struct sx_msg *msg,
			    const struct mbuf *mb)
{
	struct mbuf *out;
	int err;

	err = sx_reply_shrink(&out, mb, msg);
	if (err)
		return err;

	if (out->end <= msg->mb->end)
		err = sx_reply_once(sx, msg, out);
	else
		count_inc(COUNT_GUARD_SMALL);

	mem_deref(out);

	return err;
}


static bool is_too_long(const struct sx *sx, const struct sx_msg *msg,
			const struct mbuf *mb)
{
	return msg->tp == SX_UDP && msg->mb && mb->end > msg->mb->end &&
	       sx->strangerh && sx->strangerh(&msg->src, sx->arg);
}


int sx_reply_stateless(struct sx *sx, const struct sx_msg *msg,
		       uint16_t scode, const char *reason, const char *fmt,
		       ...)
{
	struct mbuf *mb;
	char tag[STATELESS_TAG];
	va_list ap;
	int err;

	if (!sx || !msg || !msg->req)
		return EINVAL;

	sx_stateless_tag(tag, msg);
	err = sx_reply_head(&mb, msg, scode, reason, tag);
	if (err)
		return err;

	/* no Server: an answer to a stranger is no longer than its question */
	if (fmt) {
		va_start(ap, fmt);
		err |= mbuf_vprintf(mb, fmt, ap);
		va_end(ap);
	}
	err |= sx_body_end(mb, NULL, NULL);

	if (err)
		err = ENOMEM;
	else if (is_too_long(sx, msg, mb))
		err = send_to_stranger(sx, msg, mb);
	else
		err = sx_reply_once(sx, msg, mb);
	mem_deref(mb);

	sx_strans_stateless(sx, msg);

	return err;
}
