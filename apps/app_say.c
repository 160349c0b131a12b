/**
 * @file apps/app_say.c  SayDigits, SayNumber, SayAlpha
 *
 * The prompts are those of Asterisk's sound packages: digits/0 to digits/90,
 * digits/hundred ..., letters/a ...  Numbers are said in English order.
 */
#include "apps/apps.h"
#include "base/text.h"

enum { SAY_MAX = 4096 };


static int add(struct mbuf *mb, const char *dir, const char *name)
{
	if (mb->end > SAY_MAX)
		return E2BIG;

	return mbuf_printf(mb, "%s%s/%s", mb->end ? "&" : "", dir, name);
}


static const char *sign_name(char c)
{
	switch (c) {

	case '*': return "star";
	case '#': return "pound";
	case '-': return "minus";
	default: return NULL;
	}
}


int say_digits(struct mbuf *mb, const struct pl *text)
{
	int err = 0;

	for (size_t i = 0; i < text->l && !err; i++) {
		char name[2] = {text->p[i], '\0'};

		if (name[0] >= '0' && name[0] <= '9')
			err = add(mb, "digits", name);
		else if (sign_name(name[0]))
			err = add(mb, "digits", sign_name(name[0]));
	}

	return err;
}


static const char *letter_name(char c)
{
	switch (c) {

	case '*': return "asterisk";
	case '@': return "at";
	case '$': return "dollar";
	case '-': return "dash";
	case '.': return "dot";
	case '=': return "equals";
	case '!': return "exclaimation-point";
	case '+': return "plus";
	case '/': return "slash";
	case ' ': return "space";
	default: return NULL;
	}
}


int say_alpha(struct mbuf *mb, const struct pl *text)
{
	int err = 0;

	for (size_t i = 0; i < text->l && !err; i++) {
		char name[2] = {text->p[i], '\0'};

		if (name[0] >= 'A' && name[0] <= 'Z')
			name[0] = (char)(name[0] - 'A' + 'a');

		if (name[0] >= 'a' && name[0] <= 'z')
			err = add(mb, "letters", name);
		else if (name[0] >= '0' && name[0] <= '9')
			err = add(mb, "digits", name);
		else if (name[0] == '#')
			err = add(mb, "digits", "pound");
		else if (letter_name(name[0]))
			err = add(mb, "letters", letter_name(name[0]));
	}

	return err;
}


static int add_num(struct mbuf *mb, unsigned n)
{
	char name[8];

	(void)re_snprintf(name, sizeof(name), "%u", n);

	return add(mb, "digits", name);
}


static int say_below_1000(struct mbuf *mb, unsigned n)
{
	int err = 0;

	if (n >= 100) {
		err |= add_num(mb, n / 100);
		err |= add(mb, "digits", "hundred");
		n %= 100;
	}
	if (n > 20 && n % 10) {
		err |= add_num(mb, n - n % 10);
		err |= add_num(mb, n % 10);
	}
	else if (n) {
		err |= add_num(mb, n);
	}

	return err;
}


int say_number(struct mbuf *mb, int64_t num)
{
	static const struct {
		uint64_t unit;
		const char *name;
	} units[] = {
		{1000000000, "billion"},
		{1000000, "million"},
		{1000, "thousand"},
	};
	uint64_t n = num < 0 ? (uint64_t)-num : (uint64_t)num;
	int err = 0;

	if (n > 999999999999)
		return ERANGE;
	if (num < 0)
		err |= add(mb, "digits", "minus");
	if (!n)
		err |= add_num(mb, 0);

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (n < units[i].unit)
			continue;

		err |= say_below_1000(mb, (unsigned)(n / units[i].unit));
		err |= add(mb, "digits", units[i].name);
		n %= units[i].unit;
	}

	return err | say_below_1000(mb, (unsigned)n);
}


enum app_result say_play(struct call *call, struct mbuf *mb)
{
	char *files = NULL;
	int err = 0;

	if (mb->end) {
		err = mbuf_str(&files, mb);
		if (!err)
			err = call_play(call, files, play_then_next, NULL);
		mem_deref(files);
	}

	if (err) {
		call_warning(call, "nothing said: %m", err);
		call_step_note(call, "%m", err);
	}

	return err || !mb->end ? APP_NEXT : APP_WAIT;
}


static enum app_result say(struct call *call, const struct args *args,
			   int (*print)(struct mbuf *mb,
					const struct pl *text))
{
	struct mbuf *mb = mbuf_alloc(256);
	struct pl text = args_pl(args, 0);
	enum app_result res;
	int err;

	if (!mb || !answer_first(call)) {
		mem_deref(mb);
		return APP_HANGUP;
	}

	err = print(mb, &text);
	if (err) {
		call_warning(call, "\"%r\" is not said: %m", &text, err);
		call_step_note(call, "%m", err);
		res = APP_NEXT;
	}
	else
		res = say_play(call, mb);

	mem_deref(mb);

	return res;
}


static enum app_result saydigits_exec(struct call *call,
				      const struct args *args)
{
	return say(call, args, say_digits);
}


static enum app_result sayalpha_exec(struct call *call,
				     const struct args *args)
{
	return say(call, args, say_alpha);
}


static int print_number(struct mbuf *mb, const struct pl *text)
{
	struct pl pl = pl_trim(*text);
	bool minus = pl.l && pl.p[0] == '-';
	uint64_t n;

	if (minus)
		pl_advance(&pl, 1);
	if (num_decode(&n, &pl, 999999999999))
		return EINVAL;

	return say_number(mb, minus ? -(int64_t)n : (int64_t)n);
}


static enum app_result saynumber_exec(struct call *call,
				      const struct args *args)
{
	return say(call, args, print_number);
}


static void say_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_saydigits = {
	.name = "SayDigits",
	.usage = "SayDigits(digits)  say digit by digit",
	.minargs = 1,
	.maxargs = 1,
	.exec = saydigits_exec,
	.cancel = say_cancel,
};

const struct app app_sayalpha = {
	.name = "SayAlpha",
	.usage = "SayAlpha(text)  spell letters and digits",
	.minargs = 1,
	.maxargs = 1,
	.exec = sayalpha_exec,
	.cancel = say_cancel,
};

const struct app app_saynumber = {
	.name = "SayNumber",
	.usage = "SayNumber(number[,gender])  say a whole number",
	.minargs = 1,
	.maxargs = 2,
	.exec = saynumber_exec,
	.cancel = say_cancel,
};
