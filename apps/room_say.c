/**
 * @file apps/room_say.c  What a party and what all are told
 *
 * A party hears its own prompts in place of the others; one that comes while
 * another plays takes its place.  What all hear is mixed into the room, one
 * prompt behind the other.
 */
#include "apps/room.h"
#include <unistd.h>
#include "base/text.h"

enum { TEXTS_MAX = 20 }; /* that wait */

struct room_text {
	struct le le;
	char *files;
	char *drop; /* path that goes when it has been heard; NULL */
};


/* --- to one -------------------------------------------------------------- */

static void said(struct call *call, int err, void *arg)
{
	(void)call;

	if (err == ECANCELED)
		return; /* another one took its place */

	room_said(arg);
}


bool room_say(struct room_party *p, const char *files)
{
	int err;

	if (!files || !files[0] || p->over || p->away)
		return false;

	p->prompting = true;
	err = call_play(p->call, files, said, p);
	if (!err)
		return true;

	p->prompting = false;
	call_warning(p->call, "conference: %s not played: %m", files, err);

	return false;
}


/* "there are", number, "others", in the caller's language; n are there
 * beside whom it is told */
static int count_text(struct mbuf *mb, const struct call *call,
		      const struct room_bridge *b, const char *before,
		      uint32_t n)
{
	int err = 0;

	if (before)
		err |= mbuf_printf(mb, "%s&", before);
	if (!n)
		return err | mbuf_write_str(mb, b->sound.only_person);
	if (n == 1)
		return err | mbuf_write_str(mb, b->sound.only_one);

	err |= mbuf_write_str(mb, b->sound.there_are);
	err |= say_number_in(mb, say_of(call), n, 0);

	return err | mbuf_printf(mb, "&%s", b->sound.other_in_party);
}


bool room_say_count(struct room_party *p, const char *before)
{
	struct mbuf *mb = mbuf_alloc(128);
	char *files = NULL;
	bool plays = false;
	int err;

	if (!mb)
		return false;

	err = count_text(mb, p->call, p->room->bridge, before,
			 room_count(p->room) - 1);
	if (!err)
		err = mbuf_str(&files, mb);
	if (err)
		call_warning(p->call, "conference: %m", err);
	else
		plays = room_say(p, files);

	mem_deref(files);
	mem_deref(mb);

	return plays;
}


/* --- to all -------------------------------------------------------------- */

static void destructor(void *data)
{
	struct room_text *t = data;

	list_unlink(&t->le);
	if (t->drop)
		(void)unlink(t->drop); /* nobody else knows it */
	mem_deref(t->drop);
	mem_deref(t->files);
}


void room_say_next(struct room *room)
{
	struct media_play prm = {.lang = room->language};
	struct room_text *t;
	int err;

	room->saying = mem_deref(room->saying);

	while ((t = list_ledata(room->says.head)) != NULL) {
		list_unlink(&t->le);
		prm.files = t->files;
		prm.tag = ++room->say_tag;
		err = media_play(room->media, &prm);
		if (!err) {
			room->saying = t;
			return;
		}

		log_warning("room", "%s: %s not played: %m", room->name,
			    t->files, err);
		mem_deref(t);
	}
}


/* Takes drop over, whatever becomes of it */
static void say_all(struct room *room, const char *files, char *drop)
{
	struct room_text *t = mem_zalloc(sizeof(*t), destructor);

	if (!t || str_dup(&t->files, files)) {
		mem_deref(t);
		mem_deref(drop);
		return;
	}

	t->drop = drop;
	if (list_count(&room->says) >= TEXTS_MAX) {
		log_info("room", "%s: too much is said, %s is left out",
			 room->name, files);
		mem_deref(t);
		return;
	}

	list_append(&room->says, &t->le, t);
	if (!room->saying)
		room_say_next(room);
}


void room_say_all(struct room *room, const char *files)
{
	if (files && files[0] && room->bridge->announcements)
		say_all(room, files, NULL);
}


void room_say_gone(struct room *room, char **namep, const char *file)
{
	char files[1024], *path = NULL;

	if (!room->bridge->announcements ||
	    re_snprintf(files, sizeof(files), "%s&%s", *namep, file) < 0 ||
	    re_sdprintf(&path, "%s.wav", *namep))
		return;

	*namep = mem_deref(*namep);
	say_all(room, files, path);
}


void room_say_stop(struct room *room)
{
	list_flush(&room->says);
	++room->say_tag; /* its PLAY_DONE is nobody's */
	room->saying = mem_deref(room->saying);
}


void room_say_count_all(struct room *room)
{
	const struct room_party *p = room_last(room);
	struct mbuf *mb = mbuf_alloc(128);
	char *files = NULL;

	if (!mb || !p)
		goto out;

	if (!count_text(mb, p->call, room->bridge, NULL, room_count(room)) &&
	    !mbuf_str(&files, mb))
		room_say_all(room, files);

out:
	mem_deref(files);
	mem_deref(mb);
}
