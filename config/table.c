/**
 * @file config/table.c  Every option of every file that Tandem reads
 *
 * One row an option: names, scope, type, default, what Tandem does with it
 * and a sentence for the manual.  The defaults are texts and pass through the
 * setters like lines of a file.  A default that differs from chan_sip's says
 * so in its sentence.
 *
 * Columns of the row macros: name, old names, where, default, sentence.
 */
#include "config/number.h"
#include "config/confbridge.h"
#include "config/opt.h"
#include "config/routes.h"


static const struct opt_word dtmf_words[] = {
	{"rfc2833", DTMF_MODE_RFC2833},
	{"rfc4733", DTMF_MODE_RFC2833},
	{"inband", DTMF_MODE_INBAND},
	{"info", DTMF_MODE_INFO},
	{"shortinfo", DTMF_MODE_SHORTINFO},
	{"auto", DTMF_MODE_AUTO},
	{NULL, 0},
};

static const struct opt_word rpid_words[] = {
	{"no", SENDRPID_NO}, {"yes", SENDRPID_RPID}, {"rpid", SENDRPID_RPID},
	{"pai", SENDRPID_PAI}, {"true", SENDRPID_RPID}, {"on", SENDRPID_RPID},
	{"false", SENDRPID_NO}, {"off", SENDRPID_NO}, {NULL, 0},
};

static const struct opt_word number_words[] = {
	{"asis", NUMBER_ASIS}, {"e164", NUMBER_E164},
	{"digits", NUMBER_DIGITS}, {"international", NUMBER_INTERNATIONAL},
	{"national", NUMBER_NATIONAL}, {NULL, 0},
};

static const struct opt_word trust_words[] = {
	{"legacy", TRUST_OUTBOUND_LEGACY}, {"no", TRUST_OUTBOUND_NO},
	{"yes", TRUST_OUTBOUND_YES}, {NULL, 0},
};

static const struct opt_word progress_words[] = {
	{"no", PROGRESS_NO}, {"never", PROGRESS_NEVER},
	{"yes", PROGRESS_YES}, {NULL, 0},
};

static const struct opt_word timers_words[] = {
	{"accept", SESSION_ACCEPT}, {"originate", SESSION_ORIGINATE},
	{"refuse", SESSION_REFUSE}, {NULL, 0},
};

static const struct opt_word refresher_words[] = {
	{"uas", REFRESHER_UAS}, {"uac", REFRESHER_UAC}, {NULL, 0},
};

/* as a boolean, but not said is a third thing */
static const struct opt_word allow_words[] = {
	{"yes", PEER_ALLOW_YES}, {"no", PEER_ALLOW_NO},
	{"true", PEER_ALLOW_YES}, {"on", PEER_ALLOW_YES},
	{"false", PEER_ALLOW_NO}, {"off", PEER_ALLOW_NO}, {NULL, 0},
};

static const struct opt_word overlap_words[] = {
	{"yes", OVERLAP_YES}, {"no", OVERLAP_NO}, {"dtmf", OVERLAP_DTMF},
	{"true", OVERLAP_YES}, {"on", OVERLAP_YES}, {"false", OVERLAP_NO},
	{"off", OVERLAP_NO}, {NULL, 0},
};

static const struct opt_word strategy_words[] = {
	{"ringall", QUEUE_RINGALL}, {"leastrecent", QUEUE_LEASTRECENT},
	{"fewestcalls", QUEUE_FEWESTCALLS}, {"random", QUEUE_RANDOM},
	{"rrmemory", QUEUE_RRMEMORY}, {"roundrobin", QUEUE_RRMEMORY},
	{"rrordered", QUEUE_RRORDERED}, {"linear", QUEUE_LINEAR},
	{"wrandom", QUEUE_WRANDOM}, {NULL, 0},
};

static const struct opt_word say_pos_words[] = {
	{"yes", QUEUE_POS_YES}, {"no", QUEUE_POS_NO},
	{"limit", QUEUE_POS_LIMIT}, {"more", QUEUE_POS_MORE},
	{"true", QUEUE_POS_YES}, {"on", QUEUE_POS_YES},
	{"false", QUEUE_POS_NO}, {"off", QUEUE_POS_NO}, {NULL, 0},
};

static const struct opt_word say_hold_words[] = {
	{"yes", QUEUE_HOLD_YES}, {"no", QUEUE_HOLD_NO},
	{"once", QUEUE_HOLD_ONCE}, {"true", QUEUE_HOLD_YES},
	{"on", QUEUE_HOLD_YES}, {"false", QUEUE_HOLD_NO},
	{"off", QUEUE_HOLD_NO}, {NULL, 0},
};

static const struct opt_word autopause_words[] = {
	{"no", QUEUE_PAUSE_NO}, {"yes", QUEUE_PAUSE_YES},
	{"all", QUEUE_PAUSE_ALL}, {"true", QUEUE_PAUSE_YES},
	{"on", QUEUE_PAUSE_YES}, {"false", QUEUE_PAUSE_NO},
	{"off", QUEUE_PAUSE_NO}, {NULL, 0},
};

static const struct opt_word timeout_words[] = {
	{"app", QUEUE_TIMEOUT_APP}, {"conf", QUEUE_TIMEOUT_CONF}, {NULL, 0},
};


static const struct opt_word route_words[] = {
	{"outbound", ROUTE_OUTBOUND}, {"inbound", ROUTE_INBOUND}, {NULL, 0},
};


static const struct opt_word side_words[] = {
	{"no", FEATURE_NOBODY}, {"caller", FEATURE_CALLER},
	{"callee", FEATURE_CALLEE}, {"parked", FEATURE_CALLEE},
	{"both", FEATURE_BOTH}, {"yes", FEATURE_BOTH}, {NULL, 0},
};

static const struct opt_word slot_words[] = {
	{"first", PARK_FIRST}, {"next", PARK_NEXT}, {NULL, 0},
};


/* clang-format off */

#define G(m)  .scope = OPT_G, .off = offsetof(struct general, m)
#define P(m)  .scope = OPT_P, .off = offsetof(struct peer, m)
#define GP(m) .scope = OPT_GP, .off = offsetof(struct peer, m)
#define R(m)  .scope = OPT_RTP, .off = offsetof(struct rtp_conf, m)
#define M(m)  .scope = OPT_MOH, .off = offsetof(struct moh_class, m)
#define D(m)  .scope = OPT_DIR, .off = offsetof(struct dirs, m)
#define T(m)  .scope = OPT_TANDEM, .off = offsetof(struct tandem_conf, m)
#define W(m)  .scope = OPT_GUARD, .off = offsetof(struct guard_conf, m)
#define FW(m) .scope = OPT_FWD, .off = offsetof(struct forward_conf, m)
#define FM(m) .scope = OPT_FOLLOW, .off = offsetof(struct followme_opts, m)
#define E(m)  .scope = OPT_EXT, .off = offsetof(struct dialplan, m)
#define V(m)  .scope = OPT_VM, .off = offsetof(struct vm_conf, m)
#define B(m)  .scope = OPT_VMBOX, .off = offsetof(struct vm_opts, m)
#define QG(m) .scope = OPT_QUEUES, .off = offsetof(struct queues_conf, m)
#define SD(m) .scope = OPT_SIPD, .off = offsetof(struct sipd_opts, m)
#define RT(m) .scope = OPT_ROUTE, .off = offsetof(struct route, m)
#define RU(m) .scope = OPT_RUSER, .off = offsetof(struct room_user, m)
#define RB(m) .scope = OPT_RBRIDGE, .off = offsetof(struct room_bridge, m)
#define Q(m)  .scope = OPT_QUEUE, .off = offsetof(struct queue_conf, m)
#define TR(m) .scope = OPT_TRUNK, .off = offsetof(struct trunk, m)
#define F(m)  .scope = OPT_FEAT, .off = offsetof(struct features_conf, m)
#define K(m)  .scope = OPT_FMAP, .off = offsetof(struct features_conf, m)
#define L(m)  .scope = OPT_LOT, .off = offsetof(struct park_lot, m)

/* G() and its sisters have become two arguments by the time ROW sees them */
#define ROW(n, al, sc, of, d, txt)                                           \
	.name = n, .aliases = al, sc, of, .def = d, .doc = txt

#define STR(...)  {ROW(__VA_ARGS__), .type = OPT_STR}
#define TEXT(...) {ROW(__VA_ARGS__), .type = OPT_TEXT}
#define BOOL(...) {ROW(__VA_ARGS__), .type = OPT_BOOL}
#define SA(...)   {ROW(__VA_ARGS__), .type = OPT_SA}
#define U32(lo, hi, ...)                                                     \
	{ROW(__VA_ARGS__), .type = OPT_U32, .min = lo, .max = hi}
#define U16(lo, hi, ...)                                                     \
	{ROW(__VA_ARGS__), .type = OPT_U16, .min = lo, .max = hi}
#define WORD(w, ...) {ROW(__VA_ARGS__), .type = OPT_WORD, .words = w}
#define FN(h, ...)   {ROW(__VA_ARGS__), .type = OPT_FN, .seth = h}

/* read, kept, not used: the text says what happens instead */
#define NOT(why) .how = OPT_ACCEPTED, .instead = why
#define STR_NOT(why, ...)  {ROW(__VA_ARGS__), .type = OPT_STR, NOT(why)}
#define BOOL_NOT(why, ...) {ROW(__VA_ARGS__), .type = OPT_BOOL, NOT(why)}
#define BOOL_REFUSED(why, ...) \
	{ROW(__VA_ARGS__), .type = OPT_BOOL, .how = OPT_REFUSED, \
	 .instead = why}
#define U32_NOT(lo, hi, why, ...) \
	{ROW(__VA_ARGS__), .type = OPT_U32, .min = lo, .max = hi, NOT(why)}
#define WORD_NOT(w, why, ...) \
	{ROW(__VA_ARGS__), .type = OPT_WORD, .words = w, NOT(why)}
#define FN_NOT(h, why, ...)                                                  \
	{ROW(__VA_ARGS__), .type = OPT_FN, .seth = h, NOT(why)}

/* not even kept */
#define NONE(n, sc, txt, why) \
	{.name = n, .scope = sc, .type = OPT_NONE, .doc = txt, NOT(why)}
#define OLD(n, al, sc, why) \
	{.name = n, .aliases = al, .scope = sc, .type = OPT_NONE, \
	 .how = OPT_LEGACY, .doc = "Old option, no effect.", .instead = why}
#define REFUSED(n, sc, txt, why) \
	{.name = n, .scope = sc, .type = OPT_NONE, .how = OPT_REFUSED, \
	 .doc = txt, .instead = why}

/* reasons that several rows share */
#define NO_WEBRTC   "browsers as phones (ICE, DTLS) are not supported"
#define NO_REALTIME "peers are read from the files only"
#define NO_MWI      "messages at other servers are not watched"
#define NO_FAX      "fax tones are not looked for"
#define NO_COS      "only the DSCP of tos_* is set, not the VLAN priority"
#define NO_JB       "packets are passed on as they come, the phones have " \
		    "their own jitter buffer"
#define NO_PRINT    "use the console: sip set debug"
#define NO_VMPROG   "no program is run, phones and watchers are told at once"
#define NO_ADSI     "no phone of today shows it"
#define NO_VMIMAP   "messages are files below the spool directory"

const struct opt opt_tab[] = {

/* --- sip.conf [general]: where we listen -------------------------------- */
FN(set_bindaddr, "bindaddr", "udpbindaddr", G(udp), "0.0.0.0",
   "Address, with :port if needed, on which SIP over UDP is received; :: is "
   "IPv4 and IPv6."),
FN(set_bindport, "bindport", "port", G(bindport), NULL,
   "Port for SIP over UDP; wins over the one of bindaddr.  5060 if neither "
   "says one."),
BOOL("tcpenable", NULL, G(tcpenable), "no", "Also listen for SIP over TCP."),
FN(set_bindaddr, "tcpbindaddr", NULL, G(tcp), NULL,
   "Address for TCP; as bindaddr, port 5060, if not said."),
BOOL("tlsenable", NULL, G(tlsenable), "no", "Also listen for SIP over TLS."),
FN(set_bindaddr, "tlsbindaddr", NULL, G(tls), NULL,
   "Address for TLS; as bindaddr, port 5061, if not said."),
STR("tlscertfile", NULL, G(tlscertfile), NULL,
    "PEM file with our certificate and, unless tlsprivatekey names another, "
    "its key; counts from the configuration directory."),
STR("tlsprivatekey", NULL, G(tlsprivatekey), NULL, "PEM file with our key."),
STR("tlscafile", NULL, G(tlscafile), NULL,
    "PEM file of the authorities that servers we call are checked with."),
STR("tlscapath", "tlscadir", G(tlscapath), NULL,
    "Directory of such authorities, hashed."),
BOOL("tlsdontverifyserver", NULL, G(tlsdontverifyserver), "no",
     "Do not check the certificate of servers we call."),
STR("tlscipher", NULL, G(tlscipher), NULL,
    "OpenSSL cipher list up to TLS 1.2."),
NONE("tlsclientmethod", OPT_G, "TLS version toward servers.",
     "TLS 1.2 or newer is always used"),
NONE("tlsdisablev1", OPT_G, "Switch TLS 1.0 off.", "it is always off"),
NONE("tlsdisablev11", OPT_G, "Switch TLS 1.1 off.", "it is always off"),
NONE("tlsdisablev12", OPT_G, "Switch TLS 1.2 off.", "it stays on"),
NONE("tlsservercipherorder", OPT_G, "Our cipher order wins.",
     "it always does"),
OLD("tlsverifyclient", NULL, OPT_G, "phones are not asked for certificates"),
BOOL("srvlookup", NULL, G(srvlookup), "yes",
     "Look for SRV records of names without port (RFC 3263)."),
U32(1, 3600, "tcpauthtimeout", NULL, G(tcpauthtimeout_s), "10",
    "Seconds that a TCP or TLS client has to authenticate (chan_sip: 30)."),
U32(1, 100000, "tcpauthlimit", NULL, G(tcpauthlimit), "100",
    "TCP and TLS clients at a time that have not authenticated."),
NONE("websocket_enabled", OPT_G, "SIP over WebSocket.", NO_WEBRTC),
NONE("websocket_write_timeout", OPT_G, "Time for a write.", NO_WEBRTC),

/* --- sip.conf [general]: who we are ------------------------------------- */
STR("realm", NULL, G(realm), "asterisk",
    "Realm of our challenges.  Digests in md5secret= hold for one realm "
    "only, hence chan_sip's default stays."),
BOOL("domainsasrealm", NULL, G(domainsasrealm), "no",
     "Challenge with the domain of the request if domain= lists it."),
FN(set_domain, "domain", NULL, G(domains), NULL,
   "name[,context]: a domain of ours; may be repeated."),
BOOL("autodomain", NULL, G(autodomain), "no",
     "Our own addresses and host name count as domain= lines."),
BOOL("allowexternaldomains", NULL, G(allowexternaldomains), "yes",
     "Accept requests for domains that domain= does not list."),
STR("callerid", NULL, G(callerid), "asterisk",
    "User of From if the caller has no number."),
TEXT("useragent", NULL, G(useragent), "Tandem",
     "User-Agent and Server header; empty for none."),
STR("sdpsession", NULL, G(sdpsession), "-", "Session name (s=) in SDP."),
STR("sdpowner", NULL, G(sdpowner), "-", "User name of o= in SDP."),
FN(set_hostport, "externaddr", "externip", G(externaddr), NULL,
   "Our public address, with :port if needed, behind a NAT; needs localnet."),
FN(set_hostport, "externhost", NULL, G(externhost), NULL,
   "As externaddr, a name that is looked up again every externrefresh."),
U32(1, 86400, "externrefresh", NULL, G(externrefresh_s), "10",
    "Seconds between two look-ups of externhost."),
U16(1, 65535, "externtcpport", NULL, G(externtcpport), NULL,
    "Public TCP port."),
U16(1, 65535, "externtlsport", NULL, G(externtlsport), NULL,
    "Public TLS port."),
FN(set_localnet, "localnet", NULL, G(localnet), NULL,
   "A network inside: no externaddr toward it; may be repeated."),
BOOL("matchexternaddrlocally", "matchexterniplocally",
     G(matchexternaddrlocally), "no",
     "Use externaddr only if our own address is inside localnet."),
SA("media_address", NULL, G(media_address), NULL,
   "Address in SDP in place of every other."),
SA("rtpbindaddr", NULL, G(rtpbindaddr), NULL,
   "Address on which media is received; any if not said."),

/* --- sip.conf [general]: who may ---------------------------------------- */
BOOL("allowguest", NULL, G(allowguest), "no",
     "Let unknown callers into the context of [general] (chan_sip: yes)."),
BOOL("alwaysauthreject", NULL, G(alwaysauthreject), "yes",
     "Answer unknown names as wrong passwords."),
BOOL("match_auth_username", NULL, G(match_auth_username), "no",
     "Find the peer by the user name of the digest instead of From."),
BOOL("auth_options_requests", NULL, G(auth_options_requests), "yes",
     "Challenge OPTIONS of unknown sources (chan_sip: no)."),
REFUSED("autocreatepeer", OPT_G,
	"Let anybody register without a password.",
	"anybody could register and call"),
BOOL("dynamic_exclude_static", "dynamic_excludes_static",
     G(dynamic_exclude_static), "yes",
     "No other may register the address of a static host (chan_sip: "
     "no)."),
BOOL("legacy_useroption_parsing", "legacy_useroptions_parsing",
     G(legacy_useroption_parsing), "no",
     "Cut the user of a URI at ';'."),
BOOL_NOT("messages outside of calls are answered 405",
     "accept_outofcall_message", NULL, G(accept_outofcall_message), "no",
     "Accept MESSAGE outside of calls (chan_sip: yes)."),
STR_NOT("messages outside of calls are answered 405",
     "outofcall_message_context", NULL, G(outofcall_message_context), NULL,
     "Context for such messages."),
BOOL_NOT("messages outside of calls are answered 405",
    "auth_message_requests", NULL, G(auth_message_requests), "yes",
     "Challenge MESSAGE."),

/* --- sip.conf [general]: registrar and registrations -------------------- */
U32(1, 31536000, "maxexpiry", "maxexpirey", G(maxexpiry_s), "3600",
    "Longest registration in seconds."),
U32(1, 31536000, "minexpiry", "minexpirey", G(minexpiry_s), "60",
    "Shortest registration in seconds; less is raised to it."),
U32(1, 31536000, "defaultexpiry", "defaultexpirey", G(defaultexpiry_s), "120",
    "Seconds of a registration that does not say, and what we ask for."),
U32(1, 31536000, "submaxexpiry", NULL, G(submaxexpiry_s), NULL,
    "Longest subscription in seconds; maxexpiry if not said."),
U32(1, 31536000, "subminexpiry", NULL, G(subminexpiry_s), NULL,
    "Shortest subscription in seconds; minexpiry if not said."),
U32_NOT(1, 31536000, NO_MWI, "mwiexpiry", "mwiexpirey", G(mwiexpiry_s), "3600",
    "Seconds of our own message lamp subscriptions."),
FN(set_register, "register", NULL, G(udp), NULL,
   "[peer?][transport://]user[@domain[:port]][:secret[:authuser]]@host[:port]"
   "[/extension][~expiry]: register there; may be repeated."),
U32(1, 86400, "registertimeout", NULL, G(registertimeout_s), "20",
    "Seconds until a registration that got no answer is tried again."),
U32(0, 1000000, "registerattempts", NULL, G(registerattempts), "0",
    "Tries of a registration; 0 is without end."),
BOOL("register_retry_403", NULL, G(register_retry_403), "no",
     "Try again after 403 as after a timeout; otherwise with longer and "
     "longer pauses (chan_sip: never)."),
FN_NOT(set_mwi, NO_MWI, "mwi", NULL, G(mwi), NULL,
   "user[:secret[:authuser]]@host[:port]/mailbox: watch a mailbox there."),
STR("regcontext", NULL, G(regcontext), NULL,
    "Context in which regexten appears while its phone is registered."),
BOOL("regextenonqualify", NULL, G(regextenonqualify), "no",
     "regexten disappears while the phone does not answer qualify."),
BOOL("ignoreregexpire", NULL, G(ignoreregexpire), "no",
     "Go on using an address whose registration has ended."),
U32(0, 60000, "qualifygap", NULL, G(qualifygap_ms), "100",
    "Milliseconds between two groups of qualify questions at start."),
U32(1, 100000, "qualifypeers", NULL, G(qualifypeers), "1",
    "Peers asked at a time at start."),

/* --- sip.conf [general]: the wire --------------------------------------- */
BOOL("pedantic", NULL, G(pedantic), "yes",
     "Escapes in URIs are decoded; the message syntax is strict anyway."),
BOOL("compactheaders", NULL, G(compactheaders), "no",
     "Send short header names."),
BOOL("use_q850_reason", NULL, G(use_q850_reason), "yes",
     "Send and read the Q.850 cause in Reason (RFC 3326; chan_sip: no)."),
BOOL_NOT("a 183 is sent when the dialplan or the other side opens early media",
    "prematuremedia", NULL, G(prematuremedia), "yes",
     "yes: no 183 of ours before the dialplan asks for it."),
BOOL("shrinkcallerid", NULL, G(shrinkcallerid), "yes",
     "Remove ( ) . - and blanks from the caller's number."),
BOOL_NOT("DTMF in the voice is found with one setting",
     "relaxdtmf", NULL, G(relaxdtmf), "no", "Tolerate poor DTMF tones."),
FN(set_tos, "tos_sip", "tos", G(tos_sip), "0",
   "TOS byte of SIP packets: ef, cs3, af41 ... or a number."),
FN(set_tos, "tos_audio", NULL, G(tos_audio), "0", "TOS byte of voice."),
FN_NOT(set_tos, "video is declined",
   "tos_video", NULL, G(tos_video), "0", "TOS byte of video."),
FN_NOT(set_tos, "text is declined",
   "tos_text", NULL, G(tos_text), "0", "TOS byte of text."),
U32_NOT(0, 7, NO_COS, "cos_sip", NULL, G(cos_sip), "4",
	"VLAN priority of SIP."),
U32_NOT(0, 7, NO_COS, "cos_audio", NULL, G(cos_audio), "5",
	"VLAN priority of voice."),
U32_NOT(0, 7, NO_COS, "cos_video", NULL, G(cos_video), "6",
	"VLAN priority of video."),
U32_NOT(0, 7, NO_COS, "cos_text", NULL, G(cos_text), "5",
	"VLAN priority of text."),
U32(10, 10000, "t1min", NULL, G(t1min_ms), "100",
    "Smallest T1 in milliseconds."),
NONE("refer_addheaders", OPT_G, "Keep headers of a Refer-To.",
     "they are left out"),
NONE("subscribe_network_change_event", OPT_G, "React to STUN.",
     "registrations heal by themselves"),

/* --- sip.conf [general]: lamps, diagnostics, old ------------------------ */
FN(set_notifyringing, "notifyringing", NULL, G(notifyringing),
   "yes", "Show ringing to those who watch a hint."),
BOOL("notifyhold", NULL, G(notifyhold), "no",
   "Show hold to those who watch a hint."),
FN(set_notifycid, "notifycid", NULL, G(notifycid), "no",
   "Show the caller to those who watch a hint."),
STR("notifymimetype", NULL, G(notifymimetype),
    "application/simple-message-summary", "Content type of message lamps."),
BOOL("sipdebug", NULL, G(sipdebug), "no",
     "Log every SIP message from the start."),
OLD("limitonpeers", "limitonpeer counteronpeer", OPT_G,
    "calls are always counted per peer"),
OLD("recordhistory", "dumphistory", OPT_G, NO_PRINT),
OLD("callevents", "authfailureevents storesipcause", OPT_G,
    "calls are always reported"),
OLD("checkmwi", NULL, OPT_G, "counts are told at once"),
OLD("localmask", NULL, OPT_G, "write localnet=network/mask"),
OLD("dial", "record_in record_out recordingfile", OPT_P,
    "FreePBX notes it for itself"),
OLD("ospauth", "outboundproxyport t38pt_rtp t38pt_tcp", OPT_GP,
    "it was removed from chan_sip"),
NONE("snom_aoc_enabled", OPT_GP, "Advice of charge for Snom.",
     "charges are not shown"),
NONE("directrtpsetup", OPT_G, "Early direct media.",
     "media always passes Tandem"),
NONE("rtsavesysname", OPT_G, "Realtime.", NO_REALTIME),
NONE("rtupdate", OPT_G, "Realtime.", NO_REALTIME),
NONE("rtautoclear", OPT_G, "Realtime.", NO_REALTIME),
NONE("rtcachefriends", OPT_G, "Realtime.", NO_REALTIME),
NONE("rtsave_path", OPT_G, "Realtime.", NO_REALTIME),
NONE("recordonfeature", OPT_GP, "What INFO Record: on starts.",
     "record by MixMonitor in the dialplan"),
NONE("recordofffeature", OPT_GP, "What INFO Record: off ends.",
     "record by MixMonitor in the dialplan"),
NONE("jbenable", OPT_G, "Jitter buffer.", NO_JB),
NONE("jbforce", OPT_G, "Jitter buffer.", NO_JB),
NONE("jbmaxsize", OPT_G, "Jitter buffer.", NO_JB),
NONE("jbimpl", OPT_G, "Jitter buffer.", NO_JB),
NONE("jblog", OPT_G, "Jitter buffer.", NO_JB),
NONE("jbtargetextra", OPT_G, "Jitter buffer.", NO_JB),
NONE("jbresyncthreshold", OPT_G, "Jitter buffer.", NO_JB),
NONE("stunaddr", OPT_G, "STUN server.",
     "say the public address with externaddr or externhost"),

/* --- a peer: identity and address --------------------------------------- */
FN(set_type, "type", NULL, P(type), NULL,
   "friend: calls and is called.  peer: is called, registers, is known by "
   "its address.  user: only calls, is known by its From name."),
FN(set_host, "host", NULL, P(host), NULL,
   "dynamic (registers), or a name or address with :port if needed."),
U16(1, 65535, "port", NULL, P(host.port), NULL, "Its SIP port."),
SA("defaultip", NULL, P(defaultip), NULL,
   "Its address until it registers."),
STR("defaultuser", "username", P(defaultuser), NULL,
    "User name that we give when it challenges us, and user of the called "
    "URI if no number is dialled."),
STR("secret", "password", P(secret), NULL,
    "Password in both directions; without one it is not challenged."),
FN(set_md5secret, "md5secret", NULL, P(md5secret), NULL,
   "MD5 of user:realm:secret in hex; wins over secret."),
FN(set_sha256secret, "sha256secret", NULL, P(sha256secret), NULL,
   "SHA-256 of user:realm:secret in hex (RFC 8760); with one of them SHA-256 "
   "is offered to all, before MD5."),
STR("remotesecret", NULL, P(remotesecret), NULL,
    "Password for our requests to it; secret if not said."),
FN(set_auth, "auth", NULL, P(auth), NULL,
   "user:secret@realm or user#md5@realm: what we answer to a challenge of "
   "that realm; may be repeated."),
STR("fromuser", NULL, P(fromuser), NULL,
    "User of From toward it, in place of the caller's number."),
STR("fromdomain", NULL, GP(fromdomain), NULL,
    "Host of From toward it."),
FN(set_callerid, "callerid", NULL, P(cid_num), NULL,
   "\"Name\" <number> that its calls carry."),
STR("cid_number", NULL, P(cid_num), NULL, "Number that its calls carry."),
STR("fullname", NULL, P(cid_name), NULL, "Name that its calls carry."),
STR_NOT("calls carry no tag",
    "cid_tag", NULL, P(cid_tag), NULL, "Tag of the caller's identity."),
FN(set_trunkname, "trunkname", NULL, P(cid_name), NULL,
   "Its calls carry no name."),
FN(set_callingpres, "callingpres", NULL, GP(callingpres), NULL,
   "Presentation of its number: allowed, prohib ... or 0 to 67."),
STR("context", NULL, GP(context), "default",
    "Context of the dialplan that its calls enter."),
STR("subscribecontext", NULL, GP(subscribecontext), NULL,
    "Context of the hints that it may watch."),
STR_NOT("messages outside of calls are answered 405",
    "messagecontext", NULL, P(messagecontext), NULL,
    "Context of its messages."),
FN(set_insecure, "insecure", NULL, GP(insecure), "no",
   "port: any source port is it.  invite: calls are not challenged.  very "
   "is both, yes is port."),
FN(set_permit, "permit", NULL, P(acl), NULL,
   "Networks it may come from; the last rule that fits decides, so write "
   "deny=0.0.0.0/0 first."),
FN(set_deny, "deny", NULL, P(acl), NULL, "Networks it may not come from."),
NONE("acl", OPT_P, "Named list of acl.conf.", "write permit and deny lines"),
FN(set_contactpermit, "contactpermit", NULL, GP(contactacl), NULL,
   "Networks that it may register."),
FN(set_contactdeny, "contactdeny", NULL, GP(contactacl), NULL,
   "Networks that it may not register."),
NONE("contactacl", OPT_GP, "Named list of acl.conf.",
     "write contactpermit and contactdeny lines"),
FN_NOT(set_dmpermit, "media always passes Tandem", "directmediapermit", NULL,
   P(directmediaacl), NULL, "Networks for direct media."),
FN_NOT(set_dmdeny, "media always passes Tandem", "directmediadeny", NULL,
   P(directmediaacl), NULL, "Networks without direct media."),
NONE("directmediaacl", OPT_P, "Named list of acl.conf.",
     "media always passes Tandem"),
FN(set_nat, "nat", NULL, GP(nat), "auto_force_rport,auto_comedia",
   "force_rport: answer to where the packet came from.  comedia: media goes "
   "to where it comes from.  auto_*: only if the addresses differ.  yes is "
   "both, no is neither (chan_sip: auto_force_rport only)."),
FN(set_transport, "transport", NULL, GP(transports), "udp",
   "udp, tcp, tls: allowed transports; the first is used to call it."),
FN(set_outboundproxy, "outboundproxy", NULL, GP(outboundproxy), NULL,
   "[transport://]host[:port][,force]: next hop of all requests to it."),
STR("regexten", NULL, P(regexten), NULL,
    "Extension that exists in regcontext while it is registered."),
STR("callbackextension", NULL, P(callbackextension), NULL,
    "Register at its host with this extension, and know its calls by it."),
U32(1, 32, "maxcontacts", NULL, GP(maxcontacts), "1",
    "Addresses that may be registered at a time (chan_sip: 1)."),
BOOL("weaksecret", NULL, GP(weaksecret), "no",
     "Accept a short or guessable secret from everywhere."),
STR("description", NULL, P(description), NULL, "A remark for the lists."),

/* --- a peer: media ------------------------------------------------------ */
FN(set_disallow, "disallow", NULL, GP(codecs), NULL,
   "Codecs to take from the list; all empties it."),
FN(set_allow, "allow", NULL, GP(codecs), "ulaw,alaw,gsm,h263",
   "Codecs to append to the list, best first; name:30 is the packet time."),
WORD(dtmf_words, "dtmfmode", NULL, GP(dtmfmode), "rfc2833",
     "How keys travel: rfc2833, inband, info, shortinfo, auto."),
FN_NOT(set_directmedia, "media always passes Tandem, which is what keeps "
   "recordings whole", "directmedia", "canreinvite reinvite",
   GP(directmedia), "no", "Phones exchange media directly (chan_sip: yes)."),
BOOL("encryption", NULL, GP(encryption), "no",
     "yes: its calls are SRTP with keys in the SDP (SDES, RFC 4568), or "
     "refused.  no: SRTP only if it asks for it.  The keys are as secret as "
     "the SIP messages: use transport=tls."),
FN(set_taglen, "encryption_taglen", NULL, GP(encryption_32), "80",
   "Bits of the tag of each SRTP packet that we ask for: 80 or 32."),
WORD(progress_words, "progressinband", NULL, GP(progressinband), "no",
     "never: Ringing is always 180.  no: tones only if media is open.  yes: "
     "tones by 183."),
FN_NOT(set_video, "video is declined",
   "videosupport", NULL, GP(videosupport), "no",
   "Pass video lines on."),
FN_NOT(set_video, "text is declined",
   "textsupport", NULL, GP(textsupport), "no",
   "Pass text lines on."),
U32_NOT(0, 1000000, "video is declined",
    "maxcallbitrate", NULL, GP(maxcallbitrate), "384",
    "Bandwidth of video in kbit/s."),
BOOL("preferred_codec_only", NULL, GP(preferred_codec_only), "no",
     "Answer with one codec only."),
NONE("ignore_requested_pref", OPT_GP, "Ignore the caller's order of codecs.",
     "the order of allow= decides"),
BOOL_NOT("every description is read",
    "ignoresdpversion", NULL, GP(ignoresdpversion), "no",
     "Read SDP even if its version did not change."),
BOOL_NOT("repeated and cut DTMF events are always repaired",
     "rfc2833compensate", NULL, GP(rfc2833compensate), "no",
     "Repair DTMF of old equipment."),
BOOL_NOT("G.726 is passed on as it is", "g726nonstandard", NULL,
     GP(g726nonstandard), "no", "G.726 with the bit order of AAL2."),
BOOL_NOT("the packet time of the peer is kept anyway", "autoframing", NULL,
     GP(autoframing), "no", "Use the peer's packet time."),
FN_NOT(set_t38, "fax over T.38 is declined, fax in G.711 passes",
   "t38pt_udptl", NULL, GP(t38), "no",
   "Pass T.38 on: yes[,fec|redundancy|none][,maxdatagram=N]."),
NONE("t38pt_usertpsource", OPT_GP, "Send T.38 to the source of RTP.",
     "fax over T.38 is declined"),
FN_NOT(set_faxdetect, NO_FAX, "faxdetect", NULL, GP(faxdetect_cng), "no",
   "Jump to extension fax on a tone (cng) or T.38 (t38)."),
U32(0, 86400, "rtptimeout", NULL, GP(rtptimeout_s), "60",
    "Seconds without media until a call is ended; 0 is never (chan_sip: "
    "0)."),
U32(0, 86400, "rtpholdtimeout", NULL, GP(rtpholdtimeout_s), "300",
    "As rtptimeout while on hold (chan_sip: 0)."),
U32(0, 86400, "rtpkeepalive", NULL, GP(rtpkeepalive_s), "0",
    "Seconds of silence after which a packet keeps the NAT open; 0 is off."),
NONE("dtlsenable", OPT_GP, "DTLS-SRTP.", NO_WEBRTC),
NONE("dtlsverify", OPT_GP, "DTLS-SRTP.", NO_WEBRTC),
NONE("dtlsrekey", OPT_GP, "DTLS-SRTP.", NO_WEBRTC),
NONE("dtlscertfile", OPT_GP, "DTLS-SRTP.", NO_WEBRTC),
NONE("dtlsprivatekey", OPT_GP, "DTLS-SRTP.", NO_WEBRTC),
NONE("dtlscipher", OPT_GP, "DTLS-SRTP.", NO_WEBRTC),
NONE("dtlscafile", OPT_GP, "DTLS-SRTP.", NO_WEBRTC),
NONE("dtlscapath", OPT_GP, "DTLS-SRTP.", NO_WEBRTC),
NONE("dtlssetup", OPT_GP, "DTLS-SRTP.", NO_WEBRTC),
NONE("dtlsfingerprint", OPT_GP, "DTLS-SRTP.", NO_WEBRTC),
NONE("avpf", OPT_GP, "AVPF profile.", NO_WEBRTC),
NONE("force_avp", OPT_GP, "AVP with DTLS.", NO_WEBRTC),
NONE("icesupport", OPT_GP, "ICE.", NO_WEBRTC),
NONE("rtcp_mux", OPT_GP, "RTCP on the RTP port.", NO_WEBRTC),
NONE("constantssrc", OPT_GP, "One SSRC per call.",
     "every stream of ours has one SSRC"),

/* --- a peer: signalling ------------------------------------------------- */
FN(set_qualify, "qualify", NULL, GP(qualify_ms), "no",
   "Ask by OPTIONS whether it is there: yes is 2000, or the slowest good "
   "answer in milliseconds."),
U32(1, 86400, "qualifyfreq", NULL, GP(qualifyfreq_s), "60",
    "Seconds between two such questions; 10 while it is away."),
FN(set_keepalive, "keepalive", NULL, GP(keepalive_s), "auto",
   "Seconds between two empty packets to it; yes is 60; auto is 25 for phones "
   "over UDP that are behind a NAT or have a public address, fewer where a NAT "
   "forgets sooner (chan_sip: no)."),
WORD(rpid_words, "sendrpid", NULL, GP(sendrpid), "no",
     "Send the caller's identity: rpid or yes (Remote-Party-ID), pai "
     "(P-Asserted-Identity, RFC 3325)."),
BOOL("trustrpid", NULL, GP(trustrpid), "no",
     "Believe the identity that it sends."),
WORD(trust_words, "trust_id_outbound", NULL, GP(trust_id_outbound), "legacy",
     "Whether hidden numbers are sent to it: legacy, yes, no."),
BOOL("rpid_update", NULL, GP(rpid_update), "no",
     "Tell changes of identity (sendrpid=) by UPDATE, if it allows that; "
     "otherwise by re-INVITE, and before the answer with the next message."),
BOOL("rpid_immediate", NULL, GP(rpid_immediate), "no",
     "Tell changes of identity before the answer at once, by the same 180 or "
     "183 again."),
BOOL("usereqphone", NULL, GP(usereqphone), "no",
     "Add ;user=phone to numbers."),
FN(set_country, "country", NULL, GP(country), NULL,
   "Country (de, us ...) whose plan its numbers are in; that of [guard] or "
   "tonezone if not said."),
STR("areacode", NULL, GP(areacode), NULL,
    "Area code of local numbers, without the 0 or what stands before it."),
U32(0, 64, "dialstrip", NULL, GP(dialstrip), "0",
    "Characters that are cut from the begin of a dialled number."),
WORD(number_words, "dialformat", NULL, GP(dialformat), "asis",
     "How it wants dialled numbers: e164 (+4930123), digits (4930123), "
     "international (004930123), national (030123), asis.  Short numbers "
     "stay as they are."),
STR("dialprefix", NULL, GP(dialprefix), NULL,
    "What is put before a dialled number, after all else."),
WORD(number_words, "callerformat", NULL, GP(callerformat), "asis",
     "How it wants the caller's number: as dialformat."),
STR("callerbase", NULL, GP(callerbase), NULL,
    "Number that a caller's extension (up to six digits) is appended to."),
WORD(number_words, "indialformat", NULL, GP(indialformat), "asis",
     "Its calls are for numbers in this form, whatever it sends."),
WORD(number_words, "incallerformat", NULL, GP(incallerformat), "asis",
     "Its callers have numbers in this form, whatever it sends."),
STR("incallerprefix", NULL, GP(incallerprefix), NULL,
    "What is put before its callers' numbers, such as the 0 for a line, so "
    "that they can be called back."),
BOOL("promiscredir", NULL, GP(promiscredir), "no",
     "Follow 3xx to any URI; otherwise only its user part is dialled."),
WORD(timers_words, "session-timers", NULL, GP(session_timers), "accept",
     "RFC 4028: accept, originate, refuse."),
U32(4, 86400, "session-expires", NULL, GP(session_expires_s), "1800",
    "Seconds of the session interval."),
U32(4, 86400, "session-minse", NULL, GP(session_minse_s), "90",
    "Shortest session interval accepted.  RFC 4028 wants 90 at least; less is "
    "for tests."),
WORD(refresher_words, "session-refresher", NULL, GP(session_refresher), "uas",
     "Who refreshes: uas or uac."),
WORD(overlap_words, "allowoverlap", NULL, GP(allowoverlap), "yes",
     "Answer 484 to a number that may go on: yes and dtmf; no answers 404."),
BOOL("allowtransfer", NULL, GP(allowtransfer), "yes",
     "It may transfer calls; no for a peer with a static host that does not "
     "say (chan_sip: yes)."),
BOOL("allowsubscribe", NULL, GP(allowsubscribe), "yes",
     "It may subscribe to lamps and to its messages."),
BOOL("send_diversion", NULL, GP(send_diversion), "yes",
     "Send Diversion with forwarded calls."),
BOOL("send_history_info", NULL, GP(send_history), "yes",
     "Send History-Info with forwarded calls."),
BOOL("supportpath", NULL, GP(supportpath), "no",
     "Keep Path of registrations (RFC 3327)."),
U32(100, 10000, "timert1", NULL, GP(timert1_ms), "500",
    "T1 in milliseconds; a peer with qualify= has its round trip instead."),
U32(500, 1000000, "timerb", NULL, GP(timerb_ms), NULL,
    "Milliseconds until a request without answer is given up; if not said 64 "
    "* T1, but 10000 for a phone that has registered (chan_sip: 64 * T1)."),
U32(1, 255, "maxforwards", NULL, GP(maxforwards), "70",
    "Max-Forwards of a call that begins here; one that passes has the "
    "caller's, less one."),
NONE("disallowed_methods", OPT_GP, "Methods to take from Allow.",
     "Allow names what is served"),
NONE("discard_remote_hold_retrieval", OPT_GP, "Do not pass unhold on.",
     "it is passed on"),
NONE("buggymwi", OPT_GP, "Message lamps for old phones.",
     "the standard form is sent"),
NONE("useclientcode", OPT_GP, "X-ClientCode into the CDR.",
     "the header is left out"),

/* --- a peer: features and accounting ------------------------------------ */
U32(0, 100000, "call-limit", "incominglimit outgoinglimit", P(call_limit),
    NULL, "Calls at a time; 0 is without limit.  A phone that does not say "
    "has 4 (chan_sip: no limit)."),
WORD(allow_words, "international", NULL, GP(international), NULL,
     "May call abroad through a trunk (a peer with a static host).  A phone "
     "that does not say may not, a static host may (chan_sip: all may)."),
WORD(allow_words, "premium", NULL, GP(premium), NULL,
     "May call premium numbers (country= and premium= of tandem.conf) through "
     "a trunk.  A phone that does not say may not, a static host may "
     "(chan_sip: all may)."),
U32(0, 100000, "maxcallsperminute", NULL, GP(calls_per_minute), NULL,
    "New calls through trunks in a minute; 0 is without limit.  A phone that "
    "does not say has 5 for each call of its call-limit (chan_sip: no "
    "limit)."),
U32(0, 1440000, "maxminutesperday", NULL, GP(minutes_per_day), NULL,
    "Minutes a day of calls abroad and to premium numbers; 0 is without "
    "limit.  A phone that does not say has 60 (chan_sip: no limit)."),
U32(0, 100000, "busylevel", NULL, P(busylevel), "0",
    "Calls from which on it counts as busy; 0 is off."),
BOOL("callcounter", NULL, GP(callcounter), "no",
     "Count its calls; they always are."),
BOOL("recordmandatory", NULL, GP(record_mandatory), "no",
     "A call of his whose recording cannot begin is refused or ended; for "
     "all calls in tandem.conf."),
FN(set_groups, "callgroup", NULL, GP(callgroup), NULL,
   "Groups it belongs to: 1,3-5."),
FN(set_groups, "pickupgroup", NULL, GP(pickupgroup), NULL,
   "Groups whose calls it may pick up."),
STR("namedcallgroup", NULL, GP(namedcallgroup), NULL,
    "Named groups it belongs to."),
STR("namedpickupgroup", NULL, GP(namedpickupgroup), NULL,
    "Named groups whose calls it may pick up."),
STR("mailbox", NULL, P(mailbox), NULL,
    "box[@context], several by comma: its voicemail."),
FN(set_hasvoicemail, "hasvoicemail", NULL, P(mailbox), NULL,
   "Its mailbox has its name."),
BOOL("subscribemwi", NULL, P(subscribemwi), "no",
     "Message lamps only by subscription."),
STR_NOT(NO_MWI, "unsolicited_mailbox", NULL, P(unsolicited_mailbox), NULL,
    "Mailbox that its NOTIFY changes."),
STR("vmexten", NULL, GP(vmexten), "asterisk",
    "User of Message-Account."),
STR("language", NULL, GP(language), "en", "Language of prompts."),
STR("tonezone", NULL, GP(tonezone), NULL, "Country of its tones."),
STR("mohinterpret", "musicclass musiconhold", GP(mohinterpret), "default",
    "Music that it hears on hold."),
STR("mohsuggest", NULL, GP(mohsuggest), NULL,
    "Music that it asks for when it holds."),
STR("parkinglot", NULL, GP(parkinglot), NULL,
    "Parking lot."),
STR("accountcode", NULL, P(accountcode), NULL, "Account in the CDR."),
STR("amaflags", NULL, P(amaflags), NULL,
    "AMA flags in the CDR: default, omit, billing, documentation."),
FN(set_setvar, "setvar", NULL, P(setvars), NULL,
   "NAME=value set on every call of it; may be repeated."),
FN(set_header, "header", NULL, P(headers), NULL,
   "Name: value sent in our INVITE to it; may be repeated."),
NONE("cc_agent_policy", OPT_P, "Call completion.", "it is not served"),
NONE("cc_monitor_policy", OPT_P, "Call completion.", "it is not served"),

/* --- a trunk group ------------------------------------------------------ */
FN(set_trunk, "type", NULL, TR(members), NULL,
   "trunk: this section is a group; [name](trunk) says the same."),
FN(set_member, "member", NULL, TR(members), NULL,
   "peer[,order=N][,weight=N][,limit=N]: a line of the group; may be "
   "repeated.  Lower orders are tried first, lines of one order share the "
   "calls by weight, limit is calls at a time.  Order is that of the lines if "
   "not said."),
U32(1, 60, "timeout", NULL, TR(timeout_s), "4",
    "Seconds until a line that has not answered the INVITE at all is given up "
    "for the next one."),
FN(set_failover, "failover", NULL, TR(failover), "401,407,408,5xx",
   "Answers after which the next line is tried; 5xx is a class.  No answer, "
   "a refused connection and a failure of TLS always lead on."),
U32(0, 600, "ramp", NULL, TR(ramp_s), "10",
    "Seconds in which a line that was away gets its full share again."),
U32(1, 3600, "probe", NULL, TR(probe_s), "10",
    "Seconds between two questions (OPTIONS) to a line that is away; up to a "
    "minute if that is longer and it stays away."),
STR("description", NULL, TR(description), NULL, "A remark for the lists."),

/* --- rtp.conf ----------------------------------------------------------- */
U16(1024, 65535, "rtpstart", NULL, R(start), "10000",
    "First UDP port for media."),
U16(1024, 65535, "rtpend", NULL, R(end), "20000",
    "Last UDP port for media."),
BOOL_NOT("a stranger's packets are always dropped", "strictrtp", NULL,
     R(strictrtp), "yes", "Drop packets of strangers."),
U32_NOT(1, 64, "4 packets are asked of a known address, 10 of others",
    "probation", NULL, R(probation), "4",
    "Packets in order before a new source may speak."),
U32_NOT(1, 100000, "a key without an end is over after 150 ms",
    "dtmftimeout", NULL, R(dtmftimeout), "3000",
    "RTP clock units without an end after which a key counts as released."),
NONE("rtcpinterval", OPT_RTP, "Time between RTCP reports.",
     "reports are sent every 5 seconds (RFC 3550)"),
NONE("rtpchecksums", OPT_RTP, "UDP checksums.", "they are always on"),
NONE("icesupport", OPT_RTP, "ICE.", NO_WEBRTC),
NONE("stunaddr", OPT_RTP, "STUN server.",
     "say the public address with externaddr in sip.conf"),
NONE("stun_blacklist", OPT_RTP, "STUN.", NO_WEBRTC),
NONE("ice_blacklist", OPT_RTP, "ICE.", NO_WEBRTC),
NONE("ice_deny", OPT_RTP, "ICE.", NO_WEBRTC),
NONE("turnaddr", OPT_RTP, "TURN server.", NO_WEBRTC),
NONE("turnusername", OPT_RTP, "TURN server.", NO_WEBRTC),
NONE("turnpassword", OPT_RTP, "TURN server.", NO_WEBRTC),
NONE("turnport", OPT_RTP, "TURN server.", NO_WEBRTC),

/* --- musiconhold.conf --------------------------------------------------- */
STR("mode", NULL, M(mode), "files",
    "files: the sound files of directory.  playlist: those of entry."),
STR("directory", NULL, M(directory), NULL,
    "Where the files are; counts from the directory moh."),
STR("sort", NULL, M(sort), NULL, "random, alpha or randstart."),
FN(set_moh_random, "random", NULL, M(sort), NULL, "Old: sort=random."),
STR_NOT("no program is run for music", "application", NULL, M(application),
    NULL, "Program of mode=custom."),
STR_NOT("every file that can be read is used", "format", NULL, M(format),
    NULL, "Format of the files."),
FN(set_moh_entry, "entry", NULL, M(entries), NULL,
   "A file of mode=playlist; may be repeated."),
NONE("digit", OPT_MOH, "Key that chooses the class.",
     "the class stays the same"),
NONE("announcement", OPT_MOH, "Sound between two files.",
     "only the music is played"),
NONE("kill_escalation_delay", OPT_MOH, "Ending a program.",
     "no program is run for music"),
NONE("kill_method", OPT_MOH, "Ending a program.",
     "no program is run for music"),

/* --- tandem.conf -------------------------------------------------------- */
STR("run", NULL, D(run), "/run/tandem", "Console socket and pid file."),
STR("state", NULL, D(state), "/var/lib/tandem", "The database."),
STR("spool", NULL, D(spool), "/var/spool/tandem",
    "Recordings and voicemail."),
STR("sounds", NULL, D(sounds),
    "/usr/share/tandem/sounds:/usr/share/asterisk/sounds",
    "Prompts; several directories with ':' between, the first hit wins."),
STR("moh", NULL, D(moh), "/usr/share/asterisk/moh", "Music on hold."),
STR("agi", "agibin", D(agi), "/usr/share/asterisk/agi-bin",
    "Programs that AGI() runs."),
STR("log", NULL, D(log), NULL, "Where logfile counts from."),
FN(set_loglevel, "loglevel", NULL, T(loglevel), "info",
   "error, warning, notice, info or debug."),
FN(set_logformat, "logformat", NULL, T(logformat), "plain",
   "plain, asterisk, journal or json."),
STR("logfile", NULL, T(logfile), NULL, "Log file; standard error if not "
    "said."),
U32(0, 256, "threads", NULL, T(threads), "0",
    "Media threads; 0 is one for each processor."),
U32(0, 1000000, "maxcalls", NULL, T(maxcalls), "0",
    "Calls at a time; 0 is without limit."),
BOOL("recordmono", NULL, T(record_mono), "no",
     "Mix both parties into one channel of a recording."),
U32(0, 99, "recordlowwater", NULL, T(record_lowwater), "5",
    "Percent of the file system that must be free for a new recording to "
    "begin, those that run go on; 0 is off."),
BOOL("recordmandatory", NULL, T(record_mandatory), "no",
     "A call whose recording by the dialplan or a queue cannot begin is "
     "refused or ended."),
BOOL("allowsystem", NULL, T(allowsystem), "no",
     "The dialplan may run programs: System, TrySystem, SHELL(), the command "
     "behind a recording.  What a caller sent never reaches a shell."),
U32(1, 3600, "systemtimeout", NULL, T(systemtimeout_s), "10",
    "Seconds that such a program may run."),
STR("systemname", NULL, T(systemname), NULL,
    "Name of this machine in unique ids."),
FN(set_nameserver, "nameserver", NULL, T(nameservers), NULL,
   "Up to four name servers by comma, address or address:port; those of "
   "/etc/resolv.conf if not said."),
FN(set_runuser, "runuser", NULL, T(runuser), NULL,
   "Started as root: become this user.  Not said: the owner of the state "
   "directory."),
FN(set_rungroup, "rungroup", NULL, T(rungroup), NULL,
   "Started as root: become this group; the user's if not said."),

/* --- followme.conf ------------------------------------------------------- */
STR("musicclass", "musiconhold", FM(musicclass), NULL,
    "Music while somebody is looked for; the call's own if not said."),
STR("context", NULL, FM(context), "default",
    "Context in which the numbers are dialled."),
FN(set_answer_keys, "takecall", NULL, FM(takecall), "1",
   "What the callee presses to take the call."),
FN(set_answer_keys, "declinecall", NULL, FM(declinecall), "2",
   "What the callee presses to decline it."),
BOOL("enable_callee_prompt", NULL, FM(callee_prompt), "yes",
     "Ask the callee; no: who answers has the call."),
U32(1, 60000, "featuredigittimeout", NULL, FM(digit_ms), "5000",
    "Milliseconds that the callee has for his answer."),
STR("call_from_prompt", "call-from-prompt", FM(call_from),
    "followme/call-from", "Prompt before the caller's name."),
STR("norecording_prompt", "norecording-prompt", FM(norecording),
    "followme/no-recording", "Prompt in place of a name."),
STR("options_prompt", "options-prompt", FM(options), "followme/options",
    "Prompt that says the keys."),
STR("pls_hold_prompt", "hold_prompt hold-prompt pls-hold-prompt", FM(hold),
    "followme/pls-hold-while-try",
    "Prompt for the caller before the search."),
STR("status_prompt", "status-prompt", FM(status), "followme/status",
    "Prompt for the caller with option s."),
STR("sorry_prompt", "sorry-prompt", FM(sorry), "followme/sorry",
    "Prompt for the caller with option n, if nobody was found."),
STR("connecting_prompt", "connecting-prompt", FM(connecting), NULL,
    "Prompt for the caller before he talks."),

/* --- tandem.conf [forward] ---------------------------------------------- */
BOOL("starcodes", NULL, FW(codes), "yes",
     "Phones set their forwards by codes; a number of the phone's own context "
     "wins over a code."),
FN(set_code, "all", NULL, FW(all), "*72",
   "Code, the number behind it: all calls go there.  The code alone asks for "
   "the number."),
FN(set_code, "missed", NULL, FW(missed), "*71",
   "Code, the number behind it: calls go there if the phone is busy, does "
   "not answer or is not registered."),
FN(set_code, "busy", NULL, FW(busy), "*90", "Code: only if it is busy."),
FN(set_code, "noanswer", NULL, FW(noanswer), "*92",
   "Code: only if it does not answer or is not registered."),
FN(set_code, "cancel", NULL, FW(cancel), "*73",
   "Code that ends all forwards of the phone."),
FN(set_code, "dnd", NULL, FW(dnd), "*78",
   "Code after which the phone is busy for everybody."),
FN(set_code, "dndoff", NULL, FW(dnd_off), "*79", "Code that ends this."),
U32(1, 600, "ringtime", NULL, FW(noanswer_s), "20",
    "Seconds that a phone rings before its forward on no answer; a Dial with "
    "a shorter time ends it sooner."),

/* --- tandem.conf [guard] ------------------------------------------------ */
BOOL("enable", NULL, W(enable), "yes",
     "Limit and ban strangers before anything of a message is read."),
FN(set_localnet, "allow", NULL, W(allow), NULL,
   "Networks that are never limited or banned."),
STR("scanners", NULL, W(scanners),
    "friendly-scanner,friendly-request,sipvicious,sipcli,VaxSIPUserAgent,"
    "VaxIPUserAgent,pplsip,sundayddr,sip-scan,iWar,smap,SIPScan,sivus,"
    "Gulp,sipv,eyeBeam-fake,PolycomVVX-spoof",
    "Parts of a User-Agent that scanners have; they get no answer."),
U32(1, 100000, "rate", NULL, W(rate), "20",
    "Messages a second from the address of a stranger."),
U32(1, 1000000, "networkrate", NULL, W(rate_net), "100",
    "Messages a second from a stranger's network (/24, IPv6 /64)."),
U32(1, 1000000, "totalrate", NULL, W(rate_all), "2000",
    "Messages a second from all strangers."),
U32(2, 1000, "maxfailures", NULL, W(failures), "10",
    "Failures of an address within a minute that ban it."),
FN(set_bantimes, "bantime", NULL, W(ban_s), "600,3600,86400",
   "Seconds of the first, the second and each later ban."),
FN(set_nft, "nftset", NULL, W(nft), NULL,
   "Also put bans into this nftables set: family, table and set, such as "
   "inet filter banned; IPv6 goes to the set with a 6 at its end.  Off if "
   "not said."),
FN(set_country, "country", NULL, W(country), NULL,
   "Country (de, us ...) that numbers are dialled in; tonezone of sip.conf "
   "if not said."),
FN(set_premium, "premium", NULL, W(premium), NULL,
   "Prefixes of premium numbers, as they are dialled; those of the country "
   "if not said."),

/* --- voicemail.conf [general] ------------------------------------------- */
NONE("format", OPT_VM, "Formats of messages.",
     "messages are kept as 16-bit wav, which every mail program plays"),
U32(0, 86400, "maxsilence", NULL, V(maxsilence_s), "10",
    "Seconds of silence that end a message; 0 is never."),
NONE("silencethreshold", OPT_VM, "What counts as silence.",
     "the level is found by itself"),
U32(0, 86400, "maxgreet", NULL, V(maxgreet_s), "60",
    "Longest greeting in seconds; 0 is without limit (chan_sip: 0)."),
U32(1, 100, "maxlogins", NULL, V(maxlogins), "3",
    "Attempts at a PIN in a call."),
U32(0, 64, "minpassword", NULL, V(minpin), "4",
    "Digits that a new PIN needs (chan_sip: 0)."),
BOOL("moveheard", NULL, V(moveheard), "yes",
     "Messages that were heard go to the folder Old."),
FN(set_mailcmd, "mailcmd", NULL, V(mailcmd), "/usr/sbin/sendmail -t",
   "Program that gets each mail on its standard input; words are separated "
   "by blanks, no shell reads them."),
STR("fromstring", NULL, V(fromstring), "Tandem",
    "Name of the sender of mails."),
STR("emailsubject", NULL, V(subject), NULL,
    "Subject of mails, with ${VM_NAME}, ${VM_DUR}, ${VM_MSGNUM}, "
    "${VM_MAILBOX}, ${VM_CALLERID}, ${VM_CIDNUM}, ${VM_CIDNAME}, "
    "${VM_DATE}, ${VM_MESSAGEFILE}."),
STR("emailbody", NULL, V(body), NULL,
    "Text of mails, with the same variables; \\n is a new line."),
STR("emaildateformat", NULL, V(dateformat), "%A, %B %d, %Y at %r",
    "Date in mails, as strftime writes it."),
NONE("pagersubject", OPT_VM, "Subject of mails to a pager.",
     "emailsubject is used"),
NONE("pagerbody", OPT_VM, "Text of mails to a pager.",
     "emailbody is used, without attachment"),
NONE("pagerfromstring", OPT_VM, "Sender of mails to a pager.",
     "fromstring is used"),
NONE("pagerdateformat", OPT_VM, "Date in mails to a pager.",
     "emaildateformat is used"),
NONE("charset", OPT_VM, "Character set of mails.", "it is UTF-8"),
NONE("skipms", OPT_VM, "Step of skipping inside a message.",
     "a message is played as a whole, 5 repeats it"),
FN(set_mailcmd, "externnotify", NULL, V(externnotify), NULL,
   "Program that is run after every change of a mailbox, without a shell, "
   "with the context, the mailbox, and the number of new, old and urgent "
   "messages."),
NONE("externpass", OPT_VM, "Program run for a new PIN.", NO_VMPROG),
NONE("externpassnotify", OPT_VM, "Program run for a new PIN.", NO_VMPROG),
NONE("externpasscheck", OPT_VM, "Program that judges a new PIN.", NO_VMPROG),
NONE("smdienable", OPT_VM, "Message lamps over SMDI.", "SIP is used"),
NONE("pollmailboxes", OPT_VM, "Look for changes of others.",
     "a reload reads the folders again"),
NONE("pollfreq", OPT_VM, "Seconds between two looks.",
     "a reload reads the folders again"),
NONE("usedirectory", OPT_VM, "Choose a mailbox by name when forwarding.",
     "its number is dialled"),
NONE("searchcontexts", OPT_VM, "Look for a mailbox in all contexts.",
     "default is meant without @context"),
NONE("directoryintro", OPT_VM, "Prompt of the directory.",
     "the stock one is played"),
NONE("imapserver", OPT_VM, "Messages at an IMAP server.", NO_VMIMAP),
NONE("imapport", OPT_VM, "Messages at an IMAP server.", NO_VMIMAP),
NONE("imapfolder", OPT_VM, "Messages at an IMAP server.", NO_VMIMAP),
NONE("imapflags", OPT_VM, "Messages at an IMAP server.", NO_VMIMAP),
NONE("odbcstorage", OPT_VM, "Messages in a database.", NO_VMIMAP),
NONE("odbctable", OPT_VM, "Messages in a database.", NO_VMIMAP),

/* --- voicemail.conf [general] and mailboxes ----------------------------- */
BOOL("attach", NULL, B(attach), "yes",
     "The message goes with the mail."),
NONE("attachfmt", OPT_VMBOX, "Format of the attachment.",
     "it is the file as it is kept: wav"),
BOOL("delete", NULL, B(del), "no",
     "Messages that were handed to the mail program are not kept."),
BOOL("saycid", NULL, B(saycid), "no",
     "Say the caller's number before a message."),
BOOL("envelope", NULL, B(envelope), "yes",
     "Say date and time before a message."),
BOOL("review", NULL, B(review), "no",
     "Callers may listen to their message and record it again."),
BOOL("operator", NULL, B(oper), "no",
     "Callers reach extension o with 0."),
U32(1, 9999, "maxmsg", NULL, B(maxmsg), "100",
    "Messages that a folder holds."),
U32(0, 86400, "maxsecs", "maxmessage", B(maxsecs), "600",
    "Longest message in seconds; 0 is without limit (chan_sip: 0)."),
U32(0, 3600, "minsecs", "minmessage", B(minsecs), "0",
    "Shorter messages are not kept."),
STR("tz", NULL, B(tz), NULL,
    "Zone of [zonemessages] that dates are said in."),
STR("serveremail", NULL, B(serveremail), "tandem",
    "Address of the sender of mails."),
STR("exitcontext", NULL, B(exitcontext), NULL,
    "Context of the extensions o and a."),
STR("language", NULL, B(language), NULL,
    "Language that the owner's menu speaks."),
NONE("locale", OPT_VMBOX, "Language of dates in mails.",
     "they are English"),
NONE("volgain", OPT_VMBOX, "Louder mails.", "recordings stay as they are"),
BOOL("nextaftercmd", NULL, B(nextaftercmd), "no",
     "Deleting or saving a message goes on with the next one."),
BOOL("forcename", NULL, B(forcename), "no",
     "A new owner, whose PIN is the mailbox's number, must choose a PIN and "
     "record the name."),
BOOL("forcegreetings", NULL, B(forcegreetings), "no",
     "... and both greetings."),
BOOL("tempgreetwarn", NULL, B(tempgreetwarn), "yes",
     "Tell the owner that there is a temporary greeting."),
BOOL("hidefromdir", "hidefromdirectory", B(hidefromdir), "no",
     "Directory() does not find the owner."),
BOOL("sayduration", NULL, B(sayduration), "yes",
     "Say the length of a message in minutes before it ..."),
U32(0, 1440, "saydurationm", NULL, B(saydurationm), "2",
    "... if it has so many."),
STR("dialout", NULL, B(dialout), NULL,
    "Context in which the owner may call somebody from the menu (3, 4)."),
STR("callback", NULL, B(callback), NULL,
    "Context in which the owner may call who left a message (3, 2)."),
NONE("backupdeleted", OPT_VMBOX, "Keep deleted messages.",
     "deleted messages are removed when the menu is left"),
NONE("passwordlocation", OPT_VMBOX, "Where a new PIN is kept.",
     "in the spool directory; voicemail.conf is never written"),
BOOL("messagewrap", NULL, B(messagewrap), "no",
     "After the last message comes the first one."),
NONE("imapuser", OPT_VMBOX, "Messages at an IMAP server.", NO_VMIMAP),
NONE("imappassword", OPT_VMBOX, "Messages at an IMAP server.", NO_VMIMAP),

/* --- queues.conf [general] ---------------------------------------------- */
BOOL("persistentmembers", NULL, QG(persistentmembers), "yes",
     "Members that were added while running, and their pauses, are kept over "
     "a restart (chan_sip: no)."),
BOOL("keepstats", NULL, QG(keepstats), "yes",
     "A reload keeps the counts of calls."),
BOOL("shared_lastcall", "shared-lastcall", QG(shared_lastcall), "no",
     "The wrap-up time after a call counts in all queues of a member."),
BOOL("autofill", NULL, QG(autofill), "yes",
     "Default of the queues' own autofill."),
BOOL("log_membername_as_agent", NULL, QG(log_membername), "no",
     "queue_log names the member, not its device."),
BOOL("log-caller-id-name", "log_caller_id_name", QG(log_cid_name), "no",
     "queue_log's ENTERQUEUE ends with the caller's name."),
BOOL("updatecdr", NULL, QG(updatecdr), "no",
     "dstchannel of the call record is the member's name."),
BOOL("force_longest_waiting_caller", NULL, QG(longest_first), "no",
     "A member of several queues gets who waits longest in any of them of "
     "the same weight."),
NONE("negative_penalty_invalid", OPT_QUEUES, "Members with penalties below 0.",
     "a penalty is 0 or more"),
NONE("monitor-type", OPT_QUEUES, "Kind of recorder.",
     "it is that of MixMonitor(): both parties in one file"),
OLD("check_state_unknown", NULL, OPT_QUEUES,
    "states of devices are always known"),

/* --- queues.conf: a queue ----------------------------------------------- */
STR("musicclass", "musiconhold music", Q(musicclass), NULL,
    "Class of music for callers who wait; the call's own if not said."),
WORD(strategy_words, "strategy", NULL, Q(strategy), "ringall",
     "Which member rings: all together, who was free longest, who had fewest "
     "calls, any, in turn behind the last one (rrmemory, roundrobin and "
     "rrordered, in the order of the file), always from the first one, any "
     "with low penalties likelier."),
U32(0, 86400, "timeout", NULL, Q(timeout_s), "15",
    "Seconds that a member rings; 0 is until the caller leaves."),
U32(0, 86400, "retry", NULL, Q(retry_s), "5",
    "Seconds between two rounds; a round that nobody could be rung in is "
    "followed by one second at least."),
WORD(timeout_words, "timeoutpriority", NULL, Q(timeout_prio), "app",
     "Which counts if both are said: the time of Queue() may cut a ring "
     "short (app), or a member always rings for timeout (conf)."),
BOOL("timeoutrestart", NULL, Q(timeoutrestart), "no",
     "A member that is busy does not use up the time of the next one."),
U32(0, 1000000, "maxlen", NULL, Q(maxlen), "0",
    "Callers who may wait; 0 is without limit."),
U32(0, 86400, "wrapuptime", NULL, Q(wrapup_s), "0",
    "Seconds after a call in which a member is not rung."),
U32(0, 1000000, "weight", NULL, Q(weight), "0",
    "A member of several queues serves the heavier one first."),
WORD(autopause_words, "autopause", NULL, Q(autopause), "no",
     "Pause a member that does not answer: in this queue, or in all."),
U32(0, 86400, "autopausedelay", NULL, Q(autopausedelay_s), "0",
    "... but not within so many seconds of its last call."),
BOOL("autopausebusy", NULL, Q(autopausebusy), "no",
     "... and one that is busy."),
BOOL("autopauseunavail", NULL, Q(autopauseunavail), "no",
     "... and one that cannot be reached."),
BOOL("autofill", NULL, Q(autofill), NULL,
     "As many callers ring as there are free members, not the first one "
     "alone; that of [general] if not said."),
FN(set_queue_empty, "joinempty", NULL, Q(joinempty), "yes",
   "May a caller join a queue that has nobody?  yes, no, strict, loose, or "
   "the kinds of members that count as nobody: paused, penalty, inuse, "
   "ringing, unavailable, invalid, unknown, wrapup."),
FN(set_queue_empty, "leavewhenempty", NULL, Q(leavewhenempty), "no",
   "Must callers who wait leave it then?  The same words."),
BOOL("ringinuse", NULL, Q(ringinuse), "yes",
     "Ring members whose device is in use."),
U32(0, 1000000, "penaltymemberslimit", NULL, Q(penaltymemberslimit), "0",
    "Penalties do not count with so many members or fewer."),
STR("defaultrule", NULL, Q(defaultrule), NULL,
    "Rule of queuerules.conf for callers whose Queue() names none."),
STR("context", NULL, Q(context), NULL,
    "A digit that is an extension of this context leads the caller there."),
U32(0, 86400, "servicelevel", NULL, Q(servicelevel_s), "0",
    "Seconds within which a call counts as answered in time."),
U32(0, 86400, "announce-frequency", NULL, Q(announce_s), "0",
    "Seconds between two announcements of position and hold time; 0 is "
    "never."),
U32(0, 86400, "min-announce-frequency", NULL, Q(minannounce_s), "15",
    "... and at least so many when the position has changed."),
U32(0, 30, "announce-round-seconds", NULL, Q(round_s), "0",
    "Hold times are said in minutes and multiples of so many seconds; 0 is "
    "minutes alone."),
WORD(say_hold_words, "announce-holdtime", NULL, Q(say_hold), "no",
     "Say how long others have waited."),
WORD(say_pos_words, "announce-position", NULL, Q(say_pos), "yes",
     "Say the position: always, up to announce-position-limit, or beyond it "
     "as \"more than\"."),
U32(1, 1000000, "announce-position-limit", NULL, Q(say_pos_limit), "5",
    "See announce-position."),
BOOL("announce-position-only-up", NULL, Q(say_pos_up), "no",
     "Only if it is better than the one that was said last."),
BOOL("announce-to-first-user", NULL, Q(say_first), "no",
     "The first one hears announcements too."),
TEXT("periodic-announce", NULL, Q(periodic), "queue-periodic-announce",
     "Prompts that are played in turn, with commas between."),
U32(0, 86400, "periodic-announce-frequency", NULL, Q(periodic_s), "0",
    "Seconds between two of them; 0 is never."),
U32(0, 86400, "periodic-announce-startdelay", NULL, Q(periodic_start_s), "0",
    "Seconds before the first one; periodic-announce-frequency if 0."),
BOOL("random-periodic-announce", NULL, Q(periodic_random), "no",
     "... not in turn."),
BOOL("relative-periodic-announce", NULL, Q(periodic_relative), "no",
     "... counted from the end of the last one."),
TEXT("queue-youarenext", NULL, Q(sounds.youarenext), "queue-youarenext",
     "Prompt: you are the first."),
TEXT("queue-thereare", NULL, Q(sounds.thereare), "queue-thereare",
     "Prompt before the position."),
TEXT("queue-callswaiting", NULL, Q(sounds.callswaiting),
     "queue-callswaiting", "Prompt behind the position."),
TEXT("queue-quantity1", NULL, Q(sounds.quantity1), "queue-quantity1",
     "Prompt before the limit: more than."),
TEXT("queue-quantity2", NULL, Q(sounds.quantity2), "queue-quantity2",
     "Prompt behind the limit."),
TEXT("queue-holdtime", NULL, Q(sounds.holdtime), "queue-holdtime",
     "Prompt before the hold time."),
TEXT("queue-minute", NULL, Q(sounds.minute), "queue-minute",
     "Prompt: minute."),
TEXT("queue-minutes", NULL, Q(sounds.minutes), "queue-minutes",
     "Prompt: minutes."),
TEXT("queue-seconds", NULL, Q(sounds.seconds), "queue-seconds",
     "Prompt: seconds."),
TEXT("queue-thankyou", NULL, Q(sounds.thankyou), "queue-thankyou",
     "Prompt at the end of an announcement."),
TEXT("queue-reporthold", NULL, Q(sounds.reporthold), "queue-reporthold",
     "Prompt to the member before the caller's hold time."),
TEXT("queue-callerannounce", NULL, Q(sounds.callerannounce), NULL,
     "Prompt to the caller before the talk."),
OLD("queue-lessthan", "queue-less-than", OPT_QUEUE,
    "hold times are said from a minute on"),
STR("announce", NULL, Q(announce), NULL,
    "Prompt to the member before the talk."),
BOOL("reportholdtime", NULL, Q(reportholdtime), "no",
     "Tell the member how long the caller has waited."),
U32(0, 60, "memberdelay", NULL, Q(memberdelay_s), "0",
    "Seconds of silence for the member before the talk."),
STR("membergosub", NULL, Q(membergosub), NULL,
    "Context whose extension s is a subroutine that the member's side runs "
    "before the talk."),
STR("membermacro", NULL, Q(membermacro), NULL,
    "Macro that the member's side runs before the talk."),
BOOL("setinterfacevar", NULL, Q(setinterfacevar), "no",
     "Set MEMBERINTERFACE, MEMBERNAME, MEMBERCALLS, MEMBERLASTCALL, "
     "MEMBERPENALTY, MEMBERDYNAMIC and MEMBERREALTIME before the talk."),
BOOL("setqueuevar", NULL, Q(setqueuevar), "no",
     "Set QUEUENAME, QUEUEMAX, QUEUESTRATEGY, QUEUECALLS, QUEUEHOLDTIME, "
     "QUEUECOMPLETED, QUEUEABANDONED, QUEUESRVLEVEL and QUEUESRVLEVELPERF "
     "when a caller joins and before the talk."),
BOOL("setqueueentryvar", NULL, Q(setqueueentryvar), "no",
     "Set QEHOLDTIME and QEORIGINALPOS before the talk."),
STR("monitor-format", NULL, Q(monitor_format), NULL,
    "Record the talks in such files (wav); not recorded if not said.  "
    "MONITOR_FILENAME of the call is the name, its UNIQUEID if not set."),
NONE("monitor-type", OPT_QUEUE, "Kind of recorder.",
     "it is that of MixMonitor(): both parties in one file"),
NONE("monitor-join", OPT_QUEUE, "Mix the parties of a recording.",
     "recordmono of tandem.conf says it"),
BOOL("log-restricted-caller-id", NULL, Q(log_restricted_cid), "yes",
     "queue_log has the number of callers who hide it."),
NONE("eventwhencalled", OPT_QUEUE, "Events of the manager interface.",
     "the log and queue_log tell"),
NONE("eventmemberstatus", OPT_QUEUE, "Events of the manager interface.",
     "the log and queue_log tell"),

/* --- tandem.conf [sipd] ------------------------------------------------- */
FN(set_sipd_code, "country", NULL, SD(country), "7",
   "Country code that ten digits get on their way to a gateway."),
FN(set_sipd_code, "city", NULL, SD(city), "495",
   "City code that shorter numbers get besides."),
U32(1, 3600, "ringtime", NULL, SD(ring_s), "30",
    "Seconds that a client rings if a forward on unavailable or another "
    "client comes after it."),
/* --- confbridge.conf: users --------------------------------------------- */
BOOL("admin", NULL, RU(admin), "no",
     "May use the actions of a menu that begin with admin_, and join a locked "
     "or full conference."),
BOOL("marked", NULL, RU(marked), "no",
     "A leader, for whom users with wait_marked wait."),
BOOL("startmuted", NULL, RU(startmuted), "no", "Is muted when it joins."),
BOOL("music_on_hold_when_empty", NULL, RU(music_when_empty), "no",
     "Hears music while it is alone or waits for a marked user."),
STR("music_on_hold_class", NULL, RU(music_class), NULL,
    "Class of that music; the call's if not said."),
BOOL("quiet", NULL, RU(quiet), "no",
     "Neither hears prompts nor is announced; PIN and menu are spoken all the "
     "same."),
BOOL("hear_own_join_sound", NULL, RU(hear_own_join), "yes",
     "Hears the sound of its own coming, too."),
BOOL("announce_user_count", NULL, RU(announce_count), "no",
     "Is told how many are there when it joins."),
FN(set_room_count, "announce_user_count_all", NULL, RU(announce_count_all),
   "no", "All are told how many are there when it joins: yes, no, or the "
   "number above which it is said."),
BOOL("announce_only_user", NULL, RU(announce_only), "yes",
     "Is told when it is the only one."),
BOOL("announce_join_leave", NULL, RU(announce_join_leave), "no",
     "Says its name before it joins, which all hear when it comes and goes."),
BOOL("announce_join_leave_review", NULL, RU(announce_review), "no",
     "As announce_join_leave; it may listen to its name and say it again."),
BOOL("wait_marked", NULL, RU(wait_marked), "no",
     "Waits until a marked user is there."),
BOOL("end_marked", NULL, RU(end_marked), "no",
     "Leaves when the last marked user does."),
BOOL("end_marked_any", NULL, RU(end_marked_any), "no",
     "Leaves when any marked user does."),
STR("pin", NULL, RU(pin), NULL, "PIN to be dialled; three attempts."),
STR("announcement", NULL, RU(announcement), NULL,
    "Prompt that it hears before it joins."),
U32(0, 31536000, "timeout", NULL, RU(timeout_s), "0",
    "Seconds after which it has to leave; 0 is without limit."),
BOOL("dsp_drop_silence", NULL, RU(drop_silence), "no",
     "Is heard only while it talks, so that the noise of quiet rooms does not "
     "add up."),
U32(1, 32768, "dsp_talking_threshold", NULL, RU(talk_level), "160",
    "Mean level of a sample from which on it talks."),
U32(1, 2147483647, "dsp_silence_threshold", NULL, RU(silence_ms), "2500",
    "Milliseconds of silence after which it does not talk any more."),
BOOL("talk_detection_events", NULL, RU(talk_events), "no",
     "Who talks is in the log and in `confbridge list`."),
BOOL("dtmf_passthrough", NULL, RU(dtmf_passthrough), "no",
     "Its digits are sent to all others."),
BOOL("answer_channel", NULL, RU(answer), "yes",
     "Answer the call if that has not been done."),
NONE("denoise", OPT_RUSER, "Filter noise.", "dsp_drop_silence keeps the noise "
     "of those out who do not talk"),
NONE("jitterbuffer", OPT_RUSER, "Even out the stream of packets.",
     "that is always done"),
NONE("send_events", OPT_RUSER, "Events as messages.", "the log tells"),
NONE("echo_events", OPT_RUSER, "Events as messages.", "the log tells"),
NONE("text_messaging", OPT_RUSER, "Messages between users.",
     "only audio is passed on"),

/* --- confbridge.conf: bridges ------------------------------------------- */
U32(0, 10000, "max_members", NULL, RB(max_members), "0",
    "Users at the same time, admins not counted out; 0 is without limit."),
BOOL("record_conference", NULL, RB(record), "no",
     "Record from the first user to the last one."),
STR("record_file", NULL, RB(record_file), NULL,
    "File of the recording, below SPOOL/monitor; confbridge-NAME-TIME.wav if "
    "not said."),
BOOL("record_file_append", NULL, RB(record_append), "yes",
     "Go on in a file that is there; without, another name is taken."),
BOOL("record_file_timestamp", NULL, RB(record_timestamp), "yes",
     "The time stands in the name of the file."),
U32(10, 80, "mixing_interval", NULL, RB(interval_ms), "20",
    "Milliseconds that are mixed at once: 20, 40, 60 or 80."),
STR("language", NULL, RB(language), NULL,
    "Language of what all hear; that of the first user if not said."),
BOOL("announcements", NULL, RB(announcements), "yes",
     "Play prompts to the conference as a whole."),
FN(set_room_rate, "internal_sample_rate", NULL, RB(rate), "auto",
   "Sample rate of its recording: 8000, 16000, 48000, or auto for the best of "
   "who is there when it begins (8000 with record_file_append). A party hears "
   "the others at the rate of its own codec, whatever this says."),
FN(set_room_rate, "maximum_sample_rate", NULL, RB(rate_max), "none",
   "No recording at a higher rate."),
NONE("record_options", OPT_RBRIDGE, "Options of the recorder.",
     "the recording is mono, of all who speak"),
NONE("record_command", OPT_RBRIDGE, "Program behind the recording.",
     "the file is closed when the log says so"),
NONE("video_mode", OPT_RBRIDGE, "Who is seen.", "only audio is passed on"),
NONE("video_update_discard", OPT_RBRIDGE, "Pace of video.",
     "only audio is passed on"),
NONE("remb_send_interval", OPT_RBRIDGE, "Pace of video.",
     "only audio is passed on"),
NONE("remb_behavior", OPT_RBRIDGE, "Pace of video.",
     "only audio is passed on"),
NONE("remb_estimated_bitrate", OPT_RBRIDGE, "Pace of video.",
     "only audio is passed on"),
NONE("enable_events", OPT_RBRIDGE, "Events as messages.", "the log tells"),
NONE("regcontext", OPT_RBRIDGE, "Extensions of conferences that run.",
     "hints confbridge:NAME tell whether one runs"),
TEXT("sound_has_joined", NULL, RB(sound.has_joined), "conf-hasjoin",
     "Prompt behind the name of who has come."),
TEXT("sound_has_left", NULL, RB(sound.has_left), "conf-hasleft",
     "Prompt behind the name of who has gone."),
TEXT("sound_kicked", NULL, RB(sound.kicked), "conf-kicked",
     "Prompt to who is removed."),
TEXT("sound_muted", NULL, RB(sound.muted), "conf-muted",
     "Prompt to who has muted itself."),
TEXT("sound_unmuted", NULL, RB(sound.unmuted), "conf-unmuted",
     "Prompt to who has ended that."),
TEXT("sound_only_person", NULL, RB(sound.only_person), "conf-onlyperson",
     "Prompt to who is alone."),
TEXT("sound_only_one", NULL, RB(sound.only_one), "conf-onlyone",
     "Prompt if there is one other user."),
TEXT("sound_there_are", NULL, RB(sound.there_are), "conf-thereare",
     "Prompt before the number of users."),
TEXT("sound_other_in_party", NULL, RB(sound.other_in_party),
     "conf-otherinparty", "Prompt behind the number of users."),
TEXT("sound_wait_for_leader", NULL, RB(sound.wait_for_leader),
     "conf-waitforleader", "Prompt to who waits for a marked user."),
TEXT("sound_leader_has_left", NULL, RB(sound.leader_has_left),
     "conf-leaderhasleft", "Prompt when the last marked user has gone."),
TEXT("sound_get_pin", NULL, RB(sound.get_pin), "conf-getpin",
     "Prompt that asks for the PIN."),
TEXT("sound_invalid_pin", NULL, RB(sound.invalid_pin), "conf-invalidpin",
     "Prompt for a wrong PIN."),
TEXT("sound_locked", NULL, RB(sound.locked), "conf-locked",
     "Prompt to who may not join a locked or full conference."),
TEXT("sound_locked_now", NULL, RB(sound.locked_now), "conf-lockednow",
     "Prompt to who has locked it."),
TEXT("sound_unlocked_now", NULL, RB(sound.unlocked_now), "conf-unlockednow",
     "Prompt to who has unlocked it."),
TEXT("sound_error_menu", NULL, RB(sound.error_menu), "conf-errormenu",
     "Prompt for digits that the menu has not."),
TEXT("sound_join", NULL, RB(sound.join), "confbridge-join",
     "Sound when somebody comes."),
TEXT("sound_leave", NULL, RB(sound.leave), "confbridge-leave",
     "Sound when somebody goes."),
TEXT("sound_participants_muted", NULL, RB(sound.participants_muted),
     "conf-now-muted", "Prompt to all when an admin has muted them."),
TEXT("sound_participants_unmuted", NULL, RB(sound.participants_unmuted),
     "conf-now-unmuted", "Prompt to all when an admin has ended that."),
TEXT("sound_begin", NULL, RB(sound.begin), "confbridge-conf-begin",
     "Prompt to all when the first marked user comes to those who wait."),
OLD("sound_place_into_conference", NULL, OPT_RBRIDGE,
    "sound_begin is played to those who wait"),
NONE("sound_binaural_on", OPT_RBRIDGE, "Prompt of binaural sound.",
     "sound has one channel"),
NONE("sound_binaural_off", OPT_RBRIDGE, "Prompt of binaural sound.",
     "sound has one channel"),

/* --- meetme.conf -------------------------------------------------------- */
OLD("audiobuffers", "schedule logmembercount fuzzystart earlyalert endalert",
    OPT_MEET, "rooms are ConfBridge's, without a timetable"),

/* --- routes.conf -------------------------------------------------------- */
WORD(route_words, "type", NULL, RT(type), NULL,
     "outbound: numbers to trunks.  inbound: what a trunk sends to an "
     "extension."),
FN(set_route_pattern, "pattern", "patterns dial_pattern", RT(patterns), NULL,
   "Numbers of an outbound route, as FreePBX writes them: X, Z, N, [1-5] and "
   "`.` as in extensions.conf; what stands before `|` is dialled and taken "
   "away, what stands before `+` is put in front, `/` and a number limits it "
   "to that caller.  May be repeated."),
STR("trunks", "trunk", RT(trunks), NULL,
    "Trunks of an outbound route, commas between: the next one is tried if "
    "one cannot take the call."),
U32(0, 3600, "timeout", NULL, RT(timeout_s), "0",
    "Seconds that a trunk may ring; 0 is without limit."),
STR("options", NULL, RT(options), NULL, "Options of Dial."),
STR("callerid", NULL, RT(callerid), NULL,
    "Caller's name and number of an outbound route, as sip.conf writes "
    "them; the caller's own if not said."),
STR("did", NULL, RT(did), NULL,
    "Extension that the trunk calls: number or word behind the / of its "
    "register line, or pattern with _; any if not said."),
STR("cid", NULL, RT(cid), NULL,
    "Caller that an inbound route is for; any if not said."),
STR("destination", NULL, RT(destination), NULL,
    "Where an inbound route leads: context,extension,priority or an "
    "extension of from-internal."),
OLD("description", "name emergency mohclass", OPT_ROUTE,
    "it is for people"),
/* --- features.conf [general] -------------------------------------------- */
U32(1, 60, "transferdigittimeout", NULL, F(transferdigit_s), "3",
    "Seconds between two digits of the number to transfer to."),
U32(100, 10000, "featuredigittimeout", NULL, F(featuredigit_ms), "1000",
    "Milliseconds between two keys of a feature."),
U32(1, 10, "transferdialattempts", NULL, F(attempts), "3",
    "Attempts at a number to transfer to."),
STR("transferannouncesound", NULL, F(transferannounce), "pbx-transfer",
    "What who transfers hears before the number."),
STR("transferretrysound", NULL, F(retrysound), "pbx-invalid",
    "... and after a number that does not exist."),
STR("xfersound", NULL, F(xfersound), "beep",
    "What the party hears when an attended transfer is complete."),
STR("xferfailsound", "transferinvalidsound", F(xferfailsound), "beeperr",
    "What who transfers hears when it has failed."),
STR("courtesytone", NULL, F(courtesytone), NULL,
    "What both hear when a key starts or ends a recording."),
STR("recordingfailsound", NULL, F(recordingfailsound), NULL,
    "... and who has pressed it, when there is none."),
FN(set_keys, "pickupexten", NULL, F(pickupexten), "*8",
   "Number that picks up what rings in a group of pickupgroup=, in any "
   "context; empty for none.  An extension of the dialplan with just this "
   "name wins."),
STR("pickupsound", NULL, F(pickupsound), NULL,
    "What who picks up hears first."),
STR("pickupfailsound", NULL, F(pickupfailsound), NULL,
    "What is played when nothing is there to pick up; 480 if not said."),
U32(1, 3600, "atxfernoanswertimeout", NULL, F(atxfernoanswer_s), "15",
    "Seconds that the target of an attended transfer rings."),
BOOL("atxferdropcall", NULL, F(atxferdropcall), "no",
     "Hang up on all if who transfers hangs up before the target answers; "
     "otherwise the target goes on ringing, and who transfers is called back "
     "if it does not answer."),
U32(0, 3600, "atxferloopdelay", NULL, F(atxferloopdelay_s), "10",
    "Seconds between two such calls."),
U32(0, 100, "atxfercallbackretries", NULL, F(atxfercallbackretries), "2",
    "Number of such calls."),
FN(set_keys, "atxferabort", NULL, F(atxferabort), "*1",
   "During an attended transfer: back to the party."),
FN(set_keys, "atxfercomplete", NULL, F(atxfercomplete), "*2",
   "... connect both; so does hanging up."),
FN(set_keys, "atxferthreeway", NULL, F(atxferthreeway), "*3",
   "... talk to both together."),
FN(set_keys, "atxferswap", NULL, F(atxferswap), "*4",
   "... talk to the other one."),
NONE("adsipark", OPT_FEAT, "Slots on ADSI displays.", NO_ADSI),

/* --- features.conf [featuremap] ----------------------------------------- */
FN(set_keys, "blindxfer", NULL, K(blindxfer), "#",
   "Send the other party to an extension (Dial options t and T)."),
FN(set_keys, "atxfer", NULL, K(atxfer), NULL,
   "... after talking to it (t and T)."),
FN(set_keys, "disconnect", NULL, K(disconnect), "*",
   "Hang up (h and H)."),
FN(set_keys, "parkcall", NULL, K(parkcall), NULL,
   "Park the other party (k and K)."),
FN(set_keys, "automon", NULL, K(automon), NULL,
   "Start or end a recording (w and W)."),
FN(set_keys, "automixmon", NULL, K(automixmon), NULL,
   "Start or end a recording (x and X)."),

/* --- res_parking.conf lots ---------------------------------------------- */
FN(set_keys, "parkext", NULL, L(parkext), NULL,
   "Number that parks a call; in the lot default 700."),
BOOL("parkext_exclusive", NULL, L(exclusive), "no",
     "parkext always parks here, not in the lot of the one who parks."),
FN(set_parkpos, "parkpos", NULL, L(first), "701-750",
   "Slots, first-last; they are numbers, too."),
STR("context", NULL, L(context), "parkedcalls",
    "Context that parkext and the slots are put into; include it where they "
    "are dialled."),
BOOL("parkinghints", NULL, L(hints), "no",
     "Give each slot a hint, for lamps."),
U32(0, 86400, "parkingtime", NULL, L(parkingtime_s), "45",
    "Seconds until a parked call comes back; 0 is never."),
WORD(slot_words, "findslot", NULL, L(findslot), "first",
     "Which slot is taken: the first free one, or the next after the last."),
BOOL("comebacktoorigin", NULL, L(comebacktoorigin), "yes",
     "A call that nobody has taken rings at the phone that has parked it; "
     "otherwise it goes to comebackcontext."),
U32(1, 3600, "comebackdialtime", NULL, L(comebackdial_s), "30",
    "Seconds that it rings there."),
STR("comebackcontext", NULL, L(comebackcontext), "parkedcallstimeout",
    "Context that it goes to then: to the extension that is named after the "
    "phone (SIP_1001), or to s."),
STR("parkedmusicclass", NULL, L(music), NULL,
    "Music of parked calls; that of the call if not said."),
STR("courtesytone", NULL, L(courtesytone), NULL,
    "What is heard when a call is taken from its slot."),
WORD(side_words, "parkedplay", NULL, L(play), "caller",
     "Who hears it: caller is who takes the call, callee who was parked."),
WORD(side_words, "parkedcalltransfers", NULL, L(transfers), "no",
     "Who of both may transfer by keys then."),
WORD(side_words, "parkedcallreparking", NULL, L(reparking), "no",
     "Who may park by keys."),
WORD(side_words, "parkedcallhangup", NULL, L(hangup), "no",
     "Who may hang up by keys."),
WORD(side_words, "parkedcallrecording", NULL, L(recording), "no",
     "Who may record by keys."),
NONE("parkeddynamic", OPT_LOT, "Lots that are made while it runs.",
     "write a section for each lot"),
NONE("adsipark", OPT_LOT, "Slots on ADSI displays.", NO_ADSI),

/* --- extensions.conf [general] ------------------------------------------ */
BOOL("autofallthrough", NULL, E(autofallthrough), "yes",
     "End the call where the dialplan ends; otherwise wait for digits."),
BOOL("clearglobalvars", NULL, E(clearglobalvars), "no",
     "A reload forgets globals that the file no longer sets."),
BOOL("static", NULL, E(is_static), "yes",
     "The console may not write the file."),
BOOL("writeprotect", NULL, E(writeprotect), "no",
     "The console may not write the file."),
OLD("extenpatternmatchnew", "extenpatternmatch", OPT_EXT,
    "the order of patterns is the same"),
BOOL("priorityjumping", NULL, E(priorityjumping), "no",
     "An application that fails goes on at priority n+101, if it is there."),
NONE("overrideswitch", OPT_EXT, "Switch before all extensions.",
     "switches are not served"),
NONE("userscontext", OPT_EXT, "Context of users.conf.",
     "users.conf is not read"),
};

const size_t opt_tabc = ARRAY_SIZE(opt_tab);
/* clang-format on */
