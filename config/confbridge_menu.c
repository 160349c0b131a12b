/**
 * @file config/confbridge_menu.c  confbridge.conf: menus of conferences
 *
 * A line of a menu is digits, and the actions that they stand for, one after
 * the other: 4=decrease_listening_volume, *1=playback(a&b),toggle_mute.
 */
#include "config/confbridge.h"
#include "base/text.h"
#include "config/check.h"

enum {
	MENU_DIGITS_MAX = 15,
	NAME_SIZE = 80,
};


/* --- memory -------------------------------------------------------------- */

static void action_destructor(void *data)
{
	struct room_action *a = data;

	list_unlink(&a->le);
	mem_deref(a->arg);
}


static void entry_destructor(void *data)
{
	struct room_entry *e = data;

	list_unlink(&e->le);
	list_flush(&e->actions);
	mem_deref(e->digits);
}


static void menu_destructor(void *data)
{
	struct room_menu *m = data;

	list_unlink(&m->le);
	list_flush(&m->entries);
	mem_deref(m->name);
}


const struct room_menu *config_room_menu(const struct config *cfg,
					 const char *name)
{
	for (struct le *le = cfg && cfg->rooms ? cfg->rooms->menus.head : NULL;
	     le; le = le->next) {
		const struct room_menu *m = le->data;

		if (!str_casecmp(m->name, str_isset(name) ? name
							 : "default_menu"))
			return m;
	}

	return NULL;
}


/* --- actions ------------------------------------------------------------- */

static const char *const action_names[] = {
#define X(id, name) [ROOM_ACT_##id] = name,
	ROOM_ACTIONS(X)
#undef X
};


const char *room_action_name(enum room_action_type type)
{
	return (size_t)type < ARRAY_SIZE(action_names) ? action_names[type]
						       : "";
}


static bool takes_arg(enum room_action_type type)
{
	return type == ROOM_ACT_PLAYBACK ||
	       type == ROOM_ACT_PLAYBACK_CONTINUE ||
	       type == ROOM_ACT_DIALPLAN_EXEC;
}


static bool type_decode(enum room_action_type *typep, const struct pl *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(action_names); i++) {
		if (!pl_strcasecmp(name, action_names[i])) {
			*typep = (enum room_action_type)i;
			return true;
		}
	}

	return false;
}


static void unknown_action(struct findings *f, const struct conf_pos *pos,
			   const struct pl *name)
{
	static const char *const video[] = {
		"set_as_single_video_src", "release_as_single_video_src",
		"toggle_binaural",
	};
	char buf[NAME_SIZE];
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(video); i++) {
		if (!pl_strcasecmp(name, video[i])) {
			find_warning(f, pos, "menu action '%r': conferences "
				   "have sound in one channel only, expected "
				   "another action or no_op", name);
			return;
		}
	}

	near = pl_copy(buf, sizeof(buf), name)
		       ? NULL
		       : text_nearest(buf, action_names,
				      ARRAY_SIZE(action_names));
	if (near)
		find_warning(f, pos, "menu action '%r' is unknown (did you "
			   "mean '%s'?)", name, near);
	else
		find_warning(f, pos, "menu action '%r' is unknown, expected "
			   "one such as toggle_mute or leave_conference", name);
}


static int action_alloc(struct list *list, enum room_action_type type,
			const struct pl *arg)
{
	struct room_action *a = mem_zalloc(sizeof(*a), action_destructor);
	int err;

	if (!a)
		return ENOMEM;

	a->type = type;
	err = arg->l ? pl_strdup(&a->arg, arg) : 0;
	if (err) {
		mem_deref(a);
		return err;
	}

	list_append(list, &a->le, a);

	return 0;
}


/* name or name(argument) */
static int action_add(struct list *list, struct findings *f,
		      const struct conf_pos *pos, struct pl text)
{
	const char *open = pl_strchr(&text, '(');
	enum room_action_type type;
	struct pl name = text, arg = PL_INIT;

	if (open) {
		name.l = (size_t)(open - text.p);
		arg.p = open + 1;
		arg.l = text.l - name.l - 1;
		if (!arg.l || arg.p[arg.l - 1] != ')') {
			find_warning(f, pos, "menu action '%r' has no ')', "
				   "expected name(argument)", &text);
			return 0;
		}
		--arg.l;
		arg = pl_trim(arg);
	}

	name = pl_trim(name);
	if (!type_decode(&type, &name)) {
		unknown_action(f, pos, &name);
		return 0;
	}

	if (takes_arg(type) && !arg.l) {
		find_warning(f, pos, "menu action '%r' needs an argument, "
			   "expected %r(%s)", &name, &name,
			   type == ROOM_ACT_DIALPLAN_EXEC
				   ? "context,extension,priority"
				   : "file&file");
		return 0;
	}
	if (!takes_arg(type) && arg.l)
		find_warning(f, pos, "menu action '%r' takes no argument, "
			     "'%r' is ignored", &name, &arg);

	return action_alloc(list, type, &arg);
}


/* --- lines --------------------------------------------------------------- */

static bool digits_ok(const char *digits)
{
	size_t n = strlen(digits);

	return n && n <= MENU_DIGITS_MAX &&
	       strspn(digits, "0123456789*#ABCDabcd") == n;
}


static struct room_entry *entry_find(const struct room_menu *m,
				     const char *digits)
{
	for (struct le *le = m->entries.head; le; le = le->next) {
		struct room_entry *e = le->data;

		if (!str_casecmp(e->digits, digits))
			return e;
	}

	return NULL;
}


/* A line: what the digits did before is forgotten */
static int menu_line(struct room_menu *m, struct findings *f,
		     const struct conf_pos *pos, const char *digits,
		     const char *actions)
{
	struct room_entry *e;
	struct pl rest, part;
	int err;

	if (digits[0] == '\\') /* \#1=: the file's own escape */
		++digits;
	if (!digits_ok(digits)) {
		find_warning(f, pos, "menu %s: '%s' is nothing to press, "
			   "expected up to %u of 0-9, * and #", m->name,
			   digits, MENU_DIGITS_MAX);
		return 0;
	}

	mem_deref(entry_find(m, digits));
	e = mem_zalloc(sizeof(*e), entry_destructor);
	if (!e)
		return ENOMEM;

	err = str_dup(&e->digits, digits);
	pl_set_str(&rest, actions);
	if (rest.l && rest.p[0] == '>') /* "=>" is one sign */
		pl_advance(&rest, 1);
	while (!err && rest.l && arg_next(&part, &rest, ',')) {
		part = pl_trim(part);
		if (part.l)
			err = action_add(&e->actions, f, pos, part);
	}
	if (err) {
		mem_deref(e);
		return ENOMEM;
	}

	list_append(&m->entries, &e->le, e);

	return 0;
}


int load_room_menu(struct loader *ld, const struct conf_section *sec)
{
	struct room_menu *m = mem_zalloc(sizeof(*m), menu_destructor);
	int err;

	if (!m)
		return ENOMEM;

	m->pos = sec->pos;
	err = str_dup(&m->name, sec->name);
	for (struct le *le = sec->vars.head; le && !err; le = le->next) {
		const struct conf_var *var = le->data;
		struct conf_pos pos = conf_var_vpos(var);

		if (str_casecmp(var->name, "type"))
			err = menu_line(m, ld->f, &pos, var->name, var->value);
	}
	if (err) {
		mem_deref(m);
		return ENOMEM;
	}

	list_append(&ld->cfg->rooms->menus, &m->le, m);

	return 0;
}


/* --- what a call changes ------------------------------------------------- */

int room_menu_copy(struct room_menu **mp, const struct room_menu *src)
{
	struct room_menu *m;
	int err = 0;

	if (!mp)
		return EINVAL;

	m = mem_zalloc(sizeof(*m), menu_destructor);
	if (!m)
		return ENOMEM;

	err = str_dup(&m->name, src ? src->name : "");
	for (struct le *le = src ? src->entries.head : NULL; le && !err;
	     le = le->next) {
		const struct room_entry *old = le->data;
		struct room_entry *e = mem_zalloc(sizeof(*e),
						  entry_destructor);

		if (!e) {
			err = ENOMEM;
			break;
		}

		list_append(&m->entries, &e->le, e);
		err = str_dup(&e->digits, old->digits);
		for (struct le *al = old->actions.head; al && !err;
		     al = al->next) {
			const struct room_action *a = al->data;
			struct pl arg = PL_INIT;

			if (a->arg)
				pl_set_str(&arg, a->arg);
			err = action_alloc(&e->actions, a->type, &arg);
		}
	}

	if (err) {
		mem_deref(m);
		return ENOMEM;
	}

	*mp = m;

	return 0;
}


int room_menu_set(struct room_menu *m, const char *digits,
		  const char *actions, char **why)
{
	struct findings *f;
	int err;

	if (!m || !digits || !actions)
		return EINVAL;

	err = findings_alloc(&f);
	if (err)
		return err;

	err = menu_line(m, f, NULL, digits, actions);
	if (err) {
		mem_deref(f);
		return err;
	}

	return findings_verdict(f, why);
}
