/**
 * @file b2bua/natview.h  What a phone's messages tell of the way between us
 *
 * Signalling thread; pure but for nat_report.  A message has the addresses
 * that its sender wrote into it and the one that it came from: where they
 * differ something stands between, and where they contradict each other
 * something on the way has rewritten some of them (an ALG).
 */
#ifndef TANDEM_B2BUA_NATVIEW_H
#define TANDEM_B2BUA_NATVIEW_H

#include "sip/sip.h"

struct sdpm;

/** Addresses of a REGISTER; unset: a name was written there, or nothing */
struct nat_reg {
	bool any;
	enum sx_tp tp;
	struct sa src;      /* where it came from */
	struct sa via;      /* its topmost Via */
	struct sa contact;
	struct sa callid;   /* "...@192.168.1.5", without a port */
	bool rport;         /* it asks for answers at its source */
	bool received;      /* somebody wrote received= before us */
	uint16_t vias;
};

/** Addresses of a session description */
struct nat_sdp {
	bool any;
	struct sa src;      /* where its message came from */
	struct sa c, o;     /* c= with the port of m=, and o= */
};

/** Signs of something that rewrites messages */
enum nat_sign {
	NAT_SIGN_CONTACT = 1 << 0, /* Contact public, Via private */
	NAT_SIGN_VIA     = 1 << 1, /* Via public, Contact private */
	NAT_SIGN_CALLID  = 1 << 2, /* all public but the Call-ID */
	NAT_SIGN_SDP     = 1 << 3, /* SDP public, headers private */
	NAT_SIGN_HEADERS = 1 << 4, /* headers public, SDP private */
	NAT_SIGN_ORIGIN  = 1 << 5, /* c= public, o= private, or reverse */
	NAT_SIGN_PROXY   = 1 << 6, /* more than one Via, or received= */
	NAT_SIGN_ECHO    = 1 << 7, /* answers to other headers than ours */
	NAT_SIGN_BAD     = 1 << 8, /* damaged messages from its address */
};

enum nat_kind {
	NAT_KIND_NONE,      /* nothing between, as far as is seen */
	NAT_KIND_KEEPS,     /* a NAT, the port is the phone's own */
	NAT_KIND_CHANGES,   /* a NAT that gives other ports */
	NAT_KIND_SYMMETRIC, /* ... another one to each that is sent to */
	NAT_KIND_STREAM,    /* a NAT, reached over the phone's connection */
};

/** All that is known; part of a binding */
struct nat_seen {
	struct nat_reg reg;
	struct nat_sdp sdp;
	struct sa rtp;      /* where its audio came from, unset not yet */
	bool learned;       /* it wrote its private address at first and the
			       public one later: the phone does that */
	bool echo;          /* NAT_SIGN_ECHO */
	uint32_t bad;       /* damaged messages */
	char bad_why[64];
	uint32_t moves;     /* times that its port or address changed */
	bool told;          /* the log has that something rewrites it */
};

/** Take the addresses out of a REGISTER with this Contact */
void nat_reg_read(struct nat_reg *r, const struct sx_msg *msg,
		  const struct sx_uri *contact);

/** A newer REGISTER of the same phone; keeps what was seen otherwise */
void nat_seen_register(struct nat_seen *seen, const struct nat_reg *r);

/** True if the phone is behind a NAT: Via or Contact are not the source */
bool nat_reg_is_natted(const struct nat_reg *r);

enum nat_kind nat_kind(const struct nat_seen *seen);
uint32_t nat_signs(const struct nat_seen *seen); /* enum nat_sign */

/** Say in the log, once for each phone, that something rewrites its messages;
 *  after each thing that was noted.  A proxy that writes its Via is none */
void nat_suspect(struct nat_seen *seen, const char *peer, const struct sa *at);

/** One plain sentence on a sign: what was seen */
const char *nat_sign_text(enum nat_sign sign);

/** Print what is known of a peer's devices and what to do, a sentence a line,
 *  each begun by `indent` */
struct nat_print {
	const char *indent;
	const char *peer;
};
int nat_report_print(struct re_printf *pf, const struct nat_print *p);

/** A description of a phone in a dialog was taken */
void nat_note_sdp(const char *peer, const struct sa *src,
		  const struct sdpm *sdp);

/** Its audio was heard from here */
void nat_note_rtp(const char *peer, const struct sa *sip_src,
		  const struct sa *rtp);

/** A damaged message came from this address: is a phone there? */
void nat_note_bad(const struct sa *src, const char *why);

/** The answer to an OPTIONS of ours: does its To have the URI that was asked,
 *  which is the Contact of the phone that answers? */
void nat_note_echo(const char *peer, const struct sx_msg *msg);

#endif
