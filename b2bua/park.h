/**
 * @file b2bua/park.h  Parking slots: who stands where
 *
 * Signalling thread.  A slot belongs to the Park step of the call that stands
 * there: it is free again when the step lets go of its reference, however it
 * ends.  `park:701@parkedcalls` is the state of a slot for lamps.
 */
#ifndef TANDEM_B2BUA_PARK_H
#define TANDEM_B2BUA_PARK_H

#include "b2bua/fork.h"

/** A slot that is taken; read only */
struct park_slot {
	struct le le;
	struct call *call;     /* whose caller stands there; no reference */
	char lot[80];
	char context[128];
	uint32_t no;
	char parker[96];       /* channel of who has parked it, "" unknown */
	uint64_t since_ms;     /* clock_ms */
	uint64_t until_ms;     /* it comes back then; 0 never */
};

int park_init(void);
void park_close(void);

/**
 * Take a slot
 *
 * @param want  This one if it is free; 0 as findslot= says
 *
 * @return 0, ENOBUFS all are taken, ENOMEM.  mem_deref() gives it back
 */
int park_take(struct park_slot **slotp, struct call *call,
	      const struct park_lot *lot, uint32_t want);

/** Who stands in a slot; NULL nobody.  no 0: in the lowest one */
struct park_slot *park_find(const char *lot, uint32_t no);

/** The lot for a call: this name, else CHANNEL(parkinglot), else default.
 *  NULL if there is none of that name */
const struct park_lot *park_lot(const struct call *call, const char *name);

/** Who may do what once a call was taken: the caller is who has taken it, the
 *  callee who was parked */
void park_lot_keys(struct talk_keys *keys, const struct park_lot *lot);

/** All slots, by lot and number: struct park_slot */
const struct list *park_slots(void);

#endif
