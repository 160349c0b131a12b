/**
 * @file config/confbridge.h  confbridge.conf and meetme.conf: conferences
 *
 * Read-only once loaded, as the rest of struct config, which owns it.  A
 * profile that a call changes by CONFBRIDGE() is a copy of its own.
 */
#ifndef TANDEM_CONFIG_CONFBRIDGE_H
#define TANDEM_CONFIG_CONFBRIDGE_H

#include "base/compat.h"
#include "config/finding.h"

struct config;

/** What a user of a conference is and gets: type=user */
struct room_user {
	struct le le;
	char *name;
	struct conf_pos pos;

	bool admin, marked, startmuted, quiet;
	bool music_when_empty;
	char *music_class;       /* NULL: the call's */
	bool announce_count;     /* to him, when he joins */
	uint32_t announce_count_all; /* to all if there are more; UINT32_MAX
					never */
	bool announce_only;      /* ... that he is the only one */
	bool announce_join_leave, announce_review; /* by his name */
	bool hear_own_join;
	bool wait_marked, end_marked, end_marked_any;
	char *pin;               /* NULL none */
	char *announcement;      /* prompt; NULL none */
	bool drop_silence;       /* dsp_drop_silence */
	uint32_t talk_level;     /* dsp_talking_threshold */
	uint32_t silence_ms;     /* dsp_silence_threshold */
	bool talk_events;
	bool dtmf_passthrough;
	bool answer;             /* answer_channel */
	uint32_t timeout_s;      /* 0 none */
};

/* clang-format off */
/** Prompts of a conference: name behind "sound_", file */
#define ROOM_SOUNDS(X)                                                        \
	X(has_joined,            "conf-hasjoin")                              \
	X(has_left,              "conf-hasleft")                              \
	X(kicked,                "conf-kicked")                               \
	X(muted,                 "conf-muted")                                \
	X(unmuted,               "conf-unmuted")                              \
	X(only_person,           "conf-onlyperson")                           \
	X(only_one,              "conf-onlyone")                              \
	X(there_are,             "conf-thereare")                             \
	X(other_in_party,        "conf-otherinparty")                         \
	X(wait_for_leader,       "conf-waitforleader")                        \
	X(leader_has_left,       "conf-leaderhasleft")                        \
	X(get_pin,               "conf-getpin")                               \
	X(invalid_pin,           "conf-invalidpin")                           \
	X(locked,                "conf-locked")                               \
	X(locked_now,            "conf-lockednow")                            \
	X(unlocked_now,          "conf-unlockednow")                          \
	X(error_menu,            "conf-errormenu")                            \
	X(join,                  "confbridge-join")                           \
	X(leave,                 "confbridge-leave")                          \
	X(participants_muted,    "conf-now-muted")                            \
	X(participants_unmuted,  "conf-now-unmuted")                          \
	X(begin,                 "confbridge-conf-begin")
/* clang-format on */

/** What a conference is: type=bridge */
struct room_bridge {
	struct le le;
	char *name;
	struct conf_pos pos;

	uint32_t max_members;    /* 0 no limit */
	bool record;             /* record_conference */
	char *record_file;       /* NULL: of the conference's name */
	bool record_append, record_timestamp;
	uint32_t interval_ms;    /* mixing_interval */
	uint32_t rate;           /* [Hz] of its recording: 8000, 16000, 48000;
				    0 the best of who is there */
	uint32_t rate_max;       /* ... but no better than this; 0 no limit */
	char *language;          /* of what all hear; NULL: of who comes
				    first */
	bool announcements;      /* anything is said to all */
	struct {
#define X(id, file) char *id;
		ROOM_SOUNDS(X)
#undef X
	} sound;
};

/* clang-format off */
#define ROOM_ACTIONS(X)                                                       \
	X(TOGGLE_MUTE,       "toggle_mute")                                   \
	X(NO_OP,             "no_op")                                         \
	X(HEAR_DOWN,         "decrease_listening_volume")                     \
	X(HEAR_UP,           "increase_listening_volume")                     \
	X(HEAR_RESET,        "reset_listening_volume")                        \
	X(TALK_DOWN,         "decrease_talking_volume")                       \
	X(TALK_UP,           "increase_talking_volume")                       \
	X(TALK_RESET,        "reset_talking_volume")                          \
	X(PLAYBACK,          "playback")                                      \
	X(PLAYBACK_CONTINUE, "playback_and_continue")                         \
	X(DIALPLAN_EXEC,     "dialplan_exec")                                 \
	X(LEAVE,             "leave_conference")                              \
	X(KICK_LAST,         "admin_kick_last")                               \
	X(TOGGLE_LOCK,       "admin_toggle_conference_lock")                  \
	X(TOGGLE_MUTE_ALL,   "admin_toggle_mute_participants")                \
	X(COUNT,             "participant_count")
/* clang-format on */

enum room_action_type {
#define X(id, name) ROOM_ACT_##id,
	ROOM_ACTIONS(X)
#undef X
	ROOM_ACT_MAX
};

struct room_action {
	struct le le;            /* room_entry->actions */
	enum room_action_type type;
	char *arg;               /* "a&b" or "context,exten,prio"; NULL */
};

/** Digits and what they do */
struct room_entry {
	struct le le;            /* room_menu->entries */
	char *digits;
	struct list actions;     /* struct room_action */
};

/** type=menu */
struct room_menu {
	struct le le;
	char *name;
	struct conf_pos pos;
	struct list entries;     /* struct room_entry */
};

/** conf => of meetme.conf */
struct meet_room {
	struct le le;
	char *name;
	char *pin, *adminpin;    /* NULL none */
	struct conf_pos pos;
};

struct room_conf {
	struct list users;       /* struct room_user */
	struct list bridges;     /* struct room_bridge */
	struct list menus;       /* struct room_menu */
	struct list meets;       /* struct meet_room */
};

/** A profile by its name, case ignored; "" or NULL: the default one, which
 *  always exists.  NULL if there is none of that name */
const struct room_user *config_room_user(const struct config *cfg,
					 const char *name);
const struct room_bridge *config_room_bridge(const struct config *cfg,
					     const char *name);

/** A menu; "" or NULL: none unless there is a default_menu */
const struct room_menu *config_room_menu(const struct config *cfg,
					 const char *name);
const struct meet_room *config_meet_room(const struct config *cfg,
					 const char *name);

/** A copy that may be changed; free with mem_deref() */
int room_user_copy(struct room_user **up, const struct room_user *src);
int room_bridge_copy(struct room_bridge **bp, const struct room_bridge *src);
int room_menu_copy(struct room_menu **mp, const struct room_menu *src);

/**
 * Change an option of a copy, as a line of the file would
 *
 * @param why  Gets what is wrong, if something is; mem_deref() it
 *
 * @return 0, EINVAL no such option or a bad value, ENOMEM
 */
int room_user_set(struct room_user *u, const char *name, const char *value,
		  char **why);
int room_bridge_set(struct room_bridge *b, const char *name,
		    const char *value, char **why);
int room_menu_set(struct room_menu *m, const char *digits,
		  const char *actions, char **why);

const char *room_action_name(enum room_action_type type);

#endif
