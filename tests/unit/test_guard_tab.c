/**
 * @file tests/unit/test_guard_tab.c  The guard's parts: table, buckets, first
 *                                    look
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "b2bua/guard_look.h"
#include "b2bua/guard_tab.h"


static struct sa sa_of(const char *text)
{
	struct sa sa;

	assert_int_equal(0, sa_set_str(&sa, text, 5060));

	return sa;
}


/* ---- buckets ------------------------------------------------------------ */

static void test_bucket(void **state)
{
	uint64_t tat = 0, now = 1000000000;
	unsigned n = 0;

	(void)state;

	/* a burst of 40, then 20 a second */
	while (guard_take(&tat, now, 20, 40))
		++n;
	assert_int_equal(n, 40);
	assert_false(guard_could_take(tat, now, 20, 40));

	now += 49999;
	assert_false(guard_take(&tat, now, 20, 40));
	now += 1;
	assert_true(guard_take(&tat, now, 20, 40));
	assert_false(guard_take(&tat, now, 20, 40));

	n = 0;
	for (unsigned ms = 0; ms < 10000; ms++) {
		now += 1000;
		n += guard_take(&tat, now, 20, 40);
	}
	assert_int_equal(n, 200);

	/* full again after a pause, not fuller */
	now += 3600000000ull;
	n = 0;
	while (guard_take(&tat, now, 20, 40))
		++n;
	assert_int_equal(n, 40);
	assert_true(guard_take(&(uint64_t){0}, now, 0, 0));
}


/* ---- table -------------------------------------------------------------- */

static void test_keys(void **state)
{
	static const struct {
		enum guard_kind kind;
		const char *a, *b;
		bool same;
	} rows[] = {
		{GUARD_KIND_ADDR, "192.0.2.1", "192.0.2.1", true},
		{GUARD_KIND_ADDR, "192.0.2.1", "192.0.2.2", false},
		{GUARD_KIND_NET, "192.0.2.1", "192.0.2.2", true},
		{GUARD_KIND_NET, "192.0.2.1", "192.0.3.1", false},
		{GUARD_KIND_ADDR, "2001:db8::1", "2001:db8::2", true},
		{GUARD_KIND_ADDR, "2001:db8::1", "2001:db8:0:1::1", false},
		{GUARD_KIND_NET, "2001:db8::1", "2001:db8:0:0:1::", true},
	};
	struct guard_tab *t;
	struct pl a = PL_LIT("1001"), b = PL_LIT("1002");
	struct sa sa = sa_of("192.0.2.1");

	(void)state;
	assert_int_equal(EINVAL, guard_tab_alloc(&t, 100));
	assert_int_equal(EINVAL, guard_tab_alloc(NULL, 64));
	assert_int_equal(0, guard_tab_alloc(&t, 64));

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sa one = sa_of(rows[i].a), two = sa_of(rows[i].b);

		if ((guard_key(t, rows[i].kind, &one, NULL) ==
		     guard_key(t, rows[i].kind, &two, NULL)) != rows[i].same)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}

	assert_true(guard_key(t, GUARD_KIND_GUESS, &sa, &a) !=
		    guard_key(t, GUARD_KIND_GUESS, &sa, &b));
	assert_true(guard_key(t, GUARD_KIND_GUESS, &sa, NULL) !=
		    guard_key(t, GUARD_KIND_ADDR, &sa, NULL));
	mem_deref(t);
}


/* Never more records than there are; the oldest goes, used ones stay */
static void test_oldest_goes_first(void **state)
{
	struct guard_tab *t;

	(void)state;
	assert_int_equal(0, guard_tab_alloc(&t, 16));

	for (uint64_t k = 1; k <= 16; k++)
		guard_tab_get(t, k)->points = (uint32_t)k;
	assert_int_equal(guard_tab_count(t), 16);

	/* 1 and 2 are used again */
	assert_int_equal(guard_tab_get(t, 1)->points, 1);
	assert_int_equal(guard_tab_get(t, 2)->points, 2);

	assert_int_equal(guard_tab_get(t, 17)->points, 0);
	assert_null(guard_tab_find(t, 3));
	assert_int_equal(guard_tab_get(t, 33)->points, 0);
	assert_null(guard_tab_find(t, 4));
	assert_non_null(guard_tab_find(t, 1));
	assert_non_null(guard_tab_find(t, 2));
	assert_non_null(guard_tab_find(t, 17));
	assert_int_equal(guard_tab_count(t), 16);

	/* a flood of others: still 16, each that is found is itself */
	for (uint64_t k = 1000; k < 200000; k += 7) {
		struct guard_rec *r = guard_tab_get(t, k);

		assert_true(r->key == k && !r->points);
		r->points = 1;
	}
	assert_int_equal(guard_tab_count(t), 16);
	assert_null(guard_tab_find(t, 1));
	assert_null(guard_tab_find(NULL, 1));
	mem_deref(t);
}


static void test_users(void **state)
{
	static const struct pl a = PL_LIT("100"), b = PL_LIT("101");
	struct guard_rec r;
	struct guard_tab *t;
	char name[16];
	struct pl pl;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(0, guard_tab_alloc(&t, 16));

	assert_true(guard_rec_user(&r, t, &a));
	assert_false(guard_rec_user(&r, t, &a));
	assert_true(guard_rec_user(&r, t, &b));
	assert_false(guard_rec_user(&r, t, &a));
	assert_int_equal(r.userc, 2);

	for (unsigned i = 0; i < 1000; i++) {
		(void)re_snprintf(name, sizeof(name), "u%u", i);
		pl_set_str(&pl, name);
		(void)guard_rec_user(&r, t, &pl);
	}
	assert_true(r.userc > 990);

	guard_rec_reset(&r);
	assert_int_equal(r.userc, 0);
	assert_true(guard_rec_user(&r, t, &a));
	mem_deref(t);
}


/* ---- first look --------------------------------------------------------- */

static const char usual[] =
	"REGISTER sip:pbx.example SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bK776;rport\r\n"
	"v: SIP/2.0/UDP 192.0.2.8;branch=z9hG4bKother\r\n"
	"f: \"A;tag=no\" <sip:1001@pbx.example;x=1>;tag=1928\r\n"
	"To : <sips:1002@pbx.example> ; x=y;tag=77\r\n"
	"Call-ID: a84b4c76@192.0.2.7\r\n"
	"i: second\r\n"
	"USER-AGENT: friendly-scanner/1\r\n"
	"Authorization: Digest username=\"10 01\",\r\n"
	" nonce=\"folded\"\r\n"
	"Proxy-Authorization: Digest username=u2,realm=r2,nonce=\"n2\", "
	"cnonce=\"c\"\r\n"
	"\r\n"
	"To: <sip:body@x>\r\n";


static void eq(const struct pl *pl, const char *want)
{
	if (pl_strcmp(pl, want))
		fail_msg("\"%.*s\" is not \"%s\"", (int)pl->l,
			 pl->p ? pl->p : "", want);
}


static void test_look(void **state)
{
	struct guard_look l;

	(void)state;
	guard_look(&l, usual, strlen(usual));
	assert_true(l.sip && !l.response);
	eq(&l.met, "REGISTER");
	eq(&l.branch, "z9hG4bK776");
	eq(&l.callid, "a84b4c76@192.0.2.7");
	eq(&l.from_user, "1001");
	eq(&l.to_user, "1002");
	eq(&l.ttag, "77");
	eq(&l.agent, "friendly-scanner/1");
	eq(&l.auth_user, "u2");
	eq(&l.auth_realm, "r2");
	eq(&l.auth_nonce, "n2");
}


static void test_look_at_a_response(void **state)
{
	static const char text[] =
		"\r\n\r\nSIP/2.0 200 OK\r\nv:SIP/2.0/UDP a;branch=b\r\n"
		"t:<sip:x@y>;tag=t\nServer: s\n\nUser-Agent: no\r\n";
	struct guard_look l;

	(void)state;
	guard_look(&l, text, strlen(text));
	assert_true(l.sip && l.response);
	eq(&l.branch, "b");
	eq(&l.to_user, "x");
	eq(&l.ttag, "t");
	eq(&l.agent, "s");
	assert_int_equal(l.met.l, 0);
}


/* Every cut of a message, and every byte of it changed: within bounds (under
 * the sanitizers), and parts lie in the message */
static void test_look_at_anything(void **state)
{
	char buf[sizeof(usual)];
	struct guard_look l;

	(void)state;
	guard_look(&l, NULL, 0);
	assert_false(l.sip);
	guard_look(&l, "garbage", 7);
	assert_false(l.sip);
	guard_look(&l, "INVITE sip:a HTTP/1.1\r\n", 23);
	assert_false(l.sip);

	for (size_t n = 0; n < sizeof(usual); n++) {
		char *exact = mem_alloc(n + 1, NULL);

		memcpy(exact, usual, n);
		guard_look(&l, exact, n);
		mem_deref(exact);
	}

	for (size_t i = 0; i < sizeof(usual) - 1; i++) {
		static const char bad[] = "\0\r\n\"<>:;=\xff ";

		for (size_t k = 0; k < sizeof(bad) - 1; k++) {
			memcpy(buf, usual, sizeof(usual));
			buf[i] = bad[k];
			guard_look(&l, buf, sizeof(usual) - 1);
			assert_true(!l.callid.p ||
				    (l.callid.p >= buf &&
				     l.callid.p + l.callid.l <=
					     buf + sizeof(buf)));
		}
	}
}


static void test_words(void **state)
{
	static const struct {
		const char *text, *words;
		bool want;
	} rows[] = {
		{"friendly-scanner", "sipvicious, friendly-scanner", true},
		{"Friendly-SCANNER/2", "sipvicious,friendly-scanner", true},
		{"friendly-scanne", "friendly-scanner", false},
		{"Yealink T46", "sipcli,friendly-scanner,iWar", false},
		{"", "a", false},
		{"a", "", false},
		{"a", ",,", false},
		{"a", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pl pl;

		pl_set_str(&pl, rows[i].text);
		if (guard_has_word(&pl, rows[i].words) != rows[i].want)
			fail_msg("%s in %s", rows[i].text, rows[i].words);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_oldest_goes_first),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_look_at_a_response),
		cmocka_unit_test(test_look_at_anything),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
