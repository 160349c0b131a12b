/**
 * @file tests/unit/nat_util.h  Addresses of a phone and its NAT, as in rows
 */
#ifndef TANDEM_TESTS_NAT_UTIL_H
#define TANDEM_TESTS_NAT_UTIL_H

#include <string.h>
#include "base/compat.h"

#define PUB "203.0.113.7:5060"
#define OTHER "203.0.113.7:40001"
#define IN "192.168.1.5:5060"


/** "ip:port" or "ip"; NULL is none */
static inline struct sa addr(const char *text)
{
	struct sa sa;

	sa_init(&sa, AF_UNSPEC);
	if (text && sa_decode(&sa, text, strlen(text)))
		(void)sa_set_str(&sa, text, 0);

	return sa;
}

#endif
