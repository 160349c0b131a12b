/**
 * @file test_cause.c  Errors, SIP status and Q.850 cause: every row there is
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "b2bua/cause.h"


/* clang-format off */
static const struct {
	uint16_t scode;
	uint8_t cause;
} from_sip[] = {
	/* chan_sip's table */
	{401, 21}, {403, 21}, {404,  1}, {407, 21}, {408, 18}, {409, 41},
	{410, 22}, {420,  3}, {480, 19}, {483, 19}, {484, 28}, {485,  1},
	{486, 17}, {488, 58}, {500, 38}, {501, 29}, {502, 27}, {503, 34},
	{504, 102}, {600, 17}, {603, 21}, {604, 1}, {606, 58},
	/* the rest by class */
	{200, 16}, {100, 16}, {300, 127}, {400, 127}, {402, 127}, {487, 127},
	{499, 127}, {505, 34}, {599, 34}, {601, 127}, {699, 127}, {0, 16},
};

static const struct {
	uint8_t cause;
	uint16_t scode;
	const char *text;
} to_sip[] = {
	{  1, 404, "Unallocated (unassigned) number"},
	{  2, 404, "No route to specified transit network"},
	{  3, 404, "No route to destination"},
	{ 16, 603, "Normal Clearing"},
	{ 17, 486, "User busy"},
	{ 18, 408, "No user responding"},
	{ 19, 480, "User alerting, no answer"},
	{ 20, 480, "Subscriber absent"},
	{ 21, 403, "Call Rejected"},
	{ 22, 410, "Number changed"},
	{ 26, 480, "Call completed elsewhere"},
	{ 27, 502, "Destination out of order"},
	{ 28, 484, "Invalid number format"},
	{ 29, 501, "Facility rejected"},
	{ 31, 480, "Normal, unspecified"},
	{ 34, 503, "Circuit/channel congestion"},
	{ 38, 500, "Network out of order"},
	{ 41, 603, "Temporary failure"},
	{ 42, 503, "Switching equipment congestion"},
	{ 44, 603, "Requested channel not available"},
	{ 58, 488, "Bearer capability not available"},
	{ 66, 503, "Channel not implemented"},
	{102, 504, "Recovery on timer expiry"},
	{127, 500, "Interworking, unspecified"},
	/* none of ours */
	{  0, 603, "Unknown"},
	{ 99, 603, "Unknown"},
	{255, 603, "Unknown"},
};

static const struct {
	int err;
	uint16_t scode;
} errors[] = {
	{EPROTO, 400}, {EBADMSG, 400}, {EPERM, 403}, {EACCES, 403},
	{ENOENT, 404}, {ETIMEDOUT, 408}, {E2BIG, 413}, {ENOTSUP, 488},
	{ENOBUFS, 503}, {EMFILE, 503}, {ENFILE, 503}, {ECONNREFUSED, 503},
	{EHOSTUNREACH, 503}, {ENETUNREACH, 503}, {ECONNRESET, 503},
	{ENOMEM, 500}, {EINVAL, 500}, {0, 500}, {-1, 500},
};

static const struct {
	struct pl text;
	uint8_t cause;
} words[] = {
	{PL_LIT("16"), 16}, {PL_LIT("017"), 17}, {PL_LIT("127"), 127},
	{PL_LIT("128"), 0}, {PL_LIT("-1"), 0}, {PL_LIT("1 "), 0},
	{PL_LIT("99999999999999999999"), 0}, {PL_LIT(""), 0},
	{PL_LIT("BUSY"), 17}, {PL_LIT("busy"), 17},
	{PL_LIT("NORMAL_CLEARING"), 16}, {PL_LIT("Call_Rejected"), 21},
	{PL_LIT("UNALLOCATED"), 1}, {PL_LIT("NO_ANSWER"), 19},
	{PL_LIT("CONGESTION"), 34}, {PL_LIT("INTERWORKING"), 127},
	{PL_LIT("BUS"), 0}, {PL_LIT("BUSYX"), 0},
};

static const struct {
	struct pl val;
	uint8_t cause;
} reasons[] = {
	{PL_LIT("Q.850;cause=16;text=\"Normal\""), 16},
	{PL_LIT("q.850 ; cause=17"), 17},
	{PL_LIT("Q.850;text=\"x;cause=3\";cause=21"), 21},
	{PL_LIT("Q.850;cause=128"), 0},
	{PL_LIT("Q.850;cause=x"), 0},
	{PL_LIT("Q.850;cause="), 0},
	{PL_LIT("Q.850"), 0},
	{PL_LIT("SIP;cause=200;text=\"Call completed elsewhere\""), 26},
	{PL_LIT("SIP;cause=486"), 17},
	{PL_LIT("SIP;cause=699"), 127},
	{PL_LIT("SIP;cause=700"), 0},
	{PL_LIT("SIP;cause=16"), 0},
	{PL_LIT("Preemption;cause=5"), 0},
	{PL_LIT("Q.8501;cause=16"), 0},
	{PL_LIT(";cause=16"), 0},
	{PL_LIT(""), 0},
};
/* clang-format on */


static void test_cause_of_a_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(from_sip); i++) {
		const uint8_t got = cause_from_sip(from_sip[i].scode);

		if (got != from_sip[i].cause)
			fail_msg("%u: %u", from_sip[i].scode, got);
	}
}


static void test_status_and_text_of_a_cause(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(to_sip); i++) {
		assert_int_equal(cause_to_sip(to_sip[i].cause),
				 to_sip[i].scode);
		assert_string_equal(cause_text(to_sip[i].cause),
				    to_sip[i].text);
	}
}


/* An unanswered leg is always refused with a final error */
static void test_every_cause_has_a_refusal(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		assert_in_range(cause_to_sip((uint8_t)i), 400, 699);
		assert_non_null(cause_text((uint8_t)i));
	}
}


static void test_every_status_has_a_cause(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_in_range(cause_from_sip((uint16_t)i), 1, 127);
}


static void test_status_of_an_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		assert_int_equal(cause_sip_from_err(errors[i].err),
				 errors[i].scode);
}


static void test_cause_by_number_or_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const uint8_t got = cause_decode(&words[i].text);

		if (got != words[i].cause)
			fail_msg("'%.*s': %u", (int)words[i].text.l,
				 words[i].text.p, got);
	}

	assert_int_equal(cause_decode(NULL), 0);
}


static void test_cause_of_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		const uint8_t got = cause_from_reason(&reasons[i].val);

		if (got != reasons[i].cause)
			fail_msg("'%.*s': %u", (int)reasons[i].val.l,
				 reasons[i].val.p, got);
	}

	assert_int_equal(cause_from_reason(NULL), 0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cause_of_a_status),
		cmocka_unit_test(test_status_and_text_of_a_cause),
		cmocka_unit_test(test_every_cause_has_a_refusal),
		cmocka_unit_test(test_every_status_has_a_cause),
		cmocka_unit_test(test_status_of_an_error),
		cmocka_unit_test(test_cause_by_number_or_word),
		cmocka_unit_test(test_cause_of_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
