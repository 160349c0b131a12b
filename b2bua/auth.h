/**
 * @file b2bua/auth.h  Believing a request: digest, the log line of a failure
 *
 * Signalling thread.
 */
#ifndef TANDEM_B2BUA_AUTH_H
#define TANDEM_B2BUA_AUTH_H

#include "config/config.h"
#include "sip/digest.h"
#include "sip/sip.h"

/**
 * Check the credentials of a request
 *
 * An unknown name is treated like a wrong password, byte for byte, so that
 * nobody learns which names exist.
 *
 * @param st    Transaction; if the result is false it has been answered
 * @param peer  Whose secret; NULL: nobody's (made-up peer)
 * @param what  "Registration", "Call", "Request": for the log
 *
 * @return True if it may go on
 */
bool auth_request(struct sx_strans *st, const struct sx_msg *msg,
		  const struct peer *peer, const char *what);

/** Check a response against what the peer has for its algorithm (md5secret=,
 *  sha256secret=, else secret=); peer NULL: nobody, the same work is done */
enum sx_auth_result auth_verify(const struct sx_msg *msg,
				const struct sx_auth_resp *r,
				const struct peer *peer);

/**
 * Refuse a request without saying why
 *
 * With alwaysauthreject it is what a wrong password gets: a challenge, and
 * 403 for its answer.  Otherwise scode at once.  The log is told why once the
 * sender has proved where it is.
 */
void auth_refuse(struct sx_strans *st, const struct sx_msg *msg,
		 const char *what, const char *why, uint16_t scode);

/** A refusal, in the words that log filters know (why: "Wrong password").  One
 *  that anybody may have sent in another's name is told in other words, which
 *  ban nobody.  The guard hears of it */
void auth_log_failure(const struct sx_msg *msg, const char *what,
		      const char *why);

/** A stranger has called an extension that is not there; same rules */
void auth_log_extension(const struct sx_msg *msg, const char *exten,
			const char *context);

/** True if the peer has something to check credentials with */
bool auth_has_secret(const struct peer *peer);

#endif
