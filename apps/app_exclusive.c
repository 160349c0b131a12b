/**
 * @file apps/app_exclusive.c  MacroExclusive: a macro that one call at a time
 *                             runs
 *
 *   wait (in order) --> runs --> the next one's turn
 *
 * The turn goes on when the macro is over, and when its call ends in it.
 */
#include "apps/apps.h"

struct turn {
	struct le le;           /* turns, in order of coming */
	struct call *call;
	struct args args;       /* the macro's name and arguments */
	struct timer timer;
	bool runs;
};

static struct list turns;

static void my_turn(void *arg);


static bool same_macro(const struct turn *a, const struct turn *b)
{
	return !strcmp(args_str(&a->args, 0), args_str(&b->args, 0));
}


/* The first one of a name that waits, unless one runs */
static void next_turn(const struct turn *left)
{
	for (struct le *le = turns.head; le; le = le->next) {
		struct turn *t = le->data;

		if (!same_macro(t, left))
			continue;
		if (!t->runs)
			timer_start(&t->timer, 0, my_turn, t);
		return;
	}
}


static void destructor(void *data)
{
	struct turn *t = data;

	timer_cancel(&t->timer);
	list_unlink(&t->le);
	next_turn(t);
	args_reset(&t->args);
}


static void over(struct call *call, enum app_result res, void *arg)
{
	(void)arg;
	call_step_done(call, res);
}


static void my_turn(void *arg)
{
	struct turn *t = arg;
	int err;

	t->runs = true;
	err = call_macro_sub(t->call, &t->args, over, t);
	if (err) {
		call_step_note(t->call, "%m", err);
		call_step_done(t->call, APP_NEXT);
	}
}


static bool is_free(const struct turn *mine)
{
	for (struct le *le = turns.head; le; le = le->next) {
		if (same_macro(le->data, mine))
			return le->data == mine;
	}

	return true;
}


static enum app_result exclusive_exec(struct call *call,
				      const struct args *args)
{
	struct turn *t = mem_zalloc(sizeof(*t), destructor);

	if (!t)
		return APP_HANGUP;

	call->appst = t;
	t->call = call;
	if (args_add_from(&t->args, args, 0))
		return APP_HANGUP;
	list_append(&turns, &t->le, t);

	if (is_free(t))
		timer_start(&t->timer, 0, my_turn, t);
	else
		call_info(call, "MacroExclusive(%s): waits for its turn",
			  args_str(args, 0));

	return APP_WAIT;
}


const struct app app_macroexclusive = {
	.name = "MacroExclusive",
	.usage = "MacroExclusive(name[,arg...])  as Macro; one call at a time "
		 "runs it, the others wait",
	.minargs = 1,
	.maxargs = ARGS_MAX,
	.dead_ok = true,
	.exec = exclusive_exec,
};
