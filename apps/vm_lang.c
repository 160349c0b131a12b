/**
 * @file apps/vm_lang.c  "You have three new and one old messages" in the
 *                       caller's language
 *
 * As Asterisk's prompts want it: in Russian what is counted has three forms
 * (message, messagex1 for 2 to 4, messagex2 for the others) and what it is has
 * two (newn, newx); Spanish and Italian have a word for one and for several,
 * and Spanish says "you have no" in one.
 */
#include "apps/say_priv.h"
#include "apps/vm_talk.h"


static void messages(struct vm_talk *t, uint32_t n)
{
	vm_say(t, n == 1 ? "vm-message" : "vm-messages");
}


/* English, and who has no rule of his own */
static void counts_en(struct vm_talk *t, uint32_t fresh, uint32_t old)
{
	vm_say(t, "vm-youhave");
	if (fresh) {
		vm_say_number(t, fresh, 0);
		vm_say(t, "vm-INBOX");
	}
	if (fresh && old)
		vm_say(t, "vm-and");
	if (old) {
		vm_say_number(t, old, 0);
		vm_say(t, "vm-Old");
	}
	if (!fresh && !old)
		vm_say(t, "vm-no");

	messages(t, old ? old : fresh);
}


static void some_ru(struct vm_talk *t, uint32_t n, const char *one,
		    const char *several)
{
	vm_say_number(t, n, 'n');
	vm_say(t, say_plural(n) == SAY_ONE ? one : several);
}


static void counts_ru(struct vm_talk *t, uint32_t fresh, uint32_t old)
{
	static const char *const nouns[] = {
		[SAY_ONE] = "vm-message",
		[SAY_FEW] = "vm-messagex1",
		[SAY_MANY] = "vm-messagex2",
	};

	vm_say(t, "vm-youhave");
	if (fresh)
		some_ru(t, fresh, "vm-newn", "vm-newx");
	if (fresh && old)
		vm_say(t, "vm-and");
	if (old)
		some_ru(t, old, "vm-oldn", "vm-oldx");
	if (!fresh && !old)
		vm_say(t, "vm-no");

	vm_say(t, nouns[say_plural(old ? old : fresh)]);
}


/* The number, the messages, and what they are; "un mensaje nuevo" */
static void some_es(struct vm_talk *t, uint32_t n, const char *one,
		    const char *several)
{
	vm_say_number(t, n, 'm');
	messages(t, n);
	vm_say(t, n == 1 ? one : several);
}


static void counts_es(struct vm_talk *t, uint32_t fresh, uint32_t old)
{
	if (!fresh && !old) {
		vm_say(t, "vm-youhaveno");
		vm_say(t, "vm-messages");
		return;
	}

	vm_say(t, "vm-youhave");
	if (fresh)
		some_es(t, fresh, "vm-INBOXs", "vm-INBOX");
	if (fresh && old)
		vm_say(t, "vm-and");
	if (old)
		some_es(t, old, "vm-Olds", "vm-Old");
}


static void some_it(struct vm_talk *t, uint32_t n, const char *one,
		    const char *several)
{
	if (n == 1)
		vm_say(t, "digits/un");
	else
		vm_say_number(t, n, 'm');
	vm_say(t, n == 1 ? one : several);
	messages(t, n);
}


static void counts_it(struct vm_talk *t, uint32_t fresh, uint32_t old)
{
	if (!fresh && !old) {
		vm_say(t, "vm-no");
		vm_say(t, "vm-message");
		return;
	}

	vm_say(t, "vm-youhave");
	if (fresh)
		some_it(t, fresh, "vm-nuovo", "vm-nuovi");
	if (fresh && old)
		vm_say(t, "vm-and");
	if (old)
		some_it(t, old, "vm-vecchio", "vm-vecchi");
}


static void some_fr(struct vm_talk *t, uint32_t n, const char *what)
{
	vm_say_number(t, n, 'm');
	vm_say(t, what);
	messages(t, n);
}


static void counts_fr(struct vm_talk *t, uint32_t fresh, uint32_t old)
{
	vm_say(t, "vm-youhave");
	if (fresh)
		some_fr(t, fresh, "vm-INBOX");
	if (fresh && old)
		vm_say(t, "vm-and");
	if (old)
		some_fr(t, old, "vm-Old");
	if (!fresh && !old) {
		vm_say(t, "vm-no");
		vm_say(t, "vm-messages");
	}
}


void vm_say_counts(struct vm_talk *t, uint32_t fresh, uint32_t old)
{
	static const struct {
		const char *lang;
		void (*h)(struct vm_talk *t, uint32_t fresh, uint32_t old);
	} tab[] = {
		{"ru", counts_ru},
		{"es", counts_es},
		{"it", counts_it},
		{"fr", counts_fr},
	};
	const char *lang = say_grammar(say_of(t->call));

	for (size_t i = 0; i < ARRAY_SIZE(tab); i++) {
		if (!strcmp(lang, tab[i].lang)) {
			tab[i].h(t, fresh, old);
			return;
		}
	}

	counts_en(t, fresh, old);
}
