/**
 * @file apps/agi_cmd.c  Commands that are answered at once, EXEC and GOSUB
 *
 * What a program sets is its own text, as if the administrator had written it.
 */
#include "apps/agi.h"
#include "base/text.h"

enum { VALUE_MAX = 4096 };


static void set_text(struct ttext **tp, const char *str)
{
	struct pl pl;

	pl_set_str(&pl, str);
	if (ttext_create(tp, &pl, false))
		*tp = NULL;
}


/* --- the channel --------------------------------------------------------- */

static void answer(struct agi_session *agi, size_t n, char *const v[])
{
	(void)n;
	(void)v;
	agi_result(agi, call_answer(agi->call) ? -1 : 0);
}


static struct call *other_call(struct agi_session *agi, size_t n,
			       char *const v[], size_t i)
{
	return n > i && v[i][0] ? call_find(v[i]) : agi->call;
}


static void hangup(struct agi_session *agi, size_t n, char *const v[])
{
	struct call *call = other_call(agi, n, v, 0);

	agi_result(agi, call ? 1 : -1);
	if (call && !agi->over)
		call_hangup(call, 0);
}


/* 0 down, 3 dialling, 4 ringing, 6 up */
static void channel_status(struct agi_session *agi, size_t n, char *const v[])
{
	const struct call *call = other_call(agi, n, v, 0);
	int st = -1;

	if (call && call->caller) {
		switch (leg_state(call->caller)) {

		case LEG_CALLING:
		case LEG_EARLY: st = 4; break;
		case LEG_CONFIRMED: st = 6; break;
		case LEG_IDLE:
		case LEG_ENDING:
		case LEG_GONE:
		default: st = 0; break;
		}
	}
	else if (call) {
		st = 0;
	}

	agi_result(agi, st);
}


static void noop(struct agi_session *agi, size_t n, char *const v[])
{
	(void)n;
	(void)v;
	agi_result(agi, 0);
}


static void cannot(struct agi_session *agi, size_t n, char *const v[])
{
	(void)n;
	(void)v;
	agi_result(agi, -1);
}


/* --- other applications -------------------------------------------------- */

static void executed(struct call *call, enum app_result res, void *arg)
{
	(void)call;
	agi_result(arg, res == APP_HANGUP ? -1 : 0);
}


/* What follows the name is one text, in whatever words it came */
static char *joined(size_t n, char *const v[])
{
	struct mbuf *mb = mbuf_alloc(128);
	char *str = NULL;
	int err = mb ? 0 : ENOMEM;

	for (size_t i = 0; i < n && !err; i++)
		err = mbuf_printf(mb, "%s%s", i ? " " : "", v[i]);
	if (!err)
		err = mbuf_str(&str, mb);
	mem_deref(mb);

	return err ? NULL : str;
}


static void inner_aborted(struct agi_session *agi)
{
	agi_result(agi, -1);
}


static void exec(struct agi_session *agi, size_t n, char *const v[])
{
	char *text = joined(n - 1, v + 1);
	struct ttext *args = NULL;
	int err;

	if (text)
		set_text(&args, text);
	if (!args) {
		mem_deref(text);
		agi_result(agi, -1);
		return;
	}

	agi_begin(agi, inner_aborted);
	err = call_exec_sub(agi->call, v[0], args, executed, agi);
	if (err && err != ECONNABORTED)
		agi_result(agi, err == ENOENT ? -2 : -1);

	mem_deref(args);
	mem_deref(text);
}


static void gosub(struct agi_session *agi, size_t n, char *const v[])
{
	struct args target, argv;
	struct pl pl;
	int err = 0;

	target.n = argv.n = 0;
	for (size_t i = 0; i < 3 && !err; i++)
		err = args_add_str(&target, v[i]);
	if (!err && n > 3) {
		pl_set_str(&pl, v[3]);
		err = args_split_pl(&argv, &pl, false, 0);
	}

	agi_begin(agi, inner_aborted);
	if (!err)
		err = call_gosub_sub(agi->call, &target, &argv, executed, agi);
	if (err)
		agi_result(agi, -1);

	args_reset(&target);
	args_reset(&argv);
}


/* --- variables ----------------------------------------------------------- */

/* A value as part of a reply; too long is cut */
static void reply_value(struct agi_session *agi, const struct mbuf *mb)
{
	agi_reply(agi, "200 result=1 (%b)", mb->buf,
		  mb->end < VALUE_MAX ? mb->end : (size_t)VALUE_MAX);
}


static void get_variable(struct agi_session *agi, size_t n, char *const v[])
{
	struct mbuf *mb = mbuf_alloc(128);
	char *expr = NULL, *val = NULL;
	bool tainted = false;
	struct pl name;
	int err = mb ? 0 : ENOMEM;

	(void)n;
	pl_set_str(&name, v[0]);
	if (!err && strchr(v[0], '(')) {
		err = re_sdprintf(&expr, "${%s}", v[0]);
		if (!err)
			err = call_expand(agi->call, &val, expr);
		if (!err)
			err = mbuf_write_str(mb, val);
	}
	else if (!err) {
		err = call_read_var(agi->call, mb, &name, &tainted);
	}

	if (err || (!mb->end && expr))
		agi_result(agi, 0);
	else
		reply_value(agi, mb);

	mem_deref(expr);
	mem_deref(val);
	mem_deref(mb);
}


static void get_full_variable(struct agi_session *agi, size_t n,
			      char *const v[])
{
	struct call *call = other_call(agi, n, v, 1);
	char *val = NULL;

	if (!call || call_expand(call, &val, v[0]) || !val[0])
		agi_result(agi, 0);
	else
		agi_reply(agi, "200 result=1 (%b)", val,
			  min(strlen(val), (size_t)VALUE_MAX));

	mem_deref(val);
}


static void set_variable(struct agi_session *agi, size_t n, char *const v[])
{
	struct ttext *name = NULL, *value = NULL;

	(void)n;
	set_text(&name, v[0]);
	set_text(&value, v[1]);
	if (!name || !value || call_assign(agi->call, name, value, false))
		call_warning(agi->call, "AGI: SET VARIABLE %s: not set", v[0]);

	mem_deref(name);
	mem_deref(value);
	agi_result(agi, 1);
}


void agi_ask_forget(struct agi_session *agi)
{
	leg_ask_forget(agi->asked);
	agi->asked = mem_deref(agi->asked);
}


static void text_result(struct agi_session *agi, int result)
{
	agi_ask_forget(agi);
	agi_result(agi, result);
}


static void text_abort(struct agi_session *agi)
{
	text_result(agi, -1);
}


static void text_sent(uint16_t scode, void *arg)
{
	text_result(arg, scode >= 200 && scode < 300 ? 0 : -1);
}


/* As a message in the dialog */
static void send_text(struct agi_session *agi, size_t n, char *const v[])
{
	char *text = joined(n, v);
	struct pl pl;
	int err = text ? 0 : ENOMEM;

	if (!err) {
		agi_begin(agi, text_abort);
		agi->asked = mem_ref(agi->call->caller);
		pl_set_str(&pl, text);
		err = leg_send_text(agi->asked, &pl, text_sent, agi);
	}
	if (err)
		text_result(agi, -1);
	mem_deref(text);
}


static void set_callerid(struct agi_session *agi, size_t n, char *const v[])
{
	char name[] = "CALLERID(all)";
	char *text = joined(n, v);
	char *both[] = {name, text};

	if (text)
		set_variable(agi, 2, both);
	else
		agi_result(agi, 0);
	mem_deref(text);
}


/* --- where the plan goes on ---------------------------------------------- */

static void begin_move(struct agi_session *agi)
{
	if (agi->moved)
		return;

	agi->moved = true;
	str_ncpy(agi->context, agi->call->context, sizeof(agi->context));
	str_ncpy(agi->exten, agi->call->exten, sizeof(agi->exten));
}


static void set_context(struct agi_session *agi, size_t n, char *const v[])
{
	(void)n;
	begin_move(agi);
	str_ncpy(agi->context, v[0], sizeof(agi->context));
	agi_result(agi, 0);
}


static void set_extension(struct agi_session *agi, size_t n, char *const v[])
{
	(void)n;
	begin_move(agi);
	str_ncpy(agi->exten, v[0], sizeof(agi->exten));
	agi_result(agi, 0);
}


/* A number, or a label of the extension */
static void set_priority(struct agi_session *agi, size_t n, char *const v[])
{
	struct dp_query q;
	struct dp_match m;
	struct pl pl;
	uint64_t prio;

	(void)n;
	begin_move(agi);
	pl_set_str(&pl, v[0]);
	if (!num_decode(&prio, &pl, UINT32_MAX)) {
		agi->prio = (uint32_t)prio;
		agi_result(agi, 0);
		return;
	}

	memset(&q, 0, sizeof(q));
	q.context = agi->context;
	pl_set_str(&q.exten, agi->exten);
	pl_set_str(&q.cid, agi->call->cid_num);
	q.now_s = (int64_t)call_now_s(agi->call);
	if (!agi->call->plan || dp_label(&m, agi->call->plan, &q, &pl)) {
		agi_result(agi, -1);
		return;
	}

	agi->prio = m.prio->prio;
	agi_result(agi, 0);
}


static void set_autohangup(struct agi_session *agi, size_t n, char *const v[])
{
	struct pl pl;
	uint32_t ms;

	(void)n;
	pl_set_str(&pl, v[0]);
	if (arg_ms(&ms, &pl))
		call_set_absolute(agi->call, ms);

	agi_result(agi, 0);
}


static void set_music(struct agi_session *agi, size_t n, char *const v[])
{
	if (!str_casecmp(v[0], "on"))
		(void)call_music(agi->call, agi->call->caller,
				 n > 1 ? v[1] : NULL); /* said there */
	else
		call_stop_play(agi->call);

	agi_result(agi, 0);
}


/* --- the database -------------------------------------------------------- */

static void db_get(struct agi_session *agi, size_t n, char *const v[])
{
	const char *val = store_db_get(v[0], v[1]);

	(void)n;
	if (val)
		agi_reply(agi, "200 result=1 (%s)", val);
	else
		agi_result(agi, 0);
}


static void db_put(struct agi_session *agi, size_t n, char *const v[])
{
	(void)n;
	agi_result(agi, store_db_put(v[0], v[1], v[2]) ? 0 : 1);
}


static void db_del(struct agi_session *agi, size_t n, char *const v[])
{
	(void)n;
	agi_result(agi, store_db_del(v[0], v[1]) ? 0 : 1);
}


static void db_tree(struct agi_session *agi, size_t n, char *const v[])
{
	agi_result(agi, store_db_deltree(v[0], n > 1 ? v[1] : NULL) ? 1 : 0);
}


static void verbose(struct agi_session *agi, size_t n, char *const v[])
{
	(void)n;
	call_info(agi->call, "AGI %s: %s", agi->request, v[0]);
	agi_result(agi, 1);
}


/* clang-format off */
const struct agi_cmd agi_commands[] = {
	{"ANSWER", "ANSWER", 0, 0, false, answer},
	{"ASYNCAGI BREAK", "ASYNCAGI BREAK", 0, 0, true, noop},
	{"CHANNEL STATUS", "CHANNEL STATUS [channel]", 0, 1, true,
	 channel_status},
	{"DATABASE DEL", "DATABASE DEL family key", 2, 2, true, db_del},
	{"DATABASE DELTREE", "DATABASE DELTREE family [keytree]", 1, 2, true,
	 db_tree},
	{"DATABASE GET", "DATABASE GET family key", 2, 2, true, db_get},
	{"DATABASE PUT", "DATABASE PUT family key value", 3, 3, true, db_put},
	{"EXEC", "EXEC application [options]", 1, AGI_ARGS_MAX, true, exec},
	{"GET FULL VARIABLE", "GET FULL VARIABLE expression [channel]", 1, 2,
	 true, get_full_variable},
	{"GET VARIABLE", "GET VARIABLE name", 1, 1, true, get_variable},
	{"GOSUB", "GOSUB context extension priority [arguments]", 3, 4, true,
	 gosub},
	{"HANGUP", "HANGUP [channel]", 0, 1, true, hangup},
	{"NOOP", "NOOP [text]", 0, AGI_ARGS_MAX, true, noop},
	{"RECEIVE CHAR", "RECEIVE CHAR timeout", 1, 1, false, cannot},
	{"RECEIVE TEXT", "RECEIVE TEXT timeout", 1, 1, false, cannot},
	{"SEND IMAGE", "SEND IMAGE image", 1, 1, false, cannot},
	{"SEND TEXT", "SEND TEXT text", 1, AGI_ARGS_MAX, false, send_text},
	{"SET AUTOHANGUP", "SET AUTOHANGUP seconds", 1, 1, false,
	 set_autohangup},
	{"SET CALLERID", "SET CALLERID number", 1, AGI_ARGS_MAX, true,
	 set_callerid},
	{"SET CONTEXT", "SET CONTEXT context", 1, 1, true, set_context},
	{"SET EXTENSION", "SET EXTENSION extension", 1, 1, true,
	 set_extension},
	{"SET MUSIC", "SET MUSIC on|off [class]", 1, 2, false, set_music},
	{"SET PRIORITY", "SET PRIORITY priority", 1, 1, true, set_priority},
	{"SET VARIABLE", "SET VARIABLE name value", 2, 2, true, set_variable},
	{"TDD MODE", "TDD MODE on|off", 1, 1, false, cannot},
	{"VERBOSE", "VERBOSE message [level]", 1, 2, true, verbose},
	{NULL, NULL, 0, 0, false, NULL},
};
/* clang-format on */
