/**
 * @file apps/app_line.c  ChanIsAvail, SendDTMF, SoftHangup, ChannelRedirect
 */
#include "apps/apps.h"
#include "b2bua/devstate.h"
#include "base/text.h"


/* --- ChanIsAvail --------------------------------------------------------- */

static bool is_free(enum devstate st, bool idle)
{
	switch (st) {

	case DEV_UNKNOWN:
	case DEV_NOT_INUSE: return true;
	case DEV_INUSE:
	case DEV_RINGING:
	case DEV_RINGINUSE:
	case DEV_ONHOLD: return !idle;
	case DEV_BUSY:
	case DEV_INVALID:
	case DEV_UNAVAILABLE:
	default: return false;
	}
}


struct avail {
	struct mbuf *chans, *devs;
	enum devstate last;
	bool idle, all;
	unsigned n;
};


/* The name has the form of a channel: dialplans cut it at the last '-' */
static int look_at(struct avail *av, const struct ttext *dev)
{
	struct pl rest = ttext_pl(dev), tech, name;
	char device[DEVSTATE_NAME_MAX];
	int err;

	(void)pl_next(&tech, &rest, '/');
	(void)pl_next(&name, &rest, '/'); /* the number is not the device's */
	if (!name.p || re_snprintf(device, sizeof(device), "%r/%r", &tech,
				   &name) < 0)
		return EINVAL;

	av->last = devstate_get(device);
	if (!is_free(av->last, av->idle) || (av->n && !av->all))
		return 0;

	err = mbuf_printf(av->chans, "%s%s-00000000", av->n ? "&" : "",
			  device);
	err |= mbuf_printf(av->devs, "%s%s", av->n ? "&" : "", device);
	++av->n;

	return err;
}


static int avail_result(struct call *call, const struct avail *av)
{
	char *chans = NULL, *devs = NULL;
	int err = mbuf_str(&chans, av->chans);

	if (!err)
		err = mbuf_str(&devs, av->devs);
	if (!err) {
		(void)call_set_var(call, "AVAILCHAN", chans, false);
		(void)call_set_var(call, "AVAILORIGCHAN", devs, false);
		(void)vars_printf(call->vars, "AVAILSTATUS", "%u",
				  (unsigned)av->last);
		(void)vars_printf(call->vars, "AVAILCAUSECODE", "%u",
				  av->n ? 0u : 20u);
		call_step_note(call, "%s", av->n ? devs : "none");
	}
	mem_deref(chans);
	mem_deref(devs);

	return err;
}


static enum app_result avail_exec(struct call *call, const struct args *args)
{
	struct avail av = {mbuf_alloc(64), mbuf_alloc(64), DEV_UNKNOWN, false,
			   false, 0};
	struct opts opts;
	struct args devs;
	bool jump;
	int err;

	devs.n = 0;
	err = opts_decode(&opts, args_text(args, 1), "astj", opt_unknown,
			  call);
	av.all = !err && opt_find(&opts, 'a', NULL);
	av.idle = !err && opt_find(&opts, 's', NULL);
	jump = !err && opt_find(&opts, 'j', NULL);
	opts_reset(&opts);

	if (!err)
		err = av.chans && av.devs ? args_split_plain(&devs,
							     args_text(args,
								       0),
							     '&')
					  : ENOMEM;
	for (size_t i = 0; i < devs.n && !err; i++) {
		err = look_at(&av, args_text(&devs, i));
		if (av.n && !av.all)
			break;
	}
	args_reset(&devs);

	if (!err)
		err = avail_result(call, &av);
	mem_deref(av.chans);
	mem_deref(av.devs);

	if (err)
		call_warning(call, "ChanIsAvail(%s): %m", args_str(args, 0),
			     err);
	if (!av.n)
		(void)call_jump_101(call, jump);

	return APP_NEXT;
}


const struct app app_chanisavail = {
	.name = "ChanIsAvail",
	.usage = "ChanIsAvail(tech/device[&tech/device...][,options])  "
		 "AVAILCHAN is the first device that can be called",
	.minargs = 1,
	.maxargs = 2,
	.dead_ok = true,
	.dry_ok = true,
	.exec = avail_exec,
};


/* --- SendDTMF ------------------------------------------------------------ */

enum {
	TONE_MS = 250, /* length, and silence behind it */
	PAUSE_MS = 500, /* of a 'w' */
};

struct sending {
	struct call *call;
	struct timer tmr;
	char *digits;
	size_t pos;
	uint32_t gap_ms, on_ms;
	char leg[96]; /* name: it may go meanwhile */
};


static void sending_destructor(void *data)
{
	struct sending *sd = data;

	timer_cancel(&sd->tmr);
	mem_deref(sd->digits);
}


static struct leg *leg_named(const char *name)
{
	struct call *call = call_find(name);
	struct le *le;

	if (!call)
		return NULL;

	LIST_FOREACH(&call->legs, le)
	{
		if (!str_casecmp(leg_name(le->data), name))
			return le->data;
	}

	return call->caller;
}


static void send_next(void *arg)
{
	struct sending *sd = arg;
	struct leg *leg = leg_named(sd->leg);
	char c = sd->digits[sd->pos];
	uint32_t wait;

	if (!c || !leg) {
		call_step_done(sd->call, APP_NEXT);
		return;
	}

	++sd->pos;
	wait = c == 'w' || c == 'W' ? PAUSE_MS : sd->on_ms + sd->gap_ms;
	if (c != 'w' && c != 'W' && leg_send_dtmf(leg, c, sd->on_ms))
		call_step_note(sd->call, "not sent");

	timer_start(&sd->tmr, wait, send_next, sd);
}


static enum app_result senddtmf_exec(struct call *call,
				     const struct args *args)
{
	struct pl gap = args_pl(args, 1), on = args_pl(args, 2);
	struct sending *sd;
	uint64_t n;

	sd = mem_zalloc(sizeof(*sd), sending_destructor);
	if (!sd)
		return APP_HANGUP;

	call->appst = sd;
	sd->call = call;
	gap = pl_trim(gap);
	on = pl_trim(on);
	sd->gap_ms = gap.l && !num_decode(&n, &gap, 10000) ? (uint32_t)n
							   : TONE_MS;
	sd->on_ms = on.l && !num_decode(&n, &on, 10000) && n ? (uint32_t)n
							     : TONE_MS;
	str_ncpy(sd->leg, args_has(args, 3) ? args_str(args, 3)
					    : leg_name(call->caller),
		 sizeof(sd->leg));
	if (str_dup(&sd->digits, args_str(args, 0)))
		return APP_HANGUP;

	if (strspn(sd->digits, "0123456789*#ABCDabcdwW") !=
	    strlen(sd->digits)) {
		call_warning(call, "SendDTMF: \"%s\" are not all digits",
			     sd->digits);
		return APP_NEXT;
	}

	timer_start(&sd->tmr, 0, send_next, sd);

	return APP_WAIT;
}


const struct app app_senddtmf = {
	.name = "SendDTMF",
	.usage = "SendDTMF(digits[,gap[,length[,channel]]])  send digits, w is "
		 "half a second of silence; gap and length in ms",
	.minargs = 1,
	.maxargs = 4,
	.exec = senddtmf_exec,
};


/* --- other calls --------------------------------------------------------- */

static void hang_up(struct call *call, struct leg *leg)
{
	if (leg == call->caller)
		call_hangup(call, 0);
	else
		leg_hangup(leg, 0, NULL);
}


/* Names and nothing else, or names that begin so ("a") */
static bool fits(const char *name, const char *want, bool all)
{
	size_t n = strlen(want);

	if (!str_casecmp(name, want))
		return true;
	if (strncasecmp(name, want, n))
		return false;

	return all || name[n] == '-';
}


static enum app_result softhangup_exec(struct call *call,
				       const struct args *args)
{
	bool all = strchr(args_str(args, 1), 'a') != NULL;
	struct le *cle, *lle;
	unsigned n = 0;

	for (cle = list_head(calls_list()); cle;) {
		struct call *other = cle->data;

		cle = cle->next;
		for (lle = other->legs.head; lle && (all || !n);) {
			struct leg *leg = lle->data;

			lle = lle->next;
			if (leg_state(leg) >= LEG_ENDING ||
			    !fits(leg_name(leg), args_str(args, 0), all))
				continue;

			hang_up(other, leg);
			++n;
		}
	}

	call_step_note(call, "%u", n);

	return APP_NEXT;
}


const struct app app_softhangup = {
	.name = "SoftHangup",
	.usage = "SoftHangup(tech/device[-id][,a])  hang up a channel, with a "
		 "all of the device",
	.minargs = 1,
	.maxargs = 2,
	.dead_ok = true,
	.exec = softhangup_exec,
};


static enum app_result redirect_exec(struct call *call,
				     const struct args *args)
{
	struct call *other = call_find(args_str(args, 0));
	struct args target = {.n = 0};
	int err;

	/* the target stays as it was split: its map with it */
	err = args_add_from(&target, args, 1);
	if (!err)
		err = other && other != call && other->caller
			      ? call_redirect(other, &target)
			      : ENOENT;
	args_reset(&target);

	(void)call_set_var(call, "CHANNELREDIRECT_STATUS",
			   err == ENOENT ? "NOCHANNEL"
			   : err	 ? "FAILED"
					 : "SUCCESS",
			   false);
	if (err)
		call_step_note(call, "%m", err);

	return APP_NEXT;
}


const struct app app_channelredirect = {
	.name = "ChannelRedirect",
	.usage = "ChannelRedirect(channel,[[context,]extension,]priority)  "
		 "another call goes on elsewhere in its plan",
	.minargs = 2,
	.maxargs = 4,
	.dead_ok = true,
	.exec = redirect_exec,
};
