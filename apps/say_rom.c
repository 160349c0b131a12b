/**
 * @file apps/say_rom.c  Spanish, French and Italian
 */
#include "apps/say_priv.h"


/* --- Spanish ------------------------------------------------------------- */

/* uno, un (before a masculine noun), una */
static void es_one(struct saying *s, char gender)
{
	if (gender == 'f')
		say_either(s, "1F", "1");
	else if (gender == 'm')
		say_either(s, "1M", "1");
	else
		say_num(s, 1);
}


/* veintiuno, veintiun, veintiuna; treinta y uno */
static void es_below_100(struct saying *s, unsigned n, char gender)
{
	if (n == 1) {
		es_one(s, gender);
	}
	else if (n == 21 && (gender == 'm' || gender == 'f') &&
		 say_has(s, "20-and")) {
		say_word(s, "20-and");
		es_one(s, gender);
	}
	else if (n <= 30 || n % 10 == 0) {
		say_num(s, n);
	}
	else {
		say_num(s, n - n % 10);
		say_word(s, "and");
		es_below_100(s, n % 10, gender);
	}
}


static void es_below_1000(struct saying *s, unsigned n, char gender)
{
	if (n == 100) {
		say_either(s, "hundred", "100");
		return;
	}
	if (n > 100 && n < 200)
		say_either(s, "100-and", "hundred");
	else if (n >= 200)
		say_num(s, n - n % 100);

	if (n % 100)
		es_below_100(s, n % 100, gender);
}


/* There is no milliard: a thousand millions */
static void es_number(struct saying *s, uint64_t n, char gender)
{
	if (!n) {
		say_num(s, 0);
		return;
	}

	if (n >= 1000000) {
		es_number(s, n / 1000000, 'm');
		say_either(s, n / 1000000 == 1 ? "million" : "millions",
			   "million");
		n %= 1000000;
	}
	if (n >= 1000) {
		if (n >= 2000)
			es_below_1000(s, (unsigned)(n / 1000), 'm');
		say_word(s, "thousand");
		n %= 1000;
	}
	if (n)
		es_below_1000(s, (unsigned)n, gender);
}


/* el primero, el dos */
static void es_day(struct saying *s, unsigned day)
{
	if (day == 1)
		say_word(s, "h-1");
	else
		es_number(s, day, 0);
}


/* la una, las dos */
static void es_hour(struct saying *s, unsigned hour)
{
	es_number(s, hour, 'f');
}


static void es_minute(struct saying *s, unsigned min)
{
	if (min)
		es_number(s, min, 0);
	else
		say_word(s, "oclock");
}


const struct say_lang say_es = {
	.code = "es",
	.format = "A 'digits/es-el' d 'digits/es-de' B 'digits/es-de' Y "
		  "'digits/at' HM",
	.date = "A 'digits/es-el' d 'digits/es-de' B 'digits/es-de' Y",
	.number = es_number,
	.day = es_day,
	.hour24 = es_hour,
	.hour12 = es_hour,
	.minute = es_minute,
};


/* --- French -------------------------------------------------------------- */

static void fr_unit(struct saying *s, unsigned n, char gender)
{
	if (n == 1 && gender == 'f')
		say_either(s, "1F", "1");
	else
		say_num(s, n);
}


/* vingt et un, soixante et onze, soixante-douze, quatre-vingt-onze */
static void fr_below_100(struct saying *s, unsigned n, char gender)
{
	unsigned tens = n < 70 ? n - n % 10 : n < 80 ? 60 : 80;

	if (n <= 20 || n == 70 || n == 90 || n == tens) {
		fr_unit(s, n, gender);
		return;
	}

	say_num(s, tens);
	if (n < 80 && n % 10 == 1)
		say_word(s, "et");
	fr_unit(s, n - tens, gender);
}


static void fr_below_1000(struct saying *s, unsigned n, char gender)
{
	if (n >= 200)
		say_num(s, n / 100);
	if (n >= 100)
		say_word(s, "hundred");
	if (n % 100)
		fr_below_100(s, n % 100, gender);
}


/* A package without milliard says a thousand millions */
static void fr_number(struct saying *s, uint64_t n, char gender)
{
	if (!n) {
		say_num(s, 0);
		return;
	}

	if (n >= 1000000000 && say_has(s, "billion")) {
		fr_below_1000(s, (unsigned)(n / 1000000000), 0);
		say_word(s, "billion");
		n %= 1000000000;
	}
	if (n >= 1000000) {
		fr_number(s, n / 1000000, 0);
		say_word(s, "million");
		n %= 1000000;
	}
	if (n >= 1000) {
		if (n >= 2000)
			fr_below_1000(s, (unsigned)(n / 1000), 0);
		say_word(s, "thousand");
		n %= 1000;
	}
	if (n)
		fr_below_1000(s, (unsigned)n, gender);
}


/* premier, deux */
static void fr_day(struct saying *s, unsigned day)
{
	if (day == 1)
		say_word(s, "h-1");
	else
		fr_number(s, day, 0);
}


/* une heure */
static void fr_hour(struct saying *s, unsigned hour)
{
	fr_number(s, hour, 'f');
	say_word(s, "oclock");
}


static void fr_minute(struct saying *s, unsigned min)
{
	if (min)
		fr_number(s, min, 0);
}


const struct say_lang say_fr = {
	.code = "fr",
	.format = "AdBY 'digits/at' HM",
	.date = "AdBY",
	.number = fr_number,
	.day = fr_day,
	.hour24 = fr_hour,
	.hour12 = fr_hour,
	.minute = fr_minute,
};


/* --- Italian ------------------------------------------------------------- */

/* ventuno and ventotto are words of their own */
static void it_below_100(struct saying *s, unsigned n)
{
	unsigned one = n % 10;

	if (n <= 20 || !one || one == 1 || one == 8) {
		say_num(s, n);
		return;
	}

	say_num(s, n - one);
	say_num(s, one);
}


static void it_below_1000(struct saying *s, unsigned n)
{
	if (n >= 200)
		say_num(s, n / 100);
	if (n >= 100)
		say_word(s, "hundred");
	if (n % 100)
		it_below_100(s, n % 100);
}


/* mille, duemila; un milione, due milioni */
static void it_group(struct saying *s, unsigned n, const char *one,
		     const char *more)
{
	if (n == 1) {
		say_either(s, "un", "1");
		say_word(s, one);
	}
	else {
		it_below_1000(s, n);
		say_either(s, more, one);
	}
}


static void it_number(struct saying *s, uint64_t n, char gender)
{
	(void)gender;
	if (!n)
		say_num(s, 0);

	if (n >= 1000000000) {
		it_group(s, (unsigned)(n / 1000000000), "billion",
			 "billions");
		n %= 1000000000;
	}
	if (n >= 1000000) {
		it_group(s, (unsigned)(n / 1000000), "million", "millions");
		n %= 1000000;
	}
	if (n >= 2000) {
		it_below_1000(s, (unsigned)(n / 1000));
		say_either(s, "thousands", "thousand");
	}
	else if (n >= 1000) {
		say_word(s, "thousand");
	}
	n %= 1000;
	if (n)
		it_below_1000(s, (unsigned)n);
}


static void it_day(struct saying *s, unsigned day)
{
	if (day == 1)
		say_word(s, "h-1");
	else
		it_number(s, day, 0);
}


/* le quattordici e cinque */
static void it_minute(struct saying *s, unsigned min)
{
	if (!min)
		return;

	say_word(s, "e");
	it_number(s, min, 0);
}


const struct say_lang say_it = {
	.code = "it",
	.format = "AdBY 'digits/at' HM",
	.date = "AdBY",
	.number = it_number,
	.day = it_day,
	.minute = it_minute,
};
