/**
 * @file tests/unit/guard_util.h  The guard with peers, packets and a clock of
 *                                the test's
 *
 * Dialogs, transactions and nonces are what the test says.  The store is a
 * list.
 */
#ifndef TANDEM_TESTS_GUARD_UTIL_H
#define TANDEM_TESTS_GUARD_UTIL_H

#include "config_util.h"
#include "b2bua/guard.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/timer.h"
#include "store/store.h"

#define GUARD_TEST(name)                                                     \
	cmocka_unit_test_setup_teardown(name, setup, teardown)

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

static inline bool is_dialog(const struct pl *callid, const struct pl *tag)
{
	return !pl_strcmp(callid, "ours") && !pl_strcmp(tag, "ourtag");
}


static inline bool is_waiting(const struct pl *branch)
{
	return !pl_strcmp(branch, "z9hG4bKours");
}


/* "nonce-ADDRESS" */
static inline bool is_nonce(const struct sa *src, const struct pl *realm,
			    const struct pl *nonce)
{
	char want[64];

	(void)re_snprintf(want, sizeof(want), "nonce-%j", src);

	return !pl_strcmp(realm, "tandem") && !pl_strcmp(nonce, want);
}


static inline bool addresses(const struct peer *peer, uint32_t i,
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


static inline int db_find(const char *family, const char *key)
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

static inline void start(void)
{
	assert_int_equal(0, guard_init(&hooks, addresses));
	assert_int_equal(0, guard_config(conf.cfg));
}


static inline int setup(void **state)
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


static inline int teardown(void **state)
{
	(void)state;
	guard_close();
	loaded_reset(&conf);
	assert_int_equal(timers_count(), 0);

	return 0;
}


static inline struct sa sa_of(const char *text)
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


static inline bool packet(const char *src, struct what w)
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
static inline unsigned passed(const char *src, unsigned n, struct what w)
{
	unsigned ok = 0;

	while (n--)
		ok += packet(src, w);

	return ok;
}


#define PASSED(src, n, ...)                                                   \
	passed((src), (n), (struct what){.zero = 0, __VA_ARGS__})


/* A request as it is told to guard_note() */
static inline struct sx_msg *request(const char *src, bool proven)
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


static inline void fails(const char *src, bool proven, enum guard_event ev,
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


static inline uint32_t banned(const char *src)
{
	struct sa sa = sa_of(src);

	return guard_ban_left_s(guard_ban_find(&sa));
}


static inline void why_has(const char *src, const char *what)
{
	struct sa sa = sa_of(src);
	char *text;

	assert_int_equal(0, re_sdprintf(&text, "%H", guard_why, &sa));
	if (!strstr(text, what))
		fail_msg("no \"%s\" in: %s", what, text);
	mem_deref(text);
}


static inline int group_setup(void **state)
{
	(void)state;
	now_us = 1000000000;
	clock_fake(&now_us);

	return libre_init() || timers_init();
}


static inline int group_teardown(void **state)
{
	(void)state;
	timers_close();
	libre_close();
	clock_fake(NULL);

	return 0;
}

#endif
