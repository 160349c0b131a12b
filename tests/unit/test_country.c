/**
 * @file tests/unit/test_country.c  Which numbers are abroad or cost extra
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "config/country.h"


static const struct country *find(const char *name)
{
	struct pl pl;

	if (!name)
		return NULL;

	pl_set_str(&pl, name);
	return country_find(&pl);
}


/* clang-format off */
static const struct {
	const char *country, *number, *kind;
} rows[] = {
	{NULL, "0301234567",        "plain"},
	{NULL, "00441632960000",    "abroad"},
	{NULL, "+441632960000",     "abroad"},
	{NULL, "011441632960000",   "plain"},  /* Turin, for all we know */
	{NULL, "112",               "plain"},
	{NULL, "000",               "plain"},
	{NULL, "09001234567",       "plain"},
	{NULL, "1001",              "plain"},
	{NULL, "",                  "plain"},

	{"de", "0301234567",        "plain"},
	{"DE", "00441632960000",    "abroad"},
	{"de", "0049301234567",     "plain"},
	{"de", "+49301234567",      "plain"},
	{"de", "+49 (30) 123-45.67", "plain"},
	{"de", "+499001234567",     "premium"},
	{"de", "00499001234567",    "premium"},
	{"de", "0900 123456",       "premium"},
	{"de", "900123",            "plain"},  /* a local number */
	{"de", "01013004412345",    "premium"}, /* call by call */
	{"de", "*31#00441632960000", "abroad"},
	{"de", "#31#00441632960000", "abroad"},
	{"de", "*31#0301234567",    "plain"},
	{"de", "**21*00441632960000#", "abroad"},
	{"de", " 00441632960000",   "abroad"},
	{"de", "0-0441632960000",   "abroad"},
	{"de", "0/0441632960000",   "abroad"},
	{"de", "++441632960000",    "odd"},
	{"de", "0+0441632960000",   "odd"},
	{"de", "00441632960000;phone-context=+1", "odd"},
	{"de", "1;isub=5",          "odd"},
	{"de", "500&SIP/trunk/00441632960000", "odd"},
	{"de", "\xef\xbc\x90\xef\xbc\x90" "441632960000", "odd"},
	{"de", "0%30441632960000",  "odd"},
	{"de", "tel:0301234567",    "odd"},
	{"de", "0301234567\n",      "odd"},

	{"uk", "02079460000",       "plain"},
	{"gb", "0909 8790000",      "premium"},
	{"gb", "+44 909 8790000",   "premium"},
	{"us", "12125550123",       "plain"},
	{"us", "2125550123",        "plain"},
	{"us", "+12125550123",      "plain"},
	{"us", "0114416329600",     "abroad"},
	{"us", "004416329600",      "abroad"},
	{"us", "18765550123",       "abroad"}, /* Jamaica */
	{"us", "8765550123",        "abroad"},
	{"us", "+18765550123",      "abroad"},
	{"us", "14165550123",       "abroad"}, /* Canada */
	{"ca", "14165550123",       "plain"},
	{"ca", "12125550123",       "abroad"},
	{"us", "19005550123",       "premium"},
	{"us", "9005550123",        "premium"},
	{"us", "911",               "plain"},
	{"au", "000",               "plain"},
	{"au", "001144163296",      "abroad"},
	{"it", "0115551234",        "plain"},
	{"ru", "84951234567",       "plain"},
	{"ru", "+74951234567",      "plain"},
	{"ru", "8104416329600",     "abroad"},
	{"ru", "88095551234",       "premium"},
	{"jp", "0104416329600",     "abroad"},
};
/* clang-format on */


static void test_kinds(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum number_kind kind = number_kind(find(rows[i].country),
						    NULL, rows[i].number);

		if (strcmp(number_kind_name(kind), rows[i].kind))
			fail_msg("%s in %s: %s", rows[i].number,
				 rows[i].country ? rows[i].country : "-",
				 number_kind_name(kind));
	}
}


static void test_own_premium_list(void **state)
{
	(void)state;

	assert_int_equal(number_kind(find("de"), "0137, 0123", "0123456"),
			 NUMBER_PREMIUM);
	assert_int_equal(number_kind(find("de"), "0137", "09001234567"),
			 NUMBER_PLAIN);
	assert_int_equal(number_kind(NULL, "0900", "09001234567"),
			 NUMBER_PREMIUM);
	assert_int_equal(number_kind(find("de"), NULL, NULL), NUMBER_ODD);
}


/* Every row is one that the classifier can use */
static void test_table(void **state)
{
	const struct country *c;
	char number[64];

	(void)state;

	for (size_t i = 0; (c = country_at(i)); i++) {
		assert_ptr_equal(find(c->name), c);
		assert_int_equal(strlen(c->name), 2);
		assert_true(c->abroad[0] && c->premium[0] && c->code[0]);

		(void)re_snprintf(number, sizeof(number), "+%s2125550123",
				  c->code);
		if (!strcmp(c->name, "ca"))
			continue;
		if (number_kind(c, NULL, number) != NUMBER_PLAIN)
			fail_msg("%s is not at home", number);
	}

}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_own_premium_list),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
