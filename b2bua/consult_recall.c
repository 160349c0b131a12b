/**
 * @file b2bua/consult_recall.c  Nobody answers what was transferred: who has
 *                               done it is called back
 *
 * It is the last step of ask's plan: a ring of atxfernoanswertimeout, then
 * again after atxferloopdelay, atxfercallbackretries times.
 */
#include "b2bua/app.h"
#include "b2bua/consult_priv.h"
#include "b2bua/transfer.h"


static int recall_start(struct consult *c);


static void recall_give_up(struct consult *c, struct call *call)
{
	if (call->consult == c) {
		call->consult = NULL;
		mem_deref(c); /* the step has another reference */
	}
	call_step_done(call, APP_HANGUP);
}


static void recall_handler(void *arg)
{
	struct consult *c = arg;
	struct call *call = c->ask;

	c->recall = mem_deref(c->recall);
	if (recall_start(c))
		recall_give_up(c, call);
}


static void recall_over(struct call *call, const struct fork_result *res,
			void *arg)
{
	const struct features_conf *fc = &call->cfg->features;
	struct consult *c = arg;

	if (res->cause)
		call->cause = res->cause;
	if (res->jumped)
		call->jumped = true;
	if (res->status == DIAL_ANSWER) {
		call_step_done(call, res->jumped ? APP_NEXT : APP_HANGUP);
		return;
	}

	if (++c->tries >= fc->atxfercallbackretries) {
		call_info(call, "%s does not answer either", c->device);
		recall_give_up(c, call);
		return;
	}

	(void)call_music(call, call->caller, NULL);
	timer_start(&c->tmr, fc->atxferloopdelay_s * 1000, recall_handler, c);
}


static int recall_start(struct consult *c)
{
	struct call *call = c->ask;
	struct fork_params prm = {.devc = 1, .ring = true};
	struct ttext *dev = NULL;
	const struct ttext *devv[1];
	struct pl pl;
	int err;

	pl_set_str(&pl, c->device);
	err = ttext_create(&dev, &pl, false);
	if (err)
		return err;

	call_info(call, "calls %s back", c->device);
	devv[0] = dev;
	prm.devv = devv;
	prm.timeout_ms = call->cfg->features.atxfernoanswer_s * 1000;
	err = fork_start(&c->recall, call, &prm, recall_over, c);
	mem_deref(dev);

	return err;
}


static void recall_cancel(struct call *call)
{
	struct consult *c = call->appst;

	timer_cancel(&c->tmr);
	c->recall = mem_deref(c->recall);
}


static const struct app app_recall = {
	.name = "Transfer",
	.usage = "nobody answers: who has transferred is called back",
	.cancel = recall_cancel,
};


/* The plan's last step rings at the one who has transferred */
bool consult_recall(struct consult *c)
{
	struct call *call = c->ask;

	if (!call->cfg->features.atxfercallbackretries || call->in_exec ||
	    !call->caller || call->app == &app_recall)
		return false;

	timer_cancel(&c->tmr);
	exec_cancel(call);
	call_stop_play(call);
	list_flush(&call->frames);
	call_set_identity(call, &c->party);
	exec_trace(call, app_recall.name, c->device);
	call->app = &app_recall;
	call->appst = mem_ref(c);
	call->jumped = false;
	call->waiting = true;
	call->nowait = 0;
	if (!recall_start(c))
		return true;

	exec_cancel(call);

	return false;
}
