/**
 * @file test_config_flow.c  Where a plan goes, as far as its text tells
 */
#include "config_util.h"
#include "b2bua/app.h"
#include "routing/expr.h"
#include "routing/pattern.h"
#include "routing/schedule.h"


static const char sip[] =
	"[general]\nallowguest=yes\ncontext=public\n"
	"[1001]\ntype=friend\nhost=dynamic\nsecret=stone-Oak-42\n"
	"call-limit=2\ncontext=office\n"
	"[trunk]\ntype=peer\nhost=192.0.2.7\ncontext=public\n";

/* clang-format off */
static const struct {
	const char *ext;  /* behind [public] and [office] with an extension */
	const char *find; /* "!..." nothing like that */
} rows[] = {
	/* steps that nothing reaches */
	{"[office]\nexten => 1,1,Hangup()\nexten => 1,2,NoOp()\n",
	 "extension '1': priority 2 is never reached, Hangup before it"},
	{"[office]\nexten => 1,1,Goto(1,4)\nexten => 1,2,NoOp()\n"
	 "exten => 1,3,NoOp()\nexten => 1,4,Hangup()\n",
	 "priority 2 is never reached, Goto before it"},
	{"[office]\nexten => 1,1,Goto(x)\nexten => 1,2(x),NoOp()\n",
	 "!never reached"},
	{"[office]\nexten => 1,1,GotoIf($[${A}]?3)\nexten => 1,2,Hangup()\n"
	 "exten => 1,3,NoOp()\n", "!never reached"},
	{"[office]\nexten => 1,1,Hangup()\nexten => 1,2,NoOp()\n"
	 "exten => 2,1,Goto(1,${P})\n", "!never reached"},
	{"[office]\nexten => 1,1,Hangup()\nexten => _X,1,NoOp()\n"
	 "exten => 1,2,NoOp()\n", "!never reached"},
	{"[office]\nexten => 1,1,Dial(SIP/1001)\nexten => 1,2,Hangup()\n"
	 "exten => 1,102,NoOp()\nexten => 1,103,NoOp()\n", "!never reached"},
	{"[office]\nexten => 1,1,ExecIf(1?Goto(1,3))\nexten => 1,2,Hangup()\n"
	 "exten => 1,3,NoOp()\n", "!never reached"},

	/* circles */
	{"[office]\nexten => 1,1(a),NoOp()\nexten => 1,2,Set(x=1)\n"
	 "exten => 1,3,Goto(a)\n", "extension '1' runs in circles"},
	{"[office]\nexten => 1,1,Goto(2,1)\nexten => 2,1,NoOp()\n"
	 "exten => 2,2,Goto(office,1,1)\n", "runs in circles"},
	{"[office]\nexten => 1,1(a),Playback(x)\nexten => 1,2,Goto(a)\n",
	 "!circles"},
	{"[office]\nexten => 1,1(a),NoOp()\nexten => 1,2,GotoIf(${X}?4)\n"
	 "exten => 1,3,Goto(a)\nexten => 1,4,Hangup()\n", "!circles"},
	{"[office]\nexten => 1,1,While(1)\nexten => 1,2,NoOp()\n"
	 "exten => 1,3,EndWhile()\n", "While(1) never ends"},
	{"[office]\nexten => 1,1,While(1)\nexten => 1,2,Wait(1)\n"
	 "exten => 1,3,EndWhile()\n", "!never ends"},

	{"[office]\nexten => _1X,1,NoOp()\nexten => _1X,2,Goto(${EXTEN},1)\n",
	 "extension '_1X' runs in circles"},
	{"[office]\nexten => _1X,1(a),Set(x=1)\nexten => _1X,n,Goto(a)\n",
	 "extension '_1X' runs in circles"},
	{"[office]\nexten => _1X,1,Wait(1)\nexten => _1X,2,Goto(${EXTEN},1)\n",
	 "!circles"},
	{"[office]\nexten => _1X,1,Goto(2${EXTEN:1},1)\n", "!circles"},
	{"[office]\nexten => 1,1,Dial(Local/1@office)\n",
	 "extension '1' calls itself by Local/"},
	{"[office]\nexten => _1X,1,Set(x=1)\n"
	 "exten => _1X,2,Dial(Local/${EXTEN}@office/n,20)\n",
	 "extension '_1X' calls itself by Local/"},
	{"[office]\nexten => 1,1,Answer()\n"
	 "exten => 1,2,Dial(Local/1@office)\n", "!calls itself"},
	{"[office]\nexten => 1,1,Dial(Local/2@office&Local/1@office)\n",
	 "!calls itself"},
	{"[office]\nexten => 1,1,While($[1])\nexten => 1,2,Wait(1)\n",
	 "extension '1' has While without EndWhile"},
	{"[office]\nexten => 1,1,EndWhile()\n",
	 "extension '1' has EndWhile without While"},
	{"[office]\nexten => _1X,1,While($[1])\nexten => _11,2,EndWhile()\n",
	 "!has While"},

	/* patterns that mean the same */
	{"[office]\nexten => _NXX,1,NoOp()\nexten => _[2-9]XX,1,NoOp()\n",
	 "pattern '_[2-9]XX' is never reached: '_NXX' on line 6"},
	{"[office]\nexten => _1-2XX,1,NoOp()\nexten => _12XX,1,NoOp()\n",
	 "pattern '_12XX' is never reached"},
	{"[office]\nexten => _NXX,1,NoOp()\nexten => _NXX/1,1,NoOp()\n"
	 "exten => _ZXX,1,NoOp()\n", "!never reached: "},

	/* labels and extensions of patterns */
	{"[office]\nexten => _1X,1,Goto(strat)\nexten => _1X,n(start),NoOp()\n",
	 "Goto: extension '_1X' has no label 'strat' (did you mean 'start'?)"},
	{"[office]\nexten => _1X,1,Goto(start)\nexten => _11,n(start),NoOp()\n",
	 "!has no label"},
	{"[office]\nexten => _1X,1,Goto(start)\ninclude => more\n"
	 "[more]\nexten => _1X,2(start),NoOp()\n", "!has no label"},
	{"[office]\nexten => _1X,1,Goto(${L})\n", "!has no label"},
	{"[office]\nexten => 1,1,Goto(29,1)\nexten => _1X,1,NoOp()\n",
	 "Goto: context 'office' has no extension '29'"},
	{"[office]\nexten => 1,1,Goto(29,1)\nexten => _2X,1,NoOp()\n",
	 "!has no extension"},
	{"[office]\nexten => 1,1,Goto(29,1)\ninclude => more\n"
	 "[more]\nexten => _2X,1,NoOp()\n", "!has no extension"},
	{"[office]\nexten => 1,1,Goto(29,1)\nexten => i,1,NoOp()\n",
	 "!has no extension"},
	{"[office]\nexten => 1,1,GotoIfTime(9:00-17:00,mon-fri,*,*?gone,s,1)\n",
	 "GotoIfTime: context 'gone' does not exist"},
	{"[office]\nexten => 1,1,GotoIfTime(9-17,mon-fry,*,*?office,1,1)\n",
	 "GotoIfTime: time '9-17' is malformed"},
	{"[office]\nexten => 1,1,Background(x,,,gone)\n",
	 "Background: context 'gone' does not exist"},

	/* applications inside of others */
	{"[office]\nexten => 1,1,ExecIf($[${X}]?dila(SIP/1001))\n",
	 "application 'dila' is unknown, a call ends here (did you mean 'Dial'"},
	{"[office]\nexten => 1,1,ExecIf($[${X}]?NoOp(a:b):Dial(SIP/1002))\n",
	 "SIP/1002: there is no peer '1002'"},
	{"[office]\nexten => 1,1,Exec(Goto(gone,s,1))\n",
	 "Goto: context 'gone' does not exist"},
	{"[office]\nexten => 1,1,ExecIf($[\"${X}\" = \"\"]?Set(A=1))\n"
	 "exten => 1,2,NoOp(${A})\n", "!variable 'A' is set by no"},
	{"[office]\nexten => 1,1,ExecIfTime(9:00-17:00,mon-fri,*,*?NoOp(x))\n",
	 "!malformed"},

	/* devices in globals, options */
	{"[globals]\nT=SIP/gone\n[office]\nexten => _0.,1,Dial(${T}/${EXTEN})\n",
	 "SIP/gone: there is no peer 'gone'"},
	{"[office]\nexten => 1,1,Dial(SIP/1001,20,tTY(x))\n",
	 "Dial: option Y is not done here"},
	{"[office]\nexten => 1,1,Dial(SIP/1001,20,tm(class)L(1000:500)g)\n",
	 "!not done here"},
	{"[office]\nexten => 1,1,Dial(SIP/1001,20,${OPTS})\n", "!not done here"},
	{"[office]\nexten => 1,1,MixMonitor(x.wav,ad(1)v(2)B(15))\n",
	 "MixMonitor: options dB are not done here"},
	{"[office]\nexten => 1,1,MixMonitor(x.wav,v(-1)V(2)W(3)r(a)t(b))\n"
	 "exten => 1,2,VoiceMail(1@default,eg(6))\n",
	 "!not done here"},
	{"[office]\nexten => 1,1,Directory(default,office,ae)\n",
	 "Directory: option a is not done here"},
	{"[office]\nexten => 1,1,ExecIf(1?MixMonitor(x.wav,bQZ))\n",
	 "MixMonitor: options QZ are not done here"},
	{"[office]\nexten => 1,1,Page(SIP/1001&SIP/gone,dq)\n",
	 "SIP/gone: there is no peer 'gone'"},
	{"[office]\nexten => 1,1,Page(SIP/1001,b(x^s^1)dA(ping)n)\n",
	 "Page: option b is not done here"},
	{"[office]\nexten => 1,1,ExtenSpy(5@office,qng(a:b)N)\n",
	 "ExtenSpy: options nN are not done here"},
	{"[office]\nexten => 1,1,MeetMe(600,1wS(60)b,12)\n",
	 "MeetMe: option b is not done here"},

	/* includes that never get a number */
	{"[office]\nexten => _X.,1,NoOp()\ninclude => more\n"
	 "[more]\nexten => _00X.,1,NoOp()\nexten => 5,1,NoOp()\n",
	 "include: '_00X.' of context 'more' is never reached from 'office', "
	 "whose own '_X.' on line"},
	{"[office]\nexten => _1XX,1,NoOp()\ninclude => more\n"
	 "[more]\nexten => _2XX,1,NoOp()\nexten => _1XXX,1,NoOp()\n",
	 "!never reached from"},
	{"[office]\nexten => 100,1,NoOp()\ninclude => more\n"
	 "[more]\nexten => 100,1,NoOp()\n", "'100' of context 'more'"},
	{"[office]\nexten => _X./555,1,NoOp()\ninclude => more\n"
	 "[more]\nexten => 100,1,NoOp()\n", "!never reached from"},

	/* contexts */
	{"[nobody]\nexten => 1,1,NoOp()\n",
	 "info: context 'nobody' is used by no peer, include or jump"},
	{"[office]\nexten => 1,1,Goto(nobody,1,1)\n"
	 "[nobody]\nexten => 1,1,NoOp()\n", "!context 'nobody' is used"},
	{"[office]\nexten => 1,1,Macro(m,1)\n"
	 "[macro-m]\nexten => s,1,NoOp()\n", "!is used by no"},
	{"[globals]\nCTX=far\n[far]\nexten => 1,1,NoOp()\n",
	 "!is used by no"},

	/* guests */
	{"[public]\nexten => _0.,1,Dial(SIP/trunk/${EXTEN})\n",
	 "guests (allowguest=yes, context 'public') come to this line and so "
	 "to the trunk 'trunk'"},
	{"[public]\nexten => 1,1,Dial(SIP/1001)\n", "!guests (allow"},
	{"[public]\ninclude => out\n"
	 "[out]\nexten => _0.,1,Dial(SIP/${EXTEN}@trunk)\n", "trunk 'trunk'"},
	{"[globals]\nT=SIP/trunk\n[public]\nexten => 1,1,Goto(out,1,1)\n"
	 "[out]\nexten => _X,1,Dial(${T}/${EXTEN})\n", "trunk 'trunk'"},
	{"[public]\nexten => 1,1,Dial(Local/1@out)\n"
	 "[out]\nexten => _X,1,Dial(SIP/trunk/${EXTEN})\n", "trunk 'trunk'"},
	{"[public]\nexten => 1,1,ExecIf(1?Dial(SIP/trunk/1))\n",
	 "trunk 'trunk'"},
	{"[public]\nexten => 1,1,NoOp()\n"
	 "[office]\nexten => _0.,1,Dial(SIP/trunk/${EXTEN})\n",
	 "!guests (allow"},

	/* variables */
	{"[office]\nexten => 1,1,NoOp(${NEVERSET})\n",
	 "info: variable 'NEVERSET' is set by no line of the configuration"},
	{"[office]\nexten => 1,1,Set(A=1)\nexten => 1,2,NoOp(${A})\n",
	 "!is set by no line"},
	{"[office]\nexten => 1,1,Read(A,x)\nexten => 1,2,NoOp(${A}"
	 "${DIALSTATUS}${ARG1}${DIALEDTIME_MS})\n", "!is set by no line"},
	{"[office]\nexten => 1,1,Set(${X}=1)\nexten => 1,2,NoOp(${A})\n",
	 "!is set by no line"},
	{"[office]\nexten => 1,1,AGI(x)\nexten => 1,2,NoOp(${A})\n",
	 "!is set by no line"},

	/* what is not done here */
	{"[office]\nexten => 1,1,SendFAX(x)\n",
	 "application 'SendFAX' is not done here, a call ends at it, use "
	 "instead: a fax machine"},
	{"[office]\nexten => 1,1,NoOp(${SYSINFO(uptime)})\n",
	 "function 'SYSINFO' is not done here and gives nothing, use instead: "
	 "SHELL()"},
	{"[office]\nexten => 1,1,AGI(agi:async)\n",
	 "AGI: nobody answers agi:async here"},
	{"[office]\nexten => 1,1,NoOp($[1 + ])\n",
	 "$[1 + ] is no expression and gives nothing: unexpected end"},
	{"[office]\nexten => 1,1,GotoIf($[${A} = $[${B} +]]?2)\n",
	 "$[${B} +] is no expression"},
	{"[office]\nexten => 1,1,GotoIf($[\"${A}\" = \"\" & ${LEN(${B})} > 3]"
	 "?2)\nexten => 1,2,NoOp($[${A}${B} : \"^(.)\"]$[ ])\n",
	 "!is no expression"},
	{"[office]\nexten => 1,1,NoOp($[${A} ${OP} ${B}])\n",
	 "!is no expression"},
	{"[office]\nexten => 1,1,GotoIf($[${EXTEN} ${OP:0:1} 5]?2)\n",
	 "!is no expression"},
	{"[office]\nexten => 1,1,NoOp($[${ARG1} ${ARG2} pow(${A},2)])\n",
	 "!is no expression"},
	{"[office]\nexten => 1,1,NoOp($[(${A}${OP}(2)) ${OP}!${B}])\n",
	 "!is no expression"},
	{"[office]\nexten => 1,1,NoOp($[1 ${MORE}]$[${FIRST} 2 != ${C}])\n",
	 "!is no expression"},
	{"[office]\nexten => 1,1,NoOp($[${A} ${DB(op/x)} \"${B}\"])\n",
	 "!is no expression"},
	{"[office]\nexten => 1,1,NoOp($[${A} ${OP} ${B} +])\n",
	 "$[${A} ${OP} ${B} +] is no expression and gives nothing: "
	 "unexpected end"},
	{"[office]\nexten => 1,1,NoOp($[(${A} ${OP} ${B}])\n",
	 "$[(${A} ${OP} ${B}] is no expression"},
	{"[office]\nexten => 1,1,NoOp($[${A} ${OP} 1 2])\n",
	 "$[${A} ${OP} 1 2] is no expression"},
	{"[office]\nexten => 1,1,NoOp($[${EXTEN} ${CALLERID(num)}])\n",
	 "$[${EXTEN} ${CALLERID(num)}] is no expression"},
	{"[office]\nexten => 1,1,NoOp($[1 $[2 + 3]])\n",
	 "$[1 $[2 + 3]] is no expression"},
	{"[office]\nignorepat => 9\n", "ignorepat => 9 is not used"},
	{"[office]\nexten => 1,1,MacroExclusive(gone)\n",
	 "context 'macro-gone' does not exist"},
	{"[office]\nexten => 1,1,JabberSend(x)\n", "'JabberSend' is not done"},
};
/* clang-format on */


static int times(const struct pl *spec, struct pl *bad)
{
	struct schedule sch;

	return schedule_decode(&sch, spec, bad);
}


static int expression(const struct pl *text, char *err)
{
	struct mbuf *out = mbuf_alloc(64);
	int ret = expr_eval_pl(out, text, err);

	mem_deref(out);

	return ret;
}


static void load_row(struct loaded *l, const char *ext)
{
	static const char *apps[512], *funcs[512];
	struct config_names names = {
		.apps = apps,
		.funcs = funcs,
		.pattern = pattern_check,
		.covers = pattern_covers,
		.instead = app_instead,
		.options = app_options,
		.timespec = times,
		.expr = expression,
	};
	const struct app *const *av;
	const struct func *const *fv;
	char text[2048];

	av = app_table(&names.napps);
	for (size_t i = 0; i < names.napps; i++)
		apps[i] = av[i]->name;
	fv = func_table(&names.nfuncs);
	for (size_t i = 0; i < names.nfuncs; i++)
		funcs[i] = fv[i]->name;

	(void)re_snprintf(text, sizeof(text),
			  "[public]\nexten => 900,1,NoOp()\n"
			  "[office]\nexten => 901,1,NoOp()\n%s", ext);
	memset(l, 0, sizeof(*l));
	assert_int_equal(findings_alloc(&l->f), 0);
	{
		struct pl s, e;

		pl_set_str(&s, sip);
		pl_set_str(&e, text);
		l->err = config_load_text(&l->cfg, &s, &e, l->f, &names);
	}
}


static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *want = rows[i].find;
		bool no = want[0] == '!', found = false;
		struct loaded l;
		char text[1024];

		load_row(&l, rows[i].ext);
		assert_int_equal(l.err, 0);
		for (struct le *le = l.f->list.head; le; le = le->next) {
			(void)re_snprintf(text, sizeof(text), "%H",
					  finding_print, le->data);
			found = found || strstr(text, want + no);
		}
		if (found == no) {
			(void)re_printf("%H", findings_print, l.f);
			fail_msg("%s: %s \"%s\"", rows[i].ext,
				 no ? "unwanted" : "no", want + no);
		}
		mem_deref(l.cfg);
		mem_deref(l.f);
	}
}


/* What is known by name is not there as well */
static void test_instead(void **state)
{
	const struct app *const *av;
	const struct func *const *fv;
	size_t n;

	av = app_table(&n);
	for (size_t i = 0; i < n; i++) {
		if (app_instead(av[i]->name, false))
			fail_msg("%s is here", av[i]->name);
	}
	fv = func_table(&n);
	for (size_t i = 0; i < n; i++) {
		if (app_instead(fv[i]->name, true))
			fail_msg("%s() is here", fv[i]->name);
	}

	assert_null(app_instead("Dial", false));
	assert_null(app_instead("", false));
	assert_non_null(app_instead("speechstart", false));
	assert_non_null(app_instead("odbc_read", true));
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_instead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
