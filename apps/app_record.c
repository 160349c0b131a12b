/**
 * @file apps/app_record.c  Record, MixMonitor, StopMixMonitor
 *
 * A recording belongs to the caller's stream and outlives the application
 * (MixMonitor) or ends with it (Record).  Its state reaches the call record
 * whatever happens (call_media.c).
 */
#include <unistd.h>
#include "apps/apps.h"
#include "apps/command.h"
#include "apps/record.h"
#include "base/text.h"

static const char record_known[] = "anqstxky";
static const char mix_known[] = "abpirtvVW";

#define PART_VAR "MIXMONITOR_%c_%u" /* r or t, the recording's id */

enum {
	NUMBERS_MAX = 10000, /* %d of Record */
	MAX_MS = 24 * 3600 * 1000,
	BEGIN_MS = 3000, /* a disk must open the file in this time */
};


/* --- Record -------------------------------------------------------------- */

struct rec {
	char *path;
	char *name;         /* RECORDED_FILE: without the ending */
	const char *status; /* once it is being stopped */
	uint32_t tag;
	char ends[16];      /* digits that stop it */
	bool ended;
};


static void rec_destructor(void *data)
{
	struct rec *r = data;

	mem_deref(r->path);
	mem_deref(r->name);
}


static void rec_stop(struct call *call, struct rec *r, const char *status)
{
	if (r->status)
		return;

	r->status = status;
	call_set_digits(call, NULL, NULL);

	/* the step is over when the file is */
	if (call_stop_record(call, r->tag))
		call_step_done(call, APP_NEXT);
}


static void rec_event(struct call *call, const struct media_report *ev,
		      void *arg)
{
	struct rec *r = arg;

	if (ev->ev == MEDIA_EV_SILENCE) {
		rec_stop(call, r, "SILENCE");
		return;
	}
	if (ev->ev == MEDIA_EV_LIMIT) {
		rec_stop(call, r, "TIMEOUT");
		return;
	}

	if (ev->rec == MEDIA_REC_FAILED)
		r->status = "ERROR";
	if (!r->status)
		r->status = "TIMEOUT";

	r->ended = true;
	(void)call_set_var(call, "RECORD_STATUS", r->status, false);
	call_step_note(call, "%s %u ms", r->status, ev->duration_ms);
	call_step_done(call, APP_NEXT);
}


static void rec_digit(struct call *call, char digit, void *arg)
{
	struct rec *r = arg;

	if (strchr(r->ends, digit))
		rec_stop(call, r, "DTMF");
}


static void rec_cancel(struct call *call)
{
	(void)call_set_var(call, "RECORD_STATUS", "HANGUP", false);
}


/* "name.wav", or "name:wav" as in old files */
static int find_format(struct ttext *name)
{
	size_t colon = ttext_find(name, 0, ':');

	if (colon < name->len)
		name->str[colon] = '.';

	return strchr(name->str, '.') ? 0 : EINVAL;
}


/* %d is the first number that is free */
static int number_path(char **pathp, const char *path)
{
	const char *p = strstr(path, "%d");
	char *try = NULL;

	for (unsigned i = 0; p && i < NUMBERS_MAX; i++) {
		int err = re_sdprintf(&try, "%b%u%s", path,
				      (size_t)(p - path), i, p + 2);
		if (err)
			return err;
		if (access(try, F_OK)) {
			*pathp = try;
			return 0;
		}

		try = mem_deref(try);
	}

	return p ? ENOSPC : str_dup(pathp, path);
}


static int rec_names(struct call *call, struct rec *r,
		     const struct ttext *text)
{
	struct ttext *name = NULL;
	char *path = NULL;
	const char *dot;
	struct pl stem;
	int err;

	err = ttext_slice(&name, text, 0, text->len);
	if (!err)
		err = find_format(name);
	if (!err)
		err = call_file_path(call, &path, "recordings", name);
	if (!err)
		err = number_path(&r->path, path);
	if (!err) {
		dot = strrchr(r->path, '.');
		stem.p = r->path;
		stem.l = dot ? (size_t)(dot - r->path) : strlen(r->path);
		err = pl_strdup(&r->name, &stem);
	}
	if (!err)
		err = call_set_var(call, "RECORDED_FILE", r->name, false);

	mem_deref(name);
	mem_deref(path);

	return err;
}


/* Options and limits; false: nothing to do */
static bool rec_options(struct call *call, struct rec *r,
			struct media_record *prm, const struct args *args)
{
	struct pl silence = args_pl(args, 1), max = args_pl(args, 2);
	struct opts opts;
	bool go = true;

	if (silence.l && !arg_ms(&prm->silence_ms, &silence))
		call_warning(call, "Record: silence \"%r\"", &silence);
	if (max.l && !arg_ms(&prm->max_ms, &max))
		call_warning(call, "Record: length \"%r\"", &max);
	if (!prm->max_ms || prm->max_ms > MAX_MS)
		prm->max_ms = MAX_MS;

	if (opts_decode(&opts, args_text(args, 3), record_known, opt_unknown,
			call)) {
		opts_reset(&opts);
		return false;
	}

	prm->append = opt_find(&opts, 'a', NULL);
	prm->beep = !opt_find(&opts, 'q', NULL);
	str_ncpy(r->ends, opt_find(&opts, 'x', NULL)   ? ""
			  : opt_find(&opts, 'y', NULL) ? "0123456789*#ABCD"
			  : opt_find(&opts, 't', NULL) ? "*"
						       : "#",
		 sizeof(r->ends));

	if (opt_find(&opts, 's', NULL) && !call_is_answered(call))
		go = false;
	else if (!opt_find(&opts, 'n', NULL))
		go = answer_first(call);

	opts_reset(&opts);

	return go;
}


static enum app_result rec_fail(struct call *call, int err)
{
	call_warning(call, "Record: %m", err);
	call_step_note(call, "%m", err);
	(void)call_set_var(call, "RECORD_STATUS", "ERROR", false);

	return APP_NEXT;
}


static enum app_result record_exec(struct call *call, const struct args *args)
{
	struct rec *r = mem_zalloc(sizeof(*r), rec_destructor);
	struct media_record prm;
	int err;

	if (!r)
		return APP_HANGUP;

	call->appst = r;
	memset(&prm, 0, sizeof(prm));
	prm.rx_only = true;

	err = rec_names(call, r, args_text(args, 0));
	if (err)
		return rec_fail(call, err);

	if (!rec_options(call, r, &prm, args)) {
		(void)call_set_var(call, "RECORD_STATUS", "SKIP", false);
		return APP_NEXT;
	}

	call_stop_play(call);
	prm.path = r->path;
	err = call_record(call, &prm, rec_event, r);
	if (err)
		return rec_fail(call, err);

	r->tag = prm.tag;
	call_set_digits(call, rec_digit, r);

	return APP_WAIT;
}


const struct app app_record = {
	.name = "Record",
	.options = record_known,
	.optarg = 3,
	.usage = "Record(file.format[,silence[,length[,options]]])  record "
		 "the caller to a file",
	.minargs = 1,
	.maxargs = 4,
	.exec = record_exec,
	.cancel = rec_cancel,
};


/* --- MixMonitor ---------------------------------------------------------- */

/* A recording that cannot start is a failed one: it is said, and the call
 * lives, unless it must not without */
static void not_recorded(struct call *call, const char *name, int err)
{
	call_warning(call, "MixMonitor(%s): not recorded: %m", name, err);
	call_step_note(call, "not recorded: %m", err);
	if (call_record_must(call))
		call_record_refused(call, name, strerror(err));
}


static int mix_path(struct call *call, char **pathp, const struct ttext *text)
{
	struct pl wav = PL_LIT(".wav");
	struct ttext *name = NULL;
	const char *base;
	int err;

	err = ttext_slice(&name, text, 0, text->len);
	if (err)
		return err;

	base = strrchr(name->str, '/');
	if (!strchr(base ? base : name->str, '.')) {
		call_info(call, "MixMonitor: %s becomes %s.wav", name->str,
			  name->str);
		err = ttext_append(name, &wav, false);
	}
	if (!err)
		err = call_file_path(call, pathp, "monitor", name);

	mem_deref(name);

	return err;
}


static void set_id(struct call *call, const struct opts *opts, uint32_t tag)
{
	const struct ttext *var = opt_text(opts, 'i');

	if (var && var->len)
		(void)vars_printf(call->vars, var->str, "%u", tag);
}


/* --- the command behind the file ----------------------------------------- */

static void mix_recorded(struct call *call, const struct media_report *ev,
			 void *arg)
{
	struct command *cmd = arg;
	int err;

	if (ev->rec != MEDIA_REC_FAILED) {
		err = command_run(NULL, cmd, false, NULL, NULL);
		if (err)
			call_warning(call, "behind the recording: %s: %m",
				     command_text(cmd), err);
		else
			call_info(call, "behind the recording: %s",
				  command_text(cmd));
	}

	mem_deref(cmd);
}


/* ^{NAME} is ${NAME}, as it is now: the administrator's own text only */
static int mix_expand(struct ttext **tp, struct call *call,
		      const struct ttext *text)
{
	struct pl pl = ttext_pl(text);
	char *str;
	int err;

	if (ttext_tainted(text) || !strstr(text->str, "^{"))
		return ttext_slice(tp, text, 0, text->len);

	err = pl_strdup(&str, &pl);
	if (err)
		return err;

	for (char *p = str; (p = strstr(p, "^{")) != NULL; p++)
		*p = '$';

	pl_set_str(&pl, str);
	err = call_expand_text(call, tp, &pl);
	mem_deref(str);

	return err;
}


static void mix_command(struct call *call, const struct ttext *text,
			uint32_t tag)
{
	struct command *cmd = NULL;
	struct ttext *t = NULL;
	const char *why = "";
	int err;

	err = mix_expand(&t, call, text);
	if (!err)
		err = command_decode(&cmd, call, t, &why);
	if (!err)
		err = call_record_keep(call, tag, mix_recorded, cmd);
	if (err) {
		mem_deref(cmd);
		call_warning(call, "MixMonitor: %s is not run: %m%s%s",
			     text->str, err, why[0] ? ": " : "", why);
	}

	mem_deref(t);
}


/* v(x), V(x), W(x): what the caller says, what he hears, both; each step of x
 * is twice or half as loud */
static void mix_gain(uint32_t *gainp, struct call *call,
		     const struct opts *opts, char letter)
{
	enum { STEPS = 4, NONE = 256 };
	struct pl arg;
	int x;

	if (!opt_find(opts, letter, &arg))
		return;

	if (!arg_signed(&x, &arg, STEPS))
		call_warning(call, "MixMonitor: %c(%r) is left out, expected "
			     "a number from -4 to 4", letter, &arg);
	else
		*gainp = x < 0 ? NONE >> -x : NONE << x;
}


static void mix_gains(struct media_record *prm, struct call *call,
		      const struct opts *opts)
{
	mix_gain(&prm->gain_says, call, opts, 'W');
	prm->gain_hears = prm->gain_says;
	mix_gain(&prm->gain_says, call, opts, 'v');
	mix_gain(&prm->gain_hears, call, opts, 'V');
}


/* Options r and t: a file of one side as well.  StopMixMonitor(id) finds them
 * in a variable */
static void mix_part(struct call *call, const struct opts *opts, char letter,
		     const struct media_record *whole)
{
	const struct ttext *name = opt_text(opts, letter);
	struct media_record prm = {
		.rx_only = letter == 'r',
		.tx_only = letter == 't',
		.append = whole->append,
		.bridged_only = whole->bridged_only,
		.gain_says = whole->gain_says,
		.gain_hears = whole->gain_hears,
		.must = whole->must,
	};
	char var[32], *path = NULL;
	int err;

	if (!opt_find(opts, letter, NULL))
		return;

	err = name && name->len ? mix_path(call, &path, name) : EINVAL;
	if (!err) {
		prm.path = path;
		err = call_record(call, &prm, NULL, NULL);
	}
	if (err)
		call_warning(call, "MixMonitor: %c(%s): not recorded: %m",
			     letter, name ? name->str : "", err);
	else if (re_snprintf(var, sizeof(var), PART_VAR, letter,
			     whole->tag) > 0)
		(void)vars_printf(call->vars, var, "%u", prm.tag);
	mem_deref(path);
}


static void stop_part(struct call *call, char letter, uint32_t tag)
{
	char var[32];
	uint64_t part;
	struct pl pl;

	if (re_snprintf(var, sizeof(var), PART_VAR, letter, tag) < 0)
		return;

	pl_set_str(&pl, call_var(call, var));
	if (pl.l && !num_decode(&part, &pl, UINT32_MAX))
		(void)call_stop_record(call, (uint32_t)part);
}


/* h: told when it has begun, if it must */
static int mix_start(uint32_t *tagp, struct call *call, const char *path,
		     const struct opts *opts, const struct ttext *command,
		     call_record_h *h)
{
	struct media_record prm;
	int err;

	memset(&prm, 0, sizeof(prm));
	prm.path = path;
	prm.stereo = !call->cfg || !call->cfg->tandem.record_mono;
	prm.append = opt_find(opts, 'a', NULL);
	prm.bridged_only = opt_find(opts, 'b', NULL);
	prm.beep = opt_find(opts, 'p', NULL);
	prm.must = call_record_must(call);
	mix_gains(&prm, call, opts);

	err = call_record(call, &prm, h, NULL);
	if (err)
		return err;

	set_id(call, opts, prm.tag);
	mix_part(call, opts, 'r', &prm);
	mix_part(call, opts, 't', &prm);
	if (command && command->len)
		mix_command(call, command, prm.tag);
	(void)call_set_var(call, "MIXMONITOR_FILENAME", path, false);
	call_step_note(call, "recording %u", prm.tag);
	*tagp = prm.tag;

	return 0;
}


int record_talk(uint32_t *tagp, struct call *call, const struct ttext *name)
{
	struct ttext *options = NULL, *command = NULL;
	struct opts opts = {.n = 0};
	char *path = NULL;
	int err;

	if (!tagp || !call || !name)
		return EINVAL;

	err = var_text(&options, call, "MONITOR_OPTIONS");
	if (!err)
		err = var_text(&command, call, "MONITOR_EXEC");
	if (!err)
		err = opts_decode(&opts, options, mix_known, opt_unknown,
				  call);
	if (!err)
		err = mix_path(call, &path, name);
	if (!err)
		err = mix_start(tagp, call, path, &opts, command, NULL);

	opts_reset(&opts);
	mem_deref(options);
	mem_deref(command);
	mem_deref(path);

	return err;
}


/* --- a recording that must be: the plan waits for its file --------------- */

struct mix_wait {
	struct timer timer;
	struct call *call; /* no reference: its step */
	char *path;
};


static void mix_wait_destructor(void *data)
{
	struct mix_wait *mw = data;

	timer_cancel(&mw->timer);
	mem_deref(mw->path);
}


static void too_late(void *arg)
{
	struct mix_wait *mw = mem_ref(arg); /* the step ends inside */

	call_record_refused(mw->call, mw->path, "the disk does not answer");
	mem_deref(mw);
}


static void mix_begun(struct call *call, const struct media_report *ev,
		      void *arg)
{
	(void)arg;
	if (ev->ev == MEDIA_EV_REC_BEGUN || ev->ev == MEDIA_EV_REC_DONE)
		call_step_done(call, APP_NEXT);
}


/* So nobody is called, and nothing is said, before it is recorded */
static enum app_result mix_wait(struct call *call, const char *path)
{
	struct mix_wait *mw = mem_zalloc(sizeof(*mw), mix_wait_destructor);

	call->appst = mw;
	if (!mw || str_dup(&mw->path, path)) {
		call_record_refused(call, path, strerror(ENOMEM));
		return APP_HANGUP;
	}

	mw->call = call;
	timer_start(&mw->timer, BEGIN_MS, too_late, mw);

	return APP_WAIT;
}


static enum app_result mixmonitor_exec(struct call *call,
				       const struct args *args)
{
	enum app_result res = APP_NEXT;
	bool must = call_record_must(call);
	struct opts opts;
	char *path = NULL;
	uint32_t tag;
	int err;

	err = opts_decode(&opts, args_text(args, 1), mix_known, opt_unknown,
			  call);
	if (!err)
		err = mix_path(call, &path, args_text(args, 0));
	if (!err)
		err = mix_start(&tag, call, path, &opts, args_text(args, 2),
				must ? mix_begun : NULL);
	if (err)
		not_recorded(call, args_str(args, 0), err);
	else if (must)
		res = mix_wait(call, path);

	opts_reset(&opts);
	mem_deref(path);

	return res;
}


const struct app app_mixmonitor = {
	.name = "MixMonitor",
	.options = mix_known,
	.optarg = 1,
	.usage = "MixMonitor(file.format[,options[,command]])  record the call "
		 "until it ends, then run a command",
	.minargs = 1,
	.maxargs = 3,
	.exec = mixmonitor_exec,
};


static enum app_result stopmix_exec(struct call *call,
				    const struct args *args)
{
	struct pl arg = args_pl(args, 0);
	uint64_t tag = 0;

	arg = pl_trim(arg);
	if (arg.l && num_decode(&tag, &arg, UINT32_MAX))
		call_warning(call, "StopMixMonitor: no recording \"%r\"", &arg);
	else if (call_stop_record(call, (uint32_t)tag))
		call_step_note(call, "nothing to stop");
	else if (tag) {
		stop_part(call, 'r', (uint32_t)tag);
		stop_part(call, 't', (uint32_t)tag);
	}

	return APP_NEXT;
}


const struct app app_stopmixmonitor = {
	.name = "StopMixMonitor",
	.usage = "StopMixMonitor([id])  stop recording",
	.maxargs = 1,
	.dead_ok = true,
	.exec = stopmix_exec,
};
