/**
 * @file apps/func_group.c  GROUP and its companions: how many calls at a time
 *
 * A call is in at most one group of a category.  Groups are counted, so that
 * asking costs the same with one call and with thousands.
 *
 *   struct group    name, category and number of members; in a hash
 *   struct member   of call->groups, or of a leg's (OUTBOUND_GROUP); leaving
 *                   takes it off the count
 */
#include "apps/apps.h"
#include "base/rand.h"
#include "base/text.h"
#include "routing/expr.h"

enum { BUCKETS = 256, GROUP_NAME_MAX = 80 };

struct group {
	struct le le;
	char name[GROUP_NAME_MAX];
	char category[GROUP_NAME_MAX];
	bool tainted;
	unsigned n;
};

struct member {
	struct le le;
	struct group *group;
};

static struct hash *groups;


/* --- groups -------------------------------------------------------------- */

static void group_destructor(void *data)
{
	struct group *g = data;

	hash_unlink(&g->le);
}


/* Any case means the same category; the name is taken exactly */
static uint32_t key_of(const char *name)
{
	return hash_key(name, strlen(name));
}


struct wanted {
	const char *name, *category;
};


static bool is_wanted(struct le *le, void *arg)
{
	const struct group *g = le->data;
	const struct wanted *w = arg;

	return !strcmp(g->name, w->name) &&
	       !str_casecmp(g->category, w->category);
}


static struct group *group_find(const char *name, const char *category)
{
	struct wanted w = {name, category};

	if (!groups)
		return NULL;

	return list_ledata(hash_lookup(groups, key_of(name), is_wanted, &w));
}


static struct group *group_get(const char *name, const char *category)
{
	struct group *g = group_find(name, category);

	if (g)
		return mem_ref(g);
	if (!groups && hash_alloc(&groups, BUCKETS))
		return NULL;

	g = mem_zalloc(sizeof(*g), group_destructor);
	if (!g)
		return NULL;

	str_ncpy(g->name, name, sizeof(g->name));
	str_ncpy(g->category, category, sizeof(g->category));
	hash_append(groups, key_of(g->name), &g->le, g);

	return g;
}


/* --- members ------------------------------------------------------------- */

static bool any_handler(struct le *le, void *arg)
{
	(void)le;
	(void)arg;

	return true;
}


static void member_destructor(void *data)
{
	struct member *m = data;

	list_unlink(&m->le);
	if (!m->group)
		return;

	--m->group->n;
	mem_deref(m->group);

	/* the last one takes the table along, so nothing is left at the end */
	if (groups && !hash_apply(groups, any_handler, NULL))
		groups = mem_deref(groups);
}


static struct member *member_of(const struct list *list, const char *category)
{
	struct le *le;

	LIST_FOREACH(list, le)
	{
		struct member *m = le->data;

		if (!str_casecmp(m->group->category, category))
			return m;
	}

	return NULL;
}


static int join(struct list *list, const char *name, const char *category,
		bool tainted)
{
	struct member *m;

	mem_deref(member_of(list, category));
	if (!name[0])
		return 0;

	m = mem_zalloc(sizeof(*m), member_destructor);
	if (!m)
		return ENOMEM;

	m->group = group_get(name, category);
	if (!m->group) {
		mem_deref(m);
		return ENOMEM;
	}

	++m->group->n;
	m->group->tainted = m->group->tainted || tainted;
	list_append(list, &m->le, m);

	return 0;
}


/* --- functions ----------------------------------------------------------- */

static int group_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	const struct member *m = member_of(&call->groups, args->str);

	*tainted = m && m->group->tainted;

	return m ? mbuf_write_str(out, m->group->name) : 0;
}


static int group_write(struct call *call, const struct ttext *args,
		       const struct ttext *value)
{
	if (value->len >= GROUP_NAME_MAX || args->len >= GROUP_NAME_MAX)
		return EINVAL;

	return join(&call->groups, value->str, args->str,
		    ttext_tainted(value));
}


const struct func func_group = {
	.name = "GROUP",
	.usage = "GROUP([category])  the group that this call counts in",
	.read = group_read,
	.write = group_write,
};


/* "[group][@category]" */
static int split(char *name, char *category, const struct pl *text)
{
	struct pl n = *text, c = PL_INIT;
	const char *at = text->l ? pl_strrchr(text, '@') : NULL;

	if (at) {
		c.p = at + 1;
		c.l = text->l - (size_t)(at + 1 - text->p);
		n.l = (size_t)(at - text->p);
	}

	return pl_copy(name, GROUP_NAME_MAX, &n) ||
			       pl_copy(category, GROUP_NAME_MAX, &c)
		       ? EINVAL
		       : 0;
}


int group_join(struct list *groups_of, const struct ttext *text)
{
	char name[GROUP_NAME_MAX], category[GROUP_NAME_MAX];
	struct pl pl = ttext_pl(text);

	if (split(name, category, &pl))
		return EINVAL;

	return join(groups_of, name, category, ttext_tainted(text));
}


/* How many calls are in a group; without a name: in that of this call */
static int count(unsigned *np, const struct call *call, const struct pl *text)
{
	char name[GROUP_NAME_MAX], category[GROUP_NAME_MAX];
	const struct member *m;
	const struct group *g;

	if (split(name, category, text))
		return EINVAL;

	if (!name[0]) {
		m = member_of(&call->groups, category);
		*np = m ? m->group->n : 0;
		return 0;
	}

	g = group_find(name, category);
	*np = g ? g->n : 0;

	return 0;
}


static int count_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	struct pl text = ttext_pl(args);
	unsigned n;
	int err;

	*tainted = false;
	err = count(&n, call, &text);

	return err ? err : mbuf_printf(out, "%u", n);
}


const struct func func_group_count = {
	.name = "GROUP_COUNT",
	.usage = "GROUP_COUNT([group][@category])  calls that are in a group",
	.read = count_read,
};


struct matching {
	const char *regex, *category;
	unsigned n;
	int err;
};


static bool match_handler(struct le *le, void *arg)
{
	const struct group *g = le->data;
	struct matching *m = arg;
	bool hit = false;

	if (str_casecmp(g->category, m->category))
		return false;

	m->err = expr_regex(&hit, NULL, m->regex, g->name, false, NULL);
	if (hit)
		m->n += g->n;

	return m->err != 0;
}


static int match_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	char regex[GROUP_NAME_MAX], category[GROUP_NAME_MAX];
	struct matching m = {.regex = regex, .category = category};
	struct pl text = ttext_pl(args);

	/* the expression is the administrator's */
	if (ttext_tainted(args) || split(regex, category, &text))
		return EINVAL;

	*tainted = false;
	if (groups)
		(void)hash_apply(groups, match_handler, &m);

	return m.err ? EINVAL : mbuf_printf(out, "%u", m.n);
}


const struct func func_group_match_count = {
	.name = "GROUP_MATCH_COUNT",
	.usage = "GROUP_MATCH_COUNT(expression[@category])  calls in all "
		 "groups whose names match",
	.read = match_read,
};


static int list_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *args)
{
	struct le *le;
	int err = 0;

	*tainted = false;
	LIST_FOREACH(&call->groups, le)
	{
		const struct group *g = ((struct member *)le->data)->group;

		*tainted = *tainted || g->tainted;
		err |= mbuf_printf(out, "%s%s%s%s", out->end ? " " : "",
				   g->name, g->category[0] ? "@" : "",
				   g->category);
	}

	return err;
}


const struct func func_group_list = {
	.name = "GROUP_LIST",
	.usage = "GROUP_LIST()  the groups that this call is in",
	.read = list_read,
};


/* --- the old applications ------------------------------------------------ */

/* SetGroup([category@]group) */
static enum app_result setgroup_exec(struct call *call,
				     const struct args *args)
{
	const struct ttext *text = args_text(args, 0);
	size_t at = ttext_find(text, 0, '@');
	struct pl cat = {text->str, at < text->len ? at : 0}, name;
	char n[GROUP_NAME_MAX], c[GROUP_NAME_MAX];

	name.p = text->str + (at < text->len ? at + 1 : 0);
	name.l = text->len - (size_t)(name.p - text->str);
	if (pl_copy(n, sizeof(n), &name) || pl_copy(c, sizeof(c), &cat) ||
	    join(&call->groups, n, c, ttext_tainted(text)))
		call_warning(call, "SetGroup(%s): not set", text->str);

	return APP_NEXT;
}


const struct app app_setgroup = {
	.name = "SetGroup",
	.usage = "SetGroup([category@]group)  old spelling of "
		 "Set(GROUP(category)=group)",
	.minargs = 1,
	.maxargs = 1,
	.dead_ok = true,
	.exec = setgroup_exec,
};


/* CheckGroup(max[@category]): n+101 if there are more */
static enum app_result checkgroup_exec(struct call *call,
				       const struct args *args)
{
	struct pl text = args_pl(args, 0), max;
	uint64_t limit;
	unsigned n = 0;

	(void)pl_next(&max, &text, '@');
	if (text.p) { /* from the '@' on */
		--text.p;
		++text.l;
	}
	max = pl_trim(max);
	if (num_decode(&limit, &max, UINT32_MAX) || count(&n, call, &text)) {
		call_warning(call, "CheckGroup(%s): no number",
			     args_str(args, 0));
		return APP_NEXT;
	}

	call_step_note(call, "%u of %u", n, (unsigned)limit);
	(void)call_set_var(call, "CHECKGROUPSTATUS",
			   n > limit ? "OVERMAX" : "OK", false);
	if (n > limit)
		(void)call_jump_101(call, false);

	return APP_NEXT;
}


const struct app app_checkgroup = {
	.name = "CheckGroup",
	.usage = "CheckGroup(max[@category])  CHECKGROUPSTATUS says if more "
		 "calls are in this call's group",
	.minargs = 1,
	.maxargs = 1,
	.dead_ok = true,
	.dry_ok = true,
	.exec = checkgroup_exec,
};
