/**
 * @file routing/args.h  Arguments and option letters of applications
 *
 * Signalling thread.  The caller owns struct args and struct opts (embedded);
 * end them with args_reset() and opts_reset().
 *
 * Bytes from the wire are data here: they separate nothing, quote nothing and
 * name no option.
 */
#ifndef TANDEM_ROUTING_ARGS_H
#define TANDEM_ROUTING_ARGS_H

#include "routing/taint.h"

enum {
	ARGS_MAX = 64,
	OPTS_MAX = 64,
};

/** {.n = 0} is enough to begin with; v counts only if n is not 0 */
struct args {
	struct ttext **v;
	size_t n;
};

/**
 * Split application arguments at commas
 *
 * Commas inside ( ) or " " do not split.  Quotes are removed, a backslash is
 * removed and makes the next byte plain text, as Asterisk does.  Empty text is
 * no argument at all; "a,,b" is three.
 *
 * @param args  Cleared and filled
 * @param text  Expanded text
 * @param max   Most arguments; the last takes the rest unsplit and as
 *              written.  0 for ARGS_MAX
 *
 * @return 0 if success, otherwise errorcode
 */
int args_split(struct args *args, const struct ttext *text, size_t max);

/** args_split() for one text without a map (a literal configuration text, or
 *  wholly tainted) */
int args_split_pl(struct args *args, const struct pl *text, bool tainted,
		  size_t max);

/** As args_split() with another separator; quotes and backslashes stay */
int args_split_raw(struct args *args, const struct ttext *text, char sep,
		   size_t max);

/** Split at every literal `sep`, no quoting of any kind ('&' of Dial) */
int args_split_plain(struct args *args, const struct ttext *text, char sep);

/** One more, of which a reference is taken.  0, EINVAL no text, E2BIG more
 *  than ARGS_MAX, ENOMEM */
int args_add(struct args *args, const struct ttext *text);

/** One more that is plain text; as args_add() */
int args_add_str(struct args *args, const char *str);

/** Those of another list from `first` on; as args_add() */
int args_add_from(struct args *args, const struct args *from, size_t first);

void args_reset(struct args *args);

/** Argument i as a string; "" if missing */
const char *args_str(const struct args *args, size_t i);

/** Argument i as struct pl (points into args); empty if missing */
struct pl args_pl(const struct args *args, size_t i);

/** Argument i with its map; NULL if missing */
const struct ttext *args_text(const struct args *args, size_t i);

/** True if argument i is there and not empty */
bool args_has(const struct args *args, size_t i);

/** One option letter */
struct opt {
	struct ttext *arg; /* inside the parentheses; NULL without any */
	char letter;
};

struct opts {
	struct opt v[OPTS_MAX];
	size_t n;
};

/** Called per letter that is not known, not literal, or badly written */
typedef void(opts_bad_h)(char letter, const char *why, void *arg);

/**
 * Parse option letters: "tTm(class)L(x:y:z)g"
 *
 * Parentheses nest.  A letter given twice: the later one wins.  Blanks are
 * skipped.
 *
 * @param opts   Cleared and filled with the known letters
 * @param text   Option text, NULL for none
 * @param known  Letters that the application knows
 * @param badh   Told about every other one, which is left out; may be NULL
 *
 * @return 0 if success, otherwise errorcode (ENOMEM)
 */
int opts_decode(struct opts *opts, const struct ttext *text,
		const char *known, opts_bad_h *badh, void *arg);

/**
 * Look up an option
 *
 * @param arg  Set to its argument (points into opts), empty if it has none;
 *             may be NULL
 *
 * @return True if the option is set
 */
bool opt_find(const struct opts *opts, char letter, struct pl *arg);

/** Argument of an option with its map; NULL if unset or without argument */
const struct ttext *opt_text(const struct opts *opts, char letter);

void opts_reset(struct opts *opts);

#endif
