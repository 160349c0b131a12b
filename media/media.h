/**
 * @file media/media.h  Everything that signalling may ask of the media threads
 *
 * Signalling thread.  Looks single-threaded: commands are queued to the
 * thread that owns a stream, events come back through the caller's own loop.
 * A stream is addressed by id; an id that nobody knows any more is counted
 * and ignored.  Signalling compiles agreements into struct media_flow, media
 * executes them.
 */
#ifndef TANDEM_MEDIA_MEDIA_H
#define TANDEM_MEDIA_MEDIA_H

#include "base/compat.h"

typedef uint64_t media_id; /* 0 is none */

/** Payload formats that we can do more with than relay */
enum media_codec {
	MEDIA_NONE = 0,
	MEDIA_PCMU,
	MEDIA_PCMA,
	MEDIA_GSM,   /* as those above: relayed, recorded, mixed */
	MEDIA_G722,  /* ... and mixed at 16 kHz */
	MEDIA_OPUS,  /* ... at 48 kHz */
	MEDIA_OTHER, /* relayed only */
};

struct media_params {
	unsigned threads;      /* 1..64 */
	uint16_t port_min;     /* even */
	uint16_t port_max;
	uint32_t port_rest_ms; /* rest of a used port pair, 5000 */
	const char *sound_path;/* "dir1:dir2" */
	const char *country;   /* tone set: "us" "ru" "de" "gb" */
	uint8_t tos;           /* IP TOS byte of RTP (0xb8 is EF), 0 none */
};

/** Does the peer have to speak first?  Its SDP may name a third one */
enum media_wait {
	MEDIA_WAIT_NO = 0,
	MEDIA_WAIT_ELSEWHERE, /* if the SDP is not where its signalling is */
	MEDIA_WAIT_ALWAYS,    /* its signalling may be forged as well */
};

/** Encryption of the packets (RFC 3711, RFC 4568 6.2) */
enum media_suite {
	MEDIA_CLEAR = 0,  /* RTP */
	MEDIA_AES_CM_80,  /* SRTP, AES_CM_128_HMAC_SHA1_80 */
	MEDIA_AES_CM_32,  /* SRTP, AES_CM_128_HMAC_SHA1_32 */
};

enum {
	MEDIA_KEY_LEN = 30, /* master key and salt, in [bytes] */
	MEDIA_MKI_MAX = 8,
};

/** A master key */
struct media_key {
	uint8_t key[MEDIA_KEY_LEN];
	uint8_t mki_len;        /* its packets carry an identifier of so many
				   bytes, 0 none */
	uint64_t mki;
};

/** Where media may come from and go to; one per SDP agreement */
struct media_flow {
	struct sa sdp_rtp;      /* address of the peer's SDP */
	struct sa sdp_rtcp;     /* 0: port + 1 */
	struct sa sip_src;      /* where its signalling came from */
	bool comedia;           /* may learn beyond its SDP */
	bool authenticated;     /* the SDP came in an authenticated request, or
				   from a peer that we called or whose address
				   is configured: may get more than 50 packets
				   before anything came from it, and those 50
				   at its sip_src if its SDP cannot be reached
				   (comedia) */
	enum media_wait wait;
	bool send;              /* we may send to it (our direction) */
	bool recv;              /* we expect from it */
	enum media_codec codec; /* codec of the agreement */
	uint8_t pt;             /* its payload type as the peer sends it */
	uint8_t pt_tx;          /* ... as it wants to get it */
	uint8_t dtmf_pt;        /* telephone-event from it, 0 none */
	uint8_t dtmf_pt_tx;     /* telephone-event to it, 0 none */
	bool inband;            /* find DTMF in its audio (dtmfmode=inband) */
	uint16_t ptime_ms;      /* for what we make ourselves, 20 */
	uint8_t pass_pt[16];    /* further payload types that may be relayed */
	uint8_t pass_pt_tx[16]; /* ... and what they become toward this peer's
				   bridge partner is pass_pt_tx of partner with
				   the same index */
	uint8_t npass;
	uint8_t alt_pt[2];      /* the other G.711 (0, 8), if it may send it as
				   well: turned into what the partner takes */
	uint8_t nalt;
	uint32_t keepalive_s;   /* nothing sent for so long: an empty packet or
				   comfort noise (RFC 6263), 0 off */
	uint32_t timeout_ms;    /* nothing received: MEDIA_EV_TIMEOUT, 0 off */
	enum media_suite suite; /* MEDIA_CLEAR: RTP and RTCP; else nothing is
				   taken or sent but by these keys */
	struct media_key key_rx;/* the peer's */
	struct media_key key_tx;/* ours, for this peer alone */
};

/* clang-format off */
#define MEDIA_EVENTS(X)                                                       \
	X(DTMF,      "a digit ended: digit, duration_ms, info 1 = in band")   \
	X(PLAY_DONE, "playing ended: err 0, ENOENT, ECANCELED; tag")          \
	X(TIMEOUT,   "nothing received for timeout_ms")                       \
	X(RESUMED,   "media came again after TIMEOUT")                        \
	X(LEARNED,   "locked on a source: addr")                              \
	X(REC_DONE,  "a recording ended: rec state, path, why, duration_ms")  \
	X(REC_BEGUN, "what `must` be recorded is: tag")                       \
	X(REC_REFUSED, "what `must` be recorded cannot be: tag, why; then "   \
		       "REC_DONE at its end")                                \
	X(SILENCE,   "record: silence limit reached; tag")                    \
	X(LIMIT,     "record: time limit reached; tag")                       \
	X(TALK,      "a party of a room, or who is listened to, begins (info 1)"\
		     " or ends to talk; tag")                                \
	X(CLOSED,    "the stream is gone: last event of an id; stats")
/* clang-format on */

enum media_event {
#define X(id, what) MEDIA_EV_##id,
	MEDIA_EVENTS(X)
#undef X
};

enum media_rec_state {
	MEDIA_REC_COMPLETE,
	MEDIA_REC_GAP,
	MEDIA_REC_FAILED,
};

struct media_stats {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_lost, rx_dropped, stranger;
	uint64_t tx_lost;        /* as the peer reports by RTCP */
	uint32_t jitter_us;
	uint32_t rtt_us;         /* round trip by RTCP, 0 not known */
	enum media_suite suite;
	uint64_t rx_forged;      /* SRTP and SRTCP with a wrong tag ... */
	uint64_t rx_replayed;    /* ... and such as came before */
	struct sa peer;  /* locked source, unset if none */
};

struct media_report {
	enum media_event ev;
	media_id id;
	int err;
	uint32_t tag;            /* of the command that it answers */
	char digit;
	uint32_t duration_ms;
	uint32_t info;
	struct sa addr;
	enum media_rec_state rec;
	const char *path;        /* valid during the call */
	const char *why;
	struct media_stats stats;
};

typedef void(media_event_h)(const struct media_report *ev, void *arg);

/** Start the threads; call on the signalling thread after timers_init() */
int media_init(const struct media_params *prm);

/** Stop them: open recordings are finished (at most wait_ms) */
void media_close(uint32_t wait_ms);

/** Ports, threads, language of prompts and tones for what starts from now on */
int media_reconfigure(const struct media_params *prm);

/**
 * Open a stream: a port pair at random from the range, bound now
 *
 * @param idp   Id
 * @param laddr In: local address to bind (port ignored); out: RTP port set
 * @param peer  Stream that it will exchange packets with, so that both live on
 *              one thread; 0 any
 * @param evh   Events, on this thread, until CLOSED
 * @return 0, EMFILE when no port pair is free
 */
int media_open(media_id *idp, struct sa *laddr, media_id peer,
	       media_event_h *evh, void *arg);

/** Forget the handler: events of this stream go nowhere from now on */
void media_detach(media_id id);

/** Close; MEDIA_EV_CLOSED follows.  Never fails */
void media_close_stream(media_id id);

/** A new agreement: swapped in between packets.  Learning starts over only if
 *  the peer's address changed */
int media_set_flow(media_id id, const struct media_flow *flow);

/** Relay a <-> b (transcoding ulaw/alaw where they differ); ends whatever was
 *  bridged before.  Playing to a bridged stream replaces the partner's audio
 *  until it ends */
int media_bridge(media_id a, media_id b);
int media_unbridge(media_id id);

/** Digits that come as events are reported but not passed to the partner
 *  (features by keys); ends with the bridge.  A tone in the audio passes */
int media_keep_digits(media_id id, bool on);

/**
 * Let a program hear what the party says: samples of 16 bits at 8 kHz into a
 * pipe (EAGI)
 *
 * @param fd  Its writing end, which is taken over, also on failure; -1: no
 *            longer
 */
int media_hear(media_id id, int fd);

/** When does the party talk? */
struct media_listen {
	uint16_t level;      /* mean of |sample| from which on it talks; 0:
				listen no longer */
	uint32_t silence_ms; /* ... and so long without it, that it does not
				any more */
	uint32_t tag;        /* of TALK */
};

/** Report TALK at each begin and end; without packets there is neither */
int media_listen(media_id id, const struct media_listen *prm);

/** Send back what comes in */
int media_echo(media_id id, bool on);

/** A text of files and tones to play, one after the other */
struct media_play {
	const char *files;   /* "a&b&digits/1"; or "tone:425/1000,0/4000" */
	const char *lang;    /* "ru" */
	const char *country; /* of its tones; NULL: of media_params */
	bool loop;           /* until media_stop_play() */
	bool random;         /* start anywhere and in random order (music) */
	uint32_t tag;        /* comes back in PLAY_DONE */
};

int media_play(media_id id, const struct media_play *play);
int media_stop_play(media_id id);

/* ---- rooms: many parties that hear each other --------------------------- */

enum {
	MEDIA_MIX_ROOM = 1, /* voice that a recording of the room has */
};

/** A party of a room.  Voices are bits: a party hears all others that say
 *  something into one of the bits that it hears.  What the room plays is heard
 *  by everybody who hears anything */
struct media_member {
	uint8_t says;        /* 0: nobody hears it */
	uint8_t hears;       /* 0: nothing is sent to it by the room, and a
				bridge goes on; a bit that nobody says: silence
				is sent */
	int8_t talk_gain;    /* louder or softer, in steps of 3 dB, -8..8 */
	int8_t hear_gain;
	bool drop_silence;   /* heard only while it talks */
	bool talk_events;    /* TALK */
	uint16_t talk_level; /* mean of |sample| from which on it talks; 160 */
	uint32_t silence_ms; /* ... and so long without it, that it does not
				any more; 2500 */
	uint32_t tag;        /* of TALK */
};

/**
 * Open a room: an id for media_play(), media_record() (what all say, mono),
 * media_get_stats() and media_close_stream()
 *
 * @param near         Stream that will be in it first, for its thread; 0 any
 * @param interval_ms  Of mixing: 20, 40, 60 or 80; others are rounded
 */
int media_open_room(media_id *idp, media_id near, uint32_t interval_ms,
		    media_event_h *evh, void *arg);

/** Go into a room, or change the manners there.  A stream of another thread is
 *  handed over, which ends a bridge.  Codecs that cannot be mixed neither say
 *  nor hear anything: see media_can_mix() */
int media_join(media_id id, media_id room, const struct media_member *prm);

/** Leave it; nothing happens if it is in another one by now */
int media_leave(media_id id, media_id room);

/** True if parties of this codec can be mixed */
bool media_can_mix(enum media_codec codec);

/** Rate [Hz] that they are mixed at; 0 if they are not */
uint32_t media_mix_rate(enum media_codec codec);

/** Send DTMF digits 0-9*#A-D by RFC 4733, or in band without dtmf_pt */
int media_send_dtmf(media_id id, const char *digits, uint32_t on_ms,
		    uint32_t off_ms);

struct media_record {
	const char *path;    /* absolute; extension chooses the format */
	const char *base;    /* trusted directory above it: links in it are
				followed, below it none; NULL: nowhere */
	bool stereo;         /* what it says left, what it hears right */
	bool rx_only;        /* only what it says (Record) */
	bool tx_only;        /* only what it hears (Monitor) */
	bool append;
	bool beep;           /* ... to be heard by the party before */
	uint32_t silence_ms; /* SILENCE event after so much of it, 0 off */
	uint32_t max_ms;     /* LIMIT event, 0 off */
	bool bridged_only;   /* MixMonitor option b */
	uint32_t lowwater;   /* [%] of the file system that must be free for
				it to begin, 0 off */
	bool must;           /* REC_BEGUN or REC_REFUSED comes at once */
	uint32_t gain_says;  /* of what it says [1/256], up to 65536; what is
				too loud is cut; 0: as it is */
	uint32_t gain_hears; /* ... of what it hears */
	uint32_t rate;       /* [Hz] of a room's .wav: 8000, 16000, 48000;
				0 is 8000, as all others are */
	uint32_t tag;        /* names the recording on this stream */
};

/** Record; REC_DONE follows exactly once, also when it fails to start */
int media_record(media_id id, const struct media_record *rec);
int media_stop_record(media_id id, uint32_t tag);

/** Statistics as of the last second (copied by value); ENOENT */
int media_get_stats(media_id id, struct media_stats *stats);

/** Mend the headers of recordings below a directory that a crash has left
 *  behind; on a thread of its own, which logs what it did */
int media_repair(const char *dir);

/** Drop reasons: name and count of reason `i`; false beyond the last.  Any
 *  thread */
bool media_drop_get(unsigned i, const char **namep, uint64_t *countp);

int media_debug(struct re_printf *pf, void *unused);

#endif
