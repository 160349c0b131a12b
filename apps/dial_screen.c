/**
 * @file apps/dial_screen.c  What Dial does with the callee before both talk
 *
 *   before   the caller says his name (P, p), or one that was kept is there
 *   answer   the callee hears it and chooses  -->  macro (M), subroutine (U)
 *            1 take it  2 voicemail  3 torture  4 never again  5 this once
 *
 * With P the choices 1 to 4 are kept in the database, family privacy, key
 * EXTENSION/CALLER, and the next time nobody is asked.
 */
#include <ctype.h>
#include "apps/dial_screen.h"
#include "apps/vm_talk.h"
#include "base/text.h"

#define FAMILY "privacy"

enum {
	ASKED_MAX = 3,
	KEY_MS = 6000,
};

struct screening {
	struct dial_screen *ds; /* lives longer */
	struct call *callee;
	struct vm_talk talk;
	unsigned times;
};


static void destructor(void *data)
{
	struct screening *sc = data;

	vm_talk_reset(&sc->talk);
}


/* --- options ------------------------------------------------------------- */

static const struct ttext *last_opt(const struct opts *opts, char letter)
{
	const struct ttext *t = opt_text(opts, letter);

	return t && t->len ? t : NULL;
}


/* Letters and digits of a text that may be from the wire */
static size_t plain(char *buf, size_t n, const char *text)
{
	size_t len = 0;

	for (; *text && len + 1 < n; text++) {
		if (isalnum((unsigned char)*text) || strchr("_+-", *text))
			buf[len++] = *text;
	}
	buf[len] = '\0';

	return len;
}


static void set_key(struct dial_screen *ds, const char *name)
{
	char who[32], cid[40];

	(void)plain(who, sizeof(who), name ? name : ds->call->exten);
	if (plain(cid, sizeof(cid), ds->call->cid_num))
		(void)re_snprintf(ds->key, sizeof(ds->key), "%s/%s", who, cid);
}


/* U(context^arg^arg): extension s of the context */
static int take_gosub(struct dial_screen *ds, const struct ttext *text)
{
	struct args parts;
	int err;

	parts.n = 0;
	err = args_split_plain(&parts, text, '^');
	if (!err)
		err = args_add_str(&ds->target, args_str(&parts, 0));
	err |= args_add_str(&ds->target, "s");
	err |= args_add_str(&ds->target, "1");
	if (!err)
		err = args_add_from(&ds->argv, &parts, 1);
	args_reset(&parts);

	return err ? ENOMEM : 0;
}


int dial_screen_init(struct dial_screen *ds, struct call *call,
		     const struct opts *opts)
{
	const struct ttext *text;
	struct pl arg;
	int err = 0;

	ds->call = call;
	ds->remember = opt_find(opts, 'P', &arg);
	ds->ask = ds->remember || opt_find(opts, 'p', NULL);
	ds->forget_name = opt_find(opts, 'n', NULL);
	if (opt_find(opts, 'N', NULL) && call->cid_num[0])
		ds->ask = ds->remember = false;
	if (ds->remember)
		set_key(ds, opt_text(opts, 'P') ? opt_text(opts, 'P')->str
						: NULL);

	text = last_opt(opts, 'M');
	if (text)
		err = args_split_plain(&ds->macro, text, '^');
	text = last_opt(opts, 'U');
	if (text && !err)
		err = take_gosub(ds, text);

	return err;
}


void dial_screen_reset(struct dial_screen *ds)
{
	args_reset(&ds->macro);
	args_reset(&ds->target);
	args_reset(&ds->argv);
	ds->intro = mem_deref(ds->intro);
}


/* --- the caller ---------------------------------------------------------- */

bool dial_screen_admits(struct dial_screen *ds)
{
	const char *val = ds->remember && ds->key[0]
				  ? store_db_get(FAMILY, ds->key)
				  : NULL;

	if (!val)
		return true;

	if (!strcmp(val, "allow")) {
		ds->ask = false;
		return true;
	}

	ds->status = !strcmp(val, "deny")      ? "NOANSWER"
		     : !strcmp(val, "torture") ? "TORTURE"
		     : !strcmp(val, "kill")    ? "DONTCALL"
					       : NULL;

	return !ds->status;
}


static void named(struct intro *in, bool good, void *arg)
{
	struct dial_screen *ds = arg;

	(void)in;
	ds->named = good;
	ds->ready(ds);
}


bool dial_screen_begin(struct dial_screen *ds,
		       void (*ready)(struct dial_screen *ds))
{
	const char *keep = ds->key[0] && !ds->forget_name ? ds->key : NULL;

	if (!ds->ask)
		return false;

	if (keep && !intro_find(&ds->intro, ds->call, keep)) {
		ds->named = true;
		return false;
	}

	ds->ready = ready;

	return answer_first(ds->call) &&
	       !intro_start(&ds->intro, ds->call, "priv-recordintro", keep,
			    named, ds);
}


/* --- macro and subroutine ------------------------------------------------ */

static void verdict(struct screening *sc, struct fork_verdict v)
{
	fork_screened(sc->callee, &v);
}


/* GOTO:context^extension^priority */
static void jump(struct dial_screen *ds, const char *target)
{
	struct ttext *text = NULL;
	struct args args;
	struct pl pl;
	size_t parts = 1;

	/* what a caller sent may stand in it, and adds no part */
	for (const char *p = target; *p; p++)
		parts += *p == '^';
	if (parts > 3) {
		call_warning(ds->call, "Dial: GOTO:%s is left out, expected "
			     "context^extension^priority", target);
		return;
	}

	args.n = 0;
	pl_set_str(&pl, target);
	if (!ttext_create(&text, &pl, false) &&
	    !args_split_plain(&args, text, '^'))
		ds->jumped = !call_goto_args(ds->call, &args);
	args_reset(&args);
	mem_deref(text);
}


static void result(struct screening *sc, const char *name)
{
	const char *res = call_var(sc->callee, name);
	struct fork_verdict v = {.take = true, .status = DIAL_ANSWER};

	if (!str_casecmp(res, "ABORT")) {
		v.take = false;
	}
	else if (!str_casecmp(res, "CONGESTION")) {
		v = (struct fork_verdict){.status = DIAL_CONGESTION};
	}
	else if (!str_casecmp(res, "BUSY")) {
		v = (struct fork_verdict){.status = DIAL_BUSY};
	}
	else if (!str_casecmp(res, "CONTINUE")) {
		v.take = false;
		v.go_on = true;
	}
	else if (!strncasecmp(res, "GOTO:", 5)) {
		v.take = false;
		v.go_on = true;
		jump(sc->ds, res + 5);
	}

	verdict(sc, v);
}


static void gosub_over(struct call *callee, enum app_result res, void *arg)
{
	(void)callee;
	(void)res;
	result(arg, "GOSUB_RESULT");
}


static void run_gosub(struct screening *sc)
{
	struct dial_screen *ds = sc->ds;
	struct fork_verdict take = {.take = true};

	if (!ds->target.n ||
	    call_gosub_sub(sc->callee, &ds->target, &ds->argv, gosub_over,
			   sc))
		verdict(sc, take);
}


static void macro_over(struct call *callee, enum app_result res, void *arg)
{
	struct screening *sc = arg;

	(void)res;
	if (call_var(callee, "MACRO_RESULT")[0])
		result(sc, "MACRO_RESULT");
	else
		run_gosub(sc);
}


static void run_macro(struct screening *sc)
{
	struct dial_screen *ds = sc->ds;

	if (!ds->macro.n ||
	    call_macro_sub(sc->callee, &ds->macro, macro_over, sc))
		run_gosub(sc);
}


/* --- the callee chooses -------------------------------------------------- */

static void ask(struct screening *sc);


static void keep(const struct dial_screen *ds, const char *word)
{
	if (ds->remember && ds->key[0])
		(void)store_db_put(FAMILY, ds->key, word); /* asked again */
}


static void refuse(struct screening *sc, const char *status, const char *word)
{
	struct fork_verdict v = {.status = DIAL_NOANSWER};

	sc->ds->status = status;
	keep(sc->ds, word);
	call_info(sc->callee, "the callee does not take it: %s", status);
	verdict(sc, v);
}


static void ask_again(struct screening *sc)
{
	const struct fork_verdict none = {.status = DIAL_NOANSWER};

	if (sc->times < ASKED_MAX)
		ask(sc);
	else
		verdict(sc, none);
}


static void chosen(const char *keys, void *arg)
{
	struct screening *sc = arg;

	switch (keys[0]) {

	case '1':
		keep(sc->ds, "allow");
		run_macro(sc);
		break;

	case '2': refuse(sc, "NOANSWER", "deny"); break;
	case '3': refuse(sc, "TORTURE", "torture"); break;
	case '4': refuse(sc, "DONTCALL", "kill"); break;

	case '5':
		if (sc->ds->remember)
			run_macro(sc);
		else
			ask_again(sc);
		break;

	default:
		ask_again(sc);
		break;
	}
}


static void ask(struct screening *sc)
{
	const struct dial_screen *ds = sc->ds;

	++sc->times;
	vm_say(&sc->talk, "priv-callpending");
	if (ds->named)
		vm_say(&sc->talk, intro_prompt(ds->intro));
	vm_say(&sc->talk, ds->remember ? "priv-callee-options"
				       : "screen-callee-options");
	vm_talk_ask(&sc->talk, 1, NULL, KEY_MS, chosen);
}


void dial_screen_answered(struct call *callee, size_t dev, void *arg)
{
	struct screening *sc = mem_zalloc(sizeof(*sc), destructor);
	struct fork_verdict none = {.status = DIAL_CHANUNAVAIL};

	(void)dev;
	if (!sc || vm_talk_init(&sc->talk, callee, sc)) {
		mem_deref(sc);
		fork_screened(callee, &none);
		return;
	}

	sc->ds = arg;
	sc->callee = callee;
	callee->appst = sc;

	if (sc->ds->ask)
		ask(sc);
	else
		run_macro(sc);
}


fork_screen_h *dial_screen_handler(const struct dial_screen *ds)
{
	return ds->ask || ds->macro.n || ds->target.n ? dial_screen_answered
						      : NULL;
}
