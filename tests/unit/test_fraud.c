/**
 * @file tests/unit/test_fraud.c  What leaves through a trunk, and who pays
 */
#include "call_util.h"
#include "b2bua/fork.h"
#include "base/count.h"

static const char sip_fraud[] =
	"[general]\ncontext=default\n"
	"[1001]\ntype=friend\nhost=dynamic\nsecret=s3cr3t-1001\n"
	"context=office\n%s"
	"[1002]\ntype=friend\nhost=dynamic\nsecret=s3cr3t-1002\n"
	"context=office\ninternational=yes\npremium=yes\n"
	"maxcallsperminute=3\nmaxminutesperday=2\n"
	"[desk]\ntype=friend\nhost=192.0.2.8\nsecret=s3cr3t-desk\n"
	"context=office\n"
	"[trunk]\ntype=peer\nhost=192.0.2.7\ncontext=in\n"
	"[backup]\ntype=peer\nhost=192.0.2.9\ncontext=in\n";

static const char plan_fraud[] =
	"[office]\n"
	"exten => _X!,1,Dial(SIP/trunk/${EXTEN},20)\n"
	" same => n,NoOp(${DIALSTATUS})\n"
	"exten => _+X!,1,Dial(SIP/${EXTEN}@trunk,20)\n"
	"exten => _E.,1,Dial(SIP/trunk/+49${EXTEN:1},20)\n"
	"exten => _P.,1,Dial(SIP/trunk/00${EXTEN:1},20)\n"
	"exten => fix,1,Dial(SIP/trunk/00441632960000,20)\n"
	"exten => uri,1,Dial(SIP/00441632960000@192.0.2.50,20)\n"
	"exten => name,1,Dial(SIP/ann@192.0.2.50,20)\n"
	"exten => desk,1,Dial(SIP/desk,20)\n"
	"exten => fwd,1,Dial(SIP/1002,20)\n"
	"exten => fwd1,1,Dial(SIP/1001,20)\n"
	"exten => local,1,Dial(Local/00441632960000@office,20)\n"
	"exten => two,1,Dial(SIP/trunk/0301,20)\n"
	" same => n,Dial(SIP/backup/0301,20)\n"
	"[in]\n"
	"exten => _X!,1,Dial(SIP/backup/${EXTEN},20)\n";


static void load(const char *lines, const char *guard)
{
	char text[2048];

	srv.plan = mem_deref(srv.plan);
	srv.cfg = mem_deref(srv.cfg);
	(void)re_snprintf(text, sizeof(text), sip_fraud, lines);
	put_file("sip.conf", text);
	(void)re_snprintf(text, sizeof(text),
			  "[directories]\nmoh=moh\n[guard]\n%s", guard);
	put_file("tandem.conf", text);
	put_file("extensions.conf", plan_fraud);
	assert_int_equal(config_load(&srv.cfg, tmp_dir, NULL, NULL), 0);
	assert_int_equal(dialplan_index_alloc(&srv.plan, srv.cfg->dialplan,
					      NULL, NULL),
			 0);
}


/* NULL: a guest */
static struct call *dial(const char *who, const char *context,
			 const char *exten)
{
	struct call *call;
	struct leg *leg;

	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	call->trusted = who != NULL;
	leg = leg_new(call, who ? who : "guest",
		      who ? config_peer(srv.cfg, who) : srv.cfg->defaults,
		      false);
	call_run(call, leg, context, exten);
	run(10);

	return call;
}


/* A call that was refused may have gone by now */
static bool alive(const struct call *call)
{
	struct le *le;

	LIST_FOREACH(calls_list(), le)
	{
		if (le->data == call)
			return true;
	}

	return false;
}


/* The legs that the last call has placed */
static unsigned placed(const struct call *call)
{
	unsigned n = 0;
	struct le *le;

	if (!alive(call))
		return 0;

	LIST_FOREACH(&call->legs, le)
	{
		const struct leg *leg = le->data;

		n += leg->outgoing;
	}

	return n;
}


static void hang_up(struct call *call)
{
	if (alive(call))
		call_end(call, 0);
	run(100);
	forget_legs();
}


static bool goes(const char *who, const char *exten)
{
	struct call *call = dial(who, "office", exten);
	bool ok = placed(call) == 1;

	hang_up(call);

	return ok;
}


/* clang-format off */
static const struct {
	const char *guard, *lines, *who, *exten;
	bool goes;
} rows[] = {
	{"", "", "1001", "0301234567", true},
	{"", "", "1001", "00441632960000", false},
	{"", "", "1001", "+441632960000", false},
	{"", "", "1001", "112", true},
	{"", "", "1001", "000", true},
	{"", "international=yes\n", "1001", "00441632960000", true},
	{"", "", "1002", "00441632960000", true},
	{"", "", "desk", "00441632960000", true},  /* static: not said is yes */
	{"", "", "trunk", "00441632960000", true},
	{"", "", NULL, "0301234567", false},
	{"", "", NULL, "112", false},
	{"", "", NULL, "desk", true},              /* no number: a phone */
	{"", "", "1001", "desk", true},
	{"", "", "1001", "fwd", true},

	/* what the plan itself says is the administrator's choice */
	{"", "", "1001", "fix", true},
	{"", "", "1001", "E301234567", true},
	{"", "", "1001", "P441632960000", false},
	{"country=de\n", "", "1001", "E301234567", true},
	{"country=gb\n", "", "1001", "E301234567", false},

	/* a host that is no peer */
	{"", "", "1001", "uri", true},
	{"", "", NULL, "uri", false},
	{"", "", NULL, "name", true},

	/* country */
	{"country=de\n", "", "1001", "0049301234567", true},
	{"country=de\n", "", "1001", "+49301234567", true},
	{"country=de\n", "", "1001", "09001234567", false},
	{"country=de\n", "premium=yes\n", "1001", "09001234567", true},
	{"country=de\npremium=0137\n", "", "1001", "09001234567", true},
	{"country=de\npremium=0137\n", "", "1001", "01371234567", false},
	{"country=us\n", "", "1001", "011441632960000", false},
	{"", "", "1001", "011441632960000", true},

	/* tricks */
	{"", "", "1001", "0-0441632960000", false},
	{"", "", "1001", "0 0441632960000", false},
	{"", "", "1001", "00441632960000;phone-context=+1", false},
	{"", "", "1001", "5&SIP/trunk/00441632960000", false},
	{"", "", "1001", "local", false}, /* ${EXTEN} is never the plan's */
};
/* clang-format on */


static void test_who_may_call_what(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		load(rows[i].lines, rows[i].guard);
		if (goes(rows[i].who, rows[i].exten) == rows[i].goes)
			continue;

		fail_msg("%s%s%s to %s: %d", rows[i].guard, rows[i].lines,
			 rows[i].who ? rows[i].who : "a guest", rows[i].exten,
			 !rows[i].goes);
	}
}


/* Refused as a call that was rejected; the plan goes on */
static void test_what_the_plan_sees(void **state)
{
	struct call *call;

	load("", "");
	call = dial("1001", "office", "00441632960000");
	run(100);
	trace_has("CHANUNAVAIL");
	(void)call;
	legc = 0;
}


static void test_calls_per_minute(void **state)
{
	uint64_t before = count_get(COUNT_FRAUD_RATE);
	struct call *call;

	load("", "");
	assert_true(goes("1002", "0301"));
	assert_true(goes("1002", "0302"));

	/* one call that tries two trunks is one */
	call = dial("1002", "office", "two");
	refuse(newest(), 503);
	run(10);
	assert_int_equal(placed(call), 1);
	assert_string_equal(newest()->peer->name, "backup");
	hang_up(call);

	assert_false(goes("1002", "0304"));
	assert_false(goes("1002", "0305"));
	assert_int_equal(count_get(COUNT_FRAUD_RATE) - before, 2);

	/* others are not bound by it, nor is what does not leave */
	assert_true(goes("1001", "0301"));
	assert_true(goes("1002", "desk"));

	run(20000);
	assert_true(goes("1002", "0306"));
	assert_false(goes("1002", "0307"));
}


static void test_minutes_per_day(void **state)
{
	struct call *call;

	load("", "");
	call = dial("1002", "office", "00441632960000");
	run(10000);
	assert_int_equal(fraud_used_s("1002"), 0); /* it only rings */
	pick_up(newest());
	run(60000);
	assert_in_range(fraud_used_s("1002"), 56, 60);
	hang_up(call);
	run(3000);
	assert_in_range(fraud_used_s("1002"), 56, 64);
	assert_non_null(strstr(store_db_get("fraud/used", "1002"), " "));

	/* plain calls cost nothing */
	call = dial("1002", "office", "0301");
	pick_up(newest());
	run(600000);
	hang_up(call);
	assert_in_range(fraud_used_s("1002"), 56, 64);

	/* the rest of the two minutes, then it is ended */
	call = dial("1002", "office", "00441632960000");
	pick_up(newest());
	run(50000);
	assert_int_equal(newest()->st, LEG_CONFIRMED);
	run(16000);
	assert_true(newest()->st >= LEG_ENDING);
	hang_up(call);
	run(60000);
	assert_false(goes("1002", "00441632960000"));
	assert_true(goes("1002", "0301"));

	/* a restart does not forget */
	fraud_close();
	assert_int_equal(fraud_init(), 0);
	assert_true(fraud_used_s("1002") >= 120);
	assert_false(goes("1002", "00441632960000"));
}


/* Another process, from which this one took over or the other way round,
 * counts its own calls meanwhile */
static void test_minutes_of_two_processes(void **state)
{
	struct call *call;
	char val[64];

	(void)state;
	load("", "");
	call = dial("1002", "office", "00441632960000");
	pick_up(newest());
	run(62000);
	assert_in_range(fraud_used_s("1002"), 60, 64);
	str_ncpy(val, store_db_get("fraud/used", "1002"), sizeof(val));
	(void)re_snprintf(strchr(val, ' '), 8, " %u", 100);
	assert_int_equal(store_db_put("fraud/used", "1002", val), 0);
	assert_in_range(fraud_used_s("1002"), 100, 104);
	run(10000);
	hang_up(call);
	run(3000);
	assert_in_range(fraud_used_s("1002"), 110, 116);
	(void)re_snprintf(strchr(val, ' '), 8, " %u", 130);
	assert_int_equal(store_db_put("fraud/used", "1002", val), 0);
	assert_false(goes("1002", "00441632960000"));
	fraud_close();
	assert_string_equal(store_db_get("fraud/used", "1002"), val);
	assert_int_equal(fraud_init(), 0);
}


/* A forward is the forwarder's call */
static void test_forward(void **state)
{
	struct call *call;
	struct leg_event ev = {.type = LEG_EV_FAILED, .scode = 302,
			       .contact = "sip:00441632960000@x"};

	/* 1001 may not, 1002 may: it is 1002's phone that forwards */
	load("", "");
	call = dial("1001", "office", "fwd");
	ending(newest());
	event(legv[2], &ev);
	run(100);
	assert_int_equal(legc, 3);
	assert_string_equal(newest()->peer->name, "trunk");
	hang_up(call);

	/* the other way round */
	call = dial("1002", "office", "fwd1");
	ending(newest());
	event(legv[2], &ev);
	run(100);
	assert_int_equal(legc, 2);
	hang_up(call);

	/* a provider's call that is forwarded */
	call = dial("trunk", "office", "fwd1");
	ending(legv[legc]);
	event(legv[legc], &ev);
	run(100);
	assert_string_equal(newest()->peer->name, "1001");
	hang_up(call);

	/* a guest's call stays one */
	call = dial(NULL, "office", "fwd");
	ending(legv[legc]);
	event(legv[legc], &ev);
	run(100);
	assert_string_equal(newest()->peer->name, "1002");
	hang_up(call);
}


/* Who was sent somewhere: the one who sent it pays */
static void test_transfer(void **state)
{
	struct call *call;
	struct leg *by;

	load("", "");
	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	by = leg_new(call, "1001", config_peer(srv.cfg, "1001"), true);
	fraud_pays(call, by);
	call->trusted = true;
	call_run(call, leg_new(call, "1002", config_peer(srv.cfg, "1002"),
			       false),
		 "office", "00441632960000");
	run(10);
	assert_int_equal(legc, 2); /* `by`, and the one it sends */
	hang_up(call);

	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	by = leg_new(call, "1002", config_peer(srv.cfg, "1002"), true);
	fraud_pays(call, by);
	call_run(call, leg_new(call, "guest", srv.cfg->defaults, false),
		 "office", "0301");
	run(10);
	assert_string_equal(newest()->peer->name, "trunk");
	hang_up(call);

	/* nobody pays for a guest's transfer */
	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	by = leg_new(call, "guest", srv.cfg->defaults, true);
	fraud_pays(call, by);
	assert_string_equal(call->payer, "");
	hang_up(call);
}


static void test_first_call_abroad_is_told_once(void **state)
{
	load("international=yes\n", "");
	assert_null(store_db_get("fraud/first", "1001"));
	assert_true(goes("1001", "0301"));
	assert_null(store_db_get("fraud/first", "1001"));
	assert_true(goes("1001", "00441632960000"));
	assert_string_equal(store_db_get("fraud/first", "1001"),
			    "00441632960000");
	assert_true(goes("1001", "00331632960000"));
	assert_string_equal(store_db_get("fraud/first", "1001"),
			    "00441632960000");
	assert_true(goes("trunk", "00331632960000"));
	assert_null(store_db_get("fraud/first", "trunk"));
}


static void test_arguments(void **state)
{
	struct fraud_req req = {0};

	load("", "");
	assert_int_equal(fraud_check(NULL), FRAUD_GUEST);
	assert_int_equal(fraud_check(&req), FRAUD_GUEST);
	assert_int_equal(fraud_used_s(NULL), 0);
	fraud_pays(NULL, NULL);
	for (int i = FRAUD_GUEST; i <= FRAUD_MINUTES; i++)
		assert_true(fraud_text((enum fraud_reason)i)[0]);
	assert_string_equal(fraud_text((enum fraud_reason)99), "");
}


int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_who_may_call_what),
		T(test_what_the_plan_sees),
		T(test_calls_per_minute),
		T(test_minutes_per_day),
		T(test_minutes_of_two_processes),
		T(test_forward),
		T(test_transfer),
		T(test_first_call_abroad_is_told_once),
		T(test_arguments),
	};
	int n;

	if (libre_init() || timers_init())
		return 1;
	n = cmocka_run_group_tests(tests, NULL, NULL);
	timers_close();
	libre_close();

	return n;
}
