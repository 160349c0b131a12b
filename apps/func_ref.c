/**
 * @file apps/func_ref.c  Variables of other calls, subroutines and exceptions:
 *                        IMPORT, ImportVar, MASTER_CHANNEL, SHARED,
 *                        STACK_PEEK, EXCEPTION, RaiseException
 */
#include "apps/apps.h"
#include "base/text.h"

enum { NAME_SIZE = VARS_NAME_MAX };


static int put_val(struct mbuf *out, bool *tainted, const struct vval *val)
{
	*tainted = val && val->tainted;

	return val ? mbuf_write_mem(out, (const uint8_t *)val->str, val->len)
		   : 0;
}


/* --- another call -------------------------------------------------------- */

static int import_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	struct call *other;
	struct pl name;
	struct args a;
	int err;

	err = args_split(&a, args, 2);
	if (!err && a.n < 2)
		err = EINVAL;
	if (!err) {
		other = call_find(args_str(&a, 0));
		name = args_pl(&a, 1);
		*tainted = false;
		err = other ? call_read_var(other, out, &name, tainted) : 0;
	}
	args_reset(&a);

	return err == ENOENT ? 0 : err;
}


const struct func func_import = {
	.name = "IMPORT",
	.usage = "IMPORT(channel,variable)  a variable of another call",
	.read = import_read,
};


/* ImportVar(new=channel,variable) */
static enum app_result importvar_exec(struct call *call,
				      const struct args *args)
{
	const struct ttext *text = args_text(args, 0);
	size_t eq = find_outside(text, 0, '=');
	struct ttext *rest = NULL;
	struct mbuf *mb = mbuf_alloc(64);
	struct pl name = {text->str, eq}, val;
	bool tainted = false;
	int err;

	err = mb ? ttext_slice(&rest, text, eq < text->len ? eq + 1 : eq,
			       eq < text->len ? text->len - eq - 1 : 0)
		 : ENOMEM;
	if (!err)
		err = import_read(mb, &tainted, call, rest);
	if (!err) {
		val.p = (const char *)mb->buf;
		val.l = mb->end;
		name = pl_trim(name);
		err = vars_set(call->vars, &name, &val, tainted);
	}
	if (err)
		call_warning(call, "ImportVar(%s): %m", text->str, err);

	mem_deref(rest);
	mem_deref(mb);

	return APP_NEXT;
}


const struct app app_importvar = {
	.name = "ImportVar",
	.usage = "ImportVar(new=channel,variable)  copy a variable of another "
		 "call",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.dry_ok = true,
	.exec = importvar_exec,
};


/* The call that this one was made for; itself if there is none */
static struct call *master(struct call *call)
{
	struct call *m = call_find(call->linkedid);

	return m ? m : call;
}


static int master_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	struct pl name = ttext_pl(args);
	int err;

	*tainted = false;
	err = call_read_var(master(call), out, &name, tainted);

	return err == ENOENT ? 0 : err;
}


static int master_write(struct call *call, const struct ttext *args,
			const struct ttext *value)
{
	return call_assign(master(call), args, value, false);
}


const struct func func_master_channel = {
	.name = "MASTER_CHANNEL",
	.usage = "MASTER_CHANNEL(variable)  a variable of the call that this "
		 "one was made for",
	.read = master_read,
	.write = master_write,
};


/* SHARED(variable[,channel]): kept with a call under a name of its own */
static int shared_name(char *name, struct call **callp,
		       const struct ttext *text)
{
	struct args a;
	int err;

	err = args_split(&a, text, 2);
	if (!err && (!args_has(&a, 0) ||
		     re_snprintf(name, NAME_SIZE, "~SHARED~%s~",
				 args_str(&a, 0)) < 0))
		err = EINVAL;
	if (!err && args_has(&a, 1))
		*callp = call_find(args_str(&a, 1));
	args_reset(&a);

	return err ? err : *callp ? 0 : ENODEV;
}


static int shared_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	char name[NAME_SIZE];
	int err = shared_name(name, &call, args);

	if (err)
		return err == ENODEV ? 0 : err;

	return put_val(out, tainted, vars_get_str(call->vars, name));
}


static int shared_write(struct call *call, const struct ttext *args,
			const struct ttext *value)
{
	char name[NAME_SIZE];
	int err = shared_name(name, &call, args);

	return err ? err
		   : call_set_var(call, name, value->str,
				  ttext_tainted(value));
}


const struct func func_shared = {
	.name = "SHARED",
	.usage = "SHARED(variable[,channel])  a variable that other calls may "
		 "read and set",
	.read = shared_read,
	.write = shared_write,
};


/* --- subroutines --------------------------------------------------------- */

static struct call_frame *frame_at(const struct call *call, uint64_t n)
{
	struct le *le = call->frames.head;

	while (le && --n)
		le = le->next;

	return le ? le->data : NULL;
}


static int peek_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *text)
{
	const struct call_frame *frame = NULL;
	struct pl num;
	uint64_t n = 0;
	struct args a;
	char what;
	int err;

	err = args_split(&a, text, 3);
	num = args_pl(&a, 0);
	num = pl_trim(num);
	what = args_str(&a, 1)[0];
	if (!err && (num_decode(&n, &num, CALL_FRAMES_MAX) || !n))
		err = EINVAL;
	if (!err)
		frame = frame_at(call, n);
	args_reset(&a);
	if (err || !frame)
		return err;

	*tainted = what == 'e' || what == 'l';

	switch (what) {

	case 'c': return mbuf_write_str(out, frame->context);
	case 'e': return mbuf_write_str(out, frame->exten);
	case 'p': return mbuf_printf(out, "%u", frame->prio);
	case 'l':
		return mbuf_printf(out, "%s,%s,%u", frame->context,
				   frame->exten, frame->prio);
	default: return EINVAL;
	}
}


const struct func func_stack_peek = {
	.name = "STACK_PEEK",
	.usage = "STACK_PEEK(n,c|e|p|l)  where the n-th Gosub will return to",
	.read = peek_read,
};


/* --- exceptions ---------------------------------------------------------- */

static int exception_read(struct mbuf *out, bool *tainted, struct call *call,
			  const struct ttext *args)
{
	const struct call_exception *e = call->exception;
	struct pl what = first_word(args);

	*tainted = false;
	if (!e)
		return 0;
	if (!what.l || !pl_strcasecmp(&what, "reason"))
		return mbuf_write_str(out, e->reason);
	if (!pl_strcasecmp(&what, "context"))
		return mbuf_write_str(out, e->context);
	if (!pl_strcasecmp(&what, "exten")) {
		*tainted = true;
		return mbuf_write_str(out, e->exten);
	}
	if (!pl_strcasecmp(&what, "priority"))
		return mbuf_printf(out, "%u", e->prio);

	return EINVAL;
}


const struct func func_exception = {
	.name = "EXCEPTION",
	.usage = "EXCEPTION(reason|context|exten|priority)  why extension i, "
		 "t, T or e runs, and where the call was",
	.read = exception_read,
};


static enum app_result raise_exec(struct call *call, const struct args *args)
{
	if (call_special(call, call->context, "e", args_str(args, 0)))
		return APP_NEXT;

	call_warning(call, "RaiseException(%s): no extension e in %s",
		     args_str(args, 0), call->context);

	return APP_NEXT;
}


const struct app app_raiseexception = {
	.name = "RaiseException",
	.usage = "RaiseException(reason)  go to extension e",
	.minargs = 1,
	.maxargs = 1,
	.dead_ok = true,
	.dry_ok = true,
	.exec = raise_exec,
};
