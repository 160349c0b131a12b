/**
 * @file config/rows.h  How the rows of the options are written
 *
 * For the rows_*.c alone, which have one row an option: names, scope, type,
 * default, what Tandem does with it and a sentence for the manual.  The
 * defaults are texts and pass through the setters like lines of a file.  A
 * default that differs from chan_sip's says so in its sentence.
 *
 * Columns of the row macros: name, old names, where, default, sentence.
 */
#ifndef TANDEM_CONFIG_ROWS_H
#define TANDEM_CONFIG_ROWS_H

#include "config/opt.h"

/** Rows of some files */
struct opt_rows {
	const struct opt *v;
	size_t n;
};

extern const struct opt_rows opt_rows_general, opt_rows_peer, opt_rows_tandem,
	opt_rows_voicemail, opt_rows_queue, opt_rows_room, opt_rows_plan;

/* clang-format off */

/* G() and its sisters of the rows_*.c have become two arguments by the time ROW
 * sees them: .scope and .off */
#define ROW(n, al, sc, of, d, txt)                                           \
	.name = n, .aliases = al, sc, of, .def = d, .doc = txt

#define STR(...)  {ROW(__VA_ARGS__), .type = OPT_STR}
#define TEXT(...) {ROW(__VA_ARGS__), .type = OPT_TEXT}
#define BOOL(...) {ROW(__VA_ARGS__), .type = OPT_BOOL}
#define SA(...)   {ROW(__VA_ARGS__), .type = OPT_SA}
#define U32(lo, hi, ...)                                                     \
	{ROW(__VA_ARGS__), .type = OPT_U32, .min = lo, .max = hi}
#define U16(lo, hi, ...)                                                     \
	{ROW(__VA_ARGS__), .type = OPT_U16, .min = lo, .max = hi}
#define WORD(w, ...) {ROW(__VA_ARGS__), .type = OPT_WORD, .words = w}
#define FN(h, ...)   {ROW(__VA_ARGS__), .type = OPT_FN, .seth = h}

/* read, kept, not used: the text says what happens instead */
#define NOT(why) .how = OPT_ACCEPTED, .instead = why
#define STR_NOT(why, ...)  {ROW(__VA_ARGS__), .type = OPT_STR, NOT(why)}
#define BOOL_NOT(why, ...) {ROW(__VA_ARGS__), .type = OPT_BOOL, NOT(why)}
#define BOOL_REFUSED(why, ...) \
	{ROW(__VA_ARGS__), .type = OPT_BOOL, .how = OPT_REFUSED, \
	 .instead = why}
#define U32_NOT(lo, hi, why, ...) \
	{ROW(__VA_ARGS__), .type = OPT_U32, .min = lo, .max = hi, NOT(why)}
#define WORD_NOT(w, why, ...) \
	{ROW(__VA_ARGS__), .type = OPT_WORD, .words = w, NOT(why)}
#define FN_NOT(h, why, ...)                                                  \
	{ROW(__VA_ARGS__), .type = OPT_FN, .seth = h, NOT(why)}

/* not even kept */
#define NONE(n, sc, txt, why) \
	{.name = n, .scope = sc, .type = OPT_NONE, .doc = txt, NOT(why)}
#define OLD(n, al, sc, why) \
	{.name = n, .aliases = al, .scope = sc, .type = OPT_NONE, \
	 .how = OPT_LEGACY, .doc = "Old option, no effect.", .instead = why}
#define REFUSED(n, sc, txt, why) \
	{.name = n, .scope = sc, .type = OPT_NONE, .how = OPT_REFUSED, \
	 .doc = txt, .instead = why}

/* reasons that several files share */
#define NO_WEBRTC   "browsers as phones (ICE, DTLS) are not supported"
#define NO_MWI      "messages at other servers are not watched"
/* clang-format on */

#endif
