/**
 * @file media/prompt_find.c  Which file a prompt's name means
 *
 * Languages are tried from the most special ("ru_RU") to none and English;
 * within a language all directories, within a directory three places, within
 * a place all endings.
 */
#include "media/prompt.h"
#include "media/prompt_file.h"
#include "base/text.h"
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	NAME_MAX_LEN = 512,
	LANG_MAX     = 32,
	LANGS	     = 4,
	PACKAGES     = 16,   /* of a language in a directory */
	TRIED_MAX    = 4096, /* bytes of the list in an error */
	DIR_FILES    = 100000,
};

/* clang-format off */
/* The best first: what needs no conversion, then what loses least */
static const struct prompt_form formv[] = {
	{"wav",    PROMPT_WAV,  0},
	{"wav16",  PROMPT_WAV,  0},
	{"sln16",  PROMPT_SLN,  16000},
	{"ulaw",   PROMPT_ULAW, 8000},
	{"ul",     PROMPT_ULAW, 8000},
	{"ulw",    PROMPT_ULAW, 8000},
	{"mu",     PROMPT_ULAW, 8000},
	{"pcm",    PROMPT_ULAW, 8000},
	{"alaw",   PROMPT_ALAW, 8000},
	{"al",     PROMPT_ALAW, 8000},
	{"alw",    PROMPT_ALAW, 8000},
	{"sln",    PROMPT_SLN,  8000},
	{"slin",   PROMPT_SLN,  8000},
	{"raw",    PROMPT_SLN,  8000},
	{"sln12",  PROMPT_SLN,  12000},
	{"sln24",  PROMPT_SLN,  24000},
	{"sln32",  PROMPT_SLN,  32000},
	{"sln44",  PROMPT_SLN,  44100},
	{"sln48",  PROMPT_SLN,  48000},
	{"g722",   PROMPT_G722, 16000},
	{"gsm",    PROMPT_GSM,  8000},
	{"WAV",    PROMPT_WAV,  0},
	{"wav49",  PROMPT_WAV,  0},
};
/* clang-format on */


const struct prompt_form *prompt_form_of(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;
	const char *dot;

	name = name ? name + 1 : path;
	dot  = name ? strrchr(name, '.') : NULL;
	if (!dot || dot == name)
		return NULL;

	for (size_t i = 0; i < ARRAY_SIZE(formv); i++) {
		if (!strcasecmp(dot + 1, formv[i].ending))
			return &formv[i];
	}

	return NULL;
}


bool prompt_has_ending(const char *path)
{
	return prompt_form_of(path) != NULL;
}


/* No "..", nothing unprintable, and something to look for */
static bool name_ok(const char *name)
{
	struct pl rest, part;
	bool named = false;

	if (!name || strlen(name) > NAME_MAX_LEN)
		return false;

	for (const char *p = name; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	}

	pl_set_str(&rest, name);
	while (pl_next(&part, &rest, '/')) {
		if (!pl_strcmp(&part, ".."))
			return false;
		named = part.l && pl_strcmp(&part, ".");
	}

	return named;
}


static bool lang_ok(const char *lang)
{
	size_t n = str_len(lang);

	if (!n || n >= LANG_MAX)
		return false;

	for (size_t i = 0; i < n; i++) {
		char c = lang[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '_' && c != '-')
			return false;
	}

	return true;
}


struct search {
	const char *dirs;
	const char *name;
	struct mbuf *tried;
	char *found; /* result */
};


static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}


static void note_tried(struct search *s, const char *stem)
{
	if (s->tried->end < TRIED_MAX)
		(void)mbuf_printf(s->tried, "%s%s",
				  s->tried->end ? ", " : "", stem);
}


/* A path without its ending; takes it over.  True when found */
static bool try_stem(struct search *s, char *stem)
{
	char *path = NULL;

	if (!stem)
		return false;

	note_tried(s, stem);

	for (size_t i = 0; i < ARRAY_SIZE(formv) && !s->found; i++) {
		path = mem_deref(path);
		if (re_sdprintf(&path, "%s.%s", stem, formv[i].ending))
			break;
		if (is_file(path))
			s->found = mem_ref(path);
	}
	mem_deref(path);

	if (!s->found && prompt_has_ending(stem) && is_file(stem))
		s->found = mem_ref(stem);

	mem_deref(stem);
	return s->found != NULL;
}


static char *join(const struct pl *dir, const char *a, const char *b)
{
	char *path = NULL;

	(void)re_sdprintf(&path, "%r/%s%s%s", dir, a, *a ? "/" : "", b);

	return path;
}


/* digits/1 -> digits/ru/1 */
static char *old_style(const struct pl *dir, const char *lang,
		       const char *name)
{
	const char *slash = strrchr(name, '/');
	struct pl head	  = {name, slash ? (size_t)(slash - name) : 0};
	char *path	  = NULL;

	if (slash)
		(void)re_sdprintf(&path, "%r/%r/%s%s", dir, &head, lang,
				  slash);

	return path;
}


/* The next directory "ru_..." in the alphabet after `name`, into `name` */
static bool next_package(char *name, size_t size, const char *base,
			 const char *lang)
{
	size_t n       = strlen(lang);
	char best[256] = "";
	struct dirent *de;
	DIR *d = opendir(base);

	while (d && (de = readdir(d))) {
		if (strncasecmp(de->d_name, lang, n) || de->d_name[n] != '_' ||
		    strcmp(de->d_name, name) <= 0)
			continue;
		if (!best[0] || strcmp(de->d_name, best) < 0)
			re_snprintf(best, sizeof(best), "%s", de->d_name);
	}

	if (d)
		(void)closedir(d);

	re_snprintf(name, size, "%s", best);

	return best[0] != '\0';
}


/* Debian's packages: ru_RU_f_IvrvoiceRU */
static bool try_package(struct search *s, const struct pl *dir,
			const char *lang)
{
	char name[256] = "";
	char *base     = NULL;
	bool found     = false;

	if (re_sdprintf(&base, "%r", dir))
		return false;

	for (int i = 0; i < PACKAGES && !found; i++) {
		if (!next_package(name, sizeof(name), base, lang))
			break;
		found = try_stem(s, join(dir, name, s->name));
	}

	mem_deref(base);
	return found;
}


static bool try_lang(struct search *s, const char *lang)
{
	struct pl rest, dir;

	pl_set_str(&rest, s->dirs);

	while (pl_next(&dir, &rest, ':')) {
		dir = pl_trim(dir);
		if (!dir.l)
			continue;

		if (try_stem(s, join(&dir, lang, s->name)))
			return true;
		if (!*lang)
			continue;
		if (try_stem(s, old_style(&dir, lang, s->name)) ||
		    try_package(s, &dir, lang))
			return true;
	}

	return false;
}


/* ru_RU, ru, none, en */
static size_t languages(char v[LANGS][LANG_MAX], const char *lang)
{
	size_t n = 0;
	size_t k;

	memset(v, 0, LANGS * sizeof(v[0]));

	if (lang_ok(lang)) {
		memcpy(v[n++], lang, strlen(lang));

		k = strcspn(lang, "_-");
		if (k && lang[k])
			memcpy(v[n++], lang, k);
	}

	++n; /* none */
	if (strcmp(v[0], "en") && strcmp(v[1], "en"))
		memcpy(v[n++], "en", 2);

	return n;
}


static int search_run(struct search *s, const char *lang)
{
	char v[LANGS][LANG_MAX];
	size_t n;

	if (s->name[0] == '/') {
		char *stem = NULL;

		if (re_sdprintf(&stem, "%s", s->name))
			return ENOMEM;
		return try_stem(s, stem) ? 0 : ENOENT;
	}

	if (!str_isset(s->dirs))
		return ENOENT;

	n = languages(v, lang);
	for (size_t i = 0; i < n; i++) {
		if (try_lang(s, v[i]))
			return 0;
	}

	return ENOENT;
}


int prompt_find(char **pathp, const char *dirs, const char *name,
		const char *lang)
{
	struct search s = {.dirs = dirs, .name = name};
	int err;

	if (!pathp || !name_ok(name))
		return EINVAL;

	s.tried = mbuf_alloc(256);
	if (!s.tried)
		return ENOMEM;

	err = search_run(&s, lang);
	if (!err)
		*pathp = s.found;
	else if (err == ENOENT && mbuf_str(pathp, s.tried))
		err = ENOMEM;

	mem_deref(s.tried);
	return err;
}


/* Same name without ending: the better format first */
static int by_name(const void *a, const void *b)
{
	const char *x = *(char *const *)a;
	const char *y = *(char *const *)b;
	size_t nx     = (size_t)(strrchr(x, '.') - x);
	size_t ny     = (size_t)(strrchr(y, '.') - y);
	int c	      = strncmp(x, y, nx < ny ? nx : ny);

	if (c)
		return c;
	if (nx != ny)
		return nx < ny ? -1 : 1;

	const struct prompt_form *fx = prompt_form_of(x);
	const struct prompt_form *fy = prompt_form_of(y);

	return fx == fy ? strcmp(x, y) : fx < fy ? -1 : 1;
}


static bool same_stem(const char *x, const char *y)
{
	size_t n = (size_t)(strrchr(x, '.') - x);

	return !strncmp(x, y, n) && strrchr(y, '.') == y + n;
}


static int dir_read(char ***vp, size_t *np, DIR *d, const char *dir)
{
	struct dirent *de;
	size_t max = 0;

	while ((de = readdir(d)) && *np < DIR_FILES) {
		char *path = NULL;

		if (de->d_name[0] == '.' || !prompt_has_ending(de->d_name))
			continue;

		if (*np == max) {
			char **v;

			max = max ? 2 * max : 64;
			v   = reallocarray(*vp, max, sizeof(*v));
			if (!v)
				return ENOMEM;
			*vp = v;
		}

		if (re_sdprintf(&path, "%s/%s", dir, de->d_name))
			return ENOMEM;

		if (is_file(path))
			(*vp)[(*np)++] = path;
		else
			mem_deref(path);
	}

	return 0;
}


int prompt_dir(const char *dir, prompt_dir_h *h, void *arg)
{
	char **v = NULL;
	size_t n = 0;
	DIR *d;
	int err;

	if (!dir || !h)
		return EINVAL;

	d = opendir(dir);
	if (!d)
		return errno;

	err = dir_read(&v, &n, d, dir);
	(void)closedir(d);

	if (n)
		qsort(v, n, sizeof(*v), by_name);

	for (size_t i = 0; i < n; i++) {
		if (!err && (!i || !same_stem(v[i - 1], v[i])))
			h(v[i], arg);
	}

	for (size_t i = 0; i < n; i++)
		mem_deref(v[i]);
	free(v);

	return err;
}
