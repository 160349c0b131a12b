/**
 * @file config/country.h  Numbering plans: what is abroad, what costs extra
 *
 * Any thread; static tables (ITU-T E.164 and the countries' own plans).
 */
#ifndef TANDEM_CONFIG_COUNTRY_H
#define TANDEM_CONFIG_COUNTRY_H

#include "base/compat.h"

struct country {
	const char *name;     /* ISO 3166, lower case */
	const char *code;     /* E.164 country code */
	const char *abroad;   /* prefixes dialled for abroad, blanks between */
	const char *national; /* prefix before the area code, "" none */
	const char *premium;  /* national prefixes with it, blanks between */
};

/** By its code ("uk" is "gb", case ignored); NULL if unknown */
const struct country *country_find(const struct pl *name);

/** Entry number i for lists, NULL at the end */
const struct country *country_at(size_t i);

enum number_kind {
	NUMBER_PLAIN = 0,
	NUMBER_ABROAD,
	NUMBER_PREMIUM,
	NUMBER_ODD, /* not a phone number: what the far end makes of it is not
		       known */
};

/**
 * What a number is that is sent to a trunk
 *
 * Separators ("-", ".", "(" ...) and service codes ("*31#") in front do not
 * count.  "00" is abroad wherever it is, and without a country "+", too.
 * Numbers of up to three digits are plain: emergencies.
 *
 * @param c        Country, NULL if not known
 * @param premium  Comma list that replaces the country's, NULL none
 */
enum number_kind number_kind(const struct country *c, const char *premium,
			     const char *number);

/** "plain", "abroad" ... */
const char *number_kind_name(enum number_kind kind);

#endif
