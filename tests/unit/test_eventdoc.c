/**
 * @file tests/unit/test_eventdoc.c  Documents of lamps, byte for byte
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "b2bua/eventdoc.h"
#include "b2bua/mwi.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
#define INFO HEAD "<dialog-info xmlns=\"urn:ietf:params:xml:ns:"             \
	"dialog-info\" version=\"7\" state=\"full\" "                        \
	"entity=\"sip:1002@h\">\r\n"


static void check(struct mbuf *mb, const char *want)
{
	char got[4096];

	assert_true(mb->end < sizeof(got));
	memcpy(got, mb->buf, mb->end);
	got[mb->end] = '\0';
	assert_string_equal(got, want);
	mem_deref(mb);
}


static void test_dialog_info(void **state)
{
	static const struct {
		enum devstate st;
		const char *want;
	} rows[] = {
		{DEV_NOT_INUSE, "<state>terminated</state>\r\n"},
		{DEV_UNAVAILABLE, "<state>terminated</state>\r\n"},
		{DEV_UNKNOWN, "<state>terminated</state>\r\n"},
		{DEV_INUSE, "<state>confirmed</state>\r\n"},
		{DEV_BUSY, "<state>confirmed</state>\r\n"},
		{DEV_ONHOLD,
		 "<state>confirmed</state>\r\n<local>\r\n"
		 "<identity>sip:1002@h</identity>\r\n"
		 "<target uri=\"sip:1002@h\"><param pname=\"+sip.rendering\" "
		 "pvalue=\"no\"/></target>\r\n</local>\r\n"},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct eventdoc doc = {.entity = "sip:1002@h",
				       .id = "1002",
				       .state = rows[i].st,
				       .version = 7};
		struct mbuf *mb = mbuf_alloc(64);
		char want[1024];

		(void)re_snprintf(want, sizeof(want),
				  INFO "<dialog id=\"1002\">\r\n%s</dialog>"
				  "\r\n</dialog-info>\r\n", rows[i].want);
		assert_int_equal(eventdoc_dialog(mb, &doc), 0);
		check(mb, want);
	}
}


static void test_dialog_info_rings(void **state)
{
	struct eventdoc doc = {
		.entity = "sip:1002@h",
		.id = "1002",
		.state = DEV_RINGING,
		.version = 7,
		.callid = "a&b",
		.phone_tag = "p",
		.our_tag = "o",
		.caller_name = "<Anna \"A\">\n",
		.caller_uri = "sip:1001@h",
	};
	struct mbuf *mb = mbuf_alloc(64);

	(void)state;

	assert_int_equal(eventdoc_dialog(mb, &doc), 0);
	check(mb, INFO
	      "<dialog id=\"1002\" call-id=\"a&amp;b\" local-tag=\"p\" "
	      "remote-tag=\"o\" direction=\"recipient\">\r\n"
	      "<state>early</state>\r\n"
	      "<local>\r\n<identity>sip:1002@h</identity>\r\n"
	      "<target uri=\"sip:1002@h\"></target>\r\n</local>\r\n"
	      "<remote>\r\n<identity display=\"&lt;Anna &quot;A&quot;&gt;\">"
	      "sip:1001@h</identity>\r\n<target uri=\"sip:1001@h\"/>\r\n"
	      "</remote>\r\n</dialog>\r\n</dialog-info>\r\n");

	/* its identity is shown as a whole or not at all */
	doc.phone_tag = NULL;
	doc.caller_uri = NULL;
	mb = mbuf_alloc(64);
	assert_int_equal(eventdoc_dialog(mb, &doc), 0);
	check(mb, INFO
	      "<dialog id=\"1002\" direction=\"recipient\">\r\n"
	      "<state>early</state>\r\n"
	      "<local>\r\n<identity>sip:1002@h</identity>\r\n"
	      "<target uri=\"sip:1002@h\"></target>\r\n</local>\r\n"
	      "</dialog>\r\n</dialog-info>\r\n");
}


static void test_presence(void **state)
{
	static const struct {
		enum devstate st;
		const char *basic, *note;
		bool phone;
	} rows[] = {
		{DEV_NOT_INUSE, "open", "Ready", false},
		{DEV_RINGING, "open", "Ringing", false},
		{DEV_INUSE, "open", "On the phone", true},
		{DEV_BUSY, "open", "Busy", true},
		{DEV_RINGINUSE, "open", "Ringing, on the phone", true},
		{DEV_ONHOLD, "open", "On hold", true},
		{DEV_UNAVAILABLE, "closed", "Unavailable", false},
		{DEV_INVALID, "closed", "Unavailable", false},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct eventdoc doc = {.entity = "sip:\"<x>@h",
				       .state = rows[i].st};
		struct mbuf *mb = mbuf_alloc(64);
		char want[2048];

		(void)re_snprintf(
			want, sizeof(want),
			HEAD "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
			"xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
			"xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" "
			"entity=\"sip:&quot;&lt;x&gt;@h\">\r\n"
			"<tuple id=\"t1\">\r\n<status><basic>%s</basic>"
			"</status>\r\n<contact priority=\"1\">"
			"sip:&quot;&lt;x&gt;@h</contact>\r\n<note>%s</note>"
			"\r\n</tuple>\r\n%s</presence>\r\n", rows[i].basic,
			rows[i].note,
			rows[i].phone
				? "<dm:person id=\"p1\"><rpid:activities>"
				  "<rpid:on-the-phone/></rpid:activities>"
				  "</dm:person>\r\n"
				: "");
		assert_int_equal(eventdoc_presence(mb, &doc), 0);
		check(mb, want);
	}
}


static void test_options(void **state)
{
	static const struct {
		enum devstate st;
		bool ringing, hold;
		enum devstate want;
	} rows[] = {
		{DEV_RINGING, true, false, DEV_RINGING},
		{DEV_RINGING, false, false, DEV_NOT_INUSE},
		{DEV_RINGINUSE, false, true, DEV_INUSE},
		{DEV_RINGINUSE, true, true, DEV_RINGINUSE},
		{DEV_ONHOLD, true, false, DEV_INUSE},
		{DEV_ONHOLD, true, true, DEV_ONHOLD},
		{DEV_BUSY, false, false, DEV_BUSY},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(eventdoc_state(rows[i].st, rows[i].ringing,
						rows[i].hold), rows[i].want);
}


static void test_messages(void **state)
{
	static const struct {
		struct mwi_count n;
		const char *want;
	} rows[] = {
		{{0, 0}, "Messages-Waiting: no\r\nMessage-Account: sip:a@h\r\n"
			 "Voice-Message: 0/0 (0/0)\r\n"},
		{{0, 7}, "Messages-Waiting: no\r\nMessage-Account: sip:a@h\r\n"
			 "Voice-Message: 0/7 (0/0)\r\n"},
		{{2, 1}, "Messages-Waiting: yes\r\nMessage-Account: sip:a@h"
			 "\r\nVoice-Message: 2/1 (0/0)\r\n"},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mbuf *mb = mbuf_alloc(64);

		assert_int_equal(mwi_print_body(mb, &rows[i].n, "sip:a@h"), 0);
		check(mb, rows[i].want);
	}
}


static void test_mailbox_lists(void **state)
{
	static const struct {
		const char *list, *box;
		bool want;
	} rows[] = {
		{"100@default", "100@default", true},
		{"100", "100@default", true},
		{"100@default", "100", true},
		{" 1 , 100@sales", "100@sales", true},
		{"100@sales", "100", false},
		{"1000", "100", false},
		{"", "100", false},
		{NULL, "100", false},
		{"../x@default", "../x", false}, /* names no mailbox */
		{"..@default", "..", false},
		{"a b", "a b", false},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(mwi_list_has(rows[i].list, rows[i].box),
				 rows[i].want);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialog_info),
		cmocka_unit_test(test_dialog_info_rings),
		cmocka_unit_test(test_presence),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_mailbox_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
