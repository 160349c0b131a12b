/**
 * @file tests/unit/test_replaces.c  Replaces, and who may pick up
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "b2bua/transfer.h"


static void test_decode(void **state)
{
	static const struct {
		const char *text;
		bool escaped;
		int err;
		const char *callid, *to, *from;
		bool early;
	} rows[] = {
		{"a@h;to-tag=1;from-tag=2", false, 0, "a@h", "1", "2", false},
		{"a@h ; FROM-TAG = 2 ; To-Tag = 1 ; early-only", false, 0,
		 "a@h", "1", "2", true},
		{"a;to-tag=1;x=y;z;from-tag=2", false, 0, "a", "1", "2",
		 false},
		{"a%40h%3Bto-tag%3D1%3Bfrom-tag%3D2%3Bearly-only", true, 0,
		 "a@h", "1", "2", true},
		{"a%40h;to-tag=1;from-tag=2", false, 0, "a%40h", "1", "2",
		 false},
		{"", false, EBADMSG, "", "", "", false},
		{"a", false, EBADMSG, "", "", "", false},
		{"a;to-tag=1", false, EBADMSG, "", "", "", false},
		{"a;to-tag=;from-tag=2", false, EBADMSG, "", "", "", false},
		{";to-tag=1;from-tag=2", false, EBADMSG, "", "", "", false},
		{"a%00;to-tag=1;from-tag=2", true, EBADMSG, "", "", "",
		 false},
		{"a%4;to-tag=1;from-tag=2", true, EBADMSG, "", "", "", false},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct replaces r;
		struct pl pl;

		pl_set_str(&pl, rows[i].text);
		assert_int_equal(replaces_decode(&r, &pl, rows[i].escaped),
				 rows[i].err);
		if (rows[i].err)
			continue;

		assert_string_equal(r.callid, rows[i].callid);
		assert_string_equal(r.to_tag, rows[i].to);
		assert_string_equal(r.from_tag, rows[i].from);
		assert_int_equal(r.early_only, rows[i].early);
	}
}


static void test_too_long(void **state)
{
	static const char *const forms[] = {
		"%s;to-tag=1;from-tag=2",
		"a;to-tag=%s;from-tag=2",
		"a;to-tag=1;from-tag=%s",
	};
	char word[2000], text[2100];

	(void)state;

	for (size_t n = 255; n < sizeof(word); n += 1700) {
		memset(word, 'x', n);
		word[n] = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
			struct replaces r;
			struct pl pl;

			(void)re_snprintf(text, sizeof(text), forms[i], word);
			pl_set_str(&pl, text);
			assert_int_equal(replaces_decode(&r, &pl, false),
					 n < 256 ? 0 : EBADMSG);
		}
	}
}


static void test_pickup(void **state)
{
	static const struct {
		uint64_t pick, call;
		const char *named_pick, *named_call, *pick_ctx, *call_ctx;
		bool want;
	} rows[] = {
		{2, 2, NULL, NULL, "a", "b", true},
		{2, 6, NULL, NULL, "a", "b", true},
		{1, 2, NULL, NULL, "a", "a", false},
		{0, 2, NULL, NULL, "a", "a", false},
		{0, 0, NULL, NULL, "a", "a", true},
		{0, 0, NULL, NULL, "a", "b", false},
		{0, 0, "sales, x", "y,sales", "a", "b", true},
		{0, 0, "sales", "salesmen", "a", "a", false},
		{0, 0, ",", ",", "a", "b", false},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct peer who, whose;

		memset(&who, 0, sizeof(who));
		memset(&whose, 0, sizeof(whose));
		who.name = (char *)(uintptr_t)"1";
		who.pickupgroup = rows[i].pick;
		who.namedpickupgroup = (char *)(uintptr_t)rows[i].named_pick;
		who.context = (char *)(uintptr_t)rows[i].pick_ctx;
		whose.name = (char *)(uintptr_t)"2";
		whose.callgroup = rows[i].call;
		whose.namedcallgroup = (char *)(uintptr_t)rows[i].named_call;
		whose.context = (char *)(uintptr_t)rows[i].call_ctx;
		assert_int_equal(replaces_may_pickup(&who, &whose),
				 rows[i].want);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_pickup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
