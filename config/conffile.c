/**
 * @file config/conffile.c  Files, sections and variables once they are read
 *
 * What parse.c makes of the text, and what the loaders look up in it.
 */
#include "config/parse_int.h"
#include "base/rand.h"
#include "base/text.h"


/* --- variables ----------------------------------------------------------- */

static void var_destructor(void *arg)
{
	struct conf_var *v = arg;

	list_unlink(&v->le);
	mem_deref(v->name);
	mem_deref(v->value);
	mem_deref(v->cut);
}


struct conf_var *conf_var_alloc(void)
{
	return mem_zalloc(sizeof(struct conf_var), var_destructor);
}


int conf_var_add(struct conf_section *sec, const char *name, const char *value,
		 const struct conf_pos *pos)
{
	struct conf_var *v = conf_var_alloc();
	if (!v)
		return ENOMEM;

	v->pos	= *pos;
	v->vcol = pos->col;
	v->made = true;

	int err = str_dup(&v->name, name);
	err |= str_dup(&v->value, value);
	if (err)
		mem_deref(v);
	else
		list_append(&sec->vars, &v->le, v);

	return err ? ENOMEM : 0;
}


struct conf_pos conf_var_vpos(const struct conf_var *var)
{
	struct conf_pos pos = var->pos;

	pos.col = var->vcol;
	return pos;
}


struct conf_var *conf_var_last(const struct conf_section *sec,
			       const char *name)
{
	for (struct le *le = sec->vars.tail; le; le = le->prev) {
		struct conf_var *v = le->data;

		if (!str_casecmp(v->name, name))
			return v;
	}

	return NULL;
}


/* --- sections ------------------------------------------------------------ */

static void section_destructor(void *arg)
{
	struct conf_section *sec = arg;

	list_flush(&sec->vars);
	hash_unlink(&sec->hle);
	list_unlink(&sec->le);
	mem_deref(sec->name);
}


int conf_section_alloc(struct conf_section **secp, const struct pl *name,
		       const struct conf_pos *pos)
{
	struct conf_section *sec;

	sec = mem_zalloc(sizeof(*sec), section_destructor);
	if (!sec)
		return ENOMEM;

	sec->pos = *pos;

	int err = pl_strdup(&sec->name, name);
	if (err) {
		mem_deref(sec);
		return err;
	}

	*secp = sec;
	return 0;
}


int conf_section_inherit(struct conf_section *sec,
			 const struct conf_section *base)
{
	for (struct le *le = base->vars.head; le; le = le->next) {
		const struct conf_var *from = le->data;

		struct conf_var *v = conf_var_alloc();
		if (!v)
			return ENOMEM;

		*v = *from;
		memset(&v->le, 0, sizeof(v->le));
		v->name	     = mem_ref(from->name);
		v->value     = mem_ref(from->value);
		v->cut	     = mem_ref(from->cut);
		v->inherited = true;
		list_append(&sec->vars, &v->le, v);
	}

	return 0;
}


const struct conf_var *conf_section_var(const struct conf_section *sec,
					const char *name)
{
	return sec && name ? conf_var_last(sec, name) : NULL;
}


/* --- files --------------------------------------------------------------- */

struct conf_name {
	struct le le;
	char *name;
};


static void name_destructor(void *arg)
{
	struct conf_name *n = arg;

	list_unlink(&n->le);
	mem_deref(n->name);
}


static void file_destructor(void *arg)
{
	struct conf_file *cf = arg;

	list_unlink(&cf->le);
	list_flush(&cf->sections);
	list_flush(&cf->names);
	mem_deref(cf->hash);
	mem_deref(cf->path);
}


int conffile_alloc(struct conf_file **cfp, const char *path)
{
	struct conf_file *cf = mem_zalloc(sizeof(*cf), file_destructor);
	if (!cf)
		return ENOMEM;

	int err = str_dup(&cf->path, path);
	err |= hash_alloc(&cf->hash, 1024);
	if (err) {
		mem_deref(cf);
		return ENOMEM;
	}

	*cfp = cf;
	return 0;
}


int conffile_add_name(const char **namep, struct conf_file *cf,
		      const char *name)
{
	struct conf_name *n = mem_zalloc(sizeof(*n), name_destructor);
	if (!n)
		return ENOMEM;

	int err = str_dup(&n->name, name);
	if (err) {
		mem_deref(n);
		return err;
	}

	list_append(&cf->names, &n->le, n);
	*namep = n->name;
	return 0;
}


bool conffile_has(const struct conf_file *cf, const char *path)
{
	for (struct le *le = cf ? cf->names.head : NULL; le; le = le->next) {
		if (!strcmp(((struct conf_name *)le->data)->name, path))
			return true;
	}

	return false;
}


void conffile_names(const struct conf_file *cf,
		    void (*h)(const char *path, void *arg), void *arg)
{
	for (struct le *le = cf ? cf->names.head : NULL; le; le = le->next)
		h(((struct conf_name *)le->data)->name, arg);
}


static bool section_is(struct le *le, void *arg)
{
	const struct conf_section *sec = le->data;
	const struct pl *name = arg;

	return sec->name && !pl_strcasecmp(name, sec->name);
}


struct conf_section *conffile_find(const struct conf_file *cf,
				   const struct pl *name)
{
	struct pl key = *name;

	return list_ledata(hash_lookup(cf->hash,
				       hash_key_ci(name->p, name->l),
				       section_is, &key));
}


const struct conf_section *conffile_section(const struct conf_file *cf,
					    const char *name)
{
	struct pl pl;

	if (!cf || !str_isset(name))
		return NULL;

	pl_set_str(&pl, name);
	return conffile_find(cf, &pl);
}


struct conf_section *conffile_filter(const struct conf_file *cf,
				     const struct pl *name,
				     const struct pl *filter)
{
	struct pl key, rest = *filter;

	if (!pl_next(&key, &rest, '='))
		return NULL;

	for (struct le *le = cf->sections.head; le; le = le->next) {
		struct conf_section *sec = le->data;

		if (pl_strcasecmp(name, sec->name))
			continue;

		for (struct le *e = sec->vars.head; e; e = e->next) {
			const struct conf_var *v = e->data;

			if (!pl_strcasecmp(&key, v->name) &&
			    !pl_strcmp(&rest, v->value))
				return sec;
		}
	}

	return NULL;
}


void conffile_add_section(struct conf_file *cf, struct conf_section *sec)
{
	if (sec->le.list)
		return;

	list_append(&cf->sections, &sec->le, sec);
	hash_append(cf->hash, hash_key_ci(sec->name, strlen(sec->name)),
		    &sec->hle, sec);
}
