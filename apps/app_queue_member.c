/**
 * @file apps/app_queue_member.c  AddQueueMember, RemoveQueueMember,
 *                                PauseQueueMember, UnpauseQueueMember,
 *                                QueueLog
 */
#include <ctype.h>
#include "apps/apps.h"
#include "b2bua/queue.h"
#include "base/text.h"


/* --- whose device it is -------------------------------------------------- */

/* The phone that calls; a guest is nobody who could be rung */
static int own_device(struct ttext **tp, const struct call *call)
{
	const struct peer *peer = call->caller ? leg_peer(call->caller) : NULL;
	struct pl sip = PL_LIT("SIP/"), name;
	struct ttext *t = NULL;
	int err;

	if (!peer || !peer->name)
		return ENOENT;

	pl_set_str(&name, peer->name);
	err = ttext_create(&t, &sip, false);
	if (!err)
		err = ttext_append(t, &name, false);
	if (err)
		mem_deref(t);
	else
		*tp = t;

	return err;
}


/* What a caller dialled may be the name of a phone, or a number of a context;
 * it names no trunk and no host */
static bool is_safe(const struct ttext *t)
{
	bool number = false;

	for (size_t i = 0; i < t->len; i++) {
		if (i > 4 && strchr("/@", t->str[i]))
			number = true;
		if (ttext_tainted_at(t, i) &&
		    !isalnum((unsigned char)t->str[i]) &&
		    !strchr("._-+*#", t->str[i]))
			return false;
	}

	return !number || !ttext_tainted(t) ||
	       !strncasecmp(t->str, "Local/", 6);
}


/* Argument i, or who calls; NULL if it is none that may be used */
static struct ttext *device_arg(struct call *call, const struct args *args,
				size_t i)
{
	const struct ttext *arg = args_text(args, i);
	struct ttext *t = NULL;
	int err;

	err = arg && arg->len ? ttext_slice(&t, arg, 0, arg->len)
			      : own_device(&t, call);
	if (err) {
		call_warning(call, "no device is said, and the caller is no "
			     "phone of the configuration");
		return NULL;
	}

	if (is_safe(t))
		return t;

	call_warning(call, "member %s: what was dialled is no name of a "
		     "phone", t->str);

	return mem_deref(t);
}


static void set_result(struct call *call, const char *var, const char *value)
{
	(void)call_set_var(call, var, value, false);
	call_step_note(call, "%s", value);
}


/* NULL: the status is set */
static struct cq *queue_arg(struct call *call, const struct args *args,
			    const char *var)
{
	struct cq *q = cq_find(args_str(args, 0));

	if (!q) {
		call_warning(call, "there is no queue \"%s\"",
			     args_str(args, 0));
		set_result(call, var, "NOSUCHQUEUE");
	}

	return q;
}


/* --- AddQueueMember ------------------------------------------------------ */

static const char *text_arg(const struct args *args, size_t i)
{
	return args_has(args, i) ? args_str(args, i) : NULL;
}


static uint32_t number_arg(struct call *call, const struct args *args,
			   size_t i, const char *what, uint32_t none)
{
	struct pl pl = args_pl(args, i);
	uint64_t n;

	pl = pl_trim(pl);
	if (!pl.l)
		return none;
	if (!num_decode(&n, &pl, 1000000))
		return (uint32_t)n;

	call_warning(call, "AddQueueMember: %s \"%r\" is no number", what,
		     &pl);

	return none;
}


static const char *add_status(int err)
{
	switch (err) {

	case 0: return "ADDED";
	case EALREADY: return "MEMBERALREADY";
	default: return "NOTADDED";
	}
}


static enum app_result add_exec(struct call *call, const struct args *args)
{
	struct cq *q = queue_arg(call, args, "AQMSTATUS");
	struct cq_member_params prm = {.wrapup_s = -1};
	struct ttext *dev;
	int err = EINVAL;

	if (!q)
		return APP_NEXT;

	dev = device_arg(call, args, 1);
	prm.iface = dev ? dev->str : NULL;
	prm.penalty = number_arg(call, args, 2, "penalty", 0);
	prm.name = text_arg(args, 4);
	prm.state_iface = text_arg(args, 5);
	if (args_has(args, 6))
		prm.wrapup_s = (int)number_arg(call, args, 6, "wrapuptime",
					       0);
	if (dev)
		err = cq_member_add(q, &prm, call->uniqueid);
	if (err && err != EALREADY)
		call_warning(call, "AddQueueMember(%s,%s): %m", cq_name(q),
			     dev ? dev->str : "", err);

	set_result(call, "AQMSTATUS", add_status(err));
	if (err == EALREADY)
		(void)call_jump_101(call, strchr(args_str(args, 3), 'j'));
	mem_deref(dev);

	return APP_NEXT;
}


const struct app app_addqueuemember = {
	.name = "AddQueueMember",
	.usage = "AddQueueMember(queue[,device[,penalty[,options[,name[,state "
		 "device[,wrapuptime]]]]]])  add a member to a queue, the "
		 "caller's phone if no device is said; AQMSTATUS",
	.minargs = 1,
	.maxargs = 7,
	.dead_ok = true,
	.exec = add_exec,
};


/* --- RemoveQueueMember --------------------------------------------------- */

static const char *remove_status(int err)
{
	switch (err) {

	case 0: return "REMOVED";
	case EPERM: return "NOTDYNAMIC";
	default: return "NOTINQUEUE";
	}
}


static enum app_result remove_exec(struct call *call, const struct args *args)
{
	struct cq *q = queue_arg(call, args, "RQMSTATUS");
	struct ttext *dev;
	int err = EINVAL;

	if (!q)
		return APP_NEXT;

	dev = device_arg(call, args, 1);
	if (dev)
		err = cq_member_remove(q, dev->str, call->uniqueid);

	set_result(call, "RQMSTATUS", remove_status(err));
	if (err)
		(void)call_jump_101(call, strchr(args_str(args, 2), 'j'));
	mem_deref(dev);

	return APP_NEXT;
}


const struct app app_removequeuemember = {
	.name = "RemoveQueueMember",
	.usage = "RemoveQueueMember(queue[,device[,options]])  take back "
		 "AddQueueMember; RQMSTATUS",
	.minargs = 1,
	.maxargs = 3,
	.dead_ok = true,
	.exec = remove_exec,
};


/* --- PauseQueueMember, UnpauseQueueMember -------------------------------- */

static enum app_result pause_it(struct call *call, const struct args *args,
				bool paused)
{
	const char *var = paused ? "PQMSTATUS" : "UPQMSTATUS";
	struct cq *q = NULL;
	struct ttext *dev;
	int err = ENOENT;

	if (args_has(args, 0)) {
		q = cq_find(args_str(args, 0));
		if (!q)
			call_warning(call, "there is no queue \"%s\"",
				     args_str(args, 0));
	}

	dev = device_arg(call, args, 1);
	if (dev && (q || !args_has(args, 0)))
		err = cq_member_pause(q, dev->str, paused, text_arg(args, 3));

	set_result(call, var, err      ? "NOTFOUND"
			      : paused ? "PAUSED"
				       : "UNPAUSED");
	if (err)
		(void)call_jump_101(call, strchr(args_str(args, 2), 'j'));
	mem_deref(dev);

	return APP_NEXT;
}


static enum app_result pause_exec(struct call *call, const struct args *args)
{
	return pause_it(call, args, true);
}


static enum app_result unpause_exec(struct call *call,
				    const struct args *args)
{
	return pause_it(call, args, false);
}


const struct app app_pausequeuemember = {
	.name = "PauseQueueMember",
	.usage = "PauseQueueMember([queue],device[,options[,reason]])  a "
		 "member is not rung, in no queue if none is said; PQMSTATUS",
	.minargs = 1,
	.maxargs = 4,
	.dead_ok = true,
	.exec = pause_exec,
};

const struct app app_unpausequeuemember = {
	.name = "UnpauseQueueMember",
	.usage = "UnpauseQueueMember([queue],device[,options[,reason]])  take "
		 "back PauseQueueMember; UPQMSTATUS",
	.minargs = 1,
	.maxargs = 4,
	.dead_ok = true,
	.exec = unpause_exec,
};


/* --- QueueLog ------------------------------------------------------------ */

static enum app_result log_exec(struct call *call, const struct args *args)
{
	const char *v[STORE_QUEUE_DATA];
	struct args data = {.n = 0};
	size_t n = 0;

	/* the plan's own '|' separates fields */
	if (args_has(args, 4) &&
	    args_split_plain(&data, args_text(args, 4), '|'))
		call_warning(call, "QueueLog: no memory");

	for (; n < data.n && n < ARRAY_SIZE(v); n++)
		v[n] = args_str(&data, n);

	cq_log(args_str(args, 1), args_str(args, 0), args_str(args, 2),
	       args_str(args, 3), v, n);
	args_reset(&data);

	return APP_NEXT;
}


const struct app app_queuelog = {
	.name = "QueueLog",
	.usage = "QueueLog(queue,uniqueid,agent,event[,data])  a line of "
		 "queue_log; '|' separates data",
	.minargs = 4,
	.maxargs = 5,
	.dead_ok = true,
	.exec = log_exec,
};
