/**
 * @file test_session.c  Session timers (RFC 4028): who refreshes, and when
 *
 * Rows of a message of the peer and the peer's options -> what is answered,
 * and the moment that the leg refreshes or gives up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "b2bua/leg_priv.h"
#include "base/clock.h"
#include "base/log.h"

static uint64_t now_us;
static unsigned refreshed, died;
static struct leg *leg;
static struct peer peer;


/* --- doubles -------------------------------------------------------------- */

void leg_dead(struct leg *l, uint8_t cause, const char *why)
{
	assert_ptr_equal(l, leg);
	assert_true(cause && strstr(why, "timer"));
	++died;
}


int leg_refresh(struct leg *l)
{
	assert_ptr_equal(l, leg);
	++refreshed;

	return 0;
}


/* --- setting -------------------------------------------------------------- */

static int set_up(void **state)
{
	(void)state;
	now_us = 1000000000;
	clock_fake(&now_us);
	log_set_level(LOG_LEVEL_ERROR);
	memset(&peer, 0, sizeof(peer));
	peer.session_timers    = SESSION_ACCEPT;
	peer.session_expires_s = 199;
	peer.session_minse_s   = 101;
	peer.session_refresher = REFRESHER_UAS;
	leg = mem_zalloc(sizeof(*leg), NULL);
	assert_non_null(leg);
	leg->peer  = &peer;
	leg->state = LEG_CONFIRMED;
	refreshed = died = 0;

	return 0;
}


static int tear_down(void **state)
{
	(void)state;
	leg_session_stop(leg);
	assert_int_equal(timers_count(), 0);
	leg = mem_deref(leg);
	clock_fake(NULL);

	return 0;
}


static struct sx_msg *message(const char *first, const char *headers)
{
	struct mbuf *mb = mbuf_alloc(512);
	struct sx_msg *msg;

	assert_int_equal(mbuf_printf(mb, "%s\r\n"
		"Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n"
		"From: <sip:a@x>;tag=1\r\nTo: <sip:a@x>;tag=2\r\n"
		"Call-ID: 1\r\nCSeq: 1 INVITE\r\n"
		"%sContent-Length: 0\r\n\r\n", first, headers), 0);
	mb->pos = 0;
	assert_int_equal(sx_msg_parse(&msg, mb, false), 0);
	mem_deref(mb);

	return msg;
}


static int print_answer(struct mbuf *mb)
{
	return leg_session_print(leg, mb);
}


static int print_request(struct mbuf *mb)
{
	return leg_session_out_print(leg, mb);
}


static void assert_says(int (*print)(struct mbuf *), const char *want)
{
	struct mbuf *mb = mbuf_alloc(128);
	char *text;

	assert_int_equal(print(mb), 0);
	mb->pos = 0;
	assert_int_equal(mbuf_strdup(mb, &text, mb->end), 0);
	assert_string_equal(text, want);
	mem_deref(text);
	mem_deref(mb);
}


/* --- their INVITE ---------------------------------------------------------- */

#define TIMER "Supported: timer\r\n"
#define SE "Session-Expires: "

/* clang-format off */
static const struct {
	int timers, refresher;
	const char *headers;
	uint16_t scode;
	const char *says; /* our 200 */
} in[] = {
	/* the interval: chan_sip.md, trap 26 */
	{SESSION_ACCEPT, REFRESHER_UAS, TIMER, 0, ""},
	{SESSION_ORIGINATE, REFRESHER_UAS, TIMER, 0,
	 SE "199;refresher=uas\r\n"},
	{SESSION_ORIGINATE, REFRESHER_UAS, TIMER "Min-SE: 240\r\n", 0,
	 SE "240;refresher=uas\r\n"},
	{SESSION_ACCEPT, REFRESHER_UAS, TIMER SE "150\r\n", 0,
	 SE "150;refresher=uas\r\n"},
	{SESSION_ACCEPT, REFRESHER_UAS, TIMER SE "250\r\n", 0,
	 SE "199;refresher=uas\r\n"},
	{SESSION_ACCEPT, REFRESHER_UAS, TIMER SE "250\r\nMin-SE: 240\r\n", 0,
	 SE "250;refresher=uas\r\n"},
	{SESSION_ACCEPT, REFRESHER_UAS, TIMER SE "100\r\n", 422, ""},
	{SESSION_ORIGINATE, REFRESHER_UAS, TIMER SE "0\r\n", 422, ""},
	/* a day at most */
	{SESSION_ACCEPT, REFRESHER_UAS,
	 TIMER SE "4000000\r\nMin-SE: 4000000\r\n", 0,
	 SE "86400;refresher=uas\r\n"},
	/* who refreshes: as it says, else as we are told */
	{SESSION_ACCEPT, REFRESHER_UAS, TIMER SE "150;refresher=uac\r\n", 0,
	 SE "150;refresher=uac\r\nRequire: timer\r\n"},
	{SESSION_ACCEPT, REFRESHER_UAC, TIMER SE "150;refresher=uas\r\n", 0,
	 SE "150;refresher=uas\r\n"},
	{SESSION_ACCEPT, REFRESHER_UAC, TIMER SE "150\r\n", 0,
	 SE "150;refresher=uac\r\nRequire: timer\r\n"},
	{SESSION_ACCEPT, REFRESHER_UAC, "Require: timer\r\n" SE "150\r\n", 0,
	 SE "150;refresher=uac\r\nRequire: timer\r\n"},
	/* a proxy asks for it, the caller knows nothing of it: we do */
	{SESSION_ACCEPT, REFRESHER_UAC, SE "150\r\n", 0,
	 SE "150;refresher=uas\r\n"},
	{SESSION_ORIGINATE, REFRESHER_UAC, "", 0,
	 SE "199;refresher=uas\r\n"},
	/* not at all */
	{SESSION_REFUSE, REFRESHER_UAS, TIMER SE "150\r\n", 0, ""},
	{SESSION_REFUSE, REFRESHER_UAS, "Require: timer\r\n" SE "150\r\n",
	 420, ""},
};
/* clang-format on */


static void test_their_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		struct sx_msg *msg = message("INVITE sip:b@x SIP/2.0",
					     in[i].headers);
		uint32_t minse;

		memset(&leg->ses, 0, sizeof(leg->ses));
		peer.session_timers    = (uint32_t)in[i].timers;
		peer.session_refresher = (uint32_t)in[i].refresher;
		assert_int_equal(leg_session_in(leg, msg, &minse),
				 in[i].scode);
		assert_int_equal(minse, 101);
		if (!in[i].scode)
			assert_says(print_answer, in[i].says);
		mem_deref(msg);
	}
}


/* --- our INVITE ----------------------------------------------------------- */

/* clang-format off */
static const struct {
	int timers;
	const char *headers;  /* of the 200 */
	uint32_t expires_s;
	bool we_refresh;
} out[] = {
	{SESSION_ORIGINATE, SE "150;refresher=uac\r\n", 150, true},
	{SESSION_ORIGINATE, SE "150;refresher=uas\r\n", 150, false},
	{SESSION_ORIGINATE, SE "150\r\n", 150, true},
	/* it has no timer: we alone (RFC 4028 7.2) */
	{SESSION_ORIGINATE, "", 199, true},
	{SESSION_ACCEPT, "", 0, true},
	{SESSION_ACCEPT, SE "150;refresher=uas\r\n", 150, false},
	{SESSION_ACCEPT, SE "1\r\n", 4, true},
	{SESSION_ACCEPT, SE "4000000;refresher=uas\r\n", 86400, false},
	{SESSION_REFUSE, SE "150;refresher=uas\r\n", 0, false},
};
/* clang-format on */


static void test_answer_to_ours(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(out); i++) {
		struct sx_msg *msg = message("SIP/2.0 200 OK", out[i].headers);

		memset(&leg->ses, 0, sizeof(leg->ses));
		peer.session_timers = (uint32_t)out[i].timers;
		leg_session_take(leg, msg);
		assert_int_equal(leg->ses.expires_s, out[i].expires_s);
		if (out[i].expires_s)
			assert_int_equal(leg->ses.we_refresh,
					 out[i].we_refresh);
		mem_deref(msg);
	}
}


static void test_what_we_ask_for(void **state)
{
	(void)state;
	assert_says(print_request, "");
	peer.session_timers = SESSION_ORIGINATE;
	assert_says(print_request, SE "199\r\nMin-SE: 101\r\n");
	peer.session_expires_s = 60; /* less than our own least */
	assert_says(print_request, SE "101\r\nMin-SE: 101\r\n");
	peer.session_timers = SESSION_REFUSE;
	assert_says(print_request, "");

	/* a refresh says what was agreed */
	peer.session_timers = SESSION_ACCEPT;
	leg->ses.expires_s  = 150;
	assert_says(print_request, SE "150;refresher=uas\r\n");
	leg->ses.we_refresh = true;
	assert_says(print_request, SE "150;refresher=uac\r\n");
}


/* 422: once for each step up, and never for nonsense */
static void test_too_small_for_them(void **state)
{
	static const struct {
		const char *headers;
		bool again;
	} rows[] = {
		{"", false},		       {"Min-SE: 300\r\n", true},
		{"Min-SE: 300\r\n", false},    {"Min-SE: 200\r\n", false},
		{"Min-SE: 400\r\n", true},     {"Min-SE: 86401\r\n", false},
		{"Min-SE: x\r\n", false},
	};

	(void)state;
	peer.session_timers = SESSION_ORIGINATE;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sx_msg *msg = message("SIP/2.0 422 Too Small",
					     rows[i].headers);

		assert_int_equal(leg_session_raise(leg, msg), rows[i].again);
		mem_deref(msg);
	}
	assert_says(print_request, SE "400\r\nMin-SE: 400\r\n");
}


/* --- the clock ------------------------------------------------------------- */

static void run_s(uint32_t s)
{
	while (s--) {
		now_us += 1000000;
		while (timers_poll())
			;
	}
}


/* Half of it if we refresh; else min(32 s, a third) before its end */
static void test_when(void **state)
{
	static const struct {
		uint32_t expires_s, refresh_s, dead_s;
	} rows[] = {
		{8, 4, 6}, {90, 45, 60}, {96, 48, 64}, {99, 49, 67},
		{1800, 900, 1768},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		refreshed = died    = 0;
		leg->ses.expires_s  = rows[i].expires_s;
		leg->ses.we_refresh = true;
		leg_session_start(leg);
		run_s(rows[i].refresh_s - 1);
		assert_int_equal(refreshed, 0);
		run_s(1);
		assert_int_equal(refreshed, 1);
		run_s(rows[i].refresh_s);
		assert_int_equal(refreshed, 2);

		leg->ses.we_refresh = false;
		leg_session_start(leg);
		run_s(rows[i].dead_s - 1);
		assert_int_equal(died, 0);
		run_s(1);
		assert_int_equal(died, 1);
		assert_int_equal(refreshed, 2);
	}

	/* agreed on none any more */
	leg_session_start(leg);
	leg->ses.expires_s = 0;
	leg_session_start(leg);
	run_s(4000);
	assert_int_equal(died, 1);
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_their_request),
		T(test_answer_to_ours),
		T(test_what_we_ask_for),
		T(test_too_small_for_them),
		T(test_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
