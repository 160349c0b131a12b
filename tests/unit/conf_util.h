/**
 * @file tests/unit/conf_util.h  Calls that come into rooms and leave them
 */
#ifndef TANDEM_TESTS_CONF_UTIL_H
#define TANDEM_TESTS_CONF_UTIL_H

#include "apps/room.h"
#include "call_util.h"


/** Tear-down: whoever is in a room leaves it, and no room is left */
static int end_rooms(void **state)
{
	run(10);
	calls_close();
	forget_legs();
	run(10);
	assert_true(list_isempty(rooms_list()));

	return tear_down(state);
}


/**
 * A trusted call of the phone 1001 to an extension of context c
 *
 * @param name   Its channel is SIP/name-...
 * @param exten  Extension
 * @param var    Variable that is set before, NULL none
 * @param val    Value of it
 *
 * @return The call, as it is after the first step that waits
 */
static inline struct call *enter_with(const char *name, const char *exten,
				      const char *var, const char *val)
{
	struct call *call;
	struct leg *leg;

	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	call->trusted = true;
	if (var)
		assert_int_equal(0, vars_set_str(call->vars, var, val));
	leg = leg_new(call, name, config_peer(srv.cfg, "1001"), false);
	call_run(call, leg, "c", exten);

	return call;
}


static inline struct call *enter(const char *name, const char *exten)
{
	return enter_with(name, exten, NULL, NULL);
}

#endif
