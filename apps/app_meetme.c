/**
 * @file apps/app_meetme.c  MeetMe, MeetMeCount, MeetMeAdmin
 *
 * The old application, spelled onto the rooms of ConfBridge: rooms and PINs
 * are those of meetme.conf, the option letters become a profile.
 */
#include "apps/conf_app.h"
#include "apps/vm_talk.h"
#include "base/text.h"

enum {
	TRIES = 3,
	NUMBER_MS = 6000,
};

static const char known[] = "aAcCdDeEFGiIklLmMnoPpqrsStTvwxX1";

/* What MeetMe's own menu had */
static const struct {
	const char *digits, *action;
	bool admin;
} menu_tab[] = {
	{"*1", "toggle_mute", false},
	{"*2", "admin_toggle_conference_lock", true},
	{"*3", "admin_kick_last", true},
	{"*4", "decrease_listening_volume", false},
	{"*6", "increase_listening_volume", false},
	{"*7", "decrease_talking_volume", false},
	{"*8", "no_op", false},
	{"*9", "increase_talking_volume", false},
};

/** Its own state, around what all conferences share */
struct meetme {
	struct conf_app *ca;
	struct vm_talk talk;     /* asks for the number */
	struct opts opts;
	char *pin;               /* of the argument; NULL none */
	bool written;            /* the room is in meetme.conf */
	char *exit_digits;
	unsigned tries;
	struct timer wait;       /* w(seconds) */
};


static void destructor(void *data)
{
	struct meetme *m = data;

	timer_cancel(&m->wait);
	mem_deref(m->ca);
	vm_talk_reset(&m->talk);
	opts_reset(&m->opts);
	mem_deref(m->pin);
	mem_deref(m->exit_digits);
}


static void ask_number(struct meetme *m, bool again);


/* --- profiles ------------------------------------------------------------ */

static bool has(const struct meetme *m, char letter)
{
	return opt_find(&m->opts, letter, NULL);
}


static void take_flags(const struct meetme *m, struct room_user *u)
{
	u->admin            = has(m, 'a');
	u->marked           = has(m, 'A');
	u->announce_count   = has(m, 'c');
	u->dtmf_passthrough = has(m, 'F');
	u->announce_review  = has(m, 'i');
	u->announce_join_leave = has(m, 'I') || has(m, 'i');
	u->startmuted       = has(m, 'm');
	u->music_when_empty = has(m, 'M') || has(m, 'w');
	u->drop_silence     = has(m, 'o');
	u->quiet            = has(m, 'q');
	u->talk_events      = has(m, 'T');
	u->wait_marked      = has(m, 'w');
	u->end_marked       = has(m, 'x');
	u->end_marked_any   = false;
	u->announce_only    = !has(m, '1');
	u->answer           = true;
}


/* w(seconds), S(seconds) */
static bool take_ms(uint32_t *ms, const struct meetme *m, char letter)
{
	struct pl arg;

	if (!opt_find(&m->opts, letter, &arg) || !arg.l)
		return false;
	if (arg_ms(ms, &arg))
		return true;

	call_warning(m->talk.call, "MeetMe: %c(%r) is left out, expected "
		     "seconds", letter, &arg);

	return false;
}


/* L(ms[:warning[:repeat]]) */
static void take_limit(struct call *call, const struct meetme *m,
		       struct room_user *u)
{
	struct pl rest, first = PL_INIT;
	uint64_t n;

	if (!opt_find(&m->opts, 'L', &rest))
		return;

	if (!pl_next(&first, &rest, ':') || num_decode(&n, &first, UINT32_MAX))
		call_warning(call, "MeetMe: L(%r): no number", &first);
	else
		u->timeout_s = (uint32_t)(n / 1000);
	if (rest.l)
		call_warning(call, "MeetMe: L(%r:%r): nobody is warned of the "
			     "end", &first, &rest);
}


static int take_texts(struct call *call, const struct meetme *m,
		      struct room_user *u)
{
	const struct ttext *music = opt_text(&m->opts, 'M');
	uint32_t ms;

	if (take_ms(&ms, m, 'S'))
		u->timeout_s = ms / 1000;
	take_limit(call, m, u);

	if (!music || !music->len)
		return 0;

	u->music_class = mem_deref(u->music_class);

	return str_dup(&u->music_class, music->str);
}


static int take_menu(const struct meetme *m, struct room_party *p)
{
	const bool admin = p->user->admin;
	int err;

	if (!has(m, 's'))
		return 0;

	err = room_menu_copy(&p->menu, NULL);
	if (!err)
		err = room_menu_set(p->menu, "*",
				    admin ? "playback_and_continue"
					    "(conf-adminmenu)"
					  : "playback_and_continue"
					    "(conf-usermenu)", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(menu_tab) && !err; i++) {
		if (!menu_tab[i].admin || admin)
			err = room_menu_set(p->menu, menu_tab[i].digits,
					    menu_tab[i].action, NULL);
	}

	return err;
}


/* MEETME_RECORDINGFILE.MEETME_RECORDINGFORMAT; the room adds no time, and what
 * a caller has sent names no file */
static int take_record(struct call *call, const struct meetme *m,
		       struct room_bridge *b)
{
	const char *file = call_var(call, "MEETME_RECORDINGFILE");
	const char *format = call_var(call, "MEETME_RECORDINGFORMAT");
	char name[ROOM_NAME_MAX];

	if (!has(m, 'r'))
		return 0;

	if (!str_casecmp(format, "gsm") || !str_casecmp(format, "wav"))
		format = !str_casecmp(format, "gsm") ? "gsm" : "wav";
	else
		format = "wav";

	b->record = true;
	b->record_timestamp = false;
	b->record_file = mem_deref(b->record_file);
	if (file[0] && !var_tainted(call, "MEETME_RECORDINGFILE"))
		return re_sdprintf(&b->record_file, "%s.%s", file, format);

	room_plain_name(name, sizeof(name), m->ca->name);

	return re_sdprintf(&b->record_file, "meetme-conf-rec-%s-%s.%s", name,
			   call->uniqueid, format);
}


static int take_exits(struct call *call, struct meetme *m)
{
	struct room_party *p = m->ca->party;
	const char *context = call_var(call, "MEETME_EXIT_CONTEXT");
	const struct ttext *keys = opt_text(&m->opts, 'p');
	int err = 0;

	if (has(m, 'p'))
		err |= str_dup(&m->exit_digits,
			       keys && keys->len ? keys->str : "#");
	if (has(m, 'X'))
		err |= str_dup(&m->ca->exit_context,
			       context[0] ? context : call->context);

	p->exit_digits  = m->exit_digits;
	p->exit_context = m->ca->exit_context;
	p->listens_only = has(m, 'l');
	p->speaks_only  = has(m, 't');

	return err ? ENOMEM : 0;
}


static int take_profiles(struct call *call, struct meetme *m,
			 const struct meet_room *mr)
{
	struct room_party *p = m->ca->party;
	const char *pin = mr ? mr->pin : m->pin;
	const struct room *room = room_find(m->ca->name);
	int err = conf_app_profiles(call, m->ca);

	if (err)
		return err;

	take_flags(m, p->user);
	err = take_texts(call, m, p->user);
	if (room && room->pin) /* of who opened it */
		pin = room->pin;
	p->user->pin = mem_deref(p->user->pin);
	if (!err && pin)
		err = str_dup(&p->user->pin, pin);
	if (!err)
		err = take_record(call, m, p->bridge);
	if (!err)
		err = take_menu(m, p);
	if (!err)
		err = take_exits(call, m);

	if (!has(m, 'P') && m->pin)
		m->ca->pin = m->pin;
	m->written       = mr != NULL;
	m->ca->adminpin  = mr ? mr->adminpin : NULL;
	m->ca->kick_ends = !has(m, 'C');

	return err;
}


/* --- in the room --------------------------------------------------------- */

static void waited(void *arg)
{
	struct meetme *m = arg;

	if (m->ca->party->waits)
		room_party_over(m->ca->party, ROOM_TIMEOUT);
}


static void joined(struct room_party *p, struct conf_app *ca)
{
	struct meetme *m = p->call->appst;
	const struct ttext *intro = opt_text(&m->opts, 'G');
	char *files = NULL;
	uint32_t ms;

	(void)ca;
	if (intro && intro->len && !call_files(&files, intro))
		room_say_all(p->room, files);
	mem_deref(files);

	p->closes_last = has(m, 'k');
	if (!m->written && !p->room->pin && str_isset(p->user->pin) &&
	    room_count(p->room) == 1)
		(void)str_dup(&p->room->pin, p->user->pin);
	if (take_ms(&ms, m, 'w'))
		timer_start(&m->wait, ms, waited, m);
}


static enum app_result meet(struct call *call, struct meetme *m,
			    const struct meet_room *mr)
{
	int err = take_profiles(call, m, mr);

	if (err) {
		call_warning(call, "MeetMe: %m", err);
		return APP_HANGUP;
	}

	m->ca->joinedh = joined;

	return conf_app_run(call, m->ca);
}


/* --- which room ---------------------------------------------------------- */

static bool is_dynamic(const struct meetme *m)
{
	return has(m, 'd') || has(m, 'D');
}


/* e, E: the first room that nobody is in */
static const struct meet_room *empty_room(const struct call *call, bool pinless)
{
	const struct room_conf *rc = call->cfg ? call->cfg->rooms : NULL;

	for (struct le *le = rc ? rc->meets.head : NULL; le; le = le->next) {
		const struct meet_room *mr = le->data;

		if (!room_find(mr->name) && !(pinless && mr->pin))
			return mr;
	}

	return NULL;
}


static void pin_chosen(const char *keys, void *arg)
{
	struct meetme *m = arg;
	struct call *call = m->talk.call;
	enum app_result res;

	m->pin = mem_deref(m->pin);
	if (keys[0] && str_dup(&m->pin, keys))
		m->pin = NULL;
	m->ca->pin = m->pin; /* it has just dialled it */

	res = meet(call, m, NULL);
	if (res != APP_WAIT)
		call_step_done(call, res);
}


/* True if it is one; goes on */
static bool take_room(struct call *call, struct meetme *m, const char *name,
		      enum app_result *resp)
{
	const struct meet_room *mr = config_meet_room(call->cfg, name);

	if (!mr && !is_dynamic(m))
		return false;

	str_ncpy(m->ca->name, name, sizeof(m->ca->name));
	if (!mr && has(m, 'D') && !m->pin && !room_find(name)) {
		vm_say(&m->talk, "conf-getpin");
		vm_talk_ask(&m->talk, 20, "#", NUMBER_MS, pin_chosen);
		*resp = APP_WAIT;
		return true;
	}

	*resp = meet(call, m, mr);

	return true;
}


static void no_room(const char *keys, void *arg)
{
	struct meetme *m = arg;

	(void)keys;
	call_step_done(m->talk.call, APP_HANGUP);
}


static void number_dialled(const char *keys, void *arg)
{
	struct meetme *m = arg;
	struct call *call = m->talk.call;
	enum app_result res;

	if (keys[0] && strlen(keys) < ROOM_NAME_MAX &&
	    take_room(call, m, keys, &res)) {
		if (res != APP_WAIT)
			call_step_done(call, res);
		return;
	}

	if (++m->tries < TRIES) {
		ask_number(m, true);
		return;
	}

	vm_say(&m->talk, "conf-invalid");
	vm_talk_play(&m->talk, no_room);
}


static void ask_number(struct meetme *m, bool again)
{
	if (again)
		vm_say(&m->talk, "conf-invalid");
	vm_say(&m->talk, "conf-getconfno");
	vm_talk_ask(&m->talk, 20, "#", NUMBER_MS, number_dialled);
}


static enum app_result choose_room(struct call *call, struct meetme *m,
				   const char *name)
{
	const struct meet_room *mr;
	enum app_result res;

	if (has(m, 'e') || has(m, 'E')) {
		mr = empty_room(call, has(m, 'E'));
		if (!mr) {
			call_info(call, "MeetMe: no room is empty");
			call_step_note(call, "no room is empty");
			return APP_HANGUP;
		}
		name = mr->name;
		call_info(call, "MeetMe: room %s", name);
	}

	if (!name[0]) {
		ask_number(m, false);
		return APP_WAIT;
	}

	if (take_room(call, m, name, &res))
		return res;

	call_warning(call, "MeetMe: room %s is not in meetme.conf, and option "
		     "d is not set", name);
	call_step_note(call, "no such room");
	vm_say(&m->talk, "conf-invalid");
	vm_talk_play(&m->talk, no_room);

	return APP_WAIT;
}


static enum app_result meetme_exec(struct call *call, const struct args *args)
{
	const char *name = args_str(args, 0), *pin = args_str(args, 2);
	struct meetme *m = mem_zalloc(sizeof(*m), destructor);

	if (!m)
		return APP_HANGUP;

	call->appst = m;
	m->ca = conf_app_alloc(call, "");
	if (!m->ca || vm_talk_init(&m->talk, call, m) ||
	    opts_decode(&m->opts, args_text(args, 1), known, opt_unknown,
			call) || (pin[0] && str_dup(&m->pin, pin)))
		return APP_HANGUP;

	if (strlen(name) >= ROOM_NAME_MAX) {
		call_warning(call, "MeetMe: the name of the room is too long");
		return APP_HANGUP;
	}

	if (!answer_first(call))
		return APP_HANGUP;

	return choose_room(call, m, name);
}


static void meetme_cancel(struct call *call)
{
	(void)call_set_var(call, "CONFBRIDGE_RESULT", "HANGUP", false);
	call_stop_play(call);
}


static bool meetme_swapped(struct call *call)
{
	const struct meetme *m = call->appst;

	return m && m->ca && !room_swap(m->ca->party);
}


static void meetme_hand_over(struct call *call, const struct call *to)
{
	const struct meetme *m = call->appst;

	if (m && m->ca)
		room_vouch(m->ca->party, to);
}


const struct app app_meetme = {
	.name = "MeetMe",
	.options = known,
	.optarg = 1,
	.usage = "MeetMe([room[,options[,pin]]])  into a room of meetme.conf, "
		 "as ConfBridge does",
	.maxargs = 3,
	.exec = meetme_exec,
	.cancel = meetme_cancel,
	.swapped = meetme_swapped,
	.hand_over = meetme_hand_over,
};


/* --- MeetMeCount --------------------------------------------------------- */

static enum app_result count_exec(struct call *call, const struct args *args)
{
	const struct room *room = room_find(args_str(args, 0));
	const uint32_t n = room ? room_count(room) : 0;
	enum app_result res = APP_NEXT;
	struct mbuf *mb;

	if (args_has(args, 1)) {
		(void)vars_printf(call->vars, args_str(args, 1), "%u", n);
		return APP_NEXT;
	}

	if (!answer_first(call))
		return APP_HANGUP;

	mb = mbuf_alloc(64);
	if (mb && !say_number_in(mb, say_of(call), n, 0))
		res = say_play(call, mb);

	mem_deref(mb);

	return res;
}


const struct app app_meetmecount = {
	.name = "MeetMeCount",
	.usage = "MeetMeCount(room[,variable])  how many are in a room: said, "
		 "or into a variable",
	.minargs = 1,
	.maxargs = 2,
	.exec = count_exec,
};


/* --- MeetMeAdmin --------------------------------------------------------- */

static struct room_party *last_user(const struct room *room)
{
	for (struct le *le = list_tail(&room->parties); le; le = le->prev) {
		struct room_party *p = le->data;

		if (!p->user->admin)
			return p;
	}

	return NULL;
}


static void mute_users(const struct room *room, bool mute)
{
	for (struct le *le = list_head(&room->parties); le; le = le->next) {
		struct room_party *p = le->data;

		if (!p->user->admin || !mute)
			room_mute(p, mute);
	}
}


static void volume_all(const struct room *room, int talk, int hear, bool reset)
{
	for (struct le *le = list_head(&room->parties); le; le = le->next) {
		if (reset)
			room_volume_reset(le->data, true, true);
		else
			room_volume(le->data, talk, hear);
	}
}


/* Commands about all; false if it is none of them */
static bool admin_all(struct room *room, char cmd)
{
	switch (cmd) {

	case 'K': (void)conf_kick(room, "all"); break;
	case 'l': room_lock(room, false); break;
	case 'L': room_lock(room, true); break;
	case 'n': mute_users(room, false); break;
	case 'N': mute_users(room, true); break;
	case 'R': volume_all(room, 0, 0, true); break;
	case 's': volume_all(room, -1, 0, false); break;
	case 'S': volume_all(room, 1, 0, false); break;
	case 'v': volume_all(room, 0, -1, false); break;
	case 'V': volume_all(room, 0, 1, false); break;
	default: return false;
	}

	return true;
}


static bool admin_one(struct room_party *p, char cmd)
{
	switch (cmd) {

	case 'e':
	case 'k': room_kick(p); break;
	case 'm': room_mute(p, false); break;
	case 'M': room_mute(p, true); break;
	case 'r': room_volume_reset(p, true, true); break;
	case 't': room_volume(p, -1, 0); break;
	case 'T': room_volume(p, 1, 0); break;
	case 'u': room_volume(p, 0, -1); break;
	case 'U': room_volume(p, 0, 1); break;
	default: return false;
	}

	return true;
}


static const char *admin_run(struct call *call, const struct args *args)
{
	struct room *room = room_find(args_str(args, 0));
	struct pl pl = args_pl(args, 2);
	const char cmd = args_str(args, 1)[0];
	struct room_party *p;
	uint64_t no = 0;

	if (!cmd || !strchr("eEkKlLmMnNrRsStTuUvV", cmd)) {
		call_warning(call, "MeetMeAdmin: no command '%s'",
			     args_str(args, 1));
		return "NOPARSE";
	}
	if (!room)
		return "FAILED";
	if (admin_all(room, cmd))
		return "OK";
	if (cmd == 'E') /* nothing has a timetable */
		return "FAILED";

	pl = pl_trim(pl);
	if (cmd == 'e')
		p = last_user(room);
	else if (num_decode(&no, &pl, UINT32_MAX))
		p = pl.l ? room_party_find(room, args_str(args, 2), 0) : NULL;
	else
		p = room_party_find(room, NULL, (uint32_t)no);

	return p && admin_one(p, cmd) ? "OK" : "NOTFOUND";
}


static enum app_result admin_exec(struct call *call, const struct args *args)
{
	const char *status = admin_run(call, args);

	(void)call_set_var(call, "MEETMEADMINSTATUS", status, false);
	call_step_note(call, "%s", status);

	return APP_NEXT;
}


const struct app app_meetmeadmin = {
	.name = "MeetMeAdmin",
	.usage = "MeetMeAdmin(room,command[,user])  mute, remove, lock ... in a "
		 "room; MEETMEADMINSTATUS is OK, NOTFOUND, FAILED or NOPARSE",
	.minargs = 2,
	.maxargs = 3,
	.dead_ok = true,
	.exec = admin_exec,
};
