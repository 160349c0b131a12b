/**
 * @file config/rows_queue.c  Options of queues.conf
 */
#include "config/queues.h"
#include "config/rows.h"


static const struct opt_word strategy_words[] = {
	{"ringall", QUEUE_RINGALL}, {"leastrecent", QUEUE_LEASTRECENT},
	{"fewestcalls", QUEUE_FEWESTCALLS}, {"random", QUEUE_RANDOM},
	{"rrmemory", QUEUE_RRMEMORY}, {"roundrobin", QUEUE_RRMEMORY},
	{"rrordered", QUEUE_RRORDERED}, {"linear", QUEUE_LINEAR},
	{"wrandom", QUEUE_WRANDOM}, {NULL, 0},
};

static const struct opt_word say_pos_words[] = {
	{"yes", QUEUE_POS_YES}, {"no", QUEUE_POS_NO},
	{"limit", QUEUE_POS_LIMIT}, {"more", QUEUE_POS_MORE},
	{"true", QUEUE_POS_YES}, {"on", QUEUE_POS_YES},
	{"false", QUEUE_POS_NO}, {"off", QUEUE_POS_NO}, {NULL, 0},
};

static const struct opt_word say_hold_words[] = {
	{"yes", QUEUE_HOLD_YES}, {"no", QUEUE_HOLD_NO},
	{"once", QUEUE_HOLD_ONCE}, {"true", QUEUE_HOLD_YES},
	{"on", QUEUE_HOLD_YES}, {"false", QUEUE_HOLD_NO},
	{"off", QUEUE_HOLD_NO}, {NULL, 0},
};

static const struct opt_word autopause_words[] = {
	{"no", QUEUE_PAUSE_NO}, {"yes", QUEUE_PAUSE_YES},
	{"all", QUEUE_PAUSE_ALL}, {"true", QUEUE_PAUSE_YES},
	{"on", QUEUE_PAUSE_YES}, {"false", QUEUE_PAUSE_NO},
	{"off", QUEUE_PAUSE_NO}, {NULL, 0},
};

static const struct opt_word timeout_words[] = {
	{"app", QUEUE_TIMEOUT_APP}, {"conf", QUEUE_TIMEOUT_CONF}, {NULL, 0},
};


/* clang-format off */

#define QG(m) .scope = OPT_QUEUES, .off = offsetof(struct queues_conf, m)
#define Q(m)  .scope = OPT_QUEUE, .off = offsetof(struct queue_conf, m)

static const struct opt rows[] = {

/* --- queues.conf [general] ---------------------------------------------- */
BOOL("persistentmembers", NULL, QG(persistentmembers), "yes",
     "Members that were added while running, and their pauses, are kept over "
     "a restart (chan_sip: no)."),
BOOL("keepstats", NULL, QG(keepstats), "yes",
     "A reload keeps the counts of calls."),
BOOL("shared_lastcall", "shared-lastcall", QG(shared_lastcall), "no",
     "The wrap-up time after a call counts in all queues of a member."),
BOOL("autofill", NULL, QG(autofill), "yes",
     "Default of the queues' own autofill."),
BOOL("log_membername_as_agent", NULL, QG(log_membername), "no",
     "queue_log names the member, not its device."),
BOOL("log-caller-id-name", "log_caller_id_name", QG(log_cid_name), "no",
     "queue_log's ENTERQUEUE ends with the caller's name."),
BOOL("updatecdr", NULL, QG(updatecdr), "no",
     "dstchannel of the call record is the member's name."),
BOOL("force_longest_waiting_caller", NULL, QG(longest_first), "no",
     "A member of several queues gets who waits longest in any of them of "
     "the same weight."),
NONE("negative_penalty_invalid", OPT_QUEUES, "Members with penalties below 0.",
     "a penalty is 0 or more"),
NONE("monitor-type", OPT_QUEUES, "Kind of recorder.",
     "it is that of MixMonitor(): both parties in one file"),
OLD("check_state_unknown", NULL, OPT_QUEUES,
    "states of devices are always known"),

/* --- queues.conf: a queue ----------------------------------------------- */
STR("musicclass", "musiconhold music", Q(musicclass), NULL,
    "Class of music for callers who wait; the call's own if not said."),
WORD(strategy_words, "strategy", NULL, Q(strategy), "ringall",
     "Which member rings: all together, who was free longest, who had fewest "
     "calls, any, in turn behind the last one (rrmemory, roundrobin and "
     "rrordered, in the order of the file), always from the first one, any "
     "with low penalties likelier."),
U32(0, 86400, "timeout", NULL, Q(timeout_s), "15",
    "Seconds that a member rings; 0 is until the caller leaves."),
U32(0, 86400, "retry", NULL, Q(retry_s), "5",
    "Seconds between two rounds; a round that nobody could be rung in is "
    "followed by one second at least."),
WORD(timeout_words, "timeoutpriority", NULL, Q(timeout_prio), "app",
     "Which counts if both are said: the time of Queue() may cut a ring "
     "short (app), or a member always rings for timeout (conf)."),
BOOL("timeoutrestart", NULL, Q(timeoutrestart), "no",
     "A member that is busy does not use up the time of the next one."),
U32(0, 1000000, "maxlen", NULL, Q(maxlen), "0",
    "Callers who may wait; 0 is without limit."),
U32(0, 86400, "wrapuptime", NULL, Q(wrapup_s), "0",
    "Seconds after a call in which a member is not rung."),
U32(0, 1000000, "weight", NULL, Q(weight), "0",
    "A member of several queues serves the heavier one first."),
WORD(autopause_words, "autopause", NULL, Q(autopause), "no",
     "Pause a member that does not answer: in this queue, or in all."),
U32(0, 86400, "autopausedelay", NULL, Q(autopausedelay_s), "0",
    "... but not within so many seconds of its last call."),
BOOL("autopausebusy", NULL, Q(autopausebusy), "no",
     "... and one that is busy."),
BOOL("autopauseunavail", NULL, Q(autopauseunavail), "no",
     "... and one that cannot be reached."),
BOOL("autofill", NULL, Q(autofill), NULL,
     "As many callers ring as there are free members, not the first one "
     "alone; that of [general] if not said."),
FN(set_queue_empty, "joinempty", NULL, Q(joinempty), "yes",
   "May a caller join a queue that has nobody?  yes, no, strict, loose, or "
   "the kinds of members that count as nobody: paused, penalty, inuse, "
   "ringing, unavailable, invalid, unknown, wrapup."),
FN(set_queue_empty, "leavewhenempty", NULL, Q(leavewhenempty), "no",
   "Must callers who wait leave it then?  The same words."),
BOOL("ringinuse", NULL, Q(ringinuse), "yes",
     "Ring members whose device is in use."),
U32(0, 1000000, "penaltymemberslimit", NULL, Q(penaltymemberslimit), "0",
    "Penalties do not count with so many members or fewer."),
STR("defaultrule", NULL, Q(defaultrule), NULL,
    "Rule of queuerules.conf for callers whose Queue() names none."),
STR("context", NULL, Q(context), NULL,
    "A digit that is an extension of this context leads the caller there."),
U32(0, 86400, "servicelevel", NULL, Q(servicelevel_s), "0",
    "Seconds within which a call counts as answered in time."),
U32(0, 86400, "announce-frequency", NULL, Q(announce_s), "0",
    "Seconds between two announcements of position and hold time; 0 is "
    "never."),
U32(0, 86400, "min-announce-frequency", NULL, Q(minannounce_s), "15",
    "... and at least so many when the position has changed."),
U32(0, 30, "announce-round-seconds", NULL, Q(round_s), "0",
    "Hold times are said in minutes and multiples of so many seconds; 0 is "
    "minutes alone."),
WORD(say_hold_words, "announce-holdtime", NULL, Q(say_hold), "no",
     "Say how long others have waited."),
WORD(say_pos_words, "announce-position", NULL, Q(say_pos), "yes",
     "Say the position: always, up to announce-position-limit, or beyond it "
     "as \"more than\"."),
U32(1, 1000000, "announce-position-limit", NULL, Q(say_pos_limit), "5",
    "See announce-position."),
BOOL("announce-position-only-up", NULL, Q(say_pos_up), "no",
     "Only if it is better than the one that was said last."),
BOOL("announce-to-first-user", NULL, Q(say_first), "no",
     "The first one hears announcements too."),
TEXT("periodic-announce", NULL, Q(periodic), "queue-periodic-announce",
     "Prompts that are played in turn, with commas between."),
U32(0, 86400, "periodic-announce-frequency", NULL, Q(periodic_s), "0",
    "Seconds between two of them; 0 is never."),
U32(0, 86400, "periodic-announce-startdelay", NULL, Q(periodic_start_s), "0",
    "Seconds before the first one; periodic-announce-frequency if 0."),
BOOL("random-periodic-announce", NULL, Q(periodic_random), "no",
     "... not in turn."),
BOOL("relative-periodic-announce", NULL, Q(periodic_relative), "no",
     "... counted from the end of the last one."),
TEXT("queue-youarenext", NULL, Q(sounds.youarenext), "queue-youarenext",
     "Prompt: you are the first."),
TEXT("queue-thereare", NULL, Q(sounds.thereare), "queue-thereare",
     "Prompt before the position."),
TEXT("queue-callswaiting", NULL, Q(sounds.callswaiting),
     "queue-callswaiting", "Prompt behind the position."),
TEXT("queue-quantity1", NULL, Q(sounds.quantity1), "queue-quantity1",
     "Prompt before the limit: more than."),
TEXT("queue-quantity2", NULL, Q(sounds.quantity2), "queue-quantity2",
     "Prompt behind the limit."),
TEXT("queue-holdtime", NULL, Q(sounds.holdtime), "queue-holdtime",
     "Prompt before the hold time."),
TEXT("queue-minute", NULL, Q(sounds.minute), "queue-minute",
     "Prompt: minute."),
TEXT("queue-minutes", NULL, Q(sounds.minutes), "queue-minutes",
     "Prompt: minutes."),
TEXT("queue-seconds", NULL, Q(sounds.seconds), "queue-seconds",
     "Prompt: seconds."),
TEXT("queue-thankyou", NULL, Q(sounds.thankyou), "queue-thankyou",
     "Prompt at the end of an announcement."),
TEXT("queue-reporthold", NULL, Q(sounds.reporthold), "queue-reporthold",
     "Prompt to the member before the caller's hold time."),
TEXT("queue-callerannounce", NULL, Q(sounds.callerannounce), NULL,
     "Prompt to the caller before the talk."),
OLD("queue-lessthan", "queue-less-than", OPT_QUEUE,
    "hold times are said from a minute on"),
STR("announce", NULL, Q(announce), NULL,
    "Prompt to the member before the talk."),
BOOL("reportholdtime", NULL, Q(reportholdtime), "no",
     "Tell the member how long the caller has waited."),
U32(0, 60, "memberdelay", NULL, Q(memberdelay_s), "0",
    "Seconds of silence for the member before the talk."),
STR("membergosub", NULL, Q(membergosub), NULL,
    "Context whose extension s is a subroutine that the member's side runs "
    "before the talk."),
STR("membermacro", NULL, Q(membermacro), NULL,
    "Macro that the member's side runs before the talk."),
BOOL("setinterfacevar", NULL, Q(setinterfacevar), "no",
     "Set MEMBERINTERFACE, MEMBERNAME, MEMBERCALLS, MEMBERLASTCALL, "
     "MEMBERPENALTY, MEMBERDYNAMIC and MEMBERREALTIME before the talk."),
BOOL("setqueuevar", NULL, Q(setqueuevar), "no",
     "Set QUEUENAME, QUEUEMAX, QUEUESTRATEGY, QUEUECALLS, QUEUEHOLDTIME, "
     "QUEUECOMPLETED, QUEUEABANDONED, QUEUESRVLEVEL and QUEUESRVLEVELPERF "
     "when a caller joins and before the talk."),
BOOL("setqueueentryvar", NULL, Q(setqueueentryvar), "no",
     "Set QEHOLDTIME and QEORIGINALPOS before the talk."),
STR("monitor-format", NULL, Q(monitor_format), NULL,
    "Record the talks in such files (wav); not recorded if not said.  "
    "MONITOR_FILENAME of the call is the name, its UNIQUEID if not set."),
NONE("monitor-type", OPT_QUEUE, "Kind of recorder.",
     "it is that of MixMonitor(): both parties in one file"),
NONE("monitor-join", OPT_QUEUE, "Mix the parties of a recording.",
     "recordmono of tandem.conf says it"),
BOOL("log-restricted-caller-id", NULL, Q(log_restricted_cid), "yes",
     "queue_log has the number of callers who hide it."),
NONE("eventwhencalled", OPT_QUEUE, "Events of the manager interface.",
     "the log and queue_log tell"),
NONE("eventmemberstatus", OPT_QUEUE, "Events of the manager interface.",
     "the log and queue_log tell"),
};
/* clang-format on */

const struct opt_rows opt_rows_queue = {rows, ARRAY_SIZE(rows)};
