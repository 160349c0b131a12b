/**
 * @file apps/util.c  Small things that several applications need
 */
#include "apps/apps.h"
#include "base/text.h"
#include "routing/expr.h"
#include "routing/schedule.h"

enum { MAX_MS = 24 * 3600 * 1000 };


bool arg_ms(uint32_t *ms, const struct pl *pl)
{
	struct pl t = pl_trim(*pl);
	uint64_t n;

	if (num_decode_milli(&n, &t, MAX_MS))
		return false;

	*ms = (uint32_t)n;

	return true;
}


bool arg_signed(int *np, const struct pl *pl, uint32_t max)
{
	struct pl rest = pl_trim(*pl);
	bool minus = rest.l && rest.p[0] == '-';
	uint64_t n;

	if (minus || (rest.l && rest.p[0] == '+'))
		pl_advance(&rest, 1);
	if (num_decode(&n, &rest, max))
		return false;

	*np = minus ? -(int)n : (int)n;

	return true;
}


int groups_print(struct mbuf *out, uint64_t bits)
{
	const char *sep = "";
	int err = 0;

	for (unsigned i = 0; i < 64; i++) {
		if (!(bits >> i & 1))
			continue;
		err |= mbuf_printf(out, "%s%u", sep, i);
		sep = ", ";
	}

	return err;
}


static int sides(const struct opts *opts, char caller, char callee)
{
	return (opt_find(opts, caller, NULL) ? FEATURE_CALLER : 0) |
	       (opt_find(opts, callee, NULL) ? FEATURE_CALLEE : 0);
}


void opts_talk_keys(struct talk_keys *keys, const struct opts *opts)
{
	*keys = (struct talk_keys){
		.transfer = sides(opts, 'T', 't'),
		.hangup = sides(opts, 'H', 'h'),
		.park = sides(opts, 'K', 'k'),
		.mix = sides(opts, 'X', 'x'),
		.monitor = sides(opts, 'W', 'w'),
	};
}


size_t find_outside(const struct ttext *text, size_t off, char c)
{
	unsigned depth = 0;

	for (size_t i = off; i < text->len; i++) {
		char x = text->str[i];

		if (ttext_tainted_at(text, i))
			continue;
		if (!depth && x == c)
			return i;
		if (x == '(')
			++depth;
		else if (x == ')' && depth)
			--depth;
	}

	return text->len;
}


static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}


int slice_trim(struct ttext **tp, const struct ttext *text, size_t from,
	       size_t to)
{
	while (from < to && is_blank(text->str[from]))
		++from;
	while (to > from && is_blank(text->str[to - 1]))
		--to;

	return ttext_slice(tp, text, from, to - from);
}


int choose_part(struct ttext **tp, const struct ttext *text, size_t from,
		bool cond)
{
	size_t colon = find_outside(text, from, ':');
	size_t end = cond ? colon : text->len;
	int err;

	if (!cond)
		from = colon < text->len ? colon + 1 : text->len;

	err = slice_trim(tp, text, from, end);
	if (!err && !(*tp)->len)
		*tp = mem_deref(*tp);

	return err;
}


int choose(struct ttext **tp, const struct ttext *text)
{
	size_t quest = find_outside(text, 0, '?');
	struct pl cond = {text->str, quest};

	if (quest >= text->len)
		return EINVAL;

	cond = pl_trim(cond);

	return choose_part(tp, text, quest + 1, expr_is_true(&cond));
}


bool time_holds(struct call *call, const struct pl *spec)
{
	struct schedule sch;
	struct pl bad;

	if (schedule_decode(&sch, spec, &bad)) {
		call_warning(call, "times \"%r\": \"%r\" not understood", spec,
			     &bad);
		return false;
	}

	return schedule_has_time(&sch, (int64_t)call_now_s(call));
}


void opt_unknown(char letter, const char *why, void *arg)
{
	struct call *call = arg;

	call_info(call, "%s: option '%c': %s",
		  call->app ? call->app->name : "?", letter, why);
}


bool answer_first(struct call *call)
{
	int err = call_answer(call);

	if (!err)
		return true;

	call_step_note(call, "not answered: %m", err);
	call_warning(call, "cannot answer: %m", err);

	return false;
}


void play_then_next(struct call *call, int err, void *arg)
{
	(void)arg;

	if (err)
		call_step_note(call, "%m", err);

	call_step_done(call, APP_NEXT);
}


struct pl first_word(const struct ttext *args)
{
	struct pl rest = ttext_pl(args), word = PL_INIT;

	(void)pl_next(&word, &rest, ',');

	return pl_trim(word);
}


int words_take(struct words *w, bool *tainted, const struct ttext *text,
	       size_t max)
{
	int err = args_split(&w->args, text, max);

	if (tainted)
		*tainted = false;
	if (err)
		return err;

	for (size_t i = 0; i < WORDS_MAX; i++) {
		struct pl pl = args_pl(&w->args, i);

		w->v[i] = pl_trim(pl);
	}

	return 0;
}
