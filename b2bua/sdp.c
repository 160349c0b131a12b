/**
 * @file b2bua/sdp.c  Session descriptions: parse into a model
 *
 * Line by line, in one pass, with every number range-checked; lines that we
 * don't know are skipped.  A text with keys of SRTP is wiped when it is not
 * needed any more.
 */
#include "b2bua/sdp_priv.h"
#include <openssl/crypto.h>
#include "base/text.h"

struct parser {
	struct sdpm *s;
	struct sdpm_media *m; /* line in progress, NULL in the session part */
	struct sa conn;	      /* session's c= */
	bool conn_zero;
	enum sdpm_dir dir;    /* session's direction */
	size_t attrs;
	const char *why;
};


static void destructor(void *data)
{
	struct sdpm *s = data;

	for (size_t i = 0; i < s->mediac; i++)
		mem_deref(s->mediav[i].fmtv);

	OPENSSL_cleanse(s->mediav, s->mediac * sizeof(*s->mediav));
	OPENSSL_cleanse(s->text, s->textlen);
}


/* --- small parts --------------------------------------------------------- */

bool sdpm_word(struct pl *w, struct pl *rest)
{
	while (rest->l && *rest->p == ' ')
		pl_advance(rest, 1);
	if (!rest->l)
		return false;

	*w = *rest;
	for (w->l = 0; w->l < rest->l && rest->p[w->l] != ' ';)
		++w->l;

	pl_advance(rest, (ssize_t)w->l);
	return true;
}


static bool has_ctl(const struct pl *pl)
{
	for (size_t i = 0; i < pl->l; i++) {
		if (sdpm_is_ctl(pl->p[i]))
			return true;
	}

	return false;
}


static int fail(struct parser *p, const char *why)
{
	p->why = why;
	return EBADMSG;
}


static int limit(struct parser *p, const char *why)
{
	p->why = why;
	return E2BIG;
}


static bool decode_dir(enum sdpm_dir *dir, const struct pl *name)
{
	if (0 == pl_strcmp(name, "sendrecv"))
		*dir = SDPM_SENDRECV;
	else if (0 == pl_strcmp(name, "sendonly"))
		*dir = SDPM_SENDONLY;
	else if (0 == pl_strcmp(name, "recvonly"))
		*dir = SDPM_RECVONLY;
	else if (0 == pl_strcmp(name, "inactive"))
		*dir = SDPM_INACTIVE;
	else
		return false;

	return true;
}


/* c=IN IP4 192.0.2.1[/ttl]; a host name leaves the address unset */
static int decode_conn(struct parser *p, struct sa *sa, bool *zero,
		       const struct pl *val)
{
	struct pl rest = *val, net, type, addr;
	const char *slash;
	char host[64];

	if (!sdpm_word(&net, &rest) || !sdpm_word(&type, &rest) ||
	    !sdpm_word(&addr, &rest))
		return fail(p, "c= needs network, type and address");
	if (pl_strcasecmp(&net, "IN") ||
	    (pl_strcasecmp(&type, "IP4") && pl_strcasecmp(&type, "IP6")))
		return fail(p, "c= must be IN IP4 or IN IP6");

	slash = pl_strchr(&addr, '/');
	if (slash)
		addr.l = slash - addr.p;

	sa_init(sa, AF_UNSPEC);
	*zero = 0 == pl_strcmp(&addr, "0.0.0.0") ||
		0 == pl_strcmp(&addr, "::");

	if (pl_copy(host, sizeof(host), &addr) || sa_set_str(sa, host, 0))
		sa_init(sa, AF_UNSPEC);

	return 0;
}


static const struct config_codec *codec_of(const struct pl *name,
					   uint32_t clock, uint8_t ch)
{
	const struct config_codec *c;

	for (size_t i = 0; (c = config_codec_at(i)); i++) {

		if (!c->rtpname || pl_strcasecmp(name, c->rtpname))
			continue;
		if (c->srate == clock && (c->ch ? c->ch : 1) == ch)
			return c;
	}

	return NULL;
}


/* What a static payload type is without rtpmap (RFC 3551 6) */
static void static_fmt(struct sdpm_fmt *f)
{
	const struct config_codec *c;

	for (size_t i = 0; (c = config_codec_at(i)); i++) {

		if (c->pt != f->pt || !c->rtpname)
			continue;

		pl_set_str(&f->name, c->rtpname);
		f->clock = c->srate;
		f->ch	 = c->ch ? c->ch : 1;
		f->codec = c;
		return;
	}
}


static struct sdpm_fmt *fmt_by_pt(struct sdpm_media *m, uint64_t pt)
{
	for (size_t i = 0; i < m->fmtc; i++) {
		if (m->fmtv[i].pt == pt)
			return &m->fmtv[i];
	}

	return NULL;
}


/* --- lines --------------------------------------------------------------- */

static int media_formats(struct parser *p, struct sdpm_media *m)
{
	struct pl rest = m->fmts, w;
	size_t n = 0;

	while (sdpm_word(&w, &rest))
		++n;
	if (n > SDPM_MAX_FMT)
		return limit(p, "too many formats in m=");

	m->fmtv = mem_zalloc(n * sizeof(*m->fmtv), NULL);
	if (!m->fmtv)
		return ENOMEM;

	/* only RTP's formats are payload types */
	if (m->proto.l < 4 || memcmp(m->proto.p, "RTP/", 4))
		return 0;

	rest = m->fmts;
	while (sdpm_word(&w, &rest)) {
		uint64_t pt;

		if (num_decode(&pt, &w, 127))
			return fail(p, "payload type is not 0..127");
		if (fmt_by_pt(m, pt))
			continue;

		m->fmtv[m->fmtc].pt = (uint8_t)pt;
		static_fmt(&m->fmtv[m->fmtc++]);
	}

	return 0;
}


/* type, port[/count], transport and formats */
static int media_parts(struct parser *p, struct sdpm_media *m)
{
	struct pl rest = m->line, port, count;
	const char *slash;
	uint64_t n;

	/* parts of it go into our answer */
	if (has_ctl(&m->line))
		return fail(p, "control character in m=");
	if (!sdpm_word(&m->type, &rest) || !sdpm_word(&port, &rest) ||
	    !sdpm_word(&m->proto, &rest))
		return fail(p, "m= needs type, port, transport and formats");

	slash = pl_strchr(&port, '/');
	if (slash) {
		count.p = slash + 1;
		count.l = port.p + port.l - count.p;
		port.l	= slash - port.p;
		if (num_decode(&n, &count, 255) || !n)
			return fail(p, "bad number of ports in m=");
	}
	if (num_decode(&n, &port, 65535))
		return fail(p, "port of m= is not 0..65535");

	m->port = (uint16_t)n;
	m->fmts = pl_trim(rest);

	return m->fmts.l ? 0 : fail(p, "m= without formats");
}


static int line_media(struct parser *p, const struct pl *val)
{
	struct sdpm *s	     = p->s;
	struct sdpm_media md = {.line = *val}, *m;
	int err;

	if (s->lines == s->room || s->lines == SDPM_MAX_LINES)
		return limit(p, "too many m= lines");

	err = media_parts(p, &md);
	if (err)
		return err;

	/* a line beyond those that we keep is only rejected by its text */
	s->linev[s->lines++] = *val;
	p->m = NULL;
	if (s->mediac == SDPM_MAX_MEDIA)
		return 0;

	m	     = &s->mediav[s->mediac++];
	*m	     = md;
	m->dir	     = p->dir;
	m->rtp	     = p->conn;
	m->hold_zero = p->conn_zero;
	m->savp	     = !pl_strcasecmp(&m->proto, "RTP/SAVP") ||
		  !pl_strcasecmp(&m->proto, "RTP/SAVPF");
	p->m	     = m;

	return media_formats(p, m);
}


/* Of a line that is not audio nothing is chosen by its rtpmap: RFC 4475 itself
 * writes "31 LPC" there */
static int rtpmap_bad(struct parser *p, const char *what)
{
	return pl_strcasecmp(&p->m->type, "audio") ? 0 : fail(p, what);
}


/* rtpmap:97 opus/48000/2 */
static int attr_rtpmap(struct parser *p, const struct pl *val)
{
	struct pl rest = *val, ptw, enc, part;
	struct sdpm_fmt *f;
	uint64_t n;

	if (!p->m)
		return 0;
	if (!sdpm_word(&ptw, &rest) || !sdpm_word(&enc, &rest) ||
	    num_decode(&n, &ptw, 127))
		return rtpmap_bad(p, "bad a=rtpmap");

	f = fmt_by_pt(p->m, n);
	if (!f)
		return 0;

	f->codec = NULL;
	if (!pl_next(&f->name, &enc, '/') || !pl_next(&part, &enc, '/') ||
	    num_decode(&n, &part, 384000) || !n)
		return rtpmap_bad(p, "bad clock rate in a=rtpmap");

	f->clock = (uint32_t)n;
	f->ch	 = 1;
	if (pl_next(&part, &enc, '/')) {
		if (num_decode(&n, &part, 8) || !n)
			return rtpmap_bad(p, "bad channels in a=rtpmap");
		f->ch = (uint8_t)n;
	}

	f->codec = codec_of(&f->name, f->clock, f->ch);
	if (!pl_strcasecmp(&f->name, "telephone-event") && f->clock == 8000)
		p->m->dtmf_pt = f->pt;

	return 0;
}


static int attr_fmtp(struct parser *p, const struct pl *val)
{
	struct pl rest = *val, ptw;
	struct sdpm_fmt *f;
	uint64_t n;

	if (!p->m || !sdpm_word(&ptw, &rest) || num_decode(&n, &ptw, 127))
		return 0;

	f = fmt_by_pt(p->m, n);
	if (f)
		f->fmtp = pl_trim(rest);

	return 0;
}


static int attr_rtcp(struct parser *p, const struct pl *val)
{
	struct pl rest = *val, w;
	uint64_t n;
	bool zero;

	if (!p->m || !sdpm_word(&w, &rest))
		return 0;
	if (num_decode(&n, &w, 65535) || !n)
		return fail(p, "port of a=rtcp is not 1..65535");

	p->m->rtcp = p->m->rtp;
	if (pl_trim(rest).l && decode_conn(p, &p->m->rtcp, &zero, &rest))
		return EBADMSG;

	if (sa_isset(&p->m->rtcp, SA_ADDR))
		sa_set_port(&p->m->rtcp, (uint16_t)n);
	return 0;
}


/* The first that we can do is the one; the others are passed over */
static void attr_crypto(struct sdpm_media *m, const struct pl *val)
{
	const char *why;

	if (m->crypto.suite != MEDIA_CLEAR)
		return;

	why = crypto_decode(&m->crypto, val);
	if (why && !m->crypto_why)
		m->crypto_why = why;
}


static int line_attr(struct parser *p, const struct pl *val)
{
	struct pl name = *val, arg = {NULL, 0};
	const char *colon;
	enum sdpm_dir dir;
	uint64_t n;

	if (++p->attrs > SDPM_MAX_ATTR)
		return limit(p, "too many attributes");

	colon = pl_strchr(val, ':');
	if (colon) {
		name.l = colon - val->p;
		arg.p  = colon + 1;
		arg.l  = val->p + val->l - arg.p;
	}

	if (decode_dir(&dir, &name)) {
		if (p->m)
			p->m->dir = dir;
		else if (!p->s->lines)
			p->dir = dir;
		return 0;
	}
	if (!pl_strcmp(&name, "rtpmap"))
		return attr_rtpmap(p, &arg);
	if (!pl_strcmp(&name, "fmtp"))
		return attr_fmtp(p, &arg);
	if (!pl_strcmp(&name, "rtcp"))
		return attr_rtcp(p, &arg);
	if (!pl_strcmp(&name, "crypto") && p->m)
		attr_crypto(p->m, &arg);
	if (!pl_strcmp(&name, "ptime") && p->m && !num_decode(&n, &arg, 1u << 31))
		p->m->ptime_ms = n < 10 ? 10 : n > 200 ? 200 : (uint32_t)n;

	return 0;
}


static int line_decode(struct parser *p, const struct pl *line, size_t no)
{
	struct pl val = {line->p + 2, line->l - 2};

	if (line->l < 2 || line->p[1] != '=')
		return fail(p, "a line is not letter=value");
	if (no == 0)
		return pl_strcmp(line, "v=0") ? fail(p, "v=0 is not first") : 0;

	switch (line->p[0]) {

	case 'v': return fail(p, "v= twice");
	case 'o': p->s->origin = val; return 0;
	case 'm': return line_media(p, &val);
	case 'a': return line_attr(p, &val);
	case 'c':
		if (p->m)
			return decode_conn(p, &p->m->rtp, &p->m->hold_zero,
					   &val);
		if (p->s->lines)
			return 0; /* of a line beyond our limit */
		return decode_conn(p, &p->conn, &p->conn_zero, &val);
	default: return 0;
	}
}


static int lines_decode(struct parser *p)
{
	struct pl rest, line;
	size_t no = 0;
	int err;

	pl_set_str(&rest, p->s->text);

	while (pl_next(&line, &rest, '\n')) {

		if (line.l && line.p[line.l - 1] == '\r')
			--line.l;
		if (!line.l)
			continue;
		if (line.l > SDPM_MAX_LINE)
			return limit(p, "a line is longer than 1024");
		if (pl_strchr(&line, '\r'))
			return fail(p, "carriage return inside a line");

		err = line_decode(p, &line, no++);
		if (err)
			return err;
	}

	return no ? 0 : fail(p, "empty description");
}


/* What can only be told at the end: ports and hold */
static void media_finish(struct sdpm_media *m)
{
	if (sa_isset(&m->rtp, SA_ADDR))
		sa_set_port(&m->rtp, m->port);

	if (!sa_isset(&m->rtcp, SA_ADDR) && sa_isset(&m->rtp, SA_ADDR) &&
	    m->port && m->port < 65535) {
		m->rtcp = m->rtp;
		sa_set_port(&m->rtcp, m->port + 1);
	}

	/* RFC 2543's hold: nobody there to send to */
	if (m->hold_zero)
		m->dir &= ~SDPM_RECVONLY;
}


/* How many m= lines, but no more than we take */
static size_t media_count(const struct pl *text)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < text->l && n < SDPM_MAX_LINES; i++) {
		if (text->p[i] == 'm' && text->p[i + 1] == '=' &&
		    (!i || text->p[i - 1] == '\n'))
			++n;
	}

	return n;
}


/* A call keeps two of these as long as it lives, and most have one m= line:
 * room is made only for what is there */
static struct sdpm *sdpm_alloc(const struct pl *text)
{
	const size_t n	  = media_count(text);
	const size_t kept = n < SDPM_MAX_MEDIA ? n : SDPM_MAX_MEDIA;
	struct sdpm *s	  = mem_zalloc(sizeof(*s) + kept * sizeof(*s->mediav) +
					       n * sizeof(*s->linev) + text->l + 1,
				       destructor);

	if (!s)
		return NULL;

	s->room	  = n;
	s->mediav = (struct sdpm_media *)(s + 1);
	s->linev  = (struct pl *)(s->mediav + kept);
	s->text	  = (char *)(s->linev + n);
	s->textlen = text->l;
	if (text->l)
		memcpy(s->text, text->p, text->l);

	return s;
}


int sdpm_parse(struct sdpm **sp, const struct pl *text, const char **why)
{
	struct parser p = {.dir = SDPM_SENDRECV};
	int err;

	if (!sp || !text || !why)
		return EINVAL;

	*why = NULL;
	if (memchr(text->p ? text->p : "", 0, text->l)) {
		*why = "NUL inside";
		return EBADMSG;
	}

	p.s = sdpm_alloc(text);
	if (!p.s)
		return ENOMEM;

	sa_init(&p.conn, AF_UNSPEC);
	err = lines_decode(&p);
	if (err) {
		*why = p.why;
		mem_deref(p.s);
		return err;
	}

	for (size_t i = 0; i < p.s->mediac; i++)
		media_finish(&p.s->mediav[i]);

	*sp = p.s;
	return 0;
}


/* --- questions ----------------------------------------------------------- */

static bool can_do(const struct sdpm *s, const struct sdpm_media *m)
{
	if (m->savp)
		return m->crypto.suite != MEDIA_CLEAR;

	return !s->secure && (!pl_strcasecmp(&m->proto, "RTP/AVP") ||
			      !pl_strcasecmp(&m->proto, "RTP/AVPF"));
}


const struct sdpm_media *sdpm_audio(const struct sdpm *s)
{
	for (size_t i = 0; s && i < s->mediac; i++) {
		const struct sdpm_media *m = &s->mediav[i];

		if (m->port && !pl_strcasecmp(&m->type, "audio") &&
		    can_do(s, m))
			return m;
	}

	return NULL;
}


const struct sdpm_fmt *sdpm_find(const struct sdpm_media *m,
				 const struct config_codec *codec)
{
	for (size_t i = 0; m && i < m->fmtc; i++) {
		if (m->fmtv[i].codec == codec && codec)
			return &m->fmtv[i];
	}

	return NULL;
}


enum sdpm_dir sdpm_dir_reverse(enum sdpm_dir dir)
{
	switch (dir) {

	case SDPM_SENDONLY: return SDPM_RECVONLY;
	case SDPM_RECVONLY: return SDPM_SENDONLY;
	case SDPM_INACTIVE:
	case SDPM_SENDRECV:
	default: return dir;
	}
}


const char *sdpm_dir_name(enum sdpm_dir dir)
{
	switch (dir) {

	case SDPM_INACTIVE: return "inactive";
	case SDPM_RECVONLY: return "recvonly";
	case SDPM_SENDONLY: return "sendonly";
	case SDPM_SENDRECV: return "sendrecv";
	}

	return "sendrecv";
}
