/**
 * @file media/rtcp.h  Reception statistics and RTCP reports (RFC 3550 6, A)
 *
 * Any thread: plain data and memory only.  Names begin with rxs_ and ctl_
 * because libre owns rtcp_.
 */
#ifndef TANDEM_MEDIA_RTCP_H
#define TANDEM_MEDIA_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CTL_MAX    = 128, /* room for what ctl_encode() writes, in [bytes] */
	CTL_CNAME  = 16,  /* characters */
};

/* What came from a source */

struct rxs {
	uint32_t ssrc;
	bool any;
	uint16_t max_seq;
	uint32_t cycles;     /* of the sequence number, in units of 65536 */
	uint32_t base;       /* first extended sequence number */
	uint64_t received;   /* of this source */
	uint64_t lost_before;/* by sources that ended */
	uint32_t expected_prior;
	uint32_t received_prior;
	int32_t transit;     /* [timestamp units] */
	bool timed;          /* transit is valid */
	uint32_t jitter;     /* [timestamp units * 16] */
};

/** Count a packet; another SSRC or a jump of the sequence begins anew.
 *  @param timed  The timestamp says when it was sampled (no telephone-event)
 *  @param clock  RTP clock in [Hz] */
void rxs_packet(struct rxs *r, uint32_t ssrc, uint16_t seq, uint32_t ts,
		bool timed, uint32_t clock, uint64_t now_us);

/** Extended highest sequence number (RFC 3550 6.4.1) */
static inline uint32_t rxs_ext(const struct rxs *r)
{
	return r->cycles + r->max_seq;
}

/** Packets lost so far, never negative (RFC 3550 A.3) */
uint64_t rxs_lost(const struct rxs *r);

uint32_t rxs_jitter_us(const struct rxs *r, uint32_t clock);

/* Reports */

/** A report block (RFC 3550 6.4.1) */
struct ctl_block {
	uint32_t ssrc;     /* that it is about */
	uint8_t fraction;  /* lost since the last, [1/256] */
	int32_t lost;      /* -2^23 .. 2^23-1 */
	uint32_t ext_seq;
	uint32_t jitter;   /* [timestamp units] */
	uint32_t lsr;      /* 0: none */
	uint32_t dlsr;     /* [1/65536 s] */
};

/** What a report for a source should say now; begins a new interval */
void rxs_block(struct rxs *r, struct ctl_block *b);

/** What we say */
struct ctl_out {
	uint32_t ssrc;
	bool sender;       /* SR, else RR */
	uint64_t ntp;      /* SR: 32.32 */
	uint32_t ts, packets, octets;
	bool has_block;
	struct ctl_block block;
	const char *cname; /* at most CTL_CNAME characters */
	bool bye;
};

/** Write SR or RR, SDES and perhaps BYE.  Returns bytes <= CTL_MAX */
size_t ctl_encode(uint8_t buf[CTL_MAX], const struct ctl_out *out);

/** What a peer says */
struct ctl_in {
	uint32_t ssrc;     /* of the sender */
	bool reduced;      /* no compound packet (RFC 5506) */
	bool sr;
	uint64_t ntp;      /* SR: 32.32 */
	uint32_t ts, packets, octets;
	bool has_block;    /* about `ours` */
	struct ctl_block block;
	bool bye;          /* the sender's */
	unsigned skipped;  /* packets of a type that we do not pass on */
};

/** Read a packet, compound or of reduced size.  EBADMSG unless every length
 *  in it is true (RFC 3550 A.2) and its sender is named */
int ctl_decode(struct ctl_in *in, const uint8_t *buf, size_t len,
	       uint32_t ours);

/** Middle of an NTP time, as LSR has it (RFC 3550 6.4.1) */
static inline uint32_t ctl_lsr(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}

/** NTP time in 32.32 of a monotonic time; steps of the wall clock after the
 *  first call do not disturb it */
uint64_t ctl_ntp(uint64_t now_us);

/** Time from then to now in [1/65536 s], as DLSR has it */
uint32_t ctl_dlsr(uint64_t then_us, uint64_t now_us);

/** Round trip in [us]: a report left at sent_us, what answers it arrived now
 *  and says how long it was held; 0 if that cannot be */
uint32_t ctl_rtt_us(uint64_t sent_us, uint32_t dlsr, uint64_t now_us);

#endif
