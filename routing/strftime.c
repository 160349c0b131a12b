/**
 * @file routing/strftime.c  Dates as the dialplan formats them
 *
 * The C library formats; before, the conversions that it does not know (%q) or
 * would compute in the system's zone (%s) are written out as digits.
 */
#include "routing/strftime.h"
#include "routing/tz.h"


enum {
	FMT_MAX     = 1024,
	OUT_MAX     = 1024,
	FRAC_DIGITS = 9,
	FRAC_COMMON = 3,
};


/* Fraction of the second with `digits` digits; what is beyond 1 us is 0 */
static int put_fraction(struct mbuf *mb, uint64_t us, unsigned digits)
{
	char str[FRAC_DIGITS + 1];

	if (re_snprintf(str, sizeof(str), "%06u000",
			(unsigned)(us % 1000000u)) < 0)
		return EINVAL;

	return mbuf_write_mem(mb, (const uint8_t *)str, digits);
}


/* The conversion behind a '%' at `p`: returns its length with the '%', or 0 if
   it is left to the C library */
static size_t put_own(int *err, struct mbuf *mb, const struct pl *p,
		      uint64_t us)
{
	if (p->l > 1 && p->p[1] == 'q') {
		*err |= put_fraction(mb, us, FRAC_COMMON);
		return 2;
	}

	if (p->l > 2 && p->p[1] >= '1' && p->p[1] <= '9' && p->p[2] == 'q') {
		*err |= put_fraction(mb, us, (unsigned)(p->p[1] - '0'));
		return 3;
	}

	if (p->l > 1 && p->p[1] == 's') {
		*err |= mbuf_printf(mb, "%llu", us / 1000000u);
		return 2;
	}

	return 0;
}


/* A byte in front keeps "nothing came out" apart from "no room" */
static int fmt_prepare(struct mbuf *mb, const struct pl *fmt, uint64_t us)
{
	struct pl p = *fmt;
	int err     = mbuf_write_u8(mb, '=');

	while (p.l && p.p[0] && !err) {
		size_t n = 0;

		if (p.p[0] == '%') {
			n = put_own(&err, mb, &p, us);

			/* "%%q" is no fraction */
			if (!n) {
				n = p.l > 1 ? 2 : 1;
				err |= mbuf_write_mem(
					mb, (const uint8_t *)p.p, n);
			}
		}
		else {
			n = 1;
			err |= mbuf_write_u8(mb, (uint8_t)p.p[0]);
		}

		pl_advance(&p, (ssize_t)n);
	}

	return err | mbuf_write_u8(mb, 0);
}


int strftime_us(struct mbuf *out, const struct pl *fmt, uint64_t us,
		const char *tz)
{
	char buf[OUT_MAX + 2];
	struct mbuf *mb;
	struct tm tm;
	size_t n = 0;
	int err, tzerr;

	if (!out || !fmt)
		return EINVAL;

	if (fmt->l > FMT_MAX)
		return EOVERFLOW;

	tzerr = tz_time(&tm, (int64_t)(us / 1000000u), tz);
	if (tzerr && tzerr != ENOENT)
		return tzerr;

	mb = mbuf_alloc(fmt->l + 32);
	if (!mb)
		return ENOMEM;

	err = fmt_prepare(mb, fmt, us);
	if (!err) {
		n = strftime(buf, sizeof(buf), (const char *)mb->buf, &tm);
		if (!n)
			err = EOVERFLOW;
	}

	if (!err && n > 1)
		err = mbuf_write_mem(out, (const uint8_t *)buf + 1, n - 1);

	mem_deref(mb);

	return err ? err : tzerr;
}
