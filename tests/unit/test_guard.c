/**
 * @file tests/unit/test_guard.c  Who passes, who is limited, who is banned
 *
 * The clock is the test's; dialogs, transactions and nonces are what the test
 * says.  The store is a list.
 */
#include "config_util.h"
#include "b2bua/guard.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/timer.h"
#include "store/store.h"

static uint64_t now_us;
static struct loaded conf;

static const char sip[] =
	"[general]\nallowguest=no\nlocalnet=203.0.113.0/24\n"
	"[trunk]\ntype=peer\nhost=198.51.100.1\n"
	"[1001]\ntype=friend\nhost=dynamic\nsecret=linde-Besen-1001\n"
	"[1002]\ntype=friend\nhost=dynamic\nsecret=linde-Besen-1002\n";

static const char tandem[] =
	"[guard]\nallow=192.0.2.128/25\nbantime=600,3600,86400\n";

/* where 1001 is registered; NULL: nowhere */
static const char *phone_at;


/* ---- doubles ------------------------------------------------------------ */

static bool is_dialog(const struct pl *callid, const struct pl *tag)
{
	return !pl_strcmp(callid, "ours") && !pl_strcmp(tag, "ourtag");
}


static bool is_waiting(const struct pl *branch)
{
	return !pl_strcmp(branch, "z9hG4bKours");
}


/* "nonce-ADDRESS" */
static bool is_nonce(const struct sa *src, const struct pl *realm,
		     const struct pl *nonce)
{
	char want[64];

	(void)re_snprintf(want, sizeof(want), "nonce-%j", src);

	return !pl_strcmp(realm, "tandem") && !pl_strcmp(nonce, want);
}


static bool addresses(const struct peer *peer, uint32_t i,
		      struct ident_addr *addr, void *arg)
{
	(void)arg;
	if (i || !phone_at || strcmp(peer->name, "1001"))
		return false;

	assert_int_equal(0, sa_set_str(&addr->sa, phone_at, 5062));
	addr->transp = -1;

	return true;
}


static const struct guard_hooks hooks = {is_dialog, is_waiting, is_nonce};


/* ---- the store ---------------------------------------------------------- */

static struct {
	char family[64], key[128], value[4096];
	bool used;
} db[GUARD_BANS + 1000];


static int db_find(const char *family, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(db); i++) {
		if (db[i].used && !strcmp(db[i].family, family) &&
		    !strcmp(db[i].key, key))
			return (int)i;
	}

	return -1;
}


int store_db_put(const char *family, const char *key, const char *value)
{
	static size_t next;
	int i = db_find(family, key);

	while (i < 0) {
		next = (next + 1) % ARRAY_SIZE(db);
		if (!db[next].used)
			i = (int)next;
	}

	db[i].used = true;
	str_ncpy(db[i].family, family, sizeof(db[i].family));
	str_ncpy(db[i].key, key, sizeof(db[i].key));
	str_ncpy(db[i].value, value, sizeof(db[i].value));

	return 0;
}


int store_db_del(const char *family, const char *key)
{
	int i = db_find(family, key);

	if (i < 0)
		return ENOENT;

	db[i].used = false;

	return 0;
}


size_t store_db_scan(const char *family, const char *key, store_db_h *h,
		     void *arg)
{
	size_t n = 0;

	(void)key;
	for (size_t i = 0; i < ARRAY_SIZE(db); i++) {
		if (!db[i].used || strcmp(db[i].family, family))
			continue;
		h(db[i].family, db[i].key, db[i].value, arg);
		++n;
	}

	return n;
}


/* ---- fixture ------------------------------------------------------------ */

static void start(void)
{
	assert_int_equal(0, guard_init(&hooks, addresses));
	assert_int_equal(0, guard_config(conf.cfg));
}


static int setup(void **state)
{
	(void)state;
	now_us += 1000000000000ull; /* a time that no test has seen */
	phone_at = NULL;
	memset(db, 0, sizeof(db));
	load_texts(&conf, (struct texts){.sip = sip, .tandem = tandem,
		.ext = "[default]\nexten => s,1,Hangup\n"});
	assert_int_equal(conf.err, 0);
	start();

	return 0;
}


static int teardown(void **state)
{
	(void)state;
	guard_close();
	loaded_reset(&conf);
	assert_int_equal(timers_count(), 0);

	return 0;
}


static struct sa sa_of(const char *text)
{
	struct sa sa;

	assert_int_equal(0, sa_set_str(&sa, text, 5060));

	return sa;
}


struct what {
	const char *met, *to, *agent, *nonce, *user, *callid, *ttag;
	enum sx_tp tp; /* UDP if not said */
	int zero;
};


static bool packet(const char *src, struct what w)
{
	struct sa sa = sa_of(src);
	char buf[2048];
	int n;

	n = re_snprintf(buf, sizeof(buf),
			"%s sip:pbx.example SIP/2.0\r\n"
			"Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKx\r\n"
			"From: <sip:a@pbx.example>;tag=f\r\n"
			"To: <sip:%s@pbx.example>%s%s\r\n"
			"Call-ID: %s\r\n"
			"User-Agent: %s\r\n"
			"%s%s%s%s%s"
			"\r\n",
			w.met ? w.met : "REGISTER", w.to ? w.to : "1001",
			w.ttag ? ";tag=" : "", w.ttag ? w.ttag : "",
			w.callid ? w.callid : "c", w.agent ? w.agent : "Phone",
			w.nonce ? "Authorization: Digest username=\"" : "",
			w.nonce ? (w.user ? w.user : "1001") : "",
			w.nonce ? "\", realm=\"tandem\", nonce=\"nonce-" : "",
			w.nonce ? w.nonce : "", w.nonce ? "\"\r\n" : "");
	assert_true(n > 0);

	return guard_packet(w.tp, &sa, (uint8_t *)buf, (size_t)n, NULL);
}


#define PACKET(src, ...) packet((src), (struct what){.zero = 0, __VA_ARGS__})


/* How many of n pass */
static unsigned passed(const char *src, unsigned n, struct what w)
{
	unsigned ok = 0;

	while (n--)
		ok += packet(src, w);

	return ok;
}


#define PASSED(src, n, ...)                                                   \
	passed((src), (n), (struct what){.zero = 0, __VA_ARGS__})


/* A request as it is told to guard_note() */
static struct sx_msg *request(const char *src, bool proven)
{
	char buf[1024];
	struct sx_msg *msg = NULL;
	struct mbuf *mb = mbuf_alloc(1024);
	int n;

	n = re_snprintf(buf, sizeof(buf),
			"REGISTER sip:pbx.example SIP/2.0\r\n"
			"Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKx\r\n"
			"From: <sip:a@pbx.example>;tag=f\r\n"
			"To: <sip:1001@pbx.example>\r\n"
			"Call-ID: c\r\nCSeq: 1 REGISTER\r\n"
			"%s%s%s\r\n",
			proven ? "Authorization: Digest username=\"1001\", "
				 "uri=\"sip:a\", response=\"0\", "
				 "realm=\"tandem\", nonce=\"nonce-" : "",
			proven ? src : "", proven ? "\"\r\n" : "");
	assert_true(n > 0 && mb);
	assert_int_equal(0, mbuf_write_mem(mb, (uint8_t *)buf, (size_t)n));
	mb->pos = 0;
	assert_int_equal(0, sx_msg_parse(&msg, mb, false));
	mem_deref(mb);
	msg->src = sa_of(src);
	msg->tp	 = SX_UDP;

	return msg;
}


static void fails(const char *src, bool proven, enum guard_event ev,
		  unsigned times, unsigned step_ms)
{
	static const struct pl user = PL_LIT("1001");
	struct sx_msg *msg = request(src, proven);

	assert_int_equal(guard_is_proven(msg), proven);
	while (times--) {
		guard_note(msg, ev, &user, "test");
		now_us += step_ms * 1000ull;
	}
	mem_deref(msg);
}


static uint32_t banned(const char *src)
{
	struct sa sa = sa_of(src);

	return guard_ban_left_s(guard_ban_find(&sa));
}


static void why_has(const char *src, const char *what)
{
	struct sa sa = sa_of(src);
	char *text;

	assert_int_equal(0, re_sdprintf(&text, "%H", guard_why, &sa));
	if (!strstr(text, what))
		fail_msg("no \"%s\" in: %s", what, text);
	mem_deref(text);
}


/* ---- classes ------------------------------------------------------------ */

static void test_classes(void **state)
{
	static const struct {
		const char *addr;
		enum guard_class c;
	} rows[] = {
		{"127.0.0.1", GUARD_ALLOWED},
		{"::1", GUARD_ALLOWED},
		{"::ffff:127.0.0.1", GUARD_ALLOWED},
		{"127.0.0.2", GUARD_STRANGER},
		{"192.0.2.129", GUARD_ALLOWED},
		{"::ffff:192.0.2.129", GUARD_ALLOWED},
		{"192.0.2.1", GUARD_STRANGER},
		{"198.51.100.1", GUARD_TRUNK},
		{"198.51.100.2", GUARD_STRANGER},
		{"203.0.113.9", GUARD_LOCAL},
		{"10.1.2.3", GUARD_LOCAL},
		{"192.168.1.1", GUARD_LOCAL},
		{"fd00::1", GUARD_LOCAL},
		{"2001:db8::1", GUARD_STRANGER},
		{"198.18.0.1", GUARD_STRANGER},
	};
	const struct peer *peer = config_peer(conf.cfg, "1001");
	struct sa sa;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		sa = sa_of(rows[i].addr);
		if (guard_class_of(&sa) != rows[i].c)
			fail_msg("%s is a %s", rows[i].addr,
				 guard_class_text(guard_class_of(&sa)));
	}

	/* a phone comes and goes */
	sa	 = sa_of("198.18.0.1");
	phone_at = "198.18.0.1";
	guard_peer(peer);
	assert_int_equal(guard_class_of(&sa), GUARD_PHONE);
	phone_at = "198.18.0.2";
	guard_peer(peer);
	assert_int_equal(guard_class_of(&sa), GUARD_STRANGER);
	phone_at = NULL;
	guard_peer(peer);
	sa = sa_of("198.18.0.2");
	assert_int_equal(guard_class_of(&sa), GUARD_STRANGER);
}


/* ---- rates -------------------------------------------------------------- */

static void test_strangers_are_limited(void **state)
{
	unsigned n = 0;

	(void)state;
	assert_int_equal(PASSED("198.18.0.1", 1000), 40);
	now_us += 1000000;
	assert_int_equal(PASSED("198.18.0.1", 1000), 20);

	/* another one is not the first one's victim */
	assert_int_equal(PASSED("198.18.1.1", 10), 10);

	/* a network has 100 a second and as much again at once */
	for (unsigned i = 1; i < 255; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "198.18.7.%u", i);
		n += PASSED(addr, 3);
	}
	assert_int_equal(n, 200);

	/* all of them together 2000 */
	n = 0;
	now_us += 10000000;
	for (unsigned i = 0; i < 10000; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "100.%u.%u.1",
				  1 + i / 250, i % 250);
		n += PASSED(addr, 1);
	}
	assert_int_equal(n, 2000);
}


static void test_trunks_and_allowed_are_not(void **state)
{
	(void)state;
	assert_int_equal(PASSED("198.51.100.1", 10000), 10000);
	assert_int_equal(PASSED("192.0.2.200", 10000), 10000);
	assert_int_equal(PASSED("127.0.0.1", 10000), 10000);
	assert_int_equal(PASSED("198.51.100.1", 10, .agent = "sipcli"), 10);
}


/* A flood of strangers takes nothing from a phone, and a phone that has gone
 * wild is limited as well */
static void test_phones(void **state)
{
	const struct peer *peer = config_peer(conf.cfg, "1001");

	(void)state;
	phone_at = "198.18.0.9";
	guard_peer(peer);

	for (unsigned i = 0; i < 20000; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "100.%u.%u.%u",
				  64 + i / 62500, i / 250 % 250, i % 250);
		(void)PASSED(addr, 1);
	}
	assert_int_equal(PASSED("198.18.0.9", 1500), 1500);
	assert_int_equal(PASSED("198.18.0.9", 10000), 500);
	now_us += 1000000;
	assert_int_equal(PASSED("198.18.0.9", 10000), 1000);

	/* a name is no reason against a phone or the house */
	now_us += 10000000;
	assert_true(PACKET("198.18.0.9", .agent = "sipcli/1"));
	assert_true(PACKET("10.0.0.5", .agent = "sipcli/1"));
}


static void test_ours_pass(void **state)
{
	static const char resp[] =
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKours\r\n"
		"From: <sip:a@b>;tag=x\r\n\r\n";
	static const char late[] =
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKold\r\n"
		"From: <sip:a@b>;tag=ourtag\r\nCall-ID: ours\r\n\r\n";
	struct sa sa = sa_of("198.18.0.1");

	(void)state;
	assert_int_equal(PASSED("198.18.0.1", 1000), 40);
	assert_true(PACKET("198.18.0.1", .met = "BYE", .callid = "ours",
			   .ttag = "ourtag"));
	assert_false(PACKET("198.18.0.1", .met = "BYE", .callid = "ours",
			    .ttag = "other"));
	assert_true(guard_packet(SX_UDP, &sa, (const uint8_t *)resp,
				 sizeof(resp) - 1, NULL));
	assert_true(guard_packet(SX_UDP, &sa, (const uint8_t *)late,
				 sizeof(late) - 1, NULL));
	assert_int_equal(PASSED("198.18.0.1", 1000, .nonce = "198.18.0.1"),
			 80);

	/* a nonce that was given to another address proves nothing */
	assert_int_equal(PASSED("198.18.0.3", 1000, .nonce = "198.18.0.1"),
			 40);

	/* even from an address that is banned */
	assert_int_equal(0, guard_ban(&sa, 0, "x"));
	assert_true(guard_packet(SX_UDP, &sa, (const uint8_t *)resp,
				 sizeof(resp) - 1, NULL));
	assert_false(PACKET("198.18.0.1", .nonce = "198.18.0.1"));
}


static void test_off(void **state)
{
	(void)state;
	guard_close();
	loaded_reset(&conf);
	load_texts(&conf, (struct texts){.sip = sip,
		.tandem = "[guard]\nenable=no\n",
		.ext = "[default]\nexten => s,1,Hangup\n"});
	start();
	assert_int_equal(PASSED("198.18.0.1", 1000, .agent = "sipcli"), 1000);
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 100, 10);
	assert_int_equal(banned("198.18.0.1"), 0);
}


/* ---- bans --------------------------------------------------------------- */

static void test_failures_that_are_proven_ban(void **state)
{
	(void)state;
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 9, 10);
	assert_int_equal(banned("198.18.0.1"), 0);
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 1, 0);
	assert_int_equal(banned("198.18.0.1"), 600);
	assert_false(PACKET("198.18.0.1"));
	assert_false(PACKET("198.18.0.1", .nonce = "198.18.0.1"));
	assert_true(PACKET("198.18.0.2"));
	why_has("198.18.0.1", "Banned for 600 more seconds (ban number 1)");
	why_has("198.18.0.1", "wrong password: test");
	why_has("198.18.0.1", "2 messages dropped since");

	/* over, and again: longer each time */
	now_us += 601000000ull;
	assert_int_equal(banned("198.18.0.1"), 0);
	assert_true(PACKET("198.18.0.1"));
	fails("198.18.0.1", true, GUARD_EV_REFUSED, 10, 10);
	assert_int_equal(banned("198.18.0.1"), 3600);
	now_us += 3601000000ull;
	fails("198.18.0.1", true, GUARD_EV_MALFORMED, 10, 10);
	assert_int_equal(banned("198.18.0.1"), 86400);
	now_us += 86401000000ull;
	fails("198.18.0.1", true, GUARD_EV_EXTENSION, 10, 10);
	assert_int_equal(banned("198.18.0.1"), 86400);
}


/* Nine failures a minute are no attack */
static void test_slow_failures_are_forgotten(void **state)
{
	(void)state;
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 100, 7000);
	assert_int_equal(banned("198.18.0.1"), 0);
}


/* What anybody may have sent bans nobody at once, whatever it is */
static void test_no_ban_on_one_burst_of_datagrams(void **state)
{
	struct sa sa = sa_of("198.18.0.1");

	(void)state;
	fails("198.18.0.1", false, GUARD_EV_PASSWORD, 1000, 1);
	for (unsigned i = 0; i < 1000; i++) {
		(void)PACKET("198.18.0.1", .agent = "friendly-scanner");
		guard_bad(SX_UDP, &sa, "not SIP", NULL);
	}
	assert_int_equal(banned("198.18.0.1"), 0);

	/* but if it goes on */
	fails("198.18.0.1", false, GUARD_EV_PASSWORD, 6, 1000);
	assert_in_range(banned("198.18.0.1"), 590, 600);
	why_has("198.18.0.1", "the address may be forged");
}


/* Who was framed gets a challenge now and then, and in with the password */
static void test_framed_gets_in(void **state)
{
	static const struct pl user = PL_LIT("1001");
	struct sx_msg *msg;

	(void)state;
	fails("198.18.0.1", false, GUARD_EV_MALFORMED, 20, 500);
	assert_true(banned("198.18.0.1"));

	assert_true(PACKET("198.18.0.1"));
	assert_int_equal(PASSED("198.18.0.1", 100), 0);
	assert_int_equal(PASSED("198.18.0.1", 100, .met = "INVITE"), 0);
	now_us += 5000000;
	assert_true(PACKET("198.18.0.1"));
	assert_false(PACKET("198.18.0.1"));

	assert_true(PACKET("198.18.0.1", .nonce = "198.18.0.1"));
	msg = request("198.18.0.1", true);
	guard_success(msg, &user);
	mem_deref(msg);
	assert_int_equal(banned("198.18.0.1"), 0);
	assert_true(PACKET("198.18.0.1"));
}


static void test_a_proven_ban_has_no_door(void **state)
{
	static const struct pl user = PL_LIT("1001");
	struct sx_msg *msg;

	(void)state;
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 10, 10);
	now_us += 10000000;
	assert_false(PACKET("198.18.0.1"));
	msg = request("198.18.0.1", true);
	guard_success(msg, &user);
	mem_deref(msg);
	assert_true(banned("198.18.0.1"));
}


static void test_never_banned(void **state)
{
	static const char *const v[] = {
		"127.0.0.1", "192.0.2.129", "198.51.100.1", "203.0.113.9",
		"10.1.2.3", "198.18.0.1",
	};

	(void)state;
	phone_at = "198.18.0.1";
	guard_peer(config_peer(conf.cfg, "1001"));

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct sa sa = sa_of(v[i]);

		fails(v[i], true, GUARD_EV_PASSWORD, 100, 100);
		fails(v[i], false, GUARD_EV_FLOOD, 100, 100);
		if (banned(v[i]))
			fail_msg("%s is banned", v[i]);
		assert_int_equal(EPERM, guard_ban(&sa, 60, "x"));
	}

	/* a phone that registers is free of an earlier ban */
	fails("198.18.0.7", true, GUARD_EV_PASSWORD, 10, 10);
	assert_false(PACKET("198.18.0.7"));
	phone_at = "198.18.0.7";
	guard_peer(config_peer(conf.cfg, "1001"));
	assert_true(PACKET("198.18.0.7"));
}


static void test_ipv6_by_network(void **state)
{
	(void)state;
	fails("2001:db8::1", true, GUARD_EV_PASSWORD, 5, 10);
	fails("2001:db8::2", true, GUARD_EV_PASSWORD, 5, 10);
	assert_true(banned("2001:db8::3"));
	assert_false(PACKET("2001:db8::ffff:1"));
	assert_true(PACKET("2001:db8:0:1::1"));
}


static void test_bans_are_bounded(void **state)
{
	char addr[32];

	(void)state;
	for (unsigned i = 0; i < GUARD_BANS + 500; i++) {
		struct sa sa;

		(void)re_snprintf(addr, sizeof(addr), "100.%u.%u.1",
				  1 + i / 250, i % 250);
		sa = sa_of(addr);
		assert_int_equal(0, guard_ban(&sa, 1000 + i, "x"));
	}
	assert_int_equal(list_count(guard_bans()), GUARD_BANS);
	assert_int_equal(banned("100.1.0.1"), 0);
	assert_true(banned(addr));
}


static void test_bans_outlive_a_restart(void **state)
{
	struct pl net = PL_LIT("198.18.5.0/24"), bad = PL_LIT("nonsense");
	struct sa sa = sa_of("2001:db8::1"), five = sa_of("198.18.5.5");

	(void)state;
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 10, 10);
	fails("198.18.0.2", false, GUARD_EV_MALFORMED, 20, 500);
	assert_int_equal(0, guard_ban(&sa, 5000, "it|has|bars\r\n"));
	assert_int_equal(0, guard_allow(&net));
	assert_int_equal(0, guard_allow(&net));
	assert_int_equal(EINVAL, guard_allow(&bad));
	assert_int_equal(list_count(guard_allowed()), 1);

	guard_close();
	start();

	assert_in_range(banned("198.18.0.1"), 580, 600);
	assert_in_range(banned("2001:db8::9"), 4980, 5000);
	why_has("198.18.0.1", "wrong password: test");
	why_has("198.18.0.2", "the address may be forged");
	why_has("2001:db8::1", "it?has?bars??");
	assert_int_equal(guard_class_of(&five), GUARD_ALLOWED);

	assert_int_equal(0, guard_disallow(&net));
	assert_int_equal(ENOENT, guard_disallow(&net));
	assert_int_equal(guard_class_of(&five), GUARD_STRANGER);
	assert_int_equal(0, guard_unban(&sa));
	assert_int_equal(ENOENT, guard_unban(&sa));

	guard_close();
	start();
	assert_int_equal(banned("2001:db8::9"), 0);
	assert_int_equal(guard_class_of(&five), GUARD_STRANGER);

	/* the level is remembered as well */
	now_us += 700000000ull;
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 10, 10);
	assert_int_equal(banned("198.18.0.1"), 3600);
}


/* What is in the store may be anything */
static void test_store_is_not_believed(void **state)
{
	static const char *const v[] = {
		"", "|||||||", "1|2|3|4", "x|y|z|p|w|1|2|3",
		"1|99999999999999999999|0|p|w|1|2|3",
		"1|1|1|p|w|1|2|3|4|5|6|7", "-1|0|0||||||",
	};

	(void)state;
	guard_close();
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		char key[32];

		(void)re_snprintf(key, sizeof(key), "198.18.9.%u",
				  (unsigned)i + 1);
		(void)store_db_put("guard/ban", key, v[i]);
	}
	(void)store_db_put("guard/ban", "nonsense", "1|1|1|p|w|1|2|3");
	(void)store_db_put("guard/allow", "nonsense", "1");
	start();
	assert_int_equal(list_count(guard_bans()), 0);
	assert_int_equal(list_count(guard_allowed()), 0);
}


/* ---- scanners ----------------------------------------------------------- */

static void test_scanner_by_name(void **state)
{
	static const char *const v[] = {
		"friendly-scanner", "sipvicious", "sipcli/v1.8",
		"VaxSIPUserAgent/3.1", "pplsip", "iWar",
	};
	uint64_t before = count_get(COUNT_GUARD_SCANNER);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		assert_int_equal(PASSED("198.18.0.1", 3, .agent = v[i]), 0);
	assert_int_equal(count_get(COUNT_GUARD_SCANNER) - before,
			 3 * ARRAY_SIZE(v));
	assert_true(PACKET("198.18.0.1", .agent = "Yealink SIP-T46"));
	why_has("198.18.0.1", "scanner by its name: iWar");

	/* over a stream the address is sure */
	assert_int_equal(PASSED("198.18.0.2", 9, .agent = "sipcli",
				.tp = SX_TCP), 0);
	assert_int_equal(banned("198.18.0.2"), 0);
	assert_false(PACKET("198.18.0.2", .agent = "sipcli", .tp = SX_TCP));
	assert_int_equal(banned("198.18.0.2"), 600);
}


/* One account after the other, without any password */
static void test_scanner_by_what_it_does(void **state)
{
	char to[16];
	unsigned i;

	(void)state;
	for (i = 0; i < 15 && !banned("198.18.0.1"); i++) {
		(void)re_snprintf(to, sizeof(to), "%u", 100 + i);
		(void)PACKET("198.18.0.1", .to = to, .met = "OPTIONS",
			     .tp = SX_TCP);
	}
	assert_int_equal(i, 15);
	assert_true(banned("198.18.0.1"));
	why_has("198.18.0.1", "many users: 114 after 14 others");

	/* datagrams: slower, for somebody may be framed */
	for (i = 0; i < 60 && !banned("198.18.0.2"); i++) {
		(void)re_snprintf(to, sizeof(to), "%u", 100 + i);
		(void)PACKET("198.18.0.2", .to = to);
		now_us += 250000;
	}
	assert_in_range(i, 15, 25);

	/* few accounts, many times: a phone with several lines */
	for (i = 0; i < 600; i++) {
		(void)re_snprintf(to, sizeof(to), "%u", 100 + i % 5);
		assert_true(PACKET("198.18.0.3", .to = to));
		now_us += 250000;
	}
	assert_int_equal(banned("198.18.0.3"), 0);
}


static void test_flood_ends_in_a_ban(void **state)
{
	unsigned s;

	(void)state;
	for (s = 0; s < 30 && !banned("198.18.0.1"); s++) {
		(void)PASSED("198.18.0.1", 1000);
		now_us += 1000000;
	}
	assert_in_range(s, 5, 7);
	assert_true(banned("198.18.0.1"));
}


/* ---- guessing ----------------------------------------------------------- */

static void test_ladder(void **state)
{
	static const struct {
		unsigned failures, wait_ms;
	} rows[] = {{1, 0}, {2, 0}, {3, 500}, {4, 500}, {5, 2000}, {7, 2000},
		    {8, 8000}, {20, 8000}};
	static const struct pl user = PL_LIT("1001"), other = PL_LIT("1002");
	const char *src = "10.0.0.7";
	struct sa sa = sa_of(src), sb = sa_of("10.0.0.8");
	struct sx_msg *msg = request(src, true);
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (; n < rows[i].failures; n++)
			guard_note(msg, GUARD_EV_PASSWORD, &user, "x");
		if (guard_wait_ms(&sa, &user) != rows[i].wait_ms)
			fail_msg("%u failures: %u ms", n,
				 guard_wait_ms(&sa, &user));
	}

	/* the account is open to others, and others are to this address */
	assert_int_equal(0, guard_wait_ms(&sb, &user));
	assert_int_equal(0, guard_wait_ms(&sa, &other));
	assert_int_equal(0, guard_wait_ms(&sa, NULL));
	assert_false(PACKET(src, .nonce = src));
	assert_true(PACKET(src, .nonce = src, .user = "1002"));
	assert_true(PACKET(src));

	now_us += 7999000;
	assert_int_equal(1, guard_wait_ms(&sa, &user));
	now_us += 1000;
	assert_int_equal(0, guard_wait_ms(&sa, &user));
	assert_true(PACKET(src, .nonce = src));

	guard_note(msg, GUARD_EV_PASSWORD, &user, "x");
	assert_int_equal(8000, guard_wait_ms(&sa, &user));
	guard_success(msg, &user);
	assert_int_equal(0, guard_wait_ms(&sa, &user));
	mem_deref(msg);
}


/* ---- log ---------------------------------------------------------------- */

static void test_log_is_limited(void **state)
{
	struct sa sa = sa_of("198.18.0.1");
	uint64_t before = count_get(COUNT_LOG_SUPPRESSED);
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		n += guard_log(&sa);
	assert_int_equal(n, 10);
	assert_int_equal(count_get(COUNT_LOG_SUPPRESSED) - before, 990);

	now_us += 1000000;
	(void)timers_poll();
	n = 0;
	for (unsigned i = 0; i < 1000; i++)
		n += guard_log(&sa);
	assert_int_equal(n, 10);

	/* many sources: 100 lines a second */
	n = 0;
	for (unsigned i = 0; i < 1000; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "100.64.%u.%u", i / 250,
				  i % 250);
		sa = sa_of(addr);
		n += guard_log(&sa);
	}
	assert_int_equal(n, 90);
}


static int group_setup(void **state)
{
	(void)state;
	now_us = 1000000000;
	clock_fake(&now_us);

	return libre_init() || timers_init();
}


static int group_teardown(void **state)
{
	(void)state;
	timers_close();
	libre_close();
	clock_fake(NULL);

	return 0;
}


int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_classes),
		T(test_strangers_are_limited),
		T(test_trunks_and_allowed_are_not),
		T(test_phones),
		T(test_ours_pass),
		T(test_off),
		T(test_failures_that_are_proven_ban),
		T(test_slow_failures_are_forgotten),
		T(test_no_ban_on_one_burst_of_datagrams),
		T(test_framed_gets_in),
		T(test_a_proven_ban_has_no_door),
		T(test_never_banned),
		T(test_ipv6_by_network),
		T(test_bans_are_bounded),
		T(test_bans_outlive_a_restart),
		T(test_store_is_not_believed),
		T(test_scanner_by_name),
		T(test_scanner_by_what_it_does),
		T(test_flood_ends_in_a_ban),
		T(test_ladder),
		T(test_log_is_limited),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
