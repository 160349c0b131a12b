/**
 * @file apps/command.c  Programs that the dialplan runs
 */
#include "apps/command.h"
#include "base/text.h"

struct command {
	char *text;
	const char *argv[PROC_ARGS_MAX + 1]; /* own texts */
	size_t argc;
	uint32_t timeout_ms;
};


static void destructor(void *data)
{
	struct command *cmd = data;

	for (size_t i = 0; i < cmd->argc; i++)
		mem_deref((void *)cmd->argv[i]);
	mem_deref(cmd->text);
}


static int add_word(struct command *cmd, const char *word, size_t n)
{
	struct pl pl = {word, n};
	char *str;
	int err;

	if (cmd->argc >= PROC_ARGS_MAX)
		return E2BIG;

	err = pl_strdup(&str, &pl);
	if (!err)
		cmd->argv[cmd->argc++] = str;

	return err;
}


/* --- without a shell ----------------------------------------------------- */

struct lexer {
	struct command *cmd;
	struct mbuf *word;
	bool begun;      /* a word, maybe empty: "" */
	bool tainted;    /* the word has bytes of a caller */
	char quote;
	const char *why;
};


/* Signs that mean something to a shell, where they stand in no quotes */
static bool wants_shell(char c, char quote)
{
	if (quote == '\'')
		return false;
	if (quote == '"')
		return c == '$' || c == '`';

	return strchr("|&;<>()$`*?[]{}~#\n", c) != NULL;
}


static int word_over(struct lexer *lx)
{
	struct mbuf *mb = lx->word;
	int err;

	if (!lx->begun)
		return 0;

	if (lx->tainted && !lx->cmd->argc) {
		lx->why = "the name of a program comes from a caller";
		return EPERM;
	}

	err = add_word(lx->cmd, (char *)mb->buf, mb->end);
	mbuf_rewind(mb);
	lx->begun = lx->tainted = false;

	return err;
}


static int put(struct lexer *lx, char c, bool tainted)
{
	/* an option is the administrator's to give */
	if (tainted && c == '-' && !lx->word->end) {
		lx->why = "what a caller sent begins with '-', as an option "
			  "does";
		return EPERM;
	}

	lx->begun = true;
	lx->tainted = lx->tainted || tainted;

	return mbuf_write_u8(lx->word, (uint8_t)c);
}


static int lex_byte(struct lexer *lx, const struct ttext *text, size_t *i)
{
	char c = text->str[*i];

	if (ttext_tainted_at(text, *i))
		return put(lx, c, true);

	if (c == lx->quote && c) {
		lx->quote = 0;
		return 0;
	}
	if (!lx->quote && (c == '\'' || c == '"')) {
		lx->quote = c;
		lx->begun = true;
		return 0;
	}
	if (c == '\\' && lx->quote != '\'' && *i + 1 < text->len) {
		++*i;
		return put(lx, text->str[*i], ttext_tainted_at(text, *i));
	}
	if (!lx->quote && (c == ' ' || c == '\t'))
		return word_over(lx);
	if (wants_shell(c, lx->quote)) {
		lx->why = "it has something that a caller sent, so no shell "
			  "runs it, and without one | & ; < > $ ` * and the "
			  "like mean nothing: put them into a script";
		return EPERM;
	}

	return put(lx, c, false);
}


static int split(struct command *cmd, const struct ttext *text,
		 const char **why)
{
	struct lexer lx = {.cmd = cmd, .word = mbuf_alloc(64)};
	int err = lx.word ? 0 : ENOMEM;

	for (size_t i = 0; i < text->len && !err; i++)
		err = lex_byte(&lx, text, &i);
	if (!err && lx.quote) {
		lx.why = "a quote is never closed";
		err = EINVAL;
	}
	if (!err)
		err = word_over(&lx);

	mem_deref(lx.word);
	if (lx.why)
		*why = lx.why;

	return err;
}


/* --- decode, run --------------------------------------------------------- */

static int decode(struct command *cmd, const struct ttext *text,
		  const char **why)
{
	int err = str_dup(&cmd->text, text->str);

	if (err)
		return err;
	if (ttext_tainted(text))
		return split(cmd, text, why);

	err = add_word(cmd, "/bin/sh", 7);
	err |= add_word(cmd, "-c", 2);
	err |= add_word(cmd, text->str, text->len);

	return err ? ENOMEM : 0;
}


int command_decode(struct command **cp, const struct call *call,
		   const struct ttext *text, const char **why)
{
	struct command *cmd;
	int err;

	if (!cp || !call || !text || !why)
		return EINVAL;

	*why = "";
	if (!call->cfg || !call->cfg->tandem.allowsystem) {
		*why = "programs are not run, see allowsystem= of "
		       "tandem.conf";
		return EPERM;
	}

	cmd = mem_zalloc(sizeof(*cmd), destructor);
	if (!cmd)
		return ENOMEM;

	cmd->timeout_ms = call->cfg->tandem.systemtimeout_s * 1000;
	err = decode(cmd, text, why);
	if (!err && !cmd->argc) {
		*why = "no command";
		err = EINVAL;
	}
	if (err == E2BIG)
		*why = "too many arguments";

	if (err)
		mem_deref(cmd);
	else
		*cp = cmd;

	return err;
}


int command_run(struct proc **pp, const struct command *cmd, bool output,
		proc_end_h *h, void *arg)
{
	struct proc_params prm;

	if (!cmd)
		return EINVAL;

	memset(&prm, 0, sizeof(prm));
	prm.argv = cmd->argv;
	prm.timeout_ms = cmd->timeout_ms;
	prm.output = output;

	return proc_start(pp, &prm, h, arg);
}


const char *command_text(const struct command *cmd)
{
	return cmd ? cmd->text : "";
}
