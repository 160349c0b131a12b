/**
 * @file apps/app_say.c  SayDigits, SayNumber, SayAlpha, SayPhonetic,
 *                       SayUnixTime, DateTime
 *
 * The prompts are those of Asterisk's sound packages: digits/0 to digits/90,
 * digits/hundred ..., letters/a ...  How numbers and dates are put together
 * in a language is in say_*.c.
 */
#include <ctype.h>
#include "apps/apps.h"
#include "apps/say_priv.h"
#include "base/text.h"


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


static int add_ascii(struct mbuf *mb, char c)
{
	char name[16];

	(void)re_snprintf(name, sizeof(name), "ascii%d", c);

	return add(mb, "letters", name);
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
		else if (name[0] == '*') /* Spanish has no letters/asterisk */
			err = add(mb, "digits", "star");
		else if (letter_name(name[0]))
			err = add(mb, "letters", letter_name(name[0]));
		else if (name[0] > ' ' && name[0] < 0x7f)
			err = add_ascii(mb, name[0]);
	}

	return err;
}


/* As over the radio: Alpha, Bravo ... */
int say_phonetic(struct mbuf *mb, const struct pl *text)
{
	int err = 0;

	for (size_t i = 0; i < text->l && !err; i++) {
		char c = (char)tolower((unsigned char)text->p[i]);
		struct pl one = {text->p + i, 1};
		char name[8];

		(void)re_snprintf(name, sizeof(name), "%c_p", c);
		err = c >= 'a' && c <= 'z' ? add(mb, "phonetic", name)
					   : say_alpha(mb, &one);
	}

	return err;
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


typedef int(say_h)(struct mbuf *mb, struct call *call,
		   const struct args *args);


static enum app_result say(struct call *call, const struct args *args,
			   say_h *print)
{
	struct mbuf *mb = mbuf_alloc(256);
	enum app_result res;
	int err;

	if (!mb || !answer_first(call)) {
		mem_deref(mb);
		return APP_HANGUP;
	}

	err = print(mb, call, args);
	if (err) {
		call_warning(call, "\"%s\" is not said: %m",
			     args_str(args, 0), err);
		call_step_note(call, "%m", err);
		res = APP_NEXT;
	}
	else
		res = say_play(call, mb);

	mem_deref(mb);

	return res;
}


static int print_digits(struct mbuf *mb, struct call *call,
			const struct args *args)
{
	struct pl text = args_pl(args, 0);

	(void)call;

	return say_digits(mb, &text);
}


static enum app_result saydigits_exec(struct call *call,
				      const struct args *args)
{
	return say(call, args, print_digits);
}


static int print_alpha(struct mbuf *mb, struct call *call,
		       const struct args *args)
{
	struct pl text = args_pl(args, 0);

	(void)call;

	return say_alpha(mb, &text);
}


static enum app_result sayalpha_exec(struct call *call,
				     const struct args *args)
{
	return say(call, args, print_alpha);
}


static int print_phonetic(struct mbuf *mb, struct call *call,
			  const struct args *args)
{
	struct pl text = args_pl(args, 0);

	(void)call;

	return say_phonetic(mb, &text);
}


static enum app_result sayphonetic_exec(struct call *call,
					const struct args *args)
{
	return say(call, args, print_phonetic);
}


static int print_number(struct mbuf *mb, struct call *call,
			const struct args *args)
{
	struct pl pl = args_pl(args, 0);
	bool minus;
	uint64_t n;

	pl = pl_trim(pl);
	minus = pl.l && pl.p[0] == '-';
	if (minus)
		pl_advance(&pl, 1);
	if (num_decode(&n, &pl, 999999999999))
		return EINVAL;

	return say_number_in(mb, say_of(call), minus ? -(int64_t)n : (int64_t)n,
			     (char)tolower((unsigned char)
						   args_str(args, 1)[0]));
}


static enum app_result saynumber_exec(struct call *call,
				      const struct args *args)
{
	return say(call, args, print_number);
}


/* SayUnixTime([seconds[,zone[,format]]]) */
static int print_time(struct mbuf *mb, struct call *call,
		      const struct args *args)
{
	struct pl pl = args_pl(args, 0), fmt = args_pl(args, 2);
	uint64_t now = call_now_s(call), t = now;
	int err;

	pl = pl_trim(pl);
	if (pl.l && num_decode(&t, &pl, (uint64_t)1 << 40))
		return EINVAL;

	err = say_time_in(mb, say_of(call), (int64_t)t, (int64_t)now,
			  args_str(args, 1), &fmt);
	if (err == ENOENT) {
		call_warning(call, "no time zone \"%s\"", args_str(args, 1));
		err = 0;
	}

	return err;
}


static enum app_result sayunixtime_exec(struct call *call,
					const struct args *args)
{
	return say(call, args, print_time);
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
	.usage = "SayNumber(number[,m|f|n])  say a whole number, of things of "
		 "this gender",
	.minargs = 1,
	.maxargs = 2,
	.exec = saynumber_exec,
	.cancel = say_cancel,
};

const struct app app_sayphonetic = {
	.name = "SayPhonetic",
	.usage = "SayPhonetic(text)  spell as over the radio",
	.minargs = 1,
	.maxargs = 1,
	.exec = sayphonetic_exec,
	.cancel = say_cancel,
};

const struct app app_sayunixtime = {
	.name = "SayUnixTime",
	.usage = "SayUnixTime([seconds[,zone[,format]]])  say a date or time, "
		 "now if not given; format as ABdY 'digits/at' IMp",
	.maxargs = 3,
	.exec = sayunixtime_exec,
	.cancel = say_cancel,
};

const struct app app_datetime = {
	.name = "DateTime",
	.usage = "DateTime([seconds[,zone[,format]]])  old spelling of "
		 "SayUnixTime",
	.maxargs = 3,
	.exec = sayunixtime_exec,
	.cancel = say_cancel,
};
