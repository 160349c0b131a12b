/**
 * @file apps/app_background.c  Background, WaitExten: the caller dials on
 *
 * A digit stops the prompt at once; what is dialled is looked up in the
 * present context, or the one given.
 */
#include "apps/apps.h"
#include "base/text.h"

static const char waitexten_known[] = "md";

static const char background_known[] = "snmp";

struct background {
	struct collect *collect;
	struct call *call;
	char *context;
};


static void destructor(void *data)
{
	struct background *bg = data;

	mem_deref(bg->collect);
	mem_deref(bg->context);
}


static void dialled(struct call *call, const char *digits, void *arg)
{
	struct background *bg = arg;

	call_stop_play(call);
	call_step_done(call, collect_go(call, bg->context, digits));
}


static int start(struct background **bgp, struct call *call,
		 const char *context, uint32_t first_ms, bool single)
{
	struct background *bg = mem_zalloc(sizeof(*bg), destructor);
	struct collect_params prm = {
		.context = context,
		.first_ms = first_ms,
		.next_ms = call->timeout_digit_ms,
		.single = single,
	};
	int err;

	if (!bg)
		return ENOMEM;

	bg->call = call;
	err = str_dup(&bg->context, context);
	if (!err)
		err = collect_start(&bg->collect, call, &prm, dialled, bg);
	if (err) {
		mem_deref(bg);
		return err;
	}

	call->appst = bg;
	*bgp = bg;

	return 0;
}


/* --- Background ---------------------------------------------------------- */

static void stop_prompt(void *arg)
{
	const struct background *bg = arg;

	call_stop_play(bg->call);
}


/* The prompt is over: without a digit the plan goes on */
static void prompt_over(struct call *call, int err, void *arg)
{
	struct background *bg = arg;

	if (err)
		call_step_note(call, "%m", err);

	if (collect_has(bg->collect))
		return; /* the rest of the digits is awaited */

	call_step_done(call, APP_NEXT);
}


static const char *context_of(const struct call *call,
			      const struct args *args)
{
	return args_has(args, 3) ? args_str(args, 3) : call->context;
}


static enum app_result background_run(struct call *call,
				      const struct args *args, bool single)
{
	struct background *bg;
	char *files = NULL;
	int err;

	err = start(&bg, call, context_of(call, args), 0, single);
	if (!err)
		err = call_files(&files, args_text(args, 0));
	if (!err)
		err = call_play(call, files, prompt_over, bg);
	mem_deref(files);

	if (err) {
		call_warning(call, "nothing played: %m", err);
		call_step_note(call, "%m", err);
		return APP_NEXT;
	}

	collect_on_first(bg->collect, stop_prompt, bg);
	collect_listen(bg->collect);

	return APP_WAIT;
}


static enum app_result background_exec(struct call *call,
				       const struct args *args)
{
	struct opts opts;
	bool skip, quiet, single;
	int err;

	err = opts_decode(&opts, args_text(args, 1), background_known,
			  opt_unknown, call);
	skip = !err && opt_find(&opts, 's', NULL);
	quiet = !err && opt_find(&opts, 'n', NULL);
	single = !err && opt_find(&opts, 'm', NULL);
	opts_reset(&opts);

	if (err)
		return APP_HANGUP;
	if (skip && !call_is_answered(call))
		return APP_NEXT;
	if (!quiet && !answer_first(call))
		return APP_HANGUP;

	if (args_has(args, 2))
		str_ncpy(call->language, args_str(args, 2),
			 sizeof(call->language));

	return background_run(call, args, single);
}


static void play_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_background = {
	.name = "Background",
	.options = background_known,
	.optarg = 1,
	.usage = "Background(file[&file...][,options[,language[,context]]])  "
		 "play prompts while the caller may dial an extension",
	.minargs = 1,
	.maxargs = 4,
	.exec = background_exec,
	.cancel = play_cancel,
};


/* --- WaitExten ----------------------------------------------------------- */

static enum app_result waitexten_exec(struct call *call,
				      const struct args *args)
{
	struct pl arg = args_pl(args, 0), class_name;
	uint32_t ms = call->timeout_response_ms;
	struct background *bg;
	struct opts opts;
	char name[64] = "";
	int err;

	if (args_has(args, 0) && !arg_ms(&ms, &arg))
		call_warning(call, "WaitExten: \"%r\" is no number", &arg);

	err = opts_decode(&opts, args_text(args, 1), waitexten_known,
			  opt_unknown, call);
	if (!err && opt_find(&opts, 'm', &class_name)) {
		(void)pl_strcpy(&class_name, name, sizeof(name));
		(void)call_music(call, call->caller, name); /* said there */
	}
	opts_reset(&opts);

	if (!err)
		err = start(&bg, call, call->context, ms ? ms : 1, false);
	if (err) {
		call_step_note(call, "%m", err);
		return APP_HANGUP;
	}

	collect_listen(bg->collect);
	collect_wait(bg->collect);

	return APP_WAIT;
}


const struct app app_waitexten = {
	.name = "WaitExten",
	.options = waitexten_known,
	.optarg = 1,
	.usage = "WaitExten([seconds[,m(class)]])  wait for the caller to dial "
		 "an extension",
	.maxargs = 2,
	.exec = waitexten_exec,
	.cancel = play_cancel,
};
