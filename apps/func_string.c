/**
 * @file apps/func_string.c  STRREPLACE, PASSTHRU, CSV_QUOTE, KEYPADHASH,
 *                           SPRINTF, STRPTIME
 */
#include <ctype.h>
#include <stdio.h>
#include <time.h>
#include "apps/apps.h"
#include "base/text.h"
#include "routing/expr.h"
#include "routing/tz.h"

enum {
	SPEC_MAX = 32,     /* "%-10.3f" */
	FIELD_MAX = 512,   /* what one of them may print */
	WIDTH_MAX = 200,
};


/* STRREPLACE(variable,find[,with[,max]]) */
static int strreplace_read(struct mbuf *out, bool *tainted, struct call *call,
			   const struct ttext *text)
{
	struct pl name, find, with, num;
	struct mbuf *mb = NULL;
	uint64_t max = UINT32_MAX;
	struct args a;
	int err;

	err = args_split(&a, text, 4);
	if (!err && (a.n < 2 || !args_has(&a, 1)))
		err = EINVAL;
	num = args_pl(&a, 3);
	num = pl_trim(num);
	if (!err && num.l && num_decode(&max, &num, UINT32_MAX))
		err = EINVAL;
	if (!err) {
		name = args_pl(&a, 0);
		err = var_value(&mb, tainted, call, &name);
	}
	if (err)
		goto out;

	find = args_pl(&a, 1);
	with = args_pl(&a, 2);
	if (args_has(&a, 2) && ttext_tainted(args_text(&a, 2)))
		*tainted = true;

	for (size_t i = 0; i < mb->end && !err;) {
		if (max && mb->end - i >= find.l &&
		    !memcmp(mb->buf + i, find.p, find.l)) {
			err = mbuf_write_pl(out, &with);
			i += find.l;
			--max;
		}
		else {
			err = mbuf_write_u8(out, mb->buf[i++]);
		}
	}

out:
	mem_deref(mb);
	args_reset(&a);

	return err;
}


const struct func func_strreplace = {
	.name = "STRREPLACE",
	.usage = "STRREPLACE(variable,find[,with[,most]])  the value with one "
		 "text in place of another",
	.read = strreplace_read,
};


static int passthru_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *args)
{
	struct pl pl = ttext_pl(args);

	return mbuf_write_pl(out, &pl);
}


const struct func func_passthru = {
	.name = "PASSTHRU",
	.usage = "PASSTHRU(text)  the text itself, where a function wants the "
		 "name of a variable",
	.read = passthru_read,
};


static int csv_read(struct mbuf *out, bool *tainted, struct call *call,
		    const struct ttext *args)
{
	int err = mbuf_write_u8(out, '"');

	for (size_t i = 0; i < args->len && !err; i++) {
		if (args->str[i] == '"')
			err = mbuf_write_u8(out, '"');
		err |= mbuf_write_u8(out, (uint8_t)args->str[i]);
	}

	return err | mbuf_write_u8(out, '"');
}


const struct func func_csv_quote = {
	.name = "CSV_QUOTE",
	.usage = "CSV_QUOTE(text)  as a field of a table of comma separated "
		 "values",
	.read = csv_read,
};


/* The key of a telephone that has the letter; 0 if none */
static char key_of(char c)
{
	static const char keys[] = "22233344455566677778889999";

	c = (char)tolower((unsigned char)c);

	return c >= 'a' && c <= 'z' ? keys[c - 'a'] : 0;
}


static int keypad_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	int err = 0;

	for (size_t i = 0; i < args->len && !err; i++) {
		char c = args->str[i], k = key_of(c);

		if (k || isdigit((unsigned char)c) || c == '*' || c == '#')
			err = mbuf_write_u8(out, (uint8_t)(k ? k : c));
	}

	return err;
}


const struct func func_keypadhash = {
	.name = "KEYPADHASH",
	.usage = "KEYPADHASH(text)  the digits whose keys have these letters",
	.read = keypad_read,
};


/* --- SPRINTF ------------------------------------------------------------- */

/* One conversion: flags, width and precision, then its letter */
struct spec {
	char fmt[SPEC_MAX]; /* without the letter */
	char letter;
};


static size_t spec_number(const struct pl *f, size_t i, bool *ok)
{
	unsigned n = 0;

	for (; i < f->l && isdigit((unsigned char)f->p[i]); i++)
		n = n * 10 + (unsigned)(f->p[i] - '0');

	*ok = *ok && n <= WIDTH_MAX;

	return i;
}


/* Behind '%'; 0 if it is none that we print */
static size_t spec_decode(struct spec *s, const struct pl *f, size_t from)
{
	bool ok = true;
	size_t i = from;

	while (i < f->l && strchr("-+ 0#", f->p[i]))
		++i;
	i = spec_number(f, i, &ok);
	if (i < f->l && f->p[i] == '.')
		i = spec_number(f, i + 1, &ok);

	if (!ok || i >= f->l || i - from + 4 > SPEC_MAX ||
	    !strchr("diouxXcsfFeEgG", f->p[i]))
		return 0;

	(void)re_snprintf(s->fmt, sizeof(s->fmt), "%%%b", f->p + from,
			  i - from);
	s->letter = f->p[i];

	return i + 1 - from;
}


static int print_spec(struct mbuf *out, const struct spec *s,
		      const struct pl *arg)
{
	char fmt[SPEC_MAX + 4], buf[FIELD_MAX], text[FIELD_MAX];
	struct pl pl = pl_trim(*arg);
	long double num = 0;
	int n;

	if (strchr("diouxX", s->letter)) {
		(void)expr_num(&num, &pl); /* else 0, as printf(1) says */
		(void)re_snprintf(fmt, sizeof(fmt), "%sll%c", s->fmt,
				  s->letter);
		if (num > 9e18L || num < -9e18L)
			return EINVAL;
		n = snprintf(buf, sizeof(buf), fmt, (long long)num);
	}
	else if (strchr("fFeEgG", s->letter)) {
		(void)expr_num(&num, &pl);
		(void)re_snprintf(fmt, sizeof(fmt), "%s%c", s->fmt,
				  s->letter);
		n = snprintf(buf, sizeof(buf), fmt, (double)num);
	}
	else {
		(void)re_snprintf(fmt, sizeof(fmt), "%ss", s->fmt);
		if (s->letter == 'c' && arg->l > 1)
			pl = (struct pl){arg->p, 1};
		else
			pl = *arg;
		if (pl_copy(text, sizeof(text), &pl))
			return E2BIG;
		n = snprintf(buf, sizeof(buf), fmt, text);
	}

	return n < 0 || (size_t)n >= sizeof(buf) ? E2BIG
						  : mbuf_write_str(out, buf);
}


static int sprintf_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *text)
{
	struct args a;
	struct spec s;
	struct pl f, arg;
	size_t next = 1, n;
	int err;

	err = args_split(&a, text, 0);
	f = args_pl(&a, 0);
	if (!err && (!f.l || ttext_tainted(args_text(&a, 0))))
		err = EINVAL; /* the format is the administrator's */

	for (size_t i = 0; i < f.l && !err; i++) {
		if (f.p[i] != '%') {
			err = mbuf_write_u8(out, (uint8_t)f.p[i]);
			continue;
		}
		if (i + 1 < f.l && f.p[i + 1] == '%') {
			err = mbuf_write_u8(out, '%');
			++i;
			continue;
		}

		n = spec_decode(&s, &f, i + 1);
		if (!n || next >= a.n) {
			err = EINVAL;
			break;
		}

		arg = args_pl(&a, next++);
		err = print_spec(out, &s, &arg);
		i += n;
	}

	args_reset(&a);

	return err == E2BIG ? EINVAL : err;
}


const struct func func_sprintf = {
	.name = "SPRINTF",
	.usage = "SPRINTF(format,argument...)  as printf(3): %s %d %05d %x "
		 "%.2f",
	.read = sprintf_read,
};


/* --- STRPTIME ------------------------------------------------------------ */

/* Seconds since 1970 of a local time: the zone is asked what it would be */
static int local_epoch(int64_t *tp, struct tm tm, const char *zone)
{
	struct tm back;
	int64_t utc = (int64_t)timegm(&tm), t = utc;
	int err = 0;

	/* twice: the first answer may lie beyond a change of the clock */
	for (int i = 0; i < 2 && !err; i++) {
		err = tz_time(&back, t, zone);
		t = utc - back.tm_gmtoff;
	}

	*tp = t;

	return err;
}


static int strptime_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *text)
{
	struct tm tm = {.tm_mday = 1, .tm_year = 70, .tm_isdst = -1};
	struct args a;
	int64_t t = 0;
	int err;

	err = args_split(&a, text, 3);
	if (!err && a.n < 3)
		err = EINVAL;
	if (!err && !strptime(args_str(&a, 0), args_str(&a, 2), &tm)) {
		call_info(call, "STRPTIME: \"%s\" is not as \"%s\"",
			  args_str(&a, 0), args_str(&a, 2));
		goto out;
	}
	if (!err)
		err = local_epoch(&t, tm, args_str(&a, 1));
	if (err == ENOENT) {
		call_warning(call, "STRPTIME: no time zone \"%s\"",
			     args_str(&a, 1));
		err = 0;
	}

	*tainted = false;
	if (!err)
		err = mbuf_printf(out, "%lld", t);

out:
	args_reset(&a);

	return err;
}


const struct func func_strptime = {
	.name = "STRPTIME",
	.usage = "STRPTIME(date,zone,format)  seconds since 1970 of a date, "
		 "see strptime(3)",
	.read = strptime_read,
};
