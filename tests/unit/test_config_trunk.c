/**
 * @file test_config_trunk.c  Trunk groups of sip.conf
 */
#include "config_util.h"

#define PEERS                                                                \
	"[general]\n"                                                        \
	"[a]\ntype=peer\nhost=192.0.2.1\n"                                   \
	"[b]\ntype=peer\nhost=192.0.2.2\n"                                   \
	"[c]\ntype=peer\nhost=192.0.2.3\n"                                   \
	"[u]\ntype=user\nsecret=erle-Dach-2291\n"


static const struct trunk *load(struct loaded *l, const char *text)
{
	static char sip[2048];

	(void)re_snprintf(sip, sizeof(sip), PEERS "%s", text);
	load_sip_text(l, sip);

	return l->cfg ? config_trunk(l->cfg, "out") : NULL;
}


/* Members as "a:order:weight:limit " in the order of tries */
static void members(char *buf, size_t n, const struct trunk *t)
{
	size_t at = 0;

	buf[0] = '\0';
	for (struct le *le = t->members.head; le; le = le->next) {
		const struct trunk_member *m = le->data;

		assert_non_null(m->peer);
		assert_string_equal(m->peer->name, m->name);
		at += (size_t)re_snprintf(buf + at, n - at, "%s:%u:%u:%u ",
					  m->name, m->order, m->weight,
					  m->limit);
	}
}


static void test_members(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"[out](trunk)\nmember=a\nmember=b\n", "a:1:1:0 b:2:1:0 "},
		{"[out]\ntype=trunk\nmember=b\nmember=a\n",
		 "b:1:1:0 a:2:1:0 "},
		{"[out](trunk)\nmember = a , order=2\n"
		 "member=b,weight=3,limit=30,order=1\nmember=c,order=2\n",
		 "b:1:3:30 a:2:1:0 c:2:1:0 "},
		/* a template of that name is a template */
		{"[trunk](!)\ntype=trunk\ntimeout=2\n[out](trunk)\n"
		 "member=c\n", "c:1:1:0 "},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct loaded l;
		const struct trunk *t = load(&l, rows[i].text);
		char buf[256];

		assert_non_null(t);
		members(buf, sizeof(buf), t);
		assert_string_equal(buf, rows[i].want);
		assert_null(config_peer(l.cfg, "out"));
		loaded_reset(&l);
	}
}


static void test_defaults_and_failover(void **state)
{
	static const struct {
		const char *text;
		uint16_t yes[4], no[4];
	} rows[] = {
		{"", {503, 408, 500, 407}, {486, 404, 603, 403}},
		{"failover=503\n", {503}, {500, 408, 486}},
		{"failover=4xx,603\n", {404, 486, 603}, {503, 600}},
		{"failover=none\n", {0}, {503, 408, 500}},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct loaded l;
		char text[128];

		(void)re_snprintf(text, sizeof(text),
				  "[out](trunk)\nmember=a\n%s", rows[i].text);
		const struct trunk *t = load(&l, text);

		assert_non_null(t);
		assert_int_equal(t->timeout_s, 4);
		assert_int_equal(t->ramp_s, 10);
		for (size_t k = 0; k < 4; k++) {
			if (rows[i].yes[k])
				assert_true(trunk_moves_on(t,
							   rows[i].yes[k]));
			if (rows[i].no[k])
				assert_false(trunk_moves_on(t,
							    rows[i].no[k]));
		}
		assert_false(trunk_moves_on(t, 0));
		assert_false(trunk_moves_on(t, 200));
		assert_false(trunk_moves_on(t, 700));
		loaded_reset(&l);
	}
}


static void test_findings(void **state)
{
	static const struct {
		const char *text, *want;
		bool refused;
	} rows[] = {
		{"[out](trunk)\n",
		 "sip.conf:14:1: error: the trunk group [out] has no member, "
		 "expected lines such as member = provider", true},
		{"[out](trunk)\nmember=nobody\n",
		 "sip.conf:15:8: error: member: there is no peer 'nobody', "
		 "expected a section with type=peer or type=friend", true},
		{"[out](trunk)\nmember=u\n",
		 "sip.conf:15:8: error: member: [u] is type=user", true},
		{"[a](trunk)\nmember=b\n",
		 "sip.conf:14:1: error: the trunk group [a] has the name of "
		 "the peer on line 2", true},
		{"[out](trunk)\nmember=a\nmember=b\nmember=a\n",
		 "sip.conf:17:8: warning: member: a is in [out] twice", false},
		{"[out](trunk)\nmember=a,wieght=2\n",
		 "sip.conf:15:8: warning: member: 'wieght=2' is left out, "
		 "expected order=1 to 1000", false},
		{"[out](trunk)\nmember=a,weight=0\n",
		 "sip.conf:15:8: warning: member: 'weight=0'", false},
		{"[out](trunk)\nmember=a\nfailover=503,6x,99\n",
		 "sip.conf:16:10: warning: failover: '6x' is left out", false},
		{"[out](trunk)\nmember=a\nfailover=200\n",
		 "sip.conf:16:10: warning: failover: '200' is left out",
		 false},
		{"[out](trunk)\nmember=a\ntimeout=90\n",
		 "sip.conf:16:9: warning: timeout", false},
		{"[out](trunk)\nmember=a\nhost=192.0.2.9\n",
		 "sip.conf:16:1: warning: option 'host' has no effect in [out]", false},
		{"[out](trunk)\nmember=a\n[out](trunk)\nmember=b\n",
		 "sip.conf:16:1: warning: second trunk group [out]", false},
		{"[x](nothing)\n",
		 "sip.conf:14:1: error: section 'nothing' does not exist",
		 true},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct loaded l;

		(void)load(&l, rows[i].text);
		need_finding(&l, rows[i].want);
		assert_int_equal(!l.cfg, rows[i].refused);
		loaded_reset(&l);
	}
}


/* Dial() of a group is no mistake, of a misspelled one it is */
static void test_dial(void **state)
{
	struct loaded l;
	(void)state;

	load_texts(&l, (struct texts){
		.sip = PEERS "[out](trunk)\nmember=a\n",
		.ext = "[default]\nexten => _0X.,1,Dial(SIP/out/${EXTEN:1})\n"
		       " same => n,Dial(SIP/${EXTEN}@out)\n"
		       " same => n,Dial(SIP/aut/1)\n"});
	assert_non_null(l.cfg);
	assert_false(has_finding(&l, "extensions.conf:2"));
	assert_false(has_finding(&l, "extensions.conf:3"));
	need_finding(&l, "extensions.conf:4:12: warning: SIP/aut: there is no "
		     "peer 'aut'");
	loaded_reset(&l);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_defaults_and_failover),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_dial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
