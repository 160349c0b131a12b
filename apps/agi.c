/**
 * @file apps/agi.c  Commands of a program: lines in, replies out
 *
 * One command at a time: what comes meanwhile waits in `in`.  A command that
 * must wait says so by agi_begin() and ends with agi_reply(); then the next
 * line is taken, from a loop and not from inside, so that a thousand commands
 * that wait for nothing do not pile up.
 */
#include <stdarg.h>
#include "apps/agi.h"
#include "base/text.h"

enum { REPLY_MAX = 8192 };

static void pump(struct agi_session *agi);


/* --- replies ------------------------------------------------------------- */

/* What is said is one line, whatever a caller's name has in it */
static void plain(struct mbuf *mb, size_t from)
{
	for (size_t i = from; i < mb->end; i++) {
		if (mb->buf[i] < ' ' && mb->buf[i] != '\t')
			mb->buf[i] = ' ';
	}
}


void agi_reply(struct agi_session *agi, const char *fmt, ...)
{
	struct mbuf *mb = mbuf_alloc(128);
	va_list ap;
	int err;

	timer_cancel(&agi->wait.tmr);
	agi->wait.abort = NULL;

	va_start(ap, fmt);
	err = mb ? mbuf_vprintf(mb, fmt, ap) : ENOMEM;
	va_end(ap);

	if (!err) {
		plain(mb, 0);
		err = mbuf_write_u8(mb, '\n');
	}
	if (!err)
		agi_link_send(agi, mb);
	mem_deref(mb);

	agi->busy = false;
	pump(agi);
}


void agi_result(struct agi_session *agi, int n)
{
	agi_reply(agi, "200 result=%d", n);
}


static void reply_usage(struct agi_session *agi, const struct agi_cmd *cmd)
{
	struct mbuf *mb = mbuf_alloc(256);

	if (mb && !mbuf_printf(mb,
			       "520-Invalid command syntax.  Proper usage "
			       "follows:\n%s\n", cmd->usage)) {
		agi_link_send(agi, mb);
	}
	mem_deref(mb);

	agi_reply(agi, "520 End of proper usage.");
}


void agi_begin(struct agi_session *agi,
	       void (*abort)(struct agi_session *agi))
{
	memset(&agi->wait, 0, sizeof(agi->wait));
	agi->wait.abort = abort;
	agi->busy = true;
}


/* --- a line -------------------------------------------------------------- */

/* Words in place: blanks separate, "..." keeps them together, \ takes the
 * next byte as it is.  Returns their number, or more than max */
static size_t words(char *v[], size_t max, char *line)
{
	char *in = line, *out = line;
	size_t n = 0;

	for (;;) {
		bool quoted = false;

		while (*in == ' ' || *in == '\t')
			++in;
		if (!*in)
			return n;
		if (n >= max)
			return max + 1;

		v[n++] = out;
		for (; *in && (quoted || (*in != ' ' && *in != '\t')); in++) {
			if (*in == '"')
				quoted = !quoted;
			else if (*in == '\\' && in[1])
				*out++ = *++in;
			else
				*out++ = *in;
		}
		if (*in)
			++in;
		*out++ = '\0';
	}
}


/* How many of the words are the name of the command; 0 another one */
static size_t match(const struct agi_cmd *cmd, char *const v[], size_t n)
{
	struct pl rest, part;
	size_t k = 0;

	pl_set_str(&rest, cmd->name);
	while (pl_next(&part, &rest, ' ')) {
		if (k >= n || pl_strcasecmp(&part, v[k]))
			return 0;
		++k;
	}

	return k;
}


/* The longest name wins: GET DATA is not GET */
static const struct agi_cmd *find(size_t *usedp, char *const v[], size_t n)
{
	const struct agi_cmd *const tabs[] = {agi_commands,
					      agi_media_commands};
	const struct agi_cmd *best = NULL;

	*usedp = 0;
	for (size_t t = 0; t < ARRAY_SIZE(tabs); t++) {
		for (const struct agi_cmd *c = tabs[t]; c->name; c++) {
			size_t k = match(c, v, n);

			if (k > *usedp) {
				best = c;
				*usedp = k;
			}
		}
	}

	return best;
}


static void command(struct agi_session *agi, char *line)
{
	const struct agi_cmd *cmd;
	char *v[AGI_ARGS_MAX + 1];
	size_t used, n;

	log_debug("agi", "call %s: %s", agi->call->id, line);
	n = words(v, AGI_ARGS_MAX, line);
	if (!n)
		return;

	cmd = n <= AGI_ARGS_MAX ? find(&used, v, n) : NULL;
	if (!cmd)
		agi_reply(agi, "510 Invalid or unknown command");
	else if (agi->dead && !cmd->dead_ok)
		agi_reply(agi, "511 Command Not Permitted on a dead channel "
			       "or intercept routine");
	else if (n - used < cmd->min || n - used > cmd->max)
		reply_usage(agi, cmd);
	else
		cmd->run(agi, n - used, v + used);
}


/* The next whole line; NULL if there is none */
static char *next_line(struct agi_session *agi)
{
	struct mbuf *mb = agi->in;
	const uint8_t *p = mbuf_buf(mb);
	size_t left = mbuf_get_left(mb), n;
	const uint8_t *nl = left ? memchr(p, '\n', left) : NULL;
	struct pl line;
	char *str;

	if (!nl)
		return NULL;

	n = (size_t)(nl - p);
	line.p = (const char *)p;
	line.l = n && p[n - 1] == '\r' ? n - 1 : n;
	mbuf_advance(mb, (ssize_t)n + 1);

	return pl_strdup(&str, &line) ? NULL : str;
}


/* What has been looked at makes room */
static void compact(struct mbuf *mb)
{
	size_t left = mbuf_get_left(mb);

	if (mb->pos) {
		memmove(mb->buf, mbuf_buf(mb), left);
		mb->pos = 0;
		mb->end = left;
	}
}


static void pump(struct agi_session *agi)
{
	char *line;

	if (agi->pumping)
		return;

	agi->pumping = true;
	mem_ref(agi); /* a command may end the call */
	while (!agi->busy && !agi->over && (line = next_line(agi))) {
		command(agi, line);
		mem_deref(line);
	}
	compact(agi->in);
	agi->pumping = false;
	mem_deref(agi);
}


void agi_rx(struct agi_session *agi, const uint8_t *p, size_t n)
{
	struct mbuf *mb = agi->in;

	if (agi->over)
		return;

	mb->pos = mb->end;
	if (mb->end + n > 4 * AGI_LINE_MAX || mbuf_write_mem(mb, p, n)) {
		call_warning(agi->call, "AGI %s: more than %u bytes in a line",
			     agi->request, AGI_LINE_MAX);
		agi_over(agi, "FAILURE");
		return;
	}

	mb->pos = 0;
	pump(agi);
}


/* --- the end ------------------------------------------------------------- */

void agi_over(struct agi_session *agi, const char *status)
{
	struct call *call = agi->call;

	if (agi->over)
		return;

	agi->over = true;
	timer_cancel(&agi->limit);
	timer_cancel(&agi->wait.tmr);
	if (!agi->dead || !str_casecmp(status, "FAILURE"))
		agi->status = status;

	(void)call_set_var(call, "AGISTATUS", agi->status, false);
	call_step_note(call, "%s", agi->status);
	if (agi->busy && !agi->dead)
		call_stop_play(call);

	if (agi->moved && !agi->dead)
		(void)call_goto_to(call, agi->context, agi->exten,
				   agi->prio ? agi->prio : call->prio + 1);

	call_step_done(call, APP_NEXT);
}


void agi_caller_left(struct agi_session *agi)
{
	void (*abort)(struct agi_session *) = agi->wait.abort;

	if (agi->dead)
		return;

	agi->dead = true;
	agi->status = "HANGUP";
	agi_link_hangup(agi);
	if (agi->busy && abort)
		abort(agi);
}
