/**
 * @file fuzz_subst.c  Expansion of ${...} and $[...], and the arguments that
 * an application makes of it
 *
 * The variables WIRE and NAME hold what a caller may send.  Besides memory:
 * the map of the result is in order, only those two are the source of bytes
 * from the wire, and splitting never happens at such a byte.
 */
#include "fuzz.h"
#include "routing/args.h"
#include "routing/subst.h"

static const char wire[] = "1,\"2\"&3)|4${A}";


static int var(struct mbuf *out, const struct pl *name, bool *tainted,
	       void *arg)
{
	(void)arg;

	if (!pl_strcmp(name, "A"))
		return mbuf_write_str(out, "hello");
	if (!pl_strcmp(name, "N"))
		return mbuf_write_str(out, "2");
	if (pl_strcmp(name, "WIRE") && pl_strcmp(name, "NAME"))
		return ENOENT;

	*tainted = true;
	return mbuf_write_str(out, name->p[0] == 'W' ? wire : "A");
}


/* Any function gives back its arguments */
static int func(struct mbuf *out, const struct pl *name,
		const struct ttext *args, bool *tainted, void *arg)
{
	(void)arg;

	HOLDS(*tainted == ttext_tainted(args));
	if (!pl_strcasecmp(name, "BAD"))
		return EINVAL;
	if (!pl_strcasecmp(name, "NONE"))
		return ENOENT;

	return mbuf_write_mem(out, (const uint8_t *)args->str, args->len);
}


static void warn(const char *text, void *arg)
{
	(void)arg;
	HOLDS(text && *text);
}


static void text_look(const struct ttext *t)
{
	size_t end = 0;

	HOLDS(t->len <= TTEXT_MAX && t->str[t->len] == '\0');
	for (size_t i = 0; i < t->taint.n; i++) {
		const struct taint_range *r = &t->taint.v[i];

		HOLDS(r->start < r->end && r->end <= t->len);
		HOLDS(!i || r->start > end);
		end = r->end;
	}
}


static void args_look(const struct ttext *t)
{
	struct args args;
	struct opts opts;
	size_t seps = 0;

	for (size_t i = 0; i < t->len; i++)
		seps += t->str[i] == ',' && !ttext_tainted_at(t, i);

	memset(&args, 0, sizeof(args));
	HOLDS(!args_split(&args, t, 0));
	HOLDS(args.n <= seps + 1 && args.n <= ARGS_MAX);
	for (size_t i = 0; i < args.n; i++)
		text_look(args.v[i]);
	args_reset(&args);

	memset(&opts, 0, sizeof(opts));
	HOLDS(!opts_decode(&opts, t, "mtTgL", NULL, NULL));
	opts_reset(&opts);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct subst_ops ops = {
		.var = var, .func = func, .warn = warn,
	};
	struct mbuf *mb = fuzz_mbuf(data, size < 8192 ? size : 8192);
	struct pl in	= {(const char *)mb->buf, mb->end};
	struct ttext *t = NULL;
	int err;

	err = subst_expand(&t, &in, &ops, NULL);
	HOLDS(!err || err == ENOBUFS);
	HOLDS(!err == (t != NULL));

	if (t) {
		text_look(t);
		args_look(t);
	}

	mem_deref(t);
	mem_deref(mb);

	return 0;
}
