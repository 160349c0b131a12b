/**
 * @file apps/func_text.c  Functions on texts
 *
 * What comes out of a text from the wire is from the wire; lengths, counts
 * and hashes are not.
 */
#include <ctype.h>
#include "apps/apps.h"
#include "b2bua/server.h"
#include "base/text.h"
#include "routing/expr.h"

int var_value(struct mbuf **mbp, bool *tainted, struct call *call,
	      const struct pl *name)
{
	struct mbuf *mb = mbuf_alloc(64);
	int err;

	if (!mb)
		return ENOMEM;

	*tainted = false;
	err = call_read_var(call, mb, name, tainted);
	if (err && err != ENOENT) {
		mem_deref(mb);
		return err;
	}

	*mbp = mb;

	return 0;
}


int var_text(struct ttext **tp, struct call *call, const char *var)
{
	struct mbuf *mb = NULL;
	bool tainted = false;
	struct pl name, val;
	int err;

	pl_set_str(&name, var);
	err = var_value(&mb, &tainted, call, &name);
	if (!err && mb->end) {
		val.p = (const char *)mb->buf;
		val.l = mb->end;
		err = ttext_create(tp, &val, tainted);
	}
	mem_deref(mb);

	return err;
}


bool var_tainted(const struct call *call, const char *name)
{
	const struct vval *val = vars_get_str(call->vars, name);
	const struct server *srv = server();

	if (!val && srv && srv->globals)
		val = vars_get_str(srv->globals, name);

	return val && val->tainted;
}


static struct pl mb_pl(const struct mbuf *mb)
{
	struct pl pl = {(const char *)mb->buf, mb->end};

	return pl;
}


static int len_read(struct mbuf *out, bool *tainted, struct call *call,
		    const struct ttext *args)
{
	*tainted = false;

	return mbuf_printf(out, "%u", (unsigned)args->len);
}


const struct func func_len = {
	.name = "LEN",
	.usage = "LEN(text)  its length in bytes",
	.read = len_read,
};


static int map_bytes(struct mbuf *out, const struct ttext *args,
		     int (*map)(int c))
{
	int err = 0;

	for (size_t i = 0; i < args->len && !err; i++)
		err = mbuf_write_u8(
			out, (uint8_t)map((unsigned char)args->str[i]));

	return err;
}


static int upper_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	return map_bytes(out, args, toupper);
}


static int lower_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	return map_bytes(out, args, tolower);
}


const struct func func_toupper = {
	.name = "TOUPPER",
	.usage = "TOUPPER(text)  in capital letters",
	.read = upper_read,
};

const struct func func_tolower = {
	.name = "TOLOWER",
	.usage = "TOLOWER(text)  in small letters",
	.read = lower_read,
};


static int quote_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	int err = mbuf_write_u8(out, '"');

	for (size_t i = 0; i < args->len && !err; i++) {
		if (args->str[i] == '"' || args->str[i] == '\\')
			err = mbuf_write_u8(out, '\\');
		err |= mbuf_write_u8(out, (uint8_t)args->str[i]);
	}

	return err | mbuf_write_u8(out, '"');
}


const struct func func_quote = {
	.name = "QUOTE",
	.usage = "QUOTE(text)  in double quotes, with those inside escaped",
	.read = quote_read,
};


/* --- CUT, FIELDQTY ------------------------------------------------------- */

/* "\t", "\n" or the first character; '-' if there is none */
static char delimiter(const struct args *a, size_t i)
{
	const char *s = args_str(a, i);

	if (!s[0])
		return '-';
	if (s[0] == '\\' && s[1] == 't')
		return '\t';
	if (s[0] == '\\' && s[1] == 'n')
		return '\n';

	return s[0];
}


/* Is field n in "1-3&5"? */
static bool in_ranges(const struct pl *ranges, uint64_t n)
{
	struct pl rest = *ranges, part, from, to;

	while (rest.p && pl_next(&part, &rest, '&')) {
		uint64_t a = 1, b = UINT32_MAX;

		part = pl_trim(part);
		to = part;
		(void)pl_next(&from, &to, '-');
		if (from.l && num_decode(&a, &from, UINT32_MAX))
			continue;
		if (!to.p)
			b = a;
		else if (to.l && num_decode(&b, &to, UINT32_MAX))
			continue;
		if (n >= a && n <= b)
			return true;
	}

	return false;
}


static int cut_fields(struct mbuf *out, const struct pl *text, char delim,
		      const struct pl *ranges)
{
	struct pl rest = *text, part;
	uint64_t n = 0;
	bool first = true;
	int err = 0;

	while (!err && rest.p && pl_next(&part, &rest, delim)) {
		if (!in_ranges(ranges, ++n))
			continue;
		if (!first)
			err = mbuf_write_u8(out, (uint8_t)delim);
		err |= mbuf_write_pl(out, &part);
		first = false;
	}

	return err;
}


static int cut_read(struct mbuf *out, bool *tainted, struct call *call,
		    const struct ttext *text)
{
	struct pl name, ranges, value;
	struct mbuf *mb = NULL;
	struct args a;
	int err;

	err = args_split(&a, text, 3);
	if (!err) {
		name = args_pl(&a, 0);
		ranges = args_pl(&a, 2);
		err = a.n < 3 ? EINVAL : var_value(&mb, tainted, call, &name);
	}
	if (!err) {
		value = mb_pl(mb);
		err = cut_fields(out, &value, delimiter(&a, 1), &ranges);
	}

	mem_deref(mb);
	args_reset(&a);

	return err;
}


const struct func func_cut = {
	.name = "CUT",
	.usage = "CUT(variable,delimiter,fields)  fields of a variable's "
		 "value, as 1-3&5",
	.read = cut_read,
};


static int fieldqty_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *text)
{
	struct pl name, value;
	struct mbuf *mb = NULL;
	struct args a;
	unsigned n = 0;
	int err;

	err = args_split(&a, text, 2);
	if (!err) {
		name = args_pl(&a, 0);
		err = a.n < 2 ? EINVAL : var_value(&mb, tainted, call, &name);
	}
	if (!err) {
		char delim = delimiter(&a, 1);

		value = mb_pl(mb);
		n = value.l ? 1 : 0;
		for (size_t i = 0; i < value.l; i++)
			n += value.p[i] == delim;
		err = mbuf_printf(out, "%u", n);
	}

	*tainted = false;
	mem_deref(mb);
	args_reset(&a);

	return err;
}


const struct func func_fieldqty = {
	.name = "FIELDQTY",
	.usage = "FIELDQTY(variable,delimiter)  number of fields in a "
		 "variable's value",
	.read = fieldqty_read,
};


/* --- FILTER, REPLACE ----------------------------------------------------- */

/* Allowed characters with ranges "a-z", escapes "\-" */
static void decode_set(bool set[256], const struct pl *chars)
{
	memset(set, 0, 256 * sizeof(set[0]));

	for (size_t i = 0; i < chars->l; i++) {
		unsigned char c = (unsigned char)chars->p[i], to = c;

		if (c == '\\' && i + 1 < chars->l) {
			set[(unsigned char)chars->p[++i]] = true;
			continue;
		}
		if (i + 2 < chars->l && chars->p[i + 1] == '-') {
			to = (unsigned char)chars->p[i + 2];
			i += 2;
		}
		for (unsigned x = c; x <= to; x++)
			set[x] = true;
	}
}


static int filter_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *text)
{
	bool set[256];
	struct args a;
	struct pl allowed, value;
	int err;

	err = args_split_raw(&a, text, ',', 2);
	if (!err && a.n < 2)
		err = EINVAL;
	if (!err) {
		allowed = args_pl(&a, 0);
		value = args_pl(&a, 1);
		decode_set(set, &allowed);
		for (size_t i = 0; i < value.l; i++) {
			if (set[(unsigned char)value.p[i]])
				err |= mbuf_write_u8(out,
						     (uint8_t)value.p[i]);
		}
	}

	args_reset(&a);

	return err;
}


const struct func func_filter = {
	.name = "FILTER",
	.usage = "FILTER(allowed,text)  only the allowed characters, as 0-9a-f",
	.read = filter_read,
};


static int replace_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *text)
{
	struct pl name, find, with;
	struct mbuf *mb = NULL;
	struct args a;
	bool set[256];
	int err;

	err = args_split(&a, text, 3);
	if (!err) {
		name = args_pl(&a, 0);
		find = args_pl(&a, 1);
		with = args_pl(&a, 2);
		err = a.n < 2 ? EINVAL : var_value(&mb, tainted, call, &name);
	}
	if (!err) {
		decode_set(set, &find);
		for (size_t i = 0; i < mb->end; i++) {
			if (!set[mb->buf[i]])
				err |= mbuf_write_u8(out, mb->buf[i]);
			else if (with.l)
				err |= mbuf_write_u8(out, (uint8_t)with.p[0]);
		}
	}

	mem_deref(mb);
	args_reset(&a);

	return err;
}


const struct func func_replace = {
	.name = "REPLACE",
	.usage = "REPLACE(variable,characters[,character])  the value with "
		 "these characters replaced or left out",
	.read = replace_read,
};


/* REGEX("expression" text): the expression is the administrator's */
static int regex_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *text)
{
	size_t open = ttext_find(text, 0, '"'), end;
	char err_text[EXPR_ERR_SIZE] = "";
	char regex[EXPR_REGEX_MAX];
	bool match = false;
	struct pl pl;
	int err;

	end = open < text->len ? ttext_find(text, open + 1, '"') : text->len;
	if (end >= text->len || ttext_tainted_in(text, open, end - open))
		return EINVAL;

	pl.p = text->str + open + 1;
	pl.l = end - open - 1;
	if (pl_copy(regex, sizeof(regex), &pl))
		return E2BIG;

	++end;
	if (text->str[end] == ' ')
		++end;

	err = expr_regex(&match, NULL, regex, text->str + end, false,
			 err_text);
	if (err)
		call_warning(call, "REGEX(%s): %s", text->str, err_text);

	*tainted = false;

	return err ? EINVAL : mbuf_write_u8(out, match ? '1' : '0');
}


const struct func func_regex = {
	.name = "REGEX",
	.usage = "REGEX(\"expression\" text)  1 if the text matches, else 0",
	.read = regex_read,
};
