/**
 * @file apps/app_monitor.c  Monitor and its companions: the recording of old
 *                           plans, one file per direction
 *
 * NAME-in is what the caller says, NAME-out what he hears; option m makes one
 * file of both.  What must be known to stop or change it is kept in variables
 * of the call: MONITOR_FILENAME (path and name without the ending),
 * MONITOR_FORMAT, MONITOR_OPTIONS_USED and MONITOR_IDS (the recordings, empty
 * while it pauses).  A pause is cut out of the files.
 */
#include "apps/apps.h"
#include "apps/command.h"
#include "base/text.h"

static const char monitor_known[] = "bimo";

/** MONITOR_EXEC waits for all files; each holds a reference, and a pause */
struct behind {
	struct le le;            /* behinds */
	const struct call *call; /* no reference: to compare */
	unsigned open;
	bool held;               /* a pause keeps it, for whoever ends that */
	bool paused;             /* more comes to the files */
	struct command *cmd;
};

static struct list behinds;
static struct call_watch watch; /* while there are any */


static void destructor(void *data)
{
	struct behind *b = data;

	list_unlink(&b->le);
	if (list_isempty(&behinds))
		list_unlink(&watch.le);
	mem_deref(b->cmd);
}


/* --- the command behind the files ---------------------------------------- */

static void run_command(const struct call *call, const struct behind *b)
{
	int err = command_run(NULL, b->cmd, false, NULL, NULL);

	if (err)
		call_warning(call, "behind the recording: %s: %m",
			     command_text(b->cmd), err);
	else
		call_info(call, "behind the recording: %s",
			  command_text(b->cmd));
}


static void closed(struct call *call, const struct media_report *ev,
		   void *arg)
{
	struct behind *b = arg;

	(void)ev;
	if (!--b->open && !b->paused)
		run_command(call, b);

	mem_deref(b);
}


/* The files of now are not the end: those that are open may close meanwhile */
static void behind_pause(const struct call *call)
{
	for (struct le *le = behinds.head; le; le = le->next) {
		struct behind *b = le->data;

		if (b->call != call || b->paused)
			continue;
		b->paused = b->held = true;
		mem_ref(b);
	}
}


/* What was paused goes on in the same files (`more`), or has ended */
static void behind_resume(const struct call *call, bool more)
{
	struct le *le = behinds.head;

	while (le) {
		struct behind *b = le->data;

		le = le->next;
		if (b->call != call || !b->held)
			continue;
		b->held = false;
		b->paused = more;
		if (!more && !b->open)
			run_command(call, b);
		mem_deref(b);
	}
}


/* A call that ends while it pauses */
static void call_changed(struct call *call, void *arg)
{
	(void)arg;
	if (call->ending)
		behind_resume(call, false);
}


static int add(struct ttext *t, const struct call *call, const char *var,
	       const char *after)
{
	struct pl val, tail;
	int err;

	pl_set_str(&val, call_var(call, var));
	pl_set_str(&tail, after);
	err = ttext_append(t, &val, var_tainted(call, var));
	if (!err)
		err = ttext_append(t, &tail, false);

	return err;
}


/* MONITOR_EXEC in out both [MONITOR_EXEC_ARGS] */
static int exec_text(struct ttext **tp, const struct call *call)
{
	static const char *const after[] = {"-in.", " ", "-out.", " ", ".",
					    " "};
	struct ttext *t;
	int err = ttext_alloc(&t);

	if (err)
		return err;

	err = add(t, call, "MONITOR_EXEC", " ");
	for (size_t i = 0; i < ARRAY_SIZE(after) && !err; i++)
		err = add(t, call, i & 1 ? "MONITOR_FORMAT"
					 : "MONITOR_FILENAME", after[i]);
	if (!err)
		err = add(t, call, "MONITOR_EXEC_ARGS", "");
	if (err)
		mem_deref(t);
	else
		*tp = t;

	return err;
}


static void run_behind(struct call *call, const uint32_t tag[2])
{
	struct behind *b = mem_zalloc(sizeof(*b), destructor);
	struct ttext *text = NULL;
	const char *why = "";
	int err = b ? exec_text(&text, call) : ENOMEM;

	if (b) {
		b->call = call;
		if (list_isempty(&behinds)) {
			watch.h = call_changed;
			calls_watch(&watch);
		}
		list_append(&behinds, &b->le, b);
	}
	if (!err)
		err = command_decode(&b->cmd, call, text, &why);
	for (unsigned i = 0; i < 2 && !err; i++) {
		if (!tag[i])
			continue;
		err = call_record_keep(call, tag[i], closed, mem_ref(b));
		if (err)
			mem_deref(b);
		else
			++b->open;
	}
	if (err)
		call_warning(call, "Monitor: MONITOR_EXEC is not run: %m%s%s",
			     err, why[0] ? ": " : "", why);

	mem_deref(text);
	mem_deref(b);
}


/* --- start, stop --------------------------------------------------------- */

static bool has_letter(const struct call *call, char letter)
{
	return strchr(call_var(call, "MONITOR_OPTIONS_USED"), letter) != NULL;
}


static int record_one(uint32_t *tagp, struct call *call, const char *part,
		      struct media_record prm)
{
	char *path = NULL;
	int err;

	err = re_sdprintf(&path, "%s%s.%s", call_var(call, "MONITOR_FILENAME"),
			  part, call_var(call, "MONITOR_FORMAT"));
	if (err)
		return err;

	prm.path = path;
	prm.bridged_only = has_letter(call, 'b');
	prm.must = call_record_must(call);
	err = call_record(call, &prm, NULL, NULL);
	if (!err)
		*tagp = prm.tag;
	mem_deref(path);

	return err;
}


static int record_both(uint32_t tag[2], struct call *call, bool append)
{
	struct media_record in = {.rx_only = true, .append = append};
	struct media_record out = {.tx_only = true, .append = append};
	struct media_record all = {.append = append};
	bool exec = call_var(call, "MONITOR_EXEC")[0] != '\0';
	int err = 0;

	if (has_letter(call, 'm') && !exec)
		return record_one(&tag[0], call, "", all);

	if (!has_letter(call, 'i'))
		err = record_one(&tag[0], call, "-in", in);
	if (!has_letter(call, 'o') && !err)
		err = record_one(&tag[1], call, "-out", out);
	if (exec && !err)
		run_behind(call, tag);

	return err;
}


static void start(struct call *call, bool append)
{
	uint32_t tag[2] = {0, 0};
	int err = record_both(tag, call, append);

	(void)vars_printf(call->vars, "MONITOR_IDS", "%u,%u", tag[0], tag[1]);
	if (!err)
		return;

	call_warning(call, "Monitor(%s): not recorded: %m",
		     call_var(call, "MONITOR_FILENAME"), err);
	call_step_note(call, "not recorded: %m", err);
	if (call_record_must(call))
		call_record_refused(call, call_var(call, "MONITOR_FILENAME"),
				    strerror(err));
}


static void stop(struct call *call)
{
	struct pl rest, part;
	uint64_t tag;

	pl_set_str(&rest, call_var(call, "MONITOR_IDS"));
	while (rest.l && pl_next(&part, &rest, ',')) {
		if (!num_decode(&tag, &part, UINT32_MAX) && tag)
			(void)call_stop_record(call, (uint32_t)tag);
	}
}


/* --- names --------------------------------------------------------------- */

/* "SIP/100-0000002a" as a file */
static int channel_name(struct ttext **tp, const struct call *call)
{
	char name[96];
	struct pl pl;

	str_ncpy(name, call->caller ? leg_name(call->caller) : "monitor",
		 sizeof(name));
	for (char *p = name; *p; p++)
		*p = *p == '/' ? '-' : *p;
	pl_set_str(&pl, name);

	return ttext_create(tp, &pl, false);
}


static int set_name(struct call *call, const struct ttext *name)
{
	struct ttext *own = NULL;
	char *path = NULL;
	int err = 0;

	if (!name || !name->len)
		err = channel_name(&own, call);
	if (!err)
		err = call_file_path(call, &path, "monitor", own ? own : name);
	if (!err)
		err = call_set_var(call, "MONITOR_FILENAME", path,
				   !own && ttext_tainted(name));
	mem_deref(own);
	mem_deref(path);

	return err;
}


/* "wav", "wav49" and "gsm" name formats; "wav:http://..." has more to say */
static void set_format(struct call *call, const struct args *args)
{
	struct pl rest = args_pl(args, 0), fmt = PL_INIT;
	char name[8] = "";

	(void)pl_next(&fmt, &rest, ':');
	fmt = pl_trim(fmt);
	if (!fmt.l || pl_copy(name, sizeof(name), &fmt) ||
	    ttext_tainted(args_text(args, 0)))
		str_ncpy(name, "wav", sizeof(name));
	else if (!str_casecmp(name, "wav49"))
		str_ncpy(name, "WAV", sizeof(name));

	(void)call_set_var(call, "MONITOR_FORMAT", name, false);
}


static void set_options(struct call *call, const struct args *args)
{
	char letters[sizeof(monitor_known)] = "";
	struct opts opts;
	size_t n = 0;

	if (opts_decode(&opts, args_text(args, 2), monitor_known, opt_unknown,
			call))
		return;

	for (const char *p = monitor_known; *p; p++) {
		if (opt_find(&opts, *p, NULL))
			letters[n++] = *p;
	}
	opts_reset(&opts);
	(void)call_set_var(call, "MONITOR_OPTIONS_USED", letters, false);
}


/* --- applications -------------------------------------------------------- */

static enum app_result not_recorded(struct call *call)
{
	call_warning(call, "%s: nothing is recorded by Monitor",
		     call->app->name);
	call_step_note(call, "nothing is recorded");

	return APP_NEXT;
}


static enum app_result monitor_exec(struct call *call,
				    const struct args *args)
{
	int err = set_name(call, args_text(args, 1));

	if (err) {
		call_warning(call, "Monitor(%s): not recorded: %m",
			     args_str(args, 1), err);
		call_step_note(call, "not recorded: %m", err);
		return APP_NEXT;
	}

	stop(call);
	behind_resume(call, false);
	set_format(call, args);
	set_options(call, args);
	(void)call_set_var(call, "MONITORED", "true", false);
	start(call, false);

	return APP_NEXT;
}


const struct app app_monitor = {
	.name = "Monitor",
	.options = monitor_known,
	.optarg = 2,
	.usage = "Monitor([format[,name[,options]]])  record what the caller "
		 "says and what he hears, each to its own file; m: one file",
	.maxargs = 3,
	.exec = monitor_exec,
};


static enum app_result stopmonitor_exec(struct call *call,
					const struct args *args)
{
	(void)args;
	if (!call_var(call, "MONITORED")[0])
		return not_recorded(call);

	stop(call);
	behind_resume(call, false);
	(void)call_set_var(call, "MONITORED", "", false);

	return APP_NEXT;
}


const struct app app_stopmonitor = {
	.name = "StopMonitor",
	.usage = "StopMonitor()  end what Monitor began",
	.dead_ok = true,
	.exec = stopmonitor_exec,
};


static enum app_result pause_exec(struct call *call, const struct args *args)
{
	(void)args;
	if (!call_var(call, "MONITOR_IDS")[0])
		return not_recorded(call);

	behind_pause(call);
	stop(call);
	(void)call_set_var(call, "MONITOR_IDS", "", false);

	return APP_NEXT;
}


const struct app app_pausemonitor = {
	.name = "PauseMonitor",
	.usage = "PauseMonitor()  what follows is not in the files",
	.exec = pause_exec,
};


static enum app_result unpause_exec(struct call *call,
				    const struct args *args)
{
	(void)args;
	if (!call_var(call, "MONITORED")[0] || call_var(call, "MONITOR_IDS")[0])
		return not_recorded(call);

	behind_resume(call, true);
	start(call, true);

	return APP_NEXT;
}


const struct app app_unpausemonitor = {
	.name = "UnpauseMonitor",
	.usage = "UnpauseMonitor()  record again behind PauseMonitor",
	.exec = unpause_exec,
};


static enum app_result change_exec(struct call *call, const struct args *args)
{
	bool runs = call_var(call, "MONITOR_IDS")[0] != '\0';
	int err;

	if (!call_var(call, "MONITORED")[0])
		return not_recorded(call);

	stop(call);
	behind_resume(call, false);
	err = set_name(call, args_text(args, 0));
	if (err) {
		call_warning(call, "ChangeMonitor(%s): not recorded: %m",
			     args_str(args, 0), err);
		return APP_NEXT;
	}
	if (runs)
		start(call, false);

	return APP_NEXT;
}


const struct app app_changemonitor = {
	.name = "ChangeMonitor",
	.usage = "ChangeMonitor(name)  go on recording to files of another "
		 "name",
	.minargs = 1,
	.maxargs = 1,
	.exec = change_exec,
};
