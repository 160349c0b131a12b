/**
 * @file apps/say_ru.c  Russian
 *
 * Numbers have genders (one and two) and what is counted has three forms: one
 * (1, 21, 31 ...), few (2 to 4, 22 to 24 ...) and many (the others).
 * Asterisk's names for them, and what Debian's package has in their place:
 *
 *   1f 2f        one, two of feminine things   1 2
 *   200 ... 900  hundreds                      2 h-hundred ... 9 h-hundred
 *   thousands-i  thousand, few                 h-thousand
 *   thousands    thousand, many                thousand
 *   million-a    million, few                  h-million
 *   millions     million, many                 million
 *   billions     milliard, many                h-billion
 */
#include "apps/say_priv.h"


enum say_form say_plural(uint32_t n)
{
	uint32_t two = n % 100, one = n % 10;

	if (two >= 11 && two <= 14)
		return SAY_MANY;

	return one == 1 ? SAY_ONE : one >= 2 && one <= 4 ? SAY_FEW : SAY_MANY;
}


static void unit(struct saying *s, unsigned n, char gender)
{
	if (gender == 'f' && n == 1)
		say_either(s, "1f", "1");
	else if (gender == 'f' && n == 2)
		say_either(s, "2f", "2");
	else if (gender == 'n' && n == 1)
		say_either(s, "1n", "1");
	else
		say_num(s, n);
}


static void hundreds(struct saying *s, unsigned h)
{
	char name[16];

	(void)re_snprintf(name, sizeof(name), "%u00", h);
	if (h == 1) {
		say_word(s, "hundred");
	}
	else if (say_has(s, name)) {
		say_word(s, name);
	}
	else {
		say_num(s, h);
		say_either(s, "h-hundred", "hundred");
	}
}


static void below_1000(struct saying *s, unsigned n, char gender)
{
	if (n >= 100)
		hundreds(s, n / 100);
	n %= 100;

	if (n > 20) {
		say_num(s, n - n % 10);
		n %= 10;
	}
	if (n)
		unit(s, n, gender);
}


struct group {
	uint64_t unit;
	char gender;
	const char *names[3][2]; /* by form: Asterisk's, Debian's */
};

/* clang-format off */
static const struct group groups[] = {
	{1000000000, 'm', {{"billion",  "billion"},
			   {"billion-a", "h-billion"},
			   {"billions", "h-billion"}}},
	{1000000,    'm', {{"million",  "million"},
			   {"million-a", "h-million"},
			   {"millions", "million"}}},
	{1000,       'f', {{"thousand", "thousand"},
			   {"thousands-i", "h-thousand"},
			   {"thousands", "thousand"}}},
};
/* clang-format on */


static void number(struct saying *s, uint64_t n, char gender)
{
	bool first = true;

	if (!n)
		say_num(s, 0);

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		const struct group *g = &groups[i];
		unsigned k = (unsigned)(n / g->unit);
		const char *const *name = g->names[say_plural(k)];

		if (!k)
			continue;

		/* "thousand" alone, as it is said */
		if (k != 1 || !first)
			below_1000(s, k, g->gender);
		say_either(s, name[0], name[1]);
		n %= g->unit;
		first = false;
	}

	below_1000(s, (unsigned)n, gender);
}


/* The day of a month is neuter; the package has the masculine */
static void day(struct saying *s, unsigned n)
{
	char neuter[16], name[16];

	if (n > 20 && n % 10) {
		say_num(s, n - n % 10);
		n %= 10;
	}

	(void)re_snprintf(neuter, sizeof(neuter), "h-%un", n);
	(void)re_snprintf(name, sizeof(name), "h-%u", n);
	say_either(s, neuter, name);
}


/* "nought five": as a clock is read */
static void minute(struct saying *s, unsigned min)
{
	if (min < 10)
		say_num(s, 0);
	number(s, min, 0);
}


const struct say_lang say_ru = {
	.code = "ru",
	.format = "AdBY 'digits/at' HM",
	.date = "AdBY",
	.number = number,
	.day = day,
	.minute = minute,
};
