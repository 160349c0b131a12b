/**
 * @file b2bua/cdr.h  The record of a call
 *
 * Signalling thread.  The call owns it; written exactly once, by cdr_put(),
 * when the call is forgotten.  Everything before only notes.
 */
#ifndef TANDEM_B2BUA_CDR_H
#define TANDEM_B2BUA_CDR_H

#include "b2bua/fork.h"

/** Begin: start time, sequence */
int cdr_alloc(struct cdr **cdrp);

/** A step of the plan: last application, its arguments, the extension */
void cdr_step(struct call *call, const char *app, const char *data);

/** The caller has been answered */
void cdr_answered(struct call *call);

/** A leg was placed, or has answered */
void cdr_dialed(struct call *call, const char *channel);

/** A line carries it: group NULL if it was dialled directly */
void cdr_trunk(struct call *call, const char *group, const char *peer);

/** What a Dial came to */
void cdr_result(struct call *call, enum dial_status status, uint16_t scode);

/** Who ended it: "caller", "callee" or "tandem"; the first one counts.  The
 *  end time is noted too */
void cdr_end(struct call *call, const char *by, uint8_t cause);

/** Who ended it, "" nobody yet */
const char *cdr_hangup_by(const struct call *call);

/** SIP status of the last leg that failed, 0 none */
uint16_t cdr_sip_code(const struct call *call);

/** Begin anew: start and answer are now; keep: the names of the user's own and
 *  userfield stay */
void cdr_reset(struct call *call, bool keep);

/** State of a recording, also told to the store */
void cdr_recording(struct call *call, const char *state, const char *path,
		   const char *why, uint64_t duration_ms);

/** ... of a recording that may outlive the call (a conference's): to the store
 *  alone, by the call's uniqueid */
void cdr_recording_of(const char *uniqueid, const char *state,
		      const char *path, const char *why,
		      uint64_t duration_ms);

void cdr_recording_of_moved(const char *uniqueid, const char *from);

/** A recording got another name: forget the one that was noted first */
void cdr_recording_moved(struct call *call, const char *from);

/** Hand it to the store (once; later calls do nothing) */
int cdr_put(struct call *call);

/** Print a field by Asterisk's name; raw: times as seconds.micro, disposition
 *  and flags as numbers.  ENOENT if there is no such field */
int cdr_read(struct mbuf *out, struct call *call, const char *field,
	     bool raw);

/** Set accountcode, userfield, amaflags, peeraccount or a name of the user's
 *  own; EPERM for the others */
int cdr_write(struct call *call, const char *field, const char *value,
	      bool tainted);

#endif
