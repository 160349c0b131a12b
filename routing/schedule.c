/**
 * @file routing/schedule.c  "Is it office hours": time specifications
 *
 * A specification becomes bit sets, so that asking is four look-ups.  A value
 * is a range of one; a range walks from its first to its last member and goes
 * round at the end of the day, week, month or year.
 */
#include "routing/schedule.h"
#include "base/text.h"
#include "routing/tz.h"


enum { FIELDS = 5, MIDNIGHT = SCHEDULE_MINUTES };


/** A field: what its members are called and which bits they set */
struct field {
	const char *const *names; /* NULL: numbers only */
	unsigned first;           /* number of the first member */
	unsigned n;
};


static const char *const wday_names[] = {
	"sunday",   "monday", "tuesday",  "wednesday",
	"thursday", "friday", "saturday",
};

static const char *const month_names[] = {
	"january", "february", "march",     "april",   "may",      "june",
	"july",    "august",   "september", "october", "november", "december",
};

static const struct field wday_field  = {wday_names, 1, 7};
static const struct field mday_field  = {NULL, 1, 31};
static const struct field month_field = {month_names, 1, 12};


static bool is_any(const struct pl *pl)
{
	return !pl->l || (pl->l == 1 && pl->p[0] == '*');
}


/* "mon" or "monday", or its number from 1 */
static bool member_decode(unsigned *np, const struct field *f,
			  const struct pl *pl)
{
	uint64_t n;

	for (unsigned i = 0; f->names && i < f->n; i++) {
		const char *name = f->names[i];

		if (pl->l != 3 && pl->l != strlen(name))
			continue;

		if (!strncasecmp(pl->p, name, pl->l)) {
			*np = i;
			return true;
		}
	}

	if (num_decode(&n, pl, f->first + f->n - 1) || n < f->first)
		return false;

	*np = (unsigned)n - f->first;

	return true;
}


/* "a-b" or "a" */
static void range_split(struct pl *from, struct pl *to, const struct pl *pl)
{
	struct pl rest = *pl;

	(void)pl_next(from, &rest, '-');

	*from = pl_trim(*from);
	*to   = rest.p ? pl_trim(rest) : *from;
}


static int set_decode(uint32_t *setp, const struct field *f,
		      const struct pl *pl, struct pl *bad)
{
	struct pl part, rest = *pl, from, to;
	uint32_t set = 0;

	if (is_any(pl)) {
		*setp = (uint32_t)((1ULL << f->n) - 1);
		return 0;
	}

	while (pl_next(&part, &rest, '&')) {
		unsigned a, b;

		range_split(&from, &to, &part);

		if (!member_decode(&a, f, &from) ||
		    !member_decode(&b, f, &to)) {
			*bad = part;
			return EINVAL;
		}

		for (; a != b; a = (a + 1) % f->n)
			set |= 1u << a;

		set |= 1u << b;
	}

	*setp = set;

	return 0;
}


static bool minute_decode(unsigned *np, const struct pl *pl)
{
	struct pl h, rest = *pl;
	uint64_t hour, min;

	if (!pl_next(&h, &rest, ':') || !rest.p || rest.l != 2 || h.l > 2)
		return false;

	if (num_decode(&hour, &h, 24) || num_decode(&min, &rest, 59))
		return false;

	*np = (unsigned)(hour * 60 + min);

	return *np <= MIDNIGHT;
}


static void minute_set(struct schedule *sch, unsigned i)
{
	sch->minutes[i / 8] |= (uint8_t)(1u << i % 8);
}


/* 24:00 is the end of the day, so only the end of a range */
static int minutes_decode(struct schedule *sch, const struct pl *pl,
			  struct pl *bad)
{
	struct pl part, rest = *pl, from, to;

	if (is_any(pl)) {
		memset(sch->minutes, 0xff, sizeof(sch->minutes));
		return 0;
	}

	while (pl_next(&part, &rest, '&')) {
		unsigned a, b;

		range_split(&from, &to, &part);

		if (!minute_decode(&a, &from) || !minute_decode(&b, &to) ||
		    a == MIDNIGHT) {
			*bad = part;
			return EINVAL;
		}

		if (b == MIDNIGHT)
			b = MIDNIGHT - 1;

		for (; a != b; a = (a + 1) % SCHEDULE_MINUTES)
			minute_set(sch, a);

		minute_set(sch, b);
	}

	return 0;
}


static int zone_decode(struct schedule *sch, const struct pl *pl,
		       struct pl *bad)
{
	struct tm tm;

	if (is_any(pl))
		return 0;

	if (pl_copy(sch->tz, sizeof(sch->tz), pl) ||
	    tz_time(&tm, 0, sch->tz)) {
		*bad = *pl;
		return EINVAL;
	}

	return 0;
}


static int fields_split(struct pl *v, const struct pl *pl, struct pl *bad)
{
	char sep = pl->l && memchr(pl->p, ',', pl->l) ? ',' : '|';
	struct pl part, rest = *pl;
	size_t n = 0;

	while (pl_next(&part, &rest, sep)) {

		if (n == FIELDS) {
			*bad = part;
			return EINVAL;
		}

		v[n++] = pl_trim(part);
	}

	return 0;
}


int schedule_decode(struct schedule *sch, const struct pl *pl, struct pl *bad)
{
	struct pl v[FIELDS], ignored;
	uint32_t wdays = 0, mdays = 0, months = 0;
	int err;

	if (!sch || !pl || !pl->p)
		return EINVAL;

	if (!bad)
		bad = &ignored;

	memset(sch, 0, sizeof(*sch));
	memset(v, 0, sizeof(v));

	err = fields_split(v, pl, bad);
	if (!err)
		err = minutes_decode(sch, &v[0], bad);
	if (!err)
		err = set_decode(&wdays, &wday_field, &v[1], bad);
	if (!err)
		err = set_decode(&mdays, &mday_field, &v[2], bad);
	if (!err)
		err = set_decode(&months, &month_field, &v[3], bad);
	if (!err)
		err = zone_decode(sch, &v[4], bad);

	sch->wdays  = (uint8_t)wdays;
	sch->days   = mdays << 1;
	sch->months = (uint16_t)months;

	return err;
}


bool schedule_has(const struct schedule *sch, const struct tm *tm)
{
	unsigned min;

	if (!sch || !tm || tm->tm_hour < 0 || tm->tm_hour > 23 ||
	    tm->tm_min < 0 || tm->tm_min > 59 || tm->tm_mon < 0 ||
	    tm->tm_mon > 11 || tm->tm_mday < 1 || tm->tm_mday > 31 ||
	    tm->tm_wday < 0 || tm->tm_wday > 6)
		return false;

	min = (unsigned)(tm->tm_hour * 60 + tm->tm_min);

	return (sch->minutes[min / 8] >> min % 8 & 1) &&
	       (sch->wdays >> tm->tm_wday & 1) &&
	       (sch->days >> tm->tm_mday & 1) &&
	       (sch->months >> tm->tm_mon & 1);
}


bool schedule_has_time(const struct schedule *sch, int64_t t)
{
	struct tm tm;

	if (!sch)
		return false;

	/* the zone was there when the specification was read; if it has gone
	   since, UTC is the best guess */
	if (tz_time(&tm, t, sch->tz) == EINVAL)
		return false;

	return schedule_has(sch, &tm);
}
