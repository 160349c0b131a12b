/**
 * @file b2bua/guard.h  In front of the SIP layer: who gets how much attention
 *
 * Signalling thread.  Every datagram, and every message of a stranger's
 * stream, passes guard_packet() before it is parsed.  See the essay in
 * guard.c.  What is learned later (a wrong password, a malformed message) is
 * told by guard_note().
 */
#ifndef TANDEM_B2BUA_GUARD_H
#define TANDEM_B2BUA_GUARD_H

#include "b2bua/guard_ban.h"
#include "config/config.h"
#include "routing/ident.h"
#include "sip/sip.h"

/* clang-format off */
#define GUARD_CLASSES(X)                                                      \
	X(ALLOWED,  "allowed: never limited, never banned")                   \
	X(TRUNK,    "trunk: never limited, never banned")                     \
	X(PHONE,    "registered phone: limited, never banned")                \
	X(LOCAL,    "localnet: limited, never banned")                        \
	X(STRANGER, "stranger")

#define GUARD_EVENTS(X)                                                       \
	X(PASSWORD,  "wrong password")                                        \
	X(REFUSED,   "refused")                                               \
	X(EXTENSION, "unknown extension")                                     \
	X(MALFORMED, "malformed")                                             \
	X(SCANNER,   "scanner by its name")                                   \
	X(USERS,     "many users")                                            \
	X(FLOOD,     "too many messages")
/* clang-format on */

enum guard_class {
#define X(c, what) GUARD_##c,
	GUARD_CLASSES(X)
#undef X
};

enum guard_event {
#define X(e, what) GUARD_EV_##e,
	GUARD_EVENTS(X)
#undef X
};

/** Who is ours; plugged in, so that tests need no server */
struct guard_hooks {
	/** A dialog of ours has this Call-ID and tag of ours */
	bool (*dialog)(const struct pl *callid, const struct pl *tag);

	/** A request of ours with this branch waits for its response */
	bool (*waits)(const struct pl *branch);

	/** This nonce was given to that address */
	bool (*nonce)(const struct sa *src, const struct pl *realm,
		      const struct pl *nonce);
};

/** Start; call after store_open().  h delivers the addresses of peers */
int guard_init(const struct guard_hooks *hooks, ident_addr_h *h);
void guard_close(void);

/** Take [guard], localnet= and the peers; cfg is kept */
int guard_config(struct config *cfg);

/** The addresses of a peer have changed */
void guard_peer(const struct peer *peer);

/** sx_guard_h: false to drop */
bool guard_packet(enum sx_tp tp, const struct sa *src, const uint8_t *p,
		  size_t n, void *arg);

/** sx_bad_h */
void guard_bad(enum sx_tp tp, const struct sa *src, const char *why,
	       void *arg);

/** sx_stranger_h */
bool guard_is_stranger(const struct sa *src, void *arg);

/** True if whoever sent this receives what goes to its source: a stream, or
 *  an answer to our nonce */
bool guard_is_proven(const struct sx_msg *msg);

/**
 * Note what somebody did
 *
 * @param user  Account that it is about, NULL none
 * @param text  Evidence, one line, may hold the peer's text
 */
void guard_note(const struct sx_msg *msg, enum guard_event ev,
		const struct pl *user, const char *text);

/** The right password: what was guessed before is forgiven */
void guard_success(const struct sx_msg *msg, const struct pl *user);

/** How long a password for this account is not even looked at, after so many
 *  wrong ones from this address [ms]; 0 now */
uint32_t guard_wait_ms(const struct sa *src, const struct pl *user);

/** True if a line about this source may go to the log: 10 a second, and 100
 *  about all.  What may not is counted and told as "suppressed" */
bool guard_log(const struct sa *src);

/* ---- for the console ---------------------------------------------------- */

enum guard_class guard_class_of(const struct sa *src);
const char *guard_class_text(enum guard_class c);
const char *guard_event_text(enum guard_event ev);

/** Ban by the operator.  EPERM: its class is not banned */
int guard_ban(const struct sa *sa, uint32_t ttl_s, const char *why);

/** Take a ban back; ENOENT */
int guard_unban(const struct sa *sa);

/** Never limit or ban this network; kept over restarts.  EINVAL */
int guard_allow(const struct pl *net);
int guard_disallow(const struct pl *net); /* ENOENT if guard_allow() did not */

/** Everything that is known of an address, for %H */
int guard_why(struct re_printf *pf, const struct sa *sa);

/** Addresses in the table of strangers */
uint32_t guard_strangers(void);

/** Networks of the operator's guard_allow(): struct acl_rule */
const struct list *guard_allowed(void);

#endif
