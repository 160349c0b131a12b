/**
 * @file tests/unit/test_apps.c  The tables, the functions, what is said
 */
#include "call_util.h"
#include "apps/apps.h"


/* --- tables --------------------------------------------------------------- */

static void test_tables_are_sorted(void **state)
{
	const struct app *const *apps;
	const struct func *const *funcs;
	size_t n;

	apps = app_table(&n);
	assert_true(n > 40);
	for (size_t i = 1; i < n; i++)
		assert_true(strcasecmp(apps[i - 1]->name, apps[i]->name) < 0);

	funcs = func_table(&n);
	assert_true(n > 30);
	for (size_t i = 1; i < n; i++)
		assert_true(strcasecmp(funcs[i - 1]->name, funcs[i]->name) <
			    0);
}


/* Every row has a usage that begins with its name, and can be found */
static void test_rows_are_whole(void **state)
{
	const struct app *const *apps;
	const struct func *const *funcs;
	size_t n;

	apps = app_table(&n);
	for (size_t i = 0; i < n; i++) {
		size_t l = strlen(apps[i]->name);

		assert_ptr_equal(app_find(apps[i]->name), apps[i]);
		assert_int_equal(strncmp(apps[i]->usage, apps[i]->name, l), 0);
		assert_int_equal(apps[i]->usage[l], '(');
		assert_non_null(strstr(apps[i]->usage, ")  "));
		assert_true(apps[i]->minargs <= apps[i]->maxargs);
		assert_non_null(apps[i]->exec);
	}

	funcs = func_table(&n);
	for (size_t i = 0; i < n; i++) {
		size_t l = strlen(funcs[i]->name);

		assert_ptr_equal(func_find(funcs[i]->name), funcs[i]);
		assert_int_equal(strncmp(funcs[i]->usage, funcs[i]->name, l),
				 0);
		assert_true(funcs[i]->read || funcs[i]->write);
	}

	assert_ptr_equal(app_find("DIAL"), app_find("dial"));
	assert_null(app_find("dila"));
	assert_null(func_find("no"));
}


/* --- functions ------------------------------------------------------------ */

struct func_row {
	const char *text;
	const char *want;
	bool tainted;
};

/* clang-format off */
static const struct func_row rows[] = {
	{"${LEN(hello)}",                          "5", false},
	{"${LEN(${WIRE})}",                        "7", false},
	{"${LEN()}",                               "0", false},
	{"${TOUPPER(aBc)} ${TOLOWER(aBc)}",        "ABC abc", false},
	{"${TOUPPER(${WIRE})}",                    "A&B,C@D", true},
	{"${IF($[1=1]?yes:no)}",                   "yes", false},
	{"${IF($[1=2]?yes:no)}",                   "no", false},
	{"${IF(0?yes)}",                           "", false},
	{"${IF(1?${WIRE}:x)}",                     "a&b,c@d", true},
	{"${IF(0?${WIRE}:x)}",                     "x", false},
	{"${IF(1?${COLON}:x)}",                    "a:b", true},
	{"${IF(${COLON}?1:2)}",                    "1", false},
	{"${EXISTS(${A})}${EXISTS(${NONE})}",      "10", false},
	{"${ISNULL(${A})}${ISNULL(${NONE})}",      "01", false},
	{"${CUT(A,-,2)}",                          "b", false},
	{"${CUT(A,-,1&3)}",                        "a-c", false},
	{"${CUT(A,-,2-)}",                         "b-c-d", false},
	{"${CUT(A,,-2)}",                          "a-b", false},
	{"${CUT(WIRE,@,2)}",                       "d", true},
	{"${FIELDQTY(A,-)}",                       "4", false},
	{"${FIELDQTY(NONE,-)}",                    "0", false},
	{"${FILTER(0-9,+49 (30) 12)}",             "493012", false},
	{"${FILTER(a-z,${WIRE})}",                 "abcd", true},
	{"${REPLACE(A,-,_)}",                      "a_b_c_d", false},
	{"${REPLACE(A,-)}",                        "abcd", false},
	{"${REGEX(\"^[0-9]+$\" 123)}",             "1", false},
	{"${REGEX(\"^[0-9]+$\" 12a)}",             "0", false},
	{"${REGEX(\"b\" ${WIRE})}",                "1", false},
	{"${QUOTE(a\"b)}",                         "\"a\\\"b\"", false},
	{"${URIENCODE(a b/c)}",                    "a%20b%2Fc", false},
	{"${URIDECODE(a%20b%2Fc%0)}",              "a b/c%0", false},
	{"${BASE64_ENCODE(hello)}",                "aGVsbG8=", false},
	{"${BASE64_DECODE(aGVsbG8=)}",             "hello", false},
	{"${MD5(abc)}", "900150983cd24fb0d6963f7d28e17f72", false},
	{"${SHA1(abc)}", "a9993e364706816aba3e25717850c26c9cd0d89d", false},
	{"${MATH(7/2)} ${MATH(7/2,int)} ${MATH(-3+5,i)}",
	 "3.500000 3 2", false},
	{"${MATH(255+1,hex)} ${MATH(2**10,int)} ${MATH(7%4,int)}",
	 "100 1024 3", false},
	{"${MATH(3>2,int)}${MATH(3<=2,int)}${MATH(2==2,int)}", "101", false},
	{"${MATH(1/0,int)}",                       "0", false},
	{"${MATH(x+1)}",                           "", false},
	{"${INC(N)}${INC(N)}${DEC(N)}",            "121", false},
	{"${RAND(7,7)}",                           "7", false},
	{"${EVAL(${REF})}",                        "a-b-c-d", false},
	{"${EVAL(${WIREREF})}",                    "${A}", true},
	{"${SET(B=5)}${B}",                        "55", false},
	{"${STRFTIME(0,UTC,%Y-%m-%d %H:%M)}",      "1970-01-01 00:00", false},
	{"${STRFTIME(86400.5,UTC,%d %3q)}",        "02 500", false},
	{"${CALLERID(num)} ${CALLERID(name)}",     "1001 Ann", true},
	{"${CALLERID(all)}",                       "\"Ann\" <1001>", true},
	{"${CALLERID(pres)}",                  "allowed_not_screened", false},
	{"${CALLERID(nonsense)}",                  "", false},
	{"${CHANNEL(name)}",                       "SIP/1001-00000001", false},
	{"${CHANNEL(language)}/${CHANNEL(channeltype)}", "en/SIP", false},
	{"${CHANNEL(peername)}",                   "1001", false},
	{"${CHANNEL(context)} ${CONTEXT}",         "c c", false},
	{"${CDR(src)} ${CDR(disposition)}",        "1001 NO ANSWER", true},
	{"${CDR(nothing)}",                        "", true},
	{"${VALID_EXTEN(c,1)}${VALID_EXTEN(c,2,1)}"
	 "${VALID_EXTEN(c,5)}${VALID_EXTEN(,1,7)}", "1100", false},
	{"${DIALPLAN_EXISTS(c)}${DIALPLAN_EXISTS(x)}", "10", false},
	{"${GLOBAL(G)}${G}",                       "ggg", false},
	{"${TIMEOUT(digit)} ${TIMEOUT(response)}", "5.000 10.000", false},
	{"${DB(f/k)}",                             "", false},
	{"${DB_EXISTS(f/k)}",                      "0", false},
	{"${DB(nokey)}",                           "", false},
	{"${HANGUPCAUSE} ${HANGUPCAUSE(x,y)}",     "0 0", false},
	{"${EXTEN}${PRIORITY}${DNID}",             "111", true},
	{"${NOSUCH(1)}",                           "", false},
};
/* clang-format on */


static const char func_plan[] =
	"[globals]\nG=gg\n[c]\nexten => 1,1,Wait(500)\n"
	"exten => _2X.,1,NoOp()\nexten => 2,1,NoOp()\n";


static struct call *func_call(void)
{
	struct call *call;

	plan(func_plan);
	assert_int_equal(vars_set_str(srv.globals, "G", "g"), 0);
	call = dial_in("c", "1");
	assert_int_equal(call_set_var(call, "A", "a-b-c-d", false), 0);
	assert_int_equal(call_set_var(call, "G", "gg", false), 0);
	assert_int_equal(call_set_var(call, "REF", "${A}", false), 0);
	assert_int_equal(call_set_var(call, "WIREREF", "${A}", true), 0);
	assert_int_equal(call_set_var(call, "WIRE", "a&b,c@d", true), 0);
	assert_int_equal(call_set_var(call, "COLON", "a:b", true), 0);

	return call;
}


static void assert_expands(struct call *call, const char *text,
			   const char *want, bool tainted)
{
	struct ttext *t = NULL;
	struct pl pl;

	pl_set_str(&pl, text);
	assert_int_equal(call_expand_text(call, &t, &pl), 0);
	assert_string_equal(t->str, want);
	if (t->len && ttext_tainted(t) != tainted)
		fail_msg("%s: tainted %d", text, !tainted);
	mem_deref(t);
}


static void test_functions(void **state)
{
	struct call *call = func_call();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_expands(call, rows[i].text, rows[i].want,
			       rows[i].tainted);
}


struct set_row {
	const char *plan; /* arguments of Set() */
	const char *text;
	const char *want;
};

/* clang-format off */
static const struct set_row set_rows[] = {
	{"A=1=2",                         "${A}",               "1=2"},
	{"A B=x",                         "${A B}",             "x"},
	{"CALLERID(num)=200",             "${CALLERID(num)}",   "200"},
	{"CALLERID(all)=\"Bob B\" <300>", "${CALLERID(all)}",
	 "\"Bob B\" <300>"},
	{"CALLERID(all)=400",             "${CALLERID(num)}|${CALLERID(name)}",
	 "400|"},
	{"CALLERID(pres)=prohib",         "${CALLERID(pres)}",  "prohib"},
	{"CHANNEL(language)=ru",          "${CHANNEL(language)}", "ru"},
	{"CDR(userfield)=u",              "${CDR(userfield)}",  "u"},
	{"CDR(accountcode)=acc",          "${ACCOUNTCODE}",     "acc"},
	{"CDR(mine)=m",                   "${CDR(mine)}",       "m"},
	{"CDR(src)=m",                    "${CDR(src)}",        "1001"},
	{"TIMEOUT(digit)=2.5",            "${TIMEOUT(digit)}",  "2.500"},
	{"GLOBAL(H)=h",                   "${H}",               "h"},
	{"H2=h,g",                        "${GLOBAL(H2)}",      "h"},
	{"DB(a/b/c)=val",                 "${DB(a/b/c)}",       "val"},
	{"ARRAY(x,y,z)=1,2",              "${x}${y}${z}",       "12"},
	{"LEN(x)=1",                      "ok",                 "ok"},
	{"nothing",                       "ok",                 "ok"},
};
/* clang-format on */


static void test_set(void **state)
{
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(set_rows); i++) {
		planf("[c]\nexten => 1,1,Set(%s)\n"
		      "exten => 1,2,NoOp(%s)\n",
		      set_rows[i].plan, set_rows[i].text);
		(void)dial_in("c", "1");
		run(20);
		(void)re_snprintf(text, sizeof(text), "NoOp(%s)",
				  set_rows[i].want);
		if (!strstr(cdr_trace, text))
			fail_msg("Set(%s): no %s in %s", set_rows[i].plan,
				 text, cdr_trace);
	}
}


/* The database remembers what came from outside */
static void test_db_keeps_taint(void **state)
{
	struct call *call;

	plan("[c]\nexten => _7.,1,Set(DB(cf/1)=${EXTEN:1})\n"
	     "exten => _7.,2,Set(DB(dev/1)=SIP/1002&SIP/1003)\n"
	     "exten => 8,1,Dial(SIP/${DB(cf/1)}@trunk)\n"
	     "exten => 9,1,Dial(${DB(dev/1)})\n");
	(void)dial_in("c", "75&SIP/x");
	run(10);
	forget_notes();
	call = dial_in("c", "8");
	expect("invite trunk/5&SIP/x");
	cancel(call->caller);
	run(10);
	forget_notes();
	(void)dial_in("c", "9");
	expect("invite 1002; invite 1003");
}


/* --- what is said --------------------------------------------------------- */

struct say_row {
	int64_t n;
	const char *want; /* without "digits/" */
};

static const struct say_row say_rows[] = {
	{0, "0"},
	{7, "7"},
	{20, "20"},
	{21, "20 1"},
	{-5, "minus 5"},
	{100, "1 hundred"},
	{115, "1 hundred 15"},
	{999, "9 hundred 90 9"},
	{1000, "1 thousand"},
	{20003, "20 thousand 3"},
	{1234567, "1 million 2 hundred 30 4 thousand 5 hundred 60 7"},
	{1000000000, "1 billion"},
};


static void test_say_number(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(say_rows); i++) {
		struct mbuf *mb = mbuf_alloc(64);
		char got[256] = "";
		struct pl rest, part;
		size_t n = 0;

		assert_int_equal(say_number_in(mb, say_find(NULL, NULL),
					       say_rows[i].n, 0), 0);
		rest.p = (const char *)mb->buf;
		rest.l = mb->end;
		while (!re_regex(rest.p, rest.l, "digits/[^&]+", &part)) {
			n += (size_t)re_snprintf(got + n, sizeof(got) - n,
						 "%s%r", n ? " " : "", &part);
			rest.l -= (size_t)(part.p + part.l - rest.p);
			rest.p = part.p + part.l;
		}

		assert_string_equal(got, say_rows[i].want);
		mem_deref(mb);
	}
}


static void test_say(void **state)
{
	plan("[c]\nexten => 1,1,SayDigits(4*2#)\n"
	     "exten => 1,2,SayAlpha(aZ9)\n"
	     "exten => 1,3,SayNumber(42)\nexten => 1,4,SayNumber(x)\n"
	     "exten => 1,5,SayDigits()\nexten => 1,6,SayDigits(;)\n");
	(void)dial_in("c", "1");
	run(5000);
	expect("200 1001; play 1001 digits/4&digits/star&digits/2&"
	       "digits/pound; play 1001 letters/a&letters/z&digits/9; "
	       "play 1001 digits/40&digits/2; hangup 1001 16");
}


/* --- music, tones --------------------------------------------------------- */

static void test_music(void **state)
{
	plan("[c]\nexten => 1,1,Answer()\nexten => 1,2,MusicOnHold(,2)\n"
	     "exten => 1,3,StartMusicOnHold()\nexten => 1,4,Wait(1)\n"
	     "exten => 1,5,StopMusicOnHold()\n"
	     "exten => 1,6,Playtones(425/1000)\n");
	(void)dial_in("c", "1");
	run(1500);
	expect("200 1001; loop 1001 ~/moh/a.gsm&~/moh/b.wav");
	run(5000);
	expect("loop 1001 ~/moh/a.gsm&~/moh/b.wav; quiet 1001; "
	       "loop 1001 tone:425/1000; hangup 1001 16; quiet 1001");
}


/* A prompt's name from the wire stays below the prompts */
static void test_prompt_names(void **state)
{
	plan("[c]\nexten => _X.,1,Playback(custom/${EXTEN:1}&b)\n");
	(void)dial_in("c", "1../../x&y");
	expect("200 1001; play 1001 custom/....xy&b");
	(void)dial_in("c", "1..");
	expect("200 1001; play 1001 custom/__&b");
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_tables_are_sorted),
		T(test_rows_are_whole),
		T(test_functions),
		T(test_set),
		T(test_db_keeps_taint),
		T(test_say_number),
		T(test_say),
		T(test_music),
		T(test_prompt_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
