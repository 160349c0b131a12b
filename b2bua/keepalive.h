/**
 * @file b2bua/keepalive.h  What keeps a phone's NAT open, and how often
 *
 * Signalling thread.  See the essay in keepalive.c.
 */
#ifndef TANDEM_B2BUA_KEEPALIVE_H
#define TANDEM_B2BUA_KEEPALIVE_H

#include "base/timer.h"
#include "config/config.h"
#include "sip/sip.h"

struct binding;
struct place;

enum {
	KEEPALIVE_AUTO_S  = 25, /* keepalive=auto: a phone behind a NAT */
	KEEPALIVE_LEAST_S = 5,  /* never more often than that by itself */
	KEEPALIVE_GRANT_S = 120, /* longest registration of a phone whose NAT
				    forgets: so long an outage lasts */
};

/** Inside a binding */
struct keep {
	struct timer tmr;
	struct sx_ctrans *ct;    /* a question that waits */
	uint32_t learned_s;      /* interval that its NAT needs, 0 not known */
	uint32_t losses;         /* times that its NAT forgot it */
	uint32_t turn;           /* packets since it started */
	bool answers;            /* it knows OPTIONS */
	bool missed;             /* the last question had no answer */
	uint64_t since_ms;       /* clock_ms: first packet from this address */
	uint64_t heard_ms;       /* ... last proof that it is still there */
};

/** What a REGISTER told of the phone, against the one before */
struct bound {
	bool old;        /* there was one before */
	bool same;       /* same Call-ID: the phone has not started anew */
	bool device;     /* ... or the same +sip.instance */
	bool moved;      /* reached in another way than before */
	bool port_moved; /* UDP, same address, another port */
	bool loaded;     /* no REGISTER: it was read from the store */
};

/** A phone has registered, or was read from the store: learn, and go on */
void keepalive_bound(struct binding *b, const struct peer *peer,
		     const struct bound *how);
void keepalive_stop(struct binding *b);

/** It answered, or did not answer, a request of ours (qualify, a call) */
void keepalive_heard(struct binding *b);
void keepalive_missed(struct binding *b);

/** Seconds between two packets to it now, 0 none; asks: by OPTIONS */
uint32_t keepalive_every_s(const struct binding *b, const struct peer *peer,
			   bool *asks);

/** Seconds between two questions of qualify= */
uint32_t keepalive_qualify_s(const struct place *pl, const struct peer *peer);

/** How long such a phone may register for, of the seconds that it wants */
uint32_t keepalive_grant_s(const struct peer *peer, uint32_t s);

/** Forget what was learned of a phone's NAT */
void keepalive_forget(const char *peer);

/** Start what peers with keepalive= and a configured host get; after a reload
 *  the intervals of all */
void keepalive_config(const struct config *cfg);

#endif
