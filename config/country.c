/**
 * @file config/country.c  Numbering plans
 *
 * A number is brought into one form first: separators and service codes off,
 * "+" or the prefix for abroad off, and if its country code is our own it is
 * national after all.  What is left is compared with the premium prefixes,
 * with and without the national prefix.
 *
 * Within +1 several countries share one code.  Those outside of the home
 * country cost as much as any other, so Canada and the islands are abroad from
 * the United States by their area codes.
 */
#include "config/country.h"
#include "base/text.h"

enum {
	DIGITS = 64,
	SHORT  = 3,
};

/* clang-format off */
static const struct country tab[] = {
	{"ae", "971", "00", "0", "0900"},
	{"ar", "54", "00", "0", "0600 0609"},
	{"at", "43", "00", "0", "0900 0901 0930 0931 0939 0810 0820 0821"},
	{"au", "61", "0011 0014 0015 0018 0019", "0", "0190 190"},
	{"be", "32", "00", "0", "090"},
	{"bg", "359", "00", "0", "090"},
	{"br", "55", "0014 0015 0021 0025 0031 0041 00", "0", "0900 0300"},
	{"by", "375", "810 8~10", "8", "8902"},
	{"ca", "1", "011", "1", "1900 976"},
	{"ch", "41", "00", "0", "0900 0901 0906"},
	{"cl", "56", "00 1230 1200 1180 1120", "", "700"},
	{"cn", "86", "00", "0", "168"},
	{"cz", "420", "00", "", "900 906 908 909 976"},
	{"de", "49", "00", "0", "0900 0190 0137 0138 118 010"},
	{"dk", "45", "00", "", "90"},
	{"ee", "372", "00", "", "900"},
	{"es", "34", "00", "", "803 806 807 905 907 118"},
	{"fi", "358", "00 990 994 999", "0", "0600 0700"},
	{"fr", "33", "00", "0", "089 118"},
	{"gb", "44", "00", "0", "09 118 070"},
	{"gr", "30", "00", "", "90 14"},
	{"hr", "385", "00", "0", "060 061 064 065 069"},
	{"hu", "36", "00", "06", "0690 0691"},
	{"ie", "353", "00", "0", "15"},
	{"il", "972", "00 012 013 014 018 019", "0", "1900 1919 1957"},
	{"in", "91", "00", "0", "1900"},
	{"it", "39", "00", "", "89 144 166 199 178"},
	{"jp", "81", "010 00", "0", "0990"},
	{"kr", "82", "00 001 002 005 006 008", "0", "060 0600"},
	{"kz", "7", "810", "8", "8809"},
	{"lt", "370", "00", "8", "8900 0900 900"},
	{"lu", "352", "00", "", "90"},
	{"lv", "371", "00", "", "90"},
	{"mx", "52", "00", "01", "01900 900"},
	{"nl", "31", "00", "0", "0900 0906 0909 18"},
	{"no", "47", "00", "", "82 829"},
	{"nz", "64", "00", "0", "0900"},
	{"pl", "48", "00", "", "70 300 400"},
	{"pt", "351", "00", "", "60 64 707 708 760 761"},
	{"ro", "40", "00", "0", "0900 0903 0906"},
	{"rs", "381", "00", "0", "0900"},
	{"ru", "7", "810", "8", "8803 8809"},
	{"se", "46", "00", "0", "0900 0939 0944 099"},
	{"sg", "65", "00 001 002 008 018 019", "", "1900"},
	{"si", "386", "00", "0", "090"},
	{"sk", "421", "00", "0", "0900"},
	{"tr", "90", "00", "0", "0900"},
	{"tw", "886", "00 002 005 006 007 009 019", "0", "0204 0951"},
	{"ua", "380", "00", "0", "0900"},
	{"us", "1", "011 010", "1", "1900 976"},
	{"za", "27", "00", "0", "0862 0866 0867"},
};
/* clang-format on */

/* Countries of +1 that are neither the United States' nor Canada's */
static const char islands[] =
	"242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 "
	"849 868 869 876";

/* Canada's area codes; what is neither these nor those is the other's */
static const char canada[] =
	"204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 387 403 "
	"416 418 428 431 437 438 450 468 474 506 514 519 548 579 581 584 587 "
	"600 604 613 639 647 672 683 705 709 742 753 778 780 782 807 819 825 "
	"867 873 879 902 905 942";


const struct country *country_at(size_t i)
{
	return i < ARRAY_SIZE(tab) ? &tab[i] : NULL;
}


const struct country *country_find(const struct pl *name)
{
	static const struct pl gb = PL_LIT("gb");

	if (!name)
		return NULL;
	if (!pl_strcasecmp(name, "uk"))
		name = &gb;

	for (size_t i = 0; i < ARRAY_SIZE(tab); i++) {
		if (!pl_strcasecmp(name, tab[i].name))
			return &tab[i];
	}

	return NULL;
}


const char *number_kind_name(enum number_kind kind)
{
	switch (kind) {
	case NUMBER_PLAIN: return "plain";
	case NUMBER_ABROAD: return "abroad";
	case NUMBER_PREMIUM: return "premium";
	case NUMBER_ODD: return "odd";
	}

	return "?";
}


/* Length of the longest prefix in a list that the number begins with */
static size_t prefix_len(const char *list, char sep, const char *num)
{
	struct pl part, rest;
	size_t best = 0;

	pl_set_str(&rest, list);
	while (pl_next(&part, &rest, sep)) {
		part = pl_trim(part);
		if (part.l > best && !strncmp(num, part.p, part.l))
			best = part.l;
	}

	return best;
}


static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}


static bool is_separator(char c)
{
	return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' ||
	       c == '/';
}


/* Service codes in front: *31#, #31#, **21* ... */
static const char *skip_codes(const char *s)
{
	while (*s == '*' || *s == '#') {
		const char *p = s;

		while (*p == '*' || *p == '#')
			++p;
		while (is_digit(*p))
			++p;
		if (*p != '*' && *p != '#')
			return s;
		s = p + (p[1] != '*' && p[1] != '#');
	}

	return s;
}


/* A number without separators; false if there is anything else in it */
static bool digits_of(char buf[DIGITS], const char *number, bool *plus)
{
	size_t n = 0;

	*plus = false;
	for (const char *p = number; *p; p++) {
		if (is_separator(*p))
			continue;
		if (*p == '+' && !n && !*plus) {
			*plus = true;
			continue;
		}
		if (!is_digit(*p) && *p != '*' && *p != '#')
			return false;
		if (n + 1 >= DIGITS)
			return false;
		buf[n++] = *p;
	}

	buf[n] = '\0';
	return true;
}


/* Is the area code behind +1 the home country's? */
static bool is_home_area(const struct country *c, const char *num)
{
	bool ca = prefix_len(canada, ' ', num) != 0;

	if (strcmp(c->code, "1"))
		return true;
	if (prefix_len(islands, ' ', num))
		return false;

	return ca == !strcmp(c->name, "ca");
}


static bool is_premium(const struct country *c, const char *premium,
		       const char *num)
{
	if (premium)
		return prefix_len(premium, ',', num) != 0;

	return c && prefix_len(c->premium, ' ', num) != 0;
}


/* Written without the prefix that stands before the area code */
static bool is_premium_area(const struct country *c, const char *premium,
			    const char *num)
{
	char full[DIGITS + 8];

	if (re_snprintf(full, sizeof(full), "%s%s", c->national, num) < 0)
		return true;

	return is_premium(c, premium, num) || is_premium(c, premium, full);
}


/* Number behind "+" or the prefix for abroad */
static enum number_kind abroad_kind(const struct country *c,
				    const char *premium, const char *num)
{
	size_t n;

	if (!c)
		return NUMBER_ABROAD;

	n = strlen(c->code);
	if (strncmp(num, c->code, n) || !is_home_area(c, num + n))
		return NUMBER_ABROAD;

	return is_premium_area(c, premium, num + n) ? NUMBER_PREMIUM
						    : NUMBER_PLAIN;
}


/* National; within +1 the area code may be another country's */
static enum number_kind home_kind(const struct country *c,
				  const char *premium, const char *num)
{
	const char *area = *num == '1' ? num + 1 : num;

	if (c && !strcmp(c->code, "1") && strlen(area) == 10) {
		if (!is_home_area(c, area))
			return NUMBER_ABROAD;
		if (is_premium_area(c, premium, area))
			return NUMBER_PREMIUM;
	}

	return is_premium(c, premium, num) ? NUMBER_PREMIUM : NUMBER_PLAIN;
}


enum number_kind number_kind(const struct country *c, const char *premium,
			     const char *number)
{
	char buf[DIGITS];
	const char *num;
	bool plus;
	size_t n;

	if (!number || !digits_of(buf, number, &plus))
		return NUMBER_ODD;

	if (plus)
		return abroad_kind(c, premium, buf);

	/* 000, 112, 911: nothing may stand in the way of an emergency */
	num = skip_codes(buf);
	if (strlen(num) <= SHORT)
		return NUMBER_PLAIN;

	n = prefix_len(c ? c->abroad : "00", ' ', num);
	if (!n)
		n = prefix_len("00", ' ', num);
	if (n)
		return abroad_kind(c, premium, num + n);

	return home_kind(c, premium, num);
}
