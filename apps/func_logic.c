/**
 * @file apps/func_logic.c  IF, IFTIME, EXISTS, ISNULL, SET, EVAL, STRFTIME,
 *                          VALID_EXTEN, DIALPLAN_EXISTS
 */
#include "apps/apps.h"
#include "base/clock.h"
#include "base/text.h"
#include "routing/expr.h"
#include "routing/strftime.h"


static int print_text(struct mbuf *out, bool *tainted, const struct ttext *t)
{
	struct pl pl;

	*tainted = t && ttext_tainted(t);
	if (!t)
		return 0;

	pl = ttext_pl(t);

	return mbuf_write_pl(out, &pl);
}


static int if_read(struct mbuf *out, bool *tainted, struct call *call,
		   const struct ttext *args)
{
	struct ttext *part = NULL;
	int err = choose(&part, args);

	if (!err)
		err = print_text(out, tainted, part);
	mem_deref(part);

	return err;
}


const struct func func_if = {
	.name = "IF",
	.usage = "IF(condition?a[:b])  a if the condition holds, else b",
	.read = if_read,
};


static int iftime_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	size_t quest = find_outside(args, 0, '?');
	struct pl spec = {args->str, quest};
	struct ttext *part = NULL;
	int err;

	if (quest >= args->len)
		return EINVAL;

	err = choose_part(&part, args, quest + 1, time_holds(call, &spec));
	if (!err)
		err = print_text(out, tainted, part);
	mem_deref(part);

	return err;
}


const struct func func_iftime = {
	.name = "IFTIME",
	.usage = "IFTIME(times,weekdays,days,months[,zone]?a[:b])  a at these "
		 "times, else b",
	.read = iftime_read,
};


static int put_bool(struct mbuf *out, bool *tainted, bool value)
{
	*tainted = false;

	return mbuf_write_u8(out, value ? '1' : '0');
}


static int exists_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	return put_bool(out, tainted, args->len > 0);
}


static int isnull_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	return put_bool(out, tainted, args->len == 0);
}


const struct func func_exists = {
	.name = "EXISTS",
	.usage = "EXISTS(text)  1 if it is not empty, else 0",
	.read = exists_read,
};

const struct func func_isnull = {
	.name = "ISNULL",
	.usage = "ISNULL(text)  1 if it is empty, else 0",
	.read = isnull_read,
};


static int set_read(struct mbuf *out, bool *tainted, struct call *call,
		    const struct ttext *args)
{
	size_t eq = find_outside(args, 0, '=');
	struct ttext *name = NULL, *value = NULL;
	int err;

	if (!eq || eq >= args->len)
		return EINVAL;

	err = ttext_slice(&name, args, 0, eq);
	if (!err)
		err = ttext_slice(&value, args, eq + 1, args->len - eq - 1);
	if (!err)
		err = call_assign(call, name, value, false);
	if (!err)
		err = print_text(out, tainted, value);

	mem_deref(name);
	mem_deref(value);

	return err == ENOENT || err == EPERM ? EINVAL : err;
}


const struct func func_set = {
	.name = "SET",
	.usage = "SET(name=value)  set it, and give the value",
	.read = set_read,
};


/* What came from the wire is never a text to expand */
static int eval_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *args)
{
	struct ttext *t = NULL;
	struct pl pl = ttext_pl(args);
	int err;

	if (ttext_tainted(args)) {
		if (pl_strchr(&pl, '$'))
			call_warning(call, "EVAL: a text from outside is not "
					   "expanded");
		return mbuf_write_pl(out, &pl);
	}

	err = call_expand_text(call, &t, &pl);
	if (!err)
		err = print_text(out, tainted, t);
	mem_deref(t);

	return err;
}


const struct func func_eval = {
	.name = "EVAL",
	.usage = "EVAL(text)  expanded once more",
	.read = eval_read,
};


/* --- time ---------------------------------------------------------------- */

static int strftime_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *text)
{
	uint64_t us = call->at_s ? call->at_s * 1000000 : clock_wall_us();
	uint64_t ms;
	struct pl epoch, fmt;
	struct args a;
	int err;

	err = args_split(&a, text, 3);
	if (err)
		goto out;

	epoch = args_pl(&a, 0);
	fmt = args_pl(&a, 2);
	epoch = pl_trim(epoch);
	if (!fmt.l)
		pl_set_str(&fmt, "%c");
	if (epoch.l) {
		if (num_decode_milli(&ms, &epoch, UINT64_MAX / 1000000)) {
			err = EINVAL;
			goto out;
		}
		us = ms * 1000;
	}

	*tainted = ttext_tainted(text);
	err = strftime_us(out, &fmt, us, args_str(&a, 1));
	if (err == ENOENT) {
		call_warning(call, "STRFTIME: no time zone \"%s\"",
			     args_str(&a, 1));
		err = 0;
	}

out:
	args_reset(&a);

	return err;
}


const struct func func_strftime = {
	.name = "STRFTIME",
	.usage = "STRFTIME([epoch][,[zone][,format]])  date and time",
	.read = strftime_read,
};


/* --- plan ---------------------------------------------------------------- */

static bool plan_has(struct call *call, const struct ttext *text, int *errp)
{
	struct dp_target t;
	struct dp_query q;
	char context[128];
	struct args a;
	bool found = false;
	int err;

	err = args_split(&a, text, 3);
	if (!err && !a.n)
		err = EINVAL;
	if (!err) {
		memset(&t, 0, sizeof(t));
		memset(&q, 0, sizeof(q));
		str_ncpy(context, call->context, sizeof(context));
		if (args_has(&a, 0))
			str_ncpy(context, args_str(&a, 0), sizeof(context));

		q.context = context;
		q.exten = args_pl(&a, 1);
		q.now_s = (int64_t)call_now_s(call);
		pl_set_str(&q.cid, call->cid_num);
		t.prio = args_pl(&a, 2);
		if (!t.prio.l)
			pl_set_str(&t.prio, "1");

		if (!call->plan)
			found = false;
		else if (a.n == 1)
			found = dp_has_context(call->plan, context);
		else
			found = !dp_target_find(NULL, call->plan, &t, &q, 1);
	}

	args_reset(&a);
	*errp = err;

	return found;
}


static int valid_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	int err;
	bool found = plan_has(call, args, &err);

	return err ? err : put_bool(out, tainted, found);
}


const struct func func_valid_exten = {
	.name = "VALID_EXTEN",
	.usage = "VALID_EXTEN([context],extension[,priority])  1 if it is in "
		 "the dialplan",
	.read = valid_read,
};

const struct func func_dialplan_exists = {
	.name = "DIALPLAN_EXISTS",
	.usage = "DIALPLAN_EXISTS(context[,extension[,priority]])  1 if it is "
		 "in the dialplan",
	.read = valid_read,
};
