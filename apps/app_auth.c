/**
 * @file apps/app_auth.c  Authenticate, DISA: who knows the number may go on
 *
 * Digits are compared in constant time and are in no trace.  A wrong one costs
 * a second more each time, so that trying them all takes for ever.
 *
 *   Authenticate   agent-pass -> digits, '#' -> right: auth-thankyou, go on
 *                     ^                      -> wrong: auth-incorrect, again
 *   DISA           dial tone -> passcode, '#' -> dial tone -> number -> plan
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/apps.h"
#include "base/rand.h"
#include "base/text.h"

enum {
	FILE_MAX = 64 * 1024,
	TRIES_MAX = 10,
	PIN_MAX = 64,
	WRONG_MS = 1000, /* more silence with each wrong one */
};

struct auth {
	struct call *call;
	struct collect *collect;
	struct collect_params prm;
	struct timer pause;
	char *secret;      /* "" none; a path, or a family with `db` */
	char *file;        /* contents; NULL: secret is the number itself */
	char *prompt;
	char *context;     /* DISA */
	char *cid;
	unsigned tries, max;
	bool db, remove, account, md5;
	bool disa, dialling;
	bool open;         /* DISA without a passcode */
	bool pound;        /* DISA: '#' ends the number (option p) */
};

static int ask(struct auth *au, const char *files);


static void destructor(void *data)
{
	struct auth *au = data;

	timer_cancel(&au->pause);
	mem_deref(au->collect);
	if (au->secret)
		memset(au->secret, 0, strlen(au->secret));
	if (au->file)
		memset(au->file, 0, strlen(au->file));
	mem_deref(au->secret);
	mem_deref(au->file);
	mem_deref(au->prompt);
	mem_deref(au->context);
	mem_deref(au->cid);
}


/* --- is it right? -------------------------------------------------------- */

static bool same(const char *a, size_t n, const char *b)
{
	return n == strlen(b) && mem_equal_ct(a, b, n);
}


/* DISA's line goes on with a context and a caller of its own; the bars are
 * those of old files */
static void line_rest(struct auth *au, struct pl rest)
{
	struct pl part;

	if (!pl_next(&part, &rest, ','))
		return;
	part = pl_trim(part);
	if (part.l) {
		mem_deref(au->context);
		au->context = NULL;
		(void)pl_strdup(&au->context, &part);
	}

	if (!pl_next(&part, &rest, ','))
		return;
	part = pl_trim(part);
	if (part.l) {
		mem_deref(au->cid);
		au->cid = NULL;
		(void)pl_strdup(&au->cid, &part);
	}
}


/* A line is the number, "account:md5" with option m, and for DISA
 * "number,context,callerid" */
static bool line_fits(struct auth *au, struct pl line, const char *digits)
{
	struct pl first, rest = line;
	char sum[2 * MD5_SIZE + 1];
	uint8_t bin[MD5_SIZE];

	if (!au->md5) {
		(void)pl_next(&first, &rest, ',');
		first = pl_trim(first);
		if (!same(first.p, first.l, digits))
			return false;
		if (au->disa)
			line_rest(au, rest);
		return true;
	}

	if (!pl_next(&first, &rest, ':') || !rest.p)
		return false;

	md5((const uint8_t *)digits, strlen(digits), bin);
	(void)re_snprintf(sum, sizeof(sum), "%w", bin, sizeof(bin));
	rest = pl_trim(rest);
	if (!same(rest.p, rest.l, sum))
		return false;

	if (au->account)
		(void)pl_copy(au->call->accountcode,
			      sizeof(au->call->accountcode), &first);

	return true;
}


static bool file_fits(struct auth *au, const char *digits)
{
	struct pl rest, line;
	bool fits = false;

	pl_set_str(&rest, au->file);
	while (pl_next(&line, &rest, '\n')) {
		line = pl_trim(line);
		if (line.l && line.p[0] != '#' && line.p[0] != ';')
			fits = line_fits(au, line, digits) || fits;
	}

	return fits;
}


/* The key is what was typed: digits alone */
static bool db_fits(const struct auth *au, const char *digits)
{
	if (!store_db_get(au->secret, digits))
		return false;

	if (au->remove)
		(void)store_db_del(au->secret, digits); /* it is there */

	return true;
}


static bool is_right(struct auth *au, const char *digits)
{
	bool right = au->db     ? db_fits(au, digits)
		     : au->file ? file_fits(au, digits)
				: same(digits, strlen(digits), au->secret);

	if (right && digits[0] && au->account && !au->md5)
		str_ncpy(au->call->accountcode, digits,
			 sizeof(au->call->accountcode));

	return right && digits[0];
}


/* --- a wrong one --------------------------------------------------------- */

static void again(void *arg)
{
	struct auth *au = arg;

	if (ask(au, au->disa ? "tone:dial" : "auth-incorrect"))
		call_step_done(au->call, APP_HANGUP);
}


static void gone(struct call *call, int err, void *arg)
{
	(void)err;
	(void)arg;
	call_step_done(call, APP_HANGUP);
}


static void too_often(struct auth *au)
{
	struct call *call = au->call;

	call_step_note(call, "refused");
	call_warning(call, "%s: refused after %u tries", call->app->name,
		     au->tries);
	if (au->disa || call_play(call, "vm-goodbye", gone, NULL))
		call_step_done(call, APP_HANGUP);
}


static void wrong(struct auth *au)
{
	if (++au->tries >= au->max) {
		too_often(au);
		return;
	}

	call_info(au->call, "%s: wrong, try %u", au->call->app->name,
		  au->tries);
	timer_start(&au->pause, (uint64_t)WRONG_MS * au->tries, again, au);
}


/* --- the dialogue -------------------------------------------------------- */

static void thanked(struct call *call, int err, void *arg)
{
	(void)err;
	(void)arg;
	call_step_done(call, APP_NEXT);
}


static int dial_on(struct auth *au);


static void collected(struct call *call, const char *digits, void *arg)
{
	struct auth *au = arg;

	call_stop_play(call);
	if (au->dialling) {
		call_step_done(call, collect_go(call, au->context, digits));
		return;
	}

	if (!is_right(au, digits)) {
		wrong(au);
		return;
	}

	call_step_note(call, "accepted");
	if (au->disa ? dial_on(au) : call_play(call, "auth-thankyou", thanked,
					       NULL))
		call_step_done(call, au->disa ? APP_HANGUP : APP_NEXT);
}


static void stop_prompt(void *arg)
{
	const struct auth *au = arg;

	call_stop_play(au->call);
}


static void prompt_over(struct call *call, int err, void *arg)
{
	struct auth *au = arg;

	(void)call;
	(void)err;
	collect_wait(au->collect);
}


static int ask(struct auth *au, const char *files)
{
	struct collect *c, *old = au->collect;
	bool tone = !strncmp(files, "tone:", 5);
	int err;

	err = collect_start(&c, au->call, &au->prm, collected, au);
	if (err)
		return err;

	/* the one before may be the one that calls */
	au->collect = c;
	mem_deref(old);

	err = tone ? call_play_loop(au->call, files, false)
		   : call_play(au->call, files, prompt_over, au);
	if (err)
		call_warning(au->call, "%s: prompt not played: %m",
			     au->call->app->name, err);

	collect_on_first(c, stop_prompt, au);
	collect_listen(c);
	if (tone || err)
		collect_wait(au->collect);

	return 0;
}


/* One of ours, who has proved it; a trunk's calls are anybody's */
static bool is_phone(const struct call *call)
{
	const struct peer *peer = call->caller ? leg_peer(call->caller) : NULL;

	return call->trusted && peer && peer->name && peer->dynamic;
}


/* DISA: the passcode is right, or there is none */
static int dial_on(struct auth *au)
{
	struct call *call = au->call;
	struct ttext *cid = NULL;
	struct pl pl;

	if (au->cid && au->cid[0]) {
		struct ttext *name = NULL;
		struct pl all = PL("CALLERID(all)");

		pl_set_str(&pl, au->cid);
		if (!ttext_create(&cid, &pl, false) &&
		    !ttext_create(&name, &all, false))
			(void)call_assign(call, name, cid, false);
		mem_deref(cid);
		mem_deref(name);
	}

	if (!au->context)
		return ENOMEM;

	/* whoever found the number is a guest: never through a trunk */
	if (au->open && !is_phone(call))
		call->trusted = false;

	au->dialling = true;
	au->prm.context = au->context;
	au->prm.max = 0;
	au->prm.end = au->pound ? "#" : NULL;

	return ask(au, "tone:dial");
}


/* --- arguments ----------------------------------------------------------- */

/* The whole of a small file */
static int load(char **strp, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *buf = NULL;
	struct stat st;
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return errno;

	if (fstat(fd, &st))
		err = errno;
	else if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		err = EINVAL;
	else
		buf = mem_zalloc((size_t)st.st_size + 1, NULL);

	if (!err && !buf)
		err = ENOMEM;
	if (!err) {
		n = read(fd, buf, (size_t)st.st_size);
		if (n < 0)
			err = errno;
	}
	(void)close(fd);

	if (err)
		mem_deref(buf);
	else
		*strp = buf;

	return err;
}


static int take_secret(struct auth *au, const struct ttext *text)
{
	int err = str_dup(&au->secret, text->str);

	if (err || au->db || text->str[0] != '/')
		return err;
	if (ttext_tainted(text))
		return EPERM;

	return load(&au->file, text->str);
}


static struct auth *auth_alloc(struct call *call)
{
	struct auth *au = mem_zalloc(sizeof(*au), destructor);

	if (!au)
		return NULL;

	call->appst = au;
	au->call = call;
	au->max = 3;
	au->prm.first_ms = call->timeout_response_ms;
	au->prm.next_ms = call->timeout_digit_ms;
	au->prm.max = PIN_MAX;
	au->prm.end = "#";

	return au;
}


static enum app_result fail(struct call *call, int err)
{
	call_warning(call, "%s: %m", call->app->name, err);
	call_step_note(call, "%m", err);

	return APP_HANGUP;
}


static void auth_options(struct auth *au, const struct args *args)
{
	struct pl max = args_pl(args, 2);
	struct opts opts;
	uint64_t n;

	if (!opts_decode(&opts, args_text(args, 1), "admrj", opt_unknown,
			 au->call)) {
		au->account = opt_find(&opts, 'a', NULL);
		au->db = opt_find(&opts, 'd', NULL);
		au->md5 = opt_find(&opts, 'm', NULL);
		au->remove = opt_find(&opts, 'r', NULL);
	}
	opts_reset(&opts);

	max = pl_trim(max);
	if (max.l && (num_decode(&n, &max, PIN_MAX) || !n))
		call_warning(au->call, "Authenticate: \"%r\" digits", &max);
	else if (max.l)
		au->prm.max = (size_t)n;
}


static enum app_result authenticate_exec(struct call *call,
					 const struct args *args)
{
	struct auth *au = auth_alloc(call);
	int err = au ? 0 : ENOMEM;

	if (!err) {
		auth_options(au, args);
		err = take_secret(au, args_text(args, 0));
	}
	if (!err && args_has(args, 3))
		err = call_files(&au->prompt, args_text(args, 3));
	if (err)
		return fail(call, err);

	if (!answer_first(call))
		return APP_HANGUP;

	err = ask(au, au->prompt ? au->prompt : "agent-pass");

	return err ? fail(call, err) : APP_WAIT;
}


static void auth_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_authenticate = {
	.name = "Authenticate",
	.usage = "Authenticate(password|/file[,options[,maxdigits[,prompt]]])  "
		 "ask for a password; the call ends after three wrong ones",
	.minargs = 1,
	.maxargs = 4,
	.exec = authenticate_exec,
	.cancel = auth_cancel,
};


/* --- DISA ---------------------------------------------------------------- */

static enum app_result disa_exec(struct call *call, const struct args *args)
{
	struct auth *au = auth_alloc(call);
	struct opts opts;
	bool quiet;
	int err = au ? 0 : ENOMEM;

	if (err)
		return fail(call, err);

	err = opts_decode(&opts, args_text(args, 4), "np", opt_unknown, call);
	quiet = !err && opt_find(&opts, 'n', NULL);
	au->pound = !err && opt_find(&opts, 'p', NULL);
	opts_reset(&opts);

	au->disa = true;
	if (!err)
		err = str_dup(&au->context, args_has(args, 1)
						    ? args_str(args, 1)
						    : "disa");
	if (!err && args_has(args, 2))
		err = str_dup(&au->cid, args_str(args, 2));
	if (!err)
		err = take_secret(au, args_text(args, 0));
	if (err)
		return fail(call, err);
	if (!quiet && !answer_first(call))
		return APP_HANGUP;

	au->open = !str_casecmp(args_str(args, 0), "no-password");
	if (au->open)
		err = dial_on(au);
	else
		err = ask(au, "tone:dial");

	return err ? fail(call, err) : APP_WAIT;
}


const struct app app_disa = {
	.name = "DISA",
	.usage = "DISA(passcode|/file|no-password[,context[,callerid[,mailbox"
		 "[,options]]]])  a dial tone for callers from outside who "
		 "know the passcode",
	.minargs = 1,
	.maxargs = 5,
	.exec = disa_exec,
	.cancel = auth_cancel,
};
