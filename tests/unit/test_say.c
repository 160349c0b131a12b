/**
 * @file tests/unit/test_say.c  Numbers and dates in five languages
 *
 * The prompts that exist are those of Debian's asterisk-core-sounds packages
 * (1.6.1), as far as numbers need them; for Russian also Asterisk's own full
 * set.
 */
#include "routing_util.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/say.h"
#include "base/text.h"

#define TENS "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 30 40 50 " \
	"60 70 80 90 minus thousand million "

static char dir[64];

/* clang-format off */
static const struct {
	const char *dir, *names;
} sets[] = {
	{"en_US_f_Allison", TENS "hundred billion oh oclock"},
	{"ru_RU_f_IvrvoiceRU", TENS "1n 2n hundred billion h-hundred "
	 "h-thousand h-million h-billion oh oclock h-1 h-20"},
	{"es_MX_f_Allison", TENS "21 22 23 24 25 26 27 28 29 20-and 100-and "
	 "200 300 400 500 600 700 800 900 1F 1M and hundred millions es-de "
	 "es-el oclock"},
	{"fr_CA_f_June", TENS "hundred et oclock"},
	{"it_IT_f_menardi", TENS "21 28 31 38 41 48 51 58 61 68 71 78 81 88 "
	 "91 98 hundred thousands millions billion un e"},
	/* Asterisk's full set, in the place where one's own are put */
	{"own/ru", TENS "1f 2f 1n hundred 200 300 400 500 600 700 800 900 "
	 "thousands-i thousands million-a millions billion billion-a "
	 "billions h-6n"},
};


struct row {
	const char *lang;
	int64_t n;
	char gender;
	const char *want;
};

static const struct row rows[] = {
	{"en", 0, 0, "0"},
	{"en", -21, 0, "minus 20 1"},
	{"en", 100, 0, "1 hundred"},
	{"en", 1234567, 0,
	 "1 million 2 hundred 30 4 thousand 5 hundred 60 7"},
	{"en", 999999999999, 0,
	 "9 hundred 90 9 billion 9 hundred 90 9 million "
	 "9 hundred 90 9 thousand 9 hundred 90 9"},

	/* what Debian's Russian package can say */
	{"ru", 0, 0, "0"},
	{"ru", 1, 'm', "1"},
	{"ru", 1, 'f', "1"},
	{"ru", 1, 'n', "1n"},
	{"ru", 2, 'f', "2"},
	{"ru", 11, 0, "11"},
	{"ru", 21, 'n', "20 1n"},
	{"ru", 100, 0, "hundred"},
	{"ru", 201, 0, "2 h-hundred 1"},
	{"ru", 500, 0, "5 h-hundred"},
	{"ru", 1000, 0, "thousand"},
	{"ru", 2000, 0, "2 h-thousand"},
	{"ru", 5000, 0, "5 thousand"},
	{"ru", 1000000, 0, "million"},
	{"ru", 2000000, 0, "2 h-million"},
	{"ru", 5000000000, 0, "5 h-billion"},

	/* Asterisk's own */
	{"own", 1, 'f', "1f"},
	{"own", 2, 'f', "2f"},
	{"own", 2, 'm', "2"},
	{"own", 22, 'f', "20 2f"},
	{"own", 12, 'f', "12"},
	{"own", 201, 0, "200 1"},
	{"own", 999, 0, "900 90 9"},
	{"own", 1000, 0, "thousand"},
	{"own", 2000, 0, "2f thousands-i"},
	{"own", 5000, 0, "5 thousands"},
	{"own", 11000, 0, "11 thousands"},
	{"own", 21000, 0, "20 1f thousand"},
	{"own", 22022, 'n', "20 2f thousands-i 20 2"},
	{"own", 1001000, 0, "million 1f thousand"},
	{"own", 2000000, 0, "2 million-a"},
	{"own", 112000000, 0, "hundred 12 millions"},
	{"own", 3000000001, 'f', "3 billion-a 1f"},
	{"own", -5, 0, "minus 5"},

	{"es", 0, 0, "0"},
	{"es", 1, 0, "1"},
	{"es", 1, 'f', "1F"},
	{"es", 1, 'm', "1M"},
	{"es", 21, 0, "21"},
	{"es", 21, 'f', "20-and 1F"},
	{"es", 30, 0, "30"},
	{"es", 31, 'm', "30 and 1M"},
	{"es", 99, 0, "90 and 9"},
	{"es", 100, 0, "hundred"},
	{"es", 101, 0, "100-and 1"},
	{"es", 555, 0, "500 50 and 5"},
	{"es", 1000, 0, "thousand"},
	{"es", 2026, 0, "2 thousand 26"},
	{"es", 21000, 0, "20-and 1M thousand"},
	{"es", 1000000, 0, "1M million"},
	{"es", 2000001, 0, "2 millions 1"},
	{"es", 1000000000, 0, "thousand millions"},

	{"fr", 21, 0, "20 et 1"},
	{"fr", 22, 0, "20 2"},
	{"fr", 70, 0, "70"},
	{"fr", 71, 0, "60 et 11"},
	{"fr", 77, 0, "60 17"},
	{"fr", 80, 0, "80"},
	{"fr", 81, 0, "80 1"},
	{"fr", 90, 0, "90"},
	{"fr", 99, 0, "80 19"},
	{"fr", 100, 0, "hundred"},
	{"fr", 201, 0, "2 hundred 1"},
	{"fr", 1000, 0, "thousand"},
	{"fr", 80000, 0, "80 thousand"},
	{"fr", 1999, 0, "thousand 9 hundred 80 19"},
	{"fr", 2000000000, 0, "2 thousand million"},

	{"it", 21, 0, "21"},
	{"it", 28, 0, "28"},
	{"it", 33, 0, "30 3"},
	{"it", 100, 0, "hundred"},
	{"it", 108, 0, "hundred 8"},
	{"it", 991, 0, "9 hundred 91"},
	{"it", 1000, 0, "thousand"},
	{"it", 2026, 0, "2 thousands 20 6"},
	{"it", 1000000, 0, "un million"},
	{"it", 3000000, 0, "3 millions"},
	{"it", 2000000000, 0, "2 billion"},

	/* no such folder: what is heard is English */
	{"de", 21, 0, "20 1"},
	{"de", 200, 0, "2 hundred"},
};
/* clang-format on */


static void put(const char *folder, const char *name)
{
	char path[256];
	FILE *f;

	(void)re_snprintf(path, sizeof(path), "%s/%s/digits/%s.wav", dir,
			  folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
}


static void make_dir(const char *a, const char *b)
{
	char path[256];

	(void)re_snprintf(path, sizeof(path), "%s/%s%s", dir, a, b);
	assert_int_equal(mkdir(path, 0700), 0);
}


static int set_up(void **state)
{
	(void)re_snprintf(dir, sizeof(dir), "/tmp/tandem-say-XXXXXX");
	assert_non_null(mkdtemp(dir));
	make_dir("own", "");

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct pl rest, part;
		char name[32];

		make_dir(sets[i].dir, "");
		make_dir(sets[i].dir, "/digits");
		pl_set_str(&rest, sets[i].names);
		while (pl_next(&part, &rest, ' ')) {
			assert_int_equal(pl_copy(name, sizeof(name), &part),
					 0);
			if (name[0])
				put(sets[i].dir, name);
		}
	}

	return 0;
}


static int tear_down(void **state)
{
	struct pl rest, part;
	char path[256];

	say_flush();
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		pl_set_str(&rest, sets[i].names);
		while (pl_next(&part, &rest, ' ')) {
			(void)re_snprintf(path, sizeof(path),
					  "%s/%s/digits/%r.wav", dir,
					  sets[i].dir, &part);
			(void)unlink(path);
		}
		(void)re_snprintf(path, sizeof(path), "%s/%s/digits", dir,
				  sets[i].dir);
		(void)rmdir(path);
		(void)re_snprintf(path, sizeof(path), "%s/%s", dir,
				  sets[i].dir);
		(void)rmdir(path);
	}
	(void)re_snprintf(path, sizeof(path), "%s/own", dir);
	(void)rmdir(path);
	(void)rmdir(dir);

	return 0;
}


/* "own" is Russian with one's own folder */
static const struct say *find(const char *lang)
{
	char dirs[128];

	if (strcmp(lang, "own"))
		return say_find(dir, lang);

	(void)re_snprintf(dirs, sizeof(dirs), "%s/own:/nowhere", dir);

	return say_find(dirs, "ru_RU");
}


/* "digits/20&digits/1" is "20 1" */
static void plain(char *buf, size_t n, const struct mbuf *mb)
{
	struct pl rest = {(const char *)mb->buf, mb->end}, part;
	size_t k = 0;

	buf[0] = '\0';
	while (rest.l && pl_next(&part, &rest, '&')) {
		if (part.l > 7 && !strncmp(part.p, "digits/", 7))
			pl_advance(&part, 7);
		k += (size_t)re_snprintf(buf + k, n - k, "%s%r", k ? " " : "",
					 &part);
	}
}


static void test_numbers(void **state)
{
	char got[512];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mbuf *mb = mbuf_alloc(64);
		const struct row *r = &rows[i];

		assert_int_equal(say_number_in(mb, find(r->lang), r->n,
					       r->gender),
				 0);
		plain(got, sizeof(got), mb);
		if (strcmp(got, r->want))
			fail_msg("%s %d%c: \"%s\", expected \"%s\"", r->lang,
				 (int)r->n, r->gender ? r->gender : ' ', got,
				 r->want);
		mem_deref(mb);
	}
}


static void test_limits(void **state)
{
	struct mbuf *mb = mbuf_alloc(64);

	assert_int_equal(say_number_in(mb, find("en"), 1000000000000, 0),
			 ERANGE);
	assert_int_equal(say_number_in(NULL, find("en"), 1, 0), EINVAL);
	for (int i = 0; i < 1000; i++)
		if (say_number_in(mb, find("en"), 999999, 0) == E2BIG)
			break;
	assert_true(mb->end < 5000);
	mem_deref(mb);
}


/* clang-format off */
static const struct {
	const char *lang, *fmt, *want;
	int64_t t;
} times[] = {
	/* Friday, 20 November 2026, 14:05:09 UTC */
	{"en", "", "day-5 mon-10 h-20 20 20 6 at 2 oh 5 p-m", 1795183509},
	{"ru", "", "day-5 h-20 mon-10 2 h-thousand 20 6 at 14 0 5",
	 1795183509},
	{"own", "d", "h-6n", 1793959509}, /* 6 November */
	{"es", "", "day-5 es-el 20 es-de mon-10 es-de 2 thousand 26 at "
	 "14 5", 1795183509},
	{"fr", "", "day-5 20 mon-10 2 thousand 20 6 at 14 oclock 5",
	 1795183509},
	{"it", "", "day-5 20 mon-10 2 thousands 20 6 at 14 e 5", 1795183509},

	{"en", "T", "14 oh 5 9 seconds", 1795183509},
	{"en", "kM", "0 oclock", 0},
	{"en", "H", "oh oh", 0},
	{"en", "IMP", "12 oclock a-m", 0},
	{"en", "Y", "19 70", 0},
	{"en", "Y", "19 oh 5", -2051222400},
	{"en", "Y", "2 thousand 9", 1230768000},
	{"en", "m'vm-and'e", "h-1 vm-and h-1", 0},
	{"en", "'no&thing''../x'd", "h-1", 0},
	{"en", "'open", "", 0},
	{"ru", "HM", "0 0 0", 0},
	{"es", "H", "1F", 3600},
	{"fr", "dB", "h-1 mon-0", 0},
	{"en", "Q", "today", 1795200000},
	{"en", "q", "", 1795200000},
	{"en", "Q", "yesterday", 1795120000},
	{"en", "Q", "day-2", 1794924309},
	{"en", "Q", "day-4 mon-0 h-1 19 70", 0},
};
/* clang-format on */


static void test_times(void **state)
{
	char got[512];

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct mbuf *mb = mbuf_alloc(64);
		struct pl fmt;
		int err;

		pl_set_str(&fmt, times[i].fmt);
		err = say_time_in(mb, find(times[i].lang), times[i].t,
				  1795183509, "UTC", &fmt);
		assert_int_equal(err, 0);
		plain(got, sizeof(got), mb);
		if (strcmp(got, times[i].want))
			fail_msg("%s '%s': \"%s\", expected \"%s\"",
				 times[i].lang, times[i].fmt, got,
				 times[i].want);
		mem_deref(mb);
	}
}


/* --- the installed packages ----------------------------------------------- */

static const char sounds[] = "/usr/share/asterisk/sounds";


/* Every name of the list is a file */
static void assert_files(const char *folder, const struct mbuf *mb)
{
	struct pl rest = {(const char *)mb->buf, mb->end}, part;
	char path[256];

	while (rest.l && pl_next(&part, &rest, '&')) {
		(void)re_snprintf(path, sizeof(path), "%s/%s/%r.wav", sounds,
				  folder, &part);
		if (access(path, F_OK))
			fail_msg("no %s in %.*s", path, (int)mb->end,
				 (const char *)mb->buf);
	}
}


static void package_numbers(const struct say *say, const char *folder)
{
	static const char genders[] = {0, 'm', 'f', 'n'};
	struct mbuf *mb = mbuf_alloc(64);

	for (size_t g = 0; g < ARRAY_SIZE(genders); g++) {
		for (int64_t n = -3; n < 3000000000;
		     n = n < 2200 ? n + 1 : n * 3 / 2 + 1) {
			mbuf_rewind(mb);
			assert_int_equal(say_number_in(mb, say, n,
						       genders[g]), 0);
			assert_files(folder, mb);
		}
	}
	mem_deref(mb);
}


/* Each day of a year and each minute of a day, in all ways */
static void package_times(const struct say *say, const char *folder)
{
	static const char *const fmts[] = {"", "ABdY", "AdBeY", "HM", "IMp",
					   "kMS", "T", "R", "Q", "q", "m"};
	struct mbuf *mb = mbuf_alloc(64);

	for (size_t i = 0; i < ARRAY_SIZE(fmts); i++) {
		for (int64_t k = 0; k < 1440; k++) {
			int64_t t = 1767225600 + k * 60 +
				    (k % 400) * 24 * 3600;
			struct pl fmt;

			mbuf_rewind(mb);
			pl_set_str(&fmt, fmts[i]);
			assert_int_equal(say_time_in(mb, say, t, 1767225600,
						     "UTC", &fmt), 0);
			assert_files(folder, mb);
			mbuf_rewind(mb);
			assert_int_equal(say_when_in(mb, say, t, 1767225600,
						     "UTC"), 0);
			assert_files(folder, mb);
		}
	}
	mem_deref(mb);
}


static void package_letters(const char *folder)
{
	struct mbuf *mb = mbuf_alloc(64);
	struct pl pl;

	pl_set_str(&pl, "0123456789*#-");
	assert_int_equal(say_digits(mb, &pl), 0);
	assert_files(folder, mb);
	mbuf_rewind(mb);
	pl_set_str(&pl, "abcdefghijklmnopqrstuvwxyzABC019*@$-.=!+/ #");
	assert_int_equal(say_alpha(mb, &pl), 0);
	assert_files(folder, mb);
	mbuf_rewind(mb);
	assert_int_equal(say_phonetic(mb, &pl), 0);
	assert_files(folder, mb);
	mem_deref(mb);
}


/* Nothing is said that the installed packages do not have */
static void test_packages_have_it(void **state)
{
	static const struct {
		const char *lang, *folder;
	} langs[] = {
		{"en", "en_US_f_Allison"}, {"ru", "ru_RU_f_IvrvoiceRU"},
		{"es", "es_MX_f_Allison"}, {"fr", "fr_CA_f_June"},
		{"it", "it_IT_m_Carlo"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(langs); i++) {
		const struct say *say = say_find(sounds, langs[i].lang);
		char path[256];

		(void)re_snprintf(path, sizeof(path), "%s/%s/digits", sounds,
				  langs[i].folder);
		if (access(path, F_OK))
			continue; /* not installed here */

		assert_string_equal(say_grammar(say), langs[i].lang);
		package_numbers(say, langs[i].folder);
		package_times(say, langs[i].folder);
		package_letters(langs[i].folder);
	}
}


static void test_letters(void **state)
{
	struct mbuf *mb = mbuf_alloc(64);
	struct pl pl;
	char got[256];

	pl_set_str(&pl, "aZ9*&");
	assert_int_equal(say_alpha(mb, &pl), 0);
	plain(got, sizeof(got), mb);
	assert_string_equal(got, "letters/a letters/z 9 star "
				 "letters/ascii38");
	mbuf_rewind(mb);
	pl_set_str(&pl, "Ab1#");
	assert_int_equal(say_phonetic(mb, &pl), 0);
	plain(got, sizeof(got), mb);
	assert_string_equal(got, "phonetic/a_p phonetic/b_p 1 pound");
	mem_deref(mb);
}


static void test_languages(void **state)
{
	assert_string_equal(say_grammar(find("ru")), "ru");
	assert_string_equal(say_grammar(say_find(dir, "ru_RU")), "ru");
	assert_string_equal(say_grammar(say_find(dir, "de")), "en");
	assert_string_equal(say_grammar(say_find("/nowhere", "ru")), "en");
	assert_string_equal(say_grammar(say_find(dir, "../ru")), "en");
	assert_string_equal(say_grammar(say_find(NULL, NULL)), "en");
	for (int i = 0; i < 40; i++) {
		char lang[8];

		(void)re_snprintf(lang, sizeof(lang), "x%d", i);
		assert_non_null(say_find(dir, lang));
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_packages_have_it),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_languages),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
