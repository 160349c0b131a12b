/**
 * @file test_config_examples.c  config/examples/ loads, and says its faults
 *
 * Runs in the root of the sources.
 */
#include "config_util.h"


static const struct {
	const char *dir;
	uint32_t peers, regs;
	const char *findings[8]; /* beginnings */
} rows[] = {
	{"two-offices/north", 5, 1,
	 {"extensions.conf:11:17: warning: SIP/10004 cannot be called: "
	  "[10004] on line 50 is type=user"}},
	{"two-offices/south", 5, 2,
	 {"extensions.conf:9:17: warning: SIP/10003 cannot be called: "
	  "[10003] on line 38 is type=user",
	  "sip.conf:31:6: info: [10002] has the address of [10001]"}},
	{"office", 5, 1,
	 {"extensions.conf:9:17: warning: Dial options 't&m'",
	  "extensions.conf:10:17: warning: application 'FollowMe' is unknown",
	  "extensions.conf:25:1: warning: line is left out, it looks like "
	  "the rest",
	  "sip.conf:19:1: warning: [1001] has a weak secret",
	  "sip.conf:33:13: warning: canreinvite is read but not used",
	  "sip.conf:43:10: warning: [1002]: insecure=invite with "
	  "host=dynamic"}},
	{"provider/head", 2, 0, {NULL}},
	{"provider/branch", 3, 1,
	 {"sip.conf:15:10: info: insecure=very is the old spelling"}},
	{"prefix-trunks/left", 2, 1,
	 {"extensions.conf:3:17: warning: application 'dila' is unknown, a "
	  "call ends here (did you mean 'Dial'?)",
	  "extensions.conf:3:17: warning: variable '${exten:2}' is always "
	  "empty, names are case-sensitive (did you mean 'EXTEN'?)",
	  "extensions.conf:5:17: warning: variable '${exten:2}'",
	  "sip.conf:11:7: warning: allow: ';' begins a comment, 'alaw' is "
	  "not read",
	  "sip.conf:22:10: info: insecure=very"}},
	{"prefix-trunks/right", 2, 1,
	 {"extensions.conf:2:17: warning: application 'dila' is unknown",
	  "sip.conf:17:8: warning: [21TRUNK] has another secret for 'EAST21' "
	  "at '192.168.1.21' than the register line 3"}},
	{"office-ru", 4, 0, {NULL}},
	{"office-en", 4, 0, {NULL}},
	{"crossed-prefixes/left", 3, 1, {NULL}},
	{"crossed-prefixes/right", 3, 1, {NULL}},
	{"groups", 7, 0,
	 {"sip.conf:1:1: info: is read as a file of sipd",
	  "sip.conf:1:1: info: 4 clients prove each call by their secret",
	  "sip.conf:5:1: info: permit= of 2 clients, the first here, is "
	  "obeyed"}},
	{"crossed-lines", 3, 0,
	 {"extensions.conf:11:14: warning: Set: the blank belongs to the "
	  "name 'cNum '"}},
};


static void load_example(struct loaded *l, const char *dir)
{
	memset(l, 0, sizeof(*l));
	(void)re_snprintf(l->dir, sizeof(l->dir), "config/examples/%s", dir);
	assert_int_equal(findings_alloc(&l->f), 0);
	l->err = config_load(&l->cfg, l->dir, l->f, &test_names);
}


static void test_examples(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct loaded l;

		load_example(&l, rows[i].dir);
		assert_int_equal(l.err, 0);
		assert_int_equal(list_count(&l.cfg->peers), rows[i].peers);
		assert_int_equal(list_count(&l.cfg->regs), rows[i].regs);

		for (size_t k = 0; k < ARRAY_SIZE(rows[i].findings) &&
		     rows[i].findings[k]; k++)
			need_finding(&l, rows[i].findings[k]);
		loaded_reset(&l);
	}
}


/* The whole of a clean example: nothing but informations */
static void test_clean_example(void **state)
{
	struct loaded l;

	(void)state;
	static const char *const clean[] = {
		"provider/head", "provider/branch", "crossed-prefixes/left",
		"crossed-prefixes/right",
	};

	for (size_t i = 0; i < ARRAY_SIZE(clean); i++) {
		load_example(&l, clean[i]);
		if (l.f->count[SEVERITY_WARNING]) {
			print_findings(&l);
			fail_msg("%s has a warning", clean[i]);
		}
		loaded_reset(&l);
	}
}


static void test_values(void **state)
{
	struct loaded l;

	(void)state;
	load_example(&l, "office");

	const struct peer *p = config_peer(l.cfg, "1001");
	assert_string_equal(p->cid_name, "1001");
	assert_string_equal(p->cid_num, "1001");
	assert_string_equal(p->language, "ru");
	assert_int_equal(p->codecs.n, 2);
	assert_string_equal(codec_prefs_at(&p->codecs, 0)->name, "alaw");
	assert_int_equal(p->call_limit, 4);
	assert_int_equal(p->qualify_ms, 2000);
	assert_int_equal(p->nat, NAT_FORCE_RPORT | NAT_COMEDIA);

	const struct reg_line *r = list_ledata(l.cfg->regs.head);
	assert_string_equal(r->exten, "00000");
	assert_string_equal(r->host, "sip.provider.example");

	const struct dp_context *ctx =
		dialplan_context(l.cfg->dialplan, "internal");
	const struct dp_exten *e = dp_exten_first(ctx, "_XXXX");
	const struct dp_prio *pr = list_ledata(e->prios.head);
	assert_int_equal(pr->prio, 3);
	assert_string_equal(pr->args, "SIP/${EXTEN},,t&m");
	loaded_reset(&l);
}


static void pair(const char *a, const char *b, const char *finding,
		 uint32_t count)
{
	struct loaded la, lb;
	struct findings *f;

	load_example(&la, a);
	load_example(&lb, b);
	assert_int_equal(findings_alloc(&f), 0);
	config_check_pair(la.cfg, lb.cfg, f);
	if (list_count(&f->list) != count || (finding &&
					      !findings_find(f, finding))) {
		(void)re_fprintf(stderr, "%H", findings_print, f);
		fail_msg("%s and %s", a, b);
	}
	mem_deref(f);
	loaded_reset(&la);
	loaded_reset(&lb);
}


static void test_pairs(void **state)
{
	(void)state;
	pair("two-offices/north", "two-offices/south", NULL, 0);
	pair("provider/head", "provider/branch", NULL, 0);
	pair("crossed-prefixes/left", "crossed-prefixes/right", NULL, 0);
	pair("prefix-trunks/left", "prefix-trunks/right",
	     "trunk [21TRUNK] has another secret than [EAST21] at "
	     "config/examples/prefix-trunks/left/sip.conf:5, expected the "
	     "same", 1);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_clean_example),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
