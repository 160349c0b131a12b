/**
 * @file config/confbridge.c  confbridge.conf: profiles of conferences
 *
 * Each section says by type= what it is: a user, a bridge or a menu.  The
 * profiles default_user and default_bridge exist without being written.  What
 * their lines are is in the option table; menus are read by confbridge_menu.c.
 */
#include "config/confbridge.h"
#include "base/text.h"
#include "config/check.h"

enum { NAME_SIZE = 80 };


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


/* --- changes of a call --------------------------------------------------- */

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

	return findings_verdict(f, why);
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
		return load_room_menu(r->ld, sec);

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
