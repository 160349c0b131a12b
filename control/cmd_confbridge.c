/**
 * @file control/cmd_confbridge.c  confbridge list, kick, mute, lock, record
 *
 * Columns as wide as Asterisk's: scripts cut them.
 */
#include "apps/conf_app.h"
#include "base/clock.h"
#include "base/text.h"
#include "control/commands.h"
#include "control/console.h"


static const char *yes(bool is)
{
	return is ? "Yes" : "No";
}


static struct room *find(struct cmd_ctx *ctx, const char *name)
{
	struct room *room = room_find(name);

	if (!room)
		(void)cmd_printf(ctx, "No conference bridge named '%s' "
				 "found!\n", name);

	return room;
}


/* --- list ---------------------------------------------------------------- */

static int list_all(struct cmd_ctx *ctx)
{
	cmd_row(ctx, "%-32s %-6s %-6s %-6s %s\n", "Conference Bridge Name",
		"Users", "Marked", "Locked", "Muted");
	cmd_row(ctx, "================================ ====== ====== ====== "
		     "=====\n");

	for (struct le *le = list_head(rooms_list()); le; le = le->next) {
		const struct room *room = le->data;

		if (!room->hidden)
			cmd_row(ctx, "%-32s %6u %6u %-6s %s\n", room->name,
				room_count(room), room_count_marked(room),
				yes(room->locked), yes(room->muted));
	}

	return 0;
}


/* A admin, M marked, W waits for one, E ends with one, m muted, w waits now */
static void flags(char buf[8], const struct room_party *p)
{
	const struct {
		char c;
		bool is;
	} v[] = {
		{'A', p->user->admin},      {'M', p->user->marked},
		{'W', p->user->wait_marked},{'E', p->user->end_marked},
		{'m', p->muted || (p->room->muted && !p->user->admin)},
		{'w', p->waits},            {'t', p->talking},
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		if (v[i].is)
			buf[n++] = v[i].c;
	}

	buf[n] = '\0';
}


static int list_one(struct cmd_ctx *ctx, const char *name)
{
	const struct room *room = find(ctx, name);
	char buf[8];

	if (!room)
		return 1;

	cmd_row(ctx, "%-30s %-7s %-16s %-16s %-16s %s\n", "Channel", "Flags",
		"User Profile", "Bridge Profile", "Menu", "CallerID");
	cmd_row(ctx, "============================== ======= "
		     "================ ================ ================ "
		     "================\n");

	for (struct le *le = list_head(&room->parties); le; le = le->next) {
		const struct room_party *p = le->data;

		flags(buf, p);
		cmd_row(ctx, "%-30.30s %-7s %-16.16s %-16.16s %-16.16s %s\n",
			p->call->caller ? leg_name(p->call->caller) : "",
			buf, p->user->name, p->bridge->name,
			p->menu ? p->menu->name : "", p->call->cid_num);
	}

	if (room->record_path)
		(void)cmd_printf(ctx, "Recorded to %s\n", room->record_path);

	return 0;
}


static int list_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	if (argc > 1)
		return CMD_USAGE;

	return argc ? list_one(ctx, argv[0]) : list_all(ctx);
}


/* --- kick, mute, lock ---------------------------------------------------- */

static int kick_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct room *room;

	if (argc != 2)
		return CMD_USAGE;

	room = find(ctx, argv[0]);
	if (!room)
		return 1;

	if (!conf_kick(room, argv[1])) {
		(void)cmd_printf(ctx, "No channel named '%s' found in "
				 "conference %s\n", argv[1], room->name);
		return 1;
	}

	(void)cmd_printf(ctx, "Kicked %s from conference %s\n", argv[1],
			 room->name);

	return 0;
}


static unsigned mute_some(const struct room *room, const char *who, bool mute)
{
	unsigned n = 0;

	for (struct le *le = list_head(&room->parties); le; le = le->next) {
		struct room_party *p = le->data;

		if (str_casecmp(who, "all") &&
		    (str_casecmp(who, "participants") || p->user->admin) &&
		    (!p->call->caller ||
		     str_casecmp(who, leg_name(p->call->caller))))
			continue;

		room_mute(p, mute);
		++n;
	}

	return n;
}


static int set_mute(struct cmd_ctx *ctx, int argc, const char *const *argv,
		    bool mute)
{
	const struct room *room;

	if (argc != 2)
		return CMD_USAGE;

	room = find(ctx, argv[0]);
	if (!room)
		return 1;

	if (!mute_some(room, argv[1], mute)) {
		(void)cmd_printf(ctx, "No channel named '%s' found in "
				 "conference %s\n", argv[1], room->name);
		return 1;
	}

	(void)cmd_printf(ctx, "%s %s from confbridge %s\n",
			 mute ? "Muting" : "Unmuting", argv[1], room->name);

	return 0;
}


static int mute_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	return set_mute(ctx, argc, argv, true);
}


static int unmute_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	return set_mute(ctx, argc, argv, false);
}


static int set_lock(struct cmd_ctx *ctx, int argc, const char *const *argv,
		    bool lock)
{
	struct room *room;

	if (argc != 1)
		return CMD_USAGE;

	room = find(ctx, argv[0]);
	if (!room)
		return 1;

	room_lock(room, lock);
	(void)cmd_printf(ctx, "Conference %s is %s.\n", room->name,
			 lock ? "locked" : "unlocked");

	return 0;
}


static int lock_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	return set_lock(ctx, argc, argv, true);
}


static int unlock_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	return set_lock(ctx, argc, argv, false);
}


/* --- record -------------------------------------------------------------- */

static int record_start_run(struct cmd_ctx *ctx, int argc,
			    const char *const *argv)
{
	struct room *room;
	int err;

	if (argc < 1 || argc > 2)
		return CMD_USAGE;

	room = find(ctx, argv[0]);
	if (!room)
		return 1;

	err = room_record(room, argc > 1 ? argv[1] : NULL);
	if (err == EALREADY) {
		(void)cmd_printf(ctx, "Conference is already being "
				 "recorded.\n");
		return 1;
	}
	if (err) {
		(void)cmd_printf(ctx, "Conference %s is not recorded: %m\n",
				 room->name, err);
		return 1;
	}

	(void)cmd_printf(ctx, "Recording started to %s\n", room->record_path);

	return 0;
}


static int record_stop_run(struct cmd_ctx *ctx, int argc,
			   const char *const *argv)
{
	struct room *room;

	if (argc != 1)
		return CMD_USAGE;

	room = find(ctx, argv[0]);
	if (!room)
		return 1;

	if (room_record_stop(room)) {
		(void)cmd_printf(ctx, "Conference %s is not recorded.\n",
				 room->name);
		return 1;
	}

	(void)cmd_printf(ctx, "Recording stopped.\n");

	return 0;
}


/* --- words --------------------------------------------------------------- */

static void complete_names(struct cmd_ctx *ctx)
{
	for (struct le *le = list_head(rooms_list()); le; le = le->next) {
		const struct room *room = le->data;

		if (!room->hidden)
			cmd_candidate(ctx, room->name);
	}
}


static void name_complete(struct cmd_ctx *ctx, unsigned idx,
			  const char *prefix)
{
	(void)prefix;
	if (!idx)
		complete_names(ctx);
}


static void party_complete(struct cmd_ctx *ctx, unsigned idx,
			   const char *prefix)
{
	(void)prefix;
	if (!idx) {
		complete_names(ctx);
		return;
	}
	if (idx > 1)
		return;

	cmd_candidate(ctx, "all");
	cmd_candidate(ctx, "participants");
	for (struct le *le = list_head(rooms_list()); le; le = le->next) {
		const struct room *room = le->data;

		for (struct le *pl = room->parties.head; pl; pl = pl->next) {
			const struct room_party *p = pl->data;

			if (p->call->caller)
				cmd_candidate(ctx, leg_name(p->call->caller));
		}
	}
}


static const struct cmd cmds[] = {
	{"confbridge list", "confbridge list [CONFERENCE]",
	 "Conferences, or who is in one", list_run, name_complete},
	{"confbridge kick", "confbridge kick CONFERENCE CHANNEL|all|"
	 "participants", "Remove users of a conference", kick_run,
	 party_complete},
	{"confbridge mute", "confbridge mute CONFERENCE CHANNEL|all|"
	 "participants", "Nobody hears these users", mute_run,
	 party_complete},
	{"confbridge unmute", "confbridge unmute CONFERENCE CHANNEL|all|"
	 "participants", "They are heard again", unmute_run, party_complete},
	{"confbridge lock", "confbridge lock CONFERENCE",
	 "Nobody but admins may join", lock_run, name_complete},
	{"confbridge unlock", "confbridge unlock CONFERENCE",
	 "All may join again", unlock_run, name_complete},
	{"confbridge record start", "confbridge record start CONFERENCE "
	 "[FILE]", "Record a conference", record_start_run, name_complete},
	{"confbridge record stop", "confbridge record stop CONFERENCE",
	 "End that", record_stop_run, name_complete},
};


int cmd_confbridge_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
