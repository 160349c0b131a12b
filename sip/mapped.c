/**
 * @file sip/mapped.c  STUN keep-alives of phones (RFC 5626 4.4.2)
 *
 * A phone that keeps a flow over UDP sends a STUN Binding Request to the port
 * that it speaks SIP with, and learns from the answer that the flow lives and
 * that its NAT has not moved it; else it registers anew.  There is no
 * authentication, and nothing but the address is said.
 */
#include "sip/mapped.h"
#include <string.h>

enum {
	HEADER	    = 20,
	REQUEST	    = 0x0001,
	SUCCESS	    = 0x0101,
	XOR_MAPPED  = 0x0020,
	MUST_KNOW   = 0x8000, /* attributes below have to be understood */
	USERNAME    = 0x0006, /* ... but these say nothing to us */
	INTEGRITY   = 0x0008,
	FAMILY_IP4  = 1,
	FAMILY_IP6  = 2,
};

static const uint8_t cookie[4] = {0x21, 0x12, 0xa4, 0x42};


static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}


static void put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}


/* True if all attributes are whole and none has to be understood */
static bool attrs_ok(const uint8_t *p, size_t n)
{
	while (n) {
		uint16_t type, len;
		size_t all;

		if (n < 4)
			return false;

		type = get16(p);
		len  = get16(p + 2);
		all  = 4 + ((size_t)len + 3) / 4 * 4;
		if (all > n || (type < MUST_KNOW && type != USERNAME &&
				type != INTEGRITY))
			return false;

		p += all;
		n -= all;
	}

	return true;
}


static bool is_request(const uint8_t *p, size_t n)
{
	return n >= HEADER && get16(p) == REQUEST &&
	       get16(p + 2) == n - HEADER && !memcmp(p + 4, cookie, 4) &&
	       attrs_ok(p + HEADER, n - HEADER);
}


/* The address, XORed with cookie and transaction id; its bytes */
static size_t put_address(uint8_t *dst, const uint8_t *key,
			  const struct sa *src)
{
	const bool ip6	   = sa_af(src) == AF_INET6;
	const uint8_t *raw = ip6 ? src->u.in6.sin6_addr.s6_addr
				 : (const uint8_t *)&src->u.in.sin_addr;
	const size_t n	   = ip6 ? 16 : 4;

	dst[0] = 0;
	dst[1] = ip6 ? FAMILY_IP6 : FAMILY_IP4;
	put16(dst + 2, sa_port(src) ^ get16(cookie));
	for (size_t i = 0; i < n; i++)
		dst[4 + i] = raw[i] ^ key[i];

	return 4 + n;
}


size_t sx_mapped_answer(uint8_t buf[MAPPED_MAX], const uint8_t *p, size_t n,
			const struct sa *src)
{
	size_t len;

	if (!is_request(p, n) ||
	    (sa_af(src) != AF_INET && sa_af(src) != AF_INET6))
		return 0;

	/* the same cookie and transaction id */
	memcpy(buf, p, HEADER);
	len = put_address(buf + HEADER + 4, p + 4, src);
	put16(buf, SUCCESS);
	put16(buf + 2, 4 + len);
	put16(buf + HEADER, XOR_MAPPED);
	put16(buf + HEADER + 2, len);

	return HEADER + 4 + len;
}
