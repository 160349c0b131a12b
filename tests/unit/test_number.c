/**
 * @file test_number.c  Telephone numbers as a line wants them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "config/config.h"
#include "config/number.h"

struct row {
	const char *country, *area;
	enum number_form form;
	const char *in, *out;
};


static const struct country *country(const char *name)
{
	struct pl pl;

	if (!name)
		return NULL;

	pl_set_str(&pl, name);

	return country_find(&pl);
}


static const struct row form_rows[] = {
	/* Germany: local, national, abroad, from outside */
	{"de", "30", NUMBER_E164, "1234567", "+49301234567"},
	{"de", "30", NUMBER_E164, "01711234567", "+491711234567"},
	{"de", "30", NUMBER_E164, "0044207946", "+44207946"},
	{"de", "30", NUMBER_E164, "+44207946", "+44207946"},
	{"de", "30", NUMBER_DIGITS, "030/123-45 67", "49301234567"},
	{"de", "30", NUMBER_INTERNATIONAL, "+49 (30) 1234567",
	 "0049301234567"},
	{"de", "30", NUMBER_NATIONAL, "+4930123", "030123"},
	{"de", "30", NUMBER_NATIONAL, "004930123", "030123"},
	{"de", "30", NUMBER_NATIONAL, "+44207946", "0044207946"},
	{"de", "30", NUMBER_NATIONAL, "1234567", "0301234567"},
	/* short numbers, and what is none */
	{"de", "30", NUMBER_E164, "112", "112"},
	{"de", "30", NUMBER_E164, "116117", "116117"},
	{"de", "30", NUMBER_E164, "*21#", "*21#"},
	{"de", "30", NUMBER_E164, "anna", "anna"},
	{"de", "30", NUMBER_E164, "", ""},
	{"de", "30", NUMBER_E164, "anonymous", "anonymous"},
	{"de", "30", NUMBER_E164, "+49x", "+49x"},
	/* no area code: a local number cannot be told */
	{"de", NULL, NUMBER_E164, "1234567", "1234567"},
	{"de", NULL, NUMBER_E164, "030123", "+4930123"},
	/* no country */
	{NULL, NULL, NUMBER_E164, "030123", "030123"},
	{NULL, NULL, NUMBER_INTERNATIONAL, "+4930123", "004930123"},
	{NULL, NULL, NUMBER_NATIONAL, "+4930123", "004930123"},
	/* nothing is done */
	{"de", "30", NUMBER_ASIS, "030/12", "030/12"},
	/* other plans */
	{"us", "212", NUMBER_E164, "5551234", "+12125551234"},
	{"us", "212", NUMBER_E164, "6465551234", "+16465551234"},
	{"us", "212", NUMBER_E164, "16465551234", "+16465551234"},
	{"us", "212", NUMBER_E164, "011442079", "+442079"},
	{"us", "212", NUMBER_NATIONAL, "+16465551234",
	 "16465551234"},
	{"us", "212", NUMBER_NATIONAL, "+442079", "011442079"},
	{"ru", "495", NUMBER_E164, "84951234567", "+74951234567"},
	{"ru", "495", NUMBER_E164, "4951234567", "+74951234567"},
	{"ru", "495", NUMBER_E164, "1234567", "+74951234567"},
	{"ru", "495", NUMBER_E164, "81044207", "+44207"},
	{"it", NULL, NUMBER_E164, "0612345678", "+390612345678"},
	{"it", NULL, NUMBER_NATIONAL, "+390612345678", "0612345678"},
	{"dk", NULL, NUMBER_E164, "12345678", "+4512345678"},
	{"gb", "20", NUMBER_DIGITS, "02079460000", "442079460000"},
};


static void test_forms(void **state)
{
	char buf[64];
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(form_rows); i++) {
		const struct row *r = &form_rows[i];

		assert_int_equal(number_format(buf, sizeof(buf), r->form,
					       country(r->country), r->area,
					       r->in), 0);
		if (strcmp(buf, r->out))
			fail_msg("%s in %s: %s, expected %s", r->in,
				 r->country ? r->country : "-", buf, r->out);
	}
}


static void test_line(void **state)
{
	struct peer none = {0}, line = {
		.country = (char *)"de", .areacode = (char *)"30",
		.dialstrip = 1, .dialformat = NUMBER_DIGITS,
		.dialprefix = (char *)"1234#",
		.callerbase = (char *)"+4930123",
		.callerformat = NUMBER_E164,
		.indialformat = NUMBER_NATIONAL,
		.incallerformat = NUMBER_NATIONAL,
		.incallerprefix = (char *)"0",
	};
	struct config cfg = {.defaults = &none};
	static const struct {
		int (*f)(char *, size_t, const struct config *,
			 const struct peer *, const char *);
		const char *in, *out;
	} rows[] = {
		{number_dialled, "901711234", "491711234"},
		{number_dialled_out, "901711234", "1234#491711234"},
		{number_dialled_out, "9112", "1234#112"},
		{number_dialled_out, "9", "1234#9"},
		{number_caller_out, "17", "+493012317"},
		{number_caller_out, "1001", "+49301231001"},
		{number_caller_out, "01711234", "+491711234"},
		{number_caller_out, "+44207", "+44207"},
		{number_caller_out, "anna", "anna"},
		{number_dialled_in, "+493012317", "03012317"},
		{number_dialled_in, "4930123178", "030123178"},
		{number_dialled_in, "493012", "030493012"},
		{number_caller_in, "491711234567", "001711234567"},
		{number_caller_in, "442079460000", "0030442079460000"},
		{number_dialled_in, "s", "s"},
		{number_caller_in, "+491711234", "001711234"},
		{number_caller_in, "anonymous", "anonymous"},
		{number_caller_in, "", ""},
	};
	char buf[64];
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(rows[i].f(buf, sizeof(buf), &cfg, &line,
					   rows[i].in), 0);
		assert_string_equal(buf, rows[i].out);
		assert_int_equal(rows[i].f(buf, sizeof(buf), &cfg, &none,
					   rows[i].in), 0);
		assert_string_equal(buf, rows[i].in);
	}
}


static void test_too_long(void **state)
{
	char buf[8], num[80];
	(void)state;

	memset(num, '1', sizeof(num) - 1);
	num[sizeof(num) - 1] = '\0';
	assert_int_equal(number_format(buf, sizeof(buf), NUMBER_E164,
				       country("de"), NULL, num), ENOBUFS);
	assert_int_equal(number_format(buf, sizeof(buf), NUMBER_E164,
				       country("de"), NULL, "01711234567"),
			 ENOBUFS);
	assert_int_equal(number_format(NULL, 0, NUMBER_E164, NULL, NULL, ""),
			 EINVAL);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
