/**
 * @file apps/apps.h  Rows of the table and what applications share
 *
 * Signalling thread.
 */
#ifndef TANDEM_APPS_APPS_H
#define TANDEM_APPS_APPS_H

#include "apps/say.h"
#include "b2bua/app.h"
#include "b2bua/fork.h"

/* clang-format off */
#define APPS(X)                                                               \
	X(absolutetimeout) X(addqueuemember) X(agi) X(amd) X(answer)          \
	X(appendcdruserfield) X(authenticate) X(background)                   \
	X(backgrounddetect) X(busy) X(callforward) X(changemonitor)           \
	X(chanisavail) X(channelredirect) X(chanspy) X(checkgroup)            \
	X(clearhash) X(confbridge) X(confkick) X(congestion)                  \
	X(continuewhile) X(cut) X(datetime) X(dbdel) X(dbdeltree) X(dbget)    \
	X(dbput) X(deadagi) X(dial) X(digittimeout) X(directory) X(disa)      \
	X(donotdisturb) X(dumpchan) X(eagi) X(echo) X(endwhile) X(exec)       \
	X(execif) X(execiftime) X(exitwhile) X(extenspy) X(fastagi)           \
	X(followme) X(gosub) X(gosubif) X(goto) X(gotoif) X(gotoiftime)       \
	X(hangup) X(importvar) X(incomplete) X(log) X(lookupblacklist)        \
	X(lookupcidname) X(macro) X(macroexclusive) X(macroexit) X(macroif)   \
	X(mailboxexists) X(meetme) X(meetmeadmin) X(meetmecount)              \
	X(milliwatt) X(mixmonitor) X(monitor) X(mset) X(musiconhold)          \
	X(nocdr) X(noop) X(originate) X(page) X(park) X(parkandannounce)      \
	X(parkedcall) X(pausemonitor) X(pausequeuemember) X(pickup)           \
	X(pickupchan) X(playback) X(playtones) X(prefix) X(privacymanager)    \
	X(proceeding) X(progress) X(queue) X(queuelog) X(raiseexception)      \
	X(random) X(read) X(readexten) X(record) X(removequeuemember)         \
	X(resetcdr) X(responsetimeout) X(return) X(ringing) X(sayalpha)       \
	X(saydigits) X(saynumber) X(sayphonetic) X(sayunixtime) X(senddtmf)   \
	X(sendtext) X(set) X(setaccount) X(setamaflags) X(setcallerid)        \
	X(setcallerpres) X(setcdruserfield) X(setcidname) X(setcidnum)        \
	X(setglobalvar) X(setgroup) X(setlanguage) X(setmusiconhold)          \
	X(setrdnis) X(setvar) X(sipaddheader) X(sipremoveheader)              \
	X(softhangup) X(stackpop) X(startmusiconhold) X(stopmixmonitor)       \
	X(stopmonitor) X(stopmusiconhold) X(stopplaytones) X(striplsd)        \
	X(stripmsd) X(suffix) X(system) X(transfer) X(tryexec) X(trysystem)   \
	X(unpausemonitor) X(unpausequeuemember) X(userevent) X(verbose)       \
	X(vmauthenticate) X(voicemail) X(voicemailmain) X(voicemailplaymsg)   \
	X(wait) X(waitexten) X(waitfornoise) X(waitforsilence) X(while)       \
	X(zapateller)

#define FUNCS(X)                                                              \
	X(array) X(base64_decode) X(base64_encode) X(blacklist) X(callerid)   \
	X(callerpres) X(cdr) X(cdr_prop) X(channel) X(checksipdomain)         \
	X(confbridge) X(confbridge_channels) X(confbridge_info)               \
	X(connectedline) X(csv_quote) X(curl) X(curlopt) X(cut) X(db)         \
	X(db_delete) X(db_exists) X(db_keys) X(dec) X(device_state)           \
	X(dialgroup) X(dialplan_exists) X(env) X(eval) X(exception)           \
	X(exists) X(extension_state) X(fieldnum) X(fieldqty) X(file)          \
	X(filter) X(global) X(group) X(group_count) X(group_list)             \
	X(group_match_count) X(hangupcause) X(hangupcause_keys) X(hash)       \
	X(hashkeys) X(hint) X(if) X(ifmodule) X(iftime) X(import) X(inc)      \
	X(isnull) X(keypadhash) X(language) X(len) X(listfilter) X(local)     \
	X(mailbox_exists) X(master_channel) X(math) X(md5) X(musicclass)      \
	X(passthru) X(pop) X(push) X(queue_exists) X(queue_get_channel)       \
	X(queue_member) X(queue_member_count) X(queue_member_list)            \
	X(queue_member_penalty) X(queue_variables) X(queue_waiting_count)     \
	X(quote) X(rand) X(redirecting) X(regex) X(replace) X(set) X(sha1)    \
	X(shared) X(shell) X(shift) X(sip_header) X(sip_headers)              \
	X(sipchaninfo) X(sipd) X(sippeer) X(sort) X(sprintf) X(stack_peek)    \
	X(stat) X(strftime) X(strptime) X(strreplace) X(timeout) X(tolower)   \
	X(toupper) X(unshift) X(uridecode) X(uriencode) X(valid_exten)        \
	X(version) X(vm_info) X(vmcount)
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
	bool single;           /* with context: only extensions of one digit
				  count */
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

/* ---- func_store.c: the database, with what came from the wire ----------- */

/** Value of "family/key"; false if there is none */
bool db_value(struct mbuf *out, bool *tainted, const struct ttext *name);
int db_delete(const struct ttext *name); /* ENOENT, EINVAL */

/** "family" or "family/key": what is below it; *np removed */
int db_deltree(const struct ttext *name, unsigned *np);

/** True if the caller's number or name is in family blacklist */
bool is_blacklisted(const struct call *call);

/** Value of a variable by its name, empty if it is not set: mem_deref *mbp */
int var_value(struct mbuf **mbp, bool *tainted, struct call *call,
	      const struct pl *name);

/** As var_value(), with its map; *tp stays NULL if it is not set */
int var_text(struct ttext **tp, struct call *call, const char *var);

/** True if what call_var() gives is from the wire */
bool var_tainted(const struct call *call, const char *name);

/** Run "App(args)"; errp (may be NULL) gets call_exec()'s error */
enum app_result run_app_text(struct call *call, const struct ttext *text,
			     int *errp);

/* ---- util.c ------------------------------------------------------------- */

/** Seconds, also "2.5", in [ms]; false if it is no number */
bool arg_ms(uint32_t *ms, const struct pl *pl);

/** A whole number from -max to max, "+3" as well; false if it is none */
bool arg_signed(int *np, const struct pl *pl, uint32_t max);

/** Dial's letters for the keys of a talk: T t H h K k X x W w */
void opts_talk_keys(struct talk_keys *keys, const struct opts *opts);

/** Pickup and call groups as they are written: "1, 3, 5" */
int groups_print(struct mbuf *out, uint64_t bits);

/** Count one more in a group "name[@category]" as long as the list lives; in
 *  place of the one of that category.  EINVAL: the name is too long */
int group_join(struct list *groups_of, const struct ttext *text);

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

enum { WORDS_MAX = 4 };

/** Arguments of a function, without blanks around them; missing ones are
 *  empty */
struct words {
	struct args args; /* what v points into: args_reset() */
	struct pl v[WORDS_MAX];
};

/** Split at commas; the last takes the rest.  *tainted (may be NULL) is false
 *  afterwards.  ENOMEM: nothing to reset */
int words_take(struct words *w, bool *tainted, const struct ttext *text,
	       size_t max);

/** Name and number of "name" <num>, name <num>, <num> or num */
void cid_split(struct pl *namep, struct pl *nump, const struct pl *text);

/** Unknown option letters, for opts_decode(): a line in the log */
void opt_unknown(char letter, const char *why, void *arg);

/** Answer unless done; false: there is nobody to hear it */
bool answer_first(struct call *call);

/** Play a list, then the next priority: handler for call_play() */
void play_then_next(struct call *call, int err, void *arg);

#endif
