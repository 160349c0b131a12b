/**
 * @file control/console.h  The operator's console
 *
 * A table of commands (command.c), a server on a unix socket that runs them
 * (console.c) and the client behind `tandem -r` (client.c).  Everything runs
 * on the signalling thread; a client is a process of its own.
 *
 * A command prints with cmd_printf() and returns a status.  One that must wait
 * returns CMD_PENDING, keeps `ctx` and calls cmd_done() exactly once; if its
 * client leaves before, ctx stays valid, prints nowhere, and cmd_is_gone()
 * tells.
 */
#ifndef TANDEM_CONTROL_CONSOLE_H
#define TANDEM_CONTROL_CONSOLE_H

#include "base/compat.h"

struct cmd_ctx;

/** What a command's run() may return beside a status of 0 (good) to 255 */
enum {
	CMD_PENDING = -1, /* cmd_done() comes later */
	CMD_USAGE   = -2, /* wrong arguments: usage is printed, status 1 */
};

/** One command; static, read only */
struct cmd {
	const char *words; /* "sip show peers" */
	const char *usage; /* "sip show peers [like REGEX]" */
	const char *help;  /* one sentence, no full stop */

	/** Run it.  argv holds what follows the words, argv[argc] is NULL */
	int (*run)(struct cmd_ctx *ctx, int argc, const char *const *argv);

	/** Offer words for argument `idx` (0 is the first after the words) by
	 *  cmd_candidate(); may be NULL */
	void (*complete)(struct cmd_ctx *ctx, unsigned idx,
			 const char *prefix);
};


/* --- the table ----------------------------------------------------------- */

/** Add commands.  The array must stay.  @return 0, EALREADY (same words as an
 *  earlier one), EINVAL (no words, usage, help or run), ENOMEM */
int console_add(const struct cmd *cmds, size_t n);

/** Forget all commands */
void console_forget(void);

typedef void(cmd_output_h)(const char *p, size_t n, void *arg);
typedef void(cmd_done_h)(int status, void *arg);

/**
 * Run a line without a socket (manager interface, tests)
 *
 * Words may be abbreviated while that is unambiguous; "..." and \ quote.
 * `doneh` is called once with the exit status, often before this returns.
 *
 * @param ctxp  If not NULL gets the context while the command is pending, for
 *              console_abandon(); NULL if it is finished
 */
int console_exec(struct cmd_ctx **ctxp, const char *line, cmd_output_h *outh,
		 cmd_done_h *doneh, void *arg);

/** The one who asked is gone: no handler is called any more */
void console_abandon(struct cmd_ctx *ctx);

/**
 * Complete the last word of a line
 *
 * @param mb  Gets the number of bytes at the end of `line` that the candidates
 *            replace, then the candidates in order, one a line each
 */
int console_complete(struct mbuf *mb, const char *line);


/* --- for commands -------------------------------------------------------- */

/** Print, libre's formats.  @return 0, ENOBUFS beyond 8 MB a command */
int cmd_printf(struct cmd_ctx *ctx, const char *fmt, ...);
int cmd_vprintf(struct cmd_ctx *ctx, const char *fmt, va_list ap);

/** Print bytes as they are */
int cmd_write(struct cmd_ctx *ctx, const char *p, size_t n);

/** End a command that returned CMD_PENDING; ctx is gone afterwards */
void cmd_done(struct cmd_ctx *ctx, int status);

/** True if nobody reads the output any more */
bool cmd_is_gone(const struct cmd_ctx *ctx);

/** Offer a word as completion, if it begins with the prefix asked for */
void cmd_candidate(struct cmd_ctx *ctx, const char *word);


/* --- the server ---------------------------------------------------------- */

/**
 * Listen on RUNDIR/tandem.ctl (mode 0660; RUNDIR made 0750 if missing)
 *
 * The loop and timers of the calling thread must exist.  root, our own user
 * and members of our group may connect.  A socket file that nobody listens
 * on is replaced.
 *
 * @param why  Gets one sentence on failure, may be NULL
 *
 * @return 0, EADDRINUSE if another Tandem answers there, or errno
 */
int console_open(const char *rundir, struct mbuf *why);

/** Send what is queued as far as the sockets take it, close and unlink */
void console_close(void);

/** Show text to every attached interactive console (sip set debug) */
void console_publish(const char *p, size_t n);
int console_publishf(const char *fmt, ...);

/** Attached interactive consoles */
size_t console_viewers(void);

/**
 * Follow the log on the console that runs this command
 *
 * Lines up to `level` (enum log_level) that the log itself takes are shown as
 * they are written, by any thread; -1 ends it.
 *
 * @return 0, ENOTTY if that is no interactive console
 */
int console_follow(struct cmd_ctx *ctx, int level);


/* --- the client ---------------------------------------------------------- */

/**
 * Be the console of a running Tandem (`tandem -r`, `tandem -rx COMMAND`)
 *
 * Own process; does not need libre's loop.
 *
 * @param command  One command, or NULL for an interactive console (a plain
 *                 reader of lines if stdin is no terminal)
 *
 * @return exit status: that of the command, 1 if there is no connection
 */
int client_main(const char *rundir, const char *command);


/* --- the commands, a file each ------------------------------------------- */

enum core_stop {
	CORE_STOP_NOW,             /* BYE to every call, then end */
	CORE_STOP_GRACEFULLY,      /* no new calls, end after the last one */
	CORE_STOP_WHEN_CONVENIENT, /* end as soon as there is no call */
	CORE_STOP_ABORT,           /* do not end after all */
	CORE_RESTART_NOW,          /* a new process takes over, BYE to all */
	CORE_RESTART_GRACEFULLY,   /* ... calls end here by themselves */
	CORE_RESTART_WHEN_CONVENIENT, /* ... as soon as there is no call */
};

/** What only main can do; all are called on the signalling thread, while the
 *  command runs: they must not call console_close() themselves */
struct core_hooks {
	/** Begin to stop (leave the loop, or drain first).
	 *  @return 0, or errno if it cannot be (ENOENT: nothing to abort) */
	int (*stop)(enum core_stop how, void *arg);

	/** Load the configuration again, all or nothing.  Says by
	 *  cmd_printf() what it found; `part` is NULL for all of it, else
	 *  "sip", "dialplan" or "moh".  Returns as a command does. */
	int (*reload)(struct cmd_ctx *ctx, const char *part, void *arg);

	void *arg;
};

/** Without hooks (NULL, or a member that is) the commands say so and fail */
void cmd_core_set_hooks(const struct core_hooks *hooks);

int cmd_core_register(void);     /* core show uptime|version|counters, ... */
int cmd_database_register(void); /* database show|get|put|del|deltree */

/** Remember that the configuration was loaded now (core show uptime) */
void cmd_core_reloaded(void);

#endif
