/**
 * @file routing/args.c  Arguments and option letters of applications
 *
 * Every decision looks at literal bytes only; a byte from the wire is copied.
 * A cursor walks the text once and remembers which range of the map it is in.
 */
#include "routing/args.h"

enum { ARGS_STEP = 4 };


void args_reset(struct args *args)
{
	if (!args)
		return;

	for (size_t i = 0; i < args->n; i++)
		mem_deref(args->v[i]);
	if (args->n)
		args->v = mem_deref(args->v);

	args->n = 0;
}


/* Room for one more: 4, 8, 16 ... */
static int args_grow(struct args *args)
{
	const size_t n = args->n;
	struct ttext **v;

	if (n >= ARGS_MAX)
		return E2BIG;
	if (n && (n < ARGS_STEP || (n & (n - 1))))
		return 0;

	v = n ? mem_realloc(args->v, 2 * n * sizeof(*v))
	      : mem_alloc(ARGS_STEP * sizeof(*v), NULL);
	if (!v)
		return ENOMEM;

	args->v = v;

	return 0;
}


/* The caller's reference becomes that of the list, if there is room */
static int args_take(struct args *args, struct ttext *text)
{
	const int err = args_grow(args);

	if (!err)
		args->v[args->n++] = text;
	else
		mem_deref(text);

	return err;
}


int args_add(struct args *args, const struct ttext *text)
{
	if (!args || !text)
		return EINVAL;

	return args_take(args, mem_ref((void *)text));
}


int args_add_str(struct args *args, const char *str)
{
	struct ttext *text = NULL;
	struct pl pl;
	int err;

	if (!args || !str)
		return EINVAL;

	pl_set_str(&pl, str);
	err = ttext_create(&text, &pl, false);

	return err ? err : args_take(args, text);
}


int args_add_from(struct args *args, const struct args *from, size_t first)
{
	int err = 0;

	for (size_t i = first; i < from->n && !err; i++)
		err = args_add(args, from->v[i]);

	return err;
}


static int args_new(struct args *args)
{
	struct ttext *text = NULL;
	const int err = ttext_alloc(&text);

	return err ? err : args_take(args, text);
}


/* The last argument takes the rest */
static int args_rest(struct args *args, const struct ttext *text, size_t off)
{
	return ttext_append_part(args->v[args->n - 1], text, off,
				 text->len - off);
}


struct split {
	char sep;
	bool quoting; /* parentheses, quotes and backslashes count */
	bool remove;  /* ... and the latter two are taken out */
	size_t max;
};


/* State of one walk over a text */
struct walk {
	size_t depth;  /* of parentheses */
	size_t range;  /* index of the range at or behind the position */
	bool quote;
};


static bool walk_tainted(struct walk *w, const struct ttext *t, size_t i)
{
	const struct taint *ta = &t->taint;

	while (w->range < ta->n && ta->v[w->range].end <= i)
		++w->range;

	return w->range < ta->n && ta->v[w->range].start <= i;
}


/* Follow a literal byte; true if it is to be left out */
static bool walk_quoting(struct walk *w, const struct split *sp, char c)
{
	switch (c) {

	case '(':
		++w->depth;
		break;

	case ')':
		if (w->depth)
			--w->depth;
		break;

	case '"':
		w->quote = !w->quote;
		return sp->remove;

	case '\\':
		return sp->remove;

	default:
		break;
	}

	return false;
}


static int split(struct args *args, const struct ttext *t,
		 const struct split *sp)
{
	struct walk w = {0, 0, false};
	int err;

	memset(args, 0, sizeof(*args));

	if (!t->len)
		return 0;

	err = args_new(args);
	if (sp->max == 1 && !err)
		return args_rest(args, t, 0);

	for (size_t i = 0; i < t->len && !err; i++) {
		bool tainted = walk_tainted(&w, t, i);
		bool skip = false;
		char c = t->str[i];

		if (!tainted && c == sp->sep && !w.depth && !w.quote) {

			err = args_new(args);
			if (!err && args->n == sp->max)
				return args_rest(args, t, i + 1);

			continue;
		}

		if (!tainted && sp->quoting)
			skip = walk_quoting(&w, sp, c);

		if (!skip)
			err = ttext_putc(args->v[args->n - 1], c, tainted);

		/* the byte behind a literal backslash is plain text */
		if (!tainted && sp->quoting && c == '\\' && i + 1 < t->len) {
			++i;
			tainted = walk_tainted(&w, t, i);
			err |= ttext_putc(args->v[args->n - 1], t->str[i],
					  tainted);
		}
	}

	return err;
}


static int split_checked(struct args *args, const struct ttext *text,
			 const struct split *sp)
{
	int err;

	if (!args || !text)
		return EINVAL;

	err = split(args, text, sp);
	if (err)
		args_reset(args);

	return err;
}


static size_t cap(size_t max)
{
	return max && max < ARGS_MAX ? max : ARGS_MAX;
}


int args_split(struct args *args, const struct ttext *text, size_t max)
{
	const struct split sp = {',', true, true, cap(max)};

	return split_checked(args, text, &sp);
}


int args_split_raw(struct args *args, const struct ttext *text, char sep,
		   size_t max)
{
	const struct split sp = {sep, true, false, cap(max)};

	return split_checked(args, text, &sp);
}


int args_split_plain(struct args *args, const struct ttext *text, char sep)
{
	const struct split sp = {sep, false, false, ARGS_MAX};

	return split_checked(args, text, &sp);
}


int args_split_pl(struct args *args, const struct pl *text, bool tainted,
		  size_t max)
{
	struct ttext *t = NULL;
	int err;

	if (!args || !text)
		return EINVAL;

	err = ttext_create(&t, text, tainted);
	if (err)
		return err;

	err = args_split(args, t, max);
	mem_deref(t);

	return err;
}


const struct ttext *args_text(const struct args *args, size_t i)
{
	return args && i < args->n ? args->v[i] : NULL;
}


const char *args_str(const struct args *args, size_t i)
{
	const struct ttext *t = args_text(args, i);

	return t ? t->str : "";
}


struct pl args_pl(const struct args *args, size_t i)
{
	return ttext_pl(args_text(args, i));
}


bool args_has(const struct args *args, size_t i)
{
	const struct ttext *t = args_text(args, i);

	return t && t->len;
}


/* Position of the literal ')' that closes the '(' before `i`; len if none */
static size_t close_of(const struct ttext *t, size_t i)
{
	size_t depth = 1;

	for (; i < t->len; i++) {

		if (ttext_tainted_at(t, i))
			continue;

		if (t->str[i] == '(')
			++depth;
		else if (t->str[i] == ')' && !--depth)
			break;
	}

	return i;
}


static struct opt *opt_get(const struct opts *opts, char letter)
{
	for (size_t i = 0; opts && i < opts->n; i++) {
		if (opts->v[i].letter == letter)
			return (struct opt *)&opts->v[i];
	}

	return NULL;
}


/* Takes over the reference to `arg` */
static bool opt_put(struct opts *opts, char letter, struct ttext *arg)
{
	struct opt *opt = opt_get(opts, letter);

	if (!opt) {
		if (opts->n == OPTS_MAX) {
			mem_deref(arg);
			return false;
		}

		opt = &opts->v[opts->n++];
		opt->letter = letter;
		opt->arg    = NULL;
	}

	mem_deref(opt->arg);
	opt->arg = arg;

	return true;
}


/* Why a letter cannot be taken; NULL if it can */
static const char *opt_fault(const struct ttext *t, size_t i,
			     const char *known)
{
	if (ttext_tainted_at(t, i))
		return "option letter from outside is ignored";

	if (!t->str[i] || !known || !strchr(known, t->str[i]))
		return "unknown option";

	return NULL;
}


/* The letter at *pos with its argument; moves *pos to the last byte of it */
static int opt_read(struct opts *opts, const struct ttext *t, size_t *pos,
		    const char *known, opts_bad_h *badh, void *arg)
{
	const char *fault = opt_fault(t, *pos, known);
	size_t i = *pos, start = i + 2, end;
	struct ttext *text = NULL;
	int err;

	if (i + 1 < t->len && t->str[i + 1] == '(' &&
	    !ttext_tainted_at(t, i + 1)) {

		end  = close_of(t, start);
		*pos = end;

		if (end == t->len && !fault)
			fault = "option without closing ')'";

		if (!fault) {
			err = ttext_slice(&text, t, start, end - start);
			if (err)
				return err;
		}
	}

	if (!fault && !opt_put(opts, t->str[i], text))
		fault = "too many options";

	if (fault && badh)
		badh(t->str[i], fault, arg);

	return 0;
}


int opts_decode(struct opts *opts, const struct ttext *text,
		const char *known, opts_bad_h *badh, void *arg)
{
	int err = 0;

	if (!opts)
		return EINVAL;

	memset(opts, 0, sizeof(*opts));

	for (size_t i = 0; text && i < text->len && !err; i++) {

		if (text->str[i] == ' ' || text->str[i] == '\t')
			continue;

		err = opt_read(opts, text, &i, known, badh, arg);
	}

	if (err)
		opts_reset(opts);

	return err;
}


const struct ttext *opt_text(const struct opts *opts, char letter)
{
	const struct opt *opt = opt_get(opts, letter);

	return opt ? opt->arg : NULL;
}


bool opt_find(const struct opts *opts, char letter, struct pl *arg)
{
	const struct opt *opt = opt_get(opts, letter);

	if (arg)
		*arg = ttext_pl(opt ? opt->arg : NULL);

	return opt != NULL;
}


void opts_reset(struct opts *opts)
{
	if (!opts)
		return;

	for (size_t i = 0; i < opts->n; i++)
		opts->v[i].arg = mem_deref(opts->v[i].arg);

	opts->n = 0;
}
