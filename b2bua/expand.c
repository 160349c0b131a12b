/**
 * @file b2bua/expand.c  What ${...} means in a call
 *
 * Order as in Asterisk: built-in names, variables of the call, globals.
 * Everything that a peer may have chosen is handed on as tainted.
 */
#include "b2bua/app.h"
#include "b2bua/redirect.h"
#include "b2bua/server.h"
#include "base/text.h"
#include "routing/strftime.h"
#include "routing/subst.h"

enum { NAME_MAX_LEN = 80 };

struct builtin {
	const char *name;
	int (*print)(struct mbuf *out, bool *tainted,
		     const struct call *call);
};


/* --- built-in variables -------------------------------------------------- */

static int print_str(struct mbuf *out, const char *str)
{
	return str ? mbuf_write_str(out, str) : 0;
}


/* A literal extension is the administrator's own text; what matched a pattern
 * was dialled */
static int p_exten(struct mbuf *out, bool *tainted, const struct call *call)
{
	*tainted = str_cmp(call->exten, call->step_pattern) != 0;

	return mbuf_write_str(out, call->exten);
}


static int p_context(struct mbuf *out, bool *tainted, const struct call *call)
{
	return mbuf_write_str(out, call->context);
}


static int p_priority(struct mbuf *out, bool *tainted,
		      const struct call *call)
{
	return mbuf_printf(out, "%u", call->prio);
}


/* The name of a guest's channel holds what he said he is */
static int p_channel(struct mbuf *out, bool *tainted, const struct call *call)
{
	const struct peer *peer = call->caller ? leg_peer(call->caller) : NULL;

	*tainted = !peer || !peer->name || !peer->name[0];

	return print_str(out, call->caller ? leg_name(call->caller) : NULL);
}


static int p_uniqueid(struct mbuf *out, bool *tainted,
		      const struct call *call)
{
	return mbuf_write_str(out, call->uniqueid);
}


static int p_cause(struct mbuf *out, bool *tainted, const struct call *call)
{
	return mbuf_printf(out, "%u", call->cause);
}


static int p_epoch(struct mbuf *out, bool *tainted, const struct call *call)
{
	return mbuf_printf(out, "%llu", call_now_s(call));
}


static int p_system(struct mbuf *out, bool *tainted, const struct call *call)
{
	return print_str(out,
			 call->cfg ? call->cfg->tandem.systemname : NULL);
}


static int p_hint(struct mbuf *out, bool *tainted, const struct call *call)
{
	struct dp_query q;

	if (!call->plan)
		return 0;

	memset(&q, 0, sizeof(q));
	q.context = call->context;
	pl_set_str(&q.exten, call->exten);
	q.now_s = (int64_t)call_now_s(call);

	return print_str(out, dp_hint(call->plan, &q));
}


static int p_pres(struct mbuf *out, bool *tainted, const struct call *call)
{
	return mbuf_printf(out, "%d", call->cid_pres < 0 ? 0 : call->cid_pres);
}


static int p_num(struct mbuf *out, bool *tainted, const struct call *call)
{
	*tainted = call->cid_wire;

	return mbuf_write_str(out, call->cid_num);
}


static int p_name(struct mbuf *out, bool *tainted, const struct call *call)
{
	*tainted = call->cid_wire;

	return mbuf_write_str(out, call->cid_name);
}


static int p_cid(struct mbuf *out, bool *tainted, const struct call *call)
{
	*tainted = call->cid_wire;

	return mbuf_printf(out, "\"%s\" <%s>", call->cid_name, call->cid_num);
}


static int p_dnid(struct mbuf *out, bool *tainted, const struct call *call)
{
	*tainted = true;

	return mbuf_write_str(out, call->dnid);
}


static int p_rdnis(struct mbuf *out, bool *tainted, const struct call *call)
{
	*tainted = true;

	return mbuf_write_str(out, redirect_from(call));
}


static int p_language(struct mbuf *out, bool *tainted,
		      const struct call *call)
{
	return mbuf_write_str(out, call->language);
}


static int p_account(struct mbuf *out, bool *tainted, const struct call *call)
{
	return mbuf_write_str(out, call->accountcode);
}


static int print_now(struct mbuf *out, const struct call *call,
		     const char *fmt)
{
	struct pl pl;

	pl_set_str(&pl, fmt);

	return strftime_us(out, &pl, call_now_s(call) * 1000000, NULL);
}


static int p_datetime(struct mbuf *out, bool *tainted,
		      const struct call *call)
{
	return print_now(out, call, "%d%m%Y-%H:%M:%S");
}


static int p_timestamp(struct mbuf *out, bool *tainted,
		       const struct call *call)
{
	return print_now(out, call, "%Y%m%d-%H%M%S");
}


static int p_etcdir(struct mbuf *out, bool *tainted, const struct call *call)
{
	return print_str(out, call->cfg ? call->cfg->dir : NULL);
}


static int p_spool(struct mbuf *out, bool *tainted, const struct call *call)
{
	return print_str(out, call->cfg ? call->cfg->dirs.spool : NULL);
}


static int p_state(struct mbuf *out, bool *tainted, const struct call *call)
{
	return print_str(out, call->cfg ? call->cfg->dirs.state : NULL);
}


static int p_run(struct mbuf *out, bool *tainted, const struct call *call)
{
	return print_str(out, call->cfg ? call->cfg->dirs.run : NULL);
}


static int p_log(struct mbuf *out, bool *tainted, const struct call *call)
{
	return print_str(out, call->cfg ? call->cfg->dirs.log : NULL);
}


/* clang-format off */
static const struct builtin builtins[] = {
	{"EXTEN",        p_exten},
	{"CONTEXT",      p_context},
	{"PRIORITY",     p_priority},
	{"CHANNEL",      p_channel},
	{"UNIQUEID",     p_uniqueid},
	{"HANGUPCAUSE",  p_cause},
	{"EPOCH",        p_epoch},
	{"SYSTEMNAME",   p_system},
	{"HINT",         p_hint},
	{"CALLINGPRES",  p_pres},
	{"ASTETCDIR",    p_etcdir},
	{"ASTSPOOLDIR",  p_spool},
	{"ASTVARLIBDIR", p_state},
	{"ASTDBDIR",     p_state},
	{"ASTRUNDIR",    p_run},
	{"ASTLOGDIR",    p_log},
};

/* names of 1.2, which a variable may take the place of */
static const struct builtin old_builtins[] = {
	{"CALLERIDNUM",  p_num},
	{"CALLERIDNAME", p_name},
	{"CALLERID",     p_cid},
	{"DNID",         p_dnid},
	{"RDNIS",        p_rdnis},
	{"LANGUAGE",     p_language},
	{"ACCOUNTCODE",  p_account},
	{"DATETIME",     p_datetime},
	{"TIMESTAMP",    p_timestamp},
};
/* clang-format on */


static const struct builtin *find(const struct builtin *v, size_t n,
				  const struct pl *name)
{
	for (size_t i = 0; i < n; i++) {
		if (!pl_strcmp(name, v[i].name))
			return &v[i];
	}

	return NULL;
}


/* --- variables ----------------------------------------------------------- */

int call_read_var(struct call *call, struct mbuf *out, const struct pl *name,
		  bool *tainted)
{
	const struct builtin *b;
	const struct vval *val;
	struct server *srv = server();

	if (!call || !out || !name || !tainted)
		return EINVAL;

	b = find(builtins, ARRAY_SIZE(builtins), name);
	if (b)
		return b->print(out, tainted, call);

	val = vars_get(call->vars, name);
	if (!val && srv && srv->globals)
		val = vars_get(srv->globals, name);
	if (val) {
		*tainted = val->tainted;
		return mbuf_write_mem(out, (uint8_t *)val->str, val->len);
	}

	b = find(old_builtins, ARRAY_SIZE(old_builtins), name);

	return b ? b->print(out, tainted, call) : ENOENT;
}


static int var_handler(struct mbuf *out, const struct pl *name, bool *tainted,
		       void *arg)
{
	return call_read_var(arg, out, name, tainted);
}


static int func_handler(struct mbuf *out, const struct pl *name,
			const struct ttext *args, bool *tainted, void *arg)
{
	struct call *call = arg;
	const struct func *func;
	char buf[NAME_MAX_LEN];

	if (pl_copy(buf, sizeof(buf), name))
		return ENOENT;

	func = func_find(buf);
	if (!func)
		return ENOENT;
	if (!func->read) {
		call_warning(call, "%s() can only be written", func->name);
		return EINVAL;
	}
	if (call->dry && func->acts)
		return 0;

	return func->read(out, tainted, call, args);
}


static void warn_handler(const char *text, void *arg)
{
	struct call *call = arg;

	call_warning(call, "%s@%s:%u: %s", call->exten, call->context,
		     call->prio, text);
}


static const struct subst_ops subst = {
	.var = var_handler,
	.func = func_handler,
	.warn = warn_handler,
};


int call_expand_text(struct call *call, struct ttext **tp,
		     const struct pl *text)
{
	if (!call || !tp || !text)
		return EINVAL;

	if (!pl_strchr(text, '$') && !pl_strchr(text, '\\'))
		return ttext_create(tp, text, false);

	return subst_expand(tp, text, &subst, call);
}


int call_expand(struct call *call, char **strp, const char *text)
{
	struct ttext *t = NULL;
	struct pl pl;
	int err;

	if (!call || !strp || !text)
		return EINVAL;

	pl_set_str(&pl, text);
	err = call_expand_text(call, &t, &pl);
	if (err)
		return err;

	err = str_dup(strp, t->str);
	mem_deref(t);

	return err;
}


const char *call_var(const struct call *call, const char *name)
{
	const struct vval *val;
	struct server *srv = server();

	if (!call || !name)
		return "";

	val = vars_get_str(call->vars, name);
	if (!val && srv && srv->globals)
		val = vars_get_str(srv->globals, name);

	return val ? val->str : "";
}


int call_set_var(struct call *call, const char *name, const char *value,
		 bool tainted)
{
	struct pl n, v;

	if (!call || !name || !value)
		return EINVAL;

	pl_set_str(&n, name);
	pl_set_str(&v, value);

	return vars_set(call->vars, &n, &v, tainted);
}


/* --- assignment ---------------------------------------------------------- */

/* NAME(args) with a literal name: position of the parenthesis, else 0 */
static size_t func_paren(const struct ttext *name)
{
	size_t open = ttext_find(name, 0, '(');

	if (!open || open >= name->len || name->str[name->len - 1] != ')' ||
	    ttext_tainted_in(name, 0, open))
		return 0;

	return open;
}


static int assign_func(struct call *call, const struct ttext *name,
		       size_t open, const struct ttext *value)
{
	struct ttext *args = NULL;
	const struct func *func;
	char buf[NAME_MAX_LEN];
	struct pl pl = {name->str, open};
	int err;

	pl = pl_trim(pl);
	func = pl_copy(buf, sizeof(buf), &pl) ? NULL : func_find(buf);
	if (!func) {
		call_warning(call, "no function %r()", &pl);
		return ENOENT;
	}
	if (!func->write) {
		call_warning(call, "%s() can not be set", func->name);
		return EPERM;
	}
	if (call->dry && !func->write_local)
		return 0;

	err = ttext_slice(&args, name, open + 1, name->len - open - 2);
	if (err)
		return err;

	err = func->write(call, args, value);
	mem_deref(args);

	return err;
}


int call_assign(struct call *call, const struct ttext *name,
		const struct ttext *value, bool global)
{
	struct server *srv = server();
	struct pl n, v;
	size_t open;

	if (!call || !name || !value)
		return EINVAL;

	open = func_paren(name);
	if (open)
		return assign_func(call, name, open, value);

	n = ttext_pl(name);
	v = ttext_pl(value);
	if (!global || call->dry)
		return vars_set(call->vars, &n, &v, ttext_tainted(value));

	return srv && srv->globals
		       ? vars_set(srv->globals, &n, &v, ttext_tainted(value))
		       : ENOENT;
}
