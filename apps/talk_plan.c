/**
 * @file apps/talk_plan.c  Options b, B, F and G of Dial and Queue
 */
#include "apps/talk_plan.h"


static void destructor(void *data)
{
	struct talk_plan *tp = data;

	mem_deref(tp->context);
	mem_deref(tp->exten);
	args_reset(&tp->target);
	args_reset(&tp->argv);
}


int talk_plan_goto(struct call *call, const struct ttext *text,
		   char **contextp, char **extenp, uint32_t *priop)
{
	char context[sizeof(call->context)], exten[sizeof(call->exten)];
	uint32_t prio = call->prio;
	struct args args;
	int err;

	err = args_split_plain(&args, text, '^');
	if (err)
		goto out;

	/* look from here, without going */
	str_ncpy(context, call->context, sizeof(context));
	str_ncpy(exten, call->exten, sizeof(exten));
	err = call_goto_args(call, &args);
	if (err)
		goto out;

	*priop = call->prio;
	err = str_dup(contextp, call->context);
	err |= str_dup(extenp, call->exten);

	(void)call_goto_to(call, context, exten, prio);
	call->jumped = false;

out:
	args_reset(&args);

	return err;
}


/* --- F: the callee goes on when the caller hangs up ---------------------- */

static int take_after(struct talk_plan *tp, struct call *call,
		      const struct ttext *text)
{
	int err;

	if (text && text->len)
		return talk_plan_goto(call, text, &tp->context, &tp->exten,
				      &tp->prio);

	tp->prio = call->prio + 1;
	err = str_dup(&tp->context, call->context);

	return err | str_dup(&tp->exten, call->exten);
}


/* --- b, B: a subroutine -------------------------------------------------- */

/* "context^extension^priority(a^b)", by the administrator's '^' */
static int take_sub(struct args *target, struct args *argv,
		    const struct ttext *text)
{
	struct ttext *plain = NULL;
	struct pl none = PL_INIT;
	int err;

	err = ttext_create(&plain, &none, false);
	for (size_t i = 0; !err && i < text->len; i++) {
		const bool wire = ttext_tainted_at(text, i);
		const char c = text->str[i];

		err = ttext_putc(plain, c == '^' && !wire ? ',' : c, wire);
	}
	if (!err)
		err = gosub_decode(target, argv, plain);
	if (!err && !target->n)
		err = EINVAL;
	mem_deref(plain);

	return err;
}


static void left_out(struct call *call, char letter, const struct ttext *text,
		     int err)
{
	const char option[2] = {letter, '\0'};

	call_warning(call, "option %s(%s) is left out: %m", option,
		     text ? text->str : "", err);
}


int talk_plan_take(struct talk_plan **tpp, struct call *call,
		   const struct opts *opts)
{
	const struct ttext *pre = opt_text(opts, 'b');
	const bool after = opt_find(opts, 'F', NULL);
	struct talk_plan *tp;
	int err;

	*tpp = NULL;
	if (!pre && !after)
		return 0;

	tp = mem_zalloc(sizeof(*tp), destructor);
	if (!tp)
		return ENOMEM;

	if (after) {
		err = take_after(tp, call, opt_text(opts, 'F'));
		if (err) {
			left_out(call, 'F', opt_text(opts, 'F'), err);
			tp->context = mem_deref(tp->context);
		}
	}
	if (pre) {
		err = take_sub(&tp->target, &tp->argv, pre);
		if (err) {
			left_out(call, 'b', pre, err);
			args_reset(&tp->target);
		}
	}

	*tpp = tp;

	return 0;
}


int before_take(struct before *b, struct call *call, const struct opts *opts)
{
	const struct ttext *text = opt_text(opts, 'B');
	int err;

	b->call = call;
	if (!text)
		return 0;

	err = take_sub(&b->target, &b->argv, text);
	if (err) {
		left_out(call, 'B', text, err);
		args_reset(&b->target);
	}

	return 0;
}


static void over(struct call *call, enum app_result res, void *arg)
{
	struct before *b = arg;

	(void)call;
	(void)res; /* it goes on whatever became of it */
	b->h(b->arg);
}


/* Not inside of exec: a step must wait for another one to run in it */
static void begin(void *arg)
{
	struct before *b = arg;
	int err;

	err = call_gosub_sub(b->call, &b->target, &b->argv, over, b);
	if (err) {
		call_warning(b->call, "option B: %m", err);
		b->h(b->arg);
	}
}


bool before_begin(struct before *b, void (*h)(void *arg), void *arg)
{
	if (b->done || !b->target.n)
		return false;

	b->done = true;
	b->h = h;
	b->arg = arg;
	timer_start(&b->tmr, 0, begin, b);

	return true;
}


void before_reset(struct before *b)
{
	timer_cancel(&b->tmr);
	args_reset(&b->target);
	args_reset(&b->argv);
}
