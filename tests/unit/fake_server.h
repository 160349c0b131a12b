/**
 * @file tests/unit/fake_server.h  A server that is a configuration and a clock
 */
#ifndef TANDEM_TESTS_FAKE_SERVER_H
#define TANDEM_TESTS_FAKE_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "b2bua/server.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"

enum {
	START_US = 1000000000, /* when a test begins */
};

static uint64_t now_us;
static struct server srv;


struct server *server(void)
{
	return &srv;
}


/** Begin with the texts of sip.conf and extensions.conf */
static inline void server_up(const struct pl *sip_conf,
			     const struct pl *ext_conf)
{
	now_us = START_US;
	clock_fake(&now_us);
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(config_load_text(&srv.cfg, sip_conf, ext_conf, NULL,
					  NULL), 0);
}


static inline void server_down(void)
{
	srv.cfg = mem_deref(srv.cfg);
	assert_int_equal(timers_count(), 0);
	clock_fake(NULL);
}

#endif
