/**
 * @file config/parking.c  res_parking.conf: parking lots
 *
 * Each section is a lot; `default` is there without a file, too.  Files of
 * before Asterisk 12 have the same keys in features.conf (features.c).
 *
 * A lot puts numbers into its context: parkext parks, each slot takes the call
 * that stands there.  What the dialplan has at these numbers itself wins.
 */
#include "base/text.h"
#include "config/check.h"


/* --- memory and look-up -------------------------------------------------- */

static void lot_destructor(void *data)
{
	struct park_lot *lot = data;

	list_unlink(&lot->le);
	mem_deref(lot->name);
	mem_deref(lot->parkext);
	mem_deref(lot->context);
	mem_deref(lot->comebackcontext);
	mem_deref(lot->music);
	mem_deref(lot->courtesytone);
}


static struct park_lot *lot_find(const struct config *cfg, const char *name)
{
	for (struct le *le = list_head(&cfg->lots); le; le = le->next) {
		struct park_lot *lot = le->data;

		if (!str_casecmp(lot->name, name))
			return lot;
	}

	return NULL;
}


const struct park_lot *config_lot(const struct config *cfg, const char *name)
{
	return cfg && name ? lot_find(cfg, name) : NULL;
}


static int lot_get(struct park_lot **lotp, struct loader *ld,
		   const char *name, const struct conf_pos *pos)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	struct park_lot *lot = lot_find(ld->cfg, name);
	int err;

	if (lot) {
		*lotp = lot;
		return 0;
	}

	lot = mem_zalloc(sizeof(*lot), lot_destructor);
	if (!lot)
		return ENOMEM;

	lot->pos = *pos;
	ctx.lot = lot;
	err = str_dup(&lot->name, name);
	if (!err)
		err = opt_defaults(&ctx, OPT_LOT);
	if (err) {
		mem_deref(lot);
		return err;
	}

	list_append(&ld->cfg->lots, &lot->le, lot);
	*lotp = lot;

	return 0;
}


int parking_default(struct loader *ld)
{
	struct park_lot *lot;
	int err;

	err = lot_get(&lot, ld, "default", &ld->gpos);

	return err ? err : str_dup(&lot->parkext, "700");
}


/* --- setter -------------------------------------------------------------- */

/* first-last, or one */
int set_parkpos(struct opt_ctx *ctx, void *field)
{
	struct park_lot *lot = ctx->lot;
	struct pl rest = ctx->val, a, b;
	uint64_t first, last;

	(void)field;
	(void)pl_next(&a, &rest, '-');
	b = rest.p ? rest : a;
	a = pl_trim(a);
	b = pl_trim(b);

	if (num_decode(&first, &a, 999999999) ||
	    num_decode(&last, &b, 999999999) || last < first) {
		opt_bad_value(ctx, "first-last, such as 701-720");
		return 0;
	}

	if (last - first >= PARK_SLOTS_MAX) {
		last = first + PARK_SLOTS_MAX - 1;
		find_warning(ctx->f, &ctx->pos, "%s: a lot has %u slots at "
			     "most, the last one is %u", ctx->key,
			     PARK_SLOTS_MAX, (uint32_t)last);
	}

	lot->first = (uint32_t)first;
	lot->last = (uint32_t)last;

	return 0;
}


/* --- the file ------------------------------------------------------------ */

int parking_section(struct loader *ld, const struct opt_index *ix,
		    const struct conf_section *sec, const char *name)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	char where[64];
	int err;

	err = lot_get(&ctx.lot, ld, name, &sec->pos);
	if (err)
		return err;

	ctx.lot->pos = sec->pos;
	ld->parking_said = true;
	(void)re_snprintf(where, sizeof(where), "[%s]", sec->name);
	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = opt_line(&ctx, ix, OPT_LOT, le->data, where, NULL);

	return err;
}


static bool meet(const struct park_lot *a, const struct park_lot *b)
{
	return !str_cmp(a->context, b->context) && a->first <= b->last &&
	       b->first <= a->last;
}


static void lot_check(struct loader *ld, const struct park_lot *lot)
{
	struct pl ext;
	uint64_t n;

	pl_set_str(&ext, lot->parkext ? lot->parkext : "");
	if (ext.l && !num_decode(&n, &ext, UINT32_MAX) && n >= lot->first &&
	    n <= lot->last)
		find_warning(ld->f, &lot->pos, "lot '%s': parkext %s is one "
			     "of its slots, which cannot be dialled then",
			     lot->name, lot->parkext);

	for (const struct le *le = lot->le.prev; le; le = le->prev) {
		const struct park_lot *other = le->data;

		if (meet(lot, other))
			find_warning(ld->f, &lot->pos, "lots '%s' and '%s' "
				     "have slots in common in context '%s', "
				     "which take calls of '%s' only",
				     other->name, lot->name, lot->context,
				     other->name);
	}
}


int load_parking(struct loader *ld)
{
	struct opt_index *ix = NULL;
	struct conf_file *cf = NULL;
	struct park_lot *lot;

	int err = loader_read(&cf, ld, "res_parking.conf", false);
	if (!err && cf)
		err = opt_index_alloc(&ix, OPT_LOT);

	for (struct le *le = cf ? cf->sections.head : NULL; le && !err;
	     le = le->next) {
		const struct conf_section *sec = le->data;

		if (sec->tmpl)
			continue;

		err = parking_section(ld, ix, sec,
				      str_casecmp(sec->name, "general")
					      ? sec->name
					      : "default");
	}

	for (struct le *le = ld->cfg->lots.head; le && !err; le = le->next) {
		lot = le->data;
		if (!lot->courtesytone && ld->cfg->features.courtesytone)
			err = str_dup(&lot->courtesytone,
				      ld->cfg->features.courtesytone);
		lot_check(ld, lot);
	}

	mem_deref(ix);

	return err;
}


/* --- what the plan says of lots ------------------------------------------ */

/* A number is a slot, or the time-out of old files */
void check_park(const struct step_ref *sr)
{
	struct pl rest, name;
	char buf[80];
	uint64_t n;

	pl_set_str(&rest, sr->prio->args);
	if (sr->ld->sip_text || !arg_next(&name, &rest, ','))
		return;

	name = pl_trim(name);
	if (!name.l || pl_strchr(&name, '$') ||
	    !num_decode(&n, &name, UINT64_MAX) ||
	    pl_copy(buf, sizeof(buf), &name) ||
	    config_lot(sr->ld->cfg, buf))
		return;

	find_warning(sr->ld->f, &sr->prio->pos, "%s: there is no parking lot "
		     "'%s' in res_parking.conf", sr->prio->app, buf);
}


/* --- what a lot adds to the dialplan ------------------------------------- */

static int exten_add(struct dp_context *ctx, const struct park_lot *lot,
		     const char *name, const char *app, const char *args,
		     const char *hint)
{
	struct pl pname, papp, pargs, none = PL_INIT;
	struct dp_exten *e;
	int err;

	pl_set_str(&pname, name);
	pl_set_str(&papp, app);
	pl_set_str(&pargs, args);

	err = dp_exten_get(&e, ctx, &pname, NULL, &lot->pos);
	if (!err && list_isempty(&e->prios))
		err = dp_prio_add(e, 1, &none, &papp, &pargs, &lot->pos);
	if (!err && hint && !e->hint)
		err = str_dup(&e->hint, hint);

	return err;
}


static int slot_add(struct dp_context *ctx, const struct park_lot *lot,
		    uint32_t n)
{
	char name[16], args[160], hint[256];

	if (re_snprintf(name, sizeof(name), "%u", n) < 0 ||
	    re_snprintf(args, sizeof(args), "%s,%u", lot->name, n) < 0 ||
	    re_snprintf(hint, sizeof(hint), "park:%u@%s", n,
			lot->context) < 0)
		return 0; /* a name that long is nobody's */

	return exten_add(ctx, lot, name, "ParkedCall", args,
			 lot->hints ? hint : NULL);
}


static int lot_extens(struct loader *ld, const struct park_lot *lot)
{
	struct dp_context *ctx;
	int err;

	err = dialplan_context_get(&ctx, ld->cfg->dialplan, lot->context,
				   &lot->pos);
	if (!err && lot->parkext)
		err = exten_add(ctx, lot, lot->parkext, "Park",
				lot->exclusive ? lot->name : "", NULL);
	for (uint32_t n = lot->first; !err && n <= lot->last; n++)
		err = slot_add(ctx, lot, n);

	return err;
}


static bool includes(const struct dp_context *ctx, const char *name)
{
	for (struct le *le = list_head(&ctx->includes); le; le = le->next) {
		const struct dp_include *inc = le->data;

		if (!strcmp(inc->name, name))
			return true;
	}

	return false;
}


/* A lot that no file speaks of, and whose context nobody includes, makes
 * nothing: nobody could dial it */
static bool is_wanted(const struct loader *ld, const struct park_lot *lot)
{
	const struct dialplan *dp = ld->cfg->dialplan;

	if (lot->le.list->head != &lot->le ||
	    dialplan_context(dp, lot->context))
		return true;

	for (struct le *le = list_head(&dp->contexts); le; le = le->next) {
		if (includes(le->data, lot->context))
			return true;
	}

	return ld->parking_said;
}


int parking_contexts(struct loader *ld)
{
	int err = 0;

	for (struct le *le = list_head(&ld->cfg->lots); le && !err;
	     le = le->next) {
		const struct park_lot *lot = le->data;

		if (is_wanted(ld, lot))
			err = lot_extens(ld, lot);
	}

	return err;
}
