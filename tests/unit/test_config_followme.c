/**
 * @file test_config_followme.c  followme.conf, and the star codes of
 *                               tandem.conf
 */
#include "config_util.h"


static void load_both(struct loaded *l, const char *followme,
		      const char *tandem)
{
	const struct texts t = {
		.sip = "[1001]\ntype=friend\nhost=dynamic\n"
		       "secret=stone-Oak-42\ncontext=c\n",
		.ext = "[c]\nexten => 1,1,Answer()\n[tandem-star]\n"
		       "exten => *73,1,Hangup()\n",
		.tandem = tandem,
	};
	const struct text_file more = {"followme.conf", followme};

	load_files(l, &t, &more, 1, NULL);
}


static void expect(const struct loaded *l, const char *begin)
{
	if (has_finding(l, begin))
		return;

	print_findings(l);
	fail_msg("no finding %s", begin);
}


static void test_persons(void **state)
{
	const struct followme *fm;
	const struct followme_number *n;
	struct loaded l;

	load_both(&l, "[anna]\ncontext=>c\nnumber=>3,20,2\nnumber => 1&2,10,1\n"
		      "number=4\ntakecall=>9\nstatus-prompt=\n"
		      "[general]\ntakecall=>5\nfeaturedigittimeout=>3000\n"
		      "hold-prompt=>wait\n"
		      "[bert]\nnumber=>5&,0\n", NULL);
	assert_int_equal(l.err, 0);
	assert_null(config_followme(l.cfg, "Anna"));
	assert_null(config_followme(l.cfg, "general"));
	fm = config_followme(l.cfg, "anna");
	assert_non_null(fm);
	assert_string_equal(fm->opts.takecall, "9");
	assert_string_equal(fm->opts.declinecall, "2");
	assert_string_equal(fm->opts.hold, "wait");
	assert_string_equal(fm->opts.sorry, "followme/sorry");
	assert_null(fm->opts.status);
	assert_int_equal(fm->opts.digit_ms, 3000);
	assert_true(fm->opts.callee_prompt);
	assert_int_equal(list_count(&fm->numbers), 3);
	n = list_ledata(fm->numbers.head);
	assert_string_equal(n->numbers, "1&2");
	assert_int_equal(n->timeout_s, 10);
	n = list_ledata(fm->numbers.tail);
	assert_string_equal(n->numbers, "4");
	assert_int_equal(n->timeout_s, 25);
	assert_int_equal(n->order, 3);

	fm = config_followme(l.cfg, "bert");
	assert_string_equal(fm->opts.takecall, "5");
	assert_string_equal(fm->opts.context, "default");
	n = list_ledata(fm->numbers.head);
	assert_int_equal(n->timeout_s, 25);
	expect(&l, "followme.conf:12:1: ");
	loaded_reset(&l);
}


static void test_findings(void **state)
{
	struct loaded l;

	load_both(&l, "[anna]\ncontext=>c\nnumber=>,20\nnumber=>1,x\n"
		      "number=>1,2,3,4\ntakecall=>a\ndeclinecall=>1\n"
		      "nummber=>1\n", NULL);
	assert_int_equal(l.err, 0);
	expect(&l, "followme.conf:3:1: warning: [anna]: number");
	expect(&l, "followme.conf:4:1: warning: [anna]: number");
	expect(&l, "followme.conf:5:1: warning: [anna]: number");
	expect(&l, "followme.conf:6:");
	expect(&l, "followme.conf:8:");
	expect(&l, "followme.conf:1:1: warning: [anna] has no number");
	expect(&l, "followme.conf:1:1: warning: [anna]: takecall and "
		   "declinecall are the same");
	loaded_reset(&l);
}


static const char *app_of(const struct config *cfg, const char *exten)
{
	const struct dp_context *ctx =
		dialplan_context(cfg->dialplan, CONFIG_STAR_CONTEXT);
	const struct dp_exten *e = dp_exten_first(ctx, exten);
	const struct dp_prio *p = e ? list_ledata(e->prios.head) : NULL;

	return p ? p->app : "";
}


static void test_codes(void **state)
{
	struct loaded l;

	load_both(&l, NULL, "[forward]\nall=#21\nbusy=\nnoanswer=x\n"
			    "ringtime=0\n");
	assert_int_equal(l.err, 0);
	assert_string_equal(app_of(l.cfg, "#21"), "CallForward");
	assert_string_equal(app_of(l.cfg, "_#21."), "CallForward");
	assert_string_equal(app_of(l.cfg, "*72"), "");
	assert_string_equal(app_of(l.cfg, "*90"), "");
	assert_string_equal(app_of(l.cfg, "*92"), "CallForward");
	assert_string_equal(app_of(l.cfg, "*73"), "Hangup"); /* its own */
	assert_string_equal(app_of(l.cfg, "*78"), "DoNotDisturb");
	assert_int_equal(l.cfg->forward.noanswer_s, 20);
	expect(&l, "tandem.conf:4:");
	expect(&l, "tandem.conf:5:");
	loaded_reset(&l);

	load_both(&l, NULL, "[forward]\nstarcodes=no\n");
	assert_string_equal(app_of(l.cfg, "*72"), "");
	loaded_reset(&l);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_persons),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
