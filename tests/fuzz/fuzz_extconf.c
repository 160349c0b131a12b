/**
 * @file fuzz_extconf.c  extensions.conf beside two peers
 */
#include "fuzz_conf.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pl sip = PL_LIT(
		"[general]\ncontext=default\n"
		"[1001]\ntype=friend\nhost=dynamic\nsecret=Amber-Lantern-17\n"
		"context=office\n"
		"[trunk]\ntype=peer\nhost=192.0.2.9\ncontext=default\n");
	struct mbuf *mb = fuzz_mbuf(data, size);
	struct pl ext	= {(const char *)mb->buf, mb->end};

	fuzz_load(&sip, &ext);
	mem_deref(mb);

	return 0;
}
