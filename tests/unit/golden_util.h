/**
 * @file tests/unit/golden_util.h  Rows: steps of a plan in; what was asked of
 *                                 SIP and media, and the trace, out
 *
 * The phone 1001 calls extension 1 of a plan; "|" separates its steps, "x:" at
 * the begin of one is another extension.
 */
#ifndef TANDEM_TESTS_GOLDEN_UTIL_H
#define TANDEM_TESTS_GOLDEN_UTIL_H

#include "apps/apps.h"
#include "call_util.h"

/* What an application or a function does, by the trace alone */
struct plan_row {
	const char *name;  /* application or function */
	const char *steps;
	const char *trace; /* parts, "|" between; "!part": it is not there */
};

/* ... and by what it asks */
struct golden_row {
	const char *name;
	const char *steps;
	const char *keys;  /* one by one, from the first prompt on */
	const char *asked; /* all of it; NULL: not looked at */
	const char *trace; /* as above; NULL: not looked at */
};

enum {
	KEY_GAP_MS  = 100,   /* between two keys */
	PATIENCE_MS = 40000, /* then the caller hangs up */
};

static unsigned wrong; /* rows: all of them are shown */


/* '|' outside of parentheses */
static size_t part_len(const char *p)
{
	int depth = 0;
	size_t i = 0;

	for (; p[i] && !(p[i] == '|' && depth <= 0); i++)
		depth += (p[i] == '(') - (p[i] == ')');

	return i;
}


/** Steps as a plan; more: other contexts, behind it */
static inline void load_steps(const char *steps, const char *more)
{
	static char text[8192];
	const char *p = steps;
	char exten[8] = "1";
	unsigned prio = 0;
	size_t n = (size_t)re_snprintf(text, sizeof(text), "[c]\n");

	for (;;) {
		size_t l = part_len(p), c = strcspn(p, ":(");

		if (c < l && c < 5 && p[c] == ':') {
			(void)re_snprintf(exten, sizeof(exten), "%b", p, c);
			prio = 0;
			p += c + 1;
			l -= c + 1;
		}
		if (l)
			n += (size_t)re_snprintf(
				text + n, sizeof(text) - n,
				"exten => %s,%u,%b\n", exten, ++prio, p, l);
		if (!p[l])
			break;
		p += l + 1;
	}

	(void)re_snprintf(text + n, sizeof(text) - n, "%s", more);
	plan(text);
}


/** The parts of a trace; what is missing is shown and counted */
static inline void check_trace(const struct plan_row *r)
{
	const char *p = r->trace;

	while (p && *p) {
		size_t l = part_len(p);
		bool no = *p == '!';
		char part[512];

		(void)re_snprintf(part, sizeof(part), "%b", p + no, l - no);
		if (no == (strstr(cdr_trace, part) != NULL)) {
			print_error("%s: %s: %s \"%s\" in\n%s", r->name,
				    r->steps, no ? "unwanted" : "no", part,
				    cdr_trace);
			++wrong;
		}
		p += l + (p[l] == '|');
	}
}


/** Nothing is left of the row before */
static inline void clean_slate(void)
{
	list_flush(&db);
	cdr_trace[0] = '\0';
	forget_notes();
	forget_legs();
}


static inline void must_be_known(const char *name)
{
	if (!app_find(name) && !func_find(name))
		fail_msg("%s: not known", name);
}


static const char others[] =
	"[out]\nexten => 5,1,NoOp(five)\nexten => 77,hint,Custom:h\n"
	"exten => _100X,1,NoOp(${EXTEN} rings)\nexten => o,1,NoOp(operator)\n"
	"[macro-m]\nexten => s,1,NoOp(arg ${ARG1} from ${MACRO_EXTEN})\n"
	"[macro-e]\nexten => s,1,MacroExit()\nexten => s,2,NoOp(never)\n";

static const char voicemail[] =
	"[default]\n1001 => 4711,Anna Smith\n1002 => 2580,Bert Smythe\n"
	"1003 => 1111,Olga Orlova\n"
	"1004 => 1111,\xd0\x92\xd0\xb5\xd1\x80\xd0\xb0 "
	"\xd0\x98\xd0\xb4\xd1\x83\xd0\xbd\n"
	"1005 => 1111,Secret Smith,,,hidefromdir=yes\n";


/** A plan, and what stands around it in every office */
static inline void load_golden(const char *steps)
{
	put_file("voicemail.conf", voicemail);
	load_steps(steps, others);
	drop_file("voicemail.conf");
	(void)store_db_put("CustomDevstate", "h", "INUSE");
}


/** Keys come one by one, as a hand presses them */
static inline void press_all(struct call *call, const char *keys)
{
	struct leg *leg = call->caller;

	for (; *keys; keys++) {
		char one[2] = {*keys, '\0'};

		run(KEY_GAP_MS);
		if (leg->st < LEG_ENDING)
			press(leg, one);
	}
}


/** A call that runs a row to its end */
static inline void run_golden(const struct golden_row *r)
{
	struct call *call;

	must_be_known(r->name);
	assert_true(r->asked || r->trace);
	clean_slate();
	load_golden(r->steps);
	call = dial_in("c", "1");
	press_all(call, r->keys);
	run(PATIENCE_MS);
	if (!list_isempty(calls_list())) {
		bye(call->caller);
		run(100);
	}
	assert_true(list_isempty(calls_list()));

	if (r->asked && strcmp(notes, r->asked)) {
		print_error("%s: %s:\n%s\nexpected\n%s\n", r->name, r->steps,
			    notes, r->asked);
		++wrong;
	}
	check_trace(&(struct plan_row){r->name, r->steps, r->trace});
}

#endif
