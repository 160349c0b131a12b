/**
 * @file b2bua/server.h  The running server: what everything hangs on
 *
 * Signalling thread.  One per process; main.c makes it, the others reach it by
 * server().
 */
#ifndef TANDEM_B2BUA_SERVER_H
#define TANDEM_B2BUA_SERVER_H

#include "config/config.h"
#include "sip/digest.h"
#include "sip/resolve.h"

struct dialplan_index;
struct ident;

struct server {
	struct sx *sx;
	struct sx_resolver *resolver;
	struct sx_uas_auth *auth;
	struct config *cfg;            /* newest snapshot */
	struct dialplan_index *plan;   /* of cfg */
	struct ident *ident;     /* of cfg */
	struct vars *globals;
	uint64_t started_ms;
	bool draining;                 /* core stop gracefully */
};

struct server *server(void);

/** Allow header value of everything we serve */
extern const char server_allow[];

struct server_params {
	const char *dir;       /* configuration directory */
	const char *sound_path;/* further prompt directories, may be NULL */
};

int server_start(const struct server_params *prm);
void server_stop(void);

/** All or nothing; findings to f.  what: "sip", "dialplan" or NULL for all */
int server_reload(const char *what, struct findings *f);

/** No new calls; h is called when the last has ended */
void server_drain(void (*h)(void *arg), void *arg);

/** End every call with BYE, call h when all legs are gone or after ms */
void server_end_calls(uint32_t ms, void (*h)(void *arg), void *arg);

/** Challenge a request (401) */
int server_challenge(struct sx_strans *st, const struct sx_msg *msg,
		     bool stale);

/** Digest realm of a request */
const char *server_realm(const struct sx_msg *msg);

#endif
