/**
 * @file test_cmd_dialplan.c  dialplan show, as Asterisk prints it
 */
#include "call_util.h"
#include "console_util.h"
#include "control/commands.h"

/* clang-format off */
static const char text[] =
	"[office]\n"
	"exten => 600,1,Answer()\n"
	"exten => 600,n(again),Echo()\n"
	"exten => 600,n,Goto(again)\n"
	"exten => _1XX/555,1,Hangup()\n"
	"exten => _1XX,1,Dial(SIP/${EXTEN},20)\n"
	"exten => 1001,hint,SIP/1001\n"
	"include => night,22:00-6:00,*,*,*\n"
	"include => more\n"
	"ignorepat => 9\n"
	"switch => Realtime/x@y\n"
	"[more]\n"
	"exten => _X.,1,NoOp(much)\n"
	"include => office\n"
	"[night]\n"
	"exten => s,1,Hangup()\n";

static const char office[] =
	"[ Context 'office' created by 'pbx_config' ]\n"
	"  '600' =>          1. Answer()                                   "
	"[extensions.conf:2]\n"
	"     [again]        2. Echo()                                     "
	"[extensions.conf:3]\n"
	"                    3. Goto(again)                                "
	"[extensions.conf:4]\n"
	"  '_1XX' (CID match '555') => 1. Hangup()                                   "
	"[extensions.conf:5]\n"
	"  '_1XX' =>         1. Dial(SIP/${EXTEN},20)                      "
	"[extensions.conf:6]\n"
	"  '1001' =>         hint: SIP/1001                                "
	"[extensions.conf:7]\n"
	"  Include =>        'night,22:00-6:00,*,*,*'                      "
	"[extensions.conf:8]\n"
	"  Include =>        'more'                                        "
	"[extensions.conf:9]\n"
	"  Ignore pattern => '9'                                           "
	"[extensions.conf:10]\n"
	"  Alt. Switch =>    'Realtime/x@y'                                "
	"[extensions.conf:11]\n"
	"\n"
	"-= 4 extensions (6 priorities) in 1 context. =-\n";

static const char number[] =
	"[ Context 'office' created by 'pbx_config' ]\n"
	"  '_1XX' (CID match '555') => 1. Hangup()                                   "
	"[extensions.conf:5]\n"
	"  '_1XX' =>         1. Dial(SIP/${EXTEN},20)                      "
	"[extensions.conf:6]\n"
	"\n"
	"[ Context 'more' created by 'pbx_config' ]\n"
	"  '_X.' =>          1. NoOp(much)                                 "
	"[extensions.conf:13]\n"
	"\n"
	"-= 3 extensions (3 priorities) in 2 contexts. =-\n";
/* clang-format on */


static void test_show(void **state)
{
	(void)state;
	plan(text);

	exec_is("dialplan show office", 0, office);
	exec_is("dialplan show 123@office", 0, number);
	exec_has("dialplan show", 0, "[ Context 'night' created by");
	exec_has("dialplan show", 0, "-= 17 extensions (19 priorities) in 4 "
		 "contexts. =-\n");
	exec_has("dialplan show s@", 0, "-= 1 extension (1 priority) in 1 "
		 "context. =-\n");
	exec_is("dialplan show nix", 1,
		"There is no existence of 'nix' context\n");
	exec_is("dialplan show 5@office", 1,
		"There is no existence of 5@office extension\n");
	exec_is("dialplan show xyz@", 1, "There is no existence of 'xyz' "
		"extension in all contexts\n");
	exec_has("dialplan show a b", 1, "Usage: dialplan show");
	complete_is("dialplan show ni", "2\nnight\n");
	expect("");
}


static int begin(void **state)
{
	return set_up(state) ? -1 : cmd_dialplan_register();
}


static int end(void **state)
{
	console_forget();

	return tear_down(state);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_show, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
