/**
 * @file fuzz_sipconf.c  sip.conf beside a dialplan that is always the same
 */
#include "fuzz_conf.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pl ext = PL_LIT(
		"[default]\nexten => s,1,Hangup\n"
		"[office]\nexten => _X.,1,Dial(SIP/${EXTEN},20)\n");
	struct mbuf *mb = fuzz_mbuf(data, size);
	struct pl sip	= {(const char *)mb->buf, mb->end};

	fuzz_load(&sip, &ext);
	mem_deref(mb);

	return 0;
}
