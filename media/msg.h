/**
 * @file media/msg.h  Messages between signalling and media threads
 *
 * Commands go down, one queue per media thread; events (struct media_up) go
 * up through one base/chan.h channel that the signalling thread reads.  A
 * message has one owner at a time.  What a command carries (stream, player,
 * recorder) is handed over with it; cmd_free() ends a command that found
 * nobody, with everything that it carries.
 *
 * May not be lost, so allocated together with what they speak of: CLOSED
 * (with the stream), PLAY_DONE and WANT (with the player).
 */
#ifndef TANDEM_MEDIA_MSG_H
#define TANDEM_MEDIA_MSG_H

#include <stdatomic.h>
#include "base/chan.h"
#include "media/media.h"
#include "media/tone.h"

struct stream;
struct member;
struct play;
struct tap;
struct ear;
struct prompt;
struct handover;

/* clang-format off */
#define MEDIA_COMMANDS(X)                                                     \
	X(OPEN,        "take over a new stream")                              \
	X(ADOPT,       "take over a stream of another thread")                \
	X(GIVE,        "give a stream away, the sender waits")                \
	X(CLOSE,       "close a stream")                                      \
	X(FLOW,        "a new agreement")                                     \
	X(BRIDGE,      "relay between two streams")                           \
	X(UNBRIDGE,    "end that")                                            \
	X(ECHO,        "send back what comes, or no longer")                  \
	X(KEEP,        "keep digits from the partner, or no longer")          \
	X(JOIN,        "go into a room, or behave otherwise there")           \
	X(LEAVE,       "leave it")                                            \
	X(PLAY,        "start a player")                                      \
	X(ITEM,        "the next piece for a player")                         \
	X(STOP_PLAY,   "stop playing")                                        \
	X(DTMF,        "send digits")                                         \
	X(HEAR,        "what comes goes to a program, or no longer")          \
	X(LISTEN,      "tell when it talks, or no longer")                    \
	X(RECORD,      "start a recorder")                                    \
	X(STOP_RECORD, "stop it")                                             \
	X(QUIT,        "close all streams and end the thread")

/** Why a packet went no further */
#define MEDIA_DROPS(X)                                                        \
	X(NO_FLOW,    "rtp_no_agreement")                                     \
	X(SHORT,      "rtp_truncated")                                        \
	X(OVERSIZE,   "rtp_oversize")                                         \
	X(VERSION,    "rtp_not_version_2")                                    \
	X(PADDING,    "rtp_bad_padding")                                      \
	X(PT,         "rtp_payload_type_not_agreed")                          \
	X(STRANGER,   "rtp_stranger")                                         \
	X(PROBATION,  "rtp_source_on_probation")                              \
	X(FLOOD,      "rtp_too_many_packets")                                 \
	X(HELD,       "rtp_direction_held")                                   \
	X(NO_PARTNER, "rtp_not_bridged")                                      \
	X(REPLACED,   "rtp_replaced_by_own_audio")                            \
	X(KEPT,       "rtp_digit_kept_for_features")                          \
	X(NO_ROUTE,   "rtp_partner_has_no_such_format")                       \
	X(OLD,        "rtp_older_than_source_switch")                         \
	X(NO_DEST,    "rtp_no_destination_yet")                               \
	X(UNVERIFIED, "rtp_destination_not_verified")                         \
	X(SEND_ERR,   "rtp_send_errors")                                      \
	X(RTCP_BAD,   "rtcp_malformed")                                       \
	X(RTCP_EARLY, "rtcp_before_rtp")                                      \
	X(RTCP_STRANGER, "rtcp_stranger")                                     \
	X(RTCP_TYPE,  "rtcp_type_not_passed_on")                              \
	X(RTCP_RATE,  "rtcp_too_many_reports")                                \
	X(SRTP_TAG,   "srtp_wrong_tag")                                       \
	X(SRTP_REPLAY, "srtp_replayed")                                       \
	X(SRTP_SPENT, "srtp_key_used_up")                                     \
	X(SRTP_FAIL,  "srtp_no_cipher")                                       \
	X(SRTCP_TAG,  "srtcp_wrong_tag")                                      \
	X(SRTCP_REPLAY, "srtcp_replayed")
/* clang-format on */

enum media_cmd_type {
#define X(id, what) CMD_##id,
	MEDIA_COMMANDS(X)
#undef X
};

enum media_drop {
#define X(id, name) DROP_##id,
	MEDIA_DROPS(X)
#undef X
	DROP_MAX,
	DROP_NONE = DROP_MAX
};

extern _Atomic uint64_t media_drop_tab[DROP_MAX];

static inline enum media_drop drop(enum media_drop why)
{
	atomic_fetch_add_explicit(&media_drop_tab[why], 1,
				  memory_order_relaxed);
	return why;
}

/** What a player gets next */
enum item_kind {
	ITEM_PROMPT,
	ITEM_TONE,
	ITEM_END, /* nothing more; err */
};

struct item {
	enum item_kind kind;
	uint32_t serial; /* of the player */
	struct prompt *prompt;
	struct tone_def tone;
	int err;
};

enum {
	DIGITS_MAX = 64,
};

struct digits {
	char str[DIGITS_MAX + 1];
	uint32_t on_ms;
	uint32_t off_ms;
};

struct media_cmd {
	struct media_cmd *next;
	enum media_cmd_type type;
	media_id id; /* stream it is for */

	union {
		struct stream *stream;   /* OPEN, ADOPT */
		struct handover *hand;   /* GIVE */
		struct media_flow flow;  /* FLOW */
		media_id other;          /* BRIDGE, LEAVE */
		bool on;                 /* ECHO, KEEP */
		struct member *member;   /* JOIN */
		struct play *play;       /* PLAY */
		struct item item;        /* ITEM */
		struct digits digits;    /* DTMF */
		struct tap *tap;         /* RECORD */
		struct ear *ear;         /* HEAR, LISTEN; NULL: no longer */
		uint32_t tag;            /* STOP_RECORD */
	} u;
};

/** Kinds of messages in the channel up */
enum media_up_type {
	UP_EVENT,  /* struct media_up: rep goes to the handler */
	UP_WANT,   /* struct media_up: a player wants its next item */
	UP_REPORT, /* struct rec_report of media/writer.h */
};

struct media_up {
	struct chan_msg msg; /* first */
	uint32_t serial;     /* WANT: of the player */
	struct media_report rep;
};

/** Allocate a command (mem_alloc'd); NULL without memory */
struct media_cmd *cmd_alloc(enum media_cmd_type type, media_id id);

/** Free a command with what it still carries; any thread that owns it */
void cmd_free(struct media_cmd *cmd);

const char *media_cmd_name(enum media_cmd_type type);
const char *media_event_name(enum media_event ev);

/** Allocate an event; NULL without memory */
struct media_up *up_alloc(enum media_up_type type, media_id id);

#endif
