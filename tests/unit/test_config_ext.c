/**
 * @file test_config_ext.c  extensions.conf into contexts, extensions, steps
 */
#include "config_util.h"


/* "name[/cid]:1=App(args)[label],2=..." of all extensions, ';' between */
static void print_context(char *buf, size_t n, const struct dp_context *ctx)
{
	struct mbuf *mb = mbuf_alloc(512);

	for (struct le *le = ctx->extens.head; le; le = le->next) {
		const struct dp_exten *e = le->data;

		(void)mbuf_printf(mb, "%s%s%s%s:", le->prev ? "; " : "",
				  e->name, e->cid ? "/" : "",
				  e->cid ? e->cid : "");
		if (e->hint)
			(void)mbuf_printf(mb, "hint=%s ", e->hint);

		for (struct le *pe = e->prios.head; pe; pe = pe->next) {
			const struct dp_prio *p = pe->data;

			(void)mbuf_printf(mb, "%s%u=%s(%s)",
					  pe->prev ? " " : "", p->prio, p->app,
					  p->args);
			if (p->label)
				(void)mbuf_printf(mb, "[%s]", p->label);
		}
	}

	(void)mbuf_write_u8(mb, 0);
	(void)str_ncpy(buf, (char *)mb->buf, n);
	mem_deref(mb);
}


/* clang-format off */
static const struct {
	const char *lines, *steps;
} rows[] = {
	{"exten => 100,1,Answer()\nexten => 100,2,Hangup()",
	 "100:1=Answer() 2=Hangup()"},
	{"exten = 100,1,Answer", "100:1=Answer()"},
	{"EXTEN=>100,1,Answer\nExten => 100,n,Hangup", "100:1=Answer() 2=Hangup()"},
	{"exten => 100,1,Answer\n same => n,Wait(1)\n same => n(x),Hangup",
	 "100:1=Answer() 2=Wait(1) 3=Hangup()[x]"},
	{"exten => 100,1(start),NoOp(a)\nexten => 100,n+2(l),NoOp(b)\n"
	 "exten => 100,s+1,NoOp(c)",
	 "100:1=NoOp(a)[start] 3=NoOp(b)[l] 4=NoOp(c)"},
	/* behind a label, as FreePBX writes it */
	{"exten => 97,1,A\nexten => 97,n(check),B\nexten => 97,n,C\n"
	 "exten => 97,check+101(mbexist),D\nexten => 97,n,E\n"
	 "exten => 98,1,F\nexten => 98,check+1,G\nexten => 98,n,H",
	 "97:1=A() 2=B()[check] 3=C() 103=D()[mbexist] 104=E(); "
	 "98:1=F() 2=H()"},
	{"exten => 100,3,C\nexten => 100,1,A\nexten => 100,2,B",
	 "100:1=A() 2=B() 3=C()"},
	{"exten => 100/555,1,A\nsame => n,B\nexten => 100/,1,C\n"
	 "exten => 100,1,D",
	 "100/555:1=A() 2=B(); 100/:1=C(); 100:1=D()"},
	{"exten => _X.,1,Dial(SIP/a&SIP/b,20,tT)", "_X.:1=Dial(SIP/a&SIP/b,20,tT)"},
	{"exten => _[1-3,5]X,1,A", "_[1-3,5]X:1=A()"},
	{"exten => 7,hint,SIP/7\nexten => 7,1,A", "7:hint=SIP/7 1=A()"},
	{"exten => 7,1,Set(a=$[1 > 0]) ; remark", "7:1=Set(a=$[1 > 0])"},
	{"exten => 7,1,Set(a=b\\;c)", "7:1=Set(a=b;c)"},
	{"exten => 7,1,A(x(y)z)", "7:1=A(x(y)z)"},
	{"exten => 7,1,A(", "7:1=A()"},
	{"exten => 7 , 1 , A( b )", "7:1=A( b )"},
	/* old spellings */
	{"exten => 7,1,Dial,SIP/x|20|tT", "7:1=Dial(SIP/x,20,tT)"},
	{"exten => 7,1,Dial(SIP/x|20)", "7:1=Dial(SIP/x,20)"},
	{"exten => 7,1,Goto(a,s|1)", "7:1=Goto(a,s|1)"},
	{"exten => 7,1,Set(a=b|c)", "7:1=Set(a=b|c)"},
	{"exten => 7,1,GotoIf($[1|0]?a|1:2)", "7:1=GotoIf($[1|0]?a,1:2)"},
	{"exten => 7,1,Dial(SIP/${A|B}|5)", "7:1=Dial(SIP/${A|B},5)"},
	/* n counts over extensions */
	{"exten => 1,1,A\nexten => 2,n,B", "1:1=A(); 2:2=B()"},
	/* globals in names */
	{"exten => ${DID},1,A", "4711:1=A()"},
	{"exten => ${NONE}9,1,A", "9:1=A()"},
	/* left out with a warning */
	{"exten => 1,n,A\nexten => 1,1,B", "1:1=B()"},
	{"exten => 1,0,A\nexten => 1,x,A\nexten => 1,1,B", "1:1=B()"},
	{"exten => 1,1,A\nexten => 1,1,B", "1:1=A()"},
	{"exten => 1,1\nexten => 1\nexten =>\nexten => 1,1,A", "1:1=A()"},
	{"exten => 1,1,(x)\nexten => 1,1,A", "1:1=A()"},
	{"same => n,A\nexten => 1,1,A", "1:1=A()"},
	{"nonsense => 1\nexten => 1,1,A", "1:1=A()"},
};
/* clang-format on */


static void test_steps(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct loaded l;
		char ext[512], buf[512];

		(void)re_snprintf(ext, sizeof(ext),
				  "[ctx]\n%s\n[globals]\nDID=4711\n",
				  rows[i].lines);
		load_texts(&l, (struct texts){.sip = "", .ext = ext});
		assert_int_equal(l.err, 0);

		const struct dp_context *ctx =
			dialplan_context(l.cfg->dialplan, "ctx");
		assert_non_null(ctx);
		print_context(buf, sizeof(buf), ctx);
		assert_string_equal(buf, rows[i].steps);
		loaded_reset(&l);
	}
}


static void test_contexts(void **state)
{
	struct loaded l;

	(void)state;
	load_texts(&l, (struct texts){.sip = "", .ext =
		"[general]\nautofallthrough=no\nstatic=no\n"
		"[t](!)\nexten => i,1,Hangup\n"
		"[a](t)\nexten => 1,1,Answer\n"
		"include => b\ninclude => b,9:00-17:00,mon-fri,*,*\n"
		"include => b|22:00-6:00|*|*|*\n"
		"ignorepat => 9\nswitch => Realtime/x@y\n"
		"[b]\nexten => 2,1,Answer\n"
		"[a]\nexten => 3,1,Answer\n"});
	assert_int_equal(l.err, 0);

	const struct dialplan *dp    = l.cfg->dialplan;
	const struct dp_context *a   = dialplan_context(dp, "a");
	const struct dp_include *inc = list_ledata(a->includes.head);

	assert_null(dialplan_context(dp, "t"));
	assert_null(dialplan_context(dp, "A"));
	assert_false(dp->autofallthrough);
	assert_false(dp->is_static);
	assert_int_equal(list_count(&dp->contexts), 3); /* and the star codes */
	assert_non_null(dp_exten_first(a, "i"));
	assert_non_null(dp_exten_first(a, "3"));
	assert_null(dp_exten_first(a, "2"));
	assert_int_equal(list_count(&a->includes), 3);
	assert_string_equal(inc->name, "b");
	assert_null(inc->timespec);
	inc = list_ledata(a->includes.head->next);
	assert_string_equal(inc->timespec, "9:00-17:00,mon-fri,*,*");
	inc = list_ledata(a->includes.tail);
	assert_string_equal(inc->timespec, "22:00-6:00,*,*,*");
	assert_int_equal(list_count(&a->ignorepats), 1);
	need_finding(&l, "extensions.conf:12:11: warning: switch => "
		     "Realtime/x@y is not used");
	loaded_reset(&l);
}


static void test_globals(void **state)
{
	struct loaded l;

	(void)state;
	assert_int_equal(setenv("TANDEM_TEST", "env", 1), 0);
	load_texts(&l, (struct texts){.sip = "", .ext =
		"[globals]\nA=1\nB=x${A}y${A}\nC=${ENV(TANDEM_TEST)}!\n"
		"D=${LATER}z\nLATER=2\na=lower\nA=3\nE=${A\n[c]\n"});
	assert_int_equal(l.err, 0);

	const struct dialplan *dp = l.cfg->dialplan;
	assert_string_equal(dialplan_global(dp, "A"), "3");
	assert_string_equal(dialplan_global(dp, "B"), "x1y1");
	assert_string_equal(dialplan_global(dp, "C"), "env!");
	assert_string_equal(dialplan_global(dp, "D"), "z");
	assert_string_equal(dialplan_global(dp, "a"), "lower");
	assert_string_equal(dialplan_global(dp, "E"), "${A");
	assert_null(dialplan_global(dp, "NONE"));
	loaded_reset(&l);
}


static void test_positions(void **state)
{
	struct loaded l;

	(void)state;
	load_texts(&l, (struct texts){.sip = "", .ext =
		"[c]\nexten => 100,1,Answer()\n same =>   n,Wait(1)\n"});
	assert_int_equal(l.err, 0);

	const struct dp_exten *e = dp_exten_first(
		dialplan_context(l.cfg->dialplan, "c"), "100");
	const struct dp_prio *p = list_ledata(e->prios.head);

	assert_int_equal(e->pos.line, 2);
	assert_int_equal(e->pos.col, 10);
	assert_int_equal(p->pos.line, 2);
	assert_int_equal(p->pos.col, 16);
	p = list_ledata(e->prios.tail);
	assert_int_equal(p->pos.line, 3);
	assert_int_equal(p->pos.col, 14);
	loaded_reset(&l);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_contexts),
		cmocka_unit_test(test_globals),
		cmocka_unit_test(test_positions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
