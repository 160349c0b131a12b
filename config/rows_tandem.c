/**
 * @file config/rows_tandem.c  Options of tandem.conf, rtp.conf, musiconhold.conf
 */
#include "config/rows.h"
#include "config/tandem.h"


/* clang-format off */

#define R(m)  .scope = OPT_RTP, .off = offsetof(struct rtp_conf, m)
#define M(m)  .scope = OPT_MOH, .off = offsetof(struct moh_class, m)
#define D(m)  .scope = OPT_DIR, .off = offsetof(struct dirs, m)
#define T(m)  .scope = OPT_TANDEM, .off = offsetof(struct tandem_conf, m)
#define W(m)  .scope = OPT_GUARD, .off = offsetof(struct guard_conf, m)
#define FW(m) .scope = OPT_FWD, .off = offsetof(struct forward_conf, m)
#define SD(m) .scope = OPT_SIPD, .off = offsetof(struct sipd_opts, m)

static const struct opt rows[] = {

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

/* --- tandem.conf [sipd] ------------------------------------------------- */
FN(set_sipd_code, "country", NULL, SD(country), "7",
   "Country code that ten digits get on their way to a gateway."),
FN(set_sipd_code, "city", NULL, SD(city), "495",
   "City code that shorter numbers get besides."),
U32(1, 3600, "ringtime", NULL, SD(ring_s), "30",
    "Seconds that a client rings if a forward on unavailable or another "
    "client comes after it."),
};
/* clang-format on */

const struct opt_rows opt_rows_tandem = {rows, ARRAY_SIZE(rows)};
