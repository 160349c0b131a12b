/**
 * @file media/tone.c  Tones of the telephone network
 *
 * A generator is two phase accumulators and a sine table with linear
 * interpolation.  A part that follows another keeps the phase, so a change of
 * cadence never makes a step that is not in the tone itself.
 *
 * Grammar, as in indications.conf: parts separated by commas, each
 * ["!"] f1 [("+" | "*") f2] ["/" ms].
 */
#include "media/tone.h"
#include "base/text.h"
#include <math.h>
#include <pthread.h>

enum {
	SRATE	 = 8000,
	SIN_BITS = 10,
	SIN_SIZE = 1 << SIN_BITS,
	FREQ_MAX = 3999,
	MS_MAX	 = 3600000,
};

static int16_t sin_tab[SIN_SIZE + 1];
static pthread_once_t sin_once = PTHREAD_ONCE_INIT;

struct country {
	const char *name;
	const char *tone[TONE_KINDS];
};

/* clang-format off */
static const struct country countryv[] = {
	{"us", {
		[TONE_DIAL]       = "350+440",
		[TONE_RING]       = "440+480/2000,0/4000",
		[TONE_BUSY]       = "480+620/500,0/500",
		[TONE_CONGESTION] = "480+620/250,0/250",
		[TONE_WAITING]    = "440/300,0/10000",
		[TONE_DIALRECALL] = "!350+440/100,!0/100,!350+440/100,!0/100,"
				    "!350+440/100,!0/100,350+440",
		[TONE_STUTTER]    = "!350+440/100,!0/100,!350+440/100,!0/100,"
				    "!350+440/100,!0/100,!350+440/100,!0/100,"
				    "!350+440/100,!0/100,!350+440/100,!0/100,"
				    "350+440",
		[TONE_INFO]       = "!950/330,!1400/330,!1800/330,0",
		[TONE_RECORD]     = "1400/500,0/15000",
		[TONE_BEEP]       = "!1000/200",
	}},
	{"ru", {
		[TONE_DIAL]       = "425",
		[TONE_RING]       = "425/1000,0/4000",
		[TONE_BUSY]       = "425/350,0/350",
		[TONE_CONGESTION] = "425/175,0/175",
		[TONE_WAITING]    = "425/200,0/5000",
		[TONE_DIALRECALL] = "425/400,0/40",
		[TONE_STUTTER]    = "!425/400,!0/40,!425/400,!0/40,425",
		[TONE_INFO]       = "950/330,1400/330,1800/330,0/1000",
		[TONE_RECORD]     = "1400/500,0/15000",
		[TONE_BEEP]       = "!1000/200",
	}},
	{"gb", {
		[TONE_DIAL]       = "350+440",
		[TONE_RING]       = "400+450/400,0/200,400+450/400,0/2000",
		[TONE_BUSY]       = "400/375,0/375",
		[TONE_CONGESTION] = "400/400,0/350,400/225,0/525",
		[TONE_WAITING]    = "400/100,0/4000",
		[TONE_DIALRECALL] = "350+440",
		[TONE_STUTTER]    = "350+440/750,440/750",
		[TONE_INFO]       = "950/330,0/15,1400/330,0/15,1800/330,"
				    "0/1000",
		[TONE_RECORD]     = "1400/500,0/60000",
		[TONE_BEEP]       = "!1000/200",
	}},
	{"de", {
		[TONE_DIAL]       = "425",
		[TONE_RING]       = "425/1000,0/4000",
		[TONE_BUSY]       = "425/480,0/480",
		[TONE_CONGESTION] = "425/240,0/240",
		[TONE_WAITING]    = "!425/200,!0/200,!425/200,!0/5000,"
				    "!425/200,!0/200,!425/200,0",
		[TONE_DIALRECALL] = "!425/80,!0/80,!425/80,!0/80,!425/80,"
				    "!0/80,425",
		[TONE_STUTTER]    = "425+400",
		[TONE_INFO]       = "950/330,0/30,1400/330,0/30,1800/330,"
				    "0/1000",
		[TONE_RECORD]     = "1400/80,0/15000",
		[TONE_BEEP]       = "!1000/200",
	}},
};

static const struct {
	const char *name;
	enum tone_kind kind;
} kindv[] = {
	{"dial",        TONE_DIAL},
	{"ring",        TONE_RING},
	{"ringing",     TONE_RING},
	{"busy",        TONE_BUSY},
	{"congestion",  TONE_CONGESTION},
	{"callwaiting", TONE_WAITING},
	{"dialrecall",  TONE_DIALRECALL},
	{"stutter",     TONE_STUTTER},
	{"info",        TONE_INFO},
	{"record",      TONE_RECORD},
	{"beep",        TONE_BEEP},
};
/* clang-format on */


static void sin_init(void)
{
	for (int i = 0; i <= SIN_SIZE; i++) {
		double a = 6.283185307179586 * i / SIN_SIZE;

		sin_tab[i] = (int16_t)lrint(32767.0 * sin(a));
	}
}


/* -32767..32767 at a phase of which 2^32 is a turn */
static int sine(uint32_t ph)
{
	uint32_t i    = ph >> (32 - SIN_BITS);
	int32_t frac  = (int32_t)((ph << SIN_BITS) >> 17); /* 15 bit */
	int32_t a     = sin_tab[i];
	int32_t b     = sin_tab[i + 1];

	return a + (((b - a) * frac) >> 15);
}


static int freq_decode(uint16_t *fp, const struct pl *pl)
{
	struct pl t = pl_trim(*pl);
	uint64_t v;
	int err;

	err = num_decode(&v, &t, FREQ_MAX);
	if (err)
		return EINVAL;

	*fp = (uint16_t)v;
	return 0;
}


/* f1, f1+f2 or f1*f2 */
static int freqs_decode(struct tone_part *part, struct pl pl)
{
	const char *op = NULL;
	int err;

	for (size_t i = 0; i < pl.l && !op; i++) {
		if (pl.p[i] == '+' || pl.p[i] == '*')
			op = pl.p + i;
	}

	if (!op)
		return freq_decode(&part->f1, &pl);

	struct pl a = {pl.p, (size_t)(op - pl.p)};
	struct pl b = {op + 1, pl.l - a.l - 1};

	part->mod = *op == '*';

	err = freq_decode(&part->f1, &a);
	if (err)
		return err;

	return freq_decode(&part->f2, &b);
}


static int part_decode(struct tone_part *part, struct pl pl)
{
	struct pl f;
	uint64_t ms = 0;

	memset(part, 0, sizeof(*part));

	if (pl.l && *pl.p == '!') {
		part->once = true;
		pl_advance(&pl, 1);
	}

	if (!pl_next(&f, &pl, '/'))
		return EINVAL;

	if (pl.p && pl.l) {
		struct pl t = pl_trim(pl);

		if (num_decode(&ms, &t, MS_MAX))
			return EINVAL;
	}

	part->ms = (uint32_t)ms;
	return freqs_decode(part, f);
}


int tone_decode(struct tone_def *def, const struct pl *pl, struct pl *bad)
{
	struct tone_def d;
	struct pl rest, item;

	if (!def || !pl)
		return EINVAL;

	memset(&d, 0, sizeof(d));
	rest = *pl;

	while (pl_next(&item, &rest, ',')) {
		int err = 0;

		item = pl_trim(item);
		if (d.n == TONE_PARTS)
			err = EOVERFLOW;
		else
			err = part_decode(&d.part[d.n], item);

		if (err) {
			if (bad)
				*bad = item;
			return err;
		}
		++d.n;
	}

	if (!d.n) {
		if (bad)
			*bad = *pl;
		return EINVAL;
	}

	*def = d;
	return 0;
}


int tone_country(struct tone_def *def, const char *country,
		 enum tone_kind kind)
{
	const struct country *c = NULL;
	int err			= 0;

	if (!def || (unsigned)kind >= TONE_KINDS)
		return EINVAL;

	if (country && !strcasecmp(country, "uk"))
		country = "gb";

	for (size_t i = 0; i < ARRAY_SIZE(countryv); i++) {
		if (country && !strcasecmp(country, countryv[i].name))
			c = &countryv[i];
	}

	if (!c) {
		c   = &countryv[0];
		err = ENOENT;
	}

	struct pl pl;

	pl_set_str(&pl, c->tone[kind]);

	int derr = tone_decode(def, &pl, NULL);

	return derr ? derr : err;
}


int tone_kind_decode(enum tone_kind *kindp, const struct pl *name)
{
	if (!kindp || !name)
		return EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(kindv); i++) {
		if (!pl_strcasecmp(name, kindv[i].name)) {
			*kindp = kindv[i].kind;
			return 0;
		}
	}

	return ENOENT;
}


static uint32_t phase_inc(uint16_t hz)
{
	return (uint32_t)(((uint64_t)hz << 32) / SRATE);
}


/* Go to the part at t->pos */
static void part_enter(struct tone *t)
{
	const struct tone_part *p = &t->def.part[t->pos];

	t->inc1	   = phase_inc(p->f1);
	t->inc2	   = phase_inc(p->f2);
	t->forever = !p->ms;
	t->left	   = p->ms * (SRATE / 1000);

	/* a tone after a pause begins at a zero crossing */
	if (!p->f1)
		t->ph1 = t->ph2 = 0;
}


void tone_start(struct tone *t, const struct tone_def *def, int16_t vol)
{
	if (!t || !def)
		return;

	(void)pthread_once(&sin_once, sin_init);

	memset(t, 0, sizeof(*t));
	t->def = *def;
	t->vol = vol > 0 ? vol : TONE_VOLUME;

	while (t->loop < def->n && def->part[t->loop].once)
		++t->loop;

	if (def->n)
		part_enter(t);
}


static void part_next(struct tone *t)
{
	if (++t->pos >= t->def.n)
		t->pos = t->loop;

	if (t->pos < t->def.n)
		part_enter(t);
}


static int16_t sample(struct tone *t, const struct tone_part *p)
{
	int32_t v;

	if (!p->f1)
		return 0;

	v = sine(t->ph1) * t->vol / 32767;

	if (p->f2 && p->mod) {
		/* 0.1 to 1.0 of the amplitude */
		int32_t m = 18022 + sine(t->ph2) * 9 / 20;

		v = v * m / 32767;
	}
	else if (p->f2)
		v += sine(t->ph2) * t->vol / 32767;

	t->ph1 += t->inc1;
	t->ph2 += t->inc2;

	return (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}


size_t tone_read(struct tone *t, int16_t *out, size_t n)
{
	size_t done = 0;

	if (!t || !out)
		return 0;

	while (done < n && !tone_ended(t)) {
		const struct tone_part *p = &t->def.part[t->pos];
		size_t k		  = n - done;

		if (!t->forever && k > t->left)
			k = t->left;

		for (size_t i = 0; i < k; i++)
			out[done + i] = sample(t, p);

		done += k;
		if (t->forever)
			continue;

		t->left -= (uint32_t)k;
		if (!t->left)
			part_next(t);
	}

	return done;
}


bool tone_ended(const struct tone *t)
{
	return !t || t->pos >= t->def.n;
}
