/**
 * @file tests/unit/call_util.h  A call without SIP, media and disk
 *
 * The legs, the media streams and the store are doubles (fake_*.h) that note
 * what they are asked; the test plays the far ends.  Here is the server that
 * such a call needs: its files, its plan, its clock.  Include it once, it is
 * the program's own.
 */
#ifndef TANDEM_TESTS_CALL_UTIL_H
#define TANDEM_TESTS_CALL_UTIL_H

#include "b2bua/app.h"
#include "b2bua/fraud.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "fake_location.h"
#include "fake_media.h"
#include "fake_notes.h"
#include "fake_store.h"
#include "far_end.h"
#include "tmp_dir.h"

enum {
	START_US = 1000000000, /* when a test begins */
	MAXFWD	 = 70,	       /* of the INVITE */
};

static const char sip_conf[] =
	"[general]\n"
	"context=default\n"
	"international=yes\nmaxcallsperminute=0\n"
	"[1001]\ntype=friend\nhost=dynamic\nsecret=s3cr3t-1001\n"
	"context=office\n"
	"[1002]\ntype=friend\nhost=dynamic\nsecret=s3cr3t-1002\n"
	"context=office\n"
	"[1003]\ntype=friend\nhost=dynamic\nsecret=s3cr3t-1003\n"
	"context=office\ncall-limit=1\n"
	"[trunk]\ntype=peer\nhost=192.0.2.7\ncontext=in\n"
	"[caller]\ntype=user\nsecret=s3cr3t-call\ncontext=office\n";

static struct server srv;


struct server *server(void)
{
	return &srv;
}


/** Load the files as they are now */
static inline void reload(void)
{
	struct le *le;

	srv.plan = mem_deref(srv.plan);
	srv.cfg = mem_deref(srv.cfg);
	assert_int_equal(config_load(&srv.cfg, tmp_dir, NULL, NULL), 0);
	assert_int_equal(dialplan_index_alloc(&srv.plan, srv.cfg->dialplan,
					      NULL, NULL),
			 0);

	LIST_FOREACH(&srv.cfg->dialplan->globals, le)
	{
		const struct var_def *def = le->data;

		assert_int_equal(vars_set_str(srv.globals, def->name,
					      def->value),
				 0);
	}
}


/** Load a plan */
static inline void plan(const char *extensions)
{
	put_file("sip.conf", sip_conf);
	put_file("tandem.conf", "[directories]\nmoh=moh\nlog=.\n");
	put_file("extensions.conf", extensions);
	reload();
}


/** The same, with values in it */
static inline void planf(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = re_vsdprintf(&text, fmt, ap);
	va_end(ap);
	assert_int_equal(err, 0);
	plan(text);
	mem_deref(text);
}


/** A call of the phone 1001 to a number of the context */
static inline struct call *dial_in(const char *context, const char *exten)
{
	struct call *call;
	struct leg *leg;

	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	str_ncpy(call->cid_num, "1001", sizeof(call->cid_num));
	str_ncpy(call->cid_name, "Ann", sizeof(call->cid_name));
	call->cid_wire = true;
	call->trusted = true;
	leg = leg_new(call, "1001", config_peer(srv.cfg, "1001"), false);
	call_run(call, leg, context, exten);

	return call;
}


static int set_up(void **state)
{
	if (tmp_setup(state))
		return -1;

	now_us = START_US;
	clock_fake(&now_us);
	assert_int_equal(mkdir(tmp_path("moh"), 0700), 0);
	put_file("moh/b.wav", "x");
	put_file("moh/a.gsm", "x");
	put_file("moh/a.wav", "x");
	put_file("moh/readme.txt", "x");
	assert_int_equal(vars_alloc(&srv.globals), 0);
	assert_int_equal(calls_init(&srv), 0);
	assert_int_equal(fraud_init(), 0);
	fake_invite.maxfwd = MAXFWD;
	notes[0]  = '\0';
	legc	  = 0;
	reach_err = 0;
	slow_phones = false;
	fake_room_reset();
	fake_store_reset();

	return 0;
}


static int tear_down(void **state)
{
	calls_close();
	fraud_close();
	forget_legs();
	fake_store_reset();
	srv.plan    = mem_deref(srv.plan);
	srv.cfg	    = mem_deref(srv.cfg);
	srv.globals = mem_deref(srv.globals);
	clock_fake(NULL);
	assert_int_equal(timers_count(), 0);

	return tmp_teardown(state);
}

#endif
