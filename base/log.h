/**
 * @file base/log.h  Log
 *
 * Any thread.  A line is formatted by the caller (libre's formats: %H %r %J
 * %m ...) into a bounded buffer and handed to a writer thread through a
 * bounded queue, so that a hung log file never delays a packet; lines that do not fit
 * are dropped and counted.  Control characters in the text are escaped as
 * \xHH, so one call is one line.
 *
 * error: an operator must act.  warning: we refused or gave up something.
 * info: a milestone of a call.  debug: a line per message.
 */
#ifndef TANDEM_BASE_LOG_H
#define TANDEM_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR = 0,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE, /* security relevant, in fail2ban's format */
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_format {
	LOG_FORMAT_PLAIN,    /* 2026-11-21 01:31:00.123 info sip: text */
	LOG_FORMAT_ASTERISK, /* [2026-11-21 01:31:00] NOTICE[pid] file: text */
	LOG_FORMAT_JOURNAL,  /* <6>sip: text */
	LOG_FORMAT_JSON,     /* {"ts":...,"level":...,"mod":...,"msg":...} */
};

typedef void(log_tap_h)(enum log_level level, const char *mod,
			const char *line, void *arg);

/** Start logging; path NULL is stderr.  Returns 0 or errno */
int log_open(const char *path, enum log_format fmt, enum log_level level);

/** Write out what is queued, at most `ms` milliseconds, and stop */
void log_close(uint32_t ms);

/** Close and open the file again, for logrotate (SIGUSR1) */
void log_reopen(void);

void log_set_level(enum log_level level);
enum log_level log_get_level(void);
bool log_level_decode(enum log_level *levelp, const char *name);
bool log_format_decode(enum log_format *fmtp, const char *name);

/** See every line on the thread that writes it as well (console); NULL to
 *  stop.  The handler must not wait for anything.  When the function returns
 *  the former handler runs no more on any other thread */
void log_set_tap(log_tap_h *h, void *arg);

/** Lines lost because the queue was full */
uint64_t log_dropped(void);

/** Write a line; `fmt` is libre's.  Use the macros below. */
void log_write(enum log_level level, const char *mod, const char *fmt, ...);

/* clang-format off */
#define log_error(mod, ...)   log_write(LOG_LEVEL_ERROR, mod, __VA_ARGS__)
#define log_warning(mod, ...) log_write(LOG_LEVEL_WARNING, mod, __VA_ARGS__)
#define log_notice(mod, ...)  log_write(LOG_LEVEL_NOTICE, mod, __VA_ARGS__)
#define log_info(mod, ...)    log_write(LOG_LEVEL_INFO, mod, __VA_ARGS__)
#define log_debug(mod, ...)                                                  \
	do {                                                                 \
		if (log_get_level() >= LOG_LEVEL_DEBUG)                      \
			log_write(LOG_LEVEL_DEBUG, mod, __VA_ARGS__);        \
	} while (0)
/* clang-format on */

#endif
