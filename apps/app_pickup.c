/**
 * @file apps/app_pickup.c  Pickup, PickupChan
 *
 * The plan goes on if there is nothing to pick up.
 */
#include "apps/apps.h"
#include "b2bua/pickup.h"
#include "base/text.h"

#define MARK "PICKUPMARK"


static enum app_result take(struct call *call, struct leg *rings)
{
	int err = rings ? call_pickup(call, rings) : ENOENT;

	call_step_note(call, err == ENOENT ? "nothing rings"
			     : err	   ? "%m"
					   : "picked up", err);

	/* the caller is elsewhere; exec sees that */
	return err ? APP_NEXT : APP_WAIT;
}


/* "exten", "exten@context" or "mark@PICKUPMARK"; what was dialled separates
 * nothing */
static struct leg *find(const struct call *call, const struct ttext *text)
{
	size_t at = ttext_find(text, 0, '@');
	struct pl exten = {text->str, at}, where = PL_INIT;
	char name[256], context[128];

	if (at < text->len) {
		where.p = text->str + at + 1;
		where.l = text->len - at - 1;
	}

	exten = pl_trim(exten);
	where = pl_trim(where);
	if (pl_copy(name, sizeof(name), &exten) ||
	    pl_copy(context, sizeof(context), &where))
		return NULL;
	if (!str_cmp(context, MARK))
		return pickup_mark(name, call);

	return pickup_exten(context[0] ? context : call->context, name, call);
}


static enum app_result pickup_exec(struct call *call, const struct args *args)
{
	struct leg *rings = NULL;
	struct args list;

	if (!args_has(args, 0))
		return take(call, pickup_group(leg_peer(call->caller)));

	if (args_split_plain(&list, args_text(args, 0), '&'))
		return APP_HANGUP;

	for (size_t i = 0; i < list.n && !rings; i++)
		rings = find(call, list.v[i]);
	args_reset(&list);

	return take(call, rings);
}


const struct app app_pickup = {
	.name = "Pickup",
	.usage = "Pickup([extension[@context][&...]])  answer what rings "
		 "there, or in the groups of pickupgroup=; name@PICKUPMARK: "
		 "what has this variable",
	.maxargs = 1,
	.exec = pickup_exec,
};


static enum app_result chan_exec(struct call *call, const struct args *args)
{
	struct leg *rings = NULL;
	struct args list;
	struct opts opts;
	bool begin;

	if (opts_decode(&opts, args_text(args, 1), "p", opt_unknown, call))
		return APP_HANGUP;

	begin = opt_find(&opts, 'p', NULL);
	opts_reset(&opts);
	if (args_split_plain(&list, args_text(args, 0), '&'))
		return APP_HANGUP;

	for (size_t i = 0; i < list.n && !rings; i++)
		rings = pickup_channel(args_str(&list, i), begin, call);
	args_reset(&list);

	return take(call, rings);
}


const struct app app_pickupchan = {
	.name = "PickupChan",
	.usage = "PickupChan(channel[&channel...][,p])  answer what rings at a "
		 "channel, SIP/1001 or its whole name; p: any whose name "
		 "begins so",
	.minargs = 1,
	.maxargs = 2,
	.exec = chan_exec,
};
