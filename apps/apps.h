/**
 * @file apps/apps.h  Rows of the table and what applications share
 *
 * Signalling thread.
 */
#ifndef TANDEM_APPS_APPS_H
#define TANDEM_APPS_APPS_H

#include "b2bua/app.h"

/* clang-format off */
#define APPS(X)                                                               \
	X(answer) X(background) X(busy) X(congestion) X(continuewhile)        \
	X(dial) X(echo) X(endwhile) X(execif) X(execiftime) X(exitwhile)      \
	X(gosub) X(gosubif) X(goto) X(gotoif) X(gotoiftime) X(hangup) X(log)  \
	X(macro) X(macroexit) X(mixmonitor) X(mset) X(musiconhold) X(noop)    \
	X(playback) X(playtones) X(proceeding) X(progress) X(read) X(record)  \
	X(return) X(ringing) X(sayalpha) X(saydigits) X(saynumber) X(set)     \
	X(setglobalvar) X(setmusiconhold) X(sipaddheader) X(sipremoveheader)  \
	X(stackpop) X(startmusiconhold) X(stopmixmonitor) X(stopmusiconhold)  \
	X(stopplaytones) X(verbose) X(wait) X(waitexten) X(while)

#define FUNCS(X)                                                              \
	X(array) X(base64_decode) X(base64_encode) X(callerid) X(cdr)         \
	X(channel) X(cut) X(db) X(db_delete) X(db_exists) X(dec)              \
	X(device_state) X(dialplan_exists) X(eval) X(exists)                  \
	X(extension_state) X(fieldqty) X(filter) X(global) X(hangupcause)     \
	X(hint) X(if) X(iftime) X(inc) X(isnull) X(len) X(local) X(math)      \
	X(md5) X(quote) X(rand) X(regex) X(replace) X(set) X(sha1)            \
	X(sip_header) X(strftime) X(timeout) X(tolower) X(toupper)            \
	X(uridecode) X(uriencode) X(valid_exten)
/* clang-format on */

#define X(name) extern const struct app app_##name;
APPS(X)
#undef X

#define X(name) extern const struct func func_##name;
FUNCS(X)
#undef X

/* ---- collect.c: digits that choose an extension ------------------------- */

struct collect;

/** The digits are in: "" if none came in time */
typedef void(collect_h)(struct call *call, const char *digits, void *arg);

struct collect_params {
	const char *context;   /* NULL: any digits, see max and end */
	uint32_t first_ms;     /* wait for the first digit */
	uint32_t next_ms;      /* ... and between digits */
	size_t max;            /* with context NULL: so many at most */
	const char *end;       /* ... or until one of these */
};

/**
 * Collect the caller's digits until they match an extension that cannot become
 * longer, or no more come
 *
 * @param h    Called once, from the main loop or inside of collect_listen()
 *             and collect_wait()
 * @return 0, ENOMEM.  mem_deref() ends it without a word
 */
int collect_start(struct collect **cp, struct call *call,
		  const struct collect_params *prm, collect_h *h, void *arg);

/** Take digits from now on, typed-ahead ones at once: the handler may be
 *  called inside */
void collect_listen(struct collect *c);

/** The clock starts (a prompt has ended) */
void collect_wait(struct collect *c);

/** True if a digit has come */
bool collect_has(const struct collect *c);

/** Called at the first digit (to stop a prompt); NULL none */
void collect_on_first(struct collect *c, void (*h)(void *arg), void *arg);

/** Go where the digits say: the extension, i, or t if there are none.
 *  APP_HANGUP if there is no such extension */
enum app_result collect_go(struct call *call, const char *context,
			   const char *digits);

/* ---- util.c ------------------------------------------------------------- */

/** Seconds, also "2.5", in [ms]; false if it is no number */
bool arg_ms(uint32_t *ms, const struct pl *pl);

/** Position behind `text` where literal `c` stands outside of parentheses;
 *  text->len if nowhere */
size_t find_outside(const struct ttext *text, size_t off, char c);

/** Part of a text, without blanks around it */
int slice_trim(struct ttext **tp, const struct ttext *text, size_t from,
	       size_t to);

/** "cond?a:b": the part that holds.  *tp is NULL if it is empty */
int choose(struct ttext **tp, const struct ttext *text);

/** As choose() with the condition given: from is the place behind '?' */
int choose_part(struct ttext **tp, const struct ttext *text, size_t from,
		bool cond);

/** Seconds since 1970 that GotoIfTime and the like look at */
bool time_holds(struct call *call, const struct pl *spec);

/** The word before a comma: CALLERID(num,...) of old files means num */
struct pl first_word(const struct ttext *args);

/** Unknown option letters, for opts_decode(): a line in the log */
void opt_unknown(char letter, const char *why, void *arg);

/** Answer unless done; false: there is nobody to hear it */
bool answer_first(struct call *call);

/** Play names for digits, letters: "digits/1&digits/2" into mb */
int say_digits(struct mbuf *mb, const struct pl *text);
int say_alpha(struct mbuf *mb, const struct pl *text);
int say_number(struct mbuf *mb, int64_t n);

/** Play what is in mb to the caller, then go on */
enum app_result say_play(struct call *call, struct mbuf *mb);

/** Play a list, then the next priority: handler for call_play() */
void play_then_next(struct call *call, int err, void *arg);

#endif
