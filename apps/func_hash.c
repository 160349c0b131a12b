/**
 * @file apps/func_hash.c  HASH, HASHKEYS, ClearHash: a table in variables
 *
 * As in Asterisk each entry is a variable of its own, ~HASH~name~key~.
 */
#include "apps/apps.h"
#include "base/text.h"

enum { HASH_NAME_MAX = VARS_NAME_MAX };


static int entry_name(char *buf, size_t n, const char *name, const char *key)
{
	return re_snprintf(buf, n, "~HASH~%s~%s~", name, key) < 0 ? E2BIG : 0;
}


/* "name,key" */
static int entry_decode(char *buf, size_t n, const struct ttext *text)
{
	struct args a;
	int err;

	err = args_split(&a, text, 2);
	if (!err)
		err = a.n == 2 && args_has(&a, 0)
			      ? entry_name(buf, n, args_str(&a, 0),
					   args_str(&a, 1))
			      : EINVAL;
	args_reset(&a);

	return err == E2BIG ? EINVAL : err;
}


static int hash_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *args)
{
	char name[HASH_NAME_MAX];
	const struct vval *val;
	int err;

	err = entry_decode(name, sizeof(name), args);
	if (err)
		return err;

	val = vars_get_str(call->vars, name);
	*tainted = val && val->tainted;

	return val ? mbuf_write_str(out, val->str) : 0;
}


static int hash_write(struct call *call, const struct ttext *args,
		      const struct ttext *value)
{
	char name[HASH_NAME_MAX];
	int err;

	err = entry_decode(name, sizeof(name), args);
	if (err)
		return err;

	return call_set_var(call, name, value->str, ttext_tainted(value));
}


const struct func func_hash = {
	.name = "HASH",
	.usage = "HASH(name,key)  an entry of a table",
	.read = hash_read,
	.write = hash_write,
	.write_local = true,
};


/* --- all entries of a table ---------------------------------------------- */

struct walk {
	char prefix[HASH_NAME_MAX];
	struct mbuf *out;
	int err;
};


/* The key of an entry of this table; false if it is none */
static bool key_of(struct pl *key, const char *name, const struct walk *w)
{
	size_t n = strlen(w->prefix), len = strlen(name);

	if (len < n + 1 || strncmp(name, w->prefix, n) || name[len - 1] != '~')
		return false;

	key->p = name + n;
	key->l = len - n - 1;

	return true;
}


static bool add_key(const char *name, const struct vval *val,
		    enum var_inherit inherit, void *arg)
{
	struct walk *w = arg;
	struct pl key;

	(void)val;
	(void)inherit;
	if (key_of(&key, name, w))
		w->err |= mbuf_printf(w->out, "%s%r", w->out->end ? "," : "",
				      &key);

	return w->err != 0;
}


static int walk_init(struct walk *w, const char *name)
{
	memset(w, 0, sizeof(*w));

	return re_snprintf(w->prefix, sizeof(w->prefix), "~HASH~%s~", name) < 0
		       ? EINVAL
		       : 0;
}


static int hashkeys_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *args)
{
	struct walk w;
	int err = walk_init(&w, args->str);

	if (err)
		return err;

	*tainted = true; /* a key may have been dialled */
	w.out = out;
	(void)vars_apply(call->vars, add_key, &w);

	return w.err;
}


const struct func func_hashkeys = {
	.name = "HASHKEYS",
	.usage = "HASHKEYS(name)  the keys of a table, with commas between",
	.read = hashkeys_read,
};


static bool find_one(const char *name, const struct vval *val,
		     enum var_inherit inherit, void *arg)
{
	struct walk *w = arg;
	struct pl key;

	(void)val;
	(void)inherit;
	if (!key_of(&key, name, w))
		return false;

	/* taken away outside of the walk */
	w->err = mbuf_write_str(w->out, name);

	return true;
}


static enum app_result clearhash_exec(struct call *call,
				      const struct args *args)
{
	struct walk w;
	struct pl name;

	if (walk_init(&w, args_str(args, 0)))
		return APP_NEXT;

	w.out = mbuf_alloc(64);
	while (w.out && vars_apply(call->vars, find_one, &w) && !w.err) {
		name.p = (const char *)w.out->buf;
		name.l = w.out->end;
		vars_unset(call->vars, &name);
		mbuf_rewind(w.out);
	}
	mem_deref(w.out);

	return APP_NEXT;
}


const struct app app_clearhash = {
	.name = "ClearHash",
	.usage = "ClearHash(name)  forget all entries of a table",
	.minargs = 1,
	.maxargs = 1,
	.dead_ok = true,
	.dry_ok = true,
	.exec = clearhash_exec,
};
