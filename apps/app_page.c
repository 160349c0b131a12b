/**
 * @file apps/app_page.c  Page: speak to many phones at once
 *
 * The caller is in a conference of its own, which nobody else can dial.  Each
 * device is rung by a call of its own with one fork; the leg that answers
 * becomes that call's caller and a voice of the room:
 *
 *   Page's call ── struct page ── room ◄── caller (says)
 *                     │             ◄── phone (hears; option d: says, too)
 *                     └─ struct paged ── call ── fork ── leg
 *
 * When the caller leaves all of these calls end.  A phone is asked to answer
 * by itself with the headers that phones understand, unless the plan has set
 * some (SIPAddHeader), or option R.
 */
#include "apps/conf_app.h"
#include "apps/side_call.h"
#include "b2bua/cause.h"
#include "b2bua/devstate.h"
#include "b2bua/fork.h"
#include "base/text.h"

enum { SILENT = 0x80 }; /* a voice that nobody has */

static const char known[] = "dinqrsAR";

struct page {
	struct conf_app *ca;
	struct opts opts;
	struct args devs;
	char *announce;          /* A(files); NULL */
	uint32_t timeout_ms;     /* to answer; 0 none */
	struct list paged;       /* struct paged */
};

/** A device; its call owns it */
struct paged {
	struct le le;            /* page->paged */
	struct page *page;       /* no reference; NULL: Page is over */
	struct call *call;       /* no reference: it owns us */
	struct fork *fork;
	struct timer tmr;        /* what cannot be done inside of an event */
};


/* --- a device ------------------------------------------------------------ */

static void paged_destructor(void *data)
{
	struct paged *pd = data;

	timer_cancel(&pd->tmr);
	list_unlink(&pd->le);
	mem_deref(pd->fork);
}


static void end_handler(void *arg)
{
	struct paged *pd = arg;

	call_end(pd->call, CAUSE_NORMAL);
}


/* It did not answer */
static void failed(struct call *call, const struct fork_result *res, void *arg)
{
	struct paged *pd = arg;

	call_info(call, "page: %s", dial_status_name(res->status));
	timer_start(&pd->tmr, 0, end_handler, pd);
}


static bool is_duplex(const struct page *pg)
{
	return opt_find(&pg->opts, 'd', NULL);
}


static int join(const struct paged *pd, const struct leg *leg)
{
	const struct page *pg = pd->page;
	const struct media_member prm = {
		.says  = is_duplex(pg) ? MEDIA_MIX_ROOM : 0,
		.hears = MEDIA_MIX_ROOM,
	};
	const struct media_play play = {
		.files = pg->announce, .lang = pd->call->language,
	};
	int err;

	if (!media_can_mix(leg_audio(leg)->mcodec))
		return ENOTSUP;

	err = media_join(leg_media(leg), pg->ca->party->room->media, &prm);
	if (!err && pg->announce)
		(void)media_play(leg_media(leg), &play); /* said by media */

	return err;
}


/* Out of the fork, into the room */
static void answered(void *arg)
{
	struct paged *pd = arg;
	struct call *call = pd->call;
	struct leg *leg = fork_take(pd->fork);
	int err = ENOTCONN;

	pd->fork = mem_deref(pd->fork);
	if (leg) {
		call->caller = leg;
		if (pd->page && pd->page->ca->party->room)
			err = join(pd, leg);
	}
	if (err) {
		call_info(call, "page: not connected: %m", err);
		call_end(call, err == ENOTSUP ? CAUSE_BEARER : CAUSE_NORMAL);
		return;
	}

	call_info(call, "page: %s hears it", leg_name(leg));
}


static bool fork_event(struct call *call, enum fork_event ev, size_t dev,
		       enum dial_status status, void *arg)
{
	struct paged *pd = arg;

	(void)call;
	(void)dev;
	(void)status;
	if (ev != FORK_EV_ANSWERED)
		return false;

	timer_start(&pd->tmr, 0, answered, pd);

	return true; /* nobody is bridged */
}


/* --- headers ------------------------------------------------------------- */

/** Headers that the plan has added */
struct headers {
	struct call *to;
	bool answers; /* one of them is about answering */
};


static bool copy_header(const char *name, const struct vval *val,
			enum var_inherit inherit, void *arg)
{
	struct headers *h = arg;
	struct pl pl, value;

	(void)inherit;
	if (strncmp(name, "SIPADDHEADER", 12))
		return false;

	if (!strncasecmp(val->str, "Call-Info", 9) ||
	    !strncasecmp(val->str, "Alert-Info", 10))
		h->answers = true;

	pl_set_str(&pl, name);
	value.p = val->str;
	value.l = val->len;
	(void)vars_set(h->to->vars, &pl, &value, val->tainted);

	return false;
}


/* What the makers of phones have agreed on: Call-Info with answer-after
 * (Snom, Grandstream, Yealink), Alert-Info (Polycom, Cisco, Aastra) */
static int add_headers(struct call *child, const struct call *from, bool ask)
{
	struct headers h = {.to = child};
	int err;

	(void)vars_apply(from->vars, copy_header, &h);
	if (h.answers || !ask)
		return 0;

	err = vars_set_str(child->vars, "SIPADDHEADER91",
			   "Call-Info: <sip:127.0.0.1>;answer-after=0");
	err |= vars_set_str(child->vars, "SIPADDHEADER92",
			    "Alert-Info: <http://127.0.0.1>;"
			    "info=alert-autoanswer;delay=0");

	return err;
}


/* --- ringing ------------------------------------------------------------- */

/* Option s: only who is free */
static bool may_ring(const struct page *pg, const struct call *call,
		     const struct ttext *dev)
{
	if (!opt_find(&pg->opts, 's', NULL) ||
	    devstate_get(dev->str) == DEV_NOT_INUSE)
		return true;

	call_info(call, "page: %s is not free", dev->str);

	return false;
}


static void ring(struct page *pg, struct call *call, const struct ttext *dev)
{
	struct fork_params prm;
	struct call *child;
	struct paged *pd;
	int err;

	if (!may_ring(pg, call, dev))
		return;

	err = side_call_alloc(&child, call);
	if (err) {
		call_warning(call, "page: %s is not rung: %m", dev->str, err);
		return;
	}

	pd = mem_zalloc(sizeof(*pd), paged_destructor);
	if (!pd) {
		call_end(child, CAUSE_FAILURE);
		return;
	}

	child->appst = pd;
	pd->page = pg;
	pd->call = child;
	list_append(&pg->paged, &pd->le, pd);

	memset(&prm, 0, sizeof(prm));
	prm.devv = &dev;
	prm.devc = 1;
	prm.timeout_ms = pg->timeout_ms;
	prm.no_forward = opt_find(&pg->opts, 'i', NULL);
	prm.quiet = true;
	prm.eventh = fork_event;
	err = add_headers(child, call, !opt_find(&pg->opts, 'R', NULL));
	if (!err)
		err = fork_start(&pd->fork, child, &prm, failed, pd);
	if (err) {
		call_warning(call, "page: %s is not rung: %m", dev->str, err);
		call_end(child, CAUSE_FAILURE);
		return;
	}

	call_info(call, "page: %s is rung by call %s", dev->str, child->id);
}


/* --- Page ---------------------------------------------------------------- */

static void destructor(void *data)
{
	struct page *pg = data;

	while (pg->paged.head) {
		struct paged *pd = pg->paged.head->data;

		list_unlink(&pd->le);
		pd->page = NULL;
		timer_start(&pd->tmr, 0, end_handler, pd);
	}

	mem_deref(pg->ca);
	args_reset(&pg->devs);
	opts_reset(&pg->opts);
	mem_deref(pg->announce);
}


/* The caller is in the room: ring them all */
static void joined(struct room_party *p, struct conf_app *ca)
{
	struct page *pg = p->call->appst;

	(void)ca;
	for (size_t i = 0; i < pg->devs.n; i++) {
		if (pg->devs.v[i]->len)
			ring(pg, p->call, pg->devs.v[i]);
	}

	if (pg->announce && !opt_find(&pg->opts, 'n', NULL))
		(void)room_say(p, pg->announce);
	else if (!opt_find(&pg->opts, 'q', NULL))
		(void)room_say(p, "beep");
}


static int take_profiles(struct call *call, struct page *pg)
{
	struct room_party *p = pg->ca->party;
	int err = conf_app_profiles(call, pg->ca);

	if (err)
		return err;

	/* whatever the default profiles say */
	p->user->quiet = p->user->admin = p->user->answer = true;
	p->user->wait_marked = p->user->startmuted = false;
	p->user->music_when_empty = p->user->announce_join_leave = false;
	p->user->announce_review = false;
	p->user->announcement = mem_deref(p->user->announcement);
	p->user->pin = mem_deref(p->user->pin);
	p->user->timeout_s = 0;
	p->bridge->announcements = false;
	p->bridge->record = opt_find(&pg->opts, 'r', NULL);
	p->bridge->record_file = mem_deref(p->bridge->record_file);
	p->hidden = true;
	p->speaks_only = !is_duplex(pg);

	return 0;
}


static int take_args(struct call *call, struct page *pg,
		     const struct args *args)
{
	struct pl timeout = args_pl(args, 2);
	const struct ttext *text;
	int err;

	err = opts_decode(&pg->opts, args_text(args, 1), known, opt_unknown,
			  call);
	if (!err)
		err = args_split_plain(&pg->devs, args_text(args, 0), '&');
	text = err ? NULL : opt_text(&pg->opts, 'A');
	if (text && text->len)
		err = call_files(&pg->announce, text);
	if (!err && timeout.l && !arg_ms(&pg->timeout_ms, &timeout))
		call_warning(call, "Page: timeout \"%r\" is no number",
			     &timeout);

	return err;
}


static enum app_result page_exec(struct call *call, const struct args *args)
{
	struct page *pg = mem_zalloc(sizeof(*pg), destructor);
	char name[ROOM_NAME_MAX];

	if (!pg)
		return APP_HANGUP;

	call->appst = pg;
	(void)re_snprintf(name, sizeof(name), "page-%s", call->id);
	pg->ca = conf_app_alloc(call, name);
	if (!pg->ca || take_args(call, pg, args) || take_profiles(call, pg))
		return APP_HANGUP;

	pg->ca->joinedh = joined;

	return conf_app_run(call, pg->ca);
}


static void page_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_page = {
	.name = "Page",
	.options = known,
	.optarg = 1,
	.usage = "Page(device[&device...][,options[,timeout]])  speak to phones, "
		 "which answer by themselves",
	.minargs = 1,
	.maxargs = 3,
	.exec = page_exec,
	.cancel = page_cancel,
};
