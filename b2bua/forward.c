/**
 * @file b2bua/forward.c  Forwards of phones that are kept here
 */
#include <ctype.h>
#include "b2bua/devstate.h"
#include "b2bua/forward.h"
#include "store/store.h"

#define FAMILY "forward"

enum { KEY_SIZE = 256 };


const char *forward_word(enum forward_kind kind)
{
	static const char *const words[] = {
#define X(k, word) word,
		FORWARD_KINDS(X)
#undef X
	};

	return (size_t)kind < ARRAY_SIZE(words) ? words[kind] : "";
}


static const char *get(const char *peer, const char *word)
{
	char key[KEY_SIZE];

	if (!str_isset(peer) ||
	    re_snprintf(key, sizeof(key), "%s/%s", peer, word) < 0)
		return NULL;

	return store_db_get(FAMILY, key);
}


static bool is_number(const char *s)
{
	if (!s || !s[0] || strlen(s) > FORWARD_NUMBER_MAX)
		return false;

	for (; *s; s++) {
		if (!isalnum((unsigned char)*s) && !strchr("*#+-_.", *s))
			return false;
	}

	return true;
}


/* What a plan has written may be anything */
const char *forward_to(const char *peer, enum forward_kind kind)
{
	const char *number = get(peer, forward_word(kind));

	return is_number(number) ? number : NULL;
}


bool forward_dnd(const char *peer)
{
	const char *val = get(peer, "dnd");

	return val && val[0] && strcmp(val, "0") && str_casecmp(val, "no");
}


/* --- changes ------------------------------------------------------------- */

static int put(const char *peer, const char *word, const char *value)
{
	char key[KEY_SIZE];

	if (!str_isset(peer) ||
	    re_snprintf(key, sizeof(key), "%s/%s", peer, word) < 0)
		return EINVAL;

	if (value)
		return store_db_put(FAMILY, key, value);

	(void)store_db_del(FAMILY, key); /* there may be none */

	return 0;
}


static void light(const char *what, const char *peer, bool on)
{
	char device[DEVSTATE_NAME_MAX];

	if (re_snprintf(device, sizeof(device), "Custom:%s%s", what, peer) > 0)
		(void)devstate_set(device, on ? DEV_INUSE : DEV_NOT_INUSE);
}


static bool any(const char *peer)
{
	for (unsigned k = 0; k < FORWARD_KINDC; k++) {
		if (forward_to(peer, (enum forward_kind)k))
			return true;
	}

	return false;
}


int forward_set(const char *peer, enum forward_kind kind, const char *number)
{
	int err;

	if (number && (!is_number(number) || !str_cmp(peer, number)))
		return EINVAL;

	err = put(peer, forward_word(kind), number);
	if (!err)
		light("CF", peer, any(peer));

	return err;
}


int forward_set_dnd(const char *peer, bool on)
{
	int err = put(peer, "dnd", on ? "1" : NULL);

	if (!err)
		light("DND", peer, on);

	return err;
}


/* --- all of them --------------------------------------------------------- */

struct each {
	forward_h *h;
	void *arg;
	size_t n;
};


static void row_handler(const char *family, const char *key,
			const char *value, void *arg)
{
	const char *slash = strrchr(key, '/');
	struct each *e = arg;
	char peer[KEY_SIZE];
	struct pl pl;

	(void)family;
	if (!slash)
		return;

	pl.p = key;
	pl.l = (size_t)(slash - key);
	if (pl_strcpy(&pl, peer, sizeof(peer)))
		return;

	++e->n;
	e->h(peer, slash + 1, value, e->arg);
}


size_t forward_each(forward_h *h, void *arg)
{
	struct each e = {.h = h, .arg = arg};

	(void)store_db_scan(FAMILY, NULL, row_handler, &e);

	return e.n;
}
