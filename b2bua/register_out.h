/**
 * @file b2bua/register_out.h  Our registrations at providers (register =>)
 *
 * Signalling thread.  One state machine per line; whatever the answer, it is
 * tried again with growing pauses: a trunk never stays dead until somebody
 * restarts.
 */
#ifndef TANDEM_B2BUA_REGISTER_OUT_H
#define TANDEM_B2BUA_REGISTER_OUT_H

#include "config/config.h"

/* clang-format off */
#define REGSTATES(X)                         \
	X(UNREGISTERED, "Unregistered")      \
	X(SENT,         "Request Sent")      \
	X(AUTHSENT,     "Auth. Sent")        \
	X(REGISTERED,   "Registered")        \
	X(REJECTED,     "Rejected")          \
	X(TIMEOUT,      "Timeout")           \
	X(NOAUTH,       "No Authentication") \
	X(FAILED,       "Failed")
/* clang-format on */

enum regstate {
#define X(id, text) REGSTATE_##id,
	REGSTATES(X)
#undef X
};

/** One line as the console shows it */
struct reg_info {
	const char *host;
	uint16_t port;
	const char *user;
	enum regstate state;
	uint32_t refresh_s;      /* until the next REGISTER */
	uint64_t registered_at;  /* wall clock [s], 0 never */
	const char *why;         /* of the last failure: "403 Forbidden" */
};

const char *regstate_name(enum regstate st);

/** Start what is new, stop (unregister) what is gone; same lines go on.
 *  ENOMEM: not all of it; call it again */
int register_config(const struct config *cfg);

/** Another process registers from now on, or no more: nothing is sent */
void register_pause(void);
void register_resume(void);

/** Unregister everywhere; no answer is awaited */
void register_close(void);

/** Send all of them now, or those at one host */
void register_now(const char *host);

typedef void(reg_info_h)(const struct reg_info *info, void *arg);
void register_apply(reg_info_h *h, void *arg);

#endif
