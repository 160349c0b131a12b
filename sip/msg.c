/**
 * @file sip/msg.c  Parser of SIP messages (RFC 3261 7, 25)
 *
 * One pass over the head: it is cut into lines, each line into a name and a
 * value, and the headers that every message needs are then read in place.
 * Nothing is copied and no byte is looked at more often than a fixed number
 * of times, so the cost is linear in the length, whatever is sent.
 *
 * Nothing here gives up early: the first fault is kept in `bad`, the rest is
 * still read, because the answer that tells the peer about it is made of the
 * Via, From, To, Call-ID and CSeq lines.  EBADMSG is left for what does not
 * look like SIP in its first line.
 *
 * A line may end in LF alone.  A CR that ends no line is a fault: one reader
 * would take it for a line end and another would not.
 */
#include "base/text.h"
#include "sip/lex.h"

enum { HDR_CHUNK = 24 };

/* Headers that may come once only: which of two is meant is a matter of
 * opinion, and the next hop may have another one */
static const uint8_t singlev[] = {
	SX_HDR_CALL_ID,	     SX_HDR_CONTENT_DISP,     SX_HDR_CONTENT_LENGTH,
	SX_HDR_CONTENT_TYPE, SX_HDR_CSEQ,	      SX_HDR_DATE,
	SX_HDR_EVENT,	     SX_HDR_EXPIRES,	      SX_HDR_FROM,
	SX_HDR_MAX_FORWARDS, SX_HDR_MIN_EXPIRES,      SX_HDR_MIN_SE,
	SX_HDR_RACK,	     SX_HDR_REFER_TO,	      SX_HDR_REFERRED_BY,
	SX_HDR_REPLACES,     SX_HDR_RETRY_AFTER,      SX_HDR_RSEQ,
	SX_HDR_SESSION_EXPIRES, SX_HDR_SUBSCRIPTION_STATE, SX_HDR_TO,
};


static void destructor(void *data)
{
	struct sx_msg *m = data;

	mem_deref(m->hdrv);
	mem_deref(m->mb);
	mem_deref(m->conn);
}


/* The length is not known: a stream can't go on behind this message */
static void unframed(struct sx_msg *m, uint16_t scode, const char *why)
{
	m->noframe = true;
	lex_fault(m, scode, why);
}


static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}


/* ---- lines ------------------------------------------------------------ */

struct reader {
	struct sx_msg *m;
	const char *p;
	const char *end;
};


/* One physical line without its end; false if there is no line end */
static bool line_next(struct reader *rd, struct pl *line)
{
	const char *p  = rd->p;
	const char *nl = p < rd->end ?
		memchr(p, '\n', (size_t)(rd->end - p)) : NULL;
	const char *q  = nl ? nl : rd->end;

	rd->p = nl ? nl + 1 : rd->end;

	if (nl && q > p && q[-1] == '\r')
		--q;

	*line = lex_pl(p, q);

	if (q > p && memchr(p, '\r', (size_t)(q - p)))
		lex_fault(rd->m, 400, "Stray CR");

	return nl != NULL;
}


static int header_add(struct sx_msg *m, const struct pl *name,
		      const struct pl *val)
{
	if (m->hdrc == SX_MAX_HEADERS) {
		lex_fault(m, 400, "Too Many Headers");
		return 0;
	}

	if (m->hdrc && m->hdrc % HDR_CHUNK == 0) {

		struct sx_hdr *hdrv = mem_realloc(m->hdrv,
			(m->hdrc + HDR_CHUNK) * sizeof(*hdrv));
		if (!hdrv)
			return ENOMEM;

		m->hdrv = hdrv;
	}

	enum sx_hdrid id = lex_hdrid(name);

	if (!m->first[id])
		m->first[id] = (uint16_t)(m->hdrc + 1);

	++m->counts[id];

	m->hdrv[m->hdrc++] = (struct sx_hdr){id, *name, *val};

	return 0;
}


/* name *(SP / HTAB) ":" value.  A line that is something else is no header
 * under any name: it is left out and the message is faulty. */
static int header_line(struct sx_msg *m, const struct pl *line)
{
	const char *end	 = line->p + line->l;
	const char *q	 = lex_skip(line->p, end, LEX_TOKEN);
	struct pl name	 = lex_pl(line->p, q);

	while (q < end && is_blank(*q))
		++q;

	if (!name.l || q == end || *q != ':') {
		lex_fault(m, 400, "Malformed Header Line");
		return 0;
	}

	struct pl val = lex_trim(q + 1, end);

	if (name.l > SX_MAX_TOKEN || val.l > SX_MAX_HDR_VALUE)
		lex_fault(m, 400, "Header Too Long");

	return header_add(m, &name, &val);
}


/* All header lines with the empty line behind them */
static int headers_parse(struct reader *rd)
{
	struct pl line, more;
	int err = 0;

	while (!err) {

		bool ended = line_next(rd, &line);

		if (ended && !line.l)
			return 0;

		while (ended && rd->p < rd->end && is_blank(*rd->p)) {
			ended  = line_next(rd, &more);
			line.l = (size_t)(more.p + more.l - line.p);
		}

		if (!ended)
			unframed(rd->m, 400, "Message Cut Off");

		if (line.l)
			err = header_line(rd->m, &line);

		if (!ended)
			break;
	}

	return err;
}


/* ---- headers that each message has ------------------------------------ */

static bool via_counter(const struct pl *val, void *arg)
{
	uint16_t *n = arg;
	(void)val;

	return ++*n > SX_MAX_VIA;
}


static void via_read(struct sx_msg *m)
{
	const struct pl *val = sx_msg_hdr(m, SX_HDR_VIA, 0);

	if (!val) {
		lex_fault(m, 400, "Missing Via");
		return;
	}

	if (sx_via_parse(&m->via, val))
		lex_fault(m, 400, "Malformed Via");
	else if (m->via.branch.l > SX_MAX_TOKEN)
		lex_fault(m, 400, "Branch Too Long");

	if (sx_msg_values(m, SX_HDR_VIA, via_counter, &m->nvia))
		lex_fault(m, 400, "Too Many Via");
}


/* A tag is a token (RFC 3261 25.1).  Odd characters of old phones pass, but
 * none that could end it where it is written back. */
static bool tag_ok(const struct pl *tag)
{
	return tag->l && tag->l <= SX_MAX_TOKEN && tag->p[-1] != '"' &&
	       !memchr(tag->p, '\\', tag->l);
}


static void addr_read(struct sx_msg *m, enum sx_hdrid id, struct sx_addr *addr,
		      struct pl *tag)
{
	const struct pl *val = sx_msg_hdr(m, id, 0);
	bool from	     = id == SX_HDR_FROM;

	if (!val) {
		lex_fault(m, 400, from ? "Missing From" : "Missing To");
		return;
	}

	if (sx_addr_parse(addr, val) || addr->star ||
	    addr->auri.l > SX_MAX_URI)
		lex_fault(m, 400, from ? "Malformed From" : "Malformed To");

	else if (sx_param(&addr->params, "tag", tag) && !tag_ok(tag))
		lex_fault(m, 400, from ? "Malformed From Tag" :
				     "Malformed To Tag");
}


static void callid_read(struct sx_msg *m)
{
	const struct pl *val = sx_msg_hdr(m, SX_HDR_CALL_ID, 0);

	if (!val) {
		lex_fault(m, 400, "Missing Call-ID");
		return;
	}

	const char *end = val->p + val->l;

	m->callid = *val;

	if (!val->l || lex_find(val->p, end, LEX_LWS | LEX_CTL) != end)
		lex_fault(m, 400, "Malformed Call-ID");
	else if (val->l > SX_MAX_TOKEN)
		lex_fault(m, 400, "Call-ID Too Long");
}


/* Number below 2^31, LWS, method (RFC 3261 8.1.1.5) */
static void cseq_read(struct sx_msg *m)
{
	const struct pl *val = sx_msg_hdr(m, SX_HDR_CSEQ, 0);
	uint64_t n	     = 0;

	if (!val) {
		lex_fault(m, 400, "Missing CSeq");
		return;
	}

	const char *end = val->p + val->l;
	const char *p	= lex_skip(val->p, end, LEX_DIGIT);
	struct pl num	= lex_pl(val->p, p);
	const char *q	= lex_skip(p, end, LEX_LWS);

	m->cseq_met = lex_pl(q, end);

	if (num_decode(&n, &num, INT32_MAX) || p == q || q == end ||
	    m->cseq_met.l > SX_MAX_TOKEN ||
	    lex_skip(q, end, LEX_TOKEN) != end) {
		lex_fault(m, 400, "Malformed CSeq");
		return;
	}

	m->cseq	       = (uint32_t)n;
	m->cseq_method = sx_method_decode(&m->cseq_met);
}


/* What is larger than 255 counts as absent (RFC 4475 3.1.2.4) */
static void maxfwd_read(struct sx_msg *m)
{
	const struct pl *val = sx_msg_hdr(m, SX_HDR_MAX_FORWARDS, 0);
	uint64_t n;

	m->maxfwd = 70;

	if (!val)
		return;

	switch (num_decode(&n, val, 255)) {

	case 0: m->maxfwd = (uint32_t)n; break;
	case ERANGE: break;
	default: lex_fault(m, 400, "Malformed Max-Forwards"); break;
	}
}


static void ctype_read(struct sx_msg *m)
{
	const struct pl *val = sx_msg_hdr(m, SX_HDR_CONTENT_TYPE, 0);

	if (!val)
		return;

	const char *end = val->p + val->l;
	const char *p	= memchr(val->p, ';', val->l);

	m->ctype = lex_trim(val->p, p ? p : end);
	end	 = m->ctype.p + m->ctype.l;

	if (lex_find(m->ctype.p, end, LEX_CTL) != end ||
	    !memchr(m->ctype.p, '/', m->ctype.l))
		lex_fault(m, 400, "Malformed Content-Type");
}


/* ---- framing ---------------------------------------------------------- */

/* Content-Length; `rest` is what there is behind the head */
static void length_read(struct sx_msg *m, size_t rest, bool stream)
{
	const struct pl *val = sx_msg_hdr(m, SX_HDR_CONTENT_LENGTH, 0);
	uint64_t n	     = 0;

	m->clen = stream ? 0 : rest;

	if (!val) {
		if (stream)
			unframed(m, 400, "Missing Content-Length");
		return;
	}

	if (m->counts[SX_HDR_CONTENT_LENGTH] > 1)
		unframed(m, 400, "Two Content-Length");
	else if (num_decode(&n, val, UINT32_MAX))
		unframed(m, 400, "Malformed Content-Length");
	else if (stream && n > SX_MAX_BODY)
		unframed(m, 413, "Request Entity Too Large");
	else if (!stream && n > rest)
		unframed(m, 400, "Content-Length Beyond Datagram");
	else
		m->clen = (size_t)n;
}


/* Something else than line ends and zero bytes */
static bool has_text(const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p != '\r' && *p != '\n' && *p != '\0' && *p != ' ')
			return true;
	}

	return false;
}


static void body_cut(struct sx_msg *m, const struct reader *rd, bool stream)
{
	size_t rest = (size_t)(rd->end - rd->p);

	length_read(m, rest, stream);

	m->body = lex_pl(rd->p, rd->p + (m->clen < rest ? m->clen : rest));
	if (!stream && m->clen < rest)
		m->surplus = has_text(rd->p + m->clen, rd->end);
}


/* Several parts: the description among them is what we can use */
static void sdp_choose(struct sx_msg *m)
{
	const struct pl *ctype = sx_msg_hdr(m, SX_HDR_CONTENT_TYPE, 0);
	static const char want[] = "application/sdp";

	if (sx_multipart_find(&m->body, &m->body, ctype, want))
		pl_set_str(&m->ctype, want);
}


static void singles_check(struct sx_msg *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(singlev); i++) {

		if (m->counts[singlev[i]] > 1)
			lex_fault(m, 400, "Header Given Twice");
	}
}


static void known_read(struct sx_msg *m)
{
	via_read(m);
	addr_read(m, SX_HDR_FROM, &m->from, &m->ftag);
	addr_read(m, SX_HDR_TO, &m->to, &m->ttag);
	callid_read(m);
	cseq_read(m);
	maxfwd_read(m);
	ctype_read(m);
	singles_check(m);

	if (!m->req)
		m->method = m->cseq_method;
}


static int message_parse(struct sx_msg *m, const struct mbuf *mb, bool stream)
{
	const char *start = (const char *)mb->buf + mb->pos;
	struct reader rd  = {m, start, (const char *)mb->buf + mb->end};
	struct pl line;

	/* empty lines before a message (RFC 3261 7.5) */
	while (rd.p < rd.end && (*rd.p == '\r' || *rd.p == '\n'))
		++rd.p;

	bool ended = line_next(&rd, &line);
	int err	   = line.l ? lex_first_line(m, &line) : EBADMSG;

	if (!err && ended)
		err = headers_parse(&rd);
	if (err)
		return err;

	if (!ended)
		unframed(m, 400, "Message Cut Off");

	m->hlen = (size_t)(rd.p - start);
	if (m->hlen > SX_MAX_HEAD)
		unframed(m, 513, "Message Too Large");

	known_read(m);
	body_cut(m, &rd, stream);
	sdp_choose(m);

	return 0;
}


int sx_msg_parse(struct sx_msg **msgp, struct mbuf *mb, bool stream)
{
	if (!msgp || !mb || !mb->buf || mb->pos > mb->end)
		return EINVAL;

	struct sx_msg *m = mem_zalloc(sizeof(*m), destructor);
	if (!m)
		return ENOMEM;

	m->mb	= mem_ref(mb);
	m->hdrv = mem_alloc(HDR_CHUNK * sizeof(*m->hdrv), NULL);

	int err = m->hdrv ? message_parse(m, mb, stream) : ENOMEM;

	if (err)
		mem_deref(m);
	else
		*msgp = m;

	return err;
}


size_t sx_msg_head(const uint8_t *p, size_t n, size_t seen)
{
	const uint8_t *start = p, *end = p + n;

	while (p < end && (*p == '\r' || *p == '\n'))
		++p;

	/* an end of line may have been cut in two */
	if (seen > 3 && start + seen - 3 > p)
		p = start + seen - 3;

	while (p < end) {

		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			return 0;

		++p;
		if (p < end && *p == '\n')
			return (size_t)(p + 1 - start);

		if (end - p >= 2 && p[0] == '\r' && p[1] == '\n')
			return (size_t)(p + 2 - start);
	}

	return 0;
}
