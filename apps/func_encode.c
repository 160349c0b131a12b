/**
 * @file apps/func_encode.c  URIENCODE, URIDECODE, BASE64_ENCODE,
 *                           BASE64_DECODE, MD5, SHA1
 */
#include <ctype.h>
#include <openssl/sha.h>
#include "apps/apps.h"

enum { RAW_MAX = 4096 };


static int uriencode_read(struct mbuf *out, bool *tainted, struct call *call,
			  const struct ttext *args)
{
	int err = 0;

	for (size_t i = 0; i < args->len && !err; i++) {
		unsigned char c = (unsigned char)args->str[i];

		if (isalnum(c) || (c && strchr("-_.~", c)))
			err = mbuf_write_u8(out, c);
		else
			err = mbuf_printf(out, "%%%02X", c);
	}

	return err;
}


static int uridecode_read(struct mbuf *out, bool *tainted, struct call *call,
			  const struct ttext *args)
{
	int err = 0;

	for (size_t i = 0; i < args->len && !err; i++) {
		const char *s = args->str + i;
		uint8_t c = (uint8_t)s[0];

		if (c == '%' && i + 2 < args->len &&
		    isxdigit((unsigned char)s[1]) &&
		    isxdigit((unsigned char)s[2])) {
			c = (uint8_t)(ch_hex(s[1]) << 4 | ch_hex(s[2]));
			i += 2;
		}
		if (c)
			err = mbuf_write_u8(out, c);
	}

	return err;
}


const struct func func_uriencode = {
	.name = "URIENCODE",
	.usage = "URIENCODE(text)  with %HH escapes",
	.read = uriencode_read,
};

const struct func func_uridecode = {
	.name = "URIDECODE",
	.usage = "URIDECODE(text)  without %HH escapes",
	.read = uridecode_read,
};


static int b64enc_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	char buf[2 * RAW_MAX];
	size_t n = sizeof(buf);

	if (args->len > RAW_MAX ||
	    base64_encode((const uint8_t *)args->str, args->len, buf, &n))
		return E2BIG;

	return mbuf_write_mem(out, (uint8_t *)buf, n);
}


static int b64dec_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	uint8_t buf[RAW_MAX];
	size_t n = sizeof(buf);

	const uint8_t *zero;

	if (base64_decode(args->str, args->len, buf, &n))
		return EINVAL;

	/* a text ends at its first zero */
	zero = memchr(buf, 0, n);

	return mbuf_write_mem(out, buf, zero ? (size_t)(zero - buf) : n);
}


const struct func func_base64_encode = {
	.name = "BASE64_ENCODE",
	.usage = "BASE64_ENCODE(text)  in base 64",
	.read = b64enc_read,
};

const struct func func_base64_decode = {
	.name = "BASE64_DECODE",
	.usage = "BASE64_DECODE(text)  from base 64",
	.read = b64dec_read,
};


static int md5_read(struct mbuf *out, bool *tainted, struct call *call,
		    const struct ttext *args)
{
	uint8_t sum[MD5_SIZE];

	md5((const uint8_t *)args->str, args->len, sum);
	*tainted = false;

	return mbuf_printf(out, "%w", sum, sizeof(sum));
}


static int sha1_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *args)
{
	uint8_t sum[20];

	(void)SHA1((const unsigned char *)args->str, args->len, sum);
	*tainted = false;

	return mbuf_printf(out, "%w", sum, sizeof(sum));
}


const struct func func_md5 = {
	.name = "MD5",
	.usage = "MD5(text)  its MD5 sum",
	.read = md5_read,
};

const struct func func_sha1 = {
	.name = "SHA1",
	.usage = "SHA1(text)  its SHA-1 sum",
	.read = sha1_read,
};
