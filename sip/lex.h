/**
 * @file sip/lex.h  Character classes of the SIP grammar (RFC 3261 25.1)
 *
 * Internal to sip/.  Pure, any thread.  A cursor is a pointer and an end; no
 * helper reads at or behind the end.
 */
#ifndef TANDEM_SIP_LEX_H
#define TANDEM_SIP_LEX_H

#include "sip/msg.h"

enum {
	LEX_TOKEN = 0x01, /* alphanum - . ! % * _ + ` ' ~ */
	LEX_LWS   = 0x02, /* SP HTAB, and CR LF: in a value these only fold */
	LEX_CTL   = 0x04, /* controls without HTAB, with DEL */
	LEX_DIGIT = 0x08,
	LEX_HEX   = 0x10,
	LEX_HOST  = 0x20, /* alphanum - . _ */
	LEX_NOURI = 0x40, /* never in a URI: SP controls < > " */
	LEX_ALPHA = 0x80,
};

extern const uint8_t lex_class[256];

static inline bool lex_is(char c, unsigned bits)
{
	return (lex_class[(uint8_t)c] & bits) != 0;
}

/** First place from p on that is in none of the classes */
static inline const char *lex_skip(const char *p, const char *end,
				   unsigned bits)
{
	while (p < end && lex_is(*p, bits))
		++p;

	return p;
}

/** First place from p on that is in one of the classes */
static inline const char *lex_find(const char *p, const char *end,
				   unsigned bits)
{
	while (p < end && !lex_is(*p, bits))
		++p;

	return p;
}

/** The text between two places */
static inline struct pl lex_pl(const char *p, const char *end)
{
	struct pl pl = {p, (size_t)(end - p)};

	return pl;
}

/** Without LWS (and folds) at both ends */
static inline struct pl lex_trim(const char *p, const char *end)
{
	p = lex_skip(p, end, LEX_LWS);

	while (end > p && lex_is(end[-1], LEX_LWS))
		--end;

	return lex_pl(p, end);
}

/** Behind the quoted string that starts at p; NULL if it never ends */
const char *lex_quoted(const char *p, const char *end);

/** The comma (or the end) behind the value at p; quotes and <> respected */
const char *lex_value_end(const char *p, const char *end);

/** Check ";name=value;name" up to the end: EBADMSG if malformed */
int lex_params_check(const struct pl *params);

/** Host with optional port at p ("[::1]:5060", "a.b").  Returns the place
 *  behind, NULL if malformed */
const char *lex_hostport(const char *p, const char *end, struct pl *host,
			 bool *ip6, uint16_t *port, bool lws);

/** Note a fault of a message: the first one is the one that is told */
void lex_fault(struct sx_msg *m, uint16_t scode, const char *why);

/** Read the first line: EBADMSG if it is not SIP's, else 0, with a fault if it
 *  is malformed */
int lex_first_line(struct sx_msg *m, const struct pl *line);

/** Which header this is (name or compact form, case ignored) */
enum sx_hdrid lex_hdrid(const struct pl *name);

#endif
