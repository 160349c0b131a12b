/**
 * @file b2bua/devstate.h  What a device is doing: SIP/1001, Custom:night ...
 *
 * Signalling thread.  A device is named as in a hint.  SIP/ is computed from
 * the peer's legs, its registration and qualify, with or without call-limit;
 * Custom: lives in the database (family CustomDevstate, as Asterisk's); other
 * kinds (park:, Queue: ...) are delivered by whoever has them, see
 * devstate_provide().  Whatever changes is reported by devstate_changed() and
 * told to the watchers from a timer of 0 ms, once, and only if it differs.
 */
#ifndef TANDEM_B2BUA_DEVSTATE_H
#define TANDEM_B2BUA_DEVSTATE_H

#include "base/compat.h"

/* clang-format off */
#define DEVSTATES(X)                                                          \
	X(UNKNOWN) X(NOT_INUSE) X(INUSE) X(BUSY) X(INVALID) X(UNAVAILABLE)    \
	X(RINGING) X(RINGINUSE) X(ONHOLD)
/* clang-format on */

enum devstate {
#define X(s) DEV_##s,
	DEVSTATES(X)
#undef X
};

enum {
	DEVSTATE_NAME_MAX = 256,   /* longest device [bytes] */
	DEVSTATE_CUSTOM_MAX = 10000, /* Custom: states that are kept */
};

int devstate_init(void);
void devstate_close(void);

/** "NOT_INUSE" */
const char *devstate_name(enum devstate st);

/** Asterisk's word, case ignored; false if it is none */
bool devstate_decode(enum devstate *stp, const struct pl *pl);

/** State of a device now; INVALID for a SIP peer that does not exist, UNKNOWN
 *  for a kind that nobody delivers or a Custom: state never set */
enum devstate devstate_get(const char *device);

/** Set Custom:name; kept over a restart.  EINVAL if the device is of another
 *  kind, ENOBUFS beyond DEVSTATE_CUSTOM_MAX */
int devstate_set(const char *device, enum devstate st);

/** Several devices of one hint as one: ringing and in use together, busy only
 *  if all that can be reached are.  n 0: UNKNOWN */
enum devstate devstate_combine(const enum devstate *v, size_t n);

/** Something about the device may have changed */
void devstate_changed(const char *device);
void devstate_peer_changed(const char *peer); /* SIP/peer */

/** Every watched device may have (reload) */
void devstate_all_changed(void);

typedef void(devstate_h)(const char *device, enum devstate st, void *arg);
struct devstate_watch;

/** Be told when the state differs; mem_deref ends it (not from inside of a
 *  devstate_h) */
int devstate_watch(struct devstate_watch **wp, const char *device,
		   devstate_h *h, void *arg);

/** Deliver the state of `kind:name` and `kind/name`; h is asked whenever it is
 *  wanted.  kind is static */
typedef enum devstate(devstate_get_h)(const char *name, void *arg);
int devstate_provide(const char *kind, devstate_get_h *h, void *arg);

/** What a leg of a peer means for its lamp; leg_state.c keeps the count */
enum devlamp {
	DEVLAMP_OFF,
	DEVLAMP_RINGING, /* the phone rings */
	DEVLAMP_INUSE,
	DEVLAMP_HOLDS,   /* the phone has put the other side on hold */
};

void devstate_leg(const char *peer, enum devlamp was, enum devlamp now);

/** SIP/ from counts: pure, for tests.  busylevel and limit 0: none */
enum devstate devstate_sip(uint32_t ringing, uint32_t inuse, uint32_t holds,
			   bool reachable, uint32_t busylevel,
			   uint32_t limit);

#endif
