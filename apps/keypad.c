/**
 * @file apps/keypad.c  Names as they are typed on the keys of a phone
 */
#include "apps/keypad.h"


/* Letters with accents by the one below them: U+00C0 to U+017F */
static const char accents[] =
	"AAAAAAACEEEEIIIIDNOOOOO.OUUUUYTsaaaaaaaceeeeiiiidnooooo.ouuuuyty"
	"AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
	"lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";


/* One character of UTF-8; a byte that is none stands for itself */
static uint32_t next_char(struct pl *pl)
{
	const uint8_t *p = (const uint8_t *)pl->p;
	size_t l = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 1;
	uint32_t ch = l == 4 ? p[0] & 7u
		      : l == 3 ? p[0] & 15u
		      : l == 2 ? p[0] & 31u
			       : p[0];

	if (l > pl->l)
		l = pl->l;
	for (size_t i = 1; i < l; i++)
		ch = ch << 6 | (p[i] & 63u);
	pl_advance(pl, (ssize_t)l);

	return ch;
}


static char latin(char c)
{
	static const char keys[] = "22233344455566677778889999";

	if (c >= 'A' && c <= 'Z')
		return keys[c - 'A'];
	if (c >= 'a' && c <= 'z')
		return keys[c - 'a'];

	return c >= '0' && c <= '9' ? c : 0;
}


/* From A to Ya; Yo stands with Ye */
static char cyrillic(uint32_t ch)
{
	static const char keys[] = "22223333444455556666777788889999";

	if (ch == 0x401 || ch == 0x451)
		return '3';
	if (ch >= 0x430 && ch <= 0x44f)
		ch -= 0x20;

	return ch >= 0x410 && ch <= 0x42f ? keys[ch - 0x410] : 0;
}


char keypad_key(uint32_t ch)
{
	if (ch < 0x80)
		return latin((char)ch);
	if (ch >= 0xc0 && ch - 0xc0 < sizeof(accents) - 1)
		return latin(accents[ch - 0xc0]);

	return cyrillic(ch);
}


size_t keypad_of(char *buf, size_t n, const struct pl *name)
{
	struct pl rest = *name;
	size_t len = 0;

	while (rest.l && len + 1 < n) {
		char key = keypad_key(next_char(&rest));

		if (key)
			buf[len++] = key;
	}
	buf[len] = '\0';

	return len;
}
