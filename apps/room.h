/**
 * @file apps/room.h  Conferences: who is in them, and what happens there
 *
 * Signalling thread.  A room is there from its first party to its last one;
 * the registry owns it.  A party is the state of an application (ConfBridge,
 * MeetMe, Page) and owned by its call; it is told once when its stay is over.
 *
 *   room.c        rooms, questions about them, what operators ask
 *   room_party.c  who hears whom, coming and going, leaders
 *   room_record.c recording
 *   room_say.c    what a party and what all are told
 *   room_menu.c   digits of a party
 *   room_enter.c  before it joins: PIN, name, announcement
 */
#ifndef TANDEM_APPS_ROOM_H
#define TANDEM_APPS_ROOM_H

#include "apps/apps.h"
#include "config/confbridge.h"

enum {
	ROOM_NAME_MAX = 80,
	ROOM_VOLUME_MAX = 5, /* steps up or down */
};

/** Why a stay is over */
enum room_end {
	ROOM_HANGUP,
	ROOM_KICKED,
	ROOM_ENDMARKED,
	ROOM_DTMF,    /* leave_conference */
	ROOM_TIMEOUT,
	ROOM_FAILED,  /* never joined */
};

struct room_text;

struct room {
	struct le le;             /* rooms */
	struct le name_le;        /* ... and by name */
	char name[ROOM_NAME_MAX];
	struct config *cfg;       /* owns what bridge points to */
	struct room_bridge *bridge;
	media_id media;
	struct list parties;      /* struct room_party, in order of joining */
	uint32_t serial;          /* number of the last party */
	uint64_t began_ms;
	bool locked, muted;       /* all but admins */
	bool hidden;              /* of Page: not listed, no hint */
	char *pin;                /* MeetMe D: of who opened it; NULL */
	char language[32];

	/* prompts that all hear, one behind the other */
	struct list says;         /* struct room_text: those that wait */
	struct room_text *saying; /* NULL none plays */
	uint32_t say_tag;

	/* recording */
	char *record_path;        /* NULL: none runs */
	uint32_t record_tag;
	struct list record_calls; /* struct room_heard: who is in it */
};

struct room_party;

/** It is over.  From the main loop or inside of a digit's handler, never from
 *  inside of room_join() */
typedef void(room_over_h)(struct room_party *p, enum room_end end, void *arg);

struct room_party {
	struct le le;             /* room->parties, once joined */
	struct room *room;        /* no reference; NULL: not in one */
	struct call *call;        /* no reference: it owns us */
	media_id media;           /* of its caller when it joined */
	uint32_t no;              /* in its room, from 1 */
	struct room_bridge *bridge; /* copies, or of the call's config */
	struct room_user *user;
	struct room_menu *menu;   /* NULL none */
	struct config *cfg;
	uint64_t joined_ms;
	bool listens_only, speaks_only; /* MeetMe l, t */
	bool hidden;              /* Page: the room, if it opens it */
	bool closes_last;         /* MeetMe k: if one is left, he goes, too */

	/* as it is now */
	bool muted;               /* by itself, or by an operator */
	bool waits;               /* for a leader */
	bool away;                /* in a piece of the plan */
	bool music;
	bool talking;
	bool prompting;           /* a prompt of its own plays */
	bool over;
	int8_t talk_volume, hear_volume;
	char *name_file;          /* its spoken name, without ending; NULL */

	/* menu */
	char digits[32];
	struct timer digit_timer;
	const struct room_entry *entry; /* its actions run ... */
	struct le *action;        /* ... this one next */
	bool collects;            /* playback_and_continue */
	const char *exit_digits;  /* MeetMe p: leave; NULL none */
	const char *exit_context; /* MeetMe X: a digit leads there; NULL */

	struct timer timeout;
	enum room_end end;
	room_over_h *overh;
	void *arg;
};

/* --- room.c, room_party.c, room_record.c --------------------------------- */

/** Deliver hints confbridge: and Meetme:; once after devstate_init() */
int room_init(void);

struct list *rooms_list(void);              /* struct room */
struct room *room_find(const char *name);   /* case ignored; NULL */

/** May this user come in now?  0, EACCES locked, ENOSPC full */
int room_may_join(const struct room *room, const struct room_user *user);

/**
 * Come in; the room is made if it is not there
 *
 * The party has call, bridge, user, menu, cfg and overh; its call is answered.
 *
 * @return 0, EACCES, ENOSPC as room_may_join(), ENOTSUP the codec cannot be
 *         mixed, ENOTCONN no caller, or why media has no room
 */
int room_join(struct room_party *p, const char *name);

/** The call has another caller now, who takes the place of the one before,
 *  with its number and rights.  ENOTSUP the codec cannot be mixed */
int room_swap(struct room_party *p);

/** Back from a piece of the plan */
void room_back(struct room_party *p, bool hangs_up);

/** A party that is nobody's yet; mem_deref() ends it in any state */
struct room_party *room_party_alloc(struct call *call);

/** Leave now, without a prompt; overh is not told */
void room_leave(struct room_party *p);

/** Its stay is over: leave and tell overh, from a timer, behind the piece of
 *  the plan that it is in */
void room_party_over(struct room_party *p, enum room_end end);

/** As room_party_over() after the prompt that says why */
void room_kick(struct room_party *p);

void room_mute(struct room_party *p, bool mute);
void room_mute_all(struct room *room, bool mute); /* all but admins */
void room_lock(struct room *room, bool lock);
void room_volume(struct room_party *p, int talk, int hear); /* steps */
void room_volume_reset(struct room_party *p, bool talk, bool hear);

/** Its voice, and what it hears, as its state says */
void room_voice(struct room_party *p);

/** Parties that are not away for good, leaders among them, those who talk or
 *  wait */
uint32_t room_count(const struct room *room);
uint32_t room_count_marked(const struct room *room);
uint32_t room_count_admins(const struct room *room);
uint32_t room_count_muted(const struct room *room);

/** Party by the name of its channel, or by its number with `no` */
struct room_party *room_party_find(const struct room *room, const char *chan,
				   uint32_t no);
struct room_party *room_last(const struct room *room);

/** Name of a conference as a part of a file's name: it may be a caller's */
void room_plain_name(char *buf, size_t n, const char *name);

/** Begin or end to record; file NULL: as the bridge says.  EALREADY, ENOENT
 *  none runs, EINVAL a bad name */
int room_record(struct room *room, const char *file);
int room_record_stop(struct room *room);

const char *room_end_name(enum room_end end);

/* --- room_say.c ---------------------------------------------------------- */

/** A prompt to a party, before what it was told so far is over; "" or NULL:
 *  nothing.  True if it plays: room_said() is called then */
bool room_say(struct room_party *p, const char *files);

/** A prompt of a party has ended (room_party.c: music, the rest of a menu) */
void room_said(struct room_party *p);

/** A prompt to all, behind those that are waiting */
void room_say_all(struct room *room, const char *files);

/** "Anna has left": takes the file of the spoken name over, which goes when it
 *  has been heard; *namep is NULL then */
void room_say_gone(struct room *room, char **namep, const char *file);
void room_say_stop(struct room *room);

/** PLAY_DONE of the room */
void room_say_next(struct room *room);

/** "there are 5 others", or that it is alone */
bool room_say_count(struct room_party *p, const char *before);
void room_say_count_all(struct room *room);

/* --- room_menu.c --------------------------------------------------------- */

void room_menu_begin(struct room_party *p); /* listen to its digits */
void room_menu_end(struct room_party *p);
void room_menu_said(struct room_party *p);  /* a prompt of the menu ended */

/* --- room_enter.c -------------------------------------------------------- */

/** 0: ready to join; EACCES: the PIN was wrong */
typedef void(room_enter_h)(struct room_party *p, int err, void *arg);

struct room_enter;

/** Its spoken name is needed no more: the file goes */
void room_name_forget(struct room_party *p);

struct room_enter_params {
	const char *name;        /* of the conference */
	const char *adminpin;    /* makes an admin of whoever dials it; NULL;
				    stays where it is */
	const char *pin;         /* said already; NULL.  Stays where it is */
};

/** Who is in the conference transfers the caller of another call into it: that
 *  one is not asked for a PIN, and has the rights of the one who has put it
 *  there.  Once, and soon */
void room_vouch(const struct room_party *p, const struct call *to);

/** Ask for the PIN, record the name, play the announcement, then h.  The call
 *  is answered.  mem_deref() ends it without a word */
int room_enter(struct room_enter **ep, struct room_party *p,
	       const struct room_enter_params *prm, room_enter_h *h,
	       void *arg);

/* --- func_confbridge.c --------------------------------------------------- */

/** What CONFBRIDGE() has set for this call: copies of the profiles that it
 *  names, with references; NULL where it has not said anything */
void confbridge_own(struct call *call, struct room_bridge **bp,
		    struct room_user **up, struct room_menu **mp);

#endif
