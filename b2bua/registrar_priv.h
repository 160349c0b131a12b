/**
 * @file b2bua/registrar_priv.h  The inside of the registrar, for registrar*.c
 *
 * Signalling thread.  What is read points into the message.
 */
#ifndef TANDEM_B2BUA_REGISTRAR_PRIV_H
#define TANDEM_B2BUA_REGISTRAR_PRIV_H

#include "b2bua/location.h"

enum { REG_CONTACTS_MAX = 16 };

/** What a REGISTER asks for */
struct reg_req {
	const struct sx_msg *msg;
	const struct peer *peer;
	struct sx_addr contactv[REG_CONTACTS_MAX];
	size_t contactc;
	bool star;
	bool has_expires;    /* header */
	bool outbound;       /* a flow is kept (RFC 5626) */
	uint32_t reg_id;
	uint32_t expires_s;
	const char *bad;
};

/** Texts of one Contact */
struct reg_strings {
	char *contact, *agent, *callid, *instance, *path;
	char user[256];
};

/** One Contact, as it will be known */
struct reg_entry {
	struct reg_strings s;
	struct binding_params prm; /* borrows from s */
};

/** Read Contact and Expires of r->msg.  EBADMSG: r->bad says why */
int reg_req_decode(struct reg_req *r);

/** Read what it says of a flow (RFC 5626): 0, or the status that refuses it.
 *  After reg_req_decode() */
uint16_t reg_flow_decode(struct reg_req *r);

/** False for our own address, that of a static host, and by contactdeny= */
bool reg_contact_allowed(const struct reg_req *r, const struct sx_addr *c);

/** Make an entry of a Contact.  ENOMEM.  In either case reset it */
int reg_entry_take(struct reg_entry *e, const struct reg_req *r,
		   const struct sx_addr *c);
void reg_entry_reset(struct reg_entry *e);

#endif
