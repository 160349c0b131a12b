/**
 * @file b2bua/explain.c  Where would this number go?
 */
#include <time.h>
#include "b2bua/explain.h"
#include "b2bua/cause.h"
#include "b2bua/fork.h"
#include "b2bua/location.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "base/text.h"
#include "routing/explain.h"

enum {
	STEPS_MAX = 200,
	DAY_S = 24 * 3600,
};


/* --- a step that is passed by -------------------------------------------- */

struct passed {
	const char *app, *note;
	const char *var, *value; /* as if it had happened so */
};

/* clang-format off */
static const struct passed passedv[] = {
	{"Dial",         "would call; on as if nobody answered",
	 "DIALSTATUS", "NOANSWER"},
	{"Queue",        "would wait there; on as if nobody came",
	 "QUEUESTATUS", "TIMEOUT"},
	{"VoiceMail",    "would record a message", "VMSTATUS", "SUCCESS"},
	{"Background",   "would play; nothing typed", NULL, NULL},
	{"WaitExten",    "would wait; nothing typed", NULL, NULL},
	{"Read",         "would ask; nothing typed", "READSTATUS", "TIMEOUT"},
	{"Authenticate", "would ask; on as if the password was right", NULL,
	 NULL},
	{"System",       "would run a program", "SYSTEMSTATUS", "SUCCESS"},
	{"TrySystem",    "would run a program", "SYSTEMSTATUS", "SUCCESS"},
	{"AGI",          "would run a program", "AGISTATUS", "SUCCESS"},
};
/* clang-format on */


void explain_skip(struct call *call, const struct app *app)
{
	for (size_t i = 0; i < ARRAY_SIZE(passedv); i++) {
		const struct passed *p = &passedv[i];

		if (str_casecmp(p->app, app->name))
			continue;

		call_step_note(call, "%s", p->note);
		if (p->var)
			(void)call_set_var(call, p->var, p->value, false);
		return;
	}

	call_step_note(call, "would run");
}


/* --- the walk ------------------------------------------------------------ */

static bool add_global(const char *name, const struct vval *val,
		       enum var_inherit inherit, void *arg)
{
	struct pl n, v;

	(void)inherit;
	pl_set_str(&n, name);
	v.p = val->str;
	v.l = val->len;

	return vars_set(arg, &n, &v, val->tainted) != 0;
}


/* Globals are the call's own here, so that setting one changes nothing */
static int take_globals(struct call *call)
{
	const struct server *srv = server();
	struct le *le;
	int err = 0;

	if (srv && srv->globals)
		return vars_apply(srv->globals, add_global, call->vars)
			       ? ENOMEM
			       : 0;

	LIST_FOREACH(&call->cfg->dialplan->globals, le)
	{
		const struct var_def *def = le->data;

		err |= vars_set_str(call->vars, def->name, def->value);
	}

	return err ? ENOMEM : 0;
}


static int walk(struct call **callp, const struct explain_params *prm)
{
	struct call *call;
	int err;

	err = call_alloc_dry(&call, prm->cfg, prm->plan);
	if (err)
		return err;

	err = take_globals(call);
	if (err) {
		mem_deref(call);
		return err;
	}

	call->at_s = prm->at_s;
	call->cid_wire = true;
	str_ncpy(call->cid_num, prm->cid ? prm->cid : "",
		 sizeof(call->cid_num));
	str_ncpy(call->dnid, prm->exten, sizeof(call->dnid));
	(void)call_goto_to(call, prm->context, prm->exten, 1);
	call->jumped = false;
	call->running = true;

	while (call->running && call->stepc < STEPS_MAX)
		exec_run(call);
	timer_cancel(&call->run_timer);

	*callp = call;

	return 0;
}


/* --- what is printed ----------------------------------------------------- */

/* One device of a Dial: who it is, and whether it could be reached now */
static int print_device(struct mbuf *mb, const struct call *call,
			const struct ttext *dev)
{
	struct fork_dev d;
	struct sx_target t;
	const char *why = "", *uri;
	bool known;
	int err;

	err = fork_dev_decode(&d, call->cfg, dev, &why);
	if (err)
		return mbuf_printf(mb, "            %s: %s\n", dev->str, why);
	if (d.tech == FORK_LOCAL)
		return mbuf_printf(mb, "            %s: goes on at %s,%s,1\n",
				   dev->str, d.host, d.user);
	if (!d.peer)
		return mbuf_printf(mb, "            %s: host %s\n", dev->str,
				   d.host);
	if (!server() || !server()->sx)
		return mbuf_printf(mb, "            %s: peer %s%s%s\n",
				   dev->str, d.peer->name,
				   d.user[0] ? ", number " : "", d.user);

	err = location_target(d.peer, &t, &uri, &known);

	return mbuf_printf(mb, "            %s: peer %s%s%s, %s\n", dev->str,
			   d.peer->name, d.user[0] ? ", number " : "", d.user,
			   !err		   ? "can be reached"
			   : err == ENOENT ? "not registered"
					   : "does not answer");
}


static int print_devices(struct mbuf *mb, const struct call *call,
			 const char *text)
{
	struct args args, devs;
	struct pl pl;
	int err;

	devs.n = 0;
	pl_set_str(&pl, text);
	err = args_split_pl(&args, &pl, false, 0);
	if (!err && args_has(&args, 0))
		err = args_split_plain(&devs, args_text(&args, 0), '&');
	for (size_t i = 0; i < devs.n && !err; i++)
		err = print_device(mb, call, args_text(&devs, i));

	args_reset(&devs);
	args_reset(&args);

	return err;
}


static int print_step(struct mbuf *mb, const struct call *call,
		      const struct call_step *st, unsigned n)
{
	bool pattern = str_cmp(st->pattern, st->exten) != 0;
	int err;

	err = mbuf_printf(mb, "  %3u. %s,%s,%u%s%s%s  %s(%s)%s%s\n", n,
			  st->context, st->exten, st->prio,
			  pattern ? " '" : "", pattern ? st->pattern : "",
			  pattern ? "'" : "", st->app, st->args,
			  str_cmp(st->result, "ok") ? "   -- " : "",
			  str_cmp(st->result, "ok") ? st->result : "");
	if (!str_casecmp(st->app, "Dial"))
		err |= print_devices(mb, call, st->args);

	return err;
}


static int print_end(struct mbuf *mb, const struct call *call)
{
	const struct call_step *last = list_ledata(call->steps.tail);

	if (call->running)
		return mbuf_printf(mb, "Not at an end after %u steps.\n",
				   call->stepc);

	if (last && !str_casecmp(last->app, "Hangup"))
		return mbuf_printf(mb, "Ends: hung up%s%s.\n",
				   call->cause ? ", " : "",
				   call->cause ? cause_text(call->cause) : "");
	if (last && (!str_casecmp(last->app, "Busy") ||
		     !str_casecmp(last->app, "Congestion")))
		return mbuf_printf(mb, "Ends: refused, %s.\n",
				   cause_text(call->cause));
	if (last && last->prio == call->prio &&
	    !str_cmp(last->exten, call->exten) &&
	    !str_cmp(last->context, call->context))
		return mbuf_printf(mb, "Ends: %s ends the call (%s).\n",
				   last->app, last->result);
	if (!call_exists(call, call->context, call->exten))
		return mbuf_printf(mb, "Ends: there is no extension %s in "
				   "context %s (404).\n", call->exten,
				   call->context);

	return mbuf_printf(mb, "Ends: no step %s,%s,%u, so the call is hung "
			   "up.\n", call->context, call->exten, call->prio);
}


static int print_walk(struct mbuf *mb, const struct call *call)
{
	struct le *le;
	unsigned n = 0;
	int err = 0;

	if (list_isempty(&call->steps))
		return 0;

	err = mbuf_printf(mb, "Steps:\n");
	LIST_FOREACH(&call->steps, le)
	{
		err |= print_step(mb, call, le->data, ++n);
	}

	return err | print_end(mb, call);
}


int plan_explain(struct mbuf *mb, const struct explain_params *prm)
{
	struct dp_query q;
	struct call *call;
	int err, found;

	if (!mb || !prm || !prm->cfg || !prm->plan || !prm->context ||
	    !prm->exten)
		return EINVAL;

	memset(&q, 0, sizeof(q));
	q.context = prm->context;
	pl_set_str(&q.exten, prm->exten);
	pl_set_str(&q.cid, prm->cid ? prm->cid : "");
	q.now_s = (int64_t)(prm->at_s ? prm->at_s : clock_wall_s());

	found = dp_explain(mb, prm->plan, &q, 1);
	if (found && (found != ENOENT ||
		      !dp_has_context(prm->plan, prm->context)))
		return found;

	err = walk(&call, prm);
	if (err)
		return err;

	err = print_walk(mb, call);
	mem_deref(call);

	return err ? ENOMEM : found;
}


/* --- words --------------------------------------------------------------- */

static int weekday(const char *word)
{
	static const char *const days[] = {"sun", "mon", "tue", "wed",
					   "thu", "fri", "sat"};

	for (size_t i = 0; i < ARRAY_SIZE(days); i++) {
		if (!strncasecmp(word, days[i], 3))
			return (int)i;
	}

	return -1;
}


/* A date, a weekday or nothing, and a time of day */
static int decode_time(uint64_t *tp, const char *text)
{
	time_t now = (time_t)clock_wall_s(), t;
	const char *end = NULL;
	struct tm tm, date;
	int day;

	if (!localtime_r(&now, &tm))
		return EINVAL;

	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	day = weekday(text);
	if (day >= 0) {
		tm.tm_mday += (day - tm.tm_wday + 7) % 7;
		text += strcspn(text, " ");
	}
	else {
		date = tm; /* what does not fit spoils it */
		end = strptime(text, "%Y-%m-%d", &date);
		if (end) {
			tm = date;
			text = end;
		}
	}

	text += strspn(text, " ");
	if (*text) {
		end = strptime(text, "%H:%M", &tm);
		if (!end || *end)
			return EINVAL;
	}
	else if (day < 0 && !end) {
		return EINVAL;
	}

	t = mktime(&tm);
	if (t <= 0)
		return EINVAL;

	*tp = (uint64_t)t;

	return 0;
}


/* "at" takes the words up to the next keyword */
static int take_time(struct explain_params *prm, int argc,
		     const char *const *argv, int *i)
{
	char text[64] = "";

	while (*i + 1 < argc && str_casecmp(argv[*i + 1], "from")) {
		size_t n = strlen(text);

		if (re_snprintf(text + n, sizeof(text) - n, "%s%s",
				n ? " " : "", argv[++*i]) < 0)
			return EINVAL;
	}

	return decode_time(&prm->at_s, text);
}


int explain_decode(struct explain_params *prm, int argc,
		   const char *const *argv, const char **why)
{
	if (!prm || !argv || !why)
		return EINVAL;

	*why = "expected CONTEXT NUMBER [from CALLER] [at TIME]";
	if (argc < 2)
		return EINVAL;

	prm->context = argv[0];
	prm->exten = argv[1];

	for (int i = 2; i < argc; i++) {
		if (!str_casecmp(argv[i], "from") && i + 1 < argc) {
			prm->cid = argv[++i];
		}
		else if (!str_casecmp(argv[i], "at") && i + 1 < argc) {
			if (take_time(prm, argc, argv, &i)) {
				*why = "a time is 10:30, mon 10:30 or "
				       "2026-12-31 10:30";
				return EINVAL;
			}
		}
		else {
			return EINVAL;
		}
	}

	return 0;
}
