/**
 * @file tests/unit/test_learn.c  Whose packets are the peer's
 *
 * Each case is a script of packets on one stream and what became of each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "media/learn.h"


enum { MS = 1000 };

struct rules {
	const char *sdp; /* address */
	uint16_t port;
	const char *sip;
	bool comedia;
};

static const struct rules lan   = {"192.168.1.5", 4000, "192.168.1.5", false};
static const struct rules trunk = {"203.0.113.9", 4000, "203.0.113.9", false};
static const struct rules nat   = {"192.168.1.5", 4000, "198.51.100.7", true};
static const struct rules multi = {"203.0.113.9", 4000, "198.51.100.7", true};
static const struct rules six   = {"2001:db8::5", 4000, "2001:db8::5", false};
static const struct rules ula   = {"fd00::5", 4000, "2001:db8::7", true};
static const struct rules mixed = {"fd00::5", 4000, "::ffff:198.51.100.7",
				   true};


static struct sa addr(const char *ip, uint16_t port)
{
	struct sa sa;

	assert_int_equal(0, sa_set_str(&sa, ip, port));

	return sa;
}


static void apply(struct learn *l, const struct rules *r, uint64_t now)
{
	struct media_flow flow = {.comedia = r->comedia};

	flow.sdp_rtp = addr(r->sdp, r->port);
	if (r->sip)
		flow.sip_src = addr(r->sip, 5060);

	learn_rules(l, &flow, now);
}


/* One packet, 20 ms of audio each */
static enum learn_result pkt_in(struct learn *l, const char *ip, uint16_t port,
				uint32_t ssrc, uint16_t seq, uint64_t ms)
{
	const struct sa src  = addr(ip, port);
	const struct pkt pkt = {
		.ssrc = ssrc,
		.seq  = seq,
		.ts   = (uint32_t)(int16_t)seq * 160u, /* on at 65535 */
	};

	return learn_packet(l, &src, &pkt, ms * MS);
}


/* n packets from seq on, 20 ms apart; result of the last */
static enum learn_result run(struct learn *l, const char *ip, uint16_t port,
			     uint32_t ssrc, uint16_t seq, unsigned n,
			     uint64_t *ms)
{
	enum learn_result res = LEARN_STRANGER;

	while (n--) {
		*ms += 20;
		res = pkt_in(l, ip, port, ssrc, seq++, *ms);
	}

	return res;
}


/* In a test whose stream is l and whose time is ms: the last of a run */
#define SAYS(result, ...)                                                    \
	assert_int_equal((result), run(&l, __VA_ARGS__, &ms))


static void assert_dest(const struct learn *l, const char *ip, uint16_t port)
{
	const struct sa *dst = learn_dest(l);
	struct sa want;

	if (!ip) {
		assert_null(dst);
		return;
	}

	want = addr(ip, port);
	assert_non_null(dst);
	assert_true(sa_cmp(dst, &want, SA_ALL));
}


/* --- ranks --------------------------------------------------------------- */

static void test_ranks(void **state)
{
	static const struct {
		const struct rules *r;
		const char *ip;
		uint16_t port;
		unsigned rank;
	} rows[] = {
		{&lan, "192.168.1.5", 4000, LEARN_RANK_SDP},
		{&lan, "192.168.1.5", 4002, LEARN_RANK_IP},
		{&lan, "192.168.1.6", 4000, LEARN_RANKS},
		{&trunk, "203.0.113.9", 4000, LEARN_RANK_SDP},
		{&trunk, "203.0.113.9", 9, LEARN_RANK_IP},
		{&trunk, "203.0.113.10", 4000, LEARN_RANKS},
		{&nat, "192.168.1.5", 4000, LEARN_RANK_SDP},
		{&nat, "198.51.100.7", 4000, LEARN_RANK_SIP},
		{&nat, "198.51.100.7", 61234, LEARN_RANK_SIP},
		{&nat, "203.0.113.66", 4000, LEARN_RANK_ANY},
		{&multi, "198.51.100.7", 4000, LEARN_RANK_SIP},
		{&multi, "203.0.113.66", 4000, LEARN_RANK_ANY},
		{&six, "2001:db8::5", 4000, LEARN_RANK_SDP},
		{&six, "2001:db8::5", 4002, LEARN_RANK_IP},
		{&six, "2001:db8::6", 4000, LEARN_RANKS},
		{&ula, "fd00::5", 4000, LEARN_RANK_SDP},
		{&ula, "2001:db8::7", 999, LEARN_RANK_SIP},
		{&ula, "2001:db8::8", 999, LEARN_RANK_ANY},
		{&mixed, "198.51.100.7", 61000, LEARN_RANK_SIP},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct sa src = addr(rows[i].ip, rows[i].port);
		struct learn l      = {.locked = false};

		apply(&l, rows[i].r, 0);
		if (learn_rank(&l, &src) != rows[i].rank)
			fail_msg("row %zu: rank %u", i, learn_rank(&l, &src));
	}
}


static void test_no_rules_everybody_is_a_stranger(void **state)
{
	struct learn l = {.locked = false};

	(void)state;
	assert_int_equal(LEARN_STRANGER,
			 pkt_in(&l, "192.168.1.5", 4000, 1, 1, 1));
	assert_dest(&l, NULL, 0);
}


/* A comedia peer that sits where its signalling comes from: nobody else */
static void test_comedia_with_true_address_trusts_nobody_else(void **state)
{
	static const struct rules r = {"127.0.1.1", 4000, "127.0.1.1", true};
	struct learn l              = {.locked = false};
	uint64_t ms                 = 0;

	(void)state;
	apply(&l, &r, 0);
	SAYS(LEARN_STRANGER, "127.0.9.9", 4000, 9, 1, 100);
}


/* --- locking ------------------------------------------------------------- */

static void test_sdp_address_locks_at_once(void **state)
{
	struct learn l = {.locked = false};

	(void)state;
	apply(&l, &lan, 0);
	assert_dest(&l, "192.168.1.5", 4000);
	assert_false(learn_is_verified(&l));
	assert_int_equal(LEARN_LOCKED,
			 pkt_in(&l, "192.168.1.5", 4000, 1, 100, 10));
	assert_int_equal(LEARN_PASS,
			 pkt_in(&l, "192.168.1.5", 4000, 1, 101, 30));
	assert_true(learn_is_verified(&l));
	assert_int_equal(LEARN_STRANGER,
			 pkt_in(&l, "192.168.1.6", 4000, 1, 102, 50));
	assert_int_equal(LEARN_STRANGER,
			 pkt_in(&l, "192.168.1.5", 4002, 1, 102, 50));
}


static void test_nat_serves_probation_before_anything_goes_there(void **state)
{
	struct learn l = {.locked = false};
	uint64_t ms    = 0;

	(void)state;
	apply(&l, &nat, 0);
	assert_dest(&l, NULL, 0);

	for (unsigned i = 0; i < 3; i++) {
		SAYS(LEARN_PROBATION, "198.51.100.7", 61000, 7,
		     (uint16_t)(65534 + i), 1);
		assert_dest(&l, NULL, 0);
	}

	SAYS(LEARN_LOCKED, "198.51.100.7", 61000, 7, 1, 1);
	assert_dest(&l, "198.51.100.7", 61000);
}


/* What a spray of a port range looks like: none of it is believed */
static void test_spray_is_not_believed(void **state)
{
	struct learn l = {.locked = false};
	uint64_t ms;

	(void)state;

	/* one packet now and then, the same sequence number */
	apply(&l, &nat, 0);
	for (ms = 0; ms < 10000; ms += 500)
		assert_int_equal(LEARN_PROBATION,
				 pkt_in(&l, "203.0.113.66", 1000, 9, 1, ms));

	/* a burst of good numbers at once, then a pause, again */
	for (unsigned k = 0; k < 20; k++, ms += 1000) {
		for (uint16_t i = 0; i < 50; i++)
			assert_int_equal(LEARN_PROBATION,
					 pkt_in(&l, "203.0.113.66", 1000, 9,
						(uint16_t)(k * 50 + i), ms));
	}

	/* random numbers at the right pace */
	for (uint16_t i = 0; i < 200; i++, ms += 20)
		assert_int_equal(LEARN_PROBATION,
				 pkt_in(&l, "203.0.113.66", 1000, 9,
					(uint16_t)(i * 7919), ms));

	/* another SSRC each time */
	for (uint16_t i = 0; i < 200; i++, ms += 20)
		assert_int_equal(LEARN_PROBATION,
				 pkt_in(&l, "203.0.113.66", 1000, i, i, ms));

	assert_false(l.locked);
	assert_dest(&l, NULL, 0);
}


static void test_better_rank_wins_over_a_stranger_who_came_first(void **state)
{
	struct learn l = {.locked = false};
	uint64_t ms    = 0;
	unsigned i;

	(void)state;
	apply(&l, &nat, 0);

	SAYS(LEARN_PROBATION, "203.0.113.66", 1000, 9, 1, 3);

	/* both send; the phone's address is where the SIP came from */
	for (i = 0; i < 10 && !l.locked; i++) {
		(void)pkt_in(&l, "203.0.113.66", 1000, 9, (uint16_t)(4 + i),
			     ms + 5);
		(void)run(&l, "198.51.100.7", 61000, 7, (uint16_t)(50 + i), 1,
			  &ms);
	}

	assert_int_equal(4, i);
	assert_dest(&l, "198.51.100.7", 61000);
	SAYS(LEARN_STRANGER, "203.0.113.66", 1000, 9, 20, 1);
}


/* It need not have passed: that it is heard is enough */
static void test_better_rank_that_is_heard_stands_in_the_way(void **state)
{
	struct learn l = {.locked = false};
	uint64_t ms    = 0;

	(void)state;
	apply(&l, &nat, 0);

	SAYS(LEARN_PROBATION, "203.0.113.66", 1000, 9, 1, 9);
	assert_int_equal(LEARN_PROBATION,
			 pkt_in(&l, "198.51.100.7", 61000, 7, 50, ms));
	SAYS(LEARN_PROBATION, "203.0.113.66", 1000, 9, 10, 3);
	assert_dest(&l, NULL, 0);

	/* gone for a quarter of a second */
	ms += 230;
	assert_int_equal(LEARN_LOCKED,
			 pkt_in(&l, "203.0.113.66", 1000, 9, 13, ms));
}


/* Two that look the same from here: nobody gets it */
static void test_two_unknown_sources_block_each_other(void **state)
{
	struct learn l = {.locked = false};
	uint64_t ms    = 0;

	(void)state;
	apply(&l, &nat, 0);

	for (uint16_t i = 0; i < 100; i++, ms += 20) {
		assert_int_equal(LEARN_PROBATION,
				 pkt_in(&l, "203.0.113.66", 1, 9, i, ms));
		assert_int_equal(LEARN_PROBATION,
				 pkt_in(&l, "203.0.113.67", 1, 8, i, ms + 1));
	}

	/* one gives up */
	ms += 300;
	SAYS(LEARN_LOCKED, "203.0.113.67", 1, 8, 200, 10);
}


static void test_many_strangers_do_not_keep_the_peer_out(void **state)
{
	struct learn l = {.locked = false};
	uint64_t ms    = 0;
	uint16_t i;

	(void)state;
	apply(&l, &nat, 0);

	for (i = 0; i < 100 && !l.locked; i++, ms += 20) {
		for (uint16_t k = 0; k < 20; k++)
			(void)pkt_in(&l, "203.0.113.66", (uint16_t)(1000 + k),
				     k, i, ms);

		if (i >= 10)
			(void)pkt_in(&l, "198.51.100.7", 61000, 7, i, ms);
	}

	assert_true(l.locked);
	assert_int_equal(14, i);
	assert_dest(&l, "198.51.100.7", 61000);
}


/* A neighbour behind the same NAT was faster: the SDP's address takes over */
static void test_sdp_address_takes_over_from_a_lower_rank(void **state)
{
	struct learn l = {.locked = false};
	uint64_t ms    = 0;

	(void)state;
	apply(&l, &lan, 0);
	SAYS(LEARN_LOCKED, "192.168.1.5", 4444, 9, 1, 4);
	SAYS(LEARN_PROBATION, "192.168.1.5", 4000, 7, 1, 3);
	SAYS(LEARN_LOCKED, "192.168.1.5", 4000, 7, 4, 1);
	assert_dest(&l, "192.168.1.5", 4000);
	SAYS(LEARN_STRANGER, "192.168.1.5", 4444, 9, 5, 10);
}


/* --- after the lock ------------------------------------------------------ */

static void lock_nat(struct learn *l, uint64_t *ms)
{
	memset(l, 0, sizeof(*l));
	apply(l, &nat, *ms * MS);
	assert_int_equal(LEARN_LOCKED,
			 run(l, "198.51.100.7", 61000, 7, 1, 4, ms));
}


static void test_new_ssrc_of_the_source_needs_two_in_order(void **state)
{
	struct learn l;
	uint64_t ms = 0;

	(void)state;
	lock_nat(&l, &ms);
	SAYS(LEARN_PROBATION, "198.51.100.7", 61000, 77, 500, 1);
	SAYS(LEARN_PASS, "198.51.100.7", 61000, 77, 501, 1);

	/* mixed with the old one, which goes on: not believed */
	for (uint16_t i = 0; i < 50; i++) {
		SAYS(LEARN_PASS, "198.51.100.7", 61000, 77,
		     (uint16_t)(502 + i), 1);
		assert_int_equal(LEARN_PROBATION,
				 pkt_in(&l, "198.51.100.7", 61000, 99, i,
					ms + 1));
	}

	/* ... which is silent at last */
	SAYS(LEARN_PASS, "198.51.100.7", 61000, 99, 50, 1);
	assert_dest(&l, "198.51.100.7", 61000);
}


/* The last packet of the old one comes after the first of the new one */
static void test_new_ssrc_overtakes(void **state)
{
	struct learn l;
	uint64_t ms = 0;

	(void)state;
	lock_nat(&l, &ms);
	SAYS(LEARN_PROBATION, "198.51.100.7", 61000, 77, 500, 1);
	assert_int_equal(LEARN_PASS,
			 pkt_in(&l, "198.51.100.7", 61000, 7, 5, ms + 1));
	SAYS(LEARN_PROBATION, "198.51.100.7", 61000, 77, 501, 1);
	SAYS(LEARN_PASS, "198.51.100.7", 61000, 77, 502, 1);
}


static void test_nat_moves_the_port(void **state)
{
	static const struct {
		const char *ip;
		uint32_t ssrc;
		uint16_t seq;     /* of the first packet; the last was 4 */
		uint64_t gap_ms;  /* of silence */
		enum learn_result last;
	} rows[] = {
		{"198.51.100.7", 7, 80, 1600, LEARN_LOCKED},
		{"198.51.100.7", 7, 3000, 60000, LEARN_LOCKED},
		{"198.51.100.7", 7, 80, 1400, LEARN_STRANGER},
		{"198.51.100.7", 8, 80, 1600, LEARN_STRANGER},
		{"198.51.100.7", 7, 3005, 1600, LEARN_STRANGER},
		{"198.51.100.7", 7, 65530, 1600, LEARN_STRANGER},
		{"198.51.100.8", 7, 80, 1600, LEARN_STRANGER},
		{"203.0.113.66", 7, 80, 9000, LEARN_STRANGER},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct learn l;
		uint64_t ms = 0;
		enum learn_result res;

		lock_nat(&l, &ms);
		ms += rows[i].gap_ms - 20;
		res = run(&l, rows[i].ip, 62000, rows[i].ssrc, rows[i].seq, 4,
			  &ms);
		if (res != rows[i].last)
			fail_msg("row %zu: %d", i, res);

		assert_dest(&l, "198.51.100.7",
			    res == LEARN_LOCKED ? 62000 : 61000);
	}
}


/* Its packets went without the NAT for a moment: it is found again */
static void test_way_back_to_the_signalling(void **state)
{
	static const struct {
		const char *ip;
		uint32_t ssrc;
		uint64_t gap_ms;
		enum learn_result last;
	} rows[] = {
		{"198.51.100.7", 7, 1600, LEARN_LOCKED},
		{"198.51.100.7", 7, 1400, LEARN_STRANGER},
		{"198.51.100.7", 8, 1600, LEARN_STRANGER},
		{"198.51.100.8", 7, 1600, LEARN_STRANGER},
	};
	char sdp[64];

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct learn l;
		uint64_t ms = 0;

		lock_nat(&l, &ms);
		(void)re_snprintf(sdp, sizeof(sdp), "%j", &l.sdp);
		SAYS(LEARN_LOCKED, sdp, sa_port(&l.sdp), 7, 5, 4);
		ms += rows[i].gap_ms - 20;
		SAYS(rows[i].last, rows[i].ip, 61000, rows[i].ssrc, 80, 4);
		if (rows[i].last == LEARN_LOCKED)
			assert_dest(&l, "198.51.100.7", 61000);
		else
			assert_dest(&l, sdp, sa_port(&l.sdp));
	}
}


/* The old source speaks again while the new port is on probation */
static void test_rebinding_needs_silence_of_the_old_port(void **state)
{
	struct learn l;
	uint64_t ms = 0;

	(void)state;
	lock_nat(&l, &ms);
	ms += 1600;
	SAYS(LEARN_PROBATION, "198.51.100.7", 62000, 7, 80, 2);
	SAYS(LEARN_PASS, "198.51.100.7", 61000, 7, 85, 1);
	SAYS(LEARN_STRANGER, "198.51.100.7", 62000, 7, 90, 50);
}


/* --- agreements ---------------------------------------------------------- */

static void test_same_address_keeps_the_lock(void **state)
{
	struct learn l;
	uint64_t ms = 0;

	(void)state;
	lock_nat(&l, &ms);
	apply(&l, &nat, ms * MS);
	assert_true(learn_is_verified(&l));
	assert_dest(&l, "198.51.100.7", 61000);
}


static void test_hold_by_zero_address_keeps_the_lock(void **state)
{
	static const struct rules hold = {"0.0.0.0", 4000, "198.51.100.7",
					  true};
	struct learn l;
	uint64_t ms = 0;

	(void)state;
	lock_nat(&l, &ms);
	apply(&l, &hold, ms * MS);
	SAYS(LEARN_PASS, "198.51.100.7", 61000, 7, 5, 1);
	apply(&l, &nat, ms * MS);
	SAYS(LEARN_PASS, "198.51.100.7", 61000, 7, 6, 1);
}


static void test_new_address_starts_over(void **state)
{
	static const struct rules moved = {"203.0.113.9", 5000, "203.0.113.9",
					   false};
	struct learn l = {.locked = false};
	uint64_t ms    = 0;

	(void)state;
	apply(&l, &trunk, 0);
	SAYS(LEARN_LOCKED, "203.0.113.9", 4000, 7, 1, 1);
	apply(&l, &moved, ms * MS);
	assert_dest(&l, "203.0.113.9", 5000);
	assert_false(learn_is_verified(&l));

	/* stragglers of before still count, until the new source speaks */
	SAYS(LEARN_PASS, "203.0.113.9", 4000, 7, 2, 1);
	SAYS(LEARN_LOCKED, "203.0.113.9", 5000, 8, 1, 1);
	SAYS(LEARN_STRANGER, "203.0.113.9", 4000, 7, 3, 1);
}


static void test_old_source_ends_after_two_seconds(void **state)
{
	static const struct rules moved = {"203.0.113.99", 5000,
					   "203.0.113.9", false};
	struct learn l = {.locked = false};
	uint64_t ms    = 0;

	(void)state;
	apply(&l, &trunk, 0);
	(void)run(&l, "203.0.113.9", 4000, 7, 1, 1, &ms);
	apply(&l, &moved, ms * MS);
	SAYS(LEARN_PASS, "203.0.113.9", 4000, 7, 2, 100);
	SAYS(LEARN_STRANGER, "203.0.113.9", 4000, 7, 102, 1);
}


/* Phone behind a NAT, other SDP port, the same mapping: no gap */
static void test_nat_with_new_sdp_port_has_no_gap(void **state)
{
	static const struct rules moved = {"192.168.1.5", 4002,
					   "198.51.100.7", true};
	struct learn l;
	uint64_t ms = 0;

	(void)state;
	lock_nat(&l, &ms);
	apply(&l, &moved, ms * MS);

	for (uint16_t i = 5; i < 20; i++) {
		SAYS(LEARN_PASS, "198.51.100.7", 61000, 7, i, 1);
		assert_dest(&l, "198.51.100.7", 61000);
	}

	assert_true(learn_is_verified(&l));
}


static void test_destination_before_anything_came(void **state)
{
	static const struct {
		struct rules r;
		bool sent;
	} rows[] = {
		{{"203.0.113.9", 4000, "203.0.113.9", false}, true},
		{{"203.0.113.9", 4000, "198.51.100.7", true}, true},
		{{"192.168.1.5", 4000, "192.168.1.1", true}, true},
		{{"192.168.1.5", 4000, "198.51.100.7", false}, true},
		{{"192.168.1.5", 4000, "198.51.100.7", true}, false},
		{{"127.0.0.1", 4000, "198.51.100.7", true}, false},
		{{"127.0.0.1", 4000, "198.51.100.7", false}, false},
		{{"127.0.0.1", 4000, "127.0.0.2", false}, true},
		{{"224.0.0.1", 4000, "198.51.100.7", false}, false},
		{{"255.255.255.255", 4000, "198.51.100.7", false}, false},
		{{"0.0.0.0", 4000, "198.51.100.7", false}, false},
		{{"203.0.113.9", 0, "203.0.113.9", false}, false},
		{{"2001:db8::5", 4000, "2001:db8::7", false}, true},
		{{"fd00::5", 4000, "2001:db8::7", true}, false},
		{{"fd00::5", 4000, "fd00::7", true}, true},
		{{"fe80::5", 4000, "2001:db8::7", true}, false},
		{{"::1", 4000, "2001:db8::7", false}, false},
		{{"ff02::1", 4000, "2001:db8::7", false}, false},
		{{"::", 4000, "2001:db8::7", false}, false},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct learn l = {.locked = false};

		apply(&l, &rows[i].r, 0);
		if (!!learn_dest(&l) != rows[i].sent)
			fail_msg("row %zu", i);
	}
}


/* Who has to speak first, for its SDP may name a third one */
static void test_who_waits(void **state)
{
	static const struct {
		struct rules r;
		enum media_wait wait;
		bool sent;
	} rows[] = {
		{{"203.0.113.9", 4000, "203.0.113.9", false}, MEDIA_WAIT_NO,
		 true},
		{{"203.0.113.9", 4000, "198.51.100.7", true}, MEDIA_WAIT_NO,
		 true},
		{{"203.0.113.9", 4000, "198.51.100.7", true},
		 MEDIA_WAIT_ELSEWHERE, false},
		{{"203.0.113.9", 4000, "198.51.100.7", false},
		 MEDIA_WAIT_ELSEWHERE, false},
		{{"198.51.100.7", 4000, "198.51.100.7", true},
		 MEDIA_WAIT_ELSEWHERE, true},
		{{"127.0.7.7", 4000, "127.0.9.1", true},
		 MEDIA_WAIT_ELSEWHERE, false},
		{{"198.51.100.7", 4000, "198.51.100.7", true},
		 MEDIA_WAIT_ALWAYS, false},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct rules *r = &rows[i].r;
		struct media_flow flow = {.comedia = r->comedia,
					  .wait	   = rows[i].wait};
		struct learn l = {.locked = false};
		uint64_t ms    = 0;

		flow.sdp_rtp = addr(r->sdp, r->port);
		flow.sip_src = addr(r->sip, 5060);
		learn_rules(&l, &flow, 0);
		if (!!learn_dest(&l) != rows[i].sent)
			fail_msg("row %zu", i);

		/* once it has spoken it hears */
		(void)run(&l, r->sdp, r->port, 7, 1, 5, &ms);
		assert_dest(&l, r->sdp, r->port);
	}
}


/* --- RTCP ---------------------------------------------------------------- */

static void test_rtcp_learns_for_itself(void **state)
{
	const struct sa own  = addr("198.51.100.7", 61001);
	const struct sa next = addr("198.51.100.7", 61003);
	const struct sa evil = addr("203.0.113.66", 61001);
	struct sa dst;
	struct learn l = {.locked = false};
	uint64_t ms    = 0;

	(void)state;
	apply(&l, &nat, 0);
	assert_int_equal(DROP_RTCP_EARLY, learn_rtcp(&l, &own, 7, 0));

	lock_nat(&l, &ms);
	assert_false(learn_rtcp_dest(&l, &dst));
	assert_int_equal(DROP_RTCP_STRANGER, learn_rtcp(&l, &evil, 7, ms));
	assert_int_equal(DROP_RTCP_STRANGER, learn_rtcp(&l, &own, 8, ms));
	assert_int_equal(DROP_NONE, learn_rtcp(&l, &own, 7, ms));
	assert_true(learn_rtcp_dest(&l, &dst));
	assert_true(sa_cmp(&dst, &own, SA_ALL));
	assert_int_equal(DROP_RTCP_STRANGER, learn_rtcp(&l, &next, 7, ms));

	/* RTP stays where it is, whatever RTCP says */
	assert_dest(&l, "198.51.100.7", 61000);
}


static void test_rtcp_of_a_true_address_goes_one_port_up(void **state)
{
	const struct sa want = addr("203.0.113.9", 4001);
	struct learn l       = {.locked = false};
	uint64_t ms          = 0;
	struct sa dst;

	(void)state;
	apply(&l, &trunk, 0);
	assert_false(learn_rtcp_dest(&l, &dst));
	(void)run(&l, "203.0.113.9", 4000, 7, 1, 1, &ms);
	assert_true(learn_rtcp_dest(&l, &dst));
	assert_true(sa_cmp(&dst, &want, SA_ALL));
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_no_rules_everybody_is_a_stranger),
		cmocka_unit_test(
			test_comedia_with_true_address_trusts_nobody_else),
		cmocka_unit_test(test_sdp_address_locks_at_once),
		cmocka_unit_test(
			test_nat_serves_probation_before_anything_goes_there),
		cmocka_unit_test(test_spray_is_not_believed),
		cmocka_unit_test(
			test_better_rank_wins_over_a_stranger_who_came_first),
		cmocka_unit_test(
			test_better_rank_that_is_heard_stands_in_the_way),
		cmocka_unit_test(test_two_unknown_sources_block_each_other),
		cmocka_unit_test(test_many_strangers_do_not_keep_the_peer_out),
		cmocka_unit_test(
			test_sdp_address_takes_over_from_a_lower_rank),
		cmocka_unit_test(
			test_new_ssrc_of_the_source_needs_two_in_order),
		cmocka_unit_test(test_new_ssrc_overtakes),
		cmocka_unit_test(test_who_waits),
		cmocka_unit_test(test_nat_moves_the_port),
		cmocka_unit_test(test_way_back_to_the_signalling),
		cmocka_unit_test(test_rebinding_needs_silence_of_the_old_port),
		cmocka_unit_test(test_same_address_keeps_the_lock),
		cmocka_unit_test(test_hold_by_zero_address_keeps_the_lock),
		cmocka_unit_test(test_new_address_starts_over),
		cmocka_unit_test(test_old_source_ends_after_two_seconds),
		cmocka_unit_test(test_nat_with_new_sdp_port_has_no_gap),
		cmocka_unit_test(test_destination_before_anything_came),
		cmocka_unit_test(test_rtcp_learns_for_itself),
		cmocka_unit_test(test_rtcp_of_a_true_address_goes_one_port_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
