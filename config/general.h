/**
 * @file config/general.h  sip.conf: [general], its register and domain lines
 *
 * As in config.h: read once, checked, read-only; a text that is not set is
 * NULL.
 */
#ifndef TANDEM_CONFIG_GENERAL_H
#define TANDEM_CONFIG_GENERAL_H

#include "base/compat.h"
#include "config/finding.h"
#include "config/peer.h"


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

#endif
