/**
 * @file b2bua/caller.h  The caller as the dialplan sees it
 *
 * Signalling thread.
 */
#ifndef TANDEM_B2BUA_CALLER_H
#define TANDEM_B2BUA_CALLER_H

#include "b2bua/call.h"

/**
 * The user of a URI as names and numbers are compared
 *
 * Escapes are decoded unless pedantic=no; what follows a ';' is cut with
 * legacy_useroption_parsing=yes.  What does not fit or is malformed is empty.
 *
 * @param buf  Result, NUL-terminated
 * @param raw  User as it stands in the URI
 *
 * @return The same text, in buf
 */
struct pl caller_user(char *buf, size_t n, const struct pl *raw);

/** As caller_user() of a URI; a tel: number is without its separators */
struct pl caller_uri(char *buf, size_t n, const struct sx_uri *uri);

/** An address header's value whose URI has a user, for sx_msg_values(); arg is
 *  a struct sx_addr */
bool caller_addr_handler(const struct pl *val, void *arg);

/** Remove ( ) . - and blanks if the text is a telephone number
 *  (shrinkcallerid) */
void caller_shrink(char *num);

/** The number that extensions for particular callers are matched with */
struct pl caller_number(char *buf, size_t n, const struct peer *peer,
			const struct sx_msg *msg);

/** Who it is that a trusted peer asserts (trustrpid=): P-Asserted-Identity with
 *  Privacy, else Remote-Party-ID.  False if it does not, or is not trusted */
bool caller_asserted(struct leg_identity *id, const struct peer *peer,
		     const struct sx_msg *msg);

/** Take identity, variables and accounting of a new call from its peer and
 *  its INVITE */
void caller_fill(struct call *call, const struct peer *peer,
		 const struct sx_msg *msg, const char *exten, bool trusted);

#endif
