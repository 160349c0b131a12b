/**
 * @file sip/sane.c  Validity of a message before any state is made
 *
 * A request goes through one row of checks after the other; the first that
 * finds a fault names the answer.  The order is that of RFC 3261 8.2: what
 * the parser found, method, headers, extensions, body.  An ACK passes only
 * those checks that decide whose it is: it ends retransmissions, and nobody
 * could tell its sender what is wrong with the rest.
 */
#include "sip/lex.h"
#include "sip/sane.h"

typedef void(check_h)(struct sx_verdict *v, const struct sx_msg *msg);


static void fail(struct sx_verdict *v, uint16_t scode, const char *reason)
{
	v->scode  = scode;
	v->reason = reason ? reason : sx_reason(scode);
}


static void explain(struct sx_verdict *v, const char *line)
{
	size_t len = strlen(v->hdr);

	if (re_snprintf(v->hdr + len, sizeof(v->hdr) - len, "%s\r\n",
			line) < 0)
		v->hdr[len] = '\0';
}


/* What the parser found */
static void parsed_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	if (msg->bad)
		fail(v, msg->bad, msg->bad_why);
}


static void method_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	if (msg->method == SX_UNKNOWN)
		fail(v, 501, NULL);
	else if (msg->method == SX_PUBLISH)
		fail(v, 405, NULL);
	else
		return;

	explain(v, "Allow: " SX_ALLOW);
}


/* A NUL in a name would end it early for whoever unescapes it */
static bool has_nul(const struct pl *pl)
{
	if (pl->l < 3)
		return false;

	const char *p = pl->p, *end = pl->p + pl->l;

	while (end - p >= 3 && (p = memchr(p, '%', (size_t)(end - p - 2)))) {

		if (p[1] == '0' && p[2] == '0')
			return true;
		++p;
	}

	return false;
}


static void ruri_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	if (msg->uri.scheme == SX_SCHEME_OTHER)
		fail(v, 416, NULL);

	/* header parts don't belong there (RFC 3261 19.1.1) */
	else if (msg->uri.headers.l)
		fail(v, 400, "Headers in Request-URI");

	else if (has_nul(&msg->uri.user))
		fail(v, 400, "NUL in Request-URI");
}


static void cseq_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	if (pl_cmp(&msg->met, &msg->cseq_met))
		fail(v, 400, "CSeq Method Mismatch");
}


static void parties_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	if (!msg->ftag.l)
		fail(v, 400, "Missing From Tag");

	else if (has_nul(&msg->from.uri.user) || has_nul(&msg->to.uri.user))
		fail(v, 400, "NUL in Address");

	/* an address of record that nobody can call */
	else if (msg->method == SX_REGISTER &&
		 msg->to.uri.scheme == SX_SCHEME_OTHER)
		fail(v, 400, "Unsupported Scheme in To");
}


/* ---- Contact ---------------------------------------------------------- */

struct contacts {
	unsigned n;
	bool bad;
	bool star;
	bool unroutable;
};


static bool contact_handler(const struct pl *val, void *arg)
{
	struct contacts *cs = arg;
	struct sx_addr addr;

	++cs->n;

	if (sx_addr_parse(&addr, val) || addr.auri.l > SX_MAX_URI) {
		cs->bad = true;
		return true;
	}

	if (addr.star)
		cs->star = true;
	else if (addr.uri.scheme != SX_SCHEME_SIP &&
		 addr.uri.scheme != SX_SCHEME_SIPS)
		cs->unroutable = true;

	return false;
}


static bool makes_dialog(enum sx_method met)
{
	return met == SX_INVITE || met == SX_SUBSCRIBE || met == SX_REFER;
}


/* "*" stands alone and only removes (RFC 3261 10.2.2) */
static bool star_ok(const struct contacts *cs, const struct sx_msg *msg)
{
	uint32_t expires;

	return msg->method == SX_REGISTER && cs->n == 1 &&
	       !sx_msg_u32(msg, SX_HDR_EXPIRES, &expires) && !expires;
}


static void contact_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	struct contacts cs = {0};

	sx_msg_values(msg, SX_HDR_CONTACT, contact_handler, &cs);

	if (cs.bad || (cs.star && !star_ok(&cs, msg)))
		fail(v, 400, "Malformed Contact");

	else if (!makes_dialog(msg->method))
		return;

	else if (!cs.n)
		fail(v, 400, "Missing Contact");

	else if (cs.n > 1)
		fail(v, 400, "More Than One Contact");

	else if (cs.unroutable)
		fail(v, 400, "Unsupported Scheme in Contact");
}


/* ---- hops, extensions ------------------------------------------------- */

/* What would go on from here; the rest ends at us (RFC 3261 16.3) */
static void hops_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	bool routed = msg->method == SX_INVITE || msg->method == SX_MESSAGE;

	if (routed && !msg->maxfwd && !msg->ttag.l)
		fail(v, 483, NULL);
}


static bool supported(const struct pl *tag)
{
	struct pl list = PL_LIT(SX_SUPPORTED);

	while (list.l) {

		const char *end = list.p + list.l;
		const char *p	= lex_value_end(list.p, end);
		struct pl one	= lex_trim(list.p, p);

		if (!pl_casecmp(&one, tag))
			return true;

		list = lex_pl(p < end ? p + 1 : end, end);
	}

	return false;
}


struct unsupported {
	struct sx_verdict *v;
	size_t len;
};


/* Collect what is asked for and not there, as much as fits: the line is for a
 * person to read */
static bool require_handler(const struct pl *val, void *arg)
{
	struct unsupported *un = arg;
	char *hdr	       = un->v->hdr;
	const size_t room      = sizeof(un->v->hdr) - un->len - 3;

	if (supported(val))
		return false;

	fail(un->v, 420, NULL);

	if (lex_skip(val->p, val->p + val->l, LEX_TOKEN) != val->p + val->l)
		return false;

	int n = re_snprintf(hdr + un->len, room, "%s%r",
			    un->len ? ", " : "Unsupported: ", val);
	if (n > 0)
		un->len += (size_t)n;

	hdr[un->len] = '\0';

	return n <= 0;
}


static void require_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	struct unsupported un = {v, 0};

	if (msg->method == SX_CANCEL)
		return;

	sx_msg_values(msg, SX_HDR_REQUIRE, require_handler, &un);

	if (un.len)
		memcpy(v->hdr + un.len, "\r\n", 3);
}


/* ---- body ------------------------------------------------------------- */

static bool encoding_handler(const struct pl *val, void *arg)
{
	(void)arg;

	return pl_strcasecmp(val, "identity") != 0;
}


static bool takes_sdp(enum sx_method met)
{
	return met == SX_INVITE || met == SX_UPDATE || met == SX_PRACK;
}


/* "Content-Disposition: x;handling=optional" (RFC 3261 20.11) */
static bool is_optional(const struct sx_msg *msg)
{
	const struct pl *val = sx_msg_hdr(msg, SX_HDR_CONTENT_DISP, 0);
	const char *p	     = val ? memchr(val->p, ';', val->l) : NULL;
	struct pl handling;

	if (!p)
		return false;

	struct pl params = lex_pl(p, val->p + val->l);

	return sx_param(&params, "handling", &handling) &&
	       !pl_strcasecmp(&handling, "optional");
}


static void body_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	if (!msg->body.l || is_optional(msg))
		return;

	if (sx_msg_values(msg, SX_HDR_CONTENT_ENC, encoding_handler, NULL)) {
		fail(v, 415, "Unsupported Content-Encoding");
		explain(v, "Accept-Encoding: identity");
	}
	else if (!msg->ctype.l) {
		fail(v, 400, "Missing Content-Type");
	}
	else if (takes_sdp(msg->method) &&
		 pl_strcasecmp(&msg->ctype, SX_ACCEPT)) {
		fail(v, 415, NULL);
		explain(v, "Accept: " SX_ACCEPT);
	}
}


/* A range that SDP is in.  A quality is not looked at: SDP is all we have */
static bool accept_handler(const struct pl *val, void *arg)
{
	const char *p	= memchr(val->p, ';', val->l);
	struct pl range = lex_trim(val->p, p ? p : val->p + val->l);
	(void)arg;

	return !pl_strcasecmp(&range, SX_ACCEPT) ||
	       !pl_strcasecmp(&range, "application/*") ||
	       !pl_strcasecmp(&range, "*/*");
}


static void accept_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	if (msg->method == SX_INVITE && msg->counts[SX_HDR_ACCEPT] &&
	    !sx_msg_values(msg, SX_HDR_ACCEPT, accept_handler, NULL))
		fail(v, 406, NULL);
}


static void request_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	static check_h *const checkv[] = {
		parsed_check,  method_check,  ruri_check,
		cseq_check,    parties_check,
		/* not for ACK */
		contact_check, hops_check,    require_check,
		body_check,    accept_check,
	};
	const size_t n = msg->method == SX_ACK ? 5 : ARRAY_SIZE(checkv);

	for (size_t i = 0; i < n && !v->scode; i++)
		checkv[i](v, msg);

	/* an answer goes where Via says and back by it */
	if (v->scode)
		v->drop = msg->method == SX_ACK || !msg->counts[SX_HDR_VIA];
}


/* Ours has one Via, our own (RFC 3261 8.1.3.3) */
static void response_check(struct sx_verdict *v, const struct sx_msg *msg)
{
	parsed_check(v, msg);

	if (!v->scode && msg->nvia != 1)
		fail(v, 400, "More Than One Via");

	v->drop = v->scode != 0;
}


void sx_sane(struct sx_verdict *v, const struct sx_msg *msg)
{
	if (!v)
		return;

	memset(v, 0, sizeof(*v));

	if (!msg) {
		fail(v, 500, NULL);
		v->drop = true;
	}
	else if (msg->req) {
		request_check(v, msg);
	}
	else {
		response_check(v, msg);
	}
}
