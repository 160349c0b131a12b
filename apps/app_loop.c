/**
 * @file apps/app_loop.c  While, EndWhile, ExitWhile, ContinueWhile
 *
 * A loop has no state: its two ends are found by looking at the steps of the
 * extension, so a jump out of it or into it leaves nothing behind.
 */
#include "apps/apps.h"
#include "base/text.h"
#include "routing/expr.h"


static bool step_is(const char *app, const char *name)
{
	return !str_casecmp(app, name);
}


/* The EndWhile that belongs to a step inside of the loop; 0 if none */
static uint32_t find_end(const struct call *call)
{
	unsigned depth = 0;
	const char *app;

	for (uint32_t p = call->prio + 1; (app = call_app_at(call, p)); p++) {
		if (step_is(app, "While"))
			++depth;
		else if (step_is(app, "EndWhile") && !depth--)
			return p;
	}

	return 0;
}


/* The While that belongs to a step inside of the loop; 0 if none */
static uint32_t find_begin(const struct call *call)
{
	unsigned depth = 0;

	for (uint32_t p = call->prio - 1; p > 0; p--) {
		const char *app = call_app_at(call, p);

		if (!app)
			break;
		if (step_is(app, "EndWhile"))
			++depth;
		else if (step_is(app, "While") && !depth--)
			return p;
	}

	return 0;
}


static enum app_result go(struct call *call, uint32_t prio, const char *what)
{
	(void)call_goto_to(call, call->context, call->exten, prio);
	call_step_note(call, "%s: %u", what, prio);

	return APP_NEXT;
}


static enum app_result leave(struct call *call, const char *what)
{
	uint32_t end = find_end(call);

	if (!end) {
		call_warning(call, "%s@%s:%u: no EndWhile", call->exten,
			     call->context, call->prio);
		call_step_note(call, "no EndWhile");
		return APP_HANGUP;
	}

	return go(call, end + 1, what);
}


static enum app_result again(struct call *call, const char *what)
{
	uint32_t begin = find_begin(call);

	if (!begin) {
		call_warning(call, "%s@%s:%u: no While", call->exten,
			     call->context, call->prio);
		call_step_note(call, "no While");
		return APP_NEXT;
	}

	return go(call, begin, what);
}


static enum app_result while_exec(struct call *call, const struct args *args)
{
	struct pl cond = args_pl(args, 0);

	cond = pl_trim(cond);
	if (expr_is_true(&cond))
		return APP_NEXT;

	return leave(call, "over");
}


const struct app app_while = {
	.name = "While",
	.usage = "While(condition)  repeat the steps up to EndWhile while the "
		 "condition holds",
	.minargs = 0,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.dry_ok = true,
	.exec = while_exec,
};


static enum app_result endwhile_exec(struct call *call,
				     const struct args *args)
{
	return again(call, "again");
}


const struct app app_endwhile = {
	.name = "EndWhile",
	.usage = "EndWhile()  back to While",
	.dead_ok = true,
	.dry_ok = true,
	.exec = endwhile_exec,
};


static enum app_result exitwhile_exec(struct call *call,
				      const struct args *args)
{
	return leave(call, "left");
}


const struct app app_exitwhile = {
	.name = "ExitWhile",
	.usage = "ExitWhile()  go on behind EndWhile",
	.dead_ok = true,
	.dry_ok = true,
	.exec = exitwhile_exec,
};


static enum app_result continuewhile_exec(struct call *call,
					  const struct args *args)
{
	return again(call, "again");
}


const struct app app_continuewhile = {
	.name = "ContinueWhile",
	.usage = "ContinueWhile()  leave out the steps up to EndWhile",
	.dead_ok = true,
	.dry_ok = true,
	.exec = continuewhile_exec,
};
