/**
 * @file b2bua/redirect.c  Who sent a call elsewhere, and why
 *
 * Diversion has a value a forward, the last one first, and may say a counter
 * instead of further values.  History-Info has an entry a place that the call
 * was meant for, the first one first; an entry whose URI says cause= was
 * reached by a forward of the entry before it.
 */
#include "b2bua/call.h"
#include "b2bua/caller.h"
#include "b2bua/redirect.h"
#include "base/text.h"

enum { COUNT_MAX = 100 };

/* clang-format off */
static const struct {
	const char *why;
	const char *old;  /* Asterisk's */
	uint16_t cause;   /* RFC 4458, RFC 8119 */
} reasons[] = {
	{"unconditional",  "cfu",          302},
	{"user-busy",      "cfb",          486},
	{"no-answer",      "cfnr",         408},
	{"unavailable",    "unavailable",  503},
	{"deflection",     "deflection",   480},
	{"do-not-disturb", "dnd",          302},
	{"time-of-day",    "time_of_day",  404},
	{"follow-me",      "follow_me",    404},
	{"out-of-service", "out_of_order", 503},
	{"away",           "away",         404},
	{"unknown",        "unknown",      404},
};
/* clang-format on */


const char *redirect_reason(char *buf, size_t n, const struct pl *word)
{
	static const char token[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (!pl_strcasecmp(word, reasons[i].why) ||
		    !pl_strcasecmp(word, reasons[i].old))
			return reasons[i].why;
	}

	if (!word->l || pl_copy(buf, n, word) || buf[strspn(buf, token)])
		return NULL;

	return buf;
}


const char *redirect_reason_old(const char *why)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (!str_casecmp(why, reasons[i].why))
			return reasons[i].old;
	}

	return "unknown";
}


uint16_t redirect_cause(const char *why)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (!str_casecmp(why, reasons[i].why))
			return reasons[i].cause;
	}

	return 302;
}


static const char *reason_of_cause(const struct pl *cause)
{
	uint64_t n;

	if (num_decode(&n, cause, 699))
		return NULL;

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (reasons[i].cause == n)
			return reasons[i].why;
	}

	return "unknown";
}


/* --- of a call ----------------------------------------------------------- */

const struct redirect *redirect_of(const struct call *call)
{
	return call ? call->redir : NULL;
}


struct redirect *redirect_get(struct call *call)
{
	if (!call->redir)
		call->redir = mem_zalloc(sizeof(*call->redir), NULL);

	return call->redir;
}


const char *redirect_from(const struct call *call)
{
	return call && call->redir ? call->redir->from : "";
}


void redirect_set_from(struct call *call, const char *number)
{
	struct redirect *r;

	if (!str_isset(number)) {
		call->redir = mem_deref(call->redir);
		return;
	}

	r = redirect_get(call);
	if (!r)
		return;

	str_ncpy(r->from, number, sizeof(r->from));
	r->unproven = false;
	if (!r->count)
		r->count = 1;
}


int redirect_copy(struct call *to, const struct redirect *from)
{
	struct redirect *r;

	if (!from) {
		to->redir = mem_deref(to->redir);
		return 0;
	}

	r = redirect_get(to);
	if (!r)
		return ENOMEM;

	*r = *from;

	return 0;
}


int redirect_next(struct redirect **rp, const struct redirect *from,
		  const char *number, const char *why)
{
	struct redirect *r = mem_zalloc(sizeof(*r), NULL);

	if (!r)
		return ENOMEM;
	if (from && !from->unproven)
		*r = *from;
	else if (from)
		r->count = from->count;

	if (r->from[0] && !r->orig[0]) {
		str_ncpy(r->orig, r->from, sizeof(r->orig));
		str_ncpy(r->orig_why, r->why, sizeof(r->orig_why));
	}

	str_ncpy(r->from, number, sizeof(r->from));
	str_ncpy(r->why, why ? why : "unconditional", sizeof(r->why));
	r->from_name[0] = '\0';
	if (r->count < COUNT_MAX)
		++r->count;

	*rp = r;

	return 0;
}


/* --- from a message ------------------------------------------------------ */

struct reading {
	struct redirect r;
	char last[128]; /* History-Info: user of the entry before */
	bool seen;
	int n;
};


static void take_reason(char *why, size_t n, const struct pl *word)
{
	char buf[24];
	const char *w = redirect_reason(buf, sizeof(buf), word);

	str_ncpy(why, w ? w : "unknown", n);
}


static bool diversion_handler(const struct pl *val, void *arg)
{
	struct reading *rd = arg;
	struct redirect *r = &rd->r;
	struct sx_addr addr;
	struct pl pl;
	uint64_t n = 1;

	if (sx_addr_parse(&addr, val) || !addr.uri.user.l)
		return false;

	if (!rd->n++) {
		(void)caller_user(r->from, sizeof(r->from), &addr.uri.user);
		sx_unquote(r->from_name, sizeof(r->from_name), &addr.dname);
		if (sx_param(&addr.params, "reason", &pl) && pl.l)
			take_reason(r->why, sizeof(r->why), &pl);
	}
	else {
		(void)caller_user(r->orig, sizeof(r->orig), &addr.uri.user);
		r->orig_why[0] = '\0';
		if (sx_param(&addr.params, "reason", &pl) && pl.l)
			take_reason(r->orig_why, sizeof(r->orig_why), &pl);
	}

	if (sx_param(&addr.params, "counter", &pl) &&
	    (num_decode(&n, &pl, COUNT_MAX) || !n))
		n = 1;
	r->count += (uint32_t)n;
	if (r->count > COUNT_MAX)
		r->count = COUNT_MAX;

	return false;
}


static void history_forward(struct reading *rd, const char *why)
{
	struct redirect *r = &rd->r;

	if (r->from[0] && !r->orig[0]) {
		str_ncpy(r->orig, r->from, sizeof(r->orig));
		str_ncpy(r->orig_why, r->why, sizeof(r->orig_why));
	}

	str_ncpy(r->from, rd->last, sizeof(r->from));
	str_ncpy(r->why, why, sizeof(r->why));
	if (r->count < COUNT_MAX)
		++r->count;
}


static bool history_handler(const struct pl *val, void *arg)
{
	struct reading *rd = arg;
	struct sx_addr addr;
	const char *why;
	struct pl cause;

	if (sx_addr_parse(&addr, val))
		return false;

	why = sx_param(&addr.uri.params, "cause", &cause)
		      ? reason_of_cause(&cause)
		      : NULL;
	if (why && rd->seen && rd->last[0])
		history_forward(rd, why);

	(void)caller_user(rd->last, sizeof(rd->last), &addr.uri.user);
	rd->seen = true;

	return false;
}


int redirect_decode(struct call *call, const struct sx_msg *msg)
{
	struct reading rd;
	struct redirect *r;

	memset(&rd, 0, sizeof(rd));
	(void)sx_msg_values(msg, SX_HDR_DIVERSION, diversion_handler, &rd);
	if (!rd.r.from[0])
		(void)sx_msg_values(msg, SX_HDR_HISTORY_INFO, history_handler,
				    &rd);
	if (!rd.r.from[0])
		return 0;

	r = redirect_get(call);
	if (!r)
		return ENOMEM;

	*r = rd.r;

	return 0;
}


const char *redirect_decode_reason(char *buf, size_t n,
				   const struct sx_msg *msg)
{
	struct sx_addr addr;
	struct pl pl;

	if (!sx_msg_values(msg, SX_HDR_DIVERSION, caller_addr_handler,
			   &addr) ||
	    !sx_param(&addr.params, "reason", &pl))
		return NULL;

	return redirect_reason(buf, n, &pl);
}
