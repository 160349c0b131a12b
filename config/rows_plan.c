/**
 * @file config/rows_plan.c  Options of extensions.conf, routes.conf,
 *                           features.conf, res_parking.conf, followme.conf
 */
#include "config/dialplan.h"
#include "config/features.h"
#include "config/followme.h"
#include "config/routes.h"
#include "config/rows.h"


static const struct opt_word route_words[] = {
	{"outbound", ROUTE_OUTBOUND}, {"inbound", ROUTE_INBOUND}, {NULL, 0},
};

static const struct opt_word side_words[] = {
	{"no", FEATURE_NOBODY}, {"caller", FEATURE_CALLER},
	{"callee", FEATURE_CALLEE}, {"parked", FEATURE_CALLEE},
	{"both", FEATURE_BOTH}, {"yes", FEATURE_BOTH}, {NULL, 0},
};

static const struct opt_word slot_words[] = {
	{"first", PARK_FIRST}, {"next", PARK_NEXT}, {NULL, 0},
};


/* clang-format off */

#define FM(m) .scope = OPT_FOLLOW, .off = offsetof(struct followme_opts, m)
#define E(m)  .scope = OPT_EXT, .off = offsetof(struct dialplan, m)
#define RT(m) .scope = OPT_ROUTE, .off = offsetof(struct route, m)
#define F(m)  .scope = OPT_FEAT, .off = offsetof(struct features_conf, m)
#define K(m)  .scope = OPT_FMAP, .off = offsetof(struct features_conf, m)
#define L(m)  .scope = OPT_LOT, .off = offsetof(struct park_lot, m)

/* reasons that several rows share */
#define NO_ADSI     "no phone of today shows it"

static const struct opt rows[] = {

/* --- followme.conf ------------------------------------------------------- */
STR("musicclass", "musiconhold", FM(musicclass), NULL,
    "Music while somebody is looked for; the call's own if not said."),
STR("context", NULL, FM(context), "default",
    "Context in which the numbers are dialled."),
FN(set_answer_keys, "takecall", NULL, FM(takecall), "1",
   "What the callee presses to take the call."),
FN(set_answer_keys, "declinecall", NULL, FM(declinecall), "2",
   "What the callee presses to decline it."),
BOOL("enable_callee_prompt", NULL, FM(callee_prompt), "yes",
     "Ask the callee; no: who answers has the call."),
U32(1, 60000, "featuredigittimeout", NULL, FM(digit_ms), "5000",
    "Milliseconds that the callee has for his answer."),
STR("call_from_prompt", "call-from-prompt", FM(call_from),
    "followme/call-from", "Prompt before the caller's name."),
STR("norecording_prompt", "norecording-prompt", FM(norecording),
    "followme/no-recording", "Prompt in place of a name."),
STR("options_prompt", "options-prompt", FM(options), "followme/options",
    "Prompt that says the keys."),
STR("pls_hold_prompt", "hold_prompt hold-prompt pls-hold-prompt", FM(hold),
    "followme/pls-hold-while-try",
    "Prompt for the caller before the search."),
STR("status_prompt", "status-prompt", FM(status), "followme/status",
    "Prompt for the caller with option s."),
STR("sorry_prompt", "sorry-prompt", FM(sorry), "followme/sorry",
    "Prompt for the caller with option n, if nobody was found."),
STR("connecting_prompt", "connecting-prompt", FM(connecting), NULL,
    "Prompt for the caller before he talks."),

/* --- routes.conf -------------------------------------------------------- */
WORD(route_words, "type", NULL, RT(type), NULL,
     "outbound: numbers to trunks.  inbound: what a trunk sends to an "
     "extension."),
FN(set_route_pattern, "pattern", "patterns dial_pattern", RT(patterns), NULL,
   "Numbers of an outbound route, as FreePBX writes them: X, Z, N, [1-5] and "
   "`.` as in extensions.conf; what stands before `|` is dialled and taken "
   "away, what stands before `+` is put in front, `/` and a number limits it "
   "to that caller.  May be repeated."),
STR("trunks", "trunk", RT(trunks), NULL,
    "Trunks of an outbound route, commas between: the next one is tried if "
    "one cannot take the call."),
U32(0, 3600, "timeout", NULL, RT(timeout_s), "0",
    "Seconds that a trunk may ring; 0 is without limit."),
STR("options", NULL, RT(options), NULL, "Options of Dial."),
STR("callerid", NULL, RT(callerid), NULL,
    "Caller's name and number of an outbound route, as sip.conf writes "
    "them; the caller's own if not said."),
STR("did", NULL, RT(did), NULL,
    "Extension that the trunk calls: number or word behind the / of its "
    "register line, or pattern with _; any if not said."),
STR("cid", NULL, RT(cid), NULL,
    "Caller that an inbound route is for; any if not said."),
STR("destination", NULL, RT(destination), NULL,
    "Where an inbound route leads: context,extension,priority or an "
    "extension of from-internal."),
OLD("description", "name emergency mohclass", OPT_ROUTE,
    "it is for people"),

/* --- features.conf [general] -------------------------------------------- */
U32(1, 60, "transferdigittimeout", NULL, F(transferdigit_s), "3",
    "Seconds between two digits of the number to transfer to."),
U32(100, 10000, "featuredigittimeout", NULL, F(featuredigit_ms), "1000",
    "Milliseconds between two keys of a feature."),
U32(1, 10, "transferdialattempts", NULL, F(attempts), "3",
    "Attempts at a number to transfer to."),
STR("transferannouncesound", NULL, F(transferannounce), "pbx-transfer",
    "What who transfers hears before the number."),
STR("transferretrysound", NULL, F(retrysound), "pbx-invalid",
    "... and after a number that does not exist."),
STR("xfersound", NULL, F(xfersound), "beep",
    "What the party hears when an attended transfer is complete."),
STR("xferfailsound", "transferinvalidsound", F(xferfailsound), "beeperr",
    "What who transfers hears when it has failed."),
STR("courtesytone", NULL, F(courtesytone), NULL,
    "What both hear when a key starts or ends a recording."),
STR("recordingfailsound", NULL, F(recordingfailsound), NULL,
    "... and who has pressed it, when there is none."),
FN(set_keys, "pickupexten", NULL, F(pickupexten), "*8",
   "Number that picks up what rings in a group of pickupgroup=, in any "
   "context; empty for none.  An extension of the dialplan with just this "
   "name wins."),
STR("pickupsound", NULL, F(pickupsound), NULL,
    "What who picks up hears first."),
STR("pickupfailsound", NULL, F(pickupfailsound), NULL,
    "What is played when nothing is there to pick up; 480 if not said."),
U32(1, 3600, "atxfernoanswertimeout", NULL, F(atxfernoanswer_s), "15",
    "Seconds that the target of an attended transfer rings."),
BOOL("atxferdropcall", NULL, F(atxferdropcall), "no",
     "Hang up on all if who transfers hangs up before the target answers; "
     "otherwise the target goes on ringing, and who transfers is called back "
     "if it does not answer."),
U32(0, 3600, "atxferloopdelay", NULL, F(atxferloopdelay_s), "10",
    "Seconds between two such calls."),
U32(0, 100, "atxfercallbackretries", NULL, F(atxfercallbackretries), "2",
    "Number of such calls."),
FN(set_keys, "atxferabort", NULL, F(atxferabort), "*1",
   "During an attended transfer: back to the party."),
FN(set_keys, "atxfercomplete", NULL, F(atxfercomplete), "*2",
   "... connect both; so does hanging up."),
FN(set_keys, "atxferthreeway", NULL, F(atxferthreeway), "*3",
   "... talk to both together."),
FN(set_keys, "atxferswap", NULL, F(atxferswap), "*4",
   "... talk to the other one."),
NONE("adsipark", OPT_FEAT, "Slots on ADSI displays.", NO_ADSI),

/* --- features.conf [featuremap] ----------------------------------------- */
FN(set_keys, "blindxfer", NULL, K(blindxfer), "#",
   "Send the other party to an extension (Dial options t and T)."),
FN(set_keys, "atxfer", NULL, K(atxfer), NULL,
   "... after talking to it (t and T)."),
FN(set_keys, "disconnect", NULL, K(disconnect), "*",
   "Hang up (h and H)."),
FN(set_keys, "parkcall", NULL, K(parkcall), NULL,
   "Park the other party (k and K)."),
FN(set_keys, "automon", NULL, K(automon), NULL,
   "Start or end a recording (w and W)."),
FN(set_keys, "automixmon", NULL, K(automixmon), NULL,
   "Start or end a recording (x and X)."),

/* --- res_parking.conf lots ---------------------------------------------- */
FN(set_keys, "parkext", NULL, L(parkext), NULL,
   "Number that parks a call; in the lot default 700."),
BOOL("parkext_exclusive", NULL, L(exclusive), "no",
     "parkext always parks here, not in the lot of the one who parks."),
FN(set_parkpos, "parkpos", NULL, L(first), "701-750",
   "Slots, first-last; they are numbers, too."),
STR("context", NULL, L(context), "parkedcalls",
    "Context that parkext and the slots are put into; include it where they "
    "are dialled."),
BOOL("parkinghints", NULL, L(hints), "no",
     "Give each slot a hint, for lamps."),
U32(0, 86400, "parkingtime", NULL, L(parkingtime_s), "45",
    "Seconds until a parked call comes back; 0 is never."),
WORD(slot_words, "findslot", NULL, L(findslot), "first",
     "Which slot is taken: the first free one, or the next after the last."),
BOOL("comebacktoorigin", NULL, L(comebacktoorigin), "yes",
     "A call that nobody has taken rings at the phone that has parked it; "
     "otherwise it goes to comebackcontext."),
U32(1, 3600, "comebackdialtime", NULL, L(comebackdial_s), "30",
    "Seconds that it rings there."),
STR("comebackcontext", NULL, L(comebackcontext), "parkedcallstimeout",
    "Context that it goes to then: to the extension that is named after the "
    "phone (SIP_1001), or to s."),
STR("parkedmusicclass", NULL, L(music), NULL,
    "Music of parked calls; that of the call if not said."),
STR("courtesytone", NULL, L(courtesytone), NULL,
    "What is heard when a call is taken from its slot."),
WORD(side_words, "parkedplay", NULL, L(play), "caller",
     "Who hears it: caller is who takes the call, callee who was parked."),
WORD(side_words, "parkedcalltransfers", NULL, L(transfers), "no",
     "Who of both may transfer by keys then."),
WORD(side_words, "parkedcallreparking", NULL, L(reparking), "no",
     "Who may park by keys."),
WORD(side_words, "parkedcallhangup", NULL, L(hangup), "no",
     "Who may hang up by keys."),
WORD(side_words, "parkedcallrecording", NULL, L(recording), "no",
     "Who may record by keys."),
NONE("parkeddynamic", OPT_LOT, "Lots that are made while it runs.",
     "write a section for each lot"),
NONE("adsipark", OPT_LOT, "Slots on ADSI displays.", NO_ADSI),

/* --- extensions.conf [general] ------------------------------------------ */
BOOL("autofallthrough", NULL, E(autofallthrough), "yes",
     "End the call where the dialplan ends; otherwise wait for digits."),
BOOL("clearglobalvars", NULL, E(clearglobalvars), "no",
     "A reload forgets globals that the file no longer sets."),
BOOL("static", NULL, E(is_static), "yes",
     "The console may not write the file."),
BOOL("writeprotect", NULL, E(writeprotect), "no",
     "The console may not write the file."),
OLD("extenpatternmatchnew", "extenpatternmatch", OPT_EXT,
    "the order of patterns is the same"),
BOOL("priorityjumping", NULL, E(priorityjumping), "no",
     "An application that fails goes on at priority n+101, if it is there."),
NONE("overrideswitch", OPT_EXT, "Switch before all extensions.",
     "switches are not served"),
NONE("userscontext", OPT_EXT, "Context of users.conf.",
     "users.conf is not read"),
};
/* clang-format on */

const struct opt_rows opt_rows_plan = {rows, ARRAY_SIZE(rows)};
