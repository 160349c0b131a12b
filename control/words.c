/**
 * @file control/words.c  A line of the console and its words
 */
#include "base/compat.h"
#include "control/command.h"


static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


/* Copy one word from *src to *dst, without its quotes */
static void take_word(struct words *w, const char **src, char **dst)
{
	const char *s = *src;
	char *d       = *dst;

	while (*s && (w->open || !is_blank(*s))) {

		if (*s == '"') {
			w->open = !w->open;
			++s;
			continue;
		}

		if (*s == '\\' && s[1])
			++s;

		*d++ = *s++;
	}

	*d++ = '\0';
	*src = s;
	*dst = d;
}


int words_split(struct words *w, const char *line)
{
	const char *s = line;
	char *d;

	if (!w || !line)
		return EINVAL;

	memset(w, 0, sizeof(*w));

	if (strlen(line) > LINE_BYTES)
		return E2BIG;

	/* each word takes its bytes and a NUL, which its separator had */
	w->buf = d = mem_alloc(strlen(line) + 2, NULL);
	if (!d)
		return ENOMEM;

	for (;;) {
		while (is_blank(*s))
			++s;
		if (!*s)
			break;

		if (w->n == WORDS_MAX) {
			words_reset(w);
			return E2BIG;
		}

		w->last   = (size_t)(s - line);
		w->v[w->n++] = d;
		take_word(w, &s, &d);
	}

	w->finished = !w->n || (!w->open && s > line && is_blank(s[-1]));
	if (w->finished)
		w->last = (size_t)(s - line);

	return 0;
}


void words_reset(struct words *w)
{
	if (!w)
		return;

	w->buf  = mem_deref(w->buf);
	w->n    = 0;
	w->v[0] = NULL;
}


int word_print(struct mbuf *mb, const char *word)
{
	const bool plain = *word && !strpbrk(word, " \t\"\\");
	int err          = 0;

	if (plain)
		return mbuf_write_str(mb, word);

	err |= mbuf_write_u8(mb, '"');

	for (const char *p = word; *p; p++) {
		if (*p == '"' || *p == '\\')
			err |= mbuf_write_u8(mb, '\\');
		err |= mbuf_write_u8(mb, (uint8_t)*p);
	}

	err |= mbuf_write_u8(mb, '"');

	return err;
}
