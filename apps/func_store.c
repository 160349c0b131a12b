/**
 * @file apps/func_store.c  GLOBAL, LOCAL, ARRAY, DB, DB_EXISTS, DB_DELETE
 *
 * A value of the database remembers that it came from the wire by an entry of
 * the same name in the family "wire": what was dialled last year separates
 * nothing today either.
 */
#include "apps/apps.h"
#include "b2bua/server.h"
#include "base/text.h"

#define WIRE "wire"


static int put_val(struct mbuf *out, bool *tainted, const struct vval *val)
{
	*tainted = val && val->tainted;

	return val ? mbuf_write_mem(out, (uint8_t *)val->str, val->len) : 0;
}


static int global_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	struct server *srv = server();
	struct pl name = ttext_pl(args);

	return put_val(out, tainted, srv && srv->globals
					     ? vars_get(srv->globals, &name)
					     : NULL);
}


static int global_write(struct call *call, const struct ttext *args,
			const struct ttext *value)
{
	return call_assign(call, args, value, true);
}


const struct func func_global = {
	.name = "GLOBAL",
	.usage = "GLOBAL(name)  a variable of all calls",
	.read = global_read,
	.write = global_write,
	.write_local = true,
};


static int local_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	struct pl name = ttext_pl(args);

	return put_val(out, tainted, vars_get(call->vars, &name));
}


static int local_write(struct call *call, const struct ttext *args,
		       const struct ttext *value)
{
	struct pl name = ttext_pl(args);

	return call_set_local(call, &name, value);
}


const struct func func_local = {
	.name = "LOCAL",
	.usage = "LOCAL(name)  a variable of this subroutine",
	.read = local_read,
	.write = local_write,
	.write_local = true,
};


/* ARRAY(a,b)=1,2 */
static int array_write(struct call *call, const struct ttext *args,
		       const struct ttext *value)
{
	struct ttext *empty = NULL;
	struct args names, vals;
	struct pl none = PL_LIT("");
	int err;

	vals.n = 0;
	err = args_split(&names, args, 0);
	if (!err)
		err = args_split(&vals, value, 0);
	if (!err)
		err = ttext_create(&empty, &none, false);

	for (size_t i = 0; i < names.n && !err; i++)
		err = call_assign(call, args_text(&names, i),
				  i < vals.n ? args_text(&vals, i) : empty,
				  false);

	args_reset(&names);
	args_reset(&vals);
	mem_deref(empty);

	return err;
}


const struct func func_array = {
	.name = "ARRAY",
	.usage = "ARRAY(name[,name...])  set several variables at once",
	.write = array_write,
	.write_local = true,
};


/* --- DB ------------------------------------------------------------------ */

/* "family/key": the first '/' separates */
static int db_name(char **familyp, const char **keyp, const struct ttext *args)
{
	char *slash;
	int err;

	err = str_dup(familyp, args->str);
	if (err)
		return err;

	slash = strchr(*familyp, '/');
	if (!slash || slash == *familyp || !slash[1]) {
		*familyp = mem_deref(*familyp);
		return EINVAL;
	}

	*slash = '\0';
	*keyp = slash + 1;

	return 0;
}


static const char *db_get(bool *tainted, const struct ttext *args, int *errp)
{
	char *family = NULL;
	const char *key, *val = NULL;

	*errp = db_name(&family, &key, args);
	if (!*errp) {
		val = store_db_get(family, key);
		*tainted = store_db_get(WIRE, args->str) != NULL;
	}

	mem_deref(family);

	return val;
}


bool db_value(struct mbuf *out, bool *tainted, const struct ttext *name)
{
	int err;
	const char *val = db_get(tainted, name, &err);

	return !err && val && !mbuf_write_str(out, val);
}


int db_delete(const struct ttext *name)
{
	char *family = NULL;
	const char *key;
	int err;

	err = db_name(&family, &key, name);
	if (err)
		return err;

	err = store_db_del(family, key);
	(void)store_db_del(WIRE, name->str); /* most have none */
	mem_deref(family);

	return err;
}


int db_deltree(const struct ttext *name, unsigned *np)
{
	char *family = NULL;
	const char *key;
	size_t n;

	if (!name->len || name->str[0] == '/')
		return EINVAL;

	/* a family alone, or one and what its keys begin with */
	if (db_name(&family, &key, name)) {
		n = store_db_deltree(name->str, NULL);
		(void)store_db_deltree(WIRE, name->str);
	}
	else {
		n = store_db_deltree(family, key);
		(void)store_db_deltree(WIRE, name->str);
	}

	mem_deref(family);
	if (np)
		*np = (unsigned)n;

	return 0;
}


static int db_read(struct mbuf *out, bool *tainted, struct call *call,
		   const struct ttext *args)
{
	const char *val;
	int err;

	val = db_get(tainted, args, &err);
	if (err)
		return err;

	(void)call_set_var(call, "DB_RESULT", val ? val : "", *tainted);

	return val ? mbuf_write_str(out, val) : 0;
}


static int db_write(struct call *call, const struct ttext *args,
		    const struct ttext *value)
{
	char *family = NULL;
	const char *key;
	int err;

	err = db_name(&family, &key, args);
	if (err)
		return err;

	/* the mark first: better too careful than not */
	if (ttext_tainted(value))
		err = store_db_put(WIRE, args->str, "1");
	else
		(void)store_db_del(WIRE, args->str); /* most have none */
	if (!err)
		err = store_db_put(family, key, value->str);

	mem_deref(family);

	return err;
}


const struct func func_db = {
	.name = "DB",
	.usage = "DB(family/key)  a value that outlives the call",
	.read = db_read,
	.write = db_write,
};


static int db_exists_read(struct mbuf *out, bool *tainted, struct call *call,
			  const struct ttext *args)
{
	const char *val;
	int err;

	val = db_get(tainted, args, &err);
	if (err)
		return err;

	(void)call_set_var(call, "DB_RESULT", val ? val : "", *tainted);
	*tainted = false;

	return mbuf_write_u8(out, val ? '1' : '0');
}


const struct func func_db_exists = {
	.name = "DB_EXISTS",
	.usage = "DB_EXISTS(family/key)  1 if there is one; it is in "
		 "DB_RESULT",
	.read = db_exists_read,
};


static int db_delete_read(struct mbuf *out, bool *tainted, struct call *call,
			  const struct ttext *args)
{
	int err;

	err = db_read(out, tainted, call, args);
	if (!err)
		(void)db_delete(args); /* there may be none */

	return err;
}


const struct func func_db_delete = {
	.name = "DB_DELETE",
	.usage = "DB_DELETE(family/key)  remove it, and give what it was",
	.read = db_delete_read,
	.acts = true,
};
