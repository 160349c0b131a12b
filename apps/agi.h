/**
 * @file apps/agi.h  Gateway interface: a program drives the call
 *
 * Signalling thread.  The program is a child with pipes (AGI, EAGI) or a
 * server behind TCP (FastAGI).  It sends commands, a line each, and gets a
 * reply to each before the next one is looked at.
 *
 *   app_agi.c     applications; how a session begins and ends
 *   agi.c         lines in, replies out, one command at a time
 *   agi_link.c    the pipes or the connection
 *   agi_env.c     what the program is told at the beginning
 *   agi_cmd.c     commands that are answered at once
 *   agi_media.c   commands that play, listen and record
 */
#ifndef TANDEM_APPS_AGI_H
#define TANDEM_APPS_AGI_H

#include "apps/apps.h"
#include "base/proc.h"

struct agi_link;
struct agi_session;

enum {
	AGI_LINE_MAX = 16 * 1024, /* of a command [bytes] */
	AGI_ARGS_MAX = 64,
	AGI_PORT = 4573,
	AGI_CONNECT_MS = 5000,
	AGI_DEAD_MS = 60 * 1000,  /* that it may go on after a hang-up */
};

/** A command in progress that waits for something */
struct agi_wait {
	void (*abort)(struct agi_session *agi); /* the caller has left */
	struct timer tmr;
	char escape[32];  /* digits that end it */
	char digits[64];  /* GET DATA */
	size_t max;
	uint32_t next_ms; /* between digits */
	uint64_t began_ms;
	uint32_t from_ms; /* offset that playing began at */
	uint32_t tag;     /* of a recording */
	const char *how;  /* "dtmf", "timeout" ... of a recording */
	char digit;
};

struct agi_session {
	struct call *call;       /* no reference: it owns us */
	struct agi_link *link;
	char *request;           /* as in AGI(...) */
	char *script;            /* path of the URL, FastAGI */
	struct args args;        /* behind the program's name */
	bool network, enhanced;
	bool hears;                /* its descriptor 3 is fed */
	bool dead;               /* the caller has left */
	bool over;               /* nothing is said any more */
	bool busy;               /* a command waits */
	bool pumping;
	const char *status;      /* AGISTATUS */
	struct mbuf *in;         /* what came, not yet looked at */
	struct timer limit;
	struct agi_wait wait;
	struct leg *asked;       /* SEND TEXT: its phone answers, whoever is the
				    caller by then; reference */

	/* where the plan goes on */
	bool moved;
	char context[128], exten[256];
	uint32_t prio;           /* 0: the next one */
};

/** A command: words of the line behind its name in v[0..n-1] */
struct agi_cmd {
	const char *name;        /* "GET VARIABLE" */
	const char *usage;
	size_t min, max;         /* arguments */
	bool dead_ok;            /* also when the caller has left */
	void (*run)(struct agi_session *agi, size_t n, char *const v[]);
};

/* --- agi.c --------------------------------------------------------------- */

/** A reply; the next command is looked at soon */
void agi_reply(struct agi_session *agi, const char *fmt, ...);

/** "200 result=N" */
void agi_result(struct agi_session *agi, int n);

/** The command goes on; agi_reply() comes later.  abort: see struct agi_wait */
void agi_begin(struct agi_session *agi,
	       void (*abort)(struct agi_session *agi));

/** Text came from the program */
void agi_rx(struct agi_session *agi, const uint8_t *p, size_t n);

/** The program has gone, or cannot be reached: status for AGISTATUS */
void agi_over(struct agi_session *agi, const char *status);

/** The caller has left: what waits is aborted, the program is told */
void agi_caller_left(struct agi_session *agi);

/* --- agi_link.c ---------------------------------------------------------- */

/** Start a program.  path: absolute; eagi: descriptor 3 */
int agi_link_spawn(struct agi_session *agi, const char *path, int fd3);

/** Connect.  host: name or address */
int agi_link_connect(struct agi_session *agi, const char *host,
		     uint16_t port);
void agi_link_send(struct agi_session *agi, const struct mbuf *mb);

/** Tell it that the caller has left: SIGHUP, or a line "HANGUP" */
void agi_link_hangup(struct agi_session *agi);

/* --- agi_env.c ----------------------------------------------------------- */

int agi_env_print(struct mbuf *mb, const struct agi_session *agi);

/** "AST_AGI_DIR=..." and the like for a child; mem_deref ends them all */
int agi_env_child(char ***envp, const struct call *call);

/** The answer to SEND TEXT is not waited for any more (agi_cmd.c) */
void agi_ask_forget(struct agi_session *agi);

/* --- tables of commands; NULL name at the end ---------------------------- */

extern const struct agi_cmd agi_commands[];       /* agi_cmd.c */
extern const struct agi_cmd agi_media_commands[]; /* agi_media.c */

#endif
