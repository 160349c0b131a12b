/**
 * @file config/confbridge.c  confbridge.conf: profiles of conferences
 *
 * Each section says by type= what it is: a user, a bridge or a menu.  The
 * profiles default_user and default_bridge exist without being written.  Lines
 * of a menu are digits and actions; for anything else the option table counts.
 */
#include "config/confbridge.h"
#include "base/text.h"
#include "config/check.h"

enum {
	MENU_DIGITS_MAX = 15,
	NAME_SIZE = 80,
};


/* --- memory -------------------------------------------------------------- */

static void user_destructor(void *data)
{
	struct room_user *u = data;

	list_unlink(&u->le);
	mem_deref(u->name);
	mem_deref(u->music_class);
	mem_deref(u->pin);
	mem_deref(u->announcement);
}


static void bridge_destructor(void *data)
{
	struct room_bridge *b = data;

	list_unlink(&b->le);
	mem_deref(b->name);
	mem_deref(b->record_file);
	mem_deref(b->language);
#define X(id, file) mem_deref(b->sound.id);
	ROOM_SOUNDS(X)
#undef X
}


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


static void conf_destructor(void *data)
{
	struct room_conf *rc = data;

	list_flush(&rc->users);
	list_flush(&rc->bridges);
	list_flush(&rc->menus);
	list_flush(&rc->meets);
}


static int text_dup(char **dstp, const char *src)
{
	*dstp = NULL;

	return src ? str_dup(dstp, src) : 0;
}


int room_user_copy(struct room_user **up, const struct room_user *src)
{
	struct room_user *u;
	int err;

	if (!up || !src)
		return EINVAL;

	u = mem_zalloc(sizeof(*u), user_destructor);
	if (!u)
		return ENOMEM;

	*u = *src;
	memset(&u->le, 0, sizeof(u->le));
	err = text_dup(&u->name, src->name);
	err |= text_dup(&u->music_class, src->music_class);
	err |= text_dup(&u->pin, src->pin);
	err |= text_dup(&u->announcement, src->announcement);
	if (err) {
		mem_deref(u);
		return ENOMEM;
	}

	*up = u;

	return 0;
}


int room_bridge_copy(struct room_bridge **bp, const struct room_bridge *src)
{
	struct room_bridge *b;
	int err;

	if (!bp || !src)
		return EINVAL;

	b = mem_zalloc(sizeof(*b), bridge_destructor);
	if (!b)
		return ENOMEM;

	*b = *src;
	memset(&b->le, 0, sizeof(b->le));
	err = text_dup(&b->name, src->name);
	err |= text_dup(&b->record_file, src->record_file);
	err |= text_dup(&b->language, src->language);
#define X(id, file) err |= text_dup(&b->sound.id, src->sound.id);
	ROOM_SOUNDS(X)
#undef X
	if (err) {
		mem_deref(b);
		return ENOMEM;
	}

	*bp = b;

	return 0;
}


/* --- look-up ------------------------------------------------------------- */

static bool named(const char *have, const char *name, const char *def)
{
	return !str_casecmp(have, str_isset(name) ? name : def);
}


const struct room_user *config_room_user(const struct config *cfg,
					 const char *name)
{
	for (struct le *le = cfg && cfg->rooms ? cfg->rooms->users.head : NULL;
	     le; le = le->next) {
		const struct room_user *u = le->data;

		if (named(u->name, name, "default_user"))
			return u;
	}

	return NULL;
}


const struct room_bridge *config_room_bridge(const struct config *cfg,
					     const char *name)
{
	for (struct le *le = cfg && cfg->rooms ? cfg->rooms->bridges.head
					       : NULL;
	     le; le = le->next) {
		const struct room_bridge *b = le->data;

		if (named(b->name, name, "default_bridge"))
			return b;
	}

	return NULL;
}


const struct room_menu *config_room_menu(const struct config *cfg,
					 const char *name)
{
	for (struct le *le = cfg && cfg->rooms ? cfg->rooms->menus.head : NULL;
	     le; le = le->next) {
		const struct room_menu *m = le->data;

		if (named(m->name, name, "default_menu"))
			return m;
	}

	return NULL;
}


/* --- menus --------------------------------------------------------------- */

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
		find_warning(f, pos, "menu action '%r' is unknown (did you mean "
			   "'%s'?)", name, near);
	else
		find_warning(f, pos, "menu action '%r' is unknown, expected one "
			   "such as toggle_mute or leave_conference", name);
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


/* --- changes of a call --------------------------------------------------- */

/* What is wrong with a value, as text */
static int verdict(struct findings *f, char **why)
{
	const struct finding *fi = list_ledata(f->list.head);
	int err = 0;

	if (f->out_of_memory)
		err = ENOMEM;
	else if (fi) {
		err = EINVAL;
		if (why && str_dup(why, fi->text))
			err = ENOMEM;
	}

	mem_deref(f);

	return err;
}


static const struct opt *row_find(unsigned scope, const char *name)
{
	for (size_t i = 0; i < opt_count(); i++) {
		if (opt_at(i)->scope == scope &&
		    !str_casecmp(opt_at(i)->name, name))
			return opt_at(i);
	}

	return NULL;
}


static int set(struct opt_ctx *ctx, unsigned scope, const char *name,
	       const char *value, char **why)
{
	struct findings *f;
	int err;

	if (!name || !value)
		return EINVAL;

	err = findings_alloc(&f);
	if (err)
		return err;

	ctx->opt = row_find(scope, name);
	ctx->f = f;
	ctx->key = name;
	pl_set_str(&ctx->val, value);
	ctx->val = pl_trim(ctx->val);
	if (ctx->opt)
		err = opt_set(ctx);
	else
		find_warning(f, NULL, "option '%s' is unknown", name);

	if (err) {
		mem_deref(f);
		return err;
	}

	return verdict(f, why);
}


int room_user_set(struct room_user *u, const char *name, const char *value,
		  char **why)
{
	struct opt_ctx ctx = {.room_user = u};

	return u ? set(&ctx, OPT_RUSER, name, value, why) : EINVAL;
}


int room_bridge_set(struct room_bridge *b, const char *name,
		    const char *value, char **why)
{
	struct opt_ctx ctx = {.room_bridge = b};

	return b ? set(&ctx, OPT_RBRIDGE, name, value, why) : EINVAL;
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

	return verdict(f, why);
}


/* --- setters ------------------------------------------------------------- */

/* announce_user_count_all: yes, no, or a number */
int set_room_count(struct opt_ctx *ctx, void *field)
{
	uint32_t *np = field;
	uint64_t n;
	bool yes;

	if (!num_decode(&n, &ctx->val, 10000))
		*np = (uint32_t)n;
	else if (bool_decode(&yes, &ctx->val))
		*np = yes ? 0 : UINT32_MAX;
	else
		opt_bad_value(ctx, "yes, no, or the number of users above "
			      "which it is said");

	return 0;
}


/* internal_sample_rate: of Asterisk's many rates the next one that we have,
 * for maximum_sample_rate the one below */
static int rate_set(struct opt_ctx *ctx, void *field, bool below)
{
	uint32_t *np = field;
	uint64_t n;

	if (!pl_strcasecmp(&ctx->val, "auto") ||
	    !pl_strcasecmp(&ctx->val, "none"))
		*np = 0;
	else if (num_decode(&n, &ctx->val, 192000) || n < 8000)
		opt_bad_value(ctx, "auto, 8000, 16000 or 48000 (Hz)");
	else if (below)
		*np = n < 16000 ? 8000 : n < 48000 ? 16000 : 48000;
	else
		*np = n > 16000 ? 48000 : n > 8000 ? 16000 : 8000;

	return 0;
}


int set_room_rate(struct opt_ctx *ctx, void *field)
{
	return rate_set(ctx, field, false);
}


int set_room_rate_max(struct opt_ctx *ctx, void *field)
{
	return rate_set(ctx, field, true);
}


/* --- sections ------------------------------------------------------------ */

/** Indexes of the options, and where a section goes */
struct reader {
	struct loader *ld;
	struct opt_index *users, *bridges;
};


static bool is_type(const struct conf_var *var)
{
	return !str_casecmp(var->name, "type");
}


static int user_lines(struct reader *r, struct room_user *u,
		      const struct list *vars)
{
	struct opt_ctx ctx = {
		.cfg = r->ld->cfg, .f = r->ld->f, .room_user = u,
	};
	char where[NAME_SIZE + 8];
	int err = opt_defaults(&ctx, OPT_RUSER);

	(void)re_snprintf(where, sizeof(where), "[%s]", u->name);
	for (struct le *le = list_head(vars); le && !err; le = le->next) {
		if (!is_type(le->data))
			err = opt_line(&ctx, r->users, OPT_RUSER, le->data,
				       where, NULL);
	}

	return err;
}


static int bridge_lines(struct reader *r, struct room_bridge *b,
			const struct list *vars)
{
	struct opt_ctx ctx = {
		.cfg = r->ld->cfg, .f = r->ld->f, .room_bridge = b,
	};
	char where[NAME_SIZE + 8];
	int err = opt_defaults(&ctx, OPT_RBRIDGE);

	(void)re_snprintf(where, sizeof(where), "[%s]", b->name);
	for (struct le *le = list_head(vars); le && !err; le = le->next) {
		if (!is_type(le->data))
			err = opt_line(&ctx, r->bridges, OPT_RBRIDGE,
				       le->data, where, NULL);
	}

	return err;
}


static bool is_digits(const char *s)
{
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
	}

	return true;
}


static void user_check(struct loader *ld, const struct room_user *u)
{
	if (u->pin && !is_digits(u->pin))
		find_warning(ld->f, &u->pos, "the PIN of user profile %s "
			     "cannot be dialled, expected digits", u->name);
	if (u->music_class && !config_moh(ld->cfg, u->music_class) &&
	    str_casecmp(u->music_class, "default"))
		find_warning(ld->f, &u->pos, "user profile %s: there is no "
			     "class '%s' in musiconhold.conf, the default one "
			     "is played", u->name, u->music_class);
	if (u->marked && u->wait_marked)
		find_info(ld->f, &u->pos, "user profile %s: who is marked "
			  "waits for nobody", u->name);
}


static int user_add(struct reader *r, const char *name,
		    const struct conf_pos *pos, const struct list *vars)
{
	struct room_user *u = mem_zalloc(sizeof(*u), user_destructor);
	int err;

	if (!u)
		return ENOMEM;

	if (pos)
		u->pos = *pos;
	err = str_dup(&u->name, name);
	if (!err)
		err = user_lines(r, u, vars);
	if (err) {
		mem_deref(u);
		return ENOMEM;
	}

	list_append(&r->ld->cfg->rooms->users, &u->le, u);
	user_check(r->ld, u);

	return 0;
}


static int bridge_add(struct reader *r, const char *name,
		      const struct conf_pos *pos, const struct list *vars)
{
	struct room_bridge *b = mem_zalloc(sizeof(*b), bridge_destructor);
	int err;

	if (!b)
		return ENOMEM;

	if (pos)
		b->pos = *pos;
	err = str_dup(&b->name, name);
	if (!err)
		err = bridge_lines(r, b, vars);
	if (err) {
		mem_deref(b);
		return ENOMEM;
	}

	list_append(&r->ld->cfg->rooms->bridges, &b->le, b);

	return 0;
}


static int menu_add(struct reader *r, const struct conf_section *sec)
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

		if (!is_type(var))
			err = menu_line(m, r->ld->f, &pos, var->name,
					var->value);
	}
	if (err) {
		mem_deref(m);
		return ENOMEM;
	}

	list_append(&r->ld->cfg->rooms->menus, &m->le, m);

	return 0;
}


static int section_add(struct reader *r, const struct conf_section *sec)
{
	const struct conf_var *type = conf_section_var(sec, "type");
	const char *what = type ? type->value : "";

	if (strlen(sec->name) >= NAME_SIZE) {
		find_warning(r->ld->f, &sec->pos, "the name of a profile has "
			   "more than %u bytes", NAME_SIZE - 1);
		return 0;
	}

	if (!str_casecmp(what, "user"))
		return user_add(r, sec->name, &sec->pos, &sec->vars);
	if (!str_casecmp(what, "bridge"))
		return bridge_add(r, sec->name, &sec->pos, &sec->vars);
	if (!str_casecmp(what, "menu"))
		return menu_add(r, sec);

	find_warning(r->ld->f, type ? &type->pos : &sec->pos, "[%s]: type is "
		   "'%s', expected user, bridge or menu", sec->name, what);

	return 0;
}


static int sections(struct reader *r, const struct conf_file *cf)
{
	int err = 0;

	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;

		if (!sec->tmpl && str_casecmp(sec->name, "general"))
			err = section_add(r, sec);
	}

	return err;
}


/* Those that are there without being written */
static int add_defaults(struct reader *r)
{
	const struct config *cfg = r->ld->cfg;
	int err = 0;

	if (!config_room_user(cfg, NULL))
		err = user_add(r, "default_user", NULL, NULL);
	if (!err && !config_room_bridge(cfg, NULL))
		err = bridge_add(r, "default_bridge", NULL, NULL);

	return err;
}


int load_confbridge(struct loader *ld)
{
	struct conf_file *cf = NULL;
	struct reader r = {.ld = ld};
	int err;

	ld->cfg->rooms = mem_zalloc(sizeof(*ld->cfg->rooms), conf_destructor);
	if (!ld->cfg->rooms)
		return ENOMEM;

	err = loader_read(&cf, ld, "confbridge.conf", false);
	if (err)
		return err;

	err = opt_index_alloc(&r.users, OPT_RUSER);
	err |= opt_index_alloc(&r.bridges, OPT_RBRIDGE);
	if (!err && cf)
		err = sections(&r, cf);
	if (!err)
		err = add_defaults(&r);

	mem_deref(r.users);
	mem_deref(r.bridges);

	return err ? err : load_meetme(ld);
}


/* --- what the dialplan says ---------------------------------------------- */

static void profile_missing(const struct step_ref *sr, const char *kind,
			    const char *name)
{
	find_warning(sr->ld->f, &sr->prio->pos, "ConfBridge: there is no %s "
		     "profile '%s' in confbridge.conf, nobody can join",
		     kind, name);
}


void check_confbridge(const struct step_ref *sr)
{
	const struct config *cfg = sr->ld->cfg;
	struct pl rest, part;
	char name[NAME_SIZE];

	if (sr->ld->sip_text) /* without companions */
		return;

	pl_set_str(&rest, sr->prio->args);
	for (unsigned i = 0; arg_next(&part, &rest, ','); i++) {
		part = pl_trim(part);
		if (!i || !part.l || pl_strchr(&part, '$') ||
		    pl_copy(name, sizeof(name), &part))
			continue;

		if (i == 1 && !config_room_bridge(cfg, name))
			profile_missing(sr, "bridge", name);
		else if (i == 2 && !config_room_user(cfg, name))
			profile_missing(sr, "user", name);
		else if (i == 3 && !config_room_menu(cfg, name))
			profile_missing(sr, "menu", name);
	}
}
