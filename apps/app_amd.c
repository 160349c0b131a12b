/**
 * @file apps/app_amd.c  AMD: a person or an answering machine?
 *
 * People say one or two words and wait; machines talk on.  Times are in [ms]
 * since the begin, or of what has just happened:
 *
 *   silence -- initialsilence passes ----------------------> MACHINE
 *      | a word of minimumwordlength
 *      v
 *   greeting -- talks for `greeting` -----------------------> MACHINE
 *      |     -- a word as long as maximumwordlength --------> MACHINE
 *      |     -- as many words as maximumwords --------------> MACHINE
 *      |     -- afterGreetingSilence passes ----------------> HUMAN
 *      v
 *   totalAnalysisTime passes -------------------------------> NOTSURE
 */
#include "apps/apps.h"
#include "base/clock.h"
#include "base/text.h"

enum param {
	INITIAL,   /* silence before anything */
	GREETING,  /* talk, in all */
	AFTER,     /* silence behind it */
	TOTAL,
	MIN_WORD,
	BETWEEN,   /* silence between words */
	MAX_WORDS,
	THRESHOLD, /* mean |sample| */
	MAX_WORD,
	PARAMS
};

struct amd {
	struct call *call;
	uint32_t prm[PARAMS];
	uint64_t began_ms, talk_ms; /* clock_ms */
	uint64_t quiet_ms;          /* since when it is silent */
	uint32_t voice_ms;          /* of the words that are over */
	unsigned words;
	bool heard;                 /* a word: what was shorter is noise */
	struct timer total, next;
};


static void destructor(void *data)
{
	struct amd *a = data;

	timer_cancel(&a->total);
	timer_cancel(&a->next);
}


static void over(struct amd *a, const char *status, const char *why,
		 uint64_t val, uint32_t limit)
{
	struct call *call = a->call;

	timer_cancel(&a->total);
	timer_cancel(&a->next);
	(void)call_listen(call, 0, 0, NULL, NULL); /* he may be gone */
	(void)call_set_var(call, "AMDSTATUS", status, false);
	(void)vars_printf(call->vars, "AMDCAUSE", "%s-%llu-%u", why, val,
			  limit);
	call_step_note(call, "%s %s", status, why);
	call_step_done(call, APP_NEXT);
}


static void too_long(void *arg)
{
	struct amd *a = arg;

	over(a, "NOTSURE", "TOOLONG", clock_ms() - a->began_ms,
	     a->prm[TOTAL]);
}


static void stayed_silent(void *arg)
{
	struct amd *a = arg;

	over(a, "MACHINE", "INITIALSILENCE", clock_ms() - a->quiet_ms,
	     a->prm[INITIAL]);
}


static void waits(void *arg)
{
	struct amd *a = arg;

	over(a, "HUMAN", "HUMAN", a->prm[AFTER], a->prm[AFTER]);
}


static void talks_on(void *arg)
{
	struct amd *a = arg;
	uint32_t word = (uint32_t)(clock_ms() - a->talk_ms);

	if (a->voice_ms + word >= a->prm[GREETING])
		over(a, "MACHINE", "LONGGREETING", a->voice_ms + word,
		     a->prm[GREETING]);
	else
		over(a, "MACHINE", "MAXWORDLENGTH", word, a->prm[MAX_WORD]);
}


static void word_begins(struct amd *a)
{
	uint32_t left = a->prm[GREETING] - a->voice_ms;

	a->talk_ms = clock_ms();
	timer_start(&a->next, left < a->prm[MAX_WORD] ? left
						      : a->prm[MAX_WORD],
		    talks_on, a);
}


/* What is left of a silence that is told of BETWEEN late */
static uint32_t behind(const struct amd *a, enum param silence)
{
	return a->prm[silence] > a->prm[BETWEEN]
		       ? a->prm[silence] - a->prm[BETWEEN] : 0;
}


/* It ended BETWEEN ago */
static void word_ends(struct amd *a)
{
	uint64_t ms = clock_ms() - a->talk_ms;
	uint32_t word = (uint32_t)(ms > a->prm[BETWEEN] ? ms - a->prm[BETWEEN]
							: 0);

	a->quiet_ms = clock_ms() - a->prm[BETWEEN];
	a->voice_ms += word;
	a->heard = a->heard || word >= a->prm[MIN_WORD];
	if (word >= a->prm[MIN_WORD] && ++a->words >= a->prm[MAX_WORDS]) {
		over(a, "MACHINE", "MAXWORDS", a->words, a->prm[MAX_WORDS]);
		return;
	}
	if (a->voice_ms >= a->prm[GREETING]) {
		over(a, "MACHINE", "LONGGREETING", a->voice_ms,
		     a->prm[GREETING]);
		return;
	}

	if (a->heard)
		timer_start(&a->next, behind(a, AFTER), waits, a);
	else
		timer_start(&a->next, behind(a, INITIAL), stayed_silent, a);
}


static void talk(struct call *call, bool talks, void *arg)
{
	(void)call;
	if (talks)
		word_begins(arg);
	else
		word_ends(arg);
}


static void take_params(struct amd *a, const struct args *args)
{
	static const uint32_t usual[PARAMS] = {
		[INITIAL] = 2500, [GREETING] = 1500, [AFTER] = 800,
		[TOTAL] = 5000,	  [MIN_WORD] = 100,  [BETWEEN] = 50,
		[MAX_WORDS] = 3,  [THRESHOLD] = 256, [MAX_WORD] = 5000,
	};
	uint64_t n;

	for (size_t i = 0; i < PARAMS; i++) {
		struct pl pl = args_pl(args, i);

		pl = pl_trim(pl);
		a->prm[i] = usual[i];
		if (!pl.l)
			continue;
		if (num_decode(&n, &pl, 60000) || !n)
			call_warning(a->call, "AMD: \"%r\", expected 1 to "
				     "60000", &pl);
		else
			a->prm[i] = (uint32_t)n;
	}
}


static enum app_result amd_exec(struct call *call, const struct args *args)
{
	struct amd *a = mem_zalloc(sizeof(*a), destructor);
	int err;

	if (!a)
		return APP_HANGUP;

	call->appst = a;
	a->call = call;
	take_params(a, args);
	(void)call_set_var(call, "AMDSTATUS", "", false);
	(void)call_set_var(call, "AMDCAUSE", "", false);
	if (!answer_first(call))
		return APP_HANGUP;

	err = call_listen(call, (uint16_t)a->prm[THRESHOLD], a->prm[BETWEEN],
			  talk, a);
	if (err) {
		call_warning(call, "AMD: %m", err);
		return APP_NEXT;
	}

	a->began_ms = a->quiet_ms = clock_ms();
	timer_start(&a->total, a->prm[TOTAL], too_long, a);
	timer_start(&a->next, a->prm[INITIAL], stayed_silent, a);

	return APP_WAIT;
}


static void amd_cancel(struct call *call)
{
	(void)call_set_var(call, "AMDSTATUS", "HANGUP", false);
}


const struct app app_amd = {
	.name = "AMD",
	.usage = "AMD([initialsilence[,greeting[,aftergreetingsilence[,"
		 "totaltime[,minwordlength[,betweenwords[,maxwords[,threshold[,"
		 "maxwordlength]]]]]]]]])  a person or an answering machine: "
		 "AMDSTATUS is HUMAN, MACHINE, NOTSURE or HANGUP; times in ms",
	.maxargs = PARAMS,
	.exec = amd_exec,
	.cancel = amd_cancel,
};
