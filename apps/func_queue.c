/**
 * @file apps/func_queue.c  QUEUE_EXISTS, QUEUE_GET_CHANNEL, QUEUE_MEMBER,
 *                          QUEUE_MEMBER_COUNT, QUEUE_MEMBER_LIST,
 *                          QUEUE_MEMBER_PENALTY, QUEUE_VARIABLES,
 *                          QUEUE_WAITING_COUNT
 */
#include "apps/apps.h"
#include "b2bua/queue.h"
#include "base/text.h"


/* A queue by the first argument; NULL is said */
static struct cq *queue_of(struct call *call, const char *func,
			   const struct pl *name)
{
	char buf[96];
	struct cq *q = NULL;
	struct pl pl = pl_trim(*name);

	if (!pl_copy(buf, sizeof(buf), &pl))
		q = cq_find(buf);
	if (!q)
		call_warning(call, "%s: there is no queue \"%r\"", func,
			     name);

	return q;
}


static int exists_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *text)
{
	(void)call;
	*tainted = false;

	return mbuf_write_u8(out, cq_find(text->str) ? '1' : '0');
}


const struct func func_queue_exists = {
	.name = "QUEUE_EXISTS",
	.usage = "QUEUE_EXISTS(queue)  1 if there is such a queue",
	.read = exists_read,
};


/* --- counting members ---------------------------------------------------- */

static bool is_logged(const struct cq_member_info *m)
{
	return m->state != DEV_UNAVAILABLE && m->state != DEV_INVALID;
}


static bool is_free(const struct cq_member_info *m)
{
	return (m->state == DEV_NOT_INUSE || m->state == DEV_UNKNOWN) &&
	       !m->paused;
}


static bool is_ready(const struct cq_member_info *m)
{
	return is_free(m) && !m->wraps_up;
}


static bool is_paused(const struct cq_member_info *m)
{
	return m->paused;
}


static bool is_any(const struct cq_member_info *m)
{
	(void)m;

	return true;
}


static const struct kind {
	const char *name;
	bool (*h)(const struct cq_member_info *m);
} kinds[] = {
	{"logged", is_logged}, {"free", is_free},   {"ready", is_ready},
	{"count", is_any},     {"paused", is_paused},
};


static uint32_t count(const struct cq *q,
		      bool (*h)(const struct cq_member_info *m))
{
	const struct cq_member *m = NULL;
	uint32_t n = 0;

	while ((m = cq_member_next(q, m)) != NULL) {
		struct cq_member_info info;

		cq_member_get(&info, m);
		n += h(&info);
	}

	return n;
}


static int count_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *text)
{
	struct pl name = ttext_pl(text);
	const struct cq *q = queue_of(call, "QUEUE_MEMBER_COUNT", &name);

	*tainted = false;

	return mbuf_printf(out, "%u", q ? count(q, is_logged) : 0);
}


const struct func func_queue_member_count = {
	.name = "QUEUE_MEMBER_COUNT",
	.usage = "QUEUE_MEMBER_COUNT(queue)  members who can be reached",
	.read = count_read,
};


/* --- QUEUE_MEMBER -------------------------------------------------------- */

static int print_member(struct mbuf *out, struct call *call,
			const struct cq *q, const struct pl *what,
			const char *iface)
{
	const struct cq_member *m = cq_member_find(q, iface);
	struct cq_member_info info;

	if (!m) {
		call_warning(call, "QUEUE_MEMBER: %s is no member of %s",
			     iface, cq_name(q));
		return 0;
	}

	cq_member_get(&info, m);
	if (!pl_strcasecmp(what, "penalty"))
		return mbuf_printf(out, "%u", info.penalty);
	if (!pl_strcasecmp(what, "paused"))
		return mbuf_printf(out, "%u", info.paused);
	if (!pl_strcasecmp(what, "ringinuse"))
		return mbuf_printf(out, "%u", info.ringinuse);

	call_warning(call, "QUEUE_MEMBER: no \"%r\" of a member, expected "
		     "penalty, paused or ringinuse", what);

	return 0;
}


static int print_count(struct mbuf *out, struct call *call,
		       const struct cq *q, const struct pl *what)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!pl_strcasecmp(what, kinds[i].name))
			return mbuf_printf(out, "%u", count(q, kinds[i].h));
	}

	call_warning(call, "QUEUE_MEMBER: \"%r\" cannot be counted, expected "
		     "logged, free, ready, paused or count", what);

	return 0;
}


/* func(queue,what[,device]), or func(queue,device) of one `what` */
static int read_value(struct mbuf *out, bool *tainted, struct call *call,
		      const char *func, const char *what,
		      const struct ttext *text)
{
	const size_t dev = what ? 1 : 2;
	const struct cq *q;
	struct words w;
	struct pl item;
	int err = words_take(&w, tainted, text, dev + 1);

	if (err)
		return err;

	item = w.v[1];
	if (what || !item.l)
		pl_set_str(&item, what ? what : "logged");
	q = queue_of(call, func, &w.v[0]);
	if (q)
		err = what || args_has(&w.args, dev)
			      ? print_member(out, call, q, &item,
					     args_str(&w.args, dev))
			      : print_count(out, call, q, &item);
	args_reset(&w.args);

	return err;
}


/* One of a member's values; q NULL: in all queues */
static int set_member(struct cq *q, const struct pl *what, const char *iface,
		      const struct ttext *value)
{
	struct pl val = ttext_pl(value);
	bool yes = false;
	uint64_t n;

	val = pl_trim(val);
	if (!pl_strcasecmp(what, "penalty"))
		return num_decode(&n, &val, 1000000)
			       ? EINVAL
			       : cq_member_set_penalty(q, iface, (uint32_t)n);
	if (!bool_decode(&yes, &val))
		return EINVAL;
	if (!pl_strcasecmp(what, "paused"))
		return cq_member_pause(q, iface, yes, NULL);
	if (q && !pl_strcasecmp(what, "ringinuse"))
		return cq_member_set_ringinuse(q, iface, yes);

	return EINVAL;
}


/* As read_value(); no queue: in all */
static int write_value(struct call *call, const char *func, const char *what,
		       const struct ttext *text, const struct ttext *value)
{
	const size_t dev = what ? 1 : 2;
	struct cq *q = NULL;
	struct words w;
	struct pl item;
	int err = words_take(&w, NULL, text, dev + 1);

	if (err)
		return err;

	item = w.v[1];
	if (what)
		pl_set_str(&item, what);
	if (w.v[0].l) {
		q = queue_of(call, func, &w.v[0]);
		err = q ? 0 : ENOENT;
	}
	if (!err) {
		err = set_member(q, &item, args_str(&w.args, dev), value);
		if (err)
			call_warning(call, "%s: %s of %s not set: %m", func,
				     item.l ? "value" : "nothing",
				     args_str(&w.args, dev), err);
	}
	args_reset(&w.args);

	return err;
}


static int member_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *text)
{
	return read_value(out, tainted, call, "QUEUE_MEMBER", NULL, text);
}


static int member_write(struct call *call, const struct ttext *text,
			const struct ttext *value)
{
	return write_value(call, "QUEUE_MEMBER", NULL, text, value);
}


const struct func func_queue_member = {
	.name = "QUEUE_MEMBER",
	.usage = "QUEUE_MEMBER(queue,what[,device])  members who are logged, "
		 "free, ready, paused, or their count; of one device penalty, "
		 "paused or ringinuse, which can be set",
	.read = member_read,
	.write = member_write,
};


/* --- QUEUE_MEMBER_PENALTY ------------------------------------------------ */

static int penalty_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *text)
{
	return read_value(out, tainted, call, "QUEUE_MEMBER_PENALTY",
			  "penalty", text);
}


static int penalty_write(struct call *call, const struct ttext *text,
			 const struct ttext *value)
{
	return write_value(call, "QUEUE_MEMBER_PENALTY", "penalty", text,
			   value);
}


const struct func func_queue_member_penalty = {
	.name = "QUEUE_MEMBER_PENALTY",
	.usage = "QUEUE_MEMBER_PENALTY(queue,device)  penalty of a member; can "
		 "be set",
	.read = penalty_read,
	.write = penalty_write,
};


/* --- lists --------------------------------------------------------------- */

static int list_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *text)
{
	struct pl name = ttext_pl(text);
	const struct cq *q = queue_of(call, "QUEUE_MEMBER_LIST", &name);
	const struct cq_member *m = NULL;
	const char *sep = "";
	int err = 0;

	*tainted = false;
	while (!err && (m = cq_member_next(q, m)) != NULL) {
		struct cq_member_info info;

		cq_member_get(&info, m);
		err = mbuf_printf(out, "%s%s", sep, info.iface);
		sep = ",";
	}

	return err;
}


const struct func func_queue_member_list = {
	.name = "QUEUE_MEMBER_LIST",
	.usage = "QUEUE_MEMBER_LIST(queue)  devices of the members",
	.read = list_read,
};


static int waiting_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *text)
{
	struct pl name = ttext_pl(text);
	const struct cq *q = queue_of(call, "QUEUE_WAITING_COUNT", &name);
	struct cq_stats st = {0};

	*tainted = false;
	cq_get_stats(&st, q);

	return mbuf_printf(out, "%u", st.callers);
}


const struct func func_queue_waiting_count = {
	.name = "QUEUE_WAITING_COUNT",
	.usage = "QUEUE_WAITING_COUNT(queue)  callers who wait",
	.read = waiting_read,
};


static int channel_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *text)
{
	const struct cq_caller *c = NULL;
	struct cq_caller_info info;
	const struct cq *q;
	struct words w;
	uint64_t n = 1;
	int err = words_take(&w, tainted, text, 2);

	if (err)
		return err;

	q = queue_of(call, "QUEUE_GET_CHANNEL", &w.v[0]);
	if (w.v[1].l && num_decode(&n, &w.v[1], UINT32_MAX))
		err = EINVAL;

	while (q && !err && n-- && (c = cq_caller_next(q, c)) != NULL)
		;
	if (c) {
		cq_caller_get(&info, c);
		err = mbuf_write_str(out, leg_name(info.call->caller));
	}
	args_reset(&w.args);

	return err;
}


const struct func func_queue_get_channel = {
	.name = "QUEUE_GET_CHANNEL",
	.usage = "QUEUE_GET_CHANNEL(queue[,position])  channel of a caller who "
		 "waits",
	.read = channel_read,
};


/* --- QUEUE_VARIABLES ----------------------------------------------------- */

static int variables_read(struct mbuf *out, bool *tainted, struct call *call,
			  const struct ttext *text)
{
	struct pl name = ttext_pl(text);
	const struct cq *q = queue_of(call, "QUEUE_VARIABLES", &name);

	*tainted = false;
	cq_set_vars(call, q);

	return mbuf_write_str(out, q ? "0" : "-1");
}


const struct func func_queue_variables = {
	.name = "QUEUE_VARIABLES",
	.usage = "QUEUE_VARIABLES(queue)  sets QUEUENAME, QUEUEMAX, "
		 "QUEUESTRATEGY, QUEUECALLS, QUEUEHOLDTIME, QUEUETALKTIME, "
		 "QUEUECOMPLETED, QUEUEABANDONED, QUEUESRVLEVEL and "
		 "QUEUESRVLEVELPERF; 0, or -1 if there is no such queue",
	.read = variables_read,
};
