/**
 * @file apps/app_chanspy.c  ChanSpy, ExtenSpy
 *
 * Goes from channel to channel: those whose name begins with a prefix, or that
 * are at an extension of the plan, one after the other as '*' asks or the
 * calls end.  Each beginning and end is a line in the log: who, whom.
 */
#include "apps/apps.h"
#include "apps/spy.h"
#include "base/clock.h"
#include "base/text.h"

enum {
	LOOK_MS = 1000,    /* for a channel, while there is none */
	VOLUME_MAX = 4,
};

static const char known[] = "bBcdeEgoqrsSuvwWxX";

struct chanspy {
	struct call *call;       /* no reference: it owns us */
	struct opts opts;
	char prefix[96];         /* of a channel's name; "" any */
	char exten[256], context[128]; /* ExtenSpy */
	struct spy *spy;
	struct spy_params prm;
	uint32_t last;           /* leg that was listened to */
	uint32_t again;          /* ... talks to somebody else: it comes first,
				    and is not announced anew; 0 none */
	char digits[32];
	struct timer look;
};

static void look(void *arg);


static void destructor(void *data)
{
	struct chanspy *cs = data;

	timer_cancel(&cs->look);
	mem_deref(cs->spy);
	opts_reset(&cs->opts);
}


static bool has(const struct chanspy *cs, char letter)
{
	return opt_find(&cs->opts, letter, NULL);
}


/* --- which channel ------------------------------------------------------- */

/* "a:b:c" has a word of another such list */
static bool lists_meet(const char *a, const char *b)
{
	struct pl ra, pa;

	pl_set_str(&ra, a);
	while (pl_next(&pa, &ra, ':')) {
		struct pl rb, pb;

		pa = pl_trim(pa);
		pl_set_str(&rb, b);
		while (pa.l && pl_next(&pb, &rb, ':')) {
			pb = pl_trim(pb);
			if (!pl_casecmp(&pa, &pb))
				return true;
		}
	}

	return false;
}


static bool group_ok(const struct chanspy *cs, const struct call *call)
{
	const struct ttext *group = opt_text(&cs->opts, 'g');

	if (!has(cs, 'g'))
		return true;

	return lists_meet(group && group->len ? group->str : "",
			  call_var(call, "SPYGROUP"));
}


/* e(1001:1002): of these peers alone */
static bool peer_ok(const struct chanspy *cs, const struct leg *leg)
{
	const struct ttext *list = opt_text(&cs->opts, 'e');
	const struct peer *peer = leg_peer(leg);

	if (!has(cs, 'e'))
		return true;

	return peer && peer->name && list &&
	       lists_meet(list->str, peer->name);
}


static bool name_ok(const struct chanspy *cs, const struct leg *leg)
{
	const struct call *call = leg_call(leg);
	const char *name = has(cs, 'u') ? call->uniqueid : leg_name(leg);

	if (cs->exten[0])
		return leg == call->caller &&
		       !str_casecmp(call->exten, cs->exten) &&
		       (!str_casecmp(call->context, cs->context) ||
			!str_casecmp(call->step_context, cs->context));

	return !strncasecmp(name, cs->prefix, strlen(cs->prefix));
}


static bool is_wanted(const struct chanspy *cs, const struct leg *leg)
{
	const struct call *call = leg_call(leg);

	if (call == cs->call || !leg || !leg_is_answered(leg) ||
	    leg_state(leg) != LEG_CONFIRMED)
		return false;
	if (leg != call->caller && leg != call->bridged)
		return false;
	if (has(cs, 'b') && !call->bridged)
		return false;
	if (call->app == &app_chanspy || call->app == &app_extenspy)
		return false; /* who listens is not listened to */

	return name_ok(cs, leg) && peer_ok(cs, leg) && group_ok(cs, call);
}


/* The next one by its number, then from the first one again */
static struct leg *next_leg(const struct chanspy *cs)
{
	struct leg *first = NULL, *next = NULL;

	for (struct le *cl = list_head(calls_list()); cl; cl = cl->next) {
		const struct call *call = cl->data;

		for (struct le *le = call->legs.head; le; le = le->next) {
			struct leg *leg = le->data;

			if (!is_wanted(cs, leg))
				continue;
			if (!first || leg_id(leg) < leg_id(first))
				first = leg;
			if (leg_id(leg) > cs->last &&
			    (!next || leg_id(leg) < leg_id(next)))
				next = leg;
		}
	}

	return next ? next : first;
}


/* --- listening ----------------------------------------------------------- */

static void done(struct chanspy *cs)
{
	call_stop_play(cs->call);
	call_step_done(cs->call, APP_NEXT);
}


static void over(struct spy *spy, void *arg)
{
	struct chanspy *cs = arg;

	(void)spy;
	cs->spy = mem_deref(cs->spy);
	call_info(cs->call, "listens no more");
	if (has(cs, 'E')) {
		done(cs);
		return;
	}

	cs->again = cs->last--;
	look(cs);
}


static const char *voice_name(enum spy_voice voice)
{
	return voice == SPY_WHISPER ? "whispers to"
	       : voice == SPY_BARGE ? "speaks with"
				    : "listens to";
}


static bool listen_to(struct chanspy *cs, struct leg *leg)
{
	int err;

	cs->last = leg_id(leg);
	cs->prm.spy = cs->call;
	cs->prm.target = leg;
	cs->spy = mem_deref(cs->spy);
	err = spy_start(&cs->spy, &cs->prm, over, cs);
	if (err) {
		call_info(cs->call, "ChanSpy: %s cannot be listened to: %m",
			  leg_name(leg), err);
		return false;
	}

	/* whoever looks for it later finds it at any log level */
	log_notice("chanspy", "call %s: %s %s %s of call %s", cs->call->id,
		   leg_name(cs->call->caller), voice_name(cs->prm.voice),
		   leg_name(leg), leg_call(leg)->id);
	(void)call_set_var(cs->call, "SPY_CHANNEL", leg_name(leg), false);

	return true;
}


/* The name as digits and letters: "SIP/1001-00000001" is 1001 */
static int say_name(struct mbuf *mb, const struct chanspy *cs,
		    const struct leg *leg)
{
	const char *name = leg_name(leg), *slash = strchr(name, '/');
	struct pl pl;
	const char *dash;

	pl_set_str(&pl, slash ? slash + 1 : name);
	dash = strrchr(pl.p, '-');
	if (dash)
		pl.l = (size_t)(dash - pl.p);

	if (!has(cs, 's') && mbuf_printf(mb, "%sspy-sip", mb->end ? "&" : ""))
		return ENOMEM;

	return say_alpha(mb, &pl);
}


/* Over what is heard already: nobody waits for it */
static void announce(struct chanspy *cs, const struct leg *leg)
{
	struct mbuf *mb = mbuf_alloc(128);
	char *files = NULL;

	if (has(cs, 'q') || !mb)
		goto out;

	if (mbuf_write_str(mb, "beep") || say_name(mb, cs, leg) ||
	    mbuf_str(&files, mb) ||
	    call_play(cs->call, files, NULL, NULL))
		call_info(cs->call, "ChanSpy: not announced");

out:
	mem_deref(files);
	mem_deref(mb);
}


static void look(void *arg)
{
	struct chanspy *cs = arg;
	struct leg *first = NULL, *leg;

	while ((leg = next_leg(cs)) != NULL && leg != first) {
		if (!first)
			first = leg;
		if (!listen_to(cs, leg))
			continue;

		if (cs->last != cs->again)
			announce(cs, leg);
		cs->again = 0;
		return;
	}

	cs->again = 0;

	if (has(cs, 'S')) {
		call_step_note(cs->call, "no channel");
		done(cs);
		return;
	}

	timer_start(&cs->look, LOOK_MS, look, cs);
}


static void go_on(struct chanspy *cs)
{
	cs->spy = mem_deref(cs->spy);
	timer_cancel(&cs->look);
	look(cs);
}


/* --- digits -------------------------------------------------------------- */

static void volume_up(struct chanspy *cs)
{
	if (++cs->prm.volume > VOLUME_MAX)
		cs->prm.volume = -VOLUME_MAX;
	if (cs->spy)
		(void)spy_set(cs->spy, &cs->prm);
}


/* Option d: 4 listen, 5 whisper, 6 barge */
static void mode_digit(struct chanspy *cs, char digit)
{
	static const enum spy_voice voices[] = {SPY_LISTEN, SPY_WHISPER,
						SPY_BARGE};

	cs->prm.voice = voices[digit - '4'];
	if (!cs->spy || spy_set(cs->spy, &cs->prm))
		return;

	log_notice("chanspy", "call %s: %s %s %s", cs->call->id,
		   leg_name(cs->call->caller), voice_name(cs->prm.voice),
		   leg_name(cs->prm.target));
}


static bool leaves(struct chanspy *cs, char digit)
{
	const char *context = call_var(cs->call, "SPY_EXIT_CONTEXT");
	char exten[2] = {digit, '\0'};
	const struct ttext *keys = opt_text(&cs->opts, 'x');

	if (keys && strchr(keys->str, digit))
		return true;
	if (!has(cs, 'X'))
		return false;
	if (!context[0])
		context = cs->call->context;
	if (!call_exists(cs->call, context, exten))
		return false;

	(void)call_goto_to(cs->call, context, exten, 1);

	return true;
}


/* 1001#: a channel whose name begins so, behind the prefix */
static void name_digit(struct chanspy *cs, char digit)
{
	const size_t n = strlen(cs->digits);
	const char *slash = strchr(cs->prefix, '/');

	if (digit != '#') {
		if (n + 1 < sizeof(cs->digits)) {
			cs->digits[n] = digit;
			cs->digits[n + 1] = '\0';
		}
		return;
	}

	if (!n) {
		volume_up(cs);
		return;
	}

	if (!cs->prefix[0])
		str_ncpy(cs->prefix, "SIP", sizeof(cs->prefix));
	if (!slash && re_snprintf(cs->prefix + strlen(cs->prefix),
				  sizeof(cs->prefix) - strlen(cs->prefix),
				  "/%s", cs->digits) < 0)
		call_warning(cs->call, "ChanSpy: too many digits");
	else if (slash)
		str_ncpy(cs->prefix + (slash + 1 - cs->prefix), cs->digits,
			 sizeof(cs->prefix) -
				 (size_t)(slash + 1 - cs->prefix));
	cs->digits[0] = '\0';
	go_on(cs);
}


static void digit_handler(struct call *call, char digit, void *arg)
{
	struct chanspy *cs = arg;
	const struct ttext *next = opt_text(&cs->opts, 'c');

	(void)call;
	if (leaves(cs, digit))
		done(cs);
	else if (digit == '*' || (next && next->len &&
				  next->str[0] == digit))
		go_on(cs);
	else if (has(cs, 'd') && digit >= '4' && digit <= '6')
		mode_digit(cs, digit);
	else if (has(cs, 'd') || has(cs, 'u') || has(cs, 'X') ||
		 cs->exten[0]) {
		if (digit == '#')
			volume_up(cs);
	}
	else {
		name_digit(cs, digit);
	}
}


/* --- begin --------------------------------------------------------------- */

static void take_volume(struct chanspy *cs)
{
	struct pl arg;

	if (opt_find(&cs->opts, 'v', &arg) && arg.l &&
	    !arg_signed(&cs->prm.volume, &arg, VOLUME_MAX))
		call_warning(cs->call, "ChanSpy: v(%r): expected -%d to %d",
			     &arg, VOLUME_MAX, VOLUME_MAX);
}


static void take_record(struct chanspy *cs)
{
	const struct ttext *base = opt_text(&cs->opts, 'r');
	struct media_record prm = {.stereo = true};
	struct ttext *name = NULL;
	char *path = NULL, *file = NULL;
	struct pl pl;
	int err;

	if (!has(cs, 'r'))
		return;

	pl_set_str(&pl, "chanspy");
	err = base && base->len ? ttext_slice(&name, base, 0, base->len)
				: ttext_create(&name, &pl, false);
	if (!err)
		err = call_file_path(cs->call, &path, "monitor", name);
	if (!err)
		err = re_sdprintf(&file, "%s.%llu.wav", path, clock_wall_s());
	prm.path = file;
	if (!err)
		err = call_record(cs->call, &prm, NULL, NULL);
	if (err)
		call_warning(cs->call, "ChanSpy: not recorded: %m", err);

	mem_deref(name);
	mem_deref(path);
	mem_deref(file);
}


static enum app_result start(struct call *call, struct chanspy *cs,
			     const struct args *args)
{
	if (opts_decode(&cs->opts, args_text(args, 1), known, opt_unknown,
			call))
		return APP_HANGUP;

	if (!answer_first(call))
		return APP_HANGUP;

	cs->prm.voice = has(cs, 'B')                     ? SPY_BARGE
			: has(cs, 'w') || has(cs, 'W') ? SPY_WHISPER
						       : SPY_LISTEN;
	cs->prm.deaf = has(cs, 'W');
	cs->prm.one_side = has(cs, 'o');
	take_volume(cs);
	take_record(cs);
	call_stop_play(call);
	call_set_digits(call, digit_handler, cs);
	timer_start(&cs->look, 0, look, cs);

	return APP_WAIT;
}


static struct chanspy *alloc(struct call *call)
{
	struct chanspy *cs = mem_zalloc(sizeof(*cs), destructor);

	if (cs) {
		cs->call = call;
		call->appst = cs;
	}

	return cs;
}


static enum app_result chanspy_exec(struct call *call, const struct args *args)
{
	struct chanspy *cs = alloc(call);

	if (!cs)
		return APP_HANGUP;

	str_ncpy(cs->prefix, args_str(args, 0), sizeof(cs->prefix));

	return start(call, cs, args);
}


static void spy_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_chanspy = {
	.name = "ChanSpy",
	.options = known,
	.optarg = 1,
	.usage = "ChanSpy([channel[,options]])  listen to calls whose channel "
		 "begins so, and speak into them",
	.maxargs = 2,
	.exec = chanspy_exec,
	.cancel = spy_cancel,
};


static enum app_result extenspy_exec(struct call *call,
				     const struct args *args)
{
	struct chanspy *cs = alloc(call);
	struct pl rest, exten = PL_INIT;

	if (!cs)
		return APP_HANGUP;

	rest = args_pl(args, 0);
	if (!pl_next(&exten, &rest, '@') || !exten.l ||
	    pl_copy(cs->exten, sizeof(cs->exten), &exten) ||
	    pl_copy(cs->context, sizeof(cs->context), &rest)) {
		call_warning(call, "ExtenSpy: \"%s\" is no extension",
			     args_str(args, 0));
		return APP_HANGUP;
	}
	if (!cs->context[0])
		str_ncpy(cs->context, call->context, sizeof(cs->context));

	return start(call, cs, args);
}


const struct app app_extenspy = {
	.name = "ExtenSpy",
	.options = known,
	.optarg = 1,
	.usage = "ExtenSpy(extension[@context][,options])  as ChanSpy, for "
		 "callers who are at this extension",
	.minargs = 1,
	.maxargs = 2,
	.exec = extenspy_exec,
	.cancel = spy_cancel,
};
