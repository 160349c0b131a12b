/**
 * @file control/command.c  The table of commands, and running one
 *
 * The table is kept in the order of the words.  A line is followed word by
 * word through it: an exact word goes before an abbreviation, and once the
 * words make a complete command, only exact ones lead on to a longer one, so
 * that an argument is never taken for the beginning of a word.
 *
 * A context lives from console_exec() until the command is finished.  While
 * run() is on the stack it is marked, so that cmd_done() from within is only
 * remembered.
 */
#include <stdarg.h>
#include "base/compat.h"
#include "base/log.h"
#include "base/text.h"
#include "control/command.h"


struct cmd_ctx {
	const struct cmd *cmd;
	struct words words;

	/* who asked; NULL once it is gone */
	cmd_output_h *outh;
	cmd_done_h *doneh;
	void *arg;

	/* progress */
	size_t written;
	int status;
	bool running;
	bool done;
	bool full;
	bool gone;

	/* completion only */
	struct list *list;
	const char *prefix;
};

static struct cmd_set table;


/* --- the table ----------------------------------------------------------- */

static bool is_sound(const struct cmd *cmd)
{
	return cmd->words && *cmd->words && cmd->usage && cmd->help &&
	       cmd->run;
}


static int add_one(const struct cmd *cmd)
{
	size_t i = table.n;
	int diff = 1;

	if (!is_sound(cmd))
		return EINVAL;

	if (table.n == CMD_MAX)
		return ENOMEM;

	while (i && (diff = strcmp(table.v[i - 1]->words, cmd->words)) > 0)
		--i;

	if (i && !diff)
		return EALREADY;

	memmove(&table.v[i + 1], &table.v[i],
		(table.n - i) * sizeof(table.v[0]));
	table.v[i] = cmd;
	++table.n;

	return 0;
}


int console_add(const struct cmd *cmds, size_t n)
{
	if (n && !cmds)
		return EINVAL;

	for (size_t i = 0; i < n; i++) {
		int err = add_one(&cmds[i]);

		if (err) {
			log_error("console", "command '%s': %m",
				  cmds[i].words ? cmds[i].words : "?", err);
			return err;
		}
	}

	return 0;
}


void console_forget(void)
{
	table.n = 0;
}


bool cmd_word(const struct cmd *cmd, size_t i, struct pl *pl)
{
	struct pl rest;

	pl_set_str(&rest, cmd->words);

	for (; pl_next(pl, &rest, ' '); i--) {
		if (!i)
			return true;
	}

	return false;
}


static bool word_is(const struct pl *pl, const char *word, bool exact)
{
	const size_t n = strlen(word);

	if (exact ? n != pl->l : n > pl->l)
		return false;

	return !strncasecmp(pl->p, word, n);
}


static void filter(struct cmd_set *to, const struct cmd_set *from, size_t i,
		   const char *word, bool exact)
{
	struct pl pl;

	to->n = 0;

	for (size_t k = 0; k < from->n; k++) {
		if (cmd_word(from->v[k], i, &pl) && word_is(&pl, word, exact))
			to->v[to->n++] = from->v[k];
	}
}


/* The command that has exactly i words; all of the set share these */
static const struct cmd *complete_at(const struct cmd_set *set, size_t i)
{
	struct pl pl;

	for (size_t k = 0; k < set->n; k++) {
		if (!cmd_word(set->v[k], i, &pl))
			return set->v[k];
	}

	return NULL;
}


static bool differ_at(const struct cmd_set *set, size_t i)
{
	struct pl a, b;

	if (set->n < 2)
		return false;

	/* in order: if the first and the last agree, all do */
	return cmd_word(set->v[0], i, &a) &&
	       cmd_word(set->v[set->n - 1], i, &b) && pl_cmp(&a, &b);
}


void cmd_find(struct cmd_match *m, const char *const *words, size_t n)
{
	struct cmd_set next;

	memset(m, 0, sizeof(*m));
	m->set = table;

	for (m->at = 0; m->at < n; m->at++) {

		filter(&next, &m->set, m->at, words[m->at], true);

		if (!next.n && !(m->cmd && m->used == m->at))
			filter(&next, &m->set, m->at, words[m->at], false);

		if (!next.n)
			return;

		if (differ_at(&next, m->at)) {
			m->ambiguous = true;
			m->set       = next;
			return;
		}

		m->set = next;

		const struct cmd *cmd = complete_at(&m->set, m->at + 1);

		if (cmd) {
			m->cmd  = cmd;
			m->used = m->at + 1;
		}
	}
}


void cmd_below(struct cmd_set *set, const char *const *words, size_t n)
{
	struct cmd_match m;

	cmd_find(&m, words, n);
	*set = m.set;

	if (m.at < n && !m.ambiguous)
		set->n = 0;
}


/* --- a context ----------------------------------------------------------- */

static void ctx_destructor(void *arg)
{
	struct cmd_ctx *ctx = arg;

	words_reset(&ctx->words);
}


struct cmd_ctx *cmd_ctx_for_words(struct list *list, const char *prefix)
{
	struct cmd_ctx *ctx = mem_zalloc(sizeof(*ctx), ctx_destructor);

	if (ctx) {
		ctx->list   = list;
		ctx->prefix = prefix;
	}

	return ctx;
}


void *cmd_owner(const struct cmd_ctx *ctx, cmd_output_h *outh)
{
	return ctx && ctx->outh == outh ? ctx->arg : NULL;
}


static void finish(struct cmd_ctx *ctx)
{
	if (ctx->doneh)
		ctx->doneh(ctx->status, ctx->arg);

	mem_deref(ctx);
}


void cmd_done(struct cmd_ctx *ctx, int status)
{
	if (!ctx || ctx->done)
		return;

	ctx->done   = true;
	ctx->status = status;

	if (!ctx->running)
		finish(ctx);
}


void console_abandon(struct cmd_ctx *ctx)
{
	if (!ctx)
		return;

	ctx->outh  = NULL;
	ctx->doneh = NULL;
	ctx->gone  = true;
}


bool cmd_is_gone(const struct cmd_ctx *ctx)
{
	return !ctx || ctx->gone;
}


int cmd_write(struct cmd_ctx *ctx, const char *p, size_t n)
{
	static const char cut[] = "\n[the output ends here: more than 8 MB]\n";

	if (!ctx || (n && !p))
		return EINVAL;

	if (ctx->full)
		return ENOBUFS;

	if (!ctx->outh || !n)
		return 0;

	if (n > OUTPUT_BYTES - ctx->written) {
		ctx->full = true;
		ctx->outh(cut, sizeof(cut) - 1, ctx->arg);
		return ENOBUFS;
	}

	ctx->written += n;
	ctx->outh(p, n, ctx->arg);

	return 0;
}


int cmd_vprintf(struct cmd_ctx *ctx, const char *fmt, va_list ap)
{
	struct mbuf *mb = mbuf_alloc(256);
	int err;

	if (!mb)
		return ENOMEM;

	err = mbuf_vprintf(mb, fmt, ap);
	if (!err)
		err = cmd_write(ctx, (char *)mb->buf, mb->end);
	mem_deref(mb);

	return err;
}


int cmd_printf(struct cmd_ctx *ctx, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = cmd_vprintf(ctx, fmt, ap);
	va_end(ap);

	return err;
}


/* --- running a line ------------------------------------------------------ */

/* The words typed so far, as far as `n` */
static void print_words(struct cmd_ctx *ctx, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)cmd_printf(ctx, i ? " %s" : "%s", ctx->words.v[i]);
}


/* The different words that can stand at place i of a set */
static size_t next_words(char *text[], size_t max, const struct cmd_set *set,
			 size_t i)
{
	struct pl pl, prev = PL_INIT;
	size_t n = 0;

	for (size_t k = 0; k < set->n && n < max; k++) {
		if (!cmd_word(set->v[k], i, &pl) || !pl_cmp(&pl, &prev))
			continue;

		prev = pl;
		if (!pl_strdup(&text[n], &pl))
			++n;
	}

	return n;
}


static void say_where_it_leads(struct cmd_ctx *ctx, const struct cmd_match *m)
{
	const char *word = ctx->words.v[m->at];
	char *text[CMD_MAX];
	const size_t n   = next_words(text, CMD_MAX, &m->set, m->at);
	const char *near = NULL;

	if (word)
		near = text_nearest(word, (const char *const *)text, n);

	if (m->ambiguous || !word) {
		(void)cmd_printf(ctx, m->ambiguous ? "is ambiguous"
						   : "is not complete");
		for (size_t i = 0; i < n; i++)
			(void)cmd_printf(ctx, "%s %s", i ? "," : ":", text[i]);
		(void)cmd_printf(ctx, "\n");
	}
	else if (near) {
		(void)cmd_printf(ctx, "(did you mean '");
		print_words(ctx, m->at);
		(void)cmd_printf(ctx, "%s%s'?)\n", m->at ? " " : "", near);
	}
	else {
		(void)cmd_printf(ctx, "(type 'help' for the commands)\n");
	}

	for (size_t i = 0; i < n; i++)
		mem_deref(text[i]);
}


static int say_unknown(struct cmd_ctx *ctx, const struct cmd_match *m)
{
	const bool unknown = !m->ambiguous && m->at < ctx->words.n;

	(void)cmd_printf(ctx, unknown ? "No such command '" : "Command '");
	print_words(ctx, ctx->words.n);
	(void)cmd_printf(ctx, "' ");
	say_where_it_leads(ctx, m);

	return 1;
}


static int run(struct cmd_ctx *ctx)
{
	struct cmd_match m;
	int status;

	if (ctx->words.open) {
		(void)cmd_printf(ctx, "A quote is not closed\n");
		return 1;
	}

	if (!ctx->words.n)
		return 0;

	cmd_find(&m, ctx->words.v, ctx->words.n);

	if (m.ambiguous || !m.cmd)
		return say_unknown(ctx, &m);

	ctx->cmd = m.cmd;
	status   = m.cmd->run(ctx, (int)(ctx->words.n - m.used),
			      &ctx->words.v[m.used]);

	if (status == CMD_USAGE) {
		(void)cmd_printf(ctx, "Usage: %s\n       %s\n", m.cmd->usage,
				 m.cmd->help);
		return 1;
	}

	return status;
}


static int start(struct cmd_ctx *ctx, const char *line)
{
	int err = words_split(&ctx->words, line);

	if (err == E2BIG) {
		(void)cmd_printf(ctx, "The line is too long: at most %d words "
				 "and %d bytes\n", WORDS_MAX, LINE_BYTES);
		return 1;
	}

	if (err) {
		(void)cmd_printf(ctx, "%m\n", err);
		return 1;
	}

	return run(ctx);
}


int console_exec(struct cmd_ctx **ctxp, const char *line, cmd_output_h *outh,
		 cmd_done_h *doneh, void *arg)
{
	struct cmd_ctx *ctx;
	int status;

	if (!line || !doneh)
		return EINVAL;

	ctx = mem_zalloc(sizeof(*ctx), ctx_destructor);
	if (!ctx)
		return ENOMEM;

	ctx->outh    = outh;
	ctx->doneh   = doneh;
	ctx->arg     = arg;
	ctx->running = true;

	status       = start(ctx, line);
	ctx->running = false;

	if (status == CMD_PENDING && !ctx->done) {
		if (ctxp)
			*ctxp = ctx;
		return 0;
	}

	if (ctxp)
		*ctxp = NULL;

	if (!ctx->done)
		ctx->status = status;

	finish(ctx);

	return 0;
}


/* --- completion ---------------------------------------------------------- */

static void word_destructor(void *arg)
{
	struct word *w = arg;

	list_unlink(&w->le);
	mem_deref(w->str);
}


static bool is_printable(const char *str)
{
	for (; *str; str++) {
		if ((unsigned char)*str < ' ' || *str == 0x7f)
			return false;
	}

	return true;
}


void cmd_candidate(struct cmd_ctx *ctx, const char *word)
{
	struct word *w;

	if (!ctx || !ctx->list || !word || !is_printable(word) ||
	    strncasecmp(word, ctx->prefix, strlen(ctx->prefix)))
		return;

	w = mem_zalloc(sizeof(*w), word_destructor);
	if (!w)
		return;

	if (str_dup(&w->str, word))
		mem_deref(w);
	else
		list_append(ctx->list, &w->le, w);
}
