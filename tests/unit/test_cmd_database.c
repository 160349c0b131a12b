/**
 * @file test_cmd_database.c  database ... on the console, as Asterisk prints
 */
#include "console_util.h"
#include "store_util.h"


static const struct {
	const char *line;
	int status;
	const char *text;
} rows[] = {
	{"database show", 0, "0 results found.\n"},
	{"database put cidname 100 \"Ann B\"", 0,
	 "Updated database successfully\n"},
	{"database put SIP/Registry 1001 192.0.2.1:5060", 0,
	 "Updated database successfully\n"},
	{"database put x 100 \"one\\\nline\"", 0,
	 "Updated database successfully\n"},
	{"database get cidname 100", 0, "Value: Ann B\n"},
	{"database get cidname 101", 1, "Database entry not found.\n"},
	{"database show", 0,
	 "/SIP/Registry/1001                                : "
	 "192.0.2.1:5060\n"
	 "/cidname/100                                      : Ann B\n"
	 "/x/100                                            : one\\x0aline\n"
	 "3 results found.\n"},
	{"database show SIP", 0,
	 "/SIP/Registry/1001                                : "
	 "192.0.2.1:5060\n"
	 "1 results found.\n"},
	{"database show cidname 101", 0, "0 results found.\n"},
	{"database showkey 100", 0,
	 "/cidname/100                                      : Ann B\n"
	 "/x/100                                            : one\\x0aline\n"
	 "2 results found.\n"},
	{"database del x 100", 0, "Database entry removed.\n"},
	{"database del x 100", 1, "Database entry does not exist.\n"},
	{"database deltree SIP", 0, "1 database entries removed.\n"},
	{"database deltree SIP", 1, "Database entries do not exist.\n"},
	{"database put \"\" key value", 1, "Failed to update entry: a name is "
	 "empty, or longer than 4096 bytes\n"},
};


static void test_rows(void **state)
{
	(void)state;
	open_store();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		exec_is(rows[i].line, rows[i].status, rows[i].text);

	exec_has("database get cidname", 1, "Usage: database get FAMILY KEY");
	exec_has("database show a b c", 1, "Usage: database show");
	complete_is("database get c", "1\ncidname\n");
	complete_is("database showkey ", "0\n100\n");

	sync_store();
	sql_is("SELECT name||'='||value FROM kv", "/cidname/100=Ann B");
}


static void test_closed(void **state)
{
	(void)state;
	exec_has("database put a b c", 1, "Failed to update entry: ");
	exec_is("database show", 0, "0 results found.\n");
}


static int setup(void **state)
{
	(void)state;
	return cmd_database_register();
}


static int teardown(void **state)
{
	(void)state;
	console_forget();
	return 0;
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, tmp_setup, tmp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_rows),
		CASE(test_closed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
