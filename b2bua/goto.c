/**
 * @file b2bua/goto.c  Where a plan continues: Goto, Gosub, Macro, Return
 *
 * A subroutine is a frame on a stack.  Its arguments and LOCAL() variables
 * hide earlier ones of the same name (vars_push) until it returns.
 */
#include "b2bua/call.h"
#include "base/clock.h"
#include "base/text.h"


int call_goto_to(struct call *call, const char *context, const char *exten,
		 uint32_t prio)
{
	char ctx[sizeof(call->context)], ext[sizeof(call->exten)];

	if (!call || !context || !exten)
		return EINVAL;

	/* they may be the call's own */
	str_ncpy(ctx, context, sizeof(ctx));
	str_ncpy(ext, exten, sizeof(ext));
	str_ncpy(call->context, ctx, sizeof(call->context));
	str_ncpy(call->exten, ext, sizeof(call->exten));
	call->prio = prio;
	call->jumped = true;

	return 0;
}


static void query_init(struct dp_query *q, const struct call *call)
{
	q->context = call->context;
	pl_set_str(&q->exten, call->exten);
	pl_set_str(&q->cid, call->cid_num);
	q->now_s = (int64_t)call_now_s(call);
}


bool call_special(struct call *call, const char *context, const char *exten,
		  const char *reason)
{
	struct call_exception *e;

	if (!call || !context || !exten || !reason)
		return false;

	if (!call_exists(call, context, exten)) {
		exten = "e";
		if (!call_exists(call, context, exten))
			return false;
	}

	if (!call->exception)
		call->exception = mem_zalloc(sizeof(*e), NULL);
	e = call->exception;
	if (!e)
		return false;

	str_ncpy(e->reason, reason, sizeof(e->reason));
	str_ncpy(e->context, call->context, sizeof(e->context));
	str_ncpy(e->exten, call->exten, sizeof(e->exten));
	e->prio = call->prio;

	return !call_goto_to(call, context, exten, 1);
}


/* Number of a step that is not there; false if it is a label */
static bool is_number(uint32_t *prio, const struct pl *pl)
{
	uint64_t n;

	if (num_decode(&n, pl, UINT32_MAX))
		return false;

	*prio = (uint32_t)n;

	return true;
}


/* What a target means from here */
static int resolve(struct call *call, const struct args *args, char *context,
		   size_t csize, char *exten, size_t esize, uint32_t *prio)
{
	struct dp_target t;
	struct dp_match m;
	struct dp_query q;
	int err;

	err = dp_target_decode(&t, args);
	if (err || !call->plan)
		return err ? err : ENOENT;

	str_ncpy(context, call->context, csize);
	str_ncpy(exten, call->exten, esize);
	if (t.context.l && pl_copy(context, csize, &t.context))
		return EINVAL;
	if (t.exten.l && pl_copy(exten, esize, &t.exten))
		return EINVAL;

	query_init(&q, call);
	err = dp_target_find(&m, call->plan, &t, &q, call->prio);
	if (!err)
		*prio = m.prio->prio;
	else if (err == ENOENT && is_number(prio, &t.prio))
		err = 0; /* the loop finds out, and goes to i */

	return err;
}


static void warn_target(struct call *call, const struct args *args, int err)
{
	call_warning(call, "%s@%s:%u: target %s%s%s%s%s: %s", call->exten,
		     call->context, call->prio, args_str(args, 0),
		     args->n > 1 ? "," : "", args_str(args, 1),
		     args->n > 2 ? "," : "", args_str(args, 2),
		     err == ENOENT ? "no such label" : "malformed");
}


int call_goto_args(struct call *call, const struct args *args)
{
	char context[sizeof(call->context)], exten[sizeof(call->exten)];
	uint32_t prio;
	int err;

	if (!call || !args)
		return EINVAL;

	err = resolve(call, args, context, sizeof(context), exten,
		      sizeof(exten), &prio);
	if (err) {
		warn_target(call, args, err);
		return err;
	}

	return call_goto_to(call, context, exten, prio);
}


int call_goto(struct call *call, const char *target)
{
	struct args args;
	struct pl pl;
	int err;

	if (!call || !target)
		return EINVAL;

	pl_set_str(&pl, target);
	err = args_split_pl(&args, &pl, false, 3);
	if (!err)
		err = call_goto_args(call, &args);
	args_reset(&args);

	return err;
}


bool call_jump_101(struct call *call, bool asked)
{
	const struct dialplan *dp = call && call->cfg ? call->cfg->dialplan
						      : NULL;

	if (!dp || !(asked || dp->priorityjumping) ||
	    !call_app_at(call, call->prio + 101))
		return false;

	return !call_goto_to(call, call->context, call->exten,
			     call->prio + 101);
}


/* --- subroutines --------------------------------------------------------- */

static void frame_destructor(void *data)
{
	struct call_frame *frame = data;

	list_unlink(&frame->le);
	for (size_t i = 0; i < frame->localc; i++)
		mem_deref(frame->localv[i]);

	mem_deref(frame->localv);
	mem_deref(frame->context);
	mem_deref(frame->exten);
}


static int frame_push(struct call *call, bool macro)
{
	struct call_frame *frame;
	int err;

	if (list_count(&call->frames) >= CALL_FRAMES_MAX)
		return ENOBUFS;

	frame = mem_zalloc(sizeof(*frame), frame_destructor);
	if (!frame)
		return ENOMEM;

	frame->prio = call->prio + 1;
	frame->macro = macro;
	err = str_dup(&frame->context, call->context);
	err |= str_dup(&frame->exten, call->exten);
	if (err) {
		mem_deref(frame);
		return ENOMEM;
	}

	list_prepend(&call->frames, &frame->le, frame);

	return 0;
}


/* The frame owns a copy of the name */
static int frame_own(struct call_frame *frame, const struct pl *name)
{
	size_t n = frame->localc;
	char **v;

	if (n % 8 == 0) {
		v = mem_realloc(frame->localv, (n + 8) * sizeof(*v));
		if (!v && !frame->localv)
			v = mem_alloc(8 * sizeof(*v), NULL);
		if (!v)
			return ENOMEM;
		frame->localv = v;
	}

	if (pl_strdup(&frame->localv[n], name))
		return ENOMEM;

	++frame->localc;

	return 0;
}


static int push_local(struct call *call, const struct pl *name,
		      const struct pl *value, bool tainted)
{
	struct call_frame *frame = list_ledata(call->frames.head);
	int err;

	if (!frame)
		return vars_set(call->vars, name, value, tainted);
	if (frame->localc >= VARS_MAX)
		return ENOBUFS;

	err = vars_push(call->vars, name, value, tainted);
	if (err)
		return err;

	err = frame_own(frame, name);
	if (err)
		(void)vars_pop(call->vars, name);

	return err;
}


static bool owns(const struct call_frame *frame, const struct pl *name)
{
	for (size_t i = 0; frame && i < frame->localc; i++) {
		if (!pl_strcmp(name, frame->localv[i]))
			return true;
	}

	return false;
}


int call_set_local(struct call *call, const struct pl *name,
		   const struct ttext *value)
{
	struct pl pl;

	if (!call || !name || !value)
		return EINVAL;

	pl = ttext_pl(value);
	if (owns(list_ledata(call->frames.head), name))
		return vars_set(call->vars, name, &pl, ttext_tainted(value));

	return push_local(call, name, &pl, ttext_tainted(value));
}


static int push_args(struct call *call, const struct args *argv, size_t first)
{
	size_t n = argv && argv->n > first ? argv->n - first : 0;
	struct pl name, value;
	char buf[16];
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		const struct ttext *t = args_text(argv, first + i);

		(void)re_snprintf(buf, sizeof(buf), "ARG%u",
				  (unsigned)(i + 1));
		pl_set_str(&name, buf);
		value = ttext_pl(t);
		err = push_local(call, &name, &value, ttext_tainted(t));
	}

	if (err)
		return err;

	(void)re_snprintf(buf, sizeof(buf), "%u", (unsigned)n);
	pl_set_str(&name, "ARGC");
	pl_set_str(&value, buf);

	return push_local(call, &name, &value, false);
}


static void frame_pop(struct call *call, struct call_frame *frame)
{
	struct pl name;

	for (size_t i = frame->localc; i > 0; i--) {
		pl_set_str(&name, frame->localv[i - 1]);
		(void)vars_pop(call->vars, &name);
	}

	mem_deref(frame);
}


int call_gosub(struct call *call, const struct args *target,
	       const struct args *argv)
{
	char context[sizeof(call->context)], exten[sizeof(call->exten)];
	uint32_t prio;
	int err;

	if (!call || !target)
		return EINVAL;

	err = resolve(call, target, context, sizeof(context), exten,
		      sizeof(exten), &prio);
	if (err) {
		warn_target(call, target, err);
		return err;
	}

	err = frame_push(call, false);
	if (err)
		return err;

	err = push_args(call, argv, 0);
	if (err) {
		frame_pop(call, call->frames.head->data);
		return err;
	}

	return call_goto_to(call, context, exten, prio);
}


/* A part of a text without the blanks around it */
static int slice_trim(struct ttext **tp, const struct ttext *text, size_t from,
		      size_t to)
{
	while (from < to && strchr(" \t", text->str[from]))
		++from;
	while (to > from && strchr(" \t", text->str[to - 1]))
		--to;

	return ttext_slice(tp, text, from, to - from);
}


int gosub_decode(struct args *target, struct args *argv,
		 const struct ttext *text)
{
	size_t open;
	struct ttext *part = NULL;
	int err;

	if (!target || !argv || !text)
		return EINVAL;

	target->n = argv->n = 0;
	open = ttext_find(text, 0, '(');

	err = slice_trim(&part, text, 0, open);
	if (!err)
		err = args_split(target, part, 0);
	part = mem_deref(part);
	if (err || open >= text->len)
		return err;

	if (text->str[text->len - 1] != ')')
		return EINVAL;

	err = ttext_slice(&part, text, open + 1, text->len - open - 2);
	if (err)
		return err;

	err = args_split(argv, part, 0);
	mem_deref(part);

	return err;
}


int call_gosub_text(struct call *call, const struct ttext *text)
{
	struct args target, argv;
	int err;

	err = gosub_decode(&target, &argv, text);
	if (!err)
		err = call_gosub(call, &target, &argv);

	args_reset(&target);
	args_reset(&argv);

	return err;
}


static int push_macro_vars(struct call *call)
{
	const struct {
		const char *name, *value;
	} tab[] = {
		{"MACRO_EXTEN", call->exten},
		{"MACRO_CONTEXT", call->context},
	};
	struct pl name, value;
	char buf[16];
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tab); i++) {
		pl_set_str(&name, tab[i].name);
		pl_set_str(&value, tab[i].value);
		err |= push_local(call, &name, &value, i == 0);
	}

	(void)re_snprintf(buf, sizeof(buf), "%u", call->prio);
	pl_set_str(&name, "MACRO_PRIORITY");
	pl_set_str(&value, buf);

	return err | push_local(call, &name, &value, false) ? ENOMEM : 0;
}


int call_macro(struct call *call, const char *name, const struct args *args)
{
	char context[sizeof(call->context)];
	int err;

	if (!call || !name || !args)
		return EINVAL;
	if (re_snprintf(context, sizeof(context), "macro-%s", name) < 0)
		return EINVAL;

	if (!call_exists(call, context, "s")) {
		call_warning(call, "no context %s with extension s", context);
		return ENOENT;
	}

	err = frame_push(call, true);
	if (err)
		return err;

	err = push_macro_vars(call);
	if (!err)
		err = push_args(call, args, 1);
	if (err) {
		frame_pop(call, call->frames.head->data);
		return err;
	}

	return call_goto_to(call, context, "s", 1);
}


int call_return(struct call *call, bool keep)
{
	struct call_frame *frame = call ? list_ledata(call->frames.head) : NULL;

	if (!frame)
		return ENOENT;

	if (!keep)
		(void)call_goto_to(call, frame->context, frame->exten,
				   frame->prio);
	frame_pop(call, frame);

	return 0;
}
