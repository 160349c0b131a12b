/**
 * @file config/peer.h  Peers and trunk groups of sip.conf
 *
 * As in config.h: read once, checked, read-only; a text that is not set is
 * NULL.
 */
#ifndef TANDEM_CONFIG_PEER_H
#define TANDEM_CONFIG_PEER_H

#include "base/compat.h"
#include "config/codec.h"
#include "config/finding.h"

struct config;


enum peer_type {
	PEER_TYPE_USER = 1, /* recognised by its From name, may call us */
	PEER_TYPE_PEER = 2, /* may register, be dialled, recognised by source */
	PEER_TYPE_FRIEND = PEER_TYPE_USER | PEER_TYPE_PEER,
};

enum config_transp {
	CONFIG_UDP = 0,
	CONFIG_TCP,
	CONFIG_TLS,
	CONFIG_WS,
	CONFIG_WSS,
	CONFIG_TRANSP_MAX
};

enum peer_insecure {
	INSECURE_PORT = 1,   /* source port does not matter for matching */
	INSECURE_INVITE = 2, /* calls are not challenged */
};

#define KEEPALIVE_AUTO UINT32_MAX /* of peer->keepalive_s */

enum peer_nat {
	NAT_FORCE_RPORT = 1,      /* answer to the packet's source */
	NAT_COMEDIA = 2,          /* media goes where it comes from */
	NAT_AUTO_FORCE_RPORT = 4, /* ... if Via host and source differ */
	NAT_AUTO_COMEDIA = 8,
};

enum peer_dtmf {
	DTMF_MODE_RFC2833 = 0, /* telephone-event (RFC 4733) */
	DTMF_MODE_INBAND,
	DTMF_MODE_INFO,
	DTMF_MODE_SHORTINFO,
	DTMF_MODE_AUTO,
};

enum peer_sendrpid {
	SENDRPID_NO = 0,
	SENDRPID_RPID, /* Remote-Party-ID */
	SENDRPID_PAI,  /* P-Asserted-Identity (RFC 3325) */
};

enum peer_trust_outbound {
	TRUST_OUTBOUND_LEGACY = 0,
	TRUST_OUTBOUND_NO,
	TRUST_OUTBOUND_YES,
};

enum peer_progress {
	PROGRESS_NO = 0,
	PROGRESS_NEVER,
	PROGRESS_YES,
};

/** RFC 4028 */
enum peer_timers {
	SESSION_ACCEPT = 0,
	SESSION_ORIGINATE,
	SESSION_REFUSE,
};

enum peer_refresher {
	REFRESHER_UAS = 0,
	REFRESHER_UAC,
};

enum peer_overlap {
	OVERLAP_YES = 0,
	OVERLAP_NO,
	OVERLAP_DTMF,
};

/** May it dial such numbers through a trunk? */
enum peer_allow {
	PEER_ALLOW_NO = 0,
	PEER_ALLOW_YES,
	PEER_ALLOW_UNSAID, /* while loading only */
};

/** Caller presentation; number value as in the Remote-Party-ID days */
enum {
	CALLINGPRES_ALLOWED = 0x00,
	CALLINGPRES_PASSED = 0x01,
	CALLINGPRES_FAILED = 0x02,
	CALLINGPRES_NETWORK = 0x03,
	CALLINGPRES_PROHIB = 0x20, /* added to one of the above */
	CALLINGPRES_UNAVAILABLE = 0x43,
};

/** auth= of a peer or of [authentication] */
struct auth_cred {
	struct le le;
	char *user;
	char *secret; /* plain text; NULL if md5 is set */
	char *md5;    /* HA1 in lower-case hex; NULL if secret is set */
	char *realm;
};

/** setvar= and [globals] */
struct var_def {
	struct le le;
	char *name;
	char *value; /* never NULL */
	struct conf_pos pos;
};

/** A name or number with optional port: host=, outboundproxy= ... */
struct host_port {
	char *host;         /* NULL if not set; without [] for IPv6 */
	struct sa sa;       /* set if host is an address (af != AF_UNSPEC) */
	uint16_t port;      /* 0 = not said */
	int transp;         /* enum config_transp, -1 = not said */
	bool force;         /* ",force" of outboundproxy */
};

/** One section of sip.conf that is a user, peer or friend */
struct peer {
	struct le le;  /* config->peers */
	struct le hle; /* config->peer_hash; use config_peer() */
	char *name;    /* section name, case-sensitive */
	struct conf_pos pos; /* where the section begins */

	/* identity and address */
	uint32_t type;          /* bits of enum peer_type */
	bool dynamic;           /* host=dynamic: address by REGISTER */
	struct host_port host;  /* static host; host.host NULL if dynamic */
	struct sa defaultip;    /* until it registers; unset: AF_UNSPEC */
	char *defaultuser;      /* defaultuser= or username= */
	char *secret;           /* NULL = not challenged */
	char *md5secret;        /* HA1, lower-case hex; wins over secret */
	char *sha256secret;     /* HA1 of RFC 8760 */
	char *remotesecret;     /* for our requests; else secret */
	struct list auth;       /* struct auth_cred */
	char *fromuser;
	char *fromdomain;       /* host[:port] */
	char *cid_name;         /* of callerid= / fullname= */
	char *cid_num;
	char *cid_tag;
	char *context;          /* never NULL after load */
	bool context_said;      /* the section has context= of its own */
	char *subscribecontext; /* NULL = context */
	char *messagecontext;
	uint32_t insecure;      /* bits of enum peer_insecure */
	struct list acl;        /* struct acl_rule: source of requests */
	struct list contactacl; /* struct acl_rule: host of Contact */
	struct list directmediaacl; /* struct acl_rule: accepted, not used */
	uint32_t nat;           /* bits of enum peer_nat */
	uint8_t transports[CONFIG_TRANSP_MAX]; /* first = outbound */
	size_t transportc;
	struct host_port outboundproxy;
	char *regexten;
	char *callbackextension;
	uint32_t maxcontacts;   /* bindings kept at a time, 1 = as chan_sip */
	bool weaksecret;        /* operator accepts a weak secret */
	const char *weak;       /* why the secret is weak: such a peer comes from
				 private addresses only; NULL: anywhere */
	char *description;

	/* media */
	struct codec_prefs codecs;
	enum peer_dtmf dtmfmode;
	bool directmedia;       /* accepted; media always passes Tandem */
	bool encryption;        /* SDES-SRTP wanted and required */
	bool encryption_32;     /* taglen 32 instead of 80 */
	enum peer_progress progressinband;
	bool videosupport;
	bool textsupport;
	bool preferred_codec_only;
	bool ignoresdpversion;
	bool rfc2833compensate;
	bool g726nonstandard;
	bool autoframing;
	bool t38;               /* t38pt_udptl: relay m=image */
	bool faxdetect_cng;
	bool faxdetect_t38;
	uint32_t maxcallbitrate; /* [kbit/s] */
	uint32_t rtptimeout_s;     /* 0 = off */
	uint32_t rtpholdtimeout_s; /* 0 = off */
	uint32_t rtpkeepalive_s;   /* 0 = off */

	/* signalling */
	uint32_t qualify_ms;     /* 0 = off, else slowest good answer */
	uint32_t qualifyfreq_s;
	uint32_t keepalive_s;    /* 0 = off: CRLF to the peer; or
				    KEEPALIVE_AUTO */
	enum peer_sendrpid sendrpid;
	bool trustrpid;
	enum peer_trust_outbound trust_id_outbound;
	bool rpid_update;
	bool rpid_immediate;
	bool usereqphone;
	int callingpres;         /* CALLINGPRES_...; -1 = not said */

	/* numbers toward it and from it: number.h */
	char *country;           /* NULL = that of the house */
	char *areacode;
	uint32_t dialstrip;      /* characters */
	char *dialprefix;
	uint32_t dialformat;     /* enum number_form, as all of these */
	uint32_t callerformat;
	char *callerbase;
	uint32_t indialformat;
	uint32_t incallerformat;
	char *incallerprefix;

	bool promiscredir;
	enum peer_timers session_timers;
	uint32_t session_expires_s;
	uint32_t session_minse_s;
	enum peer_refresher session_refresher;
	enum peer_overlap allowoverlap;
	bool allowtransfer;
	bool transfer_said;      /* the operator wrote allowtransfer= */
	bool allowsubscribe;
	bool send_diversion;
	bool send_history;
	bool supportpath;
	uint32_t timert1_ms;
	uint32_t timerb_ms;      /* 0 = 64 * T1 */
	uint32_t maxforwards;

	/* features and accounting */
	uint32_t call_limit;     /* 0 = none, after load */
	uint32_t busylevel;      /* 0 = none */
	uint32_t international;  /* PEER_ALLOW_...; YES or NO after load */
	uint32_t premium;
	uint32_t calls_per_minute; /* to trunks; 0 = none, after load */
	uint32_t minutes_per_day;  /* abroad and premium; 0 = none, after load */
	bool callcounter;
	bool record_mandatory;   /* no call of his without its recording */
	uint64_t callgroup;      /* bit n = group n */
	uint64_t pickupgroup;
	char *namedcallgroup;    /* comma list */
	char *namedpickupgroup;
	char *mailbox;           /* comma list box@context */
	bool subscribemwi;
	char *unsolicited_mailbox;
	char *vmexten;
	char *language;          /* never NULL after load */
	char *tonezone;
	char *mohinterpret;
	char *mohsuggest;
	char *parkinglot;
	char *accountcode;
	char *amaflags;          /* "default" "omit" "billing" ... */
	struct list setvars;     /* struct var_def */
	struct list headers;     /* struct var_def: header= name, value */
};

/** A line of a trunk group */
struct trunk_member {
	struct le le;
	char *name;
	const struct peer *peer; /* of the same configuration; after load */
	uint32_t order;          /* lower ones first */
	uint32_t weight;         /* share among those of one order */
	uint32_t limit;          /* calls at a time; 0 = none */
	struct conf_pos pos;
};

/** Lines that stand in for each other: [name](trunk) */
struct trunk {
	struct le le; /* config->trunks */
	char *name;
	char *description;
	struct conf_pos pos;
	struct list members;   /* struct trunk_member, by order */
	uint32_t timeout_s;    /* to the first answer */
	uint32_t failover[13]; /* bit n: status 300 + n leads on */
	uint32_t ramp_s;       /* 0 = at once */
	uint32_t probe_s;
};

/** Find a peer by section name (case-sensitive); NULL if there is none */
const struct peer *config_peer(const struct config *cfg, const char *name);

/** As config_peer(), for a name that is not NUL-terminated */
const struct peer *config_peer_pl(const struct config *cfg,
				  const struct pl *name);

/** Find a trunk group by its name (case-sensitive); NULL if there is none */
const struct trunk *config_trunk(const struct config *cfg, const char *name);

/** Does this answer lead on to the next line of the group? */
bool trunk_moves_on(const struct trunk *t, uint16_t scode);

/** Name of a transport: "udp" ... */
const char *config_transp_name(enum config_transp tp);

#endif
