/**
 * @file test_config_queue.c  queues.conf and queuerules.conf
 */
#include "config_util.h"


static const char sip[] =
	"[general]\nallowguest=no\n"
	"[1001]\ntype=friend\nhost=dynamic\nsecret=stone-Oak-42\ncontext=c\n"
	"[1002]\ntype=friend\nhost=dynamic\nsecret=stone-Oak-43\ncontext=c\n";


static void load_queues(struct loaded *l, const char *ext, const char *queues,
			const char *rules)
{
	const struct texts t = {.sip = sip, .ext = ext};
	const struct text_file more[] = {{"queues.conf", queues},
					 {"queuerules.conf", rules}};

	load_files(l, &t, more, ARRAY_SIZE(more), NULL);
}


/* --- joinempty, leavewhenempty ------------------------------------------- */

enum {
	PEN = QUEUE_EMPTY_PENALTY,
	PAU = QUEUE_EMPTY_PAUSED,
	INV = QUEUE_EMPTY_INVALID,
	UNA = QUEUE_EMPTY_UNAVAILABLE,
	BAD = 0x10000,
};

static const struct {
	const char *text;
	uint32_t join, leave;
} empty_rows[] = {
	{"yes", 0, PEN | INV | PAU},
	{"no", PEN | INV | PAU, 0},
	{"on", 0, PEN | INV | PAU},
	{"0", PEN | INV | PAU, 0},
	{"loose", PEN | INV, PEN | INV},
	{"strict", PEN | INV | PAU | UNA, PEN | INV | PAU | UNA},
	{"Paused", PAU, PAU},
	{"paused,penalty", PAU | PEN, PAU | PEN},
	{"inuse, ringing , unknown", QUEUE_EMPTY_INUSE | QUEUE_EMPTY_RINGING |
	 QUEUE_EMPTY_UNKNOWN, QUEUE_EMPTY_INUSE | QUEUE_EMPTY_RINGING |
	 QUEUE_EMPTY_UNKNOWN},
	{"strict,inuse", PEN | INV | PAU | UNA | QUEUE_EMPTY_INUSE,
	 PEN | INV | PAU | UNA | QUEUE_EMPTY_INUSE},
	{"unavailable,invalid,wrapup", UNA | INV | QUEUE_EMPTY_WRAPUP,
	 UNA | INV | QUEUE_EMPTY_WRAPUP},
	{"maybe", BAD, BAD},
	{"paused,maybe", BAD, BAD},
};


static void test_empty(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(empty_rows); i++) {
		const char *text = empty_rows[i].text;
		const struct queue_conf *q;
		char conf[256];
		struct loaded l;

		(void)re_snprintf(conf, sizeof(conf), "[q]\nmember=SIP/1001\n"
				  "joinempty=%s\nleavewhenempty=%s\n", text,
				  text);
		load_queues(&l, "[c]\n", conf, NULL);
		assert_int_equal(l.err, 0);
		q = config_queue(l.cfg, "q");
		if (empty_rows[i].join == BAD) {
			assert_true(has_finding(&l, "queues.conf:3:11: "
						"warning: joinempty: '"));
			assert_int_equal(q->joinempty, 0);
			assert_int_equal(q->leavewhenempty, 0);
		}
		else {
			assert_int_equal(q->joinempty, empty_rows[i].join);
			assert_int_equal(q->leavewhenempty,
					 empty_rows[i].leave);
		}
		loaded_reset(&l);
	}
}


/* --- options and members ------------------------------------------------- */

static void test_values(void **state)
{
	const struct queue_member_conf *m;
	const struct queue_conf *q;
	struct loaded l;

	load_queues(&l, "[c]\n",
		    "[general]\nautofill=no\npersistentmembers=yes\n"
		    "[base](!)\nstrategy=roundrobin\nretry=3\n"
		    "[Support](base)\ntimeout=20\nautofill=yes\n"
		    "musiconhold=default\nannounce-position=more\n"
		    "announce-holdtime=once\nautopause=all\n"
		    "timeoutpriority=conf\nqueue-thankyou=\n"
		    "member => SIP/1001\n"
		    "member => SIP/1002,5,Bert,SIP/1001,no,30,yes\n"
		    "member => Local/7@c/n,2\n"
		    "[other]\n",
		    NULL);
	assert_int_equal(l.err, 0);

	q = config_queue(l.cfg, "support");
	assert_non_null(q);
	assert_int_equal(q->strategy, QUEUE_RRMEMORY);
	assert_int_equal(q->retry_s, 3);
	assert_int_equal(q->timeout_s, 20);
	assert_true(q->autofill);
	assert_int_equal(q->say_pos, QUEUE_POS_MORE);
	assert_int_equal(q->say_hold, QUEUE_HOLD_ONCE);
	assert_int_equal(q->autopause, QUEUE_PAUSE_ALL);
	assert_int_equal(q->timeout_prio, QUEUE_TIMEOUT_CONF);
	assert_string_equal(q->sounds.thankyou, "");
	assert_string_equal(q->sounds.thereare, "queue-thereare");
	assert_int_equal(list_count(&q->members), 3);

	m = q->members.head->data;
	assert_string_equal(m->iface, "SIP/1001");
	assert_null(m->name);
	assert_int_equal(m->ringinuse, -1);
	assert_int_equal(m->wrapup_s, -1);
	m = q->members.head->next->data;
	assert_string_equal(m->name, "Bert");
	assert_string_equal(m->state_iface, "SIP/1001");
	assert_int_equal(m->penalty, 5);
	assert_int_equal(m->ringinuse, 0);
	assert_int_equal(m->wrapup_s, 30);
	assert_true(m->paused);

	q = config_queue(l.cfg, "other");
	assert_false(q->autofill);
	assert_int_equal(q->timeout_s, 15);
	assert_int_equal(q->retry_s, 5);
	assert_int_equal(q->minannounce_s, 15);
	assert_int_equal(q->strategy, QUEUE_RINGALL);
	assert_true(q->ringinuse);
	assert_null(q->monitor_format);
	assert_null(config_queue(l.cfg, "base"));
	loaded_reset(&l);
}


/* --- rules --------------------------------------------------------------- */

static void test_rules(void **state)
{
	const struct queue_rule_step *s;
	const struct queue_rule *rule;
	struct loaded l;

	load_queues(&l, "[c]\n", "[q]\ndefaultrule=up\nmember=SIP/1001\n",
		    "[up]\npenaltychange => 60,10,2\n"
		    "penaltychange => 30,+3\npenaltychange => 90,,-1,4\n"
		    "penaltychange => soon,1\n");
	assert_int_equal(l.err, 0);
	assert_true(has_finding(&l, "queuerules.conf:5:1: warning: rule up: "
				"'soon,1' is left out"));

	rule = config_queue_rule(l.cfg, "UP");
	assert_non_null(rule);
	assert_int_equal(list_count(&rule->steps), 3);
	s = rule->steps.head->data;
	assert_int_equal(s->after_s, 30);
	assert_true(s->max.said && s->max.relative);
	assert_int_equal(s->max.value, 3);
	assert_false(s->min.said);
	s = rule->steps.head->next->data;
	assert_int_equal(s->after_s, 60);
	assert_false(s->max.relative);
	assert_int_equal(s->max.value, 10);
	assert_int_equal(s->min.value, 2);
	s = rule->steps.tail->data;
	assert_false(s->max.said);
	assert_true(s->min.relative);
	assert_int_equal(s->min.value, -1);
	assert_int_equal(s->raise.value, 4);
	loaded_reset(&l);
}


/* --- findings ------------------------------------------------------------ */

static const struct {
	const char *queues, *ext, *find;
} find_rows[] = {
	{"[q]\nmember => SIP/1009\n", "[c]\n",
	 "queues.conf:2:1: warning: SIP/1009: there is no peer '1009'"},
	{"[q]\nmember => Agent/7\n", "[c]\n",
	 "queues.conf:2:1: warning: member Agent/7 cannot be rung"},
	{"[q]\nmember => Local/7\n", "[c]\n",
	 "queues.conf:2:1: warning: member Local/7 cannot be rung"},
	{"[q]\nmember => SIP/1001,much\n", "[c]\n",
	 "queues.conf:2:1: warning: member SIP/1001: penalty 'much'"},
	{"[q]\nmember => SIP/1001,1,A,,x\n", "[c]\n",
	 "queues.conf:2:1: warning: member SIP/1001: ringinuse 'x'"},
	{"[q]\nmember => SIP/1001\nmember => SIP/1001,2\n", "[c]\n",
	 "queues.conf:3:1: warning: queue q: member SIP/1001 is already on "
	 "line 2"},
	{"[q]\nmember => \n", "[c]\n",
	 "queues.conf:2:1: warning: queue q: member '' is left out"},
	{"[q]\nstrategy=ringsome\n", "[c]\n",
	 "queues.conf:2:10: warning: strategy: 'ringsome' is ignored"},
	{"[q]\nstrtegy=ringall\n", "[c]\n",
	 "queues.conf:2:1: warning: "},
	{"[a/b]\n", "[c]\n",
	 "queues.conf:1:1: error: 'a/b' is no name of a queue"},
	{"[q]\njoinempty=no\n", "[c]\n",
	 "queues.conf:1:1: info: queue q has no members here"},
	{"[q]\nmusicclass=jazz\nmember=SIP/1001\n", "[c]\n",
	 "queues.conf:1:1: warning: queue q: there is no class 'jazz'"},
	{"[q]\ndefaultrule=x\nmember=SIP/1001\n", "[c]\n",
	 "queues.conf:1:1: warning: queue q: there is no rule 'x'"},
	{"[support]\nmember=SIP/1001\n",
	 "[c]\nexten => 1,1,Queue(suport,t,,,20)\n",
	 "extensions.conf:2:14: warning: Queue: there is no queue 'suport' in "
	 "queues.conf (did you mean 'support'?)"},
	{"[support]\nmember=SIP/1001\n",
	 "[c]\nexten => 1,1,AddQueueMember(support,SIP/9)\n",
	 "extensions.conf:2:14: warning: SIP/9: there is no peer '9'"},
};


static void test_findings(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(find_rows); i++) {
		struct loaded l;

		load_queues(&l, find_rows[i].ext, find_rows[i].queues, NULL);
		if (!has_finding(&l, find_rows[i].find)) {
			print_findings(&l);
			fail_msg("row %u: no %s", (unsigned)i,
				 find_rows[i].find);
		}
		loaded_reset(&l);
	}
}


/* What the file says right, nobody complains of */
static void test_silent(void **state)
{
	struct loaded l;

	load_queues(&l, "[c]\nexten => 1,1,Queue(q,t,,,20)\n"
		    "exten => 2,1,Queue(${X})\n"
		    "exten => 2,2,AddQueueMember(q,Local/7@c)\n",
		    "[q]\nmember => SIP/1001,1\nautopause=yes\n", NULL);
	assert_int_equal(l.err, 0);
	assert_false(has_finding(&l, "queues.conf"));
	for (struct le *le = l.f->list.head; le; le = le->next) {
		char line[1024];

		finding_line(line, sizeof(line), &l, le->data);
		assert_null(strstr(line, "Queue"));
	}
	loaded_reset(&l);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
