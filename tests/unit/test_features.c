/**
 * @file test_features.c  features.conf, res_parking.conf, and what a lot adds
 *                        to the dialplan
 */
#include "config_util.h"

static struct loaded l;

static const char sip[] = "[general]\nrtptimeout=60\nrtpholdtimeout=300\n"
			  "[1001]\ntype=friend\nhost=dynamic\n"
			  "secret=linde-Besen-1001\ncontext=office\n";
static const char plan[] = "[office]\nexten => 1,1,Hangup()\n"
			   "include => parkedcalls\n";


static void load(const char *features, const char *parking, const char *ext)
{
	const struct texts t = {.sip = sip, .ext = ext};
	const struct text_file more[] = {{"features.conf", features},
					 {"res_parking.conf", parking}};

	load_files(&l, &t, more, ARRAY_SIZE(more), NULL);
	assert_int_equal(l.err, 0);
}


static void unload(void)
{
	loaded_reset(&l);
}


/* "App(args)" of priority 1 in a context, "" if there is none */
static const char *step(const char *context, const char *exten)
{
	static char buf[256];
	const struct dp_exten *e;
	const struct dp_prio *p;

	e = dp_exten_first(dialplan_context(l.cfg->dialplan, context), exten);
	if (!e || !e->prios.head)
		return "";

	p = e->prios.head->data;
	assert_true(re_snprintf(buf, sizeof(buf), "%s(%s)", p->app, p->args) >
		    0);

	return buf;
}


static const char *hint(const char *context, const char *exten)
{
	const struct dp_exten *e;

	e = dp_exten_first(dialplan_context(l.cfg->dialplan, context), exten);

	return e && e->hint ? e->hint : "";
}


static bool found(const char *text)
{
	return findings_find(l.f, text) != NULL;
}


/* --- features.conf ------------------------------------------------------- */

static void test_defaults(void **state)
{
	const struct features_conf *f;

	(void)state;
	load(NULL, NULL, "[office]\nexten => 1,1,Hangup()\n");
	f = &l.cfg->features;
	assert_string_equal(f->blindxfer, "#");
	assert_string_equal(f->disconnect, "*");
	assert_string_equal(f->pickupexten, "*8");
	assert_string_equal(f->atxfercomplete, "*2");
	assert_null(f->atxfer);
	assert_null(f->parkcall);
	assert_int_equal(f->featuredigit_ms, 1000);
	assert_int_equal(f->atxfernoanswer_s, 15);
	assert_false(f->atxferdropcall);

	/* nobody can dial it, so it is not there */
	assert_null(dialplan_context(l.cfg->dialplan, "parkedcalls"));
	assert_non_null(config_lot(l.cfg, "default"));
	unload();
}


static void test_keys(void **state)
{
	const struct features_conf *f;

	(void)state;
	load("[general]\npickupexten =\ntransferdigittimeout => 5\n"
	     "atxferdropcall = yes\nfeaturedigittimeout = abc\n"
	     "[featuremap]\nblindxfer => #1\natxfer => *2\ndisconnect => *0\n"
	     "parkcall => #72\nautomon => *1\nautomixmon => *3d\n",
	     NULL, plan);
	f = &l.cfg->features;
	assert_null(f->pickupexten);
	assert_int_equal(f->transferdigit_s, 5);
	assert_int_equal(f->featuredigit_ms, 1000);
	assert_true(f->atxferdropcall);
	assert_string_equal(f->blindxfer, "#1");
	assert_string_equal(f->atxfer, "*2");
	assert_string_equal(f->disconnect, "*0");
	assert_string_equal(f->parkcall, "#72");
	assert_string_equal(f->automon, "*1");
	assert_string_equal(f->automixmon, "*3D");
	assert_true(found("featuredigittimeout: 'abc' is ignored"));
	unload();
}


static void test_bad_keys(void **state)
{
	(void)state;
	load("[featuremap]\nblindxfer => ##x\natxfer => *2\nautomon => *2\n",
	     NULL, plan);
	assert_string_equal(l.cfg->features.blindxfer, "#");
	assert_true(found("blindxfer: '##x' is ignored, expected up to 11"));
	assert_true(found("atxfer and automon are both *2"));
	unload();
}


static const struct {
	const char *name, *keys;
	bool peer;
	uint32_t by;
	const char *app, *args, *music;
} app_rows[] = {
	{"clap", "#9", true, FEATURE_BOTH, "Playback", "tt-monkeys",
	 NULL},
	{"one", "*9", false, FEATURE_CALLER, "Macro", "one,two",
	 "loud"},
	{"quoted", "*8", true, FEATURE_CALLEE, "Playback", "a,b",
	 "default"},
	{"old", "*7", false, FEATURE_CALLEE, "Macro", "nway", NULL},
	{"bare", "*6", false, FEATURE_BOTH, "Hangup", "", NULL},
	{"empty", "*5", false, FEATURE_BOTH, "Hangup", "", "jazz"},
	{"open", "*3", false, FEATURE_BOTH, "Macro", "a,b", NULL},
	{"unquoted", "*2", false, FEATURE_BOTH, "Macro", "\"a",
	 "b"},
	{"nested", "*1", true, FEATURE_BOTH, "Set", "A=${F(x,y)}",
	 NULL},
};


static void test_applications(void **state)
{
	(void)state;
	load("[applicationmap]\n"
	     "clap => #9,peer,Playback,tt-monkeys\n"
	     "one => *9,self/caller,Macro(one,two),loud\n"
	     "quoted => *8, peer/callee, Playback, \"a,b\", default\n"
	     "old => *7,callee,Macro,nway\n"
	     "bare => *6,self,Hangup\n"
	     "empty => *5,self,Hangup(),jazz\n"
	     "open => *3,self,Macro(a,b\n"
	     "unquoted => *2,self,Macro,\"a,b\n"
	     "nested => *1,peer,Set(A=${F(x,y)})\n"
	     "bad1 => x,self,Hangup\nbad2 => *1,them,Hangup\nbad3 => *1\n"
	     "bad4 => *1,self,\n"
	     "[myset]\nclap => *44\nbare =>\nnobody => *1\n",
	     NULL, plan);
	assert_int_equal(list_count(&l.cfg->features.apps), ARRAY_SIZE(app_rows));

	for (size_t i = 0; i < ARRAY_SIZE(app_rows); i++) {
		const struct feature_app *a;

		a = config_feature_app(l.cfg, app_rows[i].name);
		assert_non_null(a);
		assert_string_equal(a->keys, app_rows[i].keys);
		assert_int_equal(a->peer, app_rows[i].peer);
		assert_int_equal(a->by, app_rows[i].by);
		assert_string_equal(a->app, app_rows[i].app);
		assert_string_equal(a->args, app_rows[i].args);
		assert_true(!a->music == !app_rows[i].music);
		if (a->music)
			assert_string_equal(a->music, app_rows[i].music);
	}

	assert_true(found("'bad1' is left out: it has no keys"));
	assert_true(found("'bad2' is left out: neither self nor peer"));
	assert_true(found("'bad3' is left out: it has no application"));
	assert_true(found("'bad4' is left out: it has no application"));
	assert_true(found("[myset]: there is no feature 'nobody'"));
	assert_int_equal(list_count(&config_feature_group(l.cfg, "myset")
					     ->members), 2);
	unload();
}


/* --- lots ---------------------------------------------------------------- */

static void test_lot_by_include(void **state)
{
	(void)state;
	load(NULL, NULL, plan);
	assert_string_equal(step("parkedcalls", "700"), "Park()");
	assert_string_equal(step("parkedcalls", "701"),
			    "ParkedCall(default,701)");
	assert_string_equal(step("parkedcalls", "750"),
			    "ParkedCall(default,750)");
	assert_string_equal(step("parkedcalls", "751"), "");
	assert_string_equal(hint("parkedcalls", "701"), "");
	assert_false(found("parkedcalls"));
	unload();
}


static void test_lots(void **state)
{
	const struct park_lot *lot;

	(void)state;
	load("[general]\ncourtesytone = beep\n",
	     "[general]\nparkeddynamic = no\n"
	     "[default]\nparkext => 900\nparkpos => 901-910\n"
	     "parkinghints = yes\nparkingtime => 60\nfindslot => next\n"
	     "parkedplay = both\ncomebacktoorigin = no\n"
	     "parkedcalltransfers = callee\n"
	     "[shop]\nparkext => 800\nparkext_exclusive=yes\n"
	     "parkpos => 801-802\ncontext => shopcalls\n"
	     "parkedmusicclass => jazz\n", plan);

	lot = config_lot(l.cfg, "DEFAULT");
	assert_int_equal(lot->first, 901);
	assert_int_equal(lot->last, 910);
	assert_int_equal(lot->parkingtime_s, 60);
	assert_int_equal(lot->findslot, PARK_NEXT);
	assert_int_equal(lot->play, FEATURE_BOTH);
	assert_int_equal(lot->transfers, FEATURE_CALLEE);
	assert_false(lot->comebacktoorigin);
	assert_string_equal(lot->courtesytone, "beep");
	assert_string_equal(step("parkedcalls", "900"), "Park()");
	assert_string_equal(hint("parkedcalls", "901"),
			    "park:901@parkedcalls");

	lot = config_lot(l.cfg, "shop");
	assert_string_equal(lot->music, "jazz");
	assert_string_equal(step("shopcalls", "800"), "Park(shop)");
	assert_string_equal(step("shopcalls", "802"), "ParkedCall(shop,802)");
	assert_null(config_lot(l.cfg, "none"));
	unload();
}


/* Before Asterisk 12, and what the plan has itself wins */
static void test_old_places(void **state)
{
	(void)state;
	load("[general]\nparkext => 700\nparkpos => 701-703\n"
	     "context => parkedcalls\nparkingtime => 20\n"
	     "[parkinglot_east]\ncontext => eastcalls\nparkpos => 801-802\n",
	     NULL, "[office]\nexten => 1,1,Hangup()\ninclude => parkedcalls\n"
	     "[parkedcalls]\nexten => 700,1,Hangup(17)\n");
	assert_int_equal(config_lot(l.cfg, "default")->parkingtime_s, 20);
	assert_string_equal(step("parkedcalls", "700"), "Hangup(17)");
	assert_string_equal(step("parkedcalls", "703"),
			    "ParkedCall(default,703)");
	assert_string_equal(step("parkedcalls", "704"), "");
	assert_string_equal(step("eastcalls", "801"), "ParkedCall(east,801)");
	unload();
}


static void test_bad_lots(void **state)
{
	(void)state;
	load(NULL, "[default]\nparkext => 705\nparkpos => 701-710\n"
	     "[b]\nparkpos => 709-720\n[c]\nparkpos => 9-1\n"
	     "[d]\nparkpos => 1-5000\ncontext => dd\nparkplace=1\n", plan);
	assert_true(found("parkext 705 is one of its slots"));
	assert_true(found("lots 'default' and 'b' have slots in common"));
	assert_true(found("parkpos: '9-1' is ignored, expected first-last"));
	assert_true(found("a lot has 1000 slots at most"));
	assert_true(found("unknown option 'parkplace' in [d]"));
	assert_int_equal(config_lot(l.cfg, "d")->last, 1000);
	unload();
}


/* What the plan asks for and no file has */
static void test_plan(void **state)
{
	(void)state;
	load("[featuremap]\nparkcall => #72\n", NULL,
	     "[office]\nexten => 1,1,Dial(SIP/1001,20,tkKm(xw))\n"
	     "exten => 2,1,Dial(SIP/1001,20,gX)\n"
	     "exten => 3,1,Park(east)\nexten => 4,1,ParkedCall(701)\n"
	     "exten => 5,1,ParkedCall(default,701)\n"
	     "exten => 6,1,Park(45000)\nexten => 7,1,Park(${LOT})\n"
	     "exten => 8,1,ParkAndAnnounce(west,,a:PARKED,SIP/1001)\n"
	     "exten => 9,1,ParkAndAnnounce(a:PARKED,5,SIP/1001)\n"
	     "exten => 10,1,Dial(SIP/1001,20,tb(gone^s^1(a^b))gF(office^1^1))\n"
	     "exten => 11,1,Queue(q,cB(away^s^1))\n"
	     "exten => 12,1,Dial(SIP/1001,20,b(office^77^1)G(${X})b(\n");
	assert_false(found("parkcall in"));
	assert_false(found("automon in"));
	assert_true(found("Dial: option X has no effect without automixmon"));
	assert_true(found("Park: there is no parking lot 'east'"));
	assert_true(found("ParkAndAnnounce: there is no parking lot 'west'"));
	assert_false(found("lot 'a:PARKED'"));
	assert_true(found("Dial: context 'gone' does not exist"));
	assert_false(found("no extension '1'"));
	assert_true(found("Queue: context 'away' does not exist"));
	assert_true(found("Dial: context 'office' has no extension '77'"));
	assert_false(found("lot '701'"));
	assert_false(found("lot '45000'"));
	assert_false(found("lot 'default'"));
	unload();
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_bad_keys),
		cmocka_unit_test(test_applications),
		cmocka_unit_test(test_lot_by_include),
		cmocka_unit_test(test_lots),
		cmocka_unit_test(test_old_places),
		cmocka_unit_test(test_bad_lots),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
