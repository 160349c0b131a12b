/**
 * @file test_config_oom.c  Loading while memory runs out
 *
 * The n-th allocation of a load fails, n = 1, 2, 3 ...: each run has to end
 * with ENOMEM and without a result, and leave no block behind.  A load may
 * succeed only if it needed the memory for nothing that is told or kept (the
 * C library's own, the order of the findings).  Not under a sanitizer, which
 * has its own malloc.
 */
#include "config_util.h"
#include "oom_util.h"

#ifdef OOM_WORKS

static const char sip[] =
	"[general]\nregister => a:b@h/1\nlocalnet=10.0.0.0/8\n"
	"externip=203.0.113.1\ndomain=x,y\nmwi=a@h/b\n"
	"[authentication]\nauth=a:b@c\n"
	"[t](!)\ntype=friend\nhost=dynamic\npermit=10.0.0.0/8\n"
	"[p](t)\nsecret=s\nsetvar=A=1\nheader=X: y\nauth=a:b@c\n"
	"callerid=\"A\" <1>\ncontext=c\n[p](+)\nlanguage=ru\n"
	"[q]\ntype=peer\nhost=10.0.0.2\ncallbackextension=1\n"
	"defaultuser=u\noutboundproxy=tcp://10.0.0.3\n";

static const char ext[] =
	"[globals]\nA=${B}\n[c]\nexten => ${A}1,1(l),Dial(SIP/p|20)\n"
	"same => n,Set(x=${exten})\nexten => 2/3,hint,SIP/p\n"
	"include => d|9:00-17:00\nignorepat => 9\nswitch => a\n"
	"[d]\nexten => 1,1,Goto(c,1,m)\n";


static uint32_t findings_of_all;


/* Load with the n-th allocation failing.  False if there is none. */
static bool load_failing(const char *dir, uint64_t n)
{
	struct config *cfg = NULL;
	struct findings *f = NULL;

	assert_int_equal(findings_alloc(&f), 0);
	oom_begin(n);

	const int err	  = config_load(&cfg, dir, f, &test_names);
	const bool failed = calls >= fail_at;
	const bool whole  = cfg && list_count(&cfg->peers) == 2 &&
		list_count(&cfg->regs) == 2 &&
		list_count(&cfg->dialplan->contexts) == 3 &&
		list_count(&f->list) >= findings_of_all;

	if (!n)
		findings_of_all = list_count(&f->list);

	mem_deref(cfg);
	list_flush(&f->list);
	oom_end();

	if (blocks)
		fail_msg("allocation %llu: %lld blocks left",
			 (unsigned long long)n, (long long)blocks);
	if (err != ENOMEM && (err || !whole))
		fail_msg("allocation %llu: error %d, %s",
			 (unsigned long long)n, err,
			 whole ? "whole" : "something is missing");

	mem_deref(f);
	return failed;
}


static void test_each_allocation_fails(void **state)
{
	char dir[] = "/tmp/tandem-config-XXXXXX";
	const struct texts t = {
		.sip = sip, .ext = ext, .rtp = "[general]\nrtpstart=12000\n",
		.moh = "[classes]\na => files:/x\n[b]\nentry=1\n",
		.tandem = "[directories]\nrun=run\nsounds=a:b\n",
	};
	uint64_t n = 1;

	(void)state;
	assert_non_null(mkdtemp(dir));
	put_files(dir, &t, false);

	(void)load_failing(dir, 0);
	while (load_failing(dir, n))
		++n;

	put_files(dir, &t, true);
	assert_int_equal(rmdir(dir), 0);
	assert_in_range(n, 300, 100000);
}

#else

static void test_each_allocation_fails(void **state)
{
	(void)state;
	skip();
}

#endif


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
