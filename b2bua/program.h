/**
 * @file b2bua/program.h  What the command line asks for
 *
 * Before any thread starts, and for main.c alone.  What prints does so to
 * stdout and stderr.
 */
#ifndef TANDEM_B2BUA_PROGRAM_H
#define TANDEM_B2BUA_PROGRAM_H

#include "config/config.h"

#define PROGRAM_DIR "/etc/tandem"

enum {
	EXIT_USAGE  = 2,
	EXIT_PORT   = 69, /* EX_UNAVAILABLE: port in use */
	EXIT_PERM   = 77,
	EXIT_CONFIG = 78,
};

/** The options; all texts are those of argv */
struct program {
	const char *dir;
	const char *command;   /* -rx */
	const char *user, *group; /* -U, -G */
	bool foreground, check, remote;
	bool takeover;         /* --takeover */
	const char *pair;      /* --pair */
	int explainc;          /* words behind --explain */
	char *const *explainv; /* NULL: not asked */
};

/** Read the options.  False: there is no more to do, exit with *status */
bool program_options(struct program *p, int argc, char *argv[], int *status);

/* program_check.c */

/** Applications, functions and the like that a configuration may name */
const struct config_names *program_names(void);

/** Load the configuration of a directory; in either case what was found in
 *  it */
int program_load(const char *dir, struct config **cfgp, struct findings **fp);

/** -t, with --pair: say what is wrong.  Returns the exit status */
int program_check(const struct program *p);

/** --explain: what is wrong goes to stderr, what was asked to stdout.  Returns
 *  the exit status */
int program_explain(const struct program *p);

#endif
