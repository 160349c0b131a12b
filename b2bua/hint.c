/**
 * @file b2bua/hint.c  Hints: from an extension to its devices and their state
 *
 * A watch remembers the devices that the plan named when it was made; after a
 * reload each one is looked up again.
 */
#include "b2bua/hint.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "routing/args.h"
#include "routing/dialplan.h"
#include "routing/subst.h"
#include "routing/vars.h"

struct hint_watch {
	struct le le;
	char *context, *exten;
	struct hint_devs devs;
	struct devstate_watch *watchv[HINT_DEVICES_MAX];
	enum devstate told;
	bool gone;            /* the plan has no hint for it any more */
	hint_h *h;
	void *arg;
};

/** What a hint's text may name */
struct naming {
	const char *context, *exten;
};

static struct list watches; /* struct hint_watch */


/* ---- from the text of a hint to devices --------------------------------- */

static int var_handler(struct mbuf *out, const struct pl *name, bool *tainted,
		       void *arg)
{
	const struct server *srv = server();
	const struct naming *n = arg;
	const struct vval *val;

	if (!pl_strcmp(name, "EXTEN")) {
		*tainted = true;
		return mbuf_write_str(out, n->exten);
	}
	if (!pl_strcmp(name, "CONTEXT"))
		return mbuf_write_str(out, n->context);

	val = srv->globals ? vars_get(srv->globals, name) : NULL;
	if (!val)
		return ENOENT;

	*tainted = val->tainted;

	return mbuf_write_mem(out, (const uint8_t *)val->str, val->len);
}


static int func_handler(struct mbuf *out, const struct pl *name,
			const struct ttext *args, bool *tainted, void *arg)
{
	(void)out;
	(void)args;
	(void)tainted;
	(void)arg;
	log_warning("hint", "function %r means nothing in a hint", name);

	return ENOENT;
}


static void warn_handler(const char *text, void *arg)
{
	const struct naming *n = arg;

	log_warning("hint", "%s@%s: %s", n->exten, n->context, text);
}


static const struct subst_ops ops = {
	.var = var_handler,
	.func = func_handler,
	.warn = warn_handler,
};


/* The devices stand before the first comma of the administrator's */
static int cut_presence(struct ttext **tp, const struct ttext *text)
{
	return ttext_slice(tp, text, 0, ttext_find(text, 0, ','));
}


static int devs_add(struct hint_devs *devs, const struct ttext *text)
{
	if (!text->len || devs->n == ARRAY_SIZE(devs->v))
		return 0;
	if (text->len >= DEVSTATE_NAME_MAX)
		return E2BIG;

	return str_dup(&devs->v[devs->n++], text->str);
}


static int devs_take(struct hint_devs *devs, const struct ttext *text)
{
	struct ttext *list = NULL;
	struct args args;
	int err;

	args.n = 0;
	err = cut_presence(&list, text);
	if (!err)
		err = args_split_plain(&args, list, '&');

	for (size_t i = 0; i < args.n && !err; i++)
		err = devs_add(devs, args.v[i]);

	args_reset(&args);
	mem_deref(list);

	return err;
}


void hint_devs_reset(struct hint_devs *devs)
{
	for (size_t i = 0; devs && i < devs->n; i++)
		devs->v[i] = mem_deref(devs->v[i]);
	if (devs)
		devs->n = 0;
}


int hint_devices(struct hint_devs *devs, const char *context,
		 const char *exten)
{
	const struct server *srv = server();
	struct naming naming = {context, exten};
	struct dp_query q = {.context = context,
			     .now_s = (int64_t)clock_wall_s()};
	struct ttext *text = NULL;
	const char *hint;
	struct pl pl;
	int err;

	if (!devs || !context || !exten)
		return EINVAL;

	devs->n = 0;
	pl_set_str(&q.exten, exten);
	hint = srv && srv->plan ? dp_hint(srv->plan, &q) : NULL;
	if (!hint)
		return ENOENT;

	pl_set_str(&pl, hint);
	err = subst_expand(&text, &pl, &ops, &naming);
	if (!err)
		err = devs_take(devs, text);
	mem_deref(text);
	if (err)
		hint_devs_reset(devs);

	return err;
}


static enum devstate state_of(const struct hint_devs *devs)
{
	enum devstate v[HINT_DEVICES_MAX];

	for (size_t i = 0; i < devs->n; i++)
		v[i] = devstate_get(devs->v[i]);

	return devstate_combine(v, devs->n);
}


int hint_state(enum devstate *stp, const char *context, const char *exten)
{
	struct hint_devs devs;
	int err;

	if (!stp)
		return EINVAL;

	err = hint_devices(&devs, context, exten);
	if (err)
		return err;

	*stp = state_of(&devs);
	hint_devs_reset(&devs);

	return 0;
}


/* ---- watching ----------------------------------------------------------- */

static void unwatch(struct hint_watch *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(w->watchv); i++)
		w->watchv[i] = mem_deref(w->watchv[i]);
	hint_devs_reset(&w->devs);
}


static void destructor(void *data)
{
	struct hint_watch *w = data;

	list_unlink(&w->le);
	unwatch(w);
	mem_deref(w->context);
	mem_deref(w->exten);
}


static void tell(struct hint_watch *w)
{
	enum devstate st = hint_watch_state(w);

	if (st == w->told && !w->gone)
		return;

	w->told = st;
	w->h(st, w->arg);
}


static void device_handler(const char *device, enum devstate st, void *arg)
{
	(void)device;
	(void)st;
	tell(arg);
}


static int watch_devices(struct hint_watch *w)
{
	int err;

	err = hint_devices(&w->devs, w->context, w->exten);
	for (size_t i = 0; i < w->devs.n && !err; i++)
		err = devstate_watch(&w->watchv[i], w->devs.v[i],
				     device_handler, w);

	return err;
}


int hint_watch(struct hint_watch **wp, const char *context, const char *exten,
	       hint_h *h, void *arg)
{
	struct hint_watch *w;
	int err;

	if (!wp || !context || !exten || !h)
		return EINVAL;

	w = mem_zalloc(sizeof(*w), destructor);
	if (!w)
		return ENOMEM;

	w->h = h;
	w->arg = arg;
	err = str_dup(&w->context, context);
	err |= str_dup(&w->exten, exten);
	if (!err)
		err = watch_devices(w);
	if (err) {
		mem_deref(w);
		return err;
	}

	w->told = hint_watch_state(w);
	list_append(&watches, &w->le, w);
	*wp = w;

	return 0;
}


enum devstate hint_watch_state(const struct hint_watch *w)
{
	return w && !w->gone ? state_of(&w->devs) : DEV_UNKNOWN;
}


bool hint_exists(const struct hint_watch *w)
{
	return w && !w->gone;
}


static bool shows(enum devstate dev, enum devstate st)
{
	if (st == DEV_RINGING || st == DEV_RINGINUSE)
		return dev == DEV_RINGING || dev == DEV_RINGINUSE;

	return dev == st;
}


const char *hint_watch_device(const struct hint_watch *w, enum devstate st)
{
	for (size_t i = 0; w && i < w->devs.n; i++) {
		if (shows(devstate_get(w->devs.v[i]), st))
			return w->devs.v[i];
	}

	return "";
}


uint32_t hint_watchers(const char *context, const char *exten)
{
	uint32_t n = 0;

	for (struct le *le = list_head(&watches); le; le = le->next) {
		const struct hint_watch *w = le->data;

		n += !strcmp(w->exten, exten) && !strcmp(w->context, context);
	}

	return n;
}


void hint_reload(void)
{
	for (struct le *le = list_head(&watches); le; le = le->next) {
		struct hint_watch *w = le->data;

		unwatch(w);
		w->gone = watch_devices(w) != 0;
		tell(w);
	}
}
