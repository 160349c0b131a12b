/**
 * @file apps/say_en.c  English; also every language without a grammar here
 */
#include "apps/say_priv.h"


static void below_1000(struct saying *s, unsigned n)
{
	if (n >= 100) {
		say_num(s, n / 100);
		say_word(s, "hundred");
		n %= 100;
	}
	if (n > 20 && n % 10) {
		say_num(s, n - n % 10);
		say_num(s, n % 10);
	}
	else if (n) {
		say_num(s, n);
	}
}


static void number(struct saying *s, uint64_t n, char gender)
{
	static const struct {
		uint64_t unit;
		const char *name;
	} units[] = {
		{1000000000, "billion"},
		{1000000, "million"},
		{1000, "thousand"},
	};

	(void)gender;
	if (!n)
		say_num(s, 0);

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (n < units[i].unit)
			continue;

		below_1000(s, (unsigned)(n / units[i].unit));
		say_word(s, units[i].name);
		n %= units[i].unit;
	}

	below_1000(s, (unsigned)n);
}


/* first, twentieth, twenty first */
static void ordinal(struct saying *s, unsigned n)
{
	char buf[16];

	if (n > 20 && n % 10) {
		say_num(s, n - n % 10);
		n %= 10;
	}

	(void)re_snprintf(buf, sizeof(buf), "h-%u", n);
	say_word(s, buf);
}


/* nineteen oh five, two thousand nine, twenty twenty six */
static void year(struct saying *s, unsigned y)
{
	unsigned two = y % 100;

	if (y < 1100 || y > 9999 || (y >= 2000 && y < 2010)) {
		number(s, y, 0);
		return;
	}

	below_1000(s, y / 100);
	if (!two)
		say_word(s, "hundred");
	else if (two < 10) {
		say_word(s, "oh");
		say_num(s, two);
	}
	else
		below_1000(s, two);
}


/* "oh five" */
static void hour24(struct saying *s, unsigned hour)
{
	if (hour < 10)
		say_word(s, "oh");
	if (hour || s->err)
		below_1000(s, hour);
	else
		say_word(s, "oh");
}


static void minute(struct saying *s, unsigned min)
{
	if (!min) {
		say_word(s, "oclock");
		return;
	}
	if (min < 10)
		say_word(s, "oh");

	below_1000(s, min);
}


const struct say_lang say_en = {
	.code = "en",
	.format = "ABdY 'digits/at' IMp",
	.date = "ABdY",
	.number = number,
	.day = ordinal,
	.month = ordinal,
	.year = year,
	.hour24 = hour24,
	.minute = minute,
};
