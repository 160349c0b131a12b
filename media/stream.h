/**
 * @file media/stream.h  A stream: one peer's audio, as the media thread has it
 *
 * Media thread, unless a function says otherwise.  A stream is made on the
 * signalling thread, handed to its media thread with OPEN and comes back with
 * CLOSED; in between only the media thread touches it.
 */
#ifndef TANDEM_MEDIA_STREAM_H
#define TANDEM_MEDIA_STREAM_H

#include <pthread.h>
#include "base/rand.h"
#include "media/codec.h"
#include "media/dtmf.h"
#include "media/learn.h"
#include "media/msg.h"
#include "media/port.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/secure.h"

struct member;
struct mixer;
struct mthread;

enum {
	STREAM_CLOCK    = 8000, /* [Hz] of events and of our own audio */
	FRAME_MAX_MS    = 60,
	FRAME_MAX       = FRAME_MAX_MS * 8, /* [samples] */
	UNVERIFIED_MAX  = 50,   /* packets to an address nobody spoke from */
	REPORTS_SENT    = 4,
};

/** What the peer's packet of a payload type is */
enum fwd_kind {
	FWD_NONE = 0, /* not agreed */
	FWD_AUDIO,    /* of codec */
	FWD_EVENT,    /* telephone-event */
	FWD_CN,       /* comfort noise that nobody agreed on */
	FWD_OTHER,    /* relayed as it is */
};

/** ... and what becomes of it on the way to the partner */
enum fwd_how {
	FWD_STOP = 0, /* goes no further */
	FWD_COPY,
	FWD_TRANSCODE,/* G.711 to the partner's */
};

/** The forwarding entry of one payload type; plain data */
struct fwd {
	uint16_t kind  : 3;
	uint16_t how   : 2;
	uint16_t pt    : 7; /* toward the partner */
	uint16_t codec : 4; /* of the peer's packet, enum codec */
};

/** Statistics as both threads see them; the last of them frees it */
struct stats_box {
	pthread_mutex_t lock;
	struct media_stats stats;
	_Atomic uint32_t refs;
};

enum {
	TX_OWN = 1, /* a prompt, a digit, a beep */
	TX_MIX = 2, /* what a mixer makes */
};

/** What we send: one SSRC, sequence and timestamps without a break.  64 bytes:
 *  a packet reads and writes all of it */
struct tx {
	uint32_t ssrc;
	uint32_t ts;        /* of the latest packet */
	uint32_t step;      /* its length in [timestamp units] */
	uint16_t seq;       /* of the latest packet */
	uint8_t khz;        /* clock of the timestamps: 8 or 48 */
	bool any;
	bool left;          /* RTCP took leave of this SSRC */
	bool open;          /* the agreement lets us send */
	uint8_t replaced;   /* what goes out instead of the partner's: TX_* */

	/* the source that is mapped */
	bool own;           /* our own audio */
	uint16_t base;      /* older than this was before the switch */
	uint16_t seq_off;
	uint32_t ts_off;
	uint32_t src;       /* SSRC of the partner's packets */
	uint32_t turn;      /* counts switches */

	uint32_t unverified;/* packets since the destination changed */
	uint64_t last_us;
	uint64_t packets;
	uint64_t octets;    /* payload, as RTCP counts */
};

/** Audio that we make ourselves */
struct own {
	uint32_t ts;        /* of the next frame, before it is sent */
	uint32_t credit_ms; /* time that has not become a frame yet */
	struct codec_enc *enc;
	enum codec enc_codec;

	struct play *play;
	struct digits digits;
	size_t digit_pos;
	uint32_t pause_ms;  /* between two digits */
	uint32_t hush_ms;   /* silence that is still to be sent */
	struct dtmf_evt_tx evt;
	struct tone *tone;  /* digit in band, or beep */
	bool toning;
	bool beeping;       /* the tone is the beep before a recording */
	bool live;          /* the event lasts until own_digit_end() */
};

/** RTCP with the peer */
struct reports {
	char cname[CTL_CNAME + 1];
	uint64_t due_us;      /* of our own report */
	uint64_t passed_us;   /* the latest one of the partner's peer */
	uint64_t tx_packets;  /* tx.packets at the last report */

	/* the partner's source said BYE; it may go on with another SSRC */
	bool bye;
	uint64_t bye_us;
	uint64_t bye_packets; /* tx.packets then */

	/* latest SR of the peer */
	uint32_t lsr;
	uint64_t lsr_us;

	/* what the peer says of our stream */
	uint32_t rtt_us;
	int32_t lost;
	uint64_t lost_before; /* of SSRCs of ours that are gone */
	int32_t lost_base;    /* before turn */
	uint32_t lost_turn;

	/* counters as our SRs gave them, which never go back */
	struct {
		uint32_t packets, octets;
		uint64_t tx_packets, tx_octets; /* of struct tx then */
		uint32_t src_packets, src_octets; /* of the source then */
		uint32_t src_turn;
		bool src;
	} said;

	/* SRs that the peer may answer to */
	struct report_sent {
		uint64_t us;  /* 0: none */
		uint32_t lsr;
		uint32_t src; /* whose NTP time it is */
		bool far;     /* not ours */
	} sentv[REPORTS_SENT];
	unsigned sent_pos;
};

/** Beginning with what each packet needs, close together: a thread has more
 *  streams than its cache has room for */
struct stream {
	/* sending to the peer */
	struct tx tx;
	int direct;            /* connected to the source, or -1 */

	/* receiving */
	struct port_pair pair;
	bool agreed;
	bool open;             /* the agreement lets us use what comes */
	bool echo;
	bool keep;             /* digits are not for the partner */
	bool silent;           /* TIMEOUT was told */
	uint8_t hushes;        /* times that it was begun with silence */
	struct stream *partner;/* no reference */
	struct member *member; /* of a mixer; NULL */
	struct list taps;      /* recordings of this stream */
	struct ear *ear;       /* a program that listens; NULL */
	struct ear *listener;  /* somebody asks when it talks; NULL */
	struct dtmf_det *det;
	uint64_t rx_packets, rx_bytes;
	uint64_t alive_us;     /* latest packet, or the agreement */
	uint64_t rate_us;
	uint32_t rate_n;
	bool warned;           /* of strangers */
	struct secure sec;
	struct rxs rx;
	struct learn learn;
	struct fwd fwd[PKT_PT_MAX + 1];
	uint64_t dropped, strangers;
	struct dtmf_evt_rx evt;

	/* identity */
	media_id id;
	struct le le;          /* of its thread */
	struct le beat_le;     /* its second */
	struct le tick_le;     /* if something is to be done every 20 ms */
	struct mthread *mt;
	struct chan *up;
	uint64_t direct_from;  /* tx.packets when that began to matter */
	struct stats_box *box;
	struct media_up *closed; /* CLOSED, made with the stream */

	/* agreement */
	struct media_flow flow;
	enum codec codec;
	uint32_t ptime_ms;

	struct mixer *mixer;   /* a room, which has no sockets; NULL */
	struct own own;
	struct reports rep;
};

/* stream.c */

/** Signalling thread: a stream on a pair of sockets that it takes over; a room
 *  has a pair without any, and gets its mixer then */
int stream_alloc(struct stream **sp, media_id id, const struct port_pair *pair,
		 struct stats_box *box, struct chan *up);

void stream_set_flow(struct stream *s, const struct media_flow *flow,
		     uint64_t now_us);
void stream_bridge(struct stream *a, struct stream *b);
void stream_unbridge(struct stream *s);
void stream_set_echo(struct stream *s, bool on);

/** The process stood still for so long [us]: no silence of the peer's */
void stream_slept(struct stream *s, uint64_t us, uint64_t now_us);

/** Once a second: timeout, RTCP, statistics */
void stream_beat(struct stream *s, uint64_t now_us);

/** Send BYE by RTCP, close the sockets, end playing and recording, give the
 *  stream away with CLOSED */
void stream_close(struct stream *s, uint64_t now_us);

/** Want tick calls (or no longer) */
void stream_update_tick(struct stream *s);

/** Every 20 ms while wanted: own audio, recorders, pending events */
void stream_tick(struct stream *s, uint32_t ms, uint64_t now_us);

/** An event for signalling; lost without memory */
struct media_up *stream_event(const struct stream *s, enum media_event ev);
void stream_send_event(const struct stream *s, struct media_up *up);

struct stats_box *stats_box_alloc(void);             /* any thread */
void stats_box_unref(struct stats_box *box);         /* any thread */
void stats_box_get(struct stats_box *box, struct media_stats *stats);

/* direct.c */

/** Connect to the source if it is worth it, or no longer */
void stream_check_direct(struct stream *s);

/** The source changes: no connected socket for now */
void stream_undirect(struct stream *s);

/* recv.c */

/** A datagram of the RTP socket */
void stream_recv(struct stream *s, uint8_t *buf, size_t len,
		 const struct sa *src, uint64_t now_us);

/** Nothing more of an event came: it is over */
void stream_poll_event(struct stream *s, uint64_t now_us);

/* relay.c */

/** A first sequence number: not near the end, so that a receiver who misses
 *  the first packets knows that there was no rollover (RFC 3711 3.3.1) */
static inline uint16_t tx_first_seq(void)
{
	return (uint16_t)rand_below(0x8000);
}

/** Compile what becomes of each payload type of s */
void relay_compile(struct stream *s);

/** Send a packet of the partner (or the peer itself, for echo) on to the peer
 *  of `to`; the payload may be rewritten.  DROP_NONE, or why not */
enum media_drop relay_packet(struct stream *to, struct pkt *pkt,
			     const struct fwd *f, uint64_t now_us);

/** Send a frame of our own; pkt has pt, marker, payload and ts (the latter
 *  from own_begin() on); seq and SSRC are set here */
enum media_drop relay_own(struct stream *to, struct pkt *pkt, enum codec codec,
			  uint32_t step, uint64_t now_us);

/** Send what keeps a NAT open and a peer content while there is nothing to
 *  say, whatever the direction of the agreement (RFC 6263 3, 4.2, 4.6) */
enum media_drop relay_keepalive(struct stream *to, uint64_t now_us);

/** Timestamp at which another source would go on now */
uint32_t tx_next_ts(const struct tx *tx, uint64_t now_us);

/** Go on under another SSRC, with numbers that are far from their end */
void relay_renew(struct stream *s);

/** Codec of a media.h codec */
enum codec relay_codec(enum media_codec c);

/* report.c */

/** A datagram of the RTCP socket; SRTCP is decrypted where it lies */
void report_recv(struct stream *s, uint8_t *buf, size_t len,
		 const struct sa *src, uint64_t now_us);

/** Once a second: send a report if one is due, or the partner's BYE */
void report_beat(struct stream *s, uint64_t now_us);

/** The stream ends: take leave of the peer, if it heard us */
void report_leave(struct stream *s, uint64_t now_us);

/** Our SSRC toward the peer is a new one */
void report_renew(struct stream *s);

/** Packets of ours that the peer says it did not get */
uint64_t report_lost(const struct stream *s);

/* own.c */

/** Something to send by ourselves? */
bool own_wants(const struct stream *s);
void own_tick(struct stream *s, uint32_t ms, uint64_t now_us);

/** Takes the player over */
void own_play(struct stream *s, struct play *p);

/** Send so much silence, if there is nothing else to send */
void own_hush(struct stream *s, uint32_t ms);
void own_stop_play(struct stream *s, int err);
void own_digits(struct stream *s, const struct digits *d);

/** A digit that lasts until own_digit_end(), by RFC 4733 */
void own_digit_begin(struct stream *s, char digit);
void own_digit_end(struct stream *s);

/** The agreement changed */
void own_update(struct stream *s);
void own_close(struct stream *s);

#endif
