/**
 * @file test_keepalive.c  How often a phone's NAT needs a packet
 *
 * b2bua/keepalive.c with doubles for the wire and the database; time is
 * handed in.
 */
#include "fake_server.h"
#include "b2bua/location.h"
#include "b2bua/probe.h"
#include "store/store.h"

static const struct pl sip = PL_LIT(
	"[general]\ncontext=default\n"
	"[auto]\ntype=friend\nhost=dynamic\nsecret=Amber-Lantern-17\n"
	"[off]\ntype=friend\nhost=dynamic\nsecret=Amber-Lantern-18\n"
	"keepalive=no\n"
	"[ten]\ntype=friend\nhost=dynamic\nsecret=Amber-Lantern-19\n"
	"keepalive=10\n"
	"[asked]\ntype=friend\nhost=dynamic\nsecret=Amber-Lantern-20\n"
	"qualify=yes\nkeepalive=no\n");
static const struct pl ext = PL_LIT("[default]\nexten => s,1,Hangup\n");

static struct place place;
static struct binding bnd;
static struct sx_conn *open_conn;
static unsigned empties, questions;
static sx_response_h *answer;
static char stored[32];


/* --- doubles -------------------------------------------------------------- */

struct place *location_find(const char *name)
{
	return place.name && !strcmp(name, place.name) ? &place : NULL;
}


struct place *location_get(const char *name)
{
	return location_find(name);
}


bool sx_conn_is_open(const struct sx_conn *conn)
{
	return conn && conn == open_conn;
}


int sx_send_raw(struct sx *sx, const struct sx_target *dst, const void *p,
		size_t n)
{
	(void)sx;
	(void)dst;
	assert_int_equal(n, 4);
	assert_memory_equal(p, "\r\n\r\n", 4);
	++empties;
	return 0;
}


int probe_send(struct sx_ctrans **ctp, const struct peer *peer,
	       const struct sx_target *t, const char *ruri,
	       sx_response_h *resph, void *arg)
{
	(void)peer;
	(void)t;
	assert_string_equal(ruri, "sip:a@192.168.1.5");
	assert_ptr_equal(arg, &bnd);
	*ctp   = mem_zalloc(8, NULL);
	answer = resph;
	++questions;
	return 0;
}


void sx_ctrans_set_timers(struct sx_ctrans *ct, uint32_t t1_ms, uint32_t b_ms)
{
	(void)ct;
	assert_true(t1_ms && b_ms < KEEPALIVE_LEAST_S * 1000);
}


void nat_note_echo(const char *peer, const struct sx_msg *msg)
{
	(void)peer;
	(void)msg;
}


const char *store_db_get(const char *family, const char *key)
{
	assert_string_equal(family, "NAT/Keepalive");
	assert_string_equal(key, place.name);
	return stored[0] ? stored : NULL;
}


int store_db_put(const char *family, const char *key, const char *value)
{
	(void)family;
	(void)key;
	(void)re_snprintf(stored, sizeof(stored), "%s", value);
	return 0;
}


int store_db_del(const char *family, const char *key)
{
	(void)family;
	(void)key;
	stored[0] = '\0';
	return 0;
}


/* --- setting -------------------------------------------------------------- */

static const struct bound first = {0};
static const struct bound refresh = {.old = true, .same = true,
				     .device = true};
static const struct bound other_port = {.old = true, .same = true,
					.device = true, .moved = true,
					.port_moved = true};
static const struct bound restarted = {.old = true, .moved = true,
				       .port_moved = true};


static int set_up(void **state)
{
	(void)state;
	server_up(&sip, &ext);
	memset(&place, 0, sizeof(place));
	memset(&bnd, 0, sizeof(bnd));
	bnd.place   = &place;
	bnd.contact = (char *)(uintptr_t)"sip:a@192.168.1.5";
	bnd.natted  = true;
	assert_int_equal(sa_set_str(&bnd.target.dst, "203.0.113.7", 5060), 0);
	list_append(&place.bindings, &bnd.le, &bnd);
	stored[0] = '\0';
	empties = questions = 0;

	return 0;
}


static int tear_down(void **state)
{
	(void)state;
	keepalive_stop(&bnd);
	timer_cancel(&place.keepalive);
	server_down();

	return 0;
}


static void bound(const char *name, const struct bound *how)
{
	place.name = (char *)(uintptr_t)name;
	keepalive_bound(&bnd, config_peer(srv.cfg, name), how);
}


static void run(uint32_t s)
{
	while (s--) {
		now_us += 1000000;
		while (timers_poll())
			;
	}
}


/* Every question is answered at once, or none */
static void run_asked(uint32_t s, bool answered)
{
	const struct sx_msg ok = {.scode = 200};

	while (s--) {
		unsigned n = questions;

		run(1);
		if (questions != n)
			answer(answered ? 0 : ETIMEDOUT, answered ? &ok : NULL,
			       &bnd);
	}
}


static uint32_t every(const char *name)
{
	bool asks;

	return keepalive_every_s(&bnd, config_peer(srv.cfg, name), &asks);
}


static void sent(unsigned e, unsigned q)
{
	assert_int_equal(empties, e);
	assert_int_equal(questions, q);
	empties = questions = 0;
}


/* --- tests ---------------------------------------------------------------- */

static void test_who_gets_how_many(void **state)
{
	struct sx_conn *conn = mem_zalloc(8, NULL);
	static const struct {
		const char *peer, *addr;
		bool natted;
		enum sx_tp tp;
		unsigned empties; /* in 100 s */
	} rows[] = {
		{"auto", "203.0.113.7", true, SX_UDP, 3},
		{"auto", "203.0.113.7", false, SX_UDP, 3}, /* a firewall */
		{"auto", "192.168.1.5", false, SX_UDP, 0}, /* the office */
		{"auto", "192.168.1.5", true, SX_UDP, 3},
		{"auto", "127.0.0.1", false, SX_UDP, 0},
		{"auto", "203.0.113.7", true, SX_TCP, 0},
		{"off", "203.0.113.7", true, SX_UDP, 0},
		{"ten", "192.168.1.5", false, SX_UDP, 9},
		{"ten", "203.0.113.7", true, SX_TLS, 10},
	};

	(void)state;
	bnd.target.conn = open_conn = conn;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(sa_set_str(&bnd.target.dst, rows[i].addr,
					    5060), 0);
		bnd.natted    = rows[i].natted;
		bnd.target.tp = rows[i].tp;
		bound(rows[i].peer, &first);
		run(100);
		if (empties != rows[i].empties ||
		    questions != (empties && rows[i].tp == SX_UDP))
			fail_msg("row %u: %u, %u", (unsigned)i, empties,
				 questions);
		keepalive_stop(&bnd);
		empties = questions = 0;
	}

	/* a connection is not opened for it */
	open_conn = NULL;
	run(100);
	sent(0, 0);
	bnd.target.conn = NULL;
	mem_deref(conn);
}


static void test_a_nat_that_forgets_is_found(void **state)
{
	(void)state;
	bound("auto", &first);
	run_asked(60, true);
	sent(2, 1); /* after 1, 26 and 51 s */
	run_asked(100, true);
	sent(3, 1);

	/* another port, though the phone has not started anew */
	bound("auto", &other_port);
	assert_int_equal(every("auto"), 12);
	assert_string_equal(stored, "12");
	assert_int_equal(bnd.keep.losses, 1);
	run_asked(60, true);
	sent(0, 5);

	/* still too long: the question was not answered, then it came back,
	   from the same port, as some NATs have it */
	run_asked(12, false);
	assert_true(bnd.keep.missed);
	bound("auto", &refresh);
	assert_false(bnd.keep.missed);
	assert_string_equal(stored, "6");
	bound("auto", &other_port);
	assert_string_equal(stored, "5");
	bound("auto", &other_port);
	assert_string_equal(stored, "5");
	assert_int_equal(bnd.keep.losses, 4);

	/* it is known after a restart of ours, and granted less */
	keepalive_stop(&bnd);
	memset(&bnd.keep, 0, sizeof(bnd.keep));
	bound("auto", &first);
	assert_int_equal(every("auto"), 5);
	assert_int_equal(keepalive_grant_s(config_peer(srv.cfg, "auto"), 3600),
			 KEEPALIVE_GRANT_S);
	assert_int_equal(keepalive_grant_s(config_peer(srv.cfg, "auto"), 60),
			 60);

	keepalive_forget("auto");
	assert_int_equal(every("auto"), 25);
	assert_int_equal(keepalive_grant_s(config_peer(srv.cfg, "auto"), 3600),
			 3600);
}


static void test_what_is_no_loss(void **state)
{
	(void)state;
	bound("auto", &first);
	run_asked(30, true);
	bound("auto", &refresh);
	assert_int_equal(every("auto"), 25);

	/* a phone that knows no OPTIONS is asked once */
	bound("auto", &restarted);
	bnd.keep.answers = false;
	questions	 = 0;
	run_asked(300, false);
	assert_int_equal(questions, 1);
	bound("auto", &refresh);
	assert_int_equal(every("auto"), 25);

	/* switched off and on */
	bound("auto", &restarted);
	assert_int_equal(every("auto"), 25);

	/* from another network: other port_moved, or a connection */
	bound("auto", &(struct bound){.old = true, .same = true,
				      .device = true, .moved = true});
	assert_int_equal(every("auto"), 25);
	bnd.target.tp = SX_TCP;
	bound("auto", &other_port);
	assert_int_equal(bnd.keep.learned_s, 0);
	assert_string_equal(stored, "");
}


/* An address that held for hours is lost when the router starts anew */
static void test_a_router_that_starts_anew(void **state)
{
	(void)state;
	bound("auto", &first);
	run_asked(2, true);
	bound("auto", &other_port);
	assert_string_equal(stored, "12");
	run_asked(12 * 25, true);
	bound("auto", &other_port);
	assert_string_equal(stored, "12");
	assert_int_equal(bnd.keep.losses, 2);

	/* and again, sooner than anything was proven */
	run_asked(12 * 5, true);
	bound("auto", &other_port);
	assert_string_equal(stored, "6");
}


/* qualify= asks oftener then, and keepalive=no is kept */
static void test_qualify_adapts(void **state)
{
	const struct peer *peer;

	(void)state;
	bound("asked", &first);
	peer = config_peer(srv.cfg, "asked");
	assert_int_equal(keepalive_qualify_s(&place, peer), 60);
	bound("asked", &other_port);
	assert_int_equal(keepalive_qualify_s(&place, peer), 30);
	keepalive_heard(&bnd);
	keepalive_missed(&bnd);
	bound("asked", &refresh);
	assert_int_equal(keepalive_qualify_s(&place, peer), 15);
	run(100);
	sent(0, 0);

	/* nothing is sent to it, so nothing is learned */
	stored[0] = '\0';
	keepalive_stop(&bnd);
	memset(&bnd.keep, 0, sizeof(bnd.keep));
	bound("off", &first);
	bound("off", &other_port);
	assert_string_equal(stored, "");
}


/* Nobody knows how long a NAT has waited when a phone was read from the store
 * or comes from another process */
static void test_soon_after_a_start(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		memset(&bnd.keep, 0, sizeof(bnd.keep));
		bound("auto", &(struct bound){.loaded = true});
		run(5);
		sent(0, 1);
		keepalive_stop(&bnd);
	}
}


static void test_a_reload_changes_the_interval(void **state)
{
	const struct pl text = PL_LIT(
		"[general]\ncontext=default\n"
		"[auto]\ntype=friend\nhost=dynamic\n"
		"secret=Amber-Lantern-17\nkeepalive=no\n");

	(void)state;
	bound("auto", &first);
	srv.cfg = mem_deref(srv.cfg);
	assert_int_equal(config_load_text(&srv.cfg, &text, &ext, NULL, NULL),
			 0);
	keepalive_config(srv.cfg);
	assert_false(timer_runs(&bnd.keep.tmr));
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_who_gets_how_many),
		T(test_a_nat_that_forgets_is_found),
		T(test_what_is_no_loss),
		T(test_a_router_that_starts_anew),
		T(test_qualify_adapts),
		T(test_soon_after_a_start),
		T(test_a_reload_changes_the_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
