/**
 * @file tests/bench/load.h  A load of calls: caller and callee in one process
 *
 *   caller (UAC) ── INVITE ──► program under test ── INVITE ──► callee (UAS)
 *          RTP side A ◄──────────── relay ────────────► RTP side B
 *
 * The dialled number ends in the number of the call, by which the callee knows
 * which one it is.  Everything runs in one thread.
 */
#ifndef TANDEM_TESTS_LOAD_H
#define TANDEM_TESTS_LOAD_H

#include "tests/bench/bench.h"

enum {
	DIGITS	  = 7,     /* of a call's number at the end of what is dialled */
	T1_MS	  = 500,
	GIVE_UP_S = 8,     /* longest life of a call that is not answered */
};

enum call_state {
	CALL_NEW,
	CALL_CALLING,
	CALL_UP,
	CALL_ENDING, /* BYE sent */
	CALL_DONE,
	CALL_FAILED,
};

struct call {
	enum call_state state;
	bool callee_waits;	/* for the ACK */
	bool heard;		/* the INVITE was answered by a 1xx */
	uint8_t tries, callee_tries; /* repeats of what is on its way */
	uint16_t rtp[2];	/* where side A and side B send to, 0 not yet */
	uint64_t began_ns;
	uint64_t up_ns;
	uint64_t sent_ns;	/* INVITE or BYE, last time */
	uint64_t answered_ns;	/* 200 of the callee, last time */
	char to[128];		/* To of the answer */
	char target[128];	/* Contact of the answer */
	char *answer;		/* what the callee said, to be repeated */
};

struct load {
	/* options */
	uint64_t target, uac, uas; /* ports */
	uint64_t calls, rate, hold_ms, skip;
	uint64_t window_s;
	uint64_t pid;
	uint64_t bare;             /* first port of `floor relay` */
	bool rtp, direct, alone;
	const char *prefix;

	/* state */
	struct call *callv;
	uint32_t started, live, ended; /* live: the oldest that is not over */
	uint32_t up;                   /* now */
	bool hang_up;                  /* the window is over */
	int ep;

	/* figures */
	uint32_t failed, answered, repeats;
	uint32_t told_later; /* of the failed: 503 with Retry-After */
	struct hist forward, setup;    /* INVITE in to out; INVITE to 200 */
	struct hist delay, late;
	uint64_t rtp_sent, rtp_back;   /* in the window */
	uint64_t heard;                /* packets of an application */
	uint64_t skipped;              /* rounds that we were too slow for */
	bool in_window;
};

/** Register a socket with the loop; `h` reads all that is there */
struct source {
	int fd;
	void (*h)(struct load *l, struct source *src);
	unsigned side;
};
void load_watch(struct load *l, struct source *src);

/* load_sip.c */
void load_sip_open(struct load *l);
void load_sip_start(struct load *l, uint64_t now);
/** Repeats, hang-ups and calls that are given up */
void load_sip_tick(struct load *l, uint64_t now);

/* load_rtp.c */
void load_rtp_open(struct load *l);
uint16_t load_rtp_port(uint32_t no, unsigned side);
/** Send what is due */
void load_rtp_send(struct load *l, uint64_t now);

#endif
