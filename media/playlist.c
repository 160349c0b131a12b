/**
 * @file media/playlist.c  What a player plays: names to items
 */
#include "media/playlist.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/text.h"


enum {
	NAMES_MAX   = 1024,
	COUNTRY_MAX = 8,
};

struct playlist {
	char **namev;
	size_t namec;
	size_t pos;       /* next */
	size_t good;      /* pieces found since the first name */
	unsigned passes;
	int err;          /* of the first piece that failed */

	uint32_t serial;
	bool loop, random;
	char *lang;
	char country[COUNTRY_MAX];
	struct prompts *ps;
	struct prompt_req *req; /* the piece that loads */
	playlist_item_h *itemh;
	void *arg;
};

static const struct pl tone_prefix = PL_LIT("tone:");


static void destructor(void *arg)
{
	struct playlist *pl = arg;

	mem_deref(pl->req);
	mem_deref(pl->ps);
	mem_deref(pl->lang);
	for (size_t i = 0; i < pl->namec; i++)
		mem_deref(pl->namev[i]);
	mem_deref(pl->namev);
}


static int names_split(struct playlist *pl, const char *files)
{
	struct pl part, rest;

	pl->namev = mem_zalloc(NAMES_MAX * sizeof(*pl->namev), NULL);
	if (!pl->namev)
		return ENOMEM;

	pl_set_str(&rest, files);
	while (pl_next(&part, &rest, '&')) {
		int err;

		part = pl_trim(part);
		if (!part.l)
			continue;

		if (pl->namec == NAMES_MAX)
			return E2BIG;

		err = pl_strdup(&pl->namev[pl->namec], &part);
		if (err)
			return err;

		++pl->namec;
	}

	return pl->namec ? 0 : EINVAL;
}


/* Fisher and Yates */
static void shuffle(struct playlist *pl)
{
	for (size_t i = pl->namec; i > 1; i--) {
		const size_t j = rand_below((uint32_t)i);
		char *name     = pl->namev[j];

		pl->namev[j]     = pl->namev[i - 1];
		pl->namev[i - 1] = name;
	}
}


int playlist_alloc(struct playlist **plp, const struct media_play *play,
		   struct prompts *ps, const char *country, uint32_t serial,
		   playlist_item_h *h, void *arg)
{
	struct playlist *pl;
	int err;

	if (!plp || !play || !play->files || !h)
		return EINVAL;

	pl = mem_zalloc(sizeof(*pl), destructor);
	if (!pl)
		return ENOMEM;

	pl->ps     = mem_ref(ps);
	pl->serial = serial;
	pl->loop   = play->loop;
	pl->random = play->random;
	pl->itemh  = h;
	pl->arg    = arg;
	str_ncpy(pl->country, country ? country : "us", sizeof(pl->country));

	err = names_split(pl, play->files);
	if (!err && play->lang && *play->lang)
		err = str_dup(&pl->lang, play->lang);
	if (err)
		goto out;

	if (pl->random)
		shuffle(pl);

out:
	if (err)
		mem_deref(pl);
	else
		*plp = pl;

	return err;
}


uint32_t playlist_serial(const struct playlist *pl)
{
	return pl ? pl->serial : 0;
}


static void emit(struct playlist *pl, struct item *item)
{
	item->serial = pl->serial;
	pl->itemh(item, pl->arg);
}


static void failed(struct playlist *pl, const char *name, int err,
		   const char *text)
{
	if (!pl->err)
		pl->err = err;

	/* music goes round and round: say it once */
	if (pl->passes)
		return;

	if (text && *text)
		log_warning("media", "cannot play %s", text);
	else
		log_warning("media", "cannot play %s: %m", name, err);
}


static int tone_parse(struct tone_def *def, const struct pl *text,
		      const char *country)
{
	enum tone_kind kind;

	if (tone_kind_decode(&kind, text))
		return tone_decode(def, text, NULL);

	/* ENOENT: the country is not known, the tone is that of "us" */
	(void)tone_country(def, country, kind);

	return 0;
}


/* True if it was given to the player */
static bool tone_next(struct playlist *pl, const char *name)
{
	struct item item = {.kind = ITEM_TONE};
	struct pl text;
	int err;

	pl_set_str(&text, name + tone_prefix.l);
	err = tone_parse(&item.tone, &text, pl->country);
	if (err) {
		failed(pl, name, err, NULL);
		return false;
	}

	++pl->good;
	emit(pl, &item);

	return true;
}


static void prompt_handler(int err, struct prompt *p, const char *text,
			   void *arg)
{
	struct playlist *pl = arg;
	struct item item    = {.kind = ITEM_PROMPT};

	pl->req = mem_deref(pl->req);

	if (err) {
		failed(pl, pl->namev[pl->pos - 1], err, text);
		playlist_next(pl);
		return;
	}

	++pl->good;
	item.prompt = prompt_ref(p);
	emit(pl, &item);
}


static bool prompt_next(struct playlist *pl, const char *name)
{
	const int err = prompt_load(&pl->req, pl->ps, name, pl->lang,
				    prompt_handler, pl);

	if (err)
		failed(pl, name, err, NULL);

	return !err;
}


/* The first name again; false if there is no use */
static bool rewind_list(struct playlist *pl)
{
	if (!pl->loop || !pl->good)
		return false;

	pl->pos  = 0;
	pl->good = 0;
	++pl->passes;
	if (pl->random)
		shuffle(pl);

	return true;
}


void playlist_next(struct playlist *pl)
{
	struct item end = {.kind = ITEM_END};
	bool given      = false;

	if (!pl || pl->req)
		return;

	while (!given && (pl->pos < pl->namec || rewind_list(pl))) {
		const char *name = pl->namev[pl->pos++];

		given = !strncmp(name, tone_prefix.p, tone_prefix.l)
				? tone_next(pl, name)
				: prompt_next(pl, name);
	}

	if (given)
		return;

	end.err = pl->err;
	emit(pl, &end);
}
