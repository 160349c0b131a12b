/**
 * @file apps/func_confbridge.c  CONFBRIDGE, CONFBRIDGE_INFO,
 *                               CONFBRIDGE_CHANNELS
 *
 * What CONFBRIDGE() sets is kept in variables of the call whose names nobody
 * can write in a plan: "confbridge/user/pin".  A new value is tried on a copy
 * first, so that what is wrong is said where it was written.
 */
#include "apps/room.h"
#include "base/text.h"

#define PREFIX "confbridge/"

enum kind {
	KIND_BRIDGE,
	KIND_USER,
	KIND_MENU,
	KIND_NONE
};

static const char *const kinds[] = {"bridge", "user", "menu"};


static enum kind kind_of(const struct pl *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!pl_strcasecmp(name, kinds[i]))
			return (enum kind)i;
	}

	return KIND_NONE;
}


/* --- CONFBRIDGE ---------------------------------------------------------- */

/** The copies that settings are applied to */
struct own {
	struct call *call;
	struct room_bridge *bridge;
	struct room_user *user;
	struct room_menu *menu;
	enum kind only;          /* ... of this kind; NONE: all */
};


static int own_begin(struct own *o, enum kind kind, const char *template)
{
	const struct config *cfg = o->call->cfg;

	switch (kind) {

	case KIND_BRIDGE:
		return o->bridge ? 0 : room_bridge_copy(&o->bridge,
				config_room_bridge(cfg, template));
	case KIND_USER:
		return o->user ? 0 : room_user_copy(&o->user,
				config_room_user(cfg, template));
	case KIND_MENU:
		return o->menu ? 0 : room_menu_copy(&o->menu,
				config_room_menu(cfg, template));
	case KIND_NONE:
	default: return EINVAL;
	}
}


static int own_set(struct own *o, enum kind kind, const char *name,
		   const char *value, char **why)
{
	switch (kind) {

	case KIND_BRIDGE: return room_bridge_set(o->bridge, name, value, why);
	case KIND_USER:   return room_user_set(o->user, name, value, why);
	case KIND_MENU:   return room_menu_set(o->menu, name, value, why);
	case KIND_NONE:
	default: return EINVAL;
	}
}


static void own_reset(struct own *o)
{
	mem_deref(o->bridge);
	mem_deref(o->user);
	mem_deref(o->menu);
}


/* "confbridge/user/pin": kind and the rest */
static const char *own_name(enum kind *kindp, const char *var)
{
	struct pl kind;
	const char *slash;

	if (strncmp(var, PREFIX, sizeof(PREFIX) - 1))
		return NULL;

	kind.p = var + sizeof(PREFIX) - 1;
	slash = strchr(kind.p, '/');
	if (!slash)
		return NULL;

	kind.l = (size_t)(slash - kind.p);
	*kindp = kind_of(&kind);

	return *kindp == KIND_NONE ? NULL : slash + 1;
}


static const char *own_template(const struct call *call, enum kind kind)
{
	char name[64];

	(void)re_snprintf(name, sizeof(name), PREFIX "%s/template",
			  kinds[kind]);

	return vars_str(call->vars, name);
}


static bool apply(const char *var, const struct vval *val,
		  enum var_inherit inherit, void *arg)
{
	struct own *o = arg;
	char *why = NULL;
	enum kind kind;
	const char *name = own_name(&kind, var);
	int err;

	(void)inherit;
	if (!name || (o->only != KIND_NONE && o->only != kind))
		return false;

	err = own_begin(o, kind, own_template(o->call, kind));
	if (!err && str_casecmp(name, "template"))
		err = own_set(o, kind, name, val->str, &why);
	if (err)
		call_warning(o->call, "CONFBRIDGE(%s,%s)=%s: %s",
			     kinds[kind], name, val->str,
			     why ? why : "left out");
	mem_deref(why);

	return false;
}


void confbridge_own(struct call *call, struct room_bridge **bp,
		    struct room_user **up, struct room_menu **mp)
{
	struct own o = {.call = call, .only = KIND_NONE};

	(void)vars_apply(call->vars, apply, &o);
	*bp = o.bridge;
	*up = o.user;
	*mp = o.menu;
}


/** Settings that are taken back */
struct wipe {
	enum kind kind;
	char name[128];          /* the last one found */
};


static bool find_setting(const char *var, const struct vval *val,
			 enum var_inherit inherit, void *arg)
{
	struct wipe *w = arg;
	enum kind kind;

	(void)val;
	(void)inherit;
	if (!own_name(&kind, var) || kind != w->kind)
		return false;

	str_ncpy(w->name, var, sizeof(w->name));

	return true;
}


static void clear(struct call *call, enum kind kind)
{
	struct wipe w = {.kind = kind};

	while (vars_apply(call->vars, find_setting, &w)) {
		struct pl name;

		pl_set_str(&name, w.name);
		vars_unset(call->vars, &name);
	}
}


static bool is_template(const struct call *call, enum kind kind,
			const char *name)
{
	const struct config *cfg = call->cfg;

	return kind == KIND_BRIDGE ? config_room_bridge(cfg, name) != NULL
	       : kind == KIND_USER ? config_room_user(cfg, name) != NULL
				   : config_room_menu(cfg, name) != NULL;
}


/* On a copy that nobody uses: what is wrong with it? */
static int try_value(struct call *call, enum kind kind, const char *name,
		     const char *value)
{
	struct own o = {.call = call, .only = kind};
	char *why = NULL;
	int err;

	err = own_begin(&o, kind, own_template(call, kind));
	if (!err)
		err = own_set(&o, kind, name, value, &why);
	if (err == EINVAL)
		call_warning(call, "CONFBRIDGE(%s,%s)=%s is left out: %s",
			     kinds[kind], name, value,
			     why ? why : "no such profile");

	mem_deref(why);
	own_reset(&o);

	return err;
}


static int confbridge_write(struct call *call, const struct ttext *text,
			    const struct ttext *value)
{
	char var[128];
	struct args args;
	struct pl name, pl;
	enum kind kind;
	int err;

	err = args_split(&args, text, 2);
	if (err)
		return err;

	pl = args_pl(&args, 0);
	pl = pl_trim(pl);
	kind = kind_of(&pl);
	name = args_pl(&args, 1);
	name = pl_trim(name);
	if (kind == KIND_NONE || !name.l ||
	    re_snprintf(var, sizeof(var), PREFIX "%s/%r", kinds[kind],
			&name) < 0) {
		err = EINVAL;
	}
	else if (!pl_strcasecmp(&name, "clear")) {
		clear(call, kind);
	}
	else if (!pl_strcasecmp(&name, "template")) {
		if (is_template(call, kind, value->str))
			err = call_set_var(call, var, value->str, false);
		else
			call_warning(call, "CONFBRIDGE: there is no %s "
				     "profile \"%s\"", kinds[kind],
				     value->str);
	}
	else {
		const char *option = strrchr(var, '/') + 1;

		if (!try_value(call, kind, option, value->str)) {
			pl_set_str(&pl, var);
			err = vars_set(call->vars, &pl, &(struct pl){
					value->str, value->len},
				       ttext_tainted(value));
		}
	}

	args_reset(&args);

	return err;
}


const struct func func_confbridge = {
	.name = "CONFBRIDGE",
	.usage = "CONFBRIDGE(bridge|user|menu,option)  write only: an option of "
		 "this call's own profile; option template names where it "
		 "begins, clear forgets it",
	.write = confbridge_write,
	.write_local = true,
};


/* --- CONFBRIDGE_INFO ----------------------------------------------------- */

static bool wants(const struct room_party *p, const struct pl *type)
{
	if (!pl_strcasecmp(type, "admins"))
		return p->user->admin;
	if (!pl_strcasecmp(type, "marked"))
		return p->user->marked;
	if (!pl_strcasecmp(type, "waiting"))
		return p->waits;
	if (!pl_strcasecmp(type, "active"))
		return !p->waits;

	return !pl_strcasecmp(type, "parties");
}


static int split(struct args *args, const struct ttext *text, struct pl *type,
		 struct room **roomp)
{
	int err = args_split(args, text, 2);

	if (err)
		return err;

	*type = args_pl(args, 0);
	*type = pl_trim(*type);
	*roomp = room_find(args_str(args, 1));

	return args->n == 2 ? 0 : EINVAL;
}


static int info_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *text)
{
	const struct room *room = NULL;
	struct args args;
	struct pl type;
	uint32_t n = 0;
	int err;

	(void)call;
	*tainted = false;
	err = split(&args, text, &type, (struct room **)&room);
	for (struct le *le = !err && room ? room->parties.head : NULL; le;
	     le = le->next)
		n += wants(le->data, &type);

	if (!err && room && !pl_strcasecmp(&type, "locked"))
		n = room->locked;
	else if (!err && room && !pl_strcasecmp(&type, "muted"))
		n = room->muted;

	args_reset(&args);

	return err ? err : mbuf_printf(out, "%u", n);
}


const struct func func_confbridge_info = {
	.name = "CONFBRIDGE_INFO",
	.usage = "CONFBRIDGE_INFO(parties|admins|marked|locked|muted,name)  "
		 "users of a conference, or whether it is locked or muted",
	.read = info_read,
};


static int channels_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *text)
{
	struct room *room = NULL;
	struct args args;
	const char *sep = "";
	struct pl type;
	int err;

	(void)call;
	*tainted = false;
	err = split(&args, text, &type, &room);
	for (struct le *le = !err && room ? room->parties.head : NULL; le && !err;
	     le = le->next) {
		const struct room_party *p = le->data;

		if (!wants(p, &type) || !p->call->caller)
			continue;

		err = mbuf_printf(out, "%s%s", sep, leg_name(p->call->caller));
		sep = ",";
	}

	args_reset(&args);

	return err;
}


const struct func func_confbridge_channels = {
	.name = "CONFBRIDGE_CHANNELS",
	.usage = "CONFBRIDGE_CHANNELS(parties|active|admins|marked|waiting,name)"
		 "  channels in a conference, commas between",
	.read = channels_read,
};
