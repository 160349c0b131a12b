/**
 * @file apps/late.c  Values of functions that a program brings
 */
#include "apps/late.h"
#include "apps/apps.h"


/** Belongs to the value that is waited for */
struct brings {
	struct proc *proc;
	struct call_late *late; /* no reference: it owns us */
	const char *name;       /* of the function */
};


static void destructor(void *data)
{
	struct brings *b = data;

	mem_deref(b->proc);
}


static void ended(enum proc_end end, int status, const struct mbuf *out,
		  void *arg)
{
	struct brings *b = arg;
	struct pl pl = {out ? (const char *)out->buf : "", out ? out->end : 0};

	if (end != PROC_EXITED || status)
		call_info(b->late->call, "%s: %s %d", b->name,
			  end == PROC_TIMEOUT  ? "took too long,"
			  : end == PROC_SIGNAL ? "killed by signal"
					       : "exit",
			  status);

	call_late_done(b->late, &pl);
}


static int begin(struct call *call, const char *key, const char *name,
		 const struct ttext *args, late_start_h *start)
{
	struct brings *b = mem_zalloc(sizeof(*b), destructor);
	struct call_late *late = NULL;
	int err;

	err = b ? call_late_add(&late, call, key) : ENOMEM;
	if (!err) {
		b->late = late;
		b->name = name;
		err = start(&b->proc, ended, b, call, args);
	}
	if (err) {
		if (err != EINVAL) /* said there */
			call_warning(call, "%s(%s): %s", name, args->str,
				     err == EPERM ? "not here, a program "
						    "takes time"
						  : strerror(err));
		mem_deref(late);
		mem_deref(b);
		return EINVAL;
	}

	late->job = b;

	return EINPROGRESS;
}


int late_read(struct mbuf *out, struct call *call, const char *name,
	      const struct ttext *args, bool chomp, late_start_h *start)
{
	struct call_late *late;
	char *key = NULL;
	size_t n;
	int err;

	err = re_sdprintf(&key, "%s(%s)", name, args->str);
	if (err)
		return err;

	if (call_late_find(&late, call, key))
		err = begin(call, key, name, args, start);
	else if (!late->val)
		err = EINPROGRESS;
	else {
		n = late->val->end;
		while (chomp && n && strchr("\r\n", late->val->buf[n - 1]))
			--n;
		err = mbuf_write_mem(out, late->val->buf, n);
	}

	mem_deref(key);

	return err;
}
