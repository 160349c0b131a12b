/**
 * @file test_config_routes.c  routes.conf: dial patterns, and what they become
 */
#include "config_util.h"
#include "config/routes.h"


static const struct {
	const char *text;
	const char *parts; /* prepend,prefix,match,cid; NULL: refused */
} patterns[] = {
	{"012|.", ",012,.,-"},
	{"4|.", ",4,.,-"},
	{"80xx", ",,80xx,-"},
	{"NXXXXXX", ",,NXXXXXX,-"},
	{" 9 | 1NXXNXXXXXX ", ",9,1NXXNXXXXXX,-"},
	{"1+NXXNXXXXXX", "1,,NXXNXXXXXX,-"},
	{"00+9|X.", "00,9,X.,-"},
	{"+7|XXXXXXXXXX", ",+7,XXXXXXXXXX,-"},
	{"*9|[1-5]X!", ",*9,[1-5]X!,-"},
	{"_0|X.", NULL},
	{"0|_X.", ",0,X.,-"},
	{"9|./1001", ",9,.,1001"},
	{"9|./", ",9,.,"},
	{"9|", NULL},
	{"|.", ",,.,-"},
	{"", NULL},
	{"X|.", NULL},
	{"x+.", NULL},
	{"9|1,2", NULL},
};


static void test_patterns(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		struct route_pattern rp;
		const char *what;
		char buf[128] = "";
		struct pl pl;

		pl_set_str(&pl, patterns[i].text);
		if (route_pattern_decode(&rp, &pl, &what)) {
			if (patterns[i].parts)
				fail_msg("%s: refused, expected %s",
					 patterns[i].text, what);
			continue;
		}

		(void)re_snprintf(buf, sizeof(buf), "%r,%r,%r,%s%r",
				  &rp.prepend, &rp.prefix, &rp.match,
				  rp.cid.p ? "" : "-", &rp.cid);
		if (!patterns[i].parts)
			fail_msg("%s: %s", patterns[i].text, buf);
		assert_string_equal(buf, patterns[i].parts);
	}
}


static void load_routes_text(struct loaded *l, const char *text)
{
	struct texts t = {
		.sip = "[general]\nallowguest=no\n[head]\ntype=peer\n"
		       "host=10.0.0.1\ncontext=from-trunk\n[spare]\ntype=peer\n"
		       "host=10.0.0.2\ncontext=from-trunk\n",
		.ext = "[from-internal]\ninclude => outbound-allroutes\n"
		       "exten => 201,1,Hangup()\n",
	};
	const struct text_file routes = {"routes.conf", text};

	load_files(l, &t, &routes, 1, &test_names);
}


static void print_plan(char *buf, size_t n, const struct config *cfg,
		       const char *name)
{
	const struct dp_context *ctx = dialplan_context(cfg->dialplan, name);
	struct mbuf *mb = mbuf_alloc(512);

	for (struct le *le = ctx ? ctx->includes.head : NULL; le;
	     le = le->next)
		(void)mbuf_printf(mb, "include %s\n",
				  ((struct dp_include *)le->data)->name);
	for (struct le *le = ctx ? ctx->extens.head : NULL; le;
	     le = le->next) {
		const struct dp_exten *e = le->data;

		for (struct le *p = e->prios.head; p; p = p->next) {
			const struct dp_prio *pr = p->data;

			(void)mbuf_printf(mb, "%s%s%s,%u %s(%s) %u\n",
					  e->name, e->cid ? "/" : "",
					  e->cid ? e->cid : "", pr->prio,
					  pr->app, pr->args, pr->pos.line);
		}
	}

	(void)mbuf_write_u8(mb, 0);
	(void)str_ncpy(buf, (char *)mb->buf, n);
	mem_deref(mb);
}


static void test_outbound(void **state)
{
	struct loaded l;
	char buf[2048];

	(void)state;
	load_routes_text(&l, "[far]\ntype=outbound\npattern=012|.\n"
			 "pattern=5+80XX/201\ntrunks=SIP/head, spare\n"
			 "timeout=30\noptions=T\ncallerid=\"Shop\" <55>\n");
	assert_int_equal(l.err, 0);
	assert_int_equal(l.f->count[SEVERITY_WARNING], 0);
	print_plan(buf, sizeof(buf), l.cfg, "outrt-far");
	assert_string_equal(buf,
		"_012.,1 NoOp(route) 3\n"
		"_012.,2 Set(CALLERID(all)=\"Shop\" <55>) 5\n"
		"_012.,3 Dial(SIP/head/${EXTEN:3},30,T) 5\n"
		"_012.,4 GotoIf($[\"${DIALSTATUS}\" != \"CHANUNAVAIL\" & "
		"\"${DIALSTATUS}\" != \"CONGESTION\"]?end) 5\n"
		"_012.,5 Dial(SIP/spare/${EXTEN:3},30,T) 5\n"
		"_012.,6 Hangup(${HANGUPCAUSE}) 5\n"
		"_80XX/201,1 NoOp(route) 4\n"
		"_80XX/201,2 Set(CALLERID(all)=\"Shop\" <55>) 5\n"
		"_80XX/201,3 Dial(SIP/head/5${EXTEN:0},30,T) 5\n"
		"_80XX/201,4 GotoIf($[\"${DIALSTATUS}\" != \"CHANUNAVAIL\" & "
		"\"${DIALSTATUS}\" != \"CONGESTION\"]?end) 5\n"
		"_80XX/201,5 Dial(SIP/spare/5${EXTEN:0},30,T) 5\n"
		"_80XX/201,6 Hangup(${HANGUPCAUSE}) 5\n");
	print_plan(buf, sizeof(buf), l.cfg, "outbound-allroutes");
	assert_string_equal(buf, "include outrt-far\n");
	loaded_reset(&l);
}


static void test_inbound(void **state)
{
	struct loaded l;
	char buf[1024];

	(void)state;
	load_routes_text(&l, "[a]\ntype=inbound\ndid=word_reg\n"
			 "destination=201\n"
			 "[b]\ntype=inbound\ndid=word_reg\ncid=123\n"
			 "destination=from-internal,201,1\n"
			 "[c]\ntype=inbound\ndestination=201\n");
	assert_int_equal(l.err, 0);
	print_plan(buf, sizeof(buf), l.cfg, "ext-did");
	assert_string_equal(buf,
		"word_reg,1 Goto(from-internal,201,1) 4\n"
		"word_reg/123,1 Goto(from-internal,201,1) 9\n"
		"s,1 Goto(from-internal,201,1) 12\n"
		"_[0-9+*#]!,1 Goto(from-internal,201,1) 12\n");
	print_plan(buf, sizeof(buf), l.cfg, "from-trunk");
	assert_string_equal(buf, "include ext-did\n");
	loaded_reset(&l);
}


static const struct {
	const char *text, *finding;
} faults[] = {
	{"[a]\ntype=outbound\npattern=X|.\ntrunks=head\n",
	 "routes.conf:3:9: warning: pattern 'X|.' is left out, expected digits "
	 "in front of '|'"},
	{"[a]\ntype=outbound\npattern=9|.\n",
	 "routes.conf:1:1: warning: route [a] is left out, expected trunks"},
	{"[a]\ntype=outbound\ntrunks=head\n",
	 "routes.conf:1:1: warning: route [a] is left out, expected pattern"},
	{"[a]\ntype=inbound\ndid=1\n",
	 "routes.conf:1:1: warning: route [a] is left out, expected destin"},
	{"[a]\npattern=9|.\ntrunks=head\n",
	 "routes.conf:1:1: warning: route [a] is left out, expected type"},
	{"[a b]\ntype=inbound\n",
	 "routes.conf:1:1: warning: route [a b] is left out, expected a name"},
	{"[a]\ntype=outbound\npattern=9|.\ntrunks=haed\n",
	 "routes.conf:4:8: warning: SIP/haed: there is no peer 'haed' in "
	 "sip.conf (did you mean 'head'?)"},
	{"[a]\ntype=inbound\ndestination=nix,1,1\n",
	 "routes.conf:3:13: warning: Goto: context 'nix' does not exist"},
	{"[a]\ntype=outbound\npatern=9\n",
	 "routes.conf:3:1: warning: unknown option 'patern' in [a] (did you "
	 "mean 'pattern'?)"},
};


static void test_faults(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct loaded l;

		load_routes_text(&l, faults[i].text);
		assert_int_equal(l.err, 0);
		need_finding(&l, faults[i].finding);
		loaded_reset(&l);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_outbound),
		cmocka_unit_test(test_inbound),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
