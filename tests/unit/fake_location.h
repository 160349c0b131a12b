/**
 * @file tests/unit/fake_location.h  Where phones are: nowhere in particular
 *
 * A phone without an address of its own is there unless reach_err says why
 * not; with as many devices as it may have.
 */
#ifndef TANDEM_TESTS_FAKE_LOCATION_H
#define TANDEM_TESTS_FAKE_LOCATION_H

#include "b2bua/location.h"
#include "b2bua/app.h"

static int reach_err;


int location_target(const struct peer *peer, struct sx_target *t,
		    const char **uri, bool *known)
{
	return location_target_at(peer, 0, t, uri, known);
}


int location_target_at(const struct peer *peer, uint32_t i,
		       struct sx_target *t, const char **uri, bool *known)
{
	(void)t;
	*uri = NULL;
	*known = false;

	if (i && i >= peer->maxcontacts)
		return ENOENT;

	return peer->dynamic ? reach_err : 0;
}


const char *location_path(const struct peer *peer, uint32_t i)
{
	(void)peer;
	(void)i;

	return NULL;
}


struct place *location_find(const char *name)
{
	return NULL;
}


uint32_t binding_left_s(const struct binding *b)
{
	return 0;
}


const char *qualify_state_name(enum qualify_state st)
{
	return st == QUALIFY_UNMONITORED ? "UNMONITORED" : "UNKNOWN";
}

#endif
