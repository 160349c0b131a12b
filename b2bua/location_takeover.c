/**
 * @file b2bua/location_takeover.c  Bindings, told to another process and by it
 *
 * Who serves tells who watches of each change.  The one that has handed over
 * is passive: it takes what it is told, so it knows where phones are, and
 * leaves them alone.
 */
#include "b2bua/location_priv.h"
#include "b2bua/server.h"

static const struct location_watch *watch;
static bool passive; /* another process has them now */


void location_export(store_location_h *h, void *arg)
{
	for (struct le *le = list_head(location_list()); le; le = le->next) {
		const struct place *pl = le->data;

		/* the oldest first: each becomes the newest */
		for (struct le *l = list_tail(&pl->bindings); l; l = l->prev) {
			char received[RECEIVED_SIZE];
			const struct store_location loc =
				binding_row(received, l->data);

			h(&loc, arg);
		}
	}
}


void location_import(const struct store_location *loc)
{
	if (location_take(server()->cfg, loc, false))
		location_changed(loc->aor);
}


void location_import_gone(const struct store_location *loc)
{
	const struct binding_params which = {
		.contact  = loc->contact,
		.instance = loc->instance && *loc->instance ? loc->instance
							    : NULL,
		.reg_id	  = loc->reg_id,
	};

	location_unbind(loc->aor, &which);
}


void location_watch(const struct location_watch *w)
{
	watch = w;
}


void location_tell_put(const struct store_location *loc)
{
	if (watch)
		watch->put(loc, watch->arg);
}


void location_tell_del(const struct store_location *loc)
{
	if (watch)
		watch->del(loc, watch->arg);
}


void location_passive(bool on)
{
	passive = on;
	if (!on)
		return;

	for (struct le *le = list_head(location_list()); le; le = le->next) {
		struct place *pl = le->data;

		qualify_stop(pl);
		timer_cancel(&pl->keepalive);
		for (struct le *l = list_head(&pl->bindings); l; l = l->next)
			keepalive_stop(l->data);
	}
}


bool location_is_passive(void)
{
	return passive;
}
