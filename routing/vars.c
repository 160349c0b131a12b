/**
 * @file routing/vars.c  Channel and global variables
 *
 * A list holds the variables, most recent first; buckets under a keyed hash
 * find a name.  New ones go to the head of both, so the first hit in a bucket
 * is the most recent instance.
 */
#include "routing/vars.h"
#include <stdarg.h>
#include "base/rand.h"


enum { BUCKETS = 32 };


struct vars {
	struct list list;          /* struct var, most recent first */
	struct list hash[BUCKETS]; /* the same, most recent first */
	size_t n;
};


struct var {
	struct le le;
	struct le hle;
	struct vval val;
	enum var_inherit inherit;
	uint32_t hash;
	size_t namelen;
	char name[]; /* NUL-terminated */
};


static void var_destructor(void *arg)
{
	struct var *var = arg;

	list_unlink(&var->le);
	list_unlink(&var->hle);
	mem_deref(var->val.str);
}


static void vars_destructor(void *arg)
{
	vars_flush(arg);
}


int vars_alloc(struct vars **varsp)
{
	struct vars *vars;

	if (!varsp)
		return EINVAL;

	vars = mem_zalloc(sizeof(*vars), vars_destructor);
	if (!vars)
		return ENOMEM;

	*varsp = vars;

	return 0;
}


static struct var *var_find(const struct vars *vars, const struct pl *name)
{
	uint32_t h = hash_key(name->p, name->l);
	struct le *le = list_head(&vars->hash[h % BUCKETS]);

	for (; le; le = le->next) {
		struct var *var = le->data;

		if (var->hash == h && var->namelen == name->l &&
		    !memcmp(var->name, name->p, name->l))
			return var;
	}

	return NULL;
}


/* Take the '_' off the name */
static enum var_inherit name_inherit(struct pl *name)
{
	int n = 0;

	while (n < VAR_EVER && name->l && name->p[0] == '_') {
		pl_advance(name, 1);
		++n;
	}

	return (enum var_inherit)n;
}


static int val_set(struct vval *val, const struct pl *pl, bool tainted)
{
	char *str = mem_alloc(pl->l + 1, NULL);

	if (!str)
		return ENOMEM;

	if (pl->l)
		memcpy(str, pl->p, pl->l);
	str[pl->l] = '\0';

	mem_deref(val->str);
	val->str     = str;
	val->len     = pl->l;
	val->tainted = tainted;

	return 0;
}


static int var_add(struct vars *vars, const struct pl *name,
		   enum var_inherit inherit, const struct pl *val,
		   bool tainted)
{
	struct var *var;
	int err;

	if (vars->n >= VARS_MAX)
		return ENOBUFS;

	var = mem_zalloc(sizeof(*var) + name->l + 1, var_destructor);
	if (!var)
		return ENOMEM;

	memcpy(var->name, name->p, name->l);
	var->namelen = name->l;
	var->hash    = hash_key(name->p, name->l);
	var->inherit = inherit;

	err = val_set(&var->val, val, tainted);
	if (err) {
		mem_deref(var);
		return err;
	}

	list_prepend(&vars->list, &var->le, var);
	list_prepend(&vars->hash[var->hash % BUCKETS], &var->hle, var);
	++vars->n;

	return 0;
}


/* Checks; `name` loses its inheritance prefix */
static int check(const struct vars *vars, struct pl *name,
		 const struct pl *val, enum var_inherit *inherit)
{
	if (!vars || !val || !pl_isset(name))
		return EINVAL;

	*inherit = name_inherit(name);

	if (!name->l)
		return EINVAL;

	if (name->l > VARS_NAME_MAX || val->l > VARS_VALUE_MAX)
		return E2BIG;

	return 0;
}


/* Most recent first: what is set again moves to the front */
static int var_replace(struct vars *vars, struct var *var,
		       enum var_inherit inherit, const struct pl *val,
		       bool tainted)
{
	int err = val_set(&var->val, val, tainted);

	if (err)
		return err;

	var->inherit = inherit;
	list_unlink(&var->le);
	list_prepend(&vars->list, &var->le, var);

	return 0;
}


int vars_set(struct vars *vars, const struct pl *name, const struct pl *val,
	     bool tainted)
{
	struct pl n = name ? *name : pl_null;
	enum var_inherit inherit;
	struct var *var;
	int err;

	err = check(vars, &n, val, &inherit);
	if (err)
		return err;

	var = var_find(vars, &n);
	if (var)
		return var_replace(vars, var, inherit, val, tainted);

	return var_add(vars, &n, inherit, val, tainted);
}


int vars_push(struct vars *vars, const struct pl *name, const struct pl *val,
	      bool tainted)
{
	struct pl n = name ? *name : pl_null;
	enum var_inherit inherit;
	int err;

	err = check(vars, &n, val, &inherit);
	if (err)
		return err;

	return var_add(vars, &n, inherit, val, tainted);
}


int vars_set_str(struct vars *vars, const char *name, const char *val)
{
	struct pl n, v;

	if (!name || !val)
		return EINVAL;

	pl_set_str(&n, name);
	pl_set_str(&v, val);

	return vars_set(vars, &n, &v, false);
}


int vars_printf(struct vars *vars, const char *name, const char *fmt, ...)
{
	char *str = NULL;
	va_list ap;
	int err;

	if (!name || !fmt)
		return EINVAL;

	va_start(ap, fmt);
	err = re_vsdprintf(&str, fmt, ap);
	va_end(ap);

	if (!err)
		err = vars_set_str(vars, name, str);

	mem_deref(str);

	return err;
}


static void var_remove(struct vars *vars, struct var *var)
{
	--vars->n;
	mem_deref(var);
}


bool vars_pop(struct vars *vars, const struct pl *name)
{
	struct var *var;

	if (!vars || !pl_isset(name))
		return false;

	var = var_find(vars, name);
	if (!var)
		return false;

	var_remove(vars, var);

	return true;
}


void vars_unset(struct vars *vars, const struct pl *name)
{
	struct pl n = name ? *name : pl_null;

	(void)name_inherit(&n); /* "_X" names the same variable */

	while (vars_pop(vars, &n))
		;
}


const struct vval *vars_get(const struct vars *vars, const struct pl *name)
{
	struct var *var;

	if (!vars || !pl_isset(name))
		return NULL;

	var = var_find(vars, name);

	return var ? &var->val : NULL;
}


const struct vval *vars_get_str(const struct vars *vars, const char *name)
{
	struct pl n;

	if (!name)
		return NULL;

	pl_set_str(&n, name);

	return vars_get(vars, &n);
}


const char *vars_str(const struct vars *vars, const char *name)
{
	const struct vval *val = vars_get_str(vars, name);

	return val ? val->str : "";
}


/* Copy from the oldest on, so that the order stays; hidden instances stay
   hidden */
static int copy(struct vars *dst, const struct vars *src, bool child)
{
	for (struct le *le = list_tail(&src->list); le; le = le->prev) {
		const struct var *var = le->data;
		struct pl name = {var->name, var->namelen};
		struct pl val  = {var->val.str, var->val.len};
		enum var_inherit inherit = var->inherit;
		struct var *old;
		int err;

		if (child && inherit == VAR_OWN)
			continue;

		if (child && inherit == VAR_CHILD)
			inherit = VAR_OWN;

		old = var_find(dst, &name);
		if (old)
			err = var_replace(dst, old, inherit, &val,
					  var->val.tainted);
		else
			err = var_add(dst, &name, inherit, &val,
				      var->val.tainted);
		if (err)
			return err;
	}

	return 0;
}


int vars_inherit(struct vars *child, const struct vars *parent)
{
	if (!child || !parent || child == parent)
		return EINVAL;

	return copy(child, parent, true);
}


int vars_copy(struct vars *dst, const struct vars *src)
{
	if (!dst || !src || dst == src)
		return EINVAL;

	return copy(dst, src, false);
}


bool vars_apply(const struct vars *vars, vars_apply_h *h, void *arg)
{
	struct le *le, *next;

	if (!vars || !h)
		return false;

	for (le = list_head(&vars->list); le; le = next) {
		const struct var *var = le->data;

		next = le->next;

		if (h(var->name, &var->val, var->inherit, arg))
			return true;
	}

	return false;
}


size_t vars_count(const struct vars *vars)
{
	return vars ? vars->n : 0;
}


void vars_flush(struct vars *vars)
{
	if (!vars)
		return;

	list_flush(&vars->list);
	vars->n = 0;
}
