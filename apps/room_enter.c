/**
 * @file apps/room_enter.c  Before a party joins: PIN, name, announcement
 *
 *   PIN ──right──► NAME ──► REVIEW ──accepted──► ANNOUNCE ──► ready
 *    └─ wrong, TRIES times ──► EACCES    └─ again ──► NAME
 *
 * Each stage is left out if the profile does not ask for it, or if somebody in
 * the conference has transferred the party into it (room_vouch()).  A name is a file
 * of its own in SPOOL/confbridge, which goes when its party does.
 */
#include "apps/room.h"
#include <unistd.h>
#include "apps/vm_talk.h"
#include "b2bua/cdr.h"
#include "base/text.h"

enum {
	TRIES = 3,
	PIN_MS = 6000,      /* for the first digit */
	NAME_MS = 10000,    /* longest name */
	NAME_QUIET_MS = 2000,
	REVIEW_MS = 5000,
	VOUCH_MS = 10000,   /* from the transfer to the step */
};

/** Who may come in without a PIN */
struct vouch {
	struct le le;
	struct timer late;
	uint32_t call;          /* number */
	char room[ROOM_NAME_MAX];
	bool admin;
};

static struct list vouched; /* the transfers of the last seconds */

struct room_enter {
	struct room_party *p;
	struct vm_talk talk;
	const char *adminpin;   /* of the configuration, which p holds */
	const char *pin;        /* said already; NULL */
	char room[ROOM_NAME_MAX];
	unsigned tries;
	uint32_t tag;           /* of the recording of the name */
	bool recording;
	room_enter_h *h;
	void *arg;
};


static void ask_pin(struct room_enter *e, bool again);
static void take_name(struct room_enter *e);
static void announce(struct room_enter *e);


static void destructor(void *data)
{
	struct room_enter *e = data;

	if (e->recording) {
		call_record_detach(e->p->call);
		(void)call_stop_record(e->p->call, e->tag);
	}
	vm_talk_reset(&e->talk);
}


static void finish(struct room_enter *e, int err)
{
	room_enter_h *h = e->h;

	e->h = NULL;
	if (h)
		h(e->p, err, e->arg);
}


/* --- by transfer --------------------------------------------------------- */

static void vouch_destructor(void *data)
{
	struct vouch *v = data;

	timer_cancel(&v->late);
	list_unlink(&v->le);
}


static void vouch_late(void *arg)
{
	mem_deref(arg);
}


void room_vouch(const struct room_party *p, const struct call *to)
{
	struct vouch *v;

	if (!p || !p->room || p->over || !to)
		return;

	v = mem_zalloc(sizeof(*v), vouch_destructor);
	if (!v)
		return; /* it is asked for the PIN then */

	v->call = to->no;
	v->admin = p->user->admin;
	str_ncpy(v->room, p->room->name, sizeof(v->room));
	list_append(&vouched, &v->le, v);
	timer_start(&v->late, VOUCH_MS, vouch_late, v);
}


/* Somebody who is in has put it here */
static bool is_vouched(const struct room_enter *e)
{
	struct le *le;

	LIST_FOREACH(&vouched, le)
	{
		struct vouch *v = le->data;

		if (v->call != e->p->call->no || str_casecmp(v->room, e->room))
			continue;

		if (v->admin)
			e->p->user->admin = true;
		mem_deref(v);
		return true;
	}

	return false;
}


/* --- PIN ----------------------------------------------------------------- */

static bool same_pin(const char *a, const char *b)
{
	return str_isset(a) && !strcmp(a, b);
}


static bool pin_ok(const struct room_enter *e, const char *keys)
{
	struct room_user *user = e->p->user;

	if (same_pin(e->adminpin, keys)) {
		user->admin = true;
		return true;
	}

	return same_pin(user->pin, keys) || (!str_isset(user->pin) && !keys[0]);
}


static void denied(const char *keys, void *arg)
{
	(void)keys;
	finish(arg, EACCES);
}


static void pin_dialled(const char *keys, void *arg)
{
	struct room_enter *e = arg;
	struct room_party *p = e->p;

	if (pin_ok(e, keys)) {
		take_name(e);
		return;
	}

	call_info(p->call, "conference %s: wrong PIN", e->room);
	if (++e->tries < TRIES) {
		ask_pin(e, true);
		return;
	}

	vm_say(&e->talk, p->bridge->sound.invalid_pin);
	vm_talk_play(&e->talk, denied);
}


static void ask_pin(struct room_enter *e, bool again)
{
	const struct room_party *p = e->p;
	size_t max = str_len(p->user->pin);

	if (str_len(e->adminpin) > max)
		max = str_len(e->adminpin);
	if (again && p->bridge->sound.invalid_pin[0])
		vm_say(&e->talk, p->bridge->sound.invalid_pin);
	if (p->bridge->sound.get_pin[0])
		vm_say(&e->talk, p->bridge->sound.get_pin);
	vm_talk_ask(&e->talk, max, "#", PIN_MS, pin_dialled);
}


/* --- name ---------------------------------------------------------------- */

static void reviewed(const char *keys, void *arg)
{
	struct room_enter *e = arg;

	if (keys[0] == '2') {
		vm_say(&e->talk, e->p->name_file);
		vm_say(&e->talk, "vm-review");
		vm_talk_ask(&e->talk, 1, NULL, REVIEW_MS, reviewed);
	}
	else if (keys[0] == '3') {
		take_name(e);
	}
	else {
		announce(e);
	}
}


static void name_recorded(struct room_enter *e, const struct media_report *ev)
{
	struct room_party *p = e->p;

	e->recording = false;
	call_set_digits(p->call, NULL, NULL);
	cdr_recording_moved(p->call, ev->path); /* no recording of a call */

	if (ev->rec == MEDIA_REC_FAILED) {
		call_warning(p->call, "conference %s: name not recorded: %s",
			     e->room, ev->why ? ev->why : "?");
		p->name_file = mem_deref(p->name_file);
		announce(e);
	}
	else if (p->user->announce_review) {
		vm_say(&e->talk, "vm-review");
		vm_talk_ask(&e->talk, 1, NULL, REVIEW_MS, reviewed);
	}
	else {
		announce(e);
	}
}


static void stop_name(struct room_enter *e)
{
	(void)call_stop_record(e->p->call, e->tag); /* REC_DONE comes */
}


static void name_event(struct call *call, const struct media_report *ev,
		       void *arg)
{
	struct room_enter *e = arg;

	(void)call;
	if (ev->ev == MEDIA_EV_REC_DONE)
		name_recorded(e, ev);
	else
		stop_name(e);
}


static void name_digit(struct call *call, char digit, void *arg)
{
	(void)call;
	if (digit == '#')
		stop_name(arg);
}


static int name_path(struct room_enter *e, char **pathp)
{
	struct room_party *p = e->p;
	static uint32_t serial;

	p->name_file = mem_deref(p->name_file);
	if (re_sdprintf(&p->name_file, "%s/confbridge/name-%s-%u",
			p->cfg->dirs.spool, p->call->uniqueid, ++serial))
		return ENOMEM;

	return re_sdprintf(pathp, "%s.wav", p->name_file);
}


static void record_name(const char *keys, void *arg)
{
	struct room_enter *e = arg;
	struct media_record prm = {
		.rx_only = true, .beep = true, .max_ms = NAME_MS,
		.silence_ms = NAME_QUIET_MS,
	};
	char *path = NULL;
	int err;

	(void)keys;
	if (e->p->name_file) /* said again */
		room_name_forget(e->p);

	err = name_path(e, &path);
	prm.path = path;
	if (!err)
		err = call_record(e->p->call, &prm, name_event, e);
	mem_deref(path);
	if (err) {
		call_warning(e->p->call, "conference %s: name not recorded: "
			     "%m", e->room, err);
		e->p->name_file = mem_deref(e->p->name_file);
		announce(e);
		return;
	}

	e->recording = true;
	e->tag = prm.tag;
	call_set_digits(e->p->call, name_digit, e);
}


static void take_name(struct room_enter *e)
{
	const struct room_user *u = e->p->user;

	if ((!u->announce_join_leave && !u->announce_review) || u->quiet ||
	    !e->p->bridge->announcements) {
		announce(e);
		return;
	}

	vm_say(&e->talk, "vm-rec-name");
	vm_talk_play(&e->talk, record_name);
}


void room_name_forget(struct room_party *p)
{
	char *path = NULL;

	if (p->name_file && !re_sdprintf(&path, "%s.wav", p->name_file))
		(void)unlink(path); /* it may never have been written */

	mem_deref(path);
	p->name_file = mem_deref(p->name_file);
}


/* --- announcement -------------------------------------------------------- */

static void announced(const char *keys, void *arg)
{
	(void)keys;
	finish(arg, 0);
}


static void announce(struct room_enter *e)
{
	const char *file = e->p->user->announcement;

	if (!file) {
		finish(e, 0);
		return;
	}

	vm_say(&e->talk, file);
	vm_talk_play(&e->talk, announced);
}


/* --- begin --------------------------------------------------------------- */

static void start(const char *keys, void *arg)
{
	struct room_enter *e = arg;

	(void)keys;
	if ((str_isset(e->p->user->pin) || str_isset(e->adminpin)) &&
	    !(e->pin && pin_ok(e, e->pin)) && !is_vouched(e))
		ask_pin(e, false);
	else
		take_name(e);
}


int room_enter(struct room_enter **ep, struct room_party *p,
	       const struct room_enter_params *prm, room_enter_h *h,
	       void *arg)
{
	struct room_enter *e;
	int err;

	if (!ep || !p || !prm || !h)
		return EINVAL;

	e = mem_zalloc(sizeof(*e), destructor);
	if (!e)
		return ENOMEM;

	err = vm_talk_init(&e->talk, p->call, e);
	if (err) {
		mem_deref(e);
		return err;
	}

	e->p = p;
	e->adminpin = prm->adminpin;
	e->pin = prm->pin;
	e->h = h;
	e->arg = arg;
	str_ncpy(e->room, prm->name, sizeof(e->room));
	*ep = e;
	start(NULL, e);

	return 0;
}
