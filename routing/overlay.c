/**
 * @file routing/overlay.c  Extensions that come and go while it runs
 */
#include "routing/overlay.h"
#include "base/rand.h"
#include "config/config.h"
#include "routing/pattern.h"


enum { BUCKETS = 1024 };

static const char origin[] = "regexten"; /* in place of a file */


struct entry {
	struct le hle;
	struct le le;
	char *context;
	struct dp_exten exten;
	struct dp_prio prio;
};


struct dp_overlay {
	struct hash *hash;
	struct list entries;
	uint32_t n;
};


static void entry_destructor(void *arg)
{
	struct entry *e = arg;

	hash_unlink(&e->hle);
	list_unlink(&e->le);
	list_unlink(&e->prio.le);
	mem_deref(e->context);
	mem_deref(e->exten.name);
	mem_deref(e->prio.app);
	mem_deref(e->prio.args);
}


static void overlay_destructor(void *arg)
{
	struct dp_overlay *ov = arg;

	overlay_flush(ov);
	mem_deref(ov->hash);
}


int overlay_alloc(struct dp_overlay **ovp)
{
	struct dp_overlay *ov;
	int err;

	if (!ovp)
		return EINVAL;

	ov = mem_zalloc(sizeof(*ov), overlay_destructor);
	if (!ov)
		return ENOMEM;

	err = hash_alloc(&ov->hash, BUCKETS);
	if (err)
		mem_deref(ov);
	else
		*ovp = ov;

	return err;
}


static uint32_t key(const char *context, const struct pl *exten)
{
	return hash_key(context, strlen(context)) ^
	       hash_key(exten->p, exten->l);
}


static struct entry *find(const struct dp_overlay *ov, const char *context,
			  const struct pl *exten)
{
	struct le *le;

	if (!ov || !context || !pl_isset(exten))
		return NULL;

	le = list_head(hash_list(ov->hash, key(context, exten)));
	for (; le; le = le->next) {
		struct entry *e = le->data;

		if (!strcmp(e->context, context) &&
		    !pl_strcmp(exten, e->exten.name))
			return e;
	}

	return NULL;
}


static int entry_fill(struct entry *e, const char *context,
		      const struct pl *exten, const char *app,
		      const char *args)
{
	int err;

	err = str_dup(&e->context, context);
	err |= pl_strdup(&e->exten.name, exten);
	err |= str_dup(&e->prio.app, app);
	err |= str_dup(&e->prio.args, args);
	if (err)
		return ENOMEM;

	e->prio.prio	 = 1;
	e->exten.pos.file = e->prio.pos.file = origin;
	list_append(&e->exten.prios, &e->prio.le, &e->prio);

	return 0;
}


int overlay_add(struct dp_overlay *ov, const char *context,
		const struct pl *exten, const char *app, const char *args)
{
	struct entry *e;
	int err;

	if (!ov || !context || !pl_isset(exten) || !app || !args ||
	    pattern_is(exten))
		return EINVAL;

	(void)overlay_del(ov, context, exten);
	if (ov->n >= OVERLAY_MAX)
		return ENOBUFS;

	e = mem_zalloc(sizeof(*e), entry_destructor);
	if (!e)
		return ENOMEM;

	err = entry_fill(e, context, exten, app, args);
	if (err) {
		mem_deref(e);
		return err;
	}

	hash_append(ov->hash, key(context, exten), &e->hle, e);
	list_append(&ov->entries, &e->le, e);
	++ov->n;

	return 0;
}


bool overlay_del(struct dp_overlay *ov, const char *context,
		 const struct pl *exten)
{
	struct entry *e = find(ov, context, exten);

	if (!e)
		return false;

	--ov->n;
	mem_deref(e);

	return true;
}


void overlay_flush(struct dp_overlay *ov)
{
	if (!ov)
		return;

	list_flush(&ov->entries);
	ov->n = 0;
}


const struct dp_exten *overlay_find(const struct dp_overlay *ov,
				    const char *context,
				    const struct pl *exten)
{
	const struct entry *e = find(ov, context, exten);

	return e ? &e->exten : NULL;
}


const struct dp_exten *overlay_longer(const struct dp_overlay *ov,
				      const char *context,
				      const struct pl *digits)
{
	for (struct le *le = ov ? list_head(&ov->entries) : NULL; le;
	     le = le->next) {
		const struct entry *e = le->data;

		if (strlen(e->exten.name) > digits->l &&
		    (!digits->l ||
		     !memcmp(e->exten.name, digits->p, digits->l)) &&
		    !strcmp(e->context, context))
			return &e->exten;
	}

	return NULL;
}


bool overlay_apply(const struct dp_overlay *ov, const char *context,
		   overlay_h *h, void *arg)
{
	for (struct le *le = ov ? list_head(&ov->entries) : NULL; le;
	     le = le->next) {
		const struct entry *e = le->data;

		if (!strcmp(e->context, context) && h(&e->exten, arg))
			return true;
	}

	return false;
}


bool overlay_owns(const struct dp_exten *exten)
{
	return exten && exten->pos.file == origin;
}
