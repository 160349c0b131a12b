/**
 * @file b2bua/park.c  Parking slots
 */
#include "b2bua/park.h"
#include "b2bua/devstate.h"
#include "base/clock.h"
#include "base/text.h"

/** The slot that a lot gave last (findslot=next) */
struct memory {
	struct le le;
	char lot[80];
	uint32_t last;
};

static struct list slots;    /* struct park_slot, by lot and number */
static struct list memories; /* struct memory */


static void changed(const struct park_slot *s)
{
	char device[DEVSTATE_NAME_MAX];

	if (re_snprintf(device, sizeof(device), "park:%u@%s", s->no,
			s->context) > 0)
		devstate_changed(device);
}


static void slot_destructor(void *data)
{
	struct park_slot *s = data;

	if (!s->le.list)
		return;

	list_unlink(&s->le);
	changed(s);
}


struct park_slot *park_find(const char *lot, uint32_t no)
{
	struct le *le;

	LIST_FOREACH(&slots, le)
	{
		struct park_slot *s = le->data;

		if (!str_casecmp(s->lot, lot) && (!no || s->no == no))
			return s;
	}

	return NULL;
}


const struct list *park_slots(void)
{
	return &slots;
}


const struct park_lot *park_lot(const struct call *call, const char *name)
{
	const struct peer *peer = call ? leg_peer(call->caller) : NULL;

	if (!call)
		return NULL;
	if (!str_isset(name))
		name = call_var(call, "PARKINGLOT");
	if (!name[0] && peer && peer->parkinglot)
		name = peer->parkinglot;

	return config_lot(call->cfg, name[0] ? name : "default");
}


/* ---- which one ---------------------------------------------------------- */

static struct memory *memory_get(const char *lot)
{
	struct memory *m;
	struct le *le;

	LIST_FOREACH(&memories, le)
	{
		m = le->data;
		if (!str_casecmp(m->lot, lot))
			return m;
	}

	m = mem_zalloc(sizeof(*m), NULL);
	if (m) {
		str_ncpy(m->lot, lot, sizeof(m->lot));
		list_append(&memories, &m->le, m);
	}

	return m;
}


/* The first free one from a number on, round the lot; 0 none */
static uint32_t free_from(const struct park_lot *lot, uint32_t from)
{
	bool taken[PARK_SLOTS_MAX] = {false};
	uint32_t n = lot->last - lot->first + 1;
	struct le *le;

	LIST_FOREACH(&slots, le)
	{
		const struct park_slot *s = le->data;

		if (!str_casecmp(s->lot, lot->name) && s->no >= lot->first &&
		    s->no - lot->first < ARRAY_SIZE(taken))
			taken[s->no - lot->first] = true;
	}

	if (from < lot->first || from > lot->last)
		from = lot->first;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = (from - lot->first + i) % n;

		if (k < ARRAY_SIZE(taken) && !taken[k])
			return lot->first + k;
	}

	return 0;
}


static uint32_t choose(const struct park_lot *lot, uint32_t want)
{
	struct memory *m;
	uint32_t no;

	if (want >= lot->first && want <= lot->last &&
	    !park_find(lot->name, want))
		return want;

	m = memory_get(lot->name);
	no = free_from(lot, lot->findslot == PARK_NEXT && m ? m->last + 1
							     : lot->first);
	if (no && m)
		m->last = no;

	return no;
}


static bool is_before(const struct park_slot *x, const struct park_slot *y)
{
	int cmp = str_casecmp(x->lot, y->lot);

	return cmp < 0 || (!cmp && x->no < y->no);
}


static void insert(struct park_slot *s)
{
	struct le *le = slots.head;

	while (le && is_before(le->data, s))
		le = le->next;

	if (le)
		list_insert_before(&slots, le, &s->le, s);
	else
		list_append(&slots, &s->le, s);
}


int park_take(struct park_slot **slotp, struct call *call,
	      const struct park_lot *lot, uint32_t want)
{
	struct park_slot *s;
	uint32_t no;

	if (!slotp || !call || !lot)
		return EINVAL;

	no = choose(lot, want);
	if (!no)
		return ENOBUFS;

	s = mem_zalloc(sizeof(*s), slot_destructor);
	if (!s)
		return ENOMEM;

	s->call = call;
	s->no = no;
	s->since_ms = clock_ms();
	str_ncpy(s->lot, lot->name, sizeof(s->lot));
	str_ncpy(s->context, lot->context, sizeof(s->context));
	insert(s);
	changed(s);
	*slotp = s;

	return 0;
}


/* ---- lamps -------------------------------------------------------------- */

/* "701@parkedcalls" */
static enum devstate state_handler(const char *name, void *arg)
{
	struct pl rest, no;
	struct le *le;
	uint64_t n;

	(void)arg;
	pl_set_str(&rest, name);
	if (!pl_next(&no, &rest, '@') || num_decode(&n, &no, UINT32_MAX))
		return DEV_INVALID;

	LIST_FOREACH(&slots, le)
	{
		const struct park_slot *s = le->data;

		if (s->no == n && (!rest.l || !pl_strcmp(&rest, s->context)))
			return DEV_INUSE;
	}

	return DEV_NOT_INUSE;
}


void park_lot_keys(struct talk_keys *keys, const struct park_lot *lot)
{
	*keys = (struct talk_keys){
		.transfer = lot->transfers,
		.hangup = lot->hangup,
		.park = lot->reparking,
		.mix = lot->recording,
		.monitor = lot->recording,
	};
}


int park_init(void)
{
	list_init(&slots);
	list_init(&memories);

	return devstate_provide("park", state_handler, NULL);
}


/* Slots belong to their calls, which have ended by now */
void park_close(void)
{
	list_clear(&slots);
	list_flush(&memories);
}
