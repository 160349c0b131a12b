/**
 * @file apps/app_agi.c  AGI, EAGI, DeadAGI: a program drives the call
 *
 *   start ---> commands ... ---> the program ends ---> next priority
 *                 |
 *                 | the caller leaves: it is told (SIGHUP, HANGUP) and may go
 *                 | on for a while, but nothing is heard any more
 *                 v
 *              commands ... ---> the program ends ---> extension h
 */
#include <fcntl.h>
#include <unistd.h>
#include "apps/agi.h"
#include "apps/apps.h"
#include "base/text.h"


static void destructor(void *data)
{
	struct agi_session *agi = data;

	if (agi->hears)
		(void)call_hear(agi->call, -1); /* he may have gone */
	agi_ask_forget(agi);
	timer_cancel(&agi->limit);
	timer_cancel(&agi->wait.tmr);
	mem_deref(agi->link);
	mem_deref(agi->request);
	mem_deref(agi->script);
	mem_deref(agi->in);
	args_reset(&agi->args);
}


static void too_long(void *arg)
{
	struct agi_session *agi = arg;

	call_warning(agi->call, "AGI %s: goes on too long after the hang-up, "
		     "left alone", agi->request);
	agi_over(agi, "HANGUP");
}


static int take_args(struct agi_session *agi, const struct args *args)
{
	const int err = args_add_from(&agi->args, args, 1);

	return err ? err : str_dup(&agi->request, args_str(args, 0));
}


/* --- agi://host[:port][/script] ------------------------------------------ */

static int connect_url(struct agi_session *agi)
{
	struct pl rest, place, host, port;
	char name[256];
	uint64_t n = AGI_PORT;
	int err;

	pl_set_str(&rest, agi->request + strlen("agi://"));
	(void)pl_next(&place, &rest, '/');
	err = rest.p ? pl_strdup(&agi->script, &rest)
		     : str_dup(&agi->script, "");
	if (err)
		return err;

	if (place.l && place.p[0] == '[') { /* [2001:db8::1]:4573 */
		if (re_regex(place.p, place.l, "\\[[^\\]]+\\][:]*[0-9]*",
			     &host, NULL, &port))
			return EINVAL;
	}
	else if (re_regex(place.p, place.l, "[^:]+[:]*[0-9]*", &host, NULL,
			  &port)) {
		return EINVAL;
	}

	if (port.l && (num_decode(&n, &port, 65535) || !n))
		return EINVAL;
	if (pl_copy(name, sizeof(name), &host))
		return EINVAL;

	agi->network = true;

	return agi_link_connect(agi, name, (uint16_t)n);
}


/* --- a program ----------------------------------------------------------- */

/* EAGI: what the caller says comes out of its descriptor 3 */
static int run_listening(struct agi_session *agi, const char *path)
{
	int fds[2], err;

	if (!answer_first(agi->call))
		return ENOTCONN;
	if (pipe2(fds, O_CLOEXEC))
		return errno;

	/* only our end: a program reads as it is used to */
	err = fcntl(fds[1], F_SETFL, O_NONBLOCK) ? errno : 0;
	if (!err)
		err = agi_link_spawn(agi, path, fds[0]);
	(void)close(fds[0]);
	if (err) {
		(void)close(fds[1]);
		return err;
	}

	agi->hears = true;

	return call_hear(agi->call, fds[1]);
}


static int run_program(struct agi_session *agi)
{
	const struct call *call = agi->call;
	const char *dir = call->cfg ? call->cfg->dirs.agi : NULL;
	char *path = NULL;
	int err;

	if (agi->request[0] == '/')
		err = str_dup(&path, agi->request);
	else
		err = dir ? re_sdprintf(&path, "%s/%s", dir, agi->request)
			  : ENOENT;
	if (!err && access(path, X_OK))
		err = errno;
	if (!err)
		err = agi->enhanced && !agi->dead ? run_listening(agi, path)
						  : agi_link_spawn(agi, path,
								   0);
	mem_deref(path);

	return err;
}


static int start(struct agi_session *agi, const struct ttext *program)
{
	/* what is run, and where, is not for a caller to say */
	if (ttext_tainted(program)) {
		call_warning(agi->call, "AGI: \"%s\" has something that a "
			     "caller sent", program->str);
		return EPERM;
	}

	if (!strncasecmp(agi->request, "agi://", 6))
		return connect_url(agi);
	if (strstr(agi->request, "://") ||
	    !strncasecmp(agi->request, "agi:", 4)) {
		call_warning(agi->call, "AGI: \"%s\" is not spoken, expected "
			     "a program or agi://host/", agi->request);
		return EINVAL;
	}

	return run_program(agi);
}


static enum app_result agi_run(struct call *call, const struct args *args,
			       bool enhanced)
{
	struct agi_session *agi = mem_zalloc(sizeof(*agi), destructor);
	int err;

	if (!agi)
		return APP_HANGUP;

	call->appst = agi;
	agi->call = call;
	agi->enhanced = enhanced;
	agi->dead = call->hangup_run;
	agi->status = agi->dead ? "HANGUP" : "SUCCESS";
	agi->in = mbuf_alloc(512);
	err = agi->in ? take_args(agi, args) : ENOMEM;
	if (!err)
		err = start(agi, args_text(args, 0));
	if (!err && agi->dead)
		timer_start(&agi->limit, AGI_DEAD_MS, too_long, agi);
	if (!err || agi->over)
		return APP_WAIT;

	call_warning(call, "AGI(%s): %m", args_str(args, 0), err);
	call_step_note(call, "%m", err);
	(void)call_set_var(call, "AGISTATUS",
			   err == ENOENT ? "NOTFOUND" : "FAILURE", false);

	return APP_NEXT;
}


static enum app_result agi_exec(struct call *call, const struct args *args)
{
	return agi_run(call, args, false);
}


static enum app_result eagi_exec(struct call *call, const struct args *args)
{
	if (!strncasecmp(args_str(args, 0), "agi:", 4))
		call_warning(call, "EAGI: a server hears nothing, only a "
			     "program does");

	return agi_run(call, args, true);
}


/* A program that talks to us may say what it has to say after the hang-up */
static bool agi_linger(struct call *call)
{
	struct agi_session *agi = call->appst;
	const char *leave = call_var(call, "AGIEXITONHANGUP");

	if (!agi || agi->over || agi->dead)
		return false;

	agi_caller_left(agi);
	if (agi->over || !str_casecmp(leave, "yes"))
		return false;

	timer_start(&agi->limit, AGI_DEAD_MS, too_long, agi);

	return true;
}


static void agi_cancel(struct call *call)
{
	struct agi_session *agi = call->appst;

	if (!agi || agi->over)
		return;

	agi->busy = false;
	agi_caller_left(agi);
	agi->over = true;
	(void)call_set_var(call, "AGISTATUS", agi->status, false);
}


#define AGI(id, spelling, how, h, dead)                                       \
	const struct app app_##id = {                                         \
		.name = spelling,                                             \
		.usage = how,                                                 \
		.minargs = 1,                                                 \
		.maxargs = ARGS_MAX,                                          \
		.dead_ok = dead,                                              \
		.exec = h,                                                    \
		.cancel = agi_cancel,                                         \
		.linger = agi_linger,                                         \
	}

AGI(agi, "AGI", "AGI(program|agi://host[:port]/script[,argument...])  a "
    "program drives the call; AGISTATUS tells how it ended", agi_exec, true);
AGI(deadagi, "DeadAGI", "DeadAGI(program[,argument...])  old spelling of AGI",
    agi_exec, true);
AGI(fastagi, "FastAGI", "FastAGI(agi://host[:port]/script[,argument...])  old "
    "spelling of AGI", agi_exec, true);
AGI(eagi, "EAGI", "EAGI(program[,argument...])  as AGI; the program reads what "
    "the caller says from descriptor 3, 16 bits at 8 kHz", eagi_exec, false);
