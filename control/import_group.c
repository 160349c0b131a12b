/**
 * @file control/import_group.c  Findings on the page of tandem import
 *
 * What says the same of several places is one item: a directory of a thousand
 * phones has a thousand times the same line.
 */
#include <ctype.h>
#include "b2bua/app.h"
#include "base/rand.h"
#include "config/parse.h"
#include "control/import.h"

enum { PLACES_MAX = 4 }; /* that are written out */


/** Findings that say the same */
struct group {
	struct le le;
	struct le hle;
	char *text;   /* "..." where they differ */
	struct conf_pos placev[PLACES_MAX];
	unsigned n;
};


static void group_destructor(void *data)
{
	struct group *g = data;

	hash_unlink(&g->hle);
	list_unlink(&g->le);
	mem_deref(g->text);
}


static size_t upto(const char *s, char c)
{
	const char *end = strchr(s + 1, c);

	return end ? (size_t)(end - s) + 1 : 0;
}


/* The next piece of a text.  What may differ between two findings that say the
 * same is the name of a peer, "[1001]", an extension, and a number */
static size_t piece(const char *text, const char *s, bool *varp)
{
	static const char exten[] = "extension ";
	const size_t back = sizeof(exten) - 1;
	size_t n = 0;

	if (!strncmp(s, "...", 3))
		n = 3;
	else if (*s == '[')
		n = upto(s, ']');
	else if (*s == '\'' && (size_t)(s - text) >= back &&
		 !memcmp(s - back, exten, back))
		n = upto(s, '\'');
	else if (s == text || !isalnum((unsigned char)s[-1]))
		n = strspn(s, "0123456789");

	*varp = n > 0;

	return n ? n : 1;
}


static uint32_t shape_key(const char *text)
{
	char buf[256];
	size_t n = 0;
	bool var;

	for (const char *s = text; *s && n < sizeof(buf);) {
		const size_t len = piece(text, s, &var);

		buf[n++] = var ? '#' : *s;
		s += len;
	}

	return hash_key(buf, n);
}


static bool same_shape(const char *a, const char *b)
{
	const char *p = a, *q = b;
	bool vp, vq;

	while (*p && *q) {
		const size_t n = piece(a, p, &vp), m = piece(b, q, &vq);

		if (vp != vq || (!vp && *p != *q))
			return false;
		p += n;
		q += m;
	}

	return *p == *q;
}


/* Both have the same shape */
static int merge(char **textp, const char *other)
{
	const char *p = *textp, *q = other;
	struct mbuf *mb = mbuf_alloc(strlen(p) + 16);
	char *text = NULL;
	bool var;
	int err = mb ? 0 : ENOMEM;

	while (!err && *p && *q) {
		const size_t n = piece(*textp, p, &var);
		const size_t m = piece(other, q, &var);

		if (n == m && !memcmp(p, q, n))
			err = mbuf_write_mem(mb, (const uint8_t *)p, n);
		else
			err = mbuf_write_str(mb, *q == '[' ? "[...]" : "...");
		p += n;
		q += m;
	}

	if (!err) {
		mb->pos = 0;
		err = mbuf_strdup(mb, &text, mb->end);
	}
	if (!err) {
		mem_deref(*textp);
		*textp = text;
	}
	mem_deref(mb);

	return err;
}


static bool group_is(struct le *le, void *arg)
{
	const struct group *g = le->data;

	return same_shape(g->text, arg);
}


static int group_add(struct list *groups, struct hash *hash,
		     const struct finding *fi)
{
	const uint32_t key = shape_key(fi->text);
	struct group *g;
	int err = 0;

	g = list_ledata(hash_lookup(hash, key, group_is, fi->text));
	if (!g) {
		g = mem_zalloc(sizeof(*g), group_destructor);
		if (!g || str_dup(&g->text, fi->text)) {
			mem_deref(g);
			return ENOMEM;
		}

		list_append(groups, &g->le, g);
		hash_append(hash, key, &g->hle, g);
	}
	else if (strcmp(g->text, fi->text)) {
		err = merge(&g->text, fi->text);
	}

	if (g->n < PLACES_MAX)
		g->placev[g->n] = fi->pos;
	++g->n;

	return err;
}


static void print_group(struct import_text *p, const struct group *g)
{
	im_put(p, "- [ ] ");
	for (unsigned i = 0; i < g->n && i < PLACES_MAX; i++) {
		const struct import_place place = {p->im, &g->placev[i]};

		im_put(p, "%s`%H`", i ? ", " : "", import_place_print, &place);
	}
	if (g->n > PLACES_MAX)
		im_put(p, " and %u more", g->n - PLACES_MAX);

	im_put(p, ":\n      %s\n", g->text);
}


static bool is_error(const struct finding *fi)
{
	return fi->severity == SEVERITY_ERROR;
}


void import_findings(struct import_text *p, const char *title,
			   const char *about, bool errors,
			   enum finding_kind kind)
{
	struct list groups = LIST_INIT;
	struct hash *hash  = NULL;
	int err		   = hash_alloc(&hash, 1024);

	for (struct le *le = p->im->f->list.head; le && !err; le = le->next) {
		const struct finding *fi = le->data;

		if (is_error(fi) != errors || (!errors && fi->kind != kind))
			continue;
		/* what runs as meant needs nobody */
		if (!errors && kind == FINDING_FAULT &&
		    fi->severity == SEVERITY_INFO)
			continue;

		err = group_add(&groups, hash, fi);
	}

	if (!list_isempty(&groups)) {
		im_head(p, title);
		im_put(p, "%s\n\n", about);
	}
	for (struct le *le = groups.head; le; le = le->next)
		print_group(p, le->data);

	list_flush(&groups);
	mem_deref(hash);
	p->err |= err;
}
