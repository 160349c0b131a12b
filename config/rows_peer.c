/**
 * @file config/rows_peer.c  Options of peers and trunk groups in sip.conf
 */
#include "config/number.h"
#include "config/peer.h"
#include "config/rows.h"


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


/* clang-format off */

#define P(m)  .scope = OPT_P, .off = offsetof(struct peer, m)
#define GP(m) .scope = OPT_GP, .off = offsetof(struct peer, m)
#define TR(m) .scope = OPT_TRUNK, .off = offsetof(struct trunk, m)

/* reasons that several rows share */
#define NO_FAX      "fax tones are not looked for"

static const struct opt rows[] = {

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
};
/* clang-format on */

const struct opt_rows opt_rows_peer = {rows, ARRAY_SIZE(rows)};
