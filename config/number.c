/**
 * @file config/number.c  Telephone numbers as a line wants them
 *
 * A number is brought into its international digits first, by the plan of the
 * line's country, and printed from them.
 */
#include "config/number.h"
#include "config/config.h"
#include "base/text.h"

enum {
	DIGITS_MAX    = 64,
	SHORT_MAX     = 3, /* 112, 911, 000 */
	SERVICE_MAX   = 6, /* 116117: begins with 1, no local number does */
	NATIONAL_MIN  = 9, /* where the prefix may be left out: 212 555 1234 */
	BARE_MIN      = 8, /* behind a country code without + */
};


static const char *str_of(const char *s)
{
	return s ? s : "";
}


const struct country *number_country(const struct config *cfg,
				     const struct peer *peer)
{
	const char *name = peer ? peer->country : NULL;
	struct pl pl;

	if (!name)
		name = cfg->guard.country;
	if (!name)
		name = cfg->defaults->tonezone;
	if (!name)
		return NULL;

	pl_set_str(&pl, name);

	return country_find(&pl);
}


/* Digits without separators; false if it is no number */
static bool strip(char buf[DIGITS_MAX], const char *number, bool *plus)
{
	size_t n = 0;

	*plus = *number == '+';
	for (const char *p = number + *plus; *p; p++) {
		if (strchr(" -.()/", *p))
			continue;
		if (*p < '0' || *p > '9' || n + 1 >= DIGITS_MAX)
			return false;
		buf[n++] = *p;
	}

	buf[n] = '\0';

	return n > 0;
}


/* Length of the longest prefix of a list that it begins with */
static size_t prefix_len(const char *list, const char *num)
{
	struct pl part, rest;
	size_t best = 0;

	pl_set_str(&rest, list);
	while (pl_next(&part, &rest, ' ')) {
		if (part.l > best && !strncmp(num, part.p, part.l))
			best = part.l;
	}

	return best;
}


static bool may_omit_national(const struct country *c)
{
	return c->national[0] != '0';
}


/* International digits of a number dialled in a country; false: unknown */
static bool international(char *buf, size_t n, const struct country *c,
			  const char *area, const char *num)
{
	size_t len = strlen(num), k;

	k = prefix_len(c->abroad, num);
	if (k)
		return re_snprintf(buf, n, "%s", num + k) > 0;

	k = strlen(c->national);
	if (k && !strncmp(num, c->national, k) && len > k)
		return re_snprintf(buf, n, "%s%s", c->code, num + k) > 0;

	if (!k || (may_omit_national(c) && len >= NATIONAL_MIN))
		return re_snprintf(buf, n, "%s%s", c->code, num) > 0;

	if (num[0] == '1' && len <= SERVICE_MAX)
		return false;

	return area && area[0] &&
	       re_snprintf(buf, n, "%s%s%s", c->code, area, num) > 0;
}


static int print(char *buf, size_t n, const char *a, const char *b)
{
	return re_snprintf(buf, n, "%s%s", a, b) < 0 ? ENOBUFS : 0;
}


/* The first prefix for abroad */
static int print_abroad(char *buf, size_t n, const struct country *c,
			const char *digits)
{
	struct pl first, rest;

	pl_set_str(&rest, c ? c->abroad : "00");
	(void)pl_next(&first, &rest, ' ');

	return re_snprintf(buf, n, "%r%s", &first, digits) < 0 ? ENOBUFS : 0;
}


static int print_national(char *buf, size_t n, const struct country *c,
			  const char *digits)
{
	size_t k = c ? strlen(c->code) : 0;

	if (!c || strncmp(digits, c->code, k) || !digits[k])
		return print_abroad(buf, n, c, digits);

	return print(buf, n, c->national, digits + k);
}


int number_format(char *buf, size_t n, enum number_form form,
		  const struct country *c, const char *area,
		  const char *number)
{
	char num[DIGITS_MAX], full[DIGITS_MAX + 16];
	bool plus;

	if (!buf || !n || !number)
		return EINVAL;

	if (form == NUMBER_ASIS || !strip(num, number, &plus) ||
	    (!plus && strlen(num) <= SHORT_MAX))
		return print(buf, n, number, "");

	if (plus)
		str_ncpy(full, num, sizeof(full));
	else if (!c || !international(full, sizeof(full), c, area, num))
		return print(buf, n, number, "");

	switch (form) {

	case NUMBER_E164: return print(buf, n, "+", full);
	case NUMBER_DIGITS: return print(buf, n, full, "");
	case NUMBER_INTERNATIONAL: return print_abroad(buf, n, c, full);
	case NUMBER_NATIONAL: return print_national(buf, n, c, full);
	case NUMBER_ASIS: break;
	}

	return print(buf, n, number, "");
}


/* ---- a line ------------------------------------------------------------- */

/* Lines send 4930123456 for +4930123456; nobody dials that */
static bool is_bare(const struct country *c, const char *number)
{
	size_t k = c ? strlen(c->code) : 0;

	return k && !strncmp(number, c->code, k) &&
	       strlen(number) >= k + BARE_MIN &&
	       !number[strspn(number, "0123456789")];
}


static int format_in(char *buf, size_t n, uint32_t form,
		     const struct config *cfg, const struct peer *peer,
		     const char *number)
{
	const struct country *c = number_country(cfg, peer);
	char full[DIGITS_MAX + 1];

	if (form != NUMBER_ASIS && is_bare(c, number) &&
	    !print(full, sizeof(full), "+", number))
		number = full;

	return number_format(buf, n, (enum number_form)form, c,
			     peer->areacode, number);
}


static int format(char *buf, size_t n, uint32_t form, const struct config *cfg,
		  const struct peer *peer, const char *number)
{
	return number_format(buf, n, (enum number_form)form,
			     number_country(cfg, peer), peer->areacode,
			     number);
}


int number_dialled(char *buf, size_t n, const struct config *cfg,
		   const struct peer *peer, const char *number)
{
	size_t cut;

	if (!buf || !cfg || !peer || !number)
		return EINVAL;

	cut = peer->dialstrip < strlen(number) ? peer->dialstrip : 0;

	return format(buf, n, peer->dialformat, cfg, peer, number + cut);
}


int number_dialled_out(char *buf, size_t n, const struct config *cfg,
		       const struct peer *peer, const char *number)
{
	char tmp[256];
	int err = number_dialled(tmp, sizeof(tmp), cfg, peer, number);

	return err ? err : print(buf, n, str_of(peer->dialprefix), tmp);
}


/* An extension of ours: shorter than any number of a line */
static bool is_extension(const char *number)
{
	size_t len = strlen(number);

	return len && len <= 6 && number[0] != '0' &&
	       !number[strspn(number, "0123456789")];
}


int number_caller_out(char *buf, size_t n, const struct config *cfg,
		      const struct peer *peer, const char *number)
{
	char tmp[256];

	if (!buf || !cfg || !peer || !number)
		return EINVAL;

	if (peer->callerbase && is_extension(number)) {
		if (print(tmp, sizeof(tmp), peer->callerbase, number))
			return ENOBUFS;
		number = tmp;
	}

	return format(buf, n, peer->callerformat, cfg, peer, number);
}


int number_dialled_in(char *buf, size_t n, const struct config *cfg,
		      const struct peer *peer, const char *number)
{
	if (!buf || !cfg || !peer || !number)
		return EINVAL;

	return format_in(buf, n, peer->indialformat, cfg, peer, number);
}


int number_caller_in(char *buf, size_t n, const struct config *cfg,
		     const struct peer *peer, const char *number)
{
	char tmp[256], digits[DIGITS_MAX];
	bool plus;
	int err;

	if (!buf || !cfg || !peer || !number)
		return EINVAL;

	err = format_in(tmp, sizeof(tmp), peer->incallerformat, cfg, peer,
			number);
	if (err)
		return err;

	return print(buf, n,
		     strip(digits, tmp, &plus) ? str_of(peer->incallerprefix)
					       : "", tmp);
}
