/**
 * @file config/config.h  The configuration as checked, read-only structs
 *
 * Signalling thread.  config_load() reads sip.conf, extensions.conf and their
 * companions once into a `struct config`; nobody changes it afterwards.  A
 * reload builds a second one.  It is refcounted: whoever keeps a pointer into
 * it (a call keeps its peers, a plan its dialplan) holds a reference to the
 * struct config.
 *
 * Conventions: a text that is not set is NULL.  Peers have their defaults from
 * [general] already merged in, so nobody looks in two places.  Times carry
 * their unit in the name.  Lists are libre's, in the order of the file.
 */
#ifndef TANDEM_CONFIG_CONFIG_H
#define TANDEM_CONFIG_CONFIG_H

#include "base/compat.h"
#include "base/log.h"
#include "config/finding.h"

struct hash;
struct conf_file;
struct sipd_conf;


/* --- codecs -------------------------------------------------------------- */

enum codec_media {
	CODEC_AUDIO,
	CODEC_VIDEO,
	CODEC_TEXT,
	CODEC_IMAGE,
};

/** One codec that allow= may name; static table */
struct config_codec {
	const char *name;        /* Asterisk's: "ulaw" */
	const char *rtpname;     /* RTP's: "PCMU" (RFC 3551); NULL if none */
	enum codec_media media;
	uint32_t srate;          /* RTP clock [Hz] */
	uint8_t ch;              /* channels */
	int pt;                  /* static payload type, -1 if dynamic */
	bool in_all;             /* part of allow=all */
};

/** Look a codec up by Asterisk's name, case ignored; NULL if unknown */
const struct config_codec *config_codec_find(const struct pl *name);
const struct config_codec *config_codec_at(size_t i); /* NULL at the end */
uint8_t config_codec_no(const struct config_codec *codec); /* its i, above */

enum { CODEC_PREFS_MAX = 48 };

/** What disallow/allow came to, best first.  Every leg has some: by number */
struct codec_prefs {
	struct {
		uint8_t no;       /* of config_codec_at() */
		uint8_t ptime_ms; /* 0 = not said */
	} v[CODEC_PREFS_MAX];
	size_t n;
};

/** The i-th codec, i < prefs->n */
const struct config_codec *codec_prefs_at(const struct codec_prefs *prefs,
					  size_t i);

/** Keep only the codecs of a list such as "alaw,g722", in its order.  False and
 *  unchanged if none of them is among them */
bool codec_prefs_narrow(struct codec_prefs *prefs, const char *names);


/* --- peers --------------------------------------------------------------- */

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

/** One register => line (chan_sip's long form) */
struct reg_line {
	struct le le;     /* config->regs */
	struct conf_pos pos;
	char *peer;       /* peer? prefix; NULL */
	int transp;       /* enum config_transp */
	bool transp_said; /* the line names it; else the peer's */
	char *user;       /* user of our address of record */
	char *domain;     /* its domain; NULL = host */
	uint16_t domain_port; /* 0 = not said */
	char *secret;     /* NULL = none */
	char *authuser;   /* NULL = user */
	char *host;       /* registrar */
	uint16_t port;    /* 0 = not said: SRV, then 5060/5061 */
	char *exten;      /* user of our Contact, "s" if not said */
	uint32_t expiry_s;
};

/** domain=name[,context] */
struct config_domain {
	struct le le;
	char *name;
	char *context; /* NULL */
};


/* --- [general] of sip.conf and the companions ---------------------------- */

struct general {
	/* where we listen; port 0 = not enabled */
	struct sa udp;
	struct sa tcp;
	struct sa tls;
	uint16_t bindport; /* as written, 0 = not; already in `udp` */
	bool tcpenable;
	bool tlsenable;
	char *tlscertfile;
	char *tlsprivatekey; /* NULL = in tlscertfile */
	char *tlscafile;
	char *tlscapath;
	char *tlscipher;
	bool tlsdontverifyserver;
	bool srvlookup;
	uint32_t tcpauthtimeout_s;
	uint32_t tcpauthlimit;

	/* who we are */
	char *realm;
	bool domainsasrealm;
	struct list domains; /* struct config_domain */
	bool autodomain;
	bool allowexternaldomains;
	char *callerid;      /* From user if there is none */
	char *useragent;     /* "" = no header */
	char *sdpsession;
	char *sdpowner;
	struct host_port externaddr;
	struct host_port externhost;
	uint32_t externrefresh_s;
	uint16_t externtcpport;
	uint16_t externtlsport;
	struct list localnet; /* struct acl_rule */
	bool matchexternaddrlocally;
	struct sa media_address; /* AF_UNSPEC if not set */
	struct sa rtpbindaddr;   /* AF_UNSPEC if not set */

	/* who may */
	bool allowguest;
	bool alwaysauthreject;
	bool match_auth_username;
	bool auth_options_requests;
	bool autocreatepeer;  /* refused: always false */
	bool dynamic_exclude_static;
	bool legacy_useroption_parsing;
	bool accept_outofcall_message;
	char *outofcall_message_context;
	bool auth_message_requests;
	struct list auth;     /* struct auth_cred of [authentication] */

	/* registrar and registrations */
	uint32_t maxexpiry_s;
	uint32_t minexpiry_s;
	uint32_t defaultexpiry_s;
	uint32_t submaxexpiry_s;
	uint32_t subminexpiry_s;
	uint32_t mwiexpiry_s;
	uint32_t registertimeout_s;
	uint32_t registerattempts; /* 0 = for ever */
	bool register_retry_403;
	char *regcontext;
	bool regextenonqualify;
	bool ignoreregexpire;
	uint32_t qualifygap_ms;
	uint32_t qualifypeers;

	/* the wire */
	bool pedantic;
	bool compactheaders;
	bool use_q850_reason;
	bool prematuremedia;
	bool shrinkcallerid;
	bool relaxdtmf;
	uint8_t tos_sip;   /* the whole TOS byte */
	uint8_t tos_audio;
	uint8_t tos_video;
	uint8_t tos_text;
	uint32_t cos_sip;
	uint32_t cos_audio;
	uint32_t cos_video;
	uint32_t cos_text;
	uint32_t t1min_ms;

	/* lamps and messages */
	bool notifyringing;
	bool notifyhold;
	bool notifycid;
	char *notifymimetype;
	bool sipdebug;
	struct list mwi; /* struct var_def: mwi= lines, accepted, not used */
};

/** rtp.conf */
struct rtp_conf {
	uint16_t start;      /* first port */
	uint16_t end;        /* last port */
	bool strictrtp;      /* no = ranks are the same, see media/learn.c */
	uint32_t probation;  /* packets */
	uint32_t dtmftimeout; /* [RTP clock units] */
	struct conf_pos pos;
};

/** A class of musiconhold.conf */
struct moh_class {
	struct le le;
	char *name;
	char *mode;        /* "files", "playlist", "custom" ... */
	char *directory;   /* as written; relative to sounds/.. by the user */
	char *sort;        /* "random", "alpha", "randstart"; NULL = as found */
	char *application; /* of mode=custom: never executed */
	char *format;
	struct list entries; /* struct var_def: entry= of mode=playlist */
	struct conf_pos pos;
};

/** tandem.conf; paths are absolute or start at the configuration directory,
 *  already joined */
struct dirs {
	char *run;    /* console socket, pid */
	char *state;  /* tandem.db */
	char *spool;  /* recordings, voicemail */
	char *sounds; /* prompts, one folder per language; several directories
			 may stand here with ':' between, first hit wins */
	char *moh;    /* default directory of music on hold */
	char *agi;    /* programs of AGI() */
	char *log;    /* log file of loglevel; NULL = stderr */
};

/** tandem.conf, [sipd]: for a sip.conf of sipd */
struct sipd_opts {
	char *country;   /* digits */
	char *city;
	uint32_t ring_s;
};

enum { NAMESERVERS_MAX = 4 };

struct tandem_conf {
	enum log_level loglevel;
	enum log_format logformat;
	char *logfile;         /* joined with dirs.log; NULL = stderr */
	uint32_t threads;      /* media threads; 0 = by the machine */
	uint32_t maxcalls;     /* 0 = no limit */
	bool record_mono;      /* recordings mixed to one channel */
	uint32_t record_lowwater; /* [%] free, else none begins; 0 off */
	bool record_mandatory; /* no call without its recording */
	bool allowsystem;      /* System, SHELL ... may run programs */
	uint32_t systemtimeout_s; /* ... for so long */
	char *systemname;
	char *runuser, *rungroup; /* started as root: become them; NULL the
				     owner of dirs.state */
	struct sa nameservers[NAMESERVERS_MAX]; /* with port */
	size_t nameserverc;    /* 0 = those of the system */
};

enum { GUARD_BANS_MAX = 4 };

/** tandem.conf, [guard] */
struct guard_conf {
	bool enable;
	struct list allow;     /* struct acl_rule: never limited or banned */
	char *scanners;        /* comma list: parts of a User-Agent */
	uint32_t rate;         /* of a stranger's address [1/s] */
	uint32_t rate_net;     /* of its network, /24 or /64 [1/s] */
	uint32_t rate_all;     /* of all strangers [1/s] */
	uint32_t failures;     /* in a minute, then a ban */
	uint32_t ban_s[GUARD_BANS_MAX]; /* first, second ... ban */
	size_t banc;
	char *nft;             /* "family table set"; NULL = off */
	char *country;         /* for what is international; NULL = not said */
	char *premium;         /* comma list of prefixes; NULL = country's */
};


/* --- followme.conf ------------------------------------------------------- */

/** What [general] says for all, and a person's section for itself */
struct followme_opts {
	char *musicclass;      /* NULL = the call's */
	char *context;         /* where the numbers are dialled */
	char *takecall;        /* keys of the callee: "1" */
	char *declinecall;     /* "2" */
	bool callee_prompt;    /* he is asked at all */
	uint32_t digit_ms;     /* ... and has so long for his keys */
	char *call_from;       /* prompts */
	char *norecording;
	char *options;
	char *hold;
	char *status;
	char *sorry;
	char *connecting;      /* NULL none */
};

/** A line number => */
struct followme_number {
	struct le le;          /* followme->numbers, by ascending order */
	char *numbers;         /* with '&' between */
	uint32_t timeout_s;
	uint32_t order;        /* those with the same one ring together */
	struct conf_pos pos;
};

/** A person */
struct followme {
	struct le le;          /* followme_conf->list */
	char *name;
	struct followme_opts opts;
	struct list numbers;   /* struct followme_number */
	struct conf_pos pos;
};

struct followme_conf {
	struct followme_opts opts; /* of [general] */
	struct list list;          /* struct followme */
};


/** tandem.conf, [forward] */
struct forward_conf {
	bool codes;            /* star codes of phones */
	char *all;             /* "*72"; NULL = none */
	char *missed;          /* busy and no answer */
	char *busy;
	char *noanswer;
	char *cancel;          /* all of them */
	char *dnd;
	char *dnd_off;
	uint32_t noanswer_s;   /* a phone rings so long before it */
};

/** Context of the star codes: a phone reaches it with what its own context
 *  does not have */
#define CONFIG_STAR_CONTEXT "tandem-star"


/* --- voicemail.conf ------------------------------------------------------ */

/** What [general] says for all mailboxes and a mailbox for itself */
struct vm_opts {
	bool attach;          /* the message goes with the mail */
	bool del;             /* delete=: mailed messages are not kept */
	bool saycid;          /* the caller's number before a message */
	bool envelope;        /* date and time before a message */
	bool review;          /* callers may listen and record again */
	bool oper;            /* operator=: 0 leads to extension o */
	bool hidefromdir;     /* Directory() does not find it */
	bool forcename, forcegreetings; /* a new owner must record them */
	bool tempgreetwarn;   /* tell the owner of a temporary greeting */
	bool sayduration;     /* say how long a message is ... */
	bool nextaftercmd;    /* 7 and 9 go on with the next message */
	bool messagewrap;     /* ... after the last one the first */
	uint32_t saydurationm; /* ... from so many minutes on */
	uint32_t maxmsg;      /* of a folder */
	uint32_t maxsecs;     /* of a message; 0 = no limit */
	uint32_t minsecs;
	char *tz;             /* a zone of [zonemessages], or of the system;
				 NULL = the system's own */
	char *serveremail;
	char *exitcontext;    /* of the extensions o and a; NULL = the call's */
	char *language;       /* of the mailbox's owner; NULL = the call's */
	char *dialout;        /* context of calls from the menu; NULL none */
	char *callback;       /* ... to who left a message; NULL none */
};

/** One mailbox */
struct vm_box {
	struct le le;    /* vm_conf->boxes, in file order */
	struct le hle;
	char *context;
	char *name;      /* "100"; as context a plain word, safe in a path */
	char *pin;       /* "" = nobody may log in */
	bool pin_fixed;  /* written as -1234: its owner may not change it */
	char *fullname;  /* NULL */
	char *email;     /* several with '|' between; NULL */
	char *pager;     /* a short mail without attachment; NULL */
	struct vm_opts opts;
	struct conf_pos pos;
};

struct vm_conf {
	bool said;              /* there is a voicemail.conf */
	struct vm_opts opts;    /* of [general] */
	uint32_t maxsilence_s;  /* ends a message; 0 = off */
	uint32_t maxgreet_s;    /* 0 = no limit */
	uint32_t maxlogins;
	uint32_t minpin;        /* digits of a new PIN */
	bool moveheard;         /* heard messages go to Old */
	char *mailcmd;          /* program and arguments; no shell reads it */
	char *externnotify;     /* as mailcmd; NULL = none */
	char *fromstring;
	char *subject;          /* NULL = ours */
	char *body;
	char *dateformat;
	struct list zones;      /* struct var_def: name, "TZ|format" */
	struct list boxes;      /* struct vm_box */
	struct hash *hash;      /* the same by name; use config_vm_box() */
};


/* --- queues.conf, queuerules.conf ---------------------------------------- */

/** Which member rings next */
enum queue_strategy {
	QUEUE_RINGALL = 0,
	QUEUE_LEASTRECENT,
	QUEUE_FEWESTCALLS,
	QUEUE_RANDOM,
	QUEUE_RRMEMORY,  /* goes on behind the one who was rung last */
	QUEUE_RRORDERED, /* ... the same: our order is always the file's */
	QUEUE_LINEAR,    /* from the first one for each caller */
	QUEUE_WRANDOM,   /* a low penalty makes it likelier */
};

/** joinempty, leavewhenempty: such a member counts as nobody */
enum queue_empty {
	QUEUE_EMPTY_PENALTY = 1, /* its penalty is not the caller's */
	QUEUE_EMPTY_PAUSED = 2,
	QUEUE_EMPTY_INUSE = 4,
	QUEUE_EMPTY_RINGING = 8,
	QUEUE_EMPTY_UNAVAILABLE = 16,
	QUEUE_EMPTY_INVALID = 32,
	QUEUE_EMPTY_UNKNOWN = 64,
	QUEUE_EMPTY_WRAPUP = 128,
};

enum queue_say_pos {
	QUEUE_POS_NO = 0,
	QUEUE_POS_YES,
	QUEUE_POS_LIMIT, /* only if it is not beyond the limit */
	QUEUE_POS_MORE,  /* beyond the limit: "more than" */
};

enum queue_say_hold {
	QUEUE_HOLD_NO = 0,
	QUEUE_HOLD_YES,
	QUEUE_HOLD_ONCE,
};

enum queue_autopause {
	QUEUE_PAUSE_NO = 0,
	QUEUE_PAUSE_YES, /* in this queue */
	QUEUE_PAUSE_ALL, /* in all */
};

/** timeoutpriority */
enum queue_timeout {
	QUEUE_TIMEOUT_APP = 0, /* of Queue() */
	QUEUE_TIMEOUT_CONF,
};

/** member => of a queue */
struct queue_member_conf {
	struct le le;      /* queue_conf->members, in file order */
	char *iface;       /* "SIP/1001" */
	char *name;        /* NULL = iface */
	char *state_iface; /* device whose state counts; NULL = iface */
	uint32_t penalty;
	int ringinuse;     /* 1, 0; -1 = as the queue */
	int wrapup_s;      /* -1 = as the queue */
	bool paused;
	struct conf_pos pos;
};

/** Names of prompts; "" = not said */
struct queue_sounds {
	char *youarenext, *thereare, *callswaiting, *quantity1, *quantity2;
	char *holdtime, *minute, *minutes, *seconds, *thankyou, *reporthold;
	char *callerannounce; /* to the caller before the talk; NULL */
};

struct queue_conf {
	struct le le; /* queues_conf->queues, in file order */
	char *name;
	struct conf_pos pos;
	struct list members; /* struct queue_member_conf */

	enum queue_strategy strategy;
	char *musicclass;    /* NULL = the call's */
	uint32_t timeout_s;  /* a member rings so long; 0 = until the end */
	uint32_t retry_s;    /* pause between two rounds */
	uint32_t maxlen;     /* 0 = no limit */
	uint32_t wrapup_s;
	uint32_t weight;
	uint32_t servicelevel_s; /* 0 = not counted */
	enum queue_autopause autopause;
	uint32_t autopausedelay_s;
	bool autopausebusy, autopauseunavail;
	bool autofill;
	uint32_t joinempty, leavewhenempty; /* bits of enum queue_empty */
	bool ringinuse;
	bool timeoutrestart;
	enum queue_timeout timeout_prio;
	uint32_t penaltymemberslimit;
	char *defaultrule;   /* NULL */
	char *context;       /* where a digit leads; NULL */
	char *membergosub, *membermacro; /* NULL */

	/* what is said to whom waits */
	uint32_t announce_s; /* announce-frequency, 0 = off */
	uint32_t minannounce_s;
	uint32_t round_s;    /* announce-round-seconds, 0 = minutes only */
	enum queue_say_pos say_pos;
	uint32_t say_pos_limit;
	bool say_pos_up;     /* announce-position-only-up */
	enum queue_say_hold say_hold;
	bool say_first;      /* announce-to-first-user */
	char *periodic;      /* periodic-announce: "a,b&c" */
	uint32_t periodic_s; /* 0 = off */
	uint32_t periodic_start_s; /* before the first one */
	bool periodic_random, periodic_relative;
	struct queue_sounds sounds;

	/* what is said to whom answers */
	char *announce;      /* NULL */
	bool reportholdtime;
	uint32_t memberdelay_s;

	bool setinterfacevar, setqueuevar, setqueueentryvar;
	char *monitor_format; /* NULL = not recorded */
	bool log_restricted_cid;
};

/** penaltychange => of a rule */
struct queue_rule_step {
	struct le le;      /* queue_rule->steps, by time */
	uint32_t after_s;
	struct queue_change {
		bool said, relative;
		int32_t value;
	} max, min, raise;
};

struct queue_rule {
	struct le le; /* queues_conf->rules */
	char *name;
	struct list steps; /* struct queue_rule_step */
	struct conf_pos pos;
};

struct queues_conf {
	bool persistentmembers;
	bool keepstats;
	bool shared_lastcall;
	bool autofill;      /* default of the queues */
	bool log_membername;
	bool log_cid_name;
	bool updatecdr;
	bool longest_first; /* force_longest_waiting_caller */
	struct list queues; /* struct queue_conf */
	struct list rules;  /* struct queue_rule */
};


/* --- features.conf, res_parking.conf ------------------------------------- */

enum { FEATURE_KEYS_MAX = 11 }; /* longest sequence of keys */

/** Who may press something or hears it; bits */
enum feature_side {
	FEATURE_NOBODY = 0,
	FEATURE_CALLER = 1,
	FEATURE_CALLEE = 2,
	FEATURE_BOTH = 3,
};

/** A line of [applicationmap] */
struct feature_app {
	struct le le;    /* features_conf->apps */
	char *name;
	char *keys;
	bool peer;       /* runs on the other side, not on who has pressed */
	uint32_t by;     /* enum feature_side: who may press it */
	char *app;
	char *args;      /* never NULL */
	char *music;     /* class that the other side hears; NULL none */
	struct conf_pos pos;
};

/** Features that DYNAMIC_FEATURES can name as one */
struct feature_group {
	struct le le;    /* features_conf->groups */
	char *name;
	struct list members; /* struct var_def: name, keys of its own or "" */
};

struct features_conf {
	uint32_t transferdigit_s;
	uint32_t featuredigit_ms;
	uint32_t attempts;       /* at a number to transfer to */
	char *xfersound;         /* files; NULL none */
	char *xferfailsound;
	char *transferannounce;
	char *retrysound;
	char *courtesytone;
	char *recordingfailsound;
	char *pickupexten;       /* NULL: none */
	char *pickupsound;
	char *pickupfailsound;
	uint32_t atxfernoanswer_s;
	bool atxferdropcall;
	uint32_t atxferloopdelay_s;
	uint32_t atxfercallbackretries;
	char *atxferabort;       /* keys; NULL none */
	char *atxfercomplete;
	char *atxferthreeway;
	char *atxferswap;

	/* [featuremap]: keys; NULL none */
	char *blindxfer, *atxfer, *disconnect, *parkcall;
	char *automon, *automixmon;

	struct list apps;        /* struct feature_app */
	struct list groups;      /* struct feature_group */
};

enum { PARK_SLOTS_MAX = 1000 }; /* of a lot */

/** A parking lot */
struct park_lot {
	struct le le;            /* config->lots, in file order */
	char *name;
	struct conf_pos pos;
	char *parkext;           /* number that parks; NULL none */
	bool exclusive;          /* ... always here */
	uint32_t first, last;    /* slots */
	char *context;           /* of both */
	bool hints;
	uint32_t parkingtime_s;  /* 0: for ever */
	int findslot;            /* PARK_FIRST, PARK_NEXT */
	bool comebacktoorigin;
	uint32_t comebackdial_s;
	char *comebackcontext;
	char *music;             /* class; NULL: the call's */
	char *courtesytone;      /* NULL: none */
	int play;                /* who hears it: PARK_PLAY_... */

	/* who of both may, once it was taken: the caller is who has taken it,
	 * the callee who was parked */
	int transfers, reparking, hangup, recording;
};

enum {
	PARK_FIRST,
	PARK_NEXT,
};


/* --- extensions.conf ----------------------------------------------------- */

/** One step */
struct dp_prio {
	struct le le;     /* dp_exten->prios, ascending by prio */
	uint32_t prio;    /* from 1 */
	char *label;      /* NULL */
	char *app;        /* as written */
	char *args;       /* between the parentheses, never NULL */
	struct conf_pos pos; /* of the application's name */
};

/** One extension of a context: (name, cid) is unique in it */
struct dp_exten {
	struct le le;     /* dp_context->extens, in file order */
	struct le hle;
	char *name;       /* "100", "_9XX." (with the '_'), "s" */
	bool pattern;     /* name starts with '_' */
	char *cid;        /* caller number or _pattern; NULL = any caller;
			     "" = only calls without number */
	char *hint;       /* devices of the hint; NULL */
	struct list prios; /* struct dp_prio */
	struct conf_pos pos;
};

struct dp_include {
	struct le le;
	char *name;     /* context */
	char *timespec; /* "9:00-17:00,mon-fri,*,*"; NULL = always */
	struct conf_pos pos;
};

struct dp_switch {
	struct le le;
	char *kind; /* "switch", "lswitch", "eswitch" */
	char *data;
	struct conf_pos pos;
};

struct dp_context {
	struct le le;  /* dialplan->contexts, in file order */
	struct le hle; /* use dialplan_context() */
	char *name;    /* case-sensitive */
	struct conf_pos pos;
	struct list extens;     /* struct dp_exten */
	struct hash *hash;      /* the same by name; use dp_exten_first() */
	struct list includes;   /* struct dp_include */
	struct list switches;   /* struct dp_switch */
	struct list ignorepats; /* struct var_def: name is the pattern */
};

/** Everything of extensions.conf; refcounted, part of struct config */
struct dialplan {
	struct list globals;  /* struct var_def, in order, values as written
				 with earlier ${globals} replaced */
	struct list contexts; /* struct dp_context */
	struct hash *hash;    /* contexts by name; use dialplan_context() */
	bool autofallthrough;
	bool clearglobalvars;
	bool priorityjumping; /* failures go to priority n+101 */
	bool writeprotect;
	bool is_static;
	struct conf_file *file; /* keeps the file names of all pos alive */
};

/** Find a context (case-sensitive); NULL if there is none */
const struct dp_context *dialplan_context(const struct dialplan *dp,
					  const char *name);

/** Find an extension by its name as written (a pattern with its '_'), the
 *  first one of it if there are several with a caller; NULL if none */
const struct dp_exten *dp_exten_first(const struct dp_context *ctx,
				      const char *name);

/** Find a global variable; NULL if there is none */
const char *dialplan_global(const struct dialplan *dp, const char *name);


/* --- the whole ----------------------------------------------------------- */

struct config {
	char *dir;             /* where it was read from */
	struct general general;
	struct peer *defaults; /* a peer without name: what guests get */
	struct list peers;     /* struct peer, in file order */
	struct hash *peer_hash;
	struct list regs;      /* struct reg_line; callbackextension= too */
	struct list trunks;    /* struct trunk */
	struct rtp_conf rtp;
	struct list moh;       /* struct moh_class */
	struct dirs dirs;
	struct tandem_conf tandem;
	struct guard_conf guard;
	struct forward_conf forward;
	struct followme_conf followme;
	struct vm_conf vm;
	struct queues_conf queues;
	struct features_conf features;
	struct list lots;      /* struct park_lot; "default" is always there */
	struct sipd_opts sipd_opts;
	struct sipd_conf *sipd; /* config/sipd.h; NULL: sip.conf is
				   chan_sip's */
	struct room_conf *rooms; /* config/confbridge.h */
	struct dialplan *dialplan;
	struct list files;     /* struct conf_file: keeps all pos alive */
};

/** Names that the program knows, for the check; all may be NULL: then they
 *  are not checked.  Case is ignored. */
struct config_names {
	const char *const *apps;
	size_t napps;
	const char *const *funcs;
	size_t nfuncs;

	/** 0, or EINVAL with *why set: routing's pattern_check() */
	int (*pattern)(const struct pl *ext, const char **why);

	/** True if every number of b is one of a: routing's
	 *  pattern_covers() */
	bool (*covers)(const struct pl *a, const struct pl *b);

	/** What to use in place of an application or function that Asterisk
	 *  has and we have not; NULL if Asterisk has none of that name */
	const char *(*instead)(const char *name, bool func);

	/** Letters of the options of an application, and which argument they
	 *  are, from 0; NULL if that is not known */
	const char *(*options)(const char *app, unsigned *arg);

	/** 0, or EINVAL with a text in err (128 bytes): routing's
	 *  expr_eval_pl() */
	int (*expr)(const struct pl *text, char *err);

	/** 0, or EINVAL with *bad set: routing's schedule_decode() */
	int (*timespec)(const struct pl *spec, struct pl *bad);
};

/**
 * Read and check a configuration directory
 *
 * Every finding goes to `f`.  sip.conf and extensions.conf must exist;
 * rtp.conf, musiconhold.conf and tandem.conf may.
 *
 * @param cfgp   Result; set only on success
 * @param dir    Directory
 * @param f      Findings, may be NULL
 * @param names  Known applications and functions, may be NULL
 *
 * @return 0 if success, ENOENT if a needed file is missing, EBADMSG if a
 *         finding of level error refuses it, ENOMEM
 */
int config_load(struct config **cfgp, const char *dir, struct findings *f,
		const struct config_names *names);

/**
 * As config_load(), for a look at what somebody has: not to be run
 *
 * What is refused is given all the same, with EBADMSG, as long as it could be
 * read.  The texts of the files stay in cfg->files.  If sip.conf or
 * extensions.conf is missing, the parts that FreePBX writes are read in its
 * place.
 */
int config_look(struct config **cfgp, const char *dir, struct findings *f,
		const struct config_names *names);

/** What is read in place of a missing file of FreePBX: text of "sip.conf" or
 *  "extensions.conf", NULL for others */
const char *config_parts(const char *name);

/**
 * The run directory alone, where the console's socket is
 *
 * The console must reach a running Tandem though the files have been broken
 * since, so only tandem.conf is read.
 *
 * @param runp  Allocated text
 */
int config_run_dir(char **runp, const char *dir);

/**
 * As config_load(), from memory: sip.conf and extensions.conf only
 *
 * For tests and fuzzing.  #include is refused; relative directories count from
 * "/".
 *
 * @param sip  Text of sip.conf
 * @param ext  Text of extensions.conf
 */
int config_load_text(struct config **cfgp, const struct pl *sip,
		     const struct pl *ext, struct findings *f,
		     const struct config_names *names);

/** Find a peer by section name (case-sensitive); NULL if there is none */
const struct peer *config_peer(const struct config *cfg, const char *name);

/** As config_peer(), for a name that is not NUL-terminated */
const struct peer *config_peer_pl(const struct config *cfg,
				  const struct pl *name);

/** Find a trunk group by its name (case-sensitive); NULL if there is none */
const struct trunk *config_trunk(const struct config *cfg, const char *name);

/** Does this answer lead on to the next line of the group? */
bool trunk_moves_on(const struct trunk *t, uint16_t scode);

/** Find a class of music on hold; NULL if there is none */
const struct moh_class *config_moh(const struct config *cfg, const char *name);

/** Find a mailbox (case-sensitive); context NULL or "": default.  NULL if
 *  there is none */
const struct vm_box *config_vm_box(const struct config *cfg, const char *name,
				   const char *context);

/** As config_vm_box() for "name[@context]" */
const struct vm_box *config_vm_box_pl(const struct config *cfg,
				      const struct pl *mailbox);

/** Find a lot (case ignored); NULL if there is none */
const struct park_lot *config_lot(const struct config *cfg, const char *name);

/** Find a line of [applicationmap]; NULL */
const struct feature_app *config_feature_app(const struct config *cfg,
					     const char *name);
const struct feature_group *config_feature_group(const struct config *cfg,
						 const char *name);

/** Find a person of followme.conf (case-sensitive); NULL if there is none */
const struct followme *config_followme(const struct config *cfg,
				       const char *name);

/** Time zone of the system's data base for a mailbox; NULL = the system's */
const char *config_vm_tz(const struct config *cfg, const struct vm_box *box,
			 char *buf, size_t n);

/** Find a queue (case ignored); NULL if there is none */
const struct queue_conf *config_queue(const struct config *cfg,
				      const char *name);

/** Find a rule of queuerules.conf (case ignored); NULL if there is none */
const struct queue_rule *config_queue_rule(const struct config *cfg,
					   const char *name);

/** "ringall"; also of the console */
const char *queue_strategy_name(enum queue_strategy s);

/**
 * Compare two configurations that are meant to register at each other
 *
 * A register line of one whose user names a section of the other must carry
 * that section's secret; so must a trunk's defaultuser and secret.  Both
 * directions.  Findings name the two places, never the secrets.
 */
void config_check_pair(const struct config *a, const struct config *b,
		       struct findings *f);

/** Print the option table as text for the manual, for %H (arg unused) */
int config_table_print(struct re_printf *pf, void *arg);

/** How the mailbox's zone says a time (as SayUnixTime does), NULL = in the
 *  language's way */
const char *config_vm_format(const struct config *cfg,
			     const struct vm_box *box);

/** Name of a transport: "udp" ... */
const char *config_transp_name(enum config_transp tp);

#endif
