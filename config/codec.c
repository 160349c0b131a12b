/**
 * @file config/codec.c  Codec names of allow= and disallow=
 *
 * The list is worked through in the order of the file, as chan_sip does:
 * allow appends what is not there yet, disallow removes, "all" is everything,
 * "!x" inside allow removes, "x:30" also says the packet time.
 */
#include "config/config.h"
#include "config/opt.h"
#include "base/text.h"


/* clang-format off */
static const struct config_codec codec_tab[] = {
	/* name        rtp            media        rate  ch   pt  all */
	{"ulaw",      "PCMU",         CODEC_AUDIO,  8000, 1,   0, true},
	{"alaw",      "PCMA",         CODEC_AUDIO,  8000, 1,   8, true},
	{"gsm",       "GSM",          CODEC_AUDIO,  8000, 1,   3, true},
	{"g722",      "G722",         CODEC_AUDIO,  8000, 1,   9, true},
	{"g729",      "G729",         CODEC_AUDIO,  8000, 1,  18, true},
	{"g726",      "G726-32",      CODEC_AUDIO,  8000, 1,  -1, true},
	{"g726aal2",  "AAL2-G726-32", CODEC_AUDIO,  8000, 1,  -1, true},
	{"g723",      "G723",         CODEC_AUDIO,  8000, 1,   4, true},
	{"ilbc",      "iLBC",         CODEC_AUDIO,  8000, 1,  -1, true},
	{"opus",      "opus",         CODEC_AUDIO, 48000, 2,  -1, true},
	{"speex",     "speex",        CODEC_AUDIO,  8000, 1,  -1, true},
	{"speex16",   "speex",        CODEC_AUDIO, 16000, 1,  -1, true},
	{"speex32",   "speex",        CODEC_AUDIO, 32000, 1,  -1, true},
	{"slin",      "L16",          CODEC_AUDIO,  8000, 1,  -1, true},
	{"slin16",    "L16",          CODEC_AUDIO, 16000, 1,  -1, true},
	{"slin44",    "L16",          CODEC_AUDIO, 44100, 1,  11, true},
	{"slin48",    "L16",          CODEC_AUDIO, 48000, 1,  -1, true},
	{"lpc10",     "LPC",          CODEC_AUDIO,  8000, 1,   7, true},
	{"adpcm",     "DVI4",         CODEC_AUDIO,  8000, 1,   5, true},
	{"siren7",    "G7221",        CODEC_AUDIO, 16000, 1,  -1, true},
	{"siren14",   "G7221",        CODEC_AUDIO, 32000, 1,  -1, true},
	{"g719",      "G719",         CODEC_AUDIO, 48000, 1,  -1, true},
	{"testlaw",   NULL,           CODEC_AUDIO,  8000, 1,  -1, false},
	{"h261",      "H261",         CODEC_VIDEO, 90000, 1,  31, true},
	{"h263",      "H263",         CODEC_VIDEO, 90000, 1,  34, true},
	{"h263p",     "H263-1998",    CODEC_VIDEO, 90000, 1,  -1, true},
	{"h264",      "H264",         CODEC_VIDEO, 90000, 1,  -1, true},
	{"h265",      "H265",         CODEC_VIDEO, 90000, 1,  -1, true},
	{"mpeg4",     "MP4V-ES",      CODEC_VIDEO, 90000, 1,  -1, true},
	{"vp8",       "VP8",          CODEC_VIDEO, 90000, 1,  -1, true},
	{"vp9",       "VP9",          CODEC_VIDEO, 90000, 1,  -1, true},
	{"red",       "red",          CODEC_TEXT,   1000, 1,  -1, true},
	{"t140",      "t140",         CODEC_TEXT,   1000, 1,  -1, true},
	{"jpeg",      NULL,           CODEC_IMAGE, 90000, 1,  -1, true},
	{"png",       NULL,           CODEC_IMAGE, 90000, 1,  -1, true},
};

static const struct {
	const char *alias, *name;
} alias_tab[] = {
	{"pcmu", "ulaw"}, {"mulaw", "ulaw"}, {"g711u", "ulaw"},
	{"pcma", "alaw"}, {"g711a", "alaw"}, {"slinear", "slin"},
	{"slinear16", "slin16"}, {"g.722", "g722"}, {"g.729", "g729"},
	{"g729a", "g729"}, {"g723.1", "g723"},
};
/* clang-format on */

_Static_assert(ARRAY_SIZE(codec_tab) <= CODEC_PREFS_MAX, "all must fit");


const struct config_codec *config_codec_at(size_t i)
{
	return i < ARRAY_SIZE(codec_tab) ? &codec_tab[i] : NULL;
}


uint8_t config_codec_no(const struct config_codec *codec)
{
	return (uint8_t)(codec - codec_tab);
}


const struct config_codec *codec_prefs_at(const struct codec_prefs *prefs,
					  size_t i)
{
	return &codec_tab[prefs->v[i].no];
}


static const struct config_codec *find_name(const struct pl *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(codec_tab); i++) {
		if (!pl_strcasecmp(name, codec_tab[i].name))
			return &codec_tab[i];
	}

	return NULL;
}


const struct config_codec *config_codec_find(const struct pl *name)
{
	if (!name || !name->p || !name->l)
		return NULL;

	for (size_t i = 0; i < ARRAY_SIZE(alias_tab); i++) {
		if (!pl_strcasecmp(name, alias_tab[i].alias)) {
			struct pl pl;

			pl_set_str(&pl, alias_tab[i].name);
			return find_name(&pl);
		}
	}

	return find_name(name);
}


static void prefs_remove(struct codec_prefs *prefs,
			 const struct config_codec *codec)
{
	size_t n = 0;

	for (size_t i = 0; i < prefs->n; i++) {
		if (codec_prefs_at(prefs, i) != codec)
			prefs->v[n++] = prefs->v[i];
	}

	prefs->n = n;
}


static void prefs_add(struct codec_prefs *prefs,
		      const struct config_codec *codec, uint8_t ptime)
{
	for (size_t i = 0; i < prefs->n; i++) {
		if (codec_prefs_at(prefs, i) == codec) {
			if (ptime)
				prefs->v[i].ptime_ms = ptime;
			return;
		}
	}

	prefs->v[prefs->n].no	      = config_codec_no(codec);
	prefs->v[prefs->n++].ptime_ms = ptime;
}


static void prefs_all(struct codec_prefs *prefs, bool allow)
{
	prefs->n = allow ? prefs->n : 0;

	for (size_t i = 0; allow && i < ARRAY_SIZE(codec_tab); i++) {
		if (codec_tab[i].in_all)
			prefs_add(prefs, &codec_tab[i], 0);
	}
}


static void unknown_codec(const struct opt_ctx *ctx, const struct pl *name)
{
	const char *words[ARRAY_SIZE(codec_tab)];
	char buf[32];

	for (size_t i = 0; i < ARRAY_SIZE(codec_tab); i++)
		words[i] = codec_tab[i].name;

	const char *near = pl_copy(buf, sizeof(buf), name) ? NULL :
		text_nearest(buf, words, ARRAY_SIZE(words));

	if (near)
		find_warning(ctx->f, &ctx->pos,
			     "codec '%r' is unknown and left out (did you "
			     "mean '%s'?)", name, near);
	else
		find_warning(ctx->f, &ctx->pos,
			     "codec '%r' is unknown and left out, expected "
			     "names such as ulaw, alaw, g722, g729, all",
			     name);
}


static uint8_t ptime_decode(const struct opt_ctx *ctx, const struct pl *pl)
{
	uint64_t n;

	if (num_decode(&n, pl, 200) || n < 10 || n % 10) {
		find_warning(ctx->f, &ctx->pos,
			     "packet time '%r' is ignored, expected 10 to "
			     "200 [ms] in steps of 10", pl);
		return 0;
	}

	return (uint8_t)n;
}


static void one_codec(struct opt_ctx *ctx, struct codec_prefs *prefs,
		      struct pl word, bool allow)
{
	struct pl name, rest;
	uint8_t ptime = 0;

	if (word.l && word.p[0] == '!') {
		pl_advance(&word, 1);
		allow = !allow;
	}

	rest = word;
	if (!word.l || !pl_next(&name, &rest, ':'))
		return;
	if (rest.p)
		ptime = ptime_decode(ctx, &rest);

	if (!pl_strcasecmp(&name, "all")) {
		prefs_all(prefs, allow);
		return;
	}

	const struct config_codec *codec = config_codec_find(&name);
	if (!codec)
		unknown_codec(ctx, &name);
	else if (allow)
		prefs_add(prefs, codec, ptime);
	else
		prefs_remove(prefs, codec);
}


static int codec_list(struct opt_ctx *ctx, void *field, bool allow)
{
	struct pl part, rest = ctx->val;

	/* '|' is the separator of old files */
	const char sep = pl_strchr(&rest, '|') ? '|' : ',';

	while (pl_next(&part, &rest, sep))
		one_codec(ctx, field, pl_trim(part), allow);

	return 0;
}


bool codec_prefs_narrow(struct codec_prefs *prefs, const char *names)
{
	struct codec_prefs kept = {.n = 0};
	struct pl part, rest;

	pl_set_str(&rest, names);
	while (rest.l && pl_next(&part, &rest, ',')) {
		const struct config_codec *codec;
		struct pl name = pl_trim(part);

		codec = config_codec_find(&name);
		for (size_t i = 0; codec && i < prefs->n; i++) {
			if (codec_prefs_at(prefs, i) == codec)
				prefs_add(&kept, codec, prefs->v[i].ptime_ms);
		}
	}

	if (kept.n)
		*prefs = kept;

	return kept.n > 0;
}


int set_allow(struct opt_ctx *ctx, void *field)
{
	return codec_list(ctx, field, true);
}


int set_disallow(struct opt_ctx *ctx, void *field)
{
	return codec_list(ctx, field, false);
}
