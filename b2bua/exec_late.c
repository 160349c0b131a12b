/**
 * @file b2bua/exec_late.c  Values of functions that are not there at once
 *
 * A function that must wait (SHELL) asks for its value by a key and returns
 * EINPROGRESS: the step waits, and when the value has come its arguments are
 * expanded anew; this time the key is found.  Values live for one step.
 */
#include "b2bua/call.h"


static void late_destructor(void *data)
{
	struct call_late *late = data;

	list_unlink(&late->le);
	mem_deref(late->job);
	mem_deref(late->key);
	mem_deref(late->val);
}


int call_late_find(struct call_late **lp, const struct call *call,
		   const char *key)
{
	struct le *le;

	if (!lp || !call || !key)
		return EINVAL;

	LIST_FOREACH(&call->lates, le)
	{
		struct call_late *late = le->data;

		if (!strcmp(late->key, key)) {
			*lp = late;
			return 0;
		}
	}

	return ENOENT;
}


int call_late_add(struct call_late **lp, struct call *call, const char *key)
{
	struct call_late *late;
	int err;

	if (!lp || !call || !key)
		return EINVAL;
	if (!call->expanding)
		return EPERM;

	late = mem_zalloc(sizeof(*late), late_destructor);
	if (!late)
		return ENOMEM;

	late->call = call;
	err = str_dup(&late->key, key);
	if (err) {
		mem_deref(late);
		return err;
	}

	list_append(&call->lates, &late->le, late);
	*lp = late;

	return 0;
}


static bool all_there(const struct call *call)
{
	struct le *le;

	LIST_FOREACH(&call->lates, le)
	{
		const struct call_late *late = le->data;

		if (!late->val)
			return false;
	}

	return true;
}


void call_late_done(struct call_late *late, const struct pl *val)
{
	struct call *call;

	if (!late || late->val || !val)
		return;

	call = late->call;
	late->val = mbuf_alloc(val->l ? val->l : 1);
	if (!late->val || mbuf_write_pl(late->val, val)) {
		call_hangup(call, 0);
		return;
	}

	if (!call->late_wait || !all_there(call))
		return;

	call->waiting = call->late_wait = false;
	exec_kick(call);
}
