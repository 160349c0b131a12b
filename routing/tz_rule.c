/**
 * @file routing/tz_rule.c  The rule of a zone: "CET-1CEST,M3.5.0,M10.5.0/3"
 */
#include "routing/tz_rule.h"


enum {
	DAY_S       = 86400,
	HOUR_S      = 3600,
	CHANGE_TIME = 2 * HOUR_S, /* if the rule says nothing */
};


int64_t tz_days(int64_t year, unsigned month, unsigned day)
{
	/* years that begin in March have their leap day at the end */
	int64_t y   = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t m   = month > 2 ? month - 3 : month + 9;
	int64_t doy = (153 * m + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}


static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}


static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}


static bool take(struct pl *pl, char c)
{
	if (!pl->l || pl->p[0] != c)
		return false;

	pl_advance(pl, 1);

	return true;
}


static int take_num(unsigned *np, struct pl *pl, unsigned max)
{
	unsigned n = 0;

	if (!pl->l || !is_digit(pl->p[0]))
		return EINVAL;

	while (pl->l && is_digit(pl->p[0])) {
		n = n * 10 + (unsigned)(pl->p[0] - '0');
		if (n > max)
			return EINVAL;

		pl_advance(pl, 1);
	}

	*np = n;

	return 0;
}


/* "CET" or "<+03>" */
static int take_abbr(char *buf, struct pl *pl)
{
	bool quoted = take(pl, '<');
	size_t n    = 0;

	while (pl->l && (quoted ? pl->p[0] != '>' : is_alpha(pl->p[0]))) {

		if (n + 1 == TZ_ABBR_SIZE)
			return EINVAL;

		buf[n++] = pl->p[0];
		pl_advance(pl, 1);
	}

	buf[n] = '\0';

	if (quoted && !take(pl, '>'))
		return EINVAL;

	return n < 3 ? EINVAL : 0;
}


/* [+-]h[h[h]][:mm[:ss]] */
static int take_time(int32_t *sp, struct pl *pl)
{
	unsigned h, m = 0, s = 0;
	bool minus = take(pl, '-');
	int err;

	if (!minus)
		(void)take(pl, '+');

	err = take_num(&h, pl, 167);

	if (!err && take(pl, ':'))
		err = take_num(&m, pl, 59);

	if (!err && take(pl, ':'))
		err = take_num(&s, pl, 59);

	if (err)
		return err;

	*sp = (int32_t)(h * HOUR_S + m * 60 + s);
	if (minus)
		*sp = -*sp;

	return 0;
}


static int take_month_day(struct tz_day *d, struct pl *pl)
{
	d->kind = TZ_DAY_OF_MONTH;

	if (take_num(&d->month, pl, 12) || !d->month || !take(pl, '.'))
		return EINVAL;

	if (take_num(&d->week, pl, 5) || !d->week || !take(pl, '.'))
		return EINVAL;

	return take_num(&d->wday, pl, 6);
}


/* ",date[/time]" */
static int take_day(struct tz_day *d, struct pl *pl)
{
	int err;

	if (!take(pl, ','))
		return EINVAL;

	d->time_s = CHANGE_TIME;

	if (take(pl, 'M')) {
		err = take_month_day(d, pl);
	}
	else if (take(pl, 'J')) {
		d->kind = TZ_DAY_JULIAN;
		err     = take_num(&d->n, pl, 365);
		if (!err && !d->n)
			err = EINVAL;
	}
	else {
		d->kind = TZ_DAY_ZERO;
		err     = take_num(&d->n, pl, 365);
	}

	if (!err && take(pl, '/'))
		err = take_time(&d->time_s, pl);

	return err;
}


static int decode_dst(struct tz_rule *rule, struct pl *pl)
{
	int err = take_abbr(rule->dst, pl);

	if (err)
		return err;

	rule->dst_off_s = rule->std_off_s + HOUR_S;

	if (pl->l && pl->p[0] != ',') {
		err = take_time(&rule->dst_off_s, pl);
		if (err)
			return err;

		rule->dst_off_s = -rule->dst_off_s;
	}

	err = take_day(&rule->start, pl);

	return err ? err : take_day(&rule->end, pl);
}


int tz_rule_decode(struct tz_rule *rule, const struct pl *pl)
{
	struct pl rest;
	int err;

	if (!rule || !pl)
		return EINVAL;

	memset(rule, 0, sizeof(*rule));
	rest = *pl;

	err = take_abbr(rule->std, &rest);
	if (!err)
		err = take_time(&rule->std_off_s, &rest);
	if (err)
		return err;

	/* POSIX counts west of Greenwich */
	rule->std_off_s = -rule->std_off_s;

	if (rest.l)
		err = decode_dst(rule, &rest);

	return err ? err : (rest.l ? EINVAL : 0);
}


static bool is_leap(int64_t y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}


/* The day number since 1970 that a rule means in a year */
static int64_t day_in_year(const struct tz_day *d, int64_t year)
{
	int64_t jan1 = tz_days(year, 1, 1), first, next, day;
	unsigned wday;

	switch (d->kind) {

	case TZ_DAY_JULIAN:
		return jan1 + d->n - 1 + (is_leap(year) && d->n > 59);

	case TZ_DAY_ZERO:
		return jan1 + d->n;

	case TZ_DAY_OF_MONTH:
		break;
	}

	first = tz_days(year, d->month, 1);
	next  = d->month == 12 ? tz_days(year + 1, 1, 1)
			       : tz_days(year, d->month + 1, 1);

	/* 1970-01-01 was a Thursday */
	wday = (unsigned)(((first + 4) % 7 + 7) % 7);
	day  = first + (d->wday + 7 - wday) % 7 + 7 * (int64_t)(d->week - 1);

	return day < next ? day : day - 7;
}


static int64_t year_of(int64_t t)
{
	int64_t days = (t >= 0 ? t : t - (DAY_S - 1)) / DAY_S;
	int64_t year = 1970 + days * 400 / 146097;

	while (tz_days(year + 1, 1, 1) <= days)
		++year;

	while (tz_days(year, 1, 1) > days)
		--year;

	return year;
}


bool tz_rule_is_dst(const struct tz_rule *rule, int64_t t)
{
	int64_t year, start, end;

	if (!rule || !rule->dst[0])
		return false;

	year  = year_of(t + rule->std_off_s);
	start = day_in_year(&rule->start, year) * DAY_S + rule->start.time_s -
		rule->std_off_s;
	end   = day_in_year(&rule->end, year) * DAY_S + rule->end.time_s -
	      rule->dst_off_s;

	/* in the south, summer time spans the new year */
	if (start < end)
		return t >= start && t < end;

	return t >= start || t < end;
}
