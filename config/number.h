/**
 * @file config/number.h  Telephone numbers as a line wants them
 *
 * Any thread.  A number that is dialled here ("01234", "00441...", "+1 212")
 * becomes what a provider expects, and a provider's number what is shown and
 * dialled here (ITU-T E.164).
 */
#ifndef TANDEM_CONFIG_NUMBER_H
#define TANDEM_CONFIG_NUMBER_H

#include "config/country.h"

struct config;
struct peer;

enum number_form {
	NUMBER_ASIS = 0,
	NUMBER_E164,          /* +4930123 */
	NUMBER_DIGITS,        /* 4930123 */
	NUMBER_INTERNATIONAL, /* 004930123 */
	NUMBER_NATIONAL,      /* 030123; others as NUMBER_INTERNATIONAL */
};

/** The country of a line: its own, else that of the house; NULL unknown */
const struct country *number_country(const struct config *cfg,
				     const struct peer *peer);

/**
 * Write a number in another form
 *
 * What is no number, short ones (emergencies, service numbers) and those that
 * cannot be told (no country, no area code for a local number) stay as they
 * are.
 *
 * @param c     Country, NULL unknown
 * @param area  Area code for local numbers, without the national prefix; NULL
 *
 * @return 0, ENOBUFS if the result is too long
 */
int number_format(char *buf, size_t n, enum number_form form,
		  const struct country *c, const char *area,
		  const char *number);

/* with the options of a line; 0 or ENOBUFS */

/** Dialled toward it, without dialprefix: what it costs goes by this */
int number_dialled(char *buf, size_t n, const struct config *cfg,
		   const struct peer *peer, const char *number);

/** Dialled toward it: dialstrip, dialformat, dialprefix */
int number_dialled_out(char *buf, size_t n, const struct config *cfg,
		       const struct peer *peer, const char *number);

/** A caller's toward it: callerbase, callerformat */
int number_caller_out(char *buf, size_t n, const struct config *cfg,
		      const struct peer *peer, const char *number);

/** Dialled by it: indialformat */
int number_dialled_in(char *buf, size_t n, const struct config *cfg,
		      const struct peer *peer, const char *number);

/** Its caller's: incallerformat, incallerprefix */
int number_caller_in(char *buf, size_t n, const struct config *cfg,
		     const struct peer *peer, const char *number);

#endif
