/**
 * @file routing/sipd.h  Numbers as sipd has them
 *
 * Pure; any thread.  A number is dialled as in Russia: 8 before an area code,
 * 810 before a country code, nothing before a number of the own city.
 */
#ifndef TANDEM_ROUTING_SIPD_H
#define TANDEM_ROUTING_SIPD_H

#include "config/sipd.h"

enum { SIPD_NUMBER_MAX = 64 };

/**
 * A number with country code and without '+', as gateways want it
 *
 * One 8 in front is taken away; then ten digits get the country code, fewer
 * the city code, too, and of more a 10 in front is taken away.  A number that
 * begins with '+' is one already.
 *
 * @return 0, EINVAL if there is anything but digits in it, or too many
 */
int sipd_number(char *buf, size_t n, const struct sipd_opts *opts,
		const struct pl *dialled);

/** What a gateway is sent for a dialled number: its prefix in front */
int sipd_out(char *buf, size_t n, const struct sipd_opts *opts,
	     const struct sipd_client *gate, const char *prefix,
	     const struct pl *dialled);

/**
 * What an expression of dialplan= looks at
 *
 * The number without the 8 in front.  However a number is written, it is
 * looked at in one form: at home ten digits, abroad with 10 in front.
 */
int sipd_subject(char *buf, size_t n, const struct sipd_opts *opts,
		 const struct pl *dialled);

enum sipd_may {
	SIPD_MAY_YES = 0,
	SIPD_MAY_NOT,     /* its expression does not match */
	SIPD_MAY_ABROAD,  /* abroad without international=yes */
	SIPD_MAY_PREMIUM, /* a premium number without premium=yes */
	SIPD_MAY_ODD,     /* no number */
};

/** May a client dial it?  `c` NULL: not */
enum sipd_may sipd_may(const struct config *cfg, const struct sipd_client *c,
		       const struct pl *dialled);

/** Gateways for a client, in random order: at most n.  A group whose name ends
 *  in GW and digits has a gateway of that name for itself */
size_t sipd_gateways(const struct sipd_client **v, size_t n,
		     const struct sipd_conf *sc, const struct sipd_client *c);

/** The prefix of a gateway for a client's calls */
const char *sipd_prefix(const struct sipd_client *gate,
			const struct sipd_client *c);

#endif
