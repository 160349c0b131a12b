/**
 * @file apps/say.h  Numbers, dates and letters as prompts of a language
 *
 * Signalling thread.  What is said becomes a list "digits/20&digits/1" for
 * call_play(); the caller owns the mbuf.  Names are those of Asterisk's sound
 * packages.  A package may lack a word (Debian's Russian one has no "two
 * hundred"); then what comes nearest is said, so the folder of the language
 * is looked at, once a minute at most.
 */
#ifndef TANDEM_APPS_SAY_H
#define TANDEM_APPS_SAY_H

#include "b2bua/call.h"

struct say;

/** How things are said in the call's language now; English if it has no
 *  numbers.  Never NULL; valid until the loop goes on */
const struct say *say_of(const struct call *call);

/** As say_of(), for a language and directories ("dir1:dir2") */
const struct say *say_find(const char *dirs, const char *lang);

/** "en", "ru", "es", "fr", "it": whose grammar it is */
const char *say_grammar(const struct say *say);

/** Forget what was seen of the folders (reload, tests) */
void say_flush(void);

/**
 * A whole number
 *
 * @param mb      Gets the names, with '&' between and before if it has some
 * @param gender  Of what is counted: 'm', 'f', 'n' (also 'c' and 'p'); 0 none
 *
 * @return 0, ERANGE beyond 999 999 999 999, ENOMEM, E2BIG
 */
int say_number_in(struct mbuf *mb, const struct say *say, int64_t n,
		  char gender);

/** Form of what is counted in a language with three (Russian) */
enum say_form { SAY_ONE, SAY_FEW, SAY_MANY };
enum say_form say_plural(uint32_t n);

/**
 * Day and time in short: "today at three fifteen", in the language's way
 *
 * Arguments and errors as say_time_in()
 */
int say_when_in(struct mbuf *mb, const struct say *say, int64_t t,
		int64_t now, const char *tz);

/**
 * A date or time
 *
 * Letters of the format: A a weekday, B b h month, m its number, d e day, Y
 * year, I l hour of 12, H k of 24, M minute, p P before or after noon, S
 * second, Q today, yesterday or the date, q the same with nothing for today,
 * R hour and minute, T with seconds, 'name' a prompt.
 *
 * @param t    Seconds since 1970 UTC
 * @param now  Seconds since 1970 UTC that Q and q look at
 * @param tz   Zone as in routing/tz.h; NULL or "" the system's
 * @param fmt  NULL or empty: as it is usual in the language
 *
 * @return 0, ENOENT no such zone (said in UTC), ENOMEM, E2BIG
 */
int say_time_in(struct mbuf *mb, const struct say *say, int64_t t,
		int64_t now, const char *tz, const struct pl *fmt);

/** Digit by digit, letter by letter, and as over the radio */
int say_digits(struct mbuf *mb, const struct pl *text);
int say_alpha(struct mbuf *mb, const struct pl *text);
int say_phonetic(struct mbuf *mb, const struct pl *text);

/** Play what is in mb to the caller, then go on */
enum app_result say_play(struct call *call, struct mbuf *mb);

#endif
