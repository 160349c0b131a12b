/**
 * @file test_health.c  Places that did not answer: questions, pauses, the ramp
 *
 * b2bua/health.c with doubles for the wire; time is handed in.
 */
#include "fake_server.h"
#include "b2bua/health.h"
#include "b2bua/location.h"
#include "b2bua/probe.h"
#include "base/timer.h"

static const struct pl sip = PL_LIT(
	"[general]\ncontext=default\n"
	"[a]\ntype=peer\nhost=192.0.2.1\n"
	"[b]\ntype=peer\nhost=192.0.2.2\n"
	"[out](trunk)\nmember=b\nprobe=20\nramp=5\n");
static const struct pl ext = PL_LIT("[default]\nexten => s,1,Hangup\n");

static unsigned questions, told;
static sx_response_h *answer;
static void *answer_arg;
static struct sx_target place;


/* --- doubles -------------------------------------------------------------- */

int probe_send(struct sx_ctrans **ctp, const struct peer *peer,
	       const struct sx_target *t, const char *ruri,
	       sx_response_h *resph, void *arg)
{
	(void)ruri;
	assert_non_null(peer);
	assert_true(sa_cmp(&t->dst, &place.dst, SA_ALL));
	*ctp	   = mem_zalloc(8, NULL);
	answer	   = resph;
	answer_arg = arg;
	++questions;

	return 0;
}


void qualify_now(const struct peer *peer)
{
	(void)peer;
	++told;
}


/* --- setting -------------------------------------------------------------- */

static int set_up(void **state)
{
	(void)state;
	server_up(&sip, &ext);
	memset(&place, 0, sizeof(place));
	assert_int_equal(sa_set_str(&place.dst, "192.0.2.1", 5060), 0);
	questions = told = 0;
	health_init();

	return 0;
}


static int tear_down(void **state)
{
	(void)state;
	health_close();
	server_down();

	return 0;
}


static void run_ms(uint64_t ms)
{
	for (; ms >= 100; ms -= 100) {
		now_us += 100000;
		while (timers_poll())
			;
	}
}


static void failed(const char *peer, int err, uint32_t retry_after_s,
		   uint32_t probe_s)
{
	const struct health_failure hf = {
		.peer	       = config_peer(srv.cfg, peer),
		.err	       = err,
		.retry_after_s = retry_after_s,
		.probe_s       = probe_s,
		.ramp_s	       = 10,
	};

	health_failed(&place, &hf);
}


/* Tenths of seconds until the next question, up to two hours */
static unsigned next_question(void)
{
	const unsigned was = questions;
	unsigned n	   = 0;

	while (questions == was && n < 72000) {
		run_ms(100);
		++n;
	}

	return n;
}


static void answered(const char *head)
{
	struct mbuf *mb = mbuf_alloc(512);
	struct sx_msg *msg;

	assert_int_equal(mbuf_printf(mb, "SIP/2.0 %s\r\n"
		"Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n"
		"From: <sip:a@x>;tag=1\r\nTo: <sip:a@x>;tag=2\r\n"
		"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
		"Content-Length: 0\r\n\r\n", head), 0);
	mb->pos = 0;
	assert_int_equal(sx_msg_parse(&msg, mb, false), 0);
	answer(0, msg, answer_arg);
	mem_deref(msg);
	mem_deref(mb);
}


/* Within a tenth of so many seconds, which is how they are spread; the
 * patience with the question before is part of it */
static void assert_about(unsigned tenths, unsigned s)
{
	if (tenths + 1 < s * 9 || tenths > s * 11 + 1)
		fail_msg("%u tenths, not about %u s", tenths, s);
}


/* --- tests ---------------------------------------------------------------- */

/* Ever more seldom, up to once a minute */
static void test_questions_become_rarer(void **state)
{
	static const unsigned gaps[] = {10, 20, 40, 60, 60};

	(void)state;
	failed("a", ETIMEDOUT, 0, 10);
	assert_int_equal(health_of(&place), HEALTH_AWAY);
	for (size_t i = 0; i < ARRAY_SIZE(gaps); i++) {
		assert_about(next_question(), gaps[i]);
		answer(ETIMEDOUT, NULL, answer_arg);
		assert_int_equal(health_of(&place), HEALTH_AWAY);
	}
}


/* Not all places at the same moment */
static void test_questions_are_spread(void **state)
{
	unsigned first, differ = 0;

	(void)state;
	failed("a", ETIMEDOUT, 0, 60);
	first = next_question();
	for (unsigned i = 0; i < 20; i++) {
		answer(ETIMEDOUT, NULL, answer_arg);
		differ += next_question() != first;
	}
	assert_true(differ > 5);
}


/* A transaction that never ends does not stop the questions */
static void test_patience(void **state)
{
	(void)state;
	failed("a", ETIMEDOUT, 0, 10);
	assert_about(next_question(), 10);
	run_ms(4100);
	assert_about(next_question() + 1, 20);
}


static void test_what_the_answer_says(void **state)
{
	(void)state;
	failed("a", ECONNREFUSED, 0, 10);
	(void)next_question();

	/* 1xx is none, 503 is no */
	answered("100 Trying");
	assert_int_equal(health_of(&place), HEALTH_AWAY);
	answered("503 Busy");
	assert_int_equal(health_of(&place), HEALTH_AWAY);
	assert_about(next_question(), 20);
	answered("503 Busy\r\nRetry-After: 300");
	assert_int_equal(health_of(&place), HEALTH_ASKED);
	assert_int_equal(next_question(), 3000);
	assert_int_equal(health_of(&place), HEALTH_ASKED);

	/* any other is yes */
	assert_int_equal(told, 0);
	answered("404 Not Found");
	assert_int_equal(health_of(&place), HEALTH_OK);
	assert_int_equal(told, 1);
}


static void test_a_pause_that_was_asked_for(void **state)
{
	(void)state;

	/* without one it is as well as before */
	failed("a", 0, 0, 10);
	assert_int_equal(health_of(&place), HEALTH_OK);

	/* an hour at most; what comes of earlier calls changes nothing */
	failed("a", 0, 999999, 10);
	assert_int_equal(health_of(&place), HEALTH_ASKED);
	failed("a", ETIMEDOUT, 0, 10);
	health_answered(&place);
	assert_int_equal(health_of(&place), HEALTH_ASKED);
	assert_int_equal(next_question(), 36000);
}


static void test_failures_of_our_own(void **state)
{
	static const int errs[] = {ENOMEM, EMFILE, EINVAL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errs); i++) {
		failed("a", errs[i], 0, 10);
		assert_int_equal(health_of(&place), HEALTH_OK);
	}
}


/* Calls that it takes at once */
static unsigned takes(void)
{
	unsigned n = 0;

	while (health_of(&place) == HEALTH_OK && n < 1000) {
		health_used(&place);
		++n;
	}

	return n;
}


static void test_ramp(void **state)
{
	(void)state;
	failed("a", ETIMEDOUT, 0, 10);
	health_answered(&place);
	assert_int_equal(takes(), 1);
	assert_int_equal(health_of(&place), HEALTH_RAMP);
	run_ms(1000);
	assert_int_equal(takes(), 2);
	run_ms(1000);
	assert_int_equal(takes(), 4);
	run_ms(8100);
	assert_int_equal(takes(), 1000);

	/* gone in the middle of it: away again */
	failed("a", ETIMEDOUT, 0, 10);
	health_answered(&place);
	failed("a", ECONNREFUSED, 0, 10);
	assert_int_equal(health_of(&place), HEALTH_AWAY);
}


/* qualify= has found it, no call of a group: the group's times are its */
static void test_times_of_its_group(void **state)
{
	(void)state;
	failed("b", ETIMEDOUT, 0, 0);
	assert_about(next_question(), 20);
	answered("200 OK");
	assert_int_equal(takes(), 1);
	run_ms(4000);
	assert_int_equal(health_of(&place), HEALTH_OK);
	assert_int_equal(takes(), 20);
	run_ms(1100);
	assert_int_equal(takes(), 1000);
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_questions_become_rarer),
		T(test_questions_are_spread),
		T(test_patience),
		T(test_what_the_answer_says),
		T(test_a_pause_that_was_asked_for),
		T(test_failures_of_our_own),
		T(test_ramp),
		T(test_times_of_its_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
