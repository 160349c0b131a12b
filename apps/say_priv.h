/**
 * @file apps/say_priv.h  Grammars of languages; only for apps/say*.c
 */
#ifndef TANDEM_APPS_SAY_PRIV_H
#define TANDEM_APPS_SAY_PRIV_H

#include <time.h>
#include "apps/say.h"

enum {
	SAY_MAX = 4096,    /* longest list [bytes] */
	SAY_NAME_MAX = 64,
};

/** What is being said; the first error stays */
struct saying {
	struct mbuf *mb;
	const struct say *say;
	int err;
};

/** A language.  Hooks that are NULL say the number */
struct say_lang {
	const char *code;
	const char *format; /* usual date and time */
	const char *date;   /* ... date alone, for Q */
	void (*number)(struct saying *s, uint64_t n, char gender);
	void (*day)(struct saying *s, unsigned day);
	void (*month)(struct saying *s, unsigned month); /* its number */
	void (*year)(struct saying *s, unsigned year);
	void (*hour24)(struct saying *s, unsigned hour);
	void (*hour12)(struct saying *s, unsigned hour);
	void (*minute)(struct saying *s, unsigned min);
};

extern const struct say_lang say_en, say_ru, say_es, say_fr, say_it;

struct say {
	struct le le;
	char *dirs, *lang;
	const struct say_lang *grammar;
	char **namev; /* of digits/, sorted; mem_alloc'd */
	size_t namec;
	uint64_t seen_ms;
};

/** Add a prompt: "digits/20", or printed */
void say_add(struct saying *s, const char *name);
void say_num(struct saying *s, uint64_t n); /* digits/N */

/** Add digits/NAME */
void say_word(struct saying *s, const char *name);

/** True if the language has digits/NAME */
bool say_has(const struct saying *s, const char *name);

/** Add the first of two names in digits/ that the language has, else the
 *  last one */
void say_either(struct saying *s, const char *name, const char *other);

/** A number by the grammar of what is being said */
void say_count(struct saying *s, uint64_t n, char gender);

#endif
