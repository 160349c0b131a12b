/**
 * @file apps/spy.c  Listening to calls of others, and speaking into them
 *
 *   bit  voice                  heard by
 *    1   side A (caller)        listeners; B if it listens to the room
 *    2   side B (bridged)       listeners; A if it listens to the room
 *    4   who speaks to A        A
 *    8   who speaks to B        B
 *
 * A side hears nothing of the room (the relay goes on) until somebody speaks
 * to it; then it hears the other side and the speaker from the room.
 *
 * When other legs of the call talk to each other the room ends at once, before
 * anybody could hear a party that he does not talk to any more.
 */
#include "apps/spy.h"
#include "apps/room.h"


enum {
	BIT_A = 1,
	BIT_B = 2,
	BIT_TO_A = 4,
	BIT_TO_B = 8,
	BIT_NONE = 0x80,
};

/** A call that is listened to */
struct tapped {
	struct le le;            /* tappeds */
	struct call *call;       /* no reference: watched */
	media_id room;
	media_id a, b;           /* its sides; b 0: it talks to nobody */
	struct list spies;       /* struct spy */
};

struct spy {
	struct le le;            /* tapped->spies */
	struct tapped *tapped;   /* no reference; NULL: over */
	struct spy_params prm;
	media_id media;          /* of who listens */
	bool of_a;               /* the target is side A */
	struct timer over;
	spy_over_h *h;
	void *arg;
};

static struct list tappeds;
static struct call_watch watch;


/* --- voices -------------------------------------------------------------- */

static uint8_t spoken_to(const struct spy *spy)
{
	switch (spy->prm.voice) {

	case SPY_WHISPER: return spy->of_a ? BIT_TO_A : BIT_TO_B;
	case SPY_BARGE:   return BIT_TO_A | BIT_TO_B;
	case SPY_LISTEN:
	default: return 0;
	}
}


static uint8_t listened_to(const struct spy *spy)
{
	if (spy->prm.deaf)
		return BIT_NONE;
	if (spy->prm.one_side)
		return spy->of_a ? BIT_A : BIT_B;

	return BIT_A | BIT_B;
}


/* Who speaks to which side? */
static uint8_t speakers(const struct tapped *t)
{
	uint8_t bits = 0;

	for (struct le *le = t->spies.head; le; le = le->next)
		bits |= spoken_to(le->data);

	return bits;
}


static int side_join(const struct tapped *t, media_id id, uint8_t says,
		     uint8_t other, uint8_t to_it)
{
	struct media_member prm = {.says = says};

	/* beside the bridge as long as nobody speaks to it; who talks to
	   nobody hears the room alone then */
	if (speakers(t) & to_it)
		prm.hears = other | to_it;

	return media_join(id, t->room, &prm);
}


static int sides_join(const struct tapped *t)
{
	int err = side_join(t, t->a, BIT_A, BIT_B, BIT_TO_A);

	if (!err && t->b)
		err = side_join(t, t->b, BIT_B, BIT_A, BIT_TO_B);

	return err;
}


static int spy_join(const struct spy *spy)
{
	const struct media_member prm = {
		.says = spoken_to(spy), .hears = listened_to(spy),
		.hear_gain = (int8_t)spy->prm.volume,
	};

	return media_join(spy->media, spy->tapped->room, &prm);
}


/* --- the room ------------------------------------------------------------ */

static void tapped_destructor(void *data)
{
	struct tapped *t = data;

	list_unlink(&t->le);
	if (!t->room)
		return;

	/* each may be closed or elsewhere already */
	(void)media_leave(t->a, t->room);
	if (t->b)
		(void)media_leave(t->b, t->room);
	media_close_stream(t->room);
	media_detach(t->room);
}


static void over_handler(void *arg)
{
	struct spy *spy = arg;

	spy->h(spy, spy->arg);
}


static void spy_leave(struct spy *spy)
{
	const media_id room = spy->tapped->room;

	list_unlink(&spy->le);
	spy->tapped = NULL;
	(void)media_leave(spy->media, room);
}


static void tapped_end(struct tapped *t)
{
	while (t->spies.head) {
		struct spy *spy = t->spies.head->data;

		spy_leave(spy);
		timer_start(&spy->over, 0, over_handler, spy);
	}

	mem_deref(t);
	if (list_isempty(&tappeds))
		list_unlink(&watch.le);
}


static bool in_conference(media_id id)
{
	for (struct le *rl = list_head(rooms_list()); rl; rl = rl->next) {
		const struct room *room = rl->data;

		for (struct le *le = room->parties.head; le; le = le->next) {
			if (((struct room_party *)le->data)->media == id)
				return true;
		}
	}

	return false;
}


static bool same_sides(const struct tapped *t, const struct call *call)
{
	return !in_conference(t->a) && !call->ending && call->caller &&
	       leg_media(call->caller) == t->a &&
	       (call->bridged ? leg_media(call->bridged) : 0) == t->b;
}


static void changed(struct call *call, void *arg)
{
	struct le *le = tappeds.head;

	(void)arg;
	while (le) {
		struct tapped *t = le->data;

		le = le->next;
		if (t->call == call && !same_sides(t, call))
			tapped_end(t);
	}
}


static struct tapped *find(const struct call *call)
{
	for (struct le *le = tappeds.head; le; le = le->next) {
		struct tapped *t = le->data;

		if (t->call == call)
			return t;
	}

	return NULL;
}


static bool mixes(const struct leg *leg)
{
	return media_can_mix(leg_audio(leg)->mcodec);
}


static int tap(struct tapped **tp, struct call *call)
{
	struct tapped *t = find(call);
	int err;

	if (t) {
		*tp = t;
		return 0;
	}

	if (!call->caller || !leg_media(call->caller))
		return ENOTCONN;
	if (!mixes(call->caller) || (call->bridged && !mixes(call->bridged)))
		return ENOTSUP;
	if (in_conference(leg_media(call->caller)))
		return EBUSY;

	t = mem_zalloc(sizeof(*t), tapped_destructor);
	if (!t)
		return ENOMEM;

	t->call = call;
	t->a = leg_media(call->caller);
	t->b = call->bridged ? leg_media(call->bridged) : 0;
	err = media_open_room(&t->room, t->a, 20, NULL, NULL);
	if (err) {
		mem_deref(t);
		return err;
	}

	if (list_isempty(&tappeds)) {
		watch.h = changed;
		calls_watch(&watch);
	}
	list_append(&tappeds, &t->le, t);
	*tp = t;

	return 0;
}


/* --- who listens --------------------------------------------------------- */

static void destructor(void *data)
{
	struct spy *spy = data;
	struct tapped *t = spy->tapped;

	timer_cancel(&spy->over);
	if (!t)
		return;

	spy_leave(spy);
	if (t->spies.head)
		(void)sides_join(t); /* perhaps nobody speaks to them now */
	else
		tapped_end(t);
}


int spy_start(struct spy **sp, const struct spy_params *prm, spy_over_h *h,
	      void *arg)
{
	struct call *call;
	struct tapped *t;
	struct spy *spy;
	int err;

	if (!sp || !prm || !prm->spy || !prm->target || !h)
		return EINVAL;
	if (!prm->spy->caller || !leg_media(prm->spy->caller))
		return ENOTCONN;
	if (!mixes(prm->spy->caller))
		return ENOTSUP;

	call = leg_call(prm->target);
	if (!call || call == prm->spy || call->ending)
		return ENOTCONN;

	spy = mem_zalloc(sizeof(*spy), destructor);
	if (!spy)
		return ENOMEM;

	err = tap(&t, call);
	if (err) {
		mem_deref(spy);
		return err;
	}

	spy->prm    = *prm;
	spy->media  = leg_media(prm->spy->caller);
	spy->of_a   = leg_media(prm->target) == t->a;
	spy->h      = h;
	spy->arg    = arg;
	spy->tapped = t;
	list_append(&t->spies, &spy->le, spy);

	err = sides_join(t);
	if (!err)
		err = spy_join(spy);
	if (err) {
		mem_deref(spy);
		return err;
	}

	*sp = spy;

	return 0;
}


int spy_set(struct spy *spy, const struct spy_params *prm)
{
	struct call *call;
	struct leg *target;
	int err;

	if (!spy || !prm)
		return EINVAL;
	if (!spy->tapped)
		return ENOTCONN;

	call = spy->prm.spy;
	target = spy->prm.target;
	spy->prm = *prm;
	spy->prm.spy = call;
	spy->prm.target = target;

	err = spy_join(spy);

	return err ? err : sides_join(spy->tapped);
}


bool spy_is_target(const struct leg *leg)
{
	const struct tapped *t = find(leg_call(leg));

	return t && (leg_media(leg) == t->a || leg_media(leg) == t->b);
}
