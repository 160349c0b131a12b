/**
 * @file control/command.h  Inside the console: words, table, running commands
 */
#ifndef TANDEM_CONTROL_COMMAND_H
#define TANDEM_CONTROL_COMMAND_H

#include "control/console.h"

enum {
	WORDS_MAX    = 64,      /* words of a line */
	LINE_BYTES   = 8192,    /* of a line */
	OUTPUT_BYTES = 8 << 20, /* of one command */
	CMD_MAX      = 512,     /* commands */
};

/** A line cut into words; the texts are in one mem_alloc'd `buf` */
struct words {
	char *buf;
	const char *v[WORDS_MAX + 1]; /* NULL at the end */
	size_t n;
	size_t last;   /* where the last word begins in the line */
	bool open;     /* a quote is not closed */
	bool finished; /* something separates the last word from the end */
};

/** Some of the commands, in the order of their words */
struct cmd_set {
	const struct cmd *v[CMD_MAX];
	size_t n;
};

/** Where the words of a line lead */
struct cmd_match {
	const struct cmd *cmd; /* the longest one complete, or NULL */
	size_t used;           /* words it takes; the others are arguments */
	size_t at;             /* words that lead somewhere */
	bool ambiguous;        /* word `at` can be several of `set` */
	struct cmd_set set;    /* what begins with these words */
};


/* --- words.c ------------------------------------------------------------- */

/** Cut a line.  "..." keeps blanks together, \ takes the next byte as it is.
 *  @return 0, E2BIG (too many words or bytes), ENOMEM */
int words_split(struct words *w, const char *line);
void words_reset(struct words *w);

/** Print a word so that words_split() reads the same one */
int word_print(struct mbuf *mb, const char *word);


/* --- command.c ----------------------------------------------------------- */

/** Word number i of a command, false if it has fewer */
bool cmd_word(const struct cmd *cmd, size_t i, struct pl *pl);
void cmd_find(struct cmd_match *m, const char *const *words, size_t n);

/** The commands whose words begin with all of these */
void cmd_below(struct cmd_set *set, const char *const *words, size_t n);

/** The argument given to console_exec(), if it was with this handler */
void *cmd_owner(const struct cmd_ctx *ctx, cmd_output_h *outh);

/** A context only for candidates.  They are put into `list` (struct word) */
struct word {
	struct le le;
	char *str;
};

struct cmd_ctx *cmd_ctx_for_words(struct list *list, const char *prefix);

#endif
