/**
 * @file apps/say_time.c  Dates and times, letter by letter of a format
 */
#include "apps/apps.h"
#include "apps/say_priv.h"
#include "base/text.h"
#include "routing/tz.h"

enum {
	DAY_S = 24 * 3600,
	DEPTH_MAX = 2, /* of letters that stand for several */
};

struct date {
	struct tm tm;
	int64_t days; /* from today, negative: past */
};

static void print(struct saying *s, const struct date *d,
		  const struct pl *fmt, unsigned depth);


/* A part by the language's own rule, or as a number */
static void part(struct saying *s, void (*h)(struct saying *s, unsigned n),
		 int n)
{
	if (h)
		h(s, (unsigned)n);
	else
		say_count(s, (unsigned)n, 0);
}


static void named(struct saying *s, const char *kind, int n)
{
	char buf[16];

	(void)re_snprintf(buf, sizeof(buf), "%s-%d", kind, n);
	say_word(s, buf);
}


static void print_str(struct saying *s, const struct date *d,
		      const char *fmt, unsigned depth)
{
	struct pl pl;

	pl_set_str(&pl, fmt);
	print(s, d, &pl, depth);
}


/* today, yesterday, a weekday of the last week, or the date */
static void relative(struct saying *s, const struct date *d, bool quiet,
		     unsigned depth)
{
	if (!d->days && !quiet)
		say_word(s, "today");
	else if (d->days == -1)
		say_word(s, "yesterday");
	else if (d->days == 1)
		say_word(s, "tomorrow");
	else if (d->days < 0 && d->days > -7)
		named(s, "day", d->tm.tm_wday);
	else if (d->days)
		print_str(s, d, s->say->grammar->date, depth);
}


static void seconds(struct saying *s, int sec)
{
	say_count(s, (unsigned)sec, 'f');
	say_add(s, "seconds");
}


static void letter(struct saying *s, const struct date *d, char c,
		   unsigned depth)
{
	const struct say_lang *l = s->say->grammar;
	const struct tm *tm = &d->tm;
	int hour = tm->tm_hour;

	switch (c) {

	case 'A':
	case 'a': named(s, "day", tm->tm_wday); break;
	case 'B':
	case 'b':
	case 'h': named(s, "mon", tm->tm_mon); break;
	case 'm': part(s, l->month, tm->tm_mon + 1); break;
	case 'd':
	case 'e': part(s, l->day, tm->tm_mday); break;
	case 'Y': part(s, l->year, tm->tm_year + 1900); break;
	case 'I':
	case 'l': part(s, l->hour12, hour % 12 ? hour % 12 : 12); break;
	case 'H': part(s, l->hour24, hour); break;
	case 'k': say_count(s, (unsigned)hour, 'f'); break;
	case 'M': part(s, l->minute, tm->tm_min); break;
	case 'P':
	case 'p': say_word(s, hour < 12 ? "a-m" : "p-m"); break;
	case 'S': seconds(s, tm->tm_sec); break;
	case 'Q': relative(s, d, false, depth + 1); break;
	case 'q': relative(s, d, true, depth + 1); break;
	case 'R': print_str(s, d, "HM", depth + 1); break;
	case 'T': print_str(s, d, "HMS", depth + 1); break;
	default: break; /* blanks, and what nobody knows */
	}
}


static bool name_ok(const char *name)
{
	return name[0] && !strstr(name, "..") && !strchr(name, '&');
}


static void print(struct saying *s, const struct date *d,
		  const struct pl *fmt, unsigned depth)
{
	char name[SAY_NAME_MAX];

	if (depth > DEPTH_MAX)
		return;

	for (size_t i = 0; i < fmt->l; i++) {
		const char *from = fmt->p + i + 1, *end;
		struct pl pl = {from, 0};

		if (fmt->p[i] != '\'') {
			letter(s, d, fmt->p[i], depth);
			continue;
		}

		end = memchr(from, '\'', fmt->l - i - 1);
		if (!end)
			return;
		pl.l = (size_t)(end - from);
		if (!pl_copy(name, sizeof(name), &pl) && name_ok(name))
			say_add(s, name);
		i += pl.l + 1;
	}
}


/* Days since 1970 in the zone */
static int64_t day_of(int64_t t, const struct tm *tm)
{
	int64_t local = t + tm->tm_gmtoff;

	return local >= 0 ? local / DAY_S : (local - DAY_S + 1) / DAY_S;
}


int say_time_in(struct mbuf *mb, const struct say *say, int64_t t,
		int64_t now, const char *tz, const struct pl *fmt)
{
	struct saying s = {.mb = mb, .say = say};
	struct tm today;
	struct date d;
	int err;

	if (!mb || !say)
		return EINVAL;

	err = tz_time(&d.tm, t, tz);
	if (err && err != ENOENT)
		return err;

	(void)tz_time(&today, now, tz); /* the same zone */
	d.days = day_of(t, &d.tm) - day_of(now, &today);

	if (fmt && fmt->l)
		print(&s, &d, fmt, 0);
	else
		print_str(&s, &d, say->grammar->format, 0);

	return s.err ? s.err : err;
}


/* The clock is what the usual format has behind the year */
int say_when_in(struct mbuf *mb, const struct say *say, int64_t t,
		int64_t now, const char *tz)
{
	char fmt[80];
	const char *year;
	struct pl pl;

	if (!say)
		return EINVAL;

	year = strrchr(say->grammar->format, 'Y');
	if (re_snprintf(fmt, sizeof(fmt), "Q%s", year ? year + 1 : "") < 0)
		return ENOMEM;

	pl_set_str(&pl, fmt);

	return say_time_in(mb, say, t, now, tz, &pl);
}
