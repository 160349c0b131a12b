/**
 * @file apps/spy.h  Listening to calls of others, and speaking into them
 *
 * Signalling thread.  A call that somebody listens to has a room beside its
 * bridge: the relay goes on as it was, and the room hears both sides.  Only a
 * side that somebody speaks to hears what the room mixes instead.  Several
 * listeners of a call share the room.
 */
#ifndef TANDEM_APPS_SPY_H
#define TANDEM_APPS_SPY_H

#include "b2bua/call.h"

/** Who hears the listener */
enum spy_voice {
	SPY_LISTEN,  /* nobody */
	SPY_WHISPER, /* the one who is listened to */
	SPY_BARGE,   /* both sides */
};

struct spy;

struct spy_params {
	struct call *spy;    /* whose caller listens */
	struct leg *target;  /* answered leg of another call */
	enum spy_voice voice;
	bool one_side;       /* hear the target alone */
	bool deaf;           /* hear nothing (private whisper) */
	int volume;          /* of what it hears, steps of 3 dB */
};

/** It is over: the target talks to somebody else, or to nobody any more.
 *  From a timer */
typedef void(spy_over_h)(struct spy *spy, void *arg);

/**
 * Listen from now on
 *
 * @return 0, ENOTSUP one of the codecs cannot be mixed, EBUSY the target is in
 *         a conference, ENOTCONN no media.  mem_deref() ends it
 */
int spy_start(struct spy **sp, const struct spy_params *prm, spy_over_h *h,
	      void *arg);

/** Change what prm says, but for spy and target */
int spy_set(struct spy *spy, const struct spy_params *prm);

/** True if somebody listens to this leg now (for the console) */
bool spy_is_target(const struct leg *leg);

#endif
