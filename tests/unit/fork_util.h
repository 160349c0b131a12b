/**
 * @file tests/unit/fork_util.h  What the tests of Dial share
 */
#ifndef TANDEM_TESTS_FORK_UTIL_H
#define TANDEM_TESTS_FORK_UTIL_H

#include "b2bua/fork.h"
#include "call_util.h"

#define FORK_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static const char simple_plan[] =
	"[c]\nexten => 1,1,Dial(SIP/1002,20)\nexten => 1,2,NoOp(on)\n"
	"exten => h,1,NoOp(${DIALSTATUS})\n";

#endif
