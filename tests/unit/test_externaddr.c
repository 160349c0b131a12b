/**
 * @file test_externaddr.c  Our address as the far end sees it
 *
 * externaddr=, externhost=, localnet= as rows of: what we are, who asks, what
 * it sees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "b2bua/server.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"
#include "sip/resolve.h"

static struct server srv;
static uint64_t now_us;
static struct {
	sx_resolve_h *h;
	void *arg;
	unsigned asked;
} dns;


struct server *server(void)
{
	return &srv;
}


int sx_resolve(struct sx_query **qp, struct sx_resolver *r, const char *host,
	       uint16_t port, enum sx_tp tp, bool srv_lookup,
	       sx_resolve_h *h, void *arg)
{
	(void)qp;
	(void)r;
	(void)port;
	(void)tp;
	(void)srv_lookup;
	assert_string_equal("pbx.example", host);
	dns.h	= h;
	dns.arg = arg;
	++dns.asked;

	return 0;
}


static void load(const char *general)
{
	const struct pl ext = PL_LIT("[default]\n");
	struct config *cfg;
	char text[512];
	struct pl sip;

	(void)re_snprintf(text, sizeof(text), "[general]\n%s\n", general);
	pl_set_str(&sip, text);
	assert_int_equal(0, config_load_text(&cfg, &sip, &ext, NULL, NULL));
	nat_config(cfg);
	mem_deref(cfg);
}


static struct sa addr(const char *text)
{
	struct sa sa;

	assert_int_equal(0, sa_decode(&sa, text, strlen(text)));
	return sa;
}


static void assert_seen(const char *ours, const char *dst, enum sx_tp tp,
			const char *want)
{
	struct sa sa = addr(ours), to = addr(dst);
	char got[64];

	nat_public(&sa, tp, &to, NULL);
	(void)re_snprintf(got, sizeof(got), "%J", &sa);
	assert_string_equal(want, got);
}


#define NET "localnet=192.168.0.0/255.255.0.0\n"
#define INSIDE "192.168.1.5:5060"
#define NEAR "192.168.7.7:5060"
#define FAR "203.0.113.9:5060"
#define EXT "externaddr=198.51.100.1"

/* clang-format off */
static const struct {
	const char *general, *ours, *dst;
	enum sx_tp tp;
	const char *seen;
} rows[] = {
	{EXT "\n" NET, INSIDE, FAR, SX_UDP, "198.51.100.1:5060"},
	{"externip=198.51.100.1\n" NET, INSIDE, FAR, SX_UDP,
	 "198.51.100.1:5060"},
	{EXT "\n" NET, INSIDE, NEAR, SX_UDP, INSIDE},
	/* without localnet it has no effect */
	{EXT "\n", INSIDE, FAR, SX_UDP, INSIDE},
	{EXT ":5070\n" NET, INSIDE, FAR, SX_UDP, "198.51.100.1:5070"},
	{EXT ":5070\nexterntcpport=5080\n" NET, INSIDE, FAR, SX_TCP,
	 "198.51.100.1:5080"},
	{EXT "\nexterntlsport=5081\n" NET, "192.168.1.5:5061", FAR, SX_TLS,
	 "198.51.100.1:5081"},
	{EXT "\nmatchexternaddrlocally=yes\n" NET, INSIDE, FAR, SX_UDP,
	 "198.51.100.1:5060"},
	{EXT "\nmatchexternaddrlocally=yes\n" NET, "10.1.1.1:5060", FAR,
	 SX_UDP, "10.1.1.1:5060"},
	{EXT "\n" NET, INSIDE, "[2001:db8::1]:5060", SX_UDP, INSIDE},
	{EXT "\n" NET, INSIDE, "127.0.0.1:5060", SX_UDP, INSIDE},
	{"externhost=198.51.100.4:5070\n" NET, INSIDE, FAR, SX_UDP,
	 "198.51.100.4:5070"},
	{"externhost=198.51.100.4:5070\n" EXT "\n" NET, INSIDE, FAR, SX_UDP,
	 "198.51.100.1:5060"},
};
/* clang-format on */


static void test_what_is_seen(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		load(rows[i].general);
		assert_seen(rows[i].ours, rows[i].dst, rows[i].tp,
			    rows[i].seen);
	}
}


static void answer(const char *text)
{
	struct sx_target t = {.tp = SX_UDP, .dst = addr(text)};

	dns.h(0, &t, 1, dns.arg);
}


static void after_s(uint32_t s)
{
	now_us += s * 1000000ULL;
	while (timers_poll())
		;
}


static void test_externhost_is_asked_again(void **state)
{
	(void)state;

	load("externhost=pbx.example\nexternrefresh=30\n" NET);
	assert_int_equal(1, dns.asked);

	/* not known yet: our own */
	assert_seen(INSIDE, FAR, SX_UDP, INSIDE);
	answer("198.51.100.2:5060");
	assert_seen(INSIDE, FAR, SX_UDP, "198.51.100.2:5060");

	after_s(29);
	assert_int_equal(1, dns.asked);
	after_s(2);
	assert_int_equal(2, dns.asked);

	/* the last good answer stays */
	dns.h(ETIMEDOUT, NULL, 0, dns.arg);
	assert_seen(INSIDE, FAR, SX_UDP, "198.51.100.2:5060");
	after_s(31);
	answer("198.51.100.3:5060");
	assert_seen(INSIDE, FAR, SX_UDP, "198.51.100.3:5060");
}


static int set_up(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	now_us = 1000000000;
	clock_fake(&now_us);

	return timers_init();
}


static int tear_down(void **state)
{
	(void)state;
	nat_close();
	timers_close();
	clock_fake(NULL);

	return 0;
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_seen),
		cmocka_unit_test(test_externhost_is_asked_again),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
