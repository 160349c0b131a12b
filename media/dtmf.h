/**
 * @file media/dtmf.h  DTMF: RFC 4733 events and tones in the audio
 *
 * Media thread; nothing blocks or allocates.  All structs are embedded, all
 * zero is a good start unless there is an init function.
 *
 * Digits are the characters 0-9 * # A-D.
 */
#ifndef TANDEM_MEDIA_DTMF_H
#define TANDEM_MEDIA_DTMF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "media/tone.h"

/** Event number 0-15 of a digit (any case), -1 if it is none */
int dtmf_event(char digit);

/** Digit of an event, 0 if > 15 (flash is 16) */
char dtmf_digit(uint8_t event);

/* RFC 4733 payload */

enum {
	DTMF_EVT_SIZE = 4,
};

struct dtmf_evt {
	uint8_t event;
	bool end;
	uint8_t volume;    /* [-dBm0] 0..63 */
	uint16_t duration; /* [timestamp units] */
};

/** EBADMSG if shorter than 4 bytes */
int dtmf_evt_decode(struct dtmf_evt *evt, const uint8_t *p, size_t len);
void dtmf_evt_encode(uint8_t p[DTMF_EVT_SIZE], const struct dtmf_evt *evt);

/** Receiver: packets to digits */
struct dtmf_evt_rx {
	uint32_t ts;       /* timestamp of the event now or last */
	uint64_t last_us;  /* arrival of its latest packet */
	uint32_t before;   /* duration of its earlier segments */
	uint16_t duration; /* ... of this one */
	uint8_t event;
	bool known;        /* ts is valid */
	bool active;       /* begun, not ended */
};

/** What a packet or a pause means */
struct dtmf_report {
	char begin;      /* digit that began, or 0 */
	char end;        /* digit that ended, or 0; handled before begin */
	uint32_t end_ms; /* its duration */
};

/**
 * A packet of the event payload type (RFC 4733 2.3-2.5)
 *
 * One event is one timestamp, however often it is repeated; an event whose
 * end was lost ends when another begins or in dtmf_evt_poll().  If only end
 * packets arrive, the first reports the begin, the next (or the poll) the
 * end.  A long event in several segments (2.5.1.3) is one.  Events that are no
 * digit are ignored.
 *
 * @param clock   RTP clock rate in [Hz], normally 8000
 * @param now_us  Arrival in [us]
 */
struct dtmf_report dtmf_evt_recv(struct dtmf_evt_rx *rx,
				 const struct dtmf_evt *evt, uint32_t ts,
				 uint32_t clock, uint64_t now_us);

/** End an event of which nothing came for 150 ms.  Call every 20-100 ms */
struct dtmf_report dtmf_evt_poll(struct dtmf_evt_rx *rx, uint32_t clock,
				 uint64_t now_us);

/** Sender of one digit: a packet per ptime, the end three times */
struct dtmf_evt_tx {
	uint32_t ts;    /* of all packets */
	uint32_t total; /* duration in [timestamp units] */
	uint32_t done;
	uint8_t event;
	uint8_t ends;   /* end packets sent */
	bool active;
};

/** Begin a digit at RTP timestamp ts; ms 0 means 100.  EINVAL if no digit */
int dtmf_evt_start(struct dtmf_evt_tx *tx, char digit, uint32_t ms,
		   uint32_t ts, uint32_t clock);

/** Payload of the next packet, `step` timestamp units later than the last.
 *  Send with tx->ts; *marker is true for the first.  False when over */
bool dtmf_evt_next(struct dtmf_evt_tx *tx, uint8_t p[DTMF_EVT_SIZE],
		   bool *marker, uint32_t step);

/** Body of SIP INFO (application/dtmf-relay "Signal=5\r\nDuration=160", or
 *  application/dtmf "5").  EBADMSG if none; *ms is 0 if not given */
int dtmf_info_decode(char *digit, uint32_t *ms, const struct pl *body);

/* In the audio */

/** Tone list of one digit: on_ms of tone, off_ms of pause, ends.  EINVAL */
int dtmf_tone(struct tone_def *def, char digit, uint32_t on_ms,
	      uint32_t off_ms);

enum {
	DTMF_SUB = 6, /* parts of a block */
};

/** Detector (ITU-T Q.24 limits): 40 ms on are found, 20 ms are not; pauses of
 *  40 ms separate, of 10 ms do not */
struct dtmf_det {
	uint32_t fill;        /* samples in the block */
	float prev[8][2];     /* Goertzel states: 4 rows, 4 columns */
	float sub[DTMF_SUB];  /* energy of the parts of the block */
	char last;            /* of the block before */
	char now;             /* digit that is on, 0 if none */
	uint8_t miss;         /* blocks without it */
	uint32_t run;         /* parts in a row that are loud */
	uint32_t blocks;      /* it is on */
};

void dtmf_det_init(struct dtmf_det *d);

/** Reports in the order of the audio; any number of samples at once.
 *  `h` may be called several times from inside */
typedef void(dtmf_det_h)(const struct dtmf_report *rep, void *arg);
void dtmf_det_run(struct dtmf_det *d, const int16_t *s, size_t n,
		  dtmf_det_h *h, void *arg);

#endif
