/**
 * @file apps/say.c  Languages: which grammar, which prompts are there
 *
 * The folder digits/ of a language is read when it is first spoken: dir/ru/,
 * dir/ru_.../ (Debian's packages) and dir/digits/ru/ (old style), in every
 * directory of prompts.
 */
#include <dirent.h>
#include <stdlib.h>
#include "apps/apps.h"
#include "apps/say_priv.h"
#include "base/clock.h"
#include "base/text.h"

enum {
	LANGS_MAX = 16,      /* that are kept */
	NAMES_MAX = 2000,    /* of one folder */
	FRESH_MS = 60 * 1000,
};

static const struct say_lang *const langs[] = {
	&say_en, &say_ru, &say_es, &say_fr, &say_it,
};

static struct list says;


static void names_reset(struct say *say)
{
	for (size_t i = 0; i < say->namec; i++)
		mem_deref(say->namev[i]);

	say->namev = mem_deref(say->namev);
	say->namec = 0;
}


static void destructor(void *data)
{
	struct say *say = data;

	list_unlink(&say->le);
	names_reset(say);
	mem_deref(say->dirs);
	mem_deref(say->lang);
}


/* --- what is there ------------------------------------------------------- */

static int cmp_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}


static void add_name(struct say *say, const char *file)
{
	const char *dot = strrchr(file, '.');
	struct pl stem = {file, dot ? (size_t)(dot - file) : 0};

	if (!stem.l || stem.l >= SAY_NAME_MAX || say->namec >= NAMES_MAX)
		return;

	if (!say->namev)
		say->namev = mem_zalloc(NAMES_MAX * sizeof(*say->namev), NULL);
	if (say->namev && !pl_strdup(&say->namev[say->namec], &stem))
		++say->namec;
}


static void read_folder(struct say *say, const char *path)
{
	DIR *d = opendir(path);
	struct dirent *de;

	while (d && (de = readdir(d)))
		add_name(say, de->d_name);
	if (d)
		(void)closedir(d);
}


/* dir/ru_RU_f_IvrvoiceRU/digits */
static void read_packages(struct say *say, const struct pl *dir,
			  const char *lang)
{
	size_t n = strlen(lang);
	char path[512];
	struct dirent *de;
	DIR *d;

	if (pl_copy(path, sizeof(path), dir))
		return;

	d = opendir(path);
	while (d && (de = readdir(d))) {
		if (strncasecmp(de->d_name, lang, n) || de->d_name[n] != '_')
			continue;
		if (re_snprintf(path, sizeof(path), "%r/%s/digits", dir,
				de->d_name) > 0)
			read_folder(say, path);
	}
	if (d)
		(void)closedir(d);
}


static void read_lang(struct say *say, const char *lang)
{
	struct pl rest, dir;
	char path[512];

	pl_set_str(&rest, say->dirs);
	while (pl_next(&dir, &rest, ':')) {
		dir = pl_trim(dir);
		if (!dir.l)
			continue;
		if (re_snprintf(path, sizeof(path), "%r/%s/digits", &dir,
				lang) > 0)
			read_folder(say, path);
		if (re_snprintf(path, sizeof(path), "%r/digits/%s", &dir,
				lang) > 0)
			read_folder(say, path);
		read_packages(say, &dir, lang);
	}
}


/* "ru_RU" is "ru" as well.  A language without numbers is said in English,
 * because that is what is played then */
static void say_read(struct say *say)
{
	char lang[32];
	size_t n;

	names_reset(say);
	say->seen_ms = clock_ms();
	say->grammar = &say_en;

	str_ncpy(lang, say->lang, sizeof(lang));
	if (!lang[0] || strspn(lang, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
				     ) != strlen(lang))
		return;

	read_lang(say, lang);
	n = strcspn(lang, "_-");
	if (!say->namec && lang[n]) {
		lang[n] = '\0';
		read_lang(say, lang);
	}
	if (!say->namec)
		return;

	qsort(say->namev, say->namec, sizeof(*say->namev), cmp_names);
	lang[n] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(langs); i++) {
		if (!str_casecmp(lang, langs[i]->code))
			say->grammar = langs[i];
	}
}


static struct say *say_new(const char *dirs, const char *lang)
{
	struct say *say = mem_zalloc(sizeof(*say), destructor);

	if (!say)
		return NULL;

	if (str_dup(&say->dirs, dirs) || str_dup(&say->lang, lang))
		return mem_deref(say);

	if (list_count(&says) >= LANGS_MAX)
		mem_deref(list_ledata(says.head));
	list_append(&says, &say->le, say);
	say_read(say);

	return say;
}


const struct say *say_find(const char *dirs, const char *lang)
{
	static const struct say nothing = {.grammar = &say_en};
	struct say *say = NULL;
	struct le *le;

	dirs = dirs ? dirs : "";
	lang = str_isset(lang) ? lang : "en";

	LIST_FOREACH(&says, le)
	{
		say = le->data;
		if (!strcmp(say->dirs, dirs) && !strcmp(say->lang, lang))
			break;
	}

	if (!le)
		say = say_new(dirs, lang);
	else if (clock_ms() - say->seen_ms > FRESH_MS)
		say_read(say);

	return say ? say : &nothing;
}


const struct say *say_of(const struct call *call)
{
	return say_find(call && call->cfg ? call->cfg->dirs.sounds : NULL,
			call ? call->language : NULL);
}


const char *say_grammar(const struct say *say)
{
	return say ? say->grammar->code : "en";
}


void say_flush(void)
{
	list_flush(&says);
}


/* --- adding -------------------------------------------------------------- */

void say_add(struct saying *s, const char *name)
{
	if (s->err)
		return;

	s->err = s->mb->end > SAY_MAX
			 ? E2BIG
			 : mbuf_printf(s->mb, "%s%s", s->mb->end ? "&" : "",
				       name);
}


void say_word(struct saying *s, const char *name)
{
	char buf[SAY_NAME_MAX + 8];

	(void)re_snprintf(buf, sizeof(buf), "digits/%s", name);
	say_add(s, buf);
}


void say_num(struct saying *s, uint64_t n)
{
	char buf[32];

	(void)re_snprintf(buf, sizeof(buf), "%llu", n);
	say_word(s, buf);
}


bool say_has(const struct saying *s, const char *name)
{
	const struct say *say = s->say;

	return say->namec && bsearch(&name, say->namev, say->namec,
				     sizeof(*say->namev), cmp_names);
}


void say_either(struct saying *s, const char *name, const char *other)
{
	say_word(s, say_has(s, name) ? name : other);
}


void say_count(struct saying *s, uint64_t n, char gender)
{
	s->say->grammar->number(s, n, gender);
}


int say_number_in(struct mbuf *mb, const struct say *say, int64_t num,
		  char gender)
{
	struct saying s = {.mb = mb, .say = say};
	uint64_t n = num < 0 ? (uint64_t)-num : (uint64_t)num;

	if (!mb || !say)
		return EINVAL;
	if (n > 999999999999)
		return ERANGE;

	if (num < 0)
		say_word(&s, "minus");
	say_count(&s, n, gender);

	return s.err;
}
