/**
 * @file sip_util.h  For the tests of sip/: messages out of text, against a
 * page that must not be touched
 */
#ifndef TANDEM_TESTS_SIP_UTIL_H
#define TANDEM_TESTS_SIP_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>
#include "sip/msg.h"

/** What each request needs besides its first line */
#define HEAD(met)                                                            \
	"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx1;rport\r\n"         \
	"From: \"Ann\" <sip:ann@example.org>;tag=f1\r\n"                     \
	"To: <sip:bob@example.org>\r\n"                                      \
	"Call-ID: c1@192.0.2.1\r\n"                                          \
	"CSeq: 7 " met "\r\n"

/** A request with more header lines, each ended by CRLF */
#define REQ(met, more)                                                       \
	met " sip:bob@example.org SIP/2.0\r\n" HEAD(met) more                \
	"Content-Length: 0\r\n\r\n"

/** An INVITE with a bit of everything */
#define USUAL \
	"INVITE sip:600@pbx.example.org:5070;transport=udp SIP/2.0\r\n"      \
	"Via: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bK776;rport, "          \
	"SIP/2.0/TLS [2001:db8::9]:5061;branch=z9hG4bKb\r\n"                 \
	"v: SIP/2.0/TCP c.example.org ; branch = z9hG4bKc\r\n"               \
	"Max-Forwards: 69\r\n"                                               \
	"f: \"A. \\\"Bell\\\"\" <sip:1001@pbx.example.org;x=1>;tag=1928\r\n" \
	"t: sip:600@pbx.example.org\r\n"                                     \
	"i: a84b4c76@192.0.2.7\r\n"                                          \
	"CSeq: 314159 INVITE\r\n"                                            \
	"m: <sip:1001@192.0.2.7:5062>\r\n"                                   \
	"k: timer, 100rel\r\n"                                               \
	"Supported: replaces\r\n"                                            \
	"Subject: a\r\n"                                                     \
	" b\r\n"                                                             \
	"\tc\r\n"                                                            \
	"X-Odd  : 1\r\n"                                                     \
	"x-ODD:2\r\n"                                                        \
	"c: application/sdp ;charset=x\r\n"                                  \
	"l: 5\r\n"                                                           \
	"\r\n"                                                               \
	"v=0\r\nmore"

#define CONTACT "Contact: <sip:ann@192.0.2.1>\r\n"

/* A mapping of `size` bytes between two pages without any access */
struct guarded {
	uint8_t *map;
	size_t page;
	size_t size;
};


static inline void guarded_open(struct guarded *g, size_t size)
{
	g->page = (size_t)sysconf(_SC_PAGESIZE);
	g->size = (size + g->page - 1) / g->page * g->page;
	g->map	= mmap(NULL, g->size + 2 * g->page, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(g->map, MAP_FAILED);
	assert_int_equal(0, mprotect(g->map + g->page, g->size,
				     PROT_READ | PROT_WRITE));
}


static inline void guarded_close(struct guarded *g)
{
	munmap(g->map, g->size + 2 * g->page);
}


/** The bytes so that the page behind (or before) them can't be touched */
static inline uint8_t *guarded_put(struct guarded *g, const void *p, size_t n,
				   bool before)
{
	uint8_t *dst = g->map + g->page + (before ? 0 : g->size - n);

	assert_true(n <= g->size);
	if (n)
		memcpy(dst, p, n);

	return dst;
}


static inline void mb_forget_buf(void *data)
{
	struct mbuf *mb = data;

	mb->buf = NULL;
}


/** A buffer over memory that is not its own */
static inline struct mbuf *mb_over(uint8_t *p, size_t n)
{
	struct mbuf *mb = mem_zalloc(sizeof(*mb), mb_forget_buf);

	assert_non_null(mb);
	mb->buf	 = p;
	mb->size = mb->end = n;

	return mb;
}


/** Parse bytes; NULL if that fails, with the error in *err */
static inline struct sx_msg *parse_mem(const void *p, size_t n, bool stream,
				       int *err)
{
	struct sx_msg *m = NULL;
	struct mbuf *mb	 = mbuf_alloc(n ? n : 1);

	assert_non_null(mb);
	if (n)
		assert_int_equal(0, mbuf_write_mem(mb, p, n));
	mb->pos = 0;

	*err = sx_msg_parse(&m, mb, stream);
	mem_deref(mb);

	return m;
}


/** Parse text as a datagram; must give a message */
static inline struct sx_msg *parse(const char *text)
{
	int err;
	struct sx_msg *m = parse_mem(text, strlen(text), false, &err);

	assert_int_equal(0, err);
	assert_non_null(m);

	return m;
}


/** n times c between two texts, mem_alloc'd */
static inline char *stretch(const char *head, char c, size_t n,
			    const char *tail)
{
	size_t h = strlen(head), t = strlen(tail);
	char *s = mem_alloc(h + n + t + 1, NULL);

	if (!s) /* gcc does not know that assert_non_null() never returns */
		abort();
	memcpy(s, head, h);
	memset(s + h, c, n);
	memcpy(s + h + n, tail, t + 1);

	return s;
}


static inline void assert_pl(const struct pl *pl, const char *want)
{
	if (pl->l == strlen(want) && (!pl->l || !memcmp(pl->p, want, pl->l)))
		return;

	fail_msg("got \"%.*s\", want \"%s\"", (int)pl->l,
		 pl->p ? pl->p : "", want);
}

#endif
