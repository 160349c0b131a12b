/**
 * @file tests/bench/bench_parse.c  How fast a SIP message is read
 *
 * The usual INVITE of a phone, 1 KB with its description, parsed and freed.
 * The floor is one memchr() pass over the same bytes, line by line.  Then the
 * worst of what a stranger may send: 64 KB of each of the shapes below.
 */
#include <stdlib.h>
#include "sip/msg.h"
#include "tests/bench/bench.h"

static const char invite[] =
	"INVITE sip:0301234567@pbx.example.org SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bK-3f2a91c077;rport\r\n"
	"Max-Forwards: 70\r\n"
	"From: \"Front desk\" <sip:1001@pbx.example.org>;tag=9fe1c0a4\r\n"
	"To: <sip:0301234567@pbx.example.org>\r\n"
	"Call-ID: 4b1d60aa-77c1-4f0e-a1e5@192.0.2.17\r\n"
	"CSeq: 21 INVITE\r\n"
	"Contact: <sip:1001@192.0.2.17:5060;transport=udp>;+sip.instance="
	"\"<urn:uuid:1f7e3a40-0001-4002-8003-00041334aabb>\"\r\n"
	"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, UPDATE\r\n"
	"Supported: replaces, timer, 100rel\r\n"
	"Session-Expires: 1800;refresher=uac\r\n"
	"User-Agent: Deskphone 320 4.2.11\r\n"
	"Accept: application/sdp\r\n"
	"Content-Type: application/sdp\r\n"
	"Content-Length: 301\r\n"
	"\r\n"
	"v=0\r\n"
	"o=1001 20518 20518 IN IP4 192.0.2.17\r\n"
	"s=call\r\n"
	"c=IN IP4 192.0.2.17\r\n"
	"t=0 0\r\n"
	"m=audio 11780 RTP/AVP 9 8 0 18 101\r\n"
	"a=rtpmap:9 G722/8000\r\n"
	"a=rtpmap:8 PCMA/8000\r\n"
	"a=rtpmap:0 PCMU/8000\r\n"
	"a=rtpmap:18 G729/8000\r\n"
	"a=fmtp:18 annexb=no\r\n"
	"a=rtpmap:101 telephone-event/8000\r\n"
	"a=fmtp:101 0-16\r\n"
	"a=ptime:20\r\n"
	"a=sendrecv\r\n";

/* The text repeated up to 64 KB, between a head and a tail */
static const struct {
	const char *name;
	const char *text;
} worst[] = {
	{"commas", "Via: SIP/2.0/UDP a;branch=z9hG4bK1,"},
	{"headers", "X: 1\r\n"},
	{"folds", "X: 1\r\n "},
	{"colons", ":"},
	{"names", "jzu: 1\r\n"},
	{"lines", "\r\n "},
	{"quotes", "From: \"\\"},
	{"params", ";a=b"},
	{"contacts", "m:<sip:a@b>,"},
	{"zeros", "\1"},
};

enum { WORST = 65000, ROUNDS = 25 };


static uint64_t parse_many(struct mbuf *mb, unsigned n)
{
	const uint64_t t = cpu_thread_ns();

	for (unsigned i = 0; i < n; i++) {
		struct sx_msg *m = NULL;

		mb->pos = 0;
		if (sx_msg_parse(&m, mb, false))
			die("the INVITE was not understood");
		mem_deref(m);
	}

	return cpu_thread_ns() - t;
}


static uint64_t floor_many(const struct mbuf *mb, unsigned n)
{
	volatile size_t lines = 0;
	const uint64_t t      = cpu_thread_ns();

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *p   = mb->buf;
		const uint8_t *end = p + mb->end;

		while ((p = memchr(p, '\n', (size_t)(end - p)))) {
			++p;
			++lines;
		}
	}

	return cpu_thread_ns() - t;
}


/* [us] of the slowest text of 64 KB, each the best of three */
static double worst_us(void)
{
	uint64_t slowest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(worst); i++) {
		struct mbuf *mb = mbuf_alloc(WORST + 64);
		uint64_t best	= UINT64_MAX;

		(void)mbuf_write_str(mb, "INVITE sip:a@b SIP/2.0\r\n");
		while (mb->end < WORST)
			(void)mbuf_write_str(mb, worst[i].text);

		for (int k = 0; k < 3; k++) {
			struct sx_msg *m = NULL;
			uint64_t t	 = cpu_thread_ns();

			mb->pos = 0;
			(void)sx_msg_parse(&m, mb, false);
			mem_deref(m);
			t = cpu_thread_ns() - t;
			if (t < best)
				best = t;
		}

		mem_deref(mb);
		if (best > slowest)
			slowest = best;
	}

	return (double)slowest / NS_US;
}


int main(int argc, char **argv)
{
	uint64_t n = 20000;
	const struct bench_opt opts[] = {{.name = "count", .num = &n}};
	double ours[ROUNDS], bare[ROUNDS];
	struct mbuf *mb;

	bench_opts(argc, argv, opts, ARRAY_SIZE(opts));
	mb = mbuf_alloc(sizeof(invite));
	if (!mb || !n || mbuf_write_mem(mb, (const uint8_t *)invite,
					sizeof(invite) - 1))
		die("no memory");

	for (size_t i = 0; i < ROUNDS; i++) {
		ours[i] = (double)parse_many(mb, (unsigned)n) / (double)n;
		bare[i] = (double)floor_many(mb, (unsigned)n) / (double)n;
	}

	say("bytes", (double)mb->end);
	say("parse_us", median(ours, ROUNDS) / NS_US);
	say("floor_us", median(bare, ROUNDS) / NS_US);
	say("worst_us", worst_us());
	mem_deref(mb);

	return 0;
}
